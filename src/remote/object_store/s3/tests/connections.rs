//! One connection for requests that follow one another.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::remote::object_store::{Ask, open, page};

#[tokio::test]
async fn requests_that_follow_one_another_share_a_connection() {
    let authority = Authority::new("range");
    let tls = Some(authority.server(&["127.0.0.1"]));
    for options in [S3Options::default(), S3Options { tls, ..S3Options::default() }] {
        let server = server(options).await;
        let store = store(Config { ca_cert: Some(authority.certificate()), ..config(&server) });
        for _ in 0..3 {
            assert!(page(&store, &Ask::default(), PATIENCE).await.is_ok());
            assert!(head(&store, KEY, PATIENCE).await.is_ok());
            assert_eq!(head(&store, "other.snap", PATIENCE).await.unwrap_err().trouble, Trouble::KeyMissing);
            let mut reading = open(&store, KEY).await.unwrap();
            while reading.next().await.unwrap().is_some() {}
        }
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn requests_at_once_have_a_connection_each() {
    let server = server(S3Options::default()).await;
    let store = store(config(&server));
    let mut first = open(&store, KEY).await.unwrap();
    let mut second = open(&store, KEY).await.unwrap();
    assert_eq!(server.connections(), 2);
    while first.next().await.unwrap().is_some() {}
    while second.next().await.unwrap().is_some() {}
    assert!(head(&store, KEY, PATIENCE).await.is_ok());
    let (third, fourth) = tokio::join!(open(&store, KEY), open(&store, KEY));
    assert!(third.is_ok() && fourth.is_ok());
    assert_eq!(server.connections(), 2, "both were kept");
}

#[tokio::test]
async fn an_answer_that_was_not_read_to_its_end_takes_its_connection_along() {
    let server = server(S3Options::default()).await;
    let store = store(config(&server));
    server.fail_reads(Fault::IgnoreRange, 1);
    assert_eq!(head_bytes(&store, KEY, PATIENCE).await.unwrap(), &GENUINE_SNAPSHOT[..16 * 1024]);
    assert!(head(&store, KEY, PATIENCE).await.is_ok());
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_cut_on_a_kept_connection_costs_no_attempt() {
    let server = server(S3Options::default()).await;
    let store = store(config(&server));
    assert!(head(&store, KEY, PATIENCE).await.is_ok());
    // On the kept connection, then the first attempt proper.
    server.fail_next(Fault::Cut);
    server.fail_next(Fault::Cut);
    assert!(head(&store, KEY, PATIENCE).await.is_ok());
    let statuses: Vec<_> = server.requests().into_iter().map(|seen| seen.status).collect();
    assert_eq!(statuses, [Some(200), None, None, Some(200)]);
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn a_server_that_closes_without_a_word_is_no_failure() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n").await.unwrap();
        }
    });
    let server = server(S3Options::default()).await;
    let store = store(Config { endpoint: Some(url), ..config(&server) });
    for _ in 0..20 {
        assert_eq!(head(&store, KEY, PATIENCE).await.map(|found| found.size), Ok(5));
    }
    assert_eq!(connections.load(Ordering::Relaxed), 20);
}
