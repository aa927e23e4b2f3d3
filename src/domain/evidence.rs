//! What was observed, when, and what could not be observed: the one value every decision reads.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::archive::Report;
use super::archive::head::Head;
use crate::api::cluster::Cluster;
use crate::api::event::Event;
use crate::api::generation::Generation;
use crate::api::restore::Restore;
use crate::api::revision::{Claim, StatefulSet};
use crate::api::text::CLOCK_SKEW;
use crate::api::workload::{Job, Lease, OperatorDeployment, Pod, SecretFacts};

/// One observed thing, or why it is not known. "Could not read" is a value, never folded into "fine".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Item<T> {
    /// Read.
    Present {
        /// What was read.
        value: T,
    },
    /// Looked for and not there.
    Absent,
    /// The API server does not let this person read it.
    Forbidden {
        /// What may not be done: `list pods in namespace bao`.
        what: String,
    },
    /// Reading failed or took too long.
    Failed {
        /// Why, for people.
        why: String,
    },
    /// Not looked for.
    #[default]
    NotAsked,
}

impl<T> Item<T> {
    /// A value that was read.
    pub fn present(value: T) -> Self {
        Item::Present { value }
    }

    /// The value, if it was read.
    pub fn value(&self) -> Option<&T> {
        match self {
            Item::Present { value } => Some(value),
            _ => None,
        }
    }

    /// Why nothing is known, for people; `None` when it is known to be there or known to be absent.
    pub fn unknown(&self) -> Option<String> {
        match self {
            Item::Present { .. } | Item::Absent => None,
            Item::Forbidden { what } => Some(format!("forbidden: {what}")),
            Item::Failed { why } => Some(why.clone()),
            Item::NotAsked => Some("not looked at".into()),
        }
    }

    /// Turns what was read into something else.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Item<U> {
        match self {
            Item::Present { value } => Item::Present { value: change(value) },
            Item::Absent => Item::Absent,
            Item::Forbidden { what } => Item::Forbidden { what },
            Item::Failed { why } => Item::Failed { why },
            Item::NotAsked => Item::NotAsked,
        }
    }
}

impl<T> Item<Vec<T>> {
    /// The elements read; none when nothing is known. Callers that conclude from emptiness ask [`Item::unknown`] too.
    pub fn each(&self) -> &[T] {
        self.value().map_or(&[], Vec::as_slice)
    }
}

/// What is known of a snapshot object from the object store itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotObject {
    /// Bytes.
    pub size: u64,
    /// Entity tag, as the store writes it.
    pub etag: Option<String>,
    /// When the object was written.
    pub last_modified: Option<Timestamp>,
    /// The newest OpenBao version that was ever active on its data (O§1: the highest `core/versions/` key), when it was
    /// looked into.
    #[serde(default)]
    pub version: Option<String>,
    /// What its bytes told, when they were looked into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contents: Option<Contents>,
}

impl SnapshotObject {
    /// SHA-256 of the object in hexadecimal digits, when it was read to its last byte.
    pub fn sha256(&self) -> Option<&str> {
        match self.contents.as_ref()? {
            Contents::Whole { sha256, .. } => sha256.as_deref(),
            Contents::Head { .. } | Contents::Unread { .. } => None,
        }
    }
}

/// What the bytes of a snapshot told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Contents {
    /// The first ones (and the last, where they are readable): never a proof.
    Head {
        /// How they look.
        head: Box<Head>,
    },
    /// All of them.
    Whole {
        /// What was found.
        report: Box<Report>,
        /// SHA-256 of the object; `None` when it was not read to its end.
        sha256: Option<String>,
    },
    /// They could not be read.
    Unread {
        /// Why, for people.
        why: String,
    },
}

/// Why the object store gave no such object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum StoreAnswer {
    /// The object is there.
    Found {
        /// What the store says of it.
        object: SnapshotObject,
    },
    /// The bucket has no object of that key.
    NoSuchKey,
    /// There is no such bucket.
    NoSuchBucket,
    /// The store refuses these credentials, or this action.
    Denied {
        /// Why, for people.
        why: String,
    },
    /// Not checked or not answered: says nothing about the object.
    NotChecked {
        /// Why, for people.
        why: String,
    },
}

impl Default for StoreAnswer {
    fn default() -> Self {
        StoreAnswer::NotChecked { why: "not looked at".into() }
    }
}

