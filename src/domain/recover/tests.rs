//! Settling on both generations: preconditions one by one, the write, the consent.

use serde_json::{Value, json};

use super::*;
use crate::api::cluster::Cluster;
use crate::api::workload::{Job, Pod};
use crate::domain::evidence::{Evidence, Item, ServerAnswer, ServerHealth};

/// A NEXT cluster after an accepted restore: held, locked, every server well.
fn next() -> Evidence {
    let restore = json!({
        "metadata": {"name": "r1", "namespace": "bao", "uid": "ru", "resourceVersion": "5", "annotations": {"a": "b"}},
        "spec": {"cluster": "prod", "source": {"key": "k"}},
        "status": {"phase": "Unknown", "message": "Snapshot request accepted", "execution": {"stage": "TerminalObserved",
            "jobName": "restore-r1", "jobUID": "ju", "targetUID": "cu"},
            "conditions": [{"type": "RecoveryReleased", "status": "False", "reason": "AwaitingAcknowledgement"}]},
    });
    let cluster = json!({
        "metadata": {"name": "prod", "namespace": "bao", "uid": "cu", "annotations": {"openbao.org/restore-hold": "ru"}},
        "status": {"operationLock": {"operation": "Restore", "holder": "openbaorestore/r1"}},
    });
    let job = json!({"metadata": {"name": "restore-r1"}, "status": {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]}});
    let pod = |n: usize| {
        let active = if n == 0 { "true" } else { "false" };
        Pod::read(
            &json!({"metadata": {"name": format!("prod-{n}"), "labels": {"openbao-active": active, "openbao-sealed": "false"}},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]}}),
        )
    };
    let answer = |n: usize| ServerAnswer {
        pod: format!("prod-{n}"),
        health: Item::present(ServerHealth { initialized: true, standby: n > 0, leads: Some(n == 0), ..ServerHealth::default() }),
        ..ServerAnswer::default()
    };
    Evidence {
        cluster: Item::present(Cluster::read(&cluster)),
        restores: Item::present(vec![Restore::read(&restore)]),
        jobs: Item::present(vec![Job::read(&job)]),
        job_pods: Item::present(vec![]),
        pods: Item::present((0..3).map(pod).collect()),
        servers: (0..3).map(answer).collect(),
        ..Evidence::default()
    }
}

/// The same on 0.5: nothing of NEXT on the objects.
fn v05() -> Evidence {
    let mut evidence = next();
    evidence.generation.operator = Some("0.5.3".into());
    cluster(&mut evidence).meta.annotations.clear();
    restore(&mut evidence).conditions.clear();
    evidence
}

fn restore(evidence: &mut Evidence) -> &mut Restore {
    match &mut evidence.restores {
        Item::Present { value } => &mut value[0],
        _ => panic!("restores are there"),
    }
}

fn cluster(evidence: &mut Evidence) -> &mut Cluster {
    match &mut evidence.cluster {
        Item::Present { value } => value,
        _ => panic!("the cluster is there"),
    }
}

fn sealed(evidence: &mut Evidence) {
    if let Item::Present { value } = &mut evidence.servers[1].health {
        value.sealed = true;
    }
}

fn decide(evidence: &Evidence, decision: Decision) -> RecoverPlan {
    let request = Request {
        namespace: "bao".into(),
        restore: "r1".into(),
        decision,
        request_id: "id1".into(),
        reason: None,
        tool_version: "0".into(),
    };
    plan(evidence, &request).expect("a plan")
}

fn refused(evidence: &Evidence, decision: Decision) -> Vec<String> {
    decide(evidence, decision).refusals().iter().map(|c| c.code.clone()).collect()
}

#[test]
fn on_next_the_decision_is_an_annotation_with_everything_tested() {
    for (decision, word) in [(Decision::Resume, "ru/Resume"), (Decision::Abandon, "ru/Abandon")] {
        let plan = decide(&next(), decision);
        assert_eq!((plan.means, plan.refusal_exit()), (Some(Means::Acknowledgement), None), "{:?}", plan.checks);
        let Some(Act::Patch { operations }) = plan.write.map(|w| w.act) else { panic!("a patch") };
        let has = |op: Value| operations.contains(&op);
        assert!(has(json!({"op": "test", "path": "/metadata/uid", "value": "ru"})));
        assert!(has(json!({"op": "test", "path": "/metadata/resourceVersion", "value": "5"})));
        assert!(has(json!({"op": "test", "path": "/status/phase", "value": "Unknown"})));
        assert!(has(json!({"op": "test", "path": "/status/administratorDisposition", "value": null})));
        assert!(has(json!({"op": "add", "path": "/metadata/annotations/openbao.org~1restore-acknowledge", "value": word})));
        assert_eq!(plan.consent.phrase, format!("{} r1", decision.verb()));
    }
}

