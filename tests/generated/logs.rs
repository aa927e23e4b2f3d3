//! `docs/findings/logs.md`: what the lines of executors and servers mean.

use std::fmt::Write as _;

use kubectl_openbao::domain::job_log::{Documented, Suggests, documented, reasons};

use super::Generated;

pub const PATH: &str = "docs/findings/logs.md";

const HEAD: &str = "\
# Findings in logs

What a line of a log means, by a stable code. When an executor fails, `restore` and `logs` name the cause by these. This page is
made from the tables the program uses.

The lines are those of the operator's executors (restore, backup, upgrade and rollback Jobs) and of OpenBao's servers. Who
wrote a line is told by its form: `bao-restore error:`, `bao-backup error:` and `upgrade-executor error:` begin an executor's
last words, upgrade executors log in zap's console form, servers write `[LEVEL] subsystem: message`. The same words in two
forms can mean different things. Times before a line do not matter.

Errors are chains joined by `: `. The outermost link that is known decides; `…` stands for anything. One finding is one line:
what it proves beyond itself (a lost quorum, an applied snapshot) is for the servers to say.

**Again?** says what the line, taken alone, lets one expect of running the same thing again:

- **may pass**: a time-out, a broken connection, a busy server or a standby;
- **after a correction**: role, policy, CA, image or credentials first;
- **after a repair**: there must be a leader, unsealed and with a quorum, first;
- **no**: it fails again until peers are joined by hand, stale data is removed, or data is restored;
- **removes peers**: Blue peers leave Raft. Intended after promoting Green; in a rollback it destroys the side to keep;
- **unknown**: the line does not say. It is no permission to try;
- with **reason**, an [inner reason](#inner-reasons) in the line decides instead, when there is one.
";

/// Heading, prefix of the codes, introduction.
const SECTIONS: &[(&str, &str, &str)] = &[
    ("Restore executors", "restore-log-", "They send a snapshot, or were about to."),
    ("Backup executors", "backup-log-", "The same program in another mode; snapshots before an upgrade are made by it too."),
    (
        "Upgrade and rollback executors",
        "upgrade-log-",
        "Errors first, then the steps of ordinary runs. They never send a snapshot; they change who belongs to Raft and who votes.",
    ),
    (
        "Servers",
        "server-log-",
        "For logs of the pods themselves. Many of these lines are normal once and bad when they repeat: read several of them, with times.",
    ),
    (
        "Old documentation",
        "document-log-",
        "Lines that the operator's documentation of January 2026 shows and that no version writes.",
    ),
];

pub fn files() -> Vec<Generated> {
    let mut page = HEAD.to_owned();
    for (heading, prefix, introduction) in SECTIONS {
        let rows: Vec<Documented> = documented().filter(|row| row.code.starts_with(prefix)).collect();
        _ = write!(
            page,
            "\n## {heading}\n\n{introduction}\n\n| Code | Line has | What it means | What to do | Again? |\n|---|---|---|---|---|\n"
        );
        for same in rows.chunk_by(|a, b| Documented { texts: b.texts, ..*a } == *b) {
            let row = same[0];
            let texts: Vec<String> = same.iter().map(text).collect();
            _ = writeln!(
                page,
                "| `{}` | {} | {} | {} | {} |",
                row.code,
                texts.join(" or "),
                cell(row.meaning),
                cell(row.action),
                again(&row)
            );
        }
    }
    page.push_str("\n## Inner reasons\n\nThe first of these that a line has counts.\n\n| Line has | What it means | Again? |\n|---|---|---|\n");
    for reason in reasons() {
        _ = writeln!(page, "| {} | {} | {} |", text(&reason), cell(reason.meaning), again(&reason));
    }
    vec![Generated { path: PATH, text: page }]
}

fn text(row: &Documented) -> String {
    row.texts.iter().map(|text| format!("`{}`", text.trim())).collect::<Vec<_>>().join(" … ")
}

/// A sentence's beginning, without what would end the cell.
fn cell(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", letters.as_str()).replace('|', "\\|")
}

fn again(row: &Documented) -> String {
    let word = match row.suggests {
        Suggests::Nothing => "unknown",
        Suggests::Transient => "may pass",
        Suggests::Config => "after a correction",
        Suggests::Unhealthy => "after a repair",
        Suggests::Diverged => "no",
        Suggests::PeerRemoval => "removes peers",
    };
    if row.refined { format!("{word}; reason") } else { word.to_owned() }
}
