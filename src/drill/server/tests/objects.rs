//! Objects: writing, reading, watching, deleting.

use std::time::{Duration, Instant};

use futures_util::{AsyncBufRead, AsyncBufReadExt as _};

use super::*;

const MAPS: &str = "/api/v1/namespaces/bao/configmaps";
const MERGE: &str = "application/merge-patch+json";
const JSON_PATCH: &str = "application/json-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

/// The watch's next event, within a generous time.
async fn event(lines: &mut (impl AsyncBufRead + Unpin)) -> Value {
    let mut line = String::new();
    let read = tokio::time::timeout(Duration::from_secs(30), lines.read_line(&mut line)).await;
    if read.unwrap().unwrap() == 0 { Value::Null } else { serde_json::from_str(&line).unwrap() }
}

async fn open(client: &kube::Client, path: &str) -> impl AsyncBufRead + Unpin + use<> {
    let request = http::Request::get(path).body(Vec::new()).unwrap();
    Box::pin(client.request_stream(request).await.unwrap())
}

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
        ("http://169.254.169.254/", 422),
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

#[tokio::test]
async fn lists_come_in_order_and_in_pages() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    for (namespace, name) in [("b", "x"), ("a", "z"), ("a", "y"), ("c", "x")] {
        let mut object = config_map(namespace, name);
        object["metadata"]["labels"] = json!({"n": name});
        server.store().seed(object);
    }
    let names = |list: &Value| -> Vec<String> {
        let meta = list["items"].as_array().unwrap().iter().map(|item| &item["metadata"]);
        meta.map(|m| format!("{}/{}", m["namespace"].as_str().unwrap(), m["name"].as_str().unwrap())).collect()
    };
    let (_, first) = get(&client, "/api/v1/configmaps?limit=3").await;
    assert_eq!(names(&first), ["a/y", "a/z", "b/x"]);
    assert_eq!((&first["kind"], &first["metadata"]["remainingItemCount"]), (&json!("ConfigMapList"), &json!(1)));
    let token = first["metadata"]["continue"].as_str().unwrap();
    let (_, second) = get(&client, &format!("/api/v1/configmaps?limit=3&continue={token}")).await;
    assert_eq!((names(&second), &second["metadata"]["continue"]), (vec!["c/x".to_owned()], &Value::Null));
    assert_eq!(first["metadata"]["resourceVersion"], second["metadata"]["resourceVersion"]);
    let (_, chosen) = get(&client, "/api/v1/configmaps?labelSelector=n%20in%20(x)&fieldSelector=metadata.namespace!%3Dc").await;
    assert_eq!(names(&chosen), ["b/x"]);
    assert_eq!(names(&get(&client, "/api/v1/namespaces/a/configmaps").await.1), ["a/y", "a/z"]);
    server.store().compact();
    let (code, status) = get(&client, &format!("/api/v1/configmaps?limit=3&continue={token}")).await;
    assert_eq!((code, &status["reason"]), (410, &json!("Expired")));
}

#[tokio::test]
async fn metadata_and_tables_are_served_when_asked_for() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    post(&client, RESTORES, restore("r1")).await;
    let ask = async |path: &str, accept: &str| -> Value {
        let request = http::Request::get(path).header("accept", accept).body(Vec::new()).unwrap();
        client.request(request).await.unwrap()
    };
    let partial = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let list = ask(RESTORES, partial).await;
    assert_eq!(
        (&list["kind"], &list["items"][0]["kind"]),
        (&json!("PartialObjectMetadataList"), &json!("PartialObjectMetadata"))
    );
    assert_eq!((&list["items"][0]["metadata"]["name"], &list["items"][0]["spec"]), (&json!("r1"), &Value::Null));
    let table = "application/vnd.kubernetes.protobuf,application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    let table = ask(RESTORES, table).await;
    let columns: Vec<&Value> = table["columnDefinitions"].as_array().unwrap().iter().map(|c| &c["name"]).collect();
    assert_eq!(columns, ["Name", "Cluster", "Phase", "Age", "Message"]);
    let cells = table["rows"][0]["cells"].as_array().unwrap();
    assert_eq!((&cells[0], &cells[1], &cells[2]), (&json!("r1"), &json!("prod"), &Value::Null));
    assert_eq!(table["rows"][0]["object"]["kind"], "PartialObjectMetadata");
}

