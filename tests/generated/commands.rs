//! `docs/commands/`: a page for each command, made from the command line's own definition.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::{Arg, Command};
use kubectl_openbao::cli;
use kubectl_openbao::commands::help::{self, Page};
use kubectl_openbao::exit::Exit;
use kubectl_openbao::remote::kubeconfig::Flags;

use super::Generated;

/// Groups of flags that every command has; explained once.
const SHARED: [&str; 2] = [Flags::HEADING, "Output flags"];

pub fn files() -> Vec<Generated> {
    let root = root();
    let pages = visible(&root)
        .map(|command| Generated { path: format!("docs/commands/{}.md", command.get_name()).leak(), text: page(command) });
    std::iter::once(Generated { path: "docs/commands/README.md", text: overview(&root) }).chain(pages).collect()
}

/// The whole command line, without what clap itself adds for help.
pub fn root() -> Command {
    let mut root = cli::command().disable_help_subcommand(true);
    root.build();
    root
}

/// Commands that help shows.
pub fn visible(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|sub| !sub.is_hide_set())
}

/// The words of a command after `kubectl openbao`, as its page of help is called.
pub fn words(command: &Command) -> String {
    let whole = command.get_bin_name().unwrap_or_default();
    whole.strip_prefix("kubectl openbao").unwrap_or_default().trim().to_owned()
}

fn overview(root: &Command) -> String {
    let mut text = String::from(
        "# Commands\n\n\
         One page for each command, made from the command line's own definition: the same as `--help`.\n\n\
         Reading commands never write. Every write is a plan that is shown, confirmed, checked again and sent once.\n\n\
         | Command | What it does |\n|---|---|\n",
    );
    for command in visible(root) {
        let name = command.get_name();
        let _ = writeln!(text, "| [`{name}`]({name}.md) | {} |", cell(&about(command)));
    }
    text.push_str(
        "\n`kubectl openbao` alone shows the commands, and one line about a cluster of the namespace that needs attention when \
         one can be read within a second; its exit code is 0. `kubectl openbao help COMMAND` is `--help`; `-h` is the short \
         form, which leaves rare flags out.\n\n\
         Flags go behind the plugin's name: `kubectl openbao status -n bao`. kubectl refuses `kubectl -n bao openbao status`.\n",
    );
    for heading in SHARED {
        let flags: Vec<&Arg> = root.get_arguments().filter(|arg| arg.get_help_heading() == Some(heading)).collect();
        let _ = write!(text, "\n## {heading}\n\nEvery command takes them.\n\n{}", table(&flags));
    }
    text
}

fn page(command: &Command) -> String {
    let mut text = format!("# `{}`\n\n{}\n", words(command), purpose(command));
    body(&mut text, command, 2);
    for sub in visible(command) {
        let _ = write!(text, "\n## `{}`\n\n{}\n", words(sub), purpose(sub));
        body(&mut text, sub, 3);
    }
    text.push_str(
        "\nEvery command also takes the [connection flags](README.md#connection-flags) and the \
         [output flags](README.md#output-flags).\n",
    );
    text
}

fn body(text: &mut String, command: &Command, level: usize) {
    let usage = command.clone().render_usage().to_string();
    let _ = write!(text, "\n```text\n{}\n```\n", usage.trim_start_matches("Usage: "));
    let subs: Vec<&Command> = visible(command).collect();
    if !subs.is_empty() {
        text.push_str("\n| Command | What it does |\n|---|---|\n");
        for sub in subs {
            let _ = writeln!(text, "| [`{}`](#{}) | {} |", sub.get_name(), words(sub).replace(' ', "-"), cell(&about(sub)));
        }
    }
    for (name, arguments) in groups(command) {
        let _ = write!(text, "\n{}\n\n{}", heading(&name, level), table(&arguments));
    }
    let words = words(command);
    if let Some(page) = help::page(&words) {
        let _ = write!(text, "\n{}\n\n{}", heading("Examples", level), examples(page));
        let _ = write!(text, "\n{}\n\n{}", heading("Exit codes", level), exits(page));
        let _ = write!(text, "\n{}", read_on(page));
    }
}

