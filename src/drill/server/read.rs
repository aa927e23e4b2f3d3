//! Reading objects: one, a list in pages, and the three shapes an answer can have.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::Response;
use http::header::ACCEPT;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::handler::{self, Body, Call};
use super::rejection::Rejection;
use super::resources::Resource;
use super::route::Target;
use super::selector::Selector;
use super::store::Key;
use super::table;

/// How the client wants objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As they are.
    Whole,
    /// Only their metadata.
    Metadata,
    /// As rows for people.
    Table,
}

impl Shape {
    /// The first shape in the `Accept` header that can be served; everything unknown (protobuf) is skipped.
    pub fn wanted(call: &Call) -> Self {
        let accept = call.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let json = accept.split(',').map(str::trim).filter(|part| part.starts_with("application/json"));
        let shapes = json.map(|part| match part {
            _ if part.contains("as=Table") => Shape::Table,
            _ if part.contains("as=PartialObjectMetadata") => Shape::Metadata,
            _ => Shape::Whole,
        });
        shapes.into_iter().next().unwrap_or(Shape::Whole)
    }
}

/// One object in the shape wanted.
pub(crate) fn shaped(call: &Call, resource: &Resource, object: &Value) -> Value {
    match Shape::wanted(call) {
        Shape::Whole => object.clone(),
        Shape::Metadata => serde_json::to_value(Partial(object)).unwrap_or_default(),
        Shape::Table => table::table(resource, &[object], include(call), &object["metadata"]["resourceVersion"]),
    }
}

pub(crate) fn get(call: &Call, target: &Target) -> Result<Response<Body>, Rejection> {
    let resource = &target.resource;
    let object = call.shared.store.get(&resource.plural, &target.namespace, &target.name);
    let object = object.ok_or_else(|| Rejection::not_found(resource, &target.name))?;
    Ok(match Shape::wanted(call) {
        Shape::Whole => handler::bytes(200, "application/json", object.to_string()),
        _ => handler::json(200, &shaped(call, resource, &object)),
    })
}

/// The `Scale` of a Deployment or StatefulSet.
pub(crate) fn scale(call: &Call, target: &Target) -> Result<Response<Body>, Rejection> {
    let object = call.shared.store.get(&target.resource.plural, &target.namespace, &target.name);
    let object = object.ok_or_else(|| Rejection::not_found(&target.resource, &target.name))?;
    Ok(handler::json(200, &scale_of(&object)))
}

pub(crate) fn scale_of(object: &Value) -> Value {
    let meta = &object["metadata"];
    json!({
        "apiVersion": "autoscaling/v1", "kind": "Scale",
        "metadata": {"name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"],
            "resourceVersion": meta["resourceVersion"], "creationTimestamp": meta["creationTimestamp"]},
        "spec": {"replicas": object["spec"]["replicas"].as_u64().unwrap_or_default()},
        "status": {"replicas": object["status"]["replicas"].as_u64().unwrap_or_default()},
    })
}

/// A page: the objects, where to go on, how many are left, at which version.
struct Page {
    objects: Vec<Arc<Value>>,
    next: Option<String>,
    left: usize,
    revision: u64,
}

pub(crate) fn list(call: &Call, target: &Target) -> Result<Response<Body>, Rejection> {
    let resource = &target.resource;
    let selector = Selector::parse(resource, &call.query)?.named(&target.name);
    let page = page(call, target, &selector)?;
    let mut meta = json!({"resourceVersion": page.revision.to_string()});
    if let Some(next) = &page.next {
        meta["continue"] = json!(next);
        if call.query.filled("labelSelector").is_none() && call.query.filled("fieldSelector").is_none() {
            meta["remainingItemCount"] = json!(page.left);
        }
    }
    let shape = Shape::wanted(call);
    if shape == Shape::Table {
        let objects: Vec<&Value> = page.objects.iter().map(AsRef::as_ref).collect();
        let mut table = table::table(resource, &objects, include(call), &Value::Null);
        table["metadata"] = meta;
        return Ok(handler::json(200, &table));
    }
    let items = page.objects.iter().map(|object| Item { object, shape, custom: resource.is_custom() }).collect();
    let (kind, version) = match shape {
        Shape::Metadata => ("PartialObjectMetadataList".to_owned(), "meta.k8s.io/v1".to_owned()),
        _ => (format!("{}List", resource.kind), resource.api_version()),
    };
    let list = List { kind, api_version: version, metadata: meta, items };
    let body = serde_json::to_vec(&list).map_err(|e| Rejection::internal(e.to_string()))?;
    Ok(handler::bytes(200, "application/json", body))
}

