//! What the servers themselves say, in `status`: believed over labels and the cluster's status, never required.

use base64::Engine as _;
use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::pki::Authority;
use kubectl_openbao::drill::server::{Act, Fault};
use serde_json::{Value, json};

use crate::support::{Person, Ran, reviewed, scenario, until};

/// Everything `status` reads but the servers.
fn onlooker() -> Vec<Value> {
    let read = |group: &str, resource: &str| json!({"apiGroups": [group], "resources": [resource], "verbs": ["get", "list"]});
    vec![read("openbao.org", "openbaoclusters"), read("openbao.org", "openbaorestores"), read("", "pods"), read("batch", "jobs")]
}

fn rule(resource: &str, verbs: &[&str]) -> Value {
    json!({"apiGroups": [""], "resources": [resource], "verbs": verbs})
}

async fn document(person: &Person) -> Value {
    let ran = person.run(&["status", "prod", "-o", "json"]).await;
    let list: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran}"));
    list["items"][0].clone()
}

fn codes(document: &Value) -> Vec<&str> {
    document["findings"].as_array().into_iter().flatten().filter_map(|f| f["code"].as_str()).collect()
}

fn pod<'a>(document: &'a Value, name: &str) -> &'a Value {
    let pods = document["detail"]["pods"].as_array().expect("pods");
    pods.iter().find(|pod| pod["name"] == name).unwrap_or_else(|| panic!("no {name}: {document}"))
}

fn label(person: &Person, pod: &str, name: &str) -> Option<String> {
    let pod = person.range.server().store().get("pods", "bao", pod)?;
    pod.pointer("/metadata/labels")?.get(name)?.as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_answer_and_a_cluster_that_is_well_has_no_finding() {
    let person = scenario("restore", Play::Jan).await;
    let seen = document(&person).await;
    assert_eq!(codes(&seen), Vec::<&str>::new(), "{seen:#}");
    let leader = &pod(&seen, "prod-0")["answer"];
    assert_eq!((&leader["sealed"], &leader["active"], &leader["sealType"]), (&json!(false), &json!(true), &json!("static")));
    assert_eq!(leader["clusterId"], pod(&seen, "prod-2")["answer"]["clusterId"]);
    assert!(leader["raftAppliedIndex"].as_u64().is_some() && leader["clockAheadSeconds"].as_i64().is_some(), "{leader}");
    let text = person.run(&["status", "prod"]).await;
    reviewed("probes-well", &text.out);
    // Not asked when nobody wants it.
    person.range.server().clear_requests();
    let unasked = person.run(&["status", "prod", "--no-probe"]).await;
    assert!(!unasked.out.contains("asked directly"), "{unasked}");
    assert!(person.requests().iter().all(|r| !r.path.contains("portforward") && !r.path.contains("/secrets/")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_with_the_leaders_label_does_not_lead() {
    let person = scenario("restore", Play::Jan).await;
    person.range.operator().expect("an operator").freeze();
    person.range.world().set_hanging("bao", "prod", "prod-0", true);
    until("another leader", || label(&person, "prod-1", "openbao-active").as_deref() == Some("true")).await;
    assert_eq!(label(&person, "prod-0", "openbao-active").as_deref(), Some("true"), "its label is frozen");
    let seen = document(&person).await;
    assert_eq!(seen["leaders"], json!(["prod-1"]), "{seen:#}");
    assert!(codes(&seen).contains(&"silent-server") && !codes(&seen).contains(&"several-leaders"), "{seen:#}");
    let ran = person.run(&["status", "prod"]).await;
    assert!(ran.out.contains("NO ANSWER: the server did not answer within 2.0 s"), "{ran}");
    assert!(ran.out.contains("the label that calls prod-0 active is frozen"), "{ran}");
    // Without being asked, the two cannot be told apart.
    let labels = person.run(&["status", "prod", "--no-probe"]).await;
    assert!(labels.out.contains("2 servers call themselves active"), "{labels}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_another_authority_is_no_finding_about_the_server() {
    let person = scenario("restore", Play::Jan).await;
    let foreign = base64::engine::general_purpose::STANDARD.encode(Authority::new("foreign").certificate());
    assert!(person.range.server().store().edit("secrets", "bao", "prod-tls-ca", |s| s["data"]["ca.crt"] = json!(foreign)));
    let ran = person.run(&["status", "prod", "--exit-code"]).await;
    ran.assert_exit(0);
    assert!(ran.out.contains("by their labels; not asked directly: "), "{ran}");
    assert!(ran.out.contains("certificate") && ran.out.contains("not trusted here"), "{ran}");
}

/// `status prod` of somebody with these rights beside those of an onlooker.
async fn seen_with(person: &Person, more: &[Value]) -> Ran {
    let rules: Vec<Value> = onlooker().into_iter().chain(more.iter().cloned()).collect();
    let ran = person.as_somebody_with(json!(rules)).run(&["status", "prod"]).await;
    ran.assert_exit(0);
    ran
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_permitted_is_said_once() {
    let person = scenario("restore", Play::Jan).await;
    let none = seen_with(&person, &[]).await;
    assert_eq!(none.out.matches("get and create pods/portforward in namespace bao").count(), 1, "{none}");
    assert!(none.out.contains("by their labels; not asked directly: forbidden: get and create pods/portforward"), "{none}");
    let no_ca = seen_with(&person, &[rule("pods/portforward", &["get", "create"])]).await;
    assert_eq!(no_ca.out.matches("get secrets/prod-tls-ca in namespace bao").count(), 1, "{no_ca}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_about_the_servers_delays_the_rest_for_long() {
    let person = scenario("restore", Play::Jan).await;
    for (path, says) in
        [("/portforward", "not asked directly: "), ("/secrets/prod-tls-ca", "the cluster's CA was not read in time")]
    {
        person.range.server().faults().clear();
        let hits = person.range.server().faults().add(Fault::new(Act::Stall).path(path));
        let ran = person.run(&["status", "prod", "--deadline", "3s"]).await;
        ran.assert_exit(0);
        assert!(hits.count() > 0 && ran.out.contains(says), "{path}: {ran}");
        assert!(ran.out.contains("prod in namespace bao: healthy."), "{path}: {ran}");
    }
}
