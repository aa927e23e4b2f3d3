//! Break glass on JAN's genuine CRDs: the Role that looks at it, and the one that acknowledges it.

use tokio::task::block_in_place;

use super::sweep::Task;
use super::{OPERATOR_NAMESPACE, all_said, assert_exact, right, used};
use crate::breakglass::consent;
use crate::harness::{ControlPlane, Generation, Played};

#[tokio::test(flavor = "multi_thread")]
async fn diagnosing_and_acknowledging_name_each_missing_right() {
    // The scenario's names are fixed, so it needs servers of its own.
    let plane = block_in_place(|| ControlPlane::start(Generation::Jan));
    let _played = Played::start(&plane, "failed-rollback").await;
    block_in_place(|| {
        diagnose(&plane);
        acknowledge(&plane);
    });
}

fn diagnose(plane: &ControlPlane) {
    let beside = [("operator", OPERATOR_NAMESPACE)];
    Task { plane, name: "diagnose", namespace: "bao", beside: &beside, tested: &[("diagnose", "bao")] }
        .sweep(&[], |person| all_said(person, &[&["openbao", "diagnose"], &["openbao", "diagnose", "rollback", "prod"]]));
}

fn acknowledge(plane: &ControlPlane) {
    let beside = [("operator", OPERATOR_NAMESPACE)];
    let task = Task { plane, name: "acknowledge", namespace: "bao", beside: &beside, tested: &[("acknowledge", "bao")] };
    // Only what is followed afterwards uses these.
    let later = [("jobs", "watch"), ("openbaoclusters", "watch"), ("pods", "get"), ("pods", "watch"), ("pods/log", "get")];
    task.sweep(&later, |person| {
        all_said(person, &[&["openbao", "breakglass", "show"], &["openbao", "breakglass", "ack", "prod", "--dry-run=server"]])
    });
    let args = ["openbao", "breakglass", "ack", "--follow", "--timeout", "2m"].map(String::from);
    let person = task.complete();
    // 3: it is over, and the upgrade that failed begins again.
    person.clone().run([args.to_vec(), consent(&person)].concat()).everything(3);
    assert_exact(
        "acknowledge",
        &used(plane, &task.user("complete"), "bao"), // Asked for when a log is interrupted.
        &[right("pods", "get")],
    );
}
