//! Writes snapshots, by other code than the one that reads them: own tar headers, own CRC, own protobuf.

use sha2::{Digest, Sha256};

/// How the gzip body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Stored blocks, as OpenBao 2.6 cuts them.
    Stored,
    /// Compressed.
    Deflate,
}

/// One record of `state.bin`.
#[derive(Debug, Clone)]
pub struct Record {
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Record {
    /// Any key and value.
    pub fn raw(key: &[u8], value: &[u8]) -> Record {
        Record { key: key.to_vec(), value: value.to_vec() }
    }

    fn sealed(key: &str, term: u32) -> Record {
        let value = [&term.to_be_bytes()[..], &[2], &[0x5a; 40]].concat();
        Record::raw(key.as_bytes(), &value)
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut body = Vec::new();
        bytes_field(1, &self.key, &mut body);
        if !self.value.is_empty() {
            bytes_field(2, &self.value, &mut body);
        }
        varint(body.len() as u64, out);
        out.extend(body);
    }
}

fn bytes_field(number: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(number << 3 | 2);
    varint(bytes.len() as u64, out);
    out.extend(bytes);
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).expect("seven bits") | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).expect("seven bits"));
}

/// A snapshot to be written, whole or with something missing.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// `meta.json`.
    pub meta: Option<Vec<u8>>,
    /// `state.bin`.
    pub state: Vec<u8>,
    /// The lines of `SHA256SUMS` are made when it is written; `None` leaves the file out.
    pub sums: Option<()>,
    /// `SHA256SUMS.sealed`.
    pub sealed: Option<Vec<u8>>,
    /// Names as `tar czf x.snap .` writes them.
    pub dotted: bool,
    /// The two zero blocks.
    pub end: bool,
    /// The order of the lines in `SHA256SUMS`.
    pub state_first_in_sums: bool,
    /// The order of the files.
    pub state_first: bool,
    /// What `state` was made of.
    pub records: Vec<Record>,
}

impl Snapshot {
    /// A few records, all that is essential, Shamir.
    pub fn small() -> Snapshot {
        let seal = br#"{"type":"shamir","secret_shares":3,"secret_threshold":2,"pgp_keys":null,"nonce":"","backup":false}"#;
        let records = vec![
            Record::sealed("auth/4f/x", 1),
            Record::raw(b"core/hsm/barrier-unseal-keys", &shamir_blob(60)),
            Record::sealed("core/keyring", 1),
            Record::sealed("core/mounts/1d", 1),
            Record::raw(b"core/seal-config", seal),
            Record::sealed("core/versions/2.10.1", 1),
            Record::sealed("core/versions/2.9.3", 1),
            Record::sealed("logical/77/y", 3),
            Record::sealed("sys/policy/default", 1),
        ];
        Snapshot {
            meta: None,
            state: Vec::new(),
            sums: Some(()),
            sealed: Some(shamir_blob(180)),
            dotted: false,
            end: true,
            state_first_in_sums: false,
            state_first: false,
            records,
        }
        .sealed_up()
    }

    fn sealed_up(mut self) -> Snapshot {
        self.state.clear();
        for record in &self.records {
            record.write(&mut self.state);
        }
        self.meta = Some(meta(self.state.len() as i64, 1));
        self
    }

    /// With `Size` wrong by so much.
    pub fn with_size(mut self, by: i64) -> Snapshot {
        self.meta = Some(meta(self.state.len() as i64 + by, 1));
        self
    }

    /// Of another format.
    pub fn with_version(mut self, version: u8) -> Snapshot {
        self.meta = Some(meta(self.state.len() as i64, version));
        self
    }

    /// With a `meta.json` that is too long for the server.
    pub fn with_long_meta(mut self) -> Snapshot {
        let mut long = meta(self.state.len() as i64, 1);
        long.resize(8192, b' ');
        self.meta = Some(long);
        self
    }

    /// With one more record at the end.
    pub fn with_record(mut self, record: Record) -> Snapshot {
        self.records.push(record);
        self.sealed_up()
    }

    /// Without the record of this key.
    pub fn without(mut self, key: &str) -> Snapshot {
        self.records.retain(|record| record.key != key.as_bytes());
        self.sealed_up()
    }

