//! Does anybody lead, and on what does one know it. The cluster's own status is never asked: it stays green after quorum
//! was lost (F§15.1).

use super::failure::Failure;
use crate::api::cluster::Cluster;
use crate::api::workload::Pod;
use crate::domain::evidence::{Evidence, Item};
use crate::domain::rollback::{Colour, answer_of, is_of, is_silent, is_up, leads};

/// What a statement about leader and quorum rests on, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Basis {
    /// Labels that the servers wrote on their pods.
    Labels,
    /// The servers' own answers.
    Answers,
    /// Raft's own list of members.
    Raft,
}

impl Basis {
    pub fn source(self) -> &'static str {
        match self {
            Basis::Labels => "pod labels",
            Basis::Answers => "the servers' own answers",
            Basis::Raft => "Raft's list of members",
        }
    }
}

/// The state of Raft as far as it can be told from outside.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Quorum {
    /// One server leads.
    Has { leader: String, side: Option<Colour>, basis: Basis },
    /// No leader, and none to be expected.
    Lost { why: String, basis: Basis },
    /// None leads because so many are sealed.
    Sealed(usize),
    /// None leads at the moment; whether an election is on or quorum is lost, one look does not tell.
    NoLeader(Basis),
    /// Several claim to lead.
    Several(Vec<String>),
    /// The servers could not be looked at.
    Unknown(String),
}

/// An election has ended after this many seconds, or it does not end (O§3.4).
const ELECTION_SECONDS: u64 = 15;
/// After an acknowledgement the operator has deleted Green and gone idle within this time (F§15.1: 7 s seen).
const SETTLED_SECONDS: u64 = 60;

/// Judges over pods, answers and Raft's list.
pub(super) fn judge(evidence: &Evidence, cluster: &Cluster, failed: Option<&Failure<'_>>) -> Quorum {
    let pods = match &evidence.pods {
        Item::Present { value } => value,
        other => return Quorum::Unknown(other.unknown().unwrap_or_else(|| "there are none".into())),
    };
    if let Some(lost) = lost_by_raft(evidence, pods) {
        return lost;
    }
    let leaders: Vec<&Pod> = pods.iter().filter(|p| leads(evidence, p)).collect();
    match leaders.as_slice() {
        [one] => has(evidence, cluster, one),
        [] => without_leader(evidence, cluster, pods, failed),
        several => Quorum::Several(several.iter().map(|p| p.meta.name.clone()).collect()),
    }
}

fn has(evidence: &Evidence, cluster: &Cluster, pod: &Pod) -> Quorum {
    let basis = match (&evidence.peers, answer_of(evidence, &pod.meta.name)) {
        (Item::Present { value }, _) if value.iter().any(|p| p.leader && p.id == pod.meta.name) => Basis::Raft,
        (_, Some(_)) => Basis::Answers,
        _ => Basis::Labels,
    };
    Quorum::Has { leader: pod.meta.name.clone(), side: side_of(cluster, pod), basis }
}

/// The side a pod belongs to, by its label or its name.
fn side_of(cluster: &Cluster, pod: &Pod) -> Option<Colour> {
    let blue_green = cluster.blue_green.as_ref()?;
    let mine = |revision: &Option<String>| {
        revision.as_deref().is_some_and(|r| pod.revision() == r || is_of(&pod.meta.name, &cluster.meta.name, r))
    };
    if mine(&blue_green.blue_revision) {
        return Some(Colour::Blue);
    }
    mine(&blue_green.green_revision).then_some(Colour::Green)
}

/// Fewer voters up than a majority needs: certain, whoever claims to lead.
fn lost_by_raft(evidence: &Evidence, pods: &[Pod]) -> Option<Quorum> {
    let voters: Vec<&str> = evidence.peers.value()?.iter().filter(|p| p.voter).map(|p| p.id.as_str()).collect();
    let pod = |id: &str| pods.iter().find(|p| p.meta.name == id);
    // Ids that are no pod names cannot be matched with anything.
    if !voters.iter().any(|id| pod(id).is_some()) {
        return None;
    }
    // A server that gave no answer may still vote: only what is surely down counts as lost.
    let down = voters.iter().filter(|id| pod(id).is_none_or(|p| surely_down(evidence, p))).count();
    let up = voters.len() - down;
    (2 * up <= voters.len()).then(|| Quorum::Lost {
        why: format!("{up} of {} voters can be up; a majority is {}", voters.len(), voters.len() / 2 + 1),
        basis: Basis::Raft,
    })
}

fn surely_down(evidence: &Evidence, pod: &Pod) -> bool {
    match answer_of(evidence, &pod.meta.name) {
        Some(health) => !health.initialized || health.sealed,
        None => pod.ready == Some(false) || pod.server_label("sealed") == Some(true),
    }
}

fn without_leader(evidence: &Evidence, cluster: &Cluster, pods: &[Pod], failed: Option<&Failure<'_>>) -> Quorum {
    let basis = if all_asked(evidence) { Basis::Answers } else { Basis::Labels };
    let up = pods.iter().filter(|p| is_up(evidence, p)).count();
    let sealed = pods.iter().filter(|p| is_sealed(evidence, p)).count();
    if sealed > 0 && 2 * up <= pods.len() {
        return Quorum::Sealed(sealed);
    }
    // A silent server that called itself active may be the one that leads, slow and cut off from us. One that did not is
    // taken by its label, as if it had not been asked: else not asking would prove more than asking in vain.
    let may_lead = |pod: &Pod| is_silent(evidence, &pod.meta.name) && pod.server_label("active") != Some(false);
    if pods.iter().any(may_lead) {
        return Quorum::NoLeader(basis);
    }
    if let Some(job) = failed.filter(|f| f.found_no_leader() && f.ended_before(evidence, ELECTION_SECONDS)) {
        return Quorum::Lost { why: format!("Job {} found no leader, and none leads now", job.name), basis };
    }
    if left_without_repair(evidence, cluster) {
        let why = "break glass was acknowledged, Green is gone, and no server leads: its votes are missing".into();
        return Quorum::Lost { why, basis };
    }
    Quorum::NoLeader(basis)
}

/// Path B (F§4.7, F§15.1): an acknowledgement with the version set back deleted Green while it had votes.
fn left_without_repair(evidence: &Evidence, cluster: &Cluster) -> bool {
    let idle = cluster.blue_green.as_ref().is_some_and(|b| !b.under_way());
    let acknowledged = cluster.break_glass.as_ref().filter(|b| !b.active).and_then(|b| b.acknowledged_at);
    idle && acknowledged.is_some_and(|at| evidence.since(at).as_secs() >= SETTLED_SECONDS)
}

/// Sealed by its own answer, else by its label.
pub(super) fn is_sealed(evidence: &Evidence, pod: &Pod) -> bool {
    match answer_of(evidence, &pod.meta.name) {
        Some(health) => health.sealed,
        None => pod.server_label("sealed") == Some(true),
    }
}

/// Every server's pod was asked; a silent one counts as asked.
pub(super) fn all_asked(evidence: &Evidence) -> bool {
    let asked = |pod: &Pod| answer_of(evidence, &pod.meta.name).is_some() || is_silent(evidence, &pod.meta.name);
    !evidence.pods.each().is_empty() && evidence.pods.each().iter().all(asked)
}
