//! Secrets that are told by how they look: long words that begin as only secrets do.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{end_of, is_base64};

/// No secret that is told by its shape is shorter.
const SHORTEST: usize = 20;

pub(super) fn find(text: &[u8], found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while at < text.len() {
        let Some(begin) = text[at..].iter().position(|byte| WORD[usize::from(*byte)]) else { return };
        at += begin;
        let end = end_of(text, at, |byte| WORD[usize::from(byte)]);
        if end - at >= SHORTEST {
            in_word(text, at..end, found);
        }
        at = end;
    }
}

/// Bytes of tokens, and of what may stand around one without a space: `token=hvs.…`, `%20s.…`. A table, because every byte of
/// a log is looked up.
const WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'.' | b'=' | b'%');
        byte += 1;
    }
    table
};

/// Looks for a secret at each place in a long word where one can begin.
fn in_word(text: &[u8], word: Range<usize>, found: &mut Vec<Range<usize>>) {
    let mut at = word.start;
    while at + SHORTEST <= word.end {
        let begins = at == 0 || !text[at - 1].is_ascii_alphanumeric() || escaped_before(text, at);
        // A word of base64 goes on behind these: it began before.
        let within = at > 0 && is_base64(text[at - 1]) && !escaped_before(text, at);
        match begins.then(|| length(&text[at..word.end], within)).flatten() {
            Some(length) => {
                found.push(at..at + length);
                at += length;
            }
            None => at += 1,
        }
    }
}

/// Whether a `%20` or `\n` stands before this place.
fn escaped_before(text: &[u8], at: usize) -> bool {
    let percent = at >= 3 && text[at - 3] == b'%' && text[at - 2].is_ascii_hexdigit() && text[at - 1].is_ascii_hexdigit();
    percent || at >= 2 && text[at - 2] == b'\\' && matches!(text[at - 1], b'n' | b'r' | b't')
}

/// How long the secret is that begins here, if one does.
fn length(text: &[u8], within: bool) -> Option<usize> {
    match text[0] {
        b'h' | b's' | b'b' | b'r' => openbao(text),
        b'A' => amazon(text),
        b'y' => google(text),
        _ if within => None,
        b'e' => jwt(text),
        b'a' | b'c' | b'Y' | b'Z' | b'L' | b'Q' => encoded(text),
        _ => None,
    }
}

/// Tokens of OpenBao and Vault: service, batch and recovery tokens, with their namespace.
fn openbao(text: &[u8]) -> Option<usize> {
    let (prefix, shortest) = match text {
        [b'h', b'v', b's' | b'b' | b'r', b'.', ..] => (4, 20),
        // So short a beginning needs more of a proof: random letters are of both cases, names and hashes are not.
        [b's' | b'b' | b'r', b'.', ..] => (2, 24),
        _ => return None,
    };
    let end = end_of(text, prefix, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let body = &text[prefix..end];
    let mixed = body.iter().any(u8::is_ascii_uppercase) && body.iter().any(u8::is_ascii_lowercase);
    if body.len() < shortest || prefix == 2 && !mixed {
        return None;
    }
    // `.nsid` of a token in a namespace.
    Some(if text.get(end) == Some(&b'.') { end_of(text, end + 1, |byte| byte.is_ascii_alphanumeric()) } else { end })
}

/// Header and claims in base64url, and the signature.
fn jwt(text: &[u8]) -> Option<usize> {
    let part = |from| end_of(text, from, |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let first = text.starts_with(b"eyJ").then(|| part(0)).filter(|end| *end >= 12 && text.get(*end) == Some(&b'.'))?;
    let second = part(first + 1);
    if second - first <= 12 {
        return None;
    }
    Some(if text.get(second) == Some(&b'.') { part(second + 1) } else { second })
}

/// Key ids: by themselves no secret, but half of one.
fn amazon(text: &[u8]) -> Option<usize> {
    let end = end_of(text, 0, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let known = text.starts_with(b"AKIA") || text.starts_with(b"ASIA");
    let alone = text.get(end).is_none_or(|byte| !byte.is_ascii_alphanumeric());
    (known && alone && (20..=32).contains(&end)).then_some(end)
}

/// Access tokens of Google.
fn google(text: &[u8]) -> Option<usize> {
    let end = end_of(text, 0, |byte| is_base64(byte) || byte == b'.');
    (text.starts_with(b"ya29.") && end >= 30).then_some(end)
}

/// Base64 of anything above, as a Secret holds it: what these words begin with (`hv`, `s.`, `b.`, `r.`, `eyJ`, `-----BEGIN`,
/// `AKIA`, `ASIA`) begins like this, and what is encoded must be a secret by its own shape.
fn encoded(text: &[u8]) -> Option<usize> {
    const BEGINNINGS: [&[u8]; 8] = [b"aHZ", b"cy", b"Yi", b"ci", b"ZXlK", b"LS0tLS1CRUdJT", b"QUtJQ", b"QVNJQ"];
    if !BEGINNINGS.iter().any(|beginning| text.starts_with(beginning)) {
        return None;
    }
    let end = end_of(text, 0, is_base64);
    let standard: Vec<u8> = text[..end]
        .iter()
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    let plain = lenient().decode(&standard).ok().or_else(|| {
        // Cut off in the middle.
        lenient().decode(&standard[..standard.len() / 4 * 4]).ok()
    })?;
    let secret = is_secret(&plain);
    secret.then(|| end_of(text, end, |byte| byte == b'='))
}

fn is_secret(plain: &[u8]) -> bool {
    if plain.starts_with(b"-----BEGIN") {
        let mut found = Vec::new();
        super::pem::find(plain, false, &mut found);
        return !found.is_empty();
    }
    let direct = match plain.first() {
        Some(b'h' | b's' | b'b' | b'r') => openbao(plain),
        Some(b'e') => jwt(plain),
        Some(b'A') => amazon(plain),
        _ => None,
    };
    direct.is_some()
}

fn lenient() -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&alphabet::STANDARD, config)
}
