//! Whole restores, followed to their end: what is shown, what is verified, and the exit code.

use std::time::Duration;

use futures_util::future::join_all;
use kubectl_openbao::drill::kubelet::faults::{LogFault, Target};
use kubectl_openbao::drill::processes::script::{Script, Step};
use kubectl_openbao::drill::scenarios::{Which, find};
use kubectl_openbao::drill::world::RestoreFault;
use kubectl_openbao::drill::{Pace, Play};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use tokio::time::timeout;

use crate::support::{PATIENCE, Person, Ran, interrupt, reviewed, scenario, scenario_at, until};

/// A restore with everything its plan asks for, followed and verified for a second.
async fn restored(person: &Person, more: &[&str]) -> Ran {
    let mut args = person.agreed(more).await;
    args.extend(["--settle".into(), "1s".into()]);
    person.plugin().run(&args).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_a_leaked_lock_on_every_generation() {
    let runs = Play::ALL.into_iter().map(|play| async move {
        let person = scenario("stuck-lock", play).await;
        let ran = restored(&person, &["--override-lock"]).await;
        let expected = (find("stuck-lock").expect("a scenario").expected)(play);
        ran.assert_exit(expected.code().into());
        assert_eq!((person.created().len(), person.writes().len()), (1, 1), "{ran}");
        // The executor's own words are shown, once.
        assert_eq!(ran.err.matches("| Starting restore operation...").count(), 1, "{ran}");
        if play == Play::Jan {
            reviewed("restore-followed-stdout", &ran.out);
        }
        if play == Play::Next {
            ran.assert_says(&[
                "OpenBao accepted the snapshot; whether it was applied is not confirmed.",
                "--resume",
                "--abandon",
            ]);
        }
    });
    join_all(runs).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_snapshot_is_never_called_fine() {
    let runs = Play::ALL.into_iter().map(|play| async move {
        let person = scenario("foreign-snapshot", play).await;
        let key = person.range.key(Which::Foreign);
        let plan = ["restore", "prod", "--key", &key, "--settle", "2s", "--confirm", "prod"];
        let ran = person.run(&plan).await;
        ran.assert_exit(5).assert_says(&["hazards are not accepted: seal-mismatch"]);
        let ran = person.run(&[&plan[..], &["--accept", "seal-mismatch"]].concat()).await;
        let expected = (find("foreign-snapshot").expect("a scenario").expected)(play);
        ran.assert_exit(expected.code().into());
        assert!(!ran.out.contains("and serving"), "{ran}");
    });
    join_all(runs).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restores_waiting_behind_the_lock_are_said_before_it_is_freed() {
    let person = scenario("waiting-restores", Play::Jan).await;
    let plan = person.plan(&["--override-lock"]).await;
    let phrase = plan["consent"]["phrase"].as_str().expect("a phrase");
    let ran = person.plugin().run(&person.restore(&["--override-lock", "--reason", "r", "--confirm", phrase])).await;
    ran.assert_exit(5).assert_says(&["waiting for this lock, and replacing the data again", "nightly-verify", "try-again"]);
    person.assert_nothing_written(&ran);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attempt_of_a_failing_executor_is_shown() {
    let person = scenario("restore", Play::Jan).await;
    person.range.world().set_restore_fault("bao", "prod", Some(RestoreFault::PolicyLacksSnapshot));
    let ran = restored(&person, &[]).await;
    ran.assert_exit(10);
    assert_eq!(ran.err.matches("| Starting restore operation...").count(), 4, "{ran}");
    for attempt in 1..=4 {
        assert!(ran.err.contains(&format!("attempt {attempt} ended: exit ")), "{attempt}: {ran}");
    }
    reviewed("restore-failed", &ran.failure());
}

/// Makes executors of restores do this instead.
fn scripted(person: &Person, steps: Vec<Step>) {
    person.range.world().set_script("bao", "restore-", "restore", Script::Always(steps));
}

fn say(text: &str) -> Step {
    Step::Say(text.into())
}

/// Starts a followed restore and waits until its log shows this.
async fn begun(person: &Person, more: &[&str], shows: &str) -> (Child, BufReader<tokio::process::ChildStderr>, String) {
    let mut args = person.agreed(&[]).await;
    args.extend(more.iter().map(ToString::to_string));
    if !more.contains(&"--settle") {
        args.extend(["--settle".into(), "1s".into()]);
    }
    let mut child = person.plugin().start(&args);
    let mut err = BufReader::new(child.stderr.take().expect("stderr is piped"));
    let mut said = String::new();
    while !said.contains(shows) {
        let read = timeout(PATIENCE, err.read_line(&mut said)).await.expect("a line in time").expect("readable");
        assert!(read > 0, "ended before it showed {shows:?}:\n{said}");
    }
    (child, err, said)
}

/// Waits for the end; gives the exit code and everything said.
async fn ended(mut child: Child, mut err: BufReader<tokio::process::ChildStderr>, mut said: String) -> (Option<i32>, String) {
    let rest = async {
        while err.read_line(&mut said).await.expect("readable") > 0 {}
        child.wait().await.expect("it can be waited for").code()
    };
    let code = timeout(PATIENCE, rest).await.expect("it ends");
    (code, said)
}

fn phase(person: &Person) -> String {
    let name = person.created().remove(0);
    let restore = person.range.server().store().get("openbaorestores", "bao", &name).expect("it is there");
    restore.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_detaches_and_the_restore_goes_on() {
    let person = scenario("restore", Play::Jan).await;
    scripted(&person, vec![say("begun"), Step::Wait(150_000), say("finished")]);
    let (child, err, said) = begun(&person, &[], "| begun").await;
    interrupt(&child);
    let (code, said) = ended(child, err, said).await;
    assert_eq!(code, Some(130), "{said}");
    let name = person.created().remove(0);
    assert!(said.contains(&format!("kubectl openbao follow {name} -n bao")), "{said}");
    until("the restore's end", || phase(&person) == "Completed").await;
    let again = person.run(&["follow", &name]).await;
    again.assert_exit(0);
}

/// Nothing happens, and nothing will: whoever follows is told why, and what to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_that_does_not_run_is_said() {
    let person = scenario("operator-dead", Play::V05).await;
    let mut child = person.plugin().start(&["follow", "colleague-0312"]);
    let mut err = BufReader::new(child.stderr.take().expect("stderr is piped"));
    let mut said = String::new();
    while !said.contains("kubectl -n bao delete openbaorestore colleague-0312") {
        let read = timeout(PATIENCE, err.read_line(&mut said)).await.expect("a line in time").expect("readable");
        assert!(read > 0, "ended before it was said:\n{said}");
    }
    assert!(said.contains("is not running: this restore has not begun"), "{said}");
    interrupt(&child);
    assert_eq!(ended(child, err, said).await.0, Some(130));
    assert!(person.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_while_verifying_is_heard() {
    let person = scenario("restore", Play::Jan).await;
    let (child, err, said) = begun(&person, &["--settle", "1h"], "Verifying what the operator does not").await;
    interrupt(&child);
    let (code, said) = ended(child, err, said).await;
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("not verified: the restore ended"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_limit_leaves_it_running() {
    let person = scenario("restore", Play::Jan).await;
    scripted(&person, vec![say("begun"), Step::Stop]);
    let (child, err, said) = begun(&person, &["--timeout", "3s"], "| begun").await;
    let (code, said) = ended(child, err, said).await;
    assert_eq!(code, Some(9), "{said}");
    assert!(said.contains("kubectl openbao follow "), "{said}");
    assert_eq!(phase(&person), "Running");
}

/// How often each numbered line `N text` is in the log as shown.
fn shown(said: &str, text: &str, count: usize) -> Vec<usize> {
    (1..=count).map(|n| said.matches(&format!("| {n} {text}\n")).count()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_api_server_loses_and_repeats_nothing() {
    let person = scenario_at("restore", Play::Jan, Pace(0.05)).await;
    let (before, after) = (Step::Repeat(50, "before".into()), Step::Repeat(50, "after".into()));
    scripted(&person, vec![before, Step::Wait(40_000), after, Step::Wait(40_000), say("finished")]);
    let (child, err, said) = begun(&person, &[], "| 50 before").await;
    person.range.server().restart(Duration::from_millis(500)).await.expect("it comes back on its port");
    let (code, said) = ended(child, err, said).await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(shown(&said, "before", 50), vec![1; 50], "{said}");
    assert_eq!(shown(&said, "after", 50), vec![1; 50], "{said}");
    assert_eq!(said.matches("| finished\n").count(), 1, "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_rotation_loses_and_repeats_nothing() {
    let person = scenario_at("restore", Play::Jan, Pace(0.05)).await;
    let (before, after) = (Step::Repeat(50, "before".into()), Step::Repeat(30, "after".into()));
    scripted(&person, vec![before, Step::Wait(40_000), after, Step::Wait(100_000), say("finished")]);
    // The stream ends in the middle of what comes after the rotation, so it is taken up again from a rotated log.
    let faults = person.range.kubelet().expect("the range has a kubelet").faults();
    faults.break_logs(Target::pods("bao", "restore-"), LogFault::CloseEarly { after: 60 }, 1);
    let (child, err, said) = begun(&person, &[], "| 50 before").await;
    let pods = person.range.server().store().list("pods", Some("bao"));
    let names = pods.iter().filter_map(|pod| pod["metadata"]["name"].as_str());
    let pod = names.into_iter().find(|name| name.starts_with("restore-")).expect("the executor's pod").to_owned();
    person.range.kubelet().expect("the range has a kubelet").rotate_logs("bao", &pod, "restore", 40);
    let (code, said) = ended(child, err, said).await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(shown(&said, "before", 50), vec![1; 50], "{said}");
    assert_eq!(shown(&said, "after", 30), vec![1; 30], "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_log_stream_loses_and_repeats_nothing() {
    let person = scenario_at("restore", Play::Jan, Pace(0.05)).await;
    let faults = person.range.kubelet().expect("the range has a kubelet").faults();
    faults.break_logs(Target::pods("bao", "restore-"), LogFault::CutMidLine { after: 7 }, 2);
    faults.break_logs(Target::pods("bao", "restore-"), LogFault::CloseEarly { after: 3 }, 1);
    scripted(&person, vec![Step::Repeat(40, "line".into()), Step::Wait(100_000), say("finished")]);
    let ran = restored(&person, &[]).await;
    ran.assert_exit(0);
    assert_eq!(shown(&ran.err, "line", 40), vec![1; 40], "{ran}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_cut_short_after_the_executors_end_is_read_again() {
    let person = scenario_at("restore", Play::Jan, Pace(0.05)).await;
    let faults = person.range.kubelet().expect("the range has a kubelet").faults();
    faults.break_logs(Target::pods("bao", "restore-"), LogFault::CutMidLine { after: 7 }, 1);
    faults.break_logs(Target::pods("bao", "restore-"), LogFault::CloseEarly { after: 3 }, 1);
    scripted(&person, vec![Step::Repeat(40, "line".into())]);
    let ran = restored(&person, &[]).await;
    ran.assert_exit(0);
    assert_eq!(shown(&ran.err, "line", 40), vec![1; 40], "{ran}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_are_no_text_and_endless_lines_are_shown_and_harm_nothing() {
    let person = scenario("restore", Play::Jan).await;
    let odd = Step::Hex("fffe1b5b324a41".into());
    scripted(&person, vec![say("begun"), odd, Step::Long(1 << 20), say("\u{202e}txt"), say("finished")]);
    let ran = restored(&person, &[]).await;
    ran.assert_exit(0).assert_says(&["| begun", "[2JA", "xxxxxxxxxx", "| finished"]);
    let raw = ran.err.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
    assert_eq!(raw, None, "{ran}");
    // `logs` is for whole lines.
    let name = person.created().remove(0);
    let logs = person.run(&["logs", &name]).await;
    logs.assert_exit(0);
    assert!(logs.out.lines().any(|line| line.len() == 1 << 20), "a line of 1 MiB, whole");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_outcome_is_a_document_too() {
    let person = scenario("restore", Play::Jan).await;
    let mut args = person.agreed(&[]).await;
    args.extend(["--settle".into(), "1s".into(), "-o".into(), "json".into()]);
    let ran = person.plugin().run(&args).await;
    ran.assert_exit(0);
    let outcome: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran}"));
    assert_eq!(
        (&outcome["kind"], &outcome["result"], &outcome["exitCode"]),
        (&"RestoreOutcome".into(), &"restored".into(), &0.into())
    );
    assert_eq!(outcome["restore"], person.created().remove(0).as_str());
}
