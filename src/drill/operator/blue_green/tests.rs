//! The state machine against the captured upgrades. A little store stands in for the API server, and a table for Raft.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::admin;
use super::super::captured;
use super::super::values::{annotation, merged};
use super::*;

const BLUE: &str = "89b324081ed019e8";
const GREEN: &str = "0831866ab392f5ef";
const NONCE: &str = "180f6d052b402e1d29ec1a4591bddbc5";

/// A cluster in the middle of the API server's objects.
struct Stage {
    play: Play,
    cluster: Value,
    jobs: Vec<Value>,
    workloads: Vec<Value>,
    /// The revision whose pod 0 carries the leader's label.
    leader: &'static str,
    /// Actions that fail, by name and run.
    fails: Vec<(&'static str, &'static str)>,
    random: &'static str,
    events: Vec<&'static str>,
    claims: Vec<String>,
    rest: Option<Duration>,
}

impl Stage {
    /// Cluster `bg` of captured 10 just before its upgrade: idle on 2.5.4, and 2.5.5 is wanted.
    fn new(play: Play) -> Self {
        let mut cluster = captured("cluster-bg2-quorum-lost-after-path-b");
        cluster["metadata"]["name"] = json!("bg");
        cluster["spec"]["version"] = json!("2.5.5");
        cluster["spec"].as_object_mut().unwrap().shift_remove("breakGlassAck");
        cluster["status"]["blueGreen"] = json!({"blueRevision": BLUE, "phase": "Idle"});
        for gone in ["breakGlass", "operationLock"] {
            cluster["status"].as_object_mut().unwrap().shift_remove(gone);
        }
        let blue = json!({
            "metadata": {"name": format!("bg-{BLUE}"), "namespace": "bao", "labels": {"openbao.org/revision": BLUE}},
            "spec": {
                "replicas": 3, "selector": {"matchLabels": {"a": "b", "openbao.org/revision": BLUE}},
                "template": {"metadata": {"labels": {"a": "b", "openbao.org/revision": BLUE}}, "spec": {"containers": [{"image": "old"}]}},
            },
        });
        Stage {
            play,
            cluster,
            jobs: Vec::new(),
            workloads: vec![blue],
            leader: BLUE,
            fails: Vec::new(),
            random: NONCE,
            events: Vec::new(),
            claims: Vec::new(),
            rest: None,
        }
    }

    /// Where captured 10 ends: the promotion failed twice, then the repair.
    fn broken(play: Play) -> Self {
        let mut stage = Stage::new(play);
        stage.fails = vec![
            ("bluegreen-promote-green-voters", ""),
            ("bluegreen-promote-green-voters", "retry-1"),
            ("bluegreen-repair-consensus", "rollback"),
        ];
        stage.run(40);
        stage
    }

    fn view<'a>(&'a self, servers: &'a [Value]) -> View<'a> {
        View {
            play: self.play,
            cluster: &self.cluster,
            jobs: &self.jobs,
            servers,
            workloads: &self.workloads,
            restore_pending: false,
            triggered: false,
            nudged: false,
            resting: false,
            random: self.random,
            now: "2026-11-21T00:47:35Z".parse().unwrap(),
        }
    }

    /// One pass, then everybody else does their part. Whether anything was written.
    fn pass(&mut self) -> bool {
        let labels = json!({"openbao-active": "true"});
        let servers = [json!({"metadata": {"name": format!("bg-{}-0", self.leader), "labels": labels}})];
        let step = admin::reconcile(self.view(&servers));
        for action in &step.actions {
            self.apply(action);
        }
        self.rest = step.again.filter(|_| step.rest);
        for job in &mut self.jobs {
            let run = annotation(job, "openbao.org/upgrade-run-id").rsplit('/').next().unwrap_or_default().to_owned();
            let action = annotation(job, "openbao.org/upgrade-action").to_owned();
            if job.get("status").is_none() {
                let failed = self.fails.iter().any(|(known, of)| *known == action && *of == run);
                job["status"] = if failed { json!({"failed": 1}) } else { json!({"succeeded": 1}) };
                if action == "bluegreen-demote-blue-nonvoters-stepdown" && !failed {
                    self.leader = GREEN;
                }
            }
        }
        !step.actions.is_empty()
    }

