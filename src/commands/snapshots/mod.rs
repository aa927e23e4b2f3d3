//! `snapshots`: what lies in the bucket, what it tells of itself, and whether it is whole. Never writes.

mod list;
pub mod place;
mod show;
pub mod verify;

pub use list::Snapshot;
pub use show::SnapshotShow;
pub use verify::Verification;

use crate::error::Outcome;
use crate::exit::Exit;
use crate::session::Session;

/// Find, show and verify snapshots before the cluster is overwritten with one
///
/// Nothing is written, to the cluster or to the bucket. Keys and values of the data never leave the process.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum What {
    List(list::Args),
    Show(show::Args),
    Verify(verify::Args),
}

/// Runs it.
///
/// # Errors
/// The snapshot cannot be read.
pub async fn run(session: &Session, args: Args) -> Outcome<Exit> {
    match args.what {
        What::List(args) => list::run(session, args).await,
        What::Show(args) => show::run(session, args).await,
        What::Verify(args) => verify::run(session, args).await,
    }
}
