//! Which store a target means and what opens it, decided from the target and the Secret: no request is made here.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use serde_json::Value;

use super::snapshot::CredentialsFrom;
use crate::api::cluster::Target;
use crate::api::sensitive::Sensitive;
use crate::domain::evidence::{Evidence, Item, StoreAnswer};
use crate::remote::object_store::s3::{DEFAULT_REGION, SecretContents};
use crate::remote::object_store::{Config, azure, gcs, s3};

/// What decides who looks where.
pub struct Lookout<'a> {
    /// What is known of the Secret, where it was not read.
    pub evidence: &'a Evidence,
    /// The target of the restore.
    pub target: &'a Target,
    /// The Secret itself.
    pub secret: Option<&'a Value>,
    /// Whose credentials look.
    pub from: CredentialsFrom,
}

type Data = BTreeMap<String, ByteString>;

/// The configuration of the target's store, by its provider.
///
/// # Errors
/// Why it cannot be asked: no bucket, no credentials, a provider that nobody knows.
pub fn config(lookout: &Lookout<'_>) -> Result<Config, StoreAnswer> {
    match lookout.target.provider() {
        "s3" => lookout.s3().map(Config::S3),
        "gcs" => lookout.gcs().map(Config::Gcs),
        "azure" => lookout.azure().map(Config::Azure),
        other => Err(not_checked(format!("provider {} is not one of s3, gcs, azure", crate::api::text::clean(other)))),
    }
}

/// The host and port that the target's own endpoint leads to; `None` without one.
pub fn host(target: &Target) -> Option<(String, u16)> {
    let url = url::Url::parse(target.endpoint.as_deref()?.trim()).ok()?;
    let (host, port) = (url.host_str()?, url.port_or_known_default()?);
    match target.bucket.as_deref().filter(|_| target.provider() == "s3" && target.use_path_style != Some(true)) {
        // In virtual-host style the bucket is part of the name.
        Some(bucket) => Some((format!("{bucket}.{host}"), port)),
        None => Some((host.to_owned(), port)),
    }
}

/// An answer that proves nothing.
pub fn not_checked(why: impl Into<String>) -> StoreAnswer {
    StoreAnswer::NotChecked { why: why.into() }
}

const OWN: &str = "(--credentials=env looks with your own)";

