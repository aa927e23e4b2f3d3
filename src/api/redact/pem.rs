//! Private keys in PEM: on lines of their own, in one line with `\n`, or percent-encoded.

use std::ops::Range;

use memchr::{memchr, memmem};

/// Takes out what stands between the first and the last line of every private key; whether the text ends inside of one, as
/// `inside` says that it begins.
pub(super) fn find(text: &[u8], mut inside: bool, found: &mut Vec<Range<usize>>) -> bool {
    if !inside && memmem::find(text, b"-----BEGIN").is_none() {
        return false;
    }
    let mut start = 0;
    while start < text.len() {
        let end = memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
        inside = line(text, start..end, inside, found);
        start = end + 1;
    }
    inside
}

/// One line; whether the next one is inside of a key.
fn line(text: &[u8], whole: Range<usize>, inside: bool, found: &mut Vec<Range<usize>>) -> bool {
    let line = &text[whole.clone()];
    if let Some(at) = memmem::rfind(line, b"-----BEGIN") {
        let Some(label) = private(&line[at..]) else { return false };
        let body = at + label;
        let end = memmem::find(&line[body..], b"-----END").map_or(line.len(), |length| body + length);
        let end = body + line[body..end].iter().position(|byte| matches!(byte, b'"' | b'\'' | b'<')).unwrap_or(end - body);
        if end > body && line[body..end].iter().any(u8::is_ascii_alphanumeric) {
            found.push(whole.start + body..whole.start + end);
        }
        return end == line.len();
    }
    if !inside || memmem::find(line, b"-----END").is_some() {
        return false;
    }
    let trimmed = line.trim_ascii_end();
    let begin = trimmed.iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1);
    let word = &trimmed[begin..];
    if word.is_empty() || memmem::find(trimmed, b"Proc-Type:").is_some() || memmem::find(trimmed, b"DEK-Info:").is_some() {
        return true;
    }
    let is_body = word.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
    if is_body || word == super::MASK.as_bytes() {
        if is_body {
            found.push(whole.start + begin..whole.start + begin + word.len());
        }
        return true;
    }
    false
}

/// How long the first line of a private key is.
fn private(line: &[u8]) -> Option<usize> {
    let label = &line[b"-----BEGIN".len()..];
    let end = memmem::find(label, b"-----")?;
    let words: Vec<u8> = label[..end].iter().copied().filter(u8::is_ascii_uppercase).collect();
    memmem::find(&words, b"PRIVATEKEY").map(|_| b"-----BEGIN".len() + end + b"-----".len())
}
