//! Object stores that hold snapshots.

pub mod s3;
