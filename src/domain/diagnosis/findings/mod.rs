//! What was established: one small check a function.

mod break_glass;
mod cause;
mod locks;
mod restores;
mod servers;
mod surroundings;
mod upgrade;

pub(super) use restores::asked_about;

use super::facts::Facts;
use super::say::{CODES, of_line};
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
        all.extend(told_by_status(facts));
    }
    // Lost quorum goes before everything: nothing else can be done until it is back.
    all.sort_by_key(|f| std::cmp::Reverse((f.severity, f.code == "quorum-lost")));
    all
}

/// What `status` knows and no check of a diagnosis says, by the same code or by another.
fn told_by_status(facts: &Facts<'_>) -> Vec<Finding> {
    const OTHER_WORDS: [&str; 4] = ["split-cluster", "not-ready", "upgrade-failed", "upgrade-again"];
    let found = sum_up(facts.evidence).map_or(Vec::new(), |status| status.findings);
    let new = |f: &status::Finding| {
        let code = f.code.as_str();
        f.severity >= Severity::Attention && !CODES.contains(&code) && !OTHER_WORDS.contains(&code)
    };
    let carry = |f: status::Finding| Finding { next: f.next, ..of_line(&f.code, f.severity, "status", f.text) };
    found.into_iter().filter(new).map(carry).collect()
}

/// How a Job's line is cited.
fn cite(evidence: &Evidence, job: &str, line: usize, exit: Option<i64>) -> String {
    let runs = evidence.logs.get(job).and_then(|l| l.value()).map_or(0, |l| l.runs.len());
    let of_runs = if runs > 1 { format!(" of {runs} runs") } else { String::new() };
    let exit = exit.map_or(String::new(), |code| format!(", exit {code}"));
    format!("log line {line}{of_runs} of Job {}{exit}", crate::api::text::clean(job))
}
