//! The control plane itself: what the other tests take for granted.

use serde_json::json;

use crate::harness::{ControlPlane, Generation, eventually};

#[test]
fn a_restarted_api_server_keeps_its_address_and_its_data() {
    let plane = ControlPlane::start(Generation::Bare);
    let namespace = plane.namespace("kept");
    let (url, before) = (plane.url(), server_start(&plane));
    plane.restart_apiserver();
    assert_eq!(plane.url(), url);
    assert_ne!(server_start(&plane), before);
    plane.kubectl().run(["get", "namespace", &namespace]).success();
}

fn server_start(plane: &ControlPlane) -> String {
    let metrics = plane.kubectl().run(["get", "--raw", "/metrics"]).success();
    let line = metrics.lines().find(|line| line.starts_with("process_start_time_seconds "));
    line.expect("the API server's metrics say when it started").to_string()
}

#[test]
fn the_version_is_the_one_built() {
    let plane = ControlPlane::jan();
    let versions = plane.kubectl().run(["version", "-o", "json"]).success();
    let versions: serde_json::Value = serde_json::from_str(&versions).unwrap();
    assert_eq!(versions["clientVersion"]["gitVersion"], versions["serverVersion"]["gitVersion"]);
    assert!(versions["serverVersion"]["gitVersion"].as_str().unwrap().starts_with("v1.36."), "{versions}");
}

#[test]
fn kubectl_finds_the_plugin() {
    let listed = ControlPlane::jan().kubectl().run(["plugin", "list", "--name-only"]).success();
    assert!(listed.lines().any(|line| line.trim() == "kubectl-openbao"), "{listed}");
}

/// The job controller is the true one: a Job gets a pod, with both spellings of its label, without anybody's help.
#[test]
fn a_job_gets_its_pod() {
    let plane = ControlPlane::jan();
    let namespace = plane.namespace("job");
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "restore-r1", "namespace": namespace},
        "spec": {"backoffLimit": 3, "template": {"spec": {"restartPolicy": "OnFailure",
            "containers": [{"name": "restore", "image": "openbao-backup:field"}]}}}});
    plane.apply(&[job]);
    for selector in ["job-name=restore-r1", "batch.kubernetes.io/job-name=restore-r1"] {
        eventually("the Job's pod", || {
            let get = ["get", "pods", "--namespace", &namespace, "--selector", selector, "-o", "name"];
            let pods = plane.kubectl().run(get).success();
            if pods.trim().starts_with("pod/restore-r1-") { Ok(()) } else { Err(format!("{pods:?}")) }
        });
    }
}
