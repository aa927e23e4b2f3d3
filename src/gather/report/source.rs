//! The text of a report: one file, or a directory of files merged, of bounded size, as one document.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::api::text::{clean, clean_cut};

/// All files of one report together. A report is logs and objects of one cluster; more is something else.
const LIMIT: u64 = 64 << 20;
/// More elements than this are not a report: a bound on memory, far above 64 MiB of logs and objects.
const NODES: usize = 2_000_000;
/// Objects nest about twelve levels deep.
const DEPTH: usize = 64;

/// The document at a path, its top-level keys merged when it is a directory.
///
/// # Errors
/// Why it is not one document, for people.
pub(super) fn document(path: &Path) -> Result<Map<String, Value>, String> {
    let mut left = LIMIT;
    let mut merged = Map::new();
    for file in files(path)? {
        let named = |why: String| if file == path { why } else { format!("{}: {why}", name_of(&file)) };
        let text = text(&file, &mut left).map_err(named)?;
        for (key, value) in parse(&file, &text).map_err(named)? {
            if merged.contains_key(&key) {
                return Err(named(format!("key {} is in another file of the directory already", clean_cut(&key, 60))));
            }
            merged.insert(key, value);
        }
    }
    Ok(merged)
}

fn name_of(file: &Path) -> String {
    clean(&file.file_name().unwrap_or_default().to_string_lossy()).into_owned()
}

/// The file itself, or the report files of a directory in order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>, String> {
    let about = fs::metadata(path).map_err(|e| e.to_string())?;
    if about.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    // A pipe or a device could be waited for without end.
    if !about.is_dir() {
        return Err("it is neither a file nor a directory".into());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(|e| e.to_string())? {
        let file = entry.map_err(|e| e.to_string())?.path();
        let extension = file.extension().and_then(|e| e.to_str());
        if file.is_file() && matches!(extension, Some("yaml" | "yml" | "json")) {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() { Err("the directory holds no .yaml, .yml or .json file".into()) } else { Ok(files) }
}

/// The text of one file; takes its size from what is left of the limit.
fn text(file: &Path, left: &mut u64) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = fs::File::open(file).and_then(|f| f.take(*left + 1).read_to_end(&mut bytes));
    read.map_err(|e| e.to_string())?;
    let size = bytes.len() as u64;
    *left = left.checked_sub(size).ok_or("it is larger than 64 MiB: not a report")?;
    String::from_utf8(bytes).map_err(|_| "it is not text".into())
}

fn parse(file: &Path, text: &str) -> Result<Map<String, Value>, String> {
    let json = file.extension().is_some_and(|e| e == "json");
    let read = if json {
        serde_json::from_str::<Once>(text).map_err(|e| format!("it is not JSON: {}", first_line(&e.to_string())))
    } else {
        yaml(text).map_err(|e| format!("it is not YAML: {}", first_line(&e.to_string())))
    };
    match read?.0 {
        Value::Object(map) => Ok(map),
        Value::Null => Err("it is empty".into()),
        _ => Err("it is no object with keys".into()),
    }
}

fn yaml(text: &str) -> Result<Once, serde_saphyr::Error> {
    let budget = serde_saphyr::budget! {
        max_nodes: NODES,
        max_events: 2 * NODES,
        max_depth: DEPTH,
        flow_nesting_limit: DEPTH,
        max_documents: 1,
        max_aliases: 0,
        max_anchors: 0,
    };
    let options = serde_saphyr::options! { budget: budget, with_snippet: false, strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options)
}

fn first_line(message: &str) -> String {
    clean_cut(message.lines().next().unwrap_or_default(), 200)
}

/// A value in which no key is given twice: the second would silently win, and a person would read the first.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Once, D::Error> {
        deserializer.deserialize_any(OnceVisitor).map(Once)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Once(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Once(value))) = entries.next_entry::<String, Once>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("key {key} is given twice")));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}
