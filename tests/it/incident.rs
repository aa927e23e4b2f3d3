//! Everything a diagnosis rests on, gathered from the range: with every source there, and with each one missing.

use std::time::Duration;

use futures_util::StreamExt as _;
use kubectl_openbao::api::sensitive::Sensitive;
use kubectl_openbao::domain::evidence::{Evidence, Item};
use kubectl_openbao::drill::server::{Act, Fault, Request, User};
use kubectl_openbao::gather::incident::{Options, gather};
use kubectl_openbao::remote::k8s::Kube;
use serde_json::{Value, json};

use crate::support::broken::{LAST_WORDS, REPAIR, broken};
use crate::support::{Person, until};

/// A connection as somebody of this name who may do everything, or only what these rules say.
async fn connection(person: &Person, name: &str, rules: Option<Value>, deadline: Duration) -> Kube {
    let server = person.range.server();
    let user = User::named(name);
    let user = match rules {
        None => user.group("system:masters"),
        Some(rules) => {
            server.allow_in("bao", name, rules);
            user
        }
    };
    Kube::new(server.client(&user).await.expect("a client"), &server.url(), deadline)
}

const LONG: Duration = Duration::from_secs(60);
/// Half of it is for the first round, which has company here.
const HURRIED: Duration = Duration::from_secs(6);

async fn evidence(kube: &Kube, options: &Options) -> Evidence {
    gather(kube, "bao", "prod", options).await.unwrap_or_else(|e| panic!("{e:?}"))
}

