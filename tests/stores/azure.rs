//! Azure: Azurite, with signatures and the permissions of shared ones.

mod azurite;

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::s3::GENUINE_SNAPSHOT;
use serde_json::{Value, json};

use self::azurite::{ACCOUNT, Azurite, CONTAINER};
use crate::support::{Person, Plugin, Ran, scenario};

/// Where the backups of the range's cluster go.
const PLACE: &str = "bao/prod/";
const NEWEST: &str = "bao/prod/2026-03-01T03-00-00Z-cccccccc.snap";
const UPGRADE: &str = "bao/prod/pre-upgrade-2026-02-01T03-00-00Z-bbbbbbbb.snap";
const OLDEST: &str = "bao/prod/2025-12-31T23-59-59Z-aaaaaaaa.snap";

/// The range's cluster, and Azurite beside it with three snapshots of it and what others keep there.
struct Place {
    person: Person,
    azurite: Azurite,
}

impl Place {
    async fn new() -> Place {
        let (person, azurite) = tokio::join!(scenario("restore", Play::Jan), Azurite::start());
        for key in [NEWEST, UPGRADE, OLDEST] {
            azurite.put(key, GENUINE_SNAPSHOT).await;
        }
        for other in ["bao/prod//odd name+%.snap", "bao/prod/T/README", "bao/prod-2/2026-03-09T03-00-00Z-dddddddd.snap", "zzz"] {
            azurite.put(other, b"x").await;
        }
        Place { person, azurite }
    }

    /// The plugin of somebody who has this variable.
    fn plugin(&self, variable: &str, value: &str) -> Plugin {
        self.person.plugin().env(variable, value)
    }

    fn there(&self, args: &[&str]) -> Vec<String> {
        let url = self.azurite.url();
        let flags = ["--credentials=env", "--provider", "azure", "--endpoint", &url, "--azure-container", CONTAINER];
        args.iter().chain(&flags).map(|arg| (*arg).to_owned()).collect()
    }

    /// Runs the plugin with the account's key in its environment.
    async fn run(&self, args: &[&str]) -> Ran {
        let ran = self.plugin("AZURE_STORAGE_KEY", azurite::KEY).run(&self.there(args)).await;
        self.person.assert_nothing_written(&ran);
        ran
    }
}

fn document(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("no document: {error}\n{ran}"))
}