fn page(call: &Call, target: &Target, selector: &Selector) -> Result<Page, Rejection> {
    let number = |text: &str| text.parse::<usize>().ok().filter(|n| *n > 0);
    let limit = call.query.filled("limit").and_then(number).unwrap_or(usize::MAX);
    let token = call.query.filled("continue").map(read_token).transpose()?;
    let namespace = Some(target.namespace.as_str()).filter(|namespace| !namespace.is_empty());
    call.shared.store.read(|objects| {
        if token.as_ref().is_some_and(|(revision, _)| !objects.remembers(*revision)) {
            return Err(Rejection::expired(
                "The provided continue parameter is too old to display a consistent list result. You can start a new list \
                 without the continue parameter, or use the continue token in this response to retrieve the remainder of \
                 the results.",
            ));
        }
        let revision = token.as_ref().map_or(objects.revision, |(revision, _)| *revision);
        let after = token.map(|(_, key)| key);
        let mut found = objects.range(&target.resource.plural, namespace, after.as_ref());
        let mut page = Vec::new();
        let mut last = None;
        for (key, object) in found.by_ref().filter(|(_, object)| selector.matches(object)).take(limit) {
            page.push(object.clone());
            last = Some(key);
        }
        let left = found.filter(|(_, object)| selector.matches(object)).count();
        let next = last.filter(|_| left > 0).map(|key| write_token(revision, key));
        Ok(Page { objects: page, next, left, revision })
    })
}

fn write_token(revision: u64, (namespace, name): &Key) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(json!({"v": "meta.k8s.io/v1", "rv": revision, "start": [namespace, name]}).to_string())
}

fn read_token(text: &str) -> Result<(u64, Key), Rejection> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    let token: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let key = text(&token["start"][0]).zip(text(&token["start"][1]));
    let bad = || Rejection::bad_request("continue key is not valid: illegal base64 data");
    token["rv"].as_u64().zip(key).ok_or_else(bad)
}

/// What goes with each row of a table: `Metadata` (default), `None` or `Object`.
pub(crate) fn include(call: &Call) -> &str {
    call.query.filled("includeObject").unwrap_or("Metadata")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    kind: String,
    api_version: String,
    metadata: Value,
    items: Vec<Item<'a>>,
}

/// An object inside a list: written straight from the store.
struct Item<'a> {
    object: &'a Value,
    shape: Shape,
    custom: bool,
}

impl Serialize for Item<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.shape, self.object.as_object()) {
            (Shape::Metadata, _) => Partial(self.object).serialize(serializer),
            // Items of built-in lists do not repeat what the list says.
            (_, Some(map)) if !self.custom => {
                serializer.collect_map(map.iter().filter(|(key, _)| !matches!(key.as_str(), "apiVersion" | "kind")))
            }
            _ => self.object.serialize(serializer),
        }
    }
}

/// An object's metadata as `PartialObjectMetadata`.
pub(crate) struct Partial<'a>(pub &'a Value);

impl Serialize for Partial<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("kind", "PartialObjectMetadata")?;
        map.serialize_entry("apiVersion", "meta.k8s.io/v1")?;
        map.serialize_entry("metadata", &self.0["metadata"])?;
        map.end()
    }
}
