//! `docs/rbac`: each file grants enough for its task, and not one of its rules can be left out.

mod snapshots;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kubectl_openbao::commands::follow::{Follow, follow_restore};
use kubectl_openbao::domain::breakglass;
use kubectl_openbao::domain::evidence::{Evidence, Item};
use kubectl_openbao::domain::restore::plan;
use kubectl_openbao::domain::restore::preflight::Grade;
use kubectl_openbao::domain::restore::request::Request;
use kubectl_openbao::drill::scenarios::{Range, RangeOptions, Which, find, objects};
use kubectl_openbao::drill::server::User;
use kubectl_openbao::drill::{Pace, Play};
use kubectl_openbao::gather::clusters::{Which as Clusters, each_page};
use kubectl_openbao::gather::snapshot::{CredentialsFrom, Way};
use kubectl_openbao::gather::{find_cluster, incident, live, servers};
use kubectl_openbao::remote::k8s::Kube;
use kubectl_openbao::remote::k8s::paths::{CLUSTERS, JOBS};
use kubectl_openbao::remote::logs::{LogEvent, LogOptions, LogTarget, follow_job};
use kubectl_openbao::remote::restores;
use kubectl_openbao::remote::watch::{Change, Patience, Select, Watched, watch};
use kubectl_openbao::remote::writes;
use kubectl_openbao::ui::{Colour, Terminal, Ui};
use serde_json::{Value, json};

use crate::support::broken::broken;

/// One rule and where it holds.
#[derive(Clone)]
pub struct Grant {
    /// The namespace.
    pub namespace: String,
    /// The rule.
    pub rule: Value,
}

/// The rules of files, one by one, each where its Role belongs.
pub fn grants(files: &[&str]) -> Vec<Grant> {
    files.iter().flat_map(|file| rules(file)).collect()
}

fn rules(file: &str) -> Vec<Grant> {
    let path = format!("{}/docs/rbac/{file}.yaml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let role: Value = serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"));
    assert_eq!((&role["apiVersion"], &role["kind"]), (&json!("rbac.authorization.k8s.io/v1"), &json!("Role")));
    let namespace = match file {
        "operator" | "freeze-operator" => "openbao-operator-system",
        "object-store" => "storage",
        _ => "bao",
    };
    let rules = role["rules"].as_array().expect("rules").iter();
    rules.map(|rule| Grant { namespace: namespace.to_owned(), rule: rule.clone() }).collect()
}

/// The range of somebody who may do nothing yet: `denied` gives no rights by group.
async fn range(play: Play) -> Range {
    let scenario = find("denied").expect("the scenario");
    Range::start(RangeOptions { scenario, play, pace: Pace(0.02) }).await.expect("the range starts")
}

/// A person of whom nobody has heard, with these rights and no others.
async fn person(range: &Range, grants: &[Grant]) -> Kube {
    named(range, &new_name(), grants).await
}

fn new_name() -> String {
    static PEOPLE: AtomicUsize = AtomicUsize::new(0);
    format!("person-{}", PEOPLE.fetch_add(1, Ordering::Relaxed))
}

async fn named(range: &Range, name: &str, grants: &[Grant]) -> Kube {
    for Grant { namespace, rule } in grants {
        range.server().allow_in(namespace, name, json!([rule]));
    }
    let client = range.server().client(&User::named(name)).await.expect("a client");
    Kube::new(client, &range.server().url(), Duration::from_secs(30))
}

type Sight = BTreeSet<String>;

/// Without any single rule, less is seen than with all of them.
async fn no_rule_can_go(grants: &[Grant], all: &Sight, sight: impl AsyncFn(&[Grant]) -> Sight) {
    for left_out in 0..grants.len() {
        let mut rest = grants.to_vec();
        let gone = rest.remove(left_out);
        let seen = sight(&rest).await;
        assert!(!all.is_subset(&seen), "nothing is lost without {}", gone.rule);
    }
}

fn seen(items: &[(&str, bool)]) -> Sight {
    items.iter().filter(|(_, seen)| *seen).map(|(name, _)| (*name).to_owned()).collect()
}

fn present<T>(item: &Item<T>) -> bool {
    item.value().is_some()
}

fn of_one(evidence: &Evidence) -> Sight {
    seen(&[
        ("cluster", present(&evidence.cluster)),
        ("restores", present(&evidence.restores)),
        ("pods", present(&evidence.pods)),
        ("jobs", present(&evidence.jobs)),
        ("operator", present(&evidence.operator)),
        ("lease", present(&evidence.lease)),
        ("schema", present(&evidence.schema)),
    ])
}

