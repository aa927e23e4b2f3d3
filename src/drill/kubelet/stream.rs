//! The body of a log response: what the options ask for, following to the end of the run, with the faults switched on.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::pending;
use futures_util::stream::unfold;

use super::faults::LogFault;
use super::logs::{Entry, LogOptions, RunLog};

/// How many lines are read from the log at a time.
const PAGE: usize = 256;
/// How many bytes are sent at a time, a long line apart.
const CHUNK: usize = 64 * 1024;
/// How long half a line is given to leave before the connection breaks.
const FLUSH: Duration = Duration::from_millis(20);

/// A log response under way.
struct Reading {
    log: Arc<RunLog>,
    options: LogOptions,
    position: u64,
    /// Where a response that does not follow ends: what is written meanwhile is not part of it.
    end: u64,
    left: Option<u64>,
    sent: usize,
    fault: Option<LogFault>,
    broken: bool,
    over: bool,
}

/// The body of a log response.
pub(super) fn body(
    log: Arc<RunLog>,
    options: LogOptions,
    fault: Option<LogFault>,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let (position, end) = (options.start(&log), log.total());
    let (left, over) = (options.limit, options.limit == Some(0));
    let reading = Reading { log, options, position, end, left, sent: 0, fault, broken: false, over };
    unfold(reading, |mut reading| async { reading.next().await.map(|chunk| (chunk, reading)) })
}

impl Reading {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.broken {
            self.broken = false;
            self.over = true;
            tokio::time::sleep(FLUSH).await;
            return Some(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let mut changes = self.log.changes();
        while !self.over {
            let chunk = self.read().await;
            if !chunk.is_empty() {
                return Some(Ok(chunk.into()));
            }
            if !self.over {
                // The log lives in `self`, so this cannot fail.
                let _ = changes.changed().await;
            }
        }
        None
    }

    /// The next lines as bytes; sets `over` at the end.
    async fn read(&mut self) -> Vec<u8> {
        let page = self.log.page(self.position, PAGE);
        let first = page.next - page.entries.len() as u64;
        self.position = self.position.max(first);
        let mut chunk = Vec::new();
        for (at, entry) in (first..).zip(&page.entries) {
            if !self.options.follow && at >= self.end {
                break;
            }
            if !self.send(entry, &mut chunk).await {
                return chunk;
            }
            self.position = at + 1;
            if chunk.len() >= CHUNK {
                return chunk;
            }
        }
        self.over |= page.ended || (!self.options.follow && self.position >= self.end);
        chunk
    }

    /// Adds a line to a chunk; false when nothing may follow it now.
    async fn send(&mut self, entry: &Entry, chunk: &mut Vec<u8>) -> bool {
        let Some(line) = self.options.render(entry) else { return true };
        match self.fault {
            Some(LogFault::CutMidLine { after }) if self.sent >= after => {
                chunk.extend_from_slice(&line[..line.len() / 2]);
                self.broken = true;
                return false;
            }
            Some(LogFault::CloseEarly { after }) if self.sent >= after => {
                self.over = true;
                return false;
            }
            Some(LogFault::Stall { after }) if self.sent >= after => {
                // What was read before the silence is sent first; the line that stalls is met again.
                if chunk.is_empty() {
                    pending::<()>().await;
                }
                return false;
            }
            _ => {}
        }
        self.sent += 1;
        let room = self.left.map_or(line.len(), |left| line.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
        chunk.extend_from_slice(&line[..room]);
        self.left = self.left.map(|left| left - room as u64);
        self.over |= self.left == Some(0);
        !self.over
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt, TryStreamExt};

    use super::super::logs::Output;
    use super::*;

    fn log(lines: &[&str]) -> Arc<RunLog> {
        let log = Arc::new(RunLog::default());
        lines.iter().for_each(|line| Output(log.clone()).line(line));
        log
    }

    async fn read(log: &Arc<RunLog>, options: LogOptions) -> String {
        let chunks: Vec<Bytes> = body(log.clone(), options, None).try_collect().await.expect("no fault");
        String::from_utf8(chunks.concat()).expect("text")
    }

    #[tokio::test]
    async fn options_choose_lines_and_bytes() {
        let log = log(&["one", "two", "three"]);
        assert_eq!(read(&log, LogOptions::default()).await, "one\ntwo\nthree\n");
        assert_eq!(read(&log, LogOptions { tail: Some(1), ..LogOptions::default() }).await, "three\n");
        assert_eq!(read(&log, LogOptions { tail: Some(2), limit: Some(6), ..LogOptions::default() }).await, "two\nth");
        assert_eq!(read(&log, LogOptions { limit: Some(0), ..LogOptions::default() }).await, "");
        let since = Some(log.page(1, 1).entries[0].at);
        assert_eq!(read(&log, LogOptions { since, ..LogOptions::default() }).await, "two\nthree\n");
        log.keep(1);
        assert_eq!(read(&log, LogOptions::default()).await, "three\n");
    }

    #[tokio::test]
    async fn following_ends_when_the_run_ends() {
        let log = log(&["one"]);
        let mut body = Box::pin(body(log.clone(), LogOptions { follow: true, ..LogOptions::default() }, None));
        assert_eq!(body.next().await.expect("a chunk").expect("no fault"), "one\n");
        let writer = log.clone();
        tokio::spawn(async move {
            Output(writer.clone()).line("two");
            writer.end();
        });
        assert_eq!(body.next().await.expect("a chunk").expect("no fault"), "two\n");
        assert!(body.next().await.is_none());
    }

    #[tokio::test]
    async fn faults_break_the_response_where_they_say() {
        let log = log(&["one", "two!!"]);
        log.end();
        let options = LogOptions { follow: true, ..LogOptions::default() };
        let mut cut = Box::pin(body(log.clone(), options.clone(), Some(LogFault::CutMidLine { after: 1 })));
        assert_eq!(cut.next().await.expect("a chunk").expect("half a line"), "one\ntwo");
        assert!(cut.next().await.expect("an item").is_err() && cut.next().await.is_none());
        let closed: Vec<_> = body(log.clone(), options.clone(), Some(LogFault::CloseEarly { after: 1 })).collect().await;
        assert_eq!(closed.len(), 1);
        let mut stalled = Box::pin(body(log, options, Some(LogFault::Stall { after: 1 })));
        assert_eq!(stalled.next().await.expect("a chunk").expect("no fault"), "one\n");
        assert!(stalled.next().now_or_never().is_none());
    }
}
