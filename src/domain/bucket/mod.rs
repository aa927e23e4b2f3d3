//! Where in a bucket the snapshots of a cluster are, decided from the answers of list requests.
//!
//! Keys are `[prefix/]NS/CLUSTER/[pre-upgrade-]2026-11-21T00-41-19Z-b397e37b.snap` on every generation of the operator.

pub mod days;
pub mod find;

#[cfg(test)]
mod tests;

use crate::api::names::SnapshotKey;

/// How the two kinds of keys begin after the place; the operator does not tell scheduled and manual backups apart.
const KINDS: [&str; 2] = ["", "pre-upgrade-"];

/// Which kind a name is of, and the rest of it.
fn kind_of(name: &str) -> (usize, &str) {
    name.strip_prefix(KINDS[1]).map_or((0, name), |rest| (1, rest))
}

/// `[prefix/]NS/CLUSTER/`: what the keys of a cluster's snapshots begin with.
pub fn place(path_prefix: Option<&str>, namespace: &str, cluster: &str) -> String {
    let prefix = path_prefix.unwrap_or_default().trim_matches('/');
    let between = if prefix.is_empty() { "" } else { "/" };
    format!("{prefix}{between}{namespace}/{cluster}/")
}

/// A key of this place, when it is a snapshot's.
pub fn snapshot(place: &str, key: &str) -> Option<SnapshotKey> {
    key.strip_prefix(place).filter(|name| !name.contains('/')).and_then(SnapshotKey::parse)
}
