//! The two endpoints that tell the Raft membership, to whoever has a token (O§3.5).

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::Seen;
use crate::drill::world::raft::Peer;
use crate::drill::world::uuid;

/// The configuration: who is in it, who votes, who leads.
pub(super) const CONFIGURATION: &str = "/v1/sys/storage/raft/configuration";
/// Autopilot's view: who is healthy, how many may fail.
pub(super) const AUTOPILOT: &str = "/v1/sys/storage/raft/autopilot/state";

impl Seen<'_> {
    /// Standbys forward both; without a leader, or outside the configuration, there is nobody to forward to.
    pub(super) fn raft(&self, path: &str) -> (StatusCode, Value) {
        if self.view.leader.is_none() || self.view.removed.contains(self.pod) {
            let error = "local node not active but active cluster node not found";
            return (StatusCode::INTERNAL_SERVER_ERROR, json!({ "errors": [error] }));
        }
        if !self.authorized {
            return (StatusCode::FORBIDDEN, json!({ "errors": ["permission denied"] }));
        }
        let data = if path == AUTOPILOT { self.autopilot() } else { self.configuration() };
        let body = json!({
            "request_id": uuid(), "lease_id": "", "renewable": false, "lease_duration": 0, "data": data,
            "wrap_info": null, "warnings": null, "auth": null,
        });
        (StatusCode::OK, body)
    }

    fn leads_as(&self, peer: &Peer) -> bool {
        self.view.leader.as_ref() == Some(&peer.id)
    }

    fn address(&self, peer: &Peer) -> String {
        format!("{}.{}:8201", peer.id, self.host)
    }

    fn configuration(&self) -> Value {
        let server = |peer: &Peer| {
            json!({
                "node_id": peer.id, "address": self.address(peer), "leader": self.leads_as(peer), "protocol_version": "3",
                "voter": peer.voter,
            })
        };
        let servers: Vec<Value> = self.view.peers.iter().map(server).collect();
        json!({ "config": { "servers": servers, "index": 0 } })
    }

    fn autopilot(&self) -> Value {
        let view = self.view;
        let ids = |voter: bool| -> Vec<&str> {
            view.peers.iter().filter(|peer| peer.voter == voter).map(|peer| peer.id.as_str()).collect()
        };
        let mut servers = Map::new();
        for peer in &view.peers {
            servers.insert(peer.id.clone(), self.member(peer));
        }
        let mut state = json!({
            "healthy": view.peers.iter().all(|peer| view.answers(&peer.id)),
            "failure_tolerance": view.able_voters().saturating_sub(view.quorum()),
            "leader": view.leader,
            "voters": ids(true),
            "servers": servers,
        });
        if !ids(false).is_empty() {
            state["non_voters"] = json!(ids(false));
        }
        state
    }

    fn member(&self, peer: &Peer) -> Value {
        let healthy = self.view.answers(&peer.id);
        let status = match (self.leads_as(peer), peer.voter) {
            (true, _) => "leader",
            (_, true) => "voter",
            _ => "non-voter",
        };
        json!({
            "id": peer.id, "name": peer.id, "address": self.address(peer),
            "node_status": if healthy { "alive" } else { "failed" },
            "last_contact": if self.leads_as(peer) { "0s" } else { "1.2s" },
            "last_term": 3, "last_index": self.view.index, "healthy": healthy,
            "stable_since": format!("{:.9}", self.view.leads_since), "status": status,
            "version": self.view.version, "node_type": "voter",
        })
    }
}
