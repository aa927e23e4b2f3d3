//! The restore that hangs or failed: phase, message, Job, pods, events, log.

use super::cite;
use crate::api::generation::Tag;
use crate::api::restore::{Phase, Restore};
use crate::api::text::{age, clean};
use crate::api::workload::Job;
use crate::domain::diagnosis::Finding;
use crate::domain::diagnosis::facts::Facts;
use crate::domain::diagnosis::failure::{self, Failure, LogState};
use crate::domain::diagnosis::say::{Words, finding, jobs, of_line, word};
use crate::domain::job_log::Submitted;
use crate::domain::restore::doubt::doubt;
use crate::domain::status::{Next, Severity, newest_first};

/// The restore somebody asks about: the newest that is not finished, else the newest of all.
pub(in crate::domain::diagnosis) fn asked_about<'a>(facts: &Facts<'a>) -> Option<&'a Restore> {
    let newest = newest_first(facts.evidence.restores.each());
    newest.iter().find(|r| r.unfinished()).or(newest.first()).copied()
}

pub(super) fn of(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(restore) = asked_about(facts) else {
        let none = facts.evidence.restores.unknown().is_none();
        return none
            .then(|| finding("restore-none", Severity::Note, "openbaorestores", "there is no restore of this cluster"))
            .into_iter()
            .collect();
    };
    let job = failure::of_job(facts.evidence, &restore.job_name());
    let mut all: Vec<Finding> = doubtful(facts, restore).into_iter().collect();
    let open = !matches!(restore.phase, Phase::Completed);
    // What hinders it is the answer, before that it runs; so is that its snapshot may be in the data, before that it failed.
    all.extend(stuck(facts, restore, &job).filter(|_| open));
    let line = line(facts, restore, &job).filter(|_| open);
    let lost = restore.phase == Phase::Failed && job.cause.as_ref().is_some_and(|c| c.finding.submitted != Submitted::No);
    let (first, after) = if lost { (line, None) } else { (None, line) };
    all.extend(first);
    all.push(phase(facts, restore));
    all.extend(after);
    all.extend(log_state(facts, restore, &job).filter(|_| open));
    if never_began(facts, restore, &job) {
        all.iter_mut().for_each(|f| f.next.retain(|step| !step.command.contains("openbao follow")));
    }
    all
}

/// What its Job tells against its phase; an answer before the phase itself.
fn doubtful(facts: &Facts<'_>, restore: &Restore) -> Option<Finding> {
    let doubt = doubt(facts.evidence, restore)?;
    let next = Words::of(facts.cluster).about("logs", &restore.meta.name, "", "what its Job really did");
    Some(finding(doubt.code, Severity::Attention, "ages of the restore, its Job and its pods", doubt.text).then(next))
}

/// For the other subjects: a restore that waits for a person is never passed over.
pub(super) fn unsettled(facts: &Facts<'_>) -> Vec<Finding> {
    let open = facts.evidence.unfinished_restores();
    open.into_iter().map(|r| phase(facts, r)).collect()
}

fn phase(facts: &Facts<'_>, restore: &Restore) -> Finding {
    let words = Words::of(facts.cluster);
    let name = clean(&restore.meta.name).into_owned();
    let old = restore.meta.created_at.map_or(String::new(), |at| format!(", created {} ago", age(facts.evidence.since(at))));
    let message = clean(restore.told().trim_end_matches('.'));
    let says = if message.is_empty() { String::new() } else { format!(": {message}") };
    let source = format!("openbaorestore {name}");
    let follow = || words.about("follow", &restore.meta.name, "", "follow it to its end");
    let text = |what: &str| format!("restore {name} {what}{old}{says}");
    let waits = |why: &str| {
        let old = if old.is_empty() { String::new() } else { format!("{old},") };
        let text = format!("restore {name}{old} has not begun: {why}{says}");
        finding("restore-waits", Severity::Attention, source.clone(), text)
    };
    match &restore.phase {
        Phase::Pending | Phase::Validating if facts.evidence.operator_alive() == Some(false) => {
            let first = if restore.phase == Phase::Validating { "it waits in Validating, and " } else { "" };
            waits(&format!("{first}the operator is not running")).then(unwanted(&words, restore))
        }
        Phase::Pending => waits("the operator has not looked at it yet").then(follow()),
        Phase::Validating => waits("it waits in Validating").then(words.plugin("diagnose lock", "", "who holds the lock")),
        Phase::Running => finding("restore-running", Severity::Attention, source, text("is running")).then(follow()),
        Phase::Completed => {
            let text = format!("{}; Completed proves only that the executor ended well", text("is Completed"));
            finding("restore-settled", Severity::Note, source, text)
        }
        Phase::Failed => failed(facts, restore, source, text("failed")),
        Phase::Unknown if restore.released() => {
            finding("restore-settled", Severity::Note, source, text("was settled by an administrator"))
        }
        Phase::Unknown => unknown(facts, restore, source, text("is Unknown and keeps the lock until a person settles it")),
        Phase::Other(phase) => finding(
            "restore-unknown",
            Severity::Attention,
            source,
            text(&format!("is in phase {}, which this tool does not know", clean(phase))),
        ),
    }
}

