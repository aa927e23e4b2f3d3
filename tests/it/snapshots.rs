//! `snapshots`: what the process says of files, whole and damaged.

use std::path::PathBuf;

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::s3::Fault;
use kubectl_openbao::drill::scenarios::Which;
use serde_json::Value;

use crate::support::{Person, Plugin, Ran, reviewed, scenario};

const BUCKET: &str = "backups";

fn genuine() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/snapshots/openbao-2.5.5-shamir.snap")
}

/// A file of this content beside the plugin's own things.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().expect("a directory can be made"))
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("a file can be written");
        path.to_str().expect("a path of text").to_owned()
    }

    async fn verify(&self, args: &[&str]) -> Ran {
        Plugin::new(self.0.path()).run(&[&["snapshots", "verify"], args].concat()).await
    }
}

#[tokio::test]
async fn a_genuine_file_is_read_to_its_last_byte_without_any_cluster() {
    let place = Place::new();
    let bytes = std::fs::read(genuine()).expect("it is there");
    let file = place.file("x.snap", &bytes);
    let ran = place.verify(&[&file]).await;
    ran.assert_exit(0);
    reviewed("snapshot-verified", &ran.out.replace(&file, "x.snap"));
    let ran = place.verify(&[&file, "-o", "json"]).await;
    ran.assert_exit(0);
    let found: Value = serde_json::from_str(&ran.out).expect("a document");
    assert_eq!((&found["kind"], &found["verdict"]), (&"SnapshotVerification".into(), &"ok".into()));
    assert_eq!(found["sha256"], "5ca718fe708e43a6bd5e23bd25c1eb79244f199623250d6a3de38b047b9a49a9");
    assert_eq!(found["size"], 26_584);
}

#[tokio::test]
async fn damaged_files_are_told_apart_and_end_with_3() {
    let place = Place::new();
    let bytes = std::fs::read(genuine()).expect("it is there");
    let mut turned = bytes.clone();
    turned[9000] ^= 1;
    let cases = [
        ("truncated", &bytes[..20_000]),
        ("suspect", &bytes[..bytes.len() - 2]),
        ("not-a-snapshot", b"<html>404</html>".as_slice()),
        ("not-a-snapshot", b""),
        ("corrupt", &turned),
    ];
    for (verdict, bytes) in cases {
        let file = place.file("x.snap", bytes);
        let ran = place.verify(&[&file]).await;
        ran.assert_exit(3);
        assert!(ran.out.starts_with(&format!("{file}: {verdict}. ")), "{ran}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_one_clear_line() {
    let place = Place::new();
    let directory = place.0.path().to_str().expect("text").to_owned();
    place.verify(&["nowhere.snap"]).await.assert_exit(7).assert_says(&["verifying nowhere.snap: No such file"]);
    place.verify(&[&directory]).await.assert_exit(2).assert_says(&["that is a directory"]);
    place.verify(&[]).await.assert_exit(2);
    let ran = place.verify(&["-"]).await;
    ran.assert_exit(3);
    assert!(ran.out.starts_with("standard input: not-a-snapshot. The object is empty."), "{ran}");
}

fn keys(ran: &Ran) -> Vec<&str> {
    ran.out.lines().collect()
}

/// The range's bucket: three snapshots of the cluster, and what others keep beside them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bucket_is_listed_newest_first_through_the_cluster() {
    let person = scenario("restore", Play::Jan).await;
    let store = person.range.s3().expect("the range has a store");
    for key in ["bao/prod/2025-01-02T03-04-05Z-00000001.snap", "bao/prod/pre-upgrade-2026-01-02T03-04-05Z-00000002.snap"] {
        store.put(BUCKET, key, b"x".as_slice());
    }
    for other in
        ["bao/prod/README", "bao/prod/T/2026-01-02T03-04-05Z-00000003.snap", "bao/production/2026-11-30T00-00-00Z-00000004.snap"]
    {
        store.put(BUCKET, other, b"x".as_slice());
    }
    let ran = person.run(&["snapshots", "list", "prod", "-o", "name"]).await;
    ran.assert_exit(0);
    let listed = keys(&ran);
    assert_eq!(
        &listed[listed.len() - 2..],
        ["bao/prod/pre-upgrade-2026-01-02T03-04-05Z-00000002.snap", "bao/prod/2025-01-02T03-04-05Z-00000001.snap"]
    );
    assert!(listed.contains(&person.key().as_str()), "{ran}");
    let newest = listed[0].to_owned();
    let ran = person.run(&["snapshots", "list", "--limit", "1"]).await;
    ran.assert_exit(0);
    assert!(ran.out.starts_with("TYPE") && ran.out.contains(&newest) && ran.out.lines().count() == 2, "{ran}");
    person.assert_nothing_written(&ran);
    person.run(&["snapshots", "list", "--limit", "0"]).await.assert_exit(2).assert_says(&["a number from 1 on"]);

    for (flags, wanted) in [
        (vec!["--latest"], newest.as_str()),
        (vec!["--before", "2026-06-01T00:00:00Z"], "bao/prod/pre-upgrade-2026-01-02T03-04-05Z-00000002.snap"),
        (vec!["--before", "2026-01-02T03:04:04Z"], "bao/prod/2025-01-02T03-04-05Z-00000001.snap"),
    ] {
        let ran = person.run(&[&["restore", "prod", "--dry-run", "-o", "json"], &flags[..]].concat()).await;
        let plan: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("no plan: {e}\n{ran}"));
        assert_eq!(plan["snapshot"]["key"], wanted, "{flags:?}");
    }
    let ran = person.run(&["restore", "prod", "--dry-run", "--before", "2020-01-01T00:00:00Z"]).await;
    ran.assert_exit(7).assert_says(&["there is no snapshot made up to 2020-01-01T00:00:00Z below bao/prod/"]);
    person.run(&["restore", "prod", "--latest", "--before", "2020-01-01T00:00:00Z"]).await.assert_exit(2);
}

