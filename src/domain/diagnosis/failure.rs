//! A failed executor's Job and everything its log, pods and conditions tell of the cause.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::api::cluster::Cluster;
use crate::api::event::Event;
use crate::api::text::clean;
use crate::api::workload::{ContainerState, Job, Pod};
use crate::domain::evidence::{Evidence, Item, JobLog};
use crate::domain::job_log::{self, Suggests, Weight};
use crate::domain::jobs;
use crate::domain::rollback::{self, FailedJob};

/// What is left of a Job's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LogState {
    /// Every run, whole.
    Whole,
    /// Lines are missing, and why.
    Cut(String),
    /// The Job or its pods are gone.
    Gone,
    /// It could not be read, and why.
    Unread(String),
}

/// One line that means something, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub finding: job_log::Finding,
    /// Counted from 1, in its run.
    pub number: usize,
    /// Which of the runs that were read, counted from 1.
    pub run: usize,
}

/// Why a Job did not run.
#[derive(Debug, Clone)]
pub(super) struct Stuck {
    /// What shows it, as `kubectl describe` takes it: `pod/NAME`, `job/NAME`.
    pub object: String,
    pub why: String,
}

/// A failed Job.
#[derive(Debug, Clone)]
pub(super) struct Failure<'a> {
    pub name: String,
    pub job: Option<&'a Job>,
    pub log: LogState,
    /// The line that says why it failed: of the last run.
    pub cause: Option<Line>,
    /// Servers whose removal from Raft it began; all but the last are surely removed.
    pub removing: Vec<String>,
    /// How its containers ended: pod, exit code, reason.
    pub exits: Vec<(String, i64, String)>,
    /// Why its pod did not start.
    pub stuck: Option<Stuck>,
    /// It is known to have no pod any more, and so no log that could still be read.
    pub pod_gone: bool,
    /// The Job of that name is not the one that failed: its log says nothing of it.
    pub another: bool,
}

impl<'a> Failure<'a> {
    pub fn of(evidence: &'a Evidence, cluster: &Cluster, found: FailedJob<'a>) -> Failure<'a> {
        let mut failure = Failure::named(evidence, found.name, found.job);
        if failure.is_another(evidence, cluster) {
            (failure.another, failure.cause) = (true, None);
        }
        failure
    }

    fn named(evidence: &'a Evidence, name: String, job: Option<&'a Job>) -> Failure<'a> {
        let (log, lines, removing) = read_log(evidence, &name);
        let last = |wanted: &dyn Fn(&Line) -> bool| lines.iter().rev().find(|l| wanted(l)).cloned();
        let cause = last(&|l| l.finding.weight == Weight::Cause).or_else(|| last(&|l| l.finding.weight == Weight::Remark));
        let pods = pods_of(evidence, &name);
        Failure {
            job,
            log,
            cause,
            removing,
            exits: pods.iter().flat_map(|p| exits(p)).collect(),
            stuck: stuck_job(evidence, &name),
            pod_gone: pods.is_empty() && evidence.job_pods.value().is_some(),
            another: false,
            name,
        }
    }

    pub fn action(&self) -> Option<&str> {
        let by_name = || rollback::ACTIONS.iter().copied().find(|a| self.name.contains(a));
        self.job.and_then(rollback::action).or_else(by_name)
    }

    /// What the log says about another try; `None` where no line says anything, or lines are missing.
    pub fn certain(&self) -> Option<Suggests> {
        (self.log == LogState::Whole).then(|| self.suggests()).flatten()
    }

    /// The same, from a log with missing lines too.
    pub fn suggests(&self) -> Option<Suggests> {
        self.cause.as_ref().map(|c| c.finding.suggests).filter(|s| *s != Suggests::Nothing)
    }

    /// The code of the line that says why; empty where none does.
    pub fn code(&self) -> &'static str {
        self.cause.as_ref().map_or("", |l| l.finding.code)
    }

    pub fn found_no_leader(&self) -> bool {
        let code = self.code();
        self.log == LogState::Whole && (code.starts_with("upgrade-log-no-leader") || code == "upgrade-log-leader-search-ended")
    }

    /// When it ended, by its condition.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.job.and_then(|j| j.ended()).and_then(|c| c.since)
    }

    /// It ended well, or before this rollback began: not the one that failed. Where names of Jobs come back an older one may
    /// be taken for it (F§15.2.6), and then its failure is the cause all the same.
    fn is_another(&self, evidence: &Evidence, cluster: &Cluster) -> bool {
        let Some(job) = self.job else { return false };
        let began = cluster.blue_green.as_ref().and_then(|b| b.rollback_start_time);
        let before = self.ended_at().zip(began).is_some_and(|(ended, began)| ended < began);
        let well = job.succeeded > 0 && job.failed == 0;
        well || (before && rollback::is_rollback(job) && !evidence.generation.reuses_executor_jobs())
    }

    pub fn ended_before(&self, evidence: &Evidence, seconds: u64) -> bool {
        self.ended_at().is_some_and(|at| evidence.since(at).as_secs() >= seconds)
    }
}

