//! The bit of Kubernetes protobuf kubectl insists on: it sends reviews and what `kubectl create` makes from flags in
//! it. Requests only; answers are always JSON, which every client takes.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

/// A field of a message: number, JSON name, what it holds.
type Field = (u64, &'static str, Kind);

#[derive(Clone, Copy)]
enum Kind {
    Text,
    /// Base64 in JSON.
    Bytes,
    Bool,
    Number,
    Texts,
    Message(&'static [Field]),
    /// A map from text to text, or to bytes.
    TextMap,
    BytesMap,
}
use Kind::{Bool, Bytes, BytesMap, Message, Number, Text, TextMap, Texts};

// Field numbers: `generated.proto` of the API groups, stable by Kubernetes' own rules.
const META: &[Field] = &[
    (1, "name", Text),
    (2, "generateName", Text),
    (3, "namespace", Text),
    (5, "uid", Text),
    (6, "resourceVersion", Text),
    (11, "labels", TextMap),
    (12, "annotations", TextMap),
    (14, "finalizers", Texts),
];
const RESOURCE_ATTRIBUTES: &[Field] = &[
    (1, "namespace", Text),
    (2, "verb", Text),
    (3, "group", Text),
    (4, "version", Text),
    (5, "resource", Text),
    (6, "subresource", Text),
    (7, "name", Text),
];
const ACCESS_SPEC: &[Field] = &[
    (1, "resourceAttributes", Message(RESOURCE_ATTRIBUTES)),
    (2, "nonResourceAttributes", Message(&[(1, "path", Text), (2, "verb", Text)])),
];
const PRECONDITIONS: &[Field] = &[(1, "uid", Text), (2, "resourceVersion", Text)];

fn fields(kind: &str) -> Option<&'static [Field]> {
    Some(match kind {
        "SelfSubjectAccessReview" => &[(1, "metadata", Message(META)), (2, "spec", Message(ACCESS_SPEC))],
        "SelfSubjectRulesReview" => &[(1, "metadata", Message(META)), (2, "spec", Message(&[(1, "namespace", Text)]))],
        "SelfSubjectReview" | "Namespace" | "ServiceAccount" => &[(1, "metadata", Message(META))],
        "Secret" => &[
            (1, "metadata", Message(META)),
            (2, "data", BytesMap),
            (3, "type", Text),
            (4, "stringData", TextMap),
            (5, "immutable", Bool),
        ],
        "ConfigMap" => {
            &[(1, "metadata", Message(META)), (2, "data", TextMap), (3, "binaryData", BytesMap), (4, "immutable", Bool)]
        }
        "DeleteOptions" => &[
            (1, "gracePeriodSeconds", Number),
            (2, "preconditions", Message(PRECONDITIONS)),
            (3, "orphanDependents", Bool),
            (4, "propagationPolicy", Text),
            (5, "dryRun", Texts),
        ],
        _ => return None,
    })
}

/// The JSON form of a message in Kubernetes' envelope; `None` for kinds not known here and for broken input.
pub(crate) fn decode(bytes: &[u8]) -> Option<Value> {
    const UNKNOWN: &[Field] = &[(1, "typeMeta", Message(&[(1, "apiVersion", Text), (2, "kind", Text)])), (2, "raw", Bytes)];
    let envelope = message(bytes.strip_prefix(b"k8s\0")?, UNKNOWN)?;
    let raw = BASE64_STANDARD.decode(envelope["raw"].as_str().unwrap_or_default()).ok()?;
    let mut object = message(&raw, fields(envelope["typeMeta"]["kind"].as_str()?)?)?;
    object["apiVersion"] = envelope["typeMeta"]["apiVersion"].clone();
    object["kind"] = envelope["typeMeta"]["kind"].clone();
    Some(object)
}

fn message(mut bytes: &[u8], fields: &[Field]) -> Option<Value> {
    let mut object = Map::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let known = fields.iter().find(|(number, ..)| *number == tag >> 3);
        match tag & 7 {
            0 => {
                let number = varint(&mut bytes)?;
                if let Some((_, name, kind)) = known {
                    object.insert((*name).to_owned(), if matches!(kind, Bool) { (number != 0).into() } else { number.into() });
                }
            }
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (content, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                if let Some((_, name, kind)) = known {
                    insert(&mut object, name, *kind, content)?;
                }
            }
            _ => return None,
        }
    }
    Some(object.into())
}

/// Adds one occurrence of a field. Empty text is what Go writes for "not set" and is left out.
fn insert(object: &mut Map<String, Value>, name: &str, kind: Kind, content: &[u8]) -> Option<()> {
    let text = || std::str::from_utf8(content).ok();
    match kind {
        Text if content.is_empty() => {}
        Text => drop(object.insert(name.to_owned(), text()?.into())),
        Bytes => drop(object.insert(name.to_owned(), BASE64_STANDARD.encode(content).into())),
        Message(fields) => drop(object.insert(name.to_owned(), message(content, fields)?)),
        Texts => object.entry(name).or_insert_with(|| Vec::<Value>::new().into()).as_array_mut()?.push(text()?.into()),
        TextMap | BytesMap => {
            let value = if matches!(kind, TextMap) { Text } else { Bytes };
            let entry = message(content, &[(1, "key", Text), (2, "value", value)])?;
            let map = object.entry(name).or_insert_with(|| Map::new().into()).as_object_mut()?;
            let value = entry.get("value").cloned().unwrap_or_else(|| "".into());
            map.insert(entry["key"].as_str().unwrap_or_default().to_owned(), value);
        }
        Bool | Number => {}
    }
    Some(())
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// One length-delimited field.
    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(content.len()).unwrap()], content].concat()
    }

    #[test]
    fn a_secret_from_kubectl_is_read() {
        let entry = [field(1, b"a"), field(2, b"b")].concat();
        let secret = [field(1, &field(1, b"s1")), field(2, &entry), field(3, b"Opaque"), vec![5 << 3, 1]].concat();
        let envelope = [field(1, &[field(1, b"v1"), field(2, b"Secret")].concat()), field(2, &secret), field(3, b"")].concat();
        let decoded = decode(&[b"k8s\0".as_slice(), &envelope].concat()).unwrap();
        let wanted = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s1"}, "data": {"a": "Yg=="},
            "type": "Opaque", "immutable": true});
        assert_eq!(decoded, wanted);
    }

    #[test]
    fn broken_input_is_no_message() {
        for bytes in [&b"k8s\0\x0a\xff"[..], b"k8s\0\x0b", b"{}", b"k8s\0", &[b"k8s\0".as_slice(), &[0xff; 20]].concat()] {
            assert_eq!(decode(bytes), None);
        }
    }
}
