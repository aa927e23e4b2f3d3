//! What a kubelet knows of a pod, the status it reports for it, and which run's log a request gets. No input or output.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, Pod};
use serde_json::{Value, json};

use super::logs::RunLog;
use crate::drill::world::{hex, random};

/// One run of a container.
#[derive(Clone)]
pub(super) struct Run {
    pub(super) id: String,
    pub(super) started: Timestamp,
    pub(super) log: Arc<RunLog>,
}

impl Run {
    pub(super) fn begin() -> Self {
        Run { id: format!("drill://{}", hex(&random::<32>())), started: Timestamp::now(), log: Arc::default() }
    }
}

/// A run that is over.
#[derive(Clone)]
pub(super) struct Ended {
    pub(super) run: Run,
    pub(super) exit: i32,
    pub(super) finished: Timestamp,
}

/// What a container is doing.
#[derive(Clone)]
pub(super) enum State {
    Waiting { reason: String, message: Option<String> },
    Running(Run),
    Terminated(Ended),
}

/// One container of a pod.
pub(super) struct ContainerRecord {
    pub(super) name: String,
    image: String,
    pub(super) init: bool,
    pub(super) restarts: u32,
    pub(super) ready: bool,
    pub(super) state: State,
    pub(super) last: Option<Ended>,
}

/// When a pod is restarted; the default is Always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RestartPolicy {
    Always,
    OnFailure,
    Never,
}

/// What a kubelet knows of one pod.
pub(super) struct PodRecord {
    pub(super) uid: String,
    pub(super) address: String,
    pub(super) started: Timestamp,
    pub(super) policy: RestartPolicy,
    /// Set once the pod is being taken down: its containers do not run again.
    pub(super) closing: bool,
    pub(super) containers: Vec<ContainerRecord>,
    /// Each condition's value and when it last changed.
    changed: BTreeMap<&'static str, (bool, Timestamp)>,
}

impl RestartPolicy {
    fn of(pod: &Pod) -> Self {
        match pod.spec.as_ref().and_then(|spec| spec.restart_policy.as_deref()) {
            Some("Never") => RestartPolicy::Never,
            Some("OnFailure") => RestartPolicy::OnFailure,
            _ => RestartPolicy::Always,
        }
    }

    pub(super) fn restarts_after(self, exit: i32) -> bool {
        match self {
            RestartPolicy::Always => true,
            RestartPolicy::OnFailure => exit != 0,
            RestartPolicy::Never => false,
        }
    }
}

impl PodRecord {
    pub(super) fn new(pod: &Pod, uid: String, address: String) -> Self {
        let spec = pod.spec.clone().unwrap_or_default();
        let reason = if spec.init_containers.as_ref().is_some_and(|init| !init.is_empty()) {
            "PodInitializing"
        } else {
            "ContainerCreating"
        };
        let init =
            spec.init_containers.iter().flatten().map(|container| ContainerRecord::new(container, true, "PodInitializing"));
        let main = spec.containers.iter().map(|container| ContainerRecord::new(container, false, reason));
        PodRecord {
            uid,
            address,
            started: Timestamp::now(),
            policy: RestartPolicy::of(pod),
            closing: false,
            containers: init.chain(main).collect(),
            changed: BTreeMap::new(),
        }
    }

    fn main(&self) -> impl Iterator<Item = &ContainerRecord> {
        self.containers.iter().filter(|container| !container.init)
    }

