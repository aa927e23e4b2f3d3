//! Between the plan that was confirmed and the write the world is looked at again; any change that matters stops it.

use std::sync::atomic::{AtomicUsize, Ordering};

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::server::{Act, Fault, Request, Store};
use serde_json::{Value, json};

use crate::support::{Person, Ran, reviewed, scenario};

/// Does something to the objects just before the plugin asks for this the second time.
fn before_the_second(path: &str, person: &Person, change: impl Fn(&Store) + Send + Sync + 'static) {
    let (store, looks) = (person.range.server().store().clone(), AtomicUsize::new(0));
    let ours = |r: &Request| r.user_agent.as_deref().is_some_and(|agent| agent.starts_with("kubectl-openbao/"));
    let hook = move |request: &Request| {
        if ours(request) && looks.fetch_add(1, Ordering::SeqCst) == 1 {
            change(&store);
        }
        false
    };
    person.range.server().faults().add(Fault::new(Act::CutBefore).method("GET").path(path).when(hook));
}

fn edit(change: impl Fn(&mut Value) + Send + Sync + 'static) -> impl Fn(&Store) + Send + Sync + 'static {
    move |store| assert!(store.edit("openbaoclusters", "bao", "prod", |cluster| change(cluster)))
}

/// A restore past the leaked lock, with everything its plan asked for, in a world that changes meanwhile.
async fn changed(name: &str, change: impl Fn(&Store) + Send + Sync + 'static) -> Ran {
    changed_before(name, "/openbaoclusters/prod", change).await
}

/// The same, just before this is asked for the second time.
async fn changed_before(name: &str, path: &str, change: impl Fn(&Store) + Send + Sync + 'static) -> Ran {
    let person = scenario("stuck-lock", Play::Jan).await;
    // What it does by itself is not the change that is meant.
    person.range.operator().expect("the range has an operator").freeze();
    let args = person.consented(&["--override-lock"]).await;
    before_the_second(path, &person, change);
    let ran = person.plugin().run(&args).await;
    person.assert_nothing_written(&ran);
    assert!(person.created().is_empty(), "{ran}");
    reviewed(&format!("changed-{name}"), &ran.failure());
    ran
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lock_changed_hands() {
    let now = |lock: &mut Value| lock["holder"] = json!("openbaocluster/upgrade");
    changed("lock", edit(move |cluster| now(&mut cluster["status"]["operationLock"]))).await.assert_exit(8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lock_came_free() {
    let free = edit(|cluster| drop(cluster["status"].as_object_mut().map(|s| s.shift_remove("operationLock"))));
    changed("lock-freed", free).await.assert_exit(8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cluster_was_made_anew() {
    let anew = edit(|cluster| cluster["metadata"]["uid"] = json!("11111111-2222-3333-4444-555555555555"));
    changed("uid", anew).await.assert_exit(8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cluster_is_gone() {
    changed("gone", |store| assert!(store.delete("openbaoclusters", "bao", "prod"))).await.assert_exit(7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn break_glass_was_entered() {
    let entered = edit(|cluster| {
        cluster["status"]["breakGlass"] = json!({"active": true, "reason": "RollbackConsensusRepairFailed", "nonce": "n1"});
    });
    changed("break-glass", entered).await.assert_exit(8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_restore_began() {
    let began = |store: &Store| {
        store.seed(json!({"apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore",
            "metadata": {"name": "colleague-0312", "namespace": "bao"},
            "spec": {"cluster": "prod", "source": {"key": "k", "target": {"bucket": "b"}}}, "status": {"phase": "Running"}}));
    };
    changed_before("other-restore", "/openbaorestores", began).await.assert_exit(8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_snapshot_was_replaced() {
    let person = scenario("restore", Play::Jan).await;
    let args = person.consented(&[]).await;
    // The plan reads it once; what it meets when it looks again is another one.
    let store = person.range.s3().expect("the range has a store");
    store.replace_after("backups", &person.key(), 1, &b"another snapshot"[..]);
    let ran = person.plugin().run(&args).await;
    person.assert_nothing_written(&ran);
    ran.assert_exit(8);
    reviewed("changed-snapshot", &ran.failure());
}

/// The same bytes, and so the same size and ETag, written again: only the time differs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_snapshot_was_written_again() {
    let person = scenario("restore", Play::Jan).await;
    let args = person.consented(&[]).await;
    let store = person.range.s3().expect("the range has a store");
    let same = store.get("backups", &person.key()).expect("it is there").bytes;
    store.replace_after("backups", &person.key(), 1, same);
    let ran = person.plugin().run(&args).await;
    person.assert_nothing_written(&ran);
    ran.assert_exit(8);
    reviewed("changed-snapshot-time", &ran.failure());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_server_refuses_the_dry_run() {
    let person = scenario("restore", Play::Jan).await;
    let args = person.consented(&[]).await;
    let refusal = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid", "code": 422,
        "message": "OpenBaoRestore.openbao.org \"x\" is invalid: spec.source.target.bucket: Required value",
        "details": {"causes": [{"field": "spec.source.target.bucket", "message": "Required value"}]}});
    let answer = Act::Answer { code: 422, content_type: "application/json", body: refusal.to_string() };
    person.range.server().faults().add(Fault::new(answer).method("POST").dry_run());
    let ran = person.plugin().run(&args).await;
    person.assert_nothing_written(&ran);
    ran.assert_exit(4);
    reviewed("dry-run-refused", &ran.failure());
}
