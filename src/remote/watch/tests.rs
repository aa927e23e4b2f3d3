use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use futures_util::stream;
use http::{Request, Response};
use http_body_util::StreamBody;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Frame;
use kube::client::Body;
use serde_json::json;

use super::*;
use crate::remote::k8s::paths::{PODS, RESTORES};

/// What the API server answers next.
enum Answer {
    /// The connection cannot be made.
    Refused,
    /// A status code and a JSON body.
    Json(u16, Value),
    /// A stream of these pieces.
    Pieces(Vec<String>),
}

type Requests = Arc<Mutex<Vec<String>>>;

/// An API server that answers from a list; after its end every request hangs.
fn server(answers: Vec<Answer>) -> (Kube, Requests) {
    let requests = Requests::default();
    let seen = requests.clone();
    let answers = Arc::new(Mutex::new(VecDeque::from(answers)));
    let service = tower::service_fn(move |request: Request<Body>| {
        seen.lock().unwrap().push(request.uri().to_string());
        let answer = answers.lock().unwrap().pop_front();
        async move {
            let (code, pieces) = match answer {
                Some(Answer::Json(code, body)) => (code, vec![body.to_string()]),
                Some(Answer::Pieces(pieces)) => (200, pieces),
                Some(Answer::Refused) => return Err(std::io::Error::other("tcp connect error: Connection refused")),
                None => std::future::pending().await,
            };
            let frames = pieces.into_iter().map(|piece| Ok::<_, Infallible>(Frame::data(Bytes::from(piece))));
            let body = UnsyncBoxBody::new(StreamBody::new(stream::iter(frames)));
            Ok::<_, std::io::Error>(Response::builder().status(code).body(body).unwrap())
        }
    });
    (Kube::new(kube::Client::new(service, "bao"), "https://test", Duration::from_secs(20)), requests)
}

fn looks(answers: Vec<Answer>, resource: Resource, select: Select) -> (mpsc::Receiver<Change>, Requests) {
    let (changes, requests, _) = looks_and_notes(answers, resource, select);
    (changes, requests)
}

fn looks_and_notes(answers: Vec<Answer>, resource: Resource, select: Select) -> (mpsc::Receiver<Change>, Requests, Kube) {
    looks_doubting(answers, resource, select, Patience::default().doubt)
}

fn looks_doubting(
    answers: Vec<Answer>,
    resource: Resource,
    select: Select,
    doubt: Duration,
) -> (mpsc::Receiver<Change>, Requests, Kube) {
    let (kube, requests) = server(answers);
    let patience = Patience {
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(2),
        poll: Duration::from_millis(1),
        doubt,
        ..Patience::default()
    };
    (watch(kube.clone(), Watched { resource, namespace: "bao".into(), select }, patience), requests, kube)
}

fn pod(name: &str, version: &str) -> Value {
    json!({"metadata": {"name": name, "resourceVersion": version}})
}

fn list(version: &str, items: &[Value]) -> Answer {
    Answer::Json(200, json!({"metadata": {"resourceVersion": version}, "items": items}))
}

fn event(kind: &str, object: Value) -> String {
    format!("{}\n", json!({"type": kind, "object": object}))
}

fn forbidden() -> Answer {
    Answer::Json(403, json!({"kind": "Status", "reason": "Forbidden", "code": 403, "message": "pods is forbidden"}))
}

/// The next changes, in short.
async fn told(changes: &mut mpsc::Receiver<Change>, count: usize) -> Vec<String> {
    let mut told = Vec::new();
    while told.len() < count {
        let change = tokio::time::timeout(Duration::from_secs(20), changes.recv()).await.expect("something is told");
        told.push(match change {
            Some(Change::All(all)) => format!("all {}", all.iter().map(name).collect::<Vec<_>>().join(" ")),
            Some(Change::Put(object)) => format!("put {}", name(&object)),
            Some(Change::Gone(object)) => format!("gone {}", name(&object)),
            Some(Change::Trouble { attempt, .. }) => format!("trouble {attempt}"),
            Some(Change::GaveUp(error)) => format!("gave up: {error}"),
            None => "end".into(),
        });
    }
    told
}

fn name(object: &Value) -> String {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("?").to_owned()
}

fn jobs() -> Select {
    Select::Labels("job-name=restore-r1".into())
}

#[tokio::test]
async fn it_goes_on_where_the_watch_before_ended() {
    let split = event("MODIFIED", pod("a", "6"));
    let (head, tail) = split.split_at(9);
    let answers = vec![
        list("4", &[pod("a", "3")]),
        Answer::Pieces(vec![event("ADDED", pod("b", "5")), head.into(), tail.into()]),
        Answer::Refused,
        Answer::Pieces(vec![event("BOOKMARK", pod("", "8")), event("DELETED", pod("a", "9"))]),
    ];
    let (mut changes, requests) = looks(answers, PODS, jobs());
    assert_eq!(told(&mut changes, 5).await, ["all a", "put b", "put a", "trouble 1", "gone a"]);
    let requests = requests.lock().unwrap().clone();
    assert!(requests[0].ends_with("/namespaces/bao/pods?labelSelector=job-name%3Drestore-r1"), "{requests:?}");
    assert!(requests[1].contains("watch=true") && requests[1].contains("resourceVersion=4&"), "{requests:?}");
    assert!(requests[3].contains("resourceVersion=6&"), "{requests:?}");
}

