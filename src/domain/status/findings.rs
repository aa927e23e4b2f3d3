//! What needs attention in a cluster: one small check a function, worst found first.

use std::time::Duration;

use super::{Finding, Next, Severity, newest_first, progress, servers};
use crate::api::cluster::Cluster;
use crate::api::names::audit;
use crate::api::restore::{Phase, Restore};
use crate::api::text::{age, clean, quote};
use crate::domain::breakglass::{self, State};
use crate::domain::evidence::Evidence;
use crate::domain::hazards;
use crate::domain::lock::{LockFinding, Verdict};
use crate::domain::restore::doubt::doubt;
use crate::domain::restore::offer::may_offer_override;
use crate::domain::restore::preflight::orphan_job;

/// The commands of a finding are written with the cluster's name and namespace, each one word to a shell: whoever is afraid
/// pastes what is shown, and what is in a report or comes from a server need not be a name.
pub(super) struct Words<'a> {
    cluster: &'a Cluster,
}

impl Words<'_> {
    fn place(&self) -> (String, String) {
        (quote(&self.cluster.meta.name), quote(&self.cluster.meta.namespace))
    }

    pub(super) fn plugin(&self, command: &str, why: &str) -> Next {
        let (name, namespace) = self.place();
        let (verb, flags) = command.split_once(' ').map_or((command, String::new()), |(v, f)| (v, format!(" {f}")));
        Next { command: format!("kubectl openbao {verb} {name} -n {namespace}{flags}"), why: why.into() }
    }

    /// `diagnose` of a subject.
    pub(super) fn diagnose(&self, subject: &str, why: &str) -> Next {
        let (name, namespace) = self.place();
        Next { command: format!("kubectl openbao diagnose {subject} {name} -n {namespace}"), why: why.into() }
    }

    /// About another object than the cluster.
    pub(super) fn about(&self, verb: &str, name: &str, why: &str) -> Next {
        let (_, namespace) = self.place();
        Next { command: format!("kubectl openbao {verb} {} -n {namespace}", quote(name)), why: why.into() }
    }

    /// The names in the command are words already.
    pub(super) fn kubectl(&self, command: &str, why: &str) -> Next {
        Next { command: format!("kubectl -n {} {command}", self.place().1), why: why.into() }
    }
}

/// Every code a finding can have; `docs/status-findings.md` explains each (a test compares the two).
pub const CODES: &[&str] = &[
    "break-glass",
    "no-servers",
    "sealed",
    "several-leaders",
    "no-leader",
    "silent-server",
    "split-cluster",
    "clock-skew",
    "phase-failed",
    "not-ready",
    "paused",
    "removed-server",
    "resolution-under-way",
    "lock-stale",
    "lock-halted",
    "lock-unknown",
    "rollback-under-way",
    "upgrade-under-way",
    "upgrade-again",
    "upgrade-failed",
    "restore-failed",
    "restore-job-again",
    "restore-older-job",
    "restore-running",
    "restore-stuck",
    "restore-unknown",
    "restores-waiting",
    "operator-down",
    "backups-fail",
    "not-readable",
    "odd-fields",
    "version-reverted",
];

pub(super) fn finding(code: &str, severity: Severity, text: String, next: Vec<Next>) -> Finding {
    debug_assert!(CODES.contains(&code), "{code} is not listed");
    Finding { code: code.into(), severity, text, next }
}

/// Everything worth saying, in no order.
pub(super) fn findings(evidence: &Evidence, cluster: &Cluster, lock: Option<&LockFinding>) -> Vec<Finding> {
    let words = Words { cluster };
    let mut all = Vec::new();
    all.extend(break_glass(evidence, cluster, &words));
    all.extend(version_reverted(cluster, &words));
    all.extend(servers::findings(evidence, cluster, &words));
    all.extend(servers::future(evidence, cluster));
    all.extend(readiness(evidence, cluster, &words));
    all.extend(resolution(cluster, &words));
    all.extend(lock.and_then(|l| lock_finding(evidence, l, &words)));
    all.extend(progress::findings(evidence, cluster, &words));
    all.extend(restores(evidence, &words));
    all.extend(operator(evidence));
    all.extend(backups(cluster, &words));
    all.extend(paused(cluster));
    all.extend(not_readable(evidence));
    all.extend(odd_fields(cluster));
    all
}

fn break_glass(evidence: &Evidence, cluster: &Cluster, words: &Words<'_>) -> Option<Finding> {
    let active = cluster.active_break_glass()?;
    let since = active.entered_at.map_or(String::new(), |at| format!(" {} ago", evidence.ago(at)));
    let state = breakglass::state(evidence);
    let (acknowledged, why) = match &state {
        Some(State::ActiveAckPending { held_by }) => {
            let held = if held_by.is_empty() { "the operator takes it within seconds".into() } else { held_by.join("; ") };
            (format!("; spec.breakGlassAck acknowledges it already ({held})"), "what that acknowledgement starts")
        }
        _ => (String::new(), "the cause, and what each way out really does; do not acknowledge before"),
    };
    let withdrawal = state.and_then(|state| breakglass::withdrawal(evidence, &state)).map(Next::from);
    Some(finding(
        "break-glass",
        Severity::Danger,
        format!("break glass was entered{since}: {}{acknowledged}", clean(&active.reason)),
        [words.diagnose("rollback", why)].into_iter().chain(withdrawal).collect(),
    ))
}

