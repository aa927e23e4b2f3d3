//! Snapshot bytes: `verify` never calls whole what another reader, written naively and apart, does not find whole.

use std::collections::BTreeMap;
use std::io::Read as _;

use kubectl_openbao::domain::archive::head::{HEAD, Looks, TAIL, head};
use kubectl_openbao::domain::archive::report::Report;
use kubectl_openbao::domain::archive::{Verdict, verify};
use kubectl_openbao::ui::render::snapshots::{Object, verification};
use sha2::{Digest as _, Sha256};

/// The first byte says which layer the rest is; the layers around it are made to fit, so that no checksum hides it.
pub fn check(data: &[u8]) {
    let Some((mode, rest)) = data.split_first() else { return };
    let own = |file: &str| kept(file, rest);
    let object = match mode % 6 {
        0 => rest.to_vec(),
        1 => gzip(rest),
        2 => gzip(&tar(&snapshot(own("state.bin")))),
        3 => gzip(&tar(&snapshot(own("meta.json")))),
        4 => gzip(&tar(&with(snapshot(own("")), "SHA256SUMS", rest))),
        _ => deflated(rest),
    };
    let report = verify([&object[..]]);
    let chunk = 1 + usize::from(*mode) * 7;
    assert_eq!(verify(object.chunks(chunk)), report, "in chunks of {chunk}");
    let naive = naive(&object);
    if report.verdict == Verdict::Ok {
        assert_eq!(naive.err(), None, "it is called whole");
    } else if matches!(mode % 6, 2 | 3) && naive.is_ok() {
        panic!("it is whole, and called {}: {}", report.verdict.as_str(), report.summary);
    }
    of_its_head(&object, &report);
    shown(&report, object.len() as u64);
}

/// The first and last bytes contradict no proof.
fn of_its_head(object: &[u8], report: &Report) {
    let first = &object[..object.len().min(HEAD)];
    let last = &object[object.len().saturating_sub(TAIL)..];
    let found = head(first, object.len() as u64, Some(last));
    if report.verdict == Verdict::Ok {
        assert_eq!(found.looks, Looks::Complete, "a whole snapshot: {}", found.summary);
    }
    if report.verdict == Verdict::NotASnapshot && object.len() <= HEAD {
        assert_eq!(found.looks, Looks::NotASnapshot);
    }
}

fn shown(report: &Report, size: u64) {
    let object = Object { name: "object", size, sha256: None };
    super::assert_safe("the verification", &verification(&object, report, &|_, text| text.to_owned()));
}

