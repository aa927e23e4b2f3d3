//! What the object's bytes decide: what the operator is told of them, and whose they are.

use super::super::request::Expected;
use super::*;

/// NEXT with all its fields about the object.
fn telling() -> Evidence {
    let mut evidence = healthy();
    let fields = ["image", "source.target.provider", "source.expectedDigest", "source.expectedSize"];
    let mut facts = schema(&fields);
    facts.restore_status.insert("submissionClaim".into());
    evidence.generation = Generation { schema: Some(facts), operator: None };
    evidence
}

/// Read to its last byte, with this sum.
fn summed(digit: &str) -> StoreAnswer {
    let contents = Some(Contents::Whole { report: Box::new(archive::verify([GENUINE])), sha256: Some(digit.repeat(64)) });
    StoreAnswer::Found { object: SnapshotObject { size: 26_584, contents, ..SnapshotObject::default() } }
}

#[test]
fn what_was_verified_is_what_the_operator_is_told_to_restore() {
    let source = |evidence: &Evidence| planned(evidence, &request()).manifest["spec"]["source"].clone();
    let read = Evidence { snapshot: summed("a"), ..telling() };
    assert_eq!(source(&read)["expectedDigest"], format!("sha256:{}", "a".repeat(64)));
    assert_eq!(source(&read)["expectedSize"], 26_584);
    let head = Evidence { snapshot: begun(&GENUINE[..16_384], 26_584), ..telling() };
    assert_eq!((source(&head).get("expectedDigest"), &source(&head)["expectedSize"]), (None, &json!(26_584)));
    // A schema that lacks the fields, or that could not be read, is sent nothing of it.
    for generation in [jan(), Generation::default()] {
        let old = Evidence { snapshot: summed("a"), generation, ..healthy() };
        assert_eq!((source(&old).get("expectedDigest"), source(&old).get("expectedSize")), (None, None));
    }
    let huge = SnapshotObject { size: (8 << 30) + 1, ..SnapshotObject::default() };
    let huge = Evidence { snapshot: StoreAnswer::Found { object: huge }, ..telling() };
    assert_eq!(source(&huge).get("expectedSize"), None);
    assert!(failed(&planned(&huge, &request())).contains("snapshot-object"), "and it is said why");
}

#[test]
fn a_file_that_names_another_object_is_refused() {
    let digest = |digit: &str| Some(format!("sha256:{}", digit.repeat(64)));
    let graded = |snapshot: StoreAnswer, expected: Expected| {
        let plan = planned(&Evidence { snapshot, ..telling() }, &Request { expected, ..request() });
        (grade(&plan, "snapshot-expected"), plan.manifest["spec"]["source"]["expectedDigest"].clone())
    };
    let of = |digest: Option<String>, size| Expected { digest, size, ..Expected::default() };
    assert_eq!(graded(summed("a"), of(digest("a"), Some(26_584))).0, Grade::Pass);
    assert_eq!(graded(summed("a"), of(digest("b"), None)).0, Grade::Fail);
    assert_eq!(graded(summed("a"), of(None, Some(26_585))).0, Grade::Fail);
    // Not read whole: the operator compares what nobody here did.
    let head = graded(begun(&GENUINE[..16_384], 26_584), of(digest("b"), None));
    assert_eq!(head, (Grade::Unknown, json!(digest("b"))));
    let unseen = StoreAnswer::NotChecked { why: "x".into() };
    assert_eq!(graded(unseen, of(digest("b"), None)).0, Grade::Unknown);
    // An operator that knows no such field would restore anything.
    let old = planned(&healthy(), &Request { expected: of(digest("a"), None), ..request() });
    assert!(failed(&old).contains("schema"), "{:?}", old.refusals());
}

#[test]
fn what_the_bytes_tell_of_another_cluster_is_a_danger_named_once() {
    let plan = planned(&Evidence { snapshot: read(GENUINE), ..healthy() }, &request());
    let found: Vec<_> = plan.hazards.iter().filter(|h| h.code == "seal-mismatch").collect();
    let [only] = found[..] else { panic!("{found:?}") };
    assert_eq!(only.weight, Weight::Danger);
    assert_eq!(
        only.text,
        "it was taken under a shamir seal and the cluster's is static (by spec.unseal); its Raft members (demo-0) are none of this cluster's: every server seals within seconds, and only the seal that took it opens them"
    );
    assert_eq!(plan.consent.accept, ["seal-mismatch"]);
}

#[test]
fn another_digest_than_the_backups_is_a_replaced_object() {
    let told = |digit: &str, name: &str| {
        let mut evidence = Evidence { snapshot: summed("a"), ..telling() };
        let backup = &mut cluster(&mut evidence).backup;
        backup.last_name = Some(name.into());
        backup.latest =
            Some(LatestSnapshot { digest: Some(format!("sha256:{}", digit.repeat(64))), ..LatestSnapshot::default() });
        hazards(&planned(&evidence, &request())).contains("snapshot-replaced")
    };
    assert_eq!((told("a", KEY), told("b", KEY)), (false, true));
    assert!(!told("b", "bao/prod/2026-11-21T01-00-00Z-00000000.snap"), "it speaks of another key");
}

/// An old file under a new key, and a file of no key of the operator's: what is lost reaches back to the archive's own time.
#[test]
fn what_is_lost_reaches_back_to_when_the_archive_was_written() {
    let at = |text: &str| text.parse::<jiff::Timestamp>().expect("a time");
    let (key, upload) = (at("2026-11-21T00:41:19Z"), at("2026-11-21T09:00:00Z"));
    let taken = |key, archive: Option<&str>| super::super::taken_at(key, archive.map(at), Some(upload));
    assert_eq!(taken(Some(key), Some("2026-11-21T00:43:00Z")), Some(key), "a backup begins before it is written");
    assert_eq!(taken(Some(key), Some("2026-11-21T00:38:00Z")), Some(key), "clocks differ");
    assert_eq!(taken(Some(key), Some("2026-11-20T00:00:00Z")), Some(at("2026-11-20T00:00:00Z")));
    assert_eq!(taken(Some(key), None), Some(key));
    assert_eq!(taken(None, Some("2026-11-20T00:00:00Z")), Some(at("2026-11-20T00:00:00Z")));
    assert_eq!(taken(None, None), Some(upload));
}
