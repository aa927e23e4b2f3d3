//! The Jobs the operator creates, as whole objects (shapes: `captured/objects/job-*.yaml`, F§4.1, F§4.4, F§5.1, F§5.2).
//!
//! Fields an API server would default are written out, so that a Job looks the same on the embedded server.

#[cfg(test)]
mod tests;
mod upgrade;

pub use upgrade::{executor_name, upgrade, upgrade_snapshot};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::restore::{View, job_name, jwt_role, texts};
use super::values::{flag, name, namespace, number, text, time, uid};
use crate::drill::Play;

const PREPARATION: SignedDuration = SignedDuration::from_mins(30);

/// The Job of a restore, or the message the restore fails with.
pub fn restore(view: &View<'_>) -> Result<Value, &'static str> {
    let cluster = view.cluster.ok_or(texts::NO_IMAGE)?;
    let image = restore_image(view, cluster)?;
    let next = view.play == Play::Next;
    let container = json!({
        "env": restore_env(view, cluster),
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "name": "restore",
        "resources": resources(next),
        "securityContext": container_security(),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": mounts(&restore_volumes(view, cluster)),
    });
    let labels = json!({
        "app.kubernetes.io/managed-by": "openbao-operator",
        "openbao.org/cluster": name(cluster),
        "openbao.org/component": "restore",
    });
    let mut spec = json!({
        "backoffLimit": if next { 0 } else { 3 },
        "completionMode": "NonIndexed",
        "completions": 1,
        "parallelism": 1,
        "suspend": false,
        "template": {
            "metadata": {"labels": labels},
            "spec": pod_spec(
                container,
                if next { "Never" } else { "OnFailure" },
                &format!("{}-restore-serviceaccount", name(cluster)),
                &restore_volumes(view, cluster),
            ),
        },
    });
    // From 0.5 on the Job is kept until its receipt is written; TTLs after JAN are inferred (F§14).
    if view.play < Play::V05 {
        spec["ttlSecondsAfterFinished"] = json!(3600);
    }
    if next {
        spec["activeDeadlineSeconds"] = json!(40 * 60);
    }
    let mut metadata = json!({
        "labels": labels,
        "name": job_name(view.restore),
        "namespace": namespace(view.restore),
        "ownerReferences": [owner(view.restore, "OpenBaoRestore")],
    });
    if view.play >= Play::V05 {
        metadata["annotations"] = json!({"openbao.org/restore-execution-id": uid(view.restore)});
    }
    Ok(json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}))
}

