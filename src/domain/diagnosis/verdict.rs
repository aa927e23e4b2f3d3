//! Which way out the evidence supports.
//!
//! Every condition asks for something that was positively seen, so that evidence taken away can only take a verdict away.
//! Two things never enter: the cluster's own word about its health, and whether the operator runs (a way out stays the
//! same; it only waits).

use super::facts::{Facts, Stage};
use super::failure::{Failure, LogState};
use super::quorum::{Basis, Quorum};
use super::{Confidence, Verdict, ways};
use crate::domain::hazards::Weight;
use crate::domain::job_log::Suggests;
use crate::domain::rollback::{self, Colour};

/// The verdict and how much it rests on.
pub(super) fn judge(facts: &Facts<'_>) -> (Verdict, Confidence) {
    let verdict = match facts.stage {
        Stage::BreakGlass if restore_is_right(facts) => Verdict::Restore,
        Stage::BreakGlass if retry_is_right(facts) => Verdict::Retry,
        Stage::BreakGlass | Stage::RollingBack => Verdict::NotEnoughEvidence,
        Stage::BlueGreen | Stage::Rolling | Stage::Idle => without_rollback(facts),
    };
    (verdict, confidence(facts, verdict))
}

/// Whether there is anything to get out of: then snapshot and ways are shown.
pub(super) fn needs_a_way_out(facts: &Facts<'_>) -> bool {
    matches!(facts.stage, Stage::BreakGlass | Stage::RollingBack) || judge(facts).0 != Verdict::NothingToDo
}

fn without_rollback(facts: &Facts<'_>) -> Verdict {
    match &facts.quorum {
        _ if facts.version_reverted() => Verdict::NotEnoughEvidence,
        Quorum::Has { side, .. } if green_is_nearly_alone(facts, *side) => Verdict::StayGreen,
        Quorum::Has { basis, .. } if *basis > Basis::Labels || !facts.has_history() => Verdict::NothingToDo,
        _ => Verdict::NotEnoughEvidence,
    }
}

/// The only place where the operator itself keeps Green: in `Cleanup`, where Green leads and all that is left to do is
/// taking Blue away (F§4.6). Everywhere else its ways lead back to Blue.
fn green_is_nearly_alone(facts: &Facts<'_>, side: Option<Colour>) -> bool {
    let failed = facts.blue_green().and_then(|b| b.job_failures).unwrap_or(0) > 0;
    facts.phase() == "Cleanup" && side == Some(Colour::Green) && failed
}

/// The sides have diverged, or the same cause came back; never where the restore itself is refused (nobody leads, Green
/// leads, an operator that finds no leader), and never while Green may lead: then the data is in Green.
fn restore_is_right(facts: &Facts<'_>) -> bool {
    let vain = diverged(facts) || (failed_again(facts) && another_try_is_vain(facts));
    vain && facts.snapshot_is_there() && !facts.green_may_lead() && ways::no_restore(facts).is_none()
}

/// After the same cause twice: what refuses is neither a hiccup nor a setting to correct. While Blue serves and the cause is
/// one of those, a restore would throw away more than it brings.
fn another_try_is_vain(facts: &Facts<'_>) -> bool {
    !matches!(facts.failed.as_ref().and_then(|f| f.suggests()), Some(Suggests::Transient | Suggests::Config))
}

/// The repair itself found that Blue cannot be brought back by another try.
pub(super) fn diverged(facts: &Facts<'_>) -> bool {
    facts.failed.as_ref().is_some_and(|f| f.suggests() == Some(Suggests::Diverged))
}

/// The same cause came back after an acknowledgement.
pub(super) fn failed_again(facts: &Facts<'_>) -> bool {
    let code = |f: &Failure<'_>| f.cause.as_ref().filter(|_| f.log == LogState::Whole).map(|c| c.finding.code);
    let now = facts.failed.as_ref().and_then(code);
    now.is_some() && facts.earlier.iter().any(|f| code(f) == now)
}

/// A known cause that has passed, Blue seen to be well, and an acknowledgement that destroys nothing here.
fn retry_is_right(facts: &Facts<'_>) -> bool {
    let Some(failed) = &facts.failed else { return false };
    let passed = match failed.certain() {
        Some(Suggests::Transient) => !failed_again(facts),
        // Blue is seen to lead with its majority below: what was missing is there now.
        Some(Suggests::Unhealthy) => true,
        None => only_green_is_left(facts) && !failed_again(facts),
        _ => false,
    };
    passed
        && is_known_reason(facts)
        && earlier_tries_are_known(facts)
        && facts.blue_is_well()
        && !facts.blue_restarts()
        && !facts.ack_removes_blue()
        && !facts.version_reverted()
        && !facts.ack_waits()
        && !facts.resolution()
        && facts.surely_no_restore()
        && no_danger(facts)
        && surely_blue_was_not_removed(facts)
}

