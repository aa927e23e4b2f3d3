//! Decision tests of the plan: one healthy situation, and every way it can be otherwise.

use std::collections::BTreeSet;

use serde_json::json;

use super::preflight::Grade;
use super::request::Request;
use super::{RestorePlan, plan};
use crate::api::cluster::{BlueGreen, BreakGlass, Cluster, LatestSnapshot, OperationLock};
use crate::api::generation::{Generation, SchemaFacts};
use crate::api::restore::Restore;
use crate::api::workload::{Job, Lease, Pod, SecretFacts};
use crate::domain::archive;
use crate::domain::evidence::{
    Contents, Evidence, Item, JobLog, LogRun, Peer, ServerAnswer, ServerHealth, SnapshotObject, StoreAnswer,
};
use crate::domain::hazards::Weight;
use crate::exit::Exit;

mod object;

const NOW: &str = "2026-11-21T01:20:00Z";
const KEY: &str = "bao/prod/2026-11-21T00-41-19Z-b397e37b.snap";

fn schema(fields: &[&str]) -> SchemaFacts {
    let always = [
        "cluster",
        "source",
        "source.key",
        "source.target.bucket",
        "source.target.endpoint",
        "source.target.region",
        "source.target.usePathStyle",
        "source.target.credentialsSecretRef",
        "jwtAuthRole",
        "tokenSecretRef",
        "force",
        "overrideOperationLock",
    ];
    SchemaFacts { restore_spec: always.iter().chain(fields).map(ToString::to_string).collect(), ..SchemaFacts::default() }
}

/// JAN: `image` and `provider`, no `upgrade.requests`.
fn jan() -> Generation {
    Generation { schema: Some(schema(&["image", "source.target.provider"])), operator: None }
}

fn next() -> Generation {
    let mut facts = schema(&["image", "source.target.provider", "source.expectedDigest"]);
    facts.restore_status.insert("submissionClaim".into());
    Generation { schema: Some(facts), operator: None }
}

fn pod(name: &str, active: bool, sealed: bool) -> Pod {
    Pod::read(
        &json!({"metadata": {"name": name, "labels": {"openbao-active": active.to_string(), "openbao-sealed": sealed.to_string()}},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}),
    )
}

/// A healthy cluster of three with a backup target; everything readable and permitted, on JAN.
fn healthy() -> Evidence {
    let cluster = json!({
        "metadata": {"namespace": "bao", "name": "prod", "uid": "u-1"},
        "spec": {"version": "2.5.5", "replicas": 3, "profile": "Development", "selfInit": {"enabled": true, "oidc": {"enabled": true}},
            "backup": {"image": "openbao-backup:x", "target": {"provider": "s3", "endpoint": "http://s3.storage.svc:7070", "bucket": "backups",
                "credentialsSecretRef": {"name": "s3-creds"}, "pathPrefix": "p", "usePathStyle": true}}},
        "status": {"phase": "Running", "initialized": true, "currentVersion": "2.5.5", "readyReplicas": 3}
    });
    let now = NOW.parse().expect("a time");
    let mut evidence = Evidence {
        observed_at: now,
        namespace: "bao".into(),
        name: "prod".into(),
        cluster: Item::present(Cluster::read(&cluster)),
        restores: Item::present(vec![]),
        jobs: Item::present(vec![]),
        pods: Item::present(vec![pod("prod-0", true, false), pod("prod-1", false, false), pod("prod-2", false, false)]),
        lease: Item::present(Lease { renewed_at: Some(now), duration_seconds: Some(15), ..Lease::default() }),
        schema: Item::present(()),
        generation: jan(),
        snapshot: StoreAnswer::Found {
            object: SnapshotObject {
                size: 35_937,
                etag: Some("\"9f2c\"".into()),
                last_modified: Some(now),
                ..SnapshotObject::default()
            },
        },
        ..Evidence::default()
    };
    let keys = ["accessKeyId", "secretAccessKey"].map(str::to_owned).into();
    evidence.secrets.insert("s3-creds".into(), Item::present(SecretFacts { keys, ..SecretFacts::default() }));
    for permission in super::preflight::permissions(&request(), &request().target, true) {
        evidence.permissions.push((permission, Item::present(true)));
    }
    let secret = crate::domain::evidence::Permission::on("get", "", "secrets").named("s3-creds");
    evidence.permissions.push((secret, Item::present(true)));
    evidence
}

fn request() -> Request {
    Request {
        namespace: "bao".into(),
        cluster: "prod".into(),
        key: KEY.into(),
        name: "prod-20261121-012000-0001".into(),
        request_id: "id".into(),
        tool_version: "0".into(),
        ..Request::default()
    }
}

fn overriding() -> Request {
    Request { override_lock: true, ..request() }
}

fn cluster(evidence: &mut Evidence) -> &mut Cluster {
    match &mut evidence.cluster {
        Item::Present { value } => value,
        _ => panic!("the cluster is there"),
    }
}

fn locked(operation: &str, holder: &str) -> Evidence {
    let mut evidence = healthy();
    let since = Some("2026-11-21T00:38:00Z".parse().expect("a time"));
    cluster(&mut evidence).operation_lock = Some(OperationLock {
        operation: operation.into(),
        holder: holder.into(),
        acquired_at: since,
        renewed_at: since,
        ..OperationLock::default()
    });
    evidence
}

fn planned(evidence: &Evidence, request: &Request) -> RestorePlan {
    plan(evidence, request).expect("a plan")
}

fn failed(plan: &RestorePlan) -> BTreeSet<&str> {
    plan.refusals().into_iter().map(|c| c.code.as_str()).collect()
}

fn grade(plan: &RestorePlan, code: &str) -> Grade {
    plan.checks.iter().find(|c| c.code == code).unwrap_or_else(|| panic!("no check {code}")).grade
}

fn hazards(plan: &RestorePlan) -> BTreeSet<&str> {
    plan.hazards.iter().map(|h| h.code.as_str()).collect()
}

fn restore(name: &str, phase: &str) -> Restore {
    Restore::read(
        &json!({"metadata": {"name": name}, "spec": {"cluster": "prod", "source": {"key": "k"}}, "status": {"phase": phase}}),
    )
}

/// A restore that this tool created so many minutes ago.
fn ours(phase: &str, key: &str, minutes: i64) -> Restore {
    let created = e_now() - jiff::SignedDuration::from_mins(minutes);
    Restore::read(&json!({
        "metadata": {"name": "prod-1", "namespace": "bao", "creationTimestamp": created.to_string(),
            "annotations": {"cli.openbao.org/request-id": "0"}},
        "spec": {"cluster": "prod", "source": {"key": key}},
        "status": {"phase": phase},
    }))
}

