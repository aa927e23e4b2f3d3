//! When a restore may be suggested to somebody who did not ask for one.

use std::time::Duration;

use super::preflight::orphan_job;
use crate::api::cluster::{BlueGreen, Cluster, OperationLock};
use crate::api::names::audit;
use crate::api::restore::{Phase, Restore};
use crate::api::workload::Pod;
use crate::domain::evidence::Evidence;
use crate::domain::lock::{self, Verdict};
use crate::domain::rollback;

/// Nobody is led past a lock that is younger than this.
const SETTLING: Duration = Duration::from_secs(60);

/// Whether `restore --override-lock` may be offered as a way past the lock: an override clears it, nobody is seen to work
/// under it, one server is seen to lead where the executor looks for it, and nothing that is known would refuse the restore
/// or run into it. False where that is not known.
pub fn may_offer_override(evidence: &Evidence) -> bool {
    let Some(cluster) = evidence.cluster.value() else { return false };
    let clears = |operation: &str| matches!(operation, "Upgrade" | "Backup");
    let taken = cluster.meta.deleted_at.is_some() || cluster.meta.annotations.contains_key(audit::RESOLVE);
    // Work may begin late under a lock, and the operator sees to a young one itself.
    let young = |lock: &OperationLock| lock.acquired_at.is_some_and(|at| evidence.since(at) < SETTLING);
    lock::judge(evidence)
        .is_some_and(|found| clears(&found.lock.operation) && found.verdict != Verdict::Live && !young(&found.lock))
        && !taken
        && evidence.restores.unknown().is_none()
        && evidence.jobs.unknown().is_none()
        && orphan_job(evidence).is_none()
        && !is_rolling_back(cluster)
        && evidence.operator_alive() != Some(false)
        && !evidence.unfinished_restores().into_iter().any(in_the_way)
        && leader_is_found(evidence, cluster)
}

fn is_rolling_back(cluster: &Cluster) -> bool {
    cluster.active_break_glass().is_some() || cluster.blue_green.as_ref().is_some_and(BlueGreen::rolling_back)
}

/// The same that preflight refuses for: running, not settled, or this tool's own that has yet to run.
fn in_the_way(restore: &Restore) -> bool {
    restore.made_by_this_tool() || !matches!(restore.phase, Phase::Pending | Phase::Validating)
}

