//! Consent on a terminal: what is asked, what is typed, what follows from it.

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::server::{Act, Fault};
use serde_json::Value;

use crate::support::{Person, Pty, scenario, until};

fn begun(person: &Person, more: &[&str]) -> Pty {
    let args = person.restore(&[&["--no-follow"], more].concat());
    person.on_terminal(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

fn only_restore(person: &Person) -> Value {
    let names = person.created();
    let [name] = &names[..] else { panic!("not exactly one restore: {names:?}") };
    Value::clone(&person.range.server().store().get("openbaorestores", "bao", name).expect("it was just listed"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_name_typed_exactly_goes_on() {
    let person = scenario("restore", Play::Jan).await;
    let mut terminal = begun(&person, &[]);
    terminal.expect("This replaces everything in the cluster with a snapshot.");
    assert_eq!(terminal.phrase(), "prod");
    assert!(person.writes().is_empty(), "nothing is written before consent");
    terminal.line("prod");
    let (code, text) = terminal.end();
    assert_eq!((code, person.writes().len()), (0, 1), "{text}");
    let restore = only_restore(&person);
    assert_eq!(restore["spec"]["source"]["key"], person.key().as_str());
    assert_ne!(restore["spec"]["overrideOperationLock"], true);
    assert!(text.contains(restore["metadata"]["name"].as_str().expect("a name")), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anything_else_typed_ends_it() {
    let person = scenario("restore", Play::Jan).await;
    for typed in ["", "y", "yes", "Prod", "prod ", " prod", "bao/prod"] {
        let mut terminal = begun(&person, &[]);
        terminal.phrase();
        terminal.line(typed);
        let (code, text) = terminal.end();
        assert_eq!(code, 5, "{typed:?}: {text}");
        assert!(text.contains("not confirmed: the phrase does not match"), "{typed:?}: {text}");
        person.assert_nothing_written(&text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_override_asks_for_the_reason_and_keeps_it() {
    let person = scenario("stuck-lock", Play::Jan).await;
    let mut terminal = begun(&person, &["--override-lock"]);
    terminal.expect("Why are you overriding the lock?");
    terminal.expect("> ");
    terminal.line("INC-7: backup lock leaked");
    let asked = terminal.phrase();
    assert!(asked.starts_with("restore bao/prod from 20") && asked.ends_with('Z'), "{asked}");
    terminal.line(&asked);
    let (code, text) = terminal.end();
    assert_eq!(code, 0, "{text}");
    let restore = only_restore(&person);
    let annotations = &restore["metadata"]["annotations"];
    assert_eq!(annotations["cli.openbao.org/reason"], "INC-7: backup lock leaked");
    assert_eq!(annotations["cli.openbao.org/requested-by"], "oncall");
    assert_eq!(annotations["cli.openbao.org/overridden-lock"], "operation=Backup holder=openbaocluster/backup");
    assert_eq!((&restore["spec"]["overrideOperationLock"], &restore["spec"]["force"]), (&true.into(), &true.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_override_without_a_reason_ends() {
    let person = scenario("stuck-lock", Play::Jan).await;
    let mut terminal = begun(&person, &["--override-lock"]);
    terminal.expect("Why are you overriding the lock?");
    terminal.line("  ");
    let asked = terminal.phrase();
    terminal.line(&asked);
    let (code, text) = terminal.end();
    assert_eq!(code, 5, "{text}");
    person.assert_nothing_written(&text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_lock_asks_for_the_leaders_name_too() {
    let person = scenario("live-lock", Play::V05).await;
    let mut terminal = begun(&person, &["--override-lock", "--reason", "r"]);
    let plan = terminal.expect("To go on");
    assert!(plan.contains("override-live-upgrade") && plan.contains("DANGER"), "{plan}");
    terminal.expect(", type exactly:  ");
    let asked = terminal.expect("\r\n");
    let leader = person.range.world().cluster("bao", "prod").and_then(|c| c.leader).expect("a leader");
    assert!(asked.trim_end().ends_with(&format!(" while {leader} leads")), "{asked}");
    // What the runbook of a stale lock says is not enough here.
    let (usual, _) = asked.split_once(" while ").expect("just seen");
    terminal.line(usual);
    let (code, text) = terminal.end();
    assert_eq!(code, 5, "{text}");
    person.assert_nothing_written(&text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_clusters_are_offered_on_a_terminal() {
    let person = scenario("restore", Play::Jan).await;
    person.range.load([serde_json::json!({
        "apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoCluster", "metadata": {"name": "aaa", "namespace": "bao"}, "spec": {},
    })]);
    let key = person.key();
    let mut terminal = person.on_terminal(&["restore", "--key", &key, "--no-follow"]);
    terminal.expect("Which cluster in namespace bao?");
    terminal.expect("prod");
    // Down one, and take it.
    terminal.keys("\u{1b}[B");
    terminal.keys("\r");
    assert_eq!(terminal.phrase(), "prod");
    terminal.keys("\u{3}");
    let (code, text) = terminal.end();
    assert_eq!(code, 130, "{text}");
    person.assert_nothing_written(&text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn second_thoughts_after_the_phrase_are_heard() {
    let person = scenario("restore", Play::Jan).await;
    let mut terminal = begun(&person, &[]);
    terminal.phrase();
    // The second look never comes to an end.
    let hits = person.range.server().faults().add(Fault::new(Act::Stall).method("GET").path("/openbaoclusters/prod"));
    terminal.line("prod");
    until("the second look", || hits.count() > 0).await;
    terminal.keys("\u{3}");
    let (code, text) = terminal.end();
    assert_eq!(code, 130, "{text}");
    assert!(text.contains("interrupted; nothing was written"), "{text}");
    person.assert_nothing_written(&text);
}

/// The command of the README as it stands, with no further argument: the person chooses among what is known.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_key_a_person_chooses_among_the_known_snapshots() {
    let person = scenario("stuck-lock", Play::Jan).await;
    let mut terminal = person.on_terminal(&["restore", "--override-lock", "--no-follow"]);
    terminal.expect("Which snapshot?");
    terminal.expect(&person.key());
    terminal.line("");
    terminal.expect("Why are you overriding the lock?");
    terminal.expect("> ");
    terminal.line("INC-7");
    let asked = terminal.phrase();
    terminal.line(&asked);
    let (code, text) = terminal.end();
    assert_eq!(code, 0, "{text}");
    assert_eq!(only_restore(&person)["spec"]["source"]["key"], person.key().as_str());
}

/// What lies in the bucket is offered newest first, with how it looks; without a way into it what the cluster names.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_buckets_own_list_is_offered_with_how_each_looks() {
    let person = scenario("stuck-lock", Play::Jan).await;
    let store = person.range.s3().expect("the range has a store");
    let page = "bao/prod/2099-01-02T03-04-05Z-00000001.snap";
    store.put("backups", page, b"<html>404</html>".as_slice());
    let mut terminal = person.on_terminal(&["restore", "--override-lock"]);
    terminal.expect("Which snapshot? (all that lie in the bucket)");
    terminal.expect("16 B  not a snapshot   ");
    terminal.expect(page);
    terminal.expect("looks complete   ");
    terminal.expect(&person.key());
    terminal.keys("\u{1b}");
    let (code, text) = terminal.end();
    assert_eq!(code, 5, "{text}");

    store.edit("backups", |bucket| bucket.list_denied = true);
    let mut terminal = person.on_terminal(&["restore", "--override-lock"]);
    terminal.expect("Which snapshot? (the bucket was not listed: ");
    terminal.expect("these are named by the cluster and its Jobs)");
    terminal.expect(&person.key());
    terminal.keys("\u{1b}");
    let (code, text) = terminal.end();
    assert_eq!(code, 5, "{text}");
    assert!(!text.contains(page), "{text}");
    person.assert_nothing_written(&text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn choosing_no_snapshot_writes_nothing() {
    let person = scenario("stuck-lock", Play::Jan).await;
    let mut terminal = person.on_terminal(&["restore", "--override-lock"]);
    terminal.expect("Which snapshot?");
    terminal.expect(&person.key());
    terminal.keys("\u{1b}");
    let (code, text) = terminal.end();
    assert_eq!(code, 5, "{text}");
    person.assert_nothing_written(&text);
}
