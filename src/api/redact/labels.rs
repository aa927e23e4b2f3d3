//! Secrets that are told by the name before them: `password=…`, `"secretAccessKey": "…"`, `Unseal Key 1: …`.

use std::ops::Range;

use memchr::{memchr2_iter, memmem};

use super::{MASK, end_of, is_base64};

/// Names, in small letters and without spaces, hyphens and underscores. A name may stand at the end of a longer one
/// (`aws_secret_access_key`).
pub(super) const NAMES: [&str; 34] = [
    "password",
    "passwd",
    "passphrase",
    "secretaccesskey",
    "secretkey",
    "accesskeysecret",
    "sessiontoken",
    "securitytoken",
    "accountkey",
    "storagekey",
    "sharedaccesskey",
    "sharedaccesssignature",
    "clientsecret",
    "clientkeydata",
    "privatekey",
    "authorization",
    "vaulttoken",
    "baotoken",
    "roottoken",
    "clienttoken",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "bearertoken",
    "unsealkey",
    "recoverykey",
    "unsealkeys",
    "recoverykeys",
    "keysbase64",
    "unsealkeysb64",
    "unsealkeyshex",
    "recoverykeysb64",
    "recoverykeyshex",
    "recoverykeysbase64",
];

/// Names that mean something else inside a longer one.
pub(super) const WHOLE: [&str; 4] = ["sig", "pwd", "xamzsignature", "xamzcredential"];

/// What all of them end in, numbers left out.
const ENDINGS: [[u8; 2]; 14] =
    [*b"rd", *b"wd", *b"se", *b"ey", *b"et", *b"en", *b"re", *b"ta", *b"on", *b"ys", *b"sb", *b"ex", *b"ig", *b"al"];

/// As much of the text before a separator is looked at.
const LONGEST_NAME: usize = 40;
/// Between a name and its separator there are fewer bytes than this.
const FARTHEST: usize = 8;

/// As much of a value is taken out, and so many of a list: bounds the work on a hostile text.
const LONGEST_VALUE: usize = 16 << 10;
const MOST_LISTED: usize = 64;

/// Whether a value of this name (a variable's, a field's) is a secret.
pub fn is_secret_name(name: &str) -> bool {
    let mut room = [0; LONGEST_NAME];
    let squeezed = squeezed(name.as_bytes(), &mut room);
    ends_with_a_name(squeezed) || is_whole(squeezed)
}

pub(super) fn find(text: &[u8], found: &mut Vec<Range<usize>>) {
    let mut done = 0;
    for at in memchr2_iter(b':', b'=', text) {
        if at >= done && may_be_named(text, at) && is_named(text, at) {
            let values = values(text, at);
            done = values.last().map_or(done, |value| value.end);
            found.extend(values);
        }
    }
    for at in memmem::find_iter(text, b"earer ") {
        let start = at + b"earer ".len();
        let end = end_of(text, start, |byte| is_base64(byte) || matches!(byte, b'.' | b'=' | b'~'));
        if at > 0 && matches!(text[at - 1], b'B' | b'b') && end - start >= 16 {
            found.push(start..end);
        }
    }
}

/// Whether the letters before a separator, past quotes, spaces and numbers, are the last two of a name. Quick, because most
/// separators stand behind a time or another word.
fn may_be_named(text: &[u8], separator: usize) -> bool {
    let before = &text[separator.saturating_sub(LONGEST_NAME)..separator];
    let passed = |byte: &u8| matches!(*byte, b'"' | b'\'' | b'\\' | b' ' | b'0'..=b'9');
    let Some(last) = before.iter().rposition(|byte| !passed(byte)).filter(|last| before.len() - last <= FARTHEST) else {
        return false;
    };
    let letter = before[..last].iter().rfind(|byte| byte.is_ascii_alphabetic());
    before[last].is_ascii_alphabetic() && letter.is_some_and(|letter| ENDINGS.contains(&[letter | 0x20, before[last] | 0x20]))
}

