//! Preflight: everything the operator checks too late, checked before anything is sent.
//!
//! On every generation the operator clears the lock *before* it validates the rest (F§4.1), so a restore that would
//! fail there has already done harm. A `Fail` here refuses the plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::endpoint;
use super::request::Request;
use crate::api::cluster::{Cluster, Target};
use crate::api::generation::Tag;
use crate::api::names::{self, DEFAULT_RESTORE_ROLE, SnapshotKey};
use crate::api::restore::{Phase, Restore};
use crate::api::text::{age, clean};
use crate::api::workload::{Pod, SecretFacts};
use crate::domain::evidence::{Evidence, Item, Permission, StoreAnswer};
use crate::domain::lock::{LockFinding, Verdict};
use crate::exit::Exit;

/// Result of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// As it should be.
    Pass,
    /// Possible, but look.
    Warn,
    /// Refuses the plan.
    Fail,
    /// Could not be checked, with the reason.
    Unknown,
}

/// One check of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// Stable code.
    pub code: String,
    /// Result.
    pub grade: Grade,
    /// One line for people.
    pub text: String,
    /// What to do, when it is not a pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Every code a check can have; `docs/checks.md` explains each (a test compares the two).
pub const CODES: &[&str] = &[
    "cluster",
    "schema",
    "lock",
    "other-restores",
    "break-glass",
    "state",
    "servers",
    "operator",
    "login",
    "token-secret",
    "storage-secret",
    "target",
    "hardened",
    "image",
    "snapshot-object",
    "snapshot-key",
    "permission",
    "name",
];

fn check(code: &str, grade: Grade, text: impl Into<String>) -> Check {
    debug_assert!(CODES.contains(&code), "{code} is not listed");
    Check { code: code.into(), grade, text: text.into(), hint: None }
}

impl Check {
    fn hint(mut self, hint: impl Into<String>) -> Check {
        self.hint = Some(hint.into());
        self
    }

    /// The exit code a refusal for this check gives.
    pub fn exit(&self) -> Exit {
        match self.code.as_str() {
            "permission" => Exit::NotPermitted,
            "cluster" | "snapshot-object" | "storage-secret" | "token-secret" if self.text.contains("does not exist") => {
                Exit::NotFound
            }
            _ => Exit::Refused,
        }
    }
}

/// What the checks look at besides the evidence.
pub struct Subject<'a> {
    /// What was asked for.
    pub request: &'a Request,
    /// The merged target.
    pub target: &'a Target,
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The lock and its verdict.
    pub lock: Option<&'a LockFinding>,
    /// The image that would be named, if any.
    pub image: Option<&'a str>,
    /// Wanted fields the live schema lacks.
    pub lacking: &'a [String],
}

/// Which permissions a restore by this request needs, in the order they are shown.
///
/// From 0.4 the admission policy asks for the custom verb `restore`, for `get` on every referenced Secret and for
/// more where cloud identities or own images are used (F§8.1).
pub fn permissions(request: &Request, target: &Target, from_v04: bool) -> Vec<Permission> {
    let mut all = vec![
        Permission::on("create", "openbao.org", "openbaorestores"),
        Permission::on("get", "openbao.org", "openbaorestores"),
        Permission::on("list", "batch", "jobs"),
        Permission::on("list", "", "pods"),
        Permission::on("get", "", "pods/log"),
    ];
    if from_v04 {
        let cluster = |verb: &str| Permission::on(verb, "openbao.org", "openbaoclusters").named(&request.cluster);
        all.push(cluster("restore"));
        if target.role_arn.is_some() || target.workload_identity.is_some() {
            all.push(cluster("usecloudidentities"));
        }
        for secret in [&target.credentials_secret, &request.token_secret].into_iter().flatten() {
            all.push(Permission::on("get", "", "secrets").named(secret));
        }
    }
    all
}

/// Permissions without which the API server would refuse the request; the others only cost sight.
fn is_needed(permission: &Permission) -> bool {
    !matches!(permission.verb.as_str(), "list")
        && permission.resource != "pods/log"
        && !(permission.verb == "get" && permission.resource == "openbaorestores")
}

