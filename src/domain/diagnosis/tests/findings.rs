//! Findings that no verdict test covers: locks, restores, loops, what was not checked.

use super::*;
use crate::api::restore::Restore;
use crate::api::workload::Pod;
use crate::domain::diagnosis::{Path, Verdict};
use crate::domain::status::Severity;

pub(super) fn with_restore(status: Value) -> Evidence {
    let mut evidence = idle();
    let object = json!({"metadata": {"name": "r1", "namespace": "bao", "creationTimestamp": "2026-11-21T00:50:00Z"},
                        "spec": {"cluster": "bg", "source": {"key": "bao/bg/x.snap"}}, "status": status});
    evidence.restores = Item::present(vec![Restore::read(&object)]);
    evidence
}

pub(super) fn of(evidence: &Evidence, subject: Subject) -> Diagnosis {
    diagnose(evidence, subject).expect("the cluster was read")
}

#[test]
fn a_loop_of_upgrades_is_told_by_the_times_of_its_jobs() {
    let mut evidence = idle();
    edit(&mut evidence, |o| {
        o["status"] = json!({"phase": "Upgrading", "currentVersion": "2.5.4",
            "blueGreen": {"phase": "JoiningMesh", "blueRevision": "aaaa", "greenRevision": "bbbb", "rollbackAttempt": 2,
                          "rollbackReason": "promotion job failure threshold exceeded", "rollbackStartTime": "2026-11-21T00:56:02Z"}});
    });
    let promote = "upgrade-bg-bluegreen-promote-green-voters-33e4a371a9";
    evidence.jobs = Item::present(vec![executor(promote, "bluegreen-promote-green-voters", "retry-1", "00:46:39")]);
    assert!(has(&ask(&evidence), "upgrade-loop"), "{:?}", codes(&ask(&evidence)));
    add_job(&mut evidence, executor("upgrade-bg-new", "bluegreen-repair-consensus", "rollback", "00:56:10"));
    assert!(!has(&ask(&evidence), "upgrade-loop"), "this rollback ran a Job of its own");
}

#[test]
fn an_acknowledged_rollback_behind_a_restores_lock_is_danger() {
    let mut evidence = broken();
    edit(&mut evidence, |o| {
        o["status"]["breakGlass"]["active"] = json!(false);
        o["status"]["breakGlass"]["acknowledgedAt"] = json!("2026-11-21T00:50:23Z");
        o["status"]["operationLock"] = json!({"operation": "Restore", "holder": "openbaorestore/bgr2"});
    });
    let found = ask(&evidence);
    let waits = found.findings.iter().find(|f| f.code == "ack-waits-for-lock").expect("it is named");
    assert_eq!(waits.severity, Severity::Danger);
    assert!(waits.text.contains("openbaorestore/bgr2"), "{}", waits.text);
}

#[test]
fn an_upgrade_that_waits_on_purpose_says_for_what() {
    let mut evidence = broken();
    edit(&mut evidence, |o| {
        o["spec"]["upgrade"]["blueGreen"] =
            json!({"autoPromote": false, "autoRollback": {"enabled": false}, "maxJobFailures": 2});
        o["status"]["breakGlass"] = Value::Null;
        o["status"]["blueGreen"] =
            json!({"phase": "Syncing", "blueRevision": "aaaa", "greenRevision": "bbbb", "jobFailureCount": 2});
    });
    let found = ask(&evidence);
    assert!(has(&found, "promotion-waits") && has(&found, "upgrade-held"), "{:?}", codes(&found));
    assert!(found.needs_attention());
}

#[test]
fn a_failed_rolling_upgrade_is_no_break_glass() {
    let mut evidence = idle();
    set_cluster(
        &mut evidence,
        &json!({"metadata": {"name": "bg", "namespace": "bao"}, "spec": {"replicas": 3},
        "status": {"upgrade": {"fromVersion": "2.5.4", "targetVersion": "2.5.5", "lastErrorReason": "StepDownTimeout"}}}),
    );
    let found = ask(&evidence);
    assert!(found.headline.contains("no break glass") && has(&found, "rolling-failed"), "{} {:?}", found.headline, codes(&found));
}

