//! The hazards of settling a restore whose outcome is unknown (F§4.3, F§4.4, F§4.7).

use super::{Hazard, Weight, hazard, shared};
use crate::api::generation::Tag;
use crate::api::restore::{Phase, Restore};
use crate::domain::evidence::{Evidence, Item};

/// How an unknown outcome is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// NEXT: it is well; every voter is restarted, then the lock released.
    Resume,
    /// NEXT: it is not; the cluster is paused and the lock released.
    Abandon,
    /// 0.5: the object is deleted, which releases the lock.
    Delete,
}

/// The hazards of settling, most dangerous first.
pub fn of_recover(evidence: &Evidence, restore: &Restore, settle: Settle) -> Vec<Hazard> {
    shared::worst_first([
        resume_unverified(evidence).filter(|_| settle == Settle::Resume),
        delete_unverified(evidence, restore).filter(|_| settle == Settle::Delete),
        evidence.cluster.value().and_then(|cluster| super::of_resolve::ack_pending(evidence, cluster)),
        super::of_resolve::waiting_restores_fire(evidence).filter(|_| settle != Settle::Resume || !paused(evidence)),
    ])
}

fn paused(evidence: &Evidence) -> bool {
    evidence.cluster.value().is_some_and(|c| c.spec.paused)
}

/// Resume restarts every voter: with another seal key none comes back.
fn resume_unverified(evidence: &Evidence) -> Option<Hazard> {
    let (weight, looked) = match doubt(evidence) {
        Some(doubt) => (Weight::Danger, doubt),
        None => (
            Weight::Known,
            "every server says it is unsealed now, which does not prove that it can unseal after a restart".into(),
        ),
    };
    Some(hazard("resume-unverified", weight, format!("Resume restarts every server, the leader last: {looked}")))
}

/// Deleting an unsettled restore frees the lock: upgrades, backups and rollbacks go on over data nobody looked at.
pub(super) fn delete_unverified(evidence: &Evidence, restore: &Restore) -> Option<Hazard> {
    // NEXT forbids it once the restore is committed (F§8.6).
    let deletable = evidence.generation.knows_unknown() && evidence.generation.may_be_at_most(Tag::V05);
    if restore.phase != Phase::Unknown || restore.released() || !deletable {
        return None;
    }
    let (weight, looked) = match doubt(evidence) {
        Some(doubt) => (Weight::Danger, doubt),
        None => (
            Weight::Known,
            "every server says it is unsealed; whether the data is the snapshot's, only a look into it tells".into(),
        ),
    };
    let text =
        format!("deleting it releases the lock, and upgrades, backups and rollbacks go on over the data as it is: {looked}");
    Some(hazard("unknown-delete-unverified", weight, text))
}

/// Why the servers do not count as looked at; `None` when each of them answered that it is unsealed and one leads.
fn doubt(evidence: &Evidence) -> Option<String> {
    if evidence.servers.is_empty() {
        return Some("the servers were not asked themselves".into());
    }
    let well = |h: &Item<crate::domain::evidence::ServerHealth>| h.value().is_some_and(|h| h.initialized && !h.sealed);
    let unwell: Vec<&str> = evidence.servers.iter().filter(|s| !well(&s.health)).map(|s| s.pod.as_str()).collect();
    if !unwell.is_empty() {
        return Some(format!("not every server says it is unsealed ({})", crate::api::text::clean(&unwell.join(", "))));
    }
    let leads = evidence.servers.iter().filter_map(|s| s.health.value()).filter(|h| !h.standby && h.leads != Some(false)).count();
    (leads != 1).then(|| format!("{leads} servers say they lead, instead of one"))
}
