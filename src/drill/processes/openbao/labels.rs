//! Service registration: the labels a server writes on its own pod (O§4).

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use super::Server;

/// Keeps the pod's labels as the server's state is; a failed update is tried again. Never ends.
///
/// At process start all are reset, `openbao-initialized` too; it never turns false again. A hanging server's labels freeze.
pub(super) async fn keep(server: &Server) {
    let mut changes = server.process.world.changes();
    let mut written = None;
    let mut initialized = false;
    loop {
        if let Some(labels) = wanted(server, &mut initialized).filter(|labels| written.as_ref() != Some(labels)) {
            if write(server, &labels).await {
                written = Some(labels);
            } else {
                server.process.work(Duration::from_secs(5)).await;
            }
        } else if changes.changed().await.is_err() {
            return;
        }
    }
}

fn wanted(server: &Server, initialized: &mut bool) -> Option<BTreeMap<&'static str, String>> {
    let view = server.view();
    let state = view.servers.get(&server.pod).filter(|state| !state.hanging)?;
    *initialized |= !state.sealed;
    let active = !state.sealed && view.leader.as_deref() == Some(&server.pod);
    let version = view.version.replace(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c), "-");
    Some(BTreeMap::from([
        ("openbao-active", active.to_string()),
        ("openbao-sealed", state.sealed.to_string()),
        ("openbao-initialized", initialized.to_string()),
        ("openbao-perf-standby", "false".into()),
        ("openbao-version", version),
    ]))
}

async fn write(server: &Server, labels: &BTreeMap<&'static str, String>) -> bool {
    let pods: Api<Pod> = Api::namespaced(server.process.client.clone(), &server.namespace);
    let patch = Patch::Merge(json!({ "metadata": { "labels": labels } }));
    match pods.patch(&server.pod, &PatchParams::default(), &patch).await {
        Ok(_) => true,
        Err(error) => {
            server
                .log("WARN", &format!("service_registration.kubernetes: unable to update state: error={:?}", error.to_string()));
            false
        }
    }
}
