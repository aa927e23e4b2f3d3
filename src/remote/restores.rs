//! Creates a restore: a strict dry run, then a create sent once, settled by reading back.

use serde_json::Value;

use super::k8s::paths::{self, RESTORES};
use super::k8s::{ApiError, ApiErrorKind, Kube};
use super::settling::Looks;
use crate::api::names::audit;
use crate::api::restore::Restore;
use crate::domain::restore::RestorePlan;
use crate::guard::Rechecked;

/// How a create ended.
#[derive(Debug, Clone)]
pub enum Created {
    /// The object exists and is ours.
    Yes(Box<Restore>),
    /// The answer was lost, and no such object exists: looked for until `after`.
    No(ApiError),
    /// The answer was lost, and either the API server cannot be asked, or the request may still be under way.
    Unknown(ApiError),
}

fn collection(plan: &RestorePlan, extra: &[(&str, &str)]) -> String {
    let mut parameters = vec![("fieldValidation", "Strict"), ("fieldManager", "kubectl-openbao")];
    parameters.extend_from_slice(extra);
    paths::query(&RESTORES.collection(Some(&plan.namespace)), &parameters)
}

/// Asks the API server whether it would take the object: strict validation, admission, permissions; stores nothing.
///
/// # Errors
/// The server's refusal.
pub async fn dry_run(kube: &Kube, plan: &RestorePlan) -> Result<(), ApiError> {
    kube.post(&collection(plan, &[("dryRun", "All")]), &plan.manifest).await.map(drop)
}

/// Sends the object once. A lost or doubtful answer is settled by reading back name and request id.
///
/// # Errors
/// The server's clear refusal: nothing was written.
pub async fn create(kube: &Kube, ticket: Rechecked<RestorePlan>) -> Result<Created, ApiError> {
    let plan = ticket.plan();
    match kube.post(&collection(plan, &[]), &plan.manifest).await {
        Ok(object) => Ok(Created::Yes(Box::new(Restore::read(&object)))),
        Err(error) if error.clearly_refused() => Err(error),
        Err(error) => settle(kube, plan, error).await,
    }
}

async fn settle(kube: &Kube, plan: &RestorePlan, error: ApiError) -> Result<Created, ApiError> {
    let path = RESTORES.object(&plan.namespace, plan.name());
    let (mut looks, mut last) = (Looks::new(), None);
    while looks.again(kube, last.as_ref()).await {
        match kube.get(&path).await {
            Ok(object) if is_ours(&object, plan) => return Ok(Created::Yes(Box::new(Restore::read(&object)))),
            // Somebody else's object of that name: ours was refused.
            Ok(_) => return Err(error),
            Err(read) => last = Some(read),
        }
    }
    let settled = last.is_some_and(|read| read.kind == ApiErrorKind::NotFound) && !may_come_late(&error);
    Ok(if settled { Created::No(error) } else { Created::Unknown(error) })
}

/// Whether the server, one behind a proxy, or etcd ("etcdserver: request timed out") may still be at the request: that the
/// object is not there yet proves nothing then.
pub(super) fn may_come_late(error: &ApiError) -> bool {
    let store_timed_out = matches!(error.kind, ApiErrorKind::Server(_)) && error.message.contains("timed out");
    store_timed_out || matches!(error.kind, ApiErrorKind::TimedOut(_) | ApiErrorKind::Server(504))
}

fn is_ours(object: &Value, plan: &RestorePlan) -> bool {
    let annotations = object.pointer("/metadata/annotations");
    annotations.and_then(|a| a.get(audit::REQUEST_ID)).and_then(Value::as_str) == Some(plan.request_id())
}
