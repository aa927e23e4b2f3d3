//! Logs through the API server: options, runs, faults.

use futures_util::{AsyncBufReadExt, AsyncReadExt};
use kube::api::LogParams;
use serde_json::{Value, json};

use super::{NAMESPACE, Range, scripted};
use crate::drill::kubelet::faults::{LogFault, Target};

fn is_running(container: &Value) -> bool {
    container["state"]["running"].is_object()
}

fn followed() -> LogParams {
    LogParams { follow: true, ..LogParams::default() }
}

/// Reads a log stream to its end, with the error that ended it.
async fn drain(range: &Range, pod: &str, params: &LogParams) -> (Vec<u8>, bool) {
    let mut stream = range.pods().log_stream(pod, params).await.expect("a stream");
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes).await;
    (bytes, ended.is_ok())
}

#[tokio::test]
async fn options_reach_the_kubelet() {
    let range = Range::start().await;
    range.create_job(scripted("one", "Never", 0, &json!([{ "say": "a" }, { "say": "b" }, { "say": "c" }]))).await;
    let pod = range.pod_when("one", "the end", |c| c["state"]["terminated"].is_object()).await;
    let log = async |params: LogParams| range.log(&pod, &params).await.expect("a log");
    assert_eq!(log(LogParams::default()).await, "a\nb\nc\n");
    assert_eq!(log(LogParams { tail_lines: Some(1), ..LogParams::default() }).await, "c\n");
    assert_eq!(log(LogParams { limit_bytes: Some(3), ..LogParams::default() }).await, "a\nb");
    assert_eq!(log(LogParams { since_seconds: Some(3600), follow: true, ..LogParams::default() }).await, "a\nb\nc\n");
    let stamped = log(LogParams { timestamps: true, tail_lines: Some(1), ..LogParams::default() }).await;
    let (at, text) = stamped.split_once(' ').expect("a time and a text");
    assert!(at.parse::<jiff::Timestamp>().is_ok() && at.len() == 30 && text == "c\n", "{stamped}");
    let refused = range.log(&pod, &LogParams { previous: true, ..LogParams::default() }).await.expect_err("no earlier run");
    assert!(
        refused.to_string().contains(&format!("previous terminated container \"restore\" in pod \"{pod}\" not found")),
        "{refused}"
    );
}

#[tokio::test]
async fn a_followed_run_ends_although_the_container_starts_again() {
    let range = Range::start().await;
    let script =
        json!([[{ "say": "first" }, { "wait": 100_000 }, { "say": "over" }, { "exit": 1 }], [{ "say": "second" }, "stop"]]);
    range.create_job(scripted("again", "OnFailure", 3, &script)).await;
    let pod = range.pod_when("again", "the first run", is_running).await;
    assert_eq!(drain(&range, &pod, &followed()).await, (b"first\nover\n".to_vec(), true));
    range.pod_when("again", "the second run", |c| is_running(c) && c["restartCount"] == 1).await;
    assert_eq!(range.log(&pod, &LogParams::default()).await.expect("a log"), "second\n");
    assert_eq!(range.log(&pod, &LogParams { previous: true, ..LogParams::default() }).await.expect("a log"), "first\nover\n");
}

#[tokio::test]
async fn bytes_and_very_long_lines_pass_unchanged() {
    let range = Range::start().await;
    range.create_job(scripted("odd", "Never", 0, &json!([{ "hex": "c328ff" }, { "long": 1_048_576 }]))).await;
    let pod = range.pod_when("odd", "the end", |c| c["state"]["terminated"].is_object()).await;
    let (bytes, whole) = drain(&range, &pod, &followed()).await;
    assert!(whole && bytes.starts_with(&[0xc3, 0x28, 0xff, b'\n']));
    assert_eq!(bytes.len(), 4 + 1_048_577);
}

#[tokio::test]
async fn every_line_of_a_busy_container_arrives_in_order() {
    let range = Range::start().await;
    range.create_job(scripted("busy", "Never", 0, &json!([{ "wait": 5_000 }, { "repeat": [20_000, "busy"] }]))).await;
    let pod = range.pod_when("busy", "the run", is_running).await;
    let (bytes, whole) = drain(&range, &pod, &followed()).await;
    let lines = String::from_utf8(bytes).expect("text");
    assert!(whole && lines.lines().count() == 20_000);
    assert!(lines.lines().zip(1..).all(|(line, number)| line == format!("{number} busy")));
}

#[tokio::test]
async fn rotation_takes_early_lines_while_the_container_runs() {
    let range = Range::start().await;
    range.create_job(scripted("long", "Never", 0, &json!([{ "say": "a" }, { "say": "b" }, { "say": "c" }, "stop"]))).await;
    let pod = range.pod_when("long", "the run", is_running).await;
    super::eventually("all lines", async || (range.log(&pod, &LogParams::default()).await.ok()? == "a\nb\nc\n").then_some(()))
        .await;
    range.kubelet.rotate_logs(NAMESPACE, &pod, "restore", 1);
    assert_eq!(range.log(&pod, &LogParams::default()).await.expect("a log"), "c\n");
}

#[tokio::test]
async fn faults_are_seen_by_the_client() {
    let range = Range::start().await;
    range
        .create_job(scripted(
            "faulty",
            "Never",
            0,
            &json!([{ "say": "one" }, { "say": "two two" }, { "say": "three" }, { "exit": 0 }]),
        ))
        .await;
    let pod = range.pod_when("faulty", "the end", |c| c["state"]["terminated"].is_object()).await;
    let fault = |fault| range.kubelet.faults().break_logs(Target::pods(NAMESPACE, "faulty-"), fault, 1);
    fault(LogFault::CutMidLine { after: 1 });
    // Whether the client sees an error or an end is the API server's choice: a real one makes it a clean end.
    assert_eq!(drain(&range, &pod, &followed()).await.0, b"one\ntwo ");
    fault(LogFault::CloseEarly { after: 2 });
    assert_eq!(drain(&range, &pod, &followed()).await, (b"one\ntwo two\n".to_vec(), true));
    fault(LogFault::Waiting);
    let refused = range.log(&pod, &followed()).await.expect_err("waiting");
    assert!(
        matches!(&refused, kube::Error::Api(status) if status.code == 400 && status.message.contains("is waiting to start: ContainerCreating")),
        "{refused:?}"
    );
    fault(LogFault::Stall { after: 1 });
    let mut stream = range.pods().log_stream(&pod, &followed()).await.expect("a stream");
    let mut line = String::new();
    stream.read_line(&mut line).await.expect("the first line");
    assert_eq!(line, "one\n");
    assert_eq!(range.log(&pod, &followed()).await.expect("healed"), "one\ntwo two\nthree\n");
}
