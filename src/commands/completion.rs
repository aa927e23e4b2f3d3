//! `completion` and the candidates kubectl asks for through `kubectl_complete-openbao` (kubectl 1.26 and later).

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use clap::{Command as Clap, CommandFactory};

use crate::cli::Cli;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::gather;
use crate::session::Session;

/// Print the completion script of a shell
///
/// For `kubectl openbao <TAB>` put a link named kubectl_complete-openbao to this executable on the PATH.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

/// The words typed so far, the last one being completed.
#[derive(Debug, clap::Args)]
pub struct CompleteArgs {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Completion that waits for an API server must not hold up a keyboard.
const PATIENCE: Duration = Duration::from_millis(900);

/// kubectl's directive "no file completion".
const NO_FILES: &str = ":4";

/// Called as `kubectl_complete-openbao WORDS…`, the executable completes them.
pub fn rewrite(arguments: Vec<OsString>) -> Vec<OsString> {
    let name = arguments.first().and_then(|a| Path::new(a).file_name()).and_then(|n| n.to_str()).unwrap_or_default();
    if name.trim_end_matches(".exe") != "kubectl_complete-openbao" {
        return arguments;
    }
    let mut rewritten = vec![OsString::from("kubectl-openbao"), OsString::from("__complete"), OsString::from("--")];
    rewritten.extend(arguments.into_iter().skip(1));
    rewritten
}

/// Prints the script for a shell.
///
/// # Errors
/// None.
pub fn run(session: &Session, args: &Args) -> Outcome<Exit> {
    session.ui.answer(&script(args.shell));
    Ok(Exit::Done)
}

/// The completion script for the executable `kubectl-openbao`; also kept in `completions/`.
pub fn script(shell: clap_complete::Shell) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "kubectl-openbao", &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Prints candidates, one a line, and the directive. Says nothing else, whatever goes wrong.
///
/// # Errors
/// None.
pub async fn complete(session: &Session, args: &CompleteArgs) -> Outcome<Exit> {
    let (typed, word) = match args.words.split_last() {
        Some((last, before)) => (before, last.as_str()),
        None => (&[][..], ""),
    };
    let root = Cli::command();
    let mut candidates = candidates(&root, typed, word);
    if takes_cluster(typed, word) {
        candidates.extend(cluster_names(session).await);
    }
    candidates.retain(|c| c.starts_with(word));
    candidates.sort();
    candidates.dedup();
    candidates.push(NO_FILES.into());
    session.ui.answer(&candidates.join("\n"));
    Ok(Exit::Done)
}

/// Subcommands, flags and fixed values that fit after the typed words.
fn candidates(root: &Clap, typed: &[String], word: &str) -> Vec<String> {
    let at = typed.iter().fold(root, |at, w| at.find_subcommand(w).unwrap_or(at));
    let flag = |w: &String| {
        at.get_arguments().chain(root.get_arguments()).find(|a| {
            a.get_long().is_some_and(|l| *w == format!("--{l}")) || a.get_short().is_some_and(|s| *w == format!("-{s}"))
        })
    };
    if let Some(argument) = typed.last().and_then(flag).filter(|a| a.get_action().takes_values()) {
        return argument.get_possible_values().iter().filter(|v| !v.is_hide_set()).map(|v| v.get_name().to_owned()).collect();
    }
    if word.starts_with('-') {
        let all = at.get_arguments().chain(root.get_arguments());
        return all.filter(|a| !a.is_hide_set()).filter_map(|a| a.get_long().map(|l| format!("--{l}"))).collect();
    }
    at.get_subcommands().filter(|c| !c.is_hide_set()).map(|c| c.get_name().to_owned()).collect()
}

fn takes_cluster(typed: &[String], word: &str) -> bool {
    let words: Vec<&String> = typed.iter().filter(|w| !w.starts_with('-')).collect();
    !word.starts_with('-') && matches!(words.as_slice(), [command] if matches!(command.as_str(), "status" | "restore" | "logs"))
}

async fn cluster_names(session: &Session) -> Vec<String> {
    let look = async {
        let connected = session.connect().ok()?;
        gather::find_cluster(&connected.kube, &connected.namespace).await.ok()
    };
    tokio::time::timeout(PATIENCE, look).await.ok().flatten().unwrap_or_default()
}
