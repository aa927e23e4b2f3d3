//! The network: the Kubernetes API, the object store, OpenBao itself. Nothing here decides or prints.

pub mod k8s;
pub mod kubeconfig;
pub mod logs;
pub mod object_store;
pub mod openbao;
pub mod restores;
pub mod settling;
pub mod tunnel;
pub mod watch;
pub mod writes;

use std::error::Error;

/// The innermost cause: what clients wrap around it mostly repeats the URL.
fn deepest(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

/// An error and its causes, from the outermost on.
fn chain(error: &(dyn Error + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}
