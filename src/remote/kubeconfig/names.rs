//! The names that a kubeconfig knows, for completion.

use super::{Flags, Surroundings, files};
use crate::error::Outcome;

/// Names of a configuration, each kind in order.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Contexts.
    pub contexts: Vec<String>,
    /// Clusters.
    pub clusters: Vec<String>,
    /// Users.
    pub users: Vec<String>,
    /// Namespaces that a context names.
    pub namespaces: Vec<String>,
}

/// Reads the names from the files that count. No network, no helper.
///
/// # Errors
/// A file cannot be read.
pub fn names(flags: &Flags, surroundings: &Surroundings) -> Outcome<Names> {
    let config = files::load(flags, surroundings)?.config;
    let mut namespaces: Vec<String> = config.contexts.values().map(|context| context.namespace.clone()).collect();
    namespaces.retain(|name| !name.is_empty());
    namespaces.sort();
    namespaces.dedup();
    Ok(Names {
        contexts: config.contexts.into_keys().collect(),
        clusters: config.clusters.into_keys().collect(),
        users: config.users.into_keys().collect(),
        namespaces,
    })
}
