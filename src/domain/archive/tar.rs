//! The second layer: a tar archive of a few regular files, read as its bytes come.

/// What the bytes mean.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A regular file begins.
    File {
        /// Its name, as the archive has it.
        name: String,
        /// Bytes.
        size: u64,
        /// Seconds since 1970.
        mtime: u64,
    },
    /// More of its bytes.
    Data(&'a [u8]),
    /// It ended.
    FileEnd,
    /// It cannot be read.
    Bad(Bad),
}

/// Why a tar archive cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    /// A header that is none, or whose checksum is wrong.
    Header,
    /// Something that is not a regular file: a snapshot has none.
    Kind,
    /// More headers than a snapshot can have.
    TooMany,
    /// Bytes after the end of the archive.
    After,
}

const BLOCK: usize = 512;
/// Four files, an extended header for each, and some room.
const HEADERS: u32 = 16;
/// Extended headers are short (bytes).
const EXTENDED: u64 = 8192;

/// Takes the bytes of a tar archive in order.
#[derive(Default)]
pub struct Untar {
    state: State,
    block: Vec<u8>,
    headers: u32,
    /// What an extended header said of the next file.
    next: Extended,
    ended: bool,
}

#[derive(Default)]
enum State {
    #[default]
    Header,
    Extended {
        left: u64,
        pad: u64,
        body: Vec<u8>,
    },
    Data {
        left: u64,
        pad: u64,
    },
    Padding(u64),
    /// One zero block was seen.
    HalfEnd,
    End,
    Bad,
}

#[derive(Default)]
struct Extended {
    size: Option<u64>,
    path: Option<String>,
}

