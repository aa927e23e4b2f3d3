//! Private keys in PEM: on lines of their own, in one line with `\n`, or percent-encoded.

use std::ops::Range;

use memchr::{memchr, memmem};

use super::MASK;

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
    if let Some(inside) = begun(line, whole.start, found) {
        return inside;
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
    if is_body || word == MASK.as_bytes() {
        if is_body {
            found.push(whole.start + begin..whole.start + begin + word.len());
        }
        return true;
    }
    false
}

/// Takes out what stands behind the first line of each private key that begins on this line, which may hold several in one
/// string; whether the line ends inside of the last one, `None` where nothing begins.
fn begun(line: &[u8], start: usize, found: &mut Vec<Range<usize>>) -> Option<bool> {
    let (mut at, mut inside) = (0, None);
    while let Some(begin) = memmem::find(&line[at..], b"-----BEGIN").map(|length| at + length) {
        let Some(label) = private(&line[begin..]) else {
            (at, inside) = (begin + b"-----BEGIN".len(), Some(false));
            continue;
        };
        let body = begin + label;
        if line[body..].starts_with(MASK.as_bytes()) {
            // Masked before, perhaps together with its end.
            (at, inside) = (body + MASK.len(), Some(body + MASK.len() == line.len()));
            continue;
        }
        let ends = |at: &usize| matches!(line[*at], b'"' | b'\'' | b'<') || line[*at..].starts_with(b"-----END");
        // Only as far as the next search goes on from: a line of many beginnings is read once.
        let end = (body..line.len()).find(ends).unwrap_or(line.len());
        if line[body..end].iter().any(u8::is_ascii_alphanumeric) {
            found.push(start + body..start + end);
        }
        (at, inside) = (end, Some(end == line.len()));
    }
    inside
}

/// How long the first line of a private key is.
fn private(line: &[u8]) -> Option<usize> {
    let label = &line[b"-----BEGIN".len()..];
    let end = memmem::find(label, b"-----")?;
    let words: Vec<u8> = label[..end].iter().copied().filter(u8::is_ascii_uppercase).collect();
    memmem::find(&words, b"PRIVATEKEY").map(|_| b"-----BEGIN".len() + end + b"-----".len())
}
