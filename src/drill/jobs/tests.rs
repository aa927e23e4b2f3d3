//! The controllers against the embedded API server, with the kubelet to run what they create.

use std::collections::BTreeSet;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::batch::v1::Job;
use kube::Api;
use kube::api::{DeleteParams, PostParams, PropagationPolicy};
use serde_json::json;

use crate::drill::feed::{Change, Feed};
use crate::drill::kubelet::tests::{NAMESPACE, Range, conditions, eventually, scripted};

#[tokio::test]
async fn a_job_succeeds() {
    let range = Range::start().await;
    range.create_job(scripted("good", "OnFailure", 3, &json!([{ "say": "done" }]))).await;
    let status = range.job_when("good", "Complete").await;
    assert_eq!(conditions(&status)["SuccessCriteriaMet"], "CompletionsReached");
    assert_eq!((&status["succeeded"], status.get("active"), status.get("failed")), (&json!(1), None, None));
    assert!(status["completionTime"].is_string() && status["startTime"].is_string());
    let pods = range.pods_of("good").await;
    assert_eq!((pods.len(), json!(pods[0].status)["phase"].as_str()), (1, Some("Succeeded")));
    let owner = json!(pods[0].metadata.owner_references)[0].clone();
    assert_eq!((&owner["kind"], &owner["controller"], &owner["blockOwnerDeletion"]), (&json!("Job"), &json!(true), &json!(true)));
    eventually("the events", async || (range.reasons("good").await == ["SuccessfulCreate", "Completed"]).then_some(())).await;
}

/// Captured 30: four runs in one pod, the pod is deleted, and only the Job remains.
#[tokio::test]
async fn a_job_that_fails_four_times_loses_its_pod() {
    let range = Range::start().await;
    let mut feed = Feed::start(range.pods());
    range.create_job(scripted("bad", "OnFailure", 3, &json!([{ "say": "x" }, { "exit": 4 }]))).await;
    let (mut names, mut messages, mut restarts) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let watching = async {
        loop {
            let Some(Change::Applied(pod)) = feed.next().await else { continue };
            let container = json!(pod.status)["containerStatuses"][0].clone();
            names.insert(pod.metadata.name.expect("a name"));
            restarts.extend(container["restartCount"].as_u64());
            if container["state"]["waiting"]["reason"] == "CrashLoopBackOff" && pod.metadata.deletion_timestamp.is_none() {
                let said = (pod.status.and_then(|status| status.phase), &container["lastState"]["terminated"]["exitCode"]);
                assert_eq!(said, (Some("Running".into()), &json!(4)), "as captured while it waits");
            }
            messages.extend(container["state"]["waiting"]["message"].as_str().map(|text| text[..12].to_owned()));
        }
    };
    let status = tokio::select! {
        status = range.job_when("bad", "Failed") => status,
        () = watching => unreachable!("it watches for ever"),
    };
    assert_eq!(names.len(), 1, "all runs in one pod");
    assert!(restarts.is_superset(&BTreeSet::from([1, 2, 3])), "{restarts:?}");
    assert!(messages.is_superset(&BTreeSet::from(["back-off 10s".into(), "back-off 20s".into()])), "{messages:?}");
    assert!(range.pods_of("bad").await.is_empty(), "the pod is gone");
    assert_eq!((&status["failed"], conditions(&status)["FailureTarget"].as_str()), (&json!(1), "BackoffLimitExceeded"));
    let expected = ["SuccessfulCreate", "SuccessfulDelete", "BackoffLimitExceeded"];
    eventually("the events", async || (range.reasons("bad").await == expected).then_some(())).await;
}

#[tokio::test]
async fn without_retries_the_failed_pod_stays() {
    let range = Range::start().await;
    range.create_job(scripted("once", "Never", 0, &json!([{ "exit": 2 }]))).await;
    let status = range.job_when("once", "Failed").await;
    assert_eq!(status["failed"], 1);
    let pods = range.pods_of("once").await;
    assert_eq!(json!(pods[0].status)["containerStatuses"][0]["state"]["terminated"]["exitCode"], 2);
    assert_eq!(pods.len(), 1);
}

