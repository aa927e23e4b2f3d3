//! Which proxy leads to the API server, by Go's rules (`golang.org/x/net/http/httpproxy`) and kubectl's `proxy-url`.

use std::net::{IpAddr, Ipv6Addr};

use http::Uri;

use percent_encoding::percent_decode_str;

use super::Surroundings;
use crate::api::redact::remember;

/// The proxy to use, and what deserves a warning. The error says why the proxy cannot be used.
pub(super) fn of_environment(
    server: &Uri,
    surroundings: &Surroundings,
    warnings: &mut Vec<String>,
) -> Result<Option<Uri>, String> {
    let either = |upper: &'static str, lower: &'static str| {
        [upper, lower].into_iter().find_map(|name| surroundings.variable(name).map(|value| (name, value)))
    };
    let secure = server.scheme_str() == Some("https");
    let Some((name, text)) = (if secure { either("HTTPS_PROXY", "https_proxy") } else { either("HTTP_PROXY", "http_proxy") })
    else {
        return Ok(None);
    };
    if !secure && surroundings.variables.contains_key("REQUEST_METHOD") {
        return Err("refusing to use HTTP_PROXY value in CGI environment; see golang.org/s/cgihttpproxy".to_owned());
    }
    let no_proxy = either("NO_PROXY", "no_proxy").map_or("", |(_, value)| value);
    if !wants_proxy(server, no_proxy) {
        return Ok(None);
    }
    match parse(&with_scheme(text)) {
        Some(proxy) => usable(&proxy, name).map(Some),
        None => {
            // Go goes without a proxy it cannot parse; so does kubectl.
            warnings.push(format!("{name} is not a URL and was ignored"));
            Ok(None)
        }
    }
}

/// kubeconfig's `proxy-url`: overrides the environment, `NO_PROXY` included.
pub(super) fn of_cluster(text: &str) -> Result<Uri, String> {
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    if !matches!(scheme.as_str(), "http" | "https" | "socks5") {
        return Err(format!("unsupported scheme {scheme:?}, must be http, https, or socks5"));
    }
    parse(text).map_or_else(|| Err("could not parse it as a URL".to_owned()), |proxy| usable(&proxy, "proxy-url"))
}

/// Whether the user part of a proxy's URL would be dropped: the SOCKS connector cannot send it.
pub(super) fn loses_its_user(proxy: &Uri) -> bool {
    proxy.scheme_str() == Some("socks5") && proxy.authority().is_some_and(|authority| authority.as_str().contains('@'))
}

fn with_scheme(text: &str) -> String {
    match text.split_once("://") {
        Some((scheme, host)) if !scheme.is_empty() && !host.is_empty() => text.to_owned(),
        _ => format!("http://{text}"),
    }
}

fn parse(text: &str) -> Option<Uri> {
    text.parse::<Uri>().ok().filter(|uri| uri.scheme_str().is_some() && uri.host().is_some_and(|host| !host.is_empty()))
}

/// The proxy in the shape kube-rs takes: lower-case scheme, `socks5h` as `socks5` (names are resolved by the proxy in
/// both, as in Go), and SOCKS's own port where none is given.
fn usable(proxy: &Uri, name: &str) -> Result<Uri, String> {
    let scheme = proxy.scheme_str().unwrap_or_default().to_ascii_lowercase();
    let authority = proxy.authority().map_or("", |authority| authority.as_str());
    if let Some((login, _)) = authority.rsplit_once('@') {
        let plain = percent_decode_str(login).decode_utf8_lossy();
        [login, &plain, plain.split_once(':').map_or("", |(_, password)| password)].into_iter().for_each(remember);
    }
    let rebuilt = match scheme.as_str() {
        "http" | "https" => format!("{scheme}://{authority}"),
        "socks5" | "socks5h" if proxy.port_u16().is_none() => format!("socks5://{}:1080", authority.trim_end_matches(':')),
        "socks5" | "socks5h" => format!("socks5://{authority}"),
        other => return Err(format!("unsupported scheme {other:?} in {name}, must be http, https, or socks5")),
    };
    rebuilt.parse().map_err(|_| format!("{name} is not a URL"))
}

