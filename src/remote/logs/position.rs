//! How far a log has been shown, and how to find that place again in a stream opened anew: nothing lost, nothing twice.
//!
//! The API can only be asked for "lines since this second" (K§3.3), so a new stream repeats lines that were shown. They
//! are recognised by their place in the file, not by their times: times may be equal, and out of order by a little where
//! standard output meets standard error. What is remembered is constant: one number per line of the last two seconds, up
//! to a limit, and counters beyond it.

use std::collections::VecDeque;

/// Lines remembered one by one; beyond this only their number counts.
const REMEMBERED: usize = 65_536;

/// A number that stands for a line: 64 bits over its bytes, time included.
#[inline]
pub(super) fn fingerprint(line: &[u8]) -> u64 {
    const A: u64 = 0x9e37_79b9_7f4a_7c15;
    const B: u64 = 0xe703_7ed1_a0b4_28db;
    let mix = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        (product as u64) ^ ((product >> 64) as u64)
    };
    let mut hash = mix(line.len() as u64 ^ A, B);
    let (words, rest) = line.as_chunks::<8>();
    for word in words {
        hash = mix(hash ^ u64::from_le_bytes(*word), A);
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(hash ^ u64::from_le_bytes(last), B)
}

/// How far one run's log has been shown.
#[derive(Debug, Clone)]
pub(super) struct Position {
    /// The lines of the window, oldest first: second and fingerprint.
    recent: VecDeque<(i64, u64)>,
    /// Newest second seen, and how many lines the window has in it and in the second before.
    newest: i64,
    in_newest: u64,
    in_previous: u64,
    /// First line of the newest second's and of the previous second's part of the window, in that order.
    first_in_newest: u64,
    first_in_previous: u64,
    /// All lines shown, and the first of them.
    total: u64,
    first: u64,
    first_second: i64,
    /// The clock went back by more than the window: seconds no longer tell where to start.
    unordered: bool,
    /// The first request asked for the end of the log only, so lines before the first shown one exist.
    cut_in: bool,
}

impl Position {
    /// Nothing shown yet. `cut_in`: the first request asks for a part of the log (`tail`, `since`).
    pub(super) fn new(cut_in: bool) -> Self {
        Position {
            recent: VecDeque::new(),
            newest: i64::MIN,
            in_newest: 0,
            in_previous: 0,
            first_in_newest: 0,
            first_in_previous: 0,
            total: 0,
            first: 0,
            first_second: i64::MIN,
            unordered: false,
            cut_in,
        }
    }

    /// True while no line was shown.
    pub(super) fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// How many lines were shown; starts anew after a gap.
    pub(super) fn count(&self) -> u64 {
        self.total
    }

    /// The first line shown, or the first since a gap.
    pub(super) fn first(&self) -> Option<u64> {
        (self.total > 0).then_some(self.first)
    }

    /// Counts a line as shown.
    #[inline]
    pub(super) fn shown(&mut self, second: i64, line: u64) {
        if self.total == 0 {
            (self.first, self.first_second) = (line, second);
        }
        self.total += 1;
        if second > self.newest {
            self.advance(second);
        }
        if second == self.newest {
            self.first_in_newest = if self.in_newest == 0 { line } else { self.first_in_newest };
            self.in_newest += 1;
        } else if second + 1 == self.newest {
            // Counted where it belongs; as the window is read from the older second on, file order is kept.
            self.first_in_previous = if self.in_previous == 0 { line } else { self.first_in_previous };
            self.in_previous += 1;
        } else {
            self.unordered = true;
        }
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back((second, line));
    }

    /// A newer second begins: what is older than the one before it leaves the window.
    fn advance(&mut self, second: i64) {
        let follows = self.newest != i64::MIN && second == self.newest + 1;
        (self.in_previous, self.first_in_previous) = if follows { (self.in_newest, self.first_in_newest) } else { (0, 0) };
        (self.newest, self.in_newest, self.first_in_newest) = (second, 0, 0);
        if !self.unordered {
            while self.recent.front().is_some_and(|(second, _)| *second < self.newest - 1) {
                self.recent.pop_front();
            }
        }
    }

    /// The second to ask for when the log is opened again; `None` asks for all of it.
    pub(super) fn since(&self) -> Option<i64> {
        (self.total > 0 && !self.unordered).then(|| self.newest - 1)
    }

