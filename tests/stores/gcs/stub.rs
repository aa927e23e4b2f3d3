//! Google Cloud Storage's XML API as far as it is asked: list, head, get. Over TLS it wants a token that the service
//! account signed itself, and checks it; over plain HTTP it is an emulator, to which nobody signs in.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::Bound;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kubectl_openbao::drill::pki::Authority;
use kubectl_openbao::drill::s3::acceptor;
use rcgen::{KeyPair, PKCS_RSA_SHA256};
use rustls::SignatureScheme;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// The bucket that there is.
pub const BUCKET: &str = "vault-backups";
const EMAIL: &str = "backup@acme.iam.gserviceaccount.com";
/// The most entries of a page: small, so that there are several.
const PAGE: usize = 50;

/// A running one; it ends with the test's runtime.
pub struct Stub {
    address: std::net::SocketAddr,
    authority: Option<Authority>,
    state: Arc<State>,
}

struct State {
    key: KeyPair,
    secure: bool,
    objects: Mutex<BTreeMap<String, Bytes>>,
    /// The permission that nobody has.
    withheld: Mutex<Option<&'static str>>,
    asked: Mutex<Vec<String>>,
}

impl Stub {
    /// One that wants tokens.
    pub async fn start() -> Stub {
        Stub::serve(Some(Authority::new("gcs-ca"))).await
    }

    /// One that wants none.
    pub async fn emulator() -> Stub {
        Stub::serve(None).await
    }

