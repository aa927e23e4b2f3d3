//! Files that are no report: one clear line, a hint, exit code 2, nothing shown.

use std::path::Path;

use super::shown::{Ran, plugin};
use super::situation::{ALL, Situation};

fn refused(home: &Path, path: &Path) -> Ran {
    let ran = plugin(home, &["status", "--from-report", &path.to_string_lossy()]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
    let lines: Vec<&str> = ran.err.lines().collect();
    assert!(lines.iter().filter(|l| l.starts_with("error: ")).count() == 1 && ran.err.contains("hint: "), "{}", ran.err);
    ran
}

fn a_report() -> &'static Situation {
    ALL.iter().find(|s| s.name == "captured-10-break-glass").expect("the situation")
}

/// Cut anywhere: refused in words, or, where a cut leaves a whole document, read as one that lacks what is gone.
#[test]
fn a_truncated_report_is_refused_or_lacks_what_is_gone() {
    let home = tempfile::tempdir().expect("a folder");
    let as_json = serde_json::to_string(&a_report().document).expect("JSON");
    for sixteenth in 0..16 {
        for (name, text) in [("cut.yaml", &a_report().text), ("cut.json", &as_json)] {
            let path = home.path().join(name);
            let end = text.len() * sixteenth / 16;
            std::fs::write(&path, &text.as_bytes()[..end]).expect("written");
            let ran = plugin(home.path(), &["diagnose", "--from-report", &path.to_string_lossy()]);
            let json = Path::new(name).extension().is_some_and(|e| e == "json");
            let refused = matches!(ran.code, 2 | 7) && ran.err.contains("error: ") && ran.out.is_empty();
            let unsure = ran.code == 3 && !json && ran.out.contains("not looked at");
            assert!(refused || unsure, "{name} cut at {sixteenth}/16: exit {}\n{}{}", ran.code, ran.out, ran.err);
        }
    }
}

#[test]
fn what_is_no_report_is_refused_in_words() {
    let home = tempfile::tempdir().expect("a folder");
    let text = &a_report().text;
    let deep = format!("{text}person: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let cases: [(&str, Vec<u8>, &str); 8] = [
        ("newer.yaml", text.replace("formatVersion: 1", "formatVersion: 2").into(), "newer version of this tool"),
        ("kind.yaml", text.replace("kind: Report", "kind: List").into(), "it is a List"),
        ("manifest.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n".into(), "it is a Pod of v1"),
        ("junk.yaml", (0..=255).cycle().take(100_000).collect(), "it is not text"),
        ("junk.json", b"\x1f\x8b\x08\x00garbage".to_vec(), "it is not text"),
        ("deep.yaml", deep.into(), "it is not YAML"),
        ("log.yaml", "2026-11-21T00:00:00Z INFO: starting: now\n\tat line: 3\n".into(), "it is not YAML"),
        ("twice.yaml", format!("{text}cluster: other\n").into(), "it is not YAML"),
    ];
    for (name, text, expected) in cases {
        let path = home.path().join(name);
        std::fs::write(&path, text).expect("written");
        let ran = refused(home.path(), &path);
        assert!(ran.err.contains(expected), "{name}: {}", ran.err);
    }
    let empty = home.path().join("empty");
    std::fs::create_dir(&empty).expect("made");
    assert!(refused(home.path(), &empty).err.contains("no .yaml, .yml or .json file"));
    assert!(refused(home.path(), &home.path().join("gone.yaml")).err.contains("No such file"));
}

#[test]
fn a_file_that_is_too_large_is_refused_before_it_is_parsed() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("large.yaml");
    // Sparse: the size alone decides.
    std::fs::File::create(&path).and_then(|f| f.set_len((64 << 20) + 1)).expect("made");
    assert!(refused(home.path(), &path).err.contains("larger than 64 MiB"));
}

/// Flags that make no sense beside a report: usage errors, and no report is read.
#[test]
fn what_goes_with_a_live_cluster_only_is_refused() {
    let home = tempfile::tempdir().expect("a folder");
    let path = a_report().path.to_string_lossy();
    let cases: [(&[&str], i32); 13] = [
        (&["status", "-w"], 2),
        (&["status", "-A"], 2),
        (&["status", "-l", "a=b"], 2),
        (&["status", "--context", "x"], 2),
        (&["diagnose", "--kubeconfig", "x"], 2),
        (&["diagnose", "--token", "x"], 2),
        (&["restore", "--key", "k"], 2),
        (&["restore", "--key", "k", "--dry-run=server"], 2),
        (&["breakglass", "ack"], 2),
        (&["status", "other"], 7),
        (&["status", "-n", "elsewhere"], 7),
        (&["diagnose", "rollback", "other"], 7),
        (&["status", "-n", "bao", "bg"], 0),
    ];
    for (command, expected) in cases {
        let ran = plugin(home.path(), &[command, &["--from-report", &path]].concat());
        assert_eq!(ran.code, expected, "{command:?}: {}{}", ran.out, ran.err);
    }
}

/// A directory of files is the same report.
#[test]
fn a_report_may_be_a_directory() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("report");
    std::fs::create_dir(&folder).expect("made");
    let mut head = a_report().document.as_object().expect("an object").clone();
    for key in ["jobs", "pods", "logs"] {
        let part = serde_json::json!({key: head.remove(key).expect("there")});
        std::fs::write(folder.join(format!("{key}.json")), part.to_string()).expect("written");
    }
    std::fs::write(folder.join("report.json"), serde_json::Value::Object(head).to_string()).expect("written");
    let [whole, parts] = [&a_report().path, &folder]
        .map(|path| plugin(home.path(), &["diagnose", "--from-report", &path.to_string_lossy(), "-o", "json"]).out);
    assert!(!whole.is_empty());
    assert_eq!(whole, parts);
}
