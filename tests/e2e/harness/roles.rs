//! The Roles of `docs/rbac`: what people are told is enough, given to the tests' people.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::ControlPlane;
use super::manifests::read;

/// A right: one verb on one resource (with subresource), perhaps on one object only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// `pods`, `pods/log`.
    pub resource: String,
    /// The only object it is for.
    pub name: Option<String>,
    /// The verb.
    pub verb: String,
}

/// `(resource, verb)`; where the right is for one object only, `resource/name` may stand for the resource.
pub type Words<'a> = (&'a str, &'a str);

impl Right {
    /// Whether these words mean it.
    pub fn is(&self, (resource, verb): Words<'_>) -> bool {
        let named = self.name.as_ref().map(|name| format!("{}/{name}", self.resource));
        self.verb == verb && (self.resource == resource || named.as_deref() == Some(resource))
    }
}

/// `get secrets/s3-creds`.
impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        self.name.iter().try_for_each(|name| write!(f, "/{name}"))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rbac")
}

/// A Role of `docs/rbac`.
pub fn role(name: &str) -> Value {
    read(&folder().join(format!("{name}.yaml")))
}

/// The names of all Roles of `docs/rbac`.
pub fn role_names() -> BTreeSet<String> {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    files.filter_map(|file| file.strip_suffix(".yaml").map(str::to_owned)).collect()
}

fn texts(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).expect("a list of texts")
}

/// The rights of one rule. A rule is about one resource and at most one object, so that it can be taken away by itself.
fn rights_of_rule(rule: &Value) -> Vec<Right> {
    let (resources, names) = (texts(&rule["resources"]), rule.get("resourceNames").map(texts).unwrap_or_default());
    let ([resource], [] | [_]) = (resources.as_slice(), names.as_slice()) else { panic!("more than one thing in {rule}") };
    let right = |verb| Right { resource: resource.clone(), name: names.first().cloned(), verb };
    texts(&rule["verbs"]).into_iter().map(right).collect()
}

fn rules(role: &Value) -> &Vec<Value> {
    role["rules"].as_array().expect("a Role has rules")
}

/// The rights a Role gives.
pub fn rights(role: &Value) -> BTreeSet<Right> {
    rules(role).iter().flat_map(rights_of_rule).collect()
}

/// Takes a right out of a Role; a rule that then gives nothing goes with it.
pub fn take(role: &mut Value, right: &Right) {
    let rules = role["rules"].as_array_mut().expect("a Role has rules");
    for rule in rules.iter_mut().filter(|rule| rights_of_rule(rule).contains(right)) {
        rule["verbs"].as_array_mut().expect("a rule has verbs").retain(|verb| *verb != right.verb.as_str());
    }
    rules.retain(|rule| rule["verbs"] != json!([]));
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

#[test]
fn a_right_is_taken_from_the_rule_that_gives_it() {
    let rule = |name: &str, verbs: &[&str]| json!({"apiGroups": [""], "resources": ["secrets"], "resourceNames": [name], "verbs": verbs});
    let mut role = json!({"rules": [rule("a", &["get"]), rule("b", &["get", "list"])]});
    let all = rights(&role);
    assert_eq!(all.iter().map(Right::to_string).collect::<Vec<_>>(), ["get secrets/a", "get secrets/b", "list secrets/b"]);
    for (gone, rest) in
        [("secrets/b", json!([rule("a", &["get"]), rule("b", &["list"])])), ("secrets/a", json!([rule("b", &["list"])]))]
    {
        take(&mut role, all.iter().find(|right| right.is((gone, "get"))).unwrap());
        assert_eq!(role["rules"], rest);
    }
}