/// The restore's own image, else the cluster's backup image, else (after JAN) a default. P0–P4 call the field
/// `executorImage`; their CRDs are served in the tests against a real control plane.
fn restore_image(view: &View<'_>, cluster: &Value) -> Result<String, &'static str> {
    let own = ["image", "executorImage"].map(|field| text(view.restore, &format!("/spec/{field}")).to_owned());
    let backup = ["image", "executorImage"].map(|field| text(cluster, &format!("/spec/backup/{field}")).to_owned());
    let named = own.into_iter().chain(backup).find(|image| !image.is_empty());
    match named {
        Some(image) => Ok(image),
        None if view.play > Play::Jan && !view.operator_version.is_empty() => {
            Ok(format!("openbao-backup:{}", view.operator_version))
        }
        None => Err(texts::NO_IMAGE),
    }
}

fn restore_env(view: &View<'_>, cluster: &Value) -> Vec<Value> {
    let target = |field: &str| text(view.restore, &format!("/spec/source/target/{field}"));
    let replicas = number(cluster, "/spec/replicas").to_string();
    let path_style = flag(view.restore, "/spec/source/target/usePathStyle").to_string();
    let force = flag(view.restore, "/spec/force").to_string();
    let workload = workload_name(cluster);
    let mut env = vec![("EXECUTOR_MODE", "restore"), ("CLUSTER_NAME", name(cluster))];
    if view.play > Play::Jan {
        env.push(("STATEFULSET_NAME", &workload));
    }
    env.extend([
        ("CLUSTER_NAMESPACE", namespace(cluster)),
        ("CLUSTER_REPLICAS", &replicas),
        ("BACKUP_PROVIDER", if target("provider").is_empty() { "s3" } else { target("provider") }),
        ("BACKUP_ENDPOINT", target("endpoint")),
        ("BACKUP_BUCKET", target("bucket")),
        ("RESTORE_KEY", text(view.restore, "/spec/source/key")),
        ("RESTORE_BUCKET", target("bucket")),
        ("RESTORE_ENDPOINT", target("endpoint")),
    ]);
    if view.play >= Play::V05 {
        env.push(("RESTORE_FORCE", &force));
    }
    env.extend([
        ("BACKUP_REGION", target("region")),
        ("BACKUP_USE_PATH_STYLE", path_style.as_str()),
        ("RESTORE_REGION", target("region")),
        ("RESTORE_USE_PATH_STYLE", path_style.as_str()),
    ]);
    match jwt_role(view.restore, cluster) {
        "" => env.push(("BACKUP_AUTH_METHOD", "token")),
        role => env.extend([("BACKUP_JWT_AUTH_ROLE", role), ("BACKUP_AUTH_METHOD", "jwt")]),
    }
    if view.play > Play::Jan {
        env.push(("TLS_CA_PATH", "/etc/bao/tls/ca.crt"));
    }
    let mut env: Vec<Value> = env.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    if view.play == Play::Next {
        env.extend(claim_env(view));
    }
    env
}

/// What the NEXT executor needs to claim the submission on the restore's own status.
fn claim_env(view: &View<'_>) -> [Value; 5] {
    let prepared = text(view.restore, "/status/execution/preparedAt").parse::<Timestamp>().unwrap_or(view.now);
    let field =
        |name: &str, path: &str| json!({"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}});
    [
        json!({"name": "RESTORE_PREPARATION_DEADLINE", "value": time(prepared.saturating_add(PREPARATION).unwrap_or(prepared))}),
        json!({"name": "RESTORE_REQUEST_NAME", "value": name(view.restore)}),
        json!({"name": "RESTORE_REQUEST_UID", "value": uid(view.restore)}),
        field("POD_NAME", "metadata.name"),
        field("POD_UID", "metadata.uid"),
    ]
}

/// A volume, where it is mounted, and what is in it.
type Volume = (&'static str, &'static str, Value);

fn restore_volumes(view: &View<'_>, cluster: &Value) -> Vec<Volume> {
    let mut volumes: Vec<Volume> = vec![("tls-ca", "/etc/bao/tls", secret(&format!("{}-tls-ca", name(cluster)), 420))];
    match jwt_role(view.restore, cluster) {
        "" => {
            let token = secret(text(view.restore, "/spec/tokenSecretRef/name"), 420);
            volumes.push(("restore-token", "/etc/bao/restore/token", token));
        }
        _ => volumes.push(("jwt-token", "/var/run/secrets/tokens", projected_token(420))),
    }
    let credentials = text(view.restore, "/spec/source/target/credentialsSecretRef/name");
    if !credentials.is_empty() {
        let volume = if view.play == Play::Jan { "s3-credentials" } else { "storage-credentials" };
        volumes.push((volume, "/etc/bao/backup/credentials", secret(credentials, 256)));
    }
    if view.play == Play::Next {
        volumes.push(("restore-scratch", "/restore-scratch", json!({"emptyDir": {"sizeLimit": "9Gi"}})));
    }
    volumes
}

/// The Job of a scheduled or manual backup.
pub fn backup(cluster: &Value, play: Play, now: Timestamp) -> Value {
    let job = format!("backup-{}-{}", name(cluster), now.strftime("%Y%m%d-%H%M%S"));
    let key = format!("{}/{}/{}-{}.snap", namespace(cluster), name(cluster), now.strftime("%Y-%m-%dT%H-%M-%SZ"), suffix(now));
    // JAN calls a manual backup scheduled, too (F§15.2.12).
    let kind = if play == Play::Jan { "scheduled" } else { "manual" };
    let labels = json!({
        "app.kubernetes.io/instance": name(cluster),
        "app.kubernetes.io/managed-by": "openbao-operator",
        "app.kubernetes.io/name": "openbao",
        "openbao.org/backup-type": kind,
        "openbao.org/cluster": name(cluster),
        "openbao.org/component": "backup",
    });
    let credentials = text(cluster, "/spec/backup/target/credentialsSecretRef/name");
    let volumes: Vec<Volume> = vec![
        ("tls-ca", "/etc/bao/tls", secret(&format!("{}-tls-ca", name(cluster)), 420)),
        ("backup-credentials", "/etc/bao/backup/credentials", secret(credentials, 256)),
        ("openbao-token", "/var/run/secrets/tokens", projected_token(420)),
    ];
    let container = json!({
        "env": backup_env(cluster, &key),
        "image": text(cluster, "/spec/backup/image"),
        "imagePullPolicy": "IfNotPresent",
        "name": "backup",
        "resources": resources(false),
        "securityContext": container_security(),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": mounts(&volumes),
    });
    let account = format!("{}-backup-serviceaccount", name(cluster));
    let mut object = one_shot(cluster, &job, labels, pod_spec(container, "Never", &account, &volumes));
    object["metadata"]["annotations"] = json!({"openbao.org/backup-key": key});
    object
}

fn backup_env(cluster: &Value, key: &str) -> Vec<Value> {
    let target = |field: &str| text(cluster, &format!("/spec/backup/target/{field}"));
    let replicas = number(cluster, "/spec/replicas").to_string();
    let path_style = flag(cluster, "/spec/backup/target/usePathStyle").to_string();
    let workload = workload_name(cluster);
    [
        ("CLUSTER_NAMESPACE", namespace(cluster)),
        ("CLUSTER_NAME", name(cluster)),
        ("STATEFULSET_NAME", &workload),
        ("CLUSTER_REPLICAS", &replicas),
        ("BACKUP_PROVIDER", "s3"),
        ("BACKUP_ENDPOINT", target("endpoint")),
        ("BACKUP_BUCKET", target("bucket")),
        ("BACKUP_REGION", target("region")),
        ("BACKUP_USE_PATH_STYLE", &path_style),
        ("BACKUP_KEY", key),
        ("BACKUP_CREDENTIALS_SECRET_NAME", target("credentialsSecretRef/name")),
        ("BACKUP_JWT_AUTH_ROLE", "openbao-operator-backup"),
        ("BACKUP_AUTH_METHOD", "jwt"),
    ]
    .into_iter()
    .map(|(name, value)| json!({"name": name, "value": value}))
    .collect()
}

/// Name of the StatefulSet a cluster's data lives in: Blue's on a blue/green cluster.
pub fn workload_name(cluster: &Value) -> String {
    match text(cluster, "/status/blueGreen/blueRevision") {
        "" => name(cluster).to_owned(),
        revision => format!("{}-{revision}", name(cluster)),
    }
}

fn one_shot(cluster: &Value, job: &str, labels: Value, pod: Value) -> Value {
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "labels": labels,
            "name": job,
            "namespace": namespace(cluster),
            "ownerReferences": [owner(cluster, "OpenBaoCluster")],
        },
        "spec": {
            "backoffLimit": 0,
            "completionMode": "NonIndexed",
            "completions": 1,
            "parallelism": 1,
            "suspend": false,
            "template": {"metadata": {"labels": labels}, "spec": pod},
            "ttlSecondsAfterFinished": 3600,
        },
    })
}

