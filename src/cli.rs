//! The command line: parsed once, before anything else is started.

use std::ffi::OsString;
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
    let arguments = commands::completion::rewrite(std::env::args_os().collect());
    let cli = match parse(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let help = !error.use_stderr();
            print(&error, &arguments);
            return ExitCode::from(if help { Exit::Done } else { Exit::Usage }.code());
        }
    };
    let terminal = Terminal::of_process(cli.output.color, cli.output.quiet);
    let session = Session { ui: Ui::new(terminal), connection: cli.connection, output: cli.output };
    let exit = match run(&session, cli.command) {
        Ok(exit) => exit,
        Err(mut failure) => {
            if failure.exit == Exit::Usage && failure.hints.is_empty() {
                failure = failure.hint(asked(&arguments) + " --help");
            }
            session.ui.failure(&failure);
            failure.exit
        }
    };
    ExitCode::from(exit.code())
}

/// Prints help or what is wrong with the arguments, which may have held a secret where none belongs.
fn print(error: &clap::Error, arguments: &[OsString]) {
    let rendered = error.render();
    let ui = Ui::new(Terminal::of_process(Colour::Auto, false));
    let colours = if error.use_stderr() { ui.terminal().colour_err } else { ui.terminal().colour_out };
    let text = if colours { rendered.ansi().to_string() } else { rendered.to_string() };
    if error.use_stderr() { ui.insist_as_it_is(&wrong_usage(&text, &asked(arguments))) } else { ui.answer(&text) }
}

/// What the parser says of wrong arguments, in the form of every other error: one line, what belongs to it, a command.
fn wrong_usage(said: &str, command: &str) -> String {
    let mut lines = said.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("For more information"));
    let mut text = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        text += "\n  ";
        text += line.trim_start();
    }
    text + "\n  hint: " + command + " --help"
}

/// The command that the arguments begin with, as far as there is one.
fn asked(arguments: &[OsString]) -> String {
    let (mut at, mut words) = (command(), vec!["kubectl openbao".to_owned()]);
    for word in arguments.iter().skip(1).filter_map(|word| word.to_str()) {
        if let Some(sub) = at.find_subcommand(word).cloned() {
            words.push(sub.get_name().to_owned());
            at = sub;
        }
    }
    words.join(" ")
}

fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
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
