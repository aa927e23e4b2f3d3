//! What is said of a cluster, by hand-made evidence.

use serde_json::{Value, json};

use super::{ClusterStatus, Severity, headline, sum_up};
use crate::api::cluster::Cluster;
use crate::api::names::audit;
use crate::api::restore::Restore;
use crate::api::workload::{Job, Lease, Pod};
use crate::domain::evidence::{Evidence, Item};

/// Three servers, `prod-0` leading, as the labels and pods say; `merge` changes the cluster.
fn evidence(merge: &Value, restores: &[Value]) -> Evidence {
    let mut object = json!({
        "metadata": {"name": "prod", "namespace": "bao"}, "spec": {"replicas": 3},
        "status": {"readyReplicas": 3, "phase": "Running", "activeLeader": "prod-0"},
    });
    for (part, fields) in merge.as_object().expect("an object") {
        for (key, value) in fields.as_object().expect("fields") {
            object[part.as_str()][key.as_str()] = value.clone();
        }
    }
    let pod = |n: usize| {
        Pod::read(&json!({
            "metadata": {"name": format!("prod-{n}"), "labels": {"openbao-sealed": "false", "openbao-active": (n == 0).to_string()}},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]},
        }))
    };
    let now = "2026-11-21T01:00:00Z".parse().expect("a time");
    Evidence {
        observed_at: now,
        cluster: Item::present(Cluster::read(&object)),
        pods: Item::present((0..3).map(pod).collect()),
        restores: Item::present(restores.iter().map(Restore::read).collect()),
        jobs: Item::present(Vec::new()),
        lease: Item::present(Lease { renewed_at: Some(now), duration_seconds: Some(15), ..Lease::default() }),
        ..Evidence::default()
    }
}

fn status(merge: &Value, restores: &[Value]) -> ClusterStatus {
    sum_up(&evidence(merge, restores)).expect("a cluster")
}

fn codes(status: &ClusterStatus) -> Vec<&str> {
    status.findings.iter().map(|f| f.code.as_str()).collect()
}

fn commands(status: &ClusterStatus) -> Vec<&str> {
    status.findings.iter().flat_map(|f| &f.next).map(|n| n.command.as_str()).collect()
}

fn restore(name: &str, created: &str, phase: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "bao", "creationTimestamp": created},
           "status": {"phase": phase, "completionTime": created}})
}

/// Commands are pasted; what stands in a report, or comes from a server that lies, need not be a name.
#[test]
fn a_command_is_made_of_words_whatever_the_cluster_is_called() {
    let found = status(
        &json!({
            "metadata": {"name": "prod; reboot", "namespace": "ba\u{7f}o $(reboot)"},
            "status": {"phase": "Failed", "readyReplicas": 1, "breakGlass": {"active": true, "nonce": "n"},
                "operationLock": {"operation": "Backup", "holder": "openbaocluster/backup"}},
        }),
        &[restore("r1 & reboot", "2026-11-21T00:50:00Z", "Running"), restore("r2", "2026-11-21T00:51:00Z", "Failed")],
    );
    let commands = commands(&found);
    assert!(commands.len() > 3, "{commands:?}");
    for command in commands {
        assert!(!command.chars().any(crate::api::text::is_unsafe), "{command:?}");
        let outside: String = command.split('\'').step_by(2).collect();
        assert!(!outside.contains("reboot"), "{command}");
    }
}

#[test]
fn a_failed_restore_is_said_until_another_one_ended_or_a_day_is_over() {
    let failed = restore("r1", "2026-11-21T00:50:00Z", "Failed");
    let found = status(&json!({}), std::slice::from_ref(&failed));
    assert_eq!(codes(&found), ["restore-failed"]);
    assert_eq!(headline(&found), "prod in namespace bao: serving, but the newest restore, r1, failed 10m ago.");
    let newer = restore("r2", "2026-11-21T00:55:00Z", "Completed");
    assert!(codes(&status(&json!({}), &[failed, newer])).is_empty());
    assert!(codes(&status(&json!({}), &[restore("r1", "2026-11-20T00:59:00Z", "Failed")])).is_empty());
}

/// It lost its lock, and its Job goes on (F§4.1).
#[test]
fn a_failed_restore_whose_job_runs_is_a_danger() {
    let mut evidence = evidence(&json!({}), &[restore("r1", "2026-11-21T00:50:00Z", "Failed")]);
    let job =
        json!({"metadata": {"name": "restore-r1", "labels": {"openbao.org/component": "restore"}}, "status": {"active": 1}});
    evidence.jobs = Item::present(vec![Job::read(&job)]);
    let found = sum_up(&evidence).expect("a cluster").findings.remove(0);
    assert_eq!((found.code.as_str(), found.severity), ("restore-failed", Severity::Danger));
    let text = "the newest restore, r1, failed 10m ago; but its Job restore-r1 still runs, and may submit the snapshot";
    assert_eq!(found.text, text);
}

#[test]
fn times_ahead_of_the_reading_are_no_ages() {
    let entered = |at: &str| {
        let glass = json!({"status": {"breakGlass": {"active": true, "reason": "R", "nonce": "n", "enteredAt": at}}});
        let status = status(&glass, &[]);
        let skew = status.findings.iter().find(|f| f.code == "clock-skew").map(|f| f.text.clone());
        (skew, status.findings[0].text.clone())
    };
    assert_eq!(entered("2026-11-21T01:00:20Z"), (None, "break glass was entered 0s ago: R".to_owned()));
    let ahead = "times of the cluster lie 65 s ahead of this reading: ages are too small".to_owned();
    assert_eq!(entered("2026-11-21T01:01:05Z"), (Some(ahead), "break glass was entered ? ago: R".to_owned()));
}

