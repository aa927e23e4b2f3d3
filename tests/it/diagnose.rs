//! `diagnose`: found without being told where, right for the generation, in every form, never writing.

use kubectl_openbao::drill::Play;
use serde_json::Value;

use crate::support::{Person, Ran, scenario};

async fn asked(person: &Person, args: &[&str]) -> Ran {
    person.run(&[&["diagnose"], args].concat()).await
}

async fn document(person: &Person, args: &[&str]) -> Value {
    let ran = asked(person, &[args, &["-o", "json"]].concat()).await;
    serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran}"))
}

fn has(document: &Value, code: &str) -> bool {
    document["findings"].as_array().is_some_and(|all| all.iter().any(|f| f["code"] == code))
}

/// The command of the issue, with no further argument: the cluster, the Job, its log and the verdict are found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passed_failure_is_a_retry_where_that_destroys_nothing() {
    let person = scenario("failed-rollback", Play::V04).await;
    person.range.server().clear_requests();
    let ran = asked(&person, &["rollback"]).await;
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.out.contains("Verdict: retry") && ran.out.contains("upgrade-log-no-leader-for-repair"), "{ran}");
    assert!(ran.out.contains("A  retry") && ran.out.contains("kubectl openbao resolve prod -n bao --path retry"), "{ran}");
    assert!(ran.err.contains("the only one in the namespace"), "{ran}");
    assert!(person.requests().iter().all(|r| r.method == "GET" || r.path.contains("portforward")), "it only reads");
    let markdown = asked(&person, &["rollback", "prod", "-o", "markdown"]).await;
    assert!(markdown.out.starts_with("## prod in namespace bao") && markdown.out.contains("**Verdict: retry**"), "{markdown}");
    assert!(!markdown.out.contains('<'), "no raw HTML: {markdown}");
    let found = document(&person, &[]).await;
    assert_eq!((&found["kind"], &found["verdict"], &found["subject"]), (&"Diagnosis".into(), &"retry".into(), &"all".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_jan_nobody_is_told_to_acknowledge() {
    let person = scenario("failed-rollback", Play::Jan).await;
    let ran = asked(&person, &["rollback", "prod"]).await;
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.out.contains("do not acknowledge yet") && ran.out.contains("ack-removes-blue-peers"), "{ran}");
    assert!(!ran.out.contains("Verdict: retry"), "{ran}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quorum_lost_under_a_green_status_is_the_headline() {
    let person = scenario("path-b-trap", Play::V05).await;
    let found = document(&person, &["rollback"]).await;
    assert!(has(&found, "quorum-lost") && has(&found, "status-out-of-date"), "{found:#}");
    assert_eq!(found["verdict"], "not-enough-evidence", "a restore finds no leader either");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_cluster_ends_with_0_and_a_stuck_lock_is_explained() {
    let person = scenario("restore", Play::V04).await;
    let ran = asked(&person, &["prod"]).await;
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.out.contains("nothing found wrong"), "{ran}");
    let person = scenario("stuck-lock", Play::Jan).await;
    let found = document(&person, &["lock"]).await;
    assert!(has(&found, "lock-stale") && found["headline"].as_str().is_some_and(|h| h.contains("Backup lock")), "{found:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_subject_is_one_clear_line() {
    let person = scenario("restore", Play::V04).await;
    let ran = asked(&person, &["rolback", "prod"]).await;
    assert_eq!(ran.code, Some(2), "{ran}");
    ran.assert_says(&["rolback is nothing", "did you mean: kubectl openbao diagnose rollback prod"]);
    let ran = asked(&person, &["everything", "prod"]).await;
    ran.assert_exit(2).assert_says(&["everything is nothing", "rollback, lock, restore or all"]);
    // One word may be a cluster's name, and is looked for first.
    let ran = asked(&person, &["rolback"]).await;
    ran.assert_exit(7).assert_says(&["no OpenBaoCluster rolback", "did you mean: kubectl openbao diagnose rollback"]);
    let ran = asked(&person, &["prd"]).await;
    assert_eq!(ran.code, Some(7), "{ran}");
    assert!(!ran.err.contains("did you mean"), "{ran}");
}

/// On a terminal the ways that can be taken are offered; no answer and any other answer carry nothing out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_is_offered_the_next_step_and_none_is_one() {
    let person = scenario("failed-rollback", Play::V04).await;
    for (typed, exit) in [("none\n", 3), ("\n", 3), ("B\n", 3), ("\u{4}", 3)] {
        let mut terminal = person.on_terminal(&["diagnose", "rollback"]);
        terminal.expect("Which one do you want to carry out? [A/C/none]");
        terminal.keys(typed);
        let (code, text) = terminal.end();
        assert_eq!(code, exit, "{typed:?}: {text}");
        person.assert_nothing_written(&text);
    }
    let mut terminal = person.on_terminal(&["diagnose", "rollback"]);
    terminal.expect("[A/C/none]");
    terminal.line("A");
    terminal.expect("Acknowledge break glass of bao/prod? [y/N]");
    terminal.line("n");
    let (code, text) = terminal.end();
    assert_eq!(code, 5, "{text}");
    person.assert_nothing_written(&text);
}

/// What an expert would answer in each incident of the range, by generation: the verdict, and a finding it names.
#[rustfmt::skip]
const EXPERT: &[(&str, &[Play], &str, &str)] = &[
    ("failed-rollback", &[Play::V04, Play::V05, Play::Next], "retry", "cause-passed"),
    // The installed clean-up would take Blue away, and this executor cannot restore a blue/green cluster.
    ("failed-rollback", &[Play::Jan], "not-enough-evidence", "restore-blind-to-blue-green"),
    ("diverged-rollback", &[Play::V04, Play::V05, Play::Next], "restore", "failed-again"),
    ("cleanup-failed", &[Play::V04, Play::V05, Play::Next], "retry", "blue-repaired"),
    // The data is in Green, and every way of the operator leads back to Blue.
    ("green-leads", &[Play::Jan, Play::V04, Play::V05, Play::Next], "not-enough-evidence", "leader-seen"),
    ("path-b-trap", &[Play::Jan, Play::V04, Play::V05, Play::Next], "not-enough-evidence", "quorum-lost"),
    ("removed-leader", &[Play::Jan], "nothing-to-do", "blue-peers-removed"),
    ("upgrade-loop", &[Play::Jan], "nothing-to-do", "upgrade-under-way"),
    ("sealed-after-restore", &[Play::Jan, Play::V04], "not-enough-evidence", "sealed"),
    ("unknown-outcome", &[Play::V05, Play::Next], "nothing-to-do", "restore-unknown"),
    ("operator-dead", &[Play::Jan, Play::Next], "nothing-to-do", "operator-down"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_incident_gets_the_verdict_an_expert_would_give() {
    let mut wrong = Vec::new();
    for (name, plays, verdict, code) in EXPERT {
        for play in *plays {
            let person = scenario(name, *play).await;
            let found = document(&person, &["all", "prod"]).await;
            if found["verdict"] != *verdict || !has(&found, code) {
                let codes: Vec<&Value> = found["findings"].as_array().into_iter().flatten().map(|f| &f["code"]).collect();
                wrong.push(format!(
                    "{name} on {play:?}: {} instead of {verdict}, with {codes:?} (wanted {code})",
                    found["verdict"]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
