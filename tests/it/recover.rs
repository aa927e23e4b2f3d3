//! A restore whose outcome is unknown, settled by the process on both generations that have one.

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::server::{Act, Fault};
use serde_json::{Value, json};

use crate::rbac::{Grant, grants};
use crate::support::{Person, Ran, reviewed, scenario, until};

const NAME: &str = "colleague-0312";

async fn unknown(play: Play) -> Person {
    scenario("unknown-outcome", play).await
}

/// `recover` with everything its plan asks of a script.
async fn settled(person: &Person, decision: &str) -> Ran {
    let ran = person.run(&["recover", NAME, decision, "--dry-run", "-o", "json"]).await;
    let plan: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("no plan: {e}\n{ran}"));
    person.assert_nothing_written(&ran);
    let mut args = vec!["recover", NAME, decision, "--settle", "1s", "--confirm"];
    args.push(plan["consent"]["phrase"].as_str().expect("a phrase"));
    for code in plan["consent"]["accept"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        args.extend(["--accept", code]);
    }
    person.run(&args).await
}

fn stored(person: &Person, plural: &str, name: &str) -> Value {
    person.range.server().store().get(plural, "bao", name).map_or(Value::Null, |object| Value::clone(&object))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_next_resume_restarts_the_servers_and_frees_the_lock() {
    let person = unknown(Play::Next).await;
    let ran = settled(&person, "--resume").await;
    ran.assert_exit(0);
    let restore = stored(&person, "openbaorestores", NAME);
    assert_eq!(restore["status"]["administratorDisposition"], "Resume", "{ran}");
    assert_eq!(
        stored(&person, "openbaoclusters", "prod")["status"].get("operationLock").and_then(|l| l.get("holder")),
        None,
        "{ran}"
    );
    assert_eq!(person.writes().len(), 1, "{ran}");
    let trail: Value =
        serde_json::from_str(restore["metadata"]["annotations"]["cli.openbao.org/recovered"].as_str().expect("a trail"))
            .expect("JSON");
    assert_eq!(trail["by"], "oncall");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_next_abandon_pauses_and_frees_the_lock() {
    let person = unknown(Play::Next).await;
    let ran = settled(&person, "--abandon").await;
    ran.assert_exit(0).assert_says(&["kubectl -n bao patch openbaocluster prod"]);
    assert_eq!(stored(&person, "openbaoclusters", "prod")["spec"]["paused"], true, "{ran}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_05_resume_verifies_and_deletes() {
    let person = unknown(Play::V05).await;
    let ran = settled(&person, "--resume").await;
    ran.assert_exit(0);
    assert_eq!(stored(&person, "openbaorestores", NAME), Value::Null, "{ran}");
    assert_eq!(
        stored(&person, "openbaoclusters", "prod")["status"].get("operationLock").and_then(|l| l.get("holder")),
        None,
        "{ran}"
    );
    let [delete] = &person.writes()[..] else { panic!("not exactly one write: {ran}") };
    assert!(delete.method == "DELETE" && delete.json()["preconditions"]["uid"].is_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_cluster_is_not_resumed() {
    let person = unknown(Play::Next).await;
    person.edit_cluster(|cluster| cluster["spec"]["paused"] = json!(true));
    person.refused(&["recover", NAME, "--resume"], "recover-resume-while-paused").await.assert_exit(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_cannot_be_asked_are_not_called_well() {
    let person = unknown(Play::V05).await;
    let denied = Act::Status { code: 403, retry_after: None };
    person.range.server().faults().add(Fault::new(denied).path("/portforward"));
    person.refused(&["recover", NAME, "--resume"], "recover-delete-unverified").await.assert_exit(4);
    let ran = person.run(&["recover", NAME, "--abandon", "--confirm", "abandon colleague-0312"]).await;
    ran.assert_exit(5).assert_says(&["hazards are not accepted: unknown-delete-unverified"]);
    person.assert_nothing_written(&ran);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_input_is_refused_and_writes_nothing() {
    let person = unknown(Play::Next).await;
    person.refused(&["recover", "nobody", "--resume"], "recover-nobody").await.assert_exit(7);
    person.refused(&["recover", NAME, "--resume"], "recover-without-consent").await.assert_exit(5);
    let ran = person.run(&["recover", NAME]).await;
    ran.assert_exit(2);
    let ran = person.run(&["recover", NAME, "--resume", "--confirm", "abandon colleague-0312"]).await;
    ran.assert_exit(5);
    person.assert_nothing_written(&ran);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_taken_by_somebody_else_meanwhile_is_not_taken_again() {
    let person = unknown(Play::Next).await;
    let store = person.range.server().store().clone();
    // Between the question and the answer: just before the write is tried out.
    let decided = move |_: &_| {
        store.edit("openbaorestores", "bao", NAME, |r| r["status"]["administratorDisposition"] = json!("Abandon"));
        false
    };
    person.range.server().faults().add(Fault::new(Act::CutBefore).method("PATCH").path(NAME).dry_run().when(decided));
    let ran = person.run(&["recover", NAME, "--resume", "--confirm", "resume colleague-0312"]).await;
    ran.assert_exit(8);
    person.assert_nothing_written(&ran);
    reviewed("recover-changed-meanwhile", &ran.failure());
}

/// What a person with these rights gets to see and to have accepted by the API server, without anything being written.
async fn sight(person: &Person, name: &str, given: &[Grant]) -> Vec<String> {
    for grant in given {
        person.range.server().allow_in(&grant.namespace, name, json!([grant.rule]));
    }
    let plugin = person.as_person(name);
    let ran = plugin.run(&["recover", NAME, "--resume", "--dry-run=server", "-o", "json"]).await;
    let plan: Value = serde_json::from_str(&ran.out).unwrap_or_default();
    let passed = |check: &&Value| check["grade"] == "pass" || check["grade"] == "ok";
    let items = ["/checks", "/verification/items"].into_iter().filter_map(|at| plan.pointer(at)?.as_array());
    let mut all: Vec<String> = items.flatten().filter(passed).filter_map(|c| c["code"].as_str().map(str::to_owned)).collect();
    all.push(format!("exit {:?}, accept {}", ran.code, plan["consent"]["accept"]));
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_role_is_enough_and_none_of_its_rules_can_go() {
    let all = grants(&["recover"]);
    let of = |grant: &Grant, verb: &str| grant.rule["verbs"] == json!([verb]);
    for play in [Play::Next, Play::V05] {
        let person = unknown(play).await;
        // Deleting is 0.5's way; patching, and what the policy asks of whoever changes a restore, is NEXT's; so is the executor's end.
        let elsewhere = |grant: &Grant| match play {
            Play::Next => of(grant, "delete"),
            _ => {
                of(grant, "patch")
                    || of(grant, "restore")
                    || grant.rule["resourceNames"] == json!(["s3-creds"])
                    || grant.rule["resources"] == json!(["jobs"])
            }
        };
        let mut operator = grants(&["operator"]);
        // The colleague named an image: the policy asks everybody who changes such a restore for this as well.
        let image = json!({"apiGroups": ["openbao.org"], "resources": ["openbaoclusters"], "resourceNames": ["prod"], "verbs": ["usecustomexecutables"]});
        operator.push(Grant { namespace: "bao".into(), rule: image });
        let needed: Vec<Grant> = all.iter().filter(|grant| !elsewhere(grant)).cloned().collect();
        let whole = sight(&person, "with-all", &[&needed[..], &operator].concat()).await;
        assert!(whole.last().is_some_and(|end| end == "exit Some(0), accept []"), "{whole:?}");
        for left_out in 0..needed.len() {
            let mut rest = needed.clone();
            let gone = rest.remove(left_out);
            rest.extend(operator.clone());
            assert_ne!(
                sight(&person, &format!("without-{left_out}"), &rest).await,
                whole,
                "nothing is lost without {}",
                gone.rule
            );
        }
    }
}

/// What the decision does stands above the question; only the phrase itself sends it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_terminal_the_phrase_decides() {
    let person = unknown(Play::Next).await;
    for typed in ["y", "abandon colleague-0312", ""] {
        let mut terminal = person.on_terminal(&["recover", NAME, "--resume", "--settle", "1s"]);
        terminal.phrase();
        terminal.line(typed);
        let (code, text) = terminal.end();
        assert_eq!(code, 5, "{typed:?}: {text}");
        person.assert_nothing_written(&text);
    }
    let mut terminal = person.on_terminal(&["recover", NAME, "--resume", "--settle", "1s"]);
    let before = terminal.expect("restarts");
    assert!(before.contains(NAME), "{before}");
    let phrase = terminal.phrase();
    assert_eq!(phrase, "resume colleague-0312");
    assert!(person.writes().is_empty(), "nothing is written before consent");
    terminal.line(&phrase);
    let (code, text) = terminal.end();
    assert_eq!((code, person.writes().len()), (0, 1), "{text}");
    assert_eq!(stored(&person, "openbaorestores", NAME)["status"]["administratorDisposition"], "Resume", "{text}");
}

/// Second thoughts after the phrase, while it is looked again: nothing is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_after_the_phrase_is_heard() {
    let person = unknown(Play::Next).await;
    let mut terminal = person.on_terminal(&["recover", NAME, "--resume"]);
    let phrase = terminal.phrase();
    let stalled = Fault::new(Act::Stall).method("GET").path("/openbaorestores/colleague-0312");
    let hits = person.range.server().faults().add(stalled);
    terminal.line(&phrase);
    until("the second look", || hits.count() > 0).await;
    terminal.keys("\u{3}");
    let (code, text) = terminal.end();
    assert_eq!(code, 130, "{text}");
    person.assert_nothing_written(&text);
}
