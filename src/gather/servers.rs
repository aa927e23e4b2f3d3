//! What the servers themselves answer, as evidence: through port-forwards, TLS verified with the cluster's CA.

use std::time::Duration;

use base64::Engine as _;
use serde_json::Value;

use crate::domain::evidence::{Evidence, Item, ServerAnswer, ServerHealth};
use crate::remote::k8s::Kube;
use crate::remote::k8s::paths::SECRETS;
use crate::remote::openbao::{self, Probe, Trouble};

/// Asks every server that has a pod. Never required: what cannot be asked is said in the answer.
pub async fn ask(kube: &Kube, evidence: &Evidence, limit: Duration) -> Vec<ServerAnswer> {
    let pods: Vec<String> = evidence.pods.each().iter().map(|p| p.meta.name.clone()).collect();
    if pods.is_empty() {
        return Vec::new();
    }
    let ca = authority(kube, evidence).await;
    let probes = openbao::probe_all(kube.client(), &evidence.namespace, &evidence.name, &pods, ca.as_deref(), limit).await;
    probes.into_iter().map(answer).collect()
}

/// The cluster's CA (F§10.3): `<C>-tls-ca`, else `<C>-tls-server`; none for ACME, where the machine's own roots count.
async fn authority(kube: &Kube, evidence: &Evidence) -> Option<String> {
    let mode = evidence.cluster.value().and_then(|c| c.spec.tls_mode.as_deref()).unwrap_or("OperatorManaged");
    if mode == "ACME" {
        return None;
    }
    for suffix in ["tls-ca", "tls-server"] {
        let path = SECRETS.object(&evidence.namespace, &format!("{}-{suffix}", evidence.name));
        if let Ok(secret) = kube.get(&path).await
            && let Some(pem) = certificate(&secret)
        {
            return Some(pem);
        }
    }
    None
}

fn certificate(secret: &Value) -> Option<String> {
    let text = secret.pointer("/data/ca.crt")?.as_str()?;
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text).ok()?).ok()
}

fn answer(probe: Probe) -> ServerAnswer {
    let leader = probe.leader.ok();
    let health = match probe.health {
        Ok(health) => Item::present(ServerHealth {
            initialized: health.initialized.unwrap_or(false),
            sealed: health.sealed.unwrap_or(true),
            standby: health.standby.unwrap_or(true),
            version: health.version,
            cluster_id: health.cluster_id,
            leads: leader.as_ref().map(|l| l.is_self),
            leader_address: leader.and_then(|l| l.leader_address),
        }),
        Err(failure) if failure.trouble == Trouble::Forbidden => Item::Forbidden { what: "port-forward to pods".into() },
        Err(failure) => Item::Failed { why: failure.cause },
    };
    ServerAnswer { pod: probe.pod, health }
}
