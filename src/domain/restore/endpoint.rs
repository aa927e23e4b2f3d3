//! The admission rules for a restore's endpoint (F§8.5), so that a plan does not find them after the consent.

use crate::api::generation::{Generation, Tag};

/// Why this endpoint is refused: by us when it holds a login, by admission from P4 on. `None` when it passes.
pub fn refused(endpoint: &str, generation: &Generation) -> Option<&'static str> {
    // By now three asterisks stand for it: what would be sent is not what was given.
    if endpoint.contains('@') {
        return Some("a login in a URL is never sent or shown; the store's keys belong into the Secret");
    }
    if !generation.may_be_at_least(Tag::P4) || endpoint.is_empty() {
        return None;
    }
    let host = authority(endpoint);
    if ["localhost", "127.0.0.1", "::1"].iter().any(|local| endpoint.contains(local)) || is_numeric(host) {
        return Some("admission refuses localhost, loopback and numeric hosts");
    }
    if host.is_some_and(|h| h.starts_with("169.254.")) {
        return Some("admission refuses link-local addresses");
    }
    let in_cluster = endpoint.strip_prefix("http://").is_some_and(|_| host.is_some_and(is_service));
    if !(endpoint.starts_with("https://") || endpoint.starts_with("s3://") || in_cluster) {
        return Some("admission wants https:// or s3://, or http:// to a Service of this Kubernetes cluster (*.svc)");
    }
    None
}

/// Host and port of an http(s) URL.
fn authority(endpoint: &str) -> Option<&str> {
    let rest = endpoint.strip_prefix("http://").or_else(|| endpoint.strip_prefix("https://"))?;
    rest.split('/').next()
}

/// The policy's `^https?://[0-9]+[:/].*`: a single number as the whole host.
fn is_numeric(authority: Option<&str>) -> bool {
    let host = authority.unwrap_or_default().split(':').next().unwrap_or_default();
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_digit())
}

/// The policy's `^http://[^/]+\.svc(\.|:|/|$).*`.
fn is_service(authority: &str) -> bool {
    authority.match_indices(".svc").any(|(at, _)| at > 0 && matches!(authority.as_bytes().get(at + 4), None | Some(b'.' | b':')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_refused() {
        let jan = Generation::default();
        for endpoint in ["https://user:secret@host", "https://***@host"] {
            assert!(refused(endpoint, &jan).is_some_and(|why| why.contains("login")), "{endpoint}");
        }
    }

    #[test]
    fn the_rules_are_the_policys() {
        let jan = Generation::default();
        let cases = [
            ("http://s3.storage.svc:7070", true),
            ("http://s3.storage.svc.cluster.local/x", true),
            ("https://s3.eu-west-1.amazonaws.com", true),
            ("s3://bucket", true),
            ("", true),
            ("http://minio:9000", false),
            ("minio:9000", false),
            ("http://s3.storage.svcx:1", false),
            ("https://localhost:9000", false),
            ("https://127.0.0.1", false),
            ("http://[::1]:9000", false),
            ("http://2130706433/", false),
            ("http://169.254.169.254/latest", false),
        ];
        for (endpoint, passes) in cases {
            assert_eq!(refused(endpoint, &jan).is_none(), passes, "{endpoint}");
        }
    }
}
