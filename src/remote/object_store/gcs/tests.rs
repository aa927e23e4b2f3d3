//! What is sent to Google, and what its answers mean.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::api::sensitive::Sensitive;
use crate::remote::object_store::script::Script;
use crate::remote::object_store::tokens::Tokens;
use crate::remote::object_store::{Config as AnyConfig, Store, head, open, page, range};
use crate::remote::tunnel::dial::Direct;

const PATIENCE: Duration = Duration::from_secs(20);
const KEY: &str = "bao/prod/2026-11-21T00-41-19Z-b397e37b.snap";

fn config(url: &str, credentials: Credentials) -> Config {
    Config { endpoint: Some(url.to_owned()), bucket: "backups".into(), insecure_skip_verify: false, ca_cert: None, credentials }
}

fn store(script: &Script) -> Store {
    Store::open(AnyConfig::Gcs(config(&script.url, Credentials::Anonymous)), Arc::new(Direct)).unwrap()
}

fn refusal(status: &str, code: &str) -> (String, String) {
    (
        status.to_owned(),
        format!("<?xml version='1.0'?><Error><Code>{code}</Code><Message>No.</Message><Details>more</Details></Error>"),
    )
}

#[tokio::test]
async fn what_refusals_mean() {
    let cases = [
        ("404 Not Found", "NoSuchKey", Trouble::KeyMissing, format!("bucket backups has no object {KEY}"), "NoSuchKey: No."),
        ("404 Not Found", "NoSuchBucket", Trouble::BucketMissing, "PLACE has no bucket backups".into(), "NoSuchBucket: No."),
        (
            "403 Forbidden",
            "AccessDenied",
            Trouble::AccessDenied,
            format!(
                "these credentials may not read {KEY} in bucket backups: they lack storage.objects.get (or it is not there: \
                 Google hides that from those who may not list)"
            ),
            "AccessDenied: No.: more",
        ),
        (
            "401 Unauthorized",
            "AuthenticationRequired",
            Trouble::BadCredentials,
            "PLACE does not accept these credentials".into(),
            "AuthenticationRequired: No.",
        ),
        ("429 Too Many Requests", "SlowDown", Trouble::Server(429), "PLACE failed with HTTP 429, twice".into(), "SlowDown: No."),
        ("307 Temporary Redirect", "Moved", Trouble::Other, "PLACE answered HTTP 307".into(), "Moved: No."),
    ];
    for (status, code, trouble, cause, server) in cases {
        let (status, document) = refusal(status, code);
        let script = Script::start(&[(&status, &document)]).await;
        let failure = head(&store(&script), KEY, PATIENCE).await.unwrap_err();
        assert_eq!((failure.trouble, failure.cause), (trouble, cause.replace("PLACE", script.place())), "{code}");
        assert_eq!(failure.server.as_deref(), Some(server));
    }
    let (status, document) = refusal("403 Forbidden", "AccessDenied");
    let script = Script::start(&[(&status, &document)]).await;
    let failure = page(&store(&script), &Ask { prefix: "bao/prod/".into(), ..Ask::default() }, PATIENCE).await.unwrap_err();
    let lack = "these credentials may not list: they lack storage.objects.list on bucket backups (prefix bao/prod/)";
    assert_eq!((failure.trouble, failure.cause.as_str()), (Trouble::AccessDenied, lack));
}