impl Lookout<'_> {
    fn s3(&self) -> Result<s3::Config, StoreAnswer> {
        let target = self.target;
        let contents = match (self.from, self.data().and_then(|data| self.s3_contents(&data))) {
            (CredentialsFrom::Env, contents) => {
                SecretContents { credentials: Some(s3::Credentials::Environment), ..contents.unwrap_or_default() }
            }
            (CredentialsFrom::Secret, contents) => contents.map_err(not_checked)?,
        };
        let no_keys = || not_checked(format!("the Secret holds no keys{}", self.by_role()));
        Ok(s3::Config {
            endpoint: target.endpoint.clone(),
            bucket: self.bucket()?,
            region: target.region.clone().unwrap_or_else(|| DEFAULT_REGION.to_owned()),
            path_style: target.use_path_style.unwrap_or(false),
            insecure_skip_verify: self.insecure(),
            ca_cert: contents.ca_cert,
            credentials: contents.credentials.ok_or_else(no_keys)?,
        })
    }

    fn s3_contents(&self, data: &Data) -> Result<SecretContents, String> {
        let name = self.target.credentials_secret.as_deref().unwrap_or_default();
        SecretContents::read(data).map_err(|half| format!("Secret {name} has no key {half} {OWN}"))
    }

    fn gcs(&self) -> Result<gcs::Config, StoreAnswer> {
        let data = self.data();
        let ca_cert = data.as_ref().ok().and_then(|data| text(data, "caCert"));
        let emulator = self.target.endpoint.as_deref().is_some_and(gcs::is_emulator);
        let credentials = match self.from {
            _ if emulator => gcs::Credentials::Anonymous,
            CredentialsFrom::Env => gcs::Credentials::Environment,
            CredentialsFrom::Secret => {
                let json = text(&data.map_err(not_checked)?, "credentials.json");
                gcs::Credentials::Json(Sensitive::new(json.ok_or_else(|| self.no_key("credentials.json"))?))
            }
        };
        let endpoint = self.target.endpoint.clone();
        Ok(gcs::Config { endpoint, bucket: self.bucket()?, insecure_skip_verify: self.insecure(), ca_cert, credentials })
    }

    fn azure(&self) -> Result<azure::Config, StoreAnswer> {
        let data = self.data();
        let ca_cert = data.as_ref().ok().and_then(|data| text(data, "caCert"));
        let credentials = match self.from {
            CredentialsFrom::Env => azure::Credentials::Environment,
            CredentialsFrom::Secret => {
                let data = data.map_err(not_checked)?;
                let key = text(&data, "accountKey").map(|key| azure::Credentials::AccountKey(Sensitive::held(key)));
                let string =
                    || text(&data, "connectionString").map(|all| azure::Credentials::ConnectionString(Sensitive::new(all)));
                key.or_else(string).ok_or_else(|| self.no_key("accountKey or connectionString"))?
            }
        };
        let target = self.target;
        Ok(azure::Config {
            endpoint: target.endpoint.clone(),
            account: target.azure_account.clone(),
            container: target.azure_container.clone().map_or_else(|| self.bucket(), Ok)?,
            insecure_skip_verify: self.insecure(),
            ca_cert,
            credentials,
        })
    }

    fn bucket(&self) -> Result<String, StoreAnswer> {
        self.target.bucket.clone().ok_or_else(|| not_checked("no bucket is known"))
    }

    fn insecure(&self) -> bool {
        self.target.insecure_skip_verify.unwrap_or(false)
    }

    fn no_key(&self, key: &str) -> StoreAnswer {
        let name = self.target.credentials_secret.as_deref().unwrap_or_default();
        not_checked(format!("Secret {name} has no key {key} {OWN}"))
    }

    /// What the Secret holds, or why that is not known.
    fn data(&self) -> Result<Data, String> {
        let Some(name) = &self.target.credentials_secret else {
            let identity = if self.target.role_arn.is_some() { "" } else { ": the executor uses its pod's own identity" };
            return Err(format!("no credentials Secret{identity}{}", self.by_role()));
        };
        let Some(secret) = self.secret else {
            let why = self.evidence.secrets.get(name).and_then(Item::unknown).unwrap_or_else(|| "it does not exist".into());
            return Err(format!("Secret {name} was not read ({why}) {OWN}"));
        };
        let data = secret.get("data").map_or(Ok(Data::new()), |data| serde_json::from_value(data.clone()));
        data.map_err(|_| format!("Secret {name} is not readable {OWN}"))
    }

    /// The role is the executor's own, given to its ServiceAccount: nobody else can take it on.
    fn by_role(&self) -> String {
        match &self.target.role_arn {
            Some(role) => {
                format!(": the executor uses role {}; --credentials=env looks with your own", crate::api::text::clean(role))
            }
            None => format!(" {OWN}"),
        }
    }
}

