//! The StatefulSet controller, as far as the range needs it: pods that are missing come (back), in order, and those of
//! an older template are replaced one by one.

use std::collections::HashMap;
use std::time::Duration;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::{Api, Client, Resource, ResourceExt};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::drill::Pace;
use crate::drill::events::{Note, record, reference};
use crate::drill::feed::{Change, Feed};
use crate::drill::world::hex;

/// How long after a change the sets are looked at.
const BATCH: Duration = Duration::from_millis(500);

/// The label that names the template revision a pod was made from.
const REVISION: &str = "controller-revision-hash";

/// Objects by namespace and name.
type Known<K> = HashMap<(String, String), K>;

/// Controls StatefulSets for ever.
pub(super) async fn run(client: Client, pace: Pace) {
    let mut set_feed = Feed::start(Api::<StatefulSet>::all(client.clone()));
    let mut pod_feed = Feed::start(Api::<Pod>::all(client.clone()));
    let (mut sets, mut pods) = (Known::new(), Known::new());
    let (mut listed_sets, mut listed_pods) = (false, false);
    loop {
        tokio::select! {
            Some(change) = set_feed.next() => { see(&mut sets, change); listed_sets = true; }
            Some(change) = pod_feed.next() => { see(&mut pods, change); listed_pods = true; }
            () = tokio::time::sleep(pace.of(BATCH)), if listed_sets && listed_pods => {
                let mut calm = true;
                for set in sets.values() {
                    calm &= control(&client, set, &mut pods).await;
                }
                // Nothing to do until something changes; an error is tried again after the same pause.
                if calm {
                    tokio::select! {
                        Some(change) = set_feed.next() => see(&mut sets, change),
                        Some(change) = pod_feed.next() => see(&mut pods, change),
                        else => return,
                    }
                }
            }
            else => return,
        }
    }
}

fn see<K: Resource + ResourceExt>(known: &mut Known<K>, change: Change<K>) {
    let key = |object: &K| (object.namespace().unwrap_or_default(), object.name_any());
    match change {
        Change::All(objects, _) => *known = objects.into_iter().map(|object| (key(&object), object)).collect(),
        Change::Applied(object) => {
            known.insert(key(&object), object);
        }
        Change::Deleted(object) => {
            known.remove(&key(&object));
        }
    }
}

/// Brings one set a step further; false when something failed.
async fn control(client: &Client, set: &StatefulSet, pods: &mut Known<Pod>) -> bool {
    let Some(spec) = set.spec.as_ref().filter(|_| set.metadata.deletion_timestamp.is_none()) else { return true };
    let namespace = set.namespace().unwrap_or_default();
    let replicas = spec.replicas.unwrap_or(1);
    let ordered = spec.pod_management_policy.as_deref() != Some("Parallel");
    for ordinal in 0..replicas {
        let name = format!("{}-{ordinal}", set.name_any());
        let pod = pods.get(&(namespace.clone(), name.clone()));
        if pod.is_none() && !spec.template.spec.as_ref().is_none_or(|spec| spec.containers.is_empty()) {
            return match create(client, set, &name, ordinal).await {
                Ok(pod) => {
                    pods.insert((namespace, name), pod);
                    true
                }
                Err(_) => false,
            };
        }
        // The next pod comes when this one runs; a sealed server is never ready and must not hold the others up.
        if ordered && !pod.is_some_and(is_running) {
            break;
        }
    }
    let own: Vec<&Pod> =
        (0..replicas).filter_map(|ordinal| pods.get(&(namespace.clone(), format!("{}-{ordinal}", set.name_any())))).collect();
    roll(client, set, &own).await & report(client, set, &own).await
}

/// Name of the present revision of a set's pod template.
fn revision(set: &StatefulSet) -> String {
    let template = set.spec.as_ref().map(|spec| json!(spec.template)).unwrap_or_default();
    let digest = Sha256::digest(template.to_string());
    format!("{}-{}", set.name_any(), &hex(&digest)[..10])
}

/// Whether a pod was made from this revision. A pod that somebody else made counts: nobody asked for its replacement.
fn is_of(pod: &Pod, revision: &str) -> bool {
    pod.labels().get(REVISION).is_none_or(|label| label == revision)
}

