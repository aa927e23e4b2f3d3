//! Real kubectl completes `kubectl openbao`, once `completion install` was run through it.

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::server::{Options, Server, User};

use crate::harness::kubectl_for;

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_asks_the_plugin() {
    let server = Server::start(Options::playing(Play::Jan)).await.unwrap();
    server.store().seed_yaml(include_str!("../data/captured/objects/cluster-prod.yaml")).unwrap();
    let home = tempfile::tempdir().unwrap();
    let (kubeconfig, own) = (home.path().join("config"), home.path().join("own"));
    std::fs::write(&kubeconfig, server.kubeconfig(&User::admin(), "bao")).unwrap();
    std::fs::create_dir(&own).unwrap();
    let asked = tokio::task::spawn_blocking(move || {
        let kubectl = || kubectl_for(&kubeconfig).env("KUBECTL_OPENBAO_COMPLETE_WITHIN", "60s").also_on_path(&own);
        kubectl().run(["openbao", "completion", "install", "--dir", own.to_str().unwrap()]).success();
        let plugins = kubectl().run(["plugin", "list"]);
        assert!(!format!("{plugins:?}").contains("warning:"), "{plugins:?}");
        let complete = |words: &[&str]| kubectl().run([&["__complete", "openbao"], words].concat()).stdout;
        [
            complete(&["vers"]),
            complete(&["status", ""]),
            complete(&["-n", "bao", "diagnose", "lock", "pr"]),
            complete(&["--context=ra"]),
        ]
    });
    let asked = asked.await.unwrap();
    assert_eq!(asked, ["version\tPrint the version\n:36\n", "prod\n:36\n", "prod\n:36\n", "range\n:36\n"]);
}