async fn status(kube: &Kube) -> Sight {
    let mut all = live::cluster(kube, "bao", "prod").await.map(|evidence| of_one(&evidence)).unwrap_or_default();
    let mut rows = Sight::new();
    let which = Clusters { namespace: Some("bao".into()), selector: None };
    let listed = each_page(kube, &which, |page| {
        rows.extend(page.iter().flat_map(of_one).map(|what| format!("{what} of a row")));
    });
    // Not permitted: no rows, which is what is counted.
    let _ = listed.await;
    all.extend(rows);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn status_needs_each_of_its_rules() {
    let range = range(Play::Jan).await;
    let look = async |grants: &[Grant]| status(&person(&range, grants).await).await;
    let grants = grants(&["status", "operator"]);
    let all = look(&grants).await;
    let parts = ["cluster", "restores", "pods", "jobs", "operator", "lease", "schema"];
    let expected: Sight = parts.iter().flat_map(|what| [(*what).to_owned(), format!("{what} of a row")]).collect();
    assert_eq!(all, expected);
    no_rule_can_go(&grants, &all, look).await;
    range.shutdown().await;
}

fn request(key: String) -> Request {
    Request { namespace: "bao".into(), cluster: "prod".into(), key, name: "r-1".into(), ..Request::default() }
}

/// What the servers said when asked directly.
async fn answered(kube: &Kube, evidence: &Evidence) -> Option<String> {
    let answers = servers::ask(kube, evidence, kube.deadline()).await;
    let answered = answers.iter().filter(|a| present(&a.health)).count();
    (answered > 0).then(|| format!("{answered} servers answered"))
}

/// Everything up to the create, and what is asked of the servers afterwards.
async fn restore(kube: &Kube, key: String) -> Sight {
    let request = request(key);
    let way = Way::new(kube, CredentialsFrom::Secret);
    let Ok(live::ForRestore { mut evidence, credentials }) = live::for_restore(kube, &request, None, &way).await else {
        return Sight::new();
    };
    let mut all = of_one(&evidence);
    let target = request.merged_target(evidence.cluster.value());
    way.settle(&evidence, &target, credentials.as_ref());
    evidence.snapshot = way.look(&request.key).await;
    let Ok(plan) = plan(&evidence, &request) else { return all };
    all.extend(plan.checks.iter().filter(|c| c.grade == Grade::Pass).map(|c| format!("check {}", c.code)));
    all.extend(answered(kube, &evidence).await);
    if restores::dry_run(kube, &plan).await.is_ok() {
        all.insert("dry run".into());
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn restore_needs_each_of_its_rules() {
    let range = range(Play::V04).await;
    let key = range.key(Which::Last);
    let look = async |grants: &[Grant]| restore(&person(&range, grants).await, key.clone()).await;
    let grants = grants(&["restore", "object-store", "operator"]);
    let all = look(&grants).await;
    let checks = [
        "cluster",
        "image",
        "lock",
        "login",
        "operator",
        "other-restores",
        "permission",
        "schema",
        "servers",
        "snapshot-key",
        "snapshot-object",
        "storage-secret",
        "target",
    ];
    for expected in checks.map(|code| format!("check {code}")).into_iter().chain(["dry run".into(), "3 servers answered".into()])
    {
        assert!(all.contains(&expected), "{expected} is missing in {all:#?}");
    }
    // Only following needs these; it is a task of its own, below.
    let planned: Vec<Grant> = grants.into_iter().filter(|g| g.rule["resources"] != json!(["events"])).collect();
    no_rule_can_go(&planned, &all, look).await;
    range.shutdown().await;
}

/// What a diagnosis sees, and which clusters there are.
async fn diagnosis(kube: &Kube) -> Sight {
    let Ok(evidence) = incident::gather(kube, "bao", "prod", &incident::Options::default()).await else { return Sight::new() };
    let answered = evidence.servers.iter().filter(|a| present(&a.health)).count();
    let more = seen(&[
        ("job pods", present(&evidence.job_pods)),
        ("StatefulSets", present(&evidence.stateful_sets)),
        ("claims", present(&evidence.claims)),
        ("events", present(&evidence.events)),
        ("logs", !evidence.logs.is_empty() && evidence.logs.values().all(present)),
        ("three answers", answered == 3),
        ("the only cluster", find_cluster(kube, "bao").await.is_ok()),
    ]);
    of_one(&evidence).into_iter().chain(more).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn diagnose_needs_each_of_its_rules() {
    let person = broken().await;
    let look = async |grants: &[Grant]| diagnosis(&self::person(&person.range, grants).await).await;
    let grants = grants(&["diagnose", "operator"]);
    let all = look(&grants).await;
    assert_eq!(all.len(), 14, "{all:?}");
    no_rule_can_go(&grants, &all, look).await;
}

/// A restore that runs and never ends, as the API server has it.
async fn running_restore() -> Range {
    let range = Range::empty(Play::Jan).await.expect("the range starts");
    let mut restore = objects::restore("r1", "bao/prod/key.snap");
    restore["status"] = json!({"phase": "Running", "message": "Restore job in progress"});
    let labels = json!({"job-name": "restore-r1", "batch.kubernetes.io/job-name": "restore-r1"});
    let container = json!({"name": "restore", "image": "openbao-backup:2.5.5"});
    let job = json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "restore-r1", "namespace": "bao"},
        "spec": {"template": {"metadata": {"labels": labels}, "spec": {"containers": [container], "restartPolicy": "OnFailure"}}},
        "status": {"active": 1},
    });
    let running =
        json!({"name": "restore", "ready": true, "restartCount": 0, "state": {"running": {"startedAt": "2026-11-21T02:00:00Z"}}});
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "restore-r1-x", "namespace": "bao", "labels": labels},
        "spec": {"containers": [container], "nodeName": "somewhere"},
        "status": {"phase": "Running", "containerStatuses": [running]},
    });
    range.load([objects::cluster(), restore, job, pod]);
    range
}

