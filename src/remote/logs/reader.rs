//! Reads all runs of one pod's container, one after the other, through every kind of interruption.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::intake::{Found, Intake, Lines, RunName};
use super::runs::{Reach, Runs};
use super::source::{LogRequest, PodLogs};
use super::{LogEvent, LogOptions};
use crate::api::workload::Pod;
use crate::remote::k8s::{ApiError, ApiErrorKind};
use crate::remote::watch::brief;

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
type Flow<T = ()> = Result<T, Stop>;

/// How a stream ended.
enum Ending {
    /// As it should.
    Clean,
    /// It broke, or hangs although the run is over.
    Broken(String),
    /// Silent for long: opened anew to be sure, without a word.
    Silent,
    /// The place could only be found by opening the log again.
    OpenAgain,
    /// It is the log of another run, which was shown already.
    OtherRun(u32),
    /// The kubelet has no log.
    NoLog(String),
}

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

/// A log that could not be opened.
enum Refusal {
    /// To be said.
    Trouble(String),
    /// The container is not there yet, or not any more: normal for a moment.
    NotNow(String),
    /// The pod does not exist.
    Gone,
}

/// How often a log is read again because the read before found more.
const LAST_READS: u32 = 4;
/// How often "not now" is normal.
const NOT_NOW: u32 = 8;

/// Failures in a row.
#[derive(Default)]
struct Failures {
    count: u32,
    since: Option<Instant>,
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

    fn is_gone(&self) -> bool {
        self.gone || self.runs.borrow().gone
    }

