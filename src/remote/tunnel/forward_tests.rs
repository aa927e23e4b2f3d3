//! Port-forwards against a stand-in for the API server that speaks the real protocol (K§5.4).

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;
use crate::drill::pki::Authority;
use crate::drill::s3::{GENUINE_SNAPSHOT, S3, S3Options};
use crate::remote::object_store::{Store, head, head_bytes, s3};
use crate::remote::openbao::{self, probe_all};

/// What the pod behind the port-forward does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Pod {
    /// Sends back what it gets.
    Echoes,
    /// Nobody listens: only the error channel says so, and the data stream stays open.
    Refuses,
    /// Sends back once, then ends.
    Ends,
    /// The API server loses the connection.
    Vanishes,
    /// A server on loopback stands behind it.
    Leads(SocketAddr),
}

async fn api_server(pod: Pod) -> Client {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service_fn(move |request| async move { Ok::<_, Infallible>(answer(request, pod)) });
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection.with_upgrades());
        }
    });
    Client::try_from(kube::Config::new(format!("http://{address}").parse().unwrap())).unwrap()
}

/// Port-forwards of any pod, one Service, and the pod behind it.
fn answer(request: Request<Incoming>, pod: Pod) -> Response<Full<Bytes>> {
    let document = match request.uri().path() {
        path if path.ends_with("/portforward") => return upgrade(request, pod),
        "/api/v1/namespaces/storage/services/minio" => json!({
            "metadata": {"name": "minio"},
            "spec": {"clusterIP": "10.0.0.9", "selector": {"app": "minio"}, "ports": [{"port": 443, "targetPort": 8200}]},
        }),
        "/api/v1/namespaces/storage/pods" => json!({"metadata": {}, "items": [{
            "metadata": {"name": "minio-0", "namespace": "storage", "labels": {"app": "minio"}},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
        }]}),
        other => panic!("nobody asks for {other}"),
    };
    Response::new(Full::from(document.to_string()))
}

fn upgrade(request: Request<Incoming>, pod: Pod) -> Response<Full<Bytes>> {
    let key = derive_accept_key(request.headers()[header::SEC_WEBSOCKET_KEY].as_bytes());
    tokio::spawn(async move {
        let upgraded = TokioIo::new(hyper::upgrade::on(request).await.unwrap());
        let mut socket = WebSocketStream::from_raw_socket(upgraded, Role::Server, None).await;
        // Ends with an error when the client goes first.
        let _ = behave(&mut socket, pod).await;
    });
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("v4.channel.k8s.io"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, key.parse().unwrap());
    response
}

type Socket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

async fn behave(socket: &mut Socket, pod: Pod) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    for channel in [0, 1] {
        socket.send(Message::Binary(Bytes::copy_from_slice(&[channel, 0x08, 0x20]))).await?;
    }
    if pod == Pod::Refuses {
        let text = b"\x01error forwarding port 8200: \x1b[2Jconnection refused\n";
        socket.send(Message::Binary(Bytes::from_static(text))).await?;
    }
    if let Pod::Leads(address) = pod {
        return carry(socket, TcpStream::connect(address).await?).await;
    }
    while let Some(message) = socket.next().await {
        match (pod, message?) {
            (Pod::Vanishes, Message::Binary(_)) => return Ok(()),
            (Pod::Echoes, echo @ Message::Binary(_)) => socket.send(echo).await?,
            (Pod::Ends, echo @ Message::Binary(_)) => {
                socket.send(echo).await?;
                return socket.close(None).await;
            }
            _ => {}
        }
    }
    Ok(())
}

async fn carry(socket: &mut Socket, stream: TcpStream) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    let (mut from_pod, mut to_pod) = stream.into_split();
    let mut buffer = vec![0; 10_000];
    loop {
        tokio::select! {
            read = from_pod.read(&mut buffer) => match read? {
                0 => return socket.close(None).await,
                count => {
                    let frame = [&[0], &buffer[..count]].concat();
                    socket.send(Message::Binary(frame.into())).await?;
                }
            },
            message = socket.next() => match message {
                Some(Ok(Message::Binary(frame))) => to_pod.write_all(&frame[1..]).await?,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(()),
            },
        }
    }
}

async fn stream(pod: Pod) -> PodStream {
    let at = PodPort { namespace: "bao".into(), pod: "prod-0".into(), port: 8200 };
    open(&api_server(pod).await, &at, Duration::from_secs(60)).await.unwrap()
}

