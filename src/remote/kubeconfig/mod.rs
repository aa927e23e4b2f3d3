//! kubectl's own configuration rules, in one place: which files, which context, which server, which proxy, which
//! credentials. `resolve` reads files and decides; `authenticate` runs a credential helper, once; `client` builds the
//! connection. Nothing here lets kube-rs look at files or the environment by itself.

mod bearer;
mod choose;
mod client;
mod duration;
mod exec;
mod files;
mod flags;
mod identity;
mod in_cluster;
mod model;
mod names;
mod policy;
mod proxy;
mod resolve;
mod server;
mod surroundings;
#[cfg(test)]
mod tests;
mod x509;

pub use bearer::{Credential, Renewal};
pub use client::{authenticate, client, failure_in, install_crypto_provider, reauthenticate};
pub use duration::go_duration;
pub use flags::Flags;
pub use names::{Names, names};
pub use resolve::{Resolved, Source, resolve};
pub use surroundings::Surroundings;
