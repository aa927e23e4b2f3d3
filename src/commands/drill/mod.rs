//! `drill`: practise on an embedded range, with the real commands.

mod player;
mod script;
#[cfg(test)]
mod tests;

use std::io;

use clap::Subcommand;

use self::player::Player;
use crate::drill::scenarios::{Range, RangeOptions, Scenario, all, find};
use crate::drill::{Pace, Play};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::session::Session;
use crate::ui::Ui;

/// How fast `run` plays: a whole restore in seconds, slow enough to read along.
const RUN_PACE: f64 = 0.2;
/// How fast `serve` lives: as a real cluster.
const SERVE_PACE: f64 = 1.0;

/// Practise emergency restores on an embedded range: no cluster needed, nothing installed
///
/// The range is an API server, an operator, a kubelet and an object store inside this program, on loopback only.
/// Plain kubectl can look at it, too.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the scenarios
    ///
    /// Each with the generations of the operator it can be played on, and what one finds.
    List,
    /// Play a scenario with the real commands, narrated and unattended
    ///
    /// Starts the range, runs the commands that solve the situation, says why, and stops the range. It ends with the exit code
    /// of the scenario's main command, as that ends on a cluster.
    Run(Choice),
    /// Set a scenario up and keep it running until Ctrl-C
    ///
    /// Prints a kubeconfig to export in another terminal, where this plugin and plain kubectl work on the range as on a
    /// cluster, at a cluster's own pace.
    Serve(Choice),
}

/// Which scenario, on which operator.
#[derive(Debug, clap::Args)]
struct Choice {
    /// The scenario's name: `drill list` shows them
    scenario: String,
    /// The generation of the operator: jan, 0.4, 0.5 or next
    #[arg(long, value_name = "GEN", default_value = "jan", value_parser = play)]
    operator: Play,
    /// How fast the range lives; 1 is the real operator's pace.
    #[arg(long, value_name = "FACTOR", value_parser = pace, hide = true)]
    pace: Option<f64>,
}

fn play(text: &str) -> Result<Play, String> {
    let names = Play::ALL.map(Play::name).join(", ");
    Play::ALL.into_iter().find(|play| play.name() == text).ok_or_else(|| format!("one of {names}"))
}

fn pace(text: &str) -> Result<f64, String> {
    let factor: f64 = text.parse().map_err(|_| "a number".to_owned())?;
    if (0.01..=10.0).contains(&factor) { Ok(factor) } else { Err("between 0.01 and 10".into()) }
}

/// Carries out `drill`.
///
/// # Errors
/// An unknown scenario, a range that does not start, or a run that ends otherwise than its scenario says.
pub async fn run(session: &Session, args: Args) -> Outcome<Exit> {
    let ui = &session.ui;
    match args.action {
        Action::List => {
            let rows = if ui.answer_width() < NARROW { narrow(all()) } else { table(all()) };
            let rows: Vec<String> = rows.into_iter().skip(usize::from(session.output.no_headers)).collect();
            ui.answer_prose(&rows.join("\n"));
            Ok(Exit::Done)
        }
        Action::Run(choice) => {
            let scenario = scenario(&choice)?;
            let range = start(ui, scenario, &choice, RUN_PACE).await?;
            let executable = std::env::current_exe().map_err(|error| failed("finding this program", &error))?;
            let player = Player::new(executable, &range, scenario, choice.operator, ui);
            let exit = tokio::select! {
                exit = player.play() => exit,
                // A command under way ends with its player.
                () = interrupted() => Ok(Exit::Interrupted),
            };
            range.shutdown().await;
            exit
        }
        Action::Serve(choice) => serve(ui, &choice).await,
    }
}

async fn serve(ui: &Ui, choice: &Choice) -> Outcome<Exit> {
    let scenario = scenario(choice)?;
    let range = start(ui, scenario, choice, SERVE_PACE).await?;
    ui.answer(&format!("export KUBECONFIG={}", script::quoted(&range.kubeconfig_file().to_string_lossy())));
    ui.say(&script::invitation(scenario, choice.operator, |which| range.key(which)));
    interrupted().await;
    ui.say("\nThe range is closed; nothing is left of it.");
    range.shutdown().await;
    Ok(Exit::Done)
}

async fn start(ui: &Ui, scenario: &'static Scenario, choice: &Choice, pace: f64) -> Outcome<Range> {
    ui.say(&format!("Setting up {} with operator {} …", scenario.name, choice.operator.name()));
    let options = RangeOptions { scenario, play: choice.operator, pace: Pace(choice.pace.unwrap_or(pace)) };
    Range::start(options).await.map_err(|error| failed("starting the practice range", &error))
}

fn scenario(choice: &Choice) -> Outcome<&'static Scenario> {
    let scenario = find(&choice.scenario).ok_or_else(|| unknown(&choice.scenario))?;
    if scenario.plays.contains(&choice.operator) {
        return Ok(scenario);
    }
    let plays: Vec<&str> = scenario.plays.iter().map(|play| play.name()).collect();
    let cause = format!("scenario {} cannot be played with operator {}", scenario.name, choice.operator.name());
    Err(Failure::new(Exit::Usage, cause).hint(format!("--operator {}", plays.join(" | "))))
}

fn unknown(name: &str) -> Failure {
    let near = all().iter().filter(|scenario| strsim::jaro_winkler(scenario.name, name) > 0.8).map(|scenario| scenario.name);
    let failure = Failure::new(Exit::Usage, format!("there is no scenario {:?}", crate::api::text::clean_cut(name, 60)));
    let failure = near.fold(failure, |failure, near| failure.hint(format!("did you mean {near}?")));
    failure.hint("kubectl openbao drill list")
}

/// On a narrower terminal what is found has no room beside the operators.
const NARROW: usize = 95;

/// The scenarios as a table, the header first: kubectl's look (K§1.5).
fn table(scenarios: &[Scenario]) -> Vec<String> {
    let header = ["NAME".to_owned(), "OPERATOR".to_owned(), "WHAT YOU FIND".to_owned()];
    let rows = scenarios.iter().map(|s| [s.name.to_owned(), generations(s, ","), s.summary.to_owned()]);
    let rows: Vec<[String; 3]> = std::iter::once(header).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let (names, plays) = (width(0), width(1));
    rows.iter().map(|[name, play, summary]| format!("{name:names$}   {play:plays$}   {summary}")).collect()
}

/// The same without the operators: those that cannot play a scenario are said behind it.
fn narrow(scenarios: &[Scenario]) -> Vec<String> {
    let names = scenarios.iter().map(|s| s.name.len()).max().unwrap_or(0);
    let only = |s: &Scenario| match s.plays.len() == Play::ALL.len() {
        true => String::new(),
        false => format!(" (only {})", generations(s, ", ")),
    };
    let rows = scenarios.iter().map(|s| format!("{:names$}   {}{}", s.name, s.summary, only(s)));
    std::iter::once(format!("{:names$}   WHAT YOU FIND", "NAME")).chain(rows).collect()
}

fn generations(scenario: &Scenario, between: &str) -> String {
    scenario.plays.iter().map(|play| play.name()).collect::<Vec<_>>().join(between)
}

/// Waits for Ctrl-C, or for being asked to end.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a handler the signal ends the process anyway.
    let _ = tokio::signal::ctrl_c().await;
}

fn failed(doing: &str, error: &io::Error) -> Failure {
    Failure::new(Exit::Failure, crate::api::text::clean_cut(&error.to_string(), 600)).doing(doing)
}
