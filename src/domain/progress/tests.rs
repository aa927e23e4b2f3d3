use super::*;
use crate::api::workload::Lease;
use crate::domain::evidence::Item;
use crate::domain::job_log::Stage;
use serde_json::{Value, json};

fn restore(status: Value) -> Restore {
    Restore::read(&json!({"metadata": {"name": "r1", "uid": "u1"}, "status": status}))
}

fn cluster(lock: Value) -> Cluster {
    Cluster::read(&json!({"metadata": {"name": "prod"}, "status": {"operationLock": lock}}))
}

fn shown(steps: &[Step]) -> Vec<String> {
    steps.iter().map(|step| format!("{}: {}", step.what, step.text)).collect()
}

fn ended(status: Value, findings: &Findings) -> Option<End> {
    let mut progress = Progress::new("r1");
    progress.see_restore(Some(&restore(status)));
    progress.end(findings)
}

fn none() -> Findings {
    Findings::default()
}

#[test]
fn phases_and_the_lock_are_told_when_they_change_and_only_then() {
    let mut progress = Progress::new("r1");
    let validating = restore(json!({"phase": "Validating", "message": "Validating restore preconditions"}));
    assert_eq!(shown(&progress.see_restore(Some(&validating))), ["Validating: Validating restore preconditions"]);
    assert!(progress.see_restore(Some(&validating)).is_empty());
    let backup = cluster(json!({"operation": "Backup", "holder": "openbaocluster/backup"}));
    assert_eq!(shown(&progress.see_cluster(Some(&backup))), ["lock: Backup held by openbaocluster/backup"]);
    let ours = cluster(json!({"operation": "Restore", "holder": "openbaorestore/r1"}));
    assert_eq!(shown(&progress.see_cluster(Some(&ours))), ["lock: Backup cleared, Restore held by openbaorestore/r1"]);
    let renewed = cluster(json!({"operation": "Restore", "holder": "openbaorestore/r1", "renewedAt": "2026-11-21T00:00:00Z"}));
    assert!(progress.see_cluster(Some(&renewed)).is_empty());
    let running = restore(json!({"phase": "Running", "message": "Restore job in progress"}));
    assert_eq!(shown(&progress.see_restore(Some(&running))), ["Running: Restore job in progress"]);
    assert_eq!(progress.end(&none()), None);
    let done = restore(json!({"phase": "Completed", "message": "Restore completed successfully"}));
    assert_eq!(shown(&progress.see_restore(Some(&done))), ["Completed: Restore completed successfully"]);
    assert_eq!(progress.end(&none()), Some(End::Completed { message: "Restore completed successfully".into() }));
    assert_eq!(shown(&progress.see_cluster(Some(&cluster(json!(null))))), ["lock: Restore released"]);
}

#[test]
fn contention_says_who_holds_the_lock_in_the_words_of_every_generation() {
    for message in [
        "Waiting for cluster operation lock: operation=Backup holder=openbaocluster/backup",
        "Waiting for cluster operation lock held by operation=Backup holder=openbaocluster/backup. Restore will retry automatically; use overrideOperationLock with force=true only for disaster recovery.",
    ] {
        let mut progress = Progress::new("r1");
        let steps = progress.see_restore(Some(&restore(json!({"phase": "Validating", "message": message}))));
        let told = shown(&steps).join("\n");
        assert!(told.starts_with("Validating: waits for the Backup lock of openbaocluster/backup; "), "{told}");
        assert!(progress.waits_for().is_some());
    }
    let mut progress = Progress::new("r1");
    let message = "Waiting for cluster operation lock: operation=Restore holder=openbaorestore/r0";
    let steps = progress.see_restore(Some(&restore(json!({"phase": "Validating", "message": message}))));
    assert!(shown(&steps)[0].contains("kubectl openbao follow r0 -n "), "{steps:?}");
    assert!(Progress::new("r1").see_restore(Some(&restore(json!({})))).is_empty(), "an object nobody looked at is no news");
}

#[test]
fn success_that_looks_like_unknown_is_told_from_an_unknown_outcome() {
    let accepted = "Snapshot request accepted; application is unconfirmed. Follow the administrator recovery runbook before acknowledging Resume or Abandon.";
    assert!(matches!(ended(json!({"phase": "Unknown", "message": accepted}), &none()), Some(End::AcceptedUnconfirmed { .. })));
    let uncertain = "Snapshot application is uncertain; inspect the target and acknowledge administrator recovery.";
    assert!(matches!(
        ended(json!({"phase": "Unknown", "message": uncertain}), &none()),
        Some(End::OutcomeUnknown { settled_by_deletion: false, .. })
    ));
    let older = "The Job is not observable, so its execution state is unknown and the operator will not retry creation. Verify the cluster state, then delete this OpenBaoRestore to release the operation lock.";
    assert!(matches!(
        ended(json!({"phase": "Unknown", "message": older}), &none()),
        Some(End::OutcomeUnknown { settled_by_deletion: true, .. })
    ));
}

