//! The StatefulSet controller, as far as the range needs it: pods that are missing come (back), in order.

use std::collections::HashMap;
use std::time::Duration;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client, Resource, ResourceExt};
use serde_json::json;

use crate::drill::Pace;
use crate::drill::events::{Note, record, reference};
use crate::drill::feed::{Change, Feed};

/// How long after a change the sets are looked at.
const BATCH: Duration = Duration::from_millis(500);

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
        Change::All(objects) => *known = objects.into_iter().map(|object| (key(&object), object)).collect(),
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
    report(client, set, &own).await
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

/// Writes the counts, when they changed.
async fn report(client: &Client, set: &StatefulSet, pods: &[&Pod]) -> bool {
    let ready = pods.iter().filter(|pod| is_ready(pod)).count();
    let counted = (Some(pods.len()), Some(ready));
    let number = |number: Option<i32>| number.and_then(|number| usize::try_from(number).ok());
    let written =
        set.status.as_ref().map(|status| (number(Some(status.replicas)), number(Some(status.ready_replicas.unwrap_or(0)))));
    if written == Some(counted) {
        return true;
    }
    let patch = json!({ "status": {
        "replicas": pods.len(), "readyReplicas": ready, "availableReplicas": ready, "currentReplicas": pods.len(), "updatedReplicas": pods.len(),
        "observedGeneration": set.metadata.generation,
    } });
    let sets: Api<StatefulSet> = Api::namespaced(client.clone(), &set.namespace().unwrap_or_default());
    match sets.patch_status(&set.name_any(), &PatchParams::default(), &Patch::Merge(patch)).await {
        Ok(_) => true,
        Err(kube::Error::Api(status)) => matches!(status.code, 404 | 409),
        Err(_) => false,
    }
}