/// F§4.7, seen on JAN: nothing repairs Raft then.
fn version_reverted(cluster: &Cluster, words: &Words<'_>) -> Option<Finding> {
    let wanted = cluster.spec.version.as_deref();
    hazards::version_is_reverted(cluster, wanted).then(|| {
        let who = if cluster.active_break_glass().is_some() { "an acknowledgement" } else { "the operator" };
        let text = format!(
            "spec.version was set back to {} in the middle of an upgrade: {who} deletes Green without repairing Raft",
            clean(wanted.unwrap_or("?"))
        );
        finding(
            "version-reverted",
            Severity::Danger,
            text,
            vec![words.diagnose("rollback", "what that does here, and what to set")],
        )
    })
}

fn resolution(cluster: &Cluster, words: &Words<'_>) -> Option<Finding> {
    cluster.meta.annotations.contains_key(audit::RESOLVE).then(|| {
        let text = "a resolution by restore is under way: it may have paused the cluster and stopped the operator on purpose";
        let next = vec![
            words.plugin("resolve --path restore", "goes on where it stopped"),
            words.plugin("resolve --abort", "gives it up: pause and replicas go back to what they were"),
        ];
        finding("resolution-under-way", Severity::Attention, text.into(), next)
    })
}

/// What pause means while break glass is active is said with break glass.
fn paused(cluster: &Cluster) -> Option<Finding> {
    let paused = cluster.spec.paused && cluster.active_break_glass().is_none();
    paused.then(|| finding("paused", Severity::Note, "automation is paused (spec.paused)".into(), Vec::new()))
}

fn readiness(evidence: &Evidence, cluster: &Cluster, words: &Words<'_>) -> Option<Finding> {
    let wanted = cluster.spec.replicas?;
    if cluster.phase == "Failed" {
        return Some(finding(
            "phase-failed",
            Severity::Danger,
            "the operator calls the cluster Failed".into(),
            vec![words.kubectl(&format!("describe openbaocluster {}", quote(&cluster.meta.name)), "conditions and events")],
        ));
    }
    let (severity, text) = match servers::ready(evidence, cluster) {
        Some(ready) if ready >= wanted => return None,
        Some(ready) if 2 * ready > wanted => (Severity::Attention, format!("{ready} of {wanted} servers are ready")),
        Some(ready) => (Severity::Danger, format!("{ready} of {wanted} servers are ready")),
        None => (Severity::Attention, format!("how many of the {wanted} servers are ready is not known")),
    };
    let selector = format!("openbao.org/cluster={},!openbao.org/component", cluster.meta.name);
    let pods = format!("get pods -l {}", quote(&selector));
    Some(finding("not-ready", severity, text, vec![words.kubectl(&pods, "which are not ready")]))
}

const OVERRIDE: &str = "if you came to restore: it loses every write since the snapshot";

fn lock_finding(evidence: &Evidence, lock: &LockFinding, words: &Words<'_>) -> Option<Finding> {
    let held = lock.lock.acquired_at.map_or(String::new(), |at| format!(" for {}", evidence.ago(at)));
    let operation = with_article(&clean(&lock.lock.operation));
    // Its own holder takes it again (F§4.5); Backup locks that leak stop backups all the same (F§15.2.2).
    let who = if lock.lock.operation == "Upgrade" { "backups and restores" } else { "backups, upgrades and restores" };
    let whom = if evidence.operator_alive() == Some(false) { "the operator" } else { "a person" };
    let text = match lock.verdict {
        Verdict::Live => return None,
        Verdict::Stale => format!("{operation} lock has been held{held} and nobody works under it; {who} wait for it"),
        Verdict::Halted => format!("{operation} lock has been held{held}; its work is stopped and waits for {whom}"),
        Verdict::Unknown => format!("{operation} lock has been held{held}; whether anybody works under it is not known"),
    };
    let next = match lock.lock.restore_name() {
        Some(_) => vec![words.diagnose("lock", "who holds it and what frees it; an override never clears this lock")],
        None => {
            let over = may_offer_override(evidence).then(|| words.plugin("restore --override-lock", OVERRIDE));
            [words.diagnose("lock", "who works under it, and what frees it")].into_iter().chain(over).collect()
        }
    };
    Some(finding(&format!("lock-{}", lock.verdict.as_str()), Severity::Attention, text, next))
}

