//! The plan of an acknowledgement: the exact patch, what it sets off, what it rests on, what consent it needs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::consequences::{Consequences, consequences};
use super::patch;
use super::state::{State, state};
use crate::api::cluster::{BreakGlass, Cluster};
use crate::api::names::GROUP;
use crate::api::text::{clean, quote};
use crate::domain::evidence::{Evidence, Permission};
use crate::domain::hazards::{self, Hazard, Weight};
use crate::domain::restore::{Consent, GenerationSummary};
use crate::domain::write::Write;
use crate::exit::Exit;

/// What was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AckRequest {
    /// Namespace.
    pub namespace: String,
    /// The cluster.
    pub cluster: String,
    /// The nonce given by flag: acknowledge this event and no other.
    pub nonce: Option<String>,
    /// One id per invocation; settles a lost answer.
    pub request_id: String,
    /// Why, in the person's words.
    pub reason: Option<String>,
    /// Version of this tool.
    pub tool_version: String,
}

/// Everything a person must know before acknowledging, and everything needed to do it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AckPlan {
    /// Namespace.
    pub namespace: String,
    /// The cluster.
    pub cluster: String,
    /// The nonce that will be written; empty when there is none.
    pub nonce: String,
    /// The state of break glass.
    pub state: State,
    /// The operator's reason and message.
    pub reason: String,
    /// The operator's message: it names the failed Job.
    pub message: String,
    /// When break glass was entered.
    pub entered_at: Option<Timestamp>,
    /// The generation, and what that rests on.
    pub generation: GenerationSummary,
    /// What will happen, in order.
    pub consequences: Consequences,
    /// Hazards, most dangerous first.
    pub hazards: Vec<Hazard>,
    /// Why it is not allowed, if it is not.
    pub refusal: Option<Refusal>,
    /// The consent it needs. A script gives the nonce (`--nonce`) in place of the phrase.
    pub consent: Consent,
    /// What will be sent.
    pub write: Write,
    /// Facts that must still be true when it is sent.
    pub rests_on: BTreeMap<String, String>,
    /// When the evidence was gathered.
    pub observed_at: Timestamp,
    /// One id per invocation.
    pub request_id: String,
}

impl AckPlan {
    /// The exit code of the refusal; `None` when the plan is allowed.
    pub fn refusal_exit(&self) -> Option<Exit> {
        Exit::of_code(self.refusal.as_ref()?.exit_code)
    }
}

/// Why an acknowledgement is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// Stable word: `not-active`, `already-acknowledged`, `ack-pending`, `other-nonce`, `no-nonce`, `permission`.
    pub code: String,
    /// The exit code it gives.
    pub exit_code: u8,
    /// One sentence.
    pub text: String,
    /// What to do instead.
    pub hint: Option<String>,
}

/// Makes the plan. Pure: the same evidence and request give the same plan.
///
/// # Errors
/// When the cluster itself was not read: there is nothing to plan over.
pub fn plan(evidence: &Evidence, request: &AckRequest) -> Result<AckPlan, String> {
    let unread = || evidence.cluster.unknown().unwrap_or_else(|| "it does not exist".into());
    let cluster = evidence.cluster.value().ok_or_else(unread)?;
    let (Some(state), Some(consequences)) = (state(evidence), consequences(evidence)) else { return Err(unread()) };
    let blank = BreakGlass::default();
    let record = cluster.break_glass.as_ref().unwrap_or(&blank);
    let hazards = hazards::of_ack(evidence);
    let dangers: Vec<String> = hazards.iter().filter(|h| h.weight == Weight::Danger).map(|h| h.code.clone()).collect();
    Ok(AckPlan {
        namespace: request.namespace.clone(),
        cluster: request.cluster.clone(),
        nonce: record.nonce.clone(),
        reason: clean(&record.reason).into_owned(),
        message: clean(&record.message).into_owned(),
        entered_at: record.entered_at,
        generation: GenerationSummary { name: evidence.generation.name(), basis: evidence.basis() },
        refusal: refusal(evidence, request, &state, record),
        consent: consent(request, record, &dangers),
        write: patch::write(evidence, cluster, &record.nonce, request, &dangers),
        rests_on: facts(evidence, cluster, record, &hazards),
        observed_at: evidence.observed_at,
        request_id: request.request_id.clone(),
        state,
        consequences,
        hazards,
    })
}

/// What a person answers when nothing dangerous is known.
pub(crate) const YES: &str = "y";

fn consent(request: &AckRequest, record: &BreakGlass, dangers: &[String]) -> Consent {
    let accept = dangers.to_vec();
    let (namespace, cluster) = (&request.namespace, &request.cluster);
    let phrase = if accept.is_empty() { YES.to_owned() } else { format!("ack {namespace}/{cluster}") };
    let codes: String = accept.iter().map(|code| format!(" --accept {code}")).collect();
    let command = format!("kubectl openbao breakglass ack {cluster} -n {namespace} --nonce {}{codes}", quote(&record.nonce));
    Consent { phrase, accept, reason_required: false, command }
}

