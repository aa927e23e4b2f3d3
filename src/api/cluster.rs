//! `OpenBaoCluster` as data (`openbao.org/v1alpha1`), read leniently over all generations P0 to NEXT.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::read::{Condition, Fields, Meta};
use super::text::without_login;

/// One cluster: what its spec asks for and what the operator says of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// Name, uid, labels, annotations.
    pub meta: Meta,
    /// `spec`.
    pub spec: Spec,
    /// `status.phase`: coarse; there is no value for a restore or for break glass.
    pub phase: String,
    /// `status.activeLeader`: lags, and stays at the last leader when quorum is lost.
    pub active_leader: Option<String>,
    /// `status.readyReplicas`.
    pub ready_replicas: Option<i64>,
    /// `status.currentVersion`: of the last *completed* upgrade.
    pub current_version: Option<String>,
    /// `status.initialized`.
    pub initialized: Option<bool>,
    /// `status.upgrade`: present only during (or after a failed) rolling upgrade.
    pub upgrade: Option<RollingUpgrade>,
    /// `status.blueGreen`.
    pub blue_green: Option<BlueGreen>,
    /// `status.operationLock`: absent = free. Has no expiry in any generation.
    pub operation_lock: Option<OperationLock>,
    /// `status.breakGlass`.
    pub break_glass: Option<BreakGlass>,
    /// `status.backup`.
    pub backup: BackupStatus,
    /// `status.adminOps.lastError`: where upgrade, backup and lock errors surface.
    pub admin_ops_error: Option<LastError>,
    /// `status.workload.lastError`.
    pub workload_error: Option<LastError>,
    /// `status.conditions`.
    pub conditions: Vec<Condition>,
    /// What was of an unexpected type.
    pub problems: Vec<String>,
}

/// The part of `spec` that decisions rest on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// `paused`: stops upgrade, backup and break-glass handling, not the restore controller.
    pub paused: bool,
    /// `profile`: `Hardened` or `Development`.
    pub profile: Option<String>,
    /// `replicas`.
    pub replicas: Option<i64>,
    /// `version`.
    pub version: Option<String>,
    /// `breakGlassAck`: the operator never clears it.
    pub break_glass_ack: Option<String>,
    /// `upgrade.strategy`, or `updateStrategy.type` up to P3.
    pub strategy: Option<String>,
    /// `upgrade.blueGreen.autoPromote`.
    pub auto_promote: Option<bool>,
    /// `upgrade.blueGreen.maxJobFailures`; the schema's default is 5.
    pub max_job_failures: Option<i64>,
    /// `upgrade.blueGreen.autoRollback.enabled`; absent means on.
    pub auto_rollback: Option<bool>,
    /// `maintenance.enabled`: managed pods may be deleted by people who may do maintenance.
    pub maintenance: bool,
    /// How many `network.egressRules` there are.
    pub egress_rules: usize,
    /// `selfInit.enabled`.
    pub self_init: bool,
    /// `selfInit.oidc.enabled` (P3 and before: `bootstrapJWTAuth`).
    pub oidc: bool,
    /// `restore.jwtAuthRole`.
    pub restore_jwt_role: Option<String>,
    /// `unseal.type`; absent means `static`.
    pub unseal_type: Option<String>,
    /// What `unseal` names its key by, where it names one: a key's id, path or label, never the key itself.
    #[serde(default)]
    pub unseal_key: Option<String>,
    /// `tls.mode`; absent means `OperatorManaged`.
    pub tls_mode: Option<String>,
    /// `backup`.
    pub backup: Option<BackupSpec>,
}

/// `spec.backup`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BackupSpec {
    /// `target`: the same type as a restore's target.
    pub target: Option<Target>,
    /// `image`, or `executorImage` up to P4.
    pub image: Option<String>,
    /// `jwtAuthRole`.
    pub jwt_auth_role: Option<String>,
    /// `tokenSecretRef.name`.
    pub token_secret: Option<String>,
    /// `schedule`.
    pub schedule: Option<String>,
}

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

