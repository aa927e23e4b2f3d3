//! A verification under way: bytes from a file go through both stages of the checks, and how far it is can be asked.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;

use tokio::sync::{mpsc, oneshot};

use bytes::Bytes;

use crate::domain::archive::pipeline::Pipeline;
use crate::domain::archive::{CHUNK, Report};
use crate::remote::object_store::{Reading, StoreFailure};

/// How far it is.
#[derive(Debug, Default)]
pub struct Progress {
    read: AtomicU64,
}

impl Progress {
    /// Bytes of the object that were read.
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

/// A snapshot that was read to its end, or until nothing more could be learned.
#[derive(Debug)]
pub struct Verified {
    /// What was found.
    pub report: Report,
    /// Bytes of the object that were read.
    pub read: u64,
    /// The SHA-256 of the object; `None` when it was not read to its end.
    pub sha256: Option<String>,
}

/// Checks what a reader gives, on threads of their own: whoever stops waiting leaves at once.
pub fn of_reader(reader: impl Read + Send + 'static, progress: Arc<Progress>) -> oneshot::Receiver<io::Result<Verified>> {
    let (done, result) = oneshot::channel();
    std::thread::spawn(move || {
        // Nobody waits any more: nothing is left to tell.
        let _ = done.send(run(reader, &progress));
    });
    result
}

fn run(mut reader: impl Read, progress: &Progress) -> io::Result<Verified> {
    // A few buffers go round: fresh memory for each costs more than reading into it.
    let (done, used) = sync_channel(WAITING);
    let pipeline = Pipeline::start(move |bytes| {
        let _ = done.try_send(bytes);
    });
    let mut whole = false;
    loop {
        let mut bytes = used.try_recv().unwrap_or_else(|_| Vec::with_capacity(CHUNK));
        bytes.clear();
        // A pipe gives little at a time.
        let count = reader.by_ref().take(CHUNK as u64).read_to_end(&mut bytes)?;
        progress.read.fetch_add(count as u64, Ordering::Relaxed);
        if count == 0 {
            whole = true;
            break;
        }
        if !pipeline.push(bytes) {
            break;
        }
    }
    let (report, sum) = pipeline.finish().ok_or_else(|| io::Error::other("a check ended unexpectedly"))?;
    Ok(Verified { report, read: progress.read(), sha256: whole.then_some(sum) })
}

/// Checks an object of a bucket while it is read. Dropping it ends the reading.
///
/// # Errors
/// Reading failed, or the object was replaced meanwhile.
pub async fn of_object(mut reading: Reading, progress: Arc<Progress>) -> Result<Option<Verified>, StoreFailure> {
    let (bytes, checks) = handed_over();
    let mut whole = true;
    while let Some(chunk) = reading.next().await? {
        progress.read.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        // The checks keep their own pace: waiting for them must not hold up a thread of the runtime.
        if bytes.send(chunk).await.is_err() {
            whole = false;
            break;
        }
    }
    drop(bytes);
    let Ok(Some((report, sum))) = checks.await else { return Ok(None) };
    Ok(Some(Verified { report, read: progress.read(), sha256: whole.then_some(sum) }))
}

type Found = oneshot::Receiver<Option<(Report, String)>>;

/// How many chunks of the network may wait for the checks, and how many buffers of a file for the next bytes.
const WAITING: usize = 64;

fn handed_over() -> (mpsc::Sender<Bytes>, Found) {
    let (sender, mut chunks) = mpsc::channel::<Bytes>(WAITING);
    let (done, found) = oneshot::channel();
    std::thread::spawn(move || {
        let pipeline = Pipeline::start(drop);
        while let Some(chunk) = chunks.blocking_recv() {
            if !pipeline.push(chunk) {
                break;
            }
        }
        drop(chunks);
        let _ = done.send(pipeline.finish());
    });
    (sender, found)
}
