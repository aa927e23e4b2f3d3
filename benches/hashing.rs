//! What verifying a snapshot costs at the least: unpacking and hashing, by the same libraries in one thread, and nothing
//! else. The peer of `benches/verify`.
//!
//!     hashing one|both stored|deflate FILE
//!
//! `one` hashes the data, as a server does; `both` the object as well, as `snapshots verify` does. Stored blocks are not
//! unpacked here: the bytes of the file stand for the data, which is as long to a tenth of a percent.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::fs::File;
use std::io::{self, Read};

use flate2::{Decompress, FlushDecompress, Status};
use sha2::{Digest, Sha256};

/// Bytes that are read, and unpacked, at a time: the same as the plugin's.
const CHUNK: usize = 256 * 1024;
/// Length of a gzip header as Go writes it (bytes).
const HEADER: usize = 10;

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (object, data) = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [sums @ ("one" | "both"), "stored", file] => stored(File::open(file)?, sums == "both")?,
        [sums @ ("one" | "both"), "deflate", file] => deflate(File::open(file)?, sums == "both")?,
        _ => return Err(io::Error::other("usage: hashing one|both stored|deflate FILE")),
    };
    println!("{:x?} {:x?}", object.finalize(), data.finalize());
    Ok(())
}

fn stored(mut file: File, both: bool) -> io::Result<(Sha256, Sha256)> {
    let (mut object, mut data) = (Sha256::new(), Sha256::new());
    let mut bytes = vec![0; CHUNK];
    loop {
        let count = file.read(&mut bytes)?;
        if count == 0 {
            return Ok((object, data));
        }
        if both {
            object.update(&bytes[..count]);
        }
        data.update(&bytes[..count]);
    }
}

fn deflate(mut file: File, both: bool) -> io::Result<(Sha256, Sha256)> {
    let (mut object, mut data) = (Sha256::new(), Sha256::new());
    let mut inflate = Decompress::new(false);
    let (mut bytes, mut out) = (vec![0; CHUNK], Vec::with_capacity(CHUNK));
    let mut skip = HEADER;
    loop {
        let count = file.read(&mut bytes)?;
        if count == 0 {
            return Ok((object, data));
        }
        if both {
            object.update(&bytes[..count]);
        }
        let mut input = &bytes[skip..count];
        skip = 0;
        loop {
            let before = inflate.total_in();
            out.clear();
            let status = inflate.decompress_vec(input, &mut out, FlushDecompress::None)?;
            data.update(&out);
            input = &input[usize::try_from(inflate.total_in() - before).map_err(io::Error::other)?..];
            if status == Status::StreamEnd || (input.is_empty() && out.len() < out.capacity()) {
                break;
            }
        }
    }
}
