//! The flags that say where snapshots are and who may look: the same for every command that looks into a bucket.

use crate::api::cluster::Target;
use crate::gather::snapshot::CredentialsFrom;

/// Where the snapshots are, field by field over what the cluster says, and whose credentials look.
#[derive(Debug, Clone, clap::Args)]
pub struct TargetArgs {
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
    /// Whose credentials look into the bucket: the cluster's Secret or your own environment
    #[arg(
        long,
        value_enum,
        default_value = "secret",
        hide_default_value = true,
        value_name = "FROM",
        help_heading = "Target (default: the cluster's spec.backup.target)"
    )]
    pub credentials: CredentialsFrom,
}

impl TargetArgs {
    /// The target fields given by flag.
    pub fn given(&self) -> Target {
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