    fn apply(&mut self, action: &Action) {
        match action {
            Action::ClusterStatus(patch) => self.cluster = merged(&self.cluster, &json!({"status": patch})),
            Action::CreateJob(job) => self.jobs.push(job.clone()),
            Action::CreateWorkload(set) => self.workloads.push(merged(set, &json!({"status": {"readyReplicas": 3}}))),
            Action::DeleteWorkload(gone) => self.workloads.retain(|set| name(set) != gone),
            Action::DeleteClaims(claims) => self.claims.extend(claims.clone()),
            Action::Event { reason, .. } => self.events.push(reason),
            Action::ExecutorAccount(_) => {}
            other => panic!("{other:?}"),
        }
    }

    /// Passes until nothing is written, or so many; the phases met on the way.
    fn run(&mut self, passes: usize) -> Vec<String> {
        let mut phases = vec![self.phase()];
        for _ in 0..passes {
            if !self.pass() {
                break;
            }
            if phases.last() != Some(&self.phase()) {
                phases.push(self.phase());
            }
        }
        phases
    }

    fn phase(&self) -> String {
        self.at("/status/blueGreen/phase").to_owned()
    }

    fn at(&self, pointer: &str) -> &str {
        text(&self.cluster, pointer)
    }

    fn ack(&mut self, nonce: &str) {
        self.cluster["spec"]["breakGlassAck"] = json!(nonce);
    }

    fn job(&self, action: &str, run: &str) -> Option<&str> {
        let fits = |job: &&Value| {
            annotation(job, "openbao.org/upgrade-action") == action && annotation(job, "openbao.org/upgrade-run-id") == run
        };
        self.jobs.iter().find(fits).map(name)
    }
}

#[test]
fn revisions_are_the_captured_ones() {
    assert_eq!(revision_of("2.5.4", "openbao/openbao:2.5.4", 3), BLUE);
    assert_eq!(revision_of("2.5.5", "", 3), GREEN);
}

#[test]
fn a_whole_upgrade_goes_as_captured() {
    let mut stage = Stage::new(Play::Jan);
    let phases = stage.run(40);
    assert_eq!(phases, ["Idle", "DeployingGreen", "JoiningMesh", "Syncing", "Promoting", "DemotingBlue", "Cleanup", "Idle"]);
    let real = captured("cluster-bg3-after-successful-upgrade");
    for field in ["/status/currentVersion", "/status/blueGreen/blueRevision", "/status/blueGreen/phase"] {
        assert_eq!(stage.cluster.pointer(field), real.pointer(field), "{field}");
    }
    assert!(!present(&stage.cluster, "/status/operationLock") && !has(&stage.cluster, "greenRevision"));
    let left: Vec<&str> = stage.workloads.iter().map(name).collect();
    assert_eq!(left, [format!("bg-{GREEN}")]);
    assert_eq!(text(&stage.workloads[0], "/spec/template/spec/containers/0/image"), "openbao/openbao:2.5.5");
    let selector = json!({"a": "b", "openbao.org/revision": GREEN});
    assert_eq!(stage.workloads[0]["spec"]["selector"]["matchLabels"], selector);
    assert_eq!(stage.workloads[0]["spec"]["template"]["metadata"]["labels"], selector);
    let names = ["join-green-nonvoters-7c5ef4be87", "wait-green-synced-a5d1e2d28b", "promote-green-voters-57538aa22b"];
    for expected in names {
        assert!(stage.jobs.iter().any(|job| name(job) == format!("upgrade-bg-bluegreen-{expected}")), "{expected}");
    }
}

#[test]
fn two_failures_and_a_failed_repair_are_break_glass_as_captured() {
    let stage = Stage::broken(Play::Jan);
    // The captured object is of another cluster: its names are put in place of ours.
    let real = captured("cluster-bg2-quorum-lost-after-path-b")["status"]["breakGlass"].clone();
    let job = "upgrade-bg-bluegreen-repair-consensus-23252c2bc7";
    let text_of = |value: &Value| {
        value
            .to_string()
            .replace("upgrade-bg2-bluegreen-repair-consensus-814ad6cc3e", job)
            .replace("bg2", "bg")
            .replace("6c6b0b41b63c4e88ca111c8da3726b33", NONCE)
    };
    let ours = &stage.cluster["status"]["breakGlass"];
    for field in ["message", "nonce", "reason", "steps"] {
        assert_eq!(ours[field].to_string(), text_of(&real[field]), "{field}");
    }
    assert_eq!((&ours["active"], &ours["enteredAt"]), (&json!(true), &json!("2026-11-21T00:47:35Z")));
    let expected = json!({
        "blueRevision": BLUE, "greenRevision": GREEN, "jobFailureCount": 2,
        "lastJobFailure": "upgrade-bg-bluegreen-promote-green-voters-33e4a371a9", "phase": "RollingBack",
        "rollbackReason": "promotion job failure threshold exceeded", "rollbackStartTime": "2026-11-21T00:47:35Z",
        "startTime": "2026-11-21T00:47:35Z",
    });
    assert_eq!(stage.cluster["status"]["blueGreen"], expected);
    assert_eq!(stage.at("/status/operationLock/message"), "blue/green upgrade phase RollingBack");
    assert!(stage.events.is_empty(), "JAN's events are refused");
}

