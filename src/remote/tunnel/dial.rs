//! Where a host name leads: straight into the network, or through the API server into the cluster.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kube::Client;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::{PodPort, TunnelError, backend, open};

/// A two-way byte stream.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Opens a byte stream to a host and port.
pub trait Dial: Send + Sync + Debug {
    /// Opens the stream, or says why not. Callers bring their own deadline.
    fn dial<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, Result<Box<dyn Stream>, DialError>>;
}

/// Why no connection came about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// The host name means nothing here.
    #[error("the host name {0} is not known on this machine")]
    UnknownHost(String),
    /// The other side takes no connections on that port.
    #[error("{0} refuses connections")]
    Refused(String),
    /// The network does not lead there.
    #[error("{0} cannot be reached: {1}")]
    Unreachable(String, String),
    /// The proxy on the way refused or failed.
    #[error("the proxy {0} did not connect us: {1}")]
    Proxy(String, String),
    /// The way through the API server failed.
    #[error(transparent)]
    Tunnel(#[from] TunnelError),
}

/// Connects over TCP from this machine.
#[derive(Debug, Clone, Copy)]
pub struct Direct;

impl Dial for Direct {
    fn dial<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, Result<Box<dyn Stream>, DialError>> {
        connect(host, port).map(|stream| Ok(Box::new(stream?) as Box<dyn Stream>)).boxed()
    }
}

async fn connect(host: &str, port: u16) -> Result<TcpStream, DialError> {
    // Bracketed in URLs, bare for the resolver.
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let addresses = tokio::net::lookup_host((bare, port)).await.map_err(|_| DialError::UnknownHost(host.to_owned()))?;
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    let at = format!("{host}:{port}");
    Err(match last.kind() {
        io::ErrorKind::ConnectionRefused => DialError::Refused(at),
        io::ErrorKind::NotFound => DialError::UnknownHost(host.to_owned()),
        _ => DialError::Unreachable(at, last.to_string()),
    })
}

/// Services of the cluster through port-forwards, everything else over TCP or as told.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    limit: Duration,
    outside: Arc<dyn Dial>,
    /// Pods that were found behind Services; clones share them.
    found: Arc<Mutex<BTreeMap<(ServiceHost, u16), PodPort>>>,
}

impl Cluster {
    /// A way into the cluster of this client; finding a pod may take up to `limit`, and so may opening a port-forward.
    pub fn new(client: Client, limit: Duration) -> Self {
        Cluster { client, limit, outside: Arc::new(Direct), found: Arc::default() }
    }

    /// The same, with another way to hosts outside the cluster: a proxy.
    #[must_use]
    pub fn with_outside(self, outside: Arc<dyn Dial>) -> Self {
        Cluster { outside, ..self }
    }

    /// Finds the pod behind a host inside the cluster ahead of the first [`Dial::dial`], which then need not look.
    pub async fn find(&self, host: &str, port: u16) {
        if let Some(at) = service_host(host) {
            // What cannot be found is said when it is dialled.
            let _ = self.search(&at, port).await;
        }
    }

    async fn search(&self, at: &ServiceHost, port: u16) -> Result<PodPort, TunnelError> {
        let looking = backend(&self.client, &at.namespace, &at.service, port, at.pod.as_deref());
        // Whoever looks ahead brings no deadline.
        let found = tokio::time::timeout(self.limit, looking).await;
        let late = |_| TunnelError::TimedOut {
            doing: format!("looking for service {}/{} and its pods", at.namespace, at.service),
            after: self.limit,
        };
        let pod = found.map_err(late)??;
        self.known().insert((at.clone(), port), pod.clone());
        Ok(pod)
    }

