//! Objects: creating, changing, deleting.

use super::*;

const MAPS: &str = "/api/v1/namespaces/bao/configmaps";
const MERGE: &str = "application/merge-patch+json";
const JSON_PATCH: &str = "application/json-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

#[tokio::test]
async fn a_restore_is_created_defaulted_and_found() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    let mut manifest = restore("r1");
    manifest["status"] = json!({"phase": "Completed"});
    let (code, created) = post(&client, RESTORES, manifest).await;
    assert_eq!((code, &created["metadata"]["generation"], &created["status"]), (201, &json!(1), &Value::Null), "{created}");
    assert_eq!(created["spec"]["source"]["target"]["region"], "us-east-1");
    assert!(created["metadata"]["uid"].is_string() && created["metadata"]["resourceVersion"].is_string());
    assert_eq!(get(&client, &format!("{RESTORES}/r1")).await, (200, created));
}

#[tokio::test]
async fn refusals_are_the_real_servers() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    post(&client, RESTORES, restore("r1")).await;
    let (code, status) = post(&client, RESTORES, restore("r1")).await;
    assert_eq!(
        (code, &status),
        (
            409,
            &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": "openbaorestores.openbao.org \"r1\" already exists", "reason": "AlreadyExists",
            "details": {"name": "r1", "group": "openbao.org", "kind": "openbaorestores"}, "code": 409})
        )
    );
    let mut nested = restore("n");
    nested["spec"]["source"]["target"] = json!({"type": "s3", "s3": {}});
    let (code, status) = post(&client, &format!("{RESTORES}?fieldValidation=Strict"), nested.clone()).await;
    assert_eq!(
        (code, status["message"].as_str().unwrap()),
        (
            400,
            "OpenBaoRestore in version \"v1alpha1\" cannot be handled as a OpenBaoRestore: strict decoding error: unknown field \
             \"spec.source.target.s3\", unknown field \"spec.source.target.type\""
        )
    );
    let (code, status) = post(&client, RESTORES, nested).await;
    assert_eq!(
        (code, &status["details"]),
        (
            422,
            &json!({"name": "n", "group": "openbao.org", "kind": "OpenBaoRestore", "causes": [
            {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.source.target.bucket"}]})
        )
    );
    let (code, status) = post(&client, &RESTORES.replace("/bao/", "/nowhere/"), restore("r1")).await;
    assert_eq!((code, &status["message"]), (404, &json!("namespaces \"nowhere\" not found")));
    let (code, status) = post(&client, RESTORES, restore("Not_A_Name")).await;
    assert_eq!((code, &status["reason"]), (422, &json!("Invalid")));
    let (code, text) = get(&client, "/apis/openbao.org/v9/openbaorestores").await;
    assert_eq!((code, text), (404, json!("404 page not found\n")));
}

/// Whole body as captured from the real server.
#[tokio::test]
async fn a_policy_denies_with_422() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    let mut manifest = restore("pol");
    manifest["spec"]["force"] = json!(false);
    manifest["spec"]["overrideOperationLock"] = json!(true);
    manifest["spec"]["source"]["target"]["endpoint"] = json!("http://127.0.0.1:9000");
    let (code, status) = post(&client, &format!("{RESTORES}?dryRun=All"), manifest).await;
    let text = "ValidatingAdmissionPolicy 'openbao-operator-validate-openbaorestore' with binding \
                'openbao-operator-validate-openbaorestore' denied request: spec.overrideOperationLock requires spec.force=true.";
    let wanted = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": format!("openbaorestores.openbao.org \"pol\" is forbidden: {text}"), "reason": "Invalid",
        "details": {"name": "pol", "group": "openbao.org", "kind": "openbaorestores", "causes": [{"message": text}]},
        "code": 422});
    assert_eq!((code, status), (422, wanted));
}