    /// The pod's phase by the kubelet's rules: a container that waits to be restarted counts as running.
    pub(super) fn phase(&self) -> &'static str {
        let initialised = self.initialised();
        if self.init_failed() {
            return "Failed";
        }
        let fresh = |c: &ContainerRecord| matches!(c.state, State::Waiting { .. }) && c.last.is_none();
        if !initialised || self.main().any(fresh) {
            return if self.closing { "Failed" } else { "Pending" };
        }
        let exits: Option<Vec<i32>> = self.main().map(ContainerRecord::exit).collect();
        match exits {
            Some(exits) if self.closing || exits.iter().all(|exit| !self.policy.restarts_after(*exit)) => {
                if exits.iter().all(|exit| *exit == 0) { "Succeeded" } else { "Failed" }
            }
            _ => "Running",
        }
    }

    fn initialised(&self) -> bool {
        self.containers.iter().filter(|c| c.init).all(|c| matches!(&c.state, State::Terminated(ended) if ended.exit == 0))
    }

    fn init_failed(&self) -> bool {
        let failed = |c: &ContainerRecord| c.init && matches!(&c.state, State::Terminated(ended) if ended.exit != 0);
        (self.policy == RestartPolicy::Never || self.closing) && self.containers.iter().any(failed)
    }

    /// The status as it is patched; remembers when each condition last changed.
    pub(super) fn status(&mut self, pod: &Pod, host: &str, now: Timestamp) -> Value {
        let conditions = self.conditions(now);
        let list = |init: bool| -> Vec<Value> {
            self.containers.iter().filter(|c| c.init == init).map(ContainerRecord::status).collect()
        };
        let mut status = json!({
            "phase": self.phase(),
            "conditions": conditions,
            "hostIP": host,
            "hostIPs": [{ "ip": host }],
            "podIP": self.address,
            "podIPs": [{ "ip": self.address }],
            "startTime": seconds(self.started),
            "containerStatuses": list(false),
            "qosClass": pod.status.as_ref().and_then(|status| status.qos_class.as_deref()).unwrap_or("BestEffort"),
        });
        if self.containers.iter().any(|c| c.init) {
            status["initContainerStatuses"] = list(true).into();
        }
        status
    }

    fn conditions(&mut self, now: Timestamp) -> Vec<Value> {
        let phase = self.phase();
        let over = matches!(phase, "Succeeded" | "Failed");
        let ready = !over && self.main().all(|container| container.ready);
        let initialised = self.initialised();
        let reason = match phase {
            _ if ready => None,
            "Succeeded" => Some("PodCompleted"),
            "Failed" => Some("PodFailed"),
            _ => Some("ContainersNotReady"),
        };
        let unready: Vec<&str> = self.main().filter(|c| !c.ready).map(|c| c.name.as_str()).collect();
        let unready = format!("containers with unready status: [{}]", unready.join(" "));
        let message = (reason == Some("ContainersNotReady")).then_some(unready.as_str());
        [
            ("PodReadyToStartContainers", !over, None, None),
            ("Initialized", initialised, (!initialised).then_some("ContainersNotInitialized"), None),
            ("Ready", ready, reason, message),
            ("ContainersReady", ready, reason, message),
            ("PodScheduled", true, None, None),
        ]
        .map(|(kind, on, reason, message)| self.condition(kind, on, reason, message, now))
        .into()
    }

    fn condition(&mut self, kind: &'static str, on: bool, reason: Option<&str>, message: Option<&str>, now: Timestamp) -> Value {
        let entry = self.changed.entry(kind).or_insert((on, now));
        if entry.0 != on {
            *entry = (on, now);
        }
        let on = if on { "True" } else { "False" };
        let mut condition = json!({ "type": kind, "status": on, "lastTransitionTime": seconds(entry.1) });
        for (field, text) in [("reason", reason), ("message", message)] {
            if let Some(text) = text {
                condition[field] = text.into();
            }
        }
        condition
    }
}

impl ContainerRecord {
    fn new(container: &Container, init: bool, reason: &str) -> Self {
        ContainerRecord {
            name: container.name.clone(),
            image: container.image.clone().unwrap_or_default(),
            init,
            restarts: 0,
            ready: false,
            state: State::Waiting { reason: reason.into(), message: None },
            last: None,
        }
    }

    /// How it ended, when it is not running: also while it waits for its next run.
    fn exit(&self) -> Option<i32> {
        match &self.state {
            State::Running(_) => None,
            State::Terminated(ended) => Some(ended.exit),
            State::Waiting { .. } => self.last.as_ref().map(|ended| ended.exit),
        }
    }

    /// The log a request gets, or the kubelet's own words why there is none.
    ///
    /// Only two runs can be had: the current one (or, while waiting, the one before) and the one before that.
    pub(super) fn log(&self, pod: &str, previous: bool) -> Result<Arc<RunLog>, String> {
        let name = &self.name;
        if previous {
            let last = self.last.as_ref().map(|ended| ended.run.log.clone());
            return last.ok_or_else(|| format!("previous terminated container {name:?} in pod {pod:?} not found"));
        }
        match (&self.state, &self.last) {
            (State::Running(run), _) => Ok(run.log.clone()),
            (State::Terminated(ended), _) | (State::Waiting { .. }, Some(ended)) => Ok(ended.run.log.clone()),
            (State::Waiting { reason, .. }, None) => Err(format!(
                "container {name:?} in pod {pod:?} is waiting to start: {}",
                match reason.as_str() {
                    "ErrImagePull" => "image can't be pulled",
                    "ImagePullBackOff" => "trying and failing to pull image",
                    reason => reason,
                }
            )),
        }
    }

