//! What a snapshot tells of itself against the cluster it would be restored into: a snapshot of another cluster seals every
//! server within seconds while the operator reports success (F§15.2.7), so whatever can tell it apart is looked at first.

mod history;
mod members;
mod seal;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::archive::report::Facts;
use super::evidence::{Contents, Evidence, StoreAnswer};
use crate::api::cluster::Cluster;
use crate::api::names::SnapshotKey;

/// How snapshot and cluster compare in one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Likeness {
    /// The same, or what it is in a snapshot of this very cluster.
    Same,
    /// Not as in a snapshot of this cluster that it can go on with.
    Differs,
    /// One of the two is not known, or the two prove nothing.
    Unknown,
}

impl Likeness {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Likeness::Same => "same",
            Likeness::Differs => "differs",
            Likeness::Unknown => "unknown",
        }
    }
}

/// One thing compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// Its stable code.
    pub what: String,
    /// What the snapshot says, when it does.
    pub snapshot: Option<String>,
    /// What the cluster says, when it does.
    pub live: Option<String>,
    /// How the two compare.
    pub verdict: Likeness,
    /// What that means, in one sentence.
    pub means: String,
}

/// Every code a comparison can have, in the order shown; `docs/snapshot-checks.md` explains each (a test compares the two).
pub const CODES: [&str; 10] = [
    "origin",
    "members",
    "seal-type",
    "seal-shares",
    "seal-key",
    "version",
    "raft-index",
    "taken",
    "cluster-age",
    "newest-backup",
];

/// What is compared: the snapshot's own words, and the cluster they are held against.
struct Subject<'a> {
    evidence: &'a Evidence,
    cluster: &'a Cluster,
    key: Option<SnapshotKey>,
    facts: &'a Facts,
}

/// What the object's bytes told of the snapshot, when they were looked into.
pub fn facts(evidence: &Evidence) -> Option<&Facts> {
    let StoreAnswer::Found { object } = &evidence.snapshot else { return None };
    match object.contents.as_ref()? {
        Contents::Head { head } => Some(&head.facts),
        Contents::Whole { report, .. } => Some(&report.facts),
        Contents::Unread { .. } => None,
    }
}

/// Compares a snapshot with the cluster of the evidence, in the order of [`CODES`]. Nothing when its bytes were not looked
/// into, or the cluster was not read. A comparison that has no sense for this seal is left out.
pub fn compare(evidence: &Evidence, key: &str) -> Vec<Comparison> {
    let (Some(facts), Some(cluster)) = (facts(evidence), evidence.cluster.value()) else { return Vec::new() };
    let subject = Subject { evidence, cluster, key: SnapshotKey::parse(key), facts };
    let all = [
        Some(members::origin(&subject)),
        Some(members::members(&subject)),
        Some(seal::kind(&subject)),
        seal::shares(&subject),
        Some(seal::key(&subject)),
        Some(history::version(&subject)),
        Some(history::raft_index(&subject)),
        Some(history::taken(&subject)),
        Some(history::cluster_age(&subject)),
        Some(history::newest_backup(&subject)),
    ];
    all.into_iter().flatten().collect()
}

/// One comparison out of all.
pub fn find<'a>(all: &'a [Comparison], what: &str) -> Option<&'a Comparison> {
    all.iter().find(|one| one.what == what)
}

/// A comparison being made.
struct Pair {
    what: &'static str,
    snapshot: Option<String>,
    live: Option<String>,
}

impl Pair {
    fn of(what: &'static str, snapshot: Option<String>, live: Option<String>) -> Pair {
        debug_assert!(CODES.contains(&what), "{what} is not listed");
        Pair { what, snapshot, live }
    }

    fn is(self, verdict: Likeness, means: impl Into<String>) -> Comparison {
        let Pair { what, snapshot, live } = self;
        Comparison { what: what.to_owned(), snapshot, live, verdict, means: means.into() }
    }
}

#[cfg(test)]
mod tests;
