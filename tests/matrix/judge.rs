//! What must hold, written from the promises and from `docs/exit-codes.md`, not from what the program does.

use std::collections::BTreeMap;

use kubectl_openbao::drill::server::Request;

use crate::cell::{Cell, Clean, Run};
use crate::column::Column;
use crate::row::{Sort, kind};

/// What the server knows after a run.
pub struct Facts {
    /// Writes that were received.
    pub sent: Vec<Request>,
    /// Writes that were carried out, also where the answer was lost.
    pub effective: Vec<Request>,
    /// Whether the fault struck at all.
    pub struck: bool,
    /// Whether the wanted state has come about, or what is missing.
    pub goal: Result<(), String>,
    /// How the act ends undisturbed.
    pub clean: i32,
    /// Whether an earlier run on this range wrote something already.
    pub begun: bool,
    /// The writes that the range refused on purpose, so that a fault that was got over ends the run there.
    pub guarded: Vec<Request>,
}

impl Facts {
    /// The writes in short, for a report.
    pub fn told(&self) -> Vec<String> {
        self.sent.iter().map(|r| format!("{} {} -> {:?} (answered {:?})", r.method, r.path, r.executed, r.status)).collect()
    }
}

type Verdict = Result<(), String>;

fn hold(holds: bool, otherwise: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// The run that met the fault.
pub fn first(cell: &Cell, run: &Run, facts: &Facts) -> Verdict {
    once_each(&facts.effective)?;
    says_only_what_happened(run, facts)?;
    if run.code.is_none() && cell.column.kills() && facts.struck {
        return Ok(());
    }
    let code = run.code.ok_or("it ended by a signal")?;
    let allowed = if facts.guarded.is_empty() { codes(cell, facts) } else { vec![6] };
    hold(allowed.contains(&code), || format!("exit {code}, where {allowed:?} are documented"))?;
    if code == 0 {
        return facts.goal.clone().map_err(|missing| format!("exit 0, and {missing}"));
    }
    helps(run)?;
    tells_what_was_written(code, run, facts)
}

/// The same command again, with nothing in its way; `begun`: something was written before.
pub fn second(clean: &Clean, run: &Run, begun: bool) -> Verdict {
    let code = run.code.ok_or("it ended by a signal")?;
    let goes_on = [clean.code];
    let expected: &[i32] = match begun && !clean.act.resumes {
        false => &goes_on,
        // It is under way or done already: refused, asked to accept what follows from it, not there any more, or changed.
        true => &[0, 4, 5, 7, 8],
    };
    hold(expected.contains(&code), || format!("exit {code}, where {expected:?} are documented"))?;
    if code == 0 { Ok(()) } else { helps(run) }
}

/// Each write was carried out at most once, and at most one restore was made.
pub fn once_each(effective: &[Request]) -> Verdict {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for request in effective {
        *counts.entry(kind(request)).or_default() += 1;
    }
    let restores = effective.iter().filter(|r| r.method == "POST" && r.path.ends_with("/openbaorestores")).count();
    hold(restores <= 1, || format!("{restores} restores were made"))?;
    match counts.iter().find(|(_, count)| **count > 1) {
        Some((kind, count)) => Err(format!("carried out {count} times: {kind}")),
        None => Ok(()),
    }
}

/// The exit codes that `docs/exit-codes.md` has for this, by how far the writing came.
fn codes(cell: &Cell, facts: &Facts) -> Vec<i32> {
    let clean = facts.clean;
    if !facts.struck {
        // It never came to the request: a server of the range answered too late, on a machine that was too busy.
        let mut codes = if facts.sent.is_empty() { vec![clean, 4, 5, 8] } else { vec![clean] };
        // Left, as it was told to, before it came so far.
        codes.extend(cell.lasts.then_some(9));
        // The deadline that is short for the sake of the stall was too short for something else.
        codes.extend(cell.column.stalls().then_some(1));
        return codes;
    }
    let denied = matches!(cell.column, Column::Status(401 | 403));
    let missing = cell.column == Column::Status(404);
    let judged = matches!(cell.column, Column::Status(409 | 422));
    let mut codes = if facts.begun || !facts.effective.is_empty() {
        // Written: it goes well, or is not seen to, cannot be followed, is left, or cannot be told. Whoever is replaced fails.
        let mut after = vec![clean, 3, 9, 11];
        after.extend((cell.column == Column::ReplacedPod).then_some(10));
        // A course of several writes stops at the next one, for all the reasons that the first has.
        after.extend(if cell.act.resumes { &[1, 4, 5, 8][..] } else { &[] });
        after
    } else if !facts.sent.is_empty() {
        // Sent and not carried out: a failure, or unknown where nobody can say. What the server judged is refused or changed.
        if judged { vec![4, 8, 11] } else { vec![1, 11] }
    } else {
        // Never sent: a failure; or the plan is refused, needs more consent, or does not hold any more, for want of what was
        // not read.
        let mut before = vec![1, 4, 5, 8];
        // A kept connection may be reset with the write on it: only the server knows that nothing arrived.
        before.extend((cell.column == Column::Refused && cell.row.sort == Sort::Write).then_some(11));
        before
    };
    codes.extend(denied.then_some(6));
    codes.extend(missing.then_some(7));
    codes
}

/// What is said to be done was done.
fn says_only_what_happened(run: &Run, facts: &Facts) -> Verdict {
    let lines = |start: &str| run.err.lines().filter(|line| line.starts_with(start)).count();
    let claims = lines("created openbaorestore/") + lines("acknowledged ") + lines("done: ") + lines("done   ");
    hold(claims <= facts.effective.len(), || format!("{claims} writes are said to be done, {} were", facts.effective.len()))?;
    // A course that an earlier run began may have its end in this one.
    let serving = !facts.begun
        && ["and serving", "is settled; ", "is abandoned.", "is rolled back"].iter().any(|end| run.out.contains(end));
    hold(!serving || !facts.effective.is_empty(), || "it claims an end that it did not bring about".into())
}

/// Whoever is left without success is told what to do, by a command.
fn helps(run: &Run) -> Verdict {
    let advice = |line: &str| line.trim_start().starts_with("hint: ") || line.starts_with("  kubectl");
    let command = |line: &str| {
        ["kubectl", "the same command", "--request-timeout", "new restore", "docs/rbac/"].iter().any(|w| line.contains(w))
    };
    hold(run.err.lines().any(|line| advice(line) && command(line)), || "no hint with a command".into())
}

/// "nothing was written" exactly where nothing was.
fn tells_what_was_written(code: i32, run: &Run, facts: &Facts) -> Verdict {
    let says = run.err.contains("nothing was written");
    match (facts.effective.is_empty(), code) {
        // True of this run, and not to be read of the whole: it may be said or not.
        (true, _) if facts.begun => Ok(()),
        (false, _) => hold(!says, || "it says that nothing was written, and something was".into()),
        // Not carried out as far as the server knows; the plugin cannot.
        (true, 11) => hold(!says || facts.sent.is_empty(), || "it says that nothing was written, and cannot know".into()),
        (true, _) => hold(says, || "it does not say that nothing was written".into()),
    }
}
