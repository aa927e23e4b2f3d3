//! Documents that name what the code names: nothing is missing, and nothing is explained that no longer exists.

use std::collections::BTreeSet;

use kubectl_openbao::domain::archive::Verdict;
use kubectl_openbao::domain::restore::preflight;
use kubectl_openbao::domain::{archive, diagnosis, hazards, job_log, likeness, recover, status, verify};
use kubectl_openbao::exit::Exit;

use super::{kept, root};

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The section of a document below a heading, or all of it.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
    rest.split("\n## ").next().unwrap_or(rest)
}

/// The first cell of each row of the Markdown tables: what the document explains.
fn explained(text: &str) -> BTreeSet<&str> {
    let cells = text.lines().filter_map(|line| line.strip_prefix("| `")).filter_map(|rest| rest.split_once('`'));
    cells.map(|(code, _)| code).collect()
}

fn known<'a>(codes: &[&'a str]) -> BTreeSet<&'a str> {
    codes.iter().copied().collect()
}

#[test]
fn every_hazard_has_a_page_and_every_page_a_hazard() {
    let pages = kept("docs/hazards");
    let names: BTreeSet<&str> = pages.iter().filter_map(|p| p.file_stem()?.to_str()).filter(|n| *n != "README").collect();
    assert_eq!(names, known(hazards::CODES));
}

#[test]
fn hazard_pages_answer_the_same_questions() {
    for code in hazards::CODES {
        let page = text(&format!("docs/hazards/{code}.md"));
        assert!(page.starts_with(&format!("# `{code}`\n")), "{code}: another title");
        for part in [
            "**Weight:** ",
            "**Shown when:** ",
            "**Generations:** ",
            "## What happens",
            "## How it is known",
            "## What to do instead",
        ] {
            assert!(page.contains(part), "{code} does not say: {part}");
        }
    }
}

#[test]
fn checks_are_explained() {
    let document = text("docs/checks.md");
    assert_eq!(explained(section(&document, "Before anything is sent")), known(preflight::CODES));
    assert_eq!(explained(section(&document, "After the restore")), known(verify::CODES));
    assert_eq!(explained(section(&document, "Before a restore is settled")), known(recover::CODES));
}

#[test]
fn checks_of_a_snapshot_are_explained() {
    let document = text("docs/snapshot-checks.md");
    assert_eq!(explained(section(&document, "The checks")), known(&archive::report::CODES));
    let verdicts = [
        Verdict::NotASnapshot,
        Verdict::Truncated,
        Verdict::Corrupt,
        Verdict::Inconsistent,
        Verdict::UnsealedSums,
        Verdict::Suspect,
        Verdict::Ok,
    ];
    assert_eq!(explained(section(&document, "The verdicts")), known(&verdicts.map(Verdict::as_str)));
}

#[test]
fn comparisons_of_a_snapshot_are_explained() {
    let document = text("docs/snapshot-checks.md");
    assert_eq!(explained(section(&document, "The comparison with the cluster")), known(&likeness::CODES));
}

#[test]
fn status_findings_are_explained() {
    assert_eq!(explained(&text("docs/status-findings.md")), known(status::CODES));
}

#[test]
fn log_findings_are_explained() {
    let document = text(super::logs::PATH);
    for (heading, group) in [
        ("Restore executors", "restore-log-"),
        ("Backup executors", "backup-log-"),
        ("Upgrade and rollback executors", "upgrade-log-"),
        ("Servers", "server-log-"),
        ("Old documentation", "document-log-"),
    ] {
        let codes: BTreeSet<&str> = job_log::CODES.iter().copied().filter(|code| code.starts_with(group)).collect();
        assert!(!codes.is_empty(), "{group}");
        assert_eq!(explained(section(&document, heading)), codes);
    }
    assert_eq!(explained(&document).iter().filter(|cell| cell.contains("-log-")).count(), job_log::CODES.len());
}

#[test]
fn every_finding_of_diagnose_has_a_page_and_a_line_in_the_index() {
    let pages = kept("docs/findings");
    let names: BTreeSet<&str> =
        pages.iter().filter_map(|p| p.file_stem()?.to_str()).filter(|n| !matches!(*n, "README" | "logs")).collect();
    assert_eq!(names, known(diagnosis::CODES));
    let index = text("docs/findings/README.md");
    let (_, findings) = index.split_once("## The findings").expect("the index has its table");
    let linked: BTreeSet<&str> =
        findings.lines().filter_map(|line| line.strip_prefix("| [`")?.split_once('`')).map(|(code, _)| code).collect();
    assert_eq!(linked, known(diagnosis::CODES));
}

#[test]
fn pages_of_findings_answer_the_same_questions() {
    for code in diagnosis::CODES {
        let page = text(&format!("docs/findings/{code}.md"));
        assert!(page.starts_with(&format!("# `{code}`\n")), "{code}: another title");
        for part in ["**Weight:** ", "## What it is", "## How it is established", "## What to do"] {
            assert!(page.contains(part), "{code} does not say: {part}");
        }
    }
}

