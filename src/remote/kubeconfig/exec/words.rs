//! What a credential helper says on stderr where nobody sits at the terminal: kept until it ends, then passed on without
//! secrets. Logs of pipelines are read by many.

use std::future::Future;
use std::io::Write as _;
use std::pin::pin;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::ChildStderr;

use crate::api::redact::{redact, remember};
use crate::api::text::clean;

/// So much of it is kept, the first words.
const KEPT: usize = 64 << 10;
/// Another program that the helper left behind may hold the stream open: it is not waited for longer than this.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Does the work and hears what is said meanwhile.
pub(super) async fn heard<T>(stderr: Option<ChildStderr>, words: &mut Vec<u8>, work: impl Future<Output = T>) -> T {
    let Some(stderr) = stderr else { return work.await };
    let (mut work, mut listening) = (pin!(work), pin!(listen(stderr, words)));
    let mut ended = false;
    let outcome = loop {
        tokio::select! {
            outcome = &mut work => break outcome,
            () = &mut listening, if !ended => ended = true,
        }
    };
    if !ended {
        let _ = tokio::time::timeout(LAST_WORDS, listening).await;
    }
    outcome
}

async fn listen(mut stderr: ChildStderr, words: &mut Vec<u8>) {
    let mut chunk = [0; 4096];
    // Read to the end all the same: a full pipe would stop the helper.
    while let Ok(count @ 1..) = stderr.read(&mut chunk).await {
        words.extend_from_slice(&chunk[..count.min(KEPT.saturating_sub(words.len()))]);
    }
}

/// What a helper printed where a credential should be may hold one, in whatever form: none of its long words is repeated.
pub(super) fn are_secret(output: &[u8]) {
    let text = String::from_utf8_lossy(&output[..output.len().min(KEPT)]);
    let part = |c: char| c.is_ascii_alphanumeric() || "+/=._-".contains(c);
    text.split(|c| !part(c)).filter(|word| word.len() >= 16).for_each(remember);
}

/// Writes the words where the helper would have written them.
pub(super) fn pass_on(words: &[u8]) {
    if words.is_empty() {
        return;
    }
    let words = String::from_utf8_lossy(words);
    let lines: Vec<_> = words.lines().map(clean).collect();
    let text = lines.join("\n") + "\n";
    // Nothing can be said to a terminal that does not take text.
    let _ = std::io::stderr().write_all(redact(&text).as_bytes());
}
