//! `man/`: a manual page for each command, made from the command line's own definition.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use kubectl_openbao::cli::Cli;
use kubectl_openbao::commands::help::{self, Page};
use kubectl_openbao::exit::Exit;
use kubectl_openbao::remote::kubeconfig::Flags;

use super::Generated;
use super::commands::{visible, words};

pub fn files() -> Vec<Generated> {
    // Without what the short help leaves out: a manual leaves nothing out.
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let mut files = Vec::new();
    below(&root, &mut files);
    files
}

fn below(command: &Command, files: &mut Vec<Generated>) {
    let name = page_name(&words(command));
    files.push(Generated { path: format!("man/{name}.1").leak(), text: manual(command, &name) });
    visible(command).for_each(|sub| below(sub, files));
}

/// `kubectl-openbao-breakglass-ack`
fn page_name(words: &str) -> String {
    format!("kubectl-openbao {words}").trim_end().replace(' ', "-")
}

fn manual(command: &Command, name: &str) -> String {
    let words = words(command);
    let page = help::page(&words).unwrap_or_else(|| panic!("no help for {words:?}"));
    // The connection flags fill a page of their own: each command's leads there.
    let own = command.clone().mut_args(|arg| {
        let shared = !words.is_empty() && arg.get_help_heading() == Some(Flags::HEADING);
        if shared { arg.hide(true) } else { arg }
    });
    let man = Man::new(own);
    let mut body = Vec::new();
    man.render_description_section(&mut body).and_then(|()| man.render_options_section(&mut body)).expect("a page in memory");
    let mut text = head(command, name);
    text.push_str(&String::from_utf8(body).expect("text"));
    text.push_str(&commands(command));
    text.push_str(&examples(page));
    text.push_str(&exits(page));
    text.push_str(&see_also(command, page));
    tidy(&text)
}

/// Title, name and synopsis: the library's own title loses an empty date, and its synopsis lists every flag.
fn head(command: &Command, name: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let usage = command.clone().render_usage().to_string();
    let lines: Vec<String> = usage.trim_start_matches("Usage: ").lines().map(|line| plain(line.trim())).collect();
    format!(
        ".TH \"{}\" \"1\" \"\" \"kubectl\\-openbao {version}\" \"kubectl openbao\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n{}\n",
        plain(&name.to_uppercase()),
        plain(name),
        plain(&about(command)),
        lines.join("\n.br\n")
    )
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

/// Text that roff reads as text.
fn plain(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-");
    let lines = escaped.lines().map(|line| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() });
    lines.collect::<Vec<_>>().join("\n")
}

fn commands(command: &Command) -> String {
    let mut text = String::new();
    for sub in visible(command) {
        if text.is_empty() {
            text.push_str(".SH COMMANDS\n");
        }
        let _ = writeln!(text, ".TP\n.B {}\n{}", plain(&words(sub)), plain(&about(sub)));
    }
    text
}

fn examples(page: &Page) -> String {
    let mut text = String::from(".SH EXAMPLES\n");
    for (at, example) in page.examples.iter().enumerate() {
        let between = if at == 0 { "" } else { ".PP\n" };
        let _ = writeln!(text, "{between}{}:\n.PP\n.RS 4\n.nf\n{}\n.fi\n.RE", plain(example.what), plain(example.command));
    }
    text
}

fn exits(page: &Page) -> String {
    let mut text = String::from(".SH EXIT STATUS\n");
    for (exit, meaning) in Exit::ALL.iter().filter(|(exit, _)| page.exits.contains(exit)) {
        let _ = writeln!(text, ".TP\n.B {}\n{}", exit.code(), plain(meaning));
    }
    text
}

fn see_also(command: &Command, page: &Page) -> String {
    let own = words(command);
    let parent = own.rsplit_once(' ').map_or("", |(parent, _)| parent);
    let mut pages: Vec<String> = visible(command).map(|sub| page_name(&words(sub))).collect();
    if !own.is_empty() {
        pages.insert(0, page_name(parent));
    }
    let pages: Vec<String> = pages.iter().map(|name| format!(".BR {} (1)", plain(name))).collect();
    let places: Vec<String> = page.read.iter().map(|place| format!("docs/{place}.md")).collect();
    let note = if own.is_empty() { "" } else { ".PP\nThe connection flags of every command are in kubectl\\-openbao(1).\n" };
    let pages = pages.join(",\n");
    format!(".SH SEE ALSO\n{pages}\n{note}.PP\nIn the project's documentation: {}\n", plain(&places.join(", ")))
}

/// Without what a linter of manual pages complains of: spaces at line ends, empty lines, two breaks, other letters than ASCII.
fn tidy(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines.dedup_by(|one, other| one == other && *one == ".br");
    let ascii = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\[u{:04X}]", u32::from(c)) };
    let text: String = lines.join("\n").chars().map(ascii).collect();
    format!("{text}\n")
}
