//! How an acknowledgement ended: the answer, the document, the exit code.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::follow::{Followed, Way};
use crate::api::text::clean;
use crate::domain::breakglass::{End, begins_again, left_over, nobody_leads};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::live;
use crate::session::{Connected, Session};
use crate::ui::Style;

/// What became of an acknowledgement, for `-o json|yaml`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Acknowledgement {
    /// Namespace.
    pub namespace: String,
    /// The cluster.
    pub cluster: String,
    /// The nonce that was acknowledged.
    pub nonce: String,
    /// What became of it.
    pub result: Ending,
    /// One sentence.
    pub summary: String,
    /// The exit code.
    pub exit_code: u8,
    /// Which attempt at the rollback began.
    pub attempt: Option<i64>,
    /// The last Job of it that was followed.
    pub job: Option<String>,
    /// What that Job's log says went wrong.
    pub cause: Option<String>,
    /// The nonce of the break glass that was entered again.
    pub new_nonce: Option<String>,
    /// What needs a look.
    pub remarks: Vec<String>,
}

/// How the tool left an acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The operator took it; it was not followed further.
    Taken,
    /// The rollback is over, and the cluster looks well.
    RolledBack,
    /// The rollback is over, and something is not well.
    NeedsAttention,
    /// Break glass again, with a new nonce.
    Reentered,
    /// It is written, and the operator has not taken it.
    Pending,
    /// Not followed any more, by Ctrl-C or by the time limit: it goes on.
    Left,
    /// What became of it is not known.
    Unknown,
}

/// The end, ready to be told.
pub(super) struct Told {
    pub(super) ending: Ending,
    pub(super) summary: String,
    pub(super) exit: Exit,
    pub(super) remarks: Vec<String>,
    pub(super) new_nonce: Option<String>,
    /// What a person is told on stderr besides.
    failure: Option<Failure>,
}

impl Told {
    fn new(ending: Ending, exit: Exit, summary: String) -> Told {
        Told { ending, summary, exit, remarks: Vec::new(), new_nonce: None, failure: None }
    }

    /// What the command returns.
    pub(super) fn result(self) -> Outcome<Exit> {
        self.failure.map_or(Ok(self.exit), Err)
    }
}

/// An election after the rollback may take this long.
const ELECTION: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Says how it ended; remarks go to stderr at once.
pub(super) async fn conclude(session: &Session, connected: &Connected, way: &Way, followed: &Followed) -> Told {
    let (namespace, cluster) = (&connected.namespace, &way.cluster);
    match followed.aftermath.end() {
        Some(End::Over { phase }) => over(session, connected, way, phase).await,
        Some(End::Reentered { nonce, message, job }) => reentered(connected, way, followed, (nonce, message, job.as_deref())),
        Some(End::Gone) => Told::new(
            Ending::Unknown,
            Exit::OutcomeUnknown,
            format!("cluster {namespace}/{cluster} was deleted, or made anew, after break glass was acknowledged"),
        ),
        None if followed.aftermath.taken() => {
            let attempt = followed.aftermath.attempt().map_or(String::new(), |n| format!(": attempt {n} at the rollback begins"));
            session.ui.say(&format!("  follow it with: {}", way.again(namespace)));
            Told::new(
                Ending::Taken,
                Exit::Done,
                format!("break glass of {namespace}/{cluster} is acknowledged, and the operator has taken it{attempt}"),
            )
        }
        None => {
            let text = format!(
                "the acknowledgement of {namespace}/{cluster} is written; the cluster is paused, so the operator takes it when somebody unpauses it"
            );
            Told::new(Ending::Pending, Exit::Attention, text)
        }
    }
}

async fn over(session: &Session, connected: &Connected, way: &Way, phase: &str) -> Told {
    let (namespace, cluster) = (&connected.namespace, &way.cluster);
    let give_up = tokio::time::Instant::now() + ELECTION;
    let (remarks, again) = loop {
        match live::cluster(&connected.kube, namespace, cluster).await {
            Ok(evidence) if nobody_leads(&evidence) && tokio::time::Instant::now() < give_up => {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            Ok(evidence) => break (left_over(&evidence), begins_again(&evidence)),
            Err(error) => break (vec![format!("the cluster could not be looked at afterwards ({})", error.message)], None),
        }
    };
    let next = match (phase, &again) {
        ("" | "Idle", None) => String::new(),
        ("" | "Idle", Some(again)) => format!("; the upgrade to {} begins again in about a minute", again.wanted),
        (phase, _) => format!("; an upgrade is under way again (phase {phase})"),
    };
    if let Some(again) = again {
        session.ui.insist(&format!(
            "The upgrade to {} begins again in about a minute. To stop it, while the phase is Idle:",
            again.wanted
        ));
        session.ui.insist(&format!("  {}", again.stop));
    }
    let mut told = match remarks.is_empty() {
        true => Told::new(Ending::RolledBack, Exit::Done, format!("{cluster} is rolled back and serving{next}.")),
        false => {
            let text = format!("the rollback of {cluster} is over, and it needs attention{next}.");
            Told::new(Ending::NeedsAttention, Exit::Attention, text)
        }
    };
    for remark in &remarks {
        session.ui.insist(&format!("  {}  {remark}", session.ui.err(Style::Attention, "look")));
    }
    if !remarks.is_empty() {
        session.ui.insist(&format!("  kubectl openbao status {cluster} -n {namespace}"));
    }
    told.remarks = remarks;
    told
}

fn reentered(connected: &Connected, way: &Way, followed: &Followed, again: (&str, &str, Option<&str>)) -> Told {
    let (namespace, cluster) = (&connected.namespace, &way.cluster);
    let (nonce, message, job) = again;
    let text = format!("the rollback of {cluster} failed again: break glass is back, with a new nonce {}", clean(nonce));
    let mut failure = Failure::new(Exit::JobFailed, text.as_str()).detail(format!("the operator says: {}", clean(message)));
    // A log that was not followed, or of the Job before, says nothing about this failure.
    let cause = followed.findings.cause().filter(|_| job.is_none() || job == followed.job.as_deref());
    match cause {
        Some(cause) => {
            failure = failure.detail(format!("its log says: {}", cause.line)).detail(format!("that means: {}", cause.meaning));
        }
        None => failure = failure.detail("no line of its log says why, or the log was not read"),
    }
    let failure = failure
        .hint(format!("kubectl openbao diagnose rollback {cluster} -n {namespace}        the cause and the ways out; acknowledging again without a change fails again"))
        .hint(format!("kubectl openbao breakglass show {cluster} -n {namespace}"));
    let mut told = Told::new(Ending::Reentered, Exit::JobFailed, text);
    told.new_nonce = Some(nonce.to_owned());
    told.failure = Some(failure);
    told
}