    /// Begins to look for the place in a stream opened with [`Position::since`].
    pub(super) fn resume(&self) -> Resume {
        let since = self.since().unwrap_or(i64::MIN);
        let known: Vec<u64> = self.recent.iter().filter(|(second, _)| *second >= since).map(|(_, line)| *line).collect();
        let (count, first) = if self.unordered {
            (self.total, self.first)
        } else if since == self.newest {
            (self.in_newest, self.first_in_newest)
        } else {
            (self.in_newest + self.in_previous, self.first_of_window())
        };
        // Lines that were never shown may come first only where the log was entered in the middle: by a line that came late,
        // perhaps, so that those before it are of the next second.
        let entered = self.cut_in && since <= self.first_second.saturating_add(1);
        Resume::new(known, count, first, entered)
    }

    /// The first line, in file order, of the two seconds together.
    fn first_of_window(&self) -> u64 {
        match (self.in_previous, self.recent.front()) {
            (0, _) => self.first_in_newest,
            // Within memory the front is the truth, also when the two seconds are interleaved.
            (_, Some((second, line))) if self.recent.len() < REMEMBERED && *second >= self.newest - 1 => *line,
            _ => self.first_in_previous,
        }
    }

    /// The log now begins later than the window (rotation): keep only the last lines, those that are still in it.
    pub(super) fn keep_last(&mut self, lines: usize) {
        // Counted are lines of the stream, which has none from before the second it was asked for: a late one may lie between.
        let since = self.since().unwrap_or(i64::MIN);
        let repeated = self.recent.iter().enumerate().rev().filter(|(_, (second, _))| *second >= since);
        let from = repeated.take(lines).last().map_or(self.recent.len(), |(at, _)| at);
        let kept: Vec<(i64, u64)> = self.recent.iter().skip(from).copied().collect();
        *self = Position::new(false);
        for (second, line) in kept {
            self.shown(second, line);
        }
    }

    /// Whether a line of this second is later than everything shown, as far as times tell: one that came late may be the
    /// newest that was shown.
    pub(super) fn is_newer(&self, second: i64) -> bool {
        !self.unordered && second > self.newest + 1
    }
}

/// What a line of a newly opened stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Shown before.
    Shown,
    /// Shown before, and the last such line: what follows is new. After a rotation: how many shown lines the log still has.
    Last(Option<usize>),
    /// New, and it follows directly on what was shown; so many shown lines are still in the log.
    New(usize),
    /// New, but what was shown is no longer in the log: lines in between may be missing.
    AfterGap,
    /// Too late to tell without opening the log again: its first `skip` lines were shown, all others are new. Nothing
    /// of what was shown is left in it when `skip` is 0: lines may be missing then.
    OpenAgain {
        /// Lines to leave out.
        skip: usize,
    },
}

/// Looks for the place in a stream where what was shown ends.
#[derive(Debug)]
pub(super) struct Resume {
    /// The last shown lines, oldest first.
    known: Vec<u64>,
    /// Number and first of all shown lines the stream should repeat; more than `known` when that overflowed.
    count: u64,
    first: u64,
    /// Lines of the stream so far.
    fed: u64,
    way: Way,
}

#[derive(Debug)]
enum Way {
    /// Nothing decided: the first line tells.
    Start { entered: bool },
    /// The stream repeats exactly `count` lines; too many to remember each.
    Count,
    /// The stream begins inside `known`: find the longest end of `known` that it begins with.
    Overlap(Overlap),
    /// `known` stands somewhere in the stream, after lines that were never shown (or were and are forgotten); or, after
    /// a rotation, only its end does, at the start.
    Search { table: Vec<u32>, matched: usize, overlap: Overlap },
}

impl Resume {
    fn new(known: Vec<u64>, count: u64, first: u64, entered: bool) -> Self {
        Resume { known, count, first, fed: 0, way: Way::Start { entered } }
    }

    /// What to do when the stream fell silent or ended before the place was found; `None`: it holds nothing new.
    pub(super) fn silence(&self) -> Option<Place> {
        match &self.way {
            Way::Search { overlap, .. } if self.fed > 0 => Some(Place::OpenAgain { skip: overlap.matched }),
            _ => None,
        }
    }

