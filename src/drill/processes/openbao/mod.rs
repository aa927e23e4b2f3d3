//! An OpenBao server: seals, unseals and leads as the world says, labels its own pod, and answers the unauthenticated
//! endpoints over TLS, inside the pod only.

mod http;
mod labels;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use jiff::Timestamp;
use kube::ResourceExt;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{Backend, Process};
use crate::drill::pki::Identity;
use crate::drill::world::ClusterView;

/// The API port of every server.
pub const PORT: u16 = 8200;
/// The label that names a pod's cluster.
pub const CLUSTER_LABEL: &str = "openbao.org/cluster";

/// How long a server needs until it tries its seal.
const START: Duration = Duration::from_secs(1);
/// How long until an unsealed server passes its readiness probe.
const BECOME_READY: Duration = Duration::from_secs(2);
/// How long until six failed probes make a sealed one NotReady (F§15.2.7: between 45 and 95 s).
const BECOME_UNREADY: Duration = Duration::from_secs(70);
/// How often a server with the wrong key tries again.
const RETRY_UNSEAL: Duration = Duration::from_secs(5);
/// When standbys and the leader find out that the restored keyring is not theirs (within 7 s, F§15.2.7).
const FIND_OUT: (Duration, Duration) = (Duration::from_secs(3), Duration::from_secs(6));

/// One server process.
pub(super) struct Server {
    pub(super) process: Process,
    pub(super) namespace: String,
    pub(super) cluster: String,
    pub(super) pod: String,
}

/// Takes a server out of the world however its process ends.
struct Registered<'a>(&'a Server);

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        let Server { process, namespace, cluster, pod } = self.0;
        process.world.server_stopped(namespace, cluster, pod);
    }
}

/// Runs a server until it is asked to stop.
pub(super) async fn run(process: Process) -> i32 {
    let Some(cluster) = process.pod.labels().get(CLUSTER_LABEL).cloned() else {
        process.say(format!("Error initializing storage of type raft: pod has no label {CLUSTER_LABEL}"));
        return 1;
    };
    let (namespace, pod) = (process.namespace(), process.pod_name());
    let server = Server { process, namespace, cluster, pod };
    let Some(tls) = server.tls() else {
        server.process.say(format!("Error loading TLS material: the world has no cluster {}", server.cluster));
        return 1;
    };
    server.serve(tls).await
}

impl Server {
    fn tls(&self) -> Option<TlsAcceptor> {
        let Identity { certificate, key } = self.process.world.server_identity(&self.namespace, &self.cluster, &self.pod)?;
        Some(acceptor(&certificate, &key))
    }

    async fn serve(self, tls: TlsAcceptor) -> i32 {
        let server = Arc::new(self);
        let Server { process, namespace, cluster, pod } = &*server;
        process.ready.set(false);
        process.world.server_started(namespace, cluster, pod, format!("https://{}:{PORT}", process.address));
        let _registered = Registered(&server);
        let (connect, connections) = mpsc::channel(16);
        let _port = process.ports.open(PORT, Backend::Process(connect));
        server.greet();
        let mut signals = process.signals.clone();
        tokio::select! {
            () = signals.terminated() => server.log("INFO", "core: marked as sealed"),
            () = accept(&server, tls, connections) => {}
            () = server.live() => {}
            () = labels::keep(&server) => {}
            () = server.answer_probes() => {}
        }
        0
    }

    /// What the world knows of this server's cluster (it cannot lose a cluster), with the version of this very server: its
    /// image names it, and the two sides of an upgrade differ in it.
    pub(super) fn view(&self) -> ClusterView {
        let mut view = self.process.world.cluster(&self.namespace, &self.cluster).expect("checked when the server started");
        let image = self.process.container.image.as_deref().unwrap_or_default();
        if let Some((_, tag)) = image.rsplit_once(':').filter(|(_, tag)| tag.starts_with(|c: char| c.is_ascii_digit())) {
            tag.clone_into(&mut view.version);
        }
        view
    }

    pub(super) fn log(&self, level: &str, message: &str) {
        let level = format!("[{level}]");
        self.process.say(format!("{:.3} {level:<7} {message}", Timestamp::now()));
    }

    fn greet(&self) {
        let version = self.view().version;
        for line in [
            "==> OpenBao server configuration:",
            "",
            "               Seal Type: static",
            "                 Storage: raft (HA available)",
        ] {
            self.process.say(line);
        }
        self.process.say(format!(
            "                 Version: OpenBao v{version}\n\n==> OpenBao server started! Log data will stream in below:\n"
        ));
        self.log("INFO", &format!("core: Initializing version history cache for core: version={version}"));
    }

