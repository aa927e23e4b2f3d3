//! Probes against small TLS servers on loopback, reached by a dialler that stands for the port-forwards.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::api::sensitive::Sensitive;
use crate::domain::evidence::Peer;
use crate::drill::pki::Authority;
use crate::drill::s3::acceptor;
use crate::remote::tunnel::PodPort;
use crate::remote::tunnel::dial::Stream;

/// Long enough for any machine; no test waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a pod does with a connection.
#[derive(Debug, Clone)]
enum Way {
    Server(SocketAddr),
    Fails(DialError),
    Silent,
}

/// Pods by host name.
#[derive(Debug, Default)]
struct Fakes(BTreeMap<String, Way>);

impl Dial for Fakes {
    fn dial<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, Result<Box<dyn Stream>, DialError>> {
        assert_eq!(port, PORT);
        async move {
            match &self.0[host] {
                Way::Server(address) => Ok(Box::new(TcpStream::connect(address).await.unwrap()) as Box<dyn Stream>),
                Way::Fails(error) => Err(error.clone()),
                Way::Silent => std::future::pending().await,
            }
        }
        .boxed()
    }
}

/// A TLS server that answers each path with a whole HTTP response, and hangs for any other. `PATH|HEADER` asks for a header.
async fn server(authority: &Authority, host: &str, answers: &[(&'static str, String)]) -> SocketAddr {
    let acceptor = acceptor(&authority.server(&[host])).unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let answers: Arc<Vec<_>> = Arc::new(answers.to_vec());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(acceptor.clone(), stream, answers.clone()));
        }
    });
    address
}

async fn answer(acceptor: TlsAcceptor, stream: TcpStream, answers: Arc<Vec<(&'static str, String)>>) -> Option<()> {
    let mut stream = acceptor.accept(stream).await.ok()?;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.ok()?);
    }
    let request = String::from_utf8(request).ok()?;
    let fits = |asked: &str| {
        let (path, header) = asked.split_once('|').unwrap_or((asked, ""));
        request.starts_with(&format!("GET {path} ")) && request.contains(header)
    };
    match answers.iter().find(|(asked, _)| fits(asked)) {
        Some((_, answer)) => stream.write_all(answer.as_bytes()).await.ok()?,
        None => std::future::pending().await,
    }
    stream.shutdown().await.ok()
}

const HEALTH: &str = "/v1/sys/health?standbycode=200&sealedcode=200&uninitcode=200";
const LEADER: &str = "/v1/sys/leader";
const SEAL: &str = "/v1/sys/seal-status";

fn http(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

const HOST: &str = "prod-0.prod.bao.svc";

/// The probe of `prod-0` behind this way.
async fn probe(way: Way, ca: Option<&str>, limit: Duration) -> Probe {
    let dial = Arc::new(Fakes(BTreeMap::from([(HOST.to_owned(), way)])));
    let mut probes = probe_through(dial, "bao", "prod", &["prod-0".to_owned()], ca, limit).await;
    assert_eq!(probes.len(), 1);
    probes.remove(0)
}

fn trouble<T: fmt::Debug>(item: Answer<T>) -> (Trouble, String) {
    let failure = item.unwrap_err();
    (failure.trouble, failure.cause)
}

#[tokio::test]
async fn an_active_server_of_2_5() {
    let authority = Authority::new("bao");
    let health = r#"{"initialized":true,"sealed":false,"standby":false,"performance_standby":false,
        "replication_performance_mode":"disabled","replication_dr_mode":"disabled","server_time_utc":1795226400,
        "version":"2.5.5","cluster_name":"vault-cluster-1","cluster_id":"0f0e","last_wal":3}"#;
    let leader = r#"{"ha_enabled":true,"is_self":true,"active_time":"2026-11-21T01:02:03.123456789Z",
        "leader_address":"https://10.0.0.7:8200","leader_cluster_address":"https://prod-0:8201",
        "performance_standby":false,"raft_committed_index":77,"raft_applied_index":76}"#;
    let seal = r#"{"type":"static","initialized":true,"sealed":false,"t":1,"n":1,"progress":0,"nonce":"",
        "version":"2.5.5","build_date":"2026-06-01T00:00:00Z","migration":false,"recovery_seal":true,
        "storage_type":"raft","cluster_name":"vault-cluster-1","cluster_id":"0f0e"}"#;
    let answers = [(HEALTH, http("200 OK", health)), (LEADER, http("200 OK", leader)), (SEAL, http("200 OK", seal))];
    let address = server(&authority, HOST, &answers).await;
    let probe = probe(Way::Server(address), Some(&authority.certificate()), PATIENCE).await;
    let health = probe.health.unwrap();
    assert_eq!(health.is_active(), Some(true));
    assert_eq!(health.version.as_deref(), Some("2.5.5"));
    assert_eq!(health.cluster_id.as_deref(), Some("0f0e"));
    assert_eq!(health.server_time.map(Timestamp::as_second), Some(1_795_226_400));
    let leader = probe.leader.unwrap();
    assert!(leader.is_self && leader.ha_enabled && leader.active_time.is_some());
    assert_eq!((leader.raft_committed_index, leader.raft_applied_index), (Some(77), Some(76)));
    let seal = probe.seal_status.unwrap();
    assert_eq!((seal.seal_type.as_deref(), seal.sealed, seal.recovery_seal), (Some("static"), Some(false), Some(true)));
    assert_eq!((seal.threshold, seal.shares, seal.storage_type.as_deref()), (Some(1), Some(1), Some("raft")));
}

