//! The Job a name and a kind stand for, and what there is to say when nothing of its log is left.

use super::Args;
use crate::api::event::Event;
use crate::api::restore::Restore;
use crate::api::text::{age, clean, clean_cut};
use crate::commands::pick_cluster;
use crate::domain::evidence::{Evidence, Item};
use crate::domain::jobs::{Kind, meant};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::clusters::not_found;
use crate::gather::{incident, live};
use crate::remote::k8s::ApiErrorKind;
use crate::remote::k8s::paths::RESTORES;
use crate::session::{Connected, Session};

/// Events shown when a log is gone.
const EVENTS_SHOWN: usize = 8;

/// A Job, and what was read on the way to it.
pub(super) struct Found {
    /// Its name.
    pub(super) job: String,
    /// The cluster and its Jobs, when it was found by the cluster.
    evidence: Option<Evidence>,
    /// The restore, when it was found by that.
    restore: Option<Restore>,
}

/// Finds the Job: itself, a restore's, or the cluster's newest of a kind.
pub(super) async fn job(session: &Session, connected: &Connected, args: &Args) -> Outcome<Found> {
    if let Some(name) = &args.name {
        let bare = ["job/", "jobs/", "job.batch/", "jobs.batch/"].iter().find_map(|prefix| name.strip_prefix(prefix));
        if let Some(job) = bare {
            return Ok(Found { job: job.to_owned(), evidence: None, restore: None });
        }
        if args.job.0 == Kind::Restore
            && let Some(restore) = restore(connected, name).await?
        {
            return Ok(Found { job: restore.job_name(), evidence: None, restore: Some(restore) });
        }
    }
    let cluster = pick_cluster(session, connected, args.name.as_deref()).await?;
    let (found, by) = of_cluster(connected, &cluster, args.job.0).await?;
    session.ui.say(&format!("log of job {} ({by})", clean(&found.job)));
    Ok(found)
}

async fn restore(connected: &Connected, name: &str) -> Outcome<Option<Restore>> {
    let (kube, namespace) = (&connected.kube, &connected.namespace);
    match kube.get(&RESTORES.object(namespace, name)).await {
        Ok(restore) => Ok(Some(Restore::read(&restore))),
        Err(error) if error.kind == ApiErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.failure(&format!("reading restore {namespace}/{name}"))),
    }
}

async fn of_cluster(connected: &Connected, cluster: &str, kind: Kind) -> Outcome<(Found, &'static str)> {
    let (kube, namespace) = (&connected.kube, connected.namespace.as_str());
    let doing = format!("looking for the {} Job of {namespace}/{cluster}", kind.as_str());
    let evidence = live::jobs(kube, namespace, cluster).await.map_err(|error| error.failure(&doing))?;
    if let Some(found) = meant(&evidence, kind) {
        let restore = evidence.restores.each().iter().find(|r| r.job_name() == found.name).cloned();
        return Ok((Found { job: found.name, evidence: Some(evidence), restore }, found.by));
    }
    if evidence.cluster == Item::Absent && evidence.jobs.each().is_empty() {
        let failure = not_found(kube, namespace, cluster).await;
        return Err(match kind {
            Kind::Restore => Failure {
                cause: format!("namespace {namespace} has neither a restore {0} nor a cluster {0}", clean(cluster)),
                ..failure
            },
            _ => failure,
        });
    }
    Err(none_known(&evidence, kind).doing(doing))
}

/// No such Job; or nobody knows, because something could not be read.
fn none_known(evidence: &Evidence, kind: Kind) -> Failure {
    let Evidence { namespace, name, .. } = evidence;
    let hidden =
        [evidence.cluster.unknown(), evidence.restores.unknown().filter(|_| kind == Kind::Restore), evidence.jobs.unknown()];
    let hidden: Vec<String> = hidden.into_iter().flatten().map(|why| clean(&why).into_owned()).collect();
    if hidden.is_empty() {
        let cause = format!(
            "no {} Job of {} is known: there was none, or it was removed an hour after its end",
            kind.as_str(),
            clean(name)
        );
        return Failure::new(Exit::NotFound, cause).hint(format!("kubectl openbao status {} -n {namespace}", clean(name)));
    }
    let forbidden = [is_forbidden(&evidence.cluster), is_forbidden(&evidence.restores), is_forbidden(&evidence.jobs)];
    let exit = if forbidden.contains(&true) { Exit::NotPermitted } else { Exit::Failure };
    Failure::new(exit, format!("which Job that is could not be read: {}", hidden.join("; ")))
        .hint("a Role that is enough: docs/rbac/diagnose.yaml of the plugin")
}