    fn reach(&self, run: u32) -> Reach {
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

    async fn changed(&mut self) -> Flow {
        tokio::select! {
            changed = self.runs.changed() => changed.map_err(|_| Stop::Done),
            () = self.out.closed() => Err(Stop::Unheard),
        }
    }

    /// Reads one run from its first line to its last.
    async fn run(&mut self, run: u32) -> Flow {
        let mut intake = Intake::new(self.options.tail.is_some() || self.options.since_seconds.is_some());
        let (mut failures, mut clean, mut last_reads) = (Failures::default(), false, 0);
        loop {
            let Reach::Here { previous } = self.reach(run) else {
                self.removed(&mut intake, run, clean).await?;
                break;
            };
            let follow = self.options.follow && !previous && !self.over(run);
            let before = intake.position.count();
            let ending = match self.source.open(self.request(&intake, previous, follow)).await {
                Ok(log) => self.pump(log, &mut intake, run, (follow, previous)).await?,
                Err(error) => match self.refused(error).await? {
                    Refusal::Trouble(why) => Ending::Broken(why),
                    // Gone, or another run by now: the next look at the status tells.
                    Refusal::Gone => continue,
                    Refusal::NotNow(_) if failures.count < NOT_NOW => {
                        failures.count += 1;
                        self.pause(&failures).await?;
                        continue;
                    }
                    Refusal::NotNow(why) => Ending::NoLog(why),
                },
            };
            match ending {
                Ending::Clean if !follow => {
                    if self.finish(&mut intake, run).await? {
                        continue;
                    }
                    // Only a last read that adds nothing proves that there is no more (K§3.3).
                    last_reads += 1;
                    if intake.position.count() == before || !self.options.follow || last_reads == LAST_READS {
                        break;
                    }
                    clean = true;
                }
                Ending::Clean => {
                    clean = true;
                    failures = Failures::default();
                    if !self.ends_within(run, self.options.timing.grace).await? {
                        self.reconnecting("the log stream ended early", 1).await?;
                    }
                }
                Ending::Broken(why) => {
                    clean = false;
                    self.failed(&mut failures, &why).await?;
                }
                Ending::OpenAgain if failures.count < 3 => failures.count += 1,
                Ending::OpenAgain => self.failed(&mut failures, "the log changes while it is read").await?,
                Ending::Silent => {}
                Ending::OtherRun(other) => {
                    self.shown.retain(|(_, shown_as)| *shown_as != other);
                    self.shown.extend(intake.first.map(|first| (first, run)));
                    if other < run {
                        self.late = Some(other);
                    } else {
                        self.lost(run, "it ended before its log could be opened").await?;
                    }
                    break;
                }
                Ending::NoLog(words) => {
                    self.lost(run, &format!("the kubelet says: {words}")).await?;
                    break;
                }
            }
        }
        self.run_ended(run).await
    }

    /// Whether no more is to be expected of a run's stream.
    fn over(&self, run: u32) -> bool {
        let runs = self.runs.borrow();
        runs.has_ended(run) || runs.drain
    }

    /// The log cannot be asked for any more. A stream that ended as it should was complete as far as anyone can tell.
    async fn removed(&mut self, intake: &mut Intake, run: u32, clean: bool) -> Flow {
        if clean {
            return self.finish(intake, run).await.map(|_| ());
        }
        self.lost(run, "the log was removed before its end was read").await
    }

    fn request(&self, intake: &Intake, previous: bool, follow: bool) -> LogRequest {
        let fresh = intake.position.is_empty();
        LogRequest {
            pod: self.pod.to_string(),
            container: self.options.container.clone(),
            previous,
            follow,
            since: intake.position.since(),
            since_seconds: self.options.since_seconds.filter(|_| fresh),
            tail: self.options.tail.filter(|_| fresh),
        }
    }

    /// Passes a stream on until it ends.
    async fn pump(&mut self, mut log: S::Log, intake: &mut Intake, run: u32, asked: (bool, bool)) -> Flow<Ending> {
        let (follow, previous) = asked;
        intake.opened();
        let (mut found, mut silences) = (Vec::new(), 0);
        loop {
            let chunk = tokio::select! {
                chunk = tokio::time::timeout(self.options.timing.idle, log.next()) => chunk,
                () = self.out.closed() => return Err(Stop::Unheard),
            };
            match chunk {
                Ok(Some(Ok(chunk))) => {
                    silences = 0;
                    intake.push(chunk, &mut found);
                }
                Ok(Some(Err(error))) => return Ok(Ending::Broken(brief(&error))),
                Ok(None) => {
                    intake.silence(&mut found);
                    if found.is_empty() {
                        return Ok(Ending::Clean);
                    }
                }
                Err(_) => {
                    silences += 1;
                    intake.silence(&mut found);
                    if found.is_empty()
                        && let Some(ending) = self.silent(run, follow, silences).await?
                    {
                        return Ok(ending);
                    }
                }
            }
            if found.contains(&Found::Gap) && !self.is_still(run, previous).await {
                // Not this run's log any more: nothing was rotated, the container was started again.
                return Ok(Ending::Silent);
            }
            if let Some(ending) = self.pass_on(&mut found, intake, run).await? {
                return Ok(ending);
            }
        }
    }

    /// Whether the run's log is still where it was asked for.
    async fn is_still(&self, run: u32, previous: bool) -> bool {
        match self.source.look(&self.pod).await {
            Ok(pod) => {
                let mut runs = self.runs.borrow().clone();
                runs.see(&Pod::read(&pod), self.options.container.as_deref());
                runs.reach(run) == Reach::Here { previous }
            }
            Err(_) => false,
        }
    }

    /// Says what was found; an ending when there is nothing more to be had from this stream.
    async fn pass_on(&mut self, found: &mut Vec<Found>, intake: &Intake, run: u32) -> Flow<Option<Ending>> {
        if let Some(first) = intake.first {
            match self.shown.iter().find(|(known, _)| *known == first) {
                Some((_, shown_as)) if *shown_as != run => return Ok(Some(Ending::OtherRun(*shown_as))),
                Some(_) => {}
                None => self.shown.push((first, run)),
            }
        }
        for found in found.drain(..) {
            match found {
                Found::Lines(block) => {
                    let from = RunName { pod: self.pod.clone(), run };
                    self.say(LogEvent::Lines(Lines { from, block })).await?;
                }
                Found::Gap => {
                    // Should it be another run's log after all, its first line is known from now on.
                    self.shown.extend(intake.position.first().map(|first| (first, run)));
                    self.lost(run, "the kubelet rotated the log: lines before the next one may be missing").await?;
                }
                Found::Refusal(words) => return Ok(Some(Ending::NoLog(words))),
                Found::OpenAgain => return Ok(Some(Ending::OpenAgain)),
            }
        }
        Ok(None)
    }

    /// A stream without news: does the container still run?
    async fn silent(&mut self, run: u32, follow: bool, silences: u32) -> Flow<Option<Ending>> {
        if !follow {
            return Ok((silences >= 2).then(|| Ending::Broken("the log stream stopped before its end".into())));
        }
        let seen = match self.source.look(&self.pod).await {
            Ok(pod) => {
                let mut runs = self.runs.borrow().clone();
                runs.see(&Pod::read(&pod), self.options.container.as_deref());
                runs.has_ended(run)
            }
            Err(error) => error.kind == ApiErrorKind::NotFound,
        };
        if seen {
            // The rest is read with a request of its own, once the watch has said the same.
            self.ends_within(run, self.options.timing.grace).await?;
            return Ok(Some(Ending::Broken("the log stream hangs although the run is over".into())));
        }
        // A connection that died without a word looks like a quiet container.
        Ok(silences.is_multiple_of(4).then_some(Ending::Silent))
    }

    /// The last read is complete: what is left over, and whether the log must be opened once more.
    async fn finish(&mut self, intake: &mut Intake, run: u32) -> Flow<bool> {
        let mut found = Vec::new();
        intake.finish(&mut found);
        match self.pass_on(&mut found, intake, run).await? {
            Some(Ending::OpenAgain) => Ok(true),
            Some(Ending::NoLog(words)) => self.lost(run, &format!("the kubelet says: {words}")).await.map(|()| false),
            _ => Ok(false),
        }
    }

    /// Waits until the status says that a run ended.
    async fn ends_within(&mut self, run: u32, time: Duration) -> Flow<bool> {
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

    async fn run_ended(&mut self, run: u32) -> Flow {
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

    /// Why a log was not opened.
    async fn refused(&mut self, error: ApiError) -> Flow<Refusal> {
        match error.kind {
            ApiErrorKind::Unauthorized | ApiErrorKind::Forbidden => {
                let why = format!("reading the log of pod {}: {error}", self.pod);
                Err(Stop::GaveUp { why, not_permitted: true })
            }
            // "waiting to start", or a previous run that is not there (any more).
            ApiErrorKind::BadRequest => Ok(Refusal::NotNow(error.to_string())),
            ApiErrorKind::NotFound | ApiErrorKind::NotServed => {
                let looked = self.source.look(&self.pod).await;
                self.gone |= looked.is_err_and(|error| error.kind == ApiErrorKind::NotFound);
                Ok(if self.gone { Refusal::Gone } else { Refusal::Trouble(brief(&error)) })
            }
            _ => Ok(Refusal::Trouble(brief(&error))),
        }
    }

    /// Counts a failure, says it, waits; gives up after a long time.
    async fn failed(&mut self, failures: &mut Failures, why: &str) -> Flow {
        failures.count += 1;
        let since = *failures.since.get_or_insert_with(Instant::now);
        if since.elapsed() > self.options.timing.patience.give_up {
            return Err(Stop::GaveUp { why: why.to_owned(), not_permitted: false });
        }
        self.reconnecting(why, failures.count).await?;
        self.pause(failures).await
    }

    /// Waits before the next try; a change of the pod cuts it short.
    async fn pause(&mut self, failures: &Failures) -> Flow {
        let pause = self.options.timing.patience.pause(failures.count);
        match tokio::time::timeout(pause, self.changed()).await {
            Ok(changed) => changed,
            Err(_) => Ok(()),
        }
    }

    async fn reconnecting(&self, why: &str, attempt: u32) -> Flow {
        self.say(LogEvent::Reconnecting { why: why.to_owned(), attempt }).await
    }

    async fn lost(&self, run: u32, why: &str) -> Flow {
        self.say(LogEvent::Lost { pod: self.pod.clone(), run, why: why.to_owned() }).await
    }

    async fn say(&self, event: LogEvent) -> Flow {
        self.out.send(event).await.map_err(|_| Stop::Unheard)
    }
}
