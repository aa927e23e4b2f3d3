//! Other restores of the cluster: running, waiting, unsettled, or over while their Job is not.

use super::{Check, Grade, Subject, check};
use crate::api::generation::Tag;
use crate::api::restore::{Phase, Restore};
use crate::api::text::{clean, count};
use crate::domain::breakglass::pause_first;
use crate::domain::diagnosis;
use crate::domain::evidence::Evidence;

const CODE: &str = "other-restores";

pub(super) fn other_restores(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    if let Some(why) = evidence.restores.unknown() {
        return check(CODE, Grade::Unknown, format!("other restores could not be read ({})", clean(&why)));
    }
    let namespace = &subject.request.namespace;
    let open = evidence.unfinished_restores();
    let named = |phase: &Phase| -> Vec<String> {
        open.iter().filter(|r| r.phase == *phase).map(|r| clean(&r.meta.name).into_owned()).collect()
    };
    let (running, unknown) = (named(&Phase::Running), named(&Phase::Unknown));
    if let Some(first) = running.first() {
        let (text, hint) = match never_started(evidence, &open).filter(|_| running.len() == 1) {
            Some(why) => (
                format!("; {}", clean(&why)),
                format!("correct that, or delete it: kubectl -n {namespace} delete openbaorestore {first}"),
            ),
            None if pause_first(evidence).is_some() => {
                (String::new(), format!("what to do first: kubectl openbao diagnose rollback {}", subject.place()))
            }
            None => (String::new(), format!("wait for its end: kubectl openbao follow {first} -n {namespace}")),
        };
        return check(CODE, Grade::Fail, format!("another restore is running: {}{text}", running.join(", "))).hint(hint);
    }
    if let Some(first) = unknown.first() {
        return check(CODE, Grade::Fail, format!("the outcome of another restore is not settled: {}", unknown.join(", ")))
            .hint(settle(evidence, first, namespace));
    }
    if let Some(ours) = open.iter().find(|r| r.made_by_this_tool()) {
        return already_asked_for(ours);
    }
    if open.is_empty() {
        return check(CODE, Grade::Pass, "no other restore is running or waiting");
    }
    let waiting: Vec<&str> = open.iter().map(|r| r.meta.name.as_str()).collect();
    let text = format!(
        "waiting behind the lock, and running when it comes free: {} ({})",
        count(open.len(), "other restore"),
        clean(&waiting.join(", "))
    );
    check(CODE, Grade::Warn, text)
        .hint(format!("if they must not run: kubectl -n {namespace} delete openbaorestore {}", clean(&waiting.join(" "))))
}

/// Why a running restore's executor never started, where deleting it frees the lock and leaves nothing behind (F§4.1). One
/// that starts again and again may have submitted.
pub(super) fn never_started(evidence: &Evidence, open: &[&Restore]) -> Option<String> {
    let running = open.iter().find(|r| r.phase == Phase::Running && evidence.generation.surely_at_most(Tag::V04))?;
    diagnosis::why_stuck(evidence, &running.job_name()).filter(|why| !why.contains("CrashLoopBackOff"))
}

/// How an unknown outcome is settled (F§4.3, F§4.4).
pub(super) fn settle(evidence: &Evidence, name: &str, namespace: &str) -> String {
    let paused = evidence.cluster.value().is_some_and(|c| c.spec.paused) && evidence.generation.success_looks_unknown();
    let restore = evidence.restores.each().iter().find(|r| r.meta.name == name);
    let recover = format!("kubectl openbao recover {name} -n {namespace}");
    match evidence.generation.surely_at_least(Tag::V05) {
        true if paused && restore.and_then(Restore::decided) == Some("Resume") => format!(
            "verify; Resume is recorded, and goes on the moment the cluster is unpaused; or let go of it: {recover} --abandon"
        ),
        true if paused => {
            format!("verify, then unpause the cluster and settle it by --resume, or by --abandon: {recover} --resume")
        }
        true => format!("verify, then settle it by --resume or --abandon: {recover} --resume"),
        false => format!("what it waits for: kubectl -n {namespace} describe openbaorestore {name}"),
    }
}

/// Never twice: an earlier run of this tool, perhaps killed or cut off, left a restore that has yet to run.
fn already_asked_for(restore: &Restore) -> Check {
    let (name, namespace) = (clean(&restore.meta.name), clean(&restore.meta.namespace));
    let text = format!(
        "{name} was created by this tool already and has yet to run ({}): a second one would restore twice",
        restore.phase
    );
    check(CODE, Grade::Fail, text)
        .hint(format!("go on with it, or delete it if it must not run: kubectl openbao follow {name} -n {namespace}"))
}

/// A restore's Job at work although the restore is over, or gone; `None` also when either could not be read.
pub fn orphan_job(evidence: &Evidence) -> Option<(&str, Option<&Restore>)> {
    let restores = evidence.restores.value()?;
    let of = |job: &str| restores.iter().find(|r| r.job_name() == job);
    let at_work = evidence.jobs_at_work("restore").into_iter().map(|job| job.meta.name.as_str());
    at_work.map(|job| (job, of(job))).find(|(_, r)| r.is_none_or(|r| !r.unfinished()))
}

/// A restore that lost its lock is `Failed`, and its Job goes on and may still submit (F§4.1, seen on JAN); so does the Job
/// of a restore that was deleted.
pub(super) fn orphan_jobs(evidence: &Evidence, subject: &Subject<'_>) -> Option<Check> {
    if let Some(why) = evidence.jobs.unknown() {
        let text = format!("whether the Job of an earlier restore still runs could not be read ({})", clean(&why));
        return Some(check(CODE, Grade::Unknown, text));
    }
    let (job, restore) = orphan_job(evidence)?;
    let text = match restore {
        Some(r) => format!("restore {} is {}, but its Job {} still runs", clean(&r.meta.name), r.phase, clean(job)),
        None => format!("Job {} still runs, although its restore is gone", clean(job)),
    };
    Some(check(CODE, Grade::Fail, format!("{text}: it may submit its snapshot at any moment")).hint(format!(
        "wait for its end: kubectl -n {} get job {} -w",
        subject.request.namespace,
        clean(job)
    )))
}
