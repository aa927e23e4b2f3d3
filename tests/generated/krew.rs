//! `krew/openbao.yaml`: rendered as the release bot does it, then held to the rules that krew's index checks by machine.

use std::collections::BTreeSet;

use regex_lite::{Captures, Regex};
use serde_json::{Value, json};

use super::root;

/// Stands for a checksum in a rendering that is only looked at here.
const CHECKSUM: &str = "abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0";

/// Every system krew knows.
const SYSTEMS: [(&str, &[&str]); 3] = [
    ("windows", &["386", "amd64", "arm64"]),
    ("linux", &["386", "amd64", "arm", "arm64", "ppc64le"]),
    ("darwin", &["386", "amd64", "arm64"]),
];

/// The systems that are released.
const RELEASED: [(&str, &str); 6] = [
    ("darwin", "amd64"),
    ("darwin", "arm64"),
    ("linux", "amd64"),
    ("linux", "arm64"),
    ("windows", "amd64"),
    ("windows", "arm64"),
];

fn template() -> String {
    std::fs::read_to_string(root().join("krew/openbao.yaml")).expect("the manifest's template")
}

/// What the bot's template engine makes of the two forms that the file uses.
fn rendered(template: &str, tag: &str) -> Value {
    let values = |name: &str| match name {
        "TagName" => tag.to_owned(),
        "PluginOwner" => "owner".to_owned(),
        "PluginRepo" => "kubectl-openbao".to_owned(),
        other => panic!("the bot knows no .{other}"),
    };
    let archive =
        Regex::new(r#"\{\{ addURIAndSha \(printf "([^"]*)"((?: \.\w+)*)\) \.TagName \}\}"#).expect("a regular expression");
    let text = archive.replace_all(template, |found: &Captures<'_>| {
        let uri = found[2].split_whitespace().fold(found[1].to_owned(), |uri, name| {
            assert!(uri.contains("%s"), "more values than places");
            uri.replacen("%s", &values(name.trim_start_matches('.')), 1)
        });
        assert!(!uri.contains('%'), "more places than values: {uri}");
        format!("uri: {uri}\n    sha256: {CHECKSUM}")
    });
    let value = Regex::new(r"\{\{ \.(\w+) \}\}").expect("a regular expression");
    let text = value.replace_all(&text, |found: &Captures<'_>| values(&found[1]));
    assert!(!text.contains("{{"), "a form that is not known here");
    serde_saphyr::from_str(&text).expect("YAML")
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// What krew's index would refuse.
fn violations(manifest: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, rule: &str| (!holds).then(|| wrong.push(rule.to_owned()));
    must(text(manifest, "/apiVersion") == "krew.googlecontainertools.github.com/v1alpha2", "apiVersion");
    must(text(manifest, "/kind") == "Plugin", "kind");
    must(text(manifest, "/metadata/name") == "openbao", "the name is the file's");
    must(is_version(text(manifest, "/spec/version")), "version: semver with a leading v");
    must(text(manifest, "/spec/homepage").starts_with("https://"), "homepage");
    // Only for steps that a person has to take after the installation; here are none.
    must(manifest.pointer("/spec/caveats").is_none(), "caveats");
    let known = ["version", "homepage", "shortDescription", "description", "platforms"];
    let spec = manifest.pointer("/spec").and_then(Value::as_object);
    must(spec.is_some_and(|s| s.keys().all(|key| known.contains(&key.as_str()))), "a field krew does not know");
    let none = Vec::new();
    let platforms = manifest.pointer("/spec/platforms").and_then(Value::as_array).unwrap_or(&none);
    must(!platforms.is_empty(), "platforms");
    let systems: BTreeSet<(&str, &str)> = platforms.iter().map(system).collect();
    must(systems.len() == platforms.len(), "two platforms for one system");
    must(systems == BTreeSet::from(RELEASED), "a system that is not released, or one that is left out");
    wrong.extend(platforms.iter().flat_map(|platform| platform_violations(platform, text(manifest, "/spec/version"))));
    wrong
}

/// What krew refuses in a name, and what its reviewers ask of one: lower-case words, the vendor's first, no generic word, no
/// `kube`, no abbreviation of a resource, no name of a Windows device.
fn is_good_name(name: &str) -> bool {
    let devices = ["con", "prn", "aux", "nul"];
    let numbered = |word: &str| ["com", "lpt"].iter().any(|d| word.strip_prefix(d).is_some_and(|n| n.len() == 1));
    let generic = ["get", "login", "restore", "backup", "status", "cluster", "po", "svc", "ns", "deploy"];
    let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.split('-').all(word)
        && !name.starts_with("kube")
        && !devices.contains(&name)
        && !numbered(name)
        && !generic.contains(&name)
}

/// What krew's reviewers ask of the texts.
fn wordings(manifest: &Value) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, rule: &'static str| (!holds).then(|| wrong.push(rule));
    let short = text(manifest, "/spec/shortDescription");
    must(!short.is_empty() && !short.contains(['\n', '\r']), "shortDescription: one line");
    must(short.chars().count() <= 58, "shortDescription: a few words");
    must(!short.ends_with('.'), "shortDescription: no sentence");
    let redundant = ["kubectl", "kubernetes", "k8s", "plugin"];
    must(!redundant.iter().any(|w| short.to_lowercase().contains(w)), "shortDescription: says what everybody knows there");
    let description = text(manifest, "/spec/description");
    must(description.lines().count() > 2, "description: what it does and why");
    must(description.lines().all(|line| line.chars().count() <= 80), "description: lines of 80 characters");
    must(!description.contains(" --"), "description: no list of flags");
    wrong
}

fn system(platform: &Value) -> (&str, &str) {
    (text(platform, "/selector/matchLabels/os"), text(platform, "/selector/matchLabels/arch"))
}

fn platform_violations(platform: &Value, version: &str) -> Vec<String> {
    let (os, arch) = system(platform);
    let mut wrong = Vec::new();
    let mut must = |holds: bool, rule: &str| (!holds).then(|| wrong.push(format!("{os}/{arch}: {rule}")));
    must(SYSTEMS.iter().any(|(known, archs)| *known == os && archs.contains(&arch)), "no system krew knows");
    let labels = platform.pointer("/selector/matchLabels").and_then(Value::as_object);
    must(labels.is_some_and(|l| l.len() == 2), "labels other than os and arch");
    let uri = text(platform, "/uri");
    let end = if os == "windows" { "zip" } else { "tar.gz" };
    must(uri.starts_with("https://"), "uri: not https");
    must(uri.ends_with(&format!("/{version}/kubectl-openbao_{version}_{os}_{arch}.{end}")), "uri: another archive");
    let checksum = text(platform, "/sha256");
    must(checksum.len() == 64 && checksum.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')), "sha256");
    must(text(platform, "/bin") == if os == "windows" { "kubectl-openbao.exe" } else { "kubectl-openbao" }, "bin");
    // Left out, the whole archive is installed: the licence has to come along.
    must(platform.get("files").is_none(), "files");
    let known = ["selector", "uri", "sha256", "bin"];
    must(platform.as_object().is_some_and(|p| p.keys().all(|key| known.contains(&key.as_str()))), "a field krew does not know");
    must(platform.pointer("/selector").and_then(Value::as_object).is_some_and(|s| s.len() == 1), "selector: matchLabels only");
    wrong
}

fn is_version(text: &str) -> bool {
    let numbers: Vec<&str> = text.strip_prefix('v').unwrap_or_default().split('.').collect();
    let number = |n: &&str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()) && (*n == "0" || !n.starts_with('0'));
    numbers.len() == 3 && numbers.iter().all(number)
}

/// The tag this version of the crate will be released under.
fn tag() -> String {
    format!("v{}", env!("CARGO_PKG_VERSION"))
}

#[test]
fn the_rendered_manifest_keeps_the_rules_of_the_index() {
    assert_eq!(violations(&rendered(&template(), &tag())), [""; 0]);
}

#[test]
fn name_and_texts_are_what_reviewers_ask_for() {
    let manifest = rendered(&template(), &tag());
    assert!(is_good_name(text(&manifest, "/metadata/name")));
    for bad in ["", "OpenBao", "open_bao", "kube-openbao", "kubernetes-openbao", "con", "lpt1", "restore", "svc", "openbao-"] {
        assert!(!is_good_name(bad), "{bad}");
    }
    assert_eq!(wordings(&manifest), [""; 0]);
    for (pointer, value) in [
        ("/spec/shortDescription", "Kubectl plugin for OpenBao clusters"),
        ("/spec/shortDescription", "Restores clusters\nand more"),
        ("/spec/shortDescription", "Restores and breaks glass and shows and follows and verifies"),
        ("/spec/description", "Restores."),
        ("/spec/description", "One\ntwo\nuse it with --override-lock"),
    ] {
        let mut manifest = rendered(&template(), &tag());
        *manifest.pointer_mut(pointer).expect("something to break") = json!(value);
        assert!(!wordings(&manifest).is_empty(), "{value}");
    }
}

/// The release builds exactly what the manifest offers, and packs it under the names that the manifest asks for.
#[test]
fn the_release_builds_every_platform_of_the_manifest() {
    let workflow = std::fs::read_to_string(root().join(".github/workflows/release.yml")).expect("the workflow");
    let workflow: Value = serde_saphyr::from_str(&workflow).expect("YAML");
    let rows = workflow.pointer("/jobs/build/strategy/matrix/include").and_then(Value::as_array).expect("the matrix");
    let built: BTreeSet<(&str, &str)> = rows.iter().map(|row| (text(row, "/os"), text(row, "/arch"))).collect();
    assert_eq!(built, BTreeSet::from(RELEASED));
    for row in rows {
        let arch = if text(row, "/arch") == "amd64" { "x86_64" } else { "aarch64" };
        let system = match text(row, "/os") {
            "linux" => "unknown-linux-musl",
            "darwin" => "apple-darwin",
            _ => "pc-windows-msvc",
        };
        assert_eq!(text(row, "/target"), format!("{arch}-{system}"));
    }
    let steps = workflow.pointer("/jobs/publish/steps").and_then(Value::as_array).expect("steps");
    let bot = steps.iter().find(|s| text(s, "/uses").starts_with("rajatjindal/krew-release-bot@")).expect("the bot's step");
    assert_eq!(text(bot, "/with/krew_template_file"), "krew/openbao.yaml");
}

#[test]
fn no_checksum_stands_in_the_template() {
    let hex = Regex::new(r"[0-9a-fA-F]{40}").expect("a regular expression");
    assert!(!hex.is_match(&template()));
}

#[test]
fn a_licence_of_the_name_krew_looks_for_is_there_to_be_packed() {
    assert!(root().join("LICENSE").is_file());
}

#[test]
fn broken_manifests_are_noticed() {
    let breaks: [(&str, Value); 10] = [
        ("/spec/version", json!("0.1.0")),
        ("/spec/version", json!("v01.0.0")),
        ("/apiVersion", json!("v1")),
        ("/spec/homepage", json!("http://example.com")),
        ("/spec/platforms/0/uri", json!("https://example.com/other.tar.gz")),
        ("/spec/platforms/0/selector", json!({"matchExpressions": []})),
        ("/metadata/name", json!("bao")),
        ("/spec/platforms/1/selector/matchLabels/arch", json!("amd64")),
        ("/spec/platforms/0/sha256", json!("ABC")),
        ("/spec/platforms/4/bin", json!("kubectl-openbao")),
    ];
    for (pointer, value) in breaks {
        let mut manifest = rendered(&template(), &tag());
        *manifest.pointer_mut(pointer).expect("something to break") = value;
        assert!(!violations(&manifest).is_empty(), "{pointer}");
    }
}
