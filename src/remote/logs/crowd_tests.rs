//! The whole follower against a scripted kubelet: runs, restarts, replaced pods, faults.

use std::time::Duration;

use serde_json::json;

use super::fake::{Fault, World, backing_off, running, succeeded};
use super::{Follower, LogEvent, LogOptions, Timing, follow};
use crate::remote::k8s::ApiErrorKind;
use crate::remote::watch::{Change, Patience};

fn quick() -> LogOptions {
    let timing = Timing {
        idle: Duration::from_millis(20),
        grace: Duration::from_millis(200),
        settle: Duration::from_secs(20),
        finish: Duration::from_secs(20),
        patience: Patience {
            first_pause: Duration::from_millis(1),
            longest_pause: Duration::from_millis(4),
            ..Patience::default()
        },
    };
    LogOptions { follow: true, timing, ..LogOptions::default() }
}

/// Everything told, as short lines: `0| text` for run 0.
async fn told(follower: &mut Follower, until: impl Fn(&str) -> bool) -> Vec<String> {
    let mut told = Vec::new();
    let deadline = Duration::from_secs(30);
    while let Ok(Some(event)) = tokio::time::timeout(deadline, follower.next()).await {
        let mut last = String::new();
        for line in short(&event) {
            last.clone_from(&line);
            told.push(line);
        }
        if until(&last) {
            return told;
        }
    }
    told
}

fn short(event: &LogEvent) -> Vec<String> {
    match event {
        LogEvent::PodSeen { .. } => vec!["seen".into()],
        LogEvent::Waiting { why, .. } => vec![format!("waiting {why}")],
        LogEvent::RunStarted { run, .. } => vec![format!("{run} started")],
        LogEvent::Lines(lines) => {
            lines.iter().map(|line| format!("{}| {}", lines.from.run, String::from_utf8_lossy(line.text))).collect()
        }
        LogEvent::RunEnded { run, exit_code, .. } => vec![format!("{run} ended {exit_code:?}")],
        LogEvent::PodGone { .. } => vec!["gone".into()],
        LogEvent::Lost { run, why, .. } => vec![format!("{run} lost: {why}")],
        LogEvent::Reconnecting { why, .. } => vec![format!("reconnecting: {why}")],
        LogEvent::Ended => vec!["end".into()],
        LogEvent::GaveUp { why, .. } => vec![format!("gave up: {why}")],
    }
}

const A: &str = "2026-11-21T00:53:12.455923009Z a";
const B: &str = "2026-11-21T00:53:12.455923009Z b";
const C: &str = "2026-11-21T00:53:13.100000000Z c";
const D: &str = "2026-11-21T00:53:23.100000000Z d";

fn lines(told: &[String]) -> Vec<&str> {
    told.iter().map(String::as_str).filter(|line| line.contains('|')).collect()
}

fn end(line: &str) -> bool {
    line == "end"
}

/// A run of three lines, read with these faults; the lines must come out once each.
async fn with_faults(faults: &[Fault]) -> Vec<String> {
    let (world, watches) = World::new();
    faults.iter().for_each(|fault| world.fault(fault.clone()));
    let mut follower = follow(world.clone(), quick());
    watches.lists().await;
    world.start();
    world.log(&[A, B]);
    watches.pod(&world, running(0, None)).await;
    let mut all = told(&mut follower, |line| line == "0| b").await;
    world.log(&[C]);
    world.end();
    watches.pod(&world, succeeded(0)).await;
    watches.job_ended().await;
    all.extend(told(&mut follower, end).await);
    all
}

#[tokio::test]
async fn a_run_is_told_from_its_pod_to_its_exit_code() {
    let told = with_faults(&[]).await;
    assert_eq!(told, ["seen", "0 started", "0| a", "0| b", "0| c", "0 ended Some(0)", "end"]);
}

#[tokio::test]
async fn faults_of_every_kind_at_every_byte_lose_and_repeat_nothing() {
    let length = A.len() + B.len() + C.len() + 3;
    let refused = Fault::Refuse(ApiErrorKind::Unreachable, "Connection refused");
    let faults = (0..=length).flat_map(|at| [Fault::Cut(at), Fault::EndsEarly(at), Fault::Stall(at)]);
    let cases = faults.map(|fault| {
        let refused = refused.clone();
        async move { (fault.clone(), with_faults(&[fault.clone(), refused.clone(), fault, refused]).await) }
    });
    for (fault, told) in futures_util::future::join_all(cases).await {
        assert_eq!(lines(&told), ["0| a", "0| b", "0| c"], "{fault:?}: {told:?}");
        assert_eq!(told.last().map(String::as_str), Some("end"), "{fault:?}: {told:?}");
        assert!(!told.iter().any(|line| line.contains("lost")), "{fault:?}: {told:?}");
    }
}