    async fn service(&self, at: &ServiceHost, port: u16) -> Result<Box<dyn Stream>, DialError> {
        let known = self.known().remove(&(at.clone(), port));
        if let Some(pod) = known
            && let Ok(stream) = open(&self.client, &pod, self.limit).await
        {
            self.known().insert((at.clone(), port), pod);
            return Ok(Box::new(stream));
        }
        // Never found, or gone since.
        let pod = self.search(at, port).await?;
        Ok(Box::new(open(&self.client, &pod, self.limit).await?))
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<(ServiceHost, u16), PodPort>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cluster")
    }
}

impl Dial for Cluster {
    fn dial<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, Result<Box<dyn Stream>, DialError>> {
        match service_host(host) {
            None => self.outside.dial(host, port),
            Some(at) => async move { self.service(&at, port).await }.boxed(),
        }
    }
}

/// One port of pods of one cluster, addressed by their DNS names (`<pod>.<service>.<namespace>.svc`).
#[derive(Clone)]
pub struct Pods {
    client: Client,
    limit: Duration,
}

impl Pods {
    /// A way to the pods of this client's cluster; opening a port-forward may take up to `limit`.
    pub fn new(client: Client, limit: Duration) -> Self {
        Pods { client, limit }
    }

    async fn pod(&self, host: &str, port: u16) -> Result<Box<dyn Stream>, DialError> {
        let at = service_host(host).ok_or_else(|| DialError::UnknownHost(host.to_owned()))?;
        let pod = at.pod.ok_or_else(|| DialError::UnknownHost(host.to_owned()))?;
        Ok(Box::new(open(&self.client, &PodPort { namespace: at.namespace, pod, port }, self.limit).await?))
    }
}

impl Debug for Pods {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pods")
    }
}

impl Dial for Pods {
    fn dial<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, Result<Box<dyn Stream>, DialError>> {
        self.pod(host, port).boxed()
    }
}

/// A host name inside a cluster, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceHost {
    /// The Service's namespace.
    pub namespace: String,
    /// The Service's name.
    pub service: String,
    /// The label in front: a pod of a headless Service, or a bucket in virtual-host style.
    pub pod: Option<String>,
}

/// Recognises `[<pod>.]<service>.<namespace>.svc[.cluster.local][.]`.
pub fn service_host(host: &str) -> Option<ServiceHost> {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let host = host.strip_suffix(".cluster.local").unwrap_or(&host).strip_suffix(".svc")?;
    let mut labels = host.rsplitn(3, '.').map(str::to_owned);
    let (namespace, service, pod) = (labels.next()?, labels.next()?, labels.next());
    let empty = namespace.is_empty() || service.is_empty() || pod.as_deref() == Some("");
    (!empty).then_some(ServiceHost { namespace, service, pod })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_inside_the_cluster() {
        let parsed = |host| service_host(host).map(|at| [Some(at.namespace), Some(at.service), at.pod]);
        let of = |namespace: &str, service: &str, pod: Option<&str>| {
            Some([Some(namespace.to_owned()), Some(service.to_owned()), pod.map(str::to_owned)])
        };
        assert_eq!(parsed("minio.storage.svc"), of("storage", "minio", None));
        assert_eq!(parsed("MinIO.storage.svc.cluster.local."), of("storage", "minio", None));
        assert_eq!(parsed("minio-0.minio.storage.svc"), of("storage", "minio", Some("minio-0")));
        assert_eq!(parsed("my.bucket.minio.storage.svc"), of("storage", "minio", Some("my.bucket")));
        for outside in ["s3.amazonaws.com", "minio", "minio.svc", ".storage.svc", "svc", "minio.storage.svc.example.com", ""] {
            assert_eq!(parsed(outside), None, "{outside}");
        }
    }

    #[tokio::test]
    async fn a_closed_port_and_an_unknown_name_are_told_apart() {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let refused = connect("127.0.0.1", port).await.unwrap_err();
        assert_eq!(refused, DialError::Refused(format!("127.0.0.1:{port}")));
        let unknown = connect("no-such-host.invalid", 1).await.unwrap_err();
        assert_eq!(unknown, DialError::UnknownHost("no-such-host.invalid".into()));
    }
}
