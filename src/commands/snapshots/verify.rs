//! `snapshots verify`: reads a whole snapshot in constant memory and says what each check proves.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::text::clean;
use crate::commands::restore::Format;
use crate::domain::archive::{Report, Verdict};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::verification::{self, Progress, Verified};
use crate::session::Session;
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
    /// A file; - reads standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Write the result as a document
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<Format>,
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
    let shown = if args.file == "-" { "standard input".to_owned() } else { clean(&args.file).into_owned() };
    let doing = format!("verifying {shown}");
    let (reader, size) = open(&args.file).map_err(|f| f.doing(doing.clone()))?;
    let verified = watch(session, reader, size, &shown).await.map_err(|f| f.doing(doing))?;
    let verification = Verification { name: shown, size: verified.read, sha256: verified.sha256, report: verified.report };
    show(session, &verification, args.output);
    Ok(if verification.report.verdict == Verdict::Ok { Exit::Done } else { Exit::Attention })
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
fn open(file: &str) -> Outcome<(Box<dyn Read + Send>, Option<u64>)> {
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

async fn watch(session: &Session, reader: Box<dyn Read + Send>, size: Option<u64>, name: &str) -> Outcome<Verified> {
    let ui = &session.ui;
    let progress = Arc::new(Progress::default());
    let began = Instant::now();
    let mut result = verification::of_reader(reader, progress.clone());
    let line = Waiting::start(ui, &format!("verifying {name}"));
    let interactive = ui.terminal().interactive;
    let mut tick = tokio::time::interval(if interactive { REDRAW } else { LINE });
    tick.tick().await;
    loop {
        tokio::select! {
            done = &mut result => {
                let done = done.map_err(|_| Failure::new(Exit::Failure, "a check ended unexpectedly"))?;
                return done.map_err(|error| Failure::new(Exit::Failure, format!("reading broke off: {error}")));
            }
            _ = tokio::signal::ctrl_c() => return Err(Failure::new(Exit::Interrupted, "interrupted")),
            _ = tick.tick() => {
                let text = render::progress(name, progress.read(), size, began.elapsed());
                if interactive { line.say(&text) } else { ui.say(&text) }
            }
        }
    }
}
