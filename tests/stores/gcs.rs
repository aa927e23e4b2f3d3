//! Google Cloud Storage: a stub of its XML API, because no emulator speaks that one.

mod stub;

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::s3::GENUINE_SNAPSHOT;
use serde_json::{Value, json};

use self::stub::{BUCKET, Stub};
use crate::support::{Person, Ran, scenario};

/// Where the backups of the range's cluster go.
const PLACE: &str = "bao/prod/";
const NEWEST: &str = "bao/prod/2026-03-01T03-00-00Z-cccccccc.snap";
const UPGRADE: &str = "bao/prod/pre-upgrade-2026-02-01T03-00-00Z-bbbbbbbb.snap";
const OLDEST: &str = "bao/prod/2025-12-31T23-59-59Z-aaaaaaaa.snap";

fn fill(stub: &Stub) {
    for key in [NEWEST, UPGRADE, OLDEST] {
        stub.put(key, GENUINE_SNAPSHOT);
    }
    for other in ["bao/prod//odd\nname+%.snap", "bao/prod/T/README", "bao/prod-2/2026-03-09T03-00-00Z-dddddddd.snap", "zzz"] {
        stub.put(other, b"x");
    }
}

/// Makes the stub's bucket the cluster's own: the target in its spec, the service account in its Secret.
fn of_the_cluster(person: &Person, stub: &Stub, credentials: &Value, authority: Option<&str>) {
    person.edit_cluster(|cluster| {
        let target = &mut cluster["spec"]["backup"]["target"];
        target["provider"] = json!("gcs");
        target["endpoint"] = json!(stub.url());
        target["bucket"] = json!(BUCKET);
    });
    let encoded = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
    let mut data = json!({"credentials.json": encoded(&credentials.to_string())});
    if let Some(authority) = authority {
        data["caCert"] = json!(encoded(authority));
    }
    assert!(
        person.range.server().store().edit("secrets", "bao", "s3-creds", |secret| secret["data"] = data),
        "the Secret is there"
    );
}

fn document(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("no document: {error}\n{ran}"))
}

