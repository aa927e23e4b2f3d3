//! The practice range's operator, kubelet and object store, working on a real control plane instead of the embedded
//! server. Jobs, StatefulSets and garbage belong to the true controllers.

use std::sync::Arc;

use http::HeaderValue;
use kubectl_openbao::api::names::SnapshotKey;
use kubectl_openbao::api::sensitive::Sensitive;
use kubectl_openbao::drill::Pace;
use kubectl_openbao::drill::kubelet::{Kubelet, KubeletOptions};
use kubectl_openbao::drill::operator::{NAMESPACE as OPERATOR_NAMESPACE, Operator, OperatorOptions};
use kubectl_openbao::drill::processes::{Genuine, Process, Processes, Running};
use kubectl_openbao::drill::s3::{S3, S3Options};
use kubectl_openbao::drill::snapshot;
use kubectl_openbao::drill::world::{ObjectStore, Snapshot, World};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::cluster::without_server_fields;
use super::{ControlPlane, KUBELET, OPERATOR, data, read};

/// Twenty times as fast as life: a back-off of 10 s takes half a second.
pub const PACE: Pace = Pace(0.05);
/// The bucket of the captured cluster.
pub const BUCKET: &str = "backups";

/// Everything that lives on a control plane, on a runtime of its own: tests come and go with theirs.
pub struct Range {
    world: World,
    s3: S3,
    _kubelet: Kubelet,
    _operator: Operator,
    runtime: Option<Runtime>,
}

impl Range {
    /// Starts kubelet, operator and object store.
    pub fn start(plane: &ControlPlane) -> Range {
        // Before the operator: it keeps its lease in its own namespace.
        plane.apply(&operator_install());
        plane.apply(&storage());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        // The caller may be in a runtime already, where one must not wait for another.
        std::thread::scope(|scope| {
            let started = scope.spawn(move || {
                let (world, s3, kubelet, operator) = runtime.block_on(start(plane));
                Range { world, s3, _kubelet: kubelet, _operator: operator, runtime: Some(runtime) }
            });
            started.join().unwrap()
        })
    }

    /// What the servers and the store would know themselves.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Stores a genuine snapshot of this cluster as it is now under a key.
    pub fn take_snapshot(&self, namespace: &str, cluster: &str, key: &str) {
        let snapshot = self.world.snapshot_of(namespace, cluster, genuine_size());
        self.store(key, snapshot.expect("the cluster was added to the world"), namespace, cluster);
    }

    /// Stores a snapshot of another cluster with another seal beside a namespace's own, and says under which key.
    pub fn store_foreign_snapshot(&self, namespace: &str) -> String {
        let key = format!("{namespace}/prod/2026-11-21T00-52-30Z-0f0f0f0f.snap");
        self.store(&key, World::foreign_snapshot(genuine_size()), namespace, "staging");
        key
    }

    fn store(&self, key: &str, snapshot: Snapshot, namespace: &str, cluster: &str) {
        self.world.put_snapshot(BUCKET, key, snapshot);
        let taken_at = SnapshotKey::parse(key).expect("a key of the operator's form").taken_at;
        let (members, version) = (snapshot::servers(cluster, None), "2.5.5");
        self.s3.put(BUCKET, key, snapshot::Recipe { namespace, cluster, members, version, index: 74, taken_at }.make());
    }
}

pub fn genuine_size() -> u64 {
    u64::try_from(snapshot::SIZE).expect("a small file")
}

impl Drop for Range {
    fn drop(&mut self) {
        // Waiting is not allowed where a test's runtime drops the last owner.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn start(plane: &ControlPlane) -> (World, S3, Kubelet, Operator) {
    let world = World::new(plane.generation().play());
    let s3 = object_store(&world).await;
    let kubelet = kubelet(plane, &world).await;
    (world, s3, kubelet, operator(plane).await)
}

/// An empty object store, of which the world knows.
pub async fn object_store(world: &World) -> S3 {
    let options = S3Options::default();
    let (access_key, secret_key) = (options.access_key.clone(), Sensitive::new(options.secret_key.clone()));
    let s3 = S3::start(options).await.unwrap();
    world.set_object_store(ObjectStore { address: s3.address(), access_key, secret_key });
    s3
}

/// The range's kubelet, under a kubelet's name.
pub async fn kubelet(plane: &ControlPlane, world: &World) -> Kubelet {
    let client = plane.client_for(KUBELET, &["system:nodes"]).await;
    let processes: Arc<dyn Processes> = Arc::new(AsServiceAccount);
    let options = KubeletOptions { node: "range-node".into(), pace: PACE, processes, world: world.clone() };
    Kubelet::start(client, options).await.unwrap()
}

/// The range's operator of the plane's generation, under the operator's name.
pub async fn operator(plane: &ControlPlane) -> Operator {
    Operator::start(plane.client_for(OPERATOR, &[]).await, OperatorOptions::new(plane.generation().play(), PACE))
}

/// The genuine processes; servers under their ServiceAccount, since the operator's policy lets a server label its own
/// pod under no other name. Nothing else in a pod has an account: what reads Secrets for it is the kubelet's mount.
struct AsServiceAccount;

impl Processes for AsServiceAccount {
    fn run(&self, mut process: Process) -> Running {
        let account = process.pod.spec.as_ref().and_then(|spec| spec.service_account_name.as_deref());
        if let (Some(account), "openbao") = (account, process.container.name.as_str()) {
            let user = format!("system:serviceaccount:{}:{account}", process.namespace());
            process.client = impersonating(process.client, &user);
        }
        Genuine.run(process)
    }
}

fn impersonating(client: kube::Client, user: &str) -> kube::Client {
    let user = HeaderValue::from_str(user).expect("names of ServiceAccounts are ASCII");
    let service = tower::service_fn(move |mut request: http::Request<kube::client::Body>| {
        let client = client.clone();
        request.headers_mut().insert("impersonate-user", user.clone());
        async move { client.send(request).await }
    });
    kube::Client::new(service, "default")
}

/// The operator's namespace and its captured Deployments, which nothing runs: the simulated operator is theirs.
fn operator_install() -> Vec<Value> {
    let mut all = vec![json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": OPERATOR_NAMESPACE}})];
    let mut deployments = read(&data().join("captured/objects/operator-deployments.yaml"));
    for deployment in deployments["items"].as_array_mut().expect("the captured file is a list") {
        let mut deployment = without_server_fields(deployment.take(), OPERATOR_NAMESPACE);
        deployment.as_object_mut().expect("an object").remove("status");
        all.push(deployment);
    }
    all
}

/// The Service that the captured cluster's `spec.backup.target` names, with the pod behind it.
fn storage() -> Vec<Value> {
    let labels = json!({"app": "s3"});
    let container = json!({"name": "s3", "image": "s3:range", "ports": [{"containerPort": 7070}]});
    vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "storage"}}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "s3", "namespace": "storage"}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s3", "namespace": "storage"},
            "spec": {"selector": labels, "ports": [{"port": 7070, "targetPort": 7070}]}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "s3-0", "namespace": "storage", "labels": labels},
            "spec": {"serviceAccountName": "s3", "containers": [container]}}),
    ]
}
