//! The Roles of `docs/rbac`: what people are told is enough, given to the tests' people.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::ControlPlane;
use super::manifests::read;

/// A right: resource (with subresource) and verb.
pub type Right = (String, String);

/// A Role of `docs/rbac`.
pub fn role(name: &str) -> Value {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/rbac/{name}.yaml")))
}

/// The rights a Role gives.
pub fn rights(role: &Value) -> BTreeSet<Right> {
    let texts = |value: &Value| -> Vec<String> { serde_json::from_value(value.clone()).expect("a list of texts") };
    let rules = role["rules"].as_array().expect("a Role has rules");
    let of_rule = |rule: &Value| {
        let verbs = texts(&rule["verbs"]);
        let with_verbs = move |resource: String| verbs.clone().into_iter().map(move |verb| (resource.clone(), verb));
        texts(&rule["resources"]).into_iter().flat_map(with_verbs)
    };
    rules.iter().flat_map(of_rule).collect()
}

/// Binds a Role to a user in a namespace.
pub fn bind(plane: &ControlPlane, user: &str, namespace: &str, role: Value) {
    let (role, binding) = role_with_binding(user, namespace, role);
    plane.apply(&[role, binding]);
}

/// A Role as it is in a namespace, and the binding that gives it to a user.
pub fn role_with_binding(user: &str, namespace: &str, mut role: Value) -> (Value, Value) {
    role["metadata"]["namespace"] = json!(namespace);
    let name = role["metadata"]["name"].clone();
    let rbac = "rbac.authorization.k8s.io";
    let binding = json!({"apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding",
        "metadata": {"name": format!("{}-{user}", name.as_str().expect("a Role has a name")), "namespace": namespace},
        "roleRef": {"apiGroup": rbac, "kind": "Role", "name": name},
        "subjects": [{"apiGroup": rbac, "kind": "User", "name": user}]});
    (role, binding)
}
