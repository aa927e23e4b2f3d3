//! A structural schema at work: unknown fields, pruning, defaults, validation, with kube-apiserver's texts.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::{Map, Value};

use super::rules;
use crate::drill::server::Cause;

/// The `openAPIV3Schema` of one version of a CRD.
#[derive(Debug)]
pub struct Schema {
    root: Value,
    /// The patterns in it, compiled.
    patterns: BTreeMap<String, Regex>,
}

impl Schema {
    /// Takes the schema of a CRD's version. Patterns that are no regular expressions are not enforced.
    pub fn new(root: Value) -> Self {
        let mut patterns = BTreeMap::new();
        collect_patterns(&root, &mut patterns);
        Schema { root, patterns }
    }

    /// The schema itself.
    pub fn document(&self) -> &Value {
        &self.root
    }

    /// The fields no schema knows, as strict decoding lists them: dotted paths in alphabetical order.
    pub fn unknown_fields(&self, object: &Value) -> Vec<String> {
        let mut unknown = Vec::new();
        for (name, node) in self.parts() {
            unknown_in(node, &object[name], name, &mut unknown);
        }
        let top = object.as_object().into_iter().flat_map(Map::keys);
        unknown.extend(top.filter(|key| !self.is_top_level(key)).cloned());
        unknown.sort();
        unknown
    }

    /// Drops what [`Schema::unknown_fields`] lists.
    pub fn prune(&self, object: &mut Value) {
        if let Some(map) = object.as_object_mut() {
            map.retain(|key, _| self.is_top_level(key));
        }
        for (name, node) in self.parts() {
            if let Some(part) = object.get_mut(name) {
                prune(node, part);
            }
        }
    }

    /// Fills in the defaults of fields whose parents are there.
    pub fn fill_defaults(&self, object: &mut Value) {
        for (name, node) in self.parts() {
            if let Some(part) = object.get_mut(name) {
                fill_defaults(node, part);
            }
        }
    }

    /// The rules an object breaks. `part` limits the check to `spec` or `status`; required parts are checked without it.
    pub fn validate(&self, object: &Value, part: Option<&str>) -> Vec<Cause> {
        let mut check = Check { patterns: &self.patterns, causes: Vec::new() };
        for name in self.root["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if object[name].is_null() && part.is_none_or(|part| part == name) {
                check.causes.push(Cause::required(name, ""));
            }
        }
        for (name, node) in self.parts().filter(|(name, _)| part.is_none_or(|part| part == *name)) {
            if let Some(value) = object.get(name) {
                check.value(node, value, name);
            }
        }
        check.causes
    }

    /// The schemas of `spec`, `status` and whatever else there is beside the metadata.
    fn parts(&self) -> impl Iterator<Item = (&str, &Value)> {
        let properties = self.root["properties"].as_object().into_iter().flatten();
        properties.map(|(name, node)| (name.as_str(), node)).filter(|(name, _)| !is_envelope(name))
    }

    fn is_top_level(&self, key: &str) -> bool {
        is_envelope(key) || self.root["properties"].get(key).is_some()
    }
}

fn is_envelope(key: &str) -> bool {
    matches!(key, "apiVersion" | "kind" | "metadata")
}

fn collect_patterns(node: &Value, patterns: &mut BTreeMap<String, Regex>) {
    match node {
        Value::Object(map) => {
            if let Some(pattern) = map.get("pattern").and_then(Value::as_str) {
                patterns.extend(Regex::new(pattern).ok().map(|regex| (pattern.to_owned(), regex)));
            }
            map.values().for_each(|value| collect_patterns(value, patterns));
        }
        Value::Array(list) => list.iter().for_each(|value| collect_patterns(value, patterns)),
        _ => {}
    }
}

/// The schema of a field, and whether an unknown field may stay.
fn child<'a>(node: &'a Value, name: &str) -> Option<&'a Value> {
    node["properties"].get(name).or_else(|| node.get("additionalProperties").filter(|schema| schema.is_object()))
}

fn is_open(node: &Value) -> bool {
    node["x-kubernetes-preserve-unknown-fields"] == true || node["additionalProperties"] == true
}

fn unknown_in(node: &Value, value: &Value, path: &str, unknown: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let path = format!("{path}.{name}");
                match child(node, name) {
                    Some(node) => unknown_in(node, value, &path, unknown),
                    None if is_open(node) => {}
                    None => unknown.push(path),
                }
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                unknown_in(&node["items"], value, &format!("{path}[{index}]"), unknown);
            }
        }
        _ => {}
    }
}

fn prune(node: &Value, value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|name, _| is_open(node) || child(node, name).is_some());
            for (name, value) in map {
                child(node, name).into_iter().for_each(|node| prune(node, value));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| prune(&node["items"], value)),
        _ => {}
    }
}

