//! Raft as far as a person on call meets it: who is in the configuration, who votes, and when there is a majority.
//!
//! There is no log and no term here. A leader exists as long as a majority of the voters *in the configuration* is up,
//! unsealed and answering: dead voters count, which is how a cluster loses its leader while every pod is Ready
//! (F§15.1, path B).

use jiff::Timestamp;

use super::{Cluster, ClusterView, World, ordinal};

/// One server of the Raft configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its node id: the pod's name.
    pub id: String,
    /// Whether it votes.
    pub voter: bool,
}

/// Why a change of the membership was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Nobody leads, or the server asked does not.
    NoLeader,
    /// The configuration has no such server.
    NoSuchPeer,
    /// It votes already.
    AlreadyVoter,
    /// It does not vote anyway.
    AlreadyNonVoter,
}

/// A change of the membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Adds a server that does not vote; one that is there stays as it is.
    Join,
    /// Makes a server a voter.
    Promote,
    /// Takes a server's vote.
    Demote,
    /// Removes a server.
    Remove,
}

impl ClusterView {
    /// A server's entry in the configuration.
    pub fn peer(&self, pod: &str) -> Option<&Peer> {
        self.peers.iter().find(|peer| peer.id == pod)
    }

    /// How many votes an election needs.
    pub fn quorum(&self) -> usize {
        self.voters().count() / 2 + 1
    }

    /// The voters of the configuration, dead ones too.
    pub fn voters(&self) -> impl Iterator<Item = &Peer> {
        self.peers.iter().filter(|peer| peer.voter)
    }

    /// Whether a server is up, unsealed and answers.
    pub fn answers(&self, pod: &str) -> bool {
        self.servers.get(pod).is_some_and(|server| !server.sealed && !server.hanging)
    }

    /// The voters that could take part in an election now.
    pub fn able_voters(&self) -> usize {
        self.voters().filter(|peer| self.answers(&peer.id)).count()
    }
}

impl Cluster {
    /// Lets servers join by themselves, then keeps a leader that can still lead, else elects the able voter with the lowest
    /// ordinal; without a majority nobody leads.
    pub(super) fn elect(&mut self) {
        self.bootstrap();
        if self.majority() {
            self.retry_join();
        }
        if !self.majority() {
            self.view.leader = None;
            return;
        }
        let view = &mut self.view;
        let able = |view: &ClusterView, pod: &str| view.answers(pod) && view.peer(pod).is_some_and(|peer| peer.voter);
        if view.leader.as_deref().is_some_and(|leader| able(view, leader)) {
            return;
        }
        let candidates = view.peers.iter().map(|peer| peer.id.clone()).filter(|pod| able(view, pod));
        // Whoever led last is elected again: a scenario's first leader is the one it tells of.
        let last = view.last_leader.clone();
        view.leader = candidates.min_by_key(|pod| (Some(pod) != last.as_ref(), ordinal(pod), pod.clone()));
        if let Some(leader) = &view.leader {
            view.last_leader = Some(leader.clone());
            view.leads_since = Timestamp::now();
            view.index += 1;
        }
    }

    fn majority(&self) -> bool {
        !self.view.peers.is_empty() && self.view.able_voters() >= self.view.quorum()
    }

    /// The very first leader is the server that initialised the cluster, number 0, however the pods come up.
    fn bootstrap(&mut self) {
        if !self.view.peers.is_empty() {
            return;
        }
        let first = self.hanging.is_empty();
        let able = self.view.servers.keys().filter(|pod| self.view.answers(pod) && (!first || ordinal(pod) == 0));
        if let Some(pod) = able.min_by_key(|pod| (ordinal(pod), (*pod).clone())).cloned() {
            self.home = Some(workload(&pod).to_owned());
            self.view.peers.push(Peer { id: pod, voter: true });
        }
    }

    /// Servers of the founders' StatefulSet join as voters by themselves, as their configuration says; Green's wait to be
    /// joined by the executor, and a removed server stays out.
    fn retry_join(&mut self) {
        let view = &self.view;
        let home = self.home.as_deref();
        let outside = |pod: &&String| view.answers(pod) && view.peer(pod).is_none() && !view.removed.contains(*pod);
        let new: Vec<String> = view.servers.keys().filter(outside).filter(|pod| Some(workload(pod)) == home).cloned().collect();
        self.view.peers.extend(new.into_iter().map(|id| Peer { id, voter: true }));
    }

