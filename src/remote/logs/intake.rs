//! From the bytes of a stream to whole lines not shown before.
//!
//! The synchronous heart of the follower: it never waits, so that every cut, at every byte, can be tried in a test.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use memchr::{memchr, memchr_iter, memrchr};

use super::position::{Place, Position, Resume, fingerprint};
use super::stamp;

/// Of a longer line only so much is kept (and said): it bounds the memory whatever a server sends.
pub(super) const LONGEST_LINE: usize = 2 << 20;

/// What the kubelet writes into a log's body, without a time, when it cannot read the log (K§3.3).
pub(super) const KUBELET_REFUSALS: [&[u8]; 3] =
    [b"unable to retrieve container logs for", b"failed to try resolving symlinks", b"rpc error: "];

/// One run's log on its way in.
#[derive(Debug)]
pub(super) struct Intake {
    pub(super) position: Position,
    seconds: stamp::Seconds,
    /// The unfinished line at the end of the last chunk.
    carry: BytesMut,
    /// Bytes of the unfinished line beyond [`LONGEST_LINE`].
    beyond: u64,
    state: State,
    /// First line of the log, when it was read from its start: tells two runs' logs apart.
    pub(super) first: Option<u64>,
    /// The stream began anew and nothing of it was read.
    fresh: bool,
    /// Set by [`Place::OpenAgain`]: how many lines of the next stream to leave out.
    skip: Option<usize>,
}

#[derive(Debug)]
enum State {
    /// Every line is new.
    Live,
    /// Looking for the place where new lines begin.
    Resuming(Resume),
    /// The place is known by its number: so many lines are left out, then all is new.
    Skipping { left: usize, total: usize },
}

/// Something found in a chunk.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Whole new lines, each with its time and line break.
    Lines(Bytes),
    /// Before the next lines, others may be missing.
    Gap,
    /// The kubelet's own words in place of the log.
    Refusal(String),
    /// The log has to be opened again; the rest of this stream is of no use.
    OpenAgain,
}

impl Intake {
    /// Nothing read yet. `cut_in`: the first request asks for a part of the log only.
    pub(super) fn new(cut_in: bool) -> Self {
        Intake {
            position: Position::new(cut_in),
            seconds: stamp::Seconds::default(),
            carry: BytesMut::new(),
            beyond: 0,
            state: State::Live,
            first: None,
            fresh: true,
            skip: None,
        }
    }

    /// A stream was opened, with the `since` of [`Position::since`].
    pub(super) fn opened(&mut self) {
        self.carry.clear();
        self.beyond = 0;
        self.fresh = true;
        self.state = match self.skip.take() {
            Some(total) => State::Skipping { left: total, total },
            None if self.position.is_empty() => State::Live,
            None => State::Resuming(self.position.resume()),
        };
    }

    /// Whether the place where new lines begin was found.
    pub(super) fn is_live(&self) -> bool {
        matches!(self.state, State::Live)
    }

    /// Takes the next bytes.
    pub(super) fn push(&mut self, mut chunk: Bytes, found: &mut Vec<Found>) {
        if !self.carry.is_empty() {
            let Some(end) = memchr(b'\n', &chunk) else { return self.keep(&chunk) };
            self.keep(&chunk.split_to(end));
            self.finish_carry(found);
            // The rest of this stream is read again in the next one.
            if matches!(found.last(), Some(Found::OpenAgain)) {
                return;
            }
            let _ = chunk.split_to(1);
        }
        let Some(end) = memrchr(b'\n', &chunk) else { return self.keep(&chunk) };
        let rest = chunk.split_off(end + 1);
        self.lines(chunk, found);
        self.keep(&rest);
    }

    /// The stream ended as it should and the run is over: what is left is the last line, which had no line break.
    pub(super) fn finish(&mut self, found: &mut Vec<Found>) {
        if !self.carry.is_empty() {
            self.finish_carry(found);
        }
        self.silence(found);
    }

    /// The stream fell silent or ended: what was still undecided is decided now.
    pub(super) fn silence(&mut self, found: &mut Vec<Found>) {
        if let State::Resuming(resume) = &self.state
            && let Some(Place::OpenAgain { skip }) = resume.silence()
        {
            self.skip = Some(skip);
            found.push(Found::OpenAgain);
        }
    }

    fn keep(&mut self, part: &[u8]) {
        let room = LONGEST_LINE.saturating_sub(self.carry.len()).min(part.len());
        self.carry.extend_from_slice(&part[..room]);
        self.beyond += (part.len() - room) as u64;
    }

    fn finish_carry(&mut self, found: &mut Vec<Found>) {
        if self.beyond > 0 {
            let note = format!(" [cut here: {} more bytes]", self.beyond);
            self.carry.extend_from_slice(note.as_bytes());
            self.beyond = 0;
        }
        self.carry.extend_from_slice(b"\n");
        let line = self.carry.split().freeze();
        self.lines(line, found);
    }

