//! Checks that several acts share: who leads, what an upgrade left, whose restore waits.

use std::cmp::Reverse;
use std::time::Duration;

use super::{Hazard, Weight, hazard, version};
use crate::api::cluster::Cluster;
use crate::api::generation::Tag;
use crate::api::restore::{Phase, Restore};
use crate::api::text::{age, clean};
use crate::api::workload::{Job, Pod};
use crate::domain::evidence::Evidence;
use crate::domain::rollback::{self, Colour, Side, Sides};

/// Which act a shared check speaks of: the danger is the same, its words are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum During {
    /// A restore.
    Restore,
    /// An acknowledgement, or the rollback that goes on after one.
    Rollback,
}

/// The hazards that apply, most dangerous first; of equal weight in the order of the list.
pub(super) fn worst_first(all: impl IntoIterator<Item = Option<Hazard>>) -> Vec<Hazard> {
    let mut all: Vec<Hazard> = all.into_iter().flatten().collect();
    all.sort_by_key(|h| Reverse(h.weight));
    all
}

/// The version an upgrade still wants: what is asked for is not what runs.
pub fn upgrade_left(cluster: &Cluster) -> Option<&str> {
    cluster.spec.version.as_deref().filter(|wanted| cluster.current_version.as_deref() != Some(wanted))
}

/// Whether an upgrade or rollback is under way and `wanted` is the version it came from: the operator then takes its "no
/// upgrade needed" path, deletes Green and repairs nothing (F§4.7, seen on JAN).
pub fn version_is_reverted(cluster: &Cluster, wanted: Option<&str>) -> bool {
    let under_way = cluster.blue_green.as_ref().is_some_and(|b| b.under_way());
    under_way && wanted.is_some() && wanted == cluster.current_version.as_deref()
}

/// What a deleted Green does to quorum, as far as Raft's own list tells.
pub(super) fn green_votes(evidence: &Evidence, cluster: &Cluster) -> Option<usize> {
    let sides = rollback::sides(evidence, cluster)?;
    sides.green?.peers.map(|(voters, _)| voters)
}

pub(super) fn version_reverted(cluster: &Cluster) -> Option<Hazard> {
    let wanted = cluster.spec.version.as_deref();
    version_is_reverted(cluster, wanted).then(|| {
        let when = match (cluster.active_break_glass().is_some(), cluster.spec.paused) {
            (true, _) => "when break glass is acknowledged",
            (false, true) => "when it is unpaused",
            (false, false) => "at its next look",
        };
        let text = format!(
            "spec.version was set back to {} while the upgrade is under way: {when} the operator deletes Green without repairing Raft",
            clean(wanted.unwrap_or_default())
        );
        hazard("version-reverted-mid-upgrade", Weight::Danger, text)
    })
}

pub(super) fn removed_leader_hangs(evidence: &Evidence) -> Option<Hazard> {
    // Its own answer settles what a label says; a server that gave none keeps its label, which may be frozen.
    let active = |p: &&Pod| match rollback::answer_of(evidence, &p.meta.name) {
        Some(_) => rollback::leads(evidence, p),
        None => p.server_label("active") == Some(true),
    };
    let active: Vec<&str> = evidence.pods.each().iter().filter(active).map(|p| p.meta.name.as_str()).collect();
    (active.len() > 1).then(|| {
        let what = match active.iter().find(|p| rollback::is_silent(evidence, p)) {
            Some(silent) => {
                format!("{} does not answer: a removed leader hangs like that, and the executor may pick it", clean(silent))
            }
            None if active.iter().all(|p| rollback::answer_of(evidence, p).is_some()) => {
                "each answers that it leads, and the executor takes the first it finds: they may be separate clusters".into()
            }
            None => "one may be a removed leader that hangs on every request, and the executor may pick it".to_owned(),
        };
        let text = format!("{} servers call themselves active: {what}", active.len());
        hazard("removed-leader-hangs", Weight::Danger, text)
    })
}

