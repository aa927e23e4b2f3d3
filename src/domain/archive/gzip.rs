//! The outer layer: one gzip member, its header, its checksum, and nothing after it.

use flate2::{Crc, Decompress, FlushDecompress, Status};

/// How the body is written: OpenBao before 2.6 compresses, later versions only store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Compressed.
    Deflate,
    /// Stored blocks, nothing compressed.
    Stored,
}

/// How the gzip layer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GzipEnd {
    /// Whole: checksum and length are right, and nothing follows.
    Whole,
    /// Reading stopped before, because of what came out.
    NotReached,
    /// No byte at all.
    Empty,
    /// It does not begin like a gzip file.
    NotGzip,
    /// It ended before the compressed data did.
    Cut,
    /// The compressed data cannot be read, at this byte of the object.
    Broken(u64),
    /// The data ended, and so many of the eight bytes of the trailer are missing.
    TrailerCut(usize),
    /// The data does not have the checksum or length of the trailer.
    TrailerWrong,
    /// Bytes follow; `true`: they begin like a second member.
    More(u64, bool),
}

/// Takes the bytes of an object in order and gives what they unpack to.
pub struct Gunzip {
    state: State,
    held: Vec<u8>,
    inflate: Decompress,
    crc: Crc,
    body: Option<Body>,
    taken: u64,
    after: u64,
    second: Vec<u8>,
}

enum State {
    Header,
    Body,
    Trailer,
    After,
    Bad(GzipEnd),
}

/// What one call did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// How many bytes of the input were taken.
    pub taken: usize,
    /// Whether the same call would do more: there is input left, or the output was full.
    pub again: bool,
}

/// Go's reader allows names and comments of this length (bytes).
const TEXT: usize = 512;
const TRAILER: usize = 8;

impl Default for Gunzip {
    fn default() -> Self {
        Gunzip {
            state: State::Header,
            held: Vec::new(),
            inflate: Decompress::new(false),
            crc: Crc::new(),
            body: None,
            taken: 0,
            after: 0,
            second: Vec::new(),
        }
    }
}

impl Gunzip {
    /// How the body is written, once its first byte was seen.
    pub fn body(&self) -> Option<Body> {
        self.body
    }

    /// Unpacks into the spare capacity of `out`, which must have some.
    pub fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> Step {
        let taken = match self.state {
            State::Header => self.header(input),
            State::Body => return self.inflate(input, out),
            State::Trailer => self.trailer(input),
            State::After => self.follow(input),
            State::Bad(_) => input.len(),
        };
        self.taken += taken as u64;
        Step { taken, again: taken < input.len() }
    }

    /// How it ended, when the object has.
    pub fn end(self) -> GzipEnd {
        match self.state {
            State::Bad(end) => end,
            State::Header if self.taken == 0 => GzipEnd::Empty,
            // The ten bytes that a failed save leaves are a gzip header, and nothing more.
            State::Header | State::Body => GzipEnd::Cut,
            State::Trailer => GzipEnd::TrailerCut(TRAILER - self.held.len()),
            State::After if self.after > 0 => GzipEnd::More(self.after, self.second == [0x1f, 0x8b]),
            State::After => GzipEnd::Whole,
        }
    }

    fn header(&mut self, input: &[u8]) -> usize {
        // A header is short: byte by byte is simple, and costs nothing.
        for (i, byte) in input.iter().enumerate() {
            self.held.push(*byte);
            match header_length(&self.held) {
                Header::Unfinished => {}
                Header::Bad => {
                    self.state = State::Bad(GzipEnd::NotGzip);
                    return i + 1;
                }
                Header::Ends => {
                    self.held.clear();
                    self.state = State::Body;
                    return i + 1;
                }
            }
        }
        input.len()
    }

    fn inflate(&mut self, input: &[u8], out: &mut Vec<u8>) -> Step {
        if let (None, Some(first)) = (self.body, input.first()) {
            self.body = Some(if first & 0b110 == 0 { Body::Stored } else { Body::Deflate });
        }
        let (before, given) = (self.inflate.total_in(), out.len());
        let status = self.inflate.decompress_vec(input, out, FlushDecompress::None);
        let taken = usize::try_from(self.inflate.total_in() - before).unwrap_or(input.len());
        self.taken += taken as u64;
        self.crc.update(&out[given..]);
        match status {
            Ok(Status::StreamEnd) => self.state = State::Trailer,
            Ok(Status::Ok | Status::BufError) => {}
            Err(_) => self.state = State::Bad(GzipEnd::Broken(self.taken)),
        }
        Step { taken, again: taken < input.len() || (out.len() == out.capacity() && matches!(self.state, State::Body)) }
    }

    fn trailer(&mut self, input: &[u8]) -> usize {
        let taken = input.len().min(TRAILER - self.held.len());
        self.held.extend_from_slice(&input[..taken]);
        if let [a, b, c, d, e, f, g, h] = self.held[..] {
            let (crc, size) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
            let right = crc == self.crc.sum() && size == self.crc.amount();
            self.state = if right { State::After } else { State::Bad(GzipEnd::TrailerWrong) };
        }
        taken
    }

    fn follow(&mut self, input: &[u8]) -> usize {
        let wanted = 2 - self.second.len();
        self.second.extend(input.iter().take(wanted));
        self.after += input.len() as u64;
        input.len()
    }
}

enum Header {
    Unfinished,
    Ends,
    Bad,
}

/// RFC 1952: ten fixed bytes, then what the flags announce.
fn header_length(held: &[u8]) -> Header {
    const FIXED: [u8; 3] = [0x1f, 0x8b, 8];
    if held.iter().zip(FIXED).any(|(is, wanted)| *is != wanted) {
        return Header::Bad;
    }
    let Some(flags) = held.get(3).copied().filter(|_| held.len() >= 10) else { return Header::Unfinished };
    // Reserved: Go passes over them, others refuse the file. No writer of snapshots sets any flag.
    if flags & 0xe0 != 0 {
        return Header::Bad;
    }
    let mut at = 10;
    if flags & 4 != 0 {
        let Some(length) = held.get(at..at + 2) else { return Header::Unfinished };
        at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    for text in [8, 16] {
        if flags & text != 0 {
            let rest = held.get(at..).unwrap_or_default();
            match rest.iter().position(|byte| *byte == 0) {
                Some(end) if end < TEXT => at += end + 1,
                _ if rest.len() >= TEXT => return Header::Bad,
                _ => return Header::Unfinished,
            }
        }
    }
    if flags & 2 != 0 {
        let Some(sum) = held.get(at..at + 2) else { return Header::Unfinished };
        let mut crc = Crc::new();
        crc.update(&held[..at]);
        if u32::from(u16::from_le_bytes([sum[0], sum[1]])) != crc.sum() & 0xffff {
            return Header::Bad;
        }
        at += 2;
    }
    if held.len() < at { Header::Unfinished } else { Header::Ends }
}
