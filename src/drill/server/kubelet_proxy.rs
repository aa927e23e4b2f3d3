//! Pod logs and port-forwards: found here, served by the pod's kubelet, passed through as kube-apiserver does.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::connection::provider;
use super::handler::{self, Body, Call};
use super::rejection::Rejection;
use super::route::Target;

/// The log parameters a kubelet knows.
const LOG_PARAMETERS: [&str; 8] =
    ["follow", "previous", "timestamps", "tailLines", "limitBytes", "sinceSeconds", "sinceTime", "stream"];

pub(crate) async fn serve(call: Call, target: &Target) -> Result<Response<Body>, Rejection> {
    let pod = call.shared.store.get("pods", &target.namespace, &target.name);
    let pod = pod.ok_or_else(|| Rejection::not_found(&target.resource, &target.name))?;
    if target.subresource == "log" { logs(&call, target, &pod).await } else { forward(call, target, &pod).await }
}

async fn logs(call: &Call, target: &Target, pod: &Value) -> Result<Response<Body>, Rejection> {
    let container = container(call, pod)?;
    check_started(call, pod, &container)?;
    let Some(node) = Node::of(call, pod)? else { return Ok(handler::bytes(200, "text/plain", "")) };
    let given = LOG_PARAMETERS.iter().filter_map(|name| call.query.filled(name).map(|value| (*name, value)));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    let path = format!("/containerLogs/{}/{}/{container}?{query}", target.namespace, target.name);
    let answer = node.send(call, "GET", &path, HeaderMap::new()).await?;
    match answer.status() {
        StatusCode::OK => {
            let body = answer.into_body().map_err(io::Error::other).boxed_unsync();
            Ok(handler::respond(200, "text/plain", body))
        }
        code => Err(kubelet_error(target, code, answer.into_body()).await),
    }
}

/// The kubelet's refusal in the server's words.
async fn kubelet_error(target: &Target, code: StatusCode, body: Incoming) -> Rejection {
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let text = String::from_utf8_lossy(&body).trim().to_owned();
    match code.as_u16() {
        400 => Rejection::bad_request(text),
        404 => {
            let (plural, name) = (&target.resource.plural, &target.name);
            let message = format!("the server could not find the requested resource ( {plural} {name})");
            Rejection { details: Some(json!({"name": name, "kind": plural})), ..Rejection::new(404, "NotFound", message) }
        }
        500 => Rejection::internal(text),
        other => Rejection::new(other, "", format!("unknown (get pods {})", target.name)),
    }
}

/// The container asked for, or the pod's only one.
fn container(call: &Call, pod: &Value) -> Result<String, Rejection> {
    let names = |list: &str| -> Vec<String> {
        let containers = pod["spec"][list].as_array().into_iter().flatten();
        containers.filter_map(|c| c["name"].as_str()).map(str::to_owned).collect()
    };
    let (plain, init) = (names("containers"), names("initContainers"));
    let pod_name = pod["metadata"]["name"].as_str().unwrap_or_default();
    match (call.query.filled("container"), plain.as_slice()) {
        (Some(name), _) if plain.iter().chain(&init).any(|known| known == name) => Ok(name.to_owned()),
        (Some(name), _) => Err(Rejection::bad_request(format!("container {name} is not valid for pod {pod_name}"))),
        (None, [only]) => Ok(only.clone()),
        (None, _) => {
            let list = |names: &[String]| format!("[{}]", names.join(" "));
            let also = if init.is_empty() { String::new() } else { format!(" or one of the init containers: {}", list(&init)) };
            let message = format!("a container name must be specified for pod {pod_name}, choose one of: {}{also}", list(&plain));
            Err(Rejection::bad_request(message))
        }
    }
}

/// A container that waits for its first start has no log.
fn check_started(call: &Call, pod: &Value, container: &str) -> Result<(), Rejection> {
    let statuses = ["containerStatuses", "initContainerStatuses"].map(|key| pod["status"][key].as_array());
    let status = statuses.into_iter().flatten().flatten().find(|status| status["name"] == container);
    let Some(status) = status else { return Ok(()) };
    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
    let ended_before = status["lastState"]["terminated"].is_object();
    if call.query.flag("previous") && !ended_before {
        let message = format!("previous terminated container \"{container}\" in pod \"{name}\" not found");
        return Err(Rejection::bad_request(message));
    }
    match status["state"]["waiting"]["reason"].as_str() {
        Some(reason) if !ended_before => {
            let message = format!("container \"{container}\" in pod \"{name}\" is waiting to start: {reason}");
            Err(Rejection::bad_request(message))
        }
        _ => Ok(()),
    }
}

