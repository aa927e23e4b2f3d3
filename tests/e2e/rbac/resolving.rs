//! The Roles for the way out of break glass by a restore, on 0.5: its CRDs are derived from JAN's, not genuine, and its
//! admission policies are not at hand, so that the verbs which only those ask for are asked about, and named, but not
//! enforced here.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::scenarios::names::REVISIONS;
use serde_json::{Value, json};
use tokio::task::block_in_place;

use super::sweep::Crew;
use super::{OPERATOR_NAMESPACE, agreed, all_said, assert_exact, used, used_and_tried};
use crate::harness::{ControlPlane, Generation, Played};

const DEPLOYMENT: &str = "openbao-operator-controller";

#[tokio::test(flavor = "multi_thread")]
async fn resolving_names_each_missing_right_and_is_carried_out_with_all() {
    let plane = block_in_place(|| ControlPlane::start(Generation::Derived(Play::V05)));
    let played = Played::start(&plane, "diverged-rollback").await;
    let key = played.clock.pre_upgrade_key();
    block_in_place(|| {
        restore_as_planned(&plane, &key);
        let command = ["openbao", "resolve", "prod", "--path", "restore", "--key", &key, "--delete-claims-of", REVISIONS.1];
        let tested = [("resolve", "bao"), ("freeze-operator", OPERATOR_NAMESPACE)];
        let beside = [("operator", OPERATOR_NAMESPACE), ("object-store", "storage"), ("restore", "bao")];
        let mut crew = Crew::employ(&plane, "resolve", "bao", &tested, &beside);
        crew.each(|person| all_said(person, &[&[&command[..], &["--dry-run=server"]].concat()]));
        carry_out(&plane, &crew, &command);
        // StatefulSets are looked at as in a diagnosis, and no step rests on them.
        let used_here = used_and_tried(&plane, &crew.complete_user(), "bao", &["statefulsets"]);
        // Only policies ask for this one.
        assert_exact("resolve", &used_here, &[("openbaoclusters/prod", "maintenance")]);
        assert_exact("freeze-operator", &used(&plane, &crew.complete_user(), OPERATOR_NAMESPACE), &[]);
        crew.judge();
    });
}

/// What a restore's plan names where the operator may have its own verb for it.
fn restore_as_planned(plane: &ControlPlane, key: &str) {
    let beside = [("operator", OPERATOR_NAMESPACE), ("object-store", "storage")];
    let mut crew = Crew::employ(plane, "restore-0.5", "bao", &[("restore", "bao")], &beside);
    crew.each(|person| all_said(person, &[&["openbao", "restore", "prod", "--key", key, "--override-lock", "--dry-run=server"]]));
    crew.judge();
}

/// The real thing, to its verified end.
fn carry_out(plane: &ControlPlane, crew: &Crew<'_>, command: &[&str]) {
    let person = crew.complete();
    let more = ["--reason", "INC-1", "--settle", "1s", "--request-timeout", "60s", "--timeout", "4m"].map(String::from);
    let args = [agreed(&person, command), more.to_vec()].concat();
    let said = while_deployments_are_looked_after(plane, || person.clone().run(args).everything(0));
    for done in
        ["stops the operator", "marks the volume for maintenance", "deletes the volume", "gives the operator its 1 replica"]
    {
        assert!(said.contains(done), "{done}: {said}");
    }
    // A volume goes when its pod does, by the true controller that protects it until then.
    for claim in claims(plane) {
        let green = claim["metadata"]["name"].as_str().unwrap().contains(REVISIONS.1);
        assert_eq!(green, !claim["metadata"]["deletionTimestamp"].is_null(), "{claim:#}");
    }
    let get = ["get", "deployment", DEPLOYMENT, "-n", OPERATOR_NAMESPACE, "-o", "jsonpath={.spec.replicas}"];
    assert_eq!(plane.kubectl().run(get).success(), "1");
}

fn claims(plane: &ControlPlane) -> Vec<Value> {
    let list = plane.kubectl().run(["get", "pvc", "-n", "bao", "-o", "json"]).success();
    serde_json::from_str::<Value>(&list).unwrap()["items"].as_array().unwrap().clone()
}

/// The Deployment controller is not among those that run here, for there is nothing its pods could run: this plays it.
/// Without it the operator's last pod would never end, and the way by restore waits for that.
pub fn while_deployments_are_looked_after<T>(plane: &ControlPlane, act: impl FnOnce() -> T) -> T {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                follow_replicas(plane);
                thread::sleep(Duration::from_millis(200));
            }
        });
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
        over.store(true, Ordering::Relaxed);
        outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn follow_replicas(plane: &ControlPlane) {
    let get = ["get", "deployment", DEPLOYMENT, "-n", OPERATOR_NAMESPACE, "-o", "json"];
    let object: Value = serde_json::from_str(&plane.kubectl().run(get).success()).unwrap();
    let ready = object["status"]["readyReplicas"].as_i64().unwrap_or(0);
    if object["spec"]["replicas"].as_i64() != Some(ready) {
        let counts = ["replicas", "readyReplicas", "availableReplicas", "updatedReplicas"];
        let counts: serde_json::Map<String, Value> =
            counts.into_iter().map(|count| (count.to_owned(), object["spec"]["replicas"].clone())).collect();
        let status = json!({"status": counts});
        let patch =
            ["patch", "deployment", DEPLOYMENT, "-n", OPERATOR_NAMESPACE, "--subresource=status", "--type=merge", "--patch"];
        plane.kubectl().run(patch.iter().copied().chain([&*status.to_string()])).success();
    }
}
