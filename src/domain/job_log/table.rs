//! The executor's words and what they mean, as data (F§6.3, F§15.2.8–10).
//!
//! A row matches a line that has all its fragments in this order. Of several rows the one whose text begins furthest
//! left wins (errors are chains, the outermost link first); among equals the earlier row, so special ones stand first.

use super::Submitted::{self, No, Unknown};

/// What a row says about the end of the executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A remark: the executor may go on and succeed.
    Remark,
    /// Why it failed.
    Cause,
}

/// One row of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) code: &'static str,
    /// The link of the chain this row usually stands in; decides only how far left the row's text begins.
    pub(super) within: Option<&'static str>,
    pub(super) fragments: &'static [&'static str],
    pub(super) meaning: &'static str,
    pub(super) action: &'static str,
    pub(super) submitted: Submitted,
    pub(super) weight: Weight,
}

impl Row {
    /// Counts only where no other row does: it stands for the executor's own prefix of every error.
    pub(super) fn is_fallback(&self) -> bool {
        self.code.ends_with("-unknown-error")
    }
}

const fn row(
    code: &'static str,
    within: Option<&'static str>,
    fragments: &'static [&'static str],
    submitted: Submitted,
    meaning: &'static str,
    action: &'static str,
) -> Row {
    Row { code, within, fragments, meaning, action, submitted, weight: Weight::Cause }
}

const fn remark(
    code: &'static str,
    fragments: &'static [&'static str],
    submitted: Submitted,
    meaning: &'static str,
    action: &'static str,
) -> Row {
    Row { code, within: None, fragments, meaning, action, submitted, weight: Weight::Remark }
}

/// Every row has one of these in one of its fragments: a line with none of them matches no row. Few and telling, so
/// that nearly every line is done with after one fast look.
#[rustfmt::skip]
pub(super) static HINTS: &[&str] = &[
    "rror:", "ailed", "required", "not found", "unknown ", "nvalid", "expired", "overload", "DoesNotMatch", "no leader",
    "cancelled", "must ", "breaker", "mismatch", "exceeds", "scratch file", "does not match", "not running", "leadership",
    "not the observed", "process changed", "execution changed", "differs", "claim", "missing client_token",
    "requires the", "requires its", "not stable", "observe snapshot", "canceled",
];

const CONFIG: Option<&str> = Some("failed to load configuration");
const LEADER: Option<&str> = Some("failed to find leader");
const LOGIN: Option<&str> = Some("failed to authenticate");
const STORE: Option<&str> = Some("failed to create storage client");
const RESTORE: Option<&str> = Some("failed to restore snapshot");
const BACKUP: Option<&str> = Some("failed to get snapshot");
const STAGE: Option<&str> = Some("failed to stage snapshot");

/// What `claim` rows have in common: the executor found that it is not the one to submit.
const NEW_REQUEST: &str = "create a new restore request";

