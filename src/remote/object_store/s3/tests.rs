//! Every outcome of looking at an object, against the range's S3 endpoint (which verifies signatures).

mod connections;
mod listing;
mod reading;

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::drill::pki::Authority;
use crate::drill::s3::{Fault, GENUINE_SNAPSHOT, S3 as Server, S3Options};
use crate::remote::object_store::{Store, head, head_bytes};
use crate::remote::tunnel::dial::{DialError, Direct, Stream};

/// Long enough for any machine; no test waits for it.
const PATIENCE: Duration = Duration::from_secs(60);
const KEY: &str = "bao/prod/2026-11-21T01-02-03Z-0a1b2c3d.snap";

async fn server(options: S3Options) -> Server {
    let server = Server::start(options).await.unwrap();
    server.put("snapshots", KEY, GENUINE_SNAPSHOT);
    server
}

fn config(server: &Server) -> Config {
    Config {
        endpoint: Some(server.url()),
        bucket: "snapshots".into(),
        region: DEFAULT_REGION.into(),
        path_style: true,
        insecure_skip_verify: false,
        ca_cert: None,
        credentials: keys("drill-access-key", "drill-secret-key"),
    }
}

fn keys(id: &str, secret: &str) -> Credentials {
    Credentials::Keys { access_key_id: id.into(), secret_access_key: secret.into(), session_token: None }
}

fn store(config: Config) -> Store {
    Store::s3(config, Arc::new(Direct)).unwrap()
}

/// The failure of a look at `KEY` after a change of the configuration.
async fn failure(server: &Server, change: impl FnOnce(&mut Config)) -> StoreFailure {
    let mut config = config(server);
    change(&mut config);
    head(&store(config), KEY, PATIENCE).await.unwrap_err()
}

#[tokio::test]
async fn an_object_that_is_there() {
    let server = server(S3Options::default()).await;
    let store = store(config(&server));
    let found = head(&store, KEY, PATIENCE).await.unwrap();
    assert_eq!(found.size, GENUINE_SNAPSHOT.len() as u64);
    assert_eq!(found.last_modified.map(Timestamp::as_second), server.get("snapshots", KEY).map(|o| o.last_modified.as_second()));
    assert!(found.etag.is_some_and(|tag| tag.starts_with('"')));
    assert_eq!(server.requests().len(), 1, "one request is enough");
    assert_eq!(head_bytes(&store, KEY, PATIENCE).await.unwrap(), &GENUINE_SNAPSHOT[..16 * 1024]);
}

#[tokio::test]
async fn odd_keys_are_signed_as_they_are_sent() {
    let server = server(S3Options::default()).await;
    for key in ["a b/c+d=e&f.snap", "ümläut/~x'(1)*!.snap", "double//slash", "dot/../dot"] {
        server.put("snapshots", key, "12345");
        assert_eq!(head(&store(config(&server)), key, PATIENCE).await.map(|found| found.size), Ok(5), "{key}");
    }
    server.put("snapshots", "empty", "");
    assert_eq!(head_bytes(&store(config(&server)), "empty", PATIENCE).await, Ok(Bytes::new()));
}

#[tokio::test]
async fn what_is_missing() {
    let server = server(S3Options::default()).await;
    let missing = head(&store(config(&server)), "other.snap", PATIENCE).await.unwrap_err();
    assert_eq!(missing.trouble, Trouble::KeyMissing);
    assert_eq!(missing.cause, "bucket snapshots has no object other.snap");
    let missing = failure(&server, |config| config.bucket = "nowhere".into()).await;
    assert_eq!(missing.trouble, Trouble::BucketMissing);
    assert_eq!(missing.server.as_deref(), Some("NoSuchBucket: The specified bucket does not exist"));
}

#[tokio::test]
async fn credentials_that_do_not_fit() {
    let server = server(S3Options::default()).await;
    let wrong = failure(&server, |config| config.credentials = keys("somebody", "drill-secret-key")).await;
    assert_eq!(wrong.trouble, Trouble::BadCredentials);
    assert!(wrong.cause.ends_with(" does not know the access key id of these credentials"), "{wrong}");
    assert!(wrong.server.is_some_and(|text| text.starts_with("InvalidAccessKeyId")));
    // One bit: 'y' is 'x' plus one.
    let wrong = failure(&server, |config| config.credentials = keys("drill-access-key", "drill-secret-kex")).await;
    assert_eq!(wrong.trouble, Trouble::BadCredentials);
    assert!(wrong.cause.contains(" does not accept the signature"), "{wrong}");
    assert!(wrong.server.is_some_and(|text| text.starts_with("SignatureDoesNotMatch")));
}

