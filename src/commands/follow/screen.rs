//! What a follower shows: a line per step with the time since it began, the executor's lines indented below.

use std::time::Duration;

use tokio::time::Instant;

use crate::api::text::clean_cut;
use crate::domain::job_log::{Findings, exit_meaning};
use crate::domain::progress::{Step, Tone, pod_waits_for};
use crate::remote::k8s::Kube;
use crate::remote::logs::{Lines, LogEvent};
use crate::ui::{Style, Ui};

/// Longest part of a log line that is shown inline; `logs` prints lines whole.
const LINE_SHOWN: usize = 2_000;
/// How far apart what is followed side by side may notice that the server is away.
const TOGETHER: Duration = Duration::from_secs(10);

/// Shows steps and lines on the conversation's stream.
pub(in crate::commands) struct Screen<'a> {
    ui: &'a Ui,
    began: Instant,
    last_wait: String,
    runs: bool,
    /// When the next attempt begins; told after the end of the one before, whichever is heard of first.
    back_off: Option<String>,
    between: bool,
    away: Away,
}

/// The failure to connect that was said last: its cause, how many in a row it was the last of, and when.
#[derive(Default)]
struct Away(String, u32, Duration);

impl Away {
    /// Whether this one is news: failures in a row are said less and less often, and once for all that is followed over one
    /// connection.
    fn is_news(&mut self, why: &str, attempt: u32, now: Duration) -> bool {
        let Away(text, most, at) = self;
        let said = text == why && attempt <= *most && now.saturating_sub(*at) < TOGETHER;
        let news = attempt.is_power_of_two() && !said;
        if news {
            *self = Away(why.to_owned(), attempt, now);
        }
        news
    }
}

impl<'a> Screen<'a> {
    pub(in crate::commands) fn new(ui: &'a Ui) -> Self {
        let last_wait = String::new();
        Screen { ui, began: Instant::now(), last_wait, runs: false, back_off: None, between: false, away: Away::default() }
    }

    /// What comes is of another Job: its runs are counted anew.
    pub(in crate::commands) fn another_job(&mut self, name: &str) {
        (self.runs, self.between, self.back_off) = (false, false, None);
        self.tell("job", name, Tone::Plain);
    }

    /// One step.
    pub(in crate::commands) fn step(&self, step: &Step) {
        let style = match step.tone {
            Tone::Plain => Style::Plain,
            Tone::Good => Style::Good,
            Tone::Attention => Style::Attention,
            Tone::Bad => Style::Danger,
        };
        let what = self.ui.err(style, &format!("{:<11}", step.what));
        self.ui.say(&format!("{}  {what}  {}", clock(self.began.elapsed()), step.text));
    }

    fn tell(&self, what: &str, text: &str, tone: Tone) {
        self.step(&Step::new(what, text, tone));
    }

    /// What to do about the step before.
    pub(in crate::commands) fn advice(&self, text: &str) {
        self.ui.say(&format!("       {text}"));
    }

    /// A remark that only explains the step before.
    fn aside(&self, text: &str) {
        self.ui.say(&format!("       {}", self.ui.err(Style::Dim, text)));
    }

    /// What was noted on the way: a right that is missing, a read that was repeated.
    pub(in crate::commands) fn notices(&self, kube: &Kube) {
        kube.take_notices().iter().for_each(|notice| self.ui.say(notice));
    }

    /// What a pod waits for, once per reason.
    pub(in crate::commands) fn waits(&mut self, why: &str) {
        if self.last_wait == why {
            return;
        }
        why.clone_into(&mut self.last_wait);
        self.tell("waiting", why, Tone::Attention);
        if let Some(explained) = pod_waits_for(why) {
            self.aside(explained);
        }
    }

