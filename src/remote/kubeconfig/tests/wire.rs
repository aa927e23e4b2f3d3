//! What really goes over the wire, against servers on loopback.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::helpers::{token, with_helper};
use super::*;
use crate::drill::pki::{Authority, ClientName};

/// The requests a server saw, as `METHOD path` and headers.
type Seen = Arc<Mutex<Vec<Request<()>>>>;

/// A server that answers every request the same way, chosen by how many came before.
struct Server {
    port: u16,
    seen: Seen,
    authority: String,
}

impl Server {
    async fn plain(answer: fn(usize) -> StatusCode) -> Self {
        Server::start(None, String::new(), answer).await
    }

    /// TLS as `127.0.0.1` and `inner.example`; a client certificate is checked when there is one.
    async fn tls(authority: &Authority, answer: fn(usize) -> StatusCode) -> Self {
        install_crypto_provider();
        let identity = authority.server(&["127.0.0.1", "inner.example"]);
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.certificate().as_bytes()).unwrap()).unwrap();
        let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).allow_unauthenticated().build().unwrap();
        let chain = vec![CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
        let config = rustls::ServerConfig::builder().with_client_cert_verifier(verifier).with_single_cert(chain, key).unwrap();
        Server::start(Some(TlsAcceptor::from(Arc::new(config))), authority.certificate(), answer).await
    }

    async fn start(tls: Option<TlsAcceptor>, authority: String, answer: fn(usize) -> StatusCode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Seen::default();
        let recorded = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, seen) = (tls.clone(), recorded.clone());
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => {
                            // A refused handshake is the client's to report.
                            let Ok(stream) = tls.accept(stream).await else { return };
                            let certificate = stream.get_ref().1.peer_certificates().is_some();
                            serve(stream, seen, certificate, answer).await;
                        }
                        None => serve(stream, seen, false, answer).await,
                    }
                });
            }
        });
        Server { port, seen, authority }
    }

    /// A cluster that leads here.
    fn cluster(&self) -> String {
        if self.authority.is_empty() {
            return format!("server: http://127.0.0.1:{}", self.port);
        }
        let data = super::choosing::base64(&self.authority);
        format!("server: https://127.0.0.1:{}\ncertificate-authority-data: {data}", self.port)
    }

    fn header(&self, name: &str) -> Vec<Vec<String>> {
        let values = |request: &Request<()>| {
            request.headers().get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
        };
        self.seen.lock().unwrap().iter().map(values).collect()
    }
}

async fn serve<S>(stream: S, seen: Seen, certificate: bool, answer: fn(usize) -> StatusCode)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut seen = seen.lock().unwrap();
        let status = answer(seen.len());
        let (mut head, _) = request.into_parts();
        if certificate {
            head.headers.insert("x-test-certificate", "yes".parse().unwrap());
        }
        seen.push(Request::from_parts(head, ()));
        std::future::ready(Ok::<_, Infallible>(
            Response::builder().status(status).header("retry-after", "0").body(Full::new(Bytes::from_static(b"{}"))).unwrap(),
        ))
    });
    // The client closes the connection when the test is over.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn send(client: &kube::Client, method: Method) -> Result<String, kube::Error> {
    client.request_text(Request::builder().method(method).uri("/version").body(Vec::new()).unwrap()).await
}

fn ok(_: usize) -> StatusCode {
    StatusCode::OK
}

#[tokio::test]
async fn the_user_agent_is_ours_and_nothing_is_sent_twice() {
    // Whoever tries again is let in, and found out by its success.
    let refusals: [fn(usize) -> StatusCode; 3] = [
        |seen| if seen % 2 == 0 { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::OK },
        |seen| if seen % 2 == 0 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK },
        |seen| if seen % 2 == 0 { StatusCode::GATEWAY_TIMEOUT } else { StatusCode::OK },
    ];
    for refusal in refusals {
        let server = Server::plain(refusal).await;
        let home = Home::of(&server.cluster(), "");
        let client = client(&home.resolve(&[]).unwrap(), "kubectl-openbao/1.2.3").unwrap();
        for method in [Method::POST, Method::GET] {
            server.seen.lock().unwrap().clear();
            send(&client, method).await.unwrap_err();
            assert_eq!(server.header("user-agent"), [["kubectl-openbao/1.2.3"]]);
        }
    }
}

#[tokio::test]
async fn the_environment_has_no_say_beyond_kubectls() {
    let variables = [
        ("NO_PROXY", "a,,b"),
        ("HTTPS_PROXY", "http://127.0.0.1:1"),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
        ("ALL_PROXY", "http://127.0.0.1:1"),
        ("KUBE_RS_DEBUG_OVERRIDE_URL", "http://127.0.0.1:1"),
        ("KUBE_RS_DEBUG_IMPERSONATE_USER", "somebody"),
        ("KUBE_RS_DEBUG_IMPERSONATE_GROUP", "some"),
    ];
    if !in_a_process("wire::the_environment_has_no_say_beyond_kubectls", &variables, "") {
        return;
    }
    let authority = Authority::new("ca");
    let server = Server::tls(&authority, ok).await;
    let home = Home::of(&server.cluster(), "token: t");
    let mut around = Surroundings::of_process();
    assert_eq!(around.variable("NO_PROXY"), Some("a,,b"));
    around.variables.insert("KUBECONFIG".into(), shown(&home.path("config")).into());
    let client = client(&resolve(&Flags::default(), &around).unwrap(), "test").unwrap();
    send(&client, Method::GET).await.unwrap();
    assert_eq!(server.header("impersonate-user"), [[""; 0]]);
}

