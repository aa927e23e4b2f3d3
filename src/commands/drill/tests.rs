//! The drill with a stand-in for the program: what it is asked, in which order, and how a run is judged.

use std::path::PathBuf;

use clap::Parser as _;
use serde_json::json;

use super::player::Player;
use super::script::{act_arguments, act_consent, consent_arguments, exit_of, quoted};
use super::*;
use crate::drill::scenarios::{Consent, Deed};
use crate::ui::{Colour, Terminal};

#[derive(clap::Parser)]
struct Cli {
    #[command(flatten)]
    args: Args,
}

#[test]
fn the_command_line_takes_the_documented_words() {
    let parse = |line: &str| Cli::try_parse_from(std::iter::once("drill").chain(line.split(' '))).map(|cli| cli.args.action);
    assert!(matches!(parse("list"), Ok(Action::List)));
    assert!(matches!(parse("run stuck-lock"), Ok(Action::Run(choice)) if choice.operator == Play::Jan));
    assert!(matches!(parse("serve denied --operator 0.5"), Ok(Action::Serve(choice)) if choice.operator == Play::V05));
    assert!(parse("run stuck-lock --operator 0.9").is_err());
    assert!(parse("run").is_err());
}

#[test]
fn an_unknown_scenario_is_a_usage_error_with_near_names() {
    let failure = unknown("stuck-lok");
    assert_eq!(failure.exit, Exit::Usage);
    assert_eq!(failure.hints, ["did you mean stuck-lock?", "kubectl openbao drill list"]);
}

#[test]
fn the_list_names_every_scenario_once() {
    for rows in [table(all()), narrow(all())] {
        assert!(rows[0].starts_with("NAME"));
        for scenario in all() {
            assert_eq!(rows.iter().filter(|row| row.starts_with(&format!("{} ", scenario.name))).count(), 1);
        }
    }
    let row = narrow(all()).into_iter().find(|row| row.starts_with("removed-leader ")).unwrap();
    assert!(row.ends_with(" (only jan)"), "{row}");
}

#[test]
fn consent_is_what_the_plan_asks_for_and_never_more() {
    let plan = json!({"kind": "RestorePlan", "consent": {"phrase": "restore bao/prod from T", "accept": ["a", "b"]}});
    let given = |consent| consent_arguments(&plan, consent)[2..].join(" ");
    assert_eq!(given(Consent::Full), "--confirm restore bao/prod from T --accept a --accept b");
    assert_eq!(given(Consent::PhraseOnly), "--confirm restore bao/prod from T");
    assert_eq!(consent_arguments(&json!(null), Consent::Full).len(), 2, "without a plan only the reason");
}

#[test]
fn acts_give_what_their_own_plans_ask() {
    let plan = json!({"nonce": "180f6d05", "consent": {"phrase": "resume r1", "accept": ["a", "b"]}});
    let line = |deed, plan: &serde_json::Value| [act_arguments(deed), act_consent(deed, plan)].concat().join(" ");
    assert_eq!(line(Deed::Ack, &plan), "breakglass ack prod --nonce 180f6d05 --follow --accept a --accept b");
    assert_eq!(line(Deed::Recover("r1", "--resume"), &plan), "recover r1 --resume --confirm resume r1 --accept a --accept b");
    assert_eq!(line(Deed::Command(&["diagnose", "lock"]), &plan), "diagnose lock");
    assert_eq!(line(Deed::Ack, &json!(null)), "breakglass ack prod --follow", "without a plan nothing is given");
}

#[test]
fn words_are_quoted_for_a_shell() {
    assert_eq!(quoted("bao/prod/2026-11-21T00-41-19Z-b397e37b.snap"), "bao/prod/2026-11-21T00-41-19Z-b397e37b.snap");
    assert_eq!(quoted("it's 3 a.m."), r"'it'\''s 3 a.m.'");
    assert_eq!(quoted(""), "''");
}

#[test]
fn exit_codes_are_read_back() {
    for (exit, _) in Exit::ALL {
        assert_eq!(exit_of(Some(i32::from(exit.code()))), exit);
    }
    assert_eq!((exit_of(Some(77)), exit_of(None)), (Exit::Failure, Exit::Failure));
}

