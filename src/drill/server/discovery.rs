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
