//! `completion` and the candidates kubectl asks for through `kubectl_complete-openbao` (kubectl 1.26 and later).

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use clap::{Command as Clap, CommandFactory};

use crate::cli::Cli;
use crate::commands::diagnose::SUBJECTS;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::gather;
use crate::remote::kubeconfig::Flags;
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
    candidates.extend(subjects(&root, typed, word));
    if takes_cluster(&root, typed, word) {
        candidates.extend(cluster_names(session, typed).await);
    }
    candidates.retain(|c| c.starts_with(word));
    candidates.sort();
    candidates.dedup();
    candidates.push(NO_FILES.into());
    session.ui.answer(&candidates.join("\n"));
    Ok(Exit::Done)
}

/// The flag that the next word is the value of.
fn awaiting<'a>(root: &'a Clap, at: &'a Clap, typed: &[String]) -> Option<&'a clap::Arg> {
    let last = typed.last()?;
    let named = |a: &&clap::Arg| {
        a.get_long().is_some_and(|l| *last == format!("--{l}")) || a.get_short().is_some_and(|s| *last == format!("-{s}"))
    };
    at.get_arguments()
        .chain(root.get_arguments())
        .find(named)
        .filter(|a| a.get_action().takes_values() && !a.is_require_equals_set())
}

/// The command that the typed words have reached.
fn reached<'a>(root: &'a Clap, typed: &[String]) -> &'a Clap {
    typed.iter().fold(root, |at, word| at.find_subcommand(word).unwrap_or(at))
}

/// Subcommands, flags and fixed values that fit after the typed words.
fn candidates(root: &Clap, typed: &[String], word: &str) -> Vec<String> {
    let at = reached(root, typed);
    if let Some(flag) = awaiting(root, at, typed) {
        return flag.get_possible_values().iter().filter(|v| !v.is_hide_set()).map(|v| v.get_name().to_owned()).collect();
    }
    if word.starts_with('-') {
        let all = at.get_arguments().chain(root.get_arguments());
        return all.filter(|a| !a.is_hide_set()).filter_map(|a| a.get_long().map(|l| format!("--{l}"))).collect();
    }
    at.get_subcommands().filter(|c| !c.is_hide_set()).map(|c| c.get_name().to_owned()).collect()
}

/// The words typed so far that are neither flags nor their values; `None` where a flag or its value is being typed.
fn bare<'a>(root: &Clap, typed: &'a [String], word: &str) -> Option<Vec<&'a str>> {
    let at = reached(root, typed);
    let is_value = |i: usize| awaiting(root, at, &typed[..i]).is_some();
    if word.starts_with('-') || is_value(typed.len()) {
        return None;
    }
    Some((0..typed.len()).filter(|i| !typed[*i].starts_with('-') && !is_value(*i)).map(|i| typed[i].as_str()).collect())
}

/// Whether a cluster's name fits: right after its command and flags with their values.
fn takes_cluster(root: &Clap, typed: &[String], word: &str) -> bool {
    let is_subject = |word: &str| SUBJECTS.iter().any(|(name, _)| *name == word);
    match bare(root, typed, word).as_deref() {
        Some(["status" | "restore" | "logs" | "diagnose" | "resolve"]) => true,
        Some(["diagnose", subject]) => is_subject(subject),
        Some(["breakglass"] | ["breakglass", "ack" | "show"] | ["snapshots", "list" | "show" | "verify"]) => true,
        _ => false,
    }
}

/// What `diagnose` can be asked about, right after it.
fn subjects(root: &Clap, typed: &[String], word: &str) -> Vec<String> {
    match bare(root, typed, word).as_deref() {
        Some(["diagnose"]) => SUBJECTS.iter().map(|(name, _)| (*name).to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// The connection flags among the words typed so far.
fn typed_connection(typed: &[String]) -> Flags {
    let mut flags = Flags::default();
    let mut words = typed.iter();
    while let Some(word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        let mut value = || value.clone().or_else(|| words.next().cloned());
        match name {
            "-n" | "--namespace" => flags.namespace = value(),
            "--context" => flags.context = value(),
            "--kubeconfig" => flags.kubeconfig = value().map(Into::into),
            _ => {}
        }
    }
    flags
}

async fn cluster_names(session: &Session, typed: &[String]) -> Vec<String> {
    let look = async {
        let connected = session.connect_silently(&typed_connection(typed)).ok()?;
        gather::find_cluster(&connected.kube, &connected.namespace).await.ok()
    };
    tokio::time::timeout(PATIENCE, look).await.ok().flatten().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn flags_typed_before_and_after_the_command_count() {
        let flags = typed_connection(&words("-n bao status --context=prod --kubeconfig /k"));
        assert_eq!((flags.namespace.as_deref(), flags.context.as_deref()), (Some("bao"), Some("prod")));
        assert_eq!(flags.kubeconfig, Some("/k".into()));
    }

    #[test]
    fn a_cluster_is_wanted_once_after_its_command() {
        let wanted = |text: &str, word: &str| takes_cluster(&Cli::command(), &words(text), word);
        let typed = [
            "status",
            "-n bao status",
            "status -n bao",
            "restore --override-lock",
            "diagnose",
            "diagnose lock",
            "resolve",
            "breakglass",
            "breakglass ack",
            "breakglass show",
            "snapshots list",
            "snapshots show",
            "snapshots verify",
        ];
        assert!(typed.iter().all(|typed| wanted(typed, "")));
        assert!(!wanted("diagnose prod", ""), "a cluster was named");
        assert_eq!(subjects(&Cli::command(), &words("diagnose"), "").len(), SUBJECTS.len());
        assert!(!["status prod", "breakglass ack prod", "restore --key", "version", ""].iter().any(|typed| wanted(typed, "")));
        assert!(!wanted("status", "-"));
    }

    #[test]
    fn subcommands_flags_and_values_are_offered() {
        let root = Cli::command();
        assert!(candidates(&root, &[], "").contains(&"restore".to_owned()));
        assert!(candidates(&root, &words("restore"), "--o").contains(&"--override-lock".to_owned()));
        assert_eq!(candidates(&root, &words("status -o"), ""), ["table", "wide", "json", "yaml", "name"]);
    }
}
