//! Connections to the store's host: those that are done with their answers are kept for the next requests.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response, Uri};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;

use crate::remote::tunnel::dial::Stream;

/// How long a connection is kept without a request. Longer ones may have been forgotten on the way by something that
/// says nothing about it, and a request would then wait for its deadline.
const KEPT: Duration = Duration::from_secs(10);
/// How many of them are kept: nothing asks for more at once.
const MOST: usize = 8;

/// Scheme, host and port that a connection leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub secure: bool,
    pub host: String,
    pub port: u16,
}

impl Origin {
    /// `None` when the URL has no host.
    pub fn of(uri: &Uri) -> Option<Origin> {
        let secure = uri.scheme() == Some(&http::uri::Scheme::HTTPS);
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Some(Origin { secure, host: uri.host()?.to_owned(), port })
    }
}

/// One HTTP connection, TLS included.
pub(super) struct Connection {
    origin: Origin,
    sender: SendRequest<SdkBody>,
    _driver: Driver,
}

impl Connection {
    /// HTTP over a stream that leads to this origin.
    pub async fn over(stream: Box<dyn Stream>, origin: Origin) -> Result<Connection, hyper::Error> {
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        let driver = Driver(tokio::spawn(async move {
            // The request itself learns of errors.
            let _ = connection.await;
        }));
        Ok(Connection { origin, sender, _driver: driver })
    }

    /// Sends a request; once its answer was read to the end, the connection is left with `idle`.
    pub async fn ask(mut self, request: Request<SdkBody>, idle: &Idle) -> Result<Response<SdkBody>, hyper::Error> {
        let response = self.sender.send_request(request).await?;
        let idle = idle.clone();
        Ok(response.map(|body| SdkBody::from_body_1_x(Driven { body, connection: Some(self), idle })))
    }
}

/// The connections that wait for a request, the latest last. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Idle(Arc<Mutex<Vec<(Connection, Instant)>>>);

impl Idle {
    /// A waiting connection that leads to this origin and still takes requests.
    pub async fn take(&self, origin: &Origin) -> Option<Connection> {
        loop {
            let (mut connection, since) = self.all().pop()?;
            let usable = connection.origin == *origin && since.elapsed() <= KEPT;
            if usable && connection.sender.ready().await.is_ok() {
                return Some(connection);
            }
        }
    }

    fn keep(&self, connection: Connection) {
        let mut all = self.all();
        if all.len() == MOST {
            // The one that has waited longest is closed.
            all.remove(0);
        }
        all.push((connection, Instant::now()));
    }

    fn all(&self) -> std::sync::MutexGuard<'_, Vec<(Connection, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task that moves a connection's bytes; it ends with its owner.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A body with its connection, which is closed when the body is dropped before its end.
struct Driven {
    body: Incoming,
    connection: Option<Connection>,
    idle: Idle,
}

impl Driven {
    fn ended(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.idle.keep(connection);
        }
    }
}

impl Body for Driven {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = self.get_mut();
        let frame = Pin::new(&mut this.body).poll_frame(cx);
        match &frame {
            Poll::Ready(None) => this.ended(),
            Poll::Ready(Some(Err(_))) => this.connection = None,
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        // Readers that know the length need not ask for the end.
        if self.body.is_end_stream() {
            self.ended();
        }
    }
}
