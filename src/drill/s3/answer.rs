//! The answers of the S3 endpoint as HTTP responses.

use std::convert::Infallible;
use std::io;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};

use super::xml::{self, Refusal};
use super::{Bucket, Object};

/// A response body: whole, or one that breaks.
pub(super) type Body = BoxBody<Bytes, io::Error>;

/// A page of the bucket's keys.
pub(super) fn list(bucket: &str, held: &Bucket, query: &str) -> Result<Response<Body>, Refusal> {
    if !super::list::pairs(query).any(|(name, value)| name == "list-type" && value == "2") {
        return Err(Refusal::InvalidArgument);
    }
    let query = super::list::Query::parse(query)?;
    Ok(xml_response(StatusCode::OK, xml::listing(bucket, &query.page(&held.objects))))
}

/// An object, or the range of it that is asked for.
pub(super) fn object(object: &Object, parts: &Parts) -> Result<Response<Body>, Refusal> {
    let size = object.bytes.len();
    if let Some(wanted) = parts.headers.get("if-match").and_then(|value| value.to_str().ok())
        && !wanted.split(',').map(str::trim).any(|tag| tag == "*" || tag == object.etag())
    {
        return Err(Refusal::PreconditionFailed);
    }
    let range = match parts.headers.get("range").and_then(|value| value.to_str().ok()) {
        Some(text) => range(text, size)?,
        None => None,
    };
    let mut response = Response::builder()
        .header("etag", object.etag())
        .header("last-modified", xml::http_date(object.last_modified))
        .header("accept-ranges", "bytes")
        .header("content-type", "application/octet-stream");
    let bytes = match range {
        None => object.bytes.clone(),
        Some((first, last)) => {
            response = response.status(206).header("content-range", format!("bytes {first}-{last}/{size}"));
            object.bytes.slice(first..=last)
        }
    };
    response = response.header("content-length", bytes.len());
    let body = if parts.method == Method::HEAD { Bytes::new() } else { bytes };
    Ok(response.body(full(body)).expect("fixed header names with printable values"))
}

/// First and last byte of `bytes=a-b`, `bytes=a-` or `bytes=-n`; any other header is ignored, as HTTP wants.
fn range(text: &str, size: usize) -> Result<Option<(usize, usize)>, Refusal> {
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Ok(None);
    };
    let (first, last) = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.min(size.saturating_sub(1))),
        (Ok(first), Err(_)) if last.is_empty() => (first, size.saturating_sub(1)),
        (Err(_), Ok(count)) if first.is_empty() && count > 0 => (size.saturating_sub(count), size.saturating_sub(1)),
        _ => return Ok(None),
    };
    if first < size { Ok(Some((first, last))) } else { Err(Refusal::InvalidRange) }
}

/// A refusal with its error document.
pub(super) fn refused(refusal: &Refusal, parts: &Parts) -> Response<Body> {
    let (status, ..) = refusal.parts();
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if parts.method == Method::HEAD {
        // A HEAD answer has no body: clients cannot see the code.
        let mut response = Response::new(full(Bytes::new()));
        *response.status_mut() = status;
        return with_region(response, refusal);
    }
    with_region(xml_response(status, refusal.document(parts.uri.path())), refusal)
}

fn with_region(mut response: Response<Body>, refusal: &Refusal) -> Response<Body> {
    if let Refusal::Elsewhere(region) = refusal
        && let Ok(region) = region.parse()
    {
        response.headers_mut().insert("x-amz-bucket-region", region);
    }
    response
}

fn xml_response(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(full(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/xml"));
    response
}

/// What a proxy in between says instead of the store.
pub(super) fn page(status: u16) -> Response<Body> {
    let mut response = Response::new(full(Bytes::from_static(b"<html><body><h1>Sign in to continue</h1></body></html>")));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("text/html"));
    response
}

/// A body that is all there.
pub(super) fn full(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never: Infallible| match never {}).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_https() {
        assert_eq!(range("bytes=0-3", 10), Ok(Some((0, 3))));
        assert_eq!(range("bytes=8-99", 10), Ok(Some((8, 9))));
        assert_eq!(range("bytes=4-", 10), Ok(Some((4, 9))));
        assert_eq!(range("bytes=-3", 10), Ok(Some((7, 9))));
        assert_eq!(range("bytes=10-", 10), Err(Refusal::InvalidRange));
        assert_eq!(range("bytes=0-0", 0), Err(Refusal::InvalidRange));
        assert_eq!(range("lines=0-1", 10), Ok(None));
        assert_eq!(range("bytes=5-2", 10), Ok(None));
    }
}
