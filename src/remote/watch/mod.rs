//! Looks at objects and keeps looking: list, watch, list again; through API-server restarts and expired versions.
//!
//! Own code because kube's watcher retries for ever, 403 included, and says nothing meanwhile (K§3.2).

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use memchr::memchr;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::k8s::paths::{Resource, query};
use super::k8s::{ApiError, ApiErrorKind, Kube, Sent, parse};
use crate::api::text::{clean, clean_cut};

/// Which objects to look at.
#[derive(Debug, Clone)]
pub struct Watched {
    /// Their type.
    pub resource: Resource,
    /// Where.
    pub namespace: String,
    /// Which of them.
    pub select: Select,
}

/// Which objects of a type.
#[derive(Debug, Clone)]
pub enum Select {
    /// The one of this name.
    Name(String),
    /// All with these labels: `a=b,!c`.
    Labels(String),
    /// All with these fields: `involvedObject.name=x`.
    Fields(String),
}

/// What changed.
#[derive(Debug, Clone)]
pub enum Change {
    /// These are all there are; what was known before and is not among them is gone.
    All(Vec<Value>),
    /// One is new or changed.
    Put(Value),
    /// One is gone; its last state.
    Gone(Value),
    /// Nothing can be seen at the moment; tried again.
    Trouble {
        /// Why, for people.
        why: String,
        /// Which failure in a row this is.
        attempt: u32,
    },
    /// Nothing more will come: not permitted, no such type, or no answer for too long.
    GaveUp(ApiError),
}

/// How patient to be.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Pause after the first failure; doubled after each further one.
    pub first_pause: Duration,
    /// Longest pause.
    pub longest_pause: Duration,
    /// Failing for longer than this ends it.
    pub give_up: Duration,
    /// Between looks, where watching is not permitted but reading is.
    pub poll: Duration,
    /// How long one watch is asked to last: a connection that died unnoticed blinds us for this long.
    pub watch: Duration,
    /// For so long after the API server was away its refusals are not believed.
    pub doubt: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            first_pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(10),
            give_up: Duration::from_secs(20 * 60),
            poll: Duration::from_secs(2),
            watch: Duration::from_secs(60),
            doubt: Duration::from_secs(30),
        }
    }
}

impl Patience {
    /// Pause before the next try.
    pub fn pause(&self, attempt: u32) -> Duration {
        self.first_pause.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(self.longest_pause)
    }
}

/// Whether trying again is of no use: 401, 403, or nothing of the kind is served.
pub fn is_final(error: &ApiError) -> bool {
    matches!(error.kind, ApiErrorKind::Unauthorized | ApiErrorKind::Forbidden | ApiErrorKind::NotServed)
}

/// A failure in the few words that a line of progress has room for.
pub fn brief(error: &ApiError) -> String {
    match error.kind {
        ApiErrorKind::AnswerLost(_) => "the connection broke".into(),
        ApiErrorKind::Unreachable => "the API server cannot be reached".into(),
        ApiErrorKind::TimedOut(_) => "the API server does not answer".into(),
        ApiErrorKind::Tls => "the TLS connection to the API server failed".into(),
        ApiErrorKind::Overloaded(_) => "the API server is overloaded or not ready".into(),
        _ => clean_cut(&error.message, 200),
    }
}

/// Begins to look. Ends when the receiver is dropped.
pub fn watch(kube: Kube, watched: Watched, patience: Patience) -> mpsc::Receiver<Change> {
    let (out, changes) = mpsc::channel(64);
    tokio::spawn(async move {
        let watcher = Watcher { kube, watched, patience, version: None, polls: false, by_get: false, out: out.clone() };
        tokio::select! {
            () = watcher.run() => {}
            () = out.closed() => {}
        }
    });
    changes
}

