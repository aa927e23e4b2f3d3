//! Faults of the real control plane under the plugin: the API server killed, etcd stopped, two plugins at once, a resolution
//! that changes hands. Whatever happens, nothing is done twice, and nothing is claimed that is not so.

mod changed_hands;
mod errand;
mod phase;
mod races;

use std::thread;
use std::time::{Duration, Instant};

use errand::{Errand, Fault};
use phase::Phase;

use crate::harness::{ControlPlane, Generation, eventually, install_holds};

/// A restore is brought into each phase, all of them beside each other; then the fault meets all at once.
fn in_every_phase(plane: &ControlPlane, fault: Fault) {
    install_holds(plane);
    plane.range();
    let errands: Vec<Errand> = thread::scope(|scope| {
        let prepared: Vec<_> = Phase::ALL.iter().map(|phase| scope.spawn(|| Errand::prepare(plane, *phase, fault))).collect();
        prepared.into_iter().map(|errand| errand.join().unwrap()).collect()
    });
    let told = thread::scope(|scope| {
        let runs: Vec<_> = errands.iter().map(|errand| scope.spawn(|| errand.run(plane))).collect();
        errands.iter().for_each(|errand| errand.wait_for_its_phase(plane));
        match fault {
            Fault::ApiServerKilled => kill_and_start(plane, &errands),
            Fault::EtcdStopped => stop_and_continue(plane, &errands),
        }
        errands.iter().for_each(|errand| errand.let_go(plane));
        runs.into_iter().map(|run| run.join().unwrap()).collect::<Vec<_>>()
    });
    let failed: Vec<Phase> = thread::scope(|scope| {
        let verdicts: Vec<_> = errands
            .iter()
            .zip(&told)
            .map(|(errand, ran)| {
                scope.spawn(|| {
                    errand.judge(plane, ran);
                    // Whoever was left without an end gets one.
                    errand.go_on(plane, ran);
                })
            })
            .collect();
        errands.iter().zip(verdicts).filter_map(|(errand, verdict)| verdict.join().is_err().then_some(errand.phase)).collect()
    });
    assert_eq!(failed, [], "what was said stands above");
}

fn kill_and_start(plane: &ControlPlane, errands: &[Errand]) {
    plane.kill_apiserver();
    errands.iter().for_each(Errand::goes_down);
    plane.start_apiserver();
    errands.iter().for_each(Errand::comes_up);
}

/// How long etcd answers nothing at least.
const STOPPED: Duration = Duration::from_secs(20);

/// What is on its way meets an API server that accepts it and cannot answer. Its own deadline ends it: etcd goes on only
/// after that.
fn stop_and_continue(plane: &ControlPlane, errands: &[Errand]) {
    plane.pause_etcd(true);
    let until = Instant::now() + STOPPED;
    errands.iter().for_each(Errand::release);
    eventually("the deadline of what cannot be answered", || {
        let open: Vec<Phase> =
            errands.iter().filter(|errand| errand.has_a_deadline() && !errand.ended()).map(|e| e.phase).collect();
        if open.is_empty() { Ok(()) } else { Err(format!("still waiting: {open:?}")) }
    });
    thread::sleep(until.saturating_duration_since(Instant::now()));
    plane.pause_etcd(false);
}

#[test]
fn the_api_server_killed_in_any_phase_of_a_restore() {
    in_every_phase(&ControlPlane::start(Generation::Jan), Fault::ApiServerKilled);
}

#[test]
fn etcd_stopped_in_any_phase_of_a_restore() {
    in_every_phase(&ControlPlane::start(Generation::P4), Fault::EtcdStopped);
}
