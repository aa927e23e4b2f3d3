//! `--path restore`: freeze, delete volumes if asked to, thaw, restore; resumable anywhere.

use tokio::time::Instant;

use super::course::Course;
use super::{Errand, Resolved, refused_as};
use crate::api::restore::{Phase, Restore};
use crate::api::text::clean;
use crate::commands::restore::{self, Finished, see_to_the_end};
use crate::domain::evidence::Evidence;
use crate::domain::resolve::{
    Checkpoint, ResolvePlan, Stage, Step, already_done, begin, course, next_step, origin, restore_name, rights,
};
use crate::domain::restore::RestorePlan;
use crate::domain::restore::request::Request as RestoreRequest;
use crate::domain::rollback;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::course::permitted;
use crate::ui::prompt;

/// Begins, or goes on with what was begun.
pub(super) async fn run(mut errand: Errand<'_>) -> Outcome<Exit> {
    let mut evidence = errand.look_closely().await?;
    let checkpoint = evidence.cluster.value().and_then(|c| Checkpoint::of(c).ok().flatten());
    if let Some(checkpoint) = &checkpoint {
        errand.request.id.clone_from(&checkpoint.id);
    } else {
        errand.request.key = key(&errand, &evidence)?;
        if let Some(done) = evidence.cluster.value().and_then(|c| already_done(&evidence, c, &errand.request.key)) {
            return over_already(&errand, &evidence, done).await;
        }
    }
    let args = restore_args(&errand, checkpoint.as_ref());
    let asking = permitted(&errand.connected.kube, rights(&evidence, &errand.request));
    let (permissions, preview) = tokio::join!(asking, preview(&errand, &args, &evidence, checkpoint.as_ref()));
    evidence.permissions = permissions;
    let preview = preview?;
    let planned = course(&evidence, &errand.request, preview.as_ref()).map_err(|why| Failure::new(Exit::Failure, why))?;
    if errand.args.dry_run.is_some() {
        let cluster = evidence.cluster.value().filter(|_| checkpoint.is_none());
        let first = cluster.map(|c| begin(&evidence, c, &errand.request, planned.claims.as_ref()).1);
        return errand.show_only(planned, first.as_ref()).await;
    }
    errand.converse(&planned);
    if let Some(refusal) = &planned.refusal {
        return Err(refused_as(refusal));
    }
    ask_why(&mut errand, &planned).await?;
    errand.request.accepted.clone_from(&planned.consent.accept);
    let course = agree(&errand, planned).await?;
    go(&errand, course, &args).await
}

/// The snapshot; without one the hint names what is known.
fn key(errand: &Errand<'_>, evidence: &Evidence) -> Outcome<String> {
    if let Some(key) = errand.args.key.clone().filter(|k| !k.is_empty()) {
        return Ok(key);
    }
    let failure = Failure::new(Exit::Usage, "which snapshot? No key was given");
    let candidate = evidence.cluster.value().and_then(|cluster| rollback::candidate(evidence, cluster));
    Err(match candidate {
        Some(found) => failure.hint(format!("--key {}        {}", clean(&found.key), clean(&found.from))),
        None => {
            failure.hint("--key KEY, the full path of the object in the bucket; none is known from the cluster").hint(format!(
                "what is in the bucket: kubectl openbao snapshots list {} -n {}",
                clean(&evidence.name),
                clean(&evidence.namespace)
            ))
        }
    })
}

/// The same command once more, after the end: nothing is written, and how it ended is looked at again. An outcome that
/// nobody settled is as unknown as before.
async fn over_already(errand: &Errand<'_>, evidence: &Evidence, done: &Restore) -> Outcome<Exit> {
    let plan = course(evidence, &errand.request, None).map_err(|why| Failure::new(Exit::Failure, why))?;
    let name = clean(&done.meta.name).into_owned();
    let active = evidence.cluster.value().is_some_and(|c| c.active_break_glass().is_some());
    let event = if active { " for this very break glass" } else { "" };
    let ui = &errand.session.ui;
    ui.insist(&format!("{name} restored this snapshot{event} already ({}); looking at it again", done.phase));
    if done.phase == Phase::Completed {
        let (cluster, namespace) = (&errand.request.cluster, &errand.request.namespace);
        let key = clean(&done.key);
        ui.insist(&format!(
            "to restore it once more: kubectl openbao restore {cluster} -n {namespace} --key {key} --override-lock"
        ));
    }
    let finished = see_to_the_end(errand.session, errand.connected, &restore_args(errand, None), done).await?;
    Ok(tell(errand, &plan, name, finished))
}

/// How the restore ended is how the way ended.
fn tell(errand: &Errand<'_>, plan: &ResolvePlan, restore: String, finished: Finished) -> Exit {
    let (exit, summary) = judged(&finished, &errand.request.cluster);
    let restore = Some(restore);
    errand.tell(plan, Resolved { restore, summary, exit_code: exit.code(), verification: finished.verification });
    exit
}