/// Runs every check.
pub fn run(evidence: &Evidence, subject: &Subject<'_>) -> Vec<Check> {
    let mut all = vec![cluster_exists(evidence, subject), schema(evidence, subject), lock(evidence, subject)];
    all.extend(other_restores(evidence));
    all.extend(state(evidence, subject));
    all.push(servers(evidence, subject));
    all.push(operator(evidence));
    all.push(login(evidence, subject));
    all.push(storage_secret(evidence, subject));
    all.push(target_endpoint(evidence, subject));
    all.extend(hardened(subject));
    all.push(image(evidence, subject));
    all.push(snapshot_object(evidence, subject));
    all.push(snapshot_name(evidence, subject));
    all.push(permission(evidence, subject));
    all.extend(
        names::check_restore_name(&subject.request.name)
            .err()
            .map(|why| check("name", Grade::Fail, format!("the name {}: {why}", clean(&subject.request.name)))),
    );
    all
}

fn cluster_exists(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    let cluster = subject.cluster;
    let name = cluster.full_name();
    if cluster.meta.deleted_at.is_some() {
        return check("cluster", Grade::Fail, format!("cluster {name} is being deleted"));
    }
    let generation = evidence.generation.name();
    if !cluster.spec.paused {
        return check("cluster", Grade::Pass, format!("cluster {name} exists, not paused, generation {generation}"));
    }
    if evidence.generation.success_looks_unknown() {
        return check(
            "cluster",
            Grade::Warn,
            format!("cluster {name} is paused: the restore runs, but Resume afterwards is refused until it is unpaused"),
        );
    }
    check(
        "cluster",
        Grade::Pass,
        format!("cluster {name} exists; it is paused, which does not stop a restore; generation {generation}"),
    )
}

fn schema(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    match evidence.schema.unknown() {
        Some(why) => check(
            "schema",
            Grade::Unknown,
            format!("the live schema could not be read ({}): the dry run will say what it does not accept", clean(&why)),
        ),
        None if !subject.lacking.is_empty() => check(
            "schema",
            Grade::Fail,
            format!("the installed operator ({}) has no field {}", evidence.generation.name(), subject.lacking.join(", ")),
        )
        .hint("leave out the flag or the line of the file that asks for it"),
        None => check("schema", Grade::Pass, "every field is known to the live schema"),
    }
}

fn lock(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    let Some(found) = subject.lock else {
        let note = if subject.request.override_lock { "; the override is left out, there is nothing to override" } else { "" };
        return check("lock", Grade::Pass, format!("the operation lock is free{note}"));
    };
    let operation = clean(&found.lock.operation).into_owned();
    if operation == "Restore" {
        return restore_lock(found, subject);
    }
    if !matches!(operation.as_str(), "Upgrade" | "Backup") {
        return check(
            "lock",
            Grade::Fail,
            format!("a lock of an unknown operation {operation} is held by {}", clean(&found.lock.holder)),
        );
    }
    let held = found.lock.acquired_at.map_or(String::new(), |at| format!(", {} old", age(evidence.since(at))));
    match (subject.request.override_lock, found.verdict) {
        (true, verdict) => check(
            "lock",
            Grade::Pass,
            format!("the {operation} lock ({}{held}) will be cleared by the operator, as asked", verdict.as_str()),
        ),
        (false, Verdict::Live) => check(
            "lock",
            Grade::Warn,
            format!("the {operation} lock is held by running work{held}: the restore will wait for it, then run by itself"),
        ),
        (false, verdict) => check(
            "lock",
            Grade::Fail,
            format!(
                "the {operation} lock is held ({}{held}): the restore would wait and run by itself at an unknown moment",
                verdict.as_str()
            ),
        )
        .hint("--override-lock clears it; kubectl openbao status shows the evidence"),
    }
}

/// An override never clears a Restore's lock (F§4.5): say how to free it instead.
fn restore_lock(found: &LockFinding, subject: &Subject<'_>) -> Check {
    let namespace = &subject.request.namespace;
    let holder = clean(found.lock.restore_name().unwrap_or(&found.lock.holder)).into_owned();
    let text = format!("another restore holds the lock ({holder}); no override ever clears the lock of a restore");
    let hint = match found.verdict {
        Verdict::Stale if found.because.iter().any(|b| b.contains("does not exist")) => format!(
            "nothing of it is left to delete: kubectl -n {namespace} patch openbaocluster {} --subresource=status --type=merge -p '{{\"status\":{{\"operationLock\":null}}}}'  (needs patch on openbaoclusters/status)",
            subject.request.cluster
        ),
        Verdict::Live => format!(
            "kubectl openbao follow {holder} -n {namespace}        wait for its end; deleting it frees the lock but its Job may go on"
        ),
        _ => format!(
            "kubectl -n {namespace} describe openbaorestore {holder}        finish it, or delete it once you know its outcome: its finalizer frees the lock"
        ),
    };
    check("lock", Grade::Fail, text).hint(hint)
}

