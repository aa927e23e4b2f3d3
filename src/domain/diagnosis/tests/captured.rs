//! Objects of the real JAN operator (tests/data/captured).

use super::*;
use crate::api::restore::Restore;
use crate::domain::diagnosis::{Confidence, Path, Verdict};

fn object(file: &str) -> Value {
    let path = format!("{}/tests/data/captured/objects/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn items(file: &str) -> Vec<Value> {
    object(file)["items"].as_array().expect("a list").clone()
}

fn of_cluster(file: &str, now: &str) -> Evidence {
    let mut evidence = Evidence {
        observed_at: at(now),
        restores: Item::present(vec![]),
        jobs: Item::present(vec![]),
        pods: Item::present(vec![]),
        lease: Item::present(Lease { renewed_at: Some(at(now)), duration_seconds: Some(15), ..Lease::default() }),
        ..Evidence::default()
    };
    set_cluster(&mut evidence, &object(file));
    evidence
}

/// The section of a transcript that a command's heading begins.
fn transcript(file: &str, heading: &str) -> String {
    let path = format!("{}/tests/data/captured/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let (_, rest) = text.split_once(heading).unwrap_or_else(|| panic!("{file} has no {heading}"));
    let rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    rest.split("\n## ").next().unwrap_or(rest).to_owned()
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).expect("YAML")
}

/// Path B, two minutes later: Green deleted without a repair, quorum lost, status green (18-path-b.txt).
fn path_b() -> Evidence {
    let mut evidence = of_cluster("cluster-bg2-quorum-lost-after-path-b.yaml", "2026-11-21T01:08:55Z");
    let pods = ["bg2-89b324081ed019e8-0", "bg2-89b324081ed019e8-1", "bg2-89b324081ed019e8-2"];
    evidence.pods = Item::present(pods.iter().map(|name| pod(name, true, false, false)).collect());
    evidence.jobs = Item::present(vec![Job::read(&object("job-upgrade-bg2-bluegreen-repair-consensus-814ad6cc3e.yaml"))]);
    evidence
}

fn removed_leader() -> Evidence {
    let mut evidence = of_cluster("cluster-bg-two-leader-labels.yaml", "2026-11-21T01:38:00Z");
    evidence.pods = Item::present(items("pods-bg-removed-leader.yaml").iter().map(Pod::read).collect());
    evidence
}

fn foreign_snapshot() -> Evidence {
    let mut evidence = of_cluster("cluster-prod-status-after-foreign-snapshot.yaml", "2026-11-21T02:10:00Z");
    evidence.pods = Item::present(items("pods-prod-sealed-by-foreign-snapshot.yaml").iter().map(Pod::read).collect());
    evidence.restores = Item::present(vec![Restore::read(&object("restore-s1-foreign-completed.yaml"))]);
    evidence
}

/// The first break glass of `bg`, with the repair's log as the executor wrote it (10 and 11).
fn break_glass() -> Evidence {
    let mut evidence = of_cluster("cluster-prod.yaml", "2026-11-21T00:48:30Z");
    set_cluster(&mut evidence, &yaml(&transcript("10-bluegreen-breakglass.txt", "00:47:53Z $ kn get baoc bg -o yaml")));
    let job = transcript("10-bluegreen-breakglass.txt", "kn get job upgrade-bg-bluegreen-repair-consensus-23252c2bc7 -o yaml");
    evidence.jobs = Item::present(vec![Job::read(&yaml(&job))]);
    let log = transcript("11-bluegreen-job-logs.txt", "kn logs job/upgrade-bg-bluegreen-repair-consensus-23252c2bc7");
    say(&mut evidence, REPAIR, &log);
    let names = ["bg-89b324081ed019e8-0", "bg-89b324081ed019e8-1", "bg-89b324081ed019e8-2", "bg-0831866ab392f5ef-0"];
    evidence.pods = Item::present(names.iter().map(|n| pod(n, true, false, *n == names[0])).collect());
    evidence
}

pub(super) fn situations() -> Vec<(&'static str, Evidence)> {
    let asked = |mut evidence: Evidence| {
        ask_all(&mut evidence);
        evidence
    };
    vec![
        ("path b", path_b()),
        ("path b, asked", asked(path_b())),
        ("removed leader", removed_leader()),
        ("removed leader, asked", asked(removed_leader())),
        ("foreign snapshot", foreign_snapshot()),
        ("foreign snapshot, asked", asked(foreign_snapshot())),
        ("first break glass", break_glass()),
        ("stale backup lock", of_cluster("cluster-noauth2-stale-backup-lock.yaml", "2026-11-21T01:00:00Z")),
        ("after a good upgrade", of_cluster("cluster-bg3-after-successful-upgrade.yaml", "2026-11-21T01:20:00Z")),
    ]
}

#[test]
fn quorum_lost_while_everything_looks_green_is_seen() {
    let mut evidence = path_b();
    let found = ask(&evidence);
    assert!(has(&found, "quorum-lost") && has(&found, "status-out-of-date"), "{:?}", codes(&found));
    assert!(found.needs_attention() && found.headline.contains("quorum is lost"), "{}", found.headline);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence, "no snapshot is known here");
    edit_status(&mut evidence, |s| s["backup"]["lastBackupName"] = json!("bao/bg2/2026-11-21T00-41-19Z-b397e37b.snap"));
    let found = ask(&evidence);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence, "a restore finds no leader, whatever snapshot is known");
    assert!(found.way(Path::Restore).is_some_and(|w| !w.possible), "{:?}", found.ways);
    let commands: Vec<&str> = found.next.iter().map(|n| n.command.as_str()).collect();
    assert!(commands[0].contains("\"paused\":true") && commands[1].ends_with("get pvc"), "{commands:?}");
    assert!(commands.iter().all(|c| !c.contains("operationLock")), "no lock is taken away: {commands:?}");
    let restore = found.way(Path::Restore).and_then(|w| w.why_not.clone()).unwrap_or_default();
    assert!(restore.contains("quorum is lost") && !restore.contains("by hand"), "a standby may seal itself: {restore}");
}

