//! The plugin as a process against the practice range: stdout, stderr, exit code, terminal.

mod bad;
mod breakglass;
mod captured;
mod completion;
mod consent;
mod diagnose;
mod drill;
mod dry_run;
mod fleet;
mod follow;
mod incident;
mod logs;
mod never_twice;
mod planted_store;
mod probes;
mod rbac;
mod recover;
mod resolve;
mod round_trips;
mod schemas;
mod secrets;
mod snapshots;
mod start;
mod status;
mod support;
mod world_changes;
