//! The audit log as a witness: what later tests of the plugin conclude from it must hold for a known client first.

use serde_json::json;

use crate::harness::{AuditEvent, ControlPlane, bind};

#[test]
fn every_request_is_there_with_its_author_and_user_agent() {
    let plane = ControlPlane::jan();
    let namespace = plane.namespace("audit");
    let rule = json!({"apiGroups": ["openbao.org"], "resources": ["openbaorestores"], "verbs": ["create"]});
    let role =
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "create"}, "rules": [rule]});
    bind(&plane, "alice", &namespace, role);
    let restore = json!({"apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore", "metadata": {"name": "r1"},
        "spec": {"cluster": "prod", "source": {"key": "k", "target": {"bucket": "b"}}}})
    .to_string();
    let alice = plane.kubectl_as("alice", &namespace);
    alice.clone().stdin(restore.clone()).run(["create", "--dry-run=server", "-f", "-"]).success();
    alice.clone().stdin(restore).run(["create", "-f", "-"]).success();
    let denied = alice.run(["get", "openbaorestores"]).failure(1);
    assert!(denied.contains(r#"User "alice" cannot list resource "openbaorestores" in API group "openbao.org""#), "{denied}");

    let events = plane.audit(|event| event.namespace() == namespace && event.user() == "alice");
    assert_eq!(
        events.iter().map(AuditEvent::outline).collect::<Vec<_>>(),
        ["create openbaorestores (dry run) 201", "create openbaorestores 201", "list openbaorestores 403"]
    );
    assert!(events.iter().all(|event| event.user_agent.starts_with("kubectl/v1.36")), "{events:#?}");
    assert_eq!(events[1].request_object.as_ref().unwrap()["spec"]["cluster"], "prod");
}

#[test]
fn an_impersonated_request_names_both() {
    let plane = ControlPlane::jan();
    let namespace = plane.namespace("impersonated");
    plane.kubectl().run(["get", "pods", "--namespace", &namespace, "--as", "bob"]).failure(1);
    let events = plane.audit(|event| event.namespace() == namespace && event.impersonated() == Some("bob"));
    assert_eq!(events.iter().map(AuditEvent::outline).collect::<Vec<_>>(), ["list pods 403"]);
    assert_eq!(events[0].user(), "admin");
}
