//! One way out of a failed rollback, carried out by the process: killed anywhere, refused where it would do harm.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::StreamExt as _;
use futures_util::stream;
use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::scenarios::Which;
use kubectl_openbao::drill::scenarios::names::REVISIONS;
use kubectl_openbao::drill::server::{Act, Fault, Request};
use serde_json::{Value, json};

use crate::rbac::{Grant, grants};
use crate::support::{Person, Ran, interrupt, reviewed, scenario, until};

const OPERATOR: (&str, &str) = ("openbao-operator-system", "openbao-operator-controller");

/// Break glass that no retry ends.
struct Incident {
    person: Person,
}

impl Incident {
    async fn new() -> Incident {
        Incident::of("diverged-rollback", Play::V05).await
    }

    async fn of(name: &str, play: Play) -> Incident {
        let person = scenario(name, play).await;
        Incident { person }
    }

    fn key(&self) -> String {
        self.person.range.key(Which::PreUpgrade)
    }

    /// The command, without consent.
    fn command(&self, more: &[&str]) -> Vec<String> {
        let key = self.key();
        let all = ["resolve", "prod", "--path", "restore", "--key", &key, "--settle", "1s"];
        all.into_iter().chain(more.iter().copied()).map(str::to_owned).collect()
    }

    /// The command with everything its plan asks of a script.
    async fn agreed(&self, more: &[&str]) -> Vec<String> {
        let mut args = self.command(more);
        let plan = self.plan(more).await;
        let consents = [&plan["claims"]["consent"], &plan["consent"]];
        for consent in consents {
            args.extend(consent["phrase"].as_str().into_iter().flat_map(|p| ["--confirm".to_owned(), p.to_owned()]));
            let codes = consent["accept"].as_array().into_iter().flatten().filter_map(Value::as_str);
            args.extend(codes.flat_map(|code| ["--accept".to_owned(), code.to_owned()]));
        }
        // On a busy machine an answer that is late would be one that nobody gave.
        args.extend(["--reason".into(), "INC-1".into(), "--deadline".into(), "60s".into()]);
        args
    }

