//! The flags of `breakglass`.

use std::time::Duration;

use crate::commands::from_report::FromReport;
use crate::session::duration;
use crate::ui::render::document::Markup;

/// Show break glass and what an acknowledgement will do, or acknowledge it
///
/// Break glass is how the operator stops its own upgrade automation when a blue/green rollback failed. Without a
/// subcommand it is shown. `ack` shows what will happen on the installed operator first, and sends nothing before consent.
#[derive(Debug, Clone, clap::Args)]
#[command(subcommand_negates_reqs = true)]
pub struct Args {
    #[command(subcommand)]
    pub(super) act: Option<Act>,
    #[command(flatten)]
    pub(super) show: ShowArgs,
}

/// What to do.
#[derive(Debug, Clone, clap::Subcommand)]
pub(super) enum Act {
    /// Show it: reason, nonce, the operator's steps, what an acknowledgement would do
    ///
    /// Writes nothing. The nonce names this very event: an acknowledgement carries it, so that it cannot hit a later one.
    Show(ShowArgs),
    /// Acknowledge it, so that the operator tries the rollback again
    ///
    /// What that does on the operator installed is shown first, with its hazards. Then one patch is sent, which the API server
    /// takes only while break glass is still the one that was shown; then the rollback's Jobs are followed to their end.
    Ack(AckArgs),
}

#[derive(Debug, Clone, clap::Args)]
pub(super) struct ShowArgs {
    /// The cluster; the only one of the namespace when left out
    #[arg(value_name = "CLUSTER")]
    pub(super) name: Option<String>,
    /// Follow an acknowledgement that was made to its end
    #[arg(long, conflicts_with = "from_report")]
    pub(super) follow: bool,
    /// Leave after this long with exit code 9, such as 30m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) timeout: Option<Duration>,
    /// text, json or yaml
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub(super) output: Option<Format>,
    #[command(flatten)]
    pub(super) report: FromReport,
}

#[derive(Debug, Clone, clap::Args)]
pub(super) struct AckArgs {
    /// The cluster; the only one of the namespace when left out
    #[arg(value_name = "CLUSTER")]
    pub(super) name: Option<String>,
    /// Acknowledge exactly this event: consent of a script
    #[arg(long, value_name = "NONCE", help_heading = "Plan and consent")]
    pub(super) nonce: Option<String>,
    /// Accept a hazard of the plan by its code, for scripts; repeatable
    #[arg(long, value_name = "CODE", value_parser = crate::commands::accept::code, help_heading = "Plan and consent")]
    pub(super) accept: Vec<String>,
    /// Why: kept on the cluster
    #[arg(long, value_name = "TEXT", help_heading = "Plan and consent")]
    pub(super) reason: Option<String>,
    /// Show the plan and write nothing: client, or server for the API server's word too
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "client", value_name = "MODE", help_heading = "Plan and consent")]
    pub(super) dry_run: Option<crate::commands::restore::DryRun>,
    /// Also show the equivalent kubectl command
    #[arg(long, help_heading = "Plan and consent")]
    pub(super) show_kubectl: bool,
    /// Write the plan (with --dry-run) or the outcome: text, json or yaml
    #[arg(short, long, value_enum, value_name = "FORMAT", help_heading = "Plan and consent")]
    pub(super) output: Option<Format>,
    /// Follow the rollback's Job and the clean-up to their end (default on a terminal)
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL", help_heading = "Following")]
    pub(super) follow: Option<bool>,
    /// Leave after this long with exit code 9 (default without --follow: 1m)
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Following")]
    pub(super) timeout: Option<Duration>,
}

/// `-o`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

impl Format {
    /// How a document is written; `None` for people.
    pub(super) fn markup(self) -> Option<Markup> {
        match self {
            Format::Text => None,
            Format::Json => Some(Markup::Json),
            Format::Yaml => Some(Markup::Yaml),
        }
    }
}
