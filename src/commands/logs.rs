//! `logs`: the log of an executor's Job, all pods and all runs. Never writes.

mod find;

use std::time::Duration;

use crate::api::text::clean;
use crate::domain::jobs::Kind;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::remote::logs::{Lines, LogEvent, LogOptions, LogTarget, follow_job};
use crate::session::{Connected, Session, duration};
use crate::ui::interrupt::interrupt;

/// Print the log of an executor's Job: restore, rollback, upgrade, backup, snapshot; all pods, all attempts
///
/// Lines go to standard output as they were written; what happens to the pods goes to standard error. Jobs are removed an
/// hour after their end, and their logs with them: then it says what is left.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The cluster, the restore, or job/NAME
    #[arg(value_name = "CLUSTER | RESTORE")]
    name: Option<String>,
    /// Which Job of the cluster, the newest of its kind: restore, rollback, upgrade, backup or snapshot
    #[arg(
        long,
        value_enum,
        default_value = "restore",
        hide_default_value = true,
        hide_possible_values = true,
        value_name = "KIND"
    )]
    job: Word,
    /// Go on until the Job has ended
    #[arg(short, long)]
    follow: bool,
    /// Only lines of the last so long, such as 10m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    since: Option<Duration>,
    /// Only the last so many lines of each attempt
    #[arg(long, value_name = "LINES")]
    tail: Option<u64>,
    /// Begin each line with its time
    #[arg(long)]
    timestamps: bool,
}

/// A kind of Job as a word of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Word(Kind);

impl clap::ValueEnum for Word {
    fn value_variants<'a>() -> &'a [Word] {
        const WORDS: [Word; 5] =
            [Word(Kind::Restore), Word(Kind::Rollback), Word(Kind::Upgrade), Word(Kind::Backup), Word(Kind::Snapshot)];
        &WORDS
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.0.word()))
    }
}

/// Prints a log.
///
/// # Errors
/// No such cluster, restore or Job; not permitted; interrupted.
pub async fn run(session: &Session, args: Args) -> Outcome<Exit> {
    let connected = session.connect()?;
    let exit = print(session, &connected, &args).await;
    session.pass_on_notices(&connected.kube);
    exit
}

async fn print(session: &Session, connected: &Connected, args: &Args) -> Outcome<Exit> {
    let found = find::job(session, connected, args).await?;
    let job = found.job.clone();
    let options = LogOptions {
        follow: args.follow,
        since_seconds: args.since.map(|since| since.as_secs().max(1)),
        tail: args.tail,
        ..LogOptions::default()
    };
    let target = LogTarget { namespace: connected.namespace.clone(), job: job.clone() };
    let mut follower = follow_job(&connected.kube, target, options);
    let mut printer = Printer { session, timestamps: args.timestamps, safe: session.ui.terminal().out_is_terminal, pods: 0 };
    let mut interrupt = interrupt();
    loop {
        let event = tokio::select! {
            event = follower.next() => event,
            () = &mut interrupt => return Err(Failure::new(Exit::Interrupted, "interrupted; the Job goes on")),
        };
        match event {
            Some(LogEvent::GaveUp { why, not_permitted }) => {
                let exit = if not_permitted { Exit::NotPermitted } else { Exit::Failure };
                return Err(Failure::new(exit, why).doing(format!("reading the log of job {job}")));
            }
            Some(event) => printer.event(&event),
            None => break,
        }
    }
    if printer.pods == 0 {
        return Err(found.nothing_left(connected).await);
    }
    Ok(Exit::Done)
}

struct Printer<'a> {
    session: &'a Session,
    timestamps: bool,
    /// The answer goes to a terminal, which must not be moved by what a server wrote.
    safe: bool,
    pods: usize,
}

impl Printer<'_> {
    fn event(&mut self, event: &LogEvent) {
        let say = |text: String| self.session.ui.say(&text);
        match event {
            LogEvent::Lines(lines) => self.lines(lines),
            LogEvent::PodSeen { .. } => self.pods += 1,
            LogEvent::Waiting { pod, why } => say(format!("pod {pod} waits: {why}")),
            LogEvent::RunStarted { pod, run } => say(format!("pod {pod}, attempt {}:", run + 1)),
            LogEvent::RunEnded { pod, run, exit_code, reason } if *exit_code != Some(0) => {
                let code = exit_code.map_or_else(|| "exit code not recorded".to_owned(), |code| format!("exit {code}"));
                say(format!("pod {pod}, attempt {} ended: {code} {}", run + 1, clean(reason)).trim_end().to_owned());
            }
            LogEvent::Lost { pod, run, why } => {
                self.session.ui.insist(&format!("pod {pod}, attempt {}: lines are lost: {why}", run + 1));
            }
            LogEvent::PodGone { pod } => say(format!("pod {pod} was removed")),
            LogEvent::Reconnecting { why, attempt } if attempt.is_power_of_two() => {
                say(format!("{why}; trying again ({attempt})"));
            }
            _ => {}
        }
    }

    fn lines(&self, lines: &Lines) {
        match (self.safe, self.timestamps) {
            (false, true) => self.session.ui.answer_bytes(lines.with_times()),
            (false, false) => self.session.ui.answer_bytes(&without_times(lines)),
            (true, timestamps) => self.session.ui.answer_bytes(made_safe(lines, timestamps).as_bytes()),
        }
    }
}

fn without_times(lines: &Lines) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(lines.with_times().len());
    for line in lines.iter() {
        bytes.extend_from_slice(line.text);
        bytes.push(b'\n');
    }
    bytes
}

fn made_safe(lines: &Lines, timestamps: bool) -> String {
    let mut text = String::with_capacity(lines.with_times().len());
    for line in lines.iter() {
        if timestamps {
            text.push_str(&String::from_utf8_lossy(line.stamp));
            text.push(' ');
        }
        text.push_str(&clean(&String::from_utf8_lossy(line.text)));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::logs::RunName;

    fn lines(block: &'static [u8]) -> Lines {
        Lines::new(RunName { pod: "p".into(), run: 0 }, block.into())
    }

    #[test]
    fn bytes_stay_as_they_are_and_a_terminal_gets_none_that_move_it() {
        let lines = lines(b"2026-11-21T00:00:00.1Z a\xff\n2026-11-21T00:00:00.2Z \x1b[2Jb\n2026-11-21T00:00:00.3Z \n");
        assert_eq!(without_times(&lines), b"a\xff\n\x1b[2Jb\n\n");
        assert_eq!(made_safe(&lines, false), "a\u{fffd}\n\u{fffd}[2Jb\n\n");
        assert!(made_safe(&lines, true).starts_with("2026-11-21T00:00:00.1Z a\u{fffd}\n"));
    }
}
