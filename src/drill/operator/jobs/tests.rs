//! The Jobs against the captured ones.

use super::*;
use crate::drill::operator::captured;

fn view<'a>(play: Play, restore: &'a Value, cluster: &'a Value) -> View<'a> {
    View {
        play,
        restore,
        cluster: Some(cluster),
        job: None,
        executors: &[],
        servers: &[],
        workload: None,
        operator_version: "0.4.2",
        now: "2026-11-21T00:42:21Z".parse().unwrap(),
    }
}

/// The pod template as the operator wrote it: without what the Job controller added.
fn template(job: &Value) -> Value {
    let mut template = job["spec"]["template"].clone();
    let labels = template["metadata"]["labels"].as_object_mut().unwrap();
    labels.retain(|key, _| !key.contains("job-name") && !key.contains("controller-uid"));
    template
}

#[test]
fn the_restore_job_is_the_captured_one() {
    let (restore, cluster) = (captured("restore-r1"), captured("cluster-prod"));
    let (real, ours) = (captured("job-restore-r1"), super::restore(&view(Play::Jan, &restore, &cluster)).unwrap());
    assert_eq!(template(&ours), template(&real));
    assert_eq!(ours["metadata"]["labels"], real["metadata"]["labels"]);
    assert_eq!(ours["metadata"]["ownerReferences"], real["metadata"]["ownerReferences"]);
    for field in ["backoffLimit", "ttlSecondsAfterFinished", "completions", "parallelism", "suspend", "completionMode"] {
        assert_eq!(ours["spec"][field], real["spec"][field], "{field}");
    }
}

#[test]
fn executor_names_are_the_captured_ones() {
    let name = |cluster, action, run| executor_name(cluster, action, run, "89b324081ed019e8", "0831866ab392f5ef");
    for (cluster, action, run, suffix) in [
        ("bg2", "bluegreen-promote-green-voters", "", "7e17b23341"),
        ("bg", "bluegreen-promote-green-voters", "retry-1", "33e4a371a9"),
        ("bg", "bluegreen-repair-consensus", "rollback", "23252c2bc7"),
        ("bg", "bluegreen-repair-consensus", "rollback-retry-1", "3edfac3899"),
        ("bg", "bluegreen-remove-blue-peers", "rollback-retry-2", "af81e9276f"),
    ] {
        assert_eq!(name(cluster, action, run), format!("upgrade-{cluster}-{action}-{suffix}"));
    }
}

#[test]
fn the_executor_job_is_the_captured_one() {
    let real = captured("job-upgrade-bg2-bluegreen-repair-consensus-814ad6cc3e");
    let mut cluster = captured("cluster-bg2-quorum-lost-after-path-b");
    cluster["status"]["blueGreen"]["greenRevision"] = json!("0831866ab392f5ef");
    let ours = super::upgrade(&cluster, "bluegreen-repair-consensus", "rollback");
    assert_eq!(template(&ours), template(&real));
    for field in ["name", "labels", "annotations", "ownerReferences"] {
        assert_eq!(ours["metadata"][field], real["metadata"][field], "{field}");
    }
    for field in ["backoffLimit", "ttlSecondsAfterFinished", "completions", "parallelism", "suspend", "completionMode"] {
        assert_eq!(ours["spec"][field], real["spec"][field], "{field}");
    }
}

#[test]
fn the_snapshot_job_has_the_captured_labels() {
    let cluster = captured("cluster-bg3-after-successful-upgrade");
    let job = super::upgrade_snapshot(&cluster, "2026-11-21T00:45:34Z".parse().unwrap());
    assert!(name(&job).starts_with("upgrade-bg3-preupgrade-snapshot-"), "{}", name(&job));
    assert_eq!(job["metadata"]["annotations"], json!({"openbao.org/snapshot-phase": "pre-upgrade"}));
    let labels = json!({
        "app.kubernetes.io/instance": "bg3", "app.kubernetes.io/managed-by": "openbao-operator",
        "app.kubernetes.io/name": "openbao", "openbao.org/cluster": "bg3", "openbao.org/component": "upgrade-snapshot",
    });
    assert_eq!(job["metadata"]["labels"], labels);
    assert_eq!(job["spec"]["template"]["metadata"]["labels"], labels);
}

#[test]
fn only_next_forbids_the_job_to_try_again() {
    let (restore, cluster) = (captured("restore-r1"), captured("cluster-prod"));
    let shape = |play| {
        let job = super::restore(&view(play, &restore, &cluster)).unwrap();
        let policy = text(&job, "/spec/template/spec/restartPolicy").to_owned();
        (number(&job, "/spec/backoffLimit"), policy, number(&job, "/spec/ttlSecondsAfterFinished"))
    };
    assert_eq!(shape(Play::Jan), (3, "OnFailure".into(), 3600));
    assert_eq!(shape(Play::V04), (3, "OnFailure".into(), 3600));
    assert_eq!(shape(Play::Next), (0, "Never".into(), 0));
}

#[test]
fn the_older_name_of_the_image_field_counts_too() {
    let (mut restore, cluster) = (captured("restore-r1"), captured("cluster-prod"));
    restore["spec"].as_object_mut().unwrap().shift_remove("image");
    restore["spec"]["executorImage"] = json!("openbao-backup:p4");
    let job = super::restore(&view(Play::Jan, &restore, &cluster)).unwrap();
    assert_eq!(text(&job, "/spec/template/spec/containers/0/image"), "openbao-backup:p4");
}

#[test]
fn without_an_image_jan_fails_and_later_generations_have_a_default() {
    let (mut restore, mut cluster) = (captured("restore-r1"), captured("cluster-prod"));
    restore["spec"].as_object_mut().unwrap().shift_remove("image");
    cluster["spec"]["backup"].as_object_mut().unwrap().shift_remove("image");
    assert_eq!(super::restore(&view(Play::Jan, &restore, &cluster)), Err(texts::NO_IMAGE));
    let job = super::restore(&view(Play::V04, &restore, &cluster)).unwrap();
    assert_eq!(text(&job, "/spec/template/spec/containers/0/image"), "openbao-backup:0.4.2");
}
