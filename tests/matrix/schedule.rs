//! Which cells there are, and which of them share a range.

use std::collections::{BTreeMap, BTreeSet};

use crate::cell::{Cell, Clean};
use crate::column::Column;
use crate::row::{Place, Row, Sort, To};

/// How many cells share a range on which nothing is written.
const SHARE: usize = 24;

/// The cells of all acts: writes in each of them, every other request where it is cheapest.
pub fn cells(acts: &[Clean]) -> Vec<Cell> {
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

/// Which cells are played when nobody asks for all: each cell but four sorts, which differ from a neighbour in a name only.
///
/// - What is read before a write meets every column where its kind (method and resource) is first asked for; where it is asked
///   for by another name or selector, by the same code, one of each way to go on, and what lasts.
/// - A write meets every column where its kind is first sent in an act; where the same act sends the
///   kind again, by the same code, one of each way to go on, and a kill after it.
/// - A dry run meets every column where its kind is first sent, one of each way to go on where another
///   act sends it, and no fault where the same act sends it again.
/// - What is followed after a write is cut off for good (a kill, a fault that lasts) at the first request of its kind.
pub fn by_default(cells: Vec<Cell>) -> Vec<Cell> {
    let mut seen = BTreeSet::new();
    let mut first = |cell: &Cell, act: &'static str| seen.insert((act, cell.row.kind(), cell.column, cell.lasts));
    let mut wanted = |cell: &Cell| match (cell.row.sort, cell.row.place) {
        (Sort::Write, _) => {
            let of_each = cell.column.is_one_of_each() || cell.column == Column::KillAfter;
            first(cell, cell.act.name) || (of_each && !cell.lasts)
        }
        (Sort::Trial, _) => {
            let first_in_act = first(cell, cell.act.name);
            first(cell, "") || (first_in_act && cell.column.is_one_of_each())
        }
        (_, Place::Before(_)) => first(cell, "") || cell.column.is_one_of_each() || cell.lasts,
        (_, Place::After(_)) if cell.lasts || cell.column.kills() => first(cell, cell.act.name),
        _ => true,
    };
    cells.into_iter().filter(|cell| wanted(cell)).collect()
}

/// What is played on one range after the other: runs, and the cells of each run.
pub type Series<'a> = Vec<Vec<&'a Cell>>;

/// How cells are put together, in the order in which they are played: the longest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Together {
    /// The writes of a course that is taken up again: met in one run as far as it goes on, else where the last run left it.
    Course(Sort, Column, bool),
    /// What is asked after a write: met in one run, each request once.
    Run(To, Column),
    /// A cell with a range of its own.
    Alone(usize),
    /// Nothing is carried out: the range serves on.
    Shared,
}

/// The cells of one act, as they are played.
pub fn series<'a>(cells: &[&'a Cell], clean: &Clean) -> Vec<Series<'a>> {
    let mut by: BTreeMap<Together, Vec<&Cell>> = BTreeMap::new();
    for (number, cell) in cells.iter().enumerate() {
        by.entry(together(cell, number, clean)).or_default().push(cell);
    }
    let each = |cells: &[&'a Cell]| cells.iter().map(|cell| vec![*cell]).collect();
    let mut all = Vec::new();
    for (how, cells) in by {
        match how {
            Together::Course(..) | Together::Run(..) => all.push(vec![cells]),
            Together::Shared => all.extend(cells.chunks(SHARE).map(each)),
            Together::Alone(_) => all.push(each(&cells)),
        }
    }
    all
}

fn together(cell: &Cell, number: usize, clean: &Clean) -> Together {
    match cell.row.place {
        Place::After(_) if !cell.lasts => Together::Run(cell.row.to, cell.column),
        _ if cell.comes_before_any_write(clean) => Together::Shared,
        Place::Nth(_) if cell.act.resumes => Together::Course(cell.row.sort, cell.column, cell.lasts),
        Place::Nth(_) if cell.column.carries_nothing_out() => Together::Shared,
        _ => Together::Alone(number),
    }
}
