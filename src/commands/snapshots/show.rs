//! `snapshots show`: what the first bytes of a snapshot tell, held against the live cluster.

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::Path;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::place;
use super::verify;
use crate::api::names::SnapshotKey;
use crate::api::text::{age, clean};
use crate::commands::restore::Format;
use crate::commands::target::TargetArgs;
use crate::commands::{pick_cluster, status};
use crate::domain::archive::head::{HEAD, Head, Looks, TAIL, head, is_stored};
use crate::domain::evidence::{Contents, Evidence, Item, SnapshotObject, StoreAnswer};
use crate::domain::hazards::{Hazard, Weight, of_snapshot};
use crate::domain::likeness::{Comparison, compare};
use crate::domain::snapshot::known;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::bucket::Bucket;
use crate::session::Session;
use crate::ui::render::document::document;
use crate::ui::render::snapshots as render;

/// Show what a snapshot tells of itself in its first bytes, against the cluster
///
/// Reads at most the first 16 KiB of the object, and the last 8 KiB where it is not compressed: when it was taken, by which
/// version, under which seal, by which members of Raft; and what of that is not this cluster's. Exit code 3 when it does not
/// look complete, or differs dangerously. It proves nothing about the rest of the object: `snapshots verify` does.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The cluster and the key of a snapshot in its bucket; or a file, or - for standard input, for the facts alone
    #[arg(value_name = "CLUSTER KEY | FILE | -", num_args = 0..=2)]
    what: Vec<String>,
    /// Write the result as a document
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<Format>,
    #[command(flatten)]
    bucket: TargetArgs,
}

/// The result of `snapshots show`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotShow {
    /// The file or the object.
    pub name: String,
    /// Bytes of the whole.
    pub size: u64,
    /// Entity tag, of an object in a bucket.
    pub etag: Option<String>,
    /// When the object was written, by the store.
    pub last_modified: Option<Timestamp>,
    /// What its first bytes tell.
    #[serde(flatten)]
    pub head: Head,
    /// The cluster it was compared with, `NAMESPACE/NAME`.
    pub cluster: Option<String>,
    /// The snapshot against that cluster; empty without one.
    pub comparison: Vec<Comparison>,
    /// What would be dangerous about restoring it into that cluster.
    pub hazards: Vec<Hazard>,
}

/// Shows one snapshot; exit 3 when it does not look complete or differs dangerously.
///
/// # Errors
/// No snapshot is named, or it cannot be read.
pub async fn run(session: &Session, args: Args) -> Outcome<Exit> {
    let shown = match args.what.as_slice() {
        [cluster, key] => of_bucket(session, &args, Some(cluster), Some(key)).await?,
        [only] if is_file(only) => of_file(only).map_err(|f| f.doing(format!("reading {}", clean(only))))?,
        [only] if only.contains('/') => of_bucket(session, &args, None, Some(only)).await?,
        [only] => of_bucket(session, &args, Some(only), None).await?,
        _ => of_bucket(session, &args, None, None).await?,
    };
    let ui = &session.ui;
    match args.output {
        Some(format) => ui.answer(&document("SnapshotShow", &shown, format.markup())),
        None => {
            let object = render::Object { name: &shown.name, size: shown.size, sha256: None };
            let compared = shown.cluster.as_deref().map(|cluster| (cluster, shown.comparison.as_slice()));
            ui.answer_prose(&render::shown(&object, &shown.head, compared, &shown.hazards, &|s, t| ui.out(s, t)));
        }
    }
    Ok(shown.exit())
}

/// A key of the operator's form is no file, a name without an ending may be a cluster's.
fn is_file(word: &str) -> bool {
    let is_key = word.contains('/') && SnapshotKey::parse(word).is_some();
    word == "-" || Path::new(word).exists() || (!is_key && word.contains('.'))
}

impl SnapshotShow {
    fn exit(&self) -> Exit {
        let danger = self.hazards.iter().any(|hazard| hazard.weight == Weight::Danger);
        if danger || self.head.looks != Looks::Complete { Exit::Attention } else { Exit::Done }
    }
}

async fn of_bucket(session: &Session, args: &Args, named: Option<&str>, key: Option<&String>) -> Outcome<SnapshotShow> {
    let connected = session.connect()?;
    let name = pick_cluster(session, &connected, named).await?;
    let mut evidence = status::read_and_ask(&connected, &name).await?;
    let key = key.ok_or_else(|| no_key(&evidence))?;
    let doing = format!("looking into {}", clean(key));
    let bucket = place::bucket_of(session, &connected, &mut evidence, &args.bucket).await?.into_heads();
    let answer = tokio::select! {
        answer = bucket.look(key) => answer,
        _ = tokio::signal::ctrl_c() => return Err(Failure::new(Exit::Interrupted, "interrupted")),
    };
    let Some((object, head)) = looked_into(&answer) else {
        return Err(refused(&bucket, key, &answer).await.doing(doing));
    };
    for what in hidden(&evidence) {
        session.ui.insist(&format!("not compared with the running servers: forbidden: {what}"));
    }
    evidence.snapshot = answer;
    let hazards = evidence.cluster.value().map(|cluster| of_snapshot(&evidence, cluster, key)).unwrap_or_default();
    Ok(SnapshotShow {
        name: key.clone(),
        size: object.size,
        etag: object.etag,
        last_modified: object.last_modified,
        head,
        cluster: Some(format!("{}/{}", evidence.namespace, evidence.name)),
        comparison: compare(&evidence, key),
        hazards,
    })
}

