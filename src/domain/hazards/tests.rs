//! One situation that triggers each hazard, and one that nearly does.

use serde_json::json;

use super::{Hazard, Settle, Way, Weight, as_fact, of_ack, of_recover, of_resolve, standing};
use crate::api::generation::Generation;
use crate::api::workload::Job;
use crate::domain::breakglass::samples::{FAILED, cluster, failed_job, halted, jan, next, released, restore, server};
use crate::domain::evidence::{Evidence, Item, Peer, ServerAnswer, ServerHealth};

const BLUE: &str = "89b324081ed019e8";
const GREEN: &str = "0831866ab392f5ef";

/// The hazard of a code, with its weight; `None` when it does not apply.
fn weight(hazards: &[Hazard], code: &str) -> Option<Weight> {
    hazards.iter().find(|h| h.code == code).map(|h| h.weight)
}

fn of(evidence: &Evidence, code: &str) -> Option<Weight> {
    weight(&of_ack(evidence), code)
}

fn calm() -> Evidence {
    halted(released("0.4.2"))
}

fn green_leads() -> Evidence {
    let blue = (0..3).map(|n| server(BLUE, n, false, "2.5.4"));
    let green = (0..3).map(|n| server(GREEN, n, n == 0, "2.5.5"));
    Evidence { pods: Item::present(blue.chain(green).collect()), ..calm() }
}

#[test]
fn a_calm_break_glass_holds_no_danger() {
    let dangers: Vec<Hazard> = of_ack(&calm()).into_iter().filter(|h| h.weight == Weight::Danger).collect();
    assert!(dangers.is_empty(), "{dangers:?}");
}

#[test]
fn a_hazard_that_becomes_a_danger_is_another_fact() {
    let one = |weight| Hazard { code: "x".into(), weight, text: String::new() };
    assert_eq!(as_fact(&[one(Weight::Known), one(Weight::Standing)]), "x");
    assert_eq!(as_fact(&[one(Weight::Danger)]), "x (danger)");
    assert_eq!(as_fact(&[one(Weight::Standing)]), "none");
}

/// Only NEXT's repair counts Blue's members first (F§4.7).
#[test]
fn a_repair_that_refuses_takes_no_vote() {
    let peer = |id: String, voter| Peer { id, voter, ..Peer::default() };
    let green = (0..3).map(|n| peer(format!("bg-{GREEN}-{n}"), true));
    let with = |blue: usize, generation| {
        let peers = green.clone().chain((0..blue).map(|n| peer(format!("bg-{BLUE}-{n}"), true))).collect();
        let evidence = Evidence { peers: Item::present(peers), generation, ..green_leads() };
        of_ack(&evidence).into_iter().find(|h| h.code == "green-leads").expect("a hazard").text
    };
    assert!(with(1, next()).contains("repair refuses, for 1 of Blue's 3 servers are left in Raft"), "{}", with(1, next()));
    assert!(with(2, next()).contains("takes the vote") && with(1, released("0.5.1")).contains("takes the vote"));
}

#[test]
fn the_worst_comes_first() {
    let weights: Vec<Weight> = of_ack(&halted(jan())).iter().map(|h| h.weight).collect();
    assert!(weights.len() > 2 && weights.is_sorted_by(|a, b| a >= b), "{weights:?}");
}

#[test]
fn ack_removes_blue_peers_up_to_jan_and_where_nobody_can_say() {
    let applies = |generation| of(&halted(generation), "ack-removes-blue-peers");
    assert_eq!([jan(), Generation::default()].map(applies), [Some(Weight::Danger); 2]);
    assert_eq!([released("0.1.1"), released("0.4.2"), released("0.5.3"), next()].map(applies), [None; 4]);
    // An operator of a release over CRDs of JAN: the older behaviour is assumed.
    assert_eq!(applies(Generation { operator: Some("0.4.2".into()), ..jan() }), Some(Weight::Danger));
}

