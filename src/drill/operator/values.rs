//! Reading and patching untyped Kubernetes objects, without ever failing on a missing or odd field.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The text at a JSON pointer, or the empty text.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The boolean at a JSON pointer, or `false`.
pub fn flag(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).and_then(Value::as_bool).unwrap_or_default()
}

/// The integer at a JSON pointer, or 0.
pub fn number(value: &Value, pointer: &str) -> i64 {
    value.pointer(pointer).and_then(Value::as_i64).unwrap_or_default()
}

/// The array at a JSON pointer, or an empty one.
pub fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether something other than `null` stands at a JSON pointer.
pub fn present(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).is_some_and(|found| !found.is_null())
}

/// The object's name.
pub fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// The object's namespace.
pub fn namespace(object: &Value) -> &str {
    text(object, "/metadata/namespace")
}

/// The object's uid.
pub fn uid(object: &Value) -> &str {
    text(object, "/metadata/uid")
}

/// An annotation's value; annotation keys hold slashes, which a JSON pointer would need escaped.
pub fn annotation<'a>(object: &'a Value, key: &str) -> &'a str {
    keyed(object, "/metadata/annotations", key)
}

/// A label's value.
pub fn label<'a>(object: &'a Value, key: &str) -> &'a str {
    keyed(object, "/metadata/labels", key)
}

/// A value of a string map with slashes in its keys.
pub fn keyed<'a>(object: &'a Value, map: &str, key: &str) -> &'a str {
    object.pointer(map).and_then(|map| map.get(key)).and_then(Value::as_str).unwrap_or_default()
}

/// A time as Kubernetes writes it: UTC, whole seconds.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A time as a Lease carries it: UTC, microseconds.
pub fn micro_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// What an object looks like after an RFC 7386 merge patch.
pub fn merged(target: &Value, patch: &Value) -> Value {
    let Value::Object(changes) = patch else { return patch.clone() };
    let mut result = target.as_object().cloned().unwrap_or_default();
    for (key, change) in changes {
        if change.is_null() {
            result.shift_remove(key);
        } else {
            let value = merged(result.get(key).unwrap_or(&Value::Null), change);
            result.insert(key.clone(), value);
        }
    }
    Value::Object(result)
}

/// The condition of one type in an object's status.
pub fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    list(object, "/status/conditions").iter().find(|condition| text(condition, "/type") == kind)
}

/// A condition about to be set.
#[derive(Debug, Clone)]
pub struct Condition<'a> {
    /// Its type.
    pub kind: &'a str,
    /// `True`, `False` or `Unknown`.
    pub status: &'a str,
    /// Its reason.
    pub reason: &'a str,
    /// Its message.
    pub message: &'a str,
    /// The generation it speaks about; JAN leaves it out on restores.
    pub generation: Option<i64>,
}

/// Sets a condition in a list the way the Kubernetes library does: the transition time only moves with the status.
pub fn set_condition(conditions: &mut Vec<Value>, condition: &Condition<'_>, now: Timestamp) {
    let old = conditions.iter().position(|c| text(c, "/type") == condition.kind);
    let since = old
        .and_then(|at| conditions.get(at))
        .filter(|old| text(old, "/status") == condition.status)
        .map(|old| text(old, "/lastTransitionTime").to_owned())
        .filter(|since| !since.is_empty())
        .unwrap_or_else(|| time(now));
    let mut value = Map::new();
    value.insert("lastTransitionTime".into(), json!(since));
    value.insert("message".into(), json!(condition.message));
    if let Some(generation) = condition.generation {
        value.insert("observedGeneration".into(), json!(generation));
    }
    value.insert("reason".into(), json!(condition.reason));
    value.insert("status".into(), json!(condition.status));
    value.insert("type".into(), json!(condition.kind));
    match old {
        Some(at) => conditions[at] = Value::Object(value),
        None => conditions.push(Value::Object(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_patch_removes_nulls_and_replaces_lists() {
        let before = json!({"a": {"b": 1, "c": [1, 2]}, "d": 4});
        let after = merged(&before, &json!({"a": {"b": null, "c": [3]}, "e": {"f": null, "g": 1}}));
        assert_eq!(after, json!({"a": {"c": [3]}, "d": 4, "e": {"g": 1}}));
    }

    #[test]
    fn the_transition_time_moves_only_with_the_status() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let set = |conditions: &mut Vec<Value>, status, message, seconds| {
            let condition = Condition { kind: "Available", status, reason: "R", message, generation: Some(1) };
            set_condition(conditions, &condition, at(seconds));
        };
        let mut conditions = Vec::new();
        set(&mut conditions, "True", "one", 0);
        set(&mut conditions, "True", "two", 60);
        assert_eq!(
            (text(&conditions[0], "/message"), text(&conditions[0], "/lastTransitionTime")),
            ("two", "1970-01-01T00:00:00Z")
        );
        set(&mut conditions, "False", "three", 60);
        assert_eq!(text(&conditions[0], "/lastTransitionTime"), "1970-01-01T00:01:00Z");
    }
}
