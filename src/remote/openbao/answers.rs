//! The servers' answers as data, read leniently: OpenBao 2.0 to 2.7 differ in fields, and all of them may be missing.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::api::text::clean_cut;

/// `sys/health`. What the server left out, or wrote as something else, is `None`: unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// Whether the server has a root key at all.
    pub initialized: Option<bool>,
    /// Whether it is sealed.
    pub sealed: Option<bool>,
    /// Whether it waits behind an active server; only of meaning when unsealed.
    pub standby: Option<bool>,
    /// The server's clock, in whole seconds.
    pub server_time: Option<Timestamp>,
    /// When the answer was in, by this machine's clock.
    pub answered_at: Option<Timestamp>,
    /// The OpenBao version that runs.
    pub version: Option<String>,
    /// Only from an unsealed server; after a restore it is the snapshot's.
    pub cluster_name: Option<String>,
    /// Only from an unsealed server; after a restore it is the snapshot's.
    pub cluster_id: Option<String>,
}

impl Health {
    pub(super) fn read(answer: &Map<String, Value>) -> Self {
        Health {
            initialized: flag(answer, "initialized"),
            sealed: flag(answer, "sealed"),
            standby: flag(answer, "standby"),
            server_time: answer.get("server_time_utc").and_then(Value::as_i64).and_then(|at| Timestamp::from_second(at).ok()),
            answered_at: None,
            version: text(answer, "version"),
            cluster_name: text(answer, "cluster_name"),
            cluster_id: text(answer, "cluster_id"),
        }
    }

    /// Whether this server says that it is the active one; `None` when it does not say enough.
    pub fn is_active(&self) -> Option<bool> {
        match (self.initialized, self.sealed, self.standby) {
            (Some(false), ..) | (_, Some(true), _) | (.., Some(true)) => Some(false),
            (Some(true), Some(false), Some(false)) => Some(true),
            _ => None,
        }
    }
}

/// `sys/leader`. From 2.6 on false and empty fields are left out, so that missing means false or none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leader {
    /// Whether the storage knows leaders at all.
    pub ha_enabled: bool,
    /// Whether this server is the leader.
    pub is_self: bool,
    /// Since when it is.
    pub active_time: Option<Timestamp>,
    /// Who the leader is, or was: a standby goes on naming the last one (O§3.4).
    pub leader_address: Option<String>,
    /// The same for the cluster port.
    pub leader_cluster_address: Option<String>,
    /// The last raft entry that a majority holds, as far as this server knows.
    pub raft_committed_index: Option<u64>,
    /// The last raft entry that this server applied.
    pub raft_applied_index: Option<u64>,
}

impl Leader {
    pub(super) fn read(answer: &Map<String, Value>) -> Self {
        // Go's zero time, as 2.5 and older write it, is no time.
        let active_time = text(answer, "active_time").filter(|at| !at.starts_with("0001-"));
        Leader {
            ha_enabled: flag(answer, "ha_enabled").unwrap_or(false),
            is_self: flag(answer, "is_self").unwrap_or(false),
            active_time: active_time.and_then(|at| at.parse().ok()),
            leader_address: text(answer, "leader_address"),
            leader_cluster_address: text(answer, "leader_cluster_address"),
            raft_committed_index: number(answer, "raft_committed_index"),
            raft_applied_index: number(answer, "raft_applied_index"),
        }
    }
}

/// `sys/seal-status`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SealStatus {
    /// `shamir`, `static`, `transit`, a cloud's KMS…
    pub seal_type: Option<String>,
    /// Whether the server has a root key at all.
    pub initialized: Option<bool>,
    /// Whether it is sealed.
    pub sealed: Option<bool>,
    /// How many shares unseal it; with auto-unseal, how many recover it.
    pub threshold: Option<u64>,
    /// How many shares there are.
    pub shares: Option<u64>,
    /// How many shares were given so far.
    pub progress: Option<u64>,
    /// Whether a seal migration is under way.
    pub migration: Option<bool>,
    /// Whether the shares are recovery shares: it unseals by itself.
    pub recovery_seal: Option<bool>,
    /// `raft`, `file`…
    pub storage_type: Option<String>,
    /// The OpenBao version that runs.
    pub version: Option<String>,
    /// Only from an unsealed server.
    pub cluster_name: Option<String>,
    /// Only from an unsealed server.
    pub cluster_id: Option<String>,
}

impl SealStatus {
    pub(super) fn read(answer: &Map<String, Value>) -> Self {
        SealStatus {
            seal_type: text(answer, "type"),
            initialized: flag(answer, "initialized"),
            sealed: flag(answer, "sealed"),
            threshold: number(answer, "t"),
            shares: number(answer, "n"),
            progress: number(answer, "progress"),
            migration: flag(answer, "migration"),
            recovery_seal: flag(answer, "recovery_seal"),
            storage_type: text(answer, "storage_type"),
            version: text(answer, "version"),
            cluster_name: text(answer, "cluster_name"),
            cluster_id: text(answer, "cluster_id"),
        }
    }
}

fn flag(answer: &Map<String, Value>, name: &str) -> Option<bool> {
    answer.get(name)?.as_bool()
}

fn number(answer: &Map<String, Value>, name: &str) -> Option<u64> {
    answer.get(name)?.as_u64()
}

/// Empty means nothing, as Go writes it.
fn text(answer: &Map<String, Value>, name: &str) -> Option<String> {
    let text = answer.get(name)?.as_str()?;
    (!text.is_empty()).then(|| clean_cut(text, 200))
}
