//! The log of requests: what the tests and the debriefing assert on.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

/// One request as it was received.
#[derive(Debug, Clone)]
pub struct Request {
    /// HTTP method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Query as sent, without the question mark; empty when there is none.
    pub query: String,
    /// The user it was carried out as; `None` when it was not authenticated.
    pub user: Option<String>,
    /// Who impersonated that user.
    pub impersonated_by: Option<String>,
    /// `User-Agent`.
    pub user_agent: Option<String>,
    /// `Accept`.
    pub accept: Option<String>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// The body, as received.
    pub body: Bytes,
    /// The status code answered; `None` while pending, and when the connection was cut instead.
    pub status: Option<u16>,
    /// The status it was carried out with, also when the answer was lost on its way; `None` while it was not carried out.
    pub executed: Option<u16>,
    /// The connection it came over, counted from 1: how many TLS handshakes there were.
    pub connection: usize,
    /// When it came in, since the server's start.
    pub at: Duration,
    /// Time until the answer's head was ready.
    pub took: Option<Duration>,
}

impl Request {
    /// Whether it asked for a dry run.
    pub fn dry_run(&self) -> bool {
        self.parameter("dryRun").is_some()
    }

    /// The first value of a query parameter, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// The body as JSON, `Null` when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether it changed objects, whatever became of its answer.
    pub fn took_effect(&self) -> bool {
        self.is_write() && self.executed.is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether it would change objects: no read, no dry run, no access review.
    pub fn is_write(&self) -> bool {
        let review = ["/authorization.k8s.io/", "/authentication.k8s.io/"].iter().any(|group| self.path.contains(group));
        self.method != "GET" && !review && !self.dry_run()
    }
}

/// The log itself.
pub(crate) struct Requests {
    log: Mutex<Log>,
    started: Instant,
}

/// The requests since the last clearing, and how many came before it.
#[derive(Default)]
struct Log {
    cleared: usize,
    requests: Vec<Request>,
}

impl Requests {
    pub fn new() -> Self {
        Requests { log: Mutex::default(), started: Instant::now() }
    }

    /// Time since the server's start.
    pub fn clock(&self) -> Duration {
        self.started.elapsed()
    }

    /// Adds a request and returns its place in the log.
    pub fn add(&self, request: Request) -> usize {
        let mut log = self.lock();
        log.requests.push(request);
        log.cleared + log.requests.len() - 1
    }

    pub fn update(&self, place: usize, change: impl FnOnce(&mut Request)) {
        let mut log = self.lock();
        // The log may have been cleared while the request was under way.
        let index = place.checked_sub(log.cleared);
        if let Some(request) = index.and_then(|index| log.requests.get_mut(index)) {
            change(request);
        }
    }

    pub fn all(&self) -> Vec<Request> {
        self.lock().requests.clone()
    }

    pub fn clear(&self) {
        let mut log = self.lock();
        log.cleared += log.requests.len();
        log.requests.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
