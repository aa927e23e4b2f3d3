//! `--from-file`: one document, of bounded size, read as data.

use std::io::Read;
use std::path::Path;

use serde_json::Value;

use crate::api::text::{clean, clean_cut};
use crate::domain::restore::request::FromFile;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;

/// What a file may be.
const FORM: &str =
    "one OpenBaoRestore in YAML or JSON is taken; kubectl explain openbaorestore.spec --recursive lists its fields";
/// A manifest is a page of text; more is a mistake.
const LIMIT: u64 = 1 << 20;

/// Reads a manifest from a file, or from stdin for `-`.
///
/// # Errors
/// Not readable, too large, not text, not YAML or JSON, several documents, not an OpenBaoRestore, unknown fields.
pub fn read(path: &Path) -> Outcome<FromFile> {
    let refuse = |why: String| {
        let failure = Failure::new(Exit::Usage, why).doing(format!("reading {}", clean(&path.display().to_string())));
        failure.detail("nothing was written").hint(FORM)
    };
    let text = text(path).map_err(refuse)?;
    let document = one_document(&text).map_err(refuse)?;
    FromFile::read(&document).map_err(refuse)
}

fn text(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(LIMIT + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|f| f.take(LIMIT + 1).read_to_end(&mut bytes))
    };
    read.map_err(|e| e.to_string())?;
    if bytes.len() as u64 > LIMIT {
        return Err("it is larger than 1 MiB: not a manifest".into());
    }
    String::from_utf8(bytes).map_err(|_| "it is not text".into())
}

fn one_document(text: &str) -> Result<Value, String> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(|e| {
        let message = e.to_string();
        format!("it is neither YAML nor JSON: {}", clean_cut(message.lines().next().unwrap_or_default(), 200))
    })?;
    let mut documents: Vec<Value> = documents.into_iter().filter(|d| !d.is_null()).collect();
    match documents.len() {
        1 => Ok(documents.remove(0)),
        0 => Err("it is empty".into()),
        n => Err(format!("it holds {n} documents; exactly one is taken")),
    }
}
