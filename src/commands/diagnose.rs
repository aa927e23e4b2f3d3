//! `diagnose`: gather, decide, show; on a terminal, offer the next step. Never writes by itself.

use clap::Parser as _;

use crate::commands::from_report::{self, FromReport};
use crate::commands::{pick_cluster, resolve, status};
use crate::domain::diagnosis::{Diagnosis, Path, Subject, Way, diagnose};
use crate::domain::evidence::Evidence;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::report::Report;
use crate::gather::{candidate, incident};
use crate::session::{Connected, Session, openbao_token};
use crate::ui::prompt;
use crate::ui::render::diagnosis::{markdown, prose};
use crate::ui::render::document::{Markup, document};

/// Find out what happened and why, and say what each way out really does
///
/// What is rollback, lock, restore or all (the default): a failed upgrade or rollback and break glass; who holds the
/// operation lock and what frees it; a restore that hangs or failed. The failed Job is found by every name it may have, its
/// log is read and classified, servers, seal, leader and quorum are looked at, and the verdict says how much it rests on.
/// With a token in BAO_TOKEN (or VAULT_TOKEN) Raft's own list of members is read too.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// rollback, lock, restore or all; all when left out
    #[arg(value_name = "WHAT")]
    what: Option<String>,
    /// The cluster; the only one of the namespace when left out
    #[arg(value_name = "CLUSTER")]
    name: Option<String>,
    /// Output format
    #[arg(short, long, value_enum, default_value_t = Format::Text, hide_default_value = true, value_name = "FORMAT")]
    output: Format,
    /// Do not ask the servers directly (by port-forward)
    #[arg(long)]
    no_probe: bool,
    #[command(flatten)]
    report: FromReport,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Yaml,
    Markdown,
}

/// The words WHAT takes; other words are a cluster's name.
pub const SUBJECTS: [(&str, Subject); 4] =
    [("rollback", Subject::Rollback), ("lock", Subject::Lock), ("restore", Subject::Restore), ("all", Subject::All)];

/// Diagnoses one cluster; exit 3 when something needs attention.
///
/// # Errors
/// No connection, not permitted, cluster not found, not a subject.
pub async fn run(session: &Session, args: Args) -> Outcome<Exit> {
    let (subject, named) = args.subject()?;
    if let Some(path) = &args.report.from_report {
        let evidence = of_report(from_report::read(session, path, named)?);
        let found = decide(&evidence, subject)?;
        show(session, &found, args.output);
        return Ok(exit(&found));
    }
    let connected = session.connect()?;
    let name = pick_cluster(session, &connected, named).await?;
    let evidence = gather(&connected, &name, &args).await.map_err(|failure| args.not_a_cluster(failure))?;
    session.pass_on_notices(&connected.kube);
    let found = decide(&evidence, subject)?;
    show(session, &found, args.output);
    let carried_out = offer(session, &found, args.output).await?;
    Ok(carried_out.unwrap_or_else(|| exit(&found)))
}

fn exit(found: &Diagnosis) -> Exit {
    if found.needs_attention() { Exit::Attention } else { Exit::Done }
}

/// The evidence of a report, with what it holds of the snapshot one could go back to.
fn of_report(report: Report) -> Evidence {
    let candidate = diagnose(report.evidence(), Subject::Rollback).and_then(|found| found.snapshot);
    report.about_snapshot(candidate.as_ref().map(|snapshot| snapshot.key.as_str()))
}

impl Args {
    /// What is asked about, and the cluster where one is named. A single word that is no subject is a cluster.
    /// One word that is no cluster, and nearly a subject, was meant as one.
    fn not_a_cluster(&self, failure: Failure) -> Failure {
        match (failure.exit, self.what.as_deref().and_then(nearly_subject), &self.name) {
            (Exit::NotFound, Some(subject), None) => failure.hint(format!("did you mean: kubectl openbao diagnose {subject}")),
            _ => failure,
        }
    }

    fn subject(&self) -> Outcome<(Subject, Option<&str>)> {
        let known = |word: &str| SUBJECTS.iter().find(|(name, _)| *name == word).map(|(_, subject)| *subject);
        match (self.what.as_deref(), self.name.as_deref()) {
            (None, name) => Ok((Subject::All, name)),
            (Some(word), name) => match (known(word), name) {
                (Some(subject), name) => Ok((subject, name)),
                (None, None) => Ok((Subject::All, Some(word))),
                (None, Some(_)) => Err(nothing_to_diagnose(word, name)),
            },
        }
    }
}

fn nothing_to_diagnose(word: &str, name: Option<&str>) -> Failure {
    let failure = Failure::new(Exit::Usage, format!("{word} is nothing that can be diagnosed"));
    match nearly_subject(word) {
        Some(subject) => failure.hint(format!("did you mean: kubectl openbao diagnose {subject} {}", name.unwrap_or_default())),
        None => failure.hint("rollback, lock, restore or all, and then the cluster"),
    }
}

/// The subject that a word is one or two slips away from.
fn nearly_subject(word: &str) -> Option<&'static str> {
    let slips = |subject: &str| strsim::damerau_levenshtein(subject, &word.to_lowercase());
    let near = SUBJECTS.iter().map(|(subject, _)| (slips(subject), *subject)).min()?;
    // "prod" is no slip of "lock", nor "al" of anything.
    (near.0 <= 2 && near.0 * 3 < near.1.len()).then_some(near.1)
}

