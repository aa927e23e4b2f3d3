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

fn restore_jobs(evidence: &Evidence) -> impl Iterator<Item = &Job> {
    evidence.jobs.each().iter().filter(|job| job.component() == "restore")
}

/// How many restores of the cluster and Jobs of them there are, and the newest: one more means other data than was agreed to replace.
pub fn so_far(evidence: &Evidence) -> String {
    if evidence.restores.unknown().is_some() {
        return "not known".into();
    }
    let all = evidence.restores.each();
    let jobs = restore_jobs(evidence).count();
    let newest = all.iter().max_by_key(|restore| (restore.meta.created_at, &restore.meta.name));
    match newest {
        None if jobs == 0 => "none".into(),
        None => count(jobs, "Job"),
        Some(newest) => {
            format!("{}, {}, the newest {}", count(all.len(), "restore"), count(jobs, "Job"), clean(&newest.meta.name))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::restore::Restore;
    use crate::domain::evidence::Item;

    fn restore(name: &str, uid: &str) -> Value {
        json!({"metadata": {"name": name, "uid": uid}, "spec": {"cluster": "prod"}})
    }

    fn seen(restores: &[Value], jobs: &[&str]) -> Evidence {
        let job = |uid: &&str| {
            let labels = json!({"openbao.org/component": "restore"});
            Job::read(&json!({"metadata": {"name": "restore-x", "uid": uid, "labels": labels}}))
        };
        Evidence {
            restores: Item::present(restores.iter().map(Restore::read).collect()),
            jobs: Item::present(jobs.iter().map(job).collect()),
            ..Evidence::default()
        }
    }

    fn named(evidence: &Evidence, asked: &str, id: &str) -> String {
        let cluster = Cluster::read(&json!({"metadata": {"name": "prod", "uid": "c"}}));
        let request = Request { cluster: "prod".into(), name: asked.into(), request_id: id.into(), ..Request::default() };
        name(evidence, &cluster, &request)
    }

    #[test]
    fn who_sees_the_same_makes_the_same_name_and_who_sees_more_another() {
        let [a, b] = [restore("a", "1"), restore("b", "2")];
        let two = seen(&[a.clone(), b.clone()], &["j"]);
        let same = seen(&[b.clone(), a.clone()], &["j"]);
        assert_eq!(named(&two, "", "one id"), named(&same, "", "another id"));
        let fewer = seen(std::slice::from_ref(&a), &["j"]);
        for other in [fewer, seen(&[a.clone(), restore("b", "3")], &["j"]), seen(&[a, b], &[])] {
            assert_ne!(named(&two, "", "id"), named(&other, "", "id"));
        }
        assert_eq!(named(&two, "mine", "id"), "mine");
    }

    #[test]
    fn who_may_not_see_restores_is_not_held_to_one_name() {
        let blind = |second: i64| Evidence {
            restores: Item::Forbidden { what: "list restores".into() },
            observed_at: jiff::Timestamp::from_second(second).expect("a time"),
            ..Evidence::default()
        };
        assert_ne!(named(&blind(1), "", "id"), named(&blind(2), "", "id"));
        assert_eq!(so_far(&blind(1)), "not known");
    }

    #[test]
    fn one_restore_more_is_another_state() {
        assert_eq!(so_far(&seen(&[], &[])), "none");
        assert_eq!(so_far(&seen(&[restore("a", "1")], &["j"])), "1 restore, 1 Job, the newest a");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::restore::Restore;
    use crate::api::workload::Job;
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
