//! A situation: a report with a head that says what it is and what somebody who knows would say of it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use kubectl_openbao::domain::evidence::Evidence;
use kubectl_openbao::domain::restore::request::Request;
use kubectl_openbao::gather::report;
use serde::Deserialize;
use serde_json::Value;

/// The head of a situation file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// What it is, in a sentence.
    pub about: String,
    /// Where it is from: `captured: FILE` or `derived: from what`.
    pub origin: String,
    /// The verdict of somebody who knows.
    pub verdict: String,
    /// The lock's verdict, or `none`.
    pub lock: String,
    /// Findings of `status` that must be there.
    #[serde(default)]
    pub status: Vec<String>,
    /// Findings of `diagnose` that must be there.
    #[serde(default)]
    pub findings: Vec<String>,
    /// The snapshot a restore would take.
    pub key: Option<String>,
    /// Flags of that restore instead of `--override-lock`.
    pub restore: Option<Vec<String>>,
    /// Hazards that must be there.
    #[serde(default)]
    pub triggers: Vec<String>,
    /// Hazards that nearly are.
    #[serde(default)]
    pub nearly: Vec<String>,
}

/// One file of `situations`.
#[derive(Debug, Clone)]
pub struct Situation {
    /// The file's name without its ending.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Its head.
    pub head: Head,
    /// The whole document.
    pub document: Value,
    /// What it holds for decisions; the snapshot's answer is about [`Head::key`].
    pub evidence: Evidence,
}

impl Situation {
    /// The flags of the restore that is planned in it.
    pub fn restore_flags(&self) -> Vec<String> {
        self.head.restore.clone().unwrap_or_else(|| vec!["--override-lock".into()])
    }

    /// The same as a request.
    pub fn request(&self) -> Option<Request> {
        let flags = self.restore_flags();
        let given = |flag: &str| flags.iter().any(|f| f == flag);
        let value = |flag: &str| flags.iter().position(|f| f == flag).and_then(|at| flags.get(at + 1)).cloned();
        Some(Request {
            namespace: self.evidence.namespace.clone(),
            cluster: self.evidence.name.clone(),
            key: self.head.key.clone()?,
            name: value("--restore-name").unwrap_or_else(|| "new-1".into()),
            token_secret: value("--token-secret"),
            image: value("--image"),
            force: given("--force"),
            override_lock: given("--override-lock"),
            ..Request::default()
        })
    }
}

/// Where the situations are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/evidence/situations")
}

/// All situations, by name.
pub static ALL: LazyLock<Vec<Situation>> = LazyLock::new(|| {
    let files = std::fs::read_dir(folder()).expect("the folder").map(|entry| entry.expect("an entry").path());
    let mut all: Vec<Situation> = files.filter(|f| f.extension().is_some_and(|e| e == "yaml")).map(|f| read(&f)).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
});

fn read(path: &Path) -> Situation {
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{name}: {e}"));
    let document: Value = serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
    let head: Head = serde_json::from_value(document["situation"].clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
    let report = report::read(path).unwrap_or_else(|e| panic!("{name}: {e}"));
    let evidence = report.about_snapshot(head.key.as_deref());
    Situation { name, path: path.to_owned(), text, head, document, evidence }
}
