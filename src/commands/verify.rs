//! After a restore ended well by the operator's word: look at what the operator does not, and say what is true.

use std::time::Duration;

use tokio::time::Instant;

use crate::api::names::{CLUSTER_LABEL, COMPONENT_LABEL, SnapshotKey};
use crate::api::restore::Restore;
use crate::domain::verify::{Grade, Verification, verify, verify_without};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::{live, servers};
use crate::session::{Connected, Session, duration};
use crate::ui::Style;
use crate::ui::progress::Waiting;
use crate::ui::render::plan::verification;

/// How a restore is verified.
#[derive(Debug, Clone, clap::Args)]
pub struct VerifyArgs {
    /// How long the servers must look well after the restore before it is called so
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10s", hide_default_value = true, help_heading = "Following")]
    settle: Duration,
    /// Do not ask the servers directly (by port-forward) when verifying
    #[arg(long, help_heading = "Following")]
    no_probe: bool,
}

impl VerifyArgs {
    /// Whether the servers are asked directly.
    pub fn asks_servers(&self) -> bool {
        !self.no_probe
    }
}

/// What was found, told to the person already.
pub struct Verified {
    /// 0 when clean, else 3.
    pub exit: Exit,
    /// Every item.
    pub verification: Verification,
    /// One sentence: the answer.
    pub summary: String,
}

/// How often the servers are looked at while they settle.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How many times `--settle` servers may take to come back before it is called a failure: an election and a voter
/// restart (0.5) fit into it.
const PATIENCE: u32 = 3;

/// Verifies until the cluster has been well for long enough, or patience runs out; shows every item on stderr.
///
/// # Errors
/// Interrupted by Ctrl-C before the servers were seen to be well.
pub async fn verify_and_tell(
    session: &Session,
    connected: &Connected,
    restore: &Restore,
    args: &VerifyArgs,
) -> Outcome<Verified> {
    let ui = &session.ui;
    ui.say(&format!("\n{}", ui.err(Style::Strong, "Verifying what the operator does not")));
    let verification = tokio::select! {
        verification = settle(session, connected, restore, args) => verification,
        _ = tokio::signal::ctrl_c() => return Err(left(restore)),
    };
    ui.insist(self::verification(&verification, &|style, text| ui.err(style, text)).trim_end());
    let clean = verification.is_clean();
    let summary = summary(restore, &verification, clean);
    if !clean {
        advise(session, restore, &verification);
    }
    Ok(Verified { exit: if clean { Exit::Done } else { Exit::Attention }, verification, summary })
}

fn left(restore: &Restore) -> Failure {
    let (name, namespace) = (&restore.meta.name, &restore.meta.namespace);
    Failure::new(Exit::Interrupted, "not verified: the restore ended, and whether the servers are well was not seen")
        .hint(format!("kubectl openbao follow {name} -n {namespace}        verifies again"))
}

/// A snapshot with another seal key seals every server within seven seconds (seen on JAN), so a look at the very
/// moment of `Completed` proves nothing.
async fn settle(session: &Session, connected: &Connected, restore: &Restore, args: &VerifyArgs) -> Verification {
    let waiting = Waiting::start(&session.ui, "waiting for the servers to settle");
    let give_up = Instant::now() + args.settle * PATIENCE;
    loop {
        let verification = look(connected, restore, args).await;
        let settled = restore.completion_time.is_none_or(|end| age(connected, end) >= args.settle);
        // Break glass ends by an acknowledgement, not by waiting.
        let well = verification.is_clean() || verification.is_clean_but_for("break-glass");
        if (well && settled) || Instant::now() >= give_up {
            return verification;
        }
        let worst = verification.failures().next().map_or("waiting for the servers to settle", |f| f.text.as_str());
        waiting.say(worst);
        tokio::time::sleep(LOOK_EVERY.min(args.settle)).await;
    }
}

fn age(connected: &Connected, then: jiff::Timestamp) -> Duration {
    Duration::try_from(connected.kube.now().duration_since(then)).unwrap_or_default()
}

async fn look(connected: &Connected, restore: &Restore, args: &VerifyArgs) -> Verification {
    match live::cluster(&connected.kube, &restore.meta.namespace, &restore.cluster).await {
        Ok(mut evidence) => {
            if !args.no_probe {
                evidence.servers = servers::ask(&connected.kube, &evidence, connected.kube.deadline()).await;
            }
            match restore.meta.deleted_at {
                Some(_) => verify_without(&evidence, &restore.meta.name),
                None => verify(&evidence, &restore.meta.name),
            }
        }
        Err(error) => Verification::unread(&error.message),
    }
}

fn summary(restore: &Restore, verification: &Verification, clean: bool) -> String {
    let cluster = &restore.cluster;
    let to = SnapshotKey::parse(&restore.key).map_or_else(|| restore.key.clone(), |k| k.taken_at.to_string());
    if clean {
        return format!("{cluster} is restored to {to} and serving.");
    }
    match verification.failures().next() {
        Some(first) => format!("The restore ran, but {cluster} is not fine: {}.", first.text),
        None => format!("The restore ran, but whether {cluster} is fine could not be seen."),
    }
}

/// What to do when it is not fine.
fn advise(session: &Session, restore: &Restore, verification: &Verification) {
    let ui = &session.ui;
    let (namespace, cluster) = (&restore.meta.namespace, &restore.cluster);
    let failed = |code: &str| verification.items.iter().any(|i| i.code == code && i.grade == Grade::Fail);
    ui.insist("\nNext");
    if failed("seal") || failed("answers") {
        // The pods of Jobs have a component, and no such container.
        let servers = format!("{CLUSTER_LABEL}={cluster},!{COMPONENT_LABEL}");
        ui.insist(&format!("  kubectl -n {namespace} logs -l '{servers}' -c openbao --prefix --tail=30"));
        ui.insist(
            "      \"cipher: message authentication failed\": the snapshot is of a cluster with another seal key; give this one that key",
        );
        ui.insist(&format!(
            "      (static seal: Secret {cluster}-unseal-key). While every server is sealed, no other snapshot can be restored"
        ));
    }
    if failed("break-glass") {
        ui.insist(&format!("  kubectl openbao diagnose rollback {cluster} -n {namespace}"));
        ui.insist("      the rollback that entered break glass is still to be decided: acknowledging starts it again at once");
    }
    ui.insist(&format!("  kubectl openbao status {cluster} -n {namespace}        the whole picture; the cluster's own status can be minutes out of date"));
}