#[tokio::test]
async fn endpoints_are_judged_as_by_the_operators_policy() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    for (endpoint, wanted) in [
        ("http://localhost:9000", 422),
        ("https://127.0.0.1", 422),
        ("http://2130706433/", 422),
        ("https://169.254.169.254/", 422),
        ("http://minio.example.com", 422),
        ("minio:9000", 422),
        ("http://minio.store.svc:9000", 201),
        ("http://minio.store.svc.cluster.local", 201),
        ("s3://x", 201),
    ] {
        let mut manifest = restore("pol");
        manifest["spec"]["source"]["target"]["endpoint"] = json!(endpoint);
        assert_eq!(post(&client, &format!("{RESTORES}?dryRun=All"), manifest).await.0, wanted, "{endpoint}");
    }
    let mut manifest = restore("pol");
    manifest["spec"]["tokenSecretRef"] = json!({"name": "prod-root-token"});
    assert_eq!(post(&client, RESTORES, manifest).await.0, 422);
    assert!(server.store().list("openbaorestores", None).is_empty());
}

#[tokio::test]
async fn from_0_4_a_restore_needs_the_custom_verb_and_stays_as_it_is() {
    let server = server(Play::V04).await;
    let writer = json!([{"apiGroups": ["openbao.org"], "resources": ["openbaorestores"], "verbs": ["*"]}]);
    server.allow_in("bao", "oncall", writer);
    let client = server.client(&User::named("oncall")).await.unwrap();
    let (code, status) = post(&client, RESTORES, restore("r1")).await;
    assert_eq!(code, 422);
    let wanted = "Users creating or updating an OpenBaoRestore must be authorized to restore the target OpenBaoCluster.";
    assert!(status["message"].as_str().unwrap().ends_with(wanted), "{status}");
    let verb = json!([{"apiGroups": ["openbao.org"], "resources": ["openbaoclusters"], "resourceNames": ["prod"], "verbs": ["restore"]}]);
    server.allow_in("bao", "oncall", verb);
    assert_eq!(post(&client, RESTORES, restore("r1")).await.0, 201);
    let mut credentials = restore("r2");
    credentials["spec"]["source"]["target"]["credentialsSecretRef"] = json!({"name": "s3"});
    assert_eq!(post(&client, RESTORES, credentials).await.0, 422);
    let change = json!({"spec": {"jwtAuthRole": "x"}});
    let (code, status) = send(&client, "PATCH", &format!("{RESTORES}/r1"), MERGE, change).await;
    assert_eq!(code, 422);
    assert!(status["message"].as_str().unwrap().contains("spec is immutable"), "{status}");
}

#[tokio::test]
async fn on_next_a_committed_restore_is_settled_before_it_is_deleted() {
    let server = server(Play::Next).await;
    let client = admin(&server).await;
    let mut committed = restore("r1");
    committed["metadata"]["namespace"] = json!("bao");
    committed["status"] = json!({"phase": "Unknown", "execution": {"stage": "Created"}});
    server.store().seed(committed);
    let path = format!("{RESTORES}/r1");
    assert_eq!(send(&client, "DELETE", &path, "application/json", Value::Null).await.0, 422);
    let settled = json!({"status": {"administratorDisposition": "Abandon"}});
    assert_eq!(send(&client, "PATCH", &format!("{path}/status"), MERGE, settled).await.0, 200);
    assert_eq!(send(&client, "DELETE", &path, "application/json", Value::Null).await.0, 200);
}

#[tokio::test]
async fn a_dry_run_checks_everything_and_stores_nothing() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    let before = server.store().revision();
    let (code, object) = post(&client, &format!("{RESTORES}?dryRun=All"), restore("r1")).await;
    assert_eq!((code, &object["spec"]["source"]["target"]["provider"]), (201, &json!("s3")));
    post(&client, RESTORES, restore("r2")).await;
    let path = format!("{RESTORES}/r2?dryRun=All");
    let (code, object) = send(&client, "PATCH", &path, MERGE, json!({"spec": {"jwtAuthRole": "x"}})).await;
    assert_eq!((code, &object["spec"]["jwtAuthRole"]), (200, &json!("x")));
    assert_eq!(send(&client, "DELETE", &path, MERGE, Value::Null).await.0, 200);
    assert_eq!(post(&client, &format!("{RESTORES}?dryRun=All"), restore("r2")).await.0, 409);
    assert_eq!(server.store().revision(), before + 1);
    assert_eq!(server.writes().len(), 1);
}

