//! What the executor needs: a login, the object store with its credentials, an image, the snapshot itself.

use super::{Check, Grade, Subject, check};
use crate::api::generation::Tag;
use crate::api::names::{DEFAULT_RESTORE_ROLE, SnapshotKey};
use crate::api::restore::Phase;
use crate::api::text::clean;
use crate::api::workload::SecretFacts;
use crate::domain::archive::Verdict;
use crate::domain::archive::head::Looks;
use crate::domain::evidence::{Contents, Evidence, Item, StoreAnswer};
use crate::domain::restore::doubt::log_findings;
use crate::domain::restore::endpoint;
use crate::domain::status::newest_first;

pub(super) fn login(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    if let Some(role) = &subject.request.jwt_auth_role {
        return check("login", Grade::Pass, format!("login: role {}", clean(role)));
    }
    if let Some(secret) = &subject.request.token_secret {
        return token_secret(evidence, subject, secret);
    }
    if subject.cluster.spec.oidc {
        return check("login", Grade::Pass, format!("login: role {DEFAULT_RESTORE_ROLE} (from self-init)"));
    }
    check("login", Grade::Fail, "no way to log in: the cluster has no OIDC self-init, and neither a role nor a token is given")
        .hint("--jwt-role ROLE (or --token-secret NAME)")
}

/// The login was well and the restore refused all the same: the next one is too, until the policy is corrected (F§6.3).
pub(super) fn refused_before(evidence: &Evidence) -> Option<Check> {
    let last = newest_first(evidence.restores.each()).into_iter().next().filter(|r| r.phase == Phase::Failed)?;
    let findings = log_findings(evidence, last);
    findings.cause().filter(|cause| cause.code == "restore-log-forbidden").map(|_| {
        let text = format!("the last restore, {}, was refused by OpenBao (HTTP 403): its role's policy", clean(&last.meta.name));
        check("login", Grade::Warn, text)
            .hint("policy openbao-operator-restore must allow update on sys/storage/raft/snapshot-force, unforced from 0.5 on sys/storage/raft/snapshot")
    })
}

fn token_secret(evidence: &Evidence, subject: &Subject<'_>, name: &str) -> Check {
    let secret = match secret(evidence, "token-secret", name) {
        Ok(secret) => secret,
        Err(check) => return check,
    };
    if !secret.keys.contains("token") {
        return check("token-secret", Grade::Fail, format!("Secret {} has no key token", clean(name)));
    }
    let wanted = [("openbao.org/cluster", subject.request.cluster.as_str()), ("openbao.org/credential-purpose", "restore-token")];
    let missing: Vec<String> =
        wanted.iter().filter(|(l, v)| secret.meta.label(l) != *v).map(|(l, v)| format!("{l}={v}")).collect();
    if evidence.generation.wants_token_labels() && !missing.is_empty() {
        let grade = if evidence.generation.may_be_at_most(Tag::V01) { Grade::Warn } else { Grade::Fail };
        return check("token-secret", grade, format!("Secret {} lacks the labels {}", clean(name), missing.join(", ")));
    }
    check("token-secret", Grade::Pass, format!("login: token of Secret {}", clean(name)))
}

/// A Secret that must be there: its facts, or the check that says why not.
fn secret<'a>(evidence: &'a Evidence, code: &str, name: &str) -> Result<&'a SecretFacts, Check> {
    if is_system_secret(name) {
        return Err(check(code, Grade::Fail, format!("Secret {} is a system Secret: admission refuses it", clean(name)))
            .hint("copy what is needed into another Secret"));
    }
    match evidence.secrets.get(name) {
        Some(Item::Present { value }) => Ok(value),
        Some(Item::Absent) => {
            Err(check(code, Grade::Fail, format!("Secret {} does not exist in namespace {}", clean(name), evidence.namespace))
                .hint(format!("which there are: kubectl -n {} get secrets", evidence.namespace)))
        }
        other => {
            let why = other.and_then(Item::unknown).unwrap_or_else(|| "not looked at".into());
            Err(check(code, Grade::Unknown, format!("Secret {} was not checked ({})", clean(name), clean(&why))))
        }
    }
}

/// Names that admission refuses (F§7.3): `^.*-(unseal-key|root-token|tls-ca|tls-server)$`.
fn is_system_secret(name: &str) -> bool {
    ["-unseal-key", "-root-token", "-tls-ca", "-tls-server"].iter().any(|end| name.ends_with(end))
}

