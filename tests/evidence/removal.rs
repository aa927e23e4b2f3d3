//! With one source after another forbidden or failed, nothing claims more than the rest supports.
//!
//! All situations, each with every source it holds removed alone (as forbidden, and as failed), every pair of sources, and
//! a seeded sample of larger sets: about 16,000 comparisons.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use kubectl_openbao::domain::diagnosis::{Diagnosis, Subject, Verdict, diagnose};
use kubectl_openbao::domain::evidence::{Evidence, Item, StoreAnswer};
use kubectl_openbao::domain::hazards::Weight;
use kubectl_openbao::domain::lock;
use kubectl_openbao::domain::restore::plan;
use kubectl_openbao::domain::restore::preflight::Grade;
use kubectl_openbao::domain::restore::request::Request;
use kubectl_openbao::domain::status::{ClusterStatus, Severity, headline, sum_up};

use super::claims::hazards_of;
use super::situation::{ALL, Situation};

/// Everything beside the cluster itself that a decision can rest on, and the word by which its absence is said.
const SOURCES: [(&str, &str); 14] = [
    ("restores", "restores"),
    ("jobs", "jobs"),
    ("pods", "pods"),
    ("jobPods", "pods of jobs"),
    ("statefulSets", ""),
    ("claims", ""),
    ("events", "events"),
    ("logs", "log of job"),
    ("operator", "deployment"),
    ("lease", "lease"),
    ("schema", "schema"),
    ("servers", "servers"),
    ("peers", "raft's members"),
    ("snapshot", "snapshot"),
];

/// How a source is missing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Gone {
    Forbidden,
    Failed,
}

impl Gone {
    fn item<T>(self) -> Item<T> {
        match self {
            Gone::Forbidden => Item::Forbidden { what: "list it".into() },
            Gone::Failed => Item::Failed { why: "timed out".into() },
        }
    }
}

/// The evidence without a set of sources, as a live look would have it.
fn without(evidence: &Evidence, sources: u32, gone: Gone) -> Evidence {
    let mut evidence = evidence.clone();
    for (at, (source, _)) in SOURCES.iter().enumerate() {
        if sources & (1 << at) != 0 {
            remove(&mut evidence, source, gone);
        }
    }
    evidence
}

fn remove(evidence: &mut Evidence, source: &str, gone: Gone) {
    match source {
        "restores" => evidence.restores = gone.item(),
        "jobs" => evidence.jobs = gone.item(),
        "pods" => evidence.pods = gone.item(),
        "jobPods" => evidence.job_pods = gone.item(),
        "statefulSets" => evidence.stateful_sets = gone.item(),
        "claims" => evidence.claims = gone.item(),
        "events" => evidence.events = gone.item(),
        "logs" => evidence.logs.values_mut().for_each(|log| *log = gone.item()),
        "operator" => {
            evidence.operator = gone.item();
            evidence.generation.operator = None;
        }
        "lease" => evidence.lease = gone.item(),
        "schema" => {
            evidence.schema = gone.item();
            evidence.generation.schema = None;
        }
        // No way led to them: a server that was reached and stayed silent is something else.
        "servers" => evidence.servers.iter_mut().for_each(|s| (s.health, s.way_failed) = (gone.item(), true)),
        "peers" => evidence.peers = gone.item(),
        "snapshot" => evidence.snapshot = StoreAnswer::NotChecked { why: "timed out".into() },
        other => panic!("{other} is no source"),
    }
}

/// What a reader is told was not read, by whatever command.
fn told(looked: &Looked) -> String {
    let (found, status) = (&looked.diagnosis, &looked.status);
    [found.not_checked.join("\n"), status.unread.join("\n"), looked.unchecked.join("\n")].join("\n").to_lowercase()
}

/// What one source alone can show, of a cluster that serves: a look without it may say healthy, beside the line that
/// this source was not read.
const ONE_SOURCE_TELLS: [&str; 3] = ["clock-skew", "restore-job-again", "restore-older-job"];

/// The sources that a situation holds at all: taking another one away changes nothing.
fn held(evidence: &Evidence) -> u32 {
    let changes = |at: &usize| without(evidence, 1 << at, Gone::Failed) != *evidence;
    (0..SOURCES.len()).filter(changes).map(|at| 1 << at).sum()
}

