//! Decision tests: the real operator's break glass, and every way it can be otherwise.

use serde_json::{Value, json};

use super::samples::{NONCE, cluster, halted, jan, next, object, released, restore};
use super::{AckPlan, AckRequest, Aftermath, Course, End, State, begins_again, consequences, left_over, plan, state, view};
use crate::api::cluster::Cluster;
use crate::api::generation::{Generation, SchemaFacts};
use crate::domain::evidence::{Evidence, Item, JobLog, LogRun, Permission};
use crate::domain::write::Act;
use crate::exit::Exit;

fn request(nonce: Option<&str>) -> AckRequest {
    AckRequest {
        namespace: "bao".into(),
        cluster: "bg".into(),
        nonce: nonce.map(Into::into),
        request_id: "id".into(),
        reason: None,
        tool_version: "0".into(),
    }
}

fn planned(evidence: &Evidence, nonce: Option<&str>) -> AckPlan {
    plan(evidence, &request(nonce)).expect("a plan")
}

/// After the acknowledgement was taken: `active` is gone from the object (F§15.1).
fn acknowledged(phase: &str) -> Evidence {
    let mut object = object();
    object["status"]["breakGlass"].as_object_mut().expect("an object").remove("active");
    object["status"]["breakGlass"]["acknowledgedAt"] = json!("2026-11-21T00:48:00Z");
    object["status"]["blueGreen"]["phase"] = json!(phase);
    object["spec"]["breakGlassAck"] = json!(NONCE);
    Evidence { cluster: Item::present(Cluster::read(&object)), ..halted(jan()) }
}

fn refused(evidence: &Evidence, nonce: Option<&str>) -> Option<(String, Exit)> {
    let plan = planned(evidence, nonce);
    let exit = plan.refusal_exit();
    plan.refusal.map(|r| (r.code, exit.expect("an exit code")))
}

#[test]
fn the_states_are_told_apart() {
    let mut evidence = halted(jan());
    assert_eq!(state(&evidence), Some(State::Active));
    cluster(&mut evidence).spec.break_glass_ack = Some(NONCE.into());
    assert_eq!(state(&evidence), Some(State::ActiveAckPending { held_by: vec![] }));
    cluster(&mut evidence).spec.break_glass_ack = Some(NONCE.to_uppercase());
    assert!(matches!(state(&evidence), Some(State::ActiveWrongAck { remark, .. }) if remark.contains("upper and lower case")));
    cluster(&mut evidence).spec.break_glass_ack = Some("0000dead".into());
    assert!(matches!(state(&evidence), Some(State::ActiveWrongAck { written, .. }) if written == "0000dead"));
    assert!(matches!(state(&acknowledged("RollingBack")), Some(State::Acknowledged { under_way: true, at: Some(_) })));
    for phase in ["Idle", "Promoting"] {
        assert!(matches!(state(&acknowledged(phase)), Some(State::Acknowledged { under_way: false, .. })), "{phase}");
    }
    cluster(&mut evidence).break_glass = None;
    assert_eq!(state(&evidence), Some(State::NeverHappened));
    let p0 = Generation { schema: Some(SchemaFacts::default()), operator: None };
    let oldest = Evidence { generation: p0, ..evidence.clone() };
    assert_eq!(state(&oldest), Some(State::NotInThisGeneration));
    cluster(&mut evidence).blue_green = None;
    cluster(&mut evidence).spec.strategy = None;
    assert_eq!(state(&evidence), Some(State::NotBlueGreen));
    assert_eq!(state(&Evidence::default()), None);
}

#[test]
fn a_pending_acknowledgement_says_what_holds_it() {
    let mut evidence = halted(jan());
    cluster(&mut evidence).spec.break_glass_ack = Some(NONCE.into());
    cluster(&mut evidence).spec.paused = true;
    evidence.lease = Item::Absent;
    let Some(State::ActiveAckPending { held_by }) = state(&evidence) else { panic!("pending") };
    assert!(held_by[0].contains("paused") && held_by[1].contains("operator is not running"), "{held_by:?}");
    evidence.lease = Item::Forbidden { what: "list leases".into() };
    let Some(State::ActiveAckPending { held_by }) = state(&evidence) else { panic!("pending") };
    assert!(held_by[1].contains("not known (forbidden: list leases)"), "{held_by:?}");
}

