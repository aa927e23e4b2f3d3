//! One pass in the making: the status and the lock as they will be, and the writes that make them so.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::lock::{Claim, Taken};
use super::super::step::{Action, Step};
use super::super::values::{Condition, list, merged, number, present, set_condition, time, uid};
use super::{HOLD, View, hold, texts};
use crate::drill::Play;

/// Who holds the lock that was wanted.
pub struct Blocked {
    /// The operation that holds it.
    pub operation: String,
    /// Its holder.
    pub holder: String,
}

/// A pass being decided.
pub struct Pass<'a> {
    /// What was read.
    pub view: View<'a>,
    step: Step,
    status: Value,
    /// Conditions as they are in memory; stored only when a status patch takes them along.
    conditions: Vec<Value>,
    lock: Value,
}

impl<'a> Pass<'a> {
    /// Starts from what was observed.
    pub fn new(view: View<'a>) -> Self {
        Pass {
            view,
            step: Step::default(),
            status: view.restore.get("status").cloned().unwrap_or_else(|| json!({})),
            conditions: list(view.restore, "/status/conditions").to_vec(),
            lock: view.cluster.and_then(|c| c.pointer("/status/operationLock")).cloned().unwrap_or_default(),
        }
    }

    /// Adds a write.
    pub fn act(&mut self, action: Action) {
        self.step.actions.push(action);
    }

    /// Patches the status, unless it already says so: an empty patch would wake the controller for nothing.
    pub fn status(&mut self, patch: Value) {
        let after = merged(&self.status, &patch);
        if after != self.status {
            self.status = after;
            self.act(Action::RestoreStatus(patch));
        }
    }

    /// [`Pass::status`] with the conditions in memory taken along.
    pub fn status_and_conditions(&mut self, mut patch: Value) {
        if !self.conditions.is_empty() {
            patch["conditions"] = json!(self.conditions);
        }
        self.status(patch);
    }

    /// Sets a condition in memory.
    pub fn condition(&mut self, kind: &str, status: &str, reason: &str, message: &str) {
        let generation = (self.view.play > Play::Jan).then(|| number(self.view.restore, "/metadata/generation"));
        set_condition(&mut self.conditions, &Condition { kind, status, reason, message, generation }, self.view.now);
    }

    /// An event. JAN's are refused by the API server (`action: Required value`, F§15.2.1): none is ever seen.
    pub fn event(&mut self, kind: &'static str, reason: &'static str, message: impl Into<String>) {
        if self.view.play > Play::Jan {
            self.act(Action::Event { kind, reason, message: message.into() });
        }
    }

    /// Takes or refreshes the operation lock; `force` clears an Upgrade's or a Backup's.
    pub fn take_lock(&mut self, force: bool) -> Result<(), Blocked> {
        match Claim::restore(self.view.restore).take(&self.lock, force, self.view.now) {
            Taken::Yes(lock) => self.write_lock(lock),
            Taken::Overridden { lock, operation, holder } => {
                self.write_lock(lock);
                let cleared = format!("existing lock operation={operation} holder={holder}");
                self.condition("OperationLockOverride", "True", "OperationLockOverridden", &format!("Cleared {cleared}"));
                self.event("Warning", "OperationLockOverride", format!("OverrideOperationLock used; cleared {cleared}"));
            }
            Taken::Blocked { operation, holder } => return Err(Blocked { operation, holder }),
        }
        Ok(())
    }

    fn write_lock(&mut self, lock: Value) {
        let patch = json!({"operationLock": lock});
        self.lock = lock;
        // JAN…0.4 patch blindly: two controllers can both believe they hold the lock.
        self.act(if self.view.play >= Play::V05 { Action::ClusterStatusGuarded(patch) } else { Action::ClusterStatus(patch) });
    }

    /// Frees the lock if it is this restore's.
    pub fn release_lock(&mut self) {
        if present(&self.lock, "/holder") && Claim::restore(self.view.restore).holds(&self.lock) {
            self.lock = Value::Null;
            self.act(Action::ClusterStatus(json!({"operationLock": null})));
        }
    }

    /// Sets the hold annotation on the cluster (NEXT).
    pub fn set_hold(&mut self) {
        if self.view.cluster.is_some_and(|cluster| hold(cluster).is_empty()) {
            self.act(Action::Cluster(json!({"metadata": {"annotations": {HOLD: uid(self.view.restore)}}})));
        }
    }

    /// Removes this restore's hold annotation (NEXT).
    pub fn release_hold(&mut self) {
        if self.view.cluster.is_some_and(|cluster| hold(cluster) == uid(self.view.restore) && !hold(cluster).is_empty()) {
            self.act(Action::Cluster(json!({"metadata": {"annotations": {HOLD: null}}})));
        }
    }

    /// Ends in `Failed`: status first, then the lock, if it is ours.
    pub fn fail(mut self, message: &str) -> Step {
        self.condition("RestoreComplete", "False", "RestoreFailed", message);
        self.status_and_conditions(json!({"phase": "Failed", "message": message, "completionTime": time(self.view.now)}));
        self.event("Warning", "RestoreFailed", message);
        self.release_hold();
        self.release_lock();
        self.done()
    }

    /// Ends in `Completed`.
    pub fn complete(mut self, message: &str) -> Step {
        self.condition("RestoreComplete", "True", "RestoreSucceeded", message);
        self.status_and_conditions(json!({"phase": "Completed", "message": message, "completionTime": time(self.view.now)}));
        self.event("Normal", "RestoreCompleted", message);
        self.release_lock();
        self.done()
    }

    /// Ends in `Unknown` (≥ 0.5): neither lock nor hold is given back.
    pub fn unknown(mut self, message: &str, mut execution: Value) -> Step {
        self.condition("RestoreComplete", "Unknown", "RestoreExecutionUnknown", message);
        if self.view.play == Play::Next {
            self.condition("RecoveryReleased", "False", "AwaitingAcknowledgement", texts::AWAITING);
        }
        if execution.get("stage").is_none() {
            execution["stage"] = json!("Unknown");
        }
        self.status_and_conditions(json!({"phase": "Unknown", "message": message, "execution": execution}));
        self.done()
    }

    /// The step, to be looked at again after a while.
    pub fn again(mut self, after: Duration) -> Step {
        self.step.again = Some(after);
        self.step
    }

    /// The step, with nothing more to wait for.
    pub fn done(self) -> Step {
        self.step
    }
}
