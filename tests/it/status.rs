//! `status`: formats, selection, exit code, watching, and sources that do not answer.

use std::time::Duration;

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::server::{Act, Fault};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::timeout;

use crate::support::{PATIENCE, Person, interrupt, reviewed, scenario, still};

fn cluster(namespace: &str, name: &str, tier: &str) -> Value {
    json!({
        "apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoCluster",
        "metadata": {"name": name, "namespace": namespace, "labels": {"tier": tier}, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"version": "2.5.5", "replicas": 1},
        "status": {"phase": "Running", "readyReplicas": 1, "currentVersion": "2.5.5"},
    })
}

fn server(namespace: &str, cluster: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("{cluster}-0"), "namespace": namespace, "labels": {"openbao.org/cluster": cluster,
            "openbao-active": "true", "openbao-sealed": "false", "openbao-initialized": "true", "openbao-version": "2.5.5"}},
        "spec": {"containers": [{"name": "openbao", "image": "openbao"}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    })
}

/// Three healthy clusters in two namespaces, without an operator.
async fn three() -> Person {
    let person = still(Play::Jan).await;
    for (namespace, name, tier) in [("bao", "prod", "gold"), ("bao", "test", "tin"), ("other", "prod", "gold")] {
        person.range.load([cluster(namespace, name, tier), server(namespace, name)]);
    }
    let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "openbao-controller-leader.openbao.org", "namespace": "openbao-operator-system"},
        "spec": {"renewTime": jiff::Timestamp::now().to_string(), "leaseDurationSeconds": 15}});
    person.range.load([lease]);
    person
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn which_clusters_and_in_which_form() {
    let person = three().await;
    let name = |args: &'static [&'static str]| {
        let person = &person;
        async move { person.run(&[args, &["-o", "name"]].concat()).await.out }
    };
    assert_eq!(name(&["status"]).await, "openbaocluster.openbao.org/prod\nopenbaocluster.openbao.org/test\n");
    assert_eq!(name(&["status", "-l", "tier=gold"]).await, "openbaocluster.openbao.org/prod\n");
    assert_eq!(name(&["status", "-A", "-l", "tier=gold"]).await.lines().count(), 2);
    assert_eq!(name(&["status", "-n", "other"]).await, "openbaocluster.openbao.org/prod\n");
    assert_eq!(name(&["status", "test"]).await, "openbaocluster.openbao.org/test\n");
    let table = person.run(&["status", "-A"]).await;
    let wide = person.run(&["status", "-A", "-o", "wide"]).await;
    reviewed("status-list", &format!("{}\n{}", table.out, wide.out));
    let bare = person.run(&["status", "-A", "--no-headers"]).await;
    assert_eq!(bare.out.lines().count(), 3, "{bare}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_are_documents_in_both_markups() {
    let person = three().await;
    let json = person.run(&["status", "-A", "-o", "json"]).await;
    let yaml = person.run(&["status", "-A", "-o", "yaml"]).await;
    let mut read: Vec<Value> = vec![
        serde_json::from_str(&json.out).unwrap_or_else(|e| panic!("{e}: {json}")),
        serde_saphyr::from_str(&yaml.out).unwrap_or_else(|e| panic!("{e}: {yaml}")),
    ];
    for list in &mut read {
        assert_eq!((&list["apiVersion"], &list["kind"]), (&"cli.openbao.org/v1".into(), &"ClusterStatusList".into()));
        list["items"].as_array_mut().expect("items").iter_mut().for_each(|item| item["observedAt"] = Value::Null);
    }
    assert_eq!(read[0], read[1]);
    assert_eq!(read[0]["items"].as_array().map(Vec::len), Some(3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_found_is_said_as_kubectl_does() {
    let person = still(Play::Jan).await;
    let ran = person.run(&["status"]).await;
    ran.assert_exit(0).assert_says(&["No resources found in bao namespace."]);
    assert_eq!(ran.out, "");
    person.run(&["status", "-A"]).await.assert_exit(0).assert_says(&["No resources found."]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_exit_code_says_whether_somebody_should_act() {
    let (locked, healthy) = tokio::join!(scenario("stuck-lock", Play::Jan), scenario("restore", Play::Jan));
    for command in [&["status", "--exit-code"][..], &["status", "prod", "--exit-code"], &["status", "-o", "json", "--exit-code"]]
    {
        locked.run(command).await.assert_exit(3);
        healthy.run(command).await.assert_exit(0);
    }
    locked.run(&["status"]).await.assert_exit(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watching_appends_where_nobody_looks_at_a_screen() {
    let person = three().await;
    let mut child = person.plugin().start(&["status", "-w"]);
    let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
    let mut seen = Vec::new();
    // Two looks: two headers.
    while seen.iter().filter(|line: &&String| line.starts_with("NAME ")).count() < 2 {
        let line = timeout(PATIENCE, lines.next_line()).await.expect("a line in time").expect("readable");
        seen.push(line.expect("it goes on"));
    }
    interrupt(&child);
    let status = timeout(PATIENCE, child.wait()).await.expect("it ends").expect("it can be waited for");
    assert_eq!(status.code(), Some(130));
    assert!(!seen.iter().any(|line| line.contains('\u{1b}')), "{seen:?}");
    assert!(person.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watching_redraws_on_a_terminal() {
    let person = three().await;
    let mut terminal = person.on_terminal(&["status", "-w"]);
    for _ in 0..2 {
        terminal.expect("\u{1b}[H\u{1b}[2J");
        terminal.expect("prod");
    }
    terminal.keys("\u{3}");
    assert_eq!(terminal.end().0, 130);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_read_is_shown_as_unknown_and_spoils_nothing_else() {
    let person = scenario("stuck-lock", Play::Jan).await;
    let viewer = person.as_somebody_with(json!([
        {"apiGroups": ["openbao.org"], "resources": ["openbaoclusters"], "verbs": ["get", "list"]}
    ]));
    let list = viewer.run(&["status"]).await;
    list.assert_exit(0);
    let one = viewer.run(&["status", "prod"]).await;
    one.assert_exit(0);
    reviewed("status-forbidden", &format!("{}\n--- stderr\n{}\n--- status prod\n{}", list.out, list.err, one.out));
    // Nothing about the lock was seen, so nothing is concluded about it.
    assert!(one.out.contains("verdict  unknown"), "{one}");
    assert!(!one.out.contains("stale"), "{one}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_may_not_be_read_is_an_error_with_the_rule() {
    let person = scenario("stuck-lock", Play::Jan).await;
    let nobody = person.as_somebody_with(json!([]));
    reviewed("status-nothing-allowed", &nobody.run(&["status", "prod"]).await.failure());
    reviewed("status-list-not-allowed", &nobody.run(&["status"]).await.failure());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_source_is_said_and_the_rest_shown() {
    let person = scenario("stuck-lock", Play::Jan).await;
    for path in ["/pods", "/jobs", "/leases"] {
        person.range.server().faults().clear();
        person.range.server().faults().add(Fault::new(Act::Delay(Duration::from_secs(3600))).method("GET").path(path));
        let ran = person.run(&["status", "prod", "--deadline", "2s"]).await;
        ran.assert_exit(0);
        assert!(ran.out.contains("no answer within 2 s"), "{path}: {ran}");
        assert!(ran.out.contains("held by openbaocluster/backup"), "{path}: {ran}");
        // Servers say nothing about a backup's lock; the other two do.
        assert_eq!(ran.out.contains("verdict  stale"), path == "/pods", "{path}: {ran}");
        assert_eq!(ran.out.contains("serving"), path != "/pods", "{path}: {ran}");
    }
}