/// What one server says about itself, asked directly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerAnswer {
    /// The pod that was asked.
    pub pod: String,
    /// Its health, or why it gave none.
    pub health: Item<ServerHealth>,
    /// The question may never have reached the server: no port-forward came about, its certificate is not believed, or not
    /// one server answered. Its silence then says nothing about it.
    #[serde(default)]
    pub way_failed: bool,
}

/// `/v1/sys/health`, `/v1/sys/leader` and `/v1/sys/seal-status` of one server (O§3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerHealth {
    /// Whether it was ever initialized.
    pub initialized: bool,
    /// Whether it is sealed.
    pub sealed: bool,
    /// Whether it is a standby.
    pub standby: bool,
    /// Its version.
    pub version: Option<String>,
    /// Its cluster's id; only when unsealed.
    pub cluster_id: Option<String>,
    /// `is_self` of `/v1/sys/leader`: it takes itself for the leader.
    pub leads: Option<bool>,
    /// `leader_address`: not proof of a living leader.
    pub leader_address: Option<String>,
    /// `shamir`, `static`, `transit`, a cloud's KMS.
    #[serde(default)]
    pub seal_type: Option<String>,
    /// Whether it unseals by itself: its shares are recovery shares.
    #[serde(default)]
    pub auto_unseal: Option<bool>,
    /// Of a sealed server: how many shares were given, and how many are needed.
    #[serde(default)]
    pub unseal_progress: Option<(u64, u64)>,
    /// How many shares unseal it, and how many there are; with auto-unseal they are recovery shares.
    #[serde(default)]
    pub seal_shares: Option<(u64, u64)>,
    /// The last Raft entry that a majority holds, as far as this server knows.
    #[serde(default)]
    pub raft_committed_index: Option<u64>,
    /// The last Raft entry it applied.
    #[serde(default)]
    pub raft_applied_index: Option<u64>,
    /// Seconds its clock is ahead of the API server's; negative when behind.
    #[serde(default)]
    pub clock_ahead: Option<i64>,
}

/// The log of a Job: every run of its container that could still be read, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLog {
    /// The runs; empty when the Job has no pods any more.
    pub runs: Vec<LogRun>,
}

/// One run of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRun {
    /// The pod.
    pub pod: String,
    /// 0 for the first run in this pod.
    pub run: i64,
    /// How it ended; `None` while it runs or when nobody recorded it.
    pub exit_code: Option<i64>,
    /// Its lines as they were written, untrusted; of a long log the end.
    pub text: String,
    /// Why lines are missing, when some are: cut for length, rotated away, the pod removed.
    pub missing: Option<String>,
}

/// One member of Raft's own configuration (O§3.5): the only list that tells the truth about voters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    /// Node id: the pod's name in clusters of the operator.
    pub id: String,
    /// `host:port` of its cluster address.
    pub address: String,
    /// Whether it votes.
    pub voter: bool,
    /// Whether it leads.
    pub leader: bool,
}

/// One thing a person may or may not do, asked by SelfSubjectAccessReview.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Permission {
    /// Verb, custom ones included.
    pub verb: String,
    /// API group; empty for core.
    pub group: String,
    /// Resource with subresource: `pods/log`.
    pub resource: String,
    /// Object name, for rules about one object.
    pub name: Option<String>,
}

impl Permission {
    /// A permission on a whole resource type of the namespace.
    pub fn on(verb: &str, group: &str, resource: &str) -> Self {
        Permission { verb: verb.into(), group: group.into(), resource: resource.into(), name: None }
    }

    /// The same for one object.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// `create openbaorestores.openbao.org`, `restore openbaoclusters.openbao.org/prod`.
    pub fn words(&self) -> String {
        let group = if self.group.is_empty() { String::new() } else { format!(".{}", self.group) };
        let name = self.name.as_ref().map_or(String::new(), |n| format!("/{n}"));
        let (resource, sub) =
            self.resource.split_once('/').map_or((self.resource.as_str(), String::new()), |(r, s)| (r, format!("/{s}")));
        format!("{} {resource}{group}{sub}{name}", self.verb)
    }
}

