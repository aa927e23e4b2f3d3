//! A range that serves for one cell after the other, as long as nothing is written on it, or as long as what was written is
//! an unfinished course that the same command goes on with.

use kubectl_openbao::drill::server::{Act, Fault, Request};

use crate::acts::Stage;
use crate::cell::{Cell, Clean, LONG, effective, ended, full, reached};
use crate::column::Column;
use crate::judge::{self, Facts};
use crate::row::kind;
use crate::strike::Strike;

/// How a cell went.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Played {
    /// Everything held.
    Held,
    /// The request was not made.
    NotMet,
    /// Something did not hold on this range, and it was this cell or a neighbour.
    Broke,
}

/// One range after the other, for the cells of one act.
pub struct Bench<'a> {
    clean: &'a Clean,
    /// After how long a run leaves what it follows, where the fault lasts: it would be followed for minutes.
    leaves: &'static str,
    stage: Option<Stage>,
    /// What was carried out on the range that is there.
    effective: Vec<Request>,
    /// Whom it served so far; how that went is known when the range has come to its end.
    served: Vec<&'a Cell>,
    /// How the cells went.
    pub results: Vec<(&'a Cell, Played)>,
    /// What did not hold, with what was said.
    pub broken: Vec<String>,
}

/// How far a run came.
enum Run {
    /// Nothing was written, or a course stopped in its middle: the range serves on.
    Open,
    /// Something was written, and there is nothing to go on with.
    Over,
    /// Another write than the undisturbed one was refused: it must be seen what comes of it.
    Otherwise,
}

impl<'a> Bench<'a> {
    /// A bench without a range yet; `alone`: nothing else is played, and a busy machine is given time.
    pub fn new(clean: &'a Clean, alone: bool) -> Bench<'a> {
        let leaves = if alone { "20s" } else { "4s" };
        Bench { clean, leaves, stage: None, effective: Vec::new(), served: Vec::new(), results: Vec::new(), broken: Vec::new() }
    }

    /// Plays until each of these cells of one column met its fault: as many of them in one run as it comes to.
    pub async fn play(&mut self, cells: &[&'a Cell]) {
        let mut left = cells.to_vec();
        while !left.is_empty() {
            let fresh = self.stage.is_none();
            let guarded = left.iter().all(|cell| cell.comes_before_any_write(self.clean));
            let (mut met, mut run) = self.run(&left, guarded).await;
            if let Ok(Run::Otherwise) = run {
                (met, run) = self.run(&left, false).await;
            }
            left.retain(|cell| !met.iter().any(|met| std::ptr::eq(*met, *cell)));
            if let Err(why) = run {
                // A run that broke before anything was struck would break again.
                self.broke(if met.is_empty() { std::mem::take(&mut left) } else { met }, &why);
                // The others are not to blame, as far as the range shows.
                self.finish().await;
                continue;
            }
            self.served.extend(&met);
            if met.is_empty() && fresh {
                self.results.extend(std::mem::take(&mut left).into_iter().map(|cell| (cell, Played::NotMet)));
            }
            // Where nothing was met on a range that served before, its course was past it.
            if met.is_empty() || matches!(run, Ok(Run::Over)) {
                self.finish().await;
            }
        }
    }

    /// One run into the fault that these cells are about, and what must hold after it; whom it met.
    async fn run(&mut self, cells: &[&'a Cell], guarded: bool) -> (Vec<&'a Cell>, Result<Run, String>) {
        let stage = match self.stage.take() {
            Some(stage) => stage,
            None => self.clean.act.stage().await,
        };
        let server = stage.person.range.server();
        server.clear_requests();
        let (strike, cell) = (Strike::arm(cells, &stage), cells[0]);
        let guard = guarded.then(|| server.faults().add(denies_writes()));
        let args = full(&stage, &self.clean.args, cell.column.stalls(), if cell.lasts { self.leaves } else { LONG });
        let run = strike.run_into_it(&stage, stage.person.plugin().start(&args)).await;
        let met = strike.met();
        let run = match run {
            Ok(run) => run,
            Err(why) => return (met, Err(why)),
        };
        let stopped = guard.is_some_and(|guard| guard.count() > 0);
        let facts = self.facts(&stage, !met.is_empty(), stopped);
        strike.heal(&stage).await;
        let judged = judge::first(cell, &run, &facts).map_err(|why| format!("{why}\n  sent {:?}\n{run}", facts.told()));
        let same = facts.guarded.iter().all(|write| self.clean.kinds.first() == Some(&kind(write)));
        let over = facts.goal.is_ok() || (!facts.effective.is_empty() && !cell.act.resumes);
        self.effective.extend(facts.effective);
        self.stage = Some(stage);
        let how = match (over, same) {
            (true, _) => Run::Over,
            (false, true) => Run::Open,
            (false, false) => Run::Otherwise,
        };
        (met, judged.map(|()| how))
    }

    fn facts(&self, stage: &Stage, struck: bool, stopped: bool) -> Facts {
        let sent = stage.person.writes();
        let guarded = if stopped { sent.clone() } else { Vec::new() };
        let (goal, begun) = ((self.clean.act.goal)(stage), !self.effective.is_empty());
        Facts { effective: effective(stage), sent, struck, goal, clean: self.clean.code, begun, guarded }
    }

    /// The same command with nothing in its way, and then the range's end: the wanted state, by each write once. It speaks for
    /// all cells that the range served.
    pub async fn finish(&mut self) {
        let ended = match self.stage.take() {
            _ if self.served.is_empty() => Ok(()),
            Some(stage) => self.again(&stage).await,
            None => Err("the range could not be looked at again".into()),
        };
        self.end(ended);
    }

    async fn again(&self, stage: &Stage) -> Result<(), String> {
        stage.person.range.server().clear_requests();
        let run = ended(stage.person.plugin().start(&full(stage, &self.clean.args, false, LONG))).await;
        let run = run.map_err(|why| format!("the second run: {why}"))?;
        let told = |why: String| format!("the second run: {why}\n{run}");
        judge::second(self.clean, &run, !self.effective.is_empty()).map_err(told)?;
        let replaced = self.served.iter().any(|cell| cell.column == Column::ReplacedPod);
        reached(self.clean.act, stage, replaced).await.map_err(told)?;
        let all: Vec<Request> = self.effective.iter().cloned().chain(effective(stage)).collect();
        judge::once_each(&all).map_err(told)
    }

    /// The range is gone, and the cells that it served have their result.
    fn end(&mut self, how: Result<(), String>) {
        self.effective.clear();
        let served = std::mem::take(&mut self.served);
        match how {
            Ok(()) => self.results.extend(served.into_iter().map(|cell| (cell, Played::Held))),
            Err(why) => self.broke(served, &why),
        }
    }

    fn broke(&mut self, cells: Vec<&'a Cell>, why: &str) {
        let names: Vec<String> = cells.iter().map(ToString::to_string).collect();
        self.broken.push(format!("{}\n{why}\n", names.join("\n")));
        self.results.extend(cells.into_iter().map(|cell| (cell, Played::Broke)));
    }
}

/// Refuses every write of the plugin.
fn denies_writes() -> Fault {
    let ours = |r: &Request| r.user_agent.as_deref().is_some_and(|agent| agent.starts_with("kubectl-openbao/")) && r.is_write();
    Fault::new(Act::Status { code: 403, retry_after: None }).when(ours)
}
