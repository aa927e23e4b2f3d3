//! Which snapshot, when none was named: a person chooses among those in the bucket, a script is told the newest.

use super::Args;
use crate::api::text::{age, clean};
use crate::commands::snapshots::place;
use crate::commands::status;
use crate::domain::evidence::Evidence;
use crate::domain::snapshot::{Known, known};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::bucket::{self, Bucket};
use crate::session::{Connected, Session};
use crate::ui::prompt;
use crate::ui::render::snapshots::choice;

/// How many snapshots a person is offered.
const OFFERED: usize = 10;

/// The newest snapshot in the bucket that is not younger than `bound`.
///
/// # Errors
/// The bucket cannot be asked, or there is none.
pub async fn newest(session: &Session, connected: &Connected, cluster: &str, args: &Args) -> Outcome<String> {
    let bound = args.before.unwrap_or_else(|| connected.kube.now());
    let doing = format!("looking for a snapshot of {}/{cluster}", connected.namespace);
    let mut evidence = status::read(connected, cluster).await?;
    let opened = open(connected, &mut evidence, args).await;
    let bucket = opened.map_err(|failure| failure.doing(doing.clone()).hint("--key KEY names it without the bucket"))?;
    let found = bucket.newest(bound).await.map_err(|failure| place::failed(&failure).doing(doing.clone()))?;
    let Some(found) = found else {
        let which = args.before.map_or(String::new(), |at| format!(" made up to {at}"));
        return Err(Failure::new(Exit::NotFound, format!("there is no snapshot{which} below {}", bucket.place))
            .doing(doing)
            .hint(format!("kubectl openbao snapshots list {cluster} -n {}", connected.namespace)));
    };
    session.ui.say(&format!("snapshot {}", clean(&found.key)));
    Ok(found.key)
}

async fn open(connected: &Connected, evidence: &mut Evidence, args: &Args) -> Outcome<Bucket> {
    let own = evidence.cluster.value().and_then(|c| c.spec.backup.as_ref()).and_then(|b| b.target.clone());
    let target = args.source.target.given().over(own.unwrap_or_default());
    let opened = bucket::open(&connected.kube, evidence, &target, args.source.target.credentials).await;
    opened.map_err(|answer| place::not_opened(&answer))
}

/// The key of the snapshot to restore.
///
/// # Errors
/// Nobody to ask, nothing known, or nothing chosen.
pub async fn snapshot(session: &Session, connected: &Connected, cluster: &str, args: &Args) -> Outcome<String> {
    let mut evidence = match status::read(connected, cluster).await {
        Ok(evidence) => evidence,
        Err(not_read) if matches!(not_read.exit, Exit::NotFound | Exit::NotPermitted) => return Err(not_read),
        Err(_) => return Err(which_snapshot().hint("--key KEY, the full path of the object in the bucket")),
    };
    if !session.ui.terminal().interactive {
        return Err(newest_hint(&evidence));
    }
    let (question, snapshots) = offered(connected, &mut evidence, args).await;
    if snapshots.is_empty() {
        return Err(newest_hint(&evidence));
    }
    let lines = snapshots.iter().map(|known| choice(known, evidence.observed_at)).collect();
    let chosen = prompt::choose(&session.ui, &question, lines).await?.and_then(|i| snapshots.into_iter().nth(i));
    let chosen = chosen.ok_or_else(|| Failure::new(Exit::Declined, "no snapshot was chosen; nothing was written"))?;
    session.ui.say(&format!("snapshot {}", clean(&chosen.key)));
    Ok(chosen.key)
}

/// What can be chosen, and the question: what lies in the bucket, else what the cluster and its Jobs name.
async fn offered(connected: &Connected, evidence: &mut Evidence, args: &Args) -> (String, Vec<Known>) {
    let found = match open(connected, evidence, args).await {
        Ok(bucket) => bucket.choices(OFFERED).await.map_err(|failure| place::failed(&failure)),
        Err(failure) => Err(failure),
    };
    match found {
        Ok(found) if found.is_empty() => {
            ("Which snapshot? (the bucket holds none; these are named by the cluster and its Jobs)".to_owned(), known(evidence))
        }
        Ok(found) if found.len() == OFFERED => {
            let question =
                format!("Which snapshot? (the newest {OFFERED} in the bucket; --before TIME or --key KEY for older ones)");
            (question, found)
        }
        Ok(found) => ("Which snapshot? (all that lie in the bucket)".to_owned(), found),
        Err(failure) => {
            let question = format!(
                "Which snapshot? (the bucket was not listed: {}; these are named by the cluster and its Jobs)",
                failure.cause
            );
            (question, known(evidence))
        }
    }
}

fn which_snapshot() -> Failure {
    Failure::new(Exit::Usage, "which snapshot? No key was given")
}

/// That no snapshot was named, with the newest one known as the hint.
pub fn newest_hint(evidence: &Evidence) -> Failure {
    let failure = which_snapshot();
    let snapshots = known(evidence);
    let Some(newest) = snapshots.first() else {
        let hint = "--latest, or --key KEY (the full path of the object); no backup is known from the cluster's status";
        return failure.hint(hint);
    };
    let key = clean(&newest.key);
    match newest.taken_at {
        Some(at) => failure.hint(format!("the newest backup known, {} old: --key {key}", age(evidence.since(at)))),
        None => failure.hint(format!("the newest backup known: --key {key}")),
    }
}
