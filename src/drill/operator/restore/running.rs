//! `Running` on JAN…0.4: a Job by name. A missing one is made again, and so is its submission.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::jobs;
use super::super::step::{Action, Step};
use super::super::values::number;
use super::{Pass, job_name, texts};

/// How long after its creation the Job is looked at again.
pub const AFTER_CREATION: Duration = Duration::from_secs(10);
/// How often a running Job is looked at. Nothing else wakes the operator: it does not watch the Job.
pub const POLL: Duration = Duration::from_secs(15);

/// One pass over a running restore.
pub fn running(mut pass: Pass<'_>) -> Step {
    if pass.view.cluster.is_none() {
        return pass.again(POLL);
    }
    if pass.take_lock(false).is_err() {
        return lock_lost(pass);
    }
    match pass.view.job {
        None => create(pass),
        Some(job) if succeeded(job) => pass.complete(texts::COMPLETED),
        Some(job) if failed(job) => {
            let message = texts::job_failed(&pass.view, job);
            pass.fail(&message)
        }
        Some(_) => {
            let message = texts::job_running(pass.view.play, &job_name(pass.view.restore), false);
            pass.status(json!({"message": message}));
            pass.again(POLL)
        }
    }
}

/// Another operation holds the lock: the restore fails, its Job goes on.
pub fn lock_lost(mut pass: Pass<'_>) -> Step {
    pass.event("Warning", "OperationLockLost", "Restore lost the cluster operation lock while running");
    let message = texts::lock_lost(pass.view.play);
    pass.fail(message)
}

fn create(mut pass: Pass<'_>) -> Step {
    let job = match jobs::restore(&pass.view) {
        Ok(job) => job,
        Err(message) => return pass.fail(message),
    };
    let name = job_name(pass.view.restore);
    pass.act(Action::CreateJob(job));
    pass.event("Normal", "RestoreJobCreated", format!("Created restore Job {name}"));
    let message = texts::job_running(pass.view.play, &name, true);
    pass.status(json!({"message": message}));
    pass.again(AFTER_CREATION)
}

/// Whether a Job has succeeded, as the operator reads it.
pub fn succeeded(job: &Value) -> bool {
    number(job, "/status/succeeded") > 0
}

/// Whether a Job has failed, as the operator reads it.
pub fn failed(job: &Value) -> bool {
    number(job, "/status/failed") > 0
}