/// Go's `useProxy`: false for loopback and for what `NO_PROXY` names.
fn wants_proxy(server: &Uri, no_proxy: &str) -> bool {
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
    let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("https") { 443 } else { 80 });
    if host == "localhost" {
        return false;
    }
    let address: Option<IpAddr> = host.parse().ok();
    if address.is_some_and(|address| address.to_canonical().is_loopback()) {
        return false;
    }
    !no_proxy.split(',').map(|entry| entry.trim().to_ascii_lowercase()).any(|entry| matches(&entry, &host, address, port))
}

/// Whether one entry of `NO_PROXY` names the server.
fn matches(entry: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    if entry.is_empty() {
        return false;
    }
    if entry == "*" {
        return true;
    }
    if let Some(network) = Network::parse(entry) {
        return address.is_some_and(|address| network.contains(address));
    }
    let (named, wanted_port) = split_port(entry);
    if named.is_empty() || wanted_port.is_some_and(|wanted| wanted != port.to_string()) {
        return false;
    }
    if let Ok(named) = named.parse::<IpAddr>() {
        return address.is_some_and(|address| address.to_canonical() == named.to_canonical());
    }
    let suffix = named.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(named);
    match suffix.strip_prefix('.') {
        Some(_) => host.ends_with(suffix),
        None => host == suffix || host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.')),
    }
}

/// Go's `net.SplitHostPort`, with the whole entry as the host where that would fail.
fn split_port(entry: &str) -> (&str, Option<&str>) {
    if let Some(rest) = entry.strip_prefix('[') {
        return match rest.split_once(']') {
            Some((host, port)) if port.starts_with(':') => (host, some_port(&port[1..])),
            _ => (entry, None),
        };
    }
    match entry.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, some_port(port)),
        _ => (entry, None),
    }
}

fn some_port(port: &str) -> Option<&str> {
    (!port.is_empty()).then_some(port)
}

/// An address range in CIDR notation.
struct Network {
    base: IpAddr,
    bits: u32,
}

impl Network {
    fn parse(text: &str) -> Option<Network> {
        let (base, bits) = text.split_once('/')?;
        let base: IpAddr = base.parse().ok()?;
        let bits: u32 = bits.parse().ok()?;
        (bits <= if base.is_ipv4() { 32 } else { 128 }).then_some(Network { base, bits })
    }

    fn contains(&self, address: IpAddr) -> bool {
        let wide = |address: IpAddr| match address {
            IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 4),
            IpAddr::V6(address) => (Ipv6Addr::to_bits(address), 6),
        };
        let ((base, family), (address, other)) = (wide(self.base), wide(address.to_canonical()));
        let mask = u128::MAX.checked_shl(128 - self.bits).unwrap_or(0);
        family == other && base & mask == address & mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bypassed(server: &str, no_proxy: &str) -> bool {
        !wants_proxy(&server.parse().unwrap(), no_proxy)
    }

