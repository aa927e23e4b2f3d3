//! Which events of a namespace are about one cluster.

use jiff::Timestamp;

use crate::api::event::Event;
use crate::domain::evidence::Evidence;
use crate::domain::jobs::is_of_job;
use crate::domain::rollback::{self, ACTIONS};

/// The newest events about the cluster, its restores, Jobs, pods, StatefulSets and data volumes; newest first.
pub(super) fn newest_about(evidence: &Evidence, events: Vec<Event>, limit: usize) -> Vec<Event> {
    let mut kept: Vec<Event> = events.into_iter().filter(|event| is_about(evidence, event)).collect();
    kept.sort_by_key(|event| std::cmp::Reverse(event.last_seen.unwrap_or(Timestamp::UNIX_EPOCH)));
    kept.truncate(limit);
    kept
}

fn is_about(evidence: &Evidence, event: &Event) -> bool {
    let (cluster, name) = (evidence.name.as_str(), event.name.as_str());
    match event.kind.as_str() {
        "OpenBaoCluster" => name == cluster,
        "OpenBaoRestore" => evidence.restores.each().iter().any(|r| r.meta.name == name),
        "Job" => is_job(evidence, name),
        "Pod" => is_server(evidence, name) || is_job_pod(evidence, name),
        "StatefulSet" => is_set(cluster, name) || evidence.stateful_sets.each().iter().any(|s| s.meta.name == name),
        "PersistentVolumeClaim" => name.strip_prefix("data-").is_some_and(|pod| is_server(evidence, pod)),
        _ => false,
    }
}

/// Known by its object, named by the cluster's status, or of the operator's names: events outlive Jobs and pods.
fn is_job(evidence: &Evidence, name: &str) -> bool {
    evidence.jobs.each().iter().any(|j| j.meta.name == name)
        || evidence.restores.each().iter().any(|r| r.job_name() == name)
        || named(evidence).iter().any(|named| named == name)
        || has_operators_name(&evidence.name, name)
}

/// Jobs that the cluster's status names.
pub(super) fn named(evidence: &Evidence) -> Vec<String> {
    let Some(cluster) = evidence.cluster.value() else { return Vec::new() };
    let blue_green = cluster.blue_green.as_ref();
    let failed = rollback::failed_job(evidence, cluster).map(|f| f.name);
    let last = blue_green.and_then(|b| b.last_job_failure.clone());
    let mut names: Vec<String> = failed.into_iter().chain(last).collect();
    names.extend(blue_green.and_then(|b| b.snapshot_job.clone()));
    names
}

/// `upgrade-C-ACTION…`, `upgrade-C-preupgrade-snapshot-…`, `backup-C-STAMP` (F§5.1): no other cluster's Job has such a name,
/// although its own name may begin with this one's.
fn has_operators_name(cluster: &str, job: &str) -> bool {
    let after = |prefix: &str| job.strip_prefix(prefix)?.strip_prefix(cluster)?.strip_prefix('-');
    let upgrade = after("upgrade-")
        .is_some_and(|rest| ACTIONS.iter().any(|action| rest.starts_with(action)) || rest.starts_with("preupgrade-snapshot-"));
    let stamp = |rest: &str| rest.len() == 15 && rest.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let generation = |rest: &str| rest.strip_prefix("gen").is_some_and(is_number);
    upgrade || after("backup-").is_some_and(stamp) || after("pre-upgrade-backup-").is_some_and(generation)
}

/// A Job is known by its name, a pod of one by the Job's.
fn is_job_pod(evidence: &Evidence, name: &str) -> bool {
    evidence.job_pods.each().iter().any(|p| p.meta.name == name)
        || name.rsplit_once('-').is_some_and(|(job, _)| is_of_job(name, job) && is_job(evidence, job))
}

fn is_server(evidence: &Evidence, name: &str) -> bool {
    evidence.pods.each().iter().any(|p| p.meta.name == name)
        || name.rsplit_once('-').is_some_and(|(set, ordinal)| is_number(ordinal) && is_set(&evidence.name, set))
}

/// `C`, or `C-` and a revision's sixteen hex digits (F§5.3).
fn is_set(cluster: &str, name: &str) -> bool {
    let Some(rest) = name.strip_prefix(cluster) else { return false };
    let revision = |r: &str| r.len() == 16 && r.bytes().all(|b| b.is_ascii_hexdigit());
    rest.is_empty() || rest.strip_prefix('-').is_some_and(revision)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::restore::Restore;
    use crate::domain::evidence::Item;

    fn about(kind: &str, name: &str) -> bool {
        let restore = Restore { cluster: "prod".into(), meta: meta("r1"), ..Restore::default() };
        let evidence = Evidence { name: "prod".into(), restores: Item::present(vec![restore]), ..Evidence::default() };
        is_about(&evidence, &Event { kind: kind.into(), name: name.into(), ..Event::default() })
    }

    fn meta(name: &str) -> crate::api::read::Meta {
        crate::api::read::Meta { name: name.into(), ..Default::default() }
    }

    #[test]
    fn events_of_the_cluster_are_kept_after_their_objects_are_gone() {
        for (kind, name) in [
            ("OpenBaoCluster", "prod"),
            ("OpenBaoRestore", "r1"),
            ("Job", "restore-r1"),
            ("Pod", "restore-r1-x7k2p"),
            ("Job", "backup-prod-20261121-005024"),
            ("Job", "upgrade-prod-bluegreen-repair-consensus-814ad6cc3e"),
            ("Pod", "upgrade-prod-bluegreen-repair-consensus-814ad6cc3e-abcde"),
            ("Job", "upgrade-prod-preupgrade-snapshot-0123456789"),
            ("Job", "pre-upgrade-backup-prod-gen7"),
            ("Pod", "prod-2"),
            ("Pod", "prod-b53d4cb2b3f2c0c9-0"),
            ("StatefulSet", "prod-b53d4cb2b3f2c0c9"),
            ("PersistentVolumeClaim", "data-prod-0"),
        ] {
            assert!(about(kind, name), "{kind} {name}");
        }
    }

    #[test]
    fn a_neighbours_events_are_not_taken_for_its_own() {
        for (kind, name) in [
            ("OpenBaoCluster", "prod-eu"),
            ("OpenBaoRestore", "r2"),
            ("Job", "restore-r2"),
            ("Job", "backup-prod-eu-20261121-005024"),
            ("Job", "upgrade-prod-eu-bluegreen-repair-consensus-814ad6cc3e"),
            ("Pod", "prod-eu-0"),
            ("Pod", "prod-0-0"),
            ("Pod", "my-prod-0"),
            ("StatefulSet", "prod-eu"),
            ("PersistentVolumeClaim", "data-prod-eu-0"),
            ("ConfigMap", "prod"),
        ] {
            assert!(!about(kind, name), "{kind} {name}");
        }
    }

    #[test]
    fn the_newest_are_kept() {
        let evidence = Evidence { name: "prod".into(), ..Evidence::default() };
        let event = |second: Option<i64>| Event {
            kind: "OpenBaoCluster".into(),
            name: "prod".into(),
            last_seen: second.and_then(|s| Timestamp::from_second(s).ok()),
            ..Event::default()
        };
        let kept = newest_about(&evidence, vec![event(Some(1)), event(None), event(Some(3)), event(Some(2))], 3);
        let times: Vec<_> = kept.iter().map(|e| e.last_seen.map(Timestamp::as_second)).collect();
        assert_eq!(times, [Some(3), Some(2), Some(1)]);
    }
}
