//! Reads all runs of one pod's container, one after the other, through every kind of interruption.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::runs::{Reach, Runs};
use super::source::PodLogs;
use super::{LogEvent, LogOptions};

/// Why a pod's reader ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Everything that can be had was had.
    Done,
    /// Nobody listens any more.
    Unheard,
    /// It makes no sense to go on, for any pod.
    GaveUp { why: String, not_permitted: bool },
}

/// Goes on, or stops.
pub(super) type Flow<T = ()> = Result<T, Stop>;

pub(super) struct Reader<S> {
    pub(super) source: S,
    pub(super) options: LogOptions,
    pub(super) pod: Arc<str>,
    pub(super) runs: watch::Receiver<Runs>,
    pub(super) out: mpsc::Sender<LogEvent>,
    /// The first line of each log that was shown, and the run it was shown as.
    pub(super) shown: Vec<(u64, u32)>,
    /// A run that turned out not to be the one that was shown in its name.
    pub(super) late: Option<u32>,
    /// The pod was found to be gone before the watch said so.
    pub(super) gone: bool,
}

/// Failures in a row.
#[derive(Default)]
pub(super) struct Failures {
    pub(super) count: u32,
    pub(super) since: Option<Instant>,
}

impl<S: PodLogs> Reader<S> {
    /// Reads until no further run can come.
    pub(super) async fn read(mut self) -> Stop {
        let mut next = 0;
        loop {
            match self.wait_for(next).await {
                Ok(Some(true)) => {}
                Ok(Some(false)) => {
                    if self.lost(next, "only the last two runs' logs are kept, and only while the pod exists").await.is_err() {
                        return Stop::Unheard;
                    }
                    next += 1;
                    continue;
                }
                Ok(None) => return self.end().await,
                Err(stop) => return stop,
            }
            let started = LogEvent::RunStarted { pod: self.pod.clone(), run: next };
            if let Err(stop) = self.say(started).await.and(self.run(next).await) {
                return stop;
            }
            if let Some(late) = self.late.take()
                && let Err(stop) = self.run(late).await
            {
                return stop;
            }
            next += 1;
        }
    }

    async fn end(&mut self) -> Stop {
        // A pod on its way out is gone in a moment: that is the end to tell.
        let grace = self.options.timing.grace;
        let leaves = self.runs.borrow().leaving && self.options.follow;
        if leaves && tokio::time::timeout(grace, self.until_gone()).await.is_ok_and(|gone| gone.is_err()) {
            return Stop::Unheard;
        }
        if self.is_gone() && self.say(LogEvent::PodGone { pod: self.pod.clone() }).await.is_err() {
            return Stop::Unheard;
        }
        Stop::Done
    }

    async fn until_gone(&mut self) -> Flow {
        while !self.runs.borrow_and_update().gone {
            self.changed().await?;
        }
        Ok(())
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone || self.runs.borrow().gone
    }

    pub(super) fn reach(&self, run: u32) -> Reach {
        match self.runs.borrow().reach(run) {
            Reach::Here { .. } if self.gone => Reach::Lost,
            reach => reach,
        }
    }

    /// Waits until a run has begun: whether its log can be had; `None` when it never will begin.
    async fn wait_for(&mut self, run: u32) -> Flow<Option<bool>> {
        loop {
            let none = self.runs.borrow_and_update().none_from(run) || self.gone;
            match self.reach(run) {
                Reach::Here { .. } => return Ok(Some(true)),
                Reach::Lost => return Ok(Some(false)),
                Reach::NotYet if none || !self.options.follow => return Ok(None),
                Reach::NotYet => self.changed().await?,
            }
        }
    }

    pub(super) async fn changed(&mut self) -> Flow {
        tokio::select! {
            changed = self.runs.changed() => changed.map_err(|_| Stop::Done),
            () = self.out.closed() => Err(Stop::Unheard),
        }
    }

    /// Waits until the status says that a run ended.
    pub(super) async fn ends_within(&mut self, run: u32, time: Duration) -> Flow<bool> {
        let deadline = Instant::now() + time;
        while !self.runs.borrow_and_update().has_ended(run) {
            if self.gone || self.runs.borrow().drain {
                return Ok(self.gone);
            }
            match tokio::time::timeout_at(deadline, self.changed()).await {
                Ok(changed) => changed?,
                Err(_) => return Ok(false),
            }
        }
        Ok(true)
    }

    async fn exit_within(&mut self, run: u32, time: Duration) -> Flow {
        let deadline = Instant::now() + time;
        loop {
            {
                let runs = self.runs.borrow_and_update();
                if runs.ended.contains_key(&run) || runs.gone || self.gone || runs.drain {
                    return Ok(());
                }
            }
            match tokio::time::timeout_at(deadline, self.changed()).await {
                Ok(changed) => changed?,
                Err(_) => return Ok(()),
            }
        }
    }

    pub(super) async fn run_ended(&mut self, run: u32) -> Flow {
        if self.options.follow {
            // The exit code comes with the status, a moment after the last line.
            self.exit_within(run, self.options.timing.grace).await?;
        }
        let end = {
            let runs = self.runs.borrow();
            (runs.has_ended(run)).then(|| runs.ended.get(&run).cloned())
        };
        let Some(end) = end else { return Ok(()) };
        let (exit_code, reason) = end.map_or((None, String::new()), |end| (Some(end.exit_code), end.reason));
        self.say(LogEvent::RunEnded { pod: self.pod.clone(), run, exit_code, reason }).await
    }

    /// Counts a failure, says it, waits; gives up after a long time.
    pub(super) async fn failed(&mut self, failures: &mut Failures, why: &str) -> Flow {
        failures.count += 1;
        let since = *failures.since.get_or_insert_with(Instant::now);
        if since.elapsed() > self.options.timing.patience.give_up {
            return Err(Stop::GaveUp { why: why.to_owned(), not_permitted: false });
        }
        self.reconnecting(why, failures.count).await?;
        self.pause(failures).await
    }

    /// Waits before the next try; a change of the pod cuts it short.
    pub(super) async fn pause(&mut self, failures: &Failures) -> Flow {
        let pause = self.options.timing.patience.pause(failures.count);
        match tokio::time::timeout(pause, self.changed()).await {
            Ok(changed) => changed,
            Err(_) => Ok(()),
        }
    }

    pub(super) async fn reconnecting(&self, why: &str, attempt: u32) -> Flow {
        self.say(LogEvent::Reconnecting { why: why.to_owned(), attempt }).await
    }

    pub(super) async fn lost(&self, run: u32, why: &str) -> Flow {
        self.say(LogEvent::Lost { pod: self.pod.clone(), run, why: why.to_owned() }).await
    }

    pub(super) async fn say(&self, event: LogEvent) -> Flow {
        self.out.send(event).await.map_err(|_| Stop::Unheard)
    }
}