#[tokio::test]
async fn versions_guard_against_lost_updates() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    let (_, first) = post(&client, MAPS, config_map("bao", "c")).await;
    let path = format!("{MAPS}/c");
    let mut second = first.clone();
    second["data"]["a"] = json!("2");
    assert_eq!(send(&client, "PUT", &path, "application/json", second.clone()).await.0, 200);
    let (code, status) = send(&client, "PUT", &path, "application/json", second).await;
    assert_eq!((code, &status["reason"]), (409, &json!("Conflict")));
    let stale = json!({"metadata": {"resourceVersion": first["metadata"]["resourceVersion"]}, "data": {"a": "3"}});
    assert_eq!(send(&client, "PATCH", &path, MERGE, stale).await.0, 409);
    assert_eq!(server.store().get("configmaps", "bao", "c").unwrap()["data"]["a"], "2");
}

#[tokio::test]
async fn nothing_changed_means_no_new_version() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    let (_, first) = post(&client, MAPS, config_map("bao", "c")).await;
    let (_, second) = send(&client, "PATCH", &format!("{MAPS}/c"), MERGE, json!({"data": {"a": "1"}})).await;
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_json_patch_tests_before_it_changes() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    post(&client, MAPS, config_map("bao", "c")).await;
    let patch = |wanted: &str| json!([{"op": "test", "path": "/data/a", "value": wanted}, {"op": "add", "path": "/data/b", "value": "2"}]);
    let (code, status) = send(&client, "PATCH", &format!("{MAPS}/c"), JSON_PATCH, patch("9")).await;
    assert_eq!(
        (code, &status["reason"], &status["message"]),
        (422, &json!("Invalid"), &json!("the server rejected our request due to an error in our request"))
    );
    let (code, object) = send(&client, "PATCH", &format!("{MAPS}/c"), JSON_PATCH, patch("1")).await;
    assert_eq!((code, &object["data"]), (200, &json!({"a": "1", "b": "2"})));
}

#[tokio::test]
async fn status_and_the_rest_are_written_apart() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    post(&client, RESTORES, restore("r1")).await;
    let change = json!({"spec": {"jwtAuthRole": "x"}, "status": {"phase": "Running"}});
    let (_, object) = send(&client, "PATCH", &format!("{RESTORES}/r1"), MERGE, change.clone()).await;
    assert_eq!((&object["status"], &object["metadata"]["generation"]), (&Value::Null, &json!(2)));
    let change = json!({"spec": {"jwtAuthRole": "y"}, "status": {"phase": "Running"}});
    let (_, object) = send(&client, "PATCH", &format!("{RESTORES}/r1/status"), MERGE, change).await;
    assert_eq!((&object["status"]["phase"], &object["spec"]["jwtAuthRole"]), (&json!("Running"), &json!("x")));
    assert_eq!(object["metadata"]["generation"], 2);
    let wrong = json!({"status": {"phase": "Dancing"}});
    assert_eq!(send(&client, "PATCH", &format!("{RESTORES}/r1/status"), MERGE, wrong).await.0, 422);
}

#[tokio::test]
async fn server_side_apply_creates_and_names_undeclared_fields() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    let path = format!("{RESTORES}/r1?fieldManager=me&force=true");
    let (code, object) = send(&client, "PATCH", &path, APPLY, restore("r1")).await;
    assert_eq!((code, &object["metadata"]["managedFields"][0]["manager"]), (201, &json!("me")));
    assert_eq!(send(&client, "PATCH", &path, APPLY, restore("r1")).await.0, 200);
    let mut nested = restore("r1");
    nested["spec"]["source"]["target"]["s3"] = json!({});
    let (code, status) = send(&client, "PATCH", &path, APPLY, nested).await;
    let wanted = "failed to create typed patch object (bao/r1; openbao.org/v1alpha1, Kind=OpenBaoRestore): \
                  .spec.source.target.s3: field not declared in schema";
    assert_eq!((code, &status["message"]), (500, &json!(wanted)));
    assert_eq!(send(&client, "PATCH", &format!("{RESTORES}/r1"), APPLY, restore("r1")).await.0, 422);
}