const GENUINE: &[u8] = include_bytes!("../../../tests/data/snapshots/openbao-2.5.5-shamir.snap");

/// An object that was read to its last byte.
fn read(bytes: &[u8]) -> StoreAnswer {
    let report = Box::new(archive::verify([bytes]));
    let contents = Some(Contents::Whole { report, sha256: None });
    StoreAnswer::Found { object: SnapshotObject { size: 35_937, contents, ..SnapshotObject::default() } }
}

/// The same of its first bytes alone.
fn begun(bytes: &[u8], size: u64) -> StoreAnswer {
    let contents = Some(Contents::Head { head: Box::new(archive::head::head(bytes, size, None)) });
    StoreAnswer::Found { object: SnapshotObject { size, contents, ..SnapshotObject::default() } }
}

#[test]
fn what_the_snapshot_holds_is_judged_by_how_far_it_was_read() {
    let graded = |answer: StoreAnswer| {
        let (mut evidence, request) = (healthy(), request());
        evidence.snapshot = answer;
        let plan = plan(&evidence, &request).expect("a plan");
        let found = plan.checks.into_iter().find(|check| check.code == "snapshot-contents");
        (found.map(|check| check.grade), plan.snapshot.verified)
    };
    assert_eq!(graded(read(GENUINE)), (Some(Grade::Pass), "read to its last byte".into()));
    assert_eq!(graded(begun(&GENUINE[..16_384], 26_584)), (Some(Grade::Pass), "only its beginning was read".into()));
    assert_eq!(graded(begun(&[b'<'; 16_384], 26_584)).0, Some(Grade::Fail));
    let object = SnapshotObject { size: 35_937, ..SnapshotObject::default() };
    let unread = Contents::Unread { why: "x".into() };
    let answer = StoreAnswer::Found { object: SnapshotObject { contents: Some(unread), ..object.clone() } };
    assert_eq!(graded(answer).0, Some(Grade::Unknown));
    assert_eq!(graded(StoreAnswer::Found { object }), (None, "object exists".into()));
}

#[test]
fn an_own_restore_that_has_yet_to_run_is_named_with_the_way_on() {
    let mut evidence = healthy();
    evidence.restores = Item::present(vec![restore("somebody-elses", "Validating"), ours("Validating", "k", 600)]);
    let plan = planned(&evidence, &request());
    let check = plan.refusals()[0];
    assert!(check.text.starts_with("prod-1 was created by this tool already"), "{}", check.text);
    assert!(check.hint.as_ref().is_some_and(|h| h.ends_with(": kubectl openbao follow prod-1 -n bao")), "{check:?}");
}

#[test]
fn a_healthy_cluster_is_restored_by_typing_its_name() {
    let plan = planned(&healthy(), &request());
    assert_eq!(plan.refusal_exit(), None, "{:?}", plan.refusals());
    assert!(plan.checks.iter().all(|c| c.grade == Grade::Pass), "{:?}", plan.checks);
    assert_eq!((plan.consent.phrase.as_str(), plan.consent.accept.len(), plan.consent.reason_required), ("prod", 0, false));
}

#[test]
fn the_manifest_has_the_clusters_target_and_only_known_fields() {
    let plan = planned(&healthy(), &request());
    assert_eq!(
        plan.manifest["spec"],
        json!({"cluster": "prod", "source": {"key": KEY, "target": {"provider": "s3", "endpoint": "http://s3.storage.svc:7070", "bucket": "backups",
            "usePathStyle": true, "credentialsSecretRef": {"name": "s3-creds"}}}, "image": "openbao-backup:x", "force": false})
    );
    // P4: executorImage; P2: no provider; P1: Secret references with a namespace.
    let mut old = healthy();
    old.generation.schema =
        Some(schema(&["executorImage", "source.target.credentialsSecretRef.namespace", "tokenSecretRef.namespace"]));
    let spec = planned(&old, &request()).manifest["spec"].clone();
    assert_eq!(spec["executorImage"], "openbao-backup:x");
    assert_eq!(spec["source"]["target"].get("provider"), None);
    assert_eq!(spec["source"]["target"]["credentialsSecretRef"], json!({"name": "s3-creds", "namespace": "bao"}));
}

#[test]
fn a_wanted_field_the_schema_lacks_refuses() {
    let mut old = healthy();
    old.generation.schema = Some(schema(&["executorImage"]));
    let mut gcs = request();
    gcs.target.provider = Some("gcs".into());
    assert!(failed(&planned(&old, &gcs)).contains("schema"));
    assert!(!failed(&planned(&old, &request())).contains("schema"));
}

#[test]
fn an_override_clears_backup_and_upgrade_locks_and_asks_for_the_snapshots_time() {
    for (operation, holder) in [("Backup", "openbaocluster/backup"), ("Upgrade", "openbaocluster/upgrade")] {
        let evidence = locked(operation, holder);
        let plan = planned(&evidence, &overriding());
        assert_eq!(plan.refusal_exit(), None, "{:?}", plan.refusals());
        assert_eq!(plan.consent.phrase, "restore bao/prod from 2026-11-21T00:41:19Z");
        assert!(plan.consent.reason_required && plan.consent.accept.contains(&"override-leaves-no-trace".to_owned()));
        assert_eq!(
            (&plan.manifest["spec"]["force"], &plan.manifest["spec"]["overrideOperationLock"]),
            (&json!(true), &json!(true))
        );
        assert!(failed(&planned(&evidence, &request())).contains("lock"), "without the flag it would wait for ever");
    }
}

#[test]
fn an_override_of_a_free_lock_is_left_out() {
    let plan = planned(&healthy(), &overriding());
    assert_eq!(plan.manifest["spec"].get("overrideOperationLock"), None);
    assert_eq!((plan.consent.phrase.as_str(), plan.overrides), ("prod", None));
}

#[test]
fn no_override_ever_clears_a_restores_lock() {
    let mut evidence = locked("Restore", "openbaorestore/r9");
    for present in [false, true] {
        if present {
            evidence.restores = Item::present(vec![restore("r9", "Running")]);
        }
        for request in [request(), overriding()] {
            let plan = planned(&evidence, &request);
            assert_eq!((plan.refusal_exit(), plan.overrides.is_none()), (Some(Exit::Refused), true));
            assert_eq!(plan.manifest["spec"].get("overrideOperationLock"), None);
            let hint = plan.refusals()[0].hint.clone().expect("how to free it");
            assert!(hint.contains(if present { "follow r9" } else { "--subresource=status" }), "{hint}");
        }
    }
}

