//! The Jobs whose logs a diagnosis reads, and the logs.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::about::named;
use crate::api::cluster::Cluster;
use crate::api::names::CLUSTER_LABEL;
use crate::api::restore::Phase;
use crate::api::workload::{Job, Pod};
use crate::domain::evidence::{Evidence, Item, JobLog};
use crate::domain::rollback;
use crate::domain::status::newest_first;
use crate::gather::live::{labelled, named as named_object, unread};
use crate::remote::k8s::Kube;
use crate::remote::k8s::paths::{JOBS, PODS};
use crate::remote::logs::{ReadRun, tail};

/// Jobs whose logs are read at most.
const JOBS_READ: usize = 6;

/// What the second round needs.
pub(super) struct Follow<'a> {
    pub(super) kube: &'a Kube,
    /// What the first round told so far.
    pub(super) evidence: &'a Evidence,
    pub(super) limit: Duration,
}

/// What it found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) logs: BTreeMap<String, Item<JobLog>>,
    /// Jobs that the list by label had missed.
    pub(super) jobs: Vec<Job>,
    /// Their pods.
    pub(super) pods: Vec<Pod>,
}

/// Reads the logs of the Jobs that matter; a Job that status names and no label finds is looked up by its name.
pub(super) async fn follow_up(follow: &Follow<'_>) -> Found {
    let end = Instant::now() + follow.limit;
    let mut found = Found::default();
    for one in join_all(which(follow.evidence).into_iter().map(|name| follow.one(name, end))).await {
        found.jobs.extend(one.job);
        found.pods.extend(one.pods);
        found.logs.insert(one.name, one.log);
    }
    found
}

/// The Jobs that matter, the most telling first: the one the rollback failed with, what status names, the newest restore
/// that is not well, then the newest executors, then the newest failed backup.
fn which(evidence: &Evidence) -> Vec<String> {
    let mut names = named(evidence);
    let troubled = newest_first(evidence.restores.each()).into_iter().find(|r| r.unfinished() || r.phase == Phase::Failed);
    names.extend(troubled.map(|restore| restore.job_name()));
    if let Some(cluster) = evidence.cluster.value() {
        names.extend(rollback::executor_jobs(evidence, cluster).into_iter().map(|j| j.meta.name.clone()));
    }
    let failed_backups = evidence.jobs.each().iter().filter(|j| j.component() == "backup" && j.failed > 0);
    names.extend(failed_backups.max_by_key(|j| j.meta.created_at).map(|j| j.meta.name.clone()));
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| !name.is_empty() && seen.insert(name.clone()));
    names.truncate(JOBS_READ);
    names
}

/// One Job's answers.
struct One {
    name: String,
    log: Item<JobLog>,
    job: Option<Job>,
    pods: Vec<Pod>,
}

impl Follow<'_> {
    async fn one(&self, name: String, end: Instant) -> One {
        let known = self.evidence.jobs.each().iter().any(|j| j.meta.name == name);
        let labelled_pods: Vec<Pod> = self.evidence.job_pods.each().iter().filter(|p| is_of(p, &name)).cloned().collect();
        if known || !labelled_pods.is_empty() {
            let log = match self.evidence.job_pods.unknown() {
                Some(_) => self.evidence.job_pods.clone().map(|_| JobLog::default()),
                None => self.logs(&labelled_pods, end).await,
            };
            return One { name, log, job: None, pods: Vec::new() };
        }
        match tokio::time::timeout_at(end, self.look_up(&name, end)).await {
            Ok((log, job, pods)) => One { name, log, job, pods },
            Err(_) => {
                let log = Item::Failed { why: format!("Job {name} was not found in time") };
                One { name, log, job: None, pods: Vec::new() }
            }
        }
    }

    /// A Job without the label, or one that is gone.
    async fn look_up(&self, name: &str, end: Instant) -> (Item<JobLog>, Option<Job>, Vec<Pod>) {
        let namespace = &self.evidence.namespace;
        let (job, pods) = tokio::join!(
            named_object(self.kube, JOBS, namespace, name, Job::read),
            // The older of the two labels: every API server sets it (F§5.2).
            labelled(self.kube, PODS, namespace, format!("job-name={name}"), Pod::read),
        );
        if job.value().is_some_and(|job| !self.belongs(job)) {
            return (Item::Failed { why: format!("Job {name} belongs to another cluster") }, None, Vec::new());
        }
        let log = match (&job, &pods) {
            (Item::Absent, Item::Present { value }) if value.is_empty() => Item::Absent,
            (_, Item::Present { value }) => self.logs(value, end).await,
            (_, unknown) => unknown.clone().map(|_| JobLog::default()),
        };
        let job = job.value().cloned();
        let pods = if job.is_some() { pods.value().cloned().unwrap_or_default() } else { Vec::new() };
        (log, job, pods)
    }

    /// By label or owner; one without either is believed to be what status says.
    fn belongs(&self, job: &Job) -> bool {
        let label = job.meta.label(CLUSTER_LABEL);
        let cluster = self.evidence.cluster.value();
        let owner_fits = |c: &Cluster| {
            let mut owners = job.meta.owners.iter().filter(|o| o.kind == "OpenBaoCluster").peekable();
            owners.peek().is_none()
                || owners.any(|o| o.name == c.meta.name && (o.uid.is_empty() || c.meta.uid.is_empty() || o.uid == c.meta.uid))
        };
        (label.is_empty() || label == self.evidence.name) && cluster.is_none_or(owner_fits)
    }

    async fn logs(&self, pods: &[Pod], end: Instant) -> Item<JobLog> {
        let mut pods: Vec<&Pod> = pods.iter().collect();
        pods.sort_by_key(|p| (p.meta.created_at, p.meta.name.clone()));
        let limit = end.saturating_duration_since(Instant::now());
        let reads = pods.into_iter().map(|pod| tail(self.kube, &self.evidence.namespace, pod, limit));
        summary(join_all(reads).await.into_iter().flatten().collect(), &self.evidence.namespace)
    }
}

