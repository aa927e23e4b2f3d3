//! A page's transcripts: read from Markdown, and written back.

use std::ops::Range;

/// How a transcript begins.
pub const BEGIN: &str = "```console";
const END: &str = "```";
const GAP: &str = "…";
const CTRL_C: &str = "^C";

/// A `console` block.
#[derive(Debug, PartialEq)]
pub struct Block {
    /// A fresh range for this block: the scenario and the generation. `None` goes on with the last one.
    pub range: Option<(String, String)>,
    /// Its lines in the page, without the fences.
    pub lines: Range<usize>,
    /// What is run, in order.
    pub runs: Vec<Run>,
}

/// One command and what it says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Run {
    /// The command line, from `kubectl` on.
    pub command: String,
    /// What is shown and typed, blank lines included.
    pub lines: Vec<Line>,
    /// The exit code.
    pub code: u32,
}

/// A line below a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// The program says it; also a blank line.
    Says(String),
    /// Lines are left out.
    Gap,
    /// It is typed.
    Typed(String),
    /// Ctrl-C is pressed.
    CtrlC,
}

impl Line {
    fn of(text: &str) -> Line {
        match text.trim_end() {
            GAP => Line::Gap,
            CTRL_C => Line::CtrlC,
            ">" => Line::Typed(String::new()),
            text => match text.strip_prefix("> ").filter(|typed| !typed.starts_with(' ')) {
                Some(typed) => Line::Typed(typed.to_owned()),
                None => Line::Says(text.to_owned()),
            },
        }
    }

    /// The line as it stands in a page.
    pub fn written(&self) -> String {
        match self {
            Line::Says(text) => text.clone(),
            Line::Gap => GAP.to_owned(),
            Line::Typed(text) => format!("> {text}").trim_end().to_owned(),
            Line::CtrlC => CTRL_C.to_owned(),
        }
    }
}

/// The transcripts of a page.
pub fn blocks(text: &str) -> Result<Vec<Block>, String> {
    let lines: Vec<&str> = text.lines().collect();
    let (mut blocks, mut range): (Vec<Block>, _) = (Vec::new(), None);
    let mut at = 0;
    while at < lines.len() {
        if let Some(told) = lines[at].strip_prefix("<!-- range:") {
            range = Some(fresh(told.trim_end_matches("-->")));
        }
        if lines[at] == BEGIN {
            let length = lines[at + 1..].iter().position(|line| *line == END).ok_or("a block has no end")?;
            let inside = at + 1..at + 1 + length;
            if range.is_none() && blocks.is_empty() {
                return Err("the first block has no range".into());
            }
            blocks.push(Block { range: range.take(), runs: runs(&lines[inside.clone()])?, lines: inside.clone() });
            at = inside.end;
        }
        at += 1;
    }
    Ok(blocks)
}

/// `SCENARIO --operator GEN`
fn fresh(told: &str) -> (String, String) {
    let mut words = told.split_whitespace();
    let scenario = words.next().unwrap_or_default().to_owned();
    (scenario, words.find(|word| *word != "--operator").unwrap_or("jan").to_owned())
}

fn runs(lines: &[&str]) -> Result<Vec<Run>, String> {
    let mut runs: Vec<Run> = Vec::new();
    for line in lines {
        if let Some(command) = line.strip_prefix("$ ") {
            runs.push(Run { command: command.to_owned(), ..Run::default() });
            continue;
        }
        let run = runs.last_mut().ok_or("a block begins without a command")?;
        match line.strip_prefix("exit code ") {
            Some(code) => run.code = code.parse().map_err(|_| format!("no number: {code}"))?,
            None => run.lines.push(Line::of(line)),
        }
    }
    Ok(runs)
}

/// The page with what was played in its blocks' places.
pub fn rewritten(text: &str, blocks: &[Block], played: &[Vec<String>]) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let (mut out, mut at) = (Vec::new(), 0);
    for (block, new) in blocks.iter().zip(played) {
        out.extend(lines[at..block.lines.start].iter().map(|line| (*line).to_owned()));
        out.extend(new.iter().cloned());
        at = block.lines.end;
    }
    out.extend(lines[at..].iter().map(|line| (*line).to_owned()));
    out.join("\n") + "\n"
}

/// A block's text from what was played.
pub fn written(runs: &[Run]) -> Vec<String> {
    let text = |run: &Run| {
        let mut lines = vec![format!("$ {}", run.command)];
        lines.extend(run.lines.iter().map(Line::written));
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        if run.code != 0 {
            lines.push(format!("exit code {}", run.code));
        }
        lines
    };
    runs.iter().map(text).collect::<Vec<_>>().join(&String::new())
}

#[test]
fn a_block_is_read_as_it_is_meant() {
    let text = "# T\n<!-- range: restore --operator 0.4 -->\n```console\n$ kubectl openbao x\nWhich?\n>   1m old\n> \n…\n> a b\n^C\nexit code 3\n```\n";
    let says = |text: &str| Line::Says(text.into());
    let typed = |text: &str| Line::Typed(text.into());
    let lines = vec![says("Which?"), says(">   1m old"), typed(""), Line::Gap, typed("a b"), Line::CtrlC];
    let run = Run { command: "kubectl openbao x".into(), lines, code: 3 };
    let block = Block { range: Some(("restore".into(), "0.4".into())), lines: 3..11, runs: vec![run] };
    let read = blocks(text).unwrap();
    assert_eq!(read, [block]);
    assert_eq!(rewritten(text, &read, &[written(&read[0].runs)]), text.replace("> \n", ">\n"));
    assert!(blocks("```console\n$ kubectl openbao x\n```\n").is_err(), "no range");
}
