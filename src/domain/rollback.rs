//! The facts of a blue/green rollback that every decision about it shares: the two sides, the failed Job, the way back.
//!
//! Pure; used by `diagnosis`, `breakglass`, `resolve` and `hazards`.

use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, Item, ServerHealth};
use crate::api::cluster::{BlueGreen, Cluster};
use crate::api::generation::{Generation, Tag};
use crate::api::names::{BACKUP_KEY, REVISION_LABEL, UPGRADE_ACTION, UPGRADE_RUN_ID};
use crate::api::workload::{Job, Pod};
use crate::domain::snapshot;

/// Which side of a blue/green cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    /// The revision that was live when the upgrade began.
    Blue,
    /// The new revision.
    Green,
}

impl Colour {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Colour::Blue => "Blue",
            Colour::Green => "Green",
        }
    }
}

/// What is known of one side. Counts are of pods that were read; [`Side::peers`] is Raft's own word.
#[derive(Debug, Clone, PartialEq)]
pub struct Side<'a> {
    /// Which one.
    pub colour: Colour,
    /// Its revision, as the cluster's status names it.
    pub revision: &'a str,
    /// Its servers' pods; empty as well when pods could not be read ([`Sides::pods_known`]).
    pub pods: Vec<&'a Pod>,
    /// Of Raft's members its voters and its other members; `None` when Raft's list was not read.
    pub peers: Option<(usize, usize)>,
}

impl<'a> Side<'a> {
    /// Servers that are up by everything that was read: the pod ready, not sealed by its label, and when the server was
    /// asked itself, an answer that says unsealed.
    pub fn up(&self, evidence: &Evidence) -> usize {
        self.pods.iter().filter(|pod| is_up(evidence, pod)).count()
    }

    /// Servers that really lead: by their own answer where they were asked, else by their label on a ready pod.
    pub fn leaders(&self, evidence: &Evidence) -> Vec<&'a str> {
        self.pods.iter().filter(|pod| leads(evidence, pod)).map(|pod| pod.meta.name.as_str()).collect()
    }
}

/// A server's own answer, when it was asked and gave one.
pub fn answer_of<'a>(evidence: &'a Evidence, pod: &str) -> Option<&'a ServerHealth> {
    evidence.servers.iter().find(|s| s.pod == pod)?.health.value()
}

/// Whether a server was asked and gave no answer: it hangs, or takes no connections. A question that never reached it
/// (no port-forward, a certificate that is not believed) says nothing about it.
pub fn is_silent(evidence: &Evidence, pod: &str) -> bool {
    let silent = |answer: &super::evidence::ServerAnswer| matches!(answer.health, Item::Failed { .. });
    evidence.servers.iter().any(|s| s.pod == pod && !s.way_failed && silent(s))
}

/// Whether a server answers as an unsealed standby that knows no leader. While another server leads, it is not in Raft's
/// configuration (F§15.2.5).
pub fn knows_no_leader(health: &ServerHealth) -> bool {
    let knows = health.leader_address.as_deref().is_some_and(|address| !address.is_empty());
    health.initialized && !health.sealed && health.leads == Some(false) && !knows
}

/// Whether a server serves, by everything that was read.
pub fn is_up(evidence: &Evidence, pod: &Pod) -> bool {
    if let Some(health) = answer_of(evidence, &pod.meta.name) {
        return health.initialized && !health.sealed;
    }
    pod.ready == Some(true) && pod.server_label("sealed") == Some(false) && !is_silent(evidence, &pod.meta.name)
}

/// Whether a server is known to be sealed: by its own answer, else by its label.
pub fn is_sealed(evidence: &Evidence, pod: &Pod) -> bool {
    answer_of(evidence, &pod.meta.name).map_or_else(|| pod.server_label("sealed") == Some(true), |health| health.sealed)
}

/// Whether a server leads: its own answer counts; a label alone can be frozen (F§15.2.5), so only a ready pod's does.
pub fn leads(evidence: &Evidence, pod: &Pod) -> bool {
    match answer_of(evidence, &pod.meta.name) {
        Some(health) => !health.sealed && !health.standby && health.leads != Some(false),
        None => !is_silent(evidence, &pod.meta.name) && pod.ready == Some(true) && pod.server_label("active") == Some(true),
    }
}

/// Both sides of a blue/green cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Sides<'a> {
    /// The revision that was live.
    pub blue: Option<Side<'a>>,
    /// The new revision; none when idle.
    pub green: Option<Side<'a>>,
    /// Whether the pods were read at all.
    pub pods_known: bool,
}

