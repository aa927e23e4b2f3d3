//! Follows the log of a Job: all its pods, all runs of the container, nothing lost, nothing twice.

mod intake;
mod position;
mod stamp;

#[cfg(test)]
mod intake_tests;

pub use intake::{Lines, LogLine, RunName};
