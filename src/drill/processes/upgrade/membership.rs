//! Asking the leader to change the membership; removing peers; repairing the consensus.

use std::time::Duration;

use serde_json::json;

use super::join::already;
use super::{Chain, Upgrade, errors};
use crate::drill::Play;
use crate::drill::world::UpgradeFault;
use crate::drill::world::raft::{Change, Peer, Refused};

const REQUEST: Duration = Duration::from_millis(20);
const REPAIR: &str = " for consensus repair";

/// A request as its errors name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// `raft join`.
    Join,
    /// `raft promote`.
    Promote,
    /// `raft demote`.
    Demote,
    /// `raft remove-peer`.
    Remove,
}

/// A change that was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotDone {
    /// Why the leader would not; nothing when the fault of the scenario refused it.
    pub(super) why: Option<Refused>,
    status: u16,
}

impl NotDone {
    /// The end of the error chain. Status 500 comes out as "overloaded" (F§15.2.8, captured 14 and 19).
    pub(super) fn chain(self, act: Act) -> Chain {
        let request = match act {
            Act::Join => "raft join",
            Act::Promote => "raft promote",
            Act::Demote => "raft demote",
            Act::Remove => "raft remove-peer",
        };
        let overloaded = |body: String| {
            format!(
                "transient remote overloaded: failed to execute {request} request: OpenBao API overloaded (status 500): {body}"
            )
        };
        match self.why {
            Some(Refused::NoLeader) => overloaded(errors("local node not active but active cluster node not found")),
            Some(Refused::AlreadyNonVoter) => overloaded(already("non-voter")),
            Some(Refused::AlreadyVoter) => overloaded(already("voter")),
            Some(Refused::NoSuchPeer) => {
                format!("{request} request failed with status 400: {}", errors("server not found in the Raft configuration"))
            }
            None => {
                let error = "1 error occurred:\\n\\t* failed to change the Raft configuration\\n\\n";
                format!("{request} request failed with status {}: {}", self.status, errors(error))
            }
        }
    }
}

