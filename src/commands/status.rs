//! `status`: gather, sum up, show. Never writes.

use std::path::Path;
use std::time::Duration;

use crate::commands::from_report::{self, FromReport};
use crate::domain::evidence::{Evidence, Item};
use crate::domain::status::{ClusterStatus, Detail, Severity, detail, sum_up};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::clusters::{Which, each_page, not_found};
use crate::gather::live;
use crate::remote::k8s::ApiError;
use crate::session::{Connected, Session};
use crate::ui::render::document::{ListDocument, Markup};
use crate::ui::render::status::{Columns, next_steps, single};
use crate::ui::render::table::Rows;

/// Show clusters, worst first: break glass, lock, seal, leader, restores
///
/// With CLUSTER: one cluster in sections, with the evidence for each verdict and what to do next.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The cluster; all of the namespace when left out
    #[arg(value_name = "CLUSTER")]
    name: Option<String>,
    /// All namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Only clusters with these labels
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    selector: Option<String>,
    /// Look again every two seconds
    #[arg(short, long)]
    watch: bool,
    /// Output format
    #[arg(short, long, value_enum, default_value_t = Format::Table, hide_default_value = true, value_name = "FORMAT")]
    output: Format,
    /// Do not ask the servers of CLUSTER directly (by port-forward)
    #[arg(long)]
    no_probe: bool,
    /// Exit with 3 when something needs attention
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    report: FromReport,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Table,
    Wide,
    Json,
    Yaml,
    Name,
}

/// How long the servers may take to answer: a removed server hangs on every request (F§15.2.5).
const PROBE_LIMIT: Duration = Duration::from_secs(2);
/// How often `-w` looks.
const WATCH_EVERY: Duration = Duration::from_secs(2);
/// Width below which a terminal gets only what must be known.
const NARROW_TERMINAL: usize = 100;
/// Width from which a terminal gets the wide columns without asking.
const WIDE_TERMINAL: usize = 130;

/// Shows status once, or again and again with `-w`.
///
/// # Errors
/// No connection, not permitted, cluster not found.
pub async fn run(session: &Session, args: Args) -> Outcome<Exit> {
    if args.name.is_some() && (args.all_namespaces || args.selector.is_some()) {
        return Err(Failure::new(Exit::Usage, "a cluster's name goes with neither -A nor -l"));
    }
    if let Some(path) = &args.report.from_report {
        return of_report(session, &args, path);
    }
    let connected = session.connect()?;
    if !args.watch {
        let needs_attention = once(session, &connected, &args).await?;
        session.pass_on_notices(&connected.kube);
        return Ok(exit(needs_attention, &args));
    }
    watch(session, &connected, &args).await
}

fn exit(needs_attention: bool, args: &Args) -> Exit {
    if needs_attention && args.exit_code { Exit::Attention } else { Exit::Done }
}

fn of_report(session: &Session, args: &Args, path: &Path) -> Outcome<Exit> {
    if args.all_namespaces || args.selector.is_some() || args.watch {
        return Err(Failure::new(
            Exit::Usage,
            "a report is of one cluster at one moment: --from-report goes with neither -A, -l nor -w",
        ));
    }
    let report = from_report::read(session, path, args.name.as_deref())?;
    Ok(exit(show(session, args, report.evidence())?, args))
}

/// Ctrl-C ends it wherever it is, also in the middle of a look.
async fn watch(session: &Session, connected: &Connected, args: &Args) -> Outcome<Exit> {
    tokio::select! {
        ended = look_again_and_again(session, connected, args) => ended,
        _ = tokio::signal::ctrl_c() => Ok(Exit::Interrupted),
    }
}

async fn look_again_and_again(session: &Session, connected: &Connected, args: &Args) -> Outcome<Exit> {
    let terminal = session.ui.terminal();
    let in_place = terminal.out_is_terminal && terminal.moves && matches!(args.output, Format::Table | Format::Wide);
    loop {
        if in_place {
            // Home and clear: what was there is redrawn whole.
            session.ui.clear_answer();
        }
        if let Err(failure) = once(session, connected, args).await {
            // A watch outlives a restart of the API server; what can never work ends it.
            if matches!(failure.exit, Exit::NotPermitted | Exit::NotFound | Exit::Usage) {
                return Err(failure);
            }
            session.ui.failure(&failure);
        }
        session.pass_on_notices(&connected.kube);
        tokio::time::sleep(WATCH_EVERY).await;
    }
}