#[tokio::test]
async fn a_standby_of_2_6_leaves_out_what_is_false() {
    let authority = Authority::new("bao");
    let health = r#"{"initialized":true,"sealed":false,"standby":true,"version":"2.6.1","cluster_name":"","cluster_id":7}"#;
    let leader = r#"{"ha_enabled":true,"leader_address":"https://10.0.0.7:8200","raft_committed_index":18446744073709551615}"#;
    let seal = r#"{"type":"shamir","initialized":true,"sealed":false,"t":3,"n":5,"commit_date":"2026-08-01T00:00:00Z"}"#;
    let answers =
        [(HEALTH, http("429 Too Many Requests", health)), (LEADER, http("200 OK", leader)), (SEAL, http("200 OK", seal))];
    let address = server(&authority, HOST, &answers).await;
    let probe = probe(Way::Server(address), Some(&authority.certificate()), PATIENCE).await;
    let health = probe.health.unwrap();
    assert_eq!((health.is_active(), health.cluster_name, health.cluster_id), (Some(false), None, None));
    let leader = probe.leader.unwrap();
    assert_eq!((leader.is_self, leader.active_time, leader.raft_applied_index), (false, None, None));
    assert_eq!(leader.raft_committed_index, Some(u64::MAX));
    assert_eq!(probe.seal_status.unwrap().progress, None);
}