fn other_restores(evidence: &Evidence) -> Vec<Check> {
    if let Some(why) = evidence.restores.unknown() {
        return vec![check("other-restores", Grade::Unknown, format!("other restores could not be read ({})", clean(&why)))];
    }
    let open = evidence.unfinished_restores();
    let named = |phases: &[Phase]| -> Vec<String> {
        open.iter().filter(|r| phases.contains(&r.phase)).map(|r| clean(&r.meta.name).into_owned()).collect()
    };
    let (running, unknown) = (named(&[Phase::Running]), named(&[Phase::Unknown]));
    if !running.is_empty() {
        return vec![
            check("other-restores", Grade::Fail, format!("another restore is running: {}", running.join(", ")))
                .hint(format!("kubectl openbao follow {}        wait for its end", running[0])),
        ];
    }
    if !unknown.is_empty() {
        return vec![
            check(
                "other-restores",
                Grade::Fail,
                format!("the outcome of another restore is not settled: {}", unknown.join(", ")),
            )
            .hint(format!("kubectl describe openbaorestore {}        says what it waits for", unknown[0])),
        ];
    }
    if let Some(ours) = open.iter().find(|r| r.made_by_this_tool()) {
        return vec![already_asked_for(ours)];
    }
    if open.is_empty() {
        return vec![check("other-restores", Grade::Pass, "no other restore is running or waiting")];
    }
    let waiting: Vec<&str> = open.iter().map(|r| r.meta.name.as_str()).collect();
    vec![
        check(
            "other-restores",
            Grade::Warn,
            format!(
                "{} other restore(s) wait behind the lock and run by themselves when it comes free: {}",
                open.len(),
                clean(&waiting.join(", "))
            ),
        )
        .hint(format!("kubectl delete openbaorestore {}        if they must not run", waiting.join(" "))),
    ]
}

/// Never twice: an earlier run of this tool, perhaps killed or cut off, left a restore that has yet to run.
fn already_asked_for(restore: &Restore) -> Check {
    let (name, namespace) = (clean(&restore.meta.name), clean(&restore.meta.namespace));
    let text = format!(
        "{name} was created by this tool already and has yet to run ({}): a second one would restore twice",
        restore.phase
    );
    check("other-restores", Grade::Fail, text)
        .hint(format!("kubectl openbao follow {name} -n {namespace}        goes on with it; delete it if it must not run"))
}

/// What an unforced restore is refused for by the operator, after it took the lock.
fn state(evidence: &Evidence, subject: &Subject<'_>) -> Vec<Check> {
    let cluster = subject.cluster;
    let forced = subject.request.force || subject.request.override_lock;
    let mut all = Vec::new();
    if let Some(active) = cluster.active_break_glass() {
        let since = active.entered_at.map_or(String::new(), |at| format!(" since {}", age(evidence.since(at))));
        all.push(check(
            "break-glass",
            Grade::Warn,
            format!("break glass is active{since} ({}): a restore does not end it", clean(&active.reason)),
        ));
    }
    let upgrading = cluster.condition("Upgrading").is_some_and(|c| c.status == "True") || cluster.upgrade_under_way();
    if !forced && upgrading {
        all.push(
            check("state", Grade::Fail, "the cluster counts as upgrading: an unforced restore would be refused")
                .hint("--force restores all the same"),
        );
    }
    if !forced && cluster.initialized == Some(false) {
        all.push(
            check("state", Grade::Fail, "the cluster is not initialized: an unforced restore would be refused")
                .hint("--force restores all the same"),
        );
    }
    all
}

