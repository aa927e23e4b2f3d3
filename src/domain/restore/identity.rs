//! Which restore a plan is for: its name, and what was restored before.

use super::request::Request;
use crate::api::cluster::Cluster;
use crate::api::names::restore_name_of;
use crate::api::text::{clean, count};
use crate::api::workload::Job;
use crate::domain::evidence::Evidence;

/// The name asked for, else one that follows from the restores there have been: of two people who see the same ones only one
/// can create it. Jobs count as well, for one that outlived its restore would be taken for the new one's (F§15.1).
pub fn name(evidence: &Evidence, cluster: &Cluster, request: &Request) -> String {
    if !request.name.is_empty() {
        return request.name.clone();
    }
    let restores = evidence.restores.each().iter().map(|restore| restore.meta.uid.as_str());
    let jobs = restore_jobs(evidence).map(|job| job.meta.uid.as_str());
    let mut seen: Vec<&str> = restores.chain(jobs).collect();
    seen.sort_unstable();
    // A restore's lock that outlived it would be taken for the new one's as well.
    let holder = cluster.operation_lock.as_ref().map_or("", |lock| lock.holder.as_str());
    // Whoever does not see them all cannot tell one state from another, and must not make a name that was there before.
    let unseen = evidence.restores.unknown().or_else(|| evidence.jobs.unknown());
    let blind = unseen.map(|_| evidence.observed_at.to_string()).unwrap_or_default();
    let state = format!("{} {} {holder} {blind}", cluster.meta.uid, seen.join(" "));
    restore_name_of(&request.cluster, evidence.observed_at, &state)
}

/// How many restores of the cluster there are, the newest, and the newest of their Jobs: one more means other data than was
/// agreed to replace. A restore that came and went leaves its Job.
pub fn so_far(evidence: &Evidence) -> String {
    if evidence.restores.unknown().is_some() {
        return "not known".into();
    }
    let all = evidence.restores.each();
    let newest = all.iter().max_by_key(|restore| (restore.meta.created_at, &restore.meta.name));
    let restores = newest.map(|newest| format!("{}, the newest {}", count(all.len(), "restore"), clean(&newest.meta.name)));
    let job = restore_jobs(evidence).max_by_key(|job| (job.meta.created_at, &job.meta.name));
    let job = job.map(|job| format!("newest Job {}", clean(&job.meta.name)));
    let told: Vec<String> = restores.into_iter().chain(job).collect();
    if told.is_empty() { "none".into() } else { told.join("; ") }
}

fn restore_jobs(evidence: &Evidence) -> impl Iterator<Item = &Job> {
    evidence.jobs.each().iter().filter(|job| job.component() == "restore")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::restore::Restore;
    use crate::domain::evidence::Item;

    fn seen(restores: &[&str], jobs: &[&str], holder: Option<&str>) -> Evidence {
        let restore = |uid: &&str| Restore::read(&json!({"metadata": {"name": "r", "uid": uid}}));
        let job = |uid: &&str| {
            Job::read(&json!({"metadata": {"name": "j", "uid": uid, "labels": {"openbao.org/component": "restore"}}}))
        };
        let lock = holder.map(|holder| json!({"operation": "Restore", "holder": holder}));
        let cluster = json!({"metadata": {"name": "prod", "uid": "c"}, "status": {"operationLock": lock}});
        Evidence {
            cluster: Item::present(Cluster::read(&cluster)),
            restores: Item::present(restores.iter().map(restore).collect()),
            jobs: Item::present(jobs.iter().map(job).collect()),
            observed_at: "2026-11-21T23:59:59Z".parse().unwrap(),
            ..Evidence::default()
        }
    }

    fn name_in(evidence: &Evidence) -> String {
        let request = Request { cluster: "prod".into(), ..Request::default() };
        name(evidence, evidence.cluster.value().unwrap(), &request)
    }

    #[test]
    fn the_same_past_gives_the_same_name_and_another_past_another() {
        let nothing = name_in(&seen(&[], &[], None));
        assert!(nothing.starts_with("prod-20261121-"), "{nothing}");
        assert_eq!(name_in(&seen(&["a", "b"], &["j"], None)), name_in(&seen(&["b", "a"], &["j"], None)));
        // Each of them would make the operator take something old for the new restore's own.
        for past in [seen(&["a"], &[], None), seen(&[], &["j"], None), seen(&[], &[], Some("openbaorestore/x"))] {
            assert_ne!(name_in(&past), nothing);
        }
    }

    #[test]
    fn a_name_that_was_asked_for_stays_and_one_restore_more_is_another_state() {
        let evidence = seen(&["a"], &["j"], None);
        let request = Request { cluster: "prod".into(), name: "mine".into(), ..Request::default() };
        assert_eq!(name(&evidence, evidence.cluster.value().unwrap(), &request), "mine");
        let told = [seen(&[], &[], None), seen(&["a"], &[], None), seen(&[], &["j"], None), evidence.clone()];
        let expected = ["none", "1 restore, the newest r", "newest Job j", "1 restore, the newest r; newest Job j"];
        assert_eq!(told.map(|evidence| so_far(&evidence)), expected);
        let blind = Evidence { restores: Item::Failed { why: "timed out".into() }, ..evidence };
        assert_eq!(so_far(&blind), "not known");
    }

    #[test]
    fn whoever_does_not_see_the_past_makes_a_name_of_the_moment() {
        let hide: [fn(&mut Evidence); 2] = [
            |e| e.restores = Item::Forbidden { what: "list openbaorestores".into() },
            |e| e.jobs = Item::Failed { why: "timed out".into() },
        ];
        for hide in hide {
            let mut evidence = seen(&[], &[], None);
            hide(&mut evidence);
            let first = name_in(&evidence);
            evidence.observed_at = "2026-11-21T23:59:59.5Z".parse().unwrap();
            assert_ne!(name_in(&evidence), first);
        }
    }
}
