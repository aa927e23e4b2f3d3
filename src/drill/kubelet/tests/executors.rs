//! The executors: their lines, their failures, their effect, with the world alone and with a real S3 endpoint.

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, LogParams, PostParams};
use serde_json::{Value, json};

use super::pods::ask;
use super::{NAMESPACE, Range};
use crate::drill::Play;
use crate::drill::s3::{Bucket, GENUINE_SNAPSHOT, S3, S3Options};
use crate::drill::world::{ObjectStore, RestoreFault, Snapshot, World};

#[tokio::test]
async fn a_snapshot_of_the_same_seal_brings_its_identity() {
    let range = Range::start().await;
    range.servers().await;
    let before = range.world.cluster(NAMESPACE, "prod").expect("added");
    let old = Snapshot::Genuine {
        cluster_id: "0fa7bd9f-0000-4000-8000-000000000000".into(),
        seal: before.seal,
        index: 5,
        size: 35_937,
    };
    range.world.put_snapshot("backups", "old.snap", old);
    range.create_job(restore("old", "old.snap")).await;
    range.job_when("old", "Complete").await;
    let (status, health) = ask(&range, "prod-0", "/v1/sys/health").await;
    assert_eq!((status, &health["cluster_id"]), (200, &json!("0fa7bd9f-0000-4000-8000-000000000000")));
    let pod = range.pods_of("old").await.remove(0).metadata.name.expect("a name");
    let log = range.log(&pod, &LogParams::default()).await.expect("a log");
    let captured = include_str!("../../../../tests/data/captured/02-restore-completed.txt");
    let expected: Vec<&str> = captured
        .lines()
        .skip_while(|line| !line.contains("Z Starting restore"))
        .take(19)
        .filter_map(|line| line.split_once("Z "))
        .map(|(_, text)| text)
        .collect();
    let expected = expected.join("\n").replace("bao/prod/2026-11-21T00-41-19Z-b397e37b.snap", "old.snap") + "\n";
    assert_eq!(log, expected, "line for line as captured");
}

/// A restore Job as JAN's operator makes it, without volumes.
pub(super) fn restore(name: &str, key: &str) -> Value {
    let env = [
        ("CLUSTER_NAME", "prod"),
        ("CLUSTER_NAMESPACE", NAMESPACE),
        ("CLUSTER_REPLICAS", "3"),
        ("RESTORE_KEY", key),
        ("RESTORE_BUCKET", "backups"),
        ("RESTORE_ENDPOINT", "http://s3.storage.svc:7070"),
        ("BACKUP_JWT_AUTH_ROLE", "openbao-operator-restore"),
        ("BACKUP_AUTH_METHOD", "jwt"),
    ];
    let env: Vec<Value> = env.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({ "metadata": { "name": name }, "spec": { "backoffLimit": 3, "template": { "spec": {
        "restartPolicy": "OnFailure", "containers": [{ "name": "restore", "image": "openbao-backup:field", "env": env }],
    } } } })
}

#[tokio::test]
async fn executors_fail_in_their_own_words() {
    let range = Range::start().await;
    range.servers().await;
    range.world.put_snapshot("backups", "garbage.snap", Snapshot::Garbage { size: 40_000 });
    let mut no_role = once("no-role", "x.snap");
    no_role["spec"]["template"]["spec"]["containers"][0]["env"][6]["value"] = json!("no-such-role");
    range.create_job(once("missing", "nowhere.snap")).await;
    range.create_job(once("garbage", "garbage.snap")).await;
    range.create_job(no_role).await;
    let garbage = "transient remote overloaded: failed to execute restore request: OpenBao API overloaded (status 500): {\"errors\":[\"1 error occurred:\\n\\t* failed to decompress snapshot: gzip: invalid header\\n\\n\"]}\n\nSnapshot downloaded successfully\nRestoring snapshot to cluster...\n";
    for (job, exit, end) in [
        ("missing", 1, "\nbao-restore error: snapshot not found: nowhere.snap\n"),
        ("garbage", 4, garbage),
        (
            "no-role",
            2,
            "JWT auth request failed with status 400: {\"errors\":[\"role \\\"no-such-role\\\" could not be found\"]}\n\n",
        ),
    ] {
        range.job_when(job, "Failed").await;
        let log = log_of(&range, job).await;
        assert!(log.ends_with(end), "{job}: {log}");
        let status = json!(range.pods_of(job).await[0].status);
        assert_eq!(status["containerStatuses"][0]["state"]["terminated"]["exitCode"], exit, "{job}");
    }
}

