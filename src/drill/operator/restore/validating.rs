//! `Validating`: the checks in the operator's order, with the lock in the middle of them.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::step::{Action, Step};
use super::super::values::{condition, flag, list, name, text, time, uid};
use super::{Pass, job_name, texts};
use crate::drill::Play;

/// One pass over a restore in `Validating`.
pub fn validate(mut pass: Pass<'_>) -> Step {
    let restore = pass.view.restore;
    let Some(cluster) = pass.view.cluster else {
        return pass.fail(&format!("target cluster {:?} not found", text(restore, "/spec/cluster")));
    };
    if let Some(message) = before_lock(restore, cluster) {
        return pass.fail(message);
    }
    let force = flag(restore, "/spec/force") && flag(restore, "/spec/overrideOperationLock");
    if let Err(by) = pass.take_lock(force) {
        let message = texts::waiting(pass.view.play, &by);
        if text(restore, "/status/message") != message {
            pass.event("Warning", "OperationLockBlocked", message.clone());
        }
        pass.status(json!({"message": message}));
        return pass.again(Duration::from_secs(5));
    }
    if let Some(message) = after_lock(restore, cluster) {
        if message == texts::NO_AUTHENTICATION && pass.view.play > Play::Jan {
            pass.condition("RestoreConfigurationReady", "False", "AuthenticationRequired", message);
        }
        return pass.fail(message);
    }
    pass.act(Action::ExecutorAccount(format!("{}-restore-serviceaccount", name(cluster))));
    start(pass)
}

/// Checks 1–3 of F§4.1: they leave the lock alone.
fn before_lock(restore: &Value, cluster: &Value) -> Option<&'static str> {
    if text(cluster, "/spec/profile") == "Hardened" && list(cluster, "/spec/network/egressRules").is_empty() {
        return Some(texts::NO_EGRESS);
    }
    let override_alone = flag(restore, "/spec/overrideOperationLock") && !flag(restore, "/spec/force");
    override_alone.then_some("overrideOperationLock requires force: true")
}

/// Checks 5–6: too late for the lock that was cleared.
fn after_lock(restore: &Value, cluster: &Value) -> Option<&'static str> {
    if !flag(restore, "/spec/force") {
        if !flag(cluster, "/status/initialized") {
            return Some(texts::NOT_INITIALIZED);
        }
        if condition(cluster, "Upgrading").is_some_and(|c| text(c, "/status") == "True") {
            return Some(texts::UPGRADING);
        }
    }
    let token = !text(restore, "/spec/tokenSecretRef/name").is_empty();
    (jwt_role(restore, cluster).is_empty() && !token).then_some(texts::NO_AUTHENTICATION)
}

/// The role a restore logs in with: its own, else the default when the operator bootstrapped OIDC.
pub fn jwt_role<'a>(restore: &'a Value, cluster: &Value) -> &'a str {
    let bootstrapped = flag(cluster, "/spec/selfInit/enabled") && flag(cluster, "/spec/selfInit/oidc/enabled");
    match text(restore, "/spec/jwtAuthRole") {
        "" if bootstrapped => "openbao-operator-restore",
        role => role,
    }
}

/// Everything passed: `Running`.
fn start(mut pass: Pass<'_>) -> Step {
    let restore = pass.view.restore;
    if pass.view.play == Play::Jan {
        pass.status(json!({"phase": "Running", "message": "Creating restore job"}));
        return pass.again(Duration::from_secs(1));
    }
    pass.condition("RestoreConfigurationReady", "True", "Ready", "Restore configuration is ready");
    let mut status = json!({"phase": "Running", "message": "Creating restore job"});
    if pass.view.play >= Play::V05 {
        let (id, job) = (uid(restore), job_name(restore));
        status["message"] = json!(format!("Restore execution {id} prepared; waiting to commit Job {job}."));
        status["execution"] = json!({"operationID": id, "stage": "Prepared", "jobName": job, "preparedAt": time(pass.view.now)});
    }
    pass.status_and_conditions(status);
    pass.event("Normal", "RestoreStarted", format!("Restore started for cluster {}", text(restore, "/spec/cluster")));
    pass.again(Duration::from_secs(1))
}
