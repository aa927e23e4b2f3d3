//! The scenarios themselves: what each sets up, teaches, and how `drill run` plays it.

pub mod aftermaths;
pub mod restores;
pub mod rollbacks;

use super::{Act, Beat, Consent, Deed, Restore, Scenario, Which};
use crate::drill::Play;
use crate::exit::Exit;

/// Every scenario, in the order `drill list` shows them.
pub static SCENARIOS: [Scenario; 18] = [
    restores::STUCK_LOCK,
    restores::RESTORE,
    restores::LIVE_LOCK,
    restores::RESTORE_LOCK,
    restores::WAITING_RESTORES,
    restores::FOREIGN_SNAPSHOT,
    restores::DENIED,
    rollbacks::FAILED_ROLLBACK,
    rollbacks::DIVERGED_ROLLBACK,
    rollbacks::CLEANUP_FAILED,
    rollbacks::GREEN_LEADS,
    rollbacks::UPGRADE_LOOP,
    rollbacks::PATH_B_TRAP,
    rollbacks::REMOVED_LEADER,
    aftermaths::UNKNOWN_OUTCOME,
    aftermaths::SEALED_AFTER_RESTORE,
    aftermaths::NO_LEADER_AFTER_RESTORE,
    aftermaths::OPERATOR_DEAD,
];

const STATUS: Beat = Beat::Command(&["status"]);
const STATUS_PROD: Beat = Beat::Command(&["status", "prod"]);
const DIAGNOSE_ROLLBACK: &[&str] = &["diagnose", "rollback", "prod"];
const DIAGNOSE_LOCK: &[&str] = &["diagnose", "lock", "prod"];
const DIAGNOSE_RESTORE: &[&str] = &["diagnose", "restore", "prod"];
const OVERRIDE: &[&str] = &["--override-lock"];

const fn restore(snapshot: Which, flags: &'static [&'static str], consent: Consent) -> Beat {
    Beat::Restore(Restore { snapshot, flags, consent })
}

/// An act that the run is about.
const fn main(deed: Deed) -> Beat {
    Beat::Act(Act { deed, main: true })
}

/// An act on the way.
const fn on_the_way(deed: Deed) -> Beat {
    Beat::Act(Act { deed, main: false })
}

/// What a restore that goes well ends with: on NEXT nobody can know yet.
fn restored(play: Play) -> Exit {
    if play == Play::Next { Exit::OutcomeUnknown } else { Exit::Done }
}

/// Something needs attention, and is told.
fn attention(_: Play) -> Exit {
    Exit::Attention
}
