//! S3 through the AWS SDK: the requests, and what each way to fail means.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials as AwsCredentials, ProvideCredentials as _, Region, RequestChecksumCalculation,
    ResponseChecksumValidation, StalledStreamProtectionConfig,
};
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use jiff::Timestamp;
use k8s_openapi::ByteString;
use tokio::sync::OnceCell;
use url::Url;

use super::http::{Broken, Http, Stage};
use super::{HeadOutcome, ObjectHead, StoreFailure, Trouble, by_status};
use crate::api::sensitive::Sensitive;
use crate::api::text::clean_cut;
use crate::remote::tunnel::TunnelError;
use crate::remote::tunnel::dial::{Dial, DialError};
use crate::remote::tunnel::tls::{self, Trust};

/// The operator's default region.
pub const DEFAULT_REGION: &str = "us-east-1";

/// How long the metadata service of a cloud machine may take to answer: on any other machine nobody does.
const METADATA_LIMIT: Duration = Duration::from_millis(500);

/// Where the bucket is and how to get in: the operator's `source.target` plus what its Secret holds.
#[derive(Debug, Clone)]
pub struct Config {
    /// The endpoint's URL; `None` means AWS itself.
    pub endpoint: Option<String>,
    /// The bucket.
    pub bucket: String,
    /// The region that signatures name.
    pub region: String,
    /// Whether the bucket is part of the path instead of the host name.
    pub path_style: bool,
    /// Whether any certificate will do.
    pub insecure_skip_verify: bool,
    /// Authorities that are trusted besides the machine's own, PEM.
    pub ca_cert: Option<String>,
    /// What to sign with.
    pub credentials: Credentials,
}

/// What to sign with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Keys as the cluster's Secret holds them.
    Keys {
        /// The key id.
        access_key_id: Sensitive,
        /// The secret.
        secret_access_key: Sensitive,
        /// The token that temporary keys come with.
        session_token: Option<Sensitive>,
    },
    /// The person's own: the AWS environment variables, profiles, web identity, cloud machine.
    Environment,
}

/// What a credentials Secret of the operator holds (F§7.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretContents {
    /// The keys; `None` when it has neither of them, and the executor would use its pod's own identity.
    pub credentials: Option<Credentials>,
    /// `region`. The executors sign with the target's region and do not use this one.
    pub region: Option<String>,
    /// `caCert`.
    pub ca_cert: Option<String>,
}

impl SecretContents {
    /// Reads the Secret's data as the executor does: white space around the values is not part of them.
    ///
    /// # Errors
    /// Names the data key that is missing when there is only one half of the key pair.
    pub fn read(data: &BTreeMap<String, ByteString>) -> Result<SecretContents, &'static str> {
        let text = |name: &str| {
            let text = String::from_utf8_lossy(&data.get(name)?.0).trim().to_owned();
            (!text.is_empty()).then_some(text)
        };
        let secret = |name: &str| text(name).map(Sensitive::new);
        let credentials = match (secret("accessKeyId"), secret("secretAccessKey")) {
            (Some(access_key_id), Some(secret_access_key)) => {
                Some(Credentials::Keys { access_key_id, secret_access_key, session_token: secret("sessionToken") })
            }
            (None, None) => None,
            (Some(_), None) => return Err("secretAccessKey"),
            (None, Some(_)) => return Err("accessKeyId"),
        };
        Ok(SecretContents { credentials, region: text("region"), ca_cert: text("caCert") })
    }
}

/// A bucket, with the client that talks to it.
pub struct S3 {
    config: Config,
    endpoint: Option<Url>,
    http: Http,
    /// Made with the first request, because the environment's credentials may have to be fetched.
    client: OnceCell<Client>,
}

