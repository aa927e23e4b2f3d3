//! Which storage account, where it is, and the connection strings that say so.

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::api::sensitive::Sensitive;
use crate::remote::object_store::endpoint::endpoint;
use crate::remote::object_store::{StoreFailure, Trouble};

/// What a connection string holds, as far as blobs need it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionString {
    /// `AccountName`.
    pub account: Option<String>,
    /// `AccountKey`, base64.
    pub key: Option<Sensitive>,
    /// `SharedAccessSignature`: the query of a link.
    pub sas: Option<Sensitive>,
    /// Where the account's blobs are: `BlobEndpoint`, or made of protocol, account and suffix where these are given.
    pub endpoint: Option<String>,
}

impl ConnectionString {
    /// Takes a connection string apart. Parts that are not known are passed over; names count whatever their case.
    pub fn read(text: &str) -> ConnectionString {
        let part = |wanted: &str| {
            let parts = text.split(';').filter_map(|part| part.split_once('='));
            let mut found = parts.filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
            found.next().map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let account = part("AccountName");
        let (protocol, suffix) = (part("DefaultEndpointsProtocol"), part("EndpointSuffix"));
        let made = match (&account, protocol, suffix) {
            (Some(_), None, None) | (None, ..) => None,
            (Some(account), protocol, suffix) => Some(format!(
                "{}://{account}.blob.{}",
                protocol.as_deref().unwrap_or("https"),
                suffix.as_deref().unwrap_or(PUBLIC_SUFFIX)
            )),
        };
        ConnectionString {
            account,
            key: part("AccountKey").map(Sensitive::held),
            sas: part("SharedAccessSignature").map(Sensitive::held),
            endpoint: part("BlobEndpoint").or(made),
        }
    }
}

/// The parameters of a shared access signature, decoded.
pub(super) fn sas_parameters(text: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = text.trim().trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

const PUBLIC_SUFFIX: &str = "core.windows.net";

/// An account and where its blobs are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Site {
    pub account: String,
    pub endpoint: Url,
}

/// Where to ask: what the target says, then what the credentials say, then Microsoft's own address of the account.
///
/// # Errors
/// The endpoint cannot be used, or no account is known.
pub(super) fn site(target: Option<&str>, account: Option<&str>, string: &ConnectionString) -> Result<Site, StoreFailure> {
    let given = target.map(str::trim).filter(|text| !text.is_empty()).or(string.endpoint.as_deref());
    let given = given.map(endpoint).transpose()?;
    // A key is its own account's, whatever else is said.
    let named = string.account.as_deref().filter(|_| string.key.is_some()).or(account).or(string.account.as_deref());
    let named = named.map(str::to_owned).or_else(|| given.as_ref().and_then(account_of));
    let no_account = "no storage account is known (--azure-account NAME)";
    let account = named.ok_or_else(|| StoreFailure::new(Trouble::Endpoint, no_account))?;
    if account.is_empty() || !account.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(StoreFailure::new(Trouble::Endpoint, "the storage account's name is none that Azure gives"));
    }
    let endpoint = match given {
        Some(given) => given,
        None => endpoint(&format!("https://{account}.blob.{PUBLIC_SUFFIX}"))?,
    };
    Ok(Site { account, endpoint })
}

/// The account as a URL names it: in front of `.blob.`, or where the host says nothing of it, first in the path.
fn account_of(url: &Url) -> Option<String> {
    let in_host = match url.host()? {
        Host::Domain(host) => host.split_once(".blob.").map(|(account, _)| account.to_owned()),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    };
    in_host.or_else(|| url.path_segments()?.next().map(str::to_owned)).filter(|account| !account.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_strings_are_taken_apart() {
        let read = ConnectionString::read(
            "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=a2V5IQ==;EndpointSuffix=core.chinacloudapi.cn",
        );
        assert_eq!(read.account.as_deref(), Some("acme"));
        assert_eq!(read.key.as_ref().map(Sensitive::expose), Some("a2V5IQ=="), "the base64's own = is kept");
        assert_eq!(read.endpoint.as_deref(), Some("https://acme.blob.core.chinacloudapi.cn"));
        assert!(!format!("{read:?}").contains("a2V5"), "keys do not print");

        let read = ConnectionString::read(
            " blobendpoint = http://azurite.storage.svc:10000/dev ;SharedAccessSignature=sv=2023-11-03&sp=rl&sig=a%2Bb%3D; ;odd;x=1",
        );
        assert_eq!((read.account, read.key), (None, None));
        assert_eq!(read.endpoint.as_deref(), Some("http://azurite.storage.svc:10000/dev"));
        let sas = sas_parameters(read.sas.as_ref().map(Sensitive::expose).unwrap_or_default());
        let expected = [("sv", "2023-11-03"), ("sp", "rl"), ("sig", "a+b=")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(sas, expected);
        assert_eq!(ConnectionString::read("nonsense"), ConnectionString::default());
        assert_eq!(ConnectionString::read("AccountName=x;AccountKey=a2V5").endpoint, None);
    }

    #[test]
    fn where_the_account_is() {
        let found = |target: Option<&str>, account: Option<&str>, string: &str| {
            site(target, account, &ConnectionString::read(string))
                .map(|site| (site.account, site.endpoint.to_string()))
                .map_err(|failure| failure.cause)
        };
        let is = |account: &str, endpoint: &str| Ok((account.to_owned(), endpoint.to_owned()));
        assert_eq!(found(None, Some("acme"), ""), is("acme", "https://acme.blob.core.windows.net/"));
        assert_eq!(found(None, None, "AccountName=acme;AccountKey=eA=="), is("acme", "https://acme.blob.core.windows.net/"));
        let elsewhere = "BlobEndpoint=https://elsewhere.example/;AccountName=acme";
        assert_eq!(found(None, None, elsewhere), is("acme", "https://elsewhere.example/"));
        assert_eq!(found(Some("https://target.example"), Some("other"), elsewhere), is("other", "https://target.example/"));
        let key = "AccountName=acme;AccountKey=eA==";
        assert_eq!(found(None, Some("other"), key).map(|(account, _)| account), Ok("acme".into()), "the key is acme's");
        assert_eq!(found(Some("https://acme.blob.core.windows.net"), None, "").map(|(account, _)| account), Ok("acme".into()));
        let azurite = "http://127.0.0.1:10000/devstoreaccount1";
        assert_eq!(found(Some(azurite), None, ""), is("devstoreaccount1", azurite));
        assert!(found(Some("https://storage.example"), None, "").unwrap_err().contains("--azure-account"));
        assert!(found(None, Some("a.b/c"), "").unwrap_err().contains("none that Azure gives"));
        assert!(found(Some("acme"), None, "").unwrap_err().contains("has no scheme"));
    }
}