impl Found {
    /// Why there was nothing to print, since when, and what is left of it.
    pub(super) async fn nothing_left(&self, connected: &Connected) -> Failure {
        let (kube, namespace, job) = (&connected.kube, &connected.namespace, &self.job);
        let (object, events) = tokio::join!(incident::job(kube, namespace, job), incident::events_of_job(kube, namespace, job));
        let cause = match object {
            Item::Present { .. } => format!(
                "Job {} has no pods: not created yet, or removed with their logs after the last attempt failed",
                clean(job)
            ),
            Item::Absent => {
                format!("there is no Job {} in namespace {namespace}: {}", clean(job), self.since(connected))
            }
            other => {
                let why = other.unknown().unwrap_or_default();
                format!("Job {} has no pods; whether it still exists could not be read ({})", clean(job), clean(&why))
            }
        };
        let mut failure = Failure::new(Exit::NotFound, cause);
        failure.details = self.operators_words();
        failure.details.extend(events_left(connected, &events));
        failure.hint(format!("kubectl get events -n {namespace} --field-selector involvedObject.name={}", clean(job)))
    }

    /// Since when a Job is gone, as far as anything says when it ended.
    fn since(&self, connected: &Connected) -> String {
        let cluster = self.evidence.as_ref().and_then(|e| e.cluster.value());
        let glass = cluster.and_then(|c| c.break_glass.as_ref()).filter(|g| g.failed_job() == Some(&self.job));
        let ended = self.restore.as_ref().and_then(|r| r.completion_time).or_else(|| glass.and_then(|g| g.entered_at));
        match ended {
            Some(at) => {
                format!("it ended {} ago, and Jobs are removed an hour after their end, logs included", ago(connected, at))
            }
            None => "not created yet, or removed an hour after its end, logs included".into(),
        }
    }

    /// What the operator noted about it.
    fn operators_words(&self) -> Vec<String> {
        let says = |text: &str| Some(text).filter(|t| !t.is_empty()).map(|t| format!("the operator says: {}", clean_cut(t, 500)));
        let cluster = self.evidence.as_ref().and_then(|e| e.cluster.value());
        let glass = cluster.and_then(|c| c.break_glass.as_ref()).filter(|g| g.failed_job() == Some(&self.job));
        let last = cluster.and_then(|c| c.blue_green.as_ref()).and_then(|b| b.last_job_failure.as_deref());
        let restore = self.restore.as_ref().and_then(|r| says(&r.message));
        let counted = (last == Some(&self.job)).then(|| "the operator counts it as the upgrade's last failed Job".to_owned());
        restore.into_iter().chain(glass.and_then(|g| says(&g.message))).chain(counted).collect()
    }
}

fn events_left(connected: &Connected, events: &Item<Vec<Event>>) -> Vec<String> {
    if let Some(why) = events.unknown() {
        return vec![format!("events: {}", clean(&why))];
    }
    if events.each().is_empty() {
        return vec!["no events are left either".into()];
    }
    let line = |event: &Event| {
        let when = event.last_seen.map_or_else(|| "at an unknown time".into(), |at| format!("{} ago", ago(connected, at)));
        let (kind, name, reason) = (clean(&event.kind), clean(&event.name), clean(&event.reason));
        format!("event, {when}: {kind} {name}: {} ({reason})", clean_cut(event.message.trim_end(), 300))
    };
    events.each().iter().take(EVENTS_SHOWN).map(line).collect()
}

fn ago(connected: &Connected, then: jiff::Timestamp) -> String {
    age(std::time::Duration::try_from(connected.kube.now().duration_since(then)).unwrap_or_default())
}

fn is_forbidden<T>(item: &Item<T>) -> bool {
    matches!(item, Item::Forbidden { .. })
}
