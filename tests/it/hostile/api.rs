//! In the API server's place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kubectl_openbao::drill::pki::Authority;

use super::server::{GIB, Hostile, Reply, answer, endless, json};
use super::watched::watched;
use crate::support::Plugin;

const TOKEN: &str = "planted-bearer-token";

/// Commands that ask in different ways: objects, pages, documents, streams.
const COMMANDS: [&[&str]; 8] = [
    &["status", "prod"],
    &["status", "-A", "-o", "json"],
    &["diagnose", "all", "prod"],
    &["breakglass", "show", "prod"],
    &["logs", "prod"],
    &["restore", "prod", "--key", "k", "--dry-run"],
    &["snapshots", "list", "prod"],
    &["resolve", "prod", "--path", "retry", "--dry-run"],
];

/// A home with a kubeconfig for a server.
struct Home(tempfile::TempDir);

impl Home {
    fn of(server: &Hostile) -> Home {
        Home::with(&format!("server: 'http://{}'", server.address()))
    }

    fn over_tls(server: &Hostile, authority: &Authority) -> Home {
        let pem = STANDARD.encode(authority.certificate());
        Home::with(&format!("server: 'https://{}', certificate-authority-data: {pem}", server.address()))
    }

    fn with(cluster: &str) -> Home {
        let home = tempfile::tempdir().expect("a temporary directory");
        let kubeconfig = format!(
            "{{apiVersion: v1, kind: Config, current-context: c, contexts: [{{name: c, context: {{cluster: c, user: u, namespace: bao}}}}], \
             clusters: [{{name: c, cluster: {{{cluster}}}}}], users: [{{name: u, user: {{token: {TOKEN}}}}}]}}"
        );
        std::fs::write(home.path().join("config"), kubeconfig).expect("it can be written");
        Home(home)
    }

    fn plugin(&self) -> Plugin {
        Plugin::new(self.0.path()).env("KUBECONFIG", self.0.path().join("config"))
    }
}

/// What every command says of a server that answers everything alike.
async fn each(reply: Reply, deadline: &str, any_of: &[&str]) {
    let server = Hostile::start(move |_| reply.clone()).await;
    let home = Home::of(&server);
    for command in COMMANDS {
        let flags: &[&str] = &["--deadline", deadline, "-v=9"];
        let run = watched(&home.plugin(), &[command, flags].concat()).await;
        run.assert_one_clear_line(any_of);
    }
    assert!(!server.heard().is_empty());
}

