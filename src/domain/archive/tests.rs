//! Snapshots made by hand, damaged in every way, and the genuine one with every bit turned.

mod maker;

use crate::domain::archive::{Report, Verdict, verify};
use crate::domain::restore::preflight::Grade;
use maker::{Record, Snapshot, Style};

const GENUINE: &[u8] = include_bytes!("../../../tests/data/snapshots/openbao-2.5.5-shamir.snap");

fn report(bytes: &[u8]) -> Report {
    verify([bytes])
}

fn verdict(bytes: &[u8]) -> Verdict {
    report(bytes).verdict
}

fn grade(report: &Report, code: &str) -> Grade {
    report.checks.iter().find(|check| check.code == code).expect("a known code").grade
}

#[test]
fn the_genuine_snapshot_is_read_to_its_last_byte() {
    let found = report(GENUINE);
    assert_eq!(found.verdict, Verdict::Ok, "{found:#?}");
    assert!(found.checks.iter().all(|check| check.grade == Grade::Pass), "{found:#?}");
    let facts = found.facts;
    let meta = facts.meta.expect("it has one");
    assert_eq!((meta.index, meta.term, meta.size, meta.version), (74, 3, 37_336, 1));
    assert_eq!(meta.peers[0].id, "demo-0");
    assert_eq!(facts.records, Some(112));
    let seal = facts.seal.expect("it has one");
    assert_eq!((seal.kind.as_deref(), seal.threshold, seal.key_id), (Some("shamir"), Some(1), None));
    assert_eq!(facts.body.as_deref(), Some("deflate"));
}

/// Every place where the bytes may be parted gives the same answer.
#[test]
fn how_the_bytes_come_makes_no_difference() {
    let whole = report(GENUINE);
    for size in [1, 2, 3, 7, 512, 4096, 65_536] {
        assert_eq!(verify(GENUINE.chunks(size)), whole, "{size}");
    }
    let stored = Snapshot::small().write(Style::Stored);
    let whole = report(&stored);
    assert_eq!(whole.verdict, Verdict::Ok);
    for size in [1, 5, 511, 1000] {
        assert_eq!(verify(stored.chunks(size)), whole, "{size}");
    }
}

#[test]
fn no_part_of_a_snapshot_is_a_snapshot() {
    for style in [Style::Stored, Style::Deflate] {
        let whole = Snapshot::small().write(style);
        assert_eq!(verdict(&whole), Verdict::Ok);
        for end in 0..whole.len() {
            let found = report(&whole[..end]);
            assert_ne!(found.verdict, Verdict::Ok, "{end} of {}", whole.len());
            let expected = match end {
                0..=2 if found.verdict == Verdict::NotASnapshot => end == 0,
                _ => matches!(found.verdict, Verdict::Truncated | Verdict::Suspect),
            };
            assert!(expected, "{end} of {}: {found:#?}", whole.len());
        }
    }
}

/// A turned bit is reported, or what the server would read is the same to the last byte.
#[test]
fn every_turned_bit_is_seen_or_without_effect() {
    let original = unpacked(GENUINE);
    let mut bytes = GENUINE.to_vec();
    let mut silent = Vec::new();
    for at in 0..bytes.len() {
        let bit = 1 << (at * 7 % 8);
        bytes[at] ^= bit;
        if verdict(&bytes) == Verdict::Ok {
            assert!(unpacked(&bytes) == original, "byte {at} changes what is read, and nobody says so");
            silent.push(at);
        }
        bytes[at] ^= bit;
    }
    // Time, compressor and system in the gzip header, and the few bits that fill a byte up before a block.
    assert!(silent.len() < 12, "{silent:?}");
}

/// By another way than the one under test.
fn unpacked(bytes: &[u8]) -> Vec<u8> {
    use std::io::Read as _;
    let mut out = Vec::new();
    let _ = flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut out);
    out
}

