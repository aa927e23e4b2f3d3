//! `resolve`: one way out of a failed rollback, carried out.

mod abort;
mod by_restore;
mod course;
mod flags;
mod one_write;

use schemars::JsonSchema;
use serde::Serialize;

pub use flags::Args;

use crate::commands::restore::DryRun;
use crate::commands::{pick_cluster, request_id, status};
use crate::domain::evidence::Evidence;
use crate::domain::resolve::{Path, Refusal, Request, ResolvePlan};
use crate::domain::verify::Verification;
use crate::domain::write::Write;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::course::look;
use crate::gather::incident::Options;
use crate::guard;
use crate::remote::k8s::ApiError;
use crate::remote::writes::{self, Sent};
use crate::session::{Connected, Session, openbao_token};
use crate::ui::render::document::document;
use crate::ui::render::resolve as render;
use crate::ui::{Style, prompt};

/// A way out of a failed rollback, and what came of it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resolution {
    /// What was planned.
    #[serde(flatten)]
    pub plan: ResolvePlan,
    /// What came of it; absent on a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Resolved>,
}

/// What came of it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resolved {
    /// The restore that was made.
    pub restore: Option<String>,
    /// One sentence.
    pub summary: String,
    /// The exit code.
    pub exit_code: u8,
    /// What was verified after the restore.
    pub verification: Option<Verification>,
}

/// Carries a way out, or shows its plan with `--dry-run`.
///
/// # Errors
/// Every refusal, denial and failure, with its exit code.
pub async fn run(session: &Session, args: Args) -> Outcome<Exit> {
    if let (Some(path), true) = (args.path.map(Path::from), args.delete_claims_of.is_some() || args.freeze.is_some())
        && path != Path::Restore
    {
        return Err(Failure::new(Exit::Usage, format!("--path {} deletes no volumes and freezes nothing", path.as_str()))
            .hint("--path restore takes both"));
    }
    let connected = session.connect()?;
    let exit = carry_out(session, &connected, &args).await;
    session.pass_on_notices(&connected.kube);
    exit.map_err(|failure| connected.told(failure))
}

