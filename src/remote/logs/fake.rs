//! A scripted kubelet with one pod, and the faults its streams can have.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

use super::{LogRequest, PodLogs, stamp};
use crate::remote::k8s::{ApiError, ApiErrorKind};
use crate::remote::watch::Change;

/// One log a kubelet keeps.
#[derive(Clone, Default)]
pub(super) struct RunLog {
    lines: Vec<String>,
    pub(super) over: bool,
}

/// What goes wrong with one request.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// The connection breaks after so many bytes.
    Cut(usize),
    /// The stream ends as if complete after so many bytes.
    EndsEarly(usize),
    /// After so many bytes nothing more comes, and no end.
    Stall(usize),
    /// The request is refused.
    Refuse(ApiErrorKind, &'static str),
}

#[derive(Default)]
pub(super) struct Kubelet {
    pub(super) runs: Vec<RunLog>,
    /// The run that is current for the kubelet.
    current: usize,
    exists: bool,
    /// The status as the API server has it.
    pub(super) status: Value,
    faults: VecDeque<Fault>,
    /// Lines the file lost to rotation, of the current run.
    pub(super) rotated: usize,
    requests: Vec<LogRequest>,
}

/// A world with one pod; clones share it.
#[derive(Clone)]
pub(super) struct World {
    kubelet: Arc<Mutex<Kubelet>>,
    /// Wakes streams when a log grows or ends.
    grown: Arc<Notify>,
    pods: Arc<Mutex<Option<mpsc::Receiver<Change>>>>,
    jobs: Arc<Mutex<Option<mpsc::Receiver<Change>>>>,
}

/// The watches' other ends.
pub(super) struct Watches {
    pub(super) pods: mpsc::Sender<Change>,
    pub(super) jobs: mpsc::Sender<Change>,
}

pub(super) fn error(kind: ApiErrorKind, message: &str) -> ApiError {
    ApiError::of(kind, message)
}

impl World {
    pub(super) fn new() -> (World, Watches) {
        let (pods, pods_end) = mpsc::channel(64);
        let (jobs, jobs_end) = mpsc::channel(64);
        let kubelet = Kubelet { exists: true, ..Kubelet::default() };
        let world = World {
            kubelet: Arc::new(Mutex::new(kubelet)),
            grown: Arc::default(),
            pods: Arc::new(Mutex::new(Some(pods_end))),
            jobs: Arc::new(Mutex::new(Some(jobs_end))),
        };
        (world, Watches { pods, jobs })
    }

    pub(super) fn kubelet(&self) -> MutexGuard<'_, Kubelet> {
        self.kubelet.lock().unwrap()
    }

    /// A run begins (in the kubelet's eyes).
    pub(super) fn start(&self) {
        let mut kubelet = self.kubelet();
        kubelet.runs.push(RunLog::default());
        kubelet.current = kubelet.runs.len() - 1;
        kubelet.rotated = 0;
    }

    pub(super) fn log(&self, lines: &[&str]) {
        let mut kubelet = self.kubelet();
        let current = kubelet.current;
        kubelet.runs[current].lines.extend(lines.iter().map(|line| (*line).to_owned()));
        drop(kubelet);
        self.grown.notify_waiters();
    }

    pub(super) fn end(&self) {
        let mut kubelet = self.kubelet();
        let current = kubelet.current;
        kubelet.runs[current].over = true;
        drop(kubelet);
        self.grown.notify_waiters();
    }

    pub(super) fn fault(&self, fault: Fault) {
        self.kubelet().faults.push_back(fault);
    }

    fn body(&self, run: usize, request: &LogRequest) -> (Vec<u8>, bool) {
        let kubelet = self.kubelet();
        let log = &kubelet.runs[run];
        let from = if run == kubelet.current { kubelet.rotated } else { 0 };
        let mut body = Vec::new();
        for line in &log.lines[from.min(log.lines.len())..] {
            let second = stamp::length(line.as_bytes()).and_then(|length| stamp::seconds(&line.as_bytes()[..length]));
            if request.since.is_none_or(|since| second.is_none_or(|second| second >= since)) {
                body.extend_from_slice(line.as_bytes());
                body.push(b'\n');
            }
        }
        (body, log.over)
    }
}

impl PodLogs for World {
    type Log = BoxStream<'static, Result<Bytes, ApiError>>;

