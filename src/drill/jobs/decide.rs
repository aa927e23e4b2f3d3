//! What the Job controller does next with one Job: pure, from the Job, its pods and what was counted before.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use serde_json::{Value, json};

use crate::drill::Pace;

/// The pause before a failed pod is replaced; it doubles with each failure.
const REPLACE: Duration = Duration::from_secs(10);
const REPLACE_LIMIT: Duration = Duration::from_secs(600);

/// Pods that ended, each counted once, also after it is gone.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) succeeded: BTreeSet<String>,
    pub(super) failed: BTreeSet<String>,
    pub(super) last_failure: Option<Timestamp>,
}

impl Tally {
    /// Counts a pod that ended, or that vanished without having succeeded.
    pub(super) fn count(&mut self, pod: &Pod, gone: bool, now: Timestamp) {
        let Some(uid) = pod.uid() else { return };
        match phase(pod) {
            "Succeeded" => {
                self.succeeded.insert(uid);
            }
            "Failed" => self.fail(uid, now),
            _ if gone => self.fail(uid, now),
            _ => {}
        }
    }

    fn fail(&mut self, uid: String, now: Timestamp) {
        if self.failed.insert(uid) {
            self.last_failure = Some(now);
        }
    }
}

/// What to do with a Job.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Decision {
    /// How many pods to create.
    pub(super) create: usize,
    /// Pods to delete, by name.
    pub(super) delete: Vec<String>,
    /// The status to write.
    pub(super) status: Option<Value>,
    /// Warning or not, reason and message of the event that goes with a new condition.
    pub(super) event: Option<(bool, &'static str, &'static str)>,
    /// Whether the Job has outlived its time to live.
    pub(super) expire: bool,
    /// When to look again although nothing changed.
    pub(super) again: Option<Duration>,
}

/// A pod's phase.
pub(super) fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or("Pending")
}

/// Decides; `pods` are the Job's pods that exist.
pub(super) fn decide(job: &Job, pods: &[&Pod], tally: &Tally, pace: Pace, now: Timestamp) -> Decision {
    if let Some(finished) = finished_at(job) {
        return expire(job, finished, pace, now);
    }
    let (active, terminating): (Vec<&Pod>, Vec<&Pod>) =
        pods.iter().copied().filter(|pod| !is_over(pod)).partition(|pod| pod.metadata.deletion_timestamp.is_none());
    let none_left = active.is_empty() && terminating.is_empty();
    let spec = job.spec.clone().unwrap_or_default();
    let completions = usize::try_from(spec.completions.unwrap_or(1)).unwrap_or(1);
    let mut decision = Decision::default();
    let mut added = Vec::new();
    if let Some((reason, message)) = condition(job, "FailureTarget") {
        // Pods have been sent away: the Job is Failed once they are gone, however they ended.
        decision.delete = names(&active);
        added.extend(none_left.then_some(("Failed", reason, message)));
    } else if tally.succeeded.len() >= completions {
        decision.delete = names(&active);
        added.extend(["SuccessCriteriaMet", "Complete"].map(|kind| (kind, "CompletionsReached", COMPLETE)));
    } else if let Some((reason, message)) = failing(job, &active, tally, pace, now) {
        decision.delete = names(&active);
        added.push(("FailureTarget", reason, message));
        added.extend(none_left.then_some(("Failed", reason, message)));
    } else if spec.suspend != Some(true) {
        replace(&mut decision, spec.parallelism, completions, active.len(), tally, pace, now);
        decision.again = [decision.again, deadline_in(job, pace, now)].into_iter().flatten().min();
    }
    decision.event = added.last().and_then(|(kind, reason, _)| event(kind, reason));
    let mut all = conditions(job);
    all.extend(added.iter().map(|(kind, reason, message)| made(kind, reason, message, now)));
    let left: Vec<&Pod> = if decision.delete.is_empty() { active } else { Vec::new() };
    decision.status = Some(status(job, &left, terminating.len() + decision.delete.len(), tally, &all, now));
    decision
}

/// The event that goes with the condition that ends a Job.
fn event(kind: &str, reason: &str) -> Option<(bool, &'static str, &'static str)> {
    match (kind, reason) {
        ("Complete", _) => Some((false, "Completed", "Job completed")),
        ("Failed", "DeadlineExceeded") => Some((true, "DeadlineExceeded", DEADLINE)),
        ("Failed", _) => Some((true, "BackoffLimitExceeded", LIMIT)),
        _ => None,
    }
}

const COMPLETE: &str = "Reached expected number of succeeded pods";
const LIMIT: &str = "Job has reached the specified backoff limit";
const DEADLINE: &str = "Job was active longer than specified deadline";

