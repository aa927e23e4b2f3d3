//! Sends an acknowledgement: look again, dry run, one patch; a lost answer is settled by looking.

use super::ack::Errand;
use crate::api::text::clean;
use crate::commands::restore::changed;
use crate::domain::breakglass::{AckPlan, missing_right};
use crate::domain::write::Write;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::guard::{Confirmed, Rechecked};
use crate::remote::k8s::{ApiError, ApiErrorKind, Kube};
use crate::remote::settling::{Settled, settle, version};
use crate::remote::writes::{self, Sent};
use crate::ui::interrupt::interrupt;

/// A live cluster changes while it is looked at (a lock is renewed, a condition moves), and then the patch's tests fail:
/// nothing was written. Each further try looks and compares anew, so none is blind.
const TRIES: u32 = 3;

/// How far a try got.
enum Try {
    /// The acknowledgement is written.
    Written,
    /// The object moved under the patch; what was agreed to may still hold.
    Moved,
}

/// Carries the confirmed plan out.
///
/// # Errors
/// Exit 8 when the world is no longer what was agreed to, 11 when nobody can say whether it was written; or the API
/// server's refusal.
pub(super) async fn send(errand: &Errand<'_>, confirmed: &Confirmed<AckPlan>) -> Outcome<()> {
    let mut interrupt = interrupt();
    for _ in 0..TRIES {
        // Whoever thinks better of it in this moment is heard; from here on there is one patch, and it is sent.
        let ready = tokio::select! {
            ready = check_again(errand, confirmed) => ready?,
            () = &mut interrupt => return Err(Failure::new(Exit::Interrupted, "interrupted; nothing was written")),
        };
        let Some(ticket) = ready else { continue };
        if let Try::Written = patch(errand, ticket).await? {
            return Ok(());
        }
    }
    Err(Failure::new(Exit::WorldChanged, "the cluster changes faster than it can be looked at; nothing was written")
        .hint("run the same command again; kubectl get openbaocluster -w        shows who changes it"))
}

/// Gathers and plans again, then asks the API server; `None`: the object moved since this look.
async fn check_again(errand: &Errand<'_>, confirmed: &Confirmed<AckPlan>) -> Outcome<Option<Rechecked<Write>>> {
    let again = errand.plan().await.map_err(|f| f.detail("nothing was written"))?;
    let ticket = confirmed.step(&again, again.write.clone()).map_err(|differences| changed(&differences))?;
    match writes::dry_run(&errand.connected.kube, ticket.plan()).await {
        Ok(Sent::Done) => {
            errand.session.ui.say("checked again, nothing changed; dry run accepted by the API server");
            Ok(Some(ticket))
        }
        Ok(Sent::Conflict(error)) => refused_for_good(errand, &again, &error).await.map_or(Ok(None), Err),
        Ok(Sent::Unknown(error)) => Err(error.failure("").detail("nothing was written")),
        Err(error) => Err(denied(&error, &again)),
    }
}

/// A patch whose tests fail although nothing moved: the API server refuses it for another reason.
async fn refused_for_good(errand: &Errand<'_>, plan: &AckPlan, error: &ApiError) -> Option<Failure> {
    let now = errand.plan().await.ok()?;
    (version(&now.write) == version(&plan.write)).then(|| denied(error, plan))
}

/// Sends the patch once.
async fn patch(errand: &Errand<'_>, ticket: Rechecked<Write>) -> Outcome<Try> {
    let write = ticket.plan().clone();
    let error = match writes::send(&errand.connected.kube, ticket).await {
        Ok(Sent::Done) => return Ok(Try::Written),
        Ok(Sent::Conflict(_)) => return Ok(Try::Moved),
        Ok(Sent::Unknown(error)) => error,
        Err(error) => return Err(error.failure("").detail("nothing was written")),
    };
    let look = format!("kubectl openbao breakglass show {} -n {}", write.name, write.namespace);
    settled(&errand.connected.kube, &write, &errand.request.request_id, &error, &look).await.map(|()| Try::Written)
}

/// What became of an acknowledgement whose answer was lost. `look`: the command that shows it.
///
/// # Errors
/// It was not written, with the error of the request; or nobody can say (11).
pub(in crate::commands) async fn settled(
    kube: &Kube,
    write: &Write,
    request_id: &str,
    error: &ApiError,
    look: &str,
) -> Outcome<()> {
    match settle(kube, write, request_id, error).await {
        Settled::CarriedOut => Ok(()),
        Settled::Never => {
            let failure = error.failure("").detail("nothing was written: the cluster does not carry this request");
            Err(if failure.hints.is_empty() { failure.hint("run the same command again") } else { failure })
        }
        Settled::Unknown => Err(Failure::new(
            Exit::OutcomeUnknown,
            "the acknowledgement was sent and its answer lost; whether it was written is not known",
        )
        .detail(error.told())
        .hint(format!("{look}        look before doing anything again"))),
    }
}

/// The API server's refusal, with the right that is missing where its policy says so.
pub(super) fn denied(error: &ApiError, plan: &AckPlan) -> Failure {
    let failure = error.failure("").detail("nothing was written");
    let (namespace, cluster) = (&plan.namespace, &plan.cluster);
    match (failure.exit, missing_right(&error.message)) {
        (_, Some(missing)) => {
            let mut failure = failure
                .detail(format!(
                    "the operator's policy judges the whole cluster on every change, also what this one does not touch: {}",
                    missing.field
                ))
                .detail(format!("you lack: {}", missing.right));
            failure.hints.clear();
            failure
                .hint(format!("who may do that can acknowledge: {}", plan.consent.command))
                .hint(format!("kubectl auth can-i --list -n {namespace}        what you may do"))
        }
        (Exit::NotPermitted, None) => {
            failure.hint(format!("a Role that is enough: docs/rbac/acknowledge.yaml of the plugin, for namespace {namespace}"))
        }
        (_, None) if error.kind == ApiErrorKind::Denied => failure.detail(format!(
            "the policy judges the whole cluster {}, and may refuse any change of it until that is repaired",
            clean(cluster)
        )),
        _ => failure,
    }
}
