//! `breakglass ack`: gather, explain, ask, check again, patch once, wait for the operator, follow.

use std::time::Duration;

use super::flags::{AckArgs, Format};
use super::follow::{Way, follow};
use super::outcome::{Acknowledgement, Ending, conclude};
use super::send::{denied, send};
use crate::api::text::clean;
use crate::commands::restore::DryRun;
use crate::commands::{pick_cluster, request_id, status};
use crate::domain::breakglass::{AckPlan, AckRequest, Refusal, plan};
use crate::domain::crossing::restores_unseen;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::live;
use crate::guard::{self, Confirmed, Withheld};
use crate::remote::writes::{self, Sent};
use crate::session::{Connected, Session};
use crate::ui::render::breakglass as render;
use crate::ui::render::document::{Markup, document};
use crate::ui::{Style, prompt};

/// How long a script waits for the operator when it does not follow.
const TAKEN_WITHIN: Duration = Duration::from_secs(60);

pub(super) async fn run(session: &Session, connected: &Connected, args: &AckArgs) -> Outcome<Exit> {
    let exit = carry_out(session, connected, args).await;
    session.pass_on_notices(&connected.kube);
    exit.map_err(|failure| connected.told(failure))
}

async fn carry_out(session: &Session, connected: &Connected, args: &AckArgs) -> Outcome<Exit> {
    let cluster = pick_cluster(session, connected, args.name.as_deref()).await?;
    let doing = format!("acknowledging break glass of {}/{cluster}", connected.namespace);
    let request = AckRequest {
        namespace: connected.namespace.clone(),
        cluster,
        nonce: args.nonce.clone(),
        request_id: request_id()?,
        reason: args.reason.clone().filter(|r| !r.trim().is_empty()),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let errand = Errand { session, connected, args, request };
    errand.run().await.map_err(|f| f.doing(doing))
}

/// One acknowledgement on its way through the layers.
pub(super) struct Errand<'a> {
    pub(super) session: &'a Session,
    pub(super) connected: &'a Connected,
    args: &'a AckArgs,
    pub(super) request: AckRequest,
}

