//! The three ways out: whether each can be taken here, what speaks for and against it, and its command.

use super::facts::{Facts, Stage};
use super::failure::LogState;
use super::quorum::Quorum;
use super::say::{Words, word};
use super::verdict::{diverged, failed_again};
use super::{Finding, Path, Way};
use crate::api::restore::Phase;
use crate::api::text::clean;
use crate::domain::hazards::Weight;
use crate::domain::rollback::{self, Colour};
use crate::domain::status::Next;

/// The ways, over the findings and the hazards.
pub(super) fn of(facts: &Facts<'_>, findings: &[Finding]) -> Vec<Way> {
    Path::ALL.iter().map(|path| way(facts, findings, *path)).collect()
}

fn way(facts: &Facts<'_>, findings: &[Finding], path: Path) -> Way {
    let says = |paths: fn(&Finding) -> &[Path]| {
        findings.iter().filter(|f| paths(f).contains(&path)).map(|f| format!("{} ({})", f.text, f.code)).collect::<Vec<_>>()
    };
    let why_not = match path {
        Path::Retry => no_retry(facts),
        Path::StayGreen => no_stay_green(facts),
        Path::Restore => no_restore(facts).or_else(|| stopped(facts)),
    };
    let mut against = says(|f| &f.speaks_against);
    if path == Path::Retry {
        against.extend(facts.hazards.iter().filter(|h| h.weight == Weight::Danger).map(|h| format!("{} ({})", h.text, h.code)));
    }
    Way {
        path,
        possible: why_not.is_none(),
        why_not,
        speaks_for: says(|f| &f.speaks_for),
        speaks_against: against,
        command: command(facts, path).command,
    }
}

/// The command of a way; `why` says what it does. A restore under way is followed, a clean-up watched.
pub(super) fn command(facts: &Facts<'_>, path: Path) -> Next {
    let words = Words::of(facts.cluster);
    let resolve = |flags: &str, why: &str| words.plugin("resolve", flags, why);
    match (path, facts.snapshot.as_ref().filter(|_| facts.has_snapshot())) {
        (Path::Retry, _) => resolve("--path retry", "acknowledges break glass and follows the rollback to its end"),
        (Path::StayGreen, _) if facts.stage == Stage::BlueGreen => {
            words.plugin("status", "-w", "the operator finishes by itself")
        }
        (Path::StayGreen, _) => resolve("--path stay-green", "says what it would do here; refused where it loses Green"),
        (Path::Restore, Some(candidate)) => resolve(
            &format!("--path restore --key {}", word(&candidate.key)),
            "freezes automation, restores, follows and verifies, step by step",
        ),
        (Path::Restore, None) => resolve("--path restore --key KEY", "once a snapshot is found: kubectl openbao snapshots list"),
    }
}

fn no_retry(facts: &Facts<'_>) -> Option<String> {
    match facts.break_glass() {
        None => Some("break glass is not active: there is nothing to acknowledge".into()),
        Some(glass) if glass.nonce.is_empty() => Some("break glass has no nonce".into()),
        Some(_) if facts.ack_waits() => Some("it is acknowledged already; the operator has not taken it yet".into()),
        Some(_) if facts.resolution() => Some("a resolution by restore is under way".into()),
        Some(_) => fails_or_destroys(facts),
    }
}

/// What is known of an acknowledgement now; a setting that may have been corrected since is no such thing.
fn fails_or_destroys(facts: &Facts<'_>) -> Option<String> {
    let restore = facts.restore_under_way().map(|r| clean(&r.meta.name).into_owned());
    let text = match (&facts.quorum, restore) {
        _ if facts.version_reverted() && facts.ack_removes_blue() => {
            "spec.version is set back: the acknowledgement deletes Green without repairing Raft. Set Green's version again first, and then upgrade the operator to 0.1 or newer: else its clean-up removes Blue's voters"
        }
        _ if facts.version_reverted() => {
            "spec.version is set back: the acknowledgement deletes Green without repairing Raft. Set Green's version again first"
        }
        (Quorum::Has { side: Some(Colour::Green), .. }, _) => {
            "Green leads: it takes the vote from the side that serves, and then deletes it, or fails again"
        }
        _ if facts.ack_removes_blue() => {
            "not before the operator is surely 0.1 or newer: its clean-up removes Blue's voters from Raft"
        }
        (_, Some(restore)) => return Some(format!("not before restore {restore} is over: the rollback begins the moment it is")),
        (Quorum::Lost { .. } | Quorum::Sealed(_) | Quorum::NoLeader(_), _) => "fails again: no server leads",
        _ if facts.failed.as_ref().is_some_and(|f| f.log == LogState::Whole) && diverged(facts) => {
            "fails again: the repair itself found that Blue cannot be brought back by another try"
        }
        _ if failed_again(facts) => "fails again: the try before failed for the same reason",
        _ => return None,
    };
    Some(text.into())
}