/// Everything a diagnosis rests on, the snapshot in its bucket too where a way out is needed.
async fn gather(connected: &Connected, name: &str, args: &Args) -> Outcome<Evidence> {
    let (kube, namespace) = (&connected.kube, &connected.namespace);
    let doing = format!("reading {namespace}/{name}");
    let options = incident::Options { probe: !args.no_probe, token: openbao_token() };
    let mut evidence = incident::gather(kube, namespace, name, &options).await.map_err(|e| e.failure(&doing))?;
    status::check_cluster(connected, &evidence, name).await.map_err(|f| f.doing(doing))?;
    let first = diagnose(&evidence, Subject::Rollback).filter(|found| !found.ways.is_empty());
    if let Some(snapshot) = first.and_then(|found| found.snapshot) {
        candidate::look(kube, &mut evidence, &snapshot.key).await;
    }
    Ok(evidence)
}

fn decide(evidence: &Evidence, subject: Subject) -> Outcome<Diagnosis> {
    diagnose(evidence, subject).ok_or_else(|| {
        Failure::new(Exit::Failure, "the cluster could not be read").doing(format!("diagnosing {}", evidence.name))
    })
}

fn show(session: &Session, found: &Diagnosis, format: Format) {
    let ui = &session.ui;
    match format {
        Format::Text => ui.answer_prose(prose(found, &|style, text| ui.out(style, text)).trim_end()),
        Format::Markdown => ui.answer(markdown(found).trim_end()),
        Format::Json => ui.answer(&document("Diagnosis", found, Markup::Json)),
        Format::Yaml => ui.answer(&document("Diagnosis", found, Markup::Yaml)),
    }
}

/// On a terminal: which way to carry out. The way chosen is `resolve`'s own, with its plan and its questions.
async fn offer(session: &Session, found: &Diagnosis, format: Format) -> Outcome<Option<Exit>> {
    let terminal = session.ui.terminal();
    let possible: Vec<&Way> = found.ways.iter().filter(|w| w.possible).collect();
    if format != Format::Text || !terminal.interactive || !terminal.out_is_terminal || possible.is_empty() {
        return Ok(None);
    }
    let letters: Vec<String> = possible.iter().map(|w| w.path.letter().to_string()).collect();
    let question = format!("\nWhich one do you want to carry out? [{}/none] ", letters.join("/"));
    let Some(answer) = prompt::line(&session.ui, &question).await? else { return Ok(None) };
    let wanted = |way: &&&Way| answer.trim().eq_ignore_ascii_case(&way.path.letter().to_string());
    let Some(way) = possible.iter().find(wanted) else {
        session.ui.insist("Nothing was chosen, and nothing was written.");
        return Ok(None);
    };
    session.ui.insist(&format!("{}\n", way.command));
    let Some(args) = resolve_args(found, way.path) else { return Ok(None) };
    resolve::run(session, args).await.map(Some)
}

/// The arguments of `resolve` as they are without flags; `None` for a way that needs no command of ours.
fn resolve_args(found: &Diagnosis, path: Path) -> Option<resolve::Args> {
    #[derive(clap::Parser)]
    #[command(no_binary_name = true)]
    struct Only {
        #[command(flatten)]
        args: resolve::Args,
    }
    let mut words = vec![found.cluster.clone(), "--path".into(), path.as_str().into()];
    if let (Path::Restore, Some(snapshot)) = (path, &found.snapshot) {
        words.extend(["--key".into(), snapshot.key.clone()]);
    }
    Only::try_parse_from(words).ok().map(|only| only.args)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(what: Option<&str>, name: Option<&str>) -> Result<(Subject, Option<String>), String> {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let args =
            Args { what: own(what), name: own(name), output: Format::Text, no_probe: false, report: FromReport::default() };
        args.subject().map(|(subject, name)| (subject, name.map(str::to_owned))).map_err(|failure| failure.to_string())
    }

    #[test]
    fn one_word_is_a_subject_or_a_cluster_and_two_are_both() {
        let cluster = |name: &str| Some(name.to_owned());
        assert_eq!(asked(None, None), Ok((Subject::All, None)));
        assert_eq!(asked(Some("lock"), None), Ok((Subject::Lock, None)));
        assert_eq!(asked(Some("prod"), None), Ok((Subject::All, cluster("prod"))));
        assert_eq!(asked(Some("rollback"), Some("lock")), Ok((Subject::Rollback, cluster("lock"))));
        assert!(asked(Some("rolback"), Some("prod")).is_err_and(|why| why.contains("rolback")));
    }

    #[test]
    fn a_slip_of_a_subject_is_taken_for_it() {
        let words = ["rolback", "rollbak", "Rollback", "lokc", "restroe", "prod", "local", "staging", "al", "rockall"];
        let near = [Some("rollback"), Some("rollback"), Some("rollback"), Some("lock"), Some("restore")];
        assert_eq!(words.map(nearly_subject)[..5], near);
        assert_eq!(words.map(nearly_subject)[5..], [None; 5]);
    }
}
