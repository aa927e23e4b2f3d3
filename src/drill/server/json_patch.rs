//! JSON patch (RFC 6902), as evanphx/json-patch does it for kube-apiserver.

use serde_json::Value;

/// Why a patch was not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The document is no JSON patch.
    Malformed(String),
    /// An operation did not apply; a failed `test` is one of these.
    Inapplicable,
}

/// Applies the operations in order, or none of them.
pub(crate) fn apply(object: &Value, patch: &Value) -> Result<Value, Failure> {
    let malformed = |text: &str| Failure::Malformed(text.to_owned());
    let operations =
        patch.as_array().ok_or_else(|| malformed("json: cannot unmarshal object into Go value of type jsonpatch.Patch"))?;
    let mut patched = object.clone();
    for operation in operations {
        step(&mut patched, operation)?;
    }
    Ok(patched)
}

fn step(object: &mut Value, operation: &Value) -> Result<(), Failure> {
    let text = |key: &str| operation[key].as_str();
    let missing = |key: &str| Failure::Malformed(format!("missing {key}"));
    let path = text("path").ok_or_else(|| missing("path"))?;
    let value = || operation.get("value").cloned().ok_or_else(|| missing("value"));
    let from = || text("from").ok_or_else(|| missing("from"));
    match text("op").ok_or_else(|| missing("op"))? {
        "add" => add(object, path, value()?),
        "replace" => {
            // Replacing what is not there fails, unlike adding.
            remove(object, path)?;
            add(object, path, value()?)
        }
        "remove" => remove(object, path).map(drop),
        // A missing member equals null, as in evanphx/json-patch.
        "test" => match object.pointer(path).unwrap_or(&Value::Null) == &operation["value"] {
            true => Ok(()),
            false => Err(Failure::Inapplicable),
        },
        "move" => {
            let taken = remove(object, from()?)?;
            add(object, path, taken)
        }
        "copy" => {
            let copied = object.pointer(from()?).cloned().ok_or(Failure::Inapplicable)?;
            add(object, path, copied)
        }
        other => Err(Failure::Malformed(format!("unexpected kind: {other}"))),
    }
}

/// The parent of a place and the last part of its path, unescaped.
fn parent<'a>(object: &'a mut Value, path: &str) -> Result<(&'a mut Value, String), Failure> {
    let (parent, name) = path.rsplit_once('/').ok_or(Failure::Inapplicable)?;
    let place = object.pointer_mut(parent).ok_or(Failure::Inapplicable)?;
    Ok((place, name.replace("~1", "/").replace("~0", "~")))
}

fn add(object: &mut Value, path: &str, value: Value) -> Result<(), Failure> {
    if path.is_empty() {
        *object = value;
        return Ok(());
    }
    let (place, name) = parent(object, path)?;
    match place {
        Value::Object(map) => drop(map.insert(name, value)),
        Value::Array(list) if name == "-" => list.push(value),
        Value::Array(list) => {
            let index = name.parse().ok().filter(|index| *index <= list.len()).ok_or(Failure::Inapplicable)?;
            list.insert(index, value);
        }
        _ => return Err(Failure::Inapplicable),
    }
    Ok(())
}

fn remove(object: &mut Value, path: &str) -> Result<Value, Failure> {
    let (place, name) = parent(object, path)?;
    match place {
        Value::Object(map) => map.shift_remove(&name).ok_or(Failure::Inapplicable),
        Value::Array(list) => {
            let index: usize = name.parse().map_err(|_| Failure::Inapplicable)?;
            if index < list.len() { Ok(list.remove(index)) } else { Err(Failure::Inapplicable) }
        }
        _ => Err(Failure::Inapplicable),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operations_do_what_the_rfc_says() {
        let object = json!({"a": {"b": [1, 2]}, "x/y": 1});
        let after = |patch: Value| apply(&object, &patch);
        assert_eq!(after(json!([{"op": "add", "path": "/a/b/1", "value": 9}])).unwrap()["a"]["b"], json!([1, 9, 2]));
        assert_eq!(after(json!([{"op": "add", "path": "/a/b/-", "value": 9}])).unwrap()["a"]["b"], json!([1, 2, 9]));
        assert_eq!(after(json!([{"op": "replace", "path": "/x~1y", "value": 2}])).unwrap()["x/y"], 2);
        assert_eq!(after(json!([{"op": "move", "from": "/a/b", "path": "/c"}])).unwrap()["c"], json!([1, 2]));
        assert_eq!(after(json!([{"op": "copy", "from": "/a", "path": "/c"}])).unwrap()["c"]["b"], json!([1, 2]));
        assert_eq!(
            after(json!([{"op": "test", "path": "/a/b/0", "value": 1}, {"op": "remove", "path": "/a"}])).unwrap(),
            json!({"x/y": 1})
        );
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let object = json!({"a": 1});
        for patch in [
            json!([{"op": "add", "path": "/b", "value": 1}, {"op": "test", "path": "/a", "value": 2}]),
            json!([{"op": "remove", "path": "/b"}]),
            json!([{"op": "replace", "path": "/b", "value": 1}]),
            json!([{"op": "add", "path": "/b/c", "value": 1}]),
            json!([{"op": "remove", "path": ""}]),
        ] {
            assert_eq!(apply(&object, &patch), Err(Failure::Inapplicable), "{patch}");
        }
        assert!(matches!(apply(&object, &json!({})), Err(Failure::Malformed(_))));
        assert!(matches!(apply(&object, &json!([{"op": "jump", "path": "/a"}])), Err(Failure::Malformed(_))));
    }
}
