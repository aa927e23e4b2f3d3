//! What was not looked at, why, and what would make it known.

use super::facts::{Facts, Stage};
use super::{Subject, findings};
use crate::api::restore::Phase;
use crate::api::text::{clean, clean_cut};
use crate::domain::evidence::{Item, StoreAnswer};

/// Longest reason of one source: the servers' are joined.
const WHY_KEPT: usize = 240;

/// One line for each source that is not known.
pub(super) fn of(facts: &Facts<'_>, subject: Subject) -> Vec<String> {
    let evidence = facts.evidence;
    let mut all = Vec::new();
    let mut note = |what: &str, why: Option<String>, remedy: &str| {
        let Some(why) = why else { return };
        // A time-out is not cured by a permission.
        let curable = why.starts_with("forbidden") || why.starts_with("not ");
        let remedy = if curable && !remedy.is_empty() { format!(" ({remedy})") } else { String::new() };
        all.push(format!("{what}: {}{remedy}", clean_cut(&why, WHY_KEPT)));
    };
    note("pods", evidence.pods.unknown(), "needs list pods");
    note("Jobs", evidence.jobs.unknown(), "needs list jobs.batch");
    note("pods of Jobs", evidence.job_pods.unknown(), "needs list pods");
    note("restores", evidence.restores.unknown(), "needs list openbaorestores.openbao.org");
    note("events", evidence.events.unknown(), "needs list events");
    for (what, log) in logs(facts, subject) {
        note(&what, log, "needs get pods/log");
    }
    for (what, item) in [("StatefulSets", refused(&evidence.stateful_sets)), ("data volumes", refused(&evidence.claims))] {
        note(what, item, "");
    }
    note("Raft's members", evidence.peers.unknown(), "set BAO_TOKEN to a token that may read sys/storage/raft/configuration");
    note("the servers themselves", unasked(facts), "needs create pods/portforward");
    note("operator's Deployment", evidence.operator.unknown(), "needs list deployments.apps in the operator's namespace");
    note("operator's Lease", evidence.lease.unknown(), "needs get leases.coordination.k8s.io in the operator's namespace");
    note("schema", evidence.schema.unknown(), "");
    note("generation of the operator", unknown_generation(facts), "");
    note("snapshot in the bucket", store(facts), "");
    all
}

/// The permission that hid it. They are read for a few sights only, so that not having looked is no gap.
fn refused<T>(item: &Item<T>) -> Option<String> {
    if matches!(item, Item::Forbidden { .. }) { item.unknown() } else { None }
}

fn logs(facts: &Facts<'_>, subject: Subject) -> Vec<(String, Option<String>)> {
    let mut names: Vec<String> = Vec::new();
    if matches!(subject, Subject::Rollback | Subject::All) && facts.stage != Stage::Idle {
        names.extend(facts.failed.iter().chain(facts.origin.iter()).map(|f| f.name.clone()));
    }
    if matches!(subject, Subject::Restore | Subject::All) {
        let open = findings::asked_about(facts).filter(|r| !matches!(r.phase, Phase::Completed));
        // What never had a Job has no log that could be missing.
        let open = open.filter(|r| !findings::without_job(facts, r));
        names.extend(open.map(|r| r.job_name()));
    }
    let there = |name: &String| facts.evidence.jobs.value().is_none_or(|jobs| jobs.iter().any(|j| j.meta.name == *name));
    let unread = |name: &String| match facts.evidence.logs.get(name) {
        Some(Item::Absent) => Some("gone".into()),
        Some(log) => log.unknown(),
        None if there(name) => Some("not looked at".into()),
        None => Some("the Job is not there".into()),
    };
    names.iter().map(|name| (format!("log of Job {}", clean(name)), unread(name))).collect()
}

fn unasked(facts: &Facts<'_>) -> Option<String> {
    let servers = &facts.evidence.servers;
    if servers.is_empty() {
        return match &facts.evidence.pods {
            Item::Present { value } if value.is_empty() => None,
            Item::Present { .. } => Some("not asked".into()),
            _ => Some("nobody to ask, for the pods are not known".into()),
        };
    }
    let silent: Vec<String> = servers.iter().filter_map(|s| s.health.unknown().map(|why| format!("{}: {why}", s.pod))).collect();
    (!silent.is_empty()).then(|| silent.join(", "))
}

fn unknown_generation(facts: &Facts<'_>) -> Option<String> {
    let generation = &facts.evidence.generation;
    let nothing = generation.schema.is_none() && generation.operator_tag().is_none();
    nothing.then(|| "not known; the dangerous behaviour of every generation is assumed".into())
}

fn store(facts: &Facts<'_>) -> Option<String> {
    facts.snapshot.as_ref()?;
    match &facts.evidence.snapshot {
        StoreAnswer::NotChecked { why } | StoreAnswer::Denied { why } => Some(why.clone()),
        _ => None,
    }
}
