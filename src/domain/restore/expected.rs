//! What the operator is told of the object, so that it restores the bytes that were looked at and no others (NEXT).

use super::request::{Expected, Request};
use crate::domain::evidence::{Evidence, StoreAnswer};

/// The sizes that the schema takes (F§3.1).
pub const SIZES: std::ops::RangeInclusive<u64> = 1..=8 << 30;

/// What the file asks for, else what was seen: the size by the store's word, the digest of an object that was read to its
/// last byte. Only where the live schema is known to have the fields.
pub fn expected(evidence: &Evidence, request: &Request) -> Expected {
    let mut all = request.expected.clone();
    let StoreAnswer::Found { object } = &evidence.snapshot else { return all };
    let has = |path: &str| evidence.generation.schema.as_ref().is_some_and(|schema| schema.has(path));
    if has("source.expectedSize") && SIZES.contains(&object.size) {
        all.size = all.size.or(Some(object.size));
    }
    if has("source.expectedDigest") {
        all.digest = all.digest.or_else(|| object.sha256().map(|sum| format!("sha256:{sum}")));
    }
    all
}
