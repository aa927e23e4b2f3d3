//! The hazards of a restore.

use std::cmp::Ordering;

use super::of_resolve::{ack_pending, waiting_restores_fire};
use super::of_snapshot;
use super::shared::{self, During};
use super::{Hazard, Weight, hazard};
use crate::api::cluster::{BlueGreen, Cluster};
use crate::api::generation::Tag;
use crate::api::restore::{Phase, Restore};
use crate::api::text::{clean, count};
use crate::api::workload::Pod;
use crate::domain::evidence::Evidence;
use crate::domain::job_log::Submitted;
use crate::domain::lock::{LockFinding, Verdict};
use crate::domain::progress::{self, End};
use crate::domain::restore::doubt::log_findings;
use crate::domain::restore::request::Request;
use crate::domain::rollback::{self, Colour};
use crate::domain::status::newest_first;

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
    /// Whether `force` is sent: asked for, or implied by an override that takes place.
    pub forced: bool,
    /// Codes of the checks that could not be made.
    pub unchecked: &'a [&'a str],
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
        of_snapshot::seal_mismatch(evidence, act.cluster, &act.request.key),
        of_snapshot::snapshot_replaced(evidence, act.cluster, &act.request.key),
        of_snapshot::snapshot_older_than(evidence, &act.request.key),
        token_restore_broken(act),
        policy_lacks_snapshot(evidence, act),
        quorum_margin(evidence, act),
        shared::removed_leader_hangs(evidence),
        shared::green_leads(evidence, act.cluster, During::Restore),
        shared::version_reverted(act.cluster),
        upgrade_restarts(act),
        name_reuse(evidence, act),
        of_snapshot::version_downgrade(evidence),
        job_delete_resubmits(evidence),
        completed_not_proof(evidence),
        resume_unverified(evidence),
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
    let lock = act.overridden?;
    let is = match lock.verdict {
        Verdict::Live => "is running",
        Verdict::Unknown => "may be running or starting",
        Verdict::Halted | Verdict::Stale => return None,
    };
    // A rolling upgrade moves the leader and restarts servers; only blue/green changes Raft's members (F§5.1).
    let rolling = act.cluster.upgrade.is_some() && !act.cluster.blue_green.as_ref().is_some_and(BlueGreen::under_way);
    let (code, what) = match lock.lock.operation.as_str() {
        "Backup" => ("override-running-backup", "a backup {}: its Job reads on, and its clean-up may run during the restore"),
        _ if rolling => (
            "override-live-upgrade",
            "a rolling upgrade {}: it is not stopped, goes on restarting servers and moving the leader during the restore, and resumes afterwards",
        ),
        _ => (
            "override-live-upgrade",
            "an upgrade {}: its Job is not stopped, it goes on changing Raft members during the restore, and it resumes afterwards",
        ),
    };
    Some(hazard(code, Weight::Danger, what.replace("{}", &format!("{is} under this lock"))))
}

