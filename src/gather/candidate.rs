//! A look into the bucket for the snapshot one could go back to; only reads.

use super::live::{get, unread};
use super::snapshot::{CredentialsFrom, Way};
use crate::api::workload::SecretFacts;
use crate::domain::evidence::{Evidence, Item};
use crate::remote::k8s::Kube;
use crate::remote::k8s::paths::SECRETS;

/// Looks for the object with the cluster's own credentials and writes the answer into the evidence. A cluster without a
/// backup target leaves it as it is.
pub async fn look(kube: &Kube, evidence: &mut Evidence, key: &str) {
    let target = evidence.cluster.value().and_then(|c| c.spec.backup.as_ref()).and_then(|b| b.target.clone());
    let Some(target) = target else { return };
    let way = Way::new(kube, CredentialsFrom::Secret);
    let secret = async {
        let name = target.credentials_secret.clone()?;
        let answer = get(kube, SECRETS, &evidence.namespace, &name).await;
        Some((name, answer))
    };
    let (secret, ()) = tokio::join!(secret, way.find(&target));
    let contents = secret.and_then(|(name, answer)| {
        let (facts, contents) = match answer {
            Ok(object) => (Item::present(SecretFacts::read(&object)), Some(object)),
            Err(error) => (unread(&error, "get", SECRETS, &evidence.namespace), None),
        };
        evidence.secrets.insert(name, facts);
        contents
    });
    way.settle(evidence, &target, contents.as_ref());
    evidence.snapshot = way.look(key).await;
}
