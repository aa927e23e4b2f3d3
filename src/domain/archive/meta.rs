//! The small files of a snapshot: `meta.json`, `SHA256SUMS`, and the sums that the seal encrypted.

use schemars::JsonSchema;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What `meta.json` says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    /// The format: 1.
    pub version: i64,
    /// Index of the last Raft entry in it.
    pub index: u64,
    /// Raft's term then.
    pub term: u64,
    /// Length of `state.bin` (bytes).
    pub size: i64,
    /// Raft's members then; a restore does not bring them back.
    pub peers: Vec<Peer>,
}

/// A member of Raft when the snapshot was taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Peer {
    /// Its node id, usually the pod's name.
    pub id: String,
    /// Its address for Raft.
    pub address: String,
    /// Whether it voted.
    pub voter: bool,
}

impl Meta {
    /// Reads it as Go's decoder does: names in any case, of several values the last counts, `null` is none, unknown fields
    /// are passed over.
    ///
    /// # Errors
    /// It is not the JSON that OpenBao writes.
    pub fn read(bytes: &[u8]) -> Result<Meta, String> {
        let found: Entries = serde_json::from_slice(bytes).map_err(|e| match e.classify() {
            serde_json::error::Category::Data => "meta.json is no object".into(),
            _ => format!("meta.json is no JSON: {e}"),
        })?;
        let servers = found.last("Configuration").and_then(|c| member(c, "Servers")).and_then(Value::as_array);
        Ok(Meta {
            version: found.number("Version", Value::as_i64)?,
            index: found.number("Index", Value::as_u64)?,
            term: found.number("Term", Value::as_u64)?,
            size: found.number("Size", Value::as_i64)?,
            peers: servers.into_iter().flatten().map(Peer::read).collect(),
        })
    }
}

/// A JSON object as it is written: each entry, also those of one name.
struct Entries(Vec<(String, Value)>);

impl Entries {
    /// Those of a name that say something.
    fn named(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null()).map(|(_, value)| value)
    }

    fn last(&self, name: &str) -> Option<&Value> {
        self.named(name).last()
    }

    /// Zero when there is none; none of them may be something else.
    fn number<T: Default>(&self, name: &str, read: impl Fn(&Value) -> Option<T>) -> Result<T, String> {
        let wrong = || format!("meta.json's {name} is no number");
        self.named(name).try_fold(T::default(), |_, value| read(value).ok_or_else(wrong))
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Entries, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Entries;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    all.push(entry);
                }
                Ok(Entries(all))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

impl Peer {
    fn read(value: &Value) -> Peer {
        let text = |name: &str| member(value, name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Peer { id: text("ID"), address: text("Address"), voter: member(value, "Suffrage").and_then(Value::as_i64) == Some(0) }
    }
}

fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_object()?.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The sums of `SHA256SUMS`, as hexadecimal digits in small letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// Of `meta.json`.
    pub meta: Vec<String>,
    /// Of `state.bin`.
    pub state: Vec<String>,
}

impl Sums {
    /// Reads it by the rules of the server's reader.
    ///
    /// # Errors
    /// A line that the server would refuse.
    pub fn read(bytes: &[u8]) -> Result<Sums, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "SHA256SUMS is no text".to_owned())?;
        let mut sums = Sums::default();
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            let mut words = line.split_ascii_whitespace();
            let (Some(sum), Some(name), None) = (words.next(), words.next(), words.next()) else {
                return Err("SHA256SUMS has a line that is no sum".into());
            };
            if sum.len() != 64 || !sum.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err("SHA256SUMS has a line that is no sum".into());
            }
            match name {
                "meta.json" => sums.meta.push(sum.to_ascii_lowercase()),
                "state.bin" => sums.state.push(sum.to_ascii_lowercase()),
                _ => return Err("SHA256SUMS names a file that no snapshot has".into()),
            }
        }
        Ok(sums)
    }
}

/// The `key_id` of something that the seal wrapped; `None` for Shamir, or when it cannot be read.
///
/// `BlobInfo { 1: ciphertext  2: iv  5: KeyInfo { 1: mechanism  3: key_id  5: wrapped_key } }`
pub fn key_id(blob: &[u8]) -> Option<String> {
    let info = field(blob, 5)?;
    let id = std::str::from_utf8(field(info, 3)?).ok()?;
    (!id.is_empty()).then(|| id.to_owned())
}

/// The bytes of a length-delimited field.
fn field(mut message: &[u8], wanted: u64) -> Option<&[u8]> {
    let mut found = None;
    while !message.is_empty() {
        let tag = varint(&mut message)?;
        let length = match tag & 7 {
            0 => {
                varint(&mut message)?;
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut message)?).ok()?,
            5 => 4,
            _ => return None,
        };
        let (bytes, rest) = message.split_at_checked(length)?;
        if tag >> 3 == wanted && tag & 7 == 2 {
            found = Some(bytes);
        }
        message = rest;
    }
    found
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for at in 0..10 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(7 * at)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// What a seal's own configuration says, readable without a key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Seal {
    /// `shamir`, `static`, `awskms`, …
    pub kind: Option<String>,
    /// How many shares there are.
    pub shares: Option<u64>,
    /// How many of them unseal it.
    pub threshold: Option<u64>,
    /// The id of the key that wrapped the root key; none for Shamir.
    pub key_id: Option<String>,
}

impl Seal {
    /// From `core/seal-config` and `core/hsm/barrier-unseal-keys`.
    pub fn read(config: Option<&[u8]>, keys: Option<&[u8]>) -> Option<Seal> {
        let config: Value = serde_json::from_slice(config?).ok()?;
        let number = |name: &str| config.get(name).and_then(Value::as_u64);
        Some(Seal {
            kind: config.get("type").and_then(Value::as_str).map(str::to_owned),
            shares: number("secret_shares"),
            threshold: number("secret_threshold"),
            key_id: keys.and_then(key_id),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a server reads is what counts, whoever wrote the file.
    #[test]
    fn of_two_values_the_one_counts_that_a_server_takes() {
        let size = |text: &str| Meta::read(text.as_bytes()).map(|meta| meta.size);
        assert_eq!(size(r#"{"Size": 1, "size": 2, "Size": 3}"#), Ok(3));
        assert_eq!(size(r#"{"Size": 1, "SIZE": 2}"#), Ok(2));
        assert_eq!(size(r#"{"Size": 1, "size": null}"#), Ok(1));
        assert_eq!(size("{}"), Ok(0));
        assert_eq!(size(r#"{"Size": "x", "size": 2}"#), Err("meta.json's Size is no number".into()));
        assert_eq!(size("[1]"), Err("meta.json is no object".into()));
        assert!(size("{").is_err_and(|why| why.starts_with("meta.json is no JSON: ")));
    }
}
