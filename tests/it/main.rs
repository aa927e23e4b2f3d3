//! The plugin as a process against the practice range: stdout, stderr, exit code, terminal.

mod bad;
mod captured;
mod consent;
mod drill;
mod dry_run;
mod fleet;
mod follow;
mod never_twice;
mod rbac;
mod recover;
mod resolve;
mod round_trips;
mod secrets;
mod status;
mod support;
mod world_changes;
