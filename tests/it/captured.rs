//! Objects and situations of the real operator: every object reads without a problem, and `status` says what the
//! transcripts beside them say.

use std::path::Path;

use kubectl_openbao::api::cluster::Cluster;
use kubectl_openbao::api::restore::Restore;
use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::scenarios::Range;
use serde_json::{Value, json};

use crate::support::{Person, reviewed, still};

fn captured(file: &str) -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/captured/objects");
    std::fs::read_to_string(directory.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn load(range: &Range, files: &[&str]) {
    for file in files {
        range.server().store().seed_yaml(&captured(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
}

/// A range with the operator as captured, and alive now.
async fn with_operator() -> Person {
    let person = still(Play::Jan).await;
    load(&person.range, &["operator-deployments.yaml", "leases.yaml"]);
    let now = json!(jiff::Timestamp::now().to_string());
    let (namespace, name) = ("openbao-operator-system", "openbao-controller-leader.openbao.org");
    assert!(person.range.server().store().edit("leases", namespace, name, |lease| lease["spec"]["renewTime"] = now));
    person
}

async fn status(person: &Person, cluster: &str, name: &str) -> String {
    let ran = person.run(&["status", cluster, "--no-probe"]).await;
    ran.assert_exit(0);
    person.assert_nothing_written(&ran);
    reviewed(name, &ran.out);
    person.run(&["status", cluster, "--no-probe", "--exit-code"]).await.assert_exit(3);
    ran.out
}

fn edit_pod(person: &Person, pod: &str, change: impl FnOnce(&mut Value)) {
    assert!(person.range.server().store().edit("pods", "bao", pod, change), "{pod} is there");
}

#[test]
fn every_object_reads_without_a_problem() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/captured/objects");
    let mut read = 0;
    for entry in std::fs::read_dir(directory).expect("the captured objects") {
        let name = entry.expect("an entry").file_name().into_string().expect("a plain name");
        let problems = match name.split('-').next() {
            Some("cluster") => Cluster::read(&value(&name)).problems,
            Some("restore") => Restore::read(&value(&name)).problems,
            _ => continue,
        };
        assert_eq!(problems, Vec::<String>::new(), "{name}");
        read += 1;
    }
    assert_eq!(read, 17);
}

fn value(file: &str) -> Value {
    serde_saphyr::from_str(&captured(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sealed_servers_under_a_completed_restore_and_a_running_cluster() {
    let person = with_operator().await;
    let files = ["cluster-prod-status-after-foreign-snapshot.yaml", "pods-prod-sealed-by-foreign-snapshot.yaml"];
    load(&person.range, &files);
    load(&person.range, &["restore-s1-foreign-completed.yaml"]);
    let text = status(&person, "prod", "captured-foreign-snapshot").await;
    assert!(text.contains("3 of 3 servers are sealed (their own labels); the cluster's status still says Unsealed"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_leader_labels_of_which_one_is_frozen() {
    let person = with_operator().await;
    load(&person.range, &["cluster-bg-two-leader-labels.yaml", "pods-bg-removed-leader.yaml"]);
    let text = status(&person, "bg", "captured-two-leaders").await;
    assert!(text.contains("2 servers call themselves active: bg-89b324081ed019e8-0, bg-89b324081ed019e8-2"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_lock_that_leaked() {
    let person = with_operator().await;
    load(&person.range, &["cluster-noauth2-stale-backup-lock.yaml", "pod-prod-0.yaml"]);
    // The only server of that cluster was well; its pod was not kept.
    let mut pod = Value::clone(&person.range.server().store().get("pods", "bao", "prod-0").expect("just loaded"));
    pod["metadata"]["name"] = json!("noauth2-0");
    pod["metadata"]["uid"] = Value::Null;
    pod["metadata"]["labels"]["openbao.org/cluster"] = json!("noauth2");
    person.range.load([pod]);
    let text = status(&person, "noauth2", "captured-leaked-lock").await;
    assert!(text.contains("verdict  stale"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quorum_lost_while_everything_looks_ready() {
    let person = with_operator().await;
    load(&person.range, &["cluster-bg2-quorum-lost-after-path-b.yaml"]);
    let pods = captured("pods-bg-removed-leader.yaml").replace("bg-89b324081ed019e8", "bg2-89b324081ed019e8");
    let pods = pods.replace("openbao.org/cluster: bg\n", "openbao.org/cluster: bg2\n");
    person.range.server().store().seed_yaml(&pods).expect("still YAML");
    for ordinal in 0..3 {
        // As the transcript has them: ready, unsealed, none active.
        edit_pod(&person, &format!("bg2-89b324081ed019e8-{ordinal}"), |pod| {
            pod["metadata"]["labels"]["openbao-active"] = json!("false");
            pod["metadata"]["labels"]["openbao-sealed"] = json!("false");
            for condition in pod["status"]["conditions"].as_array_mut().expect("conditions") {
                condition["status"] = json!("True");
            }
            pod["status"]["containerStatuses"][0]["ready"] = json!(true);
        });
    }
    let text = status(&person, "bg2", "captured-quorum-lost").await;
    assert!(text.contains("no server is active: 3 of 3 are unsealed, none leads"), "{text}");
    assert!(text.contains("out of date"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_of_them_in_one_list_worst_first() {
    let person = with_operator().await;
    load(
        &person.range,
        &["cluster-bg-two-leader-labels.yaml", "cluster-bg3-after-successful-upgrade.yaml", "cluster-noauth.yaml"],
    );
    load(&person.range, &["cluster-bg2-quorum-lost-after-path-b.yaml", "cluster-noauth2-stale-backup-lock.yaml"]);
    load(&person.range, &["cluster-prod.yaml", "pod-prod-0.yaml", "pods-bg-removed-leader.yaml", "restore-r1.yaml"]);
    let ran = person.run(&["status", "-A", "-o", "wide"]).await;
    ran.assert_exit(0);
    // How wide a column is depends on the ages in it.
    let narrow = |text: &str| text.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join("  ");
    let rows: Vec<String> = ran.out.lines().map(narrow).collect();
    reviewed("captured-list", &format!("{}\n--- stderr\n{}", rows.join("\n"), ran.err));
}