    /// Unseals, notices data it cannot open, seals, and tries again, for ever.
    async fn live(&self) {
        let mut changes = self.process.world.changes();
        self.process.work(START).await;
        loop {
            self.unseal().await;
            let fits = |view: &ClusterView| view.data_seal == view.seal;
            while fits(&self.view()) {
                if changes.changed().await.is_err() {
                    return;
                }
            }
            self.lose_keys().await;
        }
    }

    async fn unseal(&self) {
        let world = &self.process.world;
        loop {
            self.log("INFO", "core: stored unseal keys supported, attempting fetch");
            let view = self.view();
            if view.data_seal == view.seal {
                break;
            }
            self.log("WARN", "failed to unseal core: error=\"fetching stored unseal keys failed: invalid key: failed to decrypt keys from storage: failed to open ciphertext: cipher: message authentication failed\"");
            self.process.work(RETRY_UNSEAL).await;
        }
        self.log("INFO", "core: vault is unsealed");
        world.set_sealed(&self.namespace, &self.cluster, &self.pod, false);
        let leads = self.view().leader.as_deref() == Some(&self.pod);
        self.log("INFO", if leads { "core: acquired lock, enabling active operation" } else { "core: entering standby mode" });
    }

    /// What a server goes through when a snapshot with another seal was restored over it (captured 50).
    async fn lose_keys(&self) {
        let leads = self.view().leader.as_deref() == Some(&self.pod);
        if leads {
            self.log("INFO", "core: applying snapshot");
            self.process.work(FIND_OUT.0).await;
            self.log("WARN", "storage.raft: failed to contact quorum of nodes, stepping down");
            self.log("WARN", "core: leadership lost, stopping active operation");
            self.process.work(FIND_OUT.1.saturating_sub(FIND_OUT.0)).await;
        } else {
            self.process.work(FIND_OUT.0).await;
        }
        self.log("INFO", "core: running post snapshot restore invalidations");
        self.log("INFO", "core: failed to perform key upgrades, reloading using auto seal");
        self.log("ERROR", "core: raft snapshot restore failed to get stored keys: error=\"invalid key: failed to decrypt keys from storage: failed to open ciphertext: cipher: message authentication failed\"");
        self.log("INFO", "core: marked as sealed");
        if leads {
            self.log("ERROR", "core: clearing leader advertisement failed: error=\"node is not the leader\"");
            self.log("ERROR", "core: unlocking HA lock failed: error=\"node is not the leader\"");
        }
        self.process.world.set_sealed(&self.namespace, &self.cluster, &self.pod, true);
        self.log("INFO", "core: pre-seal teardown starting");
        self.log("INFO", "core: pre-seal teardown complete");
        self.log("INFO", "core: vault is sealed");
        // A server that sealed itself does not try again by itself; only new data or a restart helps.
        let sealed_with = self.view().data_seal;
        let mut changes = self.process.world.changes();
        while self.view().data_seal == sealed_with && changes.changed().await.is_ok() {}
    }

    /// Follows the seal with the readiness probe's delays; a hanging server fails its probe like a sealed one.
    async fn answer_probes(&self) {
        let mut changes = self.process.world.changes();
        let able = || self.view().servers.get(&self.pod).is_some_and(|server| !server.sealed && !server.hanging);
        let mut said = false;
        loop {
            let now = able();
            if now != said {
                let delay = std::pin::pin!(self.process.work(if now { BECOME_READY } else { BECOME_UNREADY }));
                let turned = std::pin::pin!(async { while able() == now && changes.changed().await.is_ok() {} });
                if let Either::Left(_) = select(delay, turned).await {
                    said = now;
                    self.process.ready.set(said);
                }
            } else if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

/// Takes connections to the server's port until the process ends.
async fn accept(server: &Arc<Server>, tls: TlsAcceptor, mut connections: mpsc::Receiver<DuplexStream>) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            Some(stream) = connections.recv() => {
                open.spawn(http::connection(server.clone(), tls.clone(), stream));
            }
            Some(_) = open.join_next() => {}
            else => return,
        }
    }
}

/// A TLS acceptor from PEM made by the range itself.
pub(crate) fn acceptor(certificate: &str, key: &str) -> TlsAcceptor {
    let chain = CertificateDer::pem_slice_iter(certificate.as_bytes()).filter_map(Result::ok).collect();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key the range made");
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows the default versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a certificate the range made for this key");
    TlsAcceptor::from(Arc::new(config))
}
