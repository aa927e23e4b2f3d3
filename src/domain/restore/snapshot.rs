//! The snapshot as a plan knows it: whose it is, when it was taken, and so what a restore of it throws away.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::names::SnapshotKey;
use crate::api::text::ago;

/// The snapshot as the plan knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotSummary {
    /// Object key.
    pub key: String,
    /// Bucket.
    pub bucket: Option<String>,
    /// Scheduled or pre-upgrade, by its key.
    pub kind: Option<String>,
    /// When it was taken: by its key, else by the object's modification time.
    pub taken_at: Option<Timestamp>,
    /// Bytes.
    pub size: Option<u64>,
    /// Entity tag.
    pub etag: Option<String>,
    /// When the object was written, by the store.
    pub last_modified: Option<Timestamp>,
    /// SHA-256 of the object, when it was read to its last byte.
    pub sha256: Option<String>,
    /// What the object store said of it: `object exists`, `does not exist`, …, or `not checked`.
    pub verified: String,
}

/// The cluster a snapshot was taken from by its key, when that is another one than this.
pub fn foreign(key: &str, namespace: &str, cluster: &str) -> Option<String> {
    let (of_namespace, of_cluster) = SnapshotKey::parse(key)?.origin?;
    ((of_namespace.as_str(), of_cluster.as_str()) != (namespace, cluster)).then(|| format!("{of_namespace}/{of_cluster}"))
}

/// How much earlier than its key an archive may say it was written: clocks differ.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// When a snapshot was taken, and so what is lost: by its key, unless the archive itself says that it is older than that. A
/// file that was put there under a key of its own has the archive's time; when it was uploaded is the last resort, because
/// that can be long after.
pub(super) fn taken_at(key: Option<Timestamp>, archive: Option<Timestamp>, uploaded: Option<Timestamp>) -> Option<Timestamp> {
    match (key, archive) {
        (Some(key), Some(archive)) if key.duration_since(archive) > CLOCKS => Some(archive),
        (Some(at), _) | (None, Some(at)) => Some(at),
        (None, None) => uploaded,
    }
}

impl SnapshotSummary {
    /// What a restore of it into this cluster throws away.
    pub fn lost(&self, namespace: &str, cluster: &str, now: Timestamp) -> String {
        let old = |at| ago(now, at);
        match (foreign(&self.key, namespace, cluster), self.taken_at) {
            (Some(of), _) => format!("everything in this cluster: by its key the snapshot is of {of}"),
            (None, Some(at)) => format!("every write since {at} ({}), and every token issued since", old(at)),
            (None, None) => "every write since it was taken (when is not known), and every token issued since".into(),
        }
    }

    /// What the phrase names it by: its time, or its key when the time is not known.
    pub(super) fn moment(&self) -> String {
        self.taken_at.map_or_else(|| self.key.clone(), |at| at.to_string())
    }
}