/// The log of a Job's only pod.
async fn log_of(range: &Range, job: &str) -> String {
    let pod = range.pods_of(job).await.remove(0).metadata.name.expect("a name");
    range.log(&pod, &LogParams::default()).await.expect("a log")
}

/// A restore Job that is tried once, so that its pod stays to be read.
fn once(name: &str, key: &str) -> Value {
    let mut job = restore(name, key);
    job["spec"]["backoffLimit"] = json!(0);
    job["spec"]["template"]["spec"]["restartPolicy"] = json!("Never");
    job
}

fn with_credentials(mut job: Value, secret: &str) -> Value {
    let spec = &mut job["spec"]["template"]["spec"];
    spec["volumes"] = json!([{ "name": "s3-credentials", "secret": { "secretName": secret } }]);
    spec["containers"][0]["volumeMounts"] = json!([{ "name": "s3-credentials", "mountPath": "/etc/bao/backup/credentials" }]);
    job
}

#[tokio::test]
async fn snapshots_come_from_the_object_store_with_the_mounted_credentials() {
    let range = Range::start().await;
    let mut options = S3Options::default();
    options.buckets.insert("backups".into(), Bucket::default());
    let (access_key, secret_key) = (options.access_key.clone(), options.secret_key.clone());
    let s3 = S3::start(options).await.expect("a free port");
    s3.put("backups", "bao/prod/a b+c.snap", GENUINE_SNAPSHOT);
    s3.put("backups", "text.snap", "no snapshot");
    let secret = |name: &str, access: &str, secret: &str| json!({ "metadata": { "name": name }, "stringData": {}, "data": { "accessKeyId": encode(access), "secretAccessKey": encode(secret) } });
    let secrets: Api<Secret> = Api::namespaced(range.client.clone(), NAMESPACE);
    for secret in [secret("good", &access_key, &secret_key), secret("bad", &access_key, "wrong"), secret("half", &access_key, "")]
    {
        secrets.create(&PostParams::default(), &serde_json::from_value(secret).expect("a secret")).await.expect("created");
    }
    range.world.set_object_store(ObjectStore {
        address: s3.address(),
        access_key: "nobody".into(),
        secret_key: "nothing".into(),
    });
    range.servers().await;
    for (job, key, secret, condition, line) in [
        ("good", "bao/prod/a b+c.snap", "good", "Complete", "Restore completed successfully from: bao/prod/a b+c.snap"),
        ("text", "text.snap", "good", "Failed", "OpenBao API overloaded (status 500)"),
        ("missing", "nowhere.snap", "good", "Failed", "bao-restore error: snapshot not found: nowhere.snap"),
        (
            "wrong",
            "text.snap",
            "bad",
            "Failed",
            "failed to ensure bucket exists: operation error S3: CreateBucket, https response error StatusCode: 403, RequestID: , HostID: , api error SignatureDoesNotMatch",
        ),
        (
            "half",
            "text.snap",
            "half",
            "Failed",
            "failed to load configuration: both accessKeyId and secretAccessKey must be provided",
        ),
    ] {
        range.create_job(with_credentials(once(job, key), secret)).await;
        range.job_when(job, condition).await;
        let log = log_of(&range, job).await;
        assert!(log.contains(line), "{job}: {log}");
    }
    assert!(log_of(&range, "good").await.contains(&format!("(size: {} bytes)", GENUINE_SNAPSHOT.len())));
}

fn encode(text: &str) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(text)
}

/// Creates a restore and a Job it owns.
async fn owned_restore(range: &Range, name: &str, key: &str, force: bool) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("openbao.org", "v1alpha1", "OpenBaoRestore");
    let restores =
        Api::namespaced_with(range.client.clone(), NAMESPACE, &ApiResource::from_gvk_with_plural(&kind, "openbaorestores"));
    let restore = range.server.store().seed(json!({
        "apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore", "metadata": { "name": name, "namespace": NAMESPACE },
        "spec": { "cluster": "prod", "force": force, "source": { "key": key } },
    }));
    let mut job: Job = serde_json::from_value(once(&format!("restore-{name}"), key)).expect("a job");
    let owner = json!([{ "apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore", "name": name, "uid": restore["metadata"]["uid"], "controller": true }]);
    job.metadata.owner_references = serde_json::from_value(owner).expect("owners");
    range.jobs().create(&PostParams::default(), &job).await.expect("created");
    restores
}

