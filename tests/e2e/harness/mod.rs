//! The control plane of the tests: how it is started, asked, and ended.

mod audit;
mod cluster;
mod credentials;
mod gate;
mod holds;
mod kubectl;
mod manifests;
#[path = "../../support/pty.rs"]
mod pty;
mod range;
mod roles;
mod run_dir;
mod scenario;
mod server;
mod turnstile;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

pub use audit::AuditEvent;
pub use cluster::{Cluster, captured_object};
use credentials::Credentials;
pub use gate::Gate;
pub use holds::{hold, install_holds, let_go};
pub use kubectl::{Kubectl, Ran};
use kubectl_openbao::drill::Play;
pub use manifests::{captured, data, read};
pub use range::Range;
pub use roles::{Right, Words, bind, rights, role, role_names, role_with_binding, take};
use run_dir::RunDir;
pub use scenario::Played;
use serde_json::{Value, json};
use server::{Endpoints, Servers};
pub use turnstile::{Side, Stop, Turnstile};

/// The name the simulated operator must have, or the operator's own policies refuse what it does.
pub const OPERATOR: &str = "system:serviceaccount:openbao-operator-system:openbao-operator-controller";
/// The name the simulated kubelet must have, for the same reason.
pub const KUBELET: &str = "system:node:range-node";

/// Which operator's CRDs a control plane serves: they are cluster-wide, so each generation has its own servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// None: a cluster without the operator.
    Bare,
    /// Main on 2026-01-29: `spec.image`, with its admission policies.
    Jan,
    /// The published history's last state: `spec.executorImage`. Its policies are not at hand, and JAN's for restores
    /// reads no field that changed, so that one stands in.
    P4,
    /// A later one, of which no file is at hand: CRDs *derived* from JAN's by the differences the facts list
    /// (`drill::schema`), not genuine ones, and no policies.
    Derived(Play),
}

impl Generation {
    /// What the simulated operator plays.
    pub fn play(self) -> Play {
        match self {
            Generation::Bare | Generation::Jan | Generation::P4 => Play::Jan,
            Generation::Derived(play) => play,
        }
    }
}

/// One running control plane. Dropping it ends the servers and removes its directory.
pub struct ControlPlane {
    // Fields drop in this order: who lives on the servers, the servers, then what they write to.
    range: OnceLock<Range>,
    servers: Mutex<Servers>,
    credentials: Credentials,
    assets: PathBuf,
    generation: Generation,
    namespaces: AtomicU32,
    dir: RunDir,
}

/// How long anything may take before a test gives up. Generous: it bounds a hang, it measures nothing.
pub const PATIENCE: Duration = Duration::from_secs(300);

impl ControlPlane {
    /// The shared control plane with JAN's CRDs and policies.
    pub fn jan() -> Arc<ControlPlane> {
        static JAN: OnceLock<Arc<ControlPlane>> = OnceLock::new();
        Arc::clone(JAN.get_or_init(|| Arc::new(ControlPlane::start(Generation::Jan))))
    }

    /// The shared control plane with P4's CRDs.
    pub fn p4() -> Arc<ControlPlane> {
        static P4: OnceLock<Arc<ControlPlane>> = OnceLock::new();
        Arc::clone(P4.get_or_init(|| Arc::new(ControlPlane::start(Generation::P4))))
    }

    /// Starts servers of its own: for a test that stops or restarts them. Blocks until everything is in force.
    pub fn start(generation: Generation) -> ControlPlane {
        let plane = ControlPlane::start_servers(generation)
            // The likely cause is a port that somebody took since it was free; a second time is no accident.
            .or_else(|_| ControlPlane::start_servers(generation))
            .unwrap_or_else(|last_words| panic!("the control plane does not start: {last_words}"));
        plane.wait_for_service_account("default");
        plane.apply(&[cluster_admin(OPERATOR), cluster_admin(KUBELET)]);
        manifests::install(&plane);
        plane
    }

    fn start_servers(generation: Generation) -> Result<ControlPlane, String> {
        let assets = assets();
        let dir = RunDir::new();
        let endpoints = Endpoints::pick();
        let credentials = Credentials::new(dir.path(), endpoints.server_url());
        let servers = Mutex::new(Servers::start(&assets, dir.path(), endpoints, &credentials)?);
        Ok(ControlPlane { range: OnceLock::new(), servers, credentials, assets, generation, namespaces: AtomicU32::new(0), dir })
    }

    /// Forbids creating OpenBaoRestores in a namespace, with this message, by an admission policy of its own.
    pub fn freeze_restores(&self, namespace: &str, message: &str) {
        manifests::freeze_restores(self, namespace, message);
    }

    /// `kubectl` as the administrator (group `system:masters`).
    pub fn kubectl(&self) -> Kubectl {
        self.kubectl_with(self.kubeconfig_for("admin", &["system:masters"], "default"))
    }

    /// `kubectl` as somebody who may do only what [`bind`] gave.
    pub fn kubectl_as(&self, user: &str, namespace: &str) -> Kubectl {
        self.kubectl_with(self.kubeconfig_for(user, &[], namespace))
    }

    /// `kubectl` as somebody whose client certificate ran out long ago.
    pub fn kubectl_expired(&self) -> Kubectl {
        self.kubectl_with(self.credentials.expired_kubeconfig("late"))
    }

    fn kubectl_with(&self, kubeconfig: PathBuf) -> Kubectl {
        Kubectl::new(&self.assets, self.dir.path(), kubeconfig)
    }

    /// A kubeconfig file with a client certificate for this user, these groups, and this namespace in its context.
    pub fn kubeconfig_for(&self, user: &str, groups: &[&str], namespace: &str) -> PathBuf {
        self.credentials.kubeconfig(user, groups, namespace)
    }

