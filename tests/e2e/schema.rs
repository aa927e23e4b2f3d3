//! What the operator's own schema and policies accept, on the real API server: the ground that `restore` stands on.

use serde_json::{Value, json};

use crate::harness::{ControlPlane, OPERATOR, Ran, captured, data, read};

/// A restore as the operator's captured ones, named as the captured transcript names it.
fn restore(name: &str, change: Value) -> Value {
    let mut restore = json!({
        "apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore", "metadata": {"name": name},
        "spec": {"cluster": "prod", "force": true,
            "source": {"key": "bao/prod/x.snap", "target": {"bucket": "backups", "region": "us-east-1"}}},
    });
    json_patch_merge(&mut restore["spec"], change);
    restore
}

/// JSON merge patch without deletion: enough to say what differs.
fn json_patch_merge(target: &mut Value, change: Value) {
    match (target, change) {
        (Value::Object(target), Value::Object(change)) => {
            for (key, value) in change {
                json_patch_merge(target.entry(key).or_insert(Value::Null), value);
            }
        }
        (target, change) => *target = change,
    }
}

fn create(plane: &ControlPlane, object: &Value) -> Ran {
    plane.kubectl().stdin(object.to_string()).run(["create", "--dry-run=server", "-f", "-"])
}

#[test]
fn each_generation_refuses_the_image_field_of_the_other() {
    let image = restore("smoke", json!({"image": "openbao-backup:field"}));
    let executor_image = restore("smoke", json!({"executorImage": "openbao-backup:field"}));
    let (jan, p4) = (ControlPlane::jan(), ControlPlane::p4());
    create(&jan, &image).success();
    create(&p4, &executor_image).success();
    assert!(create(&p4, &image).failure(1).contains(r#"unknown field "spec.image""#));
    assert!(create(&jan, &executor_image).failure(1).contains(r#"unknown field "spec.executorImage""#));
}

/// Every denial of the captured transcript, asked again: same words, so the transcript may stand for the server in
/// faster tests.
#[test]
fn the_restore_policy_and_schema_answer_as_captured() {
    let plane = ControlPlane::jan();
    let target = |change: Value| json!({"source": {"target": change}});
    let endpoint = |endpoint: &str| target(json!({"endpoint": endpoint}));
    let cases = [
        ("g: override without force", json!({"force": false, "overrideOperationLock": true})),
        ("g: endpoint localhost", endpoint("http://localhost:9000")),
        ("g: endpoint 127.0.0.1", endpoint("http://127.0.0.1:9000")),
        ("g: endpoint numeric", endpoint("http://2130706433:9000")),
        ("g: endpoint link local", endpoint("http://169.254.169.254/x")),
        ("g: endpoint plain http outside the cluster", endpoint("http://s3.example.com")),
        ("g: endpoint without scheme", endpoint("minio:9000")),
        ("g: no endpoint", json!({})),
        ("g: credentials from a system secret", target(json!({"credentialsSecretRef": {"name": "prod-root-token"}}))),
        ("g: token from a system secret", json!({"tokenSecretRef": {"name": "prod-root-token"}})),
        (
            "g: two violations at once",
            json!({"force": false, "overrideOperationLock": true,
                "source": {"target": {"endpoint": "http://localhost:9000"}}}),
        ),
        ("g: empty bucket", target(json!({"bucket": ""}))),
        ("g: empty key", json!({"source": {"key": ""}})),
        ("g: unknown provider", target(json!({"provider": "ftp"}))),
        ("g: partSize too small", target(json!({"partSize": 5}))),
        ("g: http in-cluster .svc endpoint", endpoint("http://s3.storage.svc:7070")),
    ];
    for (title, change) in cases {
        let ran = create(&plane, &restore("pol", change));
        let said = if ran.ok() { &ran.stdout } else { &ran.stderr };
        assert_eq!(said, &captured("20-schema-and-policy.txt", title), "{title}: {ran:#?}");
    }
}

#[test]
fn a_policy_denial_is_422_and_the_nested_s3_block_400() {
    let plane = ControlPlane::jan();
    let namespace = plane.namespace("status-codes");
    let denied = restore("pol", json!({"force": false, "overrideOperationLock": true}));
    let nested = restore("nested", json!({"source": {"target": {"type": "s3", "s3": {"bucket": "backups"}}}}));
    for object in [&denied, &nested] {
        let create = ["create", "--namespace", &namespace, "-f", "-"];
        plane.kubectl().stdin(object.to_string()).run(create).failure(1);
    }
    let writes = plane.audit(|event| event.namespace() == namespace && event.resource() == "openbaorestores");
    let outlines: Vec<String> = writes.iter().map(|event| event.outline()).collect();
    assert_eq!(outlines, ["create openbaorestores 422", "create openbaorestores 400"]);
    let answer = writes[0].response_object.as_ref().unwrap();
    assert_eq!(answer["reason"], "Invalid");
    assert_eq!(
        answer["details"]["causes"][0]["message"],
        "ValidatingAdmissionPolicy 'openbao-operator-validate-openbaorestore' with binding \
         'openbao-operator-validate-openbaorestore' denied request: spec.overrideOperationLock requires spec.force=true."
    );
}

/// Real objects of the real operator pass the real CRD: the captured cluster and restores are what their schema says.
#[test]
fn captured_objects_pass_strict_validation() {
    let plane = ControlPlane::jan();
    let namespace = plane.namespace("captured");
    for name in ["cluster-prod", "restore-r1", "restore-e1"] {
        let mut object = read(&data().join(format!("captured/objects/{name}.yaml")));
        object["metadata"] = json!({"name": object["metadata"]["name"], "namespace": namespace});
        create(&plane, &object).success();
    }
}

/// The managed-resource lock lets only the operator, the kubelet and the system's controllers touch what it manages.
#[test]
fn managed_objects_are_locked_for_people() {
    let plane = ControlPlane::jan();
    let namespace = plane.namespace("locked");
    let secret = json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "prod-tls-ca", "namespace": namespace,
            "labels": {"app.kubernetes.io/managed-by": "openbao-operator"}}});
    let create = ["create", "-f", "-"];
    let denied = plane.kubectl().stdin(secret.to_string()).run(create).failure(1);
    assert!(denied.contains("Direct modification of OpenBao-managed resources is prohibited"), "{denied}");
    plane.kubectl_as(OPERATOR, &namespace).stdin(secret.to_string()).run(create).success();
}
