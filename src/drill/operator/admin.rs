//! What admin-ops does: backups, a blue/green upgrade under way, and the little that frees a leftover lock.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::health::{active_job, ended, upgrade_phase};
use super::jobs;
use super::lock::{Claim, Taken};
use super::step::{Action, Step};
use super::values::{annotation, condition, flag, label, name, number, present, text, time};
use crate::drill::Play;

/// The annotation that asks for a backup; any new value does.
pub const TRIGGER: &str = "openbao.org/trigger-backup";

/// How often an active upgrade is looked at, and its lock renewed.
const ACTIVE: Duration = Duration::from_secs(5);
/// How long a blocked backup waits.
const BLOCKED: Duration = Duration::from_secs(60);

/// What one admin-ops pass over a cluster has read.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The generation played.
    pub play: Play,
    /// The cluster.
    pub cluster: &'a Value,
    /// Its Jobs.
    pub jobs: &'a [Value],
    /// Whether an OpenBaoRestore of this cluster is not at its end.
    pub restore_pending: bool,
    /// Whether the trigger annotation holds a value not acted on yet.
    pub triggered: bool,
    /// Whether somebody changed the cluster object since the last pass.
    pub nudged: bool,
    /// Now.
    pub now: Timestamp,
}

/// One pass. A paused cluster is left alone, its lock too; a deleted one is let go.
pub fn reconcile(view: View<'_>) -> Step {
    if present(view.cluster, "/metadata/deletionTimestamp") {
        let let_go = Action::Cluster(json!({"metadata": {"finalizers": null}}));
        return Step { actions: vec![let_go], again: None };
    }
    if flag(view.cluster, "/spec/paused") {
        return Step::default();
    }
    if let Some(phase) = upgrade_phase(view.cluster) {
        return if flag(view.cluster, "/status/breakGlass/active") { Step::default() } else { upgrade(view, phase) };
    }
    let mut step = backup(view);
    if let Some(release) = leftover(view) {
        step.actions.push(release);
    }
    step
}

fn lock(view: View<'_>) -> &Value {
    view.cluster.pointer("/status/operationLock").unwrap_or(&Value::Null)
}

fn free() -> Action {
    Action::ClusterStatus(json!({"operationLock": null}))
}

/// Nothing is released by time (F§15.2.3): only a change to the object brings admin-ops to look.
fn leftover(view: View<'_>) -> Option<Action> {
    let held = |operation| text(lock(view), "/operation") == operation;
    let idle = active_job(view.jobs, "upgrade").is_none() && !present(view.cluster, "/status/upgrade");
    let rolling = text(view.cluster, "/spec/upgrade/strategy") != "BlueGreen";
    let upgrade = held("Upgrade") && text(lock(view), "/holder") == "openbaocluster/upgrade" && rolling && idle;
    let backup = held("Backup") && view.restore_pending && active_job(view.jobs, "backup").is_none();
    (view.nudged && (upgrade || backup)).then(free)
}

fn backup(view: View<'_>) -> Step {
    if let Some(job) = under_lock(view) {
        return if ended(job) { finished(view, job) } else { Step::default() };
    }
    if !view.triggered || view.restore_pending {
        return Step::default();
    }
    start(view)
}

/// The backup Job the lock speaks of.
fn under_lock(view: View<'_>) -> Option<&Value> {
    let named = text(lock(view), "/message").strip_prefix("backup job ")?;
    view.jobs.iter().find(|job| name(job) == named && label(job, "openbao.org/component") == "backup")
}

