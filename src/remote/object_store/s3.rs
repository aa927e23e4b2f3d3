//! S3 through the AWS SDK: where the bucket is, what signs, and how requests go out.

mod failures;
mod list;
mod read;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials as AwsCredentials, ProvideCredentials as _, Region, RequestChecksumCalculation,
    ResponseChecksumValidation, StalledStreamProtectionConfig,
};
use k8s_openapi::ByteString;
use tokio::sync::OnceCell;
use url::Url;

use super::endpoint::endpoint;
use super::failures::Holder;
use super::http::{Http, Stage};
use super::{StoreFailure, Trouble};
use crate::api::redact::remember;
use crate::api::sensitive::Sensitive;
use crate::api::text::clean_cut;
use crate::remote::chain;
use crate::remote::tunnel::dial::Dial;

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
    /// What it sends of the credentials: a store may send it back in its error messages.
    sent: OnceLock<Vec<Sensitive>>,
}

impl S3 {
    pub(super) fn new(config: Config, dial: Arc<dyn Dial>) -> Result<S3, StoreFailure> {
        let endpoint = config.endpoint.as_deref().map(|text| endpoint(text.trim())).transpose()?;
        let http = Http::to_store(dial, config.insecure_skip_verify, config.ca_cert.as_deref())?;
        Ok(S3 { config, endpoint, http, client: OnceCell::new(), sent: OnceLock::new() })
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

    fn holder(&self) -> Holder {
        Holder { kind: "bucket", name: clean_cut(&self.config.bucket, 80), place: self.place() }
    }

    async fn client(&self) -> Result<&Client, StoreFailure> {
        self.client.get_or_try_init(|| self.connect()).await
    }

    async fn connect(&self) -> Result<Client, StoreFailure> {
        let credentials = self.credentials().await?;
        remember(credentials.secret_access_key());
        credentials.session_token().into_iter().for_each(remember);
        let sent = [Some(credentials.access_key_id()), credentials.session_token()];
        let _ = self.sent.set(sent.into_iter().flatten().map(Sensitive::from).collect());
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

    /// What the store said, without the credentials that it may have said back.
    fn without_credentials(&self, said: &str) -> String {
        let sent = self.sent.get().into_iter().flatten().map(Sensitive::expose).filter(|secret| !secret.is_empty());
        sent.fold(said.to_owned(), |said, secret| said.replace(secret, "***"))
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
}

/// The person's own credentials, looked up where the AWS tools look; never slowed down by an absent metadata service.
async fn from_environment(region: &str) -> Result<AwsCredentials, StoreFailure> {
    let metadata = aws_config::imds::Client::builder()
        .max_attempts(1)
        .connect_timeout(METADATA_LIMIT)
        .read_timeout(METADATA_LIMIT)
        .operation_timeout(METADATA_LIMIT * 2)
        .build();
    let provider = aws_config::default_provider::credentials::DefaultCredentialsChain::builder()
        .region(Region::new(region.to_owned()))
        .imds_client(metadata)
        .build()
        .await;
    provider.provide_credentials().await.map_err(|error| no_credentials(&chain(&error)))
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

#[cfg(test)]
mod tests;
