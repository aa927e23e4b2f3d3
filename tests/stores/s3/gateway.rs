//! versitygw on loopback: a real S3 server over a directory, with accounts of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use kubectl_openbao::drill::pki::Authority;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::minded::Minded;

/// The bucket that every gateway has.
pub const BUCKET: &str = "vault-backups";
/// The region that signatures must name.
pub const REGION: &str = "eu-central-7";

/// Somebody whom the gateway knows: key id and secret.
#[derive(Debug, Clone, Copy)]
pub struct Account {
    /// The access key id.
    pub id: &'static str,
    /// The secret.
    pub secret: &'static str,
}

/// May do everything.
pub const OWNER: Account = Account { id: "OWNERKEYID", secret: "owner-secret/with+signs" };
/// May list [`BUCKET`] and read nothing in it.
pub const LISTER: Account = Account { id: "LISTERKEYID", secret: "lister-secret" };
/// May read the objects of [`BUCKET`] and not list them.
pub const READER: Account = Account { id: "READERKEYID", secret: "reader-secret" };

/// A running gateway; dropping it ends it and removes what it held.
pub struct Gateway {
    // Ends before the directory goes.
    server: Minded,
    directory: TempDir,
    authority: Option<Authority>,
}

impl Gateway {
    /// Starts one that speaks plain HTTP, with [`BUCKET`] and the accounts' rights on it.
    pub async fn start() -> Gateway {
        let gateway = Gateway::launch(None);
        gateway.set_policy().await;
        gateway
    }

    /// Starts one that speaks TLS with a certificate for `127.0.0.1` by an authority of its own. Only [`OWNER`] has rights.
    pub fn start_secure() -> Gateway {
        Gateway::launch(Some(Authority::new("gateway-ca")))
    }

    fn launch(authority: Option<Authority>) -> Gateway {
        let directory = tempfile::tempdir().unwrap();
        for name in ["objects", "attributes", "accounts"] {
            fs::create_dir(directory.path().join(name)).unwrap();
        }
        fs::create_dir(directory.path().join("objects").join(BUCKET)).unwrap();
        fs::write(directory.path().join("accounts/users.json"), accounts().to_string()).unwrap();
        if let Some(authority) = &authority {
            let identity = authority.server(&["127.0.0.1"]);
            fs::write(directory.path().join("cert.pem"), identity.certificate).unwrap();
            fs::write(directory.path().join("key.pem"), identity.key).unwrap();
        }
        let server = Minded::start(&directory.path().join("log"), |at| command(directory.path(), at, authority.is_some()));
        Gateway { server, directory, authority }
    }

    /// The endpoint.
    pub fn url(&self) -> String {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.server.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Host and port, as messages name it.
    pub fn place(&self) -> String {
        self.server.address.to_string()
    }

    /// The authority's certificate, PEM, of one that speaks TLS.
    pub fn ca(&self) -> String {
        self.authority.as_ref().expect("it speaks TLS").certificate()
    }

    /// Puts an object there by its own protocol, entity tag and all.
    pub async fn put(&self, key: &str, bytes: &[u8]) {
        self.client().put_object().bucket(BUCKET).key(key).body(bytes.to_vec().into()).send().await.unwrap();
    }

    /// Puts an object there behind its back, as a file: fast, for many.
    pub fn place_file(&self, key: &str, bytes: &[u8]) {
        let path = self.directory.path().join("objects").join(BUCKET).join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    async fn set_policy(&self) {
        let (bucket, objects) = (format!("arn:aws:s3:::{BUCKET}"), format!("arn:aws:s3:::{BUCKET}/*"));
        let allow = |who: Account, action: &str, resource: &str| json!({"Effect": "Allow", "Principal": {"AWS": [who.id]}, "Action": [action], "Resource": [resource]});
        let statements = [allow(LISTER, "s3:ListBucket", &bucket), allow(READER, "s3:GetObject", &objects)];
        let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        self.client().put_bucket_policy().bucket(BUCKET).policy(policy).send().await.unwrap();
    }

    fn client(&self) -> Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(self.url())
            .force_path_style(true)
            .region(Region::new(REGION))
            .credentials_provider(Credentials::new(OWNER.id, OWNER.secret, None, None, "test"))
            .build();
        Client::from_conf(config)
    }
}

fn accounts() -> Value {
    let account = |who: Account| json!({"access": who.id, "secret": who.secret, "role": "user"});
    json!({"accessAccounts": {LISTER.id: account(LISTER), READER.id: account(READER)}})
}

fn command(directory: &Path, address: SocketAddr, secure: bool) -> Command {
    let at = |name: &str| directory.join(name).into_os_string();
    let mut command = Command::new(program());
    command.args(["--port", &address.to_string(), "--region", REGION, "--access", OWNER.id, "--secret", OWNER.secret]);
    command.arg("--iam-dir").arg(at("accounts"));
    if secure {
        command.arg("--cert").arg(at("cert.pem")).arg("--key").arg(at("key.pem"));
    }
    command.arg("posix").arg("--sidecar").arg(at("attributes")).arg(at("objects"));
    command
}

/// The program, built when it is not there yet.
fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stores/versitygw");
        let built = Command::new(script).output().unwrap();
        assert!(built.status.success(), "versitygw cannot be built: {}", String::from_utf8_lossy(&built.stderr));
        String::from_utf8(built.stdout).unwrap().trim().into()
    })
}
