//! The way by restore as a simulation: every write applied to objects, killed after each, gone on with by somebody else.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::claims::deletable;
use super::*;
use crate::api::cluster::Cluster;
use crate::api::restore::Restore;
use crate::api::revision::Claim;
use crate::api::workload::{Job, Lease, OperatorDeployment, Pod};
use crate::domain::evidence::{Evidence, Item, Peer};
use crate::domain::write::{Act, Kind, Write};

const BLUE: &str = "aaaaaaaaaaaaaaaa";
const GREEN: &str = "bbbbbbbbbbbbbbbb";
const KEY: &str = "bao/bg/pre-upgrade-2026-11-21T00-45-34Z-9a71c039.snap";

fn now() -> Timestamp {
    "2026-11-21T01:00:00Z".parse().expect("a time")
}

/// The objects a resolution touches, as an API server would keep them.
#[derive(Debug, Clone, PartialEq)]
struct World {
    cluster: Value,
    operator: Value,
    claims: Vec<Value>,
    restores: Vec<Value>,
    jobs: Vec<Value>,
    /// Which side's first server leads.
    leads: &'static str,
    version: &'static str,
    /// How many restores were ever created.
    created: usize,
}

impl World {
    /// Break glass in `RollingBack` on 0.5: Blue leads, Green has volumes of its own.
    fn new() -> World {
        let claim = |revision: &str, n: usize| {
            json!({"metadata": {"name": format!("data-bg-{revision}-{n}"), "namespace": "bao", "uid": format!("c-{revision}-{n}"),
                "resourceVersion": "7", "labels": {"openbao.org/revision": revision, "openbao.org/cluster": "bg"}},
                "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}})
        };
        World {
            cluster: json!({
                "metadata": {"name": "bg", "namespace": "bao", "uid": "u1", "resourceVersion": "1", "annotations": {}},
                "spec": {"version": "2.5.5", "replicas": 3},
                "status": {"currentVersion": "2.5.4",
                    "blueGreen": {"phase": "RollingBack", "blueRevision": BLUE, "greenRevision": GREEN},
                    "breakGlass": {"active": true, "nonce": "n1", "reason": "RollbackConsensusRepairFailed"}},
            }),
            operator: json!({
                "metadata": {"name": "op", "namespace": "system", "uid": "d1", "resourceVersion": "1"},
                "spec": {"replicas": 2}, "status": {"readyReplicas": 2},
            }),
            claims: (0..2).flat_map(|n| [claim(BLUE, n), claim(GREEN, n)]).collect(),
            restores: Vec::new(),
            jobs: Vec::new(),
            leads: BLUE,
            version: "0.5.3",
            created: 0,
        }
    }

    fn evidence(&self) -> Evidence {
        let pod = |revision: &str, n: usize| {
            let active = if revision == self.leads && n == 0 { "true" } else { "false" };
            Pod::read(&json!({"metadata": {"name": format!("bg-{revision}-{n}"), "labels": {"openbao.org/revision": revision,
                "openbao-active": active, "openbao-sealed": "false", "openbao-version": if revision == GREEN { "2.5.5" } else { "2.5.4" }}},
                "status": {"conditions": [{"type": "Ready", "status": "True"}]}}))
        };
        let mut evidence = Evidence {
            observed_at: now(),
            namespace: "bao".into(),
            name: "bg".into(),
            cluster: Item::present(Cluster::read(&self.cluster)),
            operator: Item::present(OperatorDeployment::read(&self.operator)),
            claims: Item::present(self.claims.iter().map(Claim::read).collect()),
            restores: Item::present(self.restores.iter().map(Restore::read).collect()),
            jobs: Item::present(self.jobs.iter().map(Job::read).collect()),
            pods: Item::present((0..2).flat_map(|n| [pod(BLUE, n), pod(GREEN, n)]).collect()),
            lease: Item::present(Lease { renewed_at: Some(now()), duration_seconds: Some(15), ..Lease::default() }),
            person: Item::present("oncall".into()),
            peers: Item::present(vec![Peer { id: format!("bg-{BLUE}-0"), voter: true, ..Peer::default() }]),
            ..Evidence::default()
        };
        evidence.generation.operator = Some(self.version.into());
        evidence
    }

    fn carry_out(&mut self, write: &Write) {
        let place = match write.kind {
            Kind::Cluster => &mut self.cluster,
            Kind::Operator => &mut self.operator,
            Kind::Claim => self.claims.iter_mut().find(|c| c["metadata"]["name"] == write.name.as_str()).expect("the claim"),
            Kind::Restore => panic!("a resolution writes no restore this way"),
        };
        match &write.act {
            Act::Patch { operations } => patch(place, operations),
            Act::Delete { uid, resource_version } => {
                assert_eq!(
                    (&place["metadata"]["uid"], &place["metadata"]["resourceVersion"]),
                    (&json!(uid), &json!(resource_version))
                );
                self.claims.retain(|c| c["metadata"]["uid"] != uid.as_str());
            }
        }
        // The Deployment's controller follows.
        self.operator["status"]["readyReplicas"] = self.operator["spec"]["replicas"].clone();
    }

    fn create(&mut self, name: &str, id: &str) {
        let origin = origin(&Cluster::read(&self.cluster), id);
        self.created += 1;
        self.restores.push(json!({
            "metadata": {"name": name, "namespace": "bao", "uid": format!("r{}", self.created),
                "annotations": {"cli.openbao.org/request-id": id, "cli.openbao.org/resolve": origin}},
            "spec": {"cluster": "bg", "source": {"key": KEY}}, "status": {"phase": "Running"},
        }));
    }
}

/// RFC 6902 as far as the writes use it; a failed test is a defect of the machine here.
fn patch(object: &mut Value, operations: &[Value]) {
    for operation in operations {
        let path = operation["path"].as_str().expect("a path");
        let (parent, name) = path.rsplit_once('/').expect("a parent");
        let name = name.replace("~1", "/").replace("~0", "~");
        match operation["op"].as_str() {
            Some("test") => assert_eq!(object.pointer(path).unwrap_or(&Value::Null), &operation["value"], "{path}"),
            Some("add") => {
                let place = object.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}"));
                place[name.as_str()] = operation["value"].clone();
            }
            Some("remove") => {
                let place = object.pointer_mut(parent).and_then(Value::as_object_mut).unwrap_or_else(|| panic!("no {parent}"));
                assert!(place.shift_remove(&name).is_some(), "{path} is not there");
            }
            other => panic!("{other:?}"),
        }
    }
}

fn request(id: &str, delete: bool) -> Request {
    Request {
        namespace: "bao".into(),
        cluster: "bg".into(),
        key: KEY.into(),
        delete_claims_of: delete.then(|| GREEN.into()),
        freeze: None,
        id: id.into(),
        now: now(),
        reason: Some("INC-1".into()),
        accepted: Vec::new(),
        tool_version: "0".into(),
    }
}

/// Runs to the end, or is killed after so many writes. Says how many there were, and what it did last.
fn run(world: &mut World, asked: &Request, killed_after: usize) -> (usize, &'static str) {
    let mut request = asked.clone();
    let mut writes = 0;
    let mut begun = false;
    for _ in 0..60 {
        if writes == killed_after {
            return (writes, "killed");
        }
        let evidence = world.evidence();
        let cluster = evidence.cluster.value().expect("the cluster").clone();
        let Some(checkpoint) = Checkpoint::of(&cluster).expect("readable") else {
            if begun {
                return (writes, "over");
            }
            if already_done(&evidence, &cluster, &request.key).is_some() {
                return (writes, "done already");
            }
            let plan = course(&evidence, &request, None).expect("a plan");
            assert_eq!(plan.refusal, None);
            let (_, write) = begin(&evidence, &cluster, &request, plan.claims.as_ref());
            world.carry_out(&write);
            (writes, begun) = (writes + 1, true);
            continue;
        };
        request.id.clone_from(&checkpoint.id);
        begun = true;
        match next_step(&evidence, &checkpoint, &request) {
            Step::Write(write) => {
                world.carry_out(&write);
                writes += 1;
            }
            Step::Finish(write) => {
                world.carry_out(&write);
                writes += 1;
            }
            Step::Restore { name, request_id } => {
                world.create(&name, &request_id);
                writes += 1;
            }
            Step::Follow(_) => world.restores[0]["status"]["phase"] = json!("Completed"),
            Step::Wait(what) => panic!("waits for {what}"),
            Step::Stuck(stuck) => panic!("stuck: {}", stuck.text),
        }
    }
    panic!("never ends");
}

/// What must be the same whatever happened on the way.
fn outcome(world: &World) -> Value {
    let names: Vec<&Value> = world.claims.iter().map(|c| &c["metadata"]["name"]).collect();
    json!({
        "replicas": world.operator["spec"]["replicas"], "remembered": world.operator["metadata"]["annotations"].get("cli.openbao.org/replicas-before-freeze"),
        "paused": world.cluster["spec"]["paused"], "noted": world.cluster["metadata"]["annotations"].get("cli.openbao.org/resolve"),
        "claims": names, "created": world.created, "phase": world.restores[0]["status"]["phase"],
    })
}

#[test]
fn killed_after_any_write_and_begun_again_by_another_it_ends_the_same() {
    for delete in [false, true] {
        let mut whole = World::new();
        let (writes, end) = run(&mut whole, &request("11112222333344445555666677778888", delete), usize::MAX);
        assert_eq!(end, "over");
        assert_eq!(outcome(&whole)["replicas"], 2);
        assert_eq!(
            (outcome(&whole)["created"].clone(), outcome(&whole)["claims"].as_array().map(Vec::len)),
            (json!(1), Some(if delete { 2 } else { 4 }))
        );
        for killed_after in 1..=writes {
            let mut world = World::new();
            assert_eq!(
                run(&mut world, &request("11112222333344445555666677778888", delete), killed_after),
                (killed_after, "killed")
            );
            let (_, end) = run(&mut world, &request("99990000999900009999000099990000", delete), usize::MAX);
            assert_eq!(end, if killed_after == writes { "done already" } else { "over" }, "killed after {killed_after}");
            assert_eq!(outcome(&world), outcome(&whole), "killed after {killed_after}, volumes {delete}");
        }
    }
}

#[test]
fn given_up_after_any_write_everything_frozen_is_given_back() {
    let (writes, _) = run(&mut World::new(), &request("11112222333344445555666677778888", true), usize::MAX);
    for killed_after in 1..writes {
        let mut world = World::new();
        run(&mut world, &request("11112222333344445555666677778888", true), killed_after);
        let stopped = (0..5).find_map(|_| {
            let evidence = world.evidence();
            let Some(checkpoint) = Checkpoint::of(evidence.cluster.value()?).ok()? else { return Some(None) };
            match abort_step(&evidence, &checkpoint, &request("x", true)) {
                Step::Write(write) | Step::Finish(write) => world.carry_out(&write),
                Step::Stuck(stuck) => return Some(Some(stuck.text)),
                other => panic!("{other:?}"),
            }
            None
        });
        match stopped.expect("it ends") {
            Some(why) => assert!(world.created == 1 && why.contains("is Running"), "{why}"),
            None => {
                assert_eq!((&world.operator["spec"]["replicas"], &world.cluster["spec"]["paused"]), (&json!(2), &json!(false)));
                assert_eq!(world.cluster["metadata"]["annotations"].get("cli.openbao.org/resolve"), None);
            }
        }
    }
}

/// The cluster noted at a stage, without having done anything.
fn at(world: &mut World, stage: Stage, delete: bool) -> Checkpoint {
    let evidence = world.evidence();
    let plan = course(&evidence, &request("11112222333344445555666677778888", delete), None).expect("a plan");
    let cluster = evidence.cluster.value().expect("the cluster");
    let (checkpoint, write) =
        begin(&evidence, cluster, &request("11112222333344445555666677778888", delete), plan.claims.as_ref());
    world.carry_out(&write);
    checkpoint.at(stage)
}

fn stuck(step: &Step) -> &str {
    match step {
        Step::Stuck(stuck) => &stuck.text,
        other => panic!("not stuck: {other:?}"),
    }
}

#[test]
fn the_live_sides_volumes_are_never_deleted() {
    let world = World::new();
    let refused = |change: &dyn Fn(&mut Evidence), revision: &str| {
        let mut evidence = world.evidence();
        change(&mut evidence);
        let cluster = evidence.cluster.value().expect("the cluster").clone();
        deletable(&evidence, &cluster, revision).map(|v| v.len()).map_err(|r| (r.exit_code, r.text))
    };
    assert_eq!(refused(&|_| {}, GREEN), Ok(2));
    assert_eq!(refused(&|_| {}, BLUE).unwrap_err().0, 4);
    assert!(refused(&|_| {}, BLUE).unwrap_err().1.contains("is the live side"));
    let unknown: [&dyn Fn(&mut Evidence); 2] =
        [&|e| e.pods = Item::Forbidden { what: "list pods".into() }, &|e| e.pods = Item::present(vec![])];
    for hide in unknown {
        assert_eq!(refused(hide, GREEN), Err((4, "which side is live is not known: no volume is deleted".into())));
    }
    let votes = |e: &mut Evidence| {
        e.peers = Item::present(vec![Peer { id: format!("bg-{GREEN}-0"), voter: true, ..Peer::default() }]);
    };
    assert!(refused(&votes, GREEN).unwrap_err().1.contains("still vote in Raft"));
    assert_eq!(refused(&|e| e.claims = Item::Forbidden { what: "list claims".into() }, GREEN).unwrap_err().0, 6);
    assert_eq!(refused(&|_| {}, "cccccccccccccccc").unwrap_err().0, 7);
    for wrong in ["", "bbbb", "BBBBBBBBBBBBBBBB", "../../x"] {
        assert_eq!(refused(&|_| {}, wrong).unwrap_err().0, 2, "{wrong:?}");
    }
}

#[test]
fn a_side_that_came_to_lead_meanwhile_keeps_its_volumes() {
    let mut world = World::new();
    let checkpoint = at(&mut world, Stage::Claims, true);
    world.operator["spec"]["replicas"] = json!(0);
    assert!(matches!(next_step(&world.evidence(), &checkpoint, &request("x", true)), Step::Write(w) if w.kind == Kind::Claim));
    world.leads = GREEN;
    assert!(stuck(&next_step(&world.evidence(), &checkpoint, &request("x", true))).contains("is the live side"));
}

#[test]
fn no_volume_goes_under_an_operator_that_somebody_started_again() {
    let mut world = World::new();
    let checkpoint = at(&mut world, Stage::Claims, true);
    assert!(stuck(&next_step(&world.evidence(), &checkpoint, &request("x", true))).contains("started again by somebody"));
}

#[test]
fn without_rafts_list_the_loss_of_votes_must_be_accepted() {
    let mut world = World::new();
    let unread = |world: &World| Evidence { peers: Item::Failed { why: "no token".into() }, ..world.evidence() };
    let plan = course(&unread(&world), &request("x", true), None).expect("a plan");
    assert_eq!(plan.consent.accept, ["quorum-margin"]);
    assert!(plan.hazards[0].text.contains("still votes in Raft is not known (no token;"), "{}", plan.hazards[0].text);
    assert!(course(&world.evidence(), &request("x", true), None).expect("a plan").consent.accept.is_empty());
    assert!(course(&unread(&world), &request("x", false), None).expect("a plan").consent.accept.is_empty(), "no volume goes");
    // Readable when it was agreed to, and not any more.
    let checkpoint = at(&mut world, Stage::Claims, true);
    world.operator["spec"]["replicas"] = json!(0);
    assert!(stuck(&next_step(&unread(&world), &checkpoint, &request("x", true))).contains("is not known (no token;"));
    let accepting = Request { accepted: vec!["quorum-margin".into()], ..request("x", true) };
    assert!(matches!(next_step(&unread(&world), &checkpoint, &accepting), Step::Write(w) if w.kind == Kind::Claim));
}

#[test]
fn nobody_is_blamed_for_an_operator_that_could_not_be_read() {
    let mut world = World::new();
    let checkpoint = at(&mut world, Stage::Claims, true);
    let evidence = Evidence { operator: Item::Forbidden { what: "get deployments".into() }, ..world.evidence() };
    let Step::Stuck(stuck) = next_step(&evidence, &checkpoint, &request("x", true)) else { panic!("stuck") };
    assert_eq!(stuck.exit(), crate::exit::Exit::NotPermitted);
    assert!(stuck.text.contains("could not be read (forbidden: get deployments)"), "{}", stuck.text);
}

#[test]
fn only_a_young_restore_is_taken_for_the_same_emergency_where_no_break_glass_names_it() {
    let mut world = World::new();
    world.create("r", "id");
    world.restores[0]["status"]["phase"] = json!("Completed");
    let is_done = |world: &World| {
        let evidence = world.evidence();
        already_done(&evidence, evidence.cluster.value().expect("the cluster"), KEY).is_some()
    };
    assert!(is_done(&world), "the very break glass is still active");
    world.cluster["status"]["breakGlass"] = json!({"nonce": "n1", "acknowledgedAt": "2026-11-20T00:00:00Z"});
    assert!(!is_done(&world), "nobody knows how old it is");
    for (created, done) in [("2026-11-21T00:01:00Z", true), ("2026-11-20T23:59:00Z", false)] {
        world.restores[0]["metadata"]["creationTimestamp"] = json!(created);
        assert_eq!(is_done(&world), done, "{created}");
    }
}

#[test]
fn volumes_are_marked_for_maintenance_where_the_policy_asks_for_it() {
    for (version, first) in [("0.5.3", "marks the volume for maintenance"), ("0.4.2", "marks the volume for maintenance")] {
        let mut world = World { version, ..World::new() };
        let checkpoint = at(&mut world, Stage::Claims, true);
        world.operator["spec"]["replicas"] = json!(0);
        let Step::Write(write) = next_step(&world.evidence(), &checkpoint, &request("x", true)) else { panic!("a write") };
        assert_eq!(write.purpose, first, "{version}");
    }
}

#[test]
fn a_restore_that_was_deleted_is_not_made_again() {
    let mut world = World::new();
    let checkpoint = at(&mut world, Stage::Created, false);
    assert!(stuck(&next_step(&world.evidence(), &checkpoint, &request("x", false))).contains("was deleted"));
}

#[test]
fn the_restore_waits_for_the_operator_and_for_executors_at_work() {
    let mut world = World::new();
    let checkpoint = at(&mut world, Stage::Restore, false);
    let step = |world: &World| next_step(&world.evidence(), &checkpoint, &request("x", false));
    assert!(matches!(step(&world), Step::Restore { name, .. } if name == "bg-20261121-010000-1111"));
    let unread = Evidence { jobs: Item::Forbidden { what: "list jobs".into() }, ..world.evidence() };
    assert!(
        stuck(&next_step(&unread, &checkpoint, &request("x", false))).contains("Jobs could not be read (forbidden: list jobs)")
    );
    world.operator["spec"]["replicas"] = json!(0);
    assert_eq!(step(&world), Step::Wait("the operator to come back".into()));
    world.jobs = vec![
        json!({"metadata": {"name": "upgrade-bg-x", "labels": {"openbao.org/component": "upgrade"}}, "status": {"active": 1}}),
    ];
    assert_eq!(step(&world), Step::Wait("Job upgrade-bg-x to end: it changes Raft's members".into()));
}

#[test]
fn a_failed_restore_is_not_tried_again_and_says_so() {
    let mut world = World::new();
    let checkpoint = at(&mut world, Stage::Created, false);
    world.create("bg-20261121-010000-1111", "11112222333344445555666677778888");
    world.restores[0]["status"] = json!({"phase": "Failed", "message": "no leader"});
    let step = next_step(&world.evidence(), &checkpoint, &request("x", false));
    assert_eq!(stuck(&step), "its restore bg-20261121-010000-1111 failed: no leader");
}

#[test]
fn an_interrupted_resolution_is_gone_on_with_only_as_it_was_begun() {
    let mut world = World::new();
    at(&mut world, Stage::Freeze, true);
    let refusal = |change: &dyn Fn(&mut Request)| {
        let mut asked = request("x", true);
        change(&mut asked);
        course(&world.evidence(), &asked, None).expect("a plan").refusal.map(|r| (r.exit_code, r.text))
    };
    assert_eq!(refusal(&|_| {}), None);
    assert_eq!(refusal(&|r| r.key.clear()), None);
    assert!(refusal(&|r| r.key = "other".into()).is_some_and(|(exit, text)| exit == 8 && text.contains("another snapshot")));
    assert!(refusal(&|r| r.delete_claims_of = Some(BLUE.into())).is_some_and(|(exit, _)| exit == 8));
    world.cluster["metadata"]["annotations"]["cli.openbao.org/resolve"] = json!("{\"id\":");
    assert!(course(&world.evidence(), &request("x", true), None).expect("a plan").refusal.is_some_and(|r| r.exit_code == 4));
}

#[test]
fn the_operator_of_another_resolution_is_left_alone() {
    let mut world = World::new();
    let checkpoint = at(&mut world, Stage::Freeze, true);
    world.operator["metadata"]["annotations"] = json!({"cli.openbao.org/replicas-before-freeze": "3", "cli.openbao.org/request-id": "other", "cli.openbao.org/requested-by": "eve"});
    let step = next_step(&world.evidence(), &checkpoint, &request("x", true));
    assert_eq!(stuck(&step), "the operator is stopped by another resolution, of eve");
}

#[test]
fn the_phrases_name_what_is_lost() {
    let plan = course(&World::new().evidence(), &request("x", true), None).expect("a plan");
    assert_eq!(plan.consent.phrase, "restore bao/bg from 2026-11-21T00:45:34Z");
    let claims = plan.claims.expect("volumes");
    assert_eq!(claims.consent.phrase, format!("delete 2 volumes of {GREEN}"));
    assert!(plan.consent.command.contains(&format!("--confirm '{}'", claims.consent.phrase)), "{}", plan.consent.command);
}

#[test]
fn a_retry_is_refused_where_it_destroys_what_serves_and_beside_a_resolution() {
    let refusal = |world: &World, accepted: &[&str]| {
        let accepted = accepted.iter().map(ToString::to_string).collect();
        retry::refusal(&world.evidence(), &Request { accepted, ..request("x", false) }).map(|r| (r.exit_code, r.text))
    };
    let mut world = World::new();
    assert_eq!(refusal(&world, &[]), None);
    world.leads = GREEN;
    assert!(refusal(&world, &[]).is_some_and(|(exit, text)| exit == 4 && text.contains("Green leads")));
    assert_eq!(refusal(&world, &["green-leads"]), None);
    at(&mut world, Stage::Restore, false);
    assert!(refusal(&world, &["green-leads"]).is_some_and(|(exit, _)| exit == 8));
    world.cluster["status"]["breakGlass"] = json!({"nonce": "n1"});
    assert_eq!(refusal(&world, &[]), None, "the acknowledgement itself says that there is nothing to acknowledge");
}

mod stay_green {
    use super::*;
    use crate::domain::resolve::stay_green::plan;

