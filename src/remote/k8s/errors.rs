//! What can go wrong with a request, and how it is said to a person.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use super::overloaded;
use crate::api::text::{clean, clean_cut};
use crate::error::Failure;
use crate::exit::Exit;
use crate::remote::kubeconfig;

/// Whether the API server may have acted on a request that got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It never left, or it was a read.
    No,
    /// It may have been carried out.
    Perhaps,
}

/// A request that did not give what was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiError {
    /// What kind of failure.
    pub kind: ApiErrorKind,
    /// The server's message or the transport's cause, cleaned of control characters.
    pub message: String,
    /// `details.causes` of the answer: field and message.
    pub causes: Vec<(String, String)>,
    /// The login itself failed (credential helper, OIDC): already told for people.
    login: Option<Box<Failure>>,
}

/// The kinds a caller tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiErrorKind {
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404 with a `Status` about an object.
    NotFound,
    /// 404 for the whole path: the resource type is not served.
    NotServed,
    /// 409 because the name is taken.
    AlreadyExists,
    /// 409 otherwise.
    Conflict,
    /// 410: a continue token or resource version is too old.
    Gone,
    /// 400, and 415 and the like.
    BadRequest,
    /// 422 from validation.
    Invalid,
    /// 422 from an admission policy, or a webhook's denial.
    Denied,
    /// 429, 503; seconds of `Retry-After`.
    Overloaded(Option<u64>),
    /// Another 5xx or unexpected code.
    Server(u16),
    /// No connection at all.
    Unreachable,
    /// The server's certificate, or ours, was not accepted.
    Tls,
    /// The connection broke before the answer was complete.
    AnswerLost(Sent),
    /// No answer within the deadline.
    TimedOut(Sent),
    /// The answer made no sense.
    Malformed,
}

impl ApiError {
    /// No answer in time.
    pub fn timed_out(after: Duration, sent: Sent) -> ApiError {
        ApiError::plain(ApiErrorKind::TimedOut(sent), format!("no answer within {}", seconds(after)))
    }

    /// Something that should have been JSON or a request is not.
    pub fn malformed(message: String) -> ApiError {
        ApiError::plain(ApiErrorKind::Malformed, message)
    }

    /// An error of a kind, its message made safe for a terminal.
    pub fn of(kind: ApiErrorKind, message: &str) -> ApiError {
        ApiError::plain(kind, message.to_owned())
    }

    /// Whether the answer to a write says for certain that nothing was stored.
    pub fn clearly_refused(&self) -> bool {
        use ApiErrorKind as K;
        matches!(
            self.kind,
            K::Unauthorized
                | K::Forbidden
                | K::NotFound
                | K::NotServed
                | K::BadRequest
                | K::Invalid
                | K::Denied
                | K::Unreachable
                | K::Tls
        )
    }