#[tokio::test]
async fn bytes_go_there_and_back() {
    let mut stream = stream(Pod::Echoes).await;
    for round in 0..3_u8 {
        let sent = vec![round; 50_000];
        stream.write_all(&sent).await.unwrap();
        stream.flush().await.unwrap();
        let mut got = vec![0xff; sent.len()];
        stream.read_exact(&mut got).await.unwrap();
        assert!(got == sent, "round {round}");
    }
}

#[tokio::test]
async fn a_pod_that_refuses_is_an_error_of_the_first_read() {
    let mut stream = stream(Pod::Refuses).await;
    // Without a look at the error channel this read would wait for ever.
    let read = tokio::time::timeout(Duration::from_secs(60), stream.read_u8()).await;
    let error = read.expect("an answer").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    let said = error.get_ref().and_then(|inner| inner.downcast_ref::<TunnelError>()).cloned();
    let at = PodPort { namespace: "bao".into(), pod: "prod-0".into(), port: 8200 };
    let text = "error forwarding port 8200: \u{fffd}[2Jconnection refused".to_owned();
    assert_eq!(said, Some(TunnelError::Refused { at, text }));
}

#[tokio::test]
async fn the_end_of_the_pods_side_is_the_end_of_the_stream() {
    for (pod, echo) in [(Pod::Ends, "ping"), (Pod::Vanishes, "")] {
        let mut stream = stream(pod).await;
        stream.write_all(b"ping").await.unwrap();
        let mut got = String::new();
        stream.read_to_string(&mut got).await.unwrap();
        assert_eq!(got, echo, "{pod:?}");
    }
}

/// Long enough for any machine; no test waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_object_store_inside_the_cluster() {
    let authority = Authority::new("storage");
    let tls = Some(authority.server(&["minio.storage.svc", "*.minio.storage.svc"]));
    let options = S3Options { tls, domain: "minio.storage.svc".into(), ..S3Options::default() };
    let (access_key, secret_key) = (options.access_key.clone(), options.secret_key.clone());
    let server = S3::start(options).await.unwrap();
    server.put("snapshots", "a.snap", GENUINE_SNAPSHOT);
    let client = api_server(Pod::Leads(server.address())).await;
    for path_style in [true, false] {
        let config = s3::Config {
            endpoint: Some("https://minio.storage.svc".into()),
            bucket: "snapshots".into(),
            region: s3::DEFAULT_REGION.into(),
            path_style,
            insecure_skip_verify: false,
            ca_cert: Some(authority.certificate()),
            credentials: s3::Credentials::Keys {
                access_key_id: access_key.as_str().into(),
                secret_access_key: secret_key.as_str().into(),
                session_token: None,
            },
        };
        let store = Store::s3(config, std::sync::Arc::new(dial::Cluster::new(client.clone(), PATIENCE))).unwrap();
        let found = head(&store, "a.snap", PATIENCE).await.unwrap();
        assert_eq!(found.size, GENUINE_SNAPSHOT.len() as u64);
        assert_eq!(head_bytes(&store, "a.snap", PATIENCE).await.unwrap(), GENUINE_SNAPSHOT[..16 * 1024]);
    }
    let hosts: std::collections::BTreeSet<_> = server.requests().into_iter().map(|seen| seen.host).collect();
    assert_eq!(hosts.into_iter().collect::<Vec<_>>(), ["minio.storage.svc", "snapshots.minio.storage.svc"]);
}

#[tokio::test]
async fn servers_that_refuse_are_told_from_servers_that_hang() {
    let pods = ["prod-0".to_owned()];
    let client = api_server(Pod::Refuses).await;
    let probes = probe_all(&client, "bao", "prod", &pods, None, PATIENCE).await;
    let failure = probes[0].seal_status.clone().unwrap_err();
    assert_eq!(failure.trouble, openbao::Trouble::Refused, "{failure}");
    // Takes connections and says nothing.
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let client = api_server(Pod::Leads(silent.local_addr().unwrap())).await;
    let probes = probe_all(&client, "bao", "prod", &pods, None, Duration::from_millis(200)).await;
    let failure = probes[0].health.clone().unwrap_err();
    assert!(matches!(failure.trouble, openbao::Trouble::Hangs | openbao::Trouble::TimedOut), "{failure}");
}
