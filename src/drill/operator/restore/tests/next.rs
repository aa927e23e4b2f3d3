//! NEXT: an outcome that only a person can settle (F§4.4).

use serde_json::json;

use super::super::super::step::Step;
use super::super::super::values::{annotation, merged, present, text, uid};
use super::super::{HOLD, recovery, texts};
use super::{Stage, failed_job, server};
use crate::drill::Play;

/// A NEXT restore that was submitted and waits for a decision.
fn accepted() -> Stage {
    let mut stage = Stage::new(Play::Next);
    stage.servers = vec![server(0, true), server(1, false), server(2, false)];
    for _ in 0..4 {
        stage.pass();
    }
    stage.job_status(json!({"succeeded": 1}));
    stage.restore["status"]["submissionClaim"] = json!({"podUID": "p"});
    stage.pass();
    stage.pass();
    stage
}

#[test]
fn on_next_success_looks_like_unknown_and_keeps_lock_and_hold() {
    let stage = accepted();
    assert_eq!((stage.phase(), stage.message()), ("Unknown", texts::ACCEPTED));
    assert_eq!(stage.lock(), "openbaorestore/r1");
    assert_eq!(annotation(stage.cluster.as_ref().unwrap(), HOLD), uid(&stage.restore));
    assert_eq!(
        (stage.reason("RestoreComplete"), stage.reason("RecoveryReleased")),
        ("RestoreExecutionUnknown", "AwaitingAcknowledgement")
    );
    assert_eq!(
        texts::ACCEPTED,
        "Snapshot request accepted; application is unconfirmed. Follow the administrator recovery runbook before acknowledging Resume \
         or Abandon."
    );
}

#[test]
fn on_next_the_claim_decides_what_a_failure_means() {
    let outcome = |claimed: bool| {
        let mut stage = Stage::new(Play::Next);
        for _ in 0..4 {
            stage.pass();
        }
        if claimed {
            stage.restore["status"]["submissionClaim"] = json!({"podUID": "p"});
        }
        stage.job_status(failed_job());
        stage.pass();
        let held = !annotation(stage.cluster.as_ref().unwrap(), HOLD).is_empty();
        (stage.phase().to_owned(), held, stage.lock().to_owned())
    };
    assert_eq!(outcome(false), ("Failed".into(), false, String::new()));
    assert_eq!(outcome(true), ("Unknown".into(), true, "openbaorestore/r1".into()));
}

#[test]
fn on_next_a_terminal_job_waits_for_its_containers() {
    let mut stage = Stage::new(Play::Next);
    for _ in 0..4 {
        stage.pass();
    }
    stage.job_status(json!({"succeeded": 1}));
    stage.executors = vec![json!({"metadata": {"name": "restore-r1-abcde"}, "status": {"phase": "Running"}})];
    stage.pass();
    assert_eq!(stage.message(), "Waiting for restore executor Pod restore-r1-abcde to report termination of all containers.");
}

fn acknowledge(stage: &mut Stage, decision: &str) {
    let value = format!("{}/{decision}", uid(&stage.restore));
    stage.restore = merged(&stage.restore, &json!({"metadata": {"annotations": {recovery::ACKNOWLEDGE: value}}}));
}

#[test]
fn an_acknowledgement_for_another_restore_does_nothing() {
    let mut stage = accepted();
    stage.restore["metadata"]["annotations"] = json!({recovery::ACKNOWLEDGE: "someone-else/Resume"});
    assert_eq!(stage.pass(), Step::default());
}

#[test]
fn abandon_pauses_and_releases() {
    let mut stage = accepted();
    acknowledge(&mut stage, "Abandon");
    stage.pass();
    let cluster = stage.cluster.as_ref().unwrap();
    assert_eq!(cluster.pointer("/spec/paused"), Some(&json!(true)));
    assert_eq!((annotation(cluster, HOLD), stage.lock()), ("", ""));
    assert_eq!((stage.phase(), stage.reason("RecoveryReleased")), ("Unknown", "Abandoned"));
    assert_eq!(text(&stage.restore, "/status/administratorDisposition"), "Abandon");
    assert_eq!(stage.pass(), Step::default());
}

#[test]
fn resume_replaces_standbys_first_and_the_leader_last() {
    let mut stage = accepted();
    acknowledge(&mut stage, "Resume");
    let mut restarted = Vec::new();
    for _ in 0..12 {
        let before = stage.writes.len();
        stage.pass();
        for write in &stage.writes[before..] {
            if let Some(name) = write.strip_prefix("restart ") {
                let pod = stage.servers.iter_mut().find(|p| text(p, "/metadata/name") == name).unwrap();
                pod["metadata"]["uid"] = json!(format!("new-{name}"));
                restarted.push(name.to_owned());
            }
        }
    }
    assert_eq!(restarted, ["prod-1", "prod-2", "prod-0"]);
    assert!(stage.writes.iter().any(|w| w.ends_with("Waiting for leader prod-0 to step down; 2/3 Pods replaced and ready")));
    assert_eq!((stage.phase(), stage.reason("RecoveryReleased"), stage.lock()), ("Unknown", "Resumed", ""));
    assert!(present(&stage.restore, "/status/restart/completedAt"));
}

#[test]
fn a_pod_whose_successor_is_not_made_yet_is_not_restarted_yet() {
    let mut stage = accepted();
    acknowledge(&mut stage, "Resume");
    while !stage.writes.iter().any(|write| write == "restart prod-1") {
        stage.pass();
    }
    let mut successor = stage.servers.remove(1);
    stage.pass();
    assert_eq!(stage.reason("RecoveryReleased"), "WaitingForPod");
    assert!(stage.message().starts_with("Waiting for Pod prod-1 "), "{}", stage.message());
    assert!(!stage.writes.iter().any(|write| write == "restart prod-2"), "two servers are down at once: {:?}", stage.writes);
    successor["metadata"]["uid"] = json!("new");
    stage.servers.insert(1, successor);
    stage.pass();
    assert!(stage.writes.iter().any(|write| write == "restart prod-2"), "{:?}", stage.writes);
}

#[test]
fn resume_says_what_it_waits_for() {
    let reason = |change: &dyn Fn(&mut Stage)| {
        let mut stage = accepted();
        acknowledge(&mut stage, "Resume");
        change(&mut stage);
        stage.pass();
        (stage.reason("RecoveryReleased").to_owned(), stage.message().to_owned())
    };
    let paused = reason(&|stage| stage.cluster.as_mut().unwrap()["spec"]["paused"] = json!(true));
    assert_eq!(paused.0, "RecoveryBlocked");
    assert!(paused.1.starts_with("Target is paused, deleting, or locked by another operation; use Abandon"));
    assert!(reason(&|stage| stage.cluster = None).1.starts_with("Target is absent; use Abandon"));
    assert!(reason(&|stage| stage.cluster.as_mut().unwrap()["metadata"]["uid"] = json!("x")).1.starts_with("Target UID differs"));
    let sealed = reason(&|stage| stage.servers[1]["metadata"]["labels"]["openbao-sealed"] = json!("true"));
    assert_eq!(sealed.0, "VoterHealthUnavailable");
    let gone = reason(&|stage| stage.servers[1]["status"]["conditions"] = json!([]));
    assert_eq!(gone.0, "WaitingForPod");
}
