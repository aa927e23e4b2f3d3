//! `snapshots list`: the snapshots in a cluster's bucket, newest first, shown as they come.

use futures_util::StreamExt as _;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::place::{self, failed};
use crate::api::names::SnapshotKind;
use crate::api::text::age;
use crate::commands::target::TargetArgs;
use crate::domain::bucket::snapshot;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::remote::object_store::{Listed, StoreFailure};
use crate::session::Session;
use crate::ui::render::document::{ListDocument, Markup};
use crate::ui::render::plan::bytes;
use crate::ui::render::table::Rows;

/// List the snapshots in a cluster's bucket, newest first
///
/// By the times in their keys: the bucket is not read through for it. What else lies there is passed over.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The cluster; the only one of the namespace when left out
    #[arg(value_name = "CLUSTER")]
    name: Option<String>,
    /// The most snapshots to show
    #[arg(long, value_name = "NUMBER", default_value = "20", value_parser = at_least_one, conflicts_with = "all")]
    limit: usize,
    /// Show all of them
    #[arg(long)]
    all: bool,
    /// Output format
    #[arg(short, long, value_enum, default_value_t = Format::Table, hide_default_value = true, value_name = "FORMAT")]
    output: Format,
    #[command(flatten)]
    bucket: TargetArgs,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|limit| *limit > 0).ok_or_else(|| "a number from 1 on".to_owned())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Table,
    Json,
    Yaml,
    Name,
}

/// One snapshot of a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The full key, as `restore --key` takes it.
    pub key: String,
    /// Which backup made it.
    pub kind: SnapshotKind,
    /// When that began, by the key.
    pub taken_at: Timestamp,
    /// Bytes.
    pub size: u64,
    /// Entity tag, as the store writes it.
    pub etag: Option<String>,
    /// When the object was written, by the store.
    pub last_modified: Option<Timestamp>,
}

/// Lists what there is; none is no failure.
///
/// # Errors
/// The bucket cannot be opened or listed.
pub async fn run(session: &Session, args: Args) -> Outcome<Exit> {
    let opened = place::open(session, args.name.as_deref(), &args.bucket).await?;
    let doing = format!("listing {}", opened.bucket.place);
    let mut view = View::new(session, args.output, opened.evidence.observed_at);
    let limit = if args.all { usize::MAX } else { args.limit };
    let listing = async {
        let mut ranges = Box::pin(opened.bucket.all().await?);
        while let Some(range) = ranges.next().await {
            let mut found: Vec<Snapshot> = range?.into_iter().filter_map(|l| Snapshot::of(&opened.bucket.place, l)).collect();
            let more = found.len() > limit - view.shown;
            found.truncate(limit - view.shown);
            view.show(&found);
            if more || view.shown == limit {
                return Ok(view);
            }
        }
        Ok::<View<'_>, StoreFailure>(view)
    };
    let view = tokio::select! {
        listed = listing => listed.map_err(|failure| failed(&failure).doing(doing))?,
        _ = tokio::signal::ctrl_c() => return Err(Failure::new(Exit::Interrupted, "interrupted")),
    };
    let cut = !args.all && view.shown == limit;
    Ok(view.close(&opened.bucket.place, cut))
}

impl Snapshot {
    fn of(place: &str, listed: Listed) -> Option<Snapshot> {
        let key = snapshot(place, &listed.key)?;
        Some(Snapshot {
            kind: key.kind,
            taken_at: key.taken_at,
            key: listed.key,
            size: listed.size,
            etag: listed.etag,
            last_modified: listed.last_modified,
        })
    }
}

struct View<'a> {
    session: &'a Session,
    format: Format,
    now: Timestamp,
    rows: Rows,
    list: Option<ListDocument>,
    shown: usize,
    /// Without TAKEN, which a key tells too: else there is no room for the key itself.
    narrow: bool,
}

/// Below this a key has no room beside the other columns.
const NARROW: usize = 101;

impl<'a> View<'a> {
    fn new(session: &'a Session, format: Format, now: Timestamp) -> View<'a> {
        // The widest that a type, a time, an age and a size can be: each range of days is a page of its own.
        let narrow = session.ui.answer_width() < NARROW;
        let (header, widths): (_, &[u16]) = match narrow {
            true => (vec!["TYPE", "AGE", "SIZE", "KEY"], &[11, 6, 8]),
            false => (vec!["TYPE", "TAKEN", "AGE", "SIZE", "KEY"], &[11, 20, 6, 8]),
        };
        let rows = Rows::new(header, !session.output.no_headers).at_least(widths);
        let markup = match format {
            Format::Json => Some(Markup::Json),
            Format::Yaml => Some(Markup::Yaml),
            Format::Table | Format::Name => None,
        };
        let list = markup.map(|markup| ListDocument::open("SnapshotList", markup));
        View { session, format, now, rows, list, shown: 0, narrow }
    }

    fn show(&mut self, snapshots: &[Snapshot]) {
        self.shown += snapshots.len();
        let ui = &self.session.ui;
        if let Some(list) = &mut self.list {
            snapshots.iter().for_each(|snapshot| ui.answer(&list.item(snapshot)));
        } else if self.format == Format::Name {
            let lines: String = snapshots.iter().flat_map(|snapshot| [snapshot.key.as_str(), "\n"]).collect();
            ui.answer(&lines);
        } else if !snapshots.is_empty() {
            let rows: Vec<Vec<String>> = snapshots.iter().map(|snapshot| self.row(snapshot)).collect();
            ui.answer(&self.rows.page(&rows));
        }
    }

    fn row(&self, snapshot: &Snapshot) -> Vec<String> {
        let old = std::time::Duration::try_from(self.now.duration_since(snapshot.taken_at)).unwrap_or_default();
        let taken = (!self.narrow).then(|| snapshot.taken_at.to_string());
        let rest = [age(old), bytes(snapshot.size), snapshot.key.clone()];
        std::iter::once(snapshot.kind.as_str().to_owned()).chain(taken).chain(rest).collect()
    }

    fn close(self, place: &str, cut: bool) -> Exit {
        let ui = &self.session.ui;
        if let Some(list) = self.list {
            ui.answer(&list.close());
        } else if self.shown == 0 {
            ui.say(&format!("No snapshots below {place}."));
        } else if cut && self.format == Format::Table {
            ui.say(&format!("\nThe newest {}; --all shows the others.", self.shown));
        }
        Exit::Done
    }
}
