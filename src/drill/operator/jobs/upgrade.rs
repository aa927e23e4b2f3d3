//! The Jobs of blue/green upgrades: the executor's, and the snapshot before.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::values::{name, namespace, number, text};
use super::{Volume, backup, backup_env, container_security, mounts, one_shot, pod_spec, projected_token, secret, suffix};
use crate::drill::Play;

/// The executor Job of one run of a blue/green action.
pub fn upgrade(cluster: &Value, action: &str, run: &str) -> Value {
    let revision = |colour: &str| text(cluster, &format!("/status/blueGreen/{colour}Revision"));
    let job = executor_name(name(cluster), action, run, revision("blue"), revision("green"));
    let labels = json!({
        "app.kubernetes.io/instance": name(cluster),
        "app.kubernetes.io/managed-by": "openbao-operator",
        "app.kubernetes.io/name": "openbao",
        "openbao.org/cluster": name(cluster),
        "openbao.org/component": "upgrade",
    });
    let replicas = number(cluster, "/spec/replicas").to_string();
    let env: Vec<Value> = [
        ("CLUSTER_NAMESPACE", namespace(cluster)),
        ("CLUSTER_NAME", name(cluster)),
        ("CLUSTER_REPLICAS", &replicas),
        ("UPGRADE_ACTION", action),
        ("UPGRADE_JWT_AUTH_ROLE", "openbao-operator-upgrade"),
        ("UPGRADE_BLUE_REVISION", revision("blue")),
        ("UPGRADE_GREEN_REVISION", revision("green")),
        ("OPENBAO_CLIENT_QPS", "50.000000"),
        ("OPENBAO_CLIENT_BURST", "100"),
        ("OPENBAO_CLIENT_CB_FAILURE_THRESHOLD", "50"),
        ("OPENBAO_CLIENT_CB_OPEN_DURATION", "30s"),
    ]
    .into_iter()
    .map(|(name, value)| json!({"name": name, "value": value}))
    .collect();
    let volumes: Vec<Volume> = vec![
        ("tls-ca", "/etc/bao/tls", secret(&format!("{}-tls-ca", name(cluster)), 420)),
        ("openbao-token", "/var/run/secrets/tokens", projected_token(256)),
    ];
    let container = json!({
        "env": env,
        "image": text(cluster, "/spec/upgrade/image"),
        "imagePullPolicy": "IfNotPresent",
        "name": "upgrade-executor",
        "resources": {},
        "securityContext": container_security(),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": mounts(&volumes),
    });
    let account = format!("{}-upgrade-serviceaccount", name(cluster));
    let mut object = one_shot(cluster, &job, labels, pod_spec(container, "Never", &account, &volumes));
    object["metadata"]["annotations"] = json!({"openbao.org/upgrade-action": action});
    if !run.is_empty() {
        object["metadata"]["annotations"]["openbao.org/upgrade-run-id"] = json!(run);
    }
    object
}

/// Name of an executor Job (F§5.1): the readable part cut to 52 characters, then a hash over everything that matters.
pub fn executor_name(cluster: &str, action: &str, run: &str, blue: &str, green: &str) -> String {
    use sha2::{Digest, Sha256};
    let base = format!("upgrade-{cluster}-{action}").to_lowercase().replace('_', "-");
    let base: String = base.chars().take(52).collect();
    let digest = Sha256::digest([cluster, action, run, blue, green].join("|"));
    let hex: String = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{hex}", base.trim_end_matches('-'))
}

/// The Job of the snapshot before a blue/green upgrade (captured 11). Its name's hash is our own: how the operator makes
/// it is not known.
pub fn upgrade_snapshot(cluster: &Value, now: Timestamp) -> Value {
    let (ns, name) = (namespace(cluster), name(cluster));
    let wanted = text(cluster, "/spec/version");
    let job = executor_name(name, "preupgrade-snapshot", "", text(cluster, "/status/blueGreen/blueRevision"), wanted);
    let stamp = now.strftime("%Y-%m-%dT%H-%M-%SZ");
    let key = format!("{ns}/{name}/pre-upgrade-{stamp}-{}.snap", suffix(now));
    let mut object = backup(cluster, Play::Jan, now);
    let metadata = &mut object["metadata"];
    metadata["name"] = json!(job);
    metadata["annotations"] = json!({"openbao.org/snapshot-phase": "pre-upgrade"});
    let mut labels = metadata["labels"].clone();
    if let Some(labels) = labels.as_object_mut() {
        labels.shift_remove("openbao.org/backup-type");
        labels.insert("openbao.org/component".into(), json!("upgrade-snapshot"));
    }
    metadata["labels"] = labels.clone();
    object["spec"]["template"]["metadata"]["labels"] = labels;
    object["spec"]["template"]["spec"]["containers"][0]["env"] = json!(backup_env(cluster, &key));
    object
}
