//! Which pod is behind a Service, and what each refusal of the API server becomes.

use http::{Request, Response};
use kube::client::Body;
use serde_json::{Value, json};

use super::*;

/// A client whose API server is this function of method and path.
fn client(answer: impl Fn(&str) -> (u16, Value) + Clone + Send + 'static) -> Client {
    let service = tower::service_fn(move |request: Request<Body>| {
        let (status, body) = answer(&request.uri().to_string());
        let response = Response::builder().status(status).body(Body::from(body.to_string().into_bytes()));
        async move { Ok::<_, std::convert::Infallible>(response.unwrap()) }
    });
    Client::new(service, "default")
}

fn service(spec: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "minio", "namespace": "storage"}, "spec": spec})
}

fn pod(name: &str, ready: bool, port_name: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "storage", "labels": {"app": "minio"}},
        "spec": {"containers": [
            {"name": "sidecar", "ports": [{"name": "metrics", "containerPort": 1}]},
            {"name": "minio", "ports": [{"name": port_name, "containerPort": 9000}]},
        ]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}]},
    })
}

fn world(spec: Value, pods: Value) -> Client {
    client(move |path| {
        if path.contains("/services/minio") {
            return (200, service(spec.clone()));
        }
        assert!(path.contains("/namespaces/storage/pods?") && path.contains("limit=100"), "{path}");
        (200, json!({"apiVersion": "v1", "kind": "PodList", "metadata": {}, "items": pods}))
    })
}

async fn found(spec: Value, pods: Value, port: u16) -> Result<(String, u16), String> {
    let found = service_backend(&world(spec, pods), "storage", "minio", port).await;
    found.map(|at| (at.pod, at.port)).map_err(|error| error.to_string())
}

fn spec(target: Value) -> Value {
    json!({"clusterIP": "10.0.0.9", "selector": {"app": "minio"}, "ports": [{"port": 443, "targetPort": target}]})
}

#[tokio::test]
async fn a_ready_pod_and_its_port() {
    let mut leaving = pod("a", true, "s3");
    leaving["metadata"]["deletionTimestamp"] = json!("2026-11-21T00:00:00Z");
    let pods = json!([pod("c", true, "s3"), leaving, pod("b", true, "s3"), pod("aa", false, "s3")]);
    assert_eq!(found(spec(json!("s3")), pods.clone(), 443).await, Ok(("b".into(), 9000)));
    assert_eq!(found(spec(json!(9001)), pods.clone(), 443).await, Ok(("b".into(), 9001)));
    let preferred = backend(&world(spec(json!("s3")), pods), "storage", "minio", 443, Some("c")).await;
    assert_eq!(preferred.map(|at| at.pod), Ok("c".into()));
}

#[tokio::test]
async fn only_pods_of_the_service_count_however_many_there_are() {
    let mut other = pod("a", true, "s3");
    other["metadata"]["labels"] = json!({"app": "other"});
    let pods = json!([other, pod("b", true, "s3")]);
    assert_eq!(found(spec(json!("s3")), pods.clone(), 443).await, Ok(("b".into(), 9000)));
    let crowded = client(move |path| match path {
        path if path.contains("/services/minio") => (200, service(spec(json!("s3")))),
        path if path.contains("labelSelector=app%3Dminio") => {
            (200, json!({"apiVersion": "v1", "kind": "PodList", "metadata": {}, "items": [pod("z", true, "s3")]}))
        }
        _ => (200, json!({"apiVersion": "v1", "kind": "PodList", "metadata": {"continue": "more"}, "items": pods})),
    });
    assert_eq!(service_backend(&crowded, "storage", "minio", 443).await.map(|at| at.pod), Ok("z".into()));
}

#[tokio::test]
async fn headless_services_translate_nothing() {
    let headless = json!({
        "clusterIP": "None", "selector": {"app": "minio"}, "ports": [{"port": 443, "targetPort": "s3"}],
        "publishNotReadyAddresses": true,
    });
    assert_eq!(found(headless, json!([pod("a", false, "s3")]), 9000).await, Ok(("a".into(), 9000)));
}

#[tokio::test]
async fn what_a_service_can_lack() {
    let pods = json!([pod("a", true, "s3")]);
    let lacks = |spec: Value, pods: Value, port| async move { found(spec, pods, port).await.unwrap_err() };
    assert!(lacks(spec(json!(1)), pods.clone(), 80).await.ends_with("it has no port 80, only 443"));
    assert!(lacks(spec(json!("http")), pods.clone(), 443).await.ends_with("none of its ready pods has the port http"));
    assert!(lacks(spec(json!(1)), json!([pod("a", false, "s3")]), 443).await.ends_with("none of its 1 pods is ready"));
    assert!(lacks(json!({"ports": [{"port": 443}]}), pods.clone(), 443).await.ends_with("it selects no pods"));
    let external = json!({"type": "ExternalName", "externalName": "s3.example.com"});
    assert!(lacks(external, pods, 443).await.contains("s3.example.com"));
}

#[tokio::test]
async fn refusals_of_the_api_server_say_what_is_missing() {
    let refusing = |code: u16, message: &'static str| {
        client(move |_| {
            (code, json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}))
        })
    };
    let asked = service_backend(&refusing(403, "no\u{1b}[2J way"), "storage", "minio", 1).await.unwrap_err();
    let text = "no\u{fffd}[2J way".to_owned();
    assert_eq!(asked, TunnelError::Forbidden { verb: "get services", namespace: "storage".into(), text });
    let asked = service_backend(&refusing(404, ""), "storage", "minio", 1).await.unwrap_err();
    assert_eq!(asked.to_string(), "service storage/minio not found");
    let at = PodPort { namespace: "bao".into(), pod: "prod-0".into(), port: 8200 };
    let opened = open(&refusing(403, "pods is forbidden"), &at, Duration::from_secs(5)).await.err().unwrap();
    assert!(matches!(opened, TunnelError::Forbidden { verb: FORWARD, .. }), "{opened}");
}

#[tokio::test]
async fn an_api_server_that_never_answers_ends_at_the_deadline() {
    let silent = Client::new(
        tower::service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, std::convert::Infallible>>()),
        "default",
    );
    let at = PodPort { namespace: "bao".into(), pod: "prod-0".into(), port: 8200 };
    let opened = open(&silent, &at, Duration::from_millis(20)).await.err().unwrap();
    let doing = "opening a port-forward to port 8200 of pod bao/prod-0".to_owned();
    assert_eq!(opened, TunnelError::TimedOut { doing, after: Duration::from_millis(20) });
}
