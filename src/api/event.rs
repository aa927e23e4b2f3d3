//! Kubernetes events as far as a diagnosis reads them: what happened to which object, and how often.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::read::Fields;

/// One event (core `v1`; the fields of `events.k8s.io/v1` are read too).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Kind of the object it is about: `Pod`, `Job`, `OpenBaoCluster`.
    pub kind: String,
    /// Name of that object.
    pub name: String,
    /// `Normal` or `Warning`.
    pub severity: String,
    /// CamelCase reason: `FailedScheduling`, `BreakGlassEntered`.
    pub reason: String,
    /// Text for people; untrusted.
    pub message: String,
    /// How often it was seen.
    pub count: i64,
    /// When it was seen last.
    pub last_seen: Option<Timestamp>,
}

impl Event {
    /// Reads an event; never fails.
    pub fn read(object: &Value) -> Event {
        let top = Fields::of(object);
        let about = if top.at("involvedObject").exists() { top.at("involvedObject") } else { top.at("regarding") };
        let series = top.at("series");
        Event {
            kind: about.text("kind").unwrap_or_default(),
            name: about.text("name").unwrap_or_default(),
            severity: top.text("type").unwrap_or_default(),
            reason: top.text("reason").unwrap_or_default(),
            message: top.filled("message").or_else(|| top.filled("note")).unwrap_or_default(),
            count: series.int("count").or_else(|| top.int("count")).unwrap_or(1),
            last_seen: series
                .time("lastObservedTime")
                .or_else(|| top.time("lastTimestamp"))
                .or_else(|| top.time("eventTime"))
                .or_else(|| top.at("metadata").time("creationTimestamp")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_an_event_are_read() {
        let old = serde_json::json!({
            "involvedObject": {"kind": "Pod", "name": "p"}, "type": "Warning", "reason": "FailedMount", "message": "m",
            "count": 4, "lastTimestamp": "2026-11-21T00:00:00Z",
        });
        let new = serde_json::json!({
            "regarding": {"kind": "Pod", "name": "p"}, "type": "Warning", "reason": "FailedMount", "note": "m",
            "series": {"count": 4, "lastObservedTime": "2026-11-21T00:00:00Z"},
        });
        assert_eq!(Event::read(&old), Event::read(&new));
        assert_eq!(Event::read(&Value::Null).count, 1);
    }
}
