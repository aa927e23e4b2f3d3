//! The plugin as a process against the practice range: stdout, stderr, exit code, terminal.

mod bad;
mod consent;
mod dry_run;
mod never_twice;
mod rbac;
mod round_trips;
mod support;
mod world_changes;
