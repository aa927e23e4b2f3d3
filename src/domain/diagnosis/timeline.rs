//! What happened, oldest first, from whatever carries a time.

use jiff::Timestamp;

use super::facts::{Facts, Stage};
use super::findings;
use super::{Moment, Subject};
use crate::api::event::Event;
use crate::api::text::{clean, clean_cut};
use crate::api::workload::Job;
use crate::domain::jobs;
use crate::domain::rollback;

/// A timeline is read in the middle of an incident: the newest moments, not all.
const KEPT: usize = 16;
/// Longest text of one moment.
const TEXT_KEPT: usize = 200;

/// The moments of a subject.
pub(super) fn of(facts: &Facts<'_>, subject: Subject) -> Vec<Moment> {
    let mut all: Vec<(Timestamp, String)> = Vec::new();
    if matches!(subject, Subject::Rollback | Subject::All) {
        all.extend(phases(facts));
        all.extend(jobs(facts));
        all.extend(events(facts));
    }
    if matches!(subject, Subject::Lock | Subject::All) {
        all.extend(lock(facts));
    }
    if matches!(subject, Subject::Restore | Subject::All) {
        all.extend(restore(facts));
    }
    all.sort();
    all.dedup();
    let older = all.len().saturating_sub(KEPT);
    all.into_iter().skip(older).map(|(at, text)| Moment { at: Some(at), text: clean_cut(&text, TEXT_KEPT) }).collect()
}

fn phases(facts: &Facts<'_>) -> Vec<(Timestamp, String)> {
    let mut all = Vec::new();
    let mut add = |at: Option<Timestamp>, text: String| all.extend(at.map(|at| (at, text)));
    if let Some(blue_green) = facts.blue_green() {
        let why = blue_green.rollback_reason.as_deref().map_or(String::new(), |r| format!(": {r}"));
        add(blue_green.rollback_start_time, format!("rollback began{why}"));
        // The operator does not always set it anew: then it is the time of an earlier phase.
        let old = facts.stage == Stage::RollingBack && blue_green.start_time < blue_green.rollback_start_time;
        if facts.phase() != "RollingBack" && blue_green.under_way() && !old {
            add(blue_green.start_time, format!("phase {} began", blue_green.phase));
        }
    }
    if let Some(glass) = &facts.cluster.break_glass {
        add(glass.entered_at, format!("break glass: {}, nonce {}", glass.reason, glass.nonce));
        add(glass.acknowledged_at, "break glass was acknowledged".into());
    }
    if let Some(upgrade) = &facts.cluster.upgrade {
        add(upgrade.started_at, format!("rolling upgrade to {} began", upgrade.target_version.as_deref().unwrap_or("?")));
    }
    all
}

fn jobs(facts: &Facts<'_>) -> Vec<(Timestamp, String)> {
    let ended = |job: &Job| {
        let run = rollback::run_id(job);
        let run = if run.is_empty() { String::new() } else { format!(" ({run})") };
        let what = rollback::action(job).unwrap_or("executor");
        let how = match (job.succeeded > 0, job.failed > 0) {
            (true, _) => "ended well",
            (_, true) => "failed",
            _ => return job.meta.created_at.map(|at| (at, format!("{what}{run} began, Job {}", job.meta.name))),
        };
        let at = job.ended().and_then(|c| c.since).or(job.meta.created_at)?;
        Some((at, format!("{what}{run} {how}, Job {}", job.meta.name)))
    };
    rollback::executor_jobs(facts.evidence, facts.cluster).into_iter().filter_map(ended).collect()
}

/// Warnings about the cluster and its executors, and the operator's own words about upgrade and break glass.
fn events(facts: &Facts<'_>) -> Vec<(Timestamp, String)> {
    let upgrade = format!("upgrade-{}-", facts.cluster.meta.name);
    let mine = |kind: &str, name: &str| {
        (kind == "OpenBaoCluster" && name == facts.cluster.meta.name)
            || (matches!(kind, "Job" | "Pod") && name.starts_with(&upgrade))
    };
    let told = facts.evidence.events.each().iter().filter(|e| mine(&e.kind, &e.name)).filter(|e| {
        e.severity == "Warning"
            || ["BreakGlass", "Rollback", "Upgrade", "BlueGreen"].iter().any(|word| e.reason.starts_with(word))
    });
    told.filter_map(|e| Some((e.last_seen?, format!("event {} of {}: {}", e.reason, e.name, e.message)))).collect()
}

fn lock(facts: &Facts<'_>) -> Vec<(Timestamp, String)> {
    let Some(lock) = &facts.cluster.operation_lock else { return Vec::new() };
    let taken = lock.acquired_at.map(|at| (at, format!("{} lock taken by {}", lock.operation, lock.holder)));
    let renewed = lock.renewed_at.filter(|at| Some(*at) != lock.acquired_at);
    taken.into_iter().chain(renewed.map(|at| (at, format!("{} lock last renewed", lock.operation)))).collect()
}

fn restore(facts: &Facts<'_>) -> Vec<(Timestamp, String)> {
    let Some(restore) = findings::asked_about(facts) else { return Vec::new() };
    let name = clean(&restore.meta.name);
    let mut all = Vec::new();
    let mut add = |at: Option<Timestamp>, text: String| all.extend(at.map(|at| (at, text)));
    add(restore.meta.created_at, format!("restore {name} created, from {}", restore.key));
    add(restore.completion_time, format!("restore {name} ended: {}", restore.phase));
    let job = restore.job_name();
    let of_it = |e: &&Event| e.severity == "Warning" && (e.name == restore.meta.name || jobs::is_of_job(&e.name, &job));
    for event in facts.evidence.events.each().iter().filter(of_it) {
        add(event.last_seen, format!("event {} of {}: {}", event.reason, event.name, event.message));
    }
    all
}

/// Server text stands in moments as it came; it is cleaned where the moment is made.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::cluster::Cluster;
    use crate::domain::evidence::{Evidence, Item};

    #[test]
    fn server_text_in_a_moment_cannot_move_a_cursor() {
        let object = serde_json::json!({
            "metadata": {"name": "bg", "namespace": "bao"},
            "status": {"breakGlass": {"active": true, "reason": "\u{1b}[2J", "nonce": "n", "enteredAt": "2026-11-21T01:00:00Z"}},
        });
        let evidence = Evidence { cluster: Item::present(Cluster::read(&object)), ..Evidence::default() };
        let facts = Facts::of(&evidence, evidence.cluster.value().expect("a cluster"));
        let moments = of(&facts, Subject::Rollback);
        assert_eq!(moments.len(), 1);
        assert!(!moments[0].text.contains('\u{1b}'), "{moments:?}");
    }
}
