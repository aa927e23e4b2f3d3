//! How far a restore executor has come, by its own words (F§6.2).

use serde::{Deserialize, Serialize};

use super::Submitted;

/// The stages in their order. Standard output and standard error may swap lines, so the furthest one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The program started.
    Started,
    /// It has its configuration.
    Configured,
    /// It asks each server whether it leads.
    FindingLeader,
    /// It knows the leader.
    LeaderFound,
    /// It is logged in.
    LoggedIn,
    /// It can use the object store.
    StoreReady,
    /// The object exists.
    SnapshotFound,
    /// The download's stream is open; nothing more, although the text says "downloaded" (F§6.2).
    Downloading,
    /// NEXT: the whole object is on the node's disk.
    Staged,
    /// The request to the leader begins: from here on the cluster may have been changed.
    Submitting,
    /// NEXT: OpenBao took the request; whether it was applied is not known.
    Accepted,
    /// Up to 0.5: OpenBao answered that it is done.
    Restored,
}

/// The words that tell a stage; lines begin with them.
static WORDS: &[(&str, Stage)] = &[
    ("Starting restore operation...", Stage::Started),
    ("Configuration loaded - cluster=", Stage::Configured),
    ("Finding cluster leader...", Stage::FindingLeader),
    ("Found leader at: ", Stage::LeaderFound),
    ("Authentication successful", Stage::LoggedIn),
    ("Storage client created", Stage::StoreReady),
    ("Found snapshot: ", Stage::SnapshotFound),
    ("Downloading snapshot from storage...", Stage::Downloading),
    ("Snapshot downloaded successfully", Stage::Downloading),
    ("Snapshot staged: size=", Stage::Staged),
    ("Restoring snapshot to cluster...", Stage::Submitting),
    ("Submitting staged snapshot to cluster...", Stage::Submitting),
    ("Snapshot restore request accepted from: ", Stage::Accepted),
    ("Restore completed successfully from: ", Stage::Restored),
];

impl Stage {
    /// The stage a line tells.
    pub(super) fn of(line: &[u8]) -> Option<Stage> {
        let first = line.first()?;
        let mut near = WORDS.iter().filter(|(words, _)| words.as_bytes().first() == Some(first));
        near.find(|(words, _)| line.starts_with(words.as_bytes())).map(|(_, stage)| *stage)
    }

    /// What the executor is doing, for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Started => "starting",
            Stage::Configured => "configured",
            Stage::FindingLeader => "finding the leader",
            Stage::LeaderFound => "logging in",
            Stage::LoggedIn => "opening the object store",
            Stage::StoreReady => "looking for the snapshot",
            Stage::SnapshotFound => "opening the snapshot",
            Stage::Downloading => "fetching the snapshot",
            Stage::Staged => "snapshot fetched, about to submit it",
            Stage::Submitting => "sending the snapshot to the leader",
            Stage::Accepted => "OpenBao accepted the request",
            Stage::Restored => "OpenBao took the snapshot",
        }
    }

    /// Whether the snapshot may have reached the cluster.
    pub fn submitted(self) -> Submitted {
        match self {
            stage if stage < Stage::Submitting => Submitted::No,
            Stage::Submitting => Submitted::Unknown,
            _ => Submitted::Yes,
        }
    }
}

/// The stages of an upgrade or rollback executor, whatever its action; each action has some of them (F§6.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpgradeStage {
    /// The program started and has its configuration.
    Started,
    /// It knows the leader.
    LeaderFound,
    /// Green pods are being joined as non-voters.
    Joining,
    /// It waits until Green has the data.
    Syncing,
    /// Peers are being made voters.
    Promoting,
    /// Peers are losing their votes.
    Demoting,
    /// The leader was asked to step down.
    SteppingDown,
    /// Peers are being removed from Raft: this cannot be taken back by running it again.
    Removing,
    /// The action is complete.
    Done,
}

impl UpgradeStage {
    /// What the executor is doing, for people.
    pub fn as_str(self) -> &'static str {
        match self {
            UpgradeStage::Started => "finding the leader",
            UpgradeStage::LeaderFound => "logging in",
            UpgradeStage::Joining => "joining Green as non-voters",
            UpgradeStage::Syncing => "waiting for Green to have the data",
            UpgradeStage::Promoting => "making peers voters",
            UpgradeStage::Demoting => "taking votes from peers",
            UpgradeStage::SteppingDown => "moving the leadership",
            UpgradeStage::Removing => "removing peers from Raft",
            UpgradeStage::Done => "done",
        }
    }
}
