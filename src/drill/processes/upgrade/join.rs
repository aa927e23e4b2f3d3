//! Green joins, catches up and is given its votes.

use std::time::Duration;

use serde_json::json;

use super::membership::Act;
use super::{Chain, Upgrade, errors};
use crate::drill::world::UpgradeFault;
use crate::drill::world::raft::{Change, Refused};

const JOIN: Duration = Duration::from_millis(100);
/// How long a slow synchronisation lasts: long enough to be met, within the real ten minutes (F§4.8).
const SLOW: Duration = Duration::from_secs(540);
/// The executor's own limit.
const TIMEOUT: Duration = Duration::from_secs(600);
/// How many log entries Green may lag behind.
const THRESHOLD: u64 = 100;

impl Upgrade<'_> {
    /// The Blue leader, which all three actions begin with.
    async fn blue_leader(&self) -> Result<String, Chain> {
        let leader = self.search(&self.blue).await.map_err(|error| format!("failed to find Blue leader: {error}"))?;
        self.info("Blue leader found", &[("blue_leader_url", json!(self.url(&leader)))]);
        self.sign_in("").await?;
        Ok(leader)
    }

    /// `bluegreen-join-green-nonvoters`.
    pub(super) async fn join(&self) -> Result<(), Chain> {
        let leader = self.blue_leader().await?;
        for pod in self.pods(&self.green) {
            self.debug("Joining Green pod as non-voter", &[("green_pod_url", json!(self.url(&pod)))]);
            self.process.work(JOIN).await;
            let failed = |problem: String| format!("failed to join Green pod {pod:?} as non-voter: {problem}");
            if self.view().is_none_or(|view| !view.answers(&pod)) {
                let url = self.url(&pod);
                return Err(failed(format!(
                    "failed to execute raft join request: Post \"{url}/v1/sys/storage/raft/join\": dial tcp: connection refused"
                )));
            }
            self.ask(&leader, Change::Join, &pod).map_err(|refused| failed(refused.chain(Act::Join)))?;
        }
        self.info("All Green pods joined as non-voters", &[]);
        Ok(())
    }

    /// `bluegreen-wait-green-synced`.
    pub(super) async fn wait_synced(&self) -> Result<(), Chain> {
        self.blue_leader().await?;
        let peers = self.configuration("")?;
        let missing: Vec<String> =
            self.pods(&self.green).into_iter().filter(|pod| !peers.iter().any(|peer| peer.id == *pod)).collect();
        if !missing.is_empty() {
            return Err(format!("green pods are missing from raft configuration: missing={}", missing.len()));
        }
        let index = self.view().map_or(0, |view| view.index);
        let waiting = || {
            let fields = [("target_index", json!(index)), ("max_delta", json!(THRESHOLD)), ("missing_green", json!(0))];
            self.info("Waiting for Green sync", &fields);
        };
        match self.fault {
            Some(UpgradeFault::Slow) => {
                waiting();
                self.process.work(SLOW).await;
            }
            Some(UpgradeFault::SyncTimesOut) => {
                waiting();
                self.process.work(TIMEOUT).await;
                return Err("timed out waiting for Green sync: context deadline exceeded".into());
            }
            _ => {}
        }
        self.info("Green pods are synced", &[("target_index", json!(index)), ("sync_threshold", json!(THRESHOLD))]);
        Ok(())
    }

    /// `bluegreen-promote-green-voters`.
    pub(super) async fn promote_green(&self) -> Result<(), Chain> {
        let leader = self.blue_leader().await?;
        let peers = self.configuration("")?;
        for peer in &peers {
            let fields = [
                ("node_id", json!(peer.id)),
                ("address", self.address(&peer.id)),
                ("voter", json!(peer.voter)),
                ("leader", json!(peer.id == leader)),
            ];
            self.debug("Raft server in config", &fields);
        }
        for pod in self.pods(&self.green) {
            match peers.iter().find(|peer| peer.id == pod) {
                None => self.info("WARNING: Green pod not found in Raft config", &[("pod_name", json!(pod))]),
                Some(peer) if peer.voter => continue,
                Some(_) => self.debug("Green pod found as non-voter, will promote", &[("pod_name", json!(pod))]),
            }
            self.debug("Promoting Green pod to voter", &[("pod_name", json!(pod))]);
            let failed = |problem: String| format!("failed to promote Green pod {pod:?} to voter: {problem}");
            match self.ask(&leader, Change::Promote, &pod) {
                Ok(()) => {}
                Err(refused) if refused.why == Some(Refused::AlreadyVoter) => {}
                Err(refused) => return Err(failed(refused.chain(Act::Promote))),
            }
        }
        self.info("Green pods promoted to voters", &[]);
        Ok(())
    }
}

/// What a refusal reads like inside a line's `error` field: with the escapes a JSON text needs.
pub(super) fn already(what: &str) -> String {
    errors(&format!("1 error occurred:\\n\\t* server is already a {what}\\n\\n"))
}
