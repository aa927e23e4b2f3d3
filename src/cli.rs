//! The command line: parsed once, before anything else is started.

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser};

use crate::commands::{self, Command};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::remote::kubeconfig::{self, Flags};
use crate::session::{OutputFlags, Session};
use crate::ui::{Colour, Terminal, Ui};

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
#[command(after_help = "Start here; none of these writes:
  kubectl openbao status -A              every cluster, those in trouble first
  kubectl openbao diagnose -n NAMESPACE  what happened, and the ways out
  kubectl openbao drill run stuck-lock   a rehearsal, without any cluster")]
pub struct Cli {
    #[command(flatten)]
    connection: Flags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(subcommand)]
    command: Option<Command>,
}

/// The command line with everything that help says.
pub fn command() -> clap::Command {
    commands::help::taught(Cli::command())
}

/// The whole program; the exit code is the documented one.
pub fn main() -> ExitCode {
    crate::process::keep_memory_private();
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let cli = match parse(&commands::completion::rewrite(arguments)) {
        Ok(cli) => cli,
        Err(error) => {
            let help = !error.use_stderr();
            print(&error);
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

/// Prints help or what is wrong with the arguments, which may have held a secret where none belongs.
fn print(error: &clap::Error) {
    let rendered = error.render();
    let ui = Ui::new(Terminal::of_process(Colour::Auto, false));
    let colours = if error.use_stderr() { ui.terminal().colour_err } else { ui.terminal().colour_out };
    let text = if colours { rendered.ansi().to_string() } else { rendered.to_string() };
    if error.use_stderr() { ui.insist_as_it_is(&text) } else { ui.answer(&text) }
}

fn parse(arguments: &[std::ffi::OsString]) -> Result<Cli, clap::Error> {
    let matches = command().try_get_matches_from(arguments)?;
    Cli::from_arg_matches(&matches)
}

fn run(session: &Session, command: Option<Command>) -> Outcome<Exit> {
    if let Some(done) = command.as_ref().and_then(|command| commands::run_offline(session, command)) {
        return done;
    }
    kubeconfig::install_crypto_provider();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|e| Failure::new(Exit::Failure, e.to_string()).doing("starting"))?;
    let exit = runtime.block_on(async {
        match command {
            Some(command) => commands::run(session, command).await,
            None => commands::start::run(session).await,
        }
    });
    // A prompt's blocked read must not hold the process back.
    runtime.shutdown_background();
    exit
}
