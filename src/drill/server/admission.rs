//! The operator's ValidatingAdmissionPolicy for OpenBaoRestore, by hand: JAN's as in its file, the later additions from
//! the operator facts (§8.5), where only the messages are known.

use regex_lite::Regex;
use serde_json::Value;
use std::sync::LazyLock;

use super::auth::User;
use super::rbac::{self, Attributes};
use super::rejection::Rejection;
use super::resources::Resource;
use super::store::Objects;
use crate::drill::Play;

/// The operator itself is not bound by the rules about rights.
const OPERATOR: &str = "system:serviceaccount:openbao-operator-system:";

/// A write about to happen.
pub(crate) struct Review<'a> {
    pub objects: &'a Objects,
    pub user: &'a User,
    pub resource: &'a Resource,
    pub new: &'a Value,
    pub old: Option<&'a Value>,
}

/// Denies what the policies in force deny; the first broken rule is the one named.
pub(crate) fn check(play: Option<Play>, review: &Review<'_>) -> Result<(), Rejection> {
    let Some(play) = play.filter(|_| review.resource.plural == "openbaorestores") else { return Ok(()) };
    let later = play > Play::Jan;
    let broken = shape(later, &review.new["spec"]).or_else(|| later.then(|| review.rights()).flatten());
    let name = review.new["metadata"]["name"].as_str().unwrap_or_default();
    broken.map_or(Ok(()), |message| Err(Rejection::denied_by_policy(review.resource, name, policy(play), message)))
}

/// The policy's name: kustomize puts a prefix before JAN's, later ones carry their own.
pub(crate) fn policy(play: Play) -> &'static str {
    if play == Play::Jan { "openbao-operator-validate-openbaorestore" } else { "openbao-validate-openbaorestore" }
}

/// Denies the deletion of a committed restore on NEXT until an administrator has settled it (F§8.6).
pub(crate) fn check_deletion(play: Option<Play>, user: &User, resource: &Resource, object: &Value) -> Result<(), Rejection> {
    let status = &object["status"];
    let stage = status["execution"]["stage"].as_str().unwrap_or("Prepared");
    let open = stage != "Prepared" && !matches!(status["phase"].as_str(), Some("Completed" | "Failed"));
    let settled = status["administratorDisposition"].is_string() || user.name.starts_with(OPERATOR);
    if play != Some(Play::Next) || resource.plural != "openbaorestores" || !open || settled {
        return Ok(());
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let message = "A committed restore requires administrator acknowledgement before deletion.";
    Err(Rejection::denied_by_policy(resource, name, "openbao-protect-restore-execution", message))
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a fixed pattern")
}

static NUMERIC: LazyLock<Regex> = LazyLock::new(|| pattern("^https?://[0-9]+[:/].*"));
static LINK_LOCAL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^https?://169\.254\..*"));
static IN_CLUSTER: LazyLock<Regex> = LazyLock::new(|| pattern(r"^http://[^/]+\.svc(\.|:|/|$).*"));
static WITH_HOST: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[a-z][a-z0-9+.-]*://[^/]+"));
static SYSTEM_SECRET: LazyLock<Regex> = LazyLock::new(|| pattern("^.*-(unseal-key|root-token|tls-ca|tls-server)$"));

/// The rules about the object alone.
fn shape(later: bool, spec: &Value) -> Option<&'static str> {
    let endpoint = spec["source"]["target"]["endpoint"].as_str().unwrap_or_default();
    let local = ["localhost", "127.0.0.1", "::1"].iter().any(|text| endpoint.contains(text)) || NUMERIC.is_match(endpoint);
    let secure = ["https://", "s3://"].iter().any(|scheme| endpoint.starts_with(scheme));
    let given = !endpoint.is_empty();
    match () {
        () if spec["overrideOperationLock"] == true && spec["force"] != true => {
            Some("spec.overrideOperationLock requires spec.force=true.")
        }
        () if later && given && !WITH_HOST.is_match(endpoint) => {
            Some("Restore endpoint must be a valid absolute URL with a host.")
        }
        () if given && local && later => {
            Some("Restore endpoint cannot point to localhost, loopback, or use ambiguous numeric IP encoding (SSRF protection).")
        }
        () if given && local => Some("Restore endpoint cannot point to localhost or use numeric IP encoding (SSRF protection)."),
        () if LINK_LOCAL.is_match(endpoint) => {
            Some("Restore endpoint cannot point to link-local addresses (SSRF protection against cloud metadata services).")
        }
        () if given && !secure && !IN_CLUSTER.is_match(endpoint) => {
            Some("Restore endpoint must use HTTPS or S3 scheme, unless it targets an in-cluster Service (*.svc).")
        }
        () if secrets(spec).any(|name| SYSTEM_SECRET.is_match(name)) => Some(
            "References to system secrets (unseal-key, root-token, tls-ca, tls-server) are prohibited in restore configuration \
             to prevent confused deputy attacks.",
        ),
        () => None,
    }
}

/// The Secrets a restore refers to.
fn secrets(spec: &Value) -> impl Iterator<Item = &str> {
    let references = [&spec["source"]["target"]["credentialsSecretRef"]["name"], &spec["tokenSecretRef"]["name"]];
    references.into_iter().filter_map(Value::as_str).filter(|name| !name.is_empty())
}

impl Review<'_> {
    /// The rules of 0.4 and later about changes and about the user's rights.
    fn rights(&self) -> Option<&'static str> {
        let spec = &self.new["spec"];
        if self.old.is_some_and(|old| old["spec"] != *spec) {
            return Some("spec is immutable; create a new OpenBaoRestore for changed restore parameters.");
        }
        if self.user.name.starts_with(OPERATOR) {
            return None;
        }
        let target = &spec["source"]["target"];
        let cloud = !target["roleArn"].as_str().unwrap_or_default().is_empty() || target["workloadIdentity"].is_object();
        let cluster = spec["cluster"].as_str().unwrap_or_default();
        match () {
            () if !cluster.is_empty() && !self.may_on_cluster("restore", cluster) => {
                Some("Users creating or updating an OpenBaoRestore must be authorized to restore the target OpenBaoCluster.")
            }
            () if cloud && !self.may_on_cluster("usecloudidentities", cluster) => Some(
                "Users configuring restore S3 roleArn or workloadIdentity metadata must be authorized to use cloud identities on \
                 the target OpenBaoCluster.",
            ),
            () if spec["image"].is_string()
                && !self.may_on_cluster("usecustomexecutables", cluster)
                && !self.may_on_cluster("usehelperimages", cluster) =>
            {
                Some(
                    "Users configuring custom restore helper images must be authorized to use custom executables on the target \
                     OpenBaoCluster.",
                )
            }
            () if !secrets(spec).all(|name| self.may("get", "", "secrets", name)) => {
                Some("Users configuring restore credentials must be authorized to get referenced restore Secrets.")
            }
            () => None,
        }
    }

    fn may_on_cluster(&self, verb: &str, cluster: &str) -> bool {
        self.may(verb, "openbao.org", "openbaoclusters", cluster)
    }

    fn may(&self, verb: &str, group: &str, plural: &str, name: &str) -> bool {
        let namespace = self.new["metadata"]["namespace"].as_str().unwrap_or_default();
        rbac::allowed(self.objects, self.user, &Attributes { verb, group, plural, subresource: "", namespace, name })
    }
}
