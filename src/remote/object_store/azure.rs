//! Azure Blob Storage by its REST API.
//!
//! Three kinds of requests are all that is needed, so they are made here; who asks, and how a request is signed, is
//! `object_store`'s part. Its own listing would lose a whole page for one name that it cannot hold.

mod account;
mod credentials;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws_smithy_types::body::SdkBody;
use http::{Method, Response, StatusCode};
use object_store::azure::AzureAuthorizer;
use object_store::client::HttpRequestBody;

use self::account::{Site, site};
use self::credentials::Access;
pub use self::credentials::Credentials;
use super::endpoint::address;
use super::failures::{Holder, Said, What, minutes_off};
use super::listing::{Answer, Ask, Listed, etag};
use super::reading::{Part, Range};
use super::rest::{self, Rest, http_date};
use super::{HeadOutcome, StoreFailure, Trouble, xml};
use crate::api::sensitive::Sensitive;
use crate::api::text::clean_cut;
use crate::remote::tunnel::dial::Dial;

/// The most entries of one page: Azure's own limit. It cannot begin a list behind a given name, so pages are large.
const PAGE: u16 = 5000;

/// Where the container is and how to get in: the operator's `source.target` plus what its Secret holds.
#[derive(Debug, Clone)]
pub struct Config {
    /// The endpoint's URL; `None` means the one the credentials name, or Microsoft's own for this account.
    pub endpoint: Option<String>,
    /// The storage account, where the target names it.
    pub account: Option<String>,
    /// The container.
    pub container: String,
    /// Whether any certificate will do.
    pub insecure_skip_verify: bool,
    /// Authorities that are trusted besides the machine's own, PEM.
    pub ca_cert: Option<String>,
    /// What to sign with.
    pub credentials: Credentials,
}

/// A container, and the way to it.
pub struct Azure {
    container: String,
    account: String,
    rest: Rest,
    access: Access,
}

impl Azure {
    pub(super) fn new(config: Config, dial: Arc<dyn Dial>) -> Result<Azure, StoreFailure> {
        let string = config.credentials.connection_string();
        let Site { account, endpoint } = site(config.endpoint.as_deref(), config.account.as_deref(), &string)?;
        let rest = Rest::new(dial.clone(), config.insecure_skip_verify, config.ca_cert.as_deref(), endpoint)?;
        Ok(Azure { container: config.container, account, rest, access: Access::new(config.credentials, string, dial)? })
    }

    /// What was being waited for, for a deadline that passed.
    pub(super) fn waiting_for(&self) -> String {
        self.rest.waiting_for(|| self.access.waiting_for())
    }

    fn holder(&self) -> Holder {
        Holder { kind: "container", name: clean_cut(&self.container, 80), place: self.rest.place().to_owned() }
    }

    async fn request(
        &self,
        method: Method,
        key: Option<&str>,
        query: &[(&str, &str)],
        range: Range<'_>,
    ) -> Result<Response<SdkBody>, StoreFailure> {
        if key.is_some_and(|key| key.split('/').any(|part| part == "." || part == "..")) {
            // URLs have another meaning for these, and what is signed would not be what is asked.
            return Err(self.holder().odd("cannot be asked for a name with the parts . or .."));
        }
        let request = rest::begin(method, address(&self.rest.endpoint, &self.container, key, query), range);
        let credential = self.access.credential().await?;
        let odd = || self.holder().odd("cannot be asked: its URL or the signature is odd");
        let mut request = request.body(HttpRequestBody::empty()).map_err(|_| odd())?;
        AzureAuthorizer::new(&credential, &self.account).try_authorize(&mut request).map_err(|_| odd())?;
        self.rest.ask(request.map(|_| SdkBody::empty())).await
    }

    pub(super) async fn head(&self, key: &str) -> HeadOutcome {
        let response = self.request(Method::HEAD, Some(key), &[], Range::default()).await?;
        if response.status().is_success() {
            return rest::head(response.headers());
        }
        Err(self.refused(What::Read(key), response).await)
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
        let failure = match rest::filled(ask, PAGE, async |ask, room| self.one_page(ask, room).await).await {
            Err(failure) if failure.trouble == Trouble::Other => failure,
            outcome => return outcome,
        };
        // An account with a hierarchical namespace takes no delimiter but the slash.
        match ask.delimiter.as_deref().filter(|delimiter| *delimiter != "/") {
            Some(delimiter) => self.rolled_up(ask, delimiter).await.map_err(|_| failure),
            None => Err(failure),
        }
    }

    /// What a page with a delimiter would be, and all those behind it, made of all keys.
    async fn rolled_up(&self, ask: &Ask, delimiter: &str) -> Result<Answer, StoreFailure> {
        let mut plain = Ask { delimiter: None, limit: None, ..ask.clone() };
        let mut all = Answer::default();
        loop {
            let page = rest::filled(&plain, PAGE, async |ask, room| self.one_page(ask, room).await).await?;
            all.roll_up(page.keys, &ask.prefix, delimiter);
            match page.next {
                Some(token) => plain.token = Some(token),
                None => return Ok(all),
            }
        }
    }

