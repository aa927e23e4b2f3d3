//! Decisions over small hand-written evidence, and over objects of the real operator.

mod captured;
mod findings;
mod monotone;
mod next;
mod verdicts;

use serde_json::{Value, json};

use super::{Diagnosis, Subject, diagnose};
use crate::api::cluster::Cluster;
use crate::api::generation::Generation;
use crate::api::workload::{Job, Lease, Pod};
use crate::domain::evidence::{Evidence, Item, JobLog, LogRun, Peer, ServerAnswer, ServerHealth};

const NOW: &str = "2026-11-21T01:00:00Z";
const REPAIR: &str = "upgrade-bg-bluegreen-repair-consensus-23252c2bc7";
const TRANSIENT: &str = "upgrade-executor error: failed to promote Blue peer \"bg-aaaa-1\" to voter during consensus repair: failed to execute raft promote request: context deadline exceeded";
const REFUSED: &str = "upgrade-executor error: failed to authenticate for consensus repair: failed to authenticate using JWT Auth: JWT auth request failed with status 400: {\"errors\":[\"role not found\"]}";
const NO_LEADER: &str = "upgrade-executor error: failed to find leader for consensus repair: failed to find leader (checked Blue and Green): no leader found among 3 pods";
const NOT_PROMOTED: &str = "upgrade-executor error: failed to promote Blue peer \"bg-aaaa-1\" to voter during consensus repair: raft promote request failed with status 500: {\"errors\":[\"failed to change the Raft configuration\"]}";
const TOO_FEW: &str =
    "upgrade-executor error: refusing consensus repair: 1 Blue peers remain in the Raft configuration, need 2 of 3 for quorum";

fn at(text: &str) -> jiff::Timestamp {
    text.parse().expect("a time")
}

/// Break glass on 0.4 after a transient failure of the repair: Blue leads and is whole, Green stands by.
fn broken() -> Evidence {
    let mut evidence = Evidence {
        observed_at: at(NOW),
        namespace: "bao".into(),
        name: "bg".into(),
        restores: Item::present(vec![]),
        events: Item::present(vec![]),
        job_pods: Item::present(vec![]),
        lease: Item::present(Lease { renewed_at: Some(at(NOW)), duration_seconds: Some(15), ..Lease::default() }),
        generation: Generation { schema: None, operator: Some("0.4.2".into()) },
        ..Evidence::default()
    };
    set_cluster(&mut evidence, &broken_object());
    evidence.pods = Item::present(both_sides(Some("bg-aaaa-0")));
    evidence.jobs = Item::present(vec![executor(REPAIR, "bluegreen-repair-consensus", "rollback", "00:50:00"), snapshot_job()]);
    say(&mut evidence, REPAIR, TRANSIENT);
    evidence
}

fn broken_object() -> Value {
    json!({
        "metadata": {"name": "bg", "namespace": "bao", "uid": "u1"},
        "spec": {"replicas": 3, "version": "2.5.5", "upgrade": {"strategy": "BlueGreen"}},
        "status": {
            "phase": "Upgrading", "currentVersion": "2.5.4", "activeLeader": "bg-aaaa-0",
            "blueGreen": {"phase": "RollingBack", "blueRevision": "aaaa", "greenRevision": "bbbb",
                          "preUpgradeSnapshotJobName": "upgrade-bg-preupgrade-snapshot-64cab64571",
                          "rollbackReason": "promotion job failure threshold exceeded", "rollbackStartTime": "2026-11-21T00:49:00Z"},
            "breakGlass": {"active": true, "nonce": "180f6d052b402e1d29ec1a4591bddbc5", "enteredAt": "2026-11-21T00:51:00Z",
                           "reason": "RollbackConsensusRepairFailed",
                           "message": format!("Rollback consensus repair Job {REPAIR} failed; manual intervention required")},
            "operationLock": {"operation": "Upgrade", "holder": "openbaocluster/upgrade", "acquiredAt": "2026-11-21T00:40:00Z"},
        },
    })
}

fn set_cluster(evidence: &mut Evidence, object: &Value) {
    evidence.cluster = Item::present(Cluster::read(object));
}

/// Changes the cluster of [`broken`].
fn edit(evidence: &mut Evidence, change: impl Fn(&mut Value)) {
    let mut object = broken_object();
    change(&mut object);
    set_cluster(evidence, &object);
}