fn texts(evidence: &Evidence, job: &str) -> Vec<String> {
    let log = evidence.logs.get(job).unwrap_or_else(|| panic!("no log of {job}: {:?}", evidence.logs));
    log.value().unwrap_or_else(|| panic!("{job}: {log:?}")).runs.iter().map(|run| run.text.clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_found_and_nothing_of_a_neighbour() {
    let person = broken().await;
    let seen = evidence(&connection(&person, "everything", None, LONG).await, &Options::default()).await;
    for job in [REPAIR, "unlabelled"] {
        assert_eq!(texts(&seen, job), [format!("{job} starts\n{LAST_WORDS}\n")]);
        let run = &seen.logs[job].value().expect("read").runs[0];
        assert_eq!((run.exit_code, &run.missing), (Some(2), &None));
        assert!(seen.jobs.each().iter().any(|j| j.meta.name == job), "{job} is among the Jobs");
        assert!(seen.job_pods.each().iter().any(|p| p.meta.name.starts_with(job)), "{job}'s pod is known");
    }
    let names: Vec<&str> =
        seen.jobs.each().iter().map(|j| j.meta.name.as_str()).chain(seen.logs.keys().map(String::as_str)).collect();
    assert!(!names.iter().any(|name| name.contains("other")), "{names:?}");
    assert_eq!((seen.stateful_sets.each().len(), seen.pods.each().len()), (1, 3));
    assert_eq!(seen.claims.each().iter().map(|c| c.meta.name.as_str()).collect::<Vec<_>>(), ["data-prod-0"]);
    assert_eq!(seen.servers.iter().filter(|s| s.health.value().is_some()).count(), 3);
    assert!(seen.events.each().iter().all(|e| !e.name.contains("other")), "{:?}", seen.events);
    assert!(seen.events.each().iter().any(|e| e.name == REPAIR), "{:?}", seen.events);
    assert_eq!(seen.peers, Item::NotAsked);
}

/// Where each source is read, and whether it is known.
type Source = (&'static str, fn(&Evidence) -> bool);

const SOURCES: [Source; 7] = [
    ("/openbaorestores", |e| e.restores.value().is_some()),
    ("/jobs", |e| e.jobs.value().is_some()),
    ("/statefulsets", |e| e.stateful_sets.value().is_some()),
    ("/persistentvolumeclaims", |e| e.claims.value().is_some()),
    ("/events", |e| e.events.value().is_some()),
    ("/log", |e| e.logs.get(REPAIR).is_some_and(|log| log.value().is_some())),
    ("/portforward", |e| e.servers.iter().any(|s| s.health.value().is_some())),
];

fn known(evidence: &Evidence) -> Vec<&'static str> {
    SOURCES.iter().filter(|(_, known)| known(evidence)).map(|(path, _)| *path).collect()
}

fn all_but(missing: &str) -> Vec<&'static str> {
    SOURCES.iter().map(|(path, _)| *path).filter(|path| *path != missing).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_forbidden_or_hangs_spoils_no_other() {
    let person = broken().await;
    // Everybody has a trouble of their own, so that several can look at once.
    let looks = SOURCES.iter().flat_map(|(path, _)| [("forbidden", *path), ("hangs", *path)]).map(|(trouble, path)| {
        let person = &person;
        async move {
            let name = format!("{trouble}{}", path.replace('/', "-"));
            let (act, deadline) = match trouble {
                "hangs" => (Act::Stall, HURRIED),
                _ => (Act::Status { code: 403, retry_after: None }, LONG),
            };
            let kube = connection(person, &name, None, deadline).await;
            let theirs = move |request: &Request| request.user.as_deref() == Some(name.as_str());
            let hits = person.range.server().faults().add(Fault::new(act).path(path).when(theirs));
            // Servers that are slow to answer on a busy machine are asked again.
            let mut seen = evidence(&kube, &Options::default()).await;
            for _ in 0..3 {
                if known(&seen) != all_but(path) {
                    seen = evidence(&kube, &Options::default()).await;
                }
            }
            assert!(hits.count() > 0, "{path} was asked for");
            assert_eq!(known(&seen), all_but(path), "{path} {trouble}: {seen:#?}");
        }
    });
    futures_util::stream::iter(looks).buffer_unordered(5).collect::<Vec<()>>().await;
    let everything = connection(&person, "everything", None, LONG).await;
    assert_eq!(known(&evidence(&everything, &Options::default()).await), all_but(""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hid_a_source_is_named() {
    let person = broken().await;
    let rules = json!([{"apiGroups": ["openbao.org"], "resources": ["openbaoclusters"], "verbs": ["get"]}]);
    let seen = evidence(&connection(&person, "somebody", Some(rules), LONG).await, &Options::default()).await;
    assert!(seen.cluster.value().is_some());
    let what = |item: Option<String>| item.unwrap_or_else(|| "known".into());
    assert_eq!(what(seen.events.unknown()), "forbidden: list events in namespace bao");
    assert_eq!(what(seen.claims.unknown()), "forbidden: list persistentvolumeclaims in namespace bao");
    assert_eq!(what(seen.stateful_sets.unknown()), "forbidden: list statefulsets.apps in namespace bao");
    assert_eq!(what(seen.job_pods.unknown()), "forbidden: list pods in namespace bao");
    assert_eq!(what(seen.logs[REPAIR].unknown()), "forbidden: list pods in namespace bao");
}

/// What Raft says of its members to somebody with this token.
async fn members(person: &Person, name: &str, token: Sensitive) -> Evidence {
    let options = Options { token: Some(token), ..Options::default() };
    let seen = evidence(&connection(person, name, None, LONG).await, &options).await;
    let everything = serde_json::to_string(&seen).expect("JSON") + &format!("{options:?}");
    let token = options.token.as_ref().map_or("", |t| t.expose());
    assert!(!everything.contains(token), "the token is kept nowhere");
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn raft_tells_its_members_to_a_token_of_this_cluster() {
    let person = broken().await;
    // A removed leader hangs; the token goes to a server that answers.
    person.range.world().set_hanging("bao", "prod", "prod-0", true);
    until("another leader", || person.range.world().cluster("bao", "prod").and_then(|c| c.leader) != Some("prod-0".into())).await;
    let seen = members(&person, "owner", person.range.world().root_token().clone()).await;
    let answered: Vec<(&str, bool)> = seen.servers.iter().map(|s| (s.pod.as_str(), s.health.value().is_some())).collect();
    assert_eq!(answered, [("prod-0", false), ("prod-1", true), ("prod-2", true)]);
    assert!(!seen.servers[0].way_failed, "others answered: it is the server that hangs");
    let peers: Vec<(&str, bool)> = seen.peers.each().iter().map(|p| (p.id.as_str(), p.voter)).collect();
    assert_eq!(peers, [("prod-0", true), ("prod-1", true), ("prod-2", true)], "{:?}", seen.peers);
    let refused = members(&person, "stranger", Sensitive::new("planted-token")).await;
    let why = refused.peers.unknown().expect("unknown");
    assert!(why.starts_with("forbidden: read sys/storage/raft/configuration"), "{why}");
}
