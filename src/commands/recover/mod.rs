//! `recover`: settle a restore whose outcome is Unknown, then follow it until the operator let go.

mod release;

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::restore::Restore;
use crate::api::text::clean;
use crate::commands::restore::{changed, withheld};
use crate::commands::{request_id, restore_named};
use crate::domain::evidence::{Evidence, Item};
use crate::domain::recover::{Decision, Missing, RecoverPlan, Request, permissions, plan};
use crate::domain::verify::Verification;
use crate::domain::write::Write;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::{items, live, servers};
use crate::guard::{self, Confirmed, Rechecked};
use crate::remote::k8s::paths::RESTORES;
use crate::remote::k8s::{ApiError, ApiErrorKind};
use crate::remote::settling::{Settled, settle};
use crate::remote::writes::{self, Sent};
use crate::session::{Connected, Session, duration};
use crate::ui::render::document::document;
use crate::ui::render::recover as render;
use crate::ui::{Style, prompt};

/// Settle a restore whose outcome is Unknown
///
/// --resume: the servers are well, the operator takes over again. --abandon: it lets go. What either does on the
/// installed operator is shown first; nothing is sent before the phrase it asks for is typed (or given by --confirm).
#[derive(Debug, Clone, clap::Args)]
#[command(group = clap::ArgGroup::new("decision").required(true).args(["resume", "abandon"]))]
pub struct Args {
    /// The restore
    #[arg(value_name = "RESTORE")]
    name: String,
    /// It is well: let the operator take over again
    #[arg(long)]
    resume: bool,
    /// It is not, or nobody can say: let the operator let go
    #[arg(long)]
    abandon: bool,
    /// Why: kept on the object
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Show the plan and write nothing: client, or server for the API server's word too
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "client", value_name = "MODE", help_heading = "Plan and consent")]
    dry_run: Option<super::restore::DryRun>,
    /// The phrase the plan asks for, for scripts
    #[arg(long, value_name = "PHRASE", help_heading = "Plan and consent")]
    confirm: Option<String>,
    /// Accept a hazard of the plan by its code, for scripts; repeatable
    #[arg(long, value_name = "CODE", value_parser = super::accept::code, help_heading = "Plan and consent")]
    accept: Vec<String>,
    /// Also show the equivalent kubectl command
    #[arg(long, help_heading = "Plan and consent")]
    show_kubectl: bool,
    /// Write the plan (with --dry-run) or the outcome as a document
    #[arg(short, long, value_enum, value_name = "FORMAT", help_heading = "Plan and consent")]
    output: Option<super::restore::Format>,
    /// Leave after this long with exit code 9; the operator goes on
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "20m", help_heading = "Following")]
    timeout: Duration,
    #[command(flatten)]
    verify: super::verify::VerifyArgs,
}

/// A decision about a restore, and what came of it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recovery {
    /// What was planned.
    #[serde(flatten)]
    pub plan: RecoverPlan,
    /// What came of it; absent on a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Recovered>,
}

/// What came of it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recovered {
    /// Whether the operator let go of the cluster.
    pub released: bool,
    /// One sentence.
    pub summary: String,
    /// The exit code.
    pub exit_code: u8,
    /// What was verified afterwards.
    pub verification: Option<Verification>,
}

