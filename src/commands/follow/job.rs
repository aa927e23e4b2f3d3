//! `follow job/NAME`: any executor's Job, without a restore object behind it.

use std::time::Duration;

use tokio::time::Instant;

use super::engine::until;
use super::screen::Screen;
use crate::api::workload::Job;
use crate::domain::job_log::{Findings, exit_meaning};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::remote::k8s::ApiErrorKind;
use crate::remote::k8s::Kube;
use crate::remote::k8s::paths::JOBS;
use crate::remote::logs::{LogEvent, LogOptions, LogTarget, follow_job};
use crate::ui::Ui;
use crate::ui::interrupt::interrupt;

/// Follows a Job to its end.
///
/// # Errors
/// Not found or not permitted; exit 10 when it failed, 9 after the time limit, 130 after Ctrl-C, 11 when nobody knows.
pub(super) async fn follow(ui: &Ui, kube: &Kube, namespace: &str, name: &str, timeout: Option<Duration>) -> Outcome<Exit> {
    let doing = format!("following job {namespace}/{name}");
    let found = kube.get(&JOBS.object(namespace, name)).await;
    found.map_err(|error| match error.kind {
        ApiErrorKind::NotFound => Failure::new(Exit::NotFound, format!("there is no Job {name} in namespace {namespace}"))
            .hint(format!("kubectl get jobs -n {namespace}        Jobs are removed an hour after their end")),
        _ => error.failure(&doing),
    })?;
    let again = format!("kubectl openbao follow job/{name} -n {namespace}");
    let mut told = Told::default();
    let mut screen = Screen::new(ui);
    let target = LogTarget { namespace: namespace.to_owned(), job: name.to_owned() };
    let mut follower = follow_job(kube, target, LogOptions { follow: true, ..LogOptions::default() });
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    let mut interrupt = interrupt();
    loop {
        let event = tokio::select! {
            event = follower.next() => event,
            () = until(deadline) => {
                return Err(Failure::new(Exit::TimeLimit, "the time limit ran out; the Job goes on").doing(doing).hint(again));
            }
            () = &mut interrupt => {
                return Err(Failure::new(Exit::Interrupted, "not followed any more; the Job goes on").doing(doing).hint(again));
            }
        };
        let Some(event) = event else { break };
        told.take(&event);
        screen.log(&event, &told.findings);
        screen.notices(kube);
        if let LogEvent::GaveUp { why, not_permitted: true } = &event {
            return Err(Failure::new(Exit::NotPermitted, why.as_str()).doing(doing));
        }
    }
    let job = kube.get(&JOBS.object(namespace, name)).await.ok();
    told.outcome(ui, job.as_ref().map(Job::read).as_ref(), &doing)
}

/// What the log told.
#[derive(Default)]
struct Told {
    findings: Findings,
    last_exit: Option<i64>,
}

impl Told {
    fn take(&mut self, event: &LogEvent) {
        match event {
            LogEvent::Lines(lines) => lines.iter().for_each(|line| {
                self.findings.line(line.text);
            }),
            LogEvent::RunStarted { .. } => self.findings.run_started(),
            LogEvent::RunEnded { exit_code, .. } => self.last_exit = *exit_code,
            _ => {}
        }
    }

    /// The Job's own word first; where it is gone, the last exit code.
    fn outcome(&self, ui: &Ui, job: Option<&Job>, doing: &str) -> Outcome<Exit> {
        let succeeded = match job.and_then(Job::ended) {
            Some(condition) => Some(condition.kind == "Complete"),
            None => self.last_exit.map(|code| code == 0),
        };
        match succeeded {
            Some(true) => {
                ui.say("The Job is complete.");
                Ok(Exit::Done)
            }
            Some(false) => {
                let meaning = exit_meaning(self.last_exit, &self.findings);
                let failure = Failure::new(Exit::JobFailed, meaning.text).doing(doing);
                let failure = match self.findings.cause() {
                    Some(cause) => failure.detail(format!("its log says: {}", cause.line)),
                    None => failure,
                };
                Err(meaning.action.into_iter().fold(failure, Failure::hint))
            }
            None => Err(Failure::new(Exit::OutcomeUnknown, "how the Job ended is not known: it is gone").doing(doing)),
        }
    }
}
