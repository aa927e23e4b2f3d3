//! Reading an object: its head, a range of it, or all from some byte on.

use std::fmt::Debug;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use futures_util::stream;
use http::StatusCode;
use jiff::Timestamp;

use super::S3;
use super::failures::status_of;
use crate::remote::object_store::failures::What;
use crate::remote::object_store::listing::{etag, strong};
use crate::remote::object_store::reading::{Body, Part, Range, content_range};
use crate::remote::object_store::rest::broken;
use crate::remote::object_store::{HeadOutcome, ObjectHead, StoreFailure, Trouble};

impl S3 {
    pub(in super::super) async fn head(&self, key: &str) -> HeadOutcome {
        let client = self.client().await?;
        let answer = client.head_object().bucket(&self.config.bucket).key(key).send().await;
        match answer {
            Ok(head) => known(size(head.content_length()), head.e_tag(), head.last_modified()),
            Err(error) => Err(self.why(key, &error).await),
        }
    }

    /// Asks for the object from a byte on; `None` when it has no such byte.
    pub(in super::super) async fn part(&self, key: &str, range: Range<'_>) -> Result<Option<Part>, StoreFailure> {
        match self.get(key, range).await? {
            Ok(object) => self.arrived(object, range).map(Some),
            Err(error) if status_of(&error) == Some(StatusCode::RANGE_NOT_SATISFIABLE) => Ok(None),
            Err(error) => Err(self.explain(What::Read(key), &error)),
        }
    }

    async fn get(&self, key: &str, range: Range<'_>) -> Result<Result<GetObjectOutput, SdkError<GetObjectError>>, StoreFailure> {
        let request = self.client().await?.get_object().bucket(&self.config.bucket).key(key);
        let request = request.set_range(range.header()).set_if_match(strong(range.etag).map(str::to_owned));
        Ok(request.send().await)
    }

    fn arrived(&self, object: GetObjectOutput, asked: Range<'_>) -> Result<Part, StoreFailure> {
        let length = size(object.content_length());
        let (from, size) = match object.content_range().map(content_range) {
            Some(Some((from, size))) => (from, size),
            Some(None) => return Err(self.odd("answered with a range that cannot be understood")),
            None => (0, length),
        };
        // A range that was ignored begins at the start of the object.
        if from != asked.from {
            return Err(self.odd(&format!("does not keep to ranges: asked for byte {}, it sent byte {from}", asked.from)));
        }
        let head = known(size, object.e_tag(), object.last_modified())?;
        Ok(Part { head, body: body(object.body) })
    }

    pub(super) fn odd(&self, why: &str) -> StoreFailure {
        StoreFailure::new(Trouble::Other, format!("{} {why}", self.place()))
    }

    /// Why a HEAD failed. Its answer has no body, so a refusal is asked again as a GET of one byte, which names it.
    async fn why<E: Debug + std::error::Error + ProvideErrorMetadata + 'static>(
        &self,
        key: &str,
        error: &SdkError<E>,
    ) -> StoreFailure {
        let Some(status) = status_of(error).filter(|status| !status.is_server_error()) else {
            return self.explain(What::Read(key), error);
        };
        match self.get(key, Range { from: 0, length: Some(1), etag: None }).await {
            Ok(Err(named)) if named.code().is_some() => self.explain(What::Read(key), &named),
            // A gateway or a web server: its "not found" says nothing about the object.
            Ok(Err(named)) if status.is_client_error() && status_of(&named).is_some() => self.not_s3(status),
            _ => self.explain(What::Read(key), error),
        }
    }
}

fn body(bytes: ByteStream) -> Body {
    Box::pin(stream::unfold(bytes, |mut bytes| async {
        let chunk = bytes.next().await?;
        Some((chunk.map_err(|error| broken(&error)), bytes))
    }))
}

fn known(size: Option<u64>, tag: Option<&str>, written: Option<&DateTime>) -> HeadOutcome {
    let size = size.ok_or_else(|| StoreFailure::new(Trouble::Other, "the store did not say how big the object is"))?;
    let last_modified = written.and_then(|at| Timestamp::from_second(at.secs()).ok());
    Ok(ObjectHead { size, etag: tag.and_then(etag), last_modified })
}

fn size(length: Option<i64>) -> Option<u64> {
    length.and_then(|length| u64::try_from(length).ok())
}