/// On every generation the operator's ways lead back to Blue (F§4.6, F§4.7); only in `Cleanup` it keeps Green by itself.
fn no_stay_green(facts: &Facts<'_>) -> Option<String> {
    let green_leads = matches!(&facts.quorum, Quorum::Has { side: Some(Colour::Green), .. });
    match (facts.stage, facts.phase()) {
        (Stage::BlueGreen, "Cleanup") if green_leads && !facts.version_reverted() => None,
        (Stage::BlueGreen, "Cleanup") => Some("Green is not seen to lead".into()),
        (Stage::BlueGreen, phase) => {
            Some(format!("phase {}: Green does not lead yet, and a failure here deletes it", clean(phase)))
        }
        (Stage::BreakGlass | Stage::RollingBack, _) => Some(rollback_wins(facts, green_leads)),
        (Stage::Rolling | Stage::Idle, _) => Some("there is no Green".into()),
    }
}

fn rollback_wins(facts: &Facts<'_>, green_leads: bool) -> String {
    let claims = match rollback::deletes_green_volumes(&facts.evidence.generation, facts.cluster) {
        Some(true) => " and its volumes",
        None => " and perhaps its volumes",
        Some(false) => "",
    };
    let trap = format!(
        "an acknowledgement makes Blue the voters again and then deletes Green{claims}; with spec.version set back it deletes Green at once, without repairing Raft"
    );
    match green_leads {
        true => format!(
            "no operator does this: {trap}. Leave break glass as it is: Green serves for as long as nothing is acknowledged"
        ),
        false => format!("Green is not seen to lead, and {trap}"),
    }
}

/// What `restore` refuses too, whatever the snapshot.
pub(super) fn no_restore(facts: &Facts<'_>) -> Option<String> {
    let generation = &facts.evidence.generation;
    let blue_green = facts.blue_green().is_some_and(|b| b.blue_revision.is_some());
    if let Some(restore) = facts.restore_under_way() {
        let name = clean(&restore.meta.name);
        return Some(match restore.phase {
            Phase::Pending | Phase::Validating => {
                format!("restore {name} waits for the lock: delete it first, or it runs by itself when the lock comes free")
            }
            _ => format!("restore {name} is not finished: follow it first"),
        });
    }
    let text = match &facts.quorum {
        Quorum::Lost { .. } => "quorum is lost, and the executor finds no leader: bring a voter back first",
        Quorum::Sealed(sealed) if *sealed == facts.evidence.pods.each().len() => "every server is sealed",
        Quorum::Sealed(_) => "no server leads, so many are sealed: unseal them first",
        Quorum::NoLeader(_) if facts.evidence.pods.each().is_empty() => "there is no server to restore into",
        Quorum::NoLeader(_) => "no server leads now, and the executor finds none",
        _ if facts.cluster_ids().len() > 1 => "which of the clusters the servers belong to is restored is chance",
        _ if blue_green && generation.schema.is_some() && generation.cannot_restore_blue_green() => {
            let text = "this operator's executor finds no leader in a blue/green cluster; upgrade it to 0.3 or newer first";
            return Some(format!("{text}{}", facts.or_by_hand()));
        }
        Quorum::Has { side: Some(Colour::Green), .. } if facts.stage != Stage::Idle => {
            "Green leads, and the executor looks for the leader only among Blue's servers"
        }
        _ if facts.ack_waits() => "break glass is acknowledged, and the rollback would meet the restore: withdraw that first",
        _ if facts.rolls_back() => "the rollback is at work, and a restore would meet it",
        _ => return None,
    };
    Some(text.into())
}

/// `resolve` stops the operator on purpose, and lets it go on.
fn stopped(facts: &Facts<'_>) -> Option<String> {
    (facts.evidence.operator_alive() == Some(false) && !facts.resolution())
        .then(|| "the operator is not running: the restore would lie there, and run whenever it comes back".into())
}