    /// Whether the server said no to this person, or to the whole type.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self.kind, ApiErrorKind::Unauthorized | ApiErrorKind::Forbidden | ApiErrorKind::NotServed)
    }

    /// Whether nobody was there to answer, or nobody who was ready.
    pub(in crate::remote) fn means_away(&self) -> bool {
        use ApiErrorKind as K;
        matches!(self.kind, K::Unreachable | K::AnswerLost(_) | K::TimedOut(_) | K::Overloaded(_) | K::Server(_))
    }

    fn plain(kind: ApiErrorKind, message: String) -> ApiError {
        ApiError { kind, message: clean_cut(&message, 2_000), causes: Vec::new(), login: None }
    }

    pub(super) fn body_lost(error: &(dyn std::error::Error + 'static)) -> ApiError {
        ApiError::plain(ApiErrorKind::AnswerLost(Sent::Perhaps), format!("the answer broke off: {}", chain(error)))
    }

    /// Classifies a failure below HTTP by its chain of causes.
    pub(super) fn of_transport(error: &kube::Error) -> ApiError {
        if let Some(failure) = kubeconfig::failure_in(error) {
            let plain = ApiError::plain(ApiErrorKind::Unauthorized, failure.cause.clone());
            return ApiError { login: Some(Box::new(failure)), ..plain };
        }
        let text = chain(error);
        let has = |needles: &[&str]| needles.iter().any(|n| text.contains(n));
        let kind = if has(&[
            "certificate",
            // The alerts a server ends a handshake with for our certificate's sake; TLS 1.3 tells after we began to speak.
            "fatal alert: Certificate",
            "fatal alert: UnknownCA",
            "fatal alert: AccessDenied",
            "CertificateRequired",
            "UnknownIssuer",
            "BadCertificate",
            "tls handshake",
            "AlertReceived",
            "InvalidMessage",
        ]) {
            ApiErrorKind::Tls
        } else if has(&[
            "Connection refused",
            "dns error",
            "failed to lookup",
            "No route to host",
            "Network is unreachable",
            "tcp connect error",
            "deadline has elapsed",
            "connect error",
            "proxy",
        ]) {
            ApiErrorKind::Unreachable
        } else {
            ApiErrorKind::AnswerLost(Sent::Perhaps)
        };
        ApiError::plain(kind, text)
    }

    /// Classifies an answer that is not a success.
    pub(super) fn of_answer(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ApiError {
        let answer: Option<Value> = serde_json::from_slice(body).ok().filter(Value::is_object);
        let text = |pointer: &str| answer.as_ref().and_then(|a| a.pointer(pointer)).and_then(Value::as_str).unwrap_or_default();
        let message = match text("/message") {
            "" => String::from_utf8_lossy(body).into_owned(),
            message => message.to_owned(),
        };
        let kind = kind_of(status, text("/reason"), &message, answer.is_some(), retry_after(headers));
        let mut error = ApiError::plain(kind, if message.is_empty() { status.to_string() } else { message });
        let causes = answer.as_ref().and_then(|a| a.pointer("/details/causes")).and_then(Value::as_array);
        let field = |cause: &Value, name: &str| clean_cut(cause.get(name).and_then(Value::as_str).unwrap_or_default(), 500);
        error.causes = causes.into_iter().flatten().map(|c| (field(c, "field"), field(c, "message"))).collect();
        error
    }

    /// Whether a read is worth another try.
    pub(super) fn worth_repeating(&self) -> bool {
        matches!(self.kind, ApiErrorKind::Overloaded(_) | ApiErrorKind::AnswerLost(_) | ApiErrorKind::Server(504))
    }

    /// How long to wait before trying again.
    pub(super) fn pause(&self, tried: u32) -> Duration {
        match self.kind {
            ApiErrorKind::Overloaded(Some(seconds)) => Duration::from_secs(seconds),
            _ => Duration::from_millis(100 << tried.min(4)),
        }
    }

    /// The error in a person's words, with what to do.
    pub fn failure(&self, doing: &str) -> Failure {
        if let Some(login) = &self.login {
            return (**login).clone().doing(doing);
        }
        let failure = match self.kind {
            ApiErrorKind::Unauthorized => {
                Failure::new(Exit::NotPermitted, "you are not logged in to the API server, or the login expired")
                    .hint("kubectl auth whoami        says whether kubectl itself is let in; log in again if not")
            }
            ApiErrorKind::Forbidden => self.forbidden(),
            ApiErrorKind::NotFound => Failure::new(Exit::NotFound, "not found"),
            ApiErrorKind::NotServed => {
                Failure::new(Exit::NotFound, "the OpenBao Operator's resource types are not installed in this Kubernetes cluster")
                    .hint("kubectl config current-context        is this the right cluster?")
                    .hint("kubectl api-resources --api-group=openbao.org")
            }
            ApiErrorKind::AlreadyExists => Failure::new(Exit::WorldChanged, "an object of this name exists already"),
            ApiErrorKind::Conflict => Failure::new(Exit::WorldChanged, "somebody changed the object at the same time"),
            ApiErrorKind::Denied => Failure::new(Exit::Refused, denial(&self.message)).hint(
                "kubectl get validatingadmissionpolicies        lists the rules; who runs the cluster knows what they allow",
            ),
            ApiErrorKind::Invalid | ApiErrorKind::BadRequest => self.invalid(),
            ApiErrorKind::Overloaded(_) => Failure::new(Exit::Failure, "the API server is overloaded or not ready")
                .hint("run the same command again in a moment"),
            ApiErrorKind::Unreachable => Failure::new(Exit::Failure, "the API server cannot be reached")
                .hint("kubectl cluster-info        says whether kubectl can reach it"),
            ApiErrorKind::Tls => self.tls(),
            ApiErrorKind::TimedOut(_) => Failure::new(Exit::Failure, "the API server accepts connections and does not answer")
                .hint("a longer --request-timeout waits longer; kubectl get --raw /readyz says whether the server is ready"),
            ApiErrorKind::Gone | ApiErrorKind::Server(_) | ApiErrorKind::AnswerLost(_) | ApiErrorKind::Malformed => {
                Failure::new(Exit::Failure, "the API server gave no usable answer").hint("run the same command again in a moment")
            }
        };
        failure.doing(doing).detail(self.told()).details_unless_repeated(&self.causes)
    }

    /// The message with who said it: the API server, or the connection to it.
    pub fn told(&self) -> String {
        use ApiErrorKind as K;
        let below = matches!(self.kind, K::Unreachable | K::Tls | K::AnswerLost(_) | K::TimedOut(_) | K::Malformed);
        format!("{}: {}", if below { "cause" } else { "the API server says" }, self.message)
    }

    fn invalid(&self) -> Failure {
        let cause = match self.causes.first() {
            Some((field, message)) if !field.is_empty() => format!("the API server refuses the object: {field}: {message}"),
            _ => "the API server refuses the object".to_owned(),
        };
        Failure::new(Exit::Refused, cause)
            .hint("kubectl explain openbaorestore.spec --recursive        what this version of the operator takes")
    }

    fn tls(&self) -> Failure {
        let text = self.message.to_ascii_lowercase();
        let cause = if text.contains("alertreceived") || text.contains("received fatal alert") {
            "the API server does not accept your client certificate: it has run out or is not from its authority"
        } else if text.contains("expired") {
            "the API server's certificate has run out"
        } else if text.contains("unknownissuer") || text.contains("badsignature") {
            "the API server's certificate is not signed by the authority in your kubeconfig"
        } else if text.contains("not valid yet") || text.contains("notvalidyet") {
            "the API server's certificate is not valid yet, or the clock here is wrong"
        } else if text.contains("not valid for name") || text.contains("notvalidforname") {
            "the API server's certificate is for another name"
        } else {
            "no TLS connection to the API server"
        };
        Failure::new(Exit::NotPermitted, cause)
            .hint("kubectl auth whoami        says whether kubectl itself is let in; renew your login or kubeconfig")
    }

    fn forbidden(&self) -> Failure {
        let Some(rule) = MissingRule::of_message(&self.message) else {
            return Failure::new(Exit::NotPermitted, "you are not allowed to do this")
                .hint("kubectl auth can-i --list        says what you may do");
        };
        let place = rule.namespace.as_ref().map_or(String::new(), |n| format!(" in namespace {n}"));
        Failure::new(Exit::NotPermitted, format!("you are not allowed to {} {}{place}", rule.verb, rule.resource_name()))
            .detail(format!("missing rule: {rule}"))
    }
}

trait WithCauses {
    fn details_unless_repeated(self, causes: &[(String, String)]) -> Self;
}

impl WithCauses for Failure {
    fn details_unless_repeated(mut self, causes: &[(String, String)]) -> Failure {
        for (field, message) in causes {
            let line = if field.is_empty() { message.clone() } else { format!("{field}: {message}") };
            if !self.cause.contains(message.as_str()) && !self.details.iter().any(|d| d.contains(message.as_str())) {
                self.details.push(line);
            }
        }
        self
    }
}

/// The rule an RBAC denial asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingRule {
    /// The verb.
    pub verb: String,
    /// The resource, with its subresource.
    pub resource: String,
    /// API group; empty for core.
    pub group: String,
    /// The namespace, or none for the whole cluster.
    pub namespace: Option<String>,
}

