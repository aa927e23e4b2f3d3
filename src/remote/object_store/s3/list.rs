//! `ListObjectsV2`, one page.

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::{EncodingType, Object};
use jiff::Timestamp;

use super::S3;
use crate::remote::object_store::failures::What;
use crate::remote::object_store::listing::{Answer, Ask, Listed, PAGE, decoded, etag};
use crate::remote::object_store::{StoreFailure, Trouble};

impl S3 {
    pub(in super::super) async fn page(&self, ask: &Ask) -> Result<Answer, StoreFailure> {
        let client = self.client().await?;
        let request = client
            .list_objects_v2()
            .bucket(&self.config.bucket)
            .prefix(&ask.prefix)
            .set_delimiter(ask.delimiter.clone().filter(|delimiter| !delimiter.is_empty()))
            .set_start_after(ask.start_after.clone().filter(|after| !after.is_empty()))
            .set_continuation_token(ask.token.clone())
            .max_keys(ask.limit.unwrap_or(PAGE).clamp(1, PAGE).into())
            // XML cannot hold every character that a key may have.
            .encoding_type(EncodingType::Url);
        match request.send().await {
            Ok(page) => self.understood(ask, page),
            Err(error) => Err(self.explain(What::List(&ask.prefix), &error)),
        }
    }

    fn understood(&self, ask: &Ask, page: ListObjectsV2Output) -> Result<Answer, StoreFailure> {
        let odd = |why: &str| StoreFailure::new(Trouble::Other, format!("{} {why}", self.place()));
        // A server that does not know the parameter says nothing of it, and means its keys literally.
        let encoded = page.encoding_type() == Some(&EncodingType::Url);
        let text = |text: &str| if encoded { decoded(text) } else { text.to_owned() };
        let next = match (page.is_truncated(), page.next_continuation_token()) {
            (Some(false), _) | (None, None) => None,
            (_, Some(token)) if ask.token.as_deref() == Some(token) => return Err(odd("lists the same page again and again")),
            (_, Some(token)) => Some(token.to_owned()),
            (Some(true), None) => return Err(odd("says that there are more keys, and not how to ask for them")),
        };
        let keys = page.contents().iter().map(|object| listed(object, text)).collect::<Option<_>>();
        Ok(Answer {
            keys: keys.ok_or_else(|| odd("listed an object without its key or its size"))?,
            prefixes: page.common_prefixes().iter().filter_map(|common| common.prefix().map(text)).collect(),
            next,
        })
    }
}

fn listed(object: &Object, text: impl Fn(&str) -> String) -> Option<Listed> {
    Some(Listed {
        key: text(object.key()?),
        size: u64::try_from(object.size()?).ok()?,
        etag: object.e_tag().and_then(etag),
        last_modified: object.last_modified().and_then(|at| Timestamp::new(at.secs(), 0).ok()),
    })
}
