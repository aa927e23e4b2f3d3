//! What `breakglass show` shows, as data.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::consequences::{Consequences, consequences};
use super::state::{State, state, waits_for};
use crate::api::cluster::{BreakGlass, Cluster};
use crate::api::text::{clean, quote};
use crate::domain::diagnosis::{Diagnosis, Subject, Verdict, diagnose};
use crate::domain::evidence::Evidence;
use crate::domain::hazards::{self, Hazard, Weight};
use crate::domain::restore::GenerationSummary;
use crate::domain::rollback;

/// Break glass of one cluster: what it is, and what an acknowledgement would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// Namespace.
    pub namespace: String,
    /// The cluster.
    pub cluster: String,
    /// The state.
    pub state: State,
    /// The operator's reason.
    pub reason: String,
    /// The operator's message.
    pub message: String,
    /// The nonce; empty when there is none.
    pub nonce: String,
    /// What goes on or waits although break glass is not active: a rollback, an upgrade.
    pub goes_on: Option<String>,
    /// When it was entered.
    pub entered_at: Option<Timestamp>,
    /// When it was acknowledged.
    pub acknowledged_at: Option<Timestamp>,
    /// The operator's runbook lines, corrected where they name what does not exist.
    pub steps: Vec<String>,
    /// The Job that failed.
    pub failed_job: Option<String>,
    /// The generation, and what that rests on.
    pub generation: GenerationSummary,
    /// What an acknowledgement would do now; absent when there is nothing to acknowledge.
    pub consequences: Option<Consequences>,
    /// Hazards, most dangerous first.
    pub hazards: Vec<Hazard>,
    /// What to do next.
    pub next: Vec<NextStep>,
    /// When the evidence was gathered.
    pub observed_at: Timestamp,
}

/// A command and what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NextStep {
    /// The command.
    pub command: String,
    /// What it is for.
    pub purpose: String,
}

/// The view; `None` when the cluster was not read.
pub fn view(evidence: &Evidence) -> Option<View> {
    let cluster = evidence.cluster.value()?;
    let state = state(evidence)?;
    let blank = BreakGlass::default();
    let record = cluster.break_glass.as_ref().unwrap_or(&blank);
    let failed_job = rollback::failed_job(evidence, cluster).map(|f| f.name).filter(|_| cluster.break_glass.is_some());
    let hazards = hazards_of(evidence, &state);
    Some(View {
        namespace: evidence.namespace.clone(),
        cluster: evidence.name.clone(),
        reason: clean(&record.reason).into_owned(),
        message: clean(&record.message).into_owned(),
        nonce: clean(&record.nonce).into_owned(),
        goes_on: goes_on(cluster),
        entered_at: record.entered_at,
        acknowledged_at: record.acknowledged_at,
        steps: steps(evidence, cluster, record),
        generation: GenerationSummary { name: evidence.generation.name(), basis: evidence.basis() },
        consequences: consequences(evidence).filter(|_| state.is_active()),
        next: next(evidence, cluster, &state, failed_job.as_deref()),
        hazards,
        observed_at: evidence.observed_at,
        failed_job,
        state,
    })
}

/// Those of an acknowledgement while there is something to acknowledge, then those of the situation; each once.
fn hazards_of(evidence: &Evidence, state: &State) -> Vec<Hazard> {
    let mut all = if state.is_active() { hazards::of_ack(evidence) } else { Vec::new() };
    for hazard in hazards::standing(evidence) {
        if !all.iter().any(|h| h.code == hazard.code) {
            all.push(hazard);
        }
    }
    all.sort_by_key(|h| std::cmp::Reverse(h.weight));
    all
}

/// The operator's lines, with its traps taken out (F§4.6): pods of a blue/green cluster carry their revision in their
/// names, so `CLUSTER-0` does not exist; the label alone finds pods of Jobs as well; and its last step acknowledges, whatever
/// that does here.
pub fn steps(evidence: &Evidence, cluster: &Cluster, record: &BreakGlass) -> Vec<String> {
    let not_now = cluster.acknowledged() || hazards::of_ack(evidence).iter().any(|h| h.weight == Weight::Danger);
    let name = &cluster.meta.name;
    let wrong_pod = format!("exec -it {name}-0 ");
    let right_pod = server(evidence, cluster).map(|pod| format!("exec -it {} ", clean(&pod)));
    let wrong_label = format!("-l openbao.org/cluster={name} ");
    let right_label = format!("-l 'openbao.org/cluster={name},!openbao.org/component' ");
    let correct = |step: &String| {
        let step = clean(step).replace(&wrong_label, &right_label);
        if not_now && step.contains("breakGlassAck") {
            let what = step.split_once("kubectl").map_or("", |(what, _)| what);
            return format!(
                "{what}not now: see kubectl openbao diagnose rollback {} -n {}",
                quote(name),
                quote(&evidence.namespace)
            );
        }
        right_pod.as_ref().map_or(step.clone(), |right| step.replace(&wrong_pod, right))
    };
    record.steps.iter().map(correct).collect()
}

/// A server to ask: the one that leads, else Blue's first.
fn server(evidence: &Evidence, cluster: &Cluster) -> Option<String> {
    let leader = evidence.pods.each().iter().find(|pod| rollback::leads(evidence, pod)).map(|pod| pod.meta.name.clone());
    let blue =
        || cluster.blue_green.as_ref()?.blue_revision.as_ref().map(|revision| format!("{}-{revision}-0", cluster.meta.name));
    leader.or_else(blue)
}

/// The failed Job, when its log can still be saved: nothing that was read says that it is gone.
fn with_log<'a>(evidence: &Evidence, failed_job: Option<&'a str>) -> Option<&'a str> {
    let name = failed_job?;
    let job = evidence.jobs.each().iter().find(|job| job.meta.name == name)?;
    (job.failed > 0 && rollback::log_may_be_there(evidence, name)).then_some(name)
}

