//! The innermost layer, `state.bin`: length-prefixed protobuf records, each a key and a value.
//!
//! Keys and values are never kept longer than they are needed, and never leave this module: counts do.

/// Why the records cannot be read. The server finds out only after it answered, and seals itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    /// A length or a field number that is none.
    Varint,
    /// Longer than the server reads (2^31-1 bytes).
    TooLong,
    /// Not the fields that a record has.
    Field,
    /// A key that is not UTF-8.
    KeyText,
    /// No key, or one longer than the database takes (32,768 bytes).
    KeyLength,
    /// It ends within a record.
    Cut,
}

impl Bad {
    /// What is wrong with it.
    pub fn as_str(self) -> &'static str {
        match self {
            Bad::Varint => "a length that cannot be read",
            Bad::TooLong => "a record longer than a server reads",
            Bad::Field => "a record that is no storage entry",
            Bad::KeyText => "a key that is not text",
            Bad::KeyLength => "an empty or too long key",
            Bad::Cut => "a record cut short",
        }
    }
}

/// What the records are about.
pub const KINDS: [(&str, &str); 9] = [
    ("core/", "core"),
    ("sys/token/", "tokens"),
    ("sys/expire/", "leases"),
    ("sys/policy/", "policies"),
    ("sys/", "system"),
    ("logical/", "secrets engines"),
    ("auth/", "auth methods"),
    ("namespaces/", "namespaces"),
    ("", "other"),
];

/// Keys without which it is no backup of a whole OpenBao; newer servers keep one key for each mount below `core/mounts/`.
pub const ESSENTIAL: [&str; 4] = ["core/hsm/barrier-unseal-keys", "core/keyring", "core/mounts", "core/seal-config"];

/// Values that are readable without any key, and wanted.
const PLAIN: [&str; 2] = ["core/hsm/barrier-unseal-keys", "core/seal-config"];
/// Longer ones are not what they should be (bytes).
const PLAIN_LENGTH: usize = 64 * 1024;
const KEY_LENGTH: usize = 32_768;
const VERSIONS: &str = "core/versions/";
/// A version is short (bytes).
const VERSION_LENGTH: usize = 64;

/// What the records told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// How many there are.
    pub count: u64,
    /// How many of each of [`KINDS`].
    pub kinds: [u64; KINDS.len()],
    /// How many keys were not greater than the one before.
    pub disordered: u64,
    /// Which of [`ESSENTIAL`] were there.
    pub essential: [bool; ESSENTIAL.len()],
    /// OpenBao versions that were active on this data.
    pub versions: Vec<String>,
    /// Whether a key was read that comes after every version: then they are all known.
    pub past_versions: bool,
    /// `core/seal-config`.
    pub seal_config: Option<Vec<u8>>,
    /// `core/hsm/barrier-unseal-keys`.
    pub unseal_keys: Option<Vec<u8>>,
    /// The highest term of a key that a value was encrypted with.
    pub key_term: Option<u32>,
}

/// Takes the bytes of `state.bin` in order.
#[derive(Default)]
pub struct Records {
    told: Told,
    state: State,
    varint: Varint,
    /// Bytes of the record that are left.
    left: u64,
    key: Vec<u8>,
    before: Vec<u8>,
    value: Value,
    bad: Option<Bad>,
}

#[derive(Default)]
enum State {
    #[default]
    Length,
    Tag,
    FieldLength(Field),
    Key(u64),
    Bytes(u64, Field),
    Number,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Key,
    Value,
    Other,
}

#[derive(Default)]
struct Value {
    /// The first bytes: the term of the key, and a format byte.
    head: [u8; 5],
    seen: u64,
    /// Only of the records that are wanted.
    kept: Option<Vec<u8>>,
}

#[derive(Default)]
struct Varint {
    value: u64,
    bytes: u32,
}

impl Varint {
    /// `Some(Ok)` when it ended with this byte.
    fn take(&mut self, byte: u8) -> Option<Result<u64, Bad>> {
        let bits = u64::from(byte & 0x7f);
        if self.bytes == 9 && byte > 1 {
            return Some(Err(Bad::Varint));
        }
        self.value |= bits << (7 * self.bytes);
        self.bytes += 1;
        (byte & 0x80 == 0).then(|| Ok(std::mem::take(self).value))
    }
}

