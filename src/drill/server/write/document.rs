//! The documents clients send: decoding, strictness, and which parts of them an endpoint may change.

use std::cell::RefCell;

use serde_json::{Map, Value};

use super::super::handler::Call;
use super::super::meta;
use super::super::protobuf;
use super::super::rejection::{Cause, Rejection};
use super::super::resources::Resource;

/// Texts for `Warning` headers, sent with refusals too.
pub(super) type Warnings = RefCell<Vec<String>>;

/// What happens to fields the schema does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Validation {
    Strict,
    Warn,
    Ignore,
}

impl Validation {
    pub fn of(call: &Call) -> Result<Self, Rejection> {
        match call.query.filled("fieldValidation") {
            Some("Strict") => Ok(Validation::Strict),
            None | Some("Warn") => Ok(Validation::Warn),
            Some("Ignore") => Ok(Validation::Ignore),
            Some(other) => {
                let message = format!(
                    "fieldValidation: Unsupported value: \"{other}\": supported values: \"Ignore\", \"Strict\", \"Warn\""
                );
                Err(Rejection::new(422, "Invalid", format!("CreateOptions.meta.k8s.io \"\" is invalid: {message}")))
            }
        }
    }

    /// Prunes and defaults a custom resource sent whole; unknown fields are refused, warned about or ignored.
    pub fn screen(self, resource: &Resource, object: &mut Value, warnings: &Warnings) -> Result<(), Rejection> {
        self.screen_with(resource, object, warnings, |unknown, _| {
            let (kind, version) = (&resource.kind, &resource.version);
            Rejection::bad_request(format!("{kind} in version \"{version}\" cannot be handled as a {kind}: {unknown}"))
        })
    }

    /// The same for the result of a patch, which is refused in other words.
    pub fn screen_patched(self, resource: &Resource, object: &mut Value, warnings: &Warnings) -> Result<(), Rejection> {
        self.screen_with(resource, object, warnings, |unknown, object| {
            let cause = Cause::invalid("patch", &object.to_string().into(), unknown);
            let mut rejection = Rejection::invalid(resource, "", &[cause]);
            rejection.message = rejection.message.replacen(&format!("{}.{}", resource.kind, resource.group), "", 1);
            rejection
        })
    }

    fn screen_with(
        self,
        resource: &Resource,
        object: &mut Value,
        warnings: &Warnings,
        refuse: impl Fn(&str, &Value) -> Rejection,
    ) -> Result<(), Rejection> {
        let Some(schema) = &resource.schema else { return Ok(()) };
        let unknown: Vec<String> =
            schema.unknown_fields(object).iter().map(|field| format!("unknown field \"{field}\"")).collect();
        if self == Validation::Strict && !unknown.is_empty() {
            return Err(refuse(&format!("strict decoding error: {}", unknown.join(", ")), object));
        }
        schema.prune(object);
        schema.fill_defaults(object);
        if self == Validation::Warn {
            warnings.borrow_mut().extend(unknown);
        }
        Ok(())
    }
}

/// The body as a document: JSON, or YAML for apply patches and where the client says so.
pub(crate) fn decode(call: &Call) -> Result<Value, Rejection> {
    if call.body.is_empty() {
        return Ok(Value::Null);
    }
    let kind = call.header("content-type").unwrap_or("application/json");
    if kind.contains("protobuf") {
        let message =
            "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml";
        return protobuf::decode(&call.body).ok_or_else(|| Rejection::new(415, "UnsupportedMediaType", message));
    }
    let parsed = match serde_json::from_slice(&call.body) {
        Err(_) if kind.contains("yaml") => serde_saphyr::from_slice(&call.body).map_err(|e| e.to_string()),
        other => other.map_err(|e| e.to_string()),
    };
    let document: Value = parsed.map_err(|why| {
        let why = format!(
            "the object provided is unrecognized (must be of type Object): couldn't get version/kind; json parse error: {why}"
        );
        Rejection::bad_request(why)
    })?;
    if !kind.contains("json-patch") {
        check_shape(&document)?;
    }
    Ok(document)
}

/// The parts the server itself reaches into are objects where they are anything.
pub(super) fn check_shape(document: &Value) -> Result<(), Rejection> {
    let paths = ["", "/metadata", "/metadata/labels", "/metadata/annotations", "/spec", "/spec/template"];
    let paths = paths.iter().chain(&["/spec/template/metadata", "/spec/template/spec", "/status", "/data"]);
    for path in paths {
        if document.pointer(path).is_some_and(|value| !value.is_object() && !value.is_null()) {
            let field = path.trim_start_matches('/').replace('/', ".");
            return Err(Rejection::bad_request(format!("json: cannot unmarshal value into Go struct field .{field}")));
        }
    }
    Ok(())
}

/// An object must be of the kind its path names.
pub(super) fn check_kind(resource: &Resource, object: &Value) -> Result<(), Rejection> {
    let text = |key: &str| object[key].as_str().unwrap_or_default();
    if text("kind").is_empty() || text("apiVersion").is_empty() {
        return Err(Rejection::bad_request("Object 'Kind' is missing in the request body"));
    }
    let (given, wanted) = (text("apiVersion"), resource.api_version());
    if given != wanted {
        let message = format!("the API version in the data ({given}) does not match the expected API version ({wanted})");
        return Err(Rejection::bad_request(message));
    }
    if text("kind") != resource.kind {
        let (given, version) = (text("kind"), &resource.version);
        let message = format!("{given} in version \"{version}\" cannot be handled as a {}", resource.kind);
        return Err(Rejection::bad_request(message));
    }
    Ok(())
}

