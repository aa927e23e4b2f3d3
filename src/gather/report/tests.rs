//! Reports that are read, and reports that are not.

use serde_json::{Value, json};

use super::*;
use crate::api::generation::{SchemaFacts, Tag};
use crate::domain::evidence::{Item, StoreAnswer};

fn report(sources: Value) -> Result<Evidence, String> {
    let mut document = json!({
        "apiVersion": API_VERSION, "kind": KIND, "formatVersion": 1, "observedAt": "2026-11-21T01:20:00Z", "namespace": "bao",
        "cluster": "prod",
    });
    let document = document.as_object_mut().expect("an object");
    document.extend(sources.as_object().expect("an object").clone());
    of_document(document).map(|report| report.evidence)
}

fn refused(sources: Value) -> String {
    report(sources).expect_err("not a report")
}

#[test]
fn a_source_is_data_or_says_why_not() {
    let evidence = report(json!({
        "openbaocluster": {"metadata": {"name": "prod", "namespace": "bao"}, "status": {"phase": "Running"}},
        "restores": {"items": [{"metadata": {"name": "r1"}, "spec": {"cluster": "prod"}}, {"metadata": {"name": "r2"}, "spec": {"cluster": "other"}}]},
        "jobs": {"forbidden": "list jobs in namespace bao"}, "pods": {"failed": "timed out"}, "claims": "absent",
    }))
    .expect("a report");
    assert_eq!(evidence.cluster.value().map(|c| c.phase.as_str()), Some("Running"));
    let names: Vec<&str> = evidence.restores.each().iter().map(|r| r.meta.name.as_str()).collect();
    assert_eq!(names, ["r1"], "of this cluster only");
    assert_eq!(evidence.jobs, Item::Forbidden { what: "list jobs in namespace bao".into() });
    assert_eq!(evidence.pods, Item::Failed { why: "timed out".into() });
    assert_eq!((evidence.claims, evidence.events), (Item::Absent, Item::NotAsked));
}

#[test]
fn objects_of_a_neighbour_and_job_pods_are_not_servers_of_this_cluster() {
    let pod = |name: &str, labels: Value| json!({"metadata": {"name": name, "labels": labels}});
    let evidence = report(json!({"pods": [
        pod("prod-0", json!({"openbao.org/cluster": "prod"})),
        pod("other-0", json!({"openbao.org/cluster": "other"})),
        pod("restore-x", json!({"openbao.org/cluster": "prod", "openbao.org/component": "restore"})),
        json!({"metadata": {"name": "prod-9", "namespace": "elsewhere"}}),
        pod("prod-8", json!({})),
    ]}))
    .expect("a report");
    let names: Vec<&str> = evidence.pods.each().iter().map(|p| p.meta.name.as_str()).collect();
    assert_eq!(names, ["prod-0"]);
}

#[test]
fn runs_of_a_log_are_put_in_order_and_a_refusal_is_of_every_job() {
    let run = |run: i64, text: &str| json!({"job": "j", "pod": "p", "run": run, "exitCode": 2, "text": text});
    let evidence = report(json!({"logs": [run(1, "b"), run(0, "a"), {"job": "k", "failed": "gone"}]})).expect("a report");
    let texts: Vec<&str> = evidence.logs["j"].value().expect("read").runs.iter().map(|r| r.text.as_str()).collect();
    assert_eq!(texts, ["a", "b"]);
    assert_eq!(evidence.logs["k"], Item::Failed { why: "gone".into() });
    let message = "Rollback consensus repair Job gone-job failed; manual intervention required";
    let evidence = report(json!({
        "openbaocluster": {"metadata": {"name": "prod"}, "status": {"breakGlass": {"active": true, "message": message}}},
        "jobs": [{"metadata": {"name": "there"}}], "logs": {"forbidden": "get pods/log"},
    }))
    .expect("a report");
    assert_eq!(evidence.logs.keys().collect::<Vec<_>>(), ["gone-job", "there"]);
}

