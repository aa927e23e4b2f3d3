//! `follow`: attach to a running restore or Job. Never writes.

mod conclusion;
mod engine;
mod job;
pub(in crate::commands) mod screen;

use std::time::Duration;

pub use conclusion::{Next, conclude, data};
pub use engine::{Follow, Followed, follow_restore};

use crate::api::restore::Restore;
use crate::commands::restore_named;
use crate::commands::verify::{VerifyArgs, verify_and_tell};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::items;
use crate::remote::k8s::paths::RESTORES;
use crate::session::{Connected, Session, duration};
use crate::ui::prompt;

/// Follow a running restore to its end, with its executor's log
///
/// Ctrl-C stops following, not the restore. Without RESTORE: the one that is not finished.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The restore, or job/NAME
    #[arg(value_name = "RESTORE | job/NAME")]
    name: Option<String>,
    /// Leave after this long with exit code 9, such as 30m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    verify: VerifyArgs,
}

/// Follows a restore or a Job.
///
/// # Errors
/// Not found, not permitted, failed, time limit, interrupted.
pub async fn run(session: &Session, args: Args) -> Outcome<Exit> {
    let connected = session.connect()?;
    let name = match args.name.clone() {
        Some(name) => name,
        None => unfinished(session, &connected).await?,
    };
    if let Some(job) = name.strip_prefix("job/").or_else(|| name.strip_prefix("jobs/")) {
        let exit = job::follow(&session.ui, &connected.kube, &connected.namespace, job, args.timeout).await;
        session.pass_on_notices(&connected.kube);
        return exit;
    }
    let name = restore_named(&name)?;
    let follow = Follow { namespace: connected.namespace.clone(), name: name.to_owned(), timeout: args.timeout };
    let followed = follow_restore(&session.ui, &connected.kube, &follow).await;
    session.pass_on_notices(&connected.kube);
    let followed = followed?;
    match conclude(&session.ui, &follow, &followed)? {
        Next::Leave(exit) => Ok(exit),
        Next::Verify => {
            let verified = verify_and_tell(session, &connected, &followed.restore, &args.verify).await?;
            session.ui.answer(&format!("\n{}", verified.summary));
            Ok(verified.exit)
        }
    }
}

/// The one restore of the namespace that is not finished.
async fn unfinished(session: &Session, connected: &Connected) -> Outcome<String> {
    let namespace = &connected.namespace;
    let list = connected.kube.get(&RESTORES.collection(Some(namespace))).await;
    let list = list.map_err(|error| error.failure(&format!("listing restores in namespace {namespace}")))?;
    let mut names: Vec<String> =
        items(&list).iter().map(Restore::read).filter(Restore::unfinished).map(|r| r.meta.name).collect();
    match names.len() {
        0 => Err(Failure::new(Exit::NotFound, format!("no restore is under way in namespace {namespace}"))
            .hint(format!("kubectl openbao follow NAME -n {namespace}        shows how a finished one ended"))),
        1 => Ok(names.remove(0)),
        _ if !session.ui.terminal().interactive => {
            Err(Failure::new(Exit::Usage, format!("several restores are under way: {}", names.join(", ")))
                .hint("name one of them"))
        }
        _ => {
            let picked = prompt::choose(&session.ui, "Which restore?", names.clone()).await?;
            picked.and_then(|i| names.get(i).cloned()).ok_or_else(|| Failure::new(Exit::Declined, "no restore was chosen"))
        }
    }
}

#[cfg(test)]
mod tests;