#[test]
fn ack_runs_version_revert_exactly_when_the_wanted_version_runs() {
    let mut evidence = calm();
    assert_eq!(of(&evidence, "ack-runs-version-revert"), None);
    cluster(&mut evidence).spec.version = Some("2.5.4".into());
    assert_eq!(of(&evidence, "ack-runs-version-revert"), Some(Weight::Danger));
    // No Job runs on that way, so nothing is removed by one and no upgrade begins again.
    let mut old = halted(jan());
    cluster(&mut old).spec.version = Some("2.5.4".into());
    assert_eq!(of(&old, "ack-removes-blue-peers"), None);
    assert_eq!(of(&old, "upgrade-restarts-after-rollback"), None);
    // Green without a vote can be deleted without harm to quorum; with one it cannot.
    let peers = |votes| Item::present(vec![Peer { id: format!("bg-{GREEN}-0"), voter: votes, ..Peer::default() }]);
    evidence.peers = peers(false);
    assert_eq!(of(&evidence, "ack-runs-version-revert"), Some(Weight::Known));
    evidence.peers = peers(true);
    assert_eq!(of(&evidence, "ack-runs-version-revert"), Some(Weight::Danger));
}

#[test]
fn ack_with_restore_in_flight_until_the_restore_is_over() {
    let with = |phase: &str| {
        of(&Evidence { restores: Item::present(vec![restore("r", phase)]), ..calm() }, "ack-with-restore-in-flight")
    };
    assert_eq!(["Pending", "Validating", "Running", "Unknown", "Novel"].map(with), [Some(Weight::Danger); 5]);
    assert_eq!(["Completed", "Failed"].map(with), [None; 2]);
    let mut locked = calm();
    cluster(&mut locked).operation_lock.as_mut().expect("a lock").operation = "Restore".into();
    assert_eq!(of(&locked, "ack-with-restore-in-flight"), Some(Weight::Danger));
    let unread = Evidence { restores: Item::Forbidden { what: "list openbaorestores".into() }, ..calm() };
    assert_eq!(of(&unread, "ack-with-restore-in-flight"), Some(Weight::Danger));
}

#[test]
fn green_leads_by_a_servers_own_word_or_when_nobody_can_say() {
    assert_eq!(of(&green_leads(), "green-leads"), Some(Weight::Danger));
    assert_eq!(of(&calm(), "green-leads"), None);
    let unread = Evidence { pods: Item::Failed { why: "timed out".into() }, ..calm() };
    assert_eq!(of(&unread, "green-leads"), Some(Weight::Danger));
    // A frozen label on a server that says otherwise.
    let mut asked = green_leads();
    let health = ServerHealth { initialized: true, standby: true, leads: Some(false), ..ServerHealth::default() };
    asked.servers = vec![ServerAnswer { pod: format!("bg-{GREEN}-0"), health: Item::present(health), ..ServerAnswer::default() }];
    assert_eq!(of(&asked, "green-leads"), None);
    assert_eq!(weight(&of_resolve(&green_leads(), Way::Restore), "green-leads"), Some(Weight::Danger));
}

#[test]
fn version_downgrade_when_the_newer_side_has_led() {
    assert_eq!(of(&green_leads(), "version-downgrade"), Some(Weight::Danger));
    assert_eq!(of(&calm(), "version-downgrade"), None);
    let mut same = green_leads();
    let blue = (0..3).map(|n| server(BLUE, n, false, "2.5.5"));
    let green = (0..3).map(|n| server(GREEN, n, n == 0, "2.5.5"));
    same.pods = Item::present(blue.chain(green).collect());
    assert_eq!(of(&same, "version-downgrade"), None);
}

#[test]
fn quorum_margin_of_blue_alone() {
    let with = |up: usize| {
        let mut evidence = calm();
        evidence.pods = Item::present((0..up).map(|n| server(BLUE, n, n == 0, "2.5.4")).collect());
        of(&evidence, "quorum-margin")
    };
    assert_eq!([0, 1, 2].map(with), [Some(Weight::Danger); 3]);
    assert_eq!(with(3), None);
}

#[test]
fn paused_hides_break_glass_only_while_it_is_active() {
    let mut evidence = calm();
    assert_eq!(weight(&standing(&evidence), "paused-hides-break-glass"), None);
    cluster(&mut evidence).spec.paused = true;
    assert_eq!(weight(&standing(&evidence), "paused-hides-break-glass"), Some(Weight::Known));
    assert_eq!(of(&evidence, "paused-hides-break-glass"), Some(Weight::Danger), "the acknowledgement would lie there, armed");
    cluster(&mut evidence).break_glass.as_mut().expect("break glass").active = false;
    assert_eq!(weight(&standing(&evidence), "paused-hides-break-glass"), None);
}