#[test]
fn a_servers_silence_counts_against_it() {
    let evidence =
        report(json!({"servers": [{"pod": "prod-0", "health": {"initialized": true}}, {"pod": "prod-1", "failed": "hangs"}]}))
            .expect("a report");
    let first = evidence.servers[0].health.value().expect("answered");
    assert!(first.sealed && first.standby && first.initialized);
    assert_eq!(evidence.servers[1].health, Item::Failed { why: "hangs".into() });
}

#[test]
fn the_store_is_not_checked_unless_the_report_says() {
    let answer = |value: Value| report(json!({"snapshot": value})).expect("a report").snapshot;
    assert!(matches!(report(json!({})).expect("a report").snapshot, StoreAnswer::NotChecked { .. }));
    assert_eq!(answer(json!({"key": "k", "missing": "object"})), StoreAnswer::NoSuchKey);
    assert_eq!(answer(json!({"key": "k", "denied": "403"})), StoreAnswer::Denied { why: "403".into() });
    assert!(matches!(answer(json!({"key": "k", "size": 3})), StoreAnswer::Found { object } if object.size == 3));
    assert!(refused(json!({"snapshot": {"size": 3}})).starts_with("snapshot: expected {key, size"));
}

#[test]
fn an_answer_about_one_snapshot_says_nothing_of_another() {
    let mut evidence = Evidence { snapshot: StoreAnswer::NoSuchKey, ..Evidence::default() };
    let about = |evidence: &Evidence, key| {
        Report { evidence: evidence.clone(), snapshot_key: Some("a".into()) }.about_snapshot(key).snapshot
    };
    assert_eq!(about(&evidence, Some("a")), StoreAnswer::NoSuchKey);
    assert!(matches!(about(&evidence, Some("b")), StoreAnswer::NotChecked { .. }));
    evidence.snapshot = StoreAnswer::NoSuchBucket;
    assert_eq!(about(&evidence, Some("b")), StoreAnswer::NoSuchBucket);
}

#[test]
fn values_of_a_secret_are_not_kept() {
    let evidence = report(json!({"secrets": [{"metadata": {"name": "s"}, "data": {"accessKeyId": "UExBTlRFRA=="}}]}));
    let evidence = evidence.expect("a report");
    assert!(!format!("{evidence:?}").contains("UExBTlRFRA"));
    assert!(evidence.secrets["s"].value().expect("facts").keys.contains("accessKeyId"));
}

#[test]
fn what_is_no_report_is_refused_in_one_line() {
    let cases = [
        (json!({"kind": "List"}), "it is a List of cli.openbao.org/v1, not a Report of cli.openbao.org/v1"),
        (json!({"formatVersion": 2, "later": 1}), "it was written by a newer version of this tool: formatVersion 2, known is 1"),
        (json!({"formatVersion": "1"}), "it has no formatVersion"),
        (json!({"observedAt": null}), "it has no observedAt"),
        (json!({"observedAt": "yesterday"}), "observedAt: yesterday is no RFC 3339 time"),
        (json!({"cluster": 7}), "cluster: expected text"),
        (json!({"pods": 7}), "pods: expected a list of objects, or absent, {forbidden: what}, {failed: why}"),
        (json!({"pods": [1]}), "pods: expected a list of objects, or absent, {forbidden: what}, {failed: why}"),
        (
            json!({"openbaocluster": {"metadata": {"name": "other"}}}),
            "cluster is prod, and the object in openbaocluster says other",
        ),
        (
            json!({"schema": {"generation": "FEB"}}),
            "schema: expected {generation: P0|P1|P2|P3|P4|JAN|0.1|0.4|0.5|NEXT}, facts of a schema or an OpenAPI document, or absent, {forbidden: what}, {failed: why}",
        ),
    ];
    for (sources, expected) in cases {
        assert_eq!(refused(sources), expected);
    }
    assert!(refused(json!({"restors": []})).starts_with("key restors is not known; known are "));
}