#[tokio::test]
async fn four_runs_in_one_pod_that_then_vanishes_are_all_told() {
    let (world, watches) = World::new();
    let mut follower = follow(world.clone(), quick());
    watches.lists().await;
    let mut all = Vec::new();
    for run in 0..4_u32 {
        world.start();
        let line = format!("2026-11-21T00:53:{:02}.1Z only {run}", 12 + run);
        world.log(&[&line]);
        watches.pod(&world, running(run, run.checked_sub(1).map(|_| 1))).await;
        let wanted = format!("{run}| only {run}");
        all.extend(told(&mut follower, |line| line == wanted).await);
        world.end();
        watches.pod(&world, backing_off(run)).await;
    }
    all.extend(told(&mut follower, |line| line.starts_with("3 ended")).await);
    watches.pod_gone(&world).await;
    watches.job_ended().await;
    all.extend(told(&mut follower, end).await);
    assert_eq!(lines(&all), ["0| only 0", "1| only 1", "2| only 2", "3| only 3"]);
    let ends: Vec<&String> = all.iter().filter(|line| line.contains("ended")).collect();
    assert_eq!(ends, ["0 ended Some(1)", "1 ended Some(1)", "2 ended Some(1)", "3 ended Some(1)"]);
    assert_eq!(all[all.len() - 2..], ["gone", "end"], "a pod that vanishes is no error: {all:?}");
}

#[tokio::test]
async fn a_run_that_ended_before_it_was_seen_is_read_as_the_previous_one_and_older_ones_are_said_to_be_lost() {
    let (world, watches) = World::new();
    let mut follower = follow(world.clone(), quick());
    watches.lists().await;
    for line in [A, C, D] {
        world.start();
        world.log(&[line]);
        world.end();
    }
    world.kubelet().runs[2].over = false;
    watches.pod(&world, running(2, Some(1))).await;
    let mut all = told(&mut follower, |line| line == "2| d").await;
    world.end();
    watches.pod(&world, backing_off(2)).await;
    watches.pod_gone(&world).await;
    watches.job_ended().await;
    all.extend(told(&mut follower, end).await);
    assert!(all[1].starts_with("0 lost: "), "{all:?}");
    assert_eq!(lines(&all), ["1| c", "2| d"], "{all:?}");
}

#[tokio::test]
async fn a_kubelet_ahead_of_the_status_shows_no_run_twice() {
    let (world, watches) = World::new();
    let mut follower = follow(world.clone(), quick());
    watches.lists().await;
    // Run 0 is over and run 1 goes on before the status of run 0 arrives.
    world.start();
    world.log(&[A]);
    world.end();
    world.start();
    world.log(&[D]);
    watches.pod(&world, running(0, None)).await;
    let mut all = told(&mut follower, |line| line == "0| d").await;
    world.end();
    watches.pod(&world, running(1, Some(1))).await;
    watches.pod(&world, succeeded(1)).await;
    all.extend(told(&mut follower, |line| line.contains("| a") || line.contains("lost")).await);
    watches.job_ended().await;
    all.extend(told(&mut follower, end).await);
    let d = all.iter().filter(|line| line.ends_with("| d")).count();
    assert_eq!(d, 1, "{all:?}");
    assert!(all.iter().any(|line| line == "0| a" || line.starts_with("0 lost")), "{all:?}");
}

#[tokio::test]
async fn a_removed_pod_whose_log_was_cut_is_said_to_have_lost_lines() {
    let (world, watches) = World::new();
    world.fault(Fault::Cut(A.len() + 1));
    world.fault(Fault::Refuse(ApiErrorKind::Unreachable, "Connection refused"));
    let mut follower = follow(world.clone(), quick());
    watches.lists().await;
    world.start();
    world.log(&[A, B]);
    watches.pod(&world, running(0, None)).await;
    let mut all = told(&mut follower, |line| line == "reconnecting: the connection broke").await;
    watches.pod_gone(&world).await;
    watches.job_ended().await;
    all.extend(told(&mut follower, end).await);
    let told_all = lines(&all) == ["0| a", "0| b"];
    assert!(told_all || all.iter().any(|line| line.starts_with("0 lost")), "{all:?}");
}

