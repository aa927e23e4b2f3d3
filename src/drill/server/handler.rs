//! One request from its head to its answer: log, faults, authentication, authorisation, dispatch.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::unfold;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, RETRY_AFTER, USER_AGENT, WARNING};
use http::{HeaderValue, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use hyper::upgrade::OnUpgrade;
use serde_json::Value;

use super::auth::{self, User};
use super::connection::{Connection, Tasks};
use super::faults::Act;
use super::rbac::{self, Attributes};
use super::rejection::Rejection;
use super::requests::Request;
use super::route::{self, Query, Target};
use super::{Shared, discovery, kubelet_proxy, openapi, read, review, watching, write};

pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Larger bodies are answered 413, as by kube-apiserver.
const BODY_LIMIT: usize = 3 << 20;

/// A request ready to be carried out.
pub(crate) struct Call {
    pub shared: Arc<Shared>,
    pub user: User,
    pub method: String,
    pub path: String,
    pub query: Query,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub upgrade: Option<OnUpgrade>,
    pub tasks: Tasks,
}

impl Call {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Answers one request. An error cuts the connection.
pub(crate) async fn handle(
    shared: Arc<Shared>,
    connection: Arc<Connection>,
    request: hyper::Request<Incoming>,
) -> Result<Response<Body>, io::Error> {
    let (mut head, body) = request.into_parts();
    let upgrade = head.extensions.remove::<OnUpgrade>();
    let body = Limited::new(body, BODY_LIMIT).collect().await;
    let user = identify(&shared, &connection, &head.headers);
    let too_large = body.is_err();
    let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let entry = entry(&shared, &connection, &head, &body, user.as_ref().ok());
    let place = shared.requests.add(entry.clone());
    shared.faults.lockstep.arrive();

    let act = shared.faults.strike(&entry);
    if let Some(act) = &act
        && let Some(answer) = before(act).await?
    {
        return Ok(finish(&shared, place, entry.at, answer).await);
    }
    let answer = match user {
        _ if too_large => reject(&Rejection::new(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728")),
        Err(rejection) => reject(&rejection),
        Ok((user, _)) => {
            let (method, path) = (entry.method, entry.path);
            let query = Query::parse(&entry.query);
            let (headers, tasks) = (head.headers, connection.tasks.clone());
            dispatch(Call { shared: shared.clone(), user, method, path, query, headers, body, upgrade, tasks }).await
        }
    };
    shared.requests.update(place, |entry| entry.executed = Some(answer.status().as_u16()));
    let answer = after(act, answer, &connection).await?;
    Ok(finish(&shared, place, entry.at, answer).await)
}

/// The user to act as, and who impersonates them.
fn identify(shared: &Shared, connection: &Connection, headers: &HeaderMap) -> Result<(User, Option<User>), Rejection> {
    let real = auth::authenticate(connection.user.as_ref(), headers, &shared.tokens)?;
    let Some(wanted) = auth::impersonated(headers)? else { return Ok((real, None)) };
    // The groups every user has are not asked for.
    let own = |group: &&String| !group.starts_with("system:authenticated") && !group.starts_with("system:serviceaccounts");
    let person = match wanted.name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':')) {
        Some((namespace, name)) => ("serviceaccounts", namespace, name),
        None => ("users", "", wanted.name.as_str()),
    };
    let groups = wanted.groups.iter().filter(own).map(|group| ("groups", "", group.as_str()));
    for (plural, namespace, name) in std::iter::once(person).chain(groups) {
        let asked = Attributes { verb: "impersonate", group: "", plural, subresource: "", namespace, name };
        if !shared.store.read(|objects| rbac::allowed(objects, &real, &asked)) {
            let resource = route::resource(&shared.resources, "", "v1", plural);
            return Err(rbac::forbidden(&real, &resource, &asked));
        }
    }
    Ok((wanted, Some(real)))
}

fn entry(
    shared: &Shared,
    connection: &Connection,
    head: &http::request::Parts,
    body: &Bytes,
    user: Option<&(User, Option<User>)>,
) -> Request {
    let header = |name| head.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).map(str::to_owned);
    Request {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        user: user.map(|(user, _)| user.name.clone()),
        impersonated_by: user.and_then(|(_, real)| real.as_ref()).map(|real| real.name.clone()),
        user_agent: header(USER_AGENT),
        accept: header(http::header::ACCEPT),
        content_type: header(CONTENT_TYPE),
        body: body.clone(),
        status: None,
        executed: None,
        connection: connection.number,
        at: shared.requests.clock(),
        took: None,
    }
}

/// What a fault does instead of executing the request: an answer, a cut (error), silence, or nothing.
async fn before(act: &Act) -> io::Result<Option<Response<Body>>> {
    match act {
        Act::Status { code, retry_after } => {
            let mut answer = reject(&generic(*code));
            if let Some(seconds) = retry_after {
                answer.headers_mut().insert(RETRY_AFTER, (*seconds).into());
            }
            Ok(Some(answer))
        }
        Act::Answer { code, content_type, body } => Ok(Some(bytes(*code, content_type, body.clone()))),
        Act::CutBefore => Err(cut()),
        Act::Stall => std::future::pending().await,
        Act::Delay(time) => {
            tokio::time::sleep(*time).await;
            Ok(None)
        }
        Act::CutAfter | Act::StallAfter | Act::Truncate(_) | Act::EndAfter(_) | Act::ThenGone(_) => Ok(None),
    }
}

/// What a fault does to the answer of an executed request.
async fn after(act: Option<Act>, mut answer: Response<Body>, connection: &Connection) -> io::Result<Response<Body>> {
    match act {
        Some(Act::CutAfter) => Err(cut()),
        Some(Act::StallAfter) => std::future::pending().await,
        Some(Act::Truncate(limit)) => Ok(shorten(answer, limit, true)),
        Some(Act::EndAfter(limit)) => Ok(shorten(answer, limit, false)),
        Some(Act::ThenGone(pause)) => {
            tokio::time::sleep(pause).await;
            connection.departure.but_for(connection.number).await;
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            Ok(answer)
        }
        _ => Ok(answer),
    }
}

async fn finish(shared: &Shared, place: usize, at: std::time::Duration, answer: Response<Body>) -> Response<Body> {
    shared.faults.lockstep.pass().await;
    let took = shared.requests.clock().saturating_sub(at);
    shared.requests.update(place, |entry| {
        entry.status = Some(answer.status().as_u16());
        entry.took = Some(took);
    });
    answer
}

fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "cut on purpose")
}

