//! The range as a whole: every scenario stands on every generation, and a restore ends as that generation's would.

mod incidents;

use std::time::Instant;

use serde_json::{Value, json};

use super::names::{CLUSTER, NAMESPACE};
use super::seed::Seeder;
use super::{Range, RangeOptions, Which, find, objects};
use crate::drill::Play;
use crate::drill::operator::values::{annotation, condition, flag, list, merged, name, present, text, uid};
use crate::drill::operator::{lease, restore};
use crate::drill::processes::SCRIPT_ANNOTATION;

async fn range(scenario: &str, play: Play) -> (Range, Seeder) {
    let begun = Instant::now();
    let range = Range::start(RangeOptions::new(find(scenario).unwrap(), play)).await.unwrap();
    println!("{scenario} on {} stood after {:?}", play.name(), begun.elapsed());
    let seeder = Seeder::new(range.operator_client().await.unwrap());
    (range, seeder)
}

async fn cluster(seeder: &Seeder) -> Value {
    seeder.get(&objects::cluster()).await.unwrap()
}

fn override_lock(restore: Value) -> Value {
    merged(&restore, &json!({"spec": {"force": true, "overrideOperationLock": true}}))
}

/// Creates a restore and waits for one of the phases.
async fn run(seeder: &Seeder, restore: &Value, phases: &[&str]) -> Value {
    seeder.put(restore).await.unwrap();
    let reached = |restore: &Value| phases.contains(&text(restore, "/status/phase"));
    seeder.wait(restore, &phases.join(" or "), reached).await.unwrap()
}

