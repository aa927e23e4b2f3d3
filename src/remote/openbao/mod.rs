//! Asking the OpenBao servers themselves: the three endpoints that need no token (O§3.1–3.4), and with one Raft's own list
//! of members (O§3.5), through port-forwards.
//!
//! Pods are asked one by one, never through a Service: while a restore is applied they drop out of it, and each
//! server's own answer is what counts.

mod answers;
mod forward;
mod raft;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use kube::Client;
use reqwest::{Certificate, StatusCode, redirect};
use serde_json::{Map, Value};
use url::Url;

pub use self::answers::{Health, Leader, SealStatus};
use self::forward::Forward;
pub use self::raft::{peers, peers_through};
use super::deepest;
use super::tunnel::dial::{Dial, DialError, Pods};
use super::tunnel::{TunnelError, tls};
use crate::api::text::{clean_cut, without_login};

/// The API port of every OpenBao server.
pub const PORT: u16 = 8200;

/// How long one answer may take: applying a snapshot blocks some of these endpoints, and that must show soon.
pub const REQUEST_LIMIT: Duration = Duration::from_secs(3);

/// The most of an answer that is read; real ones have less than 2 KiB.
const BODY_LIMIT: usize = 64 * 1024;

/// What one server said about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The pod.
    pub pod: String,
    /// `sys/health`.
    pub health: Answer<Health>,
    /// `sys/leader`.
    pub leader: Answer<Leader>,
    /// `sys/seal-status`.
    pub seal_status: Answer<SealStatus>,
}

/// One answer, or why there is none.
pub type Answer<T> = Result<T, ProbeFailure>;

/// Why an answer is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeFailure {
    /// The kind.
    pub trouble: Trouble,
    /// The cause in words, one line, clean.
    pub cause: String,
}

/// The kind of a failed probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The port-forward is there and the server does not answer: it hangs, or is still working.
    Hangs,
    /// The port-forward itself did not come about in time.
    TimedOut,
    /// The pod takes no connections on the port.
    Refused,
    /// The server's certificate is not the cluster's.
    Tls,
    /// Port-forwards are not permitted.
    Forbidden,
    /// There is no such pod.
    NoPod,
    /// The server is sealed and so does not know.
    Sealed,
    /// The server sends us elsewhere; redirects are never followed.
    Redirected,
    /// Another HTTP status.
    Status(u16),
    /// The answer is not one of OpenBao's.
    NotOpenBao,
    /// Anything else between us and the server.
    Unreachable,
    /// The token given cannot be one: nothing was asked.
    Unusable,
}

impl ProbeFailure {
    /// Whether the question never got to the server, so that the missing answer says nothing about it.
    pub fn is_of_the_way(&self) -> bool {
        matches!(self.trouble, Trouble::TimedOut | Trouble::Tls | Trouble::Forbidden | Trouble::NoPod | Trouble::Unreachable)
    }

    fn new(trouble: Trouble, cause: impl AsRef<str>) -> Self {
        ProbeFailure { trouble, cause: clean_cut(cause.as_ref(), 300) }
    }
}

impl fmt::Display for ProbeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

impl std::error::Error for ProbeFailure {}

/// Asks every pod, all at once, each through its own port-forward.
///
/// `ca` is the PEM bundle that the servers' certificates must chain to; without one, what this machine trusts. No
/// request takes longer than [`REQUEST_LIMIT`] or the deadline.
pub async fn probe_all(
    client: &Client,
    namespace: &str,
    cluster: &str,
    pods: &[String],
    ca: Option<&str>,
    deadline: Duration,
) -> Vec<Probe> {
    let limit = deadline.min(REQUEST_LIMIT);
    probe_through(Arc::new(Pods::new(client.clone(), limit)), namespace, cluster, pods, ca, limit).await
}

/// [`probe_all`] over any way to the pods; `limit` is that of each request.
pub async fn probe_through(
    dial: Arc<dyn Dial>,
    namespace: &str,
    cluster: &str,
    pods: &[String],
    ca: Option<&str>,
    limit: Duration,
) -> Vec<Probe> {
    match Prober::new(dial, namespace, cluster, pods, ca, limit).await {
        Ok(prober) => join_all(prober.servers.iter().map(|server| prober.probe(server))).await,
        Err(failure) => pods.iter().map(|pod| unasked(pod, &failure)).collect(),
    }
}

