//! The kubelet, its processes and the job controller together, against the embedded API server.

mod executors;
mod logs;
mod pods;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Event, Pod};
use kube::api::{ListParams, LogParams, PostParams};
use kube::{Api, Client};
use serde_json::{Value, json};

use super::{Kubelet, KubeletOptions};
use crate::drill::jobs::Jobs;
use crate::drill::processes::Genuine;
use crate::drill::server::{Options, Server, User};
use crate::drill::world::{ClusterSpec, World};
use crate::drill::{Pace, Play};

/// The namespace of all tests.
pub(crate) const NAMESPACE: &str = "bao";
/// How long anything may take before a test gives up: it bounds a hang and measures nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// An API server with the range's controllers and a world with the cluster `bao/prod`.
pub(crate) struct Range {
    pub(crate) client: Client,
    pub(crate) world: World,
    pub(crate) kubelet: Kubelet,
    pub(crate) server: Server,
    _jobs: Jobs,
}

impl Range {
    pub(crate) async fn start() -> Range {
        Range::playing(Play::Jan).await
    }

    pub(crate) async fn playing(play: Play) -> Range {
        let pace = Pace(0.02);
        let server = Server::start(Options::playing(play)).await.expect("a free port");
        let client = server.client(&User::admin()).await.expect("a client");
        for name in [NAMESPACE, "storage"] {
            server.store().seed(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } }));
        }
        let world = World::new(play);
        world.add_cluster(&ClusterSpec { namespace: NAMESPACE.into(), name: "prod".into(), version: "2.5.5".into() });
        let options = KubeletOptions { node: "range-node".into(), pace, processes: Arc::new(Genuine), world: world.clone() };
        let kubelet = Kubelet::start(client.clone(), options).await.expect("the node is registered");
        let jobs = Jobs::start(client.clone(), pace);
        Range { client, world, kubelet, server, _jobs: jobs }
    }

    pub(crate) fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.client.clone(), NAMESPACE)
    }

    pub(crate) fn jobs(&self) -> Api<Job> {
        Api::namespaced(self.client.clone(), NAMESPACE)
    }

    pub(crate) async fn create_job(&self, job: Value) {
        let job = serde_json::from_value(job).expect("a job");
        self.jobs().create(&PostParams::default(), &job).await.expect("the job is created");
    }

    pub(crate) async fn create_pod(&self, pod: Value) {
        let pod = serde_json::from_value(pod).expect("a pod");
        self.pods().create(&PostParams::default(), &pod).await.expect("the pod is created");
    }

    /// The three servers of `bao/prod`, once they are unsealed and one leads.
    pub(crate) async fn servers(&self) {
        for ordinal in 0..3 {
            let labels = json!({ "openbao.org/cluster": "prod" });
            let containers = json!([{ "name": "openbao", "image": "openbao/openbao:2.5.5", "readinessProbe": {} }]);
            self.create_pod(json!({ "metadata": { "name": format!("prod-{ordinal}"), "labels": labels }, "spec": { "containers": containers } })).await;
        }
        eventually("three unsealed servers", async || {
            let view = self.world.cluster(NAMESPACE, "prod").expect("added");
            let unsealed = view.servers.values().filter(|server| !server.sealed).count();
            (unsealed == 3 && view.leader.is_some()).then_some(())
        })
        .await;
    }

    /// The pods of a Job.
    pub(crate) async fn pods_of(&self, job: &str) -> Vec<Pod> {
        let params = ListParams::default().labels(&format!("batch.kubernetes.io/job-name={job}"));
        self.pods().list(&params).await.expect("a list").items
    }

    /// The name of the only pod of a Job, once its container has got that far.
    pub(crate) async fn pod_when(&self, job: &str, what: &str, reached: impl Fn(&Value) -> bool) -> String {
        eventually(what, async || {
            let pods = self.pods_of(job).await;
            let status = json!(pods.first()?.status);
            let container = status["containerStatuses"].get(0).cloned().unwrap_or_default();
            reached(&container).then(|| pods[0].metadata.name.clone().expect("a name"))
        })
        .await
    }

    /// A Job's status once it carries a condition.
    pub(crate) async fn job_when(&self, job: &str, condition: &str) -> Value {
        eventually(condition, async || {
            let status = json!(self.jobs().get_opt(job).await.expect("an answer")?.status);
            conditions(&status).contains_key(condition).then_some(status)
        })
        .await
    }

    /// Reasons of the events about an object, in order.
    pub(crate) async fn reasons(&self, object: &str) -> Vec<String> {
        let events: Api<Event> = Api::namespaced(self.client.clone(), NAMESPACE);
        let params = ListParams::default().fields(&format!("involvedObject.name={object}"));
        let mut events = events.list(&params).await.expect("a list").items;
        // Their names are random and their times whole seconds.
        events.sort_by_key(|event| event.metadata.resource_version.as_ref().and_then(|version| version.parse::<u64>().ok()));
        events.into_iter().filter_map(|event| event.reason).collect()
    }

    pub(crate) async fn log(&self, pod: &str, params: &LogParams) -> kube::Result<String> {
        self.pods().logs(pod, params).await
    }
}

/// The conditions of a status that are true, with their reasons.
pub(crate) fn conditions(status: &Value) -> BTreeMap<String, String> {
    let all = status["conditions"].as_array().into_iter().flatten().filter(|condition| condition["status"] == "True");
    all.map(|c| (c["type"].as_str().unwrap_or_default().to_owned(), c["reason"].as_str().unwrap_or_default().to_owned()))
        .collect()
}

/// Asks until there is an answer.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("waited {PATIENCE:?} for {what}"))
}

/// A Job with a script in its one container.
pub(crate) fn scripted(name: &str, policy: &str, limit: i32, script: &Value) -> Value {
    json!({ "metadata": { "name": name }, "spec": { "backoffLimit": limit, "template": {
        "metadata": { "annotations": { "drill.openbao.org/script": script.to_string() } },
        "spec": { "restartPolicy": policy, "containers": [{ "name": "restore", "image": "openbao-backup:field" }] },
    } } })
}
