//! The documents' transcripts, carried out: every `console` block of README.md and `docs/` is what the program really says.
//!
//! A page says what happens where, and the test does it, in order, on a terminal of 100 columns:
//!
//! - `<!-- range: SCENARIO --operator GEN -->` before a block starts a fresh practice range (`jan` without `--operator`).
//!   The blocks after it go on with the same range.
//! - `$ kubectl openbao …` runs the plugin. No other program is run: those stand in `sh` blocks, which
//!   `tests/e2e/runbooks.rs` carries out.
//! - `> text` is typed, once the program asks. `>` alone is Enter, which also takes the first entry of a list.
//! - `^C` is Ctrl-C, once the program has shown the line before it.
//! - `…` alone on a line stands for lines left out. Everything else must come word for word, in this order, with nothing
//!   between. How lines are broken does not count, nor what differs from run to run: times, ages, nonces, ports and the names
//!   made from times. Where such a value is typed or stands in a command, the value of this run takes its place.
//! - `exit code N` says how the command above ended, when that is not 0.
//!
//! `UPDATE_DOCS=1 cargo test --test it docs` writes what has changed into the pages: lines between two that are still right
//! are taken from the run; a `…` stays where it was. What it wrote is to be read before it is committed.

mod compare;
mod page;
mod play;
pub mod screen;

use std::path::{Path, PathBuf};

/// Carries out one page, or with `UPDATE_DOCS` writes it.
async fn page(path: &str) {
    let file = root().join(path);
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{path}: {e}"));
    let blocks = page::blocks(&text).unwrap_or_else(|problem| panic!("{path}: {problem}"));
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    let played = play::page(path, &text, &blocks, update).await;
    if update {
        std::fs::write(&file, page::rewritten(&text, &blocks, &played)).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One test for each page, so that they run side by side and one can be run alone.
macro_rules! pages {
    ($($name:ident: $path:literal,)*) => {
        const PAGES: &[&str] = &[$($path),*];

        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            page($path).await;
        })*
    };
}

pages! {
    readme: "README.md",
    start_here: "docs/start-here.md",
    stuck_lock: "docs/runbooks/stuck-lock.md",
    failed_rollback: "docs/runbooks/failed-rollback.md",
    restore_after_upgrade: "docs/runbooks/restore-after-upgrade.md",
    unknown_outcome: "docs/runbooks/unknown-outcome.md",
    sealed_after_restore: "docs/runbooks/sealed-after-restore.md",
    no_leader_after_restore: "docs/runbooks/no-leader-after-restore.md",
    safe_mode_after_restore: "docs/runbooks/safe-mode-after-restore.md",
    operator_dead: "docs/runbooks/operator-dead.md",
}

#[test]
fn every_page_with_a_transcript_is_carried_out() {
    let mut found = vec![root().join("README.md")];
    collect(&root().join("docs"), &mut found);
    let told = |file: &PathBuf| std::fs::read_to_string(file).is_ok_and(|text| text.lines().any(|line| line == page::BEGIN));
    let relative = |file: &PathBuf| file.strip_prefix(root()).map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
    let mut with: Vec<String> = found.iter().filter(|file| told(file)).map(relative).collect();
    let mut known: Vec<String> = PAGES.iter().map(|&path| path.to_owned()).collect();
    with.sort();
    known.sort();
    assert_eq!(with, known, "pages with a console block, and pages that are carried out");
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            into.push(path);
        }
    }
}
