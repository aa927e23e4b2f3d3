//! What the person must be allowed on the way by restore, beside the restore itself: asked before the first write. Whoever
//! is refused half-way leaves a paused cluster and a stopped operator behind.

use super::plan::freeze;
use super::{Checkpoint, Freeze, Refusal, Request, Stage, claims};
use crate::api::cluster::Cluster;
use crate::api::generation::Tag;
use crate::api::revision::Claim;
use crate::domain::evidence::{Evidence, Permission};
use crate::exit::Exit;

const GROUP: &str = "openbao.org";

/// A permission, and the namespace it is needed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// The namespace.
    pub namespace: String,
    /// The permission.
    pub permission: Permission,
}

/// What is still needed, in the order of the steps: of a way that was begun only the rest.
pub fn rights(evidence: &Evidence, request: &Request) -> Vec<Right> {
    let Some(cluster) = evidence.cluster.value() else { return Vec::new() };
    let begun = Checkpoint::of(cluster).ok().flatten();
    let here = |permission| Right { namespace: request.namespace.clone(), permission };
    let on_cluster = |verb: &str| here(Permission::on(verb, GROUP, "openbaoclusters").named(&request.cluster));
    let mut all = vec![on_cluster("patch")];
    all.extend(operator(evidence, request, begun.as_ref()));
    let volumes = volumes(evidence, cluster, request, begun.as_ref());
    let on_claim = |verb: &str, claim: &Claim| here(Permission::on(verb, "", "persistentvolumeclaims").named(&claim.meta.name));
    let marked = |claim: &&Claim| claims::needs_mark(evidence, claim);
    all.extend(volumes.iter().copied().filter(marked).map(|claim| on_claim("patch", claim)));
    all.extend(volumes.iter().map(|claim| on_claim("delete", claim)));
    // The policy that asks for it is certainly there only where the generation certainly has it (F§8.4).
    if !volumes.is_empty() && !evidence.generation.may_be_at_most(Tag::Jan) {
        all.push(on_cluster("maintenance"));
    }
    all
}

fn operator(evidence: &Evidence, request: &Request, begun: Option<&Checkpoint>) -> Option<Right> {
    let stops = match begun {
        Some(checkpoint) => checkpoint.freeze == Freeze::Operator && checkpoint.stage <= Stage::Thaw,
        None => freeze(request, request.delete_claims_of.is_some()) == Freeze::Operator,
    };
    let operator = evidence.operator.value().filter(|_| stops)?;
    let permission = Permission::on("patch", "apps", "deployments").named(&operator.meta.name);
    Some(Right { namespace: operator.meta.namespace.clone(), permission })
}

/// The volumes that are still to be deleted.
fn volumes<'a>(evidence: &'a Evidence, cluster: &Cluster, request: &Request, begun: Option<&Checkpoint>) -> Vec<&'a Claim> {
    let there = |uid: &str| evidence.claims.each().iter().find(|c| c.meta.uid == uid && c.meta.deleted_at.is_none());
    match (begun, &request.delete_claims_of) {
        (Some(checkpoint), _) if checkpoint.stage > Stage::Claims => Vec::new(),
        (Some(checkpoint), _) => checkpoint.claims.iter().filter_map(|mark| there(&mark.uid)).collect(),
        (None, Some(revision)) => claims::of_revision(evidence, cluster, revision),
        (None, None) => Vec::new(),
    }
}

/// What is known to be missing.
pub(super) fn missing(evidence: &Evidence, request: &Request) -> Option<Refusal> {
    let refused = |right: &Right| evidence.may(&right.permission) == Some(false);
    let missing: Vec<Right> = rights(evidence, request).into_iter().filter(refused).collect();
    if missing.is_empty() {
        return None;
    }
    let words = |right: &Right| match right.namespace == request.namespace {
        true => right.permission.words(),
        false => format!("{} in namespace {}", right.permission.words(), right.namespace),
    };
    let words: Vec<String> = missing.iter().map(words).collect();
    let refusal = Refusal::new(Exit::NotPermitted, format!("you may not: {}", words.join(", ")));
    Some(refusal.hint("Roles that are enough: docs/rbac/resolve.yaml of the plugin, and freeze-operator.yaml"))
}
