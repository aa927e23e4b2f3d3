//! Preflight: everything the operator checks too late, checked before anything is sent.
//!
//! On every generation the operator clears the lock *before* it validates the rest (F§4.1), so a restore that would
//! fail there has already done harm. A `Fail` here refuses the plan.

mod executor;
mod rights;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::request::Request;
use crate::api::cluster::{Cluster, Target};
use crate::api::names;
use crate::api::restore::{Phase, Restore};
use crate::api::text::{age, clean};
use crate::api::workload::Pod;
use crate::domain::evidence::Evidence;
use crate::domain::lock::{LockFinding, Verdict};
use crate::exit::Exit;

pub use rights::permissions;

/// Result of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// As it should be.
    Pass,
    /// Possible, but look.
    Warn,
    /// Refuses the plan.
    Fail,
    /// Could not be checked, with the reason.
    Unknown,
}

/// One check of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// Stable code.
    pub code: String,
    /// Result.
    pub grade: Grade,
    /// One line for people.
    pub text: String,
    /// What to do, when it is not a pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Every code a check can have; `docs/checks.md` explains each (a test compares the two).
pub const CODES: &[&str] = &[
    "cluster",
    "schema",
    "lock",
    "other-restores",
    "break-glass",
    "state",
    "servers",
    "operator",
    "login",
    "token-secret",
    "storage-secret",
    "target",
    "hardened",
    "image",
    "snapshot-object",
    "snapshot-key",
    "permission",
    "name",
];

fn check(code: &str, grade: Grade, text: impl Into<String>) -> Check {
    debug_assert!(CODES.contains(&code), "{code} is not listed");
    Check { code: code.into(), grade, text: text.into(), hint: None }
}

impl Check {
    fn hint(mut self, hint: impl Into<String>) -> Check {
        self.hint = Some(hint.into());
        self
    }

    /// The exit code a refusal for this check gives.
    pub fn exit(&self) -> Exit {
        match self.code.as_str() {
            "permission" => Exit::NotPermitted,
            "cluster" | "snapshot-object" | "storage-secret" | "token-secret" if self.text.contains("does not exist") => {
                Exit::NotFound
            }
            _ => Exit::Refused,
        }
    }
}

/// What the checks look at besides the evidence.
pub struct Subject<'a> {
    /// What was asked for.
    pub request: &'a Request,
    /// The merged target.
    pub target: &'a Target,
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The lock and its verdict.
    pub lock: Option<&'a LockFinding>,
    /// The image that would be named, if any.
    pub image: Option<&'a str>,
    /// Wanted fields the live schema lacks.
    pub lacking: &'a [String],
}
/// Runs every check.
pub fn run(evidence: &Evidence, subject: &Subject<'_>) -> Vec<Check> {
    let mut all = vec![cluster_exists(evidence, subject), schema(evidence, subject), lock(evidence, subject)];
    all.extend(other_restores(evidence));
    all.extend(state(evidence, subject));
    all.push(servers(evidence, subject));
    all.push(operator(evidence));
    all.push(executor::login(evidence, subject));
    all.push(executor::storage_secret(evidence, subject));
    all.push(executor::target_endpoint(evidence, subject));
    all.extend(executor::hardened(subject));
    all.push(executor::image(evidence, subject));
    all.push(executor::snapshot_object(evidence, subject));
    all.push(executor::snapshot_name(evidence, subject));
    all.push(rights::permission(evidence, subject));
    all.extend(
        names::check_restore_name(&subject.request.name)
            .err()
            .map(|why| check("name", Grade::Fail, format!("the name {}: {why}", clean(&subject.request.name)))),
    );
    all
}

fn cluster_exists(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    let cluster = subject.cluster;
    let name = cluster.full_name();
    if cluster.meta.deleted_at.is_some() {
        return check("cluster", Grade::Fail, format!("cluster {name} is being deleted"));
    }
    let generation = evidence.generation.name();
    if !cluster.spec.paused {
        return check("cluster", Grade::Pass, format!("cluster {name} exists, not paused, generation {generation}"));
    }
    if evidence.generation.success_looks_unknown() {
        return check(
            "cluster",
            Grade::Warn,
            format!("cluster {name} is paused: the restore runs, but Resume afterwards is refused until it is unpaused"),
        );
    }
    check(
        "cluster",
        Grade::Pass,
        format!("cluster {name} exists; it is paused, which does not stop a restore; generation {generation}"),
    )
}

fn schema(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    match evidence.schema.unknown() {
        Some(why) => check(
            "schema",
            Grade::Unknown,
            format!("the live schema could not be read ({}): the dry run will say what it does not accept", clean(&why)),
        ),
        None if !subject.lacking.is_empty() => check(
            "schema",
            Grade::Fail,
            format!("the installed operator ({}) has no field {}", evidence.generation.name(), subject.lacking.join(", ")),
        )
        .hint("leave out the flag or the line of the file that asks for it"),
        None => check("schema", Grade::Pass, "every field is known to the live schema"),
    }
}

