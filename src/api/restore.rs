//! `OpenBaoRestore` as data, read leniently over all generations P0 to NEXT.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cluster::Target;
use super::names::ACKNOWLEDGE_ANNOTATION;
use super::read::{Condition, Fields, Meta};

/// One restore request and how far the operator says it got.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Restore {
    /// Name, uid, annotations.
    pub meta: Meta,
    /// `spec.cluster`.
    pub cluster: String,
    /// `spec.source.key`: the full object key.
    pub key: String,
    /// `spec.source.target`.
    pub target: Target,
    /// `spec.image`, or `spec.executorImage` up to P4.
    pub image: Option<String>,
    /// `spec.jwtAuthRole`.
    pub jwt_auth_role: Option<String>,
    /// `spec.tokenSecretRef.name`.
    pub token_secret: Option<String>,
    /// `spec.force`.
    pub force: bool,
    /// `spec.overrideOperationLock`.
    pub override_operation_lock: bool,
    /// `status.phase`.
    pub phase: Phase,
    /// `status.message`.
    pub message: String,
    /// `status.startTime`.
    pub start_time: Option<Timestamp>,
    /// `status.completionTime`.
    pub completion_time: Option<Timestamp>,
    /// `status.execution` (0.5 and later).
    pub execution: Option<Execution>,
    /// `status.submissionClaim` (NEXT): present = the snapshot may have been submitted.
    pub submission_claim: Option<SubmissionClaim>,
    /// `status.administratorDisposition` (NEXT): `Resume` or `Abandon`, once.
    pub disposition: Option<String>,
    /// `status.conditions`.
    pub conditions: Vec<Condition>,
    /// What was of an unexpected type.
    pub problems: Vec<String>,
}

/// `status.phase`; absent reads as `Pending`, the schema's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String", into = "String")]
pub enum Phase {
    /// Not looked at yet.
    #[default]
    Pending,
    /// Preconditions and the lock.
    Validating,
    /// The Job runs or is about to.
    Running,
    /// The executor ended well: on no generation proof that the data is usable.
    Completed,
    /// It failed.
    Failed,
    /// 0.5 and later: outcome not known, the lock is kept by design.
    Unknown,
    /// A value this version of the tool does not know.
    Other(String),
}

impl Phase {
    /// The operator's word.
    pub fn as_str(&self) -> &str {
        match self {
            Phase::Pending => "Pending",
            Phase::Validating => "Validating",
            Phase::Running => "Running",
            Phase::Completed => "Completed",
            Phase::Failed => "Failed",
            Phase::Unknown => "Unknown",
            Phase::Other(text) => text,
        }
    }

    /// `Completed` and `Failed`: the controller never looks at the object again.
    pub fn is_final(&self) -> bool {
        matches!(self, Phase::Completed | Phase::Failed)
    }
}

impl From<String> for Phase {
    fn from(text: String) -> Phase {
        match text.as_str() {
            "" | "Pending" => Phase::Pending,
            "Validating" => Phase::Validating,
            "Running" => Phase::Running,
            "Completed" => Phase::Completed,
            "Failed" => Phase::Failed,
            "Unknown" => Phase::Unknown,
            _ => Phase::Other(text),
        }
    }
}

impl From<Phase> for String {
    fn from(phase: Phase) -> String {
        phase.as_str().to_owned()
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `status.execution`: the durable receipt of 0.5 and later.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// `Prepared`, `Committed`, `Created`, `TerminalObserved`, `FollowThroughComplete`, `Unknown`.
    pub stage: String,
    /// The Job's name: use it instead of guessing.
    pub job_name: Option<String>,
    /// The Job's uid.
    pub job_uid: Option<String>,
    /// `Succeeded` or `Failed`.
    pub terminal_result: Option<String>,
    /// Uid of the cluster at the commitment (NEXT).
    #[serde(default)]
    pub target_uid: Option<String>,
}

/// `status.submissionClaim`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SubmissionClaim {
    /// The pod the snapshot was to be submitted to.
    pub target_pod: Option<String>,
    /// Digest of what was to be submitted.
    pub digest: Option<String>,
    /// When the claim was written.
    pub claimed_at: Option<Timestamp>,
}

