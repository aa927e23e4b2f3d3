//! `drill`: the practice range as the program itself plays it, with nothing given but the command.

use futures_util::future::join_all;
use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::scenarios::all;

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
async fn every_other_scenario_ends_as_it_says() {
    let others = all().iter().filter(|scenario| scenario.name != "stuck-lock");
    let runs = others.map(|scenario| async move {
        let ran = played(&[scenario.name, "--operator", "0.5"]).await;
        ran.assert_exit((scenario.expected)(Play::V05).code().into());
    });
    join_all(runs).await;
    let ran = played(&["live-lock", "--operator", "jan"]).await;
    ran.assert_exit(4);
}
