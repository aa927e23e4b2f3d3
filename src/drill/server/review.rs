//! Questions about oneself: who am I, may I, what may I.

use serde_json::{Value, json};

use super::discovery::REVIEWS;
use super::handler::Call;
use super::rbac::{self, Attributes};
use super::rejection::Rejection;
use super::route::Target;
use super::write;

/// Answers a review; `None` when the request is none. Every authenticated user may ask.
pub(crate) fn serve(call: &Call, target: &Target) -> Option<Result<Value, Rejection>> {
    let resource = &target.resource;
    let known = |row: &&(&str, &str, &str)| row.0 == resource.group && row.1 == resource.plural && resource.version == "v1";
    let (_, plural, kind) = REVIEWS.iter().find(known)?;
    if call.method != "POST" {
        return Some(Err(Rejection::method_not_allowed()));
    }
    let asked = match write::decode(call) {
        Ok(asked) => asked,
        Err(rejection) => return Some(Err(rejection)),
    };
    let spec = &asked["spec"];
    let status = match *plural {
        "selfsubjectaccessreviews" => access(call, spec),
        "selfsubjectrulesreviews" => rules(call, spec["namespace"].as_str().unwrap_or_default()),
        _ => json!({"userInfo": {"username": call.user.name, "groups": call.user.groups}}),
    };
    let version = resource.api_version();
    let mut answer = json!({"kind": kind, "apiVersion": version, "metadata": {"creationTimestamp": null}, "status": status});
    if *plural != "selfsubjectreviews" {
        answer["spec"] = spec.clone();
    }
    Some(Ok(answer))
}

fn access(call: &Call, spec: &Value) -> Value {
    let text = |value: &'_ Value| value.as_str().unwrap_or_default().to_owned();
    let allowed = call.shared.store.read(|objects| {
        let path = &spec["nonResourceAttributes"];
        if path.is_object() {
            return rbac::allowed_path(objects, &call.user, &text(&path["verb"]), &text(&path["path"]));
        }
        let given = &spec["resourceAttributes"];
        let [verb, group, plural, subresource, namespace, name] =
            ["verb", "group", "resource", "subresource", "namespace", "name"].map(|key| text(&given[key]));
        let asked = Attributes {
            verb: &verb,
            group: &group,
            plural: &plural,
            subresource: &subresource,
            namespace: &namespace,
            name: &name,
        };
        rbac::allowed(objects, &call.user, &asked)
    });
    json!({"allowed": allowed})
}

fn rules(call: &Call, namespace: &str) -> Value {
    let mut rules = call.shared.store.read(|objects| rbac::rules(objects, &call.user, namespace));
    if call.user.is_master() {
        rules.push(json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}));
        rules.push(json!({"verbs": ["*"], "nonResourceURLs": ["*"]}));
    }
    let reviews = REVIEWS.map(|(group, plural, _)| json!({"verbs": ["create"], "apiGroups": [group], "resources": [plural]}));
    rules.extend(reviews);
    rules.push(json!({"verbs": ["get"], "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez",
        "/openapi", "/openapi/*", "/readyz", "/version", "/version/"]}));
    let (paths, resources): (Vec<Value>, Vec<Value>) = rules.into_iter().partition(|rule| rule["nonResourceURLs"].is_array());
    json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": false})
}
