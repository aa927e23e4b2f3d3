//! Signing in elsewhere: requests for tokens, which `object_store`'s credential providers make over our own connection.
//!
//! Certificates are always checked here, against what the machine trusts: that the store's certificate may not be checked
//! says nothing about who may be told a secret.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use object_store::{BackoffConfig, RetryConfig};
use serde_json::Value;

use super::failures::without_queries;
use super::http::Http;
use super::rest::{collected, refusal};
use super::{StoreFailure, Trouble};
use crate::api::text::clean_cut;
use crate::remote::deepest;
use crate::remote::tunnel::dial::Dial;
use crate::remote::tunnel::tls::{self, Trust};

/// How long the metadata service of a cloud machine may take to answer: on any other machine nobody does.
pub(super) const METADATA_LIMIT: Duration = Duration::from_millis(500);

/// The largest answer with a token.
const LONGEST: usize = 1 << 20;

/// The way to those who give tokens. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    http: Http,
    seen: Arc<Mutex<Seen>>,
}

/// What was last asked and why it failed: the errors of `object_store` do not tell.
#[derive(Debug, Default)]
struct Seen {
    host: Option<String>,
    failure: Option<StoreFailure>,
}

impl Tokens {
    pub fn new(dial: Arc<dyn Dial>) -> Result<Tokens, StoreFailure> {
        Tokens::trusting(dial, &Trust::Platform)
    }

    pub(super) fn trusting(dial: Arc<dyn Dial>, trust: &Trust) -> Result<Tokens, StoreFailure> {
        let tls = tls::client_config(trust).map_err(|cause| StoreFailure::new(Trouble::Endpoint, cause))?;
        Ok(Tokens { http: Http::new(dial, tls), seen: Arc::default() })
    }

    /// Who was being waited for; `None` when nobody was asked.
    pub fn waiting_for(&self) -> Option<String> {
        Some(format!("no token came from {}", self.seen().host.as_deref()?))
    }

    /// Why there is no token: what the last request met, or else this error.
    pub fn why(&self, error: &(dyn std::error::Error + 'static)) -> StoreFailure {
        let said = clean_cut(&without_queries(&deepest(error)), 300);
        self.seen().failure.take().unwrap_or_else(|| StoreFailure {
            trouble: Trouble::NoCredentials,
            cause: "the credentials cannot be used".to_owned(),
            server: Some(said),
        })
    }

    /// Sends one request; the answer is a success, with its whole body.
    pub async fn ask(&self, request: Request<SdkBody>) -> Result<Bytes, StoreFailure> {
        let (status, body) = self.exchange(request).await?;
        match self.seen().failure.take().filter(|_| !status.is_success()) {
            Some(failure) => Err(failure),
            None => Ok(body),
        }
    }

    async fn exchange(&self, request: Request<SdkBody>) -> Result<(StatusCode, Bytes), StoreFailure> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        *self.seen() = Seen { host: Some(host.clone()), failure: None };
        let outcome = match self.http.send(request).await {
            Ok(response) => self.read(&host, response).await,
            Err(broken) => Err(broken.failure(&host, None)),
        };
        if let Err(failure) = &outcome {
            self.seen().failure = Some(failure.clone());
        }
        outcome
    }

    async fn read(&self, host: &str, response: Response<SdkBody>) -> Result<(StatusCode, Bytes), StoreFailure> {
        let (head, body) = response.into_parts();
        if head.status.is_success() {
            let too_much = || StoreFailure::new(Trouble::Other, format!("{host} answered with more than a token"));
            return Ok((head.status, collected(body, LONGEST).await?.ok_or_else(too_much)?));
        }
        let body = refusal(body).await;
        self.seen().failure = Some(refused(host, head.status, &body));
        Ok((head.status, body))
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A refusal in the way of OAuth (RFC 6749, 5.2), in words.
fn refused(host: &str, status: StatusCode, body: &[u8]) -> StoreFailure {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| said.get(name).and_then(Value::as_str).map(|text| text.lines().next().unwrap_or_default().to_owned());
    let server = [text("error"), text("error_description")].into_iter().flatten().collect::<Vec<_>>().join(": ");
    let (trouble, cause) = match status.as_u16() {
        code @ (429 | 500..) => (Trouble::Server(code), format!("{host} failed with HTTP {code}")),
        400 | 401 | 403 => (Trouble::BadCredentials, format!("{host} gives no token for these credentials")),
        code => (Trouble::NoCredentials, format!("{host} answered HTTP {code} instead of a token")),
    };
    let server = (!server.is_empty()).then(|| clean_cut(&without_queries(&server), 300));
    StoreFailure { trouble, cause, server }
}

/// No retries behind our back: a deadline waits for this.
pub(super) fn once() -> RetryConfig {
    RetryConfig { backoff: BackoffConfig::default(), max_retries: 0, retry_timeout: Duration::ZERO }
}

impl HttpConnector for Tokens {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

impl HttpService for Tokens {
    // `async_trait`, written out.
    fn call<'life, 'future>(
        &'life self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'future>>
    where
        'life: 'future,
        Self: 'future,
    {
        Box::pin(async move {
            let request = request.map(|body| SdkBody::from(body.as_bytes().cloned().unwrap_or_default()));
            let exchanged = self.exchange(request).await;
            let (status, body) = exchanged.map_err(|failure| HttpError::new(HttpErrorKind::Unknown, failure))?;
            let mut response = HttpResponse::new(body.into());
            *response.status_mut() = status;
            Ok(response)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart() {
        let of = |status: u16, body: &str| {
            let failure = refused("login.example", StatusCode::from_u16(status).unwrap(), body.as_bytes());
            (failure.trouble, failure.cause, failure.server)
        };
        let said = r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked.\nTrace: 1"}"#;
        assert_eq!(
            of(400, said),
            (
                Trouble::BadCredentials,
                "login.example gives no token for these credentials".into(),
                Some("invalid_grant: Token has been expired or revoked.".into())
            )
        );
        assert_eq!(of(503, "<html>"), (Trouble::Server(503), "login.example failed with HTTP 503".into(), None));
        assert_eq!(of(404, "").0, Trouble::NoCredentials);
    }
}
