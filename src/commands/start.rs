//! `kubectl openbao` alone: what to do first; and which cluster needs attention, where that can be seen at once.

use std::time::Duration;

use crate::api::text::{clean_cut, quote};
use crate::cli;
use crate::domain::status::{ClusterStatus, sum_up};
use crate::error::Outcome;
use crate::exit::Exit;
use crate::gather::clusters::{Which, each_page};
use crate::session::{Session, connect_silently};

/// How long one waits for a cluster that was not asked for.
const PATIENCE: Duration = Duration::from_millis(900);

/// Shows the short help at once, then what needs attention, if anything is seen to. Like kubectl alone it is no mistake: the
/// exit code is 0.
///
/// # Errors
/// None: a cluster that cannot be read is silent here.
pub async fn run(session: &Session) -> Outcome<Exit> {
    let help = cli::command().render_help();
    let help = if session.ui.terminal().colour_out { help.ansi().to_string() } else { help.to_string() };
    session.ui.answer(help.trim_end());
    let patience = session.output.deadline.unwrap_or(PATIENCE);
    let look = tokio::time::timeout(patience, in_trouble(session, patience));
    if let Ok(Some(line)) = look.await {
        session.ui.answer_prose(&format!("\n{line}"));
    }
    Ok(Exit::Done)
}

/// One line about the clusters of the namespace that need attention; nothing about those that do not, or cannot be read.
async fn in_trouble(session: &Session, patience: Duration) -> Option<String> {
    let flags = session.connection.clone();
    let connected = tokio::task::spawn_blocking(move || connect_silently(&flags, patience).ok()).await.ok()??;
    let which = Which { namespace: Some(connected.namespace.clone()), selector: None };
    let mut found: Vec<ClusterStatus> = Vec::new();
    let take = |page: Vec<_>| found.extend(page.iter().filter_map(sum_up).filter(ClusterStatus::needs_attention));
    each_page(&connected.kube, &which, take).await.ok()?;
    found.sort_by_key(|status| std::cmp::Reverse(status.worst()));
    said(&found)
}

fn said(found: &[ClusterStatus]) -> Option<String> {
    let worst = found.first()?;
    let (namespace, name) = (quote(&worst.namespace), quote(&worst.name));
    let why = worst.findings.first().map_or_else(String::new, |finding| clean_cut(&finding.text, 120));
    Some(match found.len() {
        1 => format!("{namespace}/{name} needs attention: {why}\n  kubectl openbao diagnose {name} -n {namespace}"),
        n => format!(
            "{n} clusters in namespace {namespace} need attention, {name} first: {why}\n  kubectl openbao status -n {namespace}"
        ),
    })
}
