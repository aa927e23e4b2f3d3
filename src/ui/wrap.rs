//! Long lines on a terminal: broken at words, continued under the text they belong to.

use console::measure_text_width;

/// Breaks every line that is wider than `width`. A continuation is indented to where the line's text began: after its
/// last gap of two or more spaces, as long as that leaves room.
pub fn wrap(text: &str, width: usize) -> String {
    text.split('\n').map(|line| wrap_line(line, width)).collect::<Vec<_>>().join("\n")
}

fn wrap_line(line: &str, width: usize) -> String {
    // A command must be pasted whole: the terminal breaks it without putting a line end into it.
    if measure_text_width(line) <= width || line.contains("kubectl ") {
        return line.to_owned();
    }
    let plain = console::strip_ansi_codes(line);
    let indent = text_column(&plain, width);
    let lead = line.len() - line.trim_start_matches(' ').len();
    let (mut done, mut current, mut empty) = (String::new(), " ".repeat(lead), true);
    for word in line[lead..].split(' ') {
        if !empty && measure_text_width(&current) + 1 + measure_text_width(word) > width {
            done.push_str(current.trim_end());
            done.push('\n');
            current = " ".repeat(indent);
            empty = true;
        }
        if !empty {
            current.push(' ');
        }
        current.push_str(word);
        // Gaps of several spaces come as empty words: kept, so that columns stay.
        empty = false;
    }
    done + current.trim_end()
}

/// Where the text of a line begins: after the last gap of its first half, or a little inside.
fn text_column(plain: &str, width: usize) -> usize {
    let characters: Vec<char> = plain.chars().collect();
    let lead = characters.iter().take_while(|c| **c == ' ').count();
    let gap = (lead + 2..characters.len().min(width / 2))
        .rfind(|i| characters[i - 1] == ' ' && characters[i - 2] == ' ' && characters[*i] != ' ');
    gap.unwrap_or(lead + 2).min(width / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations_stand_under_their_text() {
        assert_eq!(wrap("  ok    the lock will be cleared", 20), "  ok    the lock\n        will be\n        cleared");
        assert_eq!(wrap("short\n  1. one two three four", 14), "short\n  1. one two\n    three four");
    }

    #[test]
    fn commands_are_never_broken() {
        let command = "  kubectl -n bao patch openbaocluster prod -p '{\"spec\":{\"paused\":true}}'";
        assert_eq!(wrap(command, 20), command);
    }

    #[test]
    fn long_words_and_colours_survive() {
        assert_eq!(
            wrap("key bao/prod/2026-11-21T00-41-19Z-b397e37b.snap x", 20),
            "key\n  bao/prod/2026-11-21T00-41-19Z-b397e37b.snap\n  x"
        );
        let painted = "\u{1b}[31mFAIL\u{1b}[0m  one two";
        assert_eq!(wrap(painted, 13), painted, "codes have no width");
    }
}
