//! Port-forwards over WebSocket, subprotocol `v4.channel.k8s.io`: channel 2i carries the bytes of port i, channel 2i+1
//! its error text, and the first frame on each is the port number, little endian.

use std::io;
use std::sync::PoisonError;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::Shared;
use super::serve::{Body, text};
use crate::drill::processes::{Backend, Ports};

const PROTOCOL: &str = "v4.channel.k8s.io";
const BUFFER: usize = 64 * 1024;

/// Upgrades a request to a port-forward, or says why not.
pub(super) fn accept(shared: &Shared, namespace: &str, pod: &str, request: Request<Incoming>) -> Response<Body> {
    let Some(tracked) = shared.tracked(namespace, pod) else {
        return text(StatusCode::NOT_FOUND, format!("pod does not exist: {pod}"));
    };
    let wanted = ports(request.uri().query().unwrap_or_default());
    let header = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let offers = header(SEC_WEBSOCKET_PROTOCOL).is_some_and(|list| list.split(',').any(|offer| offer.trim() == PROTOCOL));
    let (Some(key), true, Some(wanted)) = (header(SEC_WEBSOCKET_KEY), offers, wanted) else {
        return text(StatusCode::BAD_REQUEST, format!("a port-forward needs a WebSocket with {PROTOCOL} and ports"));
    };
    let answer = [
        (CONNECTION, "Upgrade".to_owned()),
        (UPGRADE, "websocket".to_owned()),
        (SEC_WEBSOCKET_ACCEPT, derive_accept_key(key.as_bytes())),
        (SEC_WEBSOCKET_PROTOCOL, PROTOCOL.to_owned()),
    ];
    let mut response = text(StatusCode::SWITCHING_PROTOCOLS, "");
    for (name, value) in answer {
        response.headers_mut().insert(name, HeaderValue::try_from(value).expect("an ASCII value"));
    }
    let open = tracked.ports.clone();
    let mut forwards = shared.forwards.lock().unwrap_or_else(PoisonError::into_inner);
    while forwards.try_join_next().is_some() {}
    forwards.spawn(async move {
        if let Ok(upgraded) = hyper::upgrade::on(request).await {
            let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
            forward(socket, &open, wanted).await;
        }
    });
    response
}

/// The ports of a query (`port=8200&port=8201`, or comma-separated); none at all is no port-forward.
fn ports(query: &str) -> Option<Vec<u16>> {
    let named = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| matches!(&**name, "port" | "ports"));
    let values: Vec<String> = named.flat_map(|(_, value)| value.split(',').map(String::from).collect::<Vec<_>>()).collect();
    let ports: Option<Vec<u16>> = values.iter().map(|value| value.parse().ok()).collect();
    ports.filter(|ports| !ports.is_empty() && ports.len() < 64)
}