#[test]
fn an_acknowledged_restore_goes_on_until_it_is_released() {
    let mut status = json!({"phase": "Unknown", "message": "x", "administratorDisposition": "Resume", "conditions": [
        {"type": "RecoveryReleased", "status": "False", "reason": "Restarting", "message": "restarting prod-1"}]});
    let mut progress = Progress::new("r1");
    let steps = progress.see_restore(Some(&restore(status.clone())));
    assert_eq!(shown(&steps)[1], "recovery: Restarting: restarting prod-1");
    assert_eq!(progress.end(&none()), None);
    status["conditions"][0]["status"] = json!("True");
    progress.see_restore(Some(&restore(status)));
    assert_eq!(progress.end(&none()), Some(End::Released { disposition: "Resume".into() }));
}

#[test]
fn a_failure_says_whether_the_data_may_have_been_changed() {
    let submitted = |message: &str, findings: &Findings| match ended(json!({"phase": "Failed", "message": message}), findings) {
        Some(End::Failed { what, submitted, .. }) => (what, submitted),
        other => panic!("{other:?}"),
    };
    let mut sent = none();
    sent.line(b"Restoring snapshot to cluster...");
    let mut early = none();
    early.line(b"Starting restore operation...");
    early.line(b"bao-restore error: snapshot not found: x");
    let job = "Restore job failed: Job has reached the specified backoff limit";
    assert_eq!(submitted("target cluster \"x\" not found", &none()), (Failed::Precondition, Submitted::No));
    assert_eq!(submitted(job, &none()), (Failed::Job, Submitted::Unknown));
    assert_eq!(submitted(job, &early), (Failed::Job, Submitted::No));
    assert_eq!(submitted(job, &sent), (Failed::Job, Submitted::Unknown));
    assert_eq!(
        submitted("Restore Job restore-r1 failed: x. Failed before submission; no snapshot was submitted.", &none()),
        (Failed::Job, Submitted::No)
    );
    assert_eq!(
        submitted("cluster operation lock was taken by another operation while restore was running", &early),
        (Failed::LockLost, Submitted::Unknown)
    );
    assert_eq!(early.stage, Some(Stage::Started));
}

#[test]
fn a_deleted_or_replaced_restore_has_ended() {
    let mut progress = Progress::new("r1");
    assert_eq!(progress.end(&none()), None);
    progress.see_restore(None);
    assert_eq!(progress.end(&none()), None, "not yet seen is not deleted");
    progress.see_restore(Some(&restore(json!({"phase": "Running"}))));
    let other = Restore::read(&json!({"metadata": {"name": "r1", "uid": "u2"}, "status": {"phase": "Completed"}}));
    progress.see_restore(Some(&other));
    assert_eq!(progress.end(&none()), Some(End::Deleted));
}

#[test]
fn server_text_cannot_move_the_cursor() {
    let mut progress = Progress::new("r1");
    let steps = progress.see_restore(Some(&restore(json!({"phase": "Run\u{1b}[2Jning", "message": "a\u{1b}[2J\nb"}))));
    assert_eq!(shown(&steps), ["Run\u{fffd}[2Jning: a\u{fffd}[2J b"]);
}

#[test]
fn an_operator_that_does_not_run_is_told_once_with_what_to_do() {
    let begun = |phase: &str| {
        let mut progress = Progress::new("r1");
        let object = json!({"metadata": {"name": "r1", "namespace": "bao", "uid": "u1"}, "status": {"phase": phase}});
        progress.see_restore(Some(&Restore::read(&object)));
        progress
    };
    let dead = Evidence { lease: Item::Absent, ..Evidence::default() };
    let renewed_at = Some(dead.observed_at);
    let alive = Evidence { lease: Item::present(Lease { renewed_at, ..Lease::default() }), ..Evidence::default() };
    let mut progress = begun("Pending");
    assert_eq!(progress.see_operator(&alive), None, "it is well");
    let told = progress.see_operator(&dead).expect("a step").text;
    assert!(told.starts_with("is not running: this restore has not begun"), "{told}");
    let what_to_do = progress.without_operator();
    assert!(what_to_do[0].contains("kubectl get deployments -A -l "), "{what_to_do:?}");
    assert!(what_to_do[1].ends_with("kubectl -n bao delete openbaorestore r1"), "{what_to_do:?}");
    assert_eq!(progress.see_operator(&dead), None, "once");
    assert_eq!(progress.see_operator(&alive).map(|step| step.text).as_deref(), Some("runs again"));
    assert!(progress.without_operator().is_empty());
    let mut running = begun("Running");
    assert!(running.see_operator(&dead).expect("a step").text.contains("nobody takes note of its end"));
    assert_eq!(running.without_operator().len(), 1, "what may be at work is not to be deleted");
    let hidden = Evidence { lease: Item::Forbidden { what: "get leases".into() }, ..Evidence::default() };
    assert!(begun("Pending").see_operator(&hidden).expect("a step").text.contains("whether it runs is not known"));
    assert_eq!(begun("Running").see_operator(&hidden), None, "that it runs is no doubt");
    assert_eq!(begun("Completed").see_operator(&dead), None, "it is over");
}
