//! 0.5: after the snapshot was applied every voter is restarted before the restore may say `Completed` (#658).

use std::time::Duration;

use serde_json::{Value, json};

use super::super::step::{Action, Step};
use super::super::values::{keyed, name, number, present, text, time, uid};
use super::Pass;
use super::execution::renew;

/// The pod-template annotation that makes the StatefulSet controller replace the voters.
pub const REVISION: &str = "openbao.org/restore-revision";

/// One pass of the voter restart.
pub fn restart(mut pass: Pass<'_>) -> Step {
    let (restore, id) = (pass.view.restore, uid(pass.view.restore));
    let recorded = pass.view.cluster.is_some_and(|cluster| {
        text(cluster, "/status/restore/uid") == id && present(cluster, "/status/restore/restartCompletedAt")
    });
    if recorded {
        return follow_through(pass);
    }
    renew(&mut pass);
    let Some(workload) = pass.view.workload else {
        return pass.again(Duration::from_secs(1));
    };
    let requested = keyed(workload, "/spec/template/metadata/annotations", REVISION) == id;
    if !requested {
        let patch = json!({"spec": {"template": {"metadata": {"annotations": {REVISION: id}}}}});
        pass.act(Action::Workload { name: name(workload).to_owned(), patch });
        pass.event("Normal", "RestoreRestartRequested", "Requested voter Pod restart after snapshot application");
    }
    if let Some(message) = waiting(workload, requested) {
        pass.status(json!({"message": message}));
        return pass.again(Duration::from_secs(1));
    }
    let record = json!({"name": name(restore), "uid": id, "restartCompletedAt": time(pass.view.now)});
    pass.act(Action::ClusterStatus(json!({"restore": record})));
    pass.event("Normal", "RestoreRestartCompleted", "Voter Pods completed the post-restore restart");
    follow_through(pass)
}

fn follow_through(mut pass: Pass<'_>) -> Step {
    pass.status(json!({
        "message": "Post-restore voter and read-replica recovery completed.",
        "execution": {"stage": "FollowThroughComplete", "followThroughCompletedAt": time(pass.view.now)},
    }));
    pass.again(Duration::from_secs(1))
}

/// What the restart still waits for, or nothing.
fn waiting(workload: &Value, requested: bool) -> Option<String> {
    let status = |field: &str| number(workload, &format!("/status/{field}"));
    let revision = |field: &str| text(workload, &format!("/status/{field}")).to_owned();
    let desired = number(workload, "/spec/replicas");
    let generation = number(workload, "/metadata/generation");
    let all = ["replicas", "readyReplicas", "updatedReplicas", "currentReplicas"].iter().all(|field| status(field) == desired);
    let settled = !revision("updateRevision").is_empty() && revision("currentRevision") == revision("updateRevision");
    if requested && all && settled && status("observedGeneration") >= generation {
        return None;
    }
    Some(format!(
        "Waiting for voter Pods to restart after snapshot application: statefulSet={} desiredReplicas={desired} readyReplicas={} \
         updatedReplicas={} currentReplicas={} observedGeneration={} generation={generation} restoreRevisionApplied={requested} \
         currentRevision={:?} updateRevision={:?}",
        name(workload),
        status("readyReplicas"),
        status("updatedReplicas"),
        status("currentReplicas"),
        status("observedGeneration"),
        revision("currentRevision"),
        revision("updateRevision"),
    ))
}