async fn pods(seeder: &Seeder) -> Vec<Value> {
    let mut pods = Vec::new();
    for ordinal in 0..3 {
        let metadata = json!({"name": format!("{CLUSTER}-{ordinal}"), "namespace": NAMESPACE});
        pods.push(seeder.get(&json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata})).await.unwrap());
    }
    pods
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stuck_lock_is_overridden_and_nothing_holds_it_afterwards() {
    for play in [Play::Jan, Play::V04] {
        let (range, seeder) = range("stuck-lock", play).await;
        let before = cluster(&seeder).await;
        assert_eq!(text(&before, "/status/operationLock/holder"), "openbaocluster/backup");
        assert_eq!(text(&before, "/status/phase"), "Running");
        let ended = run(&seeder, &override_lock(objects::restore("r1", &range.key(Which::Last))), &["Completed", "Failed"]).await;
        assert_eq!(text(&ended, "/status/message"), "Restore completed successfully");
        assert_eq!(condition(&ended, "OperationLockOverride").is_some(), play > Play::Jan);
        let free = |cluster: &Value| !present(cluster, "/status/operationLock/holder");
        seeder.wait(&objects::cluster(), "free", free).await.unwrap();
        range.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_05_the_voters_are_restarted_before_it_says_completed() {
    let (range, seeder) = range("stuck-lock", Play::V05).await;
    let before = pods(&seeder).await;
    let ended =
        run(&seeder, &override_lock(objects::restore("r1", &range.key(Which::Last))), &["Completed", "Failed", "Unknown"]).await;
    assert_eq!(text(&ended, "/status/message"), "Restore completed successfully after post-restore recovery");
    assert_eq!(text(&ended, "/status/execution/stage"), "FollowThroughComplete");
    assert_eq!(text(&cluster(&seeder).await, "/status/restore/uid"), uid(&ended));
    for (old, new) in before.iter().zip(pods(&seeder).await) {
        assert_ne!(uid(old), uid(&new), "{}", name(old));
        assert!(super::seed::serving(&new), "{}", name(&new));
    }
    range.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_next_success_is_unknown_until_resumed() {
    let (range, seeder) = range("stuck-lock", Play::Next).await;
    let before = pods(&seeder).await;
    let wanted = override_lock(objects::restore("r1", &range.key(Which::Last)));
    let ended = run(&seeder, &wanted, &["Completed", "Failed", "Unknown"]).await;
    assert!(text(&ended, "/status/message").starts_with("Snapshot request accepted"), "{}", ended["status"]);
    assert!(present(&ended, "/status/submissionClaim"));
    let held = cluster(&seeder).await;
    assert_eq!(
        (text(&held, "/status/operationLock/holder"), annotation(&held, restore::HOLD)),
        ("openbaorestore/r1", uid(&ended))
    );

    range.server().store().edit("openbaorestores", NAMESPACE, "r1", |restore| {
        restore["metadata"]["annotations"] = json!({"openbao.org/restore-acknowledge": format!("{}/Resume", uid(restore))});
    });
    let released = |restore: &Value| condition(restore, "RecoveryReleased").is_some_and(|c| text(c, "/status") == "True");
    let ended = seeder.wait(&wanted, "released", released).await.unwrap();
    assert_eq!((text(&ended, "/status/phase"), text(&ended, "/status/administratorDisposition")), ("Unknown", "Resume"));
    let after = cluster(&seeder).await;
    assert_eq!((text(&after, "/status/operationLock/holder"), annotation(&after, restore::HOLD)), ("", ""));
    for (old, new) in before.iter().zip(pods(&seeder).await) {
        assert_ne!(uid(old), uid(&new), "{}", name(old));
    }
    range.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_snapshot_seals_every_server_under_a_completed_restore_and_a_running_cluster() {
    let (range, seeder) = range("foreign-snapshot", Play::Jan).await;
    let ended = run(&seeder, &objects::restore("s1", &range.key(Which::Foreign)), &["Completed", "Failed"]).await;
    assert_eq!(text(&ended, "/status/message"), "Restore completed successfully");
    for pod in pods(&seeder).await {
        let sealed = |pod: &Value| text(pod, "/metadata/labels/openbao-sealed") == "true";
        seeder.wait(&merged(&pod, &json!({"apiVersion": "v1", "kind": "Pod"})), "sealed", sealed).await.unwrap();
    }
    let cluster = cluster(&seeder).await;
    let reason = |kind| condition(&cluster, kind).map_or("", |c| text(c, "/reason"));
    assert_eq!(text(&cluster, "/status/phase"), "Running");
    assert_eq!(
        [reason("OpenBaoSealed"), reason("OpenBaoLeader"), reason("Available")],
        ["Unsealed", "LeaderFound", "AllReplicasReady"]
    );
    range.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_05_on_the_verified_endpoint_refuses_a_foreign_snapshot() {
    for (play, phase) in [(Play::V05, "Failed"), (Play::Next, "Unknown")] {
        let (range, seeder) = range("foreign-snapshot", play).await;
        let ended = run(&seeder, &objects::restore("s1", &range.key(Which::Foreign)), &["Completed", "Failed", "Unknown"]).await;
        assert_eq!(text(&ended, "/status/phase"), phase, "{}", ended["status"]);
        range.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_restores_fire_by_themselves_one_after_the_other() {
    let (range, seeder) = range("waiting-restores", Play::Jan).await;
    run(&seeder, &override_lock(objects::restore("r1", &range.key(Which::Last))), &["Completed"]).await;
    for waiting in ["nightly-verify", "try-again"] {
        let completed = |restore: &Value| text(restore, "/status/phase") == "Completed";
        seeder.wait(&objects::restore(waiting, ""), "Completed", completed).await.unwrap();
    }
    range.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_restores_lock_withstands_an_override() {
    for play in Play::ALL {
        let (range, seeder) = range("restore-lock", play).await;
        let wanted = override_lock(objects::restore("r1", &range.key(Which::Last)));
        seeder.put(&wanted).await.unwrap();
        let waits =
            |restore: &Value| text(restore, "/status/message").contains("operation=Restore holder=openbaorestore/colleague-0312");
        seeder.wait(&wanted, "waiting for the other restore", waits).await.unwrap();
        range.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_upgrade_renews_its_lock() {
    for play in Play::ALL {
        let (range, seeder) = range("live-lock", play).await;
        let renewed = |cluster: &Value| text(cluster, "/status/operationLock/renewedAt").to_owned();
        let first = cluster(&seeder).await;
        assert_eq!(text(&first, "/status/operationLock/message"), "blue/green upgrade phase Syncing");
        assert_eq!(text(&first, "/status/phase"), "Upgrading");
        seeder.wait(&objects::cluster(), "renewed", |cluster| renewed(cluster) > renewed(&first)).await.unwrap();
        range.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_operator_does_nothing_and_a_thawed_one_goes_on() {
    let (range, seeder) = range("restore", Play::Jan).await;
    let operator = range.operator().unwrap();
    operator.freeze();
    let wanted = objects::restore("r1", &range.key(Which::Last));
    seeder.put(&wanted).await.unwrap();
    // Everybody else goes on: by the time a pod has come and gone an operator would long have looked.
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "passer-by", "namespace": NAMESPACE, "annotations": {SCRIPT_ANNOTATION: "[{\"wait\":2000}]"}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "x"}]},
    });
    seeder.put(&pod).await.unwrap();
    seeder.wait(&pod, "Succeeded", |pod| text(pod, "/status/phase") == "Succeeded").await.unwrap();
    assert!(!present(&seeder.get(&wanted).await.unwrap(), "/status/message"), "nobody looked at it");
    operator.thaw();
    seeder.wait(&wanted, "Completed", |restore| text(restore, "/status/phase") == "Completed").await.unwrap();
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": lease::LEASE, "namespace": "openbao-operator-system"},
    });
    let renewed: jiff::Timestamp = text(&seeder.get(&lease).await.unwrap(), "/spec/renewTime").parse().unwrap();
    assert!(jiff::Timestamp::now().duration_since(renewed) < jiff::SignedDuration::from_secs(15));
    range.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_triggered_backup_leaks_its_lock_on_jan_and_not_later() {
    for (play, holder) in [(Play::Jan, "openbaocluster/backup"), (Play::V04, "")] {
        let (range, seeder) = range("restore", play).await;
        range.server().store().edit("openbaoclusters", NAMESPACE, CLUSTER, |cluster| {
            cluster["metadata"]["annotations"] = json!({"openbao.org/trigger-backup": "now"});
        });
        let busy = |cluster: &Value| condition(cluster, "BackingUp").is_some_and(|c| text(c, "/status") == "True");
        seeder.wait(&objects::cluster(), "backing up", busy).await.unwrap();
        let idle = |cluster: &Value| !busy(cluster);
        let after = seeder.wait(&objects::cluster(), "done backing up", idle).await.unwrap();
        assert_eq!(text(&after, "/status/operationLock/holder"), holder, "{}", play.name());
        range.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_person_on_call_may_see_but_not_restore() {
    let (range, _) = range("denied", Play::Jan).await;
    let user = crate::drill::server::User::named(super::names::USER);
    let seeder = Seeder::new(range.server().client(&user).await.unwrap());
    assert!(flag(&cluster(&seeder).await, "/status/initialized"));
    let error = seeder.put(&objects::restore("r1", "k")).await.unwrap_err().to_string();
    assert!(
        error.contains("cannot create resource \\\"openbaorestores\\\"")
            || error.contains("cannot create resource \"openbaorestores\""),
        "{error}"
    );
}

#[tokio::test]
async fn captured_objects_stay_as_they_are_on_an_empty_range() {
    let range = Range::empty(Play::Jan).await.unwrap();
    let captured = crate::drill::operator::captured;
    range.load([
        captured("cluster-prod-status-after-foreign-snapshot"),
        captured("pods-prod-sealed-by-foreign-snapshot"),
        captured("leases"),
    ]);
    let store = range.server().store();
    let loaded = store.get("openbaoclusters", NAMESPACE, CLUSTER).unwrap();
    assert_eq!(loaded["status"], captured("cluster-prod-status-after-foreign-snapshot")["status"]);
    assert_eq!(
        store.list("pods", Some(NAMESPACE)).len(),
        list(&captured("pods-prod-sealed-by-foreign-snapshot"), "/items").len()
    );
    assert!(std::fs::read_to_string(range.kubeconfig_file()).unwrap().contains("current-context: range"));
}

/// Every time an object tells of, outside its spec.
fn times(object: &Value, into: &mut Vec<jiff::Timestamp>) {
    match object {
        Value::Object(fields) => fields.iter().filter(|(key, _)| *key != "spec").for_each(|(_, value)| times(value, into)),
        Value::Array(items) => items.iter().for_each(|item| times(item, into)),
        Value::String(at) => into.extend(at.parse::<jiff::Timestamp>()),
        _ => {}
    }
}

/// What a restore that is there from the start tells of its past agrees: nothing of it is older than itself, and none began
/// only when the range did.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restores_are_as_old_as_the_scenario_tells() {
    let told = [
        "waiting-restores",
        "restore-lock",
        "unknown-outcome",
        "sealed-after-restore",
        "no-leader-after-restore",
        "operator-dead",
    ];
    for scenario in told.map(|name| find(name).unwrap()) {
        for play in scenario.plays.iter().copied().filter(|play| *play != Play::V04) {
            let (range, _) = range(scenario.name, play).await;
            let started = jiff::Timestamp::now();
            let store = range.server().store();
            let restores = store.list("openbaorestores", Some(NAMESPACE));
            assert!(!restores.is_empty(), "{}", scenario.name);
            for restore in &restores {
                let about = format!("{} of {} on {}", name(restore), scenario.name, play.name());
                let created: jiff::Timestamp = text(restore, "/metadata/creationTimestamp").parse().unwrap();
                assert!(started.duration_since(created).as_secs() >= 60, "{about} is of {created}");
                let mut all = Vec::new();
                times(restore, &mut all);
                let lock = cluster_now(&range);
                if text(&lock, "/status/operationLock/holder") == format!("openbaorestore/{}", name(restore)) {
                    all.push(text(&lock, "/status/operationLock/acquiredAt").parse().unwrap());
                }
                let job = format!("restore-{}", name(restore));
                let its = |object: &Value| name(object) == job || name(object).starts_with(&format!("{job}-"));
                for kind in ["jobs", "pods"] {
                    store
                        .list(kind, Some(NAMESPACE))
                        .iter()
                        .filter(|object| its(object))
                        .for_each(|object| times(object, &mut all));
                }
                assert!(all.iter().all(|at| *at >= created), "{about} is of {created}, and tells of {all:?}");
                let began: Option<jiff::Timestamp> = text(restore, "/status/startTime").parse().ok();
                assert!(began.is_none_or(|at| at.duration_since(created).as_secs() < 60), "{about} began at {began:?}");
            }
            range.shutdown().await;
        }
    }
}

fn cluster_now(range: &Range) -> std::sync::Arc<Value> {
    range.server().store().get("openbaoclusters", NAMESPACE, CLUSTER).unwrap()
}