/// Long enough for all that is read of an answer.
const LONG: &str = "30s";
/// What is said of an answer that is too long, whether or not it came in time.
const TOO_LONG: [&str; 3] = ["the answer is longer than 32 MiB", "longer than 64 MiB", "no answer within"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_without_end() {
    each(endless("200 OK", "{\"x\":\"", "y", false), LONG, &TOO_LONG).await;
    each(endless("200 OK", "{\"items\":[", "{\"metadata\":{\"name\":\"a\"}},", true), LONG, &TOO_LONG).await;
    each(endless("500 Internal Server Error", "oh ", "no ", true), LONG, &TOO_LONG).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_that_are_small_and_take_much() {
    let parts = ["the answer has far too many parts", "the list is not JSON", "the answer is not JSON", "longer than 64 MiB"];
    each(json("200 OK", format!("{{\"items\":[{}0]}}", "0,".repeat(3 << 20))), LONG, &parts).await;
    each(json("200 OK", format!("{{\"items\":[{}0]}}", "{\"\":0},".repeat(1 << 20))), LONG, &parts).await;
    for nested in ["[", "{\"a\":", "{\"items\":["] {
        each(json("200 OK", nested.repeat(100_000)), LONG, &["not JSON", "no usable answer"]).await;
    }
    // Nobody asked for it: what is inside never matters.
    let bomb = flate(&vec![b'0'; 64 << 20]);
    let headers = "content-type: application/json\r\ncontent-encoding: gzip\r\n";
    each(answer("200 OK", headers, bomb), LONG, &["not JSON"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_10_mb_and_bytes_that_are_no_text() {
    let long = format!("{{\"kind\":\"Status\",\"message\":\"{}\"}}", "\\u001b[2J\\u202eevil ".repeat(450_000));
    for status in ["500 Internal Server Error", "403 Forbidden", "422 Unprocessable Entity"] {
        // How many of them are held at once depends on which came first.
        each(json(status, long.clone()), LONG, &["evil", "you are not allowed", "longer than 64 MiB"]).await;
    }
    each(json("200 OK", b"{\"items\":[{\"metadata\":{\"name\":\"\xff\xfe\"}}]}"), LONG, &["not JSON"]).await;
    each(json("400 Bad Request", b"\xff\xfe\x1b]0;title\x07\xe2\x80\xae"), LONG, &["refuses the object"]).await;
    let warnings = "warning: 299 - \"\u{202e}warned\"\r\n".repeat(50);
    each(answer("404 Not Found", &warnings, "404 page not found"), LONG, &["not installed"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_never_end_by_themselves() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n";
    each(Reply::Drip(head.into()), "1s", &["no answer within", "not in time"]).await;
    let headers = |line: &str| Reply::Again { head: b"HTTP/1.1 200 OK\r\n".into(), piece: line.repeat(2_000).into(), total: GIB };
    each(headers("x-header: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"), LONG, &["no usable answer", "cannot be reached"]).await;
    each(headers("endless-value-of-one-header"), LONG, &["no usable answer", "cannot be reached"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_that_go_in_circles() {
    let again = r#"{"items":[{"metadata":{"name":"a","namespace":"bao"}}],"metadata":{"continue":"same"}}"#;
    let nothing = r#"{"items":[],"metadata":{"continue":"same"}}"#;
    for page in [again, nothing] {
        let server = Hostile::start(move |_| json("200 OK", page)).await;
        let run = watched(&Home::of(&server).plugin(), &["status", "-A", "--deadline", "5s"]).await;
        run.assert_one_clear_line(&["again and again"]);
        assert!(server.heard().len() < 60, "asked {} times", server.heard().len());
    }
    // Another token each time, and never anything new.
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = Hostile::start(move |_| {
        let page = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        json("200 OK", format!("{{\"items\":[],\"metadata\":{{\"continue\":\"{page}\"}}}}"))
    })
    .await;
    for command in [&["status", "-A"][..], &["status"], &["breakglass", "show"]] {
        watched(&Home::of(&server).plugin(), &[command, &["--deadline", "5s"]].concat())
            .await
            .assert_one_clear_line(&["again and again"]);
    }
}

/// Credentials go to the server in the kubeconfig and to no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redirects_to_another_host() {
    let authority = Authority::new("the-servers");
    let identity = authority.server(&["127.0.0.1"]);
    let elsewhere = Hostile::start(|_| json("200 OK", "{}")).await;
    let to = format!("http://planted-user:planted-pass@{}/?token=planted", elsewhere.address());
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let location = format!("location: {to}\r\n");
        let server = Hostile::with_tls(&identity, move |_| answer(status, &location, "")).await;
        for command in COMMANDS {
            let run = watched(&Home::over_tls(&server, &authority).plugin(), &[command, &["-v=9"]].concat()).await;
            run.assert_one_clear_line(&["no usable answer"]);
            let said = format!("{}{}", run.ran.out, run.ran.err);
            assert!(!said.contains("planted-pass") && !said.contains(TOKEN), "{run}");
        }
        assert!(!server.heard().is_empty() && server.heard().iter().all(|head| head.contains(TOKEN)));
    }
    assert_eq!(elsewhere.heard(), Vec::<String>::new());
}

/// A program that asks for completion gets silence, soon.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn completion_says_nothing_of_it() {
    for reply in [
        endless("200 OK", "{\"items\":[", "{\"metadata\":{\"name\":\"a\"}},", true),
        json("200 OK", "{\"items\":[{\"metadata\":{\"name\":\"\\u001b[2J\\u202e$(x)\\n../../x\",\"namespace\":\"bao\"}}]}"),
    ] {
        let server = Hostile::start(move |_| reply.clone()).await;
        let run = watched(&Home::of(&server).plugin(), &["__complete", "status", ""]).await;
        run.assert_held();
        assert!(run.ran.err.is_empty() && run.ran.code == Some(0), "{run}");
    }
}

/// Packed as gzip.
pub(super) fn flate(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).expect("memory takes it");
    packer.finish().expect("memory takes it")
}