/// What must hold between a look with everything and one with less.
fn compare(situation: &Situation, full: &Looked, less: &Looked, removed: &[(&str, &str)]) -> Vec<String> {
    let mut wrong = Vec::new();
    let (before, after) = (&full.diagnosis, &less.diagnosis);
    if after.verdict != before.verdict && after.verdict != Verdict::NotEnoughEvidence {
        wrong.push(format!("the verdict became {}, from {}", after.verdict.as_str(), before.verdict.as_str()));
    }
    if after.verdict == before.verdict && after.confidence > before.confidence {
        wrong.push(format!("confidence rose to {}", after.confidence.as_str()));
    }
    let said = told(less);
    let is_said = removed.iter().any(|(_, word)| !word.is_empty() && said.contains(word));
    let lost: Vec<String> = warnings(before).difference(&warnings(after)).cloned().collect();
    // Told as unknown, and the whole not called well.
    let by_one_source = lost.iter().all(|code| ONE_SOURCE_TELLS.contains(&code.as_str()));
    let owned_up = is_said && (after.needs_attention() || by_one_source);
    if !lost.is_empty() && !owned_up {
        wrong.push(format!("warnings {lost:?} vanished, told: {is_said}, attention: {}", after.needs_attention()));
    }
    for lost in alarms(&full.status).difference(&alarms(&less.status)) {
        if !is_said {
            wrong.push(format!("status: {lost} vanished and nobody says that something was not read"));
        }
    }
    let serious = alarms(&full.status).iter().any(|code| !ONE_SOURCE_TELLS.contains(&code.as_str()));
    if serious && headline(&less.status).ends_with(": healthy.") && !less.status.unread.is_empty() {
        wrong.push("status: healthy, although what was wrong could not be read".into());
    }
    let (stale_before, stale_after) = (full.lock == Some(lock::Verdict::Stale), less.lock == Some(lock::Verdict::Stale));
    if stale_after && !stale_before {
        wrong.push(format!("the lock became stale, from {:?}", full.lock));
    }
    for lost in full.dangers.difference(&less.hazards) {
        if !is_said {
            wrong.push(format!("hazard {lost} vanished and nobody says that something was not read"));
        }
    }
    wrong
        .iter()
        .map(|w| format!("{}: without {}: {w}", situation.name, removed.iter().map(|r| r.0).collect::<Vec<_>>().join("+")))
        .collect()
}

fn warnings(found: &Diagnosis) -> BTreeSet<String> {
    found.findings.iter().filter(|f| f.severity >= Severity::Attention).map(|f| f.code.clone()).collect()
}

fn alarms(status: &ClusterStatus) -> BTreeSet<String> {
    status.findings.iter().filter(|f| f.severity >= Severity::Attention).map(|f| f.code.clone()).collect()
}

/// Everything that is decided over some evidence.
struct Looked {
    diagnosis: Diagnosis,
    status: ClusterStatus,
    lock: Option<lock::Verdict>,
    /// Hazards of weight `Danger`.
    dangers: BTreeSet<String>,
    /// All hazards.
    hazards: BTreeSet<String>,
    /// What the plan of a restore could not check.
    unchecked: Vec<String>,
}

fn look(evidence: &Evidence, request: Option<&Request>) -> Looked {
    let hazards = hazards_of(evidence, request);
    let checks = request.and_then(|request| plan(evidence, request).ok()).map(|plan| plan.checks);
    let unknown = checks.into_iter().flatten().filter(|c| c.grade == Grade::Unknown);
    Looked {
        unchecked: unknown.map(|c| format!("{}: {}", c.code, c.text)).collect(),
        diagnosis: diagnose(evidence, Subject::All).expect("the cluster is read"),
        status: sum_up(evidence).expect("the cluster is read"),
        lock: lock::judge(evidence).map(|l| l.verdict),
        dangers: hazards.iter().filter(|h| h.weight == Weight::Danger).map(|h| h.code.clone()).collect(),
        hazards: hazards.into_iter().map(|h| h.code).collect(),
    }
}

/// Every single source, every pair, and forty larger sets that are the same in every run.
fn subsets() -> Vec<u32> {
    let single = (0..SOURCES.len()).map(|a| 1 << a);
    let pairs = (0..SOURCES.len()).flat_map(|a| (a + 1..SOURCES.len()).map(move |b| (1 << a) | (1 << b)));
    let all = (1_u32 << SOURCES.len()) - 1;
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        u32::try_from(state >> 40).expect("24 bits") & all
    };
    let larger = std::iter::repeat_with(&mut random).filter(|set| set.count_ones() > 2).take(40).collect::<Vec<_>>();
    single.chain(pairs).chain(larger).chain([all]).collect()
}

/// One source is taken away both ways, several one way or the other in turn.
fn ways(at: usize, set: u32) -> &'static [Gone] {
    match (set.count_ones(), at % 2) {
        (1, _) => &[Gone::Forbidden, Gone::Failed],
        (_, 0) => &[Gone::Forbidden],
        _ => &[Gone::Failed],
    }
}

#[test]
fn removing_evidence_never_makes_anything_look_better() {
    let sets = subsets();
    let (next, looked, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(situation) = ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            let request = situation.request();
            let full = look(&situation.evidence, request.as_ref());
            let sets: BTreeSet<u32> = sets.iter().map(|set| set & held(&situation.evidence)).filter(|set| *set != 0).collect();
            for (set, gone) in sets.iter().enumerate().flat_map(|(at, set)| ways(at, *set).iter().map(move |gone| (set, *gone))) {
                let less = look(&without(&situation.evidence, *set, gone), request.as_ref());
                let removed: Vec<_> =
                    SOURCES.iter().enumerate().filter(|(at, _)| set & (1 << at) != 0).map(|(_, s)| *s).collect();
                let found = compare(situation, &full, &less, &removed);
                looked.fetch_add(1, Ordering::Relaxed);
                wrong.lock().expect("no thread died").extend(found);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let wrong = wrong.into_inner().expect("no thread died");
    let count = looked.into_inner();
    assert!(count > 80 * ALL.len(), "only {count} looks over {} situations", ALL.len());
    let first: Vec<&String> = wrong.iter().take(40).collect();
    assert!(wrong.is_empty(), "{} of {count}: {first:#?}", wrong.len());
}