impl Records {
    /// Takes more bytes.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.bad.is_none() {
            match self.part(bytes) {
                Ok(taken) => bytes = &bytes[taken..],
                Err(bad) => self.bad = Some(bad),
            }
        }
    }

    /// What they told so far.
    pub fn so_far(&self) -> &Told {
        &self.told
    }

    /// What they told, and what is wrong with them.
    pub fn end(self) -> (Told, Option<Bad>) {
        let whole = matches!(self.state, State::Length) && self.varint.bytes == 0;
        (self.told, self.bad.or((!whole).then_some(Bad::Cut)))
    }

    fn part(&mut self, bytes: &[u8]) -> Result<usize, Bad> {
        match self.state {
            State::Length => {
                if let Some(length) = self.varint.take(bytes[0]) {
                    self.begin(length?)?;
                }
                Ok(1)
            }
            State::Tag | State::FieldLength(_) | State::Number => {
                // A varint belongs to the record, so it may not go over its end.
                self.spend(1)?;
                if let Some(value) = self.varint.take(bytes[0]) {
                    self.number(value?)?;
                } else if self.left == 0 {
                    return Err(Bad::Field);
                }
                Ok(1)
            }
            State::Key(left) => {
                let taken = part(bytes, left);
                self.key.extend_from_slice(&bytes[..taken]);
                self.pass(taken, left, Field::Key)?;
                Ok(taken)
            }
            State::Bytes(left, field) => {
                let taken = part(bytes, left);
                if field == Field::Value {
                    self.value.take(&bytes[..taken]);
                }
                self.pass(taken, left, field)?;
                Ok(taken)
            }
        }
    }

    fn begin(&mut self, length: u64) -> Result<(), Bad> {
        if length > i32::MAX as u64 {
            return Err(Bad::TooLong);
        }
        self.left = length;
        self.before = std::mem::replace(&mut self.key, std::mem::take(&mut self.before));
        self.key.clear();
        self.value = Value::default();
        self.next_field()
    }

    fn spend(&mut self, bytes: u64) -> Result<(), Bad> {
        self.left = self.left.checked_sub(bytes).ok_or(Bad::Field)?;
        Ok(())
    }

    /// A varint of the record ended.
    fn number(&mut self, value: u64) -> Result<(), Bad> {
        match self.state {
            State::Tag => self.tag(value),
            State::FieldLength(field) => {
                if value > self.left {
                    return Err(Bad::Field);
                }
                self.bytes_begin(value, field)
            }
            _ => self.next_field(),
        }
    }

    fn tag(&mut self, tag: u64) -> Result<(), Bad> {
        let number = tag >> 3;
        if number == 0 || number > 0x1fff_ffff {
            return Err(Bad::Field);
        }
        match (tag & 7, number) {
            (0, _) => self.state = State::Number,
            (2, 1) => self.state = State::FieldLength(Field::Key),
            (2, 2) => self.state = State::FieldLength(Field::Value),
            (2, _) => self.state = State::FieldLength(Field::Other),
            (1, _) => return self.bytes_begin(8, Field::Other),
            (5, _) => return self.bytes_begin(4, Field::Other),
            _ => return Err(Bad::Field),
        }
        Ok(())
    }

    fn bytes_begin(&mut self, length: u64, field: Field) -> Result<(), Bad> {
        if length > self.left {
            return Err(Bad::Field);
        }
        match field {
            Field::Key if length > KEY_LENGTH as u64 => return Err(Bad::KeyLength),
            // The last one of several counts.
            Field::Key => self.key.clear(),
            Field::Value => self.value = Value { kept: self.wanted().then(Vec::new), ..Value::default() },
            Field::Other => {}
        }
        if length == 0 {
            return self.next_field();
        }
        self.state = if field == Field::Key { State::Key(length) } else { State::Bytes(length, field) };
        Ok(())
    }

    fn wanted(&self) -> bool {
        PLAIN.iter().any(|key| key.as_bytes() == self.key)
    }

    fn pass(&mut self, taken: usize, left: u64, field: Field) -> Result<(), Bad> {
        let taken = taken as u64;
        self.spend(taken)?;
        if taken == left {
            return self.next_field();
        }
        self.state = if field == Field::Key { State::Key(left - taken) } else { State::Bytes(left - taken, field) };
        Ok(())
    }

    fn next_field(&mut self) -> Result<(), Bad> {
        if self.left > 0 {
            self.state = State::Tag;
            return Ok(());
        }
        self.state = State::Length;
        self.record()
    }

    /// One record is whole.
    fn record(&mut self) -> Result<(), Bad> {
        if self.key.is_empty() {
            return Err(Bad::KeyLength);
        }
        let key = std::str::from_utf8(&self.key).map_err(|_| Bad::KeyText)?;
        let told = &mut self.told;
        if told.count > 0 && self.key <= self.before {
            told.disordered += 1;
        }
        told.count += 1;
        told.past_versions |= key > VERSIONS && !key.starts_with(VERSIONS);
        let kind = KINDS.iter().position(|(prefix, _)| key.starts_with(prefix)).unwrap_or(KINDS.len() - 1);
        told.kinds[kind] += 1;
        if kind > 0 {
            self.value.term_into(told);
            return Ok(());
        }
        if let Some(at) = ESSENTIAL.iter().position(|essential| is_or_is_below(key, essential)) {
            told.essential[at] = true;
        }
        if let Some(version) = key.strip_prefix(VERSIONS)
            && version.len() <= VERSION_LENGTH
            && told.versions.len() < 256
        {
            told.versions.push(version.to_owned());
        }
        let kept = self.value.kept.take().filter(|_| self.value.seen <= PLAIN_LENGTH as u64);
        match key {
            "core/seal-config" => told.seal_config = kept,
            "core/hsm/barrier-unseal-keys" => told.unseal_keys = kept,
            _ => {}
        }
        Ok(())
    }
}

impl Value {
    fn take(&mut self, bytes: &[u8]) {
        if let Ok(seen) = usize::try_from(self.seen)
            && seen < self.head.len()
        {
            let taken = bytes.len().min(self.head.len() - seen);
            self.head[seen..seen + taken].copy_from_slice(&bytes[..taken]);
        }
        self.seen += bytes.len() as u64;
        if let Some(kept) = self.kept.as_mut().filter(|kept| kept.len() <= PLAIN_LENGTH) {
            kept.extend_from_slice(&bytes[..bytes.len().min(PLAIN_LENGTH + 1 - kept.len())]);
        }
    }

    /// Ciphertext of the barrier begins with the term of its key and the byte 2.
    fn term_into(&self, told: &mut Told) {
        let [a, b, c, d, 2] = self.head else { return };
        let term = u32::from_be_bytes([a, b, c, d]);
        if self.seen >= 33 && term > 0 && Some(term) > told.key_term {
            told.key_term = Some(term);
        }
    }
}

fn is_or_is_below(key: &str, essential: &str) -> bool {
    key.strip_prefix(essential).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn part(bytes: &[u8], left: u64) -> usize {
    usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()))
}
