//! Wrong invocations: exit 2, on stderr, and nothing is asked of anybody.

use kubectl_openbao::drill::Play;

use crate::support::still;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_flags_and_arguments() {
    let person = still(Play::Jan).await;
    let wrong: [&[&str]; 14] = [
        &[],
        &["restor"],
        &["status", "--no-such-flag"],
        &["status", "a", "b"],
        &["status", "-o", "xml"],
        &["status", "prod", "-A"],
        &["status", "prod", "-l", "a=b"],
        &["restore", "prod"],
        &["restore", "prod", "--key", ""],
        &["restore", "prod", "--key", "k", "--dry-run=perhaps"],
        &["restore", "prod", "--key", "k", "--yes"],
        &["restore", "prod", "--key", "k", "--timeout", "-5s"],
        &["restore", "prod", "--key", "k", "--settle", "0"],
        &["status", "--deadline", "soon"],
    ];
    for command in wrong {
        let ran = person.run(command).await;
        ran.assert_exit(2);
        assert!(ran.out.is_empty() && !ran.err.trim().is_empty(), "{ran}");
        assert!(person.requests().is_empty(), "asked: {ran}");
    }
}
