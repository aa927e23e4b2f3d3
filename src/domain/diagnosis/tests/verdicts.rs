//! One test a verdict and a trap.

use super::*;
use crate::api::restore::Restore;
use crate::domain::diagnosis::{Confidence, Path, Verdict};
use crate::domain::evidence::{SnapshotObject, StoreAnswer};

fn verdict(evidence: &Evidence) -> Verdict {
    ask(evidence).verdict
}

#[test]
fn a_passed_cause_with_blue_well_is_a_retry() {
    let mut evidence = broken();
    let found = ask(&evidence);
    assert_eq!((found.verdict, found.confidence), (Verdict::Retry, Confidence::Medium), "{:?}", found.findings);
    assert_eq!(found.next.first().map(|n| n.command.as_str()), Some("kubectl openbao resolve bg -n bao --path retry"));
    assert!(found.way(Path::Retry).is_some_and(|w| w.possible && w.speaks_against.is_empty()), "{:?}", found.ways);
    ask_all(&mut evidence);
    members(&mut evidence, &BLUE, &GREEN);
    assert_eq!(ask(&evidence).confidence, Confidence::High);
}

/// P1 to JAN, or nobody knows: the clean-up after a good repair removes Blue (F§4.7).
#[test]
fn an_old_or_unknown_operator_is_never_told_to_retry() {
    let mut evidence = broken();
    evidence.generation = Generation::default();
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence);
    assert!(
        found.headline.contains("do not acknowledge yet") && found.headline.contains("ack-removes-blue-peers"),
        "{}",
        found.headline
    );
    assert!(found.hazards.iter().any(|h| h.code == "ack-removes-blue-peers"));
}

#[test]
fn a_wrong_configuration_is_corrected_first() {
    let mut evidence = broken();
    say(&mut evidence, REPAIR, REFUSED);
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence);
    assert!(found.headline.contains("until it is corrected"), "{}", found.headline);
    assert!(has(&found, "upgrade-log-login-refused"), "{:?}", codes(&found));
}

#[test]
fn a_repair_that_refuses_is_a_restore_where_a_snapshot_is_known() {
    let mut evidence = broken();
    say(&mut evidence, REPAIR, TOO_FEW);
    assert_eq!(verdict(&evidence), Verdict::NotEnoughEvidence, "whether the snapshot is there was not looked at");
    evidence.snapshot = StoreAnswer::Found { object: SnapshotObject::default() };
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::Restore);
    assert!(found.way(Path::Retry).is_some_and(|w| !w.possible), "it fails again: {:?}", found.ways);
    assert!(found.headline.contains("do not acknowledge"), "{}", found.headline);
    assert_eq!(found.snapshot.map(|s| s.key), Some("bao/bg/pre-upgrade-2026-11-21T00-45-34Z-9a71c039.snap".into()));
    evidence.jobs = Item::present(vec![executor(REPAIR, "bluegreen-repair-consensus", "rollback", "00:50:00")]);
    assert_eq!(verdict(&evidence), Verdict::NotEnoughEvidence, "without a snapshot there is nothing to restore");
}

#[test]
fn no_leader_then_and_none_now_is_lost_quorum_and_a_leader_now_is_a_retry() {
    let mut evidence = broken();
    say(&mut evidence, REPAIR, NO_LEADER);
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::Retry);
    assert!(has(&found, "cause-passed"));
    evidence.pods = Item::present(both_sides(None));
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence);
    assert!(found.headline.contains("do not acknowledge: quorum is lost"), "{}", found.headline);
    assert_eq!(found.findings.first().map(|f| f.code.as_str()), Some("quorum-lost"));
    assert!(found.way(Path::Restore).is_some_and(|w| !w.possible), "{:?}", found.ways);
}

#[test]
fn none_leading_at_one_look_proves_nothing() {
    let mut evidence = broken();
    evidence.pods = Item::present(both_sides(None));
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence);
    assert!(has(&found, "no-leader"), "{:?}", codes(&found));
}

