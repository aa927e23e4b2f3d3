//! Why upgrade and rollback executors fail (F§6.5). They send no snapshot, ever.

use super::{Row, row};
use crate::domain::job_log::RaftChange as R;
use crate::domain::job_log::Suggests::{Config, Diverged, Nothing, Transient, Unhealthy};
use crate::domain::job_log::{RaftChange, Submitted, Suggests, Weight};

/// Says itself what a retry would do.
const fn sure(
    code: &'static str,
    text: &'static [&'static str],
    suggests: Suggests,
    meaning: &'static str,
    action: &'static str,
) -> Row {
    row(code, None, text, Submitted::No, suggests, meaning, action)
}

/// The inner reason says what a retry would do, where it is known.
const fn by_reason(
    code: &'static str,
    text: &'static [&'static str],
    otherwise: Suggests,
    meaning: &'static str,
    action: &'static str,
) -> Row {
    Row { refined: true, ..sure(code, text, otherwise, meaning, action) }
}

const fn proving(raft: RaftChange, row: Row) -> Row {
    Row { raft: Some(raft), ..row }
}

const LOAD: &str = "failed to load upgrade executor config";
const INVALID: &str = "invalid upgrade executor config";
const LOGIN: &str = "failed to authenticate";
const FIND: &str = "failed to find";
const PROMOTE_BLUE: &str = "failed to promote Blue peer";
const PROMOTE_GREEN: &str = "failed to promote Green pod";
const JOIN: &str = "failed to join Green pod";
const STEP_DOWN: &str = "failed to step down leader";

const ALIGN: &str = "use the executor image of the operator's version";
const REVISIONS: &str = "look at status.blueGreen: the operator lost a revision's name";
const LIMITS: &str = "correct the limits in the cluster's upgrade section";
const ROLE: &str = "compare the upgrade role's bound_* and audience with the Job's token; an earlier restore may have replaced the \
     auth configuration";
const QUORUM: &str = "check pods and seal; get a quorum back";
const URGENT: &str = "at once: look at every server's seal and Raft state";
const PEERS: &str = "join the missing peers again by hand (look with bao operator raft list-peers); neither a retry alone nor a \
     restore changes who is a member";
const ALIVE: &str = "see whether that server is alive: look at its log; neither a retry alone nor a restore gives it a vote";
const STALE_CLAIM: &str = "before the next upgrade delete that Green pod's volume claim (data-POD) and the pod, never a Blue one; from 0.1 on both need \
     the annotation openbao.org/maintenance first";
const PEER_ALIVE: &str = "check that this peer's pod is alive and a member";
const NETWORK: &str = "check that pod, its TLS and the network policies";
const REPORT: &str = "report it to the operator's project; use the executor image of the operator's version";
const SIDE: &str =
    "check that the peer does not lead; compare Raft's configuration with the side to keep before anything is retried";

