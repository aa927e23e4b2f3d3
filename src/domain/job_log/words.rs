//! Finds a table's texts in a line: one pass, each byte and each match in constant time.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind, packed};

use super::table::{REASONS, Reason, Row};

/// All texts of a table.
pub(super) struct Words {
    /// Looks for the table's hints, many bytes at a time: nearly every line ends here. `None` where the processor has no
    /// instructions for it.
    hints: Option<packed::Searcher>,
    automaton: AhoCorasick,
    /// Rows in the terms of the automaton's patterns.
    rows: Vec<CompiledRow>,
    /// The pattern of each of [`REASONS`].
    reasons: Vec<usize>,
}

struct CompiledRow {
    within: Option<usize>,
    fragments: Vec<usize>,
    row: &'static Row,
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

/// First and last place of each pattern in a line.
struct Places(Vec<Option<(usize, usize)>>);

impl Words {
    /// Compiles tables into one.
    pub(super) fn of(tables: &[&'static [Row]], hints: &[&str]) -> Words {
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
        let rows = tables.iter().copied().flatten().map(compile).collect();
        let reasons = REASONS.iter().map(|reason| index(reason.fragment)).collect();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&patterns)
            .expect("a fixed list of short texts fits an automaton");
        Words { hints: packed::Searcher::new(hints), automaton, rows, reasons }
    }

    /// The row of a line.
    pub(super) fn find(&self, line: &[u8]) -> Option<Hit> {
        if let Some(hints) = &self.hints {
            hints.find(line)?;
        }
        self.look(line)
    }

    /// The same without the hints.
    pub(super) fn look(&self, line: &[u8]) -> Option<Hit> {
        let places = self.places(line)?;
        let matches = self.rows.iter().filter_map(|row| Some((row.begins(&places)?, row)));
        let (begins, best) = matches.min_by_key(|(begins, _)| *begins)?;
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
        let mut matches = self.automaton.find_overlapping_iter(line).peekable();
        matches.peek()?;
        let mut places = vec![None; self.automaton.patterns_len()];
        for found in matches {
            let place = &mut places[found.pattern().as_usize()];
            let first = place.map_or(found.start(), |(first, _)| first);
            *place = Some((first, found.start()));
        }
        Some(Places(places))
    }

    /// How many matches a line makes the automaton look at: the only work that is not the same for each byte.
    #[cfg(test)]
    pub(super) fn work(&self, line: &[u8]) -> usize {
        self.automaton.find_overlapping_iter(line).count()
    }
}

impl Places {
    fn of(&self, pattern: usize) -> Option<(usize, usize)> {
        self.0.get(pattern).copied().flatten()
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
