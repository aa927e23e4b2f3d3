//! The HTTP client under all stores, over whatever stream the dialler gives. Requests that follow one another share a
//! connection; those that come at once have one each.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http::header::HOST;
use http::{HeaderValue, Method, Request, Response, Uri};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use url::Url;

use super::connection::{Connection, Idle, Origin};
use super::rest::refusal as refusal_document;
use super::{StoreFailure, Trouble};
use crate::remote::tunnel::TunnelError;
use crate::remote::tunnel::dial::{Dial, DialError, Stream};
use crate::remote::tunnel::tls::{self, Trust};

/// Why a request got no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    /// No connection.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The TLS handshake failed.
    #[error("{0}")]
    Tls(String),
    /// The connection ended before the answer did.
    #[error("the connection was cut before the answer came: {0}")]
    Cut(String),
    /// The request cannot be sent at all.
    #[error("the request cannot be sent: {0}")]
    Request(String),
}

impl Broken {
    /// Whether it may go better a moment later: only that is worth a second attempt.
    pub fn may_pass(&self) -> bool {
        matches!(self, Broken::Dial(DialError::Refused(_)) | Broken::Cut(_))
    }

    /// As a failure of the store at this place; the endpoint is the URL that was given for it, if one was.
    pub fn failure(&self, place: &str, endpoint: Option<&Url>) -> StoreFailure {
        let trouble = match self {
            Broken::Dial(DialError::Tunnel(TunnelError::Forbidden { .. })) => Trouble::TunnelForbidden,
            Broken::Dial(_) | Broken::Cut(_) => Trouble::Unreachable,
            Broken::Tls(_) => Trouble::Tls,
            Broken::Request(_) => Trouble::Other,
        };
        let plain = endpoint.is_some_and(|url| url.scheme() == "http");
        let cause = match self {
            // These name host and port themselves.
            Broken::Dial(DialError::UnknownHost(_) | DialError::Refused(_) | DialError::Unreachable(..))
                if endpoint.is_some() =>
            {
                self.to_string()
            }
            Broken::Cut(_) if plain => format!("{place}: {self} (a port that expects TLS does that: https://{place})"),
            _ => format!("{place}: {self}"),
        };
        StoreFailure::new(trouble, cause)
    }
}

/// How far the latest request came: a deadline that passes says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Stage {
    /// Nothing was sent yet.
    Preparing,
    /// Connecting, TLS included.
    Connecting,
    /// Connected and waiting for the answer.
    Waiting,
}

/// The client. Clones share the stage and the connection.
#[derive(Clone)]
pub(super) struct Http {
    dial: Arc<dyn Dial>,
    tls: Arc<ClientConfig>,
    stage: Arc<AtomicU8>,
    idle: Idle,
}

impl Http {
    pub fn new(dial: Arc<dyn Dial>, tls: ClientConfig) -> Self {
        Http { dial, tls: Arc::new(tls), stage: Arc::new(AtomicU8::new(Stage::Preparing as u8)), idle: Idle::default() }
    }

    /// A client for a store: whom it believes is what the operator's `source.target` and Secret say.
    pub fn to_store(dial: Arc<dyn Dial>, insecure_skip_verify: bool, ca_cert: Option<&str>) -> Result<Http, StoreFailure> {
        let trust = match ca_cert {
            _ if insecure_skip_verify => Trust::Anyone,
            Some(pem) => Trust::PlatformAnd(pem.to_owned()),
            None => Trust::Platform,
        };
        let tls = tls::client_config(&trust).map_err(|cause| StoreFailure::new(Trouble::Endpoint, cause))?;
        Ok(Http::new(dial, tls))
    }

