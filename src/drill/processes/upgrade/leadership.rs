//! `bluegreen-demote-blue-nonvoters-stepdown`: leadership goes over to Green (captured 19).

use std::time::Duration;

use serde_json::json;

use super::membership::Act;
use super::{Chain, Upgrade};
use crate::drill::world::UpgradeFault;
use crate::drill::world::raft::{Change, Refused};

const ATTEMPTS: u32 = 10;
const ELECTION: Duration = Duration::from_secs(1);

impl Upgrade<'_> {
    /// Steps Blue leaders down until Green leads, then takes Blue's votes.
    pub(super) async fn transfer(&self) -> Result<(), Chain> {
        let mut leader = self.any_leader().await.map_err(|error| format!("failed to find initial leader: {error}"))?;
        self.info("Initial leader found", &[("leader_url", json!(self.url(&leader)))]);
        self.sign_in("").await?;
        self.configuration("")?;
        for attempt in 1..=ATTEMPTS {
            if !self.is_of(&leader, &self.blue) {
                self.info("Leader is not Blue (assumed Green), proceeding to demotion", &[]);
                return self.demote_blue(&leader);
            }
            let fields = [("leader_id", json!(leader)), ("attempt", json!(attempt)), ("max_retries", json!(ATTEMPTS))];
            self.info("Current leader is Blue", &fields);
            leader = self.step_down(&leader).await?;
        }
        Err(format!("failed to transfer leadership to Green node after {ATTEMPTS} attempts"))
    }

    /// The leader among Green's pods, else among Blue's.
    async fn any_leader(&self) -> Result<String, Chain> {
        match self.search(&self.green).await {
            Ok(leader) => Ok(leader),
            Err(error) => {
                self.info("Failed to find leader among Green pods, checking Blue pods", &[("error", json!(error))]);
                self.search(&self.blue).await
            }
        }
    }

    /// Takes the other Blue votes so that the election goes Green's way, and lets the leader step down.
    async fn step_down(&self, leader: &str) -> Result<String, Chain> {
        let peers = self.configuration("")?;
        for peer in peers.iter().filter(|peer| peer.voter && peer.id != leader && self.is_of(&peer.id, &self.blue)) {
            self.info("Demoting Blue peer before step-down to bias election", &[("node_id", json!(peer.id))]);
            if let Err(not) = self.ask(leader, Change::Demote, &peer.id) {
                let problem = not.chain(Act::Demote);
                let fields = [("node_id", json!(peer.id)), ("cluster_replicas", json!(self.replicas)), ("error", json!(problem))];
                self.error("Failed to demote Blue peer", &fields);
            }
        }
        self.info("Stepping down Blue leader to transfer leadership to Green", &[]);
        if self.fault != Some(UpgradeFault::LeadershipStays) {
            self.process.world.step_down(&self.namespace, &self.cluster);
        }
        self.info("Waiting for new leader election...", &[]);
        self.process.work(ELECTION).await;
        self.info("Finding new leader...", &[]);
        let found = match self.fault {
            Some(UpgradeFault::LeadershipStays) => Ok(leader.to_owned()),
            _ => self.any_leader().await,
        };
        let found =
            found.map_err(|error| format!("failed to find new leader after step-down (checked Green and Blue): {error}"))?;
        self.info("New leader found", &[("leader_url", json!(self.url(&found)))]);
        Ok(found)
    }

    fn demote_blue(&self, leader: &str) -> Result<(), Chain> {
        for pod in self.pods(&self.blue) {
            self.debug("Demoting Blue pod to non-voter", &[("pod_name", json!(pod))]);
            let Err(not) = self.ask(leader, Change::Demote, &pod) else { continue };
            let problem = not.chain(Act::Demote);
            if not.why != Some(Refused::AlreadyNonVoter) && self.play() > crate::drill::Play::Jan {
                return Err(format!("failed to demote Blue pod {pod:?} to non-voter: {problem}"));
            }
            let fields = [("pod_name", json!(pod)), ("error", json!(problem))];
            self.info("Failed to demote Blue pod (might already be non-voter)", &fields);
        }
        self.info("Blue pods demoted to non-voters", &[]);
        Ok(())
    }
}
