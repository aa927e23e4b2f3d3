//! `docs/rbac`: each file grants enough for its task, and not one of its rules can be left out.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kubectl_openbao::domain::evidence::{Evidence, Item};
use kubectl_openbao::domain::restore::plan;
use kubectl_openbao::domain::restore::preflight::Grade;
use kubectl_openbao::domain::restore::request::Request;
use kubectl_openbao::drill::scenarios::{Range, RangeOptions, Which, find};
use kubectl_openbao::drill::server::User;
use kubectl_openbao::drill::{Pace, Play};
use kubectl_openbao::gather::clusters::{Which as Clusters, each_page};
use kubectl_openbao::gather::snapshot::{self, CredentialsFrom};
use kubectl_openbao::gather::{live, servers};
use kubectl_openbao::remote::k8s::Kube;
use kubectl_openbao::remote::restores;
use serde_json::{Value, json};

/// One rule and where it holds.
#[derive(Clone)]
struct Grant {
    namespace: String,
    rule: Value,
}

/// The rules of a file, one by one.
fn grants(file: &str) -> Vec<Grant> {
    let path = format!("{}/docs/rbac/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let roles: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap_or_else(|e| panic!("{path}: {e}"));
    let rules = |role: &Value| {
        assert_eq!((&role["apiVersion"], &role["kind"]), (&json!("rbac.authorization.k8s.io/v1"), &json!("Role")));
        let namespace = role["metadata"]["namespace"].as_str().expect("a namespace").to_owned();
        let rules = role["rules"].as_array().expect("rules").clone();
        rules.into_iter().map(move |rule| Grant { namespace: namespace.clone(), rule })
    };
    roles.iter().flat_map(rules).collect()
}

/// The range of somebody who may do nothing yet: `denied` gives no rights by group.
async fn range(play: Play) -> Range {
    let scenario = find("denied").expect("the scenario");
    Range::start(RangeOptions { scenario, play, pace: Pace(0.02) }).await.expect("the range starts")
}

/// A person of whom nobody has heard, with these rights and no others.
async fn person(range: &Range, grants: &[Grant]) -> Kube {
    static PEOPLE: AtomicUsize = AtomicUsize::new(0);
    let name = format!("person-{}", PEOPLE.fetch_add(1, Ordering::Relaxed));
    for Grant { namespace, rule } in grants {
        range.server().allow_in(namespace, &name, json!([rule]));
    }
    let client = range.server().client(&User::named(&name)).await.expect("a client");
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
    let grants = grants("status.yaml");
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

/// Everything up to the create, and what is asked of the servers afterwards.
async fn restore(kube: &Kube, key: String) -> Sight {
    let request = request(key);
    let Ok(live::ForRestore { mut evidence, credentials }) = live::for_restore(kube, &request, None).await else {
        return Sight::new();
    };
    let mut all = of_one(&evidence);
    let target = request.merged_target(evidence.cluster.value());
    evidence.snapshot =
        snapshot::look(kube, &evidence, &target, &request.key, credentials.as_ref(), CredentialsFrom::Secret).await;
    let Ok(plan) = plan(&evidence, &request) else { return all };
    all.extend(plan.checks.iter().filter(|c| c.grade == Grade::Pass).map(|c| format!("check {}", c.code)));
    let answers = servers::ask(kube, &evidence, kube.deadline()).await;
    let answered = answers.iter().filter(|a| present(&a.health)).count();
    all.extend((answered > 0).then(|| format!("{answered} servers answered")));
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
    let grants = grants("restore.yaml");
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
    // Following is a task of its own, below.
    let planned: Vec<Grant> = grants.into_iter().filter(|g| g.rule["resources"] != json!(["events"])).collect();
    no_rule_can_go(&planned, &all, look).await;
    range.shutdown().await;
}
