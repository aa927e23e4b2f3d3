//! What log lines and exit codes mean: of restore, backup, upgrade and rollback executors, and of OpenBao's servers.
//!
//! A line's form says who wrote it (`form`), and with that which table it is looked up in (`table`); the same words mean
//! different things to different writers. Ordinary lines are known by how they begin; the rest is read in one pass over
//! each line, whatever is in it (`words`, `anchors`).

mod anchors;
mod documented;
mod exit;
mod fields;
mod finding;
mod findings;
mod form;
mod stage;
mod table;
mod words;

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use memchr::{memchr_iter, memmem};

pub use documented::{Documented, documented, reasons};
pub use exit::{ExitMeaning, exit_meaning};
pub use finding::{Fields, Finding, RaftChange, Submitted, Suggests, Weight};
pub use findings::{Findings, News};
pub use stage::{Stage, UpgradeStage};

use crate::api::text::clean_cut;
use anchors::Anchors;
use form::Form;
use table::Row;
use words::{Hit, Words};

/// What one line tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A restore executor reached a stage.
    Stage(Stage),
    /// Something went wrong, or may have; or, of an upgrade executor, a step ([`Weight::Step`]).
    Finding(Finding),
}

/// Every code a finding can have, in order.
pub static CODES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let codes: BTreeSet<&'static str> = table::every_row().map(|row| row.code).collect();
    codes.into_iter().collect()
});

/// Restore and backup executors; upgrade and rollback executors; servers.
static EXECUTORS: LazyLock<Words> =
    LazyLock::new(|| Words::of(&[table::document::ROWS, table::restore::ROWS, table::backup::ROWS]));
static UPGRADES: LazyLock<Words> = LazyLock::new(|| Words::of(&[table::document::ROWS, table::upgrade::ROWS]));
static SERVERS: LazyLock<Words> = LazyLock::new(|| Words::of(&[table::document::ROWS, table::server::ROWS]));

static PLAIN_HINTS: LazyLock<Anchors> = LazyLock::new(|| Anchors::new(table::PLAIN_HINTS));

/// No row matches a line of fewer bytes.
const SHORTEST: usize = 12;

/// Longest part of a line that is kept in a finding, in characters.
const LINE_KEPT: usize = 600;

/// What a line tells: a stage, a finding, or nothing. The time kubectl writes before a line may stand there.
pub fn read(line: &[u8]) -> Option<Told> {
    let line = line.trim_ascii();
    if line.len() < SHORTEST {
        return None;
    }
    match form::of(line) {
        Form::Executor(text) => EXECUTORS.find(text).map(|hit| finding(&hit, line)),
        Form::Upgrade(text) => UPGRADES.find(text).map(|hit| upgrade_error(&hit, text, line)),
        Form::Console(text) => console(text, line),
        Form::Server(text) => SERVERS.find(text).map(|hit| finding(&hit, line)),
        Form::Plain(text) => return plain(text, line),
    }
    .map(Told::Finding)
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

/// A line of no known form: a restore executor's ordinary output, or a piece of a line somebody pasted.
fn plain(text: &[u8], line: &[u8]) -> Option<Told> {
    if let Some(stage) = Stage::of(text) {
        return Some(Told::Stage(stage));
    }
    let step = table::step(text);
    if let Some(row) = step.filter(|row| row.fragments.first().is_some_and(|message| message.as_bytes() == text)) {
        return Some(Told::Finding(Finding::of(row, None, line)));
    }
    if step.is_none() && !table::begins_as_a_row(text) && !PLAIN_HINTS.are_in(text) {
        return None;
    }
    match (EXECUTORS.find(text), UPGRADES.find(text)) {
        (Some(restore), Some(upgrade)) if is_of_upgrade(&restore, &upgrade, text) => {
            Some(Told::Finding(upgrade_error(&upgrade, text, line)))
        }
        (Some(restore), _) => Some(Told::Finding(finding(&restore, line))),
        (None, Some(upgrade)) => Some(Told::Finding(upgrade_error(&upgrade, text, line))),
        // A server's words within other words are somebody else's.
        (None, None) => {
            let hit = SERVERS.find(text).filter(|hit| hit.begins == 0)?;
            Some(Told::Finding(finding(&hit, line)))
        }
    }
}

/// Which of two tables that both know a piece of a line is meant: the outermost link decides, then the longer text, and
/// in doubt it is the restore executor's. Only upgrade executors speak of consensus repair.
fn is_of_upgrade(restore: &Hit, upgrade: &Hit, text: &[u8]) -> bool {
    let place = |hit: &Hit| (hit.begins, Reverse(hit.length));
    place(upgrade) < place(restore) || (upgrade.begins == restore.begins && memmem::find(text, b"for consensus repair").is_some())
}

fn finding(hit: &Hit, line: &[u8]) -> Finding {
    Finding::of(hit.row, hit.reason, line)
}

/// An error of an upgrade executor names its peer in quotes behind the row's first words.
fn upgrade_error(hit: &Hit, text: &[u8], line: &[u8]) -> Finding {
    let mut finding = finding(hit, line);
    finding.fields.node_id = text.get(hit.names_at..).and_then(fields::quoted);
    finding
}

/// A line of zap's console form: level, message, fields. What goes wrong here is logged and gone past; the error that
/// ends the executor comes in another form.
fn console(text: &[u8], line: &[u8]) -> Option<Finding> {
    // The name of a logger may stand before the message.
    let known = memchr_iter(b'\t', text).take(2).find_map(|tab| table::step(&text[tab + 1..]));
    let mut finding = match known {
        Some(row) if row.weight == Weight::Step => Finding::of(row, None, line),
        Some(row) => Finding::of(row, UPGRADES.reason(text), line),
        None if fields::has_error(text) => finding(&UPGRADES.find(text)?, line),
        None => return None,
    };
    finding.weight = finding.weight.min(Weight::Remark);
    finding.fields = fields::of_console(text);
    Some(finding)
}

impl Finding {
    fn of(row: &Row, reason: Option<&'static table::Reason>, line: &[u8]) -> Finding {
        let suggests = match reason {
            Some(reason) if row.refined => reason.suggests,
            _ => row.suggests,
        };
        Finding {
            code: row.code,
            meaning: row.meaning,
            action: row.action,
            because: reason.map(|reason| reason.meaning),
            submitted: row.submitted,
            suggests,
            raft: row.raft,
            stage: row.stage,
            fields: Fields::default(),
            weight: row.weight,
            line: kept(line),
        }
    }
}

/// A line as a finding keeps it: [`clean_cut`], with a short way for nearly all lines.
fn kept(line: &[u8]) -> String {
    if let Some(text) = Some(line).filter(|line| line.len() <= LINE_KEPT).and_then(printable) {
        return text;
    }
    let text = String::from_utf8_lossy(&line[..line.len().min(4 * LINE_KEPT)]);
    clean_cut(text.trim(), LINE_KEPT)
}

/// A text of printable ASCII characters with blanks for tabs; none if it has others.
fn printable(text: &[u8]) -> Option<String> {
    // To the end in any case: so it is done many bytes at a time.
    let plain = text.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~' | b'\t'));
    let blanks = |byte: &u8| if *byte == b'\t' { b' ' } else { *byte };
    plain.then(|| String::from_utf8(text.iter().map(blanks).collect()).ok()).flatten()
}

#[cfg(test)]
mod tests;
