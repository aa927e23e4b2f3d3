//! Writing: one step at a time, each by a ticket, each decided from a fresh look.

use std::time::Duration;

use super::{Errand, denied};
use crate::domain::evidence::Evidence;
use crate::domain::resolve::{ClaimsPlan, ResolvePlan, course};
use crate::domain::write::{Kind, Write};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::guard::Confirmed;
use crate::remote::writes::{self, Sent};

/// How often conditions that fail are looked at again before somebody else is taken to be at work.
const CONFLICTS: u32 = 5;
/// Between two looks at something that has to come about.
pub(super) const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// What was agreed to, and how the writing goes.
pub(super) struct Course<'a> {
    pub errand: &'a Errand<'a>,
    pub whole: Confirmed<ResolvePlan>,
    pub claims: Option<Confirmed<ClaimsPlan>>,
    /// Whether anything was written in this run, or by an earlier one.
    pub begun: bool,
    /// Whether a write was sent of which nobody knows whether it was carried out.
    pub perhaps: bool,
    pub conflicts: u32,
    pub told: String,
}

impl Course<'_> {
    /// Sends one write, once. When its answer is lost, or its conditions no longer held, the next look decides.
    ///
    /// # Errors
    /// The world changed (8), or the server refused it.
    pub async fn carry_out(&mut self, evidence: &Evidence, write: Write) -> Outcome<()> {
        let ui = &self.errand.session.ui;
        let now = course(evidence, &self.errand.request, None).map_err(|why| self.stopped(Failure::new(Exit::Failure, why)))?;
        let kube = &self.errand.connected.kube;
        if self.errand.args.show_kubectl {
            ui.say(&write.kubectl());
        }
        let purpose = format!("{} ({} {})", write.purpose, write.kind.resource(), write.name);
        let ticket = match (&self.claims, write.kind) {
            (Some(claims), Kind::Claim) => {
                // The whole way must still be allowed, too.
                let changed = self.whole.drift(&now);
                match &now.claims {
                    Some(volumes) if changed.is_empty() => claims.step(volumes, write.clone()),
                    None if changed.is_empty() => Err(vec!["no volumes are to be deleted any more".to_owned()]),
                    _ => Err(changed),
                }
            }
            _ => self.whole.step(&now, write.clone()),
        };
        let ticket = ticket.map_err(|differences| self.stopped(super::super::restore::changed(&differences)))?;
        let tried = writes::dry_run(kube, &write).await.map_err(|e| self.stopped(denied(&e)))?;
        let sent = match tried {
            Sent::Done => {
                // Whoever interrupts from here on is not told that nothing was written.
                let before = std::mem::replace(&mut self.perhaps, true);
                let sent = writes::send(kube, ticket).await;
                self.perhaps = match &sent {
                    Ok(Sent::Done) => false,
                    Ok(Sent::Unknown(_)) => true,
                    Ok(Sent::Conflict(_)) | Err(_) => before,
                };
                sent.map_err(|e| self.stopped(denied(&e)))?
            }
            other => other,
        };
        match sent {
            Sent::Done => {
                (self.begun, self.conflicts) = (true, 0);
                ui.insist(&format!("done   {purpose}"));
            }
            Sent::Conflict(error) => {
                self.conflicts += 1;
                if self.conflicts > CONFLICTS {
                    let failure = Failure::new(Exit::WorldChanged, "somebody else is at work on the same objects");
                    return Err(self.stopped(failure.detail(error.message)));
                }
            }
            Sent::Unknown(error) => {
                self.conflicts += 1;
                ui.insist(&format!("the answer was lost ({}); looking whether it was carried out: {purpose}", error.message));
                if self.conflicts > CONFLICTS {
                    return Err(self.stopped(error.failure("")));
                }
            }
        }
        Ok(())
    }

    /// Something has to come about first: said once, looked at again soon.
    pub async fn wait(&mut self, what: &str) {
        if self.told != what {
            what.clone_into(&mut self.told);
            self.errand.session.ui.insist(&format!("wait   {what}"));
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }

    /// A failure, with a document for a script where something may have been written.
    pub fn told(&self, failure: Failure) -> Failure {
        if self.begun || self.perhaps {
            self.errand.fail(self.whole.plan(), &failure);
        }
        failure
    }

    /// A failure on the way: what is true of the resolution then.
    pub fn stopped(&self, failure: Failure) -> Failure {
        let (namespace, cluster) = (&self.errand.request.namespace, &self.errand.request.cluster);
        let mut failure = failure.midway();
        match (self.begun, self.perhaps) {
            (false, false) => return failure.detail("nothing was written"),
            (false, true) => {
                if failure.exit != Exit::Interrupted {
                    failure.exit = Exit::OutcomeUnknown;
                }
                return failure
                    .detail(
                        "whether the first write was carried out is not known: it pauses the cluster and notes the resolution",
                    )
                    .hint(format!("kubectl openbao status {cluster} -n {namespace}        look before doing anything again"));
            }
            (true, _) => {}
        }
        failure
            .detail("the resolution is noted on the cluster; the same command goes on with it")
            .hint(format!("kubectl openbao resolve {cluster} -n {namespace} --abort        gives it up instead"))
    }
}
