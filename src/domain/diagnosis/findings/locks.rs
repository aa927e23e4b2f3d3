//! The operation lock: who holds it, whether anybody works under it, what frees it, who waits behind it.

use super::restores::never_began;
use crate::api::generation::Tag;
use crate::api::restore::{Phase, Restore};
use crate::api::text::{age, clean};
use crate::domain::diagnosis::facts::Facts;
use crate::domain::diagnosis::quorum::Quorum;
use crate::domain::diagnosis::say::{Words, ago, finding, jobs, word};
use crate::domain::diagnosis::{Finding, failure};
use crate::domain::lock::{LockFinding, Verdict, is_foreign, removal};
use crate::domain::restore::offer::may_offer_override;
use crate::domain::status::{Next, Severity};

pub(super) fn of(facts: &Facts<'_>) -> Vec<Finding> {
    let mut all = vec![lock(facts)];
    all.extend(waiting(facts));
    all
}

fn lock(facts: &Facts<'_>) -> Finding {
    let Some(held) = &facts.lock else {
        let text = match facts.evidence.generation.surely_at_most(Tag::P0) {
            true => "this operator has no operation lock: nothing keeps restore, upgrade and backup apart",
            false => "the operation lock is free",
        };
        return finding("lock-free", Severity::Note, "status.operationLock", text);
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
    let stuck = stuck_restore(facts, held).is_some();
    let lock = &held.lock;
    let leaks = lock.operation == "Backup" && facts.evidence.generation.leaks_backup_locks();
    let work = match held.verdict {
        Verdict::Halted if facts.evidence.operator_alive() == Some(false) => "its work stands still until the operator is back",
        Verdict::Unknown if leaks && !held.is_fresh(facts.evidence) => {
            "whether anybody works under it is not known; this operator often leaves one behind"
        }
        Verdict::Live if stuck => "its restore is Running by status, and its Job does not start",
        Verdict::Live => "somebody works under it: wait",
        Verdict::Halted => "its work is stopped and waits for a person; the lock still means something",
        Verdict::Stale => "nobody works under it, and nobody will; no time limit frees it",
        Verdict::Unknown => "whether anybody works under it is not known",
    };
    format!(
        "{} lock held by {} for {} (renewed{}, {}): {work}",
        clean(&lock.operation),
        clean(&lock.holder),
        since(lock.acquired_at),
        lock.renewed_at.map_or(" at an unknown time".into(), |at| ago(facts.evidence, Some(at))),
        if lock.message.is_empty() { "no message".into() } else { clean(&lock.message) }
    )
}

/// What frees it, by holder and generation; never "wait" where nothing is released by time (F§4.5, F§15.2.2–4). Before it is
/// freed, what waits behind it.
fn ways_to_free(facts: &Facts<'_>, held: &LockFinding) -> Vec<Next> {
    let words = Words::of(facts.cluster);
    if held.verdict == Verdict::Live {
        let watch = stuck_restore(facts, held).is_none().then(|| words.plugin("status", "-w", "watch it come free"));
        return watch.into_iter().collect();
    }
    if matches!(facts.quorum, Quorum::Lost { .. }) {
        // Nothing that waits for the lock could do its work, and what begins then may take a missing vote away for good.
        return not_to_run(facts).into_iter().collect();
    }
    if held.verdict == Verdict::Unknown && held.is_fresh(facts.evidence) {
        return vec![words.plugin("status", "-w", "wait a minute first: it was taken only just now")];
    }
    let by_hand = by_hand(facts, held, &words);
    let freeing = match (held.lock.operation.as_str(), held.verdict) {
        ("Restore", _) => restore_lock(facts, held, &words),
        (_, Verdict::Halted) if facts.break_glass().is_some() => {
            return vec![words.plugin("diagnose rollback", "", "break glass keeps the lock; the way out frees it")];
        }
        (_, Verdict::Halted) => Vec::new(),
        ("Backup", _) => vec![jobs(facts, "backup", "first: that no backup runs"), by_hand],
        ("Upgrade", Verdict::Stale) => vec![if nudge_helps(facts) { nudge(facts, &words) } else { by_hand }],
        _ if is_foreign(&held.lock) => vec![by_hand],
        _ => vec![words.plugin("status", "-w", "whether its work begins")],
    };
    let over = words.plugin("restore", "--override-lock", "only if you came to restore: it loses every write since the snapshot");
    let over = Some(over).filter(|_| may_offer_override(facts.evidence));
    not_to_run(facts).into_iter().chain(freeing).chain(over).collect()
}

/// A Restore's lock; one that ended has nothing to follow.
fn restore_lock(facts: &Facts<'_>, held: &LockFinding, words: &Words<'_>) -> Vec<Next> {
    let Some(name) = held.lock.restore_name() else { return vec![words.kubectl("get openbaorestores", "which restore it is")] };
    let restore = facts.evidence.restores.each().iter().find(|r| r.meta.name == name);
    let delete = |why: &str| words.kubectl(&format!("delete openbaorestore {}", word(name)), why);
    match restore {
        Some(r) if r.phase == Phase::Unknown && !r.released() => {
            let why = "its outcome is unknown: settle it, an override never clears this lock";
            vec![words.plugin("diagnose restore", "", why)]
        }
        Some(r) if !r.unfinished() => {
            vec![delete("frees the lock; first look whether its snapshot is in the data: the record goes with it")]
        }
        Some(_) => {
            vec![words.about("follow", name, "", "how far it is"), delete("frees the lock; its Job may go on for a while")]
        }
        None if facts.evidence.restores.unknown().is_some() => {
            vec![words.kubectl(&format!("get openbaorestore {}", word(name)), "whether it still exists")]
        }
        None => vec![jobs(facts, "restore", "first: that no Job of it runs on"), by_hand(facts, held, words)],
    }
}

/// The restore that holds a lock and cannot begin.
fn stuck_restore<'a>(facts: &Facts<'a>, held: &LockFinding) -> Option<&'a Restore> {
    let name = held.lock.restore_name()?;
    let restore = facts.evidence.restores.each().iter().find(|r| r.meta.name == name)?;
    never_began(facts, restore, &failure::of_job(facts.evidence, &restore.job_name())).then_some(restore)
}

