//! `breakglass show` and `ack` as processes: what is shown, what is asked, what is written, and what is not.

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::server::{Act, Fault, Request, Store};
use serde_json::{Value, json};

use crate::support::{Person, Ran, scenario, until};

/// Break glass, with an operator that does nothing, so that what is written stays as it is.
async fn frozen(play: Play) -> Person {
    let person = scenario("failed-rollback", play).await;
    person.range.operator().expect("the range has an operator").freeze();
    person
}

fn cluster(person: &Person) -> Value {
    Value::clone(&person.range.server().store().get("openbaoclusters", "bao", "prod").expect("the cluster is there"))
}

fn nonce(person: &Person) -> String {
    cluster(person)["status"]["breakGlass"]["nonce"].as_str().expect("a nonce").to_owned()
}

fn acknowledged(person: &Person) -> Option<String> {
    cluster(person)["spec"]["breakGlassAck"].as_str().map(str::to_owned)
}

/// The command with everything its plan asks of a script.
async fn consented(person: &Person, more: &[&str]) -> Vec<String> {
    let ran = person.run(&["breakglass", "ack", "prod", "--dry-run", "-o", "json"]).await;
    let plan: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("no plan: {e}\n{ran}"));
    assert_eq!(plan["kind"], "AcknowledgementPlan");
    person.range.server().clear_requests();
    let mut args = vec!["breakglass".to_owned(), "ack".into(), "prod".into(), "--nonce".into()];
    args.push(plan["nonce"].as_str().expect("a nonce").to_owned());
    for code in plan["consent"]["accept"].as_array().expect("codes").iter().filter_map(Value::as_str) {
        args.extend(["--accept".to_owned(), code.to_owned()]);
    }
    args.extend(more.iter().map(ToString::to_string));
    args
}

/// Runs it with consent, and without waiting long for an operator that does nothing.
async fn acknowledge(person: &Person, more: &[&str]) -> Ran {
    let mut args = consented(person, more).await;
    args.extend(["--timeout".into(), "1s".into()]);
    person.plugin().run(&args).await
}

/// A hook on the real patch that changes the world first, once.
fn before_the_patch(person: &Person, change: impl Fn(&Store) + Send + Sync + 'static) {
    let store = person.range.server().store().clone();
    let done = std::sync::atomic::AtomicBool::new(false);
    let hook = move |request: &Request| {
        if request.user_agent.as_deref().is_some_and(|a| a.starts_with("kubectl-openbao/"))
            && !done.swap(true, std::sync::atomic::Ordering::SeqCst)
        {
            change(&store);
        }
        false
    };
    let fault = Fault::new(Act::CutBefore).method("PATCH").path("/openbaoclusters/prod").real().when(hook);
    person.range.server().faults().add(fault);
}

fn edit(store: &Store, change: impl FnOnce(&mut Value)) {
    assert!(store.edit("openbaoclusters", "bao", "prod", change), "the cluster is there");
}

