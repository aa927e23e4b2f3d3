//! Makes snapshots in the genuine format, of the cluster they are to be of: what a server of the range would have written.
//!
//! The values are random bytes: no server could open them. Everything that can be read without a key is as a real one has it.

use std::io::Write as _;

use flate2::{Compression, GzBuilder};
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::world::hex;

/// What a snapshot is of.
#[derive(Debug, Clone)]
pub struct Recipe<'a> {
    /// The namespace of its cluster.
    pub namespace: &'a str,
    /// Its cluster.
    pub cluster: &'a str,
    /// Its servers: the ids of Raft's members.
    pub members: Vec<String>,
    /// The OpenBao version that wrote it.
    pub version: &'a str,
    /// The last entry of Raft's log in it.
    pub index: u64,
    /// When it was taken.
    pub taken_at: Timestamp,
}

/// The id that the range's clusters call their static seal key by.
pub const SEAL_KEY: &str = "range-static-key-1";

/// How large each is (bytes): compressed times differ in length by some bytes, which a filler evens out.
pub const SIZE: usize = 26_584;

/// The three servers of a cluster, or of one colour of it.
pub fn servers(cluster: &str, revision: Option<&str>) -> Vec<String> {
    let set = revision.map_or_else(|| cluster.to_owned(), |revision| format!("{cluster}-{revision}"));
    (0..3).map(|ordinal| format!("{set}-{ordinal}")).collect()
}

impl Recipe<'_> {
    /// The file. The same recipe gives the same bytes.
    pub fn make(&self) -> Vec<u8> {
        let (mut file, mut filler) = (Vec::new(), 4_687);
        // A longer filler makes the file longer by about as much; what then misses a few bytes, other noise hits.
        for salt in 0..256 {
            file = self.file(Noise { recipe: self, salt }, filler);
            match file.len().abs_diff(SIZE) {
                0 => break,
                1..8 => {}
                _ => filler = (filler + SIZE).saturating_sub(file.len()),
            }
        }
        file
    }

    fn file(&self, noise: Noise<'_>, filler: usize) -> Vec<u8> {
        let state = self.state(noise, filler);
        let meta = self.meta(state.len());
        let sum = |bytes: &[u8], name: &str| format!("{}  {name}\n", hex(&Sha256::digest(bytes)));
        let sums = [sum(&meta, "meta.json"), sum(&state, "state.bin")].concat();
        let sealed = wrapped(&noise.bytes("sums", sums.len() + 28));
        let mut tar = Vec::new();
        for (name, bytes) in [
            ("meta.json", meta.as_slice()),
            ("state.bin", state.as_slice()),
            ("SHA256SUMS", sums.as_bytes()),
            ("SHA256SUMS.sealed", sealed.as_slice()),
        ] {
            tar.extend(header(name, bytes.len(), self.taken_at));
            tar.extend(bytes);
            tar.resize(tar.len().next_multiple_of(512), 0);
        }
        tar.resize(tar.len() + 1024, 0);
        let mut gzip = GzBuilder::new().operating_system(255).write(Vec::new(), Compression::default());
        gzip.write_all(&tar).and_then(|()| gzip.finish()).unwrap_or_default()
    }

    fn meta(&self, size: usize) -> Vec<u8> {
        let home = format!("{}.{}.svc:8201", self.cluster, self.namespace);
        let servers: Vec<_> =
            self.members.iter().map(|id| json!({"Suffrage": 0, "ID": id, "Address": format!("{id}.{home}")})).collect();
        let meta = json!({
            "Version": 1, "ID": "bolt-snapshot", "Index": self.index, "Term": 3, "Peers": null,
            "Configuration": {"Servers": servers}, "ConfigurationIndex": 7, "Size": size,
        });
        format!("{meta}\n").into_bytes()
    }

    /// `state.bin`: keys ascend, values are ciphertext but for what every server keeps open.
    fn state(&self, noise: Noise<'_>, filler: usize) -> Vec<u8> {
        let mounts = hex(&noise.bytes("mounts", 8));
        let config =
            json!({"type": "static", "secret_shares": 1, "secret_threshold": 1, "pgp_keys": null, "nonce": "", "backup": false});
        let mut records: Vec<(String, Vec<u8>)> = vec![
            ("core/hsm/barrier-unseal-keys".into(), wrapped(&noise.bytes("root", 60))),
            ("core/recovery-key".into(), wrapped(&noise.bytes("recovery", 60))),
            ("core/seal-config".into(), config.to_string().into_bytes()),
        ];
        let sealed = ["core/audit", "core/auth", "core/keyring", "core/local-mounts", "core/mounts", "core/raft/tls"];
        records.extend(sealed.iter().map(|key| ((*key).to_owned(), noise.sealed(key, 700))));
        records.push((format!("core/versions/{}", self.version), noise.sealed("version", 60)));
        records.extend((0..40).map(|n| (format!("logical/{mounts}/{n:02}"), noise.sealed(&format!("entry {n}"), 400))));
        records.push(("sys/policy/default".into(), noise.sealed("policy", filler)));
        records.push(("sys/token/salt".into(), noise.sealed("salt", 64)));
        records.sort();
        let mut state = Vec::new();
        for (key, value) in records {
            let mut entry = Vec::new();
            bytes_field(1, key.as_bytes(), &mut entry);
            bytes_field(2, &value, &mut entry);
            varint(entry.len(), &mut state);
            state.extend(entry);
        }
        state
    }
}