#[test]
fn exit_codes_are_explained_in_their_own_words() {
    let document = text("docs/exit-codes.md");
    let rows: Vec<(u8, String)> = document
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .filter_map(|(code, rest)| Some((code.parse().ok()?, rest.split(" | ").next()?.to_owned())))
        .collect();
    assert_eq!(rows, Exit::ALL.map(|(exit, meaning)| (exit.code(), meaning.to_owned())));
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut folders = vec![
        root().to_owned(),
        root().join("docs"),
        root().join("docs/findings"),
        root().join("docs/hazards"),
        root().join("docs/findings"),
        root().join("docs/rbac"),
        root().join("docs/schema"),
    ];
    let mut broken = Vec::new();
    let link = regex_lite::Regex::new(r"\]\(([^)#:]+)(?:#[^)]*)?\)").expect("a regular expression");
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(&folder).expect("a folder").map(|e| e.expect("an entry").path()) {
            if file.extension().is_some_and(|e| e == "md") {
                let text = std::fs::read_to_string(&file).expect("text");
                let targets = link.captures_iter(&text).map(|c| c[1].to_owned());
                broken.extend(targets.filter(|t| !folder.join(t).exists()).map(|t| format!("{}: {t}", file.display())));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The promises name their tests as `file`: `test`, `test`; a name that is gone holds nothing any more.
#[test]
fn the_tests_that_hold_the_promises_exist() {
    let page = text("docs/how-it-works.md");
    let (_, promises) = page.split_once("## Five promises").expect("the section");
    let promises = promises.split("\n## ").next().expect("a section");
    let sections: Vec<&str> = promises.split("\n### ").skip(1).collect();
    assert_eq!(sections.len(), 5, "promises");
    for section in sections {
        let items: Vec<Vec<&str>> = section.split("\n- ").skip(1).map(|i| i.split('`').skip(1).step_by(2).collect()).collect();
        assert!(items.len() > 1, "too few tests: {section}");
        for item in items {
            let (path, names) = item.split_first().expect("a file");
            let source = text(path);
            assert!(!names.is_empty(), "{path}: no test is named");
            for name in names {
                let test = source.split(&format!("fn {name}()")).next().filter(|before| before.len() < source.len());
                let marked = test.is_some_and(|before| before.trim_end().rsplit("\n\n").next().unwrap_or("").contains("test"));
                assert!(marked, "{path} has no test {name}");
            }
        }
    }
}

/// Every page can be reached in the book, under a line of its own.
#[test]
fn every_page_is_in_the_summary() {
    let summary = text("docs/SUMMARY.md");
    let named: Vec<&str> = summary.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    let listed: BTreeSet<&str> = named.iter().copied().collect();
    assert_eq!(listed.len(), named.len(), "a page is there twice");
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").map(|e| e.expect("an entry").path()) {
            let page = entry.strip_prefix(root().join("docs")).expect("below docs").to_string_lossy().replace('\\', "/");
            if entry.is_dir() {
                folders.push(entry);
            } else if page.ends_with(".md") && page != "SUMMARY.md" {
                assert!(listed.contains(page.as_str()), "docs/SUMMARY.md does not name {page}");
            }
        }
    }
}

/// Modules below a folder of the sources, by the names that stand in the code map.
fn modules(folder: &str) -> BTreeSet<String> {
    let names = kept(folder).into_iter().filter_map(|p| p.file_name()?.to_str().map(str::to_owned));
    let names: BTreeSet<String> = names.filter(|name| !matches!(name.as_str(), "mod.rs" | "tests.rs")).collect();
    // A module of one file and a folder is one module.
    names.iter().filter(|name| !name.strip_suffix(".rs").is_some_and(|n| names.contains(n))).cloned().collect()
}

#[test]
fn the_code_map_names_every_module() {
    let map = text("docs/code-map.md");
    for layer in ["api", "domain", "remote", "gather", "ui", "commands", "drill"] {
        let (_, rest) = map.split_once(&format!("## `src/{layer}/`")).unwrap_or_else(|| panic!("no section for {layer}"));
        let named = explained(rest.split("\n## ").next().unwrap_or(rest));
        assert_eq!(named, modules(&format!("src/{layer}")).iter().map(String::as_str).collect(), "src/{layer}");
    }
}

fn commands() -> clap::Command {
    use clap::CommandFactory;
    let mut command = kubectl_openbao::cli::Cli::command();
    command.build();
    command
}

/// Every long flag of a command and of those below it.
fn flags(command: &clap::Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(|a| a.get_long()).map(|long| format!("--{long}"));
    own.chain(command.get_subcommands().flat_map(flags)).collect()
}

#[test]
fn the_readme_names_every_command() {
    let readme = text("README.md");
    for command in commands().get_subcommands().filter(|c| !c.is_hide_set()) {
        let name = command.get_name();
        assert!(readme.lines().any(|l| l.starts_with("| `") && l.contains(&format!("`{name}"))), "{name} is not in the table");
    }
}

/// Flags of other programs stand in command lines of those programs.
#[test]
fn documents_name_only_flags_that_exist() {
    let known = flags(&commands());
    let flag = regex_lite::Regex::new(r"--[a-z][a-z-]+").expect("a regular expression");
    let other =
        regex_lite::Regex::new(r"cargo |tests/run|benches/|release/|sha256sum |\bgh |kubectl (?:[^o]|-n)").expect("a regular expression");
    let pages =
        ["docs", "docs/hazards", "docs/findings", "docs/runbooks"].into_iter().flat_map(kept).chain([root().join("README.md")]);
    let mut unknown = Vec::new();
    for page in pages.filter(|p| p.extension().is_some_and(|e| e == "md")) {
        let text = std::fs::read_to_string(&page).expect("text");
        for line in text.lines().filter(|line| !other.is_match(line)) {
            let named = flag.find_iter(line).map(|found| found.as_str()).filter(|f| !known.contains(*f));
            unknown.extend(named.map(|f| format!("{}: {f}", page.display())));
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}
