//! What the servers themselves answer, as evidence: through port-forwards, TLS verified with the cluster's CA.

use std::time::Duration;

use base64::Engine as _;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use super::live::unread;
use crate::api::cluster::Cluster;
use crate::api::sensitive::Sensitive;
use crate::api::workload::Pod;
use crate::domain::evidence::{Evidence, Item, Peer, ServerAnswer, ServerHealth};
use crate::remote::k8s::paths::SECRETS;
use crate::remote::k8s::{ApiError, Kube};
use crate::remote::openbao::{self, Health, Leader, Probe, ProbeFailure, SealStatus, Trouble};

/// Asks every server that has a pod. Never required: what cannot be asked is said in the answer.
pub async fn ask(kube: &Kube, evidence: &Evidence, limit: Duration) -> Vec<ServerAnswer> {
    if evidence.pods.each().is_empty() {
        return Vec::new();
    }
    let authority = Authority::of(kube, &evidence.namespace, &evidence.name).await;
    let place = Place { kube, namespace: &evidence.namespace, cluster: &evidence.name };
    place.ask(evidence.pods.each(), &authority.for_cluster(evidence.cluster.value()), limit).await
}

/// Whose certificates the servers' must chain to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Authority {
    /// These (PEM).
    Cluster(String),
    /// What this machine trusts: the cluster has no CA of its own.
    Machine,
    /// The cluster's own, which could not be read: this machine's are tried, and a certificate they do not cover is no
    /// finding about the server.
    Unread(Item<()>),
}

impl Authority {
    /// The cluster's CA (F§10.3): `<C>-tls-ca`, else the `ca.crt` beside the servers' certificate.
    async fn of(kube: &Kube, namespace: &str, cluster: &str) -> Authority {
        let mut unknown = None;
        for suffix in ["tls-ca", "tls-server"] {
            let name = format!("{cluster}-{suffix}");
            match kube.get(&SECRETS.object(namespace, &name)).await {
                Ok(secret) => match certificate(&secret) {
                    Some(pem) => return Authority::Cluster(pem),
                    None => continue,
                },
                Err(error) => unknown = unknown.or_else(|| why_unread(&error, namespace, &name)),
            }
        }
        unknown.map_or(Authority::Machine, Authority::Unread)
    }

    /// The same, for no longer than this.
    pub(super) async fn by(end: Instant, kube: &Kube, namespace: &str, cluster: &str) -> Authority {
        let late = || Authority::Unread(Item::Failed { why: "the cluster's CA was not read in time".into() });
        tokio::time::timeout_at(end, Authority::of(kube, namespace, cluster)).await.unwrap_or_else(|_| late())
    }

    /// The same, now that the cluster's own word on it is known: with ACME this machine's roots count.
    pub(super) fn for_cluster(&self, cluster: Option<&Cluster>) -> Authority {
        match cluster.and_then(|c| c.spec.tls_mode.as_deref()) {
            Some("ACME") => Authority::Machine,
            _ => self.clone(),
        }
    }

    fn pem(&self) -> Option<&str> {
        match self {
            Authority::Cluster(pem) => Some(pem),
            Authority::Machine | Authority::Unread(_) => None,
        }
    }
}

/// `None` for a Secret that is known not to be there.
fn why_unread(error: &ApiError, namespace: &str, name: &str) -> Option<Item<()>> {
    match unread::<()>(error, "get", SECRETS, namespace) {
        Item::Forbidden { .. } => Some(Item::Forbidden { what: format!("get secrets/{name} in namespace {namespace}") }),
        item => item.unknown().map(|why| Item::Failed { why: format!("secrets/{name} could not be read: {why}") }),
    }
}

fn certificate(secret: &Value) -> Option<String> {
    let text = secret.pointer("/data/ca.crt")?.as_str()?;
    let pem = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text).ok()?).ok()?;
    (!pem.trim().is_empty()).then_some(pem)
}

/// Whose servers.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) kube: &'a Kube,
    pub(super) namespace: &'a str,
    pub(super) cluster: &'a str,
}

