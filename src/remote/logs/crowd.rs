//! All pods of a Job: sees them come and go, gives each a reader, knows when there is no more to come.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::reader::{Reader, Stop};
use super::runs::Runs;
use super::source::PodLogs;
use super::{LogEvent, LogOptions};
use crate::api::workload::{Job, Pod};
use crate::remote::k8s::ApiErrorKind;
use crate::remote::watch::Change;

/// What is known of the Job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JobSeen {
    /// Not looked yet.
    NotYet,
    /// It does not exist, and did not while we looked.
    Absent,
    /// It is there and has not ended.
    AtWork,
    /// It ended, or was there and is gone.
    Over,
    /// It cannot be read: the pods alone must tell.
    Unreadable,
}

struct Member {
    name: Arc<str>,
    runs: watch::Sender<Runs>,
}

struct Crowd<S> {
    source: S,
    options: LogOptions,
    out: mpsc::Sender<LogEvent>,
    /// By uid: a replaced pod may have an old name.
    members: HashMap<String, Member>,
    readers: JoinSet<Stop>,
    listed: bool,
    /// Nothing is seen of the pods at the moment.
    troubled: bool,
    /// A last look at the pods, where what is known of them may be old.
    last_look: Option<mpsc::Receiver<Change>>,
    job: JobSeen,
    finishing: bool,
    /// When whoever has not come to rest is left alone.
    deadline: Option<Instant>,
}

/// Why the crowd ends.
enum End {
    Unheard,
    GaveUp { why: String, not_permitted: bool },
}

/// Runs a follower until there is no more to come.
pub(super) async fn conduct<S: PodLogs>(
    source: S,
    options: LogOptions,
    out: mpsc::Sender<LogEvent>,
    finishing: watch::Receiver<bool>,
) {
    let (pods, job) = (source.pods(), source.job());
    let mut crowd = Crowd {
        source,
        options,
        out: out.clone(),
        members: HashMap::new(),
        readers: JoinSet::new(),
        listed: false,
        troubled: false,
        last_look: None,
        job: JobSeen::NotYet,
        finishing: false,
        deadline: None,
    };
    // When nobody listens any more there is nobody to tell.
    let last = match crowd.run(pods, job, finishing).await {
        Ok(()) => LogEvent::Ended,
        Err(End::GaveUp { why, not_permitted }) => LogEvent::GaveUp { why, not_permitted },
        Err(End::Unheard) => return,
    };
    let _ = out.send(last).await;
}

