//! Preflight: everything the operator checks too late, checked before anything is sent.
//!
//! On every generation the operator clears the lock *before* it validates the rest (F§4.1), so a restore that would
//! fail there has already done harm. A `Fail` here refuses the plan.

mod executor;
mod expectation;
mod others;
mod rights;
mod servers;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::request::{Expected, Request};
use crate::api::cluster::{Cluster, Target};
use crate::api::generation::Tag;
use crate::api::names;
use crate::api::restore::{Phase, Restore};
use crate::api::text::clean;
use crate::domain::breakglass::pause_first;
use crate::domain::evidence::Evidence;
use crate::domain::lock::{LockFinding, Verdict, removal};
use crate::exit::Exit;

pub use others::orphan_job;
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
    /// What to do, when it is not a pass; several steps in lines of their own.
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
    "snapshot-contents",
    "snapshot-expected",
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
    /// Whether a lock will be overridden.
    pub overrides: bool,
    /// Whether `force` is sent.
    pub forced: bool,
    /// The image that would be named, if any.
    pub image: Option<&'a str>,
    /// Wanted fields the live schema lacks.
    pub lacking: &'a [String],
    /// What the operator is told of the object.
    pub expected: &'a Expected,
}

impl Subject<'_> {
    /// The words for a failure that the operator notices too late.
    fn fails(&self) -> &'static str {
        if self.overrides { "fail with the lock already gone" } else { "fail" }
    }

    /// `CLUSTER -n NAMESPACE`, for commands.
    fn place(&self) -> String {
        format!("{} -n {}", clean(&self.request.cluster), clean(&self.request.namespace))
    }
}

/// How servers that are sealed are opened again, line by line, for whoever asks without a restore in mind.
pub fn unsealing(evidence: &Evidence, cluster: &Cluster) -> Vec<String> {
    let (namespace, name) = (cluster.meta.namespace.clone(), cluster.meta.name.clone());
    let request = Request { namespace, cluster: name, ..Request::default() };
    let subject = Subject {
        request: &request,
        target: &Target::default(),
        cluster,
        lock: None,
        overrides: false,
        forced: false,
        image: None,
        lacking: &[],
        expected: &Expected::default(),
    };
    servers::unseal(evidence, &subject)
}

/// Runs every check.
pub fn run(evidence: &Evidence, subject: &Subject<'_>) -> Vec<Check> {
    let mut all = vec![cluster_exists(evidence, subject), schema(evidence, subject), lock(evidence, subject)];
    all.push(others::other_restores(evidence, subject));
    all.extend(others::orphan_jobs(evidence, subject));
    all.extend(state(evidence, subject));
    all.extend(servers::servers(evidence, subject));
    all.push(operator(evidence));
    all.push(executor::login(evidence, subject));
    all.extend(executor::refused_before(evidence));
    all.push(executor::storage_secret(evidence, subject));
    all.push(executor::target_endpoint(evidence, subject));
    all.extend(executor::hardened(subject));
    all.push(executor::image(evidence, subject));
    all.extend(executor::snapshot_object(evidence, subject));
    all.extend(executor::snapshot_contents(evidence, subject));
    all.extend(expectation::snapshot_expected(evidence, subject));
    all.push(executor::snapshot_name(evidence, subject));
    all.push(rights::permission(evidence, subject));
    all.extend(name(evidence, subject));
    all
}

fn name(evidence: &Evidence, subject: &Subject<'_>) -> Option<Check> {
    let name = &subject.request.name;
    if let Err(why) = names::check_restore_name(name) {
        return Some(check("name", Grade::Fail, format!("the name {}: {why}", clean(name))));
    }
    evidence.restores.each().iter().any(|r| r.meta.name == *name).then(|| {
        check("name", Grade::Fail, format!("openbaorestore {} exists already", clean(name)))
            .hint("leave --restore-name out: each restore gets a name of its own")
    })
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
        if evidence.generation.surely_at_most(Tag::P0) {
            let text = "this operator has no operation lock: see that no backup or upgrade runs";
            return check("lock", Grade::Warn, text);
        }
        let note = if subject.request.override_lock { "; the override is left out, there is nothing to override" } else { "" };
        return check("lock", Grade::Pass, format!("the operation lock is free{note}"));
    };
    let operation = clean(&found.lock.operation).into_owned();
    if operation == "Restore" {
        return restore_lock(evidence, found, subject);
    }
    if !matches!(operation.as_str(), "Upgrade" | "Backup") {
        return check(
            "lock",
            Grade::Fail,
            format!("a lock of an unknown operation {operation} is held by {}", clean(&found.lock.holder)),
        );
    }
    let held = found.lock.acquired_at.map_or(String::new(), |at| format!(", {} old", evidence.ago(at)));
    match (subject.request.override_lock, found.verdict) {
        (true, verdict) => check(
            "lock",
            if matches!(verdict, Verdict::Live | Verdict::Unknown) { Grade::Warn } else { Grade::Pass },
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
        .hint(format!("--override-lock clears it; the evidence: kubectl openbao status {}", subject.place())),
    }
}

