//! Carrying out the steps: each action is one write; the first that fails ends the pass.

use jiff::Timestamp;
use kube::Client;
use serde_json::{Value, json};

use super::cluster_api::Kind;
use super::step::{Action, Step};
use super::values::{name, namespace, text, time, uid};

/// What a step is about.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The object being reconciled: events are about it.
    pub about: &'a Value,
    /// Its kind.
    pub kind: &'static str,
    /// The cluster concerned, if there is one.
    pub cluster: Option<&'a Value>,
}

/// Carries a step out.
///
/// # Errors
/// The first write that failed; those after it were not tried.
pub async fn carry_out(client: &Client, subject: Subject<'_>, step: &Step) -> kube::Result<()> {
    for action in &step.actions {
        one(client, subject, action).await?;
    }
    Ok(())
}

async fn one(client: &Client, subject: Subject<'_>, action: &Action) -> kube::Result<()> {
    let (about, ns) = (subject.about, namespace(subject.about));
    let cluster = subject.cluster.map_or("", name);
    match action {
        Action::Restore(patch) => Kind::Restore.patch(client, ns, name(about), patch).await,
        Action::RestoreStatus(patch) => Kind::Restore.patch_status(client, ns, name(about), patch, None).await,
        Action::Cluster(patch) => Kind::Cluster.patch(client, ns, cluster, patch).await,
        Action::ClusterStatus(patch) => Kind::Cluster.patch_status(client, ns, cluster, patch, None).await,
        Action::ClusterStatusGuarded(patch) => {
            let version = subject.cluster.map(|cluster| text(cluster, "/metadata/resourceVersion"));
            Kind::Cluster.patch_status(client, ns, cluster, patch, version).await
        }
        Action::ExecutorAccount(account) => executor_account(client, ns, account, cluster).await,
        Action::CreateJob(job) => Kind::Job.create(client, job).await.map(drop),
        Action::DeleteJob(job) => Kind::Job.delete(client, ns, job, None).await,
        Action::Workload { name, patch } => Kind::StatefulSet.patch(client, ns, name, patch).await,
        Action::CreateWorkload(set) => Kind::StatefulSet.create(client, set).await.map(drop),
        Action::DeleteWorkload(set) => Kind::StatefulSet.delete(client, ns, set, None).await,
        Action::DeleteClaims(claims) => {
            for claim in claims {
                Kind::Claim.delete(client, ns, claim, None).await?;
            }
            Ok(())
        }
        Action::RestartPod { name, uid } => restart_pod(client, ns, name, uid).await,
        Action::Event { kind, reason, message } => event(client, subject, kind, reason, message).await,
    }
}

/// The maintenance mark keeps the pod's way out from removing it as a Raft member.
async fn restart_pod(client: &Client, namespace: &str, name: &str, uid: &str) -> kube::Result<()> {
    let mark = json!({"metadata": {"uid": uid, "annotations": {"openbao.org/maintenance": "true"}}});
    Kind::Pod.patch(client, namespace, name, &mark).await?;
    Kind::Pod.delete(client, namespace, name, Some(uid)).await
}

async fn executor_account(client: &Client, namespace: &str, account: &str, cluster: &str) -> kube::Result<()> {
    let labels = json!({"app.kubernetes.io/managed-by": "openbao-operator", "openbao.org/cluster": cluster});
    let metadata = |name: &str| json!({"name": name, "namespace": namespace, "labels": labels});
    let group = "rbac.authorization.k8s.io";
    let role = format!("{account}-role");
    let objects = [
        (Kind::ServiceAccount, json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(account)})),
        (
            Kind::Role,
            json!({
                "apiVersion": format!("{group}/v1"), "kind": "Role", "metadata": metadata(&role),
                "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}],
            }),
        ),
        (
            Kind::RoleBinding,
            json!({
                "apiVersion": format!("{group}/v1"), "kind": "RoleBinding", "metadata": metadata(&format!("{account}-rolebinding")),
                "roleRef": {"apiGroup": group, "kind": "Role", "name": role},
                "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
            }),
        ),
    ];
    for (kind, object) in objects {
        kind.create(client, &object).await?;
    }
    Ok(())
}

async fn event(client: &Client, subject: Subject<'_>, kind: &str, reason: &str, message: &str) -> kube::Result<()> {
    let now = Timestamp::now();
    let about = subject.about;
    let event = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": format!("{}.{:x}", name(about), now.as_nanosecond()), "namespace": namespace(about)},
        "involvedObject": {
            "apiVersion": "openbao.org/v1alpha1", "kind": subject.kind, "name": name(about), "namespace": namespace(about),
            "uid": uid(about), "resourceVersion": text(about, "/metadata/resourceVersion"),
        },
        "type": kind,
        "reason": reason,
        "message": message,
        "source": {"component": "openbao-operator"},
        "reportingComponent": "openbao-operator",
        "reportingInstance": "",
        "firstTimestamp": time(now),
        "lastTimestamp": time(now),
        "count": 1,
    });
    Kind::Event.create(client, &event).await.map(drop)
}