#[tokio::test]
async fn finalizers_hold_an_object_until_they_are_gone() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    let mut manifest = restore("r1");
    manifest["metadata"]["finalizers"] = json!(["openbao.org/openbaorestore-finalizer"]);
    post(&client, RESTORES, manifest).await;
    let path = format!("{RESTORES}/r1");
    let (code, object) = send(&client, "DELETE", &path, "application/json", Value::Null).await;
    assert_eq!(code, 200);
    assert!(object["metadata"]["deletionTimestamp"].is_string());
    let more = json!({"metadata": {"finalizers": ["openbao.org/openbaorestore-finalizer", "x/y"]}});
    assert_eq!(send(&client, "PATCH", &path, MERGE, more).await.0, 422);
    let none = json!({"metadata": {"finalizers": null}});
    assert_eq!(send(&client, "PATCH", &path, MERGE, none).await.0, 200);
    assert_eq!(get(&client, &path).await.0, 404);
}

#[tokio::test]
async fn deletion_checks_the_uid_and_waits_in_the_foreground() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    let owner = server.store().seed(config_map("bao", "owner"));
    let mut owned = config_map("bao", "owned");
    owned["metadata"]["ownerReferences"] = json!([{"uid": owner["metadata"]["uid"]}]);
    server.store().seed(owned);
    let path = format!("{MAPS}/owner");
    let wrong = json!({"preconditions": {"uid": "other"}});
    assert_eq!(send(&client, "DELETE", &path, "application/json", wrong).await.0, 409);
    let foreground = json!({"propagationPolicy": "Foreground", "preconditions": {"uid": owner["metadata"]["uid"]}});
    let (_, held) = send(&client, "DELETE", &path, "application/json", foreground.clone()).await;
    assert_eq!(held["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    assert!(server.store().delete("configmaps", "bao", "owned"));
    let none = json!({"metadata": {"finalizers": []}});
    send(&client, "PATCH", &path, MERGE, none).await;
    assert!(server.store().get("configmaps", "bao", "owner").is_none());
}

#[tokio::test]
async fn a_running_pod_is_given_its_grace_period() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "p-"},
        "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let (code, pod) = post(&client, "/api/v1/namespaces/bao/pods", pod).await;
    assert_eq!((code, &pod["status"]["phase"]), (201, &json!("Pending")));
    let path = format!("/api/v1/namespaces/bao/pods/{}", pod["metadata"]["name"].as_str().unwrap());
    let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {}, "target": {"kind": "Node", "name": "n"}});
    assert_eq!(post(&client, &format!("{path}/binding"), binding.clone()).await.0, 201);
    assert_eq!(post(&client, &format!("{path}/binding"), binding).await.0, 409);
    let (_, marked) = send(&client, "DELETE", &path, "application/json", Value::Null).await;
    assert_eq!(marked["metadata"]["deletionGracePeriodSeconds"], 30);
    let at_once = json!({"gracePeriodSeconds": 0});
    send(&client, "DELETE", &path, "application/json", at_once).await;
    assert_eq!(get(&client, &path).await.0, 404);
}

#[tokio::test]
async fn a_job_gets_its_selector_and_labels() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"},
        "spec": {"template": {"spec": {"restartPolicy": "OnFailure", "containers": [{"name": "c"}]}}}});
    let (_, job) = post(&client, "/apis/batch/v1/namespaces/bao/jobs", job).await;
    let uid = &job["metadata"]["uid"];
    assert_eq!(job["spec"]["selector"]["matchLabels"]["batch.kubernetes.io/controller-uid"], *uid);
    assert_eq!(job["spec"]["template"]["metadata"]["labels"]["job-name"], "j");
    assert_eq!(
        (&job["spec"]["backoffLimit"], &job["spec"]["template"]["spec"]["restartPolicy"]),
        (&json!(6), &json!("OnFailure"))
    );
}
