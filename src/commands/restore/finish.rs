//! After the create: follow to the end, verify what the operator does not, say how it ended.

use schemars::JsonSchema;
use serde::Serialize;

use super::flags::Args;
use crate::api::restore::Restore;
use crate::commands::follow::{Follow, Next, conclude, follow_restore};
use crate::commands::verify::verify_and_tell;
use crate::domain::verify::Verification;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::session::{Connected, Session};
use crate::ui::render::document::document;

/// How a restore ended, for `-o json|yaml`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestoreOutcome {
    /// Namespace.
    pub namespace: String,
    /// The cluster.
    pub cluster: String,
    /// The OpenBaoRestore.
    pub restore: String,
    /// How it ended.
    pub result: Ending,
    /// One sentence.
    pub summary: String,
    /// The exit code.
    pub exit_code: u8,
    /// What was verified.
    pub verification: Option<Verification>,
}

/// How the tool left a restore.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Restored, verified and serving.
    Restored,
    /// Created and not followed (`--no-follow`).
    Created,
    /// It ran, and something is not fine.
    NeedsAttention,
    /// It failed.
    Failed,
    /// The outcome is not known.
    Unknown,
    /// Not followed any more, by Ctrl-C or by the time limit: it goes on.
    Left,
}

/// How a restore ended, before it is told.
#[derive(Debug)]
pub struct Finished {
    /// How the tool leaves it.
    pub result: Ending,
    /// The exit code.
    pub exit: Exit,
    /// One sentence.
    pub summary: String,
    /// What was verified.
    pub verification: Option<Verification>,
}

/// Follows a restore to its end and verifies it; the conversation is told, the answer is not.
///
/// # Errors
/// It failed (10), the time limit (9), interrupted (130), or it cannot be followed.
pub async fn see_to_the_end(session: &Session, connected: &Connected, args: &Args, restore: &Restore) -> Outcome<Finished> {
    let follow = Follow { namespace: restore.meta.namespace.clone(), name: restore.meta.name.clone(), timeout: args.timeout };
    let followed = follow_restore(&session.ui, &connected.kube, &follow).await?;
    match conclude(&session.ui, &follow, &followed)? {
        Next::Verify => {
            let verified = verify_and_tell(session, connected, &followed.restore, &args.verify).await?;
            let result = if verified.exit == Exit::Done { Ending::Restored } else { Ending::NeedsAttention };
            Ok(Finished { result, exit: verified.exit, summary: verified.summary, verification: Some(verified.verification) })
        }
        Next::Leave(exit) => {
            let summary = format!("the outcome of restore {} is to be settled", restore.meta.name);
            Ok(Finished { result: Ending::Unknown, exit, summary, verification: None })
        }
    }
}

/// Follows and verifies; the answer goes to stdout, as a sentence or a document.
pub async fn finish(session: &Session, connected: &Connected, args: &Args, restore: &Restore) -> Outcome<Exit> {
    let report = Report { session, args, restore };
    if args.no_follow {
        return Ok(report.tell(Ending::Created, Exit::Done, &format!("created openbaorestore/{}", restore.meta.name), None));
    }
    match see_to_the_end(session, connected, args, restore).await {
        Ok(Finished { result, exit, summary, verification }) => Ok(report.tell(result, exit, &summary, verification)),
        Err(failure) => Err(report.fail(failure)),
    }
}

struct Report<'a> {
    session: &'a Session,
    args: &'a Args,
    restore: &'a Restore,
}

impl Report<'_> {
    fn tell(&self, result: Ending, exit: Exit, summary: &str, verification: Option<Verification>) -> Exit {
        let ui = &self.session.ui;
        match self.args.output {
            None => ui.answer(&format!("\n{summary}")),
            Some(format) => {
                let outcome = RestoreOutcome {
                    namespace: self.restore.meta.namespace.clone(),
                    cluster: self.restore.cluster.clone(),
                    restore: self.restore.meta.name.clone(),
                    result,
                    summary: summary.to_owned(),
                    exit_code: exit.code(),
                    verification,
                };
                ui.answer(&document("RestoreOutcome", &outcome, format.markup()));
            }
        }
        exit
    }

    /// A failure after the create still gives a script its document.
    fn fail(&self, failure: Failure) -> Failure {
        if self.args.output.is_some() {
            let ending = match failure.exit {
                Exit::TimeLimit | Exit::Interrupted => Ending::Left,
                Exit::JobFailed => Ending::Failed,
                _ => Ending::Unknown,
            };
            self.tell(ending, failure.exit, &failure.cause, None);
        }
        failure
    }
}