impl MissingRule {
    /// Reads the API server's sentence: `User "x" cannot create resource "y" in API group "z" in the namespace "n"`.
    pub fn of_message(message: &str) -> Option<MissingRule> {
        let (_, rest) = message.split_once(" cannot ")?;
        let (verb, rest) = rest.split_once(" resource ")?;
        let mut quoted = rest.split('"').skip(1).step_by(2);
        let (resource, group) = (quoted.next()?.to_owned(), quoted.next()?.to_owned());
        let namespace = rest.contains("in the namespace").then(|| quoted.next().map(str::to_owned)).flatten();
        Some(MissingRule { verb: verb.to_owned(), resource, group, namespace })
    }

    fn resource_name(&self) -> String {
        if self.group.is_empty() { self.resource.clone() } else { format!("{}.{}", self.resource, self.group) }
    }
}

impl fmt::Display for MissingRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "apiGroups [{}]  resources [{}]  verbs [{}]",
            if self.group.is_empty() { "\"\"" } else { &self.group },
            self.resource,
            self.verb
        )
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}

fn kind_of(status: StatusCode, reason: &str, message: &str, is_status: bool, retry_after: Option<u64>) -> ApiErrorKind {
    match status.as_u16() {
        401 => ApiErrorKind::Unauthorized,
        // A policy's denial is 422 `Invalid` (F§15.2.17); webhooks deny with 403 and say so.
        _ if message.contains("denied request: ") || message.contains("denied the request") => ApiErrorKind::Denied,
        403 => ApiErrorKind::Forbidden,
        // A path that is not served has a plain-text body or a Status without an object's name.
        404 if !is_status || message == "the server could not find the requested resource" => ApiErrorKind::NotServed,
        404 => ApiErrorKind::NotFound,
        409 if reason == "AlreadyExists" => ApiErrorKind::AlreadyExists,
        409 => ApiErrorKind::Conflict,
        410 => ApiErrorKind::Gone,
        422 => ApiErrorKind::Invalid,
        // A gateway gave up waiting; what is behind it may go on.
        504 => ApiErrorKind::Server(504),
        _ if overloaded(status) => ApiErrorKind::Overloaded(retry_after),
        400..=499 => ApiErrorKind::BadRequest,
        code => ApiErrorKind::Server(code),
    }
}

