//! What OpenBao's own log lines mean, for logs people paste (O§5.2, F§15.2.7).
//!
//! One line of a server proves nothing about a snapshot's outcome, except where it says that one is being applied.

use super::{Row, remark, row};
use crate::domain::job_log::RaftChange;
use crate::domain::job_log::Submitted::{Unknown, Yes};
use crate::domain::job_log::Suggests::{self, Config, Diverged, Nothing, Transient, Unhealthy};

const fn bad(
    code: &'static str,
    text: &'static [&'static str],
    suggests: Suggests,
    meaning: &'static str,
    action: &'static str,
) -> Row {
    row(code, None, text, Unknown, suggests, meaning, action)
}

const fn by_reason(
    code: &'static str,
    text: &'static [&'static str],
    otherwise: Suggests,
    meaning: &'static str,
    action: &'static str,
) -> Row {
    Row { refined: true, ..bad(code, text, otherwise, meaning, action) }
}

const fn odd(
    code: &'static str,
    text: &'static [&'static str],
    suggests: Suggests,
    meaning: &'static str,
    action: &'static str,
) -> Row {
    remark(code, text, Unknown, suggests, meaning, action)
}

const fn missing(row: Row) -> Row {
    Row { raft: Some(RaftChange::PeerMissing), ..row }
}

/// A restore that OpenBao took.
const fn taken(row: Row) -> Row {
    Row { submitted: Yes, ..row }
}

const VOTE: &str = "failed to make requestVote RPC";
const BEAT: &str = "failed to heartbeat to";
const APPEND: &str = "failed to appendEntries to";
const GONE: &str = "the other server's name does not resolve: its pod is gone, or the headless Service is broken";
const GONE_DO: &str = "count the voters that still run: without a majority nothing is elected";
const REFUSED: &str = "nothing listens at the other server: it is down, sealed or starting";
const REFUSED_DO: &str = "look at that pod and its seal";
const SILENT: &str = "the other server does not answer: a network policy on port 8201, or an old address";
const SILENT_DO: &str = "check the network policies and the addresses in Raft's configuration";
const KEYS: &str = "the data's keys cannot be opened with this server's seal: the snapshot is from a cluster with another one";
const KEYS_DO: &str = "restore a snapshot of this cluster, or give the servers the seal the snapshot was taken under";
const WIPE: &str = "copy that server's data away, wipe it and join the server again";
const ALIGN_SEAL: &str = "make the seal settings alike; unseal with the leader's keys";
const ALL_NODES: &str = "restart all servers, not one, so that all take the restored keys";

