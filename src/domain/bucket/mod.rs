//! Where in a bucket the snapshots of a cluster are, decided from the answers of list requests.

pub mod find;

#[cfg(test)]
mod tests;
