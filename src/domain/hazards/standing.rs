//! The dangers of a situation before anybody acts, for the commands that only read.

use super::of_ack::removes_blue_peers;
use super::of_recover::delete_unverified;
use super::of_resolve::ack_pending;
use super::shared::{self, During};
use super::{Hazard, Weight, hazard};
use crate::api::cluster::{BlueGreen, Cluster};
use crate::api::restore::Phase;
use crate::api::text::clean;
use crate::domain::evidence::Evidence;
use crate::domain::lock::{self, Verdict};
use crate::domain::rollback;

/// The hazards the situation holds by itself, most dangerous first; none when the cluster was not read.
pub fn standing(evidence: &Evidence) -> Vec<Hazard> {
    let Some(cluster) = evidence.cluster.value() else { return Vec::new() };
    let rolling_back = cluster.active_break_glass().is_some() || is_rolling_back(cluster);
    let when_rolling_back = |found: Option<Hazard>| found.filter(|_| rolling_back);
    let reverts = shared::version_is_reverted(cluster, cluster.spec.version.as_deref());
    let restoring = evidence.unfinished_restores().iter().any(|r| r.phase == Phase::Running);
    shared::worst_first([
        shared::version_reverted(cluster),
        when_rolling_back(removes_blue_peers(evidence)).filter(|_| !reverts),
        when_rolling_back(shared::green_leads(evidence, cluster, During::Rollback)),
        when_rolling_back(shared::rollback_downgrades(evidence, cluster)),
        ack_pending(evidence, cluster).filter(|_| !evidence.unfinished_restores().is_empty()),
        looping(evidence, cluster),
        shared::removed_leader_hangs(evidence),
        unsettled(evidence),
        shared::paused_hides(cluster),
        shared::logs_expire(evidence, cluster),
        leaked_backup_lock(evidence),
        super::of_restore::job_delete_resubmits(evidence).filter(|_| restoring),
    ])
}

fn is_rolling_back(cluster: &Cluster) -> bool {
    cluster.blue_green.as_ref().is_some_and(|b| b.rolling_back())
}

fn unsettled(evidence: &Evidence) -> Option<Hazard> {
    let open = evidence.unfinished_restores();
    let restore = open.into_iter().find(|r| r.phase == Phase::Unknown)?;
    let found = delete_unverified(evidence, restore)?;
    Some(hazard(&found.code, found.weight, format!("{}: {}", clean(&restore.meta.name), found.text)))
}

fn leaked_backup_lock(evidence: &Evidence) -> Option<Hazard> {
    let lock = lock::judge(evidence).filter(|l| l.lock.operation == "Backup" && l.verdict == Verdict::Stale)?;
    evidence.generation.leaks_backup_locks().then(|| {
        let held = clean(&lock.lock.holder).into_owned();
        let text = format!("the Backup lock ({held}) stayed behind, which this generation does in normal life: backups, upgrades and restores wait for it");
        hazard("backup-lock-leaks", Weight::Known, text)
    })
}

/// The loop of F§15.2.6 at work: a Job of the current phase is older than the phase itself.
fn looping(evidence: &Evidence, cluster: &Cluster) -> Option<Hazard> {
    let blue_green = cluster.blue_green.as_ref()?;
    if !evidence.generation.reuses_executor_jobs() || cluster.active_break_glass().is_some() {
        return None;
    }
    let began = blue_green.start_time.filter(|_| blue_green.under_way())?;
    let jobs = rollback::executor_jobs(evidence, cluster);
    let old = jobs.into_iter().find(|job| {
        let of_phase = rollback::action(job).is_some_and(|action| belongs(blue_green, action));
        of_phase && job.ended().is_some() && job.meta.created_at.is_some_and(|at| at < began)
    })?;
    let text = format!(
        "the upgrade goes in circles: in phase {} it takes the old result of Job {}, which is older than the phase, and runs nothing",
        clean(&blue_green.phase),
        clean(&old.meta.name)
    );
    Some(hazard("upgrade-loop-reuses-jobs", Weight::Danger, text))
}

/// Which executor a phase waits for (F§4.6).
fn belongs(blue_green: &BlueGreen, action: &str) -> bool {
    match blue_green.phase.as_str() {
        "JoiningMesh" => action == "bluegreen-join-green-nonvoters",
        "Syncing" => action == "bluegreen-wait-green-synced",
        "Promoting" => action == "bluegreen-promote-green-voters",
        "DemotingBlue" => action == "bluegreen-demote-blue-nonvoters-stepdown",
        "Cleanup" => action == "bluegreen-remove-blue-peers",
        "RollingBack" => action == "bluegreen-repair-consensus",
        "RollbackCleanup" => action == "bluegreen-remove-green-peers" || action == "bluegreen-remove-blue-peers",
        _ => false,
    }
}
