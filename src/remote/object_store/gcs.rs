//! Google Cloud Storage by its XML API.
//!
//! Three kinds of requests are all that is needed, so they are made here; who asks is `object_store`'s part where it has
//! one (`credentials`). Its own listing would lose a whole page for one key that it cannot name.

mod credentials;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Method, Response, StatusCode, header};

use self::credentials::Access;
pub use self::credentials::Credentials;
use super::endpoint::{address, endpoint};
use super::failures::{Holder, Said, What, minutes_off};
use super::listing::{Answer, Ask, ListDocument, PAGE};
use super::reading::{Part, Range};
use super::rest::{self, Rest};
use super::{HeadOutcome, StoreFailure, Trouble};
use crate::api::text::clean_cut;
use crate::remote::tunnel::dial::Dial;

/// Google's own endpoint.
const DEFAULT_ENDPOINT: &str = "https://storage.googleapis.com";

/// Where the bucket is and how to get in: the operator's `source.target` plus what its Secret holds.
#[derive(Debug, Clone)]
pub struct Config {
    /// The endpoint's URL; `None` means Google itself.
    pub endpoint: Option<String>,
    /// The bucket.
    pub bucket: String,
    /// Whether any certificate will do.
    pub insecure_skip_verify: bool,
    /// Authorities that are trusted besides the machine's own, PEM.
    pub ca_cert: Option<String>,
    /// Who asks.
    pub credentials: Credentials,
}

/// Whether the operator takes an endpoint for an emulator, which nobody signs in to (F§7.3).
pub fn is_emulator(endpoint: &str) -> bool {
    let endpoint = endpoint.trim().to_ascii_lowercase();
    endpoint.starts_with("http://") || endpoint.contains("fake-gcs-server")
}

/// A bucket, and the way to it.
pub struct Gcs {
    bucket: String,
    rest: Rest,
    access: Access,
}

impl Gcs {
    pub(super) fn new(config: Config, dial: Arc<dyn Dial>) -> Result<Gcs, StoreFailure> {
        let text = config.endpoint.as_deref().map_or(DEFAULT_ENDPOINT, str::trim);
        // What a client of the JSON API is given; the XML API is at the root.
        let endpoint = endpoint(text.trim_end_matches('/').trim_end_matches("/storage/v1"))?;
        let rest = Rest::new(dial.clone(), config.insecure_skip_verify, config.ca_cert.as_deref(), endpoint)?;
        Ok(Gcs { bucket: config.bucket, rest, access: Access::new(config.credentials, dial)? })
    }

    /// What was being waited for, for a deadline that passed.
    pub(super) fn waiting_for(&self) -> String {
        self.rest.waiting_for(|| self.access.waiting_for())
    }

    fn holder(&self) -> Holder {
        Holder { kind: "bucket", name: clean_cut(&self.bucket, 80), place: self.rest.place().to_owned() }
    }

    async fn request(
        &self,
        method: Method,
        key: Option<&str>,
        query: &[(&str, &str)],
        range: Range<'_>,
    ) -> Result<Response<SdkBody>, StoreFailure> {
        let mut request = rest::begin(method, address(&self.rest.endpoint, &self.bucket, key, query), range);
        if let Some(bearer) = self.access.bearer().await? {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", bearer.expose()));
        }
        // Otherwise an object that says it is gzip would be unpacked on the way, and not be the one that is stored.
        let request = request.header(header::ACCEPT_ENCODING, "gzip").body(SdkBody::empty());
        self.rest.ask(request.map_err(|_| self.holder().odd("cannot be asked: its URL or the token is odd"))?).await
    }

    pub(super) async fn head(&self, key: &str) -> HeadOutcome {
        let response = self.request(Method::HEAD, Some(key), &[], Range::default()).await?;
        if response.status().is_success() {
            return rest::head(response.headers());
        }
        // An answer to HEAD has no body, so a refusal is asked again as a GET of one byte, which names it.
        let named = self.request(Method::GET, Some(key), &[], Range { length: Some(1), ..Range::default() }).await?;
        let refused = if named.status().is_success() { response } else { named };
        Err(self.refused(What::Read(key), refused).await)
    }

