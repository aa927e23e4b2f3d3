//! Break glass on the true API server: what reaches it, and that no acknowledgement lands on another break glass than
//! the one that was read.

use serde_json::{Value, json};

use crate::harness::{AuditEvent, Cluster, ControlPlane, Gate, Kubectl, bind, role};

const ONCALL: &str = "oncall";
const NONCE: &str = "180f6d052b402e1d29ec1a4591bddbc5";
const NEWER: &str = "f4c28ca4d0917fcb86a5cbaa6a398514";

/// A cluster in break glass as captured on the real operator, and somebody with the Role to acknowledge it.
pub fn halted(plane: &ControlPlane, prefix: &str) -> Cluster {
    let cluster = Cluster::start(plane, prefix);
    // First the halt, else the operator begins the upgrade.
    enter(plane, &cluster, NONCE);
    let blue_green = json!({"spec": {"version": "2.5.6", "upgrade": {"strategy": "BlueGreen"}}}).to_string();
    let patch = ["patch", "openbaocluster", "prod", "--namespace", &cluster.namespace, "--type=merge", "--patch", &blue_green];
    plane.kubectl().run(patch).success();
    for name in ["acknowledge", "diagnose"] {
        bind(plane, ONCALL, &cluster.namespace, role(name));
    }
    cluster
}

/// The operator enters break glass, perhaps once more.
fn enter(plane: &ControlPlane, cluster: &Cluster, nonce: &str) {
    set_status(&plane.kubectl(), &cluster.namespace, nonce);
}

fn set_status(kubectl: &Kubectl, namespace: &str, nonce: &str) {
    let status = json!({"status": {
        "phase": "Upgrading",
        "blueGreen": {"phase": "RollingBack", "blueRevision": "89b324081ed019e8", "greenRevision": "0831866ab392f5ef",
            "rollbackReason": "promotion job failure threshold exceeded"},
        "breakGlass": {"active": true, "enteredAt": "2026-11-21T00:47:35Z", "nonce": nonce, "reason": "RollbackConsensusRepairFailed",
            "message": "Rollback consensus repair Job upgrade-prod-bluegreen-repair-consensus-23252c2bc7 failed; manual intervention required",
            "steps": ["Acknowledge break glass to retry rollback automation"]},
    }});
    let status = status.to_string();
    let patch =
        ["patch", "openbaocluster", "prod", "--namespace", namespace, "--subresource=status", "--type=merge", "--patch", &status];
    kubectl.clone().run(patch).success();
}

/// The flags a script gives: what the plan itself asks for.
pub fn consent(kubectl: &Kubectl) -> Vec<String> {
    let plan = kubectl.clone().run(["openbao", "breakglass", "ack", "--dry-run=client", "-o", "json"]).success();
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let mut flags = vec!["--nonce".to_owned(), plan["nonce"].as_str().unwrap().to_owned()];
    for code in plan["consent"]["accept"].as_array().unwrap() {
        flags.extend(["--accept".to_owned(), code.as_str().unwrap().to_owned()]);
    }
    flags
}

/// What the person asked the API server to change in the namespace, in order.
fn writes(plane: &ControlPlane, cluster: &Cluster) -> Vec<String> {
    let theirs = plane.audit(|event| {
        event.user() == ONCALL
            && event.namespace() == cluster.namespace
            && event.is_write()
            && event.resource() != "pods/portforward"
    });
    theirs.iter().map(AuditEvent::outline).collect()
}

fn acknowledged(plane: &ControlPlane, cluster: &Cluster) -> Value {
    let get = ["get", "openbaocluster", "prod", "--namespace", &cluster.namespace, "-o", "json"];
    let object: Value = serde_json::from_str(&plane.kubectl().run(get).success()).unwrap();
    object["spec"]["breakGlassAck"].clone()
}

#[test]
fn an_acknowledgement_is_one_dry_run_and_one_patch_that_tests_the_nonce() {
    let plane = ControlPlane::jan();
    let cluster = halted(&plane, "ack");
    let oncall = plane.kubectl_as(ONCALL, &cluster.namespace);
    let flags = consent(&oncall);
    assert_eq!(writes(&plane, &cluster), Vec::<String>::new(), "a plan writes nothing");
    let args = ["openbao", "breakglass", "ack", "--follow=false"].map(String::from);
    oncall.run([args.to_vec(), flags].concat()).everything(0);
    assert_eq!(acknowledged(&plane, &cluster), NONCE);
    assert_eq!(writes(&plane, &cluster), ["patch openbaoclusters (dry run) 200", "patch openbaoclusters 200"]);
    let sent = plane.audit(|event| {
        event.user() == ONCALL
            && event.namespace() == cluster.namespace
            && event.is_write()
            && event.resource() != "pods/portforward"
    });
    let operations = sent[1].request_object.as_ref().unwrap().as_array().unwrap();
    let tested: Vec<&str> = operations.iter().filter(|o| o["op"] == "test").map(|o| o["path"].as_str().unwrap()).collect();
    for path in ["/status/breakGlass/active", "/status/breakGlass/nonce", "/metadata/resourceVersion"] {
        assert!(tested.contains(&path), "{operations:#?}");
    }
}