/// Why a Job has to fail now.
fn failing(job: &Job, active: &[&Pod], tally: &Tally, pace: Pace, now: Timestamp) -> Option<(&'static str, &'static str)> {
    let spec = job.spec.as_ref()?;
    let limit = usize::try_from(spec.backoff_limit.unwrap_or(6)).unwrap_or(0);
    let on_failure = spec.template.spec.as_ref().and_then(|spec| spec.restart_policy.as_deref()) == Some("OnFailure");
    let restarts: i32 = active
        .iter()
        .flat_map(|pod| pod.status.iter())
        .flat_map(|status| status.container_statuses.iter().chain(&status.init_container_statuses).flatten())
        .map(|status| status.restart_count)
        .sum();
    let restarts = usize::try_from(restarts).unwrap_or(0);
    // With OnFailure the restarts of running pods count, so the pod goes as soon as its last run begins (F§15.2.11).
    let past_limit = tally.failed.len() > limit || on_failure && restarts > 0 && restarts >= limit;
    let late = deadline_in(job, pace, now) == Some(Duration::ZERO);
    if past_limit { Some(("BackoffLimitExceeded", LIMIT)) } else { late.then_some(("DeadlineExceeded", DEADLINE)) }
}

fn deadline_in(job: &Job, pace: Pace, now: Timestamp) -> Option<Duration> {
    let seconds = job.spec.as_ref()?.active_deadline_seconds?;
    let started = job.status.as_ref().and_then(|status| status.start_time.as_ref()).map_or(now, |time| time.0);
    Some(remaining(started, pace.of(Duration::from_secs(u64::try_from(seconds).unwrap_or(0))), now))
}

/// How long until `span` has passed since `from`.
fn remaining(from: Timestamp, span: Duration, now: Timestamp) -> Duration {
    let passed = Duration::try_from(now.duration_since(from)).unwrap_or(Duration::ZERO);
    span.saturating_sub(passed)
}

/// Creates what is missing, after a pause when pods failed before.
fn replace(
    decision: &mut Decision,
    parallelism: Option<i32>,
    completions: usize,
    active: usize,
    tally: &Tally,
    pace: Pace,
    now: Timestamp,
) {
    let parallelism = usize::try_from(parallelism.unwrap_or(1)).unwrap_or(0);
    let missing = parallelism.min(completions - tally.succeeded.len()).saturating_sub(active);
    let pause = tally.last_failure.map_or(Duration::ZERO, |last| {
        let doubled = REPLACE.saturating_mul(1 << (tally.failed.len().saturating_sub(1)).min(8)).min(REPLACE_LIMIT);
        remaining(last, pace.of(doubled), now)
    });
    if missing > 0 && pause > Duration::ZERO {
        decision.again = Some(pause);
    } else {
        decision.create = missing;
    }
}

/// A long life is not shortened by the pace: scenarios tell of Jobs that ended half an hour ago.
const LONG: Duration = Duration::from_secs(600);

fn expire(job: &Job, finished: Timestamp, pace: Pace, now: Timestamp) -> Decision {
    let Some(ttl) = job.spec.as_ref().and_then(|spec| spec.ttl_seconds_after_finished) else { return Decision::default() };
    let ttl = Duration::from_secs(u64::try_from(ttl).unwrap_or(0));
    let left = remaining(finished, if ttl >= LONG { ttl } else { pace.of(ttl) }, now);
    Decision { expire: left.is_zero(), again: (!left.is_zero()).then_some(left), ..Decision::default() }
}

fn is_over(pod: &Pod) -> bool {
    matches!(phase(pod), "Succeeded" | "Failed")
}

fn names(pods: &[&Pod]) -> Vec<String> {
    pods.iter().map(|pod| pod.name_any()).collect()
}

fn condition<'a>(job: &'a Job, kind: &str) -> Option<(&'a str, &'a str)> {
    let mut conditions = job.status.as_ref()?.conditions.iter().flatten();
    let found = conditions.find(|condition| condition.type_ == kind && condition.status == "True")?;
    Some((found.reason.as_deref().unwrap_or_default(), found.message.as_deref().unwrap_or_default()))
}

fn finished_at(job: &Job) -> Option<Timestamp> {
    let mut conditions = job.status.as_ref()?.conditions.iter().flatten();
    let found = conditions.find(|c| matches!(c.type_.as_str(), "Complete" | "Failed") && c.status == "True")?;
    Some(found.last_transition_time.as_ref().map_or(Timestamp::UNIX_EPOCH, |time| time.0))
}

fn conditions(job: &Job) -> Vec<Value> {
    let conditions = job.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.filter_map(|condition| serde_json::to_value(condition).ok()).collect()
}

fn made(kind: &str, reason: &str, message: &str, now: Timestamp) -> Value {
    let now = seconds(now);
    json!({ "type": kind, "status": "True", "reason": reason, "message": message, "lastProbeTime": now, "lastTransitionTime": now })
}

/// The whole status, with `null` for what shall not be there (it is sent as a merge patch).
fn status(job: &Job, active: &[&Pod], terminating: usize, tally: &Tally, conditions: &[Value], now: Timestamp) -> Value {
    let is_ready = |pod: &&&Pod| {
        let mut conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
        conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True")
    };
    let some = |count: usize| if count == 0 { Value::Null } else { count.into() };
    let started = job.status.as_ref().and_then(|status| status.start_time.as_ref()).map_or(now, |time| time.0);
    let complete = conditions.iter().find(|condition| condition["type"] == "Complete");
    json!({
        "active": some(active.len()),
        "ready": active.iter().filter(is_ready).count(),
        "terminating": terminating,
        "succeeded": some(tally.succeeded.len()),
        "failed": some(tally.failed.len()),
        "startTime": seconds(started),
        "completionTime": complete.map_or(Value::Null, |condition| condition["lastTransitionTime"].clone()),
        "conditions": if conditions.is_empty() { Value::Null } else { conditions.to_vec().into() },
        "uncountedTerminatedPods": {},
    })
}

