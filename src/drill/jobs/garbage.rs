//! The garbage collector: what depends on an owner that is gone goes too; foreground deletion waits for the dependents,
//! orphaning releases them.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{BoxStream, SelectAll, unfold};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{
    ApiResource, DeleteParams, DynamicObject, GroupVersionKind, Patch, PatchParams, Preconditions, PropagationPolicy,
};
use kube::{Api, Client, ResourceExt};
use serde_json::json;

use crate::drill::feed::{Change, Feed};

/// The kinds that own or are owned here: group, version, kind, plural.
const KINDS: [(&str, &str, &str, &str); 5] = [
    ("openbao.org", "v1alpha1", "OpenBaoCluster", "openbaoclusters"),
    ("openbao.org", "v1alpha1", "OpenBaoRestore", "openbaorestores"),
    ("apps", "v1", "StatefulSet", "statefulsets"),
    ("batch", "v1", "Job", "jobs"),
    ("", "v1", "Pod", "pods"),
];
const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";
/// After an error.
const RETRY: Duration = Duration::from_millis(200);

struct Collector {
    client: Client,
    resources: Vec<ApiResource>,
    objects: HashMap<String, Node>,
    /// Kinds that were listed once: only these can be said to lack an object.
    synced: HashSet<usize>,
}

struct Node {
    kind: usize,
    object: DynamicObject,
    /// A deletion was sent that the watch has not told yet.
    doomed: bool,
}

/// What is to be done about one object.
enum Act {
    /// Delete it if its owners are really gone.
    Collect(String),
    /// Delete it because its owner waits for that.
    Delete(String),
    /// Remove an owner from its list.
    Release(String, String),
    /// Remove a finalizer of the collector.
    Finish(String, &'static str),
}

/// Collects for ever.
pub(super) async fn run(client: Client) {
    let resources: Vec<ApiResource> = KINDS
        .iter()
        .map(|(group, version, kind, plural)| {
            ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural)
        })
        .collect();
    let mut feeds: SelectAll<BoxStream<'static, (usize, Change<DynamicObject>)>> = SelectAll::new();
    for (kind, resource) in resources.iter().enumerate() {
        let feed = Feed::start(Api::<DynamicObject>::all_with(client.clone(), resource));
        feeds.push(unfold(feed, move |mut feed| async move { feed.next().await.map(|change| ((kind, change), feed)) }).boxed());
    }
    let mut collector = Collector { client, resources, objects: HashMap::new(), synced: HashSet::new() };
    while let Some((kind, change)) = feeds.next().await {
        collector.see(kind, change);
        while collector.sweep().await.is_err() {
            tokio::time::sleep(RETRY).await;
        }
    }
}

impl Collector {
    fn see(&mut self, kind: usize, change: Change<DynamicObject>) {
        match change {
            Change::All(objects, _) => {
                self.objects.retain(|_, node| node.kind != kind);
                objects.into_iter().for_each(|object| self.put(kind, object));
                self.synced.insert(kind);
            }
            Change::Applied(object) => self.put(kind, object),
            Change::Deleted(object) => {
                self.objects.remove(&object.uid().unwrap_or_default());
            }
        }
    }

    fn put(&mut self, kind: usize, object: DynamicObject) {
        let Some(uid) = object.uid() else { return };
        let doomed = self.objects.get(&uid).is_some_and(|node| node.doomed);
        self.objects.insert(uid, Node { kind, object, doomed });
    }

    async fn sweep(&mut self) -> kube::Result<()> {
        for act in self.acts() {
            self.perform(act).await?;
        }
        Ok(())
    }

    fn acts(&self) -> Vec<Act> {
        let owners = self.objects.iter().flat_map(|(uid, node)| self.finish(uid, node));
        let dependents =
            self.objects.iter().filter(|(_, node)| !node.doomed && node.object.metadata.deletion_timestamp.is_none());
        owners.chain(dependents.filter(|(_, node)| self.is_abandoned(node)).map(|(uid, _)| Act::Collect(uid.clone()))).collect()
    }

    /// Whether no owner of a known kind is left.
    fn is_abandoned(&self, node: &Node) -> bool {
        let owners = node.object.owner_references();
        let gone = |owner: &OwnerReference| {
            let kind = KINDS.iter().position(|(_, _, kind, _)| *kind == owner.kind);
            kind.is_some_and(|kind| self.synced.contains(&kind)) && !self.objects.contains_key(&owner.uid)
        };
        !owners.is_empty() && owners.iter().all(gone)
    }