impl Upgrade<'_> {
    /// Asks one server; only the leader can do it.
    pub(super) fn ask(&self, server: &str, change: Change, pod: &str) -> Result<(), NotDone> {
        match self.fault {
            Some(UpgradeFault::ChangeRefused(status)) => return Err(NotDone { why: None, status }),
            Some(UpgradeFault::NeverBecomesVoter) => return Err(NotDone { why: None, status: 500 }),
            _ => {}
        }
        let refused = |why| NotDone { why: Some(why), status: 500 };
        if self.leader().as_deref() != Some(server) {
            return Err(refused(Refused::NoLeader));
        }
        self.process.world.change_membership(&self.namespace, &self.cluster, change, pod).map_err(refused)
    }

    /// `bluegreen-remove-blue-peers` and, from #104 on, `bluegreen-remove-green-peers`.
    ///
    /// Every request goes to the server that led at the beginning. In JAN's rollback cleanup that server is itself one of the
    /// Blue peers to remove: it goes first, and the next request finds no leader (captured 14).
    pub(super) async fn remove(&self, revision: &str) -> Result<(), Chain> {
        let (first, second) = if self.is_green(revision) { (&self.blue, &self.green) } else { (&self.green, &self.blue) };
        let leader = match self.search(first).await {
            Ok(leader) => leader,
            Err(_) => self.search(second).await.map_err(|error| format!("failed to find leader: {error}"))?,
        };
        self.info("Leader found", &[("leader_url", json!(self.url(&leader)))]);
        self.sign_in("").await?;
        let mut peers = self.configuration("")?;
        peers.retain(|peer| self.is_of(&peer.id, revision));
        peers.sort_by_key(|peer| peer.id != leader);
        let (removing, removed) = match self.play() {
            Play::Jan => ("Removing Blue Raft peer", "Blue Raft peers removed"),
            _ => ("Removing Raft peer", "Raft peers removed"),
        };
        for Peer { id, .. } in &peers {
            self.info(removing, &[("node_id", json!(id)), ("address", self.address(id))]);
            self.process.work(REQUEST).await;
            let done = self.ask(&leader, Change::Remove, id);
            done.map_err(|not| format!("failed to remove Raft peer {id:?}: {}", not.chain(Act::Remove)))?;
        }
        self.info(removed, &[]);
        Ok(())
    }

    fn is_green(&self, revision: &str) -> bool {
        revision == self.green
    }

    /// `bluegreen-repair-consensus`: Blue gets its votes back, Green loses them.
    pub(super) async fn repair(&self) -> Result<(), Chain> {
        let leader = self.repair_leader().await?;
        self.info("Leader found for consensus repair", &[("leader_url", json!(self.url(&leader)))]);
        self.sign_in(REPAIR).await?;
        let peers = self.configuration(REPAIR)?;
        let (mut blue, mut green): (Vec<&Peer>, Vec<&Peer>) = (Vec::new(), Vec::new());
        for peer in &peers {
            if self.is_of(&peer.id, &self.blue) {
                blue.push(peer);
            } else if self.is_of(&peer.id, &self.green) {
                green.push(peer);
            }
        }
        self.refuse_too_few(blue.len())?;
        for peer in blue.into_iter().filter(|peer| !peer.voter) {
            self.give_back(&leader, peer).await?;
        }
        // A leader that loses its vote loses its place with it: it goes last.
        green.sort_by_key(|peer| peer.id == leader);
        for peer in green.into_iter().filter(|peer| peer.voter) {
            self.take_back(&leader, peer).await?;
        }
        self.info("Consensus repair completed: Blue voters and Green non-voters enforced", &[]);
        Ok(())
    }

    async fn repair_leader(&self) -> Result<String, Chain> {
        let error = match self.search(&self.blue).await {
            Ok(leader) => return Ok(leader),
            Err(error) => error,
        };
        let message = "Failed to find leader among Blue pods for consensus repair, falling back to Green";
        self.info(message, &[("error", json!(error))]);
        let failed = |error: String| match self.play() {
            Play::Jan => format!("failed to find leader for consensus repair: {error}"),
            _ => format!("failed to find leader for consensus repair: failed to find leader (checked Blue and Green): {error}"),
        };
        self.search(&self.green).await.map_err(failed)
    }

    /// NEXT will not give votes to a Blue that could not win an election (F§4.7).
    fn refuse_too_few(&self, present: usize) -> Result<(), Chain> {
        let wanted = usize::try_from(self.replicas).unwrap_or(usize::MAX);
        let quorum = wanted / 2 + 1;
        if self.play() < Play::Next || present >= quorum {
            return Ok(());
        }
        Err(format!(
            "refusing consensus repair: {present} Blue peers remain in the Raft configuration, need {quorum} of {wanted} for quorum"
        ))
    }

    async fn give_back(&self, leader: &str, peer: &Peer) -> Result<(), Chain> {
        let fields = [("node_id", json!(peer.id)), ("address", self.address(&peer.id))];
        self.info("Promoting Blue peer to voter during consensus repair", &fields);
        self.process.work(REQUEST).await;
        let checked = self.play() > Play::Jan && self.fault == Some(UpgradeFault::NeverBecomesVoter);
        let problem = |not: NotDone| match checked {
            true => format!("raft server {:?} did not become a voter after promote request", peer.id),
            false => not.chain(Act::Promote),
        };
        let failed = |not: NotDone| {
            format!("failed to promote Blue peer {:?} to voter during consensus repair: {}", peer.id, problem(not))
        };
        self.ask(leader, Change::Promote, &peer.id).map_err(failed)
    }

    /// JAN goes on when Green keeps its vote; later generations fail (F§4.7).
    async fn take_back(&self, leader: &str, peer: &Peer) -> Result<(), Chain> {
        let mut fields = vec![("node_id", json!(peer.id)), ("address", self.address(&peer.id))];
        self.info("Demoting Green peer to non-voter during consensus repair", &fields);
        self.process.work(REQUEST).await;
        let Err(not) = self.ask(leader, Change::Demote, &peer.id) else { return Ok(()) };
        let problem = not.chain(Act::Demote);
        if self.play() == Play::Jan {
            fields.push(("error", json!(problem)));
            self.info("Failed to demote Green peer (may already be non-voter)", &fields);
            return Ok(());
        }
        Err(format!("failed to demote Green peer {:?} to non-voter during consensus repair: {problem}", peer.id))
    }
}