/// The sides as status names them; `None` for a cluster that has no blue/green status.
pub fn sides<'a>(evidence: &'a Evidence, cluster: &'a Cluster) -> Option<Sides<'a>> {
    let blue_green = cluster.blue_green.as_ref()?;
    let side = |colour, revision: &'a Option<String>| {
        revision.as_deref().map(|revision| Side {
            colour,
            revision,
            pods: evidence.pods.each().iter().filter(|p| p.revision() == revision).collect(),
            peers: evidence.peers.value().map(|peers| {
                let mine = || peers.iter().filter(|p| is_of(&p.id, &cluster.meta.name, revision));
                (mine().filter(|p| p.voter).count(), mine().filter(|p| !p.voter).count())
            }),
        })
    };
    Some(Sides {
        blue: side(Colour::Blue, &blue_green.blue_revision),
        green: side(Colour::Green, &blue_green.green_revision),
        pods_known: evidence.pods.value().is_some(),
    })
}

impl<'a> Sides<'a> {
    /// The side whose server leads; `None` when no server leads, when both claim to, or when pods were not read.
    pub fn live(&self, evidence: &Evidence) -> Option<Colour> {
        let leads = |side: &Option<Side<'a>>| side.as_ref().is_some_and(|s| !s.leaders(evidence).is_empty());
        match (leads(&self.blue), leads(&self.green)) {
            (true, false) => Some(Colour::Blue),
            (false, true) => Some(Colour::Green),
            _ => None,
        }
    }

    /// One side.
    pub fn of(&self, colour: Colour) -> Option<&Side<'a>> {
        match colour {
            Colour::Blue => self.blue.as_ref(),
            Colour::Green => self.green.as_ref(),
        }
    }
}

/// Whether a pod or Raft member of this name belongs to a revision: `CLUSTER-REVISION-N`.
pub fn is_of(pod: &str, cluster: &str, revision: &str) -> bool {
    let ordinal = pod.strip_prefix(cluster).and_then(|r| r.strip_prefix('-')).and_then(|r| r.strip_prefix(revision));
    ordinal.and_then(|r| r.strip_prefix('-')).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// What an executor's Job does, from its annotation; from its name when the annotation is missing (a name of 52 characters
/// or more may have lost it, F§5.1).
pub fn action(job: &Job) -> Option<&str> {
    let by_annotation = job.meta.annotations.get(UPGRADE_ACTION).map(String::as_str);
    by_annotation.or_else(|| ACTIONS.iter().copied().find(|action| job.meta.name.contains(action)))
}

/// Which try it is: empty for the first. On 0.5 and later the operation's id stands before it.
pub fn run_id(job: &Job) -> &str {
    let id = job.meta.annotations.get(UPGRADE_RUN_ID).map_or("", String::as_str);
    id.rsplit_once('/').map_or(id, |(_, run)| run)
}

/// Whether a Job belongs to the way back: by its run id, or by what it does: only a rollback repairs, and only a rollback
/// removes Green.
pub fn is_rollback(job: &Job) -> bool {
    let only_then = matches!(action(job), Some("bluegreen-repair-consensus" | "bluegreen-remove-green-peers"));
    only_then || run_id(job).starts_with("rollback")
}

/// What executors do (F§5.1).
pub const ACTIONS: [&str; 8] = [
    "bluegreen-join-green-nonvoters",
    "bluegreen-wait-green-synced",
    "bluegreen-promote-green-voters",
    "bluegreen-demote-blue-nonvoters-stepdown",
    "bluegreen-remove-blue-peers",
    "bluegreen-remove-green-peers",
    "bluegreen-repair-consensus",
    "rolling-stepdown-leader",
];

/// How the failed Job was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoundBy {
    /// `status.breakGlass.message` names it.
    Message,
    /// `status.blueGreen.lastJobFailure` names it.
    LastJobFailure,
    /// The newest failed executor Job of the cluster, by label, owner and annotation.
    Newest,
}

/// The Job whose failure the situation goes back to: its name, the Job where it still exists, and how it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedJob<'a> {
    /// Its name.
    pub name: String,
    /// The Job, while it exists; Jobs go an hour after their end.
    pub job: Option<&'a Job>,
    /// How it was found.
    pub by: FoundBy,
}

