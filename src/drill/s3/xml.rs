//! What the S3 endpoint writes: error documents and listings.

use std::fmt::Write as _;

use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::list::Page;

/// Why a request is refused, with the code and status S3 gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    AccessDenied,
    ContentSha256Mismatch,
    /// The bucket is in this region, and the request came to another one.
    Elsewhere(String),
    Injected(u16),
    InvalidAccessKeyId,
    InvalidArgument,
    InvalidRange,
    InvalidToken,
    MethodNotAllowed,
    NoSuchBucket,
    NoSuchKey,
    PreconditionFailed,
    RequestTimeTooSkewed,
    SignatureDoesNotMatch,
    WrongRegion(String),
}

impl Refusal {
    /// HTTP status, S3 code, message.
    pub fn parts(&self) -> (u16, &'static str, &'static str) {
        match self {
            Refusal::AccessDenied => (403, "AccessDenied", "Access Denied"),
            Refusal::ContentSha256Mismatch => (400, "XAmzContentSHA256Mismatch", "The payload is not the one that was signed"),
            Refusal::Elsewhere(_) => (
                301,
                "PermanentRedirect",
                "The bucket you are attempting to access must be addressed using the specified endpoint.",
            ),
            Refusal::Injected(403) => (403, "AccessDenied", "Access Denied"),
            Refusal::Injected(503) => (503, "SlowDown", "Please reduce your request rate"),
            Refusal::Injected(status) => (*status, "InternalError", "We encountered an internal error. Please try again."),
            Refusal::InvalidAccessKeyId => {
                (403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
            }
            Refusal::InvalidArgument => (400, "InvalidArgument", "Invalid argument"),
            Refusal::InvalidRange => (416, "InvalidRange", "The requested range is not satisfiable"),
            Refusal::InvalidToken => (400, "InvalidToken", "The provided token is malformed or otherwise invalid"),
            Refusal::MethodNotAllowed => (405, "MethodNotAllowed", "The method is not allowed against this resource"),
            Refusal::NoSuchBucket => (404, "NoSuchBucket", "The specified bucket does not exist"),
            Refusal::NoSuchKey => (404, "NoSuchKey", "The specified key does not exist."),
            Refusal::PreconditionFailed => {
                (412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
            }
            Refusal::RequestTimeTooSkewed => {
                (403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")
            }
            Refusal::SignatureDoesNotMatch => (
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
            ),
            Refusal::WrongRegion(_) => (400, "AuthorizationHeaderMalformed", "The region of the signature is wrong"),
        }
    }

    /// The error document.
    pub fn document(&self, resource: &str) -> String {
        let (_, code, message) = self.parts();
        let region = match self {
            Refusal::WrongRegion(region) => format!("<Region>{}</Region>", escape(region)),
            _ => String::new(),
        };
        format!(
            "{HEAD}<Error><Code>{code}</Code><Message>{message}</Message>{region}<Resource>{}</Resource>\
             <RequestId>drill</RequestId></Error>",
            escape(resource)
        )
    }
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// A page of `ListObjectsV2`.
pub(super) fn listing(bucket: &str, page: &Page<'_>) -> String {
    let name = |key: &str| if page.query.encode { encoded(key) } else { escape(key) };
    let mut text = format!(
        "{HEAD}<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{}</Name><Prefix>{}</Prefix>\
         <KeyCount>{}</KeyCount><MaxKeys>{}</MaxKeys><IsTruncated>{}</IsTruncated>",
        escape(bucket),
        name(&page.query.prefix),
        page.objects.len() + page.prefixes.len(),
        page.query.max_keys,
        page.next.is_some(),
    );
    let mut element = |tag: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = write!(text, "<{tag}>{value}</{tag}>");
        }
    };
    element("EncodingType", page.query.encode.then(|| "url".to_owned()));
    element("Delimiter", page.query.delimiter.as_deref().map(name));
    element("StartAfter", page.query.start_after.as_deref().map(name));
    element("NextContinuationToken", page.next.clone());
    for (key, object) in &page.objects {
        let _ = write!(
            text,
            "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>{}</ETag><Size>{}</Size>\
             <StorageClass>STANDARD</StorageClass></Contents>",
            name(key),
            iso_date(object.last_modified),
            escape(&object.etag()),
            object.bytes.len(),
        );
    }
    for prefix in &page.prefixes {
        let _ = write!(text, "<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", name(prefix));
    }
    text.push_str("</ListBucketResult>");
    text
}

/// A key as `encoding-type=url` wants it: real S3 writes a space as a plus sign.
fn encoded(key: &str) -> String {
    utf8_percent_encode(key, NON_ALPHANUMERIC).to_string().replace("%20", "+")
}

/// `Sat, 21 Nov 2026 01:02:03 GMT`, as headers have it.
pub(super) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn iso_date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