fn read_log(evidence: &Evidence, job: &str) -> (LogState, Vec<Line>, Vec<String>) {
    let without = |state| (state, Vec::new(), Vec::new());
    let log = match evidence.logs.get(job) {
        Some(Item::Present { value }) if !value.runs.is_empty() => value,
        Some(Item::Present { .. } | Item::Absent) => return without(LogState::Gone),
        Some(other) => return without(LogState::Unread(other.unknown().unwrap_or_default())),
        None if evidence.jobs.value().is_some_and(|jobs| jobs.iter().all(|j| j.meta.name != job)) => {
            return without(LogState::Gone);
        }
        None => return without(LogState::Unread("not looked at".into())),
    };
    let mut all = job_log::Findings::default();
    let mut lines = Vec::new();
    let in_runs =
        log.runs.iter().enumerate().flat_map(|(run, r)| r.text.lines().enumerate().map(move |(i, line)| (run, i, line)));
    for (run, i, line) in in_runs {
        if let Some(job_log::News::Finding(finding)) = all.line(line.as_bytes()) {
            // Bounded by the kinds of lines, not by their number: the last of each kind counts.
            lines.retain(|known: &Line| known.finding.code != finding.code || known.finding.weight != finding.weight);
            lines.push(Line { finding: finding.clone(), number: i + 1, run: run + 1 });
        }
    }
    let missing = log.runs.iter().find_map(|run| run.missing.clone());
    match missing.into_iter().chain(unseen_runs(log)).reduce(|a, b| format!("{a}; {b}")) {
        Some(why) => (LogState::Cut(why), lines, all.removing),
        None => (LogState::Whole, lines, all.removing),
    }
}

/// The runs of a container are counted; of those before the last two nothing is kept.
fn unseen_runs(log: &JobLog) -> Option<String> {
    let mut of_pods: BTreeMap<&str, i64> = BTreeMap::new();
    for run in &log.runs {
        let known = of_pods.entry(&run.pod).or_default();
        *known = (*known).max(run.run.saturating_add(1));
    }
    let (seen, all) = (i64::try_from(log.runs.len()).ok()?, of_pods.values().fold(0_i64, |a, b| a.saturating_add(*b)));
    (seen < all).then(|| format!("{seen} of {all} runs were seen: what the others did is not known"))
}

fn pods_of<'a>(evidence: &'a Evidence, job: &str) -> Vec<&'a Pod> {
    let mine = |p: &&Pod| p.meta.label("batch.kubernetes.io/job-name") == job || p.meta.label("job-name") == job;
    evidence.job_pods.each().iter().filter(mine).collect()
}

fn exits(pod: &Pod) -> Vec<(String, i64, String)> {
    let ended = |state: &ContainerState| match state {
        ContainerState::Terminated { exit_code, reason, .. } if *exit_code != 0 => {
            Some((pod.meta.name.clone(), *exit_code, reason.clone()))
        }
        _ => None,
    };
    pod.containers.iter().flat_map(|c| [ended(&c.last_state), ended(&c.state)]).flatten().collect()
}

/// Why a Job's pod does not start, in words.
pub(crate) fn why_stuck(evidence: &Evidence, job: &str) -> Option<String> {
    stuck_job(evidence, job).map(|stuck| stuck.why)
}

/// By the pod itself, else by events.
fn stuck_job(evidence: &Evidence, job: &str) -> Option<Stuck> {
    let pods = pods_of(evidence, job);
    pods.iter().find_map(|p| stuck(p)).or_else(|| stuck_by_events(evidence, job, &pods))
}