/// A time as the API has it: whole seconds.
fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(policy: &str, limit: i32) -> Job {
        serde_json::from_value(json!({
            "metadata": { "name": "restore-x", "namespace": "bao", "uid": "j" },
            "spec": { "backoffLimit": limit, "template": { "spec": { "restartPolicy": policy, "containers": [] } } },
        }))
        .expect("a job")
    }

    fn pod(name: &str, phase: &str, restarts: i32) -> Pod {
        serde_json::from_value(json!({
            "metadata": { "name": name, "uid": name },
            "status": { "phase": phase, "containerStatuses": [{ "name": "c", "image": "", "imageID": "", "ready": false, "restartCount": restarts }] },
        }))
        .expect("a pod")
    }

    fn run(job: &Job, pods: &[&Pod]) -> Decision {
        let mut tally = Tally::default();
        let now = Timestamp::now();
        pods.iter().for_each(|pod| tally.count(pod, false, now));
        decide(job, pods, &tally, Pace(1.0), now)
    }

    fn kinds(decision: &Decision) -> Vec<&str> {
        let conditions = decision.status.as_ref().and_then(|status| status["conditions"].as_array());
        conditions.into_iter().flatten().filter_map(|condition| condition["type"].as_str()).collect()
    }

    #[test]
    fn a_new_job_gets_a_pod_and_a_succeeded_one_completes_it() {
        let decision = run(&job("OnFailure", 3), &[]);
        assert_eq!((decision.create, kinds(&decision)), (1, vec![]));
        let decision = run(&job("OnFailure", 3), &[&pod("a", "Succeeded", 0)]);
        assert_eq!((decision.create, kinds(&decision)), (0, vec!["SuccessCriteriaMet", "Complete"]), "captured 02");
        assert_eq!(decision.event, Some((false, "Completed", "Job completed")));
    }

    #[test]
    fn restarts_count_against_the_limit_and_the_pod_is_deleted() {
        let (two, three) = (pod("a", "Running", 2), pod("a", "Running", 3));
        assert_eq!(run(&job("OnFailure", 3), &[&two]).delete, Vec::<String>::new());
        let decision = run(&job("OnFailure", 3), &[&three]);
        assert_eq!((decision.delete.as_slice(), kinds(&decision)), (["a".to_owned()].as_slice(), vec!["FailureTarget"]));
        assert_eq!(run(&job("Never", 3), &[&three]).delete, Vec::<String>::new(), "not with Never");
    }

    #[test]
    fn a_job_is_failed_only_when_its_pods_are_gone() {
        let mut failing = job("OnFailure", 3);
        let target = json!({ "conditions": [made("FailureTarget", "BackoffLimitExceeded", LIMIT, Timestamp::now())] });
        failing.status = serde_json::from_value(target).expect("a status");
        let mut terminating = pod("a", "Running", 3);
        terminating.metadata.deletion_timestamp = Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(Timestamp::now()));
        assert_eq!(kinds(&run(&failing, &[&terminating])), ["FailureTarget"]);
        let decision = run(&failing, &[]);
        assert_eq!(kinds(&decision), ["FailureTarget", "Failed"]);
        assert_eq!(decision.event, Some((true, "BackoffLimitExceeded", LIMIT)));
    }

    #[test]
    fn failed_pods_are_replaced_after_a_pause_up_to_the_limit() {
        let failed = pod("a", "Failed", 0);
        let decision = run(&job("Never", 3), &[&failed]);
        assert_eq!(decision.create, 0);
        assert!(decision.again.is_some_and(|pause| pause > Duration::from_secs(9)));
        assert_eq!(kinds(&run(&job("Never", 0), &[&failed])), ["FailureTarget", "Failed"], "captured: an executor Job");
    }

    #[test]
    fn deadlines_and_time_to_live_run_out() {
        let mut late = job("Never", 3);
        late.spec.as_mut().expect("a spec").active_deadline_seconds = Some(1);
        late.status = serde_json::from_value(json!({ "startTime": "2020-01-01T00:00:00Z" })).expect("a status");
        assert_eq!(kinds(&run(&late, &[&pod("a", "Running", 0)])), ["FailureTarget"]);
        let mut done = job("Never", 3);
        done.spec.as_mut().expect("a spec").ttl_seconds_after_finished = Some(3600);
        let complete = |at| json!({ "conditions": [made("Complete", "", "", at)] });
        done.status = serde_json::from_value(complete(Timestamp::now())).expect("a status");
        assert!(!run(&done, &[]).expire && run(&done, &[]).again.is_some());
        done.status = serde_json::from_value(complete(Timestamp::UNIX_EPOCH)).expect("a status");
        assert!(run(&done, &[]).expire);
    }
}
