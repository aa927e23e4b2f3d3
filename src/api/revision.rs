//! What a blue/green revision is made of: its StatefulSet and its data volumes.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::read::{Fields, Meta};

/// A StatefulSet: `C` for rolling clusters, `C-REVISION` for blue/green (F§5.3).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StatefulSet {
    /// Name, labels.
    pub meta: Meta,
    /// Wanted servers; absent means 1.
    pub replicas: i64,
    /// Ready servers.
    pub ready: i64,
}

impl StatefulSet {
    /// Reads a StatefulSet; never fails.
    pub fn read(object: &Value) -> StatefulSet {
        let top = Fields::of(object);
        StatefulSet {
            meta: Meta::read(&top),
            replicas: top.at("spec").int("replicas").unwrap_or(1),
            ready: top.at("status").int("readyReplicas").unwrap_or(0),
        }
    }
}

/// A PersistentVolumeClaim: `data-<StatefulSet>-N` (F§5.3).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Name, labels.
    pub meta: Meta,
    /// `Bound`, `Pending`, `Lost`.
    pub phase: String,
    /// What it holds, or asks for: `1Gi`.
    pub capacity: Option<String>,
}

impl Claim {
    /// Reads a claim; never fails.
    pub fn read(object: &Value) -> Claim {
        let top = Fields::of(object);
        let status = top.at("status");
        let asked = || top.at("spec").at("resources").at("requests").filled("storage");
        Claim {
            meta: Meta::read(&top),
            phase: status.text("phase").unwrap_or_default(),
            capacity: status.at("capacity").filled("storage").or_else(asked),
        }
    }

    /// The pod whose data it holds, by its name: `data-prod-0` is of pod `prod-0`.
    pub fn pod(&self) -> Option<&str> {
        self.meta.name.strip_prefix("data-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_of_the_real_operator_name_their_pods() {
        let path = format!("{}/tests/data/captured/objects/pvc.yaml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        let list: Value = serde_saphyr::from_str(&text).expect("YAML");
        let claims: Vec<Claim> = list["items"].as_array().expect("a list").iter().map(Claim::read).collect();
        assert!(!claims.is_empty());
        assert!(claims.iter().all(|c| c.pod().is_some() && c.phase == "Bound" && c.capacity.as_deref() == Some("1Gi")));
    }
}