    async fn serve(authority: Option<Authority>) -> Stub {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let state = State {
            key,
            secure: authority.is_some(),
            objects: Mutex::default(),
            withheld: Mutex::default(),
            asked: Mutex::default(),
        };
        let state = Arc::new(state);
        let acceptor = authority.as_ref().map(|authority| acceptor(&authority.server(&["127.0.0.1"])).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(accept(listener, acceptor, state.clone()));
        Stub { address, authority, state }
    }

    pub fn url(&self) -> String {
        format!("{}://{}", if self.authority.is_some() { "https" } else { "http" }, self.address)
    }

    /// Host and port, as messages name it.
    pub fn place(&self) -> String {
        self.address.to_string()
    }

    /// The authority's certificate, PEM.
    pub fn ca(&self) -> String {
        self.authority.as_ref().expect("it speaks TLS").certificate()
    }

    /// `credentials.json` of the service account.
    pub fn credentials(&self) -> Value {
        let key = self.state.key.serialize_pem();
        json!({"type": "service_account", "project_id": "acme", "private_key_id": "key-1", "private_key": key,
            "client_email": EMAIL, "token_uri": "https://oauth2.googleapis.com/token"})
    }

    pub fn put(&self, key: &str, bytes: &[u8]) {
        self.state.objects.lock().unwrap().insert(key.to_owned(), Bytes::copy_from_slice(bytes));
    }

    /// Nobody has this permission any more.
    pub fn withhold(&self, permission: Option<&'static str>) {
        *self.state.withheld.lock().unwrap() = permission;
    }

    /// The queries of the lists that were asked for so far, which are then forgotten.
    pub fn lists(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.state.asked.lock().unwrap());
        asked.into_iter().filter(|asked| asked.contains("list-type=2")).collect()
    }
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, state) = (acceptor.clone(), state.clone());
        tokio::spawn(async move {
            match acceptor {
                None => converse(stream, state).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        converse(stream, state).await;
                    }
                }
            }
        });
    }
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin, state: Arc<State>) {
    let answer = service_fn(|request: Request<Incoming>| {
        let answer = state.answer(&request);
        async move { Ok::<_, Infallible>(answer) }
    });
    // Whoever goes away early is no concern here.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

type Answer = Response<Full<Bytes>>;

impl State {
    fn answer(&self, request: &Request<Incoming>) -> Answer {
        self.asked.lock().unwrap().push(request.uri().query().unwrap_or_default().to_owned());
        if self.secure && !self.is_signed(request.headers()) {
            return refused(401, "AuthenticationRequired", "Authentication required.");
        }
        let path = percent_encoding::percent_decode_str(request.uri().path()).decode_utf8().unwrap().into_owned();
        let (bucket, key) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
        if bucket != BUCKET {
            return refused(404, "NoSuchBucket", "The specified bucket does not exist.");
        }
        let needed = if key.is_empty() { "storage.objects.list" } else { "storage.objects.get" };
        if *self.withheld.lock().unwrap() == Some(needed) {
            return refused(
                403,
                "AccessDenied",
                &format!("{EMAIL} does not have {needed} access to the Google Cloud Storage bucket."),
            );
        }
        match key {
            "" => self.list(request.uri().query().unwrap_or_default()),
            key => self.object(key, request),
        }
    }

    /// A JWT that the service account signed itself, for all of Google Cloud, for an hour (google.aip.dev/auth/4111).
    fn is_signed(&self, headers: &HeaderMap) -> bool {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let Some((signed, signature)) = bearer.and_then(|token| token.rsplit_once('.')) else { return false };
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        let Some((head, claims)) = signed.split_once('.') else { return false };
        let (head, claims): (Value, Value) =
            match (serde_json::from_slice(&decoded(head)), serde_json::from_slice(&decoded(claims))) {
                (Ok(head), Ok(claims)) => (head, claims),
                _ => return false,
            };
        assert_eq!(head, json!({"typ": "JWT", "alg": "RS256", "kid": "key-1"}));
        assert_eq!(claims["scope"], "https://www.googleapis.com/auth/cloud-platform");
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!(EMAIL), &json!(EMAIL)));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);
        let algorithms = rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
        let known = algorithms.mapping.iter().find(|(scheme, _)| *scheme == SignatureScheme::RSA_PKCS1_SHA256);
        known.expect("RSA is known").1.iter().any(|algorithm| {
            algorithm.verify_signature(self.key.public_key_raw(), signed.as_bytes(), &decoded(signature)).is_ok()
        })
    }

    fn object(&self, key: &str, request: &Request<Incoming>) -> Answer {
        let Some(bytes) = self.objects.lock().unwrap().get(key).cloned() else {
            return refused(404, "NoSuchKey", "The specified key does not exist.");
        };
        let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let etag = etag(&bytes);
        if text(header::IF_MATCH).is_some_and(|wanted| wanted != etag) {
            return refused(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.");
        }
        let answer =
            Response::builder().header(header::ETAG, etag).header(header::LAST_MODIFIED, "Sat, 21 Nov 2026 00:41:20 GMT");
        let range = text(header::RANGE).and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
        let (answer, body) = match range {
            None => (answer, bytes),
            Some((from, to)) => {
                let (from, size): (usize, usize) = (from.parse().unwrap(), bytes.len());
                if from >= size {
                    return refused(416, "InvalidRange", "The requested range cannot be satisfied.");
                }
                let to = to.parse().map_or(size, |to: usize| (to + 1).min(size));
                let said = format!("bytes {from}-{}/{size}", to - 1);
                (answer.status(206).header(header::CONTENT_RANGE, said), bytes.slice(from..to))
            }
        };
        let length = body.len();
        let body = if request.method() == Method::HEAD { Bytes::new() } else { body };
        answer.header(header::CONTENT_LENGTH, length).body(Full::new(body)).unwrap()
    }

    fn list(&self, query: &str) -> Answer {
        let query: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let text = |name: &str| query.get(name).map(String::as_str).filter(|text| !text.is_empty());
        assert_eq!((text("list-type"), text("encoding-type")), (Some("2"), Some("url")));
        let (prefix, delimiter) = (text("prefix").unwrap_or_default(), text("delimiter"));
        let most = text("max-keys").map_or(PAGE, |most| most.parse().unwrap()).min(PAGE);
        let after = text("continuation-token").or(text("start-after")).unwrap_or_default();
        let objects = self.objects.lock().unwrap();
        let (mut entries, mut last, mut more) = (String::new(), None::<String>, false);
        for (count, (key, bytes)) in objects.range::<str, _>((Bound::Excluded(after), Bound::Unbounded)).enumerate() {
            let Some(rest) = key.strip_prefix(prefix) else { continue };
            if last.as_deref().is_some_and(|last| delimiter.is_some_and(|d| last.ends_with(d)) && key.starts_with(last)) {
                continue;
            }
            // As Google's: what was looked at counts, not what is told of it, so that pages may be short.
            if count > 0 && entries.matches("</Size>").count() + entries.matches("<CommonPrefixes>").count() >= most {
                more = true;
                break;
            }
            match delimiter.and_then(|d| rest.find(d).map(|at| prefix.len() + at + d.len())) {
                Some(end) if after.starts_with(&key[..end]) => {}
                Some(end) => {
                    entries.push_str(&format!("<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", encoded(&key[..end])));
                    last = Some(key[..end].to_owned());
                }
                None => {
                    let (key, etag, size) = (encoded(key), etag(bytes), bytes.len());
                    entries.push_str(&format!(
                        "<Contents><Key>{key}</Key><Generation>1</Generation><LastModified>2026-11-21T00:41:20.5Z</LastModified>\
                         <ETag>{etag}</ETag><Size>{size}</Size></Contents>"
                    ));
                    last = None;
                }
            }
            last = last.or_else(|| Some(key.clone()));
        }
        let token =
            last.filter(|_| more).map_or(String::new(), |last| format!("<NextContinuationToken>{last}</NextContinuationToken>"));
        let document = format!(
            "<?xml version='1.0' encoding='UTF-8'?><ListBucketResult xmlns='http://doc.s3.amazonaws.com/2006-03-01'>\
             <Name>{BUCKET}</Name><EncodingType>url</EncodingType><IsTruncated>{more}</IsTruncated>{token}{entries}</ListBucketResult>"
        );
        Response::builder().header(header::CONTENT_TYPE, "application/xml").body(Full::new(document.into())).unwrap()
    }
}

fn encoded(key: &str) -> String {
    percent_encoding::utf8_percent_encode(key, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn etag(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(&sha2::Sha256::digest(bytes)[..12]))
}

fn refused(status: u16, code: &str, message: &str) -> Answer {
    let document =
        format!("<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Response::builder().status(StatusCode::from_u16(status).unwrap()).body(Full::new(document.into())).unwrap()
}
