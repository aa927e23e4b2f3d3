//! `kubectl openbao` alone.

use kubectl_openbao::drill::Play;
use serde_json::json;

use crate::support::{Plugin, scenario, still};

const PATIENTLY: [&str; 2] = ["--deadline", "60s"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_says_what_to_do_first_and_which_cluster_is_in_trouble() {
    let person = scenario("stuck-lock", Play::Jan).await;
    let ran = person.run(&PATIENTLY).await;
    ran.assert_exit(0);
    assert!(ran.err.is_empty(), "{ran}");
    assert!(ran.out.contains("Start here") && ran.out.contains("kubectl openbao drill run stuck-lock"), "{ran}");
    assert!(ran.out.contains("\nbao/prod needs attention: "), "{ran}");
    assert!(ran.out.trim_end().ends_with("kubectl openbao diagnose prod -n bao"), "{ran}");
    person.assert_nothing_written(&ran);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_well_or_cannot_be_seen_is_not_talked_about() {
    let well = scenario("restore", Play::Jan).await;
    let empty = still(Play::Jan).await;
    let home = tempfile::tempdir().expect("a temporary directory");
    let broken = home.path().join("broken");
    std::fs::write(&broken, "{{{").expect("a temporary directory can be written");
    let plugins = [
        well.plugin(),
        empty.plugin(),
        well.as_somebody_with(json!([])),
        Plugin::new(home.path()),
        Plugin::new(home.path()).env("KUBECONFIG", broken),
    ];
    for plugin in plugins {
        let ran = plugin.run(&PATIENTLY).await;
        ran.assert_exit(0);
        assert!(ran.err.is_empty() && ran.out.contains("Start here") && !ran.out.contains("attention:"), "{ran}");
    }
}
