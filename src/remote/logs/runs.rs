//! What a pod's status says about the runs of its container: which began, which ended and how, which log can be asked for.

use std::collections::BTreeMap;

use crate::api::text::clean_cut;
use crate::api::workload::{Container, ContainerState, Pod};

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RunEnd {
    pub(super) exit_code: i64,
    pub(super) reason: String,
}

/// A pod's container over time.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Runs {
    /// The newest run that began.
    pub(super) latest: Option<u32>,
    /// The latest has ended and the next has not begun: "current" and "previous" both mean the latest.
    pub(super) between: bool,
    /// Runs known to have ended.
    pub(super) ended: BTreeMap<u32, RunEnd>,
    /// No further run will come: the pod succeeded or failed, or is being removed with its container at rest.
    pub(super) over: bool,
    /// The pod is being removed.
    pub(super) leaving: bool,
    /// The pod does not exist any more.
    pub(super) gone: bool,
    /// Nobody waits for further runs: read what is there, then end.
    pub(super) drain: bool,
    /// Why nothing runs at the moment.
    pub(super) waiting: Option<String>,
}

/// Where a run's log is to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Not begun.
    NotYet,
    /// With `previous=true`, or without.
    Here { previous: bool },
    /// No longer.
    Lost,
}

impl Runs {
    /// Takes in what the pod says now; what was learnt before stays.
    pub(super) fn see(&mut self, pod: &Pod, container: Option<&str>) {
        let found = match container {
            Some(name) => pod.containers.iter().find(|c| c.name == name),
            None => pod.containers.first(),
        };
        if let Some(container) = found {
            self.see_container(container);
        }
        let at_rest = found.is_none_or(|c| !matches!(c.state, ContainerState::Running { .. }));
        self.leaving = pod.meta.deleted_at.is_some();
        self.over = matches!(pod.phase.as_str(), "Succeeded" | "Failed") || pod.meta.deleted_at.is_some() && at_rest;
        self.waiting = waiting(pod, found);
    }

    fn see_container(&mut self, container: &Container) {
        let count = u32::try_from(container.restarts).unwrap_or(0);
        let began = match (&container.state, &container.last_state) {
            (ContainerState::Running { .. }, before) => {
                self.note_end(count.checked_sub(1), before);
                true
            }
            (state @ ContainerState::Terminated { .. }, before) => {
                self.note_end(Some(count), state);
                self.note_end(count.checked_sub(1), before);
                true
            }
            // Seen on a real cluster: while waiting to restart, the count is that of the run that ended last (captured 30).
            (_, before @ ContainerState::Terminated { .. }) => {
                self.note_end(Some(count), before);
                true
            }
            _ => false,
        };
        if began {
            self.latest = self.latest.max(Some(count));
            self.between = !matches!(container.state, ContainerState::Running { .. } | ContainerState::Terminated { .. });
        }
    }

    fn note_end(&mut self, run: Option<u32>, state: &ContainerState) {
        if let (Some(run), ContainerState::Terminated { exit_code, reason, .. }) = (run, state) {
            self.ended.insert(run, RunEnd { exit_code: *exit_code, reason: clean_cut(reason, 200) });
        }
    }

    /// Where the log of a run is.
    pub(super) fn reach(&self, run: u32) -> Reach {
        match self.latest {
            Some(latest) if latest < run => Reach::NotYet,
            None => Reach::NotYet,
            Some(_) if self.gone => Reach::Lost,
            Some(latest) if latest == run => Reach::Here { previous: false },
            Some(latest) if latest == run + 1 && !self.between => Reach::Here { previous: true },
            Some(_) => Reach::Lost,
        }
    }

    /// Whether a run is known to have ended.
    pub(super) fn has_ended(&self, run: u32) -> bool {
        self.over || self.gone || self.ended.contains_key(&run) || self.latest.is_some_and(|latest| latest > run)
    }

    /// Whether no run from this one on will ever begin.
    pub(super) fn none_from(&self, run: u32) -> bool {
        (self.over || self.gone || self.drain) && self.latest.is_none_or(|latest| latest < run)
    }
}

/// What holds the container up, in the kubelet's or scheduler's words.
fn waiting(pod: &Pod, container: Option<&Container>) -> Option<String> {
    let of = |reason: &str, message: &str| match (reason, message) {
        ("", "") => None,
        (reason, "") => Some(clean_cut(reason, 100)),
        ("", message) => Some(clean_cut(message, 300)),
        (reason, message) => Some(format!("{}: {}", clean_cut(reason, 100), clean_cut(message, 300))),
    };
    if let Some(ContainerState::Waiting { reason, message }) = container.map(|c| &c.state) {
        return of(reason, message);
    }
    let scheduled = pod.conditions.iter().find(|c| c.kind == "PodScheduled" && c.status == "False")?;
    of(&scheduled.reason, &scheduled.message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn seen(statuses: &[Value]) -> Runs {
        let mut runs = Runs::default();
        for status in statuses {
            let pod = json!({"metadata": {"name": "p"}, "status": {"phase": "Running", "containerStatuses": [status]}});
            runs.see(&Pod::read(&pod), None);
        }
        runs
    }

    fn ended(code: i64) -> Value {
        json!({"terminated": {"exitCode": code, "reason": "Error"}})
    }

    #[test]
    fn while_waiting_to_restart_only_the_run_that_ended_last_can_be_read() {
        let runs = seen(&[
            json!({"name": "restore", "restartCount": 0, "state": {"running": {}}}),
            json!({"name": "restore", "restartCount": 1, "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": ended(1)}),
        ]);
        assert_eq!([runs.reach(0), runs.reach(1), runs.reach(2)], [Reach::Lost, Reach::Here { previous: false }, Reach::NotYet]);
        assert_eq!(runs.ended.keys().copied().collect::<Vec<_>>(), [1]);
        assert_eq!(runs.waiting.as_deref(), Some("CrashLoopBackOff"));
    }

    #[test]
    fn while_a_run_goes_on_the_one_before_can_be_read_too() {
        let runs = seen(&[json!({"name": "restore", "restartCount": 2, "state": {"running": {}}, "lastState": ended(5)})]);
        assert_eq!(
            [runs.reach(0), runs.reach(1), runs.reach(2)],
            [Reach::Lost, Reach::Here { previous: true }, Reach::Here { previous: false }]
        );
        assert_eq!(runs.ended[&1].exit_code, 5);
    }

    #[test]
    fn a_pod_that_cannot_be_scheduled_says_so() {
        let pod = json!({"metadata": {"name": "p"}, "status": {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes: Insufficient ephemeral-storage"}]}});
        let mut runs = Runs::default();
        runs.see(&Pod::read(&pod), None);
        assert_eq!(runs.waiting.as_deref(), Some("Unschedulable: 0/3 nodes: Insufficient ephemeral-storage"));
        assert_eq!(runs.reach(0), Reach::NotYet);
    }
}
