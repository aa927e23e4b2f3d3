//! The objects of the practice cluster, as the captured ones read (`captured/objects`).

use serde_json::{Value, json};

use super::names::{BUCKET, CLUSTER, CREDENTIALS, Clock, ENDPOINT, NAMESPACE, NEXT_VERSION, REVISIONS, USER, VERSION};
use crate::drill::Play;
use crate::drill::operator;
use crate::drill::operator::values::time;

/// A namespace.
pub fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

/// Where the cluster's backups go, and its restores come from.
pub fn target() -> Value {
    json!({
        "bucket": BUCKET,
        "concurrency": 3,
        "credentialsSecretRef": {"name": CREDENTIALS},
        "endpoint": ENDPOINT,
        "partSize": 10_485_760,
        "provider": "s3",
        "region": "us-east-1",
        "usePathStyle": true,
    })
}

/// The OpenBaoCluster, without a status.
pub fn cluster() -> Value {
    json!({
        "apiVersion": "openbao.org/v1alpha1",
        "kind": "OpenBaoCluster",
        "metadata": {"name": CLUSTER, "namespace": NAMESPACE, "finalizers": ["openbao.org/openbaocluster-finalizer"]},
        "spec": {
            "backup": {
                "image": "openbao-backup:2.5.5",
                "jwtAuthRole": "openbao-operator-backup",
                "schedule": "0 3 * * *",
                "target": target(),
            },
            "deletionPolicy": "Retain",
            "initContainer": {"enabled": true, "image": "openbao-init:2.5.5"},
            "profile": "Development",
            "replicas": 3,
            "selfInit": {
                "enabled": true,
                "oidc": {"enabled": true},
                "requests": [{
                    "name": "kv", "operation": "update", "path": "sys/mounts/secret",
                    "secretEngine": {"type": "kv", "options": {"version": "2"}},
                }],
            },
            "storage": {"size": "1Gi"},
            "tls": {"enabled": true, "mode": "OperatorManaged", "rotationPeriod": "720h"},
            "upgrade": {"image": "openbao-upgrade:2.5.5", "strategy": "RollingUpdate"},
            "version": VERSION,
        },
    })
}

/// What `live-lock` changes in the cluster's spec: a blue/green upgrade is wanted.
pub fn upgrading_spec() -> Value {
    json!({"upgrade": {"strategy": "BlueGreen"}, "version": NEXT_VERSION})
}

/// The status parts that the pods do not tell: the last backup, the version.
///
/// On JAN only a cluster's first backup is ever recorded there (F§15.2.2); the bucket knows better.
pub fn told_status(clock: Clock, play: Play) -> Value {
    let backups = clock.backups();
    let recorded = if play == Play::Jan { backups.first() } else { backups.last() };
    let (at, key) = recorded.cloned().unwrap_or_default();
    json!({
        "adminOps": {},
        "backup": {
            "lastAttemptScheduledTime": time(at),
            "lastAttemptTime": time(at),
            "lastBackupName": key,
            "lastBackupTime": time(at),
        },
        "currentVersion": VERSION,
        "initialized": true,
        "phase": "Running",
        "selfInitialized": true,
        "workload": {},
    })
}

/// The blue/green part of the status in the middle of an upgrade.
pub fn blue_green(clock: Clock) -> Value {
    json!({
        "blueRevision": REVISIONS.0,
        "greenRevision": REVISIONS.1,
        "phase": "Syncing",
        "preUpgradeSnapshotJobName": format!("upgrade-{CLUSTER}-preupgrade-snapshot-9b87e03eb0"),
        "startTime": time(clock.minutes_ago(1)),
    })
}

/// An operation lock.
pub fn lock(operation: &str, holder: &str, message: &str, acquired: &str) -> Value {
    json!({"operation": operation, "holder": holder, "message": message, "acquiredAt": acquired, "renewedAt": acquired})
}

/// The Job of the last backup, at its end: the one that left its lock behind.
pub fn ended_backup(cluster: &Value, clock: Clock) -> Value {
    let started = clock.last_backup();
    let mut job = operator::jobs::backup(cluster, Play::Jan, started);
    job["metadata"]["annotations"]["openbao.org/backup-key"] = json!(clock.last_key());
    job["metadata"]["creationTimestamp"] = json!(time(started));
    job["status"] = complete(&time(started));
    job
}

/// The status of a Job whose pod ended well.
fn complete(at: &str) -> Value {
    let condition = |kind: &str| {
        json!({
            "type": kind, "status": "True", "reason": "CompletionsReached", "lastProbeTime": at, "lastTransitionTime": at,
            "message": "Reached expected number of succeeded pods",
        })
    };
    json!({
        "startTime": at, "completionTime": at, "succeeded": 1, "ready": 0, "terminating": 0, "uncountedTerminatedPods": {},
        "conditions": [condition("SuccessCriteriaMet"), condition("Complete")],
    })
}

