//! What a resolution looks at between two writes: the cluster and its volumes; where it counts, everything of an incident.

use super::incident::{self, Options};
use super::live::{self, labelled};
use crate::api::names::CLUSTER_LABEL;
use crate::api::revision::Claim;
use crate::domain::evidence::{Evidence, Item, Permission};
use crate::domain::resolve::Right;
use crate::remote::k8s::paths::CLAIMS;
use crate::remote::k8s::{ApiError, Kube};

/// Evidence of one cluster and its volumes, and who asks; with options also the servers' own words and Raft's members.
///
/// # Errors
/// Only when the cluster itself could not be asked for at all.
pub async fn look(kube: &Kube, namespace: &str, name: &str, closely: Option<&Options>) -> Result<Evidence, ApiError> {
    let Some(options) = closely else {
        let claims = labelled(kube, CLAIMS, namespace, format!("{CLUSTER_LABEL}={name}"), Claim::read);
        let (evidence, claims, person) = tokio::join!(live::cluster(kube, namespace, name), claims, live::who_am_i(kube));
        return Ok(Evidence { claims, person, ..evidence? });
    };
    let (evidence, person) = tokio::join!(incident::gather(kube, namespace, name, options), live::who_am_i(kube));
    Ok(Evidence { person, ..evidence? })
}

/// Which of these the person has, each asked where it is needed.
pub async fn permitted(kube: &Kube, rights: Vec<Right>) -> Vec<(Permission, Item<bool>)> {
    let asking = rights.into_iter().map(|right| async move {
        let Right { namespace, permission } = right;
        live::may_all(kube, &namespace, vec![permission]).await
    });
    futures_util::future::join_all(asking).await.into_iter().flatten().collect()
}
