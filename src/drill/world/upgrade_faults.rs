//! How upgrade executors are made to fail.

use super::World;

/// One way an action of the upgrade executor goes wrong that depends on nothing in the world (fragments: F§6.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpgradeFault {
    /// The executor reaches no server: it finds no leader.
    Unreachable,
    /// The JWT mount refuses its token with this status.
    SignIn(u16),
    /// The policy of its role lacks the Raft paths (403).
    PolicyLacksRaft,
    /// The leader refuses to change the membership with this status.
    ChangeRefused(u16),
    /// The leader takes the request, and the server does not become a voter; JAN does not check, and is refused (500).
    NeverBecomesVoter,
    /// It works for about nine minutes, within the real ten (F§4.8): long enough to be met.
    Slow,
    /// Green never catches up.
    SyncTimesOut,
    /// Every election goes back to Blue.
    LeadershipStays,
}

impl World {
    /// Makes an action of a cluster's upgrade executor fail in a given way, or no longer.
    pub fn set_upgrade_fault(&self, namespace: &str, name: &str, action: &str, fault: Option<UpgradeFault>) {
        self.alter(namespace, name, |cluster| {
            match fault {
                Some(fault) => cluster.upgrade_faults.insert(action.into(), fault),
                None => cluster.upgrade_faults.remove(action),
            };
        });
    }

    /// How an action of a cluster's upgrade executor shall fail.
    pub fn upgrade_fault(&self, namespace: &str, name: &str, action: &str) -> Option<UpgradeFault> {
        self.read(namespace, name, |cluster| cluster.upgrade_faults.get(action).copied()).flatten()
    }
}
