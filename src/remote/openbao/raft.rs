//! Raft's own list of members (O§3.5): the only one that tells the truth about voters. It needs a token.

use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use serde_json::Value;

use super::{Answer, ProbeFailure, Prober, REQUEST_LIMIT, Trouble, object, refused};
use crate::api::sensitive::Sensitive;
use crate::api::text::clean_cut;
use crate::domain::evidence::Peer;
use crate::remote::tunnel::dial::{Dial, Pods};

const PATH: &str = "/v1/sys/storage/raft/configuration";

/// Asks the pods in this order, each until it answers, for the members of Raft; the token goes to no other place.
///
/// 403 says that the token may not read it (or is none of this cluster's), and no other pod is asked then; 404 that the
/// storage is not Raft; 500 usually that there is no leader. The whole takes no longer than `deadline`.
///
/// # Errors
/// The failure of the last pod asked.
pub async fn peers(
    client: &Client,
    namespace: &str,
    cluster: &str,
    pods: &[String],
    ca: Option<&str>,
    token: &Sensitive,
    deadline: Duration,
) -> Answer<Vec<Peer>> {
    let limit = deadline.min(REQUEST_LIMIT);
    let dial = Arc::new(Pods::new(client.clone(), limit));
    let asking = peers_through(dial, namespace, cluster, pods, ca, token, limit);
    let late = || ProbeFailure::new(Trouble::Hangs, format!("no server answered within {:.1} s", deadline.as_secs_f32()));
    tokio::time::timeout(deadline, asking).await.unwrap_or_else(|_| Err(late()))
}

/// [`peers`] over any way to the pods; `limit` is that of each request.
///
/// # Errors
/// The failure of the last pod asked.
pub async fn peers_through(
    dial: Arc<dyn Dial>,
    namespace: &str,
    cluster: &str,
    pods: &[String],
    ca: Option<&str>,
    token: &Sensitive,
    limit: Duration,
) -> Answer<Vec<Peer>> {
    let mut header = HeaderValue::from_str(token.expose().trim())
        .map_err(|_| ProbeFailure::new(Trouble::Unusable, "the token has characters that no token has"))?;
    header.set_sensitive(true);
    let prober = Prober::new(dial, namespace, cluster, pods, ca, limit).await?;
    let mut last = ProbeFailure::new(Trouble::NoPod, "there is no server to ask");
    for server in &prober.servers {
        let request = prober.http.get(server.url(PATH)?).header("X-Vault-Token", header.clone());
        let answer = prober.send(server, request).await.and_then(|(status, body)| match status {
            StatusCode::OK => read(&body),
            _ => Err(refused(status, &body)),
        });
        match answer {
            // What this token may do is the same everywhere.
            Err(failure) if !matches!(failure.trouble, Trouble::Status(403 | 404)) => last = failure,
            decided => return decided,
        }
    }
    Err(last)
}

fn read(body: &[u8]) -> Answer<Vec<Peer>> {
    let answer = Value::Object(object(body)?);
    let servers = answer.pointer("/data/config/servers").and_then(Value::as_array);
    let servers = servers.ok_or_else(|| ProbeFailure::new(Trouble::NotOpenBao, "the answer names no members"))?;
    Ok(servers.iter().map(peer).collect())
}

fn peer(server: &Value) -> Peer {
    let text = |name: &str| clean_cut(server[name].as_str().unwrap_or_default(), 300);
    let flag = |name: &str| server[name].as_bool().unwrap_or(false);
    Peer { id: text("node_id"), address: text("address"), voter: flag("voter"), leader: flag("leader") }
}
