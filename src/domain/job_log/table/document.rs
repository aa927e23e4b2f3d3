//! Lines that stand in the operator's old documentation and that no operator writes (F§12). People search for them,
//! paste them and put them into tickets, so they are recognised and said to be what they are.

use super::{Row, row};
use crate::domain::job_log::Submitted::Unknown;
use crate::domain::job_log::Suggests::Nothing;

const JOIN: &str = "failed to join blue pilot to green leader";
const MISMATCH: &str = "raft log index mismatch";

/// What the author of the two lines together most likely meant, and of the second alone.
const MEANT_DIVERGED: &str = "this line stands in old documentation only; no operator or server writes it. Most likely meant: a server's Raft \
     history does not fit the leader's; the real words are: previous log term mis-match, failed to get previous log";

// One row, two lines: a table is read across.
#[rustfmt::skip]
pub(in crate::domain::job_log) static ROWS: &[Row] = &[
    row("document-log-index-mismatch", None, &[JOIN, MISMATCH], Unknown, Nothing,
        MEANT_DIVERGED, "look for the real words in the executor's and the servers' logs before anything is decided"),
    row("document-log-join-failed", None, &[JOIN], Unknown, Nothing,
        "this line stands in old documentation only; no operator writes it. Most likely meant: pods of one side could not join the other \
         side's leader; the real words are: failed to join Green pod",
        "look for the real words in the executor's log before anything is decided"),
    row("document-log-index-mismatch", None, &[MISMATCH], Unknown, Nothing,
        MEANT_DIVERGED, "look for the real words in the executor's and the servers' logs before anything is decided"),
];
