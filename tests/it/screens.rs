//! What the main screens look like on terminals of 80 and 200 columns, without colour, on a dumb terminal, and piped.

use futures_util::future::join_all;
use kubectl_openbao::drill::Play;

use crate::docs::screen::rows;
use crate::support::{Person, scenario};

/// Situations whose screens say the most, each with the generation that says most of it.
const SITUATIONS: [(&str, Play); 5] = [
    ("waiting-restores", Play::V04),
    ("failed-rollback", Play::V04),
    ("unknown-outcome", Play::Next),
    ("sealed-after-restore", Play::Jan),
    ("no-leader-after-restore", Play::V04),
];

/// The main screens that only read.
const SCREENS: [&[&str]; 8] = [
    &["status"],
    &["status", "-A", "-o", "wide"],
    &["status", "prod"],
    &["diagnose", "all", "prod"],
    &["diagnose", "restore", "prod"],
    &["breakglass", "show", "prod"],
    &["snapshots", "list", "prod"],
    &["restore", "prod", "--latest", "--override-lock", "--dry-run=client"],
];

/// Lines that are wider than the terminal although they could have been broken: what is one word or a command to be pasted
/// cannot.
fn too_wide(shown: &str, columns: usize) -> Vec<String> {
    let unbreakable = |line: &str| {
        let command = line.trim().split_once("kubectl ");
        // What a command is for has a line of its own.
        let alone = command.is_some_and(|(before, rest)| before.len() <= 24 && !rest.contains("    "));
        // A key at the end of its row, behind columns that leave it half of the line.
        let key = line.trim().rsplit_once("   ").is_some_and(|(before, key)| !key.contains(' ') && before.len() < columns / 2);
        alone || key || !line.trim().contains(' ')
    };
    rows(shown).into_iter().filter(|line| line.chars().count() > columns && !unbreakable(line)).collect()
}

/// Who asks for wide columns gets them.
fn asked_wide(args: &[&str]) -> bool {
    args.contains(&"wide")
}

/// Every screen at 80 columns, the longest at 200 too.
async fn wrong_of(person: &Person, name: &str) -> Vec<String> {
    let at_80 = SCREENS.iter().filter(|args| !asked_wide(args)).map(|args| (80, *args));
    let all = at_80.chain([(200, SCREENS[3])]).map(|(columns, args)| async move {
        let shown = person.shown(columns, &[], args).await;
        assert!(!shown.contains("\u{1b}[3") && !shown.contains("\u{1b}[1m"), "NO_COLOR: {shown:?}");
        let wide = too_wide(&shown, columns.into()).into_iter();
        wide.map(|line| format!("{name} {args:?} at {columns}: {line}")).collect::<Vec<_>>()
    });
    join_all(all).await.concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_wider_than_the_terminal_but_what_is_pasted() {
    let mut wrong = Vec::new();
    for (name, play) in SITUATIONS {
        let person = scenario(name, play).await;
        wrong.extend(wrong_of(&person, name).await);
        person.range.shutdown().await;
    }
    let person = scenario("denied", Play::Jan).await;
    for args in [&["drill", "list"][..], &["--help"], &["-h"], &[], &["restore", "--help"], &["status", "nope"], &["staus"]] {
        let shown = person.shown(80, &[], args).await;
        wrong.extend(too_wide(&shown, 80).into_iter().map(|line| format!("{args:?}: {line}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Nothing moves a cursor or sets a colour where that cannot be done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dumb_terminal_and_a_pipe_get_plain_text() {
    let person = scenario("waiting-restores", Play::Jan).await;
    let more: [&[&str]; 5] = [&["--help"], &["-h"], &[], &["drill", "list"], &["status", "nope"]];
    let all: Vec<&[&str]> = SCREENS.into_iter().chain(more).collect();
    let asks = &person;
    let dumb = all.iter().map(|args| async move {
        let shown = asks.shown(80, &[("TERM", "dumb")], args).await;
        assert!(!shown.contains('\u{1b}'), "{args:?}: {shown:?}");
    });
    join_all(dumb).await;
    for args in all {
        let ran = person.run(args).await;
        assert!(!ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'), "{ran}");
    }
}

/// Piped, a line is not cut and not broken at the width of some terminal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn piped_lines_are_whole() {
    let person = scenario("no-leader-after-restore", Play::V04).await;
    let ran = person.run(&["diagnose", "restore", "prod"]).await;
    let first = ran.out.lines().next().unwrap_or_default();
    assert!(first.len() > 200 && first.ends_with('.'), "{ran}");
}

/// A list to choose from is numbered where no cursor can be moved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dumb_terminal_chooses_by_number() {
    let person = scenario("waiting-restores", Play::Jan).await;
    let plugin = person.plugin().env("TERM", "dumb");
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_kubectl-openbao"));
    let args = ["follow", "--timeout", "1s"];
    let mut terminal = crate::support::Pty::start_wide(80, program, &args, plugin.environment(), plugin.home());
    let asked = terminal.expect("Its number: ");
    assert!(asked.contains("  1  ") && asked.contains("  2  ") && !asked.contains('\u{1b}'), "{asked}");
    terminal.line("2");
    let (code, shown) = terminal.end();
    assert!(code == 9 && shown.contains("following bao/try-again"), "{code}: {shown}");
}
