//! After the decision was sent: until the operator let go, then the servers are looked at.

use tokio::time::Instant;

use super::{Args, Recovered, Recovery};
use crate::api::restore::Restore;
use crate::commands::restore::changed;
use crate::commands::verify::verify_and_tell;
use crate::domain::recover::{Decision, Means, RecoverPlan, Release, release};
use crate::domain::verify::Verification;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::remote::k8s::paths::RESTORES;
use crate::remote::watch::{Change, Patience, Select, Watched, watch};
use crate::session::{Connected, Session};
use crate::ui::render::document::document;

/// How long a block that stood before the decision is taken for an old word: two of the operator's looks.
const OLD_WORD: std::time::Duration = std::time::Duration::from_secs(30);

/// How the operator's part ended.
enum End {
    Released(Decision),
    Gone,
    Blocked(String),
}

/// Follows, verifies, tells.
///
/// # Errors
/// Blocked (10), time limit (9), interrupted (130), the decision was not taken (8).
pub(super) async fn follow(
    session: &Session,
    connected: &Connected,
    args: &Args,
    plan: &RecoverPlan,
    restore: &Restore,
) -> Outcome<Exit> {
    let teller = Teller { session, args, plan };
    let mut released = false;
    let exit = to_the_end(&teller, connected, restore, &mut released).await;
    // A failure after the write still gives a script its document.
    exit.map_err(Failure::midway).inspect_err(|failure| teller.document(released, failure.exit, &failure.cause, None))
}

/// Nobody knows whether it was written: a script gets its document all the same.
pub(super) fn left_unknown(session: &Session, args: &Args, plan: &RecoverPlan, failure: &Failure) {
    if failure.exit == Exit::OutcomeUnknown {
        Teller { session, args, plan }.document(false, failure.exit, &failure.cause, None);
    }
}

async fn to_the_end(teller: &Teller<'_>, connected: &Connected, restore: &Restore, released: &mut bool) -> Outcome<Exit> {
    let Teller { session, args, plan } = *teller;
    let mut looking = Looking { session, connected, plan, before: release(restore), told: String::new(), sent: Instant::now() };
    let end = tokio::select! {
        end = looking.until_ended(restore) => end?,
        () = tokio::time::sleep(args.timeout) => return Err(left(plan, Exit::TimeLimit, "the time limit ran out; the operator goes on")),
        _ = tokio::signal::ctrl_c() => return Err(left(plan, Exit::Interrupted, "not followed any more; the operator goes on")),
    };
    *released = !matches!(end, End::Blocked(_));
    match end {
        End::Blocked(why) => Err(Failure::new(Exit::JobFailed, format!("the operator does not go on: {why}"))
            .detail("the decision stays on the restore")
            .hint(format!("remove the cause, or kubectl openbao recover {} -n {} --abandon", plan.restore, plan.namespace))),
        End::Released(Decision::Abandon) => {
            let (name, namespace) = (&plan.cluster, &plan.namespace);
            let summary = format!("{name} is paused and its lock is free; {} is abandoned.", plan.restore);
            session.ui.insist("\nNext");
            session.ui.insist(&format!("  kubectl openbao status {name} -n {namespace}        what is there now"));
            session.ui.insist(&format!(
                "  kubectl -n {namespace} patch openbaocluster {name} --type=merge -p '{{\"spec\":{{\"paused\":false}}}}'        when it is well again"
            ));
            Ok(teller.tell(Exit::Done, &summary, None))
        }
        End::Gone | End::Released(Decision::Resume) => {
            let subject = settled(restore, &end, connected.kube.now());
            let verified = verify_and_tell(session, connected, &subject, &args.verify).await?;
            let summary = match verified.exit {
                Exit::Done => format!("{} is settled; {} is free and serving.", plan.restore, plan.cluster),
                _ => format!("{} is settled, and {} is not seen to be fine.", plan.restore, plan.cluster),
            };
            Ok(teller.tell(verified.exit, &summary, Some(verified.verification)))
        }
    }
}

/// The restore as it is to be verified: a deleted one is looked at by nobody any more.
fn settled(restore: &Restore, end: &End, now: jiff::Timestamp) -> Restore {
    let mut subject = restore.clone();
    subject.completion_time = None;
    if matches!(end, End::Gone) {
        subject.meta.deleted_at = Some(now);
    }
    subject
}

fn left(plan: &RecoverPlan, exit: Exit, why: &str) -> Failure {
    Failure::new(exit, why).hint(format!("kubectl openbao follow {} -n {}", plan.restore, plan.namespace))
}

