//! The state machine against F§4.1–4.4: exact texts, exact order. A little store stands in for the API server.

mod next;

use serde_json::{Value, json};

use super::super::captured;
use super::super::step::{Action, Step};
use super::super::values::{condition, merged, text};
use super::*;

/// The objects of one restore, changed by the steps' own actions.
struct Stage {
    play: Play,
    restore: Value,
    cluster: Option<Value>,
    job: Option<Value>,
    executors: Vec<Value>,
    servers: Vec<Value>,
    workload: Value,
    now: Timestamp,
    events: Vec<String>,
    /// What was written, in short, in order.
    writes: Vec<String>,
}

impl Stage {
    fn new(play: Play) -> Self {
        let mut restore = captured("restore-r1");
        restore.as_object_mut().unwrap().shift_remove("status");
        restore["metadata"].as_object_mut().unwrap().shift_remove("finalizers");
        Stage {
            play,
            restore,
            cluster: Some(captured("cluster-prod")),
            job: None,
            executors: Vec::new(),
            servers: Vec::new(),
            workload: captured("statefulset-prod"),
            now: "2026-11-21T00:50:00Z".parse().unwrap(),
            events: Vec::new(),
            writes: Vec::new(),
        }
    }

    fn locked(mut self, operation: &str, holder: &str) -> Self {
        let at = "2026-11-21T00:00:00Z";
        self.cluster.as_mut().unwrap()["status"]["operationLock"] =
            json!({"operation": operation, "holder": holder, "message": "m", "acquiredAt": at, "renewedAt": at});
        self
    }

    fn spec(mut self, patch: Value) -> Self {
        self.restore = merged(&self.restore, &json!({"spec": patch}));
        self
    }

    fn cluster_patch(mut self, patch: Value) -> Self {
        self.cluster = Some(merged(&self.cluster.unwrap(), &patch));
        self
    }

    /// One pass.
    fn pass(&mut self) -> Step {
        let step = reconcile(View {
            play: self.play,
            restore: &self.restore,
            cluster: self.cluster.as_ref(),
            job: self.job.as_ref(),
            executors: &self.executors,
            servers: &self.servers,
            workload: Some(&self.workload),
            operator_version: "0.4.2",
            now: self.now,
        });
        self.now += jiff::SignedDuration::from_secs(1);
        for action in &step.actions {
            self.carry_out(action);
        }
        step
    }

    fn carry_out(&mut self, action: &Action) {
        match action {
            Action::Restore(patch) => self.restore = merged(&self.restore, patch),
            Action::RestoreStatus(patch) => {
                self.restore = merged(&self.restore, &json!({"status": patch}));
                self.writes.push(format!("status {}: {}", self.phase(), self.message()));
            }
            Action::Cluster(patch) => {
                self.writes.push(format!("cluster {patch}"));
                self.cluster = Some(merged(self.cluster.as_ref().unwrap(), patch));
            }
            Action::ClusterStatus(patch) | Action::ClusterStatusGuarded(patch) => {
                self.cluster = Some(merged(self.cluster.as_ref().unwrap(), &json!({"status": patch})));
                if patch.get("operationLock").is_some() {
                    self.writes.push(format!("lock {}", self.lock()));
                }
            }
            Action::CreateJob(job) => {
                self.job = Some(merged(
                    job,
                    &json!({"metadata": {"uid": format!("job-{}", self.writes.len())}, "status": {"active": 1}}),
                ));
                self.writes.push("job".into());
            }
            Action::DeleteJob(_) => {
                self.writes.push("delete job".into());
                self.job.as_mut().unwrap()["metadata"]["deletionTimestamp"] = json!("now");
            }
            Action::Workload { patch, .. } => self.workload = merged(&self.workload, patch),
            Action::RestartPod { name, .. } => self.writes.push(format!("restart {name}")),
            Action::Event { reason, .. } => self.events.push((*reason).to_owned()),
            Action::ExecutorAccount(_) => self.writes.push("account".into()),
            Action::CreateWorkload(_) | Action::DeleteWorkload(_) | Action::DeleteClaims(_) => {
                self.writes.push("a restore never does this".into());
            }
        }
    }

    /// Passes until nothing more is written.
    fn settle(&mut self) {
        for _ in 0..20 {
            let before = self.writes.len();
            self.pass();
            if self.writes.len() == before || self.writes.last().is_some_and(|w| w.starts_with("lock")) {
                return;
            }
        }
        panic!("never settles: {:?}", self.writes);
    }

    fn job_status(&mut self, status: Value) {
        self.job.as_mut().unwrap()["status"] = status;
    }

    fn phase(&self) -> &str {
        text(&self.restore, "/status/phase")
    }

