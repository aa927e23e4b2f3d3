//! The OpenBao Operator's documented state machines, as an ordinary controller that speaks the Kubernetes API.
//!
//! `restore`, `admin`, `blue_green` and `health` decide: pure functions from what was read to what is written, per generation.
//! `run` observes and carries out. It needs nothing but a client, so it plays against the embedded server and
//! against a real kube-apiserver alike.

mod act;
pub mod admin;
pub mod blue_green;
pub mod cluster_api;
pub mod health;
pub mod jobs;
pub mod lease;
pub mod lock;
mod queue;
pub mod restore;
mod run;
pub mod step;
pub mod values;

use std::sync::Arc;

use kube::Client;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Pace, Play};

/// The namespace the operator is installed in.
pub const NAMESPACE: &str = "openbao-operator-system";

/// Whom its client should speak as: admission policies let this account alone change what the operator manages (F§8.4).
pub const SERVICE_ACCOUNT: &str = "system:serviceaccount:openbao-operator-system:openbao-operator-controller";

/// How an operator is set up.
#[derive(Debug, Clone)]
pub struct OperatorOptions {
    /// The generation it behaves like.
    pub play: Play,
    /// How fast it lives.
    pub pace: Pace,
    /// Where its lease is kept.
    pub namespace: String,
}

impl OperatorOptions {
    /// An operator of this generation in its usual namespace.
    pub fn new(play: Play, pace: Pace) -> Self {
        OperatorOptions { play, pace, namespace: NAMESPACE.into() }
    }
}

/// What `OPERATOR_VERSION` says for a generation; JAN's and NEXT's builds are no releases.
pub fn version(play: Play) -> &'static str {
    match play {
        Play::Jan => "0.0.0",
        Play::V04 => "0.4.2",
        Play::V05 => "0.5.1",
        Play::Next => "0.6.0-next",
    }
}

/// A running operator. Dropping it stops it, too.
pub struct Operator {
    frozen: watch::Sender<bool>,
    settled: watch::Receiver<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Stops and starts an operator.
#[derive(Debug, Clone)]
pub struct Running(watch::Sender<bool>);

impl Running {
    /// Whether it runs.
    pub fn set(&self, runs: bool) {
        self.0.send_replace(!runs);
    }
}

impl Operator {
    /// Starts reconciling, and renewing the leader lease.
    pub fn start(client: Client, options: OperatorOptions) -> Self {
        Operator::begin(client, options, true)
    }

    /// One that does nothing, and leaves the lease alone, until it is thawed.
    pub fn start_frozen(client: Client, options: OperatorOptions) -> Self {
        Operator::begin(client, options, false)
    }

    fn begin(client: Client, options: OperatorOptions, runs: bool) -> Self {
        let frozen = watch::Sender::new(!runs);
        let lease = lease::renew(client.clone(), options.namespace.clone(), frozen.subscribe());
        let (looked, settled) = watch::channel(false);
        let run = run::run(client, Arc::new(options), frozen.subscribe(), looked);
        Operator { tasks: vec![tokio::spawn(lease), tokio::spawn(run)], frozen, settled }
    }

    /// Waits until it has looked at everything that was there when it started.
    pub async fn settled(&self) {
        // An operator that was stopped settles nothing more.
        let _ = self.settled.clone().wait_for(|settled| *settled).await;
    }

    /// Does nothing more from after the present pass on, and lets its lease grow old: an operator scaled to zero.
    pub fn freeze(&self) {
        self.frozen.send_replace(true);
    }

    /// Goes on where it was.
    pub fn thaw(&self) {
        self.frozen.send_replace(false);
    }

    /// The switch of [`Operator::freeze`] and [`Operator::thaw`], for somebody else's hand.
    pub fn running(&self) -> Running {
        Running(self.frozen.clone())
    }

    /// Ends it and waits until nothing is written any more.
    pub async fn stop(mut self) {
        for task in self.tasks.drain(..) {
            task.abort();
            // Aborted is what was asked for.
            let _ = task.await;
        }
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// A captured object of the real operator.
#[cfg(test)]
pub(crate) fn captured(name: &str) -> serde_json::Value {
    let path = format!("{}/tests/data/captured/objects/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_saphyr::from_str(&text).unwrap()
}
