//! What was tried, what a store said of it, and what that means, in words.

use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;

use super::{StoreFailure, Trouble, xml};
use crate::api::text::clean_cut;

/// What was tried.
#[derive(Debug, Clone, Copy)]
pub(super) enum What<'a> {
    /// Reading this key.
    Read(&'a str),
    /// Listing what begins with this.
    List(&'a str),
}

impl What<'_> {
    /// The key or the prefix, for a person.
    pub fn name(self) -> String {
        let (What::Read(name) | What::List(name)) = self;
        clean_cut(name, 200)
    }
}

/// What holds the objects, for a person.
pub(super) struct Holder {
    /// `bucket`, or Azure's `container`.
    pub kind: &'static str,
    /// Its name, cleaned.
    pub name: String,
    /// Host and port, or whose service it is.
    pub place: String,
}

impl Holder {
    /// The words that are the same for every store.
    pub fn words(&self, trouble: &Trouble, what: What<'_>, status: StatusCode) -> String {
        let Holder { kind, name, place } = self;
        match trouble {
            Trouble::KeyMissing => format!("{kind} {name} has no object {}", what.name()),
            Trouble::Changed => format!("the object {} was replaced while it was read", what.name()),
            Trouble::BucketMissing => format!("{place} has no {kind} {name}"),
            Trouble::BadCredentials => format!("{place} does not accept these credentials"),
            Trouble::Server(status) => format!("{place} failed with HTTP {status}, twice"),
            _ => format!("{place} answered HTTP {}", status.as_u16()),
        }
    }

    /// Something answered that does not speak this protocol.
    pub fn another(&self, protocol: &str, status: StatusCode) -> StoreFailure {
        let (place, status) = (&self.place, status.as_u16());
        let cause = format!("{place} answered HTTP {status} and not in the way of {protocol}: is this the right endpoint?");
        StoreFailure::new(Trouble::Other, cause)
    }

    /// An answer that makes no sense.
    pub fn odd(&self, why: &str) -> StoreFailure {
        StoreFailure::new(Trouble::Other, format!("{} {why}", self.place))
    }
}

/// What a store says when it refuses: its document `<Error>`, or a header of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// The code, such as `NoSuchKey`.
    pub code: Option<String>,
    /// The first line of its message; the others name requests.
    message: Option<String>,
    /// More about it. May repeat what was signed: never shown unless a store is known to say nothing secret there.
    pub detail: Option<String>,
}

impl Said {
    /// Reads the document; empty when it is none. The header is Azure's, whose answers to HEAD have no document.
    pub fn read(headers: &HeaderMap, document: &[u8]) -> Said {
        let mut said = Said::default();
        // Half a document still says its code.
        let _ = xml::read(document, &[], |name, fields| {
            let place = match name {
                "Code" => &mut said.code,
                "Message" => &mut said.message,
                "Details" | "AuthenticationErrorDetail" => &mut said.detail,
                _ => return,
            };
            *place = place.take().or_else(|| fields.text().map(str::to_owned));
        });
        let header = headers.get("x-ms-error-code").and_then(|code| code.to_str().ok());
        said.code = said.code.or_else(|| header.map(str::to_owned)).map(|code| clean_cut(&code, 80));
        said
    }

    /// Whether its message begins like this.
    pub fn says(&self, beginning: &str) -> bool {
        self.message.as_deref().is_some_and(|message| message.starts_with(beginning))
    }

    /// Code and message for a person, without these secrets if it says them back; with the detail where that is known to
    /// repeat nothing that was signed.
    pub fn shown(&self, detail: bool, secrets: &[&str]) -> Option<String> {
        let message = self.message.as_deref().map(|text| without_queries(text.lines().next().unwrap_or_default()));
        let detail = self.detail.as_deref().filter(|_| detail).map(without_queries);
        let parts: Vec<String> =
            [self.code.clone(), message, detail].into_iter().flatten().filter(|part| !part.is_empty()).collect();
        let said =
            secrets.iter().filter(|secret| !secret.is_empty()).fold(parts.join(": "), |said, secret| said.replace(secret, "***"));
        (!said.is_empty()).then(|| clean_cut(&said, 300))
    }
}

/// A text whose URLs have lost their queries: signatures of links are in there.
pub(super) fn without_queries(text: &str) -> String {
    let cut = |word: &str| match word.split_once('?') {
        Some((before, _)) if word.contains("://") || word.contains("sig=") => before.to_owned(),
        _ => word.to_owned(),
    };
    text.split(' ').map(cut).collect::<Vec<_>>().join(" ")
}

/// How many minutes this machine's clock is off by the answer's date, when that is enough to be refused for it.
pub(super) fn minutes_off(headers: &HeaderMap, now: Timestamp) -> Option<i64> {
    const ENOUGH: i64 = 5;
    let date = headers.get(header::DATE)?.to_str().ok()?;
    let theirs = jiff::fmt::rfc2822::parse(date).ok()?.timestamp();
    let minutes = (now.as_second() - theirs.as_second()).abs() / 60;
    (minutes >= ENOUGH).then_some(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_read_and_what_may_be_secret_is_not_shown() {
        let document = b"\xef\xbb\xbf<?xml version=\"1.0\"?><Error><Code>AuthenticationFailed</Code><Message>Server failed to \
            authenticate &amp; so on.\nRequestId:1\nTime:2</Message><AuthenticationErrorDetail>The MAC signature found \
            'c2VjcmV0' is wrong</AuthenticationErrorDetail></Error>";
        let said = Said::read(&HeaderMap::new(), document);
        assert_eq!(said.code.as_deref(), Some("AuthenticationFailed"));
        assert_eq!(said.shown(false, &[]).as_deref(), Some("AuthenticationFailed: Server failed to authenticate & so on."));
        assert_eq!(
            said.shown(false, &["", "Server"]).as_deref(),
            Some("AuthenticationFailed: *** failed to authenticate & so on.")
        );
        let headers = HeaderMap::from_iter([("x-ms-error-code".parse().unwrap(), "BlobNotFound".parse().unwrap())]);
        assert_eq!(Said::read(&headers, b"").shown(true, &[]).as_deref(), Some("BlobNotFound"));
        assert_eq!(Said::read(&HeaderMap::new(), b"<html>no</html>"), Said::default());
    }

    #[test]
    fn queries_of_urls_are_left_out() {
        let text = "GET https://a.blob.example/c/k?sv=1&sig=abc failed; is it really there? /c?x=1&sig=abc";
        assert_eq!(without_queries(text), "GET https://a.blob.example/c/k failed; is it really there? /c");
    }

    #[test]
    fn clocks_are_compared_by_the_answers_date() {
        let at = |date: &str| HeaderMap::from_iter([(header::DATE, date.parse().unwrap())]);
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        assert_eq!(minutes_off(&at("Sat, 21 Nov 2026 11:40:00 GMT"), now), Some(20));
        assert_eq!(minutes_off(&at("Sat, 21 Nov 2026 12:06:00 GMT"), now), Some(6));
        assert_eq!(minutes_off(&at("Sat, 21 Nov 2026 11:56:00 GMT"), now), None);
        assert_eq!((minutes_off(&at("yesterday"), now), minutes_off(&HeaderMap::new(), now)), (None, None));
    }
}