    fn message(&self) -> &str {
        text(&self.restore, "/status/message")
    }

    fn lock(&self) -> &str {
        text(self.cluster.as_ref().unwrap(), "/status/operationLock/holder")
    }

    fn reason(&self, kind: &str) -> &str {
        condition(&self.restore, kind).map_or("", |c| text(c, "/reason"))
    }
}

fn failed_job() -> Value {
    json!({"failed": 1, "conditions": [
        {"type": "FailureTarget", "status": "True", "message": "Job has reached the specified backoff limit"},
        {"type": "Failed", "status": "True", "message": "Job has reached the specified backoff limit"},
    ]})
}

fn server(ordinal: u32, active: bool) -> Value {
    let name = format!("prod-{ordinal}");
    json!({
        "metadata": {
            "name": name, "uid": format!("old-{ordinal}"), "ownerReferences": [{"uid": "sts"}],
            "labels": {"openbao-active": active.to_string(), "openbao-sealed": "false", "openbao-initialized": "true"},
        },
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    })
}

#[test]
fn jan_runs_a_restore_as_captured() {
    let mut stage = Stage::new(Play::Jan);
    for _ in 0..4 {
        stage.pass();
    }
    assert_eq!(
        stage.writes,
        [
            "status Validating: Validating restore preconditions",
            "lock openbaorestore/r1",
            "account",
            "status Running: Creating restore job",
            "lock openbaorestore/r1",
            "job",
            "status Running: Restore job running",
            "lock openbaorestore/r1",
            "status Running: Restore job in progress",
        ]
    );
    stage.job_status(json!({"succeeded": 1}));
    stage.pass();
    let real = captured("restore-r1");
    for field in
        ["/status/phase", "/status/message", "/status/snapshotKey", "/status/conditions/0/reason", "/metadata/finalizers"]
    {
        assert_eq!(stage.restore.pointer(field), real.pointer(field), "{field}");
    }
    let fields =
        |object: &Value| object["status"].as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>();
    assert_eq!(fields(&stage.restore), fields(&real));
    assert_eq!(stage.restore["status"]["conditions"][0].as_object().unwrap().len(), 5, "JAN's conditions carry no generation");
    assert_eq!((stage.lock(), stage.events.len()), ("", 0));
    assert_eq!(stage.pass(), Step::default(), "Completed is never looked at again");
}

#[test]
fn a_poll_writes_nothing_but_the_lock() {
    let mut stage = Stage::new(Play::Jan);
    for _ in 0..4 {
        stage.pass();
    }
    let step = stage.pass();
    assert_eq!((step.actions.len(), step.again), (1, Some(Duration::from_secs(15))));
}

#[test]
fn contention_waits_in_each_generations_words() {
    let message = |play| {
        let mut stage = Stage::new(play).locked("Backup", "openbaocluster/backup");
        stage.pass();
        let step = stage.pass();
        assert_eq!((stage.phase(), step.again), ("Validating", Some(Duration::from_secs(5))));
        stage.message().to_owned()
    };
    assert_eq!(message(Play::Jan), "Waiting for cluster operation lock: operation=Backup holder=openbaocluster/backup");
    assert_eq!(
        message(Play::V04),
        "Waiting for cluster operation lock held by operation=Backup holder=openbaocluster/backup. Restore will retry \
         automatically; use overrideOperationLock with force=true only for disaster recovery."
    );
    assert_eq!(message(Play::V04), message(Play::Next));
}

#[test]
fn a_restore_lock_is_never_overridden() {
    let mut stage = Stage::new(Play::Jan)
        .locked("Restore", "openbaorestore/ghost")
        .spec(json!({"force": true, "overrideOperationLock": true}));
    stage.settle();
    assert_eq!((stage.phase(), stage.lock()), ("Validating", "openbaorestore/ghost"));
    assert_eq!(stage.message(), "Waiting for cluster operation lock: operation=Restore holder=openbaorestore/ghost");
}

#[test]
fn a_restore_named_as_the_holder_inherits_the_lock() {
    let mut stage = Stage::new(Play::Jan).locked("Restore", "openbaorestore/r1");
    stage.settle();
    assert_eq!(stage.phase(), "Running");
}

#[test]
fn jan_overrides_before_it_validates_and_leaves_both_locks_free() {
    let mut stage = Stage::new(Play::Jan)
        .locked("Upgrade", "openbaocluster/upgrade")
        .spec(json!({"force": true, "overrideOperationLock": true}))
        .cluster_patch(json!({"spec": {"selfInit": null}}));
    stage.pass();
    stage.pass();
    assert_eq!(
        stage.writes[1..],
        ["lock openbaorestore/r1".to_owned(), format!("status Failed: {}", texts::NO_AUTHENTICATION), "lock ".to_owned()]
    );
    // Captured as c1: failing in the very pass that overrode is the one case that stores the condition.
    assert_eq!(stage.reason("OperationLockOverride"), "OperationLockOverridden");
    assert_eq!(stage.reason("RestoreComplete"), "RestoreFailed");
}

