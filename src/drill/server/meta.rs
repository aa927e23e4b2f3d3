//! Object metadata: identifiers, times, names.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use serde_json::{Value, json};

/// The letters kube-apiserver makes names from (no vowels, nothing that looks alike).
const NAME_LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// Now, as metadata writes it: RFC 3339 in whole seconds.
pub(crate) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A random (version 4) UUID.
pub(crate) fn uid() -> String {
    let mut bytes: [u8; 16] = random();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A secret for bearer tokens.
pub(crate) fn secret() -> String {
    BASE64_STANDARD_NO_PAD.encode(random::<24>())
}

/// The name made from `generateName`: cut to 58 characters, then five random letters.
pub(crate) fn generate_name(prefix: &str) -> String {
    let tail = random::<5>().map(|b| char::from(NAME_LETTERS[usize::from(b) % NAME_LETTERS.len()]));
    prefix.chars().take(58).chain(tail).collect()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Gives a seeded object what every stored object has: uid, creation time, generation.
pub(crate) fn fill(object: &mut Value) {
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    let meta = &mut object["metadata"];
    for (key, value) in [("uid", uid as fn() -> String), ("creationTimestamp", now)] {
        if meta[key].as_str().is_none_or(str::is_empty) {
            meta[key] = value().into();
        }
    }
    if meta["generation"].is_null() {
        meta["generation"] = 1.into();
    }
}

/// A namespace as it stands after creation.
pub(crate) fn namespace(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
        "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"},
    })
}

/// Whether a name is an RFC 1123 subdomain of at most 253 characters.
pub(crate) fn is_subdomain(name: &str) -> bool {
    let label = |label: &str| {
        let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let bytes = label.as_bytes();
        edge(bytes.first())
            && edge(bytes.last())
            && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
    };
    name.len() <= 253 && name.split('.').all(label)
}
