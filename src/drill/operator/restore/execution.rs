//! `Running` on 0.5 and NEXT: the Job is committed, created exactly once, and known by its receipt (F§4.3, F§4.4).

use std::time::Duration;

use serde_json::{Value, json};

use super::super::jobs;
use super::super::step::{Action, Step};
use super::super::values::{list, name, present, text, time, uid};
use super::running::{AFTER_CREATION, POLL, failed, lock_lost, succeeded};
use super::{Pass, job_name, owned, texts, voters};
use crate::drill::Play;

const SOON: Duration = Duration::from_secs(1);

/// Whether the Job may have been created.
pub fn committed(restore: &Value) -> bool {
    let stage = text(restore, "/status/execution/stage");
    matches!(stage, "Committed" | "Created" | "TerminalObserved" | "FollowThroughComplete" | "Unknown")
}

/// One pass over a running restore.
pub fn running(pass: Pass<'_>) -> Step {
    if pass.view.cluster.is_none() {
        return pass.again(POLL);
    }
    match text(pass.view.restore, "/status/execution/stage") {
        "" => adopt(pass),
        "Prepared" => commit(pass),
        "Committed" => created(pass),
        "Created" => observe(pass),
        "TerminalObserved" if text(pass.view.restore, "/status/execution/terminalResult") == "Failed" => {
            pass.fail(texts::FAILED_RECEIPT)
        }
        "TerminalObserved" if pass.view.play == Play::V05 => voters::restart(pass),
        "TerminalObserved" => pass.unknown(texts::ACCEPTED, json!({"stage": "TerminalObserved"})),
        "FollowThroughComplete" => pass.complete(texts::COMPLETED_05),
        _ => pass.done(),
    }
}

/// A restore that an older operator left running.
fn adopt(mut pass: Pass<'_>) -> Step {
    let Some(job) = pass.view.job.filter(|job| owned(job, pass.view.restore)) else {
        return pass.unknown(&texts::no_receipt(), json!({}));
    };
    let now = time(pass.view.now);
    pass.status(json!({
        "message": format!("Adopted existing restore Job {} and persisted its execution receipt.", name(job)),
        "execution": {
            "operationID": uid(pass.view.restore), "stage": "Created", "jobName": name(job), "jobUID": uid(job),
            "preparedAt": now, "committedAt": now, "createdAt": now,
        },
    }));
    pass.again(SOON)
}

/// Prepared → (hold, Committed, the Job). A failure after this leaves `Unknown`, never a second Job.
fn commit(mut pass: Pass<'_>) -> Step {
    if pass.take_lock(false).is_err() {
        return lock_lost(pass);
    }
    let job = match jobs::restore(&pass.view) {
        Ok(job) => job,
        Err(message) => return pass.fail(message),
    };
    let (id, name) = (uid(pass.view.restore), job_name(pass.view.restore));
    let mut execution = json!({"stage": "Committed", "committedAt": time(pass.view.now)});
    if pass.view.play == Play::Next {
        pass.set_hold();
        execution["targetUID"] = json!(pass.view.cluster.map_or("", uid));
    }
    pass.status(json!({
        "message": format!("Committed restore execution {id}; creating Job {name} exactly once."),
        "execution": execution,
    }));
    pass.act(Action::CreateJob(job));
    pass.event("Normal", "RestoreJobCreated", format!("Created restore Job {name}"));
    pass.again(AFTER_CREATION)
}

/// Committed → Created: the Job's uid is the receipt.
fn created(mut pass: Pass<'_>) -> Step {
    let name = job_name(pass.view.restore);
    let Some(job) = pass.view.job.filter(|job| owned(job, pass.view.restore)) else {
        return pass.unknown(&texts::job_missing(&name, true), json!({}));
    };
    pass.status(json!({
        "message": texts::job_running(pass.view.play, &name, true),
        "execution": {"stage": "Created", "jobUID": uid(job), "createdAt": time(pass.view.now)},
    }));
    pass.again(SOON)
}

fn observe(pass: Pass<'_>) -> Step {
    let name = job_name(pass.view.restore);
    let Some(job) = pass.view.job else {
        return pass.unknown(&texts::job_missing(&name, false), json!({}));
    };
    let receipt = text(pass.view.restore, "/status/execution/jobUID");
    if uid(job) != receipt {
        let message = format!(
            "Restore Job identity no longer matches its creation receipt: restore Job UID {:?} does not match receipt {receipt:?}. \
             The operator will not recreate it.",
            uid(job)
        );
        return pass.unknown(&message, json!({}));
    }
    match (succeeded(job), failed(job)) {
        (false, false) => poll(pass, &name),
        (good, _) => ended(pass, job, good),
    }
}

/// Still running. Losing the lock after the commitment is told, and changes nothing.
fn poll(mut pass: Pass<'_>, name: &str) -> Step {
    renew(&mut pass);
    let message = texts::job_running(pass.view.play, name, false);
    pass.status(json!({"message": message}));
    pass.again(POLL)
}

/// Renews the lock; a committed restore goes on without it.
pub fn renew(pass: &mut Pass<'_>) {
    if pass.take_lock(false).is_err() {
        pass.event("Warning", "OperationLockLost", "Restore lost the cluster operation lock while running");
    }
}

fn ended(mut pass: Pass<'_>, job: &Value, good: bool) -> Step {
    if pass.view.play == Play::Next
        && let Some(pod) = pass.view.executors.iter().find(|pod| !terminated(pod))
    {
        let message = format!("Waiting for restore executor Pod {} to report termination of all containers.", name(pod));
        pass.status(json!({"message": message}));
        return pass.again(AFTER_CREATION);
    }
    let result = if good { "Succeeded" } else { "Failed" };
    let receipt = json!({"stage": "TerminalObserved", "terminalResult": result, "terminalObservedAt": time(pass.view.now)});
    if good {
        let message = format!("Restore Job {} terminal result {result} recorded.", name(job));
        pass.status(json!({"message": message, "execution": receipt}));
        return pass.again(SOON);
    }
    if pass.view.play == Play::Next && present(pass.view.restore, "/status/submissionClaim") {
        return pass.unknown(texts::UNCERTAIN, receipt);
    }
    let mut message = texts::job_failed(&pass.view, job);
    if pass.view.play == Play::Next {
        message = format!("{message} {}", texts::NOT_SUBMITTED);
    }
    pass.status(json!({"execution": receipt}));
    pass.fail(&message)
}

fn terminated(pod: &Value) -> bool {
    let ended = |pointer| list(pod, pointer).iter().all(|status| present(status, "/state/terminated"));
    matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
        && ended("/status/containerStatuses")
        && ended("/status/initContainerStatuses")
}