    fn change(&mut self, change: Change, pod: &str) -> Result<(), Refused> {
        if self.view.leader.is_none() {
            return Err(Refused::NoLeader);
        }
        let peer = self.view.peers.iter_mut().find(|peer| peer.id == pod);
        match (change, peer) {
            (Change::Join, Some(_)) => {}
            (Change::Join, None) => {
                self.view.removed.remove(pod);
                self.view.peers.push(Peer { id: pod.into(), voter: false });
            }
            (_, None) => return Err(Refused::NoSuchPeer),
            (Change::Promote, Some(peer)) if peer.voter => return Err(Refused::AlreadyVoter),
            (Change::Demote, Some(peer)) if !peer.voter => return Err(Refused::AlreadyNonVoter),
            (Change::Promote, Some(peer)) => peer.voter = true,
            (Change::Demote, Some(peer)) => peer.voter = false,
            (Change::Remove, Some(_)) => self.remove(pod),
        }
        self.view.index += 1;
        Ok(())
    }

    /// A removed server goes on running; a removed leader may hang for ever (F§15.2.5).
    fn remove(&mut self, pod: &str) {
        self.view.peers.retain(|peer| peer.id != pod);
        self.view.removed.insert(pod.into());
        if self.removed_leader_hangs && self.view.leader.as_deref() == Some(pod) {
            self.hanging.insert(pod.into());
            if let Some(server) = self.view.servers.get_mut(pod) {
                server.hanging = true;
            }
        }
    }
}

impl World {
    /// Changes a cluster's Raft membership, as its leader would.
    ///
    /// # Errors
    /// Why the leader would not, or that there is none.
    pub fn change_membership(&self, namespace: &str, name: &str, change: Change, pod: &str) -> Result<(), Refused> {
        let mut done = Err(Refused::NoLeader);
        self.alter(namespace, name, |cluster| done = cluster.change(change, pod));
        done
    }

    /// Says what the Raft configuration is, as a scenario finds it. The first server's StatefulSet is the one whose servers
    /// join by themselves.
    pub fn set_peers(&self, namespace: &str, name: &str, peers: Vec<Peer>) {
        self.alter(namespace, name, |cluster| {
            cluster.home = peers.first().map(|peer| workload(&peer.id).to_owned());
            cluster.view.peers = peers;
        });
    }

    /// Says who led last, as long as nobody has led yet: standbys go on naming it.
    pub fn set_last_leader(&self, namespace: &str, name: &str, pod: &str) {
        self.alter(namespace, name, |cluster| cluster.view.last_leader = Some(pod.into()));
    }

    /// Says that a server was removed from the configuration before, and stays out.
    pub fn set_removed(&self, namespace: &str, name: &str, pod: &str) {
        self.alter(namespace, name, |cluster| {
            cluster.view.peers.retain(|peer| peer.id != pod);
            cluster.view.removed.insert(pod.into());
        });
    }

    /// Whether a leader that is removed hangs on every request from then on, or answers as a standby (F§15.2.5: both were seen).
    pub fn set_removed_leader_hangs(&self, namespace: &str, name: &str, hangs: bool) {
        self.alter(namespace, name, |cluster| cluster.removed_leader_hangs = hangs);
    }

    /// The leader steps down; another able voter leads, or the same again if there is no other.
    pub fn step_down(&self, namespace: &str, name: &str) {
        self.alter(namespace, name, |cluster| {
            let Some(old) = cluster.view.leader.take() else { return };
            let view = &cluster.view;
            let others = view.voters().map(|peer| &peer.id).filter(|pod| **pod != old && view.answers(pod));
            let next = others.min_by_key(|pod| (ordinal(pod), (*pod).clone())).cloned().unwrap_or(old);
            cluster.view.leader = Some(next.clone());
            cluster.view.last_leader = Some(next);
            cluster.view.leads_since = Timestamp::now();
        });
    }
}

/// The StatefulSet a server belongs to, by its name.
fn workload(pod: &str) -> &str {
    pod.rsplit_once('-').map_or(pod, |(workload, _)| workload)
}

#[cfg(test)]
mod tests {
    use super::super::ClusterSpec;
    use super::*;
    use crate::drill::Play;

