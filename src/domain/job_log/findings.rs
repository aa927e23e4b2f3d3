//! What is learnt from a whole log.

use serde::Serialize;

use super::{Fields, Finding, RaftChange, Stage, Submitted, Suggests, Told, UpgradeStage, Weight, read};

/// What a line told that a log's reader may want to say at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News<'a> {
    /// A restore executor came further than before in this run.
    Stage(Stage),
    /// A finding, as it is kept.
    Finding(&'a Finding),
}

/// Longest list of peers that is kept. Clusters have 3 to 7 servers of each side.
const PEERS_KEPT: usize = 32;

/// Everything learnt from the lines of a Job, over all its runs. Bounded, whatever the log's length.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Findings {
    /// Stage of the current run of a restore executor.
    pub stage: Option<Stage>,
    /// Furthest stage of any run: a later run that fails early does not undo what an earlier one sent.
    pub furthest: Option<Stage>,
    /// Stage of the current run of an upgrade executor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<UpgradeStage>,
    /// Furthest stage of any run of an upgrade executor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_furthest: Option<UpgradeStage>,
    /// Action and revisions an upgrade executor gave last. Its peer is in `removing`, or in a finding.
    #[serde(skip_serializing_if = "Fields::is_empty")]
    pub of: Fields,
    /// Peers whose removal from Raft was begun, in order, the first 32. Of these all but the last are surely removed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub removing: Vec<String>,
    /// Each kind of finding once, the latest line of it, in order of last appearance.
    pub found: Vec<Finding>,
}

impl Findings {
    /// Takes in a line; says what it told, when that is new for this run.
    pub fn line(&mut self, line: &[u8]) -> Option<News<'_>> {
        match read(line)? {
            Told::Stage(stage) => {
                let is_new = self.stage.is_none_or(|known| known < stage);
                self.stage = self.stage.max(Some(stage));
                self.furthest = self.furthest.max(Some(stage));
                is_new.then_some(News::Stage(stage))
            }
            Told::Finding(finding) => {
                self.upgrade = self.upgrade.max(finding.stage);
                self.upgrade_furthest = self.upgrade_furthest.max(finding.stage);
                self.note_names(&finding);
                self.keep(finding);
                self.found.last().map(News::Finding)
            }
        }
    }

    fn note_names(&mut self, finding: &Finding) {
        let Fields { action, blue_revision, green_revision, node_id } = &finding.fields;
        for (known, new) in [
            (&mut self.of.action, action),
            (&mut self.of.blue_revision, blue_revision),
            (&mut self.of.green_revision, green_revision),
        ] {
            if new.is_some() && known != new {
                known.clone_from(new);
            }
        }
        if finding.stage != Some(UpgradeStage::Removing) || self.removing.len() >= PEERS_KEPT {
            return;
        }
        if let Some(peer) = node_id.as_ref().filter(|peer| !self.removing.contains(peer)) {
            self.removing.push(peer.clone());
        }
    }

    /// What a line says of the snapshot is part of its kind: a harmless line must not take the place of a grave one.
    fn keep(&mut self, finding: Finding) {
        let kind = |finding: &Finding| (finding.weight, finding.submitted, finding.code);
        if let Some(known) = self.found.iter().rposition(|known| kind(known) == kind(&finding)) {
            self.found.remove(known);
        }
        self.found.push(finding);
    }

    /// The container begins again.
    pub fn run_started(&mut self) {
        self.stage = None;
        self.upgrade = None;
    }

    /// Why it failed: the last cause, or the last remark where there is none.
    pub fn cause(&self) -> Option<&Finding> {
        let last = |weight: Weight| self.found.iter().rev().find(|finding| finding.weight == weight);
        last(Weight::Cause).or_else(|| last(Weight::Remark))
    }

    /// What the cause says about running the same thing again.
    pub fn suggests(&self) -> Suggests {
        self.cause().map_or(Suggests::Nothing, |cause| cause.suggests)
    }

    /// Whether some line proves this about Raft's membership.
    pub fn proves(&self, change: RaftChange) -> bool {
        self.found.iter().any(|finding| finding.raft == Some(change))
    }

    /// Whether OpenBao was asked to remove Blue peers. In a rollback that is the operator's critical bug (F§4.7).
    pub fn removed_blue(&self) -> bool {
        self.proves(RaftChange::RemovingBlue) || self.proves(RaftChange::BlueRemoved)
    }

    /// Whether any run may have changed the cluster's data. Silence proves nothing: without lines it is unknown.
    pub fn submitted(&self) -> Submitted {
        let Some(furthest) = self.furthest else {
            return match self.found.iter().map(|finding| finding.submitted).max() {
                Some(submitted) => submitted,
                None => Submitted::Unknown,
            };
        };
        match furthest.submitted() {
            // Sent, and then the reason it was refused, of the same kind in every run.
            Submitted::Unknown if self.refused_each_time() => Submitted::No,
            submitted => submitted.max(self.worst()),
        }
    }

    fn worst(&self) -> Submitted {
        self.found.iter().map(|finding| finding.submitted).max().unwrap_or(Submitted::No)
    }

    fn refused_each_time(&self) -> bool {
        self.found.iter().any(|finding| finding.weight == Weight::Cause) && self.worst() == Submitted::No
    }
}
