//! The documents that are written against the schemas that are published, over objects of the real operator.

use kubectl_openbao::api::cluster::Cluster;
use kubectl_openbao::api::restore::Restore;
use kubectl_openbao::api::workload::Pod;
use kubectl_openbao::commands::breakglass::{Acknowledgement, Ending as AckEnding};
use kubectl_openbao::commands::restore::{Ending, RestoreOutcome};
use kubectl_openbao::domain::breakglass;
use kubectl_openbao::domain::evidence::{Evidence, Item};
use kubectl_openbao::domain::restore::plan;
use kubectl_openbao::domain::restore::request::Request;
use kubectl_openbao::domain::status::{detail, sum_up};
use kubectl_openbao::domain::verify::verify;
use kubectl_openbao::ui::render::document::{ListDocument, Markup, document};
use serde_json::{Value, json};

use super::root;
use super::schemas::of_kind;
use super::shape::violations;

fn captured(name: &str) -> Value {
    let path = root().join("tests/data/captured/objects").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn evidence(cluster: &str, pods: &str, restore: &str) -> Evidence {
    let cluster = Cluster::read(&captured(cluster));
    let pods = captured(pods);
    let pods = pods["items"].as_array().expect("a list of pods").iter().map(Pod::read).collect();
    Evidence {
        observed_at: "2026-11-21T02:00:00Z".parse().expect("a time"),
        namespace: cluster.meta.namespace.clone(),
        name: cluster.meta.name.clone(),
        cluster: Item::present(cluster),
        pods: Item::present(pods),
        restores: Item::present(vec![Restore::read(&captured(restore))]),
        ..Evidence::default()
    }
}

fn sealed() -> Evidence {
    evidence(
        "cluster-prod-status-after-foreign-snapshot.yaml",
        "pods-prod-sealed-by-foreign-snapshot.yaml",
        "restore-s1-foreign-completed.yaml",
    )
}

/// A cluster in break glass, blue/green, with a held lock: the most fields a status has.
fn broken() -> Evidence {
    evidence("cluster-bg-two-leader-labels.yaml", "pods-bg-removed-leader.yaml", "restore-c1.yaml")
}

#[test]
fn status_documents_have_the_published_shape() {
    for evidence in [sealed(), broken()] {
        let status = serde_json::to_value(sum_up(&evidence)).expect("JSON");
        let mut full = status.clone();
        full["detail"] = serde_json::to_value(detail(&evidence)).expect("JSON");
        let mut list = ListDocument::open("ClusterStatusList", Markup::Json);
        let text = [list.item(&status), list.item(&full), list.close()].join("\n");
        conforms("ClusterStatusList", &text);
    }
}

#[test]
fn break_glass_documents_have_the_published_shape() {
    for evidence in [sealed(), broken()] {
        let view = breakglass::view(&evidence).expect("a view");
        conforms("BreakGlass", &document("BreakGlass", &view, Markup::Json));
        let request = breakglass::AckRequest {
            namespace: evidence.namespace.clone(),
            cluster: evidence.name.clone(),
            ..breakglass::AckRequest::default()
        };
        let plan = breakglass::plan(&evidence, &request).expect("a plan");
        conforms("AcknowledgementPlan", &document("AcknowledgementPlan", &plan, Markup::Json));
    }
    let outcome = Acknowledgement {
        namespace: "bao".into(),
        cluster: "bg".into(),
        nonce: "n".into(),
        result: AckEnding::Reentered,
        summary: "s".into(),
        exit_code: 10,
        attempt: Some(1),
        job: Some("j".into()),
        cause: None,
        new_nonce: Some("m".into()),
        remarks: vec!["r".into()],
    };
    conforms("Acknowledgement", &document("Acknowledgement", &outcome, Markup::Json));
}

#[test]
fn plan_documents_have_the_published_shape() {
    for (evidence, key) in [(sealed(), "bao/prod/2026-11-21T00-41-19Z-b397e37b.snap"), (broken(), "anything")] {
        let request = Request {
            namespace: evidence.namespace.clone(),
            cluster: evidence.name.clone(),
            key: key.into(),
            name: "r".into(),
            override_lock: true,
            ..Request::default()
        };
        let plan = plan(&evidence, &request).expect("a plan");
        assert!(!plan.checks.is_empty() && !plan.hazards.is_empty());
        conforms("RestorePlan", &document("RestorePlan", &plan, Markup::Json));
    }
}

#[test]
fn outcome_documents_have_the_published_shape() {
    for (result, verification) in [(Ending::Created, None), (Ending::NeedsAttention, Some(verify(&sealed(), "s1")))] {
        let outcome = RestoreOutcome {
            namespace: "bao".into(),
            cluster: "prod".into(),
            restore: "s1".into(),
            result,
            summary: "3 of 3 servers are sealed".into(),
            exit_code: 3,
            verification,
        };
        conforms("RestoreOutcome", &document("RestoreOutcome", &outcome, Markup::Json));
    }
}

fn conforms(kind: &str, text: &str) {
    let value: Value = serde_json::from_str(text).expect("a JSON document");
    let schema = of_kind(kind);
    let wrong = violations(&schema, &schema, &value, kind);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_comparison_can_fail() {
    let schema = json!({"type": "object", "required": ["a"], "properties": {"a": {"type": ["integer", "null"]}}});
    let wrong = |value: Value| violations(&schema, &schema, &value, "x").len();
    assert_eq!(
        [json!({"a": 1}), json!({"a": null}), json!({}), json!({"a": "1"}), json!({"a": 1, "b": 2})].map(wrong),
        [0, 0, 1, 1, 1]
    );
}
