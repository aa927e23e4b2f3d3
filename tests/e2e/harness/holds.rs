//! Holds the world where a test wants it: a rule of the API server refuses the one write that would take it further, until
//! it is let go.

use serde_json::{Value, json};

use super::{ControlPlane, eventually};

/// The label of a namespace that says which write is refused there.
const LABEL: &str = "e2e-hold";

/// Makes the rule and waits until it is in force. What may be held: a phase of an OpenBaoRestore (`Validating`, `Running`,
/// `Completed`), `Job` and `Pod` (any creation).
pub fn install_holds(plane: &ControlPlane) {
    let rule = |group: &str, resource: &str, operation: &str| json!({"apiGroups": [group], "apiVersions": ["*"], "operations": [operation], "resources": [resource]});
    let rules =
        [rule("openbao.org", "openbaorestores/status", "UPDATE"), rule("batch", "jobs", "CREATE"), rule("", "pods", "CREATE")];
    let phase = "(has(object.status) && has(object.status.phase) ? object.status.phase : '')";
    let written = format!("(request.kind.kind == 'Job' ? 'Job' : request.kind.kind == 'Pod' ? 'Pod' : {phase})");
    let selector = json!({"matchExpressions": [{"key": LABEL, "operator": "Exists"}]});
    let validation = json!({"expression": format!("namespaceObject.metadata.labels['{LABEL}'] != {written}"), "message": "held"});
    let version = "admissionregistration.k8s.io/v1";
    plane.apply(&[
        json!({"apiVersion": version, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": "holds"}, "spec": {
            "matchConstraints": {"namespaceSelector": selector, "resourceRules": rules}, "validations": [validation]}}),
        json!({"apiVersion": version, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": "holds"},
            "spec": {"policyName": "holds", "validationActions": ["Deny"]}}),
    ]);
    let namespace = plane.namespace("probe");
    hold(plane, &namespace, "Pod");
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe", "namespace": namespace},
        "spec": {"containers": [{"name": "c", "image": "i"}]}});
    eventually("the rule that holds", || refused(plane, &pod));
}

fn refused(plane: &ControlPlane, object: &Value) -> Result<(), String> {
    let ran = plane.kubectl().stdin(object.to_string()).run(["create", "--dry-run=server", "-f", "-"]);
    if ran.stderr.contains("held") { Ok(()) } else { Err(format!("{ran:?}")) }
}

/// From now on this write is refused in the namespace.
pub fn hold(plane: &ControlPlane, namespace: &str, what: &str) {
    plane.kubectl().run(["label", "namespace", namespace, "--overwrite", &format!("{LABEL}={what}")]).success();
}

/// Nothing is refused in the namespace any more.
pub fn let_go(plane: &ControlPlane, namespace: &str) {
    plane.kubectl().run(["label", "namespace", namespace, &format!("{LABEL}-")]).success();
}
