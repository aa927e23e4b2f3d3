//! What state break glass is in.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::cluster::{BlueGreen, BreakGlass, Cluster, OperationLock};
use crate::api::generation::Tag;
use crate::api::text::clean;
use crate::domain::evidence::Evidence;

/// The state of break glass. Only a blue/green rollback ever enters it (F§2.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum State {
    /// This operator has no break glass at all (P0).
    NotInThisGeneration,
    /// The cluster is not upgraded blue/green: it can never have entered break glass.
    NotBlueGreen,
    /// It never happened to this cluster.
    NeverHappened,
    /// Active, and nobody has acknowledged it.
    Active,
    /// Active, and the right acknowledgement lies in the spec: the operator has not taken it yet.
    ActiveAckPending {
        /// Why it may not have, as far as that is known.
        held_by: Vec<String>,
    },
    /// Active, and the spec holds another value than the nonce: it does nothing.
    ActiveWrongAck {
        /// What the spec holds.
        written: String,
        /// What that value may be.
        remark: String,
    },
    /// Acknowledged, and the operator has taken it.
    Acknowledged {
        /// When.
        at: Option<Timestamp>,
        /// Whether the rollback it released is still under way.
        under_way: bool,
    },
}

impl State {
    /// Whether automation is stopped now.
    pub fn is_active(&self) -> bool {
        matches!(self, State::Active | State::ActiveAckPending { .. } | State::ActiveWrongAck { .. })
    }
}

/// The state of break glass; `None` when the cluster was not read.
pub fn state(evidence: &Evidence) -> Option<State> {
    let cluster = evidence.cluster.value()?;
    let recorded = cluster.break_glass.as_ref().filter(|b| b.active || !b.nonce.is_empty() || b.acknowledged_at.is_some());
    Some(match recorded {
        None if evidence.generation.surely_at_most(Tag::P0) => State::NotInThisGeneration,
        None if is_blue_green(cluster) => State::NeverHappened,
        None => State::NotBlueGreen,
        Some(record) if record.active => active(evidence, cluster, record),
        Some(record) => {
            let under_way = cluster.blue_green.as_ref().is_some_and(BlueGreen::rolling_back);
            State::Acknowledged { at: record.acknowledged_at, under_way }
        }
    })
}

fn is_blue_green(cluster: &Cluster) -> bool {
    cluster.blue_green.is_some() || cluster.spec.strategy.as_deref() == Some("BlueGreen")
}

fn active(evidence: &Evidence, cluster: &Cluster, record: &BreakGlass) -> State {
    match cluster.spec.break_glass_ack.as_deref() {
        None => State::Active,
        Some(_) if cluster.acknowledged() => State::ActiveAckPending { held_by: holds(evidence, cluster) },
        Some(written) => {
            let remark = match written.eq_ignore_ascii_case(&record.nonce) {
                true => "it is the nonce in other letters: upper and lower case count",
                false => "it belongs to an earlier break glass, or is a mistake",
            };
            State::ActiveWrongAck { written: clean(written).into_owned(), remark: remark.into() }
        }
    }
}

/// The lock that a rollback waits for: every one but that of the upgrade itself (F§4.6).
pub(super) fn waits_for(cluster: &Cluster) -> Option<&OperationLock> {
    cluster.operation_lock.as_ref().filter(|lock| lock.operation != "Upgrade")
}

/// What keeps the operator from taking an acknowledgement; empty when nothing is known to. A lock does not: the
/// acknowledgement is taken all the same, and what follows it waits (F§4.6).
pub(super) fn holds(evidence: &Evidence, cluster: &Cluster) -> Vec<String> {
    let mut all = Vec::new();
    if cluster.spec.paused {
        all.push("the cluster is paused: it is taken when somebody unpauses it".to_owned());
    }
    match evidence.operator_alive() {
        Some(true) => {}
        Some(false) => all.push("the operator is not running: it is taken when it comes back".to_owned()),
        None => {
            let why = evidence.lease.unknown().unwrap_or_else(|| "its lease has no time, or one that is yet to come".into());
            all.push(format!("whether the operator runs is not known ({})", clean(&why)));
        }
    }
    all
}