type Files = Vec<(&'static str, Vec<u8>)>;

/// Two files of a good snapshot, one of them replaced.
fn kept(file: &str, bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let state = if file == "state.bin" { bytes.to_vec() } else { good_state() };
    let meta = if file == "meta.json" {
        bytes.to_vec()
    } else {
        format!("{{\"Version\":1,\"Index\":9,\"Size\":{}}}", state.len()).into()
    };
    (meta, state)
}

/// A snapshot whose sums are right.
fn snapshot((meta, state): (Vec<u8>, Vec<u8>)) -> Files {
    let sums = format!("{}  meta.json\n{}  state.bin\n", sha256(&meta), sha256(&state));
    vec![("meta.json", meta), ("state.bin", state), ("SHA256SUMS", sums.into()), ("SHA256SUMS.sealed", vec![0x2a, 0])]
}

fn with(mut files: Files, name: &str, bytes: &[u8]) -> Files {
    files.iter_mut().filter(|(own, _)| *own == name).for_each(|(_, old)| *old = bytes.to_vec());
    files
}

/// The records without which nothing is a snapshot.
pub fn good_state() -> Vec<u8> {
    let mut state = Vec::new();
    for key in ["core/hsm/barrier-unseal-keys", "core/keyring", "core/mounts", "core/seal-config"] {
        state.push(u8::try_from(key.len() + 5).expect("short"));
        state.extend([0x0a, u8::try_from(key.len()).expect("short")]);
        state.extend(key.as_bytes());
        state.extend([0x12, 1, b'v']);
    }
    state
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A POSIX archive.
pub fn tar(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (name, bytes) in files {
        let mut block = [0; 512];
        let mut put = |at: usize, text: &str| block[at..at + text.len()].copy_from_slice(text.as_bytes());
        put(0, name);
        put(124, &format!("{:011o}", bytes.len()));
        put(136, "15224652200");
        put(148, "        ");
        put(156, "0");
        put(257, "ustar\u{0}00");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        tar.extend(block);
        tar.extend(bytes);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    tar
}

const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A gzip file of stored blocks.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GZIP_HEADER.to_vec();
    for block in bytes.chunks(65_535) {
        let length = u16::try_from(block.len()).expect("a chunk");
        out.push(0);
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend([1, 0, 0, 0xff, 0xff]);
    trailer(out, bytes)
}

/// A gzip file around compressed data that may be anything, with the trailer of what it unpacks to.
fn deflated(body: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    let _ = flate2::bufread::DeflateDecoder::new(body).take(1 << 20).read_to_end(&mut unpacked);
    trailer([&GZIP_HEADER, body].concat(), &unpacked)
}

fn trailer(mut out: Vec<u8>, bytes: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    out.extend(crc.sum().to_le_bytes());
    out.extend(crc.amount().to_le_bytes());
    out
}

/// Whether a server would take it, apply it, and start from it: everything in memory, one layer after the other.
fn naive(object: &[u8]) -> Result<(), String> {
    let mut rest = object;
    let mut unpacked = Vec::new();
    let mut gzip = flate2::bufread::GzDecoder::new(&mut rest);
    gzip.read_to_end(&mut unpacked).map_err(|e| format!("gzip: {e}"))?;
    if !rest.is_empty() {
        return Err("bytes follow the gzip file".into());
    }
    let files = untar(&unpacked)?;
    let get = |name: &str| files.get(name).map(Vec::as_slice).ok_or(format!("no {name}"));
    let (meta, state, sums) = (get("meta.json")?, get("state.bin")?, get("SHA256SUMS")?);
    if get("SHA256SUMS.sealed")?.is_empty() {
        return Err("SHA256SUMS.sealed is empty".into());
    }
    if files.len() != 4 {
        return Err("more files than four".into());
    }
    sums_are_right(sums, meta, state)?;
    let (version, size) = version_and_size(meta)?;
    if version != 1 || usize::try_from(size) != Ok(state.len()) {
        return Err(format!("version {version}, size {size} of {}", state.len()));
    }
    records(state)
}

fn untar(mut bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let (mut files, mut next) = (BTreeMap::new(), BTreeMap::new());
    loop {
        let (header, rest) = bytes.split_at_checked(512).ok_or("no header")?;
        bytes = rest;
        if header.iter().all(|byte| *byte == 0) {
            let zeros = rest.len() >= 512 && rest.iter().all(|byte| *byte == 0);
            return if zeros { Ok(files) } else { Err("no end, or something behind it".into()) };
        }
        let text = |from: usize, to: usize| {
            let field = header[from..to].split(|byte| *byte == 0).next().unwrap_or_default();
            String::from_utf8(field.to_vec()).map_err(|_| "a name that is no text".to_owned())
        };
        let own_size = tar_number(&header[124..136])?;
        let said: BTreeMap<String, String> = if header[156] == b'x' { BTreeMap::new() } else { std::mem::take(&mut next) };
        let size = said.get("size").map_or(Ok(own_size), |size| size.parse().map_err(|_| "a size that is none".to_owned()))?;
        let length = usize::try_from(size).map_err(|_| "too long")?;
        let data = bytes.get(..length).ok_or("a file cut short")?;
        bytes = bytes.get(length.next_multiple_of(512)..).ok_or("padding cut short")?;
        match header[156] {
            b'x' if length == 0 => {}
            b'x' => next = extended(data)?,
            b'0' | 0 => {
                let prefix = if &header[257..263] == b"ustar\0" { text(345, 500)? } else { String::new() };
                let name = if prefix.is_empty() { text(0, 100)? } else { format!("{prefix}/{}", text(0, 100)?) };
                let name = said.get("path").cloned().unwrap_or(name);
                if files.insert(name, data.to_vec()).is_some() {
                    return Err("a file twice".into());
                }
            }
            other => return Err(format!("an entry of kind {other}")),
        }
    }
}

fn tar_number(field: &[u8]) -> Result<u64, String> {
    if field[0] & 0x80 != 0 {
        let bytes = field.iter().enumerate().map(|(at, byte)| if at == 0 { byte & 0x7f } else { *byte });
        let value = bytes.fold(0_u128, |sum, byte| (sum << 8 | u128::from(byte)) & (u128::MAX >> 8));
        return u64::try_from(value).map_err(|_| "a number that is too large".into());
    }
    let text = std::str::from_utf8(field).map_err(|_| "a number that is none")?;
    let text = text.trim_start_matches([' ', '\0']).split([' ', '\0']).next().unwrap_or_default();
    if text.is_empty() { Ok(0) } else { u64::from_str_radix(text, 8).map_err(|_| "a number that is none".into()) }
}

fn extended(mut data: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let mut all = BTreeMap::new();
    while !data.is_empty() {
        let text = String::from_utf8_lossy(data).into_owned();
        let length: usize = text.split(' ').next().and_then(|n| n.parse().ok()).ok_or("no length")?;
        let (record, rest) = data.split_at_checked(length).ok_or("a length that is none")?;
        let record = std::str::from_utf8(record).map_err(|_| "no text")?;
        let (_, record) = record.split_once(' ').ok_or("no blank")?;
        let (key, value) = record.strip_suffix('\n').and_then(|r| r.split_once('=')).ok_or("no pair")?;
        all.insert(key.to_owned(), value.to_owned());
        data = rest;
    }
    Ok(all)
}

fn sums_are_right(sums: &[u8], meta: &[u8], state: &[u8]) -> Result<(), String> {
    let sums = std::str::from_utf8(sums).map_err(|_| "sums that are no text")?;
    let mut named = Vec::new();
    for line in sums.lines() {
        let [sum, name] = line.split_ascii_whitespace().collect::<Vec<_>>()[..] else {
            return Err("a line that is no sum".into());
        };
        let of = match name {
            "meta.json" => meta,
            "state.bin" => state,
            _ => return Err("a sum of another file".into()),
        };
        if !sum.eq_ignore_ascii_case(&sha256(of)) {
            return Err(format!("{name} has another sum"));
        }
        named.push(name);
    }
    if named.contains(&"meta.json") && named.contains(&"state.bin") { Ok(()) } else { Err("a sum is missing".into()) }
}

/// As Go decodes: names in any case, each value replaces the one before, `null` replaces nothing.
fn version_and_size(meta: &[u8]) -> Result<(i64, i64), String> {
    let Pairs(pairs) = serde_json::from_slice(meta).map_err(|e| e.to_string())?;
    let (mut version, mut size) = (0, 0);
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_null()) {
        let own = match name.to_ascii_lowercase().as_str() {
            "version" => &mut version,
            "size" => &mut size,
            _ => continue,
        };
        *own = value.as_i64().ok_or("a number that is none")?;
    }
    Ok((version, size))
}

/// The entries of a JSON object in the order they stand there, none left out.
struct Pairs(Vec<(String, serde_json::Value)>);

impl<'de> serde::Deserialize<'de> for Pairs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Pairs, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Pairs;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// Every record can be applied, and none is missing without which a server does not start.
fn records(mut state: &[u8]) -> Result<(), String> {
    let mut keys = Vec::new();
    while !state.is_empty() {
        let length = varint(&mut state)?;
        if length > i32::MAX as u64 {
            return Err("a record that is too long".into());
        }
        let (mut record, rest) =
            state.split_at_checked(usize::try_from(length).unwrap_or(usize::MAX)).ok_or("a record cut short")?;
        state = rest;
        let mut key: &[u8] = b"";
        while !record.is_empty() {
            let tag = varint(&mut record)?;
            let length = match tag & 7 {
                0 => {
                    varint(&mut record)?;
                    continue;
                }
                1 => 8,
                2 => varint(&mut record)?,
                5 => 4,
                _ => return Err("a field of no kind".into()),
            };
            if tag >> 3 == 0 || tag >> 3 > 0x1fff_ffff {
                return Err("a field without a number".into());
            }
            let (bytes, rest) =
                record.split_at_checked(usize::try_from(length).unwrap_or(usize::MAX)).ok_or("a field cut short")?;
            record = rest;
            if (tag & 7, tag >> 3) == (2, 1) {
                key = bytes;
            }
        }
        if key.is_empty() || key.len() > 32_768 {
            return Err("no key, or one too long".into());
        }
        keys.push(std::str::from_utf8(key).map_err(|_| "a key that is no text")?);
    }
    let there = |wanted: &str| keys.iter().any(|key| *key == wanted || key.starts_with(&format!("{wanted}/")));
    let all = ["core/hsm/barrier-unseal-keys", "core/keyring", "core/mounts", "core/seal-config"];
    if all.into_iter().all(there) { Ok(()) } else { Err("an essential key is missing".into()) }
}

fn varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0_u128;
    for at in 0..10 {
        let (byte, rest) = bytes.split_first().ok_or("a number cut short")?;
        *bytes = rest;
        value |= u128::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return u64::try_from(value).map_err(|_| "a number that is too large".into());
        }
    }
    Err("a number that does not end".into())
}
