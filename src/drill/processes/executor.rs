//! What the backup and restore executors have in common: their configuration, the search for the leader, signing in.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use super::Process;
use crate::drill::Play;
use crate::drill::world::{ClusterView, Snapshot, World};

const ATTEMPTS: u32 = 5;
const CHECK: Duration = Duration::from_millis(100);
const SIGN_IN: Duration = Duration::from_millis(200);
/// Where the static-token path is read from although the token is mounted elsewhere (F§11.1.1).
const TOKEN_FILE: &str = "/etc/bao/backup/token/token";

/// Why an executor stopped: its exit code (F§6.1) and the chain it prints last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stopped {
    pub(super) exit: i32,
    pub(super) chain: String,
}

impl Stopped {
    pub(super) fn new(exit: i32, chain: impl Into<String>) -> Self {
        Stopped { exit, chain: chain.into() }
    }
}

/// What an executor works on.
pub(super) struct Job<'a> {
    pub(super) process: &'a Process,
    pub(super) namespace: String,
    pub(super) cluster: String,
    statefulset: String,
    replicas: u32,
    /// What a cancelled context would be blamed on now.
    under_way: Mutex<Stopped>,
}

impl<'a> Job<'a> {
    /// Reads what both executors need from the environment.
    pub(super) fn load(process: &'a Process) -> Result<Self, Stopped> {
        let config = |problem: &str| Stopped::new(1, format!("failed to load configuration: {problem}"));
        let need = |name: &str| process.env(name).ok_or_else(|| config(&format!("{name} environment variable is required")));
        let cluster = need("CLUSTER_NAME")?;
        let namespace = need("CLUSTER_NAMESPACE")?;
        let replicas = need("CLUSTER_REPLICAS")?.parse().ok().filter(|replicas| *replicas > 0);
        let replicas = replicas.ok_or_else(|| config("invalid configuration: cluster replicas must be positive"))?;
        if process.env("BACKUP_AUTH_METHOD").as_deref() == Some("token") {
            return Err(config(&format!(
                "failed to read OpenBao token from {TOKEN_FILE:?}: open {TOKEN_FILE}: no such file or directory"
            )));
        }
        need("BACKUP_JWT_AUTH_ROLE")?;
        let statefulset = process.env("STATEFULSET_NAME").unwrap_or_else(|| cluster.clone());
        let under_way = Mutex::new(Stopped::new(1, "context canceled"));
        Ok(Job { process, namespace, cluster, statefulset, replicas, under_way })
    }

    pub(super) fn replicas(&self) -> u32 {
        self.replicas
    }

    pub(super) fn world(&self) -> &World {
        &self.process.world
    }

    /// Notes what is being done, for the case that the executor is asked to stop meanwhile.
    pub(super) fn enter(&self, exit: i32, chain: &str) {
        *self.under_way.lock().unwrap_or_else(PoisonError::into_inner) = Stopped::new(exit, chain);
    }

