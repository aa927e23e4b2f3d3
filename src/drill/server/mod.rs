//! The range's API server: Kubernetes over TLS on loopback, from memory.
//!
//! It serves what the plugin, the simulated operator and kubelet and plain `kubectl` use, with the semantics and the
//! texts of kube-apiserver; it knows nothing about what the objects mean. Faults can be armed, every request is logged.
//!
//! - `connection`, `auth`, `handler`: from the socket to one request, with a user.
//! - `route`, `rbac`, `admission`: what is asked, and whether it may be done.
//! - `store`, `read`, `watching`, `write`, `patch`, `defaults`: the objects.
//! - `table`, `discovery`, `openapi`, `review`, `kubelet_proxy`: everything else a client talks to.

mod admission;
mod auth;
mod connection;
mod defaults;
mod discovery;
mod faults;
mod handler;
mod json_patch;
mod kubelet_proxy;
mod meta;
mod openapi;
mod patch;
mod protobuf;
mod rbac;
mod read;
mod rejection;
mod requests;
mod resources;
mod review;
mod route;
mod selector;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod watching;
mod write;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

pub use auth::User;
pub use faults::{Act, Fault, Faults, Hits};
pub use rejection::Cause;
pub use requests::Request;
pub use resources::{Resource, Resources};
pub use store::{Change, Event, Store};

use crate::drill::Play;
use crate::drill::pki::{Authority, ClientName};
use crate::drill::schema;

/// How a server is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// The CRDs installed: documents as `schema::crds` gives them. Empty: the operator's group answers 404.
    pub crds: Vec<Value>,
    /// Whose admission policies are in force; `None` for none.
    pub policies: Option<Play>,
    /// Changes remembered for watches; older resource versions are answered 410.
    pub history: usize,
    /// What `/version` says.
    pub version: String,
    /// Where an expired client certificate is refused: `false` with 401 as kube-apiserver does, `true` in the TLS
    /// handshake as proxies in front of it do.
    pub expired_fails_handshake: bool,
}

impl Options {
    /// The CRDs and policies of one generation.
    pub fn playing(play: Play) -> Self {
        Options { crds: schema::crds(play), policies: Some(play), ..Self::without_operator() }
    }

    /// A cluster in which the operator was never installed.
    pub fn without_operator() -> Self {
        let version = "v1.36.3".to_owned();
        Options { crds: Vec::new(), policies: None, history: 20_000, version, expired_fails_handshake: false }
    }
}

/// A running server. Ends when dropped.
pub struct Server {
    shared: Arc<Shared>,
    listener: connection::Listener,
}

/// What all connections share.
pub(crate) struct Shared {
    pub options: Options,
    pub authority: Authority,
    pub resources: Arc<Resources>,
    pub store: Arc<Store>,
    pub faults: Faults,
    pub requests: requests::Requests,
    pub tokens: auth::Tokens,
}

impl Server {
    /// Starts listening on a free port of the loopback interface.
    ///
    /// # Errors
    /// When the port or the TLS set-up fails.
    pub async fn start(options: Options) -> std::io::Result<Server> {
        let resources = Arc::new(Resources::new(&options.crds));
        let store = Arc::new(Store::new(resources.clone(), options.history));
        let shared = Arc::new(Shared {
            authority: Authority::new("practice-range-ca"),
            resources,
            store,
            faults: Faults::default(),
            requests: requests::Requests::new(),
            tokens: auth::Tokens::default(),
            options,
        });
        defaults::bootstrap(&shared);
        let listener = connection::Listener::start(shared.clone()).await?;
        Ok(Server { shared, listener })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// `https://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("https://{}", self.address())
    }

    /// The authority that signs its certificate and those of its clients.
    pub fn authority(&self) -> &Authority {
        &self.shared.authority
    }

    /// The objects, for seeding and inspection past all rules.
    pub fn store(&self) -> &Arc<Store> {
        &self.shared.store
    }