#[test]
fn a_nonce_that_changes_between_the_question_and_the_answer_is_not_acknowledged() {
    let plane = ControlPlane::jan();
    let cluster = halted(&plane, "ack-question");
    let mut terminal = plane.kubectl_as(ONCALL, &cluster.namespace).on_terminal(&["openbao", "breakglass", "ack"]);
    let phrase = terminal.phrase();
    enter(&plane, &cluster, NEWER);
    terminal.line(&phrase);
    let (code, text) = terminal.end();
    assert_eq!(code, 8, "{text}");
    // Long lines are broken on a terminal.
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("nothing was written") && words.contains(&format!("was {NONCE}, is now {NEWER}")), "{text}");
    assert_eq!(acknowledged(&plane, &cluster), Value::Null);
    let real: Vec<String> = writes(&plane, &cluster).into_iter().filter(|w| !w.contains("dry run")).collect();
    assert_eq!(real, Vec::<String>::new());
}

#[test]
fn a_nonce_that_changes_between_the_last_look_and_the_patch_is_not_acknowledged() {
    let plane = ControlPlane::jan();
    let cluster = halted(&plane, "ack-race");
    let flags = consent(&plane.kubectl_as(ONCALL, &cluster.namespace));
    let (operator, namespace) = (plane.kubectl(), cluster.namespace.clone());
    let surprise = Box::new(move || set_status(&operator, &namespace, NEWER));
    let gate = Gate::start(&plane, ONCALL, &cluster.namespace, "PATCH", surprise);
    let args = ["openbao", "breakglass", "ack", "--follow=false"].map(String::from);
    let said = gate.kubectl(&plane, ONCALL, &cluster.namespace).run([args.to_vec(), flags].concat()).failure(8);
    assert!(said.contains("nothing was written"), "{said}");
    assert_eq!(acknowledged(&plane, &cluster), Value::Null);
    let real: Vec<String> = writes(&plane, &cluster).into_iter().filter(|w| !w.contains("dry run")).collect();
    assert!(!real.is_empty() && real.iter().all(|w| !w.ends_with(" 200")), "one was sent, and refused by its own test: {real:?}");
}

/// The three commands that people are told, each with no further argument, on a namespace with one cluster.
#[test]
fn the_three_commands_work_as_written() {
    let plane = ControlPlane::jan();
    let cluster = halted(&plane, "as-written");
    for name in ["restore", "diagnose"] {
        bind(&plane, ONCALL, &cluster.namespace, role(name));
    }
    bind(&plane, ONCALL, "openbao-operator-system", role("operator"));
    bind(&plane, ONCALL, "storage", role("object-store"));
    let oncall = plane.kubectl_as(ONCALL, &cluster.namespace);
    let said = oncall.clone().run(["openbao", "diagnose", "rollback"]).everything(3);
    for text in ["RollbackConsensusRepairFailed", "upgrade-prod-bluegreen-repair-consensus-23252c2bc7", NONCE] {
        assert!(said.contains(text), "{text}: {said}");
    }

    let mut terminal = oncall.on_terminal(&["openbao", "breakglass", "ack"]);
    let phrase = terminal.phrase();
    assert_eq!(phrase, format!("ack {}/prod", cluster.namespace));
    terminal.keys("\u{4}");
    assert_eq!(terminal.end().0, 5, "the end of input is no consent");
    assert_eq!(acknowledged(&plane, &cluster), Value::Null);

    // The end of break glass, and a lock left behind: what remains is a restore.
    let ended = json!({"blueGreen": null, "breakGlass": null, "backup": {"lastBackupName": cluster.key}});
    cluster.set_status(&plane, ended);
    cluster.leak_backup_lock(&plane);
    let mut terminal = oncall.on_terminal(&["openbao", "restore", "--override-lock"]);
    terminal.expect("Which snapshot?");
    terminal.expect(&cluster.key);
    terminal.line("");
    terminal.expect("Why are you overriding the lock?");
    terminal.line("the backup is dead");
    let phrase = terminal.phrase();
    assert!(phrase.starts_with(&format!("restore {}/prod from ", cluster.namespace)), "{phrase}");
    terminal.line(&phrase);
    let (code, text) = terminal.end();
    assert_eq!(code, 0, "{text}");
    let restores = plane.kubectl().run(["get", "openbaorestores", "--namespace", &cluster.namespace, "-o", "name"]).success();
    assert_eq!(restores.lines().count(), 1, "{restores}");
}
