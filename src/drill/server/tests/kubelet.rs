//! Logs and port-forwards through a kubelet that is a few lines long.

use std::sync::Arc;

use http::{Request as HttpRequest, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

type Text = http_body_util::Full<bytes::Bytes>;

/// Answers logs with the path and query asked for, `bad` containers with 400, and echoes what a port-forward sends.
async fn answer(mut request: HttpRequest<Incoming>) -> Result<Response<Text>, std::convert::Infallible> {
    let path = request.uri().path_and_query().unwrap().to_string();
    let reply = Response::builder();
    if path.starts_with("/portForward") {
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let mut stream = TokioIo::new(upgrade.await.unwrap());
            let mut bytes = [0; 4];
            while stream.read_exact(&mut bytes).await.is_ok() {
                stream.write_all(&bytes).await.unwrap();
            }
        });
        let reply = reply.status(101).header("upgrade", "websocket").header("connection", "Upgrade").header("x-path", path);
        return Ok(reply.body(Text::default()).unwrap());
    }
    let code = if path.contains("/bad?") { 400 } else { 200 };
    Ok(reply.status(code).body(Text::from(path)).unwrap())
}

/// Starts the kubelet and seeds its node, and a pod with containers `ok` and `bad`.
async fn kubelet(server: &Server) {
    let identity = Authority::new("kubelet").server(&["127.0.0.1"]);
    let certificate = rustls::pki_types::CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(connection::provider()).with_safe_default_protocol_versions();
    let config = config.unwrap().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let tls = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            let stream = tls.accept(stream).await.unwrap();
            let http = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
            tokio::spawn(http.with_upgrades());
        }
    });
    server.store().seed(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "status": {
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}], "daemonEndpoints": {"kubeletEndpoint": {"Port": port}}}}));
    server.store().seed(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "bao", "name": "p"},
        "spec": {"nodeName": "n", "containers": [{"name": "ok"}, {"name": "bad"}]}}));
}

const LOG: &str = "/api/v1/namespaces/bao/pods/p/log";

#[tokio::test]
async fn logs_come_from_the_kubelet_with_their_parameters() {
    let server = server(Play::Jan).await;
    kubelet(&server).await;
    let client = admin(&server).await;
    let path = format!("{LOG}?container=ok&follow=true&tailLines=5&sinceTime=2026-01-01T00%3A00%3A00Z&pretty=1");
    let wanted = "/containerLogs/bao/p/ok?follow=true&tailLines=5&sinceTime=2026-01-01T00%3A00%3A00Z";
    assert_eq!(get(&client, &path).await, (200, json!(wanted)));
    let (code, status) = get(&client, &format!("{LOG}?container=bad")).await;
    assert_eq!((code, &status["reason"]), (400, &json!("BadRequest")));
}

#[tokio::test]
async fn the_server_itself_refuses_what_it_can_see() {
    let server = server(Play::Jan).await;
    kubelet(&server).await;
    let client = admin(&server).await;
    let refused = async |query: &str| {
        let (code, status) = get(&client, &format!("{LOG}{query}")).await;
        (code, status["message"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(refused("").await, (400, "a container name must be specified for pod p, choose one of: [ok bad]".into()));
    assert_eq!(refused("?container=x").await, (400, "container x is not valid for pod p".into()));
    server.store().edit("pods", "bao", "p", |pod| {
        pod["status"] = json!({"containerStatuses": [{"name": "ok", "state": {"waiting": {"reason": "ContainerCreating"}}}]});
    });
    let waiting = "container \"ok\" in pod \"p\" is waiting to start: ContainerCreating";
    assert_eq!(refused("?container=ok").await, (400, waiting.into()));
    let previous = "previous terminated container \"ok\" in pod \"p\" not found";
    assert_eq!(refused("?container=ok&previous=true").await, (400, previous.into()));
    server.store().delete("nodes", "", "n");
    assert_eq!(refused("?container=bad").await, (500, "Internal error occurred: nodes \"n\" not found".into()));
    server.store().delete("pods", "bao", "p");
    assert_eq!(refused("").await, (404, "pods \"p\" not found".into()));
}

#[tokio::test]
async fn a_port_forward_is_passed_through() {
    let server = server(Play::Jan).await;
    kubelet(&server).await;
    let client = admin(&server).await;
    let request = HttpRequest::get("/api/v1/namespaces/bao/pods/p/portforward?ports=8200");
    let request = request.header("upgrade", "websocket").header("connection", "Upgrade").body(Vec::new().into()).unwrap();
    let answer = client.send(request).await.unwrap();
    assert_eq!(answer.status(), 101);
    assert_eq!(answer.headers()["x-path"], "/portForward/bao/p?port=8200");
    let mut stream = TokioIo::new(hyper::upgrade::on(answer).await.unwrap());
    let mut echoed = [0; 4];
    stream.write_all(b"ping").await.unwrap();
    stream.read_exact(&mut echoed).await.unwrap();
    assert_eq!(&echoed, b"ping");
}
