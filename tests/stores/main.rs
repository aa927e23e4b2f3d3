//! The plugin against real object stores: real signatures, real permissions, real pages. The cluster is the practice
//! range's; only the store is another program, started on loopback and ended with its test.
#![expect(clippy::unwrap_used, reason = "everything here is a test or serves one: a panic is a failed test")]

mod azure;
mod gcs;
mod minded;
mod s3;
#[allow(dead_code, reason = "shared with the tests on the range, which use more of it")]
#[path = "../it/support/mod.rs"]
mod support;
