//! The fault matrix: every request of every writing command meets everything that can happen to a request.
//!
//! Nothing in it is picked by hand. Each act of `acts.rs` is played once undisturbed; each different request that it makes
//! of the API server or of the object store is a row (`row.rs`), so a new request joins by itself. The columns are in
//! `column.rs`. Each cell is played by the plugin as a process on a range (`bench.rs`, `strike.rs`), and then the same command is
//! run again with nothing in its way. What must hold is in `judge.rs`.
//!
//! Writes and their dry runs are played in each act. Any other request is played in the cheapest act that makes it at that
//! place of its course: before the first write, when everything is looked at again, or after a write. At its first place it
//! meets every column; where it is only made again, one of each way to go on (`column.rs`).
//!
//! Cells of one act share a range as long as nothing is carried out on it: then the range is as it was, and the run that ends
//! the series is the second, undisturbed run of all of them. What is followed after a write meets a column at each of its
//! requests in one run, as far as that run goes; what it did not come to, the next one begins with (`schedule.rs`). A jump
//! of a clock is not played here: `a_clock_set_back_by_an_hour_loses_nothing` in `src/remote/logs` holds it.
//!
//! Some limits are the plugin's own (a server has 3 s to answer), and a busy machine can exceed them. A cell that broke, alone
//! or with those that shared its run or range, is played a second time, alone; how many held only then is printed.
//!
//! Without a word a selection is played, by the rule at `schedule::by_default`; how many more there are is printed.
//! `MATRIX=all` plays all. `MATRIX='ACT|TEXT'` plays, of all, only acts whose name has the first text, and of their cells those
//! whose name has the second.

mod acts;
mod bench;
mod cell;
mod column;
mod judge;
mod row;
mod schedule;
mod strike;
#[allow(dead_code, unused_imports, reason = "shared with `it`, which uses the rest")]
#[path = "../it/support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream;

use acts::ACTS;
use bench::{Bench, Played};
use cell::{Cell, Clean, clean};
use row::Row;
use schedule::{Series, by_default, cells, series};

/// Cells at a time: most of a cell is waiting.
const SIDE_BY_SIDE: usize = 6;

/// Past the test harness, which keeps what is printed.
fn print(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Plays what shares its ranges, and tells how each cell went.
async fn play<'a>(series: &Series<'a>, clean: &'a Clean, alone: bool) -> Vec<(&'a Cell, Played)> {
    let mut bench = Bench::new(clean, alone);
    for run in series {
        bench.play(run).await;
    }
    bench.finish().await;
    bench.broken.iter().for_each(|why| print(&format!("BROKEN {why}")));
    bench.results
}

/// [`play`] as a task of its own, with a word on how far all of them are.
async fn played(series: Series<'static>, clean: &'static Clean, done: Arc<AtomicUsize>) -> Vec<(&'static Cell, Played)> {
    let results = tokio::spawn(async move { play(&series, clean, false).await }).await.expect("it ends");
    let before = done.fetch_add(results.len(), Ordering::Relaxed);
    let now = before + results.len();
    if now / 100 > before / 100 {
        print(&format!("matrix: {now} played"));
    }
    results
}

/// The acts that are wanted, played undisturbed, their cells, and how many more there are.
async fn recorded(wanted: Option<&str>) -> (Vec<Clean>, Vec<Cell>, usize) {
    let text = wanted.filter(|text| *text != "all").unwrap_or_default();
    let (of_acts, of_cells) = text.split_once('|').unwrap_or((text, ""));
    let acts = stream::iter(ACTS.iter().filter(|act| act.name.contains(of_acts)));
    let played: Vec<_> = acts.map(clean).buffered(SIDE_BY_SIDE).collect().await;
    let acts: Vec<Clean> = played.into_iter().map(|act| act.unwrap_or_else(|why| panic!("{why}"))).collect();
    let cells: Vec<Cell> = cells(&acts).into_iter().filter(|cell| cell.to_string().contains(of_cells)).collect();
    let all = cells.len();
    let cells = if wanted.is_some() { cells } else { by_default(cells) };
    let more = all - cells.len();
    for clean in &acts {
        let rows: BTreeSet<&Row> = clean.rows.iter().collect();
        let own = cells.iter().filter(|cell| std::ptr::eq(cell.act, clean.act)).count();
        print(&format!("matrix: {:<26} {:3} requests, {own:4} cells", clean.act.name, rows.len()));
        if std::env::var_os("MATRIX_ROWS").is_some() {
            rows.iter().for_each(|row| print(&format!("  {row:?}")));
        }
    }
    (acts, cells, more)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_meets_any_request_nothing_is_done_twice_and_nothing_is_claimed() {
    let began = Instant::now();
    let (acts, cells, more) = recorded(std::env::var("MATRIX").ok().as_deref()).await;
    // As long as the program: so that the plays can be tasks of their own.
    let (acts, cells): (&'static [Clean], &'static [Cell]) = (acts.leak(), cells.leak());
    let of = |cell: &Cell| acts.iter().find(|clean| std::ptr::eq(clean.act, cell.act)).expect("one of them");
    let done = Arc::new(AtomicUsize::new(0));
    // The acts that take longest come last in their list.
    let plays = acts.iter().rev().flat_map(|clean| {
        let own: Vec<&Cell> = cells.iter().filter(|cell| std::ptr::eq(cell.act, clean.act)).collect();
        series(&own, clean).into_iter().map(|series| played(series, clean, done.clone()))
    });
    let results: Vec<_> = stream::iter(plays.collect::<Vec<_>>()).buffer_unordered(SIDE_BY_SIDE).collect().await;
    let results: Vec<(&Cell, Played)> = results.concat();
    assert_eq!(results.len(), cells.len(), "each cell has one result");
    let (mut broken, mut again) = (Vec::new(), 0);
    let mut unmet: BTreeMap<String, usize> = BTreeMap::new();
    for (cell, _) in results.iter().filter(|(_, played)| *played != Played::Held) {
        // A machine that was too busy for some limit is not so twice; a defect is.
        match play(&vec![vec![*cell]], of(cell), true).await[0].1 {
            Played::Held => again += 1,
            // What is followed is asked for as often as it takes: not everything each time.
            Played::NotMet if cell.comes_after_a_write() => {
                *unmet.entry(format!("{} | {}", cell.act.name, cell.row.ask)).or_default() += 1;
            }
            Played::NotMet | Played::Broke => broken.push(cell.to_string()),
        }
    }
    broken.sort();
    let seconds = began.elapsed().as_secs_f64();
    for (row, count) in &unmet {
        print(&format!("matrix: not met {count} times: {row}"));
    }
    let held = results.len() - broken.len() - unmet.values().sum::<usize>();
    print(&format!("matrix: {again} cells held only when they were played a second time"));
    print(&format!("matrix: {held} of {} in {seconds:.0} s; {more} more with MATRIX=all", results.len()));
    assert!(broken.is_empty(), "{} cells broke\n\n{}", broken.len(), broken.join("\n"));
}
