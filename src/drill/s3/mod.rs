//! The range's object store: a small S3 endpoint on loopback that really verifies signatures.
//!
//! It reads (HEAD, GET with ranges, ListObjectsV2, HEAD bucket) in path style and virtual-host style, answers errors
//! with S3's own codes, and can be told to fail. Objects are put in from inside the process.

mod answer;
mod bucket;
mod faults;
mod list;
mod sign;
mod spoil;
mod xml;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use self::answer::{Body, full, list, object, refused};
use self::bucket::Replacement;
pub use self::bucket::{Bucket, Object};
pub use self::faults::Fault;
use self::faults::{Faults, Placed};
use self::sign::{Verifier, signed_region};
use self::spoil::spoilt;
use self::xml::Refusal;
use super::pki::Identity;

/// A snapshot taken from a running OpenBao 2.5.5 with a Shamir seal (`tests/data/snapshots/README.md`).
pub const GENUINE_SNAPSHOT: &[u8] = include_bytes!("../../../tests/data/snapshots/openbao-2.5.5-shamir.snap");

/// What the endpoint holds, and who may read it.
#[derive(Clone)]
pub struct S3Options {
    /// The buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
    /// The one access key id that is known.
    pub access_key: String,
    /// Its secret.
    pub secret_key: String,
    /// The session token that must come with the key, if any.
    pub session_token: Option<String>,
    /// The only region that signatures may name; `None` accepts any.
    pub region: Option<String>,
    /// The domain under which buckets are host names (`<bucket>.<domain>`).
    pub domain: String,
    /// How far the server's clock is ahead of the machine's.
    pub clock_ahead: SignedDuration,
    /// Speaks TLS with this certificate instead of plain HTTP.
    pub tls: Option<Identity>,
}

impl Default for S3Options {
    fn default() -> Self {
        S3Options {
            buckets: BTreeMap::new(),
            access_key: "drill-access-key".to_owned(),
            secret_key: "drill-secret-key".to_owned(),
            session_token: None,
            region: None,
            domain: "s3.storage.svc".to_owned(),
            clock_ahead: SignedDuration::ZERO,
            tls: None,
        }
    }
}

/// A request that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The HTTP method.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// The Host header.
    pub host: String,
    /// The User-Agent header; the executors of the range send none.
    pub user_agent: Option<String>,
    /// The status of the answer; `None` when there was none.
    pub status: Option<u16>,
}

/// A running endpoint; dropping it stops it.
pub struct S3 {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    options: S3Options,
    connections: AtomicUsize,
    buckets: Mutex<BTreeMap<String, Bucket>>,
    requests: Mutex<Vec<Seen>>,
    faults: Mutex<Faults>,
}