/// What nobody begins now begins by itself later.
fn unwanted(words: &Words<'_>, restore: &Restore) -> Next {
    let why = "only if it must not run: it begins by itself when the operator is back, and replaces the data";
    words.kubectl(&format!("delete openbaorestore {}", word(&restore.meta.name)), why)
}

/// No Job was made of it yet, or it was refused before one was.
pub(in crate::domain::diagnosis) fn without_job(facts: &Facts<'_>, restore: &Restore) -> bool {
    let name = restore.job_name();
    let early = matches!(restore.phase, Phase::Pending | Phase::Validating) || refused(restore);
    early && !facts.evidence.jobs.each().iter().any(|j| j.meta.name == name)
}

/// Refused before there was a Job (F§4.1); the words of all generations.
const REFUSALS: [&str; 7] = [
    "target cluster",
    "Hardened profile requires",
    "overrideOperationLock requires",
    "cannot restore while",
    "authentication is required",
    "failed to determine restore executor image",
    "no restore image specified",
];

fn failed(facts: &Facts<'_>, restore: &Restore, source: String, mut text: String) -> Finding {
    let name = restore.job_name();
    let job = facts.evidence.jobs.each().iter().find(|j| j.meta.name == name);
    if refused(restore) {
        text += "; no Job was made, and the data was not touched";
    }
    let cleared = restore.conditions.iter().find(|c| c.kind == "OperationLockOverride" && c.status == "True");
    if let Some(cleared) = cleared {
        text += &format!(
            "; before that its override took effect: {}; what held it may still be running without a lock",
            clean(cleared.message.trim_end_matches('.'))
        );
    }
    let works = job.is_some_and(|j| j.active > 0);
    if works {
        text += &format!("; but its Job {} still runs, and may submit the snapshot", clean(&name));
    }
    let severity = if works { Severity::Danger } else { Severity::Attention };
    let found = finding("restore-failed", severity, source, text);
    let found = match cleared {
        Some(cleared) => {
            let component = if cleared.message.contains("operation=Backup") { "backup" } else { "upgrade" };
            found.then(jobs(facts, component, "what held the lock and may still be at work"))
        }
        None => found,
    };
    let (flags, why) = if works { ("-f", "follow its Job") } else { ("", "what its Job said") };
    match job.is_some() || facts.evidence.jobs.unknown().is_some() {
        true => found.then(Words::of(facts.cluster).about("logs", &restore.meta.name, flags, why)),
        false => found,
    }
}

fn refused(restore: &Restore) -> bool {
    restore.phase == Phase::Failed && REFUSALS.iter().any(|text| restore.message.starts_with(text))
}

/// 0.5: verified by hand, then deleted; NEXT: acknowledged by Resume or Abandon (F§4.3, F§4.4).
fn unknown(facts: &Facts<'_>, restore: &Restore, source: String, text: String) -> Finding {
    let words = Words::of(facts.cluster);
    let by_job = |j: &Job| j.meta.name == restore.job_name() && j.succeeded > 0;
    let by_receipt = restore.execution.as_ref().is_some_and(|e| e.terminal_result.as_deref() == Some("Succeeded"));
    let well = by_receipt || facts.evidence.jobs.each().iter().any(by_job);
    let next_generation = facts.evidence.generation.success_looks_unknown();
    let sent = match &restore.submission_claim {
        _ if well && next_generation => {
            "; the executor ended well, and on this operator that is the normal end: verify, then Resume"
        }
        Some(_) => "; the snapshot may have been submitted",
        None if next_generation => "; on this operator that is also how a restore that went well ends",
        None => "",
    };
    let [resume, abandon] = match next_generation {
        true => ["when the servers were seen to be well with the restored data", "when they were not, or the target is gone"],
        // Up to 0.5 both decisions delete the object (F§4.3).
        false => [
            "deletes it, once the servers were seen to be well with the restored data",
            "deletes it unverified: the lock is free, upgrades and backups go on; repair or unseal first",
        ],
    };
    let resume = words.about("recover", &restore.meta.name, "--resume", resume);
    let abandon = words.about("recover", &restore.meta.name, "--abandon", abandon);
    let found = |text: String| finding("restore-unknown", Severity::Attention, source.clone(), text);
    let resumes_late = next_generation || restore.decided().is_some();
    if !(resumes_late && facts.cluster.spec.paused) {
        return found(format!("{text}{sent}")).then(resume).then(abandon);
    }
    let unpause = |why: &str| words.patch("{\"spec\":{\"paused\":false}}", why);
    match restore.decided() {
        Some("Resume") => found(format!("{text}{sent}; Resume is recorded, and waits until the cluster is unpaused"))
            .then(unpause(
                "only when the servers were seen to be well with the restored data: Resume goes on at once and restarts each",
            ))
            .then(abandon),
        _ => found(format!("{text}{sent}; Resume waits until the cluster is unpaused"))
            .then(unpause("before a Resume, which is refused while it is paused"))
            .then(resume)
            .then(abandon),
    }
}

