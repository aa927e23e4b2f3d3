//! One cell: one act on a fresh range, one request that meets one fault, then the same command again, undisturbed.

use std::fmt;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use kubectl_openbao::drill::server::{Fault, Hits, Request};
use tokio::process::Child;
use tokio::time::{Instant, sleep, timeout};

use crate::acts::{Act, Stage};
use crate::column::Column;
use crate::judge::{self, Facts};
use crate::row::{Course, Place, Row, To, kind};
use crate::support::PATIENCE;

/// One cell of the matrix.
#[derive(Clone)]
pub struct Cell {
    /// What is done.
    pub act: &'static Act,
    /// The request that is struck.
    pub row: Row,
    /// How.
    pub column: Column,
    /// Whether each request of the kind is struck from there on, or only this one.
    pub lasts: bool,
}

/// How an act goes when nothing is wrong.
pub struct Clean {
    /// Which.
    pub act: &'static Act,
    /// The command with its consent, as a template.
    pub args: Vec<String>,
    /// Its exit code.
    pub code: i32,
    /// Every request that it makes.
    pub rows: Vec<Row>,
    /// What its writes do, in order.
    pub kinds: Vec<String>,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cell { act, row, column, lasts } = self;
        let often = if *lasts { ", every time" } else { "" };
        write!(f, "{} | {:?} {} | {}{often}", act.name, row.place, row.ask, column.name())
    }
}

/// A run of the plugin that ended, in whatever way.
pub struct Run {
    /// The exit code; none after a signal.
    pub code: Option<i32>,
    /// The answer.
    pub out: String,
    /// The conversation.
    pub err: String,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit {:?}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.out.trim_end(), self.err.trim_end())
    }
}

/// Long enough that a busy machine does not make a deadline of it.
const LONG: &str = "60s";
/// How long a request may stall.
const SHORT: &str = "2s";

/// Plays an act undisturbed and notes its requests.
pub async fn clean(act: &'static Act) -> Result<Clean, String> {
    let stage = act.stage().await;
    let args = act.agreed(&stage).await;
    let rows = Arc::new(std::sync::Mutex::new(Vec::new()));
    let course = Course::default();
    let note = {
        let rows = rows.clone();
        move |row: Option<Row>| {
            let mut rows = rows.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            rows.extend(row);
            false
        }
    };
    let (api, noting) = (course.clone(), note.clone());
    stage
        .person
        .range
        .server()
        .faults()
        .add(Fault::new(kubectl_openbao::drill::server::Act::CutBefore).when(move |r| noting(api.api(r))));
    let store = stage.person.range.s3().expect("the range has a store");
    store.fail_where(kubectl_openbao::drill::s3::Fault::Cut, move |seen| note(course.store(seen)));
    let ran = ended(stage.person.plugin().start(&full(&stage, &args, false, false))).await?;
    let writes = effective(&stage);
    let kinds = writes.iter().map(kind).collect();
    reached(act, &stage).await.map_err(|why| format!("{}: undisturbed: {why}\n{ran}", act.name))?;
    let code = ran.code.filter(|code| *code == 0).ok_or_else(|| format!("{}: undisturbed: {ran}", act.name))?;
    judge::once_each(&writes).map_err(|why| format!("{}: undisturbed: {why}\n{ran}", act.name))?;
    let rows = std::mem::take(&mut *rows.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    Ok(Clean { act, args, code, rows, kinds })
}

/// The command line of one run. What lasts would be followed for minutes: it is left early.
fn full(stage: &Stage, args: &[String], stalls: bool, leaves: bool) -> Vec<String> {
    let mut args = stage.filled(args);
    args.extend(["--deadline".to_owned(), if stalls { SHORT } else { LONG }.to_owned()]);
    args.extend(["--timeout".to_owned(), if leaves { "4s" } else { LONG }.to_owned()]);
    args
}

/// What was carried out so far, in order.
fn effective(stage: &Stage) -> Vec<Request> {
    stage.person.requests().into_iter().filter(Request::took_effect).collect()
}

/// Waits for the end of a run; a run that does not end is ended, and an error.
async fn ended(mut child: Child) -> Result<Run, String> {
    drop(child.stdin.take());
    match timeout(PATIENCE, child.wait_with_output()).await {
        Ok(Ok(Output { status, stdout, stderr })) => {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            Ok(Run { code: status.code(), out: text(&stdout), err: text(&stderr) })
        }
        Ok(Err(error)) => Err(format!("its streams cannot be read: {error}")),
        Err(_) => Err(format!("it did not end within {PATIENCE:?}")),
    }
}

/// Waits until the wanted state has come about on the server.
async fn reached(act: &Act, stage: &Stage) -> Result<(), String> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        match (act.goal)(stage) {
            Err(why) if Instant::now() >= give_up => return Err(why),
            Err(_) => sleep(Duration::from_millis(20)).await,
            Ok(()) => return Ok(()),
        }
    }
}

