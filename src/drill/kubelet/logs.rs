//! Container logs as a kubelet keeps them: one log per run, lines with the time they were written, rotation, and the
//! options of a log request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// How many bytes of a run are kept, as a kubelet rotates logs by size (it does so at 10 MiB).
const KEPT_BYTES: usize = 64 << 20;

/// The log of one run of a container.
#[derive(Default)]
pub struct RunLog {
    lines: Mutex<Lines>,
    version: watch::Sender<u64>,
}

#[derive(Default)]
struct Lines {
    /// How many lines were dropped at the front.
    dropped: u64,
    entries: VecDeque<Entry>,
    bytes: usize,
    ended: bool,
    keep: Option<usize>,
}

/// One line and when it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, never earlier than the line before.
    pub at: Timestamp,
    /// The line without its line break.
    pub text: Bytes,
}

/// Lines read from a log and where to go on.
pub(super) struct Page {
    pub(super) entries: Vec<Entry>,
    pub(super) next: u64,
    pub(super) ended: bool,
}

impl RunLog {
    /// Adds a line; each line break inside begins a new one.
    fn append(&self, text: &[u8]) {
        let mut lines = self.lines();
        for part in text.split(|byte| *byte == b'\n') {
            // Two lines of one run never carry the same time, as with a container runtime that stamps each write.
            let at = lines.entries.back().map_or(Timestamp::MIN, |last| last.at + SignedDuration::from_nanos(250));
            lines.bytes += part.len() + 1;
            lines.entries.push_back(Entry { at: Timestamp::now().max(at), text: Bytes::copy_from_slice(part) });
        }
        lines.rotate();
        drop(lines);
        self.touch();
    }

    /// Marks the run as ended: followers get what is left and their response is closed.
    pub(super) fn end(&self) {
        self.lines().ended = true;
        self.touch();
    }

    /// Drops all but the latest lines now, and from now on whenever more pile up.
    pub(super) fn keep(&self, keep: usize) {
        let mut lines = self.lines();
        lines.keep = Some(keep);
        lines.rotate();
    }

    /// Up to `limit` lines from position `from` on; a position that was rotated away continues at the oldest line.
    pub(super) fn page(&self, from: u64, limit: usize) -> Page {
        let lines = self.lines();
        let skip = usize::try_from(from.saturating_sub(lines.dropped)).unwrap_or(usize::MAX);
        let entries: Vec<Entry> = lines.entries.iter().skip(skip).take(limit).cloned().collect();
        let next = from.max(lines.dropped) + entries.len() as u64;
        Page { ended: lines.ended && next >= lines.total(), entries, next }
    }

    /// The position of the first of the last `count` lines.
    pub(super) fn tail(&self, count: u64) -> u64 {
        let lines = self.lines();
        lines.total().saturating_sub(count).max(lines.dropped)
    }

    /// The position after the last line.
    pub(super) fn total(&self) -> u64 {
        self.lines().total()
    }

    /// Wakes on every new line and on the end.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    fn touch(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn total(&self) -> u64 {
        self.dropped + self.entries.len() as u64
    }

    fn rotate(&mut self) {
        let keep = self.keep.unwrap_or(usize::MAX);
        while self.entries.len() > keep || self.bytes > KEPT_BYTES && self.entries.len() > 1 {
            let Some(oldest) = self.entries.pop_front() else { return };
            self.bytes -= oldest.text.len() + 1;
            self.dropped += 1;
        }
    }
}

/// Where a process writes its log lines.
#[derive(Clone)]
pub struct Output(pub(super) Arc<RunLog>);

impl Output {
    /// Writes one line (or several, when there are line breaks in it).
    pub fn line(&self, text: impl AsRef<[u8]>) {
        self.0.append(text.as_ref());
    }
}

/// The options of a log request, as they stand in its query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LogOptions {
    pub(super) follow: bool,
    pub(super) previous: bool,
    pub(super) timestamps: bool,
    pub(super) tail: Option<u64>,
    pub(super) limit: Option<u64>,
    pub(super) since: Option<Timestamp>,
}