#[test]
fn a_successful_override_leaves_a_trace_only_after_jan() {
    let trace = |play| {
        let mut stage = Stage::new(play)
            .locked("Backup", "openbaocluster/backup")
            .spec(json!({"force": true, "overrideOperationLock": true}));
        stage.pass();
        stage.pass();
        assert_eq!((stage.phase(), stage.lock()), ("Running", "openbaorestore/r1"));
        let event = stage.events.iter().any(|e| e == "OperationLockOverride");
        (stage.reason("OperationLockOverride").to_owned(), event)
    };
    assert_eq!(trace(Play::Jan), (String::new(), false));
    assert_eq!(trace(Play::V04), ("OperationLockOverridden".into(), true));
}

#[test]
fn a_missing_image_is_found_after_the_lock_is_gone() {
    let mut stage = Stage::new(Play::Jan)
        .locked("Backup", "openbaocluster/backup")
        .spec(json!({"force": true, "overrideOperationLock": true, "image": null}))
        .cluster_patch(json!({"spec": {"backup": {"image": null}}}));
    stage.settle();
    assert_eq!((stage.phase(), stage.message(), stage.lock()), ("Failed", texts::NO_IMAGE, ""));
    assert_eq!(stage.reason("OperationLockOverride"), "");
}

#[test]
fn an_unknown_cluster_fails_before_any_lock() {
    let mut stage = Stage::new(Play::Jan).spec(json!({"cluster": "nope"}));
    stage.cluster = None;
    stage.pass();
    stage.pass();
    assert_eq!((stage.phase(), stage.message()), ("Failed", "target cluster \"nope\" not found"));
}

#[test]
fn the_checks_that_force_skips() {
    let outcome = |force: bool, patch: Value| {
        let mut stage = Stage::new(Play::Jan).spec(json!({"force": force})).cluster_patch(patch);
        stage.pass();
        stage.pass();
        assert!(stage.lock().is_empty() || stage.phase() == "Running");
        format!("{}: {}", stage.phase(), stage.message())
    };
    let sealed = json!({"status": {"initialized": false}});
    let upgrading = json!({"status": {"conditions": [{"type": "Upgrading", "status": "True"}]}});
    let hardened = json!({"spec": {"profile": "Hardened"}});
    assert_eq!(outcome(false, sealed.clone()), format!("Failed: {}", texts::NOT_INITIALIZED));
    assert_eq!(outcome(false, upgrading.clone()), format!("Failed: {}", texts::UPGRADING));
    assert_eq!(outcome(true, sealed), "Running: Creating restore job");
    assert_eq!(outcome(true, upgrading), "Running: Creating restore job");
    assert_eq!(outcome(true, hardened), format!("Failed: {}", texts::NO_EGRESS));
}

#[test]
fn override_without_force_is_refused_with_the_lock_untouched() {
    let mut stage = Stage::new(Play::Jan).locked("Backup", "openbaocluster/backup").spec(json!({"overrideOperationLock": true}));
    stage.settle();
    assert_eq!((stage.message(), stage.lock()), ("overrideOperationLock requires force: true", "openbaocluster/backup"));
}

#[test]
fn a_deleted_job_is_made_again_until_04_and_unknown_from_05_on() {
    let outcome = |play| {
        let mut stage = Stage::new(play);
        for _ in 0..5 {
            stage.pass();
        }
        assert_eq!(stage.writes.iter().filter(|w| *w == "job").count(), 1);
        stage.job = None;
        stage.pass();
        (stage.phase().to_owned(), stage.writes.iter().filter(|w| *w == "job").count(), stage.lock().to_owned())
    };
    for play in [Play::Jan, Play::V04] {
        assert_eq!(outcome(play), ("Running".into(), 2, "openbaorestore/r1".into()));
    }
    for play in [Play::V05, Play::Next] {
        assert_eq!(outcome(play), ("Unknown".into(), 1, "openbaorestore/r1".into()));
    }
}

#[test]
fn a_lost_lock_ends_the_restore_until_04_and_not_the_job() {
    let outcome = |play| {
        let mut stage = Stage::new(play);
        for _ in 0..5 {
            stage.pass();
        }
        stage = stage.locked("Upgrade", "openbaocluster/upgrade");
        stage.pass();
        assert_eq!(stage.lock(), "openbaocluster/upgrade");
        assert!(stage.job.is_some());
        (stage.phase().to_owned(), stage.message().to_owned())
    };
    let jan = "cluster operation lock was taken by another operation while restore was running";
    assert_eq!(outcome(Play::Jan), ("Failed".into(), jan.into()));
    assert_eq!(outcome(Play::V04), ("Failed".into(), texts::lock_lost(Play::V04).into()));
    assert_eq!(outcome(Play::Next).0, "Running");
}