impl S3 {
    pub(super) fn new(config: Config, dial: Arc<dyn Dial>) -> Result<S3, StoreFailure> {
        let endpoint = config.endpoint.as_deref().map(|text| endpoint(text.trim())).transpose()?;
        let trust = match &config.ca_cert {
            _ if config.insecure_skip_verify => Trust::Anyone,
            Some(pem) => Trust::PlatformAnd(pem.clone()),
            None => Trust::Platform,
        };
        let tls = tls::client_config(&trust).map_err(|cause| StoreFailure::new(Trouble::Endpoint, cause))?;
        Ok(S3 { config, endpoint, http: Http::new(dial, tls), client: OnceCell::new() })
    }

    /// What was being waited for, for a deadline that passed.
    pub(super) fn waiting_for(&self) -> String {
        let place = self.place();
        match self.http.stage() {
            Stage::Preparing => "no credentials were found in this environment".to_owned(),
            Stage::Connecting => format!("no connection to {place}"),
            Stage::Waiting => format!("{place} takes connections and did not answer"),
        }
    }

    fn place(&self) -> String {
        match &self.endpoint {
            Some(url) => url.authority().to_owned(),
            None => format!("S3 in {}", self.config.region),
        }
    }

    async fn client(&self) -> Result<&Client, StoreFailure> {
        self.client.get_or_try_init(|| self.connect()).await
    }

