//! Why it failed: lines of logs, exit codes, pods that never started.

use super::cite;
use crate::api::text::clean;
use crate::domain::diagnosis::facts::{Facts, Stage};
use crate::domain::diagnosis::failure::{Failure, LogState};
use crate::domain::diagnosis::quorum::Quorum;
use crate::domain::diagnosis::say::{Words, finding, of_line, word};
use crate::domain::diagnosis::verdict::only_green_is_left;
use crate::domain::diagnosis::{Finding, Path, verdict};
use crate::domain::job_log::Suggests;
use crate::domain::status::{Next, Severity};

pub(super) fn of(facts: &Facts<'_>) -> Vec<Finding> {
    // Of a break glass that is long over only the history counts, not its cause.
    let Some(failed) = facts.failed.as_ref().filter(|_| facts.stage != Stage::Idle) else { return Vec::new() };
    let mut all: Vec<Finding> = line(facts, failed, Severity::Attention).into_iter().collect();
    all.extend(log_state(facts, failed));
    all.extend(no_cause(facts, failed));
    all.extend(exit(failed));
    all.extend(stuck(facts, failed));
    all.extend(again(facts, failed));
    all.extend(passed(facts, failed));
    all.extend(blue_repaired(facts));
    all.extend(facts.origin.as_ref().and_then(|origin| line(facts, origin, Severity::Note)));
    all
}

/// The line that names the cause. Reading it is not judging it: what it speaks for is only a tendency.
fn line(facts: &Facts<'_>, job: &Failure<'_>, severity: Severity) -> Option<Finding> {
    let cause = job.cause.as_ref()?;
    let because = cause.finding.because.map_or(String::new(), |b| format!(" ({b})"));
    let exit = job.exits.last().map(|(_, code, _)| *code);
    let what = job.action().map_or(String::new(), |a| format!("{}: ", clean(a)));
    let untried = severity == Severity::Note && facts.login_untried();
    let since = if untried { ". The login was not tried since" } else { "" };
    let text = format!("{what}{}{because}{since}. What to do: {}", cause.finding.meaning, cause.finding.action);
    let found = of_line(cause.finding.code, severity, cite(facts.evidence, &job.name, cause.number, exit), text)
        .resting_on(&cause.finding.line);
    if severity == Severity::Note {
        return Some(if untried { found.speaking_against(&[Path::Retry]) } else { found });
    }
    Some(match cause.finding.suggests {
        Suggests::Transient if job.certain().is_some() => found.speaking_for(&[Path::Retry]),
        Suggests::Transient | Suggests::Nothing => found,
        Suggests::Unhealthy if facts.blue_is_well() => found,
        Suggests::Config | Suggests::Unhealthy | Suggests::PeerRemoval => found.speaking_against(&[Path::Retry]),
        Suggests::Diverged => found.speaking_against(&[Path::Retry]).speaking_for(&[Path::Restore]),
    })
}

fn log_state(facts: &Facts<'_>, job: &Failure<'_>) -> Option<Finding> {
    let name = clean(&job.name);
    let words = Words::of(facts.cluster);
    let unknown = if job.stuck.is_some() { "" } else { ": the cause is not known" };
    let (code, text) = match &job.log {
        LogState::Whole => return None,
        LogState::Cut(why) => {
            ("log-cut", format!("the log of Job {name} is not whole ({}): what it says is not certain", clean(why)))
        }
        LogState::Gone => ("log-gone", format!("the log of Job {name} is gone with its Job or its pod{unknown}")),
        LogState::Unread(why) => ("log-unread", format!("the log of Job {name} was not read ({}){unknown}", clean(why))),
    };
    let found = finding(code, Severity::Attention, format!("Job {name}"), text).speaking_against(&[Path::Retry]);
    Some(match job.log {
        LogState::Gone => found.then(words.kubectl("get events --sort-by=.lastTimestamp", "what is left of it")),
        _ => found.then(logs(facts, job, "read it now; it goes an hour after the Job's end")),
    })
}

