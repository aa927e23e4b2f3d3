//! A page's commands on the practice range, on a terminal.

use std::path::Path;
use std::time::Duration;

use kubectl_openbao::drill::scenarios::find;
use kubectl_openbao::drill::{Pace, Play};

use super::compare::{Values, check, plain, updated};
use super::page::{Block, Line, Run, written};
use super::screen;
use crate::support::{Person, Pty, scenario_at};

/// Columns of the terminal.
const COLUMNS: u16 = 100;

/// How fast the ranges live: that of `drill run`.
const PACE: Pace = Pace(0.2);

/// Carries out a page's blocks; gives the lines of each as they should stand in the page.
pub async fn page(path: &str, text: &str, blocks: &[Block], update: bool) -> Vec<Vec<String>> {
    let (mut there, mut written_blocks) = (None, Vec::new());
    for block in blocks {
        if let Some((name, generation)) = &block.range {
            there = Some(fresh(path, text, name, generation).await);
        }
        let (person, values) = there.as_mut().expect("a range was started");
        let runs = block.runs.iter().map(|run| tokio::task::block_in_place(|| one(path, person, values, run, update)));
        written_blocks.push(written(&runs.collect::<Vec<_>>()));
    }
    written_blocks
}

async fn fresh(path: &str, text: &str, name: &str, generation: &str) -> (Person, Values) {
    let play = Play::ALL.into_iter().find(|play| play.name() == generation);
    let play = play.unwrap_or_else(|| panic!("{path}: no generation {generation:?}"));
    assert!(find(name).is_some_and(|s| s.plays.contains(&play)), "{path}: no scenario {name:?} on {generation}");
    let person = scenario_at(name, play, PACE).await;
    let mut keys = Vec::new();
    person.range.s3().expect("the range has a store").edit("backups", |bucket| keys.extend(bucket.objects.keys().cloned()));
    let values = Values::of_keys(text, keys.iter().map(String::as_str));
    (person, values)
}

/// One command. Fails when it says something else than the page, unless the page is being written.
fn one(path: &str, person: &Person, values: &mut Values, run: &Run, update: bool) -> Run {
    let mut stage = Stage::start(path, person, values, run);
    for (at, line) in run.lines.iter().enumerate() {
        let before = &run.lines[..at];
        match line {
            Line::Typed(text) => {
                stage.wait_for_question(last_said(before), update);
                values.learn(before, &stage.said);
                stage.type_line(values.of_run(text));
            }
            Line::CtrlC => stage.interrupt(last_said(before)),
            Line::Says(_) | Line::Gap => {}
        }
    }
    let (code, said) = stage.end();
    values.learn(&run.lines, &said);
    if update {
        return Run { command: run.command.clone(), lines: updated(&run.lines, &said, values), code };
    }
    let all = || written(&[Run { lines: said.clone(), code, ..run.clone() }]).join("\n");
    check(&run.lines, &said).unwrap_or_else(|problem| panic!("{path}\n{problem}\n\n{}", all()));
    assert_eq!(code, run.code, "{path}: another exit code\n\n{}", all());
    run.clone()
}

/// The last line of the page that the program says itself.
fn last_said(lines: &[Line]) -> &str {
    let said = |line: &'_ Line| matches!(line, Line::Says(text) if !text.is_empty());
    match lines.iter().rfind(|line| said(line)) {
        Some(Line::Says(text)) => text,
        _ => "",
    }
}

/// A command on its terminal, and what was said so far.
struct Stage {
    terminal: Pty,
    said: Vec<Line>,
    /// What the terminal repeats of what was typed last.
    echo: String,
}

impl Stage {
    fn start(path: &str, person: &Person, values: &Values, run: &Run) -> Stage {
        let command = split(&values.of_run(&run.command));
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let ["kubectl", "openbao", args @ ..] = &words[..] else { panic!("{path}: only the plugin is run: {:?}", run.command) };
        let plugin = person.plugin().env("COLUMNS", COLUMNS.to_string());
        let program = Path::new(env!("CARGO_BIN_EXE_kubectl-openbao"));
        let terminal = Pty::start_wide(COLUMNS, program, args, plugin.environment(), plugin.home());
        Stage { terminal, said: Vec::new(), echo: String::new() }
    }

