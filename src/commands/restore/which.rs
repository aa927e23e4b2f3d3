//! Which snapshot, when none was named: a person chooses among those that are known, a script is told the newest.

use crate::api::text::clean;
use crate::commands::status;
use crate::domain::snapshot::{Known, known};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::session::{Connected, Session};
use crate::ui::prompt;

/// The key of the snapshot to restore.
///
/// # Errors
/// Nobody to ask, nothing known, or nothing chosen.
pub async fn snapshot(session: &Session, connected: &Connected, cluster: &str) -> Outcome<String> {
    let none = || Failure::new(Exit::Usage, "which snapshot? No key was given");
    let evidence = match status::read(connected, cluster).await {
        Ok(evidence) => evidence,
        Err(not_read) if matches!(not_read.exit, Exit::NotFound | Exit::NotPermitted) => return Err(not_read),
        Err(_) => return Err(none().hint("--key KEY, the full path of the object in the bucket")),
    };
    let snapshots = known(&evidence);
    let Some(newest) = snapshots.first() else {
        let hint = "--key KEY, the full path of the object in the bucket; no backup is known from the cluster's status";
        return Err(none().hint(hint));
    };
    if !session.ui.terminal().interactive {
        return Err(none().hint(by_key(newest, &evidence)));
    }
    let question = "Which snapshot? (named by the cluster and its Jobs; the bucket may hold more: --key KEY)";
    let lines = snapshots.iter().map(|s| s.line(evidence.observed_at)).collect();
    let chosen = prompt::choose(&session.ui, question, lines).await?.and_then(|i| snapshots.into_iter().nth(i));
    let chosen = chosen.ok_or_else(|| Failure::new(Exit::Declined, "no snapshot was chosen; nothing was written"))?;
    session.ui.say(&format!("snapshot {}", clean(&chosen.key)));
    Ok(chosen.key)
}

fn by_key(newest: &Known, evidence: &crate::domain::evidence::Evidence) -> String {
    let key = clean(&newest.key);
    match newest.taken_at {
        Some(at) => {
            format!("--key {key}        the newest backup known, {} old", crate::api::text::age(evidence.since(at)))
        }
        None => format!("--key {key}        the newest backup known"),
    }
}
