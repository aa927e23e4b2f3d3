//! Inner reasons: the last link of an error's chain, the same in many chains. They say whether a retry can work.

use crate::domain::job_log::Suggests::{self, Config, Diverged, Transient, Unhealthy};

/// A reason and what it says about a retry.
#[derive(Debug)]
pub(in crate::domain::job_log) struct Reason {
    pub(in crate::domain::job_log) fragment: &'static str,
    pub(in crate::domain::job_log) suggests: Suggests,
    pub(in crate::domain::job_log) meaning: &'static str,
}

const fn reason(fragment: &'static str, suggests: Suggests, meaning: &'static str) -> Reason {
    Reason { fragment, suggests, meaning }
}

/// The first that occurs in a line counts: what needs a repair stands before what may pass by itself.
#[rustfmt::skip]
pub(in crate::domain::job_log) static REASONS: &[Reason] = &[
    reason("already initialized as standalone", Diverged, "the pod has data of its own"),
    reason("cluster already has state", Diverged, "the pod has data of its own"),
    reason("not found in raft configuration", Diverged, "that peer is not a member of the cluster"),
    reason("ault is sealed", Unhealthy, "the server is sealed"),
    reason("active cluster node not found", Unhealthy, "no server leads"),
    reason("no leader found among", Unhealthy, "no server says it is the leader"),
    reason("refusing to demote current leader", Unhealthy, "that peer leads: the leadership must move first"),
    reason("no such host", Unhealthy, "the pod's name does not resolve: the pod is gone, or the headless Service is broken"),
    reason("server is not a non-voter", Config, "the peer votes already; executors before #382 take that for a failure"),
    reason("server is already a non-voter", Config, "the peer has no vote already; old executors take that for a failure"),
    reason("x509: ", Config, "a certificate is not accepted"),
    reason("tls: ", Config, "the TLS connection failed: certificate or name"),
    reason("permission denied", Config, "the policy refuses it"),
    reason("status 403", Config, "the policy refuses it"),
    reason("status 404", Config, "the server does not know that path: other version, or no Raft storage"),
    reason("(status 429)", Transient, "a standby answered, or the server takes no more requests"),
    reason("with status 429", Transient, "a standby answered, or the server takes no more requests"),
    reason("with status 472", Transient, "a standby answered"),
    reason("with status 473", Transient, "a standby answered"),
    reason("(status 503)", Transient, "the server is not available; if that lasts, it is sealed"),
    reason("with status 503", Transient, "the server is not available; if that lasts, it is sealed"),
    reason("circuit breaker", Transient, "earlier requests to that server failed"),
    reason("connection refused", Transient, "nothing listens there: the server is down or starting"),
    reason("connection reset", Transient, "the connection broke"),
    reason("no route to host", Transient, "the address does not answer"),
    reason("handshake timeout", Transient, "the server did not answer in time"),
    reason("i/o timeout", Transient, "the server did not answer in time; if that lasts, a network policy forbids it"),
    reason("deadline exceeded", Transient, "it took too long"),
    reason("leadership lost while", Transient, "the leader changed in between"),
    reason("node is not the leader", Transient, "the leader changed in between"),
    reason("configuration changed since", Transient, "two changes of the membership met"),
    reason(": EOF", Transient, "the connection broke"),
];
