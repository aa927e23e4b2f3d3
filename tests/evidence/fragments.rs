//! Every fragment of an executor's log that is known, each as the only thing that differs in one situation.

use kubectl_openbao::domain::diagnosis::{Diagnosis, Subject, diagnose};
use kubectl_openbao::domain::evidence::{Evidence, Item};

use super::situation::ALL;

/// A situation whose log of one Job ends with this line instead.
fn with_last_line(name: &str, job: &str, line: &str) -> Evidence {
    let mut evidence = ALL.iter().find(|s| s.name == name).expect("the situation").evidence.clone();
    let Some(Item::Present { value }) = evidence.logs.get_mut(job) else { panic!("{name} has the log of {job}") };
    value.runs[0].text = format!("Starting\n{line}\n");
    evidence
}

/// What was said of the line, by its place.
fn said_of_the_line<'a>(found: &'a Diagnosis, job: &str) -> Option<&'a str> {
    let place = format!("log line 2 of Job {job}");
    found.findings.iter().find(|f| f.source.contains(&place)).map(|f| f.code.as_str())
}

const REPAIR: &str = "upgrade-bg-bluegreen-repair-consensus-23252c2bc7";

/// In break glass on 0.4 with Blue whole and leading, every server asked and Raft's list read: what each error of the
/// repair leads to. What passes by itself, or is seen to have passed, is tried again; what is misconfigured or refused is
/// not, before somebody corrected it; what diverged is restored.
const REPAIR_ERRORS: &[(&str, &str)] = &[
    // Configuration (F§6.5).
    ("failed to load upgrade executor config: UPGRADE_ACTION environment variable is required", "not-enough-evidence"),
    (
        "failed to load upgrade executor config: failed to read JWT token from /var/run/secrets/tokens/openbao-token",
        "not-enough-evidence",
    ),
    ("failed to load upgrade executor config: failed to read TLS CA certificate from /etc/bao/tls/ca.crt", "not-enough-evidence"),
    ("invalid upgrade executor config: JWT auth role is required", "not-enough-evidence"),
    ("invalid upgrade executor config: blue revision is required for blue/green actions", "not-enough-evidence"),
    ("invalid upgrade executor config: unknown upgrade action: \"bluegreen-repair-consensus\"", "not-enough-evidence"),
    ("invalid upgrade executor config: sync threshold must be greater than 0", "not-enough-evidence"),
    ("invalid upgrade executor config: timeout must be greater than 0", "not-enough-evidence"),
    ("unsupported action: \"bluegreen-repair-consensus\"", "not-enough-evidence"),
    ("blue revision is required for consensus repair", "not-enough-evidence"),
    ("green revision is required for consensus repair", "not-enough-evidence"),
    // No leader then; Blue is seen to lead now.
    (
        "failed to find leader for consensus repair: failed to find leader (checked Blue and Green): no leader found among 6 pods",
        "retry",
    ),
    ("failed to find leader for consensus repair: context cancelled while finding leader", "retry"),
    // Login.
    (
        "failed to authenticate for consensus repair: failed to authenticate using JWT Auth: JWT auth request failed with status 400: {}",
        "not-enough-evidence",
    ),
    (
        "failed to authenticate for consensus repair: failed to authenticate using JWT Auth: JWT auth request failed with status 403: {}",
        "not-enough-evidence",
    ),
    (
        "failed to authenticate for consensus repair: failed to authenticate using JWT Auth: JWT auth request failed with status 503: {}",
        "retry",
    ),
    (
        "failed to authenticate for consensus repair: failed to execute JWT auth request: dial tcp 10.0.0.1:8200: connect: connection refused",
        "retry",
    ),
    (
        "failed to create OpenBao client for consensus repair: x509: certificate signed by unknown authority",
        "not-enough-evidence",
    ),
    // Raft.
    (
        "failed to read Raft configuration for consensus repair: raft configuration request failed with status 403",
        "not-enough-evidence",
    ),
    ("failed to read Raft configuration for consensus repair: failed to execute raft configuration request: EOF", "retry"),
    ("refusing consensus repair: 1 Blue peers remain in the Raft configuration, need 2 of 3 for quorum", "restore"),
    (
        "failed to promote Blue peer \"bg-89b324081ed019e8-1\" to voter during consensus repair: raft server \"bg-89b324081ed019e8-1\" did not become a voter after promote request",
        "restore",
    ),
    (
        "failed to promote Blue peer \"bg-89b324081ed019e8-1\" to voter during consensus repair: raft promote request failed with status 403",
        "not-enough-evidence",
    ),
    (
        "failed to demote Green peer \"bg-0831866ab392f5ef-1\" to non-voter during consensus repair: raft demote request failed with status 403",
        "not-enough-evidence",
    ),
    // What nobody knows.
    ("the moon is in the wrong house", "not-enough-evidence"),
];