/// Shows it once; says whether anything needs attention.
async fn once(session: &Session, connected: &Connected, args: &Args) -> Outcome<bool> {
    match &args.name {
        Some(name) => one(session, connected, args, name).await,
        None => many(session, connected, args).await,
    }
}

#[derive(serde::Serialize)]
struct Full<'a> {
    #[serde(flatten)]
    status: &'a ClusterStatus,
    detail: &'a Detail,
}

async fn one(session: &Session, connected: &Connected, args: &Args, name: &str) -> Outcome<bool> {
    let evidence = if args.no_probe { read(connected, name).await? } else { read_and_ask(connected, name).await? };
    show(session, args, &evidence)
}

/// Shows one cluster in sections; says whether anything needs attention.
fn show(session: &Session, args: &Args, evidence: &Evidence) -> Outcome<bool> {
    let (Some(status), Some(detail)) = (sum_up(evidence), detail(evidence)) else {
        return Err(Failure::new(Exit::Failure, "the cluster could not be read").doing(format!("reading {}", evidence.name)));
    };
    let ui = &session.ui;
    match args.output {
        Format::Table | Format::Wide => {
            let text = single(&status, &detail, ui.answer_width(), &|style, text| ui.out(style, text));
            ui.answer_prose(text.trim_end());
        }
        Format::Name => ui.answer(&resource_name(&status)),
        Format::Json | Format::Yaml => {
            let mut list = ListDocument::open("ClusterStatusList", markup(args.output));
            ui.answer(&list.item(&Full { status: &status, detail: &detail }));
            ui.answer(&list.close());
        }
    }
    Ok(status.needs_attention())
}

/// The evidence of a cluster that is there and may be read.
///
/// # Errors
/// Not found (with near names), forbidden, or nothing could be asked at all.
pub async fn read(connected: &Connected, name: &str) -> Outcome<Evidence> {
    readable(connected, name, live::cluster(&connected.kube, &connected.namespace, name).await).await
}

/// The same with what the servers themselves say, as far as they may be asked and answer soon.
///
/// # Errors
/// As [`read`].
pub async fn read_and_ask(connected: &Connected, name: &str) -> Outcome<Evidence> {
    let gathered = live::cluster_and_servers(&connected.kube, &connected.namespace, name, PROBE_LIMIT).await;
    readable(connected, name, gathered).await
}

async fn readable(connected: &Connected, name: &str, gathered: Result<Evidence, ApiError>) -> Outcome<Evidence> {
    let doing = format!("reading {}/{name}", connected.namespace);
    let evidence = gathered.map_err(|e| e.failure(&doing))?;
    check_cluster(connected, &evidence, name).await.map_err(|f| f.doing(doing))?;
    Ok(evidence)
}

/// Turns "absent" and "forbidden" of the cluster itself into the failure they are.
///
/// # Errors
/// As said.
pub async fn check_cluster(connected: &Connected, evidence: &Evidence, name: &str) -> Outcome<()> {
    match &evidence.cluster {
        Item::Present { .. } => Ok(()),
        Item::Absent | Item::NotAsked => Err(not_found(&connected.kube, &connected.namespace, name).await),
        Item::Forbidden { what } => Err(Failure::new(Exit::NotPermitted, format!("you are not allowed to {what}"))
            .detail("missing rule: apiGroups [openbao.org]  resources [openbaoclusters]  verbs [get]")
            .hint("a Role that is enough: docs/rbac/status.yaml of the plugin")),
        Item::Failed { why } => Err(Failure::new(Exit::Failure, why.clone())),
    }
}

fn resource_name(status: &ClusterStatus) -> String {
    format!("openbaocluster.openbao.org/{}", status.name)
}

fn markup(format: Format) -> Markup {
    if format == Format::Yaml { Markup::Yaml } else { Markup::Json }
}