    async fn open(&self, request: LogRequest) -> Result<Self::Log, ApiError> {
        let (run, fault) = {
            let mut kubelet = self.kubelet();
            kubelet.requests.push(request.clone());
            if !kubelet.exists {
                return Err(error(ApiErrorKind::NotFound, "pods \"p\" not found"));
            }
            // Only a stream that is kept open can be ended early by something in between.
            let early = matches!(kubelet.faults.front(), Some(Fault::EndsEarly(_)));
            let fault = if early && !request.follow { None } else { kubelet.faults.pop_front() };
            if let Some(Fault::Refuse(kind, message)) = fault {
                return Err(error(kind, message));
            }
            if kubelet.runs.is_empty() {
                return Err(error(ApiErrorKind::BadRequest, "container is waiting to start: ContainerCreating"));
            }
            let Some(run) = kubelet.current.checked_sub(usize::from(request.previous)) else {
                return Err(error(ApiErrorKind::BadRequest, "previous terminated container not found"));
            };
            (run, fault)
        };
        let world = self.clone();
        let sent = 0_usize;
        Ok(stream::unfold((world, request, sent, fault), move |(world, request, sent, fault)| async move {
            if sent == usize::MAX {
                return None;
            }
            loop {
                let grown = world.grown.clone().notified_owned();
                let (body, over) = world.body(run, &request);
                let limit = match fault {
                    Some(Fault::Cut(at) | Fault::EndsEarly(at) | Fault::Stall(at)) => at.min(body.len()),
                    _ => body.len(),
                };
                if sent < limit {
                    let chunk = Bytes::copy_from_slice(&body[sent..limit.min(sent + 5)]);
                    let sent = sent + chunk.len();
                    return Some((Ok(chunk), (world, request, sent, fault)));
                }
                let reached = matches!(fault, Some(Fault::Cut(at) | Fault::EndsEarly(at) | Fault::Stall(at)) if sent >= at);
                match fault {
                    Some(Fault::Cut(_)) if reached => {
                        let broken = error(ApiErrorKind::AnswerLost(crate::remote::k8s::Sent::No), "connection reset");
                        return Some((Err(broken), (world, request, usize::MAX, None)));
                    }
                    Some(Fault::EndsEarly(_)) if reached => return None,
                    Some(Fault::Stall(_)) if reached => std::future::pending().await,
                    _ if over || !request.follow => return None,
                    _ => grown.await,
                }
            }
        })
        .boxed())
    }

    fn pods(&self) -> mpsc::Receiver<Change> {
        self.pods.lock().unwrap().take().unwrap_or_else(|| {
            // Looked at once more: what there is now.
            let (pods, seen) = mpsc::channel(1);
            let kubelet = self.kubelet();
            let all = if kubelet.exists && !kubelet.status.is_null() { vec![kubelet.status.clone()] } else { Vec::new() };
            pods.try_send(Change::All(all)).unwrap();
            seen
        })
    }

    fn job(&self) -> mpsc::Receiver<Change> {
        self.jobs.lock().unwrap().take().unwrap()
    }

    async fn look(&self, _pod: &str) -> Result<Value, ApiError> {
        let kubelet = self.kubelet();
        if kubelet.exists { Ok(kubelet.status.clone()) } else { Err(error(ApiErrorKind::NotFound, "pods \"p\" not found")) }
    }
}

impl Watches {
    pub(super) async fn pod(&self, world: &World, status: Value) {
        let pod = json!({"metadata": {"name": "p", "uid": "u1"}, "status": status});
        world.kubelet().status = pod.clone();
        self.pods.send(Change::Put(pod)).await.unwrap();
    }

    pub(super) async fn lists(&self) {
        self.pods.send(Change::All(vec![])).await.unwrap();
        self.jobs.send(Change::All(vec![json!({"metadata": {"name": "j"}, "status": {"active": 1}})])).await.unwrap();
    }

    pub(super) async fn job_ended(&self) {
        let job = json!({"metadata": {"name": "j"}, "status": {"conditions": [{"type": "Failed", "status": "True"}]}});
        self.jobs.send(Change::Put(job)).await.unwrap();
    }

    pub(super) async fn pod_gone(&self, world: &World) {
        world.kubelet().exists = false;
        let pod = world.kubelet().status.clone();
        self.pods.send(Change::Gone(pod)).await.unwrap();
    }
}

pub(super) fn running(count: u32, last_exit: Option<i64>) -> Value {
    let last = last_exit.map_or(json!({}), |code| json!({"terminated": {"exitCode": code, "reason": "Error"}}));
    json!({"phase": "Running", "containerStatuses": [{"name": "restore", "restartCount": count, "state": {"running": {}}, "lastState": last}]})
}

pub(super) fn backing_off(count: u32) -> Value {
    json!({"phase": "Running", "containerStatuses": [{"name": "restore", "restartCount": count,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}}]})
}

pub(super) fn succeeded(count: u32) -> Value {
    json!({"phase": "Succeeded", "containerStatuses": [{"name": "restore", "restartCount": count,
        "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}, "lastState": {}}]})
}
