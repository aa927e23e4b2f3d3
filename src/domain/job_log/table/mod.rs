//! The executors' and servers' words and what they mean, as data (F§6.3–6.5, F§12, F§15.2.8–10, O§5.2).
//!
//! A row matches a line that has all its fragments in this order. Of several rows the one whose text begins furthest
//! left wins (errors are chains, the outermost link first); among equals the earlier row, so special ones stand first.

pub(super) mod backup;
pub(super) mod restore;

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
    pub(super) raft: Option<RaftChange>,
    pub(super) stage: Option<UpgradeStage>,
    pub(super) weight: Weight,
}

impl Row {
    /// Counts only where no other row does: it stands for the executor's own prefix of every error.
    pub(super) fn is_fallback(&self) -> bool {
        self.code.ends_with("-unknown-error")
    }
}

const fn row(
    code: &'static str,
    within: Option<&'static str>,
    fragments: &'static [&'static str],
    submitted: Submitted,
    suggests: Suggests,
    meaning: &'static str,
    action: &'static str,
) -> Row {
    Row { code, within, fragments, meaning, action, submitted, suggests, raft: None, stage: None, weight: Weight::Cause }
}

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

/// Every row has one of these in one of its fragments: a line with none of them matches no row. Few and telling, so
/// that nearly every line is done with after one fast look.
#[rustfmt::skip]
pub(super) static HINTS: &[&str] = &[
    "rror:", "ailed", "required", "not found", "unknown ", "nvalid", "expired", "overload", "DoesNotMatch", "no leader",
    "cancelled", "must ", "breaker", "mismatch", "exceeds", "scratch file", "does not match", "not running", "leadership",
    "not the observed", "process changed", "execution changed", "differs", "claim", "missing client_token",
    "requires the", "requires its", "not stable", "observe snapshot", "canceled",
];
