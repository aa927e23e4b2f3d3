//! Which Job of a cluster a person means: the operator's names, labels, owners and status, in that order of trust.

use super::evidence::Evidence;
use super::rollback;
use super::status::newest_first;
use crate::api::cluster::Cluster;
use crate::api::workload::Job;

/// What a Job was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An OpenBaoRestore.
    Restore,
    /// The way back of a blue/green upgrade.
    Rollback,
    /// A step of an upgrade.
    Upgrade,
    /// A scheduled or manual backup.
    Backup,
    /// The snapshot before an upgrade.
    Snapshot,
}

impl Kind {
    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Snapshot => "snapshot",
            other => other.as_str(),
        }
    }

    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Restore => "restore",
            Kind::Rollback => "rollback",
            Kind::Upgrade => "upgrade",
            Kind::Backup => "backup",
            Kind::Snapshot => "pre-upgrade snapshot",
        }
    }
}

/// The Job that is meant; it may be gone already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// Its name.
    pub name: String,
    /// Where the name is from.
    pub by: &'static str,
}

/// Whether an event's object is this Job or a pod of it: `JOB-` and the five characters the Job controller makes up. The Job
/// of a neighbour whose name begins with this one's is another.
pub fn is_of_job(object: &str, job: &str) -> bool {
    let pod = |rest: &str| rest.strip_prefix('-').is_some_and(|random| random.len() == 5 && !random.contains('-'));
    object.strip_prefix(job).is_some_and(|rest| rest.is_empty() || pod(rest))
}

/// The newest Job of a kind that belongs to this cluster; for a rollback the one that broke it while break glass is
/// active. `None` also when the Jobs could not be read and status names none: ask [`Evidence::jobs`] why.
pub fn meant(evidence: &Evidence, kind: Kind) -> Option<Meant> {
    match kind {
        Kind::Restore => restore(evidence),
        Kind::Rollback => rollback_job(evidence),
        Kind::Upgrade => newest(upgrades(evidence).filter(|j| !rollback::is_rollback(j))),
        Kind::Backup => newest(labelled(evidence, "backup").filter(|j| !before_an_upgrade(j))),
        Kind::Snapshot => snapshot(evidence),
    }
}

const LABELLED: &str = "the newest by its labels";

fn newest<'a>(jobs: impl Iterator<Item = &'a Job>) -> Option<Meant> {
    let job = jobs.max_by_key(|job| (job.meta.created_at, &job.meta.name))?;
    Some(Meant { name: job.meta.name.clone(), by: LABELLED })
}

fn labelled<'a>(evidence: &'a Evidence, component: &'a str) -> impl Iterator<Item = &'a Job> {
    let cluster = evidence.cluster.value();
    let mine = move |job: &&Job| cluster.is_none_or(|cluster| is_of(job, cluster));
    evidence.jobs.each().iter().filter(move |job| job.component() == component).filter(mine)
}

/// No other cluster owns it: names come back, and labels with them.
fn is_of(job: &Job, cluster: &Cluster) -> bool {
    let mut owners = job.meta.owners.iter().filter(|owner| owner.kind == "OpenBaoCluster").peekable();
    let same = |uid: &str| uid.is_empty() || cluster.meta.uid.is_empty() || uid == cluster.meta.uid;
    owners.peek().is_none() || owners.any(|owner| owner.name == cluster.meta.name && same(&owner.uid))
}

/// The newest restore's, else the newest of a restore that was deleted.
fn restore(evidence: &Evidence) -> Option<Meant> {
    let by_object = newest_first(evidence.restores.each()).first().map(|restore| restore.job_name());
    by_object.map(|name| Meant { name, by: "the newest restore's" }).or_else(|| newest(labelled(evidence, "restore")))
}

fn upgrades(evidence: &Evidence) -> impl Iterator<Item = &Job> {
    let cluster = evidence.cluster.value();
    cluster.map(|cluster| rollback::executor_jobs(evidence, cluster)).into_iter().flatten()
}

fn rollback_job(evidence: &Evidence) -> Option<Meant> {
    let cluster = evidence.cluster.value()?;
    let by_message = cluster.active_break_glass().and_then(|glass| glass.failed_job());
    if let Some(name) = by_message {
        return Some(Meant { name: name.into(), by: "named by break glass" });
    }
    newest(upgrades(evidence).filter(|job| rollback::is_rollback(job))).or_else(|| {
        let failed = rollback::failed_job(evidence, cluster)?;
        Some(Meant { name: failed.name, by: "the last failed step of the upgrade" })
    })
}

/// Rolling upgrades label theirs as a backup (F§5.2).
fn before_an_upgrade(job: &Job) -> bool {
    job.meta.label("openbao.org/backup-type") == "pre-upgrade" || job.meta.name.starts_with("pre-upgrade-backup-")
}

