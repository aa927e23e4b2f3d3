//! The cluster is not there, not the only one, busy, says strange things, or is not for this person to restore.

use kubectl_openbao::drill::Play;
use serde_json::json;

use crate::support::{Person, scenario, still};

fn load_cluster(person: &Person, name: &str) {
    person.range.load([json!({
        "apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoCluster",
        "metadata": {"name": name, "namespace": "bao"},
        "spec": {"version": "2.5.5", "replicas": 3}, "status": {"phase": "Running"},
    })]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_found_offers_near_names() {
    let person = still(Play::Jan).await;
    for name in ["production", "prod", "staging"] {
        load_cluster(&person, name);
    }
    person.refused(&["status", "prdo"], "cluster-not-found-status").await;
    person.refused(&["restore", "prdo", "--key", "k", "--confirm", "prdo"], "cluster-not-found-restore").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_cluster_at_all() {
    let person = still(Play::Jan).await;
    person.refused(&["restore", "--key", "k"], "no-cluster").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_and_no_terminal() {
    let person = still(Play::Jan).await;
    load_cluster(&person, "prod");
    load_cluster(&person, "staging");
    person.refused(&["restore", "--key", "k", "--confirm", "prod"], "several-clusters").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_override_clears_the_lock_of_a_restore() {
    let person = scenario("restore-lock", Play::Jan).await;
    let ran = person.refused(&person.restore(&["--override-lock", "--reason", "r", "--confirm", "prod"]), "restore-lock").await;
    ran.assert_exit(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn may_look_and_not_restore() {
    for play in [Play::Jan, Play::V04] {
        let person = scenario("denied", play).await;
        let ran = person.refused(&person.restore(&["--confirm", "prod"]), &format!("denied-{}", play.name())).await;
        ran.assert_exit(6);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_says_never_reaches_the_terminal_raw() {
    let person = scenario("stuck-lock", Play::Jan).await;
    let nasty = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\r\n\u{202e}gnp.exe\u{8}\u{8}";
    person.edit_cluster(|cluster| {
        cluster["status"]["operationLock"]["message"] = json!(nasty);
        cluster["status"]["operationLock"]["holder"] = json!(nasty);
        cluster["status"]["phase"] = json!(nasty);
        cluster["status"]["currentVersion"] = json!(nasty);
        cluster["status"]["backup"]["lastBackupName"] = json!(nasty);
        cluster["status"]["breakGlass"] = json!({"active": true, "reason": nasty, "message": nasty, "nonce": nasty,
            "enteredAt": "2026-11-21T01:00:00Z", "steps": [nasty]});
        cluster["status"]["conditions"] = json!([{"type": nasty, "status": "True", "reason": nasty, "message": nasty}]);
    });
    let restore = person.restore(&["--override-lock"]);
    let commands = [
        &["status"][..],
        &["status", "-o", "wide"],
        &["status", "prod"],
        &["status", "-o", "yaml"],
        &["status", "prod", "-o", "json"],
    ];
    let commands = commands.map(|c| c.iter().map(ToString::to_string).collect::<Vec<_>>()).into_iter().chain([restore]);
    for command in commands {
        let ran = person.plugin().run(&command).await;
        let text = format!("{}{}", ran.out, ran.err);
        let raw = text.chars().find(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c));
        assert_eq!(raw, None, "{ran}");
        assert!(text.contains("gnp.exe"), "the text itself is shown: {ran}");
        person.assert_nothing_written(&ran);
    }
}