/// Settles a restore.
///
/// # Errors
/// Not found, refused preconditions (4), no consent (5), changed meanwhile (8), time limit (9), blocked (10).
pub async fn run(session: &Session, args: Args) -> Outcome<Exit> {
    let name = restore_named(&args.name)?.to_owned();
    let connected = session.connect()?;
    let doing = format!("settling restore {}/{name}", connected.namespace);
    let request = Request {
        namespace: connected.namespace.clone(),
        restore: name,
        decision: if args.resume { Decision::Resume } else { Decision::Abandon },
        request_id: request_id()?,
        reason: args.reason.clone(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let errand = Errand { session, connected: &connected, args: &args, request };
    let exit = errand.run().await.map_err(|f| f.doing(doing));
    session.pass_on_notices(&connected.kube);
    exit.map_err(|failure| connected.told(failure))
}

struct Errand<'a> {
    session: &'a Session,
    connected: &'a Connected,
    args: &'a Args,
    request: Request,
}

impl Errand<'_> {
    async fn run(&self) -> Outcome<Exit> {
        let (planned, restore) = self.plan().await?;
        if let Some(mode) = self.args.dry_run {
            return self.show_only(planned, mode).await;
        }
        let ui = &self.session.ui;
        ui.insist(&render::plan(&planned, &|s, t| ui.err(s, t)));
        self.show_kubectl(&planned);
        if let Some(exit) = planned.refusal_exit() {
            return Err(refusal(&planned, exit));
        }
        let confirmed = self.consent(planned).await?;
        let ticket = tokio::select! {
            ticket = self.check_again(&confirmed) => ticket?,
            _ = tokio::signal::ctrl_c() => return Err(Failure::new(Exit::Interrupted, "interrupted; nothing was written")),
        };
        self.send(ticket).await.inspect_err(|failure| release::left_unknown(self.session, self.args, confirmed.plan(), failure))?;
        release::follow(self.session, self.connected, self.args, confirmed.plan(), &restore).await
    }

    async fn plan(&self) -> Outcome<(RecoverPlan, Restore)> {
        let evidence = look(self.connected, &self.request.restore, self.args.verify.asks_servers()).await?;
        let planned = plan(&evidence, &self.request).map_err(|missing| match missing {
            Missing::NotThere => not_there(&evidence, &self.request),
            Missing::Unread(why) => Failure::new(Exit::NotPermitted, format!("restores could not be read ({})", clean(&why))),
        })?;
        let restore = evidence.restores.each().iter().find(|r| r.meta.name == self.request.restore).cloned();
        Ok((planned, restore.unwrap_or_default()))
    }

    async fn show_only(&self, planned: RecoverPlan, mode: super::restore::DryRun) -> Outcome<Exit> {
        let ui = &self.session.ui;
        let refused = planned.refusal_exit().map(|exit| refusal(&planned, exit));
        let command = planned.consent.command.clone();
        self.show_kubectl(&planned);
        let write = planned.write.clone();
        match self.args.output {
            None => ui.answer_prose(&render::plan(&planned, &|s, t| ui.out(s, t))),
            Some(format) => ui.answer(&document("Recovery", &Recovery { plan: planned, outcome: None }, format.markup())),
        }
        if let Some(failure) = refused {
            return Err(failure);
        }
        if let (super::restore::DryRun::Server, Some(write)) = (mode, &write) {
            self.try_out(write).await?;
            ui.say("dry run accepted by the API server; nothing was written");
        }
        if self.args.output.is_none() {
            ui.say(&format!("\nNothing was written. To carry it out in a script:\n  {command}"));
        }
        Ok(Exit::Done)
    }

    fn show_kubectl(&self, planned: &RecoverPlan) {
        if let Some(write) = planned.write.as_ref().filter(|_| self.args.show_kubectl) {
            self.session.ui.say(&format!("The same by kubectl:\n{}\n", write.kubectl()));
        }
    }

    async fn consent(&self, planned: RecoverPlan) -> Outcome<Confirmed<RecoverPlan>> {
        let given = guard::Flags {
            confirm: self.args.confirm.clone(),
            accept: self.args.accept.clone(),
            reason: self.args.reason.clone(),
        };
        let (command, accept) = (planned.consent.command.clone(), planned.consent.accept.clone());
        let ui = &self.session.ui;
        if given.confirm.is_some() || !ui.terminal().interactive {
            return guard::by_flags(planned, &given).map_err(|why| withheld(&why, &command, &accept));
        }
        ui.insist(&format!("\nTo go on, type exactly:  {}", ui.err(Style::Strong, &planned.consent.phrase)));
        let typed = prompt::line(ui, "> ").await?;
        guard::by_typing(planned, typed.as_deref(), given.reason.as_deref()).map_err(|why| withheld(&why, &command, &[]))
    }

    /// Looks and plans again, asks the API server; any change takes the ticket. The write is the one made from this look.
    async fn check_again(&self, confirmed: &Confirmed<RecoverPlan>) -> Outcome<Rechecked<Write>> {
        let (again, _) = self.plan().await.map_err(|f| f.detail("nothing was written"))?;
        let Some(write) = again.write.clone() else { return Err(changed(&["the plan is no longer allowed".to_owned()])) };
        let ticket = confirmed.step(&again, write.clone()).map_err(|differences| changed(&differences))?;
        self.try_out(&write).await?;
        self.session.ui.say("checked again, nothing changed; dry run accepted by the API server");
        Ok(ticket)
    }

    async fn try_out(&self, write: &Write) -> Outcome<()> {
        match writes::dry_run(&self.connected.kube, write).await {
            Ok(Sent::Done) => Ok(()),
            Ok(Sent::Conflict(_)) => Err(changed(&["the restore changed while it was looked at".to_owned()])),
            Ok(Sent::Unknown(error)) => Err(error.failure("").detail("nothing was written")),
            Err(error) => Err(denied(&error, &self.request.namespace)),
        }
    }

    async fn send(&self, ticket: Rechecked<Write>) -> Outcome<()> {
        let write = ticket.plan().clone();
        match writes::send(&self.connected.kube, ticket).await {
            Ok(Sent::Done) => self.session.ui.insist(&format!("done: {}\n", write.purpose)),
            Ok(Sent::Conflict(_)) => return Err(changed(&["the restore changed at the last moment".to_owned()])),
            Ok(Sent::Unknown(error)) => return self.settled(&write, &error).await,
            Err(error) => return Err(denied(&error, &self.request.namespace)),
        }
        Ok(())
    }

    /// The answer was lost: the restore itself says whether it was carried out.
    async fn settled(&self, write: &Write, error: &ApiError) -> Outcome<()> {
        let ui = &self.session.ui;
        ui.insist(&format!("the answer was lost ({}); looking whether it was carried out", error.message));
        let (name, namespace) = (&self.request.restore, &self.request.namespace);
        match settle(&self.connected.kube, write, &self.request.request_id, error).await {
            Settled::CarriedOut => {
                ui.insist(&format!("done: {}\n", write.purpose));
                Ok(())
            }
            Settled::Never => Err(error.failure("").detail("nothing was written: the restore does not carry this decision")),
            Settled::Unknown => Err(Failure::new(
                Exit::OutcomeUnknown,
                "the decision was sent and its answer lost; whether it was written is not known",
            )
            .detail(error.told())
            .hint(format!("look before doing anything again: kubectl -n {namespace} get openbaorestore {name} -o yaml"))),
        }
    }
}