    fn status(&self) -> Value {
        let (state, id) = match &self.state {
            State::Waiting { reason, message: Some(message) } => {
                (json!({ "waiting": { "reason": reason, "message": message } }), None)
            }
            State::Waiting { reason, message: None } => (json!({ "waiting": { "reason": reason } }), None),
            State::Running(run) => (json!({ "running": { "startedAt": seconds(run.started) } }), Some(&run.id)),
            State::Terminated(ended) => (json!({ "terminated": ended.status() }), Some(&ended.run.id)),
        };
        let id = id.or(self.last.as_ref().map(|ended| &ended.run.id));
        let last = self.last.as_ref().map_or_else(|| json!({}), |ended| json!({ "terminated": ended.status() }));
        let mut status = json!({
            "name": self.name,
            "image": self.image,
            "imageID": if id.is_some() { "drill" } else { "" },
            "restartCount": self.restarts,
            "ready": if self.init { matches!(&self.state, State::Terminated(ended) if ended.exit == 0) } else { self.ready },
            "started": matches!(self.state, State::Running(_)),
            "state": state,
            "lastState": last,
        });
        if let Some(id) = id {
            status["containerID"] = id.as_str().into();
        }
        status
    }
}

impl Ended {
    fn status(&self) -> Value {
        json!({
            "containerID": self.run.id,
            "exitCode": self.exit,
            "reason": if self.exit == 0 { "Completed" } else { "Error" },
            "startedAt": seconds(self.run.started),
            "finishedAt": seconds(self.finished),
        })
    }
}

/// A time as the API has it: whole seconds.
pub(super) fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(policy: &str) -> (Pod, PodRecord) {
        let pod: Pod = serde_json::from_value(json!({
            "metadata": { "name": "restore-x" },
            "spec": { "restartPolicy": policy, "containers": [{ "name": "restore", "image": "i" }] },
        }))
        .expect("a pod");
        let record = PodRecord::new(&pod, "u".into(), "10.0.0.1".into());
        (pod, record)
    }

    fn ended(exit: i32) -> Ended {
        Ended { run: Run::begin(), exit, finished: Timestamp::now() }
    }

    fn waiting() -> State {
        State::Waiting { reason: "CrashLoopBackOff".into(), message: None }
    }

    #[test]
    fn phases_are_the_kubelets() {
        let (_, mut record) = record("OnFailure");
        assert_eq!(record.phase(), "Pending");
        record.containers[0].state = State::Running(Run::begin());
        assert_eq!(record.phase(), "Running");
        record.containers[0].state = State::Terminated(ended(1));
        assert_eq!(record.phase(), "Running", "it will be restarted");
        record.containers[0].last = Some(ended(1));
        record.containers[0].state = waiting();
        assert_eq!(record.phase(), "Running", "waiting for the next run");
        record.closing = true;
        assert_eq!(record.phase(), "Failed");
        record.containers[0].state = State::Terminated(ended(0));
        assert_eq!(record.phase(), "Succeeded");
        record.policy = RestartPolicy::Never;
        record.containers[0].state = State::Terminated(ended(2));
        assert_eq!(record.phase(), "Failed");
    }

    #[test]
    fn two_runs_can_be_had_and_no_older_one() {
        let (_, mut record) = record("OnFailure");
        let container = &mut record.containers[0];
        let refusal = |result: Result<Arc<RunLog>, String>| result.map(drop).expect_err("no log");
        assert_eq!(
            refusal(container.log("p", false)),
            "container \"restore\" in pod \"p\" is waiting to start: ContainerCreating"
        );
        assert_eq!(refusal(container.log("p", true)), "previous terminated container \"restore\" in pod \"p\" not found");
        let (first, second) = (ended(1), ended(1));
        container.last = Some(first.clone());
        container.state = State::Running(second.run.clone());
        let is = |container: &ContainerRecord, previous, run: &Run| {
            Arc::ptr_eq(&container.log("p", previous).expect("a log"), &run.log)
        };
        assert!(is(container, false, &second.run) && is(container, true, &first.run));
        container.last = Some(second.clone());
        container.state = waiting();
        assert!(is(container, false, &second.run) && is(container, true, &second.run), "the first run's log is gone");
    }

    #[test]
    fn a_finished_pod_reports_as_captured() {
        let (pod, mut record) = record("OnFailure");
        record.containers[0].state = State::Terminated(ended(0));
        let status = record.status(&pod, "127.0.0.1", Timestamp::now());
        assert_eq!(status["phase"], "Succeeded");
        let reasons: Vec<_> = status["conditions"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|c| (c["type"].as_str(), c["status"].as_str(), c["reason"].as_str()))
            .collect();
        let expected = [
            (Some("PodReadyToStartContainers"), Some("False"), None),
            (Some("Initialized"), Some("True"), None),
            (Some("Ready"), Some("False"), Some("PodCompleted")),
            (Some("ContainersReady"), Some("False"), Some("PodCompleted")),
            (Some("PodScheduled"), Some("True"), None),
        ];
        assert_eq!(reasons, expected, "captured 02");
        let container = &status["containerStatuses"][0];
        assert_eq!((&container["state"]["terminated"]["reason"], &container["restartCount"]), (&json!("Completed"), &json!(0)));
        assert_eq!(container["lastState"], json!({}));
    }
}
