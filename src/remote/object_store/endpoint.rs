//! Where a store is asked: URLs that can be used.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::{StoreFailure, Trouble};
use crate::api::text::{clean_cut, without_login};

/// A URL that can be asked. Admission also accepts `s3://host` (F§8.5), which can only mean TLS.
pub(super) fn endpoint(text: &str) -> Result<Url, StoreFailure> {
    let shown = clean_cut(&without_login(text), 200);
    let unusable = |why: &str| StoreFailure::new(Trouble::Endpoint, format!("the endpoint {shown} {why}"));
    let text = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("s3") => format!("https://{rest}"),
        Some(_) => text.to_owned(),
        None => return Err(unusable("has no scheme (https://…)")),
    };
    let url = Url::parse(&text).map_err(|error| unusable(&format!("is not a URL: {error}")))?;
    match url.scheme() {
        _ if url.host_str().is_none_or(str::is_empty) => Err(unusable("has no host")),
        "http" | "https" if url.username().is_empty() && url.password().is_none() => Ok(url),
        "http" | "https" => Err(unusable("must not hold credentials")),
        scheme => Err(unusable(&format!("has the scheme {scheme}, not https"))),
    }
}

/// What stays as it is in a path: RFC 3986's unreserved characters, and the slashes of a key.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// The URL of an object or, without a key, of what holds it.
pub(super) fn address(endpoint: &Url, holder: &str, key: Option<&str>, query: &[(&str, &str)]) -> String {
    let base = endpoint.as_str().trim_end_matches('/');
    let mut address = format!("{base}/{}", utf8_percent_encode(holder, IN_PATH));
    if let Some(key) = key {
        address.push('/');
        address.extend(utf8_percent_encode(key, IN_PATH));
    }
    for (index, (name, value)) in query.iter().enumerate() {
        address.push(if index == 0 { '?' } else { '&' });
        address.push_str(name);
        address.push('=');
        address.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hold_keys_of_any_shape() {
        let endpoint = Url::parse("http://127.0.0.1:1000/account/").unwrap();
        assert_eq!(address(&endpoint, "backups", None, &[]), "http://127.0.0.1:1000/account/backups");
        assert_eq!(
            address(&endpoint, "backups", Some("a b/c?d#e%2F//ü~.snap"), &[]),
            "http://127.0.0.1:1000/account/backups/a%20b/c%3Fd%23e%252F//%C3%BC~.snap"
        );
        let listed = address(&endpoint, "b", None, &[("comp", "list"), ("prefix", "a/b +&=")]);
        assert_eq!(listed, "http://127.0.0.1:1000/account/b?comp=list&prefix=a%2Fb%20%2B%26%3D");
    }
}