/// A value as the executor reads it: white space around it is not part of it.
fn text(data: &Data, name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(&data.get(name)?.0).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn target(provider: &str) -> Target {
        Target {
            provider: Some(provider.to_owned()),
            bucket: Some("backups".into()),
            credentials_secret: Some("keys".into()),
            ..Target::default()
        }
    }

    /// The configuration with a Secret of these texts, or why there is none.
    fn with(target: &Target, from: CredentialsFrom, secret: Option<&[(&str, &str)]>) -> Result<Config, String> {
        let encoded = |text: &str| ByteString(text.as_bytes().to_vec());
        let data: Option<Data> =
            secret.map(|pairs| pairs.iter().map(|(name, text)| ((*name).to_owned(), encoded(text))).collect());
        let secret = data.map(|data| json!({ "data": data }));
        let evidence = Evidence::default();
        config(&Lookout { evidence: &evidence, target, secret: secret.as_ref(), from }).map_err(|answer| match answer {
            StoreAnswer::NotChecked { why } => why,
            other => format!("{other:?}"),
        })
    }

    #[test]
    fn the_secret_is_read_by_provider() {
        let Ok(Config::Gcs(found)) = with(&target("gcs"), CredentialsFrom::Secret, Some(&[("credentials.json", " {} \n")]))
        else {
            panic!("no bucket of Google's")
        };
        assert_eq!((found.bucket.as_str(), found.credentials), ("backups", gcs::Credentials::Json("{}".into())));
        let account = Target { azure_account: Some("acme".into()), ..target("azure") };
        let both = [("accountKey", "a2V5"), ("connectionString", "x"), ("caCert", "PEM")];
        let Ok(Config::Azure(found)) = with(&account, CredentialsFrom::Secret, Some(&both)) else { panic!("no container") };
        assert_eq!(found.credentials, azure::Credentials::AccountKey("a2V5".into()));
        assert_eq!((found.account.as_deref(), found.container.as_str()), (Some("acme"), "backups"));
        assert_eq!(found.ca_cert.as_deref(), Some("PEM"));
        let named = Target { azure_container: Some("other".into()), bucket: None, ..target("azure") };
        let Ok(Config::Azure(found)) = with(&named, CredentialsFrom::Secret, Some(&both[1..])) else { panic!("no container") };
        assert_eq!((found.container.as_str(), found.credentials), ("other", azure::Credentials::ConnectionString("x".into())));
    }

    #[test]
    fn what_is_missing_is_named() {
        let why = |target: &Target, secret: Option<&[(&str, &str)]>| {
            with(target, CredentialsFrom::Secret, secret).map(|_| ()).unwrap_err()
        };
        assert_eq!(why(&target("gcs"), Some(&[("accessKeyId", "x")])), format!("Secret keys has no key credentials.json {OWN}"));
        let neither = format!("Secret keys has no key accountKey or connectionString {OWN}");
        assert_eq!(why(&target("azure"), Some(&[("accountKey", " ")])), neither);
        assert_eq!(why(&target("s3"), Some(&[])), format!("the Secret holds no keys {OWN}"));
        assert_eq!(why(&target("s3"), Some(&[("accessKeyId", "x")])), format!("Secret keys has no key secretAccessKey {OWN}"));
        assert_eq!(why(&target("azure"), None), format!("Secret keys was not read (it does not exist) {OWN}"));
        assert_eq!(why(&target("ftp"), None), "provider ftp is not one of s3, gcs, azure");
        let none = Target { credentials_secret: None, ..target("gcs") };
        assert_eq!(why(&none, None), format!("no credentials Secret: the executor uses its pod's own identity {OWN}"));
        let role = Target { role_arn: Some("arn:aws:iam::1:role/x".into()), credentials_secret: None, ..target("s3") };
        let uses = "the executor uses role arn:aws:iam::1:role/x; --credentials=env looks with your own";
        assert_eq!(why(&role, None), format!("no credentials Secret: {uses}"));
    }

    #[test]
    fn nobody_signs_in_to_an_emulator_and_a_persons_own_needs_no_secret() {
        for endpoint in ["http://storage.svc", "https://fake-gcs-server.storage.svc:4443"] {
            let emulator = Target { endpoint: Some(endpoint.into()), credentials_secret: None, ..target("gcs") };
            let Ok(Config::Gcs(found)) = with(&emulator, CredentialsFrom::Secret, None) else { panic!("no bucket: {endpoint}") };
            assert_eq!(found.credentials, gcs::Credentials::Anonymous, "{endpoint}");
        }
        let found = with(&target("gcs"), CredentialsFrom::Env, None);
        assert!(matches!(found, Ok(Config::Gcs(gcs::Config { credentials: gcs::Credentials::Environment, .. }))), "{found:?}");
        let found = with(&target("azure"), CredentialsFrom::Env, None);
        assert!(
            matches!(found, Ok(Config::Azure(azure::Config { credentials: azure::Credentials::Environment, .. }))),
            "{found:?}"
        );
    }

    #[test]
    fn the_host_is_that_of_the_endpoint() {
        let at = |provider: &str, path_style: bool| {
            let endpoint = Some(" http://store.storage.svc:9000/account ".into());
            host(&Target { endpoint, use_path_style: Some(path_style), ..target(provider) })
        };
        assert_eq!(at("s3", false), Some(("backups.store.storage.svc".into(), 9000)));
        assert_eq!(at("s3", true), Some(("store.storage.svc".into(), 9000)));
        assert_eq!(at("azure", false), Some(("store.storage.svc".into(), 9000)));
        assert_eq!(host(&target("gcs")), None);
    }
}