fn pod(name: &str, ready: bool, sealed: bool, active: bool) -> Pod {
    let revision = name.split('-').nth(1).unwrap_or_default();
    Pod::read(&json!({
        "metadata": {"name": name, "labels": {"openbao.org/cluster": "bg", "openbao.org/revision": revision, "openbao-version": "2.5.5",
                     "openbao-active": active.to_string(), "openbao-sealed": sealed.to_string()}},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}]},
    }))
}

/// Three servers of each side, all up; the named one leads.
fn both_sides(leader: Option<&str>) -> Vec<Pod> {
    let names = ["bg-aaaa-0", "bg-aaaa-1", "bg-aaaa-2", "bg-bbbb-0", "bg-bbbb-1", "bg-bbbb-2"];
    names.iter().map(|name| pod(name, true, false, Some(*name) == leader)).collect()
}

/// A failed executor Job.
fn executor(name: &str, action: &str, run: &str, time: &str) -> Job {
    let at = format!("2026-11-21T{time}Z");
    Job::read(&json!({
        "metadata": {"name": name, "creationTimestamp": at, "labels": {"openbao.org/cluster": "bg", "openbao.org/component": "upgrade"},
                     "annotations": {"openbao.org/upgrade-action": action, "openbao.org/upgrade-run-id": run}},
        "status": {"failed": 1, "conditions": [{"type": "Failed", "status": "True", "lastTransitionTime": at}]},
    }))
}

fn snapshot_job() -> Job {
    Job::read(&json!({
        "metadata": {"name": "upgrade-bg-preupgrade-snapshot-64cab64571", "labels": {"openbao.org/component": "upgrade-snapshot"},
                     "annotations": {"openbao.org/backup-key": "bao/bg/pre-upgrade-2026-11-21T00-45-34Z-9a71c039.snap"}},
        "status": {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]},
    }))
}

fn add_job(evidence: &mut Evidence, job: Job) {
    if let Item::Present { value } = &mut evidence.jobs {
        value.push(job);
    }
}

/// The log of a Job: one whole run.
fn say(evidence: &mut Evidence, job: &str, text: &str) {
    let run = LogRun { pod: format!("{job}-x"), exit_code: Some(2), text: text.into(), ..LogRun::default() };
    evidence.logs.insert(job.into(), Item::present(JobLog { runs: vec![run] }));
}

/// Every server answers as its label says.
fn ask_all(evidence: &mut Evidence) {
    let answer = |pod: &Pod| {
        let leads = pod.server_label("active") == Some(true);
        let health = ServerHealth {
            initialized: true,
            sealed: pod.server_label("sealed") == Some(true),
            standby: !leads,
            leads: Some(leads),
            leader_address: Some("https://10.0.0.1:8200".into()),
            ..ServerHealth::default()
        };
        ServerAnswer { pod: pod.meta.name.clone(), health: Item::present(health), ..ServerAnswer::default() }
    };
    evidence.servers = evidence.pods.each().iter().map(answer).collect();
}

/// Raft's list: these vote, those do not.
fn members(evidence: &mut Evidence, voters: &[&str], others: &[&str]) {
    let peer = |voter: bool| move |id: &&str| Peer { id: (*id).into(), voter, ..Peer::default() };
    evidence.peers = Item::present(voters.iter().map(peer(true)).chain(others.iter().map(peer(false))).collect());
}

const BLUE: [&str; 3] = ["bg-aaaa-0", "bg-aaaa-1", "bg-aaaa-2"];
const GREEN: [&str; 3] = ["bg-bbbb-0", "bg-bbbb-1", "bg-bbbb-2"];

fn ask(evidence: &Evidence) -> Diagnosis {
    diagnose(evidence, Subject::Rollback).expect("the cluster was read")
}

fn codes(found: &Diagnosis) -> Vec<&str> {
    found.findings.iter().map(|f| f.code.as_str()).collect()
}

fn has(found: &Diagnosis, code: &str) -> bool {
    found.findings.iter().any(|f| f.code == code)
}

/// An idle, healthy blue/green cluster that never rolled back.
fn idle() -> Evidence {
    let mut evidence = broken();
    edit(&mut evidence, |o| {
        o["spec"]["version"] = json!("2.5.4");
        o["status"] =
            json!({"phase": "Running", "currentVersion": "2.5.4", "blueGreen": {"phase": "Idle", "blueRevision": "aaaa"}});
    });
    evidence.pods = Item::present(both_sides(Some("bg-aaaa-0")).into_iter().take(3).collect());
    evidence.jobs = Item::present(vec![]);
    evidence.logs.clear();
    evidence
}
