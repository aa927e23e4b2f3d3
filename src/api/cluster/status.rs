//! `status` of a cluster: upgrades, lock, break glass, backups, and what the operator says of its own errors.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::present;
use crate::api::read::Fields;

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

impl RollingUpgrade {
    pub(super) fn read(upgrade: &Fields<'_>) -> RollingUpgrade {
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
    pub(super) fn read(blue_green: &Fields<'_>) -> BlueGreen {
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
    pub(super) fn read(status: &Fields<'_>) -> Option<OperationLock> {
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

    pub(super) fn read(fields: &Fields<'_>) -> BreakGlass {
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
    pub(super) fn read(status: &Fields<'_>) -> BackupStatus {
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
    pub(super) fn read(latest: &Fields<'_>) -> LatestSnapshot {
        LatestSnapshot {
            digest: latest.filled("digest"),
            size: latest.int("size").and_then(|size| u64::try_from(size).ok()),
            version: latest.filled("version"),
        }
    }
}

impl LastError {
    pub(super) fn read(error: &Fields<'_>) -> LastError {
        LastError {
            reason: error.text("reason").unwrap_or_default(),
            message: error.text("message").unwrap_or_default(),
            at: error.time("at"),
        }
    }
}
