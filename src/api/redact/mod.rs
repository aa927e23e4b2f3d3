//! What looks like a secret, or is known to be one, taken out of text that is about to leave the program.
//!
//! The last gate: everything that goes to the terminal or a pipe passes it, whoever wrote the text. A secret is told by its
//! shape (tokens, JWTs, AWS key ids, private keys in PEM, logins in URLs), by the name it stands behind (`password=`, `Unseal
//! Key 1:`), or because this process holds it ([`remember`]). Hashes, nonces, uids, digests and Raft's ids have neither and
//! stay as they are.

mod known;
mod labels;
mod logins;
mod pem;
mod shapes;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

pub use known::remember;
pub use labels::is_secret_name;

/// What stands in the place of a secret.
pub const MASK: &str = "***";

/// Text without the secrets that can be told in it.
pub fn redact(text: &str) -> Cow<'_, str> {
    match Redactor::default().bytes(text.as_bytes()) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        // Only whole runs of ASCII, or values known as UTF-8, are taken out.
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// Redacts a text that comes in pieces: a private key goes over many lines.
#[derive(Debug, Clone, Copy, Default)]
pub struct Redactor {
    /// The last piece ended inside a private key.
    inside_key: bool,
}

impl Redactor {
    /// The next piece, which should end where a line does.
    pub fn bytes<'a>(&mut self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let mut found = Vec::new();
        self.inside_key = pem::find(text, self.inside_key, &mut found);
        shapes::find(text, &mut found);
        logins::find(text, &mut found);
        labels::find(text, &mut found);
        known::find(text, &mut found);
        if found.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(without(text, found)) }
    }

    /// [`Redactor::bytes`] for text.
    pub fn text<'a>(&mut self, text: &'a str) -> Cow<'a, str> {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }
}

/// The text with a mask in the place of each of these, which may overlap.
fn without(text: &[u8], mut found: Vec<Range<usize>>) -> Vec<u8> {
    found.sort_by_key(|range| (range.start, range.end));
    let mut kept = Vec::with_capacity(text.len());
    let mut at = 0;
    for range in found {
        if range.start > at || at == 0 && range.start == 0 {
            kept.extend_from_slice(&text[at..range.start]);
            kept.extend_from_slice(MASK.as_bytes());
        }
        at = at.max(range.end);
    }
    kept.extend_from_slice(&text[at..]);
    kept
}

/// Where a run of bytes that all satisfy this ends.
fn end_of(text: &[u8], from: usize, mut is: impl FnMut(u8) -> bool) -> usize {
    text[from..].iter().position(|byte| !is(*byte)).map_or(text.len(), |length| from + length)
}

/// Whether a byte belongs to base64 or base64url.
fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}
