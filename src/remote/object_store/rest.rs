//! Plain HTTP to a store that has no client of its own here: one request, one answer, at most one attempt more.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_types::body::SdkBody;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http::request::Builder;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use url::Url;

use super::failures::Holder;
use super::http::{Http, Stage, repeatable};
use super::listing::{Answer, Ask, etag, strong};
use super::reading::{Body, Part, Range, content_range};
use super::{HeadOutcome, ObjectHead, StoreFailure, Trouble};
use crate::api::text::clean_cut;
use crate::remote::deepest;
use crate::remote::tunnel::dial::Dial;

/// The wait before the second attempt.
const PAUSE: Duration = Duration::from_millis(100);

/// The largest document that is read: a page of 5,000 long keys with all their properties.
pub(super) const LONGEST: usize = 32 << 20;

/// The largest refusal that is read.
const LONGEST_REFUSAL: usize = 64 << 10;

/// The way to one store.
pub(super) struct Rest {
    http: Http,
    /// What every address begins with.
    pub endpoint: Url,
}

impl Rest {
    pub fn new(dial: Arc<dyn Dial>, insecure: bool, ca_cert: Option<&str>, endpoint: Url) -> Result<Rest, StoreFailure> {
        Ok(Rest { http: Http::to_store(dial, insecure, ca_cert)?, endpoint })
    }

    /// Host and port, for a person.
    pub fn place(&self) -> &str {
        self.endpoint.authority()
    }

    /// What was being waited for, for a deadline that passed: the store, else what the credentials come from.
    pub fn waiting_for(&self, access: impl FnOnce() -> Option<String>) -> String {
        match self.http.stage() {
            Stage::Preparing => access().unwrap_or_else(|| "no credentials were found in this environment".to_owned()),
            Stage::Connecting => format!("no connection to {}", self.place()),
            Stage::Waiting => format!("{} takes connections and did not answer", self.place()),
        }
    }

    /// Sends a request that changes nothing, once more where that may help. The answer may be a refusal.
    pub async fn ask(&self, request: Request<SdkBody>) -> Result<Response<SdkBody>, StoreFailure> {
        let again = repeatable(&request);
        let first = self.http.send(request).await;
        let may_pass = match &first {
            Ok(response) => passes(response.status()),
            Err(broken) => broken.may_pass(),
        };
        let outcome = match again.filter(|_| may_pass) {
            None => first,
            Some(request) => {
                drop(first);
                tokio::time::sleep(PAUSE).await;
                self.http.send(request).await
            }
        };
        outcome.map_err(|broken| broken.failure(self.place(), Some(&self.endpoint)))
    }

    /// The document of an answer.
    pub async fn document(&self, response: Response<SdkBody>) -> Result<Bytes, StoreFailure> {
        let read = collected(response.into_body(), LONGEST).await;
        let read =
            read.map_err(|_| StoreFailure::new(Trouble::Unreachable, format!("the answer of {} broke off", self.place())))?;
        read.ok_or_else(|| StoreFailure::new(Trouble::Other, format!("{} answered with more than 32 MiB", self.place())))
    }
}

/// A request for these bytes, of the version that was seen before.
pub(super) fn begin(method: Method, address: String, range: Range<'_>) -> Builder {
    let mut request = Request::builder().method(method).uri(address);
    if let Some(range) = range.header() {
        request = request.header(header::RANGE, range);
    }
    if let Some(etag) = strong(range.etag) {
        request = request.header(header::IF_MATCH, etag);
    }
    request
}

/// Whether the same request may be answered a moment later.
fn passes(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

/// A whole body; `None` when it is longer than this.
pub(super) async fn collected(mut body: SdkBody, longest: usize) -> Result<Option<Bytes>, StoreFailure> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(error.as_ref()))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > longest {
            return Ok(None);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Some(bytes.freeze()))
}

/// What a refusal says, as far as it can be read.
pub(super) async fn refusal(body: SdkBody) -> Bytes {
    collected(body, LONGEST_REFUSAL).await.ok().flatten().unwrap_or_default()
}

/// The object of an answer to HEAD.
pub(super) fn head(headers: &HeaderMap) -> HeadOutcome {
    let size = length(headers).ok_or_else(|| StoreFailure::new(Trouble::Other, "the store did not say how big the object is"))?;
    Ok(known(size, headers))
}

