//! `breakglass`: what stopped the automation, what an acknowledgement will do, and the acknowledgement itself.

mod ack;
mod flags;
mod follow;
mod outcome;
mod send;
mod show;

pub use flags::Args;
pub use outcome::{Acknowledgement, Ending};
pub(super) use send::settled;

use self::flags::Act;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::session::{Connected, Session};

/// An acknowledgement asked for by another command: `resolve --path retry`.
pub(super) struct Retry {
    /// The cluster.
    pub cluster: String,
    /// Consent of a script.
    pub nonce: Option<String>,
    /// Accepted hazards.
    pub accept: Vec<String>,
    /// Why.
    pub reason: Option<String>,
    /// Show the plan only.
    pub dry_run: Option<super::restore::DryRun>,
    /// Also show the kubectl command.
    pub show_kubectl: bool,
    /// JSON or YAML; for people without.
    pub output: Option<super::restore::Format>,
    /// How long to follow.
    pub timeout: std::time::Duration,
}

/// Acknowledges break glass by the one code path there is, and follows it.
///
/// # Errors
/// As `breakglass ack`.
pub(super) async fn acknowledge(session: &Session, connected: &Connected, asked: Retry) -> Outcome<Exit> {
    let output = asked.output.map(|format| match format {
        super::restore::Format::Json => flags::Format::Json,
        super::restore::Format::Yaml => flags::Format::Yaml,
    });
    let args = flags::AckArgs {
        name: Some(asked.cluster),
        nonce: asked.nonce,
        accept: asked.accept,
        reason: asked.reason,
        dry_run: asked.dry_run,
        show_kubectl: asked.show_kubectl,
        output,
        follow: Some(true),
        timeout: Some(asked.timeout),
    };
    ack::run(session, connected, &args).await
}

/// Shows break glass, or acknowledges it.
///
/// # Errors
/// Every refusal, denial and failure, with its exit code.
pub async fn run(session: &Session, args: Args) -> Outcome<Exit> {
    match args.act {
        Some(Act::Ack(_)) if args.show.report.from_report.is_some() => {
            Err(Failure::new(Exit::Usage, "a report is no cluster: nothing in it can be acknowledged")
                .detail("nothing was written")
                .hint("breakglass show --from-report PATH shows what an acknowledgement would have done"))
        }
        Some(Act::Ack(mut ack)) => {
            ack.name = ack.name.or(args.show.name);
            ack.output = ack.output.or(args.show.output);
            ack.follow = ack.follow.or(args.show.follow.then_some(true));
            ack.timeout = ack.timeout.or(args.show.timeout);
            ack::run(session, &session.connect()?, &ack).await
        }
        Some(Act::Show(mut show)) => {
            show.name = show.name.or(args.show.name);
            show.output = show.output.or(args.show.output);
            show.follow |= args.show.follow;
            show.timeout = show.timeout.or(args.show.timeout);
            show.report.from_report = show.report.from_report.or(args.show.report.from_report);
            show::run(session, &show).await
        }
        None => show::run(session, &args.show).await,
    }
}
