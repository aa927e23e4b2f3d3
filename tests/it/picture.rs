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
    // From where the step before was looked for, and where it was found.
    let (mut begin, mut behind) = (0, 0);
    for step in STEPS {
        let Some((method, path, query)) = step.seen else { continue };
        assert_eq!((step.from, step.to), (Who::Plugin, Who::Api), "{}", step.text);
        // Of two that go out side by side either may arrive first.
        let from = if step.text.starts_with("beside it: ") { begin } else { behind };
        let found = requests[from..].iter().position(|r| r.method == method && r.path.contains(path) && r.query.contains(query));
        let at = from + found.unwrap_or_else(|| panic!("not there, or earlier: {}\n{}", step.text, shown()));
        (begin, behind) = (from, behind.max(at + 1));
    }
    assert!(Who::ALL.iter().all(|who| !who.name().is_empty() && STEPS.iter().any(|s| s.from == *who || s.to == *who)));
}