fn servers(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    let Some(pods) = evidence.pods.value() else {
        let why = evidence.pods.unknown().unwrap_or_else(|| "absent".into());
        return check("servers", Grade::Unknown, format!("leader and seal could not be read ({})", clean(&why)));
    };
    if pods.is_empty() {
        return check("servers", Grade::Fail, "there is no server to restore into: no pod of the cluster exists");
    }
    let blue_green = pods.iter().any(|p| !p.revision().is_empty());
    if blue_green && evidence.generation.cannot_restore_blue_green() && evidence.generation.schema.is_some() {
        return check(
            "servers",
            Grade::Fail,
            format!(
                "generation {} finds no leader in a blue/green cluster: the restore Job would fail after the lock is gone",
                evidence.generation.name()
            ),
        )
        .hint("upgrade the operator, or restore by hand with bao operator raft snapshot restore on the active pod");
    }
    leader(pods, subject.cluster)
}

fn leader(pods: &[Pod], cluster: &Cluster) -> Check {
    let active: Vec<&Pod> = pods.iter().filter(|p| p.server_label("active") == Some(true)).collect();
    let sealed = pods.iter().filter(|p| p.server_label("sealed") == Some(true)).count();
    if pods.iter().all(|p| p.server_label("active").is_none()) {
        return check("servers", Grade::Unknown, "the servers write no labels about themselves: leader and seal are not known");
    }
    if sealed == pods.len() {
        return check(
            "servers",
            Grade::Fail,
            format!("all {sealed} servers are sealed: the restore Job would find no leader and fail after the lock is gone"),
        )
        .hint("unseal them first");
    }
    let green = cluster.blue_green.as_ref().and_then(|b| b.green_revision.as_deref()).filter(|g| !g.is_empty());
    match active.as_slice() {
        [] => check(
            "servers",
            Grade::Fail,
            "no server is active: the restore Job would find no leader and fail after the lock is gone",
        )
        .hint("if it is only an election, run this again in 15 s; otherwise quorum is lost and must be repaired first"),
        [one] if green.is_some_and(|g| one.revision() == g) => check(
            "servers",
            Grade::Fail,
            format!("Green leads ({}): the restore Job searches its leader in Blue only", clean(&one.meta.name)),
        ),
        [one] => check(
            "servers",
            Grade::Pass,
            format!("{} of {} servers ready, {sealed} sealed, {} leads", ready(pods), pods.len(), clean(&one.meta.name)),
        ),
        several => {
            check("servers", Grade::Warn, format!("{} servers call themselves active: one label is out of date", several.len()))
        }
    }
}

fn ready(pods: &[Pod]) -> usize {
    pods.iter().filter(|p| p.ready == Some(true)).count()
}

fn operator(evidence: &Evidence) -> Check {
    match evidence.operator_alive() {
        Some(true) => check("operator", Grade::Pass, "the operator is alive (its lease is renewed)"),
        Some(false) => check(
            "operator",
            Grade::Fail,
            "the operator is not running: the restore would lie there and run by itself when it comes back",
        )
        .hint("kubectl get deployments -A -l app.kubernetes.io/name=openbao-operator"),
        None => check(
            "operator",
            Grade::Unknown,
            format!(
                "whether the operator runs is not known ({})",
                clean(&evidence.lease.unknown().unwrap_or_else(|| "no renew time".into()))
            ),
        ),
    }
}

fn login(evidence: &Evidence, subject: &Subject<'_>) -> Check {
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
                .hint(format!("kubectl -n {} get secrets        which there are", evidence.namespace)))
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