struct Watcher {
    kube: Kube,
    watched: Watched,
    patience: Patience,
    /// Where the next watch begins; `None`: list first.
    version: Option<String>,
    /// Watching is not permitted: list again and again.
    polls: bool,
    /// Listing is not permitted either, but reading the one object is.
    by_get: bool,
    out: mpsc::Sender<Change>,
}

/// The receiver is gone.
struct Dropped;

impl Watcher {
    async fn run(mut self) {
        let (mut attempt, mut failing_since) = (0, None);
        loop {
            let error = match self.look().await {
                Ok(Ok(())) => {
                    (attempt, failing_since) = (0, None);
                    continue;
                }
                Err(Dropped) => return,
                Ok(Err(error)) => error,
            };
            let doubted = self.kube.doubts(&error, self.patience.doubt);
            if !doubted && self.takes_another_way(&error) {
                continue;
            }
            attempt += 1;
            let since = *failing_since.get_or_insert_with(Instant::now);
            if (!doubted && is_final(&error)) || since.elapsed() > self.patience.give_up {
                let _ = self.out.send(Change::GaveUp(error)).await;
                return;
            }
            if self.out.send(Change::Trouble { why: brief(&error), attempt }).await.is_err() {
                return;
            }
            tokio::time::sleep(self.patience.pause(attempt)).await;
        }
    }

    /// 410 means list again; 403 may still leave a lesser right, which is noted: what comes later than it could has a reason.
    fn takes_another_way(&mut self, error: &ApiError) -> bool {
        match error.kind {
            ApiErrorKind::Gone if self.version.is_some() => {
                self.version = None;
                true
            }
            ApiErrorKind::Forbidden if self.version.is_some() && !self.polls => {
                self.polls = true;
                self.note_missing("watch", "they are listed");
                true
            }
            ApiErrorKind::Forbidden
                if self.version.is_none() && !self.by_get && matches!(self.watched.select, Select::Name(_)) =>
            {
                (self.polls, self.by_get) = (true, true);
                self.note_missing("list", "the one is read");
                true
            }
            _ => false,
        }
    }

    fn note_missing(&self, verb: &str, instead: &str) {
        let (what, namespace) = (self.watched.resource.full_name(), clean(&self.watched.namespace));
        let every = self.patience.poll.as_secs();
        self.kube.note(format!("note: you may not {verb} {what} in namespace {namespace}: {instead} every {every} s instead"));
    }

    /// One list or one watch.
    async fn look(&mut self) -> Result<Result<(), ApiError>, Dropped> {
        if self.version.is_none() || self.polls {
            if self.version.is_some() {
                tokio::time::sleep(self.patience.poll).await;
            }
            let all = match if self.by_get { self.get().await } else { self.list().await } {
                Ok(all) => all,
                Err(error) => return Ok(Err(error)),
            };
            return self.out.send(Change::All(all)).await.map(Ok).map_err(|_| Dropped);
        }
        self.follow().await
    }

