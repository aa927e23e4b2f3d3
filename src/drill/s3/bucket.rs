//! What a bucket holds and what it allows.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::sign;

/// A bucket's objects by key.
#[derive(Debug, Clone, Default)]
pub struct Bucket {
    /// The objects, in the order of their keys.
    pub objects: BTreeMap<String, Object>,
    /// Whether the key that is known has no right to this bucket.
    pub denied: bool,
    /// Whether it may read and not list (no `s3:ListBucket`): what is missing then looks denied, as in real S3.
    pub list_denied: bool,
    /// Whether it may list and not read (no `s3:GetObject`).
    pub read_denied: bool,
    /// The region that the bucket is in: requests signed for another one are redirected. `None` is everywhere.
    pub region: Option<String>,
    /// Objects that take the place of others later.
    pub(super) replacements: Vec<Replacement>,
}

/// An object that takes the place of another one when that one was read a few times.
#[derive(Debug, Clone)]
pub(super) struct Replacement {
    pub key: String,
    pub reads: usize,
    pub bytes: Bytes,
}

impl Bucket {
    /// A bucket with these objects that everything is allowed in.
    pub fn new(objects: BTreeMap<String, Object>) -> Self {
        Bucket { objects, ..Bucket::default() }
    }

    /// Counts a read of this key that was just answered.
    pub(super) fn was_read(&mut self, key: &str) {
        let Some(index) = self.replacements.iter().position(|replacement| replacement.key == key) else { return };
        let replacement = &mut self.replacements[index];
        replacement.reads = replacement.reads.saturating_sub(1);
        if replacement.reads == 0 {
            let Replacement { key, bytes, .. } = self.replacements.remove(index);
            self.objects.insert(key, Object::new(bytes));
        }
    }
}

/// One object.
#[derive(Debug, Clone)]
pub struct Object {
    /// The content.
    pub bytes: Bytes,
    /// When it was written.
    pub last_modified: Timestamp,
}

impl Object {
    /// An object written now.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Object { bytes: bytes.into(), last_modified: Timestamp::now() }
    }

    /// The entity tag, quoted. Real S3 takes MD5 for small objects; clients must treat it as opaque anyway.
    pub(super) fn etag(&self) -> String {
        format!("\"{}\"", &sign::hex(&Sha256::digest(&self.bytes))[..32])
    }
}