impl Place<'_> {
    /// Asks these pods' servers, all at once.
    pub(super) async fn ask(self, pods: &[Pod], authority: &Authority, limit: Duration) -> Vec<ServerAnswer> {
        let pods: Vec<String> = pods.iter().map(|p| p.meta.name.clone()).collect();
        if pods.is_empty() {
            return Vec::new();
        }
        let ahead = self.kube.clock_ahead();
        let asking = openbao::probe_all(self.kube.client(), self.namespace, self.cluster, &pods, authority.pem(), limit);
        let probes = asking.await;
        let nobody_answered = probes.iter().all(|probe| probe.health.is_err());
        let mut answers: Vec<ServerAnswer> = Vec::with_capacity(probes.len());
        for probe in probes {
            // A removed server hangs beside others that answer. Where nobody does, a slow way looks the same.
            let doubtful = nobody_answered && probe.health.as_ref().is_err_and(|f| f.trouble == Trouble::Hangs);
            let mut answer = answer(probe, authority, self.namespace, ahead);
            answer.way_failed |= doubtful;
            answers.push(answer);
        }
        answers
    }

    /// Raft's own list, from the server that leads, else from any other that answered and is not sealed.
    pub(super) async fn peers(
        self,
        answers: &[ServerAnswer],
        authority: &Authority,
        token: &Sensitive,
        limit: Duration,
    ) -> Item<Vec<Peer>> {
        let pods = whom_to_ask(answers);
        if pods.is_empty() {
            return unasked(answers);
        }
        let asking = openbao::peers(self.kube.client(), self.namespace, self.cluster, &pods, authority.pem(), token, limit);
        asking.await.map_or_else(|failure| no_peers(&failure), Item::present)
    }
}

fn whom_to_ask(answers: &[ServerAnswer]) -> Vec<String> {
    let unsealed = |answer: &&ServerAnswer| answer.health.value().is_some_and(|h| !h.sealed);
    let leads = |answer: &ServerAnswer| answer.health.value().is_some_and(|h| !h.standby && h.leads != Some(false));
    let mut open: Vec<&ServerAnswer> = answers.iter().filter(unsealed).collect();
    open.sort_by_key(|answer| !leads(answer));
    open.into_iter().map(|answer| answer.pod.clone()).collect()
}

/// Why no server could be asked for Raft's list.
fn unasked(answers: &[ServerAnswer]) -> Item<Vec<Peer>> {
    let forbidden = answers.iter().find_map(|answer| match &answer.health {
        Item::Forbidden { what } => Some(what.clone()),
        _ => None,
    });
    match forbidden {
        Some(what) => Item::Forbidden { what },
        None => Item::Failed { why: "no server answered that is not sealed, so none could be asked".into() },
    }
}

fn no_peers(failure: &ProbeFailure) -> Item<Vec<Peer>> {
    let why = match failure.trouble {
        Trouble::Status(403) => {
            return Item::Forbidden {
                what: "read sys/storage/raft/configuration with the token given, or it is no token of this cluster".into(),
            };
        }
        Trouble::Status(404) => format!("the servers know no Raft configuration: {}", failure.cause),
        Trouble::Status(500) => format!("no server could ask the leader: {}", failure.cause),
        _ => failure.cause.clone(),
    };
    Item::Failed { why }
}

fn answer(probe: Probe, authority: &Authority, namespace: &str, ahead: i64) -> ServerAnswer {
    let Probe { pod, health, leader, seal_status } = probe;
    let (leader, seal_status) = (leader.ok(), seal_status.ok());
    match health {
        Ok(health) => {
            let health = Item::present(server_health(health, leader, seal_status, ahead));
            ServerAnswer { pod, health, way_failed: false }
        }
        Err(failure) => {
            let way_failed = failure.is_of_the_way();
            ServerAnswer { pod, health: no_health(failure, authority, namespace), way_failed }
        }
    }
}

fn no_health(failure: ProbeFailure, authority: &Authority, namespace: &str) -> Item<ServerHealth> {
    match (failure.trouble, authority) {
        (Trouble::Forbidden, _) => Item::Forbidden { what: format!("get and create pods/portforward in namespace {namespace}") },
        (Trouble::Tls, Authority::Unread(why)) => why.clone().map(|()| ServerHealth::default()),
        _ => Item::Failed { why: failure.cause },
    }
}

