//! How findings and commands are put into words.

use super::facts::Facts;
use super::{Finding, Path};
use crate::api::cluster::Cluster;
pub(super) use crate::api::text::quote as word;
use crate::api::text::{age, clean};
use crate::domain::evidence::Evidence;
use crate::domain::status::{Next, Severity};

/// Every code a finding of this module can have; each has a page in `docs/findings` (a test compares the two). Findings
/// that are a line of a log have that line's own code and are explained in `docs/findings/logs.md`.
pub const CODES: &[&str] = &[
    "ack-mismatch",
    "ack-waits",
    "ack-waits-for-lock",
    "blue-peers-removed",
    "break-glass",
    "cause-passed",
    "blue-repaired",
    "cause-unknown",
    "dead-members",
    "earlier-tries-unknown",
    "executor-exit",
    "executor-stuck",
    "failed-again",
    "green-leads",
    "green-votes",
    "leader-seen",
    "lock-free",
    "lock-halted",
    "lock-live",
    "lock-stale",
    "lock-unknown",
    "log-cut",
    "log-gone",
    "log-unread",
    "members-missing",
    "no-leader",
    "no-servers",
    "not-readable",
    "odd-fields",
    "operator-down",
    "operator-error",
    "paused",
    "promotion-waits",
    "quorum-lost",
    "quorum-margin",
    "reason-unknown",
    "removed-server",
    "resolution-under-way",
    "restore-blind-to-blue-green",
    "restore-failed",
    "restore-job-again",
    "restore-none",
    "restore-older-job",
    "restore-running",
    "restore-settled",
    "restore-unknown",
    "restore-waits",
    "restores-waiting",
    "rolling-failed",
    "rolling-under-way",
    "rollback-under-way",
    "sealed",
    "separate-clusters",
    "servers-restart",
    "several-leaders",
    "side-without-majority",
    "silent-server",
    "snapshot-known",
    "snapshot-missing",
    "snapshot-unknown",
    "status-out-of-date",
    "upgrade-held",
    "upgrade-loop",
    "upgrade-under-way",
    "version-reverted",
];

/// A finding with a code of this module.
pub(super) fn finding(code: &str, severity: Severity, source: impl Into<String>, text: impl Into<String>) -> Finding {
    debug_assert!(CODES.contains(&code), "{code} is not listed");
    of_line(code, severity, source, text)
}

/// A finding with a code of a log line.
pub(super) fn of_line(code: &str, severity: Severity, source: impl Into<String>, text: impl Into<String>) -> Finding {
    Finding {
        code: code.into(),
        severity,
        speaks_for: Vec::new(),
        speaks_against: Vec::new(),
        text: text.into(),
        source: source.into(),
        line: None,
        next: Vec::new(),
    }
}

impl Finding {
    pub(super) fn speaking_for(mut self, paths: &[Path]) -> Finding {
        self.speaks_for.extend_from_slice(paths);
        self
    }

    pub(super) fn speaking_against(mut self, paths: &[Path]) -> Finding {
        self.speaks_against.extend_from_slice(paths);
        self
    }

    pub(super) fn resting_on(mut self, line: &str) -> Finding {
        self.line = Some(line.to_owned());
        self
    }

    pub(super) fn then(mut self, next: Next) -> Finding {
        self.next.push(next);
        self
    }
}

/// Text as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(clean(text).into_owned()).to_string()
}

/// Commands written with the cluster's name and namespace.
pub(super) struct Words<'a> {
    cluster: &'a Cluster,
}

impl<'a> Words<'a> {
    pub fn of(cluster: &'a Cluster) -> Words<'a> {
        Words { cluster }
    }

    /// `kubectl openbao VERB CLUSTER -n NAMESPACE FLAGS`; VERB may be of several words.
    pub fn plugin(&self, verb: &str, flags: &str, why: &str) -> Next {
        let (name, namespace) = (word(&self.cluster.meta.name), word(&self.cluster.meta.namespace));
        let flags = if flags.is_empty() { String::new() } else { format!(" {flags}") };
        Next { command: format!("kubectl openbao {verb} {name} -n {namespace}{flags}"), why: why.into() }
    }

    /// The same about another object than the cluster: a restore.
    pub fn about(&self, verb: &str, object: &str, flags: &str, why: &str) -> Next {
        let flags = if flags.is_empty() { String::new() } else { format!(" {flags}") };
        let namespace = word(&self.cluster.meta.namespace);
        Next { command: format!("kubectl openbao {verb} {} -n {namespace}{flags}", word(object)), why: why.into() }
    }

    /// `kubectl -n NAMESPACE …`.
    pub fn kubectl(&self, command: &str, why: &str) -> Next {
        Next { command: format!("kubectl -n {} {command}", word(&self.cluster.meta.namespace)), why: why.into() }
    }

    /// A merge patch of the cluster.
    pub fn patch(&self, patch: &str, why: &str) -> Next {
        self.kubectl(&format!("patch openbaocluster {} --type merge -p {}", word(&self.cluster.meta.name), word(patch)), why)
    }
}

/// The Jobs of a component of this cluster.
pub(super) fn jobs(facts: &Facts<'_>, component: &str, why: &str) -> Next {
    let cluster = clean(&facts.cluster.meta.name);
    let selector = word(&format!("openbao.org/cluster={cluster},openbao.org/component={component}"));
    Words::of(facts.cluster).kubectl(&format!("get jobs -l {selector}"), why)
}

/// A pause of the cluster; what else is advised must not wait and watch meanwhile.
pub(super) const PAUSE: &str = "{\"spec\":{\"paused\":true}}";

/// ` 14m ago`, or nothing when the time is not known.
pub(super) fn ago(evidence: &Evidence, at: Option<jiff::Timestamp>) -> String {
    at.map_or(String::new(), |at| match evidence.is_to_come(at) {
        true => format!(" at {at}, which is yet to come: clocks differ"),
        false => format!(" {} ago", age(evidence.since(at))),
    })
}