/// What several runs come to: when none could be read, why.
fn summary(runs: Vec<ReadRun>, namespace: &str) -> Item<JobLog> {
    let errors: Vec<_> = runs.iter().filter_map(|r| r.error.as_ref()).collect();
    let nothing_read = runs.iter().all(|r| r.run.text.is_empty());
    match errors.first() {
        Some(error) if nothing_read => match unread::<JobLog>(error, "get", PODS, namespace) {
            Item::Forbidden { .. } => Item::Forbidden { what: format!("get pods/log in namespace {namespace}") },
            // The pod was removed in between.
            Item::Absent => Item::present(JobLog { runs: runs.into_iter().map(|r| r.run).collect() }),
            other => other,
        },
        _ => Item::present(JobLog { runs: runs.into_iter().map(|r| r.run).collect() }),
    }
}

fn is_of(pod: &Pod, job: &str) -> bool {
    pod.meta.label("batch.kubernetes.io/job-name") == job
        || pod.meta.label("job-name") == job
        || pod.meta.owners.iter().any(|o| o.kind == "Job" && o.name == job)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::restore::Restore;

    fn job(name: &str, component: &str, created: &str, failed: i64) -> Job {
        Job::read(&json!({
            "metadata": {"name": name, "creationTimestamp": created, "labels": {"openbao.org/cluster": "bg", "openbao.org/component": component}},
            "status": {"failed": failed, "succeeded": i64::from(failed == 0)},
        }))
    }

    fn evidence(status: Value, jobs: Vec<Job>, restores: Vec<Restore>) -> Evidence {
        let object = json!({"metadata": {"name": "bg", "namespace": "bao", "uid": "u1"}, "status": status});
        Evidence {
            namespace: "bao".into(),
            name: "bg".into(),
            cluster: Item::present(Cluster::read(&object)),
            jobs: Item::present(jobs),
            restores: Item::present(restores),
            ..Evidence::default()
        }
    }

    #[test]
    fn what_status_names_comes_first_and_nothing_twice() {
        let status = json!({
            "blueGreen": {"phase": "RollingBack", "lastJobFailure": "repair", "preUpgradeSnapshotJobName": "snap"},
            "breakGlass": {"active": true, "message": "Rollback consensus repair Job repair failed; manual intervention required"},
        });
        let jobs = (0..8).map(|n| job(&format!("e{n}"), "upgrade", &format!("2026-11-21T00:0{n}:00Z"), 0)).collect();
        let restore = |name: &str, phase: &str, created: &str| {
            Restore::read(
                &json!({"metadata": {"name": name, "creationTimestamp": created}, "spec": {"cluster": "bg"}, "status": {"phase": phase}}),
            )
        };
        let restores = vec![
            restore("well", "Completed", "2026-11-21T00:03:00Z"),
            restore("new", "Failed", "2026-11-21T00:02:00Z"),
            restore("old", "Running", "2026-11-21T00:01:00Z"),
        ];
        assert_eq!(which(&evidence(status, jobs, restores)), ["repair", "snap", "restore-new", "e7", "e6", "e5"]);
        assert!(which(&Evidence::default()).is_empty());
    }

    #[test]
    fn a_failed_backup_is_read_when_there_is_room() {
        let jobs = vec![
            job("backup-bg-1", "backup", "2026-11-21T00:01:00Z", 1),
            job("backup-bg-2", "backup", "2026-11-21T00:02:00Z", 0),
        ];
        assert_eq!(which(&evidence(json!({}), jobs, Vec::new())), ["backup-bg-1"]);
    }
}
