//! A snapshot, checked as its bytes come: what the server checks, and what it finds out only when it is too late.

pub mod contents;
pub mod gzip;
pub mod head;
pub mod meta;
pub mod pipeline;
pub mod records;
pub mod report;
pub mod tar;

use contents::Contents;
use gzip::Gunzip;
pub use report::{Report, Verdict};

#[cfg(test)]
mod tests;

/// How much is unpacked at a time (bytes).
pub const CHUNK: usize = 256 * 1024;

/// Checks an object that is at hand, in one thread.
pub fn verify<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Report {
    let (mut gunzip, mut contents) = (Gunzip::default(), Contents::default());
    let mut out = Vec::with_capacity(CHUNK);
    'object: for mut input in chunks {
        loop {
            let step = gunzip.step(input, &mut out);
            input = &input[step.taken..];
            let more = contents.push(&out);
            out.clear();
            if !more {
                break 'object;
            }
            if !step.again {
                break;
            }
        }
    }
    let body = gunzip.body();
    report::judge(contents, gunzip.end(), body)
}
