//! `docs/pictures/restore.svg`: the requests it shows are those of a restore, in their order.

use kubectl_openbao::drill::Play;

use crate::support::scenario;

#[path = "../support/restore_steps.rs"]
mod restore_steps;

use restore_steps::{STEPS, Who};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_sends_what_the_picture_shows_in_its_order() {
    let person = scenario("stuck-lock", Play::Jan).await;
    let args = person.agreed(&["--override-lock"]).await;
    person.range.server().clear_requests();
    person.plugin().run(&args).await.assert_exit(0);
    let requests = person.requests();
    let shown = || requests.iter().map(|r| format!("{} {}?{}", r.method, r.path, r.query)).collect::<Vec<_>>().join("\n");
    let mut rest = requests.iter();
    for step in STEPS {
        let Some((method, path, query)) = step.seen else { continue };
        assert_eq!((step.from, step.to), (Who::Plugin, Who::Api), "{}", step.text);
        let found = rest.any(|r| r.method == method && r.path.contains(path) && r.query.contains(query));
        assert!(found, "not there, or earlier: {}\n{}", step.text, shown());
    }
    assert!(Who::ALL.iter().all(|who| !who.name().is_empty() && STEPS.iter().any(|s| s.from == *who || s.to == *who)));
}
