//! Pods: what keeps them from starting, how they end, what survives an API server's restart, port-forwards.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{DeleteParams, LogParams, PostParams};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use super::executors::restore;
use super::{NAMESPACE, Range, conditions, eventually, scripted};
use crate::drill::kubelet::faults::{PodFault, Target};
use crate::drill::world::World;

#[tokio::test]
async fn an_unschedulable_pod_waits_and_says_why() {
    let range = Range::start().await;
    let why = "0/1 nodes are available: 1 Insufficient ephemeral-storage.";
    range.kubelet.faults().hold_pods(Target::pods(NAMESPACE, "big-"), PodFault::Unschedulable(why.into()));
    range.create_job(scripted("big", "Never", 0, &json!([]))).await;
    eventually("the condition", async || {
        let status = json!(range.pods_of("big").await.first()?.status);
        (status["phase"] == "Pending" && status["conditions"][0]["message"] == why).then_some(())
    })
    .await;
    range.kubelet.faults().clear();
    range.job_when("big", "Complete").await;
}

#[tokio::test]
async fn a_missing_secret_holds_a_jobs_pod_up_until_it_comes() {
    let range = Range::start().await;
    let mut job = scripted("mounts", "Never", 0, &json!([]));
    job["spec"]["template"]["spec"]["volumes"] = json!([{ "name": "s3-credentials", "secret": { "secretName": "s3-creds" } }]);
    range.create_job(job).await;
    let pod = range.pod_when("mounts", "the pod", |c| c["state"]["waiting"]["reason"] == "ContainerCreating").await;
    eventually("the event", async || range.reasons(&pod).await.contains(&"FailedMount".to_owned()).then_some(())).await;
    let secret: Secret = serde_json::from_value(json!({ "metadata": { "name": "s3-creds" } })).expect("a secret");
    Api::namespaced(range.client.clone(), NAMESPACE).create(&PostParams::default(), &secret).await.expect("created");
    range.job_when("mounts", "Complete").await;
}

#[tokio::test]
async fn a_deleted_pod_is_asked_to_stop_and_its_log_goes_with_it() {
    let range = Range::start().await;
    range
        .create_pod(json!({ "metadata": { "name": "idle" }, "spec": { "containers": [{ "name": "idle", "image": "i" }] } }))
        .await;
    eventually("the pod", async || (json!(range.pods().get("idle").await.ok()?.status)["phase"] == "Running").then_some(()))
        .await;
    range.pods().delete("idle", &DeleteParams::default()).await.expect("deleted");
    eventually("its end", async || range.pods().get_opt("idle").await.expect("an answer").is_none().then_some(())).await;
    eventually("its log's end", async || range.kubelet.shared.tracked(NAMESPACE, "idle").is_none().then_some(())).await;
}

#[tokio::test]
async fn a_pod_deleted_by_force_takes_its_followers_along() {
    let range = Range::start().await;
    range.create_job(scripted("forced", "Never", 0, &json!([{ "say": "a" }, "stop"]))).await;
    let pod = range.pod_when("forced", "the run", |c| c["state"]["running"].is_object()).await;
    let params = LogParams { follow: true, ..LogParams::default() };
    let (followed, deleted) = tokio::join!(range.log(&pod, &params), async {
        eventually("the line", async || (range.log(&pod, &LogParams::default()).await.ok()? == "a\n").then_some(())).await;
        range.pods().delete(&pod, &DeleteParams::default().grace_period(0)).await
    },);
    assert!(deleted.is_ok());
    assert_eq!(followed.expect("a clean end"), "a\n");
}

#[tokio::test]
async fn a_stopped_kubelet_cuts_its_port_forwards() {
    let range = Range::start().await;
    range.servers().await;
    let mut forward = range.pods().portforward("prod-0", &[8200]).await.expect("a port-forward");
    let mut stream = forward.take_stream(8200).expect("asked for");
    range.kubelet.stop().await;
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert_eq!(rest, b"");
}

#[tokio::test]
async fn a_job_goes_on_through_a_restart_of_the_api_server() {
    let range = Range::start().await;
    range.create_job(scripted("through", "Never", 0, &json!([{ "say": "a" }, { "wait": 10_000 }, { "say": "b" }]))).await;
    let pod = range.pod_when("through", "the run", |c| c["state"]["running"].is_object()).await;
    range.server.restart(Duration::from_millis(300)).await.expect("the same port");
    range.job_when("through", "Complete").await;
    assert_eq!(range.log(&pod, &LogParams::default()).await.expect("a log"), "a\nb\n");
}