fn is_named(text: &[u8], separator: usize) -> bool {
    let before = &text[separator.saturating_sub(LONGEST_NAME)..separator];
    let line = before.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |at| at + 1);
    // What stands before a secret that is masked already names that one and no other.
    let from = memmem::rfind(before, MASK.as_bytes()).map_or(line, |at| line.max(at + MASK.len()));
    let named = &before[from..];
    let mut room = [0; LONGEST_NAME];
    ends_with_a_name(squeezed(named, &mut room)) || is_whole(squeezed(last_word(named), &mut room))
}

fn ends_with_a_name(squeezed: &[u8]) -> bool {
    // `Unseal Key 1`; but `keysbase64` ends in a number itself.
    let counted = squeezed.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |last| last + 1);
    let ends = |text: &[u8], name: &[u8]| text.last() == name.last() && text.ends_with(name);
    NAMES.iter().any(|name| ends(squeezed, name.as_bytes()) || ends(&squeezed[..counted], name.as_bytes()))
}

fn is_whole(squeezed: &[u8]) -> bool {
    WHOLE.iter().any(|name| name.as_bytes() == squeezed)
}

/// Letters and digits, in small letters; the last of them where there is no room for all.
fn squeezed<'a>(name: &[u8], room: &'a mut [u8; LONGEST_NAME]) -> &'a [u8] {
    let mut first = room.len();
    for byte in name.iter().rev().filter(|byte| byte.is_ascii_alphanumeric()) {
        if first == 0 {
            break;
        }
        first -= 1;
        room[first] = byte.to_ascii_lowercase();
    }
    &room[first..]
}

/// The last word, without a quote behind it.
fn last_word(before: &[u8]) -> &[u8] {
    let before = before.trim_ascii_end();
    let before = before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'")).unwrap_or(before);
    let begin = before.iter().rposition(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')));
    &before[begin.map_or(0, |at| at + 1)..]
}

/// The values behind a separator: one, or those of a list.
fn values(text: &[u8], separator: usize) -> Vec<Range<usize>> {
    let start = past(text, separator + 1, b" \t");
    let prose = start > separator + 1;
    // Markdown has a backslash before it.
    if let [b'[', ..] | [b'\\', b'[', ..] = &text[start..] {
        return listed(text, start + 1 + usize::from(text[start] == b'\\'));
    }
    let quoted = start < text.len() && matches!(text[start], b'"' | b'\'' | b'\\');
    let start = past(text, start, b"\"'\\");
    let scheme = [&b"Bearer "[..], b"bearer ", b"Basic ", b"basic "].into_iter().find(|s| text[start..].starts_with(s));
    let start = start + scheme.map_or(0, <[u8]>::len);
    let end = end_of_value(text, start);
    let value = &text[start..end];
    let sure = quoted || scheme.is_some() || !prose && text[separator] == b'=';
    is_a_value(value, sure).then_some(start..end).into_iter().collect()
}

/// Each quoted text of a list.
fn listed(text: &[u8], mut at: usize) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    while all.len() < MOST_LISTED {
        at = end_of(text, at, |byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'\\' | b','));
        let end = end_of_value(text, at);
        if end == at {
            break;
        }
        all.push(at..end);
        at = end;
    }
    all
}

fn end_of_value(text: &[u8], start: usize) -> usize {
    end_of(&text[..text.len().min(start + LONGEST_VALUE)], start, |byte| !ends_a_value(byte))
}

fn past(text: &[u8], from: usize, over: &[u8]) -> usize {
    end_of(text, from, |byte| over.contains(&byte))
}

fn ends_a_value(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b',' | b';' | b'&' | b'}' | b']' | b')' | b'\\' | b'<' | b'`')
}

/// Whether this is a value and not a word about one: `password: authentication failed` has none.
fn is_a_value(value: &[u8], sure: bool) -> bool {
    let nothing: [&[u8]; 6] = [MASK.as_bytes(), b"null", b"nil", b"true", b"false", b"$("];
    if value.is_empty() || nothing.iter().any(|word| value.starts_with(word)) {
        return false;
    }
    let plain_word = value.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'.' | b':'));
    sure || value.len() >= 8 && !plain_word
}