    /// A client for the administrator, to be used in the runtime that asks for it.
    pub async fn admin_client(&self) -> kube::Client {
        self.client_for("admin", &["system:masters"]).await
    }

    /// A client for this user and these groups.
    pub async fn client_for(&self, user: &str, groups: &[&str]) -> kube::Client {
        let file = kube::config::Kubeconfig::read_from(self.kubeconfig_for(user, groups, "default")).unwrap();
        let mut config = kube::Config::from_custom_kubeconfig(file, &Default::default()).await.unwrap();
        // As the plugin's own clients: nothing is repeated behind a test's back.
        config.default_retry = false;
        kube::Client::try_from(config).unwrap()
    }

    /// A new namespace of its own for a test, complete with its default ServiceAccount.
    pub fn namespace(&self, prefix: &str) -> String {
        let name = format!("{prefix}-{}", self.namespaces.fetch_add(1, Ordering::Relaxed));
        self.create_namespace(&name);
        name
    }

    fn create_namespace(&self, name: &str) {
        self.kubectl().run(["create", "namespace", name]).success();
        self.wait_for_service_account(name);
    }

    /// Server-side apply of these objects, as the administrator.
    pub fn apply(&self, objects: &[Value]) {
        apply(self.kubectl(), objects);
    }

    /// Server-side apply as somebody else: the operator's policies let only the operator touch what it manages.
    pub fn apply_as(&self, user: &str, objects: &[Value]) {
        apply(self.kubectl_as(user, "default"), objects);
    }

    /// Everything the API server was asked so far that `wanted` picks, in order, one entry per request.
    ///
    /// Waits until each such request that has begun has also ended (or, for a stream, been answered).
    pub fn audit(&self, wanted: impl Fn(&AuditEvent) -> bool) -> Vec<AuditEvent> {
        audit::settled(&self.dir.path().join(server::AUDIT_LOG), &wanted)
    }

    /// Ends the API server and starts it again on the same address, with the same data.
    pub fn restart_apiserver(&self) {
        self.servers.lock().unwrap().restart_apiserver(&self.assets, self.dir.path(), &self.credentials);
    }

    /// Everything the API server was asked so far that `wanted` picks, whether it came to an end or not: what was under way
    /// when an API server was killed never ends.
    pub fn asked(&self, wanted: impl Fn(&AuditEvent) -> bool) -> Vec<AuditEvent> {
        audit::begun(&self.dir.path().join(server::AUDIT_LOG), &wanted)
    }

    /// Its directory, which is removed with it.
    pub fn directory(&self) -> &Path {
        self.dir.path()
    }

    /// Kills the API server by SIGKILL.
    pub fn kill_apiserver(&self) {
        self.servers.lock().unwrap().kill_apiserver();
    }

    /// Starts the killed API server again, on the same address and with the same data.
    pub fn start_apiserver(&self) {
        self.servers.lock().unwrap().start_apiserver(&self.assets, self.dir.path(), &self.credentials);
    }

    /// Stops etcd by SIGSTOP, or lets it go on.
    pub fn pause_etcd(&self, paused: bool) {
        self.servers.lock().unwrap().pause_etcd(paused);
    }

    /// Operator, kubelet and object store on this control plane; started on first use.
    pub fn range(&self) -> &Range {
        self.range.get_or_init(|| Range::start(self))
    }

    /// Whose CRDs it serves.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The URL of the API server.
    pub fn url(&self) -> String {
        self.credentials.server().to_string()
    }

    fn wait_for_service_account(&self, namespace: &str) {
        eventually("the default ServiceAccount", || {
            let get = ["get", "serviceaccount", "default", "--namespace", namespace];
            let ran = self.kubectl().run(get);
            if ran.ok() { Ok(()) } else { Err(ran.stderr) }
        });
    }
}

fn apply(kubectl: Kubectl, objects: &[Value]) {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    kubectl.stdin(list.to_string()).run(["apply", "--server-side", "--force-conflicts", "-f", "-"]).success();
}

const RBAC: &str = "rbac.authorization.k8s.io";
const RBAC_V1: &str = "rbac.authorization.k8s.io/v1";

fn cluster_admin(user: &str) -> Value {
    json!({"apiVersion": RBAC_V1, "kind": "ClusterRoleBinding",
        "metadata": {"name": format!("e2e-{}", user.replace(':', "-"))},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": user}]})
}

/// `kubectl` with any kubeconfig, whose directory is its home: for the embedded server.
pub fn kubectl_for(kubeconfig: &Path) -> Kubectl {
    let home = kubeconfig.parent().expect("a file is in a directory");
    Kubectl::new(&assets(), home, kubeconfig.to_path_buf())
}

/// The directory with the four programs; builds them when no earlier run has.
fn assets() -> PathBuf {
    static ASSETS: Mutex<Option<PathBuf>> = Mutex::new(None);
    let mut assets = ASSETS.lock().unwrap();
    assets
        .get_or_insert_with(|| {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/controlplane/build");
            let built = Command::new(script).output().expect("the build script of the control plane runs");
            assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
            PathBuf::from(String::from_utf8(built.stdout).unwrap().trim())
        })
        .clone()
}

/// Asks again until the answer is `Ok`; panics with the last reason after [`PATIENCE`].
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + PATIENCE;
    // Asking means a process each time, which on a busy machine keeps the servers from what is waited for.
    let mut pause = Duration::from_millis(25);
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(reason) if Instant::now() > deadline => panic!("waited {PATIENCE:?} for {what}: {reason}"),
            Err(_) => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(400));
            }
        }
    }
}