/// Green leads, or nobody can say that it does not.
pub(super) fn green_leads(evidence: &Evidence, cluster: &Cluster, during: During) -> Option<Hazard> {
    let sides = rollback::sides(evidence, cluster)?;
    let green = sides.green.as_ref()?;
    if let Some(why) = evidence.pods.unknown() {
        let text = format!("whether Green leads is not known (pods: {}); if it does, {}", clean(&why), if_green_leads(during));
        return Some(hazard("green-leads", Weight::Danger, text));
    }
    let leaders = green.leaders(evidence);
    let leader = leaders.first()?;
    let refuses = (during == During::Rollback).then(|| repair_refuses(evidence, cluster, &sides)).flatten();
    let text = format!("Green leads ({}): {}", clean(leader), refuses.as_deref().unwrap_or(if_green_leads(during)));
    Some(hazard("green-leads", Weight::Danger, text))
}

/// NEXT's repair does nothing while too few of Blue's servers are left in Raft (F§4.7).
fn repair_refuses(evidence: &Evidence, cluster: &Cluster, sides: &Sides<'_>) -> Option<String> {
    let wanted = usize::try_from(cluster.spec.replicas?).ok().filter(|_| evidence.generation.repair_checks_blue_quorum())?;
    let (voters, others) = sides.blue.as_ref()?.peers?;
    let left = voters.saturating_add(others);
    (left < wanted / 2 + 1).then(|| {
        format!(
            "this operator's repair refuses, for {left} of Blue's {wanted} servers are left in Raft, and breaks the glass again"
        )
    })
}

fn if_green_leads(during: During) -> &'static str {
    match during {
        During::Restore => "the executor does not look for its leader there, finds none and fails",
        During::Rollback => {
            "the way back takes the vote from the side that serves, then deletes it; what Blue does not have is lost"
        }
    }
}

/// Blue must carry the cluster alone after a rollback.
pub(super) fn blue_margin(evidence: &Evidence, cluster: &Cluster) -> Option<Hazard> {
    let sides = rollback::sides(evidence, cluster)?;
    let wanted = usize::try_from(cluster.spec.replicas?).ok().filter(|n| *n > 1)?;
    let blue: &Side<'_> = sides.of(Colour::Blue).filter(|_| sides.pods_known)?;
    let (up, quorum) = (blue.up(evidence), wanted / 2 + 1);
    if up > quorum || up >= wanted {
        return None;
    }
    let what = match up {
        up if up < quorum && up.saturating_add(sealed(evidence, &blue.pods)) >= quorum => UNSEALING_HELPS,
        0 => "there is nothing to roll back to",
        up if up < quorum => "the rollback ends without quorum",
        _ => "one more loss during the rollback loses quorum",
    };
    Some(hazard("quorum-margin", Weight::Danger, format!("{up} of Blue's {wanted} servers are up: {what}")))
}

/// What is said instead of lost, where the servers that are missed are sealed.
pub(super) const UNSEALING_HELPS: &str = "the others are sealed: no quorum until they are unsealed";

pub(super) fn sealed(evidence: &Evidence, pods: &[&Pod]) -> usize {
    pods.iter().filter(|p| rollback::is_sealed(evidence, p)).count()
}

/// Data that Green's newer version worked on must not be opened by Blue's older one (O§5.3).
pub(super) fn rollback_downgrades(evidence: &Evidence, cluster: &Cluster) -> Option<Hazard> {
    let sides = rollback::sides(evidence, cluster)?;
    let (blue, green) = (sides.blue.as_ref()?, sides.green.as_ref()?);
    if green.leaders(evidence).is_empty() {
        return None;
    }
    let newest = green.pods.iter().filter_map(|p| p.server_version()).max_by(|a, b| version::compare(a, b))?;
    let oldest = blue.pods.iter().filter_map(|p| p.server_version()).min_by(|a, b| version::compare(a, b))?;
    version::older(oldest, newest).then(|| {
        let text = format!(
            "Green ({}) has led and may have changed the data for its version: Blue ({}) is older, and going back is not supported",
            clean(newest),
            clean(oldest)
        );
        hazard("version-downgrade", Weight::Danger, text)
    })
}

/// Break glass is active under `paused`: nothing shows it, and nothing is done about it (F§15.2.15).
pub(super) fn paused_hides(cluster: &Cluster) -> Option<Hazard> {
    (cluster.spec.paused && cluster.active_break_glass().is_some()).then(|| {
        let text = "the cluster is paused: its conditions say Degraded=False/Paused although break glass is active, and an acknowledgement does nothing until somebody unpauses it";
        hazard("paused-hides-break-glass", Weight::Known, text)
    })
}