impl Untar {
    /// Whether the archive ended as one does, by two blocks of zeros.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Takes bytes and tells what they are, piece by piece.
    pub fn push(&mut self, mut bytes: &[u8], mut tell: impl FnMut(Piece<'_>)) {
        while !bytes.is_empty() {
            let taken = match &mut self.state {
                State::Header | State::HalfEnd => self.header(bytes, &mut tell),
                State::Extended { left, pad, body } => {
                    let taken = part(bytes, *left);
                    body.extend_from_slice(&bytes[..taken]);
                    *left -= taken as u64;
                    if *left == 0 {
                        let (pad, body) = (*pad, std::mem::take(body));
                        self.state = State::Padding(pad);
                        match extended(&body) {
                            Some(next) => self.next = next,
                            None => self.fail(Bad::Header, &mut tell),
                        }
                        self.settle();
                    }
                    taken
                }
                State::Data { left, pad } => {
                    let taken = part(bytes, *left);
                    tell(Piece::Data(&bytes[..taken]));
                    *left -= taken as u64;
                    if *left == 0 {
                        tell(Piece::FileEnd);
                        self.state = State::Padding(*pad);
                        self.settle();
                    }
                    taken
                }
                State::Padding(left) => {
                    let taken = part(bytes, *left);
                    *left -= taken as u64;
                    self.settle();
                    taken
                }
                State::End => {
                    // Writers fill the last record up with zeros; anything else was put there.
                    if bytes.iter().any(|byte| *byte != 0) {
                        self.fail(Bad::After, &mut tell);
                    }
                    bytes.len()
                }
                State::Bad => bytes.len(),
            };
            bytes = &bytes[taken..];
        }
    }

    fn settle(&mut self) {
        if matches!(self.state, State::Padding(0)) {
            self.state = State::Header;
        }
    }

    fn fail(&mut self, bad: Bad, tell: &mut impl FnMut(Piece<'_>)) {
        self.state = State::Bad;
        tell(Piece::Bad(bad));
    }

    fn header(&mut self, bytes: &[u8], tell: &mut impl FnMut(Piece<'_>)) -> usize {
        let taken = bytes.len().min(BLOCK - self.block.len());
        self.block.extend_from_slice(&bytes[..taken]);
        if self.block.len() < BLOCK {
            return taken;
        }
        let block = std::mem::take(&mut self.block);
        let second = matches!(self.state, State::HalfEnd);
        if block.iter().all(|byte| *byte == 0) {
            self.ended = second;
            self.state = if second { State::End } else { State::HalfEnd };
            return taken;
        }
        self.headers += 1;
        match Entry::read(&block) {
            _ if second => self.fail(Bad::Header, tell),
            _ if self.headers > HEADERS => self.fail(Bad::TooMany, tell),
            None => self.fail(Bad::Header, tell),
            Some(entry) => self.entry(entry, tell),
        }
        taken
    }

    fn entry(&mut self, entry: Entry, tell: &mut impl FnMut(Piece<'_>)) {
        if entry.kind == b'x' {
            if entry.size > EXTENDED {
                return self.fail(Bad::Header, tell);
            }
            let (left, pad) = (entry.size, padding(entry.size));
            self.state = if left == 0 { State::Header } else { State::Extended { left, pad, body: Vec::new() } };
            return;
        }
        if !matches!(entry.kind, b'0' | 0) {
            return self.fail(Bad::Kind, tell);
        }
        let next = std::mem::take(&mut self.next);
        let size = next.size.unwrap_or(entry.size);
        tell(Piece::File { name: next.path.unwrap_or(entry.name), size, mtime: entry.mtime });
        self.state = if size == 0 { State::Header } else { State::Data { left: size, pad: padding(size) } };
        if size == 0 {
            tell(Piece::FileEnd);
        }
    }
}

/// The size that a header block says; `None` when it is no header.
pub fn size_of(header: &[u8]) -> Option<u64> {
    Entry::read(header).map(|entry| entry.size)
}

fn part(bytes: &[u8], left: u64) -> usize {
    usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()))
}

fn padding(size: u64) -> u64 {
    size.next_multiple_of(BLOCK as u64) - size
}

/// One header block.
struct Entry {
    name: String,
    size: u64,
    mtime: u64,
    kind: u8,
}

impl Entry {
    /// `None` when it is no header: wrong checksum, or a number that is none.
    fn read(block: &[u8]) -> Option<Entry> {
        let sum = number(&block[148..156])?;
        let unsigned: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        let own: u64 = block[148..156].iter().map(|byte| u64::from(*byte)).sum();
        if sum != unsigned - own + 8 * u64::from(b' ') {
            return None;
        }
        let name = text(&block[..100])?;
        // Only POSIX archives have a prefix; GNU ones keep other things there.
        let posix = &block[257..263] == b"ustar\0";
        let prefix = if posix { text(&block[345..500])? } else { String::new() };
        let name = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let size = number(&block[124..136]).filter(|size| *size <= i64::MAX as u64)?;
        Some(Entry { name, size, mtime: number(&block[136..148])?, kind: block[156] })
    }
}

/// Up to the first zero byte.
fn text(field: &[u8]) -> Option<String> {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8(field[..end].to_vec()).ok()
}

/// Octal digits, or binary when the first bit is set.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        let negative = field[0] & 0x40 != 0;
        let mut bytes = std::iter::once(field[0] & 0x3f).chain(field[1..].iter().copied());
        let sum = bytes.try_fold(0_u64, |sum, byte| sum.checked_mul(256).map(|sum| sum + u64::from(byte)));
        return sum.filter(|_| !negative);
    }
    let digits = field.iter().copied().skip_while(|b| *b == b' ' || *b == 0);
    let digits: Vec<u8> = digits.take_while(|b| *b != b' ' && *b != 0).collect();
    digits.iter().try_fold(0_u64, |sum, digit| match digit {
        b'0'..=b'7' => sum.checked_mul(8).map(|sum| sum + u64::from(digit - b'0')),
        _ => None,
    })
}

/// The records of an extended header: `LENGTH KEY=VALUE\n`.
fn extended(mut body: &[u8]) -> Option<Extended> {
    let mut found = Extended::default();
    while !body.is_empty() {
        let space = body.iter().position(|byte| *byte == b' ')?;
        let length: usize = std::str::from_utf8(&body[..space]).ok()?.parse().ok()?;
        let record = body.get(space + 1..length)?.strip_suffix(b"\n")?;
        let (key, value) = std::str::from_utf8(record).ok()?.split_once('=')?;
        match key {
            "size" => found.size = Some(value.parse().ok().filter(|size| *size <= i64::MAX as u64)?),
            "path" => found.path = Some(value.to_owned()),
            _ => {}
        }
        body = &body[length..];
    }
    Some(found)
}
