//! The damages that snapshots are known to take, each made from the genuine one: what it is, the bytes, and the verdict.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use kubectl_openbao::drill::s3::GENUINE_SNAPSHOT;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// One file of the archive: its header as it is, and its content.
#[derive(Clone)]
struct Entry {
    header: [u8; 512],
    content: Vec<u8>,
}

type Damage = (&'static str, Vec<u8>, &'static str);

/// All of them, and the whole one made in the same way, so that nothing else is wrong with the others.
pub fn all() -> Vec<Damage> {
    let whole = entries();
    let stored = gzip(&tar(&whole), Compression::none());
    let mut all = vec![
        ("made again and stored", stored.clone(), "ok"),
        ("made again and compressed", gzip(&tar(&whole), Compression::default()), "ok"),
    ];
    all.extend(no_snapshots());
    all.extend(cuts(&whole, &stored));
    all.extend(additions());
    all.extend(flips(&whole, &stored));
    all.extend(other_files(&whole));
    all
}

fn no_snapshots() -> [Damage; 4] {
    [
        ("empty", Vec::new(), "not-a-snapshot"),
        ("a page", b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>".to_vec(), "not-a-snapshot"),
        ("an answer", br#"{"errors":["1 error occurred: permission denied"]}"#.to_vec(), "not-a-snapshot"),
        // What a save leaves whose seal failed at its end.
        ("ten bytes", GENUINE_SNAPSHOT[..10].to_vec(), "truncated"),
    ]
}

/// Stored, so that a place in the archive is a place in the file.
fn cuts(whole: &[Entry], stored: &[u8]) -> Vec<Damage> {
    let first = 512 + padded(whole[0].content.len());
    let sums = first + 512 + padded(whole[1].content.len());
    // Ten bytes of gzip, five before each stored block of up to 65535 bytes: near enough for a cut inside of something.
    let at = |place: usize| stored[..place + 20].to_vec();
    let last = |count: usize| GENUINE_SNAPSHOT[..GENUINE_SNAPSHOT.len() - count].to_vec();
    vec![
        ("cut in the first header", at(100), "truncated"),
        ("cut in meta.json", at(600), "truncated"),
        ("cut in the header of state.bin", at(first + 100), "truncated"),
        ("cut in state.bin", at(first + 512 + 20_000), "truncated"),
        ("cut in SHA256SUMS", at(sums + 512 + 40), "truncated"),
        ("without its last byte", last(1), "suspect"),
        ("without its checksum", last(8), "suspect"),
        ("without its end", last(12), "suspect"),
        ("without the end of the archive", gzip(&tar_without_end(whole), Compression::default()), "suspect"),
    ]
}

fn additions() -> [Damage; 3] {
    let followed = |by: &[u8]| [GENUINE_SNAPSHOT, by].concat();
    [
        ("zeros behind it", followed(&[0; 1000]), "suspect"),
        ("garbage behind it", followed(b"and so on"), "suspect"),
        ("a second one behind it", followed(&gzip(b"more", Compression::default())), "suspect"),
    ]
}

fn flips(whole: &[Entry], stored: &[u8]) -> [Damage; 6] {
    let flipped = |bytes: &[u8], at: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 1;
        bytes
    };
    let end = GENUINE_SNAPSHOT.len();
    [
        ("a bit of the checksum", flipped(GENUINE_SNAPSHOT, end - 8), "suspect"),
        ("a bit of the length", flipped(GENUINE_SNAPSHOT, end - 4), "suspect"),
        ("a bit of state.bin", flipped(stored, 15_000), "corrupt"),
        // Nothing says then that it was ever the archive of a snapshot.
        ("a bit of the first header", flipped(stored, 20), "not-a-snapshot"),
        ("a bit of another header", flipped(stored, 512 + padded(whole[0].content.len()) + 20), "corrupt"),
        ("a bit of the compressed data", flipped(GENUINE_SNAPSHOT, 12_000), "corrupt"),
    ]
}

fn other_files(whole: &[Entry]) -> Vec<Damage> {
    let without = |index: usize| {
        let mut rest = whole.to_vec();
        rest.remove(index);
        gzip(&tar(&rest), Compression::default())
    };
    let mut empty_seal = whole.to_vec();
    empty_seal[3] = empty_seal[3].with(Vec::new());
    let announced = |field: &str, value: Value| {
        let mut other = whole.to_vec();
        let mut meta: Value = serde_json::from_slice(&other[0].content).expect("meta.json is JSON");
        meta[field] = value;
        other[0] = other[0].with(meta.to_string().into_bytes());
        let sum = |entry: &Entry| Sha256::digest(&entry.content).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let sums = format!("{}  meta.json\n{}  state.bin\n", sum(&other[0]), sum(&other[1]));
        other[2] = other[2].with(sums.into_bytes());
        gzip(&tar(&other), Compression::default())
    };
    let size = whole[1].content.len();
    vec![
        ("no meta.json", without(0), "corrupt"),
        ("no state.bin", without(1), "corrupt"),
        ("no SHA256SUMS", without(2), "corrupt"),
        ("no sealed sums", without(3), "unsealed-sums"),
        ("empty sealed sums", gzip(&tar(&empty_seal), Compression::default()), "unsealed-sums"),
        ("a size that is one too big", announced("Size", (size + 1).into()), "inconsistent"),
        ("a size that is one too small", announced("Size", (size - 1).into()), "inconsistent"),
        ("a format of the future", announced("Version", 2.into()), "inconsistent"),
    ]
}

impl Entry {
    /// The same file with another content, and a header that fits it.
    fn with(&self, content: Vec<u8>) -> Entry {
        let mut header = self.header;
        header[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        Entry { header, content }
    }
}

/// The four files of the genuine snapshot, in their order: meta.json, state.bin, SHA256SUMS, SHA256SUMS.sealed.
fn entries() -> Vec<Entry> {
    let mut tar = Vec::new();
    GzDecoder::new(GENUINE_SNAPSHOT).read_to_end(&mut tar).expect("the genuine snapshot is a gzip file");
    let mut entries = Vec::new();
    let mut rest = tar.as_slice();
    while rest.len() >= 512 && rest[0] != 0 {
        let header: [u8; 512] = rest[..512].try_into().expect("512 bytes");
        let size = std::str::from_utf8(&header[124..135]).expect("digits");
        let size = usize::from_str_radix(size.trim_matches(['\0', ' ']), 8).expect("octal digits");
        entries.push(Entry { header, content: rest[512..512 + size].to_vec() });
        rest = &rest[512 + padded(size)..];
    }
    assert_eq!(entries.len(), 4, "a snapshot has four files");
    entries
}

fn padded(size: usize) -> usize {
    size.div_ceil(512) * 512
}

fn tar_without_end(entries: &[Entry]) -> Vec<u8> {
    let mut tar = Vec::new();
    for entry in entries {
        tar.extend_from_slice(&entry.header);
        tar.extend_from_slice(&entry.content);
        tar.resize(padded(tar.len()), 0);
    }
    tar
}

fn tar(entries: &[Entry]) -> Vec<u8> {
    let mut tar = tar_without_end(entries);
    tar.resize(tar.len() + 1024, 0);
    tar
}

fn gzip(bytes: &[u8], how: Compression) -> Vec<u8> {
    let mut file = GzEncoder::new(Vec::new(), how);
    file.write_all(bytes).expect("memory can be written");
    file.finish().expect("memory can be written")
}