/// A leaked lock carries the same holder string, yet on JAN backups stop behind it: only a free one will do.
fn start(view: View<'_>) -> Step {
    let job = jobs::backup(view.cluster, view.play, view.now);
    let claim = Claim::backup(name(&job));
    let Taken::Yes(lock) = claim.take(lock(view), false, view.now) else {
        return Step { actions: Vec::new(), again: Some(BLOCKED) };
    };
    if present(view.cluster, "/status/operationLock/holder") && view.play == Play::Jan {
        return Step { actions: Vec::new(), again: Some(BLOCKED) };
    }
    let message = format!("Backup Job {} is running", name(&job));
    let account = format!("{}-backup-serviceaccount", name(view.cluster));
    let mut actions = vec![Action::ClusterStatus(json!({"operationLock": lock})), Action::ExecutorAccount(account)];
    actions.push(Action::CreateJob(job));
    if view.play > Play::Jan {
        let handled = annotation(view.cluster, TRIGGER);
        actions.push(Action::ClusterStatus(json!({"backup": {"lastHandledManualTrigger": handled}})));
        actions.push(Action::Event { kind: "Normal", reason: "BackupStarted", message });
    }
    Step { actions, again: None }
}

/// The Job under the lock has ended. On JAN only the first backup of a cluster is recorded and its lock released:
/// from the second one on the status patch runs into field conflicts, and the lock stays (F§15.2.2).
fn finished(view: View<'_>, job: &Value) -> Step {
    let first = text(view.cluster, "/status/backup/lastBackupName").is_empty();
    if view.play == Play::Jan && !first {
        return leak(view);
    }
    let mut actions = Vec::new();
    if number(job, "/status/succeeded") > 0 {
        let started = text(job, "/metadata/creationTimestamp");
        actions.push(Action::ClusterStatus(json!({"backup": {
            "lastAttemptScheduledTime": started,
            "lastAttemptTime": started,
            "lastBackupName": annotation(job, "openbao.org/backup-key"),
            "lastBackupTime": time(view.now),
        }})));
    }
    actions.push(free());
    Step { actions, again: None }
}

/// The last thing a leaked lock sees is a renewal when its Job ends.
fn leak(view: View<'_>) -> Step {
    if condition(view.cluster, "BackingUp").is_none_or(|c| text(c, "/status") != "True") {
        return Step::default();
    }
    let renewed = Action::ClusterStatus(json!({"operationLock": {"renewedAt": time(view.now)}}));
    Step { actions: vec![renewed], again: None }
}

/// A blue/green upgrade under way: the lock is renewed while its executor works; a finished one leads to the next phase.
fn upgrade(view: View<'_>, phase: &str) -> Step {
    match Claim::upgrade(phase).take(lock(view), false, view.now) {
        Taken::Yes(lock) => advance(view, phase, lock),
        Taken::Overridden { .. } | Taken::Blocked { .. } => blocked(view),
    }
}

/// The action of each phase the range plays, and the phase after it.
const PHASES: [(&str, &str, Option<&str>); 3] = [
    ("Syncing", "bluegreen-wait-green-synced", Some("Promoting")),
    ("Promoting", "bluegreen-promote-green-voters", Some("DemotingBlue")),
    ("DemotingBlue", "bluegreen-demote-blue-nonvoters-stepdown", None),
];

fn advance(view: View<'_>, phase: &str, lock: Value) -> Step {
    let mut status = json!({"operationLock": lock});
    if present(view.cluster, "/status/adminOps/lastError") {
        status["adminOps"] = json!({"lastError": null});
    }
    let mut actions = Vec::new();
    if let Some((_, action, next)) = PHASES.iter().find(|(known, ..)| *known == phase) {
        let ours = |job: &&Value| annotation(job, "openbao.org/upgrade-action") == *action;
        match (view.jobs.iter().find(ours), next) {
            (None, _) => actions.push(Action::CreateJob(jobs::upgrade(view.cluster, action))),
            (Some(job), Some(next)) if number(job, "/status/succeeded") > 0 => {
                status["blueGreen"] = json!({"phase": next, "startTime": time(view.now)});
            }
            _ => {}
        }
    }
    actions.insert(0, Action::ClusterStatus(status));
    Step { actions, again: Some(ACTIVE) }
}

