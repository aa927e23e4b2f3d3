//! Writes of one object by a ticket: asked of the server first, then sent once.

use serde_json::{Value, json};

use super::k8s::paths::{self, CLAIMS, CLUSTERS, DEPLOYMENTS, RESTORES, Resource};
use super::k8s::{ApiError, ApiErrorKind, Kube};
use crate::domain::write::{Act, Kind, Write};
use crate::guard::Rechecked;

/// How a write ended, as far as its answer tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Sent {
    /// Carried out.
    Done,
    /// Its conditions no longer held: nothing was written.
    Conflict(ApiError),
    /// The answer was lost: it may have been carried out. Look again; sent a second time, its conditions would fail.
    Unknown(ApiError),
}

fn resource(kind: Kind) -> Resource {
    match kind {
        Kind::Cluster => CLUSTERS,
        Kind::Restore => RESTORES,
        Kind::Operator => DEPLOYMENTS,
        Kind::Claim => CLAIMS,
    }
}

/// Asks the API server whether it would take the write: validation, admission, permissions, conditions; stores nothing.
///
/// # Errors
/// The server's refusal; a condition that no longer holds is [`Sent::Conflict`].
pub async fn dry_run(kube: &Kube, write: &Write) -> Result<Sent, ApiError> {
    answer(request(kube, write, true).await)
}

/// Sends the write once.
///
/// # Errors
/// The server's clear refusal: nothing was written.
pub async fn send(kube: &Kube, ticket: Rechecked<Write>) -> Result<Sent, ApiError> {
    answer(request(kube, ticket.plan(), false).await)
}

/// Where the object is.
pub(super) fn path(write: &Write) -> String {
    resource(write.kind).object(&write.namespace, &write.name)
}

async fn request(kube: &Kube, write: &Write, dry: bool) -> Result<Value, ApiError> {
    let path = path(write);
    match &write.act {
        Act::Patch { operations } => {
            let mut parameters = vec![("fieldValidation", "Strict"), ("fieldManager", "kubectl-openbao")];
            parameters.extend(dry.then_some(("dryRun", "All")));
            kube.json_patch(&paths::query(&path, &parameters), &json!(operations)).await
        }
        Act::Delete { uid, resource_version } => {
            let mut options = json!({
                "apiVersion": "v1", "kind": "DeleteOptions",
                "preconditions": {"uid": uid, "resourceVersion": resource_version},
            });
            // In the body it counts; in the query proxies and audit logs see it, too.
            let mut parameters = Vec::new();
            if dry {
                options["dryRun"] = json!(["All"]);
                parameters.push(("dryRun", "All"));
            }
            kube.delete(&paths::query(&path, &parameters), &options).await
        }
    }
}

fn answer(result: Result<Value, ApiError>) -> Result<Sent, ApiError> {
    use ApiErrorKind as K;
    let Err(error) = result else { return Ok(Sent::Done) };
    match error.kind {
        // A failed `test` is 422 without causes; a schema's refusal names its fields.
        K::Conflict => Ok(Sent::Conflict(error)),
        K::Invalid if error.causes.is_empty() => Ok(Sent::Conflict(error)),
        _ if error.clearly_refused() => Err(error),
        _ => Ok(Sent::Unknown(error)),
    }
}
