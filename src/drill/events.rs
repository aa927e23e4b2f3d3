//! Events as the kubelet and the controller manager write them.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, ObjectReference};
use kube::api::PostParams;
use kube::{Api, Client, Resource};
use serde_json::json;

use super::world::{hex, random};

/// What an event says.
pub struct Note<'a> {
    /// Who says it: `kubelet`, `job-controller`, `default-scheduler`.
    pub component: &'a str,
    /// Whether it is a warning.
    pub warning: bool,
    /// The machine-readable reason.
    pub reason: &'a str,
    /// The text for people.
    pub message: String,
}

/// A reference to an object as events and owners carry it.
pub fn reference<K: Resource<DynamicType = ()>>(object: &K) -> ObjectReference {
    ObjectReference { field_path: None, ..object.object_ref(&()) }
}

/// Writes an event. Nobody depends on one, so a failure is not reported.
pub async fn record(client: &Client, about: &ObjectReference, note: Note<'_>) {
    let namespace = about.namespace.clone().unwrap_or_else(|| "default".into());
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let event = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": format!("{}.{}", about.name.as_deref().unwrap_or_default(), hex(&random::<8>())),
            "namespace": namespace,
        },
        "involvedObject": about,
        "type": if note.warning { "Warning" } else { "Normal" },
        "reason": note.reason,
        "message": note.message,
        "source": { "component": note.component },
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
        "reportingComponent": note.component,
    });
    let Ok(event) = serde_json::from_value::<Event>(event) else { return };
    let events: Api<Event> = Api::namespaced(client.clone(), &namespace);
    let _ = events.create(&PostParams::default(), &event).await;
}