fn logs(facts: &Facts<'_>, job: &Failure<'_>, why: &str) -> Next {
    Words::of(facts.cluster).about("logs", &format!("job/{}", job.name), "", why)
}

/// What is known of the leader rests on this.
fn now(facts: &Facts<'_>) -> &'static str {
    if let Quorum::Has { basis, .. } = &facts.quorum { basis.source() } else { "the servers" }
}

fn no_cause(facts: &Facts<'_>, job: &Failure<'_>) -> Option<Finding> {
    let unknown = job.log == LogState::Whole && job.suggests().is_none();
    unknown.then(|| {
        let name = clean(&job.name);
        let text = match &job.cause {
            Some(_) => format!("the log of Job {name} names what failed, not whether another try would do better"),
            None => format!("no line of the log of Job {name} says why it failed in words this tool knows"),
        };
        let next = logs(facts, job, "read it");
        finding("cause-unknown", Severity::Attention, format!("log of Job {}", clean(&job.name)), text)
            .speaking_against(&[Path::Retry])
            .then(next)
    })
}

fn exit(job: &Failure<'_>) -> Option<Finding> {
    let (pod, code, reason) = job.exits.last()?;
    let meaning = match code {
        137 => " (killed: out of memory, or removed)",
        143 => " (ended by the cluster)",
        _ => "",
    };
    let text = format!("the executor of Job {} ended with exit {code}{meaning}, {}", clean(&job.name), clean(reason));
    Some(finding("executor-exit", Severity::Note, format!("pod {}", clean(pod)), text))
}

fn stuck(facts: &Facts<'_>, job: &Failure<'_>) -> Option<Finding> {
    let why = job.stuck.as_ref()?;
    let next = Words::of(facts.cluster).kubectl(&format!("describe {}", word(&why.object)), "its events");
    let text = format!("Job {} did not run: {}", clean(&job.name), why.why);
    Some(
        finding("executor-stuck", Severity::Attention, "pods and events of the Job", text)
            .speaking_against(&[Path::Retry])
            .then(next),
    )
}

fn again(facts: &Facts<'_>, job: &Failure<'_>) -> Option<Finding> {
    if verdict::failed_again(facts) {
        let text = format!(
            "the try before Job {} failed for the same reason: another acknowledgement alone changes nothing",
            clean(&job.name)
        );
        return Some(
            finding("failed-again", Severity::Danger, "logs of both Jobs", text)
                .speaking_against(&[Path::Retry])
                .speaking_for(&[Path::Restore]),
        );
    }
    (facts.stage == Stage::BreakGlass && !verdict::earlier_tries_are_known(facts)).then(|| {
        let tries = facts.blue_green().and_then(|b| b.rollback_attempt).unwrap_or(0);
        let times = if tries == 1 { "once".to_owned() } else { format!("{tries} times") };
        let text = format!("it was acknowledged {times} before, and why that did not help is not known any more");
        finding("earlier-tries-unknown", Severity::Attention, "status.blueGreen.rollbackAttempt", text)
            .speaking_against(&[Path::Retry])
    })
}

/// The repair is done, and what is left cannot touch Blue.
fn blue_repaired(facts: &Facts<'_>) -> Option<Finding> {
    (only_green_is_left(facts) && facts.blue_is_well() && !facts.ack_removes_blue()).then(|| {
        let text =
            "Blue is repaired and leads with its majority; the clean-up that failed only removes Green's members".to_owned();
        finding("blue-repaired", Severity::Note, format!("status.blueGreen, the failed Job's action, and {}", now(facts)), text)
            .speaking_for(&[Path::Retry])
    })
}

/// What the Job missed is there now.
fn passed(facts: &Facts<'_>, job: &Failure<'_>) -> Option<Finding> {
    (job.certain() == Some(Suggests::Unhealthy) && facts.blue_is_well()).then(|| {
        let text = "the Job found no working leader; Blue leads with its majority up now".to_owned();
        finding("cause-passed", Severity::Note, format!("the Job's log and {}", now(facts)), text).speaking_for(&[Path::Retry])
    })
}
