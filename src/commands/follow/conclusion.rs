//! How an end is told, and the exit code that follows from it.

use super::engine::{Follow, Followed};
use crate::domain::job_log::{Findings, Submitted};
use crate::domain::progress::{End, Failed};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::ui::{Style, Ui};

/// What is left to do after an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The executor ended well: now the servers must be verified, nothing else proves anything.
    Verify,
    /// Everything was said; end with this code.
    Leave(Exit),
}

/// Tells how the restore ended.
///
/// # Errors
/// The restore failed (exit 10).
pub fn conclude(ui: &Ui, follow: &Follow, followed: &Followed) -> Outcome<Next> {
    match &followed.end {
        End::Completed { .. } => Ok(Next::Verify),
        End::Released { disposition } if disposition == "Resume" => Ok(Next::Verify),
        End::Released { .. } => {
            ui.insist("The restore was abandoned: the lock is free and the cluster is paused until you unpause it.");
            Ok(Next::Leave(Exit::OutcomeUnknown))
        }
        End::AcceptedUnconfirmed { .. } => {
            accepted(ui, follow, followed);
            Ok(Next::Leave(Exit::OutcomeUnknown))
        }
        End::OutcomeUnknown { message, settled_by_deletion } => {
            ui.insist(&format!("{} {message}", ui.err(Style::Strong, "The outcome is unknown.")));
            say_submitted(ui, followed.findings.submitted());
            if *settled_by_deletion {
                settle_by_deletion(ui, follow, followed)
            } else {
                settle(ui, follow, followed)
            }
            Ok(Next::Leave(Exit::OutcomeUnknown))
        }
        End::Deleted => {
            let deleted = "The restore request was deleted while it was followed; its Job may have been ended half-way.";
            ui.insist(&ui.err(Style::Strong, deleted));
            say_submitted(ui, followed.findings.submitted());
            ui.insist(&format!("  {}", check(follow, followed)));
            Ok(Next::Leave(Exit::OutcomeUnknown))
        }
        End::Failed { message, what, submitted } => Err(failed(follow, followed, message, *what, *submitted)),
    }
}

fn check(follow: &Follow, followed: &Followed) -> String {
    format!("kubectl openbao status {} -n {}", followed.restore.cluster, follow.namespace)
}

/// NEXT: the normal end (F§4.4).
fn accepted(ui: &Ui, follow: &Follow, followed: &Followed) {
    ui.insist(&ui.err(Style::Strong, "OpenBao accepted the snapshot; whether it was applied is not confirmed."));
    ui.insist(
        "On this operator that is how a restore that went well looks: phase Unknown, until a person has looked and decided.",
    );
    ui.insist("Until then the lock and the hold on the cluster stay, and nothing else runs.");
    settle(ui, follow, followed);
}

/// Both ways to settle it, each by the command that checks its preconditions.
fn recover(follow: &Follow, decision: &str) -> String {
    format!("kubectl openbao recover {} -n {} --{decision}", follow.name, follow.namespace)
}

/// NEXT: look, then acknowledge.
fn settle(ui: &Ui, follow: &Follow, followed: &Followed) {
    ui.insist("\nNext");
    ui.insist(&format!("  {}", check(follow, followed)));
    ui.insist("      look first: every server unsealed, one leader, and data as old as the snapshot");
    ui.insist(&format!("  {}", recover(follow, "resume")));
    ui.insist("      it is well: every server is restarted, the leader last, and the lock released; with other unseal keys none would come back");
    ui.insist(&format!("  {}", recover(follow, "abandon")));
    ui.insist("      it is not: the cluster is paused and the lock released, the rest is up to you");
}

/// 0.5: look, then delete the object (F§4.3).
fn settle_by_deletion(ui: &Ui, follow: &Follow, followed: &Followed) {
    ui.insist("\nNext");
    ui.insist(&format!("  {}", check(follow, followed)));
    ui.insist("      look first: every server unsealed, one leader, and data as old as the snapshot or as before");
    ui.insist(&format!("  {}", recover(follow, "resume")));
    ui.insist("      verifies the servers, then deletes the restore: that releases the lock, and upgrades and backups go on");
    ui.insist(&format!("  {}", recover(follow, "abandon")));
    ui.insist("      deletes it all the same, when the servers cannot be seen to be well");
}

fn say_submitted(ui: &Ui, submitted: Submitted) {
    ui.insist(&format!("  {}", data(submitted)));
}

/// Whether the cluster's data was touched, in a sentence.
pub fn data(submitted: Submitted) -> &'static str {
    match submitted {
        Submitted::No => "the cluster's data was not changed: no snapshot was taken by the servers",
        Submitted::Unknown => "whether the cluster's data was changed is not known",
        Submitted::Yes => "the servers took a snapshot: the cluster's data was replaced",
    }
}

fn failed(follow: &Follow, followed: &Followed, message: &str, what: Failed, submitted: Submitted) -> Failure {
    let (namespace, findings) = (&follow.namespace, &followed.findings);
    let doing = format!("restoring {namespace}/{}", followed.restore.cluster);
    let mut failure = match (what, findings.cause()) {
        (Failed::Job, Some(cause)) => {
            Failure::new(Exit::JobFailed, cause.meaning).detail(format!("the operator says: {message}"))
        }
        _ => Failure::new(Exit::JobFailed, message),
    };
    failure = with_cause(failure, what, findings).detail(data(submitted)).doing(doing);
    match what {
        Failed::LockLost => failure
            .detail("the executor's Job was not stopped and goes on")
            .hint(format!("kubectl openbao follow job/{} -n {namespace}", followed.restore.job_name())),
        _ if submitted == Submitted::No => {
            failure.hint("correct that, then create a new restore: a failed one is never tried again")
        }
        _ => failure.hint(check(follow, followed)),
    }
}

fn with_cause(failure: Failure, what: Failed, findings: &Findings) -> Failure {
    match findings.cause() {
        Some(cause) if what != Failed::Precondition => {
            failure.detail(format!("its log says: {}", cause.line)).hint(format!("{} ({})", cause.action, cause.code))
        }
        None if what == Failed::Job => failure.detail("no line of its log says why, or the log could not be read"),
        _ => failure,
    }
}