#[test]
fn without_a_whole_log_nothing_is_retried() {
    for change in 0..4 {
        let mut evidence = broken();
        match change {
            0 => evidence.logs.clear(),
            1 => drop(evidence.logs.insert(REPAIR.into(), Item::Absent)),
            2 => drop(evidence.logs.insert(REPAIR.into(), Item::Forbidden { what: "get pods/log".into() })),
            _ => {
                let run = LogRun { text: TRANSIENT.into(), missing: Some("rotated away".into()), ..LogRun::default() };
                evidence.logs.insert(REPAIR.into(), Item::present(JobLog { runs: vec![run] }));
            }
        }
        let found = ask(&evidence);
        assert_eq!(found.verdict, Verdict::NotEnoughEvidence, "{change}");
        assert!(["log-gone", "log-unread", "log-cut"].iter().any(|code| has(&found, code)), "{change}: {:?}", codes(&found));
    }
}

/// The old advice "path B" (F§4.7).
#[test]
fn a_version_set_back_is_a_trap() {
    let mut evidence = broken();
    edit(&mut evidence, |o| o["spec"]["version"] = json!("2.5.4"));
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence);
    let reverted = found.findings.iter().find(|f| f.code == "version-reverted").expect("the trap is named");
    assert!(reverted.next.iter().any(|n| n.command.contains("\"version\":\"2.5.5\"")), "{:?}", reverted.next);
}

#[test]
fn while_green_leads_nothing_is_acknowledged_or_restored() {
    let mut evidence = broken();
    evidence.pods = Item::present(both_sides(Some("bg-bbbb-0")));
    for log in [TRANSIENT, TOO_FEW] {
        say(&mut evidence, REPAIR, log);
        let found = ask(&evidence);
        assert_eq!(found.verdict, Verdict::NotEnoughEvidence);
        assert!(found.headline.contains("Green leads"), "{}", found.headline);
        assert!([Path::StayGreen, Path::Restore].iter().all(|p| found.way(*p).is_some_and(|w| !w.possible)), "{:?}", found.ways);
    }
}

#[test]
fn a_restore_on_its_way_comes_before_the_rollback() {
    let mut evidence = broken();
    let running = json!({"metadata": {"name": "r1"}, "spec": {"cluster": "bg"}, "status": {"phase": "Running"}});
    evidence.restores = Item::present(vec![Restore::read(&running)]);
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence);
    assert!(found.way(Path::Restore).is_some_and(|w| !w.possible), "follow the one that runs");
    assert!(has(&found, "restore-running"), "{:?}", codes(&found));
}

#[test]
fn a_second_failure_for_the_same_reason_is_no_retry() {
    let mut evidence = broken();
    edit(&mut evidence, |o| o["status"]["blueGreen"]["rollbackAttempt"] = json!(1));
    assert_eq!(verdict(&evidence), Verdict::NotEnoughEvidence, "why the first one failed is not known");
    let first = "upgrade-bg-bluegreen-repair-consensus-0000000001";
    add_job(&mut evidence, executor(first, "bluegreen-repair-consensus", "rollback", "00:49:30"));
    say(&mut evidence, first, REFUSED);
    assert_eq!(verdict(&evidence), Verdict::Retry, "another reason");
    say(&mut evidence, first, TRANSIENT);
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence, "Blue serves: a restore would throw away more than it brings");
    assert!(has(&found, "failed-again"), "{:?}", codes(&found));
    evidence.pods = Item::present(both_sides(None));
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence, "nobody serves, and a restore needs a leader too");
    assert!([Path::Retry, Path::Restore].iter().all(|p| found.way(*p).is_some_and(|w| !w.possible)), "{:?}", found.ways);
}

/// The way it ends in `diverged-rollback`: Raft itself refuses, twice.
#[test]
fn raft_refusing_twice_is_a_restore_and_once_is_not_enough() {
    let mut evidence = broken();
    say(&mut evidence, REPAIR, NOT_PROMOTED);
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence);
    assert!(found.headline.contains("whether another try"), "{}", found.headline);
    edit(&mut evidence, |o| o["status"]["blueGreen"]["rollbackAttempt"] = json!(1));
    let first = "upgrade-bg-bluegreen-repair-consensus-0000000001";
    add_job(&mut evidence, executor(first, "bluegreen-repair-consensus", "rollback", "00:49:30"));
    say(&mut evidence, first, NOT_PROMOTED);
    evidence.snapshot = StoreAnswer::Found { object: SnapshotObject::default() };
    let found = ask(&evidence);
    assert_eq!((found.verdict, found.confidence), (Verdict::Restore, Confidence::Low));
}

