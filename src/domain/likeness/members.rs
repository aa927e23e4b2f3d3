//! Whose snapshot it is: by its key, and by the names and addresses of Raft's members when it was taken.

use std::collections::BTreeSet;

use super::{Comparison, Likeness, Pair, Subject};
use crate::domain::archive::meta::Peer;
use crate::domain::evidence::Evidence;

/// The cluster that the key names against this one.
pub(super) fn origin(subject: &Subject<'_>) -> Comparison {
    let here = format!("{}/{}", subject.evidence.namespace, subject.evidence.name);
    let named =
        subject.key.as_ref().and_then(|key| key.origin.as_ref()).map(|(namespace, cluster)| format!("{namespace}/{cluster}"));
    let pair = Pair::of("origin", named.clone(), Some(here.clone()));
    match named {
        None => pair.is(Likeness::Unknown, "the key is not of the operator's form: it names no cluster"),
        Some(named) if named == here => {
            pair.is(Likeness::Same, "the key is one of this cluster's; anybody who may write can choose a key")
        }
        Some(_) => pair.is(Likeness::Differs, "the key is one of another cluster's"),
    }
}

/// Where a member belongs, by what the snapshot says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Home {
    /// In this cluster of this namespace.
    Here,
    /// In another one.
    Elsewhere,
    /// Its name is one of this cluster's; nothing says of which namespace.
    Unsaid,
}

/// Raft's members then against the servers now.
pub(super) fn members(subject: &Subject<'_>) -> Comparison {
    let live = servers(subject.evidence);
    let here = (!live.is_empty()).then(|| live.iter().cloned().collect::<Vec<_>>().join(", "));
    let Some(meta) = &subject.facts.meta else {
        return Pair::of("members", None, here).is(Likeness::Unknown, "the part that was read names no members of Raft");
    };
    let peers: Vec<&Peer> = meta.peers.iter().filter(|peer| !peer.id.is_empty()).collect();
    let pair = Pair::of("members", (!peers.is_empty()).then(|| named(&peers)), here);
    let homes: Vec<Home> = peers.iter().map(|peer| home(subject.evidence, &live, peer)).collect();
    let then: BTreeSet<String> = peers.iter().map(|peer| peer.id.clone()).collect();
    match () {
        () if homes.is_empty() => pair.is(Likeness::Unknown, "the snapshot names no members of Raft"),
        () if homes.contains(&Home::Here) && then == live => pair.is(Likeness::Same, "the same members"),
        () if homes.contains(&Home::Here) => pair.is(
            Likeness::Same,
            "members of this cluster under other names or in another number, as upgrades and scaling leave it",
        ),
        () if homes.contains(&Home::Unsaid) => {
            pair.is(Likeness::Unknown, "their names are this cluster's; their addresses do not say of which namespace")
        }
        () => pair.is(Likeness::Differs, "none of its members can be of this cluster: it is another cluster's"),
    }
}

/// The servers by Raft's own list, else by their pods.
fn servers(evidence: &Evidence) -> BTreeSet<String> {
    let peers: BTreeSet<String> = evidence.peers.each().iter().map(|peer| peer.id.clone()).collect();
    if !peers.is_empty() {
        return peers;
    }
    evidence.pods.each().iter().map(|pod| pod.meta.name.clone()).collect()
}

fn home(evidence: &Evidence, live: &BTreeSet<String>, peer: &Peer) -> Home {
    match cluster_of(&peer.address) {
        Some(home) if home == (evidence.namespace.as_str(), evidence.name.as_str()) => Home::Here,
        Some(_) => Home::Elsewhere,
        None if live.contains(&peer.id) || is_server_of(&peer.id, &evidence.name) => Home::Unsaid,
        None => Home::Elsewhere,
    }
}

/// Namespace and cluster of a server's address, `POD.CLUSTER.NAMESPACE.svc[.DOMAIN]:8201` (F§5.3); `None` for other forms.
fn cluster_of(address: &str) -> Option<(&str, &str)> {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let mut labels = host.split('.').skip(1);
    let (cluster, namespace) = (labels.next()?, labels.next()?);
    (labels.next() == Some("svc")).then_some((namespace, cluster))
}

/// Whether a pod's name is `CLUSTER-N`, or `CLUSTER-REVISION-N` as blue/green names it (F§5.3).
fn is_server_of(pod: &str, cluster: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_revision = |text: &str| text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let Some(rest) = pod.strip_prefix(cluster).and_then(|rest| rest.strip_prefix('-')) else { return false };
    match rest.split_once('-') {
        None => is_number(rest),
        Some((revision, number)) => is_revision(revision) && is_number(number),
    }
}

/// Their names, and their cluster where all addresses name the same one.
fn named(peers: &[&Peer]) -> String {
    let ids: Vec<&str> = peers.iter().map(|peer| peer.id.as_str()).collect();
    let homes: BTreeSet<Option<(&str, &str)>> = peers.iter().map(|peer| cluster_of(&peer.address)).collect();
    match homes.into_iter().collect::<Vec<_>>()[..] {
        [Some((namespace, cluster))] => format!("{} of {namespace}/{cluster}", ids.join(", ")),
        _ => ids.join(", "),
    }
}
