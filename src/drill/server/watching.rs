//! Watches: the history from a resource version on, then what happens next.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::unfold;
use http::Response;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::handler::{self, Body, Call};
use super::read::{self, Partial, Shape};
use super::rejection::Rejection;
use super::resources::Resource;
use super::route::Target;
use super::selector::Selector;
use super::store::{Change, Event, Objects, Store};
use super::table;

/// kube-apiserver ends watches after 30 to 60 minutes when the client names no time.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30 * 60);
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);

/// Starts a watch. One that asks for too old a version gets an `ERROR` event with 410, as from the real server.
pub(crate) fn watch(call: &Call, target: &Target) -> Result<Response<Body>, Rejection> {
    let selector = Selector::parse(&target.resource, &call.query)?.named(&target.name);
    let seconds = call.query.filled("timeoutSeconds").and_then(|text| text.parse().ok());
    let start = Instant::now();
    let mut watcher = Watcher {
        store: call.shared.store.clone(),
        changes: call.shared.store.subscribe(),
        resource: target.resource.clone(),
        namespace: target.namespace.clone(),
        selector,
        shape: Shape::wanted(call),
        include: read::include(call).to_owned(),
        bookmarks: call.query.flag("allowWatchBookmarks"),
        revision: 0,
        queue: VecDeque::new(),
        next_bookmark: start + BOOKMARK_EVERY,
        end: start + seconds.map_or(DEFAULT_TIMEOUT, Duration::from_secs),
        ended: false,
        columns_sent: false,
    };
    watcher.begin(call)?;
    let body = unfold(watcher, async |mut watcher| watcher.next().await.map(|line| (Ok::<_, io::Error>(line), watcher)));
    Ok(handler::stream("application/json", Box::pin(body)))
}

struct Watcher {
    store: Arc<Store>,
    changes: watch::Receiver<u64>,
    resource: Arc<Resource>,
    namespace: String,
    selector: Selector,
    shape: Shape,
    include: String,
    bookmarks: bool,
    /// Everything up to here was sent or did not match.
    revision: u64,
    queue: VecDeque<Bytes>,
    next_bookmark: Instant,
    end: Instant,
    ended: bool,
    columns_sent: bool,
}

impl Watcher {
    /// Finds the start: the version asked for, or the present state as `ADDED` events.
    fn begin(&mut self, call: &Call) -> Result<(), Rejection> {
        let asked = call.query.filled("resourceVersion").unwrap_or("0");
        let asked: u64 = asked.parse().map_err(|_| Rejection::bad_request(format!("invalid resource version \"{asked}\"")))?;
        let initial = call.query.flag("sendInitialEvents");
        if asked != 0 && !initial {
            self.revision = asked;
            return Ok(());
        }
        let store = self.store.clone();
        let present = store.read(|objects| self.present(objects));
        for object in present {
            self.push("ADDED", &object);
        }
        if initial && self.bookmarks {
            self.bookmark(true);
        }
        Ok(())
    }

    fn present(&mut self, objects: &Objects) -> Vec<Arc<Value>> {
        self.revision = objects.revision;
        let namespace = Some(self.namespace.as_str()).filter(|namespace| !namespace.is_empty());
        let all = objects.range(&self.resource.plural, namespace, None).map(|(_, object)| object);
        all.filter(|object| self.selector.matches(object)).cloned().collect()
    }

    /// The next line, waiting for it; `None` when the time is over.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(line) = self.queue.pop_front() {
                return Some(line);
            }
            if self.ended {
                return None;
            }
            self.fetch();
            if !self.queue.is_empty() {
                continue;
            }
            tokio::select! {
                changed = self.changes.changed() => self.ended = changed.is_err(),
                () = tokio::time::sleep_until(self.end) => self.ended = true,
                () = tokio::time::sleep_until(self.next_bookmark), if self.bookmarks => self.bookmark(false),
            }
        }
    }

    /// Queues what happened since.
    fn fetch(&mut self) {
        // Marked as seen first: a change after this is looked at in the next round.
        self.changes.borrow_and_update();
        let Some((changes, revision)) = self.store.since(&self.resource.plural, self.revision) else {
            let message = format!("too old resource version: {} ({})", self.revision, self.store.revision());
            self.line(&json!({"type": "ERROR", "object": Rejection::expired(message).status()}));
            self.ended = true;
            return;
        };
        self.revision = self.revision.max(revision);
        for change in changes {
            if let Some((kind, object)) = self.seen(&change) {
                self.push(kind, &object);
            }
        }
    }

    /// The event a change is for this watcher: leaving the selection looks like a deletion, entering it like an addition.
    fn seen(&self, change: &Change) -> Option<(&'static str, Arc<Value>)> {
        let wanted = |object: &Value| {
            let here = self.namespace.is_empty() || object["metadata"]["namespace"] == self.namespace.as_str();
            here && self.selector.matches(object)
        };
        let before = change.previous.as_ref().is_some_and(|object| wanted(object));
        let now = change.event != Event::Deleted && wanted(&change.object);
        match (before, now) {
            (false, true) => Some(("ADDED", change.object.clone())),
            (true, true) => Some(("MODIFIED", change.object.clone())),
            (true, false) => Some(("DELETED", change.object.clone())),
            (false, false) => None,
        }
    }

    fn push(&mut self, kind: &str, object: &Value) {
        let object = match self.shape {
            Shape::Whole => object.clone(),
            Shape::Metadata => serde_json::to_value(Partial(object)).unwrap_or_default(),
            Shape::Table => {
                let version = &object["metadata"]["resourceVersion"];
                let mut table = table::table(&self.resource, &[object], &self.include, version);
                // Only the first event describes the columns.
                if std::mem::replace(&mut self.columns_sent, true) {
                    table["columnDefinitions"] = Value::Null;
                }
                table
            }
        };
        self.line(&json!({"type": kind, "object": object}));
    }

    fn bookmark(&mut self, initial_end: bool) {
        let mut meta = json!({"resourceVersion": self.revision.to_string(), "creationTimestamp": null});
        if initial_end {
            meta["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let object = match self.shape {
            Shape::Table => json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta,
                "columnDefinitions": null, "rows": []}),
            Shape::Metadata => json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta}),
            Shape::Whole => {
                json!({"kind": self.resource.kind, "apiVersion": self.resource.api_version(), "metadata": meta})
            }
        };
        self.line(&json!({"type": "BOOKMARK", "object": object}));
        self.next_bookmark = Instant::now() + BOOKMARK_EVERY;
    }

    fn line(&mut self, event: &Value) {
        self.queue.push_back(Bytes::from(format!("{event}\n")));
    }
}
