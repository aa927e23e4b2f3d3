//! What every part of a diagnosis looks at, worked out once.

use std::collections::BTreeSet;

use super::failure::{self, Failure};
use super::quorum::{self, Quorum};
use crate::api::cluster::{BlueGreen, BreakGlass, Cluster};
use crate::api::generation::Tag;
use crate::api::names::audit;
use crate::api::restore::Restore;
use crate::api::workload::{ContainerState, Pod};
use crate::domain::evidence::{Evidence, StoreAnswer};
use crate::domain::hazards::{self, Hazard};
use crate::domain::lock::{self, LockFinding};
use crate::domain::rollback::{self, Candidate, Colour, Sides};

/// Where the cluster stands, by the operator's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Break glass is active: automation is stopped.
    BreakGlass,
    /// A rollback is under way and break glass is not active (any more).
    RollingBack,
    /// A blue/green upgrade is under way.
    BlueGreen,
    /// A rolling upgrade is under way, or failed.
    Rolling,
    /// Nothing is under way.
    Idle,
}

/// The facts.
pub(super) struct Facts<'a> {
    pub evidence: &'a Evidence,
    pub cluster: &'a Cluster,
    pub stage: Stage,
    pub sides: Option<Sides<'a>>,
    pub quorum: Quorum,
    /// The Job that broke the glass, or the last failure of an upgrade under way.
    pub failed: Option<Failure<'a>>,
    /// Earlier failures of the same action, newest first.
    pub earlier: Vec<Failure<'a>>,
    /// The failed step of the upgrade that the rollback began with.
    pub origin: Option<Failure<'a>>,
    pub snapshot: Option<Candidate>,
    pub lock: Option<LockFinding>,
    /// Of an acknowledgement; empty where none can be given.
    pub hazards: Vec<Hazard>,
}

