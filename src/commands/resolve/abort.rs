//! `--abort`: an interrupted resolution is given up; what was frozen goes back to what it was.

use super::course::Course;
use super::{Errand, Resolved};
use crate::api::text::clean;
use crate::domain::evidence::Evidence;
use crate::domain::resolve::{Checkpoint, PlannedStep, ResolvePlan, Step, abort_step, course};
use crate::domain::restore::Consent;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::ui::interrupt::interrupt;

/// Gives the resolution up.
pub(super) async fn run(mut errand: Errand<'_>) -> Outcome<Exit> {
    let evidence = errand.glance().await?;
    let nothing = || Failure::new(Exit::NotFound, format!("no resolution is under way on {}", errand.request.cluster));
    let checkpoint = noted(&evidence)?.ok_or_else(|| nothing().detail("nothing was written"))?;
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
    let mut course =
        Course { errand: &errand, whole, claims: None, begun: true, perhaps: false, conflicts: 0, told: String::new() };
    if let Err(failure) = give_up(&errand, &mut course).await {
        return Err(course.told(failure));
    }
    let summary = format!("given up: the resolution of {} is no longer noted on the cluster.", checkpoint.started);
    let plan = course.whole.plan().clone();
    errand.tell(&plan, Resolved { restore: None, summary, exit_code: Exit::Done.code(), verification: None });
    Ok(Exit::Done)
}

/// Write by write, until the resolution is seen to be noted no more: only that is given up.
async fn give_up(errand: &Errand<'_>, course: &mut Course<'_>) -> Outcome<()> {
    // One listener for the whole way: who interrupts during a write is heard before the next one.
    let mut interrupt = interrupt();
    loop {
        let evidence = tokio::select! {
            evidence = errand.glance() => evidence,
            _ = &mut interrupt => Err(Failure::new(Exit::Interrupted, "interrupted")),
        };
        let seen = evidence.and_then(|evidence| Ok((noted(&evidence)?, evidence)));
        let (checkpoint, evidence) = match seen.map_err(|failure| course.stopped(failure))? {
            (Some(checkpoint), evidence) => (checkpoint, evidence),
            (None, _) => return Ok(()),
        };
        if checkpoint.id != errand.request.id {
            let failure = Failure::new(Exit::WorldChanged, "another resolution is noted on the cluster meanwhile");
            return Err(failure.hint("run the same command again and read the new plan"));
        }
        match abort_step(&evidence, &checkpoint, &errand.request) {
            Step::Write(write) | Step::Finish(write) => course.carry_out(&evidence, write).await?,
            Step::Stuck(stuck) => return Err(course.stopped(super::refused_as(&stuck))),
            Step::Wait(_) | Step::Follow(_) | Step::Restore { .. } => {
                return Err(course.stopped(Failure::new(Exit::Refused, "it cannot be given up now")));
            }
        }
    }
}

fn noted(evidence: &Evidence) -> Outcome<Option<Checkpoint>> {
    let cluster = evidence.cluster.value().ok_or_else(|| Failure::new(Exit::NotFound, "there is no such cluster"))?;
    Checkpoint::of(cluster).map_err(|why| {
        let name = clean(&cluster.meta.name);
        Failure::new(Exit::Refused, format!("the resolution noted on {name} cannot be read ({})", clean(&why)))
            .detail("nothing was written")
    })
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
