//! Snapshots in buckets as they are: shared with others, far away, slow, forbidden in part, and with every damage that a
//! snapshot is known to take.

mod damaged;

use std::time::Duration;

use jiff::SignedDuration;
use kubectl_openbao::api::sensitive::Sensitive;
use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::s3::{Fault, GENUINE_SNAPSHOT, S3, S3Options};
use kubectl_openbao::drill::server::{self, Act};
use kubectl_openbao::drill::world::ObjectStore;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::support::{Person, Ran, interrupt, scenario};

const BUCKET: &str = "backups";
const KEY: &str = "bao/prod/2026-03-01T03-00-00Z-cccccccc.snap";

/// Somebody with a genuine snapshot under [`KEY`].
async fn person() -> Person {
    let person = scenario("restore", Play::Jan).await;
    store(&person).put(BUCKET, KEY, GENUINE_SNAPSHOT);
    person
}

fn store(person: &Person) -> &S3 {
    person.range.s3().expect("the range has a store")
}

async fn verify(person: &Person, more: &[&str]) -> Ran {
    let ran = person.run(&[&["snapshots", "verify", "prod", KEY], more].concat()).await;
    person.assert_nothing_written(&ran);
    ran
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_damage_is_told() {
    let person = person().await;
    for (damage, bytes, verdict) in damaged::all() {
        store(&person).put(BUCKET, KEY, bytes);
        let ran = verify(&person, &["-o", "json"]).await;
        let found: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{damage}: {error}\n{ran}"));
        assert_eq!(found["verdict"], verdict, "{damage}:\n{ran}");
        ran.assert_exit(if verdict == "ok" { 0 } else { 3 });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_is_found_among_those_of_many_clusters() {
    let person = scenario("restore", Play::Jan).await;
    for cluster in 0..60 {
        for day in 1..=28 {
            let key = format!("bao/c{cluster:02}/2027-01-{day:02}T03-00-00Z-00000001.snap");
            store(&person).put(BUCKET, &key, b"x".as_slice());
            store(&person).put(BUCKET, &key.replace("/c", "/prod-"), b"x".as_slice());
        }
    }
    let before = store(&person).requests().len();
    let ran = person.run(&["restore", "prod", "--latest", "--dry-run", "-o", "json"]).await;
    let plan: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}\n{ran}"));
    assert_eq!(plan["snapshot"]["key"], person.key(), "{ran}");
    let lists = store(&person).requests()[before..].iter().filter(|seen| seen.target.contains("list-type=2")).count();
    assert!((1..=6).contains(&lists), "{lists} list requests");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_is_dropped_again_and_again_is_one_read() {
    let person = person().await;
    store(&person).fail_reads(Fault::CutAfter(4000), usize::MAX);
    let before = store(&person).requests().len();
    let ran = verify(&person, &["-o", "json"]).await;
    ran.assert_exit(0);
    let found: Value = serde_json::from_str(&ran.out).expect("a document");
    assert_eq!(found["sha256"], "5ca718fe708e43a6bd5e23bd25c1eb79244f199623250d6a3de38b047b9a49a9");
    let statuses: Vec<_> = store(&person).requests()[before..].iter().filter_map(|seen| seen.status).collect();
    assert_eq!(statuses, [200, 206, 206, 206, 206, 206, 206]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_gives_up_is_said_with_how_far_it_came() {
    let person = person().await;
    store(&person).fail_reads(Fault::CutAfter(4000), 1);
    store(&person).fail_reads(Fault::Cut, usize::MAX);
    let ran = verify(&person, &[]).await;
    ran.assert_exit(1).assert_says(&["reading came to byte 4000 of 26584 and 5 attempts to go on brought nothing: "]);
    assert_eq!(ran.out, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_is_replaced_while_it_is_read() {
    let person = person().await;
    store(&person).fail_reads(Fault::CutAfter(4000), 1);
    store(&person).replace_after(BUCKET, KEY, 1, b"another".as_slice());
    let ran = verify(&person, &[]).await;
    assert_eq!(
        ran.failure(),
        "exit 8\nerror: verifying bao/prod/STAMP-cccccccc.snap: the object bao/prod/STAMP-cccccccc.snap was replaced while it was \
         read\n  the store says: PreconditionFailed: At least one of the pre-conditions you specified did not hold\n  \
         hint: the same command again reads the object that is there now"
    );
    assert_eq!(ran.out, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_the_rights_are_half_the_sight() {
    let person = person().await;
    store(&person).edit(BUCKET, |bucket| bucket.list_denied = true);
    verify(&person, &[]).await.assert_exit(0);
    let list = person.run(&["snapshots", "list", "prod"]).await;
    list.assert_exit(6).assert_says(&["they lack s3:ListBucket on bucket backups (prefix bao/prod/)"]);
    person.run(&["restore", "prod", "--latest", "--dry-run"]).await.assert_exit(6).assert_says(&["s3:ListBucket"]);
    // What is not there looks like what is forbidden, and the message says so.
    let ran = person.run(&["snapshots", "verify", "prod", "bao/prod/nowhere.snap"]).await;
    ran.assert_exit(6).assert_says(&["they lack s3:GetObject (or it is not there"]);

    store(&person).edit(BUCKET, |bucket| (bucket.list_denied, bucket.read_denied) = (false, true));
    verify(&person, &[]).await.assert_exit(6).assert_says(&["they lack s3:GetObject"]);
    person.run(&["snapshots", "list", "prod"]).await.assert_exit(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_in_another_region_says_which() {
    let person = person().await;
    store(&person).edit(BUCKET, |bucket| bucket.region = Some("eu-west-3".into()));
    for (doing, args) in [
        ("listing bao/prod/", &["snapshots", "list", "prod"][..]),
        ("verifying bao/prod/STAMP-cccccccc.snap", &["snapshots", "verify", "prod", KEY]),
        ("looking for a snapshot of bao/prod", &["restore", "prod", "--latest", "--dry-run"]),
    ] {
        let ran = person.run(args).await;
        let error = format!("exit 1\nerror: {doing}: bucket backups is in region eu-west-3, not in us-east-1\n");
        assert!(ran.failure().starts_with(&error), "{ran}");
        assert!(ran.failure().ends_with("hint: the same command with --region eu-west-3"), "{ran}");
        person.run(&[args, &["--region", "eu-west-3"]].concat()).await.assert_exit(0);
    }
}

/// The API server answers everything but this one question. `Person::run` waits for a minute and a half at most.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_never_told_is_waited_for_as_long_as_was_said() {
    let person = person().await;
    for path in ["/namespaces/storage/services/", "/namespaces/storage/pods"] {
        let faults = person.range.server().faults();
        let hits = faults.add(server::Fault::new(Act::Stall).method("GET").path(path));
        let asked = [&["restore", "prod", "--latest"][..], &["restore", "prod", "--key", KEY], &["snapshots", "list", "prod"]];
        for (number, args) in asked.into_iter().enumerate() {
            let ran = person.run(&[args, &["--deadline", "1s"]].concat()).await;
            person.assert_nothing_written(&ran);
            assert!(ran.failure().contains("\n  hint: "), "{ran}");
            assert!(hits.count() > number, "{ran}");
        }
        faults.clear();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clocks_that_differ_are_blamed_and_not_the_keys() {
    let person = person().await;
    let options = S3Options { clock_ahead: SignedDuration::from_mins(20), ..S3Options::default() };
    let (access_key, secret_key) = (options.access_key.clone(), Sensitive::new(options.secret_key.clone()));
    let ahead = S3::start(options).await.expect("it starts");
    ahead.put(BUCKET, KEY, GENUINE_SNAPSHOT);
    person.range.world().set_object_store(ObjectStore { address: ahead.address(), access_key, secret_key });
    for args in [&["snapshots", "list", "prod"][..], &["snapshots", "verify", "prod", KEY]] {
        let ran = person.run(args).await;
        let said = "the clocks of this machine and of s3.storage.svc:7070 differ by more than 15 minutes";
        ran.assert_exit(1).assert_says(&[said]);
    }
}

/// Slow enough that a person sees it, and then it goes well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_shows_how_far_reading_is() {
    let person = person().await;
    store(&person).fail_reads(Fault::Slow(2000, Duration::from_millis(150)), usize::MAX);
    let mut screen = person.on_terminal(&["snapshots", "verify", "prod", KEY]);
    screen.expect(&format!("verifying {KEY}: "));
    screen.expect(" of 26.6 kB");
    let (code, text) = screen.end();
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("ok. Everything that can be checked without a key is right."), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupt_ends_a_reading_at_once() {
    let person = person().await;
    store(&person).fail_reads(Fault::Silent(4000), usize::MAX);
    let mut screen = person.on_terminal(&["snapshots", "verify", "prod", KEY]);
    screen.expect(" of 26.6 kB");
    screen.keys("\u{3}");
    let (code, text) = screen.end();
    assert_eq!(code, 130, "{text}");
    assert!(text.contains("interrupted; nothing was written"), "{text}");
}

/// Without a terminal it is a line now and then, and the signal ends it all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_say_how_far_reading_is_where_nobody_watches() {
    let person = person().await;
    store(&person).fail_reads(Fault::Silent(4000), usize::MAX);
    let mut child = person.plugin().start(&["snapshots", "verify", "prod", KEY]);
    let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    let patience = crate::support::PATIENCE;
    let line = tokio::time::timeout(patience, lines.next_line()).await.expect("it says something").expect("text");
    let line = line.expect("it goes on");
    assert!(line.starts_with(&format!("verifying {KEY}: 4.0 kB of 26.6 kB, ")), "{line}");
    interrupt(&child);
    let ended = tokio::time::timeout(patience, child.wait()).await.expect("it ends").expect("it can be waited for");
    assert_eq!(ended.code(), Some(130));
}
