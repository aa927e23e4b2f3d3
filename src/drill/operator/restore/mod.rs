//! The restore state machine: pure steps from what was observed to what is written (F§4.1–4.4).
//!
//! The order of the checks is the operator's, also where it hurts: the operation lock is taken, or cleared, *before*
//! the target's state, the authentication and the image are looked at.

mod execution;
mod pass;
mod recovery;
mod running;
#[cfg(test)]
mod tests;
pub mod texts;
mod validating;
mod voters;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use pass::Pass;
pub use validating::jwt_role;

use super::step::{Action, Step};
use super::values::{annotation, list, name, text, time, uid};
use crate::drill::Play;

/// The finalizer every OpenBaoRestore carries.
pub const FINALIZER: &str = "openbao.org/openbaorestore-finalizer";
/// The mark a committed restore leaves on its cluster (NEXT).
pub const HOLD: &str = "openbao.org/restore-hold";

/// Everything one pass over an OpenBaoRestore has read.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The generation played.
    pub play: Play,
    /// The OpenBaoRestore.
    pub restore: &'a Value,
    /// Its target cluster, if there is one.
    pub cluster: Option<&'a Value>,
    /// The Job with the restore's Job name, whoever owns it.
    pub job: Option<&'a Value>,
    /// The pods of that Job.
    pub executors: &'a [Value],
    /// The cluster's server pods, in order of their names.
    pub servers: &'a [Value],
    /// The cluster's StatefulSet.
    pub workload: Option<&'a Value>,
    /// `OPERATOR_VERSION` of the operator's Deployment.
    pub operator_version: &'a str,
    /// Now.
    pub now: Timestamp,
}

/// Name of the Job that carries out a restore.
pub fn job_name(restore: &Value) -> String {
    format!("restore-{}", name(restore))
}

/// One pass over an OpenBaoRestore.
pub fn reconcile(view: View<'_>) -> Step {
    if !text(view.restore, "/metadata/deletionTimestamp").is_empty() {
        return deletion(Pass::new(view));
    }
    match text(view.restore, "/status/phase") {
        "" | "Pending" => begin(Pass::new(view)),
        "Validating" => validating::validate(Pass::new(view)),
        "Running" if view.play >= Play::V05 => execution::running(Pass::new(view)),
        "Running" => running::running(Pass::new(view)),
        "Unknown" if view.play == Play::Next => recovery::acknowledge(Pass::new(view)),
        "Completed" | "Failed" if view.play >= Play::V05 => settle(Pass::new(view)),
        _ => Step::default(),
    }
}

/// First sight: the finalizer, then `Validating`.
fn begin(mut pass: Pass<'_>) -> Step {
    let finalizers = list(pass.view.restore, "/metadata/finalizers");
    if !finalizers.iter().any(|f| f == FINALIZER) {
        let mut all = finalizers.to_vec();
        all.push(json!(FINALIZER));
        pass.act(Action::Restore(json!({"metadata": {"finalizers": all}})));
    }
    pass.status(json!({
        "phase": "Validating",
        "message": texts::VALIDATING,
        "snapshotKey": text(pass.view.restore, "/spec/source/key"),
        "startTime": time(pass.view.now),
    }));
    pass.event("Normal", "RestoreValidationStarted", texts::VALIDATING);
    pass.again(Duration::from_secs(1))
}

/// Deletion: JAN…0.4 only let go of the lock; ≥ 0.5 first ends the Job; NEXT keeps a committed restore.
fn deletion(mut pass: Pass<'_>) -> Step {
    let finalizers = list(pass.view.restore, "/metadata/finalizers");
    if !finalizers.iter().any(|f| f == FINALIZER) {
        return Step::default();
    }
    if pass.view.play == Play::Next && execution::committed(pass.view.restore) && !released(pass.view.restore) {
        return recovery::acknowledge(pass);
    }
    if pass.view.play >= Play::V05
        && let Some(job) = pass.view.job.filter(|job| owned(job, pass.view.restore))
    {
        if text(job, "/metadata/deletionTimestamp").is_empty() {
            pass.act(Action::DeleteJob(name(job).to_owned()));
        }
        return pass.again(Duration::from_secs(1));
    }
    pass.release_hold();
    pass.release_lock();
    let rest: Vec<&Value> = finalizers.iter().filter(|f| *f != FINALIZER).collect();
    pass.act(Action::Restore(json!({"metadata": {"finalizers": rest}})));
    pass.done()
}

/// Terminal phases of ≥ 0.5 keep trying to clean up what they still hold.
fn settle(mut pass: Pass<'_>) -> Step {
    pass.release_hold();
    pass.release_lock();
    pass.done()
}

/// Whether an administrator settled this restore, or it never needed settling.
fn released(restore: &Value) -> bool {
    matches!(text(restore, "/status/phase"), "Completed" | "Failed")
        || !text(restore, "/status/administratorDisposition").is_empty()
}

/// Whether an object's controller is this restore, by uid.
fn owned(object: &Value, restore: &Value) -> bool {
    list(object, "/metadata/ownerReferences").iter().any(|owner| text(owner, "/uid") == uid(restore))
}

/// The hold a cluster carries, or nothing.
fn hold(cluster: &Value) -> &str {
    annotation(cluster, HOLD)
}
