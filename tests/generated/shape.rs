//! Documents against JSON Schemas, as far as the generator writes schemas.

use serde_json::Value;

/// What of a document a schema does not allow, or does not describe: a field without a description is a gap here,
/// although the schema lets readers expect new fields. Only the keywords that the generator writes.
pub fn violations(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("{reference} leads nowhere"));
        return violations(root, target, value, at);
    }
    let choices = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
    if let Some(choices) = choices {
        let fits = |choice: &Value| violations(root, &flattened(schema, choice), value, at).is_empty();
        if !choices.iter().any(fits) {
            return vec![format!("{at}: {value} fits none of {choices:?}")];
        }
        // Fields beside choices were held against each choice together with its own.
        if schema["properties"].is_object() {
            return Vec::new();
        }
    }
    let mut wrong = Vec::new();
    if !schema["type"].is_null() && !allowed(&schema["type"]).contains(&type_of(value)) {
        wrong.push(format!("{at}: {value} is not {}", schema["type"]));
    }
    if schema.get("const").is_some_and(|expected| expected != value) {
        wrong.push(format!("{at}: {value} is not {}", schema["const"]));
    }
    if schema["enum"].as_array().is_some_and(|values| !values.contains(value)) {
        wrong.push(format!("{at}: {value} is not one of {}", schema["enum"]));
    }
    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
        wrong.extend(violations(root, &schema["items"], item, &format!("{at}[{i}]")));
    }
    wrong.extend(fields(root, schema, value, at));
    wrong
}

/// A choice with the fields that stand beside the choices: what `serde(flatten)` of an enum makes.
fn flattened(schema: &Value, choice: &Value) -> Value {
    let mut whole = choice.clone();
    if let (Some(beside), Some(own)) = (schema["properties"].as_object(), whole["properties"].as_object_mut()) {
        own.extend(beside.clone());
        let required = |of: &Value| of["required"].as_array().cloned().unwrap_or_default();
        whole["required"] = [required(choice), required(schema)].concat().into();
    }
    whole
}

fn fields(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let Some(object) = value.as_object().filter(|_| schema["properties"].is_object()) else { return Vec::new() };
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut wrong: Vec<String> =
        required.filter(|name| !object.contains_key(*name)).map(|name| format!("{at}: no {name}")).collect();
    for (name, inner) in object {
        match schema["properties"].get(name) {
            Some(described) => wrong.extend(violations(root, described, inner, &format!("{at}.{name}"))),
            None => wrong.push(format!("{at}.{name} is not described")),
        }
    }
    wrong
}

fn allowed(types: &Value) -> Vec<&str> {
    types.as_array().map_or_else(|| types.as_str().into_iter().collect(), |t| t.iter().filter_map(Value::as_str).collect())
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