#[tokio::test]
async fn a_deleted_pod_is_replaced() {
    let range = Range::start().await;
    range.create_job(scripted("replaced", "OnFailure", 3, &json!([{ "wait": 3_600_000 }]))).await;
    let first = range.pod_when("replaced", "the run", |c| c["state"]["running"].is_object()).await;
    range.pods().delete(&first, &DeleteParams::default()).await.expect("deleted");
    eventually("another pod", async || {
        let pods = range.pods_of("replaced").await;
        pods.iter()
            .any(|pod| pod.metadata.name.as_deref() != Some(&*first) && json!(pod.status)["phase"] == "Running")
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn time_runs_out_for_jobs_that_are_late_and_jobs_that_are_over() {
    let range = Range::start().await;
    let mut late = scripted("late", "Never", 3, &json!(["stop"]));
    late["spec"]["activeDeadlineSeconds"] = json!(30);
    range.create_job(late).await;
    assert_eq!(conditions(&range.job_when("late", "Failed").await)["Failed"], "DeadlineExceeded");
    let mut over = scripted("over", "Never", 3, &json!([]));
    over["spec"]["ttlSecondsAfterFinished"] = json!(30);
    range.create_job(over).await;
    eventually("nothing of it", async || {
        let gone = range.jobs().get_opt("over").await.expect("an answer").is_none();
        (gone && range.pods_of("over").await.is_empty() && !range.reasons("over").await.is_empty()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn dependents_follow_their_owner_by_the_policy_asked_for() {
    let range = Range::start().await;
    for (name, policy) in
        [("front", PropagationPolicy::Foreground), ("back", PropagationPolicy::Background), ("loose", PropagationPolicy::Orphan)]
    {
        range.create_job(scripted(name, "Never", 3, &json!(["stop"]))).await;
        range.pod_when(name, "the run", |c| c["state"]["running"].is_object()).await;
        let params = DeleteParams { propagation_policy: Some(policy), ..DeleteParams::default() };
        range.jobs().delete(name, &params).await.expect("deleted");
        eventually("the job's end", async || range.jobs().get_opt(name).await.expect("an answer").is_none().then_some(())).await;
    }
    assert!(range.pods_of("front").await.is_empty(), "foreground: the dependents go first");
    eventually("the pod's end", async || range.pods_of("back").await.is_empty().then_some(())).await;
    let loose = range.pods_of("loose").await;
    assert_eq!((loose.len(), loose[0].metadata.owner_references.clone().unwrap_or_default().len()), (1, 0));
}

#[tokio::test]
async fn a_job_goes_with_the_object_that_owns_it() {
    let range = Range::start().await;
    let mut job: Job = serde_json::from_value(scripted("owned", "Never", 3, &json!(["stop"]))).expect("a job");
    let owner = json!([{ "apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore", "name": "r1", "uid": "gone", "controller": true }]);
    job.metadata.owner_references = serde_json::from_value(owner).expect("owners");
    range.jobs().create(&PostParams::default(), &job).await.expect("created");
    eventually("the job's end", async || range.jobs().get_opt("owned").await.expect("an answer").is_none().then_some(())).await;
}

#[tokio::test]
async fn pods_of_a_stateful_set_come_in_order_and_come_back() {
    let range = Range::start().await;
    let labels = json!({ "openbao.org/cluster": "prod" });
    let set: StatefulSet = serde_json::from_value(json!({ "metadata": { "name": "prod" }, "spec": {
        "replicas": 2, "serviceName": "prod", "selector": { "matchLabels": labels },
        "template": { "metadata": { "labels": labels }, "spec": { "containers": [{ "name": "openbao", "image": "openbao/openbao:2.5.5" }] } },
    } }))
    .expect("a stateful set");
    let sets: Api<StatefulSet> = Api::namespaced(range.client.clone(), NAMESPACE);
    sets.create(&PostParams::default(), &set).await.expect("created");
    let ready = async || sets.get("prod").await.ok()?.status?.ready_replicas.filter(|ready| *ready == 2).map(drop);
    eventually("two ready pods", ready).await;
    let before = range.pods().get("prod-1").await.expect("the pod").metadata.uid;
    range.pods().delete("prod-1", &DeleteParams::default()).await.expect("deleted");
    eventually("its successor", async || {
        let pod = range.pods().get_opt("prod-1").await.expect("an answer")?;
        (pod.metadata.uid != before && json!(pod.status)["phase"] == "Running").then_some(())
    })
    .await;
    // Of two voters both are a majority: while one was away nobody led.
    let leads = async || {
        range.world.cluster(NAMESPACE, "prod").and_then(|view| view.leader).filter(|leader| leader == "prod-0").map(drop)
    };
    eventually("the old leader", leads).await;
}
