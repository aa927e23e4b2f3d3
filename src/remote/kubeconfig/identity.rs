//! Certificates and keys: from base64 or from a file, checked before anything is sent.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::model::{Cluster, User};
use super::x509;
use crate::api::sensitive::Sensitive;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;

/// A client certificate with its key, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub certificate: String,
    pub key: Sensitive,
    pub not_after: Option<Timestamp>,
}

/// The certificate authority of a cluster: the PEM as it stands, and its certificates as DER.
#[derive(Debug, Clone, Default)]
pub(super) struct Authorities {
    pub pem: Vec<u8>,
    pub der: Vec<Vec<u8>>,
}

/// What the server is verified with; nothing means the machine's own trust store.
pub(super) fn authorities(cluster: &Cluster) -> Outcome<Option<Authorities>> {
    let Some(pem) = material("certificate-authority", &cluster.certificate_authority_data, &cluster.certificate_authority)?
    else {
        return Ok(None);
    };
    if cluster.insecure_skip_tls_verify {
        return Err(Failure::new(Exit::Usage, "specifying a root certificates file with the insecure flag is not allowed")
            .hint("drop either the certificate authority or --insecure-skip-tls-verify"));
    }
    let der: Vec<Vec<u8>> = certificates(&pem).map(|certificate| certificate.to_vec()).collect();
    if der.is_empty() {
        return Err(Failure::new(Exit::Usage, "the certificate-authority holds no PEM certificate"));
    }
    Ok(Some(Authorities { pem, der }))
}

/// Who we are by certificate, if by certificate.
pub(super) fn identity(user: &User, name: &str) -> Outcome<Option<Identity>> {
    let certificate = material("client-certificate", &user.client_certificate_data, &user.client_certificate)?;
    let key = material("client-key", user.client_key_data.expose(), &user.client_key)?;
    match (certificate, key) {
        (None, _) => Ok(None),
        (Some(_), None) => Err(Failure::new(
            Exit::Usage,
            format!("client-key-data or client-key must be specified for {name} to use the clientCert authentication method"),
        )),
        (Some(certificate), Some(key)) => checked(&certificate, &key).map(Some),
    }
}

/// Checks a pair that is about to be used.
pub(super) fn checked(certificate: &[u8], key: &[u8]) -> Outcome<Identity> {
    let Some(leaf) = certificates(certificate).next() else {
        return Err(Failure::new(Exit::Usage, "the client certificate is not a PEM certificate"));
    };
    let facts = x509::facts(&leaf);
    if facts.is_some_and(|facts| facts.version == 1) {
        return Err(Failure::new(Exit::Usage, "the client certificate is of X.509 version 1, which the TLS library refuses")
            .hint("have it issued again as version 3 (with any extension, e.g. extendedKeyUsage=clientAuth), or use a token"));
    }
    if PrivateKeyDer::from_pem_slice(key).is_err() {
        let encrypted = key.windows(9).any(|window| window == b"ENCRYPTED");
        let why = if encrypted { "is encrypted" } else { "is not a PEM private key (PKCS#8, PKCS#1 or SEC1)" };
        return Err(Failure::new(Exit::Usage, format!("the key of the client certificate {why}"))
            .hint("convert it with `openssl pkey -in KEY -out NEW-KEY`"));
    }
    Ok(Identity {
        certificate: text(certificate),
        key: Sensitive::new(text(key)),
        not_after: facts.and_then(|facts| facts.not_after),
    })
}

/// PEM as text that ends with a line break: kube-rs puts key and certificate next to each other.
fn text(pem: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(pem).into_owned();
    text.push('\n');
    text
}

fn certificates(pem: &[u8]) -> impl Iterator<Item = CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).filter_map(Result::ok)
}

/// The bytes of `KIND-data` if there is any, else of the file.
fn material(kind: &str, data: &str, file: &str) -> Outcome<Option<Vec<u8>>> {
    if !data.is_empty() {
        return decode(data).map(Some).ok_or_else(|| Failure::new(Exit::Usage, format!("{kind}-data is not valid base64")));
    }
    if file.is_empty() {
        return Ok(None);
    }
    std::fs::read(file).map(Some).map_err(|error| Failure::new(Exit::Usage, format!("unable to read {kind} {file}: {error}")))
}

/// Base64 as Go reads it: line breaks do not count.
fn decode(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    STANDARD.decode(text).ok()
}
