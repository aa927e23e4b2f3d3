//! TLS of our own connections: whom to trust, and what went wrong, in words.

use std::error::Error;
use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};

/// Which servers are believed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Trust {
    /// Those the machine trusts.
    #[default]
    Platform,
    /// Those the machine trusts, and those of this PEM bundle.
    PlatformAnd(String),
    /// All of them. Only where the cluster's own configuration says so.
    Anyone,
}

/// A client configuration for HTTP/1.1.
///
/// # Errors
/// When the bundle is not PEM, or the machine's own roots cannot be loaded.
pub fn client_config(trust: &Trust) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::Anyone => Arc::new(Anyone(provider.clone())),
        Trust::Platform => platform(Vec::new(), &provider)?,
        Trust::PlatformAnd(pem) => platform(certificates(pem)?, &provider)?,
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The certificates of a PEM bundle.
///
/// # Errors
/// When there is none in it.
pub fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| "the CA bundle is not valid PEM".to_owned())?;
    if certificates.is_empty() { Err("the CA bundle holds no certificate".to_owned()) } else { Ok(certificates) }
}

fn platform(extra: Vec<CertificateDer<'static>>, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, String> {
    rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider.clone())
        .map(|verifier| Arc::new(verifier) as Arc<dyn ServerCertVerifier>)
        .map_err(|error| format!("the certificates this machine trusts cannot be loaded: {error}"))
}

/// Believes any certificate; signatures of the handshake are still checked.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The TLS cause inside an error, in words; `None` when it is none of TLS.
pub fn cause(error: &(dyn Error + 'static)) -> Option<String> {
    find(error).map(words)
}

fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(found) = error.downcast_ref::<rustls::Error>() {
        return Some(found);
    }
    // `io::Error::source` skips the error it was made from.
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    match inner {
        Some(inner) => find(inner),
        None => error.source().and_then(find),
    }
}

fn words(error: &rustls::Error) -> String {
    use rustls::Error as Tls;
    match error {
        Tls::InvalidCertificate(certificate) => certificate_words(certificate),
        Tls::InvalidMessage(_) => "the server does not speak TLS on this port".to_owned(),
        Tls::AlertReceived(alert) => format!("the server broke off the TLS handshake ({alert:?})"),
        Tls::PeerIncompatible(_) => "the server has no TLS version or cipher in common with us".to_owned(),
        other => format!("TLS failed: {other}"),
    }
}

fn certificate_words(error: &CertificateError) -> String {
    match error {
        // An authority that was made anew has its old name: then it is the signature that is wrong.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "the server's certificate is signed by an authority that is not trusted here (self-signed?)".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired (or the clock here is wrong)".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet (or the clock here is wrong)".to_owned()
        }
        CertificateError::NotValidForName => "the server's certificate is for another name".to_owned(),
        CertificateError::NotValidForNameContext { expected, .. } => {
            format!("the server's certificate is not for the name {}", expected.to_str())
        }
        other => format!("the server's certificate is not acceptable: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tls_error_is_found_under_other_errors() {
        let deep = io::Error::other(io::Error::other(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)));
        assert!(cause(&deep).unwrap().contains("not trusted"));
        assert_eq!(cause(&io::Error::other("plain")), None);
    }

    #[test]
    fn a_bundle_without_certificates_is_refused() {
        assert_eq!(certificates("nothing"), Err("the CA bundle holds no certificate".into()));
        let broken = "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n";
        assert_eq!(certificates(broken), Err("the CA bundle is not valid PEM".into()));
    }
}