/// Bytes that look random, the same for the same recipe.
#[derive(Clone, Copy)]
struct Noise<'a> {
    recipe: &'a Recipe<'a>,
    salt: u32,
}

impl Noise<'_> {
    fn bytes(self, what: &str, length: usize) -> Vec<u8> {
        let Recipe { namespace, cluster, index, taken_at, .. } = self.recipe;
        let seed = format!("{namespace}/{cluster}/{index}/{taken_at}/{what}/{}", self.salt);
        let start = Sha256::digest(seed);
        let mut state = start.iter().take(8).fold(0, |state, byte| state << 8 | u64::from(*byte)) | 1;
        // xorshift64*: each range makes thousands of these, and need not hash for all of them.
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            bytes.extend_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }

    /// What the barrier writes: the key's term, a version, a nonce and ciphertext.
    fn sealed(self, what: &str, length: usize) -> Vec<u8> {
        [&1_u32.to_be_bytes()[..], &[2], &self.bytes(what, length)].concat()
    }
}

/// `BlobInfo`: something that the static seal encrypted, with the id of its key in the open.
fn wrapped(ciphertext: &[u8]) -> Vec<u8> {
    let mut info = Vec::new();
    bytes_field(3, SEAL_KEY.as_bytes(), &mut info);
    let mut blob = Vec::new();
    bytes_field(1, ciphertext, &mut blob);
    bytes_field(5, &info, &mut blob);
    blob
}

fn bytes_field(number: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(number << 3 | 2);
    varint(bytes.len(), out);
    out.extend(bytes);
}

fn varint(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] & 0x7f | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// A tar header as Go writes it: mode 0600, no owner.
fn header(name: &str, size: usize, at: Timestamp) -> Vec<u8> {
    let mut block = vec![0_u8; 512];
    let mut put = |at: usize, text: &str| block[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    for (at, text) in
        [(100, "0000600\0"), (108, "0000000\0"), (116, "0000000\0"), (148, "        "), (156, "0"), (257, "ustar\u{0}00")]
    {
        put(at, text);
    }
    put(124, &format!("{size:011o}\0"));
    put(136, &format!("{:011o}\0", at.as_second().max(0)));
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::archive::{Verdict, verify};

    #[test]
    fn it_verifies_and_says_whose_it_is_and_all_are_of_one_size() {
        for second in [0, 1_700_000_000, 1_763_686_879, 1_795_289_839] {
            let recipe = Recipe {
                namespace: "bao",
                cluster: "prod",
                members: servers("prod", None),
                version: "2.5.5",
                index: 74,
                taken_at: Timestamp::from_second(second).expect("a time"),
            };
            let file = recipe.make();
            assert_eq!(file.len(), SIZE);
            assert_eq!(file[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
            let report = verify([file.as_slice()]);
            assert_eq!(report.verdict, Verdict::Ok, "{}", report.summary);
            let meta = report.facts.meta.expect("it has one");
            assert_eq!((meta.index, meta.peers[2].address.as_str()), (74, "prod-2.prod.bao.svc:8201"));
            let seal = report.facts.seal.expect("it has one");
            assert_eq!((seal.kind.as_deref(), seal.key_id.as_deref()), (Some("static"), Some(SEAL_KEY)));
            assert_eq!(report.facts.openbao_version.as_deref(), Some("2.5.5"));
            assert_eq!(report.facts.taken_at, Some(recipe.taken_at));
        }
    }
}