/// The `Status` kube-apiserver sends with a code when something other than the request is at fault.
fn generic(code: u16) -> Rejection {
    let (reason, message) = match code {
        401 => ("Unauthorized", "Unauthorized"),
        403 => ("Forbidden", "forbidden"),
        404 => ("NotFound", "the server could not find the requested resource"),
        409 => ("Conflict", "the server reported a conflict"),
        410 => ("Expired", "The provided continue parameter is too old to display a consistent list result."),
        422 => ("Invalid", "the server rejected our request due to an error in our request"),
        429 => ("TooManyRequests", "Too many requests, please try again later."),
        500 => ("InternalError", "Internal error occurred: etcdserver: request timed out"),
        503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
        504 => ("Timeout", "Timeout: request did not complete within the allotted timeout"),
        _ => ("", "unknown"),
    };
    Rejection::new(code, reason, message)
}

/// Lets `limit` bytes of the body through; then the connection is cut or the body ends.
fn shorten(answer: Response<Body>, limit: usize, cut_then: bool) -> Response<Body> {
    let (mut head, body) = answer.into_parts();
    if cut_then && let Some(length) = body.size_hint().exact() {
        head.headers.insert(CONTENT_LENGTH, length.into());
    }
    let body = unfold((body.into_data_stream(), limit, false), move |(mut body, left, over)| async move {
        if over || (left == 0 && !cut_then) {
            return None;
        }
        if left == 0 {
            return Some((Err(cut()), (body, left, true)));
        }
        let chunk = body.next().await?.map(|chunk| chunk.slice(..chunk.len().min(left)));
        let left = left - chunk.as_ref().map_or(0, Bytes::len);
        let over = chunk.is_err();
        Some((chunk.map(Frame::data), (body, left, over)))
    });
    Response::from_parts(head, StreamBody::new(body).boxed_unsync())
}