#[tokio::test]
async fn rotation_while_disconnected_is_said() {
    let (world, watches) = World::new();
    world.fault(Fault::Cut(A.len() + 1));
    let mut follower = follow(world.clone(), quick());
    watches.lists().await;
    world.start();
    world.log(&[A, B, C, D]);
    world.kubelet().rotated = 0;
    watches.pod(&world, running(0, None)).await;
    // Both lines of the first request's second are gone before the log is opened again.
    let mut all = told(&mut follower, |line| line == "0| a").await;
    world.kubelet().rotated = 2;
    all.extend(told(&mut follower, |line| line == "0| d").await);
    world.end();
    watches.pod(&world, succeeded(0)).await;
    watches.job_ended().await;
    all.extend(told(&mut follower, end).await);
    let lost = all.iter().position(|line| line.starts_with("0 lost")).expect("said");
    assert_eq!(all[lost + 1], "0| c", "{all:?}");
}

#[tokio::test]
async fn forbidden_ends_it_at_once() {
    let (world, watches) = World::new();
    world.fault(Fault::Refuse(ApiErrorKind::Forbidden, "pods \"p\" is forbidden"));
    let mut follower = follow(world.clone(), quick());
    watches.lists().await;
    world.start();
    watches.pod(&world, running(0, None)).await;
    let all = told(&mut follower, |line| line.starts_with("gave up")).await;
    assert!(all.last().is_some_and(|line| line.contains("forbidden")), "{all:?}");
}

#[tokio::test]
async fn a_container_that_waits_is_said_and_then_read() {
    let (world, watches) = World::new();
    let mut follower = follow(world.clone(), quick());
    watches.lists().await;
    let waiting = json!({"phase": "Pending", "containerStatuses": [{"name": "restore", "restartCount": 0,
        "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}}]});
    watches.pod(&world, waiting).await;
    world.fault(Fault::Refuse(
        ApiErrorKind::BadRequest,
        "container \"restore\" in pod \"p\" is waiting to start: PodInitializing",
    ));
    world.start();
    world.log(&[A]);
    watches.pod(&world, running(0, None)).await;
    let mut all = told(&mut follower, |line| line == "0| a").await;
    world.end();
    watches.pod(&world, succeeded(0)).await;
    watches.job_ended().await;
    all.extend(told(&mut follower, end).await);
    assert_eq!(all, ["seen", "waiting ImagePullBackOff: Back-off pulling image", "0 started", "0| a", "0 ended Some(0)", "end"]);
}

#[tokio::test]
async fn a_replaced_pod_is_read_too_and_finish_ends_a_follower_that_outlives_its_job() {
    let (world, watches) = World::new();
    let mut follower = follow(world.clone(), LogOptions { outlive_job: true, ..quick() });
    watches.lists().await;
    world.start();
    world.log(&[A]);
    world.end();
    watches.pod(&world, succeeded(0)).await;
    let mut all = told(&mut follower, |line| line.starts_with("0 ended")).await;
    watches.jobs.send(Change::All(vec![])).await.unwrap();
    watches.pods.send(Change::All(vec![])).await.unwrap();
    world.kubelet().runs.clear();
    world.start();
    world.log(&[D]);
    world.end();
    let pod = json!({"metadata": {"name": "p2", "uid": "u2"}, "status": succeeded(0)});
    watches.pods.send(Change::Put(pod)).await.unwrap();
    all.extend(told(&mut follower, |line| line == "0| d").await);
    follower.finish();
    all.extend(told(&mut follower, end).await);
    assert_eq!(lines(&all), ["0| a", "0| d"], "{all:?}");
    assert_eq!(all.last().map(String::as_str), Some("end"));
}

/// After a restart of the API server the restore's end can be heard of before the pod.
#[tokio::test]
async fn finished_before_the_pod_was_heard_of_its_log_is_read_all_the_same() {
    let (world, watches) = World::new();
    let mut follower = follow(world.clone(), LogOptions { outlive_job: true, ..quick() });
    watches.lists().await;
    world.start();
    world.log(&[A, B]);
    world.end();
    let pod = json!({"metadata": {"name": "p", "uid": "u1"}, "status": succeeded(0)});
    world.kubelet().status = pod;
    follower.finish();
    let all = told(&mut follower, end).await;
    assert_eq!(all, ["seen", "0 started", "0| a", "0| b", "0 ended Some(0)", "end"]);
    drop(watches);
}

#[tokio::test]
async fn without_follow_it_ends_with_what_is_there() {
    let (world, watches) = World::new();
    let mut follower = follow(world.clone(), LogOptions { follow: false, ..quick() });
    world.start();
    world.log(&[A, B]);
    let pod = json!({"metadata": {"name": "p", "uid": "u1"}, "status": running(0, None)});
    watches.pods.send(Change::All(vec![pod])).await.unwrap();
    watches.jobs.send(Change::All(vec![])).await.unwrap();
    let all = told(&mut follower, end).await;
    assert_eq!(all, ["seen", "0 started", "0| a", "0| b", "end"]);
}