#[tokio::test]
async fn temporary_credentials_bring_their_token() {
    let server = server(S3Options { session_token: Some("token".into()), ..S3Options::default() }).await;
    let with = |token: Option<&str>| {
        let mut config = config(&server);
        let Credentials::Keys { session_token, .. } = &mut config.credentials else { unreachable!("made of keys") };
        *session_token = token.map(Sensitive::from);
        store(config)
    };
    assert!(head(&with(Some("token")), KEY, PATIENCE).await.is_ok());
    let refused = head(&with(None), KEY, PATIENCE).await.unwrap_err();
    assert_eq!(refused.trouble, Trouble::BadCredentials);
    assert!(refused.cause.ends_with(" does not accept the session token of these credentials"), "{refused}");
}

#[tokio::test]
async fn a_bucket_that_is_not_allowed() {
    let mut options = S3Options::default();
    options.buckets.entry("secret".into()).or_default().denied = true;
    let server = server(options).await;
    let denied = failure(&server, |config| config.bucket = "secret".into()).await;
    assert_eq!(denied.trouble, Trouble::AccessDenied);
}

#[tokio::test]
async fn another_region_is_named() {
    let server = server(S3Options { region: Some("eu-central-1".into()), ..S3Options::default() }).await;
    let wrong = failure(&server, |_| ()).await;
    assert_eq!(wrong.trouble, Trouble::WrongRegion(Some("eu-central-1".into())));
    assert_eq!(wrong.cause, "bucket snapshots is in region eu-central-1, not in us-east-1");
}

#[tokio::test]
async fn clocks_that_differ_too_much() {
    let hour = jiff::SignedDuration::from_hours(1);
    let server = server(S3Options { clock_ahead: hour, ..S3Options::default() }).await;
    let skewed = failure(&server, |_| ()).await;
    assert_eq!(skewed.trouble, Trouble::ClockSkew, "{skewed}");
}

#[tokio::test]
async fn a_redirect_without_a_name_is_another_region() {
    let server = server(S3Options::default()).await;
    server.fail(Fault::Status(301));
    assert_eq!(failure(&server, |_| ()).await.trouble, Trouble::WrongRegion(None));
}

/// A server that answers each request on a connection of its own with this text; to HEAD without the body.
async fn canned(head: &'static str, body: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            let sent = if request.starts_with(b"HEAD") { "" } else { body };
            let answer = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{sent}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    url
}

#[tokio::test]
async fn a_web_server_knows_nothing_of_objects() {
    let url = canned("404 Not Found", "<html>nope</html>").await;
    let server = server(S3Options::default()).await;
    let other = failure(&server, |config| config.endpoint = Some(url)).await;
    assert_eq!(other.trouble, Trouble::Other);
    assert!(other.cause.ends_with("answered HTTP 404 and not in the way of S3: is this the right endpoint?"), "{other}");
}

/// Remembers who was called and answers nobody.
#[derive(Debug, Default)]
struct Called(std::sync::Mutex<Vec<String>>);

impl Dial for Called {
    fn dial<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, Result<Box<dyn Stream>, DialError>> {
        self.0.lock().unwrap().push(format!("{host}:{port}"));
        async move { Err(DialError::UnknownHost(host.to_owned())) }.boxed()
    }
}

#[tokio::test]
async fn without_an_endpoint_it_is_aws() {
    let server = server(S3Options::default()).await;
    let called = Arc::new(Called::default());
    for path_style in [true, false] {
        let config = Config { endpoint: None, region: "eu-west-1".into(), path_style, ..config(&server) };
        let store = Store::s3(config, called.clone()).unwrap();
        let unknown = head(&store, KEY, PATIENCE).await.unwrap_err();
        assert_eq!(unknown.trouble, Trouble::Unreachable);
        assert!(unknown.cause.starts_with("S3 in eu-west-1: the host name"), "{unknown}");
    }
    let hosts = ["s3.eu-west-1.amazonaws.com:443", "snapshots.s3.eu-west-1.amazonaws.com:443"];
    assert_eq!(*called.0.lock().unwrap(), hosts);
}

