//! Into the cluster for real: through the range's API server and kubelet to its OpenBao servers and its object store.

use std::sync::Arc;
use std::time::Duration;

use kube::Api;
use kube::api::PostParams;
use serde_json::json;

use super::dial::Cluster;
use super::service_backend;
use crate::drill::kubelet::tests::{NAMESPACE, Range};
use crate::drill::s3::{GENUINE_SNAPSHOT, S3, S3Options};
use crate::drill::world::ObjectStore;
use crate::remote::object_store::{Store, head, s3};
use crate::remote::openbao::{Probe, Trouble, probe_all};

/// Long enough for any machine; no test waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks until there is an answer.
async fn eventually<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("an answer in time")
}

async fn probes(range: &Range) -> Vec<Probe> {
    let ca = range.world.ca_certificate(NAMESPACE, "prod");
    let pods = ["prod-0", "prod-1", "prod-2", "prod-3"].map(str::to_owned);
    probe_all(&range.client, NAMESPACE, "prod", &pods, ca.as_deref(), PATIENCE).await
}

#[tokio::test]
async fn the_servers_of_the_range_answer_for_themselves() {
    let range = Range::start().await;
    range.servers().await;
    let probes = eventually(async || {
        let probes = probes(&range).await;
        probes[..3]
            .iter()
            .all(|probe| probe.health.is_ok() && probe.leader.is_ok() && probe.seal_status.is_ok())
            .then_some(probes)
    })
    .await;
    let active: Vec<_> = probes[..3].iter().map(|probe| probe.health.clone().unwrap().is_active()).collect();
    assert_eq!(active, [Some(true), Some(false), Some(false)]);
    let leads: Vec<_> = probes[..3].iter().map(|probe| probe.leader.clone().unwrap().is_self).collect();
    assert_eq!(leads, [true, false, false]);
    assert!(probes[..3].iter().all(|probe| probe.seal_status.clone().unwrap().sealed == Some(false)));
    assert_eq!(probes[3].health.clone().unwrap_err().trouble, Trouble::NoPod);
}

async fn storage(range: &Range, options: S3Options) -> S3 {
    let secret_key = options.secret_key.as_str().into();
    let access_key = options.access_key.clone();
    let server = S3::start(options).await.unwrap();
    range.world.set_object_store(ObjectStore { address: server.address(), access_key, secret_key });
    let service = json!({"metadata": {"name": "s3"}, "spec": {
        "selector": {"app": "s3"}, "ports": [{"port": 7070, "targetPort": "s3"}],
    }});
    let pod = json!({"metadata": {"name": "s3-0", "labels": {"app": "s3"}}, "spec": {
        "containers": [{"name": "s3", "image": "s3", "ports": [{"name": "s3", "containerPort": 9000}]}],
    }});
    let services = Api::namespaced(range.client.clone(), "storage");
    let service: k8s_openapi::api::core::v1::Service = serde_json::from_value(service).unwrap();
    services.create(&PostParams::default(), &service).await.unwrap();
    let pods = Api::namespaced(range.client.clone(), "storage");
    let pod: k8s_openapi::api::core::v1::Pod = serde_json::from_value(pod).unwrap();
    pods.create(&PostParams::default(), &pod).await.unwrap();
    server
}

#[tokio::test]
async fn the_object_store_of_the_range_is_reached_inside_the_cluster() {
    let range = Range::start().await;
    let options = S3Options::default();
    let credentials = s3::Credentials::Keys {
        access_key_id: options.access_key.as_str().into(),
        secret_access_key: options.secret_key.as_str().into(),
        session_token: None,
    };
    let server = storage(&range, options).await;
    server.put("backups", "a.snap", GENUINE_SNAPSHOT);
    eventually(async || service_backend(&range.client, "storage", "s3", 7070).await.ok()).await;
    let config = s3::Config {
        endpoint: Some("http://s3.storage.svc:7070".into()),
        bucket: "backups".into(),
        region: s3::DEFAULT_REGION.into(),
        path_style: true,
        insecure_skip_verify: false,
        ca_cert: None,
        credentials,
    };
    let store = Store::s3(config, Arc::new(Cluster::new(range.client.clone(), PATIENCE))).unwrap();
    let found = head(&store, "a.snap", PATIENCE).await.unwrap();
    assert_eq!(found.size, GENUINE_SNAPSHOT.len() as u64);
    assert_eq!(server.requests().last().map(|seen| seen.host.clone()).as_deref(), Some("s3.storage.svc:7070"));
}