/// A restore whose Job cannot start, on an operator that waits for ever: nothing of it ran.
pub(super) fn never_began(facts: &Facts<'_>, restore: &Restore, job: &Failure<'_>) -> bool {
    let waits = restore.phase == Phase::Running && facts.evidence.generation.surely_at_most(Tag::V04);
    waits && job.stuck.is_some() && job.exits.is_empty()
}

/// The line that names the cause, and whether data was touched.
fn line(facts: &Facts<'_>, restore: &Restore, job: &Failure<'_>) -> Option<Finding> {
    let cause = job.cause.as_ref()?;
    let touched = match cause.finding.submitted {
        Submitted::No => "the cluster's data was not touched by this try",
        Submitted::Unknown => "whether the snapshot reached the cluster's data is not known",
        Submitted::Yes => "OpenBao took the snapshot",
    };
    // Up to 0.4 every restore uses snapshot-force (F§4.2).
    let forced = cause.finding.code == "restore-log-forbidden" && facts.evidence.generation.surely_at_most(Tag::V04);
    let forced = if forced { " (this operator always uses snapshot-force)" } else { "" };
    let lost = restore.phase == Phase::Failed && cause.finding.submitted != Submitted::No;
    let whose = if lost { format!("restore {}: ", clean(&restore.meta.name)) } else { String::new() };
    let text = format!("{whose}{}{forced}; {touched}. What to do: {}", cause.finding.meaning, cause.finding.action);
    let severity = if restore.phase == Phase::Failed { Severity::Attention } else { Severity::Note };
    let exit = job.exits.last().map(|(_, code, _)| *code);
    let source = cite(facts.evidence, &job.name, cause, exit);
    Some(of_line(cause.finding.code, severity, source, text).resting_on(&cause.finding.line))
}

fn log_state(facts: &Facts<'_>, restore: &Restore, job: &Failure<'_>) -> Option<Finding> {
    let began = matches!(restore.phase, Phase::Running | Phase::Failed | Phase::Unknown) && !refused(restore);
    let name = clean(&job.name);
    let (code, text) = match &job.log {
        _ if !began => return None,
        LogState::Whole => return None,
        LogState::Cut(why) => ("log-cut", format!("the log of Job {name} is not whole ({})", clean(why))),
        LogState::Gone => {
            ("log-gone", format!("the log of Job {name} is gone, or it never ran: whether data was touched is not known from it"))
        }
        LogState::Unread(why) => ("log-unread", format!("the log of Job {name} was not read ({})", clean(why))),
    };
    let found = finding(code, Severity::Note, format!("Job {name}"), text);
    let why = if restore.phase == Phase::Running { "what it says so far" } else { "read what is left" };
    Some(match job.log {
        // What failed has that command already.
        _ if restore.phase == Phase::Failed || job.stuck.is_some() => found,
        LogState::Gone => found,
        _ => found.then(Words::of(facts.cluster).about("logs", &restore.meta.name, "", why)),
    })
}

fn stuck(facts: &Facts<'_>, restore: &Restore, job: &Failure<'_>) -> Option<Finding> {
    let why = job.stuck.as_ref()?;
    let next = Words::of(facts.cluster).kubectl(&format!("describe {}", word(&why.object)), "its events");
    let for_ever = if facts.evidence.generation.surely_at_most(Tag::V04) { ", and that does not end by itself" } else { "" };
    let says = format!(". Restore {} only says that it runs{for_ever}", clean(&restore.meta.name));
    let says = if restore.phase == Phase::Running { says } else { String::new() };
    let text = format!("Job {} did not run: {}{says}", clean(&job.name), why.why);
    let found = finding("executor-stuck", Severity::Attention, "pods and events of the Job", text).then(next);
    let delete = || {
        let why = "nothing ran yet; frees the lock; it would run by itself once it can start";
        Words::of(facts.cluster).kubectl(&format!("delete openbaorestore {}", word(&restore.meta.name)), why)
    };
    Some(if never_began(facts, restore, job) { found.then(delete()) } else { found })
}
