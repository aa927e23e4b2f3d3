//! Finds many fixed texts in a line at once, in one pass and with the same little work for each byte, whatever is in it.
//!
//! Of each text a few bytes in a row are chosen that few other texts have: its anchor. Of a line only every other place is
//! looked at, in a table by the bytes that stand there; so each text has two anchors, one byte apart, of which one is met.
//! Only where an anchor may stand its text is compared. At most [`AT_ONCE`] texts are compared at one place, so no line
//! costs more than its length times a constant.

/// Bytes of an anchor.
const WIDTH: usize = 4;
/// Only every so many bytes a line is looked at; as many anchors has each text.
const STEP: usize = 2;
/// Places looked at together.
const PLACES: usize = 4;
/// Bytes that these places cover.
const BLOCK: usize = (PLACES - 1) * STEP + WIDTH;
/// Entries of the table are numbered with so many bits.
const BITS: u32 = 13;
/// Most texts that one entry of the table has.
pub(super) const AT_ONCE: usize = 8;
/// Shorter texts have no two anchors.
pub(super) const SHORTEST: usize = WIDTH + STEP - 1;

/// A set of texts.
pub(super) struct Anchors {
    /// For each entry the number of its bucket; zero for none.
    table: Vec<u16>,
    buckets: Vec<Vec<Anchor>>,
}

struct Anchor {
    number: usize,
    text: &'static [u8],
    /// Where in the text it stands.
    at: usize,
}

impl Anchors {
    /// Prepares texts of at least [`SHORTEST`] bytes.
    pub(super) fn new(texts: &[&'static str]) -> Anchors {
        let mut anchors = Anchors { table: vec![0; 1 << BITS], buckets: vec![Vec::new()] };
        for (number, text) in texts.iter().map(|text| text.as_bytes()).enumerate() {
            assert!(text.len() >= SHORTEST, "too short a text");
            let first = rarest(text, texts);
            (first..first + STEP).for_each(|at| anchors.add(Anchor { number, text, at }));
        }
        assert!(anchors.buckets.iter().all(|bucket| bucket.len() <= AT_ONCE), "too many texts that are alike");
        anchors
    }

    fn add(&mut self, anchor: Anchor) {
        let entry = entry(&anchor.text[anchor.at..]);
        if self.table[entry] == 0 {
            self.table[entry] = u16::try_from(self.buckets.len()).expect("a fixed list of texts");
            self.buckets.push(Vec::new());
        }
        self.buckets[usize::from(self.table[entry])].push(anchor);
    }

    /// Calls back with number and place of each text that occurs, as often as it occurs. Of one text the places are in order.
    pub(super) fn each(&self, line: &[u8], mut found: impl FnMut(usize, usize)) {
        let Ok(table) = <&[u16; 1 << BITS]>::try_from(self.table.as_slice()) else { return };
        let mut begin = 0;
        while let Some(block) = line.get(begin..begin + BLOCK) {
            let buckets: [u16; PLACES] = std::array::from_fn(|place| table[entry(&block[place * STEP..])]);
            if buckets.iter().fold(0, |any, bucket| any | bucket) != 0 {
                for (place, bucket) in buckets.into_iter().enumerate() {
                    self.compare(bucket, line, begin + place * STEP, &mut found);
                }
            }
            begin += PLACES * STEP;
        }
        for at in (begin..(line.len() + 1).saturating_sub(WIDTH)).step_by(STEP) {
            self.compare(table[entry(&line[at..])], line, at, &mut found);
        }
    }

    /// Whether one of the texts occurs.
    pub(super) fn are_in(&self, line: &[u8]) -> bool {
        let mut any = false;
        self.each(line, |_, _| any = true);
        any
    }

    fn compare(&self, bucket: u16, line: &[u8], at: usize, found: &mut impl FnMut(usize, usize)) {
        for anchor in &self.buckets[usize::from(bucket)] {
            let start = at.checked_sub(anchor.at).filter(|start| line[*start..].starts_with(anchor.text));
            if let Some(start) = start {
                found(anchor.number, start);
            }
        }
    }

    /// How many texts are compared with a line: the only work that is not the same for each byte.
    #[cfg(test)]
    pub(super) fn work(&self, line: &[u8]) -> usize {
        let places = (0..(line.len() + 1).saturating_sub(WIDTH)).step_by(STEP);
        places.map(|at| self.buckets[usize::from(self.table[entry(&line[at..])])].len()).sum()
    }
}

/// The table's entry for the first bytes; the first for too few of them.
fn entry(bytes: &[u8]) -> usize {
    let first = bytes.first_chunk::<WIDTH>().map_or(0, |first| u32::from_le_bytes(*first));
    (first.wrapping_mul(0x9E37_79B1) >> (u32::BITS - BITS)) as usize
}

/// Where the anchors of a text begin: the place whose bytes occur least often in all the texts.
fn rarest(text: &[u8], texts: &[&'static str]) -> usize {
    let occurs = |anchor: &[u8]| texts.iter().flat_map(|text| text.as_bytes().windows(WIDTH)).filter(|w| *w == anchor).count();
    let cost = |at: &usize| (*at..*at + STEP).map(|at| occurs(&text[at..at + WIDTH])).max();
    (0..=text.len() - SHORTEST).min_by_key(cost).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(texts: &[&'static str], line: &str) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        Anchors::new(texts).each(line.as_bytes(), |number, start| found.push((number, start)));
        found.sort_unstable();
        found
    }

    #[test]
    fn texts_are_found_wherever_they_stand() {
        let text = "failed to find";
        for length in 0..40 {
            for before in 0..20 {
                let line = format!("{}{text}{}", "x".repeat(before), "y".repeat(length));
                assert_eq!(found(&[text], &line), [(0, before)], "{line}");
            }
        }
        for length in 0..text.len() {
            assert_eq!(found(&[text], &text[..length]), []);
            assert_eq!(found(&[text], &text[length + 1..]), []);
        }
    }

    #[test]
    fn texts_within_one_another_are_all_found_and_each_as_often_as_it_occurs() {
        let texts = ["find leader", "failed to find", "failed to find leader", "ailed"];
        assert_eq!(found(&texts, "failed to find leader: ailed"), [(0, 10), (1, 0), (2, 0), (3, 1), (3, 23)]);
        assert_eq!(found(&["aaaaa"], "aaaaaaa"), [(0, 0), (0, 1), (0, 2)]);
    }
}
