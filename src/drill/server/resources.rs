//! The kinds of objects the server knows: built-in ones from a table, custom ones from their CRDs.

use std::sync::Arc;

use serde_json::Value;

use crate::drill::schema::Schema;

/// One kind of object and how it is served.
#[derive(Debug, Clone)]
pub struct Resource {
    /// API group, empty for the core one.
    pub group: String,
    /// API version.
    pub version: String,
    /// Plural name, as in paths.
    pub plural: String,
    /// Singular name.
    pub singular: String,
    /// Kind.
    pub kind: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Short names for kubectl.
    pub short: Vec<String>,
    /// Subresources with `get`, `patch` and `update` (or `get`/`create` for the proxied ones).
    pub subresources: Vec<String>,
    /// Whether `metadata.generation` is kept.
    pub generation: bool,
    /// The schema of a custom resource; built-in kinds have none here and are not validated.
    pub schema: Option<Arc<Schema>>,
    /// Additional printer columns of a custom resource, as in its CRD.
    pub columns: Vec<Value>,
}

impl Resource {
    /// `apps/v1`, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `jobs.batch`, or `pods` for the core group.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// Whether the object's status is written through its own endpoint.
    pub fn has_status(&self) -> bool {
        self.subresources.iter().any(|s| s == "status")
    }

    /// Whether this is a custom resource.
    pub fn is_custom(&self) -> bool {
        self.schema.is_some()
    }
}

/// Group/version, kind, plural, namespaced, short names, subresources, has generation.
type Row = (&'static str, &'static str, &'static str, bool, &'static str, &'static str, bool);

#[rustfmt::skip]
const BUILT_IN: &[Row] = &[
    ("v1", "Namespace", "namespaces", false, "ns", "status", false),
    ("v1", "Node", "nodes", false, "no", "status", false),
    ("v1", "Pod", "pods", true, "po", "status log portforward binding", true),
    ("v1", "Service", "services", true, "svc", "status", false),
    ("v1", "Secret", "secrets", true, "", "", false),
    ("v1", "ConfigMap", "configmaps", true, "cm", "", false),
    ("v1", "Event", "events", true, "ev", "", false),
    ("v1", "ServiceAccount", "serviceaccounts", true, "sa", "", false),
    ("v1", "PersistentVolumeClaim", "persistentvolumeclaims", true, "pvc", "status", false),
    ("apps/v1", "Deployment", "deployments", true, "deploy", "status scale", true),
    ("apps/v1", "StatefulSet", "statefulsets", true, "sts", "status scale", true),
    ("batch/v1", "Job", "jobs", true, "", "status", true),
    ("coordination.k8s.io/v1", "Lease", "leases", true, "", "", false),
    ("rbac.authorization.k8s.io/v1", "Role", "roles", true, "", "", false),
    ("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", true, "", "", false),
    ("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", false, "", "", false),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", false, "", "", false),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", false, "crd crds", "status", true),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", false, "", "status", true),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", false, "", "", true),
];

/// Everything one server serves.
#[derive(Debug)]
pub struct Resources {
    all: Vec<Arc<Resource>>,
}

impl Resources {
    /// The built-in kinds and those of the given CRDs (documents without a served version are left out).
    pub fn new(crds: &[Value]) -> Self {
        let built_in = BUILT_IN.iter().map(built_in);
        Resources { all: built_in.chain(crds.iter().filter_map(custom)).map(Arc::new).collect() }
    }

    /// All kinds in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.all.iter()
    }

    /// The kind served at `/apis/GROUP/VERSION/PLURAL`.
    pub fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Resource>> {
        self.all.iter().find(|r| r.group == group && r.version == version && r.plural == plural)
    }

    /// The kind with this plural name, whatever its group.
    pub fn by_plural(&self, plural: &str) -> Option<&Arc<Resource>> {
        self.all.iter().find(|r| r.plural == plural)
    }

    /// The kind of an object.
    pub fn by_kind(&self, api_version: &str, kind: &str) -> Option<&Arc<Resource>> {
        self.all.iter().find(|r| r.kind == kind && r.api_version() == api_version)
    }

    /// Group and version of everything served, each once, in order.
    pub fn group_versions(&self) -> Vec<(String, String)> {
        let mut seen: Vec<(String, String)> = Vec::new();
        for resource in &self.all {
            let pair = (resource.group.clone(), resource.version.clone());
            if !seen.contains(&pair) {
                seen.push(pair);
            }
        }
        seen
    }
}

fn built_in(&(group_version, kind, plural, namespaced, short, subresources, generation): &Row) -> Resource {
    let (group, version) = group_version.split_once('/').unwrap_or(("", group_version));
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    Resource {
        group: group.into(),
        version: version.into(),
        plural: plural.into(),
        singular: kind.to_lowercase(),
        kind: kind.into(),
        namespaced,
        short: words(short),
        subresources: words(subresources),
        generation,
        schema: None,
        columns: Vec::new(),
    }
}

fn custom(crd: &Value) -> Option<Resource> {
    let spec = crd.get("spec")?;
    let version = spec["versions"].as_array()?.iter().find(|v| v["served"] == true)?;
    let names = &spec["names"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let list = |value: &Value| value.as_array().map(|l| l.iter().filter_map(text).collect()).unwrap_or_default();
    Some(Resource {
        group: text(&spec["group"])?,
        version: text(&version["name"])?,
        plural: text(&names["plural"])?,
        singular: text(&names["singular"])?,
        kind: text(&names["kind"])?,
        namespaced: spec["scope"] == "Namespaced",
        short: list(&names["shortNames"]),
        subresources: if version["subresources"]["status"].is_object() { vec!["status".into()] } else { Vec::new() },
        generation: true,
        schema: Some(Arc::new(Schema::new(version["schema"]["openAPIV3Schema"].clone()))),
        columns: version["additionalPrinterColumns"].as_array().cloned().unwrap_or_default(),
    })
}