#[tokio::test]
async fn next_claims_the_submission_before_it_submits() {
    let range = Range::playing(Play::Next).await;
    range.servers().await;
    let snapshot = range.world.snapshot_of(NAMESPACE, "prod", 9).expect("added");
    range.world.put_snapshot("backups", "a.snap", snapshot);
    let restores = owned_restore(&range, "r1", "a.snap", true).await;
    range.job_when("restore-r1", "Complete").await;
    let claim = restores.get("r1").await.expect("the restore").data["status"]["submissionClaim"].clone();
    assert_eq!(claim["targetPodName"], "prod-0");
    assert!(
        claim["digest"].as_str().is_some_and(|digest| digest.starts_with("sha256:")) && claim["claimedAt"].is_string(),
        "{claim}"
    );
    let log = log_of(&range, "restore-r1").await;
    let order =
        ["Snapshot staged: size=", "Submitting staged snapshot to cluster...", "Snapshot restore request accepted from: a.snap"];
    let places: Vec<_> = order.map(|line| log.find(line)).into_iter().flatten().collect();
    assert!(places.len() == 3 && places.is_sorted(), "{log}");
}

#[tokio::test]
async fn since_0_5_only_force_restores_over_another_seal() {
    let range = Range::playing(Play::V05).await;
    range.servers().await;
    range.world.put_snapshot("backups", "foreign.snap", World::foreign_snapshot(9));
    owned_restore(&range, "kind", "foreign.snap", false).await;
    range.job_when("restore-kind", "Failed").await;
    assert!(log_of(&range, "restore-kind").await.contains("restore request failed with status 400"));
    assert_eq!(range.world.cluster(NAMESPACE, "prod").expect("added").epoch, 0, "nothing was changed");
    owned_restore(&range, "forced", "foreign.snap", true).await;
    range.job_when("restore-forced", "Complete").await;
    assert_eq!(range.world.cluster(NAMESPACE, "prod").expect("added").epoch, 1);
}

#[tokio::test]
async fn a_lost_response_has_its_effect_all_the_same() {
    let range = Range::start().await;
    range.servers().await;
    let snapshot = range.world.snapshot_of(NAMESPACE, "prod", 9).expect("added");
    range.world.put_snapshot("backups", "a.snap", snapshot);
    range.world.set_restore_fault(NAMESPACE, "prod", Some(RestoreFault::ResponseLost));
    range.create_job(once("lost", "a.snap")).await;
    range.job_when("lost", "Failed").await;
    assert!(log_of(&range, "lost").await.trim_end().ends_with("/v1/sys/storage/raft/snapshot-force\": EOF"));
    assert_eq!(range.world.cluster(NAMESPACE, "prod").expect("added").epoch, 1);
}

#[tokio::test]
async fn without_servers_no_leader_is_found_and_a_backup_says_its_key() {
    let range = Range::start().await;
    range.create_job(once("early", "a.snap")).await;
    range.job_when("early", "Failed").await;
    let log = log_of(&range, "early").await;
    assert!(log.ends_with("bao-restore error: failed to find leader: no leader found among 3 pods after 5 attempts\n"), "{log}");
    range.servers().await;
    let mut backup = once("backup-prod", "");
    let container = &mut backup["spec"]["template"]["spec"]["containers"][0];
    container["name"] = json!("backup");
    let env = container["env"].as_array_mut().expect("a list");
    env.push(json!({ "name": "BACKUP_KEY", "value": "bao/prod/now.snap" }));
    env.push(json!({ "name": "BACKUP_BUCKET", "value": "backups" }));
    range.create_job(backup).await;
    range.job_when("backup-prod", "Complete").await;
    assert!(
        log_of(&range, "backup-prod").await.ends_with("Backup completed successfully: bao/prod/now.snap (size: 35937 bytes)\n")
    );
    assert!(matches!(range.world.snapshot("backups", "bao/prod/now.snap"), Some(Snapshot::Genuine { .. })));
}
