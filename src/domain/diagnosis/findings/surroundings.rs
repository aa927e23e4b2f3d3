//! What every way out needs: an operator, a snapshot, sources that could be read.

use super::servers;
use crate::api::names::SnapshotKey;
use crate::api::text::{age, clean};
use crate::domain::diagnosis::facts::Facts;
use crate::domain::diagnosis::say::{Words, finding};
use crate::domain::diagnosis::{Finding, Path, Subject, verdict};
use crate::domain::evidence::StoreAnswer;
use crate::domain::status::{Next, Severity};

pub(super) fn of(facts: &Facts<'_>, subject: Subject) -> Vec<Finding> {
    let mut all = Vec::new();
    all.extend(not_readable(facts));
    if matches!(subject, Subject::Rollback | Subject::All) && verdict::needs_a_way_out(facts) {
        all.push(missing(facts).unwrap_or_else(|| snapshot(facts)));
        all.extend(blind_restore(facts));
    }
    all.extend(odd_fields(facts));
    all
}

pub(super) fn operator(facts: &Facts<'_>) -> Option<Finding> {
    (facts.evidence.operator_alive() == Some(false)).then(|| {
        let scaled = facts.evidence.operator.value().is_some_and(|o| o.replicas == 0);
        let why = if scaled { "it is scaled to 0" } else { "its lease is not renewed" };
        let text = format!("the operator is not running ({why}): nothing is rolled back, restored, acknowledged or released");
        let next = Next {
            command: "kubectl get deployments -A -l app.kubernetes.io/name=openbao-operator".into(),
            why: "whether it was scaled down or crashes".into(),
        };
        finding("operator-down", Severity::Attention, "the operator's Lease and Deployment", text).then(next)
    })
}

/// What hides the state of the data is itself worth attention.
fn not_readable(facts: &Facts<'_>) -> Option<Finding> {
    let evidence = facts.evidence;
    let hidden =
        [("pods", evidence.pods.unknown()), ("restores", evidence.restores.unknown()), ("Jobs", evidence.jobs.unknown())];
    let hidden: Vec<String> = hidden.into_iter().filter_map(|(what, why)| Some(format!("{what} ({})", clean(&why?)))).collect();
    (!hidden.is_empty()).then(|| {
        let text = format!("not everything could be read, so nothing is called fine: {}", hidden.join(", "));
        finding("not-readable", Severity::Attention, "this reading", text)
    })
}

fn snapshot(facts: &Facts<'_>) -> Finding {
    let Some(candidate) = &facts.snapshot else {
        let job = facts.blue_green().and_then(|b| b.snapshot_job.as_deref());
        let log = job.and_then(|job| facts.evidence.logs.get(job)?.unknown());
        let text = match facts.evidence.jobs.unknown().or(log) {
            Some(why) => format!("no snapshot is known: what would name one could not be read ({})", clean(&why)),
            None => "no snapshot is known: neither the pre-upgrade snapshot's Job nor a backup names one".into(),
        };
        return finding("snapshot-unknown", Severity::Attention, "Jobs, logs and status.backup", text)
            .speaking_against(&[Path::Restore]);
    };
    let old = SnapshotKey::parse(&candidate.key)
        .map(|k| k.taken_at)
        .map_or("its age is not in its key".into(), |at| format!("{} old", age(facts.evidence.since(at))));
    let store = match &facts.evidence.snapshot {
        StoreAnswer::Found { object } => format!("in the bucket, {} bytes", object.size),
        StoreAnswer::NotChecked { why } => format!("not looked for in the bucket: {}", clean(why)),
        StoreAnswer::Denied { why } => format!("the bucket refuses to say: {}", clean(why)),
        StoreAnswer::NoSuchKey | StoreAnswer::NoSuchBucket => "not in the bucket".to_owned(),
    };
    let text = format!("snapshot {} is known, {old}; {store}. A restore loses every write since", clean(&candidate.key));
    finding("snapshot-known", Severity::Note, clean(&candidate.from), text).speaking_for(&[Path::Restore])
}

fn missing(facts: &Facts<'_>) -> Option<Finding> {
    let candidate = facts.snapshot.as_ref()?;
    matches!(facts.evidence.snapshot, StoreAnswer::NoSuchKey | StoreAnswer::NoSuchBucket).then(|| {
        let text =
            format!("snapshot {} is not in the bucket: find another one before anything else is given up", clean(&candidate.key));
        let found = finding("snapshot-missing", Severity::Danger, "the object store", text)
            .speaking_against(&[Path::Retry, Path::Restore]);
        servers::fresh_snapshot(facts).into_iter().fold(found, Finding::then)
    })
}

/// Before #405 a restore's executor looks for pods that a blue/green cluster does not have (seen on JAN, F§15.1).
fn blind_restore(facts: &Facts<'_>) -> Option<Finding> {
    let generation = &facts.evidence.generation;
    (facts.blue_green().is_some() && generation.cannot_restore_blue_green()).then(|| {
        let how_sure = if generation.restores_blue_green() == Some(false) { "finds" } else { "may find (before 0.3)" };
        let text = format!(
            "a restore by this operator {how_sure} no leader in a blue/green cluster: its executor looks for pods {}-N, which do not exist. Upgrade the operator to 0.3 or newer first ({}){}",
            clean(&facts.cluster.meta.name),
            facts.upgrading_it(),
            facts.or_by_hand()
        );
        finding("restore-blind-to-blue-green", Severity::Attention, "the operator's generation", text).speaking_against(&[Path::Restore])
    })
}

fn odd_fields(facts: &Facts<'_>) -> Option<Finding> {
    let problems = &facts.cluster.problems;
    let next = Words::of(facts.cluster).plugin("status", "-o yaml", "what was read");
    (!problems.is_empty()).then(|| {
        let text = format!("fields of an unexpected type were passed over: {}", clean(&problems.join("; ")));
        finding("odd-fields", Severity::Note, "the cluster object", text).then(next)
    })
}
