//! Following on the practice range: its operator, its kubelet, its API server's restarts.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::domain::job_log::Submitted;
use crate::domain::progress::{End, Failed};
use crate::drill::Play;
use crate::drill::kubelet::faults::{LogFault, Target};
use crate::drill::scenarios::names::{NAMESPACE, USER};
use crate::drill::scenarios::objects::restore;
use crate::drill::scenarios::seed::Seeder;
use crate::drill::scenarios::{self, Range, RangeOptions, Which};
use crate::drill::server::User;
use crate::remote::k8s::Kube;
use crate::ui::{Terminal, Ui};

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// A range, a person's connection to it, and what that person is told.
struct Stage {
    range: Range,
    kube: Kube,
    ui: Ui,
    told: Buffer,
}

impl Stage {
    async fn set(scenario: &str, play: Play) -> Stage {
        let range = Range::start(RangeOptions::new(scenarios::find(scenario).unwrap(), play)).await.unwrap();
        let client = range.server().client(&User::named(USER).group("system:masters")).await.unwrap();
        let kube = Kube::new(client, "https://range", Duration::from_secs(5));
        let told = Buffer::default();
        let terminal = Terminal {
            colour_out: false,
            colour_err: false,
            interactive: false,
            out_is_terminal: false,
            err_is_terminal: false,
            width: 100,
            moves: true,
            quiet: false,
        };
        let ui = Ui::on(terminal, Box::new(std::io::sink()), Box::new(told.clone()));
        Stage { range, kube, ui, told }
    }

    /// Creates a restore by hand, as a runbook would.
    async fn restore(&self, name: &str, key: &str) -> Follow {
        let mut object = restore(name, key);
        object["spec"]["jwtAuthRole"] = "openbao-operator-restore".into();
        Seeder::new(self.range.operator_client().await.unwrap()).put(&object).await.unwrap();
        Follow { namespace: NAMESPACE.into(), name: name.into(), timeout: Some(Duration::from_secs(90)) }
    }

    async fn follow(&self, follow: &Follow) -> Followed {
        follow_restore(&self.ui, &self.kube, follow).await.unwrap_or_else(|failure| panic!("{failure}: {}", self.told.text()))
    }

    /// The executor's lines as they were shown.
    fn lines(&self) -> Vec<String> {
        self.told.text().lines().filter_map(|line| line.strip_prefix("       | ").map(str::to_owned)).collect()
    }
}

#[tokio::test]
async fn a_restore_is_told_from_its_first_phase_to_its_last_line() {
    let stage = Stage::set("restore", Play::Jan).await;
    let follow = stage.restore("r1", &stage.range.key(Which::Last)).await;
    let followed = stage.follow(&follow).await;
    assert!(matches!(followed.end, End::Completed { .. }), "{:?}", followed.end);
    let told = stage.told.text();
    for part in ["  Running      ", "  Completed    Restore completed successfully", "restore-r1-"] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let lines = stage.lines();
    assert_eq!(lines.first().map(String::as_str), Some("Starting restore operation..."), "{told}");
    assert!(lines.last().is_some_and(|line| line.starts_with("Restore completed successfully from: ")), "{told}");
    assert_eq!(conclude(&stage.ui, &follow, &followed).unwrap(), Next::Verify);
}

#[tokio::test]
async fn cuts_stalls_and_early_ends_of_the_log_are_not_seen_in_it() {
    let stage = Stage::set("restore", Play::Jan).await;
    let faults = stage.range.kubelet().unwrap().faults();
    for fault in [
        LogFault::CutMidLine { after: 3 },
        LogFault::Broken,
        LogFault::CloseEarly { after: 5 },
        LogFault::CutMidLine { after: 7 },
    ] {
        faults.break_logs(Target::pods(NAMESPACE, "restore-"), fault, 1);
    }
    let follow = stage.restore("r1", &stage.range.key(Which::Last)).await;
    stage.follow(&follow).await;
    let lines = stage.lines();
    let mut once = lines.clone();
    once.dedup();
    assert_eq!(lines, once, "{}", stage.told.text());
    assert_eq!(lines.iter().filter(|line| *line == "Starting restore operation...").count(), 1, "{}", stage.told.text());
    assert!(lines.last().is_some_and(|line| line.starts_with("Restore completed successfully from: ")), "{}", stage.told.text());
}