/// Takes the lock away, if its holder is still this one (F§4.5).
fn by_hand(facts: &Facts<'_>, held: &LockFinding, words: &Words<'_>) -> Next {
    let command = removal(&facts.cluster.meta.name, &held.lock);
    words.kubectl(&command, "frees it when surely nobody works under it; needs patch on openbaoclusters/status")
}

/// Any change of the cluster makes the operator look again, and a look frees a leftover lock of a rolling cluster (F§15.2.3).
/// In a blue/green cluster before #104 nothing but a whole successful upgrade was seen to free it (F§4.5).
fn nudge_helps(facts: &Facts<'_>) -> bool {
    let blue_green = facts.cluster.spec.strategy.as_deref() == Some("BlueGreen") || facts.blue_green().is_some();
    !(blue_green && facts.evidence.generation.rollback_leaks_upgrade_lock())
}

fn nudge(facts: &Facts<'_>, words: &Words<'_>) -> Next {
    words.kubectl(
        &format!("annotate openbaocluster {} cli.openbao.org/nudge=\"$(date +%s)\" --overwrite", word(&facts.cluster.meta.name)),
        "makes the operator look again, and free a leftover Upgrade lock",
    )
}

/// Restores that wait for the lock, oldest first.
fn waiting_names<'a>(facts: &Facts<'a>) -> Vec<&'a str> {
    let open = facts.evidence.unfinished_restores().into_iter();
    open.filter(|r| matches!(r.phase, Phase::Pending | Phase::Validating)).map(|r| r.meta.name.as_str()).collect()
}

/// They run by themselves, one after the other, the moment the lock comes free (F§15.2.4).
fn not_to_run(facts: &Facts<'_>) -> Option<Next> {
    let names: Vec<String> = waiting_names(facts).into_iter().map(word).collect();
    let command = format!("delete openbaorestore {}", names.join(" "));
    let why = "first: those of them that must not run; each runs by itself the moment the lock comes free";
    (!names.is_empty()).then(|| Words::of(facts.cluster).kubectl(&command, why))
}

fn waiting(facts: &Facts<'_>) -> Option<Finding> {
    facts.lock.as_ref()?;
    let next = not_to_run(facts)?;
    let text = format!(
        "waiting behind the lock, each runs by itself when it comes free and replaces the data: {}",
        clean(&waiting_names(facts).join(", "))
    );
    Some(finding("restores-waiting", Severity::Attention, "openbaorestores", text).then(next))
}
