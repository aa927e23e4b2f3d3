//! The API server's address as client-go reads it (`rest/url_utils.go`, `DefaultServerURL`).

use http::Uri;

use crate::api::text::{clean_cut, without_login};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;

/// A URL, or `host:port`, which means https as soon as anything about TLS is configured and http otherwise.
pub(super) fn address(text: &str, tls_is_configured: bool) -> Outcome<Uri> {
    let wrong = |why: &str| {
        Failure::new(Exit::Usage, format!("the server address {:?} {why}", clean_cut(&without_login(text), 120)))
            .hint("an address looks like https://HOST:PORT")
    };
    let complete = match text.split_once("://") {
        Some(_) => text.to_owned(),
        None if text.trim_end_matches('/').contains('/') => return Err(wrong("is not a URL or a host:port pair")),
        None => format!("{}://{text}", if tls_is_configured { "https" } else { "http" }),
    };
    let uri: Uri = complete.parse().map_err(|_| wrong("is not a URL or a host:port pair"))?;
    let scheme = uri.scheme_str().unwrap_or_default().to_ascii_lowercase();
    if !matches!(scheme.as_str(), "http" | "https") {
        return Err(wrong("is neither http nor https"));
    }
    let authority = uri.authority().filter(|authority| !authority.host().is_empty()).ok_or_else(|| wrong("names no host"))?;
    if authority.as_str().contains('@') {
        return Err(wrong("must not hold a user name"));
    }
    // The port is spelled out for http, because a proxy's tunnel would otherwise lead to 443.
    let port = if scheme == "http" && authority.port().is_none() { ":80" } else { "" };
    let host = authority.as_str().trim_end_matches(':');
    format!("{scheme}://{host}{port}{}", uri.path()).parse().map_err(|_| wrong("is not a URL"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_client_gos() {
        let table = [
            ("https://a:6443", false, "https://a:6443/"),
            ("HTTPS://a", false, "https://a/"),
            ("https://a/k8s/c-1?x=1#y", false, "https://a/k8s/c-1"),
            ("http://a", true, "http://a:80/"),
            ("a:8080", false, "http://a:8080/"),
            ("a", true, "https://a/"),
            ("[::1]:6443", true, "https://[::1]:6443/"),
        ];
        for (text, tls, expected) in table {
            assert_eq!(address(text, tls).unwrap().to_string(), expected, "{text}");
        }
        for text in ["", "a/b", "ftp://a", "https://", "https:// a", "https://u:p@a", "https://a:b:c"] {
            assert_eq!(address(text, false).unwrap_err().exit, Exit::Usage, "{text}");
        }
    }

    #[test]
    fn a_refused_address_is_said_without_its_login() {
        for text in ["https://me:hunter2@a", "ftp://me:hunter2@a", "me:hunter2@a/b", "https://me:hunter2@a b"] {
            let said = address(text, false).unwrap_err().cause;
            assert!(!said.contains("hunter2") && said.contains("***@a"), "{said}");
        }
    }
}
