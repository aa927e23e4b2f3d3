//! Keys and kubeconfig files of a control plane.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use kubectl_openbao::drill::pki::{Authority, ClientName};
use serde_json::json;

/// One authority for servers and clients, and the key that signs ServiceAccount tokens.
pub struct Credentials {
    authority: Mutex<Authority>,
    certificate: String,
    dir: PathBuf,
    server: String,
}

/// The files the servers are given.
pub struct Files {
    /// The authority's certificate.
    pub ca: PathBuf,
    /// The API server's certificate.
    pub server_certificate: PathBuf,
    /// The API server's key.
    pub server_key: PathBuf,
    /// The private half of the ServiceAccount key.
    pub service_account_key: PathBuf,
    /// The public half of the ServiceAccount key.
    pub service_account_public: PathBuf,
}

impl Credentials {
    /// Makes the keys of a control plane whose API server will be at `server`, as files in `dir`.
    pub fn new(dir: &Path, server: String) -> Credentials {
        let authority = Authority::new("kubectl-openbao end-to-end");
        let certificate = authority.certificate();
        let serving = authority.server(&["127.0.0.1", "localhost", "kubernetes.default.svc", "10.0.0.1"]);
        // The API server takes EC keys here as well as RSA ones, and these are made in no time.
        let tokens = rcgen::KeyPair::generate().unwrap();
        let credentials = Credentials { authority: Mutex::new(authority), certificate, dir: dir.to_path_buf(), server };
        let files = credentials.files();
        fs::write(files.ca, &credentials.certificate).unwrap();
        fs::write(files.server_certificate, serving.certificate).unwrap();
        fs::write(files.server_key, serving.key).unwrap();
        fs::write(files.service_account_key, tokens.serialize_pem()).unwrap();
        fs::write(files.service_account_public, tokens.public_key_pem()).unwrap();
        credentials
    }

    /// Where the servers find their keys.
    pub fn files(&self) -> Files {
        let file = |name: &str| self.dir.join(name);
        Files {
            ca: file("ca.crt"),
            server_certificate: file("server.crt"),
            server_key: file("server.key"),
            service_account_key: file("service-account.key"),
            service_account_public: file("service-account.pub"),
        }
    }

    /// The URL of the API server.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// A kubeconfig for a user; made once per user, groups and namespace.
    pub fn kubeconfig(&self, user: &str, groups: &[&str], namespace: &str) -> PathBuf {
        self.written(&ClientName { user, groups, expired: false }, namespace)
    }

    /// A kubeconfig whose client certificate ran out long ago.
    pub fn expired_kubeconfig(&self, user: &str) -> PathBuf {
        self.written(&ClientName { user, groups: &[], expired: true }, "default")
    }

    fn written(&self, client: &ClientName<'_>, namespace: &str) -> PathBuf {
        let age = if client.expired { "expired" } else { "valid" };
        let name = [&[client.user, age][..], client.groups, &[namespace]].concat().join("_").replace([':', '/'], "-");
        let path = self.dir.join(format!("kubeconfig_{name}"));
        let authority = self.authority.lock().unwrap();
        if !path.exists() {
            let identity = authority.client(client);
            let unfinished = path.with_extension("new");
            fs::write(&unfinished, self.document(client.user, namespace, &identity.certificate, &identity.key)).unwrap();
            fs::rename(unfinished, &path).unwrap();
        }
        path
    }

    // JSON is YAML, and quotes whatever needs quoting.
    fn document(&self, user: &str, namespace: &str, certificate: &str, key: &str) -> String {
        let encode = |text: &str| base64::Engine::encode(&base64::prelude::BASE64_STANDARD, text);
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "e2e",
            "clusters": [{"name": "e2e", "cluster": {
                "server": self.server, "certificate-authority-data": encode(&self.certificate)}}],
            "users": [{"name": user, "user": {
                "client-certificate-data": encode(certificate), "client-key-data": encode(key)}}],
            "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": user, "namespace": namespace}}],
        })
        .to_string()
    }
}
