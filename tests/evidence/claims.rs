//! What the heads of the situations claim, against what the decisions say; and that nothing was forgotten.

use std::collections::BTreeSet;

use kubectl_openbao::api::generation::Tag;
use kubectl_openbao::api::restore::Phase;
use kubectl_openbao::domain::diagnosis::{self, Subject, diagnose};
use kubectl_openbao::domain::evidence::Evidence;
use kubectl_openbao::domain::hazards::{self, Hazard, Settle, Way};
use kubectl_openbao::domain::restore::plan;
use kubectl_openbao::domain::restore::request::Request;
use kubectl_openbao::domain::status::{self, sum_up};
use kubectl_openbao::domain::{lock, rollback};

use super::situation::{ALL, Situation};

/// Collects what is wrong with each situation, so that one run names all.
fn all_of(wrong: impl Fn(&Situation) -> Vec<String>) {
    let wrong: Vec<String> =
        ALL.iter().flat_map(|s| wrong(s).into_iter().map(|w| format!("{}: {w}", s.name)).collect::<Vec<_>>()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn word<T: serde::Serialize>(value: T) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).expect("a word")
}

#[test]
fn verdicts_are_those_of_somebody_who_knows() {
    all_of(|situation| {
        let found = diagnose(&situation.evidence, Subject::All).expect("the cluster was read");
        let verdict = word(found.verdict);
        if verdict == situation.head.verdict {
            Vec::new()
        } else {
            vec![format!("verdict {verdict}, not {}", situation.head.verdict)]
        }
    });
}

#[test]
fn locks_are_judged_as_somebody_who_knows_would() {
    all_of(|situation| {
        let verdict = lock::judge(&situation.evidence).map_or("none", |l| l.verdict.as_str());
        if verdict == situation.head.lock { Vec::new() } else { vec![format!("lock {verdict}, not {}", situation.head.lock)] }
    });
}

#[test]
fn findings_that_must_be_there_are() {
    all_of(|situation| {
        let status: BTreeSet<String> = sum_up(&situation.evidence).expect("read").findings.into_iter().map(|f| f.code).collect();
        let found: BTreeSet<String> =
            diagnose(&situation.evidence, Subject::All).expect("read").findings.into_iter().map(|f| f.code).collect();
        let missing =
            |of: &BTreeSet<String>, wanted: &[String]| wanted.iter().filter(|w| !of.contains(*w)).cloned().collect::<Vec<_>>();
        let (a, b) = (missing(&status, &situation.head.status), missing(&found, &situation.head.findings));
        let say = |what: &str, missing: Vec<String>, of: &BTreeSet<String>| {
            (!missing.is_empty()).then(|| format!("{what} lacks {missing:?}, has {of:?}"))
        };
        [say("status", a, &status), say("diagnose", b, &found)].into_iter().flatten().collect()
    });
}

/// The hazards of everything one could do in a situation: of the situation itself, of an acknowledgement, of each way
/// out, of settling each restore, of the restore that its head plans.
pub fn hazards_of(evidence: &Evidence, request: Option<&Request>) -> Vec<Hazard> {
    let mut all = hazards::standing(evidence);
    all.extend(hazards::of_ack(evidence));
    all.extend(hazards::of_resolve(evidence, Way::Restore));
    if let Some(version) = evidence.cluster.value().and_then(|c| c.spec.version.clone()) {
        all.extend(hazards::of_resolve(evidence, Way::StayGreen { version: &version }));
    }
    // 0.5 settles by deletion, NEXT by an acknowledgement.
    let settles: &[Settle] = match evidence.generation.surely_at_least(Tag::Next) {
        true => &[Settle::Resume, Settle::Abandon],
        false => &[Settle::Delete],
    };
    for restore in evidence.unfinished_restores().into_iter().filter(|r| r.phase == Phase::Unknown) {
        for settle in settles.iter().copied() {
            all.extend(hazards::of_recover(evidence, restore, settle));
        }
    }
    if let Some(request) = request {
        all.extend(plan(evidence, request).expect("a plan").hazards);
    }
    all
}

#[test]
fn hazards_strike_where_they_must_and_nowhere_near() {
    all_of(|situation| {
        let there: BTreeSet<String> =
            hazards_of(&situation.evidence, situation.request().as_ref()).into_iter().map(|h| h.code).collect();
        let missing = situation.head.triggers.iter().filter(|code| !there.contains(*code));
        let too_many = situation.head.nearly.iter().filter(|code| there.contains(*code));
        missing.map(|c| format!("no {c}")).chain(too_many.map(|c| format!("{c} although only nearly"))).collect()
    });
}

