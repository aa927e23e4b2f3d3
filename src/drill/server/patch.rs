//! Merge patch, strategic merge patch and server-side apply as plain functions on objects.

use serde_json::{Map, Value, json};

use super::meta;

/// JSON merge patch (RFC 7386).
pub(crate) fn merge(object: &mut Value, patch: &Value) {
    let Some(changes) = patch.as_object() else {
        *object = patch.clone();
        return;
    };
    // Also when there is nothing to change: a patch that is an object makes an object (RFC 7386).
    let map = as_map(object);
    for (key, change) in changes {
        if change.is_null() {
            map.shift_remove(key);
        } else {
            merge(map.entry(key.as_str()).or_insert(Value::Null), change);
        }
    }
}

fn as_map(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().expect("made an object just above")
}

/// Lists that are merged by a key instead of replaced, by the name of their field.
fn merge_key(field: &str, sample: &Value) -> Option<&'static str> {
    match field {
        "containers" | "initContainers" | "ephemeralContainers" | "env" | "volumes" | "imagePullSecrets" | "secrets" => {
            Some("name")
        }
        "volumeMounts" => Some("mountPath"),
        "ports" if sample["containerPort"].is_null() => Some("port"),
        "ports" => Some("containerPort"),
        "conditions" | "addresses" => Some("type"),
        "ownerReferences" => Some("uid"),
        "podIPs" | "hostAliases" => Some("ip"),
        "taints" => Some("key"),
        _ => None,
    }
}

/// Strategic merge patch: like a merge patch, but known lists are merged by key. Of its directives `$patch: delete` and
/// `$patch: replace` are obeyed; those about order are dropped, as order carries no meaning here.
pub(crate) fn strategic(object: &mut Value, patch: &Value) {
    let Some(changes) = patch.as_object() else {
        *object = patch.clone();
        return;
    };
    if changes.get("$patch").is_some_and(|directive| directive == "replace") {
        *object = patch.clone();
        as_map(object).shift_remove("$patch");
        return;
    }
    for (key, change) in changes {
        if let Some(list) = key.strip_prefix("$deleteFromPrimitiveList/") {
            let gone = change.as_array().cloned().unwrap_or_default();
            if let Some(list) = object.get_mut(list).and_then(Value::as_array_mut) {
                list.retain(|value| !gone.contains(value));
            }
        } else if !key.starts_with('$') {
            strategic_field(as_map(object), key, change);
        }
    }
}

fn strategic_field(map: &mut Map<String, Value>, key: &str, change: &Value) {
    let Some(items) = change.as_array() else {
        if change.is_null() {
            map.shift_remove(key);
        } else {
            strategic(map.entry(key).or_insert(Value::Null), change);
        }
        return;
    };
    let sample = items.first().unwrap_or(&Value::Null);
    match (merge_key(key, sample), map.get_mut(key).and_then(Value::as_array_mut)) {
        (Some(by), Some(list)) => merge_list(list, items, by),
        (None, Some(list)) if key == "finalizers" => {
            let new: Vec<Value> = items.iter().filter(|item| !list.contains(item)).cloned().collect();
            list.extend(new);
        }
        _ => {
            let kept = items.iter().filter(|item| item["$patch"] != "delete");
            map.insert(key.to_owned(), kept.cloned().collect());
        }
    }
}

fn merge_list(list: &mut Vec<Value>, items: &[Value], by: &str) {
    for item in items {
        let place = list.iter().position(|old| old[by] == item[by]);
        match place {
            Some(index) if item["$patch"] == "delete" => drop(list.remove(index)),
            Some(index) => strategic(&mut list[index], item),
            None if item["$patch"] == "delete" => {}
            None => list.push(item.clone()),
        }
    }
}

/// Server-side apply in small: what is applied is merged in, fields this manager applied before and now leaves out are
/// removed, and the manager's fields are noted. Conflicts with other managers are not detected: every apply is forced.
pub(crate) fn apply(object: &mut Value, applied: &Value, manager: &str, subresource: &str) {
    let mut applied = applied.clone();
    let version = applied["apiVersion"].take();
    as_map(&mut applied).retain(|key, _| !matches!(key.as_str(), "apiVersion" | "kind"));
    if let Some(meta) = applied.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.retain(|key, _| !matches!(key.as_str(), "managedFields" | "name" | "namespace" | "uid" | "resourceVersion"));
    }
    let fields = field_set(&applied);
    let mine = |entry: &Value| {
        entry["manager"] == manager
            && entry["operation"] == "Apply"
            && entry["subresource"].as_str().unwrap_or_default() == subresource
    };
    let mut entries = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    if let Some(before) = entries.iter().find(|entry| mine(entry)) {
        forget(object, &before["fieldsV1"], &fields);
    }
    strategic(object, &applied);
    entries.retain(|entry| !mine(entry));
    let mut entry = json!({"manager": manager, "operation": "Apply", "apiVersion": version, "time": meta::now(),
        "fieldsType": "FieldsV1", "fieldsV1": fields});
    if !subresource.is_empty() {
        entry["subresource"] = subresource.into();
    }
    entries.push(entry);
    object["metadata"]["managedFields"] = entries.into();
}

/// The `fieldsV1` of an applied object; lists count as one field.
fn field_set(value: &Value) -> Value {
    let fields = value.as_object().into_iter().flatten();
    fields.map(|(key, value)| (format!("f:{key}"), field_set(value))).collect::<Map<_, _>>().into()
}

/// Removes the fields that are in `before` and not in `now`.
fn forget(object: &mut Value, before: &Value, now: &Value) {
    for (key, before) in before.as_object().into_iter().flatten() {
        let Some(name) = key.strip_prefix("f:") else { continue };
        match (now.get(key), object.as_object_mut()) {
            (Some(now), Some(map)) => map.get_mut(name).into_iter().for_each(|value| forget(value, before, now)),
            (None, Some(map)) => drop(map.shift_remove(name)),
            (_, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_patch_removes_nulls_and_replaces_lists() {
        let mut object = json!({"a": {"b": 1, "c": 2}, "l": [1, 2]});
        merge(&mut object, &json!({"a": {"b": null, "d": {"e": 1, "f": null}}, "l": [3]}));
        assert_eq!(object, json!({"a": {"c": 2, "d": {"e": 1}}, "l": [3]}));
    }

    #[test]
    fn a_strategic_patch_merges_known_lists_by_key() {
        let mut object = json!({"status": {"conditions": [{"type": "A", "status": "True"}, {"type": "B", "status": "True"}]}});
        let patch = json!({"status": {"$setElementOrder/conditions": [], "conditions": [
            {"type": "A", "status": "False"}, {"type": "B", "$patch": "delete"}, {"type": "C"}]}});
        strategic(&mut object, &patch);
        assert_eq!(object, json!({"status": {"conditions": [{"type": "A", "status": "False"}, {"type": "C"}]}}));
    }

    #[test]
    fn applying_less_removes_what_was_applied_before() {
        let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"other": "1"}});
        let manifest = |data: Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data});
        apply(&mut object, &manifest(json!({"x": "1", "y": "1"})), "me", "");
        apply(&mut object, &manifest(json!({"x": "2"})), "me", "");
        assert_eq!(object["data"], json!({"other": "1", "x": "2"}));
        assert_eq!(object["metadata"]["managedFields"][0]["fieldsV1"], json!({"f:metadata": {}, "f:data": {"f:x": {}}}));
    }
}
