//! The executors' and servers' words and what they mean, as data (F§6.3–6.5, F§12, F§15.2.8–10, O§5.2).
//!
//! A row matches a line that has all its fragments in this order. Of several rows the one whose text begins furthest
//! left wins (errors are chains, the outermost link first); among equals the earlier row, so special ones stand first.

pub(super) mod backup;
mod beginnings;
pub(super) mod document;
mod reasons;
pub(super) mod restore;
pub(super) mod server;
mod steps;
pub(super) mod upgrade;

use std::sync::LazyLock;

use beginnings::Beginnings;
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
static STEPS: LazyLock<Beginnings<12, &'static Row>> = LazyLock::new(|| {
    Beginnings::new(steps::ROWS.iter().filter_map(|row| Some((row.fragments.first()?.as_bytes(), row))).collect())
});

/// The step an upgrade executor's message tells. Words may follow the known ones.
pub(super) fn step(message: &[u8]) -> Option<&'static Row> {
    let (known, row) = STEPS.of(message)?;
    let next = message.get(known.len());
    next.is_none_or(|next| !next.is_ascii_alphanumeric()).then_some(*row)
}

/// The texts that rows begin with, other than steps.
static BEGINNINGS: LazyLock<Beginnings<14, ()>> = LazyLock::new(|| {
    let rows = [restore::ROWS, backup::ROWS, upgrade::ROWS, server::ROWS, document::ROWS].into_iter().flatten();
    Beginnings::new(rows.filter_map(|row| Some((row.fragments.first()?.as_bytes(), ()))).collect())
});

/// Whether a text begins as some row does that may stand anywhere in a line.
pub(super) fn begins_as_a_row(text: &[u8]) -> bool {
    BEGINNINGS.of(text).is_some()
}

/// What tells a line of no known form that is worth a look, other than its beginning.
pub(super) static PLAIN_HINTS: &[&str] =
    &["ailed", "rror:", "required", "did not ", "refusing", "not found", "mismatch", "no leader found"];
