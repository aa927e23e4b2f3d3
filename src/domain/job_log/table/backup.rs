//! Backup executors: the same binary in another mode (F§6.3).

use super::{Row, row};
use crate::domain::job_log::Submitted::No;
use crate::domain::job_log::Suggests::{Config, Nothing, Transient};

const BACKUP: Option<&str> = Some("failed to get snapshot");

// One row, two lines: a table is read across.
#[rustfmt::skip]
pub(in crate::domain::job_log) static ROWS: &[Row] = &[
    row("backup-log-key", None, &["failed to generate backup key"], No, Config,
        "no key for the object could be made", "check the target's path prefix"),
    row("backup-log-no-leader-answer", BACKUP, &["snapshot request failed with status"], No, Config,
        "OpenBao refuses to take a snapshot", "check the role's policy on sys/storage/raft/snapshot"),
    row("backup-log-overloaded", BACKUP, &["snapshot request failed due to remote overload"], No, Transient,
        "the server took no more requests", "run the backup again later"),
    row("backup-log-snapshot", None, &["failed to get snapshot"], No, Transient, "no snapshot could be taken", "read the inner error"),
    row("backup-log-incomplete", None, &["failed to write snapshot data"], No, Transient,
        "the snapshot is not whole", "pick another snapshot"),
    row("backup-log-upload", None, &["failed to upload backup"], No, Transient,
        "the snapshot was not stored whole", "pick another snapshot"),
    row("backup-log-unverified", None, &["failed to verify backup upload"], No, Transient,
        "whether the snapshot was stored is not known", "pick another snapshot"),
    row("backup-log-unverified", None, &["backup verification failed:"], No, Transient,
        "the stored object is missing, empty or of another size", "pick another snapshot"),
    row("backup-log-unstable-source", None, &["source identity or version was not stable across snapshot streaming"], No, Transient,
        "the servers changed while the snapshot was taken", "run the backup again"),
    row("backup-log-unstable-source", None, &["observe snapshot source identity"], No, Transient,
        "the server the snapshot came from could not be told", "run the backup again"),
    row("backup-log-leftover", None, &["failed to delete incomplete backup"], No, Config,
        "an incomplete object was left in the bucket", "delete it; pick another snapshot"),
    row("backup-log-unknown-error", None, &["bao-backup error:"], No, Nothing,
        "the backup executor failed with words this tool does not know", "pick another snapshot"),
];
