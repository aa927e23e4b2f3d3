//! `--abort`: an interrupted resolution is given up; what was frozen goes back to what it was.

use super::course::Course;
use super::{Errand, Resolved};
use crate::api::text::clean;
use crate::domain::evidence::Evidence;
use crate::domain::resolve::{Checkpoint, PlannedStep, ResolvePlan, Step, abort_step, course};
use crate::domain::restore::Consent;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;

/// Gives the resolution up.
pub(super) async fn run(mut errand: Errand<'_>) -> Outcome<Exit> {
    let evidence = errand.glance().await?;
    let checkpoint = noted(&evidence)?;
    errand.request.id.clone_from(&checkpoint.id);
    let planned = plan(&errand, &evidence, &checkpoint)?;
    if let Step::Stuck(stuck) = abort_step(&evidence, &checkpoint, &errand.request) {
        return Err(super::refused_as(&stuck));
    }
    if errand.args.dry_run.is_some() {
        return errand.show_only(planned, None).await;
    }
    errand.converse(&planned);
    let command = planned.consent.command.clone();
    let whole = errand.consent(planned, &command).await?;
    let mut course = Course { errand: &errand, whole, claims: None, begun: true, conflicts: 0, told: String::new() };
    loop {
        let evidence = errand.glance().await?;
        let Some(Ok(Some(checkpoint))) = evidence.cluster.value().map(Checkpoint::of) else { break };
        if checkpoint.id != errand.request.id {
            break;
        }
        match abort_step(&evidence, &checkpoint, &errand.request) {
            Step::Write(write) | Step::Finish(write) => course.carry_out(&evidence, write).await?,
            Step::Stuck(stuck) => {
                let failure = Failure::new(stuck.exit(), stuck.text);
                return Err(stuck.hints.into_iter().fold(failure, Failure::hint));
            }
            Step::Wait(_) | Step::Follow(_) | Step::Restore { .. } => break,
        }
    }
    let summary = format!("given up: the resolution of {} is no longer noted on the cluster.", checkpoint.started);
    let plan = course.whole.plan().clone();
    errand.tell(&plan, Resolved { restore: None, summary, exit_code: Exit::Done.code(), verification: None });
    Ok(Exit::Done)
}

fn noted(evidence: &Evidence) -> Outcome<Checkpoint> {
    let cluster = evidence.cluster.value().ok_or_else(|| Failure::new(Exit::NotFound, "there is no such cluster"))?;
    let name = clean(&cluster.meta.name);
    match Checkpoint::of(cluster) {
        Ok(Some(checkpoint)) => Ok(checkpoint),
        Ok(None) => {
            Err(Failure::new(Exit::NotFound, format!("no resolution is under way on {name}")).detail("nothing was written"))
        }
        Err(why) => Err(Failure::new(Exit::Refused, format!("the resolution noted on {name} cannot be read ({})", clean(&why)))
            .detail("nothing was written")),
    }
}

fn plan(errand: &Errand<'_>, evidence: &Evidence, checkpoint: &Checkpoint) -> Outcome<ResolvePlan> {
    let planned = course(evidence, &errand.request, None).map_err(|why| Failure::new(Exit::Failure, why))?;
    let mut steps = Vec::new();
    if let Some(operator) = &checkpoint.operator {
        steps.push(format!("give the operator its {} replica(s) back, if it is still stopped", operator.replicas));
    }
    steps.push(match checkpoint.was_paused {
        true => "leave the cluster paused, as it was before".to_owned(),
        false => "unpause the cluster: it was not paused before, and automation goes on at once".to_owned(),
    });
    if !checkpoint.claims.is_empty() {
        steps.push("volumes that were deleted stay deleted".into());
    }
    steps.push("take the note off the cluster".into());
    let (namespace, cluster) = (&errand.request.namespace, &errand.request.cluster);
    let phrase = format!("abort {namespace}/{cluster}");
    let command = format!("kubectl openbao resolve {cluster} -n {namespace} --abort --confirm '{phrase}'");
    Ok(ResolvePlan {
        steps: steps.into_iter().map(|text| PlannedStep { text, done: false }).collect(),
        claims: None,
        left: Vec::new(),
        hazards: Vec::new(),
        refusal: None,
        consent: Consent { phrase, accept: Vec::new(), reason_required: false, command },
        ..planned
    })
}
