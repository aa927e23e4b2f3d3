//! `status` on the real API server: what it says of a living cluster, and that it only reads.

use std::collections::BTreeSet;
use std::time::Duration;

use kubectl_openbao::api::generation::Tag;
use kubectl_openbao::drill::operator::NAMESPACE as OPERATOR_NAMESPACE;
use kubectl_openbao::gather::live;
use kubectl_openbao::remote::k8s::Kube;
use kubectl_openbao::session::USER_AGENT;
use serde_json::Value;

use crate::harness::{Cluster, ControlPlane, Generation, bind, role};

#[test]
fn a_leaked_backup_lock_is_called_stale_and_nothing_is_written() {
    let plane = ControlPlane::jan();
    let cluster = Cluster::start(&plane, "status");
    cluster.leak_backup_lock(&plane);
    bind(&plane, "reader", &cluster.namespace, role("status"));
    bind(&plane, "reader", OPERATOR_NAMESPACE, role("operator"));
    let status = plane.kubectl_as("reader", &cluster.namespace).run(["openbao", "status", "prod", "-o", "json"]).success();
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["items"][0]["lock"]["verdict"], "stale", "{status:#}");
    let asked = plane.audit(|event| event.user() == "reader");
    let agents: BTreeSet<&str> = asked.iter().map(|event| event.user_agent.as_str()).collect();
    assert_eq!(agents, BTreeSet::from([USER_AGENT]));
    let writes: Vec<String> = asked.iter().filter(|event| event.is_write()).map(|event| event.outline()).collect();
    assert_eq!(writes, Vec::<String>::new());
}

/// The generation comes from the API server's own OpenAPI document of the operator's CRDs.
#[tokio::test(flavor = "multi_thread")]
async fn each_generation_is_told_by_its_live_schema() {
    for (plane, tag) in [(ControlPlane::jan(), Tag::Jan), (ControlPlane::p4(), Tag::P4)] {
        let kube = Kube::new(plane.admin_client().await, &plane.url(), Duration::from_secs(5));
        // The document follows a new CRD after a moment.
        let mut told = None;
        for _ in 0..600 {
            let evidence = live::cluster(&kube, "default", "prod").await.unwrap();
            told = evidence.generation.schema_tag();
            if told.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(told, Some(tag));
    }
}

#[test]
fn without_the_operators_types_it_says_so() {
    let plane = ControlPlane::start(Generation::Bare);
    let said = plane.kubectl().run(["openbao", "status"]).failure(7);
    assert!(said.contains("not installed"), "{said}");
}

#[test]
fn without_permission_it_names_the_missing_rule() {
    let plane = ControlPlane::jan();
    let namespace = plane.namespace("denied");
    let said = plane.kubectl_as("nobody", &namespace).run(["openbao", "status"]).failure(6);
    assert!(said.contains("apiGroups [openbao.org]  resources [openbaoclusters]  verbs [list]"), "{said}");
}

/// The true API server takes the connection and answers 401; it does not end the handshake.
#[test]
fn an_expired_certificate_is_a_login_that_ran_out() {
    let said = ControlPlane::jan().kubectl_expired().run(["openbao", "status"]).failure(6);
    assert!(said.contains("not logged in") || said.contains("run out"), "{said}");
}