/// The permission an acknowledgement needs: nothing but `patch` on the cluster (F§8.1; policies may want more, F§8.3).
pub(crate) fn permission(cluster: &str) -> Permission {
    Permission::on("patch", GROUP, "openbaoclusters").named(cluster)
}

fn refusal(evidence: &Evidence, request: &AckRequest, state: &State, record: &BreakGlass) -> Option<Refusal> {
    let (namespace, cluster) = (&request.namespace, &request.cluster);
    let show = format!("kubectl openbao breakglass show {cluster} -n {namespace}");
    let refused = |code: &str, exit: Exit, text: String, hint: Option<String>| {
        Some(Refusal { code: code.into(), exit_code: exit.code(), text, hint })
    };
    let other = request.nonce.as_deref().filter(|given| *given != record.nonce);
    match state {
        State::NotInThisGeneration | State::NotBlueGreen | State::NeverHappened => {
            let text = "break glass is not active: there is nothing to acknowledge, and there never was on this cluster";
            refused("not-active", Exit::Refused, text.into(), Some(format!("kubectl openbao status {cluster} -n {namespace}")))
        }
        // The event that was asked for is gone or was never there: what is there now must be looked at first.
        _ if other.is_some() => {
            let text = format!(
                "the nonce is {} now, not {}: the event you looked at is over",
                clean(&record.nonce),
                clean(other.unwrap_or_default())
            );
            refused("other-nonce", Exit::WorldChanged, text, Some(format!("{show}        shows what is the matter now")))
        }
        State::Acknowledged { at, under_way } => {
            let when = at.map_or("at an unknown time".into(), |at| format!("{} ago", evidence.ago(at)));
            let rest = if *under_way { "; the rollback it released is under way" } else { "" };
            let text = format!("break glass is not active: it was acknowledged {when}{rest}");
            let hint = if *under_way { format!("{show} --follow        follows the rollback to its end") } else { show };
            refused("already-acknowledged", Exit::Refused, text, Some(hint))
        }
        State::ActiveAckPending { held_by } => {
            let why = if held_by.is_empty() { "it may take it any second".into() } else { held_by.join("; ") };
            let text = format!("the acknowledgement is written already and the operator has not taken it: {why}");
            refused("ack-pending", Exit::Refused, text, Some(format!("{show}        how to take it back, or to follow it")))
        }
        _ if record.nonce.is_empty() => {
            let text = "break glass is active without a nonce: no acknowledgement can match it";
            refused("no-nonce", Exit::Refused, text.into(), Some(show))
        }
        State::Active | State::ActiveWrongAck { .. } if evidence.may(&permission(cluster)) == Some(false) => {
            let text = format!("you are not allowed to {}", permission(cluster).words());
            let hint = format!("a Role that is enough: docs/rbac/acknowledge.yaml of the plugin, for namespace {namespace}");
            refused("permission", Exit::NotPermitted, text, Some(hint))
        }
        State::Active | State::ActiveWrongAck { .. } => None,
    }
}

/// The facts whose change makes the consent worthless, each as text.
fn facts(evidence: &Evidence, cluster: &Cluster, record: &BreakGlass, hazards: &[Hazard]) -> BTreeMap<String, String> {
    let none = || "none".to_owned();
    let listed = |all: Vec<String>| if all.is_empty() { none() } else { all.join(", ") };
    let open = evidence.unfinished_restores().into_iter().map(|r| format!("{} {}", r.meta.name, r.phase)).collect();
    let lock = cluster.operation_lock.as_ref().map_or_else(none, |l| format!("{} held by {}", l.operation, l.holder));
    let revision = |of: fn(&crate::api::cluster::BlueGreen) -> &Option<String>| {
        cluster.blue_green.as_ref().and_then(|b| of(b).clone()).unwrap_or_else(none)
    };
    [
        ("cluster uid", cluster.meta.uid.clone()),
        ("break glass", if record.active { "active".into() } else { "not active".to_owned() }),
        ("nonce", record.nonce.clone()),
        ("reason", record.reason.clone()),
        ("acknowledgement", cluster.spec.break_glass_ack.clone().unwrap_or_else(none)),
        ("blue/green phase", cluster.blue_green.as_ref().map_or_else(none, |b| b.phase.clone())),
        ("Blue", revision(|b| &b.blue_revision)),
        ("Green", revision(|b| &b.green_revision)),
        ("operation lock", lock),
        ("generation", evidence.generation.name()),
        ("wanted version", cluster.spec.version.clone().unwrap_or_else(none)),
        ("running version", cluster.current_version.clone().unwrap_or_else(none)),
        ("paused", cluster.spec.paused.to_string()),
        ("restores in flight", listed(open)),
        ("hazards", hazards::as_fact(hazards)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), clean(&value).into_owned()))
    .collect()
}