    async fn one_page(&self, ask: &Ask, room: usize) -> Result<Answer, StoreFailure> {
        let room = room.to_string();
        let mut query = vec![("restype", "container"), ("comp", "list"), ("prefix", &ask.prefix), ("maxresults", &room)];
        let optional = [("delimiter", &ask.delimiter), ("marker", &ask.token)];
        query.extend(optional.into_iter().filter_map(|(name, text)| Some((name, text.as_deref().filter(|t| !t.is_empty())?))));
        let response = self.request(Method::GET, None, &query, Range::default()).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(self.refused(What::List(&ask.prefix), response).await);
        }
        let document = self.rest.document(response).await?;
        page(&document).ok_or_else(|| self.holder().another("Azure Blob Storage", status))
    }

    async fn refused(&self, what: What<'_>, response: Response<SdkBody>) -> StoreFailure {
        let (head, body) = response.into_parts();
        let said = Said::read(&head.headers, &rest::refusal(body).await);
        let holder = self.holder();
        let server = said.shown(false, &self.access.sent().await.iter().map(Sensitive::expose).collect::<Vec<_>>());
        let trouble = match said.code.as_deref() {
            // Azurite's code for what Azure calls AuthenticationFailed; the words are the same.
            Some("AuthorizationFailure") if said.says("Server failed to authenticate") => Trouble::BadCredentials,
            Some(code) => by_code(code).unwrap_or_else(|| by_status(head.status)),
            None if head.status == StatusCode::NOT_FOUND => return holder.another("Azure Blob Storage", head.status),
            None => by_status(head.status),
        };
        let off = minutes_off(&head.headers, jiff::Timestamp::now());
        // Azure names the date only in the detail, which may also repeat what was signed.
        let dated = said.detail.is_some_and(|detail| detail.contains("date header"));
        let (trouble, cause) = match trouble {
            Trouble::BadCredentials if dated || off.is_some() => {
                let by = off.map_or("too much".to_owned(), |off| format!("{off} minutes"));
                (Trouble::ClockSkew, format!("the clocks of this machine and of {} differ by {by}", holder.place))
            }
            Trouble::AccessDenied => (trouble, denied(&holder, what)),
            trouble => (trouble.clone(), holder.words(&trouble, what, head.status)),
        };
        StoreFailure { trouble, cause, server }
    }
}

/// Names the role or the permission that is missing.
fn denied(holder: &Holder, what: What<'_>) -> String {
    let (container, name) = (&holder.name, what.name());
    let lacks = "they lack the role Storage Blob Data Reader";
    match what {
        What::Read(_) => {
            format!("these credentials may not read {name} in container {container}: {lacks}, or as a signature the permission r")
        }
        What::List("") => {
            format!("these credentials may not list container {container}: {lacks}, or as a signature the permission l")
        }
        What::List(_) => format!(
            "these credentials may not list container {container} (prefix {name}): {lacks}, or as a signature the permission l"
        ),
    }
}

fn by_code(code: &str) -> Option<Trouble> {
    Some(match code {
        "BlobNotFound" => Trouble::KeyMissing,
        "ContainerNotFound" | "ContainerBeingDeleted" | "ContainerDisabled" => Trouble::BucketMissing,
        "AuthenticationFailed" | "InvalidAuthenticationInfo" => Trouble::BadCredentials,
        "AuthorizationFailure"
        | "AuthorizationPermissionMismatch"
        | "AuthorizationProtocolMismatch"
        | "AuthorizationResourceTypeMismatch"
        | "AuthorizationServiceMismatch"
        | "AuthorizationSourceIPMismatch"
        | "InsufficientAccountPermissions"
        | "KeyBasedAuthenticationNotPermitted"
        | "NoAuthenticationInformation"
        | "PublicAccessNotPermitted"
        | "AccountIsDisabled" => Trouble::AccessDenied,
        "ConditionNotMet" | "TargetConditionNotMet" => Trouble::Changed,
        _ => return None,
    })
}

fn by_status(status: StatusCode) -> Trouble {
    match status.as_u16() {
        401 => Trouble::BadCredentials,
        // Nothing of regions is known here; and a refusal of another kind says nothing about the object.
        301..=308 | 404 => Trouble::Other,
        _ => super::by_status(status),
    }
}

/// A page of `EnumerationResults`; `None` when it is none.
fn page(document: &[u8]) -> Option<Answer> {
    let (mut answer, mut keys) = (Answer::default(), Vec::new());
    let read = xml::read(document, &["Blob", "BlobPrefix"], |name, fields| match name {
        "Blob" => keys.push(listed(fields)),
        "BlobPrefix" => answer.prefixes.extend(fields.get("Name").map(str::to_owned)),
        "NextMarker" => answer.next = fields.text().map(str::to_owned),
        _ => {}
    });
    if read.ok()? != "EnumerationResults" {
        return None;
    }
    answer.keys = keys.into_iter().collect::<Option<_>>()?;
    Some(answer)
}

fn listed(fields: &xml::Fields) -> Option<Listed> {
    Some(Listed {
        key: fields.get("Name")?.to_owned(),
        size: fields.get("Content-Length")?.parse().ok()?,
        etag: fields.get("Etag").and_then(etag),
        last_modified: fields.get("Last-Modified").and_then(http_date),
    })
}