    /// The object from a byte on; `None` when it has no such byte.
    pub(super) async fn part(&self, key: &str, range: Range<'_>) -> Result<Option<Part>, StoreFailure> {
        let response = self.request(Method::GET, Some(key), &[], range).await?;
        match response.status() {
            StatusCode::RANGE_NOT_SATISFIABLE => Ok(None),
            status if status.is_success() => rest::part(&self.holder(), response, range).map(Some),
            _ => Err(self.refused(What::Read(key), response).await),
        }
    }

    pub(super) async fn page(&self, ask: &Ask) -> Result<Answer, StoreFailure> {
        rest::filled(ask, PAGE, async |ask, room| self.one_page(ask, room).await).await
    }

    async fn one_page(&self, ask: &Ask, room: usize) -> Result<Answer, StoreFailure> {
        let room = room.to_string();
        // XML cannot hold every character that a key may have.
        let mut query = vec![("list-type", "2"), ("encoding-type", "url"), ("prefix", &ask.prefix), ("max-keys", &room)];
        let optional = [("delimiter", &ask.delimiter), ("start-after", &ask.start_after), ("continuation-token", &ask.token)];
        query.extend(optional.into_iter().filter_map(|(name, text)| Some((name, text.as_deref().filter(|t| !t.is_empty())?))));
        let response = self.request(Method::GET, None, &query, Range::default()).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(self.refused(What::List(&ask.prefix), response).await);
        }
        let document = self.rest.document(response).await?;
        ListDocument::read(&document)
            .and_then(|list| list.answer())
            .ok_or_else(|| self.holder().another("Google Cloud Storage", status))
    }

    async fn refused(&self, what: What<'_>, response: Response<SdkBody>) -> StoreFailure {
        let (head, body) = response.into_parts();
        let body: Bytes = rest::refusal(body).await;
        let said = Said::read(&head.headers, &body);
        let trouble = match said.code.as_deref() {
            Some(code) => by_code(code).unwrap_or_else(|| by_status(head.status)),
            None if head.status == StatusCode::NOT_FOUND => return self.holder().another("Google Cloud Storage", head.status),
            None => by_status(head.status),
        };
        // It was sent, so it is known: nothing is asked for it.
        let bearer = self.access.bearer().await.ok().flatten().unwrap_or_default();
        let (holder, server) = (self.holder(), said.shown(trouble == Trouble::AccessDenied, &[bearer.expose()]));
        let off = minutes_off(&head.headers, jiff::Timestamp::now()).filter(|_| trouble == Trouble::BadCredentials);
        let (trouble, cause) = match off {
            // Nothing but the time of its making is likely to be wrong with the token.
            Some(off) => {
                (Trouble::ClockSkew, format!("the clocks of this machine and of {} differ by {off} minutes", holder.place))
            }
            None if trouble == Trouble::AccessDenied => (trouble, denied(&holder, what)),
            None => (trouble.clone(), holder.words(&trouble, what, head.status)),
        };
        StoreFailure { trouble, cause, server }
    }
}

/// Names the permission that is missing.
fn denied(holder: &Holder, what: What<'_>) -> String {
    let (bucket, name) = (&holder.name, what.name());
    match what {
        What::Read(_) => format!(
            "these credentials may not read {name} in bucket {bucket}: they lack storage.objects.get \
             (or it is not there: Google hides that from those who may not list)"
        ),
        What::List("") => format!("these credentials may not list: they lack storage.objects.list on bucket {bucket}"),
        What::List(_) => {
            format!("these credentials may not list: they lack storage.objects.list on bucket {bucket} (prefix {name})")
        }
    }
}

fn by_code(code: &str) -> Option<Trouble> {
    Some(match code {
        "NoSuchKey" => Trouble::KeyMissing,
        "NoSuchBucket" => Trouble::BucketMissing,
        "AccessDenied" | "UserProjectAccessDenied" | "AccountProblem" => Trouble::AccessDenied,
        "AuthenticationRequired" | "InvalidSecurity" | "ExpiredToken" | "InvalidToken" => Trouble::BadCredentials,
        "PreconditionFailed" => Trouble::Changed,
        "RequestTimeTooSkewed" => Trouble::ClockSkew,
        _ => return None,
    })
}

fn by_status(status: StatusCode) -> Trouble {
    match status.as_u16() {
        401 => Trouble::BadCredentials,
        // Nothing of regions is known here: a redirect is another server's.
        301..=308 => Trouble::Other,
        _ => super::by_status(status),
    }
}