    const GREEN: [&str; 3] = ["prod-g-0", "prod-g-1", "prod-g-2"];
    const BLUE: [&str; 3] = ["prod-b-0", "prod-b-1", "prod-b-2"];

    /// Blue leads; Green runs and has not joined.
    fn world() -> World {
        let world = World::new(Play::Jan);
        world.add_cluster(&ClusterSpec { namespace: "bao".into(), name: "prod".into(), version: "2.5.5".into() });
        for pod in BLUE.iter().chain(&GREEN) {
            world.server_started("bao", "prod", pod, String::new());
            world.set_sealed("bao", "prod", pod, false);
        }
        world
    }

    fn leader(world: &World) -> Option<String> {
        world.cluster("bao", "prod").unwrap().leader
    }

    fn change(world: &World, change: Change, pod: &str) -> Result<(), Refused> {
        world.change_membership("bao", "prod", change, pod)
    }

    fn voters(world: &World) -> Vec<String> {
        world.cluster("bao", "prod").unwrap().voters().map(|peer| peer.id.clone()).collect()
    }

    #[test]
    fn the_founders_join_by_themselves_and_green_is_joined() {
        let world = world();
        assert_eq!(voters(&world), BLUE);
        for pod in GREEN {
            change(&world, Change::Join, pod).unwrap();
            change(&world, Change::Join, pod).unwrap();
        }
        assert_eq!(voters(&world), BLUE, "joined without a vote");
        assert_eq!(change(&world, Change::Demote, GREEN[0]), Err(Refused::AlreadyNonVoter));
        change(&world, Change::Promote, GREEN[0]).unwrap();
        assert_eq!(change(&world, Change::Promote, GREEN[0]), Err(Refused::AlreadyVoter));
        assert_eq!(change(&world, Change::Promote, "prod-x-0"), Err(Refused::NoSuchPeer));
        assert_eq!(voters(&world).len(), 4);
    }

    #[test]
    fn dead_voters_count_and_cost_the_leader() {
        let world = world();
        for pod in GREEN {
            change(&world, Change::Join, pod).unwrap();
            change(&world, Change::Promote, pod).unwrap();
        }
        assert_eq!(leader(&world).as_deref(), Some("prod-b-0"));
        world.server_stopped("bao", "prod", GREEN[0]);
        world.server_stopped("bao", "prod", GREEN[1]);
        assert!(leader(&world).is_some(), "four of six");
        world.server_stopped("bao", "prod", GREEN[2]);
        assert_eq!(leader(&world), None, "three of six are no majority");
        assert_eq!(change(&world, Change::Remove, GREEN[0]), Err(Refused::NoLeader));
        let view = world.cluster("bao", "prod").unwrap();
        assert_eq!((view.quorum(), view.able_voters(), view.last_leader.as_deref()), (4, 3, Some("prod-b-0")));
    }

    #[test]
    fn a_removed_leader_stays_out_and_hangs_only_where_it_shall() {
        for hangs in [false, true] {
            let world = world();
            world.set_removed_leader_hangs("bao", "prod", hangs);
            change(&world, Change::Remove, BLUE[0]).unwrap();
            assert_eq!(leader(&world).as_deref(), Some("prod-b-1"));
            let view = world.cluster("bao", "prod").unwrap();
            assert_eq!((view.servers[BLUE[0]].hanging, view.removed.contains(BLUE[0])), (hangs, true));
            world.server_stopped("bao", "prod", BLUE[0]);
            world.server_started("bao", "prod", BLUE[0], String::new());
            world.set_sealed("bao", "prod", BLUE[0], false);
            assert_eq!(voters(&world), BLUE[1..], "it does not come back by itself");
        }
    }

    #[test]
    fn leadership_moves_to_green_only_when_blue_may_not_vote() {
        let world = world();
        for pod in GREEN {
            change(&world, Change::Join, pod).unwrap();
        }
        world.step_down("bao", "prod");
        assert_eq!(leader(&world).as_deref(), Some("prod-b-1"));
        change(&world, Change::Promote, GREEN[2]).unwrap();
        for pod in BLUE {
            change(&world, Change::Demote, pod).unwrap();
        }
        assert_eq!(leader(&world).as_deref(), Some("prod-g-2"));
    }
}