#[test]
fn only_an_active_unanswered_event_of_the_given_nonce_may_be_acknowledged() {
    let evidence = halted(released("0.4.2"));
    assert_eq!(refused(&evidence, None), None);
    assert_eq!(refused(&evidence, Some(NONCE)), None);
    let because = |evidence: &Evidence, nonce| refused(evidence, nonce).map(|(code, exit)| (code, exit.code()));
    let is = |code: &str, exit: u8| Some((code.to_owned(), exit));
    let shouted = NONCE.to_uppercase();
    for other in ["0000", &shouted, ""] {
        assert_eq!(because(&evidence, Some(other)), is("other-nonce", 8), "{other}");
    }
    for phase in ["RollingBack", "Idle"] {
        assert_eq!(because(&acknowledged(phase), None), is("already-acknowledged", 4));
        assert_eq!(because(&acknowledged(phase), Some(NONCE)), is("already-acknowledged", 4));
        assert_eq!(because(&acknowledged(phase), Some("other")), is("other-nonce", 8));
    }
    let mut pending = halted(jan());
    cluster(&mut pending).spec.break_glass_ack = Some(NONCE.into());
    assert_eq!(because(&pending, Some(NONCE)), is("ack-pending", 4));
    let mut never = halted(jan());
    cluster(&mut never).break_glass = None;
    assert_eq!(because(&never, Some(NONCE)), is("not-active", 4));
    let mut unnamed = halted(jan());
    cluster(&mut unnamed).break_glass.as_mut().expect("break glass").nonce.clear();
    assert_eq!(because(&unnamed, None), is("no-nonce", 4));
    let mut forbidden = halted(jan());
    let permission = Permission::on("patch", "openbao.org", "openbaoclusters").named("bg");
    forbidden.permissions.push((permission, Item::present(false)));
    assert_eq!(because(&forbidden, None), is("permission", 6));
}

#[test]
fn a_wrong_earlier_acknowledgement_is_no_obstacle() {
    let mut evidence = halted(released("0.4.2"));
    cluster(&mut evidence).spec.break_glass_ack = Some("of-an-earlier-event".into());
    assert_eq!(refused(&evidence, None), None);
}

#[test]
fn the_patch_tests_what_was_seen_before_it_acknowledges() {
    let plan = planned(&halted(jan()), None);
    let Act::Patch { operations } = &plan.write.act else { panic!("a patch") };
    let step = |op: &str, path: &str, value: Value| json!({"op": op, "path": path, "value": value});
    let wanted = [
        step("test", "/metadata/uid", json!("bfd6029f")),
        step("test", "/metadata/resourceVersion", json!("1500")),
        step("test", "/status/breakGlass/active", json!(true)),
        step("test", "/status/breakGlass/nonce", json!(NONCE)),
        step("add", "/spec/breakGlassAck", json!(NONCE)),
        step("test", "/metadata/resourceVersion", json!("1500")),
        step("add", "/metadata/annotations", json!({})),
        step("add", "/metadata/annotations/cli.openbao.org~1request-id", json!("id")),
        step("add", "/metadata/annotations/cli.openbao.org~1version", json!("0")),
        step("add", "/metadata/annotations/cli.openbao.org~1accepted-hazards", json!("ack-removes-blue-peers")),
    ];
    assert_eq!(operations, &wanted);
}

