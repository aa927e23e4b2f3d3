//! What an executor's log lines and exit codes mean.

mod finding;
mod stage;
mod table;

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind, packed};
use serde::Serialize;

pub use finding::{Fields, Finding, RaftChange, Submitted, Suggests, Weight};
pub use stage::{Stage, UpgradeStage};

use crate::api::text::clean_cut;
use table::Row;

/// What one line tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The executor reached a stage.
    Stage(Stage),
    /// Something went wrong, or may have.
    Finding(Finding),
}

/// All fragments of the table, found in one pass.
struct Words {
    /// Looks for [`table::HINTS`], many bytes at a time: nearly every line ends here. `None` where the processor has no
    /// instructions for it.
    hints: Option<packed::Searcher>,
    automaton: AhoCorasick,
    /// Rows in the terms of the automaton's patterns.
    rows: Vec<CompiledRow>,
}

struct CompiledRow {
    within: Option<usize>,
    fragments: Vec<usize>,
    row: &'static Row,
}

static WORDS: LazyLock<Words> = LazyLock::new(Words::compile);

/// Longest part of a line that is kept in a finding.
const LINE_KEPT: usize = 600;

impl Words {
    fn compile() -> Words {
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
        let rows = table::restore::ROWS.iter().chain(table::backup::ROWS).map(compile).collect();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&patterns)
            .expect("a fixed list of short texts fits an automaton");
        Words { hints: packed::Searcher::new(table::HINTS), automaton, rows }
    }

    fn find(&self, line: &[u8]) -> Option<Finding> {
        if let Some(hints) = &self.hints {
            hints.find(line)?;
        }
        // First and last place of each pattern that occurs; few lines have more than three.
        let mut places: Vec<(usize, usize, usize)> = Vec::new();
        for found in self.automaton.find_overlapping_iter(line) {
            let pattern = found.pattern().as_usize();
            match places.iter_mut().find(|(known, _, _)| *known == pattern) {
                Some((_, _, last)) => *last = found.start(),
                None => places.push((pattern, found.start(), found.start())),
            }
        }
        let of = |pattern: usize| places.iter().find(|(known, _, _)| *known == pattern).map(|(_, first, last)| (*first, *last));
        let best = self.rows.iter().filter_map(|row| Some((row.begins(of)?, row))).min_by_key(|(begins, _)| *begins);
        best.map(|(_, compiled)| Finding::of(compiled.row, line))
    }
}

impl CompiledRow {
    /// Where the row's text begins in a line that has all of it, in order.
    fn begins(&self, of: impl Fn(usize) -> Option<(usize, usize)>) -> Option<usize> {
        let (start, _) = of(*self.fragments.first()?)?;
        let mut after = start;
        for fragment in &self.fragments[1..] {
            let (_, last) = of(*fragment)?;
            if last <= after {
                return None;
            }
            after = last;
        }
        if self.row.is_fallback() {
            return Some(usize::MAX);
        }
        let within = self.within.and_then(of).map(|(first, _)| first).filter(|first| *first < start);
        Some(within.unwrap_or(start))
    }
}

impl Finding {
    fn of(row: &Row, line: &[u8]) -> Finding {
        let text = String::from_utf8_lossy(&line[..line.len().min(4 * LINE_KEPT)]);
        Finding {
            code: row.code,
            meaning: row.meaning,
            action: row.action,
            because: None,
            submitted: row.submitted,
            suggests: row.suggests,
            raft: row.raft,
            stage: row.stage,
            fields: Fields::default(),
            weight: row.weight,
            line: clean_cut(text.trim(), LINE_KEPT),
        }
    }
}

/// What a line tells: a stage, a finding, or nothing.
pub fn read(line: &[u8]) -> Option<Told> {
    let line = line.trim_ascii_start();
    Stage::of(line).map(Told::Stage).or_else(|| WORDS.find(line).map(Told::Finding))
}

/// The finding of a line, if it has one.
pub fn classify(line: &[u8]) -> Option<Finding> {
    match read(line) {
        Some(Told::Finding(finding)) => Some(finding),
        _ => None,
    }
}

