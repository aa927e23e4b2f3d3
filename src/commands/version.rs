//! `version`.

use crate::error::Outcome;
use crate::exit::Exit;
use crate::session::Session;

/// Print the version
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<Format>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    Json,
}

/// Prints name and version.
///
/// # Errors
/// None.
pub fn run(session: &Session, args: &Args) -> Outcome<Exit> {
    let version = env!("CARGO_PKG_VERSION");
    match args.output {
        Some(Format::Json) => session.ui.answer(&serde_json::json!({"version": version}).to_string()),
        None => session.ui.answer(&format!("kubectl-openbao {version}")),
    }
    Ok(Exit::Done)
}