    /// Waits until the program waits for an answer.
    fn wait_for_question(&mut self, last: &str, update: bool) {
        let last = plain(last);
        let complete = |rows: &[String]| update || rows.iter().any(|row| plain(row) == last);
        let asked = |unread: &str| {
            let rows = screen::rows(unread);
            let line = rows.last().is_some_and(|row| row == "> " || row.ends_with("] ") && row.contains("? ["));
            let list =
                unread.rfind(LIST).is_some_and(|at| !unread[at..].contains(LIST_OVER)) && rows.len() > 2 && complete(&rows);
            (line || list).then_some(unread.len())
        };
        let mut raw = self.terminal.until("a question", asked);
        if update && raw.contains(LIST) {
            // Nobody knows yet how long the list is.
            std::thread::sleep(Duration::from_secs(1));
            raw += &self.terminal.until("the list", |unread| Some(unread.len()));
        }
        let mut lines = self.lines(&raw);
        // The prompt stands before what is typed.
        lines.pop_if(|line| line.as_str() == ">");
        self.said.extend(lines.into_iter().map(Line::Says));
    }

    fn type_line(&mut self, text: String) {
        self.terminal.line(&text);
        self.echo.clone_from(&text);
        self.said.push(Line::Typed(text));
    }

    /// Presses Ctrl-C once this was shown.
    fn interrupt(&mut self, after: &str) {
        let wanted = plain(after);
        let shown = |unread: &str| {
            let rows = screen::rows(unread);
            rows.iter().rev().skip(1).any(|row| plain(row) == wanted).then_some(unread.len())
        };
        let raw = self.terminal.until(after, shown);
        let mut lines = self.lines(&raw);
        // A line that is not finished tells what is waited for, and goes.
        lines.pop_if(|_| !raw.ends_with('\n'));
        self.said.extend(lines.into_iter().map(Line::Says));
        self.terminal.keys("\u{3}");
        self.echo = CTRL_C.to_owned();
        self.said.push(Line::CtrlC);
    }

    fn end(mut self) -> (u32, Vec<Line>) {
        let echo = std::mem::take(&mut self.echo);
        let (code, raw) = self.terminal.rest();
        let mut lines = shown(&raw, &echo);
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        self.said.extend(lines.into_iter().map(Line::Says));
        (code, self.said)
    }

    fn lines(&self, raw: &str) -> Vec<String> {
        shown(raw, &self.echo)
    }
}

/// What the terminal shows of Ctrl-C.
const CTRL_C: &str = "^C";

/// How a list begins, and how it ends: while it is there, the cursor is not.
const LIST: &str = "\u{1b}[?25l";
const LIST_OVER: &str = "\u{1b}[?25h";

/// The lines of a terminal's bytes, without what it repeats of the typed line.
fn shown(raw: &str, echo: &str) -> Vec<String> {
    let mut rows: Vec<String> = screen::rows(raw).iter().map(|row| row.trim_end().to_owned()).collect();
    // The cursor's own line, when nothing stands on it yet.
    rows.pop_if(|row| row.is_empty());
    // A line that was typed is repeated first; Ctrl-C wherever the program is at that moment.
    let repeated =
        rows.iter().take(if echo == CTRL_C { usize::MAX } else { 1 }).position(|row| !echo.is_empty() && row.starts_with(echo));
    if let Some(at) = repeated {
        let rest = rows[at][echo.len()..].to_owned();
        if rest.is_empty() {
            rows.remove(at);
        } else {
            rows[at] = rest;
        }
    }
    rows
}

/// The words of a command line, as a shell takes them apart; quotes are all it knows.
fn split(command: &str) -> Vec<String> {
    let (mut words, mut quote, mut inside) = (vec![String::new()], None, false);
    for character in command.chars() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => (quote, inside) = (Some(character), true),
            (None, ' ') if inside => {
                words.push(String::new());
                inside = false;
            }
            (None, ' ') => {}
            _ => {
                words.last_mut().expect("there is one").push(character);
                inside = true;
            }
        }
    }
    words
}

#[test]
fn a_command_line_is_taken_apart_as_by_a_shell() {
    assert_eq!(split("kubectl  openbao x --confirm 'a b' -q"), ["kubectl", "openbao", "x", "--confirm", "a b", "-q"]);
}
