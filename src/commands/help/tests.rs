use clap::CommandFactory;

use super::*;
use crate::cli::{self, Cli};

/// Every command, by its words, without hidden ones.
fn every(command: &Clap, words: &str, found: &mut Vec<String>) {
    found.push(words.to_owned());
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        every(sub, format!("{words} {}", sub.get_name()).trim_start(), found);
    }
}

/// A pasted line as a shell splits it, up to a pipe or a redirection; double quotes keep a word together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match (c, quoted) {
            ('"', _) => quoted = !quoted,
            ('|' | '>', false) => break,
            (' ', false) => words.push(String::new()),
            _ => words.last_mut().expect("there is always one").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn every_command_has_a_page_and_every_page_a_command() {
    let mut commands = Vec::new();
    every(&Cli::command(), "", &mut commands);
    let mut pages: Vec<String> = PAGES.iter().map(|page| page.command.to_owned()).collect();
    commands.sort();
    pages.sort();
    assert_eq!(commands, pages);
}

#[test]
fn every_example_is_taken_by_the_parser_and_is_of_its_command() {
    for page in PAGES {
        let only_prints = page.exits.len() == 2;
        let wanted = if page.command.contains(' ') || only_prints { 1 } else { 3 };
        assert!(page.examples.len() >= wanted, "{}: too few examples", page.command);
        for Example { what, command } in page.examples {
            assert!(!what.is_empty());
            let line = command.strip_prefix("kubectl openbao").unwrap_or_else(|| panic!("{command} is not ours"));
            assert!(line.trim_start().starts_with(page.command), "{command} is on the page of {}", page.command);
            let words = words(line);
            let parsed = cli::command().try_get_matches_from(std::iter::once("kubectl-openbao".to_owned()).chain(words));
            if let Err(error) = parsed {
                assert!(!error.use_stderr(), "{command}: {error}");
            }
        }
    }
}

#[test]
fn codes_are_in_order_and_every_command_can_be_done() {
    for page in PAGES {
        assert!(page.exits.windows(2).all(|pair| pair[0] < pair[1]), "{}", page.command);
        assert_eq!(page.exits.first(), Some(&Exit::Done), "{}", page.command);
    }
}

#[test]
fn pages_to_read_on_exist() {
    for place in PAGES.iter().flat_map(|page| page.read) {
        let file = format!("{}/docs/{place}.md", env!("CARGO_MANIFEST_DIR"));
        assert!(std::path::Path::new(&file).is_file(), "{file}");
    }
}

/// 80 columns and 40 lines: what somebody sees without scrolling.
#[test]
fn the_short_help_of_every_command_fits_a_screen() {
    let mut commands = Vec::new();
    let mut root = cli::command().term_width(80);
    root.build();
    every(&root, "", &mut commands);
    let mut long = Vec::new();
    for command in commands.iter().filter(|command| !command.starts_with("help")) {
        let mut at = command
            .split(' ')
            .filter(|word| !word.is_empty())
            .fold(&mut root, |at, word| at.find_subcommand_mut(word).expect("it was found above"))
            .clone();
        let help = at.render_help().to_string();
        if help.lines().count() > 40 || help.lines().any(|line| line.chars().count() > 80) {
            long.push(format!("{command}: {} lines\n{help}", help.lines().count()));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn the_long_help_teaches() {
    let mut root = cli::command();
    let help = root.find_subcommand_mut("restore").expect("restore").render_long_help().to_string();
    for part in ["Examples:", "Exit codes:", "  11  outcome unknown", "Read on:", "docs/hazards/README.md", "--bucket"] {
        assert!(help.contains(part), "{part} is missing:\n{help}");
    }
}
