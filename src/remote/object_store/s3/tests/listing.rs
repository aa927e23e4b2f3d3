//! Pages of a listing.

use super::*;
use crate::remote::object_store::{Answer, Ask, page};

const SNAPSHOTS: &str = "snapshots";

async fn empty() -> Server {
    let server = Server::start(S3Options::default()).await.unwrap();
    server.edit(SNAPSHOTS, |_| ());
    server
}

async fn asked(server: &Server, ask: Ask) -> Answer {
    page(&store(config(server)), &ask, PATIENCE).await.unwrap()
}

fn prefix(prefix: &str) -> Ask {
    Ask { prefix: prefix.into(), ..Ask::default() }
}

fn names(answer: &Answer) -> Vec<&str> {
    answer.keys.iter().map(|listed| listed.key.as_str()).collect()
}

#[tokio::test]
async fn what_a_page_says_of_an_object_is_what_the_object_says() {
    let server = server(S3Options::default()).await;
    let store = store(config(&server));
    let head = head(&store, KEY, PATIENCE).await.unwrap();
    let listed = page(&store, &prefix("bao/prod/"), PATIENCE).await.unwrap().keys;
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].key.as_str(), listed[0].size), (KEY, head.size));
    assert_eq!((&listed[0].etag, listed[0].last_modified), (&head.etag, head.last_modified));
}

#[tokio::test]
async fn one_cluster_of_many_page_by_page() {
    let server = empty().await;
    for key in ["ns/a/1", "ns/b/1", "ns/b/2", "ns/b/3", "ns/b2/1", "ns/c/1"] {
        server.put(SNAPSHOTS, key, "x");
    }
    let ask = Ask { limit: Some(2), ..prefix("ns/b/") };
    let first = asked(&server, ask.clone()).await;
    assert_eq!(names(&first), ["ns/b/1", "ns/b/2"]);
    let last = asked(&server, Ask { token: first.next, ..ask }).await;
    assert_eq!((names(&last), &last.next), (vec!["ns/b/3"], &None));
    assert_eq!(server.requests().len(), 2, "one request each");
    assert_eq!(asked(&server, prefix("nowhere")).await, Answer::default());
}

#[tokio::test]
async fn a_page_has_a_thousand_keys_and_no_more() {
    let server = empty().await;
    for number in 0..1001 {
        server.put(SNAPSHOTS, &format!("{number:04}"), "x");
    }
    for limit in [None, Some(u16::MAX)] {
        let first = asked(&server, Ask { limit, ..Ask::default() }).await;
        assert_eq!((first.keys.len(), first.next.is_some()), (1000, true));
        let last = asked(&server, Ask { limit, token: first.next, ..Ask::default() }).await;
        assert_eq!((names(&last), &last.next), (vec!["1000"], &None));
    }
}

#[tokio::test]
async fn odd_keys_come_back_as_they_were_put() {
    let server = empty().await;
    let odd = ["\u{1}\n\t", " a b ", "a+b", "a%2Bb", "a//b", "<&>\"'", "ümläut/~(1)*!", "日本", "\u{202e}x", "\u{10ffff}"];
    for key in odd {
        server.put(SNAPSHOTS, key, "x");
    }
    let answer = asked(&server, Ask::default()).await;
    let mut expected = odd;
    expected.sort_unstable();
    assert_eq!(names(&answer), expected);
    for key in odd {
        assert_eq!(names(&asked(&server, prefix(key)).await), [key], "as a prefix");
        let rolled = asked(&server, Ask { delimiter: Some(key.into()), ..Ask::default() }).await;
        assert!(rolled.prefixes.iter().any(|prefix| prefix == key), "as a delimiter: {key:?}");
    }
}

#[tokio::test]
async fn keys_roll_up_at_any_text_and_from_any_place_on() {
    let server = empty().await;
    for key in ["c/2025-01-01T1", "c/2025-01-02T1", "c/2026-01-01T1", "c/2026-02-01T1", "c/pre-upgrade-2026"] {
        server.put(SNAPSHOTS, key, "x");
    }
    let ask = Ask { delimiter: Some("-".into()), ..prefix("c/") };
    let all = asked(&server, ask.clone()).await;
    assert_eq!((all.prefixes, all.keys), (vec!["c/2025-".to_owned(), "c/2026-".into(), "c/pre-".into()], vec![]));
    // The common prefix c/2026- is not behind the start, though one of its keys is.
    let later = asked(&server, Ask { start_after: Some("c/2026-01-01T1".into()), ..ask.clone() }).await;
    assert_eq!(later.prefixes, ["c/pre-"]);
    let within = Ask { delimiter: Some("01T".into()), start_after: Some("c/2025-01-01T~".into()), ..prefix("c/") };
    let within = asked(&server, within).await;
    assert_eq!(within.prefixes, ["c/2026-01-01T", "c/2026-02-01T"]);
    assert_eq!(names(&within), ["c/2025-01-02T1", "c/pre-upgrade-2026"]);
    let empty = Ask { delimiter: Some(String::new()), start_after: Some(String::new()), ..prefix("c/") };
    assert_eq!(asked(&server, empty).await.keys.len(), 5, "an empty text is none");
}

