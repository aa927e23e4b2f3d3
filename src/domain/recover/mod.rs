//! `recover`: a restore whose outcome is unknown is settled by a person, on each generation in its own way (F§4.3, F§4.4).

mod checks;
mod rights;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use super::hazards::{self, Hazard, Settle, Weight};
use super::restore::{Consent, GenerationSummary};
use super::verify::{self, Grade as Seen, Verification};
use super::write::{Act, Kind, Patch, Write};
use crate::api::generation::Tag;
use crate::api::names::{ACKNOWLEDGE_ANNOTATION, HOLD_ANNOTATION, audit};
use crate::api::restore::{Phase, Restore};
use crate::api::text::clean;
use crate::exit::Exit;

pub use checks::{CODES, Check, Grade};
pub use rights::permissions;

/// What the person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// The data and the servers are well: the operator takes over again.
    Resume,
    /// They are not, or nobody can say: the operator lets go.
    Abandon,
}

impl Decision {
    /// The operator's word (NEXT).
    pub fn word(self) -> &'static str {
        match self {
            Decision::Resume => "Resume",
            Decision::Abandon => "Abandon",
        }
    }

    /// The verb a person types.
    pub fn verb(self) -> &'static str {
        match self {
            Decision::Resume => "resume",
            Decision::Abandon => "abandon",
        }
    }
}

/// How this generation takes the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Means {
    /// 0.5: there is no acknowledgement; deleting the OpenBaoRestore releases the lock.
    Deletion,
    /// NEXT: an annotation on the OpenBaoRestore.
    Acknowledgement,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Namespace.
    pub namespace: String,
    /// The OpenBaoRestore.
    pub restore: String,
    /// What to do.
    pub decision: Decision,
    /// One id per invocation.
    pub request_id: String,
    /// `--reason`.
    pub reason: Option<String>,
    /// Version of this tool.
    pub tool_version: String,
}

/// Everything a person must know before settling the restore, and the one write that does it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoverPlan {
    /// Namespace.
    pub namespace: String,
    /// The cluster it was restored into.
    pub cluster: String,
    /// The OpenBaoRestore.
    pub restore: String,
    /// What was decided.
    pub decision: Decision,
    /// How this generation takes it; `None` when that is not known.
    pub means: Option<Means>,
    /// The operator's own words about the restore.
    pub message: String,
    /// What will happen, in order.
    pub consequences: Vec<String>,
    /// Its preconditions.
    pub checks: Vec<Check>,
    /// What was seen of the servers.
    pub verification: Verification,
    /// Hazards, most dangerous first.
    pub hazards: Vec<Hazard>,
    /// The consent it needs.
    pub consent: Consent,
    /// The write.
    pub write: Option<Write>,
    /// The generation, and what that rests on.
    pub generation: GenerationSummary,
    /// Facts that must still be true when it is sent.
    pub rests_on: BTreeMap<String, String>,
    /// When the evidence was gathered.
    pub observed_at: Timestamp,
}

impl RecoverPlan {
    /// Checks that refuse the plan.
    pub fn refusals(&self) -> Vec<&Check> {
        self.checks.iter().filter(|c| c.grade == Grade::Fail).collect()
    }

    /// The exit code of the refusal; `None` when the plan is allowed.
    pub fn refusal_exit(&self) -> Option<Exit> {
        match self.refusals().as_slice() {
            [] => None,
            [only] if only.code == "permission" => Some(Exit::NotPermitted),
            _ => Some(Exit::Refused),
        }
    }
}

/// Makes the plan; pure.
///
/// # Errors
/// The restore was not found or not read: its words are for people.
pub fn plan(evidence: &Evidence, request: &Request) -> Result<RecoverPlan, Missing> {
    let restores = evidence.restores.value().ok_or_else(|| Missing::Unread(unread(evidence)))?;
    let restore = restores.iter().find(|r| r.meta.name == request.restore).ok_or(Missing::NotThere)?;
    let means = means(evidence, restore);
    let verification = verify::servers_alone(evidence);
    let well = is_well(evidence, &verification);
    let subject = checks::Subject { evidence, restore, decision: request.decision, means, well };
    let checks = checks::run(&subject);
    let hazards = hazards_of(evidence, restore, means, request.decision);
    let consent = consent(request, &hazards);
    let allowed = checks.iter().all(|c| c.grade != Grade::Fail);
    Ok(RecoverPlan {
        namespace: request.namespace.clone(),
        cluster: restore.cluster.clone(),
        restore: restore.meta.name.clone(),
        decision: request.decision,
        means,
        message: restore.message.clone(),
        consequences: consequences(&subject),
        write: means.filter(|_| allowed).map(|means| write(evidence, restore, request, means, &consent.accept)),
        rests_on: facts(evidence, restore, &hazards, &checks),
        generation: GenerationSummary { name: evidence.generation.name(), basis: evidence.basis() },
        observed_at: evidence.observed_at,
        checks,
        verification,
        hazards,
        consent,
    })
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// There is no such restore.
    NotThere,
    /// Restores could not be read.
    Unread(String),
}