/// A Job of before this rollback says nothing of it.
#[test]
fn older_jobs_of_the_same_action_do_not_count() {
    let mut evidence = broken();
    let old = "upgrade-bg-bluegreen-repair-consensus-0000000002";
    add_job(&mut evidence, executor(old, "bluegreen-repair-consensus", "rollback", "00:10:00"));
    say(&mut evidence, old, TRANSIENT);
    assert_eq!(verdict(&evidence), Verdict::Retry);
}

#[test]
fn blue_peers_that_may_be_gone_stop_a_retry() {
    let mut evidence = broken();
    add_job(&mut evidence, executor("upgrade-bg-bluegreen-remove-blue-peers-1", "bluegreen-remove-blue-peers", "", "00:48:00"));
    assert_eq!(verdict(&evidence), Verdict::NotEnoughEvidence);
    let mut evidence = broken();
    members(&mut evidence, &BLUE[..1], &GREEN);
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence, "the repair would leave one voter");
    assert!(has(&found, "members-missing"), "{:?}", codes(&found));
}

#[test]
fn blue_must_have_its_own_majority() {
    let mut evidence = broken();
    let mut pods = both_sides(Some("bg-aaaa-0"));
    pods[1] = pod("bg-aaaa-1", false, false, false);
    evidence.pods = Item::present(pods.clone());
    assert!(has(&ask(&evidence), "quorum-margin"));
    assert_eq!(verdict(&evidence), Verdict::Retry, "a bare majority is a risk to accept");
    pods[2] = pod("bg-aaaa-2", true, true, false);
    evidence.pods = Item::present(pods);
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence);
    assert!(has(&found, "side-without-majority") && has(&found, "sealed"), "{:?}", codes(&found));
}

#[test]
fn an_unknown_reason_is_shown_and_not_acted_on() {
    let mut evidence = broken();
    edit(&mut evidence, |o| o["status"]["breakGlass"]["reason"] = json!("QuorumRisk"));
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence);
    assert!(found.findings.iter().any(|f| f.code == "reason-unknown" && f.text.contains("QuorumRisk")));
}

#[test]
fn an_acknowledgement_that_waits_is_not_given_again() {
    let mut evidence = broken();
    edit(&mut evidence, |o| {
        o["spec"]["breakGlassAck"] = json!("180f6d052b402e1d29ec1a4591bddbc5");
        o["spec"]["paused"] = json!(true);
    });
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence);
    assert!(has(&found, "ack-waits") && has(&found, "paused"), "{:?}", codes(&found));
    assert!(found.way(Path::Retry).is_some_and(|w| !w.possible));
    edit(&mut evidence, |o| o["spec"]["breakGlassAck"] = json!("180F6D052B402E1D29EC1A4591BDDBC5"));
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::Retry, "another value does nothing");
    assert!(has(&found, "ack-mismatch"));
}

/// `RollbackCleanupPeerRemovalFailed` exists only after #104: the retry removes Green's peers.
#[test]
fn a_failed_clean_up_is_retried_by_the_same_rules() {
    let job = "upgrade-bg-bluegreen-remove-green-peers-0123456789";
    let mut evidence = broken();
    edit(&mut evidence, |o| {
        o["status"]["blueGreen"]["phase"] = json!("RollbackCleanup");
        o["status"]["breakGlass"]["reason"] = json!("RollbackCleanupPeerRemovalFailed");
        o["status"]["breakGlass"]["message"] =
            json!(format!("Rollback cleanup peer-removal Job {job} failed; manual intervention required"));
    });
    add_job(&mut evidence, executor(job, "bluegreen-remove-green-peers", "rollback", "00:50:30"));
    say(&mut evidence, job, "upgrade-executor error: failed to execute raft remove-peer request: context deadline exceeded");
    assert_eq!(verdict(&evidence), Verdict::Retry, "{:?}", ask(&evidence).findings);
}

