//! AWS Signature Version 4, the server's half: a request is believed only when its signature is right.

use std::collections::BTreeMap;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use http::request::Parts;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::xml::Refusal;

/// How far a client's clock may be off, as S3 has it.
const SKEW: Duration = Duration::from_secs(15 * 60);

/// Everything but the unreserved characters of RFC 3986 is escaped; a path also keeps its slashes.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const ESCAPED_IN_PATH: &AsciiSet = &ESCAPED.remove(b'/');

/// Who may sign, where and when.
pub(super) struct Verifier<'a> {
    /// The key id that is known.
    pub access_key: &'a str,
    /// Its secret.
    pub secret_key: &'a str,
    /// The session token that must come with it, if any.
    pub session_token: Option<&'a str>,
    /// The only region signatures may name; `None` accepts any.
    pub region: Option<&'a str>,
    /// The server's clock.
    pub now: Timestamp,
}

/// The `Authorization` header taken apart.
struct Claim<'a> {
    access_key: &'a str,
    day: &'a str,
    region: &'a str,
    scope: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl Verifier<'_> {
    /// Accepts or refuses a request with the body it came with.
    pub fn verify(&self, request: &Parts, body: &[u8]) -> Result<(), Refusal> {
        let claim = claim(&request.headers)?;
        if claim.access_key != self.access_key {
            return Err(Refusal::InvalidAccessKeyId);
        }
        if self.region.is_some_and(|region| region != claim.region) {
            return Err(Refusal::WrongRegion(self.region.unwrap_or_default().to_owned()));
        }
        if self.session_token != header(&request.headers, "x-amz-security-token") {
            return Err(Refusal::InvalidToken);
        }
        self.check_time(&request.headers)?;
        check_payload(&request.headers, body)?;
        self.check_signature(&claim, request)
    }

    fn check_time(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let sent = header(headers, "x-amz-date")
            .and_then(|text| jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok())
            .and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC).ok())
            .ok_or(Refusal::AccessDenied)?;
        let off = self.now.duration_since(sent.timestamp()).unsigned_abs();
        if off > SKEW { Err(Refusal::RequestTimeTooSkewed) } else { Ok(()) }
    }

    fn check_signature(&self, claim: &Claim<'_>, request: &Parts) -> Result<(), Refusal> {
        let date = header(&request.headers, "x-amz-date").unwrap_or_default();
        let canonical = canonical_request(request, claim.signed_headers);
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{}\n{}", claim.scope, hex(&Sha256::digest(canonical)));
        let key = ["aws4_request", "s3", claim.region, claim.day]
            .into_iter()
            .rev()
            .fold(format!("AWS4{}", self.secret_key).into_bytes(), |key, part| sign(&key, part));
        if hex(&sign(&key, &to_sign)) == claim.signature { Ok(()) } else { Err(Refusal::SignatureDoesNotMatch) }
    }
}

/// `AWS4-HMAC-SHA256 Credential=…/day/region/s3/aws4_request, SignedHeaders=…, Signature=…`
fn claim(headers: &HeaderMap) -> Result<Claim<'_>, Refusal> {
    let text = header(headers, "authorization").ok_or(Refusal::AccessDenied)?;
    let parameters = text.strip_prefix("AWS4-HMAC-SHA256").ok_or(Refusal::AccessDenied)?;
    let parameters: BTreeMap<&str, &str> = parameters.split(',').filter_map(|part| part.trim().split_once('=')).collect();
    let parameter = |name: &str| parameters.get(name).copied().ok_or(Refusal::AccessDenied);
    let (access_key, scope) = parameter("Credential")?.split_once('/').ok_or(Refusal::AccessDenied)?;
    let &[day, region, "s3", "aws4_request"] = scope.split('/').collect::<Vec<_>>().as_slice() else {
        return Err(Refusal::AccessDenied);
    };
    let (signed_headers, signature) = (parameter("SignedHeaders")?, parameter("Signature")?);
    // A signature that does not cover the host could be replayed against another server.
    if !signed_headers.split(';').any(|name| name == "host") {
        return Err(Refusal::AccessDenied);
    }
    Ok(Claim { access_key, day, region, scope, signed_headers, signature })
}

