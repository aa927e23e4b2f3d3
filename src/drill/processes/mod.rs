//! What the range's containers run: genuine stand-ins for OpenBao, its executors and an object store, and scripts.
//!
//! A process is a future that ends with an exit code. It sees what a container sees (environment, log output, ports of
//! its pod, a request to stop) plus the [`World`] that stands for the network and the disks.

pub mod backup;
mod executor;
mod fetch;
pub mod openbao;
pub mod restore;
pub mod script;
pub mod store;
pub(crate) mod upgrade;

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::{Container, Pod};
use kube::{Client, ResourceExt};
use tokio::io::DuplexStream;
use tokio::sync::{mpsc, watch};

use super::Pace;
use super::kubelet::logs::Output;
use super::world::World;

/// The annotation that gives a pod's containers a script (see [`script::Script`]).
pub const SCRIPT_ANNOTATION: &str = "drill.openbao.org/script";

/// Exit code of a process that does not handle the request to stop (128 + SIGTERM).
pub const TERMINATED: i32 = 143;

/// A running process: ends with its exit code.
pub type Running = Pin<Box<dyn Future<Output = i32> + Send>>;

/// Which process a container runs.
pub trait Processes: Send + Sync + 'static {
    /// Starts a container's process.
    fn run(&self, process: Process) -> Running;
}

/// What a process is given by the kubelet.
pub struct Process {
    /// A client that may do what the pod's service account could.
    pub client: Client,
    /// The pod, as it was when the container started.
    pub pod: Arc<Pod>,
    /// The pod's address.
    pub address: String,
    /// Which of its containers.
    pub container: Container,
    /// Whether it is an init container.
    pub init: bool,
    /// How often this container has been restarted before.
    pub attempt: u32,
    /// Where log lines go.
    pub out: Output,
    /// The pod's ports.
    pub ports: Ports,
    /// Says whether the container answers its readiness probe.
    pub ready: Readiness,
    /// Requests to stop.
    pub signals: Signals,
    /// How fast time passes.
    pub pace: Pace,
    /// The world around.
    pub world: World,
}

impl Process {
    /// The pod's namespace.
    pub fn namespace(&self) -> String {
        self.pod.namespace().unwrap_or_default()
    }

    /// The pod's name.
    pub fn pod_name(&self) -> String {
        self.pod.name_any()
    }

    /// An environment variable; empty ones count as absent, as the executors see it.
    pub fn env(&self, name: &str) -> Option<String> {
        let entry = self.container.env.iter().flatten().find(|entry| entry.name == name)?;
        let field = || entry.value_from.as_ref()?.field_ref.as_ref().map(|field| field.field_path.as_str());
        let value = entry.value.clone().or_else(|| match field()? {
            "metadata.name" => Some(self.pod_name()),
            "metadata.namespace" => Some(self.namespace()),
            "status.podIP" => Some(self.address.clone()),
            _ => None,
        });
        value.filter(|value| !value.is_empty())
    }

    /// Writes one line to the container's log.
    pub fn say(&self, line: impl AsRef<[u8]>) {
        self.out.line(line);
    }

    /// Lets time pass, scaled to the range's pace.
    pub async fn work(&self, real: Duration) {
        tokio::time::sleep(self.pace.of(real)).await;
    }
}

/// Whoever answers on a pod's port.
#[derive(Clone)]
pub enum Backend {
    /// A listener of this machine.
    Address(SocketAddr),
    /// The process itself takes the connections.
    Process(mpsc::Sender<DuplexStream>),
}

/// The open ports of one pod.
#[derive(Clone, Default)]
pub struct Ports(Arc<Mutex<BTreeMap<u16, Backend>>>);

impl Ports {
    /// Opens a port until the returned guard is dropped.
    pub fn open(&self, port: u16, backend: Backend) -> OpenPort {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(port, backend);
        OpenPort { ports: self.clone(), port }
    }

    /// Who answers on a port.
    pub fn get(&self, port: u16) -> Option<Backend> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&port).cloned()
    }
}

/// An open port; dropping it closes the port.
pub struct OpenPort {
    ports: Ports,
    port: u16,
}

impl Drop for OpenPort {
    fn drop(&mut self) {
        self.ports.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.port);
    }
}

/// How a process tells its kubelet about its readiness probe.
#[derive(Clone)]
pub struct Readiness(Arc<dyn Fn(bool) + Send + Sync>);

impl Readiness {
    /// A readiness that is told to `tell`.
    pub fn new(tell: impl Fn(bool) + Send + Sync + 'static) -> Self {
        Readiness(Arc::new(tell))
    }

    /// Says whether the probe would succeed.
    pub fn set(&self, ready: bool) {
        (self.0)(ready);
    }
}

/// Requests to stop, as a process gets them (SIGTERM).
#[derive(Clone)]
pub struct Signals {
    stop: watch::Receiver<bool>,
    handled: Arc<AtomicBool>,
}

impl Signals {
    /// Signals that arrive when `stop` turns true.
    pub fn new(stop: watch::Receiver<bool>) -> Self {
        Signals { stop, handled: Arc::default() }
    }

    /// Waits for a request to stop. Whoever has called this is expected to end by itself within the grace period.
    pub async fn terminated(&mut self) {
        self.handled.store(true, Ordering::Relaxed);
        self.arrived().await;
    }

    /// Whether the process looks out for requests to stop itself.
    pub(crate) fn handled(&self) -> bool {
        self.handled.load(Ordering::Relaxed)
    }

    /// Waits for a request to stop without promising to act on it.
    pub(crate) async fn arrived(&mut self) {
        if self.stop.wait_for(|stop| *stop).await.is_err() {
            // The kubelet is gone: nobody will ask any more.
            std::future::pending::<()>().await;
        }
    }
}

/// The processes of the range: a script where one is given, else by the container's name (F§5.2).
#[derive(Debug, Clone, Copy, Default)]
pub struct Genuine;

impl Processes for Genuine {
    fn run(&self, process: Process) -> Running {
        if let Some(script) = script::of(&process) {
            return Box::pin(script::run(process, script));
        }
        match process.container.name.as_str() {
            _ if process.init => Box::pin(initialise(process)),
            "openbao" => Box::pin(openbao::run(process)),
            "restore" => Box::pin(restore::run(process)),
            "backup" => Box::pin(backup::run(process)),
            "upgrade-executor" => Box::pin(upgrade::run(process)),
            "s3" => Box::pin(store::run(process)),
            _ => Box::pin(idle(process)),
        }
    }
}

async fn initialise(process: Process) -> i32 {
    process.work(Duration::from_millis(200)).await;
    0
}

async fn idle(mut process: Process) -> i32 {
    process.signals.terminated().await;
    0
}
