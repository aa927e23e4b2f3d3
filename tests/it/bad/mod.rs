//! Bad situations: one clear line, a hint, the documented exit code, and no write.

mod cluster;
mod connection;
mod consent;
mod file;
mod invocation;
mod snapshot;
