//! `breakglass`: what stopped the automation, what an acknowledgement will do, and the acknowledgement itself.

mod ack;
mod flags;
mod follow;
mod outcome;
mod send;
mod show;

pub use flags::Args;
pub use outcome::{Acknowledgement, Ending};

use self::flags::Act;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::session::Session;

/// Shows break glass, or acknowledges it.
///
/// # Errors
/// Every refusal, denial and failure, with its exit code.
pub async fn run(session: &Session, args: Args) -> Outcome<Exit> {
    match args.act {
        Some(Act::Ack(mut ack)) => {
            ack.name = ack.name.or(args.show.name);
            ack.output = ack.output.or(args.show.output);
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
