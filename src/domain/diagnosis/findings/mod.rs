//! What was established: one small check a function.

mod break_glass;
mod cause;
mod locks;
mod restores;
mod servers;
mod surroundings;
mod upgrade;

pub(super) use restores::{asked_about, without_job};

use super::facts::Facts;
use super::failure::Line;
use super::say::{CODES, PAUSE, of_line};
use super::{Finding, Subject};
use crate::domain::evidence::Evidence;
use crate::domain::status::{self, Severity, sum_up};

/// The findings a subject wants to see, worst first, else in the order of the runbook.
pub(super) fn of(facts: &Facts<'_>, subject: Subject) -> Vec<Finding> {
    let mut all: Vec<Finding> = surroundings::operator(facts).into_iter().collect();
    if matches!(subject, Subject::Rollback | Subject::All) {
        all.extend(break_glass::of(facts));
        all.extend(upgrade::of(facts));
        all.extend(cause::of(facts));
    }
    if matches!(subject, Subject::Lock | Subject::All) {
        all.extend(locks::of(facts));
    }
    if matches!(subject, Subject::Restore | Subject::All) {
        all.extend(restores::of(facts));
    } else {
        all.extend(restores::unsettled(facts));
    }
    all.extend(servers::of(facts));
    all.extend(surroundings::of(facts, subject));
    if subject == Subject::All {
        let known_to_status = told_by_status(facts, &all);
        all.extend(known_to_status);
    }
    instead_of_watching(&mut all);
    // Lost quorum goes before everything: nothing else can be done until it is back.
    all.sort_by_key(|f| std::cmp::Reverse((f.severity, f.code == "quorum-lost")));
    all
}

/// Where a pause is advised nobody sits and watches what it is to stop.
fn instead_of_watching(all: &mut [Finding]) {
    if all.iter().flat_map(|f| &f.next).any(|step| step.command.contains(PAUSE)) {
        let watches = |command: &str| command.ends_with(" -w") || command.ends_with("--job rollback -f");
        all.iter_mut().for_each(|f| f.next.retain(|step| !watches(&step.command)));
    }
}

/// What `status` knows and no check of a diagnosis says, by the same code or by another.
fn told_by_status(facts: &Facts<'_>, said: &[Finding]) -> Vec<Finding> {
    let stuck = said.iter().any(|f| f.code == "executor-stuck");
    const OTHER_WORDS: [&str; 4] = ["split-cluster", "not-ready", "upgrade-failed", "upgrade-again"];
    let found = sum_up(facts.evidence).map_or(Vec::new(), |status| status.findings);
    let new = |f: &status::Finding| {
        let code = f.code.as_str();
        let again = stuck && code == "restore-stuck";
        f.severity >= Severity::Attention && !again && !CODES.contains(&code) && !OTHER_WORDS.contains(&code)
    };
    let carry = |f: status::Finding| Finding { next: f.next, ..of_line(&f.code, f.severity, "status", f.text) };
    found.into_iter().filter(new).map(carry).collect()
}

/// How a Job's line is cited.
fn cite(evidence: &Evidence, job: &str, line: &Line, exit: Option<i64>) -> String {
    let runs = evidence.logs.get(job).and_then(|l| l.value()).map_or(0, |l| l.runs.len());
    let of_runs = match line.run {
        _ if runs < 2 => String::new(),
        last if last == runs => format!(" of the last of {runs} runs seen"),
        run => format!(" of run {run} of {runs} seen"),
    };
    let exit = exit.map_or(String::new(), |code| format!(", exit {code}"));
    format!("log line {}{of_runs} of Job {}{exit}", line.number, crate::api::text::clean(job))
}
