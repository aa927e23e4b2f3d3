//! Every incident settles in the state it promises, and goes on from there as its generation would.

use serde_json::{Value, json};

use super::super::names::REVISIONS;
use super::*;
use crate::drill::operator::health;
use crate::drill::world::ClusterView;

fn raft(range: &Range) -> ClusterView {
    range.world().cluster(NAMESPACE, CLUSTER).unwrap()
}

fn votes(range: &Range) -> String {
    let view = raft(range);
    let colour = |revision: &str| {
        let vote = |ordinal: u32| match view.peer(&format!("{CLUSTER}-{revision}-{ordinal}")) {
            Some(peer) if peer.voter => 'V',
            Some(_) => '-',
            None => '.',
        };
        (0..3).map(vote).collect::<String>()
    };
    format!("{}{}", colour(REVISIONS.0), colour(REVISIONS.1))
}

fn led_by_blue(range: &Range) -> bool {
    raft(range).leader.is_some_and(|leader| leader.contains(REVISIONS.0))
}

async fn ack(seeder: &Seeder) -> String {
    let nonce = text(&cluster(seeder).await, "/status/breakGlass/nonce").to_owned();
    seeder.patch(&objects::cluster(), &json!({"spec": {"breakGlassAck": nonce}})).await.unwrap();
    nonce
}

async fn log(range: &Range, job: &str) -> String {
    let client = range.operator_client().await.unwrap();
    let pods: kube::Api<k8s_openapi::api::core::v1::Pod> = kube::Api::namespaced(client, NAMESPACE);
    let selector = kube::api::ListParams::default().labels(&format!("batch.kubernetes.io/job-name={job}"));
    let found = pods.list(&selector).await.unwrap().items;
    let pod = found.first().unwrap_or_else(|| panic!("{job} has no pod"));
    pods.logs(pod.metadata.name.as_deref().unwrap(), &kube::api::LogParams::default()).await.unwrap()
}

