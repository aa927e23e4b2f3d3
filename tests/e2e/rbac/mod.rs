//! The Roles of `docs/rbac` against the true RBAC: each is sufficient, nothing in it is idle, and whoever lacks a right is
//! told its name.

mod acknowledging;
mod following;
mod looking;
mod recovering;
mod resolving;
mod sweep;

pub use resolving::while_deployments_are_looked_after;

use std::collections::BTreeSet;

use kubectl_openbao::drill::processes::script::{Script, Step};
use kubectl_openbao::drill::world::World;
use serde_json::Value;

use crate::harness::{Cluster, ControlPlane, Kubectl, OPERATOR, Right, Words, bind, rights, role};
use crate::restore::{oncall_restores, stuck};

/// Where the operator is installed.
pub const OPERATOR_NAMESPACE: &str = kubectl_openbao::drill::operator::NAMESPACE;

/// What somebody asked for in a namespace: resource, verb, object. Nothing there may have been refused.
fn used(plane: &ControlPlane, user: &str, namespace: &str) -> BTreeSet<(String, String, String)> {
    used_and_tried(plane, user, namespace, &[])
}

/// The same, where these are only tried: nothing rests on them.
fn used_and_tried(plane: &ControlPlane, user: &str, namespace: &str, tried: &[&str]) -> BTreeSet<(String, String, String)> {
    let asked = plane.audit(|event| event.user() == user && event.namespace() == namespace);
    let refused = asked.iter().filter(|event| event.code() == 403 && !tried.contains(&&*event.resource()));
    let refused: Vec<String> = refused.map(|event| event.outline()).collect();
    assert_eq!(refused, Vec::<String>::new(), "the Roles are enough in {namespace}");
    asked.into_iter().map(|event| (event.resource(), event.verb.clone(), event.name().to_owned())).collect()
}

/// Compares what a Role gives with what was used; `reserve` is given for a reason that this run does not meet.
fn assert_exact(file: &str, used: &BTreeSet<(String, String, String)>, reserve: &[Words<'_>]) {
    let is_used = |right: &Right| {
        let fits = |name: &str| right.name.as_ref().is_none_or(|only| only == name);
        used.iter().any(|(resource, verb, name)| *resource == right.resource && *verb == right.verb && fits(name))
    };
    let reserved = |right: &Right| reserve.iter().any(|words| right.is(*words));
    let all = rights(&role(file)).into_iter();
    let idle: Vec<String> = all.filter(|right| !is_used(right) && !reserved(right)).map(|right| right.to_string()).collect();
    assert_eq!(idle, Vec::<String>::new(), "docs/rbac/{file}.yaml gives more than is used");
}

/// The API server asks for it itself, beside `get`, before it switches to a WebSocket.
const UPGRADED: Words<'static> = ("pods/portforward", "create");

#[test]
fn the_roles_for_a_restore_are_enough_and_no_more() {
    // Users are the same everywhere, so this run needs servers nobody else asks.
    let plane = ControlPlane::start(crate::harness::Generation::Jan);
    let cluster = stuck(&plane, "roles", None);
    oncall_restores(&plane, &cluster);
    let in_cluster = [
        // Asked for when the answer to the create is lost.
        ("openbaorestores", "get"),
        // Asked for from operator 0.4 on.
        ("openbaoclusters/prod", "restore"),
        // Asked for when no cluster is named.
        ("openbaoclusters", "list"),
        UPGRADED,
    ];
    assert_exact("restore", &used(&plane, "oncall", &cluster.namespace), &in_cluster);
    assert_exact("operator", &used(&plane, "oncall", OPERATOR_NAMESPACE), &[]);
    assert_exact("object-store", &used(&plane, "oncall", "storage"), &[UPGRADED]);
}

#[test]
fn the_role_for_status_is_enough_and_no_more() {
    let plane = ControlPlane::jan();
    let cluster = Cluster::start(&plane, "look");
    bind(&plane, "onlooker", &cluster.namespace, role("status"));
    // Asking the servers directly takes more (diagnose.yaml).
    for args in [&["openbao", "status"][..], &["openbao", "status", "prod", "--no-probe"]] {
        plane.kubectl_as("onlooker", &cluster.namespace).run(args).success();
    }
    assert_exact("status", &used(&plane, "onlooker", &cluster.namespace), &[]);
}

/// Everything these commands say, however they end.
fn all_said(person: &Kubectl, commands: &[&[&str]]) -> String {
    let ran = commands.iter().map(|args| person.clone().run(*args));
    ran.map(|ran| format!("{}\n{}\n", ran.stdout, ran.stderr)).collect()
}

/// The flags by which a script agrees to what a command's plan asks for.
pub fn agreed(person: &Kubectl, command: &[&str]) -> Vec<String> {
    let plan = person.clone().run(command.iter().chain(&["--dry-run", "-o", "json"])).success();
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let consents = [&plan["claims"]["consent"], &plan["consent"]];
    let phrases = consents.iter().filter_map(|consent| consent["phrase"].as_str());
    let codes =
        consents.iter().flat_map(|consent| consent["accept"].as_array().into_iter().flatten()).map(|c| c.as_str().unwrap());
    let flags = phrases.flat_map(|phrase| ["--confirm", phrase]).chain(codes.flat_map(|code| ["--accept", code]));
    command.iter().copied().chain(flags).map(str::to_owned).collect()
}

/// From now on the executors of these pods say one line and go on until they are told to stop, or end at once.
fn script(world: &World, namespace: &str, pods: &str, container: &str, lasting: bool) {
    let say = Step::Say("at work".into());
    let steps = if lasting { vec![say, Step::Stop] } else { vec![say] };
    world.set_script(namespace, pods, container, Script::Always(steps));
}

/// Takes the running executors' pods away; whatever runs in their place ends at once.
fn end_executors(plane: &ControlPlane, world: &World, namespace: &str, pods: &str, container: &str) {
    script(world, namespace, pods, container, false);
    let names = plane.kubectl_as(OPERATOR, namespace).run(["get", "pods", "-o", "name", "--field-selector=status.phase=Running"]);
    for pod in names.success().lines().filter(|name| name.starts_with(&format!("pod/{pods}"))) {
        plane.kubectl_as(OPERATOR, namespace).run(["delete", pod, "--wait=false"]).success();
    }
}
