//! The incidents, each as it is found.

use serde_json::{Value, json};

use super::Incident;
use super::story::{Story, blue, blue_leads, green, peer, peers, url};
use crate::drill::Play;
use crate::drill::operator::blue_green::break_glass::{CLEANUP, REPAIR};
use crate::drill::operator::values::time;
use crate::drill::world::UpgradeFault;

const PROMOTE: &str = "bluegreen-promote-green-voters";
const DEMOTE: &str = "bluegreen-demote-blue-nonvoters-stepdown";
const REMOVE_BLUE: &str = "bluegreen-remove-blue-peers";
const REMOVE_GREEN: &str = "bluegreen-remove-green-peers";
const CONSENSUS: &str = "bluegreen-repair-consensus";

/// The nonce of a break glass that somebody acknowledged before.
const FIRST_NONCE: &str = "180f6d052b402e1d29ec1a4591bddbc5";
const BROKEN_TOKEN: &str = "failed to authenticate: failed to authenticate using JWT Auth: JWT auth request failed with status 400: \
     {\"errors\":[\"error validating token: error verifying token signature: go-jose/go-jose: compact JWS format must have three parts\"]}\n";
const RAFT_REFUSES: &str = "{\"errors\":[\"1 error occurred:\\n\\t* failed to change the Raft configuration\\n\\n\"]}\n";

