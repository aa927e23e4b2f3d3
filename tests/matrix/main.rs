//! The fault matrix: every request of every writing command meets everything that can happen to a request.
//!
//! Nothing in it is picked by hand. Each act of `acts.rs` is played once undisturbed; each different request that it makes
//! of the API server or of the object store is a row (`row.rs`), so a new request joins by itself. The columns are in
//! `column.rs`. Each cell is played on a range of its own by the plugin as a process (`cell.rs`), and then the same command
//! is run again with nothing in its way. What must hold is in `judge.rs`.
//!
//! Writes and their dry runs are played in each act. Any other request is played in the cheapest act that makes it at that
//! place of its course: before the first write, when everything is looked at again, or after a write. At its first place it
//! meets every column; where it is only made again, one of each way to go on (`column.rs`).
//!
//! Cells of one act and column share a range as long as nothing is written on it: then the range is as it was, and the run
//! that ends the series is the second, undisturbed run of all of them. What cannot be played: a jump of the server's clock.
//!
//! Some limits are the plugin's own (a server has 3 s to answer), and a busy machine can exceed them. A cell that broke is
//! played a second time, alone; how many held only then is printed.
//!
//! `MATRIX=ACT|TEXT` plays only acts whose name has the first text, and of their cells those whose name has the second.

mod acts;
mod cell;
mod column;
mod judge;
mod row;
#[allow(dead_code, unused_imports, reason = "shared with `it`, which uses the rest")]
#[path = "../it/support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream;

use acts::ACTS;
use cell::{Bench, Cell, Clean, Met, clean};
use column::Column;
use row::{Place, Row, Sort};

/// Cells at a time: most of a cell is waiting.
const SIDE_BY_SIDE: usize = 6;

/// Past the test harness, which keeps what is printed.
fn print(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The cells of all acts: writes in each of them, every other request where it is cheapest.
fn cells(acts: &[Clean]) -> Vec<Cell> {
    let (mut known, mut asked_before) = (BTreeSet::new(), BTreeSet::new());
    let mut cells = Vec::new();
    for clean in acts {
        let mut here = BTreeSet::new();
        for row in &clean.rows {
            // How many writes went before is the act's own matter.
            let place = if let Place::After(_) = row.place { Place::After(0) } else { row.place };
            let asked = Row { place, ..row.clone() };
            let new = match row.sort {
                Sort::Write | Sort::Trial => here.insert(row.clone()),
                _ => known.insert(asked),
            };
            if new {
                let again = !asked_before.insert((row.to, row.ask.clone())) && !matches!(row.place, Place::Nth(_));
                let columns = Column::all_of(row, again).into_iter();
                cells.extend(columns.map(|(column, lasts)| Cell { act: clean.act, row: row.clone(), column, lasts }));
            }
        }
    }
    cells
}

/// How a cell went.
#[derive(Clone, Copy)]
enum Played {
    Held,
    NotMet,
    Broke,
}

/// Cells that share their ranges: those of one act and column, in the order of its course.
fn series(cells: Vec<Cell>) -> Vec<Vec<Cell>> {
    let mut by: BTreeMap<(&str, Column, bool), Vec<Cell>> = BTreeMap::new();
    for cell in cells {
        by.entry((cell.act.name, cell.column, cell.lasts)).or_default().push(cell);
    }
    by.into_values().collect()
}

async fn play<'a>(series: &'a [Cell], clean: &Clean) -> Vec<(&'a Cell, Played)> {
    let mut bench = Bench::default();
    let mut results = Vec::new();
    for cell in series {
        let played = match bench.play(cell, clean).await {
            Ok(Met::Never) => Played::NotMet,
            Ok(_) => Played::Held,
            Err(why) => {
                print(&format!("BROKEN {cell}\n{why}\n"));
                bench = Bench::default();
                Played::Broke
            }
        };
        results.push((cell, played));
    }
    if let (Err(why), Some(last)) = (bench.finish(clean).await, results.last_mut()) {
        print(&format!("BROKEN {}\n{why}\n", last.0));
        last.1 = Played::Broke;
    }
    results
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_meets_any_request_nothing_is_done_twice_and_nothing_is_claimed() {
    let began = Instant::now();
    let wanted = std::env::var("MATRIX").unwrap_or_default();
    let (of_acts, of_cells) = wanted.split_once('|').unwrap_or((&wanted, ""));
    let acts = stream::iter(ACTS.iter().filter(|act| act.name.contains(of_acts)));
    let played: Vec<_> = acts.map(clean).buffered(2).collect().await;
    let acts: Vec<Clean> = played.into_iter().map(|act| act.unwrap_or_else(|why| panic!("{why}"))).collect();
    let cells: Vec<Cell> = cells(&acts).into_iter().filter(|cell| cell.to_string().contains(of_cells)).collect();
    for clean in &acts {
        let rows: BTreeSet<&Row> = clean.rows.iter().collect();
        let own = cells.iter().filter(|cell| std::ptr::eq(cell.act, clean.act)).count();
        print(&format!("matrix: {:<26} {:3} requests, {own:4} cells", clean.act.name, rows.len()));
        if std::env::var_os("MATRIX_ROWS").is_some() {
            rows.iter().for_each(|row| print(&format!("  {row:?}")));
        }
    }
    let of = |cell: &Cell| acts.iter().find(|clean| std::ptr::eq(clean.act, cell.act)).expect("one of them");
    let series_total = cells.len();
    let series = series(cells);
    let done = AtomicUsize::new(0);
    let plays = series.iter().map(|series| async {
        let results = play(series, of(&series[0])).await;
        let done = done.fetch_add(results.len(), Ordering::Relaxed) + results.len();
        print(&format!("matrix: {done} of {} after {:.0} s", series_total, began.elapsed().as_secs_f64()));
        results
    });
    let results: Vec<(&Cell, Played)> = stream::iter(plays).buffer_unordered(SIDE_BY_SIDE).collect::<Vec<_>>().await.concat();
    let (mut broken, mut again) = (Vec::new(), 0);
    let mut unmet: BTreeMap<String, usize> = BTreeMap::new();
    for (cell, played) in &results {
        match played {
            Played::Held => {}
            // A machine that was too busy for some limit is not so twice; a defect is.
            Played::NotMet | Played::Broke => match play(std::slice::from_ref(*cell), of(cell)).await[0].1 {
                Played::Held => again += 1,
                // What is followed is asked for as often as it takes: not everything each time.
                Played::NotMet if matches!(cell.row.place, Place::After(_)) => {
                    *unmet.entry(format!("{} | {}", cell.act.name, cell.row.ask)).or_default() += 1;
                }
                Played::NotMet | Played::Broke => broken.push(cell.to_string()),
            },
        }
    }
    broken.sort();
    let seconds = began.elapsed().as_secs_f64();
    for (row, count) in &unmet {
        print(&format!("matrix: not met {count} times: {row}"));
    }
    let held = results.len() - broken.len() - unmet.values().sum::<usize>();
    print(&format!("matrix: {again} cells held only when they were played a second time"));
    print(&format!("matrix: {held} of {} in {seconds:.0} s, {:.2} s each", results.len(), seconds / results.len() as f64));
    assert!(broken.is_empty(), "{} cells broke\n\n{}", broken.len(), broken.join("\n"));
}
