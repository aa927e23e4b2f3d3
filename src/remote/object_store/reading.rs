//! Reading a whole object as a stream: in constant memory, over connections that break, and never two objects in one.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;

use super::{ObjectHead, Store, StoreFailure, Trouble};
use crate::api::text::clean_cut;

/// How often reading goes on after a break without a single byte in between.
pub const RESUMES: u32 = 5;

/// The bytes of an answer as they come.
pub(super) type Body = BoxStream<'static, Result<Bytes, StoreFailure>>;

/// What is asked for of an object.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Range<'a> {
    /// The first byte.
    pub from: u64,
    /// How many at most; `None` means to the end.
    pub length: Option<usize>,
    /// Only of the object that has this entity tag.
    pub etag: Option<&'a str>,
}

impl Range<'_> {
    /// The `Range` header; none is needed for a whole object.
    pub fn header(&self) -> Option<String> {
        let from = self.from;
        match self.length {
            Some(length) => Some(format!("bytes={from}-{}", from.saturating_add(length as u64).saturating_sub(1))),
            None => (from > 0).then(|| format!("bytes={from}-")),
        }
    }
}

/// An object from some byte on, as a store answers.
pub(super) struct Part {
    /// The whole object, of which this is a part.
    pub head: ObjectHead,
    /// The bytes from the one that was asked for.
    pub body: Body,
}

/// A range in one piece, shorter where the object ends before it does.
pub(super) async fn range(store: &Store, key: &str, range: Range<'_>) -> Result<Bytes, StoreFailure> {
    let length = range.length.unwrap_or_default();
    if length == 0 {
        return Ok(Bytes::new());
    }
    let Some(mut part) = store.part(key, range).await? else { return Ok(Bytes::new()) };
    if range.etag.is_some_and(|tag| part.head.etag.as_deref().is_some_and(|now| now != tag)) {
        return Err(changed(key, "replaced", None));
    }
    let mut bytes = BytesMut::with_capacity(length.min(1 << 20));
    // A server that ignores ranges sends everything: no more than asked for is read.
    while bytes.len() < length
        && let Some(chunk) = part.body.next().await
    {
        bytes.extend_from_slice(&chunk?);
    }
    let promised = part.head.size.saturating_sub(range.from);
    if (bytes.len() as u64) < promised.min(length as u64) {
        return Err(StoreFailure::new(Trouble::Unreachable, "the answer ended too early"));
    }
    bytes.truncate(length);
    Ok(bytes.freeze())
}

fn changed(key: &str, how: &str, server: Option<String>) -> StoreFailure {
    let cause = format!("the object {} was {how} while it was read", clean_cut(key, 200));
    StoreFailure { trouble: Trouble::Changed, cause, server }
}

/// The patience of a reading.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// How long a connection may bring nothing before it counts as broken.
    pub silence: Duration,
    /// The wait before the second attempt to go on; it doubles with each one after.
    pub pause: Duration,
}

impl Pace {
    const USUAL: Pace = Pace { silence: Duration::from_secs(30), pause: Duration::from_millis(250) };

    fn before(self, attempt: u32) -> Duration {
        attempt.checked_sub(1).map_or(Duration::ZERO, |doublings| self.pause * 2_u32.pow(doublings))
    }
}

/// An object that is being read from its first byte to its last.
pub struct Reading {
    /// The object as it was when reading began. Every byte is of this one.
    pub head: ObjectHead,
    store: Store,
    key: String,
    at: u64,
    /// `None` after a break.
    body: Option<Body>,
    /// Attempts to go on since the last byte came.
    futile: u32,
    /// Why the connection before this one ended.
    broke: StoreFailure,
    pace: Pace,
}

/// Begins to read an object. Waits at most 30 s for the answer; after that there is no deadline while bytes come.
///
/// # Errors
/// As [`super::head`].
pub async fn open(store: &Store, key: &str) -> Result<Reading, StoreFailure> {
    Reading::open(store, key, Pace::USUAL).await
}

impl Reading {
    pub(super) async fn open(store: &Store, key: &str, pace: Pace) -> Result<Reading, StoreFailure> {
        let part = match super::within(pace.silence, store, store.part(key, Range::default())).await? {
            Some(part) => part,
            // Nothing was said about ranges: the store is odd, and HEAD says what there is.
            None => return Err(StoreFailure::new(Trouble::Other, "the store refuses to send the object from its first byte")),
        };
        Ok(Reading {
            head: part.head,
            store: store.clone(),
            key: key.to_owned(),
            at: 0,
            body: Some(part.body),
            futile: 0,
            broke: StoreFailure::new(Trouble::Unreachable, "reading was interrupted"),
            pace,
        })
    }

    #[cfg(test)]
    pub(super) fn with_pace(self, pace: Pace) -> Reading {
        Reading { pace, ..self }
    }