/// Finds the failed Job: what break glass names; in a rollback its newest failed Job; else what status names as the last
/// failure, else the newest failed executor Job that belongs to this cluster (a Job of a neighbour never counts).
pub fn failed_job<'a>(evidence: &'a Evidence, cluster: &Cluster) -> Option<FailedJob<'a>> {
    let known = |name: &str| evidence.jobs.each().iter().find(|j| j.meta.name == name);
    let break_glass = cluster.break_glass.as_ref().filter(|b| b.active || b.acknowledged_at.is_some());
    if let Some(name) = break_glass.and_then(|b| b.failed_job()) {
        return Some(FailedJob { name: name.into(), job: known(name), by: FoundBy::Message });
    }
    let failed = || executor_jobs(evidence, cluster).into_iter().filter(|j| j.failed > 0 && j.succeeded == 0);
    let newest = |job: &'a Job| FailedJob { name: job.meta.name.clone(), job: Some(job), by: FoundBy::Newest };
    let rolls_back = cluster.blue_green.as_ref().is_some_and(|b| b.phase.starts_with("Roll"));
    if let Some(job) = failed().find(|j| rolls_back && is_rollback(j)) {
        return Some(newest(job));
    }
    if let Some(name) = cluster.blue_green.as_ref().and_then(|b| b.last_job_failure.as_deref()) {
        return Some(FailedJob { name: name.into(), job: known(name), by: FoundBy::LastJobFailure });
    }
    failed().next().map(newest)
}

/// Whether leaving the rollback deletes Green's data volumes with Green; `None`: it may (#747, F§1.2).
pub fn deletes_green_volumes(generation: &Generation, cluster: &Cluster) -> Option<bool> {
    match cluster.blue_green.as_ref().is_some_and(BlueGreen::is_scoped) || generation.surely_at_least(Tag::Next) {
        true => Some(true),
        false => (!generation.rollback_deletes_green_claims()).then_some(false),
    }
}

/// Whether this person may still save a Job's log: nothing that was read says that it is gone. One that could not be read
/// in time is perhaps there.
pub fn log_may_be_there(evidence: &Evidence, job: &str) -> bool {
    match evidence.logs.get(job) {
        Some(Item::Present { value }) => value.runs.iter().any(|run| !run.text.is_empty()),
        Some(Item::Absent | Item::Forbidden { .. }) => false,
        Some(Item::Failed { why }) if why.contains("not found") => false,
        Some(Item::Failed { .. } | Item::NotAsked) | None => true,
    }
}

/// Executor Jobs of this cluster, newest first.
pub fn executor_jobs<'a>(evidence: &'a Evidence, cluster: &Cluster) -> Vec<&'a Job> {
    let mut jobs: Vec<&Job> = evidence
        .jobs
        .each()
        .iter()
        .filter(|j| j.component() == "upgrade" || (j.component().is_empty() && action(j).is_some()))
        .filter(|j| j.meta.owners.is_empty() || j.meta.owners.iter().any(|o| owns(cluster, &o.kind, &o.name, &o.uid)))
        .collect();
    jobs.sort_by(|a, b| (b.meta.created_at, &b.meta.name).cmp(&(a.meta.created_at, &a.meta.name)));
    jobs
}

fn owns(cluster: &Cluster, kind: &str, name: &str, uid: &str) -> bool {
    kind == "OpenBaoCluster"
        && name == cluster.meta.name
        && (uid.is_empty() || cluster.meta.uid.is_empty() || uid == cluster.meta.uid)
}

/// A snapshot one could go back to, and where its key is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The object key.
    pub key: String,
    /// Where it was read: `pre-upgrade snapshot Job NAME`, `status.backup`.
    pub from: String,
}

/// The best snapshot known without looking into the bucket: the one taken right before the upgrade, from its Job's
/// annotation or its log's last line (F§6.3), else the newest backup.
pub fn candidate(evidence: &Evidence, cluster: &Cluster) -> Option<Candidate> {
    pre_upgrade(evidence, cluster).or_else(|| {
        let (key, _) = super::status::last_backup(evidence)?;
        Some(Candidate { key: key.to_owned(), from: "the newest backup known".into() })
    })
}

fn pre_upgrade(evidence: &Evidence, cluster: &Cluster) -> Option<Candidate> {
    let name = cluster.blue_green.as_ref()?.snapshot_job.as_deref()?;
    let from = format!("pre-upgrade snapshot Job {name}");
    let job = evidence.jobs.each().iter().find(|j| j.meta.name == name);
    let by_log = || snapshot::key_in_log(evidence, name);
    let by_annotation = || job.filter(|j| j.succeeded > 0)?.meta.annotations.get(BACKUP_KEY).cloned();
    by_log().or_else(by_annotation).map(|key| Candidate { key, from })
}

