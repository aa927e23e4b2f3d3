//! After a `Completed`: what the operator does not check (F§15.2.7), for whoever attached later.

use std::time::Duration;

use tokio::time::Instant;

use crate::api::restore::Restore;
use crate::cli::{Connected, Session};
use crate::domain::verify::{Verification, verify};
use crate::exit::Exit;
use crate::gather::{live, servers};
use crate::ui::render::plan::verification;

/// How often the servers are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Foreign keys seal all servers within 7 seconds (F§15.2.7): a clean look counts only after this.
const SETTLE: Duration = Duration::from_secs(8);
/// An election and a voter restart fit into this.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks until the servers were seen to be well, or patience runs out; shows what was found.
pub(super) async fn verified(session: &Session, connected: &Connected, restore: &Restore) -> Exit {
    session.ui.say("\nVerifying what the operator does not");
    // A restore that ended long ago has nothing left to settle.
    let ended = restore
        .completion_time
        .map_or(Duration::ZERO, |at| Duration::try_from(jiff::Timestamp::now().duration_since(at)).unwrap_or_default());
    let (began, settle, patience) = (Instant::now(), SETTLE.saturating_sub(ended), PATIENCE.saturating_sub(ended));
    let found = loop {
        let found = look(connected, restore).await;
        let waited = began.elapsed();
        if waited >= patience || found.is_clean() && waited >= settle {
            break found;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    };
    session.ui.answer(&verification(&found, &|style, text| session.ui.out(style, text)));
    if found.is_clean() { Exit::Done } else { Exit::Attention }
}

async fn look(connected: &Connected, restore: &Restore) -> Verification {
    match live::cluster(&connected.kube, &restore.meta.namespace, &restore.cluster).await {
        Ok(mut evidence) => {
            evidence.servers = servers::ask(&connected.kube, &evidence, connected.kube.deadline()).await;
            verify(&evidence, &restore.meta.name)
        }
        Err(error) => Verification::unread(&error.message),
    }
}
