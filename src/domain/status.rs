//! `status`: what a person needs to know of one cluster, worst first, each with where it was read.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, Item};
use super::lock::{self, LockFinding, Verdict};
use crate::api::cluster::Cluster;
use crate::api::names::SnapshotKey;
use crate::api::restore::{Phase, Restore};
use crate::api::text::{age, clean};
use crate::api::workload::Pod;

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
    /// Ready servers by the cluster's status.
    pub ready: Option<i64>,
    /// Wanted servers.
    pub replicas: Option<i64>,
    /// Servers that call themselves active; `None` when the pods could not be read.
    pub leaders: Option<Vec<String>>,
    /// Sealed servers by their own labels; `None` when the pods could not be read.
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
    let pods = evidence.pods.value();
    let lock = lock::judge(evidence);
    let mut findings = findings(evidence, cluster, lock.as_ref());
    findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    Some(ClusterStatus {
        namespace: cluster.meta.namespace.clone(),
        name: cluster.meta.name.clone(),
        phase: cluster.phase.clone(),
        version: cluster.current_version.clone().or_else(|| cluster.spec.version.clone()),
        ready: cluster.ready_replicas,
        replicas: cluster.spec.replicas,
        leaders: pods.map(|pods| names(pods.iter().filter(|p| p.server_label("active") == Some(true)))),
        sealed: pods.map(|pods| sealed(pods).count()),
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

fn names<'a>(pods: impl Iterator<Item = &'a Pod>) -> Vec<String> {
    pods.map(|p| p.meta.name.clone()).collect()
}

fn sealed(pods: &[Pod]) -> impl Iterator<Item = &Pod> {
    pods.iter().filter(|p| p.server_label("sealed") == Some(true))
}

fn unread(evidence: &Evidence) -> Vec<String> {
    let mut unread = Vec::new();
    let mut note = |what: &str, why: Option<String>| unread.extend(why.map(|why| format!("{what}: {}", clean(&why))));
    note("pods", evidence.pods.unknown());
    note("restores", evidence.restores.unknown());
    note("jobs", evidence.jobs.unknown());
    note("operator deployment", evidence.operator.unknown());
    note("operator lease", evidence.lease.unknown());
    note("schema", evidence.schema.unknown());
    unread
}

/// The commands of a finding are written with the cluster's name and namespace.
struct Words<'a> {
    cluster: &'a Cluster,
}

impl Words<'_> {
    fn plugin(&self, command: &str, why: &str) -> Next {
        let (name, namespace) = (&self.cluster.meta.name, &self.cluster.meta.namespace);
        let (verb, flags) = command.split_once(' ').map_or((command, String::new()), |(v, f)| (v, format!(" {f}")));
        Next { command: format!("kubectl openbao {verb} {name} -n {namespace}{flags}"), why: why.into() }
    }

    fn kubectl(&self, command: &str, why: &str) -> Next {
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
    "phase-failed",
    "not-ready",
    "lock-stale",
    "lock-halted",
    "lock-unknown",
    "restore-unknown",
    "restores-waiting",
    "operator-down",
    "backups-fail",
    "not-readable",
    "odd-fields",
];

fn finding(code: &str, severity: Severity, text: String, next: Vec<Next>) -> Finding {
    debug_assert!(CODES.contains(&code), "{code} is not listed");
    Finding { code: code.into(), severity, text, next }
}

fn findings(evidence: &Evidence, cluster: &Cluster, lock: Option<&LockFinding>) -> Vec<Finding> {
    let words = Words { cluster };
    let mut all = Vec::new();
    all.extend(break_glass(evidence, cluster, &words));
    all.extend(servers(evidence, cluster, &words));
    all.extend(readiness(cluster, &words));
    all.extend(lock.and_then(|l| lock_finding(evidence, l, &words)));
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
    let why = "the operator's message, steps and nonce; do not acknowledge before the cause is known";
    Some(finding(
        "break-glass",
        Severity::Danger,
        format!("break glass was entered{since}: {}", clean(&active.reason)),
        vec![words.plugin("status", why)],
    ))
}

