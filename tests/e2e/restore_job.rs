//! Restore Jobs under the true Job controller, run by the range's kubelet: the ground that `follow` stands on, and the
//! check that the embedded server's own Job controller imitates the true one.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{WatchEvent, WatchParams};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};

use crate::harness::{Cluster, ControlPlane, OPERATOR, PATIENCE, captured_object, eventually};

/// The captured restore Job for the same cluster, without what the server adds, for another key.
fn job(cluster: &Cluster, name: &str, key: &str) -> Value {
    let mut job = captured_object("job-restore-r1", &cluster.namespace);
    job["metadata"]["name"] = json!(name);
    for generated in ["selector", "manualSelector"] {
        job["spec"].as_object_mut().unwrap().remove(generated);
    }
    job.as_object_mut().unwrap().remove("status");
    let template = &mut job["spec"]["template"];
    template["metadata"]["labels"] = job_labels();
    for variable in template["spec"]["containers"][0]["env"].as_array_mut().unwrap() {
        match variable["name"].as_str().unwrap() {
            "RESTORE_KEY" => variable["value"] = json!(key),
            "CLUSTER_NAMESPACE" => variable["value"] = json!(cluster.namespace),
            _ => {}
        }
    }
    job
}

fn job_labels() -> Value {
    json!({"app.kubernetes.io/managed-by": "openbao-operator", "openbao.org/cluster": "prod", "openbao.org/component": "restore"})
}

fn create(plane: &ControlPlane, cluster: &Cluster, job: &Value) {
    plane.kubectl_as(OPERATOR, &cluster.namespace).stdin(job.to_string()).run(["create", "-f", "-"]).success();
}

/// The conditions of a Job that has ended: type, reason, message.
fn ended(plane: &ControlPlane, namespace: &str, name: &str) -> Value {
    eventually("the Job to end", || {
        let job = plane.kubectl().run(["get", "job", name, "--namespace", namespace, "-o", "json"]).success();
        let status: Value = serde_json::from_str::<Value>(&job).unwrap()["status"].take();
        let is_over = |condition: &Value| condition["type"] == "Complete" || condition["type"] == "Failed";
        let over = status["conditions"].as_array().is_some_and(|conditions| conditions.iter().any(is_over));
        if over { Ok(status) } else { Err(job) }
    })
}

fn outline(status: &Value) -> Vec<[&str; 3]> {
    let conditions = status["conditions"].as_array().unwrap();
    conditions.iter().map(|c| ["type", "reason", "message"].map(|field| c[field].as_str().unwrap_or_default())).collect()
}

#[test]
fn a_restore_job_succeeds_as_captured() {
    let plane = ControlPlane::jan();
    let cluster = Cluster::start(&plane, "job-succeeds");
    create(&plane, &cluster, &job(&cluster, "restore-r1", &cluster.key));
    let status = ended(&plane, &cluster.namespace, "restore-r1");
    let captured = captured_object("job-restore-r1", "bao");
    assert_eq!(outline(&status), outline(&captured["status"]));
    assert_eq!(status["succeeded"], captured["status"]["succeeded"]);
    let log = plane.kubectl().run(["logs", "job/restore-r1", "--namespace", &cluster.namespace]).success();
    assert!(log.starts_with("Starting restore operation..."), "{log}");
    assert!(log.contains("Restore completed successfully"), "{log}");
}

/// Four runs in one pod, which then vanishes with its logs (F§15.2.11).
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_restore_job_loses_its_pod_after_four_runs() {
    let plane = ControlPlane::jan();
    let cluster = tokio::task::block_in_place(|| Cluster::start(&plane, "job-fails"));
    let pods: Api<Pod> = Api::namespaced(plane.admin_client().await, &cluster.namespace);
    let watch = WatchParams::default().labels("openbao.org/component=restore");
    let seen = tokio::spawn(async move {
        let mut events = pods.watch(&watch, "0").await.unwrap().boxed();
        let mut runs = BTreeMap::new();
        while let Some(event) = events.try_next().await.unwrap() {
            let (WatchEvent::Added(pod) | WatchEvent::Modified(pod) | WatchEvent::Deleted(pod)) = &event else { continue };
            let containers = pod.status.as_ref().and_then(|status| status.container_statuses.as_ref());
            let restarts = containers.and_then(|all| all.first()).map_or(0, |container| container.restart_count);
            runs.entry(pod.name_any()).or_insert(BTreeSet::new()).insert(restarts + 1);
            if matches!(event, WatchEvent::Deleted(_)) {
                break;
            }
        }
        runs
    });
    create(&plane, &cluster, &job(&cluster, "restore-e1", "nothing-here.snap"));
    let runs = tokio::time::timeout(PATIENCE, seen).await.expect("the pod vanishes").unwrap();
    assert_eq!(runs.len(), 1, "one pod only: {runs:?}");
    assert_eq!(runs.values().next().unwrap().last(), Some(&4), "{runs:?}");
    let status = tokio::task::block_in_place(|| ended(&plane, &cluster.namespace, "restore-e1"));
    let captured = captured_object("job-restore-e1", "bao");
    assert_eq!(outline(&status), outline(&captured["status"]));
    assert_eq!(status["failed"], captured["status"]["failed"]);
}
