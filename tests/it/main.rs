//! The plugin as a process against the practice range: stdout, stderr, exit code, terminal.

mod bad;
mod support;
