//! `docs/pipelines.md`: its script for a pipeline works as it stands there.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::server::Request;

use crate::support::{PATIENCE, Person, scenario};

/// The script of the page: the only block that begins as one.
fn script() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pipelines.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let scripts: Vec<&str> = page.split("```sh\n").filter(|block| block.starts_with("#!/bin/sh")).collect();
    assert_eq!(scripts.len(), 1, "scripts in the page");
    scripts[0].split("```").next().expect("a block").to_owned()
}

fn program(path: PathBuf, text: &str) -> PathBuf {
    std::fs::write(&path, text).expect("the range's directory can be written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("its owner may");
    path
}

/// Runs the script with a `kubectl` that knows only this plugin; what it said and its exit code.
async fn run(person: &Person, confirm: &str) -> (Option<i32>, String) {
    let folder = person.range.directory();
    let kubectl = format!("#!/bin/sh\nshift\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_kubectl-openbao"));
    program(folder.join("kubectl"), &kubectl);
    let mut command = tokio::process::Command::new(program(folder.join("restore.sh"), &script()));
    command.env_clear().current_dir(folder).env("PATH", format!("{}:/usr/bin:/bin", folder.display()));
    command.env("HOME", folder).env("KUBECONFIG", person.range.kubeconfig_file()).env("NO_COLOR", "1");
    command.envs([("NAMESPACE", "bao"), ("CLUSTER", "prod"), ("KEY", &person.key()), ("CONFIRM", confirm)]);
    let ended = tokio::time::timeout(PATIENCE, command.env("REASON", "a test").kill_on_drop(true).output()).await;
    let output = ended.expect("it ends").expect("it starts");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code(), said)
}

async fn phrase(person: &Person) -> String {
    let args = person.restore(&["--override-lock", "--dry-run", "-o", "json"]);
    let plan = person.plugin().run(&args).await;
    let plan: serde_json::Value = serde_json::from_str(&plan.out).unwrap_or_else(|e| panic!("{e}\n{plan}"));
    plan["consent"]["phrase"].as_str().expect("a phrase").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_script_restores_with_the_phrase_of_the_plan() {
    let person = scenario("stuck-lock", Play::Jan).await;
    let confirm = phrase(&person).await;
    let (code, said) = run(&person, &confirm).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("restored, and the servers are well"), "{said}");
    let outcome = std::fs::read_to_string(person.range.directory().join("outcome.json")).expect("the outcome");
    let outcome: serde_json::Value = serde_json::from_str(&outcome).expect("JSON");
    assert_eq!(outcome["kind"], "RestoreOutcome");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_script_writes_nothing_with_another_phrase() {
    let person = scenario("stuck-lock", Play::Jan).await;
    let (code, said) = run(&person, "restore bao/prod from yesterday").await;
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("not agreed to"), "{said}");
    assert!(!person.requests().iter().any(Request::is_write), "{said}");
}

/// An operator that knows other hazards than the script accepts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_script_stops_at_a_hazard_that_it_does_not_know() {
    let person = scenario("waiting-restores", Play::Jan).await;
    let confirm = phrase(&person).await;
    let (code, said) = run(&person, &confirm).await;
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("waiting-restores-fire"), "{said}");
    assert!(!person.requests().iter().any(Request::is_write), "{said}");
}