/// The object of an answer to GET, from the byte on that was asked for.
pub(super) fn part(holder: &Holder, response: Response<SdkBody>, asked: Range<'_>) -> Result<Part, StoreFailure> {
    let (head, body) = response.into_parts();
    let range = head.headers.get(header::CONTENT_RANGE).filter(|_| head.status == StatusCode::PARTIAL_CONTENT);
    let (from, size) = match range.map(|range| range.to_str().ok().and_then(content_range)) {
        Some(Some((from, size))) => (from, size),
        Some(None) => return Err(holder.odd("answered with a range that cannot be understood")),
        None => (0, length(&head.headers)),
    };
    // A range that was ignored begins at the start of the object.
    if from != asked.from {
        return Err(holder.odd(&format!("does not keep to ranges: asked for byte {}, it sent byte {from}", asked.from)));
    }
    let size = size.ok_or_else(|| holder.odd("did not say how big the object is"))?;
    Ok(Part { head: known(size, &head.headers), body: streamed(body) })
}

fn known(size: u64, headers: &HeaderMap) -> ObjectHead {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    ObjectHead { size, etag: text(header::ETAG).and_then(etag), last_modified: text(header::LAST_MODIFIED).and_then(http_date) }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// A date as HTTP writes it.
pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|date| date.timestamp())
}

fn streamed(body: SdkBody) -> Body {
    let chunks = http_body_util::BodyDataStream::new(body);
    Box::pin(chunks.map(|chunk| chunk.map_err(|error| broken(error.as_ref()))))
}

/// What a body that broke off means.
pub(super) fn broken(error: &(dyn std::error::Error + 'static)) -> StoreFailure {
    StoreFailure::new(Trouble::Unreachable, format!("reading the object broke off: {}", clean_cut(&deepest(error), 200)))
}

/// A page that is as full as it was asked for, made of the store's own: those may end early without being the last one,
/// and an early end looks like an old one. What lies up to `start_after` is left out, whether or not the store did so.
pub(super) async fn filled(
    ask: &Ask,
    most: u16,
    mut page: impl AsyncFnMut(&Ask, usize) -> Result<Answer, StoreFailure>,
) -> Result<Answer, StoreFailure> {
    let most = usize::from(ask.limit.unwrap_or(most).clamp(1, most));
    let mut ask = ask.clone();
    let mut all = Answer::default();
    loop {
        let mut next = page(&ask, most - all.keys.len() - all.prefixes.len()).await?;
        if let Some(after) = ask.start_after.as_deref() {
            next.keys.retain(|listed| listed.key.as_str() > after);
            next.prefixes.retain(|prefix| prefix.as_str() > after);
        }
        all.keys.append(&mut next.keys);
        all.prefixes.append(&mut next.prefixes);
        all.next = next.next;
        match &all.next {
            Some(token) if ask.token.as_ref() == Some(token) => {
                return Err(StoreFailure::new(Trouble::Other, "the store lists the same page again and again"));
            }
            Some(token) if all.keys.len() + all.prefixes.len() < most => ask.token = Some(token.clone()),
            _ => return Ok(all),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::object_store::Listed;

    /// Pages of one key each, whatever is asked for.
    async fn ones(ask: &Ask, room: usize) -> Result<Answer, StoreFailure> {
        assert!(room > 0);
        let at: u32 = ask.token.as_deref().unwrap_or("0").parse().unwrap();
        let listed = Listed { key: format!("key-{at}"), size: 1, etag: None, last_modified: None };
        Ok(Answer { keys: vec![listed], prefixes: Vec::new(), next: (at < 9).then(|| (at + 1).to_string()) })
    }

    #[tokio::test]
    async fn short_pages_are_filled_up() {
        let keys = |answer: &Answer| answer.keys.iter().map(|listed| listed.key.clone()).collect::<Vec<_>>();
        let all = filled(&Ask::default(), 1000, ones).await.unwrap();
        assert_eq!((all.keys.len(), &all.next), (10, &None));
        let three = filled(&Ask { limit: Some(3), ..Ask::default() }, 1000, ones).await.unwrap();
        assert_eq!((keys(&three), three.next.as_deref()), (vec!["key-0".into(), "key-1".into(), "key-2".into()], Some("3")));
        let after = Ask { start_after: Some("key-7".into()), limit: Some(1), ..Ask::default() };
        assert_eq!(keys(&filled(&after, 1000, ones).await.unwrap()), ["key-8"]);
    }

    #[tokio::test]
    async fn a_store_that_goes_in_circles_is_noticed() {
        let circle = async |ask: &Ask, room: usize| Ok(Answer { next: Some("0".into()), ..ones(ask, room).await? });
        let failure = filled(&Ask::default(), 1000, circle).await.unwrap_err();
        assert!(failure.cause.contains("again and again"), "{failure}");
    }
}