    /// What the next line of the stream is. Not called again after an answer other than [`Place::Shown`].
    pub(super) fn next(&mut self, line: u64, is_newer: bool) -> Place {
        self.fed += 1;
        if let Way::Start { entered } = self.way {
            self.way = self.begin(line, entered);
        }
        let overflowed = self.count > self.known.len() as u64;
        match &mut self.way {
            Way::Count if self.fed < self.count => Place::Shown,
            Way::Count if self.known.last() == Some(&line) => Place::Last(None),
            Way::Count => Place::OpenAgain { skip: 0 },
            Way::Overlap(overlap) => match overlap.next(&self.known, line) {
                // The line may be one of those that only their number is known of.
                Place::AfterGap if overflowed => {
                    self.way = Way::search(&self.known);
                    self.search(line, is_newer)
                }
                Place::Last(Some(matched)) if matched == self.known.len() && !overflowed => Place::Last(None),
                place => place,
            },
            Way::Start { .. } | Way::Search { .. } => self.search(line, is_newer),
        }
    }

    fn begin(&self, line: u64, entered: bool) -> Way {
        let overflowed = self.count > self.known.len() as u64;
        match () {
            () if entered => Way::search(&self.known),
            () if overflowed && line == self.first => Way::Count,
            () => Way::Overlap(Overlap::default()),
        }
    }

    fn search(&mut self, line: u64, is_newer: bool) -> Place {
        let Way::Search { table, matched, overlap } = &mut self.way else { return Place::AfterGap };
        while *matched > 0 && self.known.get(*matched) != Some(&line) {
            *matched = table[*matched - 1] as usize;
        }
        if self.known.get(*matched) == Some(&line) {
            *matched += 1;
        }
        if !self.known.is_empty() && *matched == self.known.len() {
            return Place::Last(None);
        }
        let overlapping = overlap.next(&self.known, line);
        match overlapping {
            _ if !is_newer => Place::Shown,
            Place::Shown | Place::Last(_) => Place::OpenAgain { skip: overlap.matched },
            place => place,
        }
    }
}

impl Way {
    fn search(known: &[u64]) -> Self {
        Way::Search { table: failure_table(known), matched: 0, overlap: Overlap::default() }
    }
}

/// Knuth–Morris–Pratt with the known lines as text and the stream as a pattern that becomes known line by line.
#[derive(Debug, Default)]
struct Overlap {
    pattern: Vec<u64>,
    table: Vec<u32>,
    /// Next line of the text, and how many lines before it the pattern's start matches.
    at: usize,
    matched: usize,
    /// Lines of the stream so far; the pattern stops growing when the text is used up.
    fed: usize,
}

impl Overlap {
    fn next(&mut self, known: &[u64], line: u64) -> Place {
        self.fed += 1;
        if self.at < known.len() {
            self.pattern.push(line);
            self.table.push(0);
            extend_failure_table(&self.pattern, &mut self.table);
        }
        while self.at < known.len() && self.matched < self.pattern.len() {
            if known[self.at] == self.pattern[self.matched] {
                (self.at, self.matched) = (self.at + 1, self.matched + 1);
            } else if self.matched > 0 {
                self.matched = self.table[self.matched - 1] as usize;
            } else {
                self.at += 1;
            }
        }
        match (self.at == known.len(), self.fed - self.matched) {
            (false, _) => Place::Shown,
            (true, 0) => Place::Last(Some(self.matched)),
            (true, 1) if self.matched > 0 => Place::New(self.matched),
            (true, 1) => Place::AfterGap,
            (true, _) => Place::OpenAgain { skip: self.matched },
        }
    }
}

fn failure_table(pattern: &[u64]) -> Vec<u32> {
    let mut table = Vec::with_capacity(pattern.len());
    for end in 1..=pattern.len() {
        table.push(0);
        extend_failure_table(&pattern[..end], &mut table);
    }
    table
}

/// Fills in the last entry: the longest proper start of the pattern that is also its end.
fn extend_failure_table(pattern: &[u64], table: &mut [u32]) {
    let last = pattern.len() - 1;
    if last == 0 {
        return;
    }
    let mut length = table[last - 1] as usize;
    while length > 0 && pattern[length] != pattern[last] {
        length = table[length - 1] as usize;
    }
    // Never more than `REMEMBERED` lines, so 32 bits hold it.
    table[last] = if pattern[length] == pattern[last] { length as u32 + 1 } else { 0 };
}