#[test]
fn while_it_is_active_nothing_is_written_and_only_the_very_nonce_ends_it() {
    let mut stage = Stage::broken(Play::Jan);
    for wrong in ["", "0000000000000000000000000000dead", "180F6D052B402E1D29EC1A4591BDDBC5"] {
        stage.ack(wrong);
        assert!(!stage.pass(), "{wrong}");
    }
    stage.ack(NONCE);
    assert!(stage.pass());
    let after = &stage.cluster["status"]["breakGlass"];
    assert!(after.get("active").is_none(), "it vanishes; it is not false");
    assert_eq!((text(after, "/nonce"), text(after, "/acknowledgedAt")), (NONCE, "2026-11-21T00:47:35Z"));
    assert_eq!(number(&stage.cluster, "/status/blueGreen/rollbackAttempt"), 1);
    assert!(!has(&stage.cluster, "jobFailureCount") && !has(&stage.cluster, "lastJobFailure"));
    assert_eq!(stage.rest, Some(Duration::from_secs(5)), "the new Job comes about five seconds later");
    assert_eq!(stage.job("bluegreen-repair-consensus", "rollback-retry-1"), None);
    stage.pass();
    let retry = stage.job("bluegreen-repair-consensus", "rollback-retry-1");
    assert_eq!(retry, Some("upgrade-bg-bluegreen-repair-consensus-3edfac3899"));
}

#[test]
fn a_failed_retry_comes_back_with_a_new_nonce_that_the_old_ack_does_not_fit() {
    let mut stage = Stage::broken(Play::Jan);
    stage.fails.push(("bluegreen-repair-consensus", "rollback-retry-1"));
    stage.ack(NONCE);
    stage.random = "f4c28ca4d0917fcb86a5cbaa6a398514";
    stage.run(10);
    let again = &stage.cluster["status"]["breakGlass"];
    assert_eq!((&again["active"], text(again, "/nonce")), (&json!(true), "f4c28ca4d0917fcb86a5cbaa6a398514"));
    assert!(again.get("acknowledgedAt").is_none(), "all new");
    assert!(text(again, "/message").contains("3edfac3899"));
    assert!(!stage.pass(), "a stale acknowledgement acknowledges nothing");
}

#[test]
fn jan_removes_blue_peers_ignores_the_failure_keeps_the_lock_and_starts_again() {
    let mut stage = Stage::broken(Play::Jan);
    stage.fails.push(("bluegreen-remove-blue-peers", "rollback-retry-1"));
    stage.ack(NONCE);
    let mut phases = Vec::new();
    while phases.last().is_none_or(|phase| phase != "Idle") {
        assert!(stage.pass());
        phases.push(stage.phase());
    }
    assert!(phases.contains(&"RollbackCleanup".to_owned()), "{phases:?}");
    assert_eq!(stage.rest, Some(Duration::from_secs(60)));
    assert_eq!(stage.at("/status/operationLock/holder"), "openbaocluster/upgrade");
    assert_eq!(stage.workloads.len(), 1, "Green is gone");
    assert!(stage.claims.is_empty());
    let expected = json!({
        "blueRevision": BLUE, "phase": "Idle", "rollbackAttempt": 1,
        "rollbackReason": "promotion job failure threshold exceeded", "rollbackStartTime": "2026-11-21T00:47:35Z",
    });
    assert_eq!(stage.cluster["status"]["blueGreen"], expected);

    // The loop: every executor Job is found by its name, and nothing is run again (F§15.2.6).
    let before = stage.jobs.len();
    let loop_ = stage.run(18);
    assert_eq!(
        loop_[..9],
        [
            "Idle",
            "DeployingGreen",
            "JoiningMesh",
            "Syncing",
            "Promoting",
            "RollingBack",
            "RollbackCleanup",
            "Idle",
            "DeployingGreen"
        ]
    );
    assert_eq!(stage.jobs.len(), before, "no new Job");
}

