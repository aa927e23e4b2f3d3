//! The secrets that this process holds: whoever repeats them, in whatever spelling, they are not passed on.

use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A shorter secret could be a part of ordinary words.
const SHORTEST: usize = 8;
/// More than a process ever has: a helper that gives a new token again and again costs no more than this.
const MOST: usize = 512;

static KNOWN: RwLock<Vec<Vec<u8>>> = RwLock::new(Vec::new());

/// From now on this value is masked in everything that is said, as it is, in base64 and percent-encoded. Values of fewer than
/// 8 bytes are not: they would mask words.
pub fn remember(secret: &str) {
    let secret = secret.trim();
    if secret.len() < SHORTEST {
        return;
    }
    let spellings = spellings(secret);
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    for spelling in spellings {
        if !known.contains(&spelling) {
            known.push(spelling);
        }
    }
    let surplus = known.len().saturating_sub(MOST);
    known.drain(..surplus);
}

fn spellings(secret: &str) -> [Vec<u8>; 6] {
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let quoted = serde_json::Value::from(secret).to_string();
    [
        secret.to_owned(),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        percent.to_lowercase(),
        percent,
        // As it stands in a JSON document.
        quoted.trim_matches('"').to_owned(),
    ]
    .map(String::into_bytes)
}

pub(super) fn find(text: &[u8], found: &mut Vec<Range<usize>>) {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    for secret in known.iter().filter(|secret| secret.len() <= text.len()) {
        found.extend(memmem::find_iter(text, secret).map(|at| at..at + secret.len()));
    }
}
