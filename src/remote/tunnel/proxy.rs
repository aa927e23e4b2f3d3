//! Connections through an HTTP proxy (`CONNECT`), for object stores that this machine only reaches that way.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::header::{HOST, HeaderValue, PROXY_AUTHORIZATION};
use http::{Method, Request, Uri};
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;

use super::dial::{Dial, DialError, Direct, Stream};

/// A proxy that opens connections for us. Whether one is to be used for a host (`NO_PROXY`) is the caller's decision.
#[derive(Clone)]
pub struct Proxy {
    host: String,
    port: u16,
    authorization: Option<HeaderValue>,
}

impl Proxy {
    /// The proxy at this URL; its user part becomes basic authentication.
    ///
    /// # Errors
    /// When it is not an HTTP proxy.
    pub fn new(url: &Uri) -> Result<Proxy, String> {
        if url.scheme_str() != Some("http") {
            return Err("only proxies of the form http://host:port can be used for the object store".to_owned());
        }
        let host = url.host().filter(|host| !host.is_empty()).ok_or("the proxy's URL has no host")?;
        let user = url.authority().and_then(|authority| Some(authority.as_str().rsplit_once('@')?.0));
        Ok(Proxy { host: host.to_owned(), port: url.port_u16().unwrap_or(80), authorization: user.and_then(basic) })
    }

    async fn connect(&self, host: &str, port: u16) -> Result<Box<dyn Stream>, DialError> {
        let stream = Direct.dial(&self.host, self.port).await?;
        let failed = |why: String| DialError::Proxy(format!("{}:{}", self.host, self.port), why);
        let broken = |error: hyper::Error| failed(error.to_string());
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // Ends when the stream is handed over, or with the sender.
        tokio::spawn(connection.with_upgrades());
        let response = sender.send_request(self.request(host, port).map_err(failed)?).await.map_err(broken)?;
        if !response.status().is_success() {
            return Err(failed(format!("it answered HTTP {}", response.status().as_u16())));
        }
        Ok(Box::new(TokioIo::new(hyper::upgrade::on(response).await.map_err(broken)?)))
    }

    fn request(&self, host: &str, port: u16) -> Result<Request<Empty<Bytes>>, String> {
        let target = format!("{host}:{port}");
        let request = Request::builder().method(Method::CONNECT).uri(&target).header(HOST, &target);
        let mut request = request.body(Empty::new()).map_err(|error| error.to_string())?;
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        Ok(request)
    }
}

/// `user:password` of a URL as basic authentication.
fn basic(user: &str) -> Option<HeaderValue> {
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let plain = |part| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let token = STANDARD.encode(format!("{}:{}", plain(user), plain(password)));
    let mut value = HeaderValue::try_from(format!("Basic {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({}:{})", self.host, self.port)
    }
}

impl Dial for Proxy {
    fn dial<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, Result<Box<dyn Stream>, DialError>> {
        self.connect(host, port).boxed()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::task::JoinHandle;

    use super::*;

    /// A proxy that answers the first request with this, and then echoes; it hands back what it was asked.
    async fn proxy(answer: &'static str) -> (u16, JoinHandle<String>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                asked.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            let (mut reader, mut writer) = stream.split();
            tokio::io::copy(&mut reader, &mut writer).await.unwrap();
            String::from_utf8(asked).unwrap()
        });
        (port, asked)
    }

    #[tokio::test]
    async fn bytes_pass_a_proxy_that_agrees() {
        let (port, asked) = proxy("HTTP/1.1 200 Connection established\r\n\r\n").await;
        let url = format!("http://user:p%40ss@127.0.0.1:{port}").parse().unwrap();
        let proxy = Proxy::new(&url).unwrap();
        assert_eq!(format!("{proxy:?}"), format!("Proxy(127.0.0.1:{port})"));
        let mut stream = proxy.dial("store.example", 443).await.ok().unwrap();
        stream.write_all(b"ping").await.unwrap();
        let mut got = [0; 4];
        stream.read_exact(&mut got).await.unwrap();
        assert_eq!(&got, b"ping");
        drop(stream);
        let asked = asked.await.unwrap();
        assert!(asked.starts_with("CONNECT store.example:443 HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains(&format!("authorization: Basic {}\r\n", STANDARD.encode("user:p@ss"))), "{asked}");
    }

    #[tokio::test]
    async fn a_proxy_that_refuses_is_named() {
        let (port, _) = proxy("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n").await;
        let proxy = Proxy::new(&format!("http://127.0.0.1:{port}").parse().unwrap()).unwrap();
        let refused = proxy.dial("store.example", 443).await.err().unwrap();
        assert_eq!(refused.to_string(), format!("the proxy 127.0.0.1:{port} did not connect us: it answered HTTP 407"));
    }

    #[test]
    fn other_proxies_are_refused() {
        for url in ["socks5://p:1080", "https://p:443"] {
            assert!(Proxy::new(&url.parse().unwrap()).is_err(), "{url}");
        }
    }
}
