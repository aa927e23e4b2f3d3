//! A true API server with objects that somebody made to do harm: names, messages, numbers, times, log lines.

use kubectl_openbao::api::text::is_unsafe;
use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::processes::SCRIPT_ANNOTATION;
use serde_json::{Value, json};

use super::watched::watched;
use crate::support::{Person, scenario};

/// What a terminal acts on, what hides or reorders text, and what a shell acts on.
const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}\u{2066}\u{200b}\u{feff}\u{ad}\u{e0041}$(touch x)`id`'\"\r\n";

const COMMANDS: [&[&str]; 14] = [
    &["status"],
    &["status", "-o", "wide"],
    &["status", "-o", "json"],
    &["status", "-o", "yaml"],
    &["status", "-o", "name"],
    &["status", "prod"],
    &["diagnose", "all", "prod"],
    &["diagnose", "rollback", "prod", "-o", "markdown"],
    &["diagnose", "all", "prod", "-o", "json"],
    &["breakglass", "show", "prod"],
    &["breakglass", "ack", "prod", "--dry-run", "--show-kubectl"],
    &["restore", "prod", "--key", "k", "--dry-run=client", "--show-kubectl"],
    &["resolve", "prod", "--path", "retry", "--dry-run"],
    &["__complete", "status", ""],
];

/// Every text in the object with this behind it, but for what says which object it is.
fn spoil(value: &mut Value, with: &str) {
    match value {
        Value::String(text) => text.push_str(with),
        Value::Array(all) => all.iter_mut().for_each(|one| spoil(one, with)),
        Value::Object(fields) => {
            let known =
                ["name", "namespace", "uid", "apiVersion", "kind", "creationTimestamp", "resourceVersion", "deletionTimestamp"];
            fields.iter_mut().filter(|(name, _)| !known.contains(&name.as_str())).for_each(|(_, one)| spoil(one, with));
        }
        _ => {}
    }
}

async fn stuck() -> Person {
    let person = scenario("stuck-lock", Play::Jan).await;
    person.range.operator().expect("an operator").freeze();
    person.edit_cluster(|cluster| {
        cluster["status"]["breakGlass"] = json!({"active": true, "nonce": "n", "reason": "RollbackFailed", "message": "m"});
    });
    person
}

async fn each_holds(person: &Person, text_limit: usize) {
    for command in COMMANDS {
        let run = watched(&person.plugin(), &[command, &["--deadline", "20s"]].concat()).await;
        run.assert_held();
        let document = command.iter().any(|word| matches!(*word, "json" | "yaml"));
        assert!(document || run.ran.out.len() + run.ran.err.len() < text_limit, "too long\n{run}");
        assert!(!person.range.directory().join("x").exists(), "{run}");
    }
    person.assert_nothing_written(&"the commands above");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_that_act_on_terminals() {
    let person = stuck().await;
    person.edit_cluster(|cluster| {
        spoil(&mut cluster["status"], EVIL);
        cluster["metadata"]["annotations"] = json!({(format!("a{EVIL}")): EVIL});
        cluster["metadata"]["labels"] = json!({(format!("l{EVIL}")): EVIL});
    });
    let restore = |name: &str| {
        json!({"apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore", "metadata": {"name": name, "namespace": "bao"},
        "spec": {"cluster": "prod", "source": {"key": format!("../../x{EVIL}"), "target": {"bucket": EVIL, "endpoint": EVIL}}},
        "status": {"phase": "Running", "message": EVIL}})
    };
    person.range.load([restore("../../x"), restore(&format!("r{EVIL}"))]);
    person.range.load([json!({"apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoCluster",
        "metadata": {"name": format!("../{EVIL}"), "namespace": "bao"}, "spec": {}, "status": {}})]);
    each_holds(&person, 60_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_10_mb() {
    let person = stuck().await;
    let long = "long ".repeat(2 << 20);
    person.edit_cluster(|cluster| {
        cluster["status"]["breakGlass"]["message"] = json!(long);
        cluster["status"]["operationLock"]["message"] = json!(long);
        cluster["metadata"]["annotations"] = json!({"openbao.org/x": long});
    });
    each_holds(&person, 60_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_and_times_out_of_range() {
    for (number, time) in [
        (json!(u64::MAX), "9999-12-31T23:59:59Z"),
        (json!(i64::MIN), "-0001-01-01T00:00:00Z"),
        (json!(1e308), "-9999-01-02T00:00:00Z"),
        (json!("12"), "99999-01-01T00:00:00Z"),
        (json!({"deep": [[[[]]]]}), "never"),
    ] {
        let person = stuck().await;
        person.edit_cluster(|cluster| {
            numbers(cluster, &number, time);
        });
        for kind in ["pods", "jobs", "openbaorestores", "leases"] {
            for object in person.range.server().store().list(kind, Some("bao")) {
                let name = object["metadata"]["name"].as_str().expect("a name").to_owned();
                person.range.server().store().edit(kind, "bao", &name, |object| numbers(object, &number, time));
            }
        }
        each_holds(&person, 60_000).await;
    }
}

/// Replaces every number and every time outside of what the range itself keeps books by.
fn numbers(value: &mut Value, number: &Value, time: &str) {
    match value {
        Value::Number(_) => *value = number.clone(),
        Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => *text = time.to_owned(),
        Value::Array(all) => all.iter_mut().for_each(|one| numbers(one, number, time)),
        Value::Object(fields) => fields.values_mut().for_each(|one| numbers(one, number, time)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_lines_of_10_mb_and_lines_that_act_on_terminals() {
    let person = stuck().await;
    let evil: String = EVIL.replace(['\r', '\n'], "").bytes().chain([0xff, 0xfe]).map(|byte| format!("{byte:02x}")).collect();
    let script = json!([{"say": "begins"}, {"long": 10 << 20}, {"hex": evil}, {"long": 5 << 20}, {"say": "ends"}, {"exit": 1}]);
    let labels = json!({"openbao.org/cluster": "prod", "openbao.org/component": "upgrade"});
    let container = json!({"name": "upgrade-executor", "image": "i"});
    person.range.load([json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "loud", "namespace": "bao", "labels": labels},
        "spec": {"backoffLimit": 0, "template": {
            "metadata": {"labels": labels, "annotations": {SCRIPT_ANNOTATION: script.to_string()}},
            "spec": {"containers": [container], "restartPolicy": "Never"},
        }},
    })]);
    let store = person.range.server().store();
    crate::support::until("the Job failed", || store.get("jobs", "bao", "loud").is_some_and(|job| job["status"]["failed"] == 1))
        .await;
    for command in [&["diagnose", "all", "prod"][..], &["diagnose", "all", "prod", "-o", "json"]] {
        watched(&person.plugin(), &[command, &["--deadline", "20s"]].concat()).await.assert_held();
    }
    let pty = person.on_terminal(&["logs", "job/loud"]);
    let (_, seen) = tokio::task::spawn_blocking(move || pty.end()).await.expect("it ends");
    let acted_on = seen.chars().find(|c| *c != '\n' && is_unsafe(*c));
    assert!(acted_on.is_none() && seen.contains("more bytes]") && seen.contains("ends"), "{acted_on:?} of {} bytes", seen.len());
}
