//! Credential helpers, run by ourselves: once, with stdin left alone unless a person sits there
//! (client-go `plugin/pkg/client/auth/exec/exec.go`). What a helper prints is a secret and is never shown.

mod words;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

use super::Surroundings;
use super::identity::{self, Identity};
use super::model::{Cluster, Exec};
use crate::api::sensitive::Sensitive;
use crate::api::text::clean_cut;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;

/// The versions of the protocol that client-go still speaks.
const VERSIONS: [&str; 2] = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
/// How long a helper may take when nobody can answer its questions.
const UNATTENDED: Duration = Duration::from_secs(60);
/// How long it may take with a person at the terminal: a login in a browser with a second factor.
const ATTENDED: Duration = Duration::from_secs(300);
/// No credential is larger than this.
const LONGEST_ANSWER: u64 = 4 << 20;

/// A helper, ready to run.
#[derive(Debug, Clone)]
pub(super) struct Helper {
    command: String,
    args: Vec<String>,
    env: Vec<(String, Sensitive)>,
    /// The process's own variables, to look the command up in.
    variables: BTreeMap<String, String>,
    api_version: String,
    install_hint: String,
    /// Whether it gets our stdin.
    interactive: bool,
    /// `KUBERNETES_EXEC_INFO`.
    info: String,
    pub deadline: Duration,
    /// What it says is nobody's to read.
    silent: bool,
    /// A person at the terminal reads what it says.
    attended: bool,
}

/// What a helper answered.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    pub token: Option<Sensitive>,
    pub identity: Option<Identity>,
    pub expires: Option<Timestamp>,
}

impl Helper {
    /// Checks the configuration of a user's helper, in kubectl's words.
    pub fn new(exec: &Exec, user: &str, info: Option<Value>, surroundings: &Surroundings) -> Outcome<Self> {
        let wrong =
            |cause: String| Failure::new(Exit::Usage, cause).hint("correct the exec section of the user in the kubeconfig");
        let needed = |what: &str| wrong(format!("{what} must be specified for {user} to use exec authentication plugin"));
        if exec.command.is_empty() {
            return Err(needed("command"));
        }
        if exec.api_version.is_empty() {
            return Err(needed("apiVersion"));
        }
        if !VERSIONS.contains(&exec.api_version.as_str()) {
            return Err(wrong(format!("exec plugin: invalid apiVersion {:?}", clean_cut(&exec.api_version, 80)))
                .hint(format!("a newer helper speaks {}", VERSIONS[0])));
        }
        if exec.env.iter().any(|(name, _)| name.is_empty()) {
            return Err(needed("env variable name"));
        }
        let interactive = interactive(exec, user, surroundings)?;
        let mut spec = json!({ "interactive": interactive });
        if let Some(cluster) = info {
            spec["cluster"] = cluster;
        }
        let info = json!({ "kind": "ExecCredential", "apiVersion": exec.api_version, "spec": spec });
        Ok(Helper {
            command: exec.command.clone(),
            args: exec.args.clone(),
            env: exec.env.clone(),
            variables: surroundings.variables.clone(),
            api_version: exec.api_version.clone(),
            install_hint: exec.install_hint.clone(),
            interactive,
            info: info.to_string(),
            deadline: match surroundings.unattended {
                Some(limit) => limit,
                None if surroundings.stdin_is_terminal => ATTENDED,
                None => UNATTENDED,
            },
            silent: surroundings.unattended.is_some(),
            attended: surroundings.stdin_is_terminal,
        })
    }

    /// The command's name, for messages.
    pub fn name(&self) -> String {
        clean_cut(&self.command, 120)
    }

