//! The log follower on the true API server, which proxies to the range's kubelet, under the true Job controller.

use std::collections::BTreeMap;
use std::time::Duration;

use kubectl_openbao::drill::processes::SCRIPT_ANNOTATION;
use kubectl_openbao::remote::k8s::Kube;
use kubectl_openbao::remote::logs::{LogEvent, LogOptions, LogTarget, follow_job};
use serde_json::{Value, json};
use tokio::task::block_in_place;

use crate::harness::{ControlPlane, Generation, PATIENCE};

/// A Job of the captured shape whose container runs a script.
fn scripted_job(namespace: &str, script: &Value) -> Value {
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "restore-r1", "namespace": namespace},
        "spec": {"backoffLimit": 3, "template": {
            "metadata": {"annotations": {SCRIPT_ANNOTATION: script.to_string()}},
            "spec": {"restartPolicy": "OnFailure", "terminationGracePeriodSeconds": 1,
                "containers": [{"name": "restore", "image": "openbao-backup:field"}]}}}})
}

/// What a follower told of one Job, from its first event to its last.
#[derive(Debug, Default)]
struct Told {
    lines: BTreeMap<u32, Vec<String>>,
    exits: BTreeMap<u32, Option<i64>>,
    reconnected: bool,
    lost: Vec<String>,
}

/// Follows a Job to its end; `at_line` is called once, when so many lines have come.
async fn follow(plane: &ControlPlane, namespace: &str, at_line: Option<(usize, &dyn Fn())>) -> Told {
    let kube = Kube::new(plane.admin_client().await, &plane.url(), Duration::from_secs(5));
    let target = LogTarget { namespace: namespace.into(), job: "restore-r1".into() };
    let mut follower = follow_job(&kube, target, LogOptions { follow: true, ..LogOptions::default() });
    let mut told = Told::default();
    let mut at_line = at_line;
    loop {
        let event = tokio::time::timeout(PATIENCE, follower.next()).await.unwrap_or_else(|_| panic!("no end: {told:#?}"));
        match event.expect("the follower says how it ends") {
            LogEvent::Lines(lines) => {
                let texts = lines.iter().map(|line| String::from_utf8_lossy(line.text).into_owned());
                told.lines.entry(lines.from.run).or_default().extend(texts);
            }
            LogEvent::RunEnded { run, exit_code, .. } => drop(told.exits.insert(run, exit_code)),
            LogEvent::Reconnecting { .. } => told.reconnected = true,
            LogEvent::Lost { run, why, .. } => told.lost.push(format!("run {run}: {why}")),
            LogEvent::Ended => return told,
            LogEvent::GaveUp { why, .. } => panic!("gave up: {why}: {told:#?}"),
            LogEvent::PodGone { .. } | LogEvent::PodSeen { .. } | LogEvent::Waiting { .. } | LogEvent::RunStarted { .. } => {}
        }
        if let Some((_, act)) = at_line.take_if(|(count, _)| told.lines.values().flatten().count() >= *count) {
            block_in_place(act);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_api_server_loses_and_repeats_nothing() {
    // Servers of its own: others would not like the restart.
    let plane = block_in_place(|| ControlPlane::start(Generation::Bare));
    block_in_place(|| plane.range());
    let namespace = block_in_place(|| plane.namespace("restart"));
    let expected: Vec<String> = (0..120).map(|number| format!("line {number}")).collect();
    let steps = expected.iter().flat_map(|line| [json!({"say": line}), json!({"wait": 2_000})]);
    let job = scripted_job(&namespace, &Value::from_iter(steps));
    block_in_place(|| plane.apply(&[job]));
    let told = follow(&plane, &namespace, Some((20, &|| plane.restart_apiserver()))).await;
    assert!(told.reconnected, "the restart was not noticed, so this test shows nothing: {told:#?}");
    assert_eq!(told.lines.into_values().flatten().collect::<Vec<_>>(), expected);
    assert_eq!(told.exits, BTreeMap::from([(0, Some(0))]));
    assert_eq!(told.lost, Vec::<String>::new());
}

/// The Job controller deletes the pod when its fourth run starts (F§15.2.11): the three before are told whole, and the
/// pod's end is an end, not an error.
#[tokio::test(flavor = "multi_thread")]
async fn the_runs_of_a_failing_job_are_told_before_their_pod_vanishes() {
    let plane = ControlPlane::jan();
    block_in_place(|| plane.range());
    let namespace = block_in_place(|| plane.namespace("four-runs"));
    let lines = |run: u32| ["begin", "work", "fail"].map(|text| format!("run {run}: {text}"));
    let steps = |run| {
        let said = lines(run).into_iter().flat_map(|line| [json!({"say": line}), json!({"wait": 4_000})]);
        Value::from_iter(said.chain([json!({"exit": 1})]))
    };
    block_in_place(|| plane.apply(&[scripted_job(&namespace, &Value::from_iter((0..4).map(steps)))]));
    let told = follow(&plane, &namespace, None).await;
    for run in 0..3 {
        assert_eq!(told.lines[&run], lines(run), "{told:#?}");
        assert_eq!(told.exits[&run], Some(1), "{told:#?}");
    }
    let last = told.lines.get(&3).cloned().unwrap_or_default();
    assert!(lines(3).starts_with(&last), "{told:#?}");
    assert_eq!(told.lost, Vec::<String>::new());
}
