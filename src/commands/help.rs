//! What `--help` says beyond purpose and flags: examples, exit codes, where to read on. `docs/commands` and `man` are made
//! from the same.

mod pages;

use std::fmt::Write as _;

use clap::Command as Clap;

pub use pages::PAGES;

use crate::exit::Exit;

/// What there is to say about one command.
#[derive(Debug)]
pub struct Page {
    /// The words after `kubectl openbao`; empty for the program itself.
    pub command: &'static str,
    /// Commands that can be pasted.
    pub examples: &'static [Example],
    /// What it can end with, in order.
    pub exits: &'static [Exit],
    /// Where to read on: pages of `docs`, without `docs/` and `.md`.
    pub read: &'static [&'static str],
}

/// A command that can be pasted.
#[derive(Debug)]
pub struct Example {
    /// What it does, in a few words.
    pub what: &'static str,
    /// The command.
    pub command: &'static str,
}

/// Flags that the short help leaves out: few people need them, and it must fit a screen.
const RARE: [&str; 10] = [
    "delete-claims-of",
    "freeze",
    "from-file",
    "from-report",
    "kubeconfig",
    "no-probe",
    "settle",
    "show-kubectl",
    "verify",
    "verify-limit",
];
/// Groups of flags that the short help leaves out.
const RARE_GROUPS: [&str; 3] = ["Executor", "Output flags", "Target"];

/// The page of a command.
pub fn page(command: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.command == command)
}

/// The whole command line with everything that help says.
pub fn taught(root: Clap) -> Clap {
    teach(root, "")
}

fn teach(command: Clap, words: &str) -> Clap {
    let said = page(words).map(|page| page.to_string());
    let command = match said {
        Some(text) => command.after_long_help(text),
        None => command,
    };
    let command = command.mut_args(|arg| {
        let rare = is_rare(&arg);
        if rare { arg.hide_short_help(true) } else { arg }
    });
    command.mut_subcommands(|sub| {
        let words = format!("{words} {}", sub.get_name());
        teach(sub, words.trim_start())
    })
}

fn is_rare(arg: &clap::Arg) -> bool {
    let grouped = |heading: &str| RARE_GROUPS.iter().any(|group| heading.starts_with(group));
    arg.get_long().is_some_and(|long| RARE.contains(&long)) || arg.get_help_heading().is_some_and(grouped)
}

impl std::fmt::Display for Page {
    /// The end of `--help`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::from("Examples:\n");
        for example in self.examples {
            writeln!(text, "  # {}\n  {}\n", example.what, example.command)?;
        }
        text.push_str("Exit codes:\n");
        for (exit, meaning) in Exit::ALL.iter().filter(|(exit, _)| self.exits.contains(exit)) {
            writeln!(text, "  {:>3}  {meaning}", exit.code())?;
        }
        text.push_str("\nRead on:");
        for place in self.read {
            write!(text, "\n  docs/{place}.md")?;
        }
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests;
