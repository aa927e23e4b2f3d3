//! The single view's data: what is shown beyond a row.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{last_backup, newest_first};
use crate::api::cluster::BreakGlass;
use crate::api::restore::{Phase, Restore};
use crate::api::workload::Pod;
use crate::domain::breakglass;
use crate::domain::evidence::{Evidence, Item, ServerHealth};

/// What the single view shows beyond a row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// Break glass as the operator wrote it, active or not; its steps corrected.
    pub break_glass: Option<BreakGlass>,
    /// Blue/green, when the cluster has it.
    pub blue_green: Option<crate::api::cluster::BlueGreen>,
    /// Rolling upgrade, when there is one.
    pub rolling_upgrade: Option<crate::api::cluster::RollingUpgrade>,
    /// All restores, newest first.
    pub restores: Vec<RestoreDetail>,
    /// Servers.
    pub pods: Vec<PodDetail>,
    /// Last good backup: key, and its time by the key.
    pub last_backup: Option<String>,
    /// When the last good backup was taken, by its key.
    pub last_backup_at: Option<Timestamp>,
    /// When the operator noticed it.
    pub last_backup_noticed_at: Option<Timestamp>,
    /// The operator.
    pub operator: OperatorDetail,
    /// `status.adminOps.lastError`.
    pub admin_ops_error: Option<crate::api::cluster::LastError>,
    /// `spec.paused`.
    pub paused: bool,
}

/// One restore in the single view.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestoreDetail {
    /// Name.
    pub name: String,
    /// Phase.
    pub phase: Phase,
    /// The operator's message.
    pub message: String,
    /// Snapshot key.
    pub key: String,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Whether it asks to override a lock (`spec.overrideOperationLock`); whether it did, nothing records.
    pub overrode_lock: bool,
}

/// One server in the single view.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodDetail {
    /// Name.
    pub name: String,
    /// Blue/green revision.
    pub revision: Option<String>,
    /// Readiness.
    pub ready: Option<bool>,
    /// Its own label.
    pub sealed: Option<bool>,
    /// Its own label.
    pub active: Option<bool>,
    /// Its own label; false after every restart of a sealed server, so never a reason to initialize (O§4).
    pub initialized: Option<bool>,
    /// Its own label.
    pub version: Option<String>,
    /// How often its containers were started again.
    pub restarts: i64,
    /// What it said when it was asked directly: over its labels.
    pub answer: Option<AnswerDetail>,
    /// Why it gave no answer, when it was asked.
    pub unanswered: Option<String>,
}

/// What a server said of itself when it was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnswerDetail {
    /// Whether it has a root key at all.
    pub initialized: bool,
    /// Whether it is sealed.
    pub sealed: bool,
    /// Whether it leads.
    pub active: bool,
    /// Its version.
    pub version: Option<String>,
    /// The id of its data's cluster; only when unsealed.
    pub cluster_id: Option<String>,
    /// Whom it takes for the leader: no proof that there is one.
    pub leader_address: Option<String>,
    /// `shamir`, `static`, `transit`, a cloud's KMS.
    pub seal_type: Option<String>,
    /// Whether it unseals by itself.
    pub auto_unseal: Option<bool>,
    /// Of a sealed server: how many unseal shares it was given.
    pub shares_given: Option<u64>,
    /// Of a sealed server: how many it needs.
    pub shares_needed: Option<u64>,
    /// The last Raft entry a majority holds, as far as it knows.
    pub raft_committed_index: Option<u64>,
    /// The last Raft entry it applied.
    pub raft_applied_index: Option<u64>,
    /// Seconds its clock is ahead of the API server's; negative when behind.
    pub clock_ahead_seconds: Option<i64>,
}

/// The operator in the single view.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperatorDetail {
    /// Generation.
    pub generation: String,
    /// What that rests on.
    pub basis: String,
    /// Namespace and name of its Deployment.
    pub deployment: Option<String>,
    /// Whether it runs, when that is known.
    pub alive: Option<bool>,
    /// When its lease was renewed.
    pub lease_renewed_at: Option<Timestamp>,
}

/// The single view's data. `None` when the cluster itself was not read.
pub fn detail(evidence: &Evidence) -> Option<Detail> {
    let cluster = evidence.cluster.value()?;
    let backup = last_backup(evidence);
    Some(Detail {
        break_glass: cluster
            .break_glass
            .as_ref()
            .map(|record| BreakGlass { steps: breakglass::steps(evidence, cluster, record), ..record.clone() }),
        blue_green: cluster.blue_green.clone(),
        rolling_upgrade: cluster.upgrade.clone(),
        restores: newest_first(evidence.restores.each()).into_iter().map(restore_detail).collect(),
        pods: evidence.pods.each().iter().map(|pod| pod_detail(evidence, pod)).collect(),
        last_backup: backup.map(|(key, _)| key.to_owned()),
        last_backup_at: backup.and_then(|(_, at)| at),
        last_backup_noticed_at: cluster.backup.last_time,
        operator: OperatorDetail {
            generation: evidence.generation.name(),
            basis: evidence.generation.basis(),
            deployment: evidence.operator.value().map(|o| o.meta.full_name()),
            alive: evidence.operator_alive(),
            lease_renewed_at: evidence.lease.value().and_then(|l| l.renewed_at),
        },
        admin_ops_error: cluster.admin_ops_error.clone(),
        paused: cluster.spec.paused,
    })
}

fn restore_detail(restore: &Restore) -> RestoreDetail {
    RestoreDetail {
        name: restore.meta.name.clone(),
        phase: restore.phase.clone(),
        message: restore.told().to_owned(),
        key: restore.key.clone(),
        created_at: restore.meta.created_at,
        ended_at: restore.completion_time,
        overrode_lock: restore.override_operation_lock,
    }
}

fn pod_detail(evidence: &Evidence, pod: &Pod) -> PodDetail {
    let asked = evidence.servers.iter().find(|s| s.pod == pod.meta.name).map(|s| &s.health);
    PodDetail {
        name: pod.meta.name.clone(),
        revision: Some(pod.revision().to_owned()).filter(|r| !r.is_empty()),
        ready: pod.ready,
        sealed: pod.server_label("sealed"),
        active: pod.server_label("active"),
        initialized: pod.server_label("initialized"),
        version: pod.server_version().map(str::to_owned),
        restarts: pod.restarts(),
        answer: asked.and_then(Item::value).map(answer_detail),
        unanswered: asked.and_then(|health| match health {
            Item::Absent => Some("the pod is gone".into()),
            other => other.unknown(),
        }),
    }
}

fn answer_detail(health: &ServerHealth) -> AnswerDetail {
    let ServerHealth {
        initialized,
        sealed,
        standby,
        version,
        cluster_id,
        leads,
        leader_address,
        seal_type,
        auto_unseal,
        unseal_progress,
        seal_shares: _,
        raft_committed_index,
        raft_applied_index,
        clock_ahead,
    } = health.clone();
    AnswerDetail {
        initialized,
        sealed,
        active: !sealed && !standby && leads != Some(false),
        version,
        cluster_id,
        leader_address,
        seal_type,
        auto_unseal,
        shares_given: unseal_progress.map(|(given, _)| given),
        shares_needed: unseal_progress.map(|(_, needed)| needed),
        raft_committed_index,
        raft_applied_index,
        clock_ahead_seconds: clock_ahead,
    }
}
