//! Evidence as the real JAN operator left it in break glass (values of `tests/data/captured`), to be changed by tests.

use serde_json::{Value, json};

use crate::api::cluster::Cluster;
use crate::api::generation::{Generation, SchemaFacts};
use crate::api::restore::Restore;
use crate::api::workload::{Job, Lease, Pod};
use crate::domain::evidence::{Evidence, Item};

/// When the evidence is of.
pub(crate) const NOW: &str = "2026-11-21T00:48:30Z";
/// The nonce of the event.
pub(crate) const NONCE: &str = "180f6d052b402e1d29ec1a4591bddbc5";
/// The Job that failed.
pub(crate) const FAILED: &str = "upgrade-bg-bluegreen-repair-consensus-23252c2bc7";

/// JAN's schema, as far as it is asked for.
pub(crate) fn jan() -> Generation {
    of_operator(["image", "overrideOperationLock", "source.target.provider"], None)
}

/// A released line: schema of 0.4 with the operator's own version.
pub(crate) fn released(version: &str) -> Generation {
    of_operator(["image", "overrideOperationLock", "source.target.provider"], Some(version))
}

fn of_operator(fields: [&str; 3], version: Option<&str>) -> Generation {
    let mut schema = SchemaFacts { restore_spec: fields.map(str::to_owned).into(), ..SchemaFacts::default() };
    if let Some(version) = version {
        schema.restore_spec.insert("source.target.workloadIdentity".into());
        schema.break_glass_reasons = 2;
        if version.starts_with("0.5") {
            schema.phases.insert("Unknown".into());
        }
    }
    Generation { schema: Some(schema), operator: version.map(str::to_owned) }
}

/// The Job whose failure began the rollback.
pub(crate) const PROMOTE: &str = "upgrade-bg-bluegreen-promote-green-voters-33e4a371a9";

/// NEXT, by its schema.
pub(crate) fn next() -> Generation {
    let mut generation = released("0.5.0");
    generation.operator = None;
    if let Some(schema) = &mut generation.schema {
        schema.restore_status.insert("submissionClaim".into());
    }
    generation
}

/// The cluster as JSON.
pub(crate) fn object() -> Value {
    json!({
        "metadata": {"namespace": "bao", "name": "bg", "uid": "bfd6029f", "resourceVersion": "1500"},
        "spec": {"version": "2.5.5", "replicas": 3, "upgrade": {"strategy": "BlueGreen"}},
        "status": {
            "phase": "Upgrading", "currentVersion": "2.5.4",
            "blueGreen": {"phase": "RollingBack", "blueRevision": "89b324081ed019e8", "greenRevision": "0831866ab392f5ef",
                "jobFailureCount": 2, "startTime": "2026-11-21T00:46:24Z"},
            "breakGlass": {"active": true, "enteredAt": "2026-11-21T00:47:35Z", "nonce": NONCE,
                "reason": "RollbackConsensusRepairFailed",
                "message": format!("Rollback consensus repair Job {FAILED} failed; manual intervention required"),
                "steps": [
                    format!("Inspect rollback Job logs: kubectl -n bao logs job/{FAILED}"),
                    "Inspect pod status: kubectl -n bao get pods -l openbao.org/cluster=bg -o wide",
                    "Attempt to identify Raft leader: kubectl -n bao exec -it bg-0 -- bao operator raft list-peers",
                    "Perform any required Raft recovery steps (peer removal, snapshot restore) per the user-guide runbook.",
                    format!("Acknowledge break glass to retry rollback automation: kubectl -n bao patch openbaocluster bg --type merge -p '{{\"spec\":{{\"breakGlassAck\":\"{NONCE}\"}}}}'")
                ]},
            "operationLock": {"operation": "Upgrade", "holder": "openbaocluster/upgrade",
                "message": "blue/green upgrade phase RollingBack", "acquiredAt": "2026-11-21T00:45:33Z", "renewedAt": "2026-11-21T00:47:35Z"}
        }
    })
}

/// One server's pod.
pub(crate) fn server(revision: &str, ordinal: usize, active: bool, version: &str) -> Pod {
    Pod::read(&json!({
        "metadata": {"name": format!("bg-{revision}-{ordinal}"), "labels": {"openbao.org/revision": revision,
            "openbao-active": active.to_string(), "openbao-sealed": "false", "openbao-version": version}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }))
}

/// Break glass after a failed repair: Blue leads, everything was read, the operator lives.
pub(crate) fn halted(generation: Generation) -> Evidence {
    let now = NOW.parse().expect("a time");
    let blue = (0..3).map(|n| server("89b324081ed019e8", n, n == 0, "2.5.4"));
    let green = (0..3).map(|n| server("0831866ab392f5ef", n, false, "2.5.5"));
    Evidence {
        observed_at: now,
        namespace: "bao".into(),
        name: "bg".into(),
        cluster: Item::present(Cluster::read(&object())),
        restores: Item::present(vec![]),
        jobs: Item::present(vec![
            failed_job(PROMOTE, "retry-1", "2026-11-21T00:46:39Z"),
            failed_job(FAILED, "rollback", "2026-11-21T00:46:49Z"),
        ]),
        pods: Item::present(blue.chain(green).collect()),
        lease: Item::present(Lease { renewed_at: Some(now), duration_seconds: Some(15), ..Lease::default() }),
        schema: Item::present(()),
        generation,
        ..Evidence::default()
    }
}

/// An executor's Job that failed 46 seconds after it was made.
pub(crate) fn failed_job(name: &str, run: &str, created: &str) -> Job {
    let action = if name.contains("promote") { "bluegreen-promote-green-voters" } else { "bluegreen-repair-consensus" };
    let created: jiff::Timestamp = created.parse().expect("a time");
    let ended = created + jiff::SignedDuration::from_secs(46);
    Job::read(&json!({
        "metadata": {"name": name, "namespace": "bao", "creationTimestamp": created.to_string(),
            "labels": {"openbao.org/cluster": "bg", "openbao.org/component": "upgrade"},
            "annotations": {"openbao.org/upgrade-action": action, "openbao.org/upgrade-run-id": run}},
        "status": {"failed": 1, "startTime": created.to_string(),
            "conditions": [{"type": "Failed", "status": "True", "lastTransitionTime": ended.to_string()}]},
    }))
}

/// A restore of the cluster.
pub(crate) fn restore(name: &str, phase: &str) -> Restore {
    let object = json!({"metadata": {"name": name, "namespace": "bao"}, "spec": {"cluster": "bg", "source": {"key": "k"}}, "status": {"phase": phase}});
    Restore::read(&object)
}

/// The cluster, to be changed.
pub(crate) fn cluster(evidence: &mut Evidence) -> &mut Cluster {
    match &mut evidence.cluster {
        Item::Present { value } => value,
        _ => panic!("the cluster is there"),
    }
}