#[tokio::test]
async fn token_impersonation_and_server_name_are_sent() {
    let authority = Authority::new("ca");
    let server = Server::tls(&authority, ok).await;
    let home = Home::of(&format!("{}\ntls-server-name: inner.example", server.cluster()), "token: t");
    let arguments = ["--as=me", "--as-group=a", "--as-group=b", "--as-uid=7", "--as-user-extra=k/x=v"];
    send(&client(&home.resolve(&arguments).unwrap(), "test").unwrap(), Method::GET).await.unwrap();
    assert_eq!(server.header("authorization"), [["Bearer t"]]);
    assert_eq!(server.header("impersonate-user"), [["me"]]);
    assert_eq!(server.header("impersonate-group"), [["a", "b"]]);
    assert_eq!(server.header("impersonate-uid"), [["7"]]);
    assert_eq!(server.header("impersonate-extra-k%2fx"), [["v"]]);

    let astray = home.resolve(&["--tls-server-name", "elsewhere.example"]).unwrap();
    assert!(send(&client(&astray, "test").unwrap(), Method::GET).await.is_err());
}

#[tokio::test]
async fn relative_certificate_files_are_used() {
    let authority = Authority::new("ca");
    let server = Server::tls(&authority, ok).await;
    let url = format!("server: https://127.0.0.1:{}\ncertificate-authority: pki/ca.crt", server.port);
    let home = Home::of(&url, "client-certificate: pki/c.crt\nclient-key: pki/c.key");
    let identity = authority.client(&ClientName { user: "u", groups: &["g"], expired: false });
    std::fs::create_dir(home.path("pki")).unwrap();
    home.write("pki/ca.crt", &server.authority);
    home.write("pki/c.crt", &identity.certificate);
    // Without its last line break, as some tools write it.
    home.write("pki/c.key", identity.key.trim_end());
    send(&client(&home.resolve(&[]).unwrap(), "test").unwrap(), Method::GET).await.unwrap();
    assert_eq!(server.header("x-test-certificate"), [["yes"]]);

    // The kubeconfig's own CA is what decides: another one does not do.
    home.write("other.crt", &Authority::new("other").certificate());
    let other = home.resolve(&["--certificate-authority", "other.crt"]).unwrap();
    assert!(send(&client(&other, "test").unwrap(), Method::GET).await.is_err());
    let insecure = home.resolve(&["--insecure-skip-tls-verify"]).unwrap();
    send(&client(&insecure, "test").unwrap(), Method::GET).await.unwrap();
}

#[tokio::test]
async fn a_key_of_another_certificate_is_a_failure_not_a_panic() {
    let authority = Authority::new("ca");
    let of = |user| authority.client(&ClientName { user, groups: &[], expired: false });
    let (certificate, key) = (super::choosing::base64(&of("a").certificate), super::choosing::base64(&of("b").key));
    let home = Home::of("server: https://a", &format!("client-certificate-data: {certificate}\nclient-key-data: {key}"));
    let failure = client(&home.resolve(&[]).unwrap(), "test").map(drop).unwrap_err();
    assert_eq!(failure.exit, crate::exit::Exit::Usage);
}

