//! Who asks Google: a service account's key, a person's sign-in, a cloud machine, or nobody.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_smithy_types::body::SdkBody;
use http::{Method, Request, header};
use object_store::gcp::{GcpCredentialProvider, GoogleCloudStorageBuilder};
use serde::Deserialize;
use tokio::sync::{Mutex, OnceCell};
use url::form_urlencoded;

use crate::api::redact::remember;
use crate::api::sensitive::Sensitive;
use crate::api::text::clean_cut;
use crate::remote::object_store::tokens::{METADATA_LIMIT, Tokens, once};
use crate::remote::object_store::{StoreFailure, Trouble};
use crate::remote::tunnel::dial::Dial;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// `credentials.json` as the cluster's Secret holds it.
    Json(Sensitive),
    /// The person's own: a token or a file named by the environment, gcloud's sign-in, a cloud machine.
    Environment,
    /// Nobody: an emulator.
    Anonymous,
}

/// Where a person's refresh token is exchanged for one that opens something.
const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";

/// Variables that hold a token itself: gcloud's own, and the one of many tools. The way for kinds of credentials that
/// are not known here.
const TOKEN_VARIABLES: [&str; 2] = ["CLOUDSDK_AUTH_ACCESS_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN"];

/// The credentials on their way to a token.
pub(super) struct Access {
    credentials: Credentials,
    tokens: Tokens,
    settled: OnceCell<Settled>,
}

/// What gives the tokens.
pub(super) enum Settled {
    Nobody,
    Token(Sensitive),
    /// A service account's key signs its own.
    Provider(GcpCredentialProvider),
    /// The same from a machine in Google's cloud, or nothing.
    Machine(GcpCredentialProvider),
    Person(Person),
}

/// A person's sign-in with gcloud.
pub(super) struct Person {
    url: String,
    form: Sensitive,
    current: Mutex<Option<(Sensitive, Instant)>>,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    refresh_token: Option<String>,
    private_key: Option<String>,
    client_email: Option<String>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<u64>,
}

impl Access {
    pub fn new(credentials: Credentials, dial: Arc<dyn Dial>) -> Result<Access, StoreFailure> {
        Ok(Access { credentials, tokens: Tokens::new(dial)?, settled: OnceCell::new() })
    }

    #[cfg(test)]
    pub fn of_person(tokens: Tokens, json: &str, url: &str) -> Result<Access, StoreFailure> {
        let Settled::Person(person) = of_json("the test's", json, &tokens)? else { unreachable!("it is a person's") };
        let settled = OnceCell::new_with(Some(Settled::Person(Person { url: url.to_owned(), ..person })));
        Ok(Access { credentials: Credentials::Environment, tokens, settled })
    }

    pub fn waiting_for(&self) -> Option<String> {
        self.tokens.waiting_for()
    }

    /// The token of the next request; `None` when nobody signs in.
    pub async fn bearer(&self) -> Result<Option<Sensitive>, StoreFailure> {
        match self.settled.get_or_try_init(|| self.settle()).await? {
            Settled::Nobody => Ok(None),
            Settled::Token(token) => Ok(Some(token.clone())),
            Settled::Provider(provider) => self.provided(provider).await,
            Settled::Machine(provider) => {
                let given = tokio::time::timeout(METADATA_LIMIT, self.provided(provider)).await;
                given.ok().and_then(Result::ok).ok_or_else(nothing)
            }
            Settled::Person(person) => person.token(&self.tokens).await.map(Some),
        }
    }

    async fn provided(&self, provider: &GcpCredentialProvider) -> Result<Option<Sensitive>, StoreFailure> {
        let given = provider.get_credential().await.map_err(|error| self.tokens.why(&error))?;
        Ok(Some(Sensitive::held(given.bearer.clone())).filter(|bearer| !bearer.expose().is_empty()))
    }

    async fn settle(&self) -> Result<Settled, StoreFailure> {
        match &self.credentials {
            Credentials::Anonymous => Ok(Settled::Nobody),
            Credentials::Json(json) => of_json("credentials.json", json.expose(), &self.tokens),
            Credentials::Environment => of_environment(&self.tokens),
        }
    }
}

fn of_environment(tokens: &Tokens) -> Result<Settled, StoreFailure> {
    let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.trim().is_empty());
    if let Some(token) = TOKEN_VARIABLES.iter().find_map(|name| variable(name)) {
        return Ok(Settled::Token(Sensitive::held(token.trim())));
    }
    let named = variable("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from);
    match named.or_else(|| sign_in_file().filter(|file| file.exists())) {
        Some(file) => of_file(&file, tokens),
        None => builder(tokens).build().map(|store| Settled::Machine(store.credentials().clone())).map_err(|e| tokens.why(&e)),
    }
}