/// The permissions that kept the running servers from being looked at, each once.
fn hidden(evidence: &Evidence) -> BTreeSet<&str> {
    fn forbidden<T>(item: &Item<T>) -> Option<&str> {
        if let Item::Forbidden { what } = item { Some(what) } else { None }
    }
    forbidden(&evidence.pods).into_iter().chain(evidence.servers.iter().filter_map(|s| forbidden(&s.health))).collect()
}

/// That no snapshot was named, with the newest one known.
fn no_key(evidence: &Evidence) -> Failure {
    let failure = Failure::new(Exit::Usage, "which snapshot? No key was given");
    let place = format!("{} -n {}", clean(&evidence.name), clean(&evidence.namespace));
    match known(evidence).first() {
        Some(newest) => {
            let old = newest.taken_at.map_or(String::new(), |at| format!(", {} old", age(evidence.since(at))));
            failure.hint(format!("the newest backup known{old}: kubectl openbao snapshots show {place} {}", clean(&newest.key)))
        }
        None => failure.hint(format!("kubectl openbao snapshots list {place} shows what is there")),
    }
}

/// The object and its first bytes, when there are any.
fn looked_into(answer: &StoreAnswer) -> Option<(SnapshotObject, Head)> {
    let StoreAnswer::Found { object } = answer else { return None };
    match &object.contents {
        Some(Contents::Head { head }) => Some((object.clone(), (**head).clone())),
        _ => None,
    }
}

/// Why there are none. What stands in a plan says how much it proves; a person wants to know what is wrong.
async fn refused(bucket: &Bucket, key: &str, answer: &StoreAnswer) -> Failure {
    match bucket.first_bytes(key).await {
        Err(failure) => place::failed(&failure),
        // It went well this time.
        Ok(_) => match answer {
            StoreAnswer::NotChecked { why } | StoreAnswer::Denied { why } => Failure::new(Exit::Failure, why.clone()),
            _ => Failure::new(Exit::Failure, "it could not be looked into"),
        }
        .hint("run the same command again in a moment"),
    }
}

fn of_file(file: &str) -> Outcome<SnapshotShow> {
    let (reader, size) = verify::open(file)?;
    let ends = match size {
        Some(size) => Ends::of_regular(file, size),
        None => Ends::read(reader),
    };
    let ends = ends.map_err(|error| Failure::new(Exit::Failure, format!("reading broke off: {error}")))?;
    let last = (is_stored(&ends.first) && ends.size > HEAD as u64).then_some(ends.last.as_slice());
    Ok(SnapshotShow {
        name: if file == "-" { "standard input".to_owned() } else { clean(file).into_owned() },
        size: ends.size,
        etag: None,
        last_modified: None,
        head: head(&ends.first, ends.size, last),
        cluster: None,
        comparison: Vec::new(),
        hazards: Vec::new(),
    })
}

/// The first and the last bytes of a file.
struct Ends {
    first: Vec<u8>,
    last: Vec<u8>,
    size: u64,
}

impl Ends {
    fn of_regular(file: &str, size: u64) -> io::Result<Ends> {
        let mut opened = File::open(file)?;
        let (mut first, mut last) = (Vec::new(), Vec::new());
        opened.by_ref().take(HEAD as u64).read_to_end(&mut first)?;
        opened.seek(SeekFrom::Start(size.saturating_sub(TAIL as u64)))?;
        opened.take(TAIL as u64).read_to_end(&mut last)?;
        Ok(Ends { first, last, size })
    }

    /// What lies between is passed over to learn the length: a pipe has no other way.
    fn read(mut reader: impl Read) -> io::Result<Ends> {
        let mut first = Vec::with_capacity(HEAD);
        reader.by_ref().take(HEAD as u64).read_to_end(&mut first)?;
        let mut size = first.len() as u64;
        let mut last: VecDeque<u8> = first.iter().rev().take(TAIL).rev().copied().collect();
        let mut chunk = vec![0; 256 * 1024];
        loop {
            let count = match reader.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            size += count as u64;
            last.extend(&chunk[count.saturating_sub(TAIL)..count]);
            last.drain(..last.len().saturating_sub(TAIL));
        }
        Ok(Ends { first, last: last.into(), size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_file_are_kept_whatever_its_length() {
        for length in [0, 5, TAIL, HEAD, HEAD + 1, HEAD + TAIL, 700_000] {
            let bytes: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).expect("small")).collect();
            let ends = Ends::read(bytes.as_slice()).expect("it is memory");
            assert_eq!(ends.size, length as u64);
            assert_eq!(ends.first, bytes[..length.min(HEAD)]);
            assert_eq!(ends.last, bytes[length.saturating_sub(TAIL)..], "{length}");
            let file = tempfile::NamedTempFile::new().expect("a file can be made");
            std::fs::write(file.path(), &bytes).expect("it can be written");
            let same = Ends::of_regular(file.path().to_str().expect("text"), ends.size).expect("it is there");
            assert_eq!((same.first, same.last), (ends.first, ends.last), "{length}");
        }
    }

    #[test]
    fn one_word_is_a_file_or_a_key_or_a_cluster() {
        assert!(is_file("-") && is_file("/") && is_file("nowhere.snap") && is_file("./nowhere.snap"));
        assert!(!is_file("bao/prod/2026-11-21T00-41-19Z-b397e37b.snap") && !is_file("prod"));
    }
}
