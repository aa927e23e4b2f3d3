//! One cell: one act, one request, one fault; and how the act goes when nothing is wrong.

use std::fmt;
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use kubectl_openbao::drill::server::{Fault, Request};
use tokio::process::Child;
use tokio::time::{Instant, sleep, timeout};

use crate::acts::{Act, Stage};
use crate::column::Column;
use crate::judge;
use crate::row::{Course, Place, Row, Sort, kind};
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
pub const LONG: &str = "60s";
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
    let ran = ended(stage.person.plugin().start(&full(&stage, &args, false, LONG))).await?;
    let writes = effective(&stage);
    let kinds = writes.iter().map(kind).collect();
    reached(act, &stage, false).await.map_err(|why| format!("{}: undisturbed: {why}\n{ran}", act.name))?;
    let code = ran.code.filter(|code| *code == 0).ok_or_else(|| format!("{}: undisturbed: {ran}", act.name))?;
    judge::once_each(&writes).map_err(|why| format!("{}: undisturbed: {why}\n{ran}", act.name))?;
    let rows = std::mem::take(&mut *rows.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    Ok(Clean { act, args, code, rows, kinds })
}

/// The command line of one run, and after how long it leaves what it follows.
pub fn full(stage: &Stage, args: &[String], stalls: bool, leaves: &str) -> Vec<String> {
    let mut args = stage.filled(args);
    args.extend(["--deadline".to_owned(), if stalls { SHORT } else { LONG }.to_owned()]);
    args.extend(["--timeout".to_owned(), leaves.to_owned()]);
    args
}

/// What was carried out so far, in order.
pub fn effective(stage: &Stage) -> Vec<Request> {
    stage.person.requests().into_iter().filter(Request::took_effect).collect()
}

/// Waits for the end of a run; a run that does not end is ended, and an error.
pub async fn ended(mut child: Child) -> Result<Run, String> {
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

/// Waits until the wanted state has come about on the server; `or_failed`: or the operator gave up.
pub async fn reached(act: &Act, stage: &Stage, or_failed: bool) -> Result<(), String> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        match (act.goal)(stage) {
            Err(_) if or_failed && stage.failed() => return Ok(()),
            Err(why) if Instant::now() >= give_up => return Err(why),
            Err(_) => sleep(Duration::from_millis(20)).await,
            Ok(()) => return Ok(()),
        }
    }
}

impl Cell {
    /// A fault before the first write either ends the run or is got over. Then the write that follows is refused, and must be
    /// the very one of the undisturbed run: the rest would be that run's, and the range serves for the next cell.
    pub fn comes_before_any_write(&self, clean: &Clean) -> bool {
        let first_trial = clean.rows.iter().find(|row| row.sort == Sort::Trial);
        matches!(self.row.place, Place::Before(_)) || (first_trial == Some(&self.row) && self.column != Column::Refused)
    }

    /// Whether the run goes on from there without a second writing: what it looks at when it has written.
    pub fn comes_after_a_write(&self) -> bool {
        matches!(self.row.place, Place::After(_))
    }
}