#[tokio::test]
async fn a_watch_tells_what_happens_from_a_version_on() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    let version = server.store().revision();
    server.store().seed(config_map("bao", "before"));
    let mut lines = open(&client, &format!("{MAPS}?watch=true&resourceVersion={version}&labelSelector=x!=y")).await;
    let seen = event(&mut lines).await;
    assert_eq!((&seen["type"], &seen["object"]["metadata"]["name"]), (&json!("ADDED"), &json!("before")));
    server.store().seed(config_map("elsewhere", "other"));
    server.store().edit("configmaps", "bao", "before", |object| object["data"]["a"] = json!("2"));
    assert_eq!(event(&mut lines).await["type"], "MODIFIED");
    // Leaving the selection looks like a deletion.
    server.store().edit("configmaps", "bao", "before", |object| object["metadata"]["labels"] = json!({"x": "y"}));
    assert_eq!(event(&mut lines).await["type"], "DELETED");
    server.store().seed(config_map("bao", "after"));
    assert_eq!(event(&mut lines).await["type"], "ADDED");
    server.store().delete("configmaps", "bao", "after");
    assert_eq!(event(&mut lines).await["type"], "DELETED");
}

#[tokio::test]
async fn a_watch_without_a_version_starts_with_what_is_there_and_ends_in_time() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    server.store().seed(config_map("bao", "c"));
    let mut lines = open(&client, &format!("{MAPS}?watch=true&timeoutSeconds=0")).await;
    assert_eq!(event(&mut lines).await["type"], "ADDED");
    assert_eq!(event(&mut lines).await, Value::Null);
    let path = format!("{MAPS}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan");
    let mut lines = open(&client, &path).await;
    assert_eq!(event(&mut lines).await["type"], "ADDED");
    let bookmark = event(&mut lines).await;
    assert_eq!(bookmark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
}

#[tokio::test]
async fn a_watch_from_a_forgotten_version_is_told_so() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    server.store().seed(config_map("bao", "c"));
    server.store().compact();
    let mut lines = open(&client, &format!("{MAPS}?watch=true&resourceVersion=1")).await;
    let error = event(&mut lines).await;
    assert_eq!((&error["type"], &error["object"]["code"]), (&json!("ERROR"), &json!(410)));
    assert_eq!(event(&mut lines).await, Value::Null);
}

#[tokio::test]
async fn old_history_is_dropped() {
    let options = Options { history: 3, ..Options::without_operator() };
    let server = Server::start(options).await.unwrap();
    let first = server.store().revision();
    for name in ["a", "b", "c", "d"] {
        server.store().seed(config_map("default", name));
    }
    assert!(server.store().since("configmaps", first).is_none());
    let (changes, _) = server.store().since("configmaps", server.store().revision() - 3).unwrap();
    assert_eq!(changes.len(), 3);
}

#[tokio::test]
async fn without_the_crds_the_group_is_not_there() {
    let server = Server::start(Options::without_operator()).await.unwrap();
    let client = admin(&server).await;
    assert_eq!(get(&client, RESTORES).await, (404, json!("404 page not found\n")));
    assert_eq!(get(&client, "/apis/openbao.org/v1alpha1").await.0, 404);
    assert_eq!(get(&client, "/openapi/v3/apis/openbao.org/v1alpha1").await.0, 404);
}

/// A page costs what is on it: ten pages of 500 are not ten copies of the world. Counted in bytes, not in time.
#[tokio::test]
async fn five_thousand_clusters_are_listed_page_by_page() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    for number in 0..5000 {
        server.store().seed(json!({"apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoCluster",
            "metadata": {"namespace": format!("ns-{}", number % 50), "name": format!("c-{number}")}, "spec": {"version": "2.5.5"}}));
    }
    let (mut seen, mut token, mut pages) = (0, String::new(), 0);
    let start = Instant::now();
    loop {
        let (_, page) = get(&client, &format!("/apis/openbao.org/v1alpha1/openbaoclusters?limit=500&continue={token}")).await;
        seen += page["items"].as_array().unwrap().len();
        pages += 1;
        let Some(next) = page["metadata"]["continue"].as_str() else { break };
        token = next.to_owned();
    }
    println!("5,000 clusters in {pages} pages: {:?}", start.elapsed());
    assert_eq!((seen, pages), (5000, 10));
}
