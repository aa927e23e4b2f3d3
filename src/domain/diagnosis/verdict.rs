//! Which way out the evidence supports.

use super::{Confidence, Verdict};
use crate::api::cluster::Cluster;
use crate::domain::evidence::Evidence;

/// The verdict and how much it rests on.
pub(super) fn judge(evidence: &Evidence, cluster: &Cluster) -> (Verdict, Confidence) {
    let servers_seen = evidence.pods.value().is_some_and(|pods| {
        pods.iter().filter(|p| crate::domain::rollback::leads(evidence, p)).count() == 1
            && pods.iter().all(|p| crate::domain::rollback::is_up(evidence, p))
    });
    match cluster.active_break_glass().is_none() && !cluster.upgrade_under_way() && servers_seen {
        true => (Verdict::NothingToDo, Confidence::Medium),
        false => (Verdict::NotEnoughEvidence, Confidence::Low),
    }
}
