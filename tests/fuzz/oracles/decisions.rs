//! Every decision over some evidence, and what holds of all of them.

use kubectl_openbao::api::restore::Phase;
use kubectl_openbao::domain::diagnosis::{self, Diagnosis, Subject, Verdict, diagnose};
use kubectl_openbao::domain::evidence::{Evidence, Item, StoreAnswer};
use kubectl_openbao::domain::hazards::{self, Hazard};
use kubectl_openbao::domain::restore::request::Request;
use kubectl_openbao::domain::restore::{self, preflight};
use kubectl_openbao::domain::status::{self, ClusterStatus, headline, sum_up};
use kubectl_openbao::domain::{breakglass, job_log, jobs, lock, recover, resolve, verify};
use kubectl_openbao::ui::Style;
use kubectl_openbao::ui::render;

use super::assert_safe;

fn plain(_: Style, text: &str) -> String {
    text.to_owned()
}

/// What was decided, for further questions.
pub struct Decided {
    /// What `status` says.
    pub status: ClusterStatus,
    /// What `diagnose` says.
    pub diagnosis: Diagnosis,
}

/// Decides everything there is to decide, twice where a plan rests on it, and looks at what would be shown. `None` when the
/// cluster itself was not read.
pub fn all(evidence: &Evidence, steer: u8) -> Option<Decided> {
    let status = of_status(evidence)?;
    let diagnosis = of_diagnosis(evidence)?;
    of_break_glass(evidence);
    of_restore(evidence, steer);
    of_recover(evidence);
    of_resolve(evidence);
    for kind in [jobs::Kind::Restore, jobs::Kind::Rollback, jobs::Kind::Upgrade, jobs::Kind::Backup, jobs::Kind::Snapshot] {
        let _ = jobs::meant(evidence, kind);
    }
    without_a_source_nothing_is_bolder(evidence, &diagnosis, steer);
    Some(Decided { status, diagnosis })
}

fn of_status(evidence: &Evidence) -> Option<ClusterStatus> {
    let found = sum_up(evidence)?;
    for finding in &found.findings {
        assert!(status::CODES.contains(&finding.code.as_str()), "{}", finding.code);
    }
    assert_safe("status", &render::status::single(&found, &status::detail(evidence)?, 80, &plain));
    let said = headline(&found);
    assert!(!said.ends_with(": healthy.") || !found.needs_attention(), "healthy, and needs attention: {said:?}");
    assert!(evidence.cluster.value().is_none_or(|c| c.active_break_glass().is_none()) || found.break_glass.is_some());
    Some(found)
}

fn of_diagnosis(evidence: &Evidence) -> Option<Diagnosis> {
    for subject in [Subject::Rollback, Subject::Lock, Subject::Restore, Subject::All] {
        let found = diagnose(evidence, subject)?;
        for finding in &found.findings {
            // What a log or the status says is repeated in its own words.
            let code = finding.code.as_str();
            let known = diagnosis::CODES.contains(&code) || status::CODES.contains(&code) || job_log::CODES.contains(&code);
            assert!(known, "{code}");
        }
        known(&found.hazards);
        assert_safe("diagnose", &render::diagnosis::prose(&found, &plain));
        assert_safe("diagnose as Markdown", &render::diagnosis::markdown(&found));
        assert!(serde_json::to_string(&found).is_ok());
    }
    diagnose(evidence, Subject::All)
}

fn known(all: &[Hazard]) {
    for hazard in all {
        assert!(hazards::CODES.contains(&hazard.code.as_str()), "{}", hazard.code);
    }
}

fn of_break_glass(evidence: &Evidence) {
    known(&hazards::standing(evidence));
    known(&hazards::of_ack(evidence));
    let _ = (breakglass::state(evidence), breakglass::consequences(evidence), breakglass::begins_again(evidence));
    if let Some(view) = breakglass::view(evidence) {
        assert_safe("breakglass show", &render::breakglass::view(&view, &plain));
    }
    let request = breakglass::AckRequest {
        namespace: evidence.namespace.clone(),
        cluster: evidence.name.clone(),
        request_id: "id".into(),
        tool_version: "0".into(),
        ..breakglass::AckRequest::default()
    };
    if let Ok(plan) = breakglass::plan(evidence, &request) {
        assert_safe("the plan of an acknowledgement", &render::breakglass::plan(&plan, &plain));
        assert_eq!(breakglass::plan(evidence, &request).as_ref(), Ok(&plan), "planned again, with nothing changed");
        // What is acknowledged is what was seen, and that only while it is active.
        if plan.refusal.is_none() {
            let active = evidence.cluster.value().and_then(|c| c.active_break_glass());
            let nonce = active.map(|record| record.nonce.as_str()).expect("allowed only while break glass is active");
            assert!(!nonce.is_empty() && plan.nonce == nonce, "{:?} is acknowledged, not {nonce:?}", plan.nonce);
        }
    }
}