/// The failure line, and that nothing secret is anywhere.
fn assert_error(ran: &Ran, code: i32, error: &str) {
    ran.assert_exit(code);
    let lines: Vec<&str> = ran.err.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(lines, [format!("error: {error}")], "{ran}");
    for secret in ["sig=", "SharedKey", azurite::KEY] {
        assert!(!ran.err.contains(secret) && !ran.out.contains(secret), "{secret}: {ran}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshots_are_listed_chosen_and_verified() {
    let place = Place::new().await;
    let ran = place.run(&["snapshots", "list", "prod", "-o", "name"]).await;
    ran.assert_exit(0);
    assert_eq!(ran.out.lines().collect::<Vec<_>>(), [NEWEST, UPGRADE, OLDEST]);
    for (flags, wanted) in [
        (vec!["--latest"], NEWEST),
        (vec!["--before", "2026-03-01T02:59:59Z"], UPGRADE),
        (vec!["--before", "2026-02-01T02:59:59Z"], OLDEST),
    ] {
        let ran = place.run(&[&["restore", "prod", "--dry-run=client", "-o", "json"], &flags[..]].concat()).await;
        assert_eq!(document(&ran)["snapshot"]["key"], wanted, "{flags:?}");
    }
    let ran = place.run(&["restore", "prod", "--dry-run", "--before", "2025-12-31T23:59:58Z"]).await;
    ran.assert_exit(7).assert_says(&["there is no snapshot made up to 2025-12-31T23:59:58Z below bao/prod/"]);

    let ran = place.run(&["snapshots", "verify", "prod", NEWEST, "-o", "json"]).await;
    ran.assert_exit(0);
    let found = document(&ran);
    assert_eq!((&found["verdict"], &found["size"]), (&json!("ok"), &json!(26_584)));
    assert_eq!(found["sha256"], "5ca718fe708e43a6bd5e23bd25c1eb79244f199623250d6a3de38b047b9a49a9");
    place.azurite.put(OLDEST, &GENUINE_SNAPSHOT[..9000]).await;
    place.run(&["snapshots", "verify", "prod", OLDEST]).await.assert_exit(3);
}

/// More than one page of days, and of keys in one of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_keys_are_listed_without_a_place_to_begin() {
    let place = Place::new().await;
    let mut expected = vec![NEWEST.to_owned(), UPGRADE.to_owned(), OLDEST.to_owned()];
    for day in 1..=28 {
        for hour in 0..6 {
            let key = format!("{PLACE}2026-01-{day:02}T{hour:02}-30-00Z-0000000{}.snap", day % 10);
            place.azurite.put(&key, b"x").await;
            expected.push(key);
        }
    }
    expected.sort_by_key(|key| std::cmp::Reverse(key.trim_start_matches(PLACE).trim_start_matches("pre-upgrade-").to_owned()));
    let ran = place.run(&["snapshots", "list", "prod", "--all", "-o", "name"]).await;
    ran.assert_exit(0);
    assert_eq!(ran.out.lines().collect::<Vec<_>>(), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_thing_that_is_wrong_is_one_clear_line() {
    let place = Place::new().await;
    let at = place.azurite.place();
    let list = place.there(&["snapshots", "list", "prod"]);
    let verify = place.there(&["snapshots", "verify", "prod", NEWEST]);

    let wrong = place.plugin("AZURE_STORAGE_KEY", "d3Jvbmc=");
    let refused = format!("{at} does not accept these credentials");
    assert_error(&wrong.run(&list).await, 6, &format!("listing {PLACE}: {refused}"));
    assert_error(&wrong.run(&verify).await, 6, &format!("verifying {NEWEST}: {refused}"));
    let odd = place.plugin("AZURE_STORAGE_KEY", "not base64!").run(&list).await;
    assert_error(&odd, 6, &format!("listing {PLACE}: the key of AZURE_STORAGE_KEY is not base64"));

    let lacks = "they lack the role Storage Blob Data Reader, or as a signature the permission";
    let reader = place.plugin("AZURE_STORAGE_SAS_TOKEN", &azurite::signature("r"));
    let may_not_list = format!("these credentials may not list container {CONTAINER} (prefix {PLACE}): {lacks} l");
    assert_error(&reader.run(&list).await, 6, &format!("listing {PLACE}: {may_not_list}"));
    reader.run(&verify).await.assert_exit(0);
    let lister = place.plugin("AZURE_STORAGE_SAS_TOKEN", &azurite::signature("l"));
    let may_not_read = format!("these credentials may not read {NEWEST} in container {CONTAINER}: {lacks} r");
    assert_error(&lister.run(&verify).await, 6, &format!("verifying {NEWEST}: {may_not_read}"));
    lister.run(&list).await.assert_exit(0);

    let nowhere = place.run(&["snapshots", "list", "prod", "--azure-container", "nowhere"]).await;
    assert_eq!(nowhere.code, Some(2), "a flag given twice: {nowhere}");
    let url = place.azurite.url();
    let elsewhere = |url: &str, container: &str, args: &[&str]| -> Vec<String> {
        let flags =
            ["--credentials=env", "--provider=azure", "--azure-account", ACCOUNT, "--endpoint", url, "--bucket", container];
        args.iter().chain(&flags).map(|arg| (*arg).to_owned()).collect()
    };
    let with_key = place.plugin("AZURE_STORAGE_KEY", azurite::KEY);
    let ran = with_key.run(&elsewhere(&url, "nowhere", &["snapshots", "list", "prod"])).await;
    assert_error(&ran, 7, &format!("listing {PLACE}: {at} has no container nowhere"));
    let ran = with_key.run(&elsewhere(&url, CONTAINER, &["snapshots", "verify", "prod", "bao/prod/nowhere.snap"])).await;
    assert_error(&ran, 7, &format!("verifying bao/prod/nowhere.snap: container {CONTAINER} has no object bao/prod/nowhere.snap"));
    let unknown = "the host name no-such-host.invalid is not known on this machine";
    let ran = with_key.run(&elsewhere("http://no-such-host.invalid", CONTAINER, &["snapshots", "list", "prod"])).await;
    assert_error(&ran, 1, &format!("listing {PLACE}: {unknown}"));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = free.local_addr().unwrap().to_string();
    drop(free);
    let ran = with_key.run(&elsewhere(&format!("http://{gone}/{ACCOUNT}"), CONTAINER, &["snapshots", "list", "prod"])).await;
    assert_error(&ran, 1, &format!("listing {PLACE}: {gone} refuses connections"));
}

/// As the cluster has it: target in its spec, a connection string or a key in its Secret.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clusters_own_secret_opens_the_container() {
    let place = Place::new().await;
    let endpoint = place.azurite.url();
    let encoded = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
    let string = format!("AccountName={ACCOUNT};AccountKey={};BlobEndpoint={endpoint};", azurite::KEY);
    for data in [json!({"connectionString": encoded(&string)}), json!({"accountKey": encoded(azurite::KEY)})] {
        place.person.edit_cluster(|cluster| {
            let target = &mut cluster["spec"]["backup"]["target"];
            target["provider"] = json!("azure");
            target["endpoint"] = json!(endpoint);
            target["bucket"] = json!("unused");
            target["azure"] = json!({"storageAccount": ACCOUNT, "container": CONTAINER});
        });
        let edit = |secret: &mut Value| secret["data"] = data.clone();
        assert!(place.person.range.server().store().edit("secrets", "bao", "s3-creds", edit), "the Secret is there");
        let ran = place.person.run(&["snapshots", "list", "prod", "-o", "name", "-v=9"]).await;
        ran.assert_exit(0);
        assert_eq!(ran.out.lines().next(), Some(NEWEST));
        assert!(!ran.err.contains(azurite::KEY) && !ran.err.contains("SharedKey"), "{ran}");
        let ran = place.person.run(&["restore", "prod", "--latest", "--dry-run"]).await;
        assert!(ran.out.contains(NEWEST) && ran.out.contains("read to its last byte: ok"), "{ran}");
        place.person.assert_nothing_written(&ran);
    }
}
