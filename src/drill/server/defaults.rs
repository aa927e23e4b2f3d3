//! What kube-apiserver fills in: the objects every cluster starts with, and the defaults of built-in kinds.

use serde_json::{Map, Value, json};

use super::{Shared, admission, meta, rbac, resources::Resource};

/// Seeds what a fresh cluster has: namespaces, cluster roles, the CRDs and the policies installed.
pub(crate) fn bootstrap(shared: &Shared) {
    let store = &shared.store;
    for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
        store.seed(meta::namespace(name));
    }
    let everything = json!([
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ]);
    let read = ["get", "list", "watch"];
    let view = json!([
        {"apiGroups": [""], "verbs": read, "resources": ["configmaps", "events", "namespaces", "persistentvolumeclaims",
            "pods", "pods/log", "pods/status", "serviceaccounts", "services"]},
        {"apiGroups": ["apps", "batch"], "verbs": read, "resources": ["*"]},
    ]);
    for (name, rules) in [("cluster-admin", everything), ("view", view)] {
        store.seed(json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": name}, "rules": rules}));
    }
    for crd in &shared.options.crds {
        store.seed(installed(crd));
    }
    if let Some(play) = shared.options.policies {
        let name = admission::policy(play);
        let meta = |kind: &str, spec: Value| json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec});
        store.seed(meta("ValidatingAdmissionPolicy", json!({"failurePolicy": "Fail", "validations": []})));
        let bound = json!({"policyName": name, "validationActions": ["Deny"]});
        store.seed(meta("ValidatingAdmissionPolicyBinding", bound));
    }
    // The operator may do what its own ClusterRoles give it; which rules those are is not the range's subject.
    let operator = "system:serviceaccount:openbao-operator-system:openbao-operator-controller";
    rbac::seed(store, None, operator, json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]));
}

/// A CRD as it stands once it is served.
fn installed(crd: &Value) -> Value {
    let mut crd = crd.clone();
    let condition = |kind: &str, reason: &str| json!({"type": kind, "status": "True", "reason": reason, "message": "", "lastTransitionTime": meta::now()});
    crd["status"] = json!({
        "acceptedNames": crd["spec"]["names"],
        "conditions": [condition("NamesAccepted", "NoConflicts"), condition("Established", "InitialNamesAccepted")],
        "storedVersions": ["v1alpha1"],
    });
    crd
}

/// Fills in a new object of a built-in kind; what is there stays.
pub(crate) fn fill(resource: &Resource, object: &mut Value) {
    match resource.plural.as_str() {
        "pods" => pod(object),
        "jobs" => job(object),
        "deployments" | "statefulsets" => default(&mut object["spec"], &json!({"replicas": 1})),
        "services" => default(&mut object["spec"], &json!({"type": "ClusterIP", "sessionAffinity": "None"})),
        "persistentvolumeclaims" => object["status"] = json!({"phase": "Pending"}),
        "namespaces" => {
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            let standard = meta::namespace(name);
            default(object, &standard);
        }
        "secrets" => secret(object),
        _ => {}
    }
}

/// Adds the fields of `defaults` that are missing, in depth.
fn default(object: &mut Value, defaults: &Value) {
    let Some(defaults) = defaults.as_object() else { return };
    if object.is_null() {
        *object = Map::new().into();
    }
    let Some(map) = object.as_object_mut() else { return };
    for (key, value) in defaults {
        match map.get_mut(key).filter(|present| !present.is_null()) {
            Some(present) => default(present, value),
            None => drop(map.insert(key.clone(), value.clone())),
        }
    }
}

fn pod(object: &mut Value) {
    pod_spec(&mut object["spec"]);
    object["status"] = json!({"phase": "Pending", "qosClass": "BestEffort"});
}

fn pod_spec(spec: &mut Value) {
    let defaults = json!({"restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler",
        "terminationGracePeriodSeconds": 30, "serviceAccountName": "default", "securityContext": {}});
    default(spec, &defaults);
    for container in spec["containers"].as_array_mut().into_iter().flatten() {
        default(
            container,
            &json!({"imagePullPolicy": "IfNotPresent", "resources": {},
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}),
        );
    }
}

/// A Job gets its selector and the labels that tie its pods to it, unless it brings its own.
fn job(object: &mut Value) {
    let (uid, name) = (object["metadata"]["uid"].clone(), object["metadata"]["name"].clone());
    let spec = &mut object["spec"];
    default(
        spec,
        &json!({"backoffLimit": 6, "completionMode": "NonIndexed", "completions": 1, "parallelism": 1,
        "manualSelector": false, "suspend": false, "podReplacementPolicy": "TerminatingOrFailed"}),
    );
    if spec["manualSelector"] != true {
        spec["selector"] = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
        let labels = json!({"batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name,
            "controller-uid": uid, "job-name": name});
        default(&mut spec["template"], &json!({"metadata": {"labels": labels}}));
    }
    pod_spec(&mut spec["template"]["spec"]);
    object["status"] = json!({});
}

/// `stringData` becomes `data`; the type defaults to `Opaque`.
pub(crate) fn secret(object: &mut Value) {
    use base64::Engine as _;
    let texts = object.as_object_mut().and_then(|map| map.shift_remove("stringData"));
    for (key, text) in texts.as_ref().and_then(Value::as_object).into_iter().flatten() {
        let encoded = base64::prelude::BASE64_STANDARD.encode(text.as_str().unwrap_or_default());
        object["data"][key] = encoded.into();
    }
    default(object, &json!({"type": "Opaque"}));
}
