//! The operator's own words, per generation (F§4.1–4.4). Programs and people match on them: they are exact.

use serde_json::Value;

use super::super::values::{list, name, namespace, text};
use super::View;
use super::pass::Blocked;
use crate::drill::Play;

/// Message of `Validating` before anything was checked.
pub const VALIDATING: &str = "Validating restore preconditions";
/// JAN…0.4's word for success.
pub const COMPLETED: &str = "Restore completed successfully";
/// 0.5's word for success.
pub const COMPLETED_05: &str = "Restore completed successfully after post-restore recovery";
/// NEXT: the executor ended well; nothing more is known.
pub const ACCEPTED: &str = "Snapshot request accepted; application is unconfirmed. Follow the administrator recovery runbook \
                            before acknowledging Resume or Abandon.";
/// NEXT: the executor failed after it claimed the submission.
pub const UNCERTAIN: &str = "Snapshot application is uncertain; inspect the target and acknowledge administrator recovery.";
/// NEXT: message of `RecoveryReleased=False/AwaitingAcknowledgement`.
pub const AWAITING: &str = "Administrator recovery acknowledgement is required before management resumes.";
/// NEXT: what a failure before the claim adds.
pub const NOT_SUBMITTED: &str = "Failed before submission; no snapshot was submitted.";
/// ≥ 0.5: a failed execution met again after a restart of the operator.
pub const FAILED_RECEIPT: &str = "Restore Job failed. The terminal execution receipt is preserved; inspect the retained Job logs \
                                  before creating a new OpenBaoRestore.";
/// No authentication could be derived.
pub const NO_AUTHENTICATION: &str =
    "authentication is required: either jwtAuthRole or tokenSecretRef must be set in the restore spec";
/// `force: false` on a cluster that is not initialized.
pub const NOT_INITIALIZED: &str = "target cluster is not initialized (use force: true to override)";
/// `force: false` on a cluster that is upgrading.
pub const UPGRADING: &str = "cannot restore while cluster is upgrading";
/// Hardened profile without egress rules.
pub const NO_EGRESS: &str = "Hardened profile requires explicit spec.network.egressRules so restore Jobs can reach the object \
                             storage endpoint";
/// Neither the restore nor the cluster names an executor image (JAN).
pub const NO_IMAGE: &str = "failed to determine restore executor image: no restore image specified in restore or cluster backup \
                            config";

const VERIFY_AND_DELETE: &str = "Verify the cluster state, then delete this OpenBaoRestore to release the operation lock.";

/// The message while another operation holds the lock.
pub fn waiting(play: Play, by: &Blocked) -> String {
    let Blocked { operation, holder } = by;
    match play {
        Play::Jan => format!("Waiting for cluster operation lock: operation={operation} holder={holder}"),
        _ => format!(
            "Waiting for cluster operation lock held by operation={operation} holder={holder}. Restore will retry automatically; \
             use overrideOperationLock with force=true only for disaster recovery."
        ),
    }
}

/// The message while the Job runs; JAN distinguishes the pass that created it.
pub fn job_running(play: Play, job: &str, created_now: bool) -> String {
    match (play, created_now) {
        (Play::Jan, true) => "Restore job running".into(),
        (Play::Jan, false) => "Restore job in progress".into(),
        _ => format!("Restore Job {job} is running; waiting for completion."),
    }
}

/// The message when another operation took the lock from a running restore.
pub fn lock_lost(play: Play) -> &'static str {
    match play {
        Play::Jan => "cluster operation lock was taken by another operation while restore was running",
        _ => {
            "Restore stopped because another operation took the cluster operation lock while the restore Job was running. Check \
             concurrent backup or upgrade activity, then create a new OpenBaoRestore to retry."
        }
    }
}

/// The message of a restore whose Job failed, with the Job's own reason.
pub fn job_failed(view: &View<'_>, job: &Value) -> String {
    let reason = list(job, "/status/conditions")
        .iter()
        .find(|condition| text(condition, "/type") == "Failed")
        .map_or_else(String::new, |condition| format!(": {}", text(condition, "/message")));
    match view.play {
        Play::Jan => format!("Restore job failed{reason}"),
        _ => format!(
            "Restore Job {job} failed{reason}. Check kubectl logs job/{job} -n {ns} and create a new OpenBaoRestore to retry.",
            job = name(job),
            ns = namespace(view.restore),
        ),
    }
}

/// ≥ 0.5: the Job vanished before (`committed`) or after its receipt was written.
pub fn job_missing(job: &str, committed: bool) -> String {
    let which = if committed {
        format!("Committed restore Job {job} is missing before a creation receipt was persisted.")
    } else {
        format!("Restore Job {job} is missing after its creation receipt was persisted.")
    };
    format!("{which} Its execution result is unknown, so the operator will not recreate it. {VERIFY_AND_DELETE}")
}

/// ≥ 0.5: `Running` without a receipt and without a Job.
pub fn no_receipt() -> String {
    format!(
        "Restore is Running without an execution receipt and its Job is missing. The Job may have completed before the controller \
         recorded it, so the operator will not recreate it. {VERIFY_AND_DELETE}"
    )
}
