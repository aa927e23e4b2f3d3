//! The two facts of a client certificate that explain a failed login: its version and its end.

use jiff::Timestamp;

/// What matters of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    /// 1, 2 or 3. Version 1 is refused by the TLS library.
    pub version: u8,
    /// The last moment of its validity, when it can be read.
    pub not_after: Option<Timestamp>,
}

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Reads them from DER; nothing when it is no certificate.
pub(super) fn facts(der: &[u8]) -> Option<Facts> {
    let (certificate, _) = expect(der, SEQUENCE)?;
    let (to_be_signed, _) = expect(certificate, SEQUENCE)?;
    let (version, rest) = match expect(to_be_signed, VERSION) {
        Some((version, rest)) => (version.last()?.checked_add(1)?, rest),
        None => (1, to_be_signed),
    };
    Some(Facts { version, not_after: not_after(rest) })
}

/// Skips serial number, algorithm, issuer and the first moment.
fn not_after(rest: &[u8]) -> Option<Timestamp> {
    let mut rest = rest;
    for _ in 0..3 {
        rest = element(rest)?.2;
    }
    let (validity, _) = expect(rest, SEQUENCE)?;
    let (tag, text, _) = element(element(validity)?.2)?;
    let text = std::str::from_utf8(text).ok()?;
    let digits = match tag {
        // Two-digit years are of 1950 to 2049 (RFC 5280, 4.1.2.5.1).
        UTC_TIME => format!("{}{text}", if text < "50" { "20" } else { "19" }),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let at = |range| digits.get(range);
    let parts = [at(0..4)?, at(4..6)?, at(6..8)?, at(8..10)?, at(10..12)?, at(12..14)?];
    let [year, month, day, hour, minute, second] = parts;
    format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z").parse().ok()
}

fn expect(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    element(input).filter(|(found, _, _)| *found == tag).map(|(_, content, rest)| (content, rest))
}

/// One DER element: its tag, its content, and what follows.
fn element(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = input.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = if *length < 0x80 {
        (usize::from(*length), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
        let value = digits.iter().try_fold(0usize, |value, digit| value.checked_mul(256)?.checked_add(usize::from(*digit)))?;
        (value, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::pki::{Authority, ClientName};
    use rustls::pki_types::{CertificateDer, pem::PemObject};

    #[test]
    fn version_and_end_are_read() {
        let of = |expired| {
            let identity = Authority::new("ca").client(&ClientName { user: "u", groups: &[], expired });
            facts(&CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap()).unwrap()
        };
        assert_eq!(of(true), Facts { version: 3, not_after: "2021-01-01T00:00:00Z".parse().ok() });
        // 2099 is written as GeneralizedTime.
        assert_eq!(of(false).not_after, "2099-01-01T00:00:00Z".parse().ok());
    }

    #[test]
    fn no_version_means_one() {
        // SEQUENCE { SEQUENCE { INTEGER 1 } }
        assert_eq!(facts(&[0x30, 5, 0x30, 3, 2, 1, 1]), Some(Facts { version: 1, not_after: None }));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..100)) {
            let _ = facts(&bytes);
        }
    }
}
