//! What every reading command says of every situation, as texts that a person has read.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use regex_lite::Regex;
use serde_json::Value;

use super::shape::violations;
use super::situation::{ALL, Situation};

/// How a command ended.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs the plugin where there is neither a home nor a configuration, and the only API server it could find is dead.
pub fn plugin(home: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-openbao"));
    command.args(args).env_clear().current_dir(home).stdin(Stdio::null());
    command.envs([("HOME", home.as_os_str()), ("NO_COLOR", "1".as_ref()), ("COLUMNS", "160".as_ref())]);
    command.envs([("KUBERNETES_SERVICE_HOST", "127.0.0.1"), ("KUBERNETES_SERVICE_PORT", "1")]);
    let output = command.output().expect("the plugin runs");
    let text = |bytes| String::from_utf8(bytes).expect("it speaks UTF-8");
    Ran { code: output.status.code().expect("no signal"), out: text(output.stdout), err: text(output.stderr) }
}

/// Every reading command of one situation, one after the other, as a person would see it.
fn shown(home: &Path, situation: &Situation) -> String {
    let name = situation.evidence.name.as_str();
    let mut commands: Vec<Vec<&str>> =
        vec![vec!["status", name], vec!["diagnose", "all", name], vec!["breakglass", "show", name]];
    let flags = situation.restore_flags();
    if let Some(key) = &situation.head.key {
        let mut restore = vec!["restore", name, "--dry-run=client", "--key", key];
        restore.extend(flags.iter().map(String::as_str));
        commands.push(restore);
    }
    let mut text = format!("{}\n{}\n", situation.head.about, situation.head.origin);
    for command in &commands {
        let path = situation.path.to_string_lossy();
        let ran = plugin(home, &[command.as_slice(), &["--from-report", &path]].concat());
        let Ran { code, out, err } = ran;
        text.push_str(&format!(
            "\n$ kubectl openbao {}\n--- stdout\n{out}--- stderr\n{err}--- exit code {code}\n",
            command.join(" ")
        ));
    }
    tidy(&text, situation)
}

/// A restore's made-up name, and paths of this machine, replaced; ages are counted from the report and stay.
fn tidy(text: &str, situation: &Situation) -> String {
    let made_up = Regex::new(&format!(r"\b{}-\d{{8}}-(\d{{6}}-[0-9a-f]{{4}}|[0-9a-f]{{8}})\b", situation.evidence.name))
        .expect("a pattern");
    let text = text.replace(&*situation.path.to_string_lossy(), "REPORT");
    let text = made_up.replace_all(&text, "RESTORE");
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Runs something for every situation on all cores; the names of those that failed, with why.
fn each(check: impl Fn(&Situation) + Sync) {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(situation) = ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(situation)));
            if checked.is_err() {
                failed.lock().expect("no thread died").push(situation.name.clone());
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let failed = failed.into_inner().expect("no thread died");
    assert!(failed.is_empty(), "{} of {}: {failed:?}", failed.len(), ALL.len());
}

#[test]
fn every_command_says_what_was_reviewed() {
    let home = tempfile::tempdir().expect("a folder");
    each(|situation| {
        let text = shown(home.path(), situation);
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(situation.name.as_str(), text);
        });
    });
}

#[test]
fn no_reviewed_text_is_left_over() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/evidence/snapshots");
    let files = std::fs::read_dir(folder).expect("the folder").map(|f| f.expect("an entry").file_name());
    let names: BTreeSet<String> = files.filter_map(|f| f.to_string_lossy().strip_suffix(".snap").map(str::to_owned)).collect();
    let known: BTreeSet<String> = ALL.iter().map(|s| s.name.clone()).collect();
    assert_eq!(names.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn documents_have_the_published_shape() {
    let home = tempfile::tempdir().expect("a folder");
    let schema = |kind: &str| -> Value {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schema/v1/{kind}.json"));
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).expect("JSON")
    };
    let kinds = [(schema("ClusterStatusList"), "status"), (schema("Diagnosis"), "diagnose")];
    each(|situation| {
        for (schema, command) in &kinds {
            let path = situation.path.to_string_lossy();
            let ran = plugin(home.path(), &[command, "--from-report", &path, "-o", "json"]);
            let value: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}", ran.err));
            let wrong = violations(schema, schema, &value, command);
            assert!(wrong.is_empty(), "{}: {wrong:#?}", situation.name);
        }
    });
}

/// Nothing a server wrote reaches the terminal as a command to it.
#[test]
fn no_control_character_is_ever_shown() {
    let home = tempfile::tempdir().expect("a folder");
    let hostile = ALL.iter().find(|s| s.name == "mix-hostile-text").expect("the situation");
    assert!(hostile.text.contains("\\e["), "it is hostile");
    let text = shown(home.path(), hostile);
    let bad: Vec<char> =
        text.chars().filter(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c)).collect();
    assert!(bad.is_empty(), "{bad:?}");
}