fn edit_status(evidence: &mut Evidence, change: impl Fn(&mut Value)) {
    let mut cluster = object("cluster-bg2-quorum-lost-after-path-b.yaml");
    change(&mut cluster["status"]);
    set_cluster(evidence, &cluster);
    evidence.generation = Generation { schema: None, operator: None };
    evidence.generation.schema = Some(jan_schema());
}

fn jan_schema() -> crate::api::generation::SchemaFacts {
    let mut facts = crate::api::generation::SchemaFacts::default();
    facts.restore_spec.extend(["overrideOperationLock", "source.target.provider", "image"].map(str::to_owned));
    facts.break_glass_reasons = 1;
    facts
}

#[test]
fn a_clean_up_that_removes_blue_is_danger_now() {
    let found = ask(&removed_leader());
    assert!(has(&found, "blue-peers-removed"), "{:?}", codes(&found));
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence);
    assert!(found.next.iter().any(|n| n.command.contains("\"paused\":true")), "{:?}", found.next);
}

#[test]
fn servers_sealed_under_a_completed_restore_are_the_headline() {
    let found = diagnose(&foreign_snapshot(), Subject::All).expect("a diagnosis");
    assert!(found.headline.contains("sealed"), "{}", found.headline);
    assert_ne!(found.verdict, Verdict::NothingToDo);
    assert!(found.findings.iter().any(|f| f.code == "sealed" && f.text.contains("another key")), "{:?}", found.findings);
}

#[test]
fn the_real_first_break_glass_is_not_to_be_acknowledged_on_jan() {
    let mut evidence = break_glass();
    evidence.generation = Generation { schema: Some(jan_schema()), operator: None };
    let found = ask(&evidence);
    assert_eq!((found.verdict, found.confidence), (Verdict::NotEnoughEvidence, Confidence::Low));
    assert!(found.headline.contains("do not acknowledge yet"), "{}", found.headline);
    let cause = found.findings.iter().find(|f| f.code == "upgrade-log-no-leader-for-repair").expect("the cause is named");
    assert!(cause.source.contains("log line 3"), "{}", cause.source);
    assert!(found.happened.iter().any(|m| m.text.contains("break glass")), "{:?}", found.happened);
}

#[test]
fn the_leaked_backup_lock_is_stale_and_its_ways_are_real() {
    let found =
        diagnose(&of_cluster("cluster-noauth2-stale-backup-lock.yaml", "2026-11-21T03:00:00Z"), Subject::Lock).expect("one");
    let lock = found.findings.iter().find(|f| f.code.starts_with("lock-")).expect("a lock");
    assert_eq!(lock.code, "lock-stale", "{lock:?}");
    assert!(
        lock.next[0].command.ends_with("get jobs -l openbao.org/cluster=noauth2,openbao.org/component=backup"),
        "{:?}",
        lock.next
    );
    assert!(lock.next[1].command.contains("/status/operationLock/acquiredAt"), "a fresh lock is another one: {:?}", lock.next);
}