#[test]
fn later_generations_remove_green_let_go_of_the_lock_and_say_so() {
    for play in [Play::V04, Play::V05, Play::Next] {
        let mut stage = Stage::broken(play);
        stage.ack(NONCE);
        while stage.phase() != "Idle" {
            assert!(stage.pass());
        }
        assert!(!present(&stage.cluster, "/status/operationLock"), "{}", play.name());
        assert!(stage.jobs.iter().all(|job| annotation(job, "openbao.org/upgrade-action") != "bluegreen-remove-blue-peers"));
        assert_eq!(stage.claims.len(), if play >= Play::V05 { 3 } else { 0 });
        for event in ["UpgradeStarted", "RollbackStarted", "BreakGlassEntered", "BreakGlassAcknowledged"] {
            assert!(stage.events.contains(&event), "{event}");
        }
    }
}

#[test]
fn from_747_on_runs_carry_the_operation_and_a_new_upgrade_runs_anew() {
    let mut stage = Stage::broken(Play::V05);
    assert!(stage.job("bluegreen-repair-consensus", &format!("bg-v2-{NONCE}/rollback")).is_some());
    stage.ack(NONCE);
    stage.fails.clear();
    while stage.phase() != "Idle" {
        stage.pass();
    }
    stage.random = "00000000000000000000000000000001";
    let phases = stage.run(40);
    assert!(phases.contains(&"Cleanup".to_owned()), "this time the promotion succeeds: {phases:?}");
    assert_eq!(stage.at("/status/currentVersion"), "2.5.5");
}

#[test]
fn a_failed_cleanup_is_break_glass_of_its_own_except_on_jan() {
    let mut stage = Stage::broken(Play::V04);
    stage.fails.push(("bluegreen-remove-green-peers", "rollback-retry-1"));
    stage.ack(NONCE);
    stage.random = "f4c28ca4d0917fcb86a5cbaa6a398514";
    stage.run(20);
    assert_eq!(stage.at("/status/breakGlass/reason"), "RollbackCleanupPeerRemovalFailed");
    assert!(stage.at("/status/breakGlass/message").starts_with("Rollback cleanup peer-removal Job upgrade-bg-"));
    assert_eq!(stage.phase(), "RollbackCleanup");
    stage.ack("f4c28ca4d0917fcb86a5cbaa6a398514");
    stage.pass();
    assert_eq!(number(&stage.cluster, "/status/blueGreen/rollbackAttempt"), 2);
    while stage.phase() != "Idle" {
        assert!(stage.pass());
    }
}

#[test]
fn path_b_does_nothing_until_the_ack_and_then_repairs_nothing() {
    for play in [Play::Jan, Play::V04] {
        let mut stage = Stage::broken(play);
        stage.cluster["spec"]["version"] = json!("2.5.4");
        assert!(!stage.pass(), "nothing while break glass is active");
        let jobs = stage.jobs.len();
        stage.ack(NONCE);
        assert_eq!(stage.run(10), ["RollingBack", "Idle"]);
        assert_eq!((stage.jobs.len(), stage.workloads.len()), (jobs, 1), "Green deleted, no repair");
        assert_eq!(present(&stage.cluster, "/status/operationLock/holder"), play == Play::Jan);
        if play == Play::Jan {
            let real = captured("cluster-bg2-quorum-lost-after-path-b");
            let fields = |cluster: &Value| -> BTreeMap<String, ()> {
                cluster["status"]["blueGreen"].as_object().unwrap().keys().map(|key| (key.clone(), ())).collect()
            };
            assert_eq!(fields(&stage.cluster), fields(&real));
        }
    }
}

#[test]
fn an_early_failure_only_deletes_green() {
    let mut stage = Stage::new(Play::V04);
    stage.fails = vec![("bluegreen-join-green-nonvoters", ""), ("bluegreen-join-green-nonvoters", "retry-1")];
    let mut phases = Vec::new();
    for _ in 0..8 {
        stage.pass();
        phases.push(stage.phase());
    }
    phases.dedup();
    assert_eq!(phases, ["DeployingGreen", "JoiningMesh", "Idle"]);
    assert_eq!(stage.workloads.len(), 1);
}

