//! Trouble on request: what the server does to the requests a fault matches, and the counting of round trips.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::requests::Request;

/// What is done to a matching request.
#[derive(Debug, Clone)]
pub enum Act {
    /// Answer with this status code and a `Status` body fitting it, without executing the request.
    Status {
        /// HTTP status code.
        code: u16,
        /// Seconds for a `Retry-After` header.
        retry_after: Option<u32>,
    },
    /// Answer with exactly this, without executing the request: a proxy's HTML page, half a JSON document.
    Answer {
        /// HTTP status code.
        code: u16,
        /// `Content-Type`.
        content_type: &'static str,
        /// The body.
        body: String,
    },
    /// Cut the connection before the request is executed.
    CutBefore,
    /// Execute the request, then cut the connection instead of answering.
    CutAfter,
    /// Never answer; the request is not executed.
    Stall,
    /// Execute the request and never answer.
    StallAfter,
    /// Wait, then go on normally.
    Delay(Duration),
    /// Answer normally but cut the connection after so many bytes of the body (also of a stream).
    Truncate(usize),
    /// Answer normally but end a stream cleanly after so many bytes, as a proxy with an idle limit does.
    EndAfter(usize),
    /// Answer normally after this pause, and be gone from then on: by the time the answer is out, every other connection is
    /// cut and new ones are refused, until [`Server::resume`](super::Server::resume).
    ThenGone(Duration),
}

/// A matcher beyond method and path.
type Predicate = Arc<dyn Fn(&Request) -> bool + Send + Sync>;

/// One fault: which requests, how often, what.
///
/// `Fault::new(Act::CutAfter).method("POST").path("/openbaorestores").real().once()`
#[derive(Clone)]
pub struct Fault {
    act: Act,
    method: Option<String>,
    path: Option<String>,
    query: Option<String>,
    dry_run: Option<bool>,
    predicate: Option<Predicate>,
    skip: usize,
    times: usize,
}

impl Fault {
    /// A fault that hits every request until it is cleared; narrow it with the other methods.
    pub fn new(act: Act) -> Self {
        Fault { act, method: None, path: None, query: None, dry_run: None, predicate: None, skip: 0, times: usize::MAX }
    }

    /// Only this HTTP method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Only paths containing this text.
    #[must_use]
    pub fn path(mut self, part: &str) -> Self {
        self.path = Some(part.to_owned());
        self
    }

    /// Only queries containing this text, as sent.
    #[must_use]
    pub fn query(mut self, part: &str) -> Self {
        self.query = Some(part.to_owned());
        self
    }

    /// Only requests that are no dry run.
    #[must_use]
    pub fn real(mut self) -> Self {
        self.dry_run = Some(false);
        self
    }

    /// Only dry runs.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.dry_run = Some(true);
        self
    }

    /// Only requests for which this holds.
    #[must_use]
    pub fn when(mut self, predicate: impl Fn(&Request) -> bool + Send + Sync + 'static) -> Self {
        self.predicate = Some(Arc::new(predicate));
        self
    }

    /// Leaves the first so many matching requests alone.
    #[must_use]
    pub fn after(mut self, skip: usize) -> Self {
        self.skip = skip;
        self
    }

    /// Hits so many requests, then never again.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Hits one request.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }

    fn matches(&self, request: &Request) -> bool {
        let holds = |part: &Option<String>, text: &str| part.as_ref().is_none_or(|part| text.contains(part.as_str()));
        self.method.as_ref().is_none_or(|method| *method == request.method)
            && holds(&self.path, &request.path)
            && holds(&self.query, &request.query)
            && self.dry_run.is_none_or(|wanted| wanted == request.dry_run())
            && self.predicate.as_ref().is_none_or(|holds| holds(request))
    }
}

/// How often a fault has struck.
#[derive(Clone)]
pub struct Hits(Arc<AtomicUsize>);

impl Hits {
    /// Requests hit so far.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

struct Armed {
    fault: Fault,
    seen: usize,
    hits: Arc<AtomicUsize>,
}

/// The faults of one server, and its lockstep mode.
#[derive(Default)]
pub struct Faults {
    armed: Mutex<Vec<Armed>>,
    pub(crate) lockstep: Lockstep,
}

impl Faults {
    /// Adds a fault. The first one added that matches a request strikes it; later ones do not see it.
    pub fn add(&self, fault: Fault) -> Hits {
        let hits = Arc::new(AtomicUsize::new(0));
        self.lock().push(Armed { fault, seen: 0, hits: hits.clone() });
        Hits(hits)
    }

    /// Removes every fault. Requests already stalled stay so.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Holds every answer until no new request has come for `quiet`, then lets all held ones go at once: one wave per
    /// dependent round trip. `None` ends it.
    pub fn lockstep(&self, quiet: Option<Duration>) {
        self.lockstep.set(quiet);
    }

    /// How many waves went out since the mode was set.
    pub fn waves(&self) -> usize {
        self.lockstep.waves()
    }

    /// What to do to this request, if anything.
    pub(crate) fn strike(&self, request: &Request) -> Option<Act> {
        let mut armed = self.lock();
        for armed in armed.iter_mut().filter(|armed| armed.fault.matches(request)) {
            armed.seen += 1;
            let (skip, times) = (armed.fault.skip, armed.fault.times);
            if armed.seen > skip && armed.seen - skip <= times {
                armed.hits.fetch_add(1, Ordering::SeqCst);
                return Some(armed.fault.act.clone());
            }
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Armed>> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The gate behind [`Faults::lockstep`].
pub(crate) struct Lockstep {
    state: Mutex<Gate>,
    released: watch::Sender<usize>,
}

struct Gate {
    quiet: Option<Duration>,
    last_arrival: Instant,
    waves: usize,
}

impl Default for Lockstep {
    fn default() -> Self {
        let gate = Gate { quiet: None, last_arrival: Instant::now(), waves: 0 };
        Lockstep { state: Mutex::new(gate), released: watch::Sender::new(0) }
    }
}

impl Lockstep {
    fn set(&self, quiet: Option<Duration>) {
        let mut gate = self.lock();
        gate.quiet = quiet;
        gate.waves = 0;
        // Whoever is still held goes now, without counting as a wave.
        self.released.send_modify(|release| *release += 1);
    }

    fn waves(&self) -> usize {
        self.lock().waves
    }

    /// Notes that a request came in.
    pub fn arrive(&self) {
        self.lock().last_arrival = Instant::now();
    }

    /// Returns when the answer may go out.
    pub async fn pass(&self) {
        let mut released = self.released.subscribe();
        let wave = *released.borrow_and_update();
        loop {
            let Some(due) = self.due() else { return };
            tokio::select! {
                _ = released.changed() => return,
                () = tokio::time::sleep_until(due) => if self.release(wave, due) { return },
            }
        }
    }

    fn due(&self) -> Option<Instant> {
        let gate = self.lock();
        gate.quiet.map(|quiet| gate.last_arrival + quiet)
    }

    /// Lets the wave go unless a request arrived meanwhile. The first held answer to get here takes the others along.
    fn release(&self, wave: usize, due: Instant) -> bool {
        let mut gate = self.lock();
        if *self.released.borrow() != wave {
            return true;
        }
        let quiet = gate.quiet.is_none_or(|quiet| gate.last_arrival + quiet <= due);
        if quiet {
            gate.waves += 1;
            self.released.send_modify(|release| *release += 1);
        }
        quiet
    }

    fn lock(&self) -> MutexGuard<'_, Gate> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