impl S3 {
    /// Starts an endpoint on a free loopback port.
    ///
    /// # Errors
    /// When no port can be bound, or the TLS identity is not usable.
    pub async fn start(options: S3Options) -> io::Result<S3> {
        let listener = TcpListener::bind((IpAddr::from([127, 0, 0, 1]), 0)).await?;
        let address = listener.local_addr()?;
        let acceptor = options.tls.as_ref().map(acceptor).transpose()?;
        let shared = Arc::new(Shared {
            buckets: Mutex::new(options.buckets.clone()),
            requests: Mutex::default(),
            faults: Mutex::default(),
            connections: AtomicUsize::new(0),
            options,
        });
        let server = tokio::spawn(serve(listener, acceptor, shared.clone()));
        Ok(S3 { address, shared, server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint as a URL, for path-style clients.
    pub fn url(&self) -> String {
        let scheme = if self.shared.options.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Every request so far, oldest first.
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.shared.requests).clone()
    }

    /// Stores an object, and makes the bucket when it is missing.
    pub fn put(&self, bucket: &str, key: &str, bytes: impl Into<Bytes>) {
        let mut buckets = lock(&self.shared.buckets);
        buckets.entry(bucket.to_owned()).or_default().objects.insert(key.to_owned(), Object::new(bytes));
    }

    /// The object as it is stored, for processes of the range that need no network.
    pub fn get(&self, bucket: &str, key: &str) -> Option<Object> {
        lock(&self.shared.buckets).get(bucket)?.objects.get(key).cloned()
    }

    /// Puts other content in an object's place when the object was read `reads` times more: a reader that comes back for
    /// the rest meets another object.
    pub fn replace_after(&self, bucket: &str, key: &str, reads: usize, bytes: impl Into<Bytes>) {
        let mut buckets = lock(&self.shared.buckets);
        let replacement = Replacement { key: key.to_owned(), reads, bytes: bytes.into() };
        buckets.entry(bucket.to_owned()).or_default().replacements.push(replacement);
    }

    /// Takes an object away.
    pub fn remove(&self, bucket: &str, key: &str) {
        if let Some(held) = lock(&self.shared.buckets).get_mut(bucket) {
            held.objects.remove(key);
        }
    }

    /// Changes what a bucket allows or where it is, and makes it when it is missing.
    pub fn edit(&self, bucket: &str, change: impl FnOnce(&mut Bucket)) {
        change(lock(&self.shared.buckets).entry(bucket.to_owned()).or_default());
    }

    /// How many connections were made so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Fails reads of objects (GET) and nothing else, so many times; `usize::MAX` is each. Several calls queue up, behind
    /// what [`S3::fail`] and [`S3::fail_next`] ask for.
    pub fn fail_reads(&self, fault: Fault, times: usize) {
        if times > 0 {
            lock(&self.shared.faults).reads.push_back((fault, times));
        }
    }

    /// Fails every request from now on.
    pub fn fail(&self, fault: Fault) {
        lock(&self.shared.faults).always = Some(fault);
    }

    /// Fails only the next request; several calls queue up.
    pub fn fail_next(&self, fault: Fault) {
        lock(&self.shared.faults).next.push_back(fault);
    }

    /// Fails the requests for which this holds; it is asked of each request once, in the order in which they come. Gives the
    /// number of requests that were failed.
    pub fn fail_where(&self, fault: Fault, fits: impl Fn(&Seen) -> bool + Send + 'static) -> Arc<AtomicUsize> {
        let hits = Arc::new(AtomicUsize::new(0));
        lock(&self.shared.faults).placed.push(Placed { fits: Box::new(fits), fault, hits: hits.clone() });
        hits
    }

    /// Fails no more.
    pub fn heal(&self) {
        *lock(&self.shared.faults) = Faults::default();
    }

    /// Stops serving and closes every connection.
    pub async fn stop(mut self) {
        self.server.abort();
        let _ = (&mut self.server).await;
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A TLS server side for an identity of the range.
///
/// # Errors
/// When the identity is not a certificate with its key.
pub fn acceptor(identity: &Identity) -> io::Result<TlsAcceptor> {
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(identity.certificate.as_bytes()).collect::<Result<_, _>>().map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).map_err(io::Error::other)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
        .map_err(io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Poisoning means that another request panicked; the maps are still whole, because nothing panics half-way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, acceptor: Option<TlsAcceptor>, shared: Arc<Shared>) {
    // Dropped with this task, and then every connection ends with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        shared.connections.fetch_add(1, Ordering::Relaxed);
        let (acceptor, shared) = (acceptor.clone(), shared.clone());
        connections.spawn(async move {
            match acceptor {
                None => converse(stream, shared).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        converse(stream, shared).await;
                    }
                }
            }
        });
    }
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin, shared: Arc<Shared>) {
    let service = service_fn(move |request| {
        let shared = shared.clone();
        async move { shared.answer(request).await }
    });
    // An error here is the client's going away, or a fault that was asked for.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

impl Shared {
    async fn answer(&self, request: Request<Incoming>) -> io::Result<Response<Body>> {
        let (mut parts, body) = request.into_parts();
        let (index, seen) = self.see(&parts);
        let read = parts.method == Method::GET && !self.address_of(&parts).1.is_empty();
        let fault = lock(&self.faults).take(&seen, read);
        let result = match fault {
            Some(Fault::Stall) => std::future::pending().await,
            Some(Fault::Page(status)) => return Ok(answer::page(status)),
            Some(Fault::Cut) => return Err(io::ErrorKind::ConnectionAborted.into()),
            Some(Fault::Status(status)) => Err(Refusal::Injected(status)),
            fault => self.respond(&mut parts, body, fault).await,
        };
        let response = result.unwrap_or_else(|refusal| refused(&refusal, &parts));
        if let Some(seen) = lock(&self.requests).get_mut(index) {
            seen.status = Some(response.status().as_u16());
        }
        Ok(match fault {
            Some(fault) => spoilt(response, fault).await,
            None => response,
        })
    }

    fn see(&self, parts: &Parts) -> (usize, Seen) {
        let mut requests = lock(&self.requests);
        let seen = Seen {
            method: parts.method.to_string(),
            target: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            host: host(parts).to_owned(),
            user_agent: parts.headers.get("user-agent").and_then(|value| value.to_str().ok()).map(str::to_owned),
            status: None,
        };
        requests.push(seen.clone());
        (requests.len() - 1, seen)
    }

    async fn respond(&self, parts: &mut Parts, body: Incoming, fault: Option<Fault>) -> Result<Response<Body>, Refusal> {
        let body = Limited::new(body, 1 << 20).collect().await.map_err(|_| Refusal::InvalidArgument)?.to_bytes();
        self.verifier().verify(parts, &body)?;
        // The range is part of what was signed.
        if fault == Some(Fault::IgnoreRange) {
            parts.headers.remove("range");
        }
        let (bucket, key) = self.address_of(parts);
        let mut buckets = lock(&self.buckets);
        let held = buckets.get_mut(&bucket).ok_or(Refusal::NoSuchBucket)?;
        if let Some(region) = held.region.as_deref().filter(|region| signed_region(&parts.headers) != Some(region)) {
            return Err(Refusal::Elsewhere(region.to_owned()));
        }
        let object_asked = !key.is_empty();
        if held.denied || (if object_asked { held.read_denied } else { held.list_denied }) {
            return Err(Refusal::AccessDenied);
        }
        match (&parts.method, key.as_str()) {
            (&Method::HEAD, "") => Ok(Response::new(full(Bytes::new()))),
            (&Method::GET, "") => list(&bucket, held, parts.uri.query().unwrap_or_default()),
            (&Method::HEAD | &Method::GET, key) => {
                let missing = if held.list_denied { Refusal::AccessDenied } else { Refusal::NoSuchKey };
                let response = object(held.objects.get(key).ok_or(missing)?, parts)?;
                if parts.method == Method::GET {
                    held.was_read(key);
                }
                Ok(response)
            }
            _ => Err(Refusal::MethodNotAllowed),
        }
    }

    fn verifier(&self) -> Verifier<'_> {
        Verifier {
            access_key: &self.options.access_key,
            secret_key: &self.options.secret_key,
            session_token: self.options.session_token.as_deref(),
            region: self.options.region.as_deref(),
            now: Timestamp::now() + self.options.clock_ahead,
        }
    }

    /// Bucket and key, from the host name when it is `<bucket>.<domain>`, else from the path.
    fn address_of(&self, parts: &Parts) -> (String, String) {
        let path = percent_decode_str(parts.uri.path()).decode_utf8_lossy();
        let path = path.strip_prefix('/').unwrap_or(&path);
        let name = host(parts).rsplit_once(':').map_or(host(parts), |(name, _)| name);
        if let Some(bucket) = name.strip_suffix(&self.options.domain).and_then(|rest| rest.strip_suffix('.')) {
            return (bucket.to_owned(), path.to_owned());
        }
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        (bucket.to_owned(), key.to_owned())
    }
}

fn host(parts: &Parts) -> &str {
    parts.headers.get("host").and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_genuine_snapshot_is_what_openbao_writes() {
        assert_eq!(GENUINE_SNAPSHOT[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
    }
}
