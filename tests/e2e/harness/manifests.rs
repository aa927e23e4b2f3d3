//! The operator's CRDs and admission policies, from `tests/data/operator`.

use std::fs;
use std::path::{Path, PathBuf};

use kubectl_openbao::drill::schema::crds;
use serde_json::{Value, json};

use super::{ControlPlane, Generation, eventually};

/// Applies what belongs to the generation and waits until the API server enforces it.
pub fn install(plane: &ControlPlane) {
    let generation = plane.generation();
    let policies: &[&str] = match generation {
        Generation::Bare => return,
        Generation::Jan => &["validate-openbaorestore", "validate-openbaocluster", "lock-managed-resource-mutations"],
        // Only its CRDs are at hand; JAN's restore policy reads no field whose name differs.
        Generation::P4 => &["validate-openbaorestore"],
        Generation::Derived(_) => &[],
    };
    let genuine = |folder: &str| ["openbaoclusters", "openbaorestores"].map(|kind| crd(folder, kind)).to_vec();
    plane.apply(&match generation {
        Generation::Derived(play) => crds(play),
        Generation::P4 => genuine("p4"),
        Generation::Bare | Generation::Jan => genuine("jan"),
    });
    for kind in ["openbaoclusters", "openbaorestores"] {
        let crd = format!("crd/{kind}.openbao.org");
        // A CRD so new that it has no conditions is an error to `kubectl wait`, not something to wait for.
        eventually(&crd, || {
            let ran = plane.kubectl().run(["wait", "--for=condition=Established", "--timeout=10s", &crd]);
            if ran.ok() { Ok(()) } else { Err(ran.stderr) }
        });
    }
    let with_bindings = |name: &&str| [policy(name), policy(&format!("{name}-binding"))];
    if !policies.is_empty() {
        plane.apply(&policies.iter().flat_map(with_bindings).collect::<Vec<_>>());
    }
    for name in policies {
        wait_until_in_force(plane, name);
    }
}

/// The operator's CRD for a plural.
fn crd(folder: &str, plural: &str) -> Value {
    read(&data().join("operator").join(folder).join(format!("openbao.org_{plural}.yaml")))
}

/// A policy or binding under the name it has in a cluster: kustomize puts the prefix before both, and the bindings'
/// `policyName` has it already.
fn policy(name: &str) -> Value {
    let mut policy = read(&data().join(format!("operator/jan/{name}.yaml")));
    let name = &mut policy["metadata"]["name"];
    *name = json!(format!("openbao-operator-{}", name.as_str().expect("every policy has a name")));
    policy
}

/// Policies work some moments after they were applied: asks for what each forbids, in a dry run, until it is refused.
fn wait_until_in_force(plane: &ControlPlane, policy: &str) {
    let (kind, version) = match policy {
        "validate-openbaorestore" => ("OpenBaoRestore", "openbao.org/v1alpha1"),
        "validate-openbaocluster" => ("OpenBaoCluster", "openbao.org/v1alpha1"),
        _ => ("ConfigMap", "v1"),
    };
    let forbidden = json!({"apiVersion": version, "kind": kind,
    "metadata": {"name": "forbidden", "namespace": "default",
        "labels": {"app.kubernetes.io/managed-by": "openbao-operator"}},
    "spec": match kind {
        "OpenBaoRestore" => json!({"cluster": "c", "force": false, "overrideOperationLock": true,
            "source": {"key": "k", "target": {"bucket": "b"}}}),
        "OpenBaoCluster" => json!({"version": "2.5.5", "image": "i", "replicas": 3,
            "profile": "Development", "storage": {"size": "1Gi"}, "tls": {"enabled": true, "rotationPeriod": "1h"},
            "initContainer": {"enabled": false}}),
        _ => Value::Null,
    }});
    eventually(policy, || {
        let create = ["create", "--dry-run=server", "--validate=ignore", "-f", "-"];
        let ran = plane.kubectl().stdin(forbidden.to_string()).run(create);
        if ran.stderr.contains(&format!("'openbao-operator-{policy}'")) { Ok(()) } else { Err(format!("{ran:?}")) }
    });
}

/// A rule of the site's own: no OpenBaoRestore may be created in this namespace. Waits until it is in force.
pub fn freeze_restores(plane: &ControlPlane, namespace: &str, message: &str) {
    let name = format!("frozen-{namespace}");
    let version = "admissionregistration.k8s.io/v1";
    let only_here = json!({"matchLabels": {"kubernetes.io/metadata.name": namespace}});
    let create =
        json!({"apiGroups": ["openbao.org"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["openbaorestores"]});
    plane.apply(&[
        json!({"apiVersion": version, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name}, "spec": {
            "matchConstraints": {"namespaceSelector": only_here, "resourceRules": [create]},
            "validations": [{"expression": "false", "message": message}]}}),
        json!({"apiVersion": version, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name},
            "spec": {"policyName": name, "validationActions": ["Deny"]}}),
    ]);
    let restore = json!({"apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore",
        "metadata": {"name": "probe", "namespace": namespace},
        "spec": {"cluster": "c", "source": {"key": "k", "target": {"bucket": "b"}}}});
    eventually(&name, || {
        let ran = plane.kubectl().stdin(restore.to_string()).run(["create", "--dry-run=server", "-f", "-"]);
        if ran.stderr.contains(message) { Ok(()) } else { Err(format!("{ran:?}")) }
    });
}

/// One YAML document of the test data.
pub fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folder of the test data.
pub fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// What a command of a captured transcript printed: the lines between its title and its exit code.
pub fn captured(file: &str, title: &str) -> String {
    let text = fs::read_to_string(data().join("captured").join(file)).unwrap();
    let heading = format!(" # {title}");
    let lines = text.lines().skip_while(|line| !(line.starts_with("## ") && line.ends_with(&heading))).skip(1);
    let printed: String = lines.take_while(|line| !line.starts_with("(exit ")).flat_map(|line| [line, "\n"]).collect();
    assert!(!printed.is_empty(), "{file} has nothing under {title:?}");
    printed
}