/// The facts of the two CRD files of a generation.
fn of_files(folder: &str) -> SchemaFacts {
    let mut schemas = serde_json::Map::new();
    for plural in ["openbaoclusters", "openbaorestores"] {
        let path = format!("{}/tests/data/operator/{folder}/openbao.org_{plural}.yaml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        let crd: Value = serde_saphyr::from_str(&text).expect("a CRD");
        let kind = crd["spec"]["names"]["kind"].as_str().expect("a kind").to_owned();
        schemas.insert(format!("org.openbao.v1alpha1.{kind}"), crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone());
    }
    SchemaFacts::read(&json!({"components": {"schemas": schemas}})).expect("facts")
}

#[test]
fn the_table_of_generations_is_what_the_operators_files_say() {
    for (folder, name) in [("p0", "P0"), ("p1", "P1"), ("p2", "P2"), ("p3", "P3"), ("p4", "P4"), ("jan", "JAN")] {
        assert_eq!(generations::facts(name), Some(of_files(folder)), "{name}");
    }
}

#[test]
fn every_named_generation_is_recognised_as_itself() {
    let tags: Vec<Tag> = generations::names().into_iter().map(|name| generations::facts(name).expect("facts").tag()).collect();
    use Tag::{Jan, Next, P0, P1, P2, P3, P4, V01, V04, V05};
    assert_eq!(tags, [P0, P1, P2, P3, P4, Jan, V01, V04, V05, Next]);
}

mod files {
    //! Files and directories.

    use super::*;

    const HEAD: &str = "apiVersion: cli.openbao.org/v1\nkind: Report\nformatVersion: 1\nobservedAt: 2026-11-21T01:20:00Z\nnamespace: bao\ncluster: prod\n";

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        folder
    }

    #[test]
    fn a_directory_is_one_report() {
        let folder = folder(&[
            ("report.yaml", HEAD.as_bytes()),
            ("pods.json", br#"{"pods": [{"metadata": {"name": "prod-0", "labels": {"openbao.org/cluster": "prod"}}}]}"#),
            ("notes.txt", b"not read"),
        ]);
        assert_eq!(read(folder.path()).expect("a report").evidence().pods.each().len(), 1);
    }

    #[test]
    fn files_that_are_no_report_are_usage_errors() {
        let deep = format!("{HEAD}pods: {}{}\n", "[".repeat(5_000), "]".repeat(5_000));
        let twice = format!("{HEAD}cluster: other\n");
        let bomb = format!("{HEAD}person: &a [x]\njobs: [*a, *a]\n");
        let cases: [(&str, &[u8], &str); 10] = [
            ("a.yaml", b"", "it is empty"),
            ("a.yaml", b"- 1\n", "it is no object with keys"),
            ("a.yaml", b"\x7fELF\x02\xff\xfe", "it is not text"),
            ("a.yaml", b"{", "it is not YAML: "),
            ("a.json", b"{\"kind\": \"Report\", \"kind\": \"Report\"}", "it is not JSON: key kind is given twice"),
            ("a.yaml", twice.as_bytes(), "it is not YAML: "),
            ("a.yaml", deep.as_bytes(), "it is not YAML: "),
            ("a.yaml", bomb.as_bytes(), "it is not YAML: "),
            ("a.yaml", b"kind: Report\n", "it has no apiVersion and kind"),
            ("a.yaml", b"a: 1\n---\nb: 2\n", "it is not YAML: "),
        ];
        for (name, text, expected) in cases {
            let folder = folder(&[(name, text)]);
            let failure = read(&folder.path().join(name)).expect_err("no report");
            assert!(failure.exit == Exit::Usage && failure.cause.starts_with(expected), "{failure}");
            assert!(failure.hints.len() == 1 && !failure.cause.contains('\n'), "{failure:?}");
        }
    }

    #[test]
    fn a_directory_without_a_report_or_with_a_key_twice_is_said() {
        let none = folder(&[("notes.txt", b"x")]);
        assert_eq!(read(none.path()).expect_err("empty").cause, "the directory holds no .yaml, .yml or .json file");
        let twice = folder(&[("a.yaml", HEAD.as_bytes()), ("b.yaml", b"cluster: prod\n")]);
        let cause = read(twice.path()).expect_err("twice").cause;
        assert_eq!(cause, "b.yaml: key cluster is in another file of the directory already");
        let missing = read(&none.path().join("gone.yaml")).expect_err("not there");
        assert!(missing.exit == Exit::Usage && missing.cause.starts_with("No such file"), "{missing}");
    }
}