/// The key of a backup whose executor says it is stored: the exact key to restore from.
pub fn stored_backup(line: &str) -> Option<&str> {
    let rest = line.split_once("Backup completed successfully: ")?.1;
    rest.rsplit_once(" (size: ").map(|(key, _)| key)
}

/// Everything learnt from the lines of a Job, over all its runs. Bounded, whatever the log's length.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Findings {
    /// Stage of the current run.
    pub stage: Option<Stage>,
    /// Furthest stage of any run: a later run that fails early does not undo what an earlier one sent.
    pub furthest: Option<Stage>,
    /// Each kind of finding once, the latest line of it, in order of last appearance.
    pub found: Vec<Finding>,
}

impl Findings {
    /// Takes in a line; says what it told, when that is new for this run.
    pub fn line(&mut self, line: &[u8]) -> Option<Told> {
        match read(line)? {
            Told::Stage(stage) => {
                let is_new = self.stage.is_none_or(|known| known < stage);
                self.stage = self.stage.max(Some(stage));
                self.furthest = self.furthest.max(Some(stage));
                is_new.then_some(Told::Stage(stage))
            }
            Told::Finding(finding) => {
                self.found.retain(|known| known.code != finding.code || known.weight != finding.weight);
                self.found.push(finding.clone());
                Some(Told::Finding(finding))
            }
        }
    }

    /// The container begins again.
    pub fn run_started(&mut self) {
        self.stage = None;
    }

    /// Why it failed: the last cause, or the last remark where there is none.
    pub fn cause(&self) -> Option<&Finding> {
        let last = |weight: Weight| self.found.iter().rev().find(|finding| finding.weight == weight);
        last(Weight::Cause).or_else(|| last(Weight::Remark))
    }

    /// Whether any run may have changed the cluster's data. Silence proves nothing: without lines it is unknown.
    pub fn submitted(&self) -> Submitted {
        let Some(furthest) = self.furthest else {
            return match self.found.iter().map(|finding| finding.submitted).max() {
                Some(submitted) => submitted,
                None => Submitted::Unknown,
            };
        };
        match furthest.submitted() {
            // Sent, and then the reason it was refused, of the same kind in every run.
            Submitted::Unknown if self.refused_each_time() => Submitted::No,
            submitted => submitted.max(self.worst()),
        }
    }

    fn worst(&self) -> Submitted {
        self.found.iter().map(|finding| finding.submitted).max().unwrap_or(Submitted::No)
    }

    fn refused_each_time(&self) -> bool {
        self.found.iter().any(|finding| finding.weight == Weight::Cause) && self.worst() == Submitted::No
    }
}

/// What an exit code of a restore or backup executor says together with its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExitMeaning {
    /// For people.
    pub text: String,
    /// What to do, where that is known.
    pub action: Option<&'static str>,
    /// Whether the snapshot may have reached the cluster's data.
    pub submitted: Submitted,
}

/// What an exit code means. The lines decide: a code alone proves nothing (F§15.2.10: exit 2 was also seen when the
/// Job's limit ended a run).
pub fn exit_meaning(code: Option<i64>, findings: &Findings) -> ExitMeaning {
    let submitted = findings.submitted();
    if code == Some(0) {
        return ExitMeaning { text: "the executor says it is done".into(), action: None, submitted };
    }
    if let Some(cause) = findings.cause() {
        return ExitMeaning { text: cause.meaning.to_owned(), action: Some(cause.action), submitted };
    }
    let area = match code {
        Some(1) => "configuration, or anything without a code of its own",
        Some(2) => "logging in, or the run was ended from outside",
        Some(3) => "finding the leader",
        Some(4) => "taking or restoring the snapshot",
        Some(5) => "the object store",
        Some(6) => "verification",
        Some(137) => "killed: out of memory, or removed",
        Some(143) => "ended by the cluster",
        _ => "not known",
    };
    let code = code.map_or_else(|| "no exit code".to_owned(), |code| format!("exit {code}"));
    ExitMeaning { text: format!("{code} ({area}); no line says why, so this is a guess"), action: None, submitted }
}

#[cfg(test)]
mod tests;
