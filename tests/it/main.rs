//! The plugin as a process against the practice range: stdout, stderr, exit code, terminal.

mod bad;
mod breakglass;
mod captured;
mod consent;
mod diagnose;
mod drill;
mod dry_run;
mod fleet;
mod follow;
mod incident;
mod logs;
mod never_twice;
mod picture;
mod pipelines;
mod planted_store;
mod probes;
mod rbac;
mod reading;
mod recover;
mod resolve;
mod round_trips;
mod secrets;
mod snapshots;
mod status;
mod support;
mod world_changes;
