//! A resolution that is killed after each of its writes, and each time goes on with somebody else, on another machine.

use std::cell::RefCell;
use std::fs;

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::scenarios::names::REVISIONS;
use serde_json::Value;
use tokio::task::block_in_place;

use crate::harness::{AuditEvent, ControlPlane, Generation, Kubectl, Played, Side, Stop, Turnstile, bind, eventually, role};
use crate::rbac::{OPERATOR_NAMESPACE, agreed, while_deployments_are_looked_after};

/// They take turns; neither has anything of the other's but the cluster.
const PEOPLE: [&str; 2] = ["ann", "bob"];

/// More turns than it has writes.
const TURNS: usize = 40;

fn writes(line: &str) -> bool {
    let creates = line.starts_with("POST ") && line.contains("/openbaorestores?");
    (creates || line.starts_with("PATCH ") || line.starts_with("DELETE ")) && !line.contains("dryRun")
}

fn employ(plane: &ControlPlane, user: &str) {
    for name in ["resolve", "restore", "diagnose"] {
        bind(plane, user, "bao", role(name));
    }
    for name in ["operator", "freeze-operator"] {
        bind(plane, user, OPERATOR_NAMESPACE, role(name));
    }
    bind(plane, user, "storage", role("object-store"));
    let may = ["auth", "can-i", "list", "pods", "--namespace", "storage"];
    eventually("the last binding to be in force", || {
        let ran = plane.kubectl_as(user, "bao").run(may);
        if ran.ok() { Ok(()) } else { Err(format!("{ran:?}")) }
    });
}

/// The person at a machine that nobody used before.
fn at_a_new_machine(plane: &ControlPlane, kubectl: Kubectl, turn: usize) -> Kubectl {
    let home = plane.directory().join(format!("machine-{turn}"));
    fs::create_dir_all(&home).unwrap();
    let home = home.to_str().unwrap();
    ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"]
        .iter()
        .fold(kubectl, |kubectl, name| kubectl.env(name, home))
}

/// One turn: up to the first write, which is carried out and never heard of; `false` when nothing was left to write.
fn turn(plane: &ControlPlane, number: usize, command: &[&str]) -> bool {
    let user = PEOPLE[number % PEOPLE.len()];
    let consent = at_a_new_machine(plane, plane.kubectl_as(user, "bao"), number);
    let more = ["--reason", "INC-1", "--settle", "1s", "--deadline", "60s", "--timeout", "4m"].map(String::from);
    let args = [agreed(&consent, command), more.to_vec()].concat();
    let turnstile = Turnstile::start(plane, user, "bao", Stop { side: Side::Answer, after: None, fits: writes });
    let plugin = RefCell::new(at_a_new_machine(plane, turnstile.kubectl(plane, user, "bao"), number).start(&args));
    let wrote = turnstile.wait(|| plugin.borrow_mut().try_wait().unwrap().is_some());
    let mut plugin = plugin.into_inner();
    if wrote {
        plugin.kill().unwrap();
    }
    let status = plugin.wait().unwrap();
    assert!(wrote || status.success(), "turn {number}, {user}: {status}");
    wrote
}

fn object(plane: &ControlPlane, args: &[&str]) -> Value {
    serde_json::from_str(&plane.kubectl().run([&["get"], args, &["-o", "json"]].concat()).success()).unwrap()
}

/// The checkpoint as it stands on the cluster.
fn checkpoint(plane: &ControlPlane) -> Option<Value> {
    let cluster = object(plane, &["openbaocluster", "prod", "-n", "bao"]);
    let text = cluster["metadata"]["annotations"].get("cli.openbao.org/resolve")?.as_str()?.to_owned();
    Some(serde_json::from_str(&text).unwrap())
}

fn take_turns(plane: &ControlPlane, key: &str) {
    PEOPLE.iter().for_each(|user| employ(plane, user));
    let command = ["openbao", "resolve", "prod", "--path", "restore", "--key", key, "--delete-claims-of", REVISIONS.1];
    let mut writers = Vec::new();
    let mut stages = Vec::new();
    while turn(plane, writers.len(), &command) {
        writers.push(PEOPLE[writers.len() % PEOPLE.len()]);
        assert!(writers.len() < TURNS, "it never ends: {stages:?}");
        if let Some(noted) = checkpoint(plane) {
            assert_eq!(noted["by"], PEOPLE[0], "who began it stays on record: {noted}");
            stages.push(noted["stage"].as_str().unwrap().to_owned());
        }
    }
    stages.dedup();
    assert_eq!(stages, ["freeze", "claims", "thaw", "restore", "created"], "each was interrupted");
    it_ended_well(plane);
    everybodys_writes_are_told_apart(plane, &writers);
}

fn it_ended_well(plane: &ControlPlane) {
    assert_eq!(checkpoint(plane), None);
    let restores = object(plane, &["openbaorestores", "-n", "bao"]);
    let restores = restores["items"].as_array().unwrap();
    let ours: Vec<&Value> =
        restores.iter().filter(|r| r["metadata"]["annotations"]["cli.openbao.org/request-id"].is_string()).collect();
    assert_eq!(ours.len(), 1, "{ours:#?}");
    assert_eq!(ours[0]["status"]["phase"], "Completed", "{ours:#?}");
    let operator = object(plane, &["deployment", "openbao-operator-controller", "-n", OPERATOR_NAMESPACE]);
    assert_eq!(operator["spec"]["replicas"], 1);
}

/// By the API server's own record: as many writes as turns, each by whoever had the turn, and none done twice.
fn everybodys_writes_are_told_apart(plane: &ControlPlane, writers: &[&str]) {
    let done = plane.asked(|e| PEOPLE.contains(&e.user()) && e.is_write() && !e.dry_run() && matches!(e.code(), 200 | 201));
    let done: Vec<AuditEvent> = done.into_iter().filter(|e| e.resource() != "pods/portforward").collect();
    assert_eq!(done.iter().map(AuditEvent::user).collect::<Vec<_>>(), writers, "{done:#?}");
    let of = |verb: &str, resource: &str| done.iter().filter(|e| e.verb == verb && e.resource() == resource).collect::<Vec<_>>();
    let created = of("create", "openbaorestores");
    assert_eq!(created.len(), 1, "{created:#?}");
    let requested_by = &created[0].request_object.as_ref().unwrap()["metadata"]["annotations"]["cli.openbao.org/requested-by"];
    assert_eq!(requested_by, created[0].user());
    assert_eq!(of("patch", "deployments").len(), 2, "stopped once, brought back once: {done:#?}");
    let mut deleted: Vec<&str> = of("delete", "persistentvolumeclaims").iter().map(|e| e.name()).collect();
    let all = deleted.len();
    deleted.sort_unstable();
    deleted.dedup();
    assert!(all > 0 && deleted.len() == all, "{done:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resolution_killed_after_each_write_is_ended_by_whoever_comes_next() {
    let plane = block_in_place(|| ControlPlane::start(Generation::Derived(Play::V05)));
    let played = Played::start(&plane, "diverged-rollback").await;
    let key = played.clock.pre_upgrade_key();
    block_in_place(|| while_deployments_are_looked_after(&plane, || take_turns(&plane, &key)));
}
