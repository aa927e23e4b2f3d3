//! Long lines on a terminal: broken at words, continued under the text they belong to.

use console::measure_text_width;

/// Breaks every line that is wider than `width`. A continuation is indented to where the line's text began: after its
/// last gap of two or more spaces, as long as that leaves room.
pub fn wrap(text: &str, width: usize) -> String {
    text.split('\n').map(|line| wrap_line(line, width)).collect::<Vec<_>>().join("\n")
}

fn wrap_line(line: &str, width: usize) -> String {
    if measure_text_width(line) <= width {
        return line.to_owned();
    }
    let plain = console::strip_ansi_codes(line);
    let lead = line.len() - line.trim_start_matches(' ').len();
    if let Some((command, what_for)) = explained(&line[lead..]) {
        let below = format!("{:1$}{what_for}", "", lead + 4);
        return format!("{:lead$}{command}\n{}", "", wrap_line(&below, width));
    }
    let mut indent = text_column(&plain, width);
    let (mut done, mut current, mut empty) = (String::new(), " ".repeat(lead), true);
    for word in Words(Some(&line[lead..])) {
        let (filled, long) = (measure_text_width(&current), measure_text_width(word));
        // A command that fits nowhere goes on where it stands, behind the few words it belongs to.
        let hopeless = word.contains("kubectl ") && lead + 4 + long > width && filled < width / 3;
        if !empty && filled + 1 + long > width && !hopeless {
            if indent + long > width && lead + 4 + long <= width {
                indent = lead + 4;
            }
            done.push_str(current.trim_end());
            done.push('\n');
            current = " ".repeat(indent);
            empty = true;
        }
        // Gaps of several spaces come as empty words: kept, so that columns stay, but not where a line begins.
        if empty && word.is_empty() {
            continue;
        }
        if !empty {
            current.push(' ');
        }
        current.push_str(word);
        empty = false;
    }
    done + current.trim_end()
}

/// A line that is a command and, behind a gap, what it is for.
fn explained(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("kubectl ")?;
    let (command, what_for) = line.split_at(command_end(line, line.len() - rest.len() - 1));
    what_for.starts_with("  ").then(|| (command, what_for.trim_start()))
}

/// Words between single spaces; a command is one word, for it must be pasted whole: where it is too long the terminal breaks
/// it, without putting a line end into it.
struct Words<'a>(Option<&'a str>);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.0?;
        let mut end = text.find(' ').unwrap_or(text.len());
        if text[..end].ends_with("kubectl") {
            end = command_end(text, end);
        }
        self.0 = text.get(end + 1..);
        Some(&text[..end])
    }
}

/// Where the command ends that `kubectl` before `from` begins: at a gap, a closing bracket of the sentence around it, or the
/// end of a clause; nothing ends it within quotes. Always before a space or at the end.
fn command_end(text: &str, from: usize) -> usize {
    let (mut quote, mut open, mut before) = (None, 0_usize, ' ');
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at < from) {
        let followed = |next: &str| text[at + c.len_utf8()..].starts_with(next);
        match (quote, c) {
            (Some(mark), c) if c == mark => quote = None,
            (Some(_), _) => {}
            // Between letters it is an apostrophe.
            (None, '\'' | '"') if matches!(before, ' ' | '=') => quote = Some(c),
            (None, '(') => open += 1,
            (None, ')') if open > 0 => open -= 1,
            (None, ')') => return text[at..].find(' ').map_or(text.len(), |space| at + space),
            (None, ' ') if followed(" ") => return at,
            (None, ',' | ';' | ':' | '.') if followed(" ") => return at + 1,
            _ => {}
        }
        before = c;
    }
    text.len()
}

/// Where the text of a line begins: after the last gap of its first half, or its number in a list, or a little inside. What
/// is said of a command stands deeper than it.
fn text_column(plain: &str, width: usize) -> usize {
    let characters: Vec<char> = plain.chars().collect();
    let lead = characters.iter().take_while(|c| **c == ' ').count();
    if plain[lead..].starts_with("kubectl ") {
        return (lead + 4).min(width / 2);
    }
    let gap = (lead + 2..characters.len().min(width / 2))
        .rfind(|i| characters[i - 1] == ' ' && characters[i - 2] == ' ' && characters[*i] != ' ');
    gap.or_else(|| Some(lead + numbered(&plain[lead..])?)).unwrap_or(lead + 2).min(width / 2)
}

/// How long `12. ` is that a text begins with.
fn numbered(text: &str) -> Option<usize> {
    let (number, _) = text.split_once(". ")?;
    (!number.is_empty() && number.len() < 3 && number.bytes().all(|b| b.is_ascii_digit())).then_some(number.len() + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations_stand_under_their_text() {
        assert_eq!(wrap("  ok    the lock will be cleared", 20), "  ok    the lock\n        will be\n        cleared");
        assert_eq!(wrap("short\n  1. one two three four", 14), "short\n  1. one two\n     three\n     four");
    }

    #[test]
    fn commands_are_never_broken() {
        let command = "  kubectl -n bao patch openbaocluster prod -p '[{\"op\": \"test\"}, {\"op\": \"remove\"}]'";
        assert_eq!(wrap(command, 20), command);
        for sentence in [
            "look again: kubectl openbao status prod -n bao; then wait until it ends",
            "first let it end (kubectl openbao status prod -n bao -w), then upgrade",
            "the operator's word is not enough: kubectl -n bao annotate x y=\"$(date +%s)\" --overwrite, and look",
        ] {
            let lines = wrap(sentence, 24);
            let whole = lines.lines().filter(|line| line.contains("kubectl"));
            let commands: Vec<&str> = whole.map(|line| line.trim().trim_matches(['(', ')', ',', ';'])).collect();
            assert!(commands.iter().all(|c| sentence.contains(c) && c.matches(' ').count() > 3), "{lines}");
            assert!(lines.lines().all(|line| line.contains("kubectl") || line.len() <= 24), "{lines}");
            assert_eq!(lines.split_whitespace().collect::<String>(), sentence.replace(' ', ""));
        }
    }

    #[test]
    fn what_a_command_is_for_stands_below_it() {
        assert_eq!(
            wrap("  kubectl openbao status prod    how it is otherwise", 36),
            "  kubectl openbao status prod\n      how it is otherwise"
        );
        assert_eq!(wrap("  kubectl get pods    which", 36), "  kubectl get pods    which");
    }

    #[test]
    fn what_does_not_fit_into_its_column_stands_further_left() {
        assert_eq!(
            wrap("  a-code-here  of Job a-name-that-is-rather-long again and again", 40),
            "  a-code-here  of Job\n      a-name-that-is-rather-long again\n      and again"
        );
        let way = "  C  restore  kubectl openbao resolve prod -n bao --path restore --key bao/prod/x.snap";
        assert_eq!(wrap(way, 48), way, "it would not fit on a line of its own either");
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
