//! The Role for a restore whose outcome is unknown, on the generations that have one. Their CRDs are derived from JAN's,
//! not genuine, and their admission policies are not at hand: what only a policy asks for is not used here.

use kubectl_openbao::drill::Play;
use serde_json::Value;
use tokio::task::block_in_place;

use super::sweep::{Task, Words};
use super::{OPERATOR_NAMESPACE, Right, all_said, assert_exact, right, used};
use crate::harness::{ControlPlane, Generation, Kubectl, Played};

const COMMAND: [&str; 4] = ["openbao", "recover", "colleague-0312", "--resume"];

/// The real command, with what its plan asks of a script.
fn resume(person: &Kubectl) -> String {
    let plan = person.clone().run(COMMAND.iter().chain(&["--dry-run", "-o", "json"])).success();
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let mut args: Vec<&str> = COMMAND.to_vec();
    args.extend(["--settle", "1s", "--confirm", plan["consent"]["phrase"].as_str().unwrap()]);
    args.extend(plan["consent"]["accept"].as_array().unwrap().iter().flat_map(|code| ["--accept", code.as_str().unwrap()]));
    person.clone().run(args).everything(0)
}

/// Only following the release uses these.
const LATER: [Words<'static>; 2] = [("openbaorestores", "list"), ("openbaorestores", "watch")];

/// `unused`: what this generation makes no use of.
async fn each_right(play: Play, unused: &[Words<'_>]) {
    let plane = block_in_place(|| ControlPlane::start(Generation::Derived(play)));
    let _played = Played::start(&plane, "unknown-outcome").await;
    let beside = [("operator", OPERATOR_NAMESPACE)];
    block_in_place(|| {
        let task = Task { plane: &plane, name: "recover", namespace: "bao", beside: &beside, tested: &[("recover", "bao")] };
        let dry_run = [&COMMAND[..], &["--dry-run=server"]].concat();
        task.sweep(&[&LATER, unused].concat(), |person| all_said(person, &[&dry_run]));
        resume(&task.complete());
        // The API server asks for `create` itself, beside `get`, before it switches to a WebSocket.
        let unused = unused.iter().chain(&[("pods/portforward", "create")]);
        let unused: Vec<Right> = unused.map(|(resource, verb)| right(resource, verb)).collect();
        assert_exact("recover", &used(&plane, &task.user("complete"), "bao"), &unused);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn recovering_on_next_names_each_missing_right() {
    each_right(Play::Next, &[("openbaorestores", "delete"), ("openbaoclusters", "restore")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recovering_on_05_names_each_missing_right() {
    each_right(Play::V05, &[("openbaorestores", "patch"), ("openbaoclusters", "restore"), ("jobs", "list")]).await;
}
