//! Follows one restore to its end: the object, the cluster's lock, warnings about its Job and pods, the executor's log.
//!
//! Used by `restore` after the creation and by `follow`. It never writes; leaving it early changes nothing.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::screen::Screen;
use crate::api::cluster::Cluster;
use crate::api::restore::{Phase, Restore};
use crate::api::text::clean_cut;
use crate::domain::evidence::Evidence;
use crate::domain::job_log::Findings;
use crate::domain::progress::{End, Progress};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::live;
use crate::remote::k8s::paths::{CLUSTERS, EVENTS, RESTORES, Resource};
use crate::remote::k8s::{ApiError, ApiErrorKind, Kube};
use crate::remote::logs::{Follower, LogEvent, LogOptions, LogTarget, follow_job};
use crate::remote::watch::{Change, Patience, Select, Watched, watch};
use crate::ui::Ui;

/// What to follow and for how long.
#[derive(Debug, Clone)]
pub struct Follow {
    /// Namespace of the restore.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Leave after this long, with exit 9; the restore goes on.
    pub timeout: Option<Duration>,
}

/// How a restore ended, and what was learnt on the way.
#[derive(Debug, Clone)]
pub struct Followed {
    /// The end.
    pub end: End,
    /// What the executor's log said.
    pub findings: Findings,
    /// The restore as last seen.
    pub restore: Restore,
}

impl Follow {
    /// The command that attaches again.
    pub fn again(&self) -> String {
        format!("kubectl openbao follow {} -n {}", self.name, self.namespace)
    }

    fn watched(&self, resource: Resource, select: Select) -> Watched {
        Watched { resource, namespace: self.namespace.clone(), select }
    }
}

/// Follows a restore until it ends and shows what happens.
///
/// # Errors
/// Not found or not permitted; exit 9 after the time limit and 130 after Ctrl-C, both with the command to attach again.
pub async fn follow_restore(ui: &Ui, kube: &Kube, follow: &Follow) -> Outcome<Followed> {
    let mut following = Following::begin(ui, kube, follow);
    let deadline = follow.timeout.map(|timeout| Instant::now() + timeout);
    tokio::select! {
        done = following.until_ended() => done?,
        () = until(deadline) => return Err(left(follow, Exit::TimeLimit, "the time limit ran out; the restore goes on")),
        _ = tokio::signal::ctrl_c() => return Err(left(follow, Exit::Interrupted, "not followed any more; the restore goes on")),
    }
    following.rest_of_log().await;
    following.outcome()
}

fn left(follow: &Follow, exit: Exit, cause: &str) -> Failure {
    Failure::new(exit, cause).doing(format!("following {}/{}", follow.namespace, follow.name)).hint(follow.again())
}

pub(super) async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// After this long without any news the operator itself is looked at: without it there never will be.
const QUIET: Duration = Duration::from_secs(5);
/// And again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

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
    if let Some(follower) = source
        && let Some(event) = follower.next().await
    {
        return event;
    }
    *source = None;
    std::future::pending().await
}

struct Following<'a> {
    kube: &'a Kube,
    follow: &'a Follow,
    screen: Screen<'a>,
    progress: Progress,
    findings: Findings,
    restore: Option<mpsc::Receiver<Change>>,
    cluster: Option<mpsc::Receiver<Change>>,
    warnings: (mpsc::Sender<Value>, Option<mpsc::Receiver<Value>>),
    warned_of: HashSet<String>,
    /// Looks at the operator, and when the next one is due.
    operator: (mpsc::Sender<Evidence>, Option<mpsc::Receiver<Evidence>>),
    next_look: Instant,
    logs: Option<Follower>,
    job: String,
}

