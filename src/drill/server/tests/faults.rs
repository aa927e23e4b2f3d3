//! Every fault, once.

use std::time::Duration;

use super::*;

const MAPS: &str = "/api/v1/namespaces/bao/configmaps";

/// Sends and returns the code and the body's text; an error is whatever the client made of a cut connection.
async fn raw(client: &kube::Client, method: &str, path: &str, body: Value) -> Result<(u16, http::HeaderMap, String), String> {
    let request = http::Request::builder().method(method).uri(path).header("content-type", "application/json");
    let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(&body).unwrap() };
    let answer = client.send(request.body(body.into()).unwrap()).await.map_err(|e| format!("{e:?}"))?;
    let (head, body) = answer.into_parts();
    let body = http_body_util::BodyExt::collect(body).await.map_err(|e| format!("{e:?}"))?.to_bytes();
    Ok((head.status.as_u16(), head.headers, String::from_utf8_lossy(&body).into_owned()))
}

fn stored(server: &Server) -> usize {
    server.store().list("configmaps", Some("bao")).len()
}

/// Whether a request is still unanswered once the server has seen it.
async fn stalls(server: &Server, client: &kube::Client, method: &'static str, body: Value) -> bool {
    server.clear_requests();
    let client = client.clone();
    let request = tokio::spawn(async move { raw(&client, method, MAPS, body).await });
    let seen = async {
        while server.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), seen).await.unwrap();
    let pending = !request.is_finished() && server.requests()[0].status.is_none();
    request.abort();
    pending
}

#[tokio::test]
async fn every_fault_strikes_as_told() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    let create = async || raw(&client, "POST", MAPS, config_map("bao", "c")).await;

    let hits = server.faults().add(Fault::new(Act::Status { code: 429, retry_after: Some(1) }).method("POST").times(2));
    for _ in 0..2 {
        let (code, headers, body) = create().await.unwrap();
        assert_eq!((code, &headers["retry-after"]), (429, &http::HeaderValue::from_static("1")));
        assert!(body.contains("TooManyRequests"));
    }
    assert_eq!((hits.count(), stored(&server)), (2, 0));

    let page = Act::Answer { code: 502, content_type: "text/html", body: "<html>bad gateway</html>".into() };
    server.faults().add(Fault::new(page).path("/configmaps").once());
    assert_eq!(create().await.unwrap().2, "<html>bad gateway</html>");

    server.faults().add(Fault::new(Act::CutBefore).once());
    assert!(create().await.is_err());
    assert_eq!(stored(&server), 0);

    server.faults().add(Fault::new(Act::CutAfter).method("POST").real().once());
    let dry = raw(&client, "POST", &format!("{MAPS}?dryRun=All"), config_map("bao", "c")).await;
    assert_eq!(dry.unwrap().0, 201);
    assert!(create().await.is_err());
    assert_eq!(stored(&server), 1);
    assert_eq!(server.writes().last().unwrap().status, None);

    server.faults().add(Fault::new(Act::Truncate(10)).method("GET").once());
    assert!(raw(&client, "GET", MAPS, Value::Null).await.is_err());

    server.faults().add(Fault::new(Act::EndAfter(10)).method("GET").query("watch").once());
    let (_, _, body) = raw(&client, "GET", &format!("{MAPS}?watch=1"), Value::Null).await.unwrap();
    assert_eq!(body.len(), 10);

    server.faults().add(Fault::new(Act::Delay(Duration::from_millis(30))).after(1).once());
    assert_eq!(raw(&client, "GET", MAPS, Value::Null).await.unwrap().0, 200);
    assert_eq!(raw(&client, "GET", MAPS, Value::Null).await.unwrap().0, 200);
    assert!(server.requests().last().unwrap().took.unwrap() >= Duration::from_millis(30));

    server.faults().add(Fault::new(Act::Stall).when(|request| request.method == "DELETE"));
    assert!(stalls(&server, &client, "DELETE", Value::Null).await);
    server.faults().clear();
    assert_eq!(stored(&server), 1);

    server.faults().add(Fault::new(Act::StallAfter).once());
    assert!(stalls(&server, &client, "POST", config_map("bao", "d")).await);
    assert_eq!(raw(&client, "GET", MAPS, Value::Null).await.unwrap().0, 200);
}

#[tokio::test]
async fn lockstep_counts_dependent_round_trips() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    server.faults().lockstep(Some(Duration::from_millis(150)));
    let three = async || tokio::join!(get(&client, MAPS), get(&client, "/api/v1/pods"), get(&client, "/version"));
    three().await;
    three().await;
    assert_eq!(server.faults().waves(), 2);
    server.faults().lockstep(None);
    get(&client, MAPS).await;
    assert_eq!(server.faults().waves(), 0);
}

#[tokio::test]
async fn a_restart_cuts_connections_and_keeps_the_objects() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    server.store().seed(config_map("bao", "c"));
    let request = http::Request::get(format!("{MAPS}?watch=1&resourceVersion={}", server.store().revision()));
    let watch = client.send(request.body(Vec::new().into()).unwrap()).await.unwrap();
    server.stop().await;
    assert!(http_body_util::BodyExt::collect(watch.into_body()).await.is_err());
    assert!(raw(&client, "GET", MAPS, Value::Null).await.is_err());
    server.resume().await.unwrap();
    let (_, list) = get(&client, MAPS).await;
    assert_eq!(list["items"][0]["metadata"]["name"], "c");
}

#[tokio::test]
async fn a_black_hole_accepts_and_says_nothing() {
    let server = server(Play::Jan).await;
    server.black_hole(true);
    let client = admin(&server).await;
    let answer = tokio::time::timeout(Duration::from_millis(200), raw(&client, "GET", MAPS, Value::Null)).await;
    assert!(answer.is_err(), "{answer:?}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn requests_are_logged_with_who_what_and_how() {
    let server = server(Play::Jan).await;
    let client = admin(&server).await;
    raw(&client, "POST", &format!("{MAPS}?dryRun=All"), config_map("bao", "c")).await.unwrap();
    raw(&client, "POST", MAPS, config_map("bao", "c")).await.unwrap();
    let log = server.requests();
    assert_eq!((log.len(), log[0].dry_run(), log[0].is_write(), log[1].is_write()), (2, true, false, true));
    let entry = &log[1];
    assert_eq!((entry.method.as_str(), entry.path.as_str(), entry.status), ("POST", MAPS, Some(201)));
    assert_eq!((entry.user.as_deref(), &entry.json()["metadata"]["name"]), (Some("kubernetes-admin"), &json!("c")));
    assert_eq!((log[0].connection, log[1].connection), (1, 1));
    server.clear_requests();
    assert!(server.requests().is_empty());
}
