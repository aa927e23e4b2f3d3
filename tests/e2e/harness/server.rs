//! The three servers as child processes.

use std::ffi::OsString;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use super::credentials::Credentials;
use super::eventually;
use super::kubectl::Kubectl;

/// The API server's audit log, in the directory of the run.
pub const AUDIT_LOG: &str = "audit.log";

const CONTROLLERS: &str = "job-controller,serviceaccount-controller,serviceaccount-token-controller,\
    root-ca-certificate-publisher-controller,namespace-controller,garbage-collector-controller,\
    pod-garbage-collector-controller,statefulset-controller,persistentvolumeclaim-protection-controller,ttl-after-finished-controller,\
    validatingadmissionpolicy-status-controller,clusterrole-aggregation-controller";

/// What is logged: whatever changes the operator's objects with its whole body, everything else in outline.
/// `RequestReceived` stays in: it is how a reader knows that a request has not ended yet.
const AUDIT_POLICY: &str = r#"{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitManagedFields": true, "rules": [
  {"level": "RequestResponse", "verbs": ["create", "update", "patch", "delete", "deletecollection"],
   "resources": [{"group": "openbao.org"}]},
  {"level": "Metadata"}]}"#;

/// Ports on the loopback interface that were free a moment ago.
#[derive(Clone, Copy)]
pub struct Endpoints {
    etcd_clients: u16,
    etcd_peers: u16,
    apiserver: u16,
}

impl Endpoints {
    /// Three different free ports: all are held until all are known.
    pub fn pick() -> Endpoints {
        let held = [(); 3].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
        let [etcd_clients, etcd_peers, apiserver] = held.each_ref().map(|port| port.local_addr().unwrap().port());
        Endpoints { etcd_clients, etcd_peers, apiserver }
    }

    /// The URL of the API server.
    pub fn server_url(self) -> String {
        format!("https://127.0.0.1:{}", self.apiserver)
    }
}

/// The running servers. Fields drop in this order, which is the reverse of the start: an API server without its etcd
/// does not end when asked.
pub struct Servers {
    _controller_manager: Server,
    apiserver: Option<Server>,
    etcd: Server,
    endpoints: Endpoints,
}

impl Servers {
    /// Starts all three and waits until the API server is ready; `Err` with its last words when one ends early,
    /// which is what happens when another process took a port in between.
    pub fn start(assets: &Path, dir: &Path, endpoints: Endpoints, credentials: &Credentials) -> Result<Servers, String> {
        let mut etcd = Server::spawn(assets, dir, "etcd", etcd_flags(dir, endpoints));
        let mut apiserver = spawn_apiserver(assets, dir, endpoints, credentials);
        wait_until_ready(assets, dir, credentials, &mut [&mut etcd, &mut apiserver])?;
        let controller_manager = Server::spawn(assets, dir, "kube-controller-manager", controller_manager_flags(credentials));
        Ok(Servers { _controller_manager: controller_manager, apiserver: Some(apiserver), etcd, endpoints })
    }

    /// Ends the API server, then starts it with the same flags and waits until it is ready.
    pub fn restart_apiserver(&mut self, assets: &Path, dir: &Path, credentials: &Credentials) {
        // The old one must be gone before the new one binds the port.
        drop(self.apiserver.take());
        self.start_apiserver(assets, dir, credentials);
    }

    /// Kills the API server in the middle of whatever it is doing.
    pub fn kill_apiserver(&mut self) {
        let mut apiserver = self.apiserver.take().expect("the API server runs");
        apiserver.kill();
    }

    /// Stops etcd where it is, or lets it go on: its connections stay, and nothing on them is answered.
    pub fn pause_etcd(&self, paused: bool) {
        let signal = if paused { rustix::process::Signal::STOP } else { rustix::process::Signal::CONT };
        let etcd = rustix::process::Pid::from_child(&self.etcd.child);
        rustix::process::kill_process(etcd, signal).expect("a child that was not waited for can be signalled");
    }

    /// Starts the API server where it ran before, with the same flags, and waits until it is ready.
    pub fn start_apiserver(&mut self, assets: &Path, dir: &Path, credentials: &Credentials) {
        let mut apiserver = spawn_apiserver(assets, dir, self.endpoints, credentials);
        let ready = wait_until_ready(assets, dir, credentials, &mut [&mut self.etcd, &mut apiserver]);
        ready.expect("the API server starts again where it ran before");
        self.apiserver = Some(apiserver);
    }
}

fn spawn_apiserver(assets: &Path, dir: &Path, endpoints: Endpoints, credentials: &Credentials) -> Server {
    Server::spawn(assets, dir, "kube-apiserver", apiserver_flags(dir, endpoints, credentials))
}

fn wait_until_ready(assets: &Path, dir: &Path, credentials: &Credentials, servers: &mut [&mut Server]) -> Result<(), String> {
    let admin = credentials.kubeconfig("admin", &["system:masters"], "default");
    eventually("kube-apiserver to be ready", || {
        if let Some(last_words) = servers.iter_mut().find_map(|server| server.ended()) {
            return Ok(Err(last_words));
        }
        let ran = Kubectl::new(assets, dir, admin.clone()).run(["get", "--raw", "/readyz"]);
        if ran.ok() { Ok(Ok(())) } else { Err(ran.stderr) }
    })
}

