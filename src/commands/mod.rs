//! One file per command.

pub mod drill;
