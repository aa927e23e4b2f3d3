//! The snapshot object as evidence: asked of the object store with the cluster's credentials or the person's own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::ByteString;
use serde_json::Value;

use crate::api::cluster::Target;
use crate::domain::evidence::{Evidence, Item, SnapshotObject, StoreAnswer};
use crate::remote::k8s::Kube;
use crate::remote::object_store::s3::{Config, Credentials, DEFAULT_REGION, SecretContents};
use crate::remote::object_store::{self, HeadOutcome, Store, StoreFailure, Trouble};
use crate::remote::tunnel::dial;

/// Whose credentials look at the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum CredentialsFrom {
    /// The Secret the restore will use: what the executor will be let into.
    #[default]
    Secret,
    /// The person's own environment (`AWS_…` variables, profiles).
    Env,
}

/// Looks at the object; every failure is an answer that says how much it proves.
pub async fn look(
    kube: &Kube,
    evidence: &Evidence,
    target: &Target,
    key: &str,
    secret: Option<&Value>,
    from: CredentialsFrom,
) -> StoreAnswer {
    if target.provider() != "s3" {
        return not_checked(format!("objects of provider {} are not looked at beforehand", target.provider()));
    }
    let Some(bucket) = target.bucket.clone() else { return not_checked("no bucket is known") };
    let contents = match (from, contents(evidence, target, secret)) {
        (CredentialsFrom::Env, contents) => {
            SecretContents { credentials: Some(Credentials::Environment), ..contents.unwrap_or_default() }
        }
        (CredentialsFrom::Secret, Ok(contents)) => contents,
        (CredentialsFrom::Secret, Err(why)) => return not_checked(format!("{why} (--credentials=env looks with your own)")),
    };
    let Some(credentials) = contents.credentials else {
        return not_checked("the Secret holds no keys (--credentials=env looks with your own)");
    };
    let config = Config {
        endpoint: target.endpoint.clone(),
        bucket,
        region: target.region.clone().unwrap_or_else(|| DEFAULT_REGION.to_owned()),
        path_style: target.use_path_style.unwrap_or(false),
        insecure_skip_verify: target.insecure_skip_verify.unwrap_or(false),
        ca_cert: contents.ca_cert,
        credentials,
    };
    let limit = kube.deadline().max(Duration::from_secs(1));
    let dial = Arc::new(dial::Cluster::new(kube.client().clone(), limit));
    match Store::s3(config, dial) {
        Ok(store) => answer(object_store::head(&store, key, limit).await, from),
        Err(failure) => not_checked(failure.cause),
    }
}

fn not_checked(why: impl Into<String>) -> StoreAnswer {
    StoreAnswer::NotChecked { why: why.into() }
}

/// What the Secret holds, or why that is not known.
fn contents(evidence: &Evidence, target: &Target, secret: Option<&Value>) -> Result<SecretContents, String> {
    let Some(name) = &target.credentials_secret else {
        return Err("no credentials Secret: the executor uses its pod's own identity".into());
    };
    let Some(secret) = secret else {
        let why = evidence.secrets.get(name).and_then(Item::unknown).unwrap_or_else(|| "it does not exist".into());
        return Err(format!("Secret {name} was not read ({why})"));
    };
    let data: BTreeMap<String, ByteString> = secret
        .get("data")
        .map_or(Ok(BTreeMap::new()), |d| serde_json::from_value(d.clone()))
        .map_err(|_| format!("Secret {name} is not readable"))?;
    SecretContents::read(&data).map_err(|half| format!("Secret {name} has no key {half}"))
}

/// How much a failure proves: with the executor's own credentials a refusal is a refusal for it too.
fn answer(outcome: HeadOutcome, from: CredentialsFrom) -> StoreAnswer {
    match outcome {
        Ok(head) => {
            StoreAnswer::Found { object: SnapshotObject { size: head.size, etag: head.etag, last_modified: head.last_modified } }
        }
        Err(StoreFailure { trouble: Trouble::KeyMissing, .. }) => StoreAnswer::NoSuchKey,
        Err(StoreFailure { trouble: Trouble::BucketMissing, .. }) => StoreAnswer::NoSuchBucket,
        Err(failure) => {
            let refused = matches!(failure.trouble, Trouble::AccessDenied | Trouble::BadCredentials | Trouble::WrongRegion(_));
            let why = match &failure.server {
                Some(server) => format!("{} ({server})", failure.cause),
                None => failure.cause.clone(),
            };
            if refused && from == CredentialsFrom::Secret { StoreAnswer::Denied { why } } else { not_checked(why) }
        }
    }
}
