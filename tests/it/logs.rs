//! `logs`: the Job of each kind is found, its lines come out as they are, and what is left is said when it is gone.

use kubectl_openbao::drill::Play;
use serde_json::{Value, json};

use crate::support::broken::{LAST_WORDS, REPAIR, broken, failing_job, run};
use crate::support::{Person, reviewed, scenario};

fn labels(component: &str) -> Value {
    json!({"openbao.org/cluster": "prod", "openbao.org/component": component})
}

/// [`broken`] with a Job of every other kind.
async fn with_all_kinds() -> Person {
    let person = broken().await;
    let mut join = failing_job("upgrade-prod-bluegreen-join-green-nonvoters-1111111111", &labels("upgrade"), None);
    join["metadata"]["annotations"] = json!({"openbao.org/upgrade-run-id": "retry-1"});
    let snapshot = failing_job("upgrade-prod-preupgrade-snapshot-2222222222", &labels("upgrade-snapshot"), None);
    let backup = failing_job("backup-prod-20991121-005024", &labels("backup"), None);
    run(&person, [join, snapshot, backup]).await;
    person
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_job_of_each_kind_is_found_as_a_diagnosis_finds_it() {
    let person = with_all_kinds().await;
    for (kind, job, by) in [
        ("rollback", REPAIR, "named by break glass"),
        ("upgrade", "upgrade-prod-bluegreen-join-green-nonvoters-1111111111", "the newest by its labels"),
        ("snapshot", "upgrade-prod-preupgrade-snapshot-2222222222", "the newest by its labels"),
        ("backup", "backup-prod-20991121-005024", "the newest by its labels"),
    ] {
        let ran = person.run(&["logs", "prod", "--job", kind]).await;
        ran.assert_exit(0).assert_says(&[&format!("log of job {job} ({by})"), "ended: exit 2"]);
        assert_eq!(ran.out, format!("{job} starts\n{LAST_WORDS}\n"), "{ran}");
    }
    // With one cluster in the namespace it need not be named; parts of a log are had with kubectl's flags.
    let tail = person.run(&["logs", "--job", "rollback", "--tail", "1", "--timestamps"]).await;
    assert!(tail.out.ends_with(&format!("Z {LAST_WORDS}\n")) && tail.out.lines().count() == 1, "{tail}");
    // As `kubectl get -o name` writes it, followed to an end that has been.
    let named = person.run(&["logs", &format!("job.batch/{REPAIR}"), "-f"]).await;
    assert_eq!(named.assert_exit(0).out, format!("{REPAIR} starts\n{LAST_WORDS}\n"));
    person.assert_nothing_written(&named);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_job_that_is_gone_what_is_left_is_said() {
    let person = broken().await;
    let store = person.range.server().store();
    let long_ago = (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(3)).to_string();
    person.edit_cluster(|cluster| {
        let message = "Rollback consensus repair Job gone-with-the-wind failed; manual intervention required";
        cluster["status"]["breakGlass"]["message"] = json!(message);
        cluster["status"]["breakGlass"]["enteredAt"] = json!(long_ago);
    });
    store.seed(json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "e1", "namespace": "bao"}, "type": "Warning",
        "involvedObject": {"kind": "Job", "name": "gone-with-the-wind", "namespace": "bao"},
        "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit", "lastTimestamp": long_ago,
    }));
    let ran = person.run(&["logs", "prod", "--job", "rollback"]).await;
    reviewed("logs-gone", &ran.failure());
    let unknown = person.run(&["logs", "job/never-was"]).await;
    reviewed("logs-never-was", &unknown.failure());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_such_job_and_no_right_to_know_are_told_apart() {
    let person = scenario("restore", Play::Jan).await;
    reviewed("logs-none", &person.run(&["logs", "prod", "--job", "rollback"]).await.failure());
    reviewed("logs-no-cluster", &person.run(&["logs", "prd", "--job", "upgrade"]).await.failure());
    let rules = json!([{"apiGroups": ["openbao.org"], "resources": ["openbaoclusters"], "verbs": ["get", "list"]}]);
    let viewer = person.as_somebody_with(rules);
    reviewed("logs-forbidden", &viewer.run(&["logs", "prod", "--job", "backup"]).await.failure());
}
