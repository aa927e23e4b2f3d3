//! `OpenBaoCluster` as data (`openbao.org/v1alpha1`), read leniently over all generations P0 to NEXT.

mod status;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::status::{BackupStatus, BlueGreen, BreakGlass, LastError, LatestSnapshot, OperationLock, RollingUpgrade};
use super::read::{Condition, Fields, Meta};
pub use super::target::Target;

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
