//! A simulated kubelet: one Node that runs pods as async processes and serves their logs and port-forwards.
//!
//! It speaks to the API server through a client only, so the same one runs against the embedded server and against a
//! real kube-apiserver. It is also its own scheduler: pods without a node are bound to it.

pub mod faults;
mod forward;
pub mod logs;
mod record;
mod serve;
mod stream;
#[cfg(test)]
pub(crate) mod tests;
mod worker;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client, ResourceExt};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::Pace;
use super::events::{Note, record, reference};
use super::feed::{Change, Feed};
use super::processes::{Ports, Processes};
use super::world::World;
use faults::{Faults, PodFault};
use record::{PodRecord, seconds};
use worker::Worker;

/// How a kubelet is set up.
pub struct KubeletOptions {
    /// The name of its node.
    pub node: String,
    /// How fast its pods live.
    pub pace: Pace,
    /// What its containers run.
    pub processes: Arc<dyn Processes>,
    /// The world its processes share.
    pub world: World,
}

/// A running kubelet. Dropping it stops it, too, without waiting.
pub struct Kubelet {
    shared: Arc<Shared>,
    address: SocketAddr,
    tasks: Vec<JoinHandle<()>>,
}

/// A pod's namespace and name.
type PodKey = (String, String);

/// What all parts of a kubelet share.
struct Shared {
    client: Client,
    node: String,
    pace: Pace,
    processes: Arc<dyn Processes>,
    world: World,
    faults: Faults,
    pods: Mutex<HashMap<PodKey, Arc<Tracked>>>,
    /// Port-forwards outlive their requests, but not the kubelet.
    forwards: Mutex<JoinSet<()>>,
    addresses: AtomicU16,
}

/// A pod's record, with the means to wait for its changes.
struct Tracked {
    record: Mutex<PodRecord>,
    ports: Ports,
    version: watch::Sender<u64>,
    reported: watch::Sender<u64>,
}

impl Tracked {
    fn new(record: PodRecord) -> Self {
        // Versions begin at 1, so that the first status is reported.
        Tracked {
            record: Mutex::new(record),
            ports: Ports::default(),
            version: watch::Sender::new(1),
            reported: watch::Sender::new(0),
        }
    }

