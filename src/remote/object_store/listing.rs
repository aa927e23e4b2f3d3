//! Listing a bucket page by page: what can be asked, and what is answered.

use std::borrow::Cow;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;

/// The most entries of one page, keys and common prefixes together: S3's own limit, and Google's. Azure's is higher.
pub const PAGE: u16 = 1000;

/// What a page is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// Only keys that begin with this.
    pub prefix: String,
    /// Keys that hold this text behind the prefix are rolled up into one common prefix that ends with it.
    pub delimiter: Option<String>,
    /// Only keys behind this one, in the order of their bytes. A common prefix that is not itself behind it is left out,
    /// although keys behind it may begin with that prefix: so AWS documents it. Ignored when there is a token.
    pub start_after: Option<String>,
    /// The token of the page before this one; everything else must be as it was asked for that page.
    pub token: Option<String>,
    /// The most entries; `None` means as many as the store gives at a time, at least [`PAGE`].
    pub limit: Option<u16>,
}

/// One page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The objects, in the order of their keys' bytes.
    pub keys: Vec<Listed>,
    /// The common prefixes, in the same order; empty without a delimiter.
    pub prefixes: Vec<String>,
    /// The token that asks for the next page; `None` when this is the last one.
    pub next: Option<String>,
}

impl Answer {
    /// Adds keys that come behind those it has, rolled up as a store does it for a delimiter.
    pub(super) fn roll_up(&mut self, keys: Vec<Listed>, prefix: &str, delimiter: &str) {
        for listed in keys {
            let behind = listed.key.strip_prefix(prefix).unwrap_or_default();
            let Some(at) = behind.find(delimiter) else {
                self.keys.push(listed);
                continue;
            };
            let common = &listed.key[..prefix.len() + at + delimiter.len()];
            if self.prefixes.last().is_none_or(|last| last != common) {
                self.prefixes.push(common.to_owned());
            }
        }
    }
}

/// One object of a page. Its texts are the server's: clean them where they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The whole key.
    pub key: String,
    /// The size in bytes.
    pub size: u64,
    /// The entity tag, in the form of [`super::ObjectHead::etag`].
    pub etag: Option<String>,
    /// When it was last written.
    pub last_modified: Option<Timestamp>,
}

/// A key as it is, from the form that `encoding-type=url` gives it: `%` and two digits, and `+` for a space.
/// What is not UTF-8 then becomes U+FFFD: such a key cannot be asked for and is no snapshot's.
pub(super) fn decoded(text: &str) -> String {
    let spaced = if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// An entity tag in one form, whoever wrote it: in quotes, as HTTP has it. `None` when it holds anything but printable
/// ASCII, because then it could neither be sent back nor shown.
pub(super) fn etag(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.len() > 200 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let quoted = text.ends_with('"') && (text.starts_with('"') || text.starts_with("W/\""));
    Some(if quoted { text.to_owned() } else { format!("\"{text}\"") })
}

/// An entity tag that `If-Match` can compare: a weak one never matches.
pub(super) fn strong(etag: Option<&str>) -> Option<&str> {
    etag.filter(|tag| !tag.starts_with("W/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_as_they_were_put() {
        assert_eq!(decoded("a+b%2Bc%2520/%C3%BC"), "a b+c%20/ü");
        assert_eq!(decoded("%01%0A%FF"), "\u{1}\n\u{fffd}");
        assert_eq!(decoded("100%"), "100%");
    }

    #[test]
    fn keys_are_rolled_up_as_a_store_does_it() {
        let listed = |key: &str| Listed { key: key.to_owned(), size: 1, etag: None, last_modified: None };
        let mut answer = Answer::default();
        answer.roll_up(["p/2026-01-01T1", "p/2026-01-01T2", "p/README"].map(listed).to_vec(), "p/", "T");
        answer.roll_up(["p/aT", "p/aTT", "p/b"].map(listed).to_vec(), "p/", "T");
        assert_eq!(answer.prefixes, ["p/2026-01-01T", "p/aT"]);
        assert_eq!(answer.keys.iter().map(|l| l.key.as_str()).collect::<Vec<_>>(), ["p/README", "p/b"]);
    }

    #[test]
    fn entity_tags_have_one_form() {
        assert_eq!(etag(" \"9f2c-3\" ").as_deref(), Some("\"9f2c-3\""));
        assert_eq!(etag("9f2c").as_deref(), Some("\"9f2c\""), "some servers list them without quotes");
        assert_eq!(etag("W/\"9f2c\"").as_deref(), Some("W/\"9f2c\""));
        assert_eq!((etag(""), etag("\"a\u{202e}b\""), etag("\"a b\"")), (None, None, None));
        assert_eq!((strong(Some("W/\"a\"")), strong(Some("\"a\"")), strong(None)), (None, Some("\"a\""), None));
    }
}
