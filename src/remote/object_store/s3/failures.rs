//! What each way to fail means, in words.

use std::fmt::Debug;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use http::StatusCode;

use super::S3;
use crate::api::text::clean_cut;
use crate::remote::chain;
use crate::remote::object_store::failures::What;
use crate::remote::object_store::http::Broken;
use crate::remote::object_store::{StoreFailure, Trouble, by_status};

impl S3 {
    pub(super) fn not_s3(&self, status: StatusCode) -> StoreFailure {
        self.holder().another("S3", status)
    }

    pub(super) fn explain<E: Debug + std::error::Error + ProvideErrorMetadata + 'static>(
        &self,
        what: What<'_>,
        error: &SdkError<E>,
    ) -> StoreFailure {
        let Some(response) = error.raw_response() else { return self.unanswered(error) };
        let status = StatusCode::from_u16(response.status().as_u16()).unwrap_or_default();
        if status.is_success() {
            return self.not_understood(error, status);
        }
        if error.code().is_none() && status == StatusCode::NOT_FOUND && matches!(what, What::List(_)) {
            return self.not_s3(status);
        }
        let region = region_of(response);
        let trouble = match (error.code(), region) {
            (Some("PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed"), region) => {
                Trouble::WrongRegion(region)
            }
            (Some(code), _) => by_code(code).unwrap_or_else(|| by_status(status)),
            (None, Some(region)) if status.is_redirection() => Trouble::WrongRegion(Some(region)),
            (None, _) => by_status(status),
        };
        let cause = match (&trouble, error.code()) {
            (Trouble::BadCredentials, Some(code)) => format!("{} {}", self.place(), unaccepted(code)),
            _ => self.words(&trouble, what, status),
        };
        let said = |text: &str, limit| clean_cut(&self.without_credentials(text), limit);
        let code = error.code().map(|code| said(code, 80));
        let message = error.message().map(|message| said(message, 300));
        let server = [code, message].into_iter().flatten().collect::<Vec<_>>().join(": ");
        StoreFailure { trouble, cause, server: (!server.is_empty()).then_some(server) }
    }

    fn words(&self, trouble: &Trouble, what: What<'_>, status: StatusCode) -> String {
        match trouble {
            Trouble::AccessDenied => self.denied(what),
            Trouble::WrongRegion(Some(region)) => {
                format!("bucket {} is in region {region}, not in {}", self.holder().name, self.config.region)
            }
            Trouble::WrongRegion(None) => format!("bucket {} is not in region {}", self.holder().name, self.config.region),
            Trouble::ClockSkew => {
                format!("the clocks of this machine and of {} differ by more than 15 minutes", self.place())
            }
            _ => self.holder().words(trouble, what, status),
        }
    }

    /// Names the permission that is missing.
    fn denied(&self, what: What<'_>) -> String {
        let (bucket, name) = (clean_cut(&self.config.bucket, 80), what.name());
        match what {
            What::Read(_) => format!(
                "these credentials may not read {name} in bucket {bucket}: they lack s3:GetObject \
                 (or it is not there: stores hide that from those who may not list)"
            ),
            What::List("") => format!("these credentials may not list: they lack s3:ListBucket on bucket {bucket}"),
            What::List(_) => {
                format!("these credentials may not list: they lack s3:ListBucket on bucket {bucket} (prefix {name})")
            }
        }
    }

    /// The answer was a success and could not be read: cut short, or from something else than a store.
    fn not_understood(&self, error: &(dyn std::error::Error + 'static), status: StatusCode) -> StoreFailure {
        let cut = std::iter::successors(Some(error), |error| error.source()).any(<dyn std::error::Error>::is::<hyper::Error>);
        match cut {
            true => self.broke_off(),
            false => self.not_s3(status),
        }
    }

    pub(super) fn broke_off(&self) -> StoreFailure {
        StoreFailure::new(Trouble::Unreachable, format!("the answer of {} broke off", self.place()))
    }

    /// There was no answer: the connection, TLS or the request itself failed.
    fn unanswered<E: std::error::Error + 'static>(&self, error: &SdkError<E>) -> StoreFailure {
        let connector = match error {
            SdkError::DispatchFailure(failure) => failure.as_connector_error(),
            _ => None,
        };
        let broken = connector.and_then(std::error::Error::source).and_then(|source| source.downcast_ref::<Broken>());
        let Some(broken) = broken else {
            let said = self.without_credentials(&chain(error));
            return StoreFailure::new(Trouble::Other, clean_cut(&said, 300));
        };
        broken.failure(&self.place(), self.endpoint.as_ref())
    }
}

/// What is wrong with the credentials.
fn unaccepted(code: &str) -> &'static str {
    match code {
        "InvalidAccessKeyId" => "does not know the access key id of these credentials",
        "SignatureDoesNotMatch" => "does not accept the signature: the secret access key is not the one of this access key id",
        "ExpiredToken" | "TokenRefreshRequired" => "does not accept these credentials any more: they have expired",
        _ => "does not accept the session token of these credentials",
    }
}

pub(super) fn status_of<E>(error: &SdkError<E>) -> Option<StatusCode> {
    StatusCode::from_u16(error.raw_response()?.status().as_u16()).ok()
}

fn by_code(code: &str) -> Option<Trouble> {
    Some(match code {
        "NoSuchKey" => Trouble::KeyMissing,
        "NoSuchBucket" => Trouble::BucketMissing,
        "AccessDenied" | "AllAccessDisabled" | "AccountProblem" => Trouble::AccessDenied,
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" => {
            Trouble::BadCredentials
        }
        "PreconditionFailed" => Trouble::Changed,
        "RequestTimeTooSkewed" | "RequestExpired" => Trouble::ClockSkew,
        "IllegalLocationConstraintException" => Trouble::WrongRegion(None),
        _ => return None,
    })
}

/// The region a store says the bucket is in: a header, or an element of the error document.
fn region_of(response: &HttpResponse) -> Option<String> {
    let header = response.headers().get("x-amz-bucket-region").map(str::to_owned);
    let region = header.or_else(|| {
        let body = std::str::from_utf8(response.body().bytes()?).ok()?;
        let (_, rest) = body.split_once("<Region>")?;
        Some(rest.split_once("</Region>")?.0.to_owned())
    })?;
    let plain = !region.is_empty() && region.len() <= 40 && region.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    plain.then_some(region)
}