fn assert_error(ran: &Ran, code: i32, error: &str) {
    ran.assert_exit(code);
    let lines: Vec<&str> = ran.err.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(lines, [format!("error: {error}")], "{ran}");
    assert!(!ran.err.contains("Bearer") && !ran.err.contains("PRIVATE KEY"), "{ran}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_account_of_the_secret_opens_the_bucket() {
    let person = scenario("restore", Play::Jan).await;
    let stub = Stub::start().await;
    fill(&stub);
    of_the_cluster(&person, &stub, &stub.credentials(), Some(&stub.ca()));
    let ran = person.run(&["snapshots", "list", "prod", "-o", "name", "-v=9"]).await;
    ran.assert_exit(0);
    assert_eq!(ran.out.lines().collect::<Vec<_>>(), [NEWEST, UPGRADE, OLDEST]);
    assert!(!ran.err.contains("Bearer") && !ran.err.contains("PRIVATE KEY") && !ran.err.contains("eyJ"), "{ran}");
    assert!(!ran.err.contains("not verified"), "the authority is known: {ran}");
    for (flags, wanted) in [
        (vec!["--latest"], NEWEST),
        (vec!["--before", "2026-03-01T02:59:59Z"], UPGRADE),
        (vec!["--before", "2026-02-01T02:59:59Z"], OLDEST),
    ] {
        let ran = person.run(&[&["restore", "prod", "--dry-run=client", "-o", "json"], &flags[..]].concat()).await;
        assert_eq!(document(&ran)["snapshot"]["key"], wanted, "{flags:?}");
    }
    let ran = person.run(&["snapshots", "verify", "prod", NEWEST, "-o", "json"]).await;
    ran.assert_exit(0);
    let found = document(&ran);
    assert_eq!((&found["verdict"], &found["size"]), (&json!("ok"), &json!(26_584)));
    stub.put(OLDEST, &GENUINE_SNAPSHOT[..9000]);
    person.run(&["snapshots", "verify", "prod", OLDEST]).await.assert_exit(3);

    let error = |doing: &str, what: &str| format!("{doing}: {what}");
    stub.withhold(Some("storage.objects.list"));
    let lack = format!("these credentials may not list: they lack storage.objects.list on bucket {BUCKET} (prefix {PLACE})");
    assert_error(&person.run(&["snapshots", "list", "prod"]).await, 6, &error("listing bao/prod/", &lack));
    stub.withhold(Some("storage.objects.get"));
    let ran = person.run(&["snapshots", "verify", "prod", NEWEST]).await;
    assert!(ran.err.contains("they lack storage.objects.get") && ran.code == Some(6), "{ran}");
    stub.withhold(None);
    let ran = person.run(&["snapshots", "verify", "prod", "bao/prod/nowhere.snap"]).await;
    let missing = format!("bucket {BUCKET} has no object bao/prod/nowhere.snap");
    assert_error(&ran, 7, &error("verifying bao/prod/nowhere.snap", &missing));
    let ran = person.run(&["snapshots", "list", "prod", "--bucket", "nowhere"]).await;
    assert_error(&ran, 7, &error("listing bao/prod/", &format!("{} has no bucket nowhere", stub.place())));
    person.assert_nothing_written(&ran);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_and_an_unknown_authority_are_told_apart() {
    let person = scenario("restore", Play::Jan).await;
    let stub = Stub::start().await;
    fill(&stub);
    let others = Stub::emulator().await.credentials();
    of_the_cluster(&person, &stub, &others, Some(&stub.ca()));
    let ran = person.run(&["snapshots", "list", "prod"]).await;
    assert_error(&ran, 6, &format!("listing bao/prod/: {} does not accept these credentials", stub.place()));

    of_the_cluster(&person, &stub, &stub.credentials(), None);
    let ran = person.run(&["snapshots", "list", "prod"]).await;
    ran.assert_exit(1).assert_says(&["signed by an authority that is not trusted here"]);
    let warning = "Warning: the store's certificate is not verified (insecureSkipVerify)";
    for args in [&["snapshots", "list", "prod"][..], &["restore", "prod", "--latest", "--dry-run"]] {
        let ran = person.run(&[args, &["--insecure-skip-verify"]].concat()).await;
        assert_eq!(ran.err.matches(warning).count(), 1, "{ran}");
        assert!(ran.out.contains(NEWEST), "{ran}");
    }

    let federated = json!({"type": "external_account", "audience": "x"});
    of_the_cluster(&person, &stub, &federated, Some(&stub.ca()));
    let ran = person.run(&["snapshots", "list", "prod"]).await;
    ran.assert_exit(6).assert_says(&["credentials of a kind that is not supported here (external_account)"]);
}

/// Nobody's credentials, and a page limit that makes several of every list.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emulator_is_asked_without_signing_in() {
    let person = scenario("restore", Play::Jan).await;
    let stub = Stub::emulator().await;
    fill(&stub);
    let mut expected = vec![NEWEST.to_owned(), UPGRADE.to_owned(), OLDEST.to_owned()];
    for day in 1..=28 {
        for hour in 0..20 {
            let key = format!("{PLACE}2026-01-{day:02}T{hour:02}-30-00Z-0000000{}.snap", day % 10);
            stub.put(&key, b"x");
            expected.push(key);
        }
    }
    expected.sort_by_key(|key| std::cmp::Reverse(key.trim_start_matches(PLACE).trim_start_matches("pre-upgrade-").to_owned()));
    let url = stub.url();
    let there = |args: &[&str]| -> Vec<String> {
        let flags = ["--credentials=env", "--provider", "gcs", "--endpoint", &url, "--bucket", BUCKET];
        args.iter().chain(&flags).map(|arg| (*arg).to_owned()).collect()
    };
    let ran = person.plugin().run(&there(&["snapshots", "list", "prod", "--all", "-o", "name"])).await;
    ran.assert_exit(0);
    assert_eq!(ran.out.lines().collect::<Vec<_>>(), expected);
    stub.lists();
    let ran = person.plugin().run(&there(&["restore", "prod", "--dry-run=client", "-o", "json", "--latest"])).await;
    assert_eq!(document(&ran)["snapshot"]["key"], NEWEST, "{ran}");
    assert!(stub.lists().len() <= 6, "few requests");
}

/// An environment with nothing in it is no reason to wait for a metadata service that is not there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_signed_in_is_said() {
    let person = scenario("restore", Play::Jan).await;
    let stub = Stub::start().await;
    let flags = ["--credentials=env", "--provider=gcs", "--endpoint", &stub.url(), "--bucket", BUCKET, "--insecure-skip-verify"];
    let ran = person.run(&[&["snapshots", "list", "prod"], &flags[..]].concat()).await;
    ran.assert_exit(6).assert_says(&["this environment has no Google credentials that can be used"]);
    let file = person.range.directory().join("key.json");
    std::fs::write(&file, stub.credentials().to_string()).unwrap();
    let plugin = person.plugin().env("GOOGLE_APPLICATION_CREDENTIALS", &file);
    plugin.run(&[&["snapshots", "list", "prod"], &flags[..]].concat()).await.assert_exit(0);
    let plugin = person.plugin().env("CLOUDSDK_AUTH_ACCESS_TOKEN", "s3cret-token");
    let ran = plugin.run(&[&["snapshots", "list", "prod"], &flags[..]].concat()).await;
    assert_error(&ran, 6, &format!("listing bao/prod/: {} does not accept these credentials", stub.place()));
    assert!(!ran.err.contains("s3cret"), "{ran}");
}