/// More than one page holds: ranges of days are asked for at once, and what comes out is in order all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_snapshots_are_listed_newest_first_whatever_lies_between_them() {
    let person = scenario("restore", Play::Jan).await;
    let store = person.range.s3().expect("the range has a store");
    let mut taken = Vec::new();
    for day in 0..400_u32 {
        let date = jiff::civil::date(2024, 1, 1).saturating_add(jiff::Span::new().days(day));
        // Now and then a day has many.
        for hour in 0..if day % 50 == 7 { 24 } else { 6 } {
            let time = format!("{date}T{hour:02}-30-00Z");
            let kind = if day % 40 == 3 && hour == 4 { "pre-upgrade-" } else { "" };
            taken.push((time.clone(), format!("bao/prod/{kind}{time}-{:08x}.snap", day * 100 + hour)));
            store.put(BUCKET, &format!("bao/prod/{time}.log"), b"x".as_slice());
        }
    }
    taken.sort();
    for (_, key) in &taken {
        store.put(BUCKET, key, b"x".as_slice());
    }
    let before = store.requests().len();
    let ran = person.run(&["snapshots", "list", "prod", "--all", "-o", "name"]).await;
    ran.assert_exit(0);
    let expected: Vec<&str> = taken.iter().rev().map(|(_, key)| key.as_str()).collect();
    let listed = keys(&ran);
    // The range's own are from this year.
    assert!(listed.ends_with(&expected), "{} listed, {} expected", listed.len(), expected.len());
    let asked = store.requests().len() - before;
    assert!(asked < 40, "{asked} requests for {} keys", expected.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_of_the_bucket_is_verified_without_being_stored() {
    let person = scenario("restore", Play::Jan).await;
    let key = person.key();
    let ran = person.run(&["snapshots", "verify", "prod", &key, "-o", "json"]).await;
    ran.assert_exit(0);
    let found: Value = serde_json::from_str(&ran.out).expect("a document");
    assert_eq!((&found["verdict"], &found["name"]), (&"ok".into(), &key.as_str().into()));
    let store = person.range.s3().expect("the range has a store");
    let whole = store.get(BUCKET, &key).expect("it is there").bytes;
    store.put(BUCKET, &key, whole.slice(..whole.len() / 2));
    person.run(&["snapshots", "verify", "prod", &key]).await.assert_exit(3);
    person.run(&["snapshots", "verify", "prod", "bao/prod/nowhere.snap"]).await.assert_exit(7);
    store.fail(Fault::Status(403));
    let ran = person.run(&["snapshots", "list", "prod"]).await;
    ran.assert_exit(6).assert_says(&["s3:ListBucket"]);
    let ran = person.run(&["snapshots", "verify", "prod", &key]).await;
    ran.assert_exit(6).assert_says(&["s3:GetObject"]);
}

/// What lies under the key is looked into before anybody is asked to overwrite a cluster with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_snapshot_refuses_the_restore_before_anything_is_sent() {
    let person = scenario("restore", Play::Jan).await;
    let key = person.key();
    let store = person.range.s3().expect("the range has a store");
    let whole = store.get(BUCKET, &key).expect("it is there").bytes;
    let planned = async |more: &[&str]| person.run(&[&["restore", "prod", "--key", &key, "--dry-run"], more].concat()).await;
    let ran = planned(&[]).await;
    ran.assert_exit(0);
    assert!(ran.out.contains("read to its last byte: ok"), "{ran}");
    let ran = planned(&["--verify=head"]).await;
    ran.assert_exit(0);
    assert!(ran.out.contains("it begins like a snapshot, Raft index 74; only its beginning was read"), "{ran}");

    let mut turned = whole.to_vec();
    turned[20_000] ^= 4;
    store.put(BUCKET, &key, turned);
    planned(&[]).await.assert_exit(4).assert_says(&["read to its last byte: corrupt"]);
    planned(&["--verify=head"]).await.assert_exit(0);
    planned(&["--verify=none"]).await.assert_exit(0);
    store.put(BUCKET, &key, vec![b'<'; 4000]);
    planned(&["--verify=head"]).await.assert_exit(4).assert_says(&["it does not begin like a gzip file"]);
    let ran = person.plugin().run(&["restore", "prod", "--key", &key, "--confirm", "prod"]).await;
    ran.assert_exit(4);
    person.assert_nothing_written(&ran);
}

