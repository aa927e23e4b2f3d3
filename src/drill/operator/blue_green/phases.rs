//! The way forward: from `Idle` over Green's deployment to Blue's removal.

use serde_json::{Value, json};

use super::super::jobs;
use super::super::step::{Action, Step};
use super::super::values::{flag, merged, name, number, text};
use super::turn::{Executed, Turn};
use super::{has, on, phase_run, revision, revision_of, rollback, workload};
use crate::drill::Play;

/// The phases that are an executor's Job: action, the phase after it, and what a rollback calls its failure.
const EXECUTED: [(&str, &str, &str, &str); 5] = [
    ("JoiningMesh", "bluegreen-join-green-nonvoters", "Syncing", "join"),
    ("Syncing", "bluegreen-wait-green-synced", "Promoting", "sync"),
    ("Promoting", "bluegreen-promote-green-voters", "DemotingBlue", "promotion"),
    ("DemotingBlue", "bluegreen-demote-blue-nonvoters-stepdown", "Cleanup", "demotion"),
    ("Cleanup", "bluegreen-remove-blue-peers", "Idle", "cleanup"),
];

/// `Idle`, and another version is wanted: first the pre-upgrade snapshot, if one is asked for.
pub fn start(mut turn: Turn<'_>) -> Step {
    let cluster = turn.view.cluster;
    if has(cluster, "greenRevision") {
        // Only the status of an upgrade that was cut off says so: begin anew.
        turn.set(json!({"greenRevision": null}));
    }
    let snapshot = ["/spec/upgrade/preUpgradeSnapshot", "/spec/upgrade/blueGreen/preUpgradeSnapshot"];
    if snapshot.iter().any(|pointer| flag(cluster, pointer)) {
        let job = jobs::upgrade_snapshot(cluster, turn.view.now);
        turn.set(json!({"preUpgradeSnapshotJobName": name(&job)}));
        match turn.run(job) {
            (_, Executed::Running) => return turn.again(),
            (_, Executed::Failed) => return Step::default(),
            (_, Executed::Succeeded) => {}
        }
    }
    let (version, replicas) = (text(cluster, "/spec/version"), number(cluster, "/spec/replicas"));
    turn.enter("DeployingGreen");
    turn.set(json!({"greenRevision": revision_of(version, text(cluster, "/spec/image"), replicas)}));
    if turn.view.play >= Play::V05 {
        turn.set(json!({"operationID": format!("bg-v2-{}", turn.view.random)}));
    }
    let from = text(cluster, "/status/currentVersion");
    turn.event("Normal", "UpgradeStarted", format!("Blue/green upgrade from {from} to {version} started"));
    turn.again()
}

/// `DeployingGreen`: Green's StatefulSet, until all of it is ready.
pub fn deploy(mut turn: Turn<'_>) -> Step {
    let cluster = turn.view.cluster;
    let green = revision(cluster, "green");
    match (turn.workload(green), turn.workload(revision(cluster, "blue"))) {
        (Some(set), _) if number(set, "/status/readyReplicas") >= number(cluster, "/spec/replicas") => {
            turn.enter("JoiningMesh");
        }
        (None, Some(blue)) => turn.act(Action::CreateWorkload(green_workload(cluster, blue, green))),
        _ => {}
    }
    turn.again()
}

/// Green's StatefulSet: Blue's with the other revision and the wanted image.
fn green_workload(cluster: &Value, blue: &Value, green: &str) -> Value {
    let label = json!({"openbao.org/revision": green});
    let kept = |pointer: &str| blue.pointer(pointer).cloned().unwrap_or_default();
    let mut spec = merged(
        &kept("/spec"),
        &json!({
            "selector": {"matchLabels": label},
            "template": {"metadata": {"labels": label, "annotations": null}},
        }),
    );
    if let Some(container) = spec.pointer_mut("/template/spec/containers/0") {
        let image = match text(cluster, "/spec/image") {
            "" => format!("openbao/openbao:{}", text(cluster, "/spec/version")),
            image => image.to_owned(),
        };
        container["image"] = json!(image);
    }
    json!({
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {
            "name": workload(cluster, green),
            "namespace": kept("/metadata/namespace"),
            "labels": merged(&kept("/metadata/labels"), &label),
            "ownerReferences": [jobs::owner(cluster, "OpenBaoCluster")],
        },
        "spec": spec,
    })
}

/// A phase that is an executor's Job.
pub fn execute(mut turn: Turn<'_>, phase: &str) -> Step {
    let cluster = turn.view.cluster;
    let Some((_, action, next, what)) = EXECUTED.iter().find(|(known, ..)| *known == phase) else { return turn.again() };
    let limit = number(cluster, "/spec/upgrade/blueGreen/maxJobFailures");
    let limit = if limit > 0 { limit } else { 5 };
    let failures = number(cluster, "/status/blueGreen/jobFailureCount");
    let automatic = on(cluster, "/spec/upgrade/blueGreen/autoRollback/enabled")
        && on(cluster, "/spec/upgrade/blueGreen/autoRollback/onJobFailure");
    let reason = format!("{what} job failure threshold exceeded");
    if failures >= limit {
        // An abort under way; or held, and then the lock is not renewed.
        return if automatic { rollback::fall_back(turn, phase, &reason) } else { Step::default() };
    }
    let (job, state) = turn.execute(action, &phase_run(cluster));
    match state {
        Executed::Running => turn.again(),
        Executed::Succeeded => go_on(turn, phase, next),
        Executed::Failed => {
            turn.set(json!({"jobFailureCount": failures + 1, "lastJobFailure": job}));
            if failures + 1 < limit {
                return turn.again();
            }
            if automatic {
                return rollback::fall_back(turn, phase, &reason);
            }
            turn.event("Warning", "BlueGreenHoldEntered", format!("Executor Job {job} failed and auto-rollback is disabled"));
            turn.hold()
        }
    }
}

/// The Job of a phase ended well.
fn go_on(mut turn: Turn<'_>, phase: &str, next: &str) -> Step {
    let cluster = turn.view.cluster;
    match phase {
        "Syncing" if !on(cluster, "/spec/upgrade/blueGreen/autoPromote") && !promoted(cluster) => return Step::default(),
        // Green has to lead, and to say so.
        "DemotingBlue" if !turn.leads(revision(cluster, "green")) => return turn.again(),
        "Cleanup" => return finish(turn),
        _ => {}
    }
    turn.enter(next);
    turn.again()
}

/// Whether somebody approved of the promotion (≥ 0.1).
fn promoted(cluster: &Value) -> bool {
    let asked = text(cluster, "/spec/upgrade/requests/promote");
    !asked.is_empty() && asked != text(cluster, "/status/upgradeRequests/lastHandledPromote")
}

/// Blue's StatefulSet goes, then Green is the new Blue and the lock is free.
fn finish(mut turn: Turn<'_>) -> Step {
    let cluster = turn.view.cluster;
    let (blue, green) = (revision(cluster, "blue"), revision(cluster, "green"));
    if turn.workload(blue).is_some() {
        turn.act(Action::DeleteWorkload(workload(cluster, blue)));
        return turn.again();
    }
    turn.set(json!({
        "phase": "Idle", "blueRevision": green, "greenRevision": null, "jobFailureCount": null, "lastJobFailure": null,
        "operationID": null,
    }));
    let version = text(cluster, "/spec/version");
    turn.status("currentVersion", json!(version));
    turn.release();
    turn.event("Normal", "UpgradeComplete", format!("Blue/green upgrade to {version} completed"));
    turn.standby()
}
