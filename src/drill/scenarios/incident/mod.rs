//! What a blue/green cluster looks like after something went wrong: seeded as it was found, not played through.
//!
//! Statuses, Jobs, logs and Raft are those the range's own operator and executors would have left; their names come from
//! the same functions.

mod seed;
mod stories;
mod story;

use serde_json::Value;

use super::Situation;
use super::names::Clock;
use crate::drill::Play;
use crate::drill::world::UpgradeFault;
use crate::drill::world::raft::Peer;
use story::Story;

/// A blue/green cluster as a scenario finds it.
#[derive(Debug, Clone)]
pub struct Incident {
    /// What the spec says beyond the practice cluster's.
    pub spec: Value,
    /// Whether Green's servers run.
    pub green: bool,
    /// The Raft configuration.
    pub peers: Vec<Peer>,
    /// The server that leads, or the last that did.
    pub leader: String,
    /// A server that was removed from Raft, and whether it hangs on every request.
    pub removed: Option<(String, bool)>,
    /// `status.blueGreen`, `status.breakGlass` and `status.operationLock`.
    pub status: Value,
    /// Executor Jobs that ended a while ago.
    pub past: Vec<PastJob>,
    /// What goes on going wrong.
    pub faults: Vec<(&'static str, UpgradeFault)>,
}

/// A Job of the past, with its pod's log.
#[derive(Debug, Clone)]
pub struct PastJob {
    /// The Job, as the operator created it; its owner's uid is filled in when it is created.
    pub job: Value,
    /// How many minutes ago it ran.
    pub minutes_ago: i64,
    /// Its exit code.
    pub exit: i32,
    /// What its pod logged.
    pub log: Vec<String>,
}

impl Incident {
    /// The incident of a situation; nothing for those that are not about blue/green.
    ///
    /// `nonce` is the break glass nonce: 32 hexadecimal digits.
    pub fn of(situation: Situation, play: Play, clock: Clock, nonce: &str) -> Option<Incident> {
        let story = Story { play, clock, nonce };
        match situation {
            Situation::FailedRollback => Some(story.failed_rollback()),
            Situation::DivergedRollback => Some(story.diverged_rollback()),
            Situation::CleanupFailed => Some(story.cleanup_failed()),
            Situation::GreenLeads => Some(story.green_leads()),
            Situation::UpgradeLoop => Some(story.upgrade_loop()),
            Situation::PathBTrap => Some(story.path_b_trap()),
            Situation::RemovedLeader => Some(story.removed_leader()),
            _ => None,
        }
    }
}