/// What is changed in the evidence.
type Change<'a> = &'a dyn Fn(&mut Evidence);

#[test]
fn resume_has_the_operators_preconditions_and_abandon_does_not() {
    let cases: [(&str, Change<'_>); 9] = [
        ("executor", &|e| restore(e).execution = None),
        ("executor", &|e| {
            let pod = json!({"metadata": {"name": "p", "labels": {"job-name": "restore-r1"}},
                "status": {"containerStatuses": [{"name": "restore", "state": {"running": {}}}]}});
            e.job_pods = Item::present(vec![Pod::read(&pod)]);
        }),
        ("executor", &|e| {
            e.jobs = Item::present(vec![Job::read(&json!({"metadata": {"name": "restore-r1"}, "status": {"active": 1}}))])
        }),
        ("target", &|e| e.cluster = Item::Absent),
        ("target", &|e| cluster(e).meta.uid = "another".into()),
        ("target", &|e| cluster(e).meta.deleted_at = Some(Timestamp::UNIX_EPOCH)),
        ("unpaused", &|e| cluster(e).spec.paused = true),
        ("hold", &|e| cluster(e).meta.annotations.clear()),
        ("holder", &|e| cluster(e).operation_lock.as_mut().expect("a lock").holder = "openbaorestore/other".into()),
    ];
    for (code, change) in cases {
        let mut evidence = next();
        change(&mut evidence);
        assert_eq!(refused(&evidence, Decision::Resume), [code]);
        assert_eq!(refused(&evidence, Decision::Abandon), [""; 0], "{code}");
    }
}

#[test]
fn resume_over_servers_not_seen_well_must_be_accepted() {
    let danger = |evidence: &Evidence| decide(evidence, Decision::Resume).consent.accept;
    assert_eq!(danger(&next()), [""; 0]);
    let mut evidence = next();
    sealed(&mut evidence);
    assert_eq!(danger(&evidence), ["resume-unverified"]);
    let mut evidence = next();
    evidence.servers.clear();
    assert_eq!(danger(&evidence), ["resume-unverified"], "labels alone are not the servers' own words");
}

/// `spec.breakGlassAck` is never cleared: a rollback that is over does not go on when the cluster is unpaused.
#[test]
fn only_a_rollback_that_is_not_over_goes_on_after_the_pause() {
    let said = |phase: &str| {
        let mut evidence = next();
        let cluster = cluster(&mut evidence);
        cluster.spec.paused = true;
        cluster.spec.break_glass_ack = Some("n".into());
        cluster.break_glass = Some(crate::api::cluster::BreakGlass { nonce: "n".into(), ..Default::default() });
        cluster.blue_green = Some(crate::api::cluster::BlueGreen { phase: phase.into(), ..Default::default() });
        let plan = decide(&evidence, Decision::Resume);
        plan.checks.iter().any(|c| c.code == "unpaused" && c.text.contains("the rollback goes on"))
    };
    assert_eq!(["RollingBack", "Idle"].map(said), [true, false]);
}

#[test]
fn servers_that_were_not_asked_have_said_nothing() {
    let said = |evidence: &Evidence| {
        let checks = decide(evidence, Decision::Resume).checks;
        checks.into_iter().find(|c| c.code == "verified").map(|c| c.text).unwrap_or_default()
    };
    assert!(said(&v05()).contains("by their own words"));
    let mut labels = v05();
    labels.servers.clear();
    assert!(said(&labels).contains("by their labels; they were not asked"));
}

#[test]
fn on_05_resume_is_verify_then_delete() {
    let plan = decide(&v05(), Decision::Resume);
    assert_eq!((plan.means, plan.refusal_exit()), (Some(Means::Deletion), None), "{:?}", plan.checks);
    assert_eq!(plan.write.map(|w| w.act), Some(Act::Delete { uid: "ru".into(), resource_version: "5".into() }));
    let mut evidence = v05();
    sealed(&mut evidence);
    assert_eq!(refused(&evidence, Decision::Resume), ["verified"]);
    let plan = decide(&evidence, Decision::Abandon);
    assert_eq!((plan.refusal_exit(), plan.consent.accept), (None, vec!["unknown-delete-unverified".to_owned()]));
}

#[test]
fn nothing_is_deleted_while_it_is_not_known_that_deletion_is_the_way() {
    let mut evidence = v05();
    evidence.generation.operator = None;
    for decision in [Decision::Resume, Decision::Abandon] {
        assert_eq!(refused(&evidence, decision), ["means"]);
        assert_eq!(decide(&evidence, decision).write, None);
    }
}

#[test]
fn other_phases_are_told_what_to_do_instead() {
    let cases = [
        ("Completed", "nothing is to be settled"),
        ("Failed", "nothing is to be settled"),
        ("Running", "it is not over"),
        ("Pending", "it is not over"),
        ("Novel", "a phase this tool does not know"),
    ];
    for (phase, words) in cases {
        let mut evidence = next();
        restore(&mut evidence).phase = phase.to_owned().into();
        let plan = decide(&evidence, Decision::Resume);
        let check = plan.refusals()[0];
        assert!(check.code == "phase" && check.text.contains(words), "{phase}: {}", check.text);
        assert_eq!(plan.write, None);
    }
    let mut evidence = next();
    restore(&mut evidence).disposition = Some("Abandon".into());
    assert_eq!(refused(&evidence, Decision::Resume), ["decision"]);
}

#[test]
fn the_release_is_read_from_its_condition() {
    let with = |status: &str, reason: &str| {
        let condition = json!({"type": "RecoveryReleased", "status": status, "reason": reason, "message": "m"});
        release(&Restore::read(&json!({"status": {"phase": "Unknown", "conditions": [condition]}})))
    };
    assert_eq!(with("True", "Resumed"), Release::Released(Decision::Resume));
    assert_eq!(with("True", "Abandoned"), Release::Released(Decision::Abandon));
    assert_eq!(with("False", "RecoveryBlocked"), Release::Blocked("m".into()));
    for waiting in [
        "AwaitingAcknowledgement",
        "WaitingForPod",
        "VoterHealthUnavailable",
        "OperatorAccessUnavailable",
        "MembershipChanged",
        "Restarting",
        "Novel",
    ] {
        assert!(matches!(with("False", waiting), Release::Waiting(_)), "{waiting}");
    }
}

/// The same with these answers of the API server to what a decision needs.
fn asked(mut evidence: Evidence, missing: &[&str]) -> Evidence {
    restore(&mut evidence).target.credentials_secret = Some("s3-creds".into());
    let settled = restore(&mut evidence).clone();
    let wanted = permissions(&evidence, &settled);
    evidence.permissions =
        wanted.into_iter().map(|p| (p.clone(), Item::present(!missing.contains(&p.words().as_str())))).collect();
    evidence
}

#[test]
fn what_may_not_be_written_is_refused_and_what_only_a_policy_asks_for_is_named() {
    let check = |evidence: &Evidence| {
        let plan = decide(evidence, Decision::Abandon);
        let found = plan.checks.iter().find(|c| c.code == "permission").map(|c| (c.grade, c.text.clone()));
        (plan.refusal_exit(), found)
    };
    let patch = "patch openbaorestores.openbao.org/r1";
    let policy = ["restore openbaoclusters.openbao.org/prod", "get secrets/s3-creds"];
    assert_eq!(check(&asked(next(), &[])), (None, None));
    assert_eq!(check(&asked(v05(), &policy)), (None, None));
    let refused = (Some(Exit::NotPermitted), Some((Grade::Fail, format!("you may not: {patch}"))));
    assert_eq!(check(&asked(next(), &[patch])), refused);
    assert_eq!(check(&asked(v05(), &["delete openbaorestores.openbao.org/r1"])).0, Some(Exit::NotPermitted));
    for right in policy {
        let (exit, found) = check(&asked(next(), &[right]));
        assert!(exit.is_none() && found.is_some_and(|(grade, text)| grade == Grade::Unknown && text.contains(right)), "{right}");
    }
    let mut silent = asked(next(), &[]);
    silent.permissions.iter_mut().for_each(|(_, item)| *item = Item::Failed { why: "no answer".into() });
    let found = check(&silent).1.expect("a check");
    assert!(found.0 == Grade::Unknown && found.1.contains("not known whether you may") && found.1.contains(patch), "{found:?}");
}