/// What goes on or waits while break glass is not active; `None` when the phase is Idle.
fn goes_on(cluster: &Cluster) -> Option<String> {
    let blue_green = cluster.blue_green.as_ref().filter(|b| b.under_way() && cluster.active_break_glass().is_none())?;
    let phase = clean(&blue_green.phase);
    let what = if blue_green.rolling_back() { "the rollback" } else { "the upgrade" };
    Some(match (cluster.spec.paused, waits_for(cluster)) {
        (true, _) => format!("{what} waits in phase {phase}: the cluster is paused"),
        (false, Some(lock)) => format!("{what} waits in phase {phase}: {} holds the operation lock", clean(&lock.holder)),
        (false, None) => format!("{what} is in phase {phase}"),
    })
}

/// A rollback so long ago is history: the upgrade it came from has begun again, or never will by itself (F§15.2.6).
const RECENT: Duration = Duration::from_secs(3600);

/// The patch that keeps the operator from a clean-up that removes Blue, where one is ahead: a rollback is under way, or the
/// upgrade that begins again is about to end in the next.
pub fn pause_first(evidence: &Evidence) -> Option<NextStep> {
    let cluster = evidence.cluster.value().filter(|c| !c.spec.paused && c.active_break_glass().is_none())?;
    let blue_green = cluster.blue_green.as_ref().filter(|_| evidence.generation.ack_removes_blue_peers())?;
    let recent = blue_green.rollback_start_time.is_some_and(|at| evidence.since(at) < RECENT);
    let again = recent && hazards::upgrade_left(cluster).is_some();
    (blue_green.rolling_back() || again).then(|| {
        let purpose = "stops further steps before the clean-up that removes Blue; a Job that runs already is not stopped";
        patch(evidence, r#"{"spec":{"paused":true}}"#, purpose)
    })
}

/// The patch that takes an acknowledgement back which something keeps the operator from taking.
pub fn withdrawal(evidence: &Evidence, state: &State) -> Option<NextStep> {
    let State::ActiveAckPending { held_by } = state else { return None };
    let purpose = "takes the acknowledgement back, as long as the operator has not taken it";
    (!held_by.is_empty()).then(|| patch(evidence, r#"{"spec":{"breakGlassAck":""}}"#, purpose))
}

fn patch(evidence: &Evidence, patch: &str, purpose: &str) -> NextStep {
    let (namespace, name) = (quote(&evidence.namespace), quote(&evidence.name));
    let command = format!("kubectl -n {namespace} patch openbaocluster {name} --type merge -p {}", quote(patch));
    NextStep { command, purpose: purpose.into() }
}

fn next(evidence: &Evidence, cluster: &Cluster, state: &State, failed_job: Option<&str>) -> Vec<NextStep> {
    let (namespace, name) = (quote(&evidence.namespace), quote(&evidence.name));
    let step = |command: String, purpose: &str| NextStep { command, purpose: purpose.into() };
    let follow =
        || step(format!("kubectl openbao breakglass show {name} -n {namespace} --follow"), "follows the rollback to its end");
    let status = || step(format!("kubectl openbao status {name} -n {namespace}"), "how the cluster is otherwise");
    let mut all: Vec<NextStep> = pause_first(evidence).into_iter().collect();
    if let Some(job) = with_log(evidence, failed_job).map(quote).filter(|_| state.is_active()) {
        let command = format!("kubectl openbao logs job/{job} -n {namespace} > {job}.log");
        all.push(step(command, "saves the log that says why, while it is there"));
    }
    match state {
        State::Active | State::ActiveWrongAck { .. } => all.extend(decide(evidence, &namespace, &name)),
        State::ActiveAckPending { .. } => {
            if !cluster.spec.paused {
                all.push(follow());
            }
            all.extend(withdrawal(evidence, state));
        }
        State::Acknowledged { under_way: true, .. } if !cluster.spec.paused => all.push(follow()),
        State::NotInThisGeneration | State::NotBlueGreen | State::NeverHappened | State::Acknowledged { .. } => {
            all.push(status())
        }
    }
    all
}

/// An acknowledgement is a step only where the evidence supports it; else what the diagnosis says to do first.
fn decide(evidence: &Evidence, namespace: &str, name: &str) -> Vec<NextStep> {
    let diagnosis = diagnose(evidence, Subject::Rollback);
    let retry = diagnosis.as_ref().is_some_and(|d| d.verdict == Verdict::Retry);
    let (command, purpose) = (
        format!("kubectl openbao diagnose rollback {name} -n {namespace}"),
        "the cause, and which way out the evidence supports".to_owned(),
    );
    if retry {
        let ack = format!("kubectl openbao breakglass ack {name} -n {namespace}");
        let refused = |d: &Diagnosis| d.findings.iter().any(|f| f.code == "upgrade-log-login-refused");
        let first = if diagnosis.as_ref().is_some_and(refused) { "after the role was checked: " } else { "" };
        let purpose_of_ack = format!("{first}acknowledges it: the operator goes on by itself, as said above");
        return vec![NextStep { command, purpose }, NextStep { command: ack, purpose: purpose_of_ack }];
    }
    let first = NextStep { command, purpose: format!("{purpose}; do not acknowledge before") };
    let found = diagnosis.into_iter().flat_map(|d| d.findings).filter(|f| f.code == "break-glass").flat_map(|f| f.next);
    let besides =
        found.filter(|n| !n.command.starts_with("kubectl openbao")).map(|n| NextStep { command: n.command, purpose: n.why });
    std::iter::once(first).chain(besides).collect()
}