#[tokio::test]
async fn something_else_behind_the_endpoint_is_no_missing_object() {
    for answer in [("404 Not Found", "<html>nope</html>"), ("200 OK", "<html>hello</html>"), ("200 OK", "<a/>")] {
        let script = Script::start(&[answer]).await;
        let failure = page(&store(&script), &Ask::default(), PATIENCE).await.unwrap_err();
        assert_eq!(failure.trouble, Trouble::Other);
        assert!(failure.cause.contains("not in the way of Google Cloud Storage: is this the right endpoint?"), "{failure}");
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_named_and_not_the_key() {
    let (_, document) = refusal("", "AuthenticationRequired");
    let script = Script::start(&[("401 Unauthorized\r\nDate: Sat, 21 Nov 2020 12:00:00 GMT", &document)]).await;
    let failure = head(&store(&script), KEY, PATIENCE).await.unwrap_err();
    assert_eq!(failure.trouble, Trouble::ClockSkew);
    assert!(failure.cause.starts_with("the clocks of this machine and of 127.0.0.1:"), "{failure}");
}

#[tokio::test]
async fn a_failing_store_is_asked_twice_and_no_more() {
    let found = ("200 OK\r\nETag: \"a\"\r\nLast-Modified: Sat, 21 Nov 2026 00:41:20 GMT", "12345");
    let script = Script::start(&[("503 Service Unavailable", ""), found]).await;
    let object = head(&store(&script), KEY, PATIENCE).await.unwrap();
    assert_eq!((object.size, object.etag.as_deref()), (5, Some("\"a\"")));
    assert_eq!(object.last_modified.map(|at| at.to_string()).as_deref(), Some("2026-11-21T00:41:20Z"));
    let script = Script::start(&[("503 Service Unavailable", "")]).await;
    let failure = page(&store(&script), &Ask::default(), PATIENCE).await.unwrap_err();
    assert_eq!((failure.trouble, script.seen().len()), (Trouble::Server(503), 2));
}

#[tokio::test]
async fn a_page_is_asked_for_and_read_whatever_its_keys() {
    let document = "<?xml version='1.0' encoding='UTF-8'?><ListBucketResult xmlns='http://doc.s3.amazonaws.com/2006-03-01'>\
        <Name>backups</Name><Prefix>bao/</Prefix><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>\
        <Contents><Key>bao//odd%0Akey/..</Key><Generation>1</Generation><LastModified>2026-11-21T00:41:20.123Z</LastModified>\
        <ETag>\"9f2c\"</ETag><Size>5</Size></Contents><CommonPrefixes><Prefix>bao/2026-11-21T</Prefix></CommonPrefixes>\
        </ListBucketResult>";
    let script = Script::start(&[("200 OK", document)]).await;
    let ask = Ask {
        prefix: "bao/".into(),
        delimiter: Some("T".into()),
        start_after: Some("bao".into()),
        limit: Some(7),
        ..Ask::default()
    };
    let answer = page(&store(&script), &ask, PATIENCE).await.unwrap();
    assert_eq!(answer.keys[0].key, "bao//odd\nkey/..");
    assert_eq!((answer.keys[0].size, answer.keys[0].etag.as_deref()), (5, Some("\"9f2c\"")));
    assert_eq!((answer.prefixes, answer.next), (vec!["bao/2026-11-21T".to_owned()], None));
    let asked = &script.seen()[0];
    let line = "GET /backups?list-type=2&encoding-type=url&prefix=bao%2F&max-keys=7&delimiter=T&start-after=bao HTTP/1.1\r\n";
    assert!(asked.starts_with(line), "{asked}");
}

#[tokio::test]
async fn ranges_are_of_the_object_that_was_looked_at() {
    let part = "206 Partial Content\r\nETag: \"a\"\r\nContent-Range: bytes 2-4/9";
    let script = Script::start(&[(part, "cde"), ("412 Precondition Failed", ""), ("416 Range Not Satisfiable", "")]).await;
    let store = store(&script);
    let read = async |from: u64| range(&store, "a b", from, 3, Some("\"a\""), PATIENCE).await;
    assert_eq!(read(2).await.unwrap(), "cde");
    let asked = script.seen()[0].to_ascii_lowercase();
    for line in ["get /backups/a%20b http/1.1", "range: bytes=2-4", "if-match: \"a\"", "accept-encoding: gzip"] {
        assert!(asked.contains(&format!("{line}\r\n")), "{line}: {asked}");
    }
    assert!(!asked.contains("authorization"), "nobody signs in to an emulator");
    assert_eq!(read(2).await.unwrap_err().trouble, Trouble::Changed);
    assert_eq!(read(9).await.unwrap(), "", "there is no such byte");
}

#[tokio::test]
async fn reading_goes_on_where_a_connection_broke() {
    let rest = "206 Partial Content\r\nETag: \"a\"\r\nContent-Range: bytes 4-8/9";
    let script = Script::start(&[("200 OK\r\nETag: \"a\"\r\nContent-Length: 9", "abcd"), (rest, "efghi")]).await;
    let mut reading = open(&store(&script), KEY).await.unwrap();
    let mut all = Vec::new();
    while let Some(bytes) = reading.next().await.unwrap() {
        all.extend_from_slice(&bytes);
    }
    assert_eq!(all, b"abcdefghi");
    assert!(script.seen()[1].to_ascii_lowercase().contains("range: bytes=4-\r\nif-match: \"a\""), "{:?}", script.seen());
}

#[tokio::test]
async fn a_client_of_the_json_api_may_have_been_meant() {
    let script = Script::start(&[("200 OK", "12345")]).await;
    let config = config(&format!("{}/storage/v1/", script.url), Credentials::Anonymous);
    let store = Store::open(AnyConfig::Gcs(config), Arc::new(Direct)).unwrap();
    assert_eq!(head(&store, "x", PATIENCE).await.unwrap().size, 5);
    assert!(script.seen()[0].starts_with("HEAD /backups/x HTTP/1.1\r\n"), "{:?}", script.seen());
}

const PERSON: &str =
    r#"{"type":"authorized_user","client_id":"id","client_secret":"the-client-secret","refresh_token":"the+refresh/token"}"#;

#[tokio::test]
async fn a_persons_sign_in_is_exchanged_once() {
    let script = Script::start(&[("200 OK", r#"{"access_token":"the-token","expires_in":3600}"#)]).await;
    let access = Access::of_person(Tokens::new(Arc::new(Direct)).unwrap(), PERSON, &format!("{}/token", script.url)).unwrap();
    for _ in 0..2 {
        assert_eq!(access.bearer().await.unwrap().map(|token| token.expose().to_owned()).as_deref(), Some("the-token"));
    }
    let seen = script.seen();
    assert_eq!(seen.len(), 1, "until it ends");
    assert!(seen[0].starts_with("POST /token HTTP/1.1\r\n"), "{seen:?}");
    let form = "grant_type=refresh_token&client_id=id&client_secret=the-client-secret&refresh_token=the%2Brefresh%2Ftoken";
    assert!(seen[0].ends_with(form), "{seen:?}");
}

#[tokio::test]
async fn a_sign_in_that_has_ended_says_so() {
    let refused = r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#;
    let script = Script::start(&[("400 Bad Request", refused)]).await;
    let access = Access::of_person(Tokens::new(Arc::new(Direct)).unwrap(), PERSON, &script.url).unwrap();
    let failure = access.bearer().await.unwrap_err();
    assert_eq!(
        (failure.trouble, failure.cause.as_str()),
        (Trouble::BadCredentials, "127.0.0.1 gives no token for these credentials")
    );
    assert_eq!(failure.server.as_deref(), Some("invalid_grant: Token has been expired or revoked."));
}

#[tokio::test]
async fn credentials_that_cannot_be_used_are_named_and_not_shown() {
    let why = async |json: &str| {
        let config = config("https://storage.example", Credentials::Json(Sensitive::new(json)));
        let failure = Gcs::new(config, Arc::new(Direct)).unwrap().access.bearer().await.unwrap_err();
        assert_eq!(failure.trouble, Trouble::NoCredentials);
        assert!(!format!("{failure:?}").contains("s3cret"), "{failure:?}");
        failure.cause
    };
    assert_eq!(why("s3cret").await, "credentials.json does not hold Google credentials (JSON)");
    assert_eq!(
        why(r#"{"type":"s3cret-but-typed","client_id":5}"#).await,
        "credentials.json does not hold Google credentials (JSON)"
    );
    let federated = why(r#"{"type":"external_account","audience":"x"}"#).await;
    assert!(federated.contains("a kind that is not supported here (external_account)"), "{federated}");
    assert!(federated.contains("gcloud auth print-access-token"), "{federated}");
    let incomplete = "credentials.json lacks a part of the credentials that it says it holds";
    assert_eq!(why(r#"{"type":"service_account","client_email":"a@b"}"#).await, incomplete);
    assert_eq!(why(r#"{"type":"authorized_user","client_secret":"s3cret"}"#).await, incomplete);
    let broken = r#"{"type":"service_account","client_email":"a@b","private_key_id":"1","private_key":"s3cret"}"#;
    assert_eq!(why(broken).await, "the private key in credentials.json cannot be used");
}
