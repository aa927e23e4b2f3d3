//! The OpenBao Operator's documented state machines, as an ordinary controller that speaks the Kubernetes API.
//!
//! `restore`, `admin` and `health` decide: pure functions from what was read to what is written, per generation.
//! `run` observes and carries out. It needs nothing but a client, so it plays against the embedded server and
//! against a real kube-apiserver alike.

pub mod admin;
pub mod health;
pub mod jobs;
pub mod lock;
pub mod restore;
pub mod step;
pub mod values;

/// A captured object of the real operator.
#[cfg(test)]
pub(crate) fn captured(name: &str) -> serde_json::Value {
    let path = format!("{}/tests/data/captured/objects/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_saphyr::from_str(&text).unwrap()
}