fn storage_secret(evidence: &Evidence, subject: &Subject<'_>) -> Check {
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
        _ => verdict.hint(format!("kubectl -n {} describe secret {}        the keys it has", evidence.namespace, clean(name))),
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

fn target_endpoint(evidence: &Evidence, subject: &Subject<'_>) -> Check {
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

fn hardened(subject: &Subject<'_>) -> Option<Check> {
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

fn image(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    match subject.image {
        Some(image) => check("image", Grade::Pass, format!("executor image {}", clean(image))),
        None if evidence.generation.needs_image() => {
            check("image", Grade::Fail, "no executor image is known: the operator would fail the restore after clearing the lock")
                .hint("--image IMAGE")
        }
        None => check("image", Grade::Pass, "executor image: the operator's own"),
    }
}

/// Largest snapshot NEXT restores (F§4.4).
const NEXT_LIMIT: u64 = 8 << 30;
const OTHER_SNAPSHOT: &str = "--key KEY takes another snapshot; kubectl openbao status CLUSTER shows the last backup's key";

fn snapshot_object(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    const CODE: &str = "snapshot-object";
    let key = clean(&subject.request.key);
    let bucket = clean(subject.target.bucket.as_deref().unwrap_or("?")).into_owned();
    match &evidence.snapshot {
        StoreAnswer::Found { object } if object.size == 0 => {
            check(CODE, Grade::Fail, format!("object {key} is empty: not a snapshot")).hint(OTHER_SNAPSHOT)
        }
        StoreAnswer::Found { object } if object.size > NEXT_LIMIT && evidence.generation.success_looks_unknown() => {
            check(CODE, Grade::Fail, format!("object {key} has {} bytes; this generation restores at most 8 GiB", object.size))
                .hint(OTHER_SNAPSHOT)
        }
        StoreAnswer::Found { object } => {
            let etag = object.etag.as_deref().map_or(String::new(), |e| format!(", ETag {}", clean(e)));
            check(CODE, Grade::Pass, format!("bucket {bucket}: object exists, {} bytes{etag}", object.size))
        }
        StoreAnswer::NoSuchKey => check(CODE, Grade::Fail, format!("object {key} does not exist in bucket {bucket}"))
            .hint("the key is the full path in the bucket, prefix, namespace and cluster included"),
        StoreAnswer::NoSuchBucket => {
            check(CODE, Grade::Fail, format!("bucket {bucket} does not exist (the executor would create it, empty)"))
                .hint("--bucket NAME and --endpoint URL say where the snapshot really is")
        }
        StoreAnswer::Denied { why } => check(CODE, Grade::Fail, format!("bucket {bucket}: {}", clean(why)))
            .hint("the executor would be refused in the same way: check the Secret and the bucket's policy"),
        StoreAnswer::NotChecked { why } => {
            check(CODE, Grade::Unknown, format!("the object in bucket {bucket} was not checked: {}", clean(why)))
        }
    }
}

fn snapshot_name(evidence: &Evidence, subject: &Subject<'_>) -> Check {
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
    check(
        "snapshot-key",
        Grade::Pass,
        format!("{} snapshot, {} old by its key", key.kind.as_str(), age(evidence.since(key.taken_at))),
    )
}

/// A permission and the answer to it; `None` when it was not answered.
type Answered<'a> = (&'a Permission, Option<bool>);

fn permission(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    let wanted = permissions(subject.request, subject.target, evidence.generation.checks_restore_verb());
    let answers: Vec<Answered<'_>> = wanted.iter().map(|p| (p, evidence.may(p))).collect();
    let words = |which: &dyn Fn(&Answered<'_>) -> bool| -> Vec<String> {
        answers.iter().filter(|a| which(a)).map(|(p, _)| p.words()).collect()
    };
    // The custom verb is certainly asked for only where the generation certainly has the policy.
    let certain = |p: &Permission| p.name.is_none() || !evidence.generation.may_be_at_most(Tag::Jan);
    let refused = words(&|(p, a)| *a == Some(false) && is_needed(p) && certain(p));
    if !refused.is_empty() {
        return check("permission", Grade::Fail, format!("you may not: {}", refused.join(", "))).hint(format!(
            "a Role that is enough: docs/rbac/restore.yaml of the plugin; missing here: {}",
            rules(&answers, &is_needed)
        ));
    }
    let blind = words(&|(p, a)| *a == Some(false) && !is_needed(p));
    let unclear = words(&|(p, a)| a.is_none() || (*a == Some(false) && is_needed(p)));
    match (blind.is_empty(), unclear.is_empty()) {
        (true, true) => check("permission", Grade::Pass, format!("you may: {}", words(&|_| true).join(", "))),
        (false, _) => check(
            "permission",
            Grade::Warn,
            format!("you may create the restore but not: {}; following will show less", blind.join(", ")),
        ),
        (true, false) => check("permission", Grade::Unknown, format!("not known whether you may: {}", unclear.join(", "))),
    }
}

/// The missing rules as a Role would have them.
fn rules(answers: &[Answered<'_>], needed: &dyn Fn(&Permission) -> bool) -> String {
    let rule = |p: &Permission| {
        let group = if p.group.is_empty() { "\"\"" } else { &p.group };
        let name = p.name.as_ref().map_or(String::new(), |n| format!(" resourceNames [{n}]"));
        format!("apiGroups [{group}] resources [{}]{name} verbs [{}]", p.resource, p.verb)
    };
    answers.iter().filter(|(p, a)| *a == Some(false) && needed(p)).map(|(p, _)| rule(p)).collect::<Vec<_>>().join("; ")
}
