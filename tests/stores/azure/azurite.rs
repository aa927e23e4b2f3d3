//! Azurite on loopback: Microsoft's own emulator of the blob service, in memory, with an account of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use object_store::azure::{AzureAccessKey, AzureAuthorizer, AzureCredential};
use object_store::client::HttpRequestBody;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;
use tempfile::TempDir;

use crate::minded::Minded;

/// The storage account.
pub const ACCOUNT: &str = "acmebackups";
/// Its key.
pub const KEY: &str = "b25seS1pbi10aGVzZS10ZXN0cw==";
/// The container that there is.
pub const CONTAINER: &str = "vault-backups";

const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.');

/// A running one; dropping it ends it.
pub struct Azurite {
    server: Minded,
    _directory: TempDir,
}

impl Azurite {
    /// Starts one with [`CONTAINER`] in it.
    pub async fn start() -> Azurite {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().to_owned();
        let server = tokio::task::spawn_blocking(move || {
            Minded::start(&at.join("log"), |address| {
                let mut command = Command::new("node");
                command.arg(program()).arg("--blobHost").arg(address.ip().to_string());
                command.arg("--blobPort").arg(address.port().to_string());
                command.args(["--inMemoryPersistence", "--skipApiVersionCheck", "--silent", "--disableTelemetry"]);
                command.env("AZURITE_ACCOUNTS", format!("{ACCOUNT}:{KEY}"));
                command
            })
        });
        let azurite = Azurite { server: server.await.unwrap(), _directory: directory };
        azurite.send(&format!("{CONTAINER}?restype=container"), &[]).await;
        azurite
    }

    /// The endpoint, with the account in its path.
    pub fn url(&self) -> String {
        format!("http://{}/{ACCOUNT}", self.server.address)
    }

    /// Host and port, as messages name it.
    pub fn place(&self) -> String {
        self.server.address.to_string()
    }

    /// Puts an object there.
    pub async fn put(&self, key: &str, bytes: &[u8]) {
        let key = utf8_percent_encode(key, IN_PATH);
        self.send(&format!("{CONTAINER}/{key}"), bytes).await;
    }

    async fn send(&self, target: &str, bytes: &[u8]) {
        let request = http::Request::put(format!("{}/{target}", self.url())).header("content-length", bytes.len());
        let request = request.header("x-ms-blob-type", "BlockBlob").body(HttpRequestBody::empty());
        let mut request = request.unwrap();
        let credential = AzureCredential::AccessKey(AzureAccessKey::try_new(KEY).unwrap());
        AzureAuthorizer::new(&credential, ACCOUNT).try_authorize(&mut request).unwrap();
        let (head, _) = request.into_parts();
        let sending = reqwest::Client::new().put(head.uri.to_string()).headers(head.headers).body(bytes.to_vec());
        let answer = sending.send().await.unwrap();
        assert!(answer.status().is_success(), "{}: {}", answer.status(), answer.text().await.unwrap());
    }
}

/// A signature of the account for its containers and blobs with these permissions.
pub fn signature(permissions: &str) -> String {
    let (version, ends) = ("2020-08-04", "2099-01-01T00:00:00Z");
    let signed = format!("{ACCOUNT}\n{permissions}\nb\nco\n\n{ends}\n\n\n{version}\n");
    let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(KEY).unwrap()).unwrap();
    mac.update(signed.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let signature = utf8_percent_encode(&signature, NON_ALPHANUMERIC);
    format!("sv={version}&ss=b&srt=co&sp={permissions}&se={}&sig={signature}", ends.replace(':', "%3A"))
}

/// The program, installed when it is not there yet.
fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stores/azurite");
        let installed = Command::new(script).output().unwrap();
        assert!(installed.status.success(), "Azurite cannot be had: {}", String::from_utf8_lossy(&installed.stderr));
        String::from_utf8(installed.stdout).unwrap().trim().into()
    })
}
