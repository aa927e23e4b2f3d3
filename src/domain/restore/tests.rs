//! Decision tests of the plan: one healthy situation, and every way it can be otherwise.

use std::collections::BTreeSet;

use serde_json::json;

use super::preflight::Grade;
use super::request::Request;
use super::{RestorePlan, plan};
use crate::api::cluster::{BlueGreen, BreakGlass, Cluster, OperationLock};
use crate::api::generation::{Generation, SchemaFacts};
use crate::api::restore::Restore;
use crate::api::workload::{Job, Lease, Pod, SecretFacts};
use crate::domain::evidence::{Evidence, Item, SnapshotObject, StoreAnswer};
use crate::exit::Exit;

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
            object: SnapshotObject { size: 35_937, etag: Some("\"9f2c\"".into()), last_modified: Some(now), version: None },
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

#[test]
fn an_own_restore_that_has_yet_to_run_is_named_with_the_way_on() {
    let mut evidence = healthy();
    evidence.restores = Item::present(vec![restore("somebody-elses", "Validating"), ours("Validating", "k", 600)]);
    let plan = planned(&evidence, &request());
    let check = plan.refusals()[0];
    assert!(check.text.starts_with("prod-1 was created by this tool already"), "{}", check.text);
    assert!(check.hint.as_ref().is_some_and(|h| h.starts_with("kubectl openbao follow prod-1 -n bao ")), "{check:?}");
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
        assert_eq!(grade(&plan, code), Grade::Unknown, "{name}");
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
                    restore("r", "Completed"),
                ])
            },
        ),
        ("restore-with-ack-pending", |e, _| acknowledged(e, "n1"), |e, _| acknowledged(e, "n0")),
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
        ("snapshot", |e| {
            e.snapshot = StoreAnswer::Found {
                object: SnapshotObject { size: 35_937, etag: Some("\"other\"".into()), last_modified: None, version: None },
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
