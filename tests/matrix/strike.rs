//! How a fault is brought about: in the API server, in the object store, in the process, in a pod.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kubectl_openbao::drill::server::{Act, Fault, Request};
use tokio::process::Child;
use tokio::time::{Instant, sleep};

use crate::acts::Stage;
use crate::cell::{Cell, Run, ended};
use crate::column::Column;
use crate::row::{Course, Place, Row, Sort, To};
use crate::support::PATIENCE;

/// A fault that waits for its requests: one column, and the rows that are to meet it, each of them once.
pub struct Strike<'a> {
    cells: Vec<&'a Cell>,
    struck: Arc<Mutex<Vec<bool>>>,
    count: Arc<AtomicUsize>,
}

impl<'a> Strike<'a> {
    /// Sets it up; the cells are of one act, one column and one server.
    pub fn arm(cells: &[&'a Cell], stage: &Stage) -> Strike<'a> {
        let strike =
            Strike { cells: cells.to_vec(), struck: Arc::new(Mutex::new(vec![false; cells.len()])), count: Arc::default() };
        let (range, cell) = (&stage.person.range, cells[0]);
        let (hit, course) = (strike.matcher(), Course::default());
        match cell.row.to {
            To::Api => {
                let fault = Fault::new(cell.column.act(&cell.row)).when(move |request| hit(course.api(request)));
                range.server().faults().add(fault);
            }
            To::Store => {
                // The store's rows are counted against the writes that the API server saw.
                let api = course.clone();
                let count = Fault::new(Act::CutBefore).when(move |request| {
                    let _counted = api.api(request);
                    false
                });
                range.server().faults().add(count);
                let store = range.s3().expect("the range has a store");
                store.fail_where(cell.column.store_fault(), move |seen| hit(course.store(seen)));
            }
        }
        strike
    }

    /// Whether a request is to be struck.
    fn matcher(&self) -> impl Fn(Option<Row>) -> bool + Send + Sync + 'static {
        let first = self.cells[0];
        let lasts = first.lasts || first.column.lasts_by_itself(&first.row);
        let targets: Vec<Row> = self.cells.iter().map(|cell| cell.column.strikes(&cell.row)).collect();
        let (struck, count) = (self.struck.clone(), self.count.clone());
        move |row| {
            let Some(row) = row else { return false };
            let mut struck = lock(&struck);
            let hit = targets.iter().zip(&mut *struck).any(|(target, struck)| {
                let again = lasts && *struck && row.to == target.to && row.ask == target.ask;
                let first = !*struck && is(&row, target);
                *struck |= first;
                first || again
            });
            count.fetch_add(usize::from(hit), Ordering::SeqCst);
            hit
        }
    }

    /// The cells that it struck so far.
    pub fn met(&self) -> Vec<&'a Cell> {
        self.cells.iter().zip(&*lock(&self.struck)).filter(|(_, struck)| **struck).map(|(cell, _)| *cell).collect()
    }

    fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// Lets the run go into it, and does what the fault is about: to the process, to the server, to the pod.
    ///
    /// # Errors
    /// A run that does not end.
    pub async fn run_into_it(&self, stage: &Stage, mut child: Child) -> Result<Run, String> {
        let column = self.cells[0].column;
        if !column.kills() && !matches!(column, Column::Refused | Column::Rotation | Column::ReplacedPod) {
            return ended(child).await;
        }
        let give_up = Instant::now() + PATIENCE;
        let mut seen = 0;
        while child.try_wait().is_ok_and(|ended| ended.is_none()) {
            if self.count() > seen {
                seen = self.count();
                self.meanwhile(stage, &mut child).await?;
                if seen == self.cells.len() || column.kills() {
                    break;
                }
            }
            if Instant::now() > give_up {
                return Err("it neither made the request nor ended".into());
            }
            sleep(Duration::from_millis(5)).await;
        }
        ended(child).await
    }

    async fn meanwhile(&self, stage: &Stage, child: &mut Child) -> Result<(), String> {
        let (server, row) = (stage.person.range.server(), &self.cells[0].row);
        match self.cells[0].column {
            Column::KillBefore => child.start_kill().map_err(|e| e.to_string())?,
            Column::KillAfter => {
                self.carried_out(stage).await?;
                child.start_kill().map_err(|e| e.to_string())?;
            }
            Column::Refused if row.to == To::Api && row.sort != Sort::Write => {
                server.stop().await;
                // What is followed outlives a restart; before that nobody waits for one.
                if let Place::After(_) = row.place {
                    sleep(Duration::from_millis(300)).await;
                    server.resume().await.map_err(|e| e.to_string())?;
                }
            }
            Column::Rotation => change_pod(stage, false),
            Column::ReplacedPod => change_pod(stage, true),
            _ => {}
        }
        Ok(())
    }

    /// Waits until the request that is held was carried out.
    async fn carried_out(&self, stage: &Stage) -> Result<(), String> {
        if self.cells[0].row.to == To::Store {
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

    /// Everything is as it was before.
    pub async fn heal(&self, stage: &Stage) {
        let range = &stage.person.range;
        range.server().faults().clear();
        range.s3().expect("the range has a store").heal();
        if self.cells[0].column == Column::Refused && self.cells[0].row.to == To::Api {
            // Where it is there already, its port is taken: by itself.
            let _ = range.server().resume().await;
        }
    }
}

/// Whether a request is the one of a row. How many writes went before what is followed depends on where a course was taken up.
fn is(row: &Row, target: &Row) -> bool {
    match target.place {
        Place::After(_) => row.to == target.to && row.ask == target.ask && matches!(row.place, Place::After(_)),
        _ => row == target,
    }
}

fn change_pod(stage: &Stage, replace: bool) {
    let requests = stage.person.requests();
    let Some(log) = requests.iter().rev().find(|r| r.path.ends_with("/log")) else { return };
    let Some(pod) = log.path.split('/').rev().nth(1) else { return };
    if replace {
        stage.person.range.server().store().delete("pods", "bao", pod);
        return;
    }
    let container = log.parameter("container").unwrap_or_default();
    stage.person.range.kubelet().expect("the range has a kubelet").rotate_logs("bao", pod, &container, 1);
}

fn lock(struck: &Mutex<Vec<bool>>) -> MutexGuard<'_, Vec<bool>> {
    struck.lock().unwrap_or_else(PoisonError::into_inner)
}
