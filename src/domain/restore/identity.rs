//! Which restore a plan is for: its name, and what was restored before.

use super::request::Request;
use crate::api::cluster::Cluster;
use crate::api::names::restore_name_of;
use crate::api::text::{clean, count};
use crate::domain::evidence::Evidence;

/// The name asked for, else one that follows from the restores there have been: of two people who see the same ones only one
/// can create it. Jobs count as well, for one that outlived its restore would be taken for the new one's (F§15.1).
pub fn name(evidence: &Evidence, cluster: &Cluster, request: &Request) -> String {
    if !request.name.is_empty() {
        return request.name.clone();
    }
    let restores = evidence.restores.each().iter().map(|restore| restore.meta.uid.as_str());
    let jobs = evidence.jobs.each().iter().filter(|job| job.component() == "restore").map(|job| job.meta.uid.as_str());
    let mut seen: Vec<&str> = restores.chain(jobs).collect();
    seen.sort_unstable();
    // Whoever sees no restores cannot tell one state from another, and must not be kept from the second by the first.
    let blind = evidence.restores.unknown().map(|_| evidence.observed_at.to_string()).unwrap_or_default();
    let state = format!("{} {} {blind}", cluster.meta.uid, seen.join(" "));
    restore_name_of(&request.cluster, evidence.observed_at, &state)
}

/// How many restores of the cluster there are, and the newest: one more means other data than was agreed to replace.
pub fn so_far(evidence: &Evidence) -> String {
    if evidence.restores.unknown().is_some() {
        return "not known".into();
    }
    let all = evidence.restores.each();
    let newest = all.iter().max_by_key(|restore| (restore.meta.created_at, &restore.meta.name));
    newest.map_or_else(
        || "none".into(),
        |newest| format!("{}, the newest {}", count(all.len(), "restore"), clean(&newest.meta.name)),
    )
}
