//! The object store, its credentials, the snapshot itself.

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::s3::Fault;
use serde_json::{Value, json};

use crate::support::{Person, Ran, scenario};

async fn refused(person: &Person, more: &[&str], name: &str) -> Ran {
    let given = [&["--confirm", "prod"], more].concat();
    person.refused(&person.restore(&given), name).await
}

fn edit_secret(person: &Person, change: impl FnOnce(&mut Value)) {
    assert!(person.range.server().store().edit("secrets", "bao", "s3-creds", change), "the Secret is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_secret() {
    let person = scenario("restore", Play::Jan).await;
    assert!(person.range.server().store().delete("secrets", "bao", "s3-creds"));
    refused(&person, &[], "secret-missing").await.assert_exit(7);
    refused(&person, &["--credentials-secret", "no-such"], "secret-missing-by-flag").await.assert_exit(7);
    refused(&person, &["--credentials-secret", "prod-unseal-key"], "secret-of-the-system").await.assert_exit(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secret_without_the_keys() {
    let person = scenario("restore", Play::Jan).await;
    edit_secret(&person, |secret| drop(secret["data"].as_object_mut().map(|data| data.shift_remove("secretAccessKey"))));
    refused(&person, &[], "secret-without-one-key").await.assert_exit(4);
    edit_secret(&person, |secret| secret["data"] = json!({"username": "eA=="}));
    refused(&person, &[], "secret-without-keys").await.assert_exit(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn object_or_bucket_not_there() {
    let person = scenario("restore", Play::Jan).await;
    let given = ["restore", "prod", "--key", "bao/prod/2026-01-01T00-00-00Z-00000000.snap", "--confirm", "prod"];
    person.refused(&given, "key-missing").await.assert_exit(7);
    refused(&person, &["--bucket", "elsewhere"], "bucket-missing").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bucket_not_allowed() {
    let person = scenario("restore", Play::Jan).await;
    let store = person.range.s3().expect("the range has a store");
    store.fail(Fault::Status(403));
    refused(&person, &[], "bucket-denied").await.assert_exit(4);
    store.heal();
    edit_secret(&person, |secret| secret["data"]["secretAccessKey"] = json!("d3Jvbmc="));
    refused(&person, &[], "wrong-keys").await.assert_exit(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_is_empty() {
    let person = scenario("restore", Play::Jan).await;
    person.range.s3().expect("the range has a store").put("backups", &person.key(), Vec::new());
    refused(&person, &[], "object-empty").await.assert_exit(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_store_that_never_answers_is_said_and_forbids_nothing() {
    let person = scenario("restore", Play::Jan).await;
    person.range.s3().expect("the range has a store").fail(Fault::Stall);
    let ran = person.plugin().run(&person.restore(&["--dry-run", "--deadline", "1s"])).await;
    ran.assert_exit(0);
    assert!(ran.out.contains("?     the object in bucket backups was not checked: "), "{ran}");
    person.assert_nothing_written(&ran);
}