    /// The faults and the lockstep mode.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Every request since the start or the last [`Server::clear_requests`], in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.all()
    }

    /// The requests that would change objects: no reads, no dry runs, no access reviews.
    pub fn writes(&self) -> Vec<Request> {
        self.requests().into_iter().filter(Request::is_write).collect()
    }

    /// Empties the log of requests.
    pub fn clear_requests(&self) {
        self.shared.requests.clear();
    }

    /// A kubeconfig with a client certificate of this user, context and cluster `range`, namespace `namespace`.
    pub fn kubeconfig(&self, user: &User, namespace: &str) -> String {
        let groups: Vec<&str> = user.groups.iter().map(String::as_str).collect();
        let identity = self.authority().client(&ClientName { user: &user.name, groups: &groups, expired: user.expired });
        let credentials = json!({
            "client-certificate-data": BASE64_STANDARD.encode(&identity.certificate),
            "client-key-data": BASE64_STANDARD.encode(&identity.key),
        });
        self.kubeconfig_with(&user.name, &credentials, namespace)
    }

    /// A kubeconfig with a bearer token of this user.
    pub fn kubeconfig_with_token(&self, user: &User, namespace: &str) -> String {
        self.kubeconfig_with(&user.name, &json!({"token": self.token(user)}), namespace)
    }

    /// A new bearer token for this user.
    pub fn token(&self, user: &User) -> String {
        self.shared.tokens.issue(user)
    }

    /// A client with this user's certificate, without retries.
    ///
    /// # Errors
    /// When kube refuses its own configuration.
    pub async fn client(&self, user: &User) -> Result<kube::Client, kube::Error> {
        let kubeconfig = kube::config::Kubeconfig::from_yaml(&self.kubeconfig(user, "default"));
        let kubeconfig = kubeconfig.expect("a kubeconfig made here");
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &kube::config::KubeConfigOptions::default()).await;
        let mut config = config.expect("a kubeconfig made here");
        config.default_retry = false;
        // The environment's proxy is for the world outside; the range is on loopback.
        config.proxy_url = None;
        kube::Client::try_from(config)
    }

    /// Lets a user do something everywhere: a ClusterRole and a ClusterRoleBinding with these rules
    /// (`[{"apiGroups": ["openbao.org"], "resources": ["*"], "verbs": ["get"]}]`).
    pub fn allow(&self, user: &str, rules: Value) {
        rbac::seed(&self.shared.store, None, user, rules);
    }

    /// Lets a user do something in one namespace: a Role and a RoleBinding with these rules.
    pub fn allow_in(&self, namespace: &str, user: &str, rules: Value) {
        rbac::seed(&self.shared.store, Some(namespace), user, rules);
    }

    /// Stops listening and cuts every connection; the objects stay. New connections are refused.
    pub async fn stop(&self) {
        self.listener.stop().await;
    }

    /// Listens again, on the same port.
    ///
    /// # Errors
    /// When another process took the port meanwhile.
    pub async fn resume(&self) -> std::io::Result<()> {
        self.listener.resume().await
    }

    /// What a restart of the API server looks like: connections cut, new ones refused for `pause`, then all is back.
    ///
    /// # Errors
    /// When another process took the port meanwhile.
    pub async fn restart(&self, pause: Duration) -> std::io::Result<()> {
        self.stop().await;
        tokio::time::sleep(pause).await;
        self.resume().await
    }

    /// While set, connections are accepted and nothing is ever said on them: no TLS, no answer.
    pub fn black_hole(&self, on: bool) {
        self.listener.black_hole(on);
    }

    fn kubeconfig_with(&self, user: &str, credentials: &Value, namespace: &str) -> String {
        let authority = BASE64_STANDARD.encode(self.authority().certificate());
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "range", "preferences": {},
            "clusters": [{"name": "range", "cluster": {"server": self.url(), "certificate-authority-data": authority}}],
            "users": [{"name": user, "user": credentials}],
            "contexts": [{"name": "range", "context": {"cluster": "range", "user": user, "namespace": namespace}}],
        });
        serde_saphyr::to_string(&config).expect("plain JSON is plain YAML")
    }
}
