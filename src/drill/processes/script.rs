//! Scripted processes: lines with delays and an exit code, for tests and for pods that only have to look busy.

use std::time::Duration;

use kube::ResourceExt;
use serde::Deserialize;

use super::{Process, SCRIPT_ANNOTATION};

/// What a scripted container does, for every start or start by start.
///
/// In an annotation it is JSON: a list of steps, or a list of lists of steps (the first start, the second, …; the last
/// one is repeated). Steps: `{"say":"text"}`, `{"hex":"fffe"}` (a line of any bytes), `{"long":1048576}` (a line of
/// so many `x`), `{"repeat":[1000,"text"]}` (numbered lines), `{"wait":250}` (milliseconds at pace 1), `{"ready":false}`, `{"exit":3}`, `"stop"` (until asked to).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Script {
    /// The same steps at every start.
    Always(Vec<Step>),
    /// Steps by number of the start.
    ByAttempt(Vec<Vec<Step>>),
}

/// One step of a script.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Writes a line.
    Say(String),
    /// Writes a line of bytes given in hexadecimal.
    Hex(String),
    /// Writes a line of so many `x`.
    Long(usize),
    /// Writes so many lines, each a number and the text.
    Repeat(u64, String),
    /// Waits, in milliseconds at pace 1.
    Wait(u64),
    /// Answers the readiness probe.
    Ready(bool),
    /// Ends with an exit code.
    Exit(i32),
    /// Runs until asked to stop, then ends with 0.
    Stop,
}

impl Script {
    /// Reads a script from JSON.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("not a script: {error}"))
    }

    fn steps(&self, attempt: u32) -> &[Step] {
        match self {
            Script::Always(steps) => steps,
            Script::ByAttempt(attempts) => {
                let last = attempts.len().saturating_sub(1);
                attempts.get(last.min(attempt as usize)).map_or(&[], Vec::as_slice)
            }
        }
    }
}

/// The script of a container: from its pod's annotation, else from the world.
pub(super) fn of(process: &Process) -> Option<Script> {
    if process.init {
        return None;
    }
    match process.pod.annotations().get(SCRIPT_ANNOTATION).map(|text| Script::parse(text)) {
        Some(Ok(script)) => Some(script),
        Some(Err(problem)) => Some(Script::Always(vec![Step::Say(problem), Step::Exit(1)])),
        None => process.world.script(&process.namespace(), &process.pod_name(), &process.container.name),
    }
}

pub(super) async fn run(mut process: Process, script: Script) -> i32 {
    for step in script.steps(process.attempt) {
        match step {
            Step::Say(line) => process.say(line),
            Step::Hex(digits) => process.say(unhex(digits)),
            Step::Long(length) => process.say("x".repeat(*length)),
            Step::Repeat(count, text) => repeat(&process, *count, text).await,
            Step::Wait(milliseconds) => process.work(Duration::from_millis(*milliseconds)).await,
            Step::Ready(ready) => process.ready.set(*ready),
            Step::Exit(code) => return *code,
            Step::Stop => {
                process.signals.terminated().await;
                return 0;
            }
        }
    }
    0
}

async fn repeat(process: &Process, count: u64, text: &str) {
    for number in 1..=count {
        process.say(format!("{number} {text}"));
        if number % 1000 == 0 {
            // Whoever follows shall not have to wait for the last line.
            tokio::task::yield_now().await;
        }
    }
}

/// Bytes from hexadecimal digits; what is no pair of digits is left out.
fn unhex(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks_exact(2).filter_map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_read_and_the_last_attempt_is_repeated() {
        let script = Script::parse(r#"[[{"say":"a"},{"exit":1}],[{"hex":"ff 0a"},{"wait":5},"stop"]]"#).expect("valid");
        assert_eq!(script.steps(0), [Step::Say("a".into()), Step::Exit(1)]);
        assert_eq!(script.steps(7), [Step::Hex("ff 0a".into()), Step::Wait(5), Step::Stop]);
        assert_eq!(Script::parse(r#"[{"long":3}]"#).expect("valid").steps(4), [Step::Long(3)]);
        let many = Script::parse(r#"[{"repeat":[2,"x"]}]"#).expect("valid");
        assert_eq!(many.steps(0), [Step::Repeat(2, "x".into())]);
        assert!(Script::parse("[{\"dance\":1}]").is_err());
        assert_eq!(unhex("ff 0a zz 1"), [255, 10]);
    }
}
