//! Break glass: entered when a rollback fails, left only by an acknowledgement of its nonce (F§2.4, F§4.6).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::admin::View;
use super::super::step::{Action, Step};
use super::super::values::{name, namespace, number, text, time};
use super::ACTIVE;
use super::turn::Turn;
use crate::drill::Play;

/// The consensus repair failed.
pub const REPAIR: &str = "RollbackConsensusRepairFailed";
/// The removal of Green's peers failed; JAN has no such reason.
pub const CLEANUP: &str = "RollbackCleanupPeerRemovalFailed";

/// Enters, and holds: nothing happens any more, and the lock is not renewed.
pub fn enter(mut turn: Turn<'_>, reason: &str, job: &str) -> Step {
    let view = turn.view;
    let message = &message(reason, job);
    turn.status("breakGlass", entered(view.cluster, view.now, view.random, &Failed { reason, message, job }));
    turn.event("Warning", "BreakGlassEntered", message.as_str());
    turn.hold()
}

/// What failed, so that break glass was entered.
#[derive(Debug, Clone, Copy)]
pub struct Failed<'a> {
    /// The reason as the API has it.
    pub reason: &'a str,
    /// The message.
    pub message: &'a str,
    /// The Job.
    pub job: &'a str,
}

/// The object as it is entered: all new, whatever an earlier one said.
pub fn entered(cluster: &Value, now: Timestamp, nonce: &str, failed: &Failed<'_>) -> Value {
    json!({
        "active": true,
        "acknowledgedAt": null,
        "enteredAt": time(now),
        "message": failed.message,
        "nonce": nonce,
        "reason": failed.reason,
        "steps": steps(cluster, nonce, failed.job),
    })
}

/// The message of a failed Job.
pub fn message(reason: &str, job: &str) -> String {
    match reason {
        CLEANUP => format!("Rollback cleanup peer-removal Job {job} failed; manual intervention required"),
        _ => format!("Rollback consensus repair Job {job} failed; manual intervention required"),
    }
}

/// The runbook the operator writes. It names pod `<cluster>-0`, which a blue/green cluster does not have.
fn steps(cluster: &Value, nonce: &str, job: &str) -> [String; 5] {
    let (ns, name) = (namespace(cluster), name(cluster));
    [
        format!("Inspect rollback Job logs: kubectl -n {ns} logs job/{job}"),
        format!("Inspect pod status: kubectl -n {ns} get pods -l openbao.org/cluster={name} -o wide"),
        format!("Attempt to identify Raft leader: kubectl -n {ns} exec -it {name}-0 -- bao operator raft list-peers"),
        "Perform any required Raft recovery steps (peer removal, snapshot restore) per the user-guide runbook.".into(),
        format!(
            "Acknowledge break glass to retry rollback automation: kubectl -n {ns} patch openbaocluster {name} --type merge -p \
             '{{\"spec\":{{\"breakGlassAck\":\"{nonce}\"}}}}'"
        ),
    ]
}

/// While it is active nothing is done, until `spec.breakGlassAck` is the very nonce: not in other letters, not an older one.
///
/// That is looked at before the lock: an acknowledgement counts also while a restore holds it.
pub fn halted(view: View<'_>) -> Step {
    let nonce = text(view.cluster, "/status/breakGlass/nonce");
    if nonce.is_empty() || text(view.cluster, "/spec/breakGlassAck") != nonce {
        return Step::default();
    }
    // `active` goes away; it is not `false` (F§15.1).
    let mut status = json!({"breakGlass": {"active": null, "acknowledgedAt": time(view.now)}});
    if retries(view) {
        let attempt = number(view.cluster, "/status/blueGreen/rollbackAttempt") + 1;
        status["blueGreen"] = json!({"rollbackAttempt": attempt, "jobFailureCount": null, "lastJobFailure": null});
    }
    let mut actions = vec![Action::ClusterStatus(status)];
    if view.play > Play::Jan {
        let message = "Break glass acknowledged; resuming rollback automation".into();
        actions.push(Action::Event { kind: "Normal", reason: "BreakGlassAcknowledged", message });
    }
    Step { actions, again: Some(ACTIVE), rest: true }
}

/// Whether the acknowledgement arms another try of what had failed.
fn retries(view: View<'_>) -> bool {
    let phase = text(view.cluster, "/status/blueGreen/phase");
    match text(view.cluster, "/status/breakGlass/reason") {
        REPAIR => phase == "RollingBack",
        CLEANUP => phase == "RollbackCleanup",
        _ => false,
    }
}