#[tokio::test]
async fn all_attempts_of_a_failing_job_are_told_and_its_cause_is_said() {
    let stage = Stage::set("restore", Play::Jan).await;
    let follow = stage.restore("r1", "bao/prod/nothing-here.snap").await;
    let followed = stage.follow(&follow).await;
    let told = stage.told.text();
    assert!(matches!(followed.end, End::Failed { what: Failed::Job, submitted: Submitted::No, .. }), "{:?} {told}", followed.end);
    let causes = stage.lines().iter().filter(|line| line.contains("snapshot not found")).count();
    assert!(causes >= 3, "{causes} attempts in {told}");
    let failure = conclude(&stage.ui, &follow, &followed).unwrap_err();
    assert_eq!(failure.exit, Exit::JobFailed);
    assert_eq!(failure.cause, "no object of this key is in the bucket", "{told}");
    assert!(failure.details.iter().any(|line| line.contains("was not changed")), "{failure:?}");
}

#[tokio::test]
async fn on_next_success_looks_like_unknown_and_leads_to_a_decision() {
    let stage = Stage::set("restore", Play::Next).await;
    let follow = stage.restore("r1", &stage.range.key(Which::Last)).await;
    let followed = stage.follow(&follow).await;
    assert!(matches!(followed.end, End::AcceptedUnconfirmed { .. }), "{:?} {}", followed.end, stage.told.text());
    assert_eq!(conclude(&stage.ui, &follow, &followed).unwrap(), Next::Leave(Exit::OutcomeUnknown));
    let told = stage.told.text();
    assert!(told.contains("kubectl openbao recover r1 -n bao --resume"), "{told}");
}

#[tokio::test]
async fn a_wait_outlives_a_restart_of_the_api_server_and_ends_at_the_time_limit() {
    let stage = Stage::set("stuck-lock", Play::Jan).await;
    let mut follow = stage.restore("r1", &stage.range.key(Which::Last)).await;
    follow.timeout = Some(Duration::from_secs(4));
    let restart = stage.range.server().restart(Duration::from_millis(300));
    let (ended, restarted) = tokio::join!(follow_restore(&stage.ui, &stage.kube, &follow), restart);
    restarted.unwrap();
    let told = stage.told.text();
    match ended {
        Err(failure) => {
            assert_eq!(failure.exit, Exit::TimeLimit, "{failure:?} {told}");
            assert_eq!(failure.hints, ["kubectl openbao follow r1 -n bao"]);
            assert!(told.contains("Validating   waits for the Backup lock of openbaocluster/backup"), "{told}");
        }
        // JAN drops a leaked Backup lock when it happens to look while a restore waits (F§15.2.2).
        Ok(followed) => assert!(matches!(followed.end, End::Completed { .. }), "{:?} {told}", followed.end),
    }
}

#[tokio::test]
async fn a_restore_that_does_not_exist_is_not_found() {
    let stage = Stage::set("restore", Play::Jan).await;
    let follow = Follow { namespace: NAMESPACE.into(), name: "nope".into(), timeout: None };
    let failure = follow_restore(&stage.ui, &stage.kube, &follow).await.unwrap_err();
    assert_eq!(failure.exit, Exit::NotFound);
}

#[tokio::test]
async fn a_job_alone_is_followed_to_its_verdict() {
    let stage = Stage::set("restore", Play::Jan).await;
    let follow = stage.restore("r1", "bao/prod/nothing-here.snap").await;
    stage.follow(&follow).await;
    let limit = Some(Duration::from_secs(60));
    let failure = job::follow(&stage.ui, &stage.kube, NAMESPACE, "restore-r1", limit).await.unwrap_err();
    assert_eq!(failure.exit, Exit::JobFailed, "{failure:?}");
    let follow = stage.restore("r2", &stage.range.key(Which::Last)).await;
    stage.follow(&follow).await;
    let done = job::follow(&stage.ui, &stage.kube, NAMESPACE, "restore-r2", limit).await;
    assert_eq!(done.map_err(|failure| failure.to_string()), Ok(Exit::Done));
    let failure = job::follow(&stage.ui, &stage.kube, NAMESPACE, "nope", limit).await.unwrap_err();
    assert_eq!(failure.exit, Exit::NotFound);
}