#[test]
fn an_idle_healthy_cluster_has_nothing_to_do() {
    let mut evidence = idle();
    let found = ask(&evidence);
    assert_eq!((found.verdict, found.confidence), (Verdict::NothingToDo, Confidence::Medium));
    assert!(!found.needs_attention() && found.ways.is_empty(), "{:?}", found.findings);
    assert!(found.headline.contains("nothing found wrong"), "{}", found.headline);
    ask_all(&mut evidence);
    assert_eq!(ask(&evidence).confidence, Confidence::High);
    evidence.pods = Item::Forbidden { what: "list pods".into() };
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence);
    assert!(found.needs_attention() && has(&found, "not-readable"));
}

/// After a rollback labels are not believed: a removed server can hang with its label frozen (F§15.2.5).
#[test]
fn after_a_rollback_only_the_servers_own_word_counts() {
    let mut evidence = idle();
    edit(&mut evidence, |o| {
        o["spec"]["version"] = json!("2.5.4");
        o["status"] = json!({"phase": "Running", "currentVersion": "2.5.4",
            "blueGreen": {"phase": "Idle", "blueRevision": "aaaa", "rollbackReason": "promotion job failure threshold exceeded"}});
    });
    assert_eq!(verdict(&evidence), Verdict::NotEnoughEvidence);
    ask_all(&mut evidence);
    assert_eq!(verdict(&evidence), Verdict::NothingToDo);
}

#[test]
fn in_the_clean_up_of_an_upgrade_green_stays_by_itself() {
    let mut evidence = broken();
    edit(&mut evidence, |o| {
        o["status"]["breakGlass"] = Value::Null;
        o["status"]["blueGreen"] =
            json!({"phase": "Cleanup", "blueRevision": "aaaa", "greenRevision": "bbbb", "jobFailureCount": 1});
    });
    evidence.pods = Item::present(both_sides(Some("bg-bbbb-0")));
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::StayGreen, "{:?}", found.findings);
    assert!(found.way(Path::StayGreen).is_some_and(|w| w.possible));
}

#[test]
fn every_phase_of_an_upgrade_on_its_way_needs_no_way_out() {
    for phase in [
        "DeployingGreen",
        "JoiningMesh",
        "Syncing",
        "Promoting",
        "DemotingBlue",
        "Cleanup",
        "TrafficSwitching",
        "RestoringReadReplicas",
    ] {
        let mut evidence = broken();
        edit(&mut evidence, |o| {
            o["status"]["breakGlass"] = Value::Null;
            o["status"]["blueGreen"] = json!({"phase": phase, "blueRevision": "aaaa", "greenRevision": "bbbb"});
        });
        let found = ask(&evidence);
        assert_eq!(found.verdict, Verdict::NothingToDo, "{phase}");
        assert!(has(&found, "upgrade-under-way"), "{phase}: {:?}", codes(&found));
    }
}

#[test]
fn sealed_servers_are_unsealed_not_restored() {
    let mut evidence = broken();
    say(&mut evidence, REPAIR, NO_LEADER);
    evidence.pods = Item::present(both_sides(None).iter().map(|p| pod(&p.meta.name, false, true, false)).collect());
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence);
    assert!(found.headline.contains("unseal"), "{}", found.headline);
}

/// Raft's own list outweighs everything: two of four voters are no majority, whoever claims to lead.
#[test]
fn voters_without_pods_are_counted() {
    let mut evidence = broken();
    members(&mut evidence, &["bg-aaaa-0", "bg-aaaa-1", "bg-cccc-0", "bg-cccc-1"], &[]);
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence);
    assert!(has(&found, "quorum-lost") && has(&found, "dead-members"), "{:?}", codes(&found));
}