/// The restore's own flags.
fn restore_args(errand: &Errand<'_>, checkpoint: Option<&Checkpoint>) -> restore::Args {
    let args = errand.args;
    restore::Args {
        latest: false,
        before: None,
        depth: None,
        verify_limit: None,
        name: Some(errand.request.cluster.clone()),
        key: Some(checkpoint.map_or_else(|| errand.request.key.clone(), |c| c.key.clone())),
        from_file: None,
        override_lock: true,
        force: true,
        reason: errand.request.reason.clone(),
        dry_run: None,
        confirm: args.confirm.first().cloned(),
        accept: args.accept.clone(),
        show_kubectl: args.show_kubectl,
        output: None,
        no_follow: false,
        timeout: Some(args.timeout),
        verify: args.verify.clone(),
        source: args.source.clone(),
        restore_name: None,
        report: crate::commands::from_report::FromReport::default(),
    }
}

fn restore_request(errand: &Errand<'_>, args: &restore::Args, name: &str, evidence: &Evidence) -> Outcome<RestoreRequest> {
    let key = args.key.clone().unwrap_or_default();
    let made = restore::request(args, None, &errand.request.namespace, &errand.request.cluster, key)?;
    let id = errand.request.id.clone();
    let resolution = evidence.cluster.value().map(|cluster| origin(cluster, &id));
    Ok(RestoreRequest { name: name.to_owned(), request_id: id, resolution, ..made })
}

/// The restore as it would be planned now; none when it exists already.
async fn preview(
    errand: &Errand<'_>,
    args: &restore::Args,
    evidence: &Evidence,
    checkpoint: Option<&Checkpoint>,
) -> Outcome<Option<RestorePlan>> {
    let name = checkpoint.map(|c| c.restore_name(&errand.request.cluster));
    let exists = evidence.restores.each().iter().any(|r| Some(&r.meta.name) == name.as_ref());
    if exists || checkpoint.is_some_and(|c| c.stage == Stage::Created) {
        return Ok(None);
    }
    let name = name.unwrap_or_else(|| restore_name(&errand.request.cluster, errand.request.now, &errand.request.id));
    let request = restore_request(errand, args, &name, evidence)?;
    restore::Errand::of_resolution(errand.session, errand.connected, args).plan(&request, None).await.map(Some)
}

async fn ask_why(errand: &mut Errand<'_>, planned: &ResolvePlan) -> Outcome<()> {
    let asks = errand.session.ui.terminal().interactive && errand.args.confirm.is_empty();
    if asks && planned.consent.reason_required && errand.request.reason.is_none() {
        errand.session.ui.insist("\nWhy is this restored past the lock? (kept on the objects)");
        errand.request.reason = prompt::line(&errand.session.ui, "> ").await?.filter(|r| !r.trim().is_empty());
    }
    Ok(())
}

/// Everything is agreed to before anything is written: the volumes, then the whole way.
async fn agree<'a>(errand: &'a Errand<'_>, planned: ResolvePlan) -> Outcome<Course<'a>> {
    let command = planned.consent.command.clone();
    let claims = match planned.claims.clone() {
        Some(claims) => Some(errand.consent(claims, &command).await?),
        None => None,
    };
    let begun = planned.interrupted.is_some();
    let whole = errand.consent(planned, &command).await?;
    Ok(Course { errand, whole, claims, begun, perhaps: false, conflicts: 0, told: String::new() })
}

/// Step by step to the end.
async fn go(errand: &Errand<'_>, mut course: Course<'_>, args: &restore::Args) -> Outcome<Exit> {
    let mut args = args.clone();
    args.reason.clone_from(&errand.request.reason);
    let end = Instant::now() + errand.args.timeout;
    let mut journey = Journey { errand, args: &args, finished: None };
    let exit = tokio::select! {
        exit = journey.run(&mut course) => exit,
        () = tokio::time::sleep_until(end) => Err(course.stopped(Failure::new(Exit::TimeLimit, "the time limit ran out"))),
        _ = tokio::signal::ctrl_c() => Err(course.stopped(Failure::new(Exit::Interrupted, "interrupted"))),
    };
    exit.map_err(|failure| course.told(failure))
}

struct Journey<'a> {
    errand: &'a Errand<'a>,
    args: &'a restore::Args,
    /// How the restore ended, once it was followed and verified in this run.
    finished: Option<Finished>,
}

