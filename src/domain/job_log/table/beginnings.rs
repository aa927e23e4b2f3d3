//! Which of many fixed texts a line begins with.

/// Texts by their order, each with what belongs to it. `WIDTH`: no text is shorter, in bytes; from 8 to 16.
pub(super) struct Beginnings<const WIDTH: usize, T> {
    /// A mark for each value that the first bytes of a text come to, so that most lines are done with at once.
    marks: [bool; 1 << BITS],
    texts: Vec<(&'static [u8], T)>,
}

/// Marks are numbered with so many bits.
const BITS: u32 = 11;

impl<const WIDTH: usize, T> Beginnings<WIDTH, T> {
    pub(super) fn new(mut texts: Vec<(&'static [u8], T)>) -> Beginnings<WIDTH, T> {
        texts.sort_unstable_by_key(|(text, _)| *text);
        let mut marks = [false; 1 << BITS];
        for (text, _) in &texts {
            marks[Self::mark(text).expect("WIDTH is the shortest text's")] = true;
        }
        Beginnings { marks, texts }
    }

    /// The longest of the texts that a line begins with.
    pub(super) fn of(&self, line: &[u8]) -> Option<&(&'static [u8], T)> {
        if !self.marks[Self::mark(line)?] {
            return None;
        }
        // Of the texts a line begins with, the longest sorts last before it; others with the same first bytes may follow.
        let before = &self.texts[..self.texts.partition_point(|(text, _)| *text <= line)];
        let near = before.iter().rev().take_while(|(text, _)| text[..WIDTH] == line[..WIDTH]);
        near.into_iter().find(|(text, _)| line.starts_with(text))
    }

    fn mark(text: &[u8]) -> Option<usize> {
        let text = text.first_chunk::<WIDTH>()?;
        let word = |bytes: Option<&[u8; 8]>| bytes.map(|bytes| u64::from_le_bytes(*bytes));
        let both = word(text.first_chunk())? ^ word(text.last_chunk())?.rotate_left(23);
        Some((both.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - BITS)) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_text_counts_and_a_part_of_one_does_not() {
        let texts = ["Leader found", "Leader found for repair", "Leader found for two", "New leader found"];
        let beginnings: Beginnings<12, usize> =
            Beginnings::new(texts.iter().enumerate().map(|(number, text)| (text.as_bytes(), number)).collect());
        for (line, number) in [
            ("Leader found", Some(0)),
            ("Leader found for three", Some(0)),
            ("Leader found for repair", Some(1)),
            ("Leader found for repair, x", Some(1)),
            ("Leader found for twins", Some(0)),
            ("New leader found", Some(3)),
            ("New leader foun", None),
            ("Leader foun", None),
            ("Leader lost at all", None),
            ("", None),
        ] {
            assert_eq!(beginnings.of(line.as_bytes()).map(|(_, number)| *number), number, "{line}");
        }
    }
}
