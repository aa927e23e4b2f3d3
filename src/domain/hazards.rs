//! Hazards: known dangers of an act on this generation, as pure checks with stable codes.
//!
//! Each has a page in `docs/hazards/<code>.md` (a test compares the two).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use super::lock::{LockFinding, Verdict};
use super::restore::request::Request;
use super::status::{last_backup, newest_first};
use crate::api::cluster::Cluster;
use crate::api::names::SnapshotKey;
use crate::api::restore::{Phase, Restore};
use crate::api::text::{age, clean};

/// How strongly a hazard speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// True of every restore on this generation: shown, needs no acceptance.
    Standing,
    /// Known on this generation and worth knowing; nothing here makes it worse.
    Known,
    /// It will or may well strike in this situation.
    Danger,
}

/// One hazard that applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hazard {
    /// Stable code, also the name of its page.
    pub code: String,
    /// How strongly it speaks.
    pub weight: Weight,
    /// What will or may happen, in this situation.
    pub text: String,
}

fn hazard(code: &str, weight: Weight, text: impl Into<String>) -> Hazard {
    debug_assert!(CODES.contains(&code), "{code} is not listed");
    Hazard { code: code.into(), weight, text: text.into() }
}

/// Every code this module can return, for the pages and the completion of `--accept`.
pub const CODES: &[&str] = &[
    "override-live-upgrade",
    "override-running-backup",
    "backup-lock-leaks",
    "override-leaves-no-trace",
    "waiting-restores-fire",
    "override-then-fails",
    "restore-with-ack-pending",
    "seal-mismatch",
    "snapshot-older-than",
    "token-restore-broken",
    "policy-lacks-snapshot",
    "quorum-margin",
    "removed-leader-hangs",
    "upgrade-restarts-after-rollback",
    "job-delete-resubmits",
    "completed-not-proof",
    "resume-unverified",
    "status-stale-after-restore",
    "restored-already",
];

/// What a restore's hazards are judged over, besides the evidence.
pub struct Act<'a> {
    /// What was asked for.
    pub request: &'a Request,
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The lock that will be overridden.
    pub overridden: Option<&'a LockFinding>,
    /// How many checks could not be made.
    pub unchecked: usize,
}

/// The hazards of a restore, most dangerous first.
pub fn of_restore(evidence: &Evidence, act: &Act<'_>) -> Vec<Hazard> {
    let mut all: Vec<Hazard> = [
        override_live(act),
        backup_lock_leaks(evidence, act),
        override_then_fails(act),
        override_leaves_no_trace(evidence, act),
        waiting_restores_fire(evidence),
        restored_already(evidence, act),
        restore_with_ack_pending(evidence, act),
        seal_mismatch(act),
        snapshot_older_than(evidence, act),
        token_restore_broken(act),
        policy_lacks_snapshot(evidence, act),
        quorum_margin(evidence, act),
        removed_leader_hangs(evidence),
        upgrade_restarts(evidence, act),
        job_delete_resubmits(evidence),
        completed_not_proof(evidence),
        status_stale(evidence),
    ]
    .into_iter()
    .flatten()
    .collect();
    all.sort_by_key(|h| std::cmp::Reverse(h.weight));
    all
}

fn override_live(act: &Act<'_>) -> Option<Hazard> {
    let lock = act.overridden.filter(|l| l.verdict == Verdict::Live)?;
    Some(match lock.lock.operation.as_str() {
        "Backup" => hazard(
            "override-running-backup",
            Weight::Danger,
            "a backup is running under this lock: its Job reads on, and its clean-up may run during the restore",
        ),
        _ => hazard(
            "override-live-upgrade",
            Weight::Danger,
            "an upgrade is running under this lock: its Job is not stopped, it goes on changing Raft members during the restore, and it resumes afterwards",
        ),
    })
}

fn backup_lock_leaks(evidence: &Evidence, act: &Act<'_>) -> Option<Hazard> {
    let lock = act.overridden.filter(|l| l.lock.operation == "Backup" && l.verdict != Verdict::Live)?;
    evidence.generation.leaks_backup_locks().then(|| {
        let text = match lock.verdict {
            Verdict::Stale => "known on this generation: from the second backup on the lock stays behind; nothing is running under it",
            _ => "known on this generation: from the second backup on the lock stays behind; whether that is so here is not certain",
        };
        hazard("backup-lock-leaks", if lock.verdict == Verdict::Stale { Weight::Known } else { Weight::Danger }, text)
    })
}

