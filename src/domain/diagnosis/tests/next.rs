//! What to run next, and in which order; and what a way out must not be taken for.

use super::findings::{of, with_restore};
use super::*;
use crate::api::restore::Restore;
use crate::domain::diagnosis::{Path, Verdict};

#[test]
fn what_comes_first_stands_first() {
    let first = |found: &Diagnosis| found.next.first().map(|n| n.command.clone()).unwrap_or_default();
    let mut evidence = broken();
    edit(&mut evidence, |o| {
        o["spec"]["breakGlassAck"] = o["status"]["breakGlass"]["nonce"].clone();
        o["spec"]["paused"] = json!(true);
    });
    assert!(first(&ask(&evidence)).contains("\"breakGlassAck\":\"\""), "{:?}", ask(&evidence).next);
    let mut evidence = broken();
    evidence.snapshot = crate::domain::evidence::StoreAnswer::NoSuchKey;
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::Retry);
    assert!(first(&found).contains("exec bg-aaaa-0 -c openbao -- bao operator raft snapshot save"), "{:?}", found.next);
    assert!(found.next[1].command.contains("resolve bg -n bao --path retry"), "{:?}", found.next);
    let mut evidence = broken();
    say(&mut evidence, REPAIR, REFUSED);
    let commands: Vec<String> = ask(&evidence).next.into_iter().map(|n| n.command).collect();
    assert!(commands[0].starts_with("kubectl openbao logs job/"), "{commands:?}");
    assert!(commands[1].ends_with("bao read auth/jwt-operator/role/openbao-operator-upgrade"), "{commands:?}");
}

/// Who is to pause does not watch the clean-up take Blue away; who has paused leaves it so.
#[test]
fn a_rollback_that_removes_blue_is_paused_not_watched() {
    let mut evidence = broken();
    evidence.generation = Generation::default();
    for paused in [false, true] {
        edit(&mut evidence, |o| {
            o["spec"]["paused"] = json!(paused);
            o["status"]["breakGlass"]["active"] = json!(false);
            o["status"]["breakGlass"]["acknowledgedAt"] = json!("2026-11-21T00:59:00Z");
        });
        let commands: Vec<String> = of(&evidence, Subject::All).next.into_iter().map(|n| n.command).collect();
        let has = |part: &str| commands.iter().any(|c| c.contains(part));
        assert_eq!(has("\"paused\":true"), !paused, "{commands:?}");
        assert!(!has("--job rollback -f") && (paused || !has(" -w")), "{commands:?}");
        assert!(has("raft list-peers") && has("get deployments -A"), "{commands:?}");
    }
}

