//! The executors' own S3 client: signed HEAD and GET of one object, sent to where the range's endpoint really listens.
//!
//! Small on purpose, and apart from the endpoint's own code: what it signs is verified there independently.

use std::net::SocketAddr;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;

use crate::api::sensitive::Sensitive;
use crate::drill::world::hex;

const UNESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// An object store as an executor is configured for it.
pub(super) struct Store {
    /// Where it really is.
    pub(super) address: SocketAddr,
    /// Host and port of the configured endpoint.
    pub(super) host: String,
    pub(super) region: String,
    pub(super) access_key: String,
    pub(super) secret_key: Sensitive,
}

/// An answer of the store.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) length: u64,
    pub(super) body: Bytes,
}

impl Answer {
    /// The S3 error as the Go SDK words it: `Code: message`.
    pub(super) fn error(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let part = |name: &str| {
            text.split(&format!("<{name}>")).nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default().to_owned()
        };
        let code = part("Code");
        if code.is_empty() {
            self.status.canonical_reason().unwrap_or("unknown").replace(' ', "")
        } else {
            format!("{code}: {}", part("Message"))
        }
    }
}

impl Store {
    /// Asks for `/bucket` or `/bucket/key`; a failure to talk at all is worded as Go's dialer would.
    pub(super) async fn ask(&self, method: Method, path: &str) -> Result<Answer, String> {
        let request = self.signed(&method, path, Timestamp::now());
        let refused = |error: &dyn std::fmt::Display| format!("dial tcp {}: connect: {error}", self.host);
        let stream = TcpStream::connect(self.address).await.map_err(|error| refused(&error))?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
            let length = response.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
            let status = response.status();
            let body = response.into_body().collect().await.map_err(|_| "unexpected EOF".to_owned())?.to_bytes();
            Ok(Answer { status, length: length.unwrap_or(body.len() as u64), body })
        };
        // The connection only moves while it is polled; it ends with the exchange.
        tokio::pin!(connection);
        tokio::pin!(exchange);
        tokio::select! {
            answer = &mut exchange => answer,
            _ = &mut connection => exchange.await,
        }
    }

    /// Signs by AWS Signature Version 4, headers only.
    fn signed(&self, method: &Method, path: &str, now: Timestamp) -> Request<Empty<Bytes>> {
        let path = utf8_percent_encode(path, UNESCAPED).to_string();
        let time = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let (date, names) = (&time[..8], "host;x-amz-content-sha256;x-amz-date");
        let content = hex(&Sha256::digest(b""));
        let canonical = format!(
            "{method}\n{path}\n\nhost:{}\nx-amz-content-sha256:{content}\nx-amz-date:{time}\n\n{names}\n{content}",
            self.host
        );
        let scope = format!("{date}/{}/s3/aws4_request", self.region);
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
        let secret = format!("AWS4{}", self.secret_key.expose()).into_bytes();
        let key = [date, &self.region, "s3", "aws4_request"].iter().fold(secret, |key, part| mac(&key, part));
        let signature = hex(&mac(&key, &text));
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", self.access_key);
        Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host)
            .header("x-amz-content-sha256", content)
            .header("x-amz-date", time)
            .header("authorization", authorization)
            .body(Empty::new())
            .unwrap_or_default()
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of the signature's own documentation: GET of an object is out of reach (it signs a Range
    /// header), so the signing key's derivation is what is compared.
    #[test]
    fn the_signing_key_is_the_documented_one() {
        let secret = b"AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_vec();
        let key = ["20120215", "us-east-1", "iam", "aws4_request"].iter().fold(secret, |key, part| mac(&key, part));
        assert_eq!(hex(&key), "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d");
    }

    #[test]
    fn errors_are_the_stores_own() {
        let answer =
            |body: &'static str| Answer { status: StatusCode::FORBIDDEN, length: 0, body: Bytes::from_static(body.as_bytes()) };
        assert_eq!(answer("<Error><Code>AccessDenied</Code><Message>No.</Message></Error>").error(), "AccessDenied: No.");
        assert_eq!(answer("").error(), "Forbidden");
    }
}
