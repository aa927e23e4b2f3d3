//! Follows the log of a Job: all its pods, all runs of their container, nothing lost, nothing twice.
//!
//! `runs` reads a pod's status, `reader` reads one pod's runs, `run` one of them through every interruption, `intake` and `position` sort
//! out which bytes are new lines, `crowd` looks after all the pods. `tail` reads ends of logs once. One limit remains: a clock set back by more than a
//! second while no stream is open hides the lines of the repeated time from us, because the API only filters by time.

mod crowd;
mod intake;
mod position;
mod reader;
mod run;
mod runs;
mod source;
mod stamp;
mod tail;

#[cfg(test)]
mod crowd_tests;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod intake_tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

pub use intake::{Lines, LogLine, RunName};
pub use source::{KubeLogs, LogRequest, PodLogs};
pub use tail::{ReadRun, tail};

use super::k8s::Kube;
use super::watch::Patience;

/// Whose logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogTarget {
    /// The Job's namespace.
    pub namespace: String,
    /// The Job's name; its pods carry it as a label.
    pub job: String,
}

/// Which part of the logs, and how long.
#[derive(Debug, Clone, Default)]
pub struct LogOptions {
    /// Go on until the Job has ended; otherwise end with what is there now.
    pub follow: bool,
    /// Go on until [`Follower::finish`], whatever becomes of the Job: older operators create it again (F§4.1).
    pub outlive_job: bool,
    /// The container; `None`: the pod's only one.
    pub container: Option<String>,
    /// Lines of the last so many seconds.
    pub since_seconds: Option<u64>,
    /// The last so many lines of each run.
    pub tail: Option<u64>,
    /// How long to wait for what.
    pub timing: Timing,
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// A stream without news for this long makes us look whether the container still runs.
    pub idle: Duration,
    /// What the status says may lag behind the log by this long.
    pub grace: Duration,
    /// After the Job's end its pods get this long to come to rest.
    pub settle: Duration,
    /// After [`Follower::finish`] the rest is read for at most so long.
    pub finish: Duration,
    /// Between tries.
    pub patience: Patience,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            idle: Duration::from_secs(15),
            grace: Duration::from_secs(2),
            settle: Duration::from_secs(30),
            finish: Duration::from_secs(6),
            patience: Patience::default(),
        }
    }
}

/// What a follower tells. Of one pod the events come in order; pods that run at the same time are mixed.
#[derive(Debug, Clone)]
pub enum LogEvent {
    /// The Job has a pod.
    PodSeen {
        /// Its name.
        pod: Arc<str>,
    },
    /// Its container does not run, and why: scheduling, image pull, mounts, back-off.
    Waiting {
        /// The pod.
        pod: Arc<str>,
        /// The kubelet's or scheduler's words.
        why: String,
    },
    /// A run of the container began.
    RunStarted {
        /// The pod.
        pod: Arc<str>,
        /// 0 for the first.
        run: u32,
    },
    /// New lines.
    Lines(Lines),
    /// A run ended, and all its lines were told.
    RunEnded {
        /// The pod.
        pod: Arc<str>,
        /// Which run.
        run: u32,
        /// Exit code; `None` when nobody recorded it.
        exit_code: Option<i64>,
        /// `Completed`, `Error`, `OOMKilled`.
        reason: String,
    },
    /// The pod does not exist any more. For a failed restore Job that is normal (F§15.2.11).
    PodGone {
        /// The pod.
        pod: Arc<str>,
    },
    /// Lines that can no longer be had.
    Lost {
        /// The pod.
        pod: Arc<str>,
        /// The run.
        run: u32,
        /// Why.
        why: String,
    },
    /// Nothing can be read at the moment; tried again.
    Reconnecting {
        /// Why, for people.
        why: String,
        /// Which failure in a row this is.
        attempt: u32,
    },
    /// All there was to tell was told.
    Ended,
    /// The follower stopped before the end.
    GaveUp {
        /// Why, for people.
        why: String,
        /// The API server does not let this person read what is needed.
        not_permitted: bool,
    },
}

/// So many events may wait to be heard: each may be as long as the longest line.
const AT_ONCE: usize = 24;

/// A follower at work. Dropping it ends it; the Job does not notice.
pub struct Follower {
    events: mpsc::Receiver<LogEvent>,
    finish: watch::Sender<bool>,
}

impl Follower {
    /// What comes next; `None` after [`LogEvent::Ended`] or [`LogEvent::GaveUp`].
    pub async fn next(&mut self) -> Option<LogEvent> {
        self.events.recv().await
    }

    /// Nothing new is to be expected: what is there is read to its end, then [`LogEvent::Ended`] comes.
    pub fn finish(&self) {
        self.finish.send_replace(true);
    }
}

/// Follows the logs of a Job.
pub fn follow_job(kube: &Kube, target: LogTarget, options: LogOptions) -> Follower {
    let source = KubeLogs::new(kube.clone(), target, options.timing.patience);
    follow(source, options)
}

/// Follows the logs of any source.
pub fn follow<S: PodLogs>(source: S, options: LogOptions) -> Follower {
    let (out, events) = mpsc::channel(AT_ONCE);
    let (finish, finishing) = watch::channel(false);
    tokio::spawn(crowd::conduct(source, options, out, finishing));
    Follower { events, finish }
}