fn lock(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    let Some(found) = subject.lock else {
        let note = if subject.request.override_lock { "; the override is left out, there is nothing to override" } else { "" };
        return check("lock", Grade::Pass, format!("the operation lock is free{note}"));
    };
    let operation = clean(&found.lock.operation).into_owned();
    if operation == "Restore" {
        return restore_lock(found, subject);
    }
    if !matches!(operation.as_str(), "Upgrade" | "Backup") {
        return check(
            "lock",
            Grade::Fail,
            format!("a lock of an unknown operation {operation} is held by {}", clean(&found.lock.holder)),
        );
    }
    let held = found.lock.acquired_at.map_or(String::new(), |at| format!(", {} old", age(evidence.since(at))));
    match (subject.request.override_lock, found.verdict) {
        (true, verdict) => check(
            "lock",
            Grade::Pass,
            format!("the {operation} lock ({}{held}) will be cleared by the operator, as asked", verdict.as_str()),
        ),
        (false, Verdict::Live) => check(
            "lock",
            Grade::Warn,
            format!("the {operation} lock is held by running work{held}: the restore will wait for it, then run by itself"),
        ),
        (false, verdict) => check(
            "lock",
            Grade::Fail,
            format!(
                "the {operation} lock is held ({}{held}): the restore would wait and run by itself at an unknown moment",
                verdict.as_str()
            ),
        )
        .hint("--override-lock clears it; kubectl openbao status shows the evidence"),
    }
}

/// An override never clears a Restore's lock (F§4.5): say how to free it instead.
fn restore_lock(found: &LockFinding, subject: &Subject<'_>) -> Check {
    let namespace = &subject.request.namespace;
    let holder = clean(found.lock.restore_name().unwrap_or(&found.lock.holder)).into_owned();
    let text = format!("another restore holds the lock ({holder}); no override ever clears the lock of a restore");
    let hint = match found.verdict {
        Verdict::Stale if found.because.iter().any(|b| b.contains("does not exist")) => format!(
            "nothing of it is left to delete: kubectl -n {namespace} patch openbaocluster {} --subresource=status --type=merge -p '{{\"status\":{{\"operationLock\":null}}}}'  (needs patch on openbaoclusters/status)",
            subject.request.cluster
        ),
        Verdict::Live => format!(
            "kubectl openbao follow {holder} -n {namespace}        wait for its end; deleting it frees the lock but its Job may go on"
        ),
        _ => format!(
            "kubectl -n {namespace} describe openbaorestore {holder}        finish it, or delete it once you know its outcome: its finalizer frees the lock"
        ),
    };
    check("lock", Grade::Fail, text).hint(hint)
}

fn other_restores(evidence: &Evidence) -> Vec<Check> {
    if let Some(why) = evidence.restores.unknown() {
        return vec![check("other-restores", Grade::Unknown, format!("other restores could not be read ({})", clean(&why)))];
    }
    let open = evidence.unfinished_restores();
    let named = |phases: &[Phase]| -> Vec<String> {
        open.iter().filter(|r| phases.contains(&r.phase)).map(|r| clean(&r.meta.name).into_owned()).collect()
    };
    let (running, unknown) = (named(&[Phase::Running]), named(&[Phase::Unknown]));
    if !running.is_empty() {
        return vec![
            check("other-restores", Grade::Fail, format!("another restore is running: {}", running.join(", ")))
                .hint(format!("kubectl openbao follow {}        wait for its end", running[0])),
        ];
    }
    if !unknown.is_empty() {
        return vec![
            check(
                "other-restores",
                Grade::Fail,
                format!("the outcome of another restore is not settled: {}", unknown.join(", ")),
            )
            .hint(format!("kubectl describe openbaorestore {}        says what it waits for", unknown[0])),
        ];
    }
    if let Some(ours) = open.iter().find(|r| r.made_by_this_tool()) {
        return vec![already_asked_for(ours)];
    }
    if open.is_empty() {
        return vec![check("other-restores", Grade::Pass, "no other restore is running or waiting")];
    }
    let waiting: Vec<&str> = open.iter().map(|r| r.meta.name.as_str()).collect();
    vec![
        check(
            "other-restores",
            Grade::Warn,
            format!(
                "{} other restore(s) wait behind the lock and run by themselves when it comes free: {}",
                open.len(),
                clean(&waiting.join(", "))
            ),
        )
        .hint(format!("kubectl delete openbaorestore {}        if they must not run", waiting.join(" "))),
    ]
}