fn unasked(pod: &str, failure: &ProbeFailure) -> Probe {
    Probe { pod: pod.to_owned(), health: Err(failure.clone()), leader: Err(failure.clone()), seal_status: Err(failure.clone()) }
}

/// One HTTP client for all pods; their DNS names lead to the local ends of their port-forwards.
struct Prober {
    http: reqwest::Client,
    servers: Vec<Server>,
    limit: Duration,
}

struct Server {
    pod: String,
    /// `<pod>.<cluster>.<namespace>.svc`: what the servers' certificates are made out to.
    host: String,
    forward: Forward,
}

impl Server {
    /// The URL of a path. A name that is no host name could lead elsewhere.
    fn url(&self, path: &str) -> Result<Url, ProbeFailure> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        let named = !self.pod.is_empty() && self.host.chars().all(plain);
        let url = named.then(|| Url::parse(&format!("https://{}{path}", self.host)).ok()).flatten();
        url.ok_or_else(|| ProbeFailure::new(Trouble::NoPod, format!("{} is no pod name", self.pod)))
    }
}

impl Prober {
    async fn new(
        dial: Arc<dyn Dial>,
        namespace: &str,
        cluster: &str,
        pods: &[String],
        ca: Option<&str>,
        limit: Duration,
    ) -> Result<Prober, ProbeFailure> {
        let mut servers = Vec::with_capacity(pods.len());
        for pod in pods {
            let host = format!("{pod}.{cluster}.{namespace}.svc");
            let forward = Forward::start(dial.clone(), host.clone(), PORT)
                .await
                .map_err(|error| ProbeFailure::new(Trouble::Unreachable, format!("no local port for a port-forward: {error}")))?;
            servers.push(Server { pod: pod.clone(), host, forward });
        }
        let http = client(&servers, ca, limit)?;
        Ok(Prober { http, servers, limit })
    }

    async fn probe(&self, server: &Server) -> Probe {
        let (health, leader, seal_status) = tokio::join!(self.health(server), self.leader(server), self.seal_status(server));
        Probe { pod: server.pod.clone(), health, leader, seal_status }
    }

    async fn health(&self, server: &Server) -> Answer<Health> {
        // One status for every state, so that proxies and clients keep the body.
        let path = "/v1/sys/health?standbycode=200&sealedcode=200&uninitcode=200";
        let (status, body) = self.get(server, path).await?;
        match status.as_u16() {
            // Those of a server that does not know the parameters.
            200 | 429 | 472 | 473 | 501 | 503 => {
                Ok(Health { answered_at: Some(jiff::Timestamp::now()), ..Health::read(&object(&body)?) })
            }
            _ => Err(refused(status, &body)),
        }
    }

    async fn leader(&self, server: &Server) -> Answer<Leader> {
        match self.get(server, "/v1/sys/leader").await? {
            (StatusCode::OK, body) => Ok(Leader::read(&object(&body)?)),
            (status, body) => Err(refused(status, &body)),
        }
    }

    async fn seal_status(&self, server: &Server) -> Answer<SealStatus> {
        match self.get(server, "/v1/sys/seal-status").await? {
            (StatusCode::OK, body) => Ok(SealStatus::read(&object(&body)?)),
            (status, body) => Err(refused(status, &body)),
        }
    }

    async fn get(&self, server: &Server, path: &str) -> Result<(StatusCode, Vec<u8>), ProbeFailure> {
        self.send(server, self.http.get(server.url(path)?)).await
    }

