//! The server as clients see it.

mod faults;
mod kubelet;
mod objects;
mod people;
mod reading;

use serde_json::{Value, json};

use super::*;

/// A server of a generation with namespace `bao`.
async fn server(play: Play) -> Server {
    let server = Server::start(Options::playing(play)).await.unwrap();
    server.store().seed(meta::namespace("bao"));
    server
}

async fn admin(server: &Server) -> kube::Client {
    server.client(&User::admin()).await.unwrap()
}

/// Sends a request and returns the code and the body, whatever it is. The method's body is JSON unless `kind` says else.
async fn send(client: &kube::Client, method: &str, path: &str, kind: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(&body).unwrap() };
    let request = http::Request::builder().method(method).uri(path).header("content-type", kind);
    let answer = client.send(request.body(body.into()).unwrap()).await.unwrap();
    let code = answer.status().as_u16();
    let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
    (code, serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into_owned().into()))
}

async fn get(client: &kube::Client, path: &str) -> (u16, Value) {
    send(client, "GET", path, "application/json", Value::Null).await
}

async fn post(client: &kube::Client, path: &str, body: Value) -> (u16, Value) {
    send(client, "POST", path, "application/json", body).await
}

const RESTORES: &str = "/apis/openbao.org/v1alpha1/namespaces/bao/openbaorestores";

fn restore(name: &str) -> Value {
    json!({"apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore", "metadata": {"name": name},
        "spec": {"cluster": "prod", "force": true, "source": {"key": "k",
            "target": {"bucket": "b", "endpoint": "https://s3.example.com"}}}})
}

fn config_map(namespace: &str, name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": namespace, "name": name}, "data": {"a": "1"}})
}
