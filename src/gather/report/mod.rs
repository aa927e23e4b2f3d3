//! Evidence from a report: a file or a directory instead of a live cluster ([the format](../../docs/report-format.md)).
//!
//! Objects go through the same lenient readers as live ones. A pod is a server by the same labels; of the rest, what no
//! label gives to another cluster counts. What the report does not hold was not asked: no verdict rests on it. Its text is
//! as untrusted as a server's.

mod fields;
mod generations;

mod logs;
mod source;

use std::path::Path;

use serde_json::{Map, Value};

use crate::api::text::{clean, clean_cut};
use crate::domain::evidence::{Evidence, StoreAnswer};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;

/// The version of the format this program reads.
pub const FORMAT_VERSION: i64 = 1;
const API_VERSION: &str = "cli.openbao.org/v1";
const KIND: &str = "Report";
const FORM: &str = "a report is a YAML or JSON document (or a directory of them) of kind Report, see docs/report-format.md";

/// Every top-level key of a report.
pub const KEYS: &[&str] = &[
    "apiVersion",
    "kind",
    "formatVersion",
    "situation",
    "observedAt",
    "namespace",
    "cluster",
    "person",
    "openbaocluster",
    "restores",
    "jobs",
    "pods",
    "jobPods",
    "statefulSets",
    "claims",
    "events",
    "logs",
    "operatorDeployment",
    "lease",
    "schema",
    "servers",
    "peers",
    "snapshot",
    "permissions",
    "secrets",
];

/// A report as evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    evidence: Evidence,
    /// The key of the object that the report's `snapshot` is about.
    snapshot_key: Option<String>,
}

impl Report {
    /// The evidence, with the object store's answer only where it is about this snapshot.
    pub fn about_snapshot(mut self, key: Option<&str>) -> Evidence {
        // "No such bucket" is about every key.
        let of_another = self.snapshot_key.is_none() || self.snapshot_key.as_deref() != key;
        if of_another && !matches!(self.evidence.snapshot, StoreAnswer::NoSuchBucket | StoreAnswer::NotChecked { .. }) {
            self.evidence.snapshot = StoreAnswer::NotChecked { why: "the report holds the answer for another key".into() };
        }
        self.evidence
    }

    /// The evidence; what the object store said of a snapshot is kept.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }
}

/// Reads a report from a file, or from a directory whose files hold its keys.
///
/// # Errors
/// Usage: not readable, too large, not text, not YAML or JSON, a key twice, another kind, a newer version, a source of
/// an impossible form. One line says which.
pub fn read(path: &Path) -> Outcome<Report> {
    let refuse = |why: String| {
        let failure = Failure::new(Exit::Usage, why).doing(format!("reading the report {}", clean(&path.display().to_string())));
        if failure.cause.starts_with(NEWER) {
            return failure.hint("kubectl openbao version        what this is; a newer one reads it");
        }
        failure.hint(FORM)
    };
    source::document(path).and_then(|document| of_document(&document)).map_err(refuse)
}

const NEWER: &str = "it was written by a newer version of this tool";

/// What a report document holds.
///
/// # Errors
/// What is wrong with the document, for people.
pub fn of_document(document: &Map<String, Value>) -> Result<Report, String> {
    head(document)?;
    if let Some(unknown) = document.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("key {} is not known; known are {}", clean_cut(unknown, 60), KEYS.join(", ")));
    }
    let snapshot_key = document.get("snapshot").and_then(|s| s.get("key")).and_then(Value::as_str).map(str::to_owned);
    Ok(Report { evidence: fields::evidence(document)?, snapshot_key })
}

/// What kind of document it is; a newer version is told before anything else in it is judged.
fn head(document: &Map<String, Value>) -> Result<(), String> {
    let text = |key: &str| document.get(key).and_then(Value::as_str);
    match (text("apiVersion"), text("kind")) {
        (Some(API_VERSION), Some(KIND)) => {}
        (Some(version), Some(kind)) => {
            let (version, kind) = (clean_cut(version, 60), clean_cut(kind, 60));
            return Err(format!("it is a {kind} of {version}, not a {KIND} of {API_VERSION}"));
        }
        _ => return Err("it has no apiVersion and kind".into()),
    }
    match document.get("formatVersion").and_then(Value::as_i64) {
        Some(FORMAT_VERSION) => Ok(()),
        Some(newer) if newer > FORMAT_VERSION => Err(format!("{NEWER}: formatVersion {newer}, known is {FORMAT_VERSION}")),
        Some(other) => Err(format!("there is no formatVersion {other}")),
        None => Err("it has no formatVersion".into()),
    }
}

#[cfg(test)]
mod tests;
