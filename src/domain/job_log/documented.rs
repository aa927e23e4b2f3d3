//! The tables as documentation shows them.

use super::Suggests;
use super::table::{REASONS, every_row};

/// One row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Documented {
    /// The code of the finding; none for an inner reason.
    pub code: &'static str,
    /// What a line must have, in this order.
    pub texts: &'static [&'static str],
    /// What happened.
    pub meaning: &'static str,
    /// What to do; empty for an inner reason.
    pub action: &'static str,
    /// What it says about running the same thing again.
    pub suggests: Suggests,
    /// An inner reason, where the line has a known one, says that better.
    pub refined: bool,
}

/// Every row of the tables, in their order.
pub fn documented() -> impl Iterator<Item = Documented> {
    every_row().map(|row| Documented {
        code: row.code,
        texts: row.fragments,
        meaning: row.meaning,
        action: row.action,
        suggests: row.suggests,
        refined: row.refined,
    })
}

/// The inner reasons, the one that decides first.
pub fn reasons() -> impl Iterator<Item = Documented> {
    REASONS.iter().map(|reason| Documented {
        code: "",
        texts: std::slice::from_ref(&reason.fragment),
        meaning: reason.meaning,
        action: "",
        suggests: reason.suggests,
        refined: false,
    })
}