impl<'a> Facts<'a> {
    pub fn of(evidence: &'a Evidence, cluster: &'a Cluster) -> Facts<'a> {
        let stage = stage(cluster);
        let failed = (stage != Stage::Idle || cluster.break_glass.is_some())
            .then(|| rollback::failed_job(evidence, cluster))
            .flatten()
            .map(|found| Failure::of(evidence, cluster, found));
        let earlier = failed.as_ref().map_or(Vec::new(), |f| failure::earlier(evidence, cluster, f));
        Facts {
            evidence,
            cluster,
            stage,
            sides: rollback::sides(evidence, cluster),
            quorum: quorum::judge(evidence, cluster, failed.as_ref()),
            origin: failed.as_ref().and_then(|f| failure::origin(evidence, cluster, f)),
            earlier,
            failed,
            snapshot: rollback::candidate(evidence, cluster),
            lock: lock::judge(evidence),
            hazards: if stage == Stage::BreakGlass { hazards::of_ack(evidence) } else { Vec::new() },
        }
    }

    pub fn blue_green(&self) -> Option<&'a BlueGreen> {
        self.cluster.blue_green.as_ref()
    }

    pub fn phase(&self) -> &'a str {
        self.blue_green().map_or("", |b| b.phase.as_str())
    }

    pub fn break_glass(&self) -> Option<&'a BreakGlass> {
        self.cluster.active_break_glass()
    }

    /// Whether there ever was a rollback or break glass: then a label alone proves nothing (a removed server can hang
    /// with its label frozen, F§15.2.5; status stays green after quorum was lost, F§15.1).
    pub fn has_history(&self) -> bool {
        let rolled_back = |b: &BlueGreen| b.rollback_reason.is_some() || b.rollback_attempt.unwrap_or(0) > 0;
        self.cluster.break_glass.is_some() || self.blue_green().is_some_and(rolled_back)
    }

    /// The exact nonce is in the spec and the operator has not taken it yet.
    pub fn ack_waits(&self) -> bool {
        self.break_glass().is_some() && self.cluster.acknowledged()
    }

    /// When an acknowledgement that waits takes effect (F§15.2.15).
    pub fn taken_when(&self) -> &'static str {
        match (self.cluster.spec.paused, self.evidence.operator_alive()) {
            (true, _) => "it is taken the moment the cluster is unpaused",
            (_, Some(false)) => "it is taken the moment the operator comes back",
            _ => "the operator takes it within seconds when it runs",
        }
    }

    /// `spec.version` was set back while a blue/green upgrade is not finished: the operator then deletes Green without
    /// any Raft repair (F§4.7).
    pub fn version_reverted(&self) -> bool {
        hazards::version_is_reverted(self.cluster, self.cluster.spec.version.as_deref())
    }

    /// The clean-up that follows an acknowledged repair removes Blue's voters on this generation.
    pub fn ack_removes_blue(&self) -> bool {
        self.evidence.generation.ack_removes_blue_peers()
    }

    /// `resolve --path restore` noted its steps on the cluster, and is not at its end.
    pub fn resolution(&self) -> bool {
        self.cluster.meta.annotations.contains_key(audit::RESOLVE)
    }

    /// Different ids mean separate clusters (O§3.4).
    pub fn cluster_ids(&self) -> BTreeSet<&'a str> {
        self.evidence.servers.iter().filter_map(|s| s.health.value()?.cluster_id.as_deref()).collect()
    }

    /// What Blue's servers are in Raft, by Raft's own list: members without a vote, or no members any more.
    pub fn blue_in_raft(&self) -> Option<String> {
        let blue = self.sides.as_ref()?.blue.as_ref()?;
        let (voters, others) = blue.peers?;
        let wanted = self.wanted(blue.pods.len());
        let gone = wanted.saturating_sub(voters + others);
        match (gone, others) {
            (0, 0) => None,
            (0, _) => Some(format!("{others} of Blue's {wanted} servers are members of Raft without a vote")),
            _ => Some(format!("{gone} of Blue's {wanted} servers were removed from Raft")),
        }
    }

    /// What upgrading the operator needs beside its image: Helm never upgrades CRDs, and before P4 the strategy stood elsewhere
    /// (F§1.1, F§2.5).
    pub fn upgrading_it(&self) -> &'static str {
        match self.evidence.generation.may_be_at_most(Tag::P3) && self.blue_green().is_some() {
            true => {
                "one minor at a time; scale the old one to 0, apply the CRDs, set spec.upgrade.strategy: BlueGreen (it was spec.updateStrategy), and only then start the new one"
            }
            false => "its CRDs included, one minor at a time",
        }
    }

    /// Where one server leads, its snapshot call works without the operator; a standby may seal itself over it (O§3.5).
    pub fn or_by_hand(&self) -> &'static str {
        match &self.quorum {
            // It takes no lock: an upgrade would go on beneath it.
            Quorum::Has { .. } if !self.rolls_back() && !self.ack_waits() && self.stage != Stage::BlueGreen => {
                ", or send the snapshot by hand to the server that leads"
            }
            _ => "",
        }
    }

    /// A snapshot is known, and the object store did not say that it is gone.
    pub fn has_snapshot(&self) -> bool {
        let gone = matches!(self.evidence.snapshot, StoreAnswer::NoSuchKey | StoreAnswer::NoSuchBucket);
        self.snapshot.is_some() && !gone
    }

    /// The object store was seen to have it.
    pub fn snapshot_is_there(&self) -> bool {
        self.snapshot.is_some() && matches!(self.evidence.snapshot, StoreAnswer::Found { .. })
    }

    /// Servers that were started again and again within the last hour.
    pub fn restarting(&self) -> Vec<&'a Pod> {
        const OFTEN: i64 = 3;
        let began = |pod: &Pod| match pod.containers.iter().find(|c| c.restarts >= OFTEN)?.state {
            ContainerState::Running { since: Some(since) } => Some(since),
            _ => pod.meta.created_at.or(self.cluster.meta.created_at),
        };
        let late = |pod: &&Pod| began(pod).is_some_and(|at| self.evidence.since(at).as_secs() < 3600);
        self.evidence.pods.each().iter().filter(late).collect()
    }

    /// Whether servers of Blue are among them: who is well now may be gone the next moment.
    pub fn blue_restarts(&self) -> bool {
        let blue = self.sides.as_ref().and_then(|s| s.blue.as_ref());
        blue.is_some_and(|blue| self.restarting().iter().any(|p| p.revision() == blue.revision))
    }

    /// The login was refused in the step before the rollback, and the failed Job ended before it came to one.
    pub fn login_untried(&self) -> bool {
        let cause = self.origin.as_ref().and_then(|o| o.cause.as_ref());
        cause.is_some_and(|c| c.finding.code == "upgrade-log-login-refused")
            && self.failed.as_ref().is_some_and(|f| f.found_no_leader() || f.code() == "upgrade-log-login")
    }

    /// A rollback goes on, or may at any moment: only a paused cluster without a Job stands still.
    pub fn rolls_back(&self) -> bool {
        let halted = self.cluster.spec.paused && self.evidence.jobs_at_work("upgrade").is_empty();
        self.stage == Stage::RollingBack && !halted
    }

    /// A restore that the operator may still act on, the one that runs first.
    pub fn restore_under_way(&self) -> Option<&'a Restore> {
        let mut open = self.evidence.unfinished_restores();
        open.sort_by_key(|r| std::cmp::Reverse(r.phase.clone()));
        open.first().copied()
    }

    /// Whether a restore is known not to be under way.
    pub fn surely_no_restore(&self) -> bool {
        let by_lock = self.cluster.operation_lock.as_ref().is_some_and(|l| l.operation == "Restore");
        self.evidence.restores.unknown().is_none() && self.restore_under_way().is_none() && !by_lock
    }

    /// Whether Green leads, or may: true as well where nothing is known.
    pub fn green_may_lead(&self) -> bool {
        match &self.quorum {
            Quorum::Has { side, .. } => *side != Some(Colour::Blue) && self.blue_green().is_some_and(BlueGreen::under_way),
            Quorum::Lost { .. } | Quorum::NoLeader(_) | Quorum::Sealed(_) => false,
            Quorum::Several(_) | Quorum::Unknown(_) => true,
        }
    }

    /// Whether Blue is seen to lead with a majority of its own servers up.
    pub fn blue_is_well(&self) -> bool {
        let Quorum::Has { side: Some(Colour::Blue), .. } = &self.quorum else { return false };
        let Some(blue) = self.sides.as_ref().and_then(|s| s.blue.as_ref()) else { return false };
        let wanted = self.wanted(blue.pods.len());
        let members_well = blue.peers.is_none_or(|(voters, others)| 2 * (voters + others) > wanted);
        2 * blue.up(self.evidence) > wanted && members_well
    }

    /// Servers wanted on one side.
    pub fn wanted(&self, seen: usize) -> usize {
        self.cluster.servers_wanted(seen).max(1)
    }

    /// Every server was asked itself.
    pub fn servers_asked(&self) -> bool {
        quorum::all_asked(self.evidence)
    }
}

fn stage(cluster: &Cluster) -> Stage {
    if cluster.active_break_glass().is_some() {
        return Stage::BreakGlass;
    }
    match cluster.blue_green.as_ref().map_or("", |b| b.phase.as_str()) {
        "RollingBack" | "RollbackCleanup" => Stage::RollingBack,
        "" | "Idle" if cluster.upgrade.is_some() => Stage::Rolling,
        "" | "Idle" => Stage::Idle,
        _ => Stage::BlueGreen,
    }
}
