//! Credentials that change while we run: token files and credential helpers. A layer over kube's client puts the
//! current token on every request and, as client-go does, fetches a new one when the old one ran out or was refused;
//! the refused request itself is not sent again.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response, StatusCode};
use jiff::Timestamp;
use kube::client::Body;
use tokio::task::JoinHandle;
use tower::{BoxError, Layer, Service};

use super::exec::{Answer, Helper};
use super::identity::Identity;
use crate::api::redact::remember;
use crate::api::sensitive::Sensitive;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;

/// How requests say who sends them. Clones share what was fetched.
#[derive(Debug, Clone)]
pub struct Credential(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    /// Nothing that changes: it stands in `kube::Config`, or there is none.
    Fixed,
    /// A file somebody else keeps fresh.
    File(TokenFile),
    /// A helper and its last answer.
    Helper(Box<HelperState>),
}

/// What [`super::reauthenticate`] achieved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// There is nothing to renew: the credential is fixed.
    Nothing,
    /// Clients that exist use the new token from now on.
    SameClient,
    /// The new credential is a client certificate: build a new client.
    NewClient,
}

impl Credential {
    pub(super) fn fixed() -> Self {
        Credential(Arc::new(Kind::Fixed))
    }

    pub(super) fn token_file(path: &str, fallback: Option<&Sensitive>) -> Outcome<Self> {
        let file = TokenFile { path: path.to_owned(), last: Mutex::new(fallback.map(bearer).transpose()?) };
        let read = file.read();
        // A token next to the file is what is left when the file cannot be read.
        if fallback.is_none() {
            read?;
        }
        Ok(Credential(Arc::new(Kind::File(file))))
    }

    pub(super) fn helper(helper: Helper) -> Self {
        Credential(Arc::new(Kind::Helper(Box::new(HelperState { helper, running: Mutex::new(()), fetched: Mutex::new(None) }))))
    }

    /// What kind of credential it is, for reports: never the credential.
    pub fn describe(&self) -> String {
        match &*self.0 {
            Kind::Fixed => "from the configuration".to_owned(),
            Kind::File(file) => format!("token file {}", file.path),
            Kind::Helper(state) => format!("credential helper {}", state.helper.name()),
        }
    }

    /// Makes sure there is a usable credential, running the helper if need be. Blocks.
    pub(super) fn fetch(&self) -> Outcome<()> {
        match &*self.0 {
            Kind::Helper(state) => state.fetch(),
            Kind::Fixed | Kind::File(_) => Ok(()),
        }
    }

    /// Fetches anew, whatever there is. Blocks.
    pub(super) fn renew(&self) -> Outcome<Renewal> {
        match &*self.0 {
            Kind::Fixed => Ok(Renewal::Nothing),
            Kind::File(file) => file.read().map(|()| Renewal::SameClient),
            Kind::Helper(state) => {
                lock(&state.fetched).take();
                state.fetch()?;
                Ok(if self.identity().is_some() { Renewal::NewClient } else { Renewal::SameClient })
            }
        }
    }

    /// The client certificate a helper answered with.
    pub(super) fn identity(&self) -> Option<Identity> {
        match &*self.0 {
            Kind::Helper(state) => lock(&state.fetched).as_ref().and_then(|fetched| fetched.identity.clone()),
            Kind::Fixed | Kind::File(_) => None,
        }
    }

    /// Whether requests need the layer.
    pub(super) fn changes(&self) -> bool {
        !matches!(&*self.0, Kind::Fixed)
    }

    /// Whether the next request needs the helper. A certificate is in the client for good, so it is never due here.
    fn is_due(&self) -> bool {
        matches!(&*self.0, Kind::Helper(state) if self.identity().is_none() && !state.is_usable())
    }

    fn header(&self) -> Option<HeaderValue> {
        match &*self.0 {
            Kind::Fixed => None,
            Kind::File(file) => {
                // An unreadable file leaves the last token in force, as in client-go.
                let _ = file.read();
                lock(&file.last).clone()
            }
            Kind::Helper(state) => lock(&state.fetched).as_ref().and_then(|fetched| fetched.header.clone()),
        }
    }