/// The lock was taken away: the error is recorded and tried again, until the lock is free and the upgrade goes on.
fn blocked(view: View<'_>) -> Step {
    let held = |field: &str| text(lock(view), field);
    let message = format!(
        "blue/green upgrade in progress but operation lock is held by another operation: operation lock is held by another \
         operation: operation={:?} holder={:?} message={:?}",
        held("/operation"),
        held("/holder"),
        held("/message"),
    );
    let mut actions = Vec::new();
    if text(view.cluster, "/status/adminOps/lastError/message") != message {
        let error = json!({"at": time(view.now), "message": message, "reason": "Error"});
        actions.push(Action::ClusterStatus(json!({"adminOps": {"lastError": error}})));
    }
    Step { actions, again: Some(ACTIVE) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::operator::captured;
    use crate::drill::operator::values::merged;

    fn view<'a>(play: Play, cluster: &'a Value, jobs: &'a [Value]) -> View<'a> {
        let now = "2026-11-21T01:09:21Z".parse().unwrap();
        View { play, cluster, jobs, restore_pending: false, triggered: false, nudged: false, now }
    }

    /// The cluster and its Jobs after a step.
    fn apply(cluster: &Value, jobs: &mut Vec<Value>, step: &Step) -> Value {
        step.actions.iter().fold(cluster.clone(), |cluster, action| match action {
            Action::ClusterStatus(patch) => merged(&cluster, &json!({"status": patch})),
            Action::CreateJob(job) => {
                jobs.push(merged(job, &json!({"status": {"active": 1}})));
                cluster
            }
            _ => cluster,
        })
    }

    fn prod(backed_up: bool) -> Value {
        let mut cluster = captured("cluster-prod");
        if !backed_up {
            cluster["status"]["backup"].as_object_mut().unwrap().clear();
        }
        cluster
    }

    /// A whole triggered backup; what holds the lock after it, and the last backup's name.
    fn back_up(play: Play, cluster: Value) -> (String, String) {
        let mut jobs = Vec::new();
        let step = reconcile(View { triggered: true, ..view(play, &cluster, &jobs) });
        let cluster = apply(&cluster, &mut jobs, &step);
        assert_eq!(text(&cluster, "/status/operationLock/message"), "backup job backup-prod-20261121-010921");
        jobs[0]["status"] = json!({"succeeded": 1});
        let step = reconcile(view(play, &cluster, &jobs));
        let after = apply(&cluster, &mut jobs, &step);
        (text(&after, "/status/operationLock/holder").into(), text(&after, "/status/backup/lastBackupName").into())
    }

    #[test]
    fn the_first_backup_is_recorded_and_releases() {
        let (holder, key) = back_up(Play::Jan, prod(false));
        assert!(holder.is_empty() && key.starts_with("bao/prod/2026-11-21T01-09-21Z-"), "{key}");
    }

    #[test]
    fn the_second_backup_leaks_its_lock_on_jan_only() {
        let old = "bao/prod/2026-11-21T00-41-19Z-b397e37b.snap";
        assert_eq!(back_up(Play::Jan, prod(true)), ("openbaocluster/backup".into(), old.into()));
        let (holder, key) = back_up(Play::V04, prod(true));
        assert!(holder.is_empty() && key != old);
    }

    fn locked(operation: &str, holder: &str, message: &str) -> Value {
        let mut cluster = captured("cluster-prod");
        cluster["status"]["operationLock"] = json!({"operation": operation, "holder": holder, "message": message});
        cluster
    }

    #[test]
    fn a_nudge_frees_an_upgrade_lock_and_a_backup_lock_only_while_a_restore_waits() {
        let frees = |operation, holder, nudged, restore_pending| {
            let cluster = locked(operation, holder, "m");
            !reconcile(View { nudged, restore_pending, ..view(Play::Jan, &cluster, &[]) }).actions.is_empty()
        };
        let (upgrade, backup) = (("Upgrade", "openbaocluster/upgrade"), ("Backup", "openbaocluster/backup"));
        assert!(!frees(upgrade.0, upgrade.1, false, false), "nothing is released by time");
        assert!(frees(upgrade.0, upgrade.1, true, false));
        assert!(!frees(backup.0, backup.1, true, false));
        assert!(frees(backup.0, backup.1, true, true));
        assert!(!frees("Restore", "openbaorestore/ghost", true, true));
        assert!(!frees("Upgrade", "somebody/else", true, false));
    }

    #[test]
    fn a_paused_cluster_is_left_alone() {
        let mut cluster = locked("Upgrade", "openbaocluster/upgrade", "m");
        cluster["spec"]["paused"] = json!(true);
        assert_eq!(reconcile(View { nudged: true, triggered: true, ..view(Play::Jan, &cluster, &[]) }), Step::default());
    }

    #[test]
    fn a_deleted_cluster_is_let_go() {
        let mut cluster = prod(true);
        cluster["metadata"]["deletionTimestamp"] = json!("2026-11-21T01:09:21Z");
        let step = reconcile(view(Play::Jan, &cluster, &[]));
        assert_eq!(step.actions, [Action::Cluster(json!({"metadata": {"finalizers": null}}))]);
    }

    fn upgrading(phase: &str) -> Value {
        let mut cluster = captured("cluster-prod");
        cluster["status"]["blueGreen"] =
            json!({"phase": phase, "blueRevision": "89b324081ed019e8", "greenRevision": "0831866ab392f5ef"});
        cluster
    }

    #[test]
    fn a_live_upgrade_renews_its_lock_and_goes_on() {
        let (cluster, mut jobs) = (upgrading("Syncing"), Vec::new());
        let step = reconcile(view(Play::Jan, &cluster, &jobs));
        let cluster = apply(&cluster, &mut jobs, &step);
        assert_eq!(step.again, Some(ACTIVE));
        assert_eq!(text(&cluster, "/status/operationLock/message"), "blue/green upgrade phase Syncing");
        assert_eq!(annotation(&jobs[0], "openbao.org/upgrade-action"), "bluegreen-wait-green-synced");
        let step = reconcile(view(Play::Jan, &cluster, &jobs));
        assert_eq!(step.actions.len(), 1, "no second Job");
        jobs[0]["status"] = json!({"succeeded": 1});
        let step = reconcile(view(Play::Jan, &cluster, &jobs));
        assert_eq!(text(&apply(&cluster, &mut jobs, &step), "/status/blueGreen/phase"), "Promoting");
    }

    #[test]
    fn an_upgrade_that_lost_its_lock_says_so_and_takes_it_back_when_free() {
        let (mut cluster, mut jobs) = (upgrading("RollingBack"), Vec::new());
        cluster["status"]["operationLock"] =
            json!({"operation": "Restore", "holder": "openbaorestore/bgr2", "message": "restore bao/bgr2"});
        let step = reconcile(view(Play::Jan, &cluster, &jobs));
        cluster = apply(&cluster, &mut jobs, &step);
        assert_eq!(
            text(&cluster, "/status/adminOps/lastError/message"),
            "blue/green upgrade in progress but operation lock is held by another operation: operation lock is held by another \
             operation: operation=\"Restore\" holder=\"openbaorestore/bgr2\" message=\"restore bao/bgr2\""
        );
        assert!(reconcile(view(Play::Jan, &cluster, &jobs)).actions.is_empty());
        cluster["status"].as_object_mut().unwrap().shift_remove("operationLock");
        let step = reconcile(view(Play::Jan, &cluster, &jobs));
        let after = apply(&cluster, &mut jobs, &step);
        assert_eq!(text(&after, "/status/operationLock/holder"), "openbaocluster/upgrade");
        assert!(!present(&after, "/status/adminOps/lastError"));
    }

    #[test]
    fn break_glass_halts_everything() {
        let mut cluster = upgrading("RollingBack");
        cluster["status"]["breakGlass"] = json!({"active": true});
        assert_eq!(reconcile(View { nudged: true, ..view(Play::Jan, &cluster, &[]) }), Step::default());
    }
}