/// Server-side apply refuses the first field no schema knows, whatever `fieldValidation` says (captured).
pub(super) fn check_declared(resource: &Resource, namespace: &str, name: &str, object: &Value) -> Result<(), Rejection> {
    let unknown = resource.schema.as_ref().map(|schema| schema.unknown_fields(object)).unwrap_or_default();
    let Some(field) = unknown.first() else { return Ok(()) };
    let kind = format!("{}, Kind={}", resource.api_version(), resource.kind);
    let message =
        format!("failed to create typed patch object ({namespace}/{name}; {kind}): .{field}: field not declared in schema");
    Err(Rejection::new(500, "", message))
}

/// The object's name, made from `generateName` when there is none.
pub(super) fn name(resource: &Resource, object: &mut Value) -> Result<String, Rejection> {
    let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
    let (mut name, prefix) = (text("name"), text("generateName"));
    if name.is_empty() && prefix.is_empty() {
        let cause = Cause::required("metadata.name", "name or generateName is required");
        return Err(Rejection::invalid(resource, "", &[cause]));
    }
    if name.is_empty() {
        name = meta::generate_name(&prefix);
        set_meta(object, [("name", name.as_str().into())]);
    }
    // Names of RBAC objects are path segments, nothing more.
    let valid =
        if resource.group == "rbac.authorization.k8s.io" { !name.contains(['/', '%']) } else { meta::is_subdomain(&name) };
    if !valid {
        let why = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start \
                   and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
                   '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
        let cause = Cause::invalid("metadata.name", &name.as_str().into(), why);
        return Err(Rejection::invalid(resource, &name, &[cause]));
    }
    Ok(name)
}

/// Sets metadata fields; `Null` removes one.
pub(super) fn set_meta<const N: usize>(object: &mut Value, fields: [(&str, Value); N]) {
    let Some(object) = object.as_object_mut() else { return };
    let meta = object.entry("metadata").or_insert(Value::Null);
    if meta.is_null() {
        *meta = Map::new().into();
    }
    let Some(meta) = meta.as_object_mut() else { return };
    for (key, value) in fields {
        if value.is_null() {
            meta.shift_remove(key);
        } else {
            meta.insert(key.to_owned(), value);
        }
    }
}

/// What remains of a change at this endpoint: `status` at the status endpoint, everything else at the main one; and
/// never what only the server sets.
pub(super) fn limited_to(resource: &Resource, subresource: &str, current: &Value, mut wanted: Value) -> Value {
    if subresource == "status" {
        let mut object = current.clone();
        put(&mut object, "status", wanted["status"].take());
        let managed = wanted["metadata"]["managedFields"].take();
        if !managed.is_null() {
            set_meta(&mut object, [("managedFields", managed)]);
        }
        return object;
    }
    if resource.has_status() {
        put(&mut wanted, "status", current["status"].clone());
    }
    let kept = ["name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp"];
    for key in kept.into_iter().chain(["deletionGracePeriodSeconds", "generateName"]) {
        set_meta(&mut wanted, [(key, current["metadata"][key].clone())]);
    }
    wanted
}

fn put(object: &mut Value, key: &str, value: Value) {
    let Some(map) = object.as_object_mut() else { return };
    if value.is_null() {
        map.shift_remove(key);
    } else {
        map.insert(key.to_owned(), value);
    }
}

/// Whether a change raises the generation: anything but metadata and status.
pub(super) fn differs_beyond_status(old: &Value, new: &Value) -> bool {
    let rest = |object: &Value| -> Map<String, Value> {
        let fields = object.as_object().into_iter().flatten();
        fields.filter(|(key, _)| !matches!(key.as_str(), "metadata" | "status")).map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    rest(old) != rest(new)
}

/// An object on its way out takes no new finalizers.
pub(super) fn check_finalizers(resource: &Resource, name: &str, old: &Value, new: &Value) -> Result<(), Rejection> {
    let list = |object: &Value| object["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
    let before = list(old);
    let added: Vec<String> = list(new).iter().filter(|f| !before.contains(f)).map(Value::to_string).collect();
    if old["metadata"]["deletionTimestamp"].is_null() || added.is_empty() {
        return Ok(());
    }
    let why = "no new finalizers can be added if the object is being deleted, found new finalizers";
    let cause = Cause::forbidden("metadata.finalizers", &format!("{why} []string{{{}}}", added.join(", ")));
    Err(Rejection::invalid(resource, name, &[cause]))
}

/// Whether nothing holds an object any more that was deleted before.
pub(super) fn is_over(object: &Value) -> bool {
    let meta = &object["metadata"];
    meta["deletionTimestamp"].is_string()
        && meta["finalizers"].as_array().is_none_or(Vec::is_empty)
        && meta["deletionGracePeriodSeconds"].as_u64().unwrap_or(0) == 0
}

pub(super) fn unsupported_patch(resource: &Resource) -> Rejection {
    let strategic = if resource.is_custom() { "" } else { "application/strategic-merge-patch+json, " };
    let message = format!(
        "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, \
         application/merge-patch+json, {strategic}application/apply-patch+yaml"
    );
    Rejection::new(415, "UnsupportedMediaType", message)
}