fn unread(evidence: &Evidence) -> String {
    evidence.restores.unknown().unwrap_or_else(|| "there are none".into())
}

/// How the installed operator takes the decision: by what it left on the objects, else by its generation. A wrong guess
/// towards deletion would release the lock over an unverified cluster, so what is not certain is no answer.
fn means(evidence: &Evidence, restore: &Restore) -> Option<Means> {
    let held = evidence.cluster.value().is_some_and(|c| c.meta.annotations.get(HOLD_ANNOTATION) == Some(&restore.meta.uid));
    let told = restore.conditions.iter().any(|c| c.kind == "RecoveryReleased") || restore.disposition.is_some();
    if held || told || evidence.generation.surely_at_least(Tag::Next) {
        return Some(Means::Acknowledgement);
    }
    evidence.generation.surely_at_most(Tag::V05).then_some(Means::Deletion)
}

/// Whether the servers' own words are clean: nothing speaks against them, and every one that was asked answered well.
fn is_well(evidence: &Evidence, verification: &Verification) -> bool {
    let answered = verification.items.iter().any(|i| i.code == "answers" && i.grade == Seen::Ok);
    verification.is_clean() && (evidence.servers.is_empty() || answered)
}

fn hazards_of(evidence: &Evidence, restore: &Restore, means: Option<Means>, decision: Decision) -> Vec<Hazard> {
    match (means, decision) {
        (None, _) => Vec::new(),
        (Some(Means::Deletion), _) => hazards::of_recover(evidence, restore, Settle::Delete),
        (Some(Means::Acknowledgement), Decision::Resume) => hazards::of_recover(evidence, restore, Settle::Resume),
        (Some(Means::Acknowledgement), Decision::Abandon) => hazards::of_recover(evidence, restore, Settle::Abandon),
    }
}

fn consent(request: &Request, hazards: &[Hazard]) -> Consent {
    let (verb, name) = (request.decision.verb(), &request.restore);
    let phrase = format!("{verb} {name}");
    let accept: Vec<String> = hazards.iter().filter(|h| h.weight == Weight::Danger).map(|h| h.code.clone()).collect();
    let accepts: String = accept.iter().map(|code| format!(" --accept {code}")).collect();
    let command = format!("kubectl openbao recover {name} -n {} --{verb} --confirm '{phrase}'{accepts}", request.namespace);
    Consent { phrase, accept, reason_required: false, command }
}

fn consequences(subject: &checks::Subject<'_>) -> Vec<String> {
    let all: &[&str] = match (subject.means, subject.decision) {
        (None, _) => &[],
        (Some(Means::Deletion), _) => &[
            "the OpenBaoRestore is deleted; exactly this one, by its uid",
            "the operator first ends its Job and waits until it is gone",
            "then it releases the operation lock, then its finalizer: upgrades and backups go on",
            "the record of this restore goes with the object",
        ],
        (Some(Means::Acknowledgement), Decision::Resume) => &[
            "the operator writes down every server and restarts them one by one, standbys first, the leader last after it stepped down",
            "then it takes its hold from the cluster and releases the operation lock: upgrades and backups go on",
            "the restore stays Unknown for ever; RecoveryReleased=True/Resumed is its end, and the decision cannot be changed",
        ],
        (Some(Means::Acknowledgement), Decision::Abandon) => &[
            "the operator pauses the cluster, takes its hold away and releases the operation lock; no server is restarted",
            "the cluster stays paused until somebody unpauses it",
            "the restore stays Unknown for ever; RecoveryReleased=True/Abandoned is its end, and the decision cannot be changed",
        ],
    };
    all.iter().map(|line| (*line).to_owned()).collect()
}

