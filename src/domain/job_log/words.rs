//! Finds a table's texts in a line: one pass, each byte and each match in constant time.

use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, MatchKind, packed};

use super::table::{REASONS, Reason, Row};

/// All texts of a table.
pub(super) struct Words {
    automaton: DFA,
    /// Rows in the terms of the automaton's patterns.
    rows: Vec<CompiledRow>,
    /// For each pattern the rows whose first text it is.
    firsts: Vec<Vec<usize>>,
    /// The pattern of each of [`REASONS`].
    reasons: Vec<usize>,
}

struct CompiledRow {
    within: Option<usize>,
    fragments: Vec<usize>,
    row: &'static Row,
}

/// A few short texts of which every line that matters has one. Looked for many bytes at a time, so that nearly every line
/// is done with after one fast look.
pub(super) struct Hints(Option<packed::Searcher>);

impl Hints {
    /// Few and telling: each more makes the look slower.
    pub(super) fn new(texts: &[&str]) -> Hints {
        Hints(packed::Searcher::new(texts))
    }

    /// Whether a line has one; any line, where the processor has no instructions for the look.
    pub(super) fn are_in(&self, line: &[u8]) -> bool {
        self.0.as_ref().is_none_or(|searcher| searcher.find(line).is_some())
    }
}

/// The row that a line matches.
pub(super) struct Hit {
    pub(super) row: &'static Row,
    /// Where the row's text, or the link it stands in, begins; the end of all things for a fallback.
    pub(super) begins: usize,
    /// The length of that text.
    pub(super) length: usize,
    /// The byte behind the row's first text.
    pub(super) names_at: usize,
    pub(super) reason: Option<&'static Reason>,
}

/// First and last place of each pattern that occurs in a line.
struct Places {
    /// For each pattern the number of its entry in `found`, counted from one.
    entry: [u16; Words::MOST],
    found: Vec<(usize, usize, usize)>,
}

impl Words {
    /// More patterns than any table has.
    const MOST: usize = 256;

    /// Compiles tables into one.
    pub(super) fn of(tables: &[&'static [Row]]) -> Words {
        let mut patterns: Vec<&'static str> = Vec::new();
        let mut index = |text: &'static str| {
            patterns.iter().position(|known| *known == text).unwrap_or_else(|| {
                patterns.push(text);
                patterns.len() - 1
            })
        };
        let compile = |row: &'static Row| CompiledRow {
            within: row.within.map(&mut index),
            fragments: row.fragments.iter().map(|text| index(text)).collect(),
            row,
        };
        let rows: Vec<CompiledRow> = tables.iter().copied().flatten().map(compile).collect();
        let reasons = REASONS.iter().map(|reason| index(reason.fragment)).collect();
        let begin_with = |pattern| (0..rows.len()).filter(|row| rows[*row].fragments.first() == Some(&pattern)).collect();
        let firsts = (0..patterns.len()).map(begin_with).collect();
        let automaton = DFA::builder().match_kind(MatchKind::Standard).build(&patterns);
        let automaton = automaton.expect("a fixed list of short texts fits an automaton");
        assert!(patterns.len() <= Words::MOST, "Words::MOST is too small");
        Words { automaton, rows, firsts, reasons }
    }

    /// The row of a line.
    pub(super) fn find(&self, line: &[u8]) -> Option<Hit> {
        let places = self.places(line)?;
        let candidates = places.found.iter().flat_map(|(pattern, _, _)| &self.firsts[*pattern]);
        let matches = candidates.filter_map(|number| Some((self.rows[*number].begins(&places)?, *number)));
        let (begins, number) = matches.min()?;
        let best = &self.rows[number];
        let first = best.row.fragments.first().map_or(0, |text| text.len());
        let start = best.fragments.first().and_then(|fragment| places.of(*fragment)).map_or(0, |(start, _)| start);
        let within = best.row.within.filter(|_| begins < start);
        Some(Hit {
            row: best.row,
            begins,
            length: within.map_or(first, str::len),
            names_at: start + first,
            reason: self.first_reason(&places),
        })
    }

    /// The inner reason a line names.
    pub(super) fn reason(&self, line: &[u8]) -> Option<&'static Reason> {
        self.first_reason(&self.places(line)?)
    }

    fn first_reason(&self, places: &Places) -> Option<&'static Reason> {
        let at = self.reasons.iter().position(|pattern| places.of(*pattern).is_some())?;
        REASONS.get(at)
    }

    fn places(&self, line: &[u8]) -> Option<Places> {
        let mut places = Places { entry: [0; Words::MOST], found: Vec::new() };
        self.matches(line, |pattern, start| places.note(pattern, start));
        (!places.found.is_empty()).then_some(places)
    }

    /// Calls back for each match of each pattern, in the order of their ends.
    fn matches(&self, line: &[u8], mut found: impl FnMut(usize, usize)) {
        let Ok(mut state) = self.automaton.start_state(Anchored::No) else { return };
        for (at, byte) in line.iter().enumerate() {
            state = self.automaton.next_state(Anchored::No, state, *byte);
            if !self.automaton.is_special(state) || !self.automaton.is_match(state) {
                continue;
            }
            for number in 0..self.automaton.match_len(state) {
                let pattern = self.automaton.match_pattern(state, number);
                found(pattern.as_usize(), at + 1 - self.automaton.pattern_len(pattern));
            }
        }
    }

    /// How many matches a line makes the automaton look at: the only work that is not the same for each byte.
    #[cfg(test)]
    pub(super) fn work(&self, line: &[u8]) -> usize {
        let mut work = 0;
        self.matches(line, |_, _| work += 1);
        work
    }
}

impl Places {
    fn note(&mut self, pattern: usize, start: usize) {
        let known = usize::from(self.entry[pattern]);
        match known.checked_sub(1).and_then(|entry| self.found.get_mut(entry)) {
            Some((_, _, last)) => *last = start,
            None => {
                self.found.push((pattern, start, start));
                // Bounded by the number of patterns.
                self.entry[pattern] = u16::try_from(self.found.len()).unwrap_or(u16::MAX);
            }
        }
    }

    fn of(&self, pattern: usize) -> Option<(usize, usize)> {
        let entry = usize::from(self.entry[pattern]).checked_sub(1)?;
        self.found.get(entry).map(|(_, first, last)| (*first, *last))
    }
}

impl CompiledRow {
    /// Where the row's text begins in a line that has all of it, in order.
    fn begins(&self, places: &Places) -> Option<usize> {
        let (start, _) = places.of(*self.fragments.first()?)?;
        let mut after = start;
        for fragment in &self.fragments[1..] {
            let (first, last) = places.of(*fragment)?;
            after = [first, last].into_iter().find(|place| *place > after)?;
        }
        if self.row.is_fallback() {
            return Some(usize::MAX);
        }
        let within = self.within.and_then(|within| places.of(within)).map(|(first, _)| first);
        Some(within.filter(|first| *first < start).unwrap_or(start))
    }
}