impl Errand<'_> {
    async fn run(&self) -> Outcome<Exit> {
        let planned = self.plan().await?;
        if let Some(mode) = self.args.dry_run {
            return self.show_only(planned, mode).await;
        }
        let ui = &self.session.ui;
        ui.insist(&render::plan(&planned, &|s, t| ui.err(s, t)));
        if let Some(refused) = &planned.refusal {
            return Err(refusal(refused, planned.refusal_exit()));
        }
        if self.args.show_kubectl {
            ui.say(&kubectl_equivalent(&planned));
        }
        let confirmed = self.consent(planned).await?;
        send(self, &confirmed).await.map_err(|failure| match failure.exit {
            Exit::OutcomeUnknown => self.left(confirmed.plan(), failure),
            _ => failure,
        })?;
        self.after(confirmed.plan()).await
    }

    /// Gathers and plans.
    pub(super) async fn plan(&self) -> Outcome<AckPlan> {
        let AckRequest { namespace, cluster, .. } = &self.request;
        let evidence = live::for_acknowledgement(&self.connected.kube, namespace, cluster).await;
        let evidence = evidence.map_err(|e| e.failure("looking at the cluster"))?;
        status::check_cluster(self.connected, &evidence, cluster).await?;
        plan(&evidence, &self.request).map_err(|why| Failure::new(Exit::Failure, why))
    }

    /// `--dry-run`: the plan, and with `server` the API server's own word on the patch. Writes nothing.
    async fn show_only(&self, planned: AckPlan, mode: DryRun) -> Outcome<Exit> {
        let ui = &self.session.ui;
        match self.markup() {
            None => ui.answer_prose(&render::plan(&planned, &|s, t| ui.out(s, t))),
            Some(markup) => ui.answer(&document("AcknowledgementPlan", &planned, markup)),
        }
        if let Some(refused) = &planned.refusal {
            return Err(refusal(refused, planned.refusal_exit()));
        }
        if self.args.show_kubectl {
            ui.say(&kubectl_equivalent(&planned));
        }
        if mode == DryRun::Server {
            match writes::dry_run(&self.connected.kube, &planned.write).await {
                Ok(Sent::Done) => ui.say("dry run accepted by the API server; nothing was written"),
                Ok(Sent::Conflict(error) | Sent::Unknown(error)) | Err(error) => return Err(denied(&error, &planned)),
            }
        }
        if self.markup().is_none() {
            ui.say(&format!("\nNothing was written. To carry it out in a script:\n  {}", planned.consent.command));
        }
        Ok(Exit::Done)
    }

    fn markup(&self) -> Option<Markup> {
        self.args.output.and_then(Format::markup)
    }

    /// Consent by flags, or given by a person after the plan was shown.
    async fn consent(&self, planned: AckPlan) -> Outcome<Confirmed<AckPlan>> {
        let given =
            guard::Flags { confirm: self.args.nonce.clone(), accept: self.args.accept.clone(), reason: self.args.reason.clone() };
        let command = planned.consent.command.clone();
        let ui = &self.session.ui;
        if given.confirm.is_some() || !ui.terminal().interactive {
            return guard::by_flags(planned, &given).map_err(|why| withheld(&why, Some(&command)));
        }
        let asked = if planned.consent.accept.is_empty() {
            format!("\nAcknowledge break glass of {}/{}? [y/N] ", planned.namespace, planned.cluster)
        } else {
            ui.insist(&format!("\nTo go on, type exactly:  {}", ui.err(Style::Strong, &planned.consent.phrase)));
            "> ".to_owned()
        };
        let typed = prompt::line(ui, &asked).await?;
        guard::by_typing(planned, typed.as_deref(), given.reason.as_deref()).map_err(|why| withheld(&why, None))
    }

    /// It is written: wait for the operator, follow as far as asked for, tell.
    async fn after(&self, planned: &AckPlan) -> Outcome<Exit> {
        let ui = &self.session.ui;
        let follows = self.args.follow.unwrap_or(ui.terminal().interactive);
        let way = Way {
            cluster: planned.cluster.clone(),
            uid: planned.rests_on.get("cluster uid").cloned().unwrap_or_default(),
            nonce: planned.nonce.clone(),
            follow: follows,
            timeout: self.args.timeout.or((!follows).then_some(TAKEN_WITHIN)),
        };
        ui.insist(&format!("acknowledged {}\n  attach again with: {}\n", clean(&planned.nonce), way.again(&planned.namespace)));
        let unseen = self.restores_unseen(planned).await;
        let followed = match follow(self.session, self.connected, &way).await {
            Ok(followed) => followed,
            Err(failure) => return Err(self.left(planned, failure)),
        };
        let mut told = conclude(self.session, self.connected, &way, &followed).await;
        if told.exit == Exit::Done && !unseen.is_empty() {
            told.exit = Exit::Attention;
        }
        told.remarks.extend(unseen);
        let outcome = Acknowledgement {
            result: told.ending,
            summary: told.summary.clone(),
            exit_code: told.exit.code(),
            attempt: followed.aftermath.attempt(),
            cause: followed.findings.cause().map(|cause| cause.meaning.to_string()),
            job: followed.job.clone(),
            new_nonce: told.new_nonce.clone(),
            remarks: told.remarks.clone(),
            ..blank(planned)
        };
        self.tell(&outcome);
        told.result()
    }

    /// Restores asked for since the last look, one remark each: the API server cannot know of them by this write.
    async fn restores_unseen(&self, planned: &AckPlan) -> Vec<String> {
        let (ui, namespace, cluster) = (&self.session.ui, &planned.namespace, &planned.cluster);
        let now = match live::jobs(&self.connected.kube, namespace, cluster).await {
            Ok(now) if now.restores.unknown().is_none() => now,
            _ => {
                ui.say("whether a restore was asked for at the same moment could not be read");
                return Vec::new();
            }
        };
        let unseen = restores_unseen(&planned.rests_on, &now);
        let remark = |name: &String| {
            format!(
                "restore {name} was asked for at the same moment as this acknowledgement: the operator does both, one after the other"
            )
        };
        let remarks: Vec<String> = unseen.iter().map(remark).collect();
        for (name, remark) in unseen.iter().zip(&remarks) {
            ui.insist(&format!("  {}  {remark}", ui.err(Style::Attention, "look")));
            ui.insist(&format!("  kubectl openbao follow {name} -n {namespace}"));
            ui.insist(&format!(
                "  kubectl -n {namespace} delete openbaorestore {name}        if it must not run, as long as it has not begun"
            ));
        }
        remarks
    }

    /// A failure after the write still gives a script its document.
    fn left(&self, planned: &AckPlan, failure: Failure) -> Failure {
        let result = match failure.exit {
            Exit::TimeLimit | Exit::Interrupted => Ending::Left,
            _ => Ending::Unknown,
        };
        if self.markup().is_some() {
            let summary = failure.cause.clone();
            self.tell(&Acknowledgement { result, summary, exit_code: failure.exit.code(), ..blank(planned) });
        }
        failure
    }

    fn tell(&self, outcome: &Acknowledgement) {
        let ui = &self.session.ui;
        match self.markup() {
            Some(markup) => ui.answer(&document("Acknowledgement", outcome, markup)),
            // The error that follows says it, with the cause.
            None if outcome.result == Ending::Reentered => {}
            None => ui.answer(&outcome.summary),
        }
    }
}

/// An outcome of which nothing is known yet.
fn blank(planned: &AckPlan) -> Acknowledgement {
    Acknowledgement {
        namespace: planned.namespace.clone(),
        cluster: planned.cluster.clone(),
        nonce: planned.nonce.clone(),
        result: Ending::Unknown,
        summary: String::new(),
        exit_code: Exit::OutcomeUnknown.code(),
        attempt: None,
        job: None,
        cause: None,
        new_nonce: None,
        remarks: Vec::new(),
    }
}

fn refusal(refused: &Refusal, exit: Option<Exit>) -> Failure {
    let failure = Failure::new(exit.unwrap_or(Exit::Refused), refused.text.clone()).detail("nothing was written");
    refused.hint.iter().fold(failure, |failure, hint| failure.hint(hint.clone()))
}

/// Consent was not given: why, and where a script asks, the command that gives it.
fn withheld(why: &Withheld, command: Option<&str>) -> Failure {
    let cause = match why {
        Withheld::NotGiven => "not confirmed: nobody is there to ask, and --nonce is not given".to_owned(),
        Withheld::NotAccepted(codes) => format!("hazards are not accepted: {}", codes.join(", ")),
        Withheld::WrongPhrase => "not confirmed".to_owned(),
        Withheld::Refused(_) | Withheld::NoReason => "the plan is not allowed".to_owned(),
    };
    let exit = if let Withheld::Refused(exit) = why { *exit } else { Exit::Declined };
    let failure = Failure::new(exit, cause).detail("nothing was written");
    command.into_iter().fold(failure, |failure, command| failure.hint(command.to_owned()))
}

/// The same act by kubectl alone: this tool is never a cage.
fn kubectl_equivalent(planned: &AckPlan) -> String {
    format!("The same by kubectl:\n{}\n", planned.write.kubectl())
}
