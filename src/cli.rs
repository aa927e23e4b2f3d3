//! The command line: parsed once, before anything else is started.

use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches, Parser};

use crate::commands::{self, Command};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::remote::k8s::Kube;
use crate::remote::kubeconfig::{self, Flags, Surroundings};
use crate::ui::{Colour, Terminal, Ui};

/// User-Agent of every request: audit logs name the tool by it.
pub const USER_AGENT: &str = concat!("kubectl-openbao/", env!("CARGO_PKG_VERSION"));

/// Bound on one read when `--deadline` and `--request-timeout` say nothing: a server that accepts and never answers
/// still gets a useful answer out within 5 seconds, start-up included.
const READ_DEADLINE: Duration = Duration::from_millis(4_500);

/// Emergency restore and break-glass for OpenBao clusters run by the OpenBao Operator.
///
/// Reading commands never write. Every write is a plan that is shown, confirmed, checked again and sent once.
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-openbao",
    bin_name = "kubectl openbao",
    version,
    disable_version_flag = true,
    disable_help_subcommand = false
)]
#[command(
    after_help = "Start here:  kubectl openbao status        Try it without a cluster:  kubectl openbao drill run stuck-lock"
)]
pub struct Cli {
    #[command(flatten)]
    connection: Flags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(subcommand)]
    command: Command,
}

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
        kubeconfig::authenticate(&resolved)?;
        let client = kubeconfig::client(&resolved, USER_AGENT)?;
        let deadline = self.output.deadline.or(resolved.request_timeout).unwrap_or(READ_DEADLINE);
        Ok(Connected {
            kube: Kube::new(client, &resolved.server, deadline).tracing(self.output.v >= 6),
            namespace: resolved.namespace,
        })
    }

    /// Passes on what the server warned of.
    pub fn pass_on_notices(&self, kube: &Kube) {
        for notice in kube.take_notices() {
            self.ui.say(&notice);
        }
    }
}

/// The whole program; the exit code is the documented one.
pub fn main() -> ExitCode {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let cli = match parse(&commands::completion::rewrite(arguments)) {
        Ok(cli) => cli,
        Err(error) => {
            let help = !error.use_stderr();
            // Help into a closed pipe is no failure.
            let _ = error.print();
            return ExitCode::from(if help { Exit::Done } else { Exit::Usage }.code());
        }
    };
    let terminal = Terminal::of_process(cli.output.color, cli.output.quiet);
    let session = Session { ui: Ui::new(terminal), connection: cli.connection, output: cli.output };
    let exit = match run(&session, cli.command) {
        Ok(exit) => exit,
        Err(failure) => {
            session.ui.failure(&failure);
            failure.exit
        }
    };
    ExitCode::from(exit.code())
}

fn parse(arguments: &[std::ffi::OsString]) -> Result<Cli, clap::Error> {
    let matches = Cli::command().try_get_matches_from(arguments)?;
    Cli::from_arg_matches(&matches)
}

fn run(session: &Session, command: Command) -> Outcome<Exit> {
    if let Some(done) = commands::run_offline(session, &command) {
        return done;
    }
    kubeconfig::install_crypto_provider();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|e| Failure::new(Exit::Failure, e.to_string()).doing("starting"))?;
    let exit = runtime.block_on(commands::run(session, command));
    // A prompt's blocked read must not hold the process back.
    runtime.shutdown_background();
    exit
}