    fn refusal(world: &World, accepted: &[&str]) -> Option<String> {
        let accepted: Vec<String> = accepted.iter().map(ToString::to_string).collect();
        plan(&world.evidence(), &Request { accepted, ..request("x", false) }).expect("a plan").refusal.map(|r| r.text)
    }

    #[test]
    fn a_green_that_leads_or_may_lead_is_not_given_away() {
        let mut world = World { leads: GREEN, ..World::new() };
        assert!(refusal(&world, &[]).is_some_and(|t| t.starts_with("Green leads, and no known generation keeps it")));
        world.leads = "nobody";
        assert!(refusal(&world, &["ack-removes-blue-peers"]).is_some_and(|t| t.starts_with("which side leads is not known")));
        assert_eq!(refusal(&world, &["green-leads"]), None);
    }

    #[test]
    fn the_patch_sets_greens_version_and_acknowledges_this_very_break_glass() {
        let mut world = World::new();
        // Somebody followed the old advice and set the version back.
        world.cluster["spec"]["version"] = json!("2.5.4");
        world.cluster["metadata"]["resourceVersion"] = json!("9");
        let plan = plan(&world.evidence(), &request("x", false)).expect("a plan");
        assert_eq!(plan.refusal, None);
        assert!(plan.steps.iter().any(|s| s.text.starts_with("in the end Blue serves")));
        let Some(Act::Patch { operations }) = plan.write.map(|w| w.act) else { panic!("a patch") };
        patch(&mut world.cluster, &operations);
        assert_eq!((&world.cluster["spec"]["version"], &world.cluster["spec"]["breakGlassAck"]), (&json!("2.5.5"), &json!("n1")));
        for path in ["/status/breakGlass/active", "/status/breakGlass/nonce", "/metadata/resourceVersion"] {
            assert!(operations.iter().any(|o| o["op"] == "test" && o["path"] == path), "{path}");
        }
    }