// One row, two lines: a table is read across.
#[rustfmt::skip]
pub(in crate::domain::job_log) static ROWS: &[Row] = &[
    Row { weight: Weight::Remark, ..sure("upgrade-log-interrupted", &["upgrade-executor error:", "context canceled"], Transient,
        "the attempt was ended from outside: its Job's limit, or its pod was removed", "look at the attempts before it") },
    // Configuration: before anything is contacted.
    sure("upgrade-log-token-file", &[LOAD, "failed to read JWT token from"], Config,
        "the ServiceAccount token for the login is not mounted", "check the Job's projected token volume"),
    sure("upgrade-log-ca-file", &[LOAD, "failed to read TLS CA certificate from"], Config,
        "the cluster's CA certificate is not mounted", "check ca.crt in the Secret CLUSTER-tls-ca"),
    sure("upgrade-log-environment", &[LOAD, "environment variable is required"], Config,
        "operator and executor image do not fit together", ALIGN),
    sure("upgrade-log-configuration", &[LOAD], Config, "the executor's environment or mounts are wrong", "read the inner error"),
    sure("upgrade-log-role-missing", &[INVALID, "JWT auth role is required"], Config,
        "no role to log in with was given", "set upgrade.jwtAuthRole of the cluster"),
    sure("upgrade-log-revision-missing", &[INVALID, "blue revision is required"], Config, "the Job does not know Blue's revision", REVISIONS),
    sure("upgrade-log-revision-missing", &[INVALID, "green revision is required"], Config, "the Job does not know Green's revision", REVISIONS),
    sure("upgrade-log-version-skew", &[INVALID, "unknown upgrade action:"], Config, "the executor image is older than the operator", ALIGN),
    sure("upgrade-log-limits", &[INVALID, "sync threshold must be greater than 0"], Config, "the limit of the lag is not above 0", LIMITS),
    sure("upgrade-log-limits", &[INVALID, "timeout must be greater than 0"], Config, "the time limit is not above 0", LIMITS),
    sure("upgrade-log-invalid-configuration", &[INVALID], Config, "the Job's configuration is not valid", "read the inner error"),
    sure("upgrade-log-version-skew", &["unsupported action:"], Config, "the executor image does not know this action", ALIGN),
    sure("upgrade-log-revision-missing", &["blue revision is required"], Config, "the Job does not know Blue's revision", REVISIONS),
    sure("upgrade-log-revision-missing", &["green revision is required"], Config, "the Job does not know Green's revision", REVISIONS),
    // Finding the leader.
    sure("upgrade-log-no-leader-after-step-down", &["failed to find new leader after step-down"], Unhealthy,
        "the leader stepped down and no server leads since", URGENT),
    sure("upgrade-log-no-leader-after-step-down", &["failed while waiting for new leader election"], Unhealthy,
        "the leader stepped down and no election ended", URGENT),
    sure("upgrade-log-leader-search-ended", &["failed to find leader for consensus repair", "context cancelled while finding leader"], Unhealthy,
        "no server said it leads until the time was up (10 minutes)", QUORUM),
    sure("upgrade-log-leader-search-ended", &[FIND, "context cancelled while finding leader"], Unhealthy,
        "no server said it leads until the time was up (10 minutes)", QUORUM),
    sure("upgrade-log-leader-search-ended", &["context cancelled while finding leader"], Unhealthy,
        "no server said it leads until the time was up (10 minutes)", QUORUM),
    sure("upgrade-log-no-leader-for-repair", &["failed to find leader for consensus repair"], Unhealthy,
        "neither a Blue nor a Green pod led: sealed, or quorum lost", QUORUM),
    sure("upgrade-log-no-leader", &["failed to find leader"], Unhealthy, "no server led: sealed, or quorum lost", QUORUM),
    sure("upgrade-log-no-leader", &["failed to find Blue leader"], Unhealthy, "no Blue pod led", QUORUM),
    sure("upgrade-log-no-leader", &["failed to find initial leader"], Unhealthy, "no server led: sealed, or quorum lost", QUORUM),
    // Logging in.
    sure("upgrade-log-login-refused", &[LOGIN, "JWT auth request failed with status 400"], Config,
        "OpenBao refuses the login: the role does not exist, or audience, issuer, signature or bound claims do not fit", ROLE),
    sure("upgrade-log-login-refused", &[LOGIN, "JWT auth request failed with status 403"], Config,
        "OpenBao refuses the login: role, audience or issuer do not fit", ROLE),
    sure("upgrade-log-sealed", &[LOGIN, "JWT auth request failed with status 503"], Unhealthy, "the server is sealed", "unseal it"),
    sure("upgrade-log-sealed", &[LOGIN, "OpenBao API overloaded (status 503)"], Unhealthy, "the server is sealed", "unseal it"),
    sure("upgrade-log-login-odd-answer", &[LOGIN, "JWT auth response missing client_token"], Config,
        "the login's answer has no token: something else answered", "check what stands before the server"),
    by_reason("upgrade-log-login", &[LOGIN, "failed to execute JWT auth request"], Transient, "the login got no answer", NETWORK),
    by_reason("upgrade-log-login", &[LOGIN], Config, "the login failed", "check role, policy and audience"),
    by_reason("upgrade-log-login", &["JWT auth request failed with status"], Config, "the login failed", "check role, policy and audience"),
    sure("upgrade-log-client", &["failed to create OpenBao client"], Config,
        "the client cannot be set up: CA or address", "check the CA in the Secret CLUSTER-tls-ca"),
    // Raft's configuration.
    by_reason("upgrade-log-raft-unreadable", &["failed to read Raft configuration"], Nothing,
        "Raft's configuration could not be read", "check the upgrade role's policy on sys/storage/raft/configuration"),
    by_reason("upgrade-log-raft-unreadable", &["raft configuration request failed with status"], Nothing,
        "Raft's configuration could not be read", "check the upgrade role's policy on sys/storage/raft/configuration"),
    proving(R::TooFewBlue, sure("upgrade-log-too-few-blue", &["refusing consensus repair:"], Diverged,
        "too few Blue peers are left in Raft for a quorum of Blue", PEERS)),
    // Votes.
    sure("upgrade-log-not-a-voter", &[PROMOTE_BLUE, "did not become a voter after promote request"], Diverged,
        "a Blue peer did not get its vote: it does not follow the leader", ALIVE),
    sure("upgrade-log-not-a-voter", &[PROMOTE_GREEN, "did not become a voter after promote request"], Diverged,
        "a Green peer did not get its vote: it does not follow the leader", ALIVE),
    sure("upgrade-log-not-a-voter", &["did not become a voter after promote request"], Diverged,
        "a peer did not get its vote: it does not follow the leader", ALIVE),
    by_reason("upgrade-log-voter-unverified", &[PROMOTE_BLUE, "failed to verify raft voter state after promote"], Nothing,
        "whether a Blue peer got its vote could not be read", "look at Raft's configuration"),
    by_reason("upgrade-log-voter-unverified", &[PROMOTE_GREEN, "failed to verify raft voter state after promote"], Nothing,
        "whether a Green peer got its vote could not be read", "look at Raft's configuration"),
    by_reason("upgrade-log-voter-unverified", &["failed to verify raft voter state after promote"], Nothing,
        "whether a peer got its vote could not be read", "look at Raft's configuration"),
    proving(R::PromotingBlue, by_reason("upgrade-log-promote-blue", &[PROMOTE_BLUE], Nothing,
        "a Blue peer could not be given its vote back", PEER_ALIVE)),
    by_reason("upgrade-log-promote-green", &[PROMOTE_GREEN], Nothing, "a Green pod could not be given a vote", PEER_ALIVE),
    proving(R::DemotingGreen, by_reason("upgrade-log-demote-green", &["failed to demote Green peer"], Nothing,
        "a Green peer's vote could not be taken", PEER_ALIVE)),
    by_reason("upgrade-log-demote-blue", &["failed to demote Blue peer", "before step-down"], Nothing,
        "a Blue peer's vote could not be taken before the leader steps down", PEER_ALIVE),
    by_reason("upgrade-log-demote-blue", &["failed to demote Blue pod"], Nothing, "a Blue pod's vote could not be taken", PEER_ALIVE),
    // Joining and syncing Green.
    by_reason("upgrade-log-green-client", &["failed to create client for Green pod"], Config,
        "a Green pod cannot be talked to: CA or address", "check the CA in the Secret CLUSTER-tls-ca"),
    sure("upgrade-log-green-standalone", &[JOIN, "already initialized as standalone"], Diverged,
        "a Green pod has data of its own, left by an earlier attempt",
        STALE_CLAIM),
    sure("upgrade-log-green-standalone", &["node was not joined to cluster (already initialized as standalone)"], Diverged,
        "a Green pod has data of its own, left by an earlier attempt",
        STALE_CLAIM),
    by_reason("upgrade-log-join-green", &[JOIN], Nothing, "a Green pod could not be joined", NETWORK),
    by_reason("upgrade-log-autopilot", &["failed to read raft autopilot state"], Nothing,
        "the state of autopilot could not be read", "check the upgrade role's policy on sys/storage/raft/autopilot/state"),
    by_reason("upgrade-log-autopilot", &["raft autopilot state request failed with status"], Nothing,
        "the state of autopilot could not be read", "check the upgrade role's policy on sys/storage/raft/autopilot/state"),
    proving(R::PeerMissing, sure("upgrade-log-green-missing", &["green pods are missing from raft configuration"], Diverged,
        "Green pods are no members of Raft", "find out why they left; they must be joined again")),
    sure("upgrade-log-sync-timeout", &["timed out waiting for Green sync"], Transient,
        "Green did not have the data in time: replication too slow, or Green not reachable", "check network and resources of Green"),
    // Moving the leadership.
    sure("upgrade-log-leadership-returns", &["failed to transfer leadership to Green node after"], Transient,
        "each election was won by Blue", "check that Green pods are reachable and have the data"),
    sure("upgrade-log-leadership-returns", &["leader step-down did not transfer leadership after"], Transient,
        "each election was won by the same server", "check that the other servers are reachable and have the data"),
    sure("upgrade-log-leader-transfer", &["leader transfer state ResolveCurrentLeader failed"], Unhealthy,
        "moving the leadership: the leader could not be found", QUORUM),
    by_reason("upgrade-log-leader-transfer", &["leader transfer state InspectRaftConfig failed"], Nothing,
        "moving the leadership: Raft's configuration could not be read", "read the inner error"),
    by_reason("upgrade-log-leader-transfer", &["leader transfer state BiasElection failed"], Nothing,
        "moving the leadership: a Blue peer's vote could not be taken", "read the inner error"),
    by_reason("upgrade-log-leader-transfer", &["leader transfer state StepDown failed"], Nothing,
        "moving the leadership: the leader did not step down", "check the upgrade role's policy on sys/step-down"),
    sure("upgrade-log-leader-transfer", &["leader transfer state AwaitNewLeader failed"], Unhealthy,
        "moving the leadership: no new leader was elected", URGENT),
    by_reason("upgrade-log-leader-transfer", &["leader transfer state"], Nothing, "the leadership could not be moved", "read the inner error"),
    sure("upgrade-log-step-down-forbidden", &[STEP_DOWN, "step-down request failed with status 403"], Config,
        "the policy lacks sys/step-down", "add update and sudo on sys/step-down to the upgrade role's policy"),
    by_reason("upgrade-log-step-down", &[STEP_DOWN], Nothing, "the leader did not step down", "check the upgrade role's policy on sys/step-down"),
    // Removing.
    proving(R::RemovingPeer, by_reason("upgrade-log-remove-peer", &["failed to remove Raft peer"], Nothing,
        "a peer could not be removed from Raft; the ones before it are removed", SIDE)),
    // Defects.
    sure("upgrade-log-defect", &["client is required to demote Blue pods"], Config, "a defect of the executor", REPORT),
    sure("upgrade-log-defect", &["config is required"], Config, "a defect of the executor", REPORT),
    sure("upgrade-log-defect", &["serverID is required"], Config, "a defect of the executor", REPORT),
    sure("upgrade-log-defect", &["leaderAPIAddr is required"], Config, "a defect of the executor", REPORT),
    sure("upgrade-log-defect", &["servers list cannot be empty"], Config, "a defect of the executor", REPORT),
    // Links that usually stand further in.
    by_reason("upgrade-log-circuit-breaker", &["openbao circuit breaker"], Transient, "earlier requests to that server failed", "wait a minute"),
    by_reason("upgrade-log-transport", &["failed to execute raft join request"], Transient, "a request did not get through", NETWORK),
    by_reason("upgrade-log-transport", &["failed to execute raft configuration request"], Transient, "a request did not get through", NETWORK),
    by_reason("upgrade-log-transport", &["failed to execute raft configuration update request"], Transient,
        "a request did not get through", NETWORK),
    by_reason("upgrade-log-transport", &["failed to execute raft autopilot state request"], Transient, "a request did not get through", NETWORK),
    by_reason("upgrade-log-transport", &["failed to execute raft remove-peer request"], Transient, "a request did not get through", NETWORK),
    by_reason("upgrade-log-transport", &["failed to execute raft promote request"], Transient, "a request did not get through", NETWORK),
    by_reason("upgrade-log-transport", &["failed to execute raft demote request"], Transient, "a request did not get through", NETWORK),
    by_reason("upgrade-log-transport", &["failed to execute step-down request"], Transient, "a request did not get through", NETWORK),
    by_reason("upgrade-log-transport", &["failed to execute JWT auth request"], Transient, "a request did not get through", NETWORK),
    by_reason("upgrade-log-raft-refused", &["raft join request failed with status"], Nothing, "a server refuses to join", "read the inner error"),
    by_reason("upgrade-log-raft-refused", &["raft promote request failed with status"], Nothing, "OpenBao refuses the promotion", "read the inner error"),
    by_reason("upgrade-log-raft-refused", &["raft demote request failed with status"], Nothing, "OpenBao refuses the demotion", "read the inner error"),
    by_reason("upgrade-log-raft-refused", &["raft remove-peer request failed with status"], Nothing, "OpenBao refuses the removal", "read the inner error"),
    sure("upgrade-log-odd-answer", &["failed to parse ", " response"], Config,
        "an answer of the server was not understood: the versions do not fit together", ALIGN),
    sure("upgrade-log-odd-answer", &["failed to marshal "], Config, "a request could not be written: a defect of the executor", REPORT),
    sure("upgrade-log-odd-answer", &["failed to create ", " request"], Config, "a request could not be made: a defect, or an odd address", REPORT),
    // What the executor said last, when nothing above fits.
    sure("upgrade-log-unknown-error", &["upgrade-executor error:"], Nothing,
        "the executor failed with words this tool does not know", "read them; look at Raft's configuration before anything is retried"),
];