/// Exactly one leads, and not one that the executor does not look at: Green's, or any of a blue/green cluster up to 0.1.
fn leader_is_found(evidence: &Evidence, cluster: &Cluster) -> bool {
    let mut leaders = evidence.pods.each().iter().filter(|pod| rollback::leads(evidence, pod));
    let (Some(leader), None) = (leaders.next(), leaders.next()) else { return false };
    let green = cluster.blue_green.as_ref().and_then(|b| b.green_revision.as_deref());
    let blue_green = cluster.blue_green.is_some() || evidence.pods.each().iter().any(|pod: &Pod| !pod.revision().is_empty());
    green.is_none_or(|green| leader.revision() != green) && !(blue_green && evidence.generation.cannot_restore_blue_green())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::workload::{Job, OperatorDeployment};
    use crate::domain::evidence::Item;

    /// A rolling cluster of 0.4 under a leaked Backup lock, `prod-0` leading.
    fn locked() -> Value {
        json!({"metadata": {"name": "prod", "namespace": "bao"}, "status": {"operationLock": {"operation": "Backup", "holder": "openbaocluster/backup"}}})
    }

    fn offered(cluster: &Value, active: [&str; 2], revision: &str, restores: &[Value], version: &str) -> bool {
        let pod = |(n, active): (usize, &&str)| {
            Pod::read(&json!({
                "metadata": {"name": format!("prod-{n}"), "labels": {"openbao-active": active, "openbao-sealed": "false", "openbao.org/revision": revision}},
                "status": {"conditions": [{"type": "Ready", "status": "True"}]},
            }))
        };
        let mut evidence = Evidence {
            cluster: Item::present(Cluster::read(cluster)),
            pods: Item::present(active.iter().enumerate().map(pod).collect()),
            restores: Item::present(restores.iter().map(Restore::read).collect()),
            jobs: Item::present(Vec::new()),
            ..Evidence::default()
        };
        evidence.generation.operator = Some(version.into());
        may_offer_override(&evidence)
    }

    const ONE: [&str; 2] = ["true", "false"];

    #[test]
    fn an_override_is_offered_only_where_nothing_refuses_it() {
        assert!(offered(&locked(), ONE, "", &[], "0.4.2"));
        assert!(offered(&locked(), ONE, "", &[json!({"status": {"phase": "Validating"}})], "0.4.2"), "waits behind the lock");
        for phase in ["Running", "Unknown"] {
            assert!(!offered(&locked(), ONE, "", &[json!({"status": {"phase": phase}})], "0.4.2"), "{phase}");
        }
        assert!(!offered(&locked(), ["false", "false"], "", &[], "0.4.2"), "nobody leads");
        assert!(!offered(&locked(), ["true", "true"], "", &[], "0.4.2"), "one of them is removed and hangs");
        let with = |pointer: &str, key: &str, value: Value| {
            let mut cluster = locked();
            cluster.pointer_mut(pointer).expect("a place")[key] = value;
            cluster
        };
        assert!(!offered(&with("/status/operationLock", "operation", json!("Restore")), ONE, "", &[], "0.4.2"));
        // The evidence is of 1970-01-01T00:00:00Z.
        for (acquired, old) in [("1969-12-31T23:58:00Z", true), ("1969-12-31T23:59:15Z", false)] {
            assert_eq!(offered(&with("/status/operationLock", "acquiredAt", json!(acquired)), ONE, "", &[], "0.4.2"), old);
        }
        assert!(!offered(&with("/status", "breakGlass", json!({"active": true})), ONE, "", &[], "0.4.2"));
        assert!(!offered(&with("/metadata", "annotations", json!({audit::RESOLVE: "{}"})), ONE, "", &[], "0.4.2"));
    }

    #[test]
    fn nobody_is_interrupted_and_nothing_hidden_is_taken_for_free() {
        let pod = json!({"metadata": {"name": "prod-0", "labels": {"openbao-active": "true", "openbao-sealed": "false"}},
                         "status": {"conditions": [{"type": "Ready", "status": "True"}]}});
        let evidence = Evidence {
            cluster: Item::present(Cluster::read(&locked())),
            pods: Item::present(vec![Pod::read(&pod)]),
            restores: Item::present(Vec::new()),
            jobs: Item::present(Vec::new()),
            ..Evidence::default()
        };
        assert!(may_offer_override(&evidence));
        let with = |change: fn(&mut Evidence)| {
            let mut changed = evidence.clone();
            change(&mut changed);
            may_offer_override(&changed)
        };
        let backup = json!({"metadata": {"name": "b", "labels": {"openbao.org/component": "backup"}}, "status": {"active": 1}});
        assert!(!may_offer_override(&Evidence { jobs: Item::present(vec![Job::read(&backup)]), ..evidence.clone() }), "at work");
        assert!(!with(|e| e.restores = Item::NotAsked), "a restore may run");
        assert!(!with(|e| e.jobs = Item::NotAsked), "its Job may run");
        let orphan =
            json!({"metadata": {"name": "restore-r1", "labels": {"openbao.org/component": "restore"}}, "status": {"active": 1}});
        let jobs = Item::present(vec![Job::read(&orphan)]);
        assert!(!may_offer_override(&Evidence { jobs, ..evidence.clone() }), "it may submit its snapshot");
        assert!(!with(|e| e.operator = Item::present(OperatorDeployment::default())), "nobody would carry it out");
    }

    #[test]
    fn the_leader_must_be_where_the_executor_looks() {
        let mut cluster = locked();
        cluster["status"]["blueGreen"] = json!({"phase": "Promoting", "blueRevision": "aaaa", "greenRevision": "bbbb"});
        assert!(offered(&cluster, ONE, "aaaa", &[], "0.4.2"));
        assert!(!offered(&cluster, ONE, "bbbb", &[], "0.4.2"), "Green leads");
        assert!(!offered(&cluster, ONE, "aaaa", &[], "0.1.0"), "this generation looks for pods that do not exist");
        cluster["status"]["blueGreen"]["phase"] = json!("RollingBack");
        assert!(!offered(&cluster, ONE, "aaaa", &[], "0.4.2"), "a rollback is under way");
    }
}