fn write(evidence: &Evidence, restore: &Restore, request: &Request, means: Means, accepted: &[String]) -> Write {
    let (act, purpose) = match means {
        Means::Deletion => {
            let (uid, resource_version) = (restore.meta.uid.clone(), restore.meta.resource_version.clone());
            (Act::Delete { uid, resource_version }, "deletes the restore, which releases the lock")
        }
        Means::Acknowledgement => (acknowledgement(evidence, restore, request, accepted), "acknowledges the restore"),
    };
    Write {
        kind: Kind::Restore,
        namespace: request.namespace.clone(),
        name: restore.meta.name.clone(),
        act,
        purpose: purpose.into(),
    }
}

/// Only this object, as it was seen, still unknown and undecided. The audit trail of the restore itself stays as it is:
/// who settled it, and why, stands in an annotation of its own.
fn acknowledgement(evidence: &Evidence, restore: &Restore, request: &Request, accepted: &[String]) -> Act {
    let trail = serde_json::json!({
        "id": request.request_id, "by": evidence.person.value(), "reason": request.reason, "accepted": accepted,
        "version": request.tool_version,
    });
    Patch::of(&restore.meta)
        .only_while("/metadata/resourceVersion", restore.meta.resource_version.clone().into())
        .only_while("/status/phase", Phase::Unknown.as_str().into())
        .only_while("/status/administratorDisposition", serde_json::Value::Null)
        .annotate(ACKNOWLEDGE_ANNOTATION, &format!("{}/{}", restore.meta.uid, request.decision.word()))
        .annotate(audit::RECOVERED, &trail.to_string())
        .act()
}

/// What the consent rests on.
fn facts(evidence: &Evidence, restore: &Restore, hazards: &[Hazard], checks: &[Check]) -> BTreeMap<String, String> {
    let none = || "none".to_owned();
    let cluster = evidence.cluster.value();
    let lock =
        cluster.and_then(|c| c.operation_lock.as_ref()).map_or_else(none, |l| format!("{} held by {}", l.operation, l.holder));
    let failed: Vec<&str> = checks.iter().filter(|c| c.grade == Grade::Fail).map(|c| c.code.as_str()).collect();
    let joined = |all: Vec<&str>| if all.is_empty() { none() } else { all.join(", ") };
    [
        ("restore uid", restore.meta.uid.clone()),
        ("phase", restore.phase.as_str().to_owned()),
        ("decision", restore.disposition.clone().unwrap_or_else(none)),
        ("cluster uid", cluster.map_or_else(none, |c| c.meta.uid.clone())),
        ("paused", cluster.map_or_else(none, |c| c.spec.paused.to_string())),
        ("operation lock", lock),
        ("generation", evidence.generation.name()),
        ("hazards", hazards::as_fact(hazards)),
        ("failed checks", joined(failed)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), clean(&value).into_owned()))
    .collect()
}

/// How far the operator is with a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Release {
    /// It has not taken the decision yet, or waits for something: its own words.
    Waiting(String),
    /// It will not go on by itself.
    Blocked(String),
    /// It let go.
    Released(Decision),
}

/// Reads NEXT's condition `RecoveryReleased` (F§4.4).
pub fn release(restore: &Restore) -> Release {
    let Some(condition) = restore.conditions.iter().find(|c| c.kind == "RecoveryReleased") else {
        return Release::Waiting("waiting for the operator to see the decision".into());
    };
    let text = clean(&condition.message).into_owned();
    match (condition.status.as_str(), condition.reason.as_str()) {
        ("True", "Abandoned") => Release::Released(Decision::Abandon),
        ("True", _) => Release::Released(Decision::Resume),
        (_, "RecoveryBlocked") => Release::Blocked(text),
        (_, "AwaitingAcknowledgement") => Release::Waiting("waiting for the operator to see the decision".into()),
        (_, "WaitingForPod") => Release::Waiting(format!("a server is not ready: {text}")),
        (_, "VoterHealthUnavailable") => Release::Waiting(format!("a server does not say that it is well: {text}")),
        (_, "OperatorAccessUnavailable") => Release::Waiting(format!("the operator cannot log in to OpenBao: {text}")),
        (_, "MembershipChanged") => Release::Waiting(format!("Raft's members changed meanwhile: {text}")),
        (_, "Restarting") => Release::Waiting(text),
        (_, reason) => Release::Waiting(format!("{}: {text}", clean(reason))),
    }
}