struct Looking<'a> {
    session: &'a Session,
    connected: &'a Connected,
    plan: &'a RecoverPlan,
    before: Release,
    told: String,
    sent: Instant,
}

impl Looking<'_> {
    async fn until_ended(&mut self, restore: &Restore) -> Outcome<End> {
        let watched = Watched {
            resource: RESTORES,
            namespace: self.plan.namespace.clone(),
            select: Select::Name(self.plan.restore.clone()),
        };
        let mut changes = watch(self.connected.kube.clone(), watched, Patience::default());
        let mut last = None;
        let mut again = tokio::time::interval(std::time::Duration::from_secs(5));
        loop {
            tokio::select! {
                change = changes.recv() => match change {
                    Some(Change::All(all)) => last = Some(all.first().map(Restore::read)),
                    Some(Change::Put(object)) => last = Some(Some(Restore::read(&object))),
                    Some(Change::Gone(_)) => last = Some(None),
                    Some(Change::Trouble { why, .. }) => self.tell(&format!("reconnecting: {why}")),
                    Some(Change::GaveUp(error)) => return Err(error.failure("following the release")),
                    None => return Err(Failure::new(Exit::OutcomeUnknown, "whether the operator let go is not known")),
                },
                // An old word becomes a new one by standing long enough.
                _ = again.tick() => {}
            }
            self.session.pass_on_notices(&self.connected.kube);
            if let Some(seen) = &last
                && let Some(end) = self.judge(restore, seen.as_ref())?
            {
                return Ok(end);
            }
        }
    }

    fn judge(&mut self, restore: &Restore, seen: Option<&Restore>) -> Outcome<Option<End>> {
        let seen = seen.filter(|seen| seen.meta.uid == restore.meta.uid);
        match (self.plan.means, seen) {
            (Some(Means::Deletion), None) => Ok(Some(End::Gone)),
            (Some(Means::Deletion), Some(seen)) if seen.meta.deleted_at.is_none() && self.sent.elapsed() > OLD_WORD => {
                Err(changed(&["the deletion was not carried out".to_owned()]))
            }
            (Some(Means::Deletion), Some(_)) => {
                self.tell("deleting: the operator ends the Job, releases the lock, then lets the object go");
                Ok(None)
            }
            (_, None) => Err(Failure::new(Exit::OutcomeUnknown, "the restore was deleted while its release was followed")),
            (_, Some(seen)) => self.released(seen),
        }
    }

    fn released(&mut self, seen: &Restore) -> Outcome<Option<End>> {
        let decision = self.plan.decision;
        let annotated = seen.meta.annotations.get(crate::api::names::ACKNOWLEDGE_ANNOTATION);
        let ours = annotated.is_some_and(|value| value.ends_with(decision.word()));
        let now = release(seen);
        match now {
            Release::Released(as_what) if as_what == decision => Ok(Some(End::Released(as_what))),
            Release::Released(other) => Err(changed(&[format!("somebody else decided: {}", other.word())])),
            _ if !ours && self.sent.elapsed() > OLD_WORD => Err(changed(&["the decision is not on the restore".to_owned()])),
            Release::Blocked(ref why) if now != self.before || self.sent.elapsed() > OLD_WORD => {
                Ok(Some(End::Blocked(why.clone())))
            }
            Release::Blocked(why) | Release::Waiting(why) => {
                self.tell(&why);
                Ok(None)
            }
        }
    }

    fn tell(&mut self, text: &str) {
        if self.told != text {
            text.clone_into(&mut self.told);
            self.session.ui.say(text);
        }
    }
}

struct Teller<'a> {
    session: &'a Session,
    args: &'a Args,
    plan: &'a RecoverPlan,
}

impl Teller<'_> {
    fn tell(&self, exit: Exit, summary: &str, verification: Option<Verification>) -> Exit {
        if self.args.output.is_none() {
            self.session.ui.answer(&format!("\n{summary}"));
        }
        self.document(true, exit, summary, verification);
        exit
    }

    fn document(&self, released: bool, exit: Exit, summary: &str, verification: Option<Verification>) {
        let Some(format) = self.args.output else { return };
        let outcome = Recovered { released, summary: summary.to_owned(), exit_code: exit.code(), verification };
        let recovery = Recovery { plan: self.plan.clone(), outcome: Some(outcome) };
        self.session.ui.answer(&document("Recovery", &recovery, format.markup()));
    }
}
