//! `-o json` of the commands in every scenario: the harness holds each document to its published schema.

use futures_util::{StreamExt as _, stream};
use kubectl_openbao::drill::scenarios::{Scenario, all};
use serde_json::Value;

use crate::support::scenario;

/// Ranges that run at a time.
const AT_A_TIME: usize = 3;

/// Commands and the documents they write; KEY stands for the last backup's.
const COMMANDS: [(&str, &[&str]); 10] = [
    ("ClusterStatusList", &["status", "prod"]),
    ("ClusterStatusList", &["status", "-A"]),
    ("Diagnosis", &["diagnose", "all", "prod"]),
    ("BreakGlass", &["breakglass", "show", "prod"]),
    ("AcknowledgementPlan", &["breakglass", "ack", "prod", "--dry-run"]),
    ("Resolution", &["resolve", "prod", "--path", "stay-green", "--dry-run"]),
    ("RestorePlan", &["restore", "prod", "--key", "KEY", "--override-lock", "--dry-run"]),
    ("SnapshotList", &["snapshots", "list", "prod"]),
    ("SnapshotShow", &["snapshots", "show", "prod", "KEY"]),
    ("SnapshotVerification", &["snapshots", "verify", "prod", "KEY"]),
];

/// In fewer scenarios than this no document is written.
const ENOUGH: usize = 4;

/// Each command in one scenario, on the newest generation that it can be played on. In some there is nothing to list, or no
/// way to the bucket: then it says so, and writes no document.
async fn documents_of(one: &Scenario) -> Vec<&'static str> {
    let person = scenario(one.name, *one.plays.last().expect("a generation")).await;
    let mut seen = Vec::new();
    for (kind, command) in COMMANDS {
        let key = person.key();
        let words = command.iter().map(|word| if *word == "KEY" { key.as_str() } else { word });
        let words: Vec<&str> = words.chain(["-o", "json", "--deadline", "30s"]).collect();
        let ran = person.run(&words).await;
        match serde_json::from_str::<Value>(&ran.out) {
            Ok(document) => {
                assert_eq!(document["kind"], kind, "{ran}");
                seen.push(kind);
            }
            Err(_) => assert!(ran.out.is_empty() && !ran.err.is_empty(), "{}: {ran}", one.name),
        }
    }
    assert!(seen.contains(&"ClusterStatusList") && seen.contains(&"Diagnosis"), "{}: only {seen:?}", one.name);
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_document_in_every_scenario_has_the_published_shape() {
    let seen: Vec<Vec<&str>> = stream::iter(all()).map(documents_of).buffer_unordered(AT_A_TIME).collect().await;
    for (kind, _) in COMMANDS {
        let times = seen.iter().flatten().filter(|seen| **seen == kind).count();
        assert!(times >= ENOUGH, "{kind} was seen only {times} times");
    }
}