/// `an Upgrade`, `a Backup`.
fn with_article(operation: &str) -> String {
    let article = if operation.starts_with(['A', 'E', 'I', 'O', 'U', 'a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {operation}")
}

fn restores(evidence: &Evidence, words: &Words<'_>) -> Vec<Finding> {
    let waiting: Vec<&Restore> = evidence.unfinished_restores();
    let newest = newest_first(evidence.restores.each());
    let doubt = newest.first().and_then(|newest| doubt(evidence, newest));
    let why = "what its Job really did";
    let mut all: Vec<Finding> =
        doubt.map(|d| finding(d.code, Severity::Attention, d.text, vec![words.diagnose("restore", why)])).into_iter().collect();
    for restore in waiting.iter().filter(|r| r.phase == Phase::Unknown) {
        let text = format!("the outcome of restore {} is unknown and waits for a person", clean(&restore.meta.name));
        all.push(finding(
            "restore-unknown",
            Severity::Attention,
            text,
            vec![words.diagnose("restore", "what is known of its outcome, and how to settle it")],
        ));
    }
    all.extend(newest.first().and_then(|newest| failed(evidence, newest, words)));
    all.extend(queued(&waiting, words));
    all
}

/// So long ago a failed restore is history.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn failed(evidence: &Evidence, newest: &Restore, words: &Words<'_>) -> Option<Finding> {
    let ago = newest.completion_time.or(newest.meta.created_at).map(|at| evidence.since(at));
    let orphan = orphan_job(evidence).filter(|(_, restore)| restore.is_some_and(|r| r.meta.name == newest.meta.name));
    let told = newest.phase == Phase::Failed && (orphan.is_some() || ago.is_none_or(|ago| ago < DAY));
    told.then(|| {
        let when = ago.map_or(String::new(), |ago| format!(" {} ago", age(ago)));
        let (severity, still) = match orphan {
            Some((job, _)) => (Severity::Danger, format!("; but its Job {} still runs, and may submit the snapshot", clean(job))),
            None => (Severity::Attention, String::new()),
        };
        let text = format!("the newest restore, {}, failed{when}{still}", clean(&newest.meta.name));
        finding("restore-failed", severity, text, vec![words.diagnose("restore", "why, and whether it touched the data")])
    })
}

fn queued(unfinished: &[&Restore], words: &Words<'_>) -> Option<Finding> {
    let queued = unfinished.iter().filter(|r| matches!(r.phase, Phase::Pending | Phase::Validating));
    let names: Vec<String> = queued.map(|r| quote(&clean(&r.meta.name))).collect();
    let count = names.len();
    let text = format!(
        "{count} restore{} wait{} and will run by {} when the lock comes free",
        plural(count, "", "s"),
        plural(count, "s", ""),
        plural(count, "itself", "themselves")
    );
    let next =
        words.kubectl(&format!("delete openbaorestore {}", names.join(" ")), "what must not run, before the lock is freed");
    (count > 0).then(|| finding("restores-waiting", Severity::Attention, text, vec![next]))
}

fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

fn operator(evidence: &Evidence) -> Option<Finding> {
    (evidence.operator_alive() == Some(false)).then(|| {
        let text = "the operator is not running: nothing is upgraded, backed up, restored or released".to_owned();
        let next = Next {
            command: "kubectl get deployments -A -l app.kubernetes.io/name=openbao-operator".into(),
            why: "whether it was scaled down or crashes".into(),
        };
        finding("operator-down", Severity::Attention, text, vec![next])
    })
}

fn backups(cluster: &Cluster, words: &Words<'_>) -> Option<Finding> {
    let failures = cluster.backup.failures.filter(|f| *f > 0)?;
    let reason = cluster.backup.last_failure.as_deref().map_or(String::new(), |r| format!(": {}", clean(r)));
    let last = if failures == 1 { "the last backup".to_owned() } else { format!("the last {failures} backups") };
    let next = words.plugin("logs --job backup", "what the last one said");
    Some(finding("backups-fail", Severity::Attention, format!("{last} failed{reason}"), vec![next]))
}

/// What hides the state of the data is itself worth attention; a hidden operator version is not.
fn not_readable(evidence: &Evidence) -> Option<Finding> {
    let mute = servers::all_mute(evidence).then(|| "no labels, and none was asked".to_owned());
    let hidden = [
        ("pods", evidence.pods.unknown()),
        ("whether any server is unsealed or leads", mute),
        ("restores", evidence.restores.unknown()),
    ];
    let hidden: Vec<String> =
        hidden.into_iter().filter_map(|(what, why)| why.map(|w| format!("{what} ({})", clean(&w)))).collect();
    (!hidden.is_empty()).then(|| {
        finding(
            "not-readable",
            Severity::Attention,
            format!("not everything could be read, so nothing is called fine: {}", hidden.join(", ")),
            Vec::new(),
        )
    })
}

fn odd_fields(cluster: &Cluster) -> Option<Finding> {
    (!cluster.problems.is_empty()).then(|| {
        finding(
            "odd-fields",
            Severity::Note,
            format!("fields of an unexpected type were passed over: {}", clean(&cluster.problems.join("; "))),
            Vec::new(),
        )
    })
}
