//! A restore on its way: what changed since the last look, what it waits for, and how it ended.
//!
//! Pure: the follower looks, this says what there is to show. Texts of all generations: F§4.1–4.4.

use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use super::job_log::{Findings, Submitted};
use crate::api::cluster::{Cluster, OperationLock};
use crate::api::restore::{Phase, Restore};
use crate::api::text::{clean, clean_cut, quote};

/// How much a step matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// As expected.
    Plain,
    /// Reached what was wanted.
    Good,
    /// A person should look at it.
    Attention,
    /// It went wrong.
    Bad,
}

/// One line to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What changed: a phase, `lock`, `waiting`.
    pub what: String,
    /// How it is now.
    pub text: String,
    /// How much it matters.
    pub tone: Tone,
}

impl Step {
    /// A step; the text is made safe for a terminal.
    pub fn new(what: &str, text: &str, tone: Tone) -> Step {
        Step { what: clean_cut(what, 40), text: clean_cut(text, 1_000), tone }
    }
}

/// How a restore ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "kebab-case")]
pub enum End {
    /// The operator says it is completed: proof only that the executor ended well.
    Completed {
        /// The operator's message.
        message: String,
    },
    /// The operator says it failed.
    Failed {
        /// The operator's message.
        message: String,
        /// What failed.
        what: Failed,
        /// Whether the cluster's data may have been changed all the same.
        submitted: Submitted,
    },
    /// NEXT: the normal end. OpenBao took the request; a person must look and then resume or abandon (F§4.4).
    AcceptedUnconfirmed {
        /// The operator's message.
        message: String,
    },
    /// Nobody knows whether the snapshot was applied.
    OutcomeUnknown {
        /// The operator's message.
        message: String,
        /// It is settled by deleting the object (0.5), not by an acknowledgement (NEXT).
        settled_by_deletion: bool,
    },
    /// NEXT: an administrator resumed or abandoned it, and the operator is done with that.
    Released {
        /// `Resume` or `Abandon`.
        disposition: String,
    },
    /// The object is gone, or another one of the same name stands in its place.
    Deleted,
}

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failed {
    /// A check before anything was started.
    Precondition,
    /// The executor's Job.
    Job,
    /// Another operation took the lock; the Job goes on (F§4.1).
    LockLost,
}

/// What was told of the operator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Alive {
    /// Nothing: it was not looked for, or is well.
    #[default]
    Untold,
    /// That nobody knows.
    Unknown,
    /// That it does not run.
    Dead,
}

/// Follows one restore through successive looks.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    uid: Option<String>,
    name: String,
    phase: Option<Phase>,
    message: String,
    recovery: String,
    waits: Option<String>,
    lock: Option<Option<OperationLock>>,
    operator: Alive,
    deleting: bool,
    deleted: bool,
    last: Option<Restore>,
}

impl Progress {
    /// Nothing seen yet of the restore of this name.
    pub fn new(name: &str) -> Progress {
        Progress { name: name.to_owned(), ..Progress::default() }
    }

    /// The restore as last seen.
    pub fn restore(&self) -> Option<&Restore> {
        self.last.as_ref()
    }

    /// What the operator waits for, in words; `None` when it goes on.
    pub fn waits_for(&self) -> Option<&str> {
        self.waits.as_deref()
    }

    /// A look at the restore; `None`: it does not exist.
    pub fn see_restore(&mut self, restore: Option<&Restore>) -> Vec<Step> {
        let Some(restore) = restore else {
            self.deleted |= self.uid.is_some();
            return Vec::new();
        };
        if self.uid.as_ref().is_some_and(|uid| *uid != restore.meta.uid) {
            // A new object of the old name is another restore: what is followed here is gone.
            self.deleted = true;
            return Vec::new();
        }
        self.uid = Some(restore.meta.uid.clone());
        let mut steps = Vec::new();
        self.waits = waits_for(restore);
        if self.phase.as_ref() != Some(&restore.phase) || self.message != restore.message {
            steps.extend(phase_step(restore, self.waits.as_deref()));
            (self.phase, self.message) = (Some(restore.phase.clone()), restore.message.clone());
        }
        steps.extend(self.recovery_step(restore));
        if restore.meta.deleted_at.is_some() && !self.deleting {
            self.deleting = true;
            steps.push(Step::new("deleting", "somebody asked for the deletion of this restore request", Tone::Attention));
        }
        self.last = Some(restore.clone());
        steps
    }

    /// NEXT: what the release by an administrator waits for.
    fn recovery_step(&mut self, restore: &Restore) -> Option<Step> {
        let condition = restore.conditions.iter().find(|c| c.kind == "RecoveryReleased")?;
        let text = format!("{}: {}", condition.reason, condition.message);
        if text == self.recovery || condition.reason == "AwaitingAcknowledgement" {
            return None;
        }
        self.recovery.clone_from(&text);
        Some(Step::new("recovery", &text, if condition.status == "True" { Tone::Good } else { Tone::Plain }))
    }

