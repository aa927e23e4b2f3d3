//! The flags of `resolve`.

use std::time::Duration;

use crate::commands::restore::{DryRun, Format, SourceArgs};
use crate::commands::verify::VerifyArgs;
use crate::domain::resolve::{Freeze, Path};
use crate::session::duration;

/// Carry out one way out of a failed rollback, step by step
///
/// Each step is written down on the cluster before it is done: interrupted anywhere, the same command goes on where it
/// was, on any machine. Nothing is sent before what it asks for is typed (or given by --confirm).
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The cluster; the only one of the namespace when left out
    #[arg(value_name = "CLUSTER")]
    pub name: Option<String>,
    /// Which way out: retry the rollback, stay-green, or restore a snapshot
    #[arg(long, value_enum, required_unless_present = "abort")]
    pub path: Option<Way>,
    /// The snapshot to restore: full path of the object in the bucket
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Delete the data volumes of this revision first; never the live side's
    #[arg(long, value_name = "REVISION")]
    pub delete_claims_of: Option<String>,
    /// Freeze by a pause alone, or stop the operator too while volumes are deleted
    #[arg(long, value_enum, value_name = "HOW")]
    pub freeze: Option<Freezing>,
    /// Give an interrupted resolution up: replicas and pause go back to what they were
    #[arg(long, conflicts_with_all = ["path", "key", "delete_claims_of", "freeze"])]
    pub abort: bool,
    /// Why: kept on the objects; required for a restore
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,

    /// Show the plan and write nothing: client, or server for the API server's word too
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "client", value_name = "MODE", help_heading = "Plan and consent")]
    pub dry_run: Option<DryRun>,
    /// A phrase the plan asks for, for scripts; repeatable
    #[arg(long, value_name = "PHRASE", help_heading = "Plan and consent")]
    pub confirm: Vec<String>,
    /// Accept a hazard of the plan by its code; repeatable
    #[arg(long, value_name = "CODE", value_parser = crate::commands::accept::code, help_heading = "Plan and consent")]
    pub accept: Vec<String>,
    /// With retry: acknowledge only this break glass, for scripts
    #[arg(long, value_name = "NONCE", help_heading = "Plan and consent")]
    pub nonce: Option<String>,
    /// Also show the equivalent kubectl command of each write
    #[arg(long, help_heading = "Plan and consent")]
    pub show_kubectl: bool,
    /// Write the plan (with --dry-run) or the outcome as a document
    #[arg(short, long, value_enum, value_name = "FORMAT", help_heading = "Plan and consent")]
    pub output: Option<Format>,

    /// Leave after this long with exit code 9; the same command goes on
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "1h", help_heading = "Following")]
    pub timeout: Duration,
    #[expect(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub verify: VerifyArgs,
    #[expect(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub source: SourceArgs,
}

/// `--path`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Way {
    /// Acknowledge: the operator tries the rollback again
    Retry,
    /// Green's version and an acknowledgement, where that is not destructive
    StayGreen,
    /// Freeze automation, then restore a snapshot
    Restore,
}

impl From<Way> for Path {
    fn from(way: Way) -> Path {
        match way {
            Way::Retry => Path::Retry,
            Way::StayGreen => Path::StayGreen,
            Way::Restore => Path::Restore,
        }
    }
}

/// `--freeze`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Freezing {
    /// spec.paused
    Pause,
    /// spec.paused, and the operator's Deployment at 0
    Operator,
}

impl From<Freezing> for Freeze {
    fn from(how: Freezing) -> Freeze {
        match how {
            Freezing::Pause => Freeze::Pause,
            Freezing::Operator => Freeze::Operator,
        }
    }
}
