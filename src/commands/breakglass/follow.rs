//! After an acknowledgement: until the operator took it, and on request the rollback's Jobs and the clean-up to their end.
//!
//! It never writes; leaving it early changes nothing.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::api::cluster::Cluster;
use crate::api::names::{CLUSTER_LABEL, COMPONENT_LABEL};
use crate::api::workload::Job;
use crate::commands::follow::screen::Screen;
use crate::domain::breakglass::{Aftermath, State, state};
use crate::domain::job_log::Findings;
use crate::domain::progress::{Step, Tone};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::{items, live};
use crate::remote::k8s::paths::{CLUSTERS, JOBS, Resource, query};
use crate::remote::k8s::{ApiError, ApiErrorKind};
use crate::remote::logs::{Follower, LogEvent, LogOptions, LogTarget, follow_job};
use crate::remote::watch::{Change, Patience, Select, Watched, watch};
use crate::session::{Connected, Session};

/// What to follow, how far and for how long.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) cluster: String,
    pub(super) uid: String,
    pub(super) nonce: String,
    /// To the end of the rollback; else only until the operator took the acknowledgement.
    pub(super) follow: bool,
    pub(super) timeout: Option<Duration>,
}

/// What was seen.
pub(super) struct Followed {
    pub(super) aftermath: Aftermath,
    /// What the last Job's log said.
    pub(super) findings: Findings,
    /// The last Job that was followed.
    pub(super) job: Option<String>,
}

/// An operator that works takes an acknowledgement within seconds; after this long it is asked after.
const ASK_AFTER: Duration = Duration::from_secs(10);
const ASK_AGAIN: Duration = Duration::from_secs(30);

impl Way {
    /// The command that attaches again.
    pub(super) fn again(&self, namespace: &str) -> String {
        format!("kubectl openbao breakglass show {} -n {namespace} --follow", self.cluster)
    }
}

/// Follows until the end, or until the acknowledgement was taken.
///
/// # Errors
/// Exit 9 after the time limit and 130 after Ctrl-C, both with the command to attach again; the cluster may not be looked at.
pub(super) async fn follow(session: &Session, connected: &Connected, way: &Way) -> Outcome<Followed> {
    let mut following = Following::begin(session, connected, way);
    let deadline = way.timeout.map(|timeout| Instant::now() + timeout);
    let left = |exit, taken: bool, why: &str| {
        let state =
            if taken { "the operator goes on" } else { "the acknowledgement is written, and the operator has not taken it" };
        Failure::new(exit, format!("{why}; {state}")).hint(way.again(&connected.namespace))
    };
    tokio::select! {
        done = following.until_ended() => done?,
        () = until(deadline) => return Err(left(Exit::TimeLimit, following.aftermath.taken(), "the time limit ran out")),
        _ = tokio::signal::ctrl_c() => return Err(left(Exit::Interrupted, following.aftermath.taken(), "not followed any more")),
    }
    Ok(following.ended().await)
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

struct Following<'a> {
    session: &'a Session,
    connected: &'a Connected,
    way: &'a Way,
    screen: Screen<'a>,
    aftermath: Aftermath,
    findings: Findings,
    cluster: Option<mpsc::Receiver<Change>>,
    jobs: Option<mpsc::Receiver<Change>>,
    known: BTreeMap<String, Job>,
    waiting: VecDeque<String>,
    followed: Vec<String>,
    log: Option<Follower>,
    ask_at: Instant,
    told: Vec<String>,
}

impl<'a> Following<'a> {
    fn begin(session: &'a Session, connected: &'a Connected, way: &'a Way) -> Self {
        let watched = |resource: Resource, select| {
            let watched = Watched { resource, namespace: connected.namespace.clone(), select };
            watch(connected.kube.clone(), watched, Patience::default())
        };
        let jobs = way.follow.then(|| watched(JOBS, Select::Labels(executors(&way.cluster))));
        Following {
            session,
            connected,
            way,
            screen: Screen::new(&session.ui),
            aftermath: Aftermath::new(&way.nonce, &way.uid),
            findings: Findings::default(),
            cluster: Some(watched(CLUSTERS, Select::Name(way.cluster.clone()))),
            jobs,
            known: BTreeMap::new(),
            waiting: VecDeque::new(),
            followed: Vec::new(),
            log: None,
            ask_at: Instant::now() + ASK_AFTER,
            told: Vec::new(),
        }
    }

    async fn until_ended(&mut self) -> Outcome<()> {
        while !self.is_done() {
            tokio::select! {
                change = next(&mut self.cluster) => self.cluster_changed(change)?,
                change = next(&mut self.jobs) => self.jobs_changed(change),
                event = next_log(&mut self.log) => self.log_event(event),
                () = tokio::time::sleep_until(self.ask_at), if !self.aftermath.taken() => self.ask().await,
            }
            self.screen.notices(&self.connected.kube);
        }
        Ok(())
    }

    /// Nothing takes it while the cluster is paused: only a person who watches waits for that.
    fn is_done(&self) -> bool {
        let hopeless = !self.way.follow && self.aftermath.waits_for_a_person();
        self.aftermath.end().is_some() || hopeless || (!self.way.follow && self.aftermath.taken())
    }

