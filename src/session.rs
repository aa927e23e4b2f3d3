//! What every command is given: the terminal, the flags that count everywhere, and the way to a connection.

use std::time::Duration;

use crate::api::sensitive::Sensitive;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::remote::k8s::Kube;
use crate::remote::kubeconfig::{self, Flags, Resolved, Surroundings};
use crate::ui::{Colour, Ui};

/// User-Agent of every request: audit logs name the tool by it.
pub const USER_AGENT: &str = concat!("kubectl-openbao/", env!("CARGO_PKG_VERSION"));

/// Bound on one read when `--deadline` and `--request-timeout` say nothing: a server that accepts and never answers
/// still gets a useful answer out within 5 seconds, start-up included.
const READ_DEADLINE: Duration = Duration::from_millis(4_500);

/// Flags about output and patience, accepted anywhere.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Output flags")]
pub struct OutputFlags {
    /// How long one source may take to answer, such as 5s
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    pub deadline: Option<Duration>,
    /// Colour: auto, always or never
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, hide_possible_values = true, value_name = "WHEN")]
    pub color: Colour,
    /// Leave out the header line of tables
    #[arg(long, global = true)]
    pub no_headers: bool,
    /// Say only what must be said
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more: 6 and above name every request, never bodies or credentials
    #[arg(short, long = "v", global = true, default_value_t = 0, hide_default_value = true, value_name = "LEVEL")]
    pub v: u8,
}

/// A Go duration (`1m30s`, `500ms`) or bare seconds.
///
/// # Errors
/// When it is neither, or not positive.
pub fn duration(text: &str) -> Result<Duration, String> {
    let nanos = kubeconfig::go_duration(text).or_else(|| text.parse::<i64>().ok().and_then(|s| s.checked_mul(1_000_000_000)));
    let positive = nanos.and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
    positive.map(Duration::from_nanos).ok_or_else(|| "expected a time such as 90s, 10m or 1h30m".to_owned())
}

/// A token for OpenBao itself, by its own variable first; none when both are unset or empty.
pub fn openbao_token() -> Option<Sensitive> {
    let given = |name: &str| std::env::var(name).ok().map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
    let token = given("BAO_TOKEN").or_else(|| given("VAULT_TOKEN"))?;
    Some(Sensitive::held(token))
}

/// What every command is given.
pub struct Session {
    /// The terminal.
    pub ui: Ui,
    /// Connection flags as given.
    pub connection: Flags,
    /// Output flags as given.
    pub output: OutputFlags,
}

/// A connection and the namespace to work in.
pub struct Connected {
    /// The API server.
    pub kube: Kube,
    /// The namespace by flag, context or default.
    pub namespace: String,
}

impl Connected {
    /// A failure of a command that writes: as long as it sent nothing, it says so; and where nobody knew what to do next, it
    /// says what shows more.
    pub fn told(&self, failure: Failure) -> Failure {
        let failure = if self.kube.sent_a_write() { failure } else { failure.untouched() };
        if !failure.hints.is_empty() {
            return failure;
        }
        let namespace = &self.namespace;
        match failure.exit {
            Exit::NotPermitted => failure.hint(format!("kubectl auth can-i --list -n {namespace}        what you may do there")),
            Exit::NotFound => failure.hint(format!("kubectl get openbaoclusters,openbaorestores -n {namespace}        what is there")),
            Exit::WorldChanged => failure.hint("run the same command again and read the new plan"),
            Exit::Failure => failure.hint("run the same command again in a moment"),
            Exit::OutcomeUnknown => {
                failure.hint(format!("kubectl openbao status -n {namespace}        look before doing anything again"))
            }
            _ => failure,
        }
    }
}

impl Session {
    /// Resolves the configuration by kubectl's rules and makes a client; nothing is sent yet.
    ///
    /// # Errors
    /// No or broken configuration.
    pub fn connect(&self) -> Outcome<Connected> {
        let resolved = kubeconfig::resolve(&self.connection, &Surroundings::of_process())?;
        for warning in &resolved.warnings {
            self.ui.say(&format!("Warning: {warning}"));
        }
        self.connected(resolved)
    }

    fn connected(&self, resolved: Resolved) -> Outcome<Connected> {
        let deadline = self.output.deadline.or(resolved.request_timeout).unwrap_or(READ_DEADLINE);
        let Connected { kube, namespace } = connected(resolved, deadline)?;
        Ok(Connected { kube: kube.tracing(self.output.v >= 6), namespace })
    }

    /// Passes on what the server warned of.
    pub fn pass_on_notices(&self, kube: &Kube) {
        for notice in kube.take_notices() {
            self.ui.say(&notice);
        }
    }
}

fn connected(resolved: Resolved, deadline: Duration) -> Outcome<Connected> {
    kubeconfig::authenticate(&resolved)?;
    let client = kubeconfig::client(&resolved, USER_AGENT)?;
    Ok(Connected { kube: Kube::new(client, &resolved.server, deadline), namespace: resolved.namespace })
}

/// What a process sees where nobody can be asked and nothing may be said, as in completion: no credential helper gets the
/// terminal, or longer than this.
pub fn surroundings_of_nobody(limit: Duration) -> Surroundings {
    Surroundings { stdin_is_terminal: false, unattended: Some(limit), ..Surroundings::of_process() }
}

/// A connection where nobody can be asked and nothing may be said. Blocks while a helper runs.
///
/// # Errors
/// As [`Session::connect`].
pub fn connect_silently(connection: &Flags, limit: Duration) -> Outcome<Connected> {
    connected(kubeconfig::resolve(connection, &surroundings_of_nobody(limit))?, limit)
}