    async fn get(&mut self) -> Result<Vec<Value>, ApiError> {
        let Select::Name(name) = &self.watched.select else { return Ok(Vec::new()) };
        let answer = self.kube.get(&self.watched.resource.object(&self.watched.namespace, name)).await;
        self.version = Some(String::new());
        match answer {
            Ok(object) => Ok(vec![object]),
            Err(error) if error.kind == ApiErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn list(&mut self) -> Result<Vec<Value>, ApiError> {
        let mut list = self.kube.get(&self.path(&[])).await?;
        self.version = Some(version(&list).to_owned());
        match list.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => Ok(items),
            _ => Ok(Vec::new()),
        }
    }

    fn path(&self, more: &[(&str, &str)]) -> String {
        let field;
        let mut parameters = match &self.watched.select {
            Select::Labels(labels) => vec![("labelSelector", labels.as_str())],
            Select::Fields(fields) => vec![("fieldSelector", fields.as_str())],
            Select::Name(name) => {
                field = format!("metadata.name={name}");
                vec![("fieldSelector", field.as_str())]
            }
        };
        parameters.extend_from_slice(more);
        query(&self.watched.resource.collection(Some(&self.watched.namespace)), &parameters)
    }

    async fn follow(&mut self) -> Result<Result<(), ApiError>, Dropped> {
        let lasts = self.patience.watch.as_secs().max(1).to_string();
        let version = self.version.clone().unwrap_or_default();
        let path = self.path(&[
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", &version),
            ("timeoutSeconds", &lasts),
        ]);
        let mut chunks = match self.kube.stream(&path).await {
            Ok(chunks) => chunks,
            Err(error) => return Ok(Err(error)),
        };
        let mut lines = JsonLines::default();
        let opened = Instant::now();
        let silence = self.patience.watch + self.kube.deadline();
        loop {
            match tokio::time::timeout(silence, chunks.next()).await {
                // The server ends every watch; a connection that broke is found out by the next request.
                Ok(None | Some(Err(_))) => {
                    self.ended(opened).await;
                    return Ok(Ok(()));
                }
                Err(_) => return Ok(Err(ApiError::timed_out(silence, Sent::No))),
                Ok(Some(Ok(chunk))) => {
                    lines.push(&chunk);
                    while let Some(line) = lines.next() {
                        if let Err(error) = self.event(&line).await? {
                            return Ok(Err(error));
                        }
                    }
                    if lines.buffer.len() > LONGEST_EVENT {
                        self.version = None;
                        return Ok(Err(ApiError::malformed(format!("an event is longer than {} MiB", LONGEST_EVENT >> 20))));
                    }
                    // What comes behind an event that makes no sense makes none either.
                    if self.version.is_none() {
                        self.ended(opened).await;
                        return Ok(Ok(()));
                    }
                }
            }
        }
    }

    /// Something that cuts or spoils every watch at once must not make us hammer the server.
    async fn ended(&self, opened: Instant) {
        if opened.elapsed() < self.patience.first_pause {
            tokio::time::sleep(self.patience.first_pause).await;
        }
    }

    /// One event of the watch.
    async fn event(&mut self, line: &[u8]) -> Result<Result<(), ApiError>, Dropped> {
        let Ok(mut event) = parse(line) else {
            // Half a line is what a broken connection leaves behind; listing again finds what it said.
            self.version = None;
            return Ok(Ok(()));
        };
        let object = event.get_mut("object").map(Value::take).unwrap_or_default();
        let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind == "ERROR" {
            self.version = None;
            let code = object.get("code").and_then(Value::as_u64);
            let message = object.get("message").and_then(Value::as_str).unwrap_or("the watch failed");
            // Too old a version is normal after a while: list again, and say nothing.
            return Ok(if code == Some(410) { Ok(()) } else { Err(ApiError::malformed(message.to_owned())) });
        }
        self.version = Some(version(&object).to_owned());
        let change = match kind {
            "ADDED" | "MODIFIED" => Change::Put(object),
            "DELETED" => Change::Gone(object),
            _ => return Ok(Ok(())),
        };
        self.out.send(change).await.map(Ok).map_err(|_| Dropped)
    }
}

fn version(object: &Value) -> &str {
    object.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default()
}

/// The longest event: far more than any object that etcd takes.
const LONGEST_EVENT: usize = 16 << 20;

/// Cuts a stream of JSON documents, one a line.
#[derive(Default)]
struct JsonLines {
    buffer: BytesMut,
    /// Up to here there is no line break.
    searched: usize,
}

impl JsonLines {
    fn push(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
    }

    fn next(&mut self) -> Option<Bytes> {
        let Some(end) = memchr(b'\n', &self.buffer[self.searched..]) else {
            self.searched = self.buffer.len();
            return None;
        };
        let line = self.buffer.split_to(self.searched + end + 1).freeze();
        self.searched = 0;
        Some(line)
    }
}

#[cfg(test)]
mod tests;