    /// With other data, and sums and sizes that fit to it.
    pub fn with_state(mut self, change: impl FnOnce(&mut Vec<u8>)) -> Snapshot {
        change(&mut self.state);
        self.meta = Some(meta(self.state.len() as i64, 1));
        self
    }

    /// Taken under a key of a KMS.
    pub fn under_kms(mut self, id: &str) -> Snapshot {
        let mut info = vec![0x08, 1];
        bytes_field(3, id.as_bytes(), &mut info);
        let mut blob = Vec::new();
        bytes_field(1, &[0x11; 150], &mut blob);
        bytes_field(5, &info, &mut blob);
        self.sealed = Some(blob.clone());
        let seal = br#"{"type":"awskms","secret_shares":1,"secret_threshold":1}"#;
        for record in &mut self.records {
            match &record.key[..] {
                b"core/hsm/barrier-unseal-keys" => record.value.clone_from(&blob),
                b"core/seal-config" => record.value = seal.to_vec(),
                _ => {}
            }
        }
        self.sealed_up()
    }

    /// The file.
    pub fn write(&self, style: Style) -> Vec<u8> {
        gzip(&self.tar(), style)
    }

    fn tar(&self) -> Vec<u8> {
        let sum = |bytes: &[u8], name: &str| {
            let digits: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{digits}  {name}\n")
        };
        let mut lines = [sum(self.meta.as_deref().unwrap_or_default(), "meta.json"), sum(&self.state, "state.bin")];
        if self.state_first_in_sums {
            lines.reverse();
        }
        let mut files = vec![("meta.json", self.meta.clone()), ("state.bin", Some(self.state.clone()))];
        if self.state_first {
            files.reverse();
        }
        files.push(("SHA256SUMS", self.sums.map(|()| lines.concat().into_bytes())));
        files.push(("SHA256SUMS.sealed", self.sealed.clone()));
        let mut tar = Vec::new();
        for (name, bytes) in files {
            let Some(bytes) = bytes else { continue };
            let name = if self.dotted { format!("./{name}") } else { name.to_owned() };
            tar.extend(header(&name, bytes.len()));
            tar.extend(&bytes);
            tar.resize(tar.len().next_multiple_of(512), 0);
        }
        if self.end {
            tar.resize(tar.len() + 1024, 0);
        }
        tar
    }
}

fn meta(size: i64, version: u8) -> Vec<u8> {
    format!(
        "{{\"Version\":{version},\"ID\":\"bolt-snapshot\",\"Index\":4242,\"Term\":7,\"Peers\":null,\"Configuration\":{{\"Servers\":[\
         {{\"Suffrage\":0,\"ID\":\"prod-0\",\"Address\":\"prod-0.prod:8201\"}}]}},\"ConfigurationIndex\":1,\"Size\":{size}}}\n"
    )
    .into_bytes()
}

fn shamir_blob(length: usize) -> Vec<u8> {
    let mut blob = Vec::new();
    bytes_field(1, &vec![0x33; length], &mut blob);
    blob.extend([0x2a, 0]);
    blob
}

fn header(name: &str, size: usize) -> Vec<u8> {
    let mut block = vec![0; 512];
    let mut put = |at: usize, text: &str| block[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000600\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{size:011o}\0"));
    put(136, "15224652200\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\u{0}00");
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// A gzip file around these bytes.
pub fn gzip(bytes: &[u8], style: Style) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    match style {
        Style::Stored => {
            for block in bytes.chunks(65_535) {
                let length = u16::try_from(block.len()).expect("a chunk");
                out.push(0);
                out.extend(length.to_le_bytes());
                out.extend((!length).to_le_bytes());
                out.extend(block);
            }
            out.extend([1, 0, 0, 0xff, 0xff]);
        }
        Style::Deflate => {
            let mut deflate = flate2::Compress::new(flate2::Compression::default(), false);
            let mut body = Vec::with_capacity(bytes.len() + 1024);
            deflate.compress_vec(bytes, &mut body, flate2::FlushCompress::Finish).expect("it compresses");
            out.extend(body);
        }
    }
    out.extend(crc32(bytes).to_le_bytes());
    out.extend(u32::try_from(bytes.len() as u64 & 0xffff_ffff).expect("32 bits").to_le_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}
