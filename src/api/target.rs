//! Where snapshots live: the one type that a cluster's backup and a restore's source share.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::read::Fields;
use super::text::without_login;

/// Where snapshots live: `spec.backup.target` and `spec.source.target` of a restore.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// `s3`, `gcs` or `azure`; absent means `s3`.
    pub provider: Option<String>,
    /// URL of the object store. A login in it never gets further than here: three asterisks stand for it, and a plan that
    /// would send them is refused.
    pub endpoint: Option<String>,
    /// Bucket, or container for Azure.
    pub bucket: Option<String>,
    /// Region; the schema's default is `us-east-1`.
    pub region: Option<String>,
    /// Path-style addressing.
    pub use_path_style: Option<bool>,
    /// Prefix for backups; never applied to a restore's key.
    pub path_prefix: Option<String>,
    /// `credentialsSecretRef.name`.
    pub credentials_secret: Option<String>,
    /// `credentialsSecretRef.namespace` (up to P1).
    pub credentials_namespace: Option<String>,
    /// S3 web identity role.
    pub role_arn: Option<String>,
    /// `gcs.project`.
    pub gcs_project: Option<String>,
    /// `azure.storageAccount`.
    pub azure_account: Option<String>,
    /// `azure.container`.
    pub azure_container: Option<String>,
    /// Skips verification of the object store's TLS certificate.
    pub insecure_skip_verify: Option<bool>,
    /// Bytes per part.
    pub part_size: Option<i64>,
    /// Parallel parts.
    pub concurrency: Option<i64>,
    /// `workloadIdentity`, carried over as it is.
    pub workload_identity: Option<Value>,
}

impl Target {
    /// This one where it says something, else the other: flags over a file over the cluster's own.
    #[must_use]
    pub fn over(self, other: Target) -> Target {
        Target {
            provider: self.provider.or(other.provider),
            endpoint: self.endpoint.or(other.endpoint).map(|url| without_login(&url).into_owned()),
            bucket: self.bucket.or(other.bucket),
            region: self.region.or(other.region),
            use_path_style: self.use_path_style.or(other.use_path_style),
            path_prefix: self.path_prefix.or(other.path_prefix),
            credentials_secret: self.credentials_secret.or(other.credentials_secret),
            credentials_namespace: self.credentials_namespace.or(other.credentials_namespace),
            role_arn: self.role_arn.or(other.role_arn),
            gcs_project: self.gcs_project.or(other.gcs_project),
            azure_account: self.azure_account.or(other.azure_account),
            azure_container: self.azure_container.or(other.azure_container),
            insecure_skip_verify: self.insecure_skip_verify.or(other.insecure_skip_verify),
            part_size: self.part_size.or(other.part_size),
            concurrency: self.concurrency.or(other.concurrency),
            workload_identity: self.workload_identity.or(other.workload_identity),
        }
    }

    /// Reads a flat target.
    pub fn read(target: &Fields<'_>) -> Target {
        let secret = target.at("credentialsSecretRef");
        let azure = target.at("azure");
        Target {
            provider: target.filled("provider"),
            endpoint: target.filled("endpoint").map(|url| without_login(&url).into_owned()),
            bucket: target.filled("bucket"),
            region: target.filled("region"),
            use_path_style: target.flag("usePathStyle"),
            path_prefix: target.filled("pathPrefix"),
            credentials_secret: secret.filled("name"),
            credentials_namespace: secret.filled("namespace"),
            role_arn: target.filled("roleArn"),
            gcs_project: target.at("gcs").filled("project"),
            azure_account: azure.filled("storageAccount"),
            azure_container: azure.filled("container"),
            insecure_skip_verify: target.flag("insecureSkipVerify"),
            part_size: target.int("partSize"),
            concurrency: target.int("concurrency"),
            workload_identity: target.at("workloadIdentity").value().cloned(),
        }
    }

    /// The provider with the schema's default applied.
    pub fn provider(&self) -> &str {
        self.provider.as_deref().unwrap_or("s3")
    }
}
