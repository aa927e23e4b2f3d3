//! `snapshots verify`: reads a whole snapshot in constant memory and says what each check proves.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;

use super::place::{self, failed};
use crate::api::names::SnapshotKey;
use crate::api::text::clean;
use crate::commands::restore::Format;
use crate::commands::target::TargetArgs;
use crate::domain::archive::{Report, Verdict};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::verification::{self, Progress, Verified};
use crate::remote::object_store;
use crate::session::Session;
use crate::ui::interrupt::interrupt;
use crate::ui::progress::Waiting;
use crate::ui::render::document::document;
use crate::ui::render::snapshots as render;

/// Read a snapshot to its last byte, and check what the server checks and what it finds out only too late
///
/// gzip, tar, both SHA-256 sums, the length and format that meta.json announces, and every record. A snapshot that is wrong
/// in the last three is accepted by the server, which then seals itself. Exit code 0 means that everything which can be
/// checked without a key is right, 3 that something is not. Integrity is proven, not authenticity.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The cluster and the key of a snapshot in its bucket; or a file, or - for standard input
    #[arg(value_name = "CLUSTER KEY | FILE | -", required = true, num_args = 1..=2)]
    what: Vec<String>,
    /// Write the result as a document
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<Format>,
    #[command(flatten)]
    bucket: TargetArgs,
}

/// The result of `snapshots verify`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// The file or the object.
    pub name: String,
    /// Bytes that were read.
    pub size: u64,
    /// SHA-256 of the whole; absent when it was not read to its end, because nothing more could be learned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// What was found.
    #[serde(flatten)]
    pub report: Report,
}

/// Verifies one snapshot; exit 3 when it is not all right.
///
/// # Errors
/// It cannot be opened, or reading it fails.
pub async fn run(session: &Session, args: Args) -> Outcome<Exit> {
    let shown = match args.what.last().map(String::as_str) {
        Some("-") => "standard input".to_owned(),
        name => clean(name.unwrap_or_default()).into_owned(),
    };
    let doing = format!("verifying {shown}");
    let verified = match args.what.as_slice() {
        [cluster, key] => of_bucket(session, &args, Some(cluster), key).await,
        [only] if only == "-" || Path::new(only).exists() || SnapshotKey::parse(only).is_none() => {
            of_file(session, only, &shown).await
        }
        [key, ..] => of_bucket(session, &args, None, key).await,
        [] => Err(Failure::new(Exit::Usage, "which snapshot?")),
    };
    let verified = verified.map_err(|f| f.doing(doing))?;
    let verification = Verification { name: shown, size: verified.read, sha256: verified.sha256, report: verified.report };
    show(session, &verification, args.output);
    Ok(if verification.report.verdict == Verdict::Ok { Exit::Done } else { Exit::Attention })
}

async fn of_file(session: &Session, file: &str, shown: &str) -> Outcome<Verified> {
    let (reader, size) = open(file)?;
    let progress = Arc::new(Progress::default());
    let result = verification::of_reader(reader, progress.clone());
    let work = async {
        let done = result.await.map_err(|_| ended_unexpectedly())?;
        done.map_err(|error| Failure::new(Exit::Failure, format!("reading broke off: {error}")))
    };
    watch(session, work, &progress, size, shown).await
}

async fn of_bucket(session: &Session, args: &Args, cluster: Option<&str>, key: &str) -> Outcome<Verified> {
    let opened = place::open(session, cluster, &args.bucket).await?;
    let progress = Arc::new(Progress::default());
    let reading = tokio::select! {
        reading = object_store::open(&opened.bucket.store, key) => reading.map_err(|failure| failed(&failure))?,
        _ = tokio::signal::ctrl_c() => return Err(Failure::new(Exit::Interrupted, "interrupted")),
    };
    let size = reading.head.size;
    let work = async {
        let done = verification::of_object(reading, progress.clone()).await.map_err(|failure| failed(&failure))?;
        done.ok_or_else(ended_unexpectedly)
    };
    watch(session, work, &progress, Some(size), key).await
}

fn ended_unexpectedly() -> Failure {
    Failure::new(Exit::Failure, "a check ended unexpectedly")
}

fn show(session: &Session, verification: &Verification, output: Option<Format>) {
    let ui = &session.ui;
    match output {
        Some(format) => ui.answer(&document("SnapshotVerification", verification, format.markup())),
        None => {
            let object =
                render::Object { name: &verification.name, size: verification.size, sha256: verification.sha256.as_deref() };
            ui.answer_prose(&render::verification(&object, &verification.report, &|s, t| ui.out(s, t)));
        }
    }
}

/// What is read, and how much of it there is where that is known.
pub(super) fn open(file: &str) -> Outcome<(Box<dyn Read + Send>, Option<u64>)> {
    if file == "-" {
        return Ok((Box::new(std::io::stdin()), None));
    }
    let opened = File::open(file).and_then(|opened| opened.metadata().map(|about| (opened, about)));
    let (opened, about) = opened.map_err(|error| {
        let exit = if error.kind() == std::io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Failure };
        Failure::new(exit, error.to_string()).hint("kubectl openbao snapshots verify FILE, or - for standard input")
    })?;
    if about.is_dir() {
        return Err(Failure::new(Exit::Usage, "that is a directory").hint("name the file of the snapshot"));
    }
    Ok((Box::new(opened), about.is_file().then_some(about.len())))
}

/// How often the line on a terminal is renewed, and how often one is written elsewhere.
const REDRAW: Duration = Duration::from_millis(250);
const LINE: Duration = Duration::from_secs(5);

/// Waits for a reading to end and says how far it is, once it takes longer than a moment; Ctrl-C leaves at once.
///
/// # Errors
/// Interrupted, or what the work says.
pub async fn watch<T>(
    session: &Session,
    work: impl Future<Output = Outcome<T>>,
    progress: &Progress,
    size: Option<u64>,
    name: &str,
) -> Outcome<T> {
    let ui = &session.ui;
    let began = Instant::now();
    let mut work = pin!(work);
    let mut line = None;
    let interactive = ui.terminal().interactive;
    let mut tick = tokio::time::interval(if interactive { REDRAW } else { LINE });
    tick.tick().await;
    let mut interrupt = interrupt();
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = &mut interrupt => return Err(Failure::new(Exit::Interrupted, "interrupted; nothing was written")),
            _ = tick.tick() => {
                let text = render::progress(name, progress.read(), size, began.elapsed());
                match (interactive, progress.read()) {
                    // Nothing is read yet, or nothing at all.
                    (_, 0) => {}
                    (true, _) => line.get_or_insert_with(|| Waiting::start(ui, &text)).say(&text),
                    (false, _) => ui.say(&text),
                }
            }
        }
    }
}