/// `status.upgrade` of a rolling upgrade.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RollingUpgrade {
    /// Where it goes.
    pub target_version: Option<String>,
    /// Where it came from.
    pub from_version: Option<String>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// Why it stopped: reason and message, of `lastError…` (≤ 0.4.2) or of `failure`.
    pub failure: Option<String>,
    /// When it stopped.
    #[serde(default)]
    pub failed_at: Option<Timestamp>,
}

/// `status.blueGreen`; exists with phase `Idle` on every BlueGreen cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlueGreen {
    /// `Idle`, `DeployingGreen` … `RollbackCleanup`.
    pub phase: String,
    /// The revision that was live when the upgrade started.
    pub blue_revision: Option<String>,
    /// The new revision; empty when idle.
    pub green_revision: Option<String>,
    /// Start of the current phase.
    pub start_time: Option<Timestamp>,
    /// Failures in the current phase.
    pub job_failures: Option<i64>,
    /// Name of the last failed Job.
    pub last_job_failure: Option<String>,
    /// Name of the pre-upgrade snapshot Job.
    pub snapshot_job: Option<String>,
    /// Why it rolled back.
    pub rollback_reason: Option<String>,
    /// When the rollback began.
    pub rollback_start_time: Option<Timestamp>,
    /// 0 = first try; N after N acknowledged break-glass events.
    pub rollback_attempt: Option<i64>,
    /// Identity of one upgrade attempt (0.5 and later); with `bg-v2-` executor Jobs are not shared between attempts.
    pub operation_id: Option<String>,
    /// Green's version, where status names it (NEXT); else it is what `spec.version` asked for.
    pub green_version: Option<String>,
}

impl BlueGreen {
    /// Whether an upgrade or rollback is somewhere on its way.
    pub fn under_way(&self) -> bool {
        !matches!(self.phase.as_str(), "" | "Idle")
    }

    /// Whether it is in a phase that leads to the new version (F§2.3, F§4.6); false for phases nobody knows.
    pub fn goes_forward(&self) -> bool {
        const FORWARD: [&str; 8] = [
            "DeployingGreen",
            "JoiningMesh",
            "Syncing",
            "Promoting",
            "TrafficSwitching",
            "DemotingBlue",
            "Cleanup",
            "RestoringReadReplicas",
        ];
        FORWARD.contains(&self.phase.as_str())
    }

    /// Whether it is on its way back.
    pub fn rolling_back(&self) -> bool {
        matches!(self.phase.as_str(), "RollingBack" | "RollbackCleanup")
    }

    /// When the phase began, while something is under way. A rollback keeps the start of the phase before it (seen on JAN).
    pub fn phase_began(&self) -> Option<Timestamp> {
        let rollback = self.rollback_start_time.filter(|_| self.rolling_back());
        self.start_time.max(rollback).filter(|_| self.under_way())
    }

    /// Whether the operator knows its executor Jobs by the attempt and deletes Green's volumes with Green (#747).
    pub fn is_scoped(&self) -> bool {
        self.operation_id.as_deref().is_some_and(|id| id.starts_with("bg-v2-"))
    }
}

/// `status.operationLock`: the same five fields in every generation that has it (P1 and later).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperationLock {
    /// `Upgrade`, `Backup`, `Restore`; anything else is shown as it is.
    pub operation: String,
    /// `openbaocluster/upgrade`, `openbaocluster/backup`, `openbaorestore/NAME`.
    pub holder: String,
    /// What it is for.
    pub message: String,
    /// When it was taken.
    pub acquired_at: Option<Timestamp>,
    /// When it was last renewed; its age alone proves nothing.
    pub renewed_at: Option<Timestamp>,
}

/// `status.breakGlass`. After an acknowledgement the object stays and `active` vanishes from it (F§15.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BreakGlass {
    /// Whether automation is stopped now.
    pub active: bool,
    /// Any text; unknown reasons are shown verbatim.
    pub reason: String,
    /// Names the failed Job.
    pub message: String,
    /// Opaque; must be written to `spec.breakGlassAck` to acknowledge.
    pub nonce: String,
    /// When it was entered.
    pub entered_at: Option<Timestamp>,
    /// The operator's own runbook lines (old documents show one text instead of a list: taken too).
    pub steps: Vec<String>,
    /// When it was acknowledged.
    pub acknowledged_at: Option<Timestamp>,
}

