//! The Role for the way out of break glass by a restore, on 0.5: its CRDs are derived from JAN's, not genuine, and its
//! admission policies are not at hand, so that the verb which only those ask for is not used here. The plan and its dry
//! run; what is written when volumes are deleted is tested on the practice range (`tests/it/resolve.rs`).

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::scenarios::names::REVISIONS;
use tokio::task::block_in_place;

use super::sweep::Task;
use super::{OPERATOR_NAMESPACE, all_said};
use crate::harness::{ControlPlane, Generation, Played};

#[tokio::test(flavor = "multi_thread")]
async fn planning_a_resolution_names_each_missing_right() {
    let plane = block_in_place(|| ControlPlane::start(Generation::Derived(Play::V05)));
    let played = Played::start(&plane, "diverged-rollback").await;
    let key = played.clock.pre_upgrade_key();
    let command = ["openbao", "resolve", "prod", "--path", "restore", "--key", &key, "--delete-claims-of", REVISIONS.1];
    let dry_run = [&command[..], &["--dry-run=server"]].concat();
    let beside = [("operator", OPERATOR_NAMESPACE), ("object-store", "storage"), ("restore", "bao")];
    let task = Task { plane: &plane, name: "resolve", namespace: "bao", beside: &beside, tested: &[("resolve", "bao")] };
    // The first is for a policy; the others are used only when volumes are really deleted.
    let later = [("openbaoclusters", "maintenance"), ("persistentvolumeclaims", "patch"), ("persistentvolumeclaims", "delete")];
    block_in_place(|| task.sweep(&later, |person| all_said(person, &[&dry_run])));
}