pub(super) fn storage_secret(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    let Some(name) = &subject.target.credentials_secret else {
        let by = if subject.target.role_arn.is_some() || subject.target.workload_identity.is_some() {
            "a cloud identity"
        } else {
            "whatever identity its pod has"
        };
        let grade = if by == "a cloud identity" { Grade::Pass } else { Grade::Warn };
        return check("storage-secret", grade, format!("no credentials Secret: the Job reaches the bucket by {by}"));
    };
    let secret = match secret(evidence, "storage-secret", name) {
        Ok(secret) => secret,
        Err(check) => return check,
    };
    let verdict = secret_keys(secret, subject.target.provider(), &clean(name));
    match verdict.grade {
        Grade::Pass => verdict,
        _ => verdict.hint(format!("the keys it has: kubectl -n {} describe secret {}", evidence.namespace, clean(name))),
    }
}

/// Whether a Secret has the keys that the executor reads for this provider (F§7.3).
fn secret_keys(secret: &SecretFacts, provider: &str, name: &str) -> Check {
    let has = |key: &str| secret.keys.contains(key);
    match provider {
        "gcs" if has("credentials.json") => check("storage-secret", Grade::Pass, format!("Secret {name} has credentials.json")),
        "gcs" => check("storage-secret", Grade::Fail, format!("Secret {name} has no key credentials.json")),
        "azure" if has("accountKey") || has("connectionString") => {
            check("storage-secret", Grade::Pass, format!("Secret {name} has an account key or connection string"))
        }
        "azure" => check("storage-secret", Grade::Fail, format!("Secret {name} has neither accountKey nor connectionString")),
        _ => match (has("accessKeyId"), has("secretAccessKey")) {
            (true, true) => check("storage-secret", Grade::Pass, format!("Secret {name} has access key and secret key")),
            (true, false) => check("storage-secret", Grade::Fail, format!("Secret {name} has no key secretAccessKey")),
            (false, true) => check("storage-secret", Grade::Fail, format!("Secret {name} has no key accessKeyId")),
            (false, false) => {
                check("storage-secret", Grade::Fail, format!("Secret {name} has neither accessKeyId nor secretAccessKey"))
            }
        },
    }
}

pub(super) fn target_endpoint(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    if subject.target.bucket.is_none() {
        return check("target", Grade::Fail, "no bucket is known: the cluster has no spec.backup.target and none was given")
            .hint("--bucket NAME --endpoint URL …, or --from-file");
    }
    if !matches!(subject.target.provider(), "s3" | "gcs" | "azure") {
        return check(
            "target",
            Grade::Fail,
            format!("provider {} is not one of s3, gcs, azure", clean(subject.target.provider())),
        );
    }
    match subject.target.endpoint.as_deref() {
        None if subject.target.provider() == "s3" && evidence.generation.requires_endpoint() => {
            check("target", Grade::Fail, "no endpoint is known and this generation requires one for S3")
                .hint("--endpoint https://s3.REGION.amazonaws.com")
        }
        None => check("target", Grade::Pass, "target without an endpoint: the provider's own"),
        Some(url) => match endpoint::refused(url, &evidence.generation) {
            Some(why) => check("target", Grade::Fail, format!("endpoint {}: {why}", clean(url))),
            None => check("target", Grade::Pass, format!("endpoint {} passes the admission rules", clean(url))),
        },
    }
}

pub(super) fn hardened(subject: &Subject<'_>) -> Option<Check> {
    if subject.cluster.spec.profile.as_deref() != Some("Hardened") {
        return None;
    }
    if subject.cluster.spec.egress_rules == 0 {
        return Some(
            check(
                "hardened",
                Grade::Fail,
                "profile Hardened without spec.network.egressRules: the Job could not reach the object store",
            )
            .hint("add an egress rule for the endpoint to the cluster first"),
        );
    }
    let identity = subject.target.credentials_secret.is_some()
        || subject.target.role_arn.is_some()
        || subject.target.workload_identity.is_some();
    Some(if identity {
        check("hardened", Grade::Pass, "profile Hardened: egress rules and a storage identity are set")
    } else {
        check("hardened", Grade::Warn, "profile Hardened without a storage identity: the executor may be refused")
    })
}

pub(super) fn image(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    match subject.image {
        Some(image) => check("image", Grade::Pass, format!("executor image {}", clean(image))),
        None if evidence.generation.needs_image() => {
            let text = format!("no executor image is known: the restore would {}", subject.fails());
            check("image", Grade::Fail, text).hint("--image IMAGE")
        }
        // The operator takes it before its own (F§3.1).
        None => match subject.cluster.spec.backup.as_ref().and_then(|b| b.image.as_deref()) {
            Some(image) => check("image", Grade::Pass, format!("executor image {} (of the cluster's backups)", clean(image))),
            None => check("image", Grade::Pass, "executor image: the operator's own"),
        },
    }
}

/// A genuine snapshot (a gzipped tar of metadata, state and checksums) was never seen below a kilobyte; less than this
/// cannot hold the three entries.
const SMALLEST: u64 = 512;
/// Largest snapshot NEXT restores (F§4.4).
const NEXT_LIMIT: u64 = 8 << 30;

