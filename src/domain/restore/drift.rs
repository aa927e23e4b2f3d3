//! What a plan rests on, and what changed since.

use std::collections::BTreeMap;

use super::SnapshotSummary;
use super::preflight::{Check, Grade};
use crate::api::cluster::Cluster;
use crate::api::text::clean;
use crate::domain::evidence::Evidence;
use crate::domain::hazards::{Hazard, as_fact};

/// The facts whose change makes the consent worthless, each as text.
pub fn facts(
    evidence: &Evidence,
    cluster: &Cluster,
    snapshot: &SnapshotSummary,
    hazards: &[Hazard],
    checks: &[Check],
) -> BTreeMap<String, String> {
    let none = || "none".to_owned();
    let lock = cluster.operation_lock.as_ref().map_or_else(none, |l| {
        format!("{} held by {} since {}", l.operation, l.holder, l.acquired_at.map_or_else(none, |t| t.to_string()))
    });
    let break_glass = cluster.active_break_glass().map_or_else(none, |b| format!("{} nonce {}", b.reason, b.nonce));
    let open: Vec<String> = evidence.unfinished_restores().into_iter().map(|r| format!("{} {}", r.meta.name, r.phase)).collect();
    let phase = cluster.blue_green.as_ref().map_or_else(none, |b| b.phase.clone());
    let failed: Vec<&str> = checks.iter().filter(|c| c.grade == Grade::Fail).map(|c| c.code.as_str()).collect();
    let size = snapshot.size.map_or_else(none, |s| format!("{s} bytes"));
    let written = snapshot.last_modified.map_or_else(none, |at| at.to_string());
    [
        ("cluster uid", cluster.meta.uid.clone()),
        ("operation lock", lock),
        ("break glass", break_glass),
        ("acknowledgement", cluster.spec.break_glass_ack.clone().unwrap_or_else(none)),
        ("paused", cluster.spec.paused.to_string()),
        ("wanted version", cluster.spec.version.clone().unwrap_or_else(none)),
        ("blue/green phase", phase),
        ("other restores", if open.is_empty() { none() } else { open.join(", ") }),
        ("generation", evidence.generation.name()),
        ("snapshot", format!("{size}, ETag {}, written {written}", snapshot.etag.clone().unwrap_or_else(none))),
        ("hazards", as_fact(hazards)),
        ("failed checks", if failed.is_empty() { none() } else { failed.join(", ") }),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), clean(&value).into_owned()))
    .collect()
}

/// What differs between what was confirmed and what is now, one line each; empty when nothing does.
pub fn differences(confirmed: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = confirmed.keys().chain(now.keys()).collect();
    let value = |facts: &BTreeMap<String, String>, name: &String| facts.get(name).cloned().unwrap_or_else(|| "none".into());
    names
        .into_iter()
        .map(|name| (name, value(confirmed, name), value(now, name)))
        .filter(|(_, before, after)| before != after)
        .map(|(name, before, after)| format!("{name}: was {before}, is now {after}"))
        .collect()
}