    async fn connect(&self) -> Result<Client, StoreFailure> {
        let credentials = self.credentials().await?;
        let mut config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(self.http.clone())
            .region(Region::new(self.config.region.clone()))
            .credentials_provider(credentials)
            .force_path_style(self.config.path_style)
            // The caller's deadline is the only one, and one more attempt is all that fits into it.
            .timeout_config(TimeoutConfig::disabled())
            .retry_config(RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(100)))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            // Servers that only speak S3's protocol know no newer checksums.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        config.set_endpoint_url(self.endpoint.as_ref().map(ToString::to_string));
        Ok(Client::from_conf(config.build()))
    }

    async fn credentials(&self) -> Result<AwsCredentials, StoreFailure> {
        match &self.config.credentials {
            Credentials::Keys { access_key_id, secret_access_key, session_token } => Ok(AwsCredentials::new(
                access_key_id.expose(),
                secret_access_key.expose(),
                session_token.as_ref().map(|token| token.expose().to_owned()),
                None,
                "secret",
            )),
            Credentials::Environment => from_environment(&self.config.region).await,
        }
    }

    pub(super) async fn head(&self, key: &str) -> HeadOutcome {
        let client = self.client().await?;
        let answer = client.head_object().bucket(&self.config.bucket).key(key).send().await;
        let head = match answer {
            Ok(head) => head,
            Err(error) => return Err(self.why(client, key, &error).await),
        };
        let size = head.content_length().and_then(|size| u64::try_from(size).ok());
        let size = size.ok_or_else(|| StoreFailure::new(Trouble::Other, "the store did not say how big the object is"))?;
        Ok(ObjectHead {
            size,
            etag: head.e_tag().map(|tag| clean_cut(tag, 100)),
            last_modified: head.last_modified().and_then(|at| Timestamp::from_second(at.secs()).ok()),
        })
    }

    pub(super) async fn first_bytes(&self, key: &str, count: usize) -> Result<Bytes, StoreFailure> {
        let client = self.client().await?;
        let mut body = match self.get(client, key, count).await {
            Ok(object) => object.body,
            // No byte of an empty object is in the range.
            Err(error) if status_of(&error) == Some(StatusCode::RANGE_NOT_SATISFIABLE) => return Ok(Bytes::new()),
            Err(error) => return Err(self.explain(key, &error)),
        };
        let mut bytes = BytesMut::with_capacity(count);
        // A server that ignores ranges sends everything: no more than asked for is read.
        while bytes.len() < count
            && let Some(chunk) = body.next().await
        {
            bytes.extend_from_slice(&chunk.map_err(|error| {
                StoreFailure::new(
                    Trouble::Unreachable,
                    format!("reading the object broke off: {}", clean_cut(&error.to_string(), 200)),
                )
            })?);
        }
        bytes.truncate(count);
        Ok(bytes.freeze())
    }

    async fn get(&self, client: &Client, key: &str, count: usize) -> Result<GetObjectOutput, SdkError<GetObjectError>> {
        let range = format!("bytes=0-{}", count - 1);
        client.get_object().bucket(&self.config.bucket).key(key).range(range).send().await
    }

    /// Why a HEAD failed. Its answer has no body, so a refusal is asked again as a GET of one byte, which names it.
    async fn why<E: Debug + std::error::Error + ProvideErrorMetadata + 'static>(
        &self,
        client: &Client,
        key: &str,
        error: &SdkError<E>,
    ) -> StoreFailure {
        let Some(status) = status_of(error).filter(|status| !status.is_server_error()) else {
            return self.explain(key, error);
        };
        match self.get(client, key, 1).await {
            Err(named) if named.code().is_some() => self.explain(key, &named),
            // A gateway or a web server: its "not found" says nothing about the object.
            Err(named) if status.is_client_error() && status_of(&named).is_some() => self.not_s3(status),
            _ => self.explain(key, error),
        }
    }

    fn not_s3(&self, status: StatusCode) -> StoreFailure {
        let (place, status) = (self.place(), status.as_u16());
        let cause = format!("{place} answered HTTP {status} and not in the way of S3: is this the right endpoint?");
        StoreFailure::new(Trouble::Other, cause)
    }

    fn explain<E: Debug + std::error::Error + ProvideErrorMetadata + 'static>(
        &self,
        key: &str,
        error: &SdkError<E>,
    ) -> StoreFailure {
        let Some(response) = error.raw_response() else { return self.unanswered(error) };
        let status = StatusCode::from_u16(response.status().as_u16()).unwrap_or_default();
        let region = region_of(response);
        let trouble = match (error.code(), region) {
            (Some("PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed"), region) => {
                Trouble::WrongRegion(region)
            }
            (Some(code), _) => by_code(code).unwrap_or_else(|| by_status(status)),
            (None, Some(region)) if status.is_redirection() => Trouble::WrongRegion(Some(region)),
            (None, _) => by_status(status),
        };
        let cause = self.words(&trouble, key, status);
        let code = error.code().map(|code| clean_cut(code, 80));
        let message = error.message().map(|message| clean_cut(message, 300));
        let server = [code, message].into_iter().flatten().collect::<Vec<_>>().join(": ");
        StoreFailure { trouble, cause, server: (!server.is_empty()).then_some(server) }
    }

    fn words(&self, trouble: &Trouble, key: &str, status: StatusCode) -> String {
        let (bucket, place) = (clean_cut(&self.config.bucket, 80), self.place());
        let key = clean_cut(key, 200);
        match trouble {
            Trouble::KeyMissing => format!("bucket {bucket} has no object {key}"),
            Trouble::BucketMissing => format!("{place} has no bucket {bucket}"),
            Trouble::AccessDenied => format!(
                "these credentials may not read {key} in bucket {bucket} (or it is not there: stores hide that from those who may not list)"
            ),
            Trouble::WrongRegion(Some(region)) => {
                format!("bucket {bucket} is in region {region}, not in {}", self.config.region)
            }
            Trouble::WrongRegion(None) => format!("bucket {bucket} is not in region {}", self.config.region),
            Trouble::BadCredentials => format!("{place} does not accept these credentials"),
            Trouble::ClockSkew => format!("the clocks of this machine and of {place} differ by more than 15 minutes"),
            Trouble::Server(status) => format!("{place} failed with HTTP {status}, twice"),
            _ => format!("{place} answered HTTP {}", status.as_u16()),
        }
    }

    /// There was no answer: the connection, TLS or the request itself failed.
    fn unanswered<E: std::error::Error + 'static>(&self, error: &SdkError<E>) -> StoreFailure {
        let connector = match error {
            SdkError::DispatchFailure(failure) => failure.as_connector_error(),
            _ => None,
        };
        let broken = connector.and_then(std::error::Error::source).and_then(|source| source.downcast_ref::<Broken>());
        let Some(broken) = broken else {
            return StoreFailure::new(Trouble::Other, clean_cut(&DisplayErrorContext(error).to_string(), 300));
        };
        let trouble = match broken {
            Broken::Dial(DialError::Tunnel(TunnelError::Forbidden { .. })) => Trouble::TunnelForbidden,
            Broken::Dial(_) | Broken::Cut(_) => Trouble::Unreachable,
            Broken::Tls(_) => Trouble::Tls,
            Broken::Request(_) => Trouble::Other,
        };
        StoreFailure::new(trouble, format!("{}: {broken}", self.place()))
    }
}

