//! The way back: abort, consensus repair, cleanup; and the way that repairs nothing.

use serde_json::json;

use super::super::step::{Action, Step};
use super::super::values::{number, time};
use super::turn::{Executed, Turn};
use super::{break_glass, revision, rollback_run, workload};
use crate::drill::Play;

/// Gives a phase up: before Green has votes it is only deleted; after that the consensus has to be repaired.
pub fn fall_back(mut turn: Turn<'_>, phase: &str, reason: &str) -> Step {
    if matches!(phase, "DeployingGreen" | "JoiningMesh" | "Syncing") {
        return abandon(turn);
    }
    turn.set(json!({"phase": "RollingBack", "rollbackReason": reason, "rollbackStartTime": time(turn.view.now)}));
    turn.event("Warning", "RollbackStarted", format!("Blue/green rollback started: {reason}"));
    turn.again()
}

/// Deletes Green and is `Idle` again, with no look at Raft: the abort of an early phase, and what happens in *any* phase
/// once `spec.version` is set back (F§15.1, path B).
pub fn abandon(mut turn: Turn<'_>) -> Step {
    if delete_green(&mut turn) {
        return turn.again();
    }
    turn.idle();
    turn.standby()
}

/// `RollingBack`: Blue gets its votes back; the first failure is break glass.
pub fn roll_back(mut turn: Turn<'_>) -> Step {
    let cluster = turn.view.cluster;
    let (job, state) = turn.execute("bluegreen-repair-consensus", &rollback_run(cluster));
    match state {
        Executed::Running => {}
        Executed::Failed => return break_glass::enter(turn, break_glass::REPAIR, &job),
        Executed::Succeeded if turn.leads(revision(cluster, "blue")) => turn.enter("RollbackCleanup"),
        Executed::Succeeded => {}
    }
    turn.again()
}

/// `RollbackCleanup`: Green's peers leave Raft, then Green is deleted.
///
/// JAN asks for the *Blue* peers to be removed, ignores that it fails, and goes on (F§4.7, F§15.2.5).
pub fn clean_up(mut turn: Turn<'_>) -> Step {
    let cluster = turn.view.cluster;
    let jan = turn.view.play == Play::Jan;
    let action = if jan { "bluegreen-remove-blue-peers" } else { "bluegreen-remove-green-peers" };
    let (job, state) = turn.execute(action, &rollback_run(cluster));
    match state {
        Executed::Running => return turn.again(),
        Executed::Failed if !jan => return break_glass::enter(turn, break_glass::CLEANUP, &job),
        Executed::Failed | Executed::Succeeded => {}
    }
    if delete_green(&mut turn) {
        return turn.again();
    }
    turn.idle();
    turn.event("Normal", "RollbackComplete", "Blue/green rollback completed");
    turn.standby()
}

/// Deletes Green's StatefulSet, from #747 on with its volumes; whether there was anything to delete.
fn delete_green(turn: &mut Turn<'_>) -> bool {
    let cluster = turn.view.cluster;
    let green = revision(cluster, "green");
    if green.is_empty() || turn.workload(green).is_none() {
        return false;
    }
    let set = workload(cluster, green);
    if turn.view.play >= Play::V05 {
        let claims = (0..number(cluster, "/spec/replicas")).map(|ordinal| format!("data-{set}-{ordinal}"));
        turn.act(Action::DeleteClaims(claims.collect()));
    }
    turn.act(Action::DeleteWorkload(set));
    true
}