/// A StatefulSet of OpenBao servers; `revision` names a colour of a blue/green cluster.
pub fn workload(revision: Option<&str>) -> Value {
    let name = revision.map_or_else(|| CLUSTER.to_owned(), |revision| format!("{CLUSTER}-{revision}"));
    let version = if revision == Some(REVISIONS.1) { NEXT_VERSION } else { VERSION };
    let mut labels = json!({
        "app.kubernetes.io/instance": CLUSTER,
        "app.kubernetes.io/managed-by": "openbao-operator",
        "app.kubernetes.io/name": "openbao",
        "openbao.org/cluster": CLUSTER,
    });
    if let Some(revision) = revision {
        labels["openbao.org/revision"] = json!(revision);
    }
    json!({
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "podManagementPolicy": "OrderedReady",
            "replicas": 3,
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": labels},
            "serviceName": CLUSTER,
            "template": {"metadata": {"labels": labels}, "spec": server_pod(version)},
            "updateStrategy": {"type": "RollingUpdate"},
        },
    })
}

/// A volume of a blue/green server, as the StatefulSet controller made it.
pub fn claim(revision: &str, ordinal: u32) -> Value {
    let labels = json!({
        "app.kubernetes.io/instance": CLUSTER,
        "app.kubernetes.io/managed-by": "openbao-operator",
        "app.kubernetes.io/name": "openbao",
        "openbao.org/cluster": CLUSTER,
        "openbao.org/revision": revision,
    });
    json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": format!("data-{CLUSTER}-{revision}-{ordinal}"), "namespace": NAMESPACE, "labels": labels},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeMode": "Filesystem"},
        "status": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "phase": "Bound"},
    })
}

fn server_pod(version: &str) -> Value {
    let field = |path: &str| json!({"fieldRef": {"apiVersion": "v1", "fieldPath": path}});
    let mount = |path: &str, name: &str| json!({"mountPath": path, "name": name, "readOnly": true});
    json!({
        "automountServiceAccountToken": false,
        "containers": [{
            "args": ["-watch-file=/etc/bao/tls/tls.crt", "--", "bao", "server", "-config=/etc/bao/rendered-config/config.hcl"],
            "command": ["/utils/bao-wrapper"],
            "env": [
                {"name": "HOSTNAME", "valueFrom": field("metadata.name")},
                {"name": "BAO_K8S_POD_NAME", "valueFrom": field("metadata.name")},
                {"name": "BAO_K8S_NAMESPACE", "valueFrom": field("metadata.namespace")},
                {"name": "POD_IP", "valueFrom": field("status.podIP")},
                {"name": "BAO_API_ADDR", "value": "https://$(POD_IP):8200"},
            ],
            "image": format!("openbao/openbao:{version}"),
            "imagePullPolicy": "IfNotPresent",
            "name": "openbao",
            "ports": [
                {"containerPort": 8200, "name": "api", "protocol": "TCP"},
                {"containerPort": 8201, "name": "cluster", "protocol": "TCP"},
            ],
            "volumeMounts": [
                {"mountPath": "/bao/data", "name": "data"}, mount("/etc/bao/tls", "tls"), mount("/etc/bao/unseal", "unseal"),
            ],
        }],
        "restartPolicy": "Always",
        "serviceAccountName": format!("{CLUSTER}-serviceaccount"),
        "terminationGracePeriodSeconds": 30,
        "volumes": [
            {"name": "data", "emptyDir": {}},
            {"name": "tls", "secret": {"defaultMode": 288, "secretName": format!("{CLUSTER}-tls-server")}},
            {"name": "unseal", "secret": {"defaultMode": 288, "secretName": format!("{CLUSTER}-unseal-key")}},
        ],
    })
}

/// The headless Service of the servers.
pub fn service() -> Value {
    let labels = json!({
        "app.kubernetes.io/instance": CLUSTER,
        "app.kubernetes.io/managed-by": "openbao-operator",
        "app.kubernetes.io/name": "openbao",
        "openbao.org/cluster": CLUSTER,
    });
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": CLUSTER, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "clusterIP": "None",
            "ports": [
                {"name": "api", "port": 8200, "protocol": "TCP", "targetPort": 8200},
                {"name": "cluster", "port": 8201, "protocol": "TCP", "targetPort": 8201},
            ],
            "publishNotReadyAddresses": true,
            "selector": labels,
            "type": "ClusterIP",
        },
    })
}

