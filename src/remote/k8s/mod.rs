//! The Kubernetes API: one deadline and retry rule for reads, writes sent exactly once, errors told apart.

mod errors;
mod intake;
pub mod paths;
mod stream;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use kube::client::Body;
use serde_json::Value;

use self::intake::Intake;
pub(crate) use self::intake::bearable;
pub(super) use self::intake::parse;
pub use errors::{ApiError, ApiErrorKind, Sent};
pub use stream::Chunks;

/// Questions that are sent as a POST and store nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    /// What may this person do?
    Access,
    /// Who is this person?
    Identity,
}

impl Review {
    fn path(self) -> &'static str {
        match self {
            Review::Access => paths::ACCESS_REVIEWS,
            Review::Identity => paths::WHO_AM_I,
        }
    }
}

/// How often a read is tried at most.
const READ_TRIES: u32 = 3;

/// A connection to one API server, as one person.
#[derive(Clone)]
pub struct Kube {
    client: kube::Client,
    server: Arc<str>,
    deadline: Duration,
    notices: Arc<Mutex<BTreeSet<String>>>,
    /// Seconds the server's clock is ahead of ours, from its `Date` header.
    ahead: Arc<AtomicI64>,
    /// Room for answers on their way in, shared by all clones.
    intake: Intake,
    /// Say every request on stderr: method, path, status; never bodies or headers.
    trace: bool,
    /// Whether a write left, dry runs not counted.
    wrote: Arc<AtomicBool>,
    /// When the API server was last away, or not ready.
    away: Arc<Mutex<Option<Instant>>>,
}

/// So many different notices are kept: nobody reads more.
const MOST_NOTICES: usize = 1_000;

/// Clock differences up to this many seconds are the `Date` header's own coarseness.
const CLOCK_TOLERANCE: i64 = 2;

impl Kube {
    /// Wraps a client whose own retries are off (`remote::kubeconfig::client` makes such).
    ///
    /// `server` is its URL for messages; `deadline` bounds every read, tries and body included, and every write.
    pub fn new(client: kube::Client, server: &str, deadline: Duration) -> Self {
        let (notices, ahead, wrote, intake) = (Arc::default(), Arc::default(), Arc::default(), Intake::default());
        let away = Arc::default();
        Kube { client, server: server.into(), deadline, notices, ahead, intake, trace: false, wrote, away }
    }

    /// Whether any write was sent over this connection, carried out or not; dry runs are none.
    pub fn sent_a_write(&self) -> bool {
        self.wrote.load(Ordering::Relaxed)
    }

    /// Whether a refusal need not be the last word: an API server that has just started refuses for some seconds what it will
    /// allow again, until it has read the Roles (seen on 1.36). `within` is how long ago it may have been away.
    pub fn doubts(&self, refusal: &ApiError, within: Duration) -> bool {
        let away = *self.away.lock().unwrap_or_else(PoisonError::into_inner);
        refusal.is_refusal() && away.is_some_and(|at| at.elapsed() < within)
    }

    /// Notes when an error means that the API server is away, or not ready.
    fn note_away(&self, error: ApiError) -> ApiError {
        if error.means_away() {
            *self.away.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        error
    }

    /// The same connection, noting every request among the notices.
    #[must_use]
    pub fn tracing(self, trace: bool) -> Kube {
        Kube { trace, ..self }
    }

    /// The underlying client, for watches, logs and port-forwards.
    pub fn client(&self) -> &kube::Client {
        &self.client
    }

    /// URL of the API server.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The bound on one request.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// The time by the API server's clock as far as it told, else by ours: ages are about the server's stamps.
    pub fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now() + jiff::SignedDuration::from_secs(self.clock_ahead())
    }

    /// How many seconds the server's clock is ahead of ours; 0 when they agree.
    pub fn clock_ahead(&self) -> i64 {
        self.ahead.load(Ordering::Relaxed)
    }

    fn note_clock(&self, response: &Response<Body>) {
        let date = response.headers().get(header::DATE).and_then(|d| d.to_str().ok());
        if let Some(theirs) = date.and_then(|d| jiff::fmt::rfc2822::parse(d).ok()) {
            let ahead = theirs.timestamp().as_second() - jiff::Timestamp::now().as_second();
            self.ahead.store(if ahead.abs() > CLOCK_TOLERANCE { ahead } else { 0 }, Ordering::Relaxed);
        }
    }

    /// What the server warned of (`Warning: 299`) and which reads had to be repeated, each text once, since last asked.
    pub fn take_notices(&self) -> Vec<String> {
        std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }

    /// Takes one text out of the notices; whether it was there.
    pub fn take_notice(&self, text: &str) -> bool {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).remove(text)
    }

    /// Reads one object or list.
    pub async fn get(&self, path: &str) -> Result<Value, ApiError> {
        self.get_as(path, "application/json").await.and_then(|body| parse(&body))
    }

    /// Reads with another `Accept` header, the body as it came.
    pub async fn get_as(&self, path: &str, accept: &str) -> Result<Bytes, ApiError> {
        let tries = async {
            let mut tried = 1;
            loop {
                match self.send_once(Method::GET, path, accept, None).await {
                    Err(error) if tried < READ_TRIES && error.worth_repeating() => {
                        self.note(format!("repeated a read: {error}"));
                        tokio::time::sleep(error.pause(tried)).await;
                        tried += 1;
                    }
                    other => return other,
                }
            }
        };
        self.within(Sent::No, tries).await
    }

    /// Asks the API server about this person (SelfSubjectReview, SelfSubjectAccessReview): nothing is stored.
    pub async fn review(&self, question: Review, body: &Value) -> Result<Value, ApiError> {
        self.send_body(Method::POST, question.path(), "application/json", body).await
    }

    /// Sends a POST exactly once: never retried, whatever happens. Only `remote` calls it, with a ticket of the guard.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, ApiError> {
        self.note_write(path);
        self.send_body(Method::POST, path, "application/json", body).await
    }

    /// Sends a JSON patch exactly once; its `test` operations are the condition. Only `remote` calls it, with a ticket.
    pub(super) async fn json_patch(&self, path: &str, operations: &Value) -> Result<Value, ApiError> {
        self.note_write(path);
        self.send_body(Method::PATCH, path, "application/json-patch+json", operations).await
    }

    /// Sends a DELETE exactly once, with its options (preconditions) as body. Only `remote` calls it, with a ticket.
    pub(super) async fn delete(&self, path: &str, options: &Value) -> Result<Value, ApiError> {
        self.note_write(path);
        self.send_body(Method::DELETE, path, "application/json", options).await
    }

    fn note_write(&self, path: &str) {
        if !path.contains("dryRun=") {
            self.wrote.store(true, Ordering::Relaxed);
        }
    }

    async fn send_body(&self, method: Method, path: &str, content_type: &str, body: &Value) -> Result<Value, ApiError> {
        let send = self.send_once(method, path, "application/json", Some((content_type, body.to_string())));
        self.within(Sent::Perhaps, send).await.and_then(|body| parse(&body))
    }

    async fn within<T>(&self, sent: Sent, work: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
        tokio::time::timeout(self.deadline, work).await.unwrap_or_else(|_| Err(ApiError::timed_out(self.deadline, sent)))
    }

    async fn send_once(&self, method: Method, path: &str, accept: &str, body: Option<(&str, String)>) -> Result<Bytes, ApiError> {
        self.exchange(method, path, accept, body).await.map_err(|error| self.note_away(error))
    }

    async fn exchange(&self, method: Method, path: &str, accept: &str, body: Option<(&str, String)>) -> Result<Bytes, ApiError> {
        let mut request = Request::builder().method(method).uri(path).header(header::ACCEPT, accept);
        if let Some((content_type, _)) = &body {
            request = request.header(header::CONTENT_TYPE, *content_type);
        }
        let body = body.map_or_else(Body::empty, |(_, text)| Body::from(text.into_bytes()));
        let request = request.body(body).map_err(|e| ApiError::malformed(format!("the request cannot be built: {e}")))?;
        let name = format!("{} {}", request.method(), request.uri());
        let response = self.client.send(request).await.map_err(|e| ApiError::of_transport(&e))?;
        if self.trace {
            self.note(format!("{name} {}", response.status().as_u16()));
        }
        self.note_warnings(&response);
        self.note_clock(&response);
        let (head, body) = response.into_parts();
        let body = self.intake.collect(body).await?;
        if head.status.is_success() { Ok(body) } else { Err(ApiError::of_answer(head.status, &head.headers, &body)) }
    }

    fn note_warnings(&self, response: &Response<Body>) {
        for value in response.headers().get_all(header::WARNING) {
            if let Some(text) = value.to_str().ok().and_then(warning_text) {
                self.note(format!("Warning: {}", crate::api::text::clean_cut(&text, 2_000)));
            }
        }
    }

    /// Notes what a person must be told of an answer.
    pub(crate) fn note(&self, text: String) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if notices.len() < MOST_NOTICES {
            notices.insert(text);
        }
    }
}

/// The text of `299 agent "text"`; other codes are not for people (client-go, rest/warnings.go).
fn warning_text(header: &str) -> Option<String> {
    let rest = header.strip_prefix("299 ")?;
    let (_, quoted) = rest.split_once(' ')?;
    let text = quoted.trim().strip_prefix('"')?;
    let end = text.rfind('"')?;
    Some(text[..end].replace("\\\"", "\"").replace("\\\\", "\\"))
}

/// Whether a status code belongs to the API server being there but not ready for us.
fn overloaded(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_dates_are_read() {
        let date = jiff::fmt::rfc2822::parse("Sat, 21 Nov 2026 01:20:00 GMT").expect("a date");
        assert_eq!(date.timestamp().to_string(), "2026-11-21T01:20:00Z");
    }

    #[test]
    fn only_code_299_is_a_warning_for_people() {
        assert_eq!(warning_text(r#"299 - "unknown field \"spec.x\"""#).as_deref(), Some(r#"unknown field "spec.x""#));
        for other in ["199 - \"x\"", "299", "299 -", "299 - x", ""] {
            assert_eq!(warning_text(other), None, "{other}");
        }
    }
}
