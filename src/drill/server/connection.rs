//! Sockets: listening, TLS, one HTTP/1.1 connection each, and cutting them all.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::auth::{self, User};
use super::{Shared, handler};

/// The listening side of a server. Dropping it cuts everything.
pub(crate) struct Listener {
    address: SocketAddr,
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    tls: TlsAcceptor,
    verifier: Arc<Verifier>,
    /// The accept loop and every connection; aborting them is what a dying server looks like.
    tasks: Tasks,
    black_hole: AtomicBool,
    connections: AtomicUsize,
    departure: Departure,
}

/// Being gone for everybody but one connection.
#[derive(Clone)]
pub(crate) struct Departure {
    /// The connection that lives on; `None` while the server is there.
    spared: watch::Sender<Option<usize>>,
    listening: watch::Sender<bool>,
}

impl Departure {
    fn new() -> Self {
        Departure { spared: watch::Sender::new(None), listening: watch::Sender::new(true) }
    }

    /// Cuts every connection but this one; returns when new ones are refused.
    pub async fn but_for(&self, connection: usize) {
        self.spared.send_replace(Some(connection));
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.listening.subscribe().wait_for(|listening| !listening).await;
    }

    fn over(&self) {
        self.spared.send_replace(None);
        self.listening.send_replace(true);
    }

    /// Returns when the server is gone for this connection; 0 is none.
    async fn concerns(&self, connection: usize) {
        let _ = self.spared.subscribe().wait_for(|spared| spared.is_some_and(|spared| spared != connection)).await;
    }
}

/// Tasks that end together.
#[derive(Clone, Default)]
pub(crate) struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl Tasks {
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.lock();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Ends all of them and waits until their sockets are closed.
    async fn shut_down(&self) {
        let mut tasks = std::mem::take(&mut *self.lock());
        tasks.shutdown().await;
    }

    fn abort(&self) {
        drop(std::mem::take(&mut *self.lock()));
    }

    fn lock(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    pub async fn start(shared: Arc<Shared>) -> std::io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = socket.local_addr()?;
        let verifier = Arc::new(Verifier::new(&shared).map_err(std::io::Error::other)?);
        let tls = tls(&shared, verifier.clone()).map_err(std::io::Error::other)?;
        let inner = Arc::new(Inner {
            shared,
            tls: TlsAcceptor::from(Arc::new(tls)),
            verifier,
            tasks: Tasks::default(),
            black_hole: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
            departure: Departure::new(),
        });
        inner.tasks.spawn(inner.clone().accept(socket));
        Ok(Listener { address, inner })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn stop(&self) {
        self.inner.tasks.shut_down().await;
    }

    pub async fn resume(&self) -> std::io::Result<()> {
        let socket = TcpListener::bind(self.address).await?;
        self.inner.departure.over();
        self.inner.tasks.spawn(self.inner.clone().accept(socket));
        Ok(())
    }

    pub fn black_hole(&self, on: bool) {
        self.inner.black_hole.store(on, Ordering::SeqCst);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.inner.tasks.abort();
    }
}

impl Inner {
    async fn accept(self: Arc<Self>, socket: TcpListener) {
        loop {
            let accepted = tokio::select! {
                accepted = socket.accept() => accepted,
                () = self.departure.concerns(0) => break,
            };
            // Out of descriptors or a peer gone before the accept: the next one may do.
            let Ok((stream, _)) = accepted else {
                tokio::task::yield_now().await;
                continue;
            };
            self.tasks.spawn(self.clone().serve(stream));
        }
        drop(socket);
        self.departure.listening.send_replace(false);
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) {
        if self.black_hole.load(Ordering::SeqCst) {
            let _silent = stream;
            return std::future::pending().await;
        }
        // Small answers go out at once; a failure to set this only costs time.
        let _ = stream.set_nodelay(true);
        // A failed handshake is the client's to report.
        let Ok(stream) = self.tls.accept(stream).await else { return };
        let number = self.connections.fetch_add(1, Ordering::SeqCst) + 1;
        let departure = self.departure.clone();
        let connection = Arc::new(Connection {
            number,
            user: self.certificate_user(stream.get_ref().1.peer_certificates()),
            tasks: self.tasks.clone(),
            departure: departure.clone(),
        });
        let service = service_fn(move |request| handler::handle(self.shared.clone(), connection.clone(), request));
        let http = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // An error is a cut connection: ours on purpose, or the client's.
        tokio::select! {
            _ = http.with_upgrades() => {}
            () = departure.concerns(number) => {}
        }
    }

    /// The certificate's user, if the certificate is valid now.
    fn certificate_user(&self, chain: Option<&[CertificateDer<'_>]>) -> Option<User> {
        let (leaf, rest) = chain?.split_first()?;
        self.verifier.strict.verify_client_cert(leaf, rest, UnixTime::now()).ok()?;
        auth::certificate_user(leaf)
    }
}

/// What a request needs to know about its connection.
pub(crate) struct Connection {
    pub number: usize,
    pub user: Option<User>,
    pub tasks: Tasks,
    pub departure: Departure,
}

fn tls(shared: &Shared, verifier: Arc<Verifier>) -> Result<ServerConfig, rustls::Error> {
    let identity = shared.authority.server(&["kubernetes.default.svc", "localhost", "127.0.0.1"]);
    let broken = |e| rustls::Error::General(format!("{e}"));
    let certificate = CertificateDer::from_pem_slice(identity.certificate.as_bytes()).map_err(broken)?;
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).map_err(broken)?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

pub(crate) fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Asks for a client certificate and takes what comes, as kube-apiserver does; whether it is valid is decided per
/// connection. With `expired_fails_handshake` an expired one is refused here.
#[derive(Debug)]
struct Verifier {
    strict: Arc<dyn ClientCertVerifier>,
    refuse_expired: bool,
}

impl Verifier {
    fn new(shared: &Shared) -> Result<Self, String> {
        let authority = CertificateDer::from_pem_slice(shared.authority.certificate().as_bytes());
        let mut roots = RootCertStore::empty();
        roots.add(authority.map_err(|e| e.to_string())?).map_err(|e| e.to_string())?;
        let strict = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build();
        let refuse_expired = shared.options.expired_fails_handshake;
        Ok(Verifier { strict: strict.map_err(|e| e.to_string())?, refuse_expired })
    }
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.strict.root_hint_subjects()
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        match self.strict.verify_client_cert(leaf, intermediates, now) {
            Err(rustls::Error::InvalidCertificate(e @ (CertificateError::Expired | CertificateError::ExpiredContext { .. })))
                if self.refuse_expired =>
            {
                Err(rustls::Error::InvalidCertificate(e))
            }
            _ => Ok(ClientCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.strict.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.strict.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.strict.supported_verify_schemes()
    }
}