/// How often the row was struck, whoever was asked.
enum Struck {
    Api(Hits),
    Store(Arc<AtomicUsize>),
}

impl Struck {
    fn count(&self) -> usize {
        match self {
            Struck::Api(hits) => hits.count(),
            Struck::Store(hits) => hits.load(Ordering::SeqCst),
        }
    }
}

/// A range that serves for one cell after the other, as long as nothing is written on it, or as long as what was written is
/// an unfinished course that the same command goes on with.
#[derive(Default)]
pub struct Bench {
    stage: Option<Stage>,
    /// What was carried out on it before.
    effective: Vec<Request>,
    /// The last cell, for a report.
    last: String,
}

impl Bench {
    /// Plays a cell, on the range that is there or on a new one.
    ///
    /// # Errors
    /// Everything that is not as it must be, with what was said.
    pub async fn play(&mut self, cell: &Cell, clean: &Clean) -> Result<Met, String> {
        let fresh = self.stage.is_none();
        let guarded = cell.comes_before_any_write(clean);
        match self.play_here(cell, clean, guarded).await? {
            // The course was past it.
            Played::Missed if !fresh => {
                self.finish(clean).await?;
                Box::pin(self.play(cell, clean)).await
            }
            Played::Missed => Ok(Met::Never),
            // Another write than the undisturbed one: it must be seen what comes of it.
            Played::Otherwise => self.play_here(cell, clean, false).await.map(|_| Met::Whole),
            Played::Held => Ok(Met::Early),
            Played::Wrote => Ok(Met::Whole),
        }
    }

    async fn play_here(&mut self, cell: &Cell, clean: &Clean, guarded: bool) -> Result<Played, String> {
        let stage = match self.stage.take() {
            Some(stage) => stage,
            None => cell.act.stage().await,
        };
        self.last = cell.to_string();
        let server = stage.person.range.server();
        server.clear_requests();
        let struck = cell.arm(&stage);
        let guard = guarded.then(|| server.faults().add(denies_writes()));
        let args = full(&stage, &clean.args, cell.column.stalls(), cell.lasts);
        let run = cell.run_into_it(&stage, stage.person.plugin().start(&args), &struck).await?;
        let stopped = guard.is_some_and(|guard| guard.count() > 0);
        let facts = self.facts(cell, &stage, clean, struck.count() > 0, stopped);
        cell.heal(&stage).await;
        judge::first(cell, &run, &facts).map_err(|why| format!("{why}\n  sent {:?}\n{run}", facts.told()))?;
        let same = facts.guarded.iter().all(|write| clean.kinds.first() == Some(&kind(write)));
        let over = facts.goal.is_ok() || (!facts.effective.is_empty() && !cell.act.resumes);
        self.effective.extend(facts.effective);
        self.stage = Some(stage);
        if over {
            let finished = self.finish(clean).await;
            finished.map_err(|why| format!("{why}\n=== the first run: {run}"))?;
            return Ok(if facts.struck { Played::Wrote } else { Played::Missed });
        }
        Ok(match (facts.struck, same) {
            (false, _) => Played::Missed,
            (true, false) => Played::Otherwise,
            (true, true) => Played::Held,
        })
    }

    fn facts(&self, cell: &Cell, stage: &Stage, clean: &Clean, struck: bool, stopped: bool) -> Facts {
        let sent = stage.person.writes();
        let guarded = if stopped { sent.clone() } else { Vec::new() };
        let (goal, begun) = ((cell.act.goal)(stage), !self.effective.is_empty());
        Facts { effective: effective(stage), sent, struck, goal, clean: clean.code, begun, guarded }
    }

    /// The same command with nothing in its way, and then the range's end: the wanted state, by each write once.
    ///
    /// # Errors
    /// What is not as it must be.
    pub async fn finish(&mut self, clean: &Clean) -> Result<(), String> {
        let Some(stage) = self.stage.take() else { return Ok(()) };
        let mut all = std::mem::take(&mut self.effective);
        stage.person.range.server().clear_requests();
        let run = ended(stage.person.plugin().start(&full(&stage, &clean.args, false, false))).await;
        let run = run.map_err(|why| format!("second run after {}: {why}", self.last))?;
        let told = |why: String| format!("second run after {}: {why}\n{run}", self.last);
        judge::second(clean, &run, !all.is_empty()).map_err(&told)?;
        reached(clean.act, &stage).await.map_err(&told)?;
        all.extend(effective(&stage));
        judge::once_each(&all).map_err(&told)
    }
}

/// How far a cell came.
pub enum Met {
    /// To a write, and to the end.
    Whole,
    /// Nothing was written, or a course stopped in its middle.
    Early,
    /// The request was not made.
    Never,
}

enum Played {
    Held,
    Wrote,
    Missed,
    Otherwise,
}

