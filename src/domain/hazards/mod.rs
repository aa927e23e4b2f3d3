//! Hazards: known dangers of an act on this generation, as pure checks with stable codes.
//!
//! Each act has its list: [`of_restore`], [`of_ack`], [`of_resolve`], [`of_recover`]; [`standing`] is for commands that only
//! read. Each code has a page in `docs/hazards/<code>.md` (a test compares the two).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod of_ack;
mod of_recover;
mod of_resolve;
mod of_restore;
mod of_snapshot;
mod shared;
mod standing;
pub(crate) mod version;

pub use of_ack::of_ack;
pub use of_recover::{Settle, of_recover};
pub use of_resolve::{Way, of_resolve};
pub use of_restore::{Act, of_restore};
pub use of_snapshot::of_snapshot;
pub use shared::{upgrade_left, version_is_reverted};
pub use standing::standing;

/// How strongly a hazard speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// True of every such act on this generation: shown, needs no acceptance.
    Standing,
    /// Known on this generation and worth knowing; nothing here makes it worse.
    Known,
    /// It will or may well strike in this situation.
    Danger,
}

/// One hazard that applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hazard {
    /// Stable code, also the name of its page.
    pub code: String,
    /// How strongly it speaks.
    pub weight: Weight,
    /// What will or may happen, in this situation.
    pub text: String,
}

fn hazard(code: &str, weight: Weight, text: impl Into<String>) -> Hazard {
    debug_assert!(CODES.contains(&code), "{code} is not listed");
    Hazard { code: code.into(), weight, text: text.into() }
}

/// Hazards as a fact that a consent rests on: a danger that was none before is a change.
pub fn as_fact(hazards: &[Hazard]) -> String {
    let one = |h: &Hazard| format!("{}{}", h.code, if h.weight == Weight::Danger { " (danger)" } else { "" });
    let all: Vec<String> = hazards.iter().filter(|h| h.weight > Weight::Standing).map(one).collect();
    if all.is_empty() { "none".into() } else { all.join(", ") }
}

/// Every code this module can return, for the pages and the completion of `--accept`.
pub const CODES: &[&str] = &[
    "ack-removes-blue-peers",
    "ack-runs-version-revert",
    "ack-with-restore-in-flight",
    "backup-lock-leaks",
    "completed-not-proof",
    "green-leads",
    "job-delete-resubmits",
    "logs-expire",
    "name-reuse",
    "override-leaves-no-trace",
    "override-live-upgrade",
    "override-restore-lock",
    "override-running-backup",
    "override-then-fails",
    "paused-hides-break-glass",
    "policy-lacks-snapshot",
    "quorum-margin",
    "removed-leader-hangs",
    "restore-with-ack-pending",
    "restored-already",
    "resume-unverified",
    "seal-mismatch",
    "snapshot-older-than",
    "snapshot-replaced",
    "status-stale-after-restore",
    "token-restore-broken",
    "unknown-delete-unverified",
    "upgrade-loop-reuses-jobs",
    "upgrade-restarts-after-rollback",
    "version-downgrade",
    "version-reverted-mid-upgrade",
    "waiting-restores-fire",
];

#[cfg(test)]
mod tests;
