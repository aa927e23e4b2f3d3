//! How far a resolution has come: one annotation on the cluster, so that anybody can go on with it from anywhere.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Freeze, Path};
use crate::api::cluster::Cluster;
use crate::api::names::{self, audit};

/// What is being done. Each stage is written down before its first write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The operator is being stopped; the cluster is paused already.
    Freeze,
    /// Data volumes are being deleted.
    Claims,
    /// The operator is being brought back.
    Thaw,
    /// The restore is to be created.
    Restore,
    /// The restore was created.
    Created,
}

impl Stage {
    /// In a few words.
    pub fn words(self) -> &'static str {
        match self {
            Stage::Freeze => "stopping the operator",
            Stage::Claims => "deleting data volumes",
            Stage::Thaw => "bringing the operator back",
            Stage::Restore => "creating the restore",
            Stage::Created => "following the restore",
        }
    }
}

/// The operator's Deployment as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OperatorMark {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// How many replicas it had.
    pub replicas: i64,
}

/// A volume that was agreed to be deleted: a new one of the same name has another uid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimMark {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
}

/// The annotation's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// One id for the whole resolution, whoever goes on with it: also the restore's request id.
    pub id: String,
    /// Which way out.
    pub path: Path,
    /// How far.
    pub stage: Stage,
    /// The snapshot.
    pub key: String,
    /// When it was begun.
    pub started: Timestamp,
    /// Who began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Whether the cluster was paused before.
    #[serde(default)]
    pub was_paused: bool,
    /// How automation is frozen.
    pub freeze: Freeze,
    /// The operator, when it is stopped for this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorMark>,
    /// Whose volumes are deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The volumes that were agreed to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimMark>,
}

impl Checkpoint {
    /// The resolution under way on this cluster, if there is one.
    ///
    /// # Errors
    /// There is one, and it cannot be read: another version of this tool wrote it, or somebody edited it.
    pub fn of(cluster: &Cluster) -> Result<Option<Checkpoint>, String> {
        let Some(text) = cluster.meta.annotations.get(audit::RESOLVE) else { return Ok(None) };
        serde_json::from_str(text).map(Some).map_err(|e| e.to_string())
    }

    /// Whether a resolution is noted on the cluster, readable or not.
    pub fn is_noted(cluster: &Cluster) -> bool {
        cluster.meta.annotations.contains_key(audit::RESOLVE)
    }

    /// As it is written.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The same at another stage.
    #[must_use]
    pub fn at(&self, stage: Stage) -> Checkpoint {
        Checkpoint { stage, ..self.clone() }
    }

    /// The restore's name: the same on every run, whoever runs it.
    pub fn restore_name(&self, cluster: &str) -> String {
        restore_name(cluster, self.started, &self.id)
    }

    /// The stage after the first one that has something to do.
    pub fn first_stage(&self) -> Stage {
        match (self.freeze, self.claims.is_empty()) {
            (Freeze::Operator, _) => Stage::Freeze,
            (Freeze::Pause, false) => Stage::Claims,
            (Freeze::Pause, true) => Stage::Restore,
        }
    }

    /// The stage that follows.
    pub fn next_stage(&self) -> Stage {
        match self.stage {
            Stage::Freeze if !self.claims.is_empty() => Stage::Claims,
            Stage::Freeze => Stage::Thaw,
            Stage::Claims if self.freeze == Freeze::Operator => Stage::Thaw,
            Stage::Claims | Stage::Thaw => Stage::Restore,
            Stage::Restore | Stage::Created => Stage::Created,
        }
    }
}

/// The name of the restore of a resolution of this id, begun then.
pub fn restore_name(cluster: &str, started: Timestamp, id: &str) -> String {
    let random = id.get(..4).and_then(|hex| u16::from_str_radix(hex, 16).ok()).unwrap_or_default();
    names::restore_name(cluster, started, random)
}