/// What the servers say of themselves by their labels, over the cluster's own status (F§15.2.7).
fn servers(evidence: &Evidence, cluster: &Cluster, words: &Words<'_>) -> Vec<Finding> {
    let Some(pods) = evidence.pods.value() else { return Vec::new() };
    let mut all = Vec::new();
    if pods.is_empty() {
        let ready = cluster
            .ready_replicas
            .filter(|r| *r > 0)
            .map_or(String::new(), |r| format!("; the cluster's status still says {r} ready: it is out of date"));
        let next = words.kubectl("get statefulsets,pods,pvc", "what is left of it");
        return vec![finding("no-servers", Severity::Danger, format!("no server's pod exists{ready}"), vec![next])];
    }
    let sealed_count = sealed(pods).count();
    if sealed_count > 0 {
        all.push(sealed_finding(cluster, pods, sealed_count, words));
    }
    let unsealed: Vec<&Pod> = pods.iter().filter(|p| p.server_label("sealed") == Some(false)).collect();
    let active = names(pods.iter().filter(|p| p.server_label("active") == Some(true)));
    if active.len() > 1 {
        let text = format!(
            "{} servers call themselves active: {}; a label freezes when its server hangs",
            active.len(),
            active.join(", ")
        );
        all.push(finding(
            "several-leaders",
            Severity::Danger,
            text,
            vec![words.kubectl("get pods -L openbao-active,openbao-sealed", "which of them is ready")],
        ));
    } else if active.is_empty() && !unsealed.is_empty() {
        let stale = match &cluster.active_leader {
            Some(leader) => format!("; the cluster's status still names {}: it is out of date", clean(leader)),
            None => String::new(),
        };
        let text = format!("no server is active: {} of {} are unsealed, none leads{stale}", unsealed.len(), pods.len());
        let why = "elections that never end mean that quorum is lost";
        all.push(finding(
            "no-leader",
            Severity::Danger,
            text,
            vec![words.kubectl(&format!("logs {} -c openbao --tail=20", unsealed[0].meta.name), why)],
        ));
    }
    all
}

