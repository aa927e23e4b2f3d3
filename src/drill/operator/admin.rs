//! What admin-ops does: backups, upgrades (in `blue_green`), and the little that frees a leftover lock.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::health::{active_job, ended};
use super::lock::{Claim, Taken};
use super::step::{Action, Step};
use super::values::{annotation, condition, flag, label, name, number, present, text, time};
use super::{blue_green, jobs};
use crate::drill::Play;

/// The annotation that asks for a backup; any new value does.
pub const TRIGGER: &str = "openbao.org/trigger-backup";

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
    /// Its server pods.
    pub servers: &'a [Value],
    /// Its StatefulSets.
    pub workloads: &'a [Value],
    /// Whether an OpenBaoRestore of this cluster is not at its end.
    pub restore_pending: bool,
    /// Whether the trigger annotation holds a value not acted on yet.
    pub triggered: bool,
    /// Whether somebody changed the cluster object since the last pass.
    pub nudged: bool,
    /// Whether the last step of an upgrade is to be left alone for a while yet.
    pub resting: bool,
    /// 32 hexadecimal digits nobody has seen before: a nonce, should one be needed.
    pub random: &'a str,
    /// Now.
    pub now: Timestamp,
}

/// One pass. A paused cluster is left alone, its lock too; a deleted one is let go.
pub fn reconcile(view: View<'_>) -> Step {
    if present(view.cluster, "/metadata/deletionTimestamp") {
        let let_go = Action::Cluster(json!({"metadata": {"finalizers": null}}));
        return Step { actions: vec![let_go], ..Step::default() };
    }
    if flag(view.cluster, "/spec/paused") {
        return Step::default();
    }
    if let Some(step) = blue_green::reconcile(view) {
        return step;
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
        return Step { again: Some(BLOCKED), ..Step::default() };
    };
    if present(view.cluster, "/status/operationLock/holder") && view.play == Play::Jan {
        return Step { again: Some(BLOCKED), ..Step::default() };
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
    Step { actions, ..Step::default() }
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
    Step { actions, ..Step::default() }
}

/// The last thing a leaked lock sees is a renewal when its Job ends.
fn leak(view: View<'_>) -> Step {
    if condition(view.cluster, "BackingUp").is_none_or(|c| text(c, "/status") != "True") {
        return Step::default();
    }
    let renewed = Action::ClusterStatus(json!({"operationLock": {"renewedAt": time(view.now)}}));
    Step { actions: vec![renewed], ..Step::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::operator::captured;
    use crate::drill::operator::values::merged;

    fn view<'a>(play: Play, cluster: &'a Value, jobs: &'a [Value]) -> View<'a> {
        let now = "2026-11-21T01:09:21Z".parse().unwrap();
        View {
            play,
            cluster,
            jobs,
            servers: &[],
            workloads: &[],
            restore_pending: false,
            triggered: false,
            nudged: false,
            resting: false,
            random: "",
            now,
        }
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
}
