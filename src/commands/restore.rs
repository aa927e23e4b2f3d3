//! `restore`: gather, plan, ask, check again, send once, follow, verify.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::api::cluster::Target;
use crate::api::restore::Restore;
use crate::api::text::{hex, is_unsafe};
use crate::commands::snapshots::verify::watch;
use crate::commands::{pick_cluster, status};
use crate::domain::resolve::ResolvePlan;
use crate::domain::restore::request::{FromFile, Request};
use crate::domain::restore::{RestorePlan, plan};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::live;
use crate::gather::snapshot;
use crate::guard::{self, Confirmed, Rechecked, Withheld};
use crate::remote::k8s::ApiError;
use crate::remote::restores::{self, Created};
use crate::session::{Connected, Session, duration};
use crate::ui::progress::Waiting;
use crate::ui::render::document::{Markup, document, text};
use crate::ui::render::plan as render;
use crate::ui::{Style, prompt};

mod crossing;
pub mod file;
mod finish;
mod flags;
mod offline;
mod which;

pub use finish::{Ending, Finished, RestoreOutcome, see_to_the_end};
pub use flags::{Args, DryRun, Format, SourceArgs};

/// Carries a restore out, or shows its plan with `--dry-run`.
///
/// # Errors
/// Every refusal, denial and failure, with its exit code.
pub async fn run(session: &Session, args: Args) -> Outcome<Exit> {
    let from_file = args.from_file.as_deref().map(file::read).transpose()?;
    if let Some(path) = &args.report.from_report {
        return offline::run(session, &args, from_file, path);
    }
    let connected = connect(session, from_file.as_ref())?;
    let exit = carry_out(session, &connected, &args, from_file).await;
    session.pass_on_notices(&connected.kube);
    exit.map_err(|failure| connected.told(failure))
}

async fn carry_out(session: &Session, connected: &Connected, args: &Args, from_file: Option<FromFile>) -> Outcome<Exit> {
    let named = args.name.clone().or_else(|| from_file.as_ref().and_then(|f| f.cluster.clone()));
    let cluster = pick_cluster(session, connected, named.as_deref()).await?;
    let given = args.key.clone().or_else(|| from_file.as_ref().and_then(|f| f.key.clone())).filter(|k| !k.is_empty());
    let key = match given {
        _ if args.latest || args.before.is_some() => which::newest(session, connected, &cluster, args).await?,
        Some(key) => key,
        None => which::snapshot(session, connected, &cluster, args).await?,
    };
    let request = request(args, from_file.as_ref(), &connected.namespace, &cluster, key)?;
    let doing = format!("restoring {}/{cluster}", connected.namespace);
    let way = way(connected, args);
    let notes = from_file.map(|f| f.notes).unwrap_or_default();
    let errand = Errand { session, connected, args, notes, way, mandate: None };
    errand.run(request).await.map_err(|f| f.doing(doing))
}

/// The way to the snapshot, and how far it is looked into.
fn way(connected: &Connected, args: &Args) -> snapshot::Way {
    let (depth, whole_up_to) = args.depth();
    snapshot::Way::new(&connected.kube, args.source.target.credentials).into_depth(depth, whole_up_to)
}

/// The connection; a file's namespace counts where no flag names one.
fn connect(session: &Session, file: Option<&FromFile>) -> Outcome<Connected> {
    let mut connected = session.connect()?;
    let Some(wanted) = file.and_then(|f| f.namespace.clone()) else { return Ok(connected) };
    match &session.connection.namespace {
        Some(given) if *given != wanted => {
            Err(Failure::new(Exit::Usage, format!("the file is for namespace {wanted} and -n says {given}")))
        }
        _ => {
            connected.namespace = wanted;
            Ok(connected)
        }
    }
}

/// Flags over file, with an id of its own.
pub(super) fn request(args: &Args, file: Option<&FromFile>, namespace: &str, cluster: &str, key: String) -> Outcome<Request> {
    let blank = FromFile::default();
    let file = file.unwrap_or(&blank);
    if let (Some(in_file), Some(named)) = (&file.cluster, &args.name)
        && in_file != named
    {
        return Err(Failure::new(Exit::Usage, format!("the file is for cluster {in_file} and the command names {named}")));
    }
    let random = random_bytes()?;
    Ok(Request {
        namespace: namespace.to_owned(),
        cluster: cluster.to_owned(),
        key,
        name_given: args.restore_name.is_some(),
        name: args.restore_name.clone().unwrap_or_default(),
        request_id: hex(&random),
        target: args.source.target.given(),
        file_target: file.target.clone(),
        jwt_auth_role: args.source.jwt_role.clone().or_else(|| file.jwt_auth_role.clone()),
        token_secret: args.source.token_secret.clone().or_else(|| file.token_secret.clone()),
        image: args.source.image.clone().or_else(|| file.image.clone()),
        force: args.force || file.force,
        override_lock: args.override_lock || file.override_lock,
        reason: args.reason.clone(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        expected: file.expected.clone(),
        resolution: None,
        looking: args.looking(),
    })
}

/// An id nobody else has.
pub(super) fn random_bytes() -> Outcome<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|e| Failure::new(Exit::Failure, format!("no random numbers: {e}")))?;
    Ok(bytes)
}

