//! The preconditions of settling a restore: what the operator would block on, and what would do harm (F§4.3, F§4.4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Decision, Means};
use crate::api::cluster::{BlueGreen, Cluster};
use crate::api::names::HOLD_ANNOTATION;
use crate::api::restore::{Phase, Restore};
use crate::api::text::clean;
use crate::api::workload::ContainerState;
use crate::domain::evidence::{Evidence, Item};

/// Result of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// As it should be.
    Pass,
    /// Could not be checked, with the reason.
    Unknown,
    /// Refuses the plan.
    Fail,
}

/// One precondition.
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
pub const CODES: &[&str] =
    &["means", "phase", "decision", "executor", "target", "unpaused", "hold", "holder", "verified", "permission"];

pub(super) fn check(code: &str, grade: Grade, text: impl Into<String>) -> Check {
    debug_assert!(CODES.contains(&code), "{code} is not listed");
    Check { code: code.into(), grade, text: text.into(), hint: None }
}

impl Check {
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Check {
        self.hint = Some(hint.into());
        self
    }
}

/// What the checks look at.
pub struct Subject<'a> {
    /// What was observed.
    pub evidence: &'a Evidence,
    /// The restore.
    pub restore: &'a Restore,
    /// What was decided.
    pub decision: Decision,
    /// How this generation takes it.
    pub means: Option<Means>,
    /// Whether the servers' own words are clean.
    pub well: bool,
}

/// Runs the checks; the first that refuses is the one that is told first.
pub fn run(subject: &Subject<'_>) -> Vec<Check> {
    let first = phase(subject);
    let Some(means) = subject.means.filter(|_| first.grade != Grade::Fail) else {
        return if first.grade == Grade::Fail { vec![first] } else { vec![first, no_means(subject)] };
    };
    let mut all = vec![first];
    match (means, subject.decision) {
        (Means::Deletion, Decision::Resume) => all.extend([readable(subject), verified(subject)]),
        (Means::Deletion, Decision::Abandon) => all.push(readable(subject)),
        (Means::Acknowledgement, Decision::Resume) => {
            all.push(decision(subject));
            all.extend(executor(subject));
            all.extend(target(subject));
        }
        (Means::Acknowledgement, Decision::Abandon) => all.push(decision(subject)),
    }
    all.extend(super::rights::permission(subject));
    all
}

fn no_means(subject: &Subject<'_>) -> Check {
    let generation = subject.evidence.generation.name();
    check("means", Grade::Fail, format!("how this operator takes the decision is not known (generation {generation})"))
        .hint("0.5 takes it by deletion, NEXT by an annotation: find the operator's version out first (kubectl openbao status)")
}

fn phase(subject: &Subject<'_>) -> Check {
    let restore = subject.restore;
    let name = clean(&restore.meta.name);
    let again = format!("kubectl openbao follow {name} -n {}", clean(&restore.meta.namespace));
    let refuse = |text: String| check("phase", Grade::Fail, text);
    match &restore.phase {
        Phase::Unknown if restore.released() => {
            let decided = restore.disposition.as_deref().unwrap_or("released");
            refuse(format!("{name} is settled already: {}", clean(decided)))
                .hint("kubectl openbao status        the whole picture")
        }
        Phase::Unknown if restore.meta.deleted_at.is_some() => {
            refuse(format!("{name} is being deleted already")).hint(format!("{again}        until it is gone"))
        }
        Phase::Unknown => check("phase", Grade::Pass, format!("{name} is Unknown: its outcome waits for a person")),
        Phase::Completed => refuse(format!("{name} is Completed: nothing is to be settled"))
            .hint(format!("{again}        verifies the servers again")),
        Phase::Failed => refuse(format!("{name} failed: nothing is to be settled, it holds no lock"))
            .hint("kubectl openbao restore        a new restore; a failed one is never tried again"),
        Phase::Pending | Phase::Validating | Phase::Running => {
            refuse(format!("{name} is {}: it is not over", restore.phase)).hint(format!("{again}        to its end"))
        }
        Phase::Other(other) => refuse(format!("{name} is in a phase this tool does not know: {}", clean(other))),
    }
}

/// What goes on once the lock is free (an acknowledged rollback, restores that wait) stands on the cluster.
fn readable(subject: &Subject<'_>) -> Check {
    match subject.evidence.cluster.unknown() {
        None => check("target", Grade::Pass, "the cluster was read: what goes on once the lock is free is known"),
        Some(why) => check(
            "target",
            Grade::Unknown,
            format!("the cluster could not be read ({}): what goes on once the lock is free is not known", clean(&why)),
        ),
    }
}

fn verified(subject: &Subject<'_>) -> Check {
    if subject.well {
        let text = match subject.evidence.servers.is_empty() {
            true => "the servers are well by their labels; they were not asked",
            false => "the servers are well by their own words",
        };
        return check("verified", Grade::Pass, text);
    }
    let (name, namespace) = (clean(&subject.restore.meta.name), clean(&subject.restore.meta.namespace));
    check("verified", Grade::Fail, "the servers were not seen to be well: deleting the restore would release the lock over them")
        .hint(format!(
            "repair or unseal them first; kubectl openbao recover {name} -n {namespace} --abandon lets go all the same"
        ))
}

fn decision(subject: &Subject<'_>) -> Check {
    match subject.restore.disposition.as_deref() {
        None => check("decision", Grade::Pass, "no decision is recorded yet"),
        Some(recorded) => {
            check("decision", Grade::Fail, format!("{} is recorded already and cannot be changed", clean(recorded)))
                .hint(format!("kubectl openbao follow {}        follows it to its end", clean(&subject.restore.meta.name)))
        }
    }
}

