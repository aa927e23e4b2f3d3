//! An OpenBao cluster on a control plane with a range: the captured one, in a namespace of its own.

use serde_json::{Value, json};

use super::manifests::{data, read};
use super::{ControlPlane, Generation, OPERATOR, eventually};
use kubectl_openbao::drill::world::ClusterSpec;

/// A running cluster `prod` with three servers, a Secret for its bucket, and one snapshot of its own.
pub struct Cluster {
    /// Its namespace.
    pub namespace: String,
    /// The key of its snapshot.
    pub key: String,
}

impl Cluster {
    /// Makes the cluster and waits until its three servers are ready and one leads.
    pub fn start(plane: &ControlPlane, prefix: &str) -> Cluster {
        let namespace = plane.namespace(prefix);
        let world = plane.range().world();
        world.add_cluster(&ClusterSpec { namespace: namespace.clone(), name: "prod".into(), version: "2.5.5".into() });
        plane.apply_as(OPERATOR, &[service_accounts(&namespace), secrets(plane, &namespace)].concat());
        let cluster = Cluster { key: format!("{namespace}/prod/2026-11-21T00-41-19Z-b397e37b.snap"), namespace };
        cluster.create_resource(plane);
        plane.apply_as(OPERATOR, &workload(&cluster.namespace));
        cluster.wait_for_servers(plane);
        plane.range().take_snapshot(&cluster.namespace, "prod", &cluster.key);
        cluster
    }

    /// The captured OpenBaoCluster with its status, without its leaked lock: tests set the one they need.
    fn create_resource(&self, plane: &ControlPlane) {
        let mut object = captured_object("cluster-prod", &self.namespace);
        let mut status = object["status"].take();
        status["phase"] = json!("Running");
        let mut conditions = status["conditions"].take();
        if let Some(conditions) = conditions.as_array_mut() {
            conditions.retain(|condition| condition["type"] != "BackingUp");
        }
        status["conditions"] = conditions;
        if plane.generation() == Generation::P4 {
            spell_as_p4(&mut object["spec"]);
        }
        plane.kubectl().stdin(object.to_string()).run(["create", "-f", "-"]).success();
        self.set_status(plane, status);
    }

    /// Merges into the cluster's status, as the operator would.
    pub fn set_status(&self, plane: &ControlPlane, status: Value) {
        let patch = json!({"status": status}).to_string();
        let patch = ["patch", "openbaocluster", "prod", "--subresource=status", "--type=merge", "--patch", &patch];
        plane.kubectl_as(OPERATOR, &self.namespace).run(patch).success();
    }

    /// The captured danger of F§15.2.2: a Backup lock that nobody works under any more.
    pub fn leak_backup_lock(&self, plane: &ControlPlane) {
        self.set_status(
            plane,
            json!({"operationLock": {"operation": "Backup", "holder": "openbaocluster/backup",
            "message": "backup in progress", "acquiredAt": "2026-11-21T00:41:19Z", "renewedAt": "2026-11-21T00:41:19Z"}}),
        );
    }

    fn wait_for_servers(&self, plane: &ControlPlane) {
        let ready =
            "jsonpath={range .items[*]}{.status.conditions[?(@.type=='Ready')].status},{.metadata.labels.openbao-active};{end}";
        let get = ["get", "pods", "--selector", "app.kubernetes.io/instance=prod", "-o", ready];
        eventually("three ready servers and one leader", || {
            let pods = plane.kubectl_as(OPERATOR, &self.namespace).run(get).success();
            let count = |part: &str| pods.matches(part).count();
            if count("True,") == 3 && count(",true;") == 1 { Ok(()) } else { Err(pods) }
        });
    }
}

/// The captured cluster is JAN's; P4 has other names for the images.
fn spell_as_p4(spec: &mut Value) {
    for section in ["backup", "upgrade"] {
        if let Some(section) = spec[section].as_object_mut()
            && let Some(image) = section.remove("image")
        {
            section.insert("executorImage".into(), image);
        }
    }
}

/// A captured object under its own name in another namespace, without what the server added.
pub fn captured_object(name: &str, namespace: &str) -> Value {
    without_server_fields(read(&data().join(format!("captured/objects/{name}.yaml"))), namespace)
}

/// An object with no more metadata than somebody would write.
pub fn without_server_fields(mut object: Value, namespace: &str) -> Value {
    let labels = object["metadata"].get("labels").cloned().unwrap_or(json!({}));
    object["metadata"] = json!({"name": object["metadata"]["name"], "namespace": namespace, "labels": labels});
    object
}

fn workload(namespace: &str) -> Vec<Value> {
    let mut servers = captured_object("statefulset-prod", namespace);
    servers.as_object_mut().expect("a StatefulSet is an object").remove("status");
    let labels = servers["metadata"]["labels"].clone();
    let service = json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "prod", "namespace": namespace, "labels": labels},
        "spec": {"clusterIP": "None", "publishNotReadyAddresses": true, "selector": labels,
            "ports": [{"name": "api", "port": 8200}]}});
    vec![service, servers]
}

/// The ServiceAccounts that the operator makes, with what they may do.
pub fn service_accounts(namespace: &str) -> Vec<Value> {
    let rbac = "rbac.authorization.k8s.io";
    let metadata = |name: &str| json!({"name": name, "namespace": namespace});
    let account = |name: &str| json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(name)});
    let mut all = ["", "-backup", "-restore", "-upgrade"].map(|task| account(&format!("prod{task}-serviceaccount"))).to_vec();
    all.extend([
        json!({"apiVersion": format!("{rbac}/v1"), "kind": "Role", "metadata": metadata("prod-pods"),
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "patch", "update"]}]}),
        json!({"apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding", "metadata": metadata("prod-pods"),
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "prod-pods"},
            "subjects": [{"kind": "ServiceAccount", "name": "prod-serviceaccount", "namespace": namespace}]}),
    ]);
    all
}

/// The Secrets that a restore and its verification read.
fn secrets(plane: &ControlPlane, namespace: &str) -> Vec<Value> {
    let world = plane.range().world();
    let ca = world.ca_certificate(namespace, "prod").expect("the cluster was added to the world");
    let store = world.object_store().expect("the range has a store");
    let metadata = |name: &str| json!({"name": name, "namespace": namespace});
    let secret =
        |name: &str, data: Value| json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata(name), "stringData": data});
    vec![
        secret("prod-tls-ca", json!({"ca.crt": ca})),
        secret("s3-creds", json!({"accessKeyId": store.access_key, "secretAccessKey": store.secret_key.expose()})),
    ]
}