/// Whether a pod, StatefulSet or claim carries a revision.
pub fn has_revision(labels: &std::collections::BTreeMap<String, String>, revision: &str) -> bool {
    labels.get(REVISION_LABEL).is_some_and(|r| r == revision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::evidence::{Item, Peer, ServerAnswer};

    fn blue_green() -> Evidence {
        let object = serde_json::json!({
            "metadata": {"name": "bg", "namespace": "bao", "uid": "u1"},
            "status": {
                "blueGreen": {"phase": "RollingBack", "blueRevision": "aaaa", "greenRevision": "bbbb", "lastJobFailure": "old",
                              "preUpgradeSnapshotJobName": "snap"},
                "breakGlass": {"active": true, "nonce": "n", "reason": "RollbackConsensusRepairFailed",
                               "message": "Rollback consensus repair Job upgrade-bg-x failed; manual intervention required"},
            },
        });
        let pod = |name: &str, revision: &str, active: &str| {
            Pod::read(&serde_json::json!({
                "metadata": {"name": name, "labels": {"openbao.org/revision": revision, "openbao-active": active, "openbao-sealed": "false"}},
                "status": {"conditions": [{"type": "Ready", "status": "True"}]},
            }))
        };
        Evidence {
            cluster: Item::present(Cluster::read(&object)),
            pods: Item::present(vec![
                pod("bg-aaaa-0", "aaaa", "true"),
                pod("bg-aaaa-1", "aaaa", "false"),
                pod("bg-bbbb-0", "bbbb", "false"),
            ]),
            ..Evidence::default()
        }
    }

    #[test]
    fn a_servers_own_answer_outweighs_its_label() {
        let mut evidence = blue_green();
        let live = |e: &Evidence| sides(e, e.cluster.value().expect("a cluster")).expect("sides").live(e);
        assert_eq!(live(&evidence), Some(Colour::Blue));
        let answer = |pod: &str, standby| ServerAnswer {
            pod: pod.into(),
            health: Item::present(ServerHealth { initialized: true, standby, leads: Some(!standby), ..ServerHealth::default() }),
            way_failed: false,
        };
        evidence.servers = vec![answer("bg-aaaa-0", true), answer("bg-bbbb-0", false)];
        assert_eq!(live(&evidence), Some(Colour::Green));
        let silent =
            |way_failed| ServerAnswer { pod: "bg-aaaa-0".into(), health: Item::Failed { why: "hangs".into() }, way_failed };
        evidence.servers = vec![silent(false)];
        assert_eq!(live(&evidence), None, "a frozen label of a silent server is no leader");
        evidence.servers = vec![silent(true)];
        assert_eq!(live(&evidence), Some(Colour::Blue), "who was not reached was not silent");
    }

    #[test]
    fn raft_members_are_counted_by_their_revision() {
        let mut evidence = blue_green();
        let peer = |id: &str, voter| Peer { id: id.into(), voter, ..Peer::default() };
        evidence.peers = Item::present(vec![
            peer("bg-aaaa-0", true),
            peer("bg-aaaa-1", false),
            peer("bg-bbbb-0", true),
            peer("bg-aaaab-0", true),
        ]);
        let sides = sides(&evidence, evidence.cluster.value().expect("a cluster")).expect("sides");
        assert_eq!(sides.blue.as_ref().and_then(|s| s.peers), Some((1, 1)));
        assert_eq!(sides.green.as_ref().and_then(|s| s.peers), Some((1, 0)));
    }

    #[test]
    fn the_message_names_the_failed_job_before_the_last_failure_does() {
        let mut evidence = blue_green();
        let found = |e: &Evidence| failed_job(e, e.cluster.value().expect("a cluster")).map(|f| (f.name, f.by));
        assert_eq!(found(&evidence), Some(("upgrade-bg-x".into(), FoundBy::Message)));
        if let Item::Present { value } = &mut evidence.cluster {
            value.break_glass = None;
        }
        assert_eq!(found(&evidence), Some(("old".into(), FoundBy::LastJobFailure)));
    }

    #[test]
    fn in_a_rollback_its_own_failed_job_counts_before_the_last_failure_of_the_upgrade() {
        let mut evidence = blue_green();
        if let Item::Present { value } = &mut evidence.cluster {
            value.break_glass = None;
        }
        let object = serde_json::json!({"metadata": {"name": "repair", "labels": {"openbao.org/component": "upgrade"},
            "annotations": {UPGRADE_RUN_ID: "rollback"}}, "status": {"failed": 1}});
        evidence.jobs = Item::present(vec![Job::read(&object)]);
        let found = failed_job(&evidence, evidence.cluster.value().expect("a cluster")).map(|f| f.name);
        assert_eq!(found.as_deref(), Some("repair"));
    }
}
