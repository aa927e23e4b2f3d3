//! The phases of a followed restore, and how one is held in each of them.

use serde_json::Value;

use crate::harness::{Side, Stop};

/// Where a restore is when the fault comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The evidence is being gathered.
    Looking,
    /// Consent is given, and everything is looked at again; the dry run is under way.
    LookingAgain,
    /// The create has left the plugin and not reached the API server.
    Creating,
    /// The object exists, and its answer is on the way.
    Created,
    /// The operator has not taken the object yet.
    Pending,
    /// The operator validates.
    Validating,
    /// The restore runs and has no Job yet.
    BeforeJob,
    /// The Job has no pod yet.
    BeforePod,
    /// The executor's log is being followed.
    Logs,
    /// The Job has succeeded, and the operator has not said `Completed`.
    BeforeCompleted,
    /// The operator has said so, and the servers are about to be looked at.
    Verifying,
}

/// What the API server knows of a restore under way.
#[derive(Debug)]
pub struct Seen {
    /// Its phase, once it exists.
    pub phase: Option<String>,
    /// Its Job.
    pub job: Option<Value>,
    /// Whether the plugin watches it.
    pub watched: bool,
    /// Whether the plugin reads the log.
    pub log_read: bool,
}

impl Phase {
    /// All, in order.
    pub const ALL: [Phase; 11] = [
        Phase::Looking,
        Phase::LookingAgain,
        Phase::Creating,
        Phase::Created,
        Phase::Pending,
        Phase::Validating,
        Phase::BeforeJob,
        Phase::BeforePod,
        Phase::Logs,
        Phase::BeforeCompleted,
        Phase::Verifying,
    ];

    /// A word for names.
    pub fn word(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// The plugin's own request that is stopped on its way.
    pub fn stop(self) -> Option<Stop> {
        let create = |line: &str| line.starts_with("POST ") && line.contains("/openbaorestores?") && !line.contains("dryRun");
        let stop = |side, fits: fn(&str) -> bool| Some(Stop { side, after: None, fits });
        match self {
            Phase::Looking => stop(Side::Request, reads_cluster),
            Phase::LookingAgain => stop(Side::Request, |line| line.starts_with("POST ") && line.contains("dryRun=All")),
            Phase::Creating => stop(Side::Request, create),
            Phase::Created => stop(Side::Answer, create),
            Phase::Verifying => Some(Stop { side: Side::Request, after: Some(r#""phase":"Completed""#), fits: reads_cluster }),
            _ => None,
        }
    }

    /// The write of somebody else that is refused until the fault is over.
    pub fn hold(self) -> Option<&'static str> {
        match self {
            Phase::Pending => Some("Validating"),
            Phase::Validating => Some("Running"),
            Phase::BeforeJob => Some("Job"),
            Phase::BeforePod => Some("Pod"),
            Phase::BeforeCompleted => Some("Completed"),
            _ => None,
        }
    }

    /// Whether a restore that nothing stops at the turnstile is in this phase, with the plugin behind it.
    pub fn is_reached(self, seen: &Seen) -> bool {
        let phase = seen.phase.as_deref();
        let succeeded = seen.job.as_ref().is_some_and(|job| job["status"]["succeeded"] == 1);
        seen.watched
            && match self {
                Phase::Pending => phase == Some(""),
                Phase::Validating => phase == Some("Validating"),
                Phase::BeforeJob => phase == Some("Running") && seen.job.is_none(),
                Phase::BeforePod => seen.job.is_some(),
                Phase::Logs => seen.log_read,
                Phase::BeforeCompleted => phase == Some("Running") && succeeded,
                _ => false,
            }
    }
}

fn reads_cluster(line: &str) -> bool {
    line.starts_with("GET ") && line.contains("/openbaoclusters/prod")
}
