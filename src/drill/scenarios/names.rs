//! The names of the practice cluster: those of the captured one, so that runbooks, tests and transcripts read alike.

use jiff::{SignedDuration, Timestamp};

/// The namespace everything lives in.
pub const NAMESPACE: &str = "bao";
/// The cluster.
pub const CLUSTER: &str = "prod";
/// Its OpenBao version.
pub const VERSION: &str = "2.5.5";
/// Another cluster, a snapshot of which lies in the same bucket.
pub const FOREIGN_CLUSTER: &str = "bg3";
/// The version `live-lock` upgrades to.
pub const NEXT_VERSION: &str = "2.5.6";
/// The bucket its backups go to.
pub const BUCKET: &str = "backups";
/// The object store's endpoint, inside the cluster.
pub const ENDPOINT: &str = "http://s3.storage.svc:7070";
/// The Secret with the object store's keys.
pub const CREDENTIALS: &str = "s3-creds";
/// The user the range's kubeconfig is for.
pub const USER: &str = "oncall";
/// A colleague's OpenBaoRestore, where there is one.
pub const OTHER: &str = "colleague-0312";
/// Blue's and Green's revisions in upgrades, as the operator computes them from the two versions (F§5.3).
pub const REVISIONS: (&str, &str) = ("3101c2f7de536491", "c89736c031dfcf5c");

/// The times a scenario tells of, all from when it begins.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// When the scenario begins.
    pub now: Timestamp,
}

impl Clock {
    /// So many minutes before the beginning.
    pub fn minutes_ago(self, minutes: i64) -> Timestamp {
        self.now.saturating_sub(SignedDuration::from_mins(minutes)).unwrap_or(self.now)
    }

    /// When the last backup was taken.
    pub fn last_backup(self) -> Timestamp {
        self.minutes_ago(41)
    }

    /// The key of the last backup.
    pub fn last_key(self) -> String {
        key(self.last_backup(), "b397e37b")
    }

    /// The key of the snapshot taken before the upgrade, in scenarios that have one.
    pub fn pre_upgrade_key(self) -> String {
        format!("{NAMESPACE}/{CLUSTER}/pre-upgrade-{}-9a71c039.snap", stamp(self.minutes_ago(36)))
    }

    /// The backups there are, oldest first: one a day, then the last one.
    pub fn backups(self) -> Vec<(Timestamp, String)> {
        let suffixes = ["5f0c1e9a", "c20b77d4", "0d9e63b1", "91af5c08", "e47d2a36"];
        let daily = |(days, suffix): (i64, &&str)| {
            let at = self.minutes_ago(24 * 60 * days + 95);
            (at, key(at, suffix))
        };
        let mut all: Vec<(Timestamp, String)> = (1..).zip(suffixes.iter()).map(daily).collect();
        all.reverse();
        all.push((self.last_backup(), self.last_key()));
        all
    }

    /// The key of a snapshot of another cluster, in the same bucket.
    pub fn foreign_key(self) -> String {
        format!("{NAMESPACE}/{FOREIGN_CLUSTER}/pre-upgrade-{}-352597d6.snap", stamp(self.minutes_ago(64)))
    }
}

/// The object key of a backup (F§7.1).
pub fn key(at: Timestamp, suffix: &str) -> String {
    format!("{NAMESPACE}/{CLUSTER}/{}-{suffix}.snap", stamp(at))
}

fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H-%M-%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_as_the_captured_ones_and_the_newest_comes_last() {
        let clock = Clock { now: "2026-11-21T01:22:19Z".parse().unwrap() };
        assert_eq!(clock.last_key(), "bao/prod/2026-11-21T00-41-19Z-b397e37b.snap");
        let keys: Vec<String> = clock.backups().into_iter().map(|(_, key)| key).collect();
        assert!(keys.is_sorted() && keys.len() == 6, "{keys:?}");
    }
}