/// Lock first, checks after (F§4.1): what was not checked here can fail there with the lock already gone.
fn override_then_fails(act: &Act<'_>) -> Option<Hazard> {
    act.overridden?;
    (act.unchecked > 0).then(|| {
        let text = format!("the operator clears the lock before its own checks, and {} thing(s) could not be checked beforehand: if one fails, the lock is gone and nothing was restored", act.unchecked);
        hazard("override-then-fails", Weight::Danger, text)
    })
}

fn override_leaves_no_trace(evidence: &Evidence, act: &Act<'_>) -> Option<Hazard> {
    act.overridden?;
    evidence.generation.override_leaves_no_trace().then(|| {
        hazard(
            "override-leaves-no-trace",
            Weight::Known,
            "the operator records the override nowhere but in its own log; this tool writes reason and lock on the object",
        )
    })
}

fn waiting_restores_fire(evidence: &Evidence) -> Option<Hazard> {
    let waiting: Vec<String> = evidence
        .unfinished_restores()
        .into_iter()
        .filter(|r| matches!(r.phase, Phase::Pending | Phase::Validating))
        .map(|r| format!("{} ({})", clean(&r.meta.name), clean(&r.key)))
        .collect();
    (!waiting.is_empty()).then(|| {
        let text = format!(
            "{} other restore(s) wait for this lock and will each replace the data again, one after the other: {}",
            waiting.len(),
            waiting.join(", ")
        );
        hazard("waiting-restores-fire", Weight::Danger, text)
    })
}

/// How long after a restore a second one of the same snapshot is taken for a mistake.
const RECENT: std::time::Duration = std::time::Duration::from_secs(60 * 60);

/// A second run after a lost connection or a killed terminal: to the operator two requests, to a person one.
fn restored_already(evidence: &Evidence, act: &Act<'_>) -> Option<Hazard> {
    // A failed one is no reason against another try.
    let ended = |r: &Restore| !r.unfinished() && r.phase != Phase::Failed;
    let same = |r: &&Restore| r.made_by_this_tool() && ended(r) && r.key == act.request.key;
    let recent = |r: &&Restore| r.meta.created_at.is_some_and(|at| evidence.since(at) < RECENT);
    let restores = newest_first(evidence.restores.each());
    let restore = restores.into_iter().filter(same).find(recent)?;
    let ended = restore
        .completion_time
        .or(restore.meta.created_at)
        .map_or(String::new(), |at| format!(" {} ago", age(evidence.since(at))));
    let text = format!(
        "this snapshot was restored by {} already, which ended {}{ended}: a second restore throws away every write since",
        clean(&restore.meta.name),
        restore.phase,
    );
    Some(hazard("restored-already", Weight::Danger, text))
}

/// An acknowledged break glass starts the rollback the moment the lock comes free (F§4.7).
fn restore_with_ack_pending(evidence: &Evidence, act: &Act<'_>) -> Option<Hazard> {
    let break_glass = act.cluster.break_glass.as_ref()?;
    let acknowledged =
        !break_glass.nonce.is_empty() && act.cluster.spec.break_glass_ack.as_deref() == Some(break_glass.nonce.as_str());
    let under_way = act.cluster.blue_green.as_ref().is_some_and(|b| b.under_way());
    (acknowledged && (break_glass.active || under_way)).then(|| {
        let job = evidence
            .jobs_at_work("upgrade")
            .first()
            .map_or(String::new(), |j| format!("; Job {} is at work now", clean(&j.meta.name)));
        hazard(
            "restore-with-ack-pending",
            Weight::Danger,
            format!(
                "break glass is acknowledged: the rollback changes Raft members during the restore or the moment it ends{job}"
            ),
        )
    })
}

fn seal_mismatch(act: &Act<'_>) -> Option<Hazard> {
    let (namespace, cluster) = SnapshotKey::parse(&act.request.key)?.origin?;
    (namespace != act.request.namespace || cluster != act.request.cluster).then(|| {
        let text = format!("by its key the snapshot is of {}/{}: if that cluster has another seal key, every server seals within seconds and none can be opened", clean(&namespace), clean(&cluster));
        hazard("seal-mismatch", Weight::Danger, text)
    })
}