impl Story<'_> {
    /// The repair found no leader: the network was down for a minute. A second try succeeds.
    pub(super) fn failed_rollback(&self) -> Incident {
        let mut past = self.beginning();
        past.extend(self.failed_twice(PROMOTE, &[blue_leads()], BROKEN_TOKEN));
        let fallback = "Failed to find leader among Blue pods for consensus repair, falling back to Green";
        let nobody = ("INFO", fallback, vec![("error", json!("no leader found among 3 pods"))]);
        let both = if self.play == Play::Jan { "" } else { "failed to find leader (checked Blue and Green): " };
        let chain = format!("failed to find leader for consensus repair: {both}no leader found among 3 pods");
        past.push(self.failed(CONSENSUS, "rollback", self.repaired_at(), &[nobody], &chain));
        let reason = "promotion job failure threshold exceeded";
        Incident { peers: peers("VVV---"), past, ..self.broken(reason, PROMOTE) }
    }

    /// The leader refuses to give Blue its votes back, and will again.
    pub(super) fn diverged_rollback(&self) -> Incident {
        let mut past = self.beginning();
        past.push(self.promoted());
        past.extend(self.leadership_stayed());
        let lost = blue(1);
        let told = [
            ("INFO", "Leader found for consensus repair", vec![("leader_url", json!(url(&blue(0))))]),
            ("INFO", "Promoting Blue peer to voter during consensus repair", peer(&lost)),
        ];
        let problem = match self.play {
            Play::Jan => format!("raft promote request failed with status 500: {RAFT_REFUSES}"),
            _ => format!("raft server {lost:?} did not become a voter after promote request"),
        };
        let chain = format!("failed to promote Blue peer {lost:?} to voter during consensus repair: {problem}");
        for (run, minutes_ago) in [("rollback", self.repaired_at()), ("rollback-retry-1", self.retried_at())] {
            past.push(self.failed(CONSENSUS, run, minutes_ago, &told, &chain));
        }
        let reason = "demotion job failure threshold exceeded";
        let mut broken = self.broken(reason, DEMOTE);
        // Somebody acknowledged once already: the retry failed for the same cause.
        broken.status["blueGreen"]["rollbackAttempt"] = json!(1);
        for gone in ["jobFailureCount", "lastJobFailure"] {
            if let Some(fields) = broken.status["blueGreen"].as_object_mut() {
                fields.shift_remove(gone);
            }
        }
        broken.status["breakGlass"] = self.break_glass_again(REPAIR, CONSENSUS);
        broken.status["operationLock"]["renewedAt"] = broken.status["breakGlass"]["enteredAt"].clone();
        broken.spec["breakGlassAck"] = json!(FIRST_NONCE);
        Incident { peers: peers("V--VVV"), past, faults: vec![(CONSENSUS, UpgradeFault::NeverBecomesVoter)], ..broken }
    }

    /// Consensus is repaired; one of Green's peers could not be removed. A second try succeeds.
    pub(super) fn cleanup_failed(&self) -> Incident {
        let mut past = self.beginning();
        past.extend(self.failed_twice(PROMOTE, &[blue_leads()], BROKEN_TOKEN));
        let done = ("INFO", "Consensus repair completed: Blue voters and Green non-voters enforced", vec![]);
        past.push(self.succeeded(CONSENSUS, "rollback", self.repaired_at(), &[done]));
        let first = green(0);
        let told =
            [("INFO", "Leader found", vec![("leader_url", json!(url(&blue(0))))]), ("INFO", "Removing Raft peer", peer(&first))];
        let chain =
            format!("failed to remove Raft peer {first:?}: raft remove-peer request failed with status 500: {RAFT_REFUSES}");
        past.push(self.failed(REMOVE_GREEN, "rollback", self.repaired_at() - 1, &told, &chain));
        let reason = "promotion job failure threshold exceeded";
        let status = json!({
            "blueGreen": self.rolling_back("RollbackCleanup", reason, PROMOTE),
            "breakGlass": self.break_glass(CLEANUP, REMOVE_GREEN),
            "operationLock": self.lock("RollbackCleanup"),
        });
        Incident { peers: peers("VVV---"), past, status, ..self.broken(reason, PROMOTE) }
    }

    /// Leadership went over, Blue lost its votes, then nothing more worked: a Green server leads.
    pub(super) fn green_leads(&self) -> Incident {
        let mut past = self.beginning();
        past.push(self.promoted());
        let over = [
            (
                "INFO",
                "Current leader is Blue",
                vec![("leader_id", json!(blue(0))), ("attempt", json!(1)), ("max_retries", json!(10))],
            ),
            ("INFO", "Stepping down Blue leader to transfer leadership to Green", vec![]),
            ("INFO", "New leader found", vec![("leader_url", json!(url(&green(0))))]),
            ("INFO", "Blue pods demoted to non-voters", vec![]),
        ];
        past.push(self.succeeded(DEMOTE, "", self.repaired_at() + 3, &over));
        let removing = if self.play == Play::Jan { "Removing Blue Raft peer" } else { "Removing Raft peer" };
        let first = blue(0);
        let told = [("INFO", "Leader found", vec![("leader_url", json!(url(&green(0))))]), ("INFO", removing, peer(&first))];
        let chain =
            format!("failed to remove Raft peer {first:?}: raft remove-peer request failed with status 500: {RAFT_REFUSES}");
        past.extend(self.failed_twice(REMOVE_BLUE, &told, &chain));
        let found = ("INFO", "Leader found for consensus repair", vec![("leader_url", json!(url(&green(0))))]);
        let denied = "failed to authenticate for consensus repair: failed to authenticate using JWT Auth: JWT auth request failed with \
             status 403: {\"errors\":[\"permission denied\"]}\n";
        past.push(self.failed(CONSENSUS, "rollback", self.repaired_at(), &[found], denied));
        let reason = "cleanup job failure threshold exceeded";
        Incident { peers: peers("---VVV"), leader: green(0), past, ..self.broken(reason, REMOVE_BLUE) }
    }

    /// Rolled back, `Idle`, and the same upgrade is about to start again: every executor Job still has its old result.
    pub(super) fn upgrade_loop(&self) -> Incident {
        let jan = self.play == Play::Jan;
        let mut past = self.beginning();
        past.extend(self.failed_twice(PROMOTE, &[blue_leads()], BROKEN_TOKEN));
        let done = ("INFO", "Consensus repair completed: Blue voters and Green non-voters enforced", vec![]);
        past.push(self.succeeded(CONSENSUS, "rollback", self.repaired_at(), &[done]));
        let found = ("INFO", "Leader found", vec![("leader_url", json!(url(&blue(0))))]);
        if jan {
            let removing = |ordinal| ("INFO", "Removing Blue Raft peer", peer(&blue(ordinal)));
            let chain = format!(
                "failed to remove Raft peer {:?}: transient remote overloaded: failed to execute raft remove-peer request: OpenBao API \
                 overloaded (status 500): {{\"errors\":[\"local node not active but active cluster node not found\"]}}\n",
                blue(1)
            );
            past.push(self.failed(REMOVE_BLUE, "rollback", self.repaired_at() - 1, &[found, removing(0), removing(1)], &chain));
        } else {
            let removing = |ordinal| ("INFO", "Removing Raft peer", peer(&green(ordinal)));
            let told = [found, removing(0), removing(1), removing(2), ("INFO", "Raft peers removed", vec![])];
            past.push(self.succeeded(REMOVE_GREEN, "rollback", self.repaired_at() - 1, &told));
        }
        let reason = "promotion job failure threshold exceeded";
        let mut status = json!({"blueGreen": self.rolled_back(reason, 0)});
        if jan {
            status["operationLock"] = self.lock("RollbackCleanup");
        }
        Incident {
            green: false,
            peers: peers(if jan { ".VV---" } else { "VVV" }),
            leader: blue(u32::from(jan)),
            removed: jan.then(|| (blue(0), false)),
            past,
            status,
            ..self.broken(reason, PROMOTE)
        }
    }

    /// `spec.version` was set back and break glass acknowledged: Green's servers are gone, their votes are not.
    pub(super) fn path_b_trap(&self) -> Incident {
        let mut past = self.beginning();
        past.push(self.promoted());
        past.extend(self.leadership_stayed());
        let found = ("INFO", "Leader found for consensus repair", vec![("leader_url", json!(url(&blue(0))))]);
        let denied = "failed to authenticate for consensus repair: failed to authenticate using JWT Auth: JWT auth request failed with \
             status 403: {\"errors\":[\"permission denied\"]}\n";
        past.push(self.failed(CONSENSUS, "rollback", self.repaired_at(), &[found], denied));
        let reason = "demotion job failure threshold exceeded";
        let mut status = json!({"blueGreen": self.rolled_back(reason, 1), "breakGlass": self.acknowledged()});
        if self.play == Play::Jan {
            status["operationLock"] = self.lock("RollingBack");
        }
        let spec = json!({"version": Story::set_back()["version"], "upgrade": Story::upgrading()["upgrade"], "breakGlassAck": self.nonce});
        Incident { spec, green: false, peers: peers("VVVVVV"), past, status, ..self.broken(reason, DEMOTE) }
    }

    /// JAN's rollback cleanup removed Blue's leader; it hangs and still carries the leader's label.
    pub(super) fn removed_leader(&self) -> Incident {
        let told = self.upgrade_loop();
        let mut status = told.status.clone();
        status["blueGreen"]["rollbackAttempt"] = json!(1);
        status["breakGlass"] = self.acknowledged();
        Incident {
            spec: Story::set_back(),
            peers: peers("VVV---"),
            leader: blue(0),
            removed: Some((blue(0), true)),
            status,
            ..told
        }
    }

    /// What stories in break glass have in common.
    fn broken(&self, reason: &str, failed: &str) -> Incident {
        Incident {
            spec: Story::upgrading(),
            green: true,
            peers: Vec::new(),
            leader: blue(0),
            removed: None,
            status: json!({
                "blueGreen": self.rolling_back("RollingBack", reason, failed),
                "breakGlass": self.break_glass(REPAIR, CONSENSUS),
                "operationLock": self.lock("RollingBack"),
            }),
            past: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Break glass as it is left behind by an acknowledgement.
    fn acknowledged(&self) -> Value {
        let mut left = self.break_glass(REPAIR, CONSENSUS);
        if let Some(fields) = left.as_object_mut() {
            fields.shift_remove("active");
        }
        left["acknowledgedAt"] = json!(time(self.clock.minutes_ago(self.repaired_at() - 6)));
        left
    }

    /// Every election went back to Blue.
    fn leadership_stayed(&self) -> [super::PastJob; 2] {
        let told = [
            ("INFO", "Initial leader found", vec![("leader_url", json!(url(&blue(0))))]),
            ("INFO", "Demoting Blue peer before step-down to bias election", vec![("node_id", json!(blue(1)))]),
            ("INFO", "Demoting Blue peer before step-down to bias election", vec![("node_id", json!(blue(2)))]),
            ("INFO", "Stepping down Blue leader to transfer leadership to Green", vec![]),
            ("INFO", "Waiting for new leader election...", vec![]),
        ];
        self.failed_twice(DEMOTE, &told, "failed to transfer leadership to Green node after 10 attempts")
    }
}