    #[test]
    fn without_break_glass_or_with_the_running_version_it_is_refused() {
        let mut world = World::new();
        world.cluster["status"]["breakGlass"] = json!({"nonce": "n1"});
        assert!(refusal(&world, &["green-leads"]).is_some_and(|t| t.starts_with("break glass is not active")));
        let mut world = World::new();
        world.cluster["status"]["currentVersion"] = json!("2.5.5");
        assert!(refusal(&world, &["green-leads"]).is_some_and(|t| t.contains("would delete Green without repairing Raft")));
    }
}

#[test]
fn what_is_not_permitted_is_said_before_the_first_write() {
    let mut world = World::new();
    let asked = request("id1", true);
    let mut evidence = world.evidence();
    let wanted = rights(&evidence, &asked);
    let words: Vec<String> = wanted.iter().map(|r| format!("{} {}", r.namespace, r.permission.words())).collect();
    let claim = |verb: &str, n: usize| format!("bao {verb} persistentvolumeclaims/data-bg-{GREEN}-{n}");
    let on_cluster = |verb: &str| format!("bao {verb} openbaoclusters.openbao.org/bg");
    let expected = [
        on_cluster("patch"),
        "system patch deployments.apps/op".to_owned(),
        claim("patch", 0),
        claim("patch", 1),
        claim("delete", 0),
        claim("delete", 1),
        on_cluster("maintenance"),
    ];
    assert_eq!(words, expected);
    let refusal = |evidence: &Evidence| course(evidence, &asked, None).expect("a plan").refusal;
    for missing in &wanted {
        evidence.permissions = wanted.iter().map(|r| (r.permission.clone(), Item::present(r != missing))).collect();
        let refusal = refusal(&evidence).expect("refused");
        assert_eq!(refusal.exit(), Exit::NotPermitted);
        assert!(refusal.text.contains(&missing.permission.words()), "{refusal:?}");
    }
    // Nobody said so: the API server is asked before each write.
    evidence.permissions.clear();
    assert_eq!(refusal(&evidence), None);
    let checkpoint = at(&mut world, Stage::Restore, true);
    world.cluster["metadata"]["annotations"]["cli.openbao.org/resolve"] = json!(checkpoint.text());
    let rest: Vec<String> = rights(&world.evidence(), &asked).iter().map(|r| r.permission.words()).collect();
    assert_eq!(rest, ["patch openbaoclusters.openbao.org/bg"]);
}