    fn with<T>(&self, look: impl FnOnce(&mut PodRecord) -> T) -> T {
        look(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, change: impl FnOnce(&mut PodRecord)) {
        self.with(change);
        self.version.send_modify(|version| *version += 1);
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    fn mark_reported(&self, version: u64) {
        self.reported.send_replace(version);
    }

    /// Waits until the API server knows the present state.
    async fn reported(&self) {
        let version = *self.version.borrow();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.reported.subscribe().wait_for(|reported| *reported >= version).await;
    }
}

impl Kubelet {
    /// Registers the node and begins to run pods.
    ///
    /// # Errors
    /// When no loopback listener can be had or the API server refuses the node.
    pub async fn start(client: Client, options: KubeletOptions) -> io::Result<Kubelet> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            client,
            node: options.node,
            pace: options.pace,
            processes: options.processes,
            world: options.world,
            faults: Faults::default(),
            pods: Mutex::default(),
            forwards: Mutex::default(),
            addresses: AtomicU16::new(9),
        });
        register(&shared, address.port()).await.map_err(io::Error::other)?;
        let server = tokio::spawn(serve::run(shared.clone(), listener));
        let pods = tokio::spawn(run_pods(shared.clone()));
        Ok(Kubelet { shared, address, tasks: vec![server, pods] })
    }

    /// Where the kubelet's own API listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Faults to switch on.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Rotates a container's current log now and from now on: all but the latest lines vanish from the node.
    pub fn rotate_logs(&self, namespace: &str, pod: &str, container: &str, keep: usize) {
        let Some(tracked) = self.shared.tracked(namespace, pod) else { return };
        tracked.with(|record| {
            let container = record.containers.iter().find(|entry| entry.name == container);
            if let Some(Ok(log)) = container.map(|entry| entry.log(pod, false)) {
                log.keep(keep);
            }
        });
    }

    /// Stops everything: processes end without being asked, responses are cut.
    pub async fn stop(mut self) {
        for task in std::mem::take(&mut self.tasks) {
            task.abort();
            // Aborted is how it is meant to end.
            let _ = task.await;
        }
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.shared.forwards.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

impl Shared {
    fn tracked(&self, namespace: &str, pod: &str) -> Option<Arc<Tracked>> {
        self.pods.lock().unwrap_or_else(PoisonError::into_inner).get(&(namespace.to_owned(), pod.to_owned())).cloned()
    }

    fn track(&self, pod: &Pod, tracked: Arc<Tracked>) {
        self.pods.lock().unwrap_or_else(PoisonError::into_inner).insert(key(pod), tracked);
    }

    /// Forgets a pod and its logs, unless a successor of the same name is there already.
    fn forget(&self, pod: &PodKey, uid: &str) {
        let mut pods = self.pods.lock().unwrap_or_else(PoisonError::into_inner);
        if pods.get(pod).is_some_and(|tracked| tracked.with(|record| record.uid == uid)) {
            pods.remove(pod);
        }
    }

    /// The next free address of the pod network, which exists in statuses only.
    fn pod_address(&self) -> String {
        let number = self.addresses.fetch_add(1, Ordering::Relaxed);
        format!("10.99.{}.{}", number / 250, number % 250 + 1)
    }
}

fn key(pod: &Pod) -> PodKey {
    (pod.namespace().unwrap_or_default(), pod.name_any())
}

/// Creates the node, or takes it over, and reports it ready.
async fn register(shared: &Shared, port: u16) -> kube::Result<()> {
    let nodes: Api<Node> = Api::all(shared.client.clone());
    let node: Node = serde_json::from_value(json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": { "name": shared.node, "labels": { "kubernetes.io/hostname": shared.node, "kubernetes.io/os": "linux" } },
    }))
    .expect("a node of fixed shape");
    match nodes.create(&PostParams::default(), &node).await {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if status.code == 409 => {}
        Err(error) => return Err(error),
    }
    let now = seconds(jiff::Timestamp::now());
    let capacity = json!({ "cpu": "8", "memory": "16Gi", "pods": "250", "ephemeral-storage": "50Gi" });
    let status = json!({ "status": {
        "addresses": [{ "type": "InternalIP", "address": "127.0.0.1" }, { "type": "Hostname", "address": shared.node }],
        "daemonEndpoints": { "kubeletEndpoint": { "Port": port } },
        "capacity": capacity,
        "allocatable": capacity,
        "conditions": [{
            "type": "Ready",
            "status": "True",
            "reason": "KubeletReady",
            "message": "kubelet is posting ready status",
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
        }],
        "nodeInfo": {
            "architecture": "amd64", "bootID": "", "containerRuntimeVersion": "drill://1", "kernelVersion": "", "kubeProxyVersion": "",
            "kubeletVersion": "v1.36.3", "machineID": "", "operatingSystem": "linux", "osImage": "practice range", "systemUUID": "",
        },
    } });
    nodes.patch_status(&shared.node, &PatchParams::default(), &Patch::Merge(status)).await?;
    Ok(())
}

/// A pod's worker.
struct Running {
    /// Takes the grace period when the pod is to be deleted.
    deletion: watch::Sender<Option<Duration>>,
    key: PodKey,
    worker: tokio::task::AbortHandle,
}

/// The pods that have a worker, by uid.
#[derive(Default)]
struct Workers {
    running: HashMap<String, Running>,
    tasks: JoinSet<()>,
    binding: HashMap<String, tokio::task::AbortHandle>,
    binders: JoinSet<()>,
}

/// Follows the pods for ever.
async fn run_pods(shared: Arc<Shared>) {
    let mut feed = Feed::start(Api::<Pod>::all(shared.client.clone()));
    let mut workers = Workers::default();
    loop {
        tokio::select! {
            change = feed.next() => match change {
                Some(Change::Applied(pod)) => workers.see(&shared, pod),
                Some(Change::Deleted(pod)) => workers.lose(&shared, &pod.uid().unwrap_or_default(), &key(&pod)),
                Some(Change::All(pods, _)) => workers.see_all(&shared, pods),
                None => return,
            },
            // A worker ends by itself when its pod is gone; its logs stay until the deletion is seen.
            Some(_) = workers.tasks.join_next() => {}
            Some(_) = workers.binders.join_next() => {}
        }
    }
}