    /// Notes that the server refused this token; a token fetched meanwhile stays.
    fn refused(&self, sent: Option<&HeaderValue>) {
        if let Kind::Helper(state) = &*self.0 {
            lock(&state.fetched).take_if(|fetched| fetched.identity.is_none() && fetched.header.as_ref() == sent);
        }
    }
}

#[derive(Debug)]
struct TokenFile {
    path: String,
    last: Mutex<Option<HeaderValue>>,
}

impl TokenFile {
    fn read(&self) -> Outcome<()> {
        let text = std::fs::read_to_string(&self.path)
            .map_err(|error| Failure::new(Exit::NotPermitted, format!("unable to read the token file {}: {error}", self.path)))?;
        let text = text.trim();
        if text.is_empty() {
            return Err(Failure::new(Exit::NotPermitted, format!("the token file {} is empty", self.path)));
        }
        *lock(&self.last) = Some(bearer(&Sensitive::new(text))?);
        Ok(())
    }
}

#[derive(Debug)]
struct HelperState {
    helper: Helper,
    /// Held while the helper runs, so that it runs once for everybody who waits.
    running: Mutex<()>,
    fetched: Mutex<Option<Fetched>>,
}

#[derive(Debug)]
struct Fetched {
    header: Option<HeaderValue>,
    identity: Option<Identity>,
    expires: Option<Timestamp>,
}

impl HelperState {
    fn is_usable(&self) -> bool {
        lock(&self.fetched).as_ref().is_some_and(|fetched| fetched.expires.is_none_or(|end| Timestamp::now() < end))
    }

    fn fetch(&self) -> Outcome<()> {
        let _one_at_a_time = lock(&self.running);
        if self.is_usable() {
            return Ok(());
        }
        let Answer { token, identity, expires } = self.helper.run()?;
        *lock(&self.fetched) = Some(Fetched { header: token.as_ref().map(bearer).transpose()?, identity, expires });
        Ok(())
    }
}

/// A lock whose data stays sound whatever happened to an earlier holder: it is only ever replaced whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The header of a token; marked so that nothing prints it.
fn bearer(token: &Sensitive) -> Outcome<HeaderValue> {
    remember(token.expose());
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
        .map_err(|_| Failure::new(Exit::NotPermitted, "the bearer token holds characters that cannot be sent"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Puts the current token on every request.
#[derive(Debug, Clone)]
pub(super) struct BearerLayer(pub Credential);

impl<S> Layer<S> for BearerLayer {
    type Service = Bearer<S>;

    fn layer(&self, inner: S) -> Bearer<S> {
        Bearer { inner, credential: self.0.clone(), fetching: None, outcome: None }
    }
}

/// The service of [`BearerLayer`].
#[derive(Debug)]
pub(super) struct Bearer<S> {
    inner: S,
    credential: Credential,
    /// A helper that is running for the next request.
    fetching: Option<JoinHandle<Outcome<()>>>,
    /// How it ended; taken by the next request, so that the helper runs at most once for each.
    outcome: Option<Outcome<()>>,
}

impl<S> Bearer<S> {
    fn poll_fetched(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.outcome.is_none() && self.fetching.is_none() && self.credential.is_due() {
            let credential = self.credential.clone();
            self.fetching = Some(tokio::task::spawn_blocking(move || credential.fetch()));
        }
        if let Some(fetching) = &mut self.fetching {
            let ended = ready!(Pin::new(fetching).poll(context));
            self.fetching = None;
            self.outcome =
                Some(ended.unwrap_or_else(|_| Err(Failure::new(Exit::Failure, "the credential helper's task was cancelled"))));
        }
        Poll::Ready(())
    }
}

impl<S, B> Service<Request<Body>> for Bearer<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError>,
    S::Future: Send + 'static,
    B: 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        ready!(self.poll_fetched(context));
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // A failed helper fails this request, not the client: the next request tries again.
        if let Some(Err(failure)) = self.outcome.take() {
            return Box::pin(async move { Err(failure.into()) });
        }
        let header = self.credential.header();
        if let Some(header) = &header {
            request.headers_mut().insert(AUTHORIZATION, header.clone());
        }
        let answer = self.inner.call(request);
        let credential = self.credential.clone();
        Box::pin(async move {
            let response = answer.await?;
            if response.status() == StatusCode::UNAUTHORIZED {
                credential.refused(header.as_ref());
            }
            Ok(response)
        })
    }
}
