//! A server that sends what it likes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kubectl_openbao::drill::pki::Identity;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What it sends.
#[derive(Clone)]
pub enum Reply {
    /// These bytes, and the end.
    Bytes(Vec<u8>),
    /// The first bytes, then the others again and again, so many in all.
    Again {
        /// Sent once.
        head: Vec<u8>,
        /// Sent again and again.
        piece: Vec<u8>,
        /// Ends when so many were sent, or when nobody reads them.
        total: u64,
    },
    /// The first bytes, then one a second for good.
    Drip(Vec<u8>),
}

/// So much is sent where nothing else ends it.
pub const GIB: u64 = 1 << 30;

/// A whole answer.
pub fn answer(status: &str, more: &str, body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    Reply::Bytes([head.as_bytes(), body].concat())
}

/// [`answer`] of JSON, as an API server gives it.
pub fn json(status: &str, body: impl AsRef<[u8]>) -> Reply {
    answer(status, "content-type: application/json\r\n", body)
}

/// A body of this beginning and 1 GiB of the piece, with its length or in chunks.
pub fn endless(status: &str, begin: &str, piece: &str, chunked: bool) -> Reply {
    let piece = piece.repeat((64 << 10) / piece.len().max(1));
    let framed = |text: &str| if chunked { format!("{:x}\r\n{text}\r\n", text.len()) } else { text.to_owned() };
    let length = if chunked { "transfer-encoding: chunked".to_owned() } else { format!("content-length: {GIB}") };
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{length}\r\n\r\n{}", framed(begin));
    Reply::Again { head: head.into_bytes(), piece: framed(&piece).into_bytes(), total: GIB }
}

type Decide = dyn Fn(&str) -> Reply + Send + Sync;

/// A running server; dropping it ends it.
pub struct Hostile {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Hostile {
    /// Answers each request by what this makes of its head.
    pub async fn start(decide: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Hostile {
        Hostile::with(None, Arc::new(decide)).await
    }

    /// The same over TLS, with this certificate.
    pub async fn with_tls(identity: &Identity, decide: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Hostile {
        let certificate = CertificateDer::from_pem_slice(identity.certificate.as_bytes()).expect("a certificate");
        let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).expect("a key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("versions").with_no_client_auth().with_single_cert(vec![certificate], key).expect("a pair");
        Hostile::with(Some(TlsAcceptor::from(Arc::new(config))), Arc::new(decide)).await
    }

    async fn with(tls: Option<TlsAcceptor>, decide: Arc<Decide>) -> Hostile {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let memory = heard.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, decide, memory) = (tls.clone(), decide.clone(), memory.clone());
                tokio::spawn(async move {
                    match tls {
                        None => converse(stream, &*decide, &memory).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => converse(stream, &*decide, &memory).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Hostile { address, heard, server }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The heads of the requests that came.
    pub fn heard(&self) -> Vec<String> {
        lock(&self.heard).clone()
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, decide: &Decide, memory: &Mutex<Vec<String>>) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    lock(memory).push(head.clone());
    match decide(&head) {
        Reply::Bytes(bytes) => stream.write_all(&bytes).await.ok()?,
        Reply::Again { head, piece, total } => {
            stream.write_all(&head).await.ok()?;
            let mut sent = 0;
            while sent < total {
                stream.write_all(&piece).await.ok()?;
                sent += piece.len() as u64;
            }
        }
        Reply::Drip(head) => {
            stream.write_all(&head).await.ok()?;
            loop {
                stream.write_all(b" ").await.ok()?;
                stream.flush().await.ok()?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
    stream.shutdown().await.ok()
}