    /// Whole lines, the last one with its line break. New ones stand together, so they are passed on as one piece.
    fn lines(&mut self, block: Bytes, found: &mut Vec<Found>) {
        let mut start = 0;
        let mut new_from = None;
        for end in memchr_iter(b'\n', &block) {
            let show = self.line(&block[start..end], found);
            match (show, new_from) {
                (true, None) => new_from = Some(start),
                (false, Some(from)) => {
                    found.push(Found::Lines(block.slice(from..start)));
                    new_from = None;
                }
                _ => {}
            }
            if matches!(found.last(), Some(Found::OpenAgain)) {
                return;
            }
            start = end + 1;
        }
        if let Some(from) = new_from {
            found.push(Found::Lines(block.slice(from..start)));
        }
    }

    /// Whether one line is to be shown.
    #[inline]
    fn line(&mut self, line: &[u8], found: &mut Vec<Found>) -> bool {
        let fresh = std::mem::replace(&mut self.fresh, false);
        let Some(second) = stamp::length(line).and_then(|length| self.seconds.of(&line[..length])) else {
            return self.without_time(line, fresh, found);
        };
        let print = fingerprint(line);
        if self.is_live() || self.place(second, print, found) {
            self.first.get_or_insert(print);
            self.position.shown(second, print);
            return true;
        }
        false
    }

    /// Whether a line is new, while that is not clear yet.
    fn place(&mut self, second: i64, print: u64, found: &mut Vec<Found>) -> bool {
        let place = match &mut self.state {
            State::Live => return true,
            State::Skipping { left: 0, total: 0 } => Place::AfterGap,
            State::Skipping { left: 0, total } => Place::New(*total),
            State::Skipping { left, .. } => {
                *left -= 1;
                return false;
            }
            State::Resuming(resume) => resume.next(print, self.position.is_newer(second)),
        };
        match place {
            Place::Shown => return false,
            Place::OpenAgain { skip } => {
                self.skip = Some(skip);
                found.push(Found::OpenAgain);
                return false;
            }
            Place::Last(None) => {}
            Place::Last(Some(kept)) | Place::New(kept) => self.position.keep_last(kept),
            Place::AfterGap => {
                self.position.keep_last(0);
                found.push(Found::Gap);
            }
        }
        self.state = State::Live;
        !matches!(place, Place::Last(_))
    }

    /// A line without a time: the kubelet's own words, or, first in a stream opened in the middle, the end of a very long
    /// line that was shown.
    fn without_time(&mut self, line: &[u8], fresh: bool, found: &mut Vec<Found>) -> bool {
        if KUBELET_REFUSALS.iter().any(|words| line.starts_with(words)) {
            found.push(Found::Refusal(String::from_utf8_lossy(line).into_owned()));
            return false;
        }
        !fresh && self.is_live() || fresh && self.position.is_empty()
    }
}

/// Which container's run lines come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunName {
    /// The pod.
    pub pod: Arc<str>,
    /// The container's run: 0 for the first, one more for each restart.
    pub run: u32,
}

/// Whole lines of one run's log, in order, in one piece of memory.
#[derive(Debug, Clone)]
pub struct Lines {
    /// Where they come from.
    pub from: RunName,
    pub(super) block: Bytes,
}

/// One line: the time the kubelet read it, and its bytes as the program wrote them (UTF-8 or not), without line break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// The time as text, empty when the kubelet gave none.
    pub stamp: &'a [u8],
    /// The line.
    pub text: &'a [u8],
}

impl Lines {
    /// Lines of a run, from text with times and line breaks; for tests and recorded logs.
    pub fn new(from: RunName, block: Bytes) -> Self {
        Lines { from, block }
    }

    /// The lines, one by one.
    pub fn iter(&self) -> impl Iterator<Item = LogLine<'_>> {
        let mut rest = &self.block[..];
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let end = memchr(b'\n', rest).unwrap_or(rest.len());
            let line = &rest[..end];
            rest = rest.get(end + 1..).unwrap_or_default();
            Some(LogLine::new(line))
        })
    }

    /// The lines as they came, times included: what `--timestamps` prints.
    pub fn with_times(&self) -> &[u8] {
        &self.block
    }
}

impl<'a> LogLine<'a> {
    /// Splits a raw line into time and text.
    fn new(line: &'a [u8]) -> Self {
        match stamp::length(line) {
            Some(length) => LogLine { stamp: &line[..length], text: line.get(length + 1..).unwrap_or_default() },
            None => LogLine { stamp: b"", text: line },
        }
    }

    /// The time the kubelet read the line.
    pub fn at(&self) -> Option<jiff::Timestamp> {
        std::str::from_utf8(self.stamp).ok()?.parse().ok()
    }
}