/// What one person asked for: the collections and subresources, and whether anything of it was refused.
fn asked(range: &Range, person: &str) -> (BTreeSet<&'static str>, bool) {
    const KINDS: [&str; 6] = ["openbaorestores", "openbaoclusters", "jobs", "log", "pods", "events"];
    let requests: Vec<_> = range.server().requests().into_iter().filter(|r| r.user.as_deref() == Some(person)).collect();
    let kind = |path: &str| KINDS.into_iter().find(|kind| path.split('/').any(|part| part == *kind));
    (requests.iter().filter_map(|r| kind(&r.path)).collect(), requests.iter().any(|r| r.status == Some(403)))
}

/// Follows until everything that following looks at was asked for, or something was refused; says which.
async fn refused(range: &Range, grants: &[Grant]) -> bool {
    let name = new_name();
    let kube = named(range, &name, grants).await;
    let terminal = Terminal::of_process(Colour::Never, true);
    let ui = Ui::on(terminal, Box::new(std::io::sink()), Box::new(std::io::sink()));
    let follow = Follow { namespace: "bao".into(), name: "r1".into(), timeout: None };
    let watching = tokio::spawn(async move { follow_restore(&ui, &kube, &follow).await.is_ok() });
    let look = async {
        loop {
            let (kinds, refused) = asked(range, &name);
            if refused || kinds.len() == 6 {
                return refused;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let refused = tokio::time::timeout(Duration::from_secs(60), look).await;
    watching.abort();
    refused.unwrap_or_else(|_| panic!("neither refused nor complete: {:?}", asked(range, &name)))
}

/// What verifying at the end sees.
async fn verified(kube: &Kube) -> Sight {
    let Ok(evidence) = live::cluster(kube, "bao", "prod").await else { return Sight::new() };
    of_one(&evidence).into_iter().chain(answered(kube, &evidence).await).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn follow_needs_each_of_its_rules() {
    let (running, ended) = (running_restore().await, range(Play::Jan).await);
    let look = async |grants: &[Grant]| verified(&person(&ended, grants).await).await;
    let grants = grants(&["follow"]);
    assert!(!refused(&running, &grants).await, "following asks for more than its Role grants");
    let expected: Sight = ["3 servers answered", "cluster", "jobs", "pods", "restores", "schema"].map(str::to_owned).into();
    let mut all = look(&grants).await;
    // A server that is slow to answer on a busy machine is asked again; what is not granted never answers.
    for _ in 0..4 {
        if all != expected {
            all = look(&grants).await;
        }
    }
    assert_eq!(all, expected);
    for left_out in 0..grants.len() {
        let mut rest = grants.clone();
        let gone = rest.remove(left_out);
        let less = !all.is_subset(&look(&rest).await) || refused(&running, &rest).await;
        assert!(less, "nothing is lost without {}", gone.rule);
    }
    ended.shutdown().await;
    running.shutdown().await;
}

/// What an acknowledgement sees, may do, and sees of what it set off.
async fn acknowledge(range: &Range, grants: &[Grant]) -> Sight {
    let name = new_name();
    let kube = named(range, &name, grants).await;
    let mut all = match live::for_acknowledgement(&kube, "bao", "prod").await {
        Ok(evidence) => of_one(&evidence),
        Err(_) => return Sight::new(),
    };
    let evidence = live::for_acknowledgement(&kube, "bao", "prod").await.unwrap_or_default();
    if let Ok(plan) = breakglass::plan(
        &evidence,
        &breakglass::AckRequest { cluster: "prod".into(), namespace: "bao".into(), ..Default::default() },
    ) {
        let permitted = plan.refusal.is_none();
        let taken = permitted && matches!(writes::dry_run(&kube, &plan.write).await, Ok(writes::Sent::Done));
        all.extend(seen(&[("permitted", permitted), ("dry run", taken)]));
    }
    let job = evidence.cluster.value().and_then(|c| c.break_glass.as_ref()?.failed_job().map(str::to_owned));
    if let Some(job) = job {
        let target = LogTarget { namespace: "bao".into(), job };
        let mut log = follow_job(&kube, target, LogOptions { follow: true, ..LogOptions::default() });
        let mut refused = false;
        while let Some(event) = log.next().await {
            match event {
                LogEvent::Lines(_) => drop(all.insert("log".into())),
                LogEvent::GaveUp { not_permitted, .. } => refused |= not_permitted,
                _ => {}
            }
        }
        all.extend(seen(&[("whole log", !refused)]));
    }
    let select = Select::Name("prod".into());
    for (what, resource) in [("cluster watched", CLUSTERS), ("jobs watched", JOBS)] {
        let select = if resource == JOBS { Select::Labels("openbao.org/cluster=prod".into()) } else { select.clone() };
        let mut changes = watch(kube.clone(), Watched { resource, namespace: "bao".into(), select }, Patience::default());
        let watching = async {
            loop {
                let asked = range.server().requests();
                let mut mine = asked.iter().filter(|r| r.user.as_deref() == Some(&name) && r.query.contains("watch=true"));
                if let Some(request) = mine.find(|r| r.path.ends_with(resource.plural) && r.status.is_some()) {
                    return request.status == Some(200);
                }
                tokio::select! {
                    change = changes.recv() => if matches!(change, None | Some(Change::GaveUp(_))) { return false },
                    () = tokio::time::sleep(Duration::from_millis(20)) => {}
                }
            }
        };
        let watched = tokio::time::timeout(Duration::from_secs(60), watching).await;
        all.extend(seen(&[(what, watched.unwrap_or(false))]));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledging_needs_each_of_its_rules() {
    let scenario = find("failed-rollback").expect("the scenario");
    let range = Range::start(RangeOptions { scenario, play: Play::V04, pace: Pace(0.02) }).await.expect("the range starts");
    range.operator().expect("the range has an operator").freeze();
    let look = async |grants: &[Grant]| acknowledge(&range, grants).await;
    let grants = grants(&["acknowledge", "operator"]);
    let all = look(&grants).await;
    let expected = [
        "cluster",
        "restores",
        "pods",
        "jobs",
        "operator",
        "lease",
        "schema",
        "permitted",
        "dry run",
        "log",
        "whole log",
        "cluster watched",
        "jobs watched",
    ];
    assert_eq!(all, expected.map(str::to_owned).into());
    no_rule_can_go(&grants, &all, look).await;
    range.shutdown().await;
}

#[test]
fn whoever_may_restore_may_also_look_and_follow() {
    let words = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let verbs = |file: &str| -> BTreeSet<String> {
        let of_rule = |grant: Grant| {
            let place =
                format!("{} {:?} {:?}", grant.namespace, words(&grant.rule["apiGroups"]), words(&grant.rule["resources"]));
            words(&grant.rule["verbs"]).into_iter().map(move |verb| format!("{verb} {place}")).collect::<Vec<_>>()
        };
        rules(file).into_iter().flat_map(of_rule).collect()
    };
    let restore = verbs("restore");
    for file in ["status", "follow"] {
        let missing: Vec<String> = verbs(file).difference(&restore).cloned().collect();
        assert!(missing.is_empty(), "{file} grants more: {missing:?}");
    }
}
