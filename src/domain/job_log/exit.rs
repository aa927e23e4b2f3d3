//! What an exit code says together with the lines.

use serde::Serialize;

use super::{Findings, Submitted};

/// What an exit code of an executor says together with its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExitMeaning {
    /// For people.
    pub text: String,
    /// What to do, where that is known.
    pub action: Option<&'static str>,
    /// Whether the snapshot may have reached the cluster's data.
    pub submitted: Submitted,
}

/// What an exit code means. The lines decide: a code alone proves nothing (F§15.2.10: exit 2 was also seen when the
/// Job's limit ended a run).
pub fn exit_meaning(code: Option<i64>, findings: &Findings) -> ExitMeaning {
    let submitted = findings.submitted();
    if code == Some(0) {
        return ExitMeaning { text: "the executor says it is done".into(), action: None, submitted };
    }
    if let Some(cause) = findings.cause() {
        return ExitMeaning { text: cause.meaning.to_owned(), action: Some(cause.action), submitted };
    }
    let area = match code {
        // The upgrade executor has one code for everything (F§6.1).
        Some(2) if findings.upgrade_furthest.is_some() => "the upgrade executor failed",
        Some(1) => "configuration, or anything without a code of its own",
        Some(2) => "logging in, or the run was ended from outside",
        Some(3) => "finding the leader",
        Some(4) => "taking or restoring the snapshot",
        Some(5) => "the object store",
        Some(6) => "verification",
        Some(137) => "killed: out of memory, or removed",
        Some(143) => "ended by the cluster",
        _ => "not known",
    };
    let code = code.map_or_else(|| "no exit code".to_owned(), |code| format!("exit {code}"));
    ExitMeaning { text: format!("{code} ({area}); no line says why, so this is a guess"), action: None, submitted }
}