#[test]
fn a_phrase_is_asked_for_exactly_when_something_is_dangerous() {
    let calm = planned(&halted(released("0.4.2")), None);
    assert_eq!((calm.consent.phrase.as_str(), calm.consent.accept.len()), ("y", 0), "{:?}", calm.hazards);
    assert_eq!(calm.consent.command, format!("kubectl openbao breakglass ack bg -n bao --nonce {NONCE}"));
    let jan = planned(&halted(jan()), None);
    assert_eq!(jan.consent.phrase, "ack bao/bg");
    assert_eq!(jan.consent.accept, ["ack-removes-blue-peers"]);
    assert!(jan.consent.command.ends_with(&format!("--nonce {NONCE} --accept ack-removes-blue-peers")));
}

#[test]
fn a_nonce_that_a_shell_would_read_is_quoted() {
    let mut evidence = halted(released("0.4.2"));
    cluster(&mut evidence).break_glass.as_mut().expect("break glass").nonce = "a; rm -rf $HOME".into();
    assert!(planned(&evidence, None).consent.command.ends_with("--nonce 'a; rm -rf $HOME'"));
}

#[test]
fn the_repair_is_tried_again_as_the_next_attempt() {
    let told = consequences(&halted(jan())).expect("consequences");
    assert_eq!((told.course, told.run_id.as_deref(), told.waits_for.len()), (Course::Repair, Some("rollback-retry-1"), 0));
    let text = told.steps.join("\n");
    for part in ["removes Blue's servers", "its data volumes stay", "Upgrade lock may stay", "upgrade to 2.5.5 begins again"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let mut second = halted(next());
    cluster(&mut second).blue_green.as_mut().expect("blue/green").rollback_attempt = Some(1);
    let told = consequences(&second).expect("consequences");
    assert_eq!(told.run_id.as_deref(), Some("rollback-retry-2"));
    let text = told.steps.join("\n");
    for part in ["too few of Blue's", "removes Green's servers", "so are its data volumes", "the lock free"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

/// ≥ #747: run ids carry the operation, and Green's volumes go with Green (F§1.2, F§5.1).
#[test]
fn an_operation_of_its_own_names_the_run_and_deletes_greens_volumes() {
    let mut evidence = halted(released("0.5.1"));
    let told = |evidence: &Evidence| {
        let told = consequences(evidence).expect("consequences");
        (told.run_id.expect("a run id"), told.steps.join("\n"))
    };
    let (run, text) = told(&evidence);
    assert_eq!(run, "rollback-retry-1");
    assert!(text.contains("perhaps its data volumes") && !text.contains("too few of Blue's"), "{text}");
    cluster(&mut evidence).blue_green.as_mut().expect("blue/green").operation_id = Some("bg-v2-5f1d".into());
    let (run, text) = told(&evidence);
    assert_eq!(run, "bg-v2-5f1d/rollback-retry-1");
    assert!(text.contains("and so are its data volumes"), "{text}");
}

#[test]
fn a_failed_clean_up_is_cleaned_up_again() {
    let mut evidence = halted(released("0.4.2"));
    cluster(&mut evidence).break_glass.as_mut().expect("break glass").reason = "RollbackCleanupPeerRemovalFailed".into();
    cluster(&mut evidence).blue_green.as_mut().expect("blue/green").phase = "RollbackCleanup".into();
    assert_eq!(consequences(&evidence).map(|c| c.course), Some(Course::Cleanup));
    // A reason nobody knows is not guessed at.
    cluster(&mut evidence).break_glass.as_mut().expect("break glass").reason = "QuorumRisk".into();
    assert_eq!(consequences(&evidence).map(|c| c.course), Some(Course::Unknown));
}

#[test]
fn the_wanted_version_that_runs_already_means_no_repair() {
    let mut evidence = halted(jan());
    cluster(&mut evidence).spec.version = Some("2.5.4".into());
    let told = consequences(&evidence).expect("consequences");
    assert_eq!((told.course, told.run_id), (Course::VersionRevert, None));
    assert!(told.steps.join("\n").contains("no Job runs"));
}

#[test]
fn what_it_waits_for_is_said() {
    let mut evidence = halted(jan());
    let lock = cluster(&mut evidence).operation_lock.as_mut().expect("a lock");
    (lock.operation, lock.holder) = ("Restore".into(), "openbaorestore/bgr2".into());
    evidence.restores = Item::present(vec![restore("bgr2", "Running")]);
    let told = consequences(&evidence).expect("consequences");
    assert!(told.waits_for[0].starts_with("openbaorestore/bgr2 holds the operation lock"), "{:?}", told.waits_for);
    cluster(&mut evidence).operation_lock.as_mut().expect("a lock").operation = "Backup".into();
    assert_eq!(consequences(&evidence).expect("consequences").waits_for.len(), 1);
}

#[test]
fn every_fact_the_consent_rests_on_changes_the_plan() {
    let before = planned(&halted(jan()), None).rests_on;
    type Change = fn(&mut Evidence);
    let changes: [(&str, Change); 10] = [
        ("cluster uid", |e| cluster(e).meta.uid = "another".into()),
        ("nonce", |e| cluster(e).break_glass.as_mut().expect("break glass").nonce = "f4c2".into()),
        ("break glass", |e| cluster(e).break_glass.as_mut().expect("break glass").active = false),
        ("acknowledgement", |e| cluster(e).spec.break_glass_ack = Some("x".into())),
        ("blue/green phase", |e| cluster(e).blue_green.as_mut().expect("blue/green").phase = "Idle".into()),
        ("operation lock", |e| cluster(e).operation_lock = None),
        ("generation", |e| e.generation = next()),
        ("wanted version", |e| cluster(e).spec.version = Some("2.5.6".into())),
        ("paused", |e| cluster(e).spec.paused = true),
        ("restores in flight", |e| e.restores = Item::present(vec![restore("r", "Validating")])),
    ];
    for (name, change) in changes {
        let mut evidence = halted(jan());
        change(&mut evidence);
        let after = planned(&evidence, None).rests_on;
        assert_ne!(before.get(name), after.get(name), "{name}");
    }
    // What moves all the time on a live cluster does not.
    let mut moved = halted(jan());
    cluster(&mut moved).meta.resource_version = "1501".into();
    assert_eq!(planned(&moved, None).rests_on, before);
}

/// The cluster after so many changes of its JSON.
fn seen(change: impl FnOnce(&mut Value)) -> Cluster {
    let mut object = object();
    change(&mut object);
    Cluster::read(&object)
}

fn taken(object: &mut Value) {
    let record = object["status"]["breakGlass"].as_object_mut().expect("an object");
    record.remove("active");
    record.insert("acknowledgedAt".into(), json!("2026-11-21T00:48:57Z"));
    object["status"]["blueGreen"]["rollbackAttempt"] = json!(1);
}

fn words(steps: &[crate::domain::progress::Step]) -> Vec<&str> {
    steps.iter().map(|s| s.what.as_str()).collect()
}

#[test]
fn the_way_of_a_retry_that_works() {
    let mut way = Aftermath::new(NONCE, "bfd6029f");
    assert!(way.see(Some(&seen(|_| {}))).is_empty() && !way.taken());
    let steps = way.see(Some(&seen(taken)));
    assert_eq!(words(&steps), ["taken", "RollingBack"]);
    assert!(steps[0].text.contains("attempt 1"), "{}", steps[0].text);
    assert!(way.see(Some(&seen(taken))).is_empty(), "the same again is no news");
    let steps = way.see(Some(&seen(|o| {
        taken(o);
        o["status"]["blueGreen"]["phase"] = json!("RollbackCleanup");
    })));
    assert_eq!((words(&steps), way.end()), (vec!["RollbackCleanup"], None));
    let steps = way.see(Some(&seen(|o| {
        taken(o);
        o["status"]["blueGreen"]["phase"] = json!("Idle");
    })));
    assert_eq!((words(&steps), way.end()), (vec!["Idle"], Some(&End::Over { phase: "Idle".into() })));
}

/// `12-breakglass-ack.txt`: acknowledged at 00:48:57, break glass again at 00:49:07 with another nonce.
#[test]
fn the_way_of_a_retry_that_fails() {
    let again = |object: &mut Value| {
        let message =
            "Rollback consensus repair Job upgrade-bg-bluegreen-repair-consensus-3edfac3899 failed; manual intervention required";
        object["status"]["breakGlass"] = json!({"active": true, "nonce": "f4c28ca4d0917fcb86a5cbaa6a398514", "message": message});
        object["status"]["blueGreen"]["rollbackAttempt"] = json!(1);
    };
    let mut way = Aftermath::new(NONCE, "bfd6029f");
    way.see(Some(&seen(taken)));
    assert_eq!(words(&way.see(Some(&seen(again)))), ["re-entered"]);
    let Some(End::Reentered { nonce, job, .. }) = way.end() else { panic!("re-entered") };
    assert_eq!(nonce, "f4c28ca4d0917fcb86a5cbaa6a398514");
    assert_eq!(job.as_deref(), Some("upgrade-bg-bluegreen-repair-consensus-3edfac3899"));
    // Missed in between: still understood.
    let mut late = Aftermath::new(NONCE, "bfd6029f");
    assert_eq!(words(&late.see(Some(&seen(again)))), ["taken", "re-entered"]);
}

#[test]
fn what_a_rollback_waits_for_is_said_once() {
    let held = |object: &mut Value| {
        taken(object);
        object["status"]["operationLock"] = json!({"operation": "Restore", "holder": "openbaorestore/bgr2"});
    };
    let mut way = Aftermath::new(NONCE, "bfd6029f");
    assert_eq!(words(&way.see(Some(&seen(held)))), ["taken", "RollingBack", "waiting"]);
    assert!(way.see(Some(&seen(held))).is_empty());
    let both = |object: &mut Value| {
        held(object);
        object["status"]["operationLock"]["operation"] = json!("Backup");
        object["spec"]["paused"] = json!(true);
    };
    let steps = way.see(Some(&seen(both)));
    assert!(steps[0].text.contains("paused") && way.waits_for_a_person(), "{}", steps[0].text);
    let steps = way.see(Some(&seen(|o| {
        both(o);
        o["spec"]["paused"] = json!(false);
    })));
    assert!(steps[0].text.contains("openbaorestore/bgr2 holds") && !way.waits_for_a_person(), "{}", steps[0].text);
    let mut paused = Aftermath::new(NONCE, "bfd6029f");
    assert_eq!(words(&paused.see(Some(&seen(|o| o["spec"]["paused"] = json!(true))))), ["waiting"]);
}

#[test]
fn another_cluster_of_the_name_is_not_followed() {
    for cluster in [None, Some(seen(|o| o["metadata"]["uid"] = json!("another")))] {
        let mut way = Aftermath::new(NONCE, "bfd6029f");
        assert_eq!((words(&way.see(cluster.as_ref())), way.end()), (vec!["gone"], Some(&End::Gone)));
    }
}

#[test]
fn only_jobs_of_this_attempt_are_its_own() {
    let mut way = Aftermath::new(NONCE, "bfd6029f");
    let job = |run: &str| super::samples::failed_job("j", run, "2026-11-21T00:49:02Z");
    assert!(!way.owns(&job("rollback-retry-1")), "not before it was taken");
    way.see(Some(&seen(taken)));
    assert!(way.owns(&job("rollback-retry-1")) && way.owns(&job("bg-v2-x/rollback-retry-1")));
    assert!(!way.owns(&job("rollback")) && !way.owns(&job("rollback-retry-2")) && !way.owns(&job("rollback-retry-11")));
}

/// `14-rollback-cleanup.txt` and `18-path-b.txt`: phase Idle and Running over a cluster without a leader.
#[test]
fn an_idle_phase_is_not_taken_for_a_well_cluster() {
    let over = |generation| {
        let mut evidence = halted(generation);
        let state = cluster(&mut evidence);
        (state.break_glass, state.operation_lock) = (None, None);
        state.blue_green.as_mut().expect("blue/green").phase = "Idle".into();
        evidence
    };
    assert!(left_over(&over(jan())).is_empty());
    let mut leaderless = over(jan());
    leaderless.pods = Item::present(vec![super::samples::server("89b324081ed019e8", 0, false, "2.5.4")]);
    assert!(left_over(&leaderless)[0].contains("no server leads"));
    let mut locked = over(jan());
    cluster(&mut locked).operation_lock = halted(jan()).cluster.value().expect("a cluster").operation_lock.clone();
    assert!(left_over(&locked)[0].contains("Upgrade lock"), "{:?}", left_over(&locked));
    let mut removed = over(jan());
    cluster(&mut removed).blue_green.as_mut().expect("blue/green").rollback_attempt = Some(2);
    let mut job = super::samples::failed_job("j", "rollback-retry-2", "2026-11-21T00:51:45Z");
    job.meta.annotations.insert("openbao.org/upgrade-action".into(), "bluegreen-remove-blue-peers".into());
    removed.jobs = Item::present(vec![job]);
    assert!(left_over(&removed)[0].contains("began to remove Blue's servers"), "{:?}", left_over(&removed));
    let unread = Evidence { pods: Item::NotAsked, ..over(jan()) };
    assert!(left_over(&unread)[0].contains("not known"));
    assert_eq!(left_over(&Evidence::default()).len(), 1);
}

#[test]
fn the_upgrade_that_begins_again_can_be_stopped_only_while_idle() {
    let mut evidence = halted(jan());
    assert_eq!(begins_again(&evidence), None, "it is under way");
    cluster(&mut evidence).blue_green.as_mut().expect("blue/green").phase = "Idle".into();
    let again = begins_again(&evidence).expect("it begins again");
    assert_eq!(again.wanted, "2.5.5");
    let patch = r#"[{"op":"test","path":"/status/blueGreen/phase","value":"Idle"},{"op":"replace","path":"/spec/version","value":"2.5.4"}]"#;
    assert_eq!(again.stop, format!("kubectl -n bao patch openbaocluster bg --type=json -p '{patch}'"));
    cluster(&mut evidence).spec.paused = true;
    assert_eq!(begins_again(&evidence), None);
}

#[test]
fn the_operators_steps_are_corrected_where_they_name_what_does_not_exist() {
    let shown = view(&halted(jan())).expect("a view");
    let text = shown.steps.join("\n");
    assert!(text.contains("exec -it bg-89b324081ed019e8-0 -- bao") && !text.contains("bg-0 "), "{text}");
    assert!(text.contains("-l 'openbao.org/cluster=bg,!openbao.org/component' "), "{text}");
    // An acknowledgement that destroys, or lies there already, is no step.
    assert!(text.ends_with("automation: not now: see kubectl openbao diagnose rollback bg -n bao"), "{text}");
    let last = |evidence: &Evidence| view(evidence).expect("a view").steps.pop().expect("steps");
    let mut calm = halted(released("0.4.2"));
    assert!(last(&calm).contains(NONCE), "{}", last(&calm));
    cluster(&mut calm).spec.break_glass_ack = Some(NONCE.into());
    assert!(last(&calm).contains("not now"), "{}", last(&calm));
    let mut unread = halted(jan());
    unread.pods = Item::NotAsked;
    assert!(view(&unread).expect("a view").steps.join("\n").contains("exec -it bg-89b324081ed019e8-0 "), "Blue's first");
}

/// The first words of each next step.
fn commands(evidence: &Evidence) -> Vec<String> {
    let view = view(evidence).expect("a view");
    view.next.into_iter().map(|step| step.command.split_whitespace().take(4).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn an_acknowledgement_is_a_step_only_where_the_diagnosis_says_retry() {
    let saved = format!("kubectl openbao logs job/{}", super::samples::FAILED);
    let diagnose = "kubectl openbao diagnose rollback";
    // Nothing of the cause was read.
    assert_eq!(commands(&halted(released("0.4.2"))), [saved.as_str(), diagnose]);
    // There the clean-up removes Blue.
    let jan = halted(jan());
    assert_eq!(commands(&jan), [saved.as_str(), diagnose, "kubectl get deployments -A"]);
    let mut passed = halted(released("0.4.2"));
    let line = r#"upgrade-executor error: failed to authenticate for consensus repair: failed to execute JWT auth request: Post "https://bg-89b324081ed019e8-0.bg.bao.svc:8200/v1/auth/jwt-operator/login": dial tcp 10.99.0.11:8200: connect: connection refused"#;
    let run = LogRun { pod: "x".into(), exit_code: Some(2), text: line.into(), ..LogRun::default() };
    passed.logs.insert(super::samples::FAILED.into(), Item::present(JobLog { runs: vec![run] }));
    assert_eq!(commands(&passed), [saved.as_str(), diagnose, "kubectl openbao breakglass ack"]);
    passed.logs.insert(super::samples::FAILED.into(), Item::Absent);
    assert_eq!(commands(&passed), [diagnose], "a log that is gone is not saved");
    passed.logs.insert(super::samples::FAILED.into(), Item::Failed { why: "timed out".into() });
    assert_eq!(commands(&passed), [saved.as_str(), diagnose], "perhaps it is there");
    assert_eq!(commands(&acknowledged("Idle")), ["kubectl openbao status bg"]);
}

/// The clean-up that follows on JAN removes Blue (F§15.2.5).
#[test]
fn a_rollback_that_removes_blue_is_paused_before_it_is_followed() {
    let (pause, follow) = ("kubectl -n bao patch", "kubectl openbao breakglass show");
    let mut evidence = acknowledged("RollingBack");
    assert_eq!(commands(&evidence), [pause, follow]);
    cluster(&mut evidence).spec.paused = true;
    assert_eq!(commands(&evidence), ["kubectl openbao status bg"]);
    let newer = Evidence { generation: released("0.4.2"), ..acknowledged("RollingBack") };
    assert_eq!(commands(&newer), [follow]);
    // The upgrade that was rolled back 2 minutes ago begins again, and ends in the same clean-up.
    let mut again = acknowledged("Promoting");
    let began = &mut cluster(&mut again).blue_green.as_mut().expect("blue/green").rollback_start_time;
    *began = Some("2026-11-21T00:46:44Z".parse().expect("a time"));
    assert_eq!(commands(&again)[0], pause);
}

#[test]
fn an_acknowledgement_that_lies_under_a_pause_is_not_followed_but_can_be_taken_back() {
    let mut evidence = halted(released("0.4.2"));
    cluster(&mut evidence).spec.break_glass_ack = Some(NONCE.into());
    let log = format!("kubectl openbao logs job/{}", super::samples::FAILED);
    assert_eq!(commands(&evidence), [log.as_str(), "kubectl openbao breakglass show"]);
    cluster(&mut evidence).spec.paused = true;
    assert_eq!(commands(&evidence), [log.as_str(), "kubectl -n bao patch"]);
}

#[test]
fn what_goes_on_without_break_glass_is_named() {
    let goes_on = |evidence: &Evidence| view(evidence).expect("a view").goes_on;
    assert_eq!(goes_on(&halted(jan())), None);
    assert_eq!(goes_on(&acknowledged("Idle")), None);
    assert_eq!(goes_on(&acknowledged("Promoting")).as_deref(), Some("the upgrade is in phase Promoting"));
    let mut evidence = acknowledged("RollingBack");
    assert_eq!(goes_on(&evidence).as_deref(), Some("the rollback is in phase RollingBack"));
    let lock = cluster(&mut evidence).operation_lock.as_mut().expect("a lock");
    (lock.operation, lock.holder) = ("Restore".into(), "openbaorestore/r".into());
    let waits = "the rollback waits in phase RollingBack: openbaorestore/r holds the operation lock";
    assert_eq!(goes_on(&evidence).as_deref(), Some(waits));
    cluster(&mut evidence).spec.paused = true;
    assert_eq!(goes_on(&evidence).as_deref(), Some("the rollback waits in phase RollingBack: the cluster is paused"));
}
