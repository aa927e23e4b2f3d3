//! The answer in one line.

use super::facts::{Facts, Stage};
use super::failure::LogState;
use super::quorum::Quorum;
use super::verdict::{is_known_reason, only_green_is_left};
use super::{Finding, Subject, Verdict};
use crate::api::generation::Tag;
use crate::api::text::clean;
use crate::domain::job_log::Suggests;
use crate::domain::rollback::Colour;
use crate::domain::status::Severity;

/// The first line of every view.
pub(super) fn of(facts: &Facts<'_>, subject: Subject, verdict: Verdict, findings: &[Finding]) -> String {
    let place = format!("{} in namespace {}", clean(&facts.cluster.meta.name), clean(&facts.cluster.meta.namespace));
    let answer = match subject {
        Subject::Rollback | Subject::All => rollback(facts, verdict, findings),
        Subject::Lock => first(findings, "lock-"),
        Subject::Restore => first(findings, "restore-"),
    };
    format!("{place}: {}.", answer.trim_end_matches('.'))
}

/// A lock or a restore that was asked about is the answer, unless the data itself is in danger.
fn first(findings: &[Finding], prefix: &str) -> String {
    let hinders = |f: &&Finding| f.code.starts_with(prefix) || (prefix == "restore-" && f.code == "executor-stuck");
    let own = findings.iter().find(hinders).map(|f| f.text.clone());
    let danger = findings.iter().find(|f| f.severity == Severity::Danger).map(|f| f.text.clone());
    match (own, danger) {
        (Some(own), Some(danger)) => format!("{own}. But {danger}"),
        (Some(text), None) | (None, Some(text)) => text,
        (None, None) => findings.first().map_or_else(|| "nothing was found".into(), |f| f.text.clone()),
    }
}

fn rollback(facts: &Facts<'_>, verdict: Verdict, findings: &[Finding]) -> String {
    match verdict {
        Verdict::Retry if only_green_is_left(facts) => {
            "Blue is repaired and leads, and only Green's members are left to remove. Acknowledge break glass: that is tried again"
                .into()
        }
        Verdict::Retry if facts.login_untried() => {
            "the cause has passed, but the login was refused before and not tried since: check its role, then acknowledge".into()
        }
        Verdict::Retry => "the cause has passed. Acknowledge break glass: the rollback is tried again".into(),
        Verdict::StayGreen => "stay green: Green leads and the operator finishes by itself".into(),
        Verdict::Restore if facts.failed.as_ref().is_some_and(|f| f.code() == "upgrade-log-not-a-voter") => {
            "do not acknowledge. See why that server got no vote, and bring it back first: a restore gives it none, and loses every write since the snapshot".into()
        }
        Verdict::Restore => "do not acknowledge. Restore a snapshot, or repair Raft by hand first".into(),
        Verdict::NothingToDo => calm(facts, findings),
        Verdict::NotEnoughEvidence if matches!(facts.quorum, Quorum::Lost { .. }) => {
            let first = if facts.break_glass().is_some() { "do not acknowledge: " } else { "" };
            format!("{first}quorum is lost: bring a voter back; copy every volume before anything else is tried")
        }
        Verdict::NotEnoughEvidence => match facts.stage {
            Stage::BreakGlass if facts.ack_waits() => {
                format!("break glass is acknowledged; {}: withdraw that first if it must not be", facts.taken_when())
            }
            Stage::BreakGlass => format!("do not acknowledge yet: {}", why_not_yet(facts)),
            Stage::RollingBack => format!("a rollback is under way: {}", under_way(facts, findings)),
            _ => worst(findings)
                .unwrap_or_else(|| "break glass is not active, but too little could be read to call it fine".into()),
        },
    }
}

fn calm(facts: &Facts<'_>, findings: &[Finding]) -> String {
    let failed = facts.cluster.upgrade.as_ref().is_some_and(|u| u.failure.is_some());
    let upgrade = if facts.cluster.upgrade_under_way() && !failed { "an upgrade is under way, " } else { "" };
    match worst(findings) {
        Some(worst) => format!("{upgrade}no break glass, no rollback; but {worst}"),
        None => format!("{upgrade}no break glass, no rollback, and nothing found wrong"),
    }
}

/// The worst that needs attention; what is certain comes before "not everything could be read".
fn worst(findings: &[Finding]) -> Option<String> {
    let mut heavy = findings.iter().filter(|f| f.severity >= Severity::Attention);
    let first = heavy.next()?;
    let other = if first.code == "not-readable" { heavy.next() } else { None };
    Some(other.unwrap_or(first).text.clone())
}

/// The strongest reason against an acknowledgement now.
fn why_not_yet(facts: &Facts<'_>) -> String {
    let suggests = facts.failed.as_ref().and_then(|f| f.suggests());
    let green_leads = matches!(&facts.quorum, Quorum::Has { side: Some(Colour::Green), .. });
    if facts.resolution() {
        return "a resolution by restore is under way: go on with it, or give it up".into();
    }
    if facts.version_reverted() {
        return "with spec.version set back it deletes Green without repairing Raft".into();
    }
    if facts.ack_removes_blue() {
        let sure = if facts.evidence.generation.surely_at_most(Tag::Jan) { "ends" } else { "may end" };
        return format!(
            "on this generation it {sure} in a clean-up that removes Blue's voters from Raft (ack-removes-blue-peers)"
        );
    }
    match (&facts.quorum, suggests) {
        _ if green_leads => {
            let blue = facts.blue_in_raft().unwrap_or_else(|| "whether Blue could take over is not known".into());
            format!("Green leads and serves; leave it so: {blue}")
        }
        _ if facts.blue_restarts() => "not before the restarts of Blue's servers stop".into(),
        (Quorum::Sealed(_), _) => "servers are sealed: unseal them first".into(),
        (Quorum::NoLeader(_), _) => "no server leads at this moment".into(),
        _ if facts.restore_under_way().is_some() => {
            "a restore is not finished, and the rollback would begin the moment it ends".into()
        }
        (_, None) if facts.failed.as_ref().is_some_and(|f| f.stuck.is_some()) => {
            "the rollback's Job did not run (executor-stuck): correct that, then acknowledge".into()
        }
        (_, Some(Suggests::Config)) => "the cause stays until it is corrected; after that, acknowledge".into(),
        (_, Some(Suggests::Diverged)) => "another try fails the same way".into(),
        (_, None) if facts.failed.as_ref().is_some_and(|f| f.cause.is_some()) => {
            "what failed is known, not whether another try would do better; look into its cause".into()
        }
        (_, None) if facts.failed.as_ref().is_some_and(|f| matches!(f.log, LogState::Unread(_)) && !f.pod_gone) => {
            "its Job's log was not read, and may still be there: save it first".into()
        }
        (_, None) => "why the rollback failed is not known".into(),
        _ if !is_known_reason(facts) => "what it would start is not known (reason-unknown)".into(),
        _ => "what was read does not support any way out".into(),
    }
}

fn under_way(facts: &Facts<'_>, findings: &[Finding]) -> String {
    let danger = findings.iter().find(|f| f.severity == Severity::Danger).map(|f| f.text.clone());
    danger.unwrap_or_else(|| format!("phase {}; wait for its end, and look again", clean(facts.phase())))
}