#[test]
fn a_failed_job_fails_the_restore_in_each_generations_words() {
    let message = |play| {
        let mut stage = Stage::new(play);
        for _ in 0..5 {
            stage.pass();
        }
        stage.job_status(failed_job());
        stage.settle();
        assert_eq!((stage.phase(), stage.lock(), stage.reason("RestoreComplete")), ("Failed", "", "RestoreFailed"));
        stage.message().to_owned()
    };
    let later = "Restore Job restore-r1 failed: Job has reached the specified backoff limit. Check kubectl logs job/restore-r1 -n bao \
                 and create a new OpenBaoRestore to retry.";
    assert_eq!(message(Play::Jan), "Restore job failed: Job has reached the specified backoff limit");
    assert_eq!(message(Play::V04), later);
    assert_eq!(message(Play::V05), later);
    assert_eq!(message(Play::Next), format!("{later} Failed before submission; no snapshot was submitted."));
}

#[test]
fn the_n2_trap_a_leftover_job_of_the_same_name_counts_as_success_on_jan() {
    let mut stage = Stage::new(Play::Jan);
    stage.job = Some(json!({"metadata": {"name": "restore-r1", "uid": "another"}, "status": {"succeeded": 1}}));
    stage.settle();
    assert_eq!(stage.phase(), "Completed");
    let mut stage = Stage::new(Play::V05);
    stage.job = Some(json!({"metadata": {"name": "restore-r1", "uid": "another"}, "status": {"succeeded": 1}}));
    stage.pass();
    stage.pass();
    let before = stage.job.clone();
    stage.pass();
    stage.job = before; // the create collides
    stage.pass();
    assert_eq!(stage.phase(), "Unknown");
}

#[test]
fn the_05_execution_restarts_the_voters_before_it_completes() {
    let mut stage = Stage::new(Play::V05);
    stage.pass();
    stage.pass();
    assert_eq!(
        stage.message(),
        format!("Restore execution {id} prepared; waiting to commit Job restore-r1.", id = uid(&stage.restore))
    );
    stage.pass();
    assert_eq!(
        stage.message(),
        format!("Committed restore execution {id}; creating Job restore-r1 exactly once.", id = uid(&stage.restore))
    );
    stage.pass();
    assert_eq!(text(&stage.restore, "/status/execution/stage"), "Created");
    assert_eq!(stage.message(), "Restore Job restore-r1 is running; waiting for completion.");
    stage.job_status(json!({"succeeded": 1}));
    stage.pass();
    assert_eq!(stage.message(), "Restore Job restore-r1 terminal result Succeeded recorded.");
    stage.pass();
    assert!(stage.message().starts_with("Waiting for voter Pods to restart after snapshot application: statefulSet=prod "));
    assert_eq!(stage.lock(), "openbaorestore/r1", "the lock is kept until the voters are back");
    let generation = number_of(&stage.workload);
    stage.workload = merged(&stage.workload, &json!({"status": {"observedGeneration": generation}}));
    stage.pass();
    assert_eq!(stage.cluster.as_ref().unwrap()["status"]["restore"]["uid"], stage.restore["metadata"]["uid"]);
    stage.pass();
    assert_eq!((stage.phase(), stage.message(), stage.lock()), ("Completed", texts::COMPLETED_05, ""));
}

fn number_of(workload: &Value) -> i64 {
    super::super::values::number(workload, "/metadata/generation")
}

#[test]
fn deleting_a_running_restore_frees_the_lock_at_once_only_before_05() {
    let outcome = |play| {
        let mut stage = Stage::new(play);
        for _ in 0..4 {
            stage.pass();
        }
        stage.restore["metadata"]["deletionTimestamp"] = json!("now");
        stage.pass();
        let first = stage.lock().to_owned();
        stage.job = None;
        stage.pass();
        let finalizers = stage.restore["metadata"]["finalizers"].as_array().unwrap().len();
        (first, stage.lock().to_owned(), finalizers)
    };
    assert_eq!(outcome(Play::Jan), (String::new(), String::new(), 0));
    assert_eq!(outcome(Play::V04), (String::new(), String::new(), 0));
    assert_eq!(outcome(Play::V05), ("openbaorestore/r1".into(), String::new(), 0));
    assert_eq!(outcome(Play::Next), ("openbaorestore/r1".into(), "openbaorestore/r1".into(), 1), "held until acknowledged");
}
