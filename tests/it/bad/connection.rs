//! No way to the API server, or not let in.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::server::{Act, Fault, Options, Server, User};

use crate::support::{Person, Plugin, reviewed, still};

/// Every command that needs a connection says the same: the reading one and the writing one.
const COMMANDS: [&[&str]; 2] = [&["status", "prod"], &["restore", "prod", "--key", "k", "--confirm", "prod"]];

/// Far more than the 5 seconds promised, far less than any client's own patience of half a minute.
const SOON: Duration = Duration::from_secs(25);

async fn each(person: &Person, name: &str) {
    for command in COMMANDS {
        person.refused(command, &format!("{name}-{}", command[0])).await;
    }
}

fn written(person: &Person, name: &str, kubeconfig: &str) -> PathBuf {
    let path = person.range.directory().join(name);
    std::fs::write(&path, kubeconfig).expect("the range's directory can be written");
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kubeconfig() {
    let home = tempfile::tempdir().expect("a temporary directory");
    for command in COMMANDS {
        let ran = Plugin::new(home.path()).run(command).await;
        reviewed("no-kubeconfig", &ran.failure().replace(&home.path().display().to_string(), "HOME"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired_certificate() {
    let person = still(Play::Jan).await;
    let expired = person.range.server().kubeconfig(&User::named("oncall").group("system:masters").expired(), "bao");
    let file = written(&person, "expired", &expired);
    for command in COMMANDS {
        let ran = person.plugin().env("KUBECONFIG", &file).run(command).await;
        person.assert_nothing_written(&ran);
        reviewed(&format!("expired-certificate-{}", command[0]), &ran.failure());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired_certificate_refused_by_a_proxy_in_the_handshake() {
    let home = tempfile::tempdir().expect("a temporary directory");
    // Makes the TLS provider of this process, as every range does.
    let _range = still(Play::Jan).await;
    let options = Options { expired_fails_handshake: true, ..Options::playing(Play::Jan) };
    let server = Server::start(options).await.expect("the server starts");
    let kubeconfig = server.kubeconfig(&User::named("oncall").expired(), "bao");
    std::fs::write(home.path().join("config"), kubeconfig).expect("writable");
    for command in COMMANDS {
        let ran = Plugin::new(home.path()).env("KUBECONFIG", home.path().join("config")).run(command).await;
        assert!(server.writes().is_empty());
        reviewed(&format!("expired-in-handshake-{}", command[0]), &ran.failure());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_connection() {
    let person = still(Play::Jan).await;
    person.range.server().stop().await;
    each(&person, "unreachable").await;
}

async fn each_in_time(person: &Person, name: &str) {
    let started = Instant::now();
    let runs = COMMANDS.map(|command| async move { (command[0], person.run(command).await) });
    for (command, ran) in join_all(runs).await {
        assert!(started.elapsed() < SOON, "took {:?}: {ran}", started.elapsed());
        person.assert_nothing_written(&ran);
        reviewed(&format!("{name}-{command}"), &ran.failure());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_accepts_and_says_nothing() {
    let person = still(Play::Jan).await;
    person.range.server().black_hole(true);
    each_in_time(&person, "black-hole").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_requests_and_never_answers() {
    let person = still(Play::Jan).await;
    person.range.server().faults().add(Fault::new(Act::Stall));
    each_in_time(&person, "stalled").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operator_not_installed() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let _range = still(Play::Jan).await;
    let server = Server::start(Options::without_operator()).await.expect("the server starts");
    std::fs::write(home.path().join("config"), server.kubeconfig(&User::admin(), "bao")).expect("writable");
    let list: &[&str] = &["status"];
    for command in COMMANDS.into_iter().chain([list]) {
        let ran = Plugin::new(home.path()).env("KUBECONFIG", home.path().join("config")).run(command).await;
        assert!(server.writes().is_empty());
        reviewed(&format!("not-installed-{}{}", command[0], command.len()), &ran.failure());
    }
}
