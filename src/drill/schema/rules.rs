//! The CEL rules of the CRDs, by hand: a rule's text as it stands in the CRD, and what it means in Rust.
//!
//! The texts of 0.5 and NEXT are our own (only their messages are known, F§3.2); JAN's two are the operator's.

use serde_json::Value;

pub(super) const ENDPOINT: &str = "self.provider != 's3' || (has(self.endpoint) && size(self.endpoint) > 0)";
pub(super) const GCS: &str = "!has(self.gcs) || self.provider == 'gcs'";
pub(super) const AZURE: &str = "!has(self.azure) || self.provider == 'azure'";
pub(super) const ROLE: &str = "!has(self.roleArn) || size(self.roleArn) == 0 || self.provider == 's3'";
pub(super) const LIFECYCLE: &str = "!has(self.targetLifecycle) || has(self.clusterTemplate)";
pub(super) const CLEANUP: &str =
    "!has(self.cleanupAfterSeconds) || (has(self.clusterTemplate) && self.targetLifecycle == 'Disposable')";
const ROTATION: &str = "self.tls.mode != 'OperatorManaged' || size(self.tls.rotationPeriod) > 0";
const ACME: &str = "!(has(self.domain) && has(self.domains) && size(self.domains) > 0)";

/// Whether an object satisfies a rule. A rule that is not known here counts as satisfied.
pub(super) fn holds(rule: &str, object: &Value) -> bool {
    let text = |key: &str| object[key].as_str().unwrap_or_default();
    let has = |key: &str| !object[key].is_null();
    // The CRD's writer wraps long rules.
    let rule = rule.split_whitespace().collect::<Vec<_>>().join(" ");
    match rule.as_str() {
        ENDPOINT => provider(object) != "s3" || !text("endpoint").is_empty(),
        GCS => !has("gcs") || provider(object) == "gcs",
        AZURE => !has("azure") || provider(object) == "azure",
        ROLE => text("roleArn").is_empty() || provider(object) == "s3",
        LIFECYCLE => !has("targetLifecycle") || has("clusterTemplate"),
        CLEANUP => !has("cleanupAfterSeconds") || (has("clusterTemplate") && text("targetLifecycle") == "Disposable"),
        ROTATION => {
            let tls = &object["tls"];
            let managed = tls["mode"].as_str().is_none_or(|mode| mode == "OperatorManaged");
            !managed || tls["rotationPeriod"].as_str().is_some_and(|period| !period.is_empty())
        }
        ACME => !has("domain") || object["domains"].as_array().is_none_or(Vec::is_empty),
        _ => true,
    }
}

fn provider(target: &Value) -> &str {
    target["provider"].as_str().unwrap_or("s3")
}
