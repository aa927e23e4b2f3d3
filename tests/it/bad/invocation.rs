//! Wrong invocations: exit 2, on stderr, and nothing is asked of anybody.

use kubectl_openbao::drill::Play;

use crate::support::{reviewed, scenario, still};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_flags_and_arguments() {
    let person = still(Play::Jan).await;
    let wrong: [&[&str]; 12] = [
        &["completion", "tcsh"],
        &["restor"],
        &["status", "--no-such-flag"],
        &["status", "a", "b"],
        &["status", "-o", "xml"],
        &["status", "prod", "-A"],
        &["status", "prod", "-l", "a=b"],
        &["restore", "prod", "--key", "k", "--dry-run=perhaps"],
        &["restore", "prod", "--key", "k", "--yes"],
        &["restore", "prod", "--key", "k", "--timeout", "-5s"],
        &["restore", "prod", "--key", "k", "--settle", "0"],
        &["status", "--deadline", "soon"],
    ];
    for command in wrong {
        let ran = person.run(command).await;
        ran.assert_exit(2);
        assert!(ran.out.is_empty() && ran.err.starts_with("error: "), "{ran}");
        // What to type next, for this very command.
        let hint = ran.err.lines().rev().find_map(|line| line.strip_prefix("  hint: ")).unwrap_or_else(|| panic!("no hint: {ran}"));
        let of = command.iter().find(|word| ["completion", "status", "restore"].contains(word));
        assert_eq!(hint, ["kubectl openbao"].iter().chain(of).chain(&["--help"]).copied().collect::<Vec<_>>().join(" "), "{ran}");
        assert!(person.requests().is_empty(), "asked: {ran}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_of_no_snapshot_names_the_newest_one() {
    let person = scenario("restore", Play::V05).await;
    for command in [&["restore", "prod"][..], &["restore", "prod", "--key", ""]] {
        let ran = person.run(command).await;
        person.assert_nothing_written(&ran);
        ran.assert_exit(2).assert_says(&[&person.key()]);
        reviewed("no-key", &ran.failure());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slip_of_the_hand_leads_to_the_near_word() {
    let person = still(Play::Jan).await;
    let near: [(&[&str], &str); 9] = [
        (&["statsu"], "'status'"),
        (&["breakglas"], "'breakglass'"),
        (&["snapshots", "lst"], "'list'"),
        (&["restore", "prod", "--overide-lock"], "'--override-lock'"),
        (&["status", "--contxt", "x"], "'--context'"),
        (&["resolve", "prod", "--path", "retri"], "'retry'"),
        (&["drill", "run", "stuck-lok"], "did you mean stuck-lock?"),
        (&["restore", "prod", "--accept", "seal-mismach"], "did you mean seal-mismatch?"),
        (&["breakglass", "ack", "prod", "--accept", "nonsense"], "there are: ack-removes-blue-peers, "),
    ];
    for (command, said) in near {
        let ran = person.run(command).await;
        ran.assert_exit(2).assert_says(&[said]);
        assert!(ran.out.is_empty() && ran.err.matches("error:").count() == 1, "{ran}");
        assert!(person.requests().is_empty(), "asked: {ran}");
    }
}
