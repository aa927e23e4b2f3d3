//! What an acknowledgement will do, in order, on the generation installed (F§4.6, F§4.7, F§15).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::state;
use crate::api::cluster::Cluster;
use crate::api::generation::{Generation, Tag};
use crate::api::text::clean;
use crate::domain::evidence::Evidence;
use crate::domain::{hazards, rollback};

/// Which way the operator takes once it has the acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Course {
    /// The repair of Raft is tried again, then the clean-up.
    Repair,
    /// The clean-up after the repair is tried again.
    Cleanup,
    /// The wanted version is the running one: Green is deleted at once, nothing is repaired.
    VersionRevert,
    /// Phase and reason are none that this tool knows: the operator goes on where it stopped.
    Unknown,
}

/// What will happen after an acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Consequences {
    /// Which way the operator takes.
    pub course: Course,
    /// What it waits for before anything happens; empty when it begins within seconds.
    pub waits_for: Vec<String>,
    /// The steps, in order.
    pub steps: Vec<String>,
    /// The run id the new Job will carry, where one is expected.
    pub run_id: Option<String>,
}

/// The consequences of acknowledging now, whatever the state; `None` when the cluster was not read.
pub fn consequences(evidence: &Evidence) -> Option<Consequences> {
    let cluster = evidence.cluster.value()?;
    let course = course(cluster);
    let blue_green = cluster.blue_green.as_ref();
    let attempt = blue_green.and_then(|b| b.rollback_attempt).unwrap_or(0).saturating_add(1);
    let operation = blue_green.filter(|b| b.is_scoped()).and_then(|b| b.operation_id.as_ref());
    let operation = operation.map_or(String::new(), |id| format!("{}/", clean(id)));
    let run_id = matches!(course, Course::Repair | Course::Cleanup).then(|| format!("{operation}rollback-retry-{attempt}"));
    let mut waits_for = state::holds(evidence, cluster);
    if let Some(lock) = state::waits_for(cluster) {
        let holder = clean(&lock.holder).into_owned();
        waits_for.push(format!(
            "{holder} holds the operation lock: the acknowledgement is taken, and its work begins the instant the lock is free"
        ));
    }
    let steps = steps(&evidence.generation, cluster, course, run_id.as_deref());
    Some(Consequences { course, waits_for, steps, run_id })
}

fn course(cluster: &Cluster) -> Course {
    if hazards::version_is_reverted(cluster, cluster.spec.version.as_deref()) {
        return Course::VersionRevert;
    }
    let phase = cluster.blue_green.as_ref().map_or("", |b| b.phase.as_str());
    let reason = cluster.break_glass.as_ref().map_or("", |b| b.reason.as_str());
    match (phase, reason) {
        ("RollingBack", "RollbackConsensusRepairFailed") => Course::Repair,
        ("RollbackCleanup", "RollbackCleanupPeerRemovalFailed") => Course::Cleanup,
        _ => Course::Unknown,
    }
}

fn steps(generation: &Generation, cluster: &Cluster, course: Course, run_id: Option<&str>) -> Vec<String> {
    let mut all = vec!["break glass ends; its record stays".to_owned()];
    let run = run_id.unwrap_or_default();
    match course {
        Course::Repair => {
            all.push(format!("about 5 s later a new Job (run id {run}) gives Blue's servers the vote and takes Green's"));
            if generation.repair_checks_blue_quorum() {
                all.push("it refuses when too few of Blue's servers are left in Raft".into());
            }
            all.push("if that Job fails: break glass again, with a new nonce".into());
            all.extend(clean_up(generation, cluster));
            all.extend(end(generation, cluster));
        }
        Course::Cleanup => {
            all.push(format!("about 5 s later a new Job (run id {run}) removes Green's servers from Raft"));
            all.push("if that Job fails: break glass again, with a new nonce".into());
            all.push(deletes_green(generation, cluster));
            all.extend(end(generation, cluster));
        }
        Course::VersionRevert => {
            all.push("the wanted version is the running one, so no Job runs: Raft is not repaired".into());
            all.push("Green's StatefulSet is deleted at once; servers of it that vote are missed, and quorum may be lost".into());
            all.extend(end(generation, cluster));
        }
        Course::Unknown => {
            let phase = cluster.blue_green.as_ref().map_or("", |b| b.phase.as_str());
            all.push(format!(
                "the operator goes on in phase {}: this tool does not know what it does there",
                if phase.is_empty() { "(none)".into() } else { clean(phase) }
            ));
        }
    }
    all
}

fn clean_up(generation: &Generation, cluster: &Cluster) -> Vec<String> {
    let old = "then the clean-up removes Blue's servers from Raft, the leader first, and ignores that it fails";
    let new = "then the clean-up removes Green's servers from Raft";
    let again = if generation.cleanup_failure_breaks_glass() { "; if that fails: break glass again" } else { "" };
    let removal = match (generation.ack_removes_blue_peers(), generation.surely_at_most(Tag::Jan)) {
        (true, true) => old.to_owned(),
        (true, false) => format!("{new}{again}; an operator as old as JAN removes Blue's instead"),
        (false, _) => format!("{new}{again}"),
    };
    vec![removal, deletes_green(generation, cluster)]
}

fn deletes_green(generation: &Generation, cluster: &Cluster) -> String {
    let volumes = match rollback::deletes_green_volumes(generation, cluster) {
        Some(true) => ", and so are its data volumes",
        None => ", and perhaps its data volumes too (NEXT does, 0.5 may)",
        Some(false) => "; its data volumes stay",
    };
    format!("Green's StatefulSet is deleted{volumes}")
}

fn end(generation: &Generation, cluster: &Cluster) -> Vec<String> {
    let lock = match generation.rollback_leaks_upgrade_lock() {
        true => "the phase is Idle; the Upgrade lock may stay behind on this generation, and backups and restores wait for it",
        false => "the phase is Idle and the lock free: backups, and restores that wait, go on by themselves",
    };
    let mut all = vec![lock.to_owned()];
    if let Some(wanted) = hazards::upgrade_left(cluster) {
        all.push(format!(
            "about a minute later the upgrade to {} begins again, unless spec.version is changed then",
            clean(wanted)
        ));
    }
    all
}
