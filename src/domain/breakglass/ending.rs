//! After the rollback is over: what the operator does not look at, and a person should.

use serde_json::json;

use crate::api::cluster::Cluster;
use crate::api::text::{clean, quote};
use crate::domain::evidence::Evidence;
use crate::domain::rollback;

/// What is not as it should be once a rollback has ended; empty when everything that was read is well.
pub fn left_over(evidence: &Evidence) -> Vec<String> {
    let Some(cluster) = evidence.cluster.value() else {
        let why = evidence.cluster.unknown().unwrap_or_else(|| "it is gone".into());
        return vec![format!("the cluster could not be looked at afterwards ({})", clean(&why))];
    };
    [leaders(evidence), sealed(evidence), lock(cluster), failed_clean_up(evidence, cluster)].into_iter().flatten().collect()
}

/// The upgrade that begins again, and how to stop it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// The version it goes to.
    pub wanted: String,
    /// The command that takes the wish for it back, and only while the phase is Idle: later that would delete Green
    /// without a repair (F§4.7).
    pub stop: String,
}

/// The upgrade that is still wanted after a rollback; `None` when nothing begins again.
pub fn begins_again(evidence: &Evidence) -> Option<Again> {
    let cluster = evidence.cluster.value().filter(|c| !c.spec.paused && !c.upgrade_under_way())?;
    let (wanted, running) = (crate::domain::hazards::upgrade_left(cluster)?, cluster.current_version.as_deref()?);
    let patch = json!([
        {"op": "test", "path": "/status/blueGreen/phase", "value": "Idle"},
        {"op": "replace", "path": "/spec/version", "value": running},
    ]);
    let (namespace, name) = (quote(&evidence.namespace), quote(&evidence.name));
    Some(Again {
        wanted: clean(wanted).into_owned(),
        stop: format!("kubectl -n {namespace} patch openbaocluster {name} --type=json -p {}", quote(&patch.to_string())),
    })
}

/// Whether the pods were read and none of them leads: for seconds that is only an election.
pub fn nobody_leads(evidence: &Evidence) -> bool {
    evidence.pods.value().is_some_and(|pods| !pods.iter().any(|pod| rollback::leads(evidence, pod)))
}

fn leaders(evidence: &Evidence) -> Option<String> {
    let Some(pods) = evidence.pods.value() else {
        let why = evidence.pods.unknown().unwrap_or_else(|| "absent".into());
        return Some(format!("whether a server leads is not known ({})", clean(&why)));
    };
    let leaders = pods.iter().filter(|pod| rollback::leads(evidence, pod)).count();
    match leaders {
        1 => None,
        0 => Some("no server leads: quorum may be lost, whatever the cluster's status says".into()),
        n => Some(format!("{n} servers call themselves active: one may be a removed leader that hangs on every request")),
    }
}

fn sealed(evidence: &Evidence) -> Option<String> {
    let sealed = evidence.pods.each().iter().filter(|p| p.server_label("sealed") == Some(true)).count();
    (sealed > 0).then(|| format!("{sealed} server(s) are sealed"))
}

fn lock(cluster: &Cluster) -> Option<String> {
    let idle = !cluster.upgrade_under_way();
    let lock = cluster.operation_lock.as_ref().filter(|l| idle && l.operation == "Upgrade")?;
    Some(format!("the Upgrade lock ({}) stayed behind: backups and restores wait for it", clean(&lock.holder)))
}

/// Up to JAN the operator ignores that its clean-up failed, after it removed the wrong side's leader (F§15.2.5).
fn failed_clean_up(evidence: &Evidence, cluster: &Cluster) -> Option<String> {
    let attempt = cluster.blue_green.as_ref()?.rollback_attempt?;
    let run = format!("rollback-retry-{attempt}");
    let removal = |action: &str| action == "bluegreen-remove-blue-peers" || action == "bluegreen-remove-green-peers";
    let jobs = rollback::executor_jobs(evidence, cluster);
    let job = jobs.into_iter().find(|j| rollback::run_id(j) == run && rollback::action(j).is_some_and(removal))?;
    let blue = rollback::action(job) == Some("bluegreen-remove-blue-peers");
    let name = clean(&job.meta.name).into_owned();
    match (job.failed > 0 && job.succeeded == 0, blue) {
        (true, true) => Some(format!(
            "the clean-up {name} failed after it began to remove Blue's servers from Raft, and the operator ignored that: look at Raft's members"
        )),
        (true, false) => Some(format!("the clean-up {name} failed: servers of Green may still be members of Raft")),
        (false, true) => Some(format!("the clean-up {name} removed Blue's servers from Raft: look at Raft's members")),
        (false, false) => None,
    }
}
