//! `breakglass show`: never writes.

use super::flags::{Format, ShowArgs};
use super::follow::{Followed, Way, follow};
use super::outcome::conclude;
use crate::commands::{from_report, pick_cluster, status};
use crate::domain::breakglass::{State, View, view};
use crate::domain::evidence::Evidence;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::live;
use crate::session::{Connected, Session};
use crate::ui::render::breakglass as render;
use crate::ui::render::document::document;

pub(super) async fn run(session: &Session, args: &ShowArgs) -> Outcome<Exit> {
    if let Some(path) = &args.report.from_report {
        let report = from_report::read(session, path, args.name.as_deref())?;
        tell(session, &seen(report.evidence())?, args.output);
        return Ok(Exit::Done);
    }
    let connected = session.connect()?;
    let cluster = pick_cluster(session, &connected, args.name.as_deref()).await?;
    let doing = format!("looking at break glass of {}/{cluster}", connected.namespace);
    let evidence = live::cluster(&connected.kube, &connected.namespace, &cluster).await.map_err(|e| e.failure(&doing))?;
    status::check_cluster(&connected, &evidence, &cluster).await.map_err(|f| f.doing(doing.as_str()))?;
    let view = seen(&evidence).map_err(|f| f.doing(doing))?;
    tell(session, &view, args.output);
    let exit = if args.follow { attach(session, &connected, args, &evidence, &view).await } else { Ok(Exit::Done) };
    session.pass_on_notices(&connected.kube);
    exit
}

fn seen(evidence: &Evidence) -> Outcome<View> {
    view(evidence).ok_or_else(|| Failure::new(Exit::Failure, "the cluster could not be read"))
}

/// The answer.
fn tell(session: &Session, view: &View, output: Option<Format>) {
    let ui = &session.ui;
    match output.and_then(Format::markup) {
        None => ui.answer_prose(&render::view(view, &|s, t| ui.out(s, t))),
        Some(markup) => ui.answer(&document("BreakGlass", view, markup)),
    }
}

/// `--follow`: goes on where an `ack` was left.
async fn attach(session: &Session, connected: &Connected, args: &ShowArgs, evidence: &Evidence, view: &View) -> Outcome<Exit> {
    match &view.state {
        State::ActiveAckPending { .. } | State::Acknowledged { under_way: true, .. } => {}
        _ => {
            session.ui.say("There is nothing to follow: no acknowledgement is on its way.");
            return Ok(Exit::Done);
        }
    }
    let cluster = evidence.cluster.value().map(|c| c.meta.uid.clone()).unwrap_or_default();
    let way = Way { cluster: view.cluster.clone(), uid: cluster, nonce: view.nonce.clone(), follow: true, timeout: args.timeout };
    let followed: Followed = follow(session, connected, &way).await?;
    let told = conclude(session, connected, &way, &followed).await;
    if args.output.and_then(Format::markup).is_none() {
        session.ui.answer(&format!("\n{}", told.summary));
    }
    told.result()
}