/// How long a Job of the operator and its log stay after its end (F§5.1; seen on JAN).
const JOB_KEPT: Duration = Duration::from_secs(3600);

/// The failed Job's log is the only record of the cause, and goes an hour after its end.
pub(super) fn logs_expire(evidence: &Evidence, cluster: &Cluster) -> Option<Hazard> {
    let concerned = cluster.active_break_glass().is_some() || cluster.blue_green.as_ref().is_some_and(|b| b.under_way());
    let failed = rollback::failed_job(evidence, cluster).filter(|_| concerned)?;
    let name = clean(&failed.name).into_owned();
    // How long Jobs are kept after JAN is not established.
    let goes = if evidence.generation.surely_at_most(Tag::Jan) { "goes" } else { "may go" };
    let text = match (failed.job, evidence.jobs.unknown()) {
        (Some(job), _) => {
            let save = match job.failed > 0 && rollback::log_may_be_there(evidence, &failed.name) {
                true => ", and it is the only record of the cause: save it first",
                false => "",
            };
            match time_left(evidence, job)? {
                left if left.is_zero() => {
                    format!("the log of Job {name}, which ended over an hour ago, may go at any moment{save}")
                }
                left => format!("the log of Job {name} {goes} in about {}{save}", age(left)),
            }
        }
        (None, None) => format!("Job {name} is gone and its log with it"),
        (None, Some(why)) => format!("Job {name} could not be read ({}): its log {goes} an hour after its end", clean(&why)),
    };
    Some(hazard("logs-expire", Weight::Known, text))
}

fn time_left(evidence: &Evidence, job: &Job) -> Option<Duration> {
    let ended = job.ended()?.since.or(job.start_time)?;
    Some(JOB_KEPT.saturating_sub(evidence.since(ended)))
}

/// The upgrade that failed begins again after the rollback, as long as its version is still wanted.
pub(super) fn upgrade_restarts(cluster: &Cluster) -> Option<Hazard> {
    let wanted = upgrade_left(cluster)?;
    let text = format!(
        "after the rollback the upgrade to {} begins again, unless spec.version is changed once the phase is Idle",
        clean(wanted)
    );
    Some(hazard("upgrade-restarts-after-rollback", Weight::Known, text))
}

/// The upgrade that begins again finds the old executor Jobs by name and takes their results (F§15.2.6).
pub(super) fn loop_reuses_jobs(evidence: &Evidence, cluster: &Cluster) -> Option<Hazard> {
    upgrade_left(cluster)?;
    if cluster.blue_green.as_ref()?.is_scoped() || !evidence.generation.reuses_executor_jobs() {
        return None;
    }
    let old = rollback::executor_jobs(evidence, cluster);
    // Jobs of the rollback carry the number of the attempt in what their names are made of, so they are made anew.
    let of_upgrade = |job: &Job| {
        let rolls_back =
            rollback::action(job) == Some("bluegreen-repair-consensus") || rollback::run_id(job).starts_with("rollback");
        // A name that no operator computes is not found again (F§5.1, F§12).
        !rolls_back && job.meta.name.starts_with("upgrade-")
    };
    let failed = old.iter().find(|j| j.failed > 0 && j.succeeded == 0 && of_upgrade(j));
    let what = match (failed, evidence.jobs.unknown()) {
        (Some(job), _) => format!("Job {} is found again by name", clean(&job.meta.name)),
        (None, Some(why)) => {
            format!("whether failed Jobs are left is not known ({}); if one is, it is found again by name", clean(&why))
        }
        (None, None) => return None,
    };
    let text = format!(
        "{what}: the upgrade that begins again takes the old failure for its own, runs nothing and rolls back, every two minutes (seen on JAN)"
    );
    Some(hazard("upgrade-loop-reuses-jobs", Weight::Known, text))
}

/// Restores that wait for the lock fire by themselves when it comes free (F§15.2.4).
pub(super) fn waiting(evidence: &Evidence) -> Vec<&Restore> {
    let open = evidence.unfinished_restores().into_iter();
    open.filter(|r| matches!(r.phase, Phase::Pending | Phase::Validating)).collect()
}

/// Names and keys of restores, for a sentence.
pub(super) fn listed(restores: &[&Restore]) -> String {
    let one = |r: &&Restore| format!("{} ({})", clean(&r.meta.name), clean(&r.key));
    restores.iter().map(one).collect::<Vec<_>>().join(", ")
}
