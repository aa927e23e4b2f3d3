//! After the create: follow to the end, verify what the operator does not, say how it ended.

use std::time::Duration;

use tokio::time::Instant;

use super::flags::{Args, Format};
use super::{RestoreOutcome, render};
use crate::api::restore::Restore;
use crate::cli::{Connected, Session};
use crate::domain::verify::{Grade, Verification, verify};
use crate::error::Outcome;
use crate::exit::Exit;
use crate::gather::{live, servers};
use crate::ui::Style;
use crate::ui::progress::Waiting;
use crate::ui::render::document::{Markup, document};

/// How often the servers are looked at while they settle.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How much longer than `--settle` servers may take to come back before it is called a failure: an election and a
/// voter restart (0.5) fit into it.
const PATIENCE: u32 = 6;

/// Looks at the cluster until it has been well for `settle` since `ended`, or patience runs out.
pub async fn settle(session: &Session, connected: &Connected, restore: &Restore, args: &Args, ended: Instant) -> Verification {
    let waiting = Waiting::start(&session.ui, "verifying what the operator does not");
    let give_up = ended + args.settle * PATIENCE;
    loop {
        let verification = look(connected, restore, args).await;
        let settled = ended.elapsed() >= args.settle;
        if (verification.is_clean() && settled) || Instant::now() >= give_up {
            return verification;
        }
        let worst = verification.failures().next().map_or("waiting for the servers to settle", |f| f.text.as_str());
        waiting.say(worst);
        tokio::time::sleep(LOOK_EVERY.min(args.settle)).await;
    }
}

async fn look(connected: &Connected, restore: &Restore, args: &Args) -> Verification {
    match live::cluster(&connected.kube, &restore.meta.namespace, &restore.cluster).await {
        Ok(mut evidence) => {
            if !args.no_probe {
                evidence.servers = servers::ask(&connected.kube, &evidence, connected.kube.deadline()).await;
            }
            verify(&evidence, &restore.meta.name)
        }
        Err(error) => Verification::unread(&error.message),
    }
}

/// Follows and verifies.
pub async fn finish(session: &Session, connected: &Connected, args: &Args, restore: &Restore) -> Outcome<Exit> {
    let v = settle(session, connected, restore, args, Instant::now()).await;
    session.ui.answer(&render::verification(&v, &|s, t| session.ui.out(s, t)));
    Ok(Exit::Done)
}
