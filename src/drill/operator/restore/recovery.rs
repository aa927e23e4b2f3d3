//! NEXT: what an administrator's acknowledgement of an `Unknown` restore does (F§4.4).
//!
//! One simplification: the real operator asks OpenBao for the Raft configuration and for a step-down; this one reads
//! the pods' labels, and leadership moves when the leader's pod goes.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::step::{Action, Step};
use super::super::values::{annotation, flag, label, list, name, present, text, time, uid};
use super::{Pass, hold};
use crate::drill::operator::lock::Claim;

/// The annotation that carries the decision: `<uid of the restore>/Resume` or `/Abandon`.
pub const ACKNOWLEDGE: &str = "openbao.org/restore-acknowledge";

const SOON: Duration = Duration::from_secs(10);
const ACCEPTED: &str = "Administrator accepted responsibility for remaining processes and resources; this is not application or \
                        deletion proof.";

/// One pass over an `Unknown` restore.
pub fn acknowledge(pass: Pass<'_>) -> Step {
    let restore = pass.view.restore;
    if !text(restore, "/status/administratorDisposition").is_empty() {
        return pass.done();
    }
    let decision = annotation(restore, ACKNOWLEDGE).strip_prefix(uid(restore)).and_then(|rest| rest.strip_prefix('/'));
    match decision {
        Some("Abandon") => abandon(pass),
        Some("Resume") => resume(pass),
        // Once recorded, a Resume goes on even if the annotation is taken away.
        _ if present(restore, "/status/restart") => resume(pass),
        _ => pass.done(),
    }
}

/// Pauses the target, then lets go of it. Works on a target that is gone or replaced.
fn abandon(mut pass: Pass<'_>) -> Step {
    if pass.view.cluster.is_some_and(|cluster| same_target(pass.view.restore, cluster)) {
        pass.act(Action::Cluster(json!({"spec": {"paused": true}})));
    }
    release(
        pass,
        "Abandon",
        "Abandoned",
        "Administrator abandoned operator recovery; the original target is left paused if present",
    )
}

fn release(mut pass: Pass<'_>, disposition: &str, reason: &str, message: &str) -> Step {
    pass.release_hold();
    pass.release_lock();
    pass.condition("RecoveryReleased", "True", reason, ACCEPTED);
    let completed = time(pass.view.now);
    pass.status_and_conditions(json!({
        "administratorDisposition": disposition, "message": message, "completionTime": completed,
    }));
    pass.done()
}

fn resume(pass: Pass<'_>) -> Step {
    let restore = pass.view.restore;
    let Some(cluster) = pass.view.cluster else {
        return report(pass, "RecoveryBlocked", "Target is absent; use Abandon after administrator recovery");
    };
    if let Some(message) = blocked(restore, cluster) {
        return report(pass, "RecoveryBlocked", message);
    }
    if let Some(pod) = not_ready(pass.view.servers).or_else(|| not_back(restore, pass.view.servers)) {
        let message = format!("Waiting for Pod {pod} to become Ready; inspect Pod events, unseal access, and readiness probes");
        return report(pass, "WaitingForPod", &message);
    }
    if pass.view.servers.is_empty() || !pass.view.servers.iter().all(healthy) {
        let message = "Cannot confirm every voter is initialized, unsealed, and healthy; inspect voter health and TLS trust";
        return report(pass, "VoterHealthUnavailable", message);
    }
    if !present(restore, "/status/restart") {
        return record(pass);
    }
    replace(pass)
}

fn same_target(restore: &Value, cluster: &Value) -> bool {
    let target = text(restore, "/status/execution/targetUID");
    target.is_empty() || target == uid(cluster)
}