impl Restore {
    /// Reads a restore from its JSON; never fails.
    pub fn read(object: &Value) -> Restore {
        let top = Fields::of(object);
        let (spec, status) = (top.at("spec"), top.at("status"));
        let source = spec.at("source");
        let mut restore = Restore {
            meta: Meta::read(&top),
            cluster: spec.text("cluster").unwrap_or_default(),
            key: source.text("key").unwrap_or_default(),
            target: Target::read(&source.at("target")),
            image: spec.filled("image").or_else(|| spec.filled("executorImage")),
            jwt_auth_role: spec.filled("jwtAuthRole"),
            token_secret: spec.at("tokenSecretRef").filled("name"),
            force: spec.flag("force").unwrap_or(false),
            override_operation_lock: spec.flag("overrideOperationLock").unwrap_or(false),
            phase: status.text("phase").unwrap_or_default().into(),
            message: status.text("message").unwrap_or_default(),
            start_time: status.time("startTime"),
            completion_time: status.time("completionTime"),
            execution: status.at("execution").exists().then(|| Execution::read(&status.at("execution"))),
            submission_claim: status.at("submissionClaim").exists().then(|| SubmissionClaim::read(&status.at("submissionClaim"))),
            disposition: status.filled("administratorDisposition"),
            conditions: Condition::list(&status),
            problems: Vec::new(),
        };
        restore.problems = top.problems();
        restore
    }

    /// Whether this tool created it: only its objects carry a request's id.
    pub fn made_by_this_tool(&self) -> bool {
        self.meta.annotations.contains_key(super::names::audit::REQUEST_ID)
    }

    /// Whether the operator may still act on it: not final, and not released by an administrator.
    pub fn unfinished(&self) -> bool {
        !self.phase.is_final() && !self.released()
    }

    /// NEXT: `RecoveryReleased=True`: settled by Resume or Abandon, although the phase stays `Unknown`.
    pub fn released(&self) -> bool {
        self.conditions.iter().any(|c| c.kind == "RecoveryReleased" && c.status == "True")
    }

    /// The administrator's decision: recorded by the operator, or asked for and not taken yet (F§3.5).
    pub fn decided(&self) -> Option<&str> {
        let asked = || self.meta.annotations.get(ACKNOWLEDGE_ANNOTATION)?.rsplit_once('/').map(|(_, decision)| decision);
        self.disposition.as_deref().or_else(asked)
    }

    /// Its message, without the operator's own advice to look into a log and try again: that is no advice where the outcome
    /// is not known.
    pub fn told(&self) -> &str {
        self.message.split(". Check ").next().unwrap_or_default()
    }

    /// The Job's name: from `status.execution`, else by the rule `restore-<name>` (F§5.1).
    pub fn job_name(&self) -> String {
        match self.execution.as_ref().and_then(|e| e.job_name.clone()) {
            Some(name) => name,
            None => format!("restore-{}", self.meta.name),
        }
    }
}

impl Execution {
    fn read(execution: &Fields<'_>) -> Execution {
        Execution {
            stage: execution.text("stage").unwrap_or_default(),
            job_name: execution.filled("jobName"),
            job_uid: execution.filled("jobUID"),
            terminal_result: execution.filled("terminalResult"),
            target_uid: execution.filled("targetUID"),
        }
    }
}

impl SubmissionClaim {
    fn read(claim: &Fields<'_>) -> SubmissionClaim {
        SubmissionClaim {
            target_pod: claim.filled("targetPodName"),
            digest: claim.filled("digest"),
            claimed_at: claim.time("claimedAt"),
        }
    }
}