/// The region that a request was signed for.
pub(super) fn signed_region(headers: &HeaderMap) -> Option<&str> {
    claim(headers).ok().map(|claim| claim.region)
}

fn check_payload(headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    match header(headers, "x-amz-content-sha256") {
        Some("UNSIGNED-PAYLOAD") => Ok(()),
        Some(sum) if sum == hex(&Sha256::digest(body)) => Ok(()),
        _ => Err(Refusal::ContentSha256Mismatch),
    }
}

fn canonical_request(request: &Parts, signed_headers: &str) -> String {
    let headers: String = signed_headers.split(';').map(|name| canonical_header(&request.headers, name)).collect();
    format!(
        "{}\n{}\n{}\n{headers}\n{signed_headers}\n{}",
        request.method,
        recode(request.uri.path(), ESCAPED_IN_PATH),
        canonical_query(request.uri.query().unwrap_or_default()),
        header(&request.headers, "x-amz-content-sha256").unwrap_or_default(),
    )
}

fn canonical_header(headers: &HeaderMap, name: &str) -> String {
    let values: Vec<String> = headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    format!("{name}:{}\n", values.join(","))
}

fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (recode(name, ESCAPED), recode(value, ESCAPED)))
        .collect();
    pairs.sort();
    pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Clients may escape more or less than the rule says; what is signed is the one canonical spelling.
fn recode(text: &str, set: &'static AsciiSet) -> String {
    utf8_percent_encode(&percent_decode_str(text).decode_utf8_lossy(), set).to_string()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn sign(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The GET-object example of the AWS documentation ("Signature Calculations for the Authorization Header").
    fn documented() -> Parts {
        let request = http::Request::get("/test.txt")
            .header("host", "examplebucket.s3.amazonaws.com")
            .header("range", "bytes=0-9")
            .header("x-amz-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
            .header("x-amz-date", "20130524T000000Z")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
                 SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,\
                 Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            );
        request.body(()).unwrap().into_parts().0
    }

    fn verifier(secret_key: &str) -> Verifier<'_> {
        Verifier {
            access_key: "AKIAIOSFODNN7EXAMPLE",
            secret_key,
            session_token: None,
            region: Some("us-east-1"),
            now: "2013-05-24T00:10:00Z".parse().unwrap(),
        }
    }

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    #[test]
    fn the_documented_example_verifies() {
        assert_eq!(verifier(SECRET).verify(&documented(), b""), Ok(()));
    }

    #[test]
    fn one_changed_bit_anywhere_does_not() {
        let mut secret = SECRET.as_bytes().to_vec();
        secret[10] ^= 1;
        let secret = String::from_utf8(secret).unwrap();
        assert_eq!(verifier(&secret).verify(&documented(), b""), Err(Refusal::SignatureDoesNotMatch));
        let mut other_path = documented();
        other_path.uri = "/test.txu".parse().unwrap();
        assert_eq!(verifier(SECRET).verify(&other_path, b""), Err(Refusal::SignatureDoesNotMatch));
        let mut other_range = documented();
        other_range.headers.insert("range", "bytes=0-8".parse().unwrap());
        assert_eq!(verifier(SECRET).verify(&other_range, b""), Err(Refusal::SignatureDoesNotMatch));
    }

    #[test]
    fn body_clock_region_and_token_are_checked_too() {
        let check = |change: fn(&mut Verifier<'_>), body: &[u8]| {
            let mut verifier = verifier(SECRET);
            change(&mut verifier);
            verifier.verify(&documented(), body)
        };
        assert_eq!(check(|_| (), b"body"), Err(Refusal::ContentSha256Mismatch));
        assert_eq!(check(|v| v.now = "2013-05-24T00:16:00Z".parse().unwrap(), b""), Err(Refusal::RequestTimeTooSkewed));
        assert_eq!(check(|v| v.region = Some("eu-west-1"), b""), Err(Refusal::WrongRegion("eu-west-1".into())));
        assert_eq!(check(|v| v.session_token = Some("t"), b""), Err(Refusal::InvalidToken));
        assert_eq!(check(|v| v.access_key = "other", b""), Err(Refusal::InvalidAccessKeyId));
    }
}