/// The first precondition of a Resume that does not hold.
fn blocked(restore: &Value, cluster: &Value) -> Option<&'static str> {
    if !same_target(restore, cluster) {
        return Some("Target UID differs; use Abandon after administrator recovery; the replacement will not be changed");
    }
    let lock = cluster.pointer("/status/operationLock").unwrap_or(&Value::Null);
    let foreign = present(lock, "/holder") && !Claim::restore(restore).holds(lock);
    if flag(cluster, "/spec/paused") || present(cluster, "/metadata/deletionTimestamp") || foreign {
        return Some("Target is paused, deleting, or locked by another operation; use Abandon for administrator recovery");
    }
    if text(restore, "/status/execution/jobUID").is_empty() {
        return Some("Executor identity is unbound; use Abandon for administrator recovery");
    }
    (hold(cluster) != uid(restore))
        .then_some("managed Resume requires the original held, locked, unpaused target; use Abandon for administrator recovery")
}

fn not_ready(servers: &[Value]) -> Option<&str> {
    servers.iter().find(|pod| present(pod, "/metadata/deletionTimestamp") || !ready(pod)).map(name)
}

/// A recorded pod that is gone and whose successor has not been made yet: it counts as restarted only once that is there.
fn not_back<'a>(restore: &'a Value, servers: &[Value]) -> Option<&'a str> {
    let recorded = list(restore, "/status/restart/pods").iter().map(|pod| text(pod, "/name"));
    recorded.into_iter().find(|wanted| !servers.iter().any(|pod| name(pod) == *wanted))
}

fn ready(pod: &Value) -> bool {
    list(pod, "/status/conditions").iter().any(|c| text(c, "/type") == "Ready" && text(c, "/status") == "True")
}

fn healthy(pod: &Value) -> bool {
    label(pod, "openbao-sealed") == "false" && label(pod, "openbao-initialized") == "true"
}

/// The Resume is accepted: the pods to be replaced are written down before the first one goes.
fn record(mut pass: Pass<'_>) -> Step {
    let owner = |pod: &Value| list(pod, "/metadata/ownerReferences").first().map(uid_of).unwrap_or_default();
    let pods: Vec<Value> =
        pass.view.servers.iter().map(|pod| json!({"name": name(pod), "uid": uid(pod), "statefulSetUID": owner(pod)})).collect();
    let message = "Administrator Resume accepted; restarting voters and read replicas while the management hold remains";
    pass.status(json!({"restart": {"pods": pods}, "message": message}));
    pass.again(SOON)
}

fn uid_of(owner: &Value) -> String {
    text(owner, "/uid").to_owned()
}

/// Replaces the recorded pods one by one, standbys first, the leader last.
fn replace(mut pass: Pass<'_>) -> Step {
    let recorded = list(pass.view.restore, "/status/restart/pods");
    let original = |pod: &&Value| recorded.iter().any(|r| text(r, "/uid") == uid(pod));
    let remaining: Vec<&Value> = pass.view.servers.iter().filter(original).collect();
    let total = recorded.len();
    let progress = format!("{}/{total} Pods replaced and ready", total.saturating_sub(remaining.len()));
    let leads = |pod: &&&Value| label(pod, "openbao-active") == "true";
    let Some(next) = remaining.iter().find(|pod| !leads(pod)).or(remaining.first()).copied() else {
        return resumed(pass);
    };
    let stepping_down = format!("Waiting for leader {} to step down; {progress}", name(next));
    if leads(&&next) && total > 1 && text(pass.view.restore, "/status/message") != stepping_down {
        return report(pass, "Restarting", &stepping_down);
    }
    pass.act(Action::RestartPod { name: name(next).to_owned(), uid: uid(next).to_owned() });
    let message = format!("Restarting Pod {}; {progress}", name(next));
    report(pass, "Restarting", &message)
}

fn resumed(mut pass: Pass<'_>) -> Step {
    let now = time(pass.view.now);
    pass.status(json!({"restart": {"completedAt": now}}));
    release(
        pass,
        "Resume",
        "Resumed",
        "Administrator accepted recovery; voter and read-replica restarts completed and management resumed. Snapshot application \
         remains unconfirmed for existing targets",
    )
}

fn report(mut pass: Pass<'_>, reason: &str, message: &str) -> Step {
    pass.condition("RecoveryReleased", "False", reason, message);
    pass.status_and_conditions(json!({"message": message}));
    pass.again(SOON)
}
