//! What the server says instead of doing it: Kubernetes `Status` objects, worded as kube-apiserver words them.

use serde_json::{Map, Value, json};

use super::resources::Resource;

/// A request that was not carried out. Becomes a `Status` body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rejection {
    pub code: u16,
    pub reason: &'static str,
    pub message: String,
    pub details: Option<Value>,
}

/// One broken rule of an object: where, which kind of breach, and the text after the field's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Dotted path of the field; empty when the rule concerns the whole object.
    pub field: String,
    /// Machine-readable kind, `FieldValueRequired` and the like.
    pub reason: &'static str,
    /// What kubectl prints after the field's name.
    pub message: String,
}

impl Rejection {
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Rejection { code, reason, message: message.into(), details: None }
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "InternalError", format!("Internal error occurred: {}", message.into()))
    }

    pub fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self { details: Some(json!({})), ..Self::new(405, "MethodNotAllowed", message) }
    }

    pub fn not_found(resource: &Resource, name: &str) -> Self {
        Self::about(resource, name, 404, "NotFound", format!("{} \"{name}\" not found", resource.qualified()))
    }

    pub fn already_exists(resource: &Resource, name: &str) -> Self {
        Self::about(resource, name, 409, "AlreadyExists", format!("{} \"{name}\" already exists", resource.qualified()))
    }

    /// 409 for a write that rests on an older version of the object.
    pub fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", resource.qualified());
        Self::about(resource, name, 409, "Conflict", message)
    }

    pub fn stale(resource: &Resource, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(resource, name, why)
    }

    /// 410: the resource version asked for is older than what is remembered.
    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// 422 with its causes, in the text form kubectl turns into `The X "y" is invalid: …`.
    pub fn invalid(resource: &Resource, name: &str, causes: &[Cause]) -> Self {
        let texts: Vec<String> = causes.iter().map(Cause::text).collect();
        let listed = if let [only] = texts.as_slice() { only.clone() } else { format!("[{}]", texts.join(", ")) };
        let causes: Vec<Value> =
            causes.iter().map(|c| json!({"reason": c.reason, "message": c.message, "field": c.field})).collect();
        let kind = &resource.kind;
        let shown = if resource.group.is_empty() { kind.clone() } else { format!("{kind}.{}", resource.group) };
        let mut details = details(name, &resource.group, kind);
        details.insert("causes".into(), causes.into());
        Rejection {
            details: Some(details.into()),
            ..Self::new(422, "Invalid", format!("{shown} \"{name}\" is invalid: {listed}"))
        }
    }

    /// The 422 with which a ValidatingAdmissionPolicy denies (captured from the real server).
    pub fn denied_by_policy(resource: &Resource, name: &str, policy: &str, message: &str) -> Self {
        let text = format!("ValidatingAdmissionPolicy '{policy}' with binding '{policy}' denied request: {message}");
        let mut details = details(name, &resource.group, &resource.plural);
        details.insert("causes".into(), json!([{"message": text}]));
        let message = format!("{} \"{name}\" is forbidden: {text}", resource.qualified());
        Rejection { details: Some(details.into()), ..Self::new(422, "Invalid", message) }
    }

    /// A rejection about one object, with the `details` clients read.
    pub fn about(resource: &Resource, name: &str, code: u16, reason: &'static str, message: String) -> Self {
        let details = details(name, &resource.group, &resource.plural);
        Rejection { details: Some(details.into()), ..Self::new(code, reason, message) }
    }

    /// The body to send.
    pub fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message,
        });
        let fields = status.as_object_mut().expect("made as an object just above");
        if !self.reason.is_empty() {
            fields.insert("reason".into(), self.reason.into());
        }
        if let Some(details) = &self.details {
            fields.insert("details".into(), details.clone());
        }
        fields.insert("code".into(), self.code.into());
        status
    }
}

fn details(name: &str, group: &str, kind: &str) -> Map<String, Value> {
    [("name", name), ("group", group), ("kind", kind)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect()
}

impl Cause {
    /// A field that must be there and is not.
    pub fn required(field: impl Into<String>, why: &str) -> Self {
        let message = if why.is_empty() { "Required value".to_owned() } else { format!("Required value: {why}") };
        Cause { field: field.into(), reason: "FieldValueRequired", message }
    }

    /// A field whose value breaks a rule; `value` is shown as Go's `%#v` would.
    pub fn invalid(field: impl Into<String>, value: &Value, why: &str) -> Self {
        let shown = match value {
            Value::Array(_) | Value::Object(_) => value.to_string(),
            scalar => scalar.to_string(),
        };
        Cause { field: field.into(), reason: "FieldValueInvalid", message: format!("Invalid value: {shown}: {why}") }
    }

    /// A change or a field that is not permitted.
    pub fn forbidden(field: impl Into<String>, why: &str) -> Self {
        Cause { field: field.into(), reason: "FieldValueForbidden", message: format!("Forbidden: {why}") }
    }

    fn text(&self) -> String {
        if self.field.is_empty() { self.message.clone() } else { format!("{}: {}", self.field, self.message) }
    }
}
