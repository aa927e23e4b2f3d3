//! OpenAPI v3: an index and one document per group, shaped like kube-apiserver's, with full schemas for custom kinds.

use http::Response;
use serde_json::{Map, Value, json};

use super::handler::{self, Body, Call};
use super::resources::{Resource, Resources};

/// The index or a group's document; `None` when there is none at that path.
pub(crate) fn serve(call: &Call) -> Option<Response<Body>> {
    let resources = &call.shared.resources;
    let path = call.path.trim_end_matches('/');
    let Some(wanted) = path.strip_prefix("/openapi/v3/") else { return Some(handler::json(200, &index(resources))) };
    let (group, version) = resources.group_versions().into_iter().find(|(group, version)| key(group, version) == wanted)?;
    Some(handler::json(200, &document(resources, &group, &version)))
}

fn key(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

fn index(resources: &Resources) -> Value {
    let keys = resources.group_versions().into_iter().map(|(group, version)| key(&group, &version));
    let paths: Map<String, Value> = keys
        .map(|key| {
            let url = format!("/openapi/v3/{key}?hash=RANGE");
            (key, json!({"serverRelativeURL": url}))
        })
        .collect();
    json!({"paths": paths})
}

fn document(resources: &Resources, group: &str, version: &str) -> Value {
    let mut schemas = Map::new();
    let mut paths = Map::new();
    for resource in resources.iter().filter(|r| r.group == group && r.version == version) {
        schemas.insert(schema_name(resource), schema(resource));
        let list = json!({"type": "object", "x-kubernetes-group-version-kind": [identity(resource, "List")]});
        schemas.insert(format!("{}List", schema_name(resource)), list);
        paths.insert(object_path(resource), operations(resource));
    }
    schemas.insert("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta".into(), json!({"type": "object"}));
    json!({"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "unversioned"},
        "paths": paths, "components": {"schemas": schemas}})
}

/// `org.openbao.v1alpha1.OpenBaoRestore`; built-in kinds have their Go package's name.
fn schema_name(resource: &Resource) -> String {
    let Resource { group, version, kind, .. } = resource;
    if resource.is_custom() {
        let reversed: Vec<&str> = group.rsplit('.').collect();
        return format!("{}.{version}.{kind}", reversed.join("."));
    }
    let package = group.split('.').next().filter(|package| !package.is_empty()).unwrap_or("core");
    format!("io.k8s.api.{package}.{version}.{kind}")
}

fn schema(resource: &Resource) -> Value {
    let mut schema = match &resource.schema {
        Some(schema) => schema.document().clone(),
        None => json!({"type": "object", "properties": {"apiVersion": {"type": "string"}, "kind": {"type": "string"},
            "spec": {"type": "object"}, "status": {"type": "object"}}}),
    };
    let reference = "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
    schema["properties"]["metadata"] = json!({"allOf": [{"$ref": reference}], "default": {}});
    schema["x-kubernetes-group-version-kind"] = json!([identity(resource, "")]);
    schema
}

fn identity(resource: &Resource, suffix: &str) -> Value {
    json!({"group": resource.group, "kind": format!("{}{suffix}", resource.kind), "version": resource.version})
}

fn object_path(resource: &Resource) -> String {
    let base = key(&resource.group, &resource.version);
    let namespace = if resource.namespaced { "/namespaces/{namespace}" } else { "" };
    format!("/{base}{namespace}/{}/{{name}}", resource.plural)
}

/// kubectl looks here for whether dry runs and field validation are supported.
fn operations(resource: &Resource) -> Value {
    let parameter = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    let parameters: Vec<Value> = ["dryRun", "fieldManager", "fieldValidation", "force"].map(parameter).into();
    let action = |verb: &str| {
        json!({"x-kubernetes-action": verb, "x-kubernetes-group-version-kind": identity(resource, ""),
            "parameters": parameters, "responses": {"200": {"description": "OK"}}})
    };
    json!({"get": action("get"), "put": action("put"), "patch": action("patch"), "delete": action("delete")})
}
