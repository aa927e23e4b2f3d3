//! Answers that go wrong on their way.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use http::Response;
use http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;

use super::Fault;
use super::answer::Body;

/// What is sent beyond the end of an object.
const SURPLUS: &[u8] = b"more than there is";

/// The same answer with its body spoilt in the way of the fault.
pub(super) async fn spoilt(response: Response<Body>, fault: Fault) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let bytes = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    // The answer to HEAD has a length and no body.
    if !bytes.is_empty() {
        parts.headers.insert(CONTENT_LENGTH, bytes.len().into());
    }
    let first = |count: usize| bytes.slice(..count.min(bytes.len()));
    let body = match fault {
        Fault::CutBody => cut(first(bytes.len() / 2)),
        Fault::CutAfter(count) => cut(first(count)),
        Fault::Silent(count) => boxed(stream::iter([Ok(first(count))]).chain(stream::pending())),
        Fault::Slow(count, pause) => boxed(slowly(bytes, count.max(1), pause)),
        Fault::Surplus | Fault::Short(_) => {
            // Nobody knows then how much will come.
            parts.headers.remove(CONTENT_LENGTH);
            match fault {
                Fault::Short(count) => boxed(stream::iter([Ok(first(count))])),
                _ => boxed(stream::iter([Ok(bytes), Ok(Bytes::from_static(SURPLUS))])),
            }
        }
        Fault::Status(_) | Fault::Page(_) | Fault::Stall | Fault::Cut | Fault::IgnoreRange => super::answer::full(bytes),
    };
    Response::from_parts(parts, body)
}

fn cut(bytes: Bytes) -> Body {
    // What came before must have left the buffers first: a broken connection takes them along.
    let end = stream::once(async {
        tokio::task::yield_now().await;
        Err(io::ErrorKind::ConnectionAborted.into())
    });
    boxed(stream::iter([Ok(bytes)]).chain(end))
}

fn slowly(bytes: Bytes, count: usize, pause: Duration) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold(bytes, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let piece = rest.split_to(count.min(rest.len()));
        Some((Ok(piece), rest))
    })
}

fn boxed(pieces: impl Stream<Item = io::Result<Bytes>> + Send + Sync + 'static) -> Body {
    BodyExt::boxed(StreamBody::new(pieces.map(|piece| piece.map(Frame::data))))
}