fn another_event(cluster: &mut Value) {
    cluster["status"]["breakGlass"]["nonce"] = json!("f4c28ca4d0917fcb86a5cbaa6a398514");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn show_says_what_it_is_and_what_an_acknowledgement_would_do() {
    let person = frozen(Play::Jan).await;
    let nonce = nonce(&person);
    let bare = person.run(&["breakglass"]).await;
    bare.assert_exit(0);
    assert!(bare.out.contains("break glass is active for") && bare.out.contains(&nonce), "{bare}");
    assert!(bare.out.contains("ack-removes-blue-peers") && bare.out.contains("rollback-retry-1"), "{bare}");
    assert!(!bare.out.contains("exec -it prod-0 "), "that pod does not exist: {bare}");
    let named = person.run(&["breakglass", "show", "prod"]).await;
    let flagged = person.run(&["breakglass", "-n", "bao", "show", "prod", "-o", "json"]).await;
    let document: Value = serde_json::from_str(&flagged.out).unwrap_or_else(|e| panic!("{e}\n{flagged}"));
    assert_eq!((&document["kind"], &document["state"]["is"]), (&json!("BreakGlass"), &json!("active")), "{named}");
    assert_eq!(document["nonce"], nonce.as_str());
    person.assert_nothing_written(&bare);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_that_works_is_followed_to_its_end() {
    let person = scenario("failed-rollback", Play::V04).await;
    let args = consented(&person, &["--follow", "--reason", "INC-7", "-o", "json"]).await;
    let nonce = nonce(&person);
    let ran = person.plugin().run(&args).await;
    ran.assert_exit(0).assert_says(&["rollback-retry-1", "the operator took the acknowledgement", "Consensus repair completed"]);
    let outcome: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}\n{ran}"));
    assert_eq!((&outcome["kind"], &outcome["result"]), (&json!("Acknowledgement"), &json!("rolled-back")), "{ran}");
    assert_eq!((&outcome["attempt"], &outcome["exitCode"]), (&json!(1), &json!(0)));
    let cluster = cluster(&person);
    assert_eq!(cluster["spec"]["breakGlassAck"], nonce.as_str());
    let annotations = &cluster["metadata"]["annotations"];
    assert_eq!(
        (&annotations["cli.openbao.org/reason"], &annotations["cli.openbao.org/requested-by"]),
        (&json!("INC-7"), &json!("oncall"))
    );
    assert_eq!(person.writes().len(), 1, "{ran}");
    // A second run has nothing to acknowledge, and says so.
    let again = person.plugin().run(&args).await;
    again.assert_exit(4).assert_says(&["it was acknowledged"]);
    assert_eq!(person.writes().len(), 1, "{again}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_that_fails_comes_back_with_a_new_nonce_and_its_cause() {
    let person = scenario("diverged-rollback", Play::V04).await;
    let args = consented(&person, &["--follow"]).await;
    let before = nonce(&person);
    let ran = person.plugin().run(&args).await;
    ran.assert_exit(10).assert_says(&["break glass is back, with a new nonce", "kubectl openbao diagnose rollback prod -n bao"]);
    let now = nonce(&person);
    assert!(now != before && ran.err.contains(&now), "{ran}");
    assert_eq!(acknowledged(&person).as_deref(), Some(before.as_str()), "the new event is not acknowledged");
    assert_eq!(person.writes().len(), 1, "{ran}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_there_and_no_nonce_gives_the_command_to_run() {
    let person = frozen(Play::Jan).await;
    let ran = person.run(&["breakglass", "ack"]).await;
    person.assert_nothing_written(&ran);
    let command =
        format!("kubectl openbao breakglass ack prod -n bao --nonce {} --accept ack-removes-blue-peers", nonce(&person));
    ran.assert_exit(5).assert_says(&["nobody is there to ask, and --nonce is not given", &command]);
    let unaccepted = person.run(&["breakglass", "ack", "prod", "--nonce", &nonce(&person)]).await;
    unaccepted.assert_exit(5).assert_says(&["hazards are not accepted: ack-removes-blue-peers", &command]);
    person.assert_nothing_written(&unaccepted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_nonce_is_never_acknowledged() {
    let person = frozen(Play::V04).await;
    let shouted = nonce(&person).to_uppercase();
    for given in ["0000", "", shouted.as_str()] {
        let ran = person.run(&["breakglass", "ack", "prod", "--nonce", given]).await;
        ran.assert_exit(8).assert_says(&["the event you looked at is over"]);
        person.assert_nothing_written(&ran);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_active_is_not_acknowledged() {
    let person = scenario("restore", Play::V04).await;
    let ran = person.run(&["breakglass", "ack"]).await;
    ran.assert_exit(4).assert_says(&["break glass is not active"]);
    person.assert_nothing_written(&ran);
    person.run(&["breakglass"]).await.assert_exit(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_changes_before_the_patch_is_not_acknowledged() {
    let person = frozen(Play::V04).await;
    let args = consented(&person, &[]).await;
    before_the_patch(&person, |store| edit(store, another_event));
    let ran = person.plugin().run(&args).await;
    ran.assert_exit(8).assert_says(&["nonce: was ", "is now f4c28ca4d0917fcb86a5cbaa6a398514"]);
    assert_eq!(acknowledged(&person), None, "{ran}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_changes_while_the_person_thinks_is_not_acknowledged() {
    let person = frozen(Play::V04).await;
    let mut terminal = person.on_terminal(&["breakglass", "ack", "prod"]);
    terminal.expect("[y/N] ");
    person.edit_cluster(another_event);
    terminal.line("y");
    let (code, text) = terminal.end();
    assert_eq!((code, acknowledged(&person)), (8, None), "{text}");
    person.assert_nothing_written(&text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_says_yes_or_it_does_not_happen() {
    let person = frozen(Play::V04).await;
    for answer in ["", "n", "prod", "ja"] {
        let mut terminal = person.on_terminal(&["breakglass", "ack"]);
        terminal.expect("[y/N] ");
        terminal.line(answer);
        let (code, text) = terminal.end();
        assert_eq!((code, acknowledged(&person)), (5, None), "{answer:?}: {text}");
    }
    let mut terminal = person.on_terminal(&["breakglass", "ack", "--follow=false", "--timeout", "1s"]);
    terminal.expect("[y/N] ");
    terminal.line("y");
    let (code, text) = terminal.end();
    assert_eq!((code, acknowledged(&person)), (9, Some(nonce(&person))), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_danger_only_the_phrase_will_do() {
    let person = frozen(Play::Jan).await;
    for answer in ["y", "yes", "ack prod", "ack bao/prod "] {
        let mut terminal = person.on_terminal(&["breakglass", "ack"]);
        terminal.expect("To go on, type exactly:  ");
        assert_eq!(terminal.expect("\r\n").trim_end(), "ack bao/prod");
        terminal.expect("> ");
        terminal.line(answer);
        let (code, text) = terminal.end();
        assert_eq!((code, acknowledged(&person)), (5, None), "{answer:?}: {text}");
    }
    let mut terminal = person.on_terminal(&["breakglass", "ack", "--follow=false", "--timeout", "1s"]);
    terminal.expect("> ");
    terminal.line("ack bao/prod");
    let (code, text) = terminal.end();
    assert_eq!((code, acknowledged(&person)), (9, Some(nonce(&person))), "{text}");
    assert_eq!(cluster(&person)["metadata"]["annotations"]["cli.openbao.org/accepted-hazards"], "ack-removes-blue-peers");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_only_moved_is_looked_at_again_and_acknowledged() {
    let person = frozen(Play::V04).await;
    before_the_patch(&person, |store| edit(store, |cluster| cluster["metadata"]["labels"]["touched"] = json!("yes")));
    let ran = acknowledge(&person, &[]).await;
    assert_eq!(acknowledged(&person), Some(nonce(&person)), "{ran}");
    let sent: Vec<Option<u16>> = person.writes().iter().map(|r| r.status).collect();
    assert_eq!(sent, [Some(422), Some(200)], "{ran}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_settled_by_looking_and_never_sent_again() {
    let lost = |act| Fault::new(act).method("PATCH").path("/openbaoclusters/prod").real();
    let cases = [
        ("cut after", Act::CutAfter, 9, true),
        ("no answer", Act::StallAfter, 9, true),
        ("half an answer", Act::Truncate(50), 9, true),
        ("cut before", Act::CutBefore, 1, false),
        ("never arrived", Act::Stall, 11, false),
        ("503", Act::Status { code: 503, retry_after: Some(1) }, 1, false),
        ("403", Act::Status { code: 403, retry_after: None }, 6, false),
    ];
    for (name, act, exit, written) in cases {
        let person = frozen(Play::V04).await;
        person.range.server().faults().add(lost(act));
        let ran = acknowledge(&person, &["--deadline", "2s"]).await;
        assert_eq!((ran.code, acknowledged(&person).is_some()), (Some(exit), written), "{name}: {ran}");
        assert_eq!(person.writes().len(), 1, "{name}: {ran}");
        assert_eq!(written, ran.err.contains("\nacknowledged "), "{name}: {ran}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_and_a_server_that_cannot_be_asked_is_unknown() {
    let person = frozen(Play::V04).await;
    let args = consented(&person, &["--deadline", "2s"]).await;
    let faults = person.range.server().faults();
    faults.add(Fault::new(Act::CutAfter).method("PATCH").path("/openbaoclusters/prod").real());
    let written = {
        let store = person.range.server().store().clone();
        move |_: &Request| store.get("openbaoclusters", "bao", "prod").is_some_and(|c| c["spec"]["breakGlassAck"].is_string())
    };
    let down = Act::Status { code: 503, retry_after: None };
    faults.add(Fault::new(down).method("GET").path("/openbaoclusters/prod").when(written));
    let ran = person.plugin().run(&args).await;
    ran.assert_exit(11).assert_says(&["whether it was written is not known", "look before doing anything again"]);
    assert_eq!(person.writes().len(), 1, "{ran}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denial_about_another_field_names_the_right_that_is_missing() {
    let person = frozen(Play::V04).await;
    let message = "openbaoclusters.openbao.org \"prod\" is forbidden: ValidatingAdmissionPolicy 'openbao-validate-openbaocluster' with binding 'b' denied request: Users configuring backup credentials must be authorized to get referenced backup Secrets.";
    let status =
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid", "code": 422, "message": message});
    let answer = Act::Answer { code: 422, content_type: "application/json", body: status.to_string() };
    let args = consented(&person, &[]).await;
    person.range.server().faults().add(Fault::new(answer).method("PATCH").dry_run());
    let ran = person.plugin().run(&args).await;
    ran.assert_exit(4).assert_says(&["you lack: get on those Secrets", "judges the whole cluster", "nothing was written"]);
    person.assert_nothing_written(&ran);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_paused_it_lies_there_and_the_script_is_told() {
    let person = scenario("failed-rollback", Play::V04).await;
    person.edit_cluster(|cluster| cluster["spec"]["paused"] = json!(true));
    let args = consented(&person, &["-o", "json"]).await;
    assert!(args.contains(&"paused-hides-break-glass".to_owned()), "{args:?}");
    let ran = person.plugin().run(&args).await;
    ran.assert_exit(3);
    let outcome: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}\n{ran}"));
    assert_eq!(outcome["result"], "pending", "{ran}");
    let again = person.plugin().run(&args).await;
    again.assert_exit(4).assert_says(&["the acknowledgement is written already", "paused"]);
    assert_eq!(person.writes().len(), 1, "{again}");
    // Somebody unpauses it: whoever attached sees it through.
    let following = person.plugin();
    let following = following.run(&["breakglass", "show", "prod", "--follow"]);
    let unpausing = async {
        until("the follower is there", || person.requests().iter().any(|r| r.query.contains("watch=true"))).await;
        person.edit_cluster(|cluster| cluster["spec"]["paused"] = json!(false));
    };
    let (followed, ()) = tokio::join!(following, unpausing);
    followed.assert_exit(0).assert_says(&["the operator took the acknowledgement"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_of_the_server_writes_nothing() {
    let person = frozen(Play::Jan).await;
    let ran = person.run(&["breakglass", "ack", "prod", "--dry-run=server", "--show-kubectl"]).await;
    ran.assert_exit(0)
        .assert_says(&["dry run accepted by the API server", "kubectl -n bao patch openbaocluster prod --type=json -p "]);
    person.assert_nothing_written(&ran);
    assert_eq!(acknowledged(&person), None);
}