fn snapshot(evidence: &Evidence) -> Option<Meant> {
    let rolling = labelled(evidence, "backup").filter(|j| before_an_upgrade(j));
    newest(labelled(evidence, "upgrade-snapshot").chain(rolling)).or_else(|| {
        let name = evidence.cluster.value()?.blue_green.as_ref()?.snapshot_job.clone()?;
        Some(Meant { name, by: "named by the cluster's status" })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::restore::Restore;
    use crate::domain::evidence::Item;

    fn job(name: &str, component: &str, more: &Value) -> Job {
        let mut object = json!({"metadata": {"name": name, "labels": {"openbao.org/component": component}, "annotations": {}}});
        for (key, value) in more.as_object().expect("an object") {
            match key.as_str() {
                "run" => object["metadata"]["annotations"]["openbao.org/upgrade-run-id"] = value.clone(),
                "type" => object["metadata"]["labels"]["openbao.org/backup-type"] = value.clone(),
                "owner" => {
                    object["metadata"]["ownerReferences"] = json!([{"kind": "OpenBaoCluster", "name": "bg", "uid": value}])
                }
                _ => {
                    object["metadata"]["creationTimestamp"] =
                        json!(format!("2026-11-21T00:{}:00Z", value.as_str().expect("minutes")))
                }
            }
        }
        Job::read(&object)
    }

    fn meant(status: &Value, jobs: Vec<Job>, kind: Kind) -> Option<String> {
        let object = json!({"metadata": {"name": "bg", "uid": "u1"}, "status": status});
        let evidence =
            Evidence { cluster: Item::present(Cluster::read(&object)), jobs: Item::present(jobs), ..Evidence::default() };
        super::meant(&evidence, kind).map(|meant| meant.name)
    }

    fn jobs() -> Vec<Job> {
        vec![
            job("join", "upgrade", &json!({"run": "retry-1", "at": "01"})),
            job("repair", "upgrade", &json!({"run": "rollback", "at": "03"})),
            job("repair-again", "upgrade", &json!({"run": "op-1/rollback-retry-1", "at": "05"})),
            job("promote", "upgrade", &json!({"run": "", "at": "02"})),
            job("predecessors", "upgrade", &json!({"run": "rollback", "at": "09", "owner": "u0"})),
            job("nightly", "backup", &json!({"at": "00"})),
            job("pre-rolling", "backup", &json!({"at": "06", "type": "pre-upgrade"})),
            job("pre-blue-green", "upgrade-snapshot", &json!({"at": "07"})),
            job("restore-x", "restore", &json!({"at": "04"})),
        ]
    }

    #[test]
    fn each_kind_is_the_newest_of_its_own() {
        let found = |kind| meant(&json!({}), jobs(), kind).unwrap_or_default();
        let all = [Kind::Restore, Kind::Rollback, Kind::Upgrade, Kind::Backup, Kind::Snapshot].map(found);
        assert_eq!(all, ["restore-x", "repair-again", "promote", "nightly", "pre-blue-green"]);
    }

    #[test]
    fn break_glass_names_the_job_that_is_meant_even_when_it_is_gone() {
        let status = json!({"breakGlass": {"active": true, "message": "Rollback consensus repair Job gone failed; manual intervention required"}});
        assert_eq!(meant(&status, jobs(), Kind::Rollback).as_deref(), Some("gone"));
        let acknowledged = json!({"breakGlass": {"acknowledgedAt": "2026-11-21T00:04:30Z", "message": "Job gone failed;"}});
        assert_eq!(meant(&acknowledged, jobs(), Kind::Rollback).as_deref(), Some("repair-again"));
    }

    #[test]
    fn status_names_what_no_label_finds() {
        let status = json!({"blueGreen": {"lastJobFailure": "failed", "preUpgradeSnapshotJobName": "snap"}});
        assert_eq!(meant(&status, Vec::new(), Kind::Rollback).as_deref(), Some("failed"));
        assert_eq!(meant(&status, Vec::new(), Kind::Snapshot).as_deref(), Some("snap"));
        assert_eq!(meant(&status, Vec::new(), Kind::Upgrade), None);
    }

    #[test]
    fn the_newest_restore_counts_before_older_jobs() {
        let restore = Restore::read(&json!({"metadata": {"name": "r9"}, "spec": {"cluster": "bg"}}));
        let evidence = Evidence { restores: Item::present(vec![restore]), jobs: Item::present(jobs()), ..Evidence::default() };
        assert_eq!(super::meant(&evidence, Kind::Restore).map(|meant| meant.name).as_deref(), Some("restore-r9"));
    }

    #[test]
    fn a_pod_belongs_to_the_job_and_not_to_a_neighbour_whose_name_begins_so() {
        let of = |object: &str| is_of_job(object, "restore-nightly");
        assert!(of("restore-nightly") && of("restore-nightly-x7k2p"));
        assert!(!of("restore-nightly-2-x7k2p") && !of("restore-nightly-2") && !of("restore-nightlyx-x7k2p"));
    }
}