impl Workers {
    fn see_all(&mut self, shared: &Arc<Shared>, pods: Vec<Pod>) {
        let present: Vec<String> = pods.iter().filter_map(ResourceExt::uid).collect();
        let gone = self.running.iter().filter(|(uid, _)| !present.contains(uid));
        let gone: Vec<_> = gone.map(|(uid, running)| (uid.clone(), running.key.clone())).collect();
        for (uid, key) in gone {
            self.lose(shared, &uid, &key);
        }
        for pod in pods {
            self.see(shared, pod);
        }
    }

    fn see(&mut self, shared: &Arc<Shared>, pod: Pod) {
        let Some(uid) = pod.uid() else { return };
        let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
        let grace = pod.metadata.deletion_timestamp.as_ref().map(|_| grace(&pod));
        match node {
            None if grace.is_none() => self.schedule(shared, pod, uid),
            Some(node) if node == shared.node => {
                if let Some(running) = self.running.get(&uid) {
                    running.deletion.send_if_modified(|now| {
                        grace.is_some() && now.is_none() && {
                            *now = grace;
                            true
                        }
                    });
                } else if !is_over(&pod) || grace.is_some() {
                    self.start(shared, pod, uid, grace);
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, shared: &Arc<Shared>, pod: Pod, uid: String, grace: Option<Duration>) {
        let record = PodRecord::new(&pod, uid.clone(), shared.pod_address());
        let tracked = Arc::new(Tracked::new(record));
        shared.track(&pod, tracked.clone());
        let (sender, deletion) = watch::channel(grace);
        let key = key(&pod);
        let worker = Worker { shared: shared.clone(), pod: Arc::new(pod), tracked, deletion };
        let worker = self.tasks.spawn(worker.run());
        self.running.insert(uid, Running { deletion: sender, key, worker });
    }

    /// The object is gone: so are its processes, which end with the worker, and its logs.
    fn lose(&mut self, shared: &Arc<Shared>, uid: &str, key: &PodKey) {
        if let Some(running) = self.running.remove(uid) {
            running.worker.abort();
        }
        if let Some(binder) = self.binding.remove(uid) {
            binder.abort();
        }
        shared.forget(key, uid);
    }

    fn schedule(&mut self, shared: &Arc<Shared>, pod: Pod, uid: String) {
        let shared = shared.clone();
        self.binding.entry(uid).or_insert_with(|| self.binders.spawn(async move { bind(&shared, &pod).await }));
    }
}

/// A pod that was over before this kubelet knew it is left alone.
fn is_over(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

fn grace(pod: &Pod) -> Duration {
    let seconds = pod.metadata.deletion_grace_period_seconds.unwrap_or(30);
    Duration::from_secs(seconds.try_into().unwrap_or(0))
}

/// Binds a pod to this node as a scheduler would, when nothing speaks against it.
async fn bind(shared: &Shared, pod: &Pod) {
    let (namespace, name) = key(pod);
    let pods: Api<Pod> = Api::namespaced(shared.client.clone(), &namespace);
    let mut changes = shared.faults.changes();
    while let Some(PodFault::Unschedulable(message)) = shared.faults.pod_fault(&namespace, &name) {
        refuse(shared, pod, &pods, &message).await;
        if changes.changed().await.is_err() {
            return;
        }
    }
    let binding = json!({
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": { "name": name, "namespace": namespace, "uid": pod.uid() },
        "target": { "apiVersion": "v1", "kind": "Node", "name": shared.node },
    });
    loop {
        match pods.create_subresource::<_, serde_json::Value>("binding", &name, &PostParams::default(), &binding).await {
            Ok(_) => break,
            // Bound already, or gone.
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => return,
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
    let message = format!("Successfully assigned {namespace}/{name} to {}", shared.node);
    record(
        &shared.client,
        &reference(pod),
        Note { component: "default-scheduler", warning: false, reason: "Scheduled", message },
    )
    .await;
}

async fn refuse(shared: &Shared, pod: &Pod, pods: &Api<Pod>, message: &str) {
    let condition = json!({
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": message,
        "lastTransitionTime": seconds(jiff::Timestamp::now()),
    });
    let patch = Patch::Merge(json!({ "status": { "phase": "Pending", "conditions": [condition] } }));
    // Only shown to people: the binding that follows does not depend on it.
    let _ = pods.patch_status(&pod.name_any(), &PatchParams::default(), &patch).await;
    let note = Note { component: "default-scheduler", warning: true, reason: "FailedScheduling", message: message.to_owned() };
    record(&shared.client, &reference(pod), note).await;
}