/// The Job that break glass speaks of: its state and its log.
async fn failed_job(range: &Range, seeder: &Seeder) -> (Value, String) {
    let found = cluster(seeder).await;
    let message = text(&found, "/status/breakGlass/message");
    let name = message.split("Job ").nth(1).unwrap().split(" failed").next().unwrap().to_owned();
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": NAMESPACE}});
    (seeder.get(&job).await.unwrap(), log(range, &name).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn break_glass_stands_with_its_job_and_its_log() {
    for (scenario, peers, fragment) in [
        ("failed-rollback", "VVV---", "upgrade-executor error: failed to find leader for consensus repair: "),
        ("diverged-rollback", "V--VVV", "to voter during consensus repair: raft "),
        ("cleanup-failed", "VVV---", "upgrade-executor error: failed to remove Raft peer"),
        ("green-leads", "---VVV", "failed to authenticate for consensus repair: "),
    ] {
        for play in find(scenario).unwrap().plays {
            let (range, seeder) = range(scenario, *play).await;
            let found = cluster(&seeder).await;
            assert!(flag(&found, "/status/breakGlass/active"), "{scenario}");
            assert_eq!(text(condition(&found, "Degraded").unwrap(), "/reason"), "BreakGlassRequired");
            assert_eq!(text(&found, "/status/operationLock/holder"), "openbaocluster/upgrade");
            assert_eq!((votes(&range).as_str(), led_by_blue(&range)), (peers, scenario != "green-leads"), "{scenario}");
            let (job, log) = failed_job(&range, &seeder).await;
            assert!(job["status"]["failed"] == 1 && log.contains(fragment), "{scenario} {}: {log}", play.name());
            assert!(log.contains("\tINFO\tUpgrade executor starting\t{\"action\": "), "{log}");
            let age = jiff::Timestamp::now().duration_since(text(&job, "/metadata/creationTimestamp").parse().unwrap());
            assert!(age > jiff::SignedDuration::from_mins(15), "{age}");
            range.shutdown().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledged_failed_rollback_is_repaired_and_on_jan_it_costs_blues_leader() {
    for play in Play::ALL {
        let (range, seeder) = range("failed-rollback", play).await;
        // The same upgrade would start again: here only the rollback is watched.
        ack(&seeder).await;
        let idle = |cluster: &Value| health::upgrade_phase(cluster).is_none();
        let after = seeder.wait(&objects::cluster(), "rolled back", idle).await.unwrap();
        assert_eq!(present(&after, "/status/operationLock/holder"), play == Play::Jan, "{}", play.name());
        assert!(!present(&after, "/status/breakGlass/active") && present(&after, "/status/breakGlass/acknowledgedAt"));
        let expected = if play == Play::Jan { ".VV---" } else { "VVV..." };
        assert_eq!((votes(&range).as_str(), led_by_blue(&range)), (expected, true), "{}", play.name());
        range.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_747_on_the_next_upgrade_runs_anew_and_ends_with_green_as_blue() {
    let (range, seeder) = range("failed-rollback", Play::V05).await;
    let claim = |ordinal: u32| format!("data-{CLUSTER}-{}-{ordinal}", REVISIONS.1);
    let store = range.server().store();
    assert!(store.get("persistentvolumeclaims", NAMESPACE, &claim(0)).is_some());
    ack(&seeder).await;
    let cleaned = |cluster: &Value| health::upgrade_phase(cluster).is_none();
    seeder.wait(&objects::cluster(), "rolled back", cleaned).await.unwrap();
    assert!((0..3).all(|ordinal| store.get("persistentvolumeclaims", NAMESPACE, &claim(ordinal)).is_none()));
    let done = |cluster: &Value| text(cluster, "/status/currentVersion") == super::super::names::NEXT_VERSION;
    let after = seeder.wait(&objects::cluster(), "upgraded", done).await.unwrap();
    assert_eq!(text(&after, "/status/blueGreen/blueRevision"), REVISIONS.1);
    assert!(!present(&after, "/status/operationLock/holder"));
    assert_eq!(votes(&range), "...VVV");
    range.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_diverged_rollback_comes_back_with_a_new_nonce() {
    for play in [Play::Jan, Play::Next] {
        let (range, seeder) = range("diverged-rollback", play).await;
        let first = ack(&seeder).await;
        let again =
            |cluster: &Value| flag(cluster, "/status/breakGlass/active") && text(cluster, "/status/breakGlass/nonce") != first;
        let after = seeder.wait(&objects::cluster(), "in break glass again", again).await.unwrap();
        assert_eq!(after["status"]["blueGreen"]["rollbackAttempt"], 2);
        let (_, log) = failed_job(&range, &seeder).await;
        let cause = match play {
            Play::Jan => "raft promote request failed with status 500",
            _ => "did not become a voter after promote request",
        };
        assert!(log.contains(cause), "{log}");
        range.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_cleanup_succeeds_at_the_second_try() {
    for play in [Play::V04, Play::V05] {
        let (range, seeder) = range("cleanup-failed", play).await;
        assert_eq!(text(&cluster(&seeder).await, "/status/breakGlass/reason"), "RollbackCleanupPeerRemovalFailed");
        ack(&seeder).await;
        let idle = |cluster: &Value| health::upgrade_phase(cluster).is_none();
        seeder.wait(&objects::cluster(), "rolled back", idle).await.unwrap();
        assert_eq!(votes(&range), "VVV...");
        range.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_green_leads_a_restore_finds_no_leader() {
    for play in [Play::Jan, Play::V04] {
        let (range, seeder) = range("green-leads", play).await;
        let wanted = override_lock(objects::restore("r1", &range.key(Which::PreUpgrade)));
        let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "restore-r1", "namespace": NAMESPACE}});
        seeder.put(&wanted).await.unwrap();
        let running = |job: &Value| job["status"]["active"] == 1;
        seeder.wait(&job, "running", running).await.unwrap();
        let ended = |restore: &Value| text(restore, "/status/phase") == "Failed";
        seeder.wait(&wanted, "Failed", ended).await.unwrap();
        assert!(flag(&cluster(&seeder).await, "/status/breakGlass/active"), "a restore resets nothing");
        range.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn during_break_glass_a_restore_finds_blue_except_on_jan() {
    for (play, phase) in [(Play::Jan, "Failed"), (Play::V04, "Completed"), (Play::Next, "Unknown")] {
        let (range, seeder) = range("diverged-rollback", play).await;
        let before = votes(&range);
        let wanted = override_lock(objects::restore("r1", &range.key(Which::PreUpgrade)));
        let ended = run(&seeder, &wanted, &["Completed", "Failed", "Unknown"]).await;
        assert_eq!(text(&ended, "/status/phase"), phase, "{}: {}", play.name(), ended["status"]);
        let after = cluster(&seeder).await;
        assert!(flag(&after, "/status/breakGlass/active") && text(&after, "/status/blueGreen/phase") == "RollingBack");
        assert_eq!((raft(&range).epoch, votes(&range)), (u64::from(play != Play::Jan), before), "membership stays as it was");
        range.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_upgrade_loop_goes_round_without_a_new_job_until_it_is_paused() {
    for play in [Play::Jan, Play::V04] {
        let (range, seeder) = range("upgrade-loop", play).await;
        let jobs = || range.server().store().list("jobs", Some(NAMESPACE)).len();
        let before = jobs();
        let phase = |wanted: &'static str| move |cluster: &Value| text(cluster, "/status/blueGreen/phase") == wanted;
        for wanted in ["RollingBack", "Idle", "DeployingGreen"] {
            seeder.wait(&objects::cluster(), wanted, phase(wanted)).await.unwrap();
        }
        assert_eq!(jobs(), before, "old results are taken");
        seeder.patch(&objects::cluster(), &json!({"spec": {"paused": true}})).await.unwrap();
        let paused = |cluster: &Value| condition(cluster, "Available").is_some_and(|c| text(c, "/reason") == "Paused");
        seeder.wait(&objects::cluster(), "paused", paused).await.unwrap();
        range.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_path_b_everything_looks_green_and_nobody_leads() {
    for play in Play::ALL {
        let (range, seeder) = range("path-b-trap", play).await;
        let found = cluster(&seeder).await;
        let reason = |kind| condition(&found, kind).map_or("", |c| text(c, "/reason"));
        assert_eq!([reason("OpenBaoLeader"), reason("Available")], ["LeaderFound", "AllReplicasReady"]);
        assert_eq!((text(&found, "/status/phase"), text(&found, "/status/blueGreen/phase")), ("Running", "Idle"));
        assert_eq!(text(&found, "/status/activeLeader"), format!("{CLUSTER}-{}-0", REVISIONS.0));
        assert_eq!(present(&found, "/status/operationLock/holder"), play == Play::Jan);
        assert_eq!((raft(&range).leader, votes(&range).as_str()), (None, "VVVVVV"));
        for pod in range.server().store().list("pods", Some(NAMESPACE)).iter().filter(|pod| name(pod).contains(REVISIONS.0)) {
            let label = |key: &str| pod["metadata"]["labels"][key].as_str().unwrap_or_default();
            assert!(health::ready(pod), "{}", name(pod));
            assert_eq!([label("openbao-active"), label("openbao-sealed")], ["false", "false"], "{}", name(pod));
        }
        range.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn path_b_taken_live_loses_the_quorum() {
    let (range, seeder) = range("diverged-rollback", Play::Jan).await;
    range.world().set_peers(NAMESPACE, CLUSTER, {
        let mut peers = raft(&range).peers;
        peers.iter_mut().for_each(|peer| peer.voter = true);
        peers
    });
    seeder.patch(&objects::cluster(), &json!({"spec": {"version": super::super::names::VERSION}})).await.unwrap();
    ack(&seeder).await;
    let idle = |cluster: &Value| health::upgrade_phase(cluster).is_none();
    seeder.wait(&objects::cluster(), "idle", idle).await.unwrap();
    let mut changes = range.world().changes();
    while raft(&range).leader.is_some() {
        changes.changed().await.unwrap();
    }
    let found = cluster(&seeder).await;
    assert_eq!(text(condition(&found, "OpenBaoLeader").unwrap(), "/reason"), "LeaderFound", "the status has not noticed");
    range.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_leader_hangs_with_the_leaders_label() {
    let (range, seeder) = range("removed-leader", Play::Jan).await;
    let found = cluster(&seeder).await;
    assert_eq!(text(condition(&found, "OpenBaoLeader").unwrap(), "/reason"), "MultipleLeaders");
    assert_eq!(text(&found, "/status/blueGreen/phase"), "Idle");
    let view = raft(&range);
    let removed = format!("{CLUSTER}-{}-0", REVISIONS.0);
    assert!(view.servers[&removed].hanging && view.peer(&removed).is_none());
    assert_eq!((votes(&range).as_str(), view.leader.as_deref()), (".VV---", Some(&*format!("{CLUSTER}-{}-1", REVISIONS.0))));
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": removed, "namespace": NAMESPACE}});
    let pod = seeder.wait(&pod, "not Ready", |pod| !health::ready(pod)).await.unwrap();
    assert_eq!(pod["metadata"]["labels"]["openbao-active"], "true", "frozen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_outcome_keeps_the_lock() {
    for play in [Play::V05, Play::Next] {
        let (range, seeder) = range("unknown-outcome", play).await;
        let restore = seeder.get(&objects::restore("colleague-0312", "")).await.unwrap();
        assert_eq!(text(&restore, "/status/phase"), "Unknown", "{}", restore["status"]);
        assert_eq!(text(&cluster(&seeder).await, "/status/operationLock/holder"), "openbaorestore/colleague-0312");
        range.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_forced_foreign_restore_every_server_is_sealed() {
    for play in Play::ALL {
        let (range, seeder) = range("sealed-after-restore", play).await;
        let phase = text(&seeder.get(&objects::restore("colleague-0312", "")).await.unwrap(), "/status/phase").to_owned();
        let expected = match play {
            Play::Jan | Play::V04 => "Completed",
            Play::V05 => "Running",
            Play::Next => "Unknown",
        };
        assert_eq!((phase.as_str(), raft(&range).leader), (expected, None), "{}", play.name());
        assert!(raft(&range).servers.values().all(|server| server.sealed));
        range.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_lost_servers_leave_the_third_without_a_majority() {
    for play in [Play::Jan, Play::V05] {
        let (range, seeder) = range("no-leader-after-restore", play).await;
        let restore = seeder.get(&objects::restore("colleague-0312", "")).await.unwrap();
        assert_eq!(text(&restore, "/status/phase"), "Completed");
        let view = raft(&range);
        assert_eq!((view.leader.as_ref(), view.able_voters(), view.quorum()), (None, 1, 2));
        assert!(!view.servers["prod-0"].sealed);
        range.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_operator_looks_at_nothing() {
    for play in Play::ALL {
        let (range, seeder) = range("operator-dead", play).await;
        let restore = seeder.get(&objects::restore("colleague-0312", "")).await.unwrap();
        assert!(!present(&restore, "/status/message"), "{}", restore["status"]);
        let deployment = seeder.get(&objects::deployment(play)).await.unwrap();
        assert_eq!((&deployment["spec"]["replicas"], present(&deployment, "/status/readyReplicas")), (&json!(0), false));
        let lease = range.server().store().get("leases", "openbao-operator-system", lease::LEASE).unwrap();
        let renewed: jiff::Timestamp = text(&lease, "/spec/renewTime").parse().unwrap();
        assert!(jiff::Timestamp::now().duration_since(renewed) > jiff::SignedDuration::from_mins(25));
        // Somebody scales it up, and down again.
        seeder.patch(&deployment, &json!({"spec": {"replicas": 1}})).await.unwrap();
        seeder.wait(&restore, "looked at", |restore| present(restore, "/status/phase")).await.unwrap();
        let there = |deployment: &Value| present(deployment, "/status/readyReplicas");
        seeder.wait(&deployment, "there", there).await.unwrap();
        seeder.patch(&deployment, &json!({"spec": {"replicas": 0}})).await.unwrap();
        seeder.wait(&deployment, "gone", |deployment| !there(deployment)).await.unwrap();
        range.shutdown().await;
    }
}