fn backup_lock_leaks(evidence: &Evidence, act: &Act<'_>) -> Option<Hazard> {
    let lock =
        act.overridden.filter(|l| l.lock.operation == "Backup" && matches!(l.verdict, Verdict::Stale | Verdict::Halted))?;
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
    (!act.unchecked.is_empty()).then(|| {
        let text = format!(
            "the operator clears the lock before its remaining checks (state, login), and {} could not be made beforehand ({}): if one fails, the lock is gone and nothing was restored",
            count(act.unchecked.len(), "check"),
            act.unchecked.join(", ")
        );
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
    let same = |r: &&Restore| !r.unfinished() && r.key == act.request.key;
    let recent = |r: &&Restore| r.completion_time.or(r.meta.created_at).is_some_and(|at| evidence.since(at) < RECENT);
    let restores = newest_first(evidence.restores.each());
    let mut touched = restores.into_iter().filter(same).filter(recent).map(|r| (r, submitted(evidence, r)));
    let (restore, submitted) = touched.find(|(_, submitted)| *submitted != Submitted::No)?;
    let ago = |at| evidence.ago(at);
    let when = match (restore.completion_time, restore.meta.created_at) {
        (Some(at), _) => format!(" {} ago", ago(at)),
        (None, Some(at)) => format!(", created {} ago", ago(at)),
        (None, None) => String::new(),
    };
    let name = clean(&restore.meta.name);
    let how = clean(restore.disposition.as_deref().unwrap_or(restore.phase.as_str()));
    let text = match submitted {
        Submitted::Yes => {
            format!("this snapshot was restored by {name} already ({how}{when}): a second restore throws away every write since")
        }
        _ => format!(
            "whether {name} ({how}{when}) submitted this snapshot is not known: look at its log and at the data first, a second restore throws away every write since"
        ),
    };
    Some(hazard("restored-already", Weight::Danger, text))
}

/// Whether a restore that is over may have changed the data: a failed one by its message and the lines of its log.
fn submitted(evidence: &Evidence, restore: &Restore) -> Submitted {
    match (&restore.phase, restore.disposition.as_deref()) {
        (Phase::Failed, _) => {}
        (_, Some("Abandon")) => return Submitted::Unknown,
        _ => return Submitted::Yes,
    }
    match progress::failed(restore, String::new(), &log_findings(evidence, restore)) {
        End::Failed { submitted, .. } => submitted,
        _ => Submitted::Unknown,
    }
}

fn token_restore_broken(act: &Act<'_>) -> Option<Hazard> {
    (act.request.token_secret.is_some() && act.request.jwt_auth_role.is_none()).then(|| {
        let way = if act.cluster.spec.oidc { "leave --token-secret out" } else { "set up a JWT role for restores and name it by --jwt-role" };
        let text = format!("by the operator's source a restore with a token Secret cannot start: the executor looks for the token at another path; {way}");
        hazard("token-restore-broken", Weight::Danger, text)
    })
}

fn policy_lacks_snapshot(evidence: &Evidence, act: &Act<'_>) -> Option<Hazard> {
    (!act.forced && evidence.generation.verifies_unforced()).then(|| {
        hazard("policy-lacks-snapshot", Weight::Known, "unforced restores need update on sys/storage/raft/snapshot, which policies made by operators up to 0.4.2 do not allow (HTTP 403): add it to policy openbao-operator-restore, or use --force, which checks no keys")
    })
}

/// The servers that vote and how many there should be: by Raft's own list where it was read, else of the side that leads.
fn votes<'a>(evidence: &'a Evidence, cluster: &'a Cluster) -> Option<(Vec<&'a Pod>, usize)> {
    let pods = evidence.pods.value()?;
    let voters: Vec<&str> = evidence.peers.each().iter().filter(|p| p.voter).map(|p| p.id.as_str()).collect();
    if !voters.is_empty() {
        return Some((pods.iter().filter(|p| voters.contains(&p.meta.name.as_str())).collect(), voters.len()));
    }
    let wanted = usize::try_from(cluster.spec.replicas?).ok()?;
    let sides = rollback::sides(evidence, cluster);
    let live = sides.as_ref().and_then(|s| s.of(s.live(evidence).unwrap_or(Colour::Blue))).filter(|s| !s.pods.is_empty());
    Some((live.map_or_else(|| pods.iter().collect(), |side| side.pods.clone()), wanted))
}

fn quorum_margin(evidence: &Evidence, act: &Act<'_>) -> Option<Hazard> {
    let (pods, wanted) = votes(evidence, act.cluster)?;
    let (up, quorum) = (pods.iter().filter(|p| rollback::is_up(evidence, p)).count(), wanted / 2 + 1);
    if wanted <= 1 || up >= wanted {
        return None;
    }
    let what = match up.cmp(&quorum) {
        Ordering::Greater => return None,
        Ordering::Equal if evidence.generation.may_be_at_least(Tag::V05) => {
            "one more loss during the restore loses quorum, and from 0.5 on every voter is restarted after it: bring the missing server back first"
        }
        Ordering::Equal => "one more loss during the restore loses quorum",
        Ordering::Less if up.saturating_add(shared::sealed(evidence, &pods)) >= quorum => shared::UNSEALING_HELPS,
        Ordering::Less => "quorum is lost already, and a restore needs a leader",
    };
    Some(hazard("quorum-margin", Weight::Danger, format!("{up} of {wanted} servers are up: {what}")))
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

pub(super) fn job_delete_resubmits(evidence: &Evidence) -> Option<Hazard> {
    evidence.generation.recreates_missing_job().then(|| {
        hazard(
            "job-delete-resubmits",
            Weight::Standing,
            "do not delete the Job of a restore that is Running: it is created again and submits the snapshot again",
        )
    })
}

fn completed_not_proof(evidence: &Evidence) -> Option<Hazard> {
    let generation = &evidence.generation;
    generation.may_be_at_most(Tag::V05).then(|| {
        let text = match generation.may_be_at_most(Tag::V04) {
            true => "Completed proves only that the executor ended well; the servers are looked at afterwards",
            false => "Completed comes after every voter was restarted, and says nothing of the data; the servers are looked at afterwards",
        };
        hazard("completed-not-proof", Weight::Standing, text)
    })
}

fn resume_unverified(evidence: &Evidence) -> Option<Hazard> {
    evidence.generation.success_looks_unknown().then(|| {
        let text = "on NEXT a restore that went well ends as Unknown; verify before Resume, which restarts every server";
        hazard("resume-unverified", Weight::Standing, text)
    })
}

fn status_stale(evidence: &Evidence) -> Option<Hazard> {
    evidence.generation.leaks_backup_locks().then(|| {
        hazard("status-stale-after-restore", Weight::Standing, "for minutes after a restore the cluster's status can say Running and Unsealed over sealed servers; the servers' own words count")
    })
}