    /// What a deleted object with one of the collector's finalizers needs.
    fn finish(&self, uid: &str, node: &Node) -> Vec<Act> {
        if node.object.metadata.deletion_timestamp.is_none() {
            return Vec::new();
        }
        let has = |name: &str| node.object.finalizers().iter().any(|finalizer| finalizer == name);
        let owned = |node: &Node| node.object.owner_references().iter().any(|owner| owner.uid == uid);
        let mut dependents = self.objects.iter().filter(|(_, node)| owned(node)).peekable();
        match () {
            () if has(ORPHAN) && dependents.peek().is_none() => vec![Act::Finish(uid.into(), ORPHAN)],
            () if has(ORPHAN) => dependents.map(|(dependent, _)| Act::Release(dependent.clone(), uid.into())).collect(),
            () if has(FOREGROUND) && dependents.peek().is_none() => vec![Act::Finish(uid.into(), FOREGROUND)],
            () if has(FOREGROUND) => {
                let alive = |node: &Node| !node.doomed && node.object.metadata.deletion_timestamp.is_none();
                dependents.filter(|(_, node)| alive(node)).map(|(dependent, _)| Act::Delete(dependent.clone())).collect()
            }
            () => Vec::new(),
        }
    }

    async fn perform(&mut self, act: Act) -> kube::Result<()> {
        match act {
            Act::Collect(uid) => {
                if self.really_abandoned(&uid).await? {
                    self.delete(&uid).await?;
                }
            }
            Act::Delete(uid) => self.delete(&uid).await?,
            Act::Release(uid, owner) => {
                let Some(node) = self.objects.get(&uid) else { return Ok(()) };
                let left: Vec<_> =
                    node.object.owner_references().iter().filter(|reference| reference.uid != owner).cloned().collect();
                self.patch(&uid, json!({ "metadata": { "ownerReferences": left } })).await?;
            }
            Act::Finish(uid, finalizer) => {
                let Some(node) = self.objects.get(&uid) else { return Ok(()) };
                let left: Vec<_> = node.object.finalizers().iter().filter(|name| *name != finalizer).cloned().collect();
                self.patch(&uid, json!({ "metadata": { "finalizers": left } })).await?;
            }
        }
        Ok(())
    }

    /// Asks the API server before anything is deleted: the feed of the owners may be behind.
    async fn really_abandoned(&self, uid: &str) -> kube::Result<bool> {
        let Some(node) = self.objects.get(uid) else { return Ok(false) };
        for owner in node.object.owner_references() {
            let Some(kind) = KINDS.iter().position(|(_, _, kind, _)| *kind == owner.kind) else { return Ok(false) };
            let namespace = node.object.namespace().unwrap_or_default();
            let found = self.api(kind, &namespace).get_opt(&owner.name).await?;
            if found.and_then(|object| object.uid()).as_ref() == Some(&owner.uid) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn api(&self, kind: usize, namespace: &str) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), namespace, &self.resources[kind])
    }

    async fn delete(&mut self, uid: &str) -> kube::Result<()> {
        let Some(node) = self.objects.get_mut(uid) else { return Ok(()) };
        node.doomed = true;
        let (kind, name, namespace) = (node.kind, node.object.name_any(), node.object.namespace().unwrap_or_default());
        let params = DeleteParams {
            propagation_policy: Some(PropagationPolicy::Background),
            preconditions: Some(Preconditions { uid: Some(uid.to_owned()), resource_version: None }),
            ..DeleteParams::default()
        };
        let deleted = self.api(kind, &namespace).delete(&name, &params).await;
        let result = gone_is_fine(deleted);
        if result.is_err()
            && let Some(node) = self.objects.get_mut(uid)
        {
            node.doomed = false;
        }
        result
    }

    async fn patch(&mut self, uid: &str, patch: serde_json::Value) -> kube::Result<()> {
        let Some(node) = self.objects.get(uid) else { return Ok(()) };
        let (kind, name, namespace) = (node.kind, node.object.name_any(), node.object.namespace().unwrap_or_default());
        let patched = self.api(kind, &namespace).patch(&name, &PatchParams::default(), &Patch::Merge(patch)).await;
        match patched {
            Ok(object) => {
                self.put(kind, object);
                Ok(())
            }
            Err(error) => gone_is_fine::<()>(Err(error)),
        }
    }
}

fn gone_is_fine<T>(result: kube::Result<T>) -> kube::Result<()> {
    match result {
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
        other => other.map(drop),
    }
}