    /// A look at the cluster; `None`: it does not exist.
    pub fn see_cluster(&mut self, cluster: Option<&Cluster>) -> Vec<Step> {
        let now = cluster.and_then(|cluster| cluster.operation_lock.clone());
        let before = self.lock.replace(now.clone());
        let same = |a: &Option<OperationLock>, b: &Option<OperationLock>| {
            a.as_ref().map(|l| (&l.operation, &l.holder)) == b.as_ref().map(|l| (&l.operation, &l.holder))
        };
        match before {
            Some(before) if same(&before, &now) => Vec::new(),
            before => self.lock_step(before.flatten().as_ref(), now.as_ref()).into_iter().collect(),
        }
    }

    /// A look at the operator, taken when nothing else happened for a while: without it nothing ever will.
    pub fn see_operator(&mut self, evidence: &Evidence) -> Option<Step> {
        let restore = self.last.as_ref().filter(|restore| restore.unfinished())?;
        let begins = matches!(restore.phase, Phase::Pending | Phase::Validating);
        let (now, step) = match evidence.operator_alive() {
            Some(true) => {
                let back = Step::new("operator", "runs again", Tone::Good);
                (Alive::Untold, (self.operator == Alive::Dead).then_some(back))
            }
            Some(false) => {
                let what = match restore.phase {
                    _ if begins => "this restore has not begun, and begins by itself when the operator is back",
                    Phase::Running => "a Job that was begun goes on, and nobody takes note of its end until the operator is back",
                    _ => "what was decided is carried out when it is back",
                };
                (Alive::Dead, Some(Step::new("operator", &format!("is not running: {what}"), Tone::Attention)))
            }
            None => {
                let why = evidence.lease.unknown().unwrap_or_else(|| "its Lease does not tell".into());
                let text = format!("nothing has happened yet; whether it runs is not known ({why})");
                (Alive::Unknown, begins.then(|| Step::new("operator", &text, Tone::Attention)))
            }
        };
        let before = std::mem::replace(&mut self.operator, now);
        step.filter(|_| before != now)
    }

    /// What a person can do about an operator that does not run; empty where none is missed.
    pub fn without_operator(&self) -> Vec<String> {
        let Some(restore) = self.last.as_ref().filter(|_| self.operator == Alive::Dead) else { return Vec::new() };
        let mut all =
            vec!["where it should be: kubectl get deployments -A -l app.kubernetes.io/name=openbao-operator".to_owned()];
        if matches!(restore.phase, Phase::Pending | Phase::Validating) {
            let (namespace, name) = (quote(&restore.meta.namespace), quote(&restore.meta.name));
            all.push(format!("if this restore must not run: kubectl -n {namespace} delete openbaorestore {name}"));
        }
        all
    }

    fn lock_step(&self, before: Option<&OperationLock>, now: Option<&OperationLock>) -> Option<Step> {
        let is_ours = |lock: &OperationLock| lock.restore_name() == Some(self.name.as_str());
        let step = |text: String, tone| Some(Step::new("lock", &text, tone));
        match (before, now) {
            (None, None) => None,
            (None, Some(now)) => step(held(now), if is_ours(now) { Tone::Plain } else { Tone::Attention }),
            (Some(before), None) => step(format!("{} released", before.operation), Tone::Good),
            (Some(before), Some(now)) if is_ours(now) => {
                step(format!("{} cleared, {}", before.operation, held(now)), Tone::Plain)
            }
            (Some(before), Some(now)) if is_ours(before) => step(format!("taken from this restore: {}", held(now)), Tone::Bad),
            (Some(before), Some(now)) => step(format!("{} gone, {}", before.operation, held(now)), Tone::Attention),
        }
    }

    /// How it ended, if it ended. `findings`: what the executor's log said.
    pub fn end(&self, findings: &Findings) -> Option<End> {
        if self.deleted {
            return Some(End::Deleted);
        }
        let restore = self.last.as_ref()?;
        let message = clean_cut(&restore.message, 1_000);
        if restore.released() {
            return Some(End::Released { disposition: clean(restore.disposition.as_deref().unwrap_or("released")).into_owned() });
        }
        match restore.phase {
            Phase::Completed => Some(End::Completed { message }),
            Phase::Failed => Some(failed(restore, message, findings)),
            // An administrator has decided: the operator is on its way to `released`.
            Phase::Unknown if restore.disposition.is_some() => None,
            Phase::Unknown if accepted(restore) => Some(End::AcceptedUnconfirmed { message }),
            Phase::Unknown => {
                let settled_by_deletion = !message.contains("acknowledge") && restore.submission_claim.is_none();
                Some(End::OutcomeUnknown { message, settled_by_deletion })
            }
            Phase::Pending | Phase::Validating | Phase::Running | Phase::Other(_) => None,
        }
    }
}

fn held(lock: &OperationLock) -> String {
    format!("{} held by {}", lock.operation, lock.holder)
}

