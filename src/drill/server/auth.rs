//! Who is asking: client certificates, bearer tokens, impersonation headers.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use rustls::pki_types::CertificateDer;

use super::meta;
use super::rejection::Rejection;

/// A person or program the server knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct User {
    /// User name.
    pub name: String,
    /// Groups; `system:masters` may do everything.
    pub groups: Vec<String>,
    /// Whether certificates made for this user have run out.
    pub expired: bool,
}

impl User {
    /// Somebody who may do only what RBAC grants.
    pub fn named(name: &str) -> Self {
        User { name: name.into(), ..User::default() }
    }

    /// The administrator: group `system:masters`.
    pub fn admin() -> Self {
        User::named("kubernetes-admin").group("system:masters")
    }

    /// The same user in one more group.
    #[must_use]
    pub fn group(mut self, group: &str) -> Self {
        self.groups.push(group.into());
        self
    }

    /// The same user with a certificate that ran out long ago.
    #[must_use]
    pub fn expired(mut self) -> Self {
        self.expired = true;
        self
    }

    /// Whether this user passes every check.
    pub(crate) fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == "system:masters")
    }

    /// Adds the groups the server itself puts people in.
    fn authenticated(mut self) -> Self {
        if self.name.starts_with("system:serviceaccount:") && self.groups.is_empty() {
            let namespace = self.name.split(':').nth(2).unwrap_or_default();
            self.groups = vec!["system:serviceaccounts".into(), format!("system:serviceaccounts:{namespace}")];
        }
        if !self.groups.iter().any(|group| group == "system:authenticated") {
            self.groups.push("system:authenticated".into());
        }
        self
    }
}

/// The bearer tokens issued.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<BTreeMap<String, User>>);

impl Tokens {
    pub fn issue(&self, user: &User) -> String {
        let token = meta::secret();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(token.clone(), user.clone());
        token
    }

    fn user(&self, token: &str) -> Option<User> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(token).filter(|user| !user.expired).cloned()
    }
}

/// The user behind a request, before impersonation: the certificate counts first, then the token.
pub(crate) fn authenticate(certificate: Option<&User>, headers: &HeaderMap, tokens: &Tokens) -> Result<User, Rejection> {
    let bearer = header(headers, "authorization").and_then(|value| value.strip_prefix("Bearer "));
    let user = certificate.cloned().or_else(|| tokens.user(bearer?.trim()));
    user.map(User::authenticated).ok_or_else(Rejection::unauthorized)
}

/// The user asked for by `Impersonate-*` headers, if any. Groups without a user are refused.
pub(crate) fn impersonated(headers: &HeaderMap) -> Result<Option<User>, Rejection> {
    let groups: Vec<String> =
        headers.get_all("impersonate-group").iter().filter_map(|v| v.to_str().ok()).map(str::to_owned).collect();
    let uid = header(headers, "impersonate-uid");
    match header(headers, "impersonate-user") {
        Some(name) => Ok(Some(User { name: name.to_owned(), groups, expired: false }.authenticated())),
        None if groups.is_empty() && uid.is_none() => Ok(None),
        None => {
            let message = format!("requested [{}] without impersonating a user", groups.join(" "));
            Err(Rejection::internal(message))
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The user a client certificate names: common name and organisations of its subject. `None` when it cannot be read.
pub(crate) fn certificate_user(certificate: &CertificateDer<'_>) -> Option<User> {
    let mut user = User::default();
    for (oid, text) in subject(certificate.as_ref())? {
        match oid {
            [0x55, 0x04, 0x03] => user.name = text,
            [0x55, 0x04, 0x0a] => user.groups.push(text),
            _ => {}
        }
    }
    (!user.name.is_empty()).then_some(user)
}

/// The attributes of the subject (object identifier as encoded, text).
///
/// Certificate → tbsCertificate → [version], serial, signature, issuer, validity, *subject* (RFC 5280 §4.1).
fn subject(der: &[u8]) -> Option<Vec<(&[u8], String)>> {
    let (_, certificate, _) = element(der)?;
    let (_, mut fields, _) = element(certificate)?;
    if fields.first() == Some(&0xa0) {
        fields = element(fields)?.2;
    }
    for _ in 0..4 {
        fields = element(fields)?.2;
    }
    let (_, mut names, _) = element(fields)?;
    let mut attributes = Vec::new();
    while !names.is_empty() {
        let (_, set, rest) = element(names)?;
        let (_, attribute, _) = element(set)?;
        let (_, oid, value) = element(attribute)?;
        attributes.push((oid, String::from_utf8(element(value)?.1.to_vec()).ok()?));
        names = rest;
    }
    Some(attributes)
}

/// One DER element: tag, content, what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        (bytes.iter().try_fold(0usize, |n, &b| n.checked_mul(256)?.checked_add(usize::from(b)))?, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}