/// Where `gcloud auth application-default login` leaves its file.
fn sign_in_file() -> Option<PathBuf> {
    let directory = match std::env::var_os("CLOUDSDK_CONFIG") {
        Some(directory) => PathBuf::from(directory),
        None if cfg!(windows) => PathBuf::from(std::env::var_os("APPDATA")?).join("gcloud"),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".config/gcloud"),
    };
    Some(directory.join("application_default_credentials.json"))
}

fn of_file(file: &Path, tokens: &Tokens) -> Result<Settled, StoreFailure> {
    let name = clean_cut(&file.to_string_lossy(), 200);
    let json = std::fs::read_to_string(file).map_err(|error| unusable(format!("{name} cannot be read: {error}")))?;
    of_json(&name, &json, tokens)
}

/// Credentials of a file; `name` is what a person is told it is.
fn of_json(name: &str, json: &str, tokens: &Tokens) -> Result<Settled, StoreFailure> {
    // The parser's own words may repeat a value.
    let read: Kind =
        serde_json::from_str(json).map_err(|_| unusable(format!("{name} does not hold Google credentials (JSON)")))?;
    match read.kind.as_deref() {
        Some("service_account") if read.private_key.is_some() && read.client_email.is_some() => {
            let store = builder(tokens).with_service_account_key(json).build();
            let store = store.map_err(|_| unusable(format!("the private key in {name} cannot be used")))?;
            Ok(Settled::Provider(store.credentials().clone()))
        }
        Some("authorized_user") => person(&read).map(Settled::Person).ok_or_else(|| incomplete(name)),
        Some("service_account") => Err(incomplete(name)),
        other => {
            let kind = clean_cut(other.unwrap_or("no known type"), 60);
            let cause = format!("{name} holds credentials of a kind that is not supported here ({kind})");
            Err(StoreFailure { server: None, ..unusable(format!("{cause}: {WAY_OUT}")) })
        }
    }
}

const WAY_OUT: &str = "CLOUDSDK_AUTH_ACCESS_TOKEN=$(gcloud auth print-access-token) and --credentials=env work";

fn builder(tokens: &Tokens) -> GoogleCloudStorageBuilder {
    // Only its credentials are used: the bucket stands for none.
    GoogleCloudStorageBuilder::new().with_bucket_name("none").with_http_connector(tokens.clone()).with_retry(once())
}

fn person(read: &Kind) -> Option<Person> {
    [&read.client_secret, &read.refresh_token].into_iter().flatten().for_each(|secret| remember(secret));
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "refresh_token")
        .append_pair("client_id", read.client_id.as_deref()?)
        .append_pair("client_secret", read.client_secret.as_deref()?)
        .append_pair("refresh_token", read.refresh_token.as_deref()?)
        .finish();
    Some(Person { url: TOKEN_URL.to_owned(), form: Sensitive::new(form), current: Mutex::default() })
}

impl Person {
    async fn token(&self, tokens: &Tokens) -> Result<Sensitive, StoreFailure> {
        let mut current = self.current.lock().await;
        if let Some((token, until)) = current.as_ref()
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        let request = Request::builder().method(Method::POST).uri(&self.url);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.body(SdkBody::from(self.form.expose())).map_err(|_| unusable("no token can be asked for"))?;
        let answer = tokens.ask(request).await?;
        let granted: Granted = serde_json::from_slice(&answer).map_err(|_| unusable("what came instead of a token is none"))?;
        let token = Sensitive::held(granted.access_token);
        // A minute before its end, so that no request outlives it.
        let good_for = Duration::from_secs(granted.expires_in.unwrap_or(0).saturating_sub(60));
        *current = Some((token.clone(), Instant::now() + good_for));
        Ok(token)
    }
}

fn incomplete(name: &str) -> StoreFailure {
    unusable(format!("{name} lacks a part of the credentials that it says it holds"))
}

fn nothing() -> StoreFailure {
    unusable(format!(
        "this environment has no Google credentials that can be used (gcloud auth application-default login, or {WAY_OUT})"
    ))
}

fn unusable(cause: impl Into<String>) -> StoreFailure {
    StoreFailure::new(Trouble::NoCredentials, cause)
}