fn fill_defaults(node: &Value, value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, node) in node["properties"].as_object().into_iter().flatten() {
                let absent = map.get(name).is_none_or(|value| value.is_null() && node["nullable"] != true);
                if let Some(default) = node.get("default").filter(|_| absent) {
                    map.insert(name.clone(), default.clone());
                }
            }
            for (name, value) in map {
                child(node, name).into_iter().for_each(|node| fill_defaults(node, value));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| fill_defaults(&node["items"], value)),
        _ => {}
    }
}

/// A validation under way.
struct Check<'a> {
    patterns: &'a BTreeMap<String, Regex>,
    causes: Vec<Cause>,
}

impl Check<'_> {
    fn value(&mut self, node: &Value, value: &Value, path: &str) {
        if value.is_null() && node["nullable"] == true {
            return;
        }
        if let Some(wanted) = node["type"].as_str().filter(|wanted| !is_type(wanted, value)) {
            return self.wrong_type(wanted, value, path);
        }
        let enumerations = std::iter::once(node).chain(node["allOf"].as_array().into_iter().flatten());
        let broken = enumerations.filter_map(|node| node["enum"].as_array()).find(|values| !values.contains(value));
        if let Some(values) = broken {
            self.unsupported(values, value, path);
        }
        match value {
            Value::String(text) => self.text(node, text, path),
            Value::Number(number) => self.number(node, number.as_f64().unwrap_or_default(), value, path),
            Value::Array(list) => self.list(node, list, path),
            Value::Object(map) => self.object(node, map, value, path),
            _ => {}
        }
    }

    fn object(&mut self, node: &Value, map: &Map<String, Value>, value: &Value, path: &str) {
        for name in node["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !map.contains_key(name) {
                self.causes.push(Cause::required(format!("{path}.{name}"), ""));
            }
        }
        for (name, value) in map {
            child(node, name).into_iter().for_each(|node| self.value(node, value, &format!("{path}.{name}")));
        }
        for rule in node["x-kubernetes-validations"].as_array().into_iter().flatten() {
            if !rule["rule"].as_str().is_none_or(|text| rules::holds(text, value)) {
                let message = rule["message"].as_str().unwrap_or_default();
                self.causes.push(Cause::invalid(path, &"object".into(), message));
            }
        }
    }

    fn list(&mut self, node: &Value, list: &[Value], path: &str) {
        if node["minItems"].as_u64().is_some_and(|least| (list.len() as u64) < least) {
            let why = format!("{path} in body should have at least {} items", node["minItems"]);
            self.causes.push(Cause::invalid(path, &(list.len()).into(), &why));
        }
        for (index, value) in list.iter().enumerate() {
            self.value(&node["items"], value, &format!("{path}[{index}]"));
        }
    }

    fn text(&mut self, node: &Value, text: &str, path: &str) {
        let length = text.chars().count() as u64;
        let given = Value::from(text);
        if let Some(least) = node["minLength"].as_u64().filter(|least| length < *least) {
            let why = format!("{path} in body should be at least {least} chars long");
            self.causes.push(Cause::invalid(path, &given, &why));
        }
        if let Some(most) = node["maxLength"].as_u64().filter(|most| length > *most) {
            let message = format!("Too long: may not be more than {most} bytes");
            self.causes.push(Cause { field: path.into(), reason: "FieldValueTooLong", message });
        }
        let pattern = node["pattern"].as_str().filter(|p| self.patterns.get(*p).is_some_and(|p| !p.is_match(text)));
        if let Some(pattern) = pattern {
            self.causes.push(Cause::invalid(path, &given, &format!("{path} in body should match '{pattern}'")));
        }
        if node["format"] == "date-time" && text.parse::<jiff::Timestamp>().is_err() {
            let why = format!("{path} in body must be of type date-time: {given}");
            self.causes.push(Cause::invalid(path, &given, &why));
        }
    }

    fn number(&mut self, node: &Value, number: f64, value: &Value, path: &str) {
        for (limit, broken, word) in [
            ("minimum", node["minimum"].as_f64().is_some_and(|least| number < least), "greater"),
            ("maximum", node["maximum"].as_f64().is_some_and(|most| number > most), "less"),
        ] {
            if broken {
                let why = format!("{path} in body should be {word} than or equal to {}", node[limit]);
                self.causes.push(Cause::invalid(path, value, &why));
            }
        }
    }

    fn wrong_type(&mut self, wanted: &str, value: &Value, path: &str) {
        let given = type_of(value);
        let why = format!("{path} in body must be of type {wanted}: \"{given}\"");
        let reason = "FieldValueTypeInvalid";
        self.causes.push(Cause { field: path.into(), reason, message: format!("Invalid value: \"{given}\": {why}") });
    }

    fn unsupported(&mut self, values: &[Value], value: &Value, path: &str) {
        let values: Vec<String> = values.iter().map(Value::to_string).collect();
        let message = format!("Unsupported value: {value}: supported values: {}", values.join(", "));
        self.causes.push(Cause { field: path.into(), reason: "FieldValueNotSupported", message });
    }
}

fn is_type(wanted: &str, value: &Value) -> bool {
    let given = type_of(value);
    given == wanted || (wanted == "number" && given == "integer")
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