    pub fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Relaxed) {
            0 => Stage::Preparing,
            1 => Stage::Connecting,
            _ => Stage::Waiting,
        }
    }

    fn reached(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    /// Sends a request and gives the answer with its body still on the way. No deadline: callers bring their own.
    pub async fn send(&self, request: Request<SdkBody>) -> Result<Response<SdkBody>, Broken> {
        let Prepared { origin, request } = in_origin_form(request)?;
        if let Some(response) = self.send_again(&origin, &request).await {
            return Ok(response);
        }
        self.reached(Stage::Connecting);
        let stream = self.connect(&origin).await?;
        self.reached(Stage::Waiting);
        let connection = Connection::over(stream, origin).await.map_err(cut)?;
        connection.ask(request, &self.idle).await.map_err(cut)
    }

    async fn of_the_sdk(&self, request: HttpRequest) -> Result<HttpResponse, Broken> {
        let request = request.try_into_http1x().map_err(|error| Broken::Request(error.to_string()))?;
        let response = self.send(request).await?;
        // The SDK reads the whole of a refusal, however long it is.
        let response = if response.status().is_success() { response } else { with_short_body(response).await };
        HttpResponse::try_from(response).map_err(|error| Broken::Cut(error.to_string()))
    }

    /// The answer over the connection that waits, if there is one. A server may close it at any moment, so that only a
    /// request that may be sent twice goes this way, and a failure says nothing.
    async fn send_again(&self, origin: &Origin, request: &Request<SdkBody>) -> Option<Response<SdkBody>> {
        let copy = repeatable(request)?;
        let connection = self.idle.take(origin).await?;
        self.reached(Stage::Waiting);
        connection.ask(copy, &self.idle).await.ok()
    }

    async fn connect(&self, to: &Origin) -> Result<Box<dyn Stream>, Broken> {
        let stream = self.dial.dial(&to.host, to.port).await?;
        if to.secure { self.secure(&to.host, stream).await } else { Ok(stream) }
    }

    async fn secure(&self, host: &str, stream: Box<dyn Stream>) -> Result<Box<dyn Stream>, Broken> {
        let bare = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
        let name = ServerName::try_from(bare.to_owned()).map_err(|_| Broken::Tls(format!("{bare} is no name for TLS")))?;
        match TlsConnector::from(self.tls.clone()).connect(name, stream).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => Err(match (tls::cause(&error), refusal(&error)) {
                (_, Some(refused)) => Broken::Dial(refused),
                (Some(words), None) => Broken::Tls(words),
                (None, None) => Broken::Cut(error.to_string()),
            }),
        }
    }
}

/// The same answer with as much of its document as a refusal has.
async fn with_short_body(response: Response<SdkBody>) -> Response<SdkBody> {
    let (head, body) = response.into_parts();
    Response::from_parts(head, SdkBody::from(refusal_document(body).await))
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

impl HttpConnector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            this.of_the_sdk(request).await.map_err(|broken| {
                let may_pass = broken.may_pass();
                if may_pass { ConnectorError::io(Box::new(broken)) } else { ConnectorError::user(Box::new(broken)) }
            })
        })
    }
}

impl HttpClient for Http {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// A request as it goes onto a connection to its own host, and where that leads.
struct Prepared {
    origin: Origin,
    request: Request<SdkBody>,
}

fn in_origin_form(mut request: Request<SdkBody>) -> Result<Prepared, Broken> {
    let uri = request.uri().clone();
    let origin = Origin::of(&uri).ok_or_else(|| Broken::Request("its URL has no host".to_owned()))?;
    if !request.headers().contains_key(HOST) {
        let host = HeaderValue::from_str(&signed_host(&uri)).map_err(|error| Broken::Request(error.to_string()))?;
        request.headers_mut().insert(HOST, host);
    }
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    *request.uri_mut() = target.parse().map_err(|_| Broken::Request("its URL has no path".to_owned()))?;
    Ok(Prepared { origin, request })
}

/// A copy of a request that changes nothing and has no body to speak of.
pub(super) fn repeatable(request: &Request<SdkBody>) -> Option<Request<SdkBody>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let mut copy = Request::new(request.body().try_clone()?);
    copy.method_mut().clone_from(request.method());
    copy.uri_mut().clone_from(request.uri());
    copy.headers_mut().clone_from(request.headers());
    Some(copy)
}

/// The host as the signature has it: without the port that the scheme implies.
fn signed_host(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default();
    match (uri.scheme_str(), uri.port_u16()) {
        (_, None) | (Some("http"), Some(80)) | (Some("https"), Some(443)) => host.to_owned(),
        (_, Some(port)) => format!("{host}:{port}"),
    }
}

fn cut(error: hyper::Error) -> Broken {
    refusal(&error).map_or_else(|| Broken::Cut(error.to_string()), Broken::Dial)
}

/// What the kubelet said about the stream, when an error carries it.
fn refusal(error: &(dyn std::error::Error + 'static)) -> Option<DialError> {
    if let Some(refused) = error.downcast_ref::<TunnelError>() {
        return Some(DialError::Tunnel(refused.clone()));
    }
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(inner) => refusal(inner),
        None => error.source().and_then(refusal),
    }
}