#[tokio::test]
async fn an_expired_version_is_listed_anew_without_a_word() {
    let expired = json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"});
    let answers = vec![
        list("4", &[pod("a", "3")]),
        Answer::Pieces(vec![event("ERROR", expired.clone())]),
        list("7", &[pod("b", "7")]),
        Answer::Json(410, expired),
        list("9", &[]),
    ];
    let (mut changes, _) = looks(answers, PODS, jobs());
    assert_eq!(told(&mut changes, 3).await, ["all a", "all b", "all "]);
}

#[tokio::test]
async fn half_an_event_leads_to_a_new_list() {
    let answers = vec![list("4", &[]), Answer::Pieces(vec!["{\"type\":\"ADDED\",\"obj\n".into()]), list("5", &[pod("a", "5")])];
    let (mut changes, _) = looks(answers, PODS, jobs());
    assert_eq!(told(&mut changes, 2).await, ["all ", "all a"]);
}

#[tokio::test]
async fn junk_without_end_leads_to_new_lists_and_takes_no_more_memory_than_an_event() {
    let junk: Vec<String> = std::iter::repeat_n("junk\n".repeat(1_000), 1_000).collect();
    let long: Vec<String> = std::iter::repeat_n("x".repeat(1 << 20), (LONGEST_EVENT >> 20) + 2).collect();
    let answers = vec![list("4", &[]), Answer::Pieces(junk), list("5", &[pod("a", "5")]), Answer::Pieces(long), list("6", &[])];
    let (mut changes, requests) = looks(answers, PODS, jobs());
    assert_eq!(told(&mut changes, 4).await, ["all ", "all a", "trouble 1", "all "], "{:?}", requests.lock().unwrap());
}

#[tokio::test]
async fn without_the_right_to_watch_it_looks_again_and_again() {
    let answers = vec![list("4", &[]), forbidden(), list("5", &[pod("a", "5")]), list("6", &[])];
    let (mut changes, requests, kube) = looks_and_notes(answers, PODS, jobs());
    assert_eq!(told(&mut changes, 3).await, ["all ", "all a", "all "]);
    assert_eq!(requests.lock().unwrap().iter().filter(|request| request.contains("watch=true")).count(), 1);
    assert_eq!(kube.take_notices(), ["note: you may not watch pods in namespace bao: they are listed every 0 s instead"]);
}

#[tokio::test]
async fn without_the_right_to_list_the_one_object_is_read() {
    let missing = Answer::Json(
        404,
        json!({"kind": "Status", "reason": "NotFound", "code": 404, "message": "not found", "details": {"name": "r1", "kind": "openbaorestores"}}),
    );
    let answers = vec![forbidden(), Answer::Json(200, pod("r1", "5")), missing];
    let (mut changes, requests, kube) = looks_and_notes(answers, RESTORES, Select::Name("r1".into()));
    assert_eq!(told(&mut changes, 2).await, ["all r1", "all "]);
    assert!(requests.lock().unwrap()[1].ends_with("/openbaorestores/r1"));
    let notices = kube.take_notices();
    assert!(notices[0].contains("you may not list openbaorestores.openbao.org in namespace bao"), "{notices:?}");
}

#[tokio::test]
async fn forbidden_altogether_is_final() {
    let (mut changes, _) = looks(vec![forbidden()], PODS, jobs());
    assert_eq!(told(&mut changes, 2).await, ["gave up: pods is forbidden", "end"]);
}

/// A server that has just started refuses until it has read the Roles.
#[tokio::test]
async fn a_refusal_after_the_server_was_away_is_not_believed_at_once() {
    let seen = Answer::Pieces(vec![event("ADDED", pod("b", "5"))]);
    let answers = vec![list("4", &[]), Answer::Refused, forbidden(), forbidden(), seen];
    let (mut changes, _, kube) = looks_and_notes(answers, PODS, jobs());
    assert_eq!(told(&mut changes, 5).await, ["all ", "trouble 1", "trouble 2", "trouble 3", "put b"]);
    assert_eq!(kube.take_notices(), Vec::<String>::new());
}

#[tokio::test]
async fn a_refusal_that_stays_is_believed_in_the_end() {
    let answers = vec![list("4", &[]), Answer::Refused, forbidden(), list("5", &[]), forbidden()];
    let (mut changes, _, kube) = looks_doubting(answers, PODS, jobs(), Duration::ZERO);
    assert_eq!(told(&mut changes, 4).await, ["all ", "trouble 1", "all ", "gave up: pods is forbidden"]);
    assert!(kube.take_notices()[0].contains("you may not watch pods"));
}