#[test]
fn a_restore_whose_job_never_started_is_explained_by_pods_and_events() {
    let mut evidence = with_restore(json!({"phase": "Running", "message": "Restore job running"}));
    let stuck = json!({"metadata": {"name": "restore-r1-x7k2p", "labels": {"batch.kubernetes.io/job-name": "restore-r1"}},
        "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                   "message": "0/3 nodes have ephemeral-storage"}]}});
    evidence.job_pods = Item::present(vec![Pod::read(&stuck)]);
    let found = of(&evidence, Subject::Restore);
    let stuck = found.findings.iter().find(|f| f.code == "executor-stuck").expect("it is named");
    assert!(stuck.text.contains("ephemeral-storage"), "{}", stuck.text);
    evidence.job_pods = Item::present(vec![]);
    let event = json!({"involvedObject": {"kind": "Pod", "name": "restore-r1-x7k2p"}, "type": "Warning", "reason": "FailedMount",
        "message": "secret \"s3-creds\" not found"});
    evidence.events = Item::present(vec![crate::api::event::Event::read(&event)]);
    let found = of(&evidence, Subject::Restore);
    assert!(found.findings.iter().any(|f| f.code == "executor-stuck" && f.text.contains("s3-creds")), "{:?}", codes(&found));
}

#[test]
fn a_failed_restore_says_whether_data_was_touched() {
    let mut evidence = with_restore(json!({"phase": "Failed", "message": "Restore job failed"}));
    say(&mut evidence, "restore-r1", "bao-restore error: failed to find leader: no leader found among 3 pods after 5 attempts");
    let found = of(&evidence, Subject::Restore);
    assert!(found.headline.contains("restore r1 failed"), "{}", found.headline);
    assert!(found.findings.iter().any(|f| f.text.contains("data was not touched")), "{:?}", found.findings);
}

#[test]
fn an_unknown_outcome_is_settled_by_a_person() {
    let evidence = with_restore(json!({"phase": "Unknown", "message": "Snapshot request accepted"}));
    for subject in [Subject::Rollback, Subject::Restore, Subject::All] {
        let found = of(&evidence, subject);
        let unknown = found.findings.iter().find(|f| f.code == "restore-unknown").expect("never passed over");
        let commands: Vec<&str> = unknown.next.iter().map(|n| n.command.as_str()).collect();
        assert_eq!(commands, ["kubectl openbao recover r1 -n bao --resume", "kubectl openbao recover r1 -n bao --abandon"]);
    }
}

#[test]
fn restores_behind_a_lock_are_named_before_it_is_freed() {
    let mut evidence = with_restore(json!({"phase": "Validating"}));
    edit(&mut evidence, |o| o["status"] = json!({"operationLock": {"operation": "Backup", "holder": "openbaocluster/backup"}}));
    let found = of(&evidence, Subject::Lock);
    assert!(found.findings.iter().any(|f| f.code == "restores-waiting" && f.text.contains("r1")), "{:?}", codes(&found));
}

#[test]
fn a_stale_upgrade_lock_is_nudged_only_where_that_was_seen_to_help() {
    let mut evidence = idle();
    edit(&mut evidence, |o| {
        o["spec"] = json!({"version": "2.5.4"});
        o["status"] = json!({"currentVersion": "2.5.4", "operationLock": {"operation": "Upgrade", "holder": "openbaocluster/upgrade",
                             "acquiredAt": "2026-11-21T00:00:00Z"}});
    });
    let commands = |e: &Evidence| of(e, Subject::Lock).next.iter().map(|n| n.command.clone()).collect::<Vec<_>>().join("\n");
    assert!(commands(&evidence).contains("annotate openbaocluster bg"), "{}", commands(&evidence));
    edit(&mut evidence, |o| {
        o["spec"]["version"] = json!("2.5.4");
        o["status"] = json!({"currentVersion": "2.5.4", "blueGreen": {"phase": "Idle"}, "operationLock": {"operation": "Upgrade",
                             "holder": "openbaocluster/upgrade", "acquiredAt": "2026-11-21T00:00:00Z"}});
    });
    evidence.generation = Generation::default();
    assert!(!commands(&evidence).contains("annotate"), "{}", commands(&evidence));
}

#[test]
fn what_was_not_looked_at_is_said_with_what_would_show_it() {
    let found = ask(&broken());
    assert!(
        found.not_checked.iter().any(|line| line.contains("Raft's members") && line.contains("BAO_TOKEN")),
        "{:?}",
        found.not_checked
    );
    let mut evidence = broken();
    evidence.jobs = Item::Forbidden { what: "list jobs in namespace bao".into() };
    assert!(ask(&evidence).not_checked.iter().any(|line| line.starts_with("Jobs: forbidden")));
}

/// A removed server is a Ready standby that knows no leader (14-rollback-cleanup.txt).
#[test]
fn a_removed_server_is_told_by_its_own_answer() {
    let mut evidence = idle();
    ask_all(&mut evidence);
    if let Some(Item::Present { value }) = evidence.servers.iter_mut().find(|s| s.pod == "bg-aaaa-2").map(|s| &mut s.health) {
        value.leader_address = Some(String::new());
    }
    let found = ask(&evidence);
    assert!(found.findings.iter().any(|f| f.code == "removed-server" && f.text.contains("bg-aaaa-2")), "{:?}", codes(&found));
}

#[test]
fn names_from_a_server_stay_one_word_of_a_command() {
    let mut evidence = idle();
    set_cluster(
        &mut evidence,
        &json!({"metadata": {"name": "x; rm -rf ~ 'y'", "namespace": "bao"}, "spec": {"paused": true},
        "status": {"operationLock": {"operation": "Backup", "holder": "openbaocluster/backup"}}}),
    );
    let found = of(&evidence, Subject::All);
    assert!(!found.next.is_empty());
    assert!(
        found.next.iter().all(|n| !n.command.contains("x; rm") || n.command.contains("'x; rm -rf ~ '\\''y'\\'''")),
        "{:?}",
        found.next
    );
}

#[test]
fn a_neighbours_pod_explains_nothing() {
    let mut evidence = with_restore(json!({"phase": "Running"}));
    let event = json!({"involvedObject": {"kind": "Pod", "name": "restore-r1-2-x7k2p"}, "type": "Warning", "reason": "FailedMount",
        "message": "secret not found"});
    evidence.events = Item::present(vec![crate::api::event::Event::read(&event)]);
    assert!(!has(&of(&evidence, Subject::Restore), "executor-stuck"));
}

#[test]
fn servers_that_start_again_and_again_speak_against_a_retry() {
    let mut evidence = broken();
    let restarted = |times: i64| {
        Pod::read(&json!({"metadata": {"name": "bg-aaaa-0", "creationTimestamp": "2026-11-21T00:44:00Z",
                          "labels": {"openbao.org/revision": "aaaa", "openbao-active": "true", "openbao-sealed": "false"}},
            "status": {"conditions": [{"type": "Ready", "status": "True"}],
                       "containerStatuses": [{"name": "openbao", "restartCount": times}]}}))
    };
    for (times, expected) in [(2, false), (9, true)] {
        if let Item::Present { value } = &mut evidence.pods {
            value[0] = restarted(times);
        }
        let found = ask(&evidence);
        assert_eq!(has(&found, "servers-restart"), expected, "{times}");
        let against = found.way(Path::Retry).is_some_and(|w| w.speaks_against.iter().any(|t| t.contains("servers-restart")));
        assert_eq!(against, expected, "{times}");
        assert_eq!(found.verdict == Verdict::NotEnoughEvidence, expected, "{times}");
        assert_eq!(found.headline.contains("not before the restarts of Blue's servers stop"), expected, "{}", found.headline);
    }
}

#[test]
fn a_phase_nobody_knows_is_said() {
    let mut evidence = broken();
    edit(&mut evidence, |o| {
        o["status"]["breakGlass"] = Value::Null;
        o["status"]["blueGreen"] = json!({"phase": "ShufflingQuietly", "blueRevision": "aaaa", "greenRevision": "bbbb"});
    });
    let found = ask(&evidence);
    assert!(found.needs_attention() && found.headline.contains("this tool does not know"), "{}", found.headline);
}

#[test]
fn a_restore_refused_before_it_had_a_job_touched_nothing() {
    let mut evidence = with_restore(json!({"phase": "Failed",
        "message": "authentication is required: either jwtAuthRole or tokenSecretRef must be set in the restore spec",
        "conditions": [{"type": "OperationLockOverride", "status": "True", "message": "Cleared existing lock operation=Upgrade."}]}));
    let found = of(&evidence, Subject::Restore);
    assert!(
        found.headline.contains("data was not touched") && found.headline.contains("Cleared existing lock"),
        "{}",
        found.headline
    );
    assert!(!has(&found, "log-gone") && found.next.iter().all(|n| !n.command.contains(" logs ")), "{:?}", found.next);
    evidence = with_restore(json!({"phase": "Failed", "message": "cluster operation lock was taken by another operation"}));
    let job = json!({"metadata": {"name": "restore-r1"}, "status": {"active": 1}});
    add_job(&mut evidence, crate::api::workload::Job::read(&job));
    assert!(of(&evidence, Subject::Restore).headline.contains("still runs"), "its Job may submit the snapshot yet");
}

#[test]
fn a_restore_that_nobody_begins_has_no_log_to_miss_and_says_why() {
    for (status, first) in
        [(json!({}), "the operator is not running"), (json!({"phase": "Validating"}), "it waits in Validating, and")]
    {
        let mut evidence = with_restore(status);
        evidence.lease = Item::Absent;
        let found = of(&evidence, Subject::Restore);
        assert!(found.headline.contains(&format!("restore r1, created 10m ago, has not begun: {first}")), "{}", found.headline);
        assert!(!found.not_checked.iter().any(|line| line.contains("log of Job")), "{:?}", found.not_checked);
        assert!(found.next.iter().any(|n| n.command.ends_with("delete openbaorestore r1")), "{:?}", found.next);
        assert!(!found.next.iter().any(|n| n.command.contains("follow")), "nobody moves it: {:?}", found.next);
    }
    let found = of(&with_restore(json!({"phase": "Pending"})), Subject::Restore);
    assert!(found.headline.contains("has not begun: the operator has not looked at it yet"), "{}", found.headline);
    let found = of(&with_restore(json!({"phase": "Running"})), Subject::Restore);
    assert!(found.not_checked.iter().any(|line| line.contains("log of Job")), "that one had a Job: {:?}", found.not_checked);
}

/// One command tells why, and does not lead back here; what a static seal needs comes below it, the saved key first.
#[test]
fn sealed_servers_lead_to_one_command_and_steps_that_can_be_read() {
    let mut evidence = with_restore(json!({"phase": "Completed"}));
    evidence.pods = Item::present(BLUE.iter().map(|name| pod(name, true, true, false)).collect());
    let found = of(&evidence, Subject::Restore);
    let step = found.next.iter().find(|n| n.command.contains("logs")).expect("a command that tells why");
    assert_eq!(step.command, "kubectl -n bao logs bg-aaaa-0 -c openbao --tail=20");
    let lines: Vec<&str> = step.why.lines().collect();
    assert_eq!(lines[0], "why it is sealed");
    let at = |part: &str| lines.iter().position(|line| line.contains(part)).unwrap_or_else(|| panic!("{part}: {lines:?}"));
    assert!(at("save what is in Secret bg-unseal-key") < at("must hold the key of the data they have now"), "{lines:?}");
    assert!(at("must hold the key") < at("openbao.org/maintenance=true"), "{lines:?}");
    assert!(lines.iter().all(|line| line.split(' ').count() <= 32), "{lines:?}");
    assert!(found.next.iter().all(|n| !n.why.contains("kubectl openbao")), "{:?}", found.next);
}

#[test]
fn the_headline_counts_servers_that_have_no_pod() {
    let mut evidence = with_restore(json!({"phase": "Completed"}));
    let two = [pod("bg-aaaa-0", true, false, false), pod("bg-aaaa-1", false, false, false)];
    evidence.pods = Item::present(two.to_vec());
    let found = of(&evidence, Subject::Restore);
    let counts: Vec<&str> =
        found.findings.iter().filter(|f| f.text.contains("servers are up")).map(|f| f.text.as_str()).collect();
    assert!(found.headline.contains("only 1 of 3 servers are up"), "{}", found.headline);
    assert!(counts.len() > 1 && counts.iter().all(|text| text.contains("1 of 3 servers are up")), "{counts:?}");
}

/// NEXT ends every restore that went well so (F§4.4); with a claim it still went well.
#[test]
fn on_next_an_executor_that_ended_well_is_the_normal_end() {
    let ended = |result: &str| {
        let mut evidence = with_restore(json!({"phase": "Unknown", "message": "x.", "submissionClaim": {"digest": "d"},
            "execution": {"stage": "TerminalObserved", "terminalResult": result}}));
        evidence.generation = Generation::default();
        of(&evidence, Subject::Restore).headline
    };
    assert!(ended("Succeeded").contains("normal end") && ended("Failed").contains("may have been submitted"));
    assert!(!ended("Failed").contains(".;"), "a server's own full stop is left out: {}", ended("Failed"));
}

#[test]
fn what_only_status_knows_is_carried_into_the_whole() {
    let mut evidence = idle();
    edit(&mut evidence, |o| {
        o["spec"]["version"] = json!("2.5.4");
        o["status"] = json!({"phase": "Running", "currentVersion": "2.5.4", "readyReplicas": 3,
            "blueGreen": {"phase": "Idle", "blueRevision": "aaaa"}, "backup": {"consecutiveFailures": 5}});
    });
    let found = of(&evidence, Subject::All);
    assert!(found.needs_attention() && has(&found, "backups-fail"), "{:?}", codes(&found));
}

#[test]
fn a_stale_backup_lock_is_freed_without_losing_data_and_what_waits_is_stopped_first() {
    let mut evidence = with_restore(json!({"phase": "Validating"}));
    edit(&mut evidence, |o| {
        o["spec"]["version"] = json!("2.5.4");
        o["status"] = json!({"currentVersion": "2.5.4", "operationLock": {"operation": "Backup",
            "holder": "openbaocluster/backup", "acquiredAt": "2026-11-21T00:00:00Z"}});
    });
    let lock = of(&evidence, Subject::Lock).findings.into_iter().find(|f| f.code == "lock-stale").expect("it is stale");
    let commands: Vec<&str> = lock.next.iter().map(|n| n.command.as_str()).collect();
    assert!(commands[0].contains("delete openbaorestore r1") && commands[1].contains("get jobs"), "{commands:?}");
    assert!(commands[2].contains("\"op\":\"test\""), "{commands:?}");
    assert!(commands.last().is_some_and(|c| c.contains("--override-lock")), "{commands:?}");
}

#[test]
fn a_resume_that_is_recorded_waits_for_the_pause_to_end() {
    let mut evidence = with_restore(json!({"phase": "Unknown", "administratorDisposition": "Resume"}));
    edit(&mut evidence, |o| {
        o["spec"] = json!({"version": "2.5.4", "paused": true});
        o["status"] = json!({"currentVersion": "2.5.4"});
    });
    let found = of(&evidence, Subject::Restore);
    assert!(found.headline.contains("Resume is recorded"), "{}", found.headline);
    assert!(found.next.first().is_some_and(|n| n.command.contains("\"paused\":false")), "{:?}", found.next);
}
