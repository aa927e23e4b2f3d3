//! `OpenBaoCluster`: any JSON, read leniently, on any generation, with nothing else known.

use std::sync::LazyLock;

use kubectl_openbao::api::cluster::Cluster;
use kubectl_openbao::api::generation::Generation;
use kubectl_openbao::domain::diagnosis::Verdict;
use kubectl_openbao::domain::evidence::{Evidence, Item};
use kubectl_openbao::domain::lock;
use kubectl_openbao::gather::report;
use serde_json::{Value, json};

use super::decisions;

/// The first byte says the generation and what is taken away; the rest is the object.
pub fn check(data: &[u8]) {
    let Some((steer, rest)) = data.split_first() else { return };
    let Ok(object) = serde_json::from_slice::<Value>(rest) else { return };
    let cluster = Cluster::read(&object);
    for problem in &cluster.problems {
        assert!(problem.contains(": expected ") && problem.contains(", found "), "{problem}");
    }
    unknown_fields_change_nothing(&object, &cluster);
    let evidence = of(cluster, generation(*steer));
    let decided = decisions::all(&evidence, *steer).expect("the cluster was read");
    let at = |pointer: &str| object.pointer(pointer);
    if at("/status/breakGlass/active") == Some(&json!(true)) {
        assert!(decided.status.needs_attention() && decided.diagnosis.needs_attention(), "break glass is nobody's business");
        assert_ne!(decided.diagnosis.verdict, Verdict::NothingToDo);
        assert!(decided.status.break_glass.is_some());
    }
    let holds = |name: &str| at("/status/operationLock").and_then(|l| l.get(name)?.as_str()).is_some_and(|t| !t.is_empty());
    if holds("operation") {
        let judged = lock::judge(&evidence).expect("a lock that is held is judged");
        // With nobody looked at, nobody can say that the holder is gone.
        assert_ne!(judged.verdict, lock::Verdict::Stale);
    }
}

/// Operators are upgraded without us: what we do not know is passed over.
fn unknown_fields_change_nothing(object: &Value, cluster: &Cluster) {
    let mut more = object.clone();
    for pointer in ["", "/spec", "/status", "/status/breakGlass", "/status/blueGreen", "/spec/backup"] {
        if let Some(Value::Object(map)) = more.pointer_mut(pointer) {
            map.insert("fieldOfTomorrow".into(), json!({"a": [1, "x"]}));
        }
    }
    assert_eq!(Cluster::read(&more), *cluster, "a field of tomorrow");
}

/// A cluster, and nothing else that could be read.
pub fn of(cluster: Cluster, generation: Generation) -> Evidence {
    Evidence {
        observed_at: "2026-11-21T00:48:30Z".parse().expect("a time"),
        namespace: cluster.meta.namespace.clone(),
        name: cluster.meta.name.clone(),
        cluster: Item::present(cluster),
        generation,
        ..Evidence::default()
    }
}

/// One of those that are known, or none.
pub fn generation(steer: u8) -> Generation {
    static ALL: LazyLock<Vec<Generation>> = LazyLock::new(|| {
        let names = ["P0", "P1", "P2", "P3", "P4", "JAN", "0.1", "0.4", "0.5", "NEXT"];
        let read = |name: &str| {
            let document = json!({"apiVersion": "cli.openbao.org/v1", "kind": "Report", "formatVersion": 1,
                "observedAt": "2026-11-21T00:48:30Z", "namespace": "n", "cluster": "c", "schema": {"generation": name}});
            let report = report::of_document(document.as_object().expect("an object")).expect("a report");
            report.evidence().generation.clone()
        };
        names.into_iter().map(read).chain([Generation::default()]).collect()
    });
    ALL[usize::from(steer) % ALL.len()].clone()
}
