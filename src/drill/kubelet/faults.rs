//! Faults that tests and scenarios switch on: in the log stream of a container, and in the start of a pod.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// Which pods and containers a fault concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The namespace.
    pub namespace: String,
    /// How the pod's name begins.
    pub pod_prefix: String,
    /// The container; any when absent.
    pub container: Option<String>,
}

/// What goes wrong with a log response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFault {
    /// After so many lines half of the next one is sent, then the connection breaks. A real kube-apiserver (1.36) passes
    /// this on as a *clean* end in mid-line: its client sees no error.
    CutMidLine {
        /// Whole lines before the cut.
        after: usize,
    },
    /// After so many lines the response ends as if the log had ended.
    CloseEarly {
        /// Lines before the end.
        after: usize,
    },
    /// After so many lines nothing more comes, and the connection stays open.
    Stall {
        /// Lines before the silence.
        after: usize,
    },
    /// Status 400, as while a container is being created.
    Waiting,
    /// Status 500 with a plain text.
    Broken,
}

/// What keeps a pod from starting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PodFault {
    /// No node takes it, with the scheduler's message.
    Unschedulable(String),
    /// The image cannot be pulled.
    ImagePull,
}

#[derive(Debug, Clone)]
struct LogRule {
    target: Target,
    fault: LogFault,
    times: u32,
}

#[derive(Default)]
struct Rules {
    logs: Vec<LogRule>,
    pods: Vec<(Target, PodFault)>,
}

/// The faults in force; cheap to clone.
#[derive(Clone, Default)]
pub struct Faults {
    rules: Arc<Mutex<Rules>>,
    version: Arc<watch::Sender<u64>>,
}

impl Faults {
    /// Breaks the next `times` log responses of a target.
    pub fn break_logs(&self, target: Target, fault: LogFault, times: u32) {
        self.change(|rules| rules.logs.push(LogRule { target, fault, times }));
    }

    /// Keeps a target's pods from starting until [`Faults::clear`].
    pub fn hold_pods(&self, target: Target, fault: PodFault) {
        self.change(|rules| rules.pods.push((target, fault)));
    }

    /// Ends all faults; held pods go on.
    pub fn clear(&self) {
        self.change(|rules| *rules = Rules::default());
    }

    /// Takes the fault of one log response, counting it.
    pub(super) fn take_log_fault(&self, namespace: &str, pod: &str, container: &str) -> Option<LogFault> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rules = rules.logs.iter_mut();
        let rule = rules.find(|rule| rule.times > 0 && rule.target.fits(namespace, pod, Some(container)))?;
        rule.times -= 1;
        Some(rule.fault)
    }

    /// What keeps a pod from starting now.
    pub(super) fn pod_fault(&self, namespace: &str, pod: &str) -> Option<PodFault> {
        let rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        rules.pods.iter().find(|(target, _)| target.fits(namespace, pod, None)).map(|(_, fault)| fault.clone())
    }

    /// Wakes on every change.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    fn change(&self, change: impl FnOnce(&mut Rules)) {
        change(&mut self.rules.lock().unwrap_or_else(PoisonError::into_inner));
        self.version.send_modify(|version| *version += 1);
    }
}

impl Target {
    /// All containers of the pods whose name begins so.
    pub fn pods(namespace: &str, prefix: &str) -> Self {
        Target { namespace: namespace.into(), pod_prefix: prefix.into(), container: None }
    }

    fn fits(&self, namespace: &str, pod: &str, container: Option<&str>) -> bool {
        let named = |wanted: &String| container.is_none_or(|container| container == wanted);
        self.namespace == namespace && pod.starts_with(&self.pod_prefix) && self.container.as_ref().is_none_or(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_faults_are_used_up_and_fit_by_prefix() {
        let faults = Faults::default();
        faults.break_logs(Target::pods("bao", "restore-"), LogFault::Waiting, 1);
        assert_eq!(faults.take_log_fault("bao", "backup-x", "restore"), None);
        assert_eq!(faults.take_log_fault("bao", "restore-x", "restore"), Some(LogFault::Waiting));
        assert_eq!(faults.take_log_fault("bao", "restore-x", "restore"), None);
    }
}
