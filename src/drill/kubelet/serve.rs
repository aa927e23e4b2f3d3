//! The kubelet's own API: container logs and port-forwards, over TLS, for the API server.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::faults::LogFault;
use super::logs::LogOptions;
use super::{Shared, forward, stream};
use crate::drill::pki::Authority;
use crate::drill::processes::openbao::acceptor;

/// A response body: a text or a stream that may break.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Serves until the kubelet stops; open connections end with it.
pub(super) async fn run(shared: Arc<Shared>, listener: TcpListener) {
    let identity = Authority::new("kubelet").server(&[&shared.node, "127.0.0.1"]);
    let tls = acceptor(&identity.certificate, &identity.key);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A connection that failed before it was accepted is the caller's loss.
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(shared.clone(), tls.clone(), stream));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(shared: Arc<Shared>, tls: TlsAcceptor, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let Ok(stream) = tls.accept(stream).await else { return };
    let service = service_fn(|request| respond(shared.clone(), request));
    let serving = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let _ = serving.with_upgrades().await;
}

async fn respond(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let path: Vec<String> =
        request.uri().path().split('/').skip(1).map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    Ok(match *path {
        ["healthz"] => text(StatusCode::OK, "ok"),
        ["containerLogs", namespace, pod, container] if request.method() == Method::GET => {
            logs(&shared, namespace, pod, container, request.uri().query().unwrap_or_default())
        }
        ["portForward", namespace, pod] | ["portForward", namespace, pod, _] => forward::accept(&shared, namespace, pod, request),
        _ => text(StatusCode::NOT_FOUND, "404 page not found"),
    })
}

/// A short plain-text response.
pub(super) fn text(status: StatusCode, text: impl Into<String>) -> Response<Body> {
    let body = Full::from(text.into()).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

fn logs(shared: &Shared, namespace: &str, pod: &str, container: &str, query: &str) -> Response<Body> {
    let options = match LogOptions::parse(query, Timestamp::now()) {
        Ok(options) => options,
        Err(problem) => return text(StatusCode::BAD_REQUEST, problem),
    };
    let Some(tracked) = shared.tracked(namespace, pod) else {
        return text(StatusCode::NOT_FOUND, format!("pod {pod:?} does not exist"));
    };
    let fault = shared.faults.take_log_fault(namespace, pod, container);
    match fault {
        Some(LogFault::Waiting) => {
            return text(
                StatusCode::BAD_REQUEST,
                format!("container {container:?} in pod {pod:?} is waiting to start: ContainerCreating"),
            );
        }
        Some(LogFault::Broken) => return text(StatusCode::INTERNAL_SERVER_ERROR, "failed to open log file: input/output error"),
        _ => {}
    }
    let found = tracked.with(|record| {
        let entry = record.containers.iter().find(|entry| entry.name == container);
        entry.map(|entry| entry.log(pod, options.previous))
    });
    match found {
        None => text(StatusCode::NOT_FOUND, format!("container {container:?} not found in pod {pod:?}")),
        Some(Err(problem)) => text(StatusCode::BAD_REQUEST, problem),
        Some(Ok(log)) => {
            let frames = stream::body(log, options, fault).map(|chunk| chunk.map(Frame::data));
            let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
            response.headers_mut().insert("content-type", http::HeaderValue::from_static("text/plain"));
            response
        }
    }
}
