//! Break glass on JAN's genuine CRDs: the Role that looks at it, and the one that acknowledges it.

use tokio::task::block_in_place;

use super::sweep::Crew;
use super::{OPERATOR_NAMESPACE, all_said, assert_exact, end_executors, script, used};
use crate::breakglass::consent;
use crate::harness::{ControlPlane, Generation, Played};

/// The rollback's executors.
const EXECUTORS: (&str, &str) = ("upgrade-prod-", "upgrade-executor");

#[tokio::test(flavor = "multi_thread")]
async fn diagnosing_and_acknowledging_name_each_missing_right() {
    // The scenario's names are fixed, so it needs servers of its own.
    let plane = block_in_place(|| ControlPlane::start(Generation::Jan));
    let played = Played::start(&plane, "failed-rollback").await;
    block_in_place(|| {
        diagnose(&plane);
        acknowledge(&plane, &played);
    });
}

fn diagnose(plane: &ControlPlane) {
    let mut crew = Crew::employ(plane, "diagnose", "bao", &[("diagnose", "bao")], &[("operator", OPERATOR_NAMESPACE)]);
    crew.each(|person| all_said(person, &[&["openbao", "diagnose"], &["openbao", "diagnose", "rollback", "prod"]]));
    crew.judge();
}

/// The plan with everybody; the one patch; then everybody follows what it set off.
fn acknowledge(plane: &ControlPlane, played: &Played) {
    let beside = [("operator", OPERATOR_NAMESPACE)];
    let mut crew = Crew::employ(plane, "acknowledge", "bao", &[("acknowledge", "bao")], &beside);
    crew.each(|person| {
        all_said(person, &[&["openbao", "breakglass", "show"], &["openbao", "breakglass", "ack", "prod", "--dry-run=server"]])
    });
    let (pods, container) = EXECUTORS;
    script(&played.world, "bao", pods, container, true);
    let args = ["openbao", "breakglass", "ack", "--follow=false"].map(String::from);
    let person = crew.complete();
    person.clone().run([args.to_vec(), consent(&person)].concat()).everything(0);
    crew.together(
        &["openbaoclusters", "jobs", "pods", "pods/log"],
        |person| all_said(person, &[&["openbao", "breakglass", "show", "prod", "--follow", "--timeout", "4m"]]),
        || end_executors(plane, &played.world, "bao", pods, container),
    );
    assert_exact("acknowledge", &used(plane, &crew.complete_user(), "bao"), &[]);
    crew.judge();
}
