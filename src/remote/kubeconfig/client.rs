//! From a resolved configuration to a kube client.

use std::sync::Once;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::USER_AGENT;
use kube::Client;
use kube::client::{AuthError, ClientBuilder};

use super::bearer::{BearerLayer, Renewal};
use super::identity::Identity;
use super::resolve::Resolved;
use crate::api::text::clean_cut;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;

/// An API server that does not take a connection within this time is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Makes aws-lc-rs the one TLS provider of the process. Call it first in `main`; more calls change nothing.
pub fn install_crypto_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that somebody installed one already, which is all we want.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
}

/// Runs the credential helper, if the user has one and it did not run yet.
///
/// Blocks, for as long as a person needs to log in: call it before anything asynchronous waits for this thread, or
/// through `spawn_blocking`. Where it is left out, [`client`] does it.
pub fn authenticate(resolved: &Resolved) -> Outcome<()> {
    resolved.credential.fetch()
}

/// Fetches the credential anew, after a 401 for instance. Blocks like [`authenticate`].
///
/// Tokens need no call: clients fetch a new one by themselves before the request after a 401 or an expiry. Client
/// certificates need it, and a new [`client`].
pub fn reauthenticate(resolved: &Resolved) -> Outcome<Renewal> {
    resolved.credential.renew()
}

/// A client that sends what it is told to, once: no retries, no idle limit on streams, no look at the environment.
///
/// Must be called inside a tokio runtime.
pub fn client(resolved: &Resolved, user_agent: &str) -> Outcome<Client> {
    install_crypto_provider();
    authenticate(resolved)?;
    let mut config = resolved.config.clone();
    config.default_retry = false;
    config.read_timeout = None;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    let agent = HeaderValue::from_str(user_agent).map_err(|_| Failure::new(Exit::Failure, "the user agent cannot be sent"))?;
    config.headers.push((USER_AGENT, agent));
    if let Some(identity) = resolved.credential.identity() {
        set_identity(&mut config.auth_info, &identity);
    }
    let builder = ClientBuilder::try_from(config).map_err(|error| unbuildable(&error, resolved))?;
    if resolved.credential.changes() {
        return Ok(builder.with_layer(&BearerLayer(resolved.credential.clone())).build());
    }
    Ok(builder.build())
}

/// Why a request could not be authenticated on our side: the credential helper that ran for it failed, or an auth
/// provider has no valid token any more. Nothing for every other error.
pub fn failure_in(error: &kube::Error) -> Option<Failure> {
    match error {
        kube::Error::Auth(error) => Some(unauthenticated(error)),
        kube::Error::Service(source) => {
            let ours = source.downcast_ref::<Failure>().cloned();
            ours.or_else(|| source.downcast_ref::<AuthError>().map(unauthenticated))
        }
        _ => None,
    }
}

fn unauthenticated(error: &AuthError) -> Failure {
    Failure::new(Exit::NotPermitted, clean_cut(&error.to_string(), 300))
        .doing("getting credentials")
        .hint("log in again, or use another user with --user or --token")
}

/// Gives kube a client certificate in the shape it reads.
pub(super) fn set_identity(auth: &mut kube::config::AuthInfo, identity: &Identity) {
    auth.client_certificate = None;
    auth.client_key = None;
    auth.client_certificate_data = Some(STANDARD.encode(&identity.certificate));
    auth.client_key_data = Some(STANDARD.encode(identity.key.expose()).into());
}

fn unbuildable(error: &kube::Error, resolved: &Resolved) -> Failure {
    failure_in(error).unwrap_or_else(|| {
        Failure::new(Exit::Usage, clean_cut(&error.to_string(), 300))
            .doing(format!("preparing the connection to {}", clean_cut(&resolved.server, 120)))
            .hint("correct the certificate or the key in the kubeconfig, or choose another --context or --user")
    })
}