#[tokio::test]
async fn a_helper_runs_once_for_a_client_and_again_after_a_refusal() {
    let authority = Authority::new("ca");
    let refuse_second = |seen| if seen == 1 { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    let server = Server::tls(&authority, refuse_second).await;
    let home = with_helper(&server.cluster(), &token("'$(grep -c run runs)'"), "");
    let resolved = home.resolve(&[]).unwrap();
    authenticate(&resolved).unwrap();
    let client = client(&resolved, "test").unwrap();
    send(&client, Method::GET).await.unwrap();
    assert_eq!(home.read("runs").lines().count(), 1);
    // The refused request is not sent again; the next one has a new token.
    send(&client, Method::GET).await.unwrap_err();
    send(&client, Method::GET).await.unwrap();
    send(&client, Method::GET).await.unwrap();
    assert_eq!(server.header("authorization"), [["Bearer 1"], ["Bearer 1"], ["Bearer 2"], ["Bearer 2"]]);
    assert_eq!(home.read("runs").lines().count(), 2);
}

#[tokio::test]
async fn a_helper_that_fails_later_fails_the_request_with_its_own_words() {
    let authority = Authority::new("ca");
    let server = Server::tls(&authority, |seen| if seen == 0 { StatusCode::UNAUTHORIZED } else { StatusCode::OK }).await;
    let script = format!("test \"$(grep -c run runs)\" = 2 && exit 7\n{}", token("t"));
    let home = with_helper(&server.cluster(), &script, "");
    let client = client(&home.resolve(&[]).unwrap(), "test").unwrap();
    send(&client, Method::GET).await.unwrap_err();
    let error = send(&client, Method::GET).await.unwrap_err();
    let failure = failure_in(&error).expect("the helper's failure");
    assert!(failure.cause.contains("failed with exit code 7"), "{failure}");
    // The client lives on, and the helper gets another chance.
    send(&client, Method::GET).await.unwrap();
}

#[tokio::test]
async fn the_oidc_providers_token_is_used_until_it_runs_out() {
    let authority = Authority::new("ca");
    let server = Server::tls(&authority, ok).await;
    let token = |end: &str| format!("{}.{}.sig", unpadded("{\"alg\":\"none\"}"), unpadded(&format!("{{\"exp\":{end}}}")));
    let user = |token: &str| format!("auth-provider: {{name: oidc, config: {{id-token: {token}}}}}");
    let valid = token("4102444800");
    let home = Home::of(&server.cluster(), &user(&valid));
    send(&client(&home.resolve(&[]).unwrap(), "test").unwrap(), Method::GET).await.unwrap();
    assert_eq!(server.header("authorization"), [[format!("Bearer {valid}")]]);

    let expired = Home::of(&server.cluster(), &user(&token("1")));
    let error = send(&client(&expired.resolve(&[]).unwrap(), "test").unwrap(), Method::GET).await.unwrap_err();
    let failure = failure_in(&error).expect("kube's own failure, translated");
    assert_eq!((failure.exit, failure.doing.as_str()), (crate::exit::Exit::NotPermitted, "getting credentials"));
}

fn unpadded(text: &str) -> String {
    super::choosing::base64(text).trim_end_matches('=').to_owned()
}

#[tokio::test]
async fn an_expired_token_is_renewed_before_the_next_request() {
    let authority = Authority::new("ca");
    let server = Server::tls(&authority, ok).await;
    let home = with_helper(&server.cluster(), "sed s/N/$(grep -c run runs)/ answer", "");
    let status = "{token: tN, expirationTimestamp: \"2020-01-01T00:00:00Z\"}";
    home.write("answer", &format!("{{kind: ExecCredential, apiVersion: client.authentication.k8s.io/v1, status: {status}}}"));
    let client = client(&home.resolve(&[]).unwrap(), "test").unwrap();
    send(&client, Method::GET).await.unwrap();
    send(&client, Method::GET).await.unwrap();
    assert_eq!(server.header("authorization"), [["Bearer t2"], ["Bearer t3"]]);
}

#[tokio::test]
async fn a_token_file_is_read_again() {
    let authority = Authority::new("ca");
    let server = Server::tls(&authority, ok).await;
    let home = Home::of(&server.cluster(), "tokenFile: t\ntoken: fallback");
    home.write("t", "one\n");
    let client = client(&home.resolve(&[]).unwrap(), "test").unwrap();
    send(&client, Method::GET).await.unwrap();
    home.write("t", "two\n");
    send(&client, Method::GET).await.unwrap();
    std::fs::remove_file(home.path("t")).unwrap();
    send(&client, Method::GET).await.unwrap();
    assert_eq!(server.header("authorization"), [["Bearer one"], ["Bearer two"], ["Bearer two"]]);
}

/// A proxy that notes the first line of each connection before it hangs up.
async fn proxy() -> (u16, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (lines, received) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut line = String::new();
            if BufReader::new(stream).read_line(&mut line).await.is_ok() && lines.send(line).is_err() {
                return;
            }
        }
    });
    (port, received)
}

#[tokio::test]
async fn proxies_are_asked_for_the_servers_name() {
    let (port, mut lines) = proxy().await;
    let home = Home::of("server: https://api.invalid:6443", "token: t");
    let around = |variables: &[(&str, &str)]| {
        let mut around = home.surroundings();
        around.variables.extend(variables.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        around
    };
    let address = format!("127.0.0.1:{port}");
    let by_environment = resolve(&Flags::default(), &around(&[("https_proxy", &address), ("NO_PROXY", "invalid:443")])).unwrap();
    send(&client(&by_environment, "test").unwrap(), Method::GET).await.unwrap_err();
    assert_eq!(lines.try_recv().unwrap(), "CONNECT api.invalid:6443 HTTP/1.1\r\n");
    let bypassed = resolve(&Flags::default(), &around(&[("https_proxy", &address), ("NO_PROXY", "invalid")])).unwrap();
    assert_eq!(bypassed.config.proxy_url, None);

    // proxy-url is stronger than NO_PROXY and than the environment's proxy.
    home.write("config", &home.read("config").replace("server:", &format!("proxy-url: http://{address}\n    server:")));
    let by_file = resolve(&Flags::default(), &around(&[("https_proxy", "http://127.0.0.1:1"), ("NO_PROXY", "*")])).unwrap();
    send(&client(&by_file, "test").unwrap(), Method::GET).await.unwrap_err();
    assert_eq!(lines.try_recv().unwrap(), "CONNECT api.invalid:6443 HTTP/1.1\r\n");
}