    /// Runs the helper to its end. Blocks; from asynchronous code only through `spawn_blocking`.
    pub fn run(&self) -> Outcome<Answer> {
        // A thread and a runtime of its own: the caller may or may not be inside one.
        let run = || -> Outcome<Answer> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| self.failed(format!("exec: {error}")))?;
            let mut words = Vec::new();
            let output = runtime.block_on(async { tokio::time::timeout(self.deadline, self.output(&mut words)).await });
            let output = output.unwrap_or_else(|_| {
                Err(self.failed(format!("exec: executable {} gave no answer within {} s", self.name(), self.deadline.as_secs())))
            });
            let answer = output.and_then(|output| self.read(&output).inspect_err(|_| words::are_secret(&output)));
            // Not before the credential is known, which may be among them.
            words::pass_on(&words);
            answer
        };
        std::thread::scope(|scope| scope.spawn(run).join())
            .unwrap_or_else(|_| Err(self.failed("exec: the helper's runner broke".to_owned())))
    }

    async fn output(&self, words: &mut Vec<u8>) -> Outcome<Vec<u8>> {
        let mut child = self.start()?;
        let stderr = child.stderr.take();
        words::heard(stderr, words, self.answered(&mut child)).await
    }

    async fn answered(&self, child: &mut Child) -> Outcome<Vec<u8>> {
        let mut output = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            let read = stdout.take(LONGEST_ANSWER + 1).read_to_end(&mut output).await;
            read.map_err(|error| self.failed(format!("exec: {error}")))?;
        }
        if output.len() as u64 > LONGEST_ANSWER {
            return Err(self.failed(format!("exec: executable {} printed more than {} MiB", self.name(), LONGEST_ANSWER >> 20)));
        }
        let status = child.wait().await.map_err(|error| self.failed(format!("exec: {error}")))?;
        if status.success() {
            return Ok(output);
        }
        words::are_secret(&output);
        let how = status.code().map_or_else(|| format!("was ended: {status}"), |code| format!("failed with exit code {code}"));
        Err(self.failed(format!("exec: executable {} {how}", self.name())))
    }

    fn start(&self) -> Outcome<Child> {
        let mut command = Command::new(&self.command);
        // The real environment is inherited as it is; what was read of it says the same, and tests can add to it.
        command.args(&self.args).envs(&self.variables);
        command.envs(self.env.iter().map(|(name, value)| (name, value.expose()))).env("KUBERNETES_EXEC_INFO", &self.info);
        // Anything piped to us, unseal keys for instance, is not the helper's to read.
        command.stdin(if self.interactive { Stdio::inherit() } else { Stdio::null() });
        let stderr = match (self.silent, self.attended) {
            (true, _) => Stdio::null(),
            // What to do in the browser must be said at once.
            (false, true) => Stdio::inherit(),
            (false, false) => Stdio::piped(),
        };
        command.stdout(Stdio::piped()).stderr(stderr).kill_on_drop(true);
        command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::PermissionDenied => self.not_found(error.kind()),
            _ => self.failed(format!("exec: {error}")),
        })
    }

    fn not_found(&self, kind: ErrorKind) -> Failure {
        let why = if kind == ErrorKind::NotFound { "not found" } else { "cannot be executed" };
        let failure =
            Failure::new(Exit::NotPermitted, format!("exec: executable {} {why}", self.name())).doing("getting credentials");
        let failure = failure.detail("the kubeconfig uses a credential plugin that is not installed here");
        match clean_cut(self.install_hint.trim(), 400) {
            hint if hint.is_empty() => {
                failure.hint(format!("install {} or use another user with --user or --token", self.name()))
            }
            hint => failure.hint(hint),
        }
    }

    fn failed(&self, cause: String) -> Failure {
        Failure::new(Exit::NotPermitted, cause)
            .doing("getting credentials")
            .hint(format!("log in again, or run `{}` by hand to see what it lacks", self.name()))
    }

    /// Reads an `ExecCredential`.
    fn read(&self, output: &[u8]) -> Outcome<Answer> {
        let Some(credential) = parse(output) else {
            return Err(self.failed(format!("decoding stdout: {} did not print an ExecCredential", self.name())));
        };
        let version = credential.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
        if version != self.api_version {
            return Err(self.failed(format!(
                "exec plugin is configured to use API version {}, plugin returned version {}",
                self.api_version,
                clean_cut(version, 80)
            )));
        }
        let status = credential.get("status").filter(|status| status.is_object());
        self.status(status.ok_or_else(|| self.failed("exec plugin didn't return a status field".to_owned()))?)
    }

    fn status(&self, status: &Value) -> Outcome<Answer> {
        let text = |key: &str| status.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let identity = match (text("clientCertificateData"), text("clientKeyData")) {
            (Some(certificate), Some(key)) => {
                let checked = identity::checked(certificate.as_bytes(), key.as_bytes());
                Some(checked.map_err(|failure| self.failed(failure.cause))?)
            }
            (None, None) => None,
            _ => return Err(self.failed("exec plugin returned only certificate or key, not both".to_owned())),
        };
        let token = text("token").map(Sensitive::held);
        if token.is_none() && identity.is_none() {
            return Err(self.failed("exec plugin didn't return a token or cert/key pair".to_owned()));
        }
        let expires = text("expirationTimestamp").map(str::parse).transpose();
        let expires = expires.map_err(|_| self.failed("decoding stdout: expirationTimestamp is not a time".to_owned()))?;
        Ok(Answer { token, identity, expires })
    }
}