/// Blue is repaired, and the Job that failed was removing Green's members: another try touches nothing that serves, even
/// when its log names no reason that would pass by itself. Where the clean-up removes Blue, no retry is right anyway.
pub(super) fn only_green_is_left(facts: &Facts<'_>) -> bool {
    let reason = facts.break_glass().is_some_and(|b| b.reason == "RollbackCleanupPeerRemovalFailed");
    let failed = facts.failed.as_ref();
    let removes_green = failed.and_then(|f| f.job).and_then(rollback::action) == Some("bluegreen-remove-green-peers");
    let read = failed.is_some_and(|f| f.log == LogState::Whole && f.cause.is_some());
    reason && facts.phase() == "RollbackCleanup" && removes_green && read
}

/// No known danger of an acknowledgement; a bare majority of Blue is a risk to be accepted, not a reason to wait.
fn no_danger(facts: &Facts<'_>) -> bool {
    facts.hazards.iter().all(|h| h.weight < Weight::Danger || h.code == "quorum-margin")
}

/// Whether an acknowledgement does what is known of it.
pub(super) fn is_known_reason(facts: &Facts<'_>) -> bool {
    let known = |reason: &str| matches!(reason, "RollbackConsensusRepairFailed" | "RollbackCleanupPeerRemovalFailed");
    facts.break_glass().is_some_and(|b| known(&b.reason) && !b.nonce.is_empty())
}

/// After an acknowledgement the log of the try before counts too: without it nobody knows whether this is the second time.
pub(super) fn earlier_tries_are_known(facts: &Facts<'_>) -> bool {
    let tries = facts.blue_green().and_then(|b| b.rollback_attempt).unwrap_or(0);
    let known = facts.earlier.iter().filter(|f| f.log == LogState::Whole && f.cause.is_some()).count();
    usize::try_from(tries).is_ok_and(|tries| known >= tries)
}

/// Jobs were read, the failed one is among them (so they did not expire yet), and none of them removes Blue peers.
fn surely_blue_was_not_removed(facts: &Facts<'_>) -> bool {
    let jobs = rollback::executor_jobs(facts.evidence, facts.cluster);
    let failed_is_there = facts.failed.as_ref().is_some_and(|f| f.job.is_some());
    failed_is_there && !jobs.iter().any(|j| rollback::action(j) == Some("bluegreen-remove-blue-peers"))
}

fn confidence(facts: &Facts<'_>, verdict: Verdict) -> Confidence {
    let (asked, members) = (facts.servers_asked(), facts.evidence.peers.value().is_some());
    match verdict {
        Verdict::NotEnoughEvidence => Confidence::Low,
        Verdict::NothingToDo if asked && everything_read(facts) => Confidence::High,
        Verdict::NothingToDo | Verdict::StayGreen if facts.evidence.jobs.value().is_some() => Confidence::Medium,
        Verdict::NothingToDo | Verdict::StayGreen => Confidence::Low,
        Verdict::Retry if facts.login_untried() || !facts.restarting().is_empty() => Confidence::Low,
        Verdict::Retry if asked && members => Confidence::High,
        Verdict::Retry => Confidence::Medium,
        Verdict::Restore => restore_confidence(facts, asked, members),
    }
}

fn restore_confidence(facts: &Facts<'_>, asked: bool, members: bool) -> Confidence {
    let whole_log = facts.failed.as_ref().is_some_and(|f| f.log == LogState::Whole);
    match whole_log && diverged(facts) {
        true if asked && members => Confidence::High,
        true => Confidence::Medium,
        // Only that it came back: somebody may still find what to correct.
        false => Confidence::Low,
    }
}

/// Everything that could show that something is wrong was read.
pub(super) fn everything_read(facts: &Facts<'_>) -> bool {
    let evidence = facts.evidence;
    let unknown = [evidence.pods.unknown(), evidence.jobs.unknown(), evidence.restores.unknown()];
    unknown.iter().all(Option::is_none) && evidence.operator_alive().is_some()
}