/// A program that writes down how it was called, plans, and ends a restore with `code`.
#[cfg(unix)]
fn stand_in(range: &Range, code: u8) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = range.directory().join("stand-in");
    let script = format!(
        r#"#!/bin/sh
echo "$*" >> "$(dirname "$0")/calls"
test -f "$KUBECONFIG" || exit 99
case "$*" in
  *--dry-run*) echo '{{"nonce":"N","consent":{{"phrase":"restore bao/prod from T","accept":["backup-lock-leaks"]}}}}' ;;
  restore*|diagnose*|*--nonce*) exit {code} ;;
esac
"#
    );
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

#[cfg(unix)]
async fn played(scenario: &str, play: Play, code: u8) -> (Outcome<Exit>, Vec<String>) {
    let scenario = find(scenario).unwrap();
    let range = Range::start(RangeOptions::new(scenario, play)).await.unwrap();
    let ui = Ui::new(Terminal::of_process(Colour::Never, true));
    let exit = Player::new(stand_in(&range, code), &range, scenario, play, &ui).play().await;
    let calls = std::fs::read_to_string(range.directory().join("calls")).unwrap();
    let key = range.key(crate::drill::scenarios::Which::Last);
    range.shutdown().await;
    (exit, calls.lines().map(|line| line.replace(&key, "KEY")).collect())
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_asks_the_plan_and_gives_what_it_asks() {
    let (exit, calls) = played("stuck-lock", Play::Jan, 0).await;
    assert_eq!(exit, Ok(Exit::Done));
    assert_eq!(
        calls,
        [
            "status",
            "status prod",
            "restore prod --key KEY --override-lock --dry-run=client -o json",
            "restore prod --key KEY --override-lock --reason drill: practising an emergency restore --confirm restore bao/prod from T \
             --accept backup-lock-leaks",
            "status prod",
        ]
    );
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_ends_otherwise_fails_and_the_expected_code_is_the_runs() {
    let (exit, _) = played("stuck-lock", Play::Jan, 3).await;
    let failure = exit.unwrap_err();
    assert_eq!(failure.exit, Exit::Failure);
    assert!(failure.cause.contains("exit 3") && failure.cause.contains("expects exit 0"), "{}", failure.cause);
    assert_eq!(played("denied", Play::Jan, 6).await.0, Ok(Exit::NotPermitted));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_restores_are_deleted_before_the_lock_is_freed() {
    let (exit, calls) = played("waiting-restores", Play::Next, 11).await;
    assert_eq!(exit, Ok(Exit::OutcomeUnknown));
    assert_eq!(calls.iter().filter(|call| call.starts_with("restore")).count(), 2);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_can_be_about_another_act_and_its_code_is_the_runs() {
    let (exit, calls) = played("cleanup-failed", Play::V04, 0).await;
    assert_eq!(exit, Ok(Exit::Done));
    let acts: Vec<&String> = calls.iter().filter(|call| call.starts_with("breakglass ack")).collect();
    assert_eq!(
        acts,
        ["breakglass ack prod --dry-run=client -o json", "breakglass ack prod --nonce N --follow --accept backup-lock-leaks"]
    );
    let failure = played("cleanup-failed", Play::V04, 10).await.0.unwrap_err();
    assert!(failure.cause.contains("the main command ended with exit 10"), "{}", failure.cause);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loop_is_paused_by_another_persons_patch() {
    let scenario = find("upgrade-loop").unwrap();
    let range = Range::start(RangeOptions::new(scenario, Play::Jan)).await.unwrap();
    let ui = Ui::new(Terminal::of_process(Colour::Never, true));
    let exit = Player::new(stand_in(&range, 3), &range, scenario, Play::Jan, &ui).play().await;
    assert_eq!(exit, Ok(Exit::Attention));
    let cluster = range.server().store().get("openbaoclusters", "bao", "prod").unwrap();
    assert_eq!(cluster["spec"]["paused"], true);
    range.shutdown().await;
}
