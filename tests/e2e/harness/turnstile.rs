//! A turnstile between a person and the true API server: it lets everything through but one request, or its answer, which
//! waits until the test says so. It can go down with the API server: then nobody listens, and what was on its way is lost.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_rustls::TlsConnector;

use super::{ControlPlane, Kubectl, eventually};

/// What is stopped at the turnstile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The request, before it reaches the API server.
    Request,
    /// The answer, after the API server did what was asked.
    Answer,
}

/// The one request that is stopped: the first that fits.
#[derive(Clone, Copy)]
pub struct Stop {
    /// It or its answer.
    pub side: Side,
    /// Only after an answer held this text.
    pub after: Option<&'static str>,
    /// Whether it is the one, by its first line.
    pub fits: fn(&str) -> bool,
}

/// A running turnstile; it stands until dropped.
pub struct Turnstile {
    gate: Arc<Gate>,
    kubeconfig: PathBuf,
}

struct Gate {
    stop: Stop,
    armed: AtomicBool,
    taken: AtomicBool,
    reached: watch::Sender<bool>,
    released: watch::Sender<bool>,
    /// Whether anybody listens.
    up: watch::Sender<bool>,
    /// Its owner is gone.
    over: watch::Sender<bool>,
    server: SocketAddr,
    connector: TlsConnector,
}

/// Tests come and go with their runtimes; this one stays.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime"));

impl Turnstile {
    /// Stands between this person and the API server.
    pub fn start(plane: &ControlPlane, user: &str, namespace: &str, stop: Stop) -> Turnstile {
        let identity: Value = serde_json::from_slice(&fs::read(plane.kubeconfig_for(user, &[], namespace)).unwrap()).unwrap();
        let gate = Arc::new(Gate {
            stop,
            armed: AtomicBool::new(stop.after.is_none()),
            taken: AtomicBool::new(false),
            reached: watch::Sender::new(false),
            released: watch::Sender::new(false),
            up: watch::Sender::new(true),
            over: watch::Sender::new(false),
            server: plane.url().trim_start_matches("https://").parse().expect("an address"),
            connector: connector(&identity),
        });
        let listener = RUNTIME.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().unwrap();
        RUNTIME.spawn(Arc::clone(&gate).serve(listener, address));
        let kubeconfig = plane.dir.path().join(format!("kubeconfig_turnstile_{user}_{namespace}_{}", address.port()));
        write_kubeconfig(&kubeconfig, address, namespace);
        Turnstile { gate, kubeconfig }
    }

    /// The person's `kubectl`, through the turnstile.
    pub fn kubectl(&self, plane: &ControlPlane, user: &str, namespace: &str) -> Kubectl {
        plane.kubectl_as(user, namespace).kubeconfig(&self.kubeconfig)
    }

    /// Waits until the request has come; `false` if `over` says first that it never will.
    pub fn wait(&self, over: impl Fn() -> bool) -> bool {
        eventually("a request at the turnstile", || match (*self.gate.reached.borrow(), over()) {
            (true, _) => Ok(true),
            (false, true) => Ok(false),
            (false, false) => Err("it has not come".into()),
        })
    }

    /// Lets it through.
    pub fn release(&self) {
        self.gate.released.send_replace(true);
    }

    /// With the API server: nobody listens, every connection breaks, and what waits is lost.
    pub fn down(&self) {
        self.gate.up.send_replace(false);
    }

    /// Listens again where it did.
    pub fn up(&self) {
        self.gate.up.send_replace(true);
    }
}

impl Drop for Turnstile {
    fn drop(&mut self) {
        self.gate.over.send_replace(true);
    }
}

fn write_kubeconfig(file: &Path, address: SocketAddr, namespace: &str) {
    let document = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "turnstile",
        "clusters": [{"name": "turnstile", "cluster": {"server": format!("http://{address}")}}],
        "contexts": [{"name": "turnstile", "context": {"cluster": "turnstile", "user": "", "namespace": namespace}}],
    });
    fs::write(file, document.to_string()).unwrap();
}