// One row, two lines: a table is read across.
#[rustfmt::skip]
pub(in crate::domain::job_log) static ROWS: &[Row] = &[
    // Elections and quorum.
    odd("server-log-heartbeat-timeout", &["heartbeat timeout reached, starting election"], Nothing,
        "the server has no contact with the leader", "once is normal when the leader changes; if it repeats, look at network and leader"),
    bad("server-log-election-repeats", &["Election timeout reached, restarting election"], Unhealthy,
        "the server cannot get a majority of votes", "count the voters that can be reached; if it repeats, quorum is lost"),
    bad("server-log-quorum-lost", &["failed to contact quorum of nodes, stepping down"], Unhealthy,
        "the leader lost its majority", "look at the other servers: down, sealed or cut off"),
    odd("server-log-peer-silent", &["failed to contact"], Nothing,
        "one follower is silent", "look at that pod; if it is gone for good, remove it from Raft"),
    bad("server-log-peer-gone", &[VOTE, "no such host"], Unhealthy, GONE, GONE_DO),
    bad("server-log-peer-gone", &[BEAT, "no such host"], Unhealthy, GONE, GONE_DO),
    bad("server-log-peer-gone", &[APPEND, "no such host"], Unhealthy, GONE, GONE_DO),
    bad("server-log-peer-refuses", &[VOTE, "connection refused"], Unhealthy, REFUSED, REFUSED_DO),
    bad("server-log-peer-refuses", &[BEAT, "connection refused"], Unhealthy, REFUSED, REFUSED_DO),
    bad("server-log-peer-refuses", &[APPEND, "connection refused"], Unhealthy, REFUSED, REFUSED_DO),
    bad("server-log-peer-unreachable", &[VOTE, "i/o timeout"], Config, SILENT, SILENT_DO),
    bad("server-log-peer-unreachable", &[BEAT, "i/o timeout"], Config, SILENT, SILENT_DO),
    bad("server-log-peer-unreachable", &[APPEND, "i/o timeout"], Config, SILENT, SILENT_DO),
    by_reason("server-log-peer-unreachable", &[VOTE], Nothing, "the other server cannot be reached", SILENT_DO),
    by_reason("server-log-peer-unreachable", &[BEAT], Nothing, "the other server cannot be reached", SILENT_DO),
    by_reason("server-log-peer-unreachable", &[APPEND], Nothing, "the other server cannot be reached", SILENT_DO),
    missing(bad("server-log-not-a-member", &["not part of stable configuration, aborting election"], Diverged,
        "this server is not in its own list of peers: removed, another node id, or never joined", WIPE)),
    missing(bad("server-log-not-a-member", &["no known peers, aborting election"], Diverged,
        "this server knows no peers: it never joined, or its data is new", WIPE)),
    odd("server-log-vote-rejected", &["rejecting vote request since"], Nothing,
        "a server asked for a vote and did not get it: it is behind, removed or cut off", "look at the server that asked (from=)"),
    odd("server-log-vote-rejected", &["rejecting pre-vote request since"], Nothing,
        "a server asked for a vote and did not get it: it is behind, removed or cut off", "look at the server that asked (from=)"),
    odd("server-log-newer-term", &["peer has newer term, stopping replication"], Nothing,
        "a server came back with a newer term", "one more election is normal; if it repeats, look at that server's network"),
    bad("server-log-no-active-node", &["local node not active but active cluster node not found"], Unhealthy,
        "this server knows no leader", "count the voters that can be reached"),
    odd("server-log-no-active-node", &["forward request error"], Unhealthy,
        "the leader this server knows does not answer", "look at the leader"),
    // Histories and snapshots between servers.
    odd("server-log-behind", &["failed to get previous log"], Nothing,
        "a follower's log is shorter than the leader expects", "harmless for a short time; if it lasts, look at disk and snapshot transfer"),
    odd("server-log-term-mismatch", &["previous log term mis-match"], Nothing,
        "a follower's newest entries differ and will be overwritten",
        "fine once; if it repeats, its data is from another cluster: wipe that server and join it again"),
    bad("server-log-snapshot-transfer", &["failed to install snapshot"], Config,
        "a follower could not take the full state", "look for a full disk, time-outs and TLS errors of that follower"),
    bad("server-log-snapshot-transfer", &["failed to send snapshot to"], Config,
        "a follower could not take the full state", "look for a full disk, time-outs and TLS errors of that follower"),
    bad("server-log-snapshot-transfer", &["installSnapshot rejected to"], Config,
        "a follower refused the full state", "look for a full disk, time-outs and TLS errors of that follower"),
    odd("server-log-catching-up", &["failed to get log", "log not found"], Nothing,
        "the leader's log is shorter now, so a follower gets the full state", "nothing: expected right after a restore"),
    odd("server-log-catching-up", &["installing snapshot on"], Nothing,
        "a follower gets the full state", "nothing: expected right after a restore"),
    // Joining.
    bad("server-log-join-challenge", &["failed to get raft challenge", "i/o timeout"], Config,
        "the joining server cannot use the leader's API (port 8200)", "check the network policies between the pods"),
    by_reason("server-log-join-challenge", &["failed to get raft challenge"], Nothing,
        "the joining server cannot use the leader's API (port 8200)", "look at the inner error: seal, network policy or CA"),
    odd("server-log-join-waits-for-keys", &["failed to retry join raft cluster", "waiting for unseal keys to be supplied"], Unhealthy,
        "the joining server waits to be unsealed", "unseal this server"),
    by_reason("server-log-join-challenge", &["failed to retry join raft cluster", "failed to get raft challenge"], Nothing,
        "the joining server cannot use the leader's API (port 8200)", "look at the inner error: seal, network policy or CA"),
    by_reason("server-log-join-retries", &["failed to retry join raft cluster"], Nothing,
        "the server tries to join, every 2 seconds", "read the inner error"),
    by_reason("server-log-join-retries", &["error during raft bootstrap init call"], Nothing,
        "the joining server got no usable answer from the leader", "read the inner error"),
    bad("server-log-foreign-data", &["failed to send answer to raft leader node", "cluster already has state"], Diverged,
        "the server has Raft data of another cluster", WIPE),
    by_reason("server-log-join-retries", &["failed to send answer to raft leader node"], Nothing,
        "the leader did not take the join", "read the inner error"),
    bad("server-log-foreign-data", &["cluster already has state"], Diverged, "the server has Raft data of another cluster", WIPE),
    bad("server-log-seal-differs", &["mismatching seal types between raft leader"], Config, "leader and follower have different seals", ALIGN_SEAL),
    bad("server-log-seal-differs", &["error decrypting challenge"], Config, "leader and follower have different unseal keys", ALIGN_SEAL),
    bad("server-log-seal-differs", &["invalid answer given"], Config, "leader and follower have different unseal keys", ALIGN_SEAL),
    bad("server-log-join-order", &["node must be sealed before joining"], Config, "joined in the wrong order", "join first, then unseal"),
    bad("server-log-join-order", &["node must be unsealed before joining"], Config, "joined in the wrong order", "unseal first, then join"),
    bad("server-log-raft-tls", &["tls: unrecognized name"], Config,
        "the servers have different Raft TLS keys, as after restoring another cluster's snapshot", ALL_NODES),
    bad("server-log-raft-tls", &["tls: internal error"], Config,
        "the servers have different Raft TLS keys, as after restoring another cluster's snapshot", ALL_NODES),
    odd("server-log-no-raft-tls", &["no TLS config found for ALPN"], Nothing,
        "the other server has no Raft TLS keys yet: usually sealed or starting", "look at that server's seal"),
    // Changes of the membership.
    missing(bad("server-log-unknown-peer", &["not found in raft configuration"], Diverged,
        "a peer that was to be changed is not a member", "use the node id of bao operator raft list-peers, not the pod's name")),
    odd("server-log-vote-unchanged", &["server is not a non-voter"], Nothing, "the peer votes already", "nothing"),
    odd("server-log-vote-unchanged", &["server is already a non-voter"], Nothing, "the peer has no vote already", "nothing"),
    odd("server-log-demotes-leader", &["refusing to demote current leader"], Unhealthy,
        "the leader cannot lose its vote", "move the leadership first"),
    odd("server-log-not-active", &["raft storage autopilot is not initialized"], Transient,
        "a server that does not lead, or still starts, was asked", "ask the active server"),
    odd("server-log-not-active", &["raft storage is not initialized"], Transient,
        "a server that does not lead, or still starts, was asked", "ask the active server"),
    odd("server-log-membership-race", &["configuration changed since"], Transient, "two changes of the membership met", "try again"),
    // Restores.
    bad("server-log-restore-refused", &["cannot restore snapshot now, wait until the configuration entry at"], Unhealthy,
        "the membership was being changed, so the restore was not begun; the server has sealed itself",
        "stop joins and autopilot, unseal, then restore again"),
    odd("server-log-write-lost", &["leadership lost while committing log"], Transient, "a write met a change of the leader", "the client tries again"),
    odd("server-log-write-lost", &["snapshot restored while committing log"], Transient, "a write met a restore", "the client tries again"),
    odd("server-log-write-lost", &["node is not the leader"], Transient, "a request met a change of the leader", "the client tries again"),
    odd("server-log-slow", &["context deadline exceeded"], Transient,
        "a request took too long", "find what blocks: storage, no leader, or the key service"),
    taken(odd("server-log-restore-began", &["shutting down prior to restoring snapshot"], Nothing, "a restore begins", "watch the seal")),
    taken(odd("server-log-restore-began", &["applying snapshot"], Nothing, "a restore is being applied", "watch the seal")),
    taken(bad("server-log-foreign-keys", &["raft snapshot restore failed to get stored keys"], Config, KEYS, KEYS_DO)),
    taken(bad("server-log-restore-failed", &["error while restoring raft snapshot"], Unhealthy,
        "the restore failed after it began; the server seals itself", "read the inner error")),
    taken(bad("server-log-restore-failed", &["raft snapshot restore failed"], Unhealthy,
        "the restore failed after it began; the server seals itself", "read the inner error")),
    bad("server-log-foreign-keys", &["failed to get stored keys"], Config, KEYS, KEYS_DO),
    bad("server-log-foreign-keys", &["failed to unseal barrier"], Config, KEYS, KEYS_DO),
    bad("server-log-needs-snapshot-keys", &["failed to perform key upgrades, sealing"], Config,
        "the restored data needs other unseal keys", "unseal with the snapshot's keys"),
    odd("server-log-reloads-keys", &["failed to perform key upgrades, reloading using auto seal"], Nothing,
        "the restored data has other keys; the server loads them", "nothing, unless stored keys or barrier fail after it"),
    odd("server-log-reloads-keys", &["done reloading root key using auto seal"], Nothing, "the server loaded the restored keys", "nothing"),
    bad("server-log-sealed", &["marked as sealed"], Unhealthy,
        "the server sealed itself", "the cause is the error above it; after a restore look for other seal keys"),
    bad("server-log-sealed", &["vault is sealed"], Unhealthy, "the server is sealed", "unseal it; the cause is the error above it"),
    bad("server-log-sealed", &["Vault is sealed"], Unhealthy, "a sealed server was asked", "unseal it"),
];
