//! The executors' and servers' words and what they mean, as data (F§6.3–6.5, F§12, F§15.2.8–10, O§5.2).
//!
//! A row matches a line that has all its fragments in this order. Of several rows the one whose text begins furthest
//! left wins (errors are chains, the outermost link first); among equals the earlier row, so special ones stand first.

pub(super) mod backup;
pub(super) mod document;
mod reasons;
pub(super) mod restore;
pub(super) mod server;
mod steps;
pub(super) mod upgrade;

use std::sync::LazyLock;

pub(super) use reasons::{REASONS, Reason};

use super::{RaftChange, Submitted, Suggests, UpgradeStage, Weight};

/// One row of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) code: &'static str,
    /// The link of the chain this row usually stands in; decides only how far left the row's text begins.
    pub(super) within: Option<&'static str>,
    pub(super) fragments: &'static [&'static str],
    pub(super) meaning: &'static str,
    pub(super) action: &'static str,
    pub(super) submitted: Submitted,
    pub(super) suggests: Suggests,
    /// The inner reason, where the line has a known one, says better what a retry would do.
    pub(super) refined: bool,
    pub(super) raft: Option<RaftChange>,
    pub(super) stage: Option<UpgradeStage>,
    pub(super) weight: Weight,
}

impl Row {
    /// Counts only where no other row does: it stands for the executor's own prefix of every error.
    pub(super) fn is_fallback(&self) -> bool {
        self.code.ends_with("-unknown-error")
    }

    /// Whether upgrade and rollback executors write it.
    pub(super) fn is_of_upgrade(&self) -> bool {
        self.code.starts_with("upgrade-log-")
    }
}

/// Why something failed.
const fn row(
    code: &'static str,
    within: Option<&'static str>,
    fragments: &'static [&'static str],
    submitted: Submitted,
    suggests: Suggests,
    meaning: &'static str,
    action: &'static str,
) -> Row {
    Row {
        code,
        within,
        fragments,
        meaning,
        action,
        submitted,
        suggests,
        refined: false,
        raft: None,
        stage: None,
        weight: Weight::Cause,
    }
}

/// Odd, and no proof of a failure.
const fn remark(
    code: &'static str,
    fragments: &'static [&'static str],
    submitted: Submitted,
    suggests: Suggests,
    meaning: &'static str,
    action: &'static str,
) -> Row {
    let row = row(code, None, fragments, submitted, suggests, meaning, action);
    Row { weight: Weight::Remark, ..row }
}

/// The rows of all tables.
pub(super) fn every_row() -> impl Iterator<Item = &'static Row> {
    [restore::ROWS, backup::ROWS, upgrade::ROWS, steps::ROWS, server::ROWS, document::ROWS].into_iter().flatten()
}

/// Steps by their message.
static STEPS: LazyLock<Vec<(&'static [u8], &'static Row)>> = LazyLock::new(|| {
    let messages = steps::ROWS.iter().filter_map(|row| Some((row.fragments.first()?.as_bytes(), row)));
    let mut steps: Vec<_> = messages.collect();
    steps.sort_unstable_by_key(|(message, _)| *message);
    steps
});

/// The step an upgrade executor's message tells. Words may follow the known ones.
pub(super) fn step(message: &[u8]) -> Option<&'static Row> {
    // Of the texts a message begins with, the longest sorts last before it.
    let after = STEPS.partition_point(|(known, _)| *known <= message);
    let (known, row) = STEPS.get(after.checked_sub(1)?)?;
    let rest = message.strip_prefix(*known)?;
    rest.first().is_none_or(|next| !next.is_ascii_alphanumeric()).then_some(*row)
}

/// Every row of these tables has one of these in one of its fragments: a line with none of them matches no row. Few and
/// telling, so that nearly every line is done with after one fast look.
#[rustfmt::skip]
pub(super) static EXECUTOR_HINTS: &[&str] = &[
    "rror:", "ailed", "required", "not found", "unknown ", "nvalid", "expired", "overload", "DoesNotMatch", "no leader",
    "cancelled", "must ", "breaker", "mismatch", "exceeds", "scratch file", "does not match", "not running", "leadership",
    "not the observed", "process changed", "execution changed", "differs", "claim", "missing client_token",
    "requires the", "requires its", "not stable", "observe snapshot", "canceled",
];

/// The same for upgrade executors.
#[rustfmt::skip]
pub(super) static UPGRADE_HINTS: &[&str] = &[
    "rror:", "ailed", "required", "nvalid", "unsupported action", "cancelled", "circuit breaker", "refusing", "did not ",
    "was not joined", "are missing", "timed out", "transfer state", "cannot be empty", "mismatch",
];

/// The same for servers.
#[rustfmt::skip]
pub(super) static SERVER_HINTS: &[&str] = &[
    "ailed", "rror", "mismatch", "mis-match", "election", "rejecting", "rejected", "newer term", "not active", "installing",
    "already", "nvalid", "must be", "unrecognized", "no TLS", "not found", "not a non-voter", "refusing", "not initialized",
    "changed since", "cannot restore", "committing log", "not the leader", "deadline", "restoring", "applying snapshot",
    "reloading", "as sealed", "is sealed",
];
