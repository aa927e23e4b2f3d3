//! The flags of `restore`.

use std::time::Duration;

use clap::ValueEnum as _;

use super::{FilePath, limit};
use crate::commands::from_report::FromReport;
use crate::commands::target::TargetArgs;
use crate::commands::verify::VerifyArgs;
use crate::gather::snapshot::{CredentialsFrom, Depth, READ_WHOLE_UP_TO};
use crate::ui::render::document::Markup;

/// Restore a cluster from a snapshot, past a stuck lock if need be
///
/// Shows a plan first: what will be lost, which lock will be cleared, checks and hazards. Nothing is sent before the
/// phrase it asks for is typed (or given by --confirm). What is sent is sent once, then followed and verified.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The cluster to restore into; the only one of the namespace when left out
    #[arg(value_name = "CLUSTER")]
    pub name: Option<String>,
    /// The snapshot: full path of the object in the bucket
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// The newest snapshot in the bucket, by the times in the keys
    #[arg(long, conflicts_with_all = ["key", "before"])]
    pub latest: bool,
    /// The newest snapshot not younger than this, such as 2026-11-21T00:41:19Z
    #[arg(long, value_name = "TIME", conflicts_with = "key")]
    pub before: Option<jiff::Timestamp>,
    /// How far the snapshot is looked into first: none, head (its first 16 KiB) or full. When left out: full up to the size
    /// of --verify-limit, else head
    #[arg(long = "verify", value_enum, value_name = "DEPTH")]
    pub depth: Option<Depth>,
    /// Up to which size the snapshot is read to its last byte when --verify is left out, such as 500M or 2Gi (default: 64M)
    #[arg(long, value_name = "SIZE", value_parser = size, conflicts_with = "depth")]
    pub verify_limit: Option<u64>,
    /// Take target, key and options from a manifest (- for stdin)
    #[arg(long, value_name = "FILE")]
    pub from_file: Option<FilePath>,
    /// Clear the lock of an upgrade or backup (implies --force)
    #[arg(long)]
    pub override_lock: bool,
    /// Restore although the cluster looks unhealthy or is upgrading
    #[arg(long)]
    pub force: bool,
    /// Why: kept on the object; required with --override-lock
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,

    /// Show the plan and write nothing: client, or server for the API server's word too
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "client", value_name = "MODE", help_heading = "Plan and consent")]
    pub dry_run: Option<DryRun>,
    #[expect(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub report: FromReport,
    /// The phrase the plan asks for, for scripts
    #[arg(long, value_name = "PHRASE", help_heading = "Plan and consent")]
    pub confirm: Option<String>,
    /// Accept a hazard of the plan by its code, for scripts; repeatable
    #[arg(long, value_name = "CODE", value_parser = crate::commands::accept::code, help_heading = "Plan and consent")]
    pub accept: Vec<String>,
    /// Also show the equivalent kubectl command
    #[arg(long, help_heading = "Plan and consent")]
    pub show_kubectl: bool,
    /// Write the plan (with --dry-run) or the outcome as a document
    #[arg(short, long, value_enum, value_name = "FORMAT", help_heading = "Plan and consent")]
    pub output: Option<Format>,

    /// Return once the restore is created
    #[arg(long, help_heading = "Following")]
    pub no_follow: bool,
    /// Leave after this long with exit code 9, such as 30m; the restore goes on
    #[arg(long, value_name = "DURATION", value_parser = limit, help_heading = "Following")]
    pub timeout: Option<Duration>,
    #[expect(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub verify: VerifyArgs,

    #[expect(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub source: SourceArgs,
    /// Name of the object to create (default: made from the restores there have been)
    #[arg(long, value_name = "NAME", help_heading = "Executor")]
    pub restore_name: Option<String>,
}

/// Where the snapshot is and how the executor gets at it: shared by every command that restores.
#[derive(Debug, Clone, clap::Args)]
pub struct SourceArgs {
    #[expect(missing_docs, reason = "a doc comment here would become help text")]
    #[command(flatten)]
    pub target: TargetArgs,

    /// JWT role the executor logs in with
    #[arg(long, value_name = "NAME", help_heading = "Executor")]
    pub jwt_role: Option<String>,
    /// Secret with a token the executor logs in with
    #[arg(long, value_name = "NAME", help_heading = "Executor")]
    pub token_secret: Option<String>,
    /// Executor image
    #[arg(long, value_name = "IMAGE", help_heading = "Executor")]
    pub image: Option<String>,
}

/// `--dry-run`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DryRun {
    /// Only the plan.
    Client,
    /// The plan, and the API server's word on the object.
    Server,
}

/// `-o`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

impl Format {
    /// How a document is written.
    pub fn markup(self) -> Markup {
        match self {
            Format::Json => Markup::Json,
            Format::Yaml => Markup::Yaml,
        }
    }
}

/// A size as Kubernetes writes them: bytes, or with one of the units k, M, G, T and Ki, Mi, Gi, Ti.
fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text} is no size: such as 500M, 2Gi, or bytes");
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let unit = match unit {
        "" => 1,
        "k" => 1000,
        "M" => 1000_u64.pow(2),
        "G" => 1000_u64.pow(3),
        "T" => 1000_u64.pow(4),
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit).ok_or_else(wrong)
}

impl Args {
    /// How deep, and up to which size everything is read all the same (bytes).
    pub fn depth(&self) -> (Depth, u64) {
        match self.depth {
            Some(depth) => (depth, 0),
            None => (Depth::Head, self.verify_limit.unwrap_or(READ_WHOLE_UP_TO)),
        }
    }

    /// The flags that say how the snapshot is looked at, where they are not the usual ones.
    pub fn looking(&self) -> Vec<String> {
        let named = |value: clap::builder::PossibleValue| value.get_name().to_owned();
        let depth = self.depth.and_then(|depth| depth.to_possible_value()).map(|v| format!("--verify={}", named(v)));
        let limit = self.verify_limit.map(|bytes| format!("--verify-limit {bytes}"));
        let whose = Some(self.source.target.credentials).filter(|from| *from != CredentialsFrom::default());
        let whose = whose.and_then(|from| from.to_possible_value()).map(|v| format!("--credentials={}", named(v)));
        [whose, depth, limit].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_bytes_or_have_a_unit_of_kubernetes() {
        let read = ["0", "64000000", "500M", "2Gi", "1k", "3Ki"].map(size);
        assert_eq!(read, [Ok(0), Ok(64_000_000), Ok(500_000_000), Ok(2_147_483_648), Ok(1_000), Ok(3_072)]);
        for wrong in ["", "M", "-1", "1.5G", "2 Gi", "1MB", "99999999999999999999", "99999999999T"] {
            assert!(size(wrong).is_err(), "{wrong:?}");
        }
    }
}
