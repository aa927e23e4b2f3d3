//! Where pods and their logs come from: the API server, or a test.

use std::future::Future;

use bytes::Bytes;
use futures_util::Stream;
use serde_json::Value;
use tokio::sync::mpsc;

use super::LogTarget;
use crate::remote::k8s::paths::{JOBS, PODS, query};
use crate::remote::k8s::{ApiError, ApiErrorKind, Chunks, Kube};
use crate::remote::watch::{Change, Patience, Select, Watched, watch};

/// One request for a log. Times are always asked for: without them no place could be found again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogRequest {
    /// The pod.
    pub pod: String,
    /// The container; `None` where the pod has only one.
    pub container: Option<String>,
    /// The run before the current one.
    pub previous: bool,
    /// Keep the stream open while the container runs.
    pub follow: bool,
    /// Lines not older than this second (since 1970).
    pub since: Option<i64>,
    /// Lines of the last so many seconds.
    pub since_seconds: Option<u64>,
    /// The last so many lines.
    pub tail: Option<u64>,
}

/// The pods of a Job, the Job, and the logs: what the follower needs of the world.
pub trait PodLogs: Clone + Send + Sync + 'static {
    /// Bytes of a log as they come.
    type Log: Stream<Item = Result<Bytes, ApiError>> + Send + Unpin;

    /// Opens a log.
    fn open(&self, request: LogRequest) -> impl Future<Output = Result<Self::Log, ApiError>> + Send;

    /// Begins to look at the Job's pods.
    fn pods(&self) -> mpsc::Receiver<Change>;

    /// Begins to look at the Job.
    fn job(&self) -> mpsc::Receiver<Change>;

    /// Reads one pod now.
    fn look(&self, pod: &str) -> impl Future<Output = Result<Value, ApiError>> + Send;

    /// Whether a refusal need not be the last word.
    fn doubts(&self, _refusal: &ApiError) -> bool {
        false
    }

    /// The Job may not be looked at: its pods alone tell when there is no more to come.
    fn job_unseen(&self, _why: &ApiError) {}
}

/// The API server as a source.
#[derive(Clone)]
pub struct KubeLogs {
    kube: Kube,
    target: LogTarget,
    patience: Patience,
}

impl KubeLogs {
    /// The logs of a Job.
    pub fn new(kube: Kube, target: LogTarget, patience: Patience) -> Self {
        KubeLogs { kube, target, patience }
    }

    fn path(&self, request: &LogRequest) -> String {
        let yes = |wanted: bool| wanted.then(|| "true".to_owned());
        let since_time = request.since.and_then(|second| jiff::Timestamp::from_second(second).ok());
        let parameters = [
            ("timestamps", Some("true".to_owned())),
            ("container", request.container.clone()),
            ("follow", yes(request.follow)),
            ("previous", yes(request.previous)),
            ("sinceTime", since_time.map(|at| at.to_string())),
            ("sinceSeconds", request.since_seconds.map(|seconds| seconds.to_string())),
            ("tailLines", request.tail.map(|lines| lines.to_string())),
        ];
        let given: Vec<(&str, &str)> =
            parameters.iter().filter_map(|(name, value)| value.as_deref().map(|value| (*name, value))).collect();
        query(&format!("{}/log", PODS.object(&self.target.namespace, &request.pod)), &given)
    }

    fn watch(&self, resource: crate::remote::k8s::paths::Resource, select: Select) -> mpsc::Receiver<Change> {
        let watched = Watched { resource, namespace: self.target.namespace.clone(), select };
        watch(self.kube.clone(), watched, self.patience)
    }
}

impl PodLogs for KubeLogs {
    type Log = Chunks;

    async fn open(&self, request: LogRequest) -> Result<Chunks, ApiError> {
        self.kube.stream(&self.path(&request)).await
    }

    fn pods(&self) -> mpsc::Receiver<Change> {
        // The older of the two labels: every API server sets it, new ones beside the prefixed one (F§5.2).
        self.watch(PODS, Select::Labels(format!("job-name={}", self.target.job)))
    }

    fn job(&self) -> mpsc::Receiver<Change> {
        self.watch(JOBS, Select::Name(self.target.job.clone()))
    }

    /// By a list: whoever may list pods, which following needs anyway, needs no right to `get` beside it.
    async fn look(&self, pod: &str) -> Result<Value, ApiError> {
        let field = format!("metadata.name={pod}");
        let path = query(&PODS.collection(Some(&self.target.namespace)), &[("fieldSelector", &field)]);
        let mut list = self.kube.get(&path).await?;
        let first = list.pointer_mut("/items/0").map(Value::take);
        first.ok_or_else(|| ApiError::of(ApiErrorKind::NotFound, &format!("pod {pod} is not there")))
    }

    fn doubts(&self, refusal: &ApiError) -> bool {
        self.kube.doubts(refusal, self.patience.doubt)
    }

    fn job_unseen(&self, why: &ApiError) {
        self.kube.note(format!("note: whether the Job has ended is not seen: {why}"));
    }
}
