//! `snapshots`: what the process says of files, whole and damaged.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Plugin, Ran, reviewed};

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
