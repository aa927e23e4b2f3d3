//! Something in the store's place that repeats what it hears.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// As S3 answers a signature that is wrong, with everything that it computed it from.
    Mismatch,
    /// As S3 answers a key id that it does not know, which is part of the message.
    UnknownKey,
    /// As S3 answers somebody without the right to it, whose session is part of the message.
    Denied,
    /// As S3 answers a request that it cannot read, with the request as the code.
    Code,
    /// A web server's page, with the request on it.
    Page,
    /// A page where a document should be.
    Success,
    /// To another place, with a login.
    Elsewhere,
    /// A failure of the server itself.
    Failure,
}

impl Reply {
    /// All of them.
    pub const ALL: [Reply; 8] = [
        Reply::Mismatch,
        Reply::UnknownKey,
        Reply::Denied,
        Reply::Code,
        Reply::Page,
        Reply::Success,
        Reply::Elsewhere,
        Reply::Failure,
    ];

    /// A word that is shown of it.
    pub fn told(self) -> &'static str {
        match self {
            Reply::Mismatch => "SignatureDoesNotMatch: ",
            Reply::UnknownKey => "InvalidAccessKeyId: ",
            Reply::Denied => "AccessDenied: ",
            Reply::Code => "HTTP 400",
            Reply::Page => "HTTP 418",
            Reply::Success => "",
            Reply::Elsewhere => "region",
            Reply::Failure => "HTTP 503",
        }
    }

    fn answer(self, heard: &str) -> String {
        let escaped = heard.replace('&', "&amp;").replace('<', "&lt;").replace("\r\n", "&#10;");
        let error = |status: &str, code: &str, message: &str| {
            let details = format!("<AWSAccessKeyId>{escaped}</AWSAccessKeyId><StringToSign>{escaped}</StringToSign>");
            (status.to_owned(), format!("<Error><Code>{code}</Code><Message>{message}</Message>{details}</Error>"))
        };
        let page = format!("<html><body><h1>what you sent</h1><pre>{escaped}</pre></body></html>");
        let (status, body) = match self {
            Reply::Mismatch => error("403 Forbidden", "SignatureDoesNotMatch", &format!("not the signature of {escaped}")),
            Reply::UnknownKey => error("403 Forbidden", "InvalidAccessKeyId", &format!("nobody knows {escaped}")),
            Reply::Denied => error("403 Forbidden", "AccessDenied", &format!("{escaped} is not authorized")),
            Reply::Code => error("400 Bad Request", &escaped, "bad request"),
            Reply::Page => ("418 I am a parrot".into(), page),
            Reply::Success => ("200 OK".into(), page),
            Reply::Elsewhere => error("301 Moved Permanently", "PermanentRedirect", &escaped),
            Reply::Failure => error("503 Service Unavailable", "SlowDown", &escaped),
        };
        let said = heard.replace(['\r', '\n'], " ");
        format!(
            "HTTP/1.1 {status}\r\nlocation: https://planted-user:planted-pass:word@elsewhere.example/\r\nx-heard: {said}\r\n\
             x-amz-request-id: {said}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    }
}

/// A running parrot; dropping it ends it.
pub struct Parrot {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Parrot {
    /// Starts one on a free port of loopback.
    pub async fn start(reply: Reply) -> Parrot {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let memory = heard.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, reply, memory.clone()));
            }
        });
        Parrot { address, heard, server }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests that it heard, without their bodies.
    pub fn heard(&self) -> Vec<String> {
        lock(&self.heard).clone()
    }

    /// Forgets what it heard.
    pub fn forget(&self) {
        lock(&self.heard).clear();
    }
}

impl Drop for Parrot {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The request with what must not be repeated at its beginning: long messages are cut.
fn worst_first(heard: &str) -> String {
    let of = |name: &'static str| heard.lines().filter(move |line| line.to_ascii_lowercase().starts_with(name));
    let worst: Vec<&str> = of("x-amz-security-token:").chain(of("authorization:")).collect();
    format!("{}\r\n{heard}", worst.join("\r\n"))
}

async fn converse(mut stream: TcpStream, reply: Reply, memory: Arc<Mutex<Vec<String>>>) {
    let mut heard = Vec::new();
    let mut bytes = [0; 4096];
    while !heard.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut bytes).await {
            Ok(count @ 1..) => heard.extend_from_slice(&bytes[..count]),
            _ => return,
        }
    }
    let heard = String::from_utf8_lossy(&heard).into_owned();
    lock(&memory).push(heard.clone());
    let mut answer = reply.answer(&worst_first(&heard));
    if heard.starts_with("HEAD ") {
        answer.truncate(answer.find("\r\n\r\n").map_or(0, |end| end + 4));
    }
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}