/// What `restore` refuses is no way, and what is known to destroy or to fail again is none either.
#[test]
fn ways_agree_with_what_the_other_commands_refuse() {
    let possible = |change: &dyn Fn(&mut Evidence)| {
        let mut evidence = broken();
        change(&mut evidence);
        let found = ask(&evidence);
        [Path::Retry, Path::Restore].map(|path| found.way(path).is_some_and(|w| w.possible))
    };
    assert_eq!(possible(&|_| ()), [true, true]);
    let sealed = || both_sides(None).iter().map(|p| pod(&p.meta.name, false, true, false)).collect();
    assert_eq!(possible(&|e| e.pods = Item::present(sealed())), [false, false]);
    assert_eq!(possible(&|e| e.pods = Item::present(both_sides(None))), [false, false]);
    assert_eq!(possible(&|e| e.pods = Item::present(vec![])), [false, false]);
    assert_eq!(possible(&|e| edit(e, |o| o["spec"]["version"] = json!("2.5.4"))), [false, true]);
    let ack = json!("180f6d052b402e1d29ec1a4591bddbc5");
    assert_eq!(possible(&|e| edit(e, |o| o["spec"]["breakGlassAck"] = ack.clone())), [false, false]);
    let deployment = json!({"metadata": {"name": "o"}, "spec": {"replicas": 0}});
    let stopped = crate::api::workload::OperatorDeployment::read(&deployment);
    assert_eq!(possible(&|e| e.operator = Item::present(stopped.clone())), [true, false]);
    assert_eq!(possible(&|e| e.generation = Generation::default()), [false, true], "the clean-up may remove Blue");
}

#[test]
fn a_snapshot_that_is_gone_is_not_the_one_to_restore() {
    let mut evidence = broken();
    evidence.snapshot = StoreAnswer::NoSuchKey;
    let found = ask(&evidence);
    assert!(has(&found, "snapshot-missing") && !has(&found, "snapshot-known"), "{:?}", codes(&found));
    assert!(found.way(Path::Restore).is_some_and(|w| w.command.ends_with("--key KEY") && w.speaks_for.is_empty()));
}

/// The repair ended before it logged in, and the step before it was refused the login with the same role.
#[test]
fn a_login_that_was_refused_and_not_tried_since_lowers_the_confidence() {
    let unanswered = "upgrade-executor error: failed to authenticate for consensus repair: failed to execute JWT auth request: Post \"https://bg-aaaa-0\": connection refused";
    let promote = "upgrade-bg-bluegreen-promote-green-voters-33e4a371a9";
    for (log, expected) in [(NO_LEADER, Confidence::Low), (unanswered, Confidence::Low), (TRANSIENT, Confidence::Medium)] {
        let mut evidence = broken();
        say(&mut evidence, REPAIR, log);
        add_job(&mut evidence, executor(promote, "bluegreen-promote-green-voters", "retry-1", "00:48:00"));
        say(&mut evidence, promote, REFUSED);
        let found = ask(&evidence);
        assert_eq!((found.verdict, found.confidence), (Verdict::Retry, expected), "{log}");
        let against = found.way(Path::Retry).is_some_and(|w| w.speaks_against.iter().any(|t| t.contains("not tried since")));
        assert_eq!(against, expected == Confidence::Low, "{log}");
    }
}

/// P1 to JAN: its end removes Blue's voters, so nobody waits for it (F§4.7).
#[test]
fn a_rollback_under_way_on_an_old_operator_is_stopped_first() {
    let mut evidence = broken();
    let acknowledged = |o: &mut Value| {
        o["status"]["breakGlass"]["active"] = json!(false);
        o["status"]["breakGlass"]["acknowledgedAt"] = json!("2026-11-21T00:59:00Z");
    };
    edit(&mut evidence, acknowledged);
    assert!(!has(&ask(&evidence), "blue-peers-removed"), "0.4 removes Green");
    evidence.generation = Generation::default();
    let found = ask(&evidence);
    assert!(found.headline.contains("removes Blue's voters"), "{}", found.headline);
    assert!(found.next[0].command.contains("\"paused\":true"), "{:?}", found.next);
    assert!(found.way(Path::Restore).is_some_and(|w| !w.possible), "a restore would meet it");
}
