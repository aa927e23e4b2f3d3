//! Object stores that hold snapshots: what is there, how big is it, and its bytes.
//!
//! Credentials come from the cluster's Secret or the person's own environment; an endpoint inside the cluster is
//! reached through a port-forward. Nothing here writes.

pub mod azure;
mod connection;
mod endpoint;
mod failures;
pub mod gcs;
mod http;
mod listing;
mod reading;
mod rest;
pub mod s3;
#[cfg(test)]
mod script;
mod tokens;
mod xml;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ::http::StatusCode;
use bytes::Bytes;
use jiff::Timestamp;

pub use self::listing::{Answer, Ask, Listed, PAGE};
use self::reading::{Part, Range};
pub use self::reading::{RESUMES, Reading, open};
use super::tunnel::dial::Dial;

/// How much of an object's start [`head_bytes`] reads: enough for a snapshot's metadata, whatever wrote it.
pub const HEAD_BYTES: usize = 16 * 1024;

/// A place that holds snapshots. Clones share their connection.
#[derive(Clone)]
pub enum Store {
    /// S3, or something that speaks its protocol.
    S3(Arc<s3::S3>),
    /// Google Cloud Storage.
    Gcs(Arc<gcs::Gcs>),
    /// Azure Blob Storage.
    Azure(Arc<azure::Azure>),
}

/// Where the snapshots of a target are, and how to get in.
#[derive(Debug, Clone)]
pub enum Config {
    /// A bucket of S3, or of something that speaks its protocol.
    S3(s3::Config),
    /// A bucket of Google Cloud Storage.
    Gcs(gcs::Config),
    /// A container of Azure Blob Storage.
    Azure(azure::Config),
}

impl Config {
    /// Whether the store's certificate is not checked, because the cluster or a flag says so.
    pub fn is_unverified(&self) -> bool {
        match self {
            Config::S3(config) => config.insecure_skip_verify,
            Config::Gcs(config) => config.insecure_skip_verify,
            Config::Azure(config) => config.insecure_skip_verify,
        }
    }
}

impl Store {
    /// A bucket of an S3 store; `dial` decides how its host is reached.
    ///
    /// # Errors
    /// When the endpoint is not a URL that can be used, or the CA bundle is not PEM.
    pub fn s3(config: s3::Config, dial: Arc<dyn Dial>) -> Result<Store, StoreFailure> {
        Ok(Store::S3(Arc::new(s3::S3::new(config, dial)?)))
    }

    /// The store of any configuration.
    ///
    /// # Errors
    /// When the endpoint is not a URL that can be used, the CA bundle is not PEM, or no account is known.
    pub fn open(config: Config, dial: Arc<dyn Dial>) -> Result<Store, StoreFailure> {
        Ok(match config {
            Config::S3(config) => return Store::s3(config, dial),
            Config::Gcs(config) => Store::Gcs(Arc::new(gcs::Gcs::new(config, dial)?)),
            Config::Azure(config) => Store::Azure(Arc::new(azure::Azure::new(config, dial)?)),
        })
    }

    /// Whether a list may begin behind any key without the ones before it being read: Azure has no such request.
    pub fn lists_from_anywhere(&self) -> bool {
        !matches!(self, Store::Azure(_))
    }

    /// What was being waited for, for a deadline that passed.
    fn waiting_for(&self) -> String {
        match self {
            Store::S3(s3) => s3.waiting_for(),
            Store::Gcs(gcs) => gcs.waiting_for(),
            Store::Azure(azure) => azure.waiting_for(),
        }
    }

    /// The object from a byte on; `None` when it has no such byte.
    async fn part(&self, key: &str, range: Range<'_>) -> Result<Option<Part>, StoreFailure> {
        match self {
            Store::S3(s3) => s3.part(key, range).await,
            Store::Gcs(gcs) => gcs.part(key, range).await,
            Store::Azure(azure) => azure.part(key, range).await,
        }
    }
}

/// What is known of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectHead {
    /// The size in bytes.
    pub size: u64,
    /// The entity tag, in quotes: it changes when the content does. `None` as well when it is not printable ASCII.
    pub etag: Option<String>,
    /// When it was last written.
    pub last_modified: Option<Timestamp>,
}

/// The object, or why it is not known.
pub type HeadOutcome = Result<ObjectHead, StoreFailure>;

