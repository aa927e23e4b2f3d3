//! The hazards of acknowledging break glass (F§4.6, F§4.7, F§15).

use super::shared::{self, During};
use super::{Hazard, Weight, hazard};
use crate::api::cluster::Cluster;
use crate::api::generation::Tag;
use crate::api::restore::{Phase, Restore};
use crate::api::text::{clean, count};
use crate::domain::evidence::Evidence;

/// The hazards of acknowledging break glass now, most dangerous first; none when the cluster was not read.
pub fn of_ack(evidence: &Evidence) -> Vec<Hazard> {
    let Some(cluster) = evidence.cluster.value() else { return Vec::new() };
    acknowledging(evidence, cluster, cluster.spec.version.as_deref())
}

/// The same for an acknowledgement that is taken while `version` stands in the spec.
pub(super) fn acknowledging(evidence: &Evidence, cluster: &Cluster, version: Option<&str>) -> Vec<Hazard> {
    let reverts = shared::version_is_reverted(cluster, version);
    let rolls_back = |found: Option<Hazard>| found.filter(|_| !reverts);
    shared::worst_first([
        runs_version_revert(evidence, cluster, reverts),
        rolls_back(removes_blue_peers(evidence)),
        restore_in_flight(evidence, cluster),
        shared::green_leads(evidence, cluster, During::Rollback),
        shared::rollback_downgrades(evidence, cluster),
        shared::blue_margin(evidence, cluster),
        shared::removed_leader_hangs(evidence),
        armed_while_paused(cluster),
        rolls_back(restarts(cluster, version)),
        rolls_back(shared::loop_reuses_jobs(evidence, cluster)),
        shared::logs_expire(evidence, cluster),
    ])
}

/// The old advice "set spec.version back and acknowledge": no repair, Green deleted, quorum lost (seen on JAN).
fn runs_version_revert(evidence: &Evidence, cluster: &Cluster, reverts: bool) -> Option<Hazard> {
    if !reverts {
        return None;
    }
    let (weight, votes) = match shared::green_votes(evidence, cluster) {
        Some(0) => (Weight::Known, "Green has no vote, so quorum is kept".to_owned()),
        Some(n) => (Weight::Danger, format!("Green has {}, so quorum may be lost while everything looks well", count(n, "vote"))),
        None => {
            (Weight::Danger, "whether Green votes is not known; if it does, quorum is lost while everything looks well".into())
        }
    };
    let text =
        format!("the wanted version is the running one: the acknowledgement deletes Green at once and repairs nothing; {votes}");
    Some(hazard("ack-runs-version-revert", weight, text))
}

/// P1 to JAN: the clean-up after a successful repair removes the wrong side (F§15.2.5, fixed by #104).
pub(super) fn removes_blue_peers(evidence: &Evidence) -> Option<Hazard> {
    let generation = &evidence.generation;
    generation.ack_removes_blue_peers().then(|| {
        let sure = generation.surely_at_most(Tag::Jan);
        let whether = if sure { String::new() } else { format!(" (if this operator is of that age: generation {})", generation.name()) };
        let text = format!(
            "after a successful repair the operator removes Blue's servers from Raft, the leader first, ignores that this fails, and deletes Green{whether}"
        );
        hazard("ack-removes-blue-peers", Weight::Danger, text)
    })
}

/// A restore that runs, waits, is undecided, or only left its lock: rollback and restore must not meet.
fn restore_in_flight(evidence: &Evidence, cluster: &Cluster) -> Option<Hazard> {
    let danger = |text: String| Some(hazard("ack-with-restore-in-flight", Weight::Danger, text));
    let lock = cluster.operation_lock.as_ref().filter(|l| l.operation == "Restore");
    let open = evidence.unfinished_restores();
    let (waiting, at_work): (Vec<&Restore>, Vec<&Restore>) =
        open.into_iter().partition(|r| matches!(r.phase, Phase::Pending | Phase::Validating));
    if !at_work.is_empty() {
        let named = shared::listed(&at_work);
        return danger(format!(
            "{named} is not over: the moment its lock is free the rollback changes Raft members and deletes Green, over data just restored"
        ));
    }
    if let Some(lock) = lock {
        let holder = clean(&lock.holder);
        return danger(format!(
            "{holder} holds the operation lock: the rollback waits and begins the instant the lock comes free"
        ));
    }
    if !waiting.is_empty() {
        let named = shared::listed(&waiting);
        return danger(format!("waiting for the lock, and replacing the data by itself once the rollback lets it go: {named}"));
    }
    let why = evidence.restores.unknown()?;
    danger(format!("whether a restore is under way is not known ({})", clean(&why)))
}

fn armed_while_paused(cluster: &Cluster) -> Option<Hazard> {
    let found = shared::paused_hides(cluster)?;
    let text = "the cluster is paused: the acknowledgement would lie there and take effect whenever somebody unpauses it";
    Some(hazard(&found.code, Weight::Danger, text))
}

fn restarts(cluster: &Cluster, version: Option<&str>) -> Option<Hazard> {
    let unchanged = version == cluster.spec.version.as_deref();
    if unchanged { shared::upgrade_restarts(cluster) } else { None }
}