#[test]
fn damages_that_servers_meet_are_told_apart() {
    let small = Snapshot::small;
    let write = |snapshot: Snapshot| snapshot.write(Style::Deflate);
    let whole = write(small());
    let with = |more: &[u8]| [&whole[..], more].concat();
    let cases: Vec<(&str, Vec<u8>, Verdict, &str)> = vec![
        ("empty object", Vec::new(), Verdict::NotASnapshot, "gzip-header"),
        ("an error page", b"<html><body>403</body></html>".to_vec(), Verdict::NotASnapshot, "gzip-header"),
        ("gzip of something else", maker::gzip(&[b'x'; 4096], Style::Deflate), Verdict::NotASnapshot, "archive"),
        ("a failed save", whole[..10].to_vec(), Verdict::Truncated, "gzip-trailer"),
        ("last bytes missing", whole[..whole.len() - 3].to_vec(), Verdict::Suspect, "gzip-trailer"),
        ("garbage appended", with(b"garbage"), Verdict::Suspect, "nothing-after"),
        ("zeros appended", with(&[0; 512]), Verdict::Suspect, "nothing-after"),
        ("second member", with(&whole), Verdict::Suspect, "nothing-after"),
        ("meta missing", write(Snapshot { meta: None, ..small() }), Verdict::Corrupt, "archive"),
        ("sums missing", write(Snapshot { sums: None, ..small() }), Verdict::Corrupt, "archive"),
        ("sealed missing", write(Snapshot { sealed: None, ..small() }), Verdict::UnsealedSums, "sealed-sums"),
        ("sealed empty", write(Snapshot { sealed: Some(Vec::new()), ..small() }), Verdict::UnsealedSums, "sealed-sums"),
        ("size one more", write(small().with_size(1)), Verdict::Inconsistent, "size"),
        ("size one less", write(small().with_size(-1)), Verdict::Inconsistent, "size"),
        ("format 2", write(small().with_version(2)), Verdict::Inconsistent, "version"),
        ("dotted names", write(Snapshot { dotted: true, ..small() }), Verdict::NotASnapshot, "archive"),
        ("end missing", write(Snapshot { end: false, ..small() }), Verdict::Suspect, "archive"),
        ("record cut", write(small().with_state(|state| state.truncate(state.len() - 1))), Verdict::Corrupt, "records"),
        ("long varint", write(small().with_state(|state| state.extend([0xff; 10]))), Verdict::Corrupt, "records"),
        ("2^31", write(small().with_state(|state| state.extend([0x80, 0x80, 0x80, 0x80, 0x08]))), Verdict::Corrupt, "records"),
        ("not UTF-8", write(small().with_record(Record::raw(b"zz\xff", b"v"))), Verdict::Corrupt, "records"),
        ("no key", write(small().with_record(Record::raw(b"", b"v"))), Verdict::Corrupt, "records"),
        ("key too long", write(small().with_record(Record::raw(&[b'z'; 32_769], b"v"))), Verdict::Corrupt, "records"),
        ("no key ring", write(small().without("core/keyring")), Verdict::Inconsistent, "essentials"),
        ("meta too long", write(small().with_long_meta()), Verdict::Corrupt, "archive"),
    ];
    for (name, bytes, wanted, code) in cases {
        let found = report(&bytes);
        assert_eq!(found.verdict, wanted, "{name}: {found:#?}");
        assert!(matches!(grade(&found, code), Grade::Fail | Grade::Warn), "{name}: {found:#?}");
    }
}

#[test]
fn what_the_server_takes_is_taken() {
    let snapshots = [
        Snapshot { state_first_in_sums: true, ..Snapshot::small() },
        Snapshot { state_first: true, ..Snapshot::small() },
        Snapshot::small().with_record(Record::raw(&[b'z'; 32_768], &[7; 1 << 20])),
        Snapshot::small().with_record(Record::raw(b"zz", b"")),
    ];
    for (i, snapshot) in snapshots.into_iter().enumerate() {
        for style in [Style::Stored, Style::Deflate] {
            let found = report(&snapshot.write(style));
            assert_eq!(found.verdict, Verdict::Ok, "{i}: {found:#?}");
        }
    }
    let disordered = Snapshot::small().with_record(Record::raw(b"aa", b"v"));
    let found = report(&disordered.write(Style::Deflate));
    assert_eq!((found.verdict, grade(&found, "order")), (Verdict::Ok, Grade::Warn));
}

#[test]
fn the_seal_tells_its_kind_and_key() {
    let found = report(&Snapshot::small().under_kms("key-1").write(Style::Stored));
    let seal = found.facts.seal.expect("it has one");
    assert_eq!((seal.kind.as_deref(), seal.key_id.as_deref()), (Some("awskms"), Some("key-1")));
    assert_eq!(found.facts.sums_key_id.as_deref(), Some("key-1"));
    assert_eq!(found.facts.openbao_version.as_deref(), Some("2.10.1"), "by its numbers, not its letters");
    assert_eq!(found.facts.key_term, Some(3));
    assert_eq!(found.facts.body.as_deref(), Some("stored"));
}

