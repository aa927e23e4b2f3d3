//! Lists of Jobs, pods and events beside a cluster in break glass: any JSON in each, and in which order they come is nothing
//! that an answer may rest on.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use kubectl_openbao::domain::evidence::Evidence;
use kubectl_openbao::domain::jobs;
use kubectl_openbao::gather::report;
use serde_json::{Map, Value};

use super::decisions::{self, Decided};

/// What may be given; everything else stays as captured.
const LISTS: [&str; 7] = ["jobs", "pods", "jobPods", "events", "statefulSets", "claims", "logs"];

/// The first byte says what is taken away; the rest is an object of lists.
pub fn check(data: &[u8]) {
    let Some((steer, rest)) = data.split_first() else { return };
    let Ok(Value::Object(given)) = serde_json::from_slice::<Value>(rest) else { return };
    let mut document = base();
    for (name, list) in given.into_iter().filter(|(name, _)| LISTS.contains(&name.as_str())) {
        document.insert(name, list);
    }
    let Ok(report) = report::of_document(&document) else { return };
    let evidence = report.evidence();
    let Some(decided) = decisions::all(evidence, *steer) else { return };
    let mut turned = document.clone();
    for name in LISTS.into_iter().filter(|name| *name != "logs") {
        if let Some(Value::Array(list)) = turned.get_mut(name) {
            list.reverse();
        }
    }
    let other = report::of_document(&turned).expect("it was one the other way round");
    let others = decisions::all(other.evidence(), *steer).expect("the cluster was read");
    if !has_twins(evidence) {
        assert_eq!(said(&decided), said(&others), "read the other way round");
        for kind in [jobs::Kind::Restore, jobs::Kind::Rollback, jobs::Kind::Upgrade, jobs::Kind::Backup] {
            assert_eq!(jobs::meant(evidence, kind), jobs::meant(other.evidence(), kind));
        }
    }
}

/// A cluster in break glass, as captured.
fn base() -> Map<String, Value> {
    static BASE: LazyLock<Map<String, Value>> = LazyLock::new(|| {
        let text = include_str!("../../evidence/situations/captured-10-break-glass.yaml");
        serde_saphyr::from_str(text).expect("YAML")
    });
    BASE.clone()
}

/// Two objects of one name and kind in one namespace, which no API server has.
fn has_twins(evidence: &Evidence) -> bool {
    let names = |all: Vec<&str>| all.iter().collect::<BTreeSet<_>>().len() < all.len();
    let pods = |all: &[kubectl_openbao::api::workload::Pod]| all.iter().map(|p| p.meta.name.clone()).collect::<Vec<_>>();
    let all_pods = [pods(evidence.pods.each()), pods(evidence.job_pods.each())].concat();
    names(evidence.jobs.each().iter().map(|j| j.meta.name.as_str()).collect())
        || names(all_pods.iter().map(String::as_str).collect())
        || names(evidence.stateful_sets.each().iter().map(|s| s.meta.name.as_str()).collect())
        || names(evidence.claims.each().iter().map(|c| c.meta.name.as_str()).collect())
}

/// What a person would hear.
fn said(decided: &Decided) -> (String, BTreeSet<String>, BTreeSet<String>) {
    let status = decided.status.findings.iter().map(|f| f.code.clone());
    let diagnosis = decided.diagnosis.findings.iter().map(|f| f.code.clone());
    (decided.diagnosis.verdict.as_str().to_owned(), status.collect(), diagnosis.collect())
}