/// Carries out an authenticated request.
async fn dispatch(call: Call) -> Response<Body> {
    match route::parse(&call.shared.resources, &call.method, &call.path, &call.query) {
        Some(target) => match serve(call, target).await {
            Ok(answer) => answer,
            Err(rejection) => reject(&rejection),
        },
        None => other(&call),
    }
}

/// Paths that are no resources.
fn other(call: &Call) -> Response<Body> {
    let verb = call.method.to_lowercase();
    if !call.shared.store.read(|objects| rbac::allowed_path(objects, &call.user, &verb, &call.path)) {
        return reject(&rbac::forbidden_path(&call.user, &verb, &call.path));
    }
    if let Some((kind, document)) = discovery::aggregated(call) {
        return bytes(200, kind, document.to_string());
    }
    match call.path.trim_end_matches('/') {
        "/healthz" | "/livez" | "/readyz" => bytes(200, "text/plain; charset=utf-8", "ok"),
        path if path.starts_with("/openapi/v3") => openapi::serve(call).unwrap_or_else(nowhere),
        _ => discovery::serve(call).map_or_else(nowhere, |document| json(200, &document)),
    }
}

async fn serve(call: Call, target: Target) -> Result<Response<Body>, Rejection> {
    if let Some(answer) = review::serve(&call, &target) {
        return answer.map(|document| json(201, &document));
    }
    let asked = Attributes::of(&target);
    if !call.shared.store.read(|objects| rbac::allowed(objects, &call.user, &asked)) {
        return Err(rbac::forbidden(&call.user, &target.resource, &asked));
    }
    if !target.served {
        return Ok(nowhere());
    }
    match (target.subresource.as_str(), target.verb) {
        ("log" | "portforward", "get" | "create") => kubelet_proxy::serve(call, &target).await,
        ("scale", "get") => read::scale(&call, &target),
        ("" | "status", "get") => read::get(&call, &target),
        ("", "list") => read::list(&call, &target),
        ("", "watch") => watching::watch(&call, &target),
        _ => write::serve(&call, &target),
    }
}

/// The server's plain 404: no such path, which is how a missing CRD shows.
pub(crate) fn nowhere() -> Response<Body> {
    bytes(404, "text/plain; charset=utf-8", "404 page not found\n")
}

pub(crate) fn reject(rejection: &Rejection) -> Response<Body> {
    json(rejection.code, &rejection.status())
}

pub(crate) fn json(code: u16, document: &Value) -> Response<Body> {
    bytes(code, "application/json", document.to_string())
}

pub(crate) fn bytes(code: u16, content_type: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    respond(code, content_type, Full::new(body.into()).map_err(|never: Infallible| match never {}).boxed_unsync())
}

/// An answer with this body; an impossible status code (from a fault) becomes 500.
pub(crate) fn respond(code: u16, content_type: &'static str, body: Body) -> Response<Body> {
    let mut answer = Response::new(body);
    *answer.status_mut() = http::StatusCode::from_u16(code).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert("cache-control", HeaderValue::from_static("no-cache, private"));
    answer
}

/// Adds `Warning: 299` headers.
pub(crate) fn warn(mut answer: Response<Body>, warnings: &[String]) -> Response<Body> {
    for text in warnings {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{text}\"")) {
            answer.headers_mut().append(WARNING, value);
        }
    }
    answer
}

/// An endless body.
pub(crate) fn stream(
    content_type: &'static str,
    body: impl futures_util::Stream<Item = io::Result<Bytes>> + Send + 'static,
) -> Response<Body> {
    let frames = body.map(|chunk| chunk.map(Frame::data));
    respond(200, content_type, StreamBody::new(frames).boxed_unsync())
}
