//! The one JSON patch of an acknowledgement.

use serde_json::{Value, json};

use super::plan::AckRequest;
use crate::api::cluster::Cluster;
use crate::api::names::audit;
use crate::domain::evidence::Evidence;

/// The operations: three tests of what the person saw, then the acknowledgement, then who and why.
///
/// `add` replaces what is there, so an older acknowledgement is no obstacle.
pub(super) fn operations(evidence: &Evidence, cluster: &Cluster, nonce: &str, request: &AckRequest, hazards: &[String]) -> Value {
    let mut all = vec![
        json!({"op": "test", "path": "/metadata/resourceVersion", "value": cluster.meta.resource_version}),
        json!({"op": "test", "path": "/status/breakGlass/active", "value": true}),
        json!({"op": "test", "path": "/status/breakGlass/nonce", "value": nonce}),
        json!({"op": "add", "path": "/spec/breakGlassAck", "value": nonce}),
    ];
    all.extend(annotations(evidence, cluster, request, hazards));
    all.into()
}

/// The audit trail as operations; the map is made first where there is none.
fn annotations(evidence: &Evidence, cluster: &Cluster, request: &AckRequest, hazards: &[String]) -> Vec<Value> {
    let accepted = (!hazards.is_empty()).then(|| hazards.join(","));
    let person = evidence.person.value().cloned();
    let entries = [
        (audit::REASON, request.reason.clone()),
        (audit::REQUESTED_BY, person),
        (audit::REQUEST_ID, Some(request.request_id.clone())),
        (audit::ACCEPTED_HAZARDS, accepted),
        (audit::VERSION, Some(request.tool_version.clone())),
    ];
    let stale = |name: &str| cluster.meta.annotations.contains_key(name);
    let mut all = Vec::new();
    if cluster.meta.annotations.is_empty() {
        all.push(json!({"op": "add", "path": "/metadata/annotations", "value": {}}));
    }
    for (name, value) in entries {
        let path = format!("/metadata/annotations/{}", name.replace('~', "~0").replace('/', "~1"));
        match value {
            Some(value) => all.push(json!({"op": "add", "path": path, "value": value})),
            // What an earlier write said must not be read as said of this one.
            None if stale(name) => all.push(json!({"op": "remove", "path": path})),
            None => {}
        }
    }
    all
}
