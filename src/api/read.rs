//! Lenient reading of JSON objects: a wrong type or a missing field costs that field, never the object.
//!
//! Operators are upgraded without us, so unknown enum values stay text, unknown fields are passed over, and what had
//! an unexpected type is noted in `problems` (shown by `status`) instead of being an error.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Of a longer text the beginning is read, in bytes: nothing that the operator or Kubernetes writes is longer.
const LONGEST_TEXT: usize = 32 << 10;
/// The same for what is shown to a person as it stands.
const LONGEST_MESSAGE: usize = 4 << 10;

/// The text, or as much of it as this many bytes hold, with an ellipsis.
fn beginning(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let end = (0..=longest).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}…", &text[..end])
}

/// A view of one JSON value and the path that led to it.
#[derive(Clone)]
pub struct Fields<'a> {
    value: Option<&'a Value>,
    path: String,
    problems: Rc<RefCell<Vec<String>>>,
}

impl<'a> Fields<'a> {
    /// The top of an object.
    pub fn of(value: &'a Value) -> Self {
        Fields { value: Some(value), path: String::new(), problems: Rc::default() }
    }

    /// What was of an unexpected type so far, as `status.phase: expected text, found a number`.
    pub fn problems(&self) -> Vec<String> {
        self.problems.borrow().clone()
    }

    /// The value here, if there is one that is not null.
    pub fn value(&self) -> Option<&'a Value> {
        self.value.filter(|v| !v.is_null())
    }

    /// Whether there is an object, list or scalar here.
    pub fn exists(&self) -> bool {
        self.value().is_some()
    }

    /// A nested field; absent when this is not an object.
    pub fn at(&self, name: &str) -> Fields<'a> {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        if let Some(value) = self.value()
            && !value.is_object()
        {
            self.complain("an object", value);
        }
        Fields { value: self.value.and_then(|v| v.get(name)), path, problems: Rc::clone(&self.problems) }
    }

    /// A text field; of one that is far too long, the beginning.
    pub fn text(&self, name: &str) -> Option<String> {
        let longest = if name.to_ascii_lowercase().ends_with("message") { LONGEST_MESSAGE } else { LONGEST_TEXT };
        self.scalar(name, "text", |v| v.as_str().map(|text| beginning(text, longest)))
    }

    /// A text field, empty taken as absent.
    pub fn filled(&self, name: &str) -> Option<String> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.scalar(name, "a whole number", Value::as_i64)
    }

    /// A yes or no.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.scalar(name, "true or false", Value::as_bool)
    }

    /// An RFC 3339 time.
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        self.scalar(name, "a time", |v| v.as_str().and_then(|text| text.parse().ok()))
    }

    /// The elements of a list field; none when absent.
    pub fn list(&self, name: &str) -> Vec<Fields<'a>> {
        let field = self.at(name);
        match field.value() {
            None => Vec::new(),
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .map(|(i, item)| Fields {
                    value: Some(item),
                    path: format!("{}[{i}]", field.path),
                    problems: Rc::clone(&self.problems),
                })
                .collect(),
            Some(other) => {
                field.complain("a list", other);
                Vec::new()
            }
        }
    }

    /// A map of texts, such as labels; entries that are not text are left out.
    pub fn map(&self, name: &str) -> BTreeMap<String, String> {
        let field = self.at(name);
        match field.value() {
            None => BTreeMap::new(),
            Some(Value::Object(entries)) => {
                entries.keys().filter_map(|key| field.text(key).map(|value| (key.clone(), value))).collect()
            }
            Some(other) => {
                field.complain("an object", other);
                BTreeMap::new()
            }
        }
    }

    fn scalar<T>(&self, name: &str, expected: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let field = self.at(name);
        let value = field.value()?;
        let read = read(value);
        if read.is_none() {
            field.complain(expected, value);
        }
        read
    }

    fn complain(&self, expected: &str, found: &Value) {
        let found = match found {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "other text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        let problem = format!("{}: expected {expected}, found {found}", self.path);
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
}

/// `metadata` of any object, as far as it matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Empty for cluster-scoped objects.
    pub namespace: String,
    /// The object's name.
    pub name: String,
    /// Identity that a re-created object of the same name does not share.
    pub uid: String,
    /// Opaque; equal means unchanged.
    pub resource_version: String,
    /// Counts changes of the spec.
    pub generation: Option<i64>,
    /// When the object was created.
    pub created_at: Option<Timestamp>,
    /// When its deletion was asked for.
    pub deleted_at: Option<Timestamp>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
    /// Finalizers.
    pub finalizers: Vec<String>,
    /// Owners: kind, name, uid.
    pub owners: Vec<Owner>,
}