#[test]
fn a_live_lock_on_a_healthy_cluster_asks_for_the_leaders_name_too() {
    let mut evidence = locked("Upgrade", "openbaocluster/upgrade");
    cluster(&mut evidence).blue_green = Some(BlueGreen { phase: "Syncing".into(), ..BlueGreen::default() });
    let plan = planned(&evidence, &overriding());
    assert_eq!(plan.consent.phrase, "restore bao/prod from 2026-11-21T00:41:19Z while prod-0 leads");
    assert!(hazards(&plan).contains("override-live-upgrade"));
    let stale = planned(&locked("Upgrade", "openbaocluster/upgrade"), &overriding());
    assert!(!hazards(&stale).contains("override-live-upgrade"));
}

/// One way in which the healthy situation is otherwise, and the checks that then refuse.
type Case = (&'static str, fn(&mut Evidence, &mut Request), &'static [&'static str]);

#[test]
fn each_of_these_refuses_the_plan_before_anything_is_sent() {
    let cases: &[Case] = &[
        ("being deleted", |e, _| cluster(e).meta.deleted_at = Some(e_now()), &["cluster"]),
        ("another restore runs", |e, _| e.restores = Item::present(vec![restore("r", "Running")]), &["other-restores"]),
        ("asked for already", |e, _| e.restores = Item::present(vec![ours("Pending", KEY, 1)]), &["other-restores"]),
        ("another is unsettled", |e, _| e.restores = Item::present(vec![restore("r", "Unknown")]), &["other-restores"]),
        ("no login", |e, _| cluster(e).spec.oidc = false, &["login"]),
        ("no target", |e, _| cluster(e).spec.backup.as_mut().expect("backup").target = None, &["target"]),
        ("endpoint refused", |_, r| r.target.endpoint = Some("http://localhost:9000".into()), &["target"]),
        ("no image", |e, _| cluster(e).spec.backup.as_mut().expect("backup").image = None, &["image"]),
        ("hardened without egress", |e, _| cluster(e).spec.profile = Some("Hardened".into()), &["hardened"]),
        ("secret missing", |e, _| drop(e.secrets.insert("s3-creds".into(), Item::Absent)), &["storage-secret"]),
        (
            "secret half filled",
            |e, _| {
                drop(e.secrets.insert(
                    "s3-creds".into(),
                    Item::present(SecretFacts { keys: ["accessKeyId".to_owned()].into(), ..SecretFacts::default() }),
                ))
            },
            &["storage-secret"],
        ),
        ("system secret", |_, r| r.target.credentials_secret = Some("prod-root-token".into()), &["storage-secret"]),
        ("no such key", |e, _| e.snapshot = StoreAnswer::NoSuchKey, &["snapshot-object"]),
        ("no such bucket", |e, _| e.snapshot = StoreAnswer::NoSuchBucket, &["snapshot-object"]),
        ("bucket denied", |e, _| e.snapshot = StoreAnswer::Denied { why: "403".into() }, &["snapshot-object"]),
        (
            "too small an object",
            |e, _| e.snapshot = StoreAnswer::Found { object: SnapshotObject { size: 511, ..SnapshotObject::default() } },
            &["snapshot-object"],
        ),
        ("a web page", |e, _| e.snapshot = read(b"<html>"), &["snapshot-contents"]),
        ("half a snapshot", |e, _| e.snapshot = read(&GENUINE[..13_000]), &["snapshot-contents"]),
        ("a name in use", |e, r| (e.restores, r.name) = (Item::present(vec![restore("r", "Completed")]), "r".into()), &["name"]),
        ("empty object", |e, _| e.snapshot = StoreAnswer::Found { object: SnapshotObject::default() }, &["snapshot-object"]),
        ("operator down", |e, _| e.lease = Item::Absent, &["operator"]),
        ("all sealed", |e, _| e.pods = Item::present(vec![pod("prod-0", false, true)]), &["servers"]),
        ("no leader", |e, _| e.pods = Item::present(vec![pod("prod-0", false, false)]), &["servers"]),
        ("no pods", |e, _| e.pods = Item::present(vec![]), &["servers"]),
        ("not initialized", |e, _| cluster(e).initialized = Some(false), &["state"]),
        (
            "upgrading",
            |e, _| cluster(e).blue_green = Some(BlueGreen { phase: "Promoting".into(), ..BlueGreen::default() }),
            &["state"],
        ),
        ("name too long", |_, r| r.name = "a".repeat(60), &["name"]),
        ("may not create", |e, _| e.permissions[0].1 = Item::present(false), &["permission"]),
    ];
    for (name, change, expected) in cases {
        let (mut evidence, mut request) = (healthy(), request());
        change(&mut evidence, &mut request);
        let plan = planned(&evidence, &request);
        assert_eq!(failed(&plan), expected.iter().copied().collect(), "{name}: {:?}", plan.refusals());
        assert!(plan.refusal_exit().is_some(), "{name}");
    }
}

fn e_now() -> jiff::Timestamp {
    NOW.parse().expect("a time")
}

/// What is hidden, how, and the check that must then be unknown.
type Hidden = (&'static str, fn(&mut Evidence), &'static str);

#[test]
fn what_could_not_be_read_is_unknown_and_never_a_pass() {
    let cases: &[Hidden] = &[
        ("restores", |e| e.restores = Item::Forbidden { what: "list".into() }, "other-restores"),
        ("jobs", |e| e.jobs = Item::Failed { why: "x".into() }, "other-restores"),
        ("pods", |e| e.pods = Item::Failed { why: "timed out".into() }, "servers"),
        ("lease", |e| e.lease = Item::Forbidden { what: "get".into() }, "operator"),
        ("schema", |e| e.schema = Item::Failed { why: "x".into() }, "schema"),
        ("secret", |e| drop(e.secrets.insert("s3-creds".into(), Item::Forbidden { what: "get".into() })), "storage-secret"),
        ("object", |e| e.snapshot = StoreAnswer::NotChecked { why: "x".into() }, "snapshot-object"),
        ("permissions", |e| e.permissions.clear(), "permission"),
    ];
    for (name, hide, code) in cases {
        let mut evidence = locked("Backup", "openbaocluster/backup");
        hide(&mut evidence);
        let plan = planned(&evidence, &overriding());
        assert!(plan.checks.iter().any(|c| c.code == *code && c.grade == Grade::Unknown), "{name}");
        assert!(hazards(&plan).contains("override-then-fails"), "{name}: an override over something unchecked is a hazard");
        assert!(plan.consent.accept.contains(&"override-then-fails".to_owned()));
    }
    assert!(!hazards(&planned(&locked("Backup", "openbaocluster/backup"), &overriding())).contains("override-then-fails"));
}

#[test]
fn a_refusal_for_a_missing_permission_has_its_own_exit_code_and_role() {
    let mut evidence = healthy();
    evidence.permissions[0].1 = Item::present(false);
    let plan = planned(&evidence, &request());
    assert_eq!(plan.refusal_exit(), Some(Exit::NotPermitted));
    assert!(
        plan.refusals()[0]
            .hint
            .as_ref()
            .expect("a hint")
            .contains("apiGroups [openbao.org] resources [openbaorestores] verbs [create]")
    );
}

#[test]
fn an_image_of_ones_own_needs_one_of_two_verbs_where_the_policy_asks() {
    let graded = |given: [bool; 2]| {
        let mut evidence = healthy();
        evidence.generation = next();
        let with_image = Request { image: Some("mine".into()), force: true, ..request() };
        for (verb, allowed) in ["usecustomexecutables", "usehelperimages"].into_iter().zip(given) {
            let permission = crate::domain::evidence::Permission::on(verb, "openbao.org", "openbaoclusters").named("prod");
            evidence.permissions.push((permission, Item::present(allowed)));
        }
        grade(&planned(&evidence, &with_image), "permission")
    };
    assert_eq!(
        [[true, false], [false, true], [true, true], [false, false]].map(graded),
        [Grade::Pass, Grade::Pass, Grade::Pass, Grade::Fail]
    );
}

/// A hazard, what brings it about, and what nearly does.
type Trigger = (&'static str, fn(&mut Evidence, &mut Request), fn(&mut Evidence, &mut Request));

#[test]
fn every_hazard_has_a_situation_that_triggers_it_and_one_that_nearly_does() {
    fn nothing(_: &mut Evidence, _: &mut Request) {}
    fn backup_lock(e: &mut Evidence, r: &mut Request) {
        (*e, r.override_lock) = (locked("Backup", "openbaocluster/backup"), true);
    }

    let cases: &[Trigger] = &[
        (
            "override-running-backup",
            |e, r| {
                backup_lock(e, r);
                e.jobs = Item::present(vec![Job { active: 1, meta: labelled("backup"), ..Job::default() }]);
            },
            backup_lock,
        ),
        ("backup-lock-leaks", backup_lock, |e, r| {
            backup_lock(e, r);
            e.generation = next();
        }),
        ("override-leaves-no-trace", backup_lock, |e, r| {
            backup_lock(e, r);
            e.generation = next();
        }),
        (
            "waiting-restores-fire",
            |e, r| {
                backup_lock(e, r);
                e.restores = Item::present(vec![restore("w", "Validating")]);
            },
            |e, r| {
                backup_lock(e, r);
                e.restores = Item::present(vec![restore("w", "Completed")]);
            },
        ),
        (
            "restored-already",
            |e, _| e.restores = Item::present(vec![ours("Completed", KEY, 59)]),
            |e, _| {
                e.restores = Item::present(vec![
                    ours("Completed", KEY, 61),
                    ours("Completed", "other", 1),
                    ours("Failed", KEY, 1),
                    ours("Running", KEY, 1),
                    restore("r", "Completed"),
                ])
            },
        ),
        ("restore-with-ack-pending", |e, _| acknowledged(e, "n1"), |e, _| acknowledged(e, "n0")),
        ("snapshot-replaced", |e, _| latest(e, 35_938), |e, _| latest(e, 35_937)),
        ("seal-mismatch", |_, r| r.key = KEY.replace("bao/prod", "bao/bg3"), nothing),
        (
            "snapshot-older-than",
            |e, _| cluster(e).backup.last_name = Some("bao/prod/2026-11-21T01-00-00Z-00000000.snap".into()),
            |e, _| cluster(e).backup.last_name = Some(KEY.into()),
        ),
        (
            "token-restore-broken",
            |_, r| r.token_secret = Some("t".into()),
            |_, r| (r.token_secret, r.jwt_auth_role) = (Some("t".into()), Some("role".into())),
        ),
        ("policy-lacks-snapshot", |e, _| e.generation = next(), |e, r| (e.generation, r.force) = (next(), true)),
        ("quorum-margin", |e, _| e.pods = Item::present(vec![pod("prod-0", true, false), pod("prod-1", false, false)]), nothing),
        (
            "removed-leader-hangs",
            |e, _| {
                e.pods = Item::present(vec![pod("prod-0", true, false), pod("prod-1", true, false), pod("prod-2", false, false)])
            },
            nothing,
        ),
        (
            "upgrade-restarts-after-rollback",
            |e, _| {
                acknowledged(e, "n0");
                cluster(e).spec.version = Some("2.5.6".into());
            },
            |e, _| acknowledged(e, "n0"),
        ),
        ("job-delete-resubmits", nothing, |e, _| e.generation = next()),
        ("completed-not-proof", nothing, |e, _| e.generation = next()),
        ("resume-unverified", |e, _| e.generation = next(), nothing),
        ("status-stale-after-restore", nothing, |e, _| e.generation = next()),
    ];
    for (code, trigger, nearly) in cases {
        for (change, expected) in [(trigger, true), (nearly, false)] {
            let (mut evidence, mut request) = (healthy(), request());
            change(&mut evidence, &mut request);
            assert_eq!(hazards(&planned(&evidence, &request)).contains(code), expected, "{code}");
        }
    }
}

/// What NEXT's status says of the object under the key.
fn latest(evidence: &mut Evidence, size: u64) {
    let backup = &mut cluster(evidence).backup;
    backup.last_name = Some(KEY.into());
    backup.latest = Some(LatestSnapshot { size: Some(size), ..LatestSnapshot::default() });
}

/// A failed restore of the same key: its message, the lines of its Job's log when it was read, and the hazard's text.
fn after_failure(message: &str, log: Option<&str>) -> Option<String> {
    let mut evidence = healthy();
    let mut failed = ours("Failed", KEY, 10);
    failed.message = message.into();
    failed.meta.annotations.clear();
    if let Some(text) = log {
        let run = LogRun { text: text.into(), exit_code: Some(4), ..LogRun::default() };
        evidence.logs.insert(failed.job_name(), Item::present(JobLog { runs: vec![run] }));
    }
    evidence.restores = Item::present(vec![failed]);
    let plan = planned(&evidence, &request());
    plan.hazards.into_iter().find(|h| h.code == "restored-already" && h.weight == Weight::Danger).map(|h| h.text)
}

#[test]
fn a_failed_restore_that_may_have_submitted_is_no_free_second_try() {
    let lost = "Restoring snapshot to cluster...\nbao-restore error: failed to restore snapshot: failed to execute restore request: Post \"https://x\": unexpected EOF";
    let refused = "Starting restore operation...\nbao-restore error: failed to verify: snapshot not found: k";
    let told = after_failure("Restore job failed", Some(lost)).expect("submitted, and the answer lost");
    assert!(told.starts_with("whether prod-1 (Failed, created 10m ago) submitted this snapshot is not known"), "{told}");
    assert!(after_failure("Restore job failed", None).is_some(), "a log nobody read proves nothing");
    assert_eq!(after_failure("Restore job failed", Some(refused)), None);
    let mut evidence = healthy();
    let run = |text: &str| JobLog { runs: vec![LogRun { text: text.into(), ..LogRun::default() }] };
    evidence.restores = Item::present(vec![restore("r1", "Failed")]);
    let forbidden = "bao-restore error: failed to restore snapshot: restore request failed with status 403: permission denied";
    for (line, warned) in [(forbidden, true), (refused, false)] {
        evidence.logs.insert("restore-r1".into(), Item::present(run(line)));
        let plan = planned(&evidence, &request());
        assert_eq!(plan.checks.iter().any(|c| c.code == "login" && c.grade == Grade::Warn), warned, "{line}");
    }
    assert_eq!(after_failure("authentication is required: either jwtAuthRole or tokenSecretRef must be set", None), None);
}

#[test]
fn the_job_of_a_restore_that_is_over_is_waited_for() {
    let with = |phase: &str, active: i64| {
        let job = json!({"metadata": {"name": "restore-r", "labels": {"openbao.org/component": "restore"}},
            "status": {"active": active, "failed": 1 - active, "conditions": [{"type": "Failed", "status": if active > 0 { "False" } else { "True" }}]}});
        let jobs = Item::present(vec![Job::read(&job)]);
        let restores = if phase.is_empty() { vec![] } else { vec![restore("r", phase)] };
        let plan = planned(&Evidence { jobs, restores: Item::present(restores), ..healthy() }, &request());
        let texts: Vec<String> = plan.refusals().into_iter().map(|c| c.text.clone()).collect();
        texts.join("; ")
    };
    assert!(with("Failed", 1).starts_with("restore r is Failed, but its Job restore-r still runs"), "{}", with("Failed", 1));
    assert!(with("", 1).starts_with("Job restore-r still runs, although its restore is gone"));
    assert_eq!(with("Failed", 0), "");
    assert_eq!(with("Running", 1), "another restore is running: r", "said once");
}

/// Servers of which each answers for itself: its cluster, and whether it leads.
fn answering(servers: [(&str, bool); 3]) -> Evidence {
    let answer = |(n, (id, leads)): (usize, (&str, bool))| {
        let health = ServerHealth {
            initialized: true,
            standby: !leads,
            leads: Some(leads),
            cluster_id: Some(id.into()),
            ..ServerHealth::default()
        };
        ServerAnswer { pod: format!("prod-{n}"), health: Item::present(health), ..ServerAnswer::default() }
    };
    let pods = [pod("prod-0", true, false), pod("prod-1", true, false), pod("prod-2", false, false)];
    Evidence { servers: servers.into_iter().enumerate().map(answer).collect(), pods: Item::present(pods.into()), ..healthy() }
}

#[test]
fn answers_settle_who_leads_and_two_clusters_are_refused() {
    let of = |evidence: &Evidence| {
        let plan = planned(evidence, &request());
        (grade(&plan, "servers"), hazards(&plan).contains("removed-leader-hangs"))
    };
    assert_eq!(of(&answering([("a", true), ("a", false), ("a", false)])), (Grade::Pass, false), "the other label is out of date");
    assert_eq!(of(&answering([("a", true), ("b", true), ("a", false)])), (Grade::Fail, true));
    assert_eq!(of(&answering([("a", true), ("a", true), ("a", false)])), (Grade::Warn, true), "an election");
    let unasked = Evidence { servers: Vec::new(), ..answering([("a", true), ("a", false), ("a", false)]) };
    assert_eq!(of(&unasked), (Grade::Warn, true));
}

#[test]
fn a_blue_green_cluster_is_refused_for_certain_asked_about_when_not_known_and_restored_from_0_3() {
    let with = |schema: Option<SchemaFacts>, operator: &str| {
        let mut evidence = locked("Upgrade", "openbaocluster/upgrade");
        let pods = [("prod-aaaa-0", true), ("prod-aaaa-1", false), ("prod-aaaa-2", false)].map(|(name, active)| {
            let mut server = pod(name, active, false);
            server.meta.labels.insert("openbao.org/revision".into(), "aaaa".into());
            server
        });
        evidence.pods = Item::present(pods.into());
        evidence.generation = Generation { schema, operator: Some(operator.into()) };
        let plan = planned(&evidence, &overriding());
        (grade(&plan, "servers"), hazards(&plan).contains("override-then-fails"))
    };
    let released = || {
        let mut facts = schema(&["image", "source.target.provider"]);
        facts.cluster_spec.insert("upgrade.requests".into());
        Some(facts)
    };
    assert_eq!(with(jan().schema, ""), (Grade::Fail, false));
    assert_eq!(with(released(), "0.2.1"), (Grade::Fail, false));
    assert_eq!(with(released(), "0.3.0"), (Grade::Pass, false));
    assert_eq!(with(released(), "dev"), (Grade::Unknown, true));
    assert_eq!(with(None, ""), (Grade::Unknown, true));
}

#[test]
fn an_override_that_is_left_out_neither_forces_nor_is_printed() {
    let mut evidence = healthy();
    evidence.generation = next();
    let both = Request { force: true, name: "mine".into(), name_given: true, ..overriding() };
    let plan = planned(&evidence, &overriding());
    assert_eq!(plan.manifest["spec"]["force"], json!(false));
    assert!(hazards(&plan).contains("policy-lacks-snapshot"), "it goes to the endpoint that checks");
    assert!(!plan.consent.command.contains("--override-lock"), "{}", plan.consent.command);
    let forced = planned(&evidence, &both);
    assert!(!hazards(&forced).contains("policy-lacks-snapshot"));
    let command = forced.consent.command;
    assert!(command.contains(" --force ") && command.contains(" --restore-name mine "), "{command}");
    cluster(&mut evidence).initialized = Some(false);
    assert_eq!(failed(&planned(&evidence, &overriding())), ["state"].into(), "an unforced one is refused by the operator");
    let locked = planned(&locked("Backup", "openbaocluster/backup"), &both).consent.command;
    assert!(locked.contains(" --override-lock ") && !locked.contains("--force"), "{locked}");
}

#[test]
fn lost_quorum_is_not_called_one_more_loss_and_green_is_no_spare_of_blue() {
    let told = |evidence: &Evidence| {
        planned(evidence, &request()).hazards.into_iter().find(|h| h.code == "quorum-margin").map(|h| h.text)
    };
    let mut evidence = healthy();
    let down = |name: &str| Pod { ready: Some(false), ..pod(name, false, false) };
    evidence.pods = Item::present(vec![pod("prod-0", true, false), down("prod-1"), down("prod-2")]);
    assert_eq!(told(&evidence).as_deref(), Some("1 of 3 servers are up: quorum is lost already, and a restore needs a leader"));
    cluster(&mut evidence).blue_green = Some(BlueGreen {
        phase: "Syncing".into(),
        blue_revision: Some("aaaa".into()),
        green_revision: Some("bbbb".into()),
        ..BlueGreen::default()
    });
    let side = |revision: &str, up: usize| {
        let one = |n: usize| {
            let mut server = pod(&format!("prod-{revision}-{n}"), revision == "aaaa" && n == 0, n >= up);
            server.meta.labels.insert("openbao.org/revision".into(), revision.into());
            server
        };
        (0..3).map(one).collect::<Vec<_>>()
    };
    evidence.pods = Item::present([side("aaaa", 2), side("bbbb", 3)].concat());
    assert!(told(&evidence).is_some_and(|t| t.starts_with("2 of 3 servers are up: one more loss")), "{:?}", told(&evidence));
    let voter = |id: String| Peer { id, voter: true, ..Peer::default() };
    let voters = ["aaaa", "bbbb"].iter().flat_map(|r| (0..3).map(move |n| voter(format!("prod-{r}-{n}"))));
    evidence.peers = Item::present(voters.collect());
    assert_eq!(told(&evidence), None, "5 of 6 voters are up");
}

#[test]
fn a_snapshot_of_another_or_an_earlier_cluster_is_told_apart() {
    let foreign = planned(&healthy(), &Request { key: KEY.replace("bao/prod", "bao/bg3"), ..request() });
    assert!(foreign.consequences.contains(&"lost: everything in this cluster: by its key the snapshot is of bao/bg3".to_owned()));
    let weight = |made: &str| {
        let mut evidence = healthy();
        cluster(&mut evidence).meta.created_at = Some(made.parse().expect("a time"));
        planned(&evidence, &request()).hazards.into_iter().find(|h| h.code == "seal-mismatch").map(|h| h.weight)
    };
    assert_eq!(weight("2026-11-21T00:43:44Z"), Some(Weight::Known));
    assert_eq!(weight("2026-11-21T00:41:19Z"), None);
}

#[test]
fn a_lock_under_which_work_may_be_starting_is_no_ok() {
    let with = |seconds: i64| {
        let mut evidence = locked("Backup", "openbaocluster/backup");
        let taken = e_now() - jiff::SignedDuration::from_secs(seconds);
        cluster(&mut evidence).operation_lock.as_mut().expect("a lock").acquired_at = Some(taken);
        let plan = planned(&evidence, &overriding());
        let told = plan.hazards.iter().find(|h| h.code == "override-running-backup").map(|h| h.text.clone());
        (grade(&plan, "lock"), told.is_some_and(|t| t.starts_with("a backup may be running or starting")))
    };
    assert_eq!((with(5), with(600)), ((Grade::Warn, true), (Grade::Pass, false)));
}

#[test]
fn each_generation_says_how_its_own_restores_end() {
    let said = |generation: Generation| {
        planned(&Evidence { generation, ..healthy() }, &Request { force: true, ..request() }).consequences.join("; ")
    };
    let of = |version: &str| said(Generation { schema: None, operator: Some(version.into()) });
    let ends = |text: &str| {
        ["Completed says only", "on 0.5 every voter is restarted", "on NEXT", "snapshot-force"].map(|w| text.contains(w))
    };
    assert_eq!(ends(&said(jan())), [true, false, false, true]);
    assert_eq!(ends(&of("0.5.1")), [false, true, false, true]);
    assert_eq!(ends(&said(next())), [false, false, true, true]);
    assert_eq!(ends(&said(Generation::default())), [true; 4]);
}

/// Up to 0.4 every restore goes to snapshot-force, forced or not (F§4.2); from 0.5 on only a forced one.
#[test]
fn a_restore_that_checks_no_keys_says_so() {
    let said = |generation: Generation, force: bool| {
        let plan = planned(&Evidence { generation, ..healthy() }, &Request { force, ..request() });
        plan.consequences.into_iter().find(|c| c.contains("keys fit")).unwrap_or_default()
    };
    let of = |version: &str| Generation { schema: None, operator: Some(version.into()) };
    for force in [false, true] {
        for never in [jan(), of("0.4.2")] {
            assert!(said(never, force).contains("this operator never lets it"), "{force}");
        }
        assert!(said(of("0.5.1"), force).contains("the restore is forced") == force);
    }
    assert!(said(Generation::default(), false).contains("operators up to 0.4 never let it"));
    assert!(said(Generation { operator: Some("0.5.1".into()), ..jan() }, false).contains("operators up to 0.4 never let it"));
}

fn rolling_back(phase: &str) -> Evidence {
    let mut evidence = healthy();
    evidence.generation = Generation { schema: None, operator: Some("0.4.2".into()) };
    cluster(&mut evidence).blue_green = Some(BlueGreen { phase: phase.into(), ..BlueGreen::default() });
    cluster(&mut evidence).spec.version = Some("2.5.6".into());
    evidence
}

fn of_upgrade(active: i64) -> Item<Vec<Job>> {
    Item::present(vec![Job { meta: labelled("upgrade"), active, ..Job::default() }])
}

#[test]
fn no_restore_meets_a_rollback_at_work() {
    let refused = |evidence: &Evidence| {
        let plan = planned(evidence, &Request { force: true, ..request() });
        let check = plan.checks.iter().find(|c| c.code == "state").cloned();
        check.map(|c| (c.grade, c.hint.unwrap_or_default()))
    };
    let watch = Some((Grade::Fail, "wait for its end: kubectl openbao status prod -n bao -w".to_owned()));
    for phase in ["RollingBack", "RollbackCleanup"] {
        assert_eq!(refused(&rolling_back(phase)), watch, "{phase}");
    }
    assert_eq!(refused(&rolling_back("Idle")), None);
    let mut paused = rolling_back("RollingBack");
    cluster(&mut paused).spec.paused = true;
    assert_eq!(refused(&paused), None, "it stands still");
    paused.jobs = of_upgrade(1);
    assert_eq!(refused(&paused), watch, "a pause stops no Job");
    paused.jobs = Item::Forbidden { what: "list jobs".into() };
    assert_eq!(refused(&paused), watch, "nobody can say");
    let mut halted = rolling_back("RollingBack");
    cluster(&mut halted).break_glass = Some(BreakGlass { active: true, ..BreakGlass::default() });
    assert_eq!(refused(&halted), None, "break glass stops it");
    let consequences = planned(&halted, &request()).consequences.join("; ");
    assert!(consequences.contains("nobody may acknowledge it before the restore has ended"), "{consequences}");
    let said = |change: fn(&mut Cluster)| {
        let mut changed = halted.clone();
        change(cluster(&mut changed));
        planned(&changed, &request()).consequences.join("; ")
    };
    let reverted = said(|c| c.spec.version.clone_from(&c.current_version));
    assert!(reverted.contains("deletes Green without repairing Raft, also after the restore"), "{reverted}");
    let acknowledged = said(|c| {
        c.break_glass = Some(BreakGlass { active: true, nonce: "n".into(), ..BreakGlass::default() });
        c.spec.break_glass_ack = Some("n".into());
    });
    assert!(acknowledged.contains("is acknowledged: it ends and the rollback begins as soon as"), "{acknowledged}");
    let mut jan_s = rolling_back("RollbackCleanup");
    jan_s.generation = jan();
    let hint = refused(&jan_s).expect("refused").1;
    assert!(hint.ends_with("kubectl openbao diagnose rollback prod -n bao"), "its end removes Blue: {hint}");
    let unforced = planned(&rolling_back("RollingBack"), &request());
    assert!(!format!("{:?}", unforced.checks).contains("--force restores all the same"));
}

#[test]
fn only_the_resolution_restores_beside_itself() {
    let mut evidence = healthy();
    cluster(&mut evidence).meta.annotations.insert(crate::api::names::audit::RESOLVE.into(), "{}".into());
    let plan = planned(&evidence, &request());
    let check = plan.refusals().into_iter().find(|c| c.code == "state").expect("refused");
    let hint = check.hint.as_deref().unwrap_or_default();
    assert!(hint.contains("resolve prod -n bao --path restore") && hint.contains("resolve prod -n bao --abort"), "{hint}");
    let own = Request { resolution: Some("0011 none".into()), ..request() };
    assert!(failed(&planned(&evidence, &own)).is_empty());
}

#[test]
fn force_is_no_way_past_a_restore_at_work() {
    let mut evidence = healthy();
    cluster(&mut evidence).blue_green = Some(BlueGreen { phase: "Promoting".into(), ..BlueGreen::default() });
    let offered = |evidence: &Evidence| format!("{:?}", planned(evidence, &request()).checks).contains("--force restores");
    assert!(offered(&evidence));
    evidence.restores = Item::present(vec![restore("r1", "Running")]);
    assert!(!offered(&evidence));
}

#[test]
fn without_a_leader_that_is_said_before_the_generation() {
    let mut evidence = healthy();
    cluster(&mut evidence).blue_green =
        Some(BlueGreen { phase: "Idle".into(), blue_revision: Some("aaaa".into()), ..BlueGreen::default() });
    evidence.pods = Item::present((0..3).map(|n| pod(&format!("prod-aaaa-{n}"), false, false)).collect());
    let servers = |evidence: &Evidence| {
        let plan = planned(evidence, &request());
        plan.refusals().into_iter().filter(|c| c.code == "servers").map(|c| (c.text.clone(), c.hint.clone())).collect::<Vec<_>>()
    };
    let found = servers(&evidence);
    assert!(
        found[0].0.starts_with("no server is active") && found[1].0.starts_with("generation JAN finds no leader"),
        "{found:?}"
    );
    assert_eq!(found[1].1.as_deref(), Some("upgrade the operator to 0.3 or newer"));
    cluster(&mut evidence).blue_green.as_mut().expect("blue/green").phase = "Syncing".into();
    let blue_green = cluster(&mut evidence).blue_green.as_mut().expect("blue/green");
    blue_green.rollback_start_time = Some("2026-11-21T01:10:00Z".parse().expect("a time"));
    let circling = servers(&evidence).remove(1).1.unwrap_or_default();
    assert!(circling.starts_with("first let"), "nothing more is wanted: {circling}");
    cluster(&mut evidence).spec.version = Some("2.5.6".into());
    assert_eq!(servers(&evidence).remove(1).1.as_deref(), Some("upgrade the operator to 0.3 or newer"), "it goes in circles");
    cluster(&mut evidence).spec.version = Some("2.5.5".into());
    let hint = servers(&evidence).remove(1).1.unwrap_or_default();
    assert!(hint.starts_with("first let the upgrade end (kubectl openbao status prod -n bao -w)"), "{hint}");
}

#[test]
fn sealed_servers_are_not_lost_ones() {
    let told = |sealed: [bool; 3]| {
        let mut evidence = healthy();
        let made = sealed.iter().enumerate().map(|(n, sealed)| pod(&format!("prod-{n}"), n == 0 && !sealed, *sealed));
        evidence.pods = Item::present(made.collect());
        let hazards = planned(&evidence, &request()).hazards;
        hazards.into_iter().find(|h| h.code == "quorum-margin").map(|h| h.text).unwrap_or_default()
    };
    let sealed = "the others are sealed: no quorum until they are unsealed";
    assert_eq!(told([true; 3]), format!("0 of 3 servers are up: {sealed}"));
    assert_eq!(told([false, true, true]), format!("1 of 3 servers are up: {sealed}"));
    assert!(told([false, false, true]).ends_with("one more loss during the restore loses quorum"));
}

#[test]
fn a_restore_that_never_started_may_be_deleted_where_that_frees_the_lock() {
    let hint = |version: &str, reason: &str| {
        let mut evidence = healthy();
        evidence.generation = Generation { schema: None, operator: Some(version.into()) };
        evidence.restores = Item::present(vec![restore("r1", "Running")]);
        evidence.job_pods = Item::present(vec![Pod::read(&json!({
            "metadata": {"name": "restore-r1-x", "labels": {"job-name": "restore-r1"}},
            "status": {"containerStatuses": [{"state": {"waiting": {"reason": reason, "message": "m"}}}]}}))]);
        let plan = planned(&evidence, &request());
        plan.checks.into_iter().find(|c| c.code == "other-restores").and_then(|c| c.hint).unwrap_or_default()
    };
    assert!(hint("0.4.2", "ImagePullBackOff").ends_with("delete it: kubectl -n bao delete openbaorestore r1"));
    for (version, reason) in [("0.5.1", "ImagePullBackOff"), ("0.4.2", "CrashLoopBackOff"), ("0.4.2", "ContainerCreating")] {
        assert!(hint(version, reason).starts_with("wait for its end"), "{version} {reason}");
    }
}

fn labelled(component: &str) -> crate::api::read::Meta {
    crate::api::read::Meta {
        name: "j".into(),
        labels: [("openbao.org/component".to_owned(), component.to_owned())].into(),
        ..Default::default()
    }
}

/// Break glass is active with nonce `n1`, and this acknowledgement is in the spec.
fn acknowledged(evidence: &mut Evidence, ack: &str) {
    let cluster = cluster(evidence);
    cluster.break_glass = Some(BreakGlass {
        active: true,
        nonce: "n1".into(),
        reason: "RollbackConsensusRepairFailed".into(),
        ..BreakGlass::default()
    });
    cluster.spec.break_glass_ack = Some(ack.into());
}

#[test]
fn a_dangerous_hazard_needs_acceptance_even_without_an_override() {
    let foreign = Request { key: KEY.replace("bao/prod", "bao/bg3"), ..request() };
    assert_eq!(planned(&healthy(), &foreign).consent.accept, ["seal-mismatch"]);
}

/// A fact the plan rests on, and a change of it.
type Change = (&'static str, fn(&mut Evidence));

#[test]
fn any_change_of_what_the_plan_rests_on_is_named() {
    let before = planned(&locked("Backup", "openbaocluster/backup"), &overriding());
    let changes: &[Change] = &[
        ("cluster uid", |e| cluster(e).meta.uid = "u-2".into()),
        ("operation lock", |e| cluster(e).operation_lock.as_mut().expect("a lock").holder = "openbaorestore/x".into()),
        ("break glass", |e| acknowledged(e, "n0")),
        ("paused", |e| cluster(e).spec.paused = true),
        ("wanted version", |e| cluster(e).spec.version = Some("2.6.0".into())),
        ("other restores", |e| e.restores = Item::present(vec![restore("w", "Validating")])),
        ("generation", |e| e.generation = next()),
        // The same bytes written again: nobody knows by whom.
        ("snapshot", |e| {
            if let StoreAnswer::Found { object } = &mut e.snapshot {
                object.last_modified = Some("2026-11-21T01:19:00Z".parse().expect("a time"));
            }
        }),
        ("snapshot", |e| {
            e.snapshot = StoreAnswer::Found {
                object: SnapshotObject {
                    size: 35_937,
                    etag: Some("\"other\"".into()),
                    last_modified: None,
                    ..SnapshotObject::default()
                },
            }
        }),
    ];
    for (fact, change) in changes {
        let mut evidence = locked("Backup", "openbaocluster/backup");
        change(&mut evidence);
        let after = planned(&evidence, &overriding());
        let differences = super::drift::differences(&before.rests_on, &after.rests_on);
        assert!(differences.iter().any(|d| d.starts_with(&format!("{fact}: was "))), "{fact}: {differences:?}");
    }
    // A renewed lock is no change.
    let mut renewed = locked("Backup", "openbaocluster/backup");
    cluster(&mut renewed).operation_lock.as_mut().expect("a lock").renewed_at = Some(e_now());
    assert_eq!(super::drift::differences(&before.rests_on, &planned(&renewed, &overriding()).rests_on), [""; 0]);
}

#[test]
fn the_lock_of_a_restore_is_a_hazard_to_override_and_no_other() {
    let of = |operation: &str, holder: &str| {
        hazards(&planned(&locked(operation, holder), &overriding())).contains("override-restore-lock")
    };
    assert!(of("Restore", "openbaorestore/r1"));
    assert!(!of("Backup", "openbaocluster/backup"));
    assert!(!hazards(&planned(&locked("Restore", "openbaorestore/r1"), &request())).contains("override-restore-lock"));
}

#[test]
fn a_name_that_left_a_job_or_a_lock_behind_is_a_hazard() {
    let with_job = |name: &str| {
        let job = json!({"metadata": {"name": format!("restore-{name}"), "labels": {"openbao.org/component": "restore"}},
            "status": {"succeeded": 1}});
        Evidence { jobs: Item::present(vec![Job::read(&job)]), ..healthy() }
    };
    let named = Request { name: "r1".into(), ..request() };
    assert!(hazards(&planned(&with_job("r1"), &named)).contains("name-reuse"));
    assert!(!hazards(&planned(&with_job("r10"), &named)).contains("name-reuse"));
    assert!(hazards(&planned(&locked("Restore", "openbaorestore/r1"), &named)).contains("name-reuse"));
    assert!(!hazards(&planned(&locked("Restore", "openbaorestore/r2"), &named)).contains("name-reuse"));
}

#[test]
fn data_of_a_newer_version_is_a_hazard_to_restore() {
    let with = |version: &str| {
        let mut evidence = healthy();
        if let StoreAnswer::Found { object } = &mut evidence.snapshot {
            object.version = Some(version.into());
        }
        if let Item::Present { value } = &mut evidence.pods {
            value.iter_mut().for_each(|p| drop(p.meta.labels.insert("openbao-version".into(), "2.5.5".into())));
        }
        hazards(&planned(&evidence, &request())).contains("version-downgrade")
    };
    assert_eq!(["2.6.0", "2.5.5", "2.5.4", "nonsense"].map(with), [true, false, false, false]);
}

#[test]
fn green_leading_is_a_hazard_of_a_restore() {
    let with = |leader: &str| {
        let mut evidence = healthy();
        cluster(&mut evidence).blue_green = Some(BlueGreen {
            phase: "RollingBack".into(),
            blue_revision: Some("aaaa".into()),
            green_revision: Some("bbbb".into()),
            ..BlueGreen::default()
        });
        let pods = ["aaaa", "bbbb"].map(|revision| {
            let mut server = pod(&format!("prod-{revision}-0"), revision == leader, false);
            server.meta.labels.insert("openbao.org/revision".into(), revision.into());
            server
        });
        evidence.pods = Item::present(pods.into());
        hazards(&planned(&evidence, &request())).contains("green-leads")
    };
    assert_eq!((with("bbbb"), with("aaaa")), (true, false));
}

#[test]
fn the_right_that_would_tell_the_operators_version_is_named() {
    let mut evidence = healthy();
    evidence.generation.operator = None;
    let what = "list deployments.apps in namespace openbao-operator-system";
    evidence.operator = Item::Forbidden { what: what.into() };
    let basis = planned(&evidence, &request()).generation.basis;
    assert_eq!(basis, format!("schema; operator version not read; you may not {what}"));
    evidence.operator = Item::Absent;
    assert_eq!(planned(&evidence, &request()).generation.basis, "schema; operator version not read");
}
