//! Answers on their way in: so much is read of one, so much of all at once, and so many parts are made of one, whatever a
//! server sends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::Value;

use super::ApiError;

/// The longest answer: three times a page of 500 large clusters.
const LONGEST: usize = 32 << 20;
/// The most that is on its way in at once, of all answers together.
const AT_ONCE: usize = 64 << 20;
/// The most memory that a document may take, by [`weight`]: a page of 500 large clusters has half of it.
const HEAVIEST: usize = 80 << 20;

/// Room for answers. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Intake(Arc<AtomicUsize>);

impl Intake {
    /// A whole body.
    pub async fn collect(&self, mut body: Body) -> Result<Bytes, ApiError> {
        let mut held = Held { intake: self, bytes: 0 };
        let mut read = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| ApiError::body_lost(&error))?;
            let Ok(data) = frame.into_data() else { continue };
            held.takes(data.len()).map_err(ApiError::malformed)?;
            read.extend_from_slice(&data);
        }
        Ok(read.freeze())
    }
}

/// What one answer takes of the room, given back when it is in.
struct Held<'a> {
    intake: &'a Intake,
    bytes: usize,
}

impl Held<'_> {
    fn takes(&mut self, more: usize) -> Result<(), String> {
        self.bytes += more;
        let all = self.intake.0.fetch_add(more, Ordering::Relaxed) + more;
        match () {
            () if self.bytes > LONGEST => Err(format!("the answer is longer than {} MiB", LONGEST >> 20)),
            () if all > AT_ONCE => Err(format!("the answers that came at once are longer than {} MiB", AT_ONCE >> 20)),
            () => Ok(()),
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.intake.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The document of an answer.
pub(in super::super) fn parse(body: &[u8]) -> Result<Value, ApiError> {
    bearable(body)?;
    serde_json::from_slice(body).map_err(|e| ApiError::malformed(format!("the answer is not JSON: {e}")))
}

/// Refuses a document, or a part of one, that would take too much memory once it is taken apart.
pub(crate) fn bearable(document: &[u8]) -> Result<(), ApiError> {
    // No byte weighs more than that of an object.
    let light = document.len() <= HEAVIEST / (1 + OBJECT);
    if !light && weight(document) > HEAVIEST {
        return Err(ApiError::malformed("the answer has far too many parts".to_owned()));
    }
    Ok(())
}

/// What an object takes beside its parts, in bytes.
const OBJECT: usize = 500;

/// About how many bytes of memory a document takes: two bytes of `[0,0,…` become a hundred.
fn weight(body: &[u8]) -> usize {
    let (mut parts, mut objects, mut lists) = (0usize, 0usize, 0usize);
    let (mut in_text, mut escaped) = (false, false);
    for (at, byte) in body.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            // Nothing is kept for an empty one.
            b'{' if body.get(at + 1) != Some(&b'}') => objects += 1,
            b'[' if body.get(at + 1) != Some(&b']') => lists += 1,
            b',' => parts += 1,
            _ => {}
        }
    }
    body.len() + 100 * parts + OBJECT * objects + 300 * lists
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weight_goes_by_parts_and_not_by_what_stands_in_texts() {
        assert_eq!(weight(br#"{"a,[{\",": [], "b": {}}"#), 24 + 100 + 500);
        assert_eq!(weight(b"[[1,2],3]"), 9 + 200 + 600);
        assert_eq!(weight(b"\"unended,,,"), 11);
    }

    #[test]
    fn many_small_parts_are_refused_before_they_take_memory() {
        let zeros = format!("[{}0]", "0,".repeat(1 << 20));
        assert!(parse(zeros.as_bytes()).unwrap_err().message.contains("far too many parts"));
        let objects = format!("[{}0]", r#"{"":0},"#.repeat(1 << 18));
        assert!(parse(objects.as_bytes()).is_err());
        assert!(parse(format!("\"{}\"", "x".repeat(1 << 20)).as_bytes()).is_ok());
    }

    #[tokio::test]
    async fn what_is_on_its_way_is_bounded_and_given_back() {
        let intake = Intake::default();
        let body = |bytes: usize| Body::from(vec![0; bytes]);
        assert_eq!(intake.collect(body(LONGEST)).await.unwrap().len(), LONGEST);
        assert!(intake.collect(body(LONGEST + 1)).await.unwrap_err().message.contains("longer than 32 MiB"));
        let mut others = [Held { intake: &intake, bytes: 0 }, Held { intake: &intake, bytes: 0 }];
        others[0].takes(LONGEST).unwrap();
        others[1].takes(AT_ONCE - LONGEST - 10).unwrap();
        assert!(intake.collect(body(11)).await.unwrap_err().message.contains("at once"));
        assert_eq!(intake.collect(body(10)).await.unwrap().len(), 10);
        drop(others);
        assert_eq!(intake.0.load(Ordering::Relaxed), 0);
    }
}