    /// Something from the log's follower. The findings have taken in the lines already.
    pub(in crate::commands) fn log(&mut self, event: &LogEvent, findings: &Findings) {
        match event {
            LogEvent::PodSeen { pod } => self.tell("pod", pod, Tone::Plain),
            // Every pod waits for its container to be created; only what lasts is worth a line.
            LogEvent::Waiting { why, .. } if matches!(why.as_str(), "ContainerCreating" | "PodInitializing") => {}
            LogEvent::Waiting { why, .. } if why.starts_with("CrashLoopBackOff") => self.backs_off(why),
            LogEvent::Waiting { why, .. } => self.waits(why),
            LogEvent::RunStarted { run, .. } => {
                self.between = false;
                if *run > 0 || self.runs {
                    self.tell("executor", &format!("attempt {}", run + 1), Tone::Plain);
                }
                self.runs = true;
            }
            LogEvent::Lines(lines) => self.lines(lines),
            LogEvent::RunEnded { run, exit_code, reason, .. } => self.run_ended(*run, *exit_code, reason, findings),
            LogEvent::PodGone { pod } => self.aside(&format!("pod {pod} was removed")),
            LogEvent::Lost { run, why, .. } => {
                self.tell("log", &format!("lines of attempt {} are lost: {why}", run + 1), Tone::Attention);
            }
            LogEvent::Reconnecting { why, attempt } => self.reconnecting(why, *attempt),
            LogEvent::Ended => {}
            LogEvent::GaveUp { why, .. } => self.tell("log", &format!("not followed any further: {why}"), Tone::Attention),
        }
    }

    /// No connection, so many times in a row.
    pub(in crate::commands) fn reconnecting(&mut self, why: &str, attempt: u32) {
        if self.away.is_news(why, attempt, self.began.elapsed()) {
            self.tell("connection", &format!("{why}; trying again ({attempt})"), Tone::Attention);
        }
    }

    fn lines(&self, lines: &Lines) {
        let mut shown = String::new();
        for line in lines.iter() {
            shown.push_str("       | ");
            shown.push_str(&clean_cut(&String::from_utf8_lossy(line.text), LINE_SHOWN));
            shown.push('\n');
        }
        self.ui.say(&shown);
    }

    fn run_ended(&mut self, run: u32, exit_code: Option<i64>, reason: &str, findings: &Findings) {
        if exit_code == Some(0) {
            return;
        }
        let code = exit_code.map_or_else(|| "exit code not recorded".to_owned(), |code| format!("exit {code}"));
        let reason = if reason.is_empty() || reason == "Error" { String::new() } else { format!(", {reason}") };
        self.tell("executor", &format!("attempt {} ended: {code}{reason}", run + 1), Tone::Bad);
        self.aside(&exit_meaning(exit_code, findings).text);
        self.between = true;
        self.say_back_off();
    }

    /// `CrashLoopBackOff: back-off 10s restarting failed container=…`: what matters of it is the time.
    fn backs_off(&mut self, why: &str) {
        let rest = why.split_once("back-off ").map_or("", |(_, rest)| rest);
        let pause = rest.split_once(' ').map_or(rest, |(pause, _)| pause);
        self.back_off = (!pause.is_empty()).then(|| format!("the next attempt, if there is one, begins in about {pause}"));
        if self.between {
            self.say_back_off();
        }
    }

    fn say_back_off(&mut self) {
        if let Some(text) = self.back_off.take() {
            self.aside(&text);
        }
    }
}

/// `00:16`, or `1:02:03` from an hour on.
fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes:02}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_short() {
        let clock = |seconds| super::clock(Duration::from_secs(seconds));
        assert_eq!([0, 76, 3_723].map(clock), ["00:00", "01:16", "1:02:03"]);
    }

    #[test]
    fn a_lost_connection_is_said_once_for_all_that_is_followed_over_it() {
        let mut away = Away::default();
        let told =
            [("away", 1, 5), ("away", 1, 5), ("away", 2, 6), ("away", 1, 6), ("away", 3, 8), ("away", 2, 8), ("away", 4, 9)]
                .map(|(why, attempt, at)| away.is_news(why, attempt, Duration::from_secs(at)));
        assert_eq!(told, [true, false, true, false, false, false, true]);
        assert!(away.is_news("refused", 1, Duration::from_secs(9)), "another cause is news");
        assert!(away.is_news("refused", 1, Duration::from_secs(30)), "and so is the next time");
    }
}