#[test]
fn every_hazard_has_a_situation_that_triggers_it_and_one_that_nearly_does() {
    let named = |of: fn(&Situation) -> &Vec<String>| ALL.iter().flat_map(of).cloned().collect::<BTreeSet<String>>();
    let (triggers, nearly) = (named(|s| &s.head.triggers), named(|s| &s.head.nearly));
    let codes: BTreeSet<String> = hazards::CODES.iter().map(|c| (*c).to_owned()).collect();
    let missing: Vec<_> = codes.difference(&triggers).collect();
    assert!(missing.is_empty(), "never triggered: {missing:?}");
    let missing: Vec<_> = codes.difference(&nearly).collect();
    assert!(missing.is_empty(), "never nearly: {missing:?}");
    let unknown: Vec<_> = triggers.union(&nearly).filter(|c| !codes.contains(*c)).collect();
    assert!(unknown.is_empty(), "no such hazards: {unknown:?}");
}

#[test]
fn every_phase_generation_and_reason_has_a_situation() {
    let clusters = || ALL.iter().filter_map(|s| s.evidence.cluster.value());
    let phases: BTreeSet<&str> = clusters().filter_map(|c| Some(c.blue_green.as_ref()?.phase.as_str())).collect();
    for phase in [
        "Idle",
        "DeployingGreen",
        "JoiningMesh",
        "Syncing",
        "Promoting",
        "DemotingBlue",
        "Cleanup",
        "RollingBack",
        "RollbackCleanup",
        "RestoringReadReplicas",
        "TrafficSwitching",
    ] {
        assert!(phases.contains(phase), "{phase}");
    }
    let generations: BTreeSet<Tag> = ALL.iter().filter_map(|s| s.evidence.generation.schema_tag()).collect();
    use Tag::{Jan, Next, P0, P1, P2, P3, P4, V01, V04, V05};
    assert_eq!(generations.into_iter().collect::<Vec<_>>(), [P0, P1, P2, P3, P4, Jan, V01, V04, V05, Next]);
    let reasons: BTreeSet<&str> = clusters().filter_map(|c| Some(c.break_glass.as_ref()?.reason.as_str())).collect();
    for reason in ["RollbackConsensusRepairFailed", "RollbackCleanupPeerRemovalFailed", "ConsensusFailure"] {
        assert!(reasons.contains(reason), "{reason}");
    }
    let restores: BTreeSet<String> = ALL.iter().flat_map(|s| s.evidence.restores.each()).map(|r| r.phase.to_string()).collect();
    for phase in ["Validating", "Running", "Completed", "Failed", "Unknown"] {
        assert!(restores.contains(phase), "{phase}");
    }
}

#[test]
fn every_finding_has_a_situation() {
    let found: BTreeSet<String> = ALL
        .iter()
        .filter_map(|s| diagnose(&s.evidence, Subject::All))
        .flat_map(|d| d.findings.into_iter().map(|f| f.code))
        .collect();
    let missing: Vec<&&str> = diagnosis::CODES.iter().filter(|c| !found.contains(**c)).collect();
    assert!(missing.is_empty(), "diagnose: {missing:?}");
    let found: BTreeSet<String> =
        ALL.iter().filter_map(|s| sum_up(&s.evidence)).flat_map(|s| s.findings.into_iter().map(|f| f.code)).collect();
    let missing: Vec<&&str> = status::CODES.iter().filter(|c| !found.contains(**c)).collect();
    assert!(missing.is_empty(), "status: {missing:?}");
}

/// Everything that was seen on the real operator is a situation first.
#[test]
fn every_capture_with_a_state_in_it_is_a_situation() {
    let origins: String = ALL.iter().map(|s| s.head.origin.as_str()).collect::<Vec<_>>().join(" ");
    for file in [
        "01-", "02-", "03-", "05-", "06-", "10-", "11-", "12-", "13-", "14-", "15-", "16-", "18-", "19-", "30-", "40-", "41-",
        "50-",
    ] {
        assert!(origins.contains(file), "{file}");
    }
}

/// A person must be able to take a situation in at a glance.
#[test]
fn situations_stay_small() {
    assert!(ALL.len() >= 60, "{}", ALL.len());
    all_of(|situation| {
        let lines = situation.text.lines().count();
        let told = situation.head.origin.starts_with("captured: ") || situation.head.origin.starts_with("derived: ");
        let mut wrong = Vec::new();
        if lines > 110 {
            wrong.push(format!("{lines} lines"));
        }
        if !told || situation.head.about.is_empty() || !situation.text.starts_with("# ") {
            wrong.push("does not say what it is and where it is from".into());
        }
        wrong
    });
}

/// What a neighbour in the namespace does is no evidence.
#[test]
fn a_second_cluster_changes_nothing() {
    let by_name = |name: &str| ALL.iter().find(|s| s.name == name).expect("the situation");
    let (alone, beside) = (by_name("glass-v04-no-leader-then"), by_name("mix-second-cluster"));
    assert_eq!(alone.evidence, beside.evidence);
    let cluster = beside.evidence.cluster.value().expect("read");
    assert!(rollback::failed_job(&beside.evidence, cluster).is_some_and(|f| f.name.starts_with("upgrade-bg-")));
}