fn of_restore(evidence: &Evidence, steer: u8) {
    let key = evidence.restores.each().first().map_or("bao/prod/2026-11-21T00-41-19Z-b397e37b.snap", |r| r.key.as_str());
    let request = Request {
        namespace: evidence.namespace.clone(),
        cluster: evidence.name.clone(),
        key: key.to_owned(),
        name: "new-1".into(),
        request_id: "id".into(),
        force: steer & 1 == 1,
        override_lock: steer & 2 == 2,
        ..Request::default()
    };
    let Ok(plan) = restore::plan(evidence, &request) else { return };
    for check in &plan.checks {
        assert!(preflight::CODES.contains(&check.code.as_str()), "{}", check.code);
    }
    known(&plan.hazards);
    assert_safe("the plan of a restore", &render::plan::plan(&plan, &plain));
    assert_eq!(restore::plan(evidence, &request).as_ref(), Ok(&plan), "planned again, with nothing changed");
    let spec = &plan.manifest["spec"];
    assert_eq!((&spec["cluster"], &spec["source"]["key"]), (&request.cluster.clone().into(), &request.key.clone().into()));
    assert!(spec.get("overrideOperationLock").is_none() || request.override_lock, "a lock is overridden that nobody gave up");
    for restore in evidence.restores.each() {
        let _ = restore::doubt::doubt(evidence, restore);
        let verified = verify::verify(evidence, &restore.meta.name);
        assert_safe("a verification", &render::plan::verification(&verified, &plain));
        let settled = restore.phase == Phase::Completed || restore.released();
        assert!(!verified.is_clean() || settled, "clean, and {}", restore.phase);
    }
}

fn of_recover(evidence: &Evidence) {
    use recover::Decision::{Abandon, Resume};
    for restore in evidence.restores.each() {
        for decision in [Resume, Abandon] {
            let request = recover::Request {
                namespace: evidence.namespace.clone(),
                restore: restore.meta.name.clone(),
                decision,
                request_id: "id".into(),
                reason: None,
                tool_version: "0".into(),
            };
            let Ok(plan) = recover::plan(evidence, &request) else { continue };
            known(&plan.hazards);
            assert_safe("the plan of a settlement", &render::recover::plan(&plan, &plain));
            // Only a restore whose outcome is unknown is settled.
            let named = evidence.restores.each().iter().find(|r| r.meta.name == plan.restore);
            let unknown = named.is_some_and(|r| r.phase == Phase::Unknown);
            assert!(unknown || plan.refusal_exit().is_some() || plan.write.is_none(), "{} is settled", restore.phase);
        }
    }
}

fn of_resolve(evidence: &Evidence) {
    let request = resolve::Request {
        namespace: evidence.namespace.clone(),
        cluster: evidence.name.clone(),
        key: "k".into(),
        delete_claims_of: None,
        freeze: None,
        id: "id".into(),
        now: evidence.observed_at,
        reason: None,
        accepted: Vec::new(),
        tool_version: "0".into(),
    };
    let plans = [resolve::course(evidence, &request, None), resolve::stay_green::plan(evidence, &request)];
    for plan in plans.into_iter().flatten() {
        known(&plan.hazards);
        assert_safe("the plan of a resolution", &render::resolve::plan(&plan, &plain));
    }
    let _ = resolve::retry::refusal(evidence, &request);
}

/// One source taken away: the verdict stays or becomes "not enough evidence", and no lock becomes stale by it.
fn without_a_source_nothing_is_bolder(evidence: &Evidence, full: &Diagnosis, steer: u8) {
    let mut less = evidence.clone();
    let why = || "timed out".to_owned();
    match steer >> 2 & 15 {
        0 => less.restores = Item::Failed { why: why() },
        1 => less.jobs = Item::Failed { why: why() },
        2 => less.pods = Item::Failed { why: why() },
        3 => less.job_pods = Item::Failed { why: why() },
        4 => less.stateful_sets = Item::Failed { why: why() },
        5 => less.claims = Item::Failed { why: why() },
        6 => less.events = Item::Failed { why: why() },
        7 => less.logs.values_mut().for_each(|log| *log = Item::Failed { why: why() }),
        8 => {
            less.operator = Item::Failed { why: why() };
            less.generation.operator = None;
        }
        9 => less.lease = Item::Failed { why: why() },
        10 => {
            less.schema = Item::Failed { why: why() };
            less.generation.schema = None;
        }
        11 => less.servers.iter_mut().for_each(|s| (s.health, s.way_failed) = (Item::Failed { why: why() }, true)),
        12 => less.peers = Item::Failed { why: why() },
        _ => less.snapshot = StoreAnswer::NotChecked { why: why() },
    }
    let Some(found) = diagnose(&less, Subject::All) else { return };
    let bolder = found.verdict != full.verdict && found.verdict != Verdict::NotEnoughEvidence;
    assert!(!bolder, "{:?} with everything, {:?} without source {}", full.verdict, found.verdict, steer >> 2 & 15);
    let stale = |e: &Evidence| lock::judge(e).is_some_and(|l| l.verdict == lock::Verdict::Stale);
    assert!(!stale(&less) || stale(evidence), "a lock is stale only without source {}", steer >> 2 & 15);
}
