//! Why it failed: lines of logs, exit codes, pods that never started.

use super::cite;
use super::servers::members_on_the_leader;
use crate::api::generation::Tag;
use crate::api::text::clean;
use crate::domain::diagnosis::facts::{Facts, Stage};
use crate::domain::diagnosis::failure::{Failure, LogState};
use crate::domain::diagnosis::quorum::Quorum;
use crate::domain::diagnosis::say::{Words, finding, of_line, word};
use crate::domain::diagnosis::verdict::only_green_is_left;
use crate::domain::diagnosis::{Finding, Path, verdict};
use crate::domain::job_log::Suggests;
use crate::domain::lock::{DEFAULT_TRIES, Verdict};
use crate::domain::status::{Next, Severity};

pub(super) fn of(facts: &Facts<'_>) -> Vec<Finding> {
    // Of a break glass that is long over only the history counts, not its cause.
    let Some(failed) = facts.failed.as_ref().filter(|_| facts.stage != Stage::Idle) else { return Vec::new() };
    let mut all: Vec<Finding> = line(facts, failed, Severity::Attention).into_iter().collect();
    if failed.another {
        all.push(another(facts, failed));
        all.extend(facts.origin.as_ref().and_then(|origin| line(facts, origin, Severity::Note)));
        return all;
    }
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
    let action = match cause.finding.code {
        STANDALONE if Some(Verdict::Live) == facts.lock.as_ref().map(|l| l.verdict) => wait_for_the_end(facts),
        _ => cause.finding.action.to_owned(),
    };
    let text = format!("{what}{}{because}{since}. What to do: {action}", cause.finding.meaning);
    let found =
        of_line(cause.finding.code, severity, cite(facts.evidence, &job.name, cause, exit), text).resting_on(&cause.finding.line);
    if severity == Severity::Note && !untried {
        return Some(found);
    }
    let found = corrections(facts, job).into_iter().fold(found, Finding::then);
    if severity == Severity::Note {
        return Some(found.speaking_against(&[Path::Retry]));
    }
    Some(match cause.finding.suggests {
        Suggests::Transient if job.certain().is_some() => found.speaking_for(&[Path::Retry]),
        Suggests::Transient | Suggests::Nothing => found,
        Suggests::Unhealthy if facts.blue_is_well() => found,
        Suggests::Config | Suggests::Unhealthy | Suggests::PeerRemoval => found.speaking_against(&[Path::Retry]),
        // A restore does not change Raft's members (F§4.7, F§10.4): who got no vote gets none by it.
        Suggests::Diverged => found.speaking_against(&[Path::Retry, Path::Restore]),
    })
}

const STANDALONE: &str = "upgrade-log-green-standalone";

/// The operator gives up by itself, and takes Green away; who deletes Green's data meanwhile meets it (F§4.6).
fn wait_for_the_end(facts: &Facts<'_>) -> String {
    let limit = facts.cluster.spec.max_job_failures.unwrap_or(DEFAULT_TRIES);
    let failures = facts.blue_green().and_then(|b| b.job_failures).unwrap_or(0);
    let end = match facts.cluster.spec.auto_rollback {
        Some(false) => "stays where it is",
        _ => "aborts and deletes Green by itself",
    };
    format!(
        "wait: at {limit} of {limit} failed tries (now {failures}) the operator {end}; before the next upgrade delete that Green pod's volume claim, never a Blue one"
    )
}

/// What is looked at, or saved, before another try.
fn corrections(facts: &Facts<'_>, job: &Failure<'_>) -> Vec<Next> {
    let words = Words::of(facts.cluster);
    let Some(cause) = &job.cause else { return Vec::new() };
    let node = cause.finding.fields.node_id.as_deref();
    match (cause.finding.code, node, &facts.quorum) {
        ("upgrade-log-not-a-voter", Some(pod), _) => {
            vec![words.kubectl(
                &format!("logs {} -c openbao --tail=100", word(pod)),
                "first: whether that server is alive, and what it says",
            )]
        }
        ("upgrade-log-too-few-blue", _, _) => members_on_the_leader(facts).into_iter().collect(),
        (STANDALONE, Some(pod), _) => {
            let marked = if facts.evidence.generation.may_be_at_least(Tag::V01) {
                "; deleting it needs the annotation openbao.org/maintenance=true on it"
            } else {
                ""
            };
            let why = format!("the claim with the old data, Green's: it goes before the next upgrade{marked}");
            vec![words.kubectl(&format!("get pvc {}", word(&format!("data-{pod}"))), &why)]
        }
        ("upgrade-log-login-refused", _, quorum) => {
            let save = save(facts, job, "save it: it goes an hour after the Job's end");
            let Quorum::Has { leader, .. } = quorum else { return vec![save] };
            let command = format!("exec {} -c openbao -- bao read auth/jwt-operator/role/openbao-operator-upgrade", word(leader));
            vec![save, words.kubectl(&command, "the role the Job logs in with, unless spec.upgrade names another; needs a token")]
        }
        _ if cause.finding.suggests == Suggests::Config => vec![save(facts, job, "save it: it goes an hour after the Job's end")],
        _ => Vec::new(),
    }
}

/// The Job break glass names is an older one of the same name.
fn another(facts: &Facts<'_>, job: &Failure<'_>) -> Finding {
    let name = clean(&job.name);
    let how = if job.job.is_some_and(|j| j.succeeded > 0) { "ended well" } else { "ended before this rollback began" };
    let text = format!("Job {name} {how}: it is not the one that failed, and its log says nothing of it");
    let next = Words::of(facts.cluster).kubectl("get events --sort-by=.lastTimestamp", "what is left of the one that failed");
    finding("cause-unknown", Severity::Attention, format!("Job {name}"), text).speaking_against(&[Path::Retry]).then(next)
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
        _ if job.pod_gone => found,
        _ => found.then(save(facts, job, "perhaps it is there: save it first; it goes an hour after the Job's end")),
    })
}

/// The log into a file.
fn save(facts: &Facts<'_>, job: &Failure<'_>, why: &str) -> Next {
    let Next { command, why } = logs(facts, job, why);
    Next { command: format!("{command} > {}.log", word(&job.name)), why }
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
    let words = Words::of(facts.cluster);
    let next = match job.pod_gone && why.object.starts_with("pod/") {
        true => words.kubectl("get events --sort-by=.lastTimestamp", "its events; the pod is gone"),
        false => words.kubectl(&format!("describe {}", word(&why.object)), "its events"),
    };
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
    (job.certain() == Some(Suggests::Unhealthy) && facts.blue_is_well() && !facts.blue_restarts()).then(|| {
        let text = "the Job found no working leader; Blue leads with its majority up now".to_owned();
        finding("cause-passed", Severity::Note, format!("the Job's log and {}", now(facts)), text).speaking_for(&[Path::Retry])
    })
}
