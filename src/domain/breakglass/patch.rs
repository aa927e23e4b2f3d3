//! The one JSON patch of an acknowledgement.

use serde_json::{Value, json};

use super::plan::AckRequest;
use crate::api::cluster::Cluster;
use crate::domain::evidence::Evidence;
use crate::domain::write::{Act, Audit, Kind, Patch, Write};

/// The write: tests of everything the person saw in the object, then the acknowledgement, then who and why.
///
/// The resource version changes with every change of the object, so nothing slips in between; the other tests say the
/// same in words, for whoever reads an audit log.
pub(super) fn write(evidence: &Evidence, cluster: &Cluster, nonce: &str, request: &AckRequest, accepted: &[String]) -> Write {
    let audit = Audit {
        request_id: request.request_id.clone(),
        reason: request.reason.clone(),
        by: evidence.person.value().cloned(),
        version: request.tool_version.clone(),
        accepted: accepted.to_vec(),
    };
    let act = Patch::of(&cluster.meta)
        .only_while("/metadata/resourceVersion", json!(cluster.meta.resource_version))
        .only_while("/status/breakGlass/active", json!(true))
        .only_while("/status/breakGlass/nonce", json!(nonce))
        .set("/spec/breakGlassAck", json!(nonce))
        .signed(&audit)
        .act();
    Write {
        kind: Kind::Cluster,
        namespace: request.namespace.clone(),
        name: request.cluster.clone(),
        act,
        purpose: "acknowledges break glass".into(),
    }
}

/// Whether two writes do the same to the same object: conditions and audit trail aside, which are of the moment.
pub(crate) fn changes_the_same(a: &Write, b: &Write) -> bool {
    fn changes(write: &Write) -> Option<Vec<&Value>> {
        let Act::Patch { operations } = &write.act else { return None };
        let path = |operation: &Value| operation.get("path").and_then(Value::as_str).unwrap_or_default().to_owned();
        let lasting = |operation: &&Value| operation["op"] != "test" && !path(operation).starts_with("/metadata/annotations");
        Some(operations.iter().filter(lasting).collect())
    }
    (a.kind, &a.namespace, &a.name) == (b.kind, &b.namespace, &b.name) && changes(a).is_some() && changes(a) == changes(b)
}
