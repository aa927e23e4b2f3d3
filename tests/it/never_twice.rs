//! A restore is created at most once, whatever happens to the request, and the tool says which it is.

use futures_util::future::join_all;
use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::server::{Act, Fault};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

use crate::support::{Person, Ran, reviewed, scenario, until};

/// Somebody with a healthy cluster whose operator does nothing, so that what is created stays as it is.
async fn frozen() -> Person {
    let person = scenario("restore", Play::Jan).await;
    person.range.operator().expect("the range has an operator").freeze();
    person
}

fn creates(person: &Person) -> usize {
    person.writes().iter().filter(|r| r.method == "POST" && r.path.ends_with("/openbaorestores")).count()
}

/// What becomes of a restore whose create meets this.
async fn create_meeting(act: Act) -> (Person, Ran) {
    let person = frozen().await;
    let mut args = person.consented(&[]).await;
    args.extend(["--deadline".into(), "2s".into()]);
    let fault = Fault::new(act).method("POST").path("/openbaorestores").real();
    let hits = person.range.server().faults().add(fault);
    let ran = person.plugin().run(&args).await;
    assert_eq!(hits.count(), 1, "{ran}");
    (person, ran)
}

fn status(code: u16, retry_after: Option<u32>) -> Act {
    Act::Status { code, retry_after }
}

fn answer(code: u16, content_type: &'static str, body: &str) -> Act {
    Act::Answer { code, content_type, body: body.to_owned() }
}

fn denied() -> Act {
    let message = "openbaorestores.openbao.org \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: not today";
    let status =
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid", "code": 422, "message": message});
    answer(422, "application/json", &status.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_meets_the_create_there_is_at_most_one_and_the_tool_says_which() {
    let cases = [
        ("cut-before", Act::CutBefore, 1, 0),
        ("cut-after", Act::CutAfter, 0, 1),
        ("stall", Act::Stall, 11, 0),
        ("stall-after", Act::StallAfter, 0, 1),
        ("truncated", Act::Truncate(100), 0, 1),
        ("no-json", answer(200, "text/html", "<html>hello</html>"), 1, 0),
        ("401", status(401, None), 6, 0),
        ("403", status(403, None), 6, 0),
        ("404", status(404, None), 7, 0),
        ("409", status(409, None), 8, 0),
        ("422", denied(), 4, 0),
        ("429", status(429, Some(1)), 1, 0),
        ("500", answer(500, "application/json", r#"{"kind":"Status","code":500,"message":"Internal error occurred: no"}"#), 1, 0),
        // The range's own 500 is etcd's time-out: the object may still come.
        ("500-of-etcd", status(500, None), 11, 0),
        ("503", status(503, Some(2)), 1, 0),
        ("504", status(504, None), 11, 0),
    ];
    let runs = cases.into_iter().map(|(name, act, exit, objects)| async move {
        let (person, ran) = create_meeting(act).await;
        assert_eq!(creates(&person), 1, "{name}: sent again: {ran}");
        let created = person.created();
        assert_eq!((ran.code, created.len()), (Some(exit), objects), "{name}: {ran}");
        match created.first() {
            Some(restore) => drop(ran.assert_says(&[&format!("created openbaorestore/{restore}\n")])),
            None => reviewed(&format!("create-{name}"), &ran.failure()),
        }
    });
    join_all(runs).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_lost_and_a_server_that_cannot_be_asked_is_unknown() {
    let person = frozen().await;
    let args = person.consented(&[]).await;
    let faults = person.range.server().faults();
    faults.add(Fault::new(Act::CutAfter).method("POST").path("/openbaorestores").real());
    faults.add(Fault::new(status(503, None)).method("GET").path("/openbaorestores/"));
    let ran = person.plugin().run(&args).await;
    assert_eq!((person.created().len(), creates(&person)), (1, 1), "{ran}");
    reviewed("create-unknown", &ran.failure());
    assert!(ran.err.contains(&person.created()[0]), "the name to look for is said: {ran}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_taken_by_somebody_else_is_not_taken_for_ours() {
    let person = frozen().await;
    let mut args = person.consented(&["--restore-name", "taken"]).await;
    let theirs = json!({"apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore",
        "metadata": {"name": "taken", "namespace": "bao", "annotations": {"cli.openbao.org/request-id": "another"}},
        "spec": {"cluster": "other", "source": {"key": "k", "target": {"bucket": "b"}}}});
    let store = person.range.server().store().clone();
    let seed = theirs.clone();
    // It appears between the dry run and the create.
    let appears = move |_: &_| {
        store.seed(seed.clone());
        true
    };
    person.range.server().faults().add(Fault::new(Act::CutBefore).method("POST").path("/openbaorestores").real().when(appears));
    args.extend(["--deadline".into(), "2s".into()]);
    let ran = person.plugin().run(&args).await;
    assert!(!ran.err.contains("created openbaorestore/"), "{ran}");
    assert_ne!(ran.code, Some(0), "{ran}");
    assert_eq!(person.created(), ["taken"]);
}

/// Runs the command, kills it the moment the restore exists, and gives the restore's name.
async fn killed(person: &Person, args: &[String]) -> String {
    person.range.server().faults().add(Fault::new(Act::StallAfter).method("POST").path("/openbaorestores").real().once());
    let mut child = person.plugin().start(args);
    until("a restore", || person.created().len() == 1).await;
    child.kill().await.expect("it can be killed");
    let mut said = String::new();
    child.stdout.take().expect("stdout is piped").read_to_string(&mut said).await.expect("readable");
    assert_eq!(said, "", "it was killed before it could say anything");
    person.created().remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_run_after_kill_9_names_the_first_restore_and_makes_no_other() {
    let person = frozen().await;
    let args = person.consented(&[]).await;
    let first = killed(&person, &args).await;
    let ran = person.plugin().run(&args).await;
    ran.assert_exit(4).assert_says(&[&first, &format!("kubectl openbao follow {first} -n bao")]);
    assert_eq!(person.created(), [first], "{ran}");
    reviewed("second-run-while-waiting", &ran.failure());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_run_after_the_first_restore_ended_is_told_so_and_makes_no_other() {
    let person = scenario("restore", Play::Jan).await;
    let args = person.consented(&[]).await;
    let first = killed(&person, &args).await;
    let ended = || {
        let restore = person.range.server().store().get("openbaorestores", "bao", &first);
        restore.is_some_and(|r| r.pointer("/status/phase").and_then(Value::as_str) == Some("Completed"))
    };
    until("the first restore's end", ended).await;
    let ran = person.plugin().run(&args).await;
    ran.assert_exit(5).assert_says(&[&format!("this snapshot was restored by {first} already (Completed")]);
    assert_eq!(person.created(), [first], "{ran}");
    reviewed("second-run-after-the-end", &ran.failure());
}
