//! What the server serves: `/version`, `/api`, `/apis` and their lists of kinds.

use serde_json::{Value, json};

use super::Shared;
use super::handler::Call;
use super::resources::Resource;

/// The kinds that only exist as questions.
pub(crate) const REVIEWS: [(&str, &str, &str); 3] = [
    ("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
    ("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview"),
    ("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview"),
];

/// The document at a discovery path, if it is one.
pub(crate) fn serve(call: &Call) -> Option<Value> {
    let segments: Vec<&str> = call.path.split('/').filter(|segment| !segment.is_empty()).collect();
    if call.method != "GET" {
        return None;
    }
    match segments.as_slice() {
        ["version"] => Some(version(&call.shared.options.version)),
        ["api"] => Some(json!({"kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": call.header("host")}]})),
        ["apis"] => {
            let groups: Vec<Value> = groups(&call.shared).iter().map(|(g, v)| group(g, v, false)).collect();
            Some(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
        }
        ["apis", name] => {
            let (name, version) = groups(&call.shared).into_iter().find(|(group, _)| group == name)?;
            Some(group(&name, &version, true))
        }
        ["api", version] => resource_list(&call.shared, "", version),
        ["apis", group, version] => resource_list(&call.shared, group, version),
        _ => None,
    }
}

/// `/api` or `/apis` with everything in one document, when the client prefers that (kubectl does): the document and its
/// media type.
pub(crate) fn aggregated(call: &Call) -> Option<(&'static str, Value)> {
    let accept = call.header("accept")?;
    let core = match call.path.trim_end_matches('/') {
        "/api" => true,
        "/apis" => false,
        _ => return None,
    };
    let mut offers = accept.split(',').map(str::trim).filter(|part| part.contains("as=APIGroupDiscoveryList"));
    // Newest first, as clients list them; protobuf is not spoken.
    let (version, kind) = offers
        .find(|part| part.starts_with("application/json"))
        .map(|part| if part.split(';').any(|parameter| parameter == "v=v2") { V2 } else { V2_BETA })?;
    let all = groups(&call.shared).into_iter();
    let groups: Vec<(String, String)> = if core { vec![(String::new(), "v1".into())] } else { all.collect() };
    let items: Vec<Value> = groups
        .iter()
        .map(|(group, version)| {
            let resources = aggregated_resources(&call.shared, group, version);
            json!({"metadata": {"name": group, "creationTimestamp": null},
            "versions": [{"version": version, "resources": resources, "freshness": "Current"}]})
        })
        .collect();
    let version = format!("apidiscovery.k8s.io/{version}");
    Some((kind, json!({"kind": "APIGroupDiscoveryList", "apiVersion": version, "metadata": {}, "items": items})))
}

const V2: (&str, &str) = ("v2", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
const V2_BETA: (&str, &str) = ("v2beta1", "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList");

/// The entries of the classic list, subresources moved into their parents.
fn aggregated_resources(shared: &Shared, group: &str, version: &str) -> Vec<Value> {
    let list = resource_list(shared, group, version).unwrap_or_default();
    let mut resources: Vec<Value> = Vec::new();
    for entry in list["resources"].as_array().into_iter().flatten() {
        let kind = json!({"group": group, "version": version, "kind": entry["kind"]});
        let name = entry["name"].as_str().unwrap_or_default();
        if let (Some((_, part)), Some(parent)) = (name.split_once('/'), resources.last_mut()) {
            let part = json!({"subresource": part, "responseKind": kind, "verbs": entry["verbs"]});
            match parent["subresources"].as_array_mut() {
                Some(parts) => parts.push(part),
                None => parent["subresources"] = json!([part]),
            }
            continue;
        }
        let scope = if entry["namespaced"] == true { "Namespaced" } else { "Cluster" };
        let mut resource = json!({"resource": name, "responseKind": kind, "scope": scope,
            "singularResource": entry["singularName"], "verbs": entry["verbs"]});
        for key in ["shortNames", "categories"] {
            if entry[key].is_array() {
                resource[key] = entry[key].clone();
            }
        }
        resources.push(resource);
    }
    resources
}

/// `v1.36.3` as `/version` tells it.
fn version(text: &str) -> Value {
    let mut numbers = text.trim_start_matches('v').split('.');
    let (major, minor) = (numbers.next().unwrap_or("1"), numbers.next().unwrap_or("0"));
    json!({"major": major, "minor": minor, "gitVersion": text, "gitCommit": "", "gitTreeState": "clean", "buildDate": "2026-10-01T00:00:00Z",
        "goVersion": "", "compiler": "", "platform": "linux/amd64"})
}

/// Named groups with their version, the reviews' included.
fn groups(shared: &Shared) -> Vec<(String, String)> {
    let served = shared.resources.group_versions().into_iter().filter(|(group, _)| !group.is_empty());
    let mut groups: Vec<(String, String)> = served.collect();
    groups.push(("authorization.k8s.io".into(), "v1".into()));
    groups.push(("authentication.k8s.io".into(), "v1".into()));
    groups
}

fn group(name: &str, version: &str, alone: bool) -> Value {
    let version = json!({"groupVersion": format!("{name}/{version}"), "version": version});
    let mut group = json!({"name": name, "versions": [version], "preferredVersion": version});
    if alone {
        group["kind"] = "APIGroup".into();
        group["apiVersion"] = "v1".into();
    }
    group
}

fn resource_list(shared: &Shared, group: &str, version: &str) -> Option<Value> {
    let served = shared.resources.iter().filter(|r| r.group == group && r.version == version);
    let mut resources: Vec<Value> = served.flat_map(|resource| entries(resource)).collect();
    let reviews = REVIEWS.iter().filter(|(of, ..)| *of == group && version == "v1");
    resources.extend(reviews.map(|(_, plural, kind)| {
        json!({"name": plural, "singularName": kind.to_lowercase(), "namespaced": false, "kind": kind, "verbs": ["create"]})
    }));
    let name = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let list = json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": resources});
    (!resources.is_empty()).then_some(list)
}

fn entries(resource: &Resource) -> Vec<Value> {
    let verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    let mut own = json!({"name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced,
        "kind": resource.kind, "verbs": verbs});
    if !resource.short.is_empty() {
        own["shortNames"] = json!(resource.short);
    }
    if resource.plural == "pods" || resource.plural == "jobs" || resource.group == "apps" {
        own["categories"] = json!(["all"]);
    }
    let parts = resource.subresources.iter().map(|part| {
        let verbs: &[&str] = match part.as_str() {
            "log" => &["get"],
            "portforward" => &["create", "get"],
            "binding" => &["create"],
            _ => &["get", "patch", "update"],
        };
        let kind = if part == "scale" { "Scale" } else { &resource.kind };
        json!({"name": format!("{}/{part}", resource.plural), "singularName": "", "namespaced": resource.namespaced,
            "kind": kind, "verbs": verbs})
    });
    std::iter::once(own).chain(parts).collect()
}
