//! Objects: lists, shapes, watches.

use std::time::{Duration, Instant};

use futures_util::{AsyncBufRead, AsyncBufReadExt as _};

use super::*;

const MAPS: &str = "/api/v1/namespaces/bao/configmaps";

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

/// A fleet in kubectl's page size: each object once, no page too many. The time is printed, not judged.
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
