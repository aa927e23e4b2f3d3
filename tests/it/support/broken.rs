//! A cluster in break glass, with Jobs that failed and left their logs.

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::processes::SCRIPT_ANNOTATION;
use serde_json::{Value, json};

use super::{Person, scenario, until};

/// The Job that break glass names.
pub const REPAIR: &str = "upgrade-prod-bluegreen-repair-consensus-814ad6cc3e";
/// What it said.
pub const LAST_WORDS: &str = "upgrade-executor error: failed to join blue pod to green leader";

/// A Job of one container that writes a line and fails.
pub fn failing_job(name: &str, labels: &Value, owner: Option<&Value>) -> Value {
    let script = json!([{"say": format!("{name} starts")}, {"say": LAST_WORDS}, {"exit": 2}]).to_string();
    let container = json!({"name": "upgrade-executor", "image": "openbao-upgrade:2.5.5"});
    json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": name, "namespace": "bao", "labels": labels, "ownerReferences": owner.map(|o| json!([o]))},
        "spec": {"backoffLimit": 0, "template": {
            "metadata": {"labels": labels, "annotations": {SCRIPT_ANNOTATION: script}},
            "spec": {"containers": [container], "restartPolicy": "Never"},
        }},
    })
}

/// A cluster in break glass, with the Job that failed and a neighbour's; nothing moves any more.
pub async fn broken() -> Person {
    let person = scenario("stuck-lock", Play::Jan).await;
    person.range.operator().expect("an operator").freeze();
    let cluster = person.range.server().store().get("openbaoclusters", "bao", "prod").expect("the cluster");
    let owner = json!({"apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoCluster", "name": "prod", "uid": cluster["metadata"]["uid"]});
    let labels = |cluster: &str| json!({"openbao.org/cluster": cluster, "openbao.org/component": "upgrade"});
    person.edit_cluster(|cluster| {
        cluster["status"]["blueGreen"] = json!({"phase": "RollingBack", "lastJobFailure": "unlabelled"});
        let message = format!("Rollback consensus repair Job {REPAIR} failed; manual intervention required");
        cluster["status"]["breakGlass"] = json!({"active": true, "nonce": "n", "message": message});
    });
    let jobs = [
        failing_job(REPAIR, &labels("prod"), Some(&owner)),
        failing_job("unlabelled", &json!({}), Some(&owner)),
        failing_job("upgrade-other-bluegreen-repair-consensus-0123456789", &labels("other"), None),
    ];
    run(&person, jobs).await;
    let claim = |cluster: &str| {
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "status": {"phase": "Bound"},
        "metadata": {"name": format!("data-{cluster}-0"), "namespace": "bao", "labels": {"openbao.org/cluster": cluster}}})
    };
    person.range.load([claim("prod"), claim("other")]);
    person
}

/// Runs Jobs of [`failing_job`] to their end.
pub async fn run(person: &Person, jobs: impl IntoIterator<Item = Value>) {
    let jobs: Vec<Value> = jobs.into_iter().collect();
    let names: Vec<String> = jobs.iter().map(|job| job["metadata"]["name"].as_str().expect("a name").to_owned()).collect();
    person.range.load(jobs);
    let store = person.range.server().store();
    until("every Job failed", || {
        names.iter().all(|name| store.get("jobs", "bao", name).is_some_and(|job| job["status"]["failed"] == 1))
    })
    .await;
}