/// The kind of a failure: what decides between "the restore cannot work" and "not checked".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The bucket exists and the object does not.
    KeyMissing,
    /// The bucket does not exist.
    BucketMissing,
    /// The credentials are known and have no right to this.
    AccessDenied,
    /// The bucket is elsewhere; the right region when the store says it.
    WrongRegion(Option<String>),
    /// The key id, the secret or the session token is wrong.
    BadCredentials,
    /// The signature came too early or too late.
    ClockSkew,
    /// The object is not the one any more that was looked at before: replaced, or removed.
    Changed,
    /// There are no credentials to sign with.
    NoCredentials,
    /// The endpoint or the CA bundle cannot be used at all.
    Endpoint,
    /// No connection came about.
    Unreachable,
    /// The way through the API server is not permitted.
    TunnelForbidden,
    /// The server's certificate is not acceptable, or it speaks no TLS.
    Tls,
    /// The deadline passed.
    TimedOut,
    /// The store itself failed: this HTTP status, twice.
    Server(u16),
    /// Something else.
    Other,
}

/// Why an object could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFailure {
    /// The kind.
    pub trouble: Trouble,
    /// The cause in words, one line.
    pub cause: String,
    /// What the store said itself (code and message), cleaned.
    pub server: Option<String>,
}

impl StoreFailure {
    fn new(trouble: Trouble, cause: impl Into<String>) -> Self {
        StoreFailure { trouble, cause: cause.into(), server: None }
    }
}

impl fmt::Display for StoreFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

impl std::error::Error for StoreFailure {}

/// Looks at an object without reading it. Never takes longer than the deadline.
///
/// # Errors
/// Every failure is an answer of its own kind: see [`Trouble`].
pub async fn head(store: &Store, key: &str, deadline: Duration) -> HeadOutcome {
    match store {
        Store::S3(s3) => within(deadline, store, s3.head(key)).await,
        Store::Gcs(gcs) => within(deadline, store, gcs.head(key)).await,
        Store::Azure(azure) => within(deadline, store, azure.head(key)).await,
    }
}

/// The object's first bytes, at most [`HEAD_BYTES`]. Never takes longer than the deadline.
///
/// # Errors
/// As [`head`].
pub async fn head_bytes(store: &Store, key: &str, deadline: Duration) -> Result<Bytes, StoreFailure> {
    range(store, key, 0, HEAD_BYTES, None, deadline).await
}

/// At most `length` bytes of the object from byte `from` on; fewer, or none, where it ends before. With an entity tag
/// only of the object that has it. Never takes longer than the deadline; a connection that breaks is tried once more.
///
/// # Errors
/// As [`head`]; [`Trouble::Changed`] when the entity tag is another one now.
pub async fn range(
    store: &Store,
    key: &str,
    from: u64,
    length: usize,
    etag: Option<&str>,
    deadline: Duration,
) -> Result<Bytes, StoreFailure> {
    let once = || reading::range(store, key, Range { from, length: Some(length), etag });
    let twice = async {
        match once().await {
            Err(StoreFailure { trouble: Trouble::Unreachable, .. }) => once().await,
            outcome => outcome,
        }
    };
    within(deadline, store, twice).await
}

/// One page of the bucket's keys: by one request, or as many as it takes to fill it where a store's own pages end early.
/// Never takes longer than the deadline.
///
/// # Errors
/// As [`head`]; a refusal names the permission that is missing.
pub async fn page(store: &Store, ask: &Ask, deadline: Duration) -> Result<Answer, StoreFailure> {
    match store {
        Store::S3(s3) => within(deadline, store, s3.page(ask)).await,
        Store::Gcs(gcs) => within(deadline, store, gcs.page(ask)).await,
        Store::Azure(azure) => within(deadline, store, azure.page(ask)).await,
    }
}

async fn within<T>(
    deadline: Duration,
    store: &Store,
    work: impl Future<Output = Result<T, StoreFailure>>,
) -> Result<T, StoreFailure> {
    match tokio::time::timeout(deadline, work).await {
        Ok(result) => result,
        Err(_) => {
            let limit = deadline.as_secs_f32();
            let what = store.waiting_for();
            Err(StoreFailure::new(Trouble::TimedOut, format!("{what} within {limit:.1} s")))
        }
    }
}

/// What an HTTP status says when the store gave no code with it.
fn by_status(status: StatusCode) -> Trouble {
    match status.as_u16() {
        301 | 307 | 308 => Trouble::WrongRegion(None),
        401 | 403 => Trouble::AccessDenied,
        404 => Trouble::KeyMissing,
        412 => Trouble::Changed,
        code @ (429 | 500..) => Trouble::Server(code),
        _ => Trouble::Other,
    }
}