async fn carry_out(session: &Session, connected: &Connected, args: &Args) -> Outcome<Exit> {
    let cluster = pick_cluster(session, connected, args.name.as_deref()).await?;
    let doing = format!("resolving {}/{cluster}", connected.namespace);
    let request = Request {
        namespace: connected.namespace.clone(),
        cluster,
        key: args.key.clone().unwrap_or_default(),
        delete_claims_of: args.delete_claims_of.clone(),
        freeze: args.freeze.map(Into::into),
        id: request_id()?,
        now: connected.kube.now(),
        reason: args.reason.clone(),
        accepted: args.accept.clone(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let errand = Errand { session, connected, args, request };
    let exit = match args.path {
        None => abort::run(errand).await,
        Some(flags::Way::Restore) => by_restore::run(errand).await,
        Some(flags::Way::StayGreen) => one_write::stay_green(errand).await,
        Some(flags::Way::Retry) => one_write::retry(errand).await,
    };
    exit.map_err(|f| f.doing(doing))
}

/// One resolution on its way through the layers.
struct Errand<'a> {
    session: &'a Session,
    connected: &'a Connected,
    args: &'a Args,
    request: Request,
}

impl Errand<'_> {
    /// Everything of the incident: the servers' own words, Raft's members with a token.
    async fn look_closely(&self) -> Outcome<Evidence> {
        let options = Options { probe: self.args.verify.asks_servers(), token: openbao_token() };
        self.read(Some(&options)).await
    }

    /// What may have changed between two writes.
    async fn glance(&self) -> Outcome<Evidence> {
        self.read(None).await
    }

    async fn read(&self, closely: Option<&Options>) -> Outcome<Evidence> {
        let (namespace, cluster) = (&self.request.namespace, &self.request.cluster);
        let evidence = look(&self.connected.kube, namespace, cluster, closely).await;
        let evidence = evidence.map_err(|e| e.failure("looking at the cluster"))?;
        status::check_cluster(self.connected, &evidence, cluster).await?;
        Ok(evidence)
    }

    /// The plan to a person, worst last.
    fn converse(&self, planned: &ResolvePlan) {
        let ui = &self.session.ui;
        ui.insist(&render::plan(planned, &|s, t| ui.err(s, t)));
        if let Some(write) = planned.write.as_ref().filter(|_| self.args.show_kubectl) {
            ui.say(&format!("The same by kubectl:\n{}\n", write.kubectl()));
        }
    }

    /// `--dry-run`: the plan; with `server` the API server's own word on the first write. Writes nothing.
    async fn show_only(&self, planned: ResolvePlan, first: Option<&Write>) -> Outcome<Exit> {
        let ui = &self.session.ui;
        let refused = planned.refusal.clone();
        let which = if planned.write.is_some() { "The same" } else { "The first write" };
        let command = planned.consent.command.clone();
        match self.args.output {
            None => ui.answer_prose(&render::plan(&planned, &|s, t| ui.out(s, t))),
            Some(format) => ui.answer(&document("Resolution", &Resolution { plan: planned, outcome: None }, format.markup())),
        }
        if let Some(refusal) = refused {
            return Err(refused_as(&refusal));
        }
        if let Some(write) = first.filter(|_| self.args.show_kubectl) {
            ui.say(&format!("{which} by kubectl:\n{}\n", write.kubectl()));
        }
        if let (Some(DryRun::Server), Some(write)) = (self.args.dry_run, first) {
            match writes::dry_run(&self.connected.kube, write).await {
                Ok(Sent::Done) => ui.say("dry run accepted by the API server; nothing was written"),
                Ok(Sent::Conflict(error) | Sent::Unknown(error)) | Err(error) => return Err(denied(&error)),
            }
        }
        if self.args.output.is_none() {
            ui.say(&format!("\nNothing was written. To carry it out in a script:\n  {command}"));
        }
        Ok(Exit::Done)
    }

    /// Consent to one plan: by flags, or typed by a person who saw it.
    async fn consent<P: guard::Plan>(&self, plan: P, command: &str) -> Outcome<guard::Confirmed<P>> {
        let phrase = plan.consent().phrase.clone();
        let given = guard::Flags {
            confirm: self.args.confirm.iter().find(|given| **given == phrase).or(self.args.confirm.first()).cloned(),
            accept: self.args.accept.clone(),
            reason: self.args.reason.clone(),
        };
        let ui = &self.session.ui;
        if given.confirm.is_some() || !ui.terminal().interactive {
            let accept = plan.consent().accept.clone();
            return guard::by_flags(plan, &given).map_err(|why| super::restore::withheld(&why, command, &accept));
        }
        ui.insist(&format!("\nTo go on, type exactly:  {}", ui.err(Style::Strong, &phrase)));
        let typed = prompt::line(ui, "> ").await?;
        guard::by_typing(plan, typed.as_deref(), self.request.reason.as_deref())
            .map_err(|why| super::restore::withheld(&why, command, &[]))
    }

    /// A failure after a write still gives a script its document.
    fn fail(&self, plan: &ResolvePlan, failure: &Failure) {
        if self.args.output.is_some() {
            let (summary, exit_code) = (failure.cause.clone(), failure.exit.code());
            self.tell(plan, Resolved { restore: None, summary, exit_code, verification: None });
        }
    }

    /// The outcome, as a sentence or a document.
    fn tell(&self, plan: &ResolvePlan, resolved: Resolved) {
        let ui = &self.session.ui;
        match self.args.output {
            None => ui.answer(&format!("\n{}", resolved.summary)),
            Some(format) => {
                let resolution = Resolution { plan: plan.clone(), outcome: Some(resolved) };
                ui.answer(&document("Resolution", &resolution, format.markup()));
            }
        }
    }
}

/// A plan that is not allowed.
fn refused_as(refusal: &Refusal) -> Failure {
    let failure = Failure::new(refusal.exit(), refusal.text.clone()).detail("nothing was written");
    refusal.hints.iter().fold(failure, |failure, hint| failure.hint(hint.clone()))
}

/// The API server's refusal of a write.
fn denied(error: &ApiError) -> Failure {
    let failure = error.failure("");
    match failure.exit {
        Exit::NotPermitted => {
            failure.hint("Roles that are enough: docs/rbac/resolve.yaml of the plugin, and freeze-operator.yaml")
        }
        _ => failure,
    }
}
