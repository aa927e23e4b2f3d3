//! The Roles of `docs/rbac` against the true RBAC: each is sufficient, and nothing in it is idle.

mod acknowledging;
mod looking;
mod recovering;
mod resolving;
mod sweep;

use std::collections::BTreeSet;

use crate::harness::{Cluster, ControlPlane, Right, bind, rights, role};
use crate::restore::{oncall_restores, stuck};

const OPERATOR_NAMESPACE: &str = kubectl_openbao::drill::operator::NAMESPACE;

/// What somebody used in a namespace; nothing there may have been refused.
fn used(plane: &ControlPlane, user: &str, namespace: &str) -> BTreeSet<Right> {
    let asked = plane.audit(|event| event.user() == user && event.namespace() == namespace);
    let refused: Vec<String> = asked.iter().filter(|event| event.code() == 403).map(|event| event.outline()).collect();
    assert_eq!(refused, Vec::<String>::new(), "the Roles are enough in {namespace}");
    asked.into_iter().map(|event| (event.resource(), event.verb)).collect()
}

fn right(resource: &str, verb: &str) -> Right {
    (resource.into(), verb.into())
}

/// Compares what a Role gives with what was used; `reserve` is given for a reason that this run does not meet.
fn assert_exact(name: &str, used: &BTreeSet<Right>, reserve: &[Right]) {
    let idle: Vec<Right> = rights(&role(name)).difference(used).filter(|right| !reserve.contains(right)).cloned().collect();
    assert_eq!(idle, Vec::<Right>::new(), "docs/rbac/{name}.yaml gives more than is used");
}

#[test]
fn the_roles_for_a_restore_are_enough_and_no_more() {
    // Users are the same everywhere, so this run needs servers nobody else asks.
    let plane = ControlPlane::start(crate::harness::Generation::Jan);
    let cluster = stuck(&plane, "roles", None);
    oncall_restores(&plane, &cluster);
    let in_cluster = [
        // Asked for when the answer to the create is lost.
        right("openbaorestores", "get"),
        // Asked for from operator 0.4 on.
        right("openbaoclusters", "restore"),
        // Asked for when no cluster is named.
        right("openbaoclusters", "list"),
        // Asked for when a log is interrupted, or when an earlier attempt's is read.
        right("pods", "get"),
        // The API server asks for it itself, beside `get`, before it switches to a WebSocket.
        right("pods/portforward", "create"),
    ];
    assert_exact("restore", &used(&plane, "oncall", &cluster.namespace), &in_cluster);
    assert_exact("operator", &used(&plane, "oncall", OPERATOR_NAMESPACE), &[]);
    assert_exact("object-store", &used(&plane, "oncall", "storage"), &[right("pods/portforward", "create")]);
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
fn all_said(person: &crate::harness::Kubectl, commands: &[&[&str]]) -> String {
    let ran = commands.iter().map(|args| person.clone().run(*args));
    ran.map(|ran| format!("{}\n{}\n", ran.stdout, ran.stderr)).collect()
}