/// TLS to the API server with the person's own certificate, so that it is the person who asks.
fn connector(kubeconfig: &Value) -> TlsConnector {
    let pem = |pointer: &str| BASE64_STANDARD.decode(kubeconfig.pointer(pointer).and_then(Value::as_str).unwrap()).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    let authority = pem("/clusters/0/cluster/certificate-authority-data");
    roots.add(CertificateDer::from_pem_slice(&authority).unwrap()).unwrap();
    let certificate = CertificateDer::from_pem_slice(&pem("/users/0/user/client-certificate-data")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(&pem("/users/0/user/client-key-data")).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![certificate], key)
        .unwrap();
    TlsConnector::from(Arc::new(config))
}

impl Gate {
    async fn serve(self: Arc<Self>, first: TcpListener, address: SocketAddr) {
        let (mut up, mut over) = (self.up.subscribe(), self.over.subscribe());
        let mut listener = Some(first);
        loop {
            tokio::select! {
                accepted = accept(listener.as_ref()) => if let Ok((client, _)) = accepted {
                    tokio::spawn(Arc::clone(&self).pass(client));
                },
                _ = up.changed() => {
                    listener = None;
                    if *up.borrow_and_update() {
                        listener = Some(TcpListener::bind(address).await.expect("the port it had before"));
                    }
                }
                () = becomes(&mut over, true) => return,
            }
        }
    }

    /// One connection, to the end of either side.
    async fn pass(self: Arc<Self>, client: TcpStream) {
        let (mut up, mut over) = (self.up.subscribe(), self.over.subscribe());
        let Ok(server) = TcpStream::connect(self.server).await else { return };
        let name = ServerName::try_from("localhost").expect("a name");
        let Ok(server) = self.connector.connect(name, server).await else { return };
        let (answers, requests) = tokio::io::split(server);
        let (from, to) = client.into_split();
        let withheld = AtomicBool::new(false);
        tokio::select! {
            () = self.requests(from, requests, &withheld) => {}
            () = self.answers(answers, to, &withheld) => {}
            () = becomes(&mut up, false) => {}
            () = becomes(&mut over, true) => {}
        }
    }

    /// A request begins a packet of its own: the plugin's HTTP/1 connections carry one at a time.
    async fn requests(&self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, withheld: &AtomicBool) {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes).await {
            if self.is_the_one(&bytes[..count]) {
                match self.stop.side {
                    Side::Request => self.halt().await,
                    Side::Answer => withheld.store(true, Ordering::SeqCst),
                }
            }
            if to.write_all(&bytes[..count]).await.is_err() || to.flush().await.is_err() {
                return;
            }
        }
    }

    async fn answers(&self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, withheld: &AtomicBool) {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes).await {
            if withheld.swap(false, Ordering::SeqCst) {
                self.halt().await;
            }
            if self.stop.after.is_some_and(|text| memchr::memmem::find(&bytes[..count], text.as_bytes()).is_some()) {
                self.armed.store(true, Ordering::SeqCst);
            }
            if to.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    }

    fn is_the_one(&self, bytes: &[u8]) -> bool {
        let line = String::from_utf8_lossy(bytes.split(|b| *b == b'\r').next().unwrap_or_default()).into_owned();
        let begins = ["GET ", "POST ", "PATCH ", "DELETE "].iter().any(|method| line.starts_with(method));
        begins && self.armed.load(Ordering::SeqCst) && (self.stop.fits)(&line) && !self.taken.swap(true, Ordering::SeqCst)
    }

    async fn halt(&self) {
        self.reached.send_replace(true);
        becomes(&mut self.released.subscribe(), true).await;
    }
}

async fn becomes(state: &mut watch::Receiver<bool>, wanted: bool) {
    // The sender lives as long as the gate.
    let _ = state.wait_for(|state| *state == wanted).await;
}

/// Where nobody listens, nobody comes.
async fn accept(listener: Option<&TcpListener>) -> std::io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}