/// One request to a server, through the API server and the kubelet, with TLS verified.
pub(super) async fn ask(range: &Range, pod: &str, path: &str) -> (u16, Value) {
    let mut forward = range.pods().portforward(pod, &[8200]).await.expect("a port-forward");
    let stream = forward.take_stream(8200).expect("asked for");
    let mut roots = rustls::RootCertStore::empty();
    let ca = range.world.ca_certificate(NAMESPACE, "prod").expect("added");
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).expect("PEM")).expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let tls = TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()));
    let name = format!("{pod}.prod.{NAMESPACE}.svc").try_into().expect("a name");
    let mut stream = tls.connect(name, stream).await.expect("the pod's own certificate");
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("open");
    let mut answer = String::new();
    // The connection is closed without TLS's goodbye when the pod's side is done first.
    let _ = stream.read_to_string(&mut answer).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a response");
    let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
    (status, serde_json::from_str(body).expect("JSON"))
}

#[tokio::test]
async fn servers_answer_through_a_port_forward() {
    let range = Range::start().await;
    range.servers().await;
    let leader = range.world.cluster(NAMESPACE, "prod").and_then(|view| view.leader).expect("a leader");
    assert_eq!(leader, "prod-0");
    let (status, health) = ask(&range, "prod-0", "/v1/sys/health").await;
    assert_eq!((status, &health["sealed"], &health["version"]), (200, &json!(false), &json!("2.5.5")));
    assert_eq!(ask(&range, "prod-1", "/v1/sys/health").await.0, 429);
    assert_eq!(ask(&range, "prod-0", "/v1/sys/leader").await.1["is_self"], true);
    let mut refused = range.pods().portforward("prod-0", &[9]).await.expect("a port-forward");
    let error = refused.take_error(9).expect("asked for").await.expect("an error");
    assert!(error.contains("connection refused"), "{error}");
}

async fn label(range: &Range, pod: &str, name: &str) -> Option<String> {
    range.pods().get(pod).await.ok()?.metadata.labels?.get(name).cloned()
}

#[tokio::test]
async fn a_foreign_snapshot_seals_every_server_at_once_and_readiness_follows() {
    let range = Range::start().await;
    range.servers().await;
    let labelled = async |name: &str, value: &str| {
        eventually(name, async || {
            for pod in ["prod-0", "prod-1", "prod-2"] {
                if label(&range, pod, name).await.as_deref() != Some(value) {
                    return None;
                }
            }
            Some(())
        })
        .await;
    };
    labelled("openbao-sealed", "false").await;
    range.world.put_snapshot("backups", "foreign.snap", World::foreign_snapshot(9));
    range.create_job(restore("foreign", "foreign.snap")).await;
    range.job_when("foreign", "Complete").await;
    labelled("openbao-sealed", "true").await;
    labelled("openbao-active", "false").await;
    labelled("openbao-initialized", "true").await;
    assert_eq!(ask(&range, "prod-0", "/v1/sys/health").await.0, 503);
    assert_eq!(ask(&range, "prod-0", "/v1/sys/leader").await, (503, json!({ "errors": ["Vault is sealed"] })));
    let log = range.log("prod-0", &LogParams::default()).await.expect("a log");
    assert!(
        log.contains("core: raft snapshot restore failed to get stored keys") && log.contains("core: vault is sealed"),
        "{log}"
    );
    eventually("unready pods", async || {
        let status = json!(range.pods().get("prod-0").await.ok()?.status);
        (!conditions(&status).contains_key("Ready") && status["phase"] == "Running").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_hanging_server_keeps_its_labels_and_never_answers() {
    let range = Range::start().await;
    range.servers().await;
    let labelled = async |pod: &str| {
        eventually("an active label", async || (label(&range, pod, "openbao-active").await? == "true").then_some(())).await
    };
    labelled("prod-0").await;
    range.world.set_hanging(NAMESPACE, "prod", "prod-0", true);
    labelled("prod-1").await;
    labelled("prod-0").await;
    let mut forward = range.pods().portforward("prod-0", &[8200]).await.expect("a port-forward");
    assert!(forward.take_stream(8200).is_some(), "the port still accepts");
    assert_eq!(ask(&range, "prod-1", "/v1/sys/health").await.0, 200);
}