/// Everything observed about one cluster at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// When, by the API server's clock where it told.
    pub observed_at: Timestamp,
    /// The namespace.
    pub namespace: String,
    /// The cluster's name as asked for.
    pub name: String,
    /// The cluster.
    pub cluster: Item<Cluster>,
    /// All restores of this cluster.
    pub restores: Item<Vec<Restore>>,
    /// All Jobs of this cluster.
    pub jobs: Item<Vec<Job>>,
    /// Its servers.
    pub pods: Item<Vec<Pod>>,
    /// The pods of its Jobs.
    pub job_pods: Item<Vec<Pod>>,
    /// Its StatefulSets: one, or one for each colour.
    pub stateful_sets: Item<Vec<StatefulSet>>,
    /// Its data volumes.
    pub claims: Item<Vec<Claim>>,
    /// What happened in the namespace to it, its Jobs, pods and restores.
    pub events: Item<Vec<Event>>,
    /// Logs of the Jobs that matter, by Job name.
    pub logs: BTreeMap<String, Item<JobLog>>,
    /// Raft's own list of members; read only with a token.
    pub peers: Item<Vec<Peer>>,
    /// The operator's Deployment.
    pub operator: Item<OperatorDeployment>,
    /// The operator's leader-election Lease.
    pub lease: Item<Lease>,
    /// Whether the live schema could be read.
    pub schema: Item<()>,
    /// What schema and operator version say of the generation.
    pub generation: Generation,
    /// Secrets that a plan rests on, by name.
    pub secrets: BTreeMap<String, Item<SecretFacts>>,
    /// What this person may do.
    pub permissions: Vec<(Permission, Item<bool>)>,
    /// Who this person is to the API server.
    pub person: Item<String>,
    /// The snapshot object.
    pub snapshot: StoreAnswer,
    /// What the servers answered, when they were asked.
    pub servers: Vec<ServerAnswer>,
}

impl Evidence {
    /// How long ago something was, never negative: clocks differ.
    pub fn since(&self, then: Timestamp) -> std::time::Duration {
        std::time::Duration::try_from(self.observed_at.duration_since(then)).unwrap_or_default()
    }

    /// The same in words; `?` where that lies in the future by more than clocks usually differ.
    pub fn ago(&self, then: Timestamp) -> String {
        crate::api::text::ago(self.observed_at, then)
    }

    /// Whether a time is later than this look by more than clocks may differ: it says nothing about how long ago it was.
    pub fn is_to_come(&self, at: Timestamp) -> bool {
        at.duration_since(self.observed_at).as_secs() > CLOCK_SKEW.cast_signed()
    }

    /// The answer to a permission question, if it was asked and answered.
    pub fn may(&self, permission: &Permission) -> Option<bool> {
        self.permissions.iter().find(|(p, _)| p == permission).and_then(|(_, answer)| answer.value().copied())
    }

    /// Whether an operator is alive: its Lease was renewed within three lease durations. `None` when that is not known, or
    /// when it was renewed in the future.
    pub fn operator_alive(&self) -> Option<bool> {
        if self.operator.value().is_some_and(|o| o.replicas == 0) {
            return Some(false);
        }
        match &self.lease {
            Item::Present { value } => {
                let limit = 3 * value.duration_seconds.unwrap_or(15).max(1).unsigned_abs();
                let renewed = value.renewed_at.filter(|at| !self.is_to_come(*at));
                renewed.map(|at| self.since(at).as_secs() <= limit)
            }
            Item::Absent => Some(false),
            _ => None,
        }
    }

    /// Where the generation's name comes from, for people; with the right that would tell the operator's version, where it
    /// is missing.
    pub fn basis(&self) -> String {
        let basis = self.generation.basis();
        match (&self.generation.operator, &self.operator) {
            (None, Item::Forbidden { what }) => format!("{basis}; you may not {what}"),
            _ => basis,
        }
    }

    /// Jobs of a component that may still do something.
    pub fn jobs_at_work(&self, component: &str) -> Vec<&Job> {
        self.jobs.each().iter().filter(|j| j.component() == component && j.at_work()).collect()
    }

    /// Restores that the operator may still act on, oldest first.
    pub fn unfinished_restores(&self) -> Vec<&Restore> {
        let mut open: Vec<&Restore> = self.restores.each().iter().filter(|r| r.unfinished()).collect();
        open.sort_by_key(|r| (r.meta.created_at, r.meta.name.clone()));
        open
    }
}
