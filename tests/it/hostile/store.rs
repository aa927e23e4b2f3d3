//! In the object store's place.

use kubectl_openbao::drill::Play;

use super::api::flate;
use super::server::{GIB, Hostile, Reply, answer, endless};
use super::watched::watched;
use crate::support::{Person, Plugin, still};

const KEY: &str = "bao/prod/2026-03-01T03-00-00Z-cccccccc.snap";
const SECRET: &str = "planted+secret/access+key";
const SESSION: &str = "planted//session+token";

const COMMANDS: [&[&str]; 5] = [
    &["snapshots", "list", "prod"],
    &["snapshots", "list", "prod", "--all", "-o", "json"],
    &["snapshots", "show", "prod", KEY],
    &["snapshots", "verify", "prod", KEY],
    &["restore", "prod", "--latest", "--dry-run"],
];
/// Those that read an object.
const READING: [&[&str]; 2] = [&["snapshots", "show", "prod", KEY], &["snapshots", "verify", "prod", KEY]];

fn plugin(person: &Person) -> Plugin {
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAPLANTEDKEYID0001"), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_SESSION_TOKEN", SESSION)];
    keys.into_iter().fold(person.plugin(), |plugin, (name, value)| plugin.env(name, value))
}

/// A range with a cluster in it, whose store is somewhere else.
async fn person() -> Person {
    let person = still(Play::Jan).await;
    person.range.load([serde_json::json!({
        "apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoCluster", "metadata": {"name": "prod", "namespace": "bao"},
        "spec": {"version": "2.5.5", "replicas": 3, "backup": {"target": {"bucket": "backups"}}},
    })]);
    person
}

/// What each of these commands says of a store that answers everything alike.
async fn each(person: &Person, commands: &[&[&str]], reply: Reply, deadline: &str, any_of: &[&str]) {
    let server = Hostile::start(move |_| reply.clone()).await;
    let endpoint = format!("http://{}", server.address());
    for command in commands {
        let flags = ["--credentials=env", "--region", "r", "--endpoint", &endpoint, "--deadline", deadline, "-v=9"];
        let run = watched(&plugin(person), &[command, &flags[..]].concat()).await;
        run.assert_held();
        assert!(run.ran.code != Some(0), "{run}");
        let words = format!("{}{}", run.ran.out, run.ran.err);
        assert!(any_of.iter().any(|text| words.contains(text)), "says none of {any_of:?}\n{run}");
        assert!(words.len() < 20_000 && !words.contains(SESSION) && !words.contains(SECRET), "{run}");
    }
    assert!(!server.heard().is_empty());
}

