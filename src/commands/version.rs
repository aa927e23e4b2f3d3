//! `version`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Outcome;
use crate::exit::Exit;
use crate::session::Session;
use crate::ui::render::document::{Markup, document};

/// Print the version
///
/// Of this plugin. Which operator is installed is shown by `status CLUSTER`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<Format>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    Json,
    Yaml,
}

/// The version of this program.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// The version, without a `v`.
    pub version: &'static str,
}

/// Prints name and version.
///
/// # Errors
/// None.
pub fn run(session: &Session, args: &Args) -> Outcome<Exit> {
    let version = env!("CARGO_PKG_VERSION");
    let written = |markup| session.ui.answer(&document("Version", &Version { version }, markup));
    match args.output {
        Some(Format::Json) => written(Markup::Json),
        Some(Format::Yaml) => written(Markup::Yaml),
        None => session.ui.answer(&format!("kubectl-openbao {version}")),
    }
    Ok(Exit::Done)
}
