//! Private keys in PEM: on lines of their own, in one line with `\n`, or percent-encoded.

use std::ops::Range;

use memchr::{memchr, memmem};

/// As much of a percent-encoded key is looked at: far more than one has.
const LONGEST_ENCODED: usize = 32 << 10;

/// Takes out what stands between the first and the last line of every private key; whether the text ends inside of one, as
/// `inside` says that it begins.
pub(super) fn find(text: &[u8], mut inside: bool, found: &mut Vec<Range<usize>>) -> bool {
    encoded(text, found);
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

/// Keys that are percent-encoded to the last hyphen.
fn encoded(text: &[u8], found: &mut Vec<Range<usize>>) {
    for begin in [&b"%2DBEGIN"[..], b"%2dBEGIN"] {
        for at in memmem::find_iter(text, begin) {
            let rest = &text[at..text.len().min(at + LONGEST_ENCODED)];
            let word =
                &rest[..rest.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'%')).unwrap_or(rest.len())];
            let label = memmem::find(&word[begin.len()..], &begin[..3]).map(|end| &word[begin.len()..begin.len() + end]);
            let letters = |label: &[u8]| label.iter().copied().filter(u8::is_ascii_uppercase).collect::<Vec<u8>>();
            if label.is_some_and(|label| memmem::find(&letters(label), b"PRIVATEKEY").is_some()) {
                let start = begin.len() + label.map_or(0, <[u8]>::len);
                found.push(at + start..at + memmem::find(word, b"END").unwrap_or(word.len()).max(start));
            }
        }
    }
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
    // The last line of a key may be short; what stands before it is a time at most, unlike before the last word of a sentence.
    let alone = word.len() >= 40 || trimmed.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count() <= 2;
    let is_body = alone && word.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
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