#[tokio::test]
async fn a_sealed_server_does_not_know_its_leader() {
    let authority = Authority::new("bao");
    let answers = [
        (HEALTH, http("200 OK", r#"{"initialized":true,"sealed":true,"standby":true}"#)),
        (LEADER, http("503 Service Unavailable", r#"{"errors":["Vault is sealed"]}"#)),
        (SEAL, http("500 Internal Server Error", r#"{"errors":["no \u001b[2J storage"]}"#)),
    ];
    let address = server(&authority, HOST, &answers).await;
    let probe = probe(Way::Server(address), Some(&authority.certificate()), PATIENCE).await;
    assert_eq!(probe.health.map(|health| (health.sealed, health.is_active())), Ok((Some(true), Some(false))));
    assert_eq!(trouble(probe.leader), (Trouble::Sealed, "the server is sealed".into()));
    let words = "the server answered HTTP 500: no \u{fffd}[2J storage".to_owned();
    assert_eq!(trouble(probe.seal_status), (Trouble::Status(500), words));
}

#[tokio::test]
async fn redirects_are_reported_and_not_followed() {
    let authority = Authority::new("bao");
    let visited = Arc::new(Notify::new());
    let elsewhere = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let to = format!("https://{}/v1/sys/health", elsewhere.local_addr().unwrap());
    let with_login = to.replacen("https://", "https://user:pass@", 1) + "?code=x";
    let noticed = visited.clone();
    let watch = tokio::spawn(async move {
        let _ = elsewhere.accept().await;
        noticed.notify_one();
    });
    let redirect =
        format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {with_login}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let garbage = (LEADER, http("200 OK", "<html>"));
    let long = (SEAL, http("200 OK", &format!("{{\"type\":\"{}\"}}", "x".repeat(BODY_LIMIT))));
    let address = server(&authority, HOST, &[(HEALTH, redirect), garbage, long]).await;
    let probe = probe(Way::Server(address), Some(&authority.certificate()), PATIENCE).await;
    assert_eq!(
        trouble(probe.health),
        (Trouble::Redirected, format!("the server redirects to {}", to.replacen("https://", "https://***@", 1)))
    );
    assert_eq!(trouble(probe.leader).0, Trouble::NotOpenBao);
    assert_eq!(trouble(probe.seal_status).0, Trouble::NotOpenBao);
    assert!(visited.notified().now_or_never().is_none(), "nobody went there");
    watch.abort();
}

#[tokio::test]
async fn answers_without_end_and_without_sense() {
    let authority = Authority::new("bao");
    let endless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned() + "10000\r\n";
    let endless = endless + &"y".repeat(0x10000) + "\r\n10000\r\n" + &"y".repeat(0x10000) + "\r\n";
    let deep = (LEADER, http("200 OK", &"{\"a\":".repeat(10_000)));
    let odd = r#"{"type":"\u001b[2J\u202eshamir","t":18446744073709551615,"n":-9223372036854775808,"progress":1e308}"#;
    let address = server(&authority, HOST, &[(HEALTH, endless), deep, (SEAL, http("200 OK", odd))]).await;
    let all = probe(Way::Server(address), Some(&authority.certificate()), PATIENCE).await;
    assert_eq!(trouble(all.health), (Trouble::NotOpenBao, "the answer is far too long".to_owned()));
    assert_eq!(trouble(all.leader).0, Trouble::NotOpenBao);
    let seal = all.seal_status.unwrap();
    assert!(!seal.seal_type.unwrap().contains(['\u{1b}', '\u{202e}']));
    let drip = (HEALTH, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_owned());
    let address = server(&authority, HOST, &[drip]).await;
    let cut = probe(Way::Server(address), Some(&authority.certificate()), PATIENCE).await;
    assert_eq!(trouble(cut.health).0, Trouble::Unreachable);
}

#[tokio::test]
async fn only_the_clusters_own_certificate_is_believed() {
    let authority = Authority::new("bao");
    let other = Authority::new("other");
    let healthy = [HEALTH, LEADER, SEAL].map(|path| (path, http("200 OK", "{}")));
    let address = server(&other, HOST, &healthy).await;
    for ca in [Some(authority.certificate()), None] {
        let failed = trouble(probe(Way::Server(address), ca.as_deref(), PATIENCE).await.health);
        assert_eq!(failed.0, Trouble::Tls, "{}", failed.1);
        assert!(failed.1.contains("not trusted here"), "{}", failed.1);
    }
    let address = server(&authority, "prod-1.prod.bao.svc", &healthy).await;
    let failed = trouble(probe(Way::Server(address), Some(&authority.certificate()), PATIENCE).await.health);
    assert_eq!(failed, (Trouble::Tls, format!("the server's certificate is not for the name {HOST}")));
    let address = server(&authority, "*.prod.bao.svc", &healthy).await;
    let empty = probe(Way::Server(address), Some(&authority.certificate()), PATIENCE).await.health;
    assert_eq!(empty.map(|health| health.is_active()), Ok(None), "nothing said is nothing known");
    let failed = trouble(probe(Way::Server(address), Some("no PEM"), PATIENCE).await.health);
    assert_eq!(failed.0, Trouble::Tls);
}

#[tokio::test]
async fn a_hanging_server_spoils_no_other_answer() {
    let authority = Authority::new("bao");
    let names = ["prod-0", "prod-1", "prod-2", "prod-3", "prod-4"];
    let hosts = names.map(|pod| format!("{pod}.prod.bao.svc"));
    let health = [(HEALTH, http("200 OK", r#"{"sealed":false}"#))];
    let at = PodPort { namespace: "bao".into(), pod: "prod-2".into(), port: PORT };
    let forbidden = TunnelError::Forbidden { verb: "create pods/portforward", namespace: "bao".into(), text: "forbidden".into() };
    let ways = [
        Way::Server(server(&authority, &hosts[0], &health).await),
        Way::Silent,
        Way::Fails(TunnelError::Refused { at, text: "connection refused".into() }.into()),
        Way::Fails(forbidden.into()),
        Way::Fails(TunnelError::NotFound("pod bao/prod-4".into()).into()),
    ];
    let dial = Arc::new(Fakes(hosts.into_iter().zip(ways).collect()));
    let pods = names.map(str::to_owned);
    // Doubled until the answer that does come is in, however slow the machine.
    let mut limit = Duration::from_millis(200);
    let probes = loop {
        let probes = probe_through(dial.clone(), "bao", "prod", &pods, Some(&authority.certificate()), limit).await;
        if probes[0].health.is_ok() {
            break probes;
        }
        limit *= 2;
    };
    assert_eq!(probes.iter().map(|probe| probe.pod.as_str()).collect::<Vec<_>>(), names);
    let troubles: Vec<_> = probes.into_iter().map(|probe| trouble(probe.leader).0).collect();
    assert_eq!(troubles, [Trouble::Hangs, Trouble::TimedOut, Trouble::Refused, Trouble::Forbidden, Trouble::NoPod]);
}

#[tokio::test]
async fn names_that_are_no_host_names_lead_nowhere() {
    for pod in ["evil.example/", "a@b", "a b", "a:1", ""] {
        let probes = probe_through(Arc::new(Fakes::default()), "bao", "prod", &[pod.to_owned()], None, PATIENCE).await;
        assert_eq!(trouble(probes[0].health.clone()).0, Trouble::NoPod, "{pod}");
    }
}

const RAFT: &str = "/v1/sys/storage/raft/configuration";
const RAFT_WITH_TOKEN: &str = "/v1/sys/storage/raft/configuration|x-vault-token: planted-token\r\n";

/// What two servers of `prod` say of Raft's members, asked in this order.
async fn raft(
    authority: &Authority,
    first: &[(&'static str, String)],
    second: &[(&'static str, String)],
    token: &str,
) -> Answer<Vec<Peer>> {
    let pods = ["prod-1".to_owned(), "prod-0".to_owned()];
    let hosts = pods.clone().map(|pod| format!("{pod}.prod.bao.svc"));
    let ways = [Way::Server(server(authority, &hosts[0], first).await), Way::Server(server(authority, &hosts[1], second).await)];
    let dial = Arc::new(Fakes(hosts.into_iter().zip(ways).collect()));
    peers_through(dial, "bao", "prod", &pods, Some(&authority.certificate()), &Sensitive::new(token), PATIENCE).await
}

#[tokio::test]
async fn raft_tells_its_members_to_whoever_has_a_token() {
    let authority = Authority::new("bao");
    let members = r#"{"data":{"config":{"index":0,"servers":[
        {"node_id":"prod-0","address":"prod-0.prod.bao.svc:8201","leader":false,"voter":true,"protocol_version":"3"},
        {"node_id":"prod-1","address":"prod-1.prod.bao.svc:8201","leader":true,"voter":true},
        {"node_id":"old\u001b[2J","address":7,"voter":false}, "odd"]}}}"#;
    let answers =
        [(RAFT_WITH_TOKEN, http("200 OK", members)), (RAFT, http("403 Forbidden", r#"{"errors":["permission denied"]}"#))];
    let told = raft(&authority, &answers, &[], "planted-token\n").await.unwrap();
    let seen: Vec<_> = told.iter().map(|p| (p.id.as_str(), p.voter, p.leader)).collect();
    assert_eq!(seen, [("prod-0", true, false), ("prod-1", true, true), ("old\u{fffd}[2J", false, false), ("", false, false)]);
    assert_eq!((told[0].address.as_str(), told[2].address.as_str()), ("prod-0.prod.bao.svc:8201", ""));
    // A bad token is bad everywhere: the other server, which would hang, is not asked.
    let (trouble, text) = trouble(raft(&authority, &answers, &[], "another").await);
    assert_eq!((trouble, text.as_str()), (Trouble::Status(403), "the server answered HTTP 403: permission denied"));
}

#[tokio::test]
async fn without_a_leader_the_next_server_is_asked_and_the_last_failure_told() {
    let authority = Authority::new("bao");
    let leaderless =
        [(RAFT, http("500 Internal Server Error", r#"{"errors":["local node not active but active cluster node not found"]}"#))];
    let one = [(RAFT, http("200 OK", r#"{"data":{"config":{"servers":[{"node_id":"prod-0","voter":true}]}}}"#))];
    assert_eq!(raft(&authority, &leaderless, &one, "t").await.map(|peers| peers.len()), Ok(1));
    let failed = trouble(raft(&authority, &leaderless, &leaderless, "t").await);
    assert_eq!(failed.0, Trouble::Status(500));
    assert!(failed.1.contains("active cluster node not found"), "{}", failed.1);
    let other_storage = [(RAFT, http("404 Not Found", r#"{"errors":[]}"#))];
    assert_eq!(trouble(raft(&authority, &other_storage, &[], "t").await).0, Trouble::Status(404));
    let garbage = [(RAFT, http("200 OK", r#"{"data":{}}"#))];
    assert_eq!(trouble(raft(&authority, &garbage, &garbage, "t").await).0, Trouble::NotOpenBao);
    let split = trouble(raft(&authority, &one, &one, "two\nlines").await);
    assert_eq!(split.0, Trouble::Unusable);
    assert!(!split.1.contains("two"), "{}", split.1);
}