/// A phase in the operator's words, or in ours where it waits for something. An object nobody looked at is no news.
fn phase_step(restore: &Restore, waits: Option<&str>) -> Option<Step> {
    if restore.phase == Phase::Pending && restore.message.is_empty() {
        return None;
    }
    let tone = match restore.phase {
        Phase::Completed => Tone::Good,
        Phase::Failed => Tone::Bad,
        Phase::Unknown | Phase::Other(_) => Tone::Attention,
        Phase::Pending | Phase::Validating | Phase::Running if waits.is_some() => Tone::Attention,
        Phase::Pending | Phase::Validating | Phase::Running => Tone::Plain,
    };
    let text = match waits {
        Some(waits) => format!("waits for {waits}"),
        None if restore.message.is_empty() => "no message yet".to_owned(),
        None => restore.message.clone(),
    };
    Some(Step::new(restore.phase.as_str(), &text, tone))
}

/// Whether OpenBao took the request: the words of F§4.4, or the receipt.
fn accepted(restore: &Restore) -> bool {
    let succeeded = restore.execution.as_ref().and_then(|e| e.terminal_result.as_deref()) == Some("Succeeded");
    restore.message.contains("Snapshot request accepted") || succeeded
}

/// How a failed restore ended, and whether the snapshot may have reached the data all the same.
pub(super) fn failed(restore: &Restore, message: String, findings: &Findings) -> End {
    let text = &restore.message;
    let has = |words: &[&str]| words.iter().any(|words| text.contains(words));
    let what = if has(&["lock was taken by another operation", "another operation took the cluster operation lock"]) {
        Failed::LockLost
    } else if has(&["Restore job failed", "Restore Job ", "restore job failed"])
        || restore.submission_claim.is_some()
        || findings.furthest.is_some()
    {
        Failed::Job
    } else {
        Failed::Precondition
    };
    let submitted = match what {
        _ if has(&["no snapshot was submitted"]) => Submitted::No,
        Failed::Precondition => Submitted::No,
        Failed::LockLost => findings.submitted().max(Submitted::Unknown),
        Failed::Job => findings.submitted(),
    };
    End::Failed { message, what, submitted }
}

/// What the operator waits for while the phase stands still.
fn waits_for(restore: &Restore) -> Option<String> {
    let message = restore.message.as_str();
    if restore.phase.is_final() {
        return None;
    }
    if message.starts_with("Waiting for cluster operation lock") {
        let part = |name: &str| {
            let rest = message.split_once(&format!("{name}="))?.1;
            rest.split([' ', ',']).next().map(|value| value.trim_end_matches('.')).filter(|value| !value.is_empty())
        };
        let (operation, holder) = (part("operation")?, part("holder")?);
        let way_out = match holder.strip_prefix("openbaorestore/") {
            Some(other) => format!(
                "that restore must end or be deleted first: kubectl openbao follow {} -n {}",
                quote(other),
                quote(&restore.meta.namespace)
            ),
            None => format!(
                "it is tried again every 5s, without end; an override needs a new request. Whether anybody works under it: kubectl openbao diagnose lock {} -n {}",
                quote(&restore.cluster),
                quote(&restore.meta.namespace)
            ),
        };
        return Some(format!("the {operation} lock of {holder}; {way_out}"));
    }
    if message.starts_with("Waiting for restore executor image verification") {
        return Some("the verification of the executor image's signature; it is tried again".into());
    }
    if message.starts_with("Waiting for voter Pods to restart") {
        return Some("the servers to restart one after the other on the restored data; the lock is kept until then".into());
    }
    message.starts_with("Waiting for ").then(|| message.trim_start_matches("Waiting for ").to_owned())
}

/// What holds a pod up, explained: the operator itself only says that the Job runs (F§6.3).
pub fn pod_waits_for(why: &str) -> Option<&'static str> {
    const CAUSES: &[(&str, &str)] = &[
        ("ephemeral-storage", "the executor needs about 9 GiB of ephemeral storage on one node; free or add some"),
        ("Insufficient", "no node has room for the executor"),
        ("ImagePull", "the executor image cannot be pulled: wrong image, or no access to its registry"),
        ("ErrImage", "the executor image cannot be pulled: wrong image, or no access to its registry"),
        ("InvalidImageName", "the executor image's name is wrong"),
        ("CreateContainerConfigError", "a Secret or one of its keys is missing: the object store's credentials, or the token"),
        ("FailedMount", "a volume cannot be mounted: a Secret (credentials, CA) is missing"),
        ("exceeded quota", "the namespace's quota leaves no room for the executor"),
        ("didn't match Pod's node affinity", "no node is allowed to run the executor"),
        ("untolerated taint", "every node has a taint that the executor does not tolerate"),
    ];
    CAUSES.iter().find(|(words, _)| why.contains(words)).map(|(_, explained)| *explained)
}

#[cfg(test)]
mod tests;
