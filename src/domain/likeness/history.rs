//! When it was taken, by which version, and where in Raft's log: against the cluster's own history.

use jiff::{SignedDuration, Timestamp};

use super::{Comparison, Likeness, Pair, Subject};
use crate::api::workload::Pod;
use crate::domain::evidence::{Item, ServerHealth};
use crate::domain::hazards::version;
use crate::domain::status::last_backup;

fn answers<'a>(subject: &Subject<'a>) -> impl Iterator<Item = &'a ServerHealth> {
    subject.evidence.servers.iter().map(|answer| &answer.health).filter_map(Item::value)
}

/// The newest OpenBao that was active on its data against the oldest that runs: going back is not supported (O§1.2).
pub(super) fn version(subject: &Subject<'_>) -> Comparison {
    let by_label = subject.evidence.pods.each().iter().filter_map(Pod::server_version);
    let running = by_label.chain(answers(subject).filter_map(|health| health.version.as_deref())).filter(|v| version::is_one(v));
    let oldest = running.min_by(|a, b| version::compare(a, b)).map(str::to_owned);
    let wrote = subject.facts.openbao_version.clone().filter(|v| version::is_one(v));
    let pair = Pair::of("version", wrote.clone(), oldest.clone());
    match (wrote, oldest) {
        (Some(wrote), Some(oldest)) if version::older(&oldest, &wrote) => {
            pair.is(Likeness::Differs, "a server is older than the data: going back to an older version is not supported")
        }
        (Some(_), Some(_)) if subject.facts.versions_read => {
            pair.is(Likeness::Same, "no server is older than the newest version that was active on the data")
        }
        (Some(_), Some(_)) => {
            pair.is(Likeness::Unknown, "no server is older than that, but not all versions of the data were read")
        }
        (None, _) => pair.is(Likeness::Unknown, "the versions of the data lie beyond what was read"),
        (_, None) => pair.is(Likeness::Unknown, "which version the servers run is not known"),
    }
}

/// Its last Raft entry against the leader's: the index of one history only grows, and a restore goes on above both (O§1.3).
pub(super) fn raft_index(subject: &Subject<'_>) -> Comparison {
    let then = subject.facts.meta.as_ref().map(|meta| meta.index);
    let leader = answers(subject).filter(|health| health.leads == Some(true));
    let now = leader.filter_map(|health| health.raft_committed_index.max(health.raft_applied_index)).max();
    let pair = Pair::of("raft-index", then.map(|index| index.to_string()), now.map(|index| index.to_string()));
    match (then, now) {
        (Some(then), Some(now)) if then > now => {
            pair.is(Likeness::Differs, "the snapshot is further than the cluster ever was: it is of another history")
        }
        (Some(_), Some(_)) => {
            pair.is(Likeness::Same, "the cluster is further, as it is after a snapshot of its own; that alone proves nothing")
        }
        (None, _) => pair.is(Likeness::Unknown, "the index lies beyond what was read"),
        (_, None) => pair.is(Likeness::Unknown, "no server that leads told its index"),
    }
}

/// How long a backup may take from its key's time until OpenBao writes the archive, and how far clocks differ meanwhile.
const AFTER: SignedDuration = SignedDuration::from_hours(1);
const BEFORE: SignedDuration = SignedDuration::from_mins(5);

/// The time in the archive against the time in the key.
pub(super) fn taken(subject: &Subject<'_>) -> Comparison {
    let then = subject.facts.taken_at;
    let key = subject.key.as_ref().map(|key| key.taken_at);
    let pair = Pair::of("taken", then.map(|at| at.to_string()), key.map(|at| format!("{at} (by the key)")));
    match then.zip(key).map(|(then, key)| then.duration_since(key)) {
        Some(later) if (-BEFORE..=AFTER).contains(&later) => pair.is(Likeness::Same, "written when its key says"),
        Some(_) => {
            pair.is(Likeness::Differs, "not written when its key says: a clock is wrong, or it was put under this key by hand")
        }
        None if key.is_none() => pair.is(Likeness::Unknown, "the key holds no time"),
        None => pair.is(Likeness::Unknown, "the archive's time was not read"),
    }
}

/// When it was taken: by its key, else by the archive.
fn taken_at(subject: &Subject<'_>) -> Option<Timestamp> {
    subject.key.as_ref().map(|key| key.taken_at).or(subject.facts.taken_at)
}

/// Whether the cluster's object was there when it was taken.
pub(super) fn cluster_age(subject: &Subject<'_>) -> Comparison {
    let (then, made) = (taken_at(subject), subject.cluster.meta.created_at);
    let pair = Pair::of("cluster-age", then.map(|at| at.to_string()), made.map(|at| format!("{at} (created)")));
    match then.zip(made) {
        Some((then, made)) if then < made => pair.is(
            Likeness::Differs,
            "older than the cluster object: it may be of an earlier cluster of this name, with another seal key",
        ),
        Some(_) => pair.is(Likeness::Same, "the cluster was there when it was taken"),
        None => pair.is(Likeness::Unknown, "when the cluster or the snapshot was made is not known"),
    }
}

/// Whether a newer backup is known.
pub(super) fn newest_backup(subject: &Subject<'_>) -> Comparison {
    let (then, known) = (taken_at(subject), last_backup(subject.evidence));
    let pair = Pair::of("newest-backup", then.map(|at| at.to_string()), known.map(|(key, _)| key.to_owned()));
    match (then, known.and_then(|(_, at)| at)) {
        (Some(then), Some(last)) if last > then => pair.is(Likeness::Differs, "there is a newer backup"),
        (Some(_), Some(_)) => pair.is(Likeness::Same, "no newer backup is known from the cluster; the bucket may hold more"),
        (_, None) => pair.is(Likeness::Unknown, "the cluster names no backup with a time"),
        (None, _) => pair.is(Likeness::Unknown, "when it was taken is not known"),
    }
}