    /// How many bytes have been given out.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// The next bytes, never empty; `None` when the whole object was given out. Goes on with a new request where a
    /// connection breaks or brings nothing for 30 s. May be dropped and called again.
    ///
    /// # Errors
    /// [`Trouble::Changed`] when the object was replaced or removed meanwhile; otherwise, after [`RESUMES`] attempts
    /// without a byte, the last one's, with how far reading came. No use calling again then.
    pub async fn next(&mut self) -> Result<Option<Bytes>, StoreFailure> {
        loop {
            let Some(body) = &mut self.body else {
                if self.at == self.head.size {
                    return Ok(None);
                }
                self.go_on().await?;
                continue;
            };
            match tokio::time::timeout(self.pace.silence, body.next()).await {
                Ok(Some(Ok(bytes))) if bytes.is_empty() => {}
                Ok(Some(Ok(bytes))) => return self.came(bytes).map(Some),
                Ok(Some(Err(failure))) => self.broken(failure),
                Ok(None) => self.broken(StoreFailure::new(Trouble::Unreachable, "the answer ended too early")),
                Err(_) => {
                    let limit = self.pace.silence.as_secs_f32();
                    self.broken(StoreFailure::new(Trouble::TimedOut, format!("nothing came for {limit:.0} s")));
                }
            }
        }
    }

    fn came(&mut self, bytes: Bytes) -> Result<Bytes, StoreFailure> {
        self.at += bytes.len() as u64;
        if self.at > self.head.size {
            let cause = format!("the store sent more than the {} bytes that it said the object has", self.head.size);
            return Err(StoreFailure::new(Trouble::Other, cause));
        }
        self.futile = 0;
        Ok(bytes)
    }

    fn broken(&mut self, why: StoreFailure) {
        self.body = None;
        self.broke = why;
    }

    async fn go_on(&mut self) -> Result<(), StoreFailure> {
        while self.futile < RESUMES {
            let pause = self.pace.before(self.futile);
            self.futile += 1;
            tokio::time::sleep(pause).await;
            match self.rest().await {
                Ok(body) => {
                    self.body = Some(body);
                    return Ok(());
                }
                Err(failure) if may_pass(&failure.trouble) => self.broke = failure,
                Err(failure) => return Err(failure),
            }
        }
        Err(self.given_up())
    }

    async fn rest(&self) -> Result<Body, StoreFailure> {
        let range = Range { from: self.at, length: None, etag: self.head.etag.as_deref() };
        let part = match super::within(self.pace.silence, &self.store, self.store.part(&self.key, range)).await {
            Ok(Some(part)) if same(&self.head, &part.head) => part,
            // Without a byte at this place it is not as long as it was.
            Ok(_) => return Err(changed(&self.key, "replaced", None)),
            Err(failure) if failure.trouble == Trouble::KeyMissing => return Err(changed(&self.key, "removed", failure.server)),
            Err(failure) => return Err(failure),
        };
        Ok(part.body)
    }

    fn given_up(&self) -> StoreFailure {
        let (at, size, last) = (self.at, self.head.size, &self.broke);
        let cause = format!("reading came to byte {at} of {size} and {RESUMES} attempts to go on brought nothing: {last}");
        StoreFailure { trouble: last.trouble.clone(), cause, server: last.server.clone() }
    }
}

/// Whether the same request may well go better a moment later.
fn may_pass(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Unreachable | Trouble::TimedOut | Trouble::Server(_))
}

/// First byte and size of the whole from `bytes 5-9/10`; the size may be missing (`*`).
pub(super) fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, size) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (from, last) = range.split_once('-')?;
    let (from, last): (u64, u64) = (from.trim().parse().ok()?, last.trim().parse().ok()?);
    let size = if size == "*" { None } else { Some(size.parse().ok()?) };
    (from <= last && size.is_none_or(|size| last < size)).then_some((from, size))
}

/// Whether two looks saw the same object.
fn same(then: &ObjectHead, now: &ObjectHead) -> bool {
    let content = match (&then.etag, &now.etag) {
        (Some(then), Some(now)) => then == now,
        // Nothing better is known.
        _ => then.last_modified == now.last_modified,
    };
    content && then.size == now.size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object_is_told_from_another() {
        let head = |etag: Option<&str>, size: u64, at: Option<i64>| ObjectHead {
            size,
            etag: etag.map(str::to_owned),
            last_modified: at.map(|at| jiff::Timestamp::from_second(at).unwrap()),
        };
        let then = head(Some("\"a\""), 5, Some(1));
        assert!(same(&then, &head(Some("\"a\""), 5, Some(2))), "written again as it was");
        assert!(!same(&then, &head(Some("\"b\""), 5, Some(1))));
        assert!(!same(&then, &head(Some("\"a\""), 6, Some(1))));
        assert!(same(&head(None, 5, Some(1)), &head(None, 5, Some(1))));
        assert!(!same(&head(None, 5, Some(1)), &head(None, 5, Some(2))));
    }

    #[test]
    fn content_ranges() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range("bytes 5-9/*"), Some((5, None)));
        for odd in ["bytes 9-5/10", "bytes 5-10/10", "bytes */10", "5-9/10", "bytes 5-9", "bytes -1-9/10"] {
            assert_eq!(content_range(odd), None, "{odd}");
        }
    }

    #[test]
    fn attempts_take_longer_and_longer_and_soon_end() {
        let waits: Vec<_> = (0..RESUMES).map(|attempt| Pace::USUAL.before(attempt).as_millis()).collect();
        assert_eq!(waits, [0, 250, 500, 1000, 2000]);
    }
}
