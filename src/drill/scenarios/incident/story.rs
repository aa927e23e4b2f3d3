//! The words incidents are told in: peers, past Jobs with their logs, statuses.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::names::{CLUSTER, Clock, NAMESPACE, REVISIONS, VERSION};
use super::super::objects;
use super::PastJob;
use crate::drill::Play;
use crate::drill::operator::blue_green::break_glass::{self, Failed};
use crate::drill::operator::jobs;
use crate::drill::operator::values::{merged, name, time};
use crate::drill::processes::upgrade::log;
use crate::drill::world::raft::Peer;

/// When the upgrade of every story began, in minutes before now.
const BEGAN: i64 = 36;

/// What stories have in common.
#[derive(Clone, Copy)]
pub struct Story<'a> {
    /// The generation.
    pub play: Play,
    /// The times.
    pub clock: Clock,
    /// The nonce break glass was entered with.
    pub nonce: &'a str,
}

/// A server by colour.
pub fn blue(ordinal: u32) -> String {
    format!("{CLUSTER}-{}-{ordinal}", REVISIONS.0)
}

/// Green's server.
pub fn green(ordinal: u32) -> String {
    format!("{CLUSTER}-{}-{ordinal}", REVISIONS.1)
}

/// Entries of the Raft configuration, Blue's three and then Green's: `V` votes, `-` does not, anything else is not in it.
pub fn peers(votes: &str) -> Vec<Peer> {
    let ids = (0..3).map(blue).chain((0..3).map(green));
    let entry = |(id, vote)| match vote {
        'V' => Some(Peer { id, voter: true }),
        '-' => Some(Peer { id, voter: false }),
        _ => None,
    };
    ids.zip(votes.chars()).filter_map(entry).collect()
}

