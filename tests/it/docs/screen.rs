//! What a terminal shows: the program's bytes with cursor movements and erased lines carried out, on lines of any length.

/// A terminal's screen.
#[derive(Debug, Default)]
pub struct Screen {
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

/// The rows that are left on the screen, the last one being that of the cursor or below, without spaces at their ends.
pub fn rows(bytes: &str) -> Vec<String> {
    let mut screen = Screen { rows: vec![Vec::new()], ..Screen::default() };
    let mut characters = bytes.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => screen.column = 0,
            '\n' => screen.down(1),
            '\u{1b}' if characters.next_if_eq(&'[').is_some() => {
                let mut number = String::new();
                while let Some(part) = characters.next_if(|c| !c.is_ascii_alphabetic()) {
                    number.push(part);
                }
                if let Some(what) = characters.next() {
                    screen.control(what, number.parse().unwrap_or(1), number == "2");
                }
            }
            shown if !shown.is_control() => screen.put(shown),
            _ => {}
        }
    }
    screen.rows.iter().map(|row| row.iter().collect::<String>()).collect()
}

impl Screen {
    fn put(&mut self, shown: char) {
        let row = &mut self.rows[self.row];
        row.resize(row.len().max(self.column + 1), ' ');
        row[self.column] = shown;
        self.column += 1;
    }

    fn down(&mut self, count: usize) {
        self.row += count;
        self.rows.resize(self.rows.len().max(self.row + 1), Vec::new());
    }

    fn control(&mut self, what: char, count: usize, whole: bool) {
        match what {
            'A' => self.row = self.row.saturating_sub(count),
            'B' => self.down(count),
            'G' => self.column = count.saturating_sub(1),
            'K' if whole => self.rows[self.row].clear(),
            'K' => self.rows[self.row].truncate(self.column),
            'J' => {
                self.rows.truncate(self.row + 1);
                self.rows[self.row].truncate(if whole { 0 } else { self.column });
            }
            _ => {}
        }
    }
}

#[test]
fn what_was_erased_is_gone() {
    let list = "Which?\r\n\u{1b}[?25l> a\r\n  b\r\n\u{1b}[2A\u{1b}[2K\u{1b}[1B\u{1b}[2K\u{1b}[1B\u{1b}[2A\u{1b}[?25htaken a\r\n";
    assert_eq!(rows(list), ["Which?", "taken a", "", ""]);
    assert_eq!(rows("\r\u{1b}[2K- 1s waiting\r\u{1b}[2Kdone\r\n"), ["done", ""]);
}
