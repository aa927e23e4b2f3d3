//! Completion as kubectl asks for it, as the shells do on a terminal, and the file by which kubectl finds it.

mod install;
mod shells;

use std::path::PathBuf;

use kubectl_openbao::drill::Play;
use serde_json::json;

use crate::support::{Person, Plugin, Ran, broken, scenario};

/// More patience than a second: what is tested here is the answer.
const WITHIN: (&str, &str) = ("KUBECTL_OPENBAO_COMPLETE_WITHIN", "60s");

/// The program by the name under which kubectl asks.
fn asked_as(plugin: &Plugin) -> Plugin {
    let link = plugin.home().join("kubectl_complete-openbao");
    if !link.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_kubectl-openbao"), &link).expect("a link can be made");
    }
    plugin.clone().program(&link)
}

/// What kubectl is told; never with a word on stderr or another exit code.
async fn told(plugin: &Plugin, words: &[&str]) -> Vec<String> {
    let ran: Ran = asked_as(plugin).run(words).await;
    ran.assert_exit(0);
    assert!(ran.err.is_empty(), "{ran}");
    ran.out.lines().map(str::to_owned).collect()
}

/// The candidates alone, without descriptions; the last line must be this directive.
async fn candidates(plugin: &Plugin, words: &[&str], directive: &str) -> Vec<String> {
    let mut lines = told(plugin, words).await;
    assert_eq!(lines.pop().as_deref(), Some(directive), "{words:?}");
    lines.iter().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}

fn patient(person: &Person) -> Plugin {
    person.plugin().env(WITHIN.0, WITHIN.1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_cluster_knows_is_offered() {
    let person = scenario("stuck-lock", Play::Jan).await;
    person.range.operator().expect("an operator").freeze();
    person.range.load([json!({
        "apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore", "metadata": {"name": "last-week", "namespace": "bao"},
        "spec": {"cluster": "prod", "source": {"key": "k", "target": {"bucket": "b"}}}, "status": {"phase": "Failed"},
    })]);
    person.edit_cluster(|cluster| {
        cluster["status"]["breakGlass"] = json!({"active": true, "nonce": "n-1", "reason": "RollbackFailed"});
    });
    let plugin = patient(&person);
    let rows: [(&[&str], &[&str]); 9] = [
        (&["status", ""], &["prod"]),
        (&["-n", "bao", "diagnose", "lock", "p"], &["prod"]),
        (&["status", "-n", "nowhere", ""], &[]),
        (&["recover", ""], &["last-week"]),
        (&["follow", "last"], &["last-week"]),
        (&["breakglass", "ack", "--nonce", ""], &["n-1"]),
        (&["--context", ""], &["range"]),
        (&["--context=r"], &["range"]),
        (&["status", "--cluster", ""], &["range"]),
    ];
    for (words, expected) in rows {
        assert_eq!(candidates(&plugin, words, ":36").await, expected, "{words:?}");
    }
    assert!(candidates(&plugin, &["status", "-n", "b"], ":36").await.contains(&"bao".to_owned()));
    let keys = told(&plugin, &["restore", "prod", "--key", ""]).await;
    assert!(keys[0].starts_with(&format!("{}\tscheduled, ", person.key())), "{keys:?}");
    assert_eq!(candidates(&plugin, &["snapshots", "verify", "prod", "bao/"], ":36").await[0], person.key());
    person.assert_nothing_written(&"completion");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_are_offered_to_whoever_begins_to_type_one() {
    let person = broken::broken().await;
    let plugin = patient(&person);
    let repair = format!("job/{}", broken::REPAIR);
    assert!(candidates(&plugin, &["follow", "job/upgrade-prod"], ":36").await.contains(&repair));
    assert!(!candidates(&plugin, &["follow", ""], ":36").await.contains(&repair));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_that_never_change_ask_nobody() {
    let person = scenario("restore", Play::Jan).await;
    person.range.server().clear_requests();
    let plugin = person.plugin();
    assert_eq!(
        told(&plugin, &["rest"]).await,
        ["restore\tRestore a cluster from a snapshot, past a stuck lock if need be", ":36"]
    );
    assert_eq!(candidates(&plugin, &["restore", "--accept", "seal"], ":36").await, ["seal-mismatch"]);
    assert_eq!(candidates(&plugin, &["drill", "run", "stuck"], ":36").await, ["stuck-lock"]);
    assert_eq!(candidates(&plugin, &["status", "--from-report", ""], ":0").await, [""; 0]);
    assert!(person.requests().is_empty());
}

/// A kubeconfig of one user who is let in as this says.
fn kubeconfig(plugin: &Plugin, name: &str, server: &str, user: serde_json::Value) -> PathBuf {
    let file = plugin.home().join(name);
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": server}}], "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "bao"}}],
    });
    std::fs::write(&file, config.to_string()).expect("a temporary directory can be written");
    file
}

fn helper(mode: &str, script: &str) -> serde_json::Value {
    let version = "client.authentication.k8s.io/v1";
    json!({"exec": {"apiVersion": version, "interactiveMode": mode, "command": "/bin/sh", "args": ["-c", script]}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_can_be_had_nothing_is_said_and_it_ends() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let plugin = Plugin::new(home.path());
    // Takes connections, and never says a word.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("https://{}", mute.local_addr().expect("an address"));
    let asked = home.path().join("asked");
    let configs = [
        plugin.home().join("none"),
        kubeconfig(&plugin, "mute", &address, json!({"token": "t"})),
        kubeconfig(&plugin, "refused", "https://127.0.0.1:1", json!({"token": "t"})),
        kubeconfig(&plugin, "asks", &address, helper("Always", &format!("touch {}", asked.display()))),
        kubeconfig(&plugin, "fails", &address, helper("IfAvailable", "echo no login >&2; exit 1")),
        kubeconfig(&plugin, "hangs", &address, helper("Never", "exec tail -f /dev/null")),
        kubeconfig(&plugin, "odd", "::not a url::", json!({})),
    ];
    let garbage = plugin.home().join("garbage");
    std::fs::write(&garbage, b"\x00\xff{{{").expect("a temporary directory can be written");
    for config in configs.iter().chain([&garbage]) {
        for words in [&["status", ""][..], &["restore", "prod", "--key", ""], &["follow", "job/"]] {
            let lines = told(&plugin.clone().env("KUBECONFIG", config), words).await;
            assert_eq!(lines, [":36"], "{} {words:?}", config.display());
        }
    }
    assert!(!asked.exists(), "a helper that wants a terminal was run");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_see_nothing_is_offered_nothing() {
    let person = scenario("restore", Play::Jan).await;
    let plugin = person.as_somebody_with(json!([])).env(WITHIN.0, WITHIN.1);
    for words in [&["status", ""][..], &["recover", ""], &["restore", "prod", "--key", ""]] {
        assert_eq!(told(&plugin, words).await, [":36"], "{words:?}");
    }
    // What stands in the kubeconfig is no secret of the cluster.
    assert_eq!(candidates(&plugin, &["status", "-n", ""], ":36").await, ["bao"]);
}