/// The person's own credentials, looked up where the AWS tools look; never slowed down by an absent metadata service.
async fn from_environment(region: &str) -> Result<AwsCredentials, StoreFailure> {
    let metadata = aws_config::imds::Client::builder()
        .max_attempts(1)
        .connect_timeout(METADATA_LIMIT)
        .read_timeout(METADATA_LIMIT)
        .operation_timeout(METADATA_LIMIT * 2)
        .build();
    let chain = aws_config::default_provider::credentials::DefaultCredentialsChain::builder()
        .region(Region::new(region.to_owned()))
        .imds_client(metadata)
        .build()
        .await;
    chain.provide_credentials().await.map_err(|error| no_credentials(&DisplayErrorContext(&error).to_string()))
}

fn no_credentials(said: &str) -> StoreFailure {
    // Logins by SSO and helper programs are left to the AWS tools: an emergency is no time for a browser.
    let cause = if said.contains("cargo feature") {
        "the AWS profile of this environment needs a login first: eval \"$(aws configure export-credentials --format env)\""
    } else {
        "this environment has no AWS credentials that can be used"
    };
    StoreFailure { trouble: Trouble::NoCredentials, cause: cause.to_owned(), server: Some(clean_cut(said, 300)) }
}

/// A URL that can be asked. Admission also accepts `s3://host` (F§8.5), which can only mean TLS.
fn endpoint(text: &str) -> Result<Url, StoreFailure> {
    let shown = clean_cut(text, 200);
    let unusable = |why: &str| StoreFailure::new(Trouble::Endpoint, format!("the endpoint {shown} {why}"));
    let text = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("s3") => format!("https://{rest}"),
        Some(_) => text.to_owned(),
        None => return Err(unusable("has no scheme (https://…)")),
    };
    let url = Url::parse(&text).map_err(|error| unusable(&format!("is not a URL: {error}")))?;
    match url.scheme() {
        _ if url.host_str().is_none_or(str::is_empty) => Err(unusable("has no host")),
        "http" | "https" if url.username().is_empty() && url.password().is_none() => Ok(url),
        "http" | "https" => Err(unusable("must not hold credentials")),
        scheme => Err(unusable(&format!("has the scheme {scheme}, not https"))),
    }
}

fn status_of<E>(error: &SdkError<E>) -> Option<StatusCode> {
    StatusCode::from_u16(error.raw_response()?.status().as_u16()).ok()
}

fn by_code(code: &str) -> Option<Trouble> {
    Some(match code {
        "NoSuchKey" => Trouble::KeyMissing,
        "NoSuchBucket" => Trouble::BucketMissing,
        "AccessDenied" | "AllAccessDisabled" | "AccountProblem" => Trouble::AccessDenied,
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" => {
            Trouble::BadCredentials
        }
        "RequestTimeTooSkewed" | "RequestExpired" => Trouble::ClockSkew,
        "IllegalLocationConstraintException" => Trouble::WrongRegion(None),
        _ => return None,
    })
}

/// The region a store says the bucket is in: a header, or an element of the error document.
fn region_of(response: &HttpResponse) -> Option<String> {
    let header = response.headers().get("x-amz-bucket-region").map(str::to_owned);
    let region = header.or_else(|| {
        let body = std::str::from_utf8(response.body().bytes()?).ok()?;
        let (_, rest) = body.split_once("<Region>")?;
        Some(rest.split_once("</Region>")?.0.to_owned())
    })?;
    let plain = !region.is_empty() && region.len() <= 40 && region.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    plain.then_some(region)
}

#[cfg(test)]
mod tests;