fn sealed_finding(cluster: &Cluster, pods: &[Pod], count: usize, words: &Words<'_>) -> Finding {
    let lies = cluster.condition("OpenBaoSealed").is_some_and(|c| c.status == "False");
    let status = if lies { "; the cluster's status still says Unsealed: it is out of date" } else { "" };
    let text = format!("{count} of {} servers are sealed (their own labels){status}", pods.len());
    let severity = if count == pods.len() || lies { Severity::Danger } else { Severity::Attention };
    let first = sealed(pods).next().map_or("", |p| p.meta.name.as_str());
    finding("sealed", severity, text, vec![words.kubectl(&format!("logs {first} -c openbao --tail=20"), "why it is sealed")])
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
        Some(name) => vec![
            words.kubectl(&format!("get openbaorestore {name}"), "the restore that holds it; an override never clears this lock"),
        ],
        None => vec![
            words.plugin("status", "the evidence for this"),
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
    let mut all = Vec::new();
    for restore in waiting.iter().filter(|r| r.phase == Phase::Unknown) {
        let text = format!("the outcome of restore {} is unknown and waits for a person", clean(&restore.meta.name));
        all.push(finding(
            "restore-unknown",
            Severity::Attention,
            text,
            vec![words.kubectl(
                &format!("describe openbaorestore {}", restore.meta.name),
                "its message says what the operator waits for",
            )],
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

/// The first line of the single view: what is wrong, or that nothing is.
pub fn headline(status: &ClusterStatus) -> String {
    let place = format!("{} in namespace {}", status.name, status.namespace);
    let dangers = status.findings.iter().filter(|f| f.severity == Severity::Danger).count();
    match status.findings.first() {
        None => format!("{place}: healthy."),
        Some(first) if first.severity == Severity::Note => format!("{place}: healthy."),
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

/// Whether the evidence has the given item read; used by views to say "as of" or "forbidden".
pub fn source_note<T>(item: &Item<T>) -> Option<String> {
    item.unknown().map(|why| clean(&why).into_owned())
}

/// What the single view shows beyond a row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// Break glass with everything the operator wrote, active or not.
    pub break_glass: Option<crate::api::cluster::BreakGlass>,
    /// Blue/green, when the cluster has it.
    pub blue_green: Option<crate::api::cluster::BlueGreen>,
    /// Rolling upgrade, when there is one.
    pub rolling_upgrade: Option<crate::api::cluster::RollingUpgrade>,
    /// All restores, newest first.
    pub restores: Vec<RestoreDetail>,
    /// Servers.
    pub pods: Vec<PodDetail>,
    /// Last good backup: key, and its time by the key.
    pub last_backup: Option<String>,
    /// When the last good backup was taken, by its key.
    pub last_backup_at: Option<Timestamp>,
    /// When the operator noticed it.
    pub last_backup_noticed_at: Option<Timestamp>,
    /// The operator.
    pub operator: OperatorDetail,
    /// `status.adminOps.lastError`.
    pub admin_ops_error: Option<crate::api::cluster::LastError>,
    /// `spec.paused`.
    pub paused: bool,
}

/// One restore in the single view.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestoreDetail {
    /// Name.
    pub name: String,
    /// Phase.
    pub phase: Phase,
    /// The operator's message.
    pub message: String,
    /// Snapshot key.
    pub key: String,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// Whether it overrode a lock.
    pub overrode_lock: bool,
}

/// One server in the single view.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodDetail {
    /// Name.
    pub name: String,
    /// Blue/green revision.
    pub revision: Option<String>,
    /// Readiness.
    pub ready: Option<bool>,
    /// Its own label.
    pub sealed: Option<bool>,
    /// Its own label.
    pub active: Option<bool>,
    /// Its own label; false after every restart of a sealed server, so never a reason to initialize (O§4).
    pub initialized: Option<bool>,
    /// Its own label.
    pub version: Option<String>,
    /// How often its containers were started again.
    pub restarts: i64,
}

/// The operator in the single view.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperatorDetail {
    /// Generation.
    pub generation: String,
    /// What that rests on.
    pub basis: String,
    /// Namespace and name of its Deployment.
    pub deployment: Option<String>,
    /// Whether it runs, when that is known.
    pub alive: Option<bool>,
    /// When its lease was renewed.
    pub lease_renewed_at: Option<Timestamp>,
}

/// The single view's data. `None` when the cluster itself was not read.
pub fn detail(evidence: &Evidence) -> Option<Detail> {
    let cluster = evidence.cluster.value()?;
    let backup = last_backup(evidence);
    Some(Detail {
        break_glass: cluster.break_glass.clone(),
        blue_green: cluster.blue_green.clone(),
        rolling_upgrade: cluster.upgrade.clone(),
        restores: newest_first(evidence.restores.each()).into_iter().map(restore_detail).collect(),
        pods: evidence.pods.each().iter().map(pod_detail).collect(),
        last_backup: backup.map(|(key, _)| key.to_owned()),
        last_backup_at: backup.and_then(|(_, at)| at),
        last_backup_noticed_at: cluster.backup.last_time,
        operator: OperatorDetail {
            generation: evidence.generation.name(),
            basis: evidence.generation.basis(),
            deployment: evidence.operator.value().map(|o| o.meta.full_name()),
            alive: evidence.operator_alive(),
            lease_renewed_at: evidence.lease.value().and_then(|l| l.renewed_at),
        },
        admin_ops_error: cluster.admin_ops_error.clone(),
        paused: cluster.spec.paused,
    })
}

fn restore_detail(restore: &Restore) -> RestoreDetail {
    RestoreDetail {
        name: restore.meta.name.clone(),
        phase: restore.phase.clone(),
        message: restore.message.clone(),
        key: restore.key.clone(),
        created_at: restore.meta.created_at,
        overrode_lock: restore.override_operation_lock,
    }
}

fn pod_detail(pod: &Pod) -> PodDetail {
    PodDetail {
        name: pod.meta.name.clone(),
        revision: Some(pod.revision().to_owned()).filter(|r| !r.is_empty()),
        ready: pod.ready,
        sealed: pod.server_label("sealed"),
        active: pod.server_label("active"),
        initialized: pod.server_label("initialized"),
        version: pod.server_version().map(str::to_owned),
        restarts: pod.restarts(),
    }
}