fn etcd_flags(dir: &Path, endpoints: Endpoints) -> Vec<OsString> {
    let (clients, peers) = (endpoints.etcd_clients, endpoints.etcd_peers);
    let mut flags = Flags::new();
    flags.add("data-dir", dir.join("etcd"));
    flags.add("listen-client-urls", format!("http://127.0.0.1:{clients}"));
    flags.add("advertise-client-urls", format!("http://127.0.0.1:{clients}"));
    flags.add("listen-peer-urls", format!("http://127.0.0.1:{peers}"));
    flags.add("initial-advertise-peer-urls", format!("http://127.0.0.1:{peers}"));
    flags.add("initial-cluster", format!("default=http://127.0.0.1:{peers}"));
    flags.add("log-level", "warn");
    // Nothing here outlives the run, so nothing needs to survive a power cut.
    flags.add("unsafe-no-fsync", "true");
    flags.0
}

fn apiserver_flags(dir: &Path, endpoints: Endpoints, credentials: &Credentials) -> Vec<OsString> {
    let files = credentials.files();
    let policy = dir.join("audit-policy.json");
    fs::write(&policy, AUDIT_POLICY).unwrap();
    let mut flags = Flags::new();
    flags.add("etcd-servers", format!("http://127.0.0.1:{}", endpoints.etcd_clients));
    flags.add("bind-address", "127.0.0.1");
    flags.add("secure-port", endpoints.apiserver.to_string());
    flags.add("tls-cert-file", files.server_certificate);
    flags.add("tls-private-key-file", files.server_key);
    flags.add("client-ca-file", files.ca);
    flags.add("authorization-mode", "RBAC");
    flags.add("service-account-issuer", "https://kubernetes.default.svc.cluster.local");
    flags.add("service-account-key-file", files.service_account_public);
    flags.add("service-account-signing-key-file", files.service_account_key);
    flags.add("service-cluster-ip-range", "10.0.0.0/24");
    flags.add("allow-privileged", "true");
    flags.add("endpoint-reconciler-type", "none");
    flags.add("kubelet-preferred-address-types", "InternalIP");
    flags.add("audit-policy-file", policy);
    flags.add("audit-log-path", dir.join(AUDIT_LOG));
    // The default batches, and a test would have to guess when the batch is written.
    flags.add("audit-log-mode", "blocking");
    flags.0
}

fn controller_manager_flags(credentials: &Credentials) -> Vec<OsString> {
    let files = credentials.files();
    let kubeconfig = credentials.kubeconfig("system:kube-controller-manager", &[], "default");
    let mut flags = Flags::new();
    for flag in ["kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"] {
        flags.add(flag, &kubeconfig);
    }
    // It serves metrics and health only, which nobody reads.
    flags.add("secure-port", "0");
    flags.add("leader-elect", "false");
    flags.add("root-ca-file", files.ca);
    flags.add("service-account-private-key-file", files.service_account_key);
    flags.add("use-service-account-credentials", "true");
    flags.add("controllers", CONTROLLERS.replace(' ', ""));
    flags.0
}

struct Flags(Vec<OsString>);

impl Flags {
    fn new() -> Flags {
        Flags(Vec::new())
    }

    fn add(&mut self, name: &str, value: impl Into<OsString>) {
        let mut flag = OsString::from(format!("--{name}="));
        flag.push(value.into());
        self.0.push(flag);
    }
}

/// One child process. It ends when its standard input closes: on drop, and when this process dies in whatever way.
struct Server {
    name: &'static str,
    child: Child,
    stdin: Option<ChildStdin>,
    log: PathBuf,
}

impl Server {
    fn spawn(assets: &Path, dir: &Path, name: &'static str, flags: Vec<OsString>) -> Server {
        let log = dir.join(format!("{name}.log"));
        let output = File::options().create(true).append(true).open(&log).unwrap();
        let mut child = Command::new(assets.join(name))
            .args(flags)
            .env_clear()
            .env("HOME", dir)
            .env("CONTROLPLANE_DIE_WITH_STDIN", "1")
            .current_dir(dir)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("starting {name}: {error}"));
        let stdin = child.stdin.take();
        Server { name, child, stdin, log }
    }

    /// Ends it by SIGKILL and waits until it is gone.
    fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a killed child ends");
    }

    /// How it ended and its last words, if it did.
    fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().expect("a child can be asked")?;
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let tail = &lines[lines.len().saturating_sub(20)..];
        Some(format!("{} ended with {status}:\n{}", self.name, tail.join("\n")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // Prebuilt servers (KUBEBUILDER_ASSETS) do not watch their input: those are killed, by the id held here.
        let deadline = Instant::now() + Duration::from_secs(3);
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Nothing but the pipe tells it to end, as when this process was killed.
#[test]
fn a_server_does_not_outlive_its_owner() {
    let dir = tempfile::tempdir().unwrap();
    let flags = etcd_flags(dir.path(), Endpoints::pick());
    let mut etcd = Server::spawn(&super::assets(), dir.path(), "etcd", flags);
    drop(etcd.stdin.take());
    assert_eq!(etcd.child.wait().unwrap().code(), Some(1));
}