fn verdict_of<'a>(shown: &'a Value, what: &str) -> &'a Value {
    let all = shown["comparison"].as_array().expect("a list");
    &all.iter().find(|one| one["what"] == what).unwrap_or_else(|| panic!("no {what}"))["verdict"]
}

/// How many records the first bytes hold depends on how well they compress.
fn uncounted(text: &str) -> String {
    let lines = text.lines().map(|line| if line.starts_with("  records     about ") { "  records     about MANY" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

/// A genuine snapshot of an OpenBao that no operator ran (Shamir, member `demo-0`), under a key of this cluster.
fn put_a_stray(person: &Person) -> String {
    let key = person.key();
    let store = person.range.s3().expect("the range has a store");
    store.put(BUCKET, &key, std::fs::read(genuine()).expect("it is there"));
    key
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_bytes_are_held_against_the_cluster() {
    let person = scenario("restore", Play::Jan).await;
    let ran = person.run(&["snapshots", "show", "prod", &person.key()]).await;
    ran.assert_exit(0);
    reviewed("snapshot-shown", &uncounted(&ran.out));
    let ran = person.run(&["snapshots", "show", &person.key(), "-o", "json"]).await;
    ran.assert_exit(0);
    let shown: Value = serde_json::from_str(&ran.out).expect("a document");
    assert_eq!((&shown["kind"], &shown["looks"]), (&"SnapshotShow".into(), &"complete".into()));
    assert_eq!(
        ["members", "seal-type", "version", "raft-index", "seal-key"].map(|what| verdict_of(&shown, what)),
        ["same", "same", "same", "same", "unknown"]
    );

    let ran = person.run(&["snapshots", "show", "prod", &person.range.key(Which::Foreign)]).await;
    ran.assert_exit(3);
    reviewed("snapshot-shown-foreign", &uncounted(&ran.out));
    // Its key is this cluster's, its bytes are not.
    let ran = person.run(&["snapshots", "show", "prod", &put_a_stray(&person), "-o", "json"]).await;
    ran.assert_exit(3);
    let shown: Value = serde_json::from_str(&ran.out).expect("a document");
    assert_eq!(["origin", "members", "seal-type"].map(|what| verdict_of(&shown, what)), ["same", "differs", "differs"], "{ran}");
    assert_eq!((&shown["hazards"][0]["code"], &shown["hazards"][0]["weight"]), (&"seal-mismatch".into(), &"danger".into()));
    person.assert_nothing_written(&ran);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_shown_is_one_clear_line() {
    let person = scenario("restore", Play::Jan).await;
    let key = person.key();
    for args in [&["snapshots", "show", "prod"][..], &["snapshots", "show"]] {
        let ran = person.run(args).await;
        ran.assert_exit(2)
            .assert_says(&["which snapshot? No key was given", "kubectl openbao snapshots show prod -n bao bao/prod/"]);
    }
    person
        .run(&["snapshots", "show", "prod", "bao/prod/nowhere.snap"])
        .await
        .assert_exit(7)
        .assert_says(&["bucket backups has no object bao/prod/nowhere.snap"]);
    let store = person.range.s3().expect("the range has a store");
    store.put(BUCKET, &key, vec![b'<'; 4000]);
    let ran = person.run(&["snapshots", "show", "prod", &key]).await;
    ran.assert_exit(3);
    assert!(ran.out.starts_with(&format!("{key}: not a snapshot. ")), "{ran}");
    store.fail(Fault::Status(403));
    person.run(&["snapshots", "show", "prod", &key]).await.assert_exit(6);
}

#[tokio::test]
async fn a_files_first_bytes_are_shown_without_any_cluster() {
    let place = Place::new();
    let bytes = std::fs::read(genuine()).expect("it is there");
    let show = async |args: &[&str]| Plugin::new(place.0.path()).run(&[&["snapshots", "show"], args].concat()).await;
    let file = place.file("x.snap", &bytes);
    let ran = show(&[&file]).await;
    ran.assert_exit(0);
    reviewed("snapshot-shown-file", &ran.out.replace(&file, "x.snap"));
    let ran = show(&[&file, "-o", "json"]).await;
    let shown: Value = serde_json::from_str(&ran.out).expect("a document");
    assert_eq!((&shown["size"], &shown["cluster"], &shown["comparison"]), (&26_584.into(), &Value::Null, &Value::Array(vec![])));
    assert_eq!(shown["facts"]["seal"]["kind"], "shamir");
    let damaged = place.file("cut.snap", &bytes[..4_000]);
    show(&[&damaged]).await.assert_exit(3);
    show(&["nowhere.snap"]).await.assert_exit(7).assert_says(&["reading nowhere.snap: No such file"]);
    let ran = show(&["-"]).await;
    ran.assert_exit(3);
    assert!(ran.out.starts_with("standard input: not a snapshot. "), "{ran}");
}

/// What the bytes say needs the same consent as what the key says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_clusters_snapshot_is_restored_only_when_the_mismatch_is_accepted() {
    let person = scenario("restore", Play::Jan).await;
    let key = put_a_stray(&person);
    let restore = ["restore", "prod", "--key", &key, "--confirm", "prod", "--no-follow"];
    let ran = person.run(&restore).await;
    ran.assert_exit(5).assert_says(&["hazards are not accepted: seal-mismatch"]);
    person.assert_nothing_written(&ran);
    assert!(ran.err.contains("compared   same: version; not known: seal key"), "{ran}");
    assert!(ran.err.contains("differs: Raft members: demo-0; here prod-0, prod-1, prod-2"), "{ran}");
    person.run(&[&restore[..], &["--accept", "seal-mismatch"]].concat()).await.assert_exit(0);
    assert_eq!(person.created().len(), 1);
}

/// On NEXT the operator restores what was verified and nothing else; the API server checks the fields by the CRD.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn next_is_told_digest_and_size_of_what_was_verified() {
    let person = scenario("restore", Play::Next).await;
    let args = person.consented(&[]).await;
    person.plugin().run(&args).await.assert_exit(0);
    let names = person.created();
    let stored = person.range.server().store().get("openbaorestores", "bao", &names[0]).expect("it was just made");
    let verified = person.run(&["snapshots", "verify", "prod", &person.key(), "-o", "json"]).await;
    let verified: Value = serde_json::from_str(&verified.out).expect("a document");
    let sum = verified["sha256"].as_str().expect("it was read whole");
    let source = &stored["spec"]["source"];
    assert_eq!(source["expectedDigest"], format!("sha256:{sum}"));
    assert_eq!(source["expectedSize"], verified["size"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_names_another_digest_is_refused_on_next() {
    let person = scenario("restore", Play::Next).await;
    let plan = person.plan(&["--verify=head"]).await;
    let source = &plan["manifest"]["spec"]["source"];
    assert_eq!((source.get("expectedDigest"), &source["expectedSize"]), (None, &26_584.into()), "only its beginning was read");
    let mut manifest = plan["manifest"].clone();
    manifest["spec"]["source"]["expectedDigest"] = format!("sha256:{}", "0".repeat(64)).into();
    let file = person.range.directory().join("restore.json");
    std::fs::write(&file, manifest.to_string()).expect("the range's directory can be written");
    let file = file.to_str().expect("text");
    let ran = person.run(&["restore", "--from-file", file, "--confirm", "prod"]).await;
    ran.assert_exit(4).assert_says(&["the file expects sha256:0000"]);
    person.assert_nothing_written(&ran);
    // Nobody here compared it: the operator will.
    let ran = person.run(&["restore", "--from-file", file, "--verify=head", "--dry-run=server"]).await;
    ran.assert_exit(0);
    assert!(ran.out.contains("?     its digest was not compared with the file's (sha256:0000"), "{ran}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn up_to_which_size_everything_is_read_can_be_set() {
    let person = scenario("restore", Play::Jan).await;
    for (flags, read) in [
        (vec!["--verify-limit", "26584"], "read to its last byte: ok"),
        (vec!["--verify-limit", "26583"], "only its beginning was read"),
        (vec!["--verify-limit", "20Ki"], "only its beginning was read"),
        (vec!["--verify-limit", "1M"], "read to its last byte: ok"),
    ] {
        let ran = person
            .plugin()
            .run(&[person.restore(&["--dry-run"]), flags.iter().map(ToString::to_string).collect()].concat())
            .await;
        ran.assert_exit(0);
        assert!(ran.out.contains(read), "{flags:?}: {ran}");
    }
    for wrong in [&["--verify-limit", "many"][..], &["--verify-limit", "1M", "--verify=head"]] {
        person.plugin().run(&person.restore(wrong)).await.assert_exit(2);
    }
}
