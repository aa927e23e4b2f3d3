//! `docs/generations.md`: what it says of each generation is what the code says.

use std::collections::BTreeMap;

use kubectl_openbao::api::generation::{Generation, Tag};
use kubectl_openbao::gather::report;
use serde_json::json;

use super::root;

/// The columns of the table, as a report names the schema of each.
const COLUMNS: [(&str, &str); 9] = [
    ("P1", "P1"),
    ("P2", "P2"),
    ("P3", "P3"),
    ("P4", "P4"),
    ("JAN", "JAN"),
    ("0.1–0.3", "0.1"),
    ("0.4", "0.4"),
    ("0.5", "0.5"),
    ("NEXT", "NEXT"),
];

/// A row of the table and what the code says of it.
type Row = (&'static str, fn(&Generation) -> bool);

const ROWS: [Row; 15] = [
    ("An acknowledgement that goes well removes Blue's servers from Raft", Generation::ack_removes_blue_peers),
    ("The Upgrade lock stays behind after a rollback", Generation::rollback_leaks_upgrade_lock),
    ("The Backup lock stays behind in normal life", Generation::leaks_backup_locks),
    ("An override of the lock is recorded nowhere but by this tool", Generation::override_leaves_no_trace),
    ("One restore may submit its snapshot several times", Generation::submits_repeatedly),
    ("A Job deleted by hand is created again, and submits again", Generation::recreates_missing_job),
    ("A repeated upgrade takes the results of old Jobs for its own", Generation::reuses_executor_jobs),
    ("A clean-up that fails is break glass again", Generation::cleanup_failure_breaks_glass),
    ("Admission asks for the verb `restore` on the cluster", Generation::checks_restore_verb),
    ("A restore can end as `Unknown` and wait for a person", Generation::knows_unknown),
    ("A restore without `--force` has its keys checked by OpenBao", Generation::verifies_unforced),
    ("A rollback deletes Green's volumes too", Generation::rollback_deletes_green_claims),
    ("A restore that went well ends as `Unknown`, too", Generation::success_looks_unknown),
    ("The repair of Raft refuses when too few of Blue's servers are left", Generation::repair_checks_blue_quorum),
    ("An S3 target must name its endpoint", Generation::requires_endpoint),
];

fn page() -> String {
    std::fs::read_to_string(root().join("docs/generations.md")).expect("the page")
}

fn generation(name: &str) -> Generation {
    let document = json!({
        "apiVersion": "cli.openbao.org/v1", "kind": "Report", "formatVersion": report::FORMAT_VERSION,
        "observedAt": "2026-11-21T01:20:00Z", "namespace": "bao", "cluster": "prod", "schema": {"generation": name},
        "openbaocluster": {"metadata": {"name": "prod", "namespace": "bao"}},
    });
    let document = document.as_object().expect("an object");
    let read = report::of_document(document).unwrap_or_else(|why| panic!("{name}: {why}"));
    read.evidence().generation.clone()
}

/// The cells of a table's row.
fn cells(line: &str) -> Vec<&str> {
    line.trim().trim_matches('|').split('|').map(str::trim).collect()
}

#[test]
fn the_table_of_differences_is_what_the_code_says() {
    let page = page();
    let (_, rest) = page.split_once("## What differs").expect("the section");
    let table: Vec<Vec<&str>> =
        rest.split("\n## ").next().expect("a section").lines().filter(|l| l.starts_with('|')).map(cells).collect();
    assert_eq!(table[0][1..], COLUMNS.map(|(heading, _)| heading));
    let said: BTreeMap<&str, &[&str]> = table[2..].iter().map(|row| (row[0], &row[1..])).collect();
    assert_eq!(said.len(), ROWS.len(), "rows that the code knows nothing of, or two of the same");
    for (text, holds) in ROWS {
        let known = COLUMNS.map(|(_, name)| if holds(&generation(name)) { "yes" } else { "no" });
        assert_eq!(said.get(text).copied(), Some(known.as_slice()), "{text}");
    }
}

#[test]
fn every_generation_is_explained_by_its_name() {
    let page = page();
    let all = [Tag::P0, Tag::P1, Tag::P2, Tag::P3, Tag::P4, Tag::Jan, Tag::V01, Tag::V04, Tag::V05, Tag::Next];
    for tag in all {
        // A generation that is added has no arm here, and this does not compile.
        match tag {
            Tag::P0 | Tag::P1 | Tag::P2 | Tag::P3 | Tag::P4 | Tag::Jan | Tag::V01 | Tag::V04 | Tag::V05 | Tag::Next => {}
        }
        assert!(page.contains(&format!("\n| {} | ", tag.name())), "{}", tag.name());
    }
}

/// The marks in the page, in its order, lead to the generation that the page names.
#[test]
fn the_marks_of_the_page_are_those_of_the_schemas() {
    let page = page();
    let (_, rest) = page.split_once("## How it is detected").expect("the section");
    let rows: Vec<Vec<&str>> = rest.lines().filter(|l| l.starts_with("| has ")).map(cells).collect();
    let named: Vec<&str> = rows.iter().map(|row| row[1]).collect();
    assert_eq!(named, ["P0", "P1", "P2", "P3", "P4", "NEXT", "0.5", "0.4", "0.1–0.3", "JAN"]);
    for row in &rows {
        let name = if row[1] == "0.1–0.3" { "0.1" } else { row[1] };
        let known = generation(name);
        assert_eq!(known.schema_tag().map(Tag::name), Some(row[1]));
        let facts = known.schema.expect("a schema");
        let paths: Vec<&String> =
            facts.restore_spec.iter().chain(&facts.restore_status).chain(&facts.cluster_spec).chain(&facts.phases).collect();
        let has = |mark: &str| paths.iter().any(|path| *path == mark || path.ends_with(&format!(".{mark}")));
        let marks: Vec<&str> = row[0].split('`').skip(1).step_by(2).map(|mark| mark.trim_start_matches("status.")).collect();
        if row[0].starts_with("has no ") {
            assert!(marks.iter().all(|mark| !has(mark)), "{name}: {}", row[0]);
        } else if !marks.is_empty() {
            assert!(marks.iter().any(|mark| has(mark)), "{name}: {}", row[0]);
        }
    }
}
