//! A list followed by a watch, for the range's controllers: survives restarts of the API server by listing again.

use std::fmt::Debug;
use std::time::Duration;

use futures_util::{StreamExt, pin_mut};
use kube::api::{ListParams, WatchEvent, WatchParams};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// What a feed says.
pub enum Change<K> {
    /// Everything there is, after the first list and after each gap, and the version of the list; what is missing here is
    /// gone, unless it is newer than the list.
    All(Vec<K>, String),
    /// An object was added or changed.
    Applied(K),
    /// An object is gone.
    Deleted(K),
}

/// How long to wait before listing again after an interruption.
const AGAIN: Duration = Duration::from_millis(200);
/// How long to wait when the API server refuses the list (a kind that is not installed, rights that are missing).
const REFUSED: Duration = Duration::from_secs(3);
/// How long one watch lasts at most, in seconds (shorter than what common proxies cut).
const WATCH: u32 = 200;

/// A feed of one kind of objects; dropping it ends the watch.
pub struct Feed<K> {
    changes: mpsc::Receiver<Change<K>>,
    task: JoinHandle<()>,
}

impl<K> Feed<K>
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
{
    /// Starts to follow what `api` lists.
    pub fn start(api: Api<K>) -> Self {
        let (sender, changes) = mpsc::channel(256);
        let task = tokio::spawn(async move {
            // Ends when nobody listens; every other end is an interruption.
            while let Some(pause) = follow(&api, &sender).await {
                tokio::time::sleep(pause).await;
            }
        });
        Feed { changes, task }
    }

    /// The next change; nothing only when the runtime shuts down.
    pub async fn next(&mut self) -> Option<Change<K>> {
        self.changes.recv().await
    }
}

impl<K> Drop for Feed<K> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Lists and watches until the first interruption, and says how long to pause; `None` when nobody listens any more.
async fn follow<K>(api: &Api<K>, sender: &mpsc::Sender<Change<K>>) -> Option<Duration>
where
    K: Resource + Clone + Debug + DeserializeOwned,
{
    let list = match api.list(&ListParams::default()).await {
        Ok(list) => list,
        Err(error) => {
            let refused = matches!(&error, kube::Error::Api(status) if matches!(status.code, 401..=404));
            return (!sender.is_closed()).then_some(if refused { REFUSED } else { AGAIN });
        }
    };
    let mut version = list.metadata.resource_version.unwrap_or_default();
    sender.send(Change::All(list.items, version.clone())).await.ok()?;
    loop {
        let Ok(events) = api.watch(&WatchParams::default().timeout(WATCH), &version).await else { return Some(AGAIN) };
        pin_mut!(events);
        let before = version.clone();
        while let Some(event) = events.next().await {
            let change = match event {
                Ok(WatchEvent::Added(object) | WatchEvent::Modified(object)) => (object, false),
                Ok(WatchEvent::Deleted(object)) => (object, true),
                Ok(WatchEvent::Bookmark(bookmark)) => {
                    version = bookmark.metadata.resource_version;
                    continue;
                }
                // Expired, or cut: list again.
                Ok(WatchEvent::Error(_)) | Err(_) => return Some(AGAIN),
            };
            if let Some(seen) = &change.0.meta().resource_version {
                version.clone_from(seen);
            }
            let change = if change.1 { Change::Deleted(change.0) } else { Change::Applied(change.0) };
            sender.send(change).await.ok()?;
        }
        // A watch that ends without having said anything may be an API server that is going away.
        if before == version {
            tokio::time::sleep(AGAIN).await;
        }
    }
}