fn abandon(subject: &Subject<'_>) -> String {
    format!(
        "kubectl openbao recover {} -n {} --abandon",
        clean(&subject.restore.meta.name),
        clean(&subject.restore.meta.namespace)
    )
}

/// The Job's uid is bound and its containers have ended.
fn executor(subject: &Subject<'_>) -> Vec<Check> {
    let execution = subject.restore.execution.as_ref();
    let mut all = Vec::new();
    if execution.and_then(|e| e.job_uid.as_ref()).is_none() {
        let text = "the restore's Job was never bound to it: Resume is not possible";
        all.push(check("executor", Grade::Fail, text).hint(abandon(subject)));
        return all;
    }
    let name = subject.restore.job_name();
    let running = subject.evidence.job_pods.each().iter().find(|pod| is_of_job(&pod.meta.labels, &name) && runs(pod));
    let job = subject.evidence.jobs.each().iter().find(|job| job.meta.name == name);
    all.push(match (running, job, &subject.evidence.jobs) {
        (Some(pod), ..) => check("executor", Grade::Fail, format!("the executor still runs in pod {}", clean(&pod.meta.name)))
            .hint(format!("kubectl openbao follow job/{}        until it ended", clean(&name))),
        (None, Some(job), _) if job.at_work() => check("executor", Grade::Fail, format!("Job {} has not ended", clean(&name)))
            .hint(format!("kubectl openbao follow job/{}        until it ended", clean(&name))),
        (None, None, unread) if unread.unknown().is_some() => {
            let why = unread.unknown().unwrap_or_default();
            check("executor", Grade::Unknown, format!("whether the executor has ended could not be read ({})", clean(&why)))
        }
        _ => check("executor", Grade::Pass, "the executor has ended"),
    });
    all
}

fn is_of_job(labels: &std::collections::BTreeMap<String, String>, job: &str) -> bool {
    ["batch.kubernetes.io/job-name", "job-name"].iter().any(|label| labels.get(*label).is_some_and(|name| name == job))
}

fn runs(pod: &crate::api::workload::Pod) -> bool {
    pod.containers.iter().any(|c| matches!(c.state, ContainerState::Running { .. }))
}

/// The original cluster: there, unpaused, held, and locked by nobody else.
fn target(subject: &Subject<'_>) -> Vec<Check> {
    let cluster = match &subject.evidence.cluster {
        Item::Present { value } => value,
        Item::Absent => {
            return vec![check("target", Grade::Fail, "the cluster is gone: Resume is not possible").hint(abandon(subject))];
        }
        other => {
            let why = other.unknown().unwrap_or_default();
            return vec![check(
                "target",
                Grade::Fail,
                format!("the cluster could not be read ({}): nothing can be verified", clean(&why)),
            )];
        }
    };
    vec![same(subject, cluster), unpaused(subject, cluster), hold(subject, cluster), holder(subject, cluster)]
}

fn same(subject: &Subject<'_>, cluster: &Cluster) -> Check {
    let wanted = subject.restore.execution.as_ref().and_then(|e| e.target_uid.as_deref());
    if cluster.meta.deleted_at.is_some() {
        return check("target", Grade::Fail, "the cluster is being deleted: Resume is not possible").hint(abandon(subject));
    }
    match wanted {
        Some(uid) if uid != cluster.meta.uid => {
            check("target", Grade::Fail, "another cluster of the same name stands in its place: Resume is not possible")
                .hint(abandon(subject))
        }
        _ => check("target", Grade::Pass, "it is the cluster that was restored"),
    }
}

fn unpaused(subject: &Subject<'_>, cluster: &Cluster) -> Check {
    if !cluster.spec.paused {
        return check("unpaused", Grade::Pass, "the cluster is not paused");
    }
    let (namespace, name) = (clean(&cluster.meta.namespace), clean(&cluster.meta.name));
    let rolls_back = cluster.active_break_glass().is_some() || cluster.blue_green.as_ref().is_some_and(BlueGreen::rolling_back);
    let note = match cluster.acknowledged() && rolls_back {
        true => "; break glass is acknowledged, so the rollback goes on the moment it is unpaused",
        false => "",
    };
    check("unpaused", Grade::Fail, format!("the cluster is paused: the operator does not resume a paused cluster{note}")).hint(
        format!(
            "kubectl -n {namespace} patch openbaocluster {name} --type=merge -p '{{\"spec\":{{\"paused\":false}}}}'        or {}",
            abandon(subject)
        ),
    )
}

fn hold(subject: &Subject<'_>, cluster: &Cluster) -> Check {
    match cluster.meta.annotations.get(HOLD_ANNOTATION) {
        Some(uid) if *uid == subject.restore.meta.uid => check("hold", Grade::Pass, "the restore's hold is on the cluster"),
        Some(_) => {
            check("hold", Grade::Fail, "another restore's hold is on the cluster: Resume is not possible").hint(abandon(subject))
        }
        None => check("hold", Grade::Fail, "the restore's hold is gone from the cluster: Resume is not possible")
            .hint(abandon(subject)),
    }
}

fn holder(subject: &Subject<'_>, cluster: &Cluster) -> Check {
    match &cluster.operation_lock {
        Some(lock) if lock.restore_name() != Some(subject.restore.meta.name.as_str()) => {
            let text = format!("the operation lock is held by somebody else: {} {}", clean(&lock.operation), clean(&lock.holder));
            check("holder", Grade::Fail, text).hint(abandon(subject))
        }
        _ => check("holder", Grade::Pass, "nobody else holds the operation lock"),
    }
}