impl<S: PodLogs> Crowd<S> {
    async fn run(
        &mut self,
        mut pods: mpsc::Receiver<Change>,
        mut job: mpsc::Receiver<Change>,
        mut finishing: watch::Receiver<bool>,
    ) -> Result<(), End> {
        let (mut pods_end, mut job_end, mut finish_end) = (false, false, false);
        while !self.is_done() {
            let out = self.out.clone();
            tokio::select! {
                change = pods.recv(), if !pods_end => match change {
                    Some(change) => self.pods_changed(change).await?,
                    None => pods_end = true,
                },
                change = job.recv(), if !job_end => match change {
                    Some(change) => self.job_changed(change).await?,
                    None => job_end = true,
                },
                change = next(self.last_look.as_mut()), if self.last_look.is_some() => self.looked(change).await?,
                Some(stopped) = self.readers.join_next() => match stopped {
                    Ok(Stop::GaveUp { why, not_permitted }) => return Err(End::GaveUp { why, not_permitted }),
                    Ok(Stop::Unheard) => return Err(End::Unheard),
                    Ok(Stop::Done) | Err(_) => {}
                },
                changed = finishing.changed(), if !finish_end => match changed {
                    Ok(()) => self.finish(),
                    Err(_) => finish_end = true,
                },
                () = until(self.deadline) => {
                    let why = "a pod of the Job still runs, or its log could not be read to its end".to_owned();
                    return Err(End::GaveUp { why, not_permitted: false });
                }
                () = out.closed() => return Err(End::Unheard),
            }
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        if !self.listed || self.last_look.is_some() || self.job == JobSeen::NotYet || !self.readers.is_empty() {
            return false;
        }
        match self.job {
            _ if !self.options.follow || self.finishing => true,
            _ if self.options.outlive_job => false,
            JobSeen::Over => true,
            JobSeen::Unreadable => !self.members.is_empty(),
            JobSeen::NotYet | JobSeen::Absent | JobSeen::AtWork => false,
        }
    }

    /// Nobody expects anything new: readers end with what is there.
    fn finish(&mut self) {
        self.finishing = true;
        // The end can be known before the pod it happened in: after a restart of the API server each is heard of by itself.
        if self.troubled || self.members.is_empty() {
            self.last_look = Some(self.source.pods());
        }
        self.rest(self.options.timing.finish);
        for member in self.members.values() {
            member.runs.send_modify(|runs| runs.drain = true);
        }
    }

    fn rest(&mut self, within: std::time::Duration) {
        let deadline = Instant::now() + within;
        self.deadline = Some(self.deadline.map_or(deadline, |earlier| earlier.min(deadline)));
    }

    /// The first answer of the last look is all that is wanted of it.
    async fn looked(&mut self, change: Option<Change>) -> Result<(), End> {
        match change {
            Some(Change::Trouble { .. }) => Ok(()),
            Some(change @ Change::All(_)) => {
                self.last_look = None;
                self.pods_changed(change).await
            }
            _ => {
                self.last_look = None;
                Ok(())
            }
        }
    }

    async fn pods_changed(&mut self, change: Change) -> Result<(), End> {
        self.troubled = matches!(change, Change::Trouble { .. });
        match change {
            Change::All(pods) => {
                self.listed = true;
                let present: Vec<Pod> = pods.iter().map(Pod::read).collect();
                for (uid, member) in &self.members {
                    if !present.iter().any(|pod| pod.meta.uid == *uid) {
                        member.runs.send_modify(|runs| runs.gone = true);
                    }
                }
                for pod in present {
                    self.see(pod).await?;
                }
                Ok(())
            }
            Change::Put(pod) => self.see(Pod::read(&pod)).await,
            Change::Gone(pod) => {
                let pod = Pod::read(&pod);
                let uid = pod.meta.uid.clone();
                // Its last state may tell of a run that ended unseen.
                self.see(pod).await?;
                if let Some(member) = self.members.get(&uid) {
                    member.runs.send_modify(|runs| runs.gone = true);
                }
                Ok(())
            }
            Change::Trouble { why, attempt } => self.say(LogEvent::Reconnecting { why, attempt }).await,
            Change::GaveUp(error) => Err(End::GaveUp {
                not_permitted: matches!(error.kind, ApiErrorKind::Unauthorized | ApiErrorKind::Forbidden),
                why: format!("looking at the Job's pods: {error}"),
            }),
        }
    }

    async fn see(&mut self, pod: Pod) -> Result<(), End> {
        if !self.members.contains_key(&pod.meta.uid) {
            self.join(&pod).await?;
        }
        let container = self.options.container.clone();
        let Some(member) = self.members.get(&pod.meta.uid) else { return Ok(()) };
        let (before, name) = (waiting(&member.runs), member.name.clone());
        member.runs.send_modify(|runs| runs.see(&pod, container.as_deref()));
        match waiting(&member.runs) {
            Some(why) if before.as_ref() != Some(&why) => self.say(LogEvent::Waiting { pod: name, why }).await,
            _ => Ok(()),
        }
    }

    async fn join(&mut self, pod: &Pod) -> Result<(), End> {
        let name: Arc<str> = crate::api::text::clean(&pod.meta.name).into();
        let (runs, status) = watch::channel(Runs { drain: self.finishing, ..Runs::default() });
        // The reader must not see an empty status and take it for the truth.
        runs.send_modify(|runs| runs.see(pod, self.options.container.as_deref()));
        self.say(LogEvent::PodSeen { pod: name.clone() }).await?;
        if let Some(why) = waiting(&runs) {
            self.say(LogEvent::Waiting { pod: name.clone(), why }).await?;
        }
        let reader = Reader {
            source: self.source.clone(),
            options: self.options.clone(),
            pod: name.clone(),
            runs: status,
            out: self.out.clone(),
            shown: Vec::new(),
            late: None,
            gone: false,
        };
        self.readers.spawn(reader.read());
        self.members.insert(pod.meta.uid.clone(), Member { name, runs });
        Ok(())
    }

    async fn job_changed(&mut self, change: Change) -> Result<(), End> {
        let seen = match change {
            Change::All(jobs) => jobs.first().map(job_seen),
            Change::Put(job) => Some(job_seen(&job)),
            Change::Gone(_) => None,
            // The pods' watch says the same at the same time.
            Change::Trouble { .. } => return Ok(()),
            Change::GaveUp(error) => {
                self.source.job_unseen(&error);
                Some(JobSeen::Unreadable)
            }
        };
        self.job = match (seen, self.job) {
            (Some(seen), _) => seen,
            (None, JobSeen::NotYet | JobSeen::Absent) => JobSeen::Absent,
            (None, _) => JobSeen::Over,
        };
        match self.job {
            JobSeen::Over if !self.options.outlive_job => self.rest(self.options.timing.settle),
            // A missing Job is created again by older operators (F§4.1): its new pods count too.
            _ if !self.finishing => self.deadline = None,
            _ => {}
        }
        Ok(())
    }

    async fn say(&self, event: LogEvent) -> Result<(), End> {
        self.out.send(event).await.map_err(|_| End::Unheard)
    }
}

fn waiting(runs: &watch::Sender<Runs>) -> Option<String> {
    runs.borrow().waiting.clone()
}

fn job_seen(job: &Value) -> JobSeen {
    if Job::read(job).ended().is_some() { JobSeen::Over } else { JobSeen::AtWork }
}

async fn next(changes: Option<&mut mpsc::Receiver<Change>>) -> Option<Change> {
    changes?.recv().await
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