impl<'a> Following<'a> {
    fn begin(ui: &'a Ui, kube: &'a Kube, follow: &'a Follow) -> Self {
        let select = Select::Name(follow.name.clone());
        let (warn, warnings) = mpsc::channel(64);
        let (looked, looks) = mpsc::channel(1);
        Following {
            kube,
            follow,
            screen: Screen::new(ui),
            progress: Progress::new(&follow.name),
            findings: Findings::default(),
            restore: Some(watch(kube.clone(), follow.watched(RESTORES, select), Patience::default())),
            cluster: None,
            warnings: (warn, Some(warnings)),
            warned_of: HashSet::new(),
            operator: (looked, Some(looks)),
            next_look: Instant::now() + QUIET,
            logs: None,
            job: String::new(),
        }
    }

    async fn until_ended(&mut self) -> Outcome<()> {
        while self.progress.end(&self.findings).is_none() {
            tokio::select! {
                change = next(&mut self.restore) => self.restore_changed(change)?,
                change = next(&mut self.cluster) => self.cluster_changed(change),
                event = next_log(&mut self.logs) => self.log_event(event),
                event = next(&mut self.warnings.1) => self.warning(&event),
                seen = next(&mut self.operator.1) => self.operator_seen(&seen),
                () = tokio::time::sleep_until(self.next_look) => self.look_at_operator(),
            }
            self.screen.notices(self.kube);
        }
        Ok(())
    }

    /// Beside everything else: an API server that is slow to answer this must not hide what happens.
    fn look_at_operator(&mut self) {
        self.next_look = Instant::now() + LOOK_AGAIN;
        let (kube, out) = (self.kube.clone(), self.operator.0.clone());
        tokio::spawn(async move {
            // Nobody waits for it when the end came first.
            let _ = out.send(live::only_operator(&kube).await).await;
        });
    }

    fn operator_seen(&mut self, seen: &Evidence) {
        let Some(step) = self.progress.see_operator(seen) else { return };
        self.screen.step(&step);
        self.progress.without_operator().iter().for_each(|line| self.screen.advice(line));
    }

    fn restore_changed(&mut self, change: Change) -> Outcome<()> {
        let name = self.follow.name.as_str();
        let seen = match change {
            Change::All(all) => all.first().map(Restore::read),
            Change::Put(object) => Some(Restore::read(&object)),
            Change::Gone(_) => None,
            Change::Trouble { why, attempt } => {
                self.screen.reconnecting(&why, attempt);
                return Ok(());
            }
            Change::GaveUp(error) => return Err(self.gave_up(&error)),
        };
        if seen.is_none() && self.progress.restore().is_none() {
            let cause = format!("there is no openbaorestore {name} in namespace {}", self.follow.namespace);
            return Err(
                Failure::new(Exit::NotFound, cause).hint(format!("kubectl get openbaorestores -n {}", self.follow.namespace))
            );
        }
        let steps = self.progress.see_restore(seen.as_ref());
        if !steps.is_empty() {
            self.next_look = Instant::now() + QUIET;
        }
        for step in steps {
            self.screen.step(&step);
        }
        if let Some(restore) = seen {
            self.attach(&restore);
        }
        Ok(())
    }

    /// The API server stayed away, or this person may not look: what becomes of the restore is not known.
    fn gave_up(&self, error: &ApiError) -> Failure {
        let mut failure = error.failure(&format!("following {}/{}", self.follow.namespace, self.follow.name));
        if !matches!(error.kind, ApiErrorKind::Unauthorized | ApiErrorKind::Forbidden | ApiErrorKind::NotServed) {
            failure.exit = Exit::OutcomeUnknown;
        }
        failure.hint(self.follow.again())
    }

