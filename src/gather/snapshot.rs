//! The snapshot object as evidence: asked of the object store with the cluster's credentials or the person's own.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::Value;

use super::store::{self, Lookout, not_checked};
use super::verification::{self, Progress};
use crate::api::cluster::Target;
use crate::domain::archive::head::{HEAD, TAIL, head, is_stored};
use crate::domain::evidence::{Contents, Evidence, SnapshotObject, StoreAnswer};
use crate::remote::k8s::Kube;
use crate::remote::object_store::{self, HeadOutcome, Store, StoreFailure, Trouble};
use crate::remote::tunnel::dial;

/// Whose credentials look at the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum CredentialsFrom {
    /// The Secret the restore will use: what the executor will be let into.
    #[default]
    Secret,
    /// The person's own environment, as the tools of the store's provider find it (variables, profiles, sign-ins).
    Env,
}

/// How far an object is looked into before a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Depth {
    /// Not at all: only whether it is there.
    #[default]
    None,
    /// Its first 16 KiB.
    Head,
    /// To its last byte.
    Full,
}

/// Objects up to this size are read whole where nothing else was asked for, unless `--verify-limit` says another one
/// (bytes): a few seconds on a slow line.
pub const READ_WHOLE_UP_TO: u64 = 64_000_000;

/// What a person is told, once, where the cluster or a flag says that the store's certificate is not checked.
pub const UNVERIFIED: &str = "Warning: the store's certificate is not verified (insecureSkipVerify)";

/// A way to the snapshot objects of one target, kept from the plan to the look before the write: the second look
/// needs no credentials and no search, so it can go out beside everything else.
pub struct Way {
    kube: Kube,
    dial: dial::Cluster,
    limit: Duration,
    from: CredentialsFrom,
    store: OnceLock<Result<Store, StoreAnswer>>,
    depth: Depth,
    /// Up to which size everything is read, whatever the depth.
    whole_up_to: u64,
    /// What was found in the object of this tag and size: a second look reads nothing again.
    inside: OnceLock<(Option<String>, u64, Contents)>,
    progress: Arc<Progress>,
}

impl Way {
    /// A way through this API server, not yet known.
    pub fn new(kube: &Kube, from: CredentialsFrom) -> Way {
        let limit = kube.deadline().max(Duration::from_secs(1));
        Way {
            kube: kube.clone(),
            dial: dial::Cluster::new(kube.client().clone(), limit),
            limit,
            from,
            store: OnceLock::new(),
            depth: Depth::None,
            whole_up_to: 0,
            inside: OnceLock::new(),
            progress: Arc::default(),
        }
    }

    /// The same, looking into the object too: whole up to a size, else as deep as this.
    #[must_use]
    pub fn into_depth(self, depth: Depth, whole_up_to: u64) -> Way {
        Way { depth, whole_up_to, ..self }
    }

    /// How many bytes were read of an object that is read whole.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Finds the pod behind a target's endpoint, where that is inside the cluster.
    pub async fn find(&self, target: &Target) {
        if let Some((host, port)) = store::host(target) {
            self.dial.find(&host, port).await;
        }
    }

    /// Settles the target and the credentials, the first time it is called.
    pub fn settle(&self, evidence: &Evidence, target: &Target, secret: Option<&Value>) {
        self.store.get_or_init(|| {
            let config = store::config(&Lookout { evidence, target, secret, from: self.from })?;
            if config.is_unverified() {
                self.kube.note(UNVERIFIED.to_owned());
            }
            Store::open(config, Arc::new(self.dial.clone())).map_err(|failure| not_checked(failure.cause))
        });
    }

    /// How long one request may take.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// The store, once it was settled.
    ///
    /// # Errors
    /// Why it cannot be asked.
    pub fn store(&self) -> Result<&Store, &StoreAnswer> {
        const NOT_SETTLED: &StoreAnswer = &StoreAnswer::NotChecked { why: String::new() };
        self.store.get().map_or(Err(NOT_SETTLED), Result::as_ref)
    }

    /// Looks at the object; every failure is an answer that says how much it proves.
    pub async fn look(&self, key: &str) -> StoreAnswer {
        let store = match self.store.get() {
            Some(Ok(store)) => store,
            Some(Err(answer)) => return answer.clone(),
            None => return StoreAnswer::default(),
        };
        let mut found = answer(object_store::head(store, key, self.limit).await, self.from);
        if let StoreAnswer::Found { object } = &mut found {
            self.look_into(store, key, object).await;
        }
        found
    }

    async fn look_into(&self, store: &Store, key: &str, object: &mut SnapshotObject) {
        let whole = self.depth == Depth::Full || (self.depth == Depth::Head && object.size <= self.whole_up_to);
        if self.depth == Depth::None {
            return;
        }
        let known = self.inside.get().filter(|(etag, size, _)| (etag, size) == (&object.etag, &object.size));
        let contents = match known {
            Some((_, _, contents)) => contents.clone(),
            None if whole => self.whole(store, key).await,
            None => self.head(store, key, object.size, object.etag.as_deref()).await,
        };
        // Only the first object is kept: another one under the same key is another plan.
        let _ = self.inside.set((object.etag.clone(), object.size, contents.clone()));
        object.version = match &contents {
            Contents::Head { head } => head.facts.openbao_version.clone(),
            Contents::Whole { report, .. } => report.facts.openbao_version.clone(),
            Contents::Unread { .. } => None,
        };
        object.contents = Some(contents);
    }

    async fn whole(&self, store: &Store, key: &str) -> Contents {
        let reading = match object_store::open(store, key).await {
            Ok(reading) => reading,
            Err(failure) => return unread_contents(&failure),
        };
        match verification::of_object(reading, self.progress.clone()).await {
            Ok(Some(found)) => Contents::Whole { report: Box::new(found.report), sha256: found.sha256 },
            Ok(None) => Contents::Unread { why: "a check ended unexpectedly".into() },
            Err(failure) => unread_contents(&failure),
        }
    }

    /// What the first bytes of an object of this size and tag tell, and the last ones where they are readable.
    pub async fn head(&self, store: &Store, key: &str, size: u64, etag: Option<&str>) -> Contents {
        let first = match object_store::range(store, key, 0, HEAD, etag, self.limit).await {
            Ok(first) => first,
            Err(failure) => return unread_contents(&failure),
        };
        let from = size.saturating_sub(TAIL as u64);
        let last = match is_stored(&first) && size > HEAD as u64 {
            // Without its end only the seal's key is not known.
            true => object_store::range(store, key, from, TAIL, etag, self.limit).await.ok(),
            false => None,
        };
        Contents::Head { head: Box::new(head(&first, size, last.as_deref())) }
    }
}

fn unread_contents(failure: &StoreFailure) -> Contents {
    Contents::Unread { why: failure.cause.clone() }
}

/// How much a failure proves: with the executor's own credentials a refusal is a refusal for it too.
fn answer(outcome: HeadOutcome, from: CredentialsFrom) -> StoreAnswer {
    match outcome {
        Ok(head) => StoreAnswer::Found {
            object: SnapshotObject {
                size: head.size,
                etag: head.etag,
                last_modified: head.last_modified,
                ..SnapshotObject::default()
            },
        },
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