/// What the server left out is taken for the worse: not initialized, sealed, standby.
fn server_health(health: Health, leader: Option<Leader>, seal: Option<SealStatus>, ahead: i64) -> ServerHealth {
    let seal = seal.unwrap_or_default();
    let sealed = health.sealed.unwrap_or(true);
    ServerHealth {
        initialized: health.initialized.unwrap_or(false),
        sealed,
        standby: health.standby.unwrap_or(true),
        clock_ahead: clock_ahead(health.server_time, health.answered_at, ahead),
        version: health.version,
        cluster_id: health.cluster_id,
        leads: leader.as_ref().map(|l| l.is_self),
        raft_committed_index: leader.as_ref().and_then(|l| l.raft_committed_index),
        raft_applied_index: leader.as_ref().and_then(|l| l.raft_applied_index),
        leader_address: leader.and_then(|l| l.leader_address),
        seal_type: seal.seal_type,
        auto_unseal: seal.recovery_seal,
        unseal_progress: seal.progress.zip(seal.threshold).filter(|_| sealed),
        seal_shares: seal.threshold.zip(seal.shares),
    }
}

/// Differences up to this many seconds come from whole seconds and the time an answer takes.
const CLOCK_TOLERANCE: u64 = 5;

/// How far a server's clock is ahead of the API server's, whose own is `ahead` of this machine's; 0 when they agree.
fn clock_ahead(server: Option<Timestamp>, answered_at: Option<Timestamp>, ahead: i64) -> Option<i64> {
    let seconds = server?.as_second().saturating_sub(answered_at?.as_second()).saturating_sub(ahead);
    Some(if seconds.unsigned_abs() > CLOCK_TOLERANCE { seconds } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_compared_with_the_api_servers() {
        let at = |second| Timestamp::from_second(second).ok();
        assert_eq!(clock_ahead(at(1_000), at(1_003), 0), Some(0), "coarse");
        assert_eq!(clock_ahead(at(1_100), at(1_000), 0), Some(100));
        assert_eq!(clock_ahead(at(1_100), at(1_000), 100), Some(0), "this machine's clock is behind, not theirs");
        assert_eq!(clock_ahead(at(900), at(1_000), 50), Some(-150));
        assert_eq!(clock_ahead(None, at(1_000), 0), None);
    }

    #[test]
    fn whoever_leads_is_asked_first_and_a_sealed_server_never() {
        let answer = |pod: &str, sealed, standby| ServerAnswer {
            pod: pod.into(),
            health: Item::present(ServerHealth { sealed, standby, ..ServerHealth::default() }),
            way_failed: false,
        };
        let silent = ServerAnswer { pod: "silent".into(), health: Item::Failed { why: "hangs".into() }, way_failed: false };
        let answers = [answer("sealed", true, true), answer("standby", false, true), silent, answer("leader", false, false)];
        assert_eq!(whom_to_ask(&answers), ["leader", "standby"]);
    }

    #[test]
    fn an_unread_ca_is_why_a_certificate_is_not_believed() {
        let tls = || ProbeFailure { trouble: Trouble::Tls, cause: "not trusted here".into() };
        let unread = Authority::Unread(Item::Forbidden { what: "get secrets/prod-tls-ca in namespace bao".into() });
        let why = |authority: &Authority| no_health(tls(), authority, "bao").unknown();
        assert_eq!(why(&unread).as_deref(), Some("forbidden: get secrets/prod-tls-ca in namespace bao"));
        assert_eq!(why(&Authority::Machine).as_deref(), Some("not trusted here"));
        // A server whose pod went away in between is not "not there": nobody asked its successor.
        let gone = ProbeFailure { trouble: Trouble::NoPod, cause: "no such pod".into() };
        assert!(gone.is_of_the_way());
        assert_eq!(no_health(gone, &Authority::Machine, "bao").unknown().as_deref(), Some("no such pod"));
    }
}