impl LogOptions {
    /// Reads a query; `now` turns `sinceSeconds` into a time.
    pub(super) fn parse(query: &str, now: Timestamp) -> Result<Self, String> {
        let mut options = LogOptions::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let bad = |_| format!("unable to decode query: {name}={value:?}");
            match &*name {
                "follow" => options.follow = flag(&value),
                "previous" => options.previous = flag(&value),
                "timestamps" => options.timestamps = flag(&value),
                "tailLines" => options.tail = Some(value.parse().map_err(bad)?),
                "limitBytes" => options.limit = Some(value.parse().map_err(bad)?),
                "sinceSeconds" => {
                    let seconds: i64 = value.parse().map_err(bad)?;
                    options.since = now.checked_sub(SignedDuration::from_secs(seconds)).ok();
                }
                "sinceTime" => {
                    let since = value.parse().map_err(|_| format!("unable to decode query: {name}={value:?}"))?;
                    options.since = Some(since);
                }
                _ => {}
            }
        }
        Ok(options)
    }

    /// The position in a log where the answer begins.
    pub(super) fn start(&self, log: &RunLog) -> u64 {
        self.tail.map_or(0, |count| log.tail(count))
    }

    /// A line as the answer has it, or nothing when it is too old.
    pub(super) fn render(&self, entry: &Entry) -> Option<Vec<u8>> {
        if self.since.is_some_and(|since| entry.at < since) {
            return None;
        }
        let mut line = Vec::with_capacity(entry.text.len() + 32);
        if self.timestamps {
            line.extend_from_slice(format!("{:.9} ", entry.at).as_bytes());
        }
        line.extend_from_slice(&entry.text);
        line.push(b'\n');
        Some(line)
    }
}

fn flag(value: &str) -> bool {
    matches!(value, "true" | "1" | "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(page: &Page) -> Vec<&str> {
        page.entries.iter().map(|entry| std::str::from_utf8(&entry.text).expect("text")).collect()
    }

    #[test]
    fn rotation_takes_the_early_lines() {
        let log = Arc::new(RunLog::default());
        let out = Output(log.clone());
        out.line("a\nb");
        out.line("c");
        assert_eq!(texts(&log.page(1, 9)), ["b", "c"]);
        log.keep(2);
        out.line("d");
        let page = log.page(0, 9);
        assert_eq!((texts(&page), page.next, page.ended), (vec!["c", "d"], 4, false));
        assert_eq!((log.tail(1), log.tail(9)), (3, 2));
        log.end();
        assert!(log.page(4, 9).ended && !log.page(2, 1).ended);
    }

    #[test]
    fn times_are_nanoseconds_and_never_equal() {
        let log = Arc::new(RunLog::default());
        Output(log.clone()).line("a\nb\nc");
        let page = log.page(0, 9);
        assert!(page.entries.windows(2).all(|pair| pair[0].at < pair[1].at));
        let options = LogOptions { timestamps: true, ..LogOptions::default() };
        let line = String::from_utf8(options.render(&page.entries[0]).expect("not filtered")).expect("text");
        assert_eq!((line.len(), &line[line.len() - 4..]), ("2026-11-21T00:42:21.346799013Z a\n".len(), "Z a\n"));
    }

    #[test]
    fn options_are_read_from_the_query() {
        let now: Timestamp = "2026-11-21T00:00:10Z".parse().expect("a time");
        let options = LogOptions::parse("follow=true&tailLines=5&sinceSeconds=10&timestamps=1&container=x", now);
        let expected = LogOptions {
            follow: true,
            timestamps: true,
            tail: Some(5),
            since: Some("2026-11-21T00:00:00Z".parse().expect("a time")),
            ..LogOptions::default()
        };
        assert_eq!(options, Ok(expected.clone()));
        assert!(LogOptions::parse("tailLines=-1", now).is_err() && LogOptions::parse("sinceTime=x", now).is_err());
        let old = Entry { at: "2026-11-20T23:59:59Z".parse().expect("a time"), text: Bytes::from_static(b"x") };
        assert_eq!(expected.render(&old), None);
    }
}