/// Refuses every write of the plugin.
fn denies_writes() -> Fault {
    let ours = |r: &Request| r.user_agent.as_deref().is_some_and(|agent| agent.starts_with("kubectl-openbao/")) && r.is_write();
    Fault::new(kubectl_openbao::drill::server::Act::Status { code: 403, retry_after: None }).when(ours)
}

impl Cell {
    /// A fault before the first write either ends the run or is got over. Then the write that follows is refused, and must be
    /// the very one of the undisturbed run: the rest would be that run's, and the range serves for the next cell.
    fn comes_before_any_write(&self, clean: &Clean) -> bool {
        let first_trial = clean.rows.iter().find(|row| row.sort == crate::row::Sort::Trial);
        matches!(self.row.place, Place::Before(_)) || (first_trial == Some(&self.row) && self.column != Column::Refused)
    }

    fn arm(&self, stage: &Stage) -> Struck {
        let target = self.column.strikes(&self.row);
        let lasts = self.lasts || self.column.lasts_by_itself(&self.row);
        let (begun, course) = (AtomicBool::new(false), Course::default());
        let hit = move |row: Option<Row>| {
            let Some(row) = row else { return false };
            if row == target && !begun.swap(true, Ordering::SeqCst) {
                return true;
            }
            lasts && begun.load(Ordering::SeqCst) && row.to == target.to && row.ask == target.ask
        };
        let range = &stage.person.range;
        match self.row.to {
            To::Api => {
                let fault = Fault::new(self.column.act(&self.row)).when(move |request| hit(course.api(request)));
                Struck::Api(range.server().faults().add(fault))
            }
            To::Store => {
                // The store's rows are counted against the writes that the API server saw.
                let api = course.clone();
                let count = Fault::new(kubectl_openbao::drill::server::Act::CutBefore).when(move |request| {
                    let _counted = api.api(request);
                    false
                });
                range.server().faults().add(count);
                let store = range.s3().expect("the range has a store");
                Struck::Store(store.fail_where(self.column.store_fault(), move |seen| hit(course.store(seen))))
            }
        }
    }

    /// Lets it run into the fault, and does what the fault is about: to the process, to the server, to the pod.
    async fn run_into_it(&self, stage: &Stage, mut child: Child, struck: &Struck) -> Result<Run, String> {
        let acts = self.column.kills() || matches!(self.column, Column::Refused | Column::Rotation | Column::ReplacedPod);
        if !acts {
            return ended(child).await;
        }
        let give_up = Instant::now() + PATIENCE;
        while struck.count() == 0 && child.try_wait().is_ok_and(|ended| ended.is_none()) {
            if Instant::now() > give_up {
                return Err("it neither made the request nor ended".into());
            }
            sleep(Duration::from_millis(5)).await;
        }
        if struck.count() > 0 {
            self.meanwhile(stage, &mut child).await?;
        }
        ended(child).await
    }

    async fn meanwhile(&self, stage: &Stage, child: &mut Child) -> Result<(), String> {
        let server = stage.person.range.server();
        match self.column {
            Column::KillBefore => child.start_kill().map_err(|e| e.to_string())?,
            Column::KillAfter => {
                self.carried_out(stage).await?;
                child.start_kill().map_err(|e| e.to_string())?;
            }
            Column::Refused if self.row.to == To::Api && self.row.sort != crate::row::Sort::Write => {
                server.stop().await;
                // What is followed outlives a restart; before that nobody waits for one.
                if let Place::After(_) = self.row.place {
                    sleep(Duration::from_millis(300)).await;
                    server.resume().await.map_err(|e| e.to_string())?;
                }
            }
            Column::Rotation | Column::ReplacedPod => self.change_pod(stage),
            _ => {}
        }
        Ok(())
    }

    /// Waits until the request that is held was carried out.
    async fn carried_out(&self, stage: &Stage) -> Result<(), String> {
        if self.row.to == To::Store {
            return Ok(());
        }
        let held = |r: &Request| r.status.is_none() && r.executed.is_some();
        let give_up = Instant::now() + PATIENCE;
        while !stage.person.requests().iter().any(held) {
            if Instant::now() > give_up {
                return Err("the request was never carried out".into());
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    fn change_pod(&self, stage: &Stage) {
        let requests = stage.person.requests();
        let Some(log) = requests.iter().rev().find(|r| r.path.ends_with("/log")) else { return };
        let Some(pod) = log.path.split('/').rev().nth(1) else { return };
        if self.column == Column::ReplacedPod {
            stage.person.range.server().store().delete("pods", "bao", pod);
            return;
        }
        let container = log.parameter("container").unwrap_or_default();
        stage.person.range.kubelet().expect("the range has a kubelet").rotate_logs("bao", pod, &container, 1);
    }

    async fn heal(&self, stage: &Stage) {
        let range = &stage.person.range;
        range.server().faults().clear();
        range.s3().expect("the range has a store").heal();
        if self.column == Column::Refused && self.row.to == To::Api {
            // Where it is there already, its port is taken: by itself.
            let _ = range.server().resume().await;
        }
    }
}