/// Never twice: an earlier run of this tool, perhaps killed or cut off, left a restore that has yet to run.
fn already_asked_for(restore: &Restore) -> Check {
    let (name, namespace) = (clean(&restore.meta.name), clean(&restore.meta.namespace));
    let text = format!(
        "{name} was created by this tool already and has yet to run ({}): a second one would restore twice",
        restore.phase
    );
    check("other-restores", Grade::Fail, text)
        .hint(format!("kubectl openbao follow {name} -n {namespace}        goes on with it; delete it if it must not run"))
}

/// What an unforced restore is refused for by the operator, after it took the lock.
fn state(evidence: &Evidence, subject: &Subject<'_>) -> Vec<Check> {
    let cluster = subject.cluster;
    let forced = subject.request.force || subject.request.override_lock;
    let mut all = Vec::new();
    if let Some(active) = cluster.active_break_glass() {
        let since = active.entered_at.map_or(String::new(), |at| format!(" since {}", age(evidence.since(at))));
        all.push(check(
            "break-glass",
            Grade::Warn,
            format!("break glass is active{since} ({}): a restore does not end it", clean(&active.reason)),
        ));
    }
    let upgrading = cluster.condition("Upgrading").is_some_and(|c| c.status == "True") || cluster.upgrade_under_way();
    if !forced && upgrading {
        all.push(
            check("state", Grade::Fail, "the cluster counts as upgrading: an unforced restore would be refused")
                .hint("--force restores all the same"),
        );
    }
    if !forced && cluster.initialized == Some(false) {
        all.push(
            check("state", Grade::Fail, "the cluster is not initialized: an unforced restore would be refused")
                .hint("--force restores all the same"),
        );
    }
    all
}

fn servers(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    let Some(pods) = evidence.pods.value() else {
        let why = evidence.pods.unknown().unwrap_or_else(|| "absent".into());
        return check("servers", Grade::Unknown, format!("leader and seal could not be read ({})", clean(&why)));
    };
    if pods.is_empty() {
        return check("servers", Grade::Fail, "there is no server to restore into: no pod of the cluster exists");
    }
    let blue_green = pods.iter().any(|p| !p.revision().is_empty());
    if blue_green && evidence.generation.cannot_restore_blue_green() && evidence.generation.schema.is_some() {
        return check(
            "servers",
            Grade::Fail,
            format!(
                "generation {} finds no leader in a blue/green cluster: the restore Job would fail after the lock is gone",
                evidence.generation.name()
            ),
        )
        .hint("upgrade the operator, or restore by hand with bao operator raft snapshot restore on the active pod");
    }
    leader(pods, subject.cluster)
}

fn leader(pods: &[Pod], cluster: &Cluster) -> Check {
    let active: Vec<&Pod> = pods.iter().filter(|p| p.server_label("active") == Some(true)).collect();
    let sealed = pods.iter().filter(|p| p.server_label("sealed") == Some(true)).count();
    if pods.iter().all(|p| p.server_label("active").is_none()) {
        return check("servers", Grade::Unknown, "the servers write no labels about themselves: leader and seal are not known");
    }
    if sealed == pods.len() {
        return check(
            "servers",
            Grade::Fail,
            format!("all {sealed} servers are sealed: the restore Job would find no leader and fail after the lock is gone"),
        )
        .hint("unseal them first");
    }
    let green = cluster.blue_green.as_ref().and_then(|b| b.green_revision.as_deref()).filter(|g| !g.is_empty());
    match active.as_slice() {
        [] => check(
            "servers",
            Grade::Fail,
            "no server is active: the restore Job would find no leader and fail after the lock is gone",
        )
        .hint("if it is only an election, run this again in 15 s; otherwise quorum is lost and must be repaired first"),
        [one] if green.is_some_and(|g| one.revision() == g) => check(
            "servers",
            Grade::Fail,
            format!("Green leads ({}): the restore Job searches its leader in Blue only", clean(&one.meta.name)),
        ),
        [one] => check(
            "servers",
            Grade::Pass,
            format!("{} of {} servers ready, {sealed} sealed, {} leads", ready(pods), pods.len(), clean(&one.meta.name)),
        ),
        several => {
            check("servers", Grade::Warn, format!("{} servers call themselves active: one label is out of date", several.len()))
        }
    }
}

fn ready(pods: &[Pod]) -> usize {
    pods.iter().filter(|p| p.ready == Some(true)).count()
}

fn operator(evidence: &Evidence) -> Check {
    match evidence.operator_alive() {
        Some(true) => check("operator", Grade::Pass, "the operator is alive (its lease is renewed)"),
        Some(false) => check(
            "operator",
            Grade::Fail,
            "the operator is not running: the restore would lie there and run by itself when it comes back",
        )
        .hint("kubectl get deployments -A -l app.kubernetes.io/name=openbao-operator"),
        None => check(
            "operator",
            Grade::Unknown,
            format!(
                "whether the operator runs is not known ({})",
                clean(&evidence.lease.unknown().unwrap_or_else(|| "no renew time".into()))
            ),
        ),
    }
}
