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
    let first = message.first()?;
    // Of the texts a message begins with, the longest sorts last before it.
    let before = &STEPS[..STEPS.partition_point(|(known, _)| *known <= message)];
    let near = before.iter().rev().take_while(|(known, _)| known.first() == Some(first));
    let (known, row) = near.into_iter().find(|(known, _)| message.starts_with(known))?;
    let next = message.get(known.len());
    next.is_none_or(|next| !next.is_ascii_alphanumeric()).then_some(*row)
}

/// The texts that rows begin with, none of them the beginning of another.
static BEGINNINGS: LazyLock<Vec<&'static [u8]>> = LazyLock::new(|| {
    let mut texts: Vec<&[u8]> = every_row().filter_map(|row| row.fragments.first().map(|text| text.as_bytes())).collect();
    texts.sort_unstable();
    // A text sorts before those that begin with it.
    texts.dedup_by(|later, kept| later.starts_with(kept));
    texts
});

/// Whether a text begins as some row does.
pub(super) fn begins_as_a_row(text: &[u8]) -> bool {
    let after = BEGINNINGS.partition_point(|known| *known <= text);
    after.checked_sub(1).and_then(|before| BEGINNINGS.get(before)).is_some_and(|known| text.starts_with(known))
}

/// What tells a line of no known form that is worth a look, other than its beginning.
pub(super) static PLAIN_HINTS: &[&str] =
    &["ailed", "rror:", "required", "did not ", "refusing", "not found", "mismatch", "no leader found"];

/// Every row of the servers has one of these in one of its fragments: a line with none of them matches no row.
#[rustfmt::skip]
pub(super) static SERVER_HINTS: &[&str] = &[
    "ailed", "rror", "lection", "reject", "mismatch", "mis-match", "newer term", "not ", "snapshot", "already", "nvalid answer",
    "sealed", "tls: ", "no TLS", "refusing", "changed since", "committing", "deadline", "reloading",
];
