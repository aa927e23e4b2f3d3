//! Certificates for the range and the tests: one authority, server and client certificates signed by it.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};

/// A certificate authority that lives in memory.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its private key, both PEM.
#[derive(Clone)]
pub struct Identity {
    /// The certificate, PEM.
    pub certificate: String,
    /// The private key, PEM (PKCS#8).
    pub key: String,
}

/// Who a client certificate speaks for and until when it is valid.
pub struct ClientName<'a> {
    /// The user name (common name).
    pub user: &'a str,
    /// The groups (organisations).
    pub groups: &'a [&'a str],
    /// Whether the certificate ran out long ago.
    pub expired: bool,
}

impl Authority {
    /// A new authority with the given common name.
    ///
    /// # Panics
    /// Only when the TLS provider cannot make keys at all.
    pub fn new(name: &str) -> Self {
        let mut params = params(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        let issuer = CertifiedIssuer::self_signed(params, key()).expect("a self-signed authority from fixed parameters");
        Authority { issuer }
    }

    /// The authority's own certificate, PEM: what clients verify against.
    pub fn certificate(&self) -> String {
        self.issuer.pem()
    }

    /// A server certificate for these DNS names and IP addresses; the first is the common name.
    ///
    /// # Panics
    /// When a name is not an ASCII DNS name or address.
    pub fn server(&self, names: &[&str]) -> Identity {
        let mut params = params(names.first().copied().unwrap_or("server"), names);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(params)
    }

    /// A client certificate as Kubernetes reads it: common name = user, organisations = groups.
    pub fn client(&self, name: &ClientName<'_>) -> Identity {
        let mut params = params(name.user, &[]);
        for group in name.groups {
            params.distinguished_name.push(DnType::OrganizationName, *group);
        }
        if name.expired {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Identity {
        let key = key();
        let certificate = params.signed_by(&key, &self.issuer).expect("signing with an authority made here");
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("the TLS provider makes keys")
}

fn params(name: &str, subjects: &[&str]) -> CertificateParams {
    let subjects: Vec<String> = subjects.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(subjects).expect("names are ASCII");
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    params.not_before = rcgen::date_time_ymd(2024, 1, 1);
    params.not_after = rcgen::date_time_ymd(2099, 1, 1);
    params
}