/// An override never clears a Restore's lock (F§4.5): say how to free it instead.
fn restore_lock(evidence: &Evidence, found: &LockFinding, subject: &Subject<'_>) -> Check {
    let namespace = &subject.request.namespace;
    let holder = clean(found.lock.restore_name().unwrap_or(&found.lock.holder)).into_owned();
    let text = format!("another restore holds the lock ({holder}); no override ever clears the lock of a restore");
    let generation = &evidence.generation;
    let hint = match found.verdict {
        Verdict::Stale if found.because.iter().any(|b| b.contains("does not exist")) => format!(
            "nothing of it is left to delete (this needs patch on openbaoclusters/status): kubectl -n {namespace} {}",
            removal(&subject.request.cluster, &found.lock)
        ),
        Verdict::Live if pause_first(evidence).is_some() => {
            format!("what to do first: kubectl openbao diagnose rollback {}", subject.place())
        }
        Verdict::Live if others::never_started(evidence, &evidence.unfinished_restores()).is_some() => {
            format!("it never started: correct that, or delete it: kubectl -n {namespace} delete openbaorestore {holder}")
        }
        // From 0.5 on the Job is deleted first, on NEXT nothing is (F§4.3, F§8.6).
        Verdict::Live if generation.may_be_at_most(Tag::V04) => format!(
            "wait for its end (deleting it frees the lock, but its Job may go on): kubectl openbao follow {holder} -n {namespace}"
        ),
        Verdict::Live => format!("wait for its end: kubectl openbao follow {holder} -n {namespace}"),
        _ if evidence.unfinished_restores().iter().any(|r| r.meta.name == holder && r.phase == Phase::Unknown) => {
            others::settle(evidence, &holder, namespace)
        }
        _ => format!(
            "finish it, or delete it once you know its outcome, its finalizer frees the lock: kubectl -n {namespace} describe openbaorestore {holder}"
        ),
    };
    check("lock", Grade::Fail, text).hint(hint)
}

/// What an unforced restore is refused for by the operator, after it took the lock.
fn state(evidence: &Evidence, subject: &Subject<'_>) -> Vec<Check> {
    let cluster = subject.cluster;
    let forced = subject.forced;
    let mut all = Vec::new();
    if let Some(active) = cluster.active_break_glass() {
        let since = active.entered_at.map_or(String::new(), |at| format!(" for {}", evidence.ago(at)));
        all.push(check(
            "break-glass",
            Grade::Warn,
            format!("break glass is active{since} ({}): a restore does not end it", clean(&active.reason)),
        ));
    }
    let upgrading = cluster.condition("Upgrading").is_some_and(|c| c.status == "True") || cluster.upgrade_under_way();
    all.extend(resolution(subject));
    let rollback = rollback_at_work(evidence, subject);
    if !forced && upgrading && rollback.is_none() {
        let found = check("state", Grade::Fail, "the cluster counts as upgrading: an unforced restore would be refused");
        // With a restore under way another check says what comes first.
        let at_work = |r: &&Restore| matches!(r.phase, Phase::Running | Phase::Unknown);
        let restoring = evidence.unfinished_restores().iter().any(at_work);
        all.push(if restoring { found } else { found.hint("--force restores all the same") });
    }
    all.extend(rollback);
    if !forced && cluster.initialized == Some(false) {
        all.push(
            check("state", Grade::Fail, "the cluster is not initialized: an unforced restore would be refused")
                .hint("--force restores all the same"),
        );
    }
    all
}

/// Only the resolution itself restores while one is under way; any other restore would run into its own.
fn resolution(subject: &Subject<'_>) -> Option<Check> {
    let noted = subject.cluster.meta.annotations.contains_key(names::audit::RESOLVE);
    (noted && subject.request.resolution.is_none()).then(|| {
        let text = "a resolution by restore is under way: this would be a second restore beside its own";
        check("state", Grade::Fail, text).hint(format!(
            "go on with it: kubectl openbao resolve {0} --path restore; or give it up first: kubectl openbao resolve {0} --abort",
            subject.place()
        ))
    })
}

/// A rollback goes on, or its Job does: neither lock nor pause stops a Job that runs (F§4.7).
fn rollback_at_work(evidence: &Evidence, subject: &Subject<'_>) -> Option<Check> {
    let cluster = subject.cluster;
    let blue_green = cluster.blue_green.as_ref().filter(|b| b.rolling_back())?;
    let job = evidence.jobs_at_work("upgrade").first().map(|j| clean(&j.meta.name).into_owned());
    let stands = cluster.active_break_glass().is_some() || (cluster.spec.paused && evidence.jobs.unknown().is_none());
    if job.is_none() && stands {
        return None;
    }
    let what = job.map_or_else(|| "it".to_owned(), |job| format!("Job {job}"));
    let text = format!(
        "a rollback is at work (phase {}): {what} would change Raft members during the restore",
        clean(&blue_green.phase)
    );
    // Waiting for the end is no advice where the end removes Blue.
    let hint = match evidence.generation.ack_removes_blue_peers() {
        true => format!("what to do first: kubectl openbao diagnose rollback {}", subject.place()),
        false => format!("wait for its end: kubectl openbao status {} -w", subject.place()),
    };
    Some(check("state", Grade::Fail, text).hint(hint))
}

fn operator(evidence: &Evidence) -> Check {
    match evidence.operator_alive() {
        Some(true) => check("operator", Grade::Pass, "the operator is alive (its lease is renewed)"),
        Some(false) => check(
            "operator",
            Grade::Fail,
            "the operator is not running: the restore would lie there and run by itself when it comes back",
        )
        .hint(match evidence.cluster.value().is_some_and(|c| c.active_break_glass().is_some() && c.acknowledged()) {
            true => format!(
                "it takes the acknowledgement first when it comes back; how to withdraw that: kubectl openbao breakglass show {} -n {}",
                clean(&evidence.name),
                clean(&evidence.namespace)
            ),
            false => "where it should be: kubectl get deployments -A -l app.kubernetes.io/name=openbao-operator".into(),
        }),
        None => check(
            "operator",
            Grade::Unknown,
            format!(
                "whether the operator runs is not known ({})",
                clean(&evidence.lease.unknown().unwrap_or_else(|| "its lease has no time, or one that is yet to come".into()))
            ),
        ),
    }
}
