//! The operation lock: who holds it, whether anybody works under it, what frees it, who waits behind it.

use crate::api::restore::Phase;
use crate::api::text::{age, clean};
use crate::domain::diagnosis::Finding;
use crate::domain::diagnosis::facts::Facts;
use crate::domain::diagnosis::say::{Words, finding, word};
use crate::domain::lock::{LockFinding, Verdict, removal};
use crate::domain::status::{Next, Severity};

pub(super) fn of(facts: &Facts<'_>) -> Vec<Finding> {
    let mut all = vec![lock(facts)];
    all.extend(waiting(facts));
    all
}

fn lock(facts: &Facts<'_>) -> Finding {
    let Some(held) = &facts.lock else {
        return finding("lock-free", Severity::Note, "status.operationLock", "the operation lock is free");
    };
    let (code, severity) = match held.verdict {
        Verdict::Live => ("lock-live", Severity::Note),
        Verdict::Halted => ("lock-halted", Severity::Attention),
        Verdict::Stale => ("lock-stale", Severity::Attention),
        Verdict::Unknown => ("lock-unknown", Severity::Attention),
    };
    let mut found =
        finding(code, severity, "status.operationLock; because: ".to_owned() + &held.because.join("; "), says(facts, held));
    found.next = ways_to_free(facts, held);
    found
}

fn says(facts: &Facts<'_>, held: &LockFinding) -> String {
    let since = |at: Option<jiff::Timestamp>| at.map_or("an unknown time".into(), |at| age(facts.evidence.since(at)));
    let lock = &held.lock;
    let work = match held.verdict {
        Verdict::Live => "somebody works under it: wait",
        Verdict::Halted => "its work is stopped and waits for a person; the lock still means something",
        Verdict::Stale => "nobody works under it, and nobody will; no time limit frees it",
        Verdict::Unknown => "whether anybody works under it is not known",
    };
    format!(
        "{} lock held by {} for {} (renewed {} ago, {}): {work}",
        clean(&lock.operation),
        clean(&lock.holder),
        since(lock.acquired_at),
        since(lock.renewed_at),
        if lock.message.is_empty() { "no message".into() } else { clean(&lock.message) }
    )
}

/// What frees it, by holder and generation; never "wait" where nothing is released by time (F§4.5, F§15.2.2–4).
fn ways_to_free(facts: &Facts<'_>, held: &LockFinding) -> Vec<Next> {
    let words = Words::of(facts.cluster);
    match (held.lock.operation.as_str(), held.verdict) {
        (_, Verdict::Live) => vec![words.plugin("status", "-w", "watch it come free")],
        ("Restore", _) => restore_lock(facts, held, &words),
        (_, Verdict::Halted) if facts.break_glass().is_some() => {
            vec![words.plugin("diagnose rollback", "", "break glass keeps it; the way out frees it")]
        }
        (_, Verdict::Halted | Verdict::Unknown) => {
            vec![words.plugin("status", "", "the evidence"), words.plugin("restore", "--override-lock", "if you came to restore")]
        }
        ("Upgrade", Verdict::Stale) => upgrade_lock(facts, &words),
        _ => vec![
            words.plugin("restore", "--override-lock", "clears it as part of a restore; nothing shorter is known to free a Backup lock: it goes only while a restore waits"),
            words.kubectl("get jobs -l openbao.org/component=backup", "that no backup runs"),
        ],
    }
}

fn restore_lock(facts: &Facts<'_>, held: &LockFinding, words: &Words<'_>) -> Vec<Next> {
    let Some(name) = held.lock.restore_name() else { return vec![words.kubectl("get openbaorestores", "which restore it is")] };
    let restore = facts.evidence.restores.each().iter().find(|r| r.meta.name == name);
    match restore {
        Some(r) if r.phase == Phase::Unknown => {
            vec![words.about(
                "diagnose restore",
                &facts.cluster.meta.name,
                "",
                "its outcome is unknown: settle it, an override never clears this lock",
            )]
        }
        Some(_) => vec![
            words.about("follow", name, "", "how far it is"),
            words.kubectl(&format!("delete openbaorestore {}", word(name)), "frees the lock; its Job may go on for a while"),
        ],
        None if facts.evidence.restores.unknown().is_some() => {
            vec![words.kubectl(&format!("get openbaorestore {}", word(name)), "whether it still exists")]
        }
        None => vec![orphan(facts, held, words)],
    }
}

/// Nobody but a person with rights to the status removes it then (F§4.5).
fn orphan(facts: &Facts<'_>, held: &LockFinding, words: &Words<'_>) -> Next {
    let command = removal(&facts.cluster.meta.name, &held.lock.holder);
    words.kubectl(&command, "its restore is gone and nobody else releases it; needs patch on openbaoclusters/status")
}

/// Any change of the cluster makes the operator look again, and a look frees a leftover lock of a rolling cluster (F§15.2.3).
fn upgrade_lock(facts: &Facts<'_>, words: &Words<'_>) -> Vec<Next> {
    let nudge = words.kubectl(
        &format!("annotate openbaocluster {} cli.openbao.org/nudge=\"$(date +%s)\" --overwrite", word(&facts.cluster.meta.name)),
        "makes the operator look again: frees a leftover Upgrade lock of a rolling cluster",
    );
    let over = words.plugin("restore", "--override-lock", "if you came to restore");
    let blue_green = facts.cluster.spec.strategy.as_deref() == Some("BlueGreen") || facts.blue_green().is_some();
    match blue_green && facts.evidence.generation.rollback_leaks_upgrade_lock() {
        // Nothing but a whole successful upgrade or an override was seen to free it there (F§4.5).
        true => vec![
            over,
            words.plugin(
                "status",
                "",
                "that no upgrade is wanted: on this generation the lock goes with the next upgrade that ends well",
            ),
        ],
        false => vec![nudge, over],
    }
}

/// They run by themselves, one after the other, the moment it comes free (F§15.2.4).
fn waiting(facts: &Facts<'_>) -> Option<Finding> {
    facts.lock.as_ref()?;
    let waiting: Vec<String> = facts
        .evidence
        .unfinished_restores()
        .into_iter()
        .filter(|r| matches!(r.phase, Phase::Pending | Phase::Validating))
        .map(|r| clean(&r.meta.name).into_owned())
        .collect();
    (!waiting.is_empty()).then(|| {
        let text = format!(
            "waiting behind the lock, each runs by itself when it comes free and replaces the data: {}",
            waiting.join(", ")
        );
        let next =
            Words::of(facts.cluster).kubectl("get openbaorestores", "delete those that must not run, before the lock is freed");
        finding("restores-waiting", Severity::Attention, "openbaorestores", text).then(next)
    })
}
