//! `resolve`: one way out of a failed rollback, carried out step by step, each step decided anew from what is on the
//! cluster. Interrupted anywhere, and begun again by anybody, it goes on where it was.

mod checkpoint;
pub mod claims;
mod machine;
mod plan;
pub mod retry;
mod rights;
pub mod stay_green;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::cluster::Cluster;
use crate::api::text::clean;
use crate::exit::Exit;

pub use checkpoint::{Checkpoint, ClaimMark, OperatorMark, Stage, restore_name};
pub use machine::{Step, Stuck, abort_step, already_done, next_step, origin};
pub use plan::{ClaimsPlan, PlannedStep, ResolvePlan, begin, course};
pub use rights::{Right, rights};

/// Which way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// Acknowledge, and let the operator try the rollback again.
    Retry,
    /// Keep Green: its version, and an acknowledgement.
    StayGreen,
    /// Freeze automation and restore a snapshot.
    Restore,
}

impl Path {
    /// As on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Path::Retry => "retry",
            Path::StayGreen => "stay-green",
            Path::Restore => "restore",
        }
    }
}

/// How automation is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Freeze {
    /// The cluster is paused: upgrades, backups and rollbacks stand still, restores run.
    Pause,
    /// Paused, and the operator's Deployment is scaled to 0 for as long as volumes are deleted.
    Operator,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Namespace.
    pub namespace: String,
    /// The cluster.
    pub cluster: String,
    /// The snapshot.
    pub key: String,
    /// `--delete-claims-of`.
    pub delete_claims_of: Option<String>,
    /// `--freeze`; by default the operator is stopped exactly when volumes are deleted.
    pub freeze: Option<Freeze>,
    /// The id of a resolution that begins now; one under way has its own.
    pub id: String,
    /// When this run began.
    pub now: jiff::Timestamp,
    /// `--reason`.
    pub reason: Option<String>,
    /// `--accept`.
    pub accepted: Vec<String>,
    /// Version of this tool.
    pub tool_version: String,
}

/// Why something is not done, with what to do instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// The exit code it gives.
    pub exit_code: u8,
    /// One sentence.
    pub text: String,
    /// What to do instead.
    pub hints: Vec<String>,
}

impl Refusal {
    /// A refusal without a hint yet.
    pub fn new(exit: Exit, text: impl Into<String>) -> Refusal {
        Refusal { exit_code: exit.code(), text: text.into(), hints: Vec::new() }
    }

    /// Adds what to do instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Refusal {
        self.hints.push(hint.into());
        self
    }

    /// A restore goes on step by step on this cluster: nothing else is begun beside it.
    fn resolution_under_way(cluster: &Cluster) -> Refusal {
        let (namespace, name) = (clean(&cluster.meta.namespace), clean(&cluster.meta.name));
        Refusal::new(Exit::WorldChanged, "a resolution by restore is under way").hint(format!(
            "kubectl openbao resolve {name} -n {namespace} --path restore        goes on with it; --abort gives it up"
        ))
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        Exit::of_code(self.exit_code).unwrap_or(Exit::Refused)
    }
}

/// Revisions are the first 16 hex digits of a hash (F§5.3); anything else is a slip of the pen.
pub(crate) fn is_revision(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
