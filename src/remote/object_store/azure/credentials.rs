//! What opens an Azure container: a key, a signature, or a token of the person's own.

use std::sync::Arc;

use object_store::azure::{AzureAccessKey, AzureConfigKey, AzureCredential, AzureCredentialProvider, MicrosoftAzureBuilder};
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use super::account::{ConnectionString, sas_parameters};
use crate::api::sensitive::Sensitive;
use crate::remote::object_store::tokens::{METADATA_LIMIT, Tokens, once};
use crate::remote::object_store::{StoreFailure, Trouble};
use crate::remote::tunnel::dial::Dial;

/// What to sign with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// `accountKey` as the cluster's Secret holds it.
    AccountKey(Sensitive),
    /// `connectionString`, the same.
    ConnectionString(Sensitive),
    /// The person's own: the AZURE_… variables, workload identity, managed identity, the Azure CLI.
    Environment,
}

impl Credentials {
    /// What the credentials themselves say of their account; the environment's own connection string for a person's.
    pub(super) fn connection_string(&self) -> ConnectionString {
        match self {
            Credentials::AccountKey(_) => ConnectionString::default(),
            Credentials::ConnectionString(text) => ConnectionString::read(text.expose()),
            Credentials::Environment => variable("AZURE_STORAGE_CONNECTION_STRING").map_or_else(
                || ConnectionString {
                    account: variable("AZURE_STORAGE_ACCOUNT").or_else(|| variable("AZURE_STORAGE_ACCOUNT_NAME")),
                    ..ConnectionString::default()
                },
                |text| ConnectionString::read(&text),
            ),
        }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The credentials on their way to a signature or a token.
pub(super) struct Access {
    credentials: Credentials,
    string: ConnectionString,
    tokens: Tokens,
    settled: OnceCell<Settled>,
}

#[derive(Clone)]
enum Settled {
    Fixed(Arc<AzureCredential>),
    Provider(AzureCredentialProvider),
    /// Another program is asked, and waited for: not on a thread of ours.
    Program(AzureCredentialProvider),
}

impl Access {
    pub fn new(credentials: Credentials, string: ConnectionString, dial: Arc<dyn Dial>) -> Result<Access, StoreFailure> {
        Ok(Access { credentials, string, tokens: Tokens::new(dial)?, settled: OnceCell::new() })
    }

    pub fn waiting_for(&self) -> Option<String> {
        self.tokens.waiting_for()
    }

    /// What signs the next request.
    pub async fn credential(&self) -> Result<Arc<AzureCredential>, StoreFailure> {
        let given = match self.settled.get_or_try_init(|| self.settle()).await?.clone() {
            Settled::Fixed(credential) => return Ok(credential),
            Settled::Provider(provider) => provider.get_credential().await,
            Settled::Program(provider) => {
                let (runtime, asking) = (Handle::current(), provider);
                let asked = tokio::task::spawn_blocking(move || runtime.block_on(asking.get_credential()));
                asked.await.map_err(|_| nothing())?
            }
        };
        given.map_err(|error| self.tokens.why(&error))
    }

    /// What of the credentials goes to the store, which may say it back.
    pub async fn sent(&self) -> Vec<Sensitive> {
        match self.credential().await.as_deref() {
            Ok(AzureCredential::BearerToken(token)) => vec![Sensitive::held(token.as_str())],
            Ok(AzureCredential::SASToken(pairs)) => {
                let signatures = pairs.iter().filter(|(name, _)| name == "sig");
                signatures.map(|(_, value)| Sensitive::held(value.as_str())).collect()
            }
            // A key signs and stays here.
            Ok(AzureCredential::AccessKey(_)) | Err(_) => Vec::new(),
        }
    }

    async fn settle(&self) -> Result<Settled, StoreFailure> {
        match &self.credentials {
            Credentials::AccountKey(key) => of_key(key, "accountKey").map(Settled::Fixed),
            Credentials::ConnectionString(_) => of_string(&self.string).map(Settled::Fixed),
            Credentials::Environment => self.of_environment().await,
        }
    }

    async fn of_environment(&self) -> Result<Settled, StoreFailure> {
        if self.string.key.is_some() || self.string.sas.is_some() {
            return of_string(&self.string).map(Settled::Fixed);
        }
        if let Some(key) = variable("AZURE_STORAGE_KEY").map(Sensitive::held) {
            return of_key(&key, "AZURE_STORAGE_KEY").map(Settled::Fixed);
        }
        if let Some(sas) = variable("AZURE_STORAGE_SAS_TOKEN") {
            return Ok(Settled::Fixed(Arc::new(AzureCredential::SASToken(sas_parameters(&sas)))));
        }
        let builder = self.builder();
        if is_told(&builder) {
            return self.provider(builder).map(Settled::Provider);
        }
        let machine = self.provider(builder)?;
        if let Ok(Ok(_)) = tokio::time::timeout(METADATA_LIMIT, machine.get_credential()).await {
            return Ok(Settled::Provider(machine));
        }
        let program = self.provider(self.builder().with_credential_type("azure_cli"))?;
        let settled = Settled::Program(program.clone());
        let runtime = Handle::current();
        let asked = tokio::task::spawn_blocking(move || runtime.block_on(program.get_credential())).await;
        if matches!(asked, Ok(Ok(_))) { Ok(settled) } else { Err(nothing()) }
    }

    fn builder(&self) -> MicrosoftAzureBuilder {
        // Only its credentials are used: account, container and endpoint stand for none.
        let builder = MicrosoftAzureBuilder::from_env().with_account("none").with_container_name("none");
        builder.with_endpoint("https://none.invalid".to_owned()).with_http_connector(self.tokens.clone()).with_retry(once())
    }

    fn provider(&self, builder: MicrosoftAzureBuilder) -> Result<AzureCredentialProvider, StoreFailure> {
        builder.build().map(|store| store.credentials().clone()).map_err(|error| self.tokens.why(&error))
    }
}

/// Whether the environment says which credentials: then no others are tried.
fn is_told(builder: &MicrosoftAzureBuilder) -> bool {
    use AzureConfigKey::{AccessKey, ClientSecret, CredentialType, FederatedTokenFile, MsiEndpoint, SasKey, Token, UseAzureCli};
    let saying = [AccessKey, ClientSecret, CredentialType, FederatedTokenFile, MsiEndpoint, SasKey, Token];
    let yes = |key: &AzureConfigKey| builder.get_config_value(key);
    saying.iter().any(|key| yes(key).is_some()) || yes(&UseAzureCli).as_deref() == Some("true")
}

fn of_string(string: &ConnectionString) -> Result<Arc<AzureCredential>, StoreFailure> {
    match (&string.key, &string.sas) {
        (Some(key), _) => of_key(key, "the connection string"),
        (None, Some(sas)) => Ok(Arc::new(AzureCredential::SASToken(sas_parameters(sas.expose())))),
        (None, None) => Err(unusable("the connection string has neither AccountKey nor SharedAccessSignature")),
    }
}

fn of_key(key: &Sensitive, place: &str) -> Result<Arc<AzureCredential>, StoreFailure> {
    let key = AzureAccessKey::try_new(key.expose().trim()).map_err(|_| unusable(&format!("the key of {place} is not base64")))?;
    Ok(Arc::new(AzureCredential::AccessKey(key)))
}

fn nothing() -> StoreFailure {
    unusable("this environment has no Azure credentials that can be used (AZURE_… variables, a managed identity, az login)")
}

fn unusable(cause: &str) -> StoreFailure {
    StoreFailure::new(Trouble::NoCredentials, cause)
}
