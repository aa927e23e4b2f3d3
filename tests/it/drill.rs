//! `drill`: the practice range as the program itself plays it, with nothing given but the command.

use futures_util::future::join_all;
use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::scenarios::find;

use crate::support::{Plugin, Ran};

/// Plays a scenario with nobody's kubeconfig.
async fn played(args: &[&str]) -> Ran {
    let home = tempfile::tempdir().expect("a temporary directory");
    Plugin::new(home.path()).run(&[&["drill", "run"], args].concat()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_main_job_in_one_command() {
    let (jan, next) = tokio::join!(played(&["stuck-lock"]), played(&["stuck-lock", "--operator", "next"]));
    jan.assert_exit(0);
    next.assert_exit(11);
    let all = format!("{}{}", jan.out, jan.err);
    let parts =
        ["What will happen", "--confirm 'restore bao/prod from ", "created openbaorestore/", "| Starting restore operation..."];
    for part in parts {
        assert!(all.contains(part), "{part}: {jan}");
    }
    assert!(format!("{}{}", next.out, next.err).contains("phase Unknown, until a person has looked and decided"), "{next}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_ends_the_run_with_its_own_exit_code() {
    let runs = [("denied", Play::Jan), ("restore-lock", Play::Jan), ("live-lock", Play::Jan), ("live-lock", Play::V05)];
    let runs = runs.map(|(name, play)| async move {
        let ran = played(&[name, "--operator", play.name()]).await;
        let scenario = find(name).expect("a scenario of this name");
        ran.assert_exit((scenario.expected)(play).code().into());
    });
    join_all(runs).await;
}

/// Runs one scenario on some generations, one after the other; each ends as the scenario says.
async fn ends_as_it_says(name: &str, plays: &[Play]) -> Vec<Ran> {
    let scenario = find(name).expect("a scenario of this name");
    let mut all = Vec::new();
    for play in plays {
        let ran = played(&[name, "--operator", play.name()]).await;
        ran.assert_exit((scenario.expected)(*play).code().into());
        all.push(ran);
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledged_rollback_goes_on_and_on_jan_it_is_warned_of_and_needs_attention() {
    let ran = ends_as_it_says("failed-rollback", &[Play::Jan, Play::V05]).await;
    let text = |ran: &Ran| format!("{}{}", ran.out, ran.err);
    assert!(text(&ran[0]).contains("ack-removes-blue-peers"), "{}", ran[0]);
    assert!(!text(&ran[1]).contains("ack-removes-blue-peers"), "{}", ran[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_diverged_rollback_comes_back_and_a_restore_leaves_it_to_be_decided() {
    ends_as_it_says("diverged-rollback", &[Play::V04]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_outcome_is_decided() {
    ends_as_it_says("unknown-outcome", &[Play::V05, Play::Next]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_quorum_behind_green_lights_needs_attention() {
    ends_as_it_says("path-b-trap", &[Play::Jan, Play::Next]).await;
}