async fn many(session: &Session, connected: &Connected, args: &Args) -> Outcome<bool> {
    let namespace = (!args.all_namespaces).then(|| connected.namespace.clone());
    let which = Which { namespace: namespace.clone(), selector: args.selector.clone() };
    let mut view = View::new(session, args);
    each_page(&connected.kube, &which, |page| view.take(&page)).await.map_err(|e| e.failure("listing clusters"))?;
    Ok(view.finish(namespace.as_deref()))
}

/// A list as it is printed, page by page.
struct View<'a> {
    session: &'a Session,
    format: Format,
    columns: Columns,
    rows: Rows,
    list: Option<ListDocument>,
    seen: usize,
    attention: usize,
    /// The worst findings seen so far, for the commands at the end; bounded.
    worst: Vec<(Severity, String, crate::domain::status::Finding)>,
}

/// How many clusters' commands are kept for the end of a list.
const KEPT: usize = 5;

impl<'a> View<'a> {
    fn new(session: &'a Session, args: &Args) -> View<'a> {
        let terminal = session.ui.terminal();
        let wide = args.output == Format::Wide || (terminal.out_is_terminal && terminal.width >= WIDE_TERMINAL);
        let narrow = terminal.out_is_terminal && terminal.width < NARROW_TERMINAL && !wide;
        let columns = Columns { namespace: args.all_namespaces, wide, narrow };
        let rows = Rows::new(columns.header(), !session.output.no_headers);
        let list = matches!(args.output, Format::Json | Format::Yaml)
            .then(|| ListDocument::open("ClusterStatusList", markup(args.output)));
        View { session, format: args.output, columns, rows, list, seen: 0, attention: 0, worst: Vec::new() }
    }

    fn take(&mut self, page: &[Evidence]) {
        let mut all: Vec<ClusterStatus> = page.iter().filter_map(sum_up).collect();
        all.sort_by_key(|s| (std::cmp::Reverse(s.worst().filter(|w| *w > Severity::Note)), s.namespace.clone(), s.name.clone()));
        self.seen += all.len();
        self.attention += all.iter().filter(|s| s.needs_attention()).count();
        for status in &all {
            self.keep_worst(status);
        }
        let text = match (self.format, &mut self.list) {
            (_, Some(list)) => all.iter().map(|s| list.item(s)).collect::<Vec<_>>().join("\n"),
            (Format::Name, _) => all.iter().map(resource_name).collect::<Vec<_>>().join("\n"),
            _ => self.rows.page(&all.iter().map(|s| self.columns.row(s)).collect::<Vec<_>>()),
        };
        if !all.is_empty() {
            self.session.ui.answer(&text);
        }
    }

    fn keep_worst(&mut self, status: &ClusterStatus) {
        if let Some(finding) = status.findings.first().filter(|f| f.severity > Severity::Note) {
            let mut finding = finding.clone();
            finding.next.truncate(1);
            let what = format!("{}: {}", status.name, finding.text);
            finding.next.iter_mut().for_each(|n| n.why.clone_from(&what));
            self.worst.push((finding.severity, status.name.clone(), finding));
            self.worst.sort_by_key(|(severity, ..)| std::cmp::Reverse(*severity));
            self.worst.truncate(KEPT);
        }
    }

    fn finish(self, namespace: Option<&str>) -> bool {
        let ui = &self.session.ui;
        if let Some(list) = self.list {
            ui.answer(&list.close());
        } else if self.seen == 0 {
            let place = namespace.map_or(String::new(), |n| format!(" in {n} namespace"));
            ui.say(&format!("No resources found{place}."));
        } else if self.attention > 0 && self.format != Format::Name {
            let findings: Vec<_> = self.worst.into_iter().map(|(_, _, f)| f).collect();
            ui.say(&format!(
                "\n{} of {} need{} attention. Next:\n{}",
                self.attention,
                self.seen,
                if self.attention == 1 { "s" } else { "" },
                next_steps(&findings, KEPT, ui.conversation_width())
            ));
        }
        self.attention > 0
    }
}
