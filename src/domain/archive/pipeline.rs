//! The same checks on two cores: one unpacks, one looks at what comes out; the sum of the object goes where there is time.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use sha2::{Digest, Sha256};

use super::CHUNK;
use super::contents::Contents;
use super::gzip::{Body, Gunzip, GzipEnd};
use super::report::{self, Report};
use crate::api::text::hex;

/// How many pieces wait between two stages: enough that neither waits for a hiccup of the other.
const WAITING: usize = 8;

/// A verification under way.
pub struct Pipeline<B> {
    input: Option<SyncSender<B>>,
    unpacker: JoinHandle<(GzipEnd, Option<Body>, Sha256)>,
    reader: JoinHandle<(Contents, Sha256)>,
}

/// What goes from the unpacking stage to the reading one.
struct Piece<B> {
    unpacked: Vec<u8>,
    /// Bytes of the object whose sum is left to the reading stage.
    raw: Option<B>,
}

impl<B: AsRef<[u8]> + Send + 'static> Pipeline<B> {
    /// Starts both stages. Each piece that was given is handed to `done` once nobody reads it any more.
    pub fn start(done: impl Fn(B) + Clone + Send + 'static) -> Pipeline<B> {
        let (input, raw) = sync_channel::<B>(WAITING);
        let (pieces, unpacked) = sync_channel::<Piece<B>>(WAITING);
        let (used, spare) = sync_channel::<Vec<u8>>(WAITING + 2);
        let also_done = done.clone();
        let unpacker = std::thread::spawn(move || unpack(&raw, &pieces, &spare, also_done));
        let reader = std::thread::spawn(move || read(&unpacked, &used, done));
        Pipeline { input: Some(input), unpacker, reader }
    }

    /// Gives more bytes; `false` when nothing more can be learned from them.
    pub fn push(&self, bytes: B) -> bool {
        self.input.as_ref().is_some_and(|input| input.send(bytes).is_ok())
    }

    /// Waits for both stages; the report, and the SHA-256 of the whole object when it was read to its end.
    pub fn finish(mut self) -> Option<(Report, String)> {
        drop(self.input.take());
        let (end, body, first) = self.unpacker.join().ok()?;
        let (contents, second) = self.reader.join().ok()?;
        let sum = if body == Some(Body::Deflate) { second } else { first };
        Some((report::judge(contents, end, body), hex(&sum.finalize())))
    }
}

fn unpack<B: AsRef<[u8]>>(
    raw: &Receiver<B>,
    pieces: &SyncSender<Piece<B>>,
    spare: &Receiver<Vec<u8>>,
    done: impl Fn(B),
) -> (GzipEnd, Option<Body>, Sha256) {
    let (mut gunzip, mut sum) = (Gunzip::default(), Sha256::new());
    let mut out = Vec::with_capacity(CHUNK);
    'object: for bytes in raw {
        let mut input = bytes.as_ref();
        let mut mine = gunzip.body();
        loop {
            let step = gunzip.step(input, &mut out);
            input = &input[step.taken..];
            mine = mine.or(gunzip.body());
            if out.len() == out.capacity() {
                let next = spare.try_recv().unwrap_or_else(|_| Vec::with_capacity(CHUNK));
                let unpacked = std::mem::replace(&mut out, next);
                if pieces.send(Piece { unpacked, raw: None }).is_err() {
                    break 'object;
                }
            }
            if !step.again {
                break;
            }
        }
        // Unpacking stored blocks costs nothing, so there is time for the sum here; compressed ones take all of it.
        let left = if mine == Some(Body::Deflate) {
            Some(bytes)
        } else {
            sum.update(bytes.as_ref());
            done(bytes);
            None
        };
        if let Some(raw) = left
            && pieces.send(Piece { unpacked: Vec::new(), raw: Some(raw) }).is_err()
        {
            break;
        }
    }
    let _ = pieces.send(Piece { unpacked: out, raw: None });
    let body = gunzip.body();
    (gunzip.end(), body, sum)
}

fn read<B: AsRef<[u8]>>(pieces: &Receiver<Piece<B>>, used: &SyncSender<Vec<u8>>, done: impl Fn(B)) -> (Contents, Sha256) {
    let (mut contents, mut sum) = (Contents::default(), Sha256::new());
    for mut piece in pieces {
        if let Some(raw) = piece.raw {
            sum.update(raw.as_ref());
            done(raw);
        }
        if !contents.push(&piece.unpacked) {
            break;
        }
        if piece.unpacked.capacity() > 0 {
            piece.unpacked.clear();
            let _ = used.try_send(piece.unpacked);
        }
    }
    (contents, sum)
}
