//! The upgrade executor: one action of a blue/green upgrade, on the world's Raft membership, with the log lines of
//! F§6.4 and the failures of F§6.5.

mod join;
mod leadership;
pub(crate) mod log;
mod membership;

use std::time::Duration;

use serde_json::{Value, json};

use super::Process;
use crate::drill::Play;
use crate::drill::world::raft::Peer;
use crate::drill::world::{ClusterView, UpgradeFault};

/// How long a search over one colour's pods lasts until it is given up (captured 11: 20 s).
const SEARCH: Duration = Duration::from_secs(20);
const SIGN_IN: Duration = Duration::from_millis(50);
/// What a cancelled context ends with.
const CANCELLED: &str = "context canceled";

/// Why the executor stopped: the chain it prints last.
type Chain = String;

/// Runs the executor to its exit code: 0 or 2, nothing else (F§6.1).
pub(super) async fn run(process: Process) -> i32 {
    let mut signals = process.signals.clone();
    let ended = match Upgrade::load(&process) {
        Ok(upgrade) => tokio::select! {
            ended = upgrade.act() => ended,
            () = signals.terminated() => Err(CANCELLED.into()),
        },
        Err(chain) => Err(chain),
    };
    let Err(chain) = ended else { return 0 };
    process.say(format!("upgrade-executor error: {chain}"));
    2
}

/// One run of the executor.
struct Upgrade<'a> {
    process: &'a Process,
    namespace: String,
    cluster: String,
    action: String,
    replicas: u32,
    blue: String,
    green: String,
    fault: Option<UpgradeFault>,
}

impl<'a> Upgrade<'a> {
    fn load(process: &'a Process) -> Result<Self, Chain> {
        let need = |name: &str| {
            let missing = || format!("failed to load upgrade executor config: {name} environment variable is required");
            process.env(name).ok_or_else(missing)
        };
        let (cluster, namespace, action) = (need("CLUSTER_NAME")?, need("CLUSTER_NAMESPACE")?, need("UPGRADE_ACTION")?);
        let replicas = need("CLUSTER_REPLICAS")?.parse().unwrap_or(0);
        let invalid = |problem: &str| format!("invalid upgrade executor config: {problem}");
        process.env("UPGRADE_JWT_AUTH_ROLE").ok_or_else(|| invalid("JWT auth role is required"))?;
        let revision = |colour: &str| {
            let missing = || invalid(&format!("{} revision is required for blue/green actions", colour.to_lowercase()));
            process.env(&format!("UPGRADE_{colour}_REVISION")).ok_or_else(missing)
        };
        let (blue, green) = (revision("BLUE")?, revision("GREEN")?);
        let fault = process.world.upgrade_fault(&namespace, &cluster, &action);
        Ok(Upgrade { process, namespace, cluster, action, replicas, blue, green, fault })
    }

    async fn act(&self) -> Result<(), Chain> {
        self.info("Upgrade executor starting", &[]);
        match self.action.as_str() {
            "bluegreen-join-green-nonvoters" => self.join().await,
            "bluegreen-wait-green-synced" => self.wait_synced().await,
            "bluegreen-promote-green-voters" => self.promote_green().await,
            "bluegreen-demote-blue-nonvoters-stepdown" => self.transfer().await,
            "bluegreen-remove-blue-peers" => self.remove(&self.blue).await,
            // Only from #104 on is there an action of its own for Green's peers.
            "bluegreen-remove-green-peers" if self.play() > Play::Jan => self.remove(&self.green).await,
            "bluegreen-repair-consensus" => self.repair().await,
            unknown => Err(format!("invalid upgrade executor config: unknown upgrade action: {unknown:?}")),
        }
    }

    fn play(&self) -> Play {
        self.process.world.play()
    }

    fn view(&self) -> Option<ClusterView> {
        self.process.world.cluster(&self.namespace, &self.cluster)
    }

    /// The leader now, whoever it is.
    fn leader(&self) -> Option<String> {
        self.view()?.leader
    }

    fn pods(&self, revision: &str) -> Vec<String> {
        (0..self.replicas).map(|ordinal| format!("{}-{revision}-{ordinal}", self.cluster)).collect()
    }

    fn is_of(&self, pod: &str, revision: &str) -> bool {
        pod.strip_prefix(&format!("{}-{revision}-", self.cluster)).is_some_and(|rest| rest.parse::<u32>().is_ok())
    }

    fn url(&self, pod: &str) -> String {
        format!("https://{pod}.{}.{}.svc:8200", self.cluster, self.namespace)
    }

    fn address(&self, pod: &str) -> Value {
        json!(format!("{pod}.{}.{}.svc:8201", self.cluster, self.namespace))
    }

    /// Searches one colour's pods for the leader; giving up takes its time.
    async fn search(&self, revision: &str) -> Result<String, Chain> {
        let reachable = self.fault != Some(UpgradeFault::Unreachable);
        let leader = self.leader().filter(|pod| reachable && self.is_of(pod, revision));
        match leader {
            Some(pod) => Ok(pod),
            None => {
                self.process.work(SEARCH).await;
                Err(format!("no leader found among {} pods", self.replicas))
            }
        }
    }

    /// Signs in at the JWT mount of the leader.
    async fn sign_in(&self, purpose: &str) -> Result<(), Chain> {
        self.process.work(SIGN_IN).await;
        let failed = |status: u16, error: &str| {
            format!(
                "failed to authenticate{purpose}: failed to authenticate using JWT Auth: JWT auth request failed with status \
                 {status}: {}",
                errors(error)
            )
        };
        let token =
            "error validating token: error verifying token signature: go-jose/go-jose: compact JWS format must have three parts";
        match self.fault {
            Some(UpgradeFault::SignIn(400)) => return Err(failed(400, token)),
            Some(UpgradeFault::SignIn(status)) => return Err(failed(status, "permission denied")),
            _ => {}
        }
        let role = self.process.env("UPGRADE_JWT_AUTH_ROLE").unwrap_or_default();
        if self.process.world.has_jwt_role(&self.namespace, &self.cluster, &role) {
            return Ok(());
        }
        Err(failed(400, &format!("role \\\"{role}\\\" could not be found")))
    }

    /// Reads the Raft configuration.
    fn configuration(&self, purpose: &str) -> Result<Vec<Peer>, Chain> {
        if self.fault == Some(UpgradeFault::PolicyLacksRaft) {
            let denied = errors("1 error occurred:\\n\\t* permission denied\\n\\n");
            return Err(format!(
                "failed to read Raft configuration{purpose}: raft configuration request failed with status 403: {denied}"
            ));
        }
        Ok(self.view().map(|view| view.peers).unwrap_or_default())
    }
}

/// A body of OpenBao that tells one error, already escaped; it ends with a line break, so an empty line follows in the log.
fn errors(escaped: &str) -> String {
    format!("{{\"errors\":[\"{escaped}\"]}}\n")
}