#[test]
fn waiting_restores_are_to_be_deleted_by_name() {
    let waiting = [restore("w0", "2026-11-21T00:50:00Z", "Validating"), restore("w1", "2026-11-21T00:51:00Z", "Pending")];
    assert_eq!(commands(&status(&json!({}), &waiting)), ["kubectl -n bao delete openbaorestore w0 w1"]);
}

fn lock(operation: &str) -> Value {
    let holder = format!("openbaocluster/{}", operation.to_lowercase());
    json!({"status": {"operationLock": {"operation": operation, "holder": holder, "acquiredAt": "2026-11-21T00:00:00Z"}}})
}

#[test]
fn an_upgrade_lock_does_not_hold_up_upgrades() {
    let text = |operation| status(&lock(operation), &[]).findings[0].text.clone();
    assert!(text("Upgrade").ends_with("nobody works under it; backups and restores wait for it"));
    assert!(text("Backup").ends_with("nobody works under it; backups, upgrades and restores wait for it"));
}

#[test]
fn a_restore_is_offered_beside_a_lock_only_where_it_is_not_refused() {
    let offers = |evidence: &Evidence| {
        let status = sum_up(evidence).expect("a cluster");
        commands(&status).iter().any(|c| c.contains("--override-lock"))
    };
    let mut locked = evidence(&lock("Backup"), &[]);
    assert!(offers(&locked));
    locked.lease = Item::Absent;
    let text = sum_up(&locked).expect("a cluster").findings[0].text.clone();
    assert!(text.ends_with("its work is stopped and waits for the operator"), "{text}");
    assert!(!offers(&locked), "nobody would run it");
}

#[test]
fn an_acknowledgement_that_lies_in_the_spec_is_said() {
    let glass = |ack: &str, paused: bool| {
        let merge = json!({"spec": {"breakGlassAck": ack, "paused": paused},
            "status": {"breakGlass": {"active": true, "reason": "R", "nonce": "n1"}}});
        status(&merge, &[]).findings.remove(0)
    };
    let waits = glass("n1", true);
    assert_eq!(
        waits.text,
        "break glass was entered: R; spec.breakGlassAck acknowledges it already (the cluster is paused: it is taken when somebody unpauses it)"
    );
    assert!(!waits.next[0].why.contains("do not acknowledge"), "{}", waits.next[0].why);
    assert!(waits.next[1].command.ends_with(r#"-p '{"spec":{"breakGlassAck":""}}'"#), "{:?}", waits.next);
    let wrong = glass("n0", true);
    assert_eq!(wrong.text, "break glass was entered: R");
    assert!(wrong.next[0].why.contains("do not acknowledge before"));
}

#[test]
fn what_stands_in_spec_and_annotations_is_said() {
    assert_eq!(codes(&status(&json!({"spec": {"paused": true}}), &[])), ["paused"]);
    let resolving = status(&json!({"metadata": {"annotations": {audit::RESOLVE: "{}"}}}), &[]);
    assert_eq!(codes(&resolving), ["resolution-under-way"]);
    assert_eq!(
        commands(&resolving),
        ["kubectl openbao resolve prod -n bao --path restore", "kubectl openbao resolve prod -n bao --abort"]
    );
    let reverted = json!({"spec": {"version": "2.5.4"},
        "status": {"currentVersion": "2.5.4", "blueGreen": {"phase": "RollingBack"}, "breakGlass": {"active": true}}});
    assert!(codes(&status(&reverted, &[])).contains(&"version-reverted"));
}

#[test]
fn readiness_is_the_pods_and_never_made_up() {
    let ready = |merge: &Value, pods: Item<Vec<Pod>>| {
        let status = sum_up(&Evidence { pods, ..evidence(merge, &[]) }).expect("a cluster");
        let found = status.findings.iter().find(|f| f.code == "not-ready");
        (status.ready, found.map(|f| (f.severity, f.text.clone())))
    };
    let three = || evidence(&json!({}), &[]).pods;
    let unread = || Item::Forbidden { what: "list pods".into() };
    assert_eq!(ready(&json!({"status": {"readyReplicas": 1}}), three()), (Some(3), None), "the status is out of date");
    let odd = json!({"status": {"readyReplicas": "three"}});
    assert_eq!(ready(&odd, three()), (Some(3), None));
    let unknown = (Severity::Attention, "how many of the 3 servers are ready is not known".to_owned());
    assert_eq!(ready(&odd, unread()), (None, Some(unknown)));
    let none = (Severity::Danger, "0 of 3 servers are ready".to_owned());
    assert_eq!(ready(&json!({"status": {"readyReplicas": null}}), unread()), (Some(0), Some(none)));
}

#[test]
fn servers_that_say_nothing_are_not_called_well() {
    let mut mute = evidence(&json!({}), &[]);
    let Item::Present { value: pods } = &mut mute.pods else { panic!("pods") };
    pods.iter_mut().for_each(|pod| pod.meta.labels.clear());
    let status = sum_up(&mute).expect("a cluster");
    assert_eq!((codes(&status), status.sealed, status.leaders.clone()), (vec!["not-readable"], None, None));
    assert!(headline(&status).ends_with("whether any server is unsealed or leads (no labels, and none was asked)."));
}

#[test]
fn failed_backups_lead_to_their_log() {
    let failed = |n: i64| status(&json!({"status": {"backup": {"consecutiveFailures": n}}}), &[]);
    assert_eq!(failed(1).findings[0].text, "the last backup failed");
    assert_eq!(commands(&failed(5)), ["kubectl openbao logs prod -n bao --job backup"]);
}
