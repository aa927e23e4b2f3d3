//! The hazards of a snapshot itself, whoever restores it: another cluster's, older, of a newer OpenBao, replaced.

use super::version;
use super::{Hazard, Weight, hazard};
use crate::api::cluster::Cluster;
use crate::api::names::SnapshotKey;
use crate::api::text::clean;
use crate::api::workload::Pod;
use crate::domain::evidence::{Evidence, StoreAnswer};
use crate::domain::likeness::{self, Comparison, Likeness};
use crate::domain::restore::foreign;
use crate::domain::status::last_backup;

/// The hazards of restoring this key into the cluster, most dangerous first.
pub fn of_snapshot(evidence: &Evidence, cluster: &Cluster, key: &str) -> Vec<Hazard> {
    super::shared::worst_first([
        seal_mismatch(evidence, cluster, key),
        snapshot_replaced(evidence, cluster, key),
        snapshot_older_than(evidence, key),
        version_downgrade(evidence),
    ])
}

/// One thing that speaks for another cluster's snapshot, or another seal's.
struct Reason {
    weight: Weight,
    /// Whether the seal itself is another one, and not only the cluster.
    seal: bool,
    text: String,
}

/// Every reason in one hazard, the strongest first (F§15.2.7, O§6.3).
pub(super) fn seal_mismatch(evidence: &Evidence, cluster: &Cluster, key: &str) -> Option<Hazard> {
    let compared = likeness::compare(evidence, key);
    let by_key = foreign(key, &evidence.namespace, &evidence.name);
    let mut reasons: Vec<Reason> = ["seal-type", "seal-key", "members", "seal-shares", "raft-index"]
        .iter()
        .filter_map(|what| reason(&compared, what))
        .collect();
    let of_key = by_key.as_ref().map(|of| format!("by its key the snapshot is of {}", clean(of)));
    reasons.extend(of_key.map(|text| Reason { weight: Weight::Danger, seal: false, text }));
    if reasons.iter().all(|reason| reason.weight < Weight::Danger) {
        reasons.extend(earlier(cluster, key).filter(|_| by_key.is_none()));
    }
    // The seal before the cluster, a danger before what is only known.
    reasons.sort_by_key(|reason| (std::cmp::Reverse(reason.weight), !reason.seal));
    let first = reasons.first()?;
    let same_key = likeness::find(&compared, "seal-key").is_some_and(|key| key.verdict == Likeness::Same);
    let follows = match (first.seal, same_key) {
        (true, _) => "every server seals within seconds, and only the seal that took it opens them",
        (false, true) => "its seal key is this cluster's, so the servers can stay open, with the other cluster's data",
        (false, false) => "if that cluster has another seal key, every server seals within seconds and none can be opened",
    };
    let all: Vec<&str> = reasons.iter().map(|reason| reason.text.as_str()).collect();
    Some(hazard("seal-mismatch", first.weight, format!("{}: {follows}", all.join("; "))))
}

/// What a comparison that differs says, and how strongly.
fn reason(compared: &[Comparison], what: &str) -> Option<Reason> {
    let found = likeness::find(compared, what).filter(|one| one.verdict == Likeness::Differs)?;
    let (then, now) = (shown(found.snapshot.as_deref()), shown(found.live.as_deref()));
    let (weight, seal, text) = match what {
        "seal-type" => (Weight::Danger, true, format!("it was taken under a {then} seal and the cluster's is {now}")),
        "seal-key" => (Weight::Danger, true, format!("it was taken under the seal key {then} and the cluster's is {now}")),
        "seal-shares" => (Weight::Danger, true, format!("it needs {then} shares and the cluster {now}")),
        "members" => (Weight::Danger, false, format!("its Raft members ({then}) are none of this cluster's")),
        _ => (Weight::Known, false, format!("its Raft index {then} is above the cluster's {now}: it is of another history")),
    };
    Some(Reason { weight, seal, text })
}

fn shown(value: Option<&str>) -> String {
    value.map_or_else(|| "not known".into(), |value| clean(value).into_owned())
}

/// The object was made again, perhaps with a new seal key, after the snapshot of its namesake.
fn earlier(cluster: &Cluster, key: &str) -> Option<Reason> {
    let (taken, made) = (SnapshotKey::parse(key)?.taken_at, cluster.meta.created_at?);
    (taken < made).then(|| Reason {
        weight: Weight::Known,
        seal: false,
        text: format!("the snapshot is older than the cluster object ({made}), perhaps of an earlier cluster of this name"),
    })
}

pub(super) fn snapshot_older_than(evidence: &Evidence, key: &str) -> Option<Hazard> {
    let taken = SnapshotKey::parse(key)?.taken_at;
    let (last_key, last) = last_backup(evidence)?;
    let last = last.filter(|last| *last > taken)?;
    let text = format!("there is a newer backup: {} ({} old)", clean(last_key), evidence.ago(last));
    Some(hazard("snapshot-older-than", Weight::Known, text))
}

/// A snapshot restores only into the version that wrote its data or a newer one.
pub(super) fn version_downgrade(evidence: &Evidence) -> Option<Hazard> {
    let StoreAnswer::Found { object } = &evidence.snapshot else { return None };
    let wrote = object.version.as_deref()?;
    let running = evidence.pods.each().iter().filter_map(Pod::server_version);
    let oldest = running.filter(|v| version::older(v, wrote)).min_by(|a, b| version::compare(a, b))?;
    let text = format!(
        "the snapshot's data was last used by OpenBao {}, and a server runs {}: going back to an older version is not supported, it may not start; upgrade to {} or newer first, or take an older snapshot",
        clean(wrote),
        clean(oldest),
        clean(wrote)
    );
    Some(hazard("version-downgrade", Weight::Danger, text))
}

/// What lies under the key is not what the operator stored there (NEXT tells digest and size, F§7.5).
pub(super) fn snapshot_replaced(evidence: &Evidence, cluster: &Cluster, key: &str) -> Option<Hazard> {
    let told = cluster.backup.latest.as_ref().filter(|_| cluster.backup.last_name.as_deref() == Some(key))?;
    let StoreAnswer::Found { object } = &evidence.snapshot else { return None };
    let digest = object.sha256().map(|sum| format!("sha256:{sum}"));
    let what = match (told.size, &told.digest, digest) {
        (Some(size), ..) if size != object.size => format!("{size} bytes, and now {}", object.size),
        (_, Some(then), Some(now)) if !then.eq_ignore_ascii_case(&now) => format!("{}, and now {now}", clean(then)),
        _ => return None,
    };
    let text = format!(
        "the object was replaced since the backup stored it (then {what}): find out by whom and why, or take another snapshot"
    );
    Some(hazard("snapshot-replaced", Weight::Danger, text))
}
