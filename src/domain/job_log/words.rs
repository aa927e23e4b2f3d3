//! Which row of a table a line matches.

use super::anchors::Anchors;
use super::table::{REASONS, Reason, Row};

/// All texts of a table.
pub(super) struct Words {
    anchors: Anchors,
    /// Rows in the terms of the numbered texts.
    rows: Vec<CompiledRow>,
    /// For each text the rows whose first it is.
    firsts: Vec<Vec<usize>>,
    /// For each text its place in [`REASONS`], if it is one.
    reasons: Vec<Option<usize>>,
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

/// First and last place of each text that occurs in a line.
struct Places {
    /// For each text the number of its entry in `found`, counted from one.
    entry: [u8; Words::MOST],
    found: Vec<(usize, usize, usize)>,
    /// The first of [`REASONS`] that occurs.
    reason: Option<usize>,
}

impl Words {
    /// More texts than any table has.
    const MOST: usize = 255;
    /// Texts that a usual line has at most.
    const USUAL: usize = 8;

    /// Compiles tables into one.
    pub(super) fn of(tables: &[&'static [Row]]) -> Words {
        let mut texts: Vec<&'static str> = Vec::new();
        let mut index = |text: &'static str| {
            texts.iter().position(|known| *known == text).unwrap_or_else(|| {
                texts.push(text);
                texts.len() - 1
            })
        };
        let compile = |row: &'static Row| CompiledRow {
            within: row.within.map(&mut index),
            fragments: row.fragments.iter().map(|text| index(text)).collect(),
            row,
        };
        let rows: Vec<CompiledRow> = tables.iter().copied().flatten().map(compile).collect();
        for reason in REASONS {
            index(reason.fragment);
        }
        let begin_with = |text| (0..rows.len()).filter(|row| rows[*row].fragments.first() == Some(&text)).collect();
        let firsts = (0..texts.len()).map(begin_with).collect();
        let reasons = texts.iter().map(|text| REASONS.iter().position(|reason| reason.fragment == *text)).collect();
        assert!(texts.len() <= Words::MOST, "Words::MOST is too small");
        Words { anchors: Anchors::new(&texts), rows, firsts, reasons }
    }

    /// The row of a line.
    pub(super) fn find(&self, line: &[u8]) -> Option<Hit> {
        let places = self.places(line);
        let candidates = places.found.iter().flat_map(|(text, _, _)| &self.firsts[*text]);
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
            reason: places.reason(),
        })
    }

    /// The inner reason a line names.
    pub(super) fn reason(&self, line: &[u8]) -> Option<&'static Reason> {
        self.places(line).reason()
    }

    fn places(&self, line: &[u8]) -> Places {
        let mut places = Places { entry: [0; Words::MOST], found: Vec::new(), reason: None };
        self.anchors.each(line, |text, start| places.note(text, start, self.reasons[text]));
        places
    }

    /// How much work a line makes beyond the same for each byte.
    #[cfg(test)]
    pub(super) fn work(&self, line: &[u8]) -> usize {
        self.anchors.work(line)
    }
}

impl Places {
    fn note(&mut self, text: usize, start: usize, reason: Option<usize>) {
        let known = usize::from(self.entry[text]);
        if let Some((_, _, last)) = known.checked_sub(1).and_then(|entry| self.found.get_mut(entry)) {
            *last = start;
            return;
        }
        if self.found.is_empty() {
            self.found.reserve(Words::USUAL);
        }
        self.found.push((text, start, start));
        // Bounded by the number of texts.
        self.entry[text] = u8::try_from(self.found.len()).unwrap_or(u8::MAX);
        self.reason = [self.reason, reason].into_iter().flatten().min();
    }

    fn of(&self, text: usize) -> Option<(usize, usize)> {
        let entry = usize::from(self.entry[text]).checked_sub(1)?;
        self.found.get(entry).map(|(_, first, last)| (*first, *last))
    }

    fn reason(&self) -> Option<&'static Reason> {
        REASONS.get(self.reason?)
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
