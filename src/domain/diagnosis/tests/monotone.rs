//! Evidence taken away never makes a verdict bolder, and never turns a warning into "safe".

use super::*;
use crate::api::restore::Restore;
use crate::domain::diagnosis::{Diagnosis, Verdict};
use crate::domain::evidence::StoreAnswer;
use crate::domain::status::Severity;

/// Hides a source: forbidden, failed, or never asked.
type Hide = fn(&mut Evidence, u8);

/// Sources that can be hidden, each by its own change.
fn sources() -> Vec<(&'static str, Hide)> {
    fn hide<T>(item: &mut Item<T>, how: u8) {
        *item = match how {
            0 => Item::Forbidden { what: "list things".into() },
            1 => Item::Failed { why: "timed out".into() },
            _ => Item::NotAsked,
        };
    }
    vec![
        ("restores", |e, how| hide(&mut e.restores, how)),
        ("jobs", |e, how| hide(&mut e.jobs, how)),
        ("pods", |e, how| hide(&mut e.pods, how)),
        ("job pods", |e, how| hide(&mut e.job_pods, how)),
        ("events", |e, how| hide(&mut e.events, how)),
        ("logs", |e, how| e.logs.values_mut().for_each(|log| hide(log, how))),
        ("peers", |e, how| hide(&mut e.peers, how)),
        ("operator", |e, how| hide(&mut e.operator, how)),
        ("lease", |e, how| hide(&mut e.lease, how)),
        ("schema", |e, how| {
            hide(&mut e.schema, how);
            e.generation = Generation::default();
        }),
        ("snapshot", |e, _| e.snapshot = StoreAnswer::default()),
        ("servers", |e, how| match how {
            0 | 1 => e.servers.iter_mut().for_each(|s| hide(&mut s.health, how)),
            _ => e.servers.clear(),
        }),
    ]
}

fn situations() -> Vec<(&'static str, Evidence)> {
    let with = |change: fn(&mut Evidence)| {
        let mut evidence = broken();
        change(&mut evidence);
        evidence
    };
    let full = |mut evidence: Evidence| {
        ask_all(&mut evidence);
        members(&mut evidence, &BLUE, &GREEN);
        evidence
    };
    let restore = |phase: &str| {
        let object = json!({"metadata": {"name": "r1"}, "spec": {"cluster": "bg"}, "status": {"phase": phase}});
        Item::present(vec![Restore::read(&object)])
    };
    let mut all = vec![
        ("transient", broken()),
        ("transient, all asked", full(broken())),
        ("refused", with(|e| say(e, REPAIR, REFUSED))),
        ("too few", with(|e| say(e, REPAIR, TOO_FEW))),
        ("too few, all asked", full(with(|e| say(e, REPAIR, TOO_FEW)))),
        ("leader back", with(|e| say(e, REPAIR, NO_LEADER))),
        ("leader back, asked", full(with(|e| say(e, REPAIR, NO_LEADER)))),
        (
            "refused twice by raft",
            with(|e| {
                edit(e, |o| o["status"]["blueGreen"]["rollbackAttempt"] = json!(1));
                let first = "upgrade-bg-bluegreen-repair-consensus-0000000001";
                add_job(e, executor(first, "bluegreen-repair-consensus", "rollback", "00:49:30"));
                say(e, first, NOT_PROMOTED);
                say(e, REPAIR, NOT_PROMOTED);
                ask_all(e);
            }),
        ),
        ("green leads", with(|e| e.pods = Item::present(both_sides(Some("bg-bbbb-0"))))),
        ("reverted", with(|e| edit(e, |o| o["spec"]["version"] = json!("2.5.4")))),
        (
            "two claim",
            with(|e| {
                let mut pods = both_sides(Some("bg-aaaa-0"));
                pods[3] = pod("bg-bbbb-0", true, false, true);
                e.pods = Item::present(pods);
            }),
        ),
        ("idle", idle()),
        ("idle, all asked", {
            let mut evidence = idle();
            ask_all(&mut evidence);
            evidence
        }),
        ("operator dead", with(|e| e.lease = Item::Absent)),
        (
            "no quorum",
            with(|e| {
                say(e, REPAIR, NO_LEADER);
                e.pods = Item::present(both_sides(None));
            }),
        ),
        (
            "voters lost",
            with(|e| {
                e.pods = Item::present(both_sides(None));
                members(e, &["bg-aaaa-0", "bg-cccc-0", "bg-cccc-1"], &[]);
            }),
        ),
        (
            "snapshot missing",
            with(|e| {
                say(e, REPAIR, TOO_FEW);
                e.snapshot = StoreAnswer::NoSuchKey;
            }),
        ),
    ];
    for phase in ["Validating", "Running", "Failed", "Completed", "Unknown"] {
        let mut evidence = broken();
        evidence.restores = restore(phase);
        all.push(("with a restore", evidence));
        let mut evidence = idle();
        evidence.restores = restore(phase);
        all.push(("idle with a restore", evidence));
    }
    all.extend(captured::situations());
    all
}

/// Nothing to do, nothing that needs attention, and nothing left unlooked at.
fn calls_it_safe(found: &Diagnosis) -> bool {
    !found.needs_attention() && found.not_checked.is_empty()
}

fn check(name: &str, what: &str, before: &Diagnosis, after: &Diagnosis) {
    let held = after.verdict == before.verdict && after.confidence <= before.confidence;
    assert!(
        after.verdict == Verdict::NotEnoughEvidence || held,
        "{name} without {what}: {:?} {:?} became {:?} {:?}",
        before.verdict,
        before.confidence,
        after.verdict,
        after.confidence
    );
    if before.findings.iter().any(|f| f.severity >= Severity::Attention) {
        assert!(!calls_it_safe(after), "{name} without {what}: a warning became safe");
    }
}

#[test]
fn no_source_can_be_hidden_to_get_a_bolder_verdict() {
    for (name, evidence) in situations() {
        for subject in [Subject::Rollback, Subject::Lock, Subject::Restore, Subject::All] {
            let before = diagnose(&evidence, subject).expect("a diagnosis");
            for (what, hide) in sources() {
                for how in 0..3 {
                    let mut less = evidence.clone();
                    hide(&mut less, how);
                    check(name, what, &before, &diagnose(&less, subject).expect("a diagnosis"));
                }
            }
        }
    }
}

#[test]
fn nor_can_any_of_them_together() {
    // Those that a verdict can rest on; the others alone are covered above.
    let decisive = ["restores", "jobs", "pods", "logs", "peers", "lease", "schema", "servers"];
    let sources: Vec<_> = sources().into_iter().filter(|(name, _)| decisive.contains(name)).collect();
    for (name, evidence) in situations() {
        let before = ask(&evidence);
        for subset in 0..1u32 << sources.len() {
            let mut less = evidence.clone();
            let hidden = sources.iter().enumerate().filter(|(i, _)| subset & (1 << i) != 0);
            hidden.for_each(|(_, (_, hide))| hide(&mut less, 2));
            check(name, &format!("subset {subset:b}"), &before, &ask(&less));
        }
    }
}