/// A controller owner reference.
pub fn owner(object: &Value, kind: &str) -> Value {
    json!({
        "apiVersion": "openbao.org/v1alpha1",
        "blockOwnerDeletion": true,
        "controller": true,
        "kind": kind,
        "name": name(object),
        "uid": uid(object),
    })
}

fn pod_spec(container: Value, restart_policy: &str, account: &str, volumes: &[Volume]) -> Value {
    let volumes: Vec<Value> = volumes
        .iter()
        .map(|(name, _, source)| {
            let mut volume = json!({"name": name});
            for (key, value) in source.as_object().into_iter().flatten() {
                volume[key] = value.clone();
            }
            volume
        })
        .collect();
    json!({
        "automountServiceAccountToken": false,
        "containers": [container],
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": restart_policy,
        "schedulerName": "default-scheduler",
        "securityContext": {
            "fsGroup": 1000, "runAsGroup": 1000, "runAsNonRoot": true, "runAsUser": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "serviceAccount": account,
        "serviceAccountName": account,
        "terminationGracePeriodSeconds": 30,
        "volumes": volumes,
    })
}

fn mounts(volumes: &[Volume]) -> Vec<Value> {
    volumes.iter().map(|(name, path, _)| mount(name, path)).collect()
}

fn mount(name: &str, path: &str) -> Value {
    if name == "restore-scratch" {
        return json!({"mountPath": path, "name": name});
    }
    json!({"mountPath": path, "name": name, "readOnly": true})
}

fn secret(name: &str, mode: i32) -> Value {
    json!({"secret": {"defaultMode": mode, "secretName": name}})
}

fn projected_token(mode: i32) -> Value {
    let token = json!({"audience": "openbao-internal", "expirationSeconds": 3600, "path": "openbao-token"});
    json!({"projected": {"defaultMode": mode, "sources": [{"serviceAccountToken": token}]}})
}

fn container_security() -> Value {
    json!({
        "allowPrivilegeEscalation": false,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": true,
        "runAsNonRoot": true,
    })
}

/// What an executor asks for. NEXT stages the snapshot on disk and asks for room: nodes without it leave it Pending.
fn resources(scratch: bool) -> Value {
    let mut resources = json!({"limits": {"cpu": "500m", "memory": "512Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}});
    if scratch {
        for side in ["limits", "requests"] {
            resources[side]["ephemeral-storage"] = json!("9Gi");
        }
    }
    resources
}

/// Eight hex digits that differ from one backup to the next.
fn suffix(now: Timestamp) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(now.to_string()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