#[test]
fn an_older_job_of_the_name_is_not_the_one_that_failed() {
    let mut evidence = broken();
    let ended = json!({"metadata": {"name": REPAIR, "creationTimestamp": "2026-11-21T00:01:00Z", "labels": {"openbao.org/component": "upgrade"},
        "annotations": {"openbao.org/upgrade-action": "bluegreen-repair-consensus", "openbao.org/upgrade-run-id": "rollback"}},
        "status": {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": "2026-11-21T00:01:02Z"}]}});
    evidence.jobs = Item::present(vec![Job::read(&ended), snapshot_job()]);
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence, "its log holds a cause that passes");
    let said = found.findings.iter().find(|f| f.code == "cause-unknown").expect("it is said");
    assert!(said.text.contains("ended well: it is not the one that failed"), "{}", said.text);
}

#[test]
fn separate_clusters_and_a_resolution_under_way_are_no_way_out() {
    let mut evidence = broken();
    ask_all(&mut evidence);
    for (n, server) in evidence.servers.iter_mut().enumerate() {
        if let Item::Present { value } = &mut server.health {
            value.cluster_id = Some(format!("id-{}", n % 2));
        }
    }
    let found = ask(&evidence);
    assert!(found.way(Path::Restore).is_some_and(|w| w.why_not.as_deref().unwrap_or("").contains("chance")), "{:?}", found.ways);
    let mut evidence = broken();
    edit(&mut evidence, |o| o["metadata"]["annotations"] = json!({"cli.openbao.org/resolve": "{}"}));
    let found = ask(&evidence);
    assert!(found.way(Path::Retry).is_some_and(|w| !w.possible), "{:?}", found.ways);
    assert!(found.headline.contains("a resolution by restore is under way"), "{}", found.headline);
}

#[test]
fn a_snapshot_that_may_be_in_the_data_comes_before_the_failure() {
    let mut evidence = with_restore(json!({"phase": "Failed",
        "message": "Restore Job restore-r1 failed: x. Check kubectl logs job/restore-r1 -n bao and create a new OpenBaoRestore to retry."}));
    say(
        &mut evidence,
        "restore-r1",
        "bao-restore error: failed to restore snapshot: failed to execute restore request: unexpected EOF",
    );
    let found = of(&evidence, Subject::All);
    assert!(found.headline.contains("the snapshot was sent and the answer was lost"), "{}", found.headline);
    assert!(found.findings.iter().all(|f| !f.text.contains("create a new OpenBaoRestore")), "{:?}", found.findings);
}

#[test]
fn a_restore_that_cannot_start_is_deleted_not_awaited() {
    let mut evidence = with_restore(json!({"phase": "Running"}));
    edit(&mut evidence, |o| o["status"] = json!({"operationLock": {"operation": "Restore", "holder": "openbaorestore/r1"}}));
    let waiting = json!({"metadata": {"name": "restore-r1-x7k2p", "labels": {"batch.kubernetes.io/job-name": "restore-r1"}},
        "status": {"phase": "Pending", "containerStatuses": [{"name": "restore", "restartCount": 0,
                   "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}]}});
    evidence.job_pods = Item::present(vec![Pod::read(&waiting)]);
    let commands = |e: &Evidence| of(e, Subject::All).next.into_iter().map(|n| n.command).collect::<Vec<_>>();
    let said = commands(&evidence);
    assert!(said.iter().any(|c| c.ends_with("delete openbaorestore r1")), "{said:?}");
    assert!(said.iter().all(|c| !c.contains(" follow ") && !c.ends_with(" -w")), "{said:?}");
    let crashed = json!({"metadata": {"name": "restore-r1-x7k2p", "labels": {"batch.kubernetes.io/job-name": "restore-r1"}},
        "status": {"containerStatuses": [{"name": "restore", "restartCount": 1, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                   "lastState": {"terminated": {"exitCode": 4, "reason": "Error"}}}]}});
    evidence.job_pods = Item::present(vec![Pod::read(&crashed)]);
    assert!(commands(&evidence).iter().all(|c| !c.contains("delete openbaorestore")), "it ran, and may have submitted");
}

#[test]
fn on_0_5_both_decisions_delete_the_object_and_a_pause_holds_a_resume_on_next() {
    let mut evidence = with_restore(json!({"phase": "Unknown"}));
    evidence.generation = Generation { schema: None, operator: Some("0.5.1".into()) };
    let why = |e: &Evidence| of(e, Subject::Restore).next.into_iter().map(|n| n.why).collect::<Vec<_>>();
    assert!(why(&evidence)[0].starts_with("deletes it, once") && why(&evidence)[1].starts_with("deletes it unverified"));
    evidence.generation = Generation::default();
    edit(&mut evidence, |o| o["spec"]["paused"] = json!(true));
    let found = of(&evidence, Subject::Restore);
    assert!(found.headline.contains("Resume waits until the cluster is unpaused"), "{}", found.headline);
    assert!(found.next[0].command.contains("\"paused\":false"), "{:?}", found.next);
    let asked = json!({"metadata": {"name": "r1", "annotations": {"openbao.org/restore-acknowledge": "u1/Resume"}},
                       "spec": {"cluster": "bg"}, "status": {"phase": "Unknown"}});
    evidence.restores = Item::present(vec![Restore::read(&asked)]);
    assert!(of(&evidence, Subject::Restore).headline.contains("Resume is recorded"));
}

#[test]
fn runs_that_nobody_saw_are_said() {
    let mut evidence = with_restore(json!({"phase": "Failed", "message": "x"}));
    let run = |run, text: &str| LogRun { pod: "p".into(), run, text: text.into(), ..LogRun::default() };
    let last = "Starting restore operation...\nbao-restore error: failed to restore snapshot: restore request failed with status 403: denied";
    let runs = vec![run(2, "Starting restore operation..."), run(3, last)];
    evidence.logs.insert("restore-r1".into(), Item::present(JobLog { runs }));
    let found = of(&evidence, Subject::Restore);
    assert!(
        found.findings.iter().any(|f| f.code == "log-cut" && f.text.contains("2 of 4 runs were seen")),
        "{:?}",
        found.findings
    );
    let line = found.findings.iter().find(|f| f.code == "restore-log-forbidden").expect("the cause");
    assert_eq!(line.source, "log line 2 of the last of 2 runs seen of Job restore-r1");
    assert!(line.text.contains("always uses snapshot-force"), "{}", line.text);
}

#[test]
fn a_lease_renewed_in_the_future_shows_nobody_alive() {
    let mut evidence = broken();
    let lease = |at_: &str| Item::present(Lease { renewed_at: Some(at(at_)), duration_seconds: Some(15), ..Lease::default() });
    for (renewed, expected) in [("2026-11-21T01:00:20Z", Some(true)), ("2026-11-21T01:01:00Z", None)] {
        evidence.lease = lease(renewed);
        assert_eq!(evidence.operator_alive(), expected, "{renewed}");
    }
    edit(&mut evidence, |o| o["status"]["breakGlass"]["enteredAt"] = json!("2026-11-21T01:02:00Z"));
    assert!(ask(&evidence).findings.iter().any(|f| f.code == "break-glass" && f.text.contains("yet to come")));
}

/// A restore changes no member of Raft: who got no vote is looked at first.
#[test]
fn a_server_without_a_vote_is_looked_at_first() {
    let mut evidence = broken();
    let text = "upgrade-executor error: failed to promote Blue peer \"bg-aaaa-1\" to voter during consensus repair: raft server \"bg-aaaa-1\" did not become a voter after promote request";
    say(&mut evidence, REPAIR, text);
    evidence.snapshot = crate::domain::evidence::StoreAnswer::Found { object: Default::default() };
    let found = ask(&evidence);
    assert_eq!(found.next[0].command, "kubectl -n bao logs bg-aaaa-1 -c openbao --tail=100", "{:?}", found.next);
    let against = found.way(Path::Restore).map(|w| w.speaks_against.join(" ")).unwrap_or_default();
    assert!(against.contains("upgrade-log-not-a-voter"), "{against}");
}

#[test]
fn a_green_pod_with_old_data_is_left_alone_while_the_upgrade_runs() {
    let mut evidence = broken();
    let join = "upgrade-bg-bluegreen-join-green-nonvoters-7c5ef4be87";
    edit(&mut evidence, |o| {
        o["status"]["breakGlass"] = Value::Null;
        o["status"]["blueGreen"] = json!({"phase": "JoiningMesh", "blueRevision": "aaaa", "greenRevision": "bbbb", "jobFailureCount": 1,
                                          "lastJobFailure": join});
    });
    evidence.jobs = Item::present(vec![executor(join, "bluegreen-join-green-nonvoters", "", "00:50:00")]);
    say(
        &mut evidence,
        join,
        "upgrade-executor error: failed to join Green pod \"bg-bbbb-0\" as non-voter: node was not joined to cluster (already initialized as standalone)",
    );
    let found = of(&evidence, Subject::All);
    let line = found.findings.iter().find(|f| f.code == "upgrade-log-green-standalone").expect("the cause");
    assert!(line.text.contains("wait: at 5 of 5 failed tries (now 1) the operator aborts"), "{}", line.text);
    assert_eq!(line.next[0].command, "kubectl -n bao get pvc data-bg-bbbb-0");
    assert!(line.next[0].why.contains("openbao.org/maintenance"), "{}", line.next[0].why);
}
