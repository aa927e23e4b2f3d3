//! URL paths of the API, every part percent-encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn part(text: &str) -> String {
    utf8_percent_encode(text, PART).to_string()
}

/// A resource type: group, version, plural.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource {
    /// API group; empty for core.
    pub group: &'static str,
    /// API version.
    pub version: &'static str,
    /// Plural name.
    pub plural: &'static str,
}

/// `openbaoclusters.openbao.org`
pub const CLUSTERS: Resource = Resource { group: "openbao.org", version: "v1alpha1", plural: "openbaoclusters" };
/// `openbaorestores.openbao.org`
pub const RESTORES: Resource = Resource { group: "openbao.org", version: "v1alpha1", plural: "openbaorestores" };
/// `jobs.batch`
pub const JOBS: Resource = Resource { group: "batch", version: "v1", plural: "jobs" };
/// `pods`
pub const PODS: Resource = Resource { group: "", version: "v1", plural: "pods" };
/// `secrets`
pub const SECRETS: Resource = Resource { group: "", version: "v1", plural: "secrets" };
/// `events`
pub const EVENTS: Resource = Resource { group: "", version: "v1", plural: "events" };
/// `statefulsets.apps`
pub const STATEFUL_SETS: Resource = Resource { group: "apps", version: "v1", plural: "statefulsets" };
/// `persistentvolumeclaims`
pub const CLAIMS: Resource = Resource { group: "", version: "v1", plural: "persistentvolumeclaims" };
/// `deployments.apps`
pub const DEPLOYMENTS: Resource = Resource { group: "apps", version: "v1", plural: "deployments" };
/// `leases.coordination.k8s.io`
pub const LEASES: Resource = Resource { group: "coordination.k8s.io", version: "v1", plural: "leases" };
/// `namespaces`
pub const NAMESPACES: Resource = Resource { group: "", version: "v1", plural: "namespaces" };
/// The OpenAPI v3 document of the operator's group.
pub const OPENAPI: &str = "/openapi/v3/apis/openbao.org/v1alpha1";
/// Where SelfSubjectAccessReviews are posted.
pub const ACCESS_REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
/// Where SelfSubjectReviews are posted.
pub const WHO_AM_I: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

impl Resource {
    /// `openbaorestores.openbao.org`, or the plural alone for core.
    pub fn full_name(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// The collection, in one namespace or in all.
    pub fn collection(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", self.group) };
        match namespace {
            Some(namespace) => format!("{root}/{}/namespaces/{}/{}", self.version, part(namespace), self.plural),
            None => format!("{root}/{}/{}", self.version, self.plural),
        }
    }

    /// One object.
    pub fn object(&self, namespace: &str, name: &str) -> String {
        format!("{}/{}", self.collection(Some(namespace)), part(name))
    }
}

/// Appends query parameters.
pub fn query(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut text = path.to_owned();
    for (i, (name, value)) in parameters.iter().enumerate() {
        text.push(if i == 0 { '?' } else { '&' });
        text.push_str(name);
        text.push('=');
        text.push_str(&part(value));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cannot_leave_their_place() {
        assert_eq!(
            CLUSTERS.object("bao", "../x?y#z"),
            "/apis/openbao.org/v1alpha1/namespaces/bao/openbaoclusters/..%2Fx%3Fy%23z"
        );
        assert_eq!(
            query(&PODS.collection(None), &[("labelSelector", "a=b,!c"), ("limit", "5")]),
            "/api/v1/pods?labelSelector=a%3Db%2C%21c&limit=5"
        );
    }
}
