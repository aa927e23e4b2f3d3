//! A look into the bucket for the snapshot one could go back to; only reads.

use super::bucket;
use super::snapshot::CredentialsFrom;
use crate::domain::evidence::Evidence;
use crate::remote::k8s::Kube;

/// Looks for the object with the cluster's own credentials and writes the answer into the evidence. A cluster without a
/// backup target leaves it as it is.
pub async fn look(kube: &Kube, evidence: &mut Evidence, key: &str) {
    let target = evidence.cluster.value().and_then(|c| c.spec.backup.as_ref()).and_then(|b| b.target.clone());
    let Some(target) = target else { return };
    evidence.snapshot = match bucket::open(kube, evidence, &target, CredentialsFrom::Secret).await {
        Ok(bucket) => bucket.look(key).await,
        Err(answer) => answer,
    };
}