/// A log line as a story tells it: level, message, further fields.
pub type Told = (&'static str, &'static str, Vec<(&'static str, Value)>);

impl Story<'_> {
    /// The spec of a cluster that is being upgraded.
    pub fn upgrading() -> Value {
        let blue_green = json!({"autoPromote": true, "maxJobFailures": 2, "preUpgradeSnapshot": true});
        merged(&objects::upgrading_spec(), &json!({"upgrade": {"blueGreen": blue_green}}))
    }

    /// The spec after somebody set the version back.
    pub fn set_back() -> Value {
        merged(&Self::upgrading(), &json!({"version": VERSION}))
    }

    /// Whether runs carry the operation's identity (≥ #747).
    fn operation(&self) -> Option<String> {
        (self.play >= Play::V05).then(|| "bg-v2-5f1d0c3a9b7e4d2286af1c0e7d9b3a54".to_owned())
    }

    /// The run id of a run.
    fn run(&self, run: &str) -> String {
        self.operation().map_or_else(|| run.to_owned(), |operation| format!("{operation}/{run}"))
    }

    /// The cluster as far as Job names depend on it.
    fn cluster(&self) -> Value {
        let revisions = json!({"blueRevision": REVISIONS.0, "greenRevision": REVISIONS.1});
        merged(&objects::cluster(), &json!({"spec": Self::upgrading(), "status": {"blueGreen": revisions}}))
    }

    /// The executor Job of an action and run.
    fn job(&self, action: &str, run: &str) -> Value {
        jobs::upgrade(&self.cluster(), action, &self.run(run))
    }

    /// Its name.
    pub fn job_name(&self, action: &str, run: &str) -> String {
        name(&self.job(action, run)).to_owned()
    }

    /// An executor Job that ended well.
    pub fn succeeded(&self, action: &'static str, run: &str, minutes_ago: i64, told: &[Told]) -> PastJob {
        PastJob { job: self.job(action, run), minutes_ago, exit: 0, log: self.log(action, minutes_ago, told) }
    }

    /// An executor Job that failed with this chain.
    pub fn failed(&self, action: &'static str, run: &str, minutes_ago: i64, told: &[Told], chain: &str) -> PastJob {
        let mut log = self.log(action, minutes_ago, told);
        log.push(format!("upgrade-executor error: {chain}"));
        PastJob { job: self.job(action, run), minutes_ago, exit: 2, log }
    }

    fn log(&self, action: &str, minutes_ago: i64, told: &[Told]) -> Vec<String> {
        let base = log::base(action, (NAMESPACE, CLUSTER), 3, REVISIONS);
        let at = |seconds: i64| self.after(minutes_ago, seconds);
        let start = log::line(at(0), "INFO", "Upgrade executor starting", base.iter());
        let rest = (1..)
            .zip(told)
            .map(|(second, (level, message, fields))| log::line(at(second), level, message, base.iter().chain(fields.iter())));
        std::iter::once(start).chain(rest).collect()
    }

    fn after(&self, minutes_ago: i64, seconds: i64) -> Timestamp {
        let at = self.clock.minutes_ago(minutes_ago);
        at.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(at)
    }

    /// The snapshot before the upgrade: the best one to restore.
    pub fn snapshot(&self) -> PastJob {
        let at = self.clock.minutes_ago(BEGAN);
        let (pod, set) = (blue(0), format!("{CLUSTER}-{}", REVISIONS.0));
        let log = vec![
            format!("findLeader: Starting leader discovery for 3 replicas (statefulset={set})"),
            "findLeader: Attempt 1/5".into(),
            format!("findLeader: Checking pod {pod} at https://{pod}.{CLUSTER}.{NAMESPACE}.svc:8200"),
            format!("findLeader: Pod {pod} isLeader=true"),
            format!("Backup completed successfully: {} (size: 28509 bytes)", self.clock.pre_upgrade_key()),
        ];
        PastJob { job: jobs::upgrade_snapshot(&self.cluster(), at), minutes_ago: BEGAN, exit: 0, log }
    }

    /// The Jobs every story begins with: snapshot, join, synchronisation.
    pub fn beginning(&self) -> Vec<PastJob> {
        let leader = ("INFO", "Blue leader found", vec![("blue_leader_url", json!(url(&blue(0))))]);
        let joining = (0..3)
            .map(|ordinal| ("DEBUG", "Joining Green pod as non-voter", vec![("green_pod_url", json!(url(&green(ordinal))))]));
        let mut join = vec![leader.clone()];
        join.extend(joining);
        join.push(("INFO", "All Green pods joined as non-voters", vec![]));
        let synced = ("INFO", "Green pods are synced", vec![("target_index", json!(73)), ("sync_threshold", json!(100))]);
        vec![
            self.snapshot(),
            self.succeeded("bluegreen-join-green-nonvoters", "", BEGAN - 3, &join),
            self.succeeded("bluegreen-wait-green-synced", "", BEGAN - 4, &[leader, synced]),
        ]
    }

    /// The promotion that went well.
    pub fn promoted(&self) -> PastJob {
        let told = [blue_leads(), ("INFO", "Green pods promoted to voters", vec![])];
        self.succeeded("bluegreen-promote-green-voters", "", BEGAN - 5, &told)
    }

    /// A phase's action that failed twice, which is its limit.
    pub fn failed_twice(&self, action: &'static str, told: &[Told], chain: &str) -> [PastJob; 2] {
        [("", BEGAN - 6), ("retry-1", BEGAN - 7)].map(|(run, ago)| self.failed(action, run, ago, told, chain))
    }

    /// `status.blueGreen` in a rollback.
    pub fn rolling_back(&self, phase: &str, reason: &str, failed: &str) -> Value {
        let mut status = json!({
            "blueRevision": REVISIONS.0,
            "greenRevision": REVISIONS.1,
            "phase": phase,
            "preUpgradeSnapshotJobName": name(&self.snapshot().job),
            "rollbackReason": reason,
            "rollbackStartTime": time(self.clock.minutes_ago(BEGAN - 8)),
            "startTime": time(self.clock.minutes_ago(BEGAN - 6)),
        });
        if phase == "RollingBack" {
            status["jobFailureCount"] = json!(2);
            status["lastJobFailure"] = json!(self.job_name(failed, "retry-1"));
        }
        if let Some(operation) = self.operation() {
            status["operationID"] = json!(operation);
        }
        status
    }

    /// `status.blueGreen` after it, in `Idle`.
    pub fn rolled_back(&self, reason: &str, attempt: i64) -> Value {
        let mut status = self.rolling_back("Idle", reason, "");
        for gone in ["greenRevision", "startTime", "operationID"] {
            if let Some(fields) = status.as_object_mut() {
                fields.shift_remove(gone);
            }
        }
        if attempt > 0 {
            status["rollbackAttempt"] = json!(attempt);
        }
        status
    }

    /// `status.breakGlass`, active.
    pub fn break_glass(&self, reason: &str, action: &str) -> Value {
        self.entered(reason, action, "rollback", self.repaired_at() - 1)
    }

    /// `status.breakGlass` after the first retry.
    pub fn break_glass_again(&self, reason: &str, action: &str) -> Value {
        self.entered(reason, action, "rollback-retry-1", self.retried_at() - 1)
    }

    fn entered(&self, reason: &str, action: &str, run: &str, minutes_ago: i64) -> Value {
        let job = self.job_name(action, run);
        let message = break_glass::message(reason, &job);
        let failed = Failed { reason, message: &message, job: &job };
        break_glass::entered(&objects::cluster(), self.clock.minutes_ago(minutes_ago), self.nonce, &failed)
    }

    /// The upgrade's lock, renewed for the last time when break glass was entered.
    pub fn lock(&self, phase: &str) -> Value {
        let began = time(self.clock.minutes_ago(BEGAN));
        let message = format!("blue/green upgrade phase {phase}");
        let mut lock = objects::lock("Upgrade", "openbaocluster/upgrade", &message, &began);
        lock["renewedAt"] = json!(time(self.clock.minutes_ago(BEGAN - 9)));
        lock
    }

    /// When it was tried again, in the story where somebody had acknowledged once.
    pub fn retried_at(&self) -> i64 {
        BEGAN - 20
    }

    /// When the rollback's own Job ran.
    pub fn repaired_at(&self) -> i64 {
        BEGAN - 8
    }
}

/// `Blue leader found`.
pub fn blue_leads() -> Told {
    ("INFO", "Blue leader found", vec![("blue_leader_url", json!(url(&blue(0))))])
}

/// A server's URL.
pub fn url(pod: &str) -> String {
    format!("https://{pod}.{CLUSTER}.{NAMESPACE}.svc:8200")
}

/// A server's Raft address.
pub fn address(pod: &str) -> String {
    format!("{pod}.{CLUSTER}.{NAMESPACE}.svc:8201")
}

/// A peer as log lines name it.
pub fn peer(pod: &str) -> Vec<(&'static str, Value)> {
    vec![("node_id", json!(pod)), ("address", json!(address(pod)))]
}
