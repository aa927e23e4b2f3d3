//! Answers that go on and on: watches and logs.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use http::{Method, Request, header};
use http_body_util::BodyExt;
use kube::client::Body;

use super::{ApiError, Kube};

/// Bytes of an answer as they come; an error is the last item.
pub type Chunks = BoxStream<'static, Result<Bytes, ApiError>>;

impl Kube {
    /// Opens a read without a bound on its whole length. Tried once; the bound holds until the answer begins.
    pub async fn stream(&self, path: &str) -> Result<Chunks, ApiError> {
        // Watches of a 1.37 server are gzipped event by event, which no common decoder reads (K§3.1).
        let request = Request::builder()
            .method(Method::GET)
            .uri(path)
            .header(header::ACCEPT, "application/json, */*")
            .header(header::ACCEPT_ENCODING, "identity")
            .body(Body::empty())
            .map_err(|e| ApiError::malformed(format!("the request cannot be built: {e}")))?;
        let opening = async {
            let response = self.client.send(request).await.map_err(|e| ApiError::of_transport(&e))?;
            self.note_warnings(&response);
            let (head, body) = response.into_parts();
            if head.status.is_success() {
                let kube = self.clone();
                return Ok(body.into_data_stream().map_err(move |e| kube.note_away(ApiError::body_lost(&e))).boxed());
            }
            let body = self.intake.collect(body).await?;
            Err(ApiError::of_answer(head.status, &head.headers, &body))
        };
        let bound = self.deadline().max(Duration::from_secs(1));
        let opened = tokio::time::timeout(bound, opening).await;
        opened.unwrap_or_else(|_| Err(ApiError::timed_out(bound, super::Sent::No))).map_err(|error| self.note_away(error))
    }
}
