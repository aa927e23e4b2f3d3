//! What restores and a stopped operator leave behind: the scenarios that begin when it is already over.

use std::io;

use serde_json::{Value, json};

use super::names::{CLUSTER, Clock, NAMESPACE, OTHER};
use super::objects;
use super::seed::Seeder;
use crate::drill::Play;
use crate::drill::operator::restore::FINALIZER;
use crate::drill::operator::values::{merged, text, time, uid};
use crate::drill::operator::{self, lease};
use crate::drill::processes::script::{Script, Step};
use crate::drill::world::{World, uuid};

/// How many minutes ago the restore began whose outcome nobody knows.
pub const UNKNOWN_SINCE: i64 = 25;
/// How many minutes ago the restore began that completed before the servers were lost.
pub const COMPLETED_FROM: i64 = 31;
/// How many minutes the restore has waited that nobody looks at: the operator was gone before.
pub const WAITS_SINCE: i64 = 20;

/// The colleague's restore, forced.
fn restore(key: &str) -> Value {
    merged(&objects::restore(OTHER, key), &json!({"spec": {"force": true}, "metadata": {"finalizers": [FINALIZER]}}))
}

/// The lock that restore took and never gave back.
pub fn lock(clock: Clock) -> Value {
    let taken = time(clock.minutes_ago(UNKNOWN_SINCE));
    objects::lock("Restore", &format!("openbaorestore/{OTHER}"), &format!("restore {NAMESPACE}/{OTHER}"), &taken)
}

/// 0.5: a restore whose Job was created, and is gone before its end was seen.
pub async fn commit_and_lose(seeder: &Seeder, clock: Clock) -> io::Result<()> {
    let stored = seeder.put(&restore(&clock.last_key())).await.map_err(io::Error::other)?;
    let at = time(clock.minutes_ago(UNKNOWN_SINCE));
    let job = format!("restore-{OTHER}");
    let status = json!({
        "phase": "Running", "message": format!("Restore Job {job} is running; waiting for completion."),
        "snapshotKey": clock.last_key(), "startTime": at,
        "execution": {
            "operationID": uid(&stored), "stage": "Created", "jobName": job, "jobUID": uuid(),
            "preparedAt": at, "committedAt": at, "createdAt": at,
        },
    });
    seeder.status(&stored, &status).await.map_err(io::Error::other)
}

/// Waits until nobody knows the outcome any more; on NEXT that is how every restore ends, so one is run.
pub async fn wait_for_unknown(seeder: &Seeder, clock: Clock, play: Play) -> io::Result<()> {
    let restore = restore(&clock.last_key());
    if play == Play::Next {
        seeder.put(&restore).await.map_err(io::Error::other)?;
    }
    let unknown = |restore: &Value| text(restore, "/status/phase") == "Unknown";
    seeder.wait(&restore, "Unknown", unknown).await.map(drop)
}

/// Restores another cluster's snapshot by force and waits until every server has sealed itself.
pub async fn restore_and_seal(seeder: &Seeder, clock: Clock) -> io::Result<()> {
    let restore = restore(&clock.foreign_key());
    seeder.put(&restore).await.map_err(io::Error::other)?;
    for ordinal in 0..3 {
        let metadata = json!({"name": format!("{CLUSTER}-{ordinal}"), "namespace": NAMESPACE});
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata});
        let sealed = |pod: &Value| text(pod, "/metadata/labels/openbao-sealed") == "true";
        seeder.wait(&pod, "sealed", sealed).await?;
    }
    // 0.5 waits for servers that will never be ready.
    let waits = |restore: &Value| text(restore, "/status/message").starts_with("Waiting for voter Pods");
    let over = |restore: &Value| matches!(text(restore, "/status/phase"), "Completed" | "Failed" | "Unknown") || waits(restore);
    seeder.wait(&restore, "at its end", over).await.map(drop)
}

/// A restore that completed a while ago.
pub async fn completed(seeder: &Seeder, clock: Clock, play: Play) -> io::Result<()> {
    let stored = seeder.put(&restore(&clock.last_key())).await.map_err(io::Error::other)?;
    let (began, ended) = (time(clock.minutes_ago(COMPLETED_FROM)), time(clock.minutes_ago(COMPLETED_FROM - 1)));
    let message = match play {
        Play::Jan | Play::V04 => "Restore completed successfully",
        Play::V05 | Play::Next => "Restore completed successfully after post-restore recovery",
    };
    let status = json!({
        "phase": "Completed", "message": message, "snapshotKey": clock.last_key(), "startTime": began, "completionTime": ended,
        "conditions": [{
            "type": "RestoreComplete", "status": "True", "reason": "RestoreSucceeded", "message": message,
            "lastTransitionTime": ended,
        }],
    });
    seeder.status(&stored, &status).await.map_err(io::Error::other)
}

/// Two of three servers are restarted and do not open their data any more: the third stays without a majority.
///
/// A StatefulSet controller that waits for Ready servers never brings the last one back: only one is waited for.
pub async fn lose_two_servers(seeder: &Seeder, world: &World) -> io::Result<Vec<Value>> {
    let pod = |ordinal: u32| {
        let metadata = json!({"name": format!("{CLUSTER}-{ordinal}"), "namespace": NAMESPACE});
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata})
    };
    let error = "Error initializing storage of type raft: failed to create fsm: failed to open bolt file: invalid database";
    let old = seeder.get(&pod(1)).await.map_err(io::Error::other)?;
    for ordinal in 1..3 {
        let script = Script::Always(vec![Step::Say(error.into()), Step::Wait(2_000), Step::Exit(1)]);
        world.set_script(NAMESPACE, &format!("{CLUSTER}-{ordinal}"), "openbao", script);
        seeder.delete(&pod(ordinal)).await.map_err(io::Error::other)?;
    }
    let back = |new: &Value| uid(new) != uid(&old) && text(new, "/status/phase") == "Running";
    let broken = seeder.wait(&pod(1), "back and broken", back).await?;
    let silent = |pod: &Value| text(pod, "/metadata/labels/openbao-active") == "false";
    let survivor = seeder.wait(&pod(0), "without a majority", silent).await?;
    Ok(vec![survivor, broken])
}

/// The operator's Deployment is scaled to zero, its lease is old, and a restore waits that nobody looks at.
pub async fn stop_the_operator(seeder: &Seeder, clock: Clock, play: Play) -> io::Result<()> {
    let deployment = objects::deployment(play);
    let scaled = json!({"spec": {"replicas": 0}});
    seeder.patch(&deployment, &scaled).await.map_err(io::Error::other)?;
    let gone = json!({"availableReplicas": null, "readyReplicas": null, "replicas": null, "updatedReplicas": null});
    seeder.status(&deployment, &gone).await.map_err(io::Error::other)?;
    let lease = lease::lease(operator::NAMESPACE, clock.minutes_ago(4000), clock.minutes_ago(26));
    seeder.put(&lease).await.map_err(io::Error::other)?;
    seeder.put(&objects::restore(OTHER, &clock.last_key())).await.map(drop).map_err(io::Error::other)
}