    /// The end of an executor that was asked to stop.
    pub(super) fn cancelled(&self) -> Stopped {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Searches the pods of one StatefulSet for the leader and returns its URL.
    pub(super) async fn find_leader(&self) -> Result<String, Stopped> {
        let (process, replicas) = (self.process, self.replicas);
        self.enter(3, "failed to find leader: context cancelled while finding leader");
        process.say(format!("findLeader: Starting leader discovery for {replicas} replicas (statefulset={})", self.statefulset));
        for attempt in 1..=ATTEMPTS {
            process.say(format!("findLeader: Attempt {attempt}/{ATTEMPTS}"));
            for ordinal in 0..replicas {
                if let Some(url) = self.check(&format!("{}-{ordinal}", self.statefulset)).await {
                    return Ok(url);
                }
            }
            if attempt < ATTEMPTS {
                let delay = Duration::from_secs(attempt.into());
                process.say(format!("findLeader: No leader found, waiting {}s before next attempt", delay.as_secs()));
                process.work(delay).await;
            }
        }
        Err(Stopped::new(3, format!("failed to find leader: no leader found among {replicas} pods after {ATTEMPTS} attempts")))
    }

    async fn check(&self, pod: &str) -> Option<String> {
        let process = self.process;
        let url = format!("https://{pod}.{}.{}.svc:8200", self.cluster, self.namespace);
        process.say(format!("findLeader: Checking pod {pod} at {url}"));
        process.work(CHECK).await;
        let view = self.world().cluster(&self.namespace, &self.cluster);
        match is_leader(view.as_ref(), pod, &url) {
            Ok(leads) => {
                process.say(format!("findLeader: Pod {pod} isLeader={leads}"));
                leads.then_some(url)
            }
            Err(problem) => {
                process.say(format!("findLeader: IsLeader check failed for {pod}: {problem}"));
                None
            }
        }
    }

    /// Signs in at the JWT mount.
    pub(super) async fn sign_in(&self) -> Result<(), Stopped> {
        let failed = |problem: String| {
            Stopped::new(2, format!("failed to authenticate: failed to authenticate using JWT Auth: {problem}"))
        };
        self.enter(2, &failed("failed to execute JWT auth request: context canceled".into()).chain);
        self.process.work(SIGN_IN).await;
        let role = self.process.env("BACKUP_JWT_AUTH_ROLE").unwrap_or_default();
        if self.world().has_jwt_role(&self.namespace, &self.cluster, &role) {
            return Ok(());
        }
        // The server's body ends with a line break, so an empty line follows, as in captured 30 (e4).
        Err(failed(format!(
            "JWT auth request failed with status 400: {{\"errors\":[\"role \\\"{role}\\\" could not be found\"]}}\n"
        )))
    }

    /// What an object is: by its first bytes, by what the world was told, else a snapshot of this very cluster.
    pub(super) fn identify(&self, bucket: &str, key: &str, content: &[u8]) -> Snapshot {
        let size = content.len() as u64;
        if !content.is_empty() && !content.starts_with(&[0x1f, 0x8b]) {
            return Snapshot::Garbage { size };
        }
        let own = || self.world().snapshot_of(&self.namespace, &self.cluster, size);
        self.world().snapshot(bucket, key).or_else(own).unwrap_or(Snapshot::Garbage { size })
    }

    /// Whether this generation derives exit codes from error texts (JAN) or from error categories.
    pub(super) fn not_found_exit(&self) -> i32 {
        if self.world().play() == Play::Jan { 1 } else { 5 }
    }
}

fn is_leader(view: Option<&ClusterView>, pod: &str, url: &str) -> Result<bool, String> {
    let host = url.trim_start_matches("https://").trim_end_matches(":8200");
    let asked = format!("failed to query health endpoint: Get \"{url}/v1/sys/health\"");
    let Some((view, server)) = view.and_then(|view| Some((view, view.servers.get(pod)?))) else {
        return Err(format!("{asked}: dial tcp: lookup {host}: no such host"));
    };
    if server.hanging {
        return Err(format!("{asked}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)"));
    }
    Ok(view.leader.as_deref() == Some(pod))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::world::ClusterSpec;

    #[test]
    fn a_sealed_server_is_no_leader_and_a_missing_one_no_host() {
        let world = World::new(Play::Jan);
        world.add_cluster(&ClusterSpec { namespace: "bao".into(), name: "prod".into(), version: "2.5.5".into() });
        for pod in ["prod-0", "prod-1"] {
            world.server_started("bao", "prod", pod, String::new());
        }
        world.set_sealed("bao", "prod", "prod-1", false);
        world.set_hanging("bao", "prod", "prod-0", true);
        let view = world.cluster("bao", "prod");
        let check = |pod: &str| is_leader(view.as_ref(), pod, &format!("https://{pod}.prod.bao.svc:8200"));
        assert_eq!(check("prod-1"), Ok(true));
        assert!(check("prod-0").expect_err("hangs").ends_with("while awaiting headers)"));
        assert!(check("prod-2").expect_err("absent").ends_with("lookup prod-2.prod.bao.svc: no such host"));
    }
}
