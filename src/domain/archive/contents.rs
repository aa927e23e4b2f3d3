//! What is in the archive: four files, two of which are summed, one of which is the data.

use sha2::{Digest, Sha256};

use super::meta::{Meta, Sums};
use super::records::Records;
use super::tar::{self, Piece, Untar};
use crate::api::text::hex;

/// The files of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// `meta.json`.
    Meta,
    /// `state.bin`.
    State,
    /// `SHA256SUMS`.
    Sums,
    /// `SHA256SUMS.sealed`.
    Sealed,
}

impl File {
    const ALL: [(File, &str); 4] =
        [(File::Meta, "meta.json"), (File::State, "state.bin"), (File::Sums, "SHA256SUMS"), (File::Sealed, "SHA256SUMS.sealed")];

    fn named(name: &str) -> Option<File> {
        File::ALL.iter().find(|(_, own)| *own == name).map(|(file, _)| *file)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        File::ALL.iter().find(|(file, _)| *file == self).map_or("", |(_, name)| name)
    }
}

/// Why nothing after it can be trusted, or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fatal {
    /// The archive itself cannot be read.
    Tar(tar::Bad),
    /// A file that no snapshot has. Its name stays here: it may be anything.
    Unexpected,
    /// A file for the second time.
    Twice(File),
    /// A small file that is longer than the server reads.
    TooLong(File),
    /// More data than `meta.json` announces.
    MoreThanSaid,
}

/// The server reads one byte less of each small file (bytes).
const SMALL: u64 = 8192;
/// How much longer than announced the data may be before reading it makes no sense (bytes).
const SLACK: u64 = 1 << 20;

/// Takes what the object unpacks to.
#[derive(Default)]
pub struct Contents {
    tar: Untar,
    open: Option<File>,
    held: Vec<u8>,
    hash: Sha256,
    found: Found,
}

/// What was found, as far as it was read.
#[derive(Default)]
pub struct Found {
    /// Bytes that were unpacked.
    pub unpacked: u64,
    /// Why reading ended before the end.
    pub fatal: Option<Fatal>,
    /// When the archive was written: seconds since 1970, by its first header.
    pub mtime: Option<u64>,
    /// `meta.json`, or why it cannot be read.
    pub meta: Option<Result<Meta, String>>,
    /// Its SHA-256.
    pub meta_sum: Option<String>,
    /// Its length (bytes).
    pub meta_length: u64,
    /// Length of `state.bin` by the archive (bytes).
    pub state_size: Option<u64>,
    /// Bytes of it that were read.
    pub state_read: u64,
    /// Its SHA-256, once it was read whole.
    pub state_sum: Option<String>,
    /// `SHA256SUMS`, or why it cannot be read.
    pub sums: Option<Result<Sums, String>>,
    /// `SHA256SUMS.sealed`.
    pub sealed: Option<Vec<u8>>,
    /// Whether the archive ended as one does.
    pub ended: bool,
    /// The data.
    pub records: Records,
}

impl Contents {
    /// Takes more bytes; `false` when nothing more can be learned.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        if self.found.fatal.is_some() {
            return false;
        }
        self.found.unpacked += bytes.len() as u64;
        let Contents { tar, open, held, hash, found } = self;
        tar.push(bytes, |piece| {
            if found.fatal.is_none()
                && let Err(fatal) = take(piece, open, held, hash, found)
            {
                found.fatal = Some(fatal);
            }
        });
        self.found.fatal.is_none()
    }

    /// What was found so far, of the beginning of an object.
    pub fn so_far(&self) -> &Found {
        &self.found
    }

    /// What was found.
    pub fn end(mut self) -> Found {
        self.found.ended = self.tar.ended();
        self.found
    }
}

fn take(
    piece: Piece<'_>,
    open: &mut Option<File>,
    held: &mut Vec<u8>,
    hash: &mut Sha256,
    found: &mut Found,
) -> Result<(), Fatal> {
    match piece {
        Piece::File { name, size, mtime } => {
            let file = File::named(&name).ok_or(Fatal::Unexpected)?;
            found.mtime = found.mtime.or(Some(mtime));
            begin(file, size, found)?;
            *open = Some(file);
        }
        Piece::Data(bytes) => match open {
            Some(File::State) => {
                found.state_read += bytes.len() as u64;
                if let Some(Ok(meta)) = &found.meta
                    && u64::try_from(meta.size).is_ok_and(|size| found.state_read > size.saturating_add(SLACK))
                {
                    return Err(Fatal::MoreThanSaid);
                }
                hash.update(bytes);
                found.records.push(bytes);
            }
            _ => held.extend_from_slice(bytes),
        },
        Piece::FileEnd => {
            if let Some(file) = open.take() {
                end(file, std::mem::take(held), hash, found);
            }
        }
        Piece::Bad(bad) => return Err(Fatal::Tar(bad)),
    }
    Ok(())
}

fn begin(file: File, size: u64, found: &mut Found) -> Result<(), Fatal> {
    let known = match file {
        File::Meta => found.meta.is_some(),
        File::State => found.state_size.is_some(),
        File::Sums => found.sums.is_some(),
        File::Sealed => found.sealed.is_some(),
    };
    if known {
        return Err(Fatal::Twice(file));
    }
    if file == File::State {
        found.state_size = Some(size);
    } else if size >= SMALL {
        return Err(Fatal::TooLong(file));
    }
    Ok(())
}

fn end(file: File, held: Vec<u8>, hash: &mut Sha256, found: &mut Found) {
    match file {
        File::Meta => {
            found.meta_length = held.len() as u64;
            found.meta_sum = Some(hex(&Sha256::digest(&held)));
            found.meta = Some(Meta::read(&held));
        }
        File::State => found.state_sum = Some(hex(&std::mem::take(hash).finalize())),
        File::Sums => found.sums = Some(Sums::read(&held)),
        File::Sealed => found.sealed = Some(held),
    }
}
