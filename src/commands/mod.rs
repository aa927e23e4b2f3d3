//! One file per command: its `Args`, whose doc comment is the help, and `run`, which glues the layers.

pub mod accept;
pub mod breakglass;
pub mod completion;
pub mod diagnose;
pub mod drill;
pub mod follow;
pub mod from_report;
pub mod help;
pub mod logs;
pub mod recover;
pub mod resolve;
pub mod restore;
pub mod snapshots;
pub mod start;
pub mod status;
pub mod target;
pub mod verify;
pub mod version;

use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather;
use crate::session::{Connected, Session};
use crate::ui::prompt;

/// Every command. What a command is for stands at its own `Args`: said here, too, it would replace that.
#[derive(Debug, clap::Subcommand)]
#[expect(missing_docs, reason = "a doc comment here would become help text")]
pub enum Command {
    Status(status::Args),
    Diagnose(diagnose::Args),
    Restore(Box<restore::Args>),
    Breakglass(Box<breakglass::Args>),
    Drill(drill::Args),
    Follow(follow::Args),
    Resolve(Box<resolve::Args>),
    Recover(recover::Args),
    Logs(logs::Args),
    Snapshots(snapshots::Args),
    Completion(completion::Args),
    Version(version::Args),
    /// Candidates for kubectl's completion protocol
    #[command(name = "__complete", hide = true)]
    Complete(completion::CompleteArgs),
}

/// Commands that need neither network nor runtime; `None` for the others.
pub fn run_offline(session: &Session, command: &Command) -> Option<Outcome<Exit>> {
    match command {
        Command::Completion(args) => Some(completion::run(session, args)),
        Command::Complete(args) => completion::complete_offline(session, args),
        Command::Version(args) => Some(version::run(session, args)),
        _ => None,
    }
}

/// Runs a command.
///
/// # Errors
/// Everything a person must be told.
pub async fn run(session: &Session, command: Command) -> Outcome<Exit> {
    match command {
        Command::Status(args) => status::run(session, args).await,
        Command::Diagnose(args) => diagnose::run(session, args).await,
        Command::Restore(args) => restore::run(session, *args).await,
        Command::Breakglass(args) => breakglass::run(session, *args).await,
        Command::Drill(args) => drill::run(session, args).await,
        Command::Follow(args) => follow::run(session, args).await,
        Command::Resolve(args) => resolve::run(session, *args).await,
        Command::Recover(args) => recover::run(session, args).await,
        Command::Logs(args) => logs::run(session, args).await,
        Command::Snapshots(args) => snapshots::run(session, args).await,
        Command::Complete(args) => completion::complete(session, &args).await,
        Command::Completion(_) | Command::Version(_) => Ok(Exit::Done),
    }
}

/// A restore as it was named: bare, or after its type as kubectl takes it. Anything else before a `/` is no namespace.
///
/// # Errors
/// Usage: another type.
pub fn restore_named(given: &str) -> Outcome<&str> {
    match given.split_once('/') {
        None => Ok(given),
        Some(("openbaorestore" | "openbaorestores" | "obrestore" | "openbaorestores.openbao.org", name)) => Ok(name),
        // As `kubectl -o name` writes it.
        Some(("openbaorestore.openbao.org", name)) => Ok(name),
        Some(_) => Err(Failure::new(
            Exit::Usage,
            format!("{given} is no restore: before a / stands the type openbaorestore, or nothing"),
        )
        .hint("-n NAMESPACE names the namespace")),
    }
}

/// An id nobody else has, for one invocation.
///
/// # Errors
/// The system gives no random numbers.
pub fn request_id() -> Outcome<String> {
    Ok(crate::api::text::hex(&restore::random_bytes()?))
}

/// The cluster to work on: named, or the only one of the namespace, or chosen from a list.
///
/// # Errors
/// None there; several and nobody to ask (usage, with their names).
pub async fn pick_cluster(session: &Session, connected: &Connected, named: Option<&str>) -> Outcome<String> {
    if let Some(name) = named {
        return Ok(name.to_owned());
    }
    let namespace = &connected.namespace;
    let mut names = gather::find_cluster(&connected.kube, namespace).await?;
    if names.len() == 1 {
        let name = names.remove(0);
        session.ui.say(&format!("cluster {namespace}/{name} (the only one in the namespace)"));
        return Ok(name);
    }
    if !session.ui.terminal().interactive {
        return Err(Failure::new(Exit::Usage, format!("namespace {namespace} has several clusters: {}", names.join(", ")))
            .hint("name one of them"));
    }
    let picked = prompt::choose(&session.ui, &format!("Which cluster in namespace {namespace}?"), names.clone()).await?;
    picked
        .and_then(|i| names.get(i).cloned())
        .ok_or_else(|| Failure::new(Exit::Declined, "no cluster was chosen; nothing was written"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_a_restores_name_is_its_type_or_a_mistake() {
        for given in ["r1", "openbaorestore/r1", "openbaorestore.openbao.org/r1", "obrestore/r1"] {
            assert_eq!(restore_named(given).as_deref(), Ok("r1"), "{given}");
        }
        for given in ["staging/r1", "openbaocluster/r1", "a/openbaorestore/r1"] {
            assert_eq!(restore_named(given).map_err(|f| f.exit), Err(Exit::Usage), "{given}");
        }
    }
}
