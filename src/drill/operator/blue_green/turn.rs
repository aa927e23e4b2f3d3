//! One turn of the upgrade in the making: the status as it will be, and the writes besides.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::admin::View;
use super::super::health::ended;
use super::super::jobs;
use super::super::step::{Action, Step};
use super::super::values::{label, name, number, present, time};
use super::{ACTIVE, STANDBY};
use crate::drill::Play;

/// What has become of an executor Job.
pub enum Executed {
    /// It was created in this turn, or is at work.
    Running,
    /// It ended well.
    Succeeded,
    /// It failed.
    Failed,
}

/// A turn being decided; the lock is already taken or renewed.
pub struct Turn<'a> {
    /// What was read.
    pub view: View<'a>,
    status: Value,
    actions: Vec<Action>,
}

impl<'a> Turn<'a> {
    /// Begins with the lock as it is to be written.
    pub fn new(view: View<'a>, lock: Value) -> Self {
        let mut status = json!({"operationLock": lock});
        // On JAN the error stays after it is over (captured 14).
        if view.play > Play::Jan && present(view.cluster, "/status/adminOps/lastError") {
            status["adminOps"] = json!({"lastError": null});
        }
        Turn { view, status, actions: Vec::new() }
    }

    /// Sets fields of `status.blueGreen`.
    pub fn set(&mut self, fields: Value) {
        if !self.status["blueGreen"].is_object() {
            self.status["blueGreen"] = json!({});
        }
        for (key, value) in fields.as_object().into_iter().flatten() {
            self.status["blueGreen"][key] = value.clone();
        }
    }

    /// Sets another part of the status.
    pub fn status(&mut self, key: &str, value: Value) {
        self.status[key] = value;
    }

    /// Goes on to a phase; its failures count anew.
    pub fn enter(&mut self, phase: &str) {
        self.set(json!({
            "phase": phase, "startTime": time(self.view.now), "jobFailureCount": null, "lastJobFailure": null,
        }));
    }

    /// Ends the upgrade where it is: nothing of Green is left in the status. What the rollback said stays.
    pub fn idle(&mut self) {
        self.set(json!({
            "phase": "Idle", "greenRevision": null, "startTime": null, "jobFailureCount": null, "lastJobFailure": null,
            "operationID": null,
        }));
        // JAN lets go of the lock only after a successful upgrade (F§4.5).
        if self.view.play > Play::Jan {
            self.release();
        }
    }

    /// Lets go of the lock.
    pub fn release(&mut self) {
        self.status["operationLock"] = Value::Null;
    }

    /// Adds a write after the status.
    pub fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// An event; JAN's are refused by the API server (F§15.2.1).
    pub fn event(&mut self, kind: &'static str, reason: &'static str, message: impl Into<String>) {
        if self.view.play > Play::Jan {
            self.act(Action::Event { kind, reason, message: message.into() });
        }
    }

    /// The executor Job of an action and run, created if there is none of its name. One of an earlier upgrade that bears
    /// the same name is taken for it, and its old result with it (F§15.2.6).
    pub fn execute(&mut self, action: &str, run: &str) -> (String, Executed) {
        let job = jobs::upgrade(self.view.cluster, action, run);
        self.run(job)
    }

    /// The same for a Job as a whole.
    pub fn run(&mut self, job: Value) -> (String, Executed) {
        let wanted = name(&job).to_owned();
        let Some(found) = self.view.jobs.iter().find(|found| name(found) == wanted) else {
            self.act(Action::ExecutorAccount(format!("{}-upgrade-serviceaccount", name(self.view.cluster))));
            self.act(Action::CreateJob(job));
            return (wanted, Executed::Running);
        };
        let state = match ended(found) {
            false => Executed::Running,
            true if number(found, "/status/succeeded") > 0 => Executed::Succeeded,
            true => Executed::Failed,
        };
        (wanted, state)
    }

    /// The StatefulSet of a revision, if it is there and stays.
    pub fn workload(&self, revision: &str) -> Option<&'a Value> {
        let wanted = super::workload(self.view.cluster, revision);
        let stays = |set: &&Value| name(set) == wanted && !present(set, "/metadata/deletionTimestamp");
        self.view.workloads.iter().find(stays)
    }

    /// Whether a pod of a revision carries the leader's label.
    pub fn leads(&self, revision: &str) -> bool {
        let prefix = format!("{}-", super::workload(self.view.cluster, revision));
        let leader = |pod: &Value| name(pod).starts_with(&prefix) && label(pod, "openbao-active") == "true";
        self.view.servers.iter().any(leader)
    }

    /// Looks again after the usual while.
    pub fn again(self) -> Step {
        self.after(ACTIVE)
    }

    /// Looks again when a cluster at rest would be.
    pub fn standby(self) -> Step {
        self.after(STANDBY)
    }

    /// Holds: nobody looks until something changes.
    pub fn hold(self) -> Step {
        Step { again: None, ..self.after(ACTIVE) }
    }

    fn after(self, again: Duration) -> Step {
        let mut actions = vec![Action::ClusterStatus(self.status)];
        actions.extend(self.actions);
        Step { actions, again: Some(again), rest: true }
    }
}
