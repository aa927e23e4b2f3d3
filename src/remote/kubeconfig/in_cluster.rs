//! Inside a pod, when nothing else is configured (client-go `rest/config.go`, `InClusterConfig`).

use std::path::Path;

use super::Surroundings;

/// What a pod is given.
#[derive(Debug)]
pub(super) struct Pod {
    pub server: String,
    pub token_file: String,
    pub authority_file: String,
    pub namespace: String,
}

/// The pod's service account: only with the service's address in the environment and a token file.
pub(super) fn pod(surroundings: &Surroundings) -> Option<Pod> {
    let host = surroundings.variable("KUBERNETES_SERVICE_HOST")?;
    let port = surroundings.variable("KUBERNETES_SERVICE_PORT")?;
    let directory = &surroundings.service_account_dir;
    let token = directory.join("token");
    if !token.is_file() {
        return None;
    }
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    Some(Pod {
        server: format!("https://{host}:{port}"),
        token_file: token.to_string_lossy().into_owned(),
        authority_file: directory.join("ca.crt").to_string_lossy().into_owned(),
        namespace: namespace(surroundings, directory),
    })
}

fn namespace(surroundings: &Surroundings, directory: &Path) -> String {
    if let Some(name) = surroundings.variable("POD_NAMESPACE") {
        return name.to_owned();
    }
    let written = std::fs::read_to_string(directory.join("namespace")).unwrap_or_default();
    match written.trim() {
        "" => "default".to_owned(),
        name => name.to_owned(),
    }
}
