//! `ListObjectsV2`, one page. The SDK makes the request; the document of its answer is read here, because its own reading
//! takes most of the time of a long list.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::types::EncodingType;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextMut;
use aws_smithy_types::body::SdkBody;
use http::StatusCode;

use super::S3;
use crate::remote::object_store::failures::What;
use crate::remote::object_store::listing::{Answer, Ask, ListDocument, PAGE};
use crate::remote::object_store::rest::{LONGEST, collected};
use crate::remote::object_store::{StoreFailure, Trouble};

impl S3 {
    pub(in super::super) async fn page(&self, ask: &Ask) -> Result<Answer, StoreFailure> {
        match self.one_page(ask).await {
            Err(StoreFailure { trouble: Trouble::Unreachable, .. }) => self.one_page(ask).await,
            outcome => outcome,
        }
    }

    async fn one_page(&self, ask: &Ask) -> Result<Answer, StoreFailure> {
        let document = TakenDocument::default();
        let request = self
            .client()
            .await?
            .list_objects_v2()
            .bucket(&self.config.bucket)
            .prefix(&ask.prefix)
            .set_delimiter(ask.delimiter.clone().filter(|delimiter| !delimiter.is_empty()))
            .set_start_after(ask.start_after.clone().filter(|after| !after.is_empty()))
            .set_continuation_token(ask.token.clone())
            .max_keys(ask.limit.unwrap_or(PAGE).clamp(1, PAGE).into())
            // XML cannot hold every character that a key may have.
            .encoding_type(EncodingType::Url);
        let sent = request.customize().interceptor(document.clone()).send().await;
        sent.map_err(|error| self.explain(What::List(&ask.prefix), &error))?;
        let body = document.take();
        let read = collected(body, LONGEST).await.map_err(|_| self.broke_off())?;
        let read = read.ok_or_else(|| self.odd("answered with more than 32 MiB"))?;
        let list = ListDocument::read(&read).ok_or_else(|| self.not_s3(StatusCode::OK))?;
        self.understood(ask, list)
    }

    fn understood(&self, ask: &Ask, mut list: ListDocument) -> Result<Answer, StoreFailure> {
        list.next = match (list.truncated, list.next.take()) {
            (Some(false), _) | (None, None) => None,
            (_, Some(token)) if ask.token.as_ref() == Some(&token) => {
                return Err(self.odd("lists the same page again and again"));
            }
            (_, Some(token)) => Some(token),
            (Some(true), None) => return Err(self.odd("says that there are more keys, and not how to ask for them")),
        };
        list.answer().ok_or_else(|| self.odd("listed an object without its key or its size"))
    }
}

/// Takes the document of a successful answer before the SDK reads it, and leaves it an empty list.
#[derive(Debug, Clone, Default)]
struct TakenDocument(Arc<Mutex<Option<SdkBody>>>);

impl TakenDocument {
    fn take(&self) -> SdkBody {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_else(SdkBody::empty)
    }
}

impl Intercept for TakenDocument {
    fn name(&self) -> &'static str {
        "TakenDocument"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response_mut();
        if response.status().is_success() {
            let document = std::mem::replace(response.body_mut(), SdkBody::from("<ListBucketResult/>"));
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(document);
        }
        Ok(())
    }
}
