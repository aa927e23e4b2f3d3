//! One run of a container: its log from the first line to the last, however often it must be opened.

use futures_util::StreamExt;

use super::LogEvent;
use super::intake::{Found, Intake, Lines, RunName};
use super::reader::{Failures, Flow, Reader, Stop};
use super::runs::Reach;
use super::source::{LogRequest, PodLogs};
use crate::api::workload::Pod;
use crate::remote::k8s::{ApiError, ApiErrorKind};
use crate::remote::watch::brief;

/// How a stream ended, or why there was none.
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
    /// The container is not there yet, or not any more: normal for a moment.
    NotNow(String),
    /// The pod does not exist.
    Gone,
}

/// One run on its way.
struct RunRead {
    run: u32,
    intake: Intake,
    failures: Failures,
    /// The last stream ended as it should, so it was complete as far as anyone can tell.
    clean: bool,
    last_reads: u32,
}

/// How often a log that rotates while it is read is opened again at once.
const OPEN_AGAIN: u32 = 3;
/// How often a log is read again because the read before found more.
const LAST_READS: u32 = 4;
/// How often "not now" is normal.
const NOT_NOW: u32 = 8;

impl<S: PodLogs> Reader<S> {
    /// Reads one run from its first line to its last.
    pub(super) async fn run(&mut self, run: u32) -> Flow {
        let cut_in = self.options.tail.is_some() || self.options.since_seconds.is_some();
        let mut read = RunRead { run, intake: Intake::new(cut_in), failures: Failures::default(), clean: false, last_reads: 0 };
        while self.read_on(&mut read).await? {}
        self.run_ended(run).await
    }

    /// Opens the log once and reads what comes; whether to open it again.
    async fn read_on(&mut self, read: &mut RunRead) -> Flow<bool> {
        let Reach::Here { previous } = self.reach(read.run) else {
            self.removed(read).await?;
            return Ok(false);
        };
        let follow = self.options.follow && !previous && !self.over(read.run);
        let before = read.intake.position.count();
        let ending = match self.source.open(self.request(&read.intake, previous, follow)).await {
            Ok(log) => {
                read.failures.since = None;
                self.pump(log, read, (follow, previous)).await?
            }
            Err(error) => self.refused(error).await?,
        };
        let added = read.intake.position.count() != before;
        if added {
            read.failures = Failures::default();
        }
        match ending {
            Ending::Clean if !follow => self.last_read(read, added).await,
            Ending::Clean => self.ended_early(read).await.map(|()| true),
            ending => self.interrupted(read, ending).await,
        }
    }

    /// A read to the end of a log that does not grow any more. Only one that adds nothing proves that there is no more
    /// (K§3.3).
    async fn last_read(&mut self, read: &mut RunRead, added: bool) -> Flow<bool> {
        if self.finish(read).await? {
            return Ok(true);
        }
        read.clean = true;
        read.last_reads += 1;
        // One that ended before it came to what was shown already was cut short, however cleanly.
        let short = !read.intake.is_live();
        Ok((added || short) && self.options.follow && read.last_reads < LAST_READS)
    }

    /// A followed stream ended: the status should say that the run did.
    async fn ended_early(&mut self, read: &mut RunRead) -> Flow {
        read.clean = true;
        if self.ends_within(read.run, self.options.timing.grace).await? {
            return Ok(());
        }
        self.reconnecting("the log stream ended early", 1).await
    }

    /// A stream that ended otherwise; whether to open the log again.
    async fn interrupted(&mut self, read: &mut RunRead, ending: Ending) -> Flow<bool> {
        match ending {
            Ending::Clean | Ending::Silent | Ending::Gone => {}
            Ending::Broken(why) => {
                read.clean = false;
                self.failed(&mut read.failures, &why).await?;
            }
            Ending::OpenAgain if read.failures.count < OPEN_AGAIN => read.failures.count += 1,
            Ending::OpenAgain => self.failed(&mut read.failures, "the log changes while it is read").await?,
            Ending::NotNow(_) if read.failures.count < NOT_NOW => {
                read.failures.count += 1;
                self.pause(&read.failures).await?;
            }
            Ending::NotNow(why) | Ending::NoLog(why) => {
                self.lost(read.run, &format!("the kubelet says: {why}")).await?;
                return Ok(false);
            }
            Ending::OtherRun(other) => {
                self.was_shown_as(read, other).await?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What was shown in another run's name was this run's log: that other one is still to be read, if it can be.
    async fn was_shown_as(&mut self, read: &RunRead, other: u32) -> Flow {
        self.shown.retain(|(_, shown_as)| *shown_as != other);
        self.shown.extend(read.intake.first.map(|first| (first, read.run)));
        if other < read.run {
            self.late = Some(other);
            return Ok(());
        }
        self.lost(read.run, "it ended before its log could be opened").await
    }

    /// Whether no more is to be expected of a run's stream.
    fn over(&self, run: u32) -> bool {
        let runs = self.runs.borrow();
        runs.has_ended(run) || runs.drain
    }

    /// The log cannot be asked for any more. A stream that ended as it should was complete as far as anyone can tell.
    async fn removed(&mut self, read: &mut RunRead) -> Flow {
        if read.clean {
            return self.finish(read).await.map(|_| ());
        }
        self.lost(read.run, "the log was removed before its end was read").await
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
    async fn pump(&mut self, mut log: S::Log, read: &mut RunRead, asked: (bool, bool)) -> Flow<Ending> {
        let (follow, previous) = asked;
        let RunRead { run, intake, .. } = read;
        let run = *run;
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
                return Ok(Ending::NotNow("another run's log came in its place".into()));
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
    async fn finish(&mut self, read: &mut RunRead) -> Flow<bool> {
        let mut found = Vec::new();
        read.intake.finish(&mut found);
        match self.pass_on(&mut found, &read.intake, read.run).await? {
            Some(Ending::OpenAgain) => Ok(true),
            Some(Ending::NoLog(words)) => self.lost(read.run, &format!("the kubelet says: {words}")).await.map(|()| false),
            _ => Ok(false),
        }
    }

    /// Why a log was not opened.
    async fn refused(&mut self, error: ApiError) -> Flow<Ending> {
        match error.kind {
            ApiErrorKind::Unauthorized | ApiErrorKind::Forbidden if !self.source.doubts(&error) => {
                let why = format!("reading the log of pod {}: {error}", self.pod);
                Err(Stop::GaveUp { why, not_permitted: true })
            }
            // "waiting to start", or a previous run that is not there (any more).
            ApiErrorKind::BadRequest => Ok(Ending::NotNow(error.to_string())),
            ApiErrorKind::NotFound | ApiErrorKind::NotServed => {
                let looked = self.source.look(&self.pod).await;
                self.gone |= looked.is_err_and(|error| error.kind == ApiErrorKind::NotFound);
                Ok(if self.gone { Ending::Gone } else { Ending::Broken(brief(&error)) })
            }
            _ => Ok(Ending::Broken(brief(&error))),
        }
    }
}
