//! The Kubernetes API as the operator uses it: untyped objects through a client.

use kube::api::{ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams, Preconditions};
use kube::core::GroupVersionKind;
use kube::{Api, Client};
use serde_json::{Value, json};

use super::values::namespace;

/// The kinds the operator reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `openbaoclusters`.
    Cluster,
    /// `openbaorestores`.
    Restore,
    /// `jobs`.
    Job,
    /// `pods`.
    Pod,
    /// `statefulsets`.
    StatefulSet,
    /// `leases`.
    Lease,
    /// Core `events`.
    Event,
    /// `serviceaccounts`.
    ServiceAccount,
    /// `roles`.
    Role,
    /// `rolebindings`.
    RoleBinding,
    /// `persistentvolumeclaims`.
    Claim,
}

impl Kind {
    /// Group, version, kind and plural: enough to address it without discovery.
    pub fn resource(self) -> ApiResource {
        let (group, version, kind, plural) = match self {
            Kind::Cluster => ("openbao.org", "v1alpha1", "OpenBaoCluster", "openbaoclusters"),
            Kind::Restore => ("openbao.org", "v1alpha1", "OpenBaoRestore", "openbaorestores"),
            Kind::Job => ("batch", "v1", "Job", "jobs"),
            Kind::Pod => ("", "v1", "Pod", "pods"),
            Kind::StatefulSet => ("apps", "v1", "StatefulSet", "statefulsets"),
            Kind::Lease => ("coordination.k8s.io", "v1", "Lease", "leases"),
            Kind::Event => ("", "v1", "Event", "events"),
            Kind::ServiceAccount => ("", "v1", "ServiceAccount", "serviceaccounts"),
            Kind::Role => ("rbac.authorization.k8s.io", "v1", "Role", "roles"),
            Kind::RoleBinding => ("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings"),
            Kind::Claim => ("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
        };
        ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural)
    }

    /// All objects of the kind, in every namespace.
    pub fn everywhere(self, client: &Client) -> Api<DynamicObject> {
        Api::all_with(client.clone(), &self.resource())
    }

    fn of(self, client: &Client, namespace: &str) -> Api<DynamicObject> {
        Api::namespaced_with(client.clone(), namespace, &self.resource())
    }

    /// One object, or nothing if there is none.
    pub async fn get(self, client: &Client, namespace: &str, name: &str) -> kube::Result<Option<Value>> {
        self.of(client, namespace).get_opt(name).await?.as_ref().map(value).transpose()
    }

    /// The objects with some labels, in order of their names.
    pub async fn list(self, client: &Client, namespace: &str, labels: &str) -> kube::Result<Vec<Value>> {
        let mut found = self.of(client, namespace).list(&ListParams::default().labels(labels)).await?.items;
        found.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
        found.iter().map(value).collect()
    }

    /// Creates an object in its own namespace; `false` if one of that name exists.
    pub async fn create(self, client: &Client, object: &Value) -> kube::Result<bool> {
        let dynamic: DynamicObject = serde_json::from_value(object.clone()).map_err(kube::Error::SerdeError)?;
        match self.of(client, namespace(object)).create(&PostParams::default(), &dynamic).await {
            Ok(_) => Ok(true),
            Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Merge-patches an object.
    pub async fn patch(self, client: &Client, namespace: &str, name: &str, patch: &Value) -> kube::Result<()> {
        let done = self.of(client, namespace).patch(name, &PatchParams::default(), &Patch::Merge(patch)).await;
        done.map(drop)
    }

    /// Merge-patches an object's status; with a resource version only if nobody changed it since.
    pub async fn patch_status(
        self,
        client: &Client,
        namespace: &str,
        name: &str,
        status: &Value,
        version: Option<&str>,
    ) -> kube::Result<()> {
        let mut patch = json!({"status": status});
        if let Some(version) = version {
            patch["metadata"] = json!({"resourceVersion": version});
        }
        let done = self.of(client, namespace).patch_status(name, &PatchParams::default(), &Patch::Merge(&patch)).await;
        done.map(drop)
    }

    /// Deletes an object, if it is still the one with this uid; one that is gone is fine.
    pub async fn delete(self, client: &Client, namespace: &str, name: &str, uid: Option<&str>) -> kube::Result<()> {
        let preconditions = uid.map(|uid| Preconditions { uid: Some(uid.to_owned()), resource_version: None });
        let params = match self {
            Kind::Job => DeleteParams::foreground(),
            _ => DeleteParams { preconditions, ..DeleteParams::default() },
        };
        match self.of(client, namespace).delete(name, &params).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// An untyped object as JSON.
pub fn value(object: &DynamicObject) -> kube::Result<Value> {
    serde_json::to_value(object).map_err(kube::Error::SerdeError)
}