/// The restore, its cluster, and the servers' own words.
async fn look(connected: &Connected, name: &str, ask: bool) -> Outcome<Evidence> {
    let kube = &connected.kube;
    let doing = format!("looking at restore {}/{name}", connected.namespace);
    let found = kube.get(&RESTORES.object(&connected.namespace, name)).await;
    let restore = match found {
        Ok(object) => Restore::read(&object),
        Err(error) if error.kind == ApiErrorKind::NotFound => return Err(none_of(connected, name).await),
        Err(error) => return Err(error.failure(&doing)),
    };
    let (evidence, person) = tokio::join!(live::cluster(kube, &connected.namespace, &restore.cluster), live::who_am_i(kube));
    let mut evidence = evidence.map_err(|e| e.failure(&doing))?;
    evidence.person = person;
    if let Item::Forbidden { what } = &evidence.restores {
        kube.note(format!("note: restores that wait behind this one are not seen: you may not {what}"));
    }
    // Lists may be forbidden; this one was read by its name, and is newer.
    if let Item::Present { value } = &mut evidence.restores {
        value.retain(|r| r.meta.name != name);
        value.push(restore);
    } else {
        evidence.restores = Item::present(vec![restore]);
    }
    let wanted = evidence.restores.each().iter().find(|r| r.meta.name == name).map(|r| permissions(&evidence, r));
    let rights = live::may_all(kube, &connected.namespace, wanted.unwrap_or_default());
    let asking = async { if ask { servers::ask(kube, &evidence, kube.deadline()).await } else { Vec::new() } };
    let (permissions, servers) = tokio::join!(rights, asking);
    Ok(Evidence { permissions, servers, ..evidence })
}

async fn none_of(connected: &Connected, name: &str) -> Failure {
    let namespace = &connected.namespace;
    let failure = Failure::new(Exit::NotFound, format!("there is no openbaorestore {} in namespace {namespace}", clean(name)));
    // Where they cannot be listed, nothing is said of them.
    let list = connected.kube.get(&RESTORES.collection(Some(namespace))).await.unwrap_or_default();
    let waiting: Vec<String> = items(&list)
        .iter()
        .map(Restore::read)
        .filter(|r| r.phase == crate::api::restore::Phase::Unknown && !r.released())
        .map(|r| clean(&r.meta.name).into_owned())
        .collect();
    match waiting.as_slice() {
        [] => failure.hint(format!("kubectl get openbaorestores -n {namespace}")),
        some => failure.hint(format!("waiting for a decision: {}", some.join(", "))),
    }
}

fn not_there(evidence: &Evidence, request: &Request) -> Failure {
    Failure::new(Exit::NotFound, format!("there is no openbaorestore {} in namespace {}", request.restore, evidence.namespace))
}

fn refusal(plan: &RecoverPlan, exit: Exit) -> Failure {
    let refusals = plan.refusals();
    let mut failure = Failure::new(exit, refusals.first().map_or_else(|| "not allowed".to_owned(), |c| c.text.clone()));
    for check in refusals.iter().skip(1) {
        failure = failure.detail(format!("also: {}", check.text));
    }
    failure = failure.detail("nothing was written");
    refusals.first().and_then(|c| c.hint.clone()).into_iter().fold(failure, Failure::hint)
}

fn denied(error: &ApiError, namespace: &str) -> Failure {
    let failure = error.failure("").detail("nothing was written");
    match failure.exit {
        Exit::NotPermitted => {
            failure.hint(format!("a Role that is enough: docs/rbac/recover.yaml of the plugin, for namespace {namespace}"))
        }
        _ => failure,
    }
}
