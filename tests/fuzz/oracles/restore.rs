//! `OpenBaoRestore`: any JSON, beside a cluster that was captured.

use std::sync::LazyLock;

use kubectl_openbao::api::restore::{Phase, Restore};
use kubectl_openbao::domain::evidence::Evidence;
use kubectl_openbao::domain::job_log::Findings;
use kubectl_openbao::domain::progress::{End, Progress};
use kubectl_openbao::gather::report;
use serde_json::Value;

use super::{assert_safe_line, cluster, decisions};

/// The first byte says the generation and what is taken away; the rest is one object, or a list of them: successive looks.
pub fn check(data: &[u8]) {
    let Some((steer, rest)) = data.split_first() else { return };
    let Ok(document) = serde_json::from_slice::<Value>(rest) else { return };
    let objects = match &document {
        Value::Array(objects) => objects.clone(),
        one => vec![one.clone()],
    };
    let restores: Vec<Restore> = objects.iter().map(Restore::read).collect();
    for (object, restore) in objects.iter().zip(&restores) {
        of_one(object, restore);
    }
    followed(&restores);
    let mut evidence = around(restores);
    evidence.generation = cluster::generation(*steer);
    let decided = decisions::all(&evidence, *steer).expect("the cluster was read");
    let newest = evidence.restores.each().iter().max_by_key(|r| (r.meta.created_at, &r.meta.name));
    assert_eq!(decided.status.restore.is_some(), newest.is_some());
}

/// A good cluster, with these restores of its own.
fn around(restores: Vec<Restore>) -> Evidence {
    static BASE: LazyLock<Evidence> = LazyLock::new(|| {
        let text = include_str!("../../evidence/situations/captured-02-restore-completed.yaml");
        let document: Value = serde_saphyr::from_str(text).expect("YAML");
        report::of_document(document.as_object().expect("an object")).expect("a report").evidence().clone()
    });
    let mut evidence = BASE.clone();
    let mine = |mut restore: Restore| {
        restore.cluster.clone_from(&evidence.name);
        restore.meta.namespace.clone_from(&evidence.namespace);
        restore
    };
    evidence.restores = kubectl_openbao::domain::evidence::Item::present(restores.into_iter().map(mine).collect());
    evidence
}

/// What it says stands in it, and what is over is over by the operator's own words.
fn of_one(object: &Value, restore: &Restore) {
    let phase = object.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default();
    match phase {
        "" => assert_eq!(restore.phase, Phase::Pending),
        phase => assert_eq!(restore.phase.as_str(), phase),
    }
    assert_eq!(restore.phase.is_final(), matches!(phase, "Completed" | "Failed"), "{phase}");
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    assert_eq!((restore.key.as_str(), restore.cluster.as_str()), (text("/spec/source/key"), text("/spec/cluster")));
    let says_true = |name: &str| object.pointer("/spec").and_then(|s| s.get(name)) == Some(&Value::Bool(true));
    assert_eq!(restore.force, says_true("force"));
    assert_eq!(restore.override_operation_lock, says_true("overrideOperationLock"));
}

/// Looked at again and again, with nothing said twice and no end that the operator did not tell.
fn followed(restores: &[Restore]) {
    let Some(first) = restores.first() else { return };
    let mut progress = Progress::new(&first.meta.name);
    for restore in restores {
        let same = restore.meta.uid == first.meta.uid;
        for step in progress.see_restore(Some(restore)) {
            assert_safe_line("a step", &step.what);
            assert_safe_line("a step", &step.text);
        }
        assert_eq!(progress.see_restore(Some(restore)), [], "the same look twice is no news");
        match progress.end(&Findings::default()) {
            Some(End::Completed { message }) => {
                assert_safe_line("a message", &message);
                assert_eq!(restore.phase, Phase::Completed);
            }
            Some(End::Failed { message, .. }) => {
                assert_safe_line("a message", &message);
                assert_eq!(restore.phase, Phase::Failed);
            }
            Some(End::Deleted) => return,
            Some(End::Released { disposition }) => {
                assert_safe_line("a disposition", &disposition);
                assert!(restore.released());
            }
            Some(End::AcceptedUnconfirmed { .. } | End::OutcomeUnknown { .. }) => assert_eq!(restore.phase, Phase::Unknown),
            None => assert!(restore.phase != Phase::Completed && restore.phase != Phase::Failed),
        }
        assert!(same, "another object is not what is followed");
    }
    progress.see_restore(None);
    assert_eq!(progress.end(&Findings::default()), Some(End::Deleted));
}