/// A heading; of a subcommand only a bold line: two headings of one name on a page would be one place.
fn heading(name: &str, level: usize) -> String {
    if level > 2 { format!("**{name}**") } else { format!("## {name}") }
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

/// What it is for, in full. What looks like a tag to Markdown is none.
pub fn purpose(command: &Command) -> String {
    let long = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    long.replace('<', "&lt;")
}

/// Arguments and flags by their headings, in the order of the help; those that every command has are left out.
pub fn groups(command: &Command) -> Vec<(String, Vec<&Arg>)> {
    let mut order: Vec<String> = Vec::new();
    let mut groups: BTreeMap<String, Vec<&Arg>> = BTreeMap::new();
    for argument in command.get_arguments().filter(|arg| !arg.is_hide_set() && arg.get_id() != "help") {
        let own = if argument.is_positional() { "Arguments" } else { "Options" };
        let heading = argument.get_help_heading().unwrap_or(own);
        if !SHARED.contains(&heading) {
            if !order.iter().any(|known| known == heading) {
                order.push(heading.to_owned());
            }
            groups.entry(heading.to_owned()).or_default().push(argument);
        }
    }
    order.into_iter().map(|heading| (heading.clone(), groups.remove(&heading).unwrap_or_default())).collect()
}

fn table(arguments: &[&Arg]) -> String {
    let mut text = String::from("| | |\n|---|---|\n");
    for argument in arguments.iter().filter(|arg| !arg.is_hide_set()) {
        let mut said = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let default = argument.get_default_values();
        if !default.is_empty() && !argument.is_hide_default_value_set() && argument.get_action().takes_values() {
            let values: Vec<_> = default.iter().map(|value| value.to_string_lossy()).collect();
            let _ = write!(said, " (default: {})", values.join(", "));
        }
        let possible: Vec<String> = argument.get_possible_values().iter().map(|v| v.get_name().to_owned()).collect();
        if !possible.is_empty() && !argument.is_hide_possible_values_set() && argument.get_action().takes_values() {
            let _ = write!(said, " ({})", possible.join(", "));
        }
        let _ = writeln!(text, "| `{}` | {} |", name(argument).replace('|', "\\|"), cell(&said));
    }
    text
}

/// `-n, --namespace NAMESPACE`, as one writes it.
pub fn name(argument: &Arg) -> String {
    let values: Vec<&str> = argument.get_value_names().into_iter().flatten().map(|name| name.as_str()).collect();
    if argument.is_positional() {
        return values.join(" ");
    }
    let short = argument.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
    let long = argument.get_long().map(|long| format!("--{long}")).unwrap_or_default();
    let value = match (argument.get_action().takes_values(), argument.is_require_equals_set()) {
        (false, _) => String::new(),
        (true, true) => format!("[={}]", values.join(" ")),
        (true, false) => format!(" {}", values.join(" ")),
    };
    format!("{short}{long}{value}")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}

fn examples(page: &Page) -> String {
    let lines: Vec<String> = page.examples.iter().map(|e| format!("# {}\n{}\n", e.what, e.command)).collect();
    format!("```sh\n{}```\n", lines.join("\n"))
}

fn exits(page: &Page) -> String {
    let mut text = String::from("| | |\n|---|---|\n");
    for (exit, meaning) in Exit::ALL.iter().filter(|(exit, _)| page.exits.contains(exit)) {
        let _ = writeln!(text, "| `{}` | {meaning} |", exit.code());
    }
    text.push_str("\nMore about each: [exit codes](../exit-codes.md).\n");
    text
}

fn read_on(page: &Page) -> String {
    let links: Vec<String> = page.read.iter().map(|place| format!("[{place}](../{place}.md)")).collect();
    format!("Read on: {}.\n", links.join(", "))
}

#[test]
fn every_page_is_a_command_and_links_to_what_is_there() {
    for Generated { path, text } in files() {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = super::root().join("docs/commands").join(file);
            assert!(file.is_empty() || target.is_file(), "{path}: {link}");
            let whole = if file.is_empty() { text.clone() } else { std::fs::read_to_string(&target).expect("a page") };
            let slug = |line: &str| line.trim_start_matches('#').trim().replace('`', "").to_lowercase().replace(' ', "-");
            let anchors: Vec<String> = whole.lines().filter(|line| line.starts_with('#')).map(slug).collect();
            assert!(anchor.is_empty() || anchors.iter().any(|known| known == anchor), "{path}: {link}");
        }
    }
}