    async fn plan(&self, more: &[&str]) -> Value {
        let mut args = self.command(more);
        args.extend(["--dry-run".to_owned(), "-o".into(), "json".into()]);
        let ran = self.person.plugin().run(&args).await;
        let plan = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("no plan: {e}\n{ran}"));
        self.person.assert_nothing_written(&ran);
        self.person.range.server().clear_requests();
        plan
    }

    fn object(&self, plural: &str, namespace: &str, name: &str) -> Value {
        let found = self.person.range.server().store().get(plural, namespace, name);
        found.map_or(Value::Null, |object| Value::clone(&object))
    }

    fn cluster(&self) -> Value {
        self.object("openbaoclusters", "bao", "prod")
    }

    fn operator(&self) -> Value {
        self.object("deployments", OPERATOR.0, OPERATOR.1)
    }

    fn claims(&self) -> Vec<String> {
        let claims = self.person.range.server().store().list("persistentvolumeclaims", Some("bao"));
        claims.iter().map(|c| c["metadata"]["name"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// What must be the same whatever happened on the way.
    fn outcome(&self) -> Value {
        let restores = self.person.created();
        let phases: Vec<Value> =
            restores.iter().map(|name| self.object("openbaorestores", "bao", name)["status"]["phase"].clone()).collect();
        let annotation = |object: &Value, name: &str| object["metadata"]["annotations"].get(name).cloned();
        json!({
            "restores": phases, "claims": self.claims(), "paused": self.cluster()["spec"]["paused"],
            "noted": annotation(&self.cluster(), "cli.openbao.org/resolve"),
            "replicas": self.operator()["spec"]["replicas"],
            "remembered": annotation(&self.operator(), "cli.openbao.org/replicas-before-freeze"),
            "break glass": self.cluster()["status"]["breakGlass"]["active"],
        })
    }
}

fn ours(request: &Request) -> bool {
    request.user_agent.as_deref().is_some_and(|agent| agent.starts_with("kubectl-openbao/")) && request.is_write()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn volumes_then_restore_and_everything_given_back() {
    let incident = Incident::new().await;
    let args = incident.agreed(&["--delete-claims-of", REVISIONS.1]).await;
    let ran = incident.person.plugin().run(&args).await;
    ran.assert_exit(0);
    let green: Vec<String> = incident.claims().into_iter().filter(|name| name.contains(REVISIONS.1)).collect();
    assert!(green.is_empty() && incident.claims().len() == 3, "{ran}");
    assert_eq!(
        incident.outcome(),
        json!({"restores": ["Completed"], "claims": incident.claims(), "paused": true, "noted": null, "replicas": 1, "remembered": null, "break glass": true}),
        "{ran}"
    );
    ran.assert_says(&["Left to do", "the cluster stays paused", "break glass stays active"]);
    let again = incident.person.plugin().run(&args).await;
    again.assert_exit(0);
    assert_eq!(incident.person.created().len(), 1, "{again}");
}

/// Kills the command right after its n-th write was carried out, then runs it again; `None` when it has fewer writes.
async fn killed_after(n: usize) -> Option<(Incident, Ran)> {
    let incident = Incident::new().await;
    // One volume is enough: each of them is two writes like the others'.
    for ordinal in 1..3 {
        incident.person.range.server().store().delete(
            "persistentvolumeclaims",
            "bao",
            &format!("data-prod-{}-{ordinal}", REVISIONS.1),
        );
    }
    let args = incident.agreed(&["--delete-claims-of", REVISIONS.1]).await;
    let faults = incident.person.range.server().faults();
    let hits = faults.add(Fault::new(Act::StallAfter).when(ours).after(n - 1).once());
    let child = Mutex::new(incident.person.plugin().start(&args));
    let ended = || child.lock().expect("not poisoned").try_wait().expect("it can be asked").is_some();
    until("the write, or the end", || hits.count() > 0 || ended()).await;
    if hits.count() == 0 {
        return None;
    }
    // The write itself is carried out before its answer would be given.
    let written = || incident.person.range.server().requests().iter().filter(|r| ours(r)).count() >= n;
    until("the write to be carried out", written).await;
    let mut child = child.into_inner().expect("not poisoned");
    child.kill().await.expect("it can be killed");
    faults.clear();
    let ran = incident.person.plugin().run(&args).await;
    Some((incident, ran))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_after_any_write_and_run_again_it_ends_the_same() {
    const MORE_THAN_IT_WRITES: usize = 24;
    let runs = stream::iter(1..MORE_THAN_IT_WRITES).map(|n| async move { killed_after(n).await.map(|run| (n, run)) }).buffered(4);
    let killed: Vec<_> = runs.take_while(|run| std::future::ready(run.is_some())).filter_map(std::future::ready).collect().await;
    assert!(killed.len() >= 10 && killed.len() < MORE_THAN_IT_WRITES - 1, "{} writes", killed.len());
    let blue: Vec<String> = (0..3).map(|n| format!("data-prod-{}-{n}", REVISIONS.0)).collect();
    for (n, (incident, ran)) in killed {
        ran.assert_exit(0);
        assert_eq!(
            incident.outcome(),
            json!({"restores": ["Completed"], "claims": blue, "paused": true, "noted": null, "replicas": 1, "remembered": null, "break glass": true}),
            "killed after write {n}: {ran}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_one_is_given_up_with_everything_given_back() {
    let incident = Incident::new().await;
    let args = incident.agreed(&["--delete-claims-of", REVISIONS.1]).await;
    // The first volume cannot be deleted: by then the operator is stopped.
    let denied = Act::Status { code: 403, retry_after: None };
    incident.person.range.server().faults().add(Fault::new(denied).method("DELETE").real());
    let ran = incident.person.plugin().run(&args).await;
    ran.assert_exit(6).assert_says(&["the same command goes on with it", "--abort"]);
    assert_eq!(incident.operator()["spec"]["replicas"], 0, "{ran}");
    assert!(incident.person.created().is_empty());
    let ran = incident.person.run(&["resolve", "prod", "--abort"]).await;
    ran.assert_exit(5).assert_says(&["--abort --confirm 'abort bao/prod'"]);
    let ran = incident.person.run(&["resolve", "prod", "--abort", "--confirm", "abort bao/prod"]).await;
    ran.assert_exit(0);
    let outcome = incident.outcome();
    assert_eq!((&outcome["replicas"], &outcome["paused"], &outcome["noted"]), (&json!(1), &json!(false), &Value::Null), "{ran}");
    assert_eq!(incident.claims().len(), 6, "{ran}");
    let ran = incident.person.run(&["resolve", "prod", "--abort", "--confirm", "abort bao/prod"]).await;
    ran.assert_exit(7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_input_is_refused_in_one_line_and_writes_nothing() {
    let incident = Incident::new().await;
    let person = &incident.person;
    let live = incident.command(&["--delete-claims-of", REVISIONS.0]);
    person.refused(&live, "resolve-claims-of-the-live-revision").await.assert_exit(4);
    let unknown = incident.command(&["--delete-claims-of", "0123456789abcdef"]);
    person.refused(&unknown, "resolve-claims-of-nobody").await.assert_exit(7);
    let no_revision = incident.command(&["--delete-claims-of", "green"]);
    person.refused(&no_revision, "resolve-claims-of-no-revision").await.assert_exit(2);
    person.refused(&["resolve", "prod", "--path", "restore"], "resolve-without-a-key").await.assert_exit(2);
    person
        .refused(&["resolve", "prod", "--path", "retry", "--freeze", "pause"], "resolve-freeze-without-restore")
        .await
        .assert_exit(2);
    let ran = person.run(&["resolve", "prod", "--path", "b"]).await;
    ran.assert_exit(2);
    person.assert_nothing_written(&ran);
    let ran = person.plugin().run(&incident.command(&["--reason", "r"])).await;
    ran.assert_exit(5).assert_says(&["--confirm 'restore bao/prod from "]);
    person.assert_nothing_written(&ran);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stay_green_is_refused_where_green_leads() {
    let person = scenario("green-leads", Play::V05).await;
    let ran = person.refused(&["resolve", "prod", "--path", "stay-green"], "resolve-stay-green-where-green-leads").await;
    ran.assert_exit(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_generation_cannot_restore_blue_green_the_path_is_refused() {
    let incident = Incident::of("diverged-rollback", Play::Jan).await;
    let ran = incident.person.refused(&incident.command(&[]), "resolve-restore-on-jan").await;
    ran.assert_exit(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plan_of_a_resolution() {
    let incident = Incident::new().await;
    let mut args = incident.command(&["--delete-claims-of", REVISIONS.1]);
    args.push("--dry-run".into());
    let ran = incident.person.plugin().run(&args).await;
    ran.assert_exit(0);
    incident.person.assert_nothing_written(&ran);
    reviewed("resolve-plan", &ran.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_roles_are_enough_and_none_of_their_rules_can_go() {
    let incident = Incident::new().await;
    let args = incident.agreed(&["--delete-claims-of", REVISIONS.1]).await;
    let server = incident.person.range.server();
    let others = grants(&["restore", "operator", "object-store"]);
    let needed: Vec<Grant> = grants(&["resolve", "freeze-operator"]);
    for without in (0..=needed.len()).map(|n| (n < needed.len()).then_some(n)) {
        let name = format!("person-{}", without.map_or_else(|| "with-all".to_owned(), |n| n.to_string()));
        let given = needed.iter().enumerate().filter(|(n, _)| Some(*n) != without).map(|(_, grant)| grant);
        for grant in others.iter().chain(given) {
            server.allow_in(&grant.namespace, &name, json!([grant.rule]));
        }
        let ran = incident.person.as_person(&name).run(&args).await;
        match without {
            // Whoever lacks something is told before the first write.
            Some(n) => {
                assert_eq!(ran.code, Some(6), "without {}: {ran}", needed[n].rule);
                incident.person.assert_nothing_written(&ran);
            }
            None => drop(ran.assert_exit(0)),
        }
    }
    assert_eq!(incident.outcome()["replicas"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_that_removes_blue_is_refused_and_one_that_works_is_followed() {
    let person = scenario("failed-rollback", Play::Jan).await;
    person.refused(&["resolve", "prod", "--path", "retry"], "resolve-retry-on-jan").await.assert_exit(4);
    let person = scenario("failed-rollback", Play::V05).await;
    let cluster = person.range.server().store().get("openbaoclusters", "bao", "prod").expect("the cluster");
    let nonce = cluster["status"]["breakGlass"]["nonce"].as_str().expect("a nonce").to_owned();
    let plan = person.run(&["resolve", "prod", "--path", "retry", "--dry-run", "-o", "json"]).await;
    let plan: Value = serde_json::from_str(&plan.out).unwrap_or_else(|e| panic!("no plan: {e}\n{plan}"));
    let codes = plan["consent"]["accept"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let accepts: Vec<&str> = codes.flat_map(|code| ["--accept", code]).collect();
    let ran = person.run(&[&["resolve", "prod", "--path", "retry", "--nonce", &nonce][..], &accepts].concat()).await;
    ran.assert_exit(0);
    assert_eq!(person.writes().len(), 1, "{ran}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_that_nobody_settled_is_not_called_done_by_a_second_run() {
    let incident = Incident::of("diverged-rollback", Play::Next).await;
    let args = incident.agreed(&[]).await;
    incident.person.plugin().run(&args).await.assert_exit(11);
    let again = incident.person.plugin().run(&args).await;
    assert_eq!(incident.person.created().len(), 1, "{again}");
    let restore = &incident.person.created()[0];
    again.assert_exit(11).assert_says(&[&format!("kubectl openbao recover {restore} -n bao --resume")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interrupted_during_the_first_write_it_does_not_say_that_nothing_was_written() {
    let incident = Incident::new().await;
    let mut args = incident.agreed(&[]).await;
    args.extend(["-o".to_owned(), "json".into()]);
    let faults = incident.person.range.server().faults();
    let hits = faults.add(Fault::new(Act::StallAfter).when(ours).once());
    let child = incident.person.plugin().start(&args);
    until("the write", || hits.count() > 0).await;
    interrupt(&child);
    let output = child.wait_with_output().await.expect("it ends");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(130), "{err}");
    assert!(
        !err.contains("nothing was written") && err.contains("whether the first write was carried out is not known"),
        "{err}"
    );
    let told: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("no document: {e}: {out}"));
    assert_eq!(told["outcome"]["exitCode"], 130);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_write_of_which_nobody_knows_is_an_outcome_unknown() {
    let incident = Incident::new().await;
    let args = incident.agreed(&[]).await;
    let never = Fault::new(Act::Status { code: 503, retry_after: None }).when(ours);
    let hits = incident.person.range.server().faults().add(never);
    let ran = incident.person.plugin().run(&args).await;
    ran.assert_exit(11).assert_says(&["whether the first write was carried out is not known"]);
    assert!(hits.count() > 0 && !ran.err.contains("nothing was written"), "{ran}");
    incident.person.range.server().faults().clear();
    incident.person.plugin().run(&args).await.assert_exit(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_in_mid_course_is_not_called_nothing_written() {
    let incident = Incident::new().await;
    let args = incident.agreed(&[]).await;
    let store = incident.person.range.server().store().clone();
    // The upgrade's target changes while the second write is tried out: by then the cluster is paused.
    let meanwhile = move |_: &Request| {
        store.edit("openbaoclusters", "bao", "prod", |c| c["spec"]["version"] = json!("9.9.9"));
        false
    };
    let fault = Fault::new(Act::CutBefore).method("POST").path("/openbaorestores").dry_run().when(meanwhile);
    incident.person.range.server().faults().add(fault);
    let ran = incident.person.plugin().run(&args).await;
    ran.assert_exit(8).assert_says(&["the same command goes on with it"]);
    assert!(!ran.err.contains("nothing was written") && incident.cluster()["spec"]["paused"] == true, "{ran}");
    assert_eq!(ran.err.matches("the same command goes on with it").count(), 1, "{ran}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_seen_to_be_given_up_is_not_called_given_up() {
    for (noted, exit) in [("no json", 4), ("another's", 8)] {
        let incident = Incident::new().await;
        let args = incident.agreed(&["--delete-claims-of", REVISIONS.1]).await;
        let denied = Act::Status { code: 403, retry_after: None };
        incident.person.range.server().faults().add(Fault::new(denied).method("DELETE").real());
        incident.person.plugin().run(&args).await.assert_exit(6);
        let store = incident.person.range.server().store().clone();
        let mut changed = incident.cluster()["metadata"]["annotations"]["cli.openbao.org/resolve"].clone();
        changed = match noted {
            "no json" => json!(noted),
            _ => json!(changed.as_str().expect("a note").replacen("\"id\":\"", "\"id\":\"f", 1)),
        };
        // Between the first write, which gives the operator back, and the second.
        let meanwhile = move |_: &Request| {
            store.edit("openbaoclusters", "bao", "prod", |c| {
                c["metadata"]["annotations"]["cli.openbao.org/resolve"] = changed.clone();
            });
            false
        };
        let faults = incident.person.range.server().faults();
        faults.add(Fault::new(Act::CutBefore).method("PATCH").path("/deployments/").real().when(meanwhile));
        let ran = incident.person.run(&["resolve", "prod", "--abort", "--confirm", "abort bao/prod"]).await;
        ran.assert_exit(exit);
        assert!(!ran.out.contains("given up"), "{ran}");
    }
}

/// `--path stay-green` with everything its plan asks of a script.
async fn stay_green(person: &Person) -> Vec<String> {
    let base = ["resolve", "prod", "--path", "stay-green", "--accept", "green-leads"];
    let plan = person.run(&[&base[..], &["--dry-run", "-o", "json"]].concat()).await;
    let plan: Value = serde_json::from_str(&plan.out).unwrap_or_else(|e| panic!("no plan: {e}\n{plan}"));
    let codes = plan["consent"]["accept"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let accepts = codes.flat_map(|code| ["--accept", code]);
    let phrase = plan["consent"]["phrase"].as_str().expect("a phrase");
    base.into_iter().chain(accepts).chain(["--confirm", phrase, "-o", "json"]).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stay_green_with_a_lost_answer_is_settled_by_the_cluster_alone() {
    let person = scenario("failed-rollback", Play::V05).await;
    let args = stay_green(&person).await;
    let faults = person.range.server().faults();
    // Carried out, and nothing but the cluster itself can be read afterwards.
    let sent = Arc::new(AtomicBool::new(false));
    let seen = sent.clone();
    let mark = move |r: &Request| {
        seen.fetch_or(ours(r), Ordering::SeqCst);
        ours(r)
    };
    faults.add(Fault::new(Act::CutAfter).method("PATCH").real().when(mark).once());
    let lists = move |r: &Request| sent.load(Ordering::SeqCst) && !r.path.ends_with("/openbaoclusters/prod") && ours_reads(r);
    faults.add(Fault::new(Act::Status { code: 503, retry_after: None }).when(lists));
    let ran = person.plugin().run(&args).await;
    ran.assert_exit(0);
    assert_eq!(person.writes().len(), 1, "{ran}");
    let told: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("no document: {e}\n{ran}"));
    assert_eq!((&told["refusal"], &told["outcome"]["exitCode"]), (&Value::Null, &json!(0)), "{ran}");
}

fn ours_reads(request: &Request) -> bool {
    request.user_agent.as_deref().is_some_and(|agent| agent.starts_with("kubectl-openbao/")) && !request.is_write()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stay_green_is_left_by_ctrl_c_before_it_is_sent() {
    let person = scenario("failed-rollback", Play::V05).await;
    let args = stay_green(&person).await;
    let hits = person.range.server().faults().add(Fault::new(Act::Stall).method("PATCH").dry_run());
    person.range.server().clear_requests();
    let child = person.plugin().start(&args);
    until("the question whether it would be taken", || hits.count() > 0).await;
    interrupt(&child);
    let output = child.wait_with_output().await.expect("it ends");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{err}");
    person.assert_nothing_written(&err);
}

/// Volumes are asked for by themselves, before the whole; a wrong word at either question writes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_terminal_volumes_and_the_whole_are_asked_for_apart() {
    let incident = Incident::new().await;
    let args = incident.command(&["--delete-claims-of", REVISIONS.1, "--reason", "INC-1"]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    for right_answers in [0, 1] {
        let mut terminal = incident.person.on_terminal(&args);
        for _ in 0..right_answers {
            let phrase = terminal.phrase();
            terminal.line(&phrase);
        }
        let phrase = terminal.phrase();
        terminal.line(&phrase.to_uppercase());
        let (code, text) = terminal.end();
        assert_eq!(code, 5, "{text}");
        incident.person.assert_nothing_written(&text);
    }
    let mut terminal = incident.person.on_terminal(&args);
    let volumes = terminal.phrase();
    assert_eq!(volumes, format!("delete 3 volumes of {}", REVISIONS.1));
    terminal.line(&volumes);
    let whole = terminal.phrase();
    assert!(whole.starts_with("restore bao/prod from 20"), "{whole}");
    assert!(incident.person.writes().is_empty(), "nothing is written before the last word");
    terminal.line(&whole);
    let (code, text) = terminal.end();
    assert_eq!((code, incident.person.created().len()), (0, 1), "{text}");
    assert!(!incident.claims().iter().any(|name| name.contains(REVISIONS.1)), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_terminal_a_restore_past_the_lock_asks_why_and_ctrl_c_writes_nothing() {
    let incident = Incident::new().await;
    let args = incident.command(&[]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut terminal = incident.person.on_terminal(&args);
    terminal.expect("Why is this restored past the lock?");
    terminal.line("INC-2: rollback diverged");
    terminal.phrase();
    terminal.keys("\u{3}");
    let (code, text) = terminal.end();
    assert_eq!(code, 130, "{text}");
    incident.person.assert_nothing_written(&text);
}
