//! Port-forwards against a stand-in for the API server that speaks the real protocol (K§5.4).

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;

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
}

async fn api_server(pod: Pod) -> Client {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service_fn(move |request| async move { Ok::<_, Infallible>(upgrade(request, pod)) });
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection.with_upgrades());
        }
    });
    Client::try_from(kube::Config::new(format!("http://{address}").parse().unwrap())).unwrap()
}

fn upgrade(request: Request<Incoming>, pod: Pod) -> Response<Empty<Bytes>> {
    assert_eq!(request.uri().path(), "/api/v1/namespaces/bao/pods/prod-0/portforward");
    let key = derive_accept_key(request.headers()[header::SEC_WEBSOCKET_KEY].as_bytes());
    tokio::spawn(async move {
        let upgraded = TokioIo::new(hyper::upgrade::on(request).await.unwrap());
        let mut socket = WebSocketStream::from_raw_socket(upgraded, Role::Server, None).await;
        // Ends with an error when the client goes first.
        let _ = behave(&mut socket, pod).await;
    });
    let mut response = Response::new(Empty::new());
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
