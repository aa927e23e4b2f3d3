//! Snapshots that are known without looking into the bucket, from what the cluster and its Jobs say.

use jiff::Timestamp;

use super::archive::head::Looks;
use super::evidence::Evidence;
use super::job_log;
use crate::api::names::{BACKUP_KEY, SnapshotKey, SnapshotKind};

/// One snapshot that something names, or that lies in the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The full object key.
    pub key: String,
    /// When it was taken, by the key itself; `None` for keys of another form.
    pub taken_at: Option<Timestamp>,
    /// Which backup made it, by the key.
    pub kind: Option<SnapshotKind>,
    /// How it is known.
    pub source: Source,
}

/// How a snapshot is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// By this name for it: `the cluster's status`, `backup Job NAME`. It may be gone.
    Named(String),
    /// It lies in the bucket.
    Bucket {
        /// Bytes.
        size: u64,
        /// How its first bytes look; `None` when they were not read.
        looks: Option<Looks>,
    },
}

impl Known {
    /// One of this key.
    pub fn new(key: &str, source: Source) -> Known {
        let parsed = SnapshotKey::parse(key);
        Known { key: key.to_owned(), taken_at: parsed.as_ref().map(|k| k.taken_at), kind: parsed.map(|k| k.kind), source }
    }
}

/// Every snapshot that is named somewhere, newest first, each key once. A bucket may hold more.
pub fn known(evidence: &Evidence) -> Vec<Known> {
    let status = evidence.cluster.value().and_then(|c| c.backup.last_name.as_deref());
    let mut all: Vec<Known> =
        status.map(|key| Known::new(key, Source::Named("the cluster's status".into()))).into_iter().collect();
    for job in evidence.jobs.each().iter().filter(|j| j.succeeded > 0) {
        let what = match job.component() {
            "backup" => "backup Job",
            "upgrade-snapshot" => "pre-upgrade snapshot Job",
            _ => continue,
        };
        let by_annotation = job.meta.annotations.get(BACKUP_KEY).cloned();
        let by_log = || key_in_log(evidence, &job.meta.name);
        if let Some(key) = by_annotation.or_else(by_log) {
            all.push(Known::new(&key, Source::Named(format!("{what} {}", job.meta.name))));
        }
    }
    all.sort_by(|a, b| (b.taken_at, &b.key).cmp(&(a.taken_at, &a.key)));
    all.dedup_by(|a, b| a.key == b.key);
    all
}

/// The key in the last line of a backup's log (F§6.3): pre-upgrade snapshots are named nowhere else.
pub fn key_in_log(evidence: &Evidence, job: &str) -> Option<String> {
    let runs = evidence.logs.get(job)?.value()?.runs.iter().rev();
    runs.flat_map(|run| run.text.lines().rev()).find_map(job_log::stored_backup).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::cluster::Cluster;
    use crate::api::workload::Job;
    use crate::domain::evidence::{Item, JobLog, LogRun};
    use serde_json::json;

    #[test]
    fn what_names_a_snapshot_is_found_newest_first_and_once() {
        let last = "bao/prod/2026-11-21T00-41-19Z-b397e37b.snap";
        let job = |name: &str, component: &str, annotations: serde_json::Value, succeeded| {
            Job::read(
                &json!({"metadata": {"name": name, "labels": {"openbao.org/component": component}, "annotations": annotations},
                              "status": {"succeeded": succeeded}}),
            )
        };
        let newer = "bao/prod/2026-11-21T02-00-00Z-00000001.snap";
        let mut evidence = Evidence {
            cluster: Item::present(Cluster::read(&json!({"status": {"backup": {"lastBackupName": last}}}))),
            jobs: Item::present(vec![
                job("backup-1", "backup", json!({"openbao.org/backup-key": last}), 1),
                job("backup-2", "backup", json!({"openbao.org/backup-key": newer}), 0),
                job("snap", "upgrade-snapshot", json!({}), 1),
                job("restore-x", "restore", json!({"openbao.org/backup-key": "x"}), 1),
            ]),
            ..Evidence::default()
        };
        let keys = |evidence: &Evidence| known(evidence).into_iter().map(|k| k.key).collect::<Vec<_>>();
        assert_eq!(keys(&evidence), [last], "a backup that did not succeed names nothing");
        let pre = "bao/prod/pre-upgrade-2026-11-21T01-00-00Z-00000002.snap";
        let text = format!("x\nBackup completed successfully: {pre} (size: 28509 bytes)\n");
        evidence.logs.insert("snap".into(), Item::present(JobLog { runs: vec![LogRun { text, ..LogRun::default() }] }));
        assert_eq!(keys(&evidence), [pre, last]);
        assert_eq!(known(&evidence)[0].source, Source::Named("pre-upgrade snapshot Job snap".into()));
    }
}
