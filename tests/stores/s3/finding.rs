//! What lies in the bucket is found, chosen and verified.

use kubectl_openbao::api::sensitive::Sensitive;
use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::s3::GENUINE_SNAPSHOT;
use kubectl_openbao::drill::world::ObjectStore;
use serde_json::{Value, json};

use super::gateway::{BUCKET, Gateway, OWNER, REGION};
use super::{PLACE, Place};
use crate::support::{Person, Ran, scenario};

fn document(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("no document: {error}\n{ran}"))
}

/// More than two pages of them, among those of other clusters and what is no snapshot at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_keys_are_listed_page_by_page_newest_first() {
    let place = Place::new().await;
    let mut expected = Vec::new();
    for day in 1..=28 {
        for minute in 0..90 {
            let (hour, minute) = (minute / 60, minute % 60);
            let key = format!("{PLACE}2026-02-{day:02}T{hour:02}-{minute:02}-00Z-0000000{}.snap", day % 10);
            place.gateway.place_file(&key, b"x");
            expected.push(key);
        }
    }
    let upgrade = format!("{PLACE}pre-upgrade-2026-02-14T23-00-00Z-00000001.snap");
    expected.push(upgrade.clone());
    place.gateway.place_file(&upgrade, b"x");
    for other in [
        "bao/prod/README.txt",
        "bao/prod/2026-03-01T00-00-00Z-00000001.snap.tmp",
        "bao/prod/deeper/2026-03-01T00-00-00Z-00000001.snap",
        "bao/prod-2/2026-03-01T00-00-00Z-00000001.snap",
        "bao/a/2026-03-01T00-00-00Z-00000001.snap",
        "2026-03-01T00-00-00Z-00000001.snap",
    ] {
        place.gateway.place_file(other, b"x");
    }
    // The time in the key, wherever its name begins.
    expected.sort_by_key(|key| std::cmp::Reverse(key.trim_start_matches(PLACE).trim_start_matches("pre-upgrade-").to_owned()));

    let ran = place.run(&["snapshots", "list", "prod", "--all", "-o", "name"]).await;
    ran.assert_exit(0);
    let listed: Vec<&str> = ran.out.lines().collect();
    assert_eq!(listed.len(), 28 * 90 + 1);
    assert_eq!(listed, expected);

    let ran = place.run(&["snapshots", "list", "prod", "--limit", "2", "-o", "json"]).await;
    ran.assert_exit(0);
    let items = document(&ran)["items"].clone();
    assert_eq!((&items[0]["key"], &items[1]["key"]), (&json!(expected[0]), &json!(expected[1])));
    assert_eq!((&items[0]["size"], &items[0]["kind"]), (&json!(1), &json!("scheduled")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restore_chooses_the_newest_and_the_newest_before() {
    let place = Place::new().await;
    let [old, middle, newest] = [
        "2025-12-31T23-59-59Z-aaaaaaaa.snap",
        "pre-upgrade-2026-02-01T03-00-00Z-bbbbbbbb.snap",
        "2026-03-01T03-00-00Z-cccccccc.snap",
    ];
    let [old, middle, newest] = [place.genuine(old).await, place.genuine(middle).await, place.genuine(newest).await];
    // Newer ones of others.
    place.gateway.place_file("bao/prod-2/2026-03-09T03-00-00Z-dddddddd.snap", b"x");
    place.gateway.place_file("bao/prod/2026-03-09T03-00-00Z-dddddddd.txt", b"x");
    for (flags, wanted) in [
        (vec!["--latest"], &newest),
        (vec!["--before", "2026-03-01T03:00:00Z"], &newest),
        (vec!["--before", "2026-03-01T02:59:59Z"], &middle),
        (vec!["--before", "2026-02-01T02:59:59Z"], &old),
    ] {
        let ran = place.run(&[&["restore", "prod", "--dry-run=client", "-o", "json"], &flags[..]].concat()).await;
        let plan = document(&ran);
        assert_eq!(&plan["snapshot"]["key"], wanted, "{flags:?}");
    }
    let ran = place.run(&["restore", "prod", "--dry-run", "--before", "2025-12-31T23:59:58Z"]).await;
    ran.assert_exit(7).assert_says(&["there is no snapshot made up to 2025-12-31T23:59:58Z below bao/prod/"]);
}

/// The usual case: the store is a Service of the cluster, its keys are in the Secret, and a port-forward leads there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clusters_own_store_is_reached_through_a_port_forward() {
    let place = Place::new().await;
    let (person, gateway) = (&place.person, &place.gateway);
    let [first, key] = [place.genuine("2026-03-01T03-00-00Z-cccccccc.snap").await, place.genuine(&fresh()).await];
    person.range.world().set_object_store(ObjectStore {
        address: gateway.address(),
        access_key: OWNER.id.to_owned(),
        secret_key: Sensitive::new(OWNER.secret),
    });
    of_the_cluster(person, None, None);
    let ran = person.run(&["snapshots", "list", "prod", "-o", "name"]).await;
    ran.assert_exit(0);
    assert_eq!(ran.out.lines().collect::<Vec<_>>(), [&key, &first]);
    let ran = person.run(&["restore", "prod", "--latest", "--dry-run=client"]).await;
    ran.assert_exit(0);
    for said in [
        format!("snapshot   {key}   26.6 kB   scheduled   "),
        "object exists, 26584 bytes".into(),
        "read to its last byte: ok".into(),
    ] {
        assert!(ran.out.contains(&said), "{said:?} is not in:\n{ran}");
    }
    person.assert_nothing_written(&ran);
}

/// The name of a snapshot that was taken a minute ago.
fn fresh() -> String {
    let taken = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(1);
    format!("{}-dddddddd.snap", taken.strftime("%Y-%m-%dT%H-%M-%SZ"))
}

/// Makes a bucket of [`OWNER`]'s the cluster's own: the target in its spec, keys and authority in its Secret.
fn of_the_cluster(person: &Person, endpoint: Option<String>, authority: Option<String>) {
    person.edit_cluster(|cluster| {
        let target = &mut cluster["spec"]["backup"]["target"];
        if let Some(endpoint) = endpoint {
            target["endpoint"] = json!(endpoint);
        }
        target["bucket"] = json!(BUCKET);
        target["region"] = json!(REGION);
    });
    let encoded = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
    let mut data = json!({"accessKeyId": encoded(OWNER.id), "secretAccessKey": encoded(OWNER.secret)});
    if let Some(authority) = authority {
        data["caCert"] = json!(encoded(&authority));
    }
    let replaced = person.range.server().store().edit("secrets", "bao", "s3-creds", |secret| secret["data"] = data);
    assert!(replaced, "the Secret is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whole_and_damaged_snapshots_are_told_apart() {
    let place = Place::new().await;
    let whole = place.genuine("2026-03-01T03-00-00Z-cccccccc.snap").await;
    let ran = place.run(&["snapshots", "verify", "prod", &whole, "-o", "json"]).await;
    ran.assert_exit(0);
    let found = document(&ran);
    assert_eq!((&found["verdict"], &found["size"]), (&json!("ok"), &json!(26_584)));
    assert_eq!(found["sha256"], "5ca718fe708e43a6bd5e23bd25c1eb79244f199623250d6a3de38b047b9a49a9");

    let damaged = format!("{PLACE}2026-03-02T03-00-00Z-cccccccc.snap");
    let mut bytes = GENUINE_SNAPSHOT.to_vec();
    bytes[12_345] ^= 0x10;
    let empty: &[u8] = b"";
    for (bytes, verdict) in [(&bytes[..], "corrupt"), (&GENUINE_SNAPSHOT[..9000], "truncated"), (empty, "not-a-snapshot")] {
        place.gateway.put(&damaged, bytes).await;
        let ran = place.run(&["snapshots", "verify", "prod", &damaged, "-o", "json"]).await;
        ran.assert_exit(3);
        assert_eq!(document(&ran)["verdict"], verdict, "{ran}");
    }
    let ran = place.run(&["restore", "prod", "--key", &damaged, "--dry-run"]).await;
    ran.assert_exit(4);
}

/// The genuine snapshot is another cluster's, and that is said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_snapshot_tells_is_shown_beside_the_cluster() {
    let place = Place::new().await;
    let key = place.genuine("2026-03-01T03-00-00Z-cccccccc.snap").await;
    let ran = place.run(&["snapshots", "show", "prod", &key, "-o", "json"]).await;
    ran.assert_exit(3);
    let shown = document(&ran);
    assert_eq!((&shown["name"], &shown["size"], &shown["looks"]), (&json!(key), &json!(26_584), &json!("complete")));
    assert_eq!(shown["etag"], "\"84e477158f9a4567ce35fddca5c8eca7\"");
    assert_eq!(shown["facts"]["seal"]["kind"], "shamir");
    assert!(shown["hazards"].as_array().is_some_and(|all| all.iter().any(|hazard| hazard["code"] == "seal-mismatch")), "{ran}");
    let cut = format!("{PLACE}2026-03-02T03-00-00Z-cccccccc.snap");
    place.gateway.put(&cut, &GENUINE_SNAPSHOT[..10]).await;
    place.run(&["snapshots", "show", "prod", &cut]).await.assert_exit(3);
}

/// As the cluster has it: target in its spec, keys and authority in its Secret.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clusters_own_secret_opens_the_bucket_over_tls() {
    let person = scenario("restore", Play::Jan).await;
    let gateway = Gateway::start_secure();
    let key = format!("{PLACE}2026-03-01T03-00-00Z-cccccccc.snap");
    gateway.place_file(&key, GENUINE_SNAPSHOT);
    of_the_cluster(&person, Some(gateway.url()), Some(gateway.ca()));
    let ran = person.run(&["snapshots", "list", "prod", "-o", "name"]).await;
    ran.assert_exit(0);
    assert_eq!(ran.out.lines().collect::<Vec<_>>(), [key.as_str()]);
    person.run(&["snapshots", "verify", "prod", &key]).await.assert_exit(0);
    let ran = person.run(&["restore", "prod", "--latest", "--dry-run"]).await;
    assert!(ran.out.contains(&key) && ran.out.contains("read to its last byte: ok"), "{ran}");

    // The authority is what opened the door.
    of_the_cluster(&person, None, None);
    let ran = person.run(&["snapshots", "list", "prod"]).await;
    ran.assert_exit(1);
    assert!(ran.err.contains("the server's certificate is signed by an authority that is not trusted here"), "{ran}");
    person.assert_nothing_written(&ran);
}
