//! `snapshots`: what the process says of files, whole and damaged.

use std::path::PathBuf;

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::s3::Fault;
use serde_json::Value;

use crate::support::{Plugin, Ran, reviewed, scenario};

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
