//! Blue/green upgrades, their rollback and break glass: pure steps from what was observed to what is written (F§4.6).
//!
//! Every step ends with a rest of a few seconds, as the operator's own requeue does: an executor Job that ended is not
//! looked at before that. Only a change of the cluster's spec or annotations is looked at at once.

pub mod break_glass;
mod phases;
mod rollback;
#[cfg(test)]
mod tests;
mod turn;

use std::time::Duration;

use serde_json::{Value, json};

use self::turn::Turn;
use super::admin::View;
use super::health::upgrade_phase;
use super::lock::{Claim, Taken};
use super::step::{Action, Step};
use super::values::{flag, name, number, present, text, time};
use crate::drill::Play;

/// How often an active upgrade is looked at, and its lock renewed.
const ACTIVE: Duration = Duration::from_secs(5);
/// How long a cluster that fell back to `Idle` is left alone, until the same upgrade starts again (F§15.2.6).
const STANDBY: Duration = Duration::from_secs(60);
/// Asks for a rollback from any phase (F§2.5).
const FORCE_ROLLBACK: &str = "openbao.org/force-rollback";

/// One pass over a cluster's upgrade; nothing when none is wanted or under way.
pub fn reconcile(view: View<'_>) -> Option<Step> {
    let phase = upgrade_phase(view.cluster);
    if flag(view.cluster, "/status/breakGlass/active") {
        return Some(break_glass::halted(view));
    }
    if phase.is_none() && !(is_blue_green(view.cluster) && is_wanted(view.cluster)) {
        return None;
    }
    if view.resting {
        return phase.map(|_| Step::default());
    }
    let phase = phase.unwrap_or("Idle");
    match Claim::upgrade(phase).take(lock(view), false, view.now) {
        Taken::Yes(lock) => Some(act(Turn::new(view, lock), phase)),
        Taken::Overridden { .. } | Taken::Blocked { .. } => Some(blocked(view, phase)),
    }
}

fn act(turn: Turn<'_>, phase: &str) -> Step {
    let cluster = turn.view.cluster;
    if phase != "Idle" && !is_wanted(cluster) {
        // "No upgrade needed": Green goes, and nothing is repaired (F§4.7, F§15.1).
        return rollback::abandon(turn);
    }
    if phase != "Idle" && super::values::annotation(cluster, FORCE_ROLLBACK) == "true" && !phase.starts_with("Roll") {
        return rollback::fall_back(turn, phase, "manual force-rollback annotation");
    }
    match phase {
        "Idle" => phases::start(turn),
        "DeployingGreen" => phases::deploy(turn),
        "RollingBack" => rollback::roll_back(turn),
        "RollbackCleanup" => rollback::clean_up(turn),
        phase => phases::execute(turn, phase),
    }
}

/// Whether a cluster is upgraded by blue/green.
pub fn is_blue_green(cluster: &Value) -> bool {
    text(cluster, "/spec/upgrade/strategy") == "BlueGreen"
}

/// Whether another version is wanted than the one that runs. While it is, every step ahead comes from the operator.
pub fn is_wanted(cluster: &Value) -> bool {
    let (wanted, current) = (text(cluster, "/spec/version"), text(cluster, "/status/currentVersion"));
    !wanted.is_empty() && !current.is_empty() && wanted != current
}

fn lock(view: View<'_>) -> &Value {
    view.cluster.pointer("/status/operationLock").unwrap_or(&Value::Null)
}

/// Another operation holds the lock. An upgrade under way records the error and tries again until the lock is free, and
/// goes on that very second; one that has not begun just waits.
fn blocked(view: View<'_>, phase: &str) -> Step {
    let held = |field: &str| text(lock(view), field);
    let message = format!(
        "blue/green upgrade in progress but operation lock is held by another operation: operation lock is held by another \
         operation: operation={:?} holder={:?} message={:?}",
        held("/operation"),
        held("/holder"),
        held("/message"),
    );
    let mut actions = Vec::new();
    if phase != "Idle" && text(view.cluster, "/status/adminOps/lastError/message") != message {
        let error = json!({"at": time(view.now), "message": message, "reason": "Error"});
        actions.push(Action::ClusterStatus(json!({"adminOps": {"lastError": error}})));
        if view.play > Play::Jan {
            actions.push(Action::Event { kind: "Warning", reason: "OperationLockBlocked", message });
        }
    }
    Step { actions, again: Some(ACTIVE), rest: false }
}

/// Name of the StatefulSet of one revision.
fn workload(cluster: &Value, revision: &str) -> String {
    format!("{}-{revision}", name(cluster))
}

fn revision<'a>(cluster: &'a Value, colour: &str) -> &'a str {
    text(cluster, &format!("/status/blueGreen/{colour}Revision"))
}

/// A revision as the operator computes it (F§5.3): Green's hashes the image as the spec has it, the empty text mostly.
pub fn revision_of(version: &str, image: &str, replicas: i64) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(format!("version={version}\nimage={image}\nreplicas={replicas}\n"));
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The run id of an attempt: scoped by the operation where upgrades have an identity (≥ #747).
fn run_id(cluster: &Value, run: &str) -> String {
    match text(cluster, "/status/blueGreen/operationID") {
        operation if operation.starts_with("bg-v2-") => format!("{operation}/{run}"),
        _ => run.to_owned(),
    }
}

/// The run id of the rollback: `rollback`, then `rollback-retry-N` after N acknowledgements.
pub fn rollback_run(cluster: &Value) -> String {
    let run = match number(cluster, "/status/blueGreen/rollbackAttempt") {
        0 => "rollback".to_owned(),
        attempt => format!("rollback-retry-{attempt}"),
    };
    run_id(cluster, &run)
}

/// The run id of a phase's action: empty, then `retry-N` after N failures.
pub fn phase_run(cluster: &Value) -> String {
    let run = match number(cluster, "/status/blueGreen/jobFailureCount") {
        0 => String::new(),
        failures => format!("retry-{failures}"),
    };
    run_id(cluster, &run)
}

/// A setting that is on unless the spec says `false`.
fn on(cluster: &Value, pointer: &str) -> bool {
    cluster.pointer(pointer).and_then(Value::as_bool).unwrap_or(true)
}

/// Whether a status field is there at all.
fn has(cluster: &Value, field: &str) -> bool {
    present(cluster, &format!("/status/blueGreen/{field}"))
}
