//! What one look at the world leads to: writes in order, and when to look again.

use std::time::Duration;

use serde_json::Value;

/// One write of the operator. They are carried out in order; the first that fails ends the pass.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Merge-patch the OpenBaoRestore itself.
    Restore(Value),
    /// Merge-patch the OpenBaoRestore's status.
    RestoreStatus(Value),
    /// Merge-patch the OpenBaoCluster itself.
    Cluster(Value),
    /// Merge-patch the OpenBaoCluster's status.
    ClusterStatus(Value),
    /// Merge-patch the OpenBaoCluster's status only if nobody changed the object since it was read (≥ 0.5: #623).
    ClusterStatusGuarded(Value),
    /// Create the ServiceAccount, Role and RoleBinding of an executor, unless they exist.
    ExecutorAccount(String),
    /// Create a Job.
    CreateJob(Value),
    /// Delete a Job and wait for its pods (foreground).
    DeleteJob(String),
    /// Merge-patch a StatefulSet.
    Workload {
        /// Its name.
        name: String,
        /// The patch.
        patch: Value,
    },
    /// Create a StatefulSet.
    CreateWorkload(Value),
    /// Delete a StatefulSet and, in the background, its pods.
    DeleteWorkload(String),
    /// Delete PersistentVolumeClaims, those that exist.
    DeleteClaims(Vec<String>),
    /// Mark a server pod for maintenance and delete it.
    RestartPod {
        /// Its name.
        name: String,
        /// Its uid: never its replacement.
        uid: String,
    },
    /// Emit an event about the object being reconciled.
    Event {
        /// `Normal` or `Warning`.
        kind: &'static str,
        /// The reason.
        reason: &'static str,
        /// The message.
        message: String,
    },
}

/// The outcome of one pass.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// Writes, in order.
    pub actions: Vec<Action>,
    /// When to look again if nothing happens before, in the real operator's time.
    pub again: Option<Duration>,
    /// Whether nothing but a change of the object's spec or annotations is looked at before that (blue/green upgrades).
    pub rest: bool,
}
