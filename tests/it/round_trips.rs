//! Dependent round trips, counted by the range: every answer is held until nothing more is asked.

use std::time::Duration;

use kubectl_openbao::drill::server::Request;
use kubectl_openbao::drill::{Pace, Play};

use crate::support::{Person, scenario_at};

/// Time without a new request after which a wave of answers goes out: far more than one request takes to follow
/// another that did not wait for it.
const QUIET: Duration = Duration::from_millis(300);

/// Somebody with a range in lockstep in which only the plugin asks.
async fn in_lockstep(scenario: &str) -> Person {
    let person = scenario_at(scenario, Play::Jan, Pace(0.02)).await;
    person.range.operator().expect("the range has an operator").freeze();
    person
}

/// The longest chain of requests of which each was sent after the one before was answered.
fn depth(requests: &[Request]) -> usize {
    let mut ends: Vec<(Duration, usize)> = Vec::new();
    let mut deepest = 0;
    for request in requests {
        let before = ends.iter().filter(|(end, _)| *end <= request.at).map(|(_, depth)| *depth).max().unwrap_or(0);
        deepest = deepest.max(before + 1);
        // Without an answer it never ended; an upgraded connection was answered when it was opened.
        ends.extend(request.took.map(|took| (request.at + took, before + 1)));
    }
    deepest
}

fn shown(requests: &[Request]) -> String {
    let line = |r: &Request| format!("{:>6} ms +{:?}  {} {}?{}", r.at.as_millis(), r.took, r.method, r.path, r.query);
    requests.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_of_a_cluster_takes_at_most_two() {
    let person = in_lockstep("stuck-lock").await;
    person.range.server().faults().lockstep(Some(QUIET));
    person.range.server().clear_requests();
    let ran = person.run(&["status", "prod", "--deadline", "60s"]).await;
    ran.assert_exit(0);
    let requests = person.requests();
    assert!(depth(&requests) <= 2, "{}:\n{}", depth(&requests), shown(&requests));
    assert!(requests.len() > 5, "{}", shown(&requests));
    println!("status: {} round trips, {} requests", depth(&requests), requests.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_takes_at_most_five_until_the_object_exists() {
    let person = in_lockstep("stuck-lock").await;
    let mut args = person.consented(&["--override-lock"]).await;
    args.extend(["--deadline".into(), "60s".into()]);
    person.range.server().faults().lockstep(Some(QUIET));
    person.range.server().clear_requests();
    let ran = person.plugin().run(&args).await;
    ran.assert_exit(0);
    let mut requests = person.requests();
    let create = requests.iter().position(Request::is_write).expect("a create");
    requests.truncate(create + 1);
    println!("restore: {} round trips, {} requests\n{}", depth(&requests), requests.len(), shown(&requests));
    assert!(depth(&requests) <= 5, "{}:\n{}", depth(&requests), shown(&requests));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledgement_takes_at_most_four_until_it_is_written() {
    let person = in_lockstep("failed-rollback").await;
    let plan = person.run(&["breakglass", "ack", "prod", "--dry-run", "-o", "json"]).await;
    let plan: serde_json::Value = serde_json::from_str(&plan.out).unwrap_or_else(|e| panic!("{e}\n{plan}"));
    let nonce = plan["nonce"].as_str().expect("a nonce");
    let mut args = vec!["breakglass", "ack", "prod", "--deadline", "60s", "--timeout", "1s", "--nonce", nonce];
    let codes = plan["consent"]["accept"].as_array().expect("codes").iter().filter_map(|c| c.as_str());
    args.extend(codes.flat_map(|code| ["--accept", code]));
    person.range.server().faults().lockstep(Some(QUIET));
    person.range.server().clear_requests();
    let ran = person.run(&args).await;
    let mut requests = person.requests();
    let patch = requests.iter().position(Request::is_write).unwrap_or_else(|| panic!("no patch: {ran}"));
    requests.truncate(patch + 1);
    println!("ack: {} round trips, {} requests\n{}", depth(&requests), requests.len(), shown(&requests));
    assert!(depth(&requests) <= 4, "{}:\n{}", depth(&requests), shown(&requests));
}