#[test]
fn the_head_tells_what_it_can() {
    use crate::domain::archive::head::{HEAD, Looks, TAIL, head};
    let of = |bytes: &[u8]| {
        let first = &bytes[..bytes.len().min(HEAD)];
        let last = &bytes[bytes.len().saturating_sub(TAIL)..];
        head(first, bytes.len() as u64, Some(last))
    };
    let genuine = of(GENUINE);
    assert_eq!(genuine.looks, Looks::Complete, "{genuine:?}");
    assert_eq!(genuine.facts.meta.expect("it has one").index, 74);
    assert!(genuine.facts.records.is_some_and(|records| (60..250).contains(&records)), "{:?}", genuine.facts.records);

    let large = (0..300).fold(Snapshot::small().under_kms("key-7"), |all, i| {
        all.with_record(Record::raw(format!("zz/{i:04}").as_bytes(), &[7; 3000]))
    });
    let bytes = large.write(Style::Stored);
    let found = of(&bytes);
    assert_eq!(found.looks, Looks::Complete, "{found:?}");
    assert_eq!(found.facts.sums_key_id.as_deref(), Some("key-7"));
    assert!(found.facts.records.is_some_and(|records| (200..1000).contains(&records)), "{:?}", found.facts.records);
    let cut = &bytes[..bytes.len() - 1];
    assert_eq!(of(cut).looks, Looks::Truncated);
    assert_eq!(of(&bytes[..20_000]).looks, Looks::Truncated);
    let mut other = bytes.clone();
    other[40] ^= 1;
    assert_ne!(of(&other).looks, Looks::Complete);
    assert_eq!(of(&[b'<'; 40_000]).looks, Looks::NotASnapshot);
    assert_eq!(of(b"").looks, Looks::NotASnapshot);
}

/// Damages below the checksums that would hide them: the archive and the records are changed, and gzip and sums made to fit.
/// Seeded, so that every run is the same; `ARCHIVE_FUZZ_SECONDS=600 cargo test --release --lib fuzz` goes on for longer.
#[test]
fn fuzz_no_bytes_make_it_panic_or_answer_by_how_they_come() {
    let seconds = std::env::var("ARCHIVE_FUZZ_SECONDS").ok().and_then(|text| text.parse::<u64>().ok());
    let end = seconds.map(|seconds| std::time::Instant::now() + std::time::Duration::from_secs(seconds));
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let bases = [GENUINE.to_vec(), Snapshot::small().write(Style::Stored), Snapshot::small().write(Style::Deflate)];
    let tars: Vec<Vec<u8>> = bases.iter().map(|base| unpacked(base)).collect();
    let mut done = 0_u64;
    while end.map_or(done < 400, |end| std::time::Instant::now() < end) {
        done += 1;
        let at = random.below(bases.len());
        let bytes = match random.below(3) {
            0 => random.damaged(&bases[at]),
            1 => maker::gzip(&random.damaged(&tars[at]), if random.below(2) == 0 { Style::Stored } else { Style::Deflate }),
            _ => Snapshot::small().with_state(|state| *state = random.damaged(state)).write(Style::Stored),
        };
        let whole = report(&bytes);
        let size = 1 + random.below(700);
        assert_eq!(verify(bytes.chunks(size)), whole, "round {done}, chunks of {size}");
    }
    if seconds.is_some() {
        eprintln!("{done} rounds");
    }
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).expect("below a usize")
    }

    /// A few bytes turned, cut out, doubled or made up.
    fn damaged(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let length = 1 + self.below(40);
            match self.below(5) {
                0 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
                1 => bytes.truncate(at),
                2 => {
                    let end = (at + length).min(bytes.len());
                    bytes.drain(at..end);
                }
                3 => {
                    let part: Vec<u8> = bytes.iter().skip(at).take(length).copied().collect();
                    bytes.splice(at..at, part);
                }
                _ => {
                    let made_up: Vec<u8> = (0..length).map(|_| u8::try_from(self.next() & 0xff).expect("a byte")).collect();
                    bytes.splice(at..at, made_up);
                }
            }
        }
        bytes
    }
}

/// The two-core way says the same as the one in one thread, and the sum of the object.
#[test]
fn the_pipeline_finds_the_same() {
    use super::pipeline::Pipeline;
    for bytes in [GENUINE.to_vec(), Snapshot::small().write(Style::Stored), GENUINE[..9000].to_vec(), b"<html>".to_vec()] {
        let pipeline = Pipeline::start(drop);
        for chunk in bytes.chunks(1000) {
            if !pipeline.push(chunk.to_vec()) {
                break;
            }
        }
        let (found, sum) = pipeline.finish().expect("no stage panics");
        assert_eq!(found, report(&bytes));
        if found.verdict != Verdict::NotASnapshot {
            use sha2::{Digest as _, Sha256};
            assert_eq!(sum, crate::api::text::hex(&Sha256::digest(&bytes)));
        }
    }
}