#[test]
fn logs_expire_an_hour_after_the_jobs_end() {
    let text = |evidence: &Evidence| of_ack(evidence).into_iter().find(|h| h.code == "logs-expire").map(|h| h.text);
    let told = text(&calm()).expect("a hazard");
    assert!(told.contains(&format!("Job {FAILED} may go in about 59m, and it is the only record of the cause")), "{told}");
    let seen = text(&halted(jan())).expect("a hazard");
    assert!(seen.contains(&format!("Job {FAILED} goes in about 59m")), "{seen}");
    let unreadable = Evidence { logs: [(FAILED.to_owned(), Item::Absent)].into(), ..calm() };
    assert!(!text(&unreadable).expect("a hazard").contains("save it first"));
    let slow = Evidence { logs: [(FAILED.to_owned(), Item::Failed { why: "timed out".into() })].into(), ..calm() };
    assert!(text(&slow).expect("a hazard").contains("save it first"), "perhaps it is there");
    let gone = Evidence { jobs: Item::present(vec![]), ..calm() };
    assert!(text(&gone).expect("a hazard").contains("is gone and its log with it"));
    let unread = Evidence { jobs: Item::NotAsked, ..calm() };
    assert!(text(&unread).expect("a hazard").contains("could not be read"));
    // Nothing is wrong any more: an old failed Job is nobody's business.
    let mut over = calm();
    cluster(&mut over).break_glass = None;
    cluster(&mut over).blue_green.as_mut().expect("blue/green").phase = "Idle".into();
    assert_eq!(text(&over), None);
}

#[test]
fn the_upgrade_begins_again_as_long_as_its_version_is_wanted() {
    assert_eq!(of(&calm(), "upgrade-restarts-after-rollback"), Some(Weight::Known));
    let mut unwanted = calm();
    cluster(&mut unwanted).spec.version = None;
    assert_eq!(of(&unwanted, "upgrade-restarts-after-rollback"), None);
}

#[test]
fn the_loop_reuses_failed_jobs_it_finds_by_name() {
    assert_eq!(of(&calm(), "upgrade-loop-reuses-jobs"), Some(Weight::Known));
    assert_eq!(of(&halted(released("0.5.1")), "upgrade-loop-reuses-jobs"), None);
    // The repair's own Job is made anew for every attempt.
    let gone = Evidence { jobs: Item::present(vec![failed_job(FAILED, "rollback", "2026-11-21T00:46:49Z")]), ..calm() };
    assert_eq!(of(&gone, "upgrade-loop-reuses-jobs"), None);
    let unread = Evidence { jobs: Item::Failed { why: "timed out".into() }, ..calm() };
    assert_eq!(of(&unread, "upgrade-loop-reuses-jobs"), Some(Weight::Known));
    let documented = failed_job("inter-cluster-rev4-rollback", "", "2026-11-21T00:46:49Z");
    let foreign = Evidence { jobs: Item::present(vec![documented]), ..calm() };
    assert_eq!(of(&foreign, "upgrade-loop-reuses-jobs"), None, "no operator computes that name");
    let mut own = calm();
    cluster(&mut own).blue_green.as_mut().expect("blue/green").operation_id = Some("bg-v2-1".into());
    assert_eq!(of(&own, "upgrade-loop-reuses-jobs"), None);
}

/// As recorded in `15-upgrade-loop.txt`: the second round takes the repair Job of the first.
#[test]
fn the_loop_at_work_is_seen_by_jobs_older_than_their_phase() {
    let at_work = |started: &str| {
        let mut evidence = halted(jan());
        let state = cluster(&mut evidence);
        state.break_glass.as_mut().expect("break glass").active = false;
        state.blue_green.as_mut().expect("blue/green").start_time = Some(started.parse().expect("a time"));
        weight(&standing(&evidence), "upgrade-loop-reuses-jobs")
    };
    assert_eq!(at_work("2026-11-21T00:54:02Z"), Some(Weight::Danger));
    assert_eq!(at_work("2026-11-21T00:46:24Z"), None, "the first round made its Job itself");
}

#[test]
fn version_reverted_mid_upgrade_without_break_glass_too() {
    let mut evidence = calm();
    assert_eq!(weight(&standing(&evidence), "version-reverted-mid-upgrade"), None);
    cluster(&mut evidence).spec.version = Some("2.5.4".into());
    cluster(&mut evidence).break_glass = None;
    assert_eq!(weight(&standing(&evidence), "version-reverted-mid-upgrade"), Some(Weight::Danger));
    assert_eq!(weight(&of_resolve(&evidence, Way::Restore), "version-reverted-mid-upgrade"), Some(Weight::Danger));
    cluster(&mut evidence).blue_green.as_mut().expect("blue/green").phase = "Idle".into();
    assert_eq!(weight(&standing(&evidence), "version-reverted-mid-upgrade"), None);
}