/// What else there is.
fn other_snapshot(subject: &Subject<'_>) -> String {
    format!("what is there: kubectl openbao snapshots list {} -n {}", subject.request.cluster, subject.request.namespace)
}

/// None where there is nothing to look for: the missing bucket has its own check.
pub(super) fn snapshot_object(evidence: &Evidence, subject: &Subject<'_>) -> Option<Check> {
    let unasked = matches!(evidence.snapshot, StoreAnswer::NotChecked { .. }) && subject.target.bucket.is_none();
    (!unasked).then(|| object(evidence, subject))
}

fn object(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    const CODE: &str = "snapshot-object";
    let key = clean(&subject.request.key);
    let bucket = clean(subject.target.bucket.as_deref().unwrap_or("?")).into_owned();
    match &evidence.snapshot {
        StoreAnswer::Found { object } if object.size < SMALLEST => {
            let text = format!("object {key} has {} bytes: too small to be a snapshot", object.size);
            check(CODE, Grade::Fail, text).hint(other_snapshot(subject))
        }
        StoreAnswer::Found { object } if object.size > NEXT_LIMIT && evidence.generation.success_looks_unknown() => {
            check(CODE, Grade::Fail, format!("object {key} has {} bytes; this generation restores at most 8 GiB", object.size))
                .hint(other_snapshot(subject))
        }
        StoreAnswer::Found { object } => {
            let etag = object.etag.as_deref().map_or(String::new(), |e| format!(", ETag {}", clean(e)));
            check(CODE, Grade::Pass, format!("bucket {bucket}: object exists, {} bytes{etag}", object.size))
        }
        StoreAnswer::NoSuchKey => check(CODE, Grade::Fail, format!("object {key} does not exist in bucket {bucket}"))
            .hint(format!("the key is the full path in the bucket; {}", other_snapshot(subject))),
        StoreAnswer::NoSuchBucket => {
            check(CODE, Grade::Fail, format!("bucket {bucket} does not exist (the executor would create it, empty)"))
                .hint("--bucket NAME --endpoint URL says where the snapshot really is")
        }
        StoreAnswer::Denied { why } => {
            let look = match subject.target.credentials_secret.as_deref() {
                Some(name) => format!("the Secret: kubectl -n {} describe secret {}", evidence.namespace, clean(name)),
                None => format!("with your own rights: kubectl openbao snapshots list {} --credentials=env", subject.place()),
            };
            check(CODE, Grade::Fail, format!("bucket {bucket}: {}", clean(why)))
                .hint(format!("the executor would be refused in the same way: check the bucket's policy, and {look}"))
        }
        StoreAnswer::NotChecked { why } => {
            check(CODE, Grade::Unknown, format!("the object in bucket {bucket} was not checked: {}", clean(why)))
        }
    }
}

/// What the object's bytes told, when they were looked into.
pub(super) fn snapshot_contents(evidence: &Evidence, subject: &Subject<'_>) -> Option<Check> {
    const CODE: &str = "snapshot-contents";
    let StoreAnswer::Found { object } = &evidence.snapshot else { return None };
    Some(match object.contents.as_ref()? {
        Contents::Unread { why } => check(CODE, Grade::Unknown, format!("the snapshot was not looked into: {}", clean(why))),
        Contents::Head { head } => {
            let grade = if head.looks == Looks::Complete { Grade::Pass } else { Grade::Fail };
            let index = head.facts.meta.as_ref().map_or(String::new(), |meta| format!(", Raft index {}", meta.index));
            let text = format!("{}{index}; only its beginning was read", clean(&head.summary));
            refuted(check(CODE, grade, text), subject)
        }
        Contents::Whole { report, .. } => {
            let forced = subject.request.force || subject.request.override_lock;
            let grade = match report.verdict {
                Verdict::Ok => Grade::Pass,
                Verdict::UnsealedSums if forced => Grade::Warn,
                _ => Grade::Fail,
            };
            let text = format!("read to its last byte: {} ({})", report.verdict.as_str(), clean(&report.summary));
            refuted(check(CODE, grade, text), subject)
        }
    })
}

fn refuted(check: Check, subject: &Subject<'_>) -> Check {
    if check.grade == Grade::Fail { check.hint(other_snapshot(subject)) } else { check }
}

pub(super) fn snapshot_name(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    let Some(key) = SnapshotKey::parse(&subject.request.key) else {
        return check(
            "snapshot-key",
            Grade::Warn,
            "the key is not of the operator's form: neither its age nor its cluster can be read from it",
        );
    };
    if key.taken_at > evidence.observed_at {
        return check(
            "snapshot-key",
            Grade::Warn,
            format!("the key's time {} lies in the future: a clock is wrong", key.taken_at),
        );
    }
    check("snapshot-key", Grade::Pass, format!("{} snapshot, {} old by its key", key.kind.as_str(), evidence.ago(key.taken_at)))
}