const LONG: &str = "30s";
const STATUS_OF_S3: [&str; 4] = ["HTTP 403", "may not", "broke off", "twice"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_without_end() {
    let person = person().await;
    let error = "<Error><Code>AccessDenied</Code><Message>";
    each(&person, &COMMANDS, endless("403 Forbidden", error, "no ", true), LONG, &STATUS_OF_S3).await;
    each(&person, &COMMANDS, endless("403 Forbidden", error, "<a>", false), LONG, &STATUS_OF_S3).await;
    each(&person, &COMMANDS, endless("503 Slow Down", error, "no ", true), LONG, &["HTTP 503"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_without_end_and_in_circles() {
    let person = person().await;
    let lists = &COMMANDS[..2];
    let row = "<Contents><Key>bao/prod/x</Key><Size>1</Size></Contents>";
    each(&person, lists, endless("200 OK", "<ListBucketResult>", row, true), LONG, &["more than 32 MiB"]).await;
    each(
        &person,
        lists,
        endless("200 OK", "<ListBucketResult>", "<a>", true),
        LONG,
        &["more than 32 MiB", "not in the way of S3"],
    )
    .await;
    let deep = format!("<ListBucketResult>{}", "<a>".repeat(100_000));
    each(&person, lists, answer("200 OK", "", deep), LONG, &["not in the way of S3"]).await;
    let more = "<IsTruncated>true</IsTruncated><NextContinuationToken>same</NextContinuationToken>";
    let circle = format!("<ListBucketResult>{more}{row}</ListBucketResult>");
    each(&person, lists, answer("200 OK", "", circle), LONG, &["again and again"]).await;
    // Another token each time, and never anything new.
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = Hostile::start(move |_| {
        let token = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let more = format!("<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>");
        answer("200 OK", "", format!("<ListBucketResult>{more}</ListBucketResult>"))
    })
    .await;
    let endpoint = format!("http://{}", server.address());
    for command in COMMANDS.iter().filter(|command| command.contains(&"list") || command.contains(&"--latest")) {
        let flags = ["--credentials=env", "--region", "r", "--endpoint", &endpoint, "--deadline", "5s"];
        let run = watched(&plugin(&person), &[command, &flags[..]].concat()).await;
        run.assert_held();
        assert!(run.ran.code != Some(0), "{run}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_objects() {
    let person = person().await;
    let etag = "etag: \"a\"\r\n";
    // As long as it is said to be: read in passing, whatever it takes.
    each(&person, &READING, endless("200 OK", "", "y", false), LONG, &["not", "gzip", "damaged"]).await;
    let bomb = flate(&vec![0; 256 << 20]);
    each(&person, &READING, answer("200 OK", etag, bomb), LONG, &["not", "damaged", "tar"]).await;
    for range in ["bytes 5-9/10", "bytes 0-1/-5", "bytes 0-99999999999999999999/99999999999999999999", "\u{202e}"] {
        let headers = format!("{etag}content-range: {range}\r\n");
        each(&person, &READING, answer("206 Partial Content", &headers, "abcde"), LONG, &["answer", "sent", "range", "not"])
            .await;
    }
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\nabc".to_vec();
    each(&person, &READING[..1], Reply::Bytes(cut), LONG, &["early", "broke off", "cut"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_never_end_by_themselves() {
    let person = person().await;
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
    each(&person, &COMMANDS[..3], Reply::Drip(head.into()), "1s", &["within 1.0 s", "did not answer"]).await;
    let headers = Reply::Again { head: b"HTTP/1.1 200 OK\r\n".into(), piece: "x-h: aaaa\r\n".repeat(5_000).into(), total: GIB };
    each(&person, &COMMANDS, headers, LONG, &["cut", "broke off", "answer"]).await;
}

/// Signatures and session tokens go to the endpoint that was named and to no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redirects_to_another_host() {
    let person = person().await;
    let elsewhere = Hostile::start(|_| answer("200 OK", "", "<ListBucketResult/>")).await;
    let to = format!("location: http://planted-user:planted-pass@{}/x?X-Amz-Signature=planted\r\n", elsewhere.address());
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        each(&person, &COMMANDS, answer(status, &to, ""), LONG, &["region", "HTTP 30", "answered"]).await;
    }
    assert_eq!(elsewhere.heard(), Vec::<String>::new());
}

/// Keys are shown, and nothing of them acts on the terminal or on a shell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_keys_sizes_and_times() {
    let person = person().await;
    let names = [
        KEY,
        "bao/prod/2026-03-01T03-00-00Z-%1B%5B2J%E2%80%AE.snap",
        "bao/prod/..%2F..%2Fetc/2026-03-01T03-00-00Z-x.snap",
        "bao/prod/2026-03-01T03-00-00Z-%E2%80%8Bzero.snap",
        "bao/prod/9999-12-31T23-59-59Z-cccccccc.snap",
        "bao/prod/0000-00-00T00-00-00Z-cccccccc.snap",
        "bao/prod/%00%0A%0D.snap",
    ];
    let row = |name: &&str| {
        format!(
            "<Contents><Key>{name}</Key><Size>9223372036854775807</Size><LastModified>9999-12-31T23:59:59Z</LastModified><ETag>&quot;%1b&quot;</ETag></Contents>"
        )
    };
    let long = format!("bao/prod/{}", "k".repeat(10 << 20));
    let rows = names.iter().map(row).collect::<String>() + &row(&long.as_str());
    let list =
        format!("<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>");
    let server = Hostile::start(move |_| answer("200 OK", "", &list)).await;
    let endpoint = format!("http://{}", server.address());
    for more in [&[][..], &["--all"], &["-o", "json"], &["-o", "yaml"], &["-o", "name"]] {
        let flags = ["snapshots", "list", "prod", "--credentials=env", "--region", "r", "--endpoint", &endpoint];
        let run = watched(&plugin(&person), &[&flags[..], more].concat()).await;
        run.assert_held();
        assert!(run.ran.out.contains("2026-03-01T03-00-00Z"), "{run}");
    }
    let bad = "<ListBucketResult><Contents><Key>k</Key><Size>-1</Size></Contents></ListBucketResult>";
    each(
        &person,
        &COMMANDS[..2],
        answer("200 OK", "", bad),
        LONG,
        &["without its key or its size", "no snapshot", "not in the way"],
    )
    .await;
}