#[test]
fn staying_green_is_judged_by_the_version_it_writes() {
    let mut evidence = calm();
    cluster(&mut evidence).spec.version = Some("2.5.4".into());
    let ways = [Way::Retry, Way::StayGreen { version: "2.5.5" }, Way::StayGreen { version: "2.5.4" }];
    let reverts = ways.map(|way| weight(&of_resolve(&evidence, way), "ack-runs-version-revert"));
    assert_eq!(reverts, [Some(Weight::Danger), None, Some(Weight::Danger)]);
}

#[test]
fn removed_leader_hangs_when_two_call_themselves_active() {
    let mut evidence = calm();
    assert_eq!(of(&evidence, "removed-leader-hangs"), None);
    evidence.pods =
        Item::present(vec![server(BLUE, 0, true, "2.5.4"), server(BLUE, 1, true, "2.5.4"), server(BLUE, 2, false, "2.5.4")]);
    assert_eq!(of(&evidence, "removed-leader-hangs"), Some(Weight::Danger));
    assert_eq!(weight(&standing(&evidence), "removed-leader-hangs"), Some(Weight::Danger));
}

#[test]
fn a_restore_over_an_armed_rollback_is_dangerous() {
    let armed = |nonce: &str| {
        let mut evidence = calm();
        cluster(&mut evidence).spec.break_glass_ack = Some(nonce.into());
        weight(&of_resolve(&evidence, Way::Restore), "restore-with-ack-pending")
    };
    assert_eq!(armed(crate::domain::breakglass::samples::NONCE), Some(Weight::Danger));
    assert_eq!(armed("of-an-earlier-event"), None);
    // Taken and over: the next upgrade is no rollback.
    let later = |phase: &str| {
        let mut evidence = calm();
        let state = cluster(&mut evidence);
        state.spec.break_glass_ack = Some(crate::domain::breakglass::samples::NONCE.into());
        state.break_glass.as_mut().expect("break glass").active = false;
        state.blue_green.as_mut().expect("blue/green").phase = phase.into();
        weight(&of_resolve(&evidence, Way::Restore), "restore-with-ack-pending")
    };
    let danger = Some(Weight::Danger);
    assert_eq!(["RollingBack", "RollbackCleanup", "Syncing", "Idle"].map(later), [danger, danger, None, None]);
}

fn well(pod: usize, leads: bool) -> ServerAnswer {
    let health = ServerHealth { initialized: true, standby: !leads, leads: Some(leads), ..ServerHealth::default() };
    ServerAnswer { pod: format!("bg-{pod}"), health: Item::present(health), ..ServerAnswer::default() }
}

#[test]
fn deleting_an_unknown_restore_is_dangerous_until_the_servers_were_asked() {
    let mut evidence = halted(released("0.5.1"));
    let unknown = restore("r", "Unknown");
    let of = |evidence: &Evidence| weight(&of_recover(evidence, &unknown, Settle::Delete), "unknown-delete-unverified");
    assert_eq!(of(&evidence), Some(Weight::Danger));
    evidence.servers = vec![well(0, true), well(1, false)];
    assert_eq!(of(&evidence), Some(Weight::Known));
    evidence.servers = vec![well(0, false), well(1, false)];
    assert_eq!(of(&evidence), Some(Weight::Danger), "nobody leads");
    evidence.servers = vec![
        well(0, true),
        ServerAnswer { pod: "bg-1".into(), health: Item::Failed { why: "hangs".into() }, ..ServerAnswer::default() },
    ];
    assert_eq!(of(&evidence), Some(Weight::Danger), "one does not answer");
    let committed = Evidence { generation: next(), ..evidence.clone() };
    assert_eq!(of(&committed), None, "NEXT forbids the deletion");
    let running = of_recover(&evidence, &restore("r", "Running"), Settle::Delete);
    assert_eq!(weight(&running, "unknown-delete-unverified"), None);
    evidence.restores = Item::present(vec![unknown.clone()]);
    assert_eq!(weight(&standing(&evidence), "unknown-delete-unverified"), Some(Weight::Danger));
}

