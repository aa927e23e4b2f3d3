//! What can be seen of the world's clusters.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::RestoreFault;
use super::raft::Peer;

/// What the world knows of a cluster, as a copy.
#[derive(Debug, Clone)]
pub struct ClusterView {
    /// OpenBao's version.
    pub version: String,
    /// The identity the servers report: that of the data.
    pub cluster_id: String,
    /// The seal the servers have.
    pub seal: String,
    /// The seal the data needs.
    pub data_seal: String,
    /// Counts the snapshots applied: tokens of an older epoch are refused.
    pub epoch: u64,
    /// Raft's applied index.
    pub index: u64,
    /// The pod that leads now.
    pub leader: Option<String>,
    /// The pod that led last, which standbys go on naming.
    pub last_leader: Option<String>,
    /// Since when it leads.
    pub leads_since: Timestamp,
    /// Servers whose process runs, by pod name.
    pub servers: BTreeMap<String, ServerView>,
    /// The Raft configuration, in the order of joining.
    pub peers: Vec<Peer>,
    /// Servers that were removed from it and stay out until they are joined again.
    pub removed: BTreeSet<String>,
    /// Whether the data is still the cluster's own: with another cluster's data no token of this one is known.
    pub own_data: bool,
    /// How the next restores fail, if they shall.
    pub restore_fault: Option<RestoreFault>,
}

/// One running server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerView {
    /// Whether it is sealed.
    pub sealed: bool,
    /// Whether it accepts requests and never answers (a removed leader, F§15.2.5); its labels are frozen.
    pub hanging: bool,
    /// Where it says it can be reached (`https://<pod IP>:8200`).
    pub api_address: String,
}
