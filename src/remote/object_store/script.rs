//! A server that answers what a test says, in turn, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A running one. It ends with the test's runtime.
pub(super) struct Script {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Script {
    /// Each answer is a status line's end and headers, and a body; the length is added unless headers say it. The last
    /// answer is given again and again.
    pub async fn start(answers: &[(&str, &str)]) -> Script {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let answers: Vec<(String, String)> = answers.iter().map(|(head, body)| ((*head).into(), (*body).into())).collect();
        let asked = seen.clone();
        tokio::spawn(async move {
            let mut next = 0;
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(request) = request(&mut stream).await else { continue };
                let is_head = request.starts_with("HEAD");
                asked.lock().unwrap().push(request);
                let (head, body) = &answers[next.min(answers.len() - 1)];
                next += 1;
                let length =
                    if head.contains("Content-Length") { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
                let sent = if is_head { "" } else { body };
                let _ = stream.write_all(format!("HTTP/1.1 {head}\r\n{length}Connection: close\r\n\r\n{sent}").as_bytes()).await;
            }
        });
        Script { url, seen }
    }

    /// What was asked, each request whole.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// Host and port.
    pub fn place(&self) -> &str {
        self.url.trim_start_matches("http://")
    }
}

/// One request with its body.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut all = Vec::new();
    while !all.ends_with(b"\r\n\r\n") {
        all.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(all).unwrap();
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    Some(head + &String::from_utf8(body).unwrap())
}
