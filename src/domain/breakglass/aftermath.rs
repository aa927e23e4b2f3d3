//! After an acknowledgement: what changed since the last look, and how it ended.
//!
//! Pure: the follower looks at the cluster, this says what there is to show (F§4.6, F§15.1).

use super::state::waits_for;
use crate::api::cluster::{BlueGreen, Cluster};
use crate::api::text::clean;
use crate::api::workload::Job;
use crate::domain::progress::{Step, Tone};
use crate::domain::rollback;

/// How an acknowledgement ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The operator took it and the rollback it released is over: the phase is Idle, or a new upgrade began.
    Over {
        /// The phase now.
        phase: String,
    },
    /// Break glass again, with a new nonce.
    Reentered {
        /// The new nonce.
        nonce: String,
        /// The operator's message: it names the Job that failed.
        message: String,
        /// That Job.
        job: Option<String>,
    },
    /// The cluster is gone, or another one of its name stands in its place.
    Gone,
}

/// What is known of the way so far.
#[derive(Debug, Clone)]
pub struct Aftermath {
    nonce: String,
    uid: String,
    taken: bool,
    phase: String,
    waits_for: String,
    paused: bool,
    attempt: Option<i64>,
    end: Option<End>,
}

impl Aftermath {
    /// The way of the acknowledgement of this nonce, on the cluster of this uid.
    pub fn new(nonce: &str, uid: &str) -> Aftermath {
        Aftermath {
            nonce: nonce.into(),
            uid: uid.into(),
            taken: false,
            phase: String::new(),
            waits_for: String::new(),
            paused: false,
            attempt: None,
            end: None,
        }
    }

    /// Whether the operator has taken the acknowledgement.
    pub fn taken(&self) -> bool {
        self.taken
    }

    /// How it ended, if it did.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Whether nothing will move until a person does something: the cluster is paused.
    pub fn waits_for_a_person(&self) -> bool {
        self.paused
    }

    /// Which attempt at the rollback the acknowledgement began.
    pub fn attempt(&self) -> Option<i64> {
        self.attempt
    }

    /// Whether a Job is of this attempt: its run id says so. The names of older attempts' Jobs differ only in a hash.
    pub fn owns(&self, job: &Job) -> bool {
        let wanted = self.attempt.map(|n| format!("rollback-retry-{n}"));
        self.taken && wanted.is_some_and(|wanted| rollback::run_id(job) == wanted)
    }

    /// Takes in how the cluster is now; `None`: it is gone. Gives what is worth a line.
    pub fn see(&mut self, cluster: Option<&Cluster>) -> Vec<Step> {
        let mut steps = Vec::new();
        match cluster {
            _ if self.end.is_some() => {}
            Some(cluster) if self.uid.is_empty() || cluster.meta.uid == self.uid => self.changed(cluster, &mut steps),
            _ => {
                self.end = Some(End::Gone);
                steps.push(Step::new("gone", "the cluster was deleted", Tone::Bad));
            }
        }
        steps
    }

    fn changed(&mut self, cluster: &Cluster, steps: &mut Vec<Step>) {
        self.paused = cluster.spec.paused;
        let blank = Default::default();
        let record = cluster.break_glass.as_ref().unwrap_or(&blank);
        if record.active && record.nonce == self.nonce {
            return self.not_taken(cluster, steps);
        }
        if !self.taken {
            self.taken = true;
            self.attempt = cluster.blue_green.as_ref().and_then(|b| b.rollback_attempt);
            let attempt = self.attempt.map_or(String::new(), |n| format!("; attempt {n} at the rollback begins"));
            steps.push(Step::new("taken", &format!("the operator took the acknowledgement{attempt}"), Tone::Good));
        }
        if record.active {
            let text = format!("break glass again, with a new nonce: {}", record.message);
            steps.push(Step::new("re-entered", &text, Tone::Bad));
            self.end = Some(End::Reentered {
                nonce: clean(&record.nonce).into_owned(),
                message: clean(&record.message).into_owned(),
                job: record.failed_job().map(str::to_owned),
            });
            return;
        }
        self.under_way(cluster, steps);
    }

    fn not_taken(&mut self, cluster: &Cluster, steps: &mut Vec<Step>) {
        let why = "the cluster is paused: the acknowledgement is taken when somebody unpauses it";
        self.wait(if cluster.spec.paused { why } else { "" }, steps);
    }

    fn under_way(&mut self, cluster: &Cluster, steps: &mut Vec<Step>) {
        let blank = BlueGreen::default();
        let blue_green = cluster.blue_green.as_ref().unwrap_or(&blank);
        if blue_green.phase != self.phase {
            self.phase.clone_from(&blue_green.phase);
            let (text, tone) = phase_in_words(&blue_green.phase);
            steps.push(Step::new(if self.phase.is_empty() { "Idle" } else { &self.phase }, text, tone));
        }
        if !blue_green.rolling_back() {
            self.end = Some(End::Over { phase: clean(&blue_green.phase).into_owned() });
            return;
        }
        match (cluster.spec.paused, waits_for(cluster)) {
            (true, _) => self.wait("the cluster is paused: the rollback goes on when somebody unpauses it", steps),
            (false, Some(lock)) => {
                let holder = clean(&lock.holder).into_owned();
                self.wait(&format!("{holder} holds the operation lock: the rollback begins the instant it is free"), steps);
            }
            (false, None) => self.waits_for.clear(),
        }
    }

    /// Says what is waited for, once per reason.
    fn wait(&mut self, why: &str, steps: &mut Vec<Step>) {
        if why != self.waits_for {
            why.clone_into(&mut self.waits_for);
            if !why.is_empty() {
                steps.push(Step::new("waiting", why, Tone::Attention));
            }
        }
    }
}

/// What a phase means here.
fn phase_in_words(phase: &str) -> (&'static str, Tone) {
    match phase {
        "RollingBack" => ("Raft is repaired: Blue's servers get the vote, Green's lose it", Tone::Plain),
        "RollbackCleanup" => ("Raft is repaired; the clean-up takes Green away", Tone::Plain),
        "" | "Idle" => ("the rollback is over", Tone::Good),
        _ => ("the rollback is over and an upgrade is under way", Tone::Attention),
    }
}
