//! versitygw on loopback: a real S3 server over a directory, with accounts of its own.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use kubectl_openbao::drill::pki::Authority;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::PATIENCE;

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
    address: SocketAddr,
    directory: TempDir,
    authority: Option<Authority>,
    child: Child,
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
        let (address, child) = serve(directory.path(), authority.is_some());
        Gateway { address, directory, authority, child }
    }

    /// The endpoint.
    pub fn url(&self) -> String {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Host and port, as messages name it.
    pub fn place(&self) -> String {
        self.address.to_string()
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

impl Drop for Gateway {
    fn drop(&mut self) {
        // The shell ends the server when its input ends, as it also would if this process were killed.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn accounts() -> Value {
    let account = |who: Account| json!({"access": who.id, "secret": who.secret, "role": "user"});
    json!({"accessAccounts": {LISTER.id: account(LISTER), READER.id: account(READER)}})
}

/// The server's address and the shell that minds it.
fn serve(directory: &Path, secure: bool) -> (SocketAddr, Child) {
    // Between the choice of a port and its use somebody else may take it.
    for _ in 0..5 {
        let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap();
        let mut child = minded(&mut command(directory, address, secure));
        if answers(address, &mut child) {
            return (address, child);
        }
    }
    panic!("versitygw does not start: {}", fs::read_to_string(directory.join("log")).unwrap_or_default());
}

fn command(directory: &Path, address: SocketAddr, secure: bool) -> Command {
    // $1 is the directory; the server ends with the shell's input, which ends with the test, however that ends.
    const MIND: &str = "log=$1/log; shift; exec 3<&0; \"$@\" </dev/null >\"$log\" 2>&1 3<&- & server=$!; \
                        { read -r _ <&3; kill $server; } 2>/dev/null & wait $server";
    let at = |name: &str| directory.join(name).into_os_string();
    let mut command = Command::new("sh");
    command.args(["-c", MIND, "sh"]).arg(directory).arg(program());
    command.args(["--port", &address.to_string(), "--region", REGION, "--access", OWNER.id, "--secret", OWNER.secret]);
    command.arg("--iam-dir").arg(at("accounts"));
    if secure {
        command.arg("--cert").arg(at("cert.pem")).arg("--key").arg(at("key.pem"));
    }
    command.arg("posix").arg("--sidecar").arg(at("attributes")).arg(at("objects"));
    command
}

fn minded(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sh(1) is there")
}

fn answers(address: SocketAddr, child: &mut Child) -> bool {
    let give_up = Instant::now() + PATIENCE;
    while Instant::now() < give_up {
        let gone = child.try_wait().unwrap().is_some();
        if gone {
            return false;
        }
        if TcpStream::connect(address).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
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