/// `status.backup`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BackupStatus {
    /// Key of the last scheduled or manual backup.
    pub last_name: Option<String>,
    /// When the operator *noticed* it (once 22 minutes late, F§15.2.14): the key's timestamp is better.
    pub last_time: Option<Timestamp>,
    /// Consecutive failures.
    pub failures: Option<i64>,
    /// Reason of the last failure.
    pub last_failure: Option<String>,
    /// What the backup's container said of the object it stored (NEXT).
    #[serde(default)]
    pub latest: Option<LatestSnapshot>,
}

/// `status.backup.latestSnapshot` (NEXT): of the object named by `lastBackupName`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatestSnapshot {
    /// `sha256:` and 64 digits.
    pub digest: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// OpenBao's version.
    pub version: Option<String>,
}

/// `lastError` of a reconciler.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastError {
    /// CamelCase reason.
    pub reason: String,
    /// Text for people.
    pub message: String,
    /// When.
    pub at: Option<Timestamp>,
}

impl Cluster {
    /// Reads a cluster from its JSON; never fails, says in `problems` what it could not read.
    pub fn read(object: &Value) -> Cluster {
        let top = Fields::of(object);
        let status = top.at("status");
        let mut cluster = Cluster {
            meta: Meta::read(&top),
            spec: Spec::read(&top.at("spec")),
            phase: status.text("phase").unwrap_or_default(),
            active_leader: status.filled("activeLeader"),
            ready_replicas: status.int("readyReplicas"),
            current_version: status.filled("currentVersion"),
            initialized: status.flag("initialized"),
            upgrade: present(&status.at("upgrade"), RollingUpgrade::read),
            blue_green: present(&status.at("blueGreen"), BlueGreen::read),
            operation_lock: OperationLock::read(&status),
            break_glass: present(&status.at("breakGlass"), BreakGlass::read),
            backup: BackupStatus::read(&status),
            admin_ops_error: present(&status.at("adminOps").at("lastError"), LastError::read),
            workload_error: present(&status.at("workload").at("lastError"), LastError::read),
            conditions: Condition::list(&status),
            problems: Vec::new(),
        };
        cluster.problems = top.problems();
        cluster
    }

    /// `NAMESPACE/NAME`.
    pub fn full_name(&self) -> String {
        self.meta.full_name()
    }

    /// Of how many servers one speaks: as many as are wanted, also while some have no pod; and never fewer than were seen,
    /// for in an upgrade both colours stand.
    pub fn servers_wanted(&self, seen: usize) -> usize {
        self.spec.replicas.and_then(|r| usize::try_from(r).ok()).unwrap_or(seen).max(seen)
    }

    /// The condition of a type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|c| c.kind == kind)
    }

    /// Break glass, if it is active now.
    pub fn active_break_glass(&self) -> Option<&BreakGlass> {
        self.break_glass.as_ref().filter(|b| b.active)
    }

    /// Whether the spec holds the nonce of break glass, taken by the operator or not: it stays there for ever.
    pub fn acknowledged(&self) -> bool {
        let nonce = self.break_glass.as_ref().map_or("", |b| b.nonce.as_str());
        !nonce.is_empty() && self.spec.break_glass_ack.as_deref() == Some(nonce)
    }

    /// Whether an upgrade or rollback is under way by status: blue/green beyond `Idle`, or a rolling upgrade.
    pub fn upgrade_under_way(&self) -> bool {
        self.upgrade.is_some() || self.blue_green.as_ref().is_some_and(BlueGreen::under_way)
    }
}

fn present<'a, T>(fields: &Fields<'a>, read: impl Fn(&Fields<'a>) -> T) -> Option<T> {
    fields.value().is_some_and(Value::is_object).then(|| read(fields))
}