#[test]
fn a_switched_off_rollback_holds_without_renewing() {
    let mut stage = Stage::new(Play::V04);
    stage.cluster["spec"]["upgrade"]["blueGreen"]["autoRollback"] = json!({"enabled": false});
    stage.fails = vec![("bluegreen-promote-green-voters", ""), ("bluegreen-promote-green-voters", "retry-1")];
    let phases = stage.run(40);
    assert_eq!(phases.last().map(String::as_str), Some("Promoting"));
    assert!(!stage.pass());
    assert_eq!(stage.events, ["UpgradeStarted", "BlueGreenHoldEntered"]);
}

#[test]
fn the_promotion_waits_for_approval_where_that_is_asked() {
    let mut stage = Stage::new(Play::V04);
    stage.cluster["spec"]["upgrade"]["blueGreen"]["autoPromote"] = json!(false);
    assert_eq!(stage.run(40).last().map(String::as_str), Some("Syncing"));
    stage.cluster["spec"]["upgrade"]["requests"] = json!({"promote": "now"});
    assert_eq!(stage.run(1).last().map(String::as_str), Some("Promoting"));
}

#[test]
fn the_snapshot_comes_first_where_it_is_asked() {
    let mut stage = Stage::new(Play::Jan);
    stage.cluster["spec"]["upgrade"]["blueGreen"]["preUpgradeSnapshot"] = json!(true);
    stage.pass();
    assert_eq!((stage.phase().as_str(), stage.jobs.len()), ("Idle", 1));
    assert_eq!(stage.at("/status/operationLock/message"), "blue/green upgrade phase Idle");
    assert_eq!(stage.at("/status/blueGreen/preUpgradeSnapshotJobName"), name(&stage.jobs[0]));
    stage.pass();
    assert_eq!(stage.phase(), "DeployingGreen");
}

#[test]
fn a_rollback_can_be_forced() {
    let mut stage = Stage::new(Play::Jan);
    while stage.phase() != "DemotingBlue" {
        stage.pass();
    }
    stage.cluster["metadata"]["annotations"]["openbao.org/force-rollback"] = json!("true");
    stage.pass();
    assert_eq!(
        (stage.phase().as_str(), stage.at("/status/blueGreen/rollbackReason")),
        ("RollingBack", "manual force-rollback annotation")
    );
}

#[test]
fn a_paused_cluster_takes_no_ack() {
    let mut stage = Stage::broken(Play::Jan);
    stage.cluster["spec"]["paused"] = json!(true);
    stage.ack(NONCE);
    assert!(!stage.pass());
    assert!(flag(&stage.cluster, "/status/breakGlass/active"));
}

#[test]
fn an_upgrade_that_lost_its_lock_says_so_and_goes_on_when_it_is_free() {
    let mut stage = Stage::broken(Play::Jan);
    stage.cluster["status"]["operationLock"] =
        json!({"operation": "Restore", "holder": "openbaorestore/bgr2", "message": "restore bao/bgr2"});
    stage.ack(NONCE);
    stage.pass();
    assert!(!flag(&stage.cluster, "/status/breakGlass/active"), "the ack counts although a restore holds the lock");
    stage.pass();
    assert_eq!(
        stage.at("/status/adminOps/lastError/message"),
        "blue/green upgrade in progress but operation lock is held by another operation: operation lock is held by another \
         operation: operation=\"Restore\" holder=\"openbaorestore/bgr2\" message=\"restore bao/bgr2\""
    );
    assert_eq!(stage.rest, None, "the moment the lock is free it goes on");
    assert!(!stage.pass());
    stage.cluster["status"].as_object_mut().unwrap().shift_remove("operationLock");
    stage.pass();
    assert!(stage.job("bluegreen-repair-consensus", "rollback-retry-1").is_some());
    assert!(present(&stage.cluster, "/status/adminOps/lastError"), "JAN lets it stand (captured 14)");
}

#[test]
fn a_rest_is_kept_but_never_from_an_ack() {
    let mut stage = Stage::new(Play::Jan);
    stage.pass();
    let resting = View { resting: true, ..stage.view(&[]) };
    assert_eq!(reconcile(resting), Some(Step::default()));
    let mut broken = Stage::broken(Play::Jan);
    broken.ack(NONCE);
    let resting = View { resting: true, ..broken.view(&[]) };
    assert!(reconcile(resting).is_some_and(|step| !step.actions.is_empty()));
}