#[test]
fn resume_is_never_without_a_word() {
    let mut evidence = halted(next());
    let of = |evidence: &Evidence, settle| weight(&of_recover(evidence, &restore("r", "Unknown"), settle), "resume-unverified");
    assert_eq!(of(&evidence, Settle::Resume), Some(Weight::Danger));
    evidence.servers = vec![well(0, true), well(1, false)];
    assert_eq!(of(&evidence, Settle::Resume), Some(Weight::Known), "a restart proves what answers cannot");
    assert_eq!(of(&evidence, Settle::Abandon), None);
}

#[test]
fn restores_that_wait_fire_when_the_lock_is_let_go() {
    let waiting = Evidence { restores: Item::present(vec![restore("r", "Validating")]), ..calm() };
    assert_eq!(weight(&of_resolve(&waiting, Way::Restore), "waiting-restores-fire"), Some(Weight::Danger));
    let running = Evidence { restores: Item::present(vec![restore("r", "Running")]), ..calm() };
    assert_eq!(weight(&of_resolve(&running, Way::Restore), "waiting-restores-fire"), None);
}

#[test]
fn a_job_of_a_running_restore_must_not_be_deleted_on_old_operators() {
    let of = |generation, phase| {
        let evidence = Evidence { restores: Item::present(vec![restore("r", phase)]), ..halted(generation) };
        weight(&standing(&evidence), "job-delete-resubmits")
    };
    assert_eq!(of(jan(), "Running"), Some(Weight::Standing));
    assert_eq!((of(jan(), "Completed"), of(released("0.5.1"), "Running")), (None, None));
}

#[test]
fn a_leaked_backup_lock_is_told_of_where_locks_leak() {
    let of = |generation| {
        let mut evidence = halted(generation);
        let state = cluster(&mut evidence);
        (state.break_glass, state.blue_green) = (None, None);
        let lock = state.operation_lock.as_mut().expect("a lock");
        (lock.operation, lock.holder) = ("Backup".into(), "openbaocluster/backup".into());
        lock.acquired_at = Some("2026-11-21T00:40:00Z".parse().expect("a time"));
        weight(&standing(&evidence), "backup-lock-leaks")
    };
    assert_eq!((of(jan()), of(released("0.4.2"))), (Some(Weight::Known), None));
}

/// A chain of custody: whatever is not read, no danger that was there goes away, and nothing panics.
#[test]
fn less_evidence_never_makes_an_acknowledgement_look_safer() {
    let full = Evidence { restores: Item::present(vec![restore("r", "Running")]), ..green_leads() };
    type Hide = fn(&mut Evidence);
    let hide: [(&str, Hide); 6] = [
        ("restores", |e| e.restores = Item::Failed { why: "x".into() }),
        ("jobs", |e| e.jobs = Item::Forbidden { what: "x".into() }),
        ("pods", |e| e.pods = Item::NotAsked),
        ("generation", |e| e.generation = Generation::default()),
        ("lease", |e| e.lease = Item::NotAsked),
        ("peers", |e| e.peers = Item::NotAsked),
    ];
    for hidden in 0..1_u32 << hide.len() {
        let mut evidence = full.clone();
        let chosen = hide.iter().enumerate().filter(|(i, _)| hidden & (1 << i) != 0);
        let names: Vec<&str> = chosen
            .map(|(_, (name, hide))| {
                hide(&mut evidence);
                *name
            })
            .collect();
        let dangers = of_ack(&evidence).iter().filter(|h| h.weight == Weight::Danger).count();
        assert!(dangers >= 2, "without {names:?}: {dangers}");
    }
}

#[test]
fn nothing_is_said_of_a_cluster_that_was_not_read() {
    let blank = Evidence::default();
    assert!(of_ack(&blank).is_empty() && standing(&blank).is_empty() && of_resolve(&blank, Way::Restore).is_empty());
}

#[test]
fn jobs_of_another_cluster_are_nobodys_log() {
    let mut evidence = calm();
    cluster(&mut evidence).break_glass.as_mut().expect("break glass").message = String::new();
    let mut job = failed_job("upgrade-other", "rollback", "2026-11-21T00:46:49Z");
    job.meta.owners = vec![crate::api::read::Owner { kind: "OpenBaoCluster".into(), name: "other".into(), uid: "x".into() }];
    evidence.jobs = Item::present(vec![job, Job::read(&json!({"metadata": {"name": "unrelated"}}))]);
    assert_eq!(of(&evidence, "logs-expire"), None);
}