impl Journey<'_> {
    async fn run(&mut self, course: &mut Course<'_>) -> Outcome<Exit> {
        let mut deleting = course.claims.is_some();
        loop {
            let evidence = if deleting { self.errand.look_closely().await } else { self.errand.glance().await };
            let evidence = evidence.map_err(|failure| course.stopped(failure))?;
            let Some(cluster) = evidence.cluster.value() else {
                return Err(course.stopped(Failure::new(Exit::NotFound, "the cluster is gone")));
            };
            let noted = Checkpoint::of(cluster).map_err(|why| course.stopped(Failure::new(Exit::WorldChanged, why)))?;
            let Some(checkpoint) = noted else {
                if course.begun {
                    return self.gone(course, &evidence);
                }
                let claims = course.whole.plan().claims.clone();
                let (_, write) = begin(&evidence, cluster, &self.errand.request, claims.as_ref());
                course.carry_out(&evidence, write).await?;
                continue;
            };
            if checkpoint.id != self.errand.request.id {
                let by = checkpoint.by.as_deref().unwrap_or("somebody");
                return Err(Failure::new(Exit::WorldChanged, format!("{} began another resolution meanwhile", clean(by))));
            }
            // Ours: also when the answer to the write that noted it was lost.
            course.begun = true;
            deleting = checkpoint.stage <= Stage::Claims && !checkpoint.claims.is_empty();
            match next_step(&evidence, &checkpoint, &self.errand.request) {
                Step::Write(write) => course.carry_out(&evidence, write).await?,
                Step::Wait(what) => course.wait(&what).await,
                Step::Restore { name, .. } => drop(self.create(course, &name, &evidence).await?),
                Step::Follow(name) => self.follow(course, &name, &evidence).await?,
                Step::Finish(write) => {
                    self.follow(course, &checkpoint.restore_name(&cluster.meta.name), &evidence).await?;
                    course.carry_out(&evidence, write).await?;
                }
                Step::Stuck(stuck) => {
                    let failure = Failure::new(stuck.exit(), stuck.text);
                    return Err(course.stopped(stuck.hints.into_iter().fold(failure, Failure::hint)));
                }
            }
        }
    }

    async fn create(&self, course: &Course<'_>, name: &str, evidence: &Evidence) -> Outcome<Restore> {
        let request = restore_request(self.errand, self.args, name, evidence).map_err(|failure| course.stopped(failure))?;
        let errand = restore::Errand::of_resolution(self.errand.session, self.errand.connected, self.args);
        let errand = errand.agreed(course.whole.plan());
        let planned = errand.plan(&request, None).await.map_err(|failure| course.stopped(failure))?;
        errand.create(planned, request).await.map_err(|failure| course.stopped(failure))
    }

    /// Follows and verifies, once in this run.
    async fn follow(&mut self, course: &Course<'_>, name: &str, evidence: &Evidence) -> Outcome<()> {
        let Some(restore) = evidence.restores.each().iter().find(|r| r.meta.name == name) else { return Ok(()) };
        if self.finished.is_none() {
            let finished = see_to_the_end(self.errand.session, self.errand.connected, self.args, restore).await;
            self.finished = Some(finished.map_err(|failure| course.stopped(failure))?);
        }
        Ok(())
    }

    /// The checkpoint is gone: by our last write, by an answer that was lost, or by somebody who gave it up.
    fn gone(&mut self, course: &Course<'_>, evidence: &Evidence) -> Outcome<Exit> {
        let id = &self.errand.request.id;
        let request_id = crate::api::names::audit::REQUEST_ID;
        let restore = evidence.restores.each().iter().find(|r| r.meta.annotations.get(request_id) == Some(id));
        let (Some(restore), Some(finished)) = (restore, self.finished.take()) else {
            return Err(Failure::new(Exit::WorldChanged, "somebody ended or gave up this resolution meanwhile")
                .hint(format!("kubectl openbao status {} -n {}", self.errand.request.cluster, self.errand.request.namespace)));
        };
        let ui = &self.errand.session.ui;
        ui.insist("\nLeft to do");
        for line in &course.whole.plan().left {
            ui.insist(&format!("  {}", line.replace("RESTORE", &restore.meta.name)));
        }
        Ok(tell(self.errand, course.whole.plan(), restore.meta.name.clone(), finished))
    }
}

/// That break glass is still active is what this way leaves, and was said before: alone it makes no failure.
fn judged(finished: &Finished, cluster: &str) -> (Exit, String) {
    match &finished.verification {
        Some(verification) if finished.exit == Exit::Attention && verification.is_clean_but_for("break-glass") => {
            (Exit::Done, format!("{cluster} is restored and serving; break glass is still active, as it was to be."))
        }
        _ => (finished.exit, finished.summary.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::restore::Ending;
    use crate::domain::verify::{Finding, Grade, Verification};

    #[test]
    fn break_glass_alone_makes_no_failure_and_servers_nobody_saw_make_no_success() {
        let judged = |seal: Grade| {
            let finding = |code: &str, grade| Finding { code: code.into(), grade, text: String::new() };
            let items = vec![finding("seal", seal), finding("leader", seal), finding("break-glass", Grade::Fail)];
            let verification = Some(Verification { items });
            let finished = Finished { result: Ending::NeedsAttention, exit: Exit::Attention, summary: "?".into(), verification };
            judged(&finished, "prod").0
        };
        assert_eq!((judged(Grade::Ok), judged(Grade::Unknown)), (Exit::Done, Exit::Attention));
    }
}
