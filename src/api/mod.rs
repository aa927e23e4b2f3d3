//! The operator's objects as data: read leniently, written only with fields the live schema has.

pub mod cluster;
pub mod event;
pub mod generation;
pub mod lean;
pub mod names;
pub mod read;
pub mod redact;
pub mod restore;
pub mod revision;
pub mod sensitive;
pub mod target;
pub mod text;
pub mod workload;
