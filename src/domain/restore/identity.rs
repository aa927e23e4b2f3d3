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
    // Whoever sees no restores cannot tell one state from another, and must not be kept from the second by the first.
    let blind = evidence.restores.unknown().map(|_| evidence.observed_at.to_string()).unwrap_or_default();
    let state = format!("{} {} {blind}", cluster.meta.uid, seen.join(" "));
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
