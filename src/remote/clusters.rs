//! Settles a patch of a cluster whose answer was lost: is it there, can it still come, or is that not known?

use std::time::Duration;

use serde_json::Value;

use super::k8s::paths::CLUSTERS;
use super::k8s::{ApiError, ApiErrorKind, Kube};
use super::restores::may_come_late;
use crate::api::names::audit;

/// What became of the patch.
#[derive(Debug, Clone)]
pub enum Settled {
    /// The cluster carries its request id: it was carried out.
    CarriedOut,
    /// It was not carried out and cannot be any more.
    Never,
    /// The cluster cannot be read, or the request may still be under way.
    Unknown,
}

/// How often a lost answer is settled by looking, and how far apart.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// Looks whether a patch with this request id was carried out. It must have tested `resource_version`: once the cluster
/// has another one without carrying the id, the patch can no longer apply, however late it arrives.
pub async fn settle(kube: &Kube, namespace: &str, name: &str, sent: &SentPatch<'_>) -> Settled {
    let path = CLUSTERS.object(namespace, name);
    let mut unchanged = false;
    for look in 0..LOOKS {
        if look > 0 {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        match kube.get(&path).await {
            Ok(object) if carries(&object, sent.request_id) => return Settled::CarriedOut,
            Ok(object) if version(&object) != sent.resource_version => return Settled::Never,
            Ok(_) => unchanged = true,
            Err(error) if error.kind == ApiErrorKind::NotFound => return Settled::Never,
            Err(_) => unchanged = false,
        }
    }
    if unchanged && !may_come_late(sent.error) { Settled::Never } else { Settled::Unknown }
}

/// The patch as it was sent, and how its answer was lost.
pub struct SentPatch<'a> {
    /// Its request id.
    pub request_id: &'a str,
    /// The resource version it tested.
    pub resource_version: &'a str,
    /// Why there is no answer.
    pub error: &'a ApiError,
}

fn carries(object: &Value, request_id: &str) -> bool {
    let annotations = object.pointer("/metadata/annotations");
    annotations.and_then(|a| a.get(audit::REQUEST_ID)).and_then(Value::as_str) == Some(request_id)
}

fn version(object: &Value) -> &str {
    object.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default()
}