#[tokio::test]
async fn the_missing_permission_is_named() {
    let server = server(S3Options::default()).await;
    let store = store(config(&server));
    server.edit(SNAPSHOTS, |bucket| bucket.list_denied = true);
    let denied = page(&store, &prefix("bao/prod/"), PATIENCE).await.unwrap_err();
    assert_eq!(denied.trouble, Trouble::AccessDenied);
    let words = "these credentials may not list: they lack s3:ListBucket on bucket snapshots (prefix bao/prod/)";
    assert_eq!((denied.cause.as_str(), denied.server.as_deref()), (words, Some("AccessDenied: Access Denied")));
    let denied = page(&store, &Ask::default(), PATIENCE).await.unwrap_err();
    assert_eq!(denied.cause, "these credentials may not list: they lack s3:ListBucket on bucket snapshots");
    assert!(head(&store, KEY, PATIENCE).await.is_ok());
    let hidden = head(&store, "other.snap", PATIENCE).await.unwrap_err();
    let words = "these credentials may not read other.snap in bucket snapshots: they lack s3:GetObject \
                 (or it is not there: stores hide that from those who may not list)";
    assert_eq!((hidden.trouble, hidden.cause.as_str()), (Trouble::AccessDenied, words));

    server.edit(SNAPSHOTS, |bucket| (bucket.list_denied, bucket.read_denied) = (false, true));
    assert_eq!(page(&store, &prefix("bao/"), PATIENCE).await.map(|answer| answer.keys.len()), Ok(1));
    assert_eq!(head(&store, KEY, PATIENCE).await.unwrap_err().trouble, Trouble::AccessDenied);
    assert_eq!(head(&store, "other.snap", PATIENCE).await.unwrap_err().trouble, Trouble::AccessDenied);
}

#[tokio::test]
async fn failures_of_a_page_are_told_apart() {
    let server = server(S3Options::default()).await;
    let why = async |change: fn(&mut Config)| {
        let mut config = config(&server);
        change(&mut config);
        page(&store(config), &Ask::default(), PATIENCE).await.unwrap_err()
    };
    assert_eq!(why(|config| config.bucket = "nowhere".into()).await.trouble, Trouble::BucketMissing);
    let wrong = why(|config| config.credentials = keys("drill-access-key", "wrong")).await;
    assert_eq!(wrong.trouble, Trouble::BadCredentials);
    server.edit(SNAPSHOTS, |bucket| bucket.region = Some("eu-central-1".into()));
    let elsewhere = why(|_| ()).await;
    assert_eq!(elsewhere.trouble, Trouble::WrongRegion(Some("eu-central-1".into())));
    assert_eq!(elsewhere.cause, "bucket snapshots is in region eu-central-1, not in us-east-1");
    let elsewhere = failure(&server, |_| ()).await;
    assert_eq!(elsewhere.trouble, Trouble::WrongRegion(Some("eu-central-1".into())), "so with HEAD");
    server.edit(SNAPSHOTS, |bucket| bucket.region = Some(DEFAULT_REGION.into()));
    server.fail_next(Fault::Status(503));
    assert_eq!(asked(&server, Ask::default()).await.keys.len(), 1, "told to slow down once");
    server.fail(Fault::Status(503));
    assert_eq!(why(|_| ()).await.trouble, Trouble::Server(503));
    server.fail(Fault::CutBody);
    assert_eq!(why(|_| ()).await.trouble, Trouble::Unreachable, "a page that breaks off is no page");
    let hour = jiff::SignedDuration::from_hours(-1);
    let behind = Server::start(S3Options { clock_ahead: hour, ..S3Options::default() }).await.unwrap();
    let skewed = page(&store(config(&behind)), &Ask::default(), PATIENCE).await.unwrap_err();
    assert_eq!(skewed.trouble, Trouble::ClockSkew);
}

/// Asks a server that answers with this document.
async fn document(head: &'static str, body: &'static str, ask: Ask) -> Result<Answer, StoreFailure> {
    let server = empty().await;
    let url = canned(head, body).await;
    page(&store(Config { endpoint: Some(url), ..config(&server) }), &ask, PATIENCE).await
}

#[tokio::test]
async fn answers_that_are_no_listing() {
    for (head, body) in [("200 OK", "<html><body>Welcome</body></html>"), ("200 OK", ""), ("404 Not Found", "nope")] {
        let odd = document(head, body, Ask::default()).await.unwrap_err();
        assert_eq!(odd.trouble, Trouble::Other, "{body}: {odd}");
        assert!(odd.cause.ends_with("and not in the way of S3: is this the right endpoint?"), "{body}: {odd}");
    }
    let endless = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
    let odd = document("200 OK", endless, Ask::default()).await.unwrap_err();
    assert!(odd.cause.ends_with("says that there are more keys, and not how to ask for them"), "{odd}");
    let again = "<ListBucketResult><IsTruncated>true</IsTruncated>\
                 <NextContinuationToken>t</NextContinuationToken></ListBucketResult>";
    let odd = document("200 OK", again, Ask { token: Some("t".into()), ..Ask::default() }).await.unwrap_err();
    assert!(odd.cause.ends_with("lists the same page again and again"), "{odd}");
    let sizeless = "<ListBucketResult><Contents><Key>k</Key></Contents></ListBucketResult>";
    let odd = document("200 OK", sizeless, Ask::default()).await.unwrap_err();
    assert!(odd.cause.ends_with("listed an object without its key or its size"), "{odd}");
}

#[tokio::test]
async fn a_server_that_encodes_no_keys_means_them_literally() {
    let plain = "<ListBucketResult><Contents><Key>a+b%20c&amp;</Key><Size>5</Size><ETag>9f</ETag></Contents></ListBucketResult>";
    let answer = document("200 OK", plain, Ask::default()).await.unwrap();
    assert_eq!(names(&answer), ["a+b%20c&"]);
    assert_eq!((answer.keys[0].size, answer.keys[0].etag.as_deref()), (5, Some("\"9f\"")));
}
