//! Upgrades that are under way, wait, loop or failed.

use super::break_glass::newer_operator;
use crate::api::cluster::BlueGreen;
use crate::api::generation::Tag;
use crate::api::text::clean;
use crate::domain::diagnosis::facts::{Facts, Stage};
use crate::domain::diagnosis::say::{PAUSE, Words, ago, finding};
use crate::domain::diagnosis::{Finding, Path};
use crate::domain::rollback;
use crate::domain::status::Severity;

pub(super) fn of(facts: &Facts<'_>) -> Vec<Finding> {
    let checks = [paused, promotion_waits, held, looping, under_way, rolling, operator_error];
    checks.iter().filter_map(|check| check(facts)).collect()
}

fn paused(facts: &Facts<'_>) -> Option<Finding> {
    facts.cluster.spec.paused.then(|| {
        let (severity, what) = match facts.stage {
            Stage::BreakGlass => (
                Severity::Attention,
                ": an acknowledgement does nothing until that ends, and its conditions hide break glass; restores still run",
            ),
            Stage::Idle => (Severity::Note, ": no upgrades, no backups; restores still run"),
            _ => (Severity::Attention, ": the upgrade stands still; restores still run"),
        };
        finding("paused", severity, "spec.paused", format!("the cluster is paused{what}"))
    })
}

fn promotion_waits(facts: &Facts<'_>) -> Option<Finding> {
    let waits = facts.stage == Stage::BlueGreen
        && facts.cluster.spec.auto_promote == Some(false)
        && matches!(facts.phase(), "Syncing" | "Promoting");
    waits.then(|| {
        let text = format!(
            "the upgrade is in phase {} and waits for a person to promote Green (autoPromote is off)",
            clean(facts.phase())
        );
        let found = finding("promotion-waits", Severity::Attention, "spec.upgrade.blueGreen.autoPromote", text);
        asking(facts, found, &[("promote", "promotes Green")])
    })
}

/// `spec.upgrade.requests` acts on a change of its value (0.1 and later, F§2.5).
fn asking(facts: &Facts<'_>, found: Finding, requests: &[(&str, &str)]) -> Finding {
    if !facts.evidence.generation.surely_at_least(Tag::V01) {
        return found;
    }
    let words = Words::of(facts.cluster);
    requests.iter().fold(found, |found, (what, does)| {
        let patch = format!("{{\"spec\":{{\"upgrade\":{{\"requests\":{{\"{what}\":\"NEW-VALUE\"}}}}}}}}");
        found.then(words.patch(&patch, &format!("{does}; give a value that was never used before")))
    })
}

/// Failures used up and automatic rollback off: it stays as it is (F§4.6).
fn held(facts: &Facts<'_>) -> Option<Finding> {
    let blue_green = facts.blue_green().filter(|_| facts.stage == Stage::BlueGreen)?;
    let (failures, limit) = (blue_green.job_failures.unwrap_or(0), facts.cluster.spec.max_job_failures.unwrap_or(5));
    (failures >= limit && facts.cluster.spec.auto_rollback == Some(false)).then(|| {
        let text = format!(
            "the upgrade failed {failures} times in phase {} and stays there: automatic rollback is off",
            clean(&blue_green.phase)
        );
        let next = Words::of(facts.cluster).plugin("logs", "--job upgrade", "what the last try says");
        let found = finding("upgrade-held", Severity::Attention, "status.blueGreen.jobFailureCount", text).then(next);
        // A request to retry is one of rolling upgrades only.
        let does =
            "goes back to Blue: deletes Green; its first failed repair is break glass; the upgrade begins again while spec.version is ahead";
        asking(facts, found, &[("rollback", does)])
    })
}

/// The same upgrade again after each rollback, ended by the results of old Jobs: a rollback that began after the newest
/// executor Job was made (F§15.2.6).
fn looping(facts: &Facts<'_>) -> Option<Finding> {
    let blue_green = facts.blue_green()?;
    let ahead = facts.cluster.spec.version.is_some() && facts.cluster.spec.version != facts.cluster.current_version;
    let began = blue_green.rollback_start_time?;
    let newest = rollback::executor_jobs(facts.evidence, facts.cluster).first()?.meta.created_at?;
    (ahead && facts.break_glass().is_none() && newest < began && facts.evidence.generation.reuses_executor_jobs()).then(|| {
        let wanted = clean(facts.cluster.spec.version.as_deref().unwrap_or("?"));
        let text = format!(
            "the upgrade to {wanted} is rolled back and begins again, over and over, on the results of old Jobs: the last rollback{} ran none of its own",
            ago(facts.evidence, Some(began))
        );
        let words = Words::of(facts.cluster);
        let next = match facts.cluster.spec.paused {
            true if facts.ack_removes_blue() => newer_operator(facts),
            true => words.plugin("status", "-w", "leave it paused until the old Jobs are gone, an hour after their end; or unpause it, and set another spec.version once the phase is Idle"),
            false => words.patch(PAUSE, "stops the loop; another spec.version ends it once the phase is Idle"),
        };
        finding("upgrade-loop", Severity::Attention, "status.blueGreen and the Jobs' times", text).then(next)
    })
}

fn under_way(facts: &Facts<'_>) -> Option<Finding> {
    (facts.stage == Stage::BlueGreen).then(|| {
        let blue_green = facts.blue_green();
        let since = ago(facts.evidence, blue_green.and_then(|b| b.start_time));
        let failures = blue_green.and_then(|b| b.job_failures).filter(|n| *n > 0);
        let failures = failures.map_or(String::new(), |n| format!("; {n} failed {}", if n == 1 { "try" } else { "tries" }));
        let (severity, what) = match blue_green.is_some_and(BlueGreen::goes_forward) {
            true => (Severity::Note, ""),
            false => (Severity::Attention, ", a phase this tool does not know"),
        };
        let text = format!("a blue/green upgrade is in phase {}{what}, which began{since}{failures}", clean(facts.phase()));
        finding("upgrade-under-way", severity, "status.blueGreen", text).speaking_against(&[Path::Restore])
    })
}

fn rolling(facts: &Facts<'_>) -> Option<Finding> {
    let upgrade = facts.cluster.upgrade.as_ref()?;
    let text = |v: &Option<String>| clean(v.as_deref().unwrap_or("?")).into_owned();
    let (from, to) = (text(&upgrade.from_version), text(&upgrade.target_version));
    let Some(failure) = &upgrade.failure else {
        let since = ago(facts.evidence, upgrade.started_at);
        return Some(finding(
            "rolling-under-way",
            Severity::Note,
            "status.upgrade",
            format!("a rolling upgrade from {from} to {to} began{since}"),
        ));
    };
    let text = format!(
        "the rolling upgrade from {from} to {to} failed{} ({}) and waits for a retry; it never breaks the glass",
        ago(facts.evidence, upgrade.failed_at),
        clean(failure)
    );
    let next = Words::of(facts.cluster).plugin("logs", "--job upgrade", "what its last Job says");
    let found = finding("rolling-failed", Severity::Attention, "status.upgrade", text).then(next);
    Some(asking(facts, found, &[("retry", "tries again")]))
}

/// Where upgrade, backup and lock errors surface. `workload.lastError` is left out: it stays for ever (F§15.2.18).
fn operator_error(facts: &Facts<'_>) -> Option<Finding> {
    let error = facts.cluster.admin_ops_error.as_ref()?;
    let text = format!("the operator's last error{}: {}", ago(facts.evidence, error.at), clean(&error.message));
    Some(finding("operator-error", Severity::Attention, "status.adminOps.lastError", text))
}