impl Spec {
    fn read(spec: &Fields<'_>) -> Spec {
        let upgrade = spec.at("upgrade");
        let old = spec.at("updateStrategy");
        let blue_green = if upgrade.exists() { upgrade.at("blueGreen") } else { old.at("blueGreen") };
        let self_init = spec.at("selfInit");
        Spec {
            paused: spec.flag("paused").unwrap_or(false),
            profile: spec.filled("profile"),
            replicas: spec.int("replicas"),
            version: spec.filled("version"),
            break_glass_ack: spec.filled("breakGlassAck"),
            strategy: upgrade.filled("strategy").or_else(|| old.filled("type")),
            auto_promote: blue_green.flag("autoPromote"),
            max_job_failures: blue_green.int("maxJobFailures"),
            auto_rollback: blue_green.at("autoRollback").flag("enabled"),
            maintenance: spec.at("maintenance").flag("enabled").unwrap_or(false),
            egress_rules: spec.at("network").list("egressRules").len(),
            self_init: self_init.flag("enabled").unwrap_or(false),
            oidc: self_init.at("oidc").flag("enabled").unwrap_or(false) || old_jwt_bootstrap(spec, &self_init),
            restore_jwt_role: spec.at("restore").filled("jwtAuthRole"),
            unseal_type: spec.at("unseal").filled("type"),
            unseal_key: unseal_key(&spec.at("unseal")),
            tls_mode: spec.at("tls").filled("mode"),
            backup: present(&spec.at("backup"), BackupSpec::read),
        }
    }
}

/// The name of the key that seals. Blocks of other seals than the one in use are passed over, and so are `currentKey` and
/// credentials: those are secrets.
fn unseal_key(unseal: &Fields<'_>) -> Option<String> {
    match unseal.filled("type").as_deref().unwrap_or("static") {
        "static" => unseal.at("static").filled("currentKeyID"),
        "awskms" => unseal.at("awskms").filled("kmsKeyID"),
        "gcpckms" => {
            let block = unseal.at("gcpCloudKMS");
            let part = |name: &str| block.filled(name);
            let (project, region, ring, key) = (part("project")?, part("region")?, part("keyRing")?, part("cryptoKey")?);
            Some(format!("projects/{project}/locations/{region}/keyRings/{ring}/cryptoKeys/{key}"))
        }
        "azurekeyvault" => unseal.at("azureKeyVault").filled("keyName"),
        "transit" => unseal.at("transit").filled("keyName"),
        "ocikms" => unseal.at("ocikms").filled("keyID"),
        "pkcs11" => unseal.at("pkcs11").filled("keyLabel"),
        _ => None,
    }
}

/// `bootstrapJWTAuth` (up to P3) stood in for `selfInit.oidc.enabled`.
fn old_jwt_bootstrap(spec: &Fields<'_>, self_init: &Fields<'_>) -> bool {
    [spec, self_init].iter().any(|f| f.at("bootstrapJWTAuth").value() == Some(&Value::Bool(true)))
}