    fn cluster_changed(&mut self, change: Change) -> Outcome<()> {
        let seen = match change {
            Change::All(all) => all.first().map(Cluster::read),
            Change::Put(object) => Some(Cluster::read(&object)),
            Change::Gone(_) => None,
            Change::Trouble { why, attempt } => {
                self.screen.reconnecting(&why, attempt);
                return Ok(());
            }
            Change::GaveUp(error) => return Err(self.gave_up(&error)),
        };
        for step in self.aftermath.see(seen.as_ref()) {
            self.screen.step(&step);
        }
        self.find_jobs();
        Ok(())
    }

    /// The API server stayed away, or this person may not look: what becomes of it is not known.
    fn gave_up(&self, error: &ApiError) -> Failure {
        let mut failure = error.failure("following the acknowledgement");
        if !matches!(error.kind, ApiErrorKind::Unauthorized | ApiErrorKind::Forbidden | ApiErrorKind::NotServed) {
            failure.exit = Exit::OutcomeUnknown;
        }
        failure.hint(self.way.again(&self.connected.namespace))
    }

    fn jobs_changed(&mut self, change: Change) {
        match change {
            Change::All(all) => all.iter().for_each(|job| self.know(job)),
            Change::Put(job) => self.know(&job),
            // The cluster's own watch says the same at the same time.
            Change::Gone(_) | Change::Trouble { .. } => {}
            Change::GaveUp(error) => self.unseen(&error),
        }
        self.find_jobs();
    }

    /// Said once: nobody is told that there were no Jobs.
    fn unseen(&mut self, error: &ApiError) {
        let text = format!("the rollback's Jobs cannot be seen, so their logs are not followed: {}", error.message);
        if !self.told.contains(&text) {
            self.screen.step(&Step::new("log", &text, Tone::Attention));
            self.told.push(text);
        }
    }

    fn know(&mut self, job: &Value) {
        let job = Job::read(job);
        self.known.insert(job.meta.name.clone(), job);
    }

    /// Lines up what belongs to this attempt, oldest first, each once.
    fn find_jobs(&mut self) {
        let mut own: Vec<&Job> = self.known.values().filter(|job| self.aftermath.owns(job)).collect();
        own.sort_by_key(|job| job.meta.created_at);
        for job in own {
            let name = &job.meta.name;
            if !self.followed.contains(name) && !self.waiting.contains(name) {
                self.waiting.push_back(name.clone());
            }
        }
        self.next_job();
    }

    fn next_job(&mut self) {
        if self.log.is_some() {
            return;
        }
        let Some(job) = self.waiting.pop_front() else { return };
        self.screen.another_job(&job);
        let target = LogTarget { namespace: self.connected.namespace.clone(), job: job.clone() };
        self.log = Some(follow_job(&self.connected.kube, target, LogOptions { follow: true, ..LogOptions::default() }));
        self.findings = Findings::default();
        self.followed.push(job);
    }

    fn log_event(&mut self, event: LogEvent) {
        match &event {
            LogEvent::Lines(lines) => lines.iter().for_each(|line| {
                self.findings.line(line.text);
            }),
            LogEvent::RunStarted { .. } => self.findings.run_started(),
            _ => {}
        }
        self.screen.log(&event, &self.findings);
        if matches!(event, LogEvent::Ended | LogEvent::GaveUp { .. }) {
            self.log = None;
            self.next_job();
        }
    }

    /// Nothing happens: is there an operator at all?
    async fn ask(&mut self) {
        self.ask_at = Instant::now() + ASK_AGAIN;
        let Connected { kube, namespace } = self.connected;
        let Ok(evidence) = live::cluster(kube, namespace, &self.way.cluster).await else { return };
        let Some(State::ActiveAckPending { held_by }) = state(&evidence) else { return };
        for why in held_by.into_iter().filter(|why| !why.contains("paused")) {
            if !self.told.contains(&why) {
                self.screen.step(&Step::new("waiting", &why, Tone::Attention));
                self.told.push(why);
            }
        }
    }

    /// The end was seen; what the logs still hold decides how it is understood.
    async fn ended(mut self) -> Followed {
        if self.way.follow {
            self.last_jobs().await;
            while let Some(mut log) = self.log.take() {
                log.finish();
                while let Some(event) = log.next().await {
                    if !matches!(event, LogEvent::Ended | LogEvent::GaveUp { not_permitted: false, .. }) {
                        self.log_event(event);
                    }
                }
                self.next_job();
            }
            self.session.ui.say("");
        }
        Followed { aftermath: self.aftermath, findings: self.findings, job: self.followed.pop() }
    }

    /// The watch may lag behind the cluster's: a Job that came and went at once is found by listing.
    async fn last_jobs(&mut self) {
        let path = query(&JOBS.collection(Some(&self.connected.namespace)), &[("labelSelector", &executors(&self.way.cluster))]);
        match self.connected.kube.get(&path).await {
            Ok(list) => items(&list).iter().for_each(|job| self.know(job)),
            Err(error) => self.unseen(&error),
        }
        self.find_jobs();
    }
}

/// Selects the executors of a cluster's upgrades and rollbacks.
fn executors(cluster: &str) -> String {
    format!("{CLUSTER_LABEL}={cluster},{COMPONENT_LABEL}=upgrade")
}

/// Receives from a source that may not be there (any more).
async fn next<T>(source: &mut Option<mpsc::Receiver<T>>) -> T {
    if let Some(receiver) = source
        && let Some(item) = receiver.recv().await
    {
        return item;
    }
    *source = None;
    std::future::pending().await
}

async fn next_log(source: &mut Option<Follower>) -> LogEvent {
    match source {
        Some(follower) => follower.next().await.unwrap_or(LogEvent::Ended),
        None => std::future::pending().await,
    }
}
