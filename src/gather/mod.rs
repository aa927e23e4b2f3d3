//! Fills `Evidence`: from a live cluster, every source with its own deadline, all sources side by side.

pub mod bucket;
pub mod candidate;
pub mod clusters;
pub mod course;
pub mod incident;
pub mod live;
pub mod report;
pub mod servers;
pub mod snapshot;
pub mod store;
pub mod verification;

pub use clusters::{find_cluster, names};
pub use live::items;