impl BackupSpec {
    fn read(backup: &Fields<'_>) -> BackupSpec {
        BackupSpec {
            target: present(&backup.at("target"), Target::read),
            image: backup.filled("image").or_else(|| backup.filled("executorImage")),
            jwt_auth_role: backup.filled("jwtAuthRole"),
            token_secret: backup.at("tokenSecretRef").filled("name"),
            schedule: backup.filled("schedule"),
        }
    }
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

impl RollingUpgrade {
    fn read(upgrade: &Fields<'_>) -> RollingUpgrade {
        let failure = upgrade.at("failure");
        let reason = failure.filled("reason").or_else(|| upgrade.filled("lastErrorReason"));
        let message = failure.filled("message").or_else(|| upgrade.filled("lastErrorMessage"));
        RollingUpgrade {
            target_version: upgrade.filled("targetVersion"),
            from_version: upgrade.filled("fromVersion"),
            started_at: upgrade.time("startedAt"),
            failure: reason.map(|reason| message.map_or(reason.clone(), |message| format!("{reason}: {message}"))),
            failed_at: failure.time("at").or_else(|| upgrade.time("lastErrorAt")),
        }
    }
}

impl BlueGreen {
    fn read(blue_green: &Fields<'_>) -> BlueGreen {
        BlueGreen {
            phase: blue_green.text("phase").unwrap_or_default(),
            blue_revision: blue_green.filled("blueRevision"),
            green_revision: blue_green.filled("greenRevision"),
            start_time: blue_green.time("startTime"),
            job_failures: blue_green.int("jobFailureCount"),
            last_job_failure: blue_green.filled("lastJobFailure"),
            snapshot_job: blue_green.filled("preUpgradeSnapshotJobName"),
            rollback_reason: blue_green.filled("rollbackReason"),
            rollback_start_time: blue_green.time("rollbackStartTime"),
            rollback_attempt: blue_green.int("rollbackAttempt"),
            operation_id: blue_green.filled("operationID"),
            green_version: blue_green.filled("greenVersion"),
        }
    }
}

impl OperationLock {
    /// The lock, if one is held. Old documents show it as a bare text (`"Restore"`): taken as the operation.
    fn read(status: &Fields<'_>) -> Option<OperationLock> {
        let lock = status.at("operationLock");
        match lock.value()? {
            Value::String(operation) if !operation.is_empty() => {
                Some(OperationLock { operation: operation.clone(), ..OperationLock::default() })
            }
            Value::Object(fields) if !fields.is_empty() => Some(OperationLock {
                operation: lock.text("operation").unwrap_or_default(),
                holder: lock.text("holder").unwrap_or_default(),
                message: lock.text("message").unwrap_or_default(),
                acquired_at: lock.time("acquiredAt"),
                renewed_at: lock.time("renewedAt"),
            }),
            _ => None,
        }
    }

    /// The OpenBaoRestore that holds it, by name.
    pub fn restore_name(&self) -> Option<&str> {
        self.holder.strip_prefix("openbaorestore/")
    }
}

impl BreakGlass {
    /// The Job that its message names (`… Job NAME failed; …`, F§4.6).
    pub fn failed_job(&self) -> Option<&str> {
        let rest = self.message.split_once("Job ")?.1;
        let name = rest.split_whitespace().next()?.trim_end_matches([';', ',', '.', ':']);
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        (!name.is_empty() && name.chars().all(fits)).then_some(name)
    }

    fn read(fields: &Fields<'_>) -> BreakGlass {
        let steps = match fields.at("steps").value() {
            Some(Value::String(one)) => vec![one.clone()],
            _ => fields.list("steps").iter().filter_map(|s| s.value().and_then(Value::as_str).map(str::to_owned)).collect(),
        };
        BreakGlass {
            active: fields.flag("active").unwrap_or(false),
            reason: fields.text("reason").unwrap_or_default(),
            message: fields.text("message").unwrap_or_default(),
            nonce: fields.text("nonce").unwrap_or_default(),
            entered_at: fields.time("enteredAt"),
            steps,
            acknowledged_at: fields.time("acknowledgedAt"),
        }
    }
}

impl BackupStatus {
    fn read(status: &Fields<'_>) -> BackupStatus {
        let backup = status.at("backup");
        BackupStatus {
            last_name: backup.filled("lastBackupName"),
            last_time: backup.time("lastBackupTime").or_else(|| status.time("lastBackupTime")),
            failures: backup.int("consecutiveFailures"),
            last_failure: backup.filled("lastFailureReason"),
            latest: present(&backup.at("latestSnapshot"), LatestSnapshot::read),
        }
    }
}

impl LatestSnapshot {
    fn read(latest: &Fields<'_>) -> LatestSnapshot {
        LatestSnapshot {
            digest: latest.filled("digest"),
            size: latest.int("size").and_then(|size| u64::try_from(size).ok()),
            version: latest.filled("version"),
        }
    }
}

impl LastError {
    fn read(error: &Fields<'_>) -> LastError {
        LastError {
            reason: error.text("reason").unwrap_or_default(),
            message: error.text("message").unwrap_or_default(),
            at: error.time("at"),
        }
    }
}
