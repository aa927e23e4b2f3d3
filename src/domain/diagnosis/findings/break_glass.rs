//! Break glass and its acknowledgement.

use super::servers;
use crate::api::generation::Tag;
use crate::api::names::{OPERATOR_SELECTOR, audit};
use crate::api::text::clean;
use crate::api::workload::Job;
use crate::domain::diagnosis::facts::{Facts, Stage};
use crate::domain::diagnosis::say::{PAUSE, Words, ago, finding, quoted};
use crate::domain::diagnosis::{Finding, Path, failure, verdict};
use crate::domain::rollback;
use crate::domain::status::{Next, Severity};

pub(super) fn of(facts: &Facts<'_>) -> Vec<Finding> {
    let checks = [
        ack_waits,
        version_reverted,
        ack_waits_for_lock,
        blue_removed,
        active,
        resolution,
        reason_unknown,
        ack_mismatch,
        under_way,
    ];
    checks.iter().filter_map(|check| check(facts)).collect()
}

fn active(facts: &Facts<'_>) -> Option<Finding> {
    let active = facts.break_glass()?;
    let message = if active.message.is_empty() { String::new() } else { format!(": {}", clean(&active.message)) };
    let text = format!(
        "break glass was entered{} ({}){message}; nonce {}",
        ago(facts.evidence, active.entered_at),
        clean(&active.reason),
        clean(&active.nonce)
    );
    let next =
        Words::of(facts.cluster).plugin("breakglass show", "", "its message, steps, nonce, and what an acknowledgement does");
    let found = finding("break-glass", Severity::Danger, "status.breakGlass", text).then(next);
    // Every generation takes the way of a version set back: a newer operator changes nothing then.
    let upgrade = facts.ack_removes_blue() && facts.blue_is_well() && !facts.version_reverted();
    Some(if upgrade { found.then(newer_operator(facts)) } else { found })
}

/// What an expert does where the installed clean-up would take Blue away: nothing in a hurry (fixed by #104, before 0.1).
pub(super) fn newer_operator(facts: &Facts<'_>) -> Next {
    let stays =
        if facts.cluster.spec.paused { "; leave it paused until then, and correct the cause before you unpause" } else { "" };
    let removing = !facts.evidence.jobs_at_work("upgrade").is_empty();
    let serves = if facts.blue_is_well() && !removing { "; Blue serves meanwhile" } else { "" };
    Next {
        command: format!("kubectl get deployments -A -l {OPERATOR_SELECTOR}"),
        why: format!(
            "the operator to upgrade first, to 0.1 or newer ({}): its clean-up removes Green's members{serves}{stays}",
            facts.upgrading_it()
        ),
    }
}

/// `resolve --path restore` notes its steps on the cluster; until its end it may have paused or stopped things on purpose.
fn resolution(facts: &Facts<'_>) -> Option<Finding> {
    facts.resolution().then(|| {
        let words = Words::of(facts.cluster);
        let text = "a resolution by restore is under way: it may have paused the cluster and stopped the operator on purpose";
        finding("resolution-under-way", Severity::Attention, format!("annotation {}", audit::RESOLVE), text)
            .speaking_against(&[Path::Retry, Path::StayGreen])
            .then(words.plugin("resolve", "--path restore", "goes on where it stopped"))
            .then(words.plugin("resolve", "--abort", "gives it up: pause and replicas go back to what they were"))
    })
}

fn reason_unknown(facts: &Facts<'_>) -> Option<Finding> {
    let active = facts.break_glass().filter(|_| !verdict::is_known_reason(facts))?;
    let text = match active.nonce.is_empty() {
        true => "break glass has no nonce: it cannot be acknowledged".to_owned(),
        false => {
            format!("reason {} is not known to this tool: what an acknowledgement starts is not known", clean(&active.reason))
        }
    };
    Some(finding("reason-unknown", Severity::Attention, "status.breakGlass", text).speaking_against(&[Path::Retry]))
}

/// It is taken the moment the cluster is unpaused or the operator comes back (F§15.2.15).
fn ack_waits(facts: &Facts<'_>) -> Option<Finding> {
    facts.ack_waits().then_some(())?;
    let dangerous = facts.ack_removes_blue() || facts.version_reverted();
    let severity = if dangerous { Severity::Danger } else { Severity::Attention };
    let text = format!("break glass is acknowledged already and the operator has not taken it: {}", facts.taken_when());
    let next = Words::of(facts.cluster).patch("{\"spec\":{\"breakGlassAck\":\"\"}}", "withdraws it before it is taken");
    Some(finding("ack-waits", severity, "spec.breakGlassAck", text).speaking_against(&[Path::Retry, Path::Restore]).then(next))
}

fn ack_mismatch(facts: &Facts<'_>) -> Option<Finding> {
    let active = facts.break_glass()?;
    let ack = facts.cluster.spec.break_glass_ack.as_deref().filter(|ack| *ack != active.nonce)?;
    let text =
        format!("spec.breakGlassAck holds another value ({}): it does nothing, and the operator says nothing of it", clean(ack));
    Some(finding("ack-mismatch", Severity::Note, "spec.breakGlassAck", text))
}