    #[test]
    fn no_proxy_is_gos() {
        let api = "https://api.prod.example.com:6443";
        let yes = [
            (api, "*"),
            (api, "other, *"),
            (api, "api.prod.example.com"),
            (api, "API.prod.Example.com"),
            (api, "example.com"),
            (api, ".example.com"),
            (api, "*.example.com"),
            (api, "a,,example.com"),
            (api, " example.com "),
            (api, "example.com:6443"),
            (api, ".prod.example.com:6443"),
            (api, "example.com:"),
            ("https://api.example.com", "api.example.com:443"),
            ("http://api.example.com", "api.example.com:80"),
            ("https://10.1.2.3:6443", "10.0.0.0/8"),
            ("https://10.1.2.3:6443", "10.1.2.3"),
            ("https://10.1.2.3:6443", "10.1.2.3:6443"),
            ("https://[fd00::1]:6443", "fd00::/8"),
            ("https://[fd00::1]:6443", "[fd00::1]:6443"),
            ("https://[fd00::1]:6443", "fd00::1"),
            ("https://localhost:6443", ""),
            ("https://127.0.0.1:6443", ""),
            ("https://127.8.8.8:6443", ""),
            ("https://[::1]:6443", ""),
            ("https://10.1.2.3", "0.0.0.0/0"),
        ];
        for (server, no_proxy) in yes {
            assert!(bypassed(server, no_proxy), "{server} with {no_proxy}");
        }
        let no = [
            (api, ""),
            (api, ",,"),
            (api, "example.com:443"),
            (api, "xample.com"),
            (api, "prod"),
            (api, ".api.prod.example.com"),
            (api, ":6443"),
            (api, "10.0.0.0/8"),
            ("https://example.com", ".example.com"),
            ("https://10.1.2.3:6443", "10.1.2.3:443"),
            ("https://10.1.2.3:6443", "11.0.0.0/8"),
            ("https://10.1.2.3:6443", "10.0.0.0/33"),
            ("https://[fd00::1]:6443", "0.0.0.0/0"),
        ];
        for (server, no_proxy) in no {
            assert!(!bypassed(server, no_proxy), "{server} with {no_proxy}");
        }
    }

    fn chosen(server: &str, variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let surroundings = super::super::tests::surroundings(variables);
        of_environment(&server.parse().unwrap(), &surroundings, &mut Vec::new()).map(|proxy| proxy.map(|proxy| proxy.to_string()))
    }

    #[test]
    fn the_environment_names_a_proxy_per_scheme() {
        let https = "https://api.example.com:6443";
        type Row = (&'static str, &'static [(&'static str, &'static str)], Option<&'static str>);
        let table: [Row; 11] = [
            (https, &[], None),
            (https, &[("HTTPS_PROXY", "http://p:3128")], Some("http://p:3128/")),
            (https, &[("https_proxy", "p:3128")], Some("http://p:3128/")),
            (https, &[("HTTPS_PROXY", ""), ("https_proxy", "p")], Some("http://p/")),
            (https, &[("HTTP_PROXY", "http://p:3128"), ("ALL_PROXY", "http://p")], None),
            (https, &[("HTTPS_PROXY", "HTTPS://me:pw@p")], Some("https://me:pw@p/")),
            (https, &[("HTTPS_PROXY", "socks5h://p")], Some("socks5://p:1080")),
            (https, &[("HTTPS_PROXY", "http://p"), ("no_proxy", "a,,example.com")], None),
            (https, &[("HTTPS_PROXY", "not a url")], None),
            ("http://api.example.com", &[("HTTP_PROXY", "p:1"), ("HTTPS_PROXY", "q:1")], Some("http://p:1/")),
            ("https://127.0.0.1:6443", &[("HTTPS_PROXY", "p:1")], None),
        ];
        for (server, variables, expected) in table {
            let expected = expected.map(|text| text.parse::<Uri>().unwrap().to_string());
            assert_eq!(chosen(server, variables).unwrap(), expected, "{server} {variables:?}");
        }
        assert!(chosen(https, &[("HTTPS_PROXY", "ftp://p:1")]).unwrap_err().contains("unsupported scheme"));
        assert!(chosen("http://a", &[("HTTP_PROXY", "p:1"), ("REQUEST_METHOD", "GET")]).unwrap_err().contains("CGI"));
    }

    #[test]
    fn proxy_url_wants_a_scheme() {
        assert_eq!(of_cluster("socks5://p").unwrap().to_string(), "socks5://p:1080".parse::<Uri>().unwrap().to_string());
        assert_eq!(of_cluster("p:3128").unwrap_err(), "unsupported scheme \"\", must be http, https, or socks5");
        assert_eq!(of_cluster("ftp://p").unwrap_err(), "unsupported scheme \"ftp\", must be http, https, or socks5");
        assert!(of_cluster("http://").is_err());
        assert!(loses_its_user(&of_cluster("socks5://me:pw@p").unwrap()));
    }
}
