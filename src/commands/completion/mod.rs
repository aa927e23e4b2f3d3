//! `completion`: scripts of the shells, kubectl's own way in, and the candidates that both ask for.
//!
//! kubectl 1.26 and later asks an executable `kubectl_complete-openbao` (K§1.4): every word behind `openbao`, the one being
//! completed last; one candidate a line, a description behind a tab, `:N` at the end. The scripts ask in the same way.

mod install;
mod live;
mod values;
mod words;

use std::ffi::OsString;
use std::path::Path;

use clap_complete::Shell;

use self::values::Candidate;
use self::words::Place;
use crate::cli;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::session::Session;

/// Turn completion on: for kubectl, or for the shell
///
/// `install` makes `kubectl openbao <TAB>` work, with clusters, restores and snapshots as they are. The others print a script
/// for calling kubectl-openbao itself; that of PowerShell knows commands and flags alone. What the cluster does not answer
/// within a second is left out; KUBECTL_OPENBAO_COMPLETE_WITHIN=3s gives it longer.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Install(install::Args),
    /// Print the script for bash
    ///
    /// Of kubectl-openbao called by itself; it asks the program for what fits.
    Bash,
    /// Print the script for zsh
    ///
    /// Of kubectl-openbao called by itself; it asks the program for what fits.
    Zsh,
    /// Print the script for fish
    ///
    /// Of kubectl-openbao called by itself; it asks the program for what fits.
    Fish,
    /// Print the script for PowerShell
    ///
    /// Of kubectl-openbao called by itself; commands and flags alone.
    Powershell,
}

/// The words typed so far, the last one being completed.
#[derive(Debug, clap::Args)]
pub struct CompleteArgs {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<OsString>,
}

/// The file name under which kubectl asks for candidates.
pub const ASKED_AS: &str = "kubectl_complete-openbao";

/// Called as `kubectl_complete-openbao WORDS…`, the executable completes them.
pub fn rewrite(arguments: Vec<OsString>) -> Vec<OsString> {
    let name = arguments.first().and_then(|a| Path::new(a).file_name()).and_then(|n| n.to_str()).unwrap_or_default();
    if name.trim_end_matches(".exe") != ASKED_AS {
        return arguments;
    }
    let mut rewritten = vec![OsString::from("kubectl-openbao"), OsString::from("__complete"), OsString::from("--")];
    rewritten.extend(arguments.into_iter().skip(1));
    rewritten
}

/// Prints the script of a shell, or installs kubectl's way in.
///
/// # Errors
/// Nowhere to install, or something else stands there.
pub fn run(session: &Session, args: &Args) -> Outcome<Exit> {
    let shell = match &args.what {
        What::Install(args) => return install::run(session, args),
        What::Bash => Shell::Bash,
        What::Zsh => Shell::Zsh,
        What::Fish => Shell::Fish,
        What::Powershell => Shell::PowerShell,
    };
    session.ui.answer(script(shell).trim_end());
    Ok(Exit::Done)
}

/// The completion script for the executable `kubectl-openbao`; also kept in `completions/`.
pub fn script(shell: Shell) -> String {
    match shell {
        Shell::Bash => include_str!("scripts/kubectl-openbao.bash").to_owned(),
        Shell::Zsh => include_str!("scripts/kubectl-openbao.zsh").to_owned(),
        Shell::Fish => include_str!("scripts/kubectl-openbao.fish").to_owned(),
        // Commands and flags as they were when it was made: PowerShell hands empty words to no program.
        _ => {
            let mut bytes = Vec::new();
            clap_complete::generate(Shell::PowerShell, &mut cli::command(), "kubectl-openbao", &mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        }
    }
}

/// What is being asked for.
struct Asked {
    typed: Vec<String>,
    word: String,
}

impl Asked {
    fn of(args: &CompleteArgs) -> Asked {
        let mut typed: Vec<String> = args.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let word = typed.pop().unwrap_or_default();
        Asked { typed, word }
    }
}

/// Candidates that need neither kubeconfig nor network; `None` when the answer needs one of them.
pub fn complete_offline(session: &Session, args: &CompleteArgs) -> Option<Outcome<Exit>> {
    let Asked { typed, word } = Asked::of(args);
    let mut root = cli::command();
    root.build();
    let place = Place::of(&root, &typed, &word);
    let wanted = values::wanted(&place);
    if !wanted.live.is_empty() {
        return None;
    }
    answer(session, wanted.fixed, &place, wanted.files);
    Some(Ok(Exit::Done))
}

/// Prints candidates, one a line, and the directive. Says nothing else, whatever goes wrong.
///
/// # Errors
/// None.
pub async fn complete(session: &Session, args: &CompleteArgs) -> Outcome<Exit> {
    let Asked { typed, word } = Asked::of(args);
    let mut root = cli::command();
    root.build();
    let place = Place::of(&root, &typed, &word);
    let mut wanted = values::wanted(&place);
    wanted.fixed.extend(live::ask(&place, &wanted.live).await);
    answer(session, wanted.fixed, &place, wanted.files);
    Ok(Exit::Done)
}

/// kubectl's directives: complete no files, and keep the order.
const NO_FILES: u8 = 4;
const KEEP_ORDER: u8 = 32;

fn answer(session: &Session, candidates: Vec<Candidate>, place: &Place<'_>, files: bool) {
    let mut shown: Vec<&str> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for candidate in candidates.iter().filter(|c| c.value.starts_with(place.word) && c.is_harmless()) {
        if !shown.contains(&candidate.value.as_str()) {
            shown.push(&candidate.value);
            lines.push(candidate.line());
        }
    }
    lines.push(format!(":{}", if files { 0 } else { NO_FILES | KEEP_ORDER }));
    session.ui.answer(&lines.join("\n"));
}

#[cfg(test)]
mod tests;