    /// Begins to look at what belongs to the restore, as soon as its names are known.
    fn attach(&mut self, restore: &Restore) {
        if self.cluster.is_none() && !restore.cluster.is_empty() && self.job.is_empty() {
            let select = Select::Name(restore.cluster.clone());
            self.cluster = Some(watch(self.kube.clone(), self.follow.watched(CLUSTERS, select), Patience::default()));
        }
        let job = restore.job_name();
        if self.job != job {
            // Looked at before the Job exists, so that its first run is not missed.
            let target = LogTarget { namespace: self.follow.namespace.clone(), job: job.clone() };
            let options = LogOptions { follow: true, outlive_job: true, ..LogOptions::default() };
            self.logs = Some(follow_job(self.kube, target, options));
            self.watch_warnings(&job);
            self.job = job;
        }
    }

    /// Warnings about an object: what keeps a pod from starting stands nowhere else (F§6.3).
    fn watch_warnings(&self, about: &str) {
        let fields = format!("involvedObject.name={about},type=Warning");
        let watched = self.follow.watched(EVENTS, Select::Fields(fields));
        let mut events = watch(self.kube.clone(), watched, Patience::default());
        let (out, kube) = (self.warnings.0.clone(), self.kube.clone());
        tokio::spawn(async move {
            while let Some(change) = events.recv().await {
                let found = match change {
                    Change::All(all) => all,
                    Change::Put(event) => vec![event],
                    Change::Gone(_) | Change::Trouble { .. } => continue,
                    // Everything else goes on.
                    Change::GaveUp(error) => {
                        return kube.note(format!("note: warnings about Job and pods are not seen: {error}"));
                    }
                };
                for event in found {
                    if out.send(event).await.is_err() {
                        return;
                    }
                }
            }
        });
    }

    fn warning(&mut self, event: &Value) {
        let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
        let said = format!("{}: {}", text("reason"), text("message"));
        // The status says these two as well, and in order with the log.
        let known = matches!(text("reason"), "BackOff" | "BackoffLimitExceeded");
        if !known && self.warned_of.insert(said.clone()) {
            self.screen.waits(&clean_cut(&said, 500));
        }
    }

    fn cluster_changed(&mut self, change: Change) {
        let seen = match change {
            Change::All(all) => all.first().map(Cluster::read),
            Change::Put(object) => Some(Cluster::read(&object)),
            Change::Gone(_) => None,
            // The restore's own watch says the same at the same time.
            Change::Trouble { .. } => return,
            Change::GaveUp(error) => return self.kube.note(format!("note: the cluster's lock is not seen: {error}")),
        };
        for step in self.progress.see_cluster(seen.as_ref()) {
            self.screen.step(&step);
        }
    }

    fn log_event(&mut self, event: LogEvent) {
        self.next_look = Instant::now() + QUIET;
        match &event {
            LogEvent::Lines(lines) => {
                for line in lines.iter() {
                    self.findings.line(line.text);
                }
            }
            LogEvent::RunStarted { .. } => self.findings.run_started(),
            LogEvent::PodSeen { pod } => self.watch_warnings(pod),
            _ => {}
        }
        self.screen.log(&event, &self.findings);
    }

    /// The restore has ended; what its log still holds decides how the end is understood.
    async fn rest_of_log(&mut self) {
        let Some(mut follower) = self.logs.take() else { return };
        if self.never_had_a_job() {
            return;
        }
        follower.finish();
        while let Some(event) = follower.next().await {
            // A Job that goes on is normal here (lock lost), and no reason to speak of a log that was not read.
            if !matches!(event, LogEvent::GaveUp { not_permitted: false, .. }) {
                self.log_event(event);
            }
        }
    }

    fn never_had_a_job(&self) -> bool {
        let restore = self.progress.restore();
        restore.is_some_and(|r| r.phase == Phase::Failed && r.message.starts_with("target cluster "))
    }

    fn outcome(self) -> Outcome<Followed> {
        let end = self.progress.end(&self.findings);
        match (end, self.progress.restore().cloned()) {
            (Some(end), Some(restore)) => Ok(Followed { end, findings: self.findings, restore }),
            _ => Err(Failure::new(Exit::OutcomeUnknown, "how the restore ended is not known").hint(self.follow.again())),
        }
    }
}