/// One restore on its way through the layers.
pub(super) struct Errand<'a> {
    session: &'a Session,
    connected: &'a Connected,
    args: &'a Args,
    notes: Vec<String>,
    way: snapshot::Way,
    /// The consent to a whole resolution, of which this restore is a part.
    mandate: Option<&'a ResolvePlan>,
}

impl<'a> Errand<'a> {
    /// A restore that is part of a resolution.
    pub(super) fn of_resolution(session: &'a Session, connected: &'a Connected, args: &'a Args) -> Errand<'a> {
        let way = way(connected, args);
        Errand { session, connected, args, notes: Vec::new(), way, mandate: None }
    }

    /// With the consent that was given to the resolution.
    pub(super) fn agreed(mut self, mandate: &'a ResolvePlan) -> Errand<'a> {
        self.mandate = Some(mandate);
        self
    }
}

impl Errand<'_> {
    async fn run(&self, request: Request) -> Outcome<Exit> {
        let planned = self.plan(&request, None).await?;
        if let Some(mode) = self.args.dry_run {
            return self.show_only(&planned, mode).await;
        }
        let restore = self.create(planned, request).await?;
        finish::finish(self.session, self.connected, self.args, &restore).await
    }

    /// From the plan to the created object: shown, agreed to, checked again, sent once.
    pub(super) async fn create(&self, planned: RestorePlan, request: Request) -> Outcome<Restore> {
        if !self.mandate.is_some_and(|mandate| mandate.speaks_for(&planned)) {
            self.converse(&planned);
        }
        if self.args.show_kubectl {
            self.session.ui.say(&kubectl_equivalent(&planned));
        }
        if let Some(exit) = planned.refusal_exit() {
            return Err(refusal(&planned, exit));
        }
        // The name is agreed to with the rest: the second look makes no other one, at midnight either.
        let mut request = Request { name: planned.name().to_owned(), ..request };
        let confirmed = self.consent(planned, &mut request).await?;
        let facts = confirmed.plan().rests_on.clone();
        // Whoever thinks better of it in this moment is heard; from here on there is only one request, and it is sent.
        let ticket = tokio::select! {
            ticket = self.check_again(confirmed, &request) => ticket?,
            _ = tokio::signal::ctrl_c() => return Err(Failure::new(Exit::Interrupted, "interrupted; nothing was written")),
        };
        let restore = self.send(ticket).await?;
        self.announce(&restore);
        self.tell_unseen(&facts, &restore).await;
        Ok(restore)
    }

    /// Gathers and plans. `expected` is the target of an earlier look, which saves round trips: by then the Secret's
    /// name and the way to the object are known.
    pub(super) async fn plan(&self, request: &Request, expected: Option<&Target>) -> Outcome<RestorePlan> {
        let gathered = live::for_restore(&self.connected.kube, request, expected, &self.way);
        let (gathered, early) = match expected {
            Some(_) => tokio::join!(gathered, async { Some(self.way.look(&request.key).await) }),
            None => (gathered.await, None),
        };
        let live::ForRestore { mut evidence, credentials } = gathered.map_err(|e| e.failure("looking at the cluster"))?;
        status::check_cluster(self.connected, &evidence, &request.cluster).await?;
        evidence.snapshot = match early {
            Some(answer) => answer,
            None => {
                self.way.settle(&evidence, &request.merged_target(evidence.cluster.value()), credentials.as_ref());
                if self.connected.kube.take_notice(snapshot::UNVERIFIED) {
                    self.session.ui.say(snapshot::UNVERIFIED);
                }
                let looking = async { Ok(self.way.look(&request.key).await) };
                watch(self.session, looking, self.way.progress(), None, &request.key).await?
            }
        };
        let mut planned = plan(&evidence, request).map_err(|why| Failure::new(Exit::Failure, why))?;
        planned.notes.clone_from(&self.notes);
        Ok(planned)
    }

    /// `--dry-run`: the plan, and with `server` the API server's own word on the object. Writes nothing.
    async fn show_only(&self, planned: &RestorePlan, mode: DryRun) -> Outcome<Exit> {
        show_plan(self.session, self.args, planned)?;
        if mode == DryRun::Server {
            restores::dry_run(&self.connected.kube, planned).await.map_err(|e| denied(&e, planned))?;
            self.session.ui.say("dry run accepted by the API server; nothing was written");
        }
        say_how(self.session, self.args, planned);
        Ok(Exit::Done)
    }

    fn converse(&self, planned: &RestorePlan) {
        let ui = &self.session.ui;
        ui.insist(&render::plan(planned, &|s, t| ui.err(s, t)));
    }

    /// Consent by flags, or typed by a person after the plan was shown.
    async fn consent(&self, planned: RestorePlan, request: &mut Request) -> Outcome<Confirmed<RestorePlan>> {
        let given = self.given(&planned);
        let command = self.mandate.map_or_else(|| planned.consent.command.clone(), |mandate| mandate.consent.command.clone());
        if given.confirm.is_some() || !self.session.ui.terminal().interactive {
            let accept = planned.consent.accept.clone();
            return guard::by_flags(planned, &given).map_err(|why| withheld(&why, &command, &accept));
        }
        let ui = &self.session.ui;
        if planned.consent.reason_required && request.reason.is_none() {
            ui.insist("\nWhy are you overriding the lock? (kept on the object)");
            request.reason = prompt::line(ui, "> ").await?.filter(|r| !r.trim().is_empty());
        }
        let planned = match &request.reason {
            Some(reason) => planned.with_reason(reason),
            None => planned,
        };
        ui.insist(&format!("\nTo go on, type exactly:  {}", ui.err(Style::Strong, &planned.consent.phrase)));
        let typed = prompt::line(ui, "> ").await?;
        guard::by_typing(planned, typed.as_deref(), request.reason.as_deref()).map_err(|why| withheld(&why, &command, &[]))
    }

    /// What the flags say, and what was agreed to for the whole resolution.
    fn given(&self, planned: &RestorePlan) -> guard::Flags {
        let mandate = self.mandate.filter(|mandate| mandate.speaks_for(planned));
        let mut accept = self.args.accept.clone();
        accept.extend(mandate.iter().flat_map(|mandate| mandate.consent.accept.clone()));
        let confirm = mandate.map(|_| planned.consent.phrase.clone()).or_else(|| self.args.confirm.clone());
        guard::Flags { confirm, accept, reason: self.args.reason.clone() }
    }

    /// Gathers and plans again while the API server judges the object; any change takes the ticket.
    async fn check_again(&self, confirmed: Confirmed<RestorePlan>, request: &Request) -> Outcome<Rechecked<RestorePlan>> {
        let target = Target { credentials_secret: secret_of(confirmed.plan()), ..request.merged_target(None) };
        let (again, judged) =
            tokio::join!(self.plan(request, Some(&target)), restores::dry_run(&self.connected.kube, confirmed.plan()));
        let again = again.map_err(|f| f.detail("nothing was written"))?;
        let refused = judged.err().map(|e| denied(&e, confirmed.plan()));
        let ticket = confirmed.recheck(&again).map_err(|differences| changed(&differences))?;
        if let Some(failure) = refused {
            return Err(failure);
        }
        self.session.ui.say("checked again, nothing changed; dry run accepted by the API server");
        Ok(ticket)
    }

    async fn send(&self, ticket: Rechecked<RestorePlan>) -> Outcome<Restore> {
        let (name, namespace) = (ticket.plan().name().to_owned(), ticket.plan().namespace.clone());
        let waiting = Waiting::start(&self.session.ui, "waiting for the API server's answer");
        let sent = restores::create(&self.connected.kube, ticket).await;
        drop(waiting);
        match sent.map_err(|e| self.not_created(&e, &name, &namespace))? {
            Created::Yes(restore) => Ok(*restore),
            Created::No(error) => {
                let failure = error.failure("").detail(format!("nothing was written: there is no openbaorestore {name}"));
                Err(if failure.hints.is_empty() { failure.hint("run the same command again") } else { failure })
            }
            Created::Unknown(error) => Err(Failure::new(
                Exit::OutcomeUnknown,
                "the request was sent and its answer lost; whether the restore exists is not known",
            )
            .detail(error.told())
            .hint(format!("look before doing anything again: kubectl -n {namespace} get openbaorestore {name}"))),
        }
    }

    fn announce(&self, restore: &Restore) {
        let ui = &self.session.ui;
        let (name, namespace) = (&restore.meta.name, &restore.meta.namespace);
        ui.insist(&format!("created openbaorestore/{name}\n  follow again with: kubectl openbao follow {name} -n {namespace}\n"));
    }
}

/// The plan on stdout, in the form asked for.
///
/// # Errors
/// The plan is refused.
fn show_plan(session: &Session, args: &Args, planned: &RestorePlan) -> Outcome<()> {
    let ui = &session.ui;
    match args.output {
        None => ui.answer_prose(&render::plan(planned, &|s, t| ui.out(s, t))),
        Some(format) => ui.answer(&document("RestorePlan", planned, format.markup())),
    }
    if args.show_kubectl {
        ui.say(&kubectl_equivalent(planned));
    }
    planned.refusal_exit().map_or(Ok(()), |exit| Err(refusal(planned, exit)))
}

fn say_how(session: &Session, args: &Args, planned: &RestorePlan) {
    if args.output.is_none() {
        session.ui.say(&format!("\nNothing was written. To carry it out in a script:\n  {}", planned.consent.command));
    }
}

/// The Secret the plan's manifest refers to, so that the second look asks for it at once.
fn secret_of(plan: &RestorePlan) -> Option<String> {
    plan.manifest.pointer("/spec/source/target/credentialsSecretRef/name").and_then(Value::as_str).map(str::to_owned)
}

/// A plan that is not allowed: the first failed checks, and that nothing was written.
fn refusal(plan: &RestorePlan, exit: Exit) -> Failure {
    let refusals = plan.refusals();
    let first = refusals.iter().find(|c| c.exit() == exit).or(refusals.first());
    let mut failure = Failure::new(exit, first.map_or_else(|| "not allowed".to_owned(), |c| c.text.clone()));
    let others = refusals.iter().filter(|c| Some(c.text.as_str()) != first.map(|f| f.text.as_str()));
    for check in others {
        failure = failure.detail(format!("also: {}", check.text));
    }
    failure = failure.detail("nothing was written");
    match first.and_then(|c| c.hint.clone()) {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// The API server's refusal of the dry run.
fn denied(error: &ApiError, plan: &RestorePlan) -> Failure {
    let failure = error.failure("").detail("nothing was written");
    if failure.exit == Exit::NotPermitted {
        return failure
            .hint(format!("a Role that is enough: docs/rbac/restore.yaml of the plugin, for namespace {}", plan.namespace));
    }
    failure
}

/// The world is no longer what was agreed to.
pub(super) fn changed(differences: &[String]) -> Failure {
    let failure = Failure::new(Exit::WorldChanged, "the world changed since the plan was confirmed; nothing was written");
    differences.iter().fold(failure, |f, line| f.detail(line.clone())).hint("run the same command again and read the new plan")
}

/// Consent was not given: why, and the command that gives it.
pub(super) fn withheld(why: &Withheld, command: &str, accept: &[String]) -> Failure {
    let failure = match why {
        Withheld::Refused(exit) => Failure::new(*exit, "the plan is not allowed"),
        Withheld::NotGiven => {
            Failure::new(Exit::Declined, "not confirmed: nobody is there to type the phrase, and --confirm is not given")
        }
        Withheld::WrongPhrase => Failure::new(Exit::Declined, "not confirmed: the phrase does not match"),
        Withheld::NotAccepted(codes) => Failure::new(Exit::Declined, format!("hazards are not accepted: {}", codes.join(", "))),
        Withheld::NoReason => Failure::new(Exit::Declined, "overriding a lock needs a reason (--reason)"),
    };
    let failure = failure.detail("nothing was written");
    if accept.is_empty() && matches!(why, Withheld::WrongPhrase) { failure } else { failure.hint(command.to_owned()) }
}

/// The same act by kubectl alone: this tool is never a cage.
fn kubectl_equivalent(plan: &RestorePlan) -> String {
    // YAML has no safe way to write some signs; JSON has, and is YAML too.
    let odd = plan.manifest.to_string().chars().any(is_unsafe);
    let manifest = text(&plan.manifest, if odd { Markup::Json } else { Markup::Yaml });
    format!("The same by kubectl:\nkubectl create --validate=strict -f - <<'EOF'\n{manifest}\nEOF\n")
}

/// A duration with a default, for clap.
fn limit(text: &str) -> Result<Duration, String> {
    duration(text)
}

/// A path argument, for clap.
type FilePath = PathBuf;