#[test]
fn each_error_of_a_repair_leads_where_it_should() {
    let mut wrong = Vec::new();
    for (error, verdict) in REPAIR_ERRORS {
        let evidence = with_last_line("glass-v04-no-leader-then", REPAIR, &format!("upgrade-executor error: {error}"));
        let found = diagnose(&evidence, Subject::All).expect("read");
        let got = serde_json::to_value(found.verdict).expect("a word");
        if got != *verdict {
            wrong.push(format!("{error}\n    {got}, not {verdict}"));
        }
        if said_of_the_line(&found, REPAIR).is_none() {
            wrong.push(format!("{error}\n    nothing is said of the line"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Errors of the steps before a rollback: the line is explained, and nothing is to be done but to wait or to correct.
const STEP_ERRORS: &[&str] = &[
    "failed to find leader: no leader found among 3 pods",
    "failed to find Blue leader: no leader found among 3 pods",
    "failed to find initial leader: no leader found among 3 pods",
    "failed to authenticate: failed to authenticate using JWT Auth: JWT auth request failed with status 403",
    "failed to create OpenBao client: x509: certificate signed by unknown authority",
    "failed to read Raft configuration: raft configuration request failed with status 403",
    "failed to create client for Green pod \"bg-0831866ab392f5ef-0\": x509",
    "failed to join Green pod \"bg-0831866ab392f5ef-0\" as non-voter: raft join request failed with status 500",
    "failed to join Green pod \"bg-0831866ab392f5ef-0\" as non-voter: node was not joined to cluster (already initialized as standalone)",
    "failed to read raft autopilot state: raft autopilot state request failed with status 403",
    "green pods are missing from raft configuration: missing=2",
    "timed out waiting for Green sync: context deadline exceeded",
    "failed to promote Green pod \"bg-0831866ab392f5ef-0\" to voter: raft promote request failed with status 500",
    "failed to transfer leadership to Green node after 10 attempts",
    "leader transfer state AwaitNewLeader failed: context deadline exceeded",
    "failed to demote Blue peer \"bg-89b324081ed019e8-0\" before step-down: raft demote request failed with status 500",
    "failed to demote Blue pod \"bg-89b324081ed019e8-0\" to non-voter: raft demote request failed with status 500",
    "failed to step down leader: step-down request failed with status 403",
    "failed while waiting for new leader election: context deadline exceeded",
    "failed to find new leader after step-down (checked Green and Blue): no leader found among 6 pods",
    "leader step-down did not transfer leadership after 3 attempts",
    "failed to remove Raft peer \"bg-89b324081ed019e8-1\": raft remove-peer request failed with status 500",
    "client is required to demote Blue pods",
    "servers list cannot be empty",
    "failed to execute raft join request: dial tcp: i/o timeout",
    "failed to parse raft configuration response: unexpected end of JSON input",
    "failed to marshal raft join request: x",
    "failed to create step-down request: x",
];

#[test]
fn each_error_of_an_upgrade_step_is_explained() {
    let job = "upgrade-bg-bluegreen-join-green-nonvoters-7c5ef4be87";
    let unexplained = |error: &&&str| {
        let evidence = with_last_line("phase-02-joining-mesh", job, &format!("upgrade-executor error: {error}"));
        let found = diagnose(&evidence, Subject::All).expect("read");
        !said_of_the_line(&found, job).is_some_and(|code| code.starts_with("upgrade-log-"))
    };
    let wrong: Vec<_> = STEP_ERRORS.iter().filter(unexplained).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Errors of a restore's executor (F§6.3), NEXT's among them, and the fragments of old documents (F§12).
const RESTORE_ERRORS: &[&str] = &[
    "bao-restore error: failed to load configuration: BACKUP_JWT_AUTH_ROLE is required",
    "bao-restore error: failed to load configuration: failed to read OpenBao token from \"/etc/bao/backup/token/token\": no such file or directory",
    "bao-restore error: failed to load configuration: failed to read TLS CA certificate from \"/etc/bao/tls/ca.crt\"",
    "bao-restore error: failed to load configuration: JWT token not found at /var/run/secrets/tokens/openbao-token",
    "bao-restore error: invalid configuration: bucket is required",
    "bao-restore error: failed to load configuration: both accessKeyId and secretAccessKey must be provided",
    "bao-restore error: failed to load configuration: backup endpoint is required for S3 provider",
    "bao-restore error: failed to load configuration: azure storage account or connection string is required",
    "bao-restore error: RESTORE_KEY environment variable is required",
    "bao-restore error: failed to create storage client: unknown storage provider: gcs",
    "bao-restore error: failed to find leader: no leader found among 3 pods after 5 attempts",
    "bao-restore error: failed to find leader: context cancelled while finding leader",
    "bao-restore error: failed to authenticate: failed to authenticate using JWT Auth: JWT auth request failed with status 403",
    "bao-restore error: failed to authenticate: failed to authenticate using JWT Auth: JWT auth request failed with status 503",
    "bao-restore error: failed to authenticate: JWT auth response missing client_token",
    "bao-restore error: failed to create OpenBao client: x509",
    "bao-restore error: failed to create storage client: failed to open S3 bucket: x",
    "bao-restore error: failed to create storage client: failed to ensure bucket exists: AccessDenied",
    "bao-restore error: failed to verify snapshot exists: Forbidden",
    "bao-restore error: snapshot not found: a/b.snap",
    "bao-restore error: failed to download snapshot: EOF",
    "bao-restore error: failed to restore snapshot: authentication token required for restore operation",
    "bao-restore error: failed to restore snapshot: failed to execute restore request: unexpected EOF",
    "bao-restore error: failed to restore snapshot: restore request failed with status 400: x",
    "bao-restore error: failed to restore snapshot: restore request failed with status 403: x",
    "bao-restore error: failed to restore snapshot: restore request failed with status 429: x",
    "bao-restore error: failed to restore snapshot: restore request failed with status 500: x",
    "bao-restore error: failed to restore snapshot: restore request failed with status 503: x",
    "bao-restore error: failed to restore snapshot: openbao circuit breaker open for https://prod-0",
    "bao-restore error: failed to restore snapshot: OpenBao API overloaded (status 429): x",
    "bao-restore error: failed to find leader: failed to query leader status endpoint: x",
    "bao-restore error: failed to read snapshot metadata: x",
    "bao-restore error: snapshot must have a positive size of at most 8589934592 bytes",
    "bao-restore error: failed to stage snapshot: snapshot size mismatch: expected 1, got 2",
    "bao-restore error: staged snapshot does not match the expected digest or size",
    "bao-restore error: restore preparation expired",
    "bao-restore error: restore preparation deadline has expired",
    "bao-restore error: create restore claim client: x",
    "bao-restore error: restore target is not the observed leader",
    "bao-restore error: restore execution changed",
    "bao-restore error: submission claim not acknowledged; do not submit",
    "bao-restore error: submission claim expired before POST",
    "failed to join blue pilot to green leader",
    "raft log index mismatch",
];

#[test]
fn each_error_of_a_restore_is_explained() {
    let unexplained = |error: &&&str| {
        let evidence = with_last_line("captured-30-wrong-key", "restore-e1", error);
        said_of_the_line(&diagnose(&evidence, Subject::Restore).expect("read"), "restore-e1").is_none()
    };
    let wrong: Vec<_> = RESTORE_ERRORS.iter().filter(unexplained).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
