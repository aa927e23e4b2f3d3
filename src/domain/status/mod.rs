//! `status`: what a person needs to know of one cluster, worst first, each with where it was read.

mod detail;
mod findings;
mod progress;
mod servers;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::breakglass;
use super::evidence::Evidence;
use super::lock::{self, LockFinding};
use crate::api::names::SnapshotKey;
use crate::api::restore::{Phase, Restore};
use crate::api::text::clean;

pub use detail::{AnswerDetail, Detail, OperatorDetail, PodDetail, RestoreDetail, detail};
pub use findings::CODES;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Somebody should act.
    Attention,
    /// Service or data at risk now.
    Danger,
}

/// One thing that needs attention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable code.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// One line for people.
    pub text: String,
    /// Commands to go on with, each with why.
    pub next: Vec<Next>,
}

/// A command that can be pasted and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Next {
    /// The command.
    pub command: String,
    /// Why one would run it.
    pub why: String,
}

impl From<breakglass::NextStep> for Next {
    fn from(step: breakglass::NextStep) -> Next {
        Next { command: step.command, why: step.purpose }
    }
}

/// A cluster's status, for all views.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterStatus {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// The operator's coarse phase.
    pub phase: String,
    /// Version of the last completed upgrade.
    pub version: Option<String>,
    /// Ready servers: by their pods, else by the cluster's status.
    pub ready: Option<i64>,
    /// Wanted servers.
    pub replicas: Option<i64>,
    /// Servers that lead by their own word: asked directly where that was possible, else by their labels. `None` when the
    /// pods could not be read or say nothing.
    pub leaders: Option<Vec<String>>,
    /// Sealed servers, by the same word; `None` when the pods could not be read or say nothing.
    pub sealed: Option<usize>,
    /// Active break glass.
    pub break_glass: Option<BreakGlassSummary>,
    /// The lock and its verdict.
    pub lock: Option<LockFinding>,
    /// The newest restore.
    pub restore: Option<RestoreSummary>,
    /// When the cluster was created.
    pub created_at: Option<Timestamp>,
    /// When this was observed.
    pub observed_at: Timestamp,
    /// What needs attention, worst first.
    pub findings: Vec<Finding>,
    /// Sources that could not be read, and why.
    pub unread: Vec<String>,
}

/// Active break glass in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BreakGlassSummary {
    /// Reason, verbatim.
    pub reason: String,
    /// When it was entered.
    pub entered_at: Option<Timestamp>,
}

/// One restore in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestoreSummary {
    /// Name.
    pub name: String,
    /// Phase.
    pub phase: Phase,
    /// When it was created.
    pub created_at: Option<Timestamp>,
}

impl ClusterStatus {
    /// The worst severity; `None` when there is nothing to say.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|f| f.severity).max()
    }

    /// Whether somebody should act: what `--exit-code` reports with 3.
    pub fn needs_attention(&self) -> bool {
        self.worst() >= Some(Severity::Attention)
    }
}

/// Sums up the evidence of one cluster. `None` when the cluster itself was not read.
pub fn sum_up(evidence: &Evidence) -> Option<ClusterStatus> {
    let cluster = evidence.cluster.value()?;
    let servers = servers::servers(evidence).filter(|_| !servers::all_mute(evidence));
    let lock = lock::judge(evidence);
    let mut findings = findings::findings(evidence, cluster, lock.as_ref());
    findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    Some(ClusterStatus {
        namespace: cluster.meta.namespace.clone(),
        name: cluster.meta.name.clone(),
        phase: cluster.phase.clone(),
        version: cluster.current_version.clone().or_else(|| cluster.spec.version.clone()),
        ready: servers::ready(evidence, cluster),
        replicas: cluster.spec.replicas,
        leaders: servers
            .as_ref()
            .map(|all| all.iter().filter(|s| s.active() == Some(true)).map(|s| s.pod.meta.name.clone()).collect()),
        sealed: servers.as_ref().map(|all| all.iter().filter(|s| s.sealed() == Some(true)).count()),
        break_glass: cluster
            .active_break_glass()
            .map(|b| BreakGlassSummary { reason: b.reason.clone(), entered_at: b.entered_at }),
        lock,
        restore: newest(evidence.restores.each()).map(|r| RestoreSummary {
            name: r.meta.name.clone(),
            phase: r.phase.clone(),
            created_at: r.meta.created_at,
        }),
        created_at: cluster.meta.created_at,
        observed_at: evidence.observed_at,
        findings,
        unread: unread(evidence),
    })
}