    async fn send(&self, server: &Server, request: reqwest::RequestBuilder) -> Result<(StatusCode, Vec<u8>), ProbeFailure> {
        let mut response = request.send().await.map_err(|error| self.unanswered(server, &error))?;
        if response.status().is_redirection() {
            let to = response.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or("elsewhere");
            // Queries of such links hold codes and states.
            let to = without_login(to.split(['?', '#']).next().unwrap_or_default());
            return Err(ProbeFailure::new(Trouble::Redirected, format!("the server redirects to {to}")));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unanswered(server, &error))? {
            body.extend_from_slice(&chunk);
            if body.len() > BODY_LIMIT {
                return Err(ProbeFailure::new(Trouble::NotOpenBao, "the answer is far too long"));
            }
        }
        Ok((response.status(), body))
    }

    /// What the port-forward knows comes first: the HTTP client only sees a connection that ended.
    fn unanswered(&self, server: &Server, error: &reqwest::Error) -> ProbeFailure {
        if let Some(cause) = server.forward.failure() {
            return ProbeFailure::new(trouble_of(&cause), cause.to_string());
        }
        if let Some(cause) = tls::cause(error) {
            return ProbeFailure::new(Trouble::Tls, cause);
        }
        let limit = self.limit.as_secs_f32();
        match (error.is_timeout(), server.forward.is_open()) {
            (true, true) => ProbeFailure::new(Trouble::Hangs, format!("the server did not answer within {limit:.1} s")),
            (true, false) => ProbeFailure::new(Trouble::TimedOut, format!("no port-forward within {limit:.1} s")),
            (false, _) => ProbeFailure::new(Trouble::Unreachable, format!("the connection broke off: {}", deepest(error))),
        }
    }
}

fn client(servers: &[Server], ca: Option<&str>, limit: Duration) -> Result<reqwest::Client, ProbeFailure> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("kubectl-openbao/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .https_only(true)
        .timeout(limit);
    if let Some(pem) = ca {
        builder = builder.tls_certs_only(authorities(pem)?);
    }
    for server in servers {
        // URLs name no port, and so the one of this address is taken.
        builder = builder.resolve_to_addrs(&server.host, &[server.forward.address()]);
    }
    builder.build().map_err(|error| {
        let cause = tls::cause(&error).unwrap_or_else(|| deepest(&error));
        ProbeFailure::new(Trouble::Tls, format!("no TLS client can be made: {cause}"))
    })
}

fn authorities(pem: &str) -> Result<Vec<Certificate>, ProbeFailure> {
    let unusable = |cause: String| ProbeFailure::new(Trouble::Tls, format!("the cluster's CA cannot be used: {cause}"));
    tls::certificates(pem)
        .map_err(unusable)?
        .iter()
        .map(|certificate| Certificate::from_der(certificate).map_err(|error| unusable(deepest(&error))))
        .collect()
}

fn trouble_of(cause: &DialError) -> Trouble {
    match cause {
        DialError::Tunnel(TunnelError::Forbidden { .. }) => Trouble::Forbidden,
        DialError::Tunnel(TunnelError::NotFound(_)) | DialError::UnknownHost(_) => Trouble::NoPod,
        DialError::Tunnel(TunnelError::Refused { .. }) | DialError::Refused(_) => Trouble::Refused,
        DialError::Tunnel(TunnelError::TimedOut { .. }) => Trouble::TimedOut,
        DialError::Tunnel(TunnelError::NoBackend { .. } | TunnelError::Api { .. })
        | DialError::Unreachable(..)
        | DialError::Proxy(..) => Trouble::Unreachable,
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, ProbeFailure> {
    serde_json::from_slice(body).map_err(|_| ProbeFailure::new(Trouble::NotOpenBao, "the answer is not a JSON object"))
}

/// An HTTP error, with the server's own words (`{"errors": […]}`) where it has any.
fn refused(status: StatusCode, body: &[u8]) -> ProbeFailure {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let errors: Vec<&str> = body["errors"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let text = errors.join("; ");
    // The words are still Vault's in every release.
    if status == StatusCode::SERVICE_UNAVAILABLE && text.contains("is sealed") {
        return ProbeFailure::new(Trouble::Sealed, "the server is sealed");
    }
    let said = if text.is_empty() { String::new() } else { format!(": {text}") };
    ProbeFailure::new(Trouble::Status(status.as_u16()), format!("the server answered HTTP {}{said}", status.as_u16()))
}

#[cfg(test)]
mod tests;
