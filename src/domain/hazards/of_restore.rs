//! The hazards of a restore.

use super::of_resolve::{ack_pending, waiting_restores_fire};
use super::shared::{self, During};
use super::version;
use super::{Hazard, Weight, hazard};
use crate::api::cluster::Cluster;
use crate::api::names::SnapshotKey;
use crate::api::restore::{Phase, Restore};
use crate::api::text::{age, clean};
use crate::api::workload::Pod;
use crate::domain::evidence::{Evidence, StoreAnswer};
use crate::domain::lock::{LockFinding, Verdict};
use crate::domain::restore::request::Request;
use crate::domain::status::{last_backup, newest_first};

/// What a restore's hazards are judged over, besides the evidence.
pub struct Act<'a> {
    /// What was asked for.
    pub request: &'a Request,
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The lock that is held, if one is.
    pub lock: Option<&'a LockFinding>,
    /// The lock that will be overridden.
    pub overridden: Option<&'a LockFinding>,
    /// How many checks could not be made.
    pub unchecked: usize,
}

/// The hazards of a restore, most dangerous first.
pub fn of_restore(evidence: &Evidence, act: &Act<'_>) -> Vec<Hazard> {
    let all = [
        override_restore_lock(act),
        override_live(act),
        backup_lock_leaks(evidence, act),
        override_then_fails(act),
        override_leaves_no_trace(evidence, act),
        waiting_restores_fire(evidence),
        restored_already(evidence, act),
        ack_pending(evidence, act.cluster),
        seal_mismatch(act),
        snapshot_older_than(evidence, act),
        token_restore_broken(act),
        policy_lacks_snapshot(evidence, act),
        quorum_margin(evidence, act),
        shared::removed_leader_hangs(evidence),
        shared::green_leads(evidence, act.cluster, During::Restore),
        shared::version_reverted(act.cluster),
        upgrade_restarts(act),
        name_reuse(evidence, act),
        version_downgrade(evidence),
        job_delete_resubmits(evidence),
        completed_not_proof(evidence),
        status_stale(evidence),
    ];
    shared::worst_first(all)
}

/// The preflight refuses it as well; the code is for pages, reports and people who look it up (F§4.5).
fn override_restore_lock(act: &Act<'_>) -> Option<Hazard> {
    let lock = act.lock.filter(|l| act.request.override_lock && l.lock.operation == "Restore")?;
    let text = format!(
        "the lock is held by another restore ({}): no operator overrides that, the request would wait behind it and run by itself later",
        clean(lock.lock.restore_name().unwrap_or(&lock.lock.holder)),
    );
    Some(hazard("override-restore-lock", Weight::Danger, text))
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

fn upgrade_restarts(act: &Act<'_>) -> Option<Hazard> {
    act.cluster.active_break_glass()?;
    let wanted = shared::upgrade_left(act.cluster)?;
    let text = format!(
        "the restore does not end break glass, and once that is acknowledged the upgrade to {} begins again",
        clean(wanted)
    );
    Some(hazard("upgrade-restarts-after-rollback", Weight::Known, text))
}

/// The lock's holder and, on JAN, the Job are found by name only: a new object inherits them (F§4.7).
fn name_reuse(evidence: &Evidence, act: &Act<'_>) -> Option<Hazard> {
    let name = act.request.name.as_str();
    let held = act.lock.is_some_and(|l| l.lock.restore_name() == Some(name));
    let job = format!("restore-{name}");
    let left = evidence.jobs.each().iter().any(|j| j.meta.name == job);
    let what = match (left, held) {
        (true, _) => format!("Job {} of an earlier restore of this name is still there", clean(&job)),
        (false, true) => format!("the lock is still held in the name of {}", clean(name)),
        (false, false) => return None,
    };
    let text = format!("{what}: the new restore would take it for its own and may report Completed without restoring anything");
    Some(hazard("name-reuse", Weight::Danger, text))
}

/// A snapshot restores only into the version that wrote its data or a newer one.
fn version_downgrade(evidence: &Evidence) -> Option<Hazard> {
    let StoreAnswer::Found { object } = &evidence.snapshot else { return None };
    let wrote = object.version.as_deref()?;
    let running = evidence.pods.each().iter().filter_map(Pod::server_version);
    let oldest = running.filter(|v| version::older(v, wrote)).min_by(|a, b| version::compare(a, b))?;
    let text = format!(
        "the snapshot's data was last used by OpenBao {}, and a server runs {}: going back to an older version is not supported, it may not start",
        clean(wrote),
        clean(oldest)
    );
    Some(hazard("version-downgrade", Weight::Danger, text))
}

pub(super) fn job_delete_resubmits(evidence: &Evidence) -> Option<Hazard> {
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