/// Restores newest first.
pub fn newest_first(restores: &[Restore]) -> Vec<&Restore> {
    let mut sorted: Vec<&Restore> = restores.iter().collect();
    sorted.sort_by(|a, b| (b.meta.created_at, &b.meta.name).cmp(&(a.meta.created_at, &a.meta.name)));
    sorted
}

fn newest(restores: &[Restore]) -> Option<&Restore> {
    newest_first(restores).first().copied()
}

fn unread(evidence: &Evidence) -> Vec<String> {
    let mut unread = Vec::new();
    let mut note = |what: &str, why: Option<String>| unread.extend(why.map(|why| format!("{what}: {}", clean(&why))));
    note("pods", evidence.pods.unknown());
    note("servers' own answers", servers::why_not_asked(evidence));
    note("restores", evidence.restores.unknown());
    note("jobs", evidence.jobs.unknown());
    note("operator deployment", evidence.operator.unknown());
    note("operator lease", evidence.lease.unknown());
    note("schema", evidence.schema.unknown());
    let backup = evidence.cluster.value().and_then(|c| c.problems.iter().find(|p| p.starts_with("status.backup")));
    note("backups", backup.cloned());
    unread
}

/// The newest backup known: by the cluster's status, or by a backup Job that ended well, whose annotation names the key.
/// On JAN the status stays at the first backup (F§15.2.2), and its time is when the operator noticed (F§15.2.14): the
/// key's own timestamp counts.
pub fn last_backup(evidence: &Evidence) -> Option<(&str, Option<Timestamp>)> {
    let by_status = evidence.cluster.value().and_then(|c| c.backup.last_name.as_deref());
    let ended_well = evidence.jobs.each().iter().filter(|j| j.component() == "backup" && j.succeeded > 0);
    let by_job = ended_well.filter_map(|j| j.meta.annotations.get("openbao.org/backup-key").map(String::as_str));
    let dated = by_status.into_iter().chain(by_job).map(|key| (key, SnapshotKey::parse(key).map(|k| k.taken_at)));
    dated.max_by_key(|(_, at)| *at)
}

fn is_progress(code: &str) -> bool {
    matches!(code, "upgrade-under-way" | "restore-running")
}

/// The first line of the single view: what is wrong, or that nothing is.
pub fn headline(status: &ClusterStatus) -> String {
    let place = format!("{} in namespace {}", status.name, status.namespace);
    let dangers = status.findings.iter().filter(|f| f.severity == Severity::Danger).count();
    match status.findings.first() {
        None => format!("{place}: healthy."),
        // Health is not claimed over what is changing right now.
        Some(first) if first.severity == Severity::Note => match status.findings.iter().find(|f| is_progress(&f.code)) {
            Some(progress) => format!("{place}: nothing wrong is seen; {}.", progress.text),
            None => format!("{place}: healthy."),
        },
        Some(first) if dangers > 0 => format!("{place}: {}.", first.text),
        Some(first) if first.code == "not-readable" => format!("{place}: {}.", first.text),
        Some(first) => {
            // Only servers that were looked at are said to serve.
            let serving = if status.leaders.is_some() { "serving, but " } else { "" };
            match first.code.starts_with("lock-") {
                true => format!("{place}: {serving}locked. {}.", capital(&first.text)),
                false => format!("{place}: {serving}{}.", first.text),
            }
        }
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |c| c.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests;
