//! Permission: Roles, ClusterRoles and their bindings as they stand in the store.

use std::sync::Arc;

use serde_json::{Value, json};

use super::auth::User;
use super::rejection::Rejection;
use super::resources::Resource;
use super::route::Target;
use super::store::{Objects, Store};

/// Everybody who is authenticated may read these.
const OPEN_PATHS: [&str; 9] =
    ["/api", "/apis", "/healthz", "/livez", "/readyz", "/openapi", "/version", "/.well-known", "/openid"];

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attributes<'a> {
    pub verb: &'a str,
    pub group: &'a str,
    pub plural: &'a str,
    pub subresource: &'a str,
    pub namespace: &'a str,
    pub name: &'a str,
}

impl<'a> Attributes<'a> {
    pub fn of(target: &'a Target) -> Self {
        let resource = &target.resource;
        Attributes {
            verb: target.verb,
            group: &resource.group,
            plural: &resource.plural,
            subresource: &target.subresource,
            // A namespace itself is asked for within itself.
            namespace: if resource.plural == "namespaces" { &target.name } else { &target.namespace },
            name: &target.name,
        }
    }

    fn resource(&self) -> String {
        if self.subresource.is_empty() { self.plural.to_owned() } else { format!("{}/{}", self.plural, self.subresource) }
    }
}

/// Whether the user may do it.
pub(crate) fn allowed(objects: &Objects, user: &User, asked: &Attributes<'_>) -> bool {
    user.is_master() || rules(objects, user, asked.namespace).iter().any(|rule| grants(rule, asked))
}

/// Whether the user may read a path that is no resource.
pub(crate) fn allowed_path(objects: &Objects, user: &User, verb: &str, path: &str) -> bool {
    let open = verb == "get" && OPEN_PATHS.iter().any(|open| path == *open || path.starts_with(&format!("{open}/")));
    let matches = |pattern: &str| match pattern.strip_suffix('*') {
        Some(prefix) => path.starts_with(prefix),
        None => path == pattern,
    };
    let granted = |rule: &Value| has(&rule["verbs"], verb) && texts(&rule["nonResourceURLs"]).any(matches);
    open || user.is_master() || rules(objects, user, "").iter().any(granted)
}

/// 403 in kube-apiserver's words.
pub(crate) fn forbidden(user: &User, resource: &Resource, asked: &Attributes<'_>) -> Rejection {
    let place = if asked.namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace \"{}\"", asked.namespace)
    };
    let subject = if asked.name.is_empty() { String::new() } else { format!(" \"{}\"", asked.name) };
    let message = format!(
        "{}{subject} is forbidden: User \"{}\" cannot {} resource \"{}\" in API group \"{}\" {place}",
        resource.qualified(),
        user.name,
        asked.verb,
        asked.resource(),
        asked.group,
    );
    Rejection::about(resource, asked.name, 403, "Forbidden", message)
}

/// 403 for a path that is no resource.
pub(crate) fn forbidden_path(user: &User, verb: &str, path: &str) -> Rejection {
    let message = format!("forbidden: User \"{}\" cannot {verb} path \"{path}\"", user.name);
    Rejection { details: Some(json!({})), ..Rejection::new(403, "Forbidden", message) }
}

/// The rules that hold for a user in a namespace (cluster-wide ones included).
pub(crate) fn rules(objects: &Objects, user: &User, namespace: &str) -> Vec<Value> {
    let everywhere = objects.range("clusterrolebindings", None, None).map(|(_, binding)| (binding, ""));
    let here = objects.range("rolebindings", Some(namespace), None).map(|(_, binding)| (binding, namespace));
    let here = here.filter(|_| !namespace.is_empty());
    let bindings = everywhere.chain(here).filter(|(binding, at)| binds(binding, user, at));
    bindings.filter_map(|(binding, at)| role(objects, &binding["roleRef"], at)).flat_map(|role| list(&role["rules"])).collect()
}

fn role(objects: &Objects, reference: &Value, namespace: &str) -> Option<Arc<Value>> {
    let name = reference["name"].as_str()?;
    match reference["kind"].as_str()? {
        "ClusterRole" => objects.get("clusterroles", "", name),
        _ => objects.get("roles", namespace, name),
    }
}

fn binds(binding: &Value, user: &User, namespace: &str) -> bool {
    binding["subjects"].as_array().into_iter().flatten().any(|subject| {
        let name = subject["name"].as_str().unwrap_or_default();
        match subject["kind"].as_str() {
            Some("Group") => user.groups.iter().any(|group| group == name),
            Some("ServiceAccount") => {
                let namespace = subject["namespace"].as_str().unwrap_or(namespace);
                user.name == format!("system:serviceaccount:{namespace}:{name}")
            }
            _ => user.name == name,
        }
    })
}

fn grants(rule: &Value, asked: &Attributes<'_>) -> bool {
    let resource = asked.resource();
    let any_parent = format!("*/{}", asked.subresource);
    let of_resource =
        texts(&rule["resources"]).any(|r| r == "*" || r == resource || (!asked.subresource.is_empty() && r == any_parent));
    let of_name = rule["resourceNames"].as_array().is_none_or(Vec::is_empty)
        || (!asked.name.is_empty() && texts(&rule["resourceNames"]).any(|name| name == asked.name));
    has(&rule["verbs"], asked.verb) && has(&rule["apiGroups"], asked.group) && of_resource && of_name
}

fn has(values: &Value, wanted: &str) -> bool {
    texts(values).any(|value| value == "*" || value == wanted)
}

fn texts(values: &Value) -> impl Iterator<Item = &str> {
    values.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn list(values: &Value) -> Vec<Value> {
    values.as_array().cloned().unwrap_or_default()
}

/// Seeds a role and its binding for one user, in a namespace or everywhere. Each call adds to what was granted before.
pub(crate) fn seed(store: &Store, namespace: Option<&str>, user: &str, rules: Value) {
    let name = format!("{}-{}", user.replace(':', "-"), store.revision());
    let (role, binding) = if namespace.is_some() { ("Role", "RoleBinding") } else { ("ClusterRole", "ClusterRoleBinding") };
    let group = "rbac.authorization.k8s.io";
    let object = |kind: &str| {
        let mut object = json!({"apiVersion": format!("{group}/v1"), "kind": kind, "metadata": {"name": name}});
        if let Some(namespace) = namespace {
            object["metadata"]["namespace"] = namespace.into();
        }
        object
    };
    let mut granted = object(role);
    granted["rules"] = rules;
    let mut bound = object(binding);
    bound["subjects"] = json!([{"kind": "User", "apiGroup": group, "name": user}]);
    bound["roleRef"] = json!({"apiGroup": group, "kind": role, "name": name});
    store.seed(granted);
    store.seed(bound);
}