/// JSON, as nearly every helper prints, or YAML. The parser's messages are dropped: they can quote the credential.
fn parse(output: &[u8]) -> Option<Value> {
    let credential: Value = serde_json::from_slice(output).ok().or_else(|| {
        let options = serde_saphyr::options! { with_snippet: false };
        serde_saphyr::from_slice_with_options(output, options).ok()
    })?;
    let kind = credential.get("kind").and_then(Value::as_str);
    (kind == Some("ExecCredential")).then_some(credential)
}

/// Whether the helper gets our stdin.
fn interactive(exec: &Exec, user: &str, surroundings: &Surroundings) -> Outcome<bool> {
    match exec.interactive_mode.as_str() {
        "Never" => Ok(false),
        "IfAvailable" => Ok(surroundings.stdin_is_terminal),
        "Always" if surroundings.stdin_is_terminal => Ok(true),
        "Always" => {
            Err(Failure::new(Exit::NotPermitted, "exec plugin cannot support interactive mode: standard input is not a terminal")
                .doing("getting credentials")
                .hint("run the command in a terminal, without a pipe, or log in another way (--token)"))
        }
        // The older version had no such field.
        "" if exec.api_version == VERSIONS[1] => Ok(surroundings.stdin_is_terminal),
        "" => Err(Failure::new(
            Exit::Usage,
            format!("interactiveMode must be specified for {user} to use exec authentication plugin"),
        )
        .hint("add `interactiveMode: IfAvailable` to the user's exec section")),
        other => Err(Failure::new(Exit::Usage, format!("invalid interactiveMode for {user}: {:?}", clean_cut(other, 60)))),
    }
}

/// The cluster as a helper is told about it.
pub(super) fn cluster_info(cluster: &Cluster, server: &str, authority: Option<&[u8]>) -> Value {
    let mut info = serde_json::Map::new();
    let mut put = |key: &str, value: Value| info.insert(key.to_owned(), value);
    put("server", json!(server));
    if !cluster.tls_server_name.is_empty() {
        put("tls-server-name", json!(cluster.tls_server_name));
    }
    if cluster.insecure_skip_tls_verify {
        put("insecure-skip-tls-verify", json!(true));
    }
    if let Some(pem) = authority {
        put("certificate-authority-data", json!(STANDARD.encode(pem)));
    }
    if !cluster.proxy_url.is_empty() {
        put("proxy-url", json!(cluster.proxy_url));
    }
    put("config", cluster.exec_extension.clone().unwrap_or(Value::Null));
    Value::Object(info)
}
