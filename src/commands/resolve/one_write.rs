//! The ways that are one write: `stay-green` here, `retry` by the very code of `breakglass ack`.

use super::{Errand, Resolved, denied, refused_as};
use crate::api::names::audit;
use crate::commands::breakglass::{Retry, acknowledge};
use crate::commands::restore::changed;
use crate::domain::resolve::{ResolvePlan, retry, stay_green as domain};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::remote::writes::{self, Sent};

/// Green's version and an acknowledgement, in one tested patch.
pub(super) async fn stay_green(errand: Errand<'_>) -> Outcome<Exit> {
    let planned = plan(&errand).await?;
    if errand.args.dry_run.is_some() {
        let first = planned.write.clone();
        return errand.show_only(planned, first.as_ref()).await;
    }
    errand.converse(&planned);
    if let Some(refusal) = &planned.refusal {
        return Err(refused_as(refusal));
    }
    let command = planned.consent.command.clone();
    let confirmed = errand.consent(planned, &command).await?;
    let again = plan(&errand).await.map_err(|f| f.detail("nothing was written"))?;
    let Some(write) = again.write.clone() else { return Err(changed(&["the plan is no longer allowed".to_owned()])) };
    let ticket = confirmed.step(&again, write.clone()).map_err(|differences| changed(&differences))?;
    let kube = &errand.connected.kube;
    let conflict = || changed(&["the cluster changed at the last moment".to_owned()]);
    match writes::dry_run(kube, &write).await.map_err(|e| denied(&e).detail("nothing was written"))? {
        Sent::Done => {}
        Sent::Conflict(_) => return Err(conflict()),
        Sent::Unknown(error) => return Err(error.failure("").detail("nothing was written")),
    }
    errand.session.ui.say("checked again, nothing changed; dry run accepted by the API server");
    match writes::send(kube, ticket).await.map_err(|e| denied(&e).detail("nothing was written"))? {
        Sent::Done => {}
        Sent::Conflict(_) => return Err(conflict()),
        Sent::Unknown(error) => return settle(&errand, &error.message).await,
    }
    Ok(told(&errand, &again))
}

async fn plan(errand: &Errand<'_>) -> Outcome<ResolvePlan> {
    let evidence = errand.look_closely().await?;
    domain::plan(&evidence, &errand.request).map_err(|why| Failure::new(Exit::Failure, why))
}

fn told(errand: &Errand<'_>, plan: &ResolvePlan) -> Exit {
    let (namespace, cluster) = (&errand.request.namespace, &errand.request.cluster);
    let ui = &errand.session.ui;
    ui.insist("\nNext");
    ui.insist(&format!("  kubectl openbao status {cluster} -n {namespace} -w        the rollback goes on now"));
    let summary = "acknowledged, with Green's version wanted; the operator runs the repair now.".to_owned();
    errand.tell(plan, Resolved { restore: None, summary, exit_code: Exit::Done.code(), verification: None });
    Exit::Done
}

/// The answer was lost: the cluster itself says whether it was carried out, by this invocation's own id.
async fn settle(errand: &Errand<'_>, why: &str) -> Outcome<Exit> {
    let evidence = errand.glance().await?;
    let id = audit::REQUEST_ID;
    let ours = evidence.cluster.value().is_some_and(|c| c.meta.annotations.get(id) == Some(&errand.request.id));
    if ours {
        return Ok(told(errand, &plan(errand).await?));
    }
    Err(Failure::new(
        Exit::OutcomeUnknown,
        "the request was sent and its answer lost; it was not carried out as far as can be seen",
    )
    .detail(why.to_owned())
    .hint(format!("kubectl openbao status {} -n {}", errand.request.cluster, errand.request.namespace)))
}

/// `breakglass ack`, with the same code path.
pub(super) async fn retry(errand: Errand<'_>) -> Outcome<Exit> {
    let args = errand.args;
    if let Some(refusal) = retry::refusal(&errand.look_closely().await?, &errand.request) {
        return Err(refused_as(&refusal));
    }
    let asked = Retry {
        cluster: errand.request.cluster.clone(),
        nonce: args.nonce.clone(),
        accept: args.accept.clone(),
        reason: args.reason.clone(),
        dry_run: args.dry_run,
        show_kubectl: args.show_kubectl,
        output: args.output,
        timeout: args.timeout,
    };
    acknowledge(errand.session, errand.connected, asked).await
}
