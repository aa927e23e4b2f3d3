//! The ways in which the endpoint fails on request.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::Seen;

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Answers with this status and the S3 code that goes with it.
    Status(u16),
    /// Never answers.
    Stall,
    /// Answers with this status and a page of HTML, as a proxy in between would.
    Page(u16),
    /// Closes the connection without an answer.
    Cut,
    /// Closes the connection in the middle of the answer's body.
    CutBody,
    /// Closes the connection when so many bytes of the answer's body are sent.
    CutAfter(usize),
    /// Sends so many bytes of the answer's body, and then nothing more on a connection that stays open.
    Silent(usize),
    /// Sends the body in pieces of so many bytes, with this pause before each.
    Slow(usize, Duration),
    /// Answers as if no range had been asked for.
    IgnoreRange,
    /// Sends more than the object has, without saying how much.
    Surplus,
    /// Ends the answer in good order after so many bytes, without having said how many would come.
    Short(usize),
}

/// The faults that were asked for and are not used up.
#[derive(Default)]
pub(super) struct Faults {
    /// Used up one by one.
    pub next: VecDeque<Fault>,
    /// Applies to every request after those.
    pub always: Option<Fault>,
    /// For reads of objects alone, each so many times.
    pub reads: VecDeque<(Fault, usize)>,
    /// Before all others, where they fit.
    pub placed: Vec<Placed>,
}

/// A fault of the requests that somebody chose.
pub(super) struct Placed {
    /// Which requests.
    pub fits: Box<dyn Fn(&Seen) -> bool + Send>,
    pub fault: Fault,
    pub hits: Arc<AtomicUsize>,
}

impl Faults {
    /// The fault of the request that comes now.
    pub fn take(&mut self, seen: &Seen, read: bool) -> Option<Fault> {
        if let Some(placed) = self.placed.iter().find(|placed| (placed.fits)(seen)) {
            placed.hits.fetch_add(1, Ordering::SeqCst);
            return Some(placed.fault);
        }
        self.next.pop_front().or(self.always).or_else(|| if read { self.take_for_read() } else { None })
    }

    fn take_for_read(&mut self) -> Option<Fault> {
        let (fault, times) = self.reads.front_mut()?;
        let fault = *fault;
        // For ever, as far as a process lives.
        *times -= usize::from(*times < usize::MAX);
        if *times == 0 {
            self.reads.pop_front();
        }
        Some(fault)
    }
}