/// Why a pod does not start, by its containers and its schedule.
fn stuck(pod: &Pod) -> Option<Stuck> {
    let waiting = pod.containers.iter().find_map(|c| match &c.state {
        ContainerState::Waiting { reason, message }
            if !matches!(reason.as_str(), "" | "ContainerCreating" | "PodInitializing") =>
        {
            Some(format!("{}: {}", clean(reason), clean(message)))
        }
        _ => None,
    });
    let unscheduled = || {
        let condition = pod.conditions.iter().find(|c| c.kind == "PodScheduled" && c.status == "False")?;
        Some(format!("{}: {}", clean(&condition.reason), clean(&condition.message)))
    };
    let why = waiting.or_else(unscheduled)?;
    let why = format!("pod {} does not start: {}", clean(&pod.meta.name), why.trim_end_matches('.'));
    Some(Stuck { object: format!("pod/{}", pod.meta.name), why })
}

/// Events of a Job's pods that explain why they do not start; the only place where mount failures show (F§6.3).
const STUCK_REASONS: [&str; 7] =
    ["FailedMount", "FailedScheduling", "FailedCreate", "ErrImagePull", "Failed", "BackOff", "FailedCreatePodSandBox"];

fn stuck_by_events(evidence: &Evidence, job: &str, pods: &[&Pod]) -> Option<Stuck> {
    // A pod that ran did start, whatever was said before.
    if pods.iter().any(|p| !exits(p).is_empty() || p.ready == Some(true)) {
        return None;
    }
    let mine = |e: &&Event| jobs::is_of_job(&e.name, job) && STUCK_REASONS.contains(&e.reason.as_str());
    let event = evidence.events.each().iter().filter(mine).max_by_key(|e| e.last_seen)?;
    let kind = if event.name == job { "job" } else { "pod" };
    let why =
        format!("event {} of {}: {}", clean(&event.reason), clean(&event.name), clean(&event.message).trim_end_matches('.'));
    Some(Stuck { object: format!("{kind}/{}", event.name), why })
}

/// What a restore's or another Job's log, pods and events tell.
pub(super) fn of_job<'a>(evidence: &'a Evidence, name: &str) -> Failure<'a> {
    Failure::named(evidence, name.to_owned(), evidence.jobs.each().iter().find(|j| j.meta.name == name))
}

/// Earlier failures of the same action, newest first. Only tries of this rollback count: a Job from before it says nothing.
pub(super) fn earlier<'a>(evidence: &'a Evidence, cluster: &Cluster, failed: &Failure<'_>) -> Vec<Failure<'a>> {
    let began = cluster.blue_green.as_ref().and_then(|b| b.rollback_start_time);
    let of_this = |job: &&Job| began.is_none_or(|began| job.meta.created_at.is_none_or(|at| at >= began));
    let same = |job: &&Job| job.meta.name != failed.name && job.failed > 0 && rollback::action(job) == failed.action();
    let jobs = rollback::executor_jobs(evidence, cluster).into_iter().filter(same).filter(of_this);
    jobs.map(|j| Failure::named(evidence, j.meta.name.clone(), Some(j))).collect()
}

/// The failed step of the upgrade before the rollback: what status names as last failure, else the newest failed Job of
/// another action that is older than the rollback's.
pub(super) fn origin<'a>(evidence: &'a Evidence, cluster: &Cluster, failed: &Failure<'_>) -> Option<Failure<'a>> {
    let named = cluster.blue_green.as_ref().and_then(|b| b.last_job_failure.clone()).filter(|n| *n != failed.name);
    if let Some(name) = named {
        return Some(of_job(evidence, &name));
    }
    let before = failed.job.and_then(|j| j.meta.created_at);
    let candidate = |job: &&Job| {
        job.failed > 0 && !rollback::is_rollback(job) && job.meta.name != failed.name && job.meta.created_at <= before
    };
    let job = rollback::executor_jobs(evidence, cluster).into_iter().find(candidate)?;
    before.is_some().then(|| Failure::named(evidence, job.meta.name.clone(), Some(job)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::event::Event;
    use crate::domain::evidence::Item;

    #[test]
    fn the_newest_event_says_why_a_job_is_stuck_in_whatever_order_they_come() {
        let event = |minute: u8, message: &str| {
            Event::read(
                &json!({"involvedObject": {"kind": "Pod", "name": "j-bcd4f"}, "reason": "FailedMount", "message": message,
                "lastTimestamp": format!("2026-01-01T00:{minute:02}:00Z")}),
            )
        };
        let (old, new) = (event(1, "old"), event(2, "new"));
        for events in [vec![old.clone(), new.clone()], vec![new, old]] {
            let evidence = Evidence { events: Item::present(events), ..Evidence::default() };
            let why = stuck_by_events(&evidence, "j", &[]).expect("it is stuck");
            assert!(why.why.ends_with("new"), "{}", why.why);
        }
    }
}