// One row, two lines: a table is read across.
#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    // Ended from outside: says nothing about why, and must not hide what an earlier attempt said (F§15.2.10).
    remark("restore-log-interrupted", &["bao-restore error:", "failed to restore snapshot", "context canceled"], Unknown,
        "the attempt was ended from outside while it sent the snapshot: its Job's limit, or its pod was removed",
        "check leader, seal and data before anything is sent again"),
    remark("restore-log-interrupted", &["bao-restore error:", "context canceled"], No,
        "the attempt was ended from outside: its Job's limit, or its pod was removed", "look at the attempts before it"),
    // Configuration: before anything is contacted.
    row("restore-log-token-file", CONFIG, &["failed to read OpenBao token from"], No,
        "the executor does not find the static token: the operator mounts it elsewhere, or the Secret lacks the key token",
        "log in with a role instead: --jwt-role ROLE"),
    row("restore-log-ca-file", CONFIG, &["failed to read TLS CA certificate from"], No,
        "the cluster's CA certificate is not mounted", "check ca.crt in the Secret CLUSTER-tls-ca"),
    row("restore-log-jwt-missing", CONFIG, &["JWT token not found at"], No,
        "the ServiceAccount token for the login is not mounted", "set a role: --jwt-role ROLE"),
    row("restore-log-jwt-missing", CONFIG, &["BACKUP_JWT_AUTH_ROLE is required"], No,
        "no role to log in with was given", "set a role: --jwt-role ROLE"),
    row("restore-log-secret-half-filled", CONFIG, &["both accessKeyId and secretAccessKey must be provided"], No,
        "the credentials Secret has only one of accessKeyId and secretAccessKey", "fill the Secret"),
    row("restore-log-endpoint-missing", CONFIG, &["backup endpoint is required for S3 provider"], No,
        "no endpoint was given", "set it: --endpoint URL"),
    row("restore-log-azure-account-missing", CONFIG, &["azure storage account or connection string is required"], No,
        "no storage account was given", "set it: --azure-account NAME, or the Secret's key"),
    row("restore-log-version-skew", CONFIG, &["RESTORE_KEY environment variable is required"], No,
        "operator and executor image do not fit together", "use the executor image of the operator's version"),
    row("restore-log-version-skew", CONFIG, &["unknown storage provider"], No,
        "the executor image is older than the operator's schema", "use the executor image of the operator's version"),
    row("restore-log-version-skew", CONFIG, &["unknown EXECUTOR_MODE"], No,
        "operator and executor image do not fit together", "use the executor image of the operator's version"),
    row("restore-log-deadline-setting", CONFIG, &["RESTORE_PREPARATION_DEADLINE must contain"], No,
        "operator and executor image do not fit together", "use the executor image of the operator's version"),
    row("restore-log-invalid-configuration", CONFIG, &["invalid configuration:"], No,
        "the target is incomplete: replicas, bucket or similar is empty", "complete the target of the request"),
    row("restore-log-configuration", None, &["failed to load configuration"], No,
        "the executor's environment or mounts are wrong", "read the inner error"),
    // Finding the leader.
    row("restore-log-no-leader", LEADER, &["no leader found among"], No,
        "no server says it is the leader: sealed, no quorum, or (blue/green on operators before 0.2) looked for in the wrong pods",
        "check pods and seal; blue/green: upgrade the operator or restore by hand"),
    row("restore-log-interrupted", LEADER, &["context cancelled while finding leader"], No,
        "the executor was ended while it looked for the leader", "run the restore again"),
    row("restore-log-no-leader", None, &["failed to find leader"], No,
        "the leader could not be found", "check pods, seal and network policies"),
    remark("restore-log-server-tls", &["findLeader: IsLeader check failed for", "x509"], No,
        "a server's certificate is not accepted", "check the CA in the Secret CLUSTER-tls-ca"),
    remark("restore-log-server-unreachable", &["findLeader: IsLeader check failed for"], No,
        "a server did not answer", "check that pod, its TLS and the network policies"),
    // Logging in.
    row("restore-log-login-refused", LOGIN, &["JWT auth request failed with status 400"], No,
        "OpenBao refuses the login: the role does not exist, or audience, issuer or bound claims do not fit",
        "compare the role's bound_* and audience with the request's role; an earlier restore may have replaced the auth configuration"),
    row("restore-log-login-refused", LOGIN, &["JWT auth request failed with status 403"], No,
        "OpenBao refuses the login: role, audience or issuer do not fit",
        "compare the role's bound_* and audience; the API server's signing key may have changed"),
    row("restore-log-sealed", LOGIN, &["JWT auth request failed with status 503"], No,
        "the server is sealed", "unseal it, then create a new restore request"),
    row("restore-log-login-odd-answer", LOGIN, &["JWT auth response missing client_token"], No,
        "the login's answer has no token: something else answered", "check the endpoint and what stands before it"),
    row("restore-log-login", None, &["failed to authenticate"], No, "the login failed", "check role, policy and audience"),
    row("restore-log-client", None, &["failed to create OpenBao client"], No,
        "the client cannot be set up: CA or address", "check the CA in the Secret CLUSTER-tls-ca"),
    // The object store.
    row("restore-log-store-credentials", STORE, &["SignatureDoesNotMatch"], No,
        "the secret key is wrong", "correct secretAccessKey in the credentials Secret"),
    row("restore-log-store-credentials", STORE, &["InvalidAccessKeyId"], No,
        "the access key is not known to the object store", "correct accessKeyId in the credentials Secret"),
    row("restore-log-store-bucket", STORE, &["failed to ensure bucket exists"], No,
        "the bucket is missing or may not be looked at; the executor tries to create it and is refused",
        "check bucket, endpoint, path style and the credentials' rights"),
    row("restore-log-store", STORE, &["failed to open S3 bucket"], No,
        "the bucket cannot be opened", "check credentials, endpoint and path style"),
    row("restore-log-store", STORE, &["failed to open GCS bucket"], No,
        "the bucket cannot be opened", "check the project and the credentials"),
    row("restore-log-store", None, &["failed to create storage client"], No,
        "the object store cannot be used", "check credentials, endpoint and path style"),
    row("restore-log-store-head", None, &["failed to verify snapshot exists"], No,
        "the object store does not let the executor look at the snapshot",
        "check the credentials' rights and the network"),
    row("restore-log-snapshot-missing", None, &["snapshot not found:"], No,
        "no object of this key is in the bucket", "check the key with its prefix, the bucket and the region"),
    row("restore-log-download", None, &["failed to download snapshot"], No,
        "the snapshot could not be fetched", "run the restore again"),
    // The restore itself. "API overloaded" is how the executor calls every 429, 5xx (F§15.2.8).
    row("restore-log-no-token", RESTORE, &["authentication token required for restore operation"], No,
        "there was no token to restore with", "check the login: --jwt-role ROLE"),
    row("restore-log-not-a-snapshot", RESTORE, &["gzip: invalid header"], No,
        "the object is not a snapshot; waiting does not help although the text says overloaded",
        "restore another object"),
    row("restore-log-not-a-snapshot", RESTORE, &["failed to decompress snapshot"], No,
        "the object is not a whole snapshot; waiting does not help although the text says overloaded",
        "restore another object"),
    row("restore-log-rejected", RESTORE, &["restore request failed with status 400"], No,
        "OpenBao rejects the object: no snapshot, a wrong hash, or (without force) other seal keys",
        "restore another snapshot; force only knowing that its unseal keys are at hand"),
    row("restore-log-forbidden", RESTORE, &["restore request failed with status 403"], No,
        "the policy lacks update on sys/storage/raft/snapshot or snapshot-force", "complete the policy of the role"),
    row("restore-log-no-active-server", RESTORE, &["restore request failed with status 429"], No,
        "a standby was asked", "run the restore again"),
    row("restore-log-no-active-server", RESTORE, &["restore request failed with status 472"], No,
        "a replication standby was asked", "run the restore again"),
    row("restore-log-no-active-server", RESTORE, &["restore request failed with status 473"], No,
        "a performance standby was asked", "run the restore again"),
    row("restore-log-no-active-server", RESTORE, &["restore request failed with status 503"], No,
        "a sealed server was asked", "unseal it, then create a new restore request"),
    row("restore-log-server-error", RESTORE, &["restore request failed with status 500"], Unknown,
        "the server failed while it took the snapshot", "read the servers' logs, then check the cluster"),
    row("restore-log-not-sent", RESTORE, &["failed to execute restore request:", "connection refused"], No,
        "the server could not be reached", "check the leader's pod, then create a new restore request"),
    row("restore-log-overloaded", RESTORE, &["OpenBao API overloaded (status 429)"], No,
        "the server took no more requests", "run the restore again later"),
    row("restore-log-overloaded", RESTORE, &["OpenBao API overloaded (status 503)"], No,
        "the server is sealed or took no more requests", "check the seal, then run the restore again"),
    row("restore-log-server-error", RESTORE, &["OpenBao API overloaded (status"], Unknown,
        "the server failed on the snapshot; overloaded is only the executor's word for it",
        "read the servers' logs, then check the cluster"),
    row("restore-log-answer-lost", RESTORE, &["failed to execute restore request:"], Unknown,
        "the snapshot was sent and the answer was lost: it may have been applied",
        "do not send it again blindly: check leader, seal and data first"),
    row("restore-log-circuit-breaker", None, &["openbao circuit breaker open for"], No,
        "earlier requests to that server failed", "wait a minute, then run the restore again"),
    row("restore-log-circuit-breaker", None, &["openbao circuit breaker half-open"], No,
        "earlier requests to that server failed", "wait a minute, then run the restore again"),
    row("restore-log-restore", None, &["failed to restore snapshot"], Unknown,
        "the restore request failed", "check leader, seal and data before anything is sent again"),
    row("restore-log-server-unreachable", None, &["failed to query health endpoint"], No,
        "a server did not answer", "check that pod and the network policies"),
    row("restore-log-server-unreachable", None, &["failed to query leader status endpoint"], No,
        "a server did not answer", "check that pod and the network policies"),
    // NEXT: preparing, claiming, submitting.
    row("restore-log-snapshot-metadata", None, &["failed to read snapshot metadata"], No,
        "the object store says nothing usable about the object", "check the object"),
    row("restore-log-snapshot-size", None, &["snapshot must have a positive size of at most"], No,
        "the object is empty or larger than the limit", "restore another object"),
    row("restore-log-snapshot-changed", STAGE, &["snapshot size mismatch: expected"], No,
        "the object is not the one that was described", "check the object"),
    row("restore-log-snapshot-changed", STAGE, &["snapshot exceeds its declared size"], No,
        "the object is not the one that was described", "check the object"),
    row("restore-log-scratch-space", STAGE, &["snapshot scratch file"], No,
        "the snapshot could not be kept on the node's disk", "give the node more ephemeral storage"),
    row("restore-log-staging", None, &["failed to stage snapshot"], No, "the snapshot could not be fetched whole", NEW_REQUEST),
    row("restore-log-digest", None, &["staged snapshot does not match the expected digest or size"], No,
        "the object is not the expected one", "check the object and the expected digest"),
    row("restore-log-too-slow", None, &["restore preparation expired"], No,
        "fetching the snapshot took longer than allowed", NEW_REQUEST),
    row("restore-log-too-slow", None, &["restore preparation deadline has expired"], No,
        "fetching the snapshot took longer than allowed", NEW_REQUEST),
    row("restore-log-claim-client", None, &["configure restore claim client"], No,
        "the Job cannot reach the API server", "check the network policy from the Job to the API server"),
    row("restore-log-claim-client", None, &["create restore claim client"], No,
        "the Job cannot reach the API server", "check the network policy from the Job to the API server"),
    row("restore-log-target-moved", None, &["restore requires the current running target member"], No,
        "the leader moved before the snapshot was sent", NEW_REQUEST),
    row("restore-log-target-moved", None, &["target OpenBao container is not running"], No,
        "the leader's container stopped before the snapshot was sent", NEW_REQUEST),
    row("restore-log-target-moved", None, &["check restore target leadership"], No,
        "the leader could not be confirmed before the snapshot was sent", NEW_REQUEST),
    row("restore-log-target-moved", None, &["restore target is not the observed leader"], No,
        "the leader moved before the snapshot was sent", NEW_REQUEST),
    row("restore-log-target-moved", None, &["restore target process changed before submission"], No,
        "the leader's process was replaced before the snapshot was sent", NEW_REQUEST),
    row("restore-log-stale-executor", None, &["restore request identity is required"], No,
        "this executor is not the one the request waits for", NEW_REQUEST),
    row("restore-log-stale-executor", None, &["restore executor requires its original Job-owned Pod"], No,
        "this executor is not the one the request waits for", NEW_REQUEST),
    row("restore-log-stale-executor", None, &["restore execution changed"], No,
        "this executor is not the one the request waits for", NEW_REQUEST),
    row("restore-log-stale-executor", None, &["restore executor Job identity differs"], No,
        "this executor is not the one the request waits for", NEW_REQUEST),
    row("restore-log-stale-executor", None, &["restore cannot accept a submission claim"], No,
        "this executor is not the one the request waits for", NEW_REQUEST),
    row("restore-log-claim-not-written", None, &["submission claim not acknowledged; do not submit"], No,
        "the claim could not be written, so nothing was sent", NEW_REQUEST),
    row("restore-log-claim-expired", None, &["submission claim expired before POST"], No,
        "the claim was written, the snapshot was not sent; the phase becomes Unknown all the same",
        "settle the request: kubectl openbao recover"),
    // Backups: the same binary.
    row("backup-log-key", None, &["failed to generate backup key"], No,
        "no key for the object could be made", "check the target's path prefix"),
    row("backup-log-no-leader-answer", BACKUP, &["snapshot request failed with status"], No,
        "OpenBao refuses to take a snapshot", "check the role's policy on sys/storage/raft/snapshot"),
    row("backup-log-overloaded", BACKUP, &["snapshot request failed due to remote overload"], No,
        "the server took no more requests", "run the backup again later"),
    row("backup-log-snapshot", None, &["failed to get snapshot"], No, "no snapshot could be taken", "read the inner error"),
    row("backup-log-incomplete", None, &["failed to write snapshot data"], No,
        "the snapshot is not whole", "pick another snapshot"),
    row("backup-log-upload", None, &["failed to upload backup"], No,
        "the snapshot was not stored whole", "pick another snapshot"),
    row("backup-log-unverified", None, &["failed to verify backup upload"], No,
        "whether the snapshot was stored is not known", "pick another snapshot"),
    row("backup-log-unverified", None, &["backup verification failed:"], No,
        "the stored object is missing, empty or of another size", "pick another snapshot"),
    row("backup-log-unstable-source", None, &["source identity or version was not stable across snapshot streaming"], No,
        "the servers changed while the snapshot was taken", "run the backup again"),
    row("backup-log-unstable-source", None, &["observe snapshot source identity"], No,
        "the server the snapshot came from could not be told", "run the backup again"),
    row("backup-log-leftover", None, &["failed to delete incomplete backup"], No,
        "an incomplete object was left in the bucket", "delete it; pick another snapshot"),
    // What the executor said last, when nothing above fits.
    row("restore-log-unknown-error", None, &["bao-restore error:"], Unknown,
        "the executor failed with words this tool does not know",
        "read them; check the cluster before anything is sent again"),
    row("backup-log-unknown-error", None, &["bao-backup error:"], No,
        "the backup executor failed with words this tool does not know", "pick another snapshot"),
];