/// Carries bytes between the socket and the pod's ports until the client closes or every port has ended.
async fn forward<S>(socket: WebSocketStream<S>, open: &Ports, wanted: Vec<u16>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sink, mut source) = socket.split();
    let (frames, mut outgoing) = mpsc::channel::<Bytes>(16);
    let mut ports = JoinSet::new();
    let mut writers = Vec::new();
    for (channel, port) in (0_u8..).step_by(2).zip(wanted) {
        let (to_pod, from_client) = mpsc::channel::<Bytes>(16);
        writers.push(Some(to_pod));
        ports.spawn(carry(channel, port, open.get(port), frames.clone(), from_client));
    }
    drop(frames);
    loop {
        tokio::select! {
            frame = outgoing.recv() => match frame {
                Some(frame) => if sink.send(Message::Binary(frame)).await.is_err() { return },
                None => {
                    let _ = sink.send(Message::Close(None)).await;
                    return;
                }
            },
            message = source.next() => match message {
                Some(Ok(Message::Binary(mut frame))) if frame.len() > 1 => {
                    let channel = frame.split_to(1)[0];
                    let writer = writers.get_mut(usize::from(channel / 2)).filter(|_| channel.is_multiple_of(2));
                    // A port that ended takes no more; the others go on.
                    if let Some(writer) = writer && let Some(to_pod) = writer && to_pod.send(frame).await.is_err() {
                        *writer = None;
                    }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    }
}

/// One port: announces both channels, connects, and copies both ways until the pod's side ends.
async fn carry(
    channel: u8,
    port: u16,
    backend: Option<Backend>,
    frames: mpsc::Sender<Bytes>,
    from_client: mpsc::Receiver<Bytes>,
) {
    for channel in [channel, channel + 1] {
        if frames.send(frame(channel, &port.to_le_bytes())).await.is_err() {
            return;
        }
    }
    let connected = match backend {
        Some(Backend::Address(address)) => TcpStream::connect(address).await.map(Either::Left),
        Some(Backend::Process(process)) => {
            let (near, far) = duplex(BUFFER);
            process.send(far).await.map(|()| Either::Right(near)).map_err(|_| io::ErrorKind::ConnectionRefused.into())
        }
        None => Err(io::ErrorKind::ConnectionRefused.into()),
    };
    match connected {
        Ok(Either::Left(stream)) => copy(channel, stream, &frames, from_client).await,
        Ok(Either::Right(stream)) => copy(channel, stream, &frames, from_client).await,
        Err(_) => refuse(channel, port, &frames, from_client).await,
    }
}

enum Either<A, B> {
    Left(A),
    Right(B),
}

/// Only the error channel tells that nobody listens: the data stream neither ends nor fails until the client leaves.
async fn refuse(channel: u8, port: u16, frames: &mpsc::Sender<Bytes>, mut from_client: mpsc::Receiver<Bytes>) {
    let why = format!(
        "error forwarding port {port} to pod: failed to connect to localhost:{port} inside namespace: dial tcp4 127.0.0.1:{port}: connect: connection refused"
    );
    if frames.send(frame(channel + 1, why.as_bytes())).await.is_ok() {
        while from_client.recv().await.is_some() {}
    }
}

async fn copy<S: AsyncRead + AsyncWrite>(
    channel: u8,
    stream: S,
    frames: &mpsc::Sender<Bytes>,
    mut from_client: mpsc::Receiver<Bytes>,
) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let to_pod = async {
        while let Some(bytes) = from_client.recv().await {
            if writer.write_all(&bytes).await.is_err() || writer.flush().await.is_err() {
                return;
            }
        }
        let _ = writer.shutdown().await;
    };
    let from_pod = async {
        let mut buffer = BytesMut::with_capacity(BUFFER);
        while reader.read_buf(&mut buffer).await.is_ok_and(|read| read > 0) {
            if frames.send(frame(channel, &buffer.split())).await.is_err() {
                return;
            }
        }
    };
    tokio::pin!(to_pod);
    tokio::pin!(from_pod);
    // The pod's side decides when it is over; the client may stop sending earlier.
    tokio::select! {
        () = &mut from_pod => {}
        () = &mut to_pod => from_pod.await,
    }
}

fn frame(channel: u8, bytes: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(bytes.len() + 1);
    frame.put_u8(channel);
    frame.put_slice(bytes);
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::io::DuplexStream;

    use super::*;

    #[test]
    fn ports_come_singly_or_in_a_list() {
        assert_eq!(ports("port=8200&port=8201"), Some(vec![8200, 8201]));
        assert_eq!(ports("ports=8200%2C1"), Some(vec![8200, 1]));
        assert_eq!((ports(""), ports("port=x"), ports("port=70000")), (None, None, None));
    }

    async fn client(open: Ports, port: u16) -> WebSocketStream<DuplexStream> {
        let (near, far) = duplex(BUFFER);
        tokio::spawn(async move {
            let socket = WebSocketStream::from_raw_socket(far, Role::Server, None).await;
            forward(socket, &open, vec![port]).await;
        });
        WebSocketStream::from_raw_socket(near, Role::Client, None).await
    }

    async fn receive(socket: &mut WebSocketStream<DuplexStream>) -> Vec<u8> {
        let message = socket.next().await.expect("a message").expect("a whole one");
        message.into_data().to_vec()
    }

    #[tokio::test]
    async fn bytes_go_both_ways_and_the_end_closes_the_socket() {
        let open = Ports::default();
        let (connect, mut connections) = mpsc::channel(1);
        let _port = open.open(8200, Backend::Process(connect));
        let mut socket = client(open, 8200).await;
        assert_eq!([receive(&mut socket).await, receive(&mut socket).await], [[0, 8, 32], [1, 8, 32]]);
        let mut pod: DuplexStream = connections.recv().await.expect("a connection");
        socket.send(Message::Binary(Bytes::from_static(b"\0ping"))).await.expect("open");
        let mut asked = [0; 4];
        pod.read_exact(&mut asked).await.expect("the bytes");
        assert_eq!(&asked, b"ping");
        pod.write_all(b"pong").await.expect("open");
        assert_eq!(receive(&mut socket).await, b"\0pong");
        drop(pod);
        assert!(matches!(socket.next().await, Some(Ok(Message::Close(_)))));
    }

    #[tokio::test]
    async fn a_refused_port_shows_on_the_error_channel_only() {
        let mut socket = client(Ports::default(), 8200).await;
        receive(&mut socket).await;
        receive(&mut socket).await;
        let error = receive(&mut socket).await;
        assert_eq!(error[0], 1);
        assert!(String::from_utf8_lossy(&error[1..]).ends_with("connection refused"));
        assert!(socket.next().now_or_never().is_none(), "the data stream stays open");
    }
}
