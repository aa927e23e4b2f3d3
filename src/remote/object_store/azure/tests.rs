//! What is sent to Azure, and what its answers mean.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::remote::object_store::script::Script;
use crate::remote::object_store::{Config as AnyConfig, Store, head, open, page, range};
use crate::remote::tunnel::dial::Direct;

const PATIENCE: Duration = Duration::from_secs(20);
const KEY: &str = "bao/prod/2026-11-21T00-41-19Z-b397e37b.snap";

fn open_store(endpoint: Option<String>, credentials: Credentials) -> Result<Store, StoreFailure> {
    let config = Config {
        endpoint,
        account: Some("acme".into()),
        container: "backups".into(),
        insecure_skip_verify: false,
        ca_cert: None,
        credentials,
    };
    Store::open(AnyConfig::Azure(config), Arc::new(Direct))
}

fn store(script: &Script) -> Store {
    open_store(Some(format!("{}/acme", script.url)), Credentials::AccountKey("a2V5".into())).unwrap()
}

fn refusal(code: &str) -> String {
    format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>No.\nRequestId:1\nTime:2</Message>\
         <AuthenticationErrorDetail>The MAC signature found 'c2VjcmV0' is wrong</AuthenticationErrorDetail></Error>"
    )
}

#[tokio::test]
async fn what_refusals_mean() {
    let lacks = "they lack the role Storage Blob Data Reader, or as a signature the permission";
    let cases = [
        ("404 Not Found", "BlobNotFound", Trouble::KeyMissing, format!("container backups has no object {KEY}")),
        ("404 Not Found", "ContainerNotFound", Trouble::BucketMissing, "PLACE has no container backups".into()),
        (
            "403 Forbidden",
            "AuthorizationPermissionMismatch",
            Trouble::AccessDenied,
            format!("these credentials may not read {KEY} in container backups: {lacks} r"),
        ),
        ("403 Forbidden", "AuthenticationFailed", Trouble::BadCredentials, "PLACE does not accept these credentials".into()),
        (
            "401 Unauthorized",
            "InvalidAuthenticationInfo",
            Trouble::BadCredentials,
            "PLACE does not accept these credentials".into(),
        ),
        (
            "412 Precondition Failed",
            "ConditionNotMet",
            Trouble::Changed,
            format!("the object {KEY} was replaced while it was read"),
        ),
        ("503 Service Unavailable", "ServerBusy", Trouble::Server(503), "PLACE failed with HTTP 503, twice".into()),
        ("404 Not Found", "ResourceNotFound", Trouble::Other, "PLACE answered HTTP 404".into()),
    ];
    for (status, code, trouble, cause) in cases {
        let script = Script::start(&[(status, &refusal(code))]).await;
        let failure = range(&store(&script), KEY, 0, 5, None, PATIENCE).await.unwrap_err();
        assert_eq!((failure.trouble, failure.cause), (trouble, cause.replace("PLACE", script.place())), "{code}");
        assert_eq!(failure.server, Some(format!("{code}: No.")), "what was signed is not said again");
        // HEAD has no body.
        let script = Script::start(&[(&format!("{status}\r\nx-ms-error-code: {code}"), "")]).await;
        assert_eq!(head(&store(&script), KEY, PATIENCE).await.unwrap_err().server.as_deref(), Some(code));
    }
    let script = Script::start(&[("403 Forbidden", &refusal("AuthorizationFailure"))]).await;
    let failure = page(&store(&script), &Ask { prefix: "bao/".into(), ..Ask::default() }, PATIENCE).await.unwrap_err();
    assert_eq!(failure.cause, format!("these credentials may not list container backups (prefix bao/): {lacks} l"));
    for answer in [("404 Not Found", "<html>"), ("200 OK", "<html>"), ("200 OK", "<a/>")] {
        let script = Script::start(&[answer]).await;
        let failure = page(&store(&script), &Ask::default(), PATIENCE).await.unwrap_err();
        assert!(failure.cause.contains("not in the way of Azure Blob Storage"), "{failure}");
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_named_and_not_the_key() {
    let detail = refusal("AuthenticationFailed").replace("The MAC", "Request date header too old: 'x'. The MAC");
    let script = Script::start(&[("403 Forbidden", &detail)]).await;
    let failure = range(&store(&script), KEY, 0, 5, None, PATIENCE).await.unwrap_err();
    assert_eq!(failure.trouble, Trouble::ClockSkew);
    assert!(failure.cause.ends_with(" differ by too much"), "{failure}");
    let long_ago = "403 Forbidden\r\nx-ms-error-code: AuthenticationFailed\r\nDate: Sat, 21 Nov 2020 12:00:00 GMT";
    let script = Script::start(&[(long_ago, "")]).await;
    let failure = head(&store(&script), KEY, PATIENCE).await.unwrap_err();
    assert_eq!(failure.trouble, Trouble::ClockSkew);
    assert!(failure.cause.ends_with(" minutes"), "{failure}");
}

#[tokio::test]
async fn a_page_is_made_of_as_many_as_it_takes() {
    let blob = |name: &str, size: u32| {
        format!(
            "<Blob>{name}<Properties><Creation-Time>x</Creation-Time><Last-Modified>Sat, 21 Nov 2026 00:41:20 GMT</Last-Modified>\
             <Etag>0x8D</Etag><Content-Length>{size}</Content-Length><Content-MD5 /></Properties><OrMetadata /></Blob>"
        )
    };
    let document = |blobs: &str, marker: &str| {
        format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"http://x/\" \
             ContainerName=\"backups\"><Prefix>b</Prefix><Blobs>{blobs}</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>"
        )
    };
    let first = document(&blob("<Name>b/1</Name>", 1), "2!more=");
    let second = [
        blob("<Name>b//2&amp;</Name>", 2),
        blob("<Name Encoded=\"true\">b/3%0A</Name>", 3),
        "<BlobPrefix><Name>b/4T</Name></BlobPrefix>".to_owned(),
    ];
    let script = Script::start(&[("200 OK", &first), ("200 OK", &document(&second.concat(), ""))]).await;
    let ask = Ask { prefix: "b".into(), delimiter: Some("T".into()), start_after: Some("b/1".into()), ..Ask::default() };
    let answer = page(&store(&script), &ask, PATIENCE).await.unwrap();
    let keys: Vec<(&str, u64)> = answer.keys.iter().map(|listed| (listed.key.as_str(), listed.size)).collect();
    assert_eq!(keys, [("b/3\n", 3)], "what lies up to b/1 is left out here, because Azure does not");
    assert_eq!((answer.prefixes, answer.next), (vec!["b/4T".to_owned()], None));
    assert_eq!(answer.keys.last().and_then(|listed| listed.etag.clone()).as_deref(), Some("\"0x8D\""));
    assert_eq!(
        answer.keys.last().and_then(|listed| listed.last_modified).map(|at| at.to_string()).as_deref(),
        Some("2026-11-21T00:41:20Z")
    );
    let lines: Vec<String> = script.seen().iter().map(|asked| asked.lines().next().unwrap_or_default().to_owned()).collect();
    let line = "GET /acme/backups?restype=container&comp=list&prefix=b&maxresults=5000&delimiter=T";
    assert_eq!(lines, [format!("{line} HTTP/1.1"), format!("{line}&marker=2%21more%3D HTTP/1.1")]);
}

/// An account with a hierarchical namespace, as Azure documents it; such an account was not at hand.
#[tokio::test]
async fn where_only_the_slash_delimits_keys_are_rolled_up_here() {
    let refused = refusal("InvalidQueryParameterValue");
    let listed =
        |name: &str| format!("<Blob><Name>{name}</Name><Properties><Content-Length>3</Content-Length></Properties></Blob>");
    let document = |names: &[&str], next: &str| {
        let blobs: String = names.iter().map(|name| listed(name)).collect();
        format!("<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker>{next}</NextMarker></EnumerationResults>")
    };
    let (first, second) = (document(&["p/2026-01-01T1", "p/2026-01-01T2"], "more"), document(&["p/README"], ""));
    let script = Script::start(&[("400 Bad Request", &refused), ("200 OK", &first), ("200 OK", &second)]).await;
    let ask = Ask { prefix: "p/".into(), delimiter: Some("T".into()), ..Ask::default() };
    let answer = page(&store(&script), &ask, PATIENCE).await.unwrap();
    assert_eq!((answer.prefixes, answer.next), (vec!["p/2026-01-01T".to_owned()], None));
    assert_eq!(answer.keys.iter().map(|l| l.key.as_str()).collect::<Vec<_>>(), ["p/README"]);
    assert_eq!(script.seen().iter().filter(|asked| asked.contains("delimiter")).count(), 1);

    let script = Script::start(&[("400 Bad Request", &refused)]).await;
    let failure = page(&store(&script), &ask, PATIENCE).await.unwrap_err();
    assert!(failure.cause.ends_with(" answered HTTP 400"), "{failure}");
}

#[tokio::test]
async fn requests_are_signed_and_the_key_stays_here() {
    let script = Script::start(&[("206 Partial Content\r\nETag: \"a\"\r\nContent-Range: bytes 2-4/9", "cde")]).await;
    assert_eq!(range(&store(&script), "a b", 2, 3, Some("\"a\""), PATIENCE).await.unwrap(), "cde");
    let asked = script.seen()[0].to_ascii_lowercase();
    for line in [
        "get /acme/backups/a%20b http/1.1",
        "range: bytes=2-4",
        "if-match: \"a\"",
        "x-ms-version: ",
        "authorization: sharedkey acme:",
    ] {
        assert!(asked.contains(line), "{line}: {asked}");
    }
    assert!(!asked.contains("a2v5"));
}

#[tokio::test]
async fn a_shared_signature_is_sent_and_never_said() {
    let string = "BlobEndpoint=URL/acme;SharedAccessSignature=sv=2023-11-03&sp=r&sig=s3cret%2Bsig%3D";
    let said = "<Error><Code>AuthenticationFailed</Code><Message>see http://x/y?sv=1&amp;sig=s3cret%2Bsig%3D or s3cret+sig=</Message></Error>";
    let script = Script::start(&[("403 Forbidden", said)]).await;
    let credentials = Credentials::ConnectionString(string.replace("URL", &script.url).as_str().into());
    let store = open_store(None, credentials).unwrap();
    for failure in [
        range(&store, KEY, 0, 5, None, PATIENCE).await.unwrap_err(),
        page(&store, &Ask::default(), PATIENCE).await.unwrap_err(),
        open(&store, KEY).await.err().unwrap(),
    ] {
        assert_eq!(failure.trouble, Trouble::BadCredentials);
        assert!(!format!("{failure:?}").contains("s3cret"), "{failure:?}");
    }
    assert!(script.seen()[0].contains("sig=s3cret%2Bsig%3D"), "{:?}", script.seen());
    assert!(!script.seen()[0].to_ascii_lowercase().contains("authorization"));
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_without_a_request() {
    let cause = |store: Result<Store, StoreFailure>| async {
        let store = match store {
            Ok(store) => store,
            Err(failure) => return failure.cause,
        };
        head(&store, KEY, PATIENCE).await.unwrap_err().cause
    };
    let string = |text: &str| open_store(None, Credentials::ConnectionString(text.into()));
    let nothing = "the connection string has neither AccountKey nor SharedAccessSignature";
    assert_eq!(cause(string("AccountName=acme")).await, nothing);
    assert_eq!(cause(string("AccountName=acme;AccountKey=%%%")).await, "the key of the connection string is not base64");
    assert_eq!(cause(open_store(None, Credentials::AccountKey("%%%".into()))).await, "the key of accountKey is not base64");
    let script = Script::start(&[("200 OK", "")]).await;
    let failure = head(&store(&script), "a/../b", PATIENCE).await.unwrap_err();
    assert!(failure.cause.contains("a name with the parts . or .."), "{failure}");
    assert!(script.seen().is_empty());
}