/// A Secret in the cluster's namespace.
pub fn secret(name: &str, data: &Value) -> Value {
    let metadata = json!({"name": name, "namespace": NAMESPACE});
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "stringData": data})
}

/// The object store's Service and pod, in a namespace of their own.
pub fn store() -> [Value; 3] {
    let labels = json!({"app": "s3"});
    let metadata = json!({"name": "s3", "namespace": "storage", "labels": labels});
    let container = json!({
        "name": "s3", "image": "object-store:1",
        "ports": [{"name": "s3", "containerPort": 7070, "protocol": "TCP"}],
    });
    [
        namespace("storage"),
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": metadata,
            "spec": {
                "ports": [{"name": "s3", "port": 7070, "protocol": "TCP", "targetPort": "s3"}],
                "selector": labels, "type": "ClusterIP",
            },
        }),
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": metadata,
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 1, "automountServiceAccountToken": false},
        }),
    ]
}

/// The operator's Deployment (F§5.4), found by its labels whatever it is called.
pub fn deployment(play: Play) -> Value {
    let name = match play {
        Play::Jan => "openbao-operator-openbao-operator-controller",
        _ => "openbao-operator-controller",
    };
    let labels = json!({
        "app.kubernetes.io/component": "controller",
        "app.kubernetes.io/managed-by": if play == Play::Jan { "kustomize" } else { "Helm" },
        "app.kubernetes.io/name": "openbao-operator",
    });
    let selector = json!({"app.kubernetes.io/component": "controller", "app.kubernetes.io/name": "openbao-operator"});
    let version = operator::version(play);
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": operator::NAMESPACE, "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": selector},
            "template": {
                "metadata": {"labels": selector},
                "spec": {
                    "containers": [{
                        "args": ["--leader-elect", "--health-probe-bind-address=:8081"],
                        "command": ["/manager", "controller"],
                        "env": [
                            {"name": "OPERATOR_SERVICE_ACCOUNT_NAME", "value": "openbao-operator-controller"},
                            {"name": "OPERATOR_VERSION", "value": version},
                        ],
                        "image": format!("openbao-operator:{version}"),
                        "name": "manager",
                    }],
                    "serviceAccountName": "openbao-operator-controller",
                },
            },
        },
    })
}

/// The status of that Deployment while the operator runs.
pub fn available(at: &str) -> Value {
    let condition = |kind: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": at, "lastUpdateTime": at,
        })
    };
    json!({
        "availableReplicas": 1, "observedGeneration": 1, "readyReplicas": 1, "replicas": 1, "updatedReplicas": 1,
        "conditions": [
            condition("Progressing", "NewReplicaSetAvailable", "ReplicaSet has successfully progressed."),
            condition("Available", "MinimumReplicasAvailable", "Deployment has minimum availability."),
        ],
    })
}

/// An OpenBaoRestore of a colleague or a pipeline.
pub fn restore(name: &str, key: &str) -> Value {
    json!({
        "apiVersion": "openbao.org/v1alpha1",
        "kind": "OpenBaoRestore",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "cluster": CLUSTER,
            "image": "openbao-backup:2.5.5",
            "source": {"key": key, "target": target()},
        },
    })
}

/// A Role with a RoleBinding for the person on call.
pub fn role(namespace: &str, name: &str, rules: &Value) -> [Value; 2] {
    let group = "rbac.authorization.k8s.io";
    let metadata = json!({"name": name, "namespace": namespace});
    [
        json!({"apiVersion": format!("{group}/v1"), "kind": "Role", "metadata": metadata, "rules": rules}),
        json!({
            "apiVersion": format!("{group}/v1"), "kind": "RoleBinding", "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
            "subjects": [{"apiGroup": group, "kind": "User", "name": USER}],
        }),
    ]
}

/// Everything a restore needs, but for creating the OpenBaoRestore.
pub fn almost_everything() -> Value {
    let read = json!(["get", "list", "watch"]);
    json!([
        {"apiGroups": ["openbao.org"], "resources": ["openbaoclusters", "openbaorestores"], "verbs": read},
        {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": read},
        {"apiGroups": ["apps"], "resources": ["statefulsets", "deployments"], "verbs": read},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": read},
        {"apiGroups": [""], "resources": ["pods", "pods/log", "events", "services"], "verbs": read},
        {"apiGroups": [""], "resources": ["pods/portforward"], "verbs": ["create", "get"]},
        {
            "apiGroups": [""], "resources": ["secrets"], "verbs": ["get"],
            "resourceNames": [CREDENTIALS, format!("{CLUSTER}-tls-ca")],
        },
    ])
}