/// One owner reference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Kind of the owner.
    pub kind: String,
    /// Name of the owner.
    pub name: String,
    /// Uid of the owner.
    pub uid: String,
}

impl Meta {
    /// Reads `metadata` of the object that `top` is the top of.
    pub fn read(top: &Fields<'_>) -> Meta {
        let meta = top.at("metadata");
        Meta {
            namespace: meta.text("namespace").unwrap_or_default(),
            name: meta.text("name").unwrap_or_default(),
            uid: meta.text("uid").unwrap_or_default(),
            resource_version: meta.text("resourceVersion").unwrap_or_default(),
            generation: meta.int("generation"),
            created_at: meta.time("creationTimestamp"),
            deleted_at: meta.time("deletionTimestamp"),
            labels: meta.map("labels"),
            annotations: meta.map("annotations"),
            finalizers: meta
                .list("finalizers")
                .iter()
                .filter_map(|f| f.value().and_then(Value::as_str).map(str::to_owned))
                .collect(),
            owners: meta.list("ownerReferences").iter().map(owner).collect(),
        }
    }

    /// `NAMESPACE/NAME`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// A label's value, empty when absent.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

fn owner(fields: &Fields<'_>) -> Owner {
    Owner {
        kind: fields.text("kind").unwrap_or_default(),
        name: fields.text("name").unwrap_or_default(),
        uid: fields.text("uid").unwrap_or_default(),
    }
}

/// One status condition of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// Its type, such as `Degraded`.
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// CamelCase reason.
    pub reason: String,
    /// Text for people.
    pub message: String,
    /// When the status last changed.
    pub since: Option<Timestamp>,
}

impl Condition {
    /// The `conditions` list below `status`.
    pub fn list(status: &Fields<'_>) -> Vec<Condition> {
        status
            .list("conditions")
            .iter()
            .map(|c| Condition {
                kind: c.text("type").unwrap_or_default(),
                status: c.text("status").unwrap_or_default(),
                reason: c.text("reason").unwrap_or_default(),
                message: c.text("message").unwrap_or_default(),
                since: c.time("lastTransitionTime"),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn of_a_text_that_is_far_too_long_the_beginning_is_read() {
        let long = json!({"name": "ü".repeat(LONGEST_TEXT), "lastFailureMessage": "y".repeat(LONGEST_TEXT)});
        let text = |name: &str| Fields::of(&long).text(name).unwrap();
        assert_eq!(text("name").len(), LONGEST_TEXT + "…".len());
        assert_eq!(text("lastFailureMessage"), format!("{}…", "y".repeat(LONGEST_MESSAGE)));
    }

    #[test]
    fn a_wrong_type_costs_the_field_and_is_said() {
        let object =
            json!({"metadata": {"name": "a", "labels": {"x": "y", "n": 1}}, "status": {"phase": 7, "conditions": "none"}});
        let top = Fields::of(&object);
        let meta = Meta::read(&top);
        assert_eq!((meta.name.as_str(), meta.label("x"), meta.label("n")), ("a", "y", ""));
        assert_eq!(top.at("status").text("phase"), None);
        assert!(Condition::list(&top.at("status")).is_empty());
        assert_eq!(
            top.problems(),
            [
                "metadata.labels.n: expected text, found a number",
                "status.phase: expected text, found a number",
                "status.conditions: expected a list, found other text"
            ]
        );
    }

    #[test]
    fn fields_below_something_that_is_no_object_are_absent() {
        let object = json!({"status": [1, 2]});
        let top = Fields::of(&object);
        assert!(!top.at("status").at("lock").exists());
        assert_eq!(top.problems(), ["status: expected an object, found a list"]);
    }
}