/// Passes an upgraded connection (WebSocket or SPDY) through to the kubelet.
async fn forward(mut call: Call, target: &Target, pod: &Value) -> Result<Response<Body>, Rejection> {
    let Some(upgrade) = call.upgrade.take().filter(|_| call.header("upgrade").is_some()) else {
        return Err(Rejection::bad_request("Upgrade request required"));
    };
    let Some(node) = Node::of(&call, pod)? else {
        let message = format!("pod {} does not have a host assigned", target.name);
        return Err(Rejection::bad_request(message));
    };
    let ports = call.query.filled("ports").map(|ports| format!("?port={ports}")).unwrap_or_default();
    let path = format!("/portForward/{}/{}{ports}", target.namespace, target.name);
    let mut headers = call.headers.clone();
    headers.remove(HOST);
    headers.remove(AUTHORIZATION);
    let mut answer = node.send(&call, &call.method, &path, headers).await?;
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        let code = answer.status();
        return Err(kubelet_error(target, code, answer.into_body()).await);
    }
    let kubelet = hyper::upgrade::on(&mut answer);
    call.tasks.spawn(async move {
        let (Ok(client), Ok(kubelet)) = tokio::join!(upgrade, kubelet) else { return };
        // Either side may end it; neither end is an error of ours.
        let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(kubelet)).await;
    });
    let (head, _) = answer.into_parts();
    Ok(Response::from_parts(head, Empty::new().map_err(|never: std::convert::Infallible| match never {}).boxed_unsync()))
}

/// Where a pod's kubelet listens.
struct Node {
    host: String,
    port: u16,
}

impl Node {
    /// The pod's node; `None` while it has none.
    fn of(call: &Call, pod: &Value) -> Result<Option<Node>, Rejection> {
        let Some(name) = pod["spec"]["nodeName"].as_str().filter(|name| !name.is_empty()) else { return Ok(None) };
        let node = call.shared.store.get("nodes", "", name);
        let node = node.ok_or_else(|| Rejection::internal(format!("nodes \"{name}\" not found")))?;
        let addresses = node["status"]["addresses"].as_array().into_iter().flatten();
        let host = addresses.filter(|a| a["type"] == "InternalIP").find_map(|a| a["address"].as_str());
        let port = node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"].as_u64().unwrap_or(10_250);
        let host =
            host.ok_or_else(|| Rejection::internal(format!("no preferred addresses found; known addresses: [] ({name})")))?;
        Ok(Some(Node { host: host.to_owned(), port: u16::try_from(port).unwrap_or_default() }))
    }

    /// Sends a request over a connection of its own.
    async fn send(&self, call: &Call, method: &str, path: &str, headers: HeaderMap) -> Result<Response<Incoming>, Rejection> {
        let url = format!("https://{}:{}{path}", self.host, self.port);
        let broken = |why: String| Rejection::internal(format!("Get \"{url}\": {why}"));
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(|e| broken(format!("dial tcp: {e}")))?;
        let name = ServerName::try_from(self.host.clone()).map_err(|e| broken(e.to_string()))?;
        let tls = TlsConnector::from(Arc::new(tls().map_err(|e| broken(e.to_string()))?));
        let stream = tls.connect(name, tcp).await.map_err(|e| broken(e.to_string()))?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|e| broken(e.to_string()))?;
        call.tasks.spawn(async move {
            // How the connection ended shows in the body or the upgraded stream.
            let _ = connection.with_upgrades().await;
        });
        let mut request = Request::builder().method(method).uri(path).header(HOST, format!("{}:{}", self.host, self.port));
        if let Some(own) = request.headers_mut() {
            own.extend(headers);
        }
        let request = request.body(Empty::<Bytes>::new()).map_err(|e| broken(e.to_string()))?;
        sender.send_request(request).await.map_err(|e| broken(e.to_string()))
    }
}

/// kube-apiserver does not check kubelets' certificates unless it is given an authority for them; neither do we.
fn tls() -> Result<ClientConfig, rustls::Error> {
    let config = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    Ok(config.dangerous().with_custom_certificate_verifier(Arc::new(Anything)).with_no_client_auth())
}

#[derive(Debug)]
struct Anything;

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
