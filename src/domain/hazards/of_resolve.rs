//! The hazards of carrying out one way out of a failed rollback.

use super::shared::{self, During};
use super::{Hazard, Weight, hazard, of_ack};
use crate::api::cluster::{BlueGreen, Cluster};
use crate::api::text::clean;
use crate::domain::evidence::Evidence;

/// A way out of a failed rollback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way<'a> {
    /// Acknowledge, and let the operator try the rollback again.
    Retry,
    /// Write this version (Green's) and acknowledge in one patch.
    StayGreen {
        /// What `spec.version` will be.
        version: &'a str,
    },
    /// Freeze the automation, restore, and decide about the rollback afterwards.
    Restore,
}

/// The hazards of a way, most dangerous first; those of the restore itself come with its own plan ([`super::of_restore`]).
pub fn of_resolve(evidence: &Evidence, way: Way<'_>) -> Vec<Hazard> {
    let Some(cluster) = evidence.cluster.value() else { return Vec::new() };
    match way {
        Way::Retry => of_ack::of_ack(evidence),
        Way::StayGreen { version } => of_ack::acknowledging(evidence, cluster, Some(version)),
        Way::Restore => shared::worst_first([
            ack_pending(evidence, cluster),
            shared::green_leads(evidence, cluster, During::Restore),
            shared::version_reverted(cluster),
            waiting_restores_fire(evidence),
            shared::removed_leader_hangs(evidence),
            shared::upgrade_restarts(cluster).filter(|_| cluster.active_break_glass().is_some()),
            shared::paused_hides(cluster),
            shared::logs_expire(evidence, cluster),
        ]),
    }
}

/// An acknowledged break glass starts the rollback the moment the lock comes free (F§4.7).
pub(super) fn ack_pending(evidence: &Evidence, cluster: &Cluster) -> Option<Hazard> {
    let break_glass = cluster.break_glass.as_ref()?;
    // Taken, and the rollback over: a later upgrade is no rollback.
    let rolling_back = cluster.blue_green.as_ref().is_some_and(BlueGreen::rolling_back);
    (cluster.acknowledged() && (break_glass.active || rolling_back)).then(|| {
        let jobs = evidence.jobs_at_work("upgrade");
        let job = jobs.first().map_or(String::new(), |j| format!("; Job {} is at work now", clean(&j.meta.name)));
        let when = match cluster.spec.paused {
            true => "once the cluster is unpaused",
            false => "during the restore or the moment it ends",
        };
        let text = format!("break glass is acknowledged: the rollback changes Raft members {when}{job}");
        hazard("restore-with-ack-pending", Weight::Danger, text)
    })
}

pub(super) fn waiting_restores_fire(evidence: &Evidence) -> Option<Hazard> {
    let waiting = shared::waiting(evidence);
    (!waiting.is_empty()).then(|| {
        let text = format!(
            "waiting for this lock, and replacing the data again when it comes free, one after the other: {}",
            shared::listed(&waiting)
        );
        hazard("waiting-restores-fire", Weight::Danger, text)
    })
}
