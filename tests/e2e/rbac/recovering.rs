//! The Role for a restore whose outcome is unknown, on the generations that have one. Their CRDs are derived from JAN's,
//! not genuine, and their admission policies are not at hand: what only a policy asks for is asked about, and named, but
//! not enforced here.

use kubectl_openbao::drill::Play;
use tokio::task::block_in_place;

use super::sweep::Crew;
use super::{OPERATOR_NAMESPACE, UPGRADED, agreed, all_said, assert_exact, used};
use crate::harness::{ControlPlane, Generation, Kubectl, Played, Words};

const COMMAND: [&str; 4] = ["openbao", "recover", "colleague-0312", "--resume"];

/// The real command, with what its plan asks of a script.
fn resume(person: &Kubectl) -> String {
    let args = [agreed(person, &COMMAND), ["--settle", "1s"].map(String::from).to_vec()].concat();
    person.clone().run(args).everything(0)
}

/// Everybody asks for the plan and the server's word on it.
fn planned<'a>(plane: &'a ControlPlane, name: &str) -> Crew<'a> {
    let mut crew = Crew::employ(plane, name, "bao", &[("recover", "bao")], &[("operator", OPERATOR_NAMESPACE)]);
    crew.each(|person| all_said(person, &[&[&COMMAND[..], &["--dry-run=server"]].concat()]));
    crew
}

#[tokio::test(flavor = "multi_thread")]
async fn recovering_on_next_names_each_missing_right() {
    let plane = block_in_place(|| ControlPlane::start(Generation::Derived(Play::Next)));
    let _played = Played::start(&plane, "unknown-outcome").await;
    block_in_place(|| {
        let mut crew = planned(&plane, "recover-next");
        // It works without this one, and says what is done instead.
        crew.without(("openbaorestores", "watch"), resume);
        let unused: [Words<'_>; 4] =
            [("openbaorestores", "delete"), ("openbaorestores", "watch"), ("openbaoclusters/prod", "restore"), UPGRADED];
        assert_exact(
            "recover",
            &used(&plane, &crew.complete_user(), "bao"),
            &[&unused[..], &[("secrets/s3-creds", "get")]].concat(),
        );
        crew.judge();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn recovering_on_05_names_each_missing_right() {
    let plane = block_in_place(|| ControlPlane::start(Generation::Derived(Play::V05)));
    let _played = Played::start(&plane, "unknown-outcome").await;
    block_in_place(|| {
        let crew = planned(&plane, "recover-0.5");
        resume(&crew.complete());
        let unused: [Words<'_>; 4] =
            [("openbaorestores", "patch"), ("openbaoclusters/prod", "restore"), ("secrets/s3-creds", "get"), UPGRADED];
        assert_exact("recover", &used(&plane, &crew.complete_user(), "bao"), &unused);
        crew.judge();
    });
}