#[tokio::test]
async fn a_store_that_fails_is_asked_twice_and_no_more() {
    let server = server(S3Options::default()).await;
    server.fail_next(Fault::Status(500));
    assert!(head(&store(config(&server)), KEY, PATIENCE).await.is_ok(), "the second attempt works");
    server.fail_next(Fault::Cut);
    assert!(head(&store(config(&server)), KEY, PATIENCE).await.is_ok(), "so after a cut");
    let before = server.requests().len();
    server.fail(Fault::Status(503));
    assert_eq!(failure(&server, |_| ()).await.trouble, Trouble::Server(503));
    assert_eq!(server.requests().len() - before, 2);
    server.fail(Fault::Cut);
    let cut = failure(&server, |_| ()).await;
    assert_eq!(cut.trouble, Trouble::Unreachable);
    assert!(cut.cause.contains("cut before the answer"), "{cut}");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_shorter_object() {
    let server = server(S3Options::default()).await;
    server.fail(Fault::CutBody);
    let cut = head_bytes(&store(config(&server)), KEY, PATIENCE).await.unwrap_err();
    assert_eq!(cut.trouble, Trouble::Unreachable);
}

#[tokio::test]
async fn a_store_that_never_answers_ends_at_the_deadline() {
    let server = server(S3Options::default()).await;
    server.fail(Fault::Stall);
    let store = store(config(&server));
    // The request arrives before the deadline can be judged, however slow the machine.
    let mut deadline = Duration::from_millis(50);
    let stalled = loop {
        let stalled = head(&store, KEY, deadline).await.unwrap_err();
        if !server.requests().is_empty() {
            break stalled;
        }
        deadline *= 2;
    };
    assert_eq!(stalled.trouble, Trouble::TimedOut);
    assert!(stalled.cause.contains("takes connections and did not answer within"), "{stalled}");
}

/// Never connects.
#[derive(Debug)]
struct Nowhere;

impl Dial for Nowhere {
    fn dial<'a>(&'a self, _: &'a str, _: u16) -> BoxFuture<'a, Result<Box<dyn Stream>, DialError>> {
        std::future::pending().boxed()
    }
}

#[tokio::test]
async fn a_network_that_swallows_everything_is_told_apart() {
    let server = server(S3Options::default()).await;
    let store = Store::s3(Config { endpoint: Some("http://store.example:9000".into()), ..config(&server) }, Arc::new(Nowhere));
    let lost = head(&store.unwrap(), KEY, Duration::from_millis(100)).await.unwrap_err();
    assert_eq!((lost.trouble, lost.cause.as_str()), (Trouble::TimedOut, "no connection to store.example:9000 within 0.1 s"));
}

#[tokio::test]
async fn nobody_listens() {
    let server = server(S3Options::default()).await;
    let config = config(&server);
    server.stop().await;
    let refused = head(&store(config), KEY, PATIENCE).await.unwrap_err();
    assert_eq!(refused.trouble, Trouble::Unreachable);
    assert!(refused.cause.ends_with("refuses connections"), "{refused}");
}

#[tokio::test]
async fn certificates_are_checked_unless_the_target_says_otherwise() {
    let authority = Authority::new("range");
    let tls = Some(authority.server(&["127.0.0.1"]));
    let server = server(S3Options { tls, ..S3Options::default() }).await;
    let unknown = failure(&server, |_| ()).await;
    assert_eq!(unknown.trouble, Trouble::Tls);
    assert!(unknown.cause.contains("not trusted here"), "{unknown}");
    let other = failure(&server, |config| config.ca_cert = Some(Authority::new("other").certificate())).await;
    assert_eq!(other.trouble, Trouble::Tls);
    assert_eq!(server.requests(), [], "nothing was sent to a server that is not believed");
    let known = Config { ca_cert: Some(authority.certificate()), ..config(&server) };
    assert!(head(&store(known), KEY, PATIENCE).await.is_ok());
    let insecure = Config { insecure_skip_verify: true, ..config(&server) };
    assert!(head(&store(insecure), KEY, PATIENCE).await.is_ok());
    let plain = server.url().replace("https://", "http://");
    assert_eq!(failure(&server, |config| config.endpoint = Some(plain)).await.trouble, Trouble::Unreachable);
}

#[tokio::test]
async fn tls_to_a_server_without_tls() {
    let server = server(S3Options::default()).await;
    let wrong = failure(&server, |config| config.endpoint = Some(server.url().replace("http://", "https://"))).await;
    assert_eq!(wrong.trouble, Trouble::Tls);
    assert!(wrong.cause.ends_with("the server does not speak TLS on this port"), "{wrong}");
}

/// Whatever the name, this address: what a tunnel does.
#[derive(Debug)]
struct Always(std::net::SocketAddr);

impl Dial for Always {
    fn dial<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, Result<Box<dyn Stream>, DialError>> {
        assert!(host.ends_with("s3.storage.svc") && port == 9443, "{host}:{port}");
        async move { Ok(Box::new(tokio::net::TcpStream::connect(self.0).await.unwrap()) as Box<dyn Stream>) }.boxed()
    }
}

#[tokio::test]
async fn host_and_tls_name_survive_a_tunnel() {
    let authority = Authority::new("range");
    let tls = Some(authority.server(&["s3.storage.svc", "*.s3.storage.svc"]));
    let server = server(S3Options { tls, ..S3Options::default() }).await;
    let inside = Config {
        endpoint: Some("https://s3.storage.svc:9443".into()),
        ca_cert: Some(authority.certificate()),
        ..config(&server)
    };
    let bucket_in_host = Config { path_style: false, ..inside.clone() };
    for config in [inside, bucket_in_host] {
        let store = Store::s3(config, Arc::new(Always(server.address()))).unwrap();
        assert_eq!(head(&store, KEY, PATIENCE).await.map(|found| found.size), Ok(GENUINE_SNAPSHOT.len() as u64));
    }
    let hosts: Vec<_> = server.requests().into_iter().map(|seen| seen.host).collect();
    assert_eq!(hosts, ["s3.storage.svc:9443", "snapshots.s3.storage.svc:9443"]);
}

#[test]
fn endpoints_that_cannot_be_used() {
    let why = |text: &str| endpoint(text).map_err(|failure| failure.cause);
    assert_eq!(why("s3://store.example").map(|url| url.to_string()), Ok("https://store.example/".into()));
    assert_eq!(why("minio:9000"), Err("the endpoint minio:9000 has no scheme (https://…)".into()));
    assert_eq!(why("ftp://x"), Err("the endpoint ftp://x has the scheme ftp, not https".into()));
    assert!(why("https://").unwrap_err().contains("is not a URL"));
    assert!(why("https://a:b@store.example").unwrap_err().contains("must not hold credentials"));
}

#[test]
fn secrets_with_half_a_key_pair_are_refused() {
    let data = |names: &[&str]| -> BTreeMap<String, ByteString> {
        names.iter().map(|name| (name.to_string(), ByteString(format!(" the {name}\n").into_bytes()))).collect()
    };
    assert_eq!(SecretContents::read(&data(&["accessKeyId"])), Err("secretAccessKey"));
    assert_eq!(SecretContents::read(&data(&["secretAccessKey", "region"])), Err("accessKeyId"));
    assert_eq!(SecretContents::read(&data(&[])), Ok(SecretContents::default()));
    let full = SecretContents::read(&data(&["accessKeyId", "secretAccessKey", "sessionToken", "region", "caCert"])).unwrap();
    assert_eq!((full.region.as_deref(), full.ca_cert.as_deref()), (Some("the region"), Some("the caCert")));
    assert!(!format!("{full:?}").contains("the accessKeyId"), "secrets do not print");
}

#[test]
fn profiles_that_need_a_login_say_how() {
    let cause = |said: &str| no_credentials(said).cause;
    assert!(cause("This behavior requires following cargo feature(s) enabled: sso.").contains("export-credentials"));
    assert!(cause("no credentials found in chain").contains("no AWS credentials"));
}