/// The rollback begins the moment the restore's lock comes free (F§4.6, F§4.7).
fn ack_waits_for_lock(facts: &Facts<'_>) -> Option<Finding> {
    let lock = facts.cluster.operation_lock.as_ref().filter(|l| l.operation != "Upgrade")?;
    (facts.stage == Stage::RollingBack).then(|| {
        let text = format!(
            "break glass is acknowledged, and the rollback waits for the {} lock of {}: it begins the moment that comes free",
            clean(&lock.operation),
            clean(&lock.holder)
        );
        let words = Words::of(facts.cluster);
        finding("ack-waits-for-lock", Severity::Danger, "status.operationLock", text)
            .speaking_against(&[Path::Restore])
            .then(words.patch(PAUSE, "keeps the rollback from beginning; a restore goes on"))
    })
}

fn under_way(facts: &Facts<'_>) -> Option<Finding> {
    (facts.stage == Stage::RollingBack).then(|| {
        let blue_green = facts.blue_green();
        let reason = blue_green.and_then(|b| b.rollback_reason.as_deref());
        let reason = reason.map_or(String::new(), |r| format!(" ({})", clean(r)));
        let job = facts.evidence.jobs_at_work("upgrade").first().map(|j| format!("; Job {} is at work", clean(&j.meta.name)));
        let began = ago(facts.evidence, blue_green.and_then(|b| b.rollback_start_time));
        let works = job.is_some();
        let text = format!(
            "a rollback began{began}{reason}, phase {}{}{}",
            clean(facts.phase()),
            job.unwrap_or_default(),
            comes_next(facts)
        );
        let found = finding("rollback-under-way", Severity::Attention, "status.blueGreen", text);
        let follow = || Words::of(facts.cluster).plugin("logs", "--job rollback -f", "follow it to its end");
        if works { found.then(follow()) } else { found }
    })
}

/// What a rollback that goes well ends in (F§4.6, F§4.7); where it removes Blue another finding says so.
fn comes_next(facts: &Facts<'_>) -> String {
    if facts.ack_removes_blue() {
        return String::new();
    }
    let ahead = facts.cluster.spec.version.is_some() && facts.cluster.spec.version != facts.cluster.current_version;
    let again = if ahead { ", and the same upgrade begins again unless spec.version is changed then" } else { "" };
    format!("; if it goes well, Green is deleted, the phase becomes Idle{again}")
}

/// In a rollback, removing Blue's peers is the bug of P1 to JAN (F§4.7, F§15.2.5); as a step of an upgrade it is intended.
fn blue_removed(facts: &Facts<'_>) -> Option<Finding> {
    let jobs = rollback::executor_jobs(facts.evidence, facts.cluster);
    let removing = |j: &&Job| rollback::action(j) == Some("bluegreen-remove-blue-peers") && rollback::is_rollback(j);
    let words = Words::of(facts.cluster);
    let stop = || words.patch(PAUSE, "stops further steps; a Job that runs already is not stopped");
    let found = |text: String, source: String| {
        let found = finding("blue-peers-removed", Severity::Danger, source, text).speaking_against(&[Path::Retry]);
        let found = if facts.cluster.spec.paused { found } else { found.then(stop()) };
        let found = match servers::members_on_the_leader(facts) {
            Some(next) => found.then(next),
            None => found,
        };
        if facts.ack_removes_blue() { found.then(newer_operator(facts)) } else { found }
    };
    if let Some(job) = jobs.into_iter().find(removing) {
        let name = clean(&job.meta.name);
        let named = failure::of_job(facts.evidence, &job.meta.name).removing;
        let named = if named.is_empty() { "at least its leader".to_owned() } else { clean(&named.join(", ")).into_owned() };
        let text = match job.at_work() {
            true => format!("Job {name} is removing Blue's servers from Raft, in a rollback that should keep them"),
            false => format!(
                "Job {name} began to remove servers of Blue from Raft, in a rollback that should keep them ({named}); all but the last named are gone for certain"
            ),
        };
        return Some(found(text, format!("Job {name}, its action and run id")));
    }
    (facts.stage == Stage::RollingBack && facts.ack_removes_blue()).then(|| {
        let sure = if facts.evidence.generation.surely_at_most(Tag::Jan) { "" } else { " (if this operator is older than 0.1)" };
        let text = format!("this rollback ends in a clean-up that removes Blue's voters from Raft{sure}");
        found(text, "status.blueGreen.phase and the generation".into())
    })
}

fn version_reverted(facts: &Facts<'_>) -> Option<Finding> {
    facts.version_reverted().then(|| {
        let version = clean(facts.cluster.spec.version.as_deref().unwrap_or("?"));
        let when = if facts.break_glass().is_some() { "an acknowledgement" } else { "the operator" };
        let text = format!(
            "spec.version was set back to {version} in the middle of an upgrade: {when} deletes Green without repairing Raft, and quorum is lost where Green has votes"
        );
        let found = finding("version-reverted", Severity::Danger, "spec.version and status.currentVersion", text);
        let found = found.speaking_against(&[Path::Retry, Path::StayGreen]);
        let green = green_version(facts).unwrap_or_else(|| "VERSION-OF-GREEN".into());
        let patch = format!("{{\"spec\":{{\"version\":{}}}}}", quoted(&green));
        found.then(Words::of(facts.cluster).patch(&patch, "Green's version again, before anything is acknowledged"))
    })
}

/// Green's version: as status names it, else as its servers wrote it on their pods.
fn green_version(facts: &Facts<'_>) -> Option<String> {
    let by_status = facts.blue_green()?.green_version.clone();
    let green = facts.sides.as_ref()?.green.as_ref();
    let by_pods = || green?.pods.iter().find_map(|p| p.server_version()).map(str::to_owned);
    by_status.or_else(by_pods).filter(|v| Some(v.as_str()) != facts.cluster.spec.version.as_deref())
}