/// Replaces the pods of an older template one by one, the highest ordinal first, each when all others are ready.
async fn roll(client: &Client, set: &StatefulSet, pods: &[&Pod]) -> bool {
    let revision = revision(set);
    let Some(old) = pods.iter().rev().find(|pod| !is_of(pod, &revision)) else { return true };
    let others_ready = pods.iter().all(|pod| is_ready(pod) || pod.name_any() == old.name_any());
    if !others_ready || old.metadata.deletion_timestamp.is_some() {
        return true;
    }
    let pods: Api<Pod> = Api::namespaced(client.clone(), &set.namespace().unwrap_or_default());
    let same = Preconditions { uid: old.uid(), resource_version: None };
    match pods.delete(&old.name_any(), &DeleteParams { preconditions: Some(same), ..DeleteParams::default() }).await {
        Ok(_) => true,
        Err(kube::Error::Api(status)) => matches!(status.code, 404 | 409),
        Err(_) => false,
    }
}

fn is_running(pod: &Pod) -> bool {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Running")
}

fn is_ready(pod: &Pod) -> bool {
    let mut conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

async fn create(client: &Client, set: &StatefulSet, name: &str, ordinal: i32) -> kube::Result<Pod> {
    let template = set.spec.as_ref().map(|spec| spec.template.clone()).unwrap_or_default();
    let metadata = template.metadata.unwrap_or_default();
    let mut pod = Pod { spec: template.spec, ..Pod::default() };
    if let Some(spec) = &mut pod.spec {
        spec.hostname = Some(name.into());
        spec.subdomain = set.spec.as_ref().and_then(|spec| spec.service_name.clone());
    }
    let mut labels = metadata.labels.unwrap_or_default();
    labels.insert("statefulset.kubernetes.io/pod-name".into(), name.into());
    labels.insert("apps.kubernetes.io/pod-index".into(), ordinal.to_string());
    labels.insert(REVISION.into(), revision(set));
    pod.metadata.name = Some(name.into());
    pod.metadata.generate_name = Some(format!("{}-", set.name_any()));
    pod.metadata.namespace = set.namespace();
    pod.metadata.labels = Some(labels);
    pod.metadata.annotations = metadata.annotations;
    pod.metadata.owner_references =
        set.controller_owner_ref(&()).map(|owner| vec![OwnerReference { block_owner_deletion: Some(true), ..owner }]);
    let pods: Api<Pod> = Api::namespaced(client.clone(), &set.namespace().unwrap_or_default());
    let pod = pods.create(&PostParams::default(), &pod).await?;
    let message = format!("create Pod {name} in StatefulSet {} successful", set.name_any());
    record(
        client,
        &reference(set),
        Note { component: "statefulset-controller", warning: false, reason: "SuccessfulCreate", message },
    )
    .await;
    Ok(pod)
}

/// Writes the counts and revisions, when they changed.
async fn report(client: &Client, set: &StatefulSet, pods: &[&Pod]) -> bool {
    let count = |which: &dyn Fn(&Pod) -> bool| pods.iter().filter(|pod| which(pod)).count();
    let update = revision(set);
    let (ready, updated) = (count(&is_ready), count(&|pod| is_of(pod, &update)));
    let rolled = updated == pods.len() && ready == pods.len();
    let before = set.status.as_ref().and_then(|status| status.current_revision.clone());
    let status = json!({
        "replicas": pods.len(), "readyReplicas": ready, "availableReplicas": ready, "updatedReplicas": updated,
        // As long as the roll goes on, only pods of the old template count as current ones.
        "currentReplicas": if rolled { updated } else { pods.len() - updated },
        "currentRevision": before.filter(|_| !rolled).unwrap_or_else(|| update.clone()),
        "updateRevision": update,
        "observedGeneration": set.metadata.generation,
    });
    let written = json!(set.status);
    if status.as_object().into_iter().flatten().all(|(key, value)| written[key] == *value) {
        return true;
    }
    let patch = json!({ "status": status });
    let sets: Api<StatefulSet> = Api::namespaced(client.clone(), &set.namespace().unwrap_or_default());
    match sets.patch_status(&set.name_any(), &PatchParams::default(), &Patch::Merge(patch)).await {
        Ok(_) => true,
        Err(kube::Error::Api(status)) => matches!(status.code, 404 | 409),
        Err(_) => false,
    }
}
