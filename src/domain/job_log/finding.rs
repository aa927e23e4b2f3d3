//! What one line means, as data for a diagnosis.

use serde::{Deserialize, Serialize};

use super::UpgradeStage;

/// Whether the snapshot may have reached the cluster's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Submitted {
    /// The cluster's data was not touched.
    No,
    /// Nobody can tell from here.
    Unknown,
    /// OpenBao took it.
    Yes,
}

/// What a line says about running the same thing again; by this line alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Suggests {
    /// It says nothing about that.
    Nothing,
    /// It may pass by itself: a time-out, a broken connection, a busy server or a standby.
    Transient,
    /// Fails again until something is corrected (role, policy, CA, image, credentials); works after that.
    Config,
    /// Fails again until the cluster works: no leader, sealed, no quorum.
    Unhealthy,
    /// Fails again until peers are joined again by hand, stale data is removed, or data is restored.
    Diverged,
    /// A Job asks OpenBao to remove Blue peers from Raft. As the step after promoting Green this is intended; in a
    /// rollback it destroys the live side (F§4.7, operators before #104). The line alone does not tell which: the
    /// Job's run id and the cluster's phase do.
    PeerRemoval,
}

/// What a line proves about Raft's membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RaftChange {
    /// Green pods are members that do not vote.
    GreenJoined,
    /// A Blue peer was about to be made a voter.
    PromotingBlue,
    /// All Green pods vote.
    GreenPromoted,
    /// A Green peer was about to lose its vote.
    DemotingGreen,
    /// A Blue peer was about to lose its vote.
    DemotingBlue,
    /// All Blue pods lost their votes.
    BlueDemoted,
    /// The leader was asked to give up leading.
    SteppingDown,
    /// Blue votes, Green does not: the repair is complete.
    Repaired,
    /// A Blue peer was about to be removed, or its removal failed part way; the ones named before it are gone.
    RemovingBlue,
    /// All Blue peers are removed.
    BlueRemoved,
    /// A peer was about to be removed; which side it belongs to, the line does not say.
    RemovingPeer,
    /// The peers to be removed are removed; which side, the line does not say.
    PeersRemoved,
    /// Fewer Blue peers are members than a quorum needs.
    TooFewBlue,
    /// A peer that was to be changed is not a member.
    PeerMissing,
}

/// What a row says about the end of the executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A step of an ordinary run: how far it came.
    Step,
    /// A remark: the executor may go on and succeed.
    Remark,
    /// Why it failed.
    Cause,
}

/// Whom a line speaks of, as far as it says so. Text of the server: cleaned and cut.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fields {
    /// The executor's action, for example `bluegreen-repair-consensus`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The revision the executor calls Blue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blue_revision: Option<String>,
    /// The revision the executor calls Green.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub green_revision: Option<String>,
    /// The Raft peer or pod the line names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
}

impl Fields {
    /// Whether the line says nothing of this.
    pub fn is_empty(&self) -> bool {
        *self == Fields::default()
    }
}

/// What one line means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable code: `restore-log-…`, `backup-log-…`, `upgrade-log-…`, `server-log-…`, `document-log-…`.
    pub code: &'static str,
    /// What happened.
    pub meaning: &'static str,
    /// What to do.
    pub action: &'static str,
    /// The inner reason, where the line has a known one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<&'static str>,
    /// Whether, by this line alone, the snapshot may have reached the cluster's data.
    pub submitted: Submitted,
    /// What it says about running the same thing again.
    pub suggests: Suggests,
    /// What it proves about Raft's membership.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raft: Option<RaftChange>,
    /// How far an upgrade executor has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<UpgradeStage>,
    /// Whom it speaks of.
    #[serde(skip_serializing_if = "Fields::is_empty")]
    pub fields: Fields,
    /// A cause, a remark, or only a step.
    #[serde(skip)]
    pub weight: Weight,
    /// The line, safe for a terminal and cut.
    pub line: String,
}
