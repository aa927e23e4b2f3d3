//! What needs attention in a cluster: one small check a function, worst found first.

use super::{Finding, Next, Severity, newest_first, progress, servers};
use crate::api::cluster::Cluster;
use crate::api::restore::{Phase, Restore};
use crate::api::text::{age, clean};
use crate::domain::evidence::Evidence;
use crate::domain::lock::{LockFinding, Verdict};
use crate::domain::restore::doubt::doubt;

/// The commands of a finding are written with the cluster's name and namespace.
pub(super) struct Words<'a> {
    cluster: &'a Cluster,
}

impl Words<'_> {
    pub(super) fn plugin(&self, command: &str, why: &str) -> Next {
        let (name, namespace) = (&self.cluster.meta.name, &self.cluster.meta.namespace);
        let (verb, flags) = command.split_once(' ').map_or((command, String::new()), |(v, f)| (v, format!(" {f}")));
        Next { command: format!("kubectl openbao {verb} {name} -n {namespace}{flags}"), why: why.into() }
    }

    /// `diagnose` of a subject.
    pub(super) fn diagnose(&self, subject: &str, why: &str) -> Next {
        let (name, namespace) = (&self.cluster.meta.name, &self.cluster.meta.namespace);
        Next { command: format!("kubectl openbao diagnose {subject} {name} -n {namespace}"), why: why.into() }
    }

    pub(super) fn kubectl(&self, command: &str, why: &str) -> Next {
        Next { command: format!("kubectl -n {} {command}", self.cluster.meta.namespace), why: why.into() }
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
    "lock-stale",
    "lock-halted",
    "lock-unknown",
    "rollback-under-way",
    "upgrade-under-way",
    "upgrade-again",
    "upgrade-failed",
    "restore-job-again",
    "restore-older-job",
    "restore-running",
    "restore-unknown",
    "restores-waiting",
    "operator-down",
    "backups-fail",
    "not-readable",
    "odd-fields",
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
    all.extend(servers::findings(evidence, cluster, &words));
    all.extend(readiness(cluster, &words));
    all.extend(lock.and_then(|l| lock_finding(evidence, l, &words)));
    all.extend(progress::findings(evidence, cluster, &words));
    all.extend(restores(evidence, &words));
    all.extend(operator(evidence));
    all.extend(backups(cluster));
    all.extend(not_readable(evidence));
    all.extend(odd_fields(cluster));
    all
}

fn break_glass(evidence: &Evidence, cluster: &Cluster, words: &Words<'_>) -> Option<Finding> {
    let active = cluster.active_break_glass()?;
    let since = active.entered_at.map_or(String::new(), |at| format!(" {} ago", age(evidence.since(at))));
    let why = "the cause, and what each way out really does; do not acknowledge before";
    Some(finding(
        "break-glass",
        Severity::Danger,
        format!("break glass was entered{since}: {}", clean(&active.reason)),
        vec![words.diagnose("rollback", why)],
    ))
}

fn readiness(cluster: &Cluster, words: &Words<'_>) -> Option<Finding> {
    let (ready, wanted) = (cluster.ready_replicas.unwrap_or(0), cluster.spec.replicas?);
    if cluster.phase == "Failed" {
        return Some(finding(
            "phase-failed",
            Severity::Danger,
            "the operator calls the cluster Failed".into(),
            vec![words.kubectl(&format!("describe openbaocluster {}", cluster.meta.name), "conditions and events")],
        ));
    }
    (ready < wanted).then(|| {
        let severity = if 2 * ready > wanted { Severity::Attention } else { Severity::Danger };
        finding(
            "not-ready",
            severity,
            format!("{ready} of {wanted} servers are ready"),
            vec![words.kubectl(&format!("get pods -l openbao.org/cluster={}", cluster.meta.name), "which are not")],
        )
    })
}

fn lock_finding(evidence: &Evidence, lock: &LockFinding, words: &Words<'_>) -> Option<Finding> {
    let held = lock.lock.acquired_at.map_or(String::new(), |at| format!(" for {}", age(evidence.since(at))));
    let operation = with_article(&clean(&lock.lock.operation));
    let text = match lock.verdict {
        Verdict::Live => return None,
        Verdict::Stale => {
            format!("{operation} lock has been held{held} and nobody works under it; backups, upgrades and restores wait for it")
        }
        Verdict::Halted => format!("{operation} lock has been held{held}; its work is stopped and waits for a person"),
        Verdict::Unknown => format!("{operation} lock has been held{held}; whether anybody works under it is not known"),
    };
    let next = match lock.lock.restore_name() {
        Some(_) => vec![words.diagnose("lock", "who holds it and what frees it; an override never clears this lock")],
        None => vec![
            words.diagnose("lock", "who works under it, and what frees it"),
            words.plugin("restore --override-lock", "if you came to restore"),
        ],
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
    let queued = waiting.iter().filter(|r| matches!(r.phase, Phase::Pending | Phase::Validating)).count();
    if queued > 0 {
        let text = format!(
            "{queued} restore{} wait{} and will run by {} when the lock comes free",
            plural(queued, "", "s"),
            plural(queued, "s", ""),
            plural(queued, "itself", "themselves")
        );
        all.push(finding(
            "restores-waiting",
            Severity::Attention,
            text,
            vec![words.kubectl("get openbaorestores", "delete those that must not run")],
        ));
    }
    all
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

fn backups(cluster: &Cluster) -> Option<Finding> {
    let failures = cluster.backup.failures.filter(|f| *f > 0)?;
    let reason = cluster.backup.last_failure.as_deref().map_or(String::new(), |r| format!(": {}", clean(r)));
    Some(finding("backups-fail", Severity::Attention, format!("the last {failures} backups failed{reason}"), Vec::new()))
}

/// What hides the state of the data is itself worth attention; a hidden operator version is not.
fn not_readable(evidence: &Evidence) -> Option<Finding> {
    let hidden = [("pods", evidence.pods.unknown()), ("restores", evidence.restores.unknown())];
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
