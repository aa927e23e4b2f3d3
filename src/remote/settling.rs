//! Settles a write of one object whose answer was lost: was it carried out, can it still come, or is that not known?

use std::time::{Duration, Instant};

use serde_json::Value;

use super::k8s::{ApiError, ApiErrorKind, Kube};
use super::restores::may_come_late;
use super::writes::path;
use crate::domain::write::{Act, Write};

/// What became of the write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The object carries its request id, or is deleted as asked: it was carried out.
    CarriedOut,
    /// It was not carried out and cannot be any more.
    Never,
    /// The object cannot be read, or the request may still be under way.
    Unknown,
}

/// How often a lost answer is settled by looking, and how far apart.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
/// How long an API server that cannot be asked is waited for: what loses answers is its restart, which takes some seconds.
const AWAY: Duration = Duration::from_secs(20);

/// Looks for what became of a write: a few, and more of them as long as nobody answers.
pub(super) struct Looks {
    count: u32,
    begun: Instant,
}

impl Looks {
    pub(super) fn new() -> Looks {
        Looks { count: 0, begun: Instant::now() }
    }

    /// Whether to look (again), after a pause; `last` is why the look before said nothing.
    pub(super) async fn again(&mut self, kube: &Kube, last: Option<&ApiError>) -> bool {
        let unasked = last.is_some_and(|error| error.means_away() || kube.doubts(error, AWAY));
        if self.count >= LOOKS && !(unasked && self.begun.elapsed() < AWAY) {
            return false;
        }
        if self.count > 0 {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        self.count += 1;
        true
    }
}

/// Looks whether a write was carried out, whose answer was lost by this error. A patch must note `request_id` in an
/// annotation. Each write tests the object's version: once that is another one without a trace of the write, it can no longer
/// apply, however late it arrives.
pub async fn settle(kube: &Kube, write: &Write, request_id: &str, error: &ApiError) -> Settled {
    let path = path(write);
    let (mut unchanged, mut looks, mut last) = (false, Looks::new(), None);
    while looks.again(kube, last.as_ref()).await {
        last = None;
        match kube.get(&path).await {
            Ok(object) if carried_out(write, request_id, &object) => return Settled::CarriedOut,
            Ok(object) if text(&object, "/metadata/resourceVersion") != version(write).unwrap_or_default() => {
                return Settled::Never;
            }
            Ok(_) => unchanged = true,
            Err(error) if error.kind == ApiErrorKind::NotFound => return gone(write),
            Err(error) => (unchanged, last) = (false, Some(error)),
        }
    }
    if unchanged && !may_come_late(error) { Settled::Never } else { Settled::Unknown }
}

/// The object is not there any more: as it was to be, or past every patch.
fn gone(write: &Write) -> Settled {
    match write.act {
        Act::Delete { .. } => Settled::CarriedOut,
        Act::Patch { .. } => Settled::Never,
    }
}

fn carried_out(write: &Write, request_id: &str, object: &Value) -> bool {
    match &write.act {
        Act::Delete { uid, .. } => {
            text(object, "/metadata/uid") != uid || !text(object, "/metadata/deletionTimestamp").is_empty()
        }
        Act::Patch { .. } => {
            let annotations = object.pointer("/metadata/annotations").and_then(Value::as_object);
            annotations.is_some_and(|all| all.values().filter_map(Value::as_str).any(|value| value.contains(request_id)))
        }
    }
}

/// The resource version a write tests.
pub fn version(write: &Write) -> Option<&str> {
    match &write.act {
        Act::Patch { operations } => operations.iter().find(|o| o["path"] == "/metadata/resourceVersion")?["value"].as_str(),
        Act::Delete { resource_version, .. } => Some(resource_version),
    }
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
