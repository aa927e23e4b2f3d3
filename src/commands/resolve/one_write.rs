//! The ways that are one write: `stay-green` here, `retry` by the very code of `breakglass ack`.

use super::{Errand, Resolved, denied, refused_as};
use crate::commands::breakglass::{Retry, acknowledge, settled};
use crate::commands::restore::changed;
use crate::domain::resolve::{ResolvePlan, retry, stay_green as domain};
use crate::domain::write::Write;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::guard::{Confirmed, Rechecked};
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
    // Whoever thinks better of it in this moment is heard; from here on there is one patch, and it is sent.
    let ticket = tokio::select! {
        ticket = check_again(&errand, &confirmed) => ticket?,
        _ = tokio::signal::ctrl_c() => return Err(Failure::new(Exit::Interrupted, "interrupted; nothing was written")),
    };
    send(&errand, &confirmed, ticket).await?;
    Ok(told(&errand, confirmed.plan()))
}

/// Looks and plans again, then asks the API server.
async fn check_again(errand: &Errand<'_>, confirmed: &Confirmed<ResolvePlan>) -> Outcome<Rechecked<Write>> {
    let again = plan(errand).await.map_err(|f| f.detail("nothing was written"))?;
    let Some(write) = again.write.clone() else { return Err(changed(&["the plan is no longer allowed".to_owned()])) };
    let ticket = confirmed.step(&again, write).map_err(|differences| changed(&differences))?;
    match writes::dry_run(&errand.connected.kube, ticket.plan()).await {
        Ok(Sent::Done) => {}
        Ok(Sent::Conflict(_)) => return Err(conflict()),
        Ok(Sent::Unknown(error)) => return Err(error.failure("").detail("nothing was written")),
        Err(error) => return Err(denied(&error).detail("nothing was written")),
    }
    errand.session.ui.say("checked again, nothing changed; dry run accepted by the API server");
    Ok(ticket)
}

fn conflict() -> Failure {
    changed(&["the cluster changed at the last moment".to_owned()])
}

/// Sends it once. Where the answer is lost, the cluster itself says whether it was carried out.
async fn send(errand: &Errand<'_>, confirmed: &Confirmed<ResolvePlan>, ticket: Rechecked<Write>) -> Outcome<()> {
    let (kube, write) = (&errand.connected.kube, ticket.plan().clone());
    match writes::send(kube, ticket).await {
        Ok(Sent::Done) => Ok(()),
        Ok(Sent::Conflict(_)) => Err(conflict()),
        Ok(Sent::Unknown(error)) => {
            let (namespace, cluster) = (&errand.request.namespace, &errand.request.cluster);
            let look = format!("kubectl openbao status {cluster} -n {namespace}");
            settled(kube, &write, &errand.request.id, &error, &look).await.inspect_err(|f| errand.fail(confirmed.plan(), f))
        }
        Err(error) => Err(denied(&error).detail("nothing was written")),
    }
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