fn retry_after(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()
}

/// A policy's own sentence out of `ValidatingAdmissionPolicy 'p' with binding 'b' denied request: sentence`.
fn denial(message: &str) -> String {
    match message.split_once("denied request: ") {
        Some((before, sentence)) => {
            let policy = before.split('\'').nth(1).unwrap_or("an admission policy");
            format!("the admission policy {policy} does not allow it: {sentence}")
        }
        None => "an admission rule of this Kubernetes cluster does not allow it".to_owned(),
    }
}

pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.ends_with(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    // The layers' own names and the manual's address are for programmers.
    for noise in [
        "ServiceError: ",
        "client error (Connect): ",
        "client error (SendRequest): ",
        "client error (Canceled): ",
        "operation was canceled: ",
    ] {
        text = text.replace(noise, "");
    }
    clean(text.split(": https://docs.rs/").next().unwrap_or_default()).into_owned()
}

/// `5 s`, `0.5 s`.
fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds.fract() == 0.0 { format!("{seconds:.0} s") } else { format!("{seconds:.1} s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: u16, body: &str) -> ApiError {
        ApiError::of_answer(StatusCode::from_u16(code).expect("a code"), &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn a_denied_verb_names_the_missing_rule() {
        let error = answer(
            403,
            r#"{"kind":"Status","reason":"Forbidden","message":"openbaorestores.openbao.org is forbidden: User \"oncall\" cannot create resource \"openbaorestores\" in API group \"openbao.org\" in the namespace \"bao\""}"#,
        );
        let failure = error.failure("restoring bao/prod");
        assert_eq!(failure.exit, Exit::NotPermitted);
        assert_eq!(
            failure.to_string(),
            "restoring bao/prod: you are not allowed to create openbaorestores.openbao.org in namespace bao"
        );
        assert_eq!(failure.details[0], "missing rule: apiGroups [openbao.org]  resources [openbaorestores]  verbs [create]");
    }

    #[test]
    fn a_policy_denial_is_told_from_an_invalid_object() {
        let text = "openbaorestores.openbao.org \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: spec.overrideOperationLock requires spec.force=true.";
        let error = answer(422, &serde_json::json!({"kind": "Status", "reason": "Invalid", "message": text}).to_string());
        assert_eq!(error.kind, ApiErrorKind::Denied);
        assert_eq!(
            error.failure("x").cause,
            "the admission policy p does not allow it: spec.overrideOperationLock requires spec.force=true."
        );
        let error = answer(
            422,
            r#"{"kind":"Status","reason":"Invalid","message":"m","details":{"causes":[{"field":"spec.source.target.bucket","message":"Required value"}]}}"#,
        );
        assert_eq!(error.kind, ApiErrorKind::Invalid);
        assert_eq!(error.failure("x").cause, "the API server refuses the object: spec.source.target.bucket: Required value");
    }

    #[test]
    fn a_missing_type_is_told_from_a_missing_object() {
        assert_eq!(answer(404, "404 page not found\n").kind, ApiErrorKind::NotServed);
        assert_eq!(
            answer(404, r#"{"kind":"Status","message":"openbaoclusters.openbao.org \"x\" not found"}"#).kind,
            ApiErrorKind::NotFound
        );
    }

    #[test]
    fn bodies_that_are_no_status_are_shown_cut_and_clean() {
        let error = answer(502, &format!("<html>\u{1b}[2J{}", "x".repeat(5_000)));
        assert_eq!(error.kind, ApiErrorKind::Server(502));
        assert!(error.message.chars().count() <= 2_000 && !error.message.contains('\u{1b}'));
    }
}