fn snapshot_older_than(evidence: &Evidence, act: &Act<'_>) -> Option<Hazard> {
    let taken = SnapshotKey::parse(&act.request.key)?.taken_at;
    let (last_key, last) = last_backup(evidence)?;
    let last = last.filter(|last| *last > taken)?;
    let text = format!("there is a newer backup: {} ({} old)", clean(last_key), age(evidence.since(last)));
    Some(hazard("snapshot-older-than", Weight::Known, text))
}

fn token_restore_broken(act: &Act<'_>) -> Option<Hazard> {
    (act.request.token_secret.is_some() && act.request.jwt_auth_role.is_none()).then(|| {
        hazard("token-restore-broken", Weight::Danger, "by the operator's source a restore with a token Secret cannot start: the executor looks for the token at another path; a role works")
    })
}

fn policy_lacks_snapshot(evidence: &Evidence, act: &Act<'_>) -> Option<Hazard> {
    (!act.request.force && !act.request.override_lock && evidence.generation.verifies_unforced() && evidence.generation.schema.is_some()).then(|| {
        hazard("policy-lacks-snapshot", Weight::Known, "unforced restores need update on sys/storage/raft/snapshot, which policies made by operators up to 0.4.2 do not allow (HTTP 403)")
    })
}

fn quorum_margin(evidence: &Evidence, act: &Act<'_>) -> Option<Hazard> {
    let pods = evidence.pods.value()?;
    let wanted = usize::try_from(act.cluster.spec.replicas?).ok()?;
    let up = pods.iter().filter(|p| p.ready == Some(true) && p.server_label("sealed") == Some(false)).count();
    (wanted > 1 && up <= wanted / 2 + 1 && up < wanted).then(|| {
        hazard(
            "quorum-margin",
            Weight::Danger,
            format!("{up} of {wanted} servers are up: one more loss during the restore loses quorum"),
        )
    })
}

fn removed_leader_hangs(evidence: &Evidence) -> Option<Hazard> {
    let active = evidence.pods.each().iter().filter(|p| p.server_label("active") == Some(true)).count();
    (active > 1).then(|| {
        hazard("removed-leader-hangs", Weight::Danger, format!("{active} servers call themselves active: one may be a removed leader that hangs on every request, and the executor may pick it"))
    })
}

fn upgrade_restarts(evidence: &Evidence, act: &Act<'_>) -> Option<Hazard> {
    act.cluster.active_break_glass()?;
    let wanted = act.cluster.spec.version.as_deref()?;
    (act.cluster.current_version.as_deref() != Some(wanted)
        && !evidence.generation.may_be_at_least(crate::api::generation::Tag::Next))
    .then(|| {
        hazard(
            "upgrade-restarts-after-rollback",
            Weight::Known,
            format!(
                "the restore does not end break glass, and once that is acknowledged the upgrade to {} begins again",
                clean(wanted)
            ),
        )
    })
}

fn job_delete_resubmits(evidence: &Evidence) -> Option<Hazard> {
    evidence.generation.recreates_missing_job().then(|| {
        hazard(
            "job-delete-resubmits",
            Weight::Standing,
            "do not delete the restore's Job while it runs: it is created again and submits the snapshot again",
        )
    })
}

fn completed_not_proof(evidence: &Evidence) -> Option<Hazard> {
    if evidence.generation.success_looks_unknown() {
        return Some(hazard(
            "resume-unverified",
            Weight::Standing,
            "a restore that went well ends as Unknown; verify before Resume, which restarts every server",
        ));
    }
    Some(hazard(
        "completed-not-proof",
        Weight::Standing,
        "Completed proves only that the executor ended well; the servers are looked at afterwards",
    ))
}

fn status_stale(evidence: &Evidence) -> Option<Hazard> {
    evidence.generation.leaks_backup_locks().then(|| {
        hazard("status-stale-after-restore", Weight::Standing, "for minutes after a restore the cluster's status can say Running and Unsealed over sealed servers; the servers' own words count")
    })
}
