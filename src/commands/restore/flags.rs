//! The flags of `restore`.

use std::time::Duration;

use super::{Credentials, FilePath, limit};
use crate::api::cluster::Target;
use crate::commands::from_report::FromReport;
use crate::commands::verify::VerifyArgs;
use crate::gather::snapshot::{Depth, READ_WHOLE_UP_TO};
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
    /// How far the snapshot is looked into first: none, head (its first 16 KiB) or full; full up to 64 MB when left out
    #[arg(long = "verify", value_enum, value_name = "DEPTH")]
    pub depth: Option<Depth>,
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
    /// Name of the object to create (default: made up, unique)
    #[arg(long, value_name = "NAME", help_heading = "Executor")]
    pub restore_name: Option<String>,
}

/// Where the snapshot is and how the executor gets at it: shared by every command that restores.
#[derive(Debug, Clone, clap::Args)]
pub struct SourceArgs {
    /// Object store: s3, gcs or azure
    #[arg(long, value_name = "NAME", help_heading = "Target (default: the cluster's spec.backup.target)")]
    provider: Option<String>,
    /// URL of the object store
    #[arg(long, value_name = "URL", help_heading = "Target (default: the cluster's spec.backup.target)")]
    endpoint: Option<String>,
    /// Bucket or container
    #[arg(long, value_name = "NAME", help_heading = "Target (default: the cluster's spec.backup.target)")]
    bucket: Option<String>,
    /// Region
    #[arg(long, value_name = "NAME", help_heading = "Target (default: the cluster's spec.backup.target)")]
    region: Option<String>,
    /// Path-style addressing
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL", help_heading = "Target (default: the cluster's spec.backup.target)")]
    path_style: Option<bool>,
    /// Secret with the store's credentials
    #[arg(long, value_name = "NAME", help_heading = "Target (default: the cluster's spec.backup.target)")]
    credentials_secret: Option<String>,
    /// S3 web identity role
    #[arg(long, value_name = "ARN", help_heading = "Target (default: the cluster's spec.backup.target)")]
    role_arn: Option<String>,
    /// GCS project
    #[arg(long, value_name = "NAME", help_heading = "Target (default: the cluster's spec.backup.target)")]
    gcs_project: Option<String>,
    /// Azure storage account
    #[arg(long, value_name = "NAME", help_heading = "Target (default: the cluster's spec.backup.target)")]
    azure_account: Option<String>,
    /// Azure container
    #[arg(long, value_name = "NAME", help_heading = "Target (default: the cluster's spec.backup.target)")]
    azure_container: Option<String>,
    /// Do not verify the store's certificate
    #[arg(long, help_heading = "Target (default: the cluster's spec.backup.target)")]
    insecure_skip_verify: bool,
    /// Whose credentials look at the object beforehand: the cluster's Secret or your own environment
    #[arg(
        long,
        value_enum,
        default_value = "secret",
        hide_default_value = true,
        value_name = "FROM",
        help_heading = "Target (default: the cluster's spec.backup.target)"
    )]
    pub credentials: Credentials,

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

impl Args {
    /// How deep, and up to which size everything is read all the same (bytes).
    pub fn depth(&self) -> (Depth, u64) {
        match self.depth {
            Some(depth) => (depth, 0),
            None => (Depth::Head, READ_WHOLE_UP_TO),
        }
    }
}

impl SourceArgs {
    /// The target fields given by flag.
    pub fn target(&self) -> Target {
        Target {
            provider: self.provider.clone(),
            endpoint: self.endpoint.clone(),
            bucket: self.bucket.clone(),
            region: self.region.clone(),
            use_path_style: self.path_style,
            credentials_secret: self.credentials_secret.clone(),
            role_arn: self.role_arn.clone(),
            gcs_project: self.gcs_project.clone(),
            azure_account: self.azure_account.clone(),
            azure_container: self.azure_container.clone(),
            insecure_skip_verify: self.insecure_skip_verify.then_some(true),
            ..Target::default()
        }
    }
}
