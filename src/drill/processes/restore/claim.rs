//! The restore an executor works for, as far as the executor itself reads and writes it (0.5 and NEXT).

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job as BatchJob;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::json;

use super::super::executor::{Job, Stopped};

const IDENTITY: &str = "restore executor requires its original Job-owned Pod";

fn restores(job: &Job<'_>) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("openbao.org", "v1alpha1", "OpenBaoRestore");
    let resource = ApiResource::from_gvk_with_plural(&kind, "openbaorestores");
    Api::namespaced_with(job.process.client.clone(), &job.namespace, &resource)
}

/// The restore that owns the Job that owns this pod.
async fn own(job: &Job<'_>) -> Option<DynamicObject> {
    let owner = |references: &[_], kind: &str| {
        let mut references = references.iter();
        references
            .find(|r: &&k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference| r.kind == kind)
            .map(|r| r.name.clone())
    };
    let jobs: Api<BatchJob> = Api::namespaced(job.process.client.clone(), &job.namespace);
    let batch = jobs.get_opt(&owner(job.process.pod.owner_references(), "Job")?).await.ok()??;
    restores(job).get_opt(&owner(batch.owner_references(), "OpenBaoRestore")?).await.ok()?
}

/// Whether the restore says `force`; one that cannot be read counts as not forced.
pub(super) async fn is_forced(job: &Job<'_>) -> bool {
    own(job)
        .await
        .is_some_and(|restore| restore.data.pointer("/spec/force").and_then(serde_json::Value::as_bool).unwrap_or(false))
}

/// Writes `status.submissionClaim`, without which nothing may be submitted (F§3.4, NEXT).
pub(super) async fn submit(job: &Job<'_>, digest: &str, size: usize) -> Result<(), Stopped> {
    let not_acknowledged =
        |problem: String| Stopped::new(4, format!("submission claim not acknowledged; do not submit: {problem}"));
    let restore = own(job).await.ok_or_else(|| Stopped::new(4, IDENTITY))?;
    let target = target(job).await.ok_or_else(|| Stopped::new(4, "restore requires the current running target member"))?;
    let status = target.status.as_ref();
    let claim = json!({ "status": { "submissionClaim": {
        "podUID": job.process.pod.uid(),
        "targetPodName": target.name_any(),
        "targetPodUID": target.uid(),
        "targetPodIP": status.and_then(|status| status.pod_ip.as_ref()),
        "targetContainerID": status.and_then(|status| status.container_statuses.as_ref()?.first()?.container_id.as_ref()),
        "digest": digest,
        "size": size,
        "claimedAt": Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    } } });
    let patch = Patch::Merge(&claim);
    restores(job)
        .patch_status(&restore.name_any(), &PatchParams::default(), &patch)
        .await
        .map_err(|error| not_acknowledged(error.to_string()))?;
    Ok(())
}

/// The pod of the server that leads now.
async fn target(job: &Job<'_>) -> Option<Pod> {
    let leader = job.world().cluster(&job.namespace, &job.cluster)?.leader?;
    let pods: Api<Pod> = Api::namespaced(job.process.client.clone(), &job.namespace);
    pods.get_opt(&leader).await.ok()?
}
