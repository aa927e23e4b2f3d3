//! What the first bytes of an object tell, before anybody reads gigabytes of it. Never a proof.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contents::{Contents, Fatal, Found};
use super::gzip::{Body, Gunzip};
use super::meta::key_id;
use super::report::{self, Facts};

/// How much of an object is read for its head (bytes).
pub const HEAD: usize = 16 * 1024;
/// How much of its end (bytes); only files that are stored are readable there.
pub const TAIL: usize = 8 * 1024;

/// What the first bytes say of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Looks {
    /// It begins like a snapshot, and nothing seen contradicts that.
    Complete,
    /// It is shorter than what it announces.
    Truncated,
    /// It is something else.
    NotASnapshot,
    /// Its beginning is damaged.
    Corrupt,
}

impl Looks {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Looks::Complete => "looks complete",
            Looks::Truncated => "looks truncated",
            Looks::NotASnapshot => "not a snapshot",
            Looks::Corrupt => "looks damaged",
        }
    }
}

/// The head of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    /// How it looks.
    pub looks: Looks,
    /// Why, in one sentence.
    pub summary: String,
    /// What it tells of itself; `records` is an estimate.
    pub facts: Facts,
}

/// Judges the first bytes of an object of this size, and its last ones where they were read.
pub fn head(first: &[u8], size: u64, last: Option<&[u8]>) -> Head {
    let (mut gunzip, mut contents) = (Gunzip::default(), Contents::default());
    let mut out = Vec::with_capacity(super::CHUNK);
    let mut input = first;
    loop {
        let step = gunzip.step(input, &mut out);
        input = &input[step.taken..];
        let more = contents.push(&out);
        out.clear();
        if !step.again || !more {
            break;
        }
    }
    let body = gunzip.body();
    let whole = first.len() as u64 >= size;
    if whole {
        let found = report::judge(contents, gunzip.end(), body);
        return Head { looks: looks(found.verdict), summary: found.summary, facts: found.facts };
    }
    let broken = matches!(gunzip.end(), super::gzip::GzipEnd::NotGzip | super::gzip::GzipEnd::Broken(_));
    let (looks, summary) = judged(contents.so_far(), broken, size, body);
    let mut facts = report::beginning(contents, body);
    if body == Some(Body::Stored) {
        facts.sums_key_id = last.and_then(sealed_in).and_then(key_id);
    }
    Head { looks, summary, facts }
}

/// Whether the body is stored, by an object's first bytes: then its last ones are readable too.
pub fn is_stored(first: &[u8]) -> bool {
    let mut gunzip = Gunzip::default();
    let mut out = Vec::with_capacity(512);
    let mut input = first;
    while !input.is_empty() && gunzip.body().is_none() {
        let step = gunzip.step(input, &mut out);
        input = &input[step.taken..];
        if !step.again {
            break;
        }
    }
    gunzip.body() == Some(Body::Stored)
}

fn looks(verdict: super::Verdict) -> Looks {
    use super::Verdict;
    match verdict {
        Verdict::NotASnapshot => Looks::NotASnapshot,
        Verdict::Truncated => Looks::Truncated,
        Verdict::Corrupt | Verdict::Inconsistent => Looks::Corrupt,
        Verdict::UnsealedSums | Verdict::Suspect | Verdict::Ok => Looks::Complete,
    }
}

fn judged(found: &Found, broken: bool, size: u64, body: Option<Body>) -> (Looks, String) {
    if found.mtime.is_none() {
        return (Looks::NotASnapshot, "it does not begin like a snapshot".into());
    }
    if broken || found.fatal.as_ref().is_some_and(|fatal| !matches!(fatal, Fatal::MoreThanSaid)) {
        return (Looks::Corrupt, "its beginning is damaged".into());
    }
    let Some(Ok(meta)) = &found.meta else {
        return match &found.meta {
            Some(Err(why)) => (Looks::Corrupt, why.clone()),
            _ => (Looks::Complete, "it begins like a snapshot; meta.json comes later".into()),
        };
    };
    let Ok(said) = u64::try_from(meta.size) else { return (Looks::Corrupt, "meta.json says a negative size".into()) };
    if found.state_size.is_some_and(|state| state != said) {
        return (Looks::Corrupt, "meta.json and the archive disagree about the length of the data".into());
    }
    let least = shortest(found.meta_length, said);
    if body == Some(Body::Stored) && size < least {
        return (Looks::Truncated, format!("it announces at least {least} bytes and has {size}"));
    }
    (Looks::Complete, "it begins like a snapshot".into())
}

/// The least that a stored snapshot can have with this much data (bytes): matched to the byte on files that Go's own
/// writer made, with 512 bytes for the sums that the seal encrypted.
pub fn shortest(meta: u64, state: u64) -> u64 {
    let pad = |n: u64| n.next_multiple_of(512);
    let extended = if state >= 8 << 30 { 1024 } else { 0 };
    let tar = 4 * 512 + pad(meta) + pad(state) + 512 + 512 + 1024 + extended;
    tar + 5 * tar.div_ceil(65_535) + 5 + 18
}

/// `SHA256SUMS.sealed` in the last bytes of a stored file; `None` when a block of the gzip layer begins within.
fn sealed_in(last: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"SHA256SUMS.sealed\0";
    let at = last.windows(NAME.len()).rposition(|window| window == NAME)?;
    let header = last.get(at..at + 512)?;
    let size = super::tar::size_of(header)?;
    last.get(at + 512..at + 512 + usize::try_from(size).ok()?)
}
